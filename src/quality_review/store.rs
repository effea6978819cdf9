//! Rows of reviews, and what selection counts.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::{dsl::sql, prelude::*, sql_types::BigInt};

use crate::{
    access::Scope,
    audit::AuditAction,
    db::{
        Conn, StoreError, Tx,
        schema::{audit_event, audit_subject, patient, quality_review as review, tumor},
    },
    followup_rules::ANALYTIC,
};

/// Reviews read at most.
const MOST: i64 = 300;

/// A review.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = review)]
pub(super) struct ReviewRow {
    pub(super) id: i64,
    pub(super) uid: String,
    #[diesel(column_name = tumor_id)]
    pub(super) tumor: i64,
    /// `waiting`, `taken`, `locked`, `accepted` or `returned`.
    pub(super) state: String,
    /// A word of [`super::sampling::Reason`].
    pub(super) reason: String,
    pub(super) chosen_at: NaiveDateTime,
    /// Account of who completed the abstract.
    #[diesel(column_name = abstractor_account_id)]
    pub(super) abstractor_account: Option<i64>,
    /// Login of who did.
    pub(super) abstractor: String,
    /// Their three characters (NAACCR item 570).
    pub(super) staff_code: String,
    #[diesel(column_name = reviewer_account_id)]
    pub(super) reviewer_account: Option<i64>,
    pub(super) reviewer: String,
    pub(super) locked_at: Option<NaiveDateTime>,
    /// `blind`, or `open` when the reviewer had opened the codes before the lock.
    pub(super) mode: String,
    /// What the reviewer typed, as pairs in JSON.
    pub(super) typed: String,
    /// What the comparison found, as JSON; empty before the lock.
    pub(super) compared: String,
    pub(super) decided_at: Option<NaiveDateTime>,
    pub(super) comment: String,
}

/// Case, accession number, sequence number and name of the patient of a review.
pub(super) type Whose = (String, String, String, i64, String, String);

type WhoseColumns = (
    tumor::uid,
    tumor::accession_number,
    tumor::sequence_number,
    patient::id,
    patient::name_last,
    patient::name_first,
);

const WHOSE: WhoseColumns = (
    tumor::uid,
    tumor::accession_number,
    tumor::sequence_number,
    patient::id,
    patient::name_last,
    patient::name_first,
);

/// Reviews that are not decided, oldest first; only those whose case is in review still.
pub(super) fn open(conn: &mut Conn, scope: Scope) -> Result<Vec<(ReviewRow, Whose)>, StoreError> {
    Ok(review::table
        .inner_join(tumor::table.inner_join(patient::table))
        .filter(review::facility_id.eq(scope.facility()))
        .filter(review::state.eq_any(["waiting", "taken", "locked"]))
        .filter(tumor::voided.eq(false).and(tumor::state.eq("qa_review")).and(patient::state.eq("active")))
        .order(review::id)
        .limit(MOST)
        .select((ReviewRow::as_select(), WHOSE))
        .load(conn)?)
}

/// The review of this public id.
pub(super) fn by_uid(conn: &mut Conn, scope: Scope, uid: &str) -> Result<Option<ReviewRow>, StoreError> {
    Ok(review::table
        .filter(review::facility_id.eq(scope.facility()).and(review::uid.eq(uid)))
        .select(ReviewRow::as_select())
        .first(conn)
        .optional()?)
}

/// The newest review of a case.
pub(super) fn of_case(conn: &mut Conn, scope: Scope, tumor: i64) -> Result<Option<ReviewRow>, StoreError> {
    Ok(review::table
        .filter(review::facility_id.eq(scope.facility()).and(review::tumor_id.eq(tumor)))
        .order(review::id.desc())
        .select(ReviewRow::as_select())
        .first(conn)
        .optional()?)
}

/// Cases that an account completed ever, those in review too: the owner of a case is who abstracted it.
pub(super) fn completed_by(conn: &mut Conn, scope: Scope, account: i64) -> Result<i64, StoreError> {
    Ok(tumor::table
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::owner_id.eq(account)))
        .filter(tumor::completed.ne("").or(tumor::state.eq("qa_review")))
        .count()
        .get_result(conn)?)
}

/// Analytic cases completed here in a calendar year, those in review too. What came complete in a file has no owner
/// and does not count.
pub(super) fn analytic_in(conn: &mut Conn, scope: Scope, year: i32) -> Result<i64, StoreError> {
    let (from, to) = (format!("{year:04}"), format!("{:04}", year + 1));
    let in_year = tumor::completed.ge(from).and(tumor::completed.lt(to));
    Ok(tumor::table
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::voided.eq(false)))
        .filter(tumor::owner_id.is_not_null().and(tumor::class_of_case.eq_any(ANALYTIC)))
        .filter(in_year.or(tumor::state.eq("qa_review")))
        .count()
        .get_result(conn)?)
}

