//! Freezing a batch: cases are marked as sent, files are made, hashed and sealed, all in one transaction.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use sha2::{Digest, Sha256};

use super::{
    build::{Candidate, Preflight, preflight},
    rules::Kind,
    store::{self, FileRow, NewFile, NewItem},
};
use crate::{
    abstracting::{AbstractState, Event as Step},
    audit::{AuditAction, Event},
    db::{HoldsStoreError, StoreError, Tx},
    dictionary::{Items, names},
    exchange::{
        export::{ExportError, write_some},
        naaccr_xml::RecordType,
    },
    facility::Desk,
    partial_date::PartialDate,
    patient::{self, PatientRow},
    save::{self, Change, PatientChange, SaveRefused, SetTumor, TumorChange, Why},
    seal::hex,
    tumor::{self, TumorRow},
};

/// What files are sealed for; each belongs to its name in its batch.
pub(crate) const PURPOSE: &str = "submission";

fn belongs(batch: &str, name: &str) -> String {
    format!("{batch}/{name}")
}

/// Why nothing was frozen.
#[derive(Debug, thiserror::Error)]
pub enum NotFrozen {
    /// Something changed since the batch was looked at.
    #[error("Cases changed since this batch was looked at. Nothing was frozen; look at it again.")]
    Changed,
    /// Edits fail.
    #[error("{0} cases have errors. Mend them, or leave them out; nothing was frozen.")]
    Errors(usize),
    /// Nothing waits.
    #[error("Nothing waits to be sent.")]
    Nothing,
    /// The file could not be made.
    #[error(transparent)]
    File(#[from] ExportError),
    /// A case was not saved.
    #[error("{0}")]
    Save(SaveRefused),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SaveRefused> for NotFrozen {
    fn from(e: SaveRefused) -> Self {
        match e {
            SaveRefused::Store(e) => Self::Store(e),
            SaveRefused::Stale { .. } => Self::Changed,
            SaveRefused::NotFound => Self::Save(e),
        }
    }
}

impl HoldsStoreError for NotFrozen {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            Self::File(e) => e.store_error(),
            _ => None,
        }
    }
}

/// Freezes what was looked at; the number of the batch.
///
/// # Errors
/// [`NotFrozen`] says why nothing was written.
pub(super) fn freeze(
    tx: &mut Tx<'_>,
    desk: &Desk,
    left_out: std::collections::BTreeSet<String>,
    seen: &str,
) -> Result<i64, NotFrozen> {
    let ready = preflight(tx, desk, left_out)?;
    if ready.fingerprint != seen {
        return Err(NotFrozen::Changed);
    }
    match (ready.candidates.len(), ready.with_errors()) {
        (0, _) => return Err(NotFrozen::Nothing),
        (_, 0) => {}
        (_, n) => return Err(NotFrozen::Errors(n)),
    }
    let scope = tx.scope()?;
    let number = store::next_number(tx.conn(), scope)?;
    let uid = tx.new_id().to_string();
    let today = PartialDate::Day(desk.today).to_string();
    mark_sent(tx, &ready.candidates, &today, number)?;

    let files = files(tx, &ready, number)?;
    let left = i64::try_from(ready.left_out.len()).unwrap_or(i64::MAX);
    let counts = [ready.count(Kind::Full), ready.count(Kind::Modified), ready.count(Kind::Deletion), left];
    let batch = store::insert_batch(tx, &uid, number, &ready.set_id, counts)?;
    for (kind, name, body) in &files {
        let new = NewFile {
            kind,
            name,
            sha256: hex(&Sha256::digest(body)),
            bytes: i64::try_from(body.len()).unwrap_or(i64::MAX),
            sealed: tx.seal(PURPOSE, &belongs(&uid, name), &packed(body)),
        };
        store::insert_file(tx.conn(), batch, &new)?;
    }
    for candidate in &ready.candidates {
        let (patient, case) = now(tx, candidate)?;
        let (accession, sequence) = match (&candidate.before, candidate.kind) {
            // A deletion names the numbers that the receiver knows.
            (Some(before), Kind::Deletion) => {
                (before.accession_number.clone(), before.sequence_number.clone())
            }
            _ => (case.accession_number.clone(), case.sequence_number.clone()),
        };
        let reason = match candidate.kind {
            Kind::Deletion => reason(tx, candidate)?,
            _ => String::new(),
        };
        let item = NewItem {
            tumor: case.id,
            kind: candidate.kind,
            tumor_version: case.version,
            patient_version: patient.version,
            accession,
            sequence,
            reason,
        };
        store::insert_item(tx.conn(), scope, batch, &item)?;
    }
    tx.touch()?;
    tx.record(
        Event::new(AuditAction::Export).patients(ready.candidates.iter().map(|c| c.patient.id)).detail(
            format!(
                "batch {number} frozen: {} new, {} corrections, {} deletions",
                counts[0], counts[1], counts[2]
            ),
        ),
    );
    Ok(number)
}

/// Case and patient as they stand now.
fn now(tx: &mut Tx<'_>, candidate: &Candidate) -> Result<(PatientRow, TumorRow), NotFrozen> {
    let scope = tx.scope()?;
    let case = tumor::by_key(tx.conn(), scope, candidate.tumor.id)?.ok_or(NotFrozen::Changed)?;
    let person = patient::by_key(tx.conn(), scope, candidate.patient.id)?.ok_or(NotFrozen::Changed)?;
    Ok((person, case))
}

