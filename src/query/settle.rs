//! What becomes of a question: the answer taken or left, the question withdrawn, its link sent again.

use actix_web::web;
use chrono::Duration;
use serde::Deserialize;

use super::{
    ask::{Case, case_of},
    case::{QueryPage, day, query_page},
    rules::{self, State},
    store::{self, QueryRow},
};
use crate::{
    abstracting,
    access::session::token_hash,
    audit::{AuditAction, Event},
    db::Tx,
    facility::desk_of,
    ids::{QueryId, TumorId},
    provenance::How,
    reminder::queries::{self, LINK_DAYS},
    web::{Acting, App, Form, FormAnswer, FormErrors, PageError, PageResult},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TakeForm {
    value: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EndForm {
    reason: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

fn row_of(tx: &mut Tx<'_>, case: &Case, query: &QueryId) -> Result<QueryRow, PageError> {
    let scope = tx.scope()?;
    store::find(tx.conn(), scope, case.tumor.id, &query.to_string())?.ok_or(PageError::NotFound)
}

fn event(case: &Case, row: &QueryRow, what: &str) -> Event {
    Event::new(AuditAction::Query)
        .tumor(case.patient.id, case.tumor.id)
        .fields([row.item.clone()])
        .detail(format!("{what}, query {}", row.uid))
}

fn gone(row: &QueryRow) -> FormErrors {
    let mut errors = FormErrors::default();
    errors.add(
        "question",
        "Query",
        format!("Somebody was faster: the query is {} by now.", row.state().word()),
    );
    errors
}

fn back(case: &Case, row: &QueryRow, done: &str) -> FormAnswer<QueryPage> {
    FormAnswer::GoTo(format!("/abstracts/{}/queries/{}?done={done}", case.tumor.uid, row.uid))
}

/// `POST …/answer`: the answer goes into the case.
pub(super) async fn take(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, QueryId)>,
    form: Form<TakeForm>,
) -> PageResult {
    let (id, query) = path.into_inner();
    let value = form.0.value.trim().to_owned();
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let case = case_of(tx, &id.to_string())?;
                let row = row_of(tx, &case, &query)?;
                let refused = |tx: &mut Tx<'_>, errors| {
                    tx.record(event(&case, &row, "taken").refused());
                    query_page(tx, &desk, &case, &row, &value, "", errors).map(FormAnswer::Again)
                };
                if row.state() != State::Answered {
                    return refused(tx, gone(&row));
                }
                let mut errors = FormErrors::default();
                if value.is_empty() {
                    errors.add("value", "Value", "Enter the value that the answer means.");
                    return refused(tx, errors);
                }
                let on = day(&desk, row.answered_at.unwrap_or(row.asked_at)).to_string();
                let how = How::Answered { physician: row.recipient_name.clone(), on };
                if let Err(why) = abstracting::take(tx, &desk, &case.tumor.uid, &row.item, &value, &how)? {
                    errors.add("value", "Value", why);
                    return refused(tx, errors);
                }
                if !store::settle(tx, row.id, State::Answered, State::Taken, "")? {
                    return Err(PageError::BadRequest("Somebody else decided meanwhile.".to_owned()));
                }
                tx.record(event(&case, &row, "taken"));
                Ok::<_, PageError>(back(&case, &row, "taken"))
            })
        })
        .await?;
    answer.send()
}

/// `POST …/end`: an answer is left, or an open question withdrawn, with a reason.
pub(super) async fn end(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, QueryId)>,
    form: Form<EndForm>,
) -> PageResult {
    let (id, query) = path.into_inner();
    let reason = form.0.reason.trim().to_owned();
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let case = case_of(tx, &id.to_string())?;
                let row = row_of(tx, &case, &query)?;
                let (to, word) = match row.state() {
                    State::Open => (State::Withdrawn, "withdrawn"),
                    _ => (State::Left, "left"),
                };
                let mut errors = FormErrors::default();
                if !matches!(row.state(), State::Open | State::Answered) {
                    errors = gone(&row);
                } else if reason.chars().count() < rules::LEAST {
                    errors.add("reason", "Reason", "Say why in at least 10 characters.");
                }
                if !errors.is_empty() {
                    tx.record(event(&case, &row, word).refused());
                    let shown = query_page(tx, &desk, &case, &row, "", &reason, errors)?;
                    return Ok(FormAnswer::Again(shown));
                }
                if !store::settle(tx, row.id, row.state(), to, &reason)? {
                    return Err(PageError::BadRequest("Somebody else decided meanwhile.".to_owned()));
                }
                tx.record(event(&case, &row, word));
                Ok::<_, PageError>(back(&case, &row, word))
            })
        })
        .await?;
    answer.send()
}

/// `POST …/link`: a fresh link for an open question; the one before ends.
pub(super) async fn link(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, QueryId)>,
    _form: Form<Nothing>,
) -> PageResult {
    let (id, query) = path.into_inner();
    let salt = app.db.chance.token();
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let case = case_of(tx, &id.to_string())?;
                let row = row_of(tx, &case, &query)?;
                let hash = token_hash(&queries::link_token(tx.sealer(), &salt));
                let until = tx.now() + Duration::days(LINK_DAYS);
                if !store::renew(tx.conn(), row.id, &salt, &hash, until)? {
                    tx.record(event(&case, &row, "link sent again").refused());
                    let shown = query_page(tx, &desk, &case, &row, "", "", gone(&row))?;
                    return Ok(FormAnswer::Again(shown));
                }
                let account = tx.actor().account().ok_or(PageError::NotFound)?;
                queries::queue_link(tx, account, &row.uid)?;
                tx.record(event(&case, &row, "link sent again"));
                Ok::<_, PageError>(back(&case, &row, "link"))
            })
        })
        .await?;
    answer.send()
}
