//! How the value that stands came: its note, or else the version that brought it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};

use super::{Cited, How, Note, Reasons, choice::is_code, note::notes, store};
use crate::{
    db::{StoreError, Tx},
    dictionary::{Dictionary, Items, Level},
    patient::{self, VersionRow},
    save::body::Body,
    tumor::{self, TumorRow},
};

/// How a value came, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Typed as a code.
    Typed,
    /// Chosen from a suggestion.
    Suggested(Reasons),
    /// Derived by a rule.
    Derived(String),
    /// Taken from the answer to a physician query.
    Answered {
        /// Name of the physician.
        physician: String,
        /// Day of the answer, ISO.
        on: String,
    },
    /// Imported.
    Imported {
        /// Name of the file.
        file: String,
    },
    /// Made for practice, corrected, recorded with a contact…: the word of the source.
    Other(String),
}

/// One value an item had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The value; empty where it was taken out.
    pub value: String,
    /// Since when.
    pub at: NaiveDateTime,
    /// Who brought it.
    pub by: String,
    /// Source of the version: form, import, ….
    pub source: String,
}

/// All that is known of the value of an item.
#[derive(Clone, Debug)]
pub struct Came {
    /// The value that stands.
    pub value: String,
    /// How it came; `None` where the item is blank.
    pub way: Option<Way>,
    /// Who brought it.
    pub by: String,
    /// When.
    pub at: Option<DateTime<Utc>>,
    /// Facility where the note was made; empty without a note.
    pub place: String,
    /// The words of a text that justify it.
    pub cited: Option<Cited>,
    /// A note of another value: how that one came.
    pub stale: Option<Note>,
    /// The import that brought the note here, where it was made elsewhere: file and day.
    pub through: Option<(String, NaiveDateTime)>,
    /// All values the item had here, newest first.
    pub held: Vec<Held>,
}

/// Finds how the value of an item of a case came.
pub(super) fn trace(tx: &mut Tx<'_>, row: &TumorRow, item: &str) -> Result<Came, StoreError> {
    let scope = tx.scope()?;
    let of_patient = Dictionary::get(item).map(|d| d.level) == Some(Level::Patient);
    let versions = if of_patient {
        patient::versions(tx.conn(), scope, row.patient_id)?
    } else {
        tumor::versions(tx.conn(), scope, row.id)?
    };
    let (held, reason) = held(&versions, item)?;
    let value = held.first().map_or_else(String::new, |h| h.value.clone());
    let note = notes(&row.envelope).into_iter().find(|n| n.item == item && !of_patient);
    let brought = held.first().cloned();
    let batch = match &brought {
        Some(h) if h.source == "import" => store::import(tx.conn(), scope, &reason)?,
        _ => None,
    };
    let mut came = Came {
        by: brought.as_ref().map_or_else(String::new, |h| h.by.clone()),
        at: brought.as_ref().map(|h| h.at.and_utc()),
        value,
        way: None,
        place: String::new(),
        cited: None,
        stale: None,
        through: None,
        held,
    };
    if came.value.is_empty() {
        came.stale = note;
        return Ok(came);
    }
    match note {
        Some(note) if note.value == came.value => {
            came.way = Some(match note.how {
                How::Typed => Way::Typed,
                How::Suggested(reasons) => Way::Suggested(reasons),
                How::Derived { rule } => Way::Derived(rule),
                How::Answered { physician, on } => Way::Answered { physician, on },
                How::Imported { file } => Way::Imported { file },
            });
            came.at = DateTime::parse_from_rfc3339(&note.at).map(|t| t.to_utc()).ok().or(came.at);
            came.cited = note.cited;
            came.by = note.by;
            came.place = note.place;
            came.through = batch;
        }
        stale => {
            came.stale = stale;
            came.way = brought.map(|h| match (h.source.as_str(), batch) {
                ("import", Some((file, _))) => Way::Imported { file },
                ("import", None) => Way::Imported { file: String::new() },
                ("form", _) => Way::Typed,
                (other, _) => Way::Other(other.to_owned()),
            });
        }
    }
    Ok(came)
}

/// Notes for the codes that an import brought and nobody changed since, for a case that has no notes yet: they
/// go with it when it is exported. `place` is the short name of the facility.
pub fn imported(tx: &mut Tx<'_>, row: &TumorRow, place: &str) -> Result<Vec<Note>, StoreError> {
    if !notes(&row.envelope).is_empty() {
        return Ok(Vec::new());
    }
    let scope = tx.scope()?;
    let versions = tumor::versions(tx.conn(), scope, row.id)?;
    if versions.iter().all(|v| v.source != "import") {
        return Ok(Vec::new());
    }
    let mut brought: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for (at, version) in versions.iter().enumerate().rev() {
        let items = Body::unpack(&version.body)?.items;
        brought.retain(|id, _| items.has(id));
        for (id, value) in items.iter().filter(|(id, _)| is_code(id)) {
            let value = value.trim();
            if brought.get(id).is_none_or(|(before, _)| before != value) {
                brought.insert(id.to_owned(), (value.to_owned(), at));
            }
        }
    }
    let items = row.items()?;
    let mut files: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut out = Vec::new();
    for (item, (value, at)) in brought {
        let Some(version) = versions.get(at).filter(|v| v.source == "import") else { continue };
        if value.is_empty() || items.value(&item) != value {
            continue;
        }
        let file = match files.get(&version.reason) {
            Some(known) => known.clone(),
            None => {
                let file = store::import(tx.conn(), scope, &version.reason)?.map(|(file, _)| file);
                files.insert(version.reason.clone(), file.clone());
                file
            }
        };
        let how = How::Imported { file: file.unwrap_or_default() };
        let (by, at) = (version.actor_name.clone(), version.at.and_utc().to_rfc3339());
        out.push(Note { item, value, how, by, at, place: place.to_owned(), cited: None });
    }
    Ok(out)
}

/// The values an item had, newest first, and the reason of the version that brought the newest.
fn held(versions: &[VersionRow], item: &str) -> Result<(Vec<Held>, String), StoreError> {
    let mut out: Vec<Held> = Vec::new();
    let (mut before, mut reason) = (String::new(), String::new());
    for version in versions.iter().rev() {
        let items: Items = Body::unpack(&version.body)?.items;
        let value = items.value(item).to_owned();
        if value != before {
            out.push(Held {
                value: value.clone(),
                at: version.at,
                by: version.actor_name.clone(),
                source: version.source.clone(),
            });
            reason.clone_from(&version.reason);
            before = value;
        }
    }
    out.reverse();
    Ok((out, reason))
}
