//! Rows of requests to merge, of what was merged, and of pairs that are two people.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::{
    access::Scope,
    db::{
        Conn, StoreError, Tx,
        schema::{
            contact, draft, former_accession, note, patient, patient_merge, quality_review, tumor, two_people,
        },
    },
};

/// Open requests read at most.
const MOST: i64 = 300;

/// What becomes of a column that names a patient or a case when two records are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Written anew for the person.
    Moves,
    /// It names a case, and the case moves.
    WithCase,
    /// It tells of what was, under the record it was done on; the record leads on to the person.
    Stays,
}

/// Every column that names a patient or a case, and what a merge does with it. A test compares the list with both
/// databases.
pub const NAMED: &[(&str, &str, Fate)] = &[
    ("audit_subject", "patient_id", Fate::Stays),
    ("audit_subject", "tumor_id", Fate::WithCase),
    ("contact", "patient_id", Fate::Moves),
    ("deletion_request", "tumor_id", Fate::WithCase),
    ("draft", "patient_id", Fate::Moves),
    ("draft", "tumor_id", Fate::WithCase),
    ("edit_decision", "tumor_id", Fate::WithCase),
    ("import_review", "patient_id", Fate::Stays),
    ("import_review", "tumor_id", Fate::WithCase),
    ("note", "patient_id", Fate::Moves),
    ("note", "tumor_id", Fate::WithCase),
    ("patient_merge", "merged_id", Fate::Stays),
    ("patient_merge", "survivor_id", Fate::Stays),
    ("patient_name", "patient_id", Fate::Stays),
    ("patient_version", "patient_id", Fate::Stays),
    ("physician_query", "tumor_id", Fate::WithCase),
    ("quality_review", "tumor_id", Fate::WithCase),
    ("source_document", "tumor_id", Fate::WithCase),
    ("submission_item", "tumor_id", Fate::WithCase),
    ("suspense_item", "tumor_id", Fate::WithCase),
    ("tumor", "patient_id", Fate::Moves),
    ("tumor_check", "tumor_id", Fate::WithCase),
    ("tumor_version", "patient_id", Fate::Stays),
    ("tumor_version", "tumor_id", Fate::WithCase),
    ("two_people", "first_id", Fate::Moves),
    ("two_people", "second_id", Fate::Moves),
];

/// A request to merge two records, and what became of it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = patient_merge)]
pub(super) struct MergeRow {
    pub(super) id: i64,
    pub(super) uid: String,
    pub(super) survivor_id: i64,
    pub(super) merged_id: i64,
    /// `open`, `declined`, `merged`, `undo_asked` or `undone`.
    pub(super) state: String,
    pub(super) reason: String,
    /// The choices and answers, as JSON.
    pub(super) plan: String,
    pub(super) asked_at: NaiveDateTime,
    pub(super) asked_account_id: Option<i64>,
    /// Login of who asked.
    pub(super) asked_by: String,
    pub(super) decided_at: Option<NaiveDateTime>,
    pub(super) decided_by: String,
    /// What was done, as JSON.
    pub(super) done: String,
    pub(super) undo_reason: String,
    pub(super) undo_asked_at: Option<NaiveDateTime>,
    pub(super) undo_account_id: Option<i64>,
    pub(super) undo_by: String,
    pub(super) undone_at: Option<NaiveDateTime>,
    pub(super) undone_by: String,
}

/// The request of this public id.
pub(super) fn by_uid(conn: &mut Conn, scope: Scope, uid: &str) -> Result<Option<MergeRow>, StoreError> {
    Ok(patient_merge::table
        .filter(patient_merge::facility_id.eq(scope.facility()).and(patient_merge::uid.eq(uid)))
        .select(MergeRow::as_select())
        .first(conn)
        .optional()?)
}

/// Requests about a patient in some states, newest first.
pub(super) fn of_patient(
    conn: &mut Conn,
    scope: Scope,
    key: i64,
    states: &[&str],
) -> Result<Vec<MergeRow>, StoreError> {
    let mut rows: Vec<MergeRow> = patient_merge::table
        .filter(patient_merge::facility_id.eq(scope.facility()).and(patient_merge::survivor_id.eq(key)))
        .filter(patient_merge::state.eq_any(states.to_vec()))
        .select(MergeRow::as_select())
        .load(conn)?;
    rows.extend(
        patient_merge::table
            .filter(patient_merge::facility_id.eq(scope.facility()).and(patient_merge::merged_id.eq(key)))
            .filter(patient_merge::state.eq_any(states.to_vec()))
            .select(MergeRow::as_select())
            .load::<MergeRow>(conn)?,
    );
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    Ok(rows)
}

