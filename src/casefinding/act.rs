//! What people do with an item, one step a transaction, with person, time and reason.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;

use super::{
    state::{Event, ItemState, Known, NotPossible, RejectReason, Who},
    store::{self, Becomes, ItemRow, NewEvent},
};
use crate::{
    abstracting::leave_note,
    access::{Role, accounts},
    audit::{AuditAction, Event as AuditEvent},
    db::{StoreError, Tx},
    tumor::{self, TumorRow},
    web::PageError,
};

/// A step, as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Take,
    PutBack,
    /// What it waited for came.
    Answer,
    Reject(Option<RejectReason>),
    /// The same as the item with this public id.
    Merge(String),
    /// Until a day; `None` when it was not understood.
    Wait(NaiveDate),
    /// Evidence of the case with this public id.
    Link(String),
    Reopen,
}

/// Why a step was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// The rules of the states say no.
    #[error("{0}")]
    Rules(NotPossible),
    /// Somebody else has it.
    #[error("{0} has this item since then. Nothing was changed.")]
    Held(String),
    /// No such case.
    #[error("Choose the case that this item belongs to.")]
    NoCase,
    /// Two at the same moment.
    #[error("Somebody else was faster. Look at the item again.")]
    Faster,
}

/// Who acts, as far as the rules ask.
pub(super) fn who(tx: &Tx<'_>, row: &ItemRow) -> Who {
    let actor = tx.actor();
    let own = row.owner_id.is_none() || row.owner_id == actor.account();
    Who { free: own, supervisor: actor.is(Role::Supervisor) }
}

/// The item; when its recall date is here it is in review again, and that is written down.
pub(super) fn awake(tx: &mut Tx<'_>, today: NaiveDate, uid: &str) -> Result<ItemRow, PageError> {
    let scope = tx.scope()?;
    let row = store::by_uid(tx.conn(), scope, uid)?.ok_or(PageError::NotFound)?;
    if row.stored_state() != ItemState::Waiting || row.state_on(today) == ItemState::Waiting {
        return Ok(row);
    }
    let then = ItemState::Waiting.after(Event::RecallReached).unwrap_or(ItemState::InReview);
    let reason = row.recall_on.map(|d| format!("the recall date was {d}")).unwrap_or_default();
    let event = NewEvent {
        event: "recall date",
        before: row.stored_state().word(),
        after: then.word(),
        code: "",
        reason: &reason,
        by: Some("recall date"),
    };
    let becomes =
        Becomes { state: then, owner: row.owner_id, recall_on: None, merged_into: None, tumor: None };
    if !store::set(tx, &row, becomes)? {
        return Err(PageError::BadRequest(Refused::Faster.to_string()));
    }
    store::insert_event(tx, row.id, &event)?;
    store::by_uid(tx.conn(), scope, uid)?.ok_or(PageError::NotFound)
}

