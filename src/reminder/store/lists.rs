//! The outbox as people look at it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    OptionalExtension, QueryableByName, RunQueryDsl,
    sql_types::{BigInt, Integer, Nullable, Text, Timestamp},
};

use crate::{
    db::{Conn, StoreError},
    reminder::outbox::{OutboxRow, SentCounts, State},
};

#[derive(QueryableByName)]
struct ListedRow {
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
    state: String,
    #[diesel(sql_type = Text)]
    login: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    facility: String,
    #[diesel(sql_type = Text)]
    message_id: String,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Timestamp)]
    created_at: NaiveDateTime,
    #[diesel(sql_type = Timestamp)]
    next_attempt_at: NaiveDateTime,
    #[diesel(sql_type = Nullable<Timestamp>)]
    sent_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Text)]
    last_error: String,
    #[diesel(sql_type = Text)]
    covered_by: String,
    #[diesel(sql_type = Text)]
    counts: String,
}

impl TryFrom<ListedRow> for OutboxRow {
    type Error = StoreError;

    fn try_from(row: ListedRow) -> Result<Self, StoreError> {
        let state: State = row.state.parse().map_err(|_| StoreError::Unreadable {
            what: "state of a mail",
            why: "unknown word".to_owned(),
        })?;
        Ok(Self {
            key: row.id,
            id: row.uid,
            account: row.account_id,
            kind: row.kind.parse().ok(),
            kind_word: row.kind,
            period: row.period,
            state,
            recipient: row.login,
            recipient_name: row.name,
            facility: row.facility,
            message_id: row.message_id,
            attempts: row.attempts,
            created_at: row.created_at.and_utc(),
            next_attempt_at: row.next_attempt_at.and_utc(),
            sent_at: row.sent_at.map(|at| at.and_utc()),
            remark: row.last_error,
            covered_by: row.covered_by,
            counts: SentCounts::from_json(&row.counts),
        })
    }
}

const LISTED: &str = "SELECT o.id, o.uid, o.account_id, o.kind, o.period, o.state, a.login, a.name, \
      f.short_name AS facility, o.message_id, o.attempts, o.created_at, o.next_attempt_at, o.sent_at, \
      o.last_error, o.covered_by, o.counts \
    FROM outbox o JOIN account a ON a.id = o.account_id JOIN facility f ON f.id = o.facility_id";

/// Mails of a facility, newest first: of one state or all, made before the one with row key `after`.
pub(in crate::reminder) fn list(
    conn: &mut Conn,
    facility: i64,
    state: Option<State>,
    after: Option<i64>,
    limit: usize,
) -> Result<Vec<OutboxRow>, StoreError> {
    let word = state.map_or("", State::word);
    let rows: Vec<ListedRow> = diesel::sql_query(format!(
        "{LISTED} WHERE o.facility_id = $1 AND ($2 = '' OR o.state = $3) AND o.id < $4 ORDER BY o.id DESC LIMIT $5"
    ))
    .bind::<BigInt, _>(facility)
    .bind::<Text, _>(word)
    .bind::<Text, _>(word)
    .bind::<BigInt, _>(after.unwrap_or(i64::MAX))
    .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
    .load(conn)?;
    rows.into_iter().map(OutboxRow::try_from).collect()
}

/// Mails of one person at a facility that were made since a time, newest first.
pub(in crate::reminder) fn own(
    conn: &mut Conn,
    facility: i64,
    account: i64,
    since: DateTime<Utc>,
) -> Result<Vec<OutboxRow>, StoreError> {
    let rows: Vec<ListedRow> = diesel::sql_query(format!(
        "{LISTED} WHERE o.facility_id = $1 AND o.account_id = $2 AND o.created_at >= $3 \
           AND o.kind IN ('M1', 'M2', 'Q3') AND o.state <> 'covered' ORDER BY o.id DESC LIMIT 5"
    ))
    .bind::<BigInt, _>(facility)
    .bind::<BigInt, _>(account)
    .bind::<Timestamp, _>(since.naive_utc())
    .load(conn)?;
    rows.into_iter().map(OutboxRow::try_from).collect()
}

/// Mails about one question, newest first.
pub(in crate::reminder) fn about(
    conn: &mut Conn,
    facility: i64,
    query: &str,
) -> Result<Vec<OutboxRow>, StoreError> {
    let rows: Vec<ListedRow> = diesel::sql_query(format!(
        "{LISTED} WHERE o.facility_id = $1 AND o.kind IN ('Q1', 'Q2') AND o.period LIKE $2 ORDER BY o.id DESC LIMIT 20"
    ))
    .bind::<BigInt, _>(facility)
    .bind::<Text, _>(format!("{query}%"))
    .load(conn)?;
    rows.into_iter().map(OutboxRow::try_from).collect()
}

/// One mail of a facility by its public id.
pub(in crate::reminder) fn find(
    conn: &mut Conn,
    facility: i64,
    id: &str,
) -> Result<Option<OutboxRow>, StoreError> {
    let row: Option<ListedRow> =
        diesel::sql_query(format!("{LISTED} WHERE o.facility_id = $1 AND o.uid = $2"))
            .bind::<BigInt, _>(facility)
            .bind::<Text, _>(id)
            .get_result(conn)
            .optional()?;
    row.map(OutboxRow::try_from).transpose()
}

#[derive(QueryableByName)]
struct StateCount {
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// How many mails of a facility are in each state.
pub(in crate::reminder) fn by_state(
    conn: &mut Conn,
    facility: i64,
) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows: Vec<StateCount> =
        diesel::sql_query("SELECT state, COUNT(*) AS n FROM outbox WHERE facility_id = $1 GROUP BY state")
            .bind::<BigInt, _>(facility)
            .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.state, row.n)).collect())
}