/// Requests of a facility in a state, oldest first.
pub(super) fn in_state(conn: &mut Conn, scope: Scope, state: &str) -> Result<Vec<MergeRow>, StoreError> {
    Ok(patient_merge::table
        .filter(patient_merge::facility_id.eq(scope.facility()).and(patient_merge::state.eq(state)))
        .order(patient_merge::id)
        .limit(MOST)
        .select(MergeRow::as_select())
        .load(conn)?)
}

/// Keeps a request; gives its public id.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    survivor: i64,
    merged: i64,
    reason: &str,
    plan: &str,
) -> Result<String, StoreError> {
    let (scope, uid, now) = (tx.scope()?, tx.new_id().to_string(), tx.now().naive_utc());
    let (account, by) = (tx.actor().account(), tx.actor().name.clone());
    diesel::insert_into(patient_merge::table)
        .values((
            (
                patient_merge::uid.eq(&uid),
                patient_merge::facility_id.eq(scope.facility()),
                patient_merge::survivor_id.eq(survivor),
                patient_merge::merged_id.eq(merged),
                patient_merge::state.eq("open"),
                patient_merge::reason.eq(reason),
                patient_merge::plan.eq(plan),
            ),
            (
                patient_merge::asked_at.eq(now),
                patient_merge::asked_account_id.eq(account),
                patient_merge::asked_by.eq(by),
                patient_merge::decided_by.eq(""),
                patient_merge::done.eq("{}"),
                patient_merge::undo_reason.eq(""),
                patient_merge::undo_by.eq(""),
                patient_merge::undone_by.eq(""),
            ),
        ))
        .execute(tx.conn())?;
    Ok(uid)
}

/// Decides an open request; `false` when somebody was faster.
pub(super) fn decide(tx: &mut Tx<'_>, id: i64, state: &'static str, done: &str) -> Result<bool, StoreError> {
    let (now, by) = (tx.now().naive_utc(), tx.actor().name.clone());
    let open = patient_merge::table.filter(patient_merge::id.eq(id).and(patient_merge::state.eq("open")));
    let rows = diesel::update(open)
        .set((
            patient_merge::state.eq(state),
            patient_merge::decided_at.eq(Some(now)),
            patient_merge::decided_by.eq(by),
            patient_merge::done.eq(done),
        ))
        .execute(tx.conn())?;
    Ok(rows == 1)
}

/// Asks to part merged records again; `false` when it is asked for already.
pub(super) fn ask_undo(tx: &mut Tx<'_>, id: i64, reason: &str) -> Result<bool, StoreError> {
    let (now, by) = (tx.now().naive_utc(), tx.actor().name.clone());
    let account = tx.actor().account();
    let merged = patient_merge::table.filter(patient_merge::id.eq(id).and(patient_merge::state.eq("merged")));
    let rows = diesel::update(merged)
        .set((
            patient_merge::state.eq("undo_asked"),
            patient_merge::undo_reason.eq(reason),
            patient_merge::undo_asked_at.eq(Some(now)),
            patient_merge::undo_account_id.eq(account),
            patient_merge::undo_by.eq(by),
        ))
        .execute(tx.conn())?;
    Ok(rows == 1)
}

/// Decides whether merged records are parted again; `false` when somebody was faster.
pub(super) fn decide_undo(
    tx: &mut Tx<'_>,
    id: i64,
    state: &'static str,
    done: &str,
) -> Result<bool, StoreError> {
    let (now, by) = (tx.now().naive_utc(), tx.actor().name.clone());
    let asked =
        patient_merge::table.filter(patient_merge::id.eq(id).and(patient_merge::state.eq("undo_asked")));
    let rows = diesel::update(asked)
        .set((
            patient_merge::state.eq(state),
            patient_merge::undone_at.eq(Some(now)),
            patient_merge::undone_by.eq(by),
            patient_merge::done.eq(done),
        ))
        .execute(tx.conn())?;
    Ok(rows == 1)
}

