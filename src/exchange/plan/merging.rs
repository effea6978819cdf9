//! How the items and the envelope of one record take in those of a file.

use super::{Known, Younger};
use crate::{
    dictionary::Items,
    exchange::{
        matching::{Merge, merge},
        naaccr_xml::Envelope,
    },
    provenance,
};

/// Merges, asking for what is younger than the file only when a value would be overwritten.
pub(super) fn merge_asking<E>(
    known: &Known,
    tumor: Option<usize>,
    incoming: &Items,
    asked: &mut Option<Younger>,
    younger: &mut dyn FnMut(&Known) -> Result<Younger, E>,
) -> Result<Merge, E> {
    let stands = tumor.and_then(|t| known.tumors.get(t));
    let (stored, key) = match (tumor, stands) {
        (Some(_), Some(stands)) => (&stands.items, stands.key),
        _ => (&known.patient, None),
    };
    let first = merge(stored, incoming, &|_| None);
    let overwrites = first.changed.iter().any(|id| !stored.value(id).is_empty());
    let is_stored = known.key.is_some() && (tumor.is_none() || key.is_some());
    if !overwrites || !is_stored {
        return Ok(first);
    }
    let younger = match asked {
        Some(younger) => &*younger,
        None => &*asked.insert(younger(known)?),
    };
    if younger.is_empty() {
        return Ok(first);
    }
    Ok(merge(stored, incoming, &|id| younger.get(&(key, id.to_owned())).copied()))
}

pub(super) fn rooted(envelope: &str, root: &str) -> String {
    let mut envelope = Envelope::parse(envelope).unwrap_or_default();
    envelope.root = Some(root.to_owned());
    envelope.to_text()
}

/// The envelope after a merge, and whether its content changed.
pub(super) fn merge_envelopes(stored: &str, incoming: &str, changed: &[String]) -> (String, bool) {
    if incoming.is_empty() {
        return (stored.to_owned(), false);
    }
    let mut stands = Envelope::parse(stored).unwrap_or_default();
    let newer = Envelope::parse(incoming).unwrap_or_default();
    let differs = stands.content_differs(&newer);
    if differs {
        let own = stands.nodes.iter().filter(|n| provenance::is_ours(&n.xml)).cloned().collect::<Vec<_>>();
        stands.nodes =
            newer.nodes.iter().filter(|n| !provenance::is_ours(&n.xml)).cloned().chain(own).collect();
        stands.namespaces.clone_from(&newer.namespaces);
    }
    for id in changed {
        if let Some(attributes) = newer.item_attributes.get(id) {
            stands.item_attributes.insert(id.clone(), attributes.clone());
        }
        if let Some(number) = newer.numbers.get(id) {
            stands.numbers.insert(id.clone(), number.clone());
        }
        if newer.number_only.contains(id) && !stands.number_only.contains(id) {
            stands.number_only.push(id.clone());
        }
    }
    let before = stands.to_text();
    let noted = provenance::merged(&before, incoming, changed);
    let differs = differs || provenance::notes(&noted) != provenance::notes(&before);
    (noted, differs)
}
