//! Deleting a case takes two people: one asks with a reason, a supervisor who is somebody else decides.
//!
//! A deleted case is a tombstone: it counts nowhere, keeps its versions and its accession number, and a
//! supervisor can bring it back on the patient's correction page. The patient stays, also without a case.

mod pages;
mod store;

pub(super) use pages::{ask, decide as decide_page, list, show};

use serde::{Deserialize, Serialize};

use super::{
    saving::{Stored, page_error, stored},
    sequence::{LifetimeTumor, after_removal},
    state::{AbstractState, Event, NotPossible},
};
use crate::{
    audit::{AuditAction, Event as AuditEvent},
    db::{StoreError, Tx},
    patient,
    save::{self, Change, PatientChange, SetTumor, TumorChange, Why},
    tumor::{self, TumorRow},
    web::PageError,
};

/// A number proposed for another case of the patient when the case was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Proposal {
    /// Public id of the other case.
    case: String,
    from: String,
    to: String,
}

/// What a supervisor says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Approve,
    Refuse,
}

/// Asks to delete a case.
fn request(tx: &mut Tx<'_>, uid: &str, reason: &str) -> Result<Result<(), NotPossible>, PageError> {
    let now = stored(tx, uid)?;
    let reason = reason.trim();
    let event = AuditEvent::new(AuditAction::Void).tumor(now.patient.id, now.tumor.id);
    let then = match now.state().after(Event::DeletionRequested { reason: reason.chars().count() }) {
        Ok(then) => then,
        Err(refused) => {
            tx.record(event.refused().detail("deletion asked for"));
            return Ok(Err(refused));
        }
    };
    store::insert(tx, now.tumor.id, now.state().word(), reason)?;
    set(tx, &now.tumor, then, now.tumor.voided, reason)?;
    tx.record(event.detail("deletion asked for"));
    Ok(Ok(()))
}

/// Decides an open request; gives the public id of the case.
fn decide(tx: &mut Tx<'_>, request: &str, answer: Answer) -> Result<Result<String, NotPossible>, PageError> {
    let scope = tx.scope()?;
    let row = store::open_by_uid(tx.conn(), scope, request)?.ok_or(PageError::NotFound)?;
    let uid = tumor::by_key(tx.conn(), scope, row.tumor)?.ok_or(PageError::NotFound)?.uid;
    let now = stored(tx, &uid)?;
    let same_person = asked(tx, &row);
    let previous = AbstractState::parse(&row.previous_state).unwrap_or(AbstractState::InProgress);
    let (event, words) = match answer {
        Answer::Approve => (Event::DeletionApproved { same_person }, "deletion approved"),
        Answer::Refuse => (Event::DeletionRefused { same_person, previous }, "deletion refused"),
    };
    let audit = AuditEvent::new(AuditAction::Void).tumor(now.patient.id, now.tumor.id).detail(words);
    let then = match now.state().after(event) {
        Ok(then) => then,
        Err(refused) => {
            tx.record(audit.refused());
            return Ok(Err(refused));
        }
    };
    let (outcome, proposals) = match answer {
        Answer::Approve => ("approved", proposals(tx, &now)?),
        Answer::Refuse => ("refused", Vec::new()),
    };
    let proposals = serde_json::to_string(&proposals).map_err(|e| StoreError::Unreadable {
        what: "proposed numbers",
        why: format!("{:?}", e.classify()),
    })?;
    if !store::close(tx, row.id, outcome, &proposals)? {
        return Err(PageError::NotFound);
    }
    set(tx, &now.tumor, then, then == AbstractState::Deleted, &row.reason)?;
    tx.record(audit);
    Ok(Ok(uid))
}

/// Did the actor ask for it?
fn asked(tx: &Tx<'_>, row: &store::DeletionRow) -> bool {
    let actor = tx.actor();
    row.by == actor.name || (row.account.is_some() && row.account == actor.account())
}

/// Writes the state; follow-up and what else is projected is counted again with it.
fn set(
    tx: &mut Tx<'_>,
    now: &TumorRow,
    state: AbstractState,
    voided: bool,
    reason: &str,
) -> Result<(), PageError> {
    let tumor = SetTumor {
        id: now.id,
        expected: Some(now.version),
        state: Some(state.word().to_owned()),
        voided: Some(voided),
        ..SetTumor::default()
    };
    let why = Why { source: "deletion", reason: reason.to_owned(), event: None };
    let patient = PatientChange::Keep { id: now.patient_id };
    let change = Change { patient, tumors: vec![TumorChange::Set(tumor)], why };
    save::apply(tx, change).map(|_| ()).map_err(page_error)
}

/// Numbers that should change on the patient's other cases.
fn proposals(tx: &mut Tx<'_>, now: &Stored) -> Result<Vec<Proposal>, StoreError> {
    let scope = tx.scope()?;
    let others: Vec<TumorRow> = tumor::of_patient(tx.conn(), scope, now.patient.id)?
        .into_iter()
        .filter(|t| !t.voided && t.id != now.tumor.id)
        .collect();
    let lives: Vec<LifetimeTumor> =
        others.iter().map(|t| t.items().map(|i| LifetimeTumor::of(&i))).collect::<Result<_, _>>()?;
    let changes = after_removal(&LifetimeTumor::of(&now.items.tumor), &lives);
    Ok(changes
        .into_iter()
        .filter_map(|c| Some(Proposal { case: others.get(c.other)?.uid.clone(), from: c.from, to: c.to }))
        .collect())
}

/// The state a deleted case goes back to when it is brought back; `None` for a case that is not deleted.
pub(crate) fn state_to_bring_back(
    tx: &mut Tx<'_>,
    case: &TumorRow,
) -> Result<Option<&'static str>, StoreError> {
    let state = AbstractState::parse(&case.state).unwrap_or(AbstractState::InProgress);
    let scope = tx.scope()?;
    let approved = store::of_case(tx.conn(), scope, case.id)?.into_iter().find(|r| r.outcome == "approved");
    let previous = approved.and_then(|r| AbstractState::parse(&r.previous_state));
    let event = Event::BroughtBack { previous: previous.unwrap_or(AbstractState::InProgress) };
    Ok(state.after(event).ok().map(AbstractState::word))
}

/// Open requests to delete cases: row key and public id of the patient, who asked, when.
pub(crate) fn waiting(tx: &mut Tx<'_>) -> Result<Vec<Waiting>, StoreError> {
    let scope = tx.scope()?;
    let rows = store::open(tx.conn(), scope)?;
    Ok(rows
        .into_iter()
        .map(|(row, (case, _, _, sequence), (patient, last, first))| Waiting {
            patient,
            name: patient::full_name(&last, &first),
            case,
            sequence,
            reason: row.reason,
            by: row.by,
            at: row.at,
        })
        .collect())
}

/// A request to delete a case that nobody decided yet.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// Row key of the patient.
    pub(crate) patient: i64,
    /// Name of the patient.
    pub(crate) name: String,
    /// Public id of the case.
    pub(crate) case: String,
    /// Its sequence number.
    pub(crate) sequence: String,
    /// Why.
    pub(crate) reason: String,
    /// Who asked.
    pub(crate) by: String,
    /// When.
    pub(crate) at: chrono::NaiveDateTime,
}