/// Analytic cases chosen between two instants.
pub(super) fn chosen_between(
    conn: &mut Conn,
    scope: Scope,
    from: NaiveDateTime,
    to: NaiveDateTime,
) -> Result<i64, StoreError> {
    Ok(review::table
        .filter(review::facility_id.eq(scope.facility()).and(review::analytic.eq(1)))
        .filter(review::chosen_at.ge(from).and(review::chosen_at.lt(to)))
        .select(sql::<BigInt>("count(DISTINCT tumor_id)"))
        .get_result(conn)?)
}

/// Keeps that a case was chosen.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    tumor: i64,
    reason: &str,
    analytic: bool,
    staff_code: &str,
) -> Result<(), StoreError> {
    let (scope, uid, now) = (tx.scope()?, tx.new_id().to_string(), tx.now().naive_utc());
    let (account, by) = (tx.actor().account(), tx.actor().name.clone());
    diesel::insert_into(review::table)
        .values((
            review::uid.eq(uid),
            review::facility_id.eq(scope.facility()),
            review::tumor_id.eq(tumor),
            review::state.eq("waiting"),
            review::reason.eq(reason),
            review::analytic.eq(i32::from(analytic)),
            review::chosen_at.eq(now),
            review::abstractor_account_id.eq(account),
            review::abstractor.eq(by),
            review::staff_code.eq(staff_code),
            review::reviewer.eq(""),
            review::mode.eq("blind"),
            review::typed.eq("[]"),
            review::compared.eq(""),
            review::comment.eq(""),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Gives a waiting review to the actor, who saw the codes before where the mode is `open`; `false` when somebody was
/// faster.
pub(super) fn take(tx: &mut Tx<'_>, id: i64, mode: &'static str) -> Result<bool, StoreError> {
    let (now, account, by) = (tx.now().naive_utc(), tx.actor().account(), tx.actor().name.clone());
    let rows = diesel::update(review::table.filter(review::id.eq(id).and(review::state.eq("waiting"))))
        .set((
            review::state.eq("taken"),
            review::reviewer_account_id.eq(account),
            review::reviewer.eq(by),
            review::taken_at.eq(Some(now)),
            review::mode.eq(mode),
        ))
        .execute(tx.conn())?;
    Ok(rows == 1)
}

/// A taken review is blind no longer: its reviewer wants to see the codes.
pub(super) fn open_up(tx: &mut Tx<'_>, id: i64) -> Result<bool, StoreError> {
    let taken = review::table.filter(review::id.eq(id).and(review::state.eq("taken")));
    let rows = diesel::update(taken.filter(review::mode.eq("blind")))
        .set(review::mode.eq("open"))
        .execute(tx.conn())?;
    Ok(rows == 1)
}

/// Gives a review that is not decided to another account, or to nobody. What its reviewer typed is thrown away: the next
/// one codes alone.
pub(super) fn hand_on(
    tx: &mut Tx<'_>,
    id: i64,
    to: Option<(i64, &str, &'static str)>,
) -> Result<bool, StoreError> {
    let now = tx.now().naive_utc();
    let (account, login, mode) = to.map_or((None, "", "blind"), |(id, login, mode)| (Some(id), login, mode));
    let open = review::state.eq_any(["waiting", "taken", "locked"]);
    let rows = diesel::update(review::table.filter(review::id.eq(id).and(open)))
        .set((
            review::state.eq(if account.is_some() { "taken" } else { "waiting" }),
            review::reviewer_account_id.eq(account),
            review::reviewer.eq(login),
            review::taken_at.eq(account.map(|_| now)),
            review::locked_at.eq(None::<NaiveDateTime>),
            review::mode.eq(mode),
            review::typed.eq("[]"),
            review::compared.eq(""),
        ))
        .execute(tx.conn())?;
    Ok(rows == 1)
}

/// Decided reviews of abstracts that somebody completed, the newest first, with whose they are.
pub(super) fn of_abstractor(
    conn: &mut Conn,
    scope: Scope,
    account: i64,
) -> Result<Vec<(ReviewRow, Whose)>, StoreError> {
    Ok(review::table
        .inner_join(tumor::table.inner_join(patient::table))
        .filter(review::facility_id.eq(scope.facility()).and(review::abstractor_account_id.eq(account)))
        .filter(review::state.eq_any(["accepted", "returned"]))
        .filter(tumor::voided.eq(false).and(patient::state.eq("active")))
        .order((review::decided_at.desc(), review::id.desc()))
        .limit(MOST)
        .select((ReviewRow::as_select(), WHOSE))
        .load(conn)?)
}

/// Reviews decided from one instant to before another, oldest first, with whose they are.
pub(super) fn decided_between(
    conn: &mut Conn,
    scope: Scope,
    from: NaiveDateTime,
    to: NaiveDateTime,
) -> Result<Vec<(ReviewRow, Whose)>, StoreError> {
    Ok(review::table
        .inner_join(tumor::table.inner_join(patient::table))
        .filter(review::facility_id.eq(scope.facility()))
        .filter(review::state.eq_any(["accepted", "returned"]))
        .filter(review::decided_at.ge(from).and(review::decided_at.lt(to)))
        .filter(tumor::voided.eq(false).and(patient::state.eq("active")))
        .order((review::decided_at, review::id))
        .select((ReviewRow::as_select(), WHOSE))
        .load(conn)?)
}

/// Cases whose codes lists do not tell an account, since it codes them again blind or may take them to do so: row keys
/// of patient and case.
pub(super) fn hidden_from(
    conn: &mut Conn,
    scope: Scope,
    account: i64,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let others = review::abstractor_account_id.is_null().or(review::abstractor_account_id.ne(account));
    let waits = review::state.eq("waiting").and(others);
    let own = review::state.eq("taken").and(review::mode.eq("blind"));
    Ok(review::table
        .inner_join(tumor::table)
        .filter(review::facility_id.eq(scope.facility()).and(review::state.eq_any(["waiting", "taken"])))
        .filter(
            waits.assume_not_null().or(own.and(review::reviewer_account_id.eq(account)).assume_not_null()),
        )
        .select((tumor::patient_id, tumor::id))
        .load(conn)?)
}

/// Keeps what the reviewer typed.
pub(super) fn keep(tx: &mut Tx<'_>, id: i64, typed: &str) -> Result<bool, StoreError> {
    let rows = diesel::update(review::table.filter(review::id.eq(id).and(review::state.eq("taken"))))
        .set(review::typed.eq(typed))
        .execute(tx.conn())?;
    Ok(rows == 1)
}

/// Locks a taken review with what the comparison found.
pub(super) fn lock(tx: &mut Tx<'_>, id: i64, mode: &'static str, compared: &str) -> Result<bool, StoreError> {
    let now = tx.now().naive_utc();
    let rows = diesel::update(review::table.filter(review::id.eq(id).and(review::state.eq("taken"))))
        .set((
            review::state.eq("locked"),
            review::locked_at.eq(Some(now)),
            review::mode.eq(mode),
            review::compared.eq(compared),
        ))
        .execute(tx.conn())?;
    Ok(rows == 1)
}

/// Accepts or returns a locked review.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    id: i64,
    state: &'static str,
    comment: &str,
) -> Result<bool, StoreError> {
    let now = tx.now().naive_utc();
    let rows = diesel::update(review::table.filter(review::id.eq(id).and(review::state.eq("locked"))))
        .set((review::state.eq(state), review::decided_at.eq(Some(now)), review::comment.eq(comment)))
        .execute(tx.conn())?;
    Ok(rows == 1)
}

/// Did an account ever open the pages of a case, or those of its patient since an instant? What the review itself
/// shows does not count, nor what was not shown: their events say so.
pub(super) fn saw_codes(
    conn: &mut Conn,
    account: i64,
    tumor: i64,
    patient: i64,
    since: NaiveDateTime,
) -> Result<bool, StoreError> {
    let seen = audit_event::table
        .inner_join(audit_subject::table)
        .filter(audit_subject::patient_id.eq(patient).and(audit_event::account_id.eq(account)))
        .filter(audit_event::detail.not_like("blind review%"))
        .filter(audit_event::action.ne_all([
            AuditAction::List.word(),
            AuditAction::Search.word(),
            AuditAction::Import.word(),
            AuditAction::Review.word(),
        ]))
        .filter(audit_subject::tumor_id.eq(tumor).assume_not_null().or(audit_event::at.ge(since)));
    Ok(diesel::select(diesel::dsl::exists(seen)).get_result(conn)?)
}

/// First instant of a calendar year, as rows keep it.
pub(super) fn year_begins(zone: chrono_tz::Tz, year: i32) -> NaiveDateTime {
    let day = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
    let calendar = crate::facility::calendar::Calendar::new(zone, Default::default());
    calendar.instant(day, chrono::NaiveTime::MIN).naive_utc()
}
