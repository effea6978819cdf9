//! The figures of quality review for supervisors: a period, by abstractor and by field.

use actix_web::web;
use askama::Template;
use chrono::{Datelike, Days, NaiveDate, NaiveTime};
use serde::Deserialize;

use super::{
    super::{
        disputes, is_abstractor, is_own, reviewed,
        score::{CASE_TARGET, FIELD_TARGET, KAPPA_CASES, Tally},
        score_words, store,
        summary::{Part, sums},
    },
    local, number,
};
use crate::{
    audit::{AuditAction, Event},
    db::Tx,
    facility::{Desk, calendar::Calendar, desk_of},
    followup_rules::Rate,
    patient::full_name,
    tumor,
    web::{Acting, App, Control, Field, FieldState, FormErrors, Layout, PageError, PageResult, Place, page},
};

/// The period, days of the facility, both included; and one abstractor by login.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    from: String,
    to: String,
    by: String,
}

struct Row {
    label: String,
    href: String,
    cases: usize,
    fields: u32,
    major: u32,
    minor: u32,
    accuracy: String,
    below: bool,
    clean: String,
    clean_below: bool,
}

struct AgreementRow {
    label: &'static str,
    cases: usize,
    kappa: String,
}

struct ReviewLine {
    href: String,
    name: String,
    number: String,
    abstractor: String,
    reviewer: String,
    decided: String,
    blind: bool,
    score: String,
}

#[derive(Template)]
#[template(path = "quality_review/figures.html")]
struct FiguresPage {
    layout: Layout,
    sub: String,
    all: String,
    fields: [Field; 2],
    by: String,
    periods: Vec<(&'static str, String)>,
    abstractors: Vec<Row>,
    by_field: Vec<Row>,
    agreement: Vec<AgreementRow>,
    reviews: Vec<ReviewLine>,
    errors: FormErrors,
}

fn told(rate: Rate, target: u32) -> (String, bool) {
    (
        rate.percent(target).map_or_else(|| "–".to_owned(), |p| format!("{p} %")),
        rate.passes(target) == Some(false),
    )
}

fn row(label: &str, href: String, part: &Part) -> Row {
    let (clean, clean_below) = told(part.case_accuracy(), CASE_TARGET);
    Row { cases: part.cases(), clean, clean_below, ..of_tally(label, href, part.tally()) }
}

fn of_tally(label: &str, href: String, tally: Tally) -> Row {
    let (accuracy, below) = told(tally.accuracy(), FIELD_TARGET);
    Row {
        label: label.to_owned(),
        href,
        cases: 0,
        fields: tally.fields,
        major: tally.major,
        minor: tally.minor,
        accuracy,
        below,
        clean: String::new(),
        clean_below: false,
    }
}

/// First day of the quarter of a day.
fn quarter(day: NaiveDate) -> NaiveDate {
    NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1).unwrap_or(day)
}

fn address(from: NaiveDate, to: NaiveDate, by: &str) -> String {
    let by = if by.is_empty() { String::new() } else { format!("&by={by}") };
    format!("/quality-review/figures?from={from}&to={to}{by}")
}

/// The calendar year so far, where nothing else is asked.
fn period(asked: &Asked, desk: &Desk, errors: &mut FormErrors) -> (NaiveDate, NaiveDate) {
    let year = NaiveDate::from_ymd_opt(desk.today.year(), 1, 1).unwrap_or(desk.today);
    let mut read = |field: &str, label: &str, text: &str, usual: NaiveDate| match text.trim() {
        "" => usual,
        text => text.parse().unwrap_or_else(|_| {
            errors.add(field, label, format!("“{text}” is not a day. Write it like {}.", desk.today));
            usual
        }),
    };
    let from = read("from", "From", &asked.from, year);
    let to = read("to", "To", &asked.to, desk.today);
    if errors.is_empty() && to < from {
        errors.add("to", "To", format!("The period ends before it begins. Enter {from} or a later day."));
    }
    (from, to)
}