/// Writes the day and the state of what goes out, a patient at a time.
fn mark_sent(tx: &mut Tx<'_>, candidates: &[Candidate], today: &str, number: i64) -> Result<(), NotFrozen> {
    let mut by_patient: BTreeMap<i64, Vec<TumorChange>> = BTreeMap::new();
    for candidate in candidates.iter().filter(|c| c.kind != Kind::Deletion) {
        let case = &candidate.tumor;
        let state = AbstractState::parse(&case.state).unwrap_or(AbstractState::InProgress);
        // What was sent before stays sent; what is complete goes out.
        let step = if state == AbstractState::Submitted {
            Step::OutcomeUpdated
        } else {
            Step::Submitted { errors: 0 }
        };
        let state = state.after(step).map_err(|_| NotFrozen::Changed)?;
        let mut items = case.items()?;
        items.set(names::DATE_CASE_REPORT_EXPORTED, today);
        by_patient.entry(candidate.patient.id).or_default().push(TumorChange::Set(SetTumor {
            id: case.id,
            expected: Some(case.version),
            items: Some(items),
            state: Some(state.word().to_owned()),
            ..SetTumor::default()
        }));
    }
    for (id, tumors) in by_patient {
        let why = Why { source: "submission", reason: format!("batch {number}"), event: None };
        save::apply(tx, Change { patient: PatientChange::Keep { id }, tumors, why })?;
    }
    Ok(())
}

/// Why a case that goes out as a deletion was taken out.
fn reason(tx: &mut Tx<'_>, candidate: &Candidate) -> Result<String, StoreError> {
    let scope = tx.scope()?;
    let versions = match candidate.tumor.voided {
        true => tumor::versions(tx.conn(), scope, candidate.tumor.id)?,
        false => patient::versions(tx.conn(), scope, candidate.patient.id)?,
    };
    Ok(versions.into_iter().max_by_key(|v| v.version).map(|v| v.reason).unwrap_or_default())
}

type Body = (&'static str, String, Vec<u8>);

/// The files of a batch: kind, name and bytes.
fn files(tx: &mut Tx<'_>, ready: &Preflight, number: i64) -> Result<Vec<Body>, NotFrozen> {
    let mut files = Vec::new();
    for (kind, record_type) in [(Kind::Full, RecordType::A), (Kind::Modified, RecordType::M)] {
        let cases: Vec<i64> =
            ready.candidates.iter().filter(|c| c.kind == kind).map(|c| c.tumor.id).collect();
        if cases.is_empty() {
            continue;
        }
        let name = format!("batch-{number:04}-{}.xml", kind.letter());
        let (xml, dictionaries) = write_some(tx, &cases, record_type, &name)?;
        files.push((kind.letter(), name, xml));
        for (name, text) in dictionaries {
            files.push(("U", name, text));
        }
    }
    let list = deletions(tx, ready)?;
    if !list.is_empty() {
        files.push(("D", format!("batch-{number:04}-D.csv"), list));
    }
    Ok(files)
}

/// The list of what the receiver is asked to take out: numbers as it knows them, and who it was.
fn deletions(tx: &mut Tx<'_>, ready: &Preflight) -> Result<Vec<u8>, NotFrozen> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut line = |cells: [&str; 8]| {
        out.write_record(cells)
            .map_err(|e| StoreError::Unreadable { what: "list of deletions", why: e.to_string() })
    };
    line([
        "accession",
        "sequence",
        "patientIdNumber",
        "nameLast",
        "nameFirst",
        "dateOfBirth",
        "primarySite",
        "reason",
    ])?;
    let mut lines = 0;
    for candidate in &ready.candidates {
        let known = match (&candidate.before, candidate.kind) {
            (Some(before), Kind::Deletion) => Some((
                before.accession_number.as_str(),
                before.sequence_number.as_str(),
                reason(tx, candidate)?,
            )),
            _ => candidate.renumbered().map(|(accession, sequence)| {
                let (a, s) = (&candidate.tumor.accession_number, &candidate.tumor.sequence_number);
                (accession, sequence, format!("sent in this batch as {a} sequence {s}"))
            }),
        };
        let Some((accession, sequence, why)) = known else { continue };
        let (person, case): (Items, Items) = (candidate.patient.items()?, candidate.tumor.items()?);
        let item = |id: &str| person.value(id).to_owned();
        line([
            accession,
            sequence,
            &item("patientIdNumber"),
            &item(names::NAME_LAST),
            &item(names::NAME_FIRST),
            &item(names::DATE_OF_BIRTH),
            case.value(names::PRIMARY_SITE),
            &why,
        ])?;
        lines += 1;
    }
    if lines == 0 {
        return Ok(Vec::new());
    }
    let bytes = out
        .into_inner()
        .map_err(|e| StoreError::Unreadable { what: "list of deletions", why: e.to_string() })?;
    Ok(bytes)
}

fn packed(body: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    // Memory takes all that is written.
    out.write_all(body).and_then(|()| out.finish()).unwrap_or_default()
}

/// A file of a batch, byte for byte as it was frozen.
///
/// # Errors
/// When it cannot be opened, or is not what was frozen.
pub(super) fn open_file(tx: &mut Tx<'_>, batch: &str, file: &FileRow) -> Result<Vec<u8>, StoreError> {
    let broken = |why: &str| StoreError::Unreadable { what: "file of a batch", why: why.to_owned() };
    let sealed = store::sealed(tx.conn(), file.id)?;
    let packed = tx
        .sealer()
        .open(PURPOSE, &belongs(batch, &file.name), &sealed)
        .map_err(|_| broken("it cannot be opened with the key of this registry"))?;
    let mut body = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut body).map_err(|e| broken(&e.to_string()))?;
    if hex(&Sha256::digest(&body)) != file.sha256 {
        return Err(broken("its hash is not the one that was frozen"));
    }
    Ok(body)
}
