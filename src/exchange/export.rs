//! Takes the records of a facility out, page by page, as they came.
//!
//! Two passes over one snapshot: the first tells which files are needed and what the version of
//! each does not know, the second writes. Nothing is held but a page of patients.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use serde::Serialize;

use super::{
    naaccr_xml::{
        Envelope, RecordType, Root, UserDictionary, Writer,
        adapt::{Account, Adaption, Fate},
        root::base_dictionary,
    },
    store::{self, BatchRow},
    store_people,
};
use crate::{
    access::{Actor, Scope},
    audit::{AuditAction, Event},
    db::{Db, HoldsStoreError, StoreError, Tx},
    dictionary::{Items, Record, TumorRecord, Version},
    patient::PatientRow,
    tumor::TumorRow,
};

/// What to write.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file; several versions go beside it.
    pub out: PathBuf,
    /// One version for all; `None`: each under its own.
    pub version: Option<Version>,
    /// Record type; `None`: that of the source where all agree, else A.
    pub record_type: Option<RecordType>,
}

/// One file written.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileReport {
    /// Where.
    pub path: String,
    /// `250`.
    pub naaccr_version: String,
    /// A, M, C or I.
    pub record_type: String,
    /// Patients written.
    pub patients: u64,
    /// Tumors written.
    pub tumors: u64,
    /// User dictionaries written beside it.
    pub dictionaries: Vec<String>,
}

/// What became of an item that does not stand as it came.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The item.
    pub item: String,
    /// renamed, userDictionary, definedElsewhere, wrongLevel, leftOut or rootDiffers.
    pub what: &'static str,
    /// The new name or number, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// How often.
    pub count: u64,
}

/// What was written.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Files, by version.
    pub files: Vec<FileReport>,
    /// Every item that does not stand as it came.
    pub ledger: Vec<Line>,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The disk failed.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl HoldsStoreError for ExportError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            Self::Io { .. } => None,
        }
    }
}

/// A key of a file: what all its records have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    version: u16,
    record_type: RecordType,
}

/// A file being planned and written.
struct Target {
    adaption: Adaption,
    /// Batches whose patients it holds, in order of arrival.
    roots: Vec<Option<String>>,
    path: PathBuf,
    patients: u64,
    tumors: u64,
}

/// Roots of batches, by public id.
type Roots = BTreeMap<String, Root>;

