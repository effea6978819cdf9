//! Disputes, and their decision by a third person.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::{
    super::{
        compared,
        disputes::{self, NotDisputed, store::DisputeRow},
        score::{ReviewedField, Weight},
        store::ReviewRow,
    },
    Happened, local, number,
};
use crate::{
    abstracting::review::{self, Reviewed},
    audit::{AuditAction, Event},
    db::Tx,
    facility::desk_of,
    ids::DisputeId,
    patient::full_name,
    tumor,
    web::{
        Acting, App, Control, Field, FieldState, Form, FormAnswer, FormErrors, Layout, PageError, PageResult,
        Place, Width, page,
    },
};

struct Line {
    href: String,
    name: String,
    number: String,
    field: &'static str,
    by: String,
    on: String,
    reviewer: String,
    /// The reader abstracted or reviewed the case.
    own: bool,
}

#[derive(Template)]
#[template(path = "quality_review/disputes.html")]
struct ListPage {
    layout: Layout,
    lines: Vec<Line>,
}

fn case_of(tx: &mut Tx<'_>, row: &ReviewRow) -> Result<Reviewed, PageError> {
    let scope = tx.scope()?;
    let case = tumor::by_key(tx.conn(), scope, row.tumor)?.ok_or(PageError::NotFound)?;
    review::reviewed(tx, &case.uid)
}

fn label(dispute: &DisputeRow) -> &'static str {
    ReviewedField::parse(&dispute.field).map_or("A field", ReviewedField::label)
}

fn list_page(tx: &mut Tx<'_>, app: &App, happened: &Happened) -> Result<ListPage, PageError> {
    let desk = desk_of(tx, app)?;
    let scope = tx.scope()?;
    let (mut lines, mut patients) = (Vec::new(), Vec::new());
    for (dispute, row) in disputes::store::open(tx.conn(), scope)? {
        let case = match case_of(tx, &row) {
            Err(PageError::NotFound) => continue,
            found => found?,
        };
        patients.push(case.patient.id);
        lines.push(Line {
            href: format!("/quality-review/disputes/{}", dispute.uid),
            name: full_name(&case.patient.name_last, &case.patient.name_first),
            number: number(&case.tumor.accession_number, &case.tumor.sequence_number),
            field: label(&dispute),
            on: local(&desk, dispute.asked_at),
            by: dispute.asked_by,
            own: !disputes::may_decide(tx, &row, &case.tumor),
            reviewer: row.reviewer,
        });
    }
    tx.record(Event::new(AuditAction::List).patients(patients).detail("disputes"));
    let layout = desk.layout.titled("Disputes").at(Place::Abstracts).with_notice(happened.notice());
    Ok(ListPage { layout, lines })
}

/// `GET /quality-review/disputes`.
pub(super) async fn list(app: web::Data<App>, acting: Acting, happened: web::Query<Happened>) -> PageResult {
    let shown = app.blocking(move |app| app.db.view(&acting, |tx| list_page(tx, app, &happened))).await?;
    page(&shown)
}

#[derive(Template)]
#[template(path = "quality_review/dispute.html")]
struct OnePage {
    layout: Layout,
    href: String,
    case: String,
    name: String,
    number: String,
    field: &'static str,
    weight: &'static str,
    abstracted: String,
    reviewed: String,
    by: String,
    reviewer: String,
    on: String,
    reason: String,
    /// The reader is a third person, and it is open.
    decides: bool,
    decided: String,
    decision: Field,
    errors: FormErrors,
}

fn one_page(
    tx: &mut Tx<'_>,
    app: &App,
    uid: &str,
    typed: &str,
    errors: FormErrors,
) -> Result<(OnePage, Reviewed), PageError> {
    let desk = desk_of(tx, app)?;
    let scope = tx.scope()?;
    let (dispute, row) = disputes::store::by_uid(tx.conn(), scope, uid)?.ok_or(PageError::NotFound)?;
    let case = case_of(tx, &row)?;
    let found = compared(&row)?.into_iter().find(|c| c.field.word() == dispute.field);
    let found = found.ok_or(PageError::NotFound)?;
    let title = if errors.is_empty() { "Dispute" } else { "Error: Dispute" };
    let decided = match dispute.outcome.as_str() {
        "open" => String::new(),
        "removed" => format!("Taken back by {}: “{}”", dispute.decided_by, dispute.decision),
        _ => format!("Stands, says {}: “{}”", dispute.decided_by, dispute.decision),
    };
    let shown = OnePage {
        href: format!("/quality-review/disputes/{}", dispute.uid),
        case: format!("/abstracts/{}", case.tumor.uid),
        name: full_name(&case.patient.name_last, &case.patient.name_first),
        number: number(&case.tumor.accession_number, &case.tumor.sequence_number),
        field: label(&dispute),
        weight: found.weight.map_or("", Weight::word),
        abstracted: found.abstracted,
        reviewed: found.reviewed,
        on: local(&desk, dispute.asked_at),
        decides: dispute.outcome == "open" && disputes::may_decide(tx, &row, &case.tumor),
        decided,
        decision: Field::new("decision", "Decision in words", Control::Area { rows: 3 })
            .hint("At least 10 characters. They stay with the case as a note.")
            .value(typed)
            .error(errors.of("decision"))
            .required(),
        errors,
        by: dispute.asked_by,
        reason: dispute.reason,
        reviewer: row.reviewer,
        layout: desk.layout.titled(title).at(Place::Abstracts).wide(Width::Reading),
    };
    Ok((shown, case))
}

/// `GET /quality-review/disputes/{id}`.
pub(super) async fn show(app: web::Data<App>, acting: Acting, id: web::Path<DisputeId>) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let (shown, case) = one_page(tx, app, &id.to_string(), "", FormErrors::default())?;
                let seen = Event::new(AuditAction::ViewTumor).tumor(case.patient.id, case.tumor.id);
                tx.record(seen.detail("dispute"));
                Ok::<_, PageError>(shown)
            })
        })
        .await?;
    page(&shown)
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DecideForm {
    decision: String,
    /// `removed` or `stands`.
    outcome: String,
}

/// `POST /quality-review/disputes/{id}`.
pub(super) async fn decide(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<DisputeId>,
    form: Form<DecideForm>,
) -> PageResult {
    let uid = id.to_string();
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let scope = tx.scope()?;
                let (dispute, row) =
                    disputes::store::by_uid(tx.conn(), scope, &uid)?.ok_or(PageError::NotFound)?;
                let case = case_of(tx, &row)?;
                let removed = match form.0.outcome.as_str() {
                    "removed" => true,
                    "stands" => false,
                    _ => return Err(PageError::BadRequest("Choose how the dispute is decided.".to_owned())),
                };
                match disputes::decide(tx, &dispute, &row, &case.tumor, removed, &form.0.decision)? {
                    Ok(()) => Ok::<_, PageError>(FormAnswer::GoTo(
                        "/quality-review/disputes?done=decided".to_owned(),
                    )),
                    Err(refused) => {
                        let mut errors = FormErrors::default();
                        let field = if refused == NotDisputed::TooShort { "decision" } else { "dispute" };
                        errors.add(field, "Decision", refused);
                        Ok(FormAnswer::Again(one_page(tx, app, &uid, &form.0.decision, errors)?.0))
                    }
                }
            })
        })
        .await?;
    answer.send()
}
