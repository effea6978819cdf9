//! One patient's cases, judged and kept.

use std::{collections::HashMap, fmt::Write as _};

use chrono::NaiveDate;

use super::store::{self, CheckRow, Patient};
use crate::{
    access::Scope,
    db::{Conn, StoreError, Tx},
    dictionary::Items,
    edits::{EditSet, FindingOutcome, Judgement, Parameters, Record, Severity},
    facility::Facility,
    partial_date::PartialDate,
    recodes,
};

/// What edits found in a stored case.
#[derive(Clone, Debug)]
pub struct CaseCheck<'s> {
    /// Row key of the patient.
    pub patient: i64,
    /// Row key of the case.
    pub tumor: i64,
    /// Public id of the case.
    pub uid: String,
    /// Version of the case that was judged.
    pub version: i32,
    /// Version of the patient.
    pub patient_version: i32,
    /// What was found.
    pub judgement: Judgement<'s>,
}

/// What a facility gives to a run on a day.
///
/// # Errors
/// When the store fails.
pub fn parameters(conn: &mut Conn, facility: &Facility, today: NaiveDate) -> Result<Parameters, StoreError> {
    let mut parameters = Parameters::new(today, facility.reference_date.map(PartialDate::from));
    parameters.pathchart = recodes::store::pathchart(conn)?;
    Ok(parameters)
}

/// Cases of other patients that share an accession number with one of these, for [`Record::others`].
///
/// # Errors
/// When the store fails.
pub fn others_of(
    conn: &mut Conn,
    scope: Scope,
    patient: i64,
    accessions: &[String],
) -> Result<Vec<Items>, StoreError> {
    let others = Others::of(conn, scope, accessions.to_vec())?;
    Ok(accessions.iter().flat_map(|number| others.beside(patient, number)).cloned().collect())
}

/// Cases that share an accession number with a case of another patient.
#[derive(Default)]
pub(super) struct Others {
    shared: HashMap<String, Vec<(i64, i64)>>,
    items: HashMap<i64, Items>,
}

impl Others {
    /// Looks among the cases with these numbers.
    pub(super) fn of(conn: &mut Conn, scope: Scope, mut numbers: Vec<String>) -> Result<Self, StoreError> {
        numbers.retain(|n| !n.is_empty());
        numbers.sort_unstable();
        numbers.dedup();
        let mut shared: HashMap<String, Vec<(i64, i64)>> = HashMap::new();
        if !numbers.is_empty() {
            for (number, patient, tumor) in store::with_accessions(conn, scope, &numbers)? {
                shared.entry(number).or_default().push((patient, tumor));
            }
        }
        shared
            .retain(|_, cases| cases.iter().any(|(p, _)| Some(*p) != cases.first().map(|(first, _)| *first)));
        let keys: Vec<i64> = shared.values().flatten().map(|(_, tumor)| *tumor).collect();
        let items = if keys.is_empty() { HashMap::new() } else { store::items_of(conn, scope, &keys)? };
        Ok(Self { shared, items })
    }

    /// Cases of other patients with a number of this patient.
    pub(super) fn beside_all(&self, patient: &Patient) -> Vec<&Items> {
        let mut numbers: Vec<&str> = patient.tumors.iter().map(|t| t.accession.as_str()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.iter().flat_map(|n| self.beside(patient.key, n)).collect()
    }

    /// Cases of other patients with this number.
    fn beside(&self, patient: i64, number: &str) -> impl Iterator<Item = &Items> {
        let cases = self.shared.get(number).map(Vec::as_slice).unwrap_or_default();
        cases.iter().filter(move |(p, _)| *p != patient).filter_map(|(_, tumor)| self.items.get(tumor))
    }
}

/// Judges all cases of a patient.
pub(super) fn judge<'s>(
    set: &'s EditSet,
    parameters: &Parameters,
    patient: &Patient,
    others: &Others,
) -> Vec<CaseCheck<'s>> {
    let tumors: Vec<&Items> = patient.tumors.iter().map(|t| &t.items).collect();
    let beside = others.beside_all(patient);
    patient
        .tumors
        .iter()
        .map(|tumor| {
            let record =
                Record { patient: &patient.items, tumor: &tumor.items, tumors: &tumors, others: &beside };
            CaseCheck {
                patient: patient.key,
                tumor: tumor.key,
                uid: tumor.uid.clone(),
                version: tumor.version,
                patient_version: patient.version,
                judgement: set.judge(&record, parameters),
            }
        })
        .collect()
}

