//! What quality review sees of a case, and does to it: its texts, the fields that are coded again, and how it is
//! accepted or given back.

use super::{
    FormRow, derive, documents,
    editor::{self, Typed},
    form::{self, Both, NotTaken},
    form_row::form_rows,
    judging::{self, Judging},
    notes,
    saving::{self, page_error, siblings, stored},
    state::{Event, NotPossible},
};
use crate::{
    audit::{AuditAction, Event as AuditEvent},
    checking,
    db::{StoreError, Tx},
    dictionary::Items,
    facility::Desk,
    patient::PatientRow,
    save::{self, Change, PatientChange, SetTumor, TumorChange, Why},
    tumor::TumorRow,
    web::{Field, PageError},
};

/// A case in the actor's facility, with its items.
pub(crate) struct Reviewed {
    pub(crate) patient: PatientRow,
    pub(crate) tumor: TumorRow,
    pub(crate) items: Both,
}

/// The case with this public id; not found when it or its patient is void.
pub(crate) fn reviewed(tx: &mut Tx<'_>, uid: &str) -> Result<Reviewed, PageError> {
    let found = stored(tx, uid)?;
    Ok(Reviewed { patient: found.patient, tumor: found.tumor, items: found.items })
}

/// The texts of a case with their labels, its reports and its notes; no code.
pub(crate) fn texts(tx: &mut Tx<'_>, case: &Reviewed) -> Result<Vec<(String, Vec<String>)>, StoreError> {
    let scope = tx.scope()?;
    let mut texts: Vec<_> =
        editor::sources(&case.items.tumor).into_iter().map(|s| (s.label, s.paragraphs)).collect();
    texts.extend(documents::texts(tx, case.tumor.id)?);
    let notes: Vec<String> = notes::of_case(tx.conn(), scope, case.tumor.id)?
        .into_iter()
        .filter(|n| n.kind == "note")
        .map(|n| n.body)
        .collect();
    if !notes.is_empty() {
        texts.push(("Notes".to_owned(), notes));
    }
    Ok(texts)
}

fn rows(items: &[&str]) -> impl Iterator<Item = &'static FormRow> {
    form_rows().iter().filter(move |row| items.contains(&row.id()))
}

/// The boxes of some items of a record, as the form has them, without proposals.
pub(crate) fn boxes(items: &[&str], record: &Both, not_taken: &[NotTaken]) -> Vec<Field> {
    let typed = Typed { not_taken, sequence: None, mark_missing: false, closed: false, stored: None };
    rows(items)
        .filter(|row| row.is_shown(record.case()) || not_taken.iter().any(|n| n.field == row.id()))
        .map(|row| editor::without_proposal(row, record.case(), typed))
        .collect()
}

/// Puts what was typed into boxes of these items onto a record.
pub(crate) fn read_boxes(
    items: &[&str],
    record: &Both,
    pairs: &[(String, String)],
    desk: &Desk,
) -> form::Applied {
    form::apply_rows(rows(items), record, pairs, saving::reading(desk))
}

/// Those of these items that completing would ask for and that are blank: id and label.
pub(crate) fn missing(items: &[&str], record: &Both) -> Vec<(&'static str, &'static str)> {
    let case = record.case();
    rows(items)
        .filter(|row| row.is_required(case) && row.value(case).is_empty())
        .map(|r| (r.id(), r.label))
        .collect()
}

/// What chooses schema and lists, from what stands in a record.
pub(crate) fn context(record: &Both) -> String {
    editor::context(record.case())
}

/// The reviewer accepts a case: it is complete, if its findings still allow it.
pub(crate) fn accept(
    tx: &mut Tx<'_>,
    desk: &Desk,
    uid: &str,
    by_abstractor: bool,
    staff_code: &str,
) -> Result<Result<(), NotPossible>, PageError> {
    let now = stored(tx, uid)?;
    let siblings = siblings(tx, &now)?;
    let judging = Judging::of(tx, desk, &now, &siblings)?;
    let mut finished = now.items.clone();
    derive::mark_completed(&mut finished.tumor, desk.today, staff_code);
    derive::mark_changed(&mut finished.tumor, desk.today);
    let audit = AuditEvent::new(AuditAction::Complete).tumor(now.patient.id, now.tumor.id);
    // Follow-up and the patient's other cases may have changed meanwhile: what is complete has no error.
    let errors = judging::in_the_way(&judging.findings(&finished));
    let allowed = if errors > 0 { Err(NotPossible::Errors(errors)) } else { Ok(()) };
    let state = match allowed.and_then(|()| now.state().after(Event::ReviewAccepted { by_abstractor })) {
        Ok(state) => state,
        Err(refused) => {
            tx.record(audit.refused().detail("quality review"));
            return Ok(Err(refused));
        }
    };
    set(tx, &now.tumor, finished.tumor, state.word(), "", AuditAction::Complete)?;
    let parameters = checking::parameters(tx.conn(), &desk.facility, desk.today)?;
    let scope = tx.scope()?;
    let set = checking::set_of(tx.conn(), scope)?;
    checking::run_case(tx, &set, &parameters, uid)?;
    Ok(Ok(()))
}

/// The reviewer gives a case back: it is open again, with the comment as a task of whoever abstracted it.
pub(crate) fn give_back(
    tx: &mut Tx<'_>,
    desk: &Desk,
    uid: &str,
    comment: &str,
    to: Option<i64>,
) -> Result<Result<(), NotPossible>, PageError> {
    let now = stored(tx, uid)?;
    let comment = comment.trim();
    let state = match now.state().after(Event::ReviewReturned { comment: comment.chars().count() }) {
        Ok(state) => state,
        Err(refused) => {
            let audit = AuditEvent::new(AuditAction::Reopen).tumor(now.patient.id, now.tumor.id);
            tx.record(audit.refused().detail("quality review"));
            return Ok(Err(refused));
        }
    };
    let mut items = now.items.tumor.clone();
    derive::mark_changed(&mut items, desk.today);
    set(tx, &now.tumor, items, state.word(), comment, AuditAction::Reopen)?;
    notes::leave(tx, &now.tumor, format!("Given back by quality review: {comment}"), to)?;
    Ok(Ok(()))
}

fn set(
    tx: &mut Tx<'_>,
    case: &TumorRow,
    items: Items,
    state: &'static str,
    reason: &str,
    event: AuditAction,
) -> Result<(), PageError> {
    let tumor = SetTumor {
        id: case.id,
        expected: Some(case.version),
        items: Some(items),
        state: Some(state.to_owned()),
        ..SetTumor::default()
    };
    let why = Why { source: "quality review", reason: reason.to_owned(), event: Some(event) };
    let patient = PatientChange::Keep { id: case.patient_id };
    save::apply(tx, Change { patient, tumors: vec![TumorChange::Set(tumor)], why }).map_err(page_error)?;
    Ok(())
}
