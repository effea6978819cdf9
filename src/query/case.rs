//! Questions of one case: the list, and one with its answer and what the answer would do.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::{
    ask::{Case, Sight, case_of, label},
    rules::{self, State},
    store::{self, QueryRow},
};
use crate::{
    abstracting::{self, Effect},
    access::{Action, permits},
    audit::{AuditAction, Event},
    db::Tx,
    facility::{Desk, desk_of},
    ids::{QueryId, TumorId},
    patient::full_name,
    reminder::queries,
    web::{
        Acting, App, Control, Field, FieldState, FormErrors, Layout, Notice, PageError, PageResult, Place,
        Shape, Status, Tone, Width, page,
    },
};

/// What just happened, and a value whose effect is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Happened {
    #[serde(default)]
    done: String,
    #[serde(default)]
    value: String,
}

fn notice(done: &str) -> Option<Notice> {
    Some(match done {
        "asked" => {
            Notice::good("Asked. The mail with the link waits and leaves within minutes on working days.")
        }
        "taken" => Notice::good("The answer is in the case, with the physician and the day as its source."),
        "left" => Notice::good("Left. The case stays as it is; your reason is kept."),
        "withdrawn" => Notice::good("Withdrawn. The link opens nothing any more."),
        "link" => Notice::good("A fresh link is on its way. The one before opens nothing any more."),
        _ => return None,
    })
}

/// Shape, tone and words of a state.
pub(super) fn status(state: State) -> Status {
    match state {
        State::Open => Status::new(Shape::Half, Tone::Active, "Waits for an answer"),
        State::Answered => Status::new(Shape::Triangle, Tone::Warning, "Answered, to be looked at"),
        State::Taken => Status::new(Shape::Check, Tone::Good, "Answer taken"),
        State::Left => Status::new(Shape::Dash, Tone::Quiet, "Answer left"),
        State::Withdrawn => Status::new(Shape::Dash, Tone::Quiet, "Withdrawn"),
    }
}

/// The clock of an open question; nothing for others.
pub(super) fn clock(desk: &Desk, row: &QueryRow) -> (String, bool) {
    if row.state() == State::Open {
        rules::clock(desk.facility.day_of(row.asked_at), row.due_on, desk.today)
    } else {
        (String::new(), false)
    }
}

struct Line {
    href: String,
    about: &'static str,
    to: String,
    question: String,
    status: Status,
    clock: String,
    late: bool,
    due: String,
}

#[derive(Template)]
#[template(path = "query/case.html")]
struct CasePage {
    layout: Layout,
    uid: String,
    name: String,
    lines: Vec<Line>,
}

/// `GET /abstracts/{tumor}/queries`.
pub(super) async fn list(app: web::Data<App>, acting: Acting, id: web::Path<TumorId>) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let case = case_of(tx, &id.to_string())?;
                let scope = tx.scope()?;
                let rows = store::of_case(tx.conn(), scope, case.tumor.id)?;
                tx.record(
                    Event::new(AuditAction::ViewTumor)
                        .tumor(case.patient.id, case.tumor.id)
                        .detail("queries"),
                );
                let uid = case.tumor.uid.clone();
                let lines = rows.iter().map(|row| line(&desk, &uid, row)).collect();
                Ok::<_, PageError>(CasePage {
                    uid,
                    name: full_name(&case.patient.name_last, &case.patient.name_first),
                    lines,
                    layout: desk
                        .layout
                        .titled("Queries – Abstract")
                        .at(Place::Abstracts)
                        .wide(Width::Reading),
                })
            })
        })
        .await?;
    page(&shown)
}

fn line(desk: &Desk, uid: &str, row: &QueryRow) -> Line {
    let (clock, late) = clock(desk, row);
    Line {
        href: format!("/abstracts/{uid}/queries/{}", row.uid),
        about: label(&row.item),
        to: row.recipient_name.clone(),
        question: row.question.clone(),
        status: status(row.state()),
        clock,
        late,
        due: row.due_on.to_string(),
    }
}

/// An answer with what it would do.
struct Answered {
    value: String,
    label: String,
    text: Vec<String>,
    at: String,
    effect: Option<Effect>,
}

#[derive(Template)]
#[template(path = "query/query.html")]
pub(super) struct QueryPage {
    pub(super) layout: Layout,
    uid: String,
    query: String,
    name: String,
    to: String,
    email: String,
    asked: String,
    status: Status,
    clock: String,
    late: bool,
    item_href: String,
    sight: Sight,
    log: Vec<(String, String)>,
    /// Last day of the link, while it opens something.
    until: String,
    answered: Option<Answered>,
    settled: String,
    /// The reader may decide, withdraw and send the link again.
    decides: bool,
    open: bool,
    to_decide: bool,
    value: Field,
    reason: Field,
    errors: FormErrors,
}

