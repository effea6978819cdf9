//! Takes the records of a facility out, page by page, as they came.
//!
//! Two passes over one snapshot: the first tells which files are needed and what the version of
//! each does not know, the second writes. Nothing is held but a page of patients.

mod out;
mod report;
mod sources;
mod target;

use std::{collections::BTreeMap, io, path::PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

use super::naaccr_xml::{RecordType, Root, UserDictionary, Writer};
use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    db::{Db, HoldsStoreError, StoreError, Tx},
    dictionary::Version,
};
use out::{Out, Parts, failed};
pub use report::{FileReport, Line, Report};
use sources::{Roots, each_patient};
use target::{Kind, Target, plan};

/// What to write.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file; several versions go beside it.
    pub out: PathBuf,
    /// One version for all; `None`: each under its own.
    pub version: Option<Version>,
    /// One record type for all; `None`: each under that of the file it came with, A where it was typed here.
    pub record_type: Option<RecordType>,
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

/// Writes all active patients of the actor's facility.
///
/// The files appear under their names only after the audit event is committed.
///
/// # Errors
/// When the disk or the store fails; nothing half-written is left then.
pub fn export(
    db: &Db,
    actor: &Actor,
    options: &Options,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, ExportError> {
    let mut parts = Parts::default();
    let report = db.view(actor, |tx| {
        let report = write_all(tx, options, &mut parts, progress)?;
        let patients: u64 = report.files.iter().map(|f| f.patients).sum();
        let tumors: u64 = report.files.iter().map(|f| f.tumors).sum();
        let detail = format!("{patients} patients, {tumors} tumors, {} files", report.files.len());
        tx.record(Event::new(AuditAction::Export).detail(detail));
        Ok::<_, ExportError>(report)
    })?;
    parts.publish()?;
    Ok(report)
}

/// A file in memory, and the user dictionaries that belong beside it: name and text.
pub(in crate::exchange) type InMemory = (Vec<u8>, Vec<(String, Vec<u8>)>);

/// Chosen cases with their patients as one file of the newest version.
///
/// # Errors
/// When the store fails.
pub(in crate::exchange) fn write_some(
    tx: &mut Tx<'_>,
    cases: &[i64],
    record_type: RecordType,
    name: &str,
) -> Result<InMemory, ExportError> {
    let (mut roots, made) = (Roots::default(), tx.now());
    let came = sources::chosen(tx, &mut roots, cases)?;
    let kind = Kind { version: Version::NEWEST.0, record_type };
    let mut target = Target::new(&kind);
    target.path = PathBuf::from(name);
    for one in &came {
        target.look(tx, one, &roots)?;
    }
    let (root, dictionaries) =
        root_and_dictionaries(&mut target, &kind, &roots, made, &mut Report::default());
    let beside: Vec<(String, Vec<u8>)> = dictionaries
        .iter()
        .enumerate()
        .map(|(nth, d)| (target.file_name_of(&dictionary_name(nth)), d.text.clone().into_bytes()))
        .collect();
    let in_memory = |e| failed(&target.path, e);
    let mut writer = Writer::begin(Vec::new(), &root, dictionaries).map_err(in_memory)?;
    for one in &came {
        let record = target.adaption.apply(&one.record, one.record_type(&roots));
        writer.patient(&record).map_err(|e| failed(&target.path, e))?;
    }
    Ok((writer.end().map_err(|e| failed(&target.path, e))?, beside))
}

fn dictionary_name(nth: usize) -> String {
    if nth == 0 { "dictionary".to_owned() } else { format!("dictionary-{}", nth + 1) }
}

/// The root of a planned file, and the user dictionaries it names.
fn root_and_dictionaries(
    target: &mut Target,
    kind: &Kind,
    roots: &Roots,
    made: DateTime<Utc>,
    report: &mut Report,
) -> (Root, Vec<UserDictionary>) {
    target.adaption.number_items();
    let (mut root, differing) = target.root(kind, roots);
    root.set_attribute("timeGenerated", made.to_rfc3339_opts(SecondsFormat::Millis, true));
    report.ledger.extend(differing);
    let mut dictionaries = target.adaption.user.clone();
    let uri = format!("urn:registry:{}", target.file_name_of("dictionary"));
    if let Some(own) = target.adaption.own_dictionary(&uri) {
        let uris = root.attribute("userDictionaryUri").unwrap_or("").to_owned();
        root.set_attribute("userDictionaryUri", format!("{uris} {}", own.uri).trim().to_owned());
        dictionaries.push(own);
    }
    (root, dictionaries)
}

/// A file that is open for patients.
struct Open {
    target: Target,
    writer: Writer<Out>,
    /// Where the user dictionaries beside it are.
    dictionaries: Vec<String>,
}

fn write_all(
    tx: &mut Tx<'_>,
    options: &Options,
    parts: &mut Parts,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, ExportError> {
    let mut roots = Roots::default();
    let mut report = Report::default();
    let made = tx.now();
    let mut files = BTreeMap::new();
    for (kind, target) in plan(tx, options, &mut roots)? {
        let open = begin(target, &kind, &roots, made, parts, &mut report)?;
        files.insert(kind, open);
    }
    let mut count = 0;
    each_patient(tx, &mut roots, &mut |_, came, roots| {
        let kind = Kind::of(came, roots, options);
        let Open { target, writer, .. } =
            files.get_mut(&kind).expect("the first pass over this snapshot planned a file for each patient");
        let record = target.adaption.apply(&came.record, came.record_type(roots));
        writer.patient(&record).map_err(|e| failed(&target.path, e))?;
        target.patients += 1;
        target.tumors += u64::try_from(record.tumors.len()).unwrap_or(0);
        count += 1;
        if count % 500 == 0 {
            progress(count);
        }
        Ok(())
    })?;
    for (kind, open) in files {
        end(open, &kind, &mut report)?;
    }
    Ok(report)
}

/// Begins a file, with the user dictionaries that stand beside it.
fn begin(
    mut target: Target,
    kind: &Kind,
    roots: &Roots,
    made: DateTime<Utc>,
    parts: &mut Parts,
    report: &mut Report,
) -> Result<Open, ExportError> {
    let (root, dictionaries) = root_and_dictionaries(&mut target, kind, roots, made, report);
    let mut paths = Vec::new();
    for (nth, dictionary) in dictionaries.iter().enumerate() {
        let path = target.path.with_file_name(target.file_name_of(&dictionary_name(nth)));
        parts.put(&path, dictionary.text.as_bytes())?;
        paths.push(path.display().to_string());
    }
    let to = parts.create(&target.path)?;
    let writer = Writer::begin(to, &root, dictionaries).map_err(|e| failed(&target.path, e))?;
    Ok(Open { target, writer, dictionaries: paths })
}

/// Ends a file and tells of it.
fn end(open: Open, kind: &Kind, report: &mut Report) -> Result<(), ExportError> {
    let Open { target, writer, dictionaries } = open;
    writer.end().and_then(Out::end).map_err(|e| failed(&target.path, e))?;
    report.ledger.extend(report::lines(&target.adaption.account));
    report.files.push(FileReport {
        path: target.path.display().to_string(),
        naaccr_version: kind.version.to_string(),
        record_type: kind.record_type.letter().to_owned(),
        patients: target.patients,
        tumors: target.tumors,
        dictionaries,
    });
    Ok(())
}
