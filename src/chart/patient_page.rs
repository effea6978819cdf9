//! The patient page: who, which primaries, where follow-up stands, what happened.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::{
    history::{Entry, day_of, entries},
    merging,
    person::{Fact, Primary, facts, follow, person, standing},
    store,
};
use crate::{
    abstracting::AbstractState,
    access::{Action, permits},
    audit::{AuditAction, Event},
    facility,
    ids::PatientId,
    partial_date::in_words,
    patient,
    web::{Acting, App, Layout, Notice, PageError, PageResult, Place, Status, page, see_other},
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
            "led" => Notice::news("The record you asked for was merged into this one."),
            "moved" => Notice::good("The case is moved here. It can be moved back."),
            _ => return None,
        })
    }
}

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
    /// Merges that concern the record: words and address.
    merges: Vec<(&'static str, String)>,
    primaries: Vec<Primary>,
    gone: Vec<Primary>,
    notes: Vec<(String, String, String)>,
    log: Vec<Entry>,
    uid: String,
    edits: bool,
    corrects: bool,
}

/// `GET /patients/{id}`.
pub(super) async fn show(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<PatientId>,
    done: web::Query<Done>,
) -> PageResult {
    let found = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let person = person(tx, &id.to_string())?;
                tx.record(Event::new(AuditAction::ViewPatient).patient(person.row.id));
                let scope = tx.scope()?;
                if person.row.state != "active"
                    && let Some(stays) = patient::survivor_of(tx.conn(), scope, person.row.id)?
                {
                    return Ok::<_, PageError>(Err(format!("/patients/{}?done=led", stays.uid)));
                }
                let (standing, shown) = standing(&desk, &person)?;
                let zone = desk.facility.zone;
                let notes = store::notes(tx.conn(), scope, person.row.id)?;
                let waiting = AbstractState::DeleteRequested.word();
                let asked = !store::requests(tx.conn(), scope, Some(person.row.id))?.is_empty()
                    || person.tumors.iter().any(|t| !t.voided && t.state == waiting);
                let mut log = entries(tx, &person, zone)?;
                log.truncate(LOGGED);
                let due = match standing.due {
                    Some(day) if standing.followed => in_words(day),
                    _ => String::new(),
                };
                Ok(Ok(PatientPage {
                    name: person.name(),
                    facts: facts(&desk, &person),
                    standing: shown,
                    due,
                    follow: follow(&person),
                    void: person.row.state != "active",
                    asked,
                    merges: merging::told(tx, person.row.id)?,
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
                }))
            })
        })
        .await?;
    match found {
        Ok(shown) => page(&shown),
        Err(to) => see_other(to),
    }
}