/// Writes all active patients of the actor's facility.
///
/// The files appear under their names only after the audit event is committed.
///
/// # Errors
/// When the disk or the store fails; no file is left then.
pub fn export(
    db: &Db,
    actor: &Actor,
    options: &Options,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, ExportError> {
    let mut written: Vec<PathBuf> = Vec::new();
    let done = db.view(actor, |tx| {
        let report = write_all(tx, options, &mut written, progress)?;
        let patients: u64 = report.files.iter().map(|f| f.patients).sum();
        let tumors: u64 = report.files.iter().map(|f| f.tumors).sum();
        let detail = format!("{patients} patients, {tumors} tumors, {} files", report.files.len());
        tx.record(Event::new(AuditAction::Export).detail(detail));
        Ok::<_, ExportError>(report)
    });
    for path in &written {
        let part = part_of(path);
        let moved = if done.is_ok() { fs::rename(&part, path) } else { fs::remove_file(&part) };
        if let (Err(error), Ok(_)) = (moved, &done) {
            return Err(ExportError::Io { path: path.display().to_string(), error });
        }
    }
    done
}

/// Name of a file while it is written.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn write_all(
    tx: &mut Tx<'_>,
    options: &Options,
    written: &mut Vec<PathBuf>,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, ExportError> {
    let scope = tx.scope()?;
    let mut roots = Roots::new();
    let mut targets: BTreeMap<Kind, Target> = BTreeMap::new();
    each_patient(tx, scope, &mut roots, &mut |tx, record, root, roots| {
        let kind = kind_of(&record, root, roots, options);
        if !targets.contains_key(&kind) {
            let adaption = Adaption::new(Version(kind.version), kind.record_type, Vec::new(), false);
            let target = Target { adaption, roots: Vec::new(), path: PathBuf::new(), patients: 0, tumors: 0 };
            targets.insert(kind.clone(), target);
        }
        if let Some(target) = targets.get_mut(&kind) {
            if !target.roots.iter().any(|r| r.as_deref() == root) {
                target.roots.push(root.map(str::to_owned));
                know_dictionaries(tx, scope, target, root.and_then(|r| roots.get(r)))?;
            }
            target.adaption.look(&record, root.and_then(|r| roots.get(r)).map(|r| r.record_type));
        }
        Ok(())
    })?;
    if targets.is_empty() {
        let version = options.version.unwrap_or(Version::NEWEST);
        let record_type = options.record_type.unwrap_or(RecordType::A);
        let adaption = Adaption::new(version, record_type, Vec::new(), false);
        let target = Target { adaption, roots: Vec::new(), path: PathBuf::new(), patients: 0, tumors: 0 };
        targets.insert(Kind { version: version.0, record_type }, target);
    }
    name_files(&mut targets, &options.out);
    let mut report = Report::default();
    let made = tx.now();
    let mut writers = BTreeMap::new();
    for (kind, target) in &mut targets {
        target.adaption.number_items();
        let name = target.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let own = target.adaption.own_dictionary(&format!("urn:registry:{}", beside(&name, "dictionary")));
        let (mut root, differing) = root_of(kind, &target.roots, &roots);
        root.set_attribute("timeGenerated", made.to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
        report.ledger.extend(differing);
        let mut dictionaries = target.adaption.user.clone();
        if let Some(own) = own {
            let uris = root.attribute("userDictionaryUri").unwrap_or("").to_owned();
            root.set_attribute("userDictionaryUri", format!("{uris} {}", own.uri).trim().to_owned());
            dictionaries.push(own);
        }
        let mut paths = Vec::new();
        for (nth, dictionary) in dictionaries.iter().enumerate() {
            let suffix = if nth == 0 { "dictionary".to_owned() } else { format!("dictionary-{}", nth + 1) };
            let path = target.path.with_file_name(beside(&name, &suffix));
            written.push(path.clone());
            put(&part_of(&path), dictionary.text.as_bytes())?;
            paths.push(path.display().to_string());
        }
        written.push(target.path.clone());
        let to = create(&target.path)?;
        let writer = Writer::begin(to, &root, dictionaries).map_err(|e| failed(&target.path, e))?;
        writers.insert(kind.clone(), (writer, paths));
    }
    let mut count = 0;
    each_patient(tx, scope, &mut roots, &mut |_, record, root, roots| {
        let kind = kind_of(&record, root, roots, options);
        if let (Some(target), Some((writer, _))) = (targets.get_mut(&kind), writers.get_mut(&kind)) {
            let came_as = root.and_then(|r| roots.get(r)).map(|r| r.record_type);
            let record = target.adaption.apply(&record, came_as);
            writer.patient(&record).map_err(|e| failed(&target.path, e))?;
            target.patients += 1;
            target.tumors += u64::try_from(record.tumors.len()).unwrap_or(0);
        }
        count += 1;
        if count % 500 == 0 {
            progress(count);
        }
        Ok(())
    })?;
    for (kind, (writer, dictionaries)) in writers {
        let Some(target) = targets.remove(&kind) else { continue };
        let done = writer.end().and_then(Out::end);
        done.map_err(|e| failed(&target.path, e))?;
        report.ledger.extend(lines(&target.adaption.account));
        report.files.push(FileReport {
            path: target.path.display().to_string(),
            naaccr_version: kind.version.to_string(),
            record_type: kind.record_type.letter().to_owned(),
            patients: target.patients,
            tumors: target.tumors,
            dictionaries,
        });
    }
    Ok(report)
}

fn failed(path: &Path, error: io::Error) -> ExportError {
    ExportError::Io { path: path.display().to_string(), error }
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), ExportError> {
    fs::write(path, bytes).map_err(|e| failed(path, e))
}

/// Plain or packed, by the name.
enum Out {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(to) => to.write(bytes),
            Self::Gzip(to) => to.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(to) => to.flush(),
            Self::Gzip(to) => to.flush(),
        }
    }
}

impl Out {
    fn end(self) -> io::Result<()> {
        let file = match self {
            Self::Plain(to) => to,
            Self::Gzip(to) => to.finish()?,
        };
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}

fn create(path: &Path) -> Result<Out, ExportError> {
    let file = File::create(part_of(path)).map_err(|e| failed(path, e))?;
    let to = BufWriter::with_capacity(1 << 18, file);
    Ok(if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz")) {
        Out::Gzip(Box::new(GzEncoder::new(to, Compression::default())))
    } else {
        Out::Plain(to)
    })
}

