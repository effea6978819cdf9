//! The contact form's page, its preview and its saving.

use actix_web::web;
use askama::Template;
use chrono::NaiveDate;

use super::{
    direct::Direct,
    effect::{Effect, cancer, effect},
    form::{Complaint, ContactForm, field_id},
    list_page::{Choice, People, contact_href, today},
    record::{self, Case},
    store,
};
use crate::{
    abstracting::accession,
    access::{Action, Actor, permits},
    audit::{AuditAction, Event},
    db::Tx,
    dictionary::{CodeLists, names},
    facility::{self, Facility},
    followup_rules::{
        self,
        contact::{
            CancerStatus, Contact, FollowUpSource, NextSource, Recorded, VitalStatus, record as apply,
        },
        recurrence,
    },
    partial_date::PartialDate,
    patient::full_name,
    web::{
        Acting, Answer, App, Control, Field, FieldState, Form, FormErrors, Layout, Notice, PageError,
        PageResult, Place, Status, Width, page, page_with_errors, see_other, status::known,
    },
};

/// One control of a tumor.
struct TumorControl {
    id: String,
    value: String,
    options: Vec<Choice>,
    message: bool,
}

struct TumorView {
    uid: String,
    version: i32,
    title: String,
    was: String,
    status: TumorControl,
    on: TumorControl,
    kind: TumorControl,
    kind_on: TumorControl,
    may_recur: bool,
    recurrence: String,
    messages: Vec<Complaint>,
}

struct HistoryView {
    on: String,
    says: String,
    by: String,
}

/// What saving will do, or why it cannot be said yet.
pub(super) struct Saving {
    effect: Option<Effect>,
    before: Status,
    after: Status,
    waiting: Vec<String>,
}

impl Saving {
    fn of(effect: Effect) -> Self {
        Self {
            before: mark(effect.before),
            after: mark(effect.after),
            effect: Some(effect),
            waiting: Vec::new(),
        }
    }

    fn because(waiting: Vec<String>) -> Self {
        // The marks are shown only with an effect.
        Self { effect: None, before: known::coming(), after: known::coming(), waiting }
    }

    fn waiting(sentence: &str) -> Self {
        Self::because(vec![sentence.to_owned()])
    }

    fn refused(complaints: &[Complaint]) -> Self {
        Self::because(complaints.iter().map(|c| c.says.clone()).collect())
    }
}

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

fn born_words(born: PartialDate, day: NaiveDate) -> String {
    match born.years_until(day.into()) {
        Some((least, most)) if least == most => format!("{}, {least} years", born.iso()),
        Some((least, most)) => format!("{}, {least} to {most} years", born.iso()),
        None => born.iso(),
    }
}

/// A choice list with an empty first line.
fn choices<'a>(none: &str, codes: impl IntoIterator<Item = (&'a str, &'a str)>, typed: &str) -> Vec<Choice> {
    let code = typed.split_whitespace().next().unwrap_or("");
    let empty = Choice { value: String::new(), label: none.to_owned(), here: code.is_empty() };
    let rest = codes.into_iter().map(|(value, label)| Choice {
        value: value.to_owned(),
        label: format!("{value} {label}"),
        here: value == code,
    });
    std::iter::once(empty).chain(rest).collect()
}

/// A select of codes.
pub(super) fn select(name: &str, label: &str, choices: Vec<Choice>) -> Field {
    let here = choices.iter().find(|c| c.here).map(|c| c.value.clone()).unwrap_or_default();
    let answers = choices.into_iter().map(|c| Answer { value: c.value, label: c.label }).collect();
    Field::new(name, label, Control::Select(answers)).value(here)
}

const PERSON_LABELS: [(&str, &str); 5] = [
    (names::FOLLOW_UP_SOURCE, "Who told us"),
    (names::DATE_OF_LAST_CONTACT, "Last seen, or died"),
    (names::VITAL_STATUS, "Vital status"),
    (names::CAUSE_OF_DEATH, "Cause of death"),
    (names::NEXT_FOLLOW_UP_SOURCE, "Ask next by"),
];

const TUMOR_LABELS: [(&str, &str); 4] = [
    (names::CANCER_STATUS, "Cancer status"),
    (names::DATE_OF_LAST_CANCER_STATUS, "Day of the cancer status"),
    (names::RECURRENCE_TYPE_1ST, "First recurrence"),
    (names::RECURRENCE_DATE_1ST, "Day of first recurrence"),
];

fn person_label(item: &str) -> &'static str {
    PERSON_LABELS.iter().find(|(id, _)| *id == item).map_or("Reason", |(_, label)| label)
}

/// The label of a control, with the tumor it belongs to.
fn label_of(field: &str, case: &Case) -> String {
    let Some((item, tumor)) = field.rsplit_once('-') else { return person_label(field).to_owned() };
    let label = TUMOR_LABELS.iter().find(|(id, _)| *id == item).map_or("Answer", |(_, label)| label);
    let tumor = tumor.parse().ok().and_then(|n: usize| case.tumors.get(n));
    tumor.map_or_else(|| label.to_owned(), |t| format!("{label}, {}", t.title()))
}

