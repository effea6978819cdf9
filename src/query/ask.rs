//! Asking: who, what, which answers to choose from, until when; then exactly what the recipient will see.

use actix_web::web;
use askama::Template;
use chrono::{Duration, NaiveDate};
use serde::Deserialize;

use super::{
    rules::{self, Choice, Identifiers},
    store::{self, NewQuery},
};
use crate::{
    abstracting::{self, CaseItems},
    access::session::token_hash,
    audit::{AuditAction, Event},
    db::Tx,
    dictionary::Items,
    facility::{Desk, desk_of},
    ids::TumorId,
    partial_date::PartialDate,
    patient::{PatientRow, full_name},
    reminder::{
        check_address,
        mail::Letterhead,
        queries::{self, LINK_DAYS, QueryWords, Says},
    },
    tumor::{self, TumorRow},
    web::{
        Acting, Answer, App, Control, Field, FieldState, Form, FormErrors, Layout, PageError, PageResult,
        Place, Width, page, page_with_errors, see_other,
    },
};

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct About {
    #[serde(default)]
    item: String,
}

/// A question as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Typed {
    item: String,
    /// Address of an earlier addressee, chosen from the list.
    earlier: String,
    name: String,
    email: String,
    question: String,
    choices: String,
    due: String,
    /// `preview` or `send`.
    then: String,
}

/// A question as its recipient sees it.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    pub(super) facts: Vec<(&'static str, String)>,
    /// Label of the item.
    pub(super) about: &'static str,
    pub(super) question: Vec<String>,
    pub(super) choices: Vec<Choice>,
    pub(super) due: String,
}

impl Sight {
    /// Of a question about an item.
    pub(super) fn of(
        patient: &Items,
        tumor: &Items,
        item: &str,
        question: &str,
        choices: Vec<Choice>,
        due: NaiveDate,
    ) -> Self {
        Self {
            facts: rules::minimum_facts(patient, tumor),
            about: label(item),
            question: question.lines().map(str::to_owned).collect(),
            choices,
            due: crate::partial_date::in_words(due),
        }
    }
}

/// Label of an item on the form.
pub(super) fn label(item: &str) -> &'static str {
    abstracting::form_row::row_of(item).map_or("An item", |r| r.label)
}

/// Name and address to send to, choices, day: what a preview shows and a question keeps.
struct Ready {
    name: String,
    email: String,
    question: String,
    choices: Vec<Choice>,
    due: NaiveDate,
}

struct Preview {
    to: String,
    sight: Sight,
    subject: String,
    mail: Vec<String>,
}

#[derive(Template)]
#[template(path = "query/ask.html")]
struct AskPage {
    layout: Layout,
    uid: String,
    name: String,
    item: &'static str,
    about: &'static str,
    now: String,
    meaning: String,
    fields: Vec<Field>,
    errors: FormErrors,
    preview: Option<Preview>,
}

/// A case with its items.
pub(super) struct Case {
    pub(super) patient: PatientRow,
    pub(super) tumor: TumorRow,
    pub(super) patient_items: Items,
    pub(super) tumor_items: Items,
}

/// The case with this public id, if it is in use here.
pub(super) fn case_of(tx: &mut Tx<'_>, uid: &str) -> Result<Case, PageError> {
    let scope = tx.scope()?;
    let (patient, tumor) = tumor::in_use(tx.conn(), scope, uid)?.ok_or(PageError::NotFound)?;
    let (patient_items, tumor_items) = (patient.items()?, tumor.items()?);
    Ok(Case { patient, tumor, patient_items, tumor_items })
}