/// Puts what was found in place of what stood for these cases.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    set: &EditSet,
    run: Option<i64>,
    found: &[CaseCheck<'_>],
) -> Result<(), StoreError> {
    let (scope, now) = (tx.scope()?, tx.now().naive_utc());
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let mut checks = Vec::with_capacity(found.len());
    for case in found {
        let mut lines = String::new();
        for finding in &case.judgement.findings {
            let outcome = match (finding.outcome, finding.edit.severity) {
                (FindingOutcome::Overridden, _) => "overridden",
                (FindingOutcome::Fails, Severity::Error) => "fail",
                (FindingOutcome::Fails, Severity::Warning) => "warn",
            };
            let edit = finding.edit;
            let _ = writeln!(lines, "{} {} {outcome} {}", edit.id, edit.version, finding.input_hash);
        }
        checks.push(CheckRow {
            tumor_id: case.tumor,
            facility_id: scope.facility(),
            tumor_version: case.version,
            patient_version: case.patient_version,
            set_id: set.id().to_owned(),
            run_id: run,
            checked_at: now,
            errors: count(case.judgement.open(Severity::Error)),
            warnings: count(case.judgement.open(Severity::Warning)),
            overridden: count(case.judgement.overridden()),
            found: lines,
        });
    }
    store::replace(tx.conn(), scope, &checks)
}

/// Judges all cases of a patient and keeps nothing.
///
/// # Errors
/// When the store fails.
pub fn look_at_patient<'s>(
    conn: &mut Conn,
    scope: Scope,
    set: &'s EditSet,
    parameters: &Parameters,
    patient: i64,
) -> Result<Vec<CaseCheck<'s>>, StoreError> {
    let Some(found) = store::patient(conn, scope, patient)? else { return Ok(Vec::new()) };
    let others = Others::of(conn, scope, found.tumors.iter().map(|t| t.accession.clone()).collect())?;
    Ok(judge(set, parameters, &found, &others))
}

/// Judges all cases of a patient, since they are judged against each other, and keeps the results.
/// The caller records what was done.
///
/// # Errors
/// When the store fails.
pub fn check_patient<'s>(
    tx: &mut Tx<'_>,
    set: &'s EditSet,
    parameters: &Parameters,
    patient: i64,
) -> Result<Vec<CaseCheck<'s>>, StoreError> {
    let scope = tx.scope()?;
    let Some(found) = store::patient(tx.conn(), scope, patient)? else { return Ok(Vec::new()) };
    let numbers = found.tumors.iter().map(|t| t.accession.clone()).collect();
    let others = Others::of(tx.conn(), scope, numbers)?;
    let checks = judge(set, parameters, &found, &others);
    let now = tx.now().naive_utc();
    store::know_set(tx.conn(), set, now)?;
    keep(tx, set, None, &checks)?;
    Ok(checks)
}

/// Judges a case and keeps the results, those of the patient's other cases too; `None` when there is no
/// such case, or it is voided. The caller records what was done.
///
/// # Errors
/// When the store fails.
pub fn run_case<'s>(
    tx: &mut Tx<'_>,
    set: &'s EditSet,
    parameters: &Parameters,
    tumor_uid: &str,
) -> Result<Option<CaseCheck<'s>>, StoreError> {
    let scope = tx.scope()?;
    let Some(patient) = store::patient_of(tx.conn(), scope, tumor_uid)? else { return Ok(None) };
    let checks = check_patient(tx, set, parameters, patient)?;
    Ok(checks.into_iter().find(|c| c.uid == tumor_uid))
}
