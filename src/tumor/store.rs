//! Rows of tumors. Every query takes the scope and applies it in SQL.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::{
    access::Scope,
    db::{
        Conn, StoreError,
        schema::{tumor, tumor_version},
    },
    dictionary::Items,
    patient::{self, PatientRow, VersionRow},
};

/// A tumor as stored.
#[derive(Clone, Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = tumor, treat_none_as_null = true)]
pub struct TumorRow {
    /// Row key.
    #[diesel(skip_insertion, skip_update)]
    pub id: i64,
    /// Public id.
    pub uid: String,
    /// Its patient.
    pub patient_id: i64,
    /// Facility.
    pub facility_id: i64,
    /// For optimistic locking.
    pub version: i32,
    /// State of the abstract: `draft`, `in_progress`, `complete`, `reopened`, …
    pub state: String,
    /// Taken out, reversibly.
    pub voided: bool,
    /// `accessionNumberHosp`.
    pub accession_number: String,
    /// `sequenceNumberHospital`.
    pub sequence_number: String,
    /// Folded; see [`super::TumorIndex`].
    pub medical_record_number: String,
    /// `classOfCase`.
    pub class_of_case: String,
    /// `C504`.
    pub primary_site: String,
    /// Four digits.
    pub histology: String,
    /// One digit.
    pub behavior: String,
    /// SEER site recode 2023.
    pub site_group: String,
    /// Digits.
    pub dx_date: String,
    /// Year of diagnosis.
    pub dx_year: Option<i32>,
    /// Digits.
    pub first_contact: String,
    /// Six months after first contact.
    pub abstract_due: Option<NaiveDate>,
    /// `dateCaseCompleted` digits.
    pub completed: String,
    /// `summaryStage2018`.
    pub summary_stage: String,
    /// Why it needs no follow-up by its own rules (`X1` …), or empty.
    pub exemption: String,
    /// Counts in rate A unless its patient is over 100 without contact.
    pub in_rate: bool,
    /// Its patient is dead.
    pub dead: bool,
    /// Latest possible diagnosis day.
    pub dx_latest: Option<NaiveDate>,
    /// First day out of the numerator; none: never in it.
    pub delinquent_from: Option<NaiveDate>,
    /// First day out of the rates.
    pub centenarian_from: Option<NaiveDate>,
    /// Account that works on the abstract.
    pub owner_id: Option<i64>,
    /// Last change.
    pub changed_at: NaiveDateTime,
    /// Items as JSON.
    pub items: String,
    /// What the source said beside the items.
    pub envelope: String,
}

impl TumorRow {
    /// The items.
    pub fn items(&self) -> Result<Items, StoreError> {
        use crate::patient::ClassifyWord as _;
        Items::from_json(&self.items)
            .map_err(|e| StoreError::Unreadable { what: "tumor's items", why: e.classify_word().to_owned() })
    }
}

/// The case with this public id and its patient; `None` where either is taken out.
pub fn in_use(
    conn: &mut Conn,
    scope: Scope,
    uid: &str,
) -> Result<Option<(PatientRow, TumorRow)>, StoreError> {
    let Some(tumor) = by_uid(conn, scope, uid)?.filter(|t| !t.voided) else { return Ok(None) };
    let patient = patient::by_key(conn, scope, tumor.patient_id)?.filter(|p| p.state == "active");
    Ok(patient.map(|patient| (patient, tumor)))
}

/// The tumor with this public id, voided ones included.
pub fn by_uid(conn: &mut Conn, scope: Scope, uid: &str) -> Result<Option<TumorRow>, StoreError> {
    Ok(tumor::table
        .filter(tumor::uid.eq(uid).and(tumor::facility_id.eq(scope.facility())))
        .first(conn)
        .optional()?)
}

/// The tumor with this row key, voided ones included.
pub fn by_key(conn: &mut Conn, scope: Scope, key: i64) -> Result<Option<TumorRow>, StoreError> {
    Ok(tumor::table
        .filter(tumor::id.eq(key).and(tumor::facility_id.eq(scope.facility())))
        .first(conn)
        .optional()?)
}

/// All tumors of a patient in order of entry, voided ones included.
pub fn of_patient(conn: &mut Conn, scope: Scope, patient: i64) -> Result<Vec<TumorRow>, StoreError> {
    Ok(tumor::table
        .filter(tumor::patient_id.eq(patient).and(tumor::facility_id.eq(scope.facility())))
        .order(tumor::id)
        .load(conn)?)
}

/// All tumors of several patients, by patient and order of entry, voided ones included.
pub fn of_patients(conn: &mut Conn, scope: Scope, patients: &[i64]) -> Result<Vec<TumorRow>, StoreError> {
    Ok(tumor::table
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::patient_id.eq_any(patients.to_vec())))
        .order((tumor::patient_id, tumor::id))
        .load(conn)?)
}

/// All versions of a tumor, newest first.
pub fn versions(conn: &mut Conn, scope: Scope, key: i64) -> Result<Vec<VersionRow>, StoreError> {
    if by_key(conn, scope, key)?.is_none() {
        return Ok(Vec::new());
    }
    Ok(tumor_version::table
        .filter(tumor_version::tumor_id.eq(key))
        .order(tumor_version::version.desc())
        .select((
            tumor_version::version,
            tumor_version::at,
            tumor_version::actor_name,
            tumor_version::source,
            tumor_version::reason,
            tumor_version::body,
        ))
        .load(conn)?)
}
