//! Questions to physicians as their mails need them, and the mails that go out for them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::{
    db::{
        Conn, StoreError,
        schema::{outbox, patient, physician_query, tumor},
    },
    reminder::{outbox::State, schedule::Kind},
};

/// A question as its mail needs it: nothing of the patient.
#[derive(Clone, Debug, Queryable)]
pub(in crate::reminder) struct Question {
    /// `open`, `answered`, …
    pub(in crate::reminder) state: String,
    pub(in crate::reminder) email: String,
    pub(in crate::reminder) due_on: NaiveDate,
    pub(in crate::reminder) salt: String,
    pub(in crate::reminder) link_hash: String,
    pub(in crate::reminder) link_until: NaiveDateTime,
    pub(in crate::reminder) codes: i32,
    pub(in crate::reminder) code_until: Option<NaiveDateTime>,
}

/// A question of a facility whose case is still in use.
pub(in crate::reminder) fn question(
    conn: &mut Conn,
    facility: i64,
    uid: &str,
) -> Result<Option<Question>, StoreError> {
    Ok(physician_query::table
        .inner_join(tumor::table.inner_join(patient::table))
        .filter(physician_query::uid.eq(uid).and(physician_query::facility_id.eq(facility)))
        .filter(tumor::voided.eq(false).and(patient::state.eq("active")))
        .select((
            physician_query::state,
            physician_query::recipient_email,
            physician_query::due_on,
            physician_query::salt,
            physician_query::link_hash,
            physician_query::link_until,
            physician_query::codes,
            physician_query::code_until,
        ))
        .first(conn)
        .optional()?)
}

/// An open question that waits long.
#[derive(Clone, Debug, Queryable)]
pub(in crate::reminder) struct Late {
    pub(in crate::reminder) key: i64,
    pub(in crate::reminder) uid: String,
    pub(in crate::reminder) asked_account: Option<i64>,
    pub(in crate::reminder) asked_at: NaiveDateTime,
    pub(in crate::reminder) reminded_at: Option<NaiveDateTime>,
    pub(in crate::reminder) escalated_at: Option<NaiveDateTime>,
    pub(in crate::reminder) patient: i64,
    pub(in crate::reminder) tumor: i64,
}

/// Open questions of a facility asked before a time that were not reminded of, or not told on, yet.
pub(in crate::reminder) fn late(
    conn: &mut Conn,
    facility: i64,
    before: DateTime<Utc>,
) -> Result<Vec<Late>, StoreError> {
    Ok(physician_query::table
        .inner_join(tumor::table.inner_join(patient::table))
        .filter(physician_query::facility_id.eq(facility).and(physician_query::state.eq("open")))
        .filter(physician_query::asked_at.le(before.naive_utc()))
        .filter(physician_query::reminded_at.is_null().or(physician_query::escalated_at.is_null()))
        .filter(tumor::voided.eq(false).and(patient::state.eq("active")))
        .order(physician_query::id)
        .select((
            physician_query::id,
            physician_query::uid,
            physician_query::asked_account_id,
            physician_query::asked_at,
            physician_query::reminded_at,
            physician_query::escalated_at,
            patient::id,
            tumor::id,
        ))
        .load(conn)?)
}

/// Notes that the physician was reminded; `false` when somebody was faster.
pub(in crate::reminder) fn reminded(
    conn: &mut Conn,
    key: i64,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let open = physician_query::id.eq(key).and(physician_query::reminded_at.is_null());
    let rows = diesel::update(physician_query::table.filter(open))
        .set(physician_query::reminded_at.eq(Some(now.naive_utc())))
        .execute(conn)?;
    Ok(rows == 1)
}

/// Notes that supervisors were told; `false` when somebody was faster.
pub(in crate::reminder) fn escalated(
    conn: &mut Conn,
    key: i64,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let open = physician_query::id.eq(key).and(physician_query::escalated_at.is_null());
    let rows = diesel::update(physician_query::table.filter(open))
        .set(physician_query::escalated_at.eq(Some(now.naive_utc())))
        .execute(conn)?;
    Ok(rows == 1)
}

/// Writes a mail of a question.
pub(in crate::reminder) fn queue_mail(
    conn: &mut Conn,
    id: &str,
    facility: i64,
    account: i64,
    kind: Kind,
    period: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let now = now.naive_utc();
    diesel::insert_into(outbox::table)
        .values((
            outbox::uid.eq(id),
            outbox::facility_id.eq(facility),
            outbox::account_id.eq(account),
            outbox::kind.eq(kind.code()),
            outbox::period.eq(period),
            outbox::state.eq(State::Queued.word()),
            outbox::message_id.eq(""),
            outbox::attempts.eq(0),
            outbox::next_attempt_at.eq(now),
            outbox::lease_token.eq(""),
            outbox::created_at.eq(now),
            outbox::last_error.eq(""),
            outbox::covered_by.eq(""),
            outbox::counts.eq(""),
        ))
        .execute(conn)?;
    Ok(())
}
