//! Pages of notes and tasks.

use actix_web::web;
use askama::Template;

use super::{
    NoteRow,
    store::{self, NewNote},
};
use crate::{
    abstracting::{form::pair, saving},
    access::{Role, accounts},
    audit::{AuditAction, Event},
    facility::{Desk, desk_of},
    ids::{NoteId, TumorId},
    partial_date::PartialDate,
    patient::full_name,
    web::{
        Acting, Answer, App, Control, Field, FieldState, FormAnswer, FormErrors, Layout, PageError,
        PageResult, Pairs, Place, Width, page, see_other,
    },
};

/// Kind of note that asks for a void; it is decided on the patient's correction page.
const VOID_REQUEST: &str = "void_request";

/// Longest note, in characters.
const LONGEST: usize = 4000;

struct Line {
    uid: String,
    body: Vec<String>,
    /// `Task for RQ1, due 2026-12-01`, `Note`.
    what: String,
    /// Who wrote it and when.
    written: String,
    /// Who did or decided it and when.
    done: Option<String>,
    open_task: bool,
}

#[derive(Template)]
#[template(path = "abstracting/notes.html")]
struct NotesPage {
    layout: Layout,
    case: String,
    name: String,
    lines: Vec<Line>,
    fields: Vec<Field>,
    errors: FormErrors,
}

/// What was typed in the form.
#[derive(Clone, Debug, Default)]
struct Typed {
    body: String,
    due: String,
    who: String,
}

impl Typed {
    fn of(pairs: &[(String, String)]) -> Self {
        let value = |name| pair(pairs, name).unwrap_or("").replace("\r\n", "\n");
        Self { body: value("body"), due: value("due"), who: value("who") }
    }
}

fn line(row: NoteRow, staff: &[(i64, String)], desk: &Desk) -> Line {
    let when = |at| desk.facility.clock_words(at);
    let asks = row.kind == VOID_REQUEST;
    let mut what = match row.kind.as_str() {
        "task" => "Task".to_owned(),
        _ if asks && row.done_at.is_none() => {
            "Request to void this case, waits for a second person".to_owned()
        }
        _ if asks => "Request to void this case".to_owned(),
        _ => "Note".to_owned(),
    };
    if let Some(who) = row.assigned_to {
        let code =
            staff.iter().find(|(id, _)| *id == who).map_or("somebody who left", |(_, code)| code.as_str());
        what.push_str(&format!(" for {code}"));
    }
    if let Some(due) = row.due_on {
        what.push_str(&format!(", due {due}"));
    }
    Line {
        open_task: row.kind == "task" && row.done_at.is_none(),
        uid: row.uid,
        body: row.body.lines().map(str::to_owned).collect(),
        what,
        written: format!("{}, {}", row.created_by, when(row.created_at)),
        done: row.done_at.map(|at| {
            let word = if asks { "decided" } else { "done" };
            format!("{word} by {}, {}", row.done_by, when(at))
        }),
    }
}

fn build(
    tx: &mut crate::db::Tx<'_>,
    app: &App,
    uid: &str,
    typed: &Typed,
    errors: FormErrors,
) -> Result<NotesPage, PageError> {
    let desk = desk_of(tx, app)?;
    let stored = saving::stored(tx, uid)?;
    tx.record(Event::new(AuditAction::ViewTumor).tumor(stored.patient.id, stored.tumor.id).detail("notes"));
    let scope = tx.scope()?;
    let mut staff: Vec<(i64, String)> = Vec::new();
    for role in [Role::Registrar, Role::Supervisor] {
        for (account, code) in accounts::members_with(tx.conn(), scope.facility(), role)? {
            if !staff.iter().any(|(id, _)| *id == account.id) {
                staff.push((account.id, code));
            }
        }
    }
    let lines = store::of_case(tx.conn(), scope, stored.tumor.id)?
        .into_iter()
        .map(|n| line(n, &staff, &desk))
        .collect();
    let mut people = vec![Answer { value: String::new(), label: "Nobody: a note".to_owned() }];
    people.extend(staff.iter().map(|(_, code)| Answer { value: code.clone(), label: code.clone() }));
    let fields = vec![
        Field::new("body", "Note", Control::Area { rows: 4 }).value(&typed.body).error(errors.of("body")),
        Field::new("who", "Task for", Control::Select(people)).value(&typed.who).error(errors.of("who")),
        Field::new("due", "Due", Control::Date)
            .value(&typed.due)
            .hint("For a task, if it has a day.")
            .error(errors.of("due")),
    ];
    Ok(NotesPage {
        layout: desk.layout.titled("Notes – Abstract").at(Place::Abstracts).wide(Width::Reading),
        case: format!("/abstracts/{uid}"),
        name: full_name(&stored.patient.name_last, &stored.patient.name_first),
        lines,
        fields,
        errors,
    })
}

