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
    patient::{PatientRow, name_key},
    tumor::record_number_key,
};

/// Rows taken of each kind of match before they are ranked.
const MOST: i64 = 300;
/// A first letter is looked through when sound and spelling found fewer than this.
const FEW: usize = 8;
/// Rows taken of a beginning of a name.
const WIDE: i64 = 3000;

/// Patients who may be the one wanted, not yet ranked.
pub(super) fn candidates(
    conn: &mut Conn,
    scope: Scope,
    wanted: &Wanted,
) -> Result<Vec<PatientRow>, StoreError> {
    let here = scope.facility();
    let mut keys: Vec<i64> = Vec::new();
    for number in &wanted.numbers {
        let plain = record_number_key(number);
        let forms = [number.clone(), plain.clone(), format!("{plain:0>8}")];
        keys.extend(
            patient::table
                .filter(patient::facility_id.eq(here))
                .filter(
                    patient::patient_id_number
                        .eq_any(forms.to_vec())
                        .or(patient::social_security_number.eq(number)),
                )
                .select(patient::id)
                .limit(MOST)
                .load::<i64>(conn)?,
        );
        keys.extend(
            tumor::table
                .filter(tumor::facility_id.eq(here))
                .filter(tumor::accession_number.eq(number).or(tumor::medical_record_number.eq(plain)))
                .select(tumor::patient_id)
                .limit(MOST)
                .load::<i64>(conn)?,
        );
    }
    let named = patient_name::table.filter(patient_name::facility_id.eq(here));
    let mut by_name: Vec<i64> = Vec::new();
    for key in wanted.family_keys() {
        by_name.extend(
            named
                .filter(patient_name::last_key.eq(&key).or(patient_name::last_key.like(format!("{key}%"))))
                .select(patient_name::patient_id)
                .limit(MOST)
                .load::<i64>(conn)?,
        );
        let sound = name_key::sound(&key);
        if !sound.is_empty() {
            by_name.extend(
                named
                    .filter(patient_name::sound.eq(sound))
                    .select(patient_name::patient_id)
                    .limit(MOST)
                    .load::<i64>(conn)?,
            );
        }
    }
    if by_name.len() < FEW {
        // a misspelling beyond the sound: everybody with the same beginning is compared
        for key in wanted.family_keys() {
            let beginning: String = key.chars().take(2).collect();
            by_name.extend(
                named
                    .filter(patient_name::last_key.like(format!("{beginning}%")))
                    .select(patient_name::patient_id)
                    .limit(WIDE)
                    .load::<i64>(conn)?,
            );
        }
        for key in &wanted.names {
            by_name.extend(
                named
                    .filter(patient_name::first_key.eq(key))
                    .select(patient_name::patient_id)
                    .limit(MOST)
                    .load::<i64>(conn)?,
            );
        }
    }
    keys.extend(by_name);
    if !wanted.birth.is_empty() && wanted.names.is_empty() {
        keys.extend(
            patient::table
                .filter(patient::facility_id.eq(here))
                .filter(patient::birth_date.like(format!("{}%", wanted.birth)))
                .select(patient::id)
                .limit(MOST)
                .load::<i64>(conn)?,
        );
    }
    keys.sort_unstable();
    keys.dedup();
    let mut rows = Vec::new();
    for some in keys.chunks(500) {
        rows.extend(
            patient::table
                .filter(patient::facility_id.eq(here).and(patient::id.eq_any(some.to_vec())))
                .filter(patient::state.eq("active"))
                .order(patient::id)
                .load::<PatientRow>(conn)?,
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

/// A request to void a patient (`tumor_id` none) or a case.
#[derive(Clone, Debug, Queryable)]
pub(super) struct VoidRequest {
    /// Public id.
    pub(super) uid: String,
    /// The patient.
    pub(super) patient_id: i64,
    /// The case, if only one.
    pub(super) tumor_id: Option<i64>,
    /// Why.
    pub(super) reason: String,
    /// When asked.
    pub(super) at: NaiveDateTime,
    /// By whom (login).
    pub(super) by: String,
}

const COLUMNS: (note::uid, note::patient_id, note::tumor_id, note::body, note::created_at, note::created_by) =
    (note::uid, note::patient_id, note::tumor_id, note::body, note::created_at, note::created_by);

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
        .order(note::id)
        .select(COLUMNS)
        .limit(MOST);
    Ok(match of {
        Some(patient) => open.filter(note::patient_id.eq(patient)).load(conn)?,
        None => open.load(conn)?,
    })
}

/// Writes a request.
pub(super) fn add_request(
    tx: &mut Tx<'_>,
    patient: i64,
    tumor: Option<i64>,
    reason: &str,
) -> Result<(), StoreError> {
    let (scope, uid, now, by) = (tx.scope()?, tx.new_id().to_string(), tx.now(), tx.actor().name.clone());
    diesel::insert_into(note::table)
        .values((
            note::uid.eq(uid),
            note::facility_id.eq(scope.facility()),
            note::patient_id.eq(patient),
            note::tumor_id.eq(tumor),
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
