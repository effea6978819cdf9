//! A case that was given to another patient: what follows for its own items.

use super::{
    accession::{Accessioning, accessioning},
    derive,
    form::Both,
    judging::Judging,
    saving::Stored,
    store,
};
use crate::{
    audit::AuditAction,
    checking,
    db::{StoreError, Tx},
    dictionary::{Items, names},
    facility::{self, Desk},
    patient,
    save::{self, Change, PatientChange, SaveRefused, SetTumor, TumorChange, Why},
    tumor::{self, TumorRow},
};

/// Blanks over-rides of a case that rest on something that changed: its own items or those of its patient. `before`
/// is the patient's items with the case as it stands, `after` both as they will be, among the patient's `others`.
pub(crate) fn clear_over_rides(
    tx: &mut Tx<'_>,
    desk: &Desk,
    before: (&Items, &TumorRow),
    after: (&Items, &mut Items),
    others: &[TumorRow],
) -> Result<(), StoreError> {
    let (person, row) = before;
    let scope = tx.scope()?;
    let Some(patient) = patient::by_key(tx.conn(), scope, row.patient_id)? else { return Ok(()) };
    let was = Both { patient: person.clone(), tumor: row.items()? };
    let mut record = Both { patient: after.0.clone(), tumor: after.1.clone() };
    let stored = Stored { patient, tumor: row.clone(), items: record.clone() };
    Judging::of(tx, desk, &stored, others)?.clear_stale(&was, &mut record);
    *after.1 = record.tumor;
    Ok(())
}

/// Writes the derived items of a case that was given to another patient, and the accession number: that of the
/// right patient; its own where the right one has none, unless the patient it came from goes on with it.
pub(crate) fn derive_moved(tx: &mut Tx<'_>, id: i64) -> Result<(), SaveRefused> {
    let scope = tx.scope()?;
    let here = facility::get(tx.conn(), scope.facility())?;
    let today = here.day_of(tx.now().naive_utc());
    let row = tumor::by_key(tx.conn(), scope, id)?.ok_or(SaveRefused::NotFound)?;
    let patient = patient::by_key(tx.conn(), scope, row.patient_id)?.ok_or(SaveRefused::NotFound)?;
    let (person, before) = (patient.items()?, row.items()?);
    let mut items = derive::derived_again(&person, &before, today).unwrap_or_else(|| before.clone());
    // The number of the patient here is the right patient's.
    if person.has(names::PATIENT_ID_NUMBER) {
        items.remove(names::PATIENT_SYSTEM_ID_HOSP);
    }
    derive::stamp(&person, &mut items, &here.npi, &here.fin);

    let mut others: Vec<Items> = Vec::new();
    for other in tumor::of_patient(tx.conn(), scope, patient.id)? {
        if other.id != id && !other.voided {
            others.push(other.items()?);
        }
    }
    let own = items.remove(names::ACCESSION_NUMBER_HOSP).filter(|number| !number.is_empty());
    let number = match (accessioning(&items, &others.iter().collect::<Vec<_>>()), own) {
        (Accessioning::Keeps(number), _) => Some(number),
        (_, None) => None,
        (next, Some(own)) => {
            let shared = checking::others_of(tx.conn(), scope, patient.id, std::slice::from_ref(&own))?;
            match next {
                Accessioning::Next { year } if !shared.is_empty() => {
                    Some(store::next_accession(tx.conn(), scope, year)?.to_string())
                }
                _ => Some(own),
            }
        }
    };
    if let Some(number) = number {
        items.set(names::ACCESSION_NUMBER_HOSP, number);
    }
    if items == before {
        return Ok(());
    }
    let set = SetTumor { id, items: Some(items), ..SetTumor::default() };
    let why = Why { source: "correction", reason: String::new(), event: Some(AuditAction::ChangeTumor) };
    let patient = PatientChange::Keep { id: patient.id };
    save::apply(tx, Change { patient, tumors: vec![TumorChange::Set(set)], why }).map(|_| ())
}
