//! `/suspense`: items that wait for a decision, the oldest first; what was decided, the newest first.

use actix_web::web;
use askama::Template;
use chrono::{Datelike, Months, NaiveDate};
use serde::Deserialize;

use super::{iso, name};
use crate::{
    access::{Action, Role, permits},
    audit::{AuditAction, Event},
    casefinding::{
        clocks, sample,
        state::{ItemState, TARGET_AGE},
        store::{self, ItemRow, Which},
    },
    db::{StoreError, Tx},
    facility::{Desk, desk_of},
    web::{
        Acting, App, Layout, PageError, PageResult, Pagination, Place, Status, opened_place, page,
        sealed_place,
    },
};

/// Rows of one page.
const ROWS: usize = 50;

/// What the place in the list is sealed for.
const PLACE: &str = "suspense list";

/// The address of the list: codes only.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::casefinding) struct Query {
    #[serde(default)]
    show: String,
    #[serde(default)]
    month: String,
    #[serde(default)]
    after: String,
}

struct Tab {
    label: &'static str,
    count: Option<i64>,
    href: String,
    here: bool,
}

struct Line {
    href: String,
    name: String,
    born: String,
    record_number: String,
    source: &'static str,
    on: String,
    found: String,
    owner: String,
    status: Status,
    recall: String,
    age: String,
    late: bool,
}

/// The months on both sides of a sample.
struct Months2 {
    words: String,
    before: String,
    behind: Option<String>,
}

#[derive(Template)]
#[template(path = "casefinding/list.html")]
struct ListPage {
    layout: Layout,
    tabs: Vec<Tab>,
    states: Vec<Tab>,
    sample: Option<Months2>,
    lines: Vec<Line>,
    pages: Pagination,
    writes: bool,
    target: i64,
}

const TABS: [(&str, &str); 7] = [
    ("open", "Open"),
    ("mine", "Mine"),
    ("pool", "Pool"),
    ("waiting", "Waiting"),
    ("decided", "Decided"),
    ("screened_out", "Screened out"),
    ("sample", "Sample of screened out"),
];

const STATES: [(&str, &str); 5] = [
    ("in_review", "In review"),
    ("linked", "Linked"),
    ("rejected", "Rejected"),
    ("merged", "Merged"),
    ("accessioned", "Accessioned"),
];

fn which(word: &str, account: Option<i64>, supervisor: bool) -> Which {
    match (word, account) {
        ("mine", Some(account)) => Which::Mine(account),
        ("pool", _) => Which::Pool,
        ("waiting", _) => Which::Waiting,
        ("in_review", _) => Which::InReview,
        ("decided", _) => Which::Decided,
        ("linked" | "rejected" | "merged" | "accessioned", _) => {
            ItemState::parse(word).map_or(Which::Open, Which::Are)
        }
        ("screened_out", _) if supervisor => Which::Are(ItemState::ScreenedOut),
        _ => Which::Open,
    }
}

fn line(desk: &Desk, row: &ItemRow, owner: Option<String>) -> Result<Line, StoreError> {
    let facts = row.facts()?;
    let arrived = desk.facility.day_of(row.arrived_at);
    let decided = row.decided_at.map(|at| desk.facility.day_of(at));
    let state = row.state_on(desk.today);
    let age = clocks::age(arrived, decided, desk.today);
    Ok(Line {
        href: format!("/suspense/{}", row.uid),
        name: name(&facts, row),
        born: iso(facts.of("dateOfBirth")),
        record_number: row.medical_record_number.clone(),
        source: row.source().label(),
        on: iso(&row.event_date),
        found: facts.screened.words.clone(),
        owner: match owner {
            Some(owner) => owner,
            None if state == ItemState::ScreenedOut => "–".to_owned(),
            None => "Pool".to_owned(),
        },
        status: state.status(),
        recall: row
            .recall_on
            .filter(|_| state == ItemState::Waiting)
            .map(|d| format!("until {d}"))
            .unwrap_or_default(),
        age: age.words(),
        late: age.late && state != ItemState::ScreenedOut,
    })
}

