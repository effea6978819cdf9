//! What an abstractor reads of reviews of their abstracts, and disputes.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::{
    super::{
        compared, disputes, is_abstractor, reviewed,
        score::ReviewedField,
        score_words,
        store::{self, ReviewRow},
    },
    Happened, Line, compared_lines, local, number,
};
use crate::{
    abstracting::review::{self, Reviewed},
    audit::{AuditAction, Event},
    db::Tx,
    facility::desk_of,
    ids::ReviewId,
    patient::full_name,
    tumor,
    web::{
        Acting, Answer, App, Control, Field, FieldState, Form, FormAnswer, FormErrors, Layout, PageError,
        PageResult, Place, Width, page,
    },
};

struct Review {
    href: String,
    name: String,
    number: String,
    decided: String,
    score: String,
    /// How many disputes wait.
    waiting: usize,
}

#[derive(Template)]
#[template(path = "quality_review/own.html")]
struct OwnPage {
    layout: Layout,
    reviews: Vec<Review>,
}

/// `GET /quality-review/own`.
pub(super) async fn list(app: web::Data<App>, acting: Acting) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let scope = tx.scope()?;
                let rows = match acting.account() {
                    Some(account) => store::of_abstractor(tx.conn(), scope, account)?,
                    None => Vec::new(),
                };
                let keys: Vec<i64> = rows.iter().map(|(row, _)| row.id).collect();
                let all = disputes::store::of_reviews(tx.conn(), &keys)?;
                let patients = rows.iter().map(|(_, whose)| whose.3);
                tx.record(Event::new(AuditAction::List).patients(patients).detail("own reviews"));
                let mut reviews = Vec::with_capacity(rows.len());
                for (row, (_, accession, sequence, _, last, first)) in rows {
                    let own: Vec<_> = all.iter().filter(|d| d.review == row.id).cloned().collect();
                    let on = row.decided_at.map_or_else(String::new, |at| local(&desk, at));
                    reviews.push(Review {
                        href: format!("/quality-review/own/{}", row.uid),
                        name: full_name(&last, &first),
                        number: number(&accession, &sequence),
                        decided: format!("{} {on}", row.state),
                        score: score_words(&row, &own)?,
                        waiting: own.iter().filter(|d| d.outcome == "open").count(),
                    });
                }
                let layout = desk.layout.titled("Reviews of your abstracts").at(Place::Abstracts);
                Ok::<_, PageError>(OwnPage { layout, reviews })
            })
        })
        .await?;
    page(&shown)
}

#[derive(Template)]
#[template(path = "quality_review/own_one.html")]
struct OnePage {
    layout: Layout,
    href: String,
    case: String,
    name: String,
    number: String,
    decided: String,
    score: String,
    comment: String,
    lines: Vec<Line>,
    /// `2026-12-07`
    last_day: String,
    /// Nothing can be disputed any more.
    over: bool,
    /// Field and reason of a dispute; none where nothing can be disputed.
    fields: Vec<Field>,
    errors: FormErrors,
}

/// A decided review of the reader's own abstract; not found for everybody else.
fn own(tx: &mut Tx<'_>, uid: &str) -> Result<(ReviewRow, Reviewed), PageError> {
    let scope = tx.scope()?;
    let row = store::by_uid(tx.conn(), scope, uid)?.filter(|row| row.decided_at.is_some());
    let row = row.filter(|row| is_abstractor(tx, row)).ok_or(PageError::NotFound)?;
    let case = tumor::by_key(tx.conn(), scope, row.tumor)?.ok_or(PageError::NotFound)?;
    let case = review::reviewed(tx, &case.uid)?;
    Ok((row, case))
}

fn one_page(
    tx: &mut Tx<'_>,
    app: &App,
    uid: &str,
    typed: &DisputeForm,
    errors: FormErrors,
) -> Result<OnePage, PageError> {
    let desk = desk_of(tx, app)?;
    let (row, case) = own(tx, uid)?;
    let all = disputes::store::of_reviews(tx.conn(), &[row.id])?;
    let last = disputes::until(&desk, &row).unwrap_or(desk.today);
    let over = desk.today > last;
    let open: Vec<ReviewedField> = compared(&row)?
        .into_iter()
        .filter(|c| c.weight.is_some() && all.iter().all(|d| d.field != c.field.word()))
        .map(|c| c.field)
        .collect();
    let mut fields = Vec::new();
    if !over && !open.is_empty() {
        let answers =
            open.into_iter().map(|f| Answer { value: f.word().to_owned(), label: f.label().to_owned() });
        fields.push(
            Field::new("field", "Field", Control::Select(answers.collect()))
                .value(&typed.field)
                .error(errors.of("field")),
        );
        fields.push(
            Field::new("reason", "Why is your code right?", Control::Area { rows: 3 })
                .hint("At least 10 characters; name the text that carries the code.")
                .value(&typed.reason)
                .error(errors.of("reason"))
                .required(),
        );
    }
    let on = row.decided_at.map_or_else(String::new, |at| local(&desk, at));
    let title = if errors.is_empty() { "Review of your abstract" } else { "Error: Review of your abstract" };
    Ok(OnePage {
        href: format!("/quality-review/own/{}", row.uid),
        case: format!("/abstracts/{}", case.tumor.uid),
        name: full_name(&case.patient.name_last, &case.patient.name_first),
        number: number(&case.tumor.accession_number, &case.tumor.sequence_number),
        decided: format!("{} by {} on {on}", row.state, row.reviewer),
        score: score_words(&row, &all)?,
        lines: compared_lines(&reviewed(&row, &all)?, &all),
        last_day: last.to_string(),
        over,
        fields,
        errors,
        comment: row.comment,
        layout: desk.layout.titled(title).at(Place::Abstracts).wide(Width::Wide),
    })
}

/// `GET /quality-review/own/{id}`.
pub(super) async fn show(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<ReviewId>,
    happened: web::Query<Happened>,
) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let uid = id.to_string();
                let mut shown = one_page(tx, app, &uid, &DisputeForm::default(), FormErrors::default())?;
                shown.layout = shown.layout.with_notice(happened.notice());
                let (_, case) = own(tx, &uid)?;
                let seen = Event::new(AuditAction::ViewTumor).tumor(case.patient.id, case.tumor.id);
                tx.record(seen.detail("own review"));
                Ok::<_, PageError>(shown)
            })
        })
        .await?;
    page(&shown)
}

/// What is disputed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DisputeForm {
    field: String,
    reason: String,
}

/// `POST /quality-review/own/{id}`: disputes one field.
pub(super) async fn dispute(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<ReviewId>,
    form: Form<DisputeForm>,
) -> PageResult {
    let uid = id.to_string();
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let (row, case) = own(tx, &uid)?;
                match disputes::ask(tx, &desk, &row, &case.tumor, &form.0.field, &form.0.reason)? {
                    Ok(()) => Ok::<_, PageError>(FormAnswer::GoTo(format!(
                        "/quality-review/own/{uid}?done=disputed"
                    ))),
                    Err(refused) => {
                        let mut errors = FormErrors::default();
                        errors.add("reason", "Dispute", refused);
                        Ok(FormAnswer::Again(one_page(tx, app, &uid, &form.0, errors)?))
                    }
                }
            })
        })
        .await?;
    answer.send()
}
