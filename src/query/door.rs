//! The recipient's pages: a door that says nothing, a code by mail, the question, one answer.
//!
//! Opening the link changes nothing, so that a mail scanner may. There is no cookie and no session, so nothing that
//! another site could make a browser send along: who posts here must know the link. The page that shows the question
//! carries a pass of two hours in its form.

use actix_web::{HttpMessage, HttpRequest, HttpResponse, http::header, web};
use askama::Template;
use chrono::Duration;
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::{
    ask::{Sight, case_of},
    rules,
    store::{self, QueryRow},
};
use crate::{
    access::{
        Actor,
        session::{self, token_hash},
    },
    audit::{AuditAction, Event},
    db::Tx,
    facility::{self, Facility},
    reminder::queries::{self, CODE_MINUTES},
    tumor,
    web::{
        Answer, App, Control, Field, FieldState, FormErrors, Layout, Notice, PageError, PageResult, see_other,
    },
};

/// Tries of one code.
const TRIES: i32 = 5;
/// Codes for one link.
const CODES: i32 = 10;
const _: () =
    assert!(CODES * TRIES <= 100, "at most one guess in ten thousand opens a link of six-digit codes");
/// Seconds between two codes.
const BETWEEN: i64 = 60;
/// Minutes for answering once the code was right.
const PASS_MINUTES: i64 = 120;

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Happened {
    #[serde(default)]
    sent: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct CodeForm {
    code: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AnswerForm {
    pass: String,
    choice: String,
    text: String,
}

#[derive(Template)]
#[template(path = "query/door.html")]
struct DoorPage {
    layout: Layout,
    token: String,
    to: String,
    code: Field,
    errors: FormErrors,
}

#[derive(Template)]
#[template(path = "query/question.html")]
struct QuestionPage {
    layout: Layout,
    token: String,
    pass: String,
    sight: Sight,
    fields: Vec<Field>,
    errors: FormErrors,
}

#[derive(Template)]
#[template(path = "query/end.html")]
struct EndPage {
    layout: Layout,
    heading: &'static str,
    sentence: &'static str,
}

/// A rendered page on its way between threads.
struct Said(u16, String);

impl Said {
    fn of(status: u16, shown: &impl Template) -> Result<Self, PageError> {
        Ok(Self(status, shown.render()?))
    }

    fn send(self) -> PageResult {
        let status = actix_web::http::StatusCode::from_u16(self.0)
            .map_err(|e| PageError::Internal(anyhow::anyhow!(e)))?;
        Ok(HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .insert_header((header::HeaderName::from_static("x-robots-tag"), "noindex, nofollow, noarchive"))
            .body(self.1))
    }
}

fn source(req: &HttpRequest) -> String {
    req.extensions().get::<Actor>().map(|a| a.source.clone()).unwrap_or_default()
}

fn read<T: serde::de::DeserializeOwned>(body: &web::Bytes) -> Result<T, PageError> {
    let mut pairs: Vec<(String, String)> = serde_html_form::from_bytes(body)
        .map_err(|_| PageError::BadRequest("The form cannot be read; it must be UTF-8.".to_owned()))?;
    // No token is needed where there is no cookie; one that is sent anyway does no harm.
    pairs.retain(|(name, _)| name != "csrf");
    crate::web::form::read(&pairs)
}

fn layout(app: &App, facility: Option<&Facility>, title: &str) -> Layout {
    Layout {
        title: title.to_owned(),
        facility: facility.map(|f| f.name.clone()).unwrap_or_default(),
        today: app.db.clock.now().date_naive(),
        practice: app.practice.is_some(),
        ..Layout::default()
    }
}

/// What a link that opens nothing says: the same whether it is wrong, over or spent.
fn nothing(app: &App) -> Result<Said, PageError> {
    let shown = EndPage {
        layout: layout(app, None, "Link not usable"),
        heading: "This link opens nothing",
        sentence: "It was answered, has ended, or is not complete. If a question still waits for you, ask the registry \
                   that sent it for a fresh link.",
    };
    Said::of(404, &shown)
}

/// An open question behind a link, its facility, and an actor for it.
struct Behind {
    row: QueryRow,
    patient: i64,
    facility: Facility,
    actor: Actor,
}

/// Finds the question of a link. Links that open nothing count against where they came from.
fn behind(app: &App, token: &str, source: &str) -> Result<Option<Behind>, PageError> {
    let now = app.db.clock.now();
    if let Some(until) = session::source_waits(&app.db, source)? {
        return Err(PageError::Wait((until - now).num_seconds().max(1)));
    }
    let hash = token_hash(token);
    let found = app.db.read(|conn| {
        let Some((row, patient)) = store::by_link(conn, &hash, now)? else { return Ok(None) };
        let facility = facility::get(conn, row.facility_id)?;
        Ok::<_, PageError>(Some((row, patient, facility)))
    })?;
    let Some((row, patient, facility)) = found else {
        session::source_failed(&app.db, source)?;
        return Ok(None);
    };
    let mut actor = Actor::job("query recipient", Some(facility.key));
    actor.source = source.to_owned();
    Ok(Some(Behind { row, patient, facility, actor }))
}

impl Behind {
    fn event(&self, what: &str) -> Event {
        Event::new(AuditAction::Query)
            .tumor(self.patient, self.row.tumor_id)
            .fields([self.row.item.clone()])
            .detail(format!("{what}, query {}", self.row.uid))
    }

    fn door(&self, app: &App, token: &str, wrong: &str, notice: Option<Notice>) -> Result<Said, PageError> {
        let mut errors = FormErrors::default();
        if !wrong.is_empty() {
            errors.add("code", "Code", wrong);
        }
        let title = if wrong.is_empty() { "A question for you" } else { "Error: A question for you" };
        let shown = DoorPage {
            layout: layout(app, Some(&self.facility), title).with_notice(notice),
            token: token.to_owned(),
            to: masked(&self.row.recipient_email),
            code: Field::new("code", "Code from the mail", Control::Digits)
                .autocomplete("one-time-code")
                .most(6)
                .error(errors.of("code"))
                .required(),
            errors,
        };
        Said::of(if wrong.is_empty() { 200 } else { 422 }, &shown)
    }

    fn question(
        &self,
        app: &App,
        tx: &mut Tx<'_>,
        token: &str,
        form: &AnswerForm,
        errors: FormErrors,
    ) -> Result<Said, PageError> {
        let scope = tx.scope()?;
        let uid = tumor::by_key(tx.conn(), scope, self.row.tumor_id)?.ok_or(PageError::NotFound)?.uid;
        let case = case_of(tx, &uid)?;
        let choices = self.row.choices()?;
        let mut fields = Vec::new();
        if !choices.is_empty() {
            let mut answers: Vec<Answer> =
                choices.iter().map(|c| Answer { value: c.code.clone(), label: c.label.clone() }).collect();
            answers.push(Answer { value: String::new(), label: "None of these; see my words".to_owned() });
            fields.push(
                Field::new("choice", "Your answer", Control::Radio(answers))
                    .value(if form.choice.is_empty() && errors.is_empty() { "–" } else { &form.choice })
                    .error(errors.of("choice")),
            );
        }
        let label = if choices.is_empty() { "Your answer" } else { "In words, if you like" };
        fields.push(
            Field::new("text", label, Control::Area { rows: 4 })
                .value(&form.text)
                .hint("Leave out names and numbers of the patient.")
                .most(rules::LONGEST_ANSWER)
                .error(errors.of("text")),
        );
        let title = if errors.is_empty() { "A question for you" } else { "Error: A question for you" };
        let status = if errors.is_empty() { 200 } else { 422 };
        let shown = QuestionPage {
            layout: layout(app, Some(&self.facility), title),
            token: token.to_owned(),
            pass: form.pass.clone(),
            sight: Sight::of(
                &case.patient_items,
                &case.tumor_items,
                &self.row.item,
                &self.row.question,
                choices,
                self.row.due_on,
            ),
            fields,
            errors,
        };
        Said::of(status, &shown)
    }
}

/// `d•••@clinic.example`: enough to know the mailbox by, for whoever has it.
fn masked(email: &str) -> String {
    match email.split_once('@') {
        Some((name, domain)) => {
            format!("{}•••@{domain}", name.chars().next().map(String::from).unwrap_or_default())
        }
        None => String::new(),
    }
}

/// `GET /query/{token}`: the door. Nothing changes and nothing of the question is said.
pub(super) async fn show(
    app: web::Data<App>,
    req: HttpRequest,
    token: web::Path<String>,
    happened: web::Query<Happened>,
) -> PageResult {
    let source = source(&req);
    app.blocking(move |app| match behind(app, &token, &source)? {
        None => nothing(app),
        Some(found) => {
            let notice = match happened.sent.as_str() {
                "1" => Some(Notice::good(
                    "The code is on its way. It comes within two minutes and works for 15.",
                )),
                "soon" => Some(Notice::warning("A code was sent less than a minute ago. Wait for it.")),
                "most" => Some(Notice::error(
                    "No more codes are sent for this link. Ask the registry for a fresh one.",
                )),
                _ => None,
            };
            found.door(app, &token, "", notice)
        }
    })
    .await?
    .send()
}

/// `POST /query/{token}/code`: mails a code to the recipient.
pub(super) async fn send_code(app: web::Data<App>, req: HttpRequest, token: web::Path<String>) -> PageResult {
    let source = source(&req);
    let path = format!("/query/{token}");
    let done = app
        .blocking(move |app| {
            let Some(found) = behind(app, &token, &source)? else { return nothing(app).map(Err) };
            let row = &found.row;
            let now = app.db.clock.now();
            let last = row.code_until.map(|until| until.and_utc() - Duration::minutes(CODE_MINUTES));
            if row.codes >= CODES {
                return Ok(Ok("most"));
            }
            if last.is_some_and(|at| (now - at).num_seconds() < BETWEEN) {
                return Ok(Ok("soon"));
            }
            let sent = app.db.write(&found.actor, |tx| {
                let until = now + Duration::minutes(CODE_MINUTES);
                if !store::next_code(tx.conn(), row.id, row.codes, until)? {
                    tx.record(found.event("code asked for").refused());
                    return Ok::<_, PageError>("soon");
                }
                let account = row.asked_account_id.ok_or(PageError::NotFound)?;
                queries::queue_code(tx, account, &row.uid, row.codes + 1)?;
                Ok("1")
            })?;
            Ok::<_, PageError>(Ok(sent))
        })
        .await?;
    match done {
        Ok(sent) => see_other(format!("{path}?sent={sent}")),
        Err(said) => said.send(),
    }
}

/// `POST /query/{token}/question`: with the right code, the question.
pub(super) async fn open(
    app: web::Data<App>,
    req: HttpRequest,
    token: web::Path<String>,
    body: web::Bytes,
) -> PageResult {
    let (source, form) = (source(&req), read::<CodeForm>(&body)?);
    let given: String = form.code.chars().filter(|c| !c.is_whitespace()).collect();
    let pass = app.db.chance.token();
    app.blocking(move |app| {
        let Some(found) = behind(app, &token, &source)? else { return nothing(app) };
        let now = app.db.clock.now();
        let row = &found.row;
        let shown = app.db.write(&found.actor, |tx| {
            // Counted before it is looked at, so that many tries at once are no more than one after the other.
            let may = store::count_try(tx.conn(), row.id, TRIES, now)?;
            let code = queries::code(tx.sealer(), &row.salt, row.codes);
            if !may || !bool::from(given.as_bytes().ct_eq(code.as_bytes())) {
                tx.record(found.event("code refused").refused());
                return Ok(None);
            }
            let until = now + Duration::minutes(PASS_MINUTES);
            store::opened(tx.conn(), row, &token_hash(&pass), now, until)?;
            tx.record(found.event("opened by the recipient"));
            let form = AnswerForm { pass: pass.clone(), ..AnswerForm::default() };
            found.question(app, tx, &token, &form, FormErrors::default()).map(Some)
        })?;
        match shown {
            Some(shown) => Ok(shown),
            None => {
                session::source_failed(&app.db, &source)?;
                let wrong = "This is not the code, or it is no longer good: a code works for 15 minutes, once, and for \
                             five tries. Enter it again, or let another one be sent.";
                found.door(app, &token, wrong, None)
            }
        }
    })
    .await?
    .send()
}

/// `POST /query/{token}/answer`: the answer, once.
pub(super) async fn answer(
    app: web::Data<App>,
    req: HttpRequest,
    token: web::Path<String>,
    body: web::Bytes,
) -> PageResult {
    let (source, form) = (source(&req), read::<AnswerForm>(&body)?);
    app.blocking(move |app| {
        let Some(found) = behind(app, &token, &source)? else { return nothing(app) };
        let now = app.db.clock.now();
        let row = &found.row;
        let hash = token_hash(&form.pass);
        let holds = !row.pass_hash.is_empty()
            && bool::from(hash.as_bytes().ct_eq(row.pass_hash.as_bytes()))
            && row.pass_until.is_some_and(|until| until.and_utc() > now);
        if !holds {
            session::source_failed(&app.db, &source)?;
            let wrong = "The time for answering is over, or the page was opened anew elsewhere. Nothing was sent. Let a \
                         code be sent and answer again.";
            return found.door(app, &token, wrong, None);
        }
        let text = form.text.replace("\r\n", "\n").trim().to_owned();
        let mut errors = FormErrors::default();
        let choices = row.choices()?;
        if !form.choice.is_empty() && !choices.iter().any(|c| c.code == form.choice) {
            errors.add("choice", "Your answer", "This is not one of the choices.");
        }
        let length = text.chars().count();
        if length > rules::LONGEST_ANSWER {
            let most = rules::LONGEST_ANSWER;
            errors.add("text", "Your words", format!("{length} characters were typed; {most} fit. Nothing was cut off."));
        }
        if form.choice.is_empty() && text.is_empty() {
            let field = if choices.is_empty() { "text" } else { "choice" };
            errors.add(field, "Your answer", "Choose an answer, or write one.");
        }
        app.db.write(&found.actor, |tx| {
            if !errors.is_empty() {
                tx.record(found.event("answered").refused());
                return found.question(app, tx, &token, &form, errors.clone());
            }
            if !store::answered(tx.conn(), row.id, &hash, &form.choice, &text, now)? {
                tx.record(found.event("answered").refused());
                return nothing(app);
            }
            tx.record(found.event("answered"));
            let shown = EndPage {
                layout: layout(app, Some(&found.facility), "Answer sent"),
                heading: "Thank you",
                sentence: "Your answer is with the registry. The link is closed now; you can close this page.",
            };
            Said::of(200, &shown)
        })
    })
    .await?
    .send()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_address_tells_the_mailbox_to_its_owner_only() {
        assert_eq!(masked("dana.orr@clinic.example"), "d•••@clinic.example");
        assert_eq!(masked("nothing"), "");
    }
}
