//! Who codes a case again blind is shown nothing of its patient before the lock.
//!
//! Every look at a patient leaves an event that names the patient; so an answer whose event names one under the
//! actor's blind review is taken back here, whatever page it comes from. Lists name many and hide the codes
//! themselves; what holds no code says so with [`Event::blindly`](crate::audit::Event::blindly).
//!
//! Source: house rules of quality review: the reviewer codes again without seeing the codes; differences are shown
//! after the lock.

use diesel::prelude::*;

use super::{
    Conn, StoreError,
    schema::{quality_review as review, tumor},
};
use crate::{
    access::Actor,
    audit::{AuditAction, Event},
};

/// Public id of the actor's blind review of somebody whom these events show.
pub(super) fn seen(conn: &mut Conn, actor: &Actor, events: &[Event]) -> Result<Option<String>, StoreError> {
    let (Some(account), Some(scope)) = (actor.account(), actor.scope()) else { return Ok(None) };
    let shows = |e: &&Event| {
        let list = matches!(e.action, AuditAction::List | AuditAction::Search | AuditAction::Import);
        !e.blind && !list
    };
    let shown: Vec<i64> =
        events.iter().filter(shows).flat_map(|e| e.subjects.iter().map(|(patient, _)| *patient)).collect();
    if shown.is_empty() {
        return Ok(None);
    }
    let own: Vec<(String, i64)> = review::table
        .inner_join(tumor::table)
        .filter(review::facility_id.eq(scope.facility()).and(review::state.eq("taken")))
        .filter(review::reviewer_account_id.eq(account).and(review::mode.eq("blind")))
        .select((review::uid, tumor::patient_id))
        .load(conn)?;
    Ok(own.into_iter().find(|(_, patient)| shown.contains(patient)).map(|(uid, _)| uid))
}

/// The same events, refused: what was asked for and not shown.
pub(super) fn refused(events: &[Event]) -> Vec<Event> {
    events.iter().cloned().map(|e| e.refused().detail("blind review, not shown")).collect()
}