/// Keeps the accession numbers of a merged record.
pub(super) fn keep_numbers(tx: &mut Tx<'_>, merge: i64, numbers: &[String]) -> Result<(), StoreError> {
    let scope = tx.scope()?;
    for number in numbers {
        diesel::insert_into(former_accession::table)
            .values((
                former_accession::facility_id.eq(scope.facility()),
                former_accession::merge_id.eq(merge),
                former_accession::number.eq(number),
            ))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// Contacts and notes on the patient alone, by row key.
pub(super) fn beside_cases(
    conn: &mut Conn,
    scope: Scope,
    key: i64,
) -> Result<(Vec<i64>, Vec<i64>), StoreError> {
    let contacts = contact::table
        .filter(contact::facility_id.eq(scope.facility()).and(contact::patient_id.eq(key)))
        .order(contact::id)
        .select(contact::id)
        .load(conn)?;
    let notes = note::table
        .filter(note::facility_id.eq(scope.facility()).and(note::patient_id.eq(key)))
        .filter(note::tumor_id.is_null())
        .order(note::id)
        .select(note::id)
        .load(conn)?;
    Ok((contacts, notes))
}

/// Gives contacts and notes on the patient alone to another patient.
pub(super) fn give(tx: &mut Tx<'_>, contacts: &[i64], notes: &[i64], to: i64) -> Result<(), StoreError> {
    let here = tx.scope()?.facility();
    for some in contacts.chunks(500) {
        let rows = contact::facility_id.eq(here).and(contact::id.eq_any(some.to_vec()));
        diesel::update(contact::table.filter(rows)).set(contact::patient_id.eq(to)).execute(tx.conn())?;
    }
    for some in notes.chunks(500) {
        let rows = note::facility_id.eq(here).and(note::id.eq_any(some.to_vec()));
        diesel::update(note::table.filter(rows)).set(note::patient_id.eq(to)).execute(tx.conn())?;
    }
    Ok(())
}

/// Notes, tasks and typing of cases go with the cases to their patient.
pub(super) fn follow_cases(tx: &mut Tx<'_>, cases: &[i64], to: i64) -> Result<(), StoreError> {
    let here = tx.scope()?.facility();
    let notes = note::facility_id.eq(here).and(note::tumor_id.eq_any(cases.to_vec()));
    diesel::update(note::table.filter(notes)).set(note::patient_id.eq(to)).execute(tx.conn())?;
    let drafts = draft::facility_id.eq(here).and(draft::tumor_id.eq_any(cases.to_vec()));
    diesel::update(draft::table.filter(drafts)).set(draft::patient_id.eq(to)).execute(tx.conn())?;
    Ok(())
}

/// Typing that names only the patient goes to who stays.
pub(super) fn give_drafts(tx: &mut Tx<'_>, from: i64, to: i64) -> Result<(), StoreError> {
    let rows = draft::facility_id.eq(tx.scope()?.facility()).and(draft::patient_id.eq(from));
    diesel::update(draft::table.filter(rows)).set(draft::patient_id.eq(to)).execute(tx.conn())?;
    Ok(())
}

/// Closes the open tasks of some cases that begin like this.
pub(super) fn close_tasks(tx: &mut Tx<'_>, cases: &[i64], begin: &str) -> Result<(), StoreError> {
    let (here, now, by) = (tx.scope()?.facility(), tx.now().naive_utc(), tx.actor().name.clone());
    let open = note::table
        .filter(note::facility_id.eq(here).and(note::tumor_id.eq_any(cases.to_vec())))
        .filter(note::kind.eq("task").and(note::done_at.is_null()).and(note::body.like(format!("{begin}%"))));
    let keys: Vec<i64> = open.select(note::id).load(tx.conn())?;
    diesel::update(note::table.filter(note::id.eq_any(keys)))
        .set((note::done_at.eq(Some(now)), note::done_by.eq(by), note::version.eq(note::version + 1)))
        .execute(tx.conn())?;
    Ok(())
}

/// Which of these cases somebody reviews, or is to review.
pub(super) fn in_review(conn: &mut Conn, scope: Scope, cases: &[i64]) -> Result<Vec<i64>, StoreError> {
    Ok(quality_review::table
        .filter(quality_review::facility_id.eq(scope.facility()))
        .filter(quality_review::tumor_id.eq_any(cases.to_vec()))
        .filter(quality_review::state.eq_any(["waiting", "taken", "locked"]))
        .select(quality_review::tumor_id)
        .load(conn)?)
}

/// Why two records are two people: reason and who said so; the row keys in either order.
pub(super) fn two_people_mark(
    conn: &mut Conn,
    scope: Scope,
    a: i64,
    b: i64,
) -> Result<Option<(String, String, NaiveDateTime)>, StoreError> {
    Ok(two_people::table
        .filter(two_people::facility_id.eq(scope.facility()))
        .filter(two_people::first_id.eq(a.min(b)).and(two_people::second_id.eq(a.max(b))))
        .select((two_people::reason, two_people::actor_name, two_people::at))
        .first(conn)
        .optional()?)
}

/// Pairs among these patients that are two people, the smaller row key first.
pub(super) fn two_people_among(
    conn: &mut Conn,
    scope: Scope,
    keys: &[i64],
) -> Result<Vec<(i64, i64)>, StoreError> {
    let mut pairs = Vec::new();
    for some in keys.chunks(500) {
        pairs.extend(
            two_people::table
                .filter(two_people::facility_id.eq(scope.facility()))
                .filter(two_people::first_id.eq_any(some.to_vec()))
                .select((two_people::first_id, two_people::second_id))
                .load::<(i64, i64)>(conn)?,
        );
    }
    Ok(pairs)
}

/// Keeps that two records are two people; a mark that is there stays as it is.
pub(super) fn mark_two_people(tx: &mut Tx<'_>, a: i64, b: i64, reason: &str) -> Result<(), StoreError> {
    let (scope, now) = (tx.scope()?, tx.now().naive_utc());
    if two_people_mark(tx.conn(), scope, a, b)?.is_some() {
        return Ok(());
    }
    let (account, by) = (tx.actor().account(), tx.actor().name.clone());
    diesel::insert_into(two_people::table)
        .values((
            two_people::facility_id.eq(scope.facility()),
            two_people::first_id.eq(a.min(b)),
            two_people::second_id.eq(a.max(b)),
            two_people::reason.eq(reason),
            two_people::at.eq(now),
            two_people::account_id.eq(account),
            two_people::actor_name.eq(by),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Who is said to be somebody else than this patient: the other's row key, and why.
pub(super) fn others_than(conn: &mut Conn, scope: Scope, key: i64) -> Result<Vec<(i64, String)>, StoreError> {
    let here = || two_people::table.filter(two_people::facility_id.eq(scope.facility()));
    let mut found: Vec<(i64, String)> = here()
        .filter(two_people::first_id.eq(key))
        .select((two_people::second_id, two_people::reason))
        .load(conn)?;
    found.extend(
        here()
            .filter(two_people::second_id.eq(key))
            .select((two_people::first_id, two_people::reason))
            .load::<(i64, String)>(conn)?,
    );
    Ok(found)
}

/// Social security numbers that more than one record has, after one.
pub(super) fn shared_security_numbers(
    conn: &mut Conn,
    scope: Scope,
    after: &str,
    most: i64,
) -> Result<Vec<String>, StoreError> {
    Ok(patient::table
        .group_by(patient::social_security_number)
        .filter(patient::facility_id.eq(scope.facility()).and(patient::social_security_number.gt(after)))
        .having(diesel::dsl::count_star().gt(1))
        .order(patient::social_security_number)
        .select(patient::social_security_number)
        .limit(most)
        .load(conn)?)
}

/// Record numbers that cases of more than one patient have, after one.
pub(super) fn shared_record_numbers(
    conn: &mut Conn,
    scope: Scope,
    after: &str,
    most: i64,
) -> Result<Vec<String>, StoreError> {
    Ok(tumor::table
        .group_by(tumor::medical_record_number)
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::medical_record_number.gt(after)))
        .having(diesel::dsl::min(tumor::patient_id).ne(diesel::dsl::max(tumor::patient_id)))
        .order(tumor::medical_record_number)
        .select(tumor::medical_record_number)
        .limit(most)
        .load(conn)?)
}

/// Whole days of birth that more than one record has, after one.
pub(super) fn shared_birth_dates(
    conn: &mut Conn,
    scope: Scope,
    after: &str,
    most: i64,
) -> Result<Vec<String>, StoreError> {
    Ok(patient::table
        .group_by(patient::birth_date)
        .filter(patient::facility_id.eq(scope.facility()).and(patient::birth_date.gt(after)))
        .having(diesel::dsl::count_star().gt(1))
        .order(patient::birth_date)
        .select(patient::birth_date)
        .limit(most)
        .load(conn)?)
}

/// Active patients who have one of these values in the column that a list goes by.
pub(super) fn holders(
    conn: &mut Conn,
    scope: Scope,
    kind: super::duplicates::Shared,
    values: &[String],
) -> Result<Vec<i64>, StoreError> {
    use super::duplicates::Shared;
    let here = patient::facility_id.eq(scope.facility());
    Ok(match kind {
        Shared::SecurityNumber => patient::table
            .filter(here.and(patient::social_security_number.eq_any(values.to_vec())))
            .select(patient::id)
            .load(conn)?,
        Shared::BirthDate => patient::table
            .filter(here.and(patient::birth_date.eq_any(values.to_vec())))
            .select(patient::id)
            .load(conn)?,
        Shared::RecordNumber => tumor::table
            .filter(tumor::facility_id.eq(scope.facility()))
            .filter(tumor::medical_record_number.eq_any(values.to_vec()))
            .select(tumor::patient_id)
            .distinct()
            .load(conn)?,
    })
}
