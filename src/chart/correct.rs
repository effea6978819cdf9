//! The page for putting a chart right: voiding a wrong patient or case, bringing it back, moving a case.
//!
//! A void is asked for by one person and decided by a second; all of it needs a reason and can be undone.
//! One case is deleted from its own page, also by two people; what waits there is told here.

use actix_web::web;
use askama::Template;

use super::{
    correction::{self, CorrectionForm, Step},
    person::{Person, Primary, person},
    store,
};
use crate::{
    abstracting,
    access::{Action, Actor, permits},
    audit::{AuditAction, Event},
    db::Tx,
    facility,
    ids::PatientId,
    web::{
        Acting, App, Field, Form, FormAnswer, FormErrors, Layout, PageError, PageResult, Place, Width, page,
    },
};

struct Request {
    uid: String,
    reason: String,
    by: String,
    on: String,
    /// The reader asked for it and may not decide.
    own: bool,
}

#[derive(Template)]
#[template(path = "chart/correction.html")]
struct CorrectionPage {
    layout: Layout,
    name: String,
    uid: String,
    version: i32,
    void: bool,
    decides: bool,
    primaries: Vec<Primary>,
    gone: Vec<Primary>,
    requests: Vec<Request>,
    deletions: Vec<String>,
    reason: Field,
    to: Field,
    errors: FormErrors,
    form: CorrectionForm,
}

fn correction_page(
    tx: &mut Tx<'_>,
    app: &App,
    actor: &Actor,
    person: &Person,
    form: CorrectionForm,
    errors: FormErrors,
) -> Result<CorrectionPage, PageError> {
    let desk = facility::desk_of(tx, app)?;
    let scope = tx.scope()?;
    let mut requests = Vec::new();
    for request in store::requests(tx.conn(), scope, Some(person.row.id))? {
        requests.push(Request {
            uid: request.uid,
            reason: request.reason,
            own: request.by == actor.name,
            by: request.by,
            on: request.at.and_utc().with_timezone(&desk.facility.zone).date_naive().to_string(),
        });
    }
    let deletions = abstracting::waiting_deletions(tx)?
        .into_iter()
        .filter(|w| w.patient == person.row.id)
        .map(|w| format!("{} asked to delete case {}: “{}”", w.by, w.sequence, w.reason))
        .collect();
    let title = if errors.is_empty() { "Put right" } else { "Error: Put right" };
    Ok(CorrectionPage {
        name: person.name(),
        uid: person.row.uid.clone(),
        version: person.row.version,
        void: person.row.state != "active",
        decides: permits(actor, Action::ApproveVoid),
        primaries: person.primaries(false)?,
        gone: person.primaries(true)?,
        requests,
        deletions,
        reason: Field::text("reason", "Reason")
            .value(form.reason.clone())
            .error(errors.of("reason"))
            .required(),
        to: Field::text("to", "Right patient")
            .hint("Accession, record or patient number.")
            .value(form.to.clone())
            .error(errors.of("to"))
            .required(),
        errors,
        form,
        layout: desk.layout.titled(title).at(Place::Patients).wide(Width::Reading),
    })
}

/// `GET /patients/{id}/correction`.
pub(super) async fn show(app: web::Data<App>, acting: Acting, id: web::Path<PatientId>) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let person = person(tx, &id.to_string())?;
                tx.record(Event::new(AuditAction::ViewPatient).patient(person.row.id).detail("correction"));
                correction_page(tx, app, &acting, &person, CorrectionForm::default(), FormErrors::default())
            })
        })
        .await?;
    page(&shown)
}

/// Takes a step; complaints come back as the page.
async fn take(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<PatientId>,
    form: Form<CorrectionForm>,
    step: fn(&mut Tx<'_>, &Person, &CorrectionForm, &mut FormErrors) -> Step,
) -> PageResult {
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let person = person(tx, &id.to_string())?;
                let mut errors = FormErrors::default();
                if let Some(to) = step(tx, &person, &form.0, &mut errors)? {
                    return Ok::<_, PageError>(FormAnswer::GoTo(to));
                }
                let event = Event::new(AuditAction::ViewPatient).patient(person.row.id).refused();
                tx.record(event.detail("correction not taken"));
                let shown = correction_page(tx, app, &acting, &person, form.0.clone(), errors)?;
                Ok(FormAnswer::Again(shown))
            })
        })
        .await?;
    answer.send()
}

/// `POST /patients/{id}/void-request`.
pub(super) async fn propose(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<PatientId>,
    form: Form<CorrectionForm>,
) -> PageResult {
    take(app, acting, id, form, correction::ask).await
}

/// `POST /patients/{id}/void`: a second person decides a request.
pub(super) async fn decide(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<PatientId>,
    form: Form<CorrectionForm>,
) -> PageResult {
    take(app, acting, id, form, correction::decide).await
}

/// `POST /patients/{id}/restoration`.
pub(super) async fn restore(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<PatientId>,
    form: Form<CorrectionForm>,
) -> PageResult {
    take(app, acting, id, form, correction::restore).await
}

/// `POST /patients/{id}/moved-case`: gives a case of this patient to the right one.
pub(super) async fn move_case(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<PatientId>,
    form: Form<CorrectionForm>,
) -> PageResult {
    take(app, acting, id, form, correction::move_case).await
}