/// The page of one question.
pub(super) fn query_page(
    tx: &mut Tx<'_>,
    desk: &Desk,
    case: &Case,
    row: &QueryRow,
    value: &str,
    reason: &str,
    errors: FormErrors,
) -> Result<QueryPage, PageError> {
    let scope = tx.scope()?;
    let choices = row.choices()?;
    let state = row.state();
    let decides = permits(tx.actor(), Action::AskPhysician);
    let typed = if value.is_empty() { row.answer_value.as_str() } else { value };
    let answered = match row.answered_at {
        Some(at) => Some(Answered {
            label: choices
                .iter()
                .find(|c| c.code == row.answer_value)
                .map_or_else(String::new, |c| c.label.clone()),
            value: row.answer_value.clone(),
            text: row.answer_text.lines().map(str::to_owned).collect(),
            at: desk.facility.clock_words(at),
            effect: if state == State::Answered && !typed.is_empty() {
                Some(abstracting::effect(tx, desk, &case.tumor.uid, &row.item, typed)?)
            } else {
                None
            },
        }),
        None => None,
    };
    let mut log = vec![(desk.facility.clock_words(row.asked_at), format!("asked by {}", row.asked_by))];
    for mail in queries::mails_of(tx.conn(), scope.facility(), &row.uid)?.iter().rev() {
        let at = mail.sent_at.unwrap_or(mail.created_at).naive_utc();
        let what = mail.kind.map_or("Mail", |k| k.label());
        log.push((desk.facility.clock_words(at), format!("{what}: {}", mail.state.label().to_lowercase())));
    }
    log.extend(row.opened_at.map(|at| (desk.facility.clock_words(at), "opened by the recipient".to_owned())));
    log.extend(row.answered_at.map(|at| (desk.facility.clock_words(at), "answered".to_owned())));
    let settled = match (row.settled_at, state) {
        (Some(at), State::Taken) => {
            format!("Taken by {} on {}.", row.settled_by, desk.facility.clock_words(at))
        }
        (Some(at), State::Left) => {
            format!("Left by {} on {}: {}", row.settled_by, desk.facility.clock_words(at), row.settled_reason)
        }
        (Some(at), _) => {
            format!(
                "Withdrawn by {} on {}: {}",
                row.settled_by,
                desk.facility.clock_words(at),
                row.settled_reason
            )
        }
        _ => String::new(),
    };
    let (clock, late) = clock(desk, row);
    let title = if errors.is_empty() { "Query – Abstract" } else { "Error: Query – Abstract" };
    let reason_words =
        if state == State::Answered { "Why is the answer left?" } else { "Why is it withdrawn?" };
    Ok(QueryPage {
        uid: case.tumor.uid.clone(),
        query: row.uid.clone(),
        name: full_name(&case.patient.name_last, &case.patient.name_first),
        to: row.recipient_name.clone(),
        email: row.recipient_email.clone(),
        asked: desk.facility.clock_words(row.asked_at),
        status: status(state),
        clock,
        late,
        item_href: abstracting::href_of(&case.tumor.uid, &row.item),
        sight: Sight::of(
            &case.patient_items,
            &case.tumor_items,
            &row.item,
            &row.question,
            choices,
            row.due_on,
        ),
        log,
        until: if state == State::Open {
            desk.facility.day_of(row.link_until).to_string()
        } else {
            String::new()
        },
        answered,
        settled,
        decides,
        open: state == State::Open,
        to_decide: state == State::Answered,
        value: Field::text("value", format!("{}, as coded", label(&row.item)))
            .value(typed)
            .error(errors.of("value")),
        reason: Field::new("reason", reason_words, Control::Area { rows: 2 })
            .hint("At least 10 characters.")
            .value(reason)
            .error(errors.of("reason")),
        errors,
        layout: desk.layout.clone().titled(title).at(Place::Abstracts).wide(Width::Reading),
    })
}

/// `GET /abstracts/{tumor}/queries/{query}`.
pub(super) async fn show(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, QueryId)>,
    happened: web::Query<Happened>,
) -> PageResult {
    let (id, query) = path.into_inner();
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let case = case_of(tx, &id.to_string())?;
                let scope = tx.scope()?;
                let row = store::find(tx.conn(), scope, case.tumor.id, &query.to_string())?
                    .ok_or(PageError::NotFound)?;
                tx.record(
                    Event::new(AuditAction::ViewTumor)
                        .tumor(case.patient.id, case.tumor.id)
                        .fields([row.item.clone()])
                        .detail(format!("query {}", row.uid)),
                );
                let mut shown =
                    query_page(tx, &desk, &case, &row, happened.value.trim(), "", FormErrors::default())?;
                shown.layout = shown.layout.with_notice(notice(&happened.done));
                Ok::<_, PageError>(shown)
            })
        })
        .await?;
    page(&shown)
}
