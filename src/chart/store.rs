//! Rows the chart asks for. Every query of patients takes the scope and applies it in SQL.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::search::Wanted;
use crate::{
    abstracting::close_note,
    access::Scope,
    db::{
        Conn, StoreError, Tx,
        schema::{note, patient, patient_name, saved_search, tumor},
    },
    tumor::record_number_key,
};

/// Open requests read at most.
const MOST: i64 = 300;
/// Patients taken of each number.
const NUMBERED: i64 = 300;
/// Names taken of each kind of match; they are read from an index alone.
const NAMES: i64 = 3000;
/// Comes after every text that goes on.
const LAST: char = '\u{10FFFF}';

/// A name under which somebody can be found, folded.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Named {
    /// Row key of the patient.
    pub(super) patient: i64,
    /// Family name.
    pub(super) last_key: String,
    /// Given name.
    pub(super) first_key: String,
}

const NAMED: (patient_name::patient_id, patient_name::last_key, patient_name::first_key) =
    (patient_name::patient_id, patient_name::last_key, patient_name::first_key);

/// Family names that begin like this, those that are this first; a given name that begins like that.
pub(super) fn named(
    conn: &mut Conn,
    scope: Scope,
    last: &str,
    first: Option<&str>,
) -> Result<Vec<Named>, StoreError> {
    let here = patient_name::table.filter(patient_name::facility_id.eq(scope.facility()));
    let order = (patient_name::last_key, patient_name::first_key, patient_name::patient_id);
    // Comparisons with both ends of the stretch read just that stretch of an index on both databases.
    Ok(match first {
        None => here
            .filter(patient_name::last_key.ge(last).and(patient_name::last_key.le(format!("{last}{LAST}"))))
            .order(order)
            .limit(NAMES)
            .select(NAMED)
            .load(conn)?,
        Some(first) => here
            .filter(patient_name::last_key.eq(last))
            .filter(
                patient_name::first_key.ge(first).and(patient_name::first_key.le(format!("{first}{LAST}"))),
            )
            .order(order)
            .limit(NAMES)
            .select(NAMED)
            .load(conn)?,
    })
}

/// Family names that sound like this one.
pub(super) fn sounding(conn: &mut Conn, scope: Scope, sound: &str) -> Result<Vec<Named>, StoreError> {
    Ok(patient_name::table
        .filter(patient_name::facility_id.eq(scope.facility()).and(patient_name::sound.eq(sound)))
        .order((patient_name::last_key, patient_name::first_key, patient_name::patient_id))
        .limit(NAMES)
        .select(NAMED)
        .load(conn)?)
}

/// People of this given name.
pub(super) fn given(conn: &mut Conn, scope: Scope, first: &str) -> Result<Vec<Named>, StoreError> {
    Ok(patient_name::table
        .filter(patient_name::facility_id.eq(scope.facility()).and(patient_name::first_key.eq(first)))
        .order((patient_name::last_key, patient_name::patient_id))
        .limit(NAMES)
        .select(NAMED)
        .load(conn)?)
}

/// Patients with a number: patient, social security, accession or record number. Then those to whom it leads, since
/// a record with the number was merged into theirs.
pub(super) fn numbered(
    conn: &mut Conn,
    scope: Scope,
    number: &str,
) -> Result<(Vec<i64>, Vec<i64>), StoreError> {
    let here = scope.facility();
    let plain = record_number_key(number);
    let forms = [number.to_owned(), plain.clone(), format!("{plain:0>8}")];
    let mut keys: Vec<i64> = patient::table
        .filter(patient::facility_id.eq(here).and(patient::patient_id_number.eq_any(forms)))
        .select(patient::id)
        .limit(NUMBERED)
        .load(conn)?;
    keys.extend(
        patient::table
            .filter(patient::facility_id.eq(here).and(patient::social_security_number.eq(number)))
            .select(patient::id)
            .limit(NUMBERED)
            .load::<i64>(conn)?,
    );
    keys.extend(
        tumor::table
            .filter(tumor::facility_id.eq(here).and(tumor::accession_number.eq(number)))
            .select(tumor::patient_id)
            .limit(NUMBERED)
            .load::<i64>(conn)?,
    );
    keys.extend(
        tumor::table
            .filter(tumor::facility_id.eq(here).and(tumor::medical_record_number.eq(plain)))
            .select(tumor::patient_id)
            .limit(NUMBERED)
            .load::<i64>(conn)?,
    );
    let mut led: Vec<i64> =
        crate::patient::survivors(conn, scope, &keys)?.into_iter().map(|(_, survivor)| survivor).collect();
    led.extend(crate::patient::by_former_accession(conn, scope, number)?);
    Ok((keys, led))
}

