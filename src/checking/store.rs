//! Rows of what edits found, and the rows they are run on.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::{
    access::Scope,
    db::{
        Conn, StoreError, each_backend,
        schema::{edit_run, edit_set, patient, tumor, tumor_check},
    },
    dictionary::Items,
    edits::EditSet,
};

/// That a case was judged, with what, and how it came out.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = tumor_check)]
pub struct CheckRow {
    /// The case.
    pub tumor_id: i64,
    /// Its facility.
    pub facility_id: i64,
    /// Version of the case that was judged.
    pub tumor_version: i32,
    /// Version of its patient.
    pub patient_version: i32,
    /// Id of the edit set.
    pub set_id: String,
    /// The run, where it was one over the registry.
    pub run_id: Option<i64>,
    /// When.
    pub checked_at: NaiveDateTime,
    /// Errors that stand.
    pub errors: i32,
    /// Warnings that stand.
    pub warnings: i32,
    /// Failures cleared by an over-ride.
    pub overridden: i32,
    /// A line a failure; see [`CheckRow::results`].
    pub found: String,
}

/// A failure of an edit on a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultRow {
    /// The edit.
    pub edit_id: String,
    /// Its version.
    pub edit_version: u32,
    /// `fail` (error), `warn` or `overridden`.
    pub outcome: String,
    /// Hash of what was read, see [`crate::edits::Finding::input_hash`].
    pub input_hash: String,
}

impl CheckRow {
    /// What stands for the case, in the order the edits ran.
    pub fn results(&self) -> Vec<ResultRow> {
        let read = |line: &str| {
            let mut words = line.split(' ').map(str::to_owned);
            Some(ResultRow {
                edit_id: words.next()?,
                edit_version: words.next()?.parse().ok()?,
                outcome: words.next()?,
                input_hash: words.next()?,
            })
        };
        self.found.lines().filter_map(read).collect()
    }
}

/// A patient as edits need one.
pub(super) struct Patient {
    pub(super) key: i64,
    pub(super) version: i32,
    pub(super) items: Items,
    pub(super) tumors: Vec<Tumor>,
}

/// A case that is not voided, as edits need one.
pub(super) struct Tumor {
    pub(super) key: i64,
    pub(super) uid: String,
    pub(super) version: i32,
    pub(super) accession: String,
    pub(super) items: Items,
}

fn items(json: &str, what: &'static str) -> Result<Items, StoreError> {
    Items::from_json(json).map_err(|e| StoreError::Unreadable { what, why: format!("{:?}", e.classify()) })
}

type PatientCells = (i64, i32, String);
type TumorCells = (i64, i64, String, i32, String, String);

fn with_tumors(conn: &mut Conn, scope: Scope, rows: Vec<PatientCells>) -> Result<Vec<Patient>, StoreError> {
    let keys: Vec<i64> = rows.iter().map(|(key, ..)| *key).collect();
    let tumors: Vec<TumorCells> = tumor::table
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::patient_id.eq_any(keys)))
        .filter(tumor::voided.eq(false))
        .order((tumor::patient_id, tumor::id))
        .select((
            tumor::patient_id,
            tumor::id,
            tumor::uid,
            tumor::version,
            tumor::accession_number,
            tumor::items,
        ))
        .load(conn)?;
    let mut own: HashMap<i64, Vec<Tumor>> = HashMap::new();
    for (patient, key, uid, version, accession, json) in tumors {
        let tumor = Tumor { key, uid, version, accession, items: items(&json, "tumor's items")? };
        own.entry(patient).or_default().push(tumor);
    }
    rows.into_iter()
        .map(|(key, version, json)| {
            let tumors = own.remove(&key).unwrap_or_default();
            Ok(Patient { key, version, items: items(&json, "patient's items")?, tumors })
        })
        .collect()
}

/// The next active patients by key, with their cases.
pub(super) fn page(conn: &mut Conn, scope: Scope, after: i64, most: i64) -> Result<Vec<Patient>, StoreError> {
    let rows = patient::table
        .filter(patient::facility_id.eq(scope.facility()).and(patient::id.gt(after)))
        .filter(patient::state.eq("active"))
        .order(patient::id)
        .limit(most)
        .select((patient::id, patient::version, patient::items))
        .load(conn)?;
    with_tumors(conn, scope, rows)
}

/// One patient with cases.
pub(super) fn patient(conn: &mut Conn, scope: Scope, key: i64) -> Result<Option<Patient>, StoreError> {
    let rows = patient::table
        .filter(patient::facility_id.eq(scope.facility()).and(patient::id.eq(key)))
        .select((patient::id, patient::version, patient::items))
        .load(conn)?;
    Ok(with_tumors(conn, scope, rows)?.pop())
}

