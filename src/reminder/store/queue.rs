//! Rows of the outbox as they are made, leased and settled, and the scheduler's history.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    OptionalExtension, QueryableByName, RunQueryDsl,
    sql_types::{BigInt, Integer, Nullable, Text, Timestamp},
};

use crate::{
    db::{Conn, StoreError},
    reminder::{
        outbox::{LEASE, SentCounts, State},
        schedule::{Kind, Runs},
    },
};

#[derive(QueryableByName)]
struct LastMail {
    #[diesel(sql_type = BigInt)]
    account_id: i64,
    #[diesel(sql_type = Nullable<Timestamp>)]
    at: Option<NaiveDateTime>,
}

/// When each person's last M1 or M2 before `before` was made.
pub(in crate::reminder) fn last_mails(
    conn: &mut Conn,
    facility: i64,
    before: DateTime<Utc>,
) -> Result<BTreeMap<i64, DateTime<Utc>>, StoreError> {
    let rows: Vec<LastMail> = diesel::sql_query(
        "SELECT account_id, MAX(created_at) AS at FROM outbox \
         WHERE facility_id = $1 AND kind IN ('M1', 'M2') AND state <> 'cancelled' AND created_at < $2 \
         GROUP BY account_id",
    )
    .bind::<BigInt, _>(facility)
    .bind::<Timestamp, _>(before.naive_utc())
    .load(conn)?;
    Ok(rows.into_iter().filter_map(|row| Some((row.account_id, row.at?.and_utc()))).collect())
}

/// A mail to be made.
pub(in crate::reminder) struct NewMail<'a> {
    pub(in crate::reminder) id: String,
    pub(in crate::reminder) facility: i64,
    pub(in crate::reminder) account: i64,
    pub(in crate::reminder) kind: Kind,
    pub(in crate::reminder) period: String,
    pub(in crate::reminder) state: State,
    pub(in crate::reminder) message_id: &'a str,
    pub(in crate::reminder) covered_by: String,
    pub(in crate::reminder) now: DateTime<Utc>,
}

/// Writes key and row in one; `false` when the key is there already.
pub(in crate::reminder) fn insert(conn: &mut Conn, mail: &NewMail<'_>) -> Result<bool, StoreError> {
    let inserted = diesel::sql_query(
        "INSERT INTO outbox (uid, facility_id, account_id, kind, period, state, message_id, attempts, \
           next_attempt_at, leased_until, lease_token, created_at, sent_at, last_error, covered_by, counts) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, NULL, '', $9, NULL, '', $10, '') \
         ON CONFLICT (account_id, facility_id, kind, period) DO NOTHING",
    )
    .bind::<Text, _>(&mail.id)
    .bind::<BigInt, _>(mail.facility)
    .bind::<BigInt, _>(mail.account)
    .bind::<Text, _>(mail.kind.code())
    .bind::<Text, _>(&mail.period)
    .bind::<Text, _>(mail.state.word())
    .bind::<Text, _>(mail.message_id)
    .bind::<Timestamp, _>(mail.now.naive_utc())
    .bind::<Timestamp, _>(mail.now.naive_utc())
    .bind::<Text, _>(&mail.covered_by)
    .execute(conn)?;
    Ok(inserted == 1)
}

/// Name of the scheduler's row of a facility.
fn job_name(facility: i64) -> String {
    format!("reminders {facility}")
}

#[derive(QueryableByName)]
struct JobRow {
    #[diesel(sql_type = Text)]
    memo: String,
    #[diesel(sql_type = Nullable<Timestamp>)]
    last_run_at: Option<NaiveDateTime>,
}

/// The scheduler's history at a facility; `None` before its first run.
pub(in crate::reminder) fn runs(conn: &mut Conn, facility: i64) -> Result<Option<Runs>, StoreError> {
    let row: Option<JobRow> = diesel::sql_query("SELECT memo, last_run_at FROM job WHERE name = $1")
        .bind::<Text, _>(job_name(facility))
        .get_result(conn)
        .optional()?;
    match row {
        None => Ok(None),
        Some(row) => serde_json::from_str(&row.memo)
            .map(Some)
            .map_err(|e| StoreError::Unreadable { what: "history of the reminder job", why: e.to_string() }),
    }
}