fn figures_page(tx: &mut Tx<'_>, app: &App, asked: &Asked) -> Result<FiguresPage, PageError> {
    let desk = desk_of(tx, app)?;
    let scope = tx.scope()?;
    let mut errors = FormErrors::default();
    let (from, to) = period(asked, &desk, &mut errors);
    let calendar = Calendar::new(desk.facility.zone, Default::default());
    let instant = |day: NaiveDate| calendar.instant(day, NaiveTime::MIN).naive_utc();
    let until = to.checked_add_days(Days::new(1)).unwrap_or(to);
    let mut rows = store::decided_between(tx.conn(), scope, instant(from), instant(until))?;
    rows.retain(|(row, _)| asked.by.is_empty() || row.abstractor == asked.by);
    let keys: Vec<i64> = rows.iter().map(|(row, _)| row.id).collect();
    let all_disputes = disputes::store::of_reviews(tx.conn(), &keys)?;
    let (mut counted, mut reviews, mut patients) = (Vec::new(), Vec::new(), Vec::new());
    for (row, (case, accession, sequence, patient, last, first)) in rows {
        let own: Vec<_> = all_disputes.iter().filter(|d| d.review == row.id).cloned().collect();
        counted.push(reviewed(&row, &own)?);
        patients.push(patient);
        let owner = tumor::by_uid(tx.conn(), scope, &case)?.and_then(|t| t.owner_id);
        reviews.push(ReviewLine {
            // Of a case of the reader's own the other page is not found.
            href: match (is_abstractor(tx, &row), is_own(tx, &row, owner)) {
                (true, _) => format!("/quality-review/own/{}", row.uid),
                (false, true) => format!("/abstracts/{case}"),
                _ => format!("/quality-review/{}", row.uid),
            },
            name: full_name(&last, &first),
            number: number(&accession, &sequence),
            decided: row.decided_at.map_or_else(String::new, |at| local(&desk, at)),
            score: score_words(&row, &own)?,
            blind: row.mode == "blind",
            abstractor: row.abstractor,
            reviewer: row.reviewer,
        });
    }
    tx.record(Event::new(AuditAction::List).patients(patients).detail("figures of quality review"));
    let sums = sums(&counted);
    let (all, clean) =
        (told(sums.all.tally().accuracy(), FIELD_TARGET), told(sums.all.case_accuracy(), CASE_TARGET));
    let this = quarter(desk.today);
    let before = quarter(this.pred_opt().unwrap_or(this));
    let year = NaiveDate::from_ymd_opt(desk.today.year(), 1, 1).unwrap_or(this);
    let day = |name: &str, label: &str, value: NaiveDate, errors: &FormErrors| {
        let mut field = Field::new(name, label, Control::Date).value(value.to_string());
        if !errors.of(name).is_empty() {
            field.state = FieldState::Error(errors.of(name).to_owned());
        }
        field
    };
    Ok(FiguresPage {
        sub: format!(
            "{} decided from {from} to {to}; as of {}",
            match sums.all.cases() {
                1 => "1 review".to_owned(),
                n => format!("{n} reviews"),
            },
            desk.today
        ),
        all: if sums.all.cases() == 0 {
            String::new()
        } else {
            format!(
                "Field accuracy {} (target {FIELD_TARGET} %), case accuracy {} (target {CASE_TARGET} %).",
                all.0, clean.0
            )
        },
        fields: [day("from", "From", from, &errors), day("to", "To", to, &errors)],
        periods: vec![
            ("This quarter", address(this, desk.today, &asked.by)),
            ("Last quarter", address(before, this.pred_opt().unwrap_or(this), &asked.by)),
            ("This year", address(year, desk.today, &asked.by)),
        ],
        abstractors: sums
            .by_abstractor
            .iter()
            .map(|(login, part)| row(login, address(from, to, login), part))
            .collect(),
        by_field: sums.by_field.iter().map(|(f, tally)| of_tally(f.label(), String::new(), *tally)).collect(),
        agreement: sums
            .agreement
            .iter()
            .map(|a| AgreementRow {
                label: a.field.label(),
                cases: a.cases,
                kappa: match a.kappa {
                    Some(kappa) => format!("{kappa:.2}"),
                    None if a.cases < KAPPA_CASES => format!("shown from {KAPPA_CASES} cases on"),
                    None => "one code alone was given".to_owned(),
                },
            })
            .collect(),
        reviews,
        errors,
        by: asked.by.clone(),
        layout: desk.layout.titled("Figures of quality review").at(Place::Abstracts),
    })
}

/// `GET /quality-review/figures`.
pub(super) async fn show(app: web::Data<App>, acting: Acting, asked: web::Query<Asked>) -> PageResult {
    let shown = app.blocking(move |app| app.db.view(&acting, |tx| figures_page(tx, app, &asked))).await?;
    page(&shown)
}