/// Notes of a case.
pub(in crate::abstracting) async fn show(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<TumorId>,
) -> PageResult {
    let uid = id.to_string();
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| build(tx, app, &uid, &Typed::default(), FormErrors::default()))
        })
        .await?;
    page(&shown)
}

/// Writes a note or task.
pub(in crate::abstracting) async fn write(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<TumorId>,
    Pairs(pairs): Pairs,
) -> PageResult {
    let uid = id.to_string();
    let typed = Typed::of(&pairs);
    let to = format!("/abstracts/{uid}/notes");
    let answer = app
        .blocking(move |app| {
            let refused = app.db.write(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let stored = saving::stored(tx, &uid)?;
                let scope = tx.scope()?;
                let mut errors = FormErrors::default();
                let body = typed.body.trim();
                match body.chars().count() {
                    0 => errors.add(
                        "body",
                        "Note",
                        "Nothing was written. Enter what the next person should know.",
                    ),
                    n if n > LONGEST => {
                        errors.add(
                            "body",
                            "Note",
                            format!("{n} characters were typed; {LONGEST} fit. Nothing was cut off."),
                        );
                    }
                    _ => {}
                }
                let due = PartialDate::parse_typed(&typed.due, desk.today, desk.facility.slash_order)
                    .map_err(|e| e.to_string())
                    .and_then(|d| match d {
                        None => Ok(None),
                        Some(PartialDate::Day(day)) => Ok(Some(day)),
                        Some(part) => Err(format!("{} is not a day. Enter a whole date.", part.iso())),
                    });
                let due = errors.take("due", "Due", due).flatten();
                let who = match typed.who.trim() {
                    "" => None,
                    code => match accounts::by_initials(tx.conn(), scope.facility(), code)? {
                        Some(id) => Some(id),
                        None => {
                            errors.add("who", "Task for", format!("Nobody here has the code {code}."));
                            None
                        }
                    },
                };
                if due.is_some() && who.is_none() && errors.is_empty() {
                    errors.add("who", "Task for", "A day needs somebody who does it. Choose who.");
                }
                let (patient, tumor) = (stored.patient.id, stored.tumor.id);
                let event = Event::new(AuditAction::Note).tumor(patient, tumor);
                if !errors.is_empty() {
                    tx.record(event.refused());
                    return Ok::<_, PageError>(Some(errors));
                }
                let kind = if who.is_some() { "task" } else { "note" };
                let new =
                    NewNote { patient, tumor, kind, body: body.to_owned(), due_on: due, assigned_to: who };
                store::insert(tx, &new)?;
                tx.record(event.detail(kind));
                Ok(None)
            })?;
            match refused {
                None => Ok(FormAnswer::GoTo(to)),
                Some(errors) => {
                    let shown = app.db.view(&acting, |tx| build(tx, app, &uid, &typed, errors))?;
                    Ok::<_, PageError>(FormAnswer::Again(shown))
                }
            }
        })
        .await?;
    answer.send()
}

/// Marks a task done.
pub(in crate::abstracting) async fn done(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, NoteId)>,
    Pairs(_): Pairs,
) -> PageResult {
    let (tumor, note) = path.into_inner();
    let uid = tumor.to_string();
    let to = format!("/abstracts/{uid}/notes");
    app.blocking(move |app| {
        app.db.write(&acting, |tx| {
            let stored = saving::stored(tx, &uid)?;
            // A task that is done already stays done by whoever did it.
            store::mark_done(tx, stored.tumor.id, &note.to_string())?;
            tx.record(Event::new(AuditAction::Note).tumor(stored.patient.id, stored.tumor.id).detail("done"));
            Ok::<_, PageError>(())
        })
    })
    .await?;
    see_other(to)
}