/// Names under which some patients can be found: row key, family name, given name, sound of the family name.
pub(super) fn names_of(
    conn: &mut Conn,
    scope: Scope,
    keys: &[i64],
) -> Result<Vec<(i64, String, String, String)>, StoreError> {
    let mut names = Vec::new();
    for some in keys.chunks(500) {
        names.extend(
            patient_name::table
                .filter(patient_name::facility_id.eq(scope.facility()))
                .filter(patient_name::patient_id.eq_any(some.to_vec()))
                .select((
                    patient_name::patient_id,
                    patient_name::last_key,
                    patient_name::first_key,
                    patient_name::sound,
                ))
                .load::<(i64, String, String, String)>(conn)?,
        );
    }
    Ok(names)
}

/// Patients born on a day, or in a month or year.
pub(super) fn born(conn: &mut Conn, scope: Scope, digits: &str, most: i64) -> Result<Vec<i64>, StoreError> {
    Ok(patient::table
        .filter(patient::facility_id.eq(scope.facility()))
        .filter(patient::birth_date.ge(digits).and(patient::birth_date.le(format!("{digits}9999"))))
        .order((patient::birth_date, patient::id))
        .select(patient::id)
        .limit(most)
        .load(conn)?)
}

/// What a list of patients shows of one.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Candidate {
    /// Row key.
    pub(super) id: i64,
    /// Public id.
    pub(super) uid: String,
    /// Family name.
    pub(super) name_last: String,
    /// Given name.
    pub(super) name_first: String,
    /// Digits.
    pub(super) birth_date: String,
    /// 1, 2 or 9.
    pub(super) sex: String,
    /// Smallest accession number.
    pub(super) accession_number: String,
    /// `patientIdNumber`.
    pub(super) patient_id_number: String,
    /// Nine digits or empty.
    pub(super) social_security_number: String,
}

/// The active ones of some patients.
pub(super) fn candidates(conn: &mut Conn, scope: Scope, keys: &[i64]) -> Result<Vec<Candidate>, StoreError> {
    let mut rows = Vec::new();
    for some in keys.chunks(500) {
        rows.extend(
            patient::table
                .filter(patient::facility_id.eq(scope.facility()).and(patient::id.eq_any(some.to_vec())))
                .filter(patient::state.eq("active"))
                .order(patient::id)
                .select((
                    patient::id,
                    patient::uid,
                    patient::name_last,
                    patient::name_first,
                    patient::birth_date,
                    patient::sex,
                    patient::accession_number,
                    patient::patient_id_number,
                    patient::social_security_number,
                ))
                .load::<Candidate>(conn)?,
        );
    }
    Ok(rows)
}

/// What a list of patients shows of a case.
#[derive(Clone, Debug, Queryable)]
pub(super) struct CaseLine {
    /// Row key of the patient.
    pub(super) patient: i64,
    /// `C504`.
    pub(super) primary_site: String,
    /// Year of diagnosis.
    pub(super) dx_year: Option<i32>,
    /// Accession number.
    pub(super) accession_number: String,
    /// Record number.
    pub(super) medical_record_number: String,
}

/// The cases of some patients that are not voided, in order of entry.
pub(super) fn cases(conn: &mut Conn, scope: Scope, patients: &[i64]) -> Result<Vec<CaseLine>, StoreError> {
    let mut rows = Vec::new();
    for some in patients.chunks(500) {
        rows.extend(
            tumor::table
                .filter(tumor::facility_id.eq(scope.facility()).and(tumor::voided.eq(false)))
                .filter(tumor::patient_id.eq_any(some.to_vec()))
                .order((tumor::patient_id, tumor::id))
                .select((
                    tumor::patient_id,
                    tumor::primary_site,
                    tumor::dx_year,
                    tumor::accession_number,
                    tumor::medical_record_number,
                ))
                .load::<CaseLine>(conn)?,
        );
    }
    Ok(rows)
}

/// Purpose under which searches are sealed.
pub(crate) const PURPOSE: &str = "search";

