//! Requests to merge: what waits for a second person, one request with what it would do or did.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::{
    act::{self, Plan, asked, done_of},
    outlook::{both, outlook},
    parting,
    shown::{Shown, label_of, shown},
    store::{self, MergeRow},
};
use crate::{
    abstracting::accession,
    access::{Action, permits},
    audit::{AuditAction, Event},
    db::{StoreError, Tx},
    facility::{self, Desk},
    ids::MergeId,
    patient::{self, full_name},
    tumor,
    web::{
        Acting, App, Control, Field, FieldState, Form, FormAnswer, FormErrors, Layout, Notice, PageError,
        PageResult, Place, page,
    },
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DecideForm {
    /// `merge` or `decline`; `part` or `keep`.
    answer: String,
    /// The versions on the page.
    seen: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct UndoForm {
    reason: String,
}

/// What just happened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Happened {
    done: String,
}

impl Happened {
    fn notice(&self) -> Option<Notice> {
        Some(match self.done.as_str() {
            "asked" => Notice::good("Asked. A supervisor who is not you decides."),
            "merged" => Notice::good("Merged. The other record is a shell that leads here."),
            "declined" => Notice::good("Declined. Both records stay as they are."),
            "undo_asked" => {
                Notice::good("Asked. A supervisor who is not you decides whether they are parted.")
            }
            "parted" => Notice::good("Parted again."),
            "kept" => Notice::good("The records stay merged."),
            _ => return None,
        })
    }
}

/// One request on the list.
pub(in crate::chart) struct Waiting {
    /// Row keys of both patients.
    pub(in crate::chart) patients: [i64; 2],
    pub(in crate::chart) href: String,
    pub(in crate::chart) name: String,
    pub(in crate::chart) by: String,
    pub(in crate::chart) at: chrono::NaiveDateTime,
    reason: String,
    /// Parting is asked for, not merging.
    parts: bool,
    own: bool,
}

/// Requests that nobody decided yet, oldest first.
pub(in crate::chart) fn waiting(tx: &mut Tx<'_>) -> Result<Vec<Waiting>, StoreError> {
    let scope = tx.scope()?;
    let mut rows = store::in_state(tx.conn(), scope, "open")?;
    rows.extend(store::in_state(tx.conn(), scope, "undo_asked")?);
    let mut all = Vec::new();
    for row in rows {
        let Some(stays) = patient::by_key(tx.conn(), scope, row.survivor_id)? else { continue };
        let parts = row.state == "undo_asked";
        let (by, account) =
            if parts { (&row.undo_by, row.undo_account_id) } else { (&row.asked_by, row.asked_account_id) };
        all.push(Waiting {
            patients: [row.survivor_id, row.merged_id],
            href: format!("/merges/{}", row.uid),
            name: full_name(&stays.name_last, &stays.name_first),
            own: asked(tx, by, account),
            by: by.clone(),
            at: row.undo_asked_at.filter(|_| parts).unwrap_or(row.asked_at),
            reason: if parts { row.undo_reason.clone() } else { row.reason.clone() },
            parts,
        });
    }
    Ok(all)
}

struct Line {
    waiting: Waiting,
    on: String,
}

#[derive(Template)]
#[template(path = "chart/merges.html")]
struct ListPage {
    layout: Layout,
    lines: Vec<Line>,
}

/// `GET /merges`: what waits for a second person.
pub(super) async fn list(app: web::Data<App>, acting: Acting, happened: web::Query<Happened>) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let all = waiting(tx)?;
                let patients: Vec<i64> = all.iter().flat_map(|w| w.patients).collect();
                tx.record(Event::new(AuditAction::List).patients(patients).detail("merges"));
                let on = |at| desk.facility.clock_words(at);
                let lines = all.into_iter().map(|w| Line { on: on(w.at), waiting: w }).collect();
                let layout = desk.layout.titled("Merges").at(Place::Abstracts).with_notice(happened.notice());
                Ok::<_, PageError>(ListPage { layout, lines })
            })
        })
        .await?;
    page(&shown)
}

