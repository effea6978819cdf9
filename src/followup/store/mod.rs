//! The tables of follow-up. This file is the work list in SQL: the same comparisons of projected dates as [`crate::followup_rules::status`].

mod records;
pub(crate) mod statement;
mod work;

use chrono::NaiveDate;
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Date, Integer, Nullable, Text},
};

pub(crate) use records::{RecordRow, records};
pub(crate) use work::{HistoryRow, add_contact, history, loads, owned_by};

use self::statement::{Statement, Value};
use super::work_list::{Group, Marks, Place, Segment, View, fence, segments};
use crate::{
    access::Scope,
    db::{Conn, StoreError},
};

/// Whose patients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// Everybody's.
    #[default]
    Everyone,
    /// Without an owner.
    Pool,
    /// One person's, by row key of the account.
    Person(i64),
}

/// A patient on the list.
#[derive(Clone, Debug, QueryableByName)]
pub struct Row {
    /// Row key.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// Public id.
    #[diesel(sql_type = Text)]
    pub uid: String,
    /// Family name.
    #[diesel(sql_type = Text)]
    pub name_last: String,
    /// Given name.
    #[diesel(sql_type = Text)]
    pub name_first: String,
    /// Accession number.
    #[diesel(sql_type = Text)]
    pub accession_number: String,
    /// Date of last contact as stored.
    #[diesel(sql_type = Text)]
    pub last_contact: String,
    /// Effective date of last contact.
    #[diesel(sql_type = Nullable<Date>)]
    pub effective_dlc: Option<NaiveDate>,
    /// First day due.
    #[diesel(sql_type = Nullable<Date>)]
    pub due_on: Option<NaiveDate>,
    /// First day delinquent.
    #[diesel(sql_type = Nullable<Date>)]
    pub delinquent_from: Option<NaiveDate>,
    /// Newest diagnosis in rate A; none when no case is in a rate.
    #[diesel(sql_type = Nullable<Date>)]
    pub newest_dx: Option<NaiveDate>,
    /// Owner's account.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub owner_id: Option<i64>,
}

/// A page of the list.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The rows with their groups, in order.
    pub rows: Vec<(Group, Row)>,
    /// Where the next page begins, if there is one.
    pub next: Option<Place>,
}

const COLUMNS: &str = "id, uid, name_last, name_first, accession_number, last_contact, effective_dlc, \
                       due_on, delinquent_from, newest_dx, owner_id";

/// One page of a list, beginning after a place.
pub fn page(
    conn: &mut Conn,
    scope: Scope,
    view: View,
    owner: Owner,
    as_of: NaiveDate,
    after: Option<&Place>,
    size: usize,
) -> Result<Page, StoreError> {
    let marks = Marks::of(as_of);
    let mut page = Page::default();
    let all = segments(view);
    let begin = after.and_then(|place| all.iter().position(|s| *s == place.segment)).unwrap_or(0);
    for segment in all.into_iter().skip(begin) {
        let after = after.filter(|place| place.segment == segment);
        // One row more than shown tells whether there is a next page.
        let wanted = size + 1 - page.rows.len();
        let rows: Vec<Row> = segment_rows(scope, segment, owner, marks, after, wanted).load(conn)?;
        for row in rows {
            if page.rows.len() == size {
                return Ok(page);
            }
            page.next = Some(Place {
                segment,
                effective: row.effective_dlc,
                accession: row.accession_number.clone(),
                patient: row.id,
            });
            page.rows.push((segment.group, row));
        }
    }
    page.next = None;
    Ok(page)
}

