//! What becomes of a question: the answer taken or left, the question withdrawn, its link sent again.

use actix_web::web;
use chrono::Duration;
use serde::Deserialize;

use super::{
    ask::{Case, case_of},
    case::{QueryPage, query_page},
    rules::{self, State},
    store::{self, QueryRow},
};
use crate::{
    abstracting,
    access::session::token_hash,
    audit::{AuditAction, Event},
    db::Tx,
    facility::{Desk, desk_of},
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

/// What a deed on a question works on.
struct Deed {
    desk: Desk,
    case: Case,
    row: QueryRow,
}

impl Deed {
    fn done(&self, done: &str) -> FormAnswer<QueryPage> {
        FormAnswer::GoTo(format!("/abstracts/{}/queries/{}?done={done}", self.case.tumor.uid, self.row.uid))
    }

    /// The page again with why nothing was done and what was typed, value or reason.
    fn refused(
        &self,
        tx: &mut Tx<'_>,
        what: &str,
        (value, reason): (&str, &str),
        errors: FormErrors,
    ) -> Result<FormAnswer<QueryPage>, PageError> {
        tx.record(event(&self.case, &self.row, what).refused());
        query_page(tx, &self.desk, &self.case, &self.row, value, reason, errors).map(FormAnswer::Again)
    }
}

/// Does something with a question of a case in use, in one transaction.
async fn with_question(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, QueryId)>,
    deed: impl Fn(&mut Tx<'_>, &Deed) -> Result<FormAnswer<QueryPage>, PageError> + Send + 'static,
) -> PageResult {
    let (id, query) = path.into_inner();
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let case = case_of(tx, &id.to_string())?;
                let row = row_of(tx, &case, &query)?;
                deed(tx, &Deed { desk, case, row })
            })
        })
        .await?;
    answer.send()
}

fn meanwhile() -> PageError {
    PageError::BadRequest("Somebody else decided meanwhile.".to_owned())
}

/// `POST …/answer`: the answer goes into the case.
pub(super) async fn take(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, QueryId)>,
    form: Form<TakeForm>,
) -> PageResult {
    let value = form.0.value.trim().to_owned();
    with_question(app, acting, path, move |tx, deed| {
        let Deed { desk, case, row } = deed;
        if row.state() != State::Answered {
            return deed.refused(tx, "taken", (&value, ""), gone(row));
        }
        let mut errors = FormErrors::default();
        if value.is_empty() {
            errors.add("value", "Value", "Enter the value that the answer means.");
            return deed.refused(tx, "taken", (&value, ""), errors);
        }
        let on = desk.facility.day_of(row.answered_at.unwrap_or(row.asked_at)).to_string();
        let how = How::Answered { physician: row.recipient_name.clone(), on };
        if let Err(why) = abstracting::take(tx, desk, &case.tumor.uid, &row.item, &value, &how)? {
            errors.add("value", "Value", why);
            return deed.refused(tx, "taken", (&value, ""), errors);
        }
        if !store::settle(tx, row.id, State::Answered, State::Taken, "")? {
            return Err(meanwhile());
        }
        tx.record(event(case, row, "taken"));
        Ok(deed.done("taken"))
    })
    .await
}

/// `POST …/end`: an answer is left, or an open question withdrawn, with a reason.
pub(super) async fn end(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, QueryId)>,
    form: Form<EndForm>,
) -> PageResult {
    let reason = form.0.reason.trim().to_owned();
    with_question(app, acting, path, move |tx, deed| {
        let row = &deed.row;
        let (to, word) = match row.state() {
            State::Open => (State::Withdrawn, "withdrawn"),
            _ => (State::Left, "left"),
        };
        let mut errors = FormErrors::default();
        if !matches!(row.state(), State::Open | State::Answered) {
            errors = gone(row);
        } else if reason.chars().count() < rules::LEAST {
            errors.add("reason", "Reason", "Say why in at least 10 characters.");
        }
        if !errors.is_empty() {
            return deed.refused(tx, word, ("", &reason), errors);
        }
        if !store::settle(tx, row.id, row.state(), to, &reason)? {
            return Err(meanwhile());
        }
        tx.record(event(&deed.case, row, word));
        Ok(deed.done(word))
    })
    .await
}

/// `POST …/link`: a fresh link for an open question; the one before ends.
pub(super) async fn link(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, QueryId)>,
    _form: Form<Nothing>,
) -> PageResult {
    let salt = app.db.chance.token();
    with_question(app, acting, path, move |tx, deed| {
        let row = &deed.row;
        let hash = token_hash(&queries::link_token(tx.sealer(), &salt));
        let until = tx.now() + Duration::days(LINK_DAYS);
        if !store::renew(tx.conn(), row.id, &salt, &hash, until)? {
            return deed.refused(tx, "link sent again", ("", ""), gone(row));
        }
        let account = tx.actor().account().ok_or(PageError::NotFound)?;
        queries::queue_link(tx, account, &row.uid)?;
        tx.record(event(&deed.case, row, "link sent again"));
        Ok(deed.done("link"))
    })
    .await
}
