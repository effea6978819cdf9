//! `/abstracts/{tumor}/documents`: documents of a case, one of them with the codes read in it.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::codes::{self, Choice};
use crate::{
    abstracting::{
        answered,
        form::pair,
        saving::{self, Stored},
        section::Section,
    },
    access::{Action, permits},
    audit::{AuditAction, Event},
    coding::{
        pages::{CodesRead, codes_read},
        suggest_phrase,
    },
    db::Tx,
    dictionary::names,
    facility::{Desk, desk_of},
    ids::{SourceDocumentId, TumorId},
    patient::full_name,
    source_document::{self, DocumentRow, Kind, LONGEST, LONGEST_TITLE, MOST, Typed},
    web::{
        Acting, Answer, App, Control, Field, FieldState, FormAnswer, FormErrors, Layout, Notice, PageError,
        PageResult, Pairs, Place, Width, page,
    },
};

/// Candidates of each item.
const SHOWN: usize = 5;
/// Least characters of a reason.
const LEAST: usize = 10;

#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::abstracting) struct Happened {
    #[serde(default)]
    done: String,
}

impl Happened {
    fn notice(&self) -> Option<Notice> {
        Some(match self.done.as_str() {
            "added" => Notice::good("Kept. Its words stand beside the fields."),
            "there" => Notice::good("This case has the same text already: here it is."),
            "taken" => Notice::good("Taken into the case, with the words of this document as the reason."),
            "withdrawn" => Notice::good("Withdrawn. It is shown nowhere any more; that it was here is kept."),
            _ => return None,
        })
    }
}

struct Line {
    href: String,
    name: String,
    stands: bool,
    came: String,
    size: String,
    withdrawn: String,
}

#[derive(Template)]
#[template(path = "abstracting/documents.html")]
struct ListPage {
    layout: Layout,
    uid: String,
    name: String,
    lines: Vec<Line>,
    /// The form; nothing for whoever may only read.
    fields: Vec<Field>,
    body: Option<Field>,
    most_kib: usize,
    errors: FormErrors,
}

#[derive(Template)]
#[template(path = "abstracting/document.html")]
struct DocumentPage {
    layout: Layout,
    uid: String,
    document: String,
    name: String,
    title: String,
    came: String,
    choices: Vec<(Choice, Field)>,
    answer: CodesRead,
    /// Codes can be taken: the case is open, and the reader may.
    takes: bool,
    writes: bool,
    reason: Field,
    errors: FormErrors,
}

fn typed_of(pairs: &[(String, String)]) -> Typed {
    let value = |name| pair(pairs, name).unwrap_or("").to_owned();
    Typed { kind: value("kind"), dated: value("dated"), title: value("title"), body: value("body") }
}

fn line(desk: &Desk, uid: &str, row: &DocumentRow) -> Line {
    let when = |at| desk.facility.clock_words(at);
    Line {
        href: format!("/abstracts/{uid}/documents/{}", row.uid),
        name: row.name(),
        stands: row.stands(),
        came: format!("{}, {}", row.created_by, when(row.created_at)),
        size: format!("{} words", row.body.split_whitespace().count()),
        withdrawn: row.withdrawn_at.map_or_else(String::new, |at| {
            format!("Withdrawn by {}, {}: {}", row.withdrawn_by, when(at), row.withdrawn_reason)
        }),
    }
}

fn list_page(
    tx: &mut Tx<'_>,
    desk: &Desk,
    stored: &Stored,
    typed: &Typed,
    errors: FormErrors,
) -> Result<ListPage, PageError> {
    let scope = tx.scope()?;
    let uid = stored.tumor.uid.clone();
    let rows = source_document::of_case(tx.conn(), scope, stored.tumor.id)?;
    let writes = permits(tx.actor(), Action::EditAbstract);
    let mut kinds = vec![Answer { value: String::new(), label: "Choose".to_owned() }];
    kinds.extend(Kind::ALL.map(|k| Answer { value: k.word().to_owned(), label: k.label().to_owned() }));
    // A text that is too long is not sent back: the page would be as long.
    let text = Some(&typed.body).filter(|t| t.chars().count() <= LONGEST).cloned().unwrap_or_default();
    let body = Field::new("body", "Text", Control::Area { rows: 12 })
        .hint("Paste it as it stands in the source, with its headings.")
        .value(text)
        .error(errors.of("body"));
    let mut kind =
        Field::new("kind", "Kind", Control::Select(kinds)).value(&typed.kind).error(errors.of("kind"));
    kind.first = errors.is_empty();
    let fields = vec![
        kind,
        Field::new("dated", "Date of the document", Control::Date)
            .value(&typed.dated)
            .hint("If it has one.")
            .error(errors.of("dated")),
        Field::text("title", "Title")
            .value(&typed.title)
            .hint("If it helps to tell it from others: core biopsy, second opinion.")
            .most(LONGEST_TITLE)
            .error(errors.of("title")),
    ];
    let title = if errors.is_empty() { "Reports – Abstract" } else { "Error: Reports – Abstract" };
    Ok(ListPage {
        layout: desk.layout.clone().titled(title).at(Place::Abstracts).wide(Width::Reading),
        name: full_name(&stored.patient.name_last, &stored.patient.name_first),
        lines: rows.iter().map(|row| line(desk, &uid, row)).collect(),
        fields: if writes { fields } else { Vec::new() },
        body: writes.then_some(body),
        most_kib: LONGEST / 1024,
        uid,
        errors,
    })
}

