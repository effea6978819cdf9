//! My work: what needs this person today.

use actix_web::web;
use askama::Template;

use super::store;
use crate::{
    abstracting::AbstractState,
    access::{Action, Role, permits},
    audit::{AuditAction, Event},
    casefinding,
    db::Tx,
    facility::{self, Desk},
    followup::{self, Counts, Group, Owner},
    icdo::PrimarySite,
    patient::full_name,
    quality_review, query,
    reminder::{self, Message},
    web::{Acting, App, Layout, PageError, PageResult, Place, Route, Shape, Status, Tone, days_left, page},
};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/", Action::OwnAccount, || web::get().to(show)).audited(AuditAction::List)]
}

/// One line of "what needs you today".
struct Need {
    number: i64,
    tone: &'static str,
    text: &'static str,
    detail: &'static str,
    button: &'static str,
    href: &'static str,
}

struct OpenCase {
    href: String,
    name: String,
    site: String,
    status: Status,
    due: String,
    left: String,
    late: bool,
}

/// A task somebody gave to this person.
struct Task {
    href: String,
    text: String,
    by: String,
    due: String,
    late: bool,
}

struct Count {
    status: Status,
    number: i64,
    href: &'static str,
}

#[derive(Template)]
#[template(path = "administration/home.html")]
struct HomePage {
    layout: Layout,
    day: String,
    works: bool,
    elsewhere: Vec<(&'static str, &'static str)>,
    needs: Vec<Need>,
    open: Vec<OpenCase>,
    open_count: i64,
    counts: Vec<Count>,
    tasks: Vec<Task>,
    messages: Vec<Message>,
}

async fn show(app: web::Data<App>, acting: Acting) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                home(tx, desk)
            })
        })
        .await?;
    page(&shown)
}

fn home(tx: &mut Tx<'_>, desk: Desk) -> Result<HomePage, PageError> {
    let actor = tx.actor();
    let works = permits(actor, Action::ViewFollowUp);
    let day = desk.now.format("%A %-d %B %Y").to_string();
    let mut shown = HomePage {
        day,
        works,
        elsewhere: elsewhere(actor),
        needs: Vec::new(),
        open: Vec::new(),
        open_count: 0,
        counts: Vec::new(),
        tasks: Vec::new(),
        messages: Vec::new(),
        layout: desk.layout.titled("My work").at(Place::MyWork),
    };
    let mut event = Event::new(AuditAction::List).detail("my work");
    if let Some(account) = actor.account().filter(|_| works) {
        let scope = tx.scope()?;
        let follow = followup::figures(tx, Owner::Person(account), desk.today)?;
        let (open, late) = tx.figure(&format!("open abstracts {account} {}", desk.today), |conn| {
            store::abstract_counts(conn, scope, account, desk.today)
        })?;
        let cases = store::open_abstracts(tx.conn(), scope, account, 10)?;
        for case in &cases {
            event = event.tumor(case.patient_id, case.tumor_id);
        }
        let tasks = store::open_tasks(tx.conn(), scope, account, 10)?;
        for task in &tasks {
            event = event.tumor(task.patient_id, task.tumor_id);
        }
        shown.tasks = tasks.into_iter().map(|t| task(t, desk.today)).collect();
        let now = tx.now();
        shown.messages = reminder::own_messages(tx.conn(), scope.facility(), account, now)?;
        let asked = query::waiting(tx.conn(), scope, account)?;
        shown.needs = needs(&follow, late);
        shown.needs.extend(asked_needs(asked, actor.is(Role::Supervisor)));
        let (pool, own) = casefinding::open_count(tx, account, desk.today)?;
        shown.needs.extend(suspense(pool + own));
        shown.needs.extend(disputes(quality_review::disputes_waiting(tx)?));
        shown.open_count = open;
        shown.open = cases.into_iter().map(|c| open_case(c, desk.today)).collect();
        shown.counts = counts(&follow);
    }
    tx.record(event);
    Ok(shown)
}

/// Where somebody who works no cases finds their pages.
fn elsewhere(actor: &crate::access::Actor) -> Vec<(&'static str, &'static str)> {
    let mut places = Vec::new();
    if actor.is(Role::Administrator) {
        places.push(("Accounts and roles", "/accounts"));
        places.push(("Facilities", "/facilities"));
        places.push(("Outbox", "/outbox"));
    }
    if actor.is(Role::Auditor) {
        places.push(("The audit list", "/audit"));
    }
    if actor.is(Role::QualityReviewer) {
        places.push(("Quality review", "/quality-review"));
        places.push(("Abstracts", "/abstracts"));
    }
    places.push(("Own settings", "/account"));
    places
}

