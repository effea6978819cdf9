//! Rows of notes and tasks.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::{
    access::Scope,
    db::{Conn, StoreError, Tx, schema::note},
};

/// A note or task.
#[derive(Clone, Debug, Queryable)]
pub(in crate::abstracting) struct NoteRow {
    pub(in crate::abstracting) uid: String,
    /// `note` or `task`.
    pub(in crate::abstracting) kind: String,
    pub(in crate::abstracting) body: String,
    pub(in crate::abstracting) due_on: Option<NaiveDate>,
    pub(in crate::abstracting) assigned_to: Option<i64>,
    pub(in crate::abstracting) created_at: NaiveDateTime,
    pub(in crate::abstracting) created_by: String,
    pub(in crate::abstracting) done_at: Option<NaiveDateTime>,
    pub(in crate::abstracting) done_by: String,
}

/// A note to be written.
#[derive(Clone, Debug)]
pub(super) struct NewNote {
    pub(super) patient: i64,
    pub(super) tumor: i64,
    pub(super) kind: &'static str,
    pub(super) body: String,
    pub(super) due_on: Option<NaiveDate>,
    pub(super) assigned_to: Option<i64>,
}

/// All notes of a case, open tasks first, then the newest.
pub(in crate::abstracting) fn of_case(
    conn: &mut Conn,
    scope: Scope,
    tumor: i64,
) -> Result<Vec<NoteRow>, StoreError> {
    let mut rows: Vec<NoteRow> = note::table
        .filter(note::facility_id.eq(scope.facility()).and(note::tumor_id.eq(tumor)))
        .order(note::id.desc())
        .select((
            note::uid,
            note::kind,
            note::body,
            note::due_on,
            note::assigned_to,
            note::created_at,
            note::created_by,
            note::done_at,
            note::done_by,
        ))
        .load(conn)?;
    rows.sort_by_key(|n| !(n.kind == "task" && n.done_at.is_none()));
    Ok(rows)
}

/// Number of open tasks on a case.
pub(in crate::abstracting) fn open_on(tx: &mut Tx<'_>, tumor: i64) -> Result<i64, StoreError> {
    let scope = tx.scope()?;
    Ok(note::table
        .filter(note::facility_id.eq(scope.facility()).and(note::tumor_id.eq(tumor)))
        .filter(note::kind.eq("task").and(note::done_at.is_null()))
        .count()
        .get_result(tx.conn())?)
}

/// Writes a note.
pub(super) fn insert(tx: &mut Tx<'_>, new: &NewNote) -> Result<(), StoreError> {
    let (scope, uid, now, by) = (tx.scope()?, tx.new_id().to_string(), tx.now(), tx.actor().name.clone());
    diesel::insert_into(note::table)
        .values((
            note::uid.eq(uid),
            note::facility_id.eq(scope.facility()),
            note::patient_id.eq(new.patient),
            note::tumor_id.eq(new.tumor),
            note::kind.eq(new.kind),
            note::body.eq(&new.body),
            note::due_on.eq(new.due_on),
            note::assigned_to.eq(new.assigned_to),
            note::created_at.eq(now.naive_utc()),
            note::created_by.eq(by),
            note::done_by.eq(""),
            note::version.eq(1),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Marks an open task of a case done; `false` when there is none of this id.
pub(super) fn mark_done(tx: &mut Tx<'_>, tumor: i64, uid: &str) -> Result<bool, StoreError> {
    close(tx, "task", Some(tumor), uid)
}

/// Closes an open note of a kind, of one case if named; `false` when there is none of this id, or
/// when somebody was faster.
pub(crate) fn close(tx: &mut Tx<'_>, kind: &str, tumor: Option<i64>, uid: &str) -> Result<bool, StoreError> {
    let (scope, now, by) = (tx.scope()?, tx.now(), tx.actor().name.clone());
    let mut found = note::table
        .filter(note::facility_id.eq(scope.facility()).and(note::uid.eq(uid)))
        .filter(note::kind.eq(kind).and(note::done_at.is_null()))
        .select((note::id, note::tumor_id))
        .load::<(i64, Option<i64>)>(tx.conn())?;
    found.retain(|(_, of)| tumor.is_none() || *of == tumor);
    let Some((id, _)) = found.pop() else { return Ok(false) };
    let rows = diesel::update(note::table.filter(note::id.eq(id).and(note::done_at.is_null())))
        .set((
            note::done_at.eq(Some(now.naive_utc())),
            note::done_by.eq(by),
            note::version.eq(note::version + 1),
        ))
        .execute(tx.conn())?;
    Ok(rows == 1)
}
