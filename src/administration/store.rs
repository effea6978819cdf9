//! Queries of the first page and the audit list.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::{
    QueryableByName, RunQueryDsl, sql_query,
    sql_types::{BigInt, Date, Nullable, Text, Timestamp},
};

use crate::{
    abstracting::open_states,
    access::Scope,
    db::{Conn, StoreError},
    followup_rules::FAR,
};

/// An open task of somebody.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct OpenTask {
    #[diesel(sql_type = BigInt)]
    pub(super) patient_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) tumor_id: i64,
    /// Public id of the case.
    #[diesel(sql_type = Text)]
    pub(super) case_uid: String,
    #[diesel(sql_type = Text)]
    pub(super) body: String,
    #[diesel(sql_type = Text)]
    pub(super) created_by: String,
    #[diesel(sql_type = Nullable<Date>)]
    pub(super) due_on: Option<NaiveDate>,
}

/// Open tasks of a person, those with the nearest day first.
pub(super) fn open_tasks(
    conn: &mut Conn,
    scope: Scope,
    account: i64,
    most: i64,
) -> Result<Vec<OpenTask>, StoreError> {
    Ok(sql_query(
        "SELECT t.patient_id, t.id AS tumor_id, t.uid AS case_uid, n.body, n.created_by, n.due_on \
         FROM note n JOIN tumor t ON t.id = n.tumor_id JOIN patient p ON p.id = t.patient_id \
         WHERE n.facility_id = $1 AND n.assigned_to = $2 AND n.done_at IS NULL AND n.kind = 'task' \
         AND t.voided = $3 AND p.state = 'active' \
         ORDER BY CASE WHEN n.due_on IS NULL THEN 1 ELSE 0 END, n.due_on, n.id LIMIT $4",
    )
    .bind::<BigInt, _>(scope.facility())
    .bind::<BigInt, _>(account)
    .bind::<diesel::sql_types::Bool, _>(false)
    .bind::<BigInt, _>(most)
    .load(conn)?)
}

/// An open abstract of the first page.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct OpenAbstract {
    #[diesel(sql_type = BigInt)]
    pub(super) patient_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) tumor_id: i64,
    #[diesel(sql_type = Text)]
    pub(super) uid: String,
    #[diesel(sql_type = Text)]
    pub(super) name_last: String,
    #[diesel(sql_type = Text)]
    pub(super) name_first: String,
    #[diesel(sql_type = Text)]
    pub(super) primary_site: String,
    #[diesel(sql_type = Text)]
    pub(super) state: String,
    #[diesel(sql_type = Nullable<Date>)]
    pub(super) abstract_due: Option<NaiveDate>,
}

/// Open abstracts of one owner, the most urgent first.
pub(super) fn open_abstracts(
    conn: &mut Conn,
    scope: Scope,
    owner: i64,
    most: i64,
) -> Result<Vec<OpenAbstract>, StoreError> {
    Ok(sql_query(format!(
        "SELECT p.id AS patient_id, t.id AS tumor_id, t.uid, p.name_last, p.name_first, t.primary_site, t.state, t.abstract_due \
         FROM tumor t JOIN patient p ON p.id = t.patient_id \
         WHERE t.id IN (SELECT id FROM tumor WHERE facility_id = $1 AND owner_id = $2 AND voided = $3 \
         AND state IN ({}) \
         AND patient_id NOT IN (SELECT id FROM patient WHERE facility_id = $4 AND state <> 'active') \
         ORDER BY COALESCE(abstract_due, $5), id LIMIT $6) ORDER BY COALESCE(t.abstract_due, $7), t.id",
        open_states()
    ))
    .bind::<BigInt, _>(scope.facility())
    .bind::<BigInt, _>(owner)
    .bind::<diesel::sql_types::Bool, _>(false)
    .bind::<BigInt, _>(scope.facility())
    .bind::<Date, _>(FAR)
    .bind::<BigInt, _>(most)
    .bind::<Date, _>(FAR)
    .load(conn)?)
}

#[derive(QueryableByName)]
struct OpenCount {
    #[diesel(sql_type = BigInt)]
    open: i64,
    #[diesel(sql_type = BigInt)]
    late: i64,
}

