//! `/suspense/import`: a list is pasted, shown line by line as what it would become, then taken. The text goes
//! from one page to the next with the form; nothing is written before it is taken.

use actix_web::web;
use askama::Template;

use super::person;
use crate::{
    abstracting::case_words,
    audit::{AuditAction, Event},
    casefinding::{
        list::{self, COLUMNS, Counts, Fate, LIST_BYTES, LineReport, List, MOST_LINES},
        matching,
        source::Source,
    },
    db::{StoreError, Tx},
    facility::{Desk, desk, desk_of},
    quality_review::Hidden,
    web::{
        Acting, Answer, App, Control, Field, FieldState, FormAnswer, FormErrors, Layout, PageError,
        PageResult, Pairs, Place, Shape, Status, Tone, Width, page, page_with_errors,
    },
};

/// Longest name of a list, in characters.
const LONGEST_NAME: usize = 120;

/// Lines of each table of a preview; the counts are of all.
const SHOWN: usize = 500;

#[derive(Template)]
#[template(path = "casefinding/import.html")]
struct ImportPage {
    layout: Layout,
    source: Field,
    name: Field,
    list: Field,
    columns: [(&'static str, &'static str); 12],
    most_kib: usize,
    most_lines: usize,
    errors: FormErrors,
}

/// A line that makes an item.
struct Kept {
    line: usize,
    person: String,
    born: String,
    on: String,
    status: Status,
    why: String,
    /// Public id of the case it belongs to, the case in words, and why.
    belongs: Option<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "casefinding/import_preview.html")]
struct PreviewPage {
    layout: Layout,
    source: Source,
    name: String,
    text: String,
    counts: Counts,
    /// When the same list was taken, and its public id.
    taken: Option<(String, String)>,
    kept: Vec<Kept>,
    more_kept: usize,
    duplicates: Vec<LineReport>,
    more_duplicates: usize,
    rejected: Vec<LineReport>,
    more_rejected: usize,
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
}

fn import_page(desk: Desk, pairs: &[(String, String)], errors: FormErrors) -> ImportPage {
    let mut answers = vec![Answer { value: String::new(), label: "Choose".to_owned() }];
    answers.extend(Source::ALL.map(|s| Answer { value: s.word().to_owned(), label: s.label().to_owned() }));
    let mut source = Field::new("source", "Source", Control::Select(answers))
        .value(value(pairs, "source"))
        .hint("All lines come from it.")
        .error(errors.of("source"));
    // The summary of errors takes the hand, where there are any.
    source.first = errors.is_empty();
    let name = Field::new("listName", "Name of the list", Control::Text)
        .value(value(pairs, "listName"))
        .hint("For instance of its file.")
        .error(errors.of("listName"));
    // A list that is too long is not sent back: the page would be as long.
    let text = Some(value(pairs, "list")).filter(|t| t.len() <= LIST_BYTES).unwrap_or_default();
    let list = Field::new("list", "List", Control::Area { rows: 12 })
        .value(text)
        .hint("Text with commas, semicolons or tabs; the names of the columns stand in the first line.")
        .error(errors.of("list"));
    let title = if errors.is_empty() { "Bring in a list" } else { "Error: Bring in a list" };
    ImportPage {
        layout: desk.layout.titled(title).at(Place::Abstracts).wide(Width::Reading),
        source,
        name,
        list,
        columns: COLUMNS,
        most_kib: LIST_BYTES / 1024,
        most_lines: MOST_LINES,
        errors,
    }
}

/// The list and its name, or all that is wrong with it.
fn read(desk: &Desk, pairs: &[(String, String)]) -> Result<(List, String), FormErrors> {
    let mut errors = FormErrors::default();
    let typed = value(pairs, "source");
    let source = match (Source::parse(typed), typed) {
        (Some(source), _) => Ok(source),
        (None, "") => Err("Choose the source of the lines.".to_owned()),
        (None, other) => Err(format!("“{other}” is not one of the sources. Allowed: {}.", Source::words())),
    };
    let source = errors.take("source", "Source", source);
    let name: String = value(pairs, "listName").trim().to_owned();
    if name.chars().count() > LONGEST_NAME {
        errors.add("listName", "Name of the list", format!("At most {LONGEST_NAME} characters fit."));
    }
    if source.is_none() && value(pairs, "list").trim().is_empty() {
        errors.add("list", "List", "Paste the list, or choose its file.");
    }
    let list = source.and_then(|source| {
        let read = list::read(source, value(pairs, "list"), desk.today, desk.facility.slash_order);
        errors.take("list", "List", read)
    });
    errors.or(list.map(|list| (list, name)))
}

/// The form.
pub(in crate::casefinding) async fn begin(app: web::Data<App>, acting: Acting) -> PageResult {
    let desk = app
        .blocking(move |app| {
            let now = app.db.clock.now();
            app.db.read(|conn| desk(conn, app, &acting, now))
        })
        .await?;
    page(&import_page(desk, &[], FormErrors::default()))
}

