//! `/submissions/{id}`: one frozen batch, its files, and what the receiver says of it.

use actix_web::{HttpResponse, http::header, web};
use askama::Template;
use serde::Deserialize;

use super::{numbers, status, when};
use crate::{
    access::{
        accounts,
        session::{self, SignInRefused},
    },
    audit::{AuditAction, Event},
    db::Tx,
    exchange::submission::{
        NotAnswered, answers as take_answers, batch_of, freeze, read_answers,
        rules::ANSWER_BYTES,
        store::{self, ItemRow},
    },
    facility,
    ids::SubmissionId,
    web::{
        Acting, App, Control, Field, FieldState, FormAnswer, FormErrors, Layout, Notice, PageError,
        PageResult, Pairs, Place, Shape, Status, Tone, grouped, page, page_with_errors,
    },
};

/// Records shown, the refused ones first.
const SHOWN: i64 = 200;
/// Complaints about a list of answers that are told at once.
const COMPLAINTS: usize = 30;

#[derive(Template)]
#[template(path = "exchange/submission.html")]
struct BatchPage {
    layout: Layout,
    href: String,
    number: i64,
    sub: String,
    status: Status,
    errors: FormErrors,
    facts: Vec<(&'static str, String)>,
    software: String,
    edit_set: String,
    /// Of whoever looks, for the keeper of passwords of the browser.
    login: String,
    files: Vec<FileLine>,
    password: Field,
    answers: Field,
    most_bytes: usize,
    columns: [(&'static str, bool); 4],
    items: Vec<ItemLine>,
    more: String,
}

struct FileLine {
    name: String,
    words: &'static str,
    bytes: String,
    sha256: String,
}

struct ItemLine {
    href: String,
    numbers: String,
    kind: &'static str,
    status: Status,
    message: String,
}

/// What a file holds.
fn words_of(kind: &str) -> &'static str {
    match kind {
        "A" => "New cases",
        "M" => "Corrections",
        "D" => "Deletions",
        _ => "User dictionary",
    }
}

fn item_line(item: ItemRow, uid: &str) -> ItemLine {
    let status = match item.answer.as_str() {
        "rejected" => Status::new(Shape::Diamond, Tone::Error, "Refused"),
        "accepted" => Status::new(Shape::Check, Tone::Good, "Accepted"),
        _ => Status::new(Shape::Ring, Tone::Active, "No answer yet"),
    };
    ItemLine {
        href: format!("/abstracts/{uid}/case"),
        numbers: numbers(&item.accession_number, &item.sequence_number),
        kind: item.kind().label(),
        status,
        message: item.message,
    }
}

fn batch_page(
    tx: &mut Tx<'_>,
    app: &App,
    uid: &str,
    errors: FormErrors,
    typed: &str,
    notice: Option<Notice>,
) -> Result<BatchPage, PageError> {
    let desk = facility::desk_of(tx, app)?;
    let scope = tx.scope()?;
    let row = store::by_uid(tx.conn(), scope, uid)?.ok_or(PageError::NotFound)?;
    let key = row.id;
    let batch = batch_of(tx, row)?;
    let items = store::items_shown(tx.conn(), scope, key, SHOWN)?;
    tx.record(
        Event::new(AuditAction::List)
            .patients(items.iter().map(|(_, _, patient)| *patient))
            .detail(format!("batch {}", batch.number)),
    );
    let account = tx.actor().account().ok_or(PageError::NotFound)?;
    let login = accounts::by_id(tx.conn(), account)?.login;
    let records = batch.new + batch.corrections + batch.deletions;
    let more = if records > SHOWN {
        format!("The first {SHOWN} of {} are shown, refused ones first.", grouped(records))
    } else {
        String::new()
    };
    let facts = vec![
        ("New", grouped(batch.new)),
        ("Corrections", grouped(batch.corrections)),
        ("Deletions", grouped(batch.deletions)),
        ("Left out", grouped(batch.left_out)),
        ("Accepted", grouped(batch.accepted)),
        ("Refused", grouped(batch.rejected)),
        ("Without an answer", grouped(batch.unanswered)),
    ];
    let title = format!("Batch {}", batch.number);
    let title = if errors.is_empty() { title } else { format!("Error: {title}") };
    Ok(BatchPage {
        layout: desk.layout.titled(title).at(Place::Files).with_notice(notice),
        href: format!("/submissions/{uid}"),
        number: batch.number,
        sub: format!("frozen {} by {}", when(batch.frozen, desk.facility.zone), batch.by),
        status: status(&batch),
        facts,
        software: batch.software.clone(),
        edit_set: batch.edit_set.clone(),
        login,
        files: batch
            .files
            .iter()
            .map(|f| FileLine {
                name: f.name.clone(),
                words: words_of(&f.kind),
                bytes: grouped(f.bytes),
                sha256: f.sha256.clone(),
            })
            .collect(),
        password: Field::new("password", "Your password", Control::Password)
            .hint("The files hold names. Whoever takes them out says once more who they are; it is written down.")
            .autocomplete("current-password")
            .error(errors.of("password"))
            .required(),
        answers: Field::new("answers", "Answers", Control::Area { rows: 6 })
            .hint("CSV with the columns accession, sequence, answer (accepted or rejected) and message.")
            .value(typed)
            .error(errors.of("answers")),
        errors,
        most_bytes: ANSWER_BYTES,
        columns: [("Case", false), ("Sent as", false), ("Answer", false), ("What the receiver says", false)],
        items: items.into_iter().map(|(item, uid, _)| item_line(item, &uid)).collect(),
        more,
    })
}

#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
}

/// `GET /submissions/{id}`.
pub(super) async fn show(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<SubmissionId>,
    said: web::Query<Said>,
) -> PageResult {
    let notice = match said.done.as_str() {
        "frozen" => Some(Notice::good(
            "The batch is frozen and its cases are submitted. Take its files out below and send them.",
        )),
        "answers" => {
            Some(Notice::good("The answers are kept. What was refused is opened again, with a task."))
        }
        "known" => Some(Notice::news("These answers were known already; nothing was changed.")),
        _ => None,
    };
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| batch_page(tx, app, &id.to_string(), FormErrors::default(), "", notice))
        })
        .await?;
    page(&shown)
}

