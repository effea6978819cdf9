//! Putting a chart right: voiding a wrong patient or case, bringing it back, moving a case.
//!
//! A void is asked for by one person and decided by a second; all of it needs a reason and can be undone.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::{
    patient_page::{Person, Primary, person},
    search::Wanted,
    store,
};
use crate::{
    abstracting,
    abstracting::accession,
    access::{Action, Actor, permits},
    audit::{AuditAction, Event},
    db::Tx,
    facility,
    ids::PatientId,
    patient::{PatientRow, full_name},
    save::{self, Change, PatientChange, SaveRefused, SetPatient, SetTumor, TumorChange, Why},
    web::{
        Acting, App, Field, Form, FormErrors, Layout, PageError, PageResult, Place, Width, page,
        page_with_errors, see_other,
    },
};

/// Shortest reason, in characters.
const SHORTEST_REASON: usize = 10;

/// What the forms of the page send; each uses its part.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CorrectionForm {
    /// Public id of a case; empty for the patient.
    case: String,
    /// Version of what is changed, as the page showed it.
    version: i32,
    reason: String,
    /// A request: its public id.
    request: String,
    /// `yes` or `no`.
    answer: String,
    /// Accession, record or patient number of the right patient.
    to: String,
}

struct Request {
    uid: String,
    about: String,
    version: i32,
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
    reason: Field,
    to: Field,
    errors: FormErrors,
    form: CorrectionForm,
}

/// What a closure of these handlers gives: done, or the page with complaints.
enum Outcome {
    Done(String),
    Again(Box<CorrectionPage>),
}

fn reason_of(form: &CorrectionForm, errors: &mut FormErrors) -> String {
    let reason = form.reason.trim().to_owned();
    let given = reason.chars().count();
    if given < SHORTEST_REASON {
        let says = format!("Say why in at least {SHORTEST_REASON} characters; {given} were given.");
        errors.add("reason", "Reason", &says);
    }
    reason
}

fn correction_page(
    tx: &mut Tx<'_>,
    app: &App,
    actor: &Actor,
    person: &Person,
    form: CorrectionForm,
    errors: FormErrors,
) -> Result<CorrectionPage, PageError> {
    let now = tx.now();
    let desk = facility::desk(tx.conn(), app, actor, now)?;
    let scope = tx.scope()?;
    let mut requests = Vec::new();
    for request in store::requests(tx.conn(), scope, Some(person.row.id))? {
        let case = request.tumor_id.and_then(|id| person.tumors.iter().find(|t| t.id == id));
        requests.push(Request {
            uid: request.uid,
            about: match case {
                Some(case) => format!("case {} {}", case.sequence_number, case.primary_site),
                None => "the patient with all cases".to_owned(),
            },
            version: case.map_or(person.row.version, |c| c.version),
            reason: request.reason,
            own: request.by == actor.name,
            by: request.by,
            on: request.at.and_utc().with_timezone(&desk.facility.zone).date_naive().to_string(),
        });
    }
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

/// Runs a change; complaints come back as the page.
async fn change(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<PatientId>,
    form: CorrectionForm,
    f: impl Fn(
        &mut Tx<'_>,
        &Actor,
        &Person,
        &CorrectionForm,
        &mut FormErrors,
    ) -> Result<Option<String>, PageError>
    + Send
    + 'static,
) -> PageResult {
    let outcome = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let person = person(tx, &id.to_string())?;
                let mut errors = FormErrors::default();
                if let Some(to) = f(tx, &acting, &person, &form, &mut errors)? {
                    return Ok::<_, PageError>(Outcome::Done(to));
                }
                let event = Event::new(AuditAction::ViewPatient).patient(person.row.id).refused();
                tx.record(event.detail("correction not taken"));
                let shown = correction_page(tx, app, &acting, &person, form.clone(), errors)?;
                Ok(Outcome::Again(Box::new(shown)))
            })
        })
        .await?;
    match outcome {
        Outcome::Done(to) => see_other(to),
        Outcome::Again(shown) => page_with_errors(shown.as_ref()),
    }
}

/// The case a form names; `None` for the patient itself.
fn case_key(person: &Person, form: &CorrectionForm) -> Result<Option<i64>, PageError> {
    if form.case.is_empty() {
        return Ok(None);
    }
    person.tumors.iter().find(|t| t.uid == form.case).map(|t| Some(t.id)).ok_or(PageError::NotFound)
}

/// `POST /patients/{id}/void-request`.
pub(super) async fn propose(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<PatientId>,
    form: Form<CorrectionForm>,
) -> PageResult {
    change(app, acting, id, form.0, |tx, _, person, form, errors| {
        let case = case_key(person, form)?;
        let reason = reason_of(form, errors);
        let scope = tx.scope()?;
        let open = store::requests(tx.conn(), scope, Some(person.row.id))?;
        if open.iter().any(|r| r.tumor_id == case) {
            errors.add("reason", "Reason", "This is asked for already and waits for a second person.");
        }
        if !errors.is_empty() {
            return Ok(None);
        }
        store::add_request(tx, person.row.id, case, &reason)?;
        let event = Event::new(AuditAction::Void).detail("asked for");
        tx.record(match case {
            Some(case) => event.tumor(person.row.id, case),
            None => event.patient(person.row.id),
        });
        Ok(Some(format!("/patients/{}?done=asked", person.row.uid)))
    })
    .await
}