fn segment_rows(
    scope: Scope,
    segment: Segment,
    owner: Owner,
    marks: Marks,
    after: Option<&Place>,
    limit: usize,
) -> Statement {
    let mut s = Statement::new(format!("SELECT {COLUMNS} FROM patient WHERE "));
    s.with("facility_id = ? AND followed = TRUE", [Value::Key(scope.facility())]);
    owned(&mut s, owner);
    let (from, to) = fence(segment.group, marks.as_of);
    match (segment.undated, after) {
        (true, None) => s.push(" AND effective_dlc IS NULL"),
        (true, Some(place)) => s.with(
            " AND effective_dlc IS NULL AND (accession_number, id) > (?, ?)",
            [Value::Word(place.accession.clone()), Value::Key(place.patient)],
        ),
        (false, Some(Place { effective: Some(effective), accession, patient, .. })) => s.with(
            " AND (effective_dlc, accession_number, id) > (?, ?, ?) AND effective_dlc <= ?",
            [Value::Day(*effective), Value::Word(accession.clone()), Value::Key(*patient), Value::Day(to)],
        ),
        (false, _) => {
            s.with(" AND effective_dlc >= ? AND effective_dlc <= ?", [Value::Day(from), Value::Day(to)]);
        }
    }
    // Inside CASE the comparison cannot tempt a planner to walk an index of diagnoses instead.
    let wanted = if segment.rate_b { "1" } else { "0" };
    s.with(
        &format!(" AND CASE WHEN newest_dx >= ? THEN 1 ELSE 0 END = {wanted}"),
        [Value::Day(marks.rate_b)],
    );
    not_too_old(&mut s, marks.as_of);
    let (day, soon) = (|| Value::Day(marks.as_of), || Value::Day(marks.soon));
    match segment.group {
        Group::Delinquent => s.with(" AND delinquent_from <= ? AND lost_at IS NULL", [day()]),
        Group::Lost => s.with(" AND delinquent_from <= ? AND lost_at IS NOT NULL", [day()]),
        Group::Overdue => s.with(" AND overdue_from <= ? AND delinquent_from > ?", [day(), day()]),
        Group::Due if segment.undated => {}
        Group::Due => s.with(" AND due_on <= ? AND overdue_from > ?", [day(), day()]),
        Group::Coming => s.with(" AND due_on > ? AND due_on <= ?", [day(), soon()]),
        Group::Later => s.with(" AND due_on > ?", [soon()]),
    }
    s.push(if segment.undated {
        " ORDER BY accession_number, id"
    } else {
        " ORDER BY effective_dlc, accession_number, id"
    });
    s.with(" LIMIT ?", [Value::Key(i64::try_from(limit).unwrap_or(i64::MAX))]);
    s
}

fn owned(s: &mut Statement, owner: Owner) {
    match owner {
        Owner::Everyone => {}
        Owner::Pool => s.push(" AND owner_id IS NULL"),
        Owner::Person(account) => s.with(" AND owner_id = ?", [Value::Key(account)]),
    }
}

/// X8 ends the follow-up of centenarians.
fn not_too_old(s: &mut Statement, as_of: NaiveDate) {
    s.with(" AND (centenarian_from IS NULL OR centenarian_from > ?)", [Value::Day(as_of)]);
}

/// How many followed patients stand in each group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts([i64; 6]);

impl Counts {
    /// Patients of a group.
    pub fn of(&self, group: Group) -> i64 {
        Group::ALL.iter().zip(self.0).find(|(g, _)| **g == group).map_or(0, |(_, n)| n)
    }

    /// Patients of a list.
    pub fn view(&self, view: View) -> i64 {
        view.groups().iter().map(|g| self.of(*g)).sum()
    }
}

#[derive(QueryableByName)]
struct GroupCount {
    #[diesel(sql_type = Integer)]
    place: i32,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Counts the followed patients by group.
pub fn counts(conn: &mut Conn, scope: Scope, owner: Owner, as_of: NaiveDate) -> Result<Counts, StoreError> {
    let marks = Marks::of(as_of);
    let (day, soon) = (|| Value::Day(marks.as_of), Value::Day(marks.soon));
    // The numbers are the places in `Group::ALL`.
    let mut s = Statement::new("SELECT place, count(*) AS n FROM (SELECT CASE ");
    s.with("WHEN delinquent_from <= ? THEN CASE WHEN lost_at IS NULL THEN 0 ELSE 5 END ", [day()]);
    s.with("WHEN overdue_from <= ? THEN 1 WHEN due_on IS NULL OR due_on <= ? THEN 2 ", [day(), day()]);
    s.with("WHEN due_on <= ? THEN 3 ELSE 4 END AS place FROM patient WHERE ", [soon]);
    s.with("facility_id = ? AND followed = TRUE", [Value::Key(scope.facility())]);
    owned(&mut s, owner);
    not_too_old(&mut s, marks.as_of);
    s.push(") AS placed GROUP BY place");
    let mut counts = Counts::default();
    for found in s.load::<GroupCount>(conn)? {
        if let Some(n) = usize::try_from(found.place).ok().and_then(|place| counts.0.get_mut(place)) {
            *n = found.n;
        }
    }
    Ok(counts)
}