fn build(
    tx: &mut Tx<'_>,
    desk: &Desk,
    case: &Case,
    typed: &Typed,
    errors: FormErrors,
    preview: Option<Preview>,
) -> Result<AskPage, PageError> {
    let asked = abstracting::question_of(&case.patient_items, &case.tumor_items, &typed.item)
        .ok_or(PageError::NotFound)?;
    let scope = tx.scope()?;
    let known = store::addressees(tx.conn(), scope)?;
    let mut fields = Vec::new();
    if !known.is_empty() {
        let mut answers =
            vec![Answer { value: String::new(), label: "Somebody else, typed below".to_owned() }];
        answers.extend(
            known.into_iter().map(|(name, email)| Answer { label: format!("{name}, {email}"), value: email }),
        );
        fields.push(
            Field::new("earlier", "Asked before", Control::Select(answers))
                .value(&typed.earlier)
                .error(errors.of("earlier")),
        );
    }
    let hint = "No name, number or birth date of the patient: the page shows initials and the record number.";
    fields.extend([
        Field::text("name", "Physician").value(&typed.name).most(80).error(errors.of("name")),
        Field::text("email", "Mail address").value(&typed.email).most(120).error(errors.of("email")),
        Field::new("question", "Question", Control::Area { rows: 4 })
            .value(&typed.question)
            .hint(hint)
            .most(rules::LONGEST)
            .error(errors.of("question"))
            .required(),
        Field::new("choices", "Choices", Control::Area { rows: 6 })
            .value(&typed.choices)
            .hint("One a line: code = what it means. Leave out what cannot be. An answer in words is always possible.")
            .error(errors.of("choices")),
        Field::new("due", "Answer by", Control::Date).value(&typed.due).error(errors.of("due")).required(),
    ]);
    let title = if errors.is_empty() {
        "Ask a physician – Abstract"
    } else {
        "Error: Ask a physician – Abstract"
    };
    Ok(AskPage {
        uid: case.tumor.uid.clone(),
        name: full_name(&case.patient.name_last, &case.patient.name_first),
        item: asked.row.id(),
        about: asked.row.label,
        now: asked.value,
        meaning: asked.meaning,
        fields,
        errors,
        preview,
        layout: desk.layout.clone().titled(title).at(Place::Abstracts).wide(Width::Reading),
    })
}

/// Why there is no question about an item.
fn not_asked(item: &str) -> PageError {
    match abstracting::form_row::row_of(item) {
        Some(row) => PageError::BadRequest(format!(
            "{} is nothing that a physician is asked about: it follows from other items, or it names the patient.",
            row.label
        )),
        None => PageError::NotFound,
    }
}

/// `GET /abstracts/{tumor}/queries/new?item=…`.
pub(super) async fn form(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<TumorId>,
    about: web::Query<About>,
) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let case = case_of(tx, &id.to_string())?;
                let asked = abstracting::question_of(&case.patient_items, &case.tumor_items, &about.item)
                    .ok_or_else(|| not_asked(&about.item))?;
                let typed = Typed {
                    item: about.item.clone(),
                    choices: rules::choices_text(&asked.choices),
                    due: rules::due(&rules::calendar(&desk.facility), desk.today).to_string(),
                    ..Typed::default()
                };
                tx.record(
                    Event::new(AuditAction::ViewTumor)
                        .tumor(case.patient.id, case.tumor.id)
                        .fields([asked.row.id()])
                        .detail("question to a physician"),
                );
                build(tx, &desk, &case, &typed, FormErrors::default(), None)
            })
        })
        .await?;
    page(&shown)
}

/// Reads what was typed; all complaints at once.
fn read(
    tx: &mut Tx<'_>,
    desk: &Desk,
    case: &Case,
    typed: &Typed,
) -> Result<Result<Ready, FormErrors>, PageError> {
    let mut errors = FormErrors::default();
    let scope = tx.scope()?;
    let known = store::addressees(tx.conn(), scope)?;
    let earlier = known.into_iter().find(|(_, email)| *email == typed.earlier);
    let (name, email) = match earlier {
        Some(known) if !typed.earlier.is_empty() => known,
        _ => (typed.name.trim().to_owned(), typed.email.trim().to_owned()),
    };
    if name.is_empty() {
        errors.add("name", "Physician", "Enter the name of the physician.");
    } else if name.chars().count() > 80 || name.chars().any(char::is_control) {
        errors.add("name", "Physician", "A name has at most 80 characters, in one line.");
    }
    if email.is_empty() {
        errors.add("email", "Mail address", "Enter the address to which the link goes.");
    } else {
        errors.take("email", "Mail address", check_address("the address", &email));
    }
    let identifiers = Identifiers::of(&case.patient_items, &case.tumor_items);
    let question = typed.question.replace("\r\n", "\n").trim().to_owned();
    match question.chars().count() {
        n if n < rules::LEAST => {
            errors.add(
                "question",
                "Question",
                format!("Write a question of at least {} characters.", rules::LEAST),
            );
        }
        n if n > rules::LONGEST => errors.add(
            "question",
            "Question",
            format!("{n} characters were typed; {} fit. Nothing was cut off.", rules::LONGEST),
        ),
        _ => name_found(&mut errors, "question", "Question", &identifiers.found(&question)),
    }
    let choices = errors.take("choices", "Choices", rules::read_choices(&typed.choices)).unwrap_or_default();
    if errors.of("choices").is_empty() {
        let labels: Vec<&str> = choices.iter().map(|c| c.label.as_str()).collect();
        name_found(&mut errors, "choices", "Choices", &identifiers.found(&labels.join(" / ")));
        let items = CaseItems::of(&case.patient_items, &case.tumor_items);
        let row = abstracting::form_row::row_of(&typed.item).ok_or(PageError::NotFound)?;
        if let Some(wrong) = choices.iter().find(|c| !row.allows(&c.code, items)) {
            errors.add(
                "choices",
                "Choices",
                format!("{} is not a code that {} can have.", wrong.code, row.label),
            );
        }
    }
    let due = PartialDate::parse_typed(&typed.due, desk.today, desk.facility.slash_order)
        .map_err(|e| e.to_string())
        .and_then(|d| match d {
            Some(PartialDate::Day(day)) => {
                rules::check_due(&rules::calendar(&desk.facility), desk.today, day).map(|()| day)
            }
            _ => Err("Enter a whole date.".to_owned()),
        });
    let due = errors.take("due", "Answer by", due);
    Ok(errors.or(due.map(|due| Ready { name, email, question, choices, due })))
}

