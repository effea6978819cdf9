//! The contact form's page, its preview and its saving.

use actix_web::web;
use askama::Template;
use chrono::NaiveDate;

use super::{
    contact_view::{
        HistoryView, Saving, TumorView, born_words, history_view, label_of, mark, person_fields, tumor_view,
    },
    direct::Direct,
    effect::effect,
    form::{Complaint, ContactForm},
    list_page::{People, contact_href, today},
    record::{self, Case},
    store,
};
use crate::{
    abstracting::accession,
    access::{Action, Actor, permits},
    audit::{AuditAction, Event},
    db::Tx,
    dictionary::names,
    facility::{self, Facility},
    followup_rules::contact::{Contact, Recorded, record as apply},
    partial_date::PartialDate,
    patient::full_name,
    web::{
        Acting, App, Control, Field, FieldState, Form, FormErrors, Layout, Notice, PageError, PageResult,
        Place, Status, Width, page, page_with_errors, see_other,
    },
};

#[derive(Template)]
#[template(path = "followup/contact.html")]
struct ContactPage {
    layout: Layout,
    name: String,
    accession: String,
    born: String,
    last: String,
    status: Status,
    patient_href: String,
    errors: FormErrors,
    action: String,
    effect_action: String,
    form: ContactForm,
    person: Vec<Field>,
    tumors: Vec<TumorView>,
    correction: Option<Field>,
    leave: &'static str,
    saving: Saving,
    history: Vec<HistoryView>,
    direct: Option<Direct>,
}

#[derive(Template)]
#[template(path = "followup/_effect.html")]
struct EffectPart {
    saving: Saving,
}

/// What the form is shown with besides the case itself.
struct Showing {
    form: ContactForm,
    complaints: Vec<Complaint>,
    saving: Saving,
    notice: Option<Notice>,
}

/// `GET /patients/{id}/contact`.
pub(super) async fn show(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    query: web::Query<Done>,
) -> PageResult {
    let notice = query.words().map(Notice::good);
    let shown = app.blocking(move |app| {
        app.db.view(&acting, |tx| {
            let layout = super::layout(tx, app)?;
            let (here, case) = begin(tx, &id, AuditAction::ViewPatient)?;
            let next = record::next_on_list(tx, &acting, &here, &case)?;
            let showing = Showing {
                form: empty_form(&case, next),
                complaints: Vec::new(),
                saving: Saving::waiting("Enter the contact; what saving changes is shown here first."),
                notice,
            };
            contact_page(tx, &acting, layout, &here, &case, showing)
        })
    });
    page(&shown.await?)
}

/// What just happened, told on the page that follows.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Done {
    done: String,
}

impl Done {
    fn words(&self) -> Option<&'static str> {
        match self.done.as_str() {
            "saved" => Some("Contact saved."),
            "next" => Some("Contact saved. This is the next patient of the list."),
            "lost" => Some("Marked lost. A later contact takes the mark away."),
            "found" => Some("The mark lost is taken away."),
            "interval" => Some("The interval is set."),
            "owner" => Some("Assigned."),
            _ => None,
        }
    }
}

fn begin(tx: &mut Tx<'_>, id: &str, action: AuditAction) -> Result<(Facility, Case), PageError> {
    let scope = tx.scope()?;
    let here = facility::get(tx.conn(), scope.facility())?;
    let case = Case::of(tx, id)?.ok_or(PageError::NotFound)?;
    tx.record(Event::new(action).patient(case.patient.id));
    Ok((here, case))
}

/// `POST /patients/{id}/contact-effect`: what saving this form would do, as a part of the page.
pub(super) async fn preview(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    form: Form<ContactForm>,
) -> PageResult {
    let saving = app.blocking(move |app| {
        app.db.view(&acting, |tx| {
            let (here, case) = begin(tx, &id, AuditAction::ViewPatient)?;
            let day = today(tx, &here);
            Ok::<_, PageError>(match judge(&acting, &here, &case, &form.0, day) {
                Ok((_, recorded)) => saving_of(&here, &case, &recorded, day),
                Err(complaints) => Saving::refused(&complaints),
            })
        })
    });
    page(&EffectPart { saving: saving.await? })
}

/// Reads and judges a form, without saving anything.
fn judge(
    actor: &Actor,
    here: &Facility,
    case: &Case,
    form: &ContactForm,
    day: NaiveDate,
) -> Result<(Contact, Recorded), Vec<Complaint>> {
    let mut contact = form.read(day, here.slash_order)?;
    if !permits(actor, Action::DirectFollowUp) {
        contact.correction = None;
    }
    let recorded = apply(&case.items, &case.tumor_items(), &contact, day)
        .map_err(|refused| refused.iter().map(Complaint::of).collect::<Vec<_>>())?;
    Ok((contact, recorded))
}

fn saving_of(here: &Facility, case: &Case, recorded: &Recorded, day: NaiveDate) -> Saving {
    let settings = super::settings_of(here);
    let effect = effect(&case.items, &case.tumor_items(), recorded, case.extra(), &settings, day);
    Saving::of(effect)
}