/// Goes through all active patients; for each the record and the public id of the batch whose root it has.
fn each_patient(
    tx: &mut Tx<'_>,
    scope: Scope,
    roots: &mut Roots,
    each: &mut dyn FnMut(&mut Tx<'_>, Record, Option<&str>, &Roots) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let mut after = 0;
    let mut keys: BTreeMap<i64, String> = BTreeMap::new();
    loop {
        let page = store_people::page_of_patients(tx.conn(), scope, after, 200)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = last.id;
        let mut unknown: Vec<i64> =
            page.iter().filter_map(|(p, _)| p.batch_id).filter(|b| !keys.contains_key(b)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        if !unknown.is_empty() {
            for batch in store::batches_by_key(tx.conn(), scope, &unknown)? {
                keys.insert(batch.id, batch.uid.clone());
                know_root(roots, &batch);
            }
        }
        for (patient, tumors) in page {
            let (record, envelope) = record_of(&patient, &tumors)?;
            let root = match envelope {
                Some(uid) => Some(uid),
                None => patient.batch_id.and_then(|b| keys.get(&b).cloned()),
            };
            if let Some(uid) = root.as_ref().filter(|uid| !roots.contains_key(*uid))
                && let Some(batch) = store::batch_by_uid(tx.conn(), scope, uid)?
            {
                know_root(roots, &batch);
            }
            let root = root.filter(|uid| roots.contains_key(uid));
            each(tx, record, root.as_deref(), roots)?;
        }
    }
}

fn know_root(roots: &mut Roots, batch: &BatchRow) {
    if let Some(root) = batch.root_element() {
        roots.insert(batch.uid.clone(), root);
    }
}

/// The record as stored, and the root that its envelope names. That note is not written out.
fn record_of(patient: &PatientRow, tumors: &[TumorRow]) -> Result<(Record, Option<String>), StoreError> {
    let mut envelope = patient.envelope.clone();
    let mut root = None;
    if envelope.contains("\"root\"") {
        let mut parsed = Envelope::parse(&envelope).unwrap_or_default();
        root = parsed.root.take();
        envelope = parsed.to_text();
    }
    let tumors = tumors
        .iter()
        .map(|t| Ok(TumorRecord { items: t.items()?, envelope: t.envelope.clone() }))
        .collect::<Result<_, StoreError>>()?;
    Ok((Record { version: patient.version_of_standard(), patient: patient.items()?, envelope, tumors }, root))
}

fn kind_of(record: &Record, root: Option<&str>, roots: &Roots, options: &Options) -> Kind {
    let came_as = root.and_then(|r| roots.get(r)).map_or(RecordType::A, |r| r.record_type);
    let version = options.version.unwrap_or(record.version);
    let record_type = options.record_type.unwrap_or(came_as);
    Kind { version: version.0, record_type }
}

/// Reads the kept user dictionaries that a root names.
fn know_dictionaries(
    tx: &mut Tx<'_>,
    scope: Scope,
    target: &mut Target,
    root: Option<&Root>,
) -> Result<(), ExportError> {
    let Some(root) = root else { return Ok(()) };
    let named: Vec<String> = root
        .user_dictionaries()
        .filter(|uri| !target.adaption.user.iter().any(|d| d.uri == *uri))
        .map(str::to_owned)
        .collect();
    if named.is_empty() {
        return Ok(());
    }
    let found: Vec<UserDictionary> = store::dictionaries(tx.conn(), scope, &named)?
        .iter()
        .filter_map(|body| UserDictionary::read(body.as_bytes()).ok())
        .collect();
    target.adaption.unknown_dictionaries |= found.len() < named.len();
    target.adaption.user.extend(found);
    Ok(())
}

/// `out.xml` for one file; `out.v230.xml`, `out.v250.C.xml` for several.
fn name_files(targets: &mut BTreeMap<Kind, Target>, out: &Path) {
    let several = targets.len() > 1;
    let kinds: Vec<Kind> = targets.keys().cloned().collect();
    let name = out.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    for (kind, target) in targets {
        let mut suffix = format!("v{}", kind.version);
        if kinds.iter().filter(|k| k.version == kind.version).count() > 1 {
            suffix.push('.');
            suffix.push_str(kind.record_type.letter());
        }
        target.path = if several { out.with_file_name(with_suffix(&name, &suffix)) } else { out.to_owned() };
    }
}

/// `out.xml.gz` and `v230` give `out.v230.xml.gz`.
fn with_suffix(name: &str, suffix: &str) -> String {
    let split = name.len().checked_sub(3).and_then(|at| name.split_at_checked(at));
    let (stem, gz) = split.filter(|(_, end)| end.eq_ignore_ascii_case(".gz")).unwrap_or((name, ""));
    match stem.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}.{suffix}.{extension}{gz}"),
        None => format!("{stem}.{suffix}{gz}"),
    }
}

