//! Rows of patients. Every query takes the scope and applies it in SQL.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::{
    access::Scope,
    db::{
        Conn, StoreError,
        schema::{patient, patient_version, tumor},
    },
    dictionary::{Items, Version},
};

/// A patient as stored.
#[derive(Clone, Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = patient, treat_none_as_null = true)]
pub struct PatientRow {
    /// Row key.
    #[diesel(skip_insertion, skip_update)]
    pub id: i64,
    /// Public id.
    pub uid: String,
    /// Facility.
    pub facility_id: i64,
    /// For optimistic locking.
    pub version: i32,
    /// `active` or `void`.
    pub state: String,
    /// `patientIdNumber`; not unique.
    pub patient_id_number: String,
    /// Family name.
    pub name_last: String,
    /// Given name.
    pub name_first: String,
    /// Digits.
    pub birth_date: String,
    /// 1, 2 or 9.
    pub sex: String,
    /// Nine digits or empty.
    pub social_security_number: String,
    /// `vitalStatus`.
    pub vital_status: String,
    /// Digits.
    pub last_contact: String,
    /// Day from which the year runs.
    pub effective_dlc: Option<NaiveDate>,
    /// First day DUE.
    pub due_on: Option<NaiveDate>,
    /// First day OVERDUE.
    pub overdue_from: Option<NaiveDate>,
    /// First day DELINQUENT.
    pub delinquent_from: Option<NaiveDate>,
    /// First day exempt as over 100 without contact.
    pub centenarian_from: Option<NaiveDate>,
    /// Living, with at least one case to follow, not abroad.
    pub followed: bool,
    /// Latest possible diagnosis day among cases in the rates.
    pub newest_dx: Option<NaiveDate>,
    /// Smallest accession number of the cases; empty without.
    pub accession_number: String,
    /// Marked lost at.
    pub lost_at: Option<NaiveDateTime>,
    /// Why marked lost.
    pub lost_reason: String,
    /// Months, 3 to 11, instead of 12.
    pub short_interval: Option<i32>,
    /// Account that owns the follow-up; none: the pool.
    pub owner_id: Option<i64>,
    /// NAACCR version the items came under.
    pub naaccr_version: i32,
    /// Import that brought the patient.
    pub batch_id: Option<i64>,
    /// Last change.
    pub changed_at: NaiveDateTime,
    /// Items as JSON.
    pub items: String,
    /// What the source said beside the items.
    pub envelope: String,
}

impl PatientRow {
    /// The items.
    pub fn items(&self) -> Result<Items, StoreError> {
        Items::from_json(&self.items).map_err(|e| StoreError::Unreadable {
            what: "patient's items",
            why: e.classify_word().to_owned(),
        })
    }

    /// The version of the standard.
    pub fn version_of_standard(&self) -> Version {
        Version(u16::try_from(self.naaccr_version).unwrap_or(Version::NEWEST.0))
    }
}

/// Says what kind of fault a JSON text has, without quoting it.
pub(crate) trait ClassifyWord {
    /// One word.
    fn classify_word(&self) -> &'static str;
}

impl ClassifyWord for serde_json::Error {
    fn classify_word(&self) -> &'static str {
        match self.classify() {
            serde_json::error::Category::Io => "input",
            serde_json::error::Category::Syntax => "syntax",
            serde_json::error::Category::Data => "shape",
            serde_json::error::Category::Eof => "cut off",
        }
    }
}

/// The patient with this public id, void ones included.
pub fn by_uid(conn: &mut Conn, scope: Scope, uid: &str) -> Result<Option<PatientRow>, StoreError> {
    Ok(patient::table
        .filter(patient::uid.eq(uid).and(patient::facility_id.eq(scope.facility())))
        .first::<PatientRow>(conn)
        .optional()?)
}

/// The patient with this row key, void ones included.
pub fn by_key(conn: &mut Conn, scope: Scope, key: i64) -> Result<Option<PatientRow>, StoreError> {
    Ok(patient::table
        .filter(patient::id.eq(key).and(patient::facility_id.eq(scope.facility())))
        .first::<PatientRow>(conn)
        .optional()?)
}

/// Active patients with this `patientIdNumber`; two sources may use one number.
pub fn by_patient_id_number(
    conn: &mut Conn,
    scope: Scope,
    number: &str,
) -> Result<Vec<PatientRow>, StoreError> {
    Ok(patient::table
        .filter(patient::facility_id.eq(scope.facility()).and(patient::patient_id_number.eq(number)))
        .filter(patient::state.eq("active"))
        .order(patient::id)
        .load(conn)?)
}

/// Active patients with a case of this accession number.
pub fn by_accession(conn: &mut Conn, scope: Scope, number: &str) -> Result<Vec<PatientRow>, StoreError> {
    let keys: Vec<i64> = tumor::table
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::accession_number.eq(number)))
        .filter(tumor::voided.eq(false))
        .select(tumor::patient_id)
        .distinct()
        .load(conn)?;
    Ok(patient::table
        .filter(patient::facility_id.eq(scope.facility()).and(patient::id.eq_any(keys)))
        .filter(patient::state.eq("active"))
        .order(patient::id)
        .load(conn)?)
}

/// One version of a patient or case.
#[derive(Clone, Debug, Queryable)]
pub struct VersionRow {
    /// 1, 2, …
    pub version: i32,
    /// When.
    pub at: NaiveDateTime,
    /// Who.
    pub actor_name: String,
    /// Where from: form, import, contact, …
    pub source: String,
    /// Why.
    pub reason: String,
    /// Compressed state; see `save::body`.
    pub body: Vec<u8>,
}

/// All versions of a patient, newest first.
pub fn versions(conn: &mut Conn, scope: Scope, key: i64) -> Result<Vec<VersionRow>, StoreError> {
    if by_key(conn, scope, key)?.is_none() {
        return Ok(Vec::new());
    }
    Ok(patient_version::table
        .filter(patient_version::patient_id.eq(key))
        .order(patient_version::version.desc())
        .select((
            patient_version::version,
            patient_version::at,
            patient_version::actor_name,
            patient_version::source,
            patient_version::reason,
            patient_version::body,
        ))
        .load(conn)?)
}
