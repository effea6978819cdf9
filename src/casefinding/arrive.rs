//! Keeping an item that arrives: by hand or in a list, the same pair of source and id only once.

use chrono::NaiveDate;

use super::{
    act::tell_the_case,
    facts::NewItem,
    matching::{self, Match},
    sample,
    state::{Event as Step, ItemState},
    store::{self, Becomes, NewEvent, NewRow},
};
use crate::{
    audit::{AuditAction, Event},
    db::{StoreError, Tx},
    partial_date::PartialDate,
    tumor::record_number_key,
};

/// What became of an arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// It is kept, under this public id.
    Kept(String),
    /// The same source and id came before, under this public id; nothing was written.
    Before(String),
}

/// How an item came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Somebody typed it, and so decided that somebody should look: it is never screened out.
    ByHand,
    /// A line of a list, with the row key of its batch.
    List(i64),
}

/// Keeps an item, in the pool or screened out; `today` is the facility's day.
///
/// # Errors
/// Of the store.
pub fn arrive(tx: &mut Tx<'_>, today: NaiveDate, new: &NewItem, way: Way) -> Result<Arrived, StoreError> {
    let scope = tx.scope()?;
    if let Some(first) = store::of_source(tx.conn(), scope, new.source, &new.system, &new.id)? {
        return Ok(Arrived::Before(first));
    }
    let (state, batch) = match way {
        Way::List(batch) if !new.facts.screened.candidate => (ItemState::ScreenedOut, Some(batch)),
        Way::List(batch) => (ItemState::New, Some(batch)),
        Way::ByHand => (ItemState::New, None),
    };
    let uid = tx.new_id().to_string();
    let month = today.format("%Y-%m").to_string();
    let row = NewRow {
        sampling: sample::lot(&month, &uid),
        uid,
        source: new.source,
        source_system: &new.system,
        source_id: &new.id,
        state,
        event_date: new.on.map(|d: PartialDate| d.to_string()).unwrap_or_default(),
        medical_record_number: record_number_key(&new.record_number),
        birth_date: new.birth_date(),
        month,
        batch,
        facts: &new.facts,
    };
    let key = store::insert(tx, &row)?;
    let event = NewEvent {
        event: "arrived",
        before: "",
        after: state.word(),
        code: new.source.word(),
        reason: if batch.is_some() { "in a list" } else { "by hand" },
        by: None,
    };
    store::insert_event(tx, key, &event)?;
    tx.record(Event::new(AuditAction::ChangeSuspense).detail(format!(
        "{} arrived, {}",
        row.uid,
        state.word()
    )));
    // Who brings an item by hand wants somebody to look.
    if matches!(way, Way::List(_))
        && let Some(found) = matching::find(tx, new)?
    {
        link(tx, &row.uid, &found)?;
    }
    Ok(Arrived::Kept(row.uid))
}

/// Makes an item that has just come evidence of the case it belongs to, and tells whoever works on that case.
fn link(tx: &mut Tx<'_>, uid: &str, found: &Match) -> Result<(), StoreError> {
    let scope = tx.scope()?;
    let Some(row) = store::by_uid(tx.conn(), scope, uid)? else { return Ok(()) };
    let Ok(then) = row.stored_state().after(Step::Matched) else { return Ok(()) };
    let case = &found.case;
    let becomes =
        Becomes { state: then, owner: None, recall_on: None, merged_into: None, tumor: Some(case.id) };
    store::set(tx, &row, becomes)?;
    let reason = format!("automatic match: {}", found.why);
    let event = NewEvent {
        event: "linked",
        before: row.stored_state().word(),
        after: then.word(),
        code: &case.uid,
        reason: &reason,
        by: Some("automatic match"),
    };
    store::insert_event(tx, row.id, &event)?;
    let why = format!("By {reason}. Open it again if it tells of another tumor.");
    tell_the_case(tx, &row, case, &why)?;
    tx.touch()?;
    tx.record(
        Event::new(AuditAction::ChangeSuspense)
            .tumor(case.patient_id, case.id)
            .detail(format!("{uid} linked by automatic match")),
    );
    Ok(())
}
