//! Patients and staff of a facility, as an import or export reads them.

use diesel::prelude::*;

use crate::{
    access::Scope,
    db::{
        Conn, StoreError,
        schema::{membership, patient, tumor},
    },
    exchange::plan::{Keys, Known, KnownTumor},
    patient::{PatientRow, by_key, formers, survivors},
    tumor::{TumorRow, of_patients},
};

/// Spellings under which a number may stand in the column: bare, filled up to eight digits, as given.
fn spellings(number: &str) -> Vec<String> {
    let mut all = vec![number.to_owned()];
    if number.len() < 8 && number.bytes().all(|b| b.is_ascii_digit()) {
        all.extend((number.len() + 1..=8).map(|width| format!("{number:0>width$}")));
    }
    all
}

/// The stored patients who may be meant by keys, void ones included, with all their tumors.
/// `nameless` holds family names of incoming patients without any number.
pub(in crate::exchange) fn candidates(
    conn: &mut Conn,
    scope: Scope,
    keys: &[Keys],
    nameless: &[String],
) -> Result<Vec<Known>, StoreError> {
    let mut numbers: Vec<String> =
        keys.iter().filter_map(|k| k.number.as_deref()).flat_map(spellings).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut records: Vec<String> = keys.iter().flat_map(|k| k.records.iter().cloned()).collect();
    records.sort_unstable();
    records.dedup();
    let mut rows: Vec<PatientRow> = Vec::new();
    if !numbers.is_empty() {
        rows = patient::table
            .filter(patient::facility_id.eq(scope.facility()).and(patient::patient_id_number.eq_any(numbers)))
            .order(patient::id)
            .load(conn)?;
    }
    if !records.is_empty() {
        let mut more: Vec<i64> = tumor::table
            .filter(tumor::facility_id.eq(scope.facility()).and(tumor::medical_record_number.eq_any(records)))
            .select(tumor::patient_id)
            .distinct()
            .load(conn)?;
        more.retain(|id| !rows.iter().any(|r| r.id == *id));
        if !more.is_empty() {
            let found: Vec<PatientRow> = patient::table
                .filter(patient::facility_id.eq(scope.facility()).and(patient::id.eq_any(more)))
                .order(patient::id)
                .load(conn)?;
            rows.extend(found);
        }
    }
    if !nameless.is_empty() {
        let found: Vec<PatientRow> = patient::table
            .filter(patient::facility_id.eq(scope.facility()).and(patient::patient_id_number.eq("")))
            .filter(patient::name_last.eq_any(nameless.to_vec()))
            .order(patient::id)
            .load(conn)?;
        rows.extend(found.into_iter().filter(|f| !rows.iter().any(|r| r.id == f.id)).collect::<Vec<_>>());
    }
    lead_on(conn, scope, &mut rows)?;
    known(conn, scope, rows)
}

/// Puts whoever stayed in the place of records that were merged.
fn lead_on(conn: &mut Conn, scope: Scope, rows: &mut Vec<PatientRow>) -> Result<(), StoreError> {
    let void: Vec<i64> = rows.iter().filter(|r| r.state != "active").map(|r| r.id).collect();
    if void.is_empty() {
        return Ok(());
    }
    let led = survivors(conn, scope, &void)?;
    rows.retain(|row| led.iter().all(|(merged, _)| *merged != row.id));
    for (_, survivor) in led {
        if rows.iter().all(|row| row.id != survivor) {
            rows.extend(by_key(conn, scope, survivor)?);
        }
    }
    Ok(())
}