/// The patient of a case, by the public id of the case.
pub(super) fn patient_of(conn: &mut Conn, scope: Scope, tumor_uid: &str) -> Result<Option<i64>, StoreError> {
    Ok(tumor::table
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::uid.eq(tumor_uid)))
        .select(tumor::patient_id)
        .first(conn)
        .optional()?)
}

/// Cases of active patients with one of these accession numbers: (number, patient, case).
pub(super) fn with_accessions(
    conn: &mut Conn,
    scope: Scope,
    numbers: &[String],
) -> Result<Vec<(String, i64, i64)>, StoreError> {
    Ok(tumor::table
        .inner_join(patient::table)
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::accession_number.eq_any(numbers.to_vec())))
        .filter(tumor::voided.eq(false).and(patient::state.eq("active")))
        .order(tumor::id)
        .select((tumor::accession_number, tumor::patient_id, tumor::id))
        .load(conn)?)
}

/// Items of some cases, by key.
pub(super) fn items_of(
    conn: &mut Conn,
    scope: Scope,
    keys: &[i64],
) -> Result<HashMap<i64, Items>, StoreError> {
    let rows: Vec<(i64, String)> = tumor::table
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::id.eq_any(keys.to_vec())))
        .select((tumor::id, tumor::items))
        .load(conn)?;
    rows.into_iter().map(|(key, json)| Ok((key, items(&json, "tumor's items")?))).collect()
}

/// Notes a set with the edits in it, once.
pub(super) fn know_set(conn: &mut Conn, set: &EditSet, now: NaiveDateTime) -> Result<(), StoreError> {
    let known: i64 = edit_set::table.filter(edit_set::id.eq(set.id())).count().get_result(conn)?;
    if known > 0 {
        return Ok(());
    }
    let list: Vec<String> = set.edits().iter().map(|e| format!("{} {}", e.id, e.version)).collect();
    let row =
        (edit_set::id.eq(set.id()), edit_set::edits.eq(list.join("\n")), edit_set::first_used_at.eq(now));
    each_backend!(conn, |c| diesel::insert_into(edit_set::table)
        .values(row)
        .on_conflict(edit_set::id)
        .do_nothing()
        .execute(c))?;
    Ok(())
}

/// A run over a registry.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = edit_run)]
pub(super) struct RunRow {
    pub(super) uid: String,
    pub(super) facility_id: i64,
    pub(super) set_id: String,
    pub(super) as_of: NaiveDate,
    pub(super) started_at: NaiveDateTime,
    pub(super) finished_at: Option<NaiveDateTime>,
    pub(super) actor_name: String,
    pub(super) tumors: i64,
    pub(super) errors: i64,
    pub(super) warnings: i64,
    pub(super) overridden: i64,
}

/// Begins a run; gives its key.
pub(super) fn begin_run(conn: &mut Conn, row: &RunRow) -> Result<i64, StoreError> {
    Ok(diesel::insert_into(edit_run::table).values(row).returning(edit_run::id).get_result(conn)?)
}

/// Ends a run with its figures.
pub(super) fn end_run(
    conn: &mut Conn,
    run: i64,
    now: NaiveDateTime,
    [tumors, errors, warnings, overridden]: [i64; 4],
) -> Result<(), StoreError> {
    diesel::update(edit_run::table.find(run))
        .set((
            edit_run::finished_at.eq(now),
            edit_run::tumors.eq(tumors),
            edit_run::errors.eq(errors),
            edit_run::warnings.eq(warnings),
            edit_run::overridden.eq(overridden),
        ))
        .execute(conn)?;
    Ok(())
}

/// Rows of one statement at most.
const AT_ONCE: usize = 500;

/// Puts what was found in place of what stood for these cases.
pub(super) fn replace(conn: &mut Conn, scope: Scope, checks: &[CheckRow]) -> Result<(), StoreError> {
    let keys: Vec<i64> = checks.iter().map(|c| c.tumor_id).collect();
    let here = scope.facility();
    diesel::delete(
        tumor_check::table.filter(tumor_check::tumor_id.eq_any(keys).and(tumor_check::facility_id.eq(here))),
    )
    .execute(conn)?;
    for rows in checks.chunks(AT_ONCE) {
        each_backend!(conn, |c| diesel::insert_into(tumor_check::table).values(rows).execute(c))?;
    }
    Ok(())
}

/// How a case came out when it was judged last; none: never.
///
/// # Errors
/// When the store fails.
pub fn check_of(conn: &mut Conn, scope: Scope, tumor: i64) -> Result<Option<CheckRow>, StoreError> {
    Ok(tumor_check::table
        .filter(tumor_check::tumor_id.eq(tumor).and(tumor_check::facility_id.eq(scope.facility())))
        .first(conn)
        .optional()?)
}