/// Keeps a search with the session; gives its public id.
pub(super) fn keep_search(tx: &mut Tx<'_>, wanted: &Wanted) -> Result<String, StoreError> {
    let uid = tx.new_id().to_string();
    let session = tx
        .actor()
        .session()
        .ok_or_else(|| StoreError::Refused("a search is kept for a signed-in person only".to_owned()))?;
    let plain = serde_json::to_vec(wanted)
        .map_err(|e| StoreError::Unreadable { what: "search", why: format!("{:?}", e.classify()) })?;
    let sealed = tx.seal(PURPOSE, &uid, &plain);
    let now = tx.now().naive_utc();
    diesel::insert_into(saved_search::table)
        .values((
            saved_search::uid.eq(&uid),
            saved_search::session_id.eq(session),
            saved_search::created_at.eq(now),
            saved_search::sealed.eq(sealed),
        ))
        .execute(tx.conn())?;
    Ok(uid)
}

/// The search of this id, if it belongs to the session.
pub(super) fn kept_search(tx: &mut Tx<'_>, uid: &str) -> Result<Option<Wanted>, StoreError> {
    let Some(session) = tx.actor().session() else { return Ok(None) };
    let sealed: Option<Vec<u8>> = saved_search::table
        .filter(saved_search::uid.eq(uid).and(saved_search::session_id.eq(session)))
        .select(saved_search::sealed)
        .first(tx.conn())
        .optional()?;
    let Some(sealed) = sealed else { return Ok(None) };
    let unreadable = |why: String| StoreError::Unreadable { what: "search", why };
    let plain = tx.sealer().open(PURPOSE, uid, &sealed).map_err(|e| unreadable(e.to_string()))?;
    let wanted = serde_json::from_slice(&plain).map_err(|e| unreadable(format!("{:?}", e.classify())))?;
    Ok(Some(wanted))
}

/// A request to void a patient.
#[derive(Clone, Debug, Queryable)]
pub(super) struct VoidRequest {
    /// Public id.
    pub(super) uid: String,
    /// The patient.
    pub(super) patient_id: i64,
    /// Why.
    pub(super) reason: String,
    /// When asked.
    pub(super) at: NaiveDateTime,
    /// By whom (login).
    pub(super) by: String,
}

const COLUMNS: (note::uid, note::patient_id, note::body, note::created_at, note::created_by) =
    (note::uid, note::patient_id, note::body, note::created_at, note::created_by);

/// Kind of note that asks for a void.
const REQUEST: &str = "void_request";

/// Open requests of a facility, oldest first; of one patient, if named.
pub(super) fn requests(
    conn: &mut Conn,
    scope: Scope,
    of: Option<i64>,
) -> Result<Vec<VoidRequest>, StoreError> {
    let open = note::table
        .filter(
            note::facility_id.eq(scope.facility()).and(note::kind.eq(REQUEST)).and(note::done_at.is_null()),
        )
        .filter(note::tumor_id.is_null())
        .order(note::id)
        .select(COLUMNS)
        .limit(MOST);
    Ok(match of {
        Some(patient) => open.filter(note::patient_id.eq(patient)).load(conn)?,
        None => open.load(conn)?,
    })
}

/// Writes a request.
pub(super) fn add_request(tx: &mut Tx<'_>, patient: i64, reason: &str) -> Result<(), StoreError> {
    let (scope, uid, now, by) = (tx.scope()?, tx.new_id().to_string(), tx.now(), tx.actor().name.clone());
    diesel::insert_into(note::table)
        .values((
            note::uid.eq(uid),
            note::facility_id.eq(scope.facility()),
            note::patient_id.eq(patient),
            note::kind.eq(REQUEST),
            note::body.eq(reason),
            note::created_at.eq(now.naive_utc()),
            note::created_by.eq(by),
            note::done_by.eq(""),
            note::version.eq(1),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Closes an open request; `false` when somebody was faster.
pub(super) fn close_request(tx: &mut Tx<'_>, uid: &str) -> Result<bool, StoreError> {
    close_note(tx, REQUEST, None, uid)
}

/// Open notes and tasks of a patient, newest first: kind, text, when, who.
pub(super) fn notes(
    conn: &mut Conn,
    scope: Scope,
    patient: i64,
) -> Result<Vec<(String, String, NaiveDateTime, String)>, StoreError> {
    Ok(note::table
        .filter(note::facility_id.eq(scope.facility()).and(note::patient_id.eq(patient)))
        .filter(note::kind.ne(REQUEST).and(note::done_at.is_null()))
        .order(note::id.desc())
        .select((note::kind, note::body, note::created_at, note::created_by))
        .limit(20)
        .load(conn)?)
}
