//! Rows of requests to delete a case.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::{
    access::Scope,
    db::{
        Conn, StoreError, Tx,
        schema::{deletion_request, patient, tumor},
    },
};

/// Open requests read at most.
const MOST: i64 = 300;

/// A request.
#[derive(Clone, Debug, Queryable)]
pub(super) struct DeletionRow {
    pub(super) id: i64,
    pub(super) uid: String,
    pub(super) tumor: i64,
    /// State of the case when it was asked for.
    pub(super) previous_state: String,
    pub(super) reason: String,
    pub(super) at: NaiveDateTime,
    /// Account of who asked.
    pub(super) account: Option<i64>,
    /// Login of who asked.
    pub(super) by: String,
    pub(super) decided_at: Option<NaiveDateTime>,
    pub(super) decided_by: String,
    /// `open`, `approved` or `refused`.
    pub(super) outcome: String,
    /// Numbers proposed for the patient's other cases, as JSON.
    pub(super) resequence: String,
}

type Columns = (
    deletion_request::id,
    deletion_request::uid,
    deletion_request::tumor_id,
    deletion_request::previous_state,
    deletion_request::reason,
    deletion_request::requested_at,
    deletion_request::requested_account_id,
    deletion_request::requested_by,
    deletion_request::decided_at,
    deletion_request::decided_by,
    deletion_request::outcome,
    deletion_request::resequence,
);

const COLUMNS: Columns = (
    deletion_request::id,
    deletion_request::uid,
    deletion_request::tumor_id,
    deletion_request::previous_state,
    deletion_request::reason,
    deletion_request::requested_at,
    deletion_request::requested_account_id,
    deletion_request::requested_by,
    deletion_request::decided_at,
    deletion_request::decided_by,
    deletion_request::outcome,
    deletion_request::resequence,
);

/// All requests about a case, newest first.
pub(super) fn of_case(conn: &mut Conn, scope: Scope, tumor: i64) -> Result<Vec<DeletionRow>, StoreError> {
    Ok(deletion_request::table
        .filter(deletion_request::facility_id.eq(scope.facility()).and(deletion_request::tumor_id.eq(tumor)))
        .order(deletion_request::id.desc())
        .select(COLUMNS)
        .load(conn)?)
}

/// The open request of this public id.
pub(super) fn open_by_uid(
    conn: &mut Conn,
    scope: Scope,
    uid: &str,
) -> Result<Option<DeletionRow>, StoreError> {
    Ok(deletion_request::table
        .filter(deletion_request::facility_id.eq(scope.facility()).and(deletion_request::uid.eq(uid)))
        .filter(deletion_request::outcome.eq("open"))
        .select(COLUMNS)
        .first(conn)
        .optional()?)
}

/// Open requests of a facility with their cases and patients, oldest first. Those of a void patient wait
/// until the patient is brought back.
pub(super) fn open(
    conn: &mut Conn,
    scope: Scope,
) -> Result<Vec<(DeletionRow, (String, String, String, String), (i64, String, String))>, StoreError> {
    Ok(deletion_request::table
        .inner_join(tumor::table.inner_join(patient::table))
        .filter(deletion_request::facility_id.eq(scope.facility()).and(deletion_request::outcome.eq("open")))
        .filter(tumor::voided.eq(false).and(patient::state.eq("active")))
        .order(deletion_request::id)
        .limit(MOST)
        .select((
            COLUMNS,
            (tumor::uid, tumor::primary_site, tumor::accession_number, tumor::sequence_number),
            (patient::id, patient::name_last, patient::name_first),
        ))
        .load(conn)?)
}

/// Keeps a request.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    tumor: i64,
    previous_state: &str,
    reason: &str,
) -> Result<(), StoreError> {
    let (scope, uid, now) = (tx.scope()?, tx.new_id().to_string(), tx.now().naive_utc());
    let (account, by) = (tx.actor().account(), tx.actor().name.clone());
    diesel::insert_into(deletion_request::table)
        .values((
            deletion_request::uid.eq(uid),
            deletion_request::facility_id.eq(scope.facility()),
            deletion_request::tumor_id.eq(tumor),
            deletion_request::previous_state.eq(previous_state),
            deletion_request::reason.eq(reason),
            deletion_request::requested_at.eq(now),
            deletion_request::requested_account_id.eq(account),
            deletion_request::requested_by.eq(by),
            deletion_request::decided_by.eq(""),
            deletion_request::outcome.eq("open"),
            deletion_request::resequence.eq("[]"),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Closes an open request; `false` when somebody was faster.
pub(super) fn close(
    tx: &mut Tx<'_>,
    id: i64,
    outcome: &'static str,
    resequence: &str,
) -> Result<bool, StoreError> {
    let (now, by) = (tx.now().naive_utc(), tx.actor().name.clone());
    let open = deletion_request::id.eq(id).and(deletion_request::outcome.eq("open"));
    let rows = diesel::update(deletion_request::table.filter(open))
        .set((
            deletion_request::decided_at.eq(Some(now)),
            deletion_request::decided_by.eq(by),
            deletion_request::outcome.eq(outcome),
            deletion_request::resequence.eq(resequence),
        ))
        .execute(tx.conn())?;
    Ok(rows == 1)
}
