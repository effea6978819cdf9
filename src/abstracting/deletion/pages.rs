//! Pages of deletion: asking for it on the case, deciding it on a list.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::{Answer, Proposal, asked, decide as decide_request, request, store};
use crate::{
    abstracting::{accession, state::AbstractState},
    access::{Action, permits},
    audit::{AuditAction, Event},
    db::{StoreError, Tx},
    facility::{Desk, desk_of},
    icdo::PrimarySite,
    ids::{DeletionId, TumorId},
    patient::{self, full_name},
    quality_review::{self, Hidden},
    tumor,
    web::{
        Acting, App, Control, Field, FieldState, Form, FormAnswer, FormErrors, Layout, Notice, PageError,
        PageResult, Place, Status, Width, page,
    },
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::abstracting) struct AskForm {
    reason: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::abstracting) struct DecideForm {
    /// `approve` or `refuse`.
    answer: String,
}

/// What just happened.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::abstracting) struct Happened {
    #[serde(default)]
    done: String,
}

impl Happened {
    fn notice(&self) -> Option<Notice> {
        Some(match self.done.as_str() {
            "asked" => Notice::good("Asked. A supervisor who is not you decides."),
            "approved" => Notice::good("The case is deleted. It counts nowhere any more."),
            "refused" => Notice::good("The case stays, as it was before."),
            _ => return None,
        })
    }
}

/// One request about a case, told.
struct Told {
    by: String,
    on: String,
    reason: String,
    /// `approved by sam, 2026-11-23 12:00`; empty while it is open.
    decided: String,
}

/// A number proposed for another case.
struct Renumber {
    href: String,
    words: String,
    done: bool,
}

#[derive(Template)]
#[template(path = "abstracting/deletion.html")]
struct DeletionPage {
    layout: Layout,
    uid: String,
    patient: String,
    name: String,
    what: String,
    status: Status,
    /// It can be asked for.
    asks: bool,
    /// Asked for, and the reader may decide.
    decides: bool,
    deleted: bool,
    told: Vec<Told>,
    renumber: Vec<Renumber>,
    /// The patient has no other case.
    last: bool,
    reason: Field,
    errors: FormErrors,
}

/// `breast, 2026-00001 seq 02`.
fn case_words(site: &str, number: &str, sequence: &str) -> String {
    let site =
        PrimarySite::parse(site).map_or_else(|_| "site not coded".to_owned(), |s| s.label().to_owned());
    let number =
        if number.is_empty() { "no accession number yet".to_owned() } else { accession::shown(number) };
    if sequence.is_empty() { format!("{site}, {number}") } else { format!("{site}, {number} seq {sequence}") }
}

fn told(desk: &Desk, row: &store::DeletionRow) -> Told {
    Told {
        by: row.by.clone(),
        on: desk.facility.clock_words(row.at),
        reason: row.reason.clone(),
        decided: row
            .decided_at
            .map(|at| format!("{} by {}, {}", row.outcome, row.decided_by, desk.facility.clock_words(at)))
            .unwrap_or_default(),
    }
}

fn renumber(tx: &mut Tx<'_>, row: &store::DeletionRow) -> Result<Vec<Renumber>, StoreError> {
    let scope = tx.scope()?;
    let unreadable = |e: serde_json::Error| StoreError::Unreadable {
        what: "proposed numbers",
        why: format!("{:?}", e.classify()),
    };
    let proposals: Vec<Proposal> = serde_json::from_str(&row.resequence).map_err(unreadable)?;
    let mut out = Vec::new();
    for p in proposals {
        let Some(other) = tumor::by_uid(tx.conn(), scope, &p.case)?.filter(|t| !t.voided) else { continue };
        let what = case_words(&other.primary_site, &other.accession_number, "");
        out.push(Renumber {
            href: format!("/abstracts/{}/case#sequenceNumberHospital", other.uid),
            words: format!("{what}: sequence from {} to {}", p.from, p.to),
            done: other.sequence_number == p.to,
        });
    }
    Ok(out)
}

/// The page of a case, also of a deleted one.
fn deletion_page(
    tx: &mut Tx<'_>,
    app: &App,
    acting: &Acting,
    uid: &str,
    typed: &str,
    errors: FormErrors,
) -> Result<DeletionPage, PageError> {
    let desk = desk_of(tx, app)?;
    let scope = tx.scope()?;
    let case = tumor::by_uid(tx.conn(), scope, uid)?.ok_or(PageError::NotFound)?;
    let person = patient::by_key(tx.conn(), scope, case.patient_id)?
        .filter(|p| p.state == "active")
        .ok_or(PageError::NotFound)?;
    let rows = store::of_case(tx.conn(), scope, case.id)?;
    let state = AbstractState::parse(&case.state).unwrap_or(AbstractState::InProgress);
    if case.voided && state != AbstractState::Deleted {
        return Err(PageError::NotFound);
    }
    let open = rows.iter().find(|r| r.outcome == "open");
    let own = open.is_some_and(|row| asked(tx, row));
    let renumber = match rows.iter().find(|r| r.outcome == "approved") {
        Some(row) if case.voided => renumber(tx, row)?,
        _ => Vec::new(),
    };
    let others = tumor::of_patient(tx.conn(), scope, person.id)?;
    let title = if errors.is_empty() { "Deletion – Abstract" } else { "Error: Deletion – Abstract" };
    Ok(DeletionPage {
        uid: case.uid.clone(),
        patient: format!("/patients/{}", person.uid),
        name: full_name(&person.name_last, &person.name_first),
        what: case_words(&case.primary_site, &case.accession_number, &case.sequence_number),
        status: state.status(),
        asks: !state.is_leaving(),
        decides: open.is_some() && !own && permits(acting, Action::ApproveVoid),
        deleted: case.voided,
        told: rows.iter().map(|row| told(&desk, row)).collect(),
        renumber,
        last: !others.iter().any(|t| !t.voided && t.id != case.id),
        reason: Field::new("reason", "Why should this case be deleted?", Control::Area { rows: 3 })
            .hint("At least 10 characters; the person who decides reads it.")
            .value(typed)
            .error(errors.of("reason"))
            .required(),
        errors,
        layout: desk.layout.titled(title).at(Place::Abstracts).wide(Width::Reading),
    })
}

