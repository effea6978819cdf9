//! The receiver's answers: what it took, and what it refused, which is opened again with its words.

use std::collections::HashMap;

use serde::Serialize;

use super::{
    rules::{Answer, Kind},
    store::{self, ItemRow},
};
use crate::{
    abstracting::{AbstractState, Event as Step, derive, leave_note},
    audit::{AuditAction, Event},
    db::{HoldsStoreError, StoreError, Tx},
    facility::Desk,
    save::{self, Change, PatientChange, SaveRefused, SetTumor, TumorChange, Why},
    tumor,
};

/// What became of a list of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// Records that the receiver took.
    pub accepted: usize,
    /// Records that it refused.
    pub rejected: usize,
    /// Of these, cases that were opened again.
    pub reopened: usize,
    /// Lines that say what was known already.
    pub known: usize,
}

/// Why no answer was taken.
#[derive(Debug, thiserror::Error)]
pub enum NotAnswered {
    /// No such batch.
    #[error("There is no batch {0} at this facility.")]
    NoBatch(i64),
    /// Lines name records that the batch does not hold.
    #[error("{}", .0.join("\n"))]
    Unknown(Vec<String>),
    /// A case was not saved.
    #[error("{0}")]
    Save(SaveRefused),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SaveRefused> for NotAnswered {
    fn from(e: SaveRefused) -> Self {
        match e {
            SaveRefused::Store(e) => Self::Store(e),
            other => Self::Save(other),
        }
    }
}

impl HoldsStoreError for NotAnswered {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            _ => None,
        }
    }
}

pub(super) fn take(tx: &mut Tx<'_>, desk: &Desk, number: i64, list: &[Answer]) -> Result<Taken, NotAnswered> {
    let scope = tx.scope()?;
    let batch = store::by_number(tx.conn(), scope, number)?.ok_or(NotAnswered::NoBatch(number))?;
    let items: HashMap<(String, String), ItemRow> = store::items(tx.conn(), scope, batch.id)?
        .into_iter()
        .map(|item| ((item.accession_number.clone(), item.sequence_number.clone()), item))
        .collect();
    let key = |answer: &Answer| (answer.accession.clone(), answer.sequence.clone());
    let unknown: Vec<String> = list
        .iter()
        .filter(|answer| !items.contains_key(&key(answer)))
        .map(|a| format!("Line {}: batch {number} holds no {} sequence {}.", a.line, a.accession, a.sequence))
        .collect();
    if !unknown.is_empty() {
        return Err(NotAnswered::Unknown(unknown));
    }
    let mut taken = Taken::default();
    for answer in list {
        let Some(item) = items.get(&key(answer)) else { continue };
        let word = if answer.accepted { "accepted" } else { "rejected" };
        if item.answer == word && item.message == answer.message {
            taken.known += 1;
            continue;
        }
        store::answer(tx, item, answer.accepted, &answer.message)?;
        if answer.accepted {
            taken.accepted += 1;
            continue;
        }
        taken.rejected += 1;
        taken.reopened += usize::from(refused(tx, desk, number, item, &answer.message)?);
    }
    tx.touch()?;
    tx.record(Event::new(AuditAction::Export).detail(format!(
        "answers to batch {number}: {} accepted, {} rejected",
        taken.accepted, taken.rejected
    )));
    Ok(taken)
}

/// Opens a case again that the receiver refused, where it still is as it was sent; whoever works on it finds a task.
fn refused(
    tx: &mut Tx<'_>,
    desk: &Desk,
    number: i64,
    item: &ItemRow,
    message: &str,
) -> Result<bool, NotAnswered> {
    let scope = tx.scope()?;
    let Some(case) = tumor::by_key(tx.conn(), scope, item.tumor_id)? else { return Ok(false) };
    let words = format!("Batch {number}: the central registry refused this case: {message}");
    leave_note(tx, &case, words.clone(), case.owner_id)?;
    tx.record(
        Event::new(AuditAction::Reopen).tumor(case.patient_id, case.id).detail("refused by the receiver"),
    );
    let state = AbstractState::parse(&case.state).unwrap_or(AbstractState::InProgress);
    let sent = state == AbstractState::Submitted && item.kind() != Kind::Deletion && item.standing != "past";
    let Ok(then) = state.after(Step::Reopened { reason: words.chars().count() }) else { return Ok(false) };
    if !sent || case.voided {
        return Ok(false);
    }
    let mut items = case.items()?;
    derive::mark_changed(&mut items, desk.today);
    let tumor = SetTumor {
        id: case.id,
        expected: Some(case.version),
        items: Some(items),
        state: Some(then.word().to_owned()),
        ..SetTumor::default()
    };
    let why = Why { source: "submission", reason: words, event: None };
    let patient = PatientChange::Keep { id: case.patient_id };
    save::apply(tx, Change { patient, tumors: vec![TumorChange::Set(tumor)], why })?;
    Ok(true)
}
