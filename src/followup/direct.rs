//! What only a supervisor does: mark lost, shorten the interval, give work to another person.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::{
    contact_view::select,
    list_page::{Choice, People, contact_href},
    record::{Case, NotSaved},
    store,
};
use crate::{
    access::{Actor, accounts},
    audit::{AuditAction, Event},
    db::Tx,
    facility,
    followup_rules::Status,
    save::{self, Change, PatientChange, SetPatient, SetTumor, TumorChange, Why},
    web::{
        Acting, App, Control, Field, FieldState, Form, Layout, Notice, PageError, PageResult, Place, Width,
        grouped, page, page_with_errors, see_other,
    },
};

/// The supervisor's part of the contact page.
pub(super) struct Direct {
    pub(super) lost: Option<(String, String)>,
    pub(super) may_be_lost: bool,
    pub(super) lost_action: String,
    pub(super) interval_action: String,
    pub(super) reason: Field,
    pub(super) interval: Field,
    pub(super) owner_action: String,
    pub(super) owner: Field,
}

impl Direct {
    pub(super) fn of(case: &Case, status: Status, people: &People) -> Self {
        let uid = &case.patient.uid;
        let now = case.patient.short_interval;
        let interval = |months: Option<i32>, label: String| Choice {
            value: months.map(|m| m.to_string()).unwrap_or_default(),
            label,
            here: months == now,
        };
        let shorter = (3..=11).map(|m| interval(Some(m), format!("{m} months")));
        Self {
            lost: case
                .patient
                .lost_at
                .map(|at| (at.format("%Y-%m-%d").to_string(), case.patient.lost_reason.clone())),
            may_be_lost: status == Status::Delinquent,
            lost_action: format!("/patients/{uid}/lost"),
            interval_action: format!("/patients/{uid}/follow-up-interval"),
            reason: Field::text("reason", "Mark lost, because").required().most(200),
            interval: select(
                "months",
                "Next due after",
                std::iter::once(interval(None, "12 months".to_owned())).chain(shorter).collect(),
            ),
            owner_action: format!("/patients/{uid}/follow-up-owner"),
            owner: select("owner", "Registrar", people.assignees(case.patient.owner_id)),
        }
    }
}

/// Why a supervisor's step was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum DirectRefused {
    /// Not delinquent.
    #[error("Only a delinquent patient can be marked lost; this one is {0}.")]
    NotDelinquent(Status),
    /// No reason.
    #[error("“{0}” is too short a reason. Say in at least 10 characters what was tried.")]
    Reason(String),
    /// Not a number of months.
    #[error("“{0}” is no interval. 3 to 11 months are allowed, or nothing for 12.")]
    Interval(String),
    /// Nobody who works here.
    #[error("Nobody of that account works in this facility as registrar or supervisor.")]
    NoSuchPerson,
    /// Saving failed.
    #[error("Somebody else saved this patient meanwhile. Open it again and repeat the step.")]
    Stale,
    /// Not there, or the store failed.
    #[error("not done")]
    Page(PageError),
}

impl From<NotSaved> for DirectRefused {
    fn from(e: NotSaved) -> Self {
        match e {
            NotSaved::Stale | NotSaved::Refused => Self::Stale,
            NotSaved::Page(e) => Self::Page(e),
        }
    }
}

impl From<crate::db::StoreError> for DirectRefused {
    fn from(e: crate::db::StoreError) -> Self {
        Self::Page(e.into())
    }
}

impl From<save::SaveRefused> for DirectRefused {
    fn from(e: save::SaveRefused) -> Self {
        NotSaved::from(e).into()
    }
}

impl crate::db::HoldsStoreError for DirectRefused {
    fn store_error(&self) -> Option<&crate::db::StoreError> {
        match self {
            Self::Page(e) => e.store_error(),
            _ => None,
        }
    }
}

impl From<DirectRefused> for PageError {
    fn from(e: DirectRefused) -> Self {
        match e {
            DirectRefused::Page(e) => e,
            said => Self::BadRequest(said.to_string()),
        }
    }
}

fn set(
    tx: &mut Tx<'_>,
    case: &Case,
    set: SetPatient,
    reason: &str,
    event: AuditAction,
) -> Result<(), DirectRefused> {
    let set = SetPatient { id: case.patient.id, ..set };
    let why = Why { source: "follow-up", reason: reason.to_owned(), event: Some(event) };
    save::apply(tx, Change { patient: PatientChange::Set(set), tumors: Vec::new(), why })?;
    Ok(())
}

