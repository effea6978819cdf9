//! The dashboard page.

use actix_web::web;
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

use super::{
    cases::{Age, Cases, Class, OPEN_STATES, Part, site_label, state_label},
    store::{self, Sheets, SiteYear},
};
use crate::{
    audit::{AuditAction, Event},
    db::Tx,
    facility::{self, Facility},
    followup::{self, Counts, Group, Owner, View, grouped},
    followup_rules::{RATE_A_TARGET, RATE_B_TARGET, Rate, Worksheet, is_analytic},
    partial_date::{PartialDate, SlashOrder, in_words},
    save,
    web::{Acting, App, Layout, PageError, PageResult, Place, Width, page},
};

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DashboardQuery {
    on: String,
    class: String,
}

/// One bar of a figure.
struct Bar {
    label: String,
    /// Length of 100.
    length: String,
    late: bool,
    n: String,
    href: String,
}

/// A figure of bars.
struct Figure {
    title: String,
    note: String,
    head: &'static str,
    unit: &'static str,
    bars: Vec<Bar>,
}

/// What needs somebody today.
struct Need {
    n: String,
    tone: &'static str,
    text: String,
    more: String,
    href: String,
    button: &'static str,
}

struct Measure {
    name: &'static str,
    value: String,
    beside: String,
    note: String,
    n: String,
    href: String,
    after: String,
}

/// One line of the worksheet, for both rates.
struct SheetLine {
    label: &'static str,
    a: SheetCell,
    b: SheetCell,
}

struct SheetCell {
    n: String,
    percent: String,
    href: String,
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
    let states = store::by_state(tx.conn(), scope)?;
    let ages = store::by_age(tx.conn(), scope, day)?;
    let sheets = store::case_rates(tx.conn(), scope, day, settings.centenarian)?;
    let patients = store::patient_rates(tx.conn(), scope, day, settings.centenarian)?;
    let counts = followup::counts(tx.conn(), scope, Owner::Everyone, day)?;
    let pool = followup::counts(tx.conn(), scope, Owner::Pool, day)?;
    let mut sites = store::by_site_and_year(tx.conn(), scope)?;
    let unclassed: i64 = sites.iter().filter(|row| row.class_of_case.is_empty()).map(|row| row.n).sum();
    sites.retain(|row| class == Class::All || is_analytic(&row.class_of_case));
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
        needs: needs(&ages, &counts, &pool, sheets, &on),
        measures: measures(&ages, &counts, sheets, &on),
        work: vec![by_age(&ages, &on), by_state(&states, &on)],
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
        cases: vec![top_sites(&sites, class, &on), by_year(&sites, class, &on)],
        unclassed: (unclassed > 0).then(|| (many(unclassed, "case"), Cases::Unclassed.href(&on))),
        on,
    })
}

/// `1 case`, `1,284 cases`.
fn many(n: i64, thing: &str) -> String {
    if n == 1 { format!("1 {thing}") } else { format!("{} {thing}s", grouped(n)) }
}