/// How saving ended.
enum Ended {
    Saved { next: String },
    Shown(Box<ContactPage>),
}

/// `POST /patients/{id}/contacts`.
pub(super) async fn save(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    form: Form<ContactForm>,
) -> PageResult {
    let (patient, then) = (id.clone(), form.0.then.clone());
    let ended = app.blocking(move |app| {
        if form.0.then != "preview" {
            let saved = app.db.write(&acting, |tx| record::save(tx, &acting, &id, &form.0));
            match saved {
                Ok(()) => return Ok(Ended::Saved { next: form.0.next_patient.clone() }),
                Err(record::NotSaved::Page(e)) => return Err(e),
                // Shown again below with everything that was typed.
                Err(record::NotSaved::Refused | record::NotSaved::Stale) => {}
            }
        }
        let form = form.0;
        app.db.view(&acting, |tx| {
            let layout = super::layout(tx, app)?;
            let (here, case) = begin(tx, &id, AuditAction::ViewPatient)?;
            let day = today(tx, &here);
            let stale = (form.version != case.patient.version).then(|| {
                Notice::warning(
                    "Somebody else saved this patient while you were typing. Your entries are kept below; look at \
                     what is recorded now, then save again.",
                )
            });
            let (complaints, saving) = match judge(&acting, &here, &case, &form, day) {
                Ok((_, recorded)) => (Vec::new(), saving_of(&here, &case, &recorded, day)),
                Err(complaints) => {
                    let saving = Saving::waiting("Nothing is saved until the answers above are mended.");
                    (complaints, saving)
                }
            };
            let showing = Showing { form: form.clone(), complaints, saving, notice: stale };
            contact_page(tx, &acting, layout, &here, &case, showing).map(|p| Ended::Shown(Box::new(p)))
        })
    });
    match ended.await? {
        Ended::Saved { next } if then == "next" && next.is_empty() => see_other("/followup?done=saved"),
        Ended::Saved { next } if then == "next" => see_other(format!("{}?done=next", contact_href(&next))),
        Ended::Saved { .. } => see_other(format!("{}?done=saved", contact_href(&patient))),
        Ended::Shown(shown) if shown.errors.is_empty() && shown.layout.notice.is_none() => page(&*shown),
        Ended::Shown(shown) => page_with_errors(&*shown),
    }
}

/// A fresh form: alive, today not assumed, everything else to be told.
fn empty_form(case: &Case, next: Option<String>) -> ContactForm {
    ContactForm {
        version: case.patient.version,
        vital_status: case.items.value(names::VITAL_STATUS).to_owned(),
        next_patient: next.unwrap_or_default(),
        ..ContactForm::default()
    }
}

fn contact_page(
    tx: &mut Tx<'_>,
    actor: &Actor,
    layout: Layout,
    here: &Facility,
    case: &Case,
    showing: Showing,
) -> Result<ContactPage, PageError> {
    let Showing { mut form, complaints, saving, notice } = showing;
    let day = today(tx, here);
    let settings = super::settings_of(here);
    let (_, status) = case.standing(&settings, day);
    let people = People::of(tx.conn(), here.key)?;
    let scope = tx.scope()?;
    let history = store::history(tx.conn(), scope, case.patient.id)?;
    let directs = permits(actor, Action::DirectFollowUp);
    // A second save of what is shown now is a save on top of what is recorded now.
    form.version = case.patient.version;
    let born = case.items.date(names::DATE_OF_BIRTH);
    let mut errors = FormErrors::default();
    for complaint in &complaints {
        errors.add(&complaint.field, &label_of(&complaint.field, case), &complaint.says);
    }
    let title = if errors.is_empty() { "Record a contact" } else { "Error: Record a contact" };
    Ok(ContactPage {
        name: full_name(&case.patient.name_last, &case.patient.name_first),
        accession: accession::shown(&case.patient.accession_number),
        born: born.map_or_else(|| "unknown".to_owned(), |b| born_words(b, day)),
        last: case
            .items
            .date(names::DATE_OF_LAST_CONTACT)
            .map_or_else(|| "none".to_owned(), PartialDate::iso),
        status: mark(status),
        patient_href: format!("/patients/{}", case.patient.uid),
        action: format!("/patients/{}/contacts", case.patient.uid),
        effect_action: format!("/patients/{}/contact-effect", case.patient.uid),
        person: person_fields(&form, &errors, here),
        tumors: case.tumors.iter().enumerate().map(|(n, t)| tumor_view(n, t, &form, &complaints)).collect(),
        correction: directs.then(|| {
            Field::text("correction", "Reason").value(form.correction.clone()).error(errors.of("correction"))
        }),
        leave: "/followup",
        direct: directs.then(|| Direct::of(case, status, &people)),
        history: history.iter().map(history_view).collect(),
        errors,
        form,
        saving,
        layout: layout.titled(title).at(Place::FollowUp).wide(Width::Wide).with_notice(notice),
    })
}