/// `GET /suspense`.
pub(in crate::casefinding) async fn show(
    app: web::Data<App>,
    acting: Acting,
    query: web::Query<Query>,
) -> PageResult {
    let query = query.into_inner();
    let shown =
        app.blocking(move |app| app.db.view(&acting, |tx| list_page(tx, app, &acting, &query))).await?;
    page(&shown)
}

fn list_page(tx: &mut Tx<'_>, app: &App, acting: &Acting, query: &Query) -> Result<ListPage, PageError> {
    let desk = desk_of(tx, app)?;
    let scope = tx.scope()?;
    let supervisor = acting.is(Role::Supervisor);
    let account = acting.account();
    let known = TABS.iter().chain(&STATES).map(|(w, _)| *w).find(|w| *w == query.show);
    let word = known
        .filter(|w| supervisor || !matches!(*w, "screened_out" | "sample"))
        .filter(|w| *w != "mine" || account.is_some())
        .unwrap_or("open");
    let which = which(word, account, supervisor);
    let href = |word: &str| format!("/suspense?show={word}");
    let (rows, pages, sampled) = if word == "sample" {
        let month = month(&query.month, desk.today);
        let (rows, of) = store::sample(tx.conn(), scope, &month.format("%Y-%m").to_string(), sample::size)?;
        let total = format!("{} of {of} that were screened out", rows.len());
        (rows, Pagination { total, ..Pagination::default() }, Some(months(month, desk.today)))
    } else {
        let after: Option<i64> = opened_place(tx, PLACE, &query.after)?;
        let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
        let mut rows = store::page(tx.conn(), scope, which, desk.today, after, limit)?;
        let more = rows.len() > ROWS;
        rows.truncate(ROWS);
        let next = rows.last().filter(|_| more).map(|(last, _)| last.id);
        let next = next.map(|id| format!("{}&after={}", href(word), sealed_place(tx, PLACE, &id)));
        (rows, Pagination { total: String::new(), first: after.map(|_| href(word)), next }, None)
    };
    tx.record(Event::new(AuditAction::List).detail(format!("suspense {word}, {} items", rows.len())));
    let mut tabs = Vec::new();
    for (tab, label) in TABS {
        let counted = match tab {
            "screened_out" | "sample" if !supervisor => continue,
            "mine" if account.is_none() => continue,
            "open" | "mine" | "pool" | "waiting" => {
                let of = super::list::which(tab, account, supervisor);
                Some(store::count(tx.conn(), scope, of, desk.today)?)
            }
            _ => None,
        };
        tabs.push(Tab { label, count: counted, href: href(tab), here: tab == word });
    }
    let states = STATES
        .map(|(w, label)| Tab { label, count: None, href: href(w), here: w == word })
        .into_iter()
        .collect();
    Ok(ListPage {
        tabs,
        states,
        sample: sampled,
        lines: rows.iter().map(|(row, owner)| line(&desk, row, owner.clone())).collect::<Result<_, _>>()?,
        pages,
        writes: permits(acting, Action::EditAbstract),
        target: TARGET_AGE,
        layout: desk.layout.titled("Suspense").at(Place::Abstracts),
    })
}

/// The first day of the month asked for; of this month for anything else.
fn month(typed: &str, today: NaiveDate) -> NaiveDate {
    let asked = NaiveDate::parse_from_str(&format!("{typed}-01"), "%Y-%m-%d");
    asked.unwrap_or(today).with_day0(0).unwrap_or(today)
}

fn months(month: NaiveDate, today: NaiveDate) -> Months2 {
    let address = |m: NaiveDate| format!("/suspense?show=sample&month={}", m.format("%Y-%m"));
    let behind = month.checked_add_months(Months::new(1)).filter(|m| *m <= today);
    Months2 {
        words: month.format("%B %Y").to_string(),
        before: month.checked_sub_months(Months::new(1)).map(address).unwrap_or_default(),
        behind: behind.map(address),
    }
}