#[derive(Template)]
#[template(path = "chart/merge_request.html")]
struct RequestPage {
    layout: Layout,
    uid: String,
    /// `open`, `declined`, `merged`, `undo_asked` or `undone`.
    state: String,
    stays: String,
    merged: String,
    name: String,
    /// What was asked and decided: when and what.
    told: Vec<(String, String)>,
    /// What it would do; nothing when it is decided.
    outlook: Option<Shown>,
    asks: bool,
    /// The records changed since it was asked for.
    changed: bool,
    /// The reader may decide, and did not ask.
    decides: bool,
    own: bool,
    /// Items of the record that stays: label, before, after.
    items: Vec<(String, String, String)>,
    /// Cases: address, words, what became different.
    cases: Vec<(String, String, String)>,
    conflict: String,
    left: Vec<String>,
    reason: Field,
    errors: FormErrors,
}

fn told(desk: &Desk, row: &MergeRow) -> Vec<(String, String)> {
    let at = |at| desk.facility.clock_words(at);
    let mut all = vec![(at(row.asked_at), format!("{} asked to merge: “{}”", row.asked_by, row.reason))];
    if let Some(on) = row.decided_at {
        let word = if row.state == "declined" { "declined" } else { "merged" };
        all.push((at(on), format!("{} {word}", row.decided_by)));
    }
    if let Some(on) = row.undo_asked_at {
        all.push((at(on), format!("{} asked to part them again: “{}”", row.undo_by, row.undo_reason)));
    }
    if let Some(on) = row.undone_at.filter(|_| row.state != "undo_asked") {
        let words = if row.state == "undone" { "parted them again" } else { "left them merged" };
        all.push((at(on), format!("{} {words}", row.undone_by)));
    }
    all
}

fn request_page(
    tx: &mut Tx<'_>,
    app: &App,
    acting: &Acting,
    row: &MergeRow,
    typed: &str,
    errors: FormErrors,
) -> Result<RequestPage, PageError> {
    let desk = facility::desk_of(tx, app)?;
    let scope = tx.scope()?;
    let stays = patient::by_key(tx.conn(), scope, row.survivor_id)?.ok_or(PageError::NotFound)?;
    let merged = patient::by_key(tx.conn(), scope, row.merged_id)?.ok_or(PageError::NotFound)?;
    let (mut view, mut changed) = (None, false);
    if row.state == "open" {
        let records = both(tx, &stays.uid, &merged.uid)?;
        let now = outlook(tx, &records)?;
        let plan = Plan::read(row)?;
        changed = plan.seen != now.seen;
        view = Some(shown(&desk, &records, &now, &plan, &FormErrors::default())?);
    }
    let done = done_of(row)?;
    let mut cases = Vec::new();
    for case in &done.cases {
        let Some(now) = tumor::by_key(tx.conn(), scope, case.id)? else { continue };
        let mut words = vec![if case.moved { "came from the merged record" } else { "was here" }.to_owned()];
        for (name, number) in [("accession number", &case.accession), ("sequence number", &case.sequence)] {
            if !number.is_none() {
                let from = if number.from.is_empty() { "none" } else { &number.from };
                words.push(format!(
                    "{name} from {} to {}",
                    accession::shown(from),
                    accession::shown(&number.to)
                ));
            }
        }
        let what = format!("{} {}", accession::shown(&now.accession_number), now.sequence_number);
        cases.push((format!("/abstracts/{}", now.uid), what, words.join("; ")));
    }
    let (by, account) = match row.state.as_str() {
        "open" => (&row.asked_by, row.asked_account_id),
        _ => (&row.undo_by, row.undo_account_id),
    };
    let own = asked(tx, by, account);
    let title = if errors.is_empty() { "Merge of two records" } else { "Error: Merge of two records" };
    Ok(RequestPage {
        uid: row.uid.clone(),
        state: row.state.clone(),
        name: full_name(&stays.name_last, &stays.name_first),
        told: told(&desk, row),
        asks: false,
        changed,
        decides: permits(acting, Action::ApproveVoid) && !own,
        own,
        items: done.items.into_iter().map(|i| (label_of(&i.item), i.value.from, i.value.to)).collect(),
        cases,
        conflict: done.conflict,
        left: done.left,
        reason: Field::new("reason", "Why should they be parted again?", Control::Area { rows: 2 })
            .hint("At least 10 characters; the person who decides reads it.")
            .value(typed)
            .error(errors.of("reason")),
        errors,
        outlook: view,
        layout: desk.layout.titled(title).at(Place::Patients),
        stays: stays.uid,
        merged: merged.uid,
    })
}