/// Name of what stands beside a file: `out.xml.gz` gives `out-dictionary.xml`.
fn beside(name: &str, what: &str) -> String {
    let stem = name.strip_suffix(".gz").unwrap_or(name);
    let stem = stem.strip_suffix(".xml").unwrap_or(stem);
    format!("{stem}-{what}.xml")
}

/// The root of a file: what the roots of all its sources agree on. What differs is in the lines.
fn root_of(kind: &Kind, sources: &[Option<String>], roots: &Roots) -> (Root, Vec<Line>) {
    let version = Version(kind.version);
    let mut all = sources.iter().filter_map(|s| s.as_ref().and_then(|s| roots.get(s)));
    let Some(first) = all.next() else { return (Root::new(version, kind.record_type), Vec::new()) };
    let mut root = first.clone();
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    let mut uris: Vec<String> = root.user_dictionaries().map(str::to_owned).collect();
    for other in all {
        for (id, value) in other.items.iter() {
            if first.items.raw(id) != Some(value) {
                *lines.entry(id.to_owned()).or_default() += 1;
            }
        }
        let mut same = Items::default();
        for (id, value) in root.items.iter() {
            if other.items.raw(id) == Some(value) {
                same.set(id.to_owned(), value);
            } else {
                *lines.entry(id.to_owned()).or_default() += 1;
            }
        }
        root.items = same;
        if other.envelope != root.envelope {
            if !(other.envelope.is_empty() && root.envelope.is_empty()) {
                *lines.entry("extensions of the root".to_owned()).or_default() += 1;
            }
            root.envelope.clear();
        }
        for (name, value) in &other.attributes {
            if name.starts_with("xmlns:") && root.attribute(name).is_none() {
                root.attributes.push((name.clone(), value.clone()));
            }
        }
        uris.extend(
            other
                .user_dictionaries()
                .filter(|u| !uris.iter().any(|have| have == u))
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        );
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
    let lines =
        lines.into_iter().map(|(item, count)| Line { item, what: "rootDiffers", to: None, count }).collect();
    (root, lines)
}

fn lines(account: &Account) -> Vec<Line> {
    account
        .iter()
        .map(|((item, fate), count)| {
            let (what, to) = match fate {
                Fate::Renamed { to } => ("renamed", Some(to.clone())),
                Fate::UserDictionary { number } => ("userDictionary", Some(number.to_string())),
                Fate::DefinedElsewhere => ("definedElsewhere", None),
                Fate::WrongLevel => ("wrongLevel", None),
                Fate::LeftOut => ("leftOut", None),
            };
            Line { item: item.clone(), what, to, count: *count }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_several_files_keep_their_endings() {
        assert_eq!(with_suffix("out.xml", "v230"), "out.v230.xml");
        assert_eq!(with_suffix("out.xml.gz", "v230"), "out.v230.xml.gz");
        assert_eq!(with_suffix("out", "v230"), "out.v230");
        assert_eq!(beside("out.v230.xml.gz", "dictionary"), "out.v230-dictionary.xml");
    }

    #[test]
    fn a_file_of_several_sources_has_the_root_they_agree_on() {
        let mut one = Root::new(Version(250), RecordType::A);
        one.items.set("registryId", "1");
        one.items.set("registryType", "3");
        one.attributes.push(("userDictionaryUri".into(), "u1".into()));
        let mut two = one.clone();
        two.items.set("registryId", "2");
        two.set_attribute("userDictionaryUri", "u2".into());
        let roots: Roots = [("a".to_owned(), one.clone()), ("b".to_owned(), two)].into_iter().collect();
        let kind = Kind { version: 250, record_type: RecordType::A };
        let (root, lines) = root_of(&kind, &[Some("a".into()), Some("b".into())], &roots);
        assert_eq!(root.items.iter().collect::<Vec<_>>(), [("registryType", "3")]);
        assert_eq!(root.attribute("userDictionaryUri"), Some("u1 u2"));
        assert_eq!((lines.len(), lines[0].what), (1, "rootDiffers"));
        assert_eq!(root_of(&kind, &[Some("a".into())], &roots).0, one);
    }
}
