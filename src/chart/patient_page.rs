//! The patient page: who, which primaries, where follow-up stands, what happened; history and face sheet.

use actix_web::web;
use askama::Template;
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use serde::Deserialize;

use super::{find::sex, store};
use crate::{
    abstracting::{AbstractState, accession},
    access::{Action, permits},
    audit::{AuditAction, Event},
    db::Tx,
    dictionary::{CodeLists, Dictionary, Items, names},
    facility::{self, Desk},
    followup,
    followup_rules::{self, Extra, Facts},
    icdo::{Laterality, Morphology, PrimarySite},
    ids::PatientId,
    partial_date::{PartialDate, in_words},
    patient::{self, PatientRow, VersionRow, full_name},
    save::{body::Body, follow_up_settings},
    tumor::{self, TumorRow},
    web::{Acting, App, Layout, Notice, PageError, PageResult, Place, Shape, Status, Tone, Width, page},
};

/// Entries of the log on the page itself; all of them are on the history page.
const LOGGED: usize = 8;

/// What just happened, told on the page that follows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    done: String,
}

impl Done {
    fn notice(&self) -> Option<Notice> {
        Some(match self.done.as_str() {
            "asked" => Notice::good("Asked for. A second person, a supervisor, decides."),
            "voided" => Notice::good("Voided. It can be brought back."),
            "declined" => Notice::good("Declined; nothing was voided."),
            "restored" => Notice::good("Brought back."),
            "moved" => Notice::good("The case is moved here. It can be moved back."),
            _ => return None,
        })
    }
}

/// One primary.
pub(super) struct Primary {
    pub(super) uid: String,
    pub(super) version: i32,
    pub(super) title: String,
    pub(super) site: String,
    pub(super) histology: String,
    pub(super) diagnosed: String,
    pub(super) laterality: String,
    pub(super) class: String,
    pub(super) stage: String,
    pub(super) cancer_status: String,
    pub(super) status: Status,
}

/// One line of the log.
struct Entry {
    day: String,
    iso: String,
    what: String,
    who: String,
    sort: NaiveDateTime,
}

/// A patient as the chart's pages show one.
pub(super) struct Person {
    pub(super) row: PatientRow,
    pub(super) items: Items,
    pub(super) tumors: Vec<TumorRow>,
}