/// Marks a delinquent patient lost, with the reason, or takes the mark away (`reason` is `None`).
pub(crate) fn mark_lost(
    tx: &mut Tx<'_>,
    uid: &str,
    expected: Option<i32>,
    reason: Option<&str>,
) -> Result<(), DirectRefused> {
    let scope = tx.scope()?;
    let here = facility::get(tx.conn(), scope.facility())?;
    let case = Case::of(tx, uid)?.ok_or(DirectRefused::Page(PageError::NotFound))?;
    let reason = reason.map(str::trim);
    if let Some(reason) = reason {
        let (_, status) = case.standing(&super::settings_of(&here), super::list_page::today(tx, &here));
        if !matches!(status, Status::Delinquent | Status::Lost) {
            return Err(DirectRefused::NotDelinquent(status));
        }
        if reason.chars().count() < 10 {
            return Err(DirectRefused::Reason(reason.to_owned()));
        }
    }
    let change = SetPatient { expected, lost: Some(reason.map(str::to_owned)), ..SetPatient::default() };
    set(tx, &case, change, reason.unwrap_or("mark taken away"), AuditAction::MarkLost)
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct LostForm {
    version: i32,
    lost: String,
    #[serde(default)]
    reason: String,
}

/// `POST /patients/{id}/lost`.
pub(super) async fn lost(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    form: Form<LostForm>,
) -> PageResult {
    let form = form.0;
    let done = if form.lost == "yes" { "lost" } else { "found" };
    let to = format!("{}?done={done}", contact_href(&id));
    app.blocking(move |app| {
        let reason = (form.lost == "yes").then_some(form.reason.as_str());
        app.db.write(&acting, |tx| mark_lost(tx, &id, Some(form.version), reason))
    })
    .await?;
    see_other(to)
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct IntervalForm {
    version: i32,
    months: String,
}

/// `POST /patients/{id}/follow-up-interval`.
pub(super) async fn interval(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    form: Form<IntervalForm>,
) -> PageResult {
    let to = format!("{}?done=interval", contact_href(&id));
    app.blocking(move |app| {
        let typed = form.0.months.trim();
        let months = match typed {
            "" | "12" => None,
            typed => {
                let months = typed.parse::<i32>().ok().filter(|m| (3..=11).contains(m));
                Some(months.ok_or_else(|| DirectRefused::Interval(typed.to_owned()))?)
            }
        };
        app.db.write(&acting, |tx| {
            let case = Case::of(tx, &id)?.ok_or(DirectRefused::Page(PageError::NotFound))?;
            let change = SetPatient {
                expected: Some(form.0.version),
                short_interval: Some(months),
                ..SetPatient::default()
            };
            let words = months.map_or_else(|| "12 months".to_owned(), |m| format!("{m} months"));
            set(tx, &case, change, &words, AuditAction::ChangePatient)
        })
    })
    .await?;
    see_other(to)
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct OwnerForm {
    version: i32,
    owner: String,
}

/// `POST /patients/{id}/follow-up-owner`.
pub(super) async fn owner(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    form: Form<OwnerForm>,
) -> PageResult {
    let to = format!("{}?done=owner", contact_href(&id));
    app.blocking(move |app| {
        app.db.write(&acting, |tx| {
            let scope = tx.scope()?;
            let people = People::of(tx.conn(), scope.facility())?;
            let owner = person(&people, &form.0.owner)?;
            let case = Case::of(tx, &id)?.ok_or(DirectRefused::Page(PageError::NotFound))?;
            let change =
                SetPatient { expected: Some(form.0.version), owner: Some(owner), ..SetPatient::default() };
            set(tx, &case, change, "assigned", AuditAction::Reassign)
        })
    })
    .await?;
    see_other(to)
}

/// `pool`, or the account of a public id.
fn person(people: &People, word: &str) -> Result<Option<i64>, DirectRefused> {
    match word {
        "pool" => Ok(None),
        uid => people.by_uid(uid).map(Some).ok_or(DirectRefused::NoSuchPerson),
    }
}

#[derive(Template)]
#[template(path = "followup/reassignment.html")]
struct ReassignmentPage {
    layout: Layout,
    complaint: Option<String>,
    loads: Vec<Load>,
    from: Field,
    to: Field,
}

/// How much one person has.
struct Load {
    name: String,
    open: String,
    followed: String,
    cases: String,
    here: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReassignmentForm {
    from: String,
    to: String,
    moved: Option<i64>,
}

/// `GET /followup/reassignment`: who has how much, and the form.
pub(super) async fn reassignment(
    app: web::Data<App>,
    acting: Acting,
    query: web::Query<ReassignmentForm>,
) -> PageResult {
    let query = query.into_inner();
    let shown = app.blocking(move |app| {
        app.db.view(&acting, |tx| {
            let layout = super::layout(tx, app)?;
            reassignment_page(tx, layout, &query, None)
        })
    });
    page(&shown.await?)
}

fn reassignment_page(
    tx: &mut Tx<'_>,
    layout: Layout,
    form: &ReassignmentForm,
    complaint: Option<String>,
) -> Result<ReassignmentPage, PageError> {
    let scope = tx.scope()?;
    let here = facility::get(tx.conn(), scope.facility())?;
    let as_of = super::list_page::today(tx, &here);
    let people = People::of(tx.conn(), scope.facility())?;
    let loads = tx.figure(&format!("loads {as_of}"), |conn| store::loads(conn, scope, as_of))?;
    // Also those who left and still own something.
    let mut from: Vec<Choice> = Vec::new();
    let mut shown: Vec<Load> = Vec::new();
    for load in &loads {
        let (uid, name) = match load.owner_id {
            None => ("pool".to_owned(), "Pool".to_owned()),
            Some(id) => {
                let account = accounts::by_id(tx.conn(), id)?;
                (account.uid, account.name)
            }
        };
        let here = uid == form.from;
        from.push(Choice { value: uid, label: name.clone(), here });
        shown.push(Load {
            name,
            open: grouped(load.open),
            followed: grouped(load.followed),
            cases: grouped(load.cases),
            here,
        });
    }
    let mut to = people.assignees(None);
    for choice in &mut to {
        choice.here = choice.value == form.to;
    }
    tx.record(Event::new(AuditAction::List).detail("work by person"));
    let notice = form.moved.map(|n| {
        let items = if n == 1 { "item was" } else { "items were" };
        Notice::good(format!("{} {items} given over.", grouped(n)))
    });
    let title = if complaint.is_some() { "Error: Reassign work" } else { "Reassign work" };
    Ok(ReassignmentPage {
        layout: layout.titled(title).at(Place::FollowUp).wide(Width::Reading).with_notice(notice),
        complaint,
        loads: shown,
        from: select("from", "From", from),
        to: select("to", "To", to),
    })
}

/// `POST /followup/reassignment`: everything one person has goes to another, or to the pool.
pub(super) async fn reassign(
    app: web::Data<App>,
    acting: Acting,
    form: Form<ReassignmentForm>,
) -> PageResult {
    let form = form.0;
    let back = form.clone();
    let ended = app.blocking(move |app| match app.db.write(&acting, |tx| reassign_all(tx, &acting, &form)) {
        Ok(moved) => Ok::<_, PageError>(Ok(moved)),
        Err(DirectRefused::Page(e)) => Err(e),
        Err(said) => {
            let said = said.to_string();
            app.db
                .view(&acting, |tx| {
                    let layout = super::layout(tx, app)?;
                    reassignment_page(tx, layout, &form, Some(said.clone()))
                })
                .map(Err)
        }
    });
    match ended.await? {
        Ok(moved) => {
            see_other(format!("/followup/reassignment?from={}&to={}&moved={moved}", back.from, back.to))
        }
        Err(shown) => page_with_errors(&shown),
    }
}

/// Gives all followed patients and open cases of one owner to another; every one through the one writer.
fn reassign_all(tx: &mut Tx<'_>, actor: &Actor, form: &ReassignmentForm) -> Result<i64, DirectRefused> {
    let scope = tx.scope()?;
    let people = People::of(tx.conn(), scope.facility())?;
    let from = match form.from.as_str() {
        "pool" => None,
        uid => Some(accounts::by_uid(tx.conn(), uid)?.ok_or(DirectRefused::NoSuchPerson)?.id),
    };
    let to = person(&people, &form.to)?;
    let mut moved = 0;
    for (patient, tumors) in store::owned_by(tx.conn(), scope, from)? {
        let (follow_up, cases) = tumors;
        let set = SetPatient { id: patient, owner: follow_up.then_some(to), ..SetPatient::default() };
        moved += i64::from(follow_up) + i64::try_from(cases.len()).unwrap_or(0);
        let change = Change {
            patient: PatientChange::Set(set),
            tumors: cases
                .into_iter()
                .map(|id| TumorChange::Set(SetTumor { id, owner: Some(to), ..SetTumor::default() }))
                .collect(),
            why: Why { source: "reassignment", reason: String::new(), event: Some(AuditAction::Reassign) },
        };
        save::apply(tx, change)?;
    }
    if moved == 0 {
        tx.record(
            Event::new(AuditAction::Reassign).detail(format!("nothing to reassign, by {}", actor.name)),
        );
    }
    Ok(moved)
}