/// `GET /abstracts/{tumor}/documents`.
pub(in crate::abstracting) async fn list(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<TumorId>,
    happened: web::Query<Happened>,
) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let stored = saving::stored(tx, &id.to_string())?;
                let event = Event::new(AuditAction::ViewTumor).tumor(stored.patient.id, stored.tumor.id);
                tx.record(event.detail("documents"));
                let mut shown = list_page(tx, &desk, &stored, &Typed::default(), FormErrors::default())?;
                shown.layout = shown.layout.with_notice(happened.notice());
                Ok::<_, PageError>(shown)
            })
        })
        .await?;
    page(&shown)
}

/// `POST /abstracts/{tumor}/documents`: a document is kept; also with a closed case, for reports come late.
pub(in crate::abstracting) async fn add(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<TumorId>,
    Pairs(pairs): Pairs,
) -> PageResult {
    let typed = typed_of(&pairs);
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let stored = saving::stored(tx, &id.to_string())?;
                let event = Event::new(AuditAction::SourceDocument).tumor(stored.patient.id, stored.tumor.id);
                let scope = tx.scope()?;
                let mut errors = FormErrors::default();
                let new = match typed.read(desk.today, desk.facility.slash_order) {
                    Ok(new) => Some(new),
                    Err(wrong) => {
                        wrong.into_iter().for_each(|(field, label, why)| errors.add(field, label, why));
                        None
                    }
                };
                let there = source_document::count(tx.conn(), scope, stored.tumor.id)?;
                if usize::try_from(there).unwrap_or(MOST) >= MOST {
                    errors.add(
                        "body",
                        "Text",
                        format!("A case holds {MOST} documents; this one has {there}."),
                    );
                }
                let Some(new) = new.filter(|_| errors.is_empty()) else {
                    tx.record(event.refused());
                    return list_page(tx, &desk, &stored, &typed, errors).map(FormAnswer::Again);
                };
                let (uid, done) = match source_document::insert(tx, stored.tumor.id, &new)? {
                    Ok(uid) => (uid, "added"),
                    Err(uid) => (uid, "there"),
                };
                tx.record(event.detail(format!("document {uid} {done}")));
                let to = format!("/abstracts/{}/documents/{uid}?done={done}", stored.tumor.uid);
                Ok::<_, PageError>(FormAnswer::GoTo(to))
            })
        })
        .await?;
    answer.send()
}

/// The case and one of its documents that was not withdrawn.
fn opened(
    tx: &mut Tx<'_>,
    tumor: &TumorId,
    document: &SourceDocumentId,
) -> Result<(Stored, DocumentRow), PageError> {
    let stored = saving::stored(tx, &tumor.to_string())?;
    let scope = tx.scope()?;
    let row = source_document::find(tx.conn(), scope, stored.tumor.id, &document.to_string())?;
    Ok((stored, row.filter(DocumentRow::stands).ok_or(PageError::NotFound)?))
}

fn document_page(
    tx: &mut Tx<'_>,
    desk: &Desk,
    (stored, row): (&Stored, &DocumentRow),
    reason: &str,
    errors: FormErrors,
) -> DocumentPage {
    let dx = stored.items.tumor.date(names::DATE_OF_DIAGNOSIS);
    let read = suggest_phrase(&row.body, dx, SHOWN);
    let choices = codes::choices(stored.items.case(), &read);
    let fields = choices.iter().map(|choice| {
        let mut answers = vec![Answer { value: String::new(), label: "Leave the case as it is".to_owned() }];
        let candidates = choice.candidates.iter();
        answers.extend(
            candidates.map(|(code, label)| Answer { value: code.clone(), label: format!("{code} {label}") }),
        );
        let now = match (choice.now.0.as_str(), choice.now.1.as_str()) {
            ("", _) => "Blank in the case.".to_owned(),
            (code, meaning) => format!("In the case: {code} {meaning}."),
        };
        Field::new(choice.name, choice.label, Control::Select(answers))
            .value(&choice.chosen)
            .hint(now)
            .error(errors.of(choice.name))
    });
    let writes = permits(tx.actor(), Action::EditAbstract);
    let title = if errors.is_empty() { "Report – Abstract" } else { "Error: Report – Abstract" };
    let fields: Vec<Field> = fields.collect();
    DocumentPage {
        layout: desk.layout.clone().titled(title).at(Place::Abstracts),
        uid: stored.tumor.uid.clone(),
        document: row.uid.clone(),
        name: full_name(&stored.patient.name_last, &stored.patient.name_first),
        title: row.name(),
        came: format!("Added by {}, {}", row.created_by, desk.facility.clock_words(row.created_at)),
        takes: writes && stored.state().is_open() && !choices.is_empty(),
        choices: choices.into_iter().zip(fields).collect(),
        answer: codes_read(read, dx),
        writes,
        reason: Field::new("reason", "Why", Control::Area { rows: 2 })
            .hint("At least 10 characters; kept with the case.")
            .value(reason)
            .error(errors.of("reason")),
        errors,
    }
}

