//! Keeping an item that arrives: by hand or in a list, the same pair of source and id only once.

use chrono::NaiveDate;

use super::{
    facts::NewItem,
    sample,
    state::ItemState,
    store::{self, NewEvent, NewRow},
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
    Ok(Arrived::Kept(row.uid))
}