/// `GET /abstracts/{tumor}/deletion`.
pub(in crate::abstracting) async fn show(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<TumorId>,
    happened: web::Query<Happened>,
) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let scope = tx.scope()?;
                let uid = id.to_string();
                let mut shown = deletion_page(tx, app, &acting, &uid, "", FormErrors::default())?;
                shown.layout = shown.layout.with_notice(happened.notice());
                let case = tumor::by_uid(tx.conn(), scope, &uid)?.ok_or(PageError::NotFound)?;
                tx.record(
                    Event::new(AuditAction::ViewTumor).tumor(case.patient_id, case.id).detail("deletion"),
                );
                Ok::<_, PageError>(shown)
            })
        })
        .await?;
    page(&shown)
}

/// `POST /abstracts/{tumor}/deletion`: asks for it.
pub(in crate::abstracting) async fn ask(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<TumorId>,
    form: Form<AskForm>,
) -> PageResult {
    let uid = id.to_string();
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let refused = match request(tx, &uid, &form.0.reason)? {
                    Ok(()) => {
                        return Ok::<_, PageError>(FormAnswer::GoTo(format!(
                            "/abstracts/{uid}/deletion?done=asked"
                        )));
                    }
                    Err(refused) => refused,
                };
                let mut errors = FormErrors::default();
                errors.add("reason", "Reason", refused);
                Ok(FormAnswer::Again(deletion_page(tx, app, &acting, &uid, &form.0.reason, errors)?))
            })
        })
        .await?;
    answer.send()
}

/// One request on the list.
struct Line {
    uid: String,
    href: String,
    name: String,
    what: String,
    was: Status,
    by: String,
    on: String,
    reason: String,
    own: bool,
}

#[derive(Template)]
#[template(path = "abstracting/deletions.html")]
struct ListPage {
    layout: Layout,
    lines: Vec<Line>,
}

fn list_page(tx: &mut Tx<'_>, app: &App, told: Option<Notice>) -> Result<ListPage, PageError> {
    let desk = desk_of(tx, app)?;
    let scope = tx.scope()?;
    let rows = store::open(tx.conn(), scope)?;
    let patients: Vec<i64> = rows.iter().map(|(_, _, (patient, ..))| *patient).collect();
    tx.record(Event::new(AuditAction::List).patients(patients).detail("deletions"));
    let hidden = quality_review::hidden(tx)?;
    let lines = rows
        .into_iter()
        .map(|(row, (case, site, number, sequence), (patient, last, first))| Line {
            href: format!("/abstracts/{case}"),
            name: full_name(&last, &first),
            what: match hidden.patient(patient) {
                true => format!("{}, {}", Hidden::WORDS, accession::shown(&number)),
                false => case_words(&site, &number, &sequence),
            },
            was: AbstractState::parse(&row.previous_state).unwrap_or(AbstractState::InProgress).status(),
            on: desk.facility.clock_words(row.at),
            own: asked(tx, &row),
            uid: row.uid,
            by: row.by,
            reason: row.reason,
        })
        .collect();
    Ok(ListPage { lines, layout: desk.layout.titled("Deletions").at(Place::Abstracts).with_notice(told) })
}

/// `GET /deletions`: what waits for a second person.
pub(in crate::abstracting) async fn list(
    app: web::Data<App>,
    acting: Acting,
    happened: web::Query<Happened>,
) -> PageResult {
    let shown =
        app.blocking(move |app| app.db.view(&acting, |tx| list_page(tx, app, happened.notice()))).await?;
    page(&shown)
}

/// `POST /deletions/{id}`: a second person decides.
pub(in crate::abstracting) async fn decide(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<DeletionId>,
    form: Form<DecideForm>,
) -> PageResult {
    let answer = match form.0.answer.as_str() {
        "approve" => Answer::Approve,
        "refuse" => Answer::Refuse,
        other => {
            let says = format!("The answer was “{other}”; it is “approve” or “refuse”.");
            return Err(PageError::BadRequest(says));
        }
    };
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                Ok::<_, PageError>(match decide_request(tx, &id.to_string(), answer)? {
                    Ok(case) if answer == Answer::Approve => {
                        FormAnswer::GoTo(format!("/abstracts/{case}/deletion?done=approved"))
                    }
                    Ok(_) => FormAnswer::GoTo("/deletions?done=refused".to_owned()),
                    Err(refused) => {
                        let says = Notice::error(format!("Nothing decided. {refused}"));
                        FormAnswer::Again(list_page(tx, app, Some(says))?)
                    }
                })
            })
        })
        .await?;
    answer.send()
}