fn person_fields(form: &ContactForm, errors: &FormErrors, here: &Facility) -> Vec<Field> {
    let on = PartialDate::parse_typed(&form.date_of_last_contact, NaiveDate::MIN, here.slash_order);
    let words = on.ok().flatten().map(PartialDate::words).unwrap_or_default();
    let sources = FollowUpSource::ALL.iter().map(|s| (s.code(), s.label()));
    let vitals = VitalStatus::ALL.iter().rev().map(|v| (v.code(), v.label()));
    let nexts = NextSource::ALL.iter().map(|s| (s.code(), s.label()));
    let codes =
        |item: &'static str, choices| select(item, person_label(item), choices).error(errors.of(item));
    vec![
        codes(names::FOLLOW_UP_SOURCE, choices("Choose", sources, &form.follow_up_source)).first(),
        Field::new(names::DATE_OF_LAST_CONTACT, person_label(names::DATE_OF_LAST_CONTACT), Control::Date)
            .value(form.date_of_last_contact.clone())
            .meaning(words)
            .error(errors.of(names::DATE_OF_LAST_CONTACT)),
        codes(names::VITAL_STATUS, choices("Choose", vitals, &form.vital_status)),
        Field::new(
            names::CAUSE_OF_DEATH,
            person_label(names::CAUSE_OF_DEATH),
            Control::Code { list: String::new() },
        )
        .value(form.cause_of_death.clone())
        .meaning("only of the dead, if known: ICD-10, 7777 or 7797")
        .error(errors.of(names::CAUSE_OF_DEATH)),
        codes(names::NEXT_FOLLOW_UP_SOURCE, choices("As planned", nexts, &form.next_follow_up_source)),
        Field::text("evidence", "Evidence").value(form.evidence.clone()).most(200),
    ]
}

/// A status as pages show it.
pub(crate) fn mark(status: followup_rules::Status) -> Status {
    use followup_rules::Status as S;
    match status {
        S::Current => known::current(),
        S::Due => known::due(),
        S::Overdue => known::overdue(),
        S::Delinquent => known::delinquent(),
        S::Lost => known::lost(),
        S::ClosedDead => known::dead(),
        S::Exempt(why) => Status { word: format!("Exempt ({why})").into(), ..known::exempt() },
    }
}

fn tumor_view(
    n: usize,
    tumor: &record::CaseTumor,
    form: &ContactForm,
    complaints: &[Complaint],
) -> TumorView {
    let typed = |list: &[String]| list.get(n).cloned().unwrap_or_default();
    let control = |item: &str, value: String, options: Vec<Choice>| {
        let id = field_id(item, Some(n));
        TumorControl { message: complaints.iter().any(|c| c.field == id), id, value, options }
    };
    let status = typed(&form.cancer_status);
    let kind = typed(&form.recurrence_type1st);
    let stored = tumor.items.value(names::RECURRENCE_TYPE_1ST);
    let suffix = format!("-{n}");
    TumorView {
        uid: tumor.uid.clone(),
        version: tumor.version,
        title: tumor.title(),
        was: format!("was: {}", cancer(&tumor.items)),
        status: control(
            names::CANCER_STATUS,
            String::new(),
            choices("As it is", CancerStatus::ALL.iter().map(|s| (s.code(), s.label())), &status),
        ),
        on: control(names::DATE_OF_LAST_CANCER_STATUS, typed(&form.date_of_last_cancer_status), Vec::new()),
        kind: control(
            names::RECURRENCE_TYPE_1ST,
            String::new(),
            choices("00 None", recurrence::types(), &kind),
        ),
        kind_on: control(names::RECURRENCE_DATE_1ST, typed(&form.recurrence_date1st), Vec::new()),
        may_recur: recurrence::may_recur(&tumor.items),
        recurrence: match CodeLists::label(names::RECURRENCE_TYPE_1ST, stored) {
            Some(label) => format!("{stored} {label}"),
            None => "not recorded".to_owned(),
        },
        messages: complaints.iter().filter(|c| c.field.ends_with(&suffix)).cloned().collect(),
    }
}

fn history_view(row: &store::HistoryRow) -> HistoryView {
    let source = FollowUpSource::parse(&row.follow_up_source).map_or("", FollowUpSource::label);
    let vital = VitalStatus::parse(&row.vital_status).map_or("", VitalStatus::label);
    let on =
        PartialDate::parse(&row.contact_date).map_or_else(|_| "chart review".to_owned(), PartialDate::iso);
    let mut says: Vec<&str> =
        [vital, source, row.detail.as_str()].into_iter().filter(|s| !s.is_empty()).collect();
    if says.is_empty() {
        says.push("cancer status");
    }
    HistoryView {
        on,
        says: says.join(", "),
        by: format!("{}, {}", row.actor_name, row.recorded_at.format("%Y-%m-%d")),
    }
}
