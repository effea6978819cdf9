//! Rows of patients. Every query takes the scope and applies it in SQL.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::{
    access::Scope,
    db::{
        Conn, StoreError,
        schema::{former_accession, patient, patient_merge, patient_version, tumor},
    },
    dictionary::{Items, Version},
    patient::{Former, MergeDone},
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

/// Active patients with this `patientIdNumber`, and those into whom a record with it was merged; two sources may
/// use one number.
pub fn by_patient_id_number(
    conn: &mut Conn,
    scope: Scope,
    number: &str,
) -> Result<Vec<PatientRow>, StoreError> {
    let mut keys: Vec<i64> = patient::table
        .filter(patient::facility_id.eq(scope.facility()).and(patient::patient_id_number.eq(number)))
        .select(patient::id)
        .load(conn)?;
    let led = survivors(conn, scope, &keys)?;
    keys.extend(led.into_iter().map(|(_, survivor)| survivor));
    active(conn, scope, keys)
}

fn active(conn: &mut Conn, scope: Scope, keys: Vec<i64>) -> Result<Vec<PatientRow>, StoreError> {
    Ok(patient::table
        .filter(patient::facility_id.eq(scope.facility()).and(patient::id.eq_any(keys)))
        .filter(patient::state.eq("active"))
        .order(patient::id)
        .load(conn)?)
}

/// States of a merge that is in force.
const IN_FORCE: [&str; 2] = ["merged", "undo_asked"];

/// Which patients stand for these, whose records were merged into others: (merged, who stays), by row key. Where
/// who stayed was merged too, the last of them. Patients who were not merged are not among them.
pub fn survivors(conn: &mut Conn, scope: Scope, keys: &[i64]) -> Result<Vec<(i64, i64)>, StoreError> {
    let mut led: Vec<(i64, i64)> = Vec::new();
    for some in keys.chunks(500) {
        led.extend(
            patient_merge::table
                .filter(patient_merge::facility_id.eq(scope.facility()))
                .filter(patient_merge::merged_id.eq_any(some.to_vec()))
                .filter(patient_merge::state.eq_any(IN_FORCE))
                .select((patient_merge::merged_id, patient_merge::survivor_id))
                .load::<(i64, i64)>(conn)?,
        );
    }
    let next: Vec<i64> = led.iter().map(|(_, survivor)| *survivor).collect();
    if !next.is_empty() {
        // Only who stands by itself can be merged, so this ends.
        for (merged, survivor) in survivors(conn, scope, &next)? {
            led.iter_mut().filter(|(_, to)| *to == merged).for_each(|(_, to)| *to = survivor);
        }
    }
    Ok(led)
}

/// The patient into whom the record of this row key was merged; `None` when it was not.
pub fn survivor_of(conn: &mut Conn, scope: Scope, key: i64) -> Result<Option<PatientRow>, StoreError> {
    match survivors(conn, scope, &[key])?.first() {
        Some((_, survivor)) => by_key(conn, scope, *survivor),
        None => Ok(None),
    }
}

/// Patients into whom a record with this accession number was merged, by row key.
pub fn by_former_accession(conn: &mut Conn, scope: Scope, number: &str) -> Result<Vec<i64>, StoreError> {
    let merged: Vec<i64> = former_accession::table
        .inner_join(patient_merge::table)
        .filter(former_accession::facility_id.eq(scope.facility()).and(former_accession::number.eq(number)))
        .filter(patient_merge::state.eq_any(IN_FORCE))
        .select(patient_merge::merged_id)
        .load(conn)?;
    Ok(survivors(conn, scope, &merged)?.into_iter().map(|(_, survivor)| survivor).collect())
}

/// The records that were merged into these patients, at once or through another: (row key of who stays, record).
pub fn formers(conn: &mut Conn, scope: Scope, keys: &[i64]) -> Result<Vec<(i64, Former)>, StoreError> {
    let rows: Vec<(i64, i64, String)> = patient_merge::table
        .filter(patient_merge::facility_id.eq(scope.facility()))
        .filter(patient_merge::survivor_id.eq_any(keys.to_vec()).and(patient_merge::state.eq_any(IN_FORCE)))
        .order(patient_merge::id)
        .select((patient_merge::survivor_id, patient_merge::merged_id, patient_merge::done))
        .load(conn)?;
    let mut found = Vec::new();
    for (survivor, merged, done) in rows {
        let Some(row) = by_key(conn, scope, merged)? else { continue };
        let done: MergeDone = serde_json::from_str(&done)
            .map_err(|e| StoreError::Unreadable { what: "merge", why: e.classify_word().to_owned() })?;
        found.push((survivor, Former { items: row.items()?, cases: done.cases }));
        let earlier = formers(conn, scope, &[merged])?;
        found.extend(earlier.into_iter().map(|(_, former)| (survivor, former)));
    }
    Ok(found)
}

/// Active patients with a case of this accession number, and those into whom a record with it was merged.
pub fn by_accession(conn: &mut Conn, scope: Scope, number: &str) -> Result<Vec<PatientRow>, StoreError> {
    let mut keys: Vec<i64> = tumor::table
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::accession_number.eq(number)))
        .filter(tumor::voided.eq(false))
        .select(tumor::patient_id)
        .distinct()
        .load(conn)?;
    keys.extend(by_former_accession(conn, scope, number)?);
    active(conn, scope, keys)
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
