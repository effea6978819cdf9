//! The stored patients as records, each with the root of the file it came with.

use std::collections::BTreeMap;

use super::ExportError;
use crate::{
    access::Scope,
    db::{StoreError, Tx},
    dictionary::{Record, TumorRecord},
    exchange::{
        naaccr_xml::{Envelope, RecordType, Root},
        store::{self, BatchRow},
    },
    patient::PatientRow,
    tumor::TumorRow,
};

/// Patients read at once.
const PAGE: i64 = 200;

/// Roots of imported files, by public id of the batch.
#[derive(Debug, Default)]
pub(super) struct Roots(BTreeMap<String, Root>);

impl Roots {
    /// The root of a batch, where it is known.
    pub(super) fn of(&self, batch: Option<&str>) -> Option<&Root> {
        batch.and_then(|uid| self.0.get(uid))
    }

    fn know(&mut self, batch: &BatchRow) {
        if let Some(root) = batch.root_element() {
            self.0.insert(batch.uid.clone(), root);
        }
    }
}

/// A patient on the way out.
pub(super) struct Came {
    pub(super) record: Record,
    /// Public id of the batch whose root is known and holds for it; `None` for what was typed here.
    pub(super) batch: Option<String>,
}

impl Came {
    /// The record type it arrived under.
    pub(super) fn record_type(&self, roots: &Roots) -> Option<RecordType> {
        roots.of(self.batch.as_deref()).map(|root| root.record_type)
    }
}

/// What is done with each patient.
type Each<'a> = dyn FnMut(&mut Tx<'_>, &Came, &Roots) -> Result<(), ExportError> + 'a;

/// Goes through all active patients of the facility; learns the roots on the way.
pub(super) fn each_patient(
    tx: &mut Tx<'_>,
    roots: &mut Roots,
    each: &mut Each<'_>,
) -> Result<(), ExportError> {
    let scope = tx.scope()?;
    let mut after = 0;
    let mut uids: BTreeMap<i64, String> = BTreeMap::new();
    loop {
        let page = store::page_of_patients(tx.conn(), scope, after, PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = last.id;
        let mut unknown: Vec<i64> =
            page.iter().filter_map(|(p, _)| p.batch_id).filter(|b| !uids.contains_key(b)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        if !unknown.is_empty() {
            for batch in store::batches_by_key(tx.conn(), scope, &unknown)? {
                uids.insert(batch.id, batch.uid.clone());
                roots.know(&batch);
            }
        }
        for (patient, tumors) in page {
            let (record, noted) = record_of(&patient, &tumors)?;
            let made_by = patient.batch_id.and_then(|b| uids.get(&b).cloned());
            let batch = known(tx, scope, noted.or(made_by), roots)?;
            each(tx, &Came { record, batch }, roots)?;
        }
    }
}

/// Chosen cases with their patients, in the order of the patients; learns the roots on the way.
pub(super) fn chosen(tx: &mut Tx<'_>, roots: &mut Roots, cases: &[i64]) -> Result<Vec<Came>, StoreError> {
    let scope = tx.scope()?;
    let mut found = Vec::new();
    for (patient, tumors) in store::patients_of_cases(tx.conn(), scope, cases)? {
        let made_by = match patient.batch_id {
            Some(key) => store::batches_by_key(tx.conn(), scope, &[key])?.pop(),
            None => None,
        };
        let made_by = made_by.map(|batch| {
            roots.know(&batch);
            batch.uid
        });
        let (record, noted) = record_of(&patient, &tumors)?;
        let batch = known(tx, scope, noted.or(made_by), roots)?;
        found.push(Came { record, batch });
    }
    Ok(found)
}

/// The batch, if its root is or becomes known.
fn known(
    tx: &mut Tx<'_>,
    scope: Scope,
    batch: Option<String>,
    roots: &mut Roots,
) -> Result<Option<String>, StoreError> {
    let Some(uid) = batch else { return Ok(None) };
    if roots.of(Some(&uid)).is_none()
        && let Some(row) = store::batch_by_uid(tx.conn(), scope, &uid)?
    {
        roots.know(&row);
    }
    Ok(roots.of(Some(&uid)).is_some().then_some(uid))
}

/// The record as stored, and the batch that its envelope names. That note is not written out.
fn record_of(patient: &PatientRow, tumors: &[TumorRow]) -> Result<(Record, Option<String>), StoreError> {
    let mut envelope = patient.envelope.clone();
    let mut batch = None;
    if envelope.contains("\"root\"") {
        let mut parsed = Envelope::parse(&envelope)
            .map_err(|e| StoreError::Unreadable { what: "envelope of a patient", why: e.to_string() })?;
        batch = parsed.root.take();
        envelope = parsed.to_text();
    }
    let tumors = tumors
        .iter()
        .map(|t| Ok(TumorRecord { items: t.items()?, envelope: t.envelope.clone() }))
        .collect::<Result<_, StoreError>>()?;
    let version = patient.version_of_standard();
    Ok((Record { version, patient: patient.items()?, envelope, tumors }, batch))
}