fn needs(follow: &Counts, late: i64) -> Vec<Need> {
    [
        Need {
            number: follow.of(Group::Delinquent),
            tone: "error",
            text: if follow.of(Group::Delinquent) == 1 {
                "patient is delinquent"
            } else {
                "patients are delinquent"
            },
            detail: "No contact for over 15 months. They count against the follow-up rates.",
            button: "Work the list",
            href: "/followup?owner=me&status=delinquent",
        },
        Need {
            number: follow.of(Group::Overdue),
            tone: "warning",
            text: if follow.of(Group::Overdue) == 1 { "patient is overdue" } else { "patients are overdue" },
            detail: "No contact for over 13 months.",
            button: "Open",
            href: "/followup?owner=me&status=overdue",
        },
        Need {
            number: late,
            tone: "warning",
            text: if late == 1 { "abstract is late" } else { "abstracts are late" },
            detail: "More than six months since first contact.",
            button: "Open",
            href: "/abstracts",
        },
        Need {
            number: follow.of(Group::Due),
            tone: "",
            text: if follow.of(Group::Due) == 1 {
                "patient is due for follow-up"
            } else {
                "patients are due for follow-up"
            },
            detail: "The last contact was a year ago.",
            button: "Open",
            href: "/followup?owner=me&status=due",
        },
    ]
    .into_iter()
    .filter(|n| n.number > 0)
    .collect()
}

/// What of questions to physicians waits: answers, and for supervisors silence.
fn asked_needs(asked: query::Waiting, supervises: bool) -> impl Iterator<Item = Need> {
    [
        Need {
            number: asked.answers,
            tone: "warning",
            text: if asked.answers == 1 { "answer of a physician" } else { "answers of physicians" },
            detail: "See what it would do to the case, then take or leave it.",
            button: "Look",
            href: "/queries",
        },
        Need {
            number: if supervises { asked.late } else { 0 },
            tone: "warning",
            text: if asked.late == 1 { "question without an answer" } else { "questions without an answer" },
            detail: "A physician was asked more than 28 days ago.",
            button: "Open",
            href: "/queries",
        },
    ]
    .into_iter()
    .filter(|n| n.number > 0)
}

/// Possible cases of this person or of nobody.
fn suspense(number: i64) -> Option<Need> {
    let text =
        if number == 1 { "possible case waits for a decision" } else { "possible cases wait for a decision" };
    let detail = "Yours, and those in the pool.";
    (number > 0).then_some(Need { number, tone: "", text, detail, button: "Open", href: "/suspense" })
}

/// Differences that an abstractor disputes.
fn disputes(number: i64) -> Option<Need> {
    let text = if number == 1 { "disputed difference" } else { "disputed differences" };
    let detail = "Of quality reviews; you neither abstracted nor reviewed the case.";
    let href = "/quality-review/disputes";
    (number > 0).then_some(Need { number, tone: "", text, detail, button: "Decide", href })
}

fn counts(follow: &Counts) -> Vec<Count> {
    vec![
        Count {
            status: Status::new(Shape::Diamond, Tone::Error, "Delinquent"),
            number: follow.of(Group::Delinquent),
            href: "/followup?owner=me&status=delinquent",
        },
        Count {
            status: Status::new(Shape::Triangle, Tone::Warning, "Overdue"),
            number: follow.of(Group::Overdue),
            href: "/followup?owner=me&status=overdue",
        },
        Count {
            status: Status::new(Shape::Half, Tone::Active, "Due"),
            number: follow.of(Group::Due),
            href: "/followup?owner=me&status=due",
        },
        Count {
            status: Status::new(Shape::Ring, Tone::Quiet, "Coming"),
            number: follow.of(Group::Coming),
            href: "/followup?owner=me&status=coming",
        },
    ]
}

/// Longest text of a task on this page, in characters.
const TASK_TEXT: usize = 160;

fn task(task: store::OpenTask, today: chrono::NaiveDate) -> Task {
    let words: Vec<&str> = task.body.split_whitespace().collect();
    let whole = words.join(" ");
    let mut text: String = whole.chars().take(TASK_TEXT).collect();
    if text.len() < whole.len() {
        text.push('…');
    }
    Task {
        href: format!("/abstracts/{}/notes", task.case_uid),
        text,
        by: task.created_by,
        due: task.due_on.map(|d| d.format("%-d %b %Y").to_string()).unwrap_or_default(),
        late: task.due_on.is_some_and(|d| d < today),
    }
}

fn open_case(case: store::OpenAbstract, today: chrono::NaiveDate) -> OpenCase {
    let site = PrimarySite::parse(&case.primary_site)
        .map(|s| s.label().to_owned())
        .unwrap_or_else(|_| "No site yet".to_owned());
    let days = case.abstract_due.map(|d| (d - today).num_days());
    OpenCase {
        href: format!("/abstracts/{}", case.uid),
        name: full_name(&case.name_last, &case.name_first),
        site,
        status: AbstractState::parse(&case.state).unwrap_or(AbstractState::InProgress).status(),
        due: case.abstract_due.map(|d| d.format("%-d %b %Y").to_string()).unwrap_or_default(),
        left: days.map_or_else(|| "no first contact".to_owned(), days_left),
        late: days.is_some_and(|d| d < 8),
    }
}
