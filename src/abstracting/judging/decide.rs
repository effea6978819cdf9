//! Deciding about a finding: an over-ride, or an acknowledged warning, each with a reason.

use super::{Judging, store};
use crate::{
    abstracting::{
        derive,
        saving::{page_error, siblings, stored},
        state::SHORTEST_REASON,
    },
    audit::{AuditAction, Event},
    db::Tx,
    edits::Severity,
    facility::Desk,
    save::{self, Change, PatientChange, SetTumor, TumorChange, Why},
    web::PageError,
};

/// What somebody decides.
#[derive(Clone, Debug)]
pub(in crate::abstracting) struct Decision {
    /// Id of the edit.
    pub(in crate::abstracting) edit: String,
    /// Hash of what it read when it was shown.
    pub(in crate::abstracting) hash: String,
    /// Why.
    pub(in crate::abstracting) reason: String,
}

/// Why nothing was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::abstracting) enum NotDecided {
    /// The reason says too little.
    Reason,
    /// What the finding rests on has changed, or it is no longer there.
    Changed,
    /// The case is not open.
    Closed,
    /// The edit is an error without an over-ride.
    NotClearable,
}

/// Keeps a decision; an over-ride is written into the case with it.
pub(in crate::abstracting) fn decide(
    tx: &mut Tx<'_>,
    desk: &Desk,
    uid: &str,
    decision: &Decision,
) -> Result<Result<(), NotDecided>, PageError> {
    let now = stored(tx, uid)?;
    let refused = |tx: &mut Tx<'_>, why| {
        tx.record(
            Event::new(AuditAction::ViewTumor).tumor(now.patient.id, now.tumor.id).detail("not decided"),
        );
        Ok(Err(why))
    };
    let reason = decision.reason.trim();
    if reason.chars().count() < SHORTEST_REASON {
        return refused(tx, NotDecided::Reason);
    }
    if !now.state().is_open() {
        return refused(tx, NotDecided::Closed);
    }
    let siblings = siblings(tx, &now)?;
    let judging = Judging::of(tx, desk, &now, &siblings)?;
    let judgement = judging.judgement(&now.items);
    let Some(finding) = judgement
        .findings
        .iter()
        .find(|f| f.is_open() && f.edit.id == decision.edit && f.input_hash == decision.hash)
    else {
        return refused(tx, NotDecided::Changed);
    };
    let over_ride = finding.edit.over_ride.as_ref().and_then(|o| Some((o.item, o.values.first()?.clone())));
    let kind = match (&over_ride, finding.edit.severity) {
        (Some(_), _) => "override",
        (None, Severity::Warning) => "acknowledged",
        (None, Severity::Error) => return refused(tx, NotDecided::NotClearable),
    };
    let new = store::NewDecision {
        tumor: now.tumor.id,
        edit: &finding.edit.id,
        version: finding.edit.version,
        kind,
        input_hash: &finding.input_hash,
        reason,
    };
    store::insert(tx, &new)?;
    match over_ride {
        Some((item, value)) => {
            let mut items = now.items.tumor.clone();
            items.set(item, value);
            derive::mark_changed(&mut items, desk.today);
            let set = SetTumor {
                id: now.tumor.id,
                expected: Some(now.tumor.version),
                items: Some(items),
                ..SetTumor::default()
            };
            let why =
                Why { source: "form", reason: reason.to_owned(), event: Some(AuditAction::ChangeTumor) };
            let patient = PatientChange::Keep { id: now.patient.id };
            save::apply(tx, Change { patient, tumors: vec![TumorChange::Set(set)], why })
                .map_err(page_error)?;
        }
        None => tx.record(
            Event::new(AuditAction::ChangeTumor)
                .tumor(now.patient.id, now.tumor.id)
                .detail(format!("acknowledged {}", finding.edit.id)),
        ),
    }
    Ok(Ok(()))
}
