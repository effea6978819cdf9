//! The list behind a figure.

use actix_web::web;
use askama::Template;

use super::{
    cases::{CasesQuery, site_label, state_label},
    dashboard::as_of,
    store::{self, After, CaseRow},
};
use crate::{
    abstracting::accession,
    audit::{AuditAction, Event},
    db::Tx,
    facility,
    followup::{self, People},
    partial_date::PartialDate,
    patient::full_name,
    quality_review, save,
    web::{
        Acting, App, Layout, PageError, PageResult, Pagination, Place, Width, grouped, opened_place, page,
        sealed_place,
    },
};

/// Rows a page.
const PAGE_ROWS: usize = 50;

struct RowView {
    href: String,
    name: String,
    accession: String,
    site: &'static str,
    diagnosed: String,
    first_contact: String,
    last_contact: String,
    owner: String,
    state: String,
}

#[derive(Template)]
#[template(path = "analysis/cases.html")]
struct CasesPage {
    layout: Layout,
    back: String,
    section: &'static str,
    title: String,
    sub: String,
    definition: String,
    rows: Vec<RowView>,
    /// Rows in quality review that the reader may code again blind.
    left_out: usize,
    pages: Pagination,
}

/// `GET /dashboard/cases`.
pub(super) async fn show(app: web::Data<App>, acting: Acting, query: web::Query<CasesQuery>) -> PageResult {
    let query = query.into_inner();
    let shown = app.blocking(move |app| {
        app.db.view(&acting, |tx| {
            let layout = followup::layout(tx, app)?;
            cases_page(tx, layout, &query)
        })
    });
    page(&shown.await?)
}

fn cases_page(tx: &mut Tx<'_>, layout: Layout, query: &CasesQuery) -> Result<CasesPage, PageError> {
    let cases = query.cases().ok_or_else(|| {
        PageError::BadRequest(
            "This address names no list of cases. Open it from a figure of the dashboard.".to_owned(),
        )
    })?;
    let scope = tx.scope()?;
    let here = facility::get(tx.conn(), scope.facility())?;
    let day = as_of(tx, &here, &query.on)?;
    let centenarian = save::follow_up_settings(&here).centenarian;
    let after = opened_place::<After>(tx, PLACE, &query.after)?;
    let question = format!("cases {cases:?} {day} {centenarian:?}");
    let total = tx.figure(&question, |conn| store::count(conn, scope, &cases, day, centenarian))?;
    let (rows, next) = store::page(tx.conn(), scope, &cases, day, centenarian, after, PAGE_ROWS)?;
    let people = People::of(tx.conn(), scope.facility())?;
    let mut event = Event::new(AuditAction::List).detail(cases.href(&query.on));
    for row in &rows {
        event = event.tumor(row.patient_id, row.id);
    }
    tx.record(event);
    let hidden = quality_review::hidden(tx)?;
    let href = cases.href(&query.on);
    let before = if after.is_some() { query.rows } else { 0 };
    let next = next
        .map(|place| format!("{href}&after={}&rows={}", sealed_place(tx, PLACE, &place), before + PAGE_ROWS));
    let (anchor, section) = cases.section();
    let on = if query.on.is_empty() { String::new() } else { format!("?on={day}") };
    let noun = if total == 1 { "case" } else { "cases" };
    let shown = if rows.is_empty() {
        "No rows.".to_owned()
    } else {
        format!("Rows {} to {} of {}.", before + 1, before + rows.len(), grouped(total))
    };
    Ok(CasesPage {
        layout: layout.titled(cases.title()).at(Place::Dashboards).wide(Width::Wide),
        back: format!("/dashboard{on}#{anchor}"),
        section,
        title: cases.title(),
        sub: format!("{} {noun}, as of {day}", grouped(total)),
        definition: cases.definition(day),
        left_out: rows.iter().filter(|row| hidden.case(row.id)).count(),
        rows: rows.iter().filter(|row| !hidden.case(row.id)).map(|row| RowView::of(row, &people)).collect(),
        pages: Pagination { total: shown, first: after.map(|_| href), next },
    })
}

impl RowView {
    fn of(row: &CaseRow, people: &People) -> Self {
        let iso = |digits: &str| PartialDate::parse(digits).map(PartialDate::iso).unwrap_or_default();
        let number = format!("{} {}", accession::shown(&row.accession_number), row.sequence_number);
        Self {
            href: format!("/patients/{}", row.patient_uid),
            name: full_name(&row.name_last, &row.name_first),
            accession: number.trim().to_owned(),
            site: site_label(&row.site_group),
            diagnosed: iso(&row.dx_date),
            first_contact: iso(&row.first_contact),
            last_contact: iso(&row.last_contact),
            owner: people.name(row.owner_id),
            state: state_label(&row.state),
        }
    }
}

/// What sealed places of this list are for.
const PLACE: &str = "case list place";
