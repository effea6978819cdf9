//! Figures and lists of the dashboard in SQL. Each figure reads one index, and each list finds its rows
//! in an index before it fetches them.

use chrono::NaiveDate;
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Date, Integer, Nullable, Text},
};

use super::cases::{Age, Cases, Class, Part};
use crate::{
    abstracting,
    access::Scope,
    db::{Conn, StoreError},
    followup::statement::{Statement, Value},
    followup_rules::{Centenarian, Worksheet, rate_b_from},
};

fn here(scope: Scope) -> Value {
    Value::Key(scope.facility())
}

/// Cases of one state.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct StateCount {
    /// The stored word.
    #[diesel(sql_type = Text)]
    pub(super) state: String,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub(super) n: i64,
}

/// Cases by state of the abstract.
pub(super) fn by_state(conn: &mut Conn, scope: Scope) -> Result<Vec<StateCount>, StoreError> {
    let mut s = Statement::new("SELECT state, count(*) AS n FROM tumor WHERE ");
    s.with("facility_id = ? AND voided = FALSE GROUP BY state ORDER BY state", [here(scope)]);
    s.load(conn)
}

#[derive(QueryableByName)]
struct AgeCount {
    #[diesel(sql_type = Integer)]
    band: i32,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Open cases by age, in the order of [`Age::ALL`].
pub(super) fn by_age(conn: &mut Conn, scope: Scope, as_of: NaiveDate) -> Result<[i64; 6], StoreError> {
    let from = |age: Age| age.due_between(as_of).0.map(Value::Day);
    let mut s =
        Statement::new("SELECT band, count(*) AS n FROM (SELECT CASE WHEN abstract_due IS NULL THEN 5 ");
    for (band, age) in [Age::To3, Age::To6, Age::To9, Age::To12].into_iter().enumerate() {
        s.with(&format!("WHEN abstract_due >= ? THEN {band} "), from(age));
    }
    s.push("ELSE 4 END AS band FROM tumor WHERE ");
    s.with("facility_id = ? AND voided = FALSE AND ", [here(scope)]);
    open_states(&mut s);
    s.push(") AS banded GROUP BY band");
    let mut counts = [0; 6];
    for found in s.load::<AgeCount>(conn)? {
        if let Some(n) = usize::try_from(found.band).ok().and_then(|band| counts.get_mut(band)) {
            *n = found.n;
        }
    }
    Ok(counts)
}

fn open_states(s: &mut Statement) {
    s.push(&format!("state IN ({})", abstracting::open_states()));
}

/// Source: CoC STORE, Class of Case; the same list as [`crate::followup_rules::is_analytic`].
const ANALYTIC: &str = "class_of_case IN ('00', '10', '11', '12', '13', '14', '20', '21', '22')";

fn of_class(s: &mut Statement, class: Class) {
    if class == Class::Analytic {
        s.push(" AND ");
        s.push(ANALYTIC);
    }
}

/// Cases of a site group diagnosed in a year, of one class.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct SiteYear {
    /// SEER site recode; empty where none fits.
    #[diesel(sql_type = Text)]
    pub(super) site_group: String,
    /// Year of diagnosis.
    #[diesel(sql_type = Nullable<Integer>)]
    pub(super) dx_year: Option<i32>,
    /// Class of case.
    #[diesel(sql_type = Text)]
    pub(super) class_of_case: String,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub(super) n: i64,
}

/// Cases by site group, year of diagnosis and class, in the order of one index; a single pass gives all
/// figures of registered cases.
pub(super) fn by_site_and_year(conn: &mut Conn, scope: Scope) -> Result<Vec<SiteYear>, StoreError> {
    let mut s = Statement::new("SELECT site_group, dx_year, class_of_case, count(*) AS n FROM tumor WHERE ");
    s.with("facility_id = ? AND voided = FALSE GROUP BY site_group, dx_year, class_of_case", [here(scope)]);
    s.load(conn)
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Both {
    #[diesel(sql_type = BigInt)]
    n: i64,
    #[diesel(sql_type = BigInt)]
    five_years: i64,
}

/// A worksheet for rate A and one for rate B.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sheets {
    /// All eligible.
    pub a: Worksheet,
    /// Diagnosed in the last 60 months.
    pub b: Worksheet,
}

/// How the columns of a table say what the rates need.
struct RateColumns {
    table: &'static str,
    /// Counts at all.
    counted: &'static str,
    /// The patient is dead.
    dead: &'static str,
    /// The patient is not.
    alive: &'static str,
    /// Latest possible day of diagnosis.
    dx: &'static str,
}

const CASES: RateColumns = RateColumns {
    table: "tumor",
    counted: "in_rate = TRUE",
    dead: "dead = TRUE",
    alive: "dead = FALSE",
    dx: "dx_latest",
};
const PATIENTS: RateColumns = RateColumns {
    table: "patient",
    counted: "newest_dx IS NOT NULL",
    dead: "vital_status = '0'",
    alive: "vital_status <> '0'",
    dx: "newest_dx",
};

