//! Submission batches: what is complete goes to the central registry, frozen, and its answer comes back.
//!
//! A batch is looked at first ([`look`]), with every case judged by the edits once more; then frozen
//! ([`build`]): cases are marked as sent, the files are kept sealed with their hashes and can be had again
//! byte for byte ([`files_of`]). The receiver's answer ([`answer`]) reopens what it refused. What waits for the
//! next batch follows from what was sent and from what changed since; nothing is queued by hand.
//!
//! Source: workflow rules of the registry, submission, correction, deletion. `docs/submission.md` has the
//! rules for those who use it.

mod answers;
mod build;
mod freeze;
mod pages;
mod rules;
mod store;

pub use freeze::NotFrozen;
pub(crate) use freeze::PURPOSE;
pub(super) use pages::routes;
pub use rules::{Answer, Kind, Sent, read_answers, wanted};

use std::collections::BTreeSet;

use serde::Serialize;

pub use answers::{NotAnswered, Taken};
use build::{Candidate, Preflight, preflight};

use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    db::{Db, StoreError, Tx},
    facility::{Desk, Facility},
    tumor::deadline::next_batch,
    web::Layout,
};

/// A case that waits.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// Public id.
    pub case: String,
    /// As what it goes out.
    pub kind: &'static str,
    /// Accession number.
    pub accession: String,
    /// Sequence number.
    pub sequence: String,
    /// Errors that stand, each with the id of its edit.
    pub errors: Vec<String>,
}

/// The next batch as it stands, and those before.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Look {
    /// What goes out for the first time.
    pub new: i64,
    /// What goes out again.
    pub corrections: i64,
    /// What the receiver is asked to take out.
    pub deletions: i64,
    /// There are more than fit one batch.
    pub more: bool,
    /// Cases with errors.
    pub with_errors: usize,
    /// Last day of the next monthly batch for the oldest completion; `None` when nothing waits.
    pub due: Option<chrono::NaiveDate>,
    /// New records and corrections by class of case.
    pub by_class: std::collections::BTreeMap<String, usize>,
    /// New records and corrections by year of diagnosis.
    pub by_year: std::collections::BTreeMap<String, usize>,
    /// All that waits, those with errors first.
    pub waiting: Vec<Waiting>,
    /// What somebody left out of this look.
    pub left_out: Vec<Waiting>,
    /// Hash of what was seen; freezing goes on only while it is the same.
    pub fingerprint: String,
    /// The newest batches.
    pub batches: Vec<Batch>,
}

/// A frozen batch.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    /// Public id.
    pub id: String,
    /// 1, 2, … at the facility.
    pub number: i64,
    /// When it was frozen, UTC.
    pub frozen_at: String,
    /// The same, to be shown in the facility's zone.
    #[serde(skip)]
    pub frozen: chrono::NaiveDateTime,
    /// By whom.
    pub by: String,
    /// Program and version.
    pub software: String,
    /// Id of the set of edits that passed.
    pub edit_set: String,
    /// New records.
    pub new: i64,
    /// Corrections.
    pub corrections: i64,
    /// Deletions.
    pub deletions: i64,
    /// Cases that were left out.
    pub left_out: i64,
    /// Its files.
    pub files: Vec<FileOf>,
    /// Records without an answer.
    pub unanswered: i64,
    /// Records that the receiver took.
    pub accepted: i64,
    /// Records that it refused.
    pub rejected: i64,
}

/// A file of a batch.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileOf {
    /// `batch-0001-A.xml`
    pub name: String,
    /// A, M, D, or U for a user dictionary.
    pub kind: String,
    /// Hash of the file as it is sent.
    pub sha256: String,
    /// Its length.
    pub bytes: i64,
}

/// Batches listed.
const LISTED: i64 = 24;

fn desk_at(tx: &Tx<'_>, facility: &Facility) -> Desk {
    let now = tx.now().with_timezone(&facility.zone);
    Desk { facility: facility.clone(), today: now.date_naive(), now, layout: Layout::default() }
}

/// What the next batch would hold, and the batches before. Nothing is written but the event.
///
/// # Errors
/// When the store fails.
pub fn look(db: &Db, actor: &Actor, facility: &Facility, left_out: &[String]) -> Result<Look, StoreError> {
    db.view(actor, |tx| {
        let desk = desk_at(tx, facility);
        look_in(tx, &desk, left_out.iter().cloned().collect())
    })
}

