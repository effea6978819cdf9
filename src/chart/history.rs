//! What happened to a patient and the cases: the log of the patient's page and the page of all versions.

use actix_web::web;
use askama::Template;
use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::person::{Person, person, primary};
use crate::{
    audit::{AuditAction, Event},
    db::Tx,
    dictionary::Dictionary,
    facility,
    ids::PatientId,
    partial_date::in_words,
    patient::{self, VersionRow},
    save::body::Body,
    tumor,
    web::{Acting, App, Layout, PageError, PageResult, Place, Width, page},
};

/// One line of the log.
pub(super) struct Entry {
    pub(super) day: String,
    pub(super) iso: String,
    pub(super) what: String,
    pub(super) who: String,
    pub(super) sort: NaiveDateTime,
}

/// The day in words and in the ISO form, at the facility.
pub(super) fn day_of(at: NaiveDateTime, zone: Tz) -> (String, String) {
    let day = at.and_utc().with_timezone(&zone).date_naive();
    (in_words(day), day.to_string())
}

fn source_words(source: &str) -> &str {
    match source {
        "form" => "Saved",
        "contact" => "Contact recorded",
        "import" => "Imported",
        "correction" => "Corrected",
        "merge" => "Merged",
        "demo" => "Made for practice",
        other => other,
    }
}

fn entry(version: &VersionRow, about: &str, changed: &[String], zone: Tz) -> Entry {
    let (day, iso) = day_of(version.at, zone);
    let mut what = format!("{about}: {}", source_words(&version.source).to_lowercase());
    if !version.reason.is_empty() && version.source != "import" {
        what = format!("{what}, “{}”", version.reason);
    }
    if !changed.is_empty() {
        let more = changed.len().saturating_sub(4);
        let some = changed.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
        what = if more > 0 { format!("{what}; {some} and {more} more") } else { format!("{what}; {some}") };
    }
    Entry { day, iso, what, who: version.actor_name.clone(), sort: version.at }
}

/// Names of the items that differ between a version and the one before.
fn differing(versions: &[VersionRow]) -> Result<Vec<Vec<(String, String, String)>>, PageError> {
    let bodies: Vec<Body> = versions.iter().map(|v| Body::unpack(&v.body)).collect::<Result<_, _>>()?;
    let mut out = Vec::new();
    for (at, body) in bodies.iter().enumerate() {
        // newest first: the one before stands behind
        let Some(before) = bodies.get(at + 1) else {
            out.push(Vec::new());
            continue;
        };
        let mut changes: Vec<(String, String, String)> = before
            .items
            .diff(&body.items)
            .into_iter()
            .map(|(id, old, new)| (Dictionary::label(id).to_owned(), old.to_owned(), new.to_owned()))
            .collect();
        if before.state != body.state {
            changes.push(("State".to_owned(), before.state.clone(), body.state.clone()));
        }
        if before.voided != body.voided {
            let word = |v: bool| if v { "voided" } else { "counted" }.to_owned();
            changes.push(("Voided".to_owned(), word(before.voided), word(body.voided)));
        }
        out.push(changes);
    }
    Ok(out)
}

/// All that happened to the patient and the cases, newest first.
fn histories(tx: &mut Tx<'_>, person: &Person) -> Result<Vec<(String, Vec<VersionRow>)>, PageError> {
    let scope = tx.scope()?;
    let mut all = vec![("Patient".to_owned(), patient::versions(tx.conn(), scope, person.row.id)?)];
    for row in &person.tumors {
        all.push((primary(row)?.title, tumor::versions(tx.conn(), scope, row.id)?));
    }
    Ok(all)
}

pub(super) fn entries(tx: &mut Tx<'_>, person: &Person, zone: Tz) -> Result<Vec<Entry>, PageError> {
    let mut log = Vec::new();
    for (about, versions) in histories(tx, person)? {
        for (version, changes) in versions.iter().zip(differing(&versions)?) {
            let labels: Vec<String> = changes.into_iter().map(|(label, ..)| label).collect();
            log.push(entry(version, &about, &labels, zone));
        }
    }
    log.sort_by_key(|e| std::cmp::Reverse(e.sort));
    Ok(log)
}

/// A version with all its changes.
struct Change {
    entry: Entry,
    values: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "chart/history.html")]
struct HistoryPage {
    layout: Layout,
    name: String,
    uid: String,
    changes: Vec<Change>,
}

/// `GET /patients/{id}/history`: every version with what it changed.
pub(super) async fn history(app: web::Data<App>, acting: Acting, id: web::Path<PatientId>) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let person = person(tx, &id.to_string())?;
                tx.record(Event::new(AuditAction::ViewPatient).patient(person.row.id).detail("history"));
                let mut changes = Vec::new();
                for (about, versions) in histories(tx, &person)? {
                    for (version, values) in versions.iter().zip(differing(&versions)?) {
                        changes
                            .push(Change { entry: entry(version, &about, &[], desk.facility.zone), values });
                    }
                }
                changes.sort_by_key(|c| std::cmp::Reverse(c.entry.sort));
                Ok::<_, PageError>(HistoryPage {
                    name: person.name(),
                    uid: person.row.uid.clone(),
                    changes,
                    layout: desk
                        .layout
                        .titled("History of a patient")
                        .at(Place::Patients)
                        .wide(Width::Reading),
                })
            })
        })
        .await?;
    page(&shown)
}