fn known(conn: &mut Conn, scope: Scope, rows: Vec<PatientRow>) -> Result<Vec<Known>, StoreError> {
    let ids: Vec<i64> = rows.iter().map(|r| r.id).collect();
    let mut people = Vec::with_capacity(rows.len());
    for row in &rows {
        people.push(Known {
            key: Some(row.id),
            version: row.version_of_standard(),
            patient: row.items()?,
            envelope: row.envelope.clone(),
            tumors: Vec::new(),
            void: row.state != "active",
            dirty: false,
            former: Vec::new(),
        });
    }
    for (survivor, former) in formers(conn, scope, &ids)? {
        let person = ids.iter().position(|id| *id == survivor).and_then(|at| people.get_mut(at));
        person.into_iter().for_each(|person| person.former.push(former.clone()));
    }
    if !ids.is_empty() {
        let places: std::collections::HashMap<i64, usize> =
            ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        for row in of_patients(conn, scope, &ids)? {
            let tumor = KnownTumor {
                key: Some(row.id),
                items: row.items()?,
                envelope: row.envelope.clone(),
                voided: row.voided,
                dirty: false,
            };
            if let Some(person) = places.get(&row.patient_id).and_then(|p| people.get_mut(*p)) {
                person.tumors.push(tumor);
            }
        }
    }
    Ok(people)
}

/// A page of active patients in key order with their living tumors, for export.
pub(in crate::exchange) fn page_of_patients(
    conn: &mut Conn,
    scope: Scope,
    after: i64,
    most: i64,
) -> Result<Vec<(PatientRow, Vec<TumorRow>)>, StoreError> {
    let rows: Vec<PatientRow> = patient::table
        .filter(patient::facility_id.eq(scope.facility()).and(patient::id.gt(after)))
        .filter(patient::state.eq("active"))
        .order(patient::id)
        .limit(most)
        .load(conn)?;
    let ids: Vec<i64> = rows.iter().map(|r| r.id).collect();
    let mut tumors = of_patients(conn, scope, &ids)?.into_iter().filter(|t| !t.voided).peekable();
    let mut page = Vec::with_capacity(rows.len());
    for row in rows {
        let mut own = Vec::new();
        while let Some(tumor) = tumors.next_if(|t| t.patient_id == row.id) {
            own.push(tumor);
        }
        page.push((row, own));
    }
    Ok(page)
}

/// Patients of chosen cases, each with the chosen ones of its cases, in the order of the patients.
pub(in crate::exchange) fn patients_of_cases(
    conn: &mut Conn,
    scope: Scope,
    cases: &[i64],
) -> Result<Vec<(PatientRow, Vec<TumorRow>)>, StoreError> {
    let tumors: Vec<TumorRow> = tumor::table
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::id.eq_any(cases.to_vec())))
        .order((tumor::patient_id, tumor::id))
        .load(conn)?;
    let mut keys: Vec<i64> = tumors.iter().map(|t| t.patient_id).collect();
    keys.dedup();
    let rows: Vec<PatientRow> = patient::table
        .filter(patient::facility_id.eq(scope.facility()).and(patient::id.eq_any(keys)))
        .order(patient::id)
        .load(conn)?;
    let mut tumors = tumors.into_iter().peekable();
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let mut own = Vec::new();
        while let Some(tumor) = tumors.next_if(|t| t.patient_id == row.id) {
            own.push(tumor);
        }
        found.push((row, own));
    }
    Ok(found)
}

/// Public ids of patients of the facility, by row key.
pub(in crate::exchange) fn patient_uids(
    conn: &mut Conn,
    scope: Scope,
    keys: &[i64],
) -> Result<Vec<(i64, String)>, StoreError> {
    Ok(patient::table
        .filter(patient::facility_id.eq(scope.facility()).and(patient::id.eq_any(keys.to_vec())))
        .select((patient::id, patient::uid))
        .load(conn)?)
}

/// Staff codes of a facility: (code in capitals, account).
pub(in crate::exchange) fn staff_codes(
    conn: &mut Conn,
    scope: Scope,
) -> Result<Vec<(String, i64)>, StoreError> {
    let rows: Vec<(String, i64)> = membership::table
        .filter(membership::facility_id.eq(scope.facility()))
        .select((membership::initials, membership::account_id))
        .load(conn)?;
    Ok(rows.into_iter().map(|(code, account)| (code.trim().to_uppercase(), account)).collect())
}