/// `GET /abstracts/{tumor}/documents/{document}`.
pub(in crate::abstracting) async fn show(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, SourceDocumentId)>,
    happened: web::Query<Happened>,
) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let (stored, row) = opened(tx, &path.0, &path.1)?;
                let event = Event::new(AuditAction::ViewTumor).tumor(stored.patient.id, stored.tumor.id);
                tx.record(event.detail(format!("document {}", row.uid)));
                let mut shown = document_page(tx, &desk, (&stored, &row), "", FormErrors::default());
                shown.layout = shown.layout.with_notice(happened.notice());
                Ok::<_, PageError>(shown)
            })
        })
        .await?;
    page(&shown)
}

/// Does something with a document of a case in use, in one transaction.
async fn with_document(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, SourceDocumentId)>,
    deed: impl Fn(&mut Tx<'_>, &Desk, &Stored, &DocumentRow) -> Result<FormAnswer<DocumentPage>, PageError>
    + Send
    + 'static,
) -> PageResult {
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let (stored, row) = opened(tx, &path.0, &path.1)?;
                deed(tx, &desk, &stored, &row)
            })
        })
        .await?;
    answer.send()
}

/// Saves the codes that were chosen; why nothing was saved, where nothing was.
fn take_chosen(
    tx: &mut Tx<'_>,
    desk: &Desk,
    stored: &Stored,
    row: &DocumentRow,
    pairs: &[(String, String)],
) -> Result<Result<(), String>, PageError> {
    let read = suggest_phrase(&row.body, stored.items.tumor.date(names::DATE_OF_DIAGNOSIS), SHOWN);
    let taken = match codes::taken(&read, |name| pair(pairs, name).unwrap_or("").trim().to_owned()) {
        Ok(taken) if taken.is_empty() => return Ok(Err("Nothing was chosen. Choose a code.".to_owned())),
        Ok(taken) => taken,
        Err(why) => return Ok(Err(why)),
    };
    let (mut written, mut given) = (Vec::new(), Vec::new());
    for (pairs, hows) in taken.iter().map(|t| t.written(&read, &row.uid)) {
        written.extend(pairs);
        given.extend(hows);
    }
    answered::take_all(tx, desk, &stored.tumor.uid, Section::Cancer, written, &given)
}

/// `POST …/codes`: codes read in the document go into the case, with its words as the reason.
pub(in crate::abstracting) async fn take(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, SourceDocumentId)>,
    Pairs(pairs): Pairs,
) -> PageResult {
    with_document(app, acting, path, move |tx, desk, stored, row| {
        let event = Event::new(AuditAction::ChangeTumor).tumor(stored.patient.id, stored.tumor.id);
        let event = event.detail(format!("codes of document {}", row.uid));
        match take_chosen(tx, desk, stored, row, &pairs)? {
            Ok(()) => {
                tx.record(event);
                let to = format!("/abstracts/{}/documents/{}?done=taken", stored.tumor.uid, row.uid);
                Ok(FormAnswer::GoTo(to))
            }
            Err(why) => {
                tx.record(event.refused());
                let mut errors = FormErrors::default();
                errors.add("take_site", "Codes", why);
                Ok(FormAnswer::Again(document_page(tx, desk, (stored, row), "", errors)))
            }
        }
    })
    .await
}

/// `POST …/withdrawal`: a document that does not belong here is shown nowhere any more.
pub(in crate::abstracting) async fn withdraw(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, SourceDocumentId)>,
    Pairs(pairs): Pairs,
) -> PageResult {
    let reason = pair(&pairs, "reason").unwrap_or("").trim().to_owned();
    with_document(app, acting, path, move |tx, desk, stored, row| {
        let event = Event::new(AuditAction::SourceDocument).tumor(stored.patient.id, stored.tumor.id);
        let event = event.detail(format!("document {} withdrawn", row.uid));
        if reason.chars().count() < LEAST {
            let mut errors = FormErrors::default();
            errors.add("reason", "Why", "Say why in at least 10 characters.");
            tx.record(event.refused());
            return Ok(FormAnswer::Again(document_page(tx, desk, (stored, row), &reason, errors)));
        }
        if !source_document::withdraw(tx, stored.tumor.id, &row.uid, &reason)? {
            return Err(PageError::NotFound);
        }
        tx.record(event);
        Ok(FormAnswer::GoTo(format!("/abstracts/{}/documents?done=withdrawn", stored.tumor.uid)))
    })
    .await
}