/// Voids or brings back the patient, or one case.
fn set_void(
    tx: &mut Tx<'_>,
    person: &Person,
    case: Option<i64>,
    version: i32,
    void: bool,
    reason: String,
) -> Result<(), SaveRefused> {
    let why = Why { source: "correction", reason, event: Some(AuditAction::Void) };
    let id = person.row.id;
    let change = match case {
        Some(tumor) => Change {
            patient: PatientChange::Keep { id },
            tumors: vec![TumorChange::Set(SetTumor {
                id: tumor,
                expected: Some(version),
                voided: Some(void),
                ..SetTumor::default()
            })],
            why,
        },
        None => Change {
            patient: PatientChange::Set(SetPatient {
                id,
                expected: Some(version),
                state: Some(if void { "void" } else { "active" }),
                ..SetPatient::default()
            }),
            tumors: Vec::new(),
            why,
        },
    };
    save::apply(tx, change).map(|_| ())
}

/// Somebody saved meanwhile: said on the page; anything else is an error of the page.
fn refused(error: SaveRefused, errors: &mut FormErrors) -> Result<Option<String>, PageError> {
    match error {
        SaveRefused::Stale { .. } => {
            let says =
                "Somebody changed it meanwhile. It is shown as it is now; look at it and decide again.";
            errors.add("reason", "Reason", says);
            Ok(None)
        }
        SaveRefused::NotFound => Err(PageError::NotFound),
        SaveRefused::Store(e) => Err(e.into()),
    }
}

/// `POST /patients/{id}/void`: a second person decides a request.
pub(super) async fn decide(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<PatientId>,
    form: Form<CorrectionForm>,
) -> PageResult {
    change(app, acting, id, form.0, |tx, actor, person, form, errors| {
        let scope = tx.scope()?;
        let open = store::requests(tx.conn(), scope, Some(person.row.id))?;
        let request = open.into_iter().find(|r| r.uid == form.request).ok_or(PageError::NotFound)?;
        if form.answer == "yes" && request.by == actor.name {
            errors.add("reason", "Reason", "You asked for this yourself. A second person decides.");
            return Ok(None);
        }
        if form.answer == "yes" {
            let done = set_void(tx, person, request.tumor_id, form.version, true, request.reason.clone());
            if let Err(error) = done {
                return refused(error, errors);
            }
        } else {
            let event = Event::new(AuditAction::Void).patient(person.row.id);
            tx.record(event.refused().detail("declined"));
        }
        if !store::close_request(tx, &request.uid)? {
            return Err(PageError::NotFound);
        }
        let word = if form.answer == "yes" { "voided" } else { "declined" };
        Ok(Some(format!("/patients/{}?done={word}", person.row.uid)))
    })
    .await
}

/// `POST /patients/{id}/restoration`.
pub(super) async fn restore(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<PatientId>,
    form: Form<CorrectionForm>,
) -> PageResult {
    change(app, acting, id, form.0, |tx, _, person, form, errors| {
        let case = case_key(person, form)?;
        let reason = reason_of(form, errors);
        if !errors.is_empty() {
            return Ok(None);
        }
        if let Err(error) = set_void(tx, person, case, form.version, false, reason) {
            return refused(error, errors);
        }
        Ok(Some(format!("/patients/{}?done=restored", person.row.uid)))
    })
    .await
}

/// `POST /patients/{id}/moved-case`: gives a case of this patient to the right one.
pub(super) async fn move_case(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<PatientId>,
    form: Form<CorrectionForm>,
) -> PageResult {
    change(app, acting, id, form.0, |tx, _, person, form, errors| {
        let case = case_key(person, form)?.ok_or(PageError::NotFound)?;
        let reason = reason_of(form, errors);
        let to = right_patient(tx, person, &form.to, errors)?;
        let Some(to) = to.filter(|_| errors.is_empty()) else { return Ok(None) };
        let why = Why { source: "correction", reason, event: None };
        let moved = save::move_tumor(tx, case, form.version, to.id, &why);
        if let Err(error) = moved.and_then(|()| abstracting::derive_moved(tx, case)) {
            return refused(error, errors);
        }
        Ok(Some(format!("/patients/{}?done=moved", to.uid)))
    })
    .await
}

/// The one other patient of a number; complaints otherwise.
fn right_patient(
    tx: &mut Tx<'_>,
    person: &Person,
    typed: &str,
    errors: &mut FormErrors,
) -> Result<Option<PatientRow>, PageError> {
    let scope = tx.scope()?;
    let number: String = typed.chars().filter(|c| c.is_alphanumeric()).collect();
    if number.is_empty() {
        errors.add(
            "to",
            "Right patient",
            "Enter the accession, record or patient number of the right patient.",
        );
        return Ok(None);
    }
    let by_id = match typed.trim().parse::<PatientId>() {
        Ok(uid) => {
            crate::patient::by_uid(tx.conn(), scope, &uid.to_string())?.filter(|p| p.state == "active")
        }
        Err(_) => None,
    };
    let mut found = match by_id {
        Some(row) => vec![row],
        None => {
            let wanted = Wanted { numbers: vec![number], ..Wanted::default() };
            store::candidates(tx.conn(), scope, &wanted)?
        }
    };
    found.retain(|p| p.id != person.row.id);
    match found.as_slice() {
        [_] => Ok(found.pop()),
        [] => {
            errors.add("to", "Right patient", "No other patient has this number.");
            Ok(None)
        }
        several => {
            let names: Vec<String> = several
                .iter()
                .take(5)
                .map(|p| {
                    format!(
                        "{} ({})",
                        full_name(&p.name_last, &p.name_first),
                        accession::shown(&p.accession_number)
                    )
                })
                .collect();
            let says =
                format!("{} patients have this number: {}. Enter another.", several.len(), names.join("; "));
            errors.add("to", "Right patient", &says);
            Ok(None)
        }
    }
}
