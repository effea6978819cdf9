//! One account, for administrators: its roles here, its state, a link for its owner.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::accounts_page::{LinkPage, link_page, roles_of, status_of};
use crate::{
    access::{
        Action, Actor, Role,
        accounts::{self, AccountRefused, AccountRow, LinkKind, MembershipRow},
    },
    audit::{AuditAction, Event},
    db::{Conn, HoldsStoreError, StoreError, Tx},
    facility,
    web::{
        Acting, App, Form, Layout, Notice, PageError, PageResult, Place, Route, Status, page,
        page_with_errors, see_other,
    },
};

pub(super) fn routes() -> Vec<Route> {
    let right = Action::ManageAccounts;
    vec![
        Route::get("/accounts/{id}", right, || web::get().to(show)),
        Route::post("/accounts/{id}", right, || web::post().to(change)).audited(AuditAction::ChangeAccount),
        Route::post("/accounts/{id}/roles", right, || web::post().to(change_roles))
            .audited(AuditAction::ChangeRole),
    ]
}

#[derive(Template)]
#[template(path = "administration/account_of.html")]
struct AccountOfPage {
    layout: Layout,
    name: String,
    login: String,
    email: String,
    initials: String,
    status: Status,
    href: String,
    own: bool,
    disabled: bool,
    waiting: bool,
    roles: Vec<(&'static str, &'static str, bool)>,
}

/// An account that is a member of a facility.
fn member(conn: &mut Conn, here: i64, uid: &str) -> Result<(AccountRow, MembershipRow), PageError> {
    let account = accounts::list(conn)?.into_iter().find(|(account, _)| account.uid == uid);
    account
        .and_then(|(account, all)| all.into_iter().find(|m| m.facility == here).map(|own| (account, own)))
        .ok_or(PageError::NotFound)
}

fn read(app: &App, actor: &Actor, uid: &str, notice: Option<Notice>) -> Result<AccountOfPage, PageError> {
    app.db.read(|conn| {
        let now = app.db.clock.now();
        let desk = facility::desk(conn, app, actor, now)?;
        let (account, own) = member(conn, desk.facility.key, uid)?;
        Ok(AccountOfPage {
            layout: desk.layout.titled("Account").at(Place::Accounts).with_notice(notice),
            status: status_of(&account, now.naive_utc()),
            href: format!("/accounts/{}", account.uid),
            own: actor.account() == Some(account.id),
            disabled: account.state == "disabled",
            waiting: account.throttled_until.is_some_and(|until| until > now.naive_utc()),
            roles: Role::ALL.into_iter().map(|r| (r.word(), r.label(), own.roles.contains(&r))).collect(),
            name: account.name,
            login: account.login,
            email: account.email,
            initials: own.initials,
        })
    })
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    done: String,
}

async fn show(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    said: web::Query<Said>,
) -> PageResult {
    let notice = (!said.done.is_empty())
        .then(|| Notice::good("The account was changed. It applies from the next request on."));
    let shown = app.blocking(move |app| read(app, &acting, &id, notice)).await?;
    page(&shown)
}

/// Why a change was not made.
enum NotChanged {
    Page(PageError),
    Refused(AccountRefused),
}

impl From<PageError> for NotChanged {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}

impl From<AccountRefused> for NotChanged {
    fn from(error: AccountRefused) -> Self {
        Self::Refused(error)
    }
}

impl From<StoreError> for NotChanged {
    fn from(error: StoreError) -> Self {
        Self::Page(error.into())
    }
}

impl HoldsStoreError for NotChanged {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Page(error) => error.store_error(),
            Self::Refused(error) => error.store_error(),
        }
    }
}

/// What a change came to.
enum Done {
    Changed,
    Link(LinkPage),
    /// Not done; the page says why.
    Refused(AccountOfPage),
}

/// Changes a member's account; a refusal is said on the page.
async fn with_member(
    app: web::Data<App>,
    acting: Acting,
    uid: String,
    f: impl Fn(&mut Tx<'_>, &App, &AccountRow, &MembershipRow) -> Result<Option<LinkPage>, NotChanged>
    + Send
    + 'static,
) -> PageResult {
    let back = format!("/accounts/{uid}?done=changed");
    let done = app
        .blocking(move |app| {
            let done = app.db.write(&acting, |tx| {
                let here = tx.scope()?.facility();
                let (account, own) = member(tx.conn(), here, &uid)?;
                f(tx, app, &account, &own)
            });
            match done {
                Ok(None) => Ok(Done::Changed),
                Ok(Some(link)) => Ok(Done::Link(link)),
                Err(NotChanged::Page(error)) => Err(error),
                Err(NotChanged::Refused(AccountRefused::Store(error))) => Err(error.into()),
                Err(NotChanged::Refused(why)) => {
                    let notice = Notice::error(format!("Not changed. {why}"));
                    read(app, &acting, &uid, Some(notice)).map(Done::Refused)
                }
            }
        })
        .await?;
    match done {
        Done::Changed => see_other(back),
        Done::Link(shown) => page(&shown),
        Done::Refused(shown) => page_with_errors(&shown),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeForm {
    #[serde(rename = "do")]
    what: String,
}

async fn change(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    form: Form<ChangeForm>,
) -> PageResult {
    let token = app.db.chance.token();
    with_member(app, acting, id.into_inner(), move |tx, app, account, _| {
        match form.0.what.as_str() {
            "disable" => accounts::set_active(tx, account, false)?,
            "enable" => accounts::set_active(tx, account, true)?,
            "unlock" => accounts::unlock(tx, account)?,
            "reset" => return Ok(Some(link_page(tx, app, account, LinkKind::Reset, &token)?)),
            other => {
                let says = format!("“{other}” is not one of disable, enable, unlock, reset.");
                return Err(PageError::BadRequest(says).into());
            }
        }
        Ok(None)
    })
    .await
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RolesForm {
    role: Vec<String>,
}

async fn change_roles(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    form: Form<RolesForm>,
) -> PageResult {
    let wanted = roles_of(&form.0.role)?;
    with_member(app, acting, id.into_inner(), move |tx, _, account, own| {
        for role in Role::ALL {
            match (wanted.contains(&role), own.roles.contains(&role)) {
                (true, false) => accounts::grant(tx, account, own.facility, role)?,
                (false, true) => accounts::revoke(tx, account, own.facility, role)?,
                _ => {}
            }
        }
        // Also when nothing differs: somebody confirmed these roles.
        let detail = format!("roles of account {}", account.uid);
        tx.record(Event::new(AuditAction::ChangeRole).detail(detail));
        Ok(None)
    })
    .await
}
