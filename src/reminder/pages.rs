//! The outbox, and the way from a mail to the list.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::{
    desk::{self, Again},
    job,
    mail::Letterhead,
    outbox::{OutboxRow, State},
    schedule::Kind,
    scheduler::{self, ReminderError},
    store::{self, Workplace},
};
use crate::{
    access::{Action, Actor, permits},
    audit::AuditAction,
    db::{Conn, StoreError},
    facility,
    web::{
        Acting, App, Form, Layout, Notice, PageError, PageResult, Pagination, Place, Route, Shape, Status,
        Tone, page, see_other, status::known,
    },
};

/// Addresses of the feature.
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/outbox", Action::ViewOutbox, || web::get().to(outbox)),
        Route::post("/outbox/tests", Action::ManageMail, || web::post().to(send_test))
            .audited(AuditAction::Mail),
        Route::post("/outbox/{id}/attempts", Action::ManageMail, || web::post().to(try_again))
            .audited(AuditAction::Mail),
        Route::get("/lists/{id}", Action::OwnAccount, || web::get().to(open_list)),
    ]
}

/// Mails on a page.
const PAGE_ROWS: usize = 50;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct OutboxQuery {
    /// A state, or empty for all.
    state: String,
    /// Public id of the mail after which the page begins.
    after: String,
    /// What was just done.
    done: String,
}

struct Tab {
    label: &'static str,
    href: String,
    n: i64,
    here: bool,
}

struct MailLine {
    id: String,
    made: String,
    what: String,
    period: String,
    to: String,
    status: Status,
    attempts: i32,
    then: String,
    remark: String,
    items: String,
    again: bool,
}

