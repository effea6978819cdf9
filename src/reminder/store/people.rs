//! Facilities, staff, their choices, and the counts of their work.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use diesel::{
    QueryableByName, RunQueryDsl,
    sql_types::{BigInt, Date, Integer, Nullable, Text},
};

use crate::{
    db::{Conn, StoreError},
    facility::calendar::{Calendar, Holidays},
    followup_rules::COMING_DAYS,
    reminder::{digest::Counts, schedule::Preferences},
};

/// A facility as mails need it.
#[derive(Clone, Debug)]
pub struct Workplace {
    /// Row key.
    pub key: i64,
    /// Short name, as mails say it.
    pub short_name: String,
    /// Zone and holidays.
    pub calendar: Calendar,
    /// Address of the registry office; empty when not set.
    pub reply_to: String,
}

#[derive(QueryableByName)]
struct WorkplaceRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    short_name: String,
    #[diesel(sql_type = Text)]
    zone: String,
    #[diesel(sql_type = Text)]
    holidays: String,
    #[diesel(sql_type = Text)]
    reply_to: String,
}

/// All facilities, by row key.
pub fn workplaces(conn: &mut Conn) -> Result<Vec<Workplace>, StoreError> {
    let rows: Vec<WorkplaceRow> =
        diesel::sql_query("SELECT id, short_name, zone, holidays, reply_to FROM facility ORDER BY id")
            .load(conn)?;
    rows.into_iter()
        .map(|row| {
            let zone = row.zone.parse().map_err(|_| StoreError::Unreadable {
                what: "time zone of a facility",
                why: "it is not a zone of the IANA table".to_owned(),
            })?;
            let holidays = Holidays::parse(&row.holidays).map_err(|e| StoreError::Unreadable {
                what: "list of holidays of a facility",
                why: e.to_string(),
            })?;
            Ok(Workplace {
                key: row.id,
                short_name: row.short_name,
                calendar: Calendar::new(zone, holidays),
                reply_to: row.reply_to,
            })
        })
        .collect()
}

/// Somebody who may get mail of a facility.
#[derive(Clone, Debug)]
pub(in crate::reminder) struct Staff {
    pub(in crate::reminder) account: i64,
    pub(in crate::reminder) login: String,
    pub(in crate::reminder) email: String,
    pub(in crate::reminder) preferences: Preferences,
    pub(in crate::reminder) refusals: i32,
    pub(in crate::reminder) supervisor: bool,
}

#[derive(QueryableByName)]
struct StaffRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    login: String,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    mail_weekly: String,
    #[diesel(sql_type = Text)]
    mail_new_due: String,
    #[diesel(sql_type = Integer)]
    mail_refused: i32,
    #[diesel(sql_type = BigInt)]
    supervises: i64,
}

/// Active accounts that work follow-up at a facility, by row key.
pub(in crate::reminder) fn staff(conn: &mut Conn, facility: i64) -> Result<Vec<Staff>, StoreError> {
    let rows: Vec<StaffRow> = diesel::sql_query(
        "SELECT a.id, a.login, a.email, a.mail_weekly, a.mail_new_due, a.mail_refused, \
           COUNT(CASE WHEN g.role = 'supervisor' THEN 1 END) AS supervises \
         FROM account a JOIN membership m ON m.account_id = a.id \
           JOIN role_grant g ON g.membership_id = m.id \
         WHERE m.facility_id = $1 AND a.state = 'active' AND g.role IN ('registrar', 'supervisor') \
         GROUP BY a.id, a.login, a.email, a.mail_weekly, a.mail_new_due, a.mail_refused ORDER BY a.id",
    )
    .bind::<BigInt, _>(facility)
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| Staff {
            account: row.id,
            login: row.login,
            email: row.email,
            preferences: preferences_of(&row.mail_weekly, &row.mail_new_due),
            refusals: row.mail_refused,
            supervisor: row.supervises > 0,
        })
        .collect())
}

/// A word nobody knows any more is the default.
fn preferences_of(weekly: &str, new_due: &str) -> Preferences {
    let default = Preferences::default();
    Preferences {
        weekly: weekly.parse().unwrap_or(default.weekly),
        new_due: new_due.parse().unwrap_or(default.new_due),
    }
}

