//! Parting two records again that were merged by mistake, as far as nobody changed them since.

use super::{
    act::{CONTRADICTED, Refused, SECOND_PERSON, asked, check_reason, done_of, page_error},
    shown::label_of,
    store::{self, MergeRow},
};
use crate::{
    abstracting::{self, derive},
    audit::{AuditAction, Event},
    db::Tx,
    dictionary::{Items, names},
    facility::Desk,
    patient::{self, Changed, MergedCase},
    save::{self, Change, PatientChange, SetPatient, SetTumor, TumorChange, Why},
    tumor::{self, TumorRow},
    web::{FormErrors, PageError},
};

/// Asks to part two records again.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    row: &MergeRow,
    reason: &str,
    errors: &mut FormErrors,
) -> Result<bool, PageError> {
    check_reason("reason", "Reason", reason, errors);
    let event = Event::new(AuditAction::Merge).patients([row.survivor_id, row.merged_id]);
    if !errors.is_empty() {
        tx.record(event.refused().detail("parting asked for"));
        return Ok(false);
    }
    if !store::ask_undo(tx, row.id, reason.trim())? {
        return Err(PageError::NotFound);
    }
    tx.record(event.detail("parting asked for"));
    Ok(true)
}

/// Leaves two records merged.
pub(super) fn decline(tx: &mut Tx<'_>, row: &MergeRow) -> Result<Result<(), Refused>, PageError> {
    let event = Event::new(AuditAction::Merge).patients([row.survivor_id, row.merged_id]);
    if asked(tx, &row.undo_by, row.undo_account_id) {
        tx.record(event.refused().detail("parting declined"));
        return Ok(Err(SECOND_PERSON.to_owned()));
    }
    if !store::decide_undo(tx, row.id, "merged", &row.done)? {
        return Err(PageError::NotFound);
    }
    tx.record(event.detail("parting declined"));
    Ok(Ok(()))
}