/// When the scheduler last ran for a facility.
pub(in crate::reminder) fn last_run(
    conn: &mut Conn,
    facility: i64,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let row: Option<JobRow> = diesel::sql_query("SELECT memo, last_run_at FROM job WHERE name = $1")
        .bind::<Text, _>(job_name(facility))
        .get_result(conn)
        .optional()?;
    Ok(row.and_then(|row| row.last_run_at).map(|at| at.and_utc()))
}

/// Keeps the scheduler's history. The token counts the runs; a run that another one overtook cannot
/// commit on either database.
pub(in crate::reminder) fn keep_runs(
    conn: &mut Conn,
    facility: i64,
    runs: &Runs,
    holder: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let memo = serde_json::to_string(runs).expect("three days are always JSON");
    diesel::sql_query(
        "INSERT INTO job (name, holder, token, leased_until, last_run_at, memo) \
         VALUES ($1, $2, 1, $3, $4, $5) \
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = job.token + 1, \
           leased_until = excluded.leased_until, last_run_at = excluded.last_run_at, memo = excluded.memo",
    )
    .bind::<Text, _>(job_name(facility))
    .bind::<Text, _>(holder)
    .bind::<Timestamp, _>(now.naive_utc())
    .bind::<Timestamp, _>(now.naive_utc())
    .bind::<Text, _>(memo)
    .execute(conn)?;
    Ok(())
}

/// A mail that a worker holds.
#[derive(Clone, Debug)]
pub(in crate::reminder) struct Leased {
    pub(in crate::reminder) key: i64,
    pub(in crate::reminder) id: String,
    pub(in crate::reminder) account: i64,
    pub(in crate::reminder) kind_word: String,
    pub(in crate::reminder) period: String,
    pub(in crate::reminder) message_id: String,
    pub(in crate::reminder) attempts: i32,
    pub(in crate::reminder) created_at: DateTime<Utc>,
    pub(in crate::reminder) leased_until: DateTime<Utc>,
    pub(in crate::reminder) token: String,
    pub(in crate::reminder) remark: String,
}

#[derive(QueryableByName)]
struct LeasedRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    uid: String,
    #[diesel(sql_type = BigInt)]
    account_id: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    period: String,
    #[diesel(sql_type = Text)]
    message_id: String,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Timestamp)]
    created_at: NaiveDateTime,
    #[diesel(sql_type = Text)]
    last_error: String,
}

/// Which mails a worker looks at.
#[derive(Clone, Copy, Debug)]
pub(in crate::reminder) struct Wanted {
    pub(in crate::reminder) facility: i64,
    /// Mails with a greater row key only, so that one pass tries each mail once.
    pub(in crate::reminder) after: i64,
    /// Waiting ones whose next attempt is not later than this.
    pub(in crate::reminder) due_by: DateTime<Utc>,
    /// Only mails that somebody waits for, tests and codes: it is quiet.
    pub(in crate::reminder) waited_for: bool,
}

