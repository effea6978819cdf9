//! `/edits/{edit}`: one edit, its dry run, going live, its history.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::{local, refusal, shown};
use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    checking::local::{
        act::{self, NotDone, PATIENTS, SHOWN},
        history::{History, State},
        store::{self, EventRow, VersionRow},
    },
    db::{StoreError, Tx},
    facility::{self, Desk, desk_of},
    icdo::PrimarySite,
    web::{
        Acting, App, Control, Field, FieldState, Form, FormAnswer, FormErrors, Layout, Notice, PageError,
        PageResult, Place, Status, Width, page,
    },
};

/// What just happened.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Happened {
    #[serde(default)]
    done: String,
}

impl Happened {
    fn notice(&self) -> Option<Notice> {
        Some(match self.done.as_str() {
            "kept" => Notice::good("Kept as a draft. It judges nothing before it is made live."),
            "run" => Notice::good("Dry run made. Nothing was kept with the cases."),
            "live" => Notice::good(
                "Live. It judges every case that is opened, saved or completed from now on; run the edits over the \
                 registry to judge the others.",
            ),
            "retired" => Notice::good("Retired. It judges nothing any more."),
            _ => return None,
        })
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct VersionForm {
    version: u32,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RetireForm {
    reason: String,
}

/// A part of the rule, told.
struct Part {
    label: &'static str,
    text: String,
    code: bool,
}

struct CaseLine {
    href: String,
    words: String,
}

struct DryRun {
    on: String,
    by: String,
    tumors: i64,
    fails: i64,
    out_of_steps: i64,
    stopped: bool,
    cases: Vec<CaseLine>,
    more: i64,
}

/// Something that happened, newest first.
struct Past {
    on: String,
    words: String,
    reason: String,
    changes: Vec<(&'static str, String, String)>,
}

#[derive(Template)]
#[template(path = "checking/edit.html")]
struct EditPage {
    layout: Layout,
    id: String,
    name: String,
    version: u32,
    status: Status,
    /// The version in force, where it is another one.
    live: Option<u32>,
    is_live: bool,
    parts: Vec<Part>,
    run: Option<DryRun>,
    /// Why it cannot go live now; blank when it can.
    not_yet: String,
    past: Vec<Past>,
    reason: Field,
    errors: FormErrors,
}

fn case_words(site: &str, number: &str, sequence: &str) -> String {
    let site =
        PrimarySite::parse(site).map_or_else(|_| "site not coded".to_owned(), |s| s.label().to_owned());
    match (number.get(..4), number.get(4..)) {
        (Some(year), Some(rest)) if !rest.is_empty() => format!("{year}-{rest} seq {sequence}, {site}"),
        _ => format!("no accession number yet, {site}"),
    }
}

fn dry_run_of(tx: &mut Tx<'_>, desk: &Desk, run: &EventRow) -> Result<DryRun, StoreError> {
    let scope = tx.scope()?;
    let uids: Vec<String> = run.cases.lines().map(str::to_owned).collect();
    let rows = store::cases(tx.conn(), scope, &uids)?;
    let mut event = Event::new(AuditAction::List).detail("cases of a dry run");
    for (patient, case, ..) in &rows {
        event = event.tumor(*patient, *case);
    }
    if !rows.is_empty() {
        tx.record(event);
    }
    let cases = rows.into_iter().map(|(_, _, uid, number, sequence, site)| CaseLine {
        href: format!("/abstracts/{uid}"),
        words: case_words(&site, &number, &sequence),
    });
    Ok(DryRun {
        on: local(desk, run.at),
        by: run.actor_name.clone(),
        tumors: run.tumors,
        fails: run.fails,
        out_of_steps: run.out_of_steps,
        stopped: run.reached.is_some(),
        cases: cases.collect(),
        more: run.fails - i64::try_from(SHOWN).unwrap_or(0),
    })
}

/// All that happened, newest first.
fn past(desk: &Desk, history: &History) -> Vec<Past> {
    let mut all: Vec<(chrono::NaiveDateTime, usize, Past)> = Vec::new();
    for (nth, version) in history.versions.iter().enumerate() {
        let before = nth.checked_sub(1).and_then(|n| history.versions.get(n));
        let changes = before.map(|b| version.rule.differences(&b.rule)).unwrap_or_default();
        let told = Past {
            on: local(desk, version.at),
            words: format!("Version {} written by {}", version.rule.version, version.by),
            reason: version.reason.clone(),
            changes: changes.into_iter().map(|(l, a, b)| (l, a.to_owned(), b.to_owned())).collect(),
        };
        all.push((version.at, nth, told));
    }
    for (nth, event) in history.events.iter().enumerate() {
        let number =
            history.versions.iter().find(|v| v.key == event.version_id).map_or(0, |v| v.rule.version);
        let by = &event.actor_name;
        let words = match event.what.as_str() {
            "dry_run" => format!(
                "Dry run of version {number} by {by}: fails on {} of {} cases{}",
                event.fails,
                event.tumors,
                if event.reached.is_some() { ", stopped on the way" } else { "" }
            ),
            "live" => format!("Version {number} made live by {by}"),
            _ => format!("Version {number} retired by {by}"),
        };
        let told =
            Past { on: local(desk, event.at), words, reason: event.reason.clone(), changes: Vec::new() };
        all.push((event.at, history.versions.len() + nth, told));
    }
    all.sort_by_key(|(at, nth, _)| std::cmp::Reverse((*at, *nth)));
    all.into_iter().map(|(_, _, told)| told).collect()
}

fn parts(version: &VersionRow) -> Vec<Part> {
    let rule = &version.rule;
    let parts = rule.parts().into_iter().filter(|(name, ..)| *name != "name");
    parts
        .map(|(name, label, text)| Part {
            label,
            text: shown(rule, name, text),
            code: matches!(
                name,
                "items" | "applies_when" | "fails_when" | "over_ride" | "pass_example" | "fail_example"
            ) && !text.trim().is_empty(),
        })
        .collect()
}

fn edit_page(
    tx: &mut Tx<'_>,
    app: &App,
    id: &str,
    refused: Option<&NotDone>,
    typed: &str,
) -> Result<EditPage, PageError> {
    let desk = desk_of(tx, app)?;
    let history = act::history(tx, id)?.ok_or(PageError::NotFound)?;
    let newest = history.newest().ok_or(PageError::NotFound)?;
    let state = history.state(newest);
    let run = match history.dry_run(newest) {
        Some(run) => Some(dry_run_of(tx, &desk, run)?),
        None => None,
    };
    let live = history.live().map(|v| v.rule.version);
    let mut errors = FormErrors::default();
    let mut told = None;
    match refused {
        None => {}
        Some(NotDone::Reason) => errors.add("reason", "Reason", NotDone::Reason),
        Some(NotDone::Wrong(checked)) => {
            let why: Vec<&str> = checked.problems.iter().map(|(_, s)| s.as_str()).collect();
            told = Some(Notice::error(format!("Nothing done. {}", why.join(" "))));
        }
        Some(other) => told = Some(Notice::error(format!("Nothing done. {other}"))),
    }
    tx.record(Event::new(AuditAction::ViewEdits).detail(id));
    let title =
        if refused.is_none() { format!("Local edit {id}") } else { format!("Error: Local edit {id}") };
    Ok(EditPage {
        id: id.to_owned(),
        name: newest.rule.name.clone(),
        version: newest.rule.version,
        status: state.status(),
        live: live.filter(|v| *v != newest.rule.version),
        is_live: state == State::Live,
        parts: parts(newest),
        run,
        not_yet: history.may_go_live(newest).err().map(|why| why.to_string()).unwrap_or_default(),
        past: past(&desk, &history),
        reason: Field::new("reason", "Why is it retired?", Control::Area { rows: 2 })
            .hint("At least 10 characters; stands in the history.")
            .value(typed)
            .error(errors.of("reason"))
            .required(),
        errors,
        layout: desk.layout.titled(title).at(Place::LocalEdits).wide(Width::Reading).with_notice(told),
    })
}

/// `GET /edits/{edit}`.
pub(super) async fn show(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    happened: web::Query<Happened>,
) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let mut shown = edit_page(tx, app, &id, None, "")?;
                shown.layout = shown.layout.with_notice(happened.notice());
                Ok::<_, PageError>(shown)
            })
        })
        .await?;
    page(&shown)
}

