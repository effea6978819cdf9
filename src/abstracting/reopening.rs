//! A complete case opened again.

use super::{
    derive,
    saving::{page_error, stored},
    state::Event,
};
use crate::{
    access::Role,
    audit::{AuditAction, Event as AuditEvent},
    db::Tx,
    dictionary::names,
    facility::Desk,
    save::{self, Change, PatientChange, SetTumor, TumorChange, Why},
    web::PageError,
};

/// Opens a complete case again: its owner within 30 days, or a supervisor; always with a reason.
pub(super) fn reopen(
    tx: &mut Tx<'_>,
    desk: &Desk,
    uid: &str,
    reason: &str,
) -> Result<Result<(), String>, PageError> {
    let now = stored(tx, uid)?;
    let completed =
        now.items.tumor.date(names::DATE_CASE_COMPLETED).and_then(crate::partial_date::PartialDate::day);
    let recent = completed.is_some_and(|d| (desk.today - d).num_days() <= super::state::OWN_REOPEN_DAYS);
    let own = now.tumor.owner_id.is_some() && now.tumor.owner_id == tx.actor().account();
    let refuse = |tx: &mut Tx<'_>, why: String| {
        tx.record(AuditEvent::new(AuditAction::Reopen).refused().tumor(now.patient.id, now.tumor.id));
        Ok(Err(why))
    };
    if !(tx.actor().is(Role::Supervisor) || (own && recent)) {
        return refuse(tx, "Only a supervisor opens this case again: it is not yours, or was completed more than 30 days ago.".to_owned());
    }
    let state = match now.state().after(Event::Reopened { reason: reason.trim().chars().count() }) {
        Ok(state) => state,
        Err(refused) => return refuse(tx, refused.to_string()),
    };
    let mut items = now.items.tumor.clone();
    derive::mark_changed(&mut items, desk.today);
    let tumor = SetTumor {
        id: now.tumor.id,
        expected: Some(now.tumor.version),
        items: Some(items),
        state: Some(state.word().to_owned()),
        ..SetTumor::default()
    };
    let why = Why { source: "form", reason: reason.trim().to_owned(), event: Some(AuditAction::Reopen) };
    let patient = PatientChange::Keep { id: now.patient.id };
    save::apply(tx, Change { patient, tumors: vec![TumorChange::Set(tumor)], why }).map_err(page_error)?;
    Ok(Ok(()))
}