/// Counts both rates in cases, as [`crate::followup_rules::rates`] counts one patient.
pub fn case_rates(
    conn: &mut Conn,
    scope: Scope,
    as_of: NaiveDate,
    centenarian: Centenarian,
) -> Result<Sheets, StoreError> {
    sheets(conn, scope, &CASES, as_of, centenarian)
}

/// Counts both rates in patients.
pub fn patient_rates(
    conn: &mut Conn,
    scope: Scope,
    as_of: NaiveDate,
    centenarian: Centenarian,
) -> Result<Sheets, StoreError> {
    sheets(conn, scope, &PATIENTS, as_of, centenarian)
}

fn sheets(
    conn: &mut Conn,
    scope: Scope,
    columns: &RateColumns,
    as_of: NaiveDate,
    centenarian: Centenarian,
) -> Result<Sheets, StoreError> {
    let RateColumns { table, counted, dead, alive, dx } = columns;
    // Each part is one stretch of an index, counted in one pass for both rates.
    let mut part = |condition: &str, days: usize| -> Result<(u64, u64), StoreError> {
        let mut s = Statement::new("SELECT count(*) AS n, ");
        s.with(
            &format!(
                "COALESCE(sum(CASE WHEN {dx} >= ? THEN 1 ELSE 0 END), 0) AS five_years FROM {table} WHERE "
            ),
            [Value::Day(rate_b_from(as_of))],
        );
        s.with(&format!("facility_id = ? AND {counted} AND "), [here(scope)]);
        s.with(condition, std::iter::repeat_n(as_of, days).map(Value::Day));
        let found = s.load::<Both>(conn)?.into_iter().next();
        let n = |n: i64| u64::try_from(n).unwrap_or(0);
        Ok(found.map_or((0, 0), |both| (n(both.n), n(both.five_years))))
    };
    let young = "(centenarian_from IS NULL OR centenarian_from > ?)";
    let died = part(dead, 0)?;
    let living = part(&format!("{alive} AND {young}"), 1)?;
    let current = part(&format!("{alive} AND delinquent_from > ? AND {young}"), 2)?;
    // Centenarians beyond the day count with the dead, or not at all.
    let old = match centenarian {
        Centenarian::Exclude => (0, 0),
        Centenarian::CountAsFollowed => part(&format!("{alive} AND centenarian_from <= ?"), 1)?,
    };
    let sheet =
        |died, living, current, old| Worksheet { eligible: died + living + old, dead: died + old, current };
    Ok(Sheets { a: sheet(died.0, living.0, current.0, old.0), b: sheet(died.1, living.1, current.1, old.1) })
}

/// A case on a list.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct CaseRow {
    /// Row key of the case.
    #[diesel(sql_type = BigInt)]
    pub(super) id: i64,
    /// Row key of the patient.
    #[diesel(sql_type = BigInt)]
    pub(super) patient_id: i64,
    /// Public id of the patient.
    #[diesel(sql_type = Text)]
    pub(super) patient_uid: String,
    /// Family name.
    #[diesel(sql_type = Text)]
    pub(super) name_last: String,
    /// Given name.
    #[diesel(sql_type = Text)]
    pub(super) name_first: String,
    /// Accession number.
    #[diesel(sql_type = Text)]
    pub(super) accession_number: String,
    /// Sequence number.
    #[diesel(sql_type = Text)]
    pub(super) sequence_number: String,
    /// Site group.
    #[diesel(sql_type = Text)]
    pub(super) site_group: String,
    /// Date of diagnosis.
    #[diesel(sql_type = Text)]
    pub(super) dx_date: String,
    /// Date of first contact.
    #[diesel(sql_type = Text)]
    pub(super) first_contact: String,
    /// Date of last contact.
    #[diesel(sql_type = Text)]
    pub(super) last_contact: String,
    /// State of the abstract.
    #[diesel(sql_type = Text)]
    pub(super) state: String,
    /// Who abstracts.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) owner_id: Option<i64>,
    /// What the list is ordered by, before the key.
    #[diesel(sql_type = Nullable<Date>)]
    pub(super) order_day: Option<NaiveDate>,
}

/// Where a page of a list begins: after this row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct After {
    /// Day of the order, when the list has one.
    pub(super) day: Option<NaiveDate>,
    /// Row key of the case.
    pub(super) id: i64,
}

/// Day that a list is ordered by, oldest first; lists without one are in the order of entry.
fn order_day(cases: &Cases) -> Option<&'static str> {
    match cases {
        Cases::State { age: Some(Age::Unknown), .. } => None,
        Cases::State { .. } => Some("abstract_due"),
        Cases::Rate { part: Part::Current | Part::Lost, .. } => Some("delinquent_from"),
        _ => None,
    }
}