fn look_in(tx: &mut Tx<'_>, desk: &Desk, left_out: BTreeSet<String>) -> Result<Look, StoreError> {
    let ready = preflight(tx, desk, left_out)?;
    let scope = tx.scope()?;
    let mut batches = Vec::new();
    for row in store::batches(tx.conn(), scope, LISTED)? {
        batches.push(batch_of(tx, row)?);
    }
    tx.record(
        Event::new(AuditAction::List)
            .patients(ready.candidates.iter().chain(&ready.left_out).map(|c| c.patient.id))
            .detail(format!("next batch, {} cases", ready.candidates.len())),
    );
    Ok(look_of(&ready, batches))
}

fn waiting_of(candidate: &Candidate) -> Waiting {
    Waiting {
        case: candidate.tumor.uid.clone(),
        kind: candidate.kind.label(),
        accession: candidate.tumor.accession_number.clone(),
        sequence: candidate.tumor.sequence_number.clone(),
        errors: candidate.errors.iter().map(|(id, message)| format!("{id} {message}")).collect(),
    }
}

fn look_of(ready: &Preflight, batches: Vec<Batch>) -> Look {
    let mut waiting: Vec<Waiting> = ready.candidates.iter().map(waiting_of).collect();
    waiting.sort_by_key(|w| w.errors.is_empty());
    let completed = ready
        .candidates
        .iter()
        .filter_map(|c| crate::partial_date::PartialDate::parse(&c.tumor.completed).ok());
    let oldest = completed.map(crate::partial_date::PartialDate::latest).min();
    Look {
        new: ready.count(Kind::Full),
        corrections: ready.count(Kind::Modified),
        deletions: ready.count(Kind::Deletion),
        more: ready.more,
        with_errors: ready.with_errors(),
        due: oldest.and_then(next_batch),
        by_class: ready.by(|t| t.class_of_case.clone()),
        by_year: ready.by(|t| t.dx_year.map_or_else(|| "not known".to_owned(), |y| y.to_string())),
        waiting,
        left_out: ready.left_out.iter().map(waiting_of).collect(),
        fingerprint: ready.fingerprint.clone(),
        batches,
    }
}

fn batch_of(tx: &mut Tx<'_>, row: store::BatchRow) -> Result<Batch, StoreError> {
    let files = store::files(tx.conn(), row.id)?;
    let answers = store::answers(tx.conn(), row.id)?;
    let of = |word: &str| answers.iter().filter(|(answer, _)| answer == word).map(|(_, n)| n).sum();
    Ok(Batch {
        id: row.uid,
        number: row.number,
        frozen_at: row.frozen_at.format("%Y-%m-%d %H:%M").to_string(),
        frozen: row.frozen_at,
        by: row.actor_name,
        software: row.software,
        edit_set: row.set_id,
        new: row.full_records,
        corrections: row.modified,
        deletions: row.deleted,
        left_out: row.left_out,
        files: files
            .into_iter()
            .map(|f| FileOf { name: f.name, kind: f.kind, sha256: f.sha256, bytes: f.bytes })
            .collect(),
        unanswered: of(""),
        accepted: of("accepted"),
        rejected: of("rejected"),
    })
}

/// Freezes the batch that was looked at.
///
/// # Errors
/// [`NotFrozen`] says why nothing was written.
pub fn build(
    db: &Db,
    actor: &Actor,
    facility: &Facility,
    left_out: &[String],
    seen: &str,
) -> Result<i64, NotFrozen> {
    db.write(actor, |tx| {
        let desk = desk_at(tx, facility);
        freeze::freeze(tx, &desk, left_out.iter().cloned().collect(), seen)
    })
}

/// The files of a batch, byte for byte as they were frozen; `None` when there is no such batch.
///
/// # Errors
/// When the store fails, or a file is not what was frozen.
pub fn files_of(db: &Db, actor: &Actor, number: i64) -> Result<Option<Vec<(String, Vec<u8>)>>, StoreError> {
    db.view(actor, |tx| {
        let scope = tx.scope()?;
        tx.record(Event::new(AuditAction::Export).detail(format!("files of batch {number}")));
        let Some(batch) = store::by_number(tx.conn(), scope, number)? else { return Ok(None) };
        let mut files = Vec::new();
        for file in store::files(tx.conn(), batch.id)? {
            let body = freeze::open_file(tx, &batch.uid, &file)?;
            files.push((file.name, body));
        }
        Ok(Some(files))
    })
}

/// Takes the receiver's answers to a batch, all or nothing.
///
/// # Errors
/// [`NotAnswered`] says why nothing was taken.
pub fn answer(
    db: &Db,
    actor: &Actor,
    facility: &Facility,
    number: i64,
    list: &[Answer],
) -> Result<Taken, NotAnswered> {
    db.write(actor, |tx| {
        let desk = desk_at(tx, facility);
        answers::take(tx, &desk, number, list)
    })
}
