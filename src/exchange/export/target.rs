//! Which files an export needs, and the root of each.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    ExportError, Line, Options,
    out::{beside, with_suffix},
    sources::{Came, Roots, each_patient},
};
use crate::{
    db::Tx,
    dictionary::{Items, Version},
    exchange::{
        naaccr_xml::{RecordType, Root, adapt::Adaption, root::base_dictionary},
        store,
    },
};

/// What all records of a file have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    pub(super) version: u16,
    pub(super) record_type: RecordType,
}

impl Kind {
    /// Of one patient.
    pub(super) fn of(came: &Came, roots: &Roots, options: &Options) -> Self {
        let came_as = came.record_type(roots).unwrap_or(RecordType::A);
        let version = options.version.unwrap_or(came.record.version);
        Self { version: version.0, record_type: options.record_type.unwrap_or(came_as) }
    }
}

/// A file being planned and written.
pub(super) struct Target {
    pub(super) adaption: Adaption,
    /// Batches whose patients it holds, in order of arrival; `None` for what was typed here.
    batches: Vec<Option<String>>,
    pub(super) path: PathBuf,
    pub(super) patients: u64,
    pub(super) tumors: u64,
}

impl Target {
    pub(super) fn new(kind: &Kind) -> Self {
        Self {
            adaption: Adaption::new(Version(kind.version), kind.record_type, Vec::new(), false),
            batches: Vec::new(),
            path: PathBuf::new(),
            patients: 0,
            tumors: 0,
        }
    }

    /// Name of what stands beside the file.
    pub(super) fn file_name_of(&self, what: &str) -> String {
        beside(&name_of(&self.path), what)
    }

    /// Takes a patient into the plan.
    pub(super) fn look(&mut self, tx: &mut Tx<'_>, came: &Came, roots: &Roots) -> Result<(), ExportError> {
        if !self.batches.contains(&came.batch) {
            self.batches.push(came.batch.clone());
            if let Some(root) = roots.of(came.batch.as_deref()) {
                self.know_dictionaries(tx, root)?;
            }
        }
        self.adaption.look(&came.record, came.record_type(roots));
        Ok(())
    }

    /// Reads the kept user dictionaries that a root names.
    fn know_dictionaries(&mut self, tx: &mut Tx<'_>, root: &Root) -> Result<(), ExportError> {
        let named: Vec<String> = root
            .user_dictionaries()
            .filter(|uri| !self.adaption.user.iter().any(|d| d.uri == *uri))
            .map(str::to_owned)
            .collect();
        if named.is_empty() {
            return Ok(());
        }
        let scope = tx.scope()?;
        let found = store::dictionaries(tx.conn(), scope, &named)?;
        self.adaption.unknown_dictionaries |= found.len() < named.len();
        self.adaption.user.extend(found);
        Ok(())
    }

    /// The root of the file: what the roots of all its sources agree on. What differs is in the lines.
    pub(super) fn root(&self, kind: &Kind, roots: &Roots) -> (Root, Vec<Line>) {
        root_of(kind, self.batches.iter().filter_map(|batch| roots.of(batch.as_deref())))
    }
}