fn condition(s: &mut Statement, scope: Scope, cases: &Cases, as_of: NaiveDate, centenarian: Centenarian) {
    let day = || Value::Day(as_of);
    match cases {
        Cases::Rate { five_years, part } => {
            s.with("facility_id = ? AND in_rate = TRUE", [here(scope)]);
            if centenarian == Centenarian::Exclude {
                s.with(" AND (dead = TRUE OR centenarian_from IS NULL OR centenarian_from > ?)", [day()]);
            }
            let closed = "(dead = TRUE OR centenarian_from <= ?)";
            let open = "dead = FALSE AND (centenarian_from IS NULL OR centenarian_from > ?)";
            match part {
                Part::Eligible => {}
                Part::Dead => s.with(&format!(" AND {closed}"), [day()]),
                Part::Living => s.with(&format!(" AND {open}"), [day()]),
                Part::Current => s.with(&format!(" AND {open} AND delinquent_from > ?"), [day(), day()]),
                Part::Lost => s.with(
                    &format!(" AND {open} AND (delinquent_from IS NULL OR delinquent_from <= ?)"),
                    [day(), day()],
                ),
            }
            if *five_years {
                s.with(" AND dx_latest >= ?", [Value::Day(rate_b_from(as_of))]);
            }
        }
        other => {
            s.with("facility_id = ? AND voided = FALSE AND ", [here(scope)]);
            match other {
                Cases::State { state, age } => {
                    match state {
                        Some(state) => s.with("state = ?", [Value::Word(state.clone())]),
                        None => open_states(s),
                    }
                    if let Some(age) = age {
                        let (from, before) = age.due_between(as_of);
                        if *age == Age::Unknown {
                            s.push(" AND abstract_due IS NULL");
                        }
                        if let Some(from) = from {
                            s.with(" AND abstract_due >= ?", [Value::Day(from)]);
                        }
                        if let Some(before) = before {
                            s.with(" AND abstract_due < ?", [Value::Day(before)]);
                        }
                    }
                }
                Cases::Site { group, class } => {
                    s.with("site_group = ?", [Value::Word(group.clone())]);
                    of_class(s, *class);
                }
                Cases::Year { year, class } => {
                    match year {
                        Some(year) => s.with("dx_year = ?", [Value::Key(i64::from(*year))]),
                        None => s.push("dx_year IS NULL"),
                    }
                    of_class(s, *class);
                }
                Cases::Unclassed | Cases::Rate { .. } => s.push("class_of_case = ''"),
            }
        }
    }
}

/// How many cases a list holds.
pub(super) fn count(
    conn: &mut Conn,
    scope: Scope,
    cases: &Cases,
    as_of: NaiveDate,
    centenarian: Centenarian,
) -> Result<i64, StoreError> {
    let mut s = Statement::new("SELECT count(*) AS n FROM tumor WHERE ");
    condition(&mut s, scope, cases, as_of, centenarian);
    Ok(s.load::<Number>(conn)?.first().map_or(0, |found| found.n))
}

/// A page of a list.
pub(super) fn page(
    conn: &mut Conn,
    scope: Scope,
    cases: &Cases,
    as_of: NaiveDate,
    centenarian: Centenarian,
    after: Option<After>,
    size: usize,
) -> Result<(Vec<CaseRow>, Option<After>), StoreError> {
    let order = order_day(cases);
    // Rows without a day come last on both databases.
    let sort = order.map_or("id".to_owned(), |day| format!("({day} IS NULL), {day}, id"));
    let mut s = Statement::new(
        "SELECT t.id, t.patient_id, p.uid AS patient_uid, p.name_last, p.name_first, t.accession_number, \
         t.sequence_number, t.site_group, t.dx_date, t.first_contact, p.last_contact, t.state, t.owner_id, ",
    );
    s.push(order.map_or_else(|| "CAST(NULL AS DATE)".to_owned(), |day| format!("t.{day}")).as_str());
    s.push(" AS order_day FROM tumor t JOIN patient p ON p.id = t.patient_id WHERE t.id IN (SELECT id FROM tumor WHERE ");
    condition(&mut s, scope, cases, as_of, centenarian);
    match (order, after) {
        (_, None) => {}
        (None, Some(after)) => s.with(" AND id > ?", [Value::Key(after.id)]),
        (Some(day), Some(After { day: None, id })) => {
            s.with(&format!(" AND {day} IS NULL AND id > ?"), [Value::Key(id)]);
        }
        (Some(day), Some(After { day: Some(last), id })) => s.with(
            &format!(" AND ({day} > ? OR ({day} = ? AND id > ?) OR {day} IS NULL)"),
            [Value::Day(last), Value::Day(last), Value::Key(id)],
        ),
    }
    s.push(&format!(" ORDER BY {sort}"));
    s.with(" LIMIT ?)", [Value::Key(i64::try_from(size + 1).unwrap_or(i64::MAX))]);
    s.push(" ORDER BY (");
    s.push(
        order.map_or("t.id IS NULL), t.id".to_owned(), |d| format!("t.{d} IS NULL), t.{d}, t.id")).as_str(),
    );
    let mut rows: Vec<CaseRow> = s.load(conn)?;
    let more = rows.len() > size;
    rows.truncate(size);
    let next = rows.last().filter(|_| more).map(|row| After { day: row.order_day, id: row.id });
    Ok((rows, next))
}