/// Takes the next mail: one that waits, or one whose worker did not come back in time.
pub(in crate::reminder) fn lease(
    conn: &mut Conn,
    wanted: Wanted,
    now: DateTime<Utc>,
    token: &str,
) -> Result<Option<Leased>, StoreError> {
    let until = now + LEASE;
    // Workers of several servers step over each other's rows instead of waiting for them.
    let skip = if matches!(conn, Conn::Pg(_)) { " FOR UPDATE SKIP LOCKED" } else { "" };
    let kinds = if wanted.waited_for { " AND kind IN ('TEST', 'QC')" } else { "" };
    let sql = format!(
        "UPDATE outbox SET state = 'sending', leased_until = $1, lease_token = $2, attempts = attempts + 1 \
         WHERE id = (SELECT id FROM outbox WHERE facility_id = $3 AND id > $4 AND \
             ((state = 'queued' AND next_attempt_at <= $5) OR (state = 'sending' AND leased_until < $6))\
             {kinds} ORDER BY id LIMIT 1{skip}) \
         RETURNING id, uid, account_id, kind, period, message_id, attempts, created_at, last_error"
    );
    let row: Option<LeasedRow> = diesel::sql_query(sql)
        .bind::<Timestamp, _>(until.naive_utc())
        .bind::<Text, _>(token)
        .bind::<BigInt, _>(wanted.facility)
        .bind::<BigInt, _>(wanted.after)
        .bind::<Timestamp, _>(wanted.due_by.naive_utc())
        .bind::<Timestamp, _>(now.naive_utc())
        .get_result(conn)
        .optional()?;
    Ok(row.map(|row| Leased {
        key: row.id,
        id: row.uid,
        account: row.account_id,
        kind_word: row.kind,
        period: row.period,
        message_id: row.message_id,
        attempts: row.attempts,
        created_at: row.created_at.and_utc(),
        leased_until: until,
        token: token.to_owned(),
        remark: row.last_error,
    }))
}

/// How a worker leaves a mail.
pub(in crate::reminder) struct Left<'a> {
    pub(in crate::reminder) state: State,
    pub(in crate::reminder) next_attempt_at: Option<DateTime<Utc>>,
    pub(in crate::reminder) sent_at: Option<DateTime<Utc>>,
    pub(in crate::reminder) remark: &'a str,
    pub(in crate::reminder) counts: Option<SentCounts>,
}

/// Writes what became of a mail; `false` when another worker holds it by now.
pub(in crate::reminder) fn leave(
    conn: &mut Conn,
    mail: &Leased,
    left: &Left<'_>,
) -> Result<bool, StoreError> {
    let updated = diesel::sql_query(
        "UPDATE outbox SET state = $1, next_attempt_at = COALESCE($2, next_attempt_at), sent_at = $3, \
           last_error = $4, counts = COALESCE($5, counts), leased_until = NULL, lease_token = '' \
         WHERE id = $6 AND state = 'sending' AND lease_token = $7",
    )
    .bind::<Text, _>(left.state.word())
    .bind::<Nullable<Timestamp>, _>(left.next_attempt_at.map(|at| at.naive_utc()))
    .bind::<Nullable<Timestamp>, _>(left.sent_at.map(|at| at.naive_utc()))
    .bind::<Text, _>(left.remark)
    .bind::<Nullable<Text>, _>(left.counts.map(SentCounts::to_json))
    .bind::<BigInt, _>(mail.key)
    .bind::<Text, _>(&mail.token)
    .execute(conn)?;
    Ok(updated == 1)
}

/// Counts a hard bounce of a person's address, or forgets them after a mail was taken.
pub(in crate::reminder) fn address_answered(
    conn: &mut Conn,
    account: i64,
    refused: bool,
) -> Result<(), StoreError> {
    let sql = if refused {
        "UPDATE account SET mail_refused = mail_refused + 1 WHERE id = $1"
    } else {
        "UPDATE account SET mail_refused = 0 WHERE id = $1 AND mail_refused > 0"
    };
    diesel::sql_query(sql).bind::<BigInt, _>(account).execute(conn)?;
    Ok(())
}

/// A failed mail waits again, from the beginning of its attempts; `false` when it has not failed.
pub(in crate::reminder) fn retry(conn: &mut Conn, key: i64, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let updated = diesel::sql_query(
        "UPDATE outbox SET state = 'queued', attempts = 0, next_attempt_at = $1 \
         WHERE id = $2 AND state = 'failed'",
    )
    .bind::<Timestamp, _>(now.naive_utc())
    .bind::<BigInt, _>(key)
    .execute(conn)?;
    Ok(updated == 1)
}