/// A file of a batch, or the page again.
enum Out {
    File(String, Vec<u8>),
    Again(Box<BatchPage>),
}

/// `POST /submissions/{id}/file`: one file as it was frozen, after the password was given once more.
pub(super) async fn file(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<SubmissionId>,
    pairs: Pairs,
) -> PageResult {
    let out = app
        .blocking(move |app| {
            let uid = id.to_string();
            let again = |sentence: String| {
                let mut errors = FormErrors::default();
                errors.add("password", "Your password", sentence);
                let shown = app.db.view(&acting, |tx| batch_page(tx, app, &uid, errors, "", None))?;
                Ok(Out::Again(Box::new(shown)))
            };
            match session::confirm(&app.db, &acting, pairs.get("password").unwrap_or_default(), app.cost) {
                Ok(()) => {}
                Err(SignInRefused::Store(e)) => return Err(e.into()),
                Err(SignInRefused::Wrong) => {
                    return again("This is not your password. Type it again.".to_owned());
                }
                Err(SignInRefused::Wait(until)) => {
                    let minutes = ((until - app.db.clock.now()).num_seconds() + 59) / 60;
                    return again(format!("Too many wrong passwords. Try again in {minutes} min."));
                }
            }
            let name = pairs.get("file").unwrap_or_default();
            app.db.view(&acting, |tx| {
                let scope = tx.scope()?;
                let batch = store::by_uid(tx.conn(), scope, &uid)?.ok_or(PageError::NotFound)?;
                let files = store::files(tx.conn(), batch.id)?;
                let file = files.into_iter().find(|f| f.name == name).ok_or(PageError::NotFound)?;
                let body = freeze::open_file(tx, &batch.uid, &file)?;
                let patients = store::patients_of(tx.conn(), scope, batch.id, &file.kind)?;
                tx.record(
                    Event::new(AuditAction::Export)
                        .patients(patients)
                        .detail(format!("{} of batch {}, SHA-256 {}", file.name, batch.number, file.sha256)),
                );
                Ok::<_, PageError>(Out::File(file.name, body))
            })
        })
        .await?;
    match out {
        Out::Again(shown) => page_with_errors(shown.as_ref()),
        Out::File(name, body) => Ok(HttpResponse::Ok()
            .content_type("application/octet-stream")
            .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
            .body(body)),
    }
}

/// `POST /submissions/{id}/answers`: the receiver's list, all of it or nothing.
pub(super) async fn answers(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<SubmissionId>,
    pairs: Pairs,
) -> PageResult {
    let answer = app
        .blocking(move |app| {
            let uid = id.to_string();
            let typed = pairs.get("answers").unwrap_or_default();
            let complaints = match read_answers(typed) {
                Err(wrong) => wrong,
                Ok(list) => {
                    let taken = app.db.write(&acting, |tx| {
                        let desk = facility::desk_of(tx, app)?;
                        let scope = tx.scope()?;
                        // Another facility's batch is none: number 0 is never given.
                        let number = store::by_uid(tx.conn(), scope, &uid)?.map_or(0, |b| b.number);
                        take_answers::take(tx, &desk, number, &list)
                    });
                    match taken {
                        Ok(taken) => {
                            let done = if taken.accepted + taken.rejected > 0 { "answers" } else { "known" };
                            return Ok(FormAnswer::GoTo(format!("/submissions/{uid}?done={done}")));
                        }
                        Err(NotAnswered::Store(e)) => return Err(e.into()),
                        Err(NotAnswered::NoBatch(_)) => return Err(PageError::NotFound),
                        Err(NotAnswered::Unknown(lines)) => lines,
                        Err(other) => vec![other.to_string()],
                    }
                }
            };
            let mut errors = FormErrors::default();
            for complaint in complaints.iter().take(COMPLAINTS) {
                errors.add("answers", "Answers", complaint);
            }
            if complaints.len() > COMPLAINTS {
                let rest = complaints.len() - COMPLAINTS;
                errors.add("answers", "Answers", format!("{rest} more lines are wrong."));
            }
            // A list that is too long is not sent back: the page would be as long.
            let typed = Some(typed).filter(|t| t.len() <= ANSWER_BYTES).unwrap_or_default();
            app.db.view(&acting, |tx| {
                batch_page(tx, app, &uid, errors.clone(), typed, None).map(FormAnswer::Again)
            })
        })
        .await?;
    answer.send()
}
