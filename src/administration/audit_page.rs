//! The audit list: person, patient number, day, action. No patient page, no names of patients.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::store::{self, AuditFilter};
use crate::{
    access::Action,
    audit::{AuditAction, Event},
    facility,
    web::{
        Acting, Answer, App, Control, Field, FieldState, Layout, PageError, PageResult, Place, Route, page,
    },
};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/audit", Action::ViewAudit, || web::get().to(show)).audited(AuditAction::ViewAudit)]
}

struct Line {
    at: String,
    person: String,
    action: String,
    refused: bool,
    patients: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "administration/audit.html")]
struct AuditPage {
    layout: Layout,
    fields: Vec<Field>,
    lines: Vec<Line>,
    older: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    person: String,
    action: String,
    patient: String,
    before: i64,
}

/// Lines on a page.
const MOST: i64 = 100;
/// Patient numbers shown on a line; the rest is counted.
const MOST_NUMBERS: usize = 6;

async fn show(app: web::Data<App>, acting: Acting, query: web::Query<Query>) -> PageResult {
    let query = query.into_inner();
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let scope = tx.scope()?;
                let filter = AuditFilter {
                    person: query.person.trim().to_lowercase(),
                    action: query.action.clone(),
                    patient_number: query.patient.trim().to_owned(),
                    before: query.before,
                };
                let found = store::audit_lines(tx.conn(), scope, &filter, MOST)?;
                let span = (found.last().map_or(0, |l| l.id), found.first().map_or(0, |l| l.id));
                let numbers = store::patient_numbers(tx.conn(), scope, span.0, span.1)?;
                let asked = [
                    ("person", !filter.person.is_empty()),
                    ("action", !filter.action.is_empty()),
                    ("patientIdNumber", !filter.patient_number.is_empty()),
                ];
                tx.record(
                    Event::new(AuditAction::ViewAudit)
                        .fields(asked.iter().filter(|(_, a)| *a).map(|(n, _)| *n)),
                );
                let older = (found.len() as u64 == MOST.unsigned_abs()).then(|| {
                    let pairs = [
                        ("person", query.person.clone()),
                        ("action", query.action.clone()),
                        ("patient", query.patient.clone()),
                        ("before", span.0.to_string()),
                    ];
                    format!("/audit?{}", serde_html_form::to_string(pairs).unwrap_or_default())
                });
                let zone = desk.facility.zone;
                let lines = found
                    .into_iter()
                    .map(|l| {
                        let own: Vec<&str> = numbers
                            .iter()
                            .filter(|(e, _)| *e == l.id)
                            .map(|(_, n)| if n.is_empty() { "no number" } else { n.as_str() })
                            .collect();
                        let mut patients =
                            own.iter().take(MOST_NUMBERS).copied().collect::<Vec<_>>().join(", ");
                        if own.len() > MOST_NUMBERS {
                            patients += &format!(" and {} more", own.len() - MOST_NUMBERS);
                        }
                        Line {
                            at: l.at.and_utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string(),
                            person: l.actor_name,
                            action: l.action,
                            refused: l.outcome == "refused",
                            patients,
                            detail: match (l.detail.is_empty(), l.fields.is_empty()) {
                                (_, true) => l.detail,
                                (true, false) => l.fields,
                                (false, false) => format!("{}; {}", l.detail, l.fields),
                            },
                        }
                    })
                    .collect();
                let mut actions = vec![Answer { value: String::new(), label: "Any".to_owned() }];
                actions.extend(
                    AuditAction::ALL
                        .iter()
                        .map(|a| Answer { value: a.word().to_owned(), label: a.word().to_owned() }),
                );
                let fields = vec![
                    Field::text("person", "User name").value(&query.person).most(80),
                    Field::new("action", "Action", Control::Select(actions)).value(&query.action),
                    Field::text("patient", "Patient number").value(&query.patient).most(20),
                ];
                Ok::<_, PageError>(AuditPage {
                    layout: desk.layout.titled("Audit").at(Place::Audit),
                    fields,
                    lines,
                    older,
                })
            })
        })
        .await?;
    page(&shown)
}