/// Parts two records again: cases, contacts and notes go back, numbers and items too where nobody changed them since.
/// What cannot be put back is kept as sentences.
pub(super) fn part(tx: &mut Tx<'_>, desk: &Desk, row: &MergeRow) -> Result<Result<(), Refused>, PageError> {
    let scope = tx.scope()?;
    let event = Event::new(AuditAction::Merge).patients([row.survivor_id, row.merged_id]);
    let stays = patient::by_key(tx.conn(), scope, row.survivor_id)?.ok_or(PageError::NotFound)?;
    let refused = if asked(tx, &row.undo_by, row.undo_account_id) {
        Some(SECOND_PERSON.to_owned())
    } else if stays.state != "active" {
        Some("The record that stayed was merged or voided itself since. Undo that first.".to_owned())
    } else {
        let now = tumor::of_patient(tx.conn(), scope, stays.id)?;
        let waits =
            now.iter().any(|t| !t.voided && ["delete_requested", "qa_review"].contains(&t.state.as_str()));
        waits.then(|| "A case waits for a reviewer or for its deletion. That is decided first.".to_owned())
    };
    if let Some(refused) = refused {
        tx.record(event.refused().detail("parted"));
        return Ok(Err(refused));
    }
    let why = Why { source: "merge", reason: format!("parted again: {}", row.undo_reason), event: None };
    let mut done = done_of(row)?;
    let mut left = Vec::new();
    let back = SetPatient { id: row.merged_id, state: Some("active"), ..SetPatient::default() };
    let change = Change { patient: PatientChange::Set(back), tumors: Vec::new(), why: why.clone() };
    save::apply(tx, change).map_err(page_error)?;

    let mut items = stays.items()?;
    for changed in &done.items {
        undo_item(&mut items, &changed.item, &changed.value, &mut left);
    }
    let merged = patient::by_key(tx.conn(), scope, row.merged_id)?.ok_or(PageError::NotFound)?.items()?;
    let (mut here, mut there) = (Vec::new(), Vec::new());
    for case in &done.cases {
        let now = tumor::by_key(tx.conn(), scope, case.id)?.ok_or(PageError::NotFound)?;
        if now.patient_id != stays.id {
            left.push("A case is with another patient now and stays there.".to_owned());
            continue;
        }
        let person = if case.moved { &merged } else { &items };
        let before = put_back(&now, case, &mut left)?;
        let mut before = derive::derived_again(person, &before, desk.today).unwrap_or(before);
        derive::stamp(person, &mut before, &desk.facility.npi, &desk.facility.fin);
        if case.moved {
            save::move_tumor(tx, now.id, now.version, row.merged_id, &why).map_err(page_error)?;
        }
        let set = TumorChange::Set(SetTumor { id: now.id, items: Some(before), ..SetTumor::default() });
        if case.moved { there.push((now, set)) } else { here.push((now, set)) }
    }
    let known: Vec<i64> = done.cases.iter().map(|c| c.id).collect();
    if tumor::of_patient(tx.conn(), scope, stays.id)?.iter().any(|t| !t.voided && !known.contains(&t.id)) {
        left.push("A case made since the merge stays with the record that stayed.".to_owned());
    }
    let moved: Vec<i64> = there.iter().map(|(t, _)| t.id).collect();
    let cases: Vec<TumorRow> = here.iter().chain(&there).map(|(t, _)| t.clone()).collect();
    let changes = |some: Vec<(TumorRow, TumorChange)>| some.into_iter().map(|(_, change)| change).collect();
    let patient =
        PatientChange::Set(SetPatient { id: stays.id, items: Some(items), ..SetPatient::default() });
    save::apply(tx, Change { patient, tumors: changes(here), why: why.clone() }).map_err(page_error)?;
    let patient = PatientChange::Keep { id: row.merged_id };
    save::apply(tx, Change { patient, tumors: changes(there), why }).map_err(page_error)?;
    store::give(tx, &done.contacts, &done.notes, row.merged_id)?;
    store::follow_cases(tx, &moved, row.merged_id)?;
    // What the records contradict each other in is nobody's task any more.
    store::close_tasks(tx, &known, CONTRADICTED)?;
    for case in cases.iter().filter(|t| !t.voided) {
        let of = if moved.contains(&case.id) { row.merged_id } else { stays.id };
        let case = TumorRow { patient_id: of, ..case.clone() };
        let body = format!(
            "Two records that had been merged were parted again: {}. {}",
            row.undo_reason,
            left.join(" ")
        );
        abstracting::leave_note(tx, &case, body.trim().to_owned(), None)?;
    }
    done.left = left;
    let text = serde_json::to_string(&done).expect("texts and numbers are always JSON");
    if !store::decide_undo(tx, row.id, "undone", &text)? {
        return Err(PageError::NotFound);
    }
    let event = moved.iter().fold(event, |event, case| event.tumor(row.merged_id, *case));
    tx.record(event.detail("parted"));
    Ok(Ok(()))
}

/// The items of a case with the numbers it had, where they are still those that the merge gave.
fn put_back(now: &TumorRow, case: &MergedCase, left: &mut Vec<String>) -> Result<Items, PageError> {
    let mut items = now.items()?;
    for (id, number) in [
        (names::ACCESSION_NUMBER_HOSP, &case.accession),
        (names::SEQUENCE_NUMBER_HOSPITAL, &case.sequence),
        (names::TUMOR_RECORD_NUMBER, &case.record_number),
    ] {
        undo_item(&mut items, id, number, left);
    }
    if case.moved {
        items.remove(names::PATIENT_SYSTEM_ID_HOSP);
    }
    Ok(items)
}

fn undo_item(items: &mut Items, id: &str, value: &Changed, left: &mut Vec<String>) {
    if value.is_none() {
        return;
    }
    if items.value(id) != value.to.trim() {
        left.push(format!("{} was changed since and stays as it is.", label_of(id)));
    } else if value.from.is_empty() {
        items.remove(id);
    } else {
        items.set(id.to_owned(), value.from.clone());
    }
}