fn name_found(errors: &mut FormErrors, field: &str, label: &str, found: &[&str]) {
    if !found.is_empty() {
        errors.add(
            field,
            label,
            format!(
                "This says {}. Leave it out: the page shows initials and the record number.",
                found.join(", ")
            ),
        );
    }
}

enum Sent {
    GoTo(String),
    Wrong(AskPage),
    Look(AskPage),
}

/// `POST /abstracts/{tumor}/queries`: looks at a question as it will be seen, or sends it.
pub(super) async fn send(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<TumorId>,
    form: Form<Typed>,
) -> PageResult {
    let typed = form.0;
    let salt = app.db.chance.token();
    let sent = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let case = case_of(tx, &id.to_string())?;
                let event = Event::new(AuditAction::Query)
                    .tumor(case.patient.id, case.tumor.id)
                    .fields([typed.item.clone()]);
                abstracting::question_of(&case.patient_items, &case.tumor_items, &typed.item)
                    .ok_or(PageError::NotFound)?;
                let ready = match read(tx, &desk, &case, &typed)? {
                    Ok(ready) => ready,
                    Err(errors) => {
                        tx.record(event.refused().detail("asked"));
                        return build(tx, &desk, &case, &typed, errors, None).map(Sent::Wrong);
                    }
                };
                if typed.then != "send" {
                    let shown = preview(app, &desk, &case, &typed.item, &ready)?;
                    tx.record(event.detail("looked at before sending"));
                    let again = build(tx, &desk, &case, &typed, FormErrors::default(), Some(shown))?;
                    return Ok(Sent::Look(again));
                }
                let choices = serde_json::to_string(&ready.choices)
                    .map_err(|e| PageError::Internal(anyhow::anyhow!(e)))?;
                let token = queries::link_token(tx.sealer(), &salt);
                let new = NewQuery {
                    tumor: case.tumor.id,
                    item: &typed.item,
                    question: &ready.question,
                    choices: &choices,
                    name: &ready.name,
                    email: &ready.email,
                    due_on: ready.due,
                    salt: &salt,
                    link_hash: &token_hash(&token),
                    link_until: tx.now() + Duration::days(LINK_DAYS),
                };
                let uid = store::insert(tx, &new)?;
                let account = tx.actor().account().ok_or(PageError::NotFound)?;
                queries::queue_link(tx, account, &uid)?;
                tx.record(event.detail(format!("asked, query {uid}")));
                Ok::<_, PageError>(Sent::GoTo(format!(
                    "/abstracts/{}/queries/{uid}?done=asked",
                    case.tumor.uid
                )))
            })
        })
        .await?;
    match sent {
        Sent::GoTo(to) => see_other(to),
        Sent::Wrong(shown) => page_with_errors(&shown),
        Sent::Look(shown) => page(&shown),
    }
}

fn preview(app: &App, desk: &Desk, case: &Case, item: &str, ready: &Ready) -> Result<Preview, PageError> {
    let office = Letterhead::new(&app.config.mail.from, &desk.facility.reply_to)
        .map(|l| l.office())
        .map_err(|e| PageError::BadRequest(e.to_string()))?;
    let words = QueryWords {
        says: Says::Question,
        facility: desk.facility.short_name.clone(),
        due_on: ready.due,
        until: desk.today + Duration::days(LINK_DAYS),
        link: queries::link(&app.config.base_url(), "…"),
        office,
    }
    .render()?;
    Ok(Preview {
        to: format!("{}, {}", ready.name, ready.email),
        sight: Sight::of(
            &case.patient_items,
            &case.tumor_items,
            item,
            &ready.question,
            ready.choices.clone(),
            ready.due,
        ),
        subject: words.subject,
        mail: words.text.lines().map(str::to_owned).collect(),
    })
}
