//! Opens a case: for a patient who is here already, or for a new one.

use super::{
    new_person::Person,
    saving::{accession, page_error},
    state::AbstractState,
    store,
};
use crate::{
    access::accounts,
    audit::{AuditAction, Event},
    db::Tx,
    dictionary::{Items, Version, names},
    facility::Desk,
    partial_date::PartialDate,
    patient,
    save::{self, Change, NewPatient, NewTumor, PatientChange, TumorChange, Why},
    tumor,
    web::PageError,
};

/// Opens a case of the patient with the public id `chosen`, or of a `new` one; gives its public id. `known` is
/// what is known of the case already.
pub(super) fn open_case(
    tx: &mut Tx<'_>,
    desk: &Desk,
    person: &Person,
    chosen: &str,
    known: &Items,
) -> Result<String, PageError> {
    let owner = tx.actor().account();
    let (patient, mut items) = if chosen == "new" {
        (new_patient(tx, person, owner)?, first_case())
    } else {
        further_case(tx, chosen)?
    };
    if !person.record_number.is_empty() {
        items.set(names::MEDICAL_RECORD_NUMBER, person.record_number.clone());
    }
    fill(tx, desk, owner, &mut items)?;
    if !known.is_empty() {
        for (id, value) in known.iter() {
            items.set(id.to_owned(), value);
        }
        let others = match &patient {
            PatientChange::Keep { id } => {
                let scope = tx.scope()?;
                tumor::of_patient(tx.conn(), scope, *id)?.into_iter().filter(|t| !t.voided).collect()
            }
            _ => Vec::new(),
        };
        accession(tx, &others, &mut items)?;
    }
    let is_new = matches!(patient, PatientChange::New(_));
    let new =
        NewTumor { items, envelope: String::new(), state: AbstractState::Draft.word().to_owned(), owner };
    let why = Why { source: "form", reason: String::new(), event: Some(AuditAction::CreateTumor) };
    let saved =
        save::apply(tx, Change { patient, tumors: vec![TumorChange::New(new)], why }).map_err(page_error)?;
    if is_new {
        tx.record(Event::new(AuditAction::CreatePatient).patient(saved.patient).detail("form"));
    }
    saved
        .tumors
        .into_iter()
        .next()
        .map(|(_, uid, _)| uid)
        .ok_or_else(|| PageError::Internal(anyhow::anyhow!("a case was made, but not named")))
}

/// A patient with the next patient number.
fn new_patient(tx: &mut Tx<'_>, person: &Person, owner: Option<i64>) -> Result<PatientChange, PageError> {
    let scope = tx.scope()?;
    let number = store::next_patient_number(tx.conn(), scope)?.ok_or_else(|| {
        PageError::BadRequest(
            "Patient numbers have eight digits and 99999999 is given. Nothing was made.".to_owned(),
        )
    })?;
    let mut items: Items = [(names::PATIENT_ID_NUMBER, number)].into_iter().collect();
    for (id, value) in person.items.iter() {
        items.set(id.to_owned(), value);
    }
    let (envelope, version) = (String::new(), Version::NEWEST);
    Ok(PatientChange::New(NewPatient { items, envelope, version, owner, batch: None }))
}

fn first_case() -> Items {
    [(names::TUMOR_RECORD_NUMBER, "01")].into_iter().collect()
}

/// A patient who is here: the case has the next tumor number and the record number of the others.
fn further_case(tx: &mut Tx<'_>, chosen: &str) -> Result<(PatientChange, Items), PageError> {
    let scope = tx.scope()?;
    let row = patient::by_uid(tx.conn(), scope, chosen)?
        .filter(|p| p.state == "active")
        .ok_or(PageError::NotFound)?;
    let others = tumor::of_patient(tx.conn(), scope, row.id)?;
    let mut items = Items::default();
    // At least one for each case, so that a number that cannot be read is not given again.
    let mut highest = u32::try_from(others.len()).unwrap_or(u32::MAX);
    for other in &others {
        let other = other.items()?;
        highest = highest.max(other.value(names::TUMOR_RECORD_NUMBER).parse().unwrap_or(0));
        let record = other.value(names::MEDICAL_RECORD_NUMBER);
        if !record.is_empty() {
            items.set(names::MEDICAL_RECORD_NUMBER, record);
        }
    }
    items.set(names::TUMOR_RECORD_NUMBER, format!("{:02}", highest.saturating_add(1)));
    Ok((PatientChange::Keep { id: row.id }, items))
}

/// What is known of a case without being asked: where, when, by whom.
fn fill(tx: &mut Tx<'_>, desk: &Desk, owner: Option<i64>, items: &mut Items) -> Result<(), PageError> {
    for (id, value) in
        [(names::REPORTING_FACILITY, &desk.facility.fin), (names::NPI_REPORTING_FACILITY, &desk.facility.npi)]
    {
        if !value.is_empty() {
            items.set(id, value.clone());
        }
    }
    items.set(names::DATE_CASE_INITIATED, PartialDate::Day(desk.today).to_string());
    let here = tx.scope()?.facility();
    if let Some(account) = owner
        && let Some(code) = accounts::initials_of(tx.conn(), account, here)?
    {
        items.set(names::ABSTRACTED_BY, code);
    }
    Ok(())
}