/// Does a step; `now` is the facility's wall time.
pub(crate) fn step(
    tx: &mut Tx<'_>,
    now: DateTime<Tz>,
    uid: &str,
    step: &Step,
    reason: &str,
) -> Result<Result<(), Refused>, PageError> {
    let today = now.date_naive();
    let row = awake(tx, today, uid)?;
    let (who, said) = (who(tx, &row), reason.trim().chars().count());
    let mut code = String::new();
    let (mut merged_into, mut case, mut recall_on): (Option<i64>, Option<TumorRow>, Option<NaiveDate>) =
        (None, None, None);
    let (name, event) = match step {
        Step::Take => ("taken", Event::Taken(who)),
        Step::PutBack => ("put back", Event::PutBack(who)),
        Step::Answer => ("answered", Event::Answered(who, said)),
        Step::Reject(reason) => {
            code = reason.map(RejectReason::word).unwrap_or_default().to_owned();
            ("rejected", Event::Rejected(who, *reason, said))
        }
        Step::Merge(other) => {
            let scope = tx.scope()?;
            let other = store::by_uid(tx.conn(), scope, other)?
                .filter(|o| o.id != row.id && o.stored_state() != ItemState::Merged);
            merged_into = other.as_ref().map(|o| o.id);
            code = other.map(|o| o.uid).unwrap_or_default();
            ("merged", Event::Merged(who, merged_into.is_some()))
        }
        Step::Wait(until) => {
            recall_on = Some(*until);
            code = until.to_string();
            ("waiting", Event::SetWaiting(who, (*until - today).num_days(), said))
        }
        Step::Link(to) => {
            let scope = tx.scope()?;
            let Some((_, found)) = tumor::in_use(tx.conn(), scope, to)? else {
                return Ok(Err(Refused::NoCase));
            };
            code = found.uid.clone();
            case = Some(found);
            ("linked", Event::Linked(who, said))
        }
        Step::Reopen => {
            let decided = row
                .decided_at
                .map(|at| at.and_utc().with_timezone(&now.timezone()).date_naive())
                .unwrap_or(today);
            ("reopened", Event::Reopened(who, (today - decided).num_days(), said))
        }
    };
    let audit = AuditEvent::new(AuditAction::ChangeSuspense).detail(format!("{uid} {name}"));
    let then = match row.stored_state().after(event) {
        Ok(then) => then,
        Err(refused) => {
            tx.record(audit.refused());
            return Ok(Err(told(tx, &row, refused)?));
        }
    };
    let owner = match step {
        Step::Take | Step::Reopen => tx.actor().account(),
        _ if then.has_owner() => row.owner_id,
        _ => None,
    };
    let tumor = case.as_ref().map(|c| c.id);
    if !store::set(tx, &row, Becomes { state: then, owner, recall_on, merged_into, tumor })? {
        return Ok(Err(Refused::Faster));
    }
    let (before, after) = (row.stored_state().word(), then.word());
    let written = NewEvent { event: name, before, after, code: &code, reason: reason.trim(), by: None };
    store::insert_event(tx, row.id, &written)?;
    match case {
        Some(case) => {
            tell_the_case(tx, &row, &case, reason.trim())?;
            tx.touch()?;
            tx.record(audit.tumor(case.patient_id, case.id));
        }
        None => tx.record(audit),
    }
    Ok(Ok(()))
}

/// A refusal in words that name who has the item.
fn told(tx: &mut Tx<'_>, row: &ItemRow, refused: NotPossible) -> Result<Refused, StoreError> {
    Ok(match (refused, row.owner_id) {
        (NotPossible::Held, Some(owner)) => Refused::Held(accounts::by_id(tx.conn(), owner)?.name),
        (other, _) => Refused::Rules(other),
    })
}

/// The item has become a case: the last step, written with the case itself.
pub(super) fn made(
    tx: &mut Tx<'_>,
    today: NaiveDate,
    uid: &str,
    known: Known,
    case: &TumorRow,
) -> Result<ItemRow, PageError> {
    let row = awake(tx, today, uid)?;
    let refused = |why: Refused| PageError::BadRequest(format!("No case was made. {why}"));
    let then = match row.stored_state().after(Event::Accessioned(who(tx, &row), known)) {
        Ok(then) => then,
        Err(why) => return Err(refused(told(tx, &row, why)?)),
    };
    let owner = row.owner_id.or(tx.actor().account());
    let becomes = Becomes { state: then, owner, recall_on: None, merged_into: None, tumor: Some(case.id) };
    if !store::set(tx, &row, becomes)? {
        return Err(refused(Refused::Faster));
    }
    let (before, after) = (row.stored_state().word(), then.word());
    let event = NewEvent {
        event: "accessioned",
        before,
        after,
        code: &case.uid,
        reason: "a case was made",
        by: None,
    };
    store::insert_event(tx, row.id, &event)?;
    let audit = AuditEvent::new(AuditAction::ChangeSuspense).tumor(case.patient_id, case.id);
    tx.record(audit.detail(format!("{uid} accessioned")));
    Ok(row)
}

/// Tells whoever works on a case that an item is its evidence now, and why.
pub(super) fn tell_the_case(
    tx: &mut Tx<'_>,
    item: &ItemRow,
    case: &TumorRow,
    why: &str,
) -> Result<(), StoreError> {
    let (source, day, uid) = (item.source().label(), &item.event_date, &item.uid);
    let body = format!("{source} of {day} was linked to this case as evidence: /suspense/{uid}\n{why}");
    leave_note(tx, case, body, case.owner_id)
}
