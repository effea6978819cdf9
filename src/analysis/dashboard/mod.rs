//! The dashboard page.

mod counted;
mod figures;
mod rates;
mod summary;

use std::sync::Arc;

use actix_web::web;
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

use super::cases::{Cases, Class, Part};
use crate::{
    audit::{AuditAction, Event},
    db::Tx,
    facility::{self, Facility},
    followup::{self, Owner},
    followup_rules::{RATE_A_TARGET, RATE_B_TARGET},
    partial_date::{PartialDate, SlashOrder, in_words},
    save,
    web::{Acting, App, Layout, PageError, PageResult, Place, Width, page},
};
use counted::Counted;
use figures::{Figure, by_age, by_state, by_status, by_year, top_sites};
use rates::{SheetLine, many, share, sheet_line, verdict};
use summary::{Measure, Need, measures, needs};

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DashboardQuery {
    on: String,
    class: String,
}

#[derive(Template)]
#[template(path = "analysis/dashboard.html")]
struct DashboardPage {
    layout: Layout,
    sub: String,
    on: String,
    class: Class,
    no_reference_date: bool,
    needs: Vec<Need>,
    measures: Vec<Measure>,
    work: Vec<Figure>,
    lines: Vec<SheetLine>,
    verdicts: Vec<String>,
    patients: Vec<(&'static str, String)>,
    followup: Figure,
    cases: Vec<Figure>,
    unclassed: Option<(String, String)>,
}

/// `GET /dashboard`.
pub(super) async fn show(
    app: web::Data<App>,
    acting: Acting,
    query: web::Query<DashboardQuery>,
) -> PageResult {
    let query = query.into_inner();
    let shown = app.blocking(move |app| {
        app.db.view(&acting, |tx| {
            let layout = followup::layout(tx, app)?;
            dashboard_page(tx, layout, &query)
        })
    });
    page(&shown.await?)
}

/// The as-of day of an address: the facility's today, or the day given.
pub(super) fn as_of(tx: &Tx<'_>, here: &Facility, on: &str) -> Result<NaiveDate, PageError> {
    let today = followup::today(tx, here);
    let read = PartialDate::parse_typed(on, today, SlashOrder::MonthFirst)
        .map_err(|problem| PageError::BadRequest(problem.to_string()))?;
    match read {
        None => Ok(today),
        Some(PartialDate::Day(day)) => Ok(day),
        Some(partial) => {
            Err(PageError::BadRequest(format!("“{}” is no day. Enter one like 2026-07-01.", partial.iso())))
        }
    }
}

fn dashboard_page(
    tx: &mut Tx<'_>,
    layout: Layout,
    query: &DashboardQuery,
) -> Result<DashboardPage, PageError> {
    let scope = tx.scope()?;
    let here = facility::get(tx.conn(), scope.facility())?;
    let day = as_of(tx, &here, &query.on)?;
    let on = if query.on.is_empty() { String::new() } else { day.to_string() };
    let class = Class::parse(&query.class);
    let settings = save::follow_up_settings(&here);
    let question = format!("dashboard {day} {:?}", settings.centenarian);
    let counted =
        tx.figure(&question, |conn| Counted::of(conn, scope, day, settings.centenarian).map(Arc::new))?;
    let Counted { states, ages, sheets, patients, registered } = &*counted;
    let (sheets, patients) = (*sheets, *patients);
    let counts = followup::figures(tx, Owner::Everyone, day)?;
    let pool = followup::figures(tx, Owner::Pool, day)?;
    let unclassed = registered.unclassed;
    tx.record(Event::new(AuditAction::ViewDashboard).detail(format!("as of {day}")));
    let time = layout.time.clone();
    Ok(DashboardPage {
        layout: layout.titled("Dashboards").at(Place::Dashboards).wide(Width::Wide),
        sub: format!(
            "{}, all registrars, as of {}{}. For use inside the registry, not for release.",
            here.short_name,
            in_words(day),
            if on.is_empty() { format!(", {time}") } else { ", on the data as they are now".to_owned() }
        ),
        class,
        no_reference_date: here.reference_date.is_none(),
        needs: needs(ages, &counts, &pool, sheets, &on),
        measures: measures(ages, &counts, sheets, &on),
        work: vec![by_age(ages, &on), by_state(states, &on)],
        lines: Part::ALL.map(|part| sheet_line(part, sheets, &on)).into(),
        verdicts: vec![
            verdict("All cases since the reference date", sheets.a.rate(), RATE_A_TARGET),
            verdict("Diagnosed in the last five years", sheets.b.rate(), RATE_B_TARGET),
        ],
        patients: vec![
            ("Patients, all", share(patients.a.rate(), RATE_A_TARGET)),
            ("Patients, last five years", share(patients.b.rate(), RATE_B_TARGET)),
            ("Living cases that are current, all", share(sheets.a.living_rate(), RATE_A_TARGET)),
            ("Living cases that are current, last five years", share(sheets.b.living_rate(), RATE_B_TARGET)),
        ],
        followup: by_status(&counts),
        cases: vec![top_sites(registered, class, &on), by_year(registered, class, &on)],
        unclassed: (unclassed > 0).then(|| (many(unclassed, "case"), Cases::Unclassed.href(&on))),
        on,
    })
}