/// Label and value of a fact.
type Fact = (&'static str, String);

#[derive(Template)]
#[template(path = "chart/patient.html")]
struct PatientPage {
    layout: Layout,
    name: String,
    facts: Vec<Fact>,
    standing: Status,
    due: String,
    follow: Vec<Fact>,
    void: bool,
    asked: bool,
    primaries: Vec<Primary>,
    gone: Vec<Primary>,
    notes: Vec<(String, String, String)>,
    log: Vec<Entry>,
    uid: String,
    edits: bool,
    corrects: bool,
}

/// Reads a patient of the scope with all cases.
pub(super) fn person(tx: &mut Tx<'_>, uid: &str) -> Result<Person, PageError> {
    let scope = tx.scope()?;
    let row = patient::by_uid(tx.conn(), scope, uid)?.ok_or(PageError::NotFound)?;
    let items = row.items()?;
    let tumors = tumor::of_patient(tx.conn(), scope, row.id)?;
    Ok(Person { row, items, tumors })
}

impl Person {
    pub(super) fn name(&self) -> String {
        full_name(&self.row.name_last, &self.row.name_first)
    }

    pub(super) fn primaries(&self, voided: bool) -> Result<Vec<Primary>, PageError> {
        self.tumors.iter().filter(|t| t.voided == voided).map(primary).collect()
    }
}

fn date(items: &Items, id: &str) -> String {
    items.date(id).map_or_else(|| items.value(id).to_owned(), PartialDate::iso)
}

fn coded(items: &Items, id: &str) -> String {
    let code = items.value(id);
    match CodeLists::label(id, code) {
        Some(label) => format!("{code} {label}"),
        None => code.to_owned(),
    }
}

fn primary(row: &TumorRow) -> Result<Primary, PageError> {
    let items = row.items()?;
    let site = PrimarySite::parse(&row.primary_site).ok();
    let morphology = format!("{}/{}", row.histology, row.behavior);
    let term =
        Morphology::parse(&morphology).ok().and_then(Morphology::entry).map(|e| e.label_at(row.dx_year));
    let state = AbstractState::parse(&row.state).unwrap_or(AbstractState::InProgress);
    let group = site.map_or("Site not coded", |s| s.entry().group);
    Ok(Primary {
        uid: row.uid.clone(),
        version: row.version,
        title: format!("{} {group}", row.sequence_number).trim().to_owned(),
        site: site.map_or_else(|| row.primary_site.clone(), |s| format!("{s} {}", s.label())),
        histology: if row.histology.is_empty() {
            String::new()
        } else {
            format!("{morphology} {}", term.unwrap_or_default()).trim().to_owned()
        },
        diagnosed: date(&items, names::DATE_OF_DIAGNOSIS),
        laterality: Laterality::parse(items.value(names::LATERALITY))
            .map_or("", Laterality::label)
            .to_owned(),
        class: row.class_of_case.clone(),
        stage: coded(&items, names::SUMMARY_STAGE_2018),
        cancer_status: coded(&items, names::CANCER_STATUS),
        status: if row.voided { Status::new(Shape::Dash, Tone::Quiet, "Voided") } else { state.status() },
    })
}

/// Where follow-up stands today.
fn standing(desk: &Desk, person: &Person) -> Result<(followup_rules::Standing, Status), PageError> {
    let living: Vec<Items> =
        person.tumors.iter().filter(|t| !t.voided).map(TumorRow::items).collect::<Result<_, _>>()?;
    let extra = Extra {
        short_interval_months: person.row.short_interval.and_then(|m| u32::try_from(m).ok()),
        lost: person.row.lost_at.is_some(),
    };
    let facts = Facts::of(&person.items, &living.iter().collect::<Vec<_>>(), extra);
    let standing = followup_rules::standing(&facts, &follow_up_settings(&desk.facility));
    let shown = followup::mark(followup_rules::status(&standing, standing.lost, desk.today));
    Ok((standing, shown))
}

fn facts(desk: &Desk, person: &Person) -> Vec<Fact> {
    let born = person.items.date(names::DATE_OF_BIRTH);
    let age = born.and_then(|b| b.years_until(desk.today.into()));
    let dead = person.row.vital_status == "0";
    let years = match age.filter(|_| !dead) {
        Some((least, most)) if least == most => format!(", {least} years"),
        _ => String::new(),
    };
    let number = |n: &str| if n.is_empty() { "–".to_owned() } else { n.to_owned() };
    let record = person.tumors.iter().find(|t| !t.medical_record_number.is_empty());
    vec![
        ("Accession", number(&accession::shown(&person.row.accession_number))),
        ("Record number", number(record.map_or("", |t| t.medical_record_number.as_str()))),
        ("Patient number", number(&person.row.patient_id_number)),
        ("Born", born.map_or_else(|| "not known".to_owned(), |b| format!("{}{years}", b.iso()))),
        ("Sex", sex(&person.row.sex).to_owned()),
        (
            if dead { "Died" } else { "Last contact" },
            number(&date(&person.items, names::DATE_OF_LAST_CONTACT)),
        ),
    ]
}

/// `GET /patients/{id}`.
pub(super) async fn show(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<PatientId>,
    done: web::Query<Done>,
) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let person = person(tx, &id.to_string())?;
                tx.record(Event::new(AuditAction::ViewPatient).patient(person.row.id));
                let (standing, shown) = standing(&desk, &person)?;
                let scope = tx.scope()?;
                let zone = desk.facility.zone;
                let notes = store::notes(tx.conn(), scope, person.row.id)?;
                let asked = !store::requests(tx.conn(), scope, Some(person.row.id))?.is_empty();
                let mut log = entries(tx, &person, zone)?;
                log.truncate(LOGGED);
                let due = match standing.due {
                    Some(day) if standing.followed => in_words(day),
                    _ => String::new(),
                };
                Ok::<_, PageError>(PatientPage {
                    name: person.name(),
                    facts: facts(&desk, &person),
                    standing: shown,
                    due,
                    follow: follow(&person),
                    void: person.row.state != "active",
                    asked,
                    primaries: person.primaries(false)?,
                    gone: person.primaries(true)?,
                    notes: notes
                        .into_iter()
                        .map(|(kind, text, at, by)| (kind, text, format!("{}, {by}", day_of(at, zone).1)))
                        .collect(),
                    log,
                    uid: person.row.uid.clone(),
                    edits: permits(&acting, Action::EditFollowUp),
                    corrects: permits(&acting, Action::ProposeVoid),
                    layout: desk.layout.titled("Patient").at(Place::Patients).with_notice(done.notice()),
                })
            })
        })
        .await?;
    page(&shown)
}