/// (open abstracts, those past their day) of one owner.
pub(super) fn abstract_counts(
    conn: &mut Conn,
    scope: Scope,
    owner: i64,
    as_of: NaiveDate,
) -> Result<(i64, i64), StoreError> {
    let rows: Vec<OpenCount> = sql_query(format!(
        "SELECT count(*) AS open, COALESCE(SUM(CASE WHEN t.abstract_due < $1 THEN 1 ELSE 0 END), 0) AS late \
         FROM tumor t JOIN patient p ON p.id = t.patient_id \
         WHERE t.facility_id = $2 AND t.owner_id = $3 AND t.voided = $4 AND p.state = 'active' \
         AND t.state IN ({})",
        open_states()
    ))
    .bind::<Date, _>(as_of)
    .bind::<BigInt, _>(scope.facility())
    .bind::<BigInt, _>(owner)
    .bind::<diesel::sql_types::Bool, _>(false)
    .load(conn)?;
    Ok(rows.first().map_or((0, 0), |r| (r.open, r.late)))
}

/// A line of the audit list.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct AuditLine {
    #[diesel(sql_type = BigInt)]
    pub(super) id: i64,
    #[diesel(sql_type = Timestamp)]
    pub(super) at: NaiveDateTime,
    #[diesel(sql_type = Text)]
    pub(super) actor_name: String,
    #[diesel(sql_type = Text)]
    pub(super) action: String,
    #[diesel(sql_type = Text)]
    pub(super) outcome: String,
    #[diesel(sql_type = Text)]
    pub(super) fields: String,
    #[diesel(sql_type = Text)]
    pub(super) detail: String,
}

/// What the audit list is narrowed to; empty texts do not narrow.
#[derive(Clone, Debug, Default)]
pub(super) struct AuditFilter {
    pub(super) person: String,
    pub(super) action: String,
    pub(super) patient_number: String,
    /// Only events before this one: the next page.
    pub(super) before: i64,
}

/// Events of a facility, newest first. The patient number is looked up among patients and never shown by name.
pub(super) fn audit_lines(
    conn: &mut Conn,
    scope: Scope,
    filter: &AuditFilter,
    most: i64,
) -> Result<Vec<AuditLine>, StoreError> {
    // Events before a facility was chosen (signing in) belong to none and are shown to every auditor.
    let base = "SELECT e.id, e.at, e.actor_name, e.action, e.outcome, e.fields, e.detail FROM audit_event e \
                WHERE (e.facility_id = $1 OR e.facility_id IS NULL) AND e.id < $2 \
                AND ($3 = '' OR e.actor_name = $4) AND ($5 = '' OR e.action = $6)";
    let by_patient = " AND ($7 = '' OR e.id IN (SELECT s.event_id FROM audit_subject s JOIN patient p ON p.id = s.patient_id \
                      WHERE p.facility_id = $8 AND p.patient_id_number = $9))";
    Ok(sql_query(format!("{base}{by_patient} ORDER BY e.id DESC LIMIT $10"))
        .bind::<BigInt, _>(scope.facility())
        .bind::<BigInt, _>(if filter.before > 0 { filter.before } else { i64::MAX })
        .bind::<Text, _>(&filter.person)
        .bind::<Text, _>(&filter.person)
        .bind::<Text, _>(&filter.action)
        .bind::<Text, _>(&filter.action)
        .bind::<Text, _>(&filter.patient_number)
        .bind::<BigInt, _>(scope.facility())
        .bind::<Text, _>(&filter.patient_number)
        .bind::<BigInt, _>(most)
        .load(conn)?)
}

#[derive(QueryableByName)]
struct SubjectNumber {
    #[diesel(sql_type = BigInt)]
    event_id: i64,
    #[diesel(sql_type = Text)]
    number: String,
}

/// Patient numbers of events, for the audit list.
pub(super) fn patient_numbers(
    conn: &mut Conn,
    scope: Scope,
    from: i64,
    to: i64,
) -> Result<Vec<(i64, String)>, StoreError> {
    let rows: Vec<SubjectNumber> = sql_query(
        "SELECT DISTINCT s.event_id, p.patient_id_number AS number FROM audit_subject s JOIN patient p ON p.id = s.patient_id \
         WHERE s.event_id >= $1 AND s.event_id <= $2 AND p.facility_id = $3 ORDER BY s.event_id, number",
    )
    .bind::<BigInt, _>(from)
    .bind::<BigInt, _>(to)
    .bind::<BigInt, _>(scope.facility())
    .load(conn)?;
    Ok(rows.into_iter().map(|r| (r.event_id, r.number)).collect())
}