fn row_of(tx: &mut Tx<'_>, id: &MergeId) -> Result<MergeRow, PageError> {
    let scope = tx.scope()?;
    store::by_uid(tx.conn(), scope, &id.to_string())?.ok_or(PageError::NotFound)
}

/// `GET /merges/{id}`: what it would do, or did.
pub(super) async fn show(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<MergeId>,
    happened: web::Query<Happened>,
) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let row = row_of(tx, &id)?;
                let keys = [row.survivor_id, row.merged_id];
                tx.record(Event::new(AuditAction::ViewPatient).patients(keys).detail("merge"));
                let mut shown = request_page(tx, app, &acting, &row, "", FormErrors::default())?;
                shown.layout = shown.layout.with_notice(happened.notice());
                Ok::<_, PageError>(shown)
            })
        })
        .await?;
    page(&shown)
}

fn refused_page(
    tx: &mut Tx<'_>,
    app: &App,
    acting: &Acting,
    row: &MergeRow,
    says: &str,
) -> Result<FormAnswer<RequestPage>, PageError> {
    let mut shown = request_page(tx, app, acting, row, "", FormErrors::default())?;
    shown.layout = shown.layout.with_notice(Some(Notice::error(format!("Nothing was done. {says}"))));
    Ok(FormAnswer::Again(shown))
}

/// `POST /merges/{id}`: a second person decides.
pub(super) async fn decide(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<MergeId>,
    form: Form<DecideForm>,
) -> PageResult {
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let row = row_of(tx, &id)?;
                let to = |done: &str| FormAnswer::GoTo(format!("/merges/{}?done={done}", row.uid));
                let (decided, word) = match (row.state.as_str(), form.0.answer.as_str()) {
                    ("open", "decline") => (act::decline(tx, &row)?, "declined"),
                    ("open", "merge") => {
                        let desk = facility::desk_of(tx, app)?;
                        let scope = tx.scope()?;
                        let uid = |tx: &mut Tx<'_>, key| -> Result<String, PageError> {
                            Ok(patient::by_key(tx.conn(), scope, key)?.ok_or(PageError::NotFound)?.uid)
                        };
                        let (a, b) = (uid(tx, row.survivor_id)?, uid(tx, row.merged_id)?);
                        let records = both(tx, &a, &b)?;
                        let now = outlook(tx, &records)?;
                        let done = if records.stays.row.id == row.survivor_id {
                            act::merge(tx, &desk, &row, &records, &now, &form.0.seen)?
                        } else {
                            let keys = [row.survivor_id, row.merged_id];
                            tx.record(
                                Event::new(AuditAction::Merge).patients(keys).refused().detail("merged"),
                            );
                            Err(act::TURNED.to_owned())
                        };
                        (done, "merged")
                    }
                    ("undo_asked", "keep") => (parting::decline(tx, &row)?, "kept"),
                    ("undo_asked", "part") => {
                        let desk = facility::desk_of(tx, app)?;
                        (parting::part(tx, &desk, &row)?, "parted")
                    }
                    ("open" | "undo_asked", _) => {
                        return Err(PageError::BadRequest("The form has no such answer.".to_owned()));
                    }
                    _ => return Err(PageError::NotFound),
                };
                match decided {
                    Ok(()) => Ok::<_, PageError>(to(word)),
                    Err(says) => refused_page(tx, app, &acting, &row, &says),
                }
            })
        })
        .await?;
    answer.send()
}

/// `POST /merges/{id}/undo`: asks to part the records again.
pub(super) async fn ask_undo(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<MergeId>,
    form: Form<UndoForm>,
) -> PageResult {
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let row = row_of(tx, &id)?;
                let mut errors = FormErrors::default();
                if parting::ask(tx, &row, &form.0.reason, &mut errors)? {
                    return Ok::<_, PageError>(FormAnswer::GoTo(format!(
                        "/merges/{}?done=undo_asked",
                        row.uid
                    )));
                }
                request_page(tx, app, &acting, &row, &form.0.reason, errors).map(FormAnswer::Again)
            })
        })
        .await?;
    answer.send()
}