fn plural(n: i64, one: &str, more: &str) -> String {
    if n == 1 { one.to_owned() } else { more.to_owned() }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// `90.8 %, 1,378 of 1,517`, or `no cases`.
fn share(rate: Rate, target: u32) -> String {
    rate.percent(target).map_or_else(
        || "no cases".to_owned(),
        |percent| format!("{percent} %, {} of {}", grouped(signed(rate.num)), grouped(signed(rate.den))),
    )
}

fn verdict(name: &str, rate: Rate, target: u32) -> String {
    match rate.passes(target) {
        None => format!("{name}: no cases."),
        Some(true) => {
            let spare = signed(rate.num) - signed((rate.den * u64::from(target)).div_ceil(100));
            format!(
                "{name}: {}; the target of {target} % is reached, {} above it.",
                share(rate, target),
                many(spare, "case")
            )
        }
        Some(false) => format!(
            "{name}: {}; the target of {target} % is missed. {} more must be followed.",
            share(rate, target),
            many(signed(rate.needed_to_pass(target)), "case")
        ),
    }
}

fn needs(ages: &[i64; 6], counts: &Counts, pool: &Counts, sheets: Sheets, on: &str) -> Vec<Need> {
    let over_12 = ages.get(4).copied().unwrap_or(0);
    let delinquent = counts.of(Group::Delinquent);
    let unowned = pool.view(View::Open);
    let mut needs = Vec::new();
    if over_12 > 0 {
        needs.push(Need {
            n: grouped(over_12),
            tone: "error",
            text: plural(
                over_12,
                "case with first contact over a year ago is not complete",
                "cases with first contact over a year ago are not complete",
            ),
            more: "An abstract should be complete within six months.".to_owned(),
            href: Cases::State { state: None, age: Some(Age::Over12) }.href(on),
            button: "See the cases",
        });
    }
    if delinquent > 0 {
        needs.push(Need {
            n: grouped(delinquent),
            tone: "warning",
            text: plural(
                delinquent,
                "patient is past the 15-month line",
                "patients are past the 15-month line",
            ),
            more: verdict("Last five years", sheets.b.rate(), RATE_B_TARGET),
            href: "/followup?owner=all&status=delinquent".to_owned(),
            button: "See the patients",
        });
    }
    if unowned > 0 {
        needs.push(Need {
            n: grouped(unowned),
            tone: "quiet",
            text: plural(
                unowned,
                "patient is open in follow-up without a registrar",
                "patients are open in follow-up without a registrar",
            ),
            more: "They are in the pool until somebody gets them.".to_owned(),
            href: "/followup?owner=pool&status=open".to_owned(),
            button: "See the pool",
        });
    }
    needs
}

fn measures(ages: &[i64; 6], counts: &Counts, sheets: Sheets, on: &str) -> Vec<Measure> {
    let rate = |name, sheet: Worksheet, target: u32, five_years| {
        let rate = sheet.rate();
        Measure {
            name,
            value: rate.percent(target).map_or_else(|| "no cases".to_owned(), |p| format!("{p} %")),
            beside: format!("target {target}"),
            note: format!("{} of", grouped(signed(rate.num))),
            n: grouped(signed(rate.den)),
            href: Cases::Rate { five_years, part: Part::Eligible }.href(on),
            after: match rate.passes(target) {
                Some(false) => format!("cases, {} short", grouped(signed(rate.needed_to_pass(target)))),
                _ => "cases".to_owned(),
            },
        }
    };
    let late: i64 = Age::ALL.iter().zip(ages).filter(|(age, _)| age.is_late()).map(|(_, n)| n).sum();
    let open: i64 = ages.iter().sum();
    vec![
        rate("Follow-up, last five years", sheets.b, RATE_B_TARGET, true),
        rate("Follow-up, all", sheets.a, RATE_A_TARGET, false),
        Measure {
            name: "Open follow-up",
            value: grouped(counts.view(View::Open)),
            beside: "patients".to_owned(),
            note: "of".to_owned(),
            n: grouped(counts.view(View::Followed)),
            href: "/followup?owner=all&status=followed".to_owned(),
            after: "followed".to_owned(),
        },
        Measure {
            name: "Backlog over six months",
            value: grouped(late),
            beside: "target 0".to_owned(),
            note: "of".to_owned(),
            n: grouped(open),
            href: Cases::State { state: None, age: None }.href(on),
            after: "open cases".to_owned(),
        },
    ]
}

fn sheet_line(part: Part, sheets: Sheets, on: &str) -> SheetLine {
    let cell = |sheet: Worksheet, five_years| {
        let n = match part {
            Part::Eligible => sheet.eligible,
            Part::Dead => sheet.dead,
            Part::Living => sheet.living(),
            Part::Current => sheet.current,
            Part::Lost => sheet.lost(),
        };
        // A share of all; no target to compare with.
        let percent = Rate { num: n, den: sheet.eligible }.percent(0);
        SheetCell {
            n: grouped(signed(n)),
            percent: percent.map_or_else(|| "no cases".to_owned(), |p| format!("{p} %")),
            href: Cases::Rate { five_years, part }.href(on),
        }
    };
    SheetLine { label: part.label(), a: cell(sheets.a, false), b: cell(sheets.b, true) }
}

/// Draws counts as bars, the longest 100.
fn bars(rows: impl IntoIterator<Item = (String, i64, bool, String)>) -> Vec<Bar> {
    let rows: Vec<_> = rows.into_iter().collect();
    let most = rows.iter().map(|(_, n, ..)| *n).max().unwrap_or(0).max(1);
    rows.into_iter()
        .map(|(label, n, late, href)| {
            let tenths = (n * 2000 + most) / (most * 2);
            Bar { label, length: format!("{}.{}", tenths / 10, tenths % 10), late, n: grouped(n), href }
        })
        .collect()
}

fn by_age(ages: &[i64; 6], on: &str) -> Figure {
    let open: i64 = ages.iter().sum();
    let late: i64 = Age::ALL.iter().zip(ages).filter(|(age, _)| age.is_late()).map(|(_, n)| n).sum();
    let rows = Age::ALL.into_iter().zip(*ages).map(|(age, n)| {
        let href = Cases::State { state: None, age: Some(age) }.href(on);
        (age.label().to_owned(), n, age.is_late(), href)
    });
    Figure {
        title: match (late, open) {
            (_, 0) => "No case is open".to_owned(),
            (0, _) => "No open case is past six months".to_owned(),
            _ => format!("{} of {} are past six months", grouped(late), many(open, "open case")),
        },
        note: "Cases that are not complete, by months since first contact".to_owned(),
        head: "Months",
        unit: "Cases",
        bars: bars(rows),
    }
}

fn by_state(states: &[store::StateCount], on: &str) -> Figure {
    let all: i64 = states.iter().map(|s| s.n).sum();
    let open: i64 = states.iter().filter(|s| OPEN_STATES.contains(&s.state.as_str())).map(|s| s.n).sum();
    let rows = states.iter().map(|s| {
        let href = Cases::State { state: Some(s.state.clone()), age: None }.href(on);
        (state_label(&s.state), s.n, false, href)
    });
    Figure {
        title: format!("{} of {} are open", grouped(open), many(all, "case")),
        note: "All cases by state of the abstract".to_owned(),
        head: "State",
        unit: "Cases",
        bars: bars(rows),
    }
}

fn by_status(counts: &Counts) -> Figure {
    let rows = Group::ALL.into_iter().map(|group| {
        let label = if group == Group::Later { "Current, due later" } else { group.label() };
        let href = format!("/followup?owner=all&status={}", View::Only(group).word());
        (label.to_owned(), counts.of(group), matches!(group, Group::Delinquent | Group::Overdue), href)
    });
    let late = counts.of(Group::Delinquent) + counts.of(Group::Overdue);
    Figure {
        title: match late {
            0 => "No patient is overdue".to_owned(),
            late => format!(
                "{} of {} {} overdue or delinquent",
                grouped(late),
                many(counts.view(View::Followed), "followed patient"),
                if late == 1 { "is" } else { "are" }
            ),
        },
        note: "Followed patients by status".to_owned(),
        head: "Status",
        unit: "Patients",
        bars: bars(rows),
    }
}

/// Site groups shown.
const TOP: usize = 10;

fn top_sites(sites: &[SiteYear], class: Class, on: &str) -> Figure {
    let mut groups: Vec<(&str, i64)> = Vec::new();
    for row in sites {
        match groups.iter_mut().find(|(group, _)| *group == row.site_group) {
            Some((_, n)) => *n += row.n,
            None => groups.push((&row.site_group, row.n)),
        }
    }
    let all: i64 = groups.iter().map(|(_, n)| n).sum();
    groups.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    // What fits no group is always shown, last.
    let unknown = groups.iter().position(|(group, _)| group.is_empty()).map(|at| groups.remove(at));
    groups.truncate(TOP);
    let top: i64 = groups.iter().map(|(_, n)| n).sum();
    groups.extend(unknown);
    let rows = groups.iter().map(|(group, n)| {
        let href = Cases::Site { group: (*group).to_owned(), class }.href(on);
        (site_label(group).to_owned(), *n, false, href)
    });
    Figure {
        title: match all {
            0 => "No case is registered yet".to_owned(),
            all => format!("The ten largest site groups hold {} of {}", grouped(top), many(all, "case")),
        },
        note: format!("{} cases by SEER site group", class.words()),
        head: "Site group",
        unit: "Cases",
        bars: bars(rows),
    }
}

/// Years of diagnosis shown.
const YEARS: i32 = 12;

fn by_year(sites: &[SiteYear], class: Class, on: &str) -> Figure {
    let mut years: std::collections::BTreeMap<Option<i32>, i64> = std::collections::BTreeMap::new();
    for row in sites {
        *years.entry(row.dx_year).or_default() += row.n;
    }
    let newest = years.keys().flatten().max().copied();
    let first = newest.map_or(0, |newest| newest - YEARS + 1);
    let unknown = years.remove(&None);
    let earlier: i64 = years.iter().filter(|(year, _)| year.is_some_and(|y| y < first)).map(|(_, n)| n).sum();
    let mut rows: Vec<(String, i64, bool, String)> = Vec::new();
    if let Some(newest) = newest {
        for year in (first..=newest).rev() {
            let n = years.get(&Some(year)).copied().unwrap_or(0);
            rows.push((year.to_string(), n, false, Cases::Year { year: Some(year), class }.href(on)));
        }
    }
    if let Some(n) = unknown {
        rows.push(("unknown".to_owned(), n, false, Cases::Year { year: None, class }.href(on)));
    }
    let busiest = rows.iter().filter(|(label, ..)| label != "unknown").max_by_key(|(_, n, ..)| *n);
    Figure {
        title: busiest.map_or_else(
            || "No case is registered yet".to_owned(),
            |(year, n, ..)| format!("Most cases were diagnosed in {year}: {}", grouped(*n)),
        ),
        note: if earlier > 0 {
            format!("{} cases by year of diagnosis; {} earlier", class.words(), grouped(earlier))
        } else {
            format!("{} cases by year of diagnosis", class.words())
        },
        head: "Year",
        unit: "Cases",
        bars: bars(rows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_is_the_whole_width() {
        let drawn =
            bars([("a".to_owned(), 118, false, String::new()), ("b".to_owned(), 64, false, String::new())]);
        assert_eq!(drawn.iter().map(|b| b.length.as_str()).collect::<Vec<_>>(), ["100.0", "54.2"]);
        assert_eq!(bars([("a".to_owned(), 0, false, String::new())])[0].length, "0.0");
    }

    #[test]
    fn a_verdict_says_what_is_missing() {
        assert_eq!(
            verdict("All", Rate { num: 799, den: 1000 }, 80),
            "All: 79.9 %, 799 of 1,000; the target of 80 % is missed. 1 case more must be followed."
        );
        assert_eq!(
            verdict("All", Rate { num: 1378, den: 1517 }, 90),
            "All: 90.8 %, 1,378 of 1,517; the target of 90 % is reached, 12 cases above it."
        );
        assert_eq!(verdict("All", Rate::default(), 80), "All: no cases.");
    }
}