fn follow(person: &Person) -> Vec<Fact> {
    let items = &person.items;
    [
        ("Vital status", coded(items, names::VITAL_STATUS)),
        ("Last contact", date(items, names::DATE_OF_LAST_CONTACT)),
        ("Told by", coded(items, names::FOLLOW_UP_SOURCE)),
        ("Ask next", coded(items, names::NEXT_FOLLOW_UP_SOURCE)),
        ("Lost because", person.row.lost_reason.clone()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}

/// The day in words and in the ISO form, at the facility.
fn day_of(at: NaiveDateTime, zone: Tz) -> (String, String) {
    let day = at.and_utc().with_timezone(&zone).date_naive();
    (in_words(day), day.to_string())
}

fn source_words(source: &str) -> &str {
    match source {
        "form" => "Saved",
        "contact" => "Contact recorded",
        "import" => "Imported",
        "correction" => "Corrected",
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

fn entries(tx: &mut Tx<'_>, person: &Person, zone: Tz) -> Result<Vec<Entry>, PageError> {
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

#[derive(Template)]
#[template(path = "chart/face_sheet.html")]
struct FaceSheet {
    layout: Layout,
    name: String,
    facts: Vec<Fact>,
    address: Vec<Fact>,
    standing: Status,
    due: String,
    follow: Vec<Fact>,
    primaries: Vec<(Primary, Vec<Fact>)>,
    uid: String,
}

/// `GET /patients/{id}/face-sheet`: one page to be printed.
pub(super) async fn face_sheet(app: web::Data<App>, acting: Acting, id: web::Path<PatientId>) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let person = person(tx, &id.to_string())?;
                tx.record(Event::new(AuditAction::Print).patient(person.row.id).detail("face sheet"));
                let (standing, shown) = standing(&desk, &person)?;
                let mut primaries = Vec::new();
                for row in person.tumors.iter().filter(|t| !t.voided) {
                    primaries.push((primary(row)?, treatment(&row.items()?)));
                }
                let first = person.tumors.iter().find(|t| !t.voided).map(TumorRow::items).transpose()?;
                Ok::<_, PageError>(FaceSheet {
                    name: person.name(),
                    facts: facts(&desk, &person),
                    address: first.as_ref().map(address).unwrap_or_default(),
                    standing: shown,
                    due: standing.due.filter(|_| standing.followed).map(in_words).unwrap_or_default(),
                    follow: follow(&person),
                    primaries,
                    uid: person.row.uid.clone(),
                    layout: desk.layout.titled("Face sheet").at(Place::Patients).wide(Width::Reading),
                })
            })
        })
        .await?;
    page(&shown)
}

fn address(items: &Items) -> Vec<Fact> {
    let place = [names::ADDR_AT_DX_CITY, names::ADDR_AT_DX_STATE, names::ADDR_AT_DX_POSTAL_CODE]
        .map(|id| items.value(id))
        .join(" ");
    [("Street", items.value(names::ADDR_AT_DX_NO_STREET).to_owned()), ("Place", place.trim().to_owned())]
        .into_iter()
        .filter(|(_, v)| !v.is_empty())
        .collect()
}

fn treatment(items: &Items) -> Vec<Fact> {
    let dated = |on: &str, what: &str| {
        let (on, what) = (date(items, on), coded(items, what));
        [on, what].into_iter().filter(|v| !v.is_empty()).collect::<Vec<_>>().join(": ")
    };
    [
        ("First contact", date(items, names::DATE_OF_1ST_CONTACT)),
        ("Confirmed by", coded(items, names::DIAGNOSTIC_CONFIRMATION)),
        ("Surgery", dated(names::RX_DATE_SURGERY, names::RX_SUMM_SURG_PRIM_SITE_2023)),
        ("Radiation", dated(names::RX_DATE_RADIATION, names::PHASE_1_RADIATION_TREATMENT_MODALITY)),
        ("Chemotherapy", dated(names::RX_DATE_CHEMO, names::RX_SUMM_CHEMO)),
        ("Hormone therapy", dated(names::RX_DATE_HORMONE, names::RX_SUMM_HORMONE)),
        ("Immunotherapy", dated(names::RX_DATE_BRM, names::RX_SUMM_BRM)),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}