/// The next page, or the same with what refuses it.
fn answer<T>(
    app: &App,
    acting: &Actor,
    id: &str,
    typed: &str,
    done: Result<T, NotDone>,
    word: &str,
) -> Result<FormAnswer<EditPage>, PageError> {
    let refused = match done {
        Ok(_) => return Ok(FormAnswer::GoTo(format!("/edits/{id}?done={word}"))),
        Err(error) => refusal(error)?,
    };
    Ok(FormAnswer::Again(app.db.view(acting, |tx| edit_page(tx, app, id, Some(&refused), typed))?))
}

/// `POST /edits/{edit}/dry-run`.
pub(super) async fn dry_run(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    form: Form<VersionForm>,
) -> PageResult {
    let sent = app
        .blocking(move |app| {
            let place = app.db.read(|conn| facility::of(conn, &acting))?;
            let done = act::dry_run(&app.db, &acting, &place, &id, form.0.version, PATIENTS);
            answer(app, &acting, &id, "", done, "run")
        })
        .await?;
    sent.send()
}

/// `POST /edits/{edit}/live`.
pub(super) async fn go_live(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    form: Form<VersionForm>,
) -> PageResult {
    let sent = app
        .blocking(move |app| {
            let done = app.db.write(&acting, |tx| act::go_live(tx, &id, form.0.version));
            answer(app, &acting, &id, "", done, "live")
        })
        .await?;
    sent.send()
}

/// `POST /edits/{edit}/retirement`.
pub(super) async fn retire(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    form: Form<RetireForm>,
) -> PageResult {
    let sent = app
        .blocking(move |app| {
            let done = app.db.write(&acting, |tx| act::retire(tx, &id, &form.0.reason));
            answer(app, &acting, &id, &form.0.reason, done, "retired")
        })
        .await?;
    sent.send()
}
