//! Contacts recorded, and who has how much work.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::{
    ExpressionMethods, QueryableByName, RunQueryDsl,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};

use super::{
    Owner,
    statement::{Statement, Value},
};
use crate::{
    abstracting::open_states,
    access::Scope,
    db::{Conn, StoreError, Tx},
};

/// One contact of the history.
#[derive(Clone, Debug, QueryableByName)]
pub(crate) struct HistoryRow {
    /// Date of contact, digits; empty for a chart review.
    #[diesel(sql_type = Text)]
    pub(crate) contact_date: String,
    /// Who told.
    #[diesel(sql_type = Text)]
    pub(crate) follow_up_source: String,
    /// Alive or dead.
    #[diesel(sql_type = Text)]
    pub(crate) vital_status: String,
    /// Evidence, reason of a correction.
    #[diesel(sql_type = Text)]
    pub(crate) detail: String,
    /// When it was recorded.
    #[diesel(sql_type = Timestamp)]
    pub(crate) recorded_at: NaiveDateTime,
    /// By whom.
    #[diesel(sql_type = Text)]
    pub(crate) actor_name: String,
}

/// The contacts recorded of a patient, newest first.
pub(crate) fn history(conn: &mut Conn, scope: Scope, patient: i64) -> Result<Vec<HistoryRow>, StoreError> {
    let mut s = Statement::new(
        "SELECT contact_date, follow_up_source, vital_status, detail, recorded_at, actor_name FROM contact WHERE ",
    );
    s.with(
        "patient_id = ? AND facility_id = ? ORDER BY id DESC LIMIT 100",
        [Value::Key(patient), Value::Key(scope.facility())],
    );
    s.load(conn)
}

/// Keeps a contact in the history, with the transaction that changed the record.
pub(crate) fn add_contact(
    tx: &mut Tx<'_>,
    patient_key: i64,
    on: &str,
    source: &str,
    vital: &str,
    words: &str,
) -> Result<(), StoreError> {
    use crate::db::schema::contact::dsl::{
        account_id, actor_name, contact, contact_date, detail, facility_id, follow_up_source, patient_id,
        recorded_at, uid, vital_status,
    };
    let row = (
        uid.eq(tx.new_id().to_string()),
        patient_id.eq(patient_key),
        facility_id.eq(tx.scope()?.facility()),
        contact_date.eq(on),
        follow_up_source.eq(source),
        vital_status.eq(vital),
        detail.eq(words),
        recorded_at.eq(tx.now().naive_utc()),
        account_id.eq(tx.actor().account()),
        actor_name.eq(tx.actor().name.clone()),
    );
    diesel::insert_into(contact).values(row).execute(tx.conn())?;
    Ok(())
}

/// What one owner has.
#[derive(Clone, Debug, QueryableByName)]
pub(crate) struct LoadRow {
    /// The account; none: the pool.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(crate) owner_id: Option<i64>,
    /// Patients due, overdue or delinquent.
    #[diesel(sql_type = BigInt)]
    pub(crate) open: i64,
    /// Patients followed.
    #[diesel(sql_type = BigInt)]
    pub(crate) followed: i64,
    /// Cases not complete.
    #[diesel(sql_type = BigInt)]
    pub(crate) cases: i64,
}

/// Work by owner, most first.
pub(crate) fn loads(conn: &mut Conn, scope: Scope, as_of: NaiveDate) -> Result<Vec<LoadRow>, StoreError> {
    let day = || Value::Day(as_of);
    let mut s = Statement::new(
        "SELECT owner_id, sum(o) AS open, sum(f) AS followed, sum(c) AS cases FROM (SELECT owner_id, CASE ",
    );
    s.with("WHEN lost_at IS NOT NULL AND delinquent_from <= ? THEN 0 ", [day()]);
    s.with("WHEN due_on IS NULL OR due_on <= ? THEN 1 ELSE 0 END AS o, 1 AS f, 0 AS c ", [day()]);
    s.with("FROM patient WHERE facility_id = ? AND followed = TRUE", [Value::Key(scope.facility())]);
    super::not_too_old(&mut s, as_of);
    s.push(" UNION ALL SELECT owner_id, 0, 0, 1 FROM tumor WHERE ");
    s.with(
        &format!("facility_id = ? AND state IN ({}) AND voided = FALSE", open_states()),
        [Value::Key(scope.facility())],
    );
    s.push(") AS work GROUP BY owner_id ORDER BY open DESC, followed DESC, cases DESC, owner_id");
    s.load(conn)
}

#[derive(QueryableByName)]
struct OwnedRow {
    #[diesel(sql_type = BigInt)]
    patient_id: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    tumor_id: Option<i64>,
}

/// Everything an owner has, by patient: is the follow-up theirs, and which cases not complete.
pub(crate) fn owned_by(
    conn: &mut Conn,
    scope: Scope,
    owner: Option<i64>,
) -> Result<BTreeMap<i64, (bool, Vec<i64>)>, StoreError> {
    let owner = owner.map_or(Owner::Pool, Owner::Person);
    let mut s = Statement::new("SELECT id AS patient_id, NULL AS tumor_id FROM patient WHERE ");
    s.with("facility_id = ? AND followed = TRUE", [Value::Key(scope.facility())]);
    super::owned(&mut s, owner);
    s.push(" UNION ALL SELECT patient_id, id AS tumor_id FROM tumor WHERE ");
    s.with(
        &format!("facility_id = ? AND state IN ({}) AND voided = FALSE", open_states()),
        [Value::Key(scope.facility())],
    );
    super::owned(&mut s, owner);
    let mut all: BTreeMap<i64, (bool, Vec<i64>)> = BTreeMap::new();
    for row in s.load::<OwnedRow>(conn)? {
        let entry = all.entry(row.patient_id).or_default();
        match row.tumor_id {
            None => entry.0 = true,
            Some(tumor) => entry.1.push(tumor),
        }
    }
    Ok(all)
}