/// First pass: the files that the patients of the facility need; without patients, one that is empty.
pub(super) fn plan(
    tx: &mut Tx<'_>,
    options: &Options,
    roots: &mut Roots,
) -> Result<BTreeMap<Kind, Target>, ExportError> {
    let mut targets: BTreeMap<Kind, Target> = BTreeMap::new();
    each_patient(tx, roots, &mut |tx, came, roots| {
        let kind = Kind::of(came, roots, options);
        targets.entry(kind.clone()).or_insert_with(|| Target::new(&kind)).look(tx, came, roots)
    })?;
    if targets.is_empty() {
        let version = options.version.unwrap_or(Version::NEWEST).0;
        let kind = Kind { version, record_type: options.record_type.unwrap_or(RecordType::A) };
        targets.insert(kind.clone(), Target::new(&kind));
    }
    name_files(&mut targets, &options.out);
    Ok(targets)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// `out.xml` for one file; `out.v230.xml`, `out.v250.C.xml` for several.
fn name_files(targets: &mut BTreeMap<Kind, Target>, out: &Path) {
    let several = targets.len() > 1;
    let kinds: Vec<Kind> = targets.keys().cloned().collect();
    let name = name_of(out);
    for (kind, target) in targets {
        let mut suffix = format!("v{}", kind.version);
        if kinds.iter().filter(|k| k.version == kind.version).count() > 1 {
            suffix.push('.');
            suffix.push_str(kind.record_type.letter());
        }
        target.path = if several { out.with_file_name(with_suffix(&name, &suffix)) } else { out.to_owned() };
    }
}

fn root_of<'a>(kind: &Kind, mut sources: impl Iterator<Item = &'a Root>) -> (Root, Vec<Line>) {
    let version = Version(kind.version);
    let Some(first) = sources.next() else { return (Root::new(version, kind.record_type), Vec::new()) };
    let mut root = first.clone();
    let mut differing: BTreeMap<String, u64> = BTreeMap::new();
    let mut uris: Vec<String> = root.user_dictionaries().map(str::to_owned).collect();
    for other in sources {
        agree(&mut root, first, other, &mut differing);
        for uri in other.user_dictionaries() {
            if !uris.iter().any(|have| have == uri) {
                uris.push(uri.to_owned());
            }
        }
    }
    root.version = version;
    root.record_type = kind.record_type;
    root.set_attribute("baseDictionaryUri", base_dictionary(version));
    root.set_attribute("recordType", kind.record_type.letter().to_owned());
    if !uris.is_empty() {
        root.set_attribute("userDictionaryUri", uris.join(" "));
    }
    if root.items.has("naaccrRecordVersion") {
        root.items.set("naaccrRecordVersion", version.0.to_string());
    }
    let line = |(item, count)| Line { item, what: "rootDiffers", to: None, count };
    (root, differing.into_iter().map(line).collect())
}

/// Takes out of a root what another one says otherwise or not at all, and counts it.
fn agree(root: &mut Root, first: &Root, other: &Root, differing: &mut BTreeMap<String, u64>) {
    for (id, value) in other.items.iter() {
        if first.items.raw(id) != Some(value) {
            *differing.entry(id.to_owned()).or_default() += 1;
        }
    }
    let mut same = Items::default();
    for (id, value) in root.items.iter() {
        if other.items.raw(id) == Some(value) {
            same.set(id.to_owned(), value);
        } else {
            *differing.entry(id.to_owned()).or_default() += 1;
        }
    }
    root.items = same;
    if other.envelope != root.envelope {
        if !(other.envelope.is_empty() && root.envelope.is_empty()) {
            *differing.entry("extensions of the root".to_owned()).or_default() += 1;
        }
        root.envelope.clear();
    }
    for (name, value) in &other.attributes {
        if name.starts_with("xmlns:") && root.attribute(name).is_none() {
            root.attributes.push((name.clone(), value.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_several_sources_has_the_root_they_agree_on() {
        let mut one = Root::new(Version(250), RecordType::A);
        one.items.set("registryId", "1");
        one.items.set("registryType", "3");
        one.attributes.push(("userDictionaryUri".into(), "u1".into()));
        let mut two = one.clone();
        two.items.set("registryId", "2");
        two.set_attribute("userDictionaryUri", "u2".into());
        let kind = Kind { version: 250, record_type: RecordType::A };
        let (root, lines) = root_of(&kind, [&one, &two].into_iter());
        assert_eq!(root.items.iter().collect::<Vec<_>>(), [("registryType", "3")]);
        assert_eq!(root.attribute("userDictionaryUri"), Some("u1 u2"));
        assert_eq!((lines.len(), lines[0].what), (1, "rootDiffers"));
        assert_eq!(root_of(&kind, [&one].into_iter()).0, one);
    }
}