/// The lines that make items, as far as they are shown, and how many more there are. Patients that lines belong to
/// are named in an event.
fn kept(tx: &mut Tx<'_>, list: &List, fates: &[Fate]) -> Result<(Vec<Kept>, usize), StoreError> {
    let made: Vec<_> = list
        .lines
        .iter()
        .zip(fates)
        .filter(|(_, fate)| matches!(fate, Fate::Candidate | Fate::ScreenedOut))
        .filter_map(|(line, fate)| Some((line.number, line.read.as_ref().ok()?, fate)))
        .collect();
    let more = made.len().saturating_sub(SHOWN);
    let mut matched = Vec::new();
    let mut rows = Vec::new();
    for (line, item, fate) in made.into_iter().take(SHOWN) {
        let belongs = matching::find(tx, item)?;
        let screened = &item.facts.screened;
        let status = match (fate, &belongs) {
            (_, Some(_)) => Status::new(Shape::Dot, Tone::Good, "Linked"),
            (Fate::Candidate, None) => Status::new(Shape::Ring, Tone::Active, "Candidate"),
            _ => Status::new(Shape::Dash, Tone::Quiet, "Screened out"),
        };
        let belongs = belongs.map(|found| {
            matched.push(found.case.patient_id);
            let words = case_words(&found.case, &Hidden::default());
            (found.case.uid, words, found.why)
        });
        rows.push(Kept {
            line,
            person: person(&item.facts, &item.record_number),
            born: super::iso(item.facts.of(crate::dictionary::names::DATE_OF_BIRTH)),
            on: item.on.map(crate::partial_date::PartialDate::iso).unwrap_or_default(),
            status,
            why: format!("{} (rule {})", screened.words, screened.rule),
            belongs,
        });
    }
    if !matched.is_empty() {
        tx.record(
            Event::new(AuditAction::ViewSuspense).patients(matched).detail("lines that belong to cases"),
        );
    }
    Ok((rows, more))
}

/// At most so many; how many more there are.
fn shown<T>(mut rows: Vec<T>) -> (Vec<T>, usize) {
    let more = rows.len().saturating_sub(SHOWN);
    rows.truncate(SHOWN);
    (rows, more)
}

fn preview_page(
    tx: &mut Tx<'_>,
    desk: Desk,
    list: &List,
    name: String,
    text: String,
) -> Result<PreviewPage, PageError> {
    let scope = tx.scope()?;
    let (fates, counts) = list::fates(tx.conn(), scope, list)?;
    let taken =
        list::first_taken(tx.conn(), scope, list)?.map(|(uid, at)| (desk.facility.clock_words(at), uid));
    tx.record(
        Event::new(AuditAction::ViewSuspense)
            .detail(format!("a list of {} lines looked at, not taken", counts.received)),
    );
    let (duplicates, rejected): (Vec<_>, Vec<_>) =
        list::not_taken(list, &fates).into_iter().partition(LineReport::duplicate);
    let (kept, more_kept) = kept(tx, list, &fates)?;
    let (duplicates, more_duplicates) = shown(duplicates);
    let (rejected, more_rejected) = shown(rejected);
    Ok(PreviewPage {
        layout: desk.layout.titled("What the list becomes").at(Place::Abstracts),
        source: list.source,
        name,
        text,
        counts,
        taken,
        kept,
        more_kept,
        duplicates,
        more_duplicates,
        rejected,
        more_rejected,
    })
}

/// What a list would become.
enum Looked {
    Preview(Box<PreviewPage>),
    Wrong(Box<ImportPage>),
}

/// Shows what each line becomes; nothing is written but that somebody looked.
pub(in crate::casefinding) async fn preview(
    app: web::Data<App>,
    acting: Acting,
    Pairs(pairs): Pairs,
) -> PageResult {
    let looked = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                Ok::<_, PageError>(match read(&desk, &pairs) {
                    // “Change the list” sends the text back to the form.
                    _ if !value(&pairs, "change").is_empty() => {
                        tx.record(Event::new(AuditAction::ViewSuspense).detail("a list is changed"));
                        Looked::Wrong(Box::new(import_page(desk, &pairs, FormErrors::default())))
                    }
                    Ok((list, name)) => {
                        let text = value(&pairs, "list").to_owned();
                        Looked::Preview(Box::new(preview_page(tx, desk, &list, name, text)?))
                    }
                    Err(errors) => {
                        tx.record(Event::new(AuditAction::ViewSuspense).refused().detail("a list, not read"));
                        Looked::Wrong(Box::new(import_page(desk, &pairs, errors)))
                    }
                })
            })
        })
        .await?;
    match looked {
        Looked::Preview(shown) => page(&*shown),
        Looked::Wrong(shown) if shown.errors.is_empty() => page(&*shown),
        Looked::Wrong(shown) => page_with_errors(&*shown),
    }
}

/// Takes the list, all or nothing.
pub(in crate::casefinding) async fn take(
    app: web::Data<App>,
    acting: Acting,
    Pairs(pairs): Pairs,
) -> PageResult {
    let answer = app
        .blocking(move |app| {
            // Reading and screening take a while; the transaction begins afterwards.
            let now = app.db.clock.now();
            let desk = app.db.read(|conn| desk(conn, app, &acting, now))?;
            let read = read(&desk, &pairs);
            app.db.write(&acting, |tx| {
                Ok::<_, PageError>(match &read {
                    Ok((list, name)) => {
                        let uid = list::take(tx, desk.today, list, name)?;
                        FormAnswer::GoTo(format!("/suspense/lists/{uid}?done=taken"))
                    }
                    Err(errors) => {
                        let refused = Event::new(AuditAction::ChangeSuspense).refused();
                        tx.record(refused.detail("a list, not understood"));
                        FormAnswer::Again(import_page(desk.clone(), &pairs, errors.clone()))
                    }
                })
            })
        })
        .await?;
    answer.send()
}
