//! `/suspense/lists`: lists that were taken, with the counts that must add up.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use crate::{
    access::{Action, Role, permits},
    audit::{AuditAction, Event},
    casefinding::list::{self, BatchRow, Counts, LineReport},
    db::{StoreError, Tx},
    facility::{Desk, desk_of},
    ids::SuspenseBatchId,
    web::{
        Acting, App, Layout, Notice, PageError, PageResult, Pagination, Place, Width, opened_place, page,
        sealed_place,
    },
};

/// Rows of one page.
const ROWS: usize = 50;

/// What the place in the list is sealed for.
const PLACE: &str = "suspense lists";

/// The address of the page.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::casefinding) struct Query {
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

struct Line {
    href: String,
    name: String,
    source: &'static str,
    month: String,
    when: String,
    who: String,
    counts: Counts,
}

#[derive(Template)]
#[template(path = "casefinding/batches.html")]
struct BatchesPage {
    layout: Layout,
    lines: Vec<Line>,
    columns: [(&'static str, bool); 8],
    pages: Pagination,
    writes: bool,
}

#[derive(Template)]
#[template(path = "casefinding/batch.html")]
struct BatchPage {
    layout: Layout,
    line: Line,
    supervisor: bool,
    duplicates: Vec<LineReport>,
    rejected: Vec<LineReport>,
}

fn line(desk: &Desk, row: &BatchRow) -> Line {
    let source = row.source().label();
    let when = desk.facility.clock_words(row.taken_at);
    Line {
        href: format!("/suspense/lists/{}", row.uid),
        name: if row.file_name.is_empty() { format!("{source} of {when}") } else { row.file_name.clone() },
        source,
        month: row.month.clone(),
        when,
        who: row.taken_by.clone(),
        counts: row.counts(),
    }
}

/// `GET /suspense/lists`.
pub(in crate::casefinding) async fn show(
    app: web::Data<App>,
    acting: Acting,
    query: web::Query<Query>,
) -> PageResult {
    let shown =
        app.blocking(move |app| app.db.view(&acting, |tx| lists(tx, app, &acting, &query.after))).await?;
    page(&shown)
}

fn lists(tx: &mut Tx<'_>, app: &App, acting: &Acting, after: &str) -> Result<BatchesPage, PageError> {
    let desk = desk_of(tx, app)?;
    let scope = tx.scope()?;
    let after: Option<i64> = opened_place(tx, PLACE, after)?;
    let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    let mut rows = list::page(tx.conn(), scope, after, limit)?;
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let next = rows.last().filter(|_| more).map(|row| row.id);
    let next = next.map(|id| format!("/suspense/lists?after={}", sealed_place(tx, PLACE, &id)));
    tx.record(Event::new(AuditAction::List).detail(format!("suspense lists, {}", rows.len())));
    Ok(BatchesPage {
        lines: rows.iter().map(|row| line(&desk, row)).collect(),
        columns: [
            ("List", false),
            ("Source", false),
            ("Month", false),
            ("Received", true),
            ("Candidates", true),
            ("Screened out", true),
            ("Duplicates", true),
            ("Rejected", true),
        ],
        pages: Pagination { total: String::new(), first: after.map(|_| "/suspense/lists".to_owned()), next },
        writes: permits(acting, Action::EditAbstract),
        layout: desk.layout.titled("Lists of possible cases").at(Place::Abstracts),
    })
}

/// `GET /suspense/lists/{list}`.
pub(in crate::casefinding) async fn one(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<SuspenseBatchId>,
    query: web::Query<Query>,
) -> PageResult {
    let uid = id.to_string();
    let shown = app
        .blocking(move |app| app.db.view(&acting, |tx| batch(tx, app, &acting, &uid, &query.done)))
        .await?;
    page(&shown)
}

fn batch(tx: &mut Tx<'_>, app: &App, acting: &Acting, uid: &str, done: &str) -> Result<BatchPage, PageError> {
    let desk = desk_of(tx, app)?;
    let scope = tx.scope()?;
    let row = list::by_uid(tx.conn(), scope, uid)?.ok_or(PageError::NotFound)?;
    tx.record(Event::new(AuditAction::ViewSuspense).detail(format!("list {uid}")));
    let report: Vec<LineReport> = serde_json::from_str(&row.report).map_err(|e| StoreError::Unreadable {
        what: "what is kept of a list",
        why: format!("{:?}", e.classify()),
    })?;
    let line = line(&desk, &row);
    let told = match (line.counts.holds(), done) {
        (false, _) => Some(Notice::error("The counts of this list do not add up. Tell your administrator.")),
        (true, "taken") => Some(Notice::good("The list was taken.")),
        _ => None,
    };
    let (duplicates, rejected) = report.into_iter().partition(LineReport::duplicate);
    let layout = desk.layout.titled("A list of possible cases").at(Place::Abstracts).wide(Width::Reading);
    Ok(BatchPage {
        layout: layout.with_notice(told),
        line,
        supervisor: acting.is(Role::Supervisor),
        duplicates,
        rejected,
    })
}