/// Open items of one owner.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::reminder) struct Work {
    pub(in crate::reminder) counts: Counts,
    pub(in crate::reminder) newest_due: Option<NaiveDate>,
}

#[derive(QueryableByName)]
struct WorkRow {
    #[diesel(sql_type = BigInt)]
    owner_id: i64,
    #[diesel(sql_type = BigInt)]
    delinquent: i64,
    #[diesel(sql_type = BigInt)]
    overdue: i64,
    #[diesel(sql_type = BigInt)]
    due: i64,
    #[diesel(sql_type = BigInt)]
    coming: i64,
    #[diesel(sql_type = BigInt)]
    newly_due: i64,
    #[diesel(sql_type = Nullable<Date>)]
    oldest_due: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    newest_due: Option<NaiveDate>,
}

/// Follow-up status from the projected dates, in the order of `followup_rules::status`: LOST is not open.
const WORK: &str = "WITH asked AS (SELECT $1 AS today, $2 AS soon, $3 AS since), item AS (\
      SELECT p.owner_id, p.due_on, a.since, CASE \
        WHEN p.delinquent_from <= a.today AND p.lost_at IS NOT NULL THEN 'lost' \
        WHEN p.delinquent_from <= a.today THEN 'delinquent' \
        WHEN p.overdue_from <= a.today THEN 'overdue' \
        WHEN p.due_on IS NULL OR p.due_on <= a.today THEN 'due' \
        WHEN p.due_on <= a.soon THEN 'coming' ELSE 'current' END AS status \
      FROM patient p CROSS JOIN asked a \
      WHERE p.facility_id = $4 AND p.state = 'active' AND p.followed AND p.owner_id IS NOT NULL \
        AND (p.centenarian_from IS NULL OR p.centenarian_from > a.today)) \
    SELECT owner_id, \
      COUNT(CASE WHEN status = 'delinquent' THEN 1 END) AS delinquent, \
      COUNT(CASE WHEN status = 'overdue' THEN 1 END) AS overdue, \
      COUNT(CASE WHEN status = 'due' THEN 1 END) AS due, \
      COUNT(CASE WHEN status = 'coming' THEN 1 END) AS coming, \
      COUNT(CASE WHEN status IN ('due', 'overdue', 'delinquent') AND due_on > since THEN 1 END) AS newly_due, \
      MIN(CASE WHEN status IN ('due', 'overdue', 'delinquent') THEN due_on END) AS oldest_due, \
      MAX(CASE WHEN status IN ('due', 'overdue', 'delinquent') THEN due_on END) AS newest_due \
    FROM item GROUP BY owner_id";

/// Work of every owner at a facility on a day; what became due after `since` counts as new.
pub(in crate::reminder) fn work(
    conn: &mut Conn,
    facility: i64,
    today: NaiveDate,
    since: NaiveDate,
) -> Result<BTreeMap<i64, Work>, StoreError> {
    let soon = today.checked_add_days(Days::new(COMING_DAYS)).unwrap_or(today);
    let rows: Vec<WorkRow> = diesel::sql_query(WORK)
        .bind::<Date, _>(today)
        .bind::<Date, _>(soon)
        .bind::<Date, _>(since)
        .bind::<BigInt, _>(facility)
        .load(conn)?;
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok(rows
        .into_iter()
        .map(|row| {
            let counts = Counts {
                due: count(row.due),
                overdue: count(row.overdue),
                delinquent: count(row.delinquent),
                coming: count(row.coming),
                newly_due: count(row.newly_due),
                oldest_due: row.oldest_due,
            };
            (row.owner_id, Work { counts, newest_due: row.newest_due })
        })
        .collect())
}

#[derive(QueryableByName)]
struct AddressRow {
    #[diesel(sql_type = Text)]
    email: String,
}

/// Where mail to a person goes.
pub(in crate::reminder) fn address_of(conn: &mut Conn, account: i64) -> Result<String, StoreError> {
    let row: AddressRow = diesel::sql_query("SELECT email FROM account WHERE id = $1")
        .bind::<BigInt, _>(account)
        .get_result(conn)?;
    Ok(row.email)
}