#[derive(Template)]
#[template(path = "reminder/outbox.html")]
struct OutboxPage {
    layout: Layout,
    sub: String,
    goes: String,
    manages: bool,
    tabs: Vec<Tab>,
    columns: Vec<(&'static str, bool)>,
    lines: Vec<MailLine>,
    pagination: Pagination,
}

async fn outbox(app: web::Data<App>, acting: Acting, query: web::Query<OutboxQuery>) -> PageResult {
    let query = query.into_inner();
    let shown = app.blocking(move |app| app.db.read(|conn| outbox_page(conn, app, &acting, &query)));
    page(&shown.await?)
}

fn outbox_page(
    conn: &mut Conn,
    app: &App,
    actor: &Actor,
    query: &OutboxQuery,
) -> Result<OutboxPage, PageError> {
    let state = match query.state.as_str() {
        "" => None,
        word => Some(word.parse::<State>().map_err(|e| PageError::BadRequest(e.to_string()))?),
    };
    let desk = facility::desk(conn, app, actor, app.db.clock.now())?;
    let place = workplace(conn, desk.facility.key)?;
    let counts = store::by_state(conn, place.key)?;
    let of = |s: State| counts.get(s.word()).copied().unwrap_or(0);
    let total = state.map_or_else(|| counts.values().sum(), of);
    let after = match query.after.as_str() {
        "" => None,
        id => Some(store::find(conn, place.key, id)?.ok_or(PageError::NotFound)?.key),
    };
    let mut rows = store::list(conn, place.key, state, after, PAGE_ROWS + 1)?;
    let more = rows.len() > PAGE_ROWS;
    rows.truncate(PAGE_ROWS);
    let word = state.map_or("", State::word);
    let next = rows.last().filter(|_| more).map(|row| format!("/outbox?state={word}&after={}", row.id));
    let manages = permits(actor, Action::ManageMail);
    let last_run = store::last_run(conn, place.key)?;
    let mut tabs = vec![Tab {
        label: "All",
        href: "/outbox".to_owned(),
        n: counts.values().sum(),
        here: state.is_none(),
    }];
    tabs.extend(State::ALL.into_iter().filter(|s| of(*s) > 0 || state == Some(*s)).map(|s| Tab {
        label: s.label(),
        href: format!("/outbox?state={}", s.word()),
        n: of(s),
        here: state == Some(s),
    }));
    Ok(OutboxPage {
        layout: desk.layout.titled("Outbox").at(Place::Outbox).with_notice(notice_of(&query.done)),
        sub: match last_run {
            Some(at) => format!("Whom to remind was last looked at on {}.", job::local(&place, at)),
            None => "Whom to remind was not looked at yet.".to_owned(),
        },
        goes: job::describe(&app.config),
        manages,
        tabs,
        columns: vec![
            ("Made", false),
            ("Mail", false),
            ("To", false),
            ("Items", true),
            ("State", false),
            ("Attempts", true),
            ("Sent or next", false),
            ("Remark", false),
        ],
        lines: rows.iter().map(|row| line(&place, row, manages)).collect(),
        pagination: Pagination {
            total: if total == 1 { "1 mail".to_owned() } else { format!("{total} mails") },
            first: after.map(|_| format!("/outbox?state={word}")),
            next,
        },
    })
}

fn workplace(conn: &mut Conn, facility: i64) -> Result<Workplace, StoreError> {
    let found = store::workplaces(conn)?.into_iter().find(|place| place.key == facility);
    found.ok_or(StoreError::Diesel(diesel::result::Error::NotFound))
}

fn notice_of(done: &str) -> Option<Notice> {
    match done {
        "test" => Some(Notice::good("The test mail waits and leaves within a minute.")),
        "again" => Some(Notice::good("The mail is tried again within a minute.")),
        "not-failed" => Some(Notice::warning("Only a mail that has failed can be tried again.")),
        _ => None,
    }
}

fn line(place: &Workplace, row: &OutboxRow, manages: bool) -> MailLine {
    let then = match (row.state, row.sent_at) {
        (_, Some(at)) => job::local(place, at),
        (State::Queued, _) => format!("next {}", job::local(place, row.next_attempt_at)),
        _ => String::new(),
    };
    let remark = match row.state {
        State::Covered => format!("Told by {}.", row.covered_by),
        _ => row.remark.clone(),
    };
    let open = row.counts.map(|c| c.due + c.overdue + c.delinquent);
    MailLine {
        id: row.id.clone(),
        made: job::local(place, row.created_at),
        what: row.kind.map_or_else(|| row.kind_word.clone(), |k| k.label().to_owned()),
        period: match row.kind {
            Some(Kind::Weekly | Kind::NewDue) | None => row.period.clone(),
            _ => String::new(),
        },
        to: match row.kind {
            Some(kind) if kind.is_to_physician() => format!("a physician, for {}", row.recipient_name),
            _ => row.recipient_name.clone(),
        },
        status: status(row.state),
        attempts: row.attempts,
        then,
        remark,
        items: open.map(|n| n.to_string()).unwrap_or_default(),
        again: manages && row.state == State::Failed,
    }
}

fn status(state: State) -> Status {
    match state {
        State::Queued => known::queued(),
        State::Sending => known::sending(),
        State::Sent => known::sent(),
        State::Failed => known::failed(),
        State::Cancelled => known::cancelled(),
        State::Covered => Status::new(Shape::Dash, Tone::Quiet, state.label()),
    }
}

async fn try_again(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    _form: Form<NoFields>,
) -> PageResult {
    let done = app.blocking(move |app| {
        let facility = acting.scope().ok_or(PageError::NotFound)?.facility();
        match desk::try_again(&app.db, &acting, facility, &id)? {
            Again::Waits => Ok("again"),
            Again::NotFailed => Ok("not-failed"),
            Again::Unknown => Err(PageError::NotFound),
        }
    });
    see_other(format!("/outbox?done={}", done.await?))
}

/// A form that only asks for something to be done.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoFields {}

async fn send_test(app: web::Data<App>, acting: Acting, _form: Form<NoFields>) -> PageResult {
    app.blocking(move |app| {
        let facility = acting.scope().ok_or(PageError::NotFound)?.facility();
        let account = acting.account().ok_or(PageError::NotFound)?;
        let now = app.db.clock.now();
        let place = app.db.read(|conn| workplace(conn, facility))?;
        let letterhead = Letterhead::new(&app.config.mail.from, &place.reply_to)
            .map_err(|e| PageError::BadRequest(e.to_string()))?;
        scheduler::make_test(&app.db, &acting, &place, &letterhead, account, now).map_err(|e| match e {
            ReminderError::Store(e) => e.into(),
            other => PageError::Internal(other.into()),
        })
    })
    .await?;
    see_other("/outbox?done=test")
}

/// The link of a mail: on to the list, for its recipient; for anybody else there is no such page.
async fn open_list(app: web::Data<App>, acting: Acting, id: web::Path<String>) -> PageResult {
    let to = app.blocking(move |app| {
        let facility = acting.scope().ok_or(PageError::NotFound)?.facility();
        let row = app.db.read(|conn| store::find(conn, facility, &id))?.ok_or(PageError::NotFound)?;
        let own = acting.account() == Some(row.account);
        if own && permits(&acting, Action::ViewFollowUp) {
            Ok("/followup?owner=me")
        } else if permits(&acting, Action::DirectFollowUp) {
            // A supervisor reads mails of a colleague whose address was refused.
            Ok("/followup")
        } else {
            Err(PageError::NotFound)
        }
    });
    see_other(to.await?)
}

/// A mail to somebody, as the home page tells it.
#[derive(Clone, Debug)]
pub struct Message {
    /// What it was about.
    pub what: &'static str,
    /// When it was made, local time.
    pub at: String,
    /// What became of it.
    pub status: Status,
    /// Open items it told.
    pub items: Option<u64>,
}

/// Mails to a person of the last fourteen days, newest first, at most five.
pub fn own_messages(
    conn: &mut Conn,
    facility: i64,
    account: i64,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<Message>, StoreError> {
    let place = workplace(conn, facility)?;
    let rows = store::own(conn, facility, account, now - chrono::Duration::days(14))?;
    Ok(rows
        .into_iter()
        .map(|row| Message {
            what: row.kind.map_or("Mail", Kind::label),
            at: job::local(&place, row.created_at),
            status: status(row.state),
            items: row.counts.map(|c| c.due + c.overdue + c.delinquent),
        })
        .collect())
}
