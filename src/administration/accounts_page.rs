//! Accounts and roles, for administrators. Nobody chooses another person's password.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use crate::{
    access::{
        Action, Actor, Role,
        accounts::{self, AccountRefused, AccountRow, LinkKind, NewAccount},
    },
    audit::AuditAction,
    db::Tx,
    facility,
    web::{
        Acting, App, Control, Field, FieldState, Form, FormErrors, Layout, Notice, PageError, PageResult,
        Place, Route, Shape, Status, Tone, page, page_with_errors, see_other,
    },
};

pub(super) fn routes() -> Vec<Route> {
    let right = Action::ManageAccounts;
    vec![
        Route::get("/accounts", right, || web::get().to(list)),
        Route::post("/accounts", right, || web::post().to(add)).audited(AuditAction::ChangeAccount),
        Route::get("/accounts/{id}", right, || web::get().to(show)),
        Route::post("/accounts/{id}", right, || web::post().to(change)).audited(AuditAction::ChangeAccount),
        Route::post("/accounts/{id}/roles", right, || web::post().to(change_roles))
            .audited(AuditAction::ChangeRole),
    ]
}

struct Line {
    href: String,
    name: String,
    login: String,
    roles: String,
    status: Status,
    last: String,
}

#[derive(Template)]
#[template(path = "administration/accounts.html")]
struct ListPage {
    layout: Layout,
    lines: Vec<Line>,
    errors: FormErrors,
    fields: Vec<Field>,
    roles: Vec<(&'static str, &'static str, bool)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NewForm {
    login: String,
    name: String,
    email: String,
    initials: String,
    role: Vec<String>,
}

fn status_of(account: &AccountRow, now: chrono::NaiveDateTime) -> Status {
    if account.throttled_until.is_some_and(|until| until > now) {
        return Status::new(Shape::Triangle, Tone::Warning, "Waiting after failed attempts");
    }
    match account.state.as_str() {
        "active" => Status::new(Shape::Dot, Tone::Good, "Active"),
        "disabled" => Status::new(Shape::Dash, Tone::Quiet, "Disabled"),
        _ => Status::new(Shape::Ring, Tone::Quiet, "Invited, no password yet"),
    }
}

fn read_list(app: &App, actor: &Actor, form: &NewForm, errors: FormErrors) -> Result<ListPage, PageError> {
    app.db.read(|conn| {
        let now = app.db.clock.now();
        let desk = facility::desk(conn, app, actor, now)?;
        let here = desk.facility.key;
        let zone = desk.facility.zone;
        let lines = accounts::list(conn)?
            .into_iter()
            .filter_map(|(a, memberships)| {
                let own = memberships.into_iter().find(|m| m.facility == here)?;
                Some(Line {
                    href: format!("/accounts/{}", a.uid),
                    status: status_of(&a, now.naive_utc()),
                    last: a
                        .last_sign_in_at
                        .map(|at| at.and_utc().with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string())
                        .unwrap_or_else(|| "never".to_owned()),
                    roles: own.roles.iter().map(|r| r.label()).collect::<Vec<_>>().join(", "),
                    name: a.name,
                    login: format!("{}, {}", a.login, own.initials),
                })
            })
            .collect();
        let fields = vec![
            Field::text("login", "User name")
                .value(&form.login)
                .error(errors.of("login"))
                .most(64)
                .required(),
            Field::text("name", "Name").value(&form.name).error(errors.of("name")).most(100).required(),
            Field::text("email", "E-mail").value(&form.email).error(errors.of("email")).most(254).required(),
            Field::text("initials", "Initials")
                .hint("Three letters or digits; they fill “Abstracted by”.")
                .value(&form.initials)
                .error(errors.of("initials"))
                .most(3)
                .required(),
        ];
        let roles = Role::ALL
            .into_iter()
            .map(|r| (r.word(), r.label(), form.role.iter().any(|w| w == r.word())))
            .collect();
        let title = if errors.is_empty() { "Accounts" } else { "Error: Accounts" };
        Ok(ListPage { layout: desk.layout.titled(title).at(Place::Accounts), lines, errors, fields, roles })
    })
}

async fn list(app: web::Data<App>, acting: Acting) -> PageResult {
    let shown =
        app.blocking(move |app| read_list(app, &acting, &NewForm::default(), FormErrors::default())).await?;
    page(&shown)
}

/// The field a refusal belongs to.
fn field_of(why: &AccountRefused) -> (&'static str, &'static str) {
    match why {
        AccountRefused::Name => ("name", "Name"),
        AccountRefused::Email(_) => ("email", "E-mail"),
        AccountRefused::Initials(_) | AccountRefused::InitialsTaken(_) => ("initials", "Initials"),
        _ => ("login", "User name"),
    }
}

#[derive(Template)]
#[template(path = "administration/link.html")]
struct LinkPage {
    layout: Layout,
    name: String,
    link: String,
    until: String,
    back: String,
}

fn link_page(
    tx: &mut Tx<'_>,
    app: &App,
    account: &AccountRow,
    kind: LinkKind,
    token: &str,
) -> Result<LinkPage, AccountRefused> {
    let until = accounts::issue_link(tx, account, kind, token)?;
    let (now, actor) = (tx.now(), tx.actor());
    let desk = facility::desk(tx.conn(), app, actor, now)?;
    Ok(LinkPage {
        until: until.with_timezone(&desk.facility.zone).format("%-d %B %Y, %H:%M").to_string(),
        layout: desk.layout.titled("Link for a password").at(Place::Accounts),
        name: account.name.clone(),
        link: format!("{}/password/{token}", app.config.base_url()),
        back: format!("/accounts/{}", account.uid),
    })
}

async fn add(app: web::Data<App>, acting: Acting, form: Form<NewForm>) -> PageResult {
    let form = form.0;
    let made = app
        .blocking(move |app| {
            let mut roles = Vec::new();
            for word in &form.role {
                roles.push(
                    Role::parse(word)
                        .ok_or_else(|| PageError::BadRequest(format!("“{word}” is not a role.")))?,
                );
            }
            let new = NewAccount {
                login: form.login.clone(),
                name: form.name.clone(),
                email: form.email.clone(),
                initials: form.initials.clone(),
            };
            let token = app.db.chance.token();
            let made = app.db.write(&acting, |tx| {
                let here = tx.scope()?.facility();
                let account = accounts::create(tx, here, &new, &roles)?;
                link_page(tx, app, &account, LinkKind::Invitation, &token)
            });
            match made {
                Ok(shown) => Ok(Ok(shown)),
                Err(AccountRefused::Store(e)) => Err(e.into()),
                Err(why) => {
                    let mut errors = FormErrors::default();
                    let (field, label) = field_of(&why);
                    errors.add(field, label, why);
                    read_list(app, &acting, &form, errors).map(Err)
                }
            }
        })
        .await?;
    match made {
        Ok(shown) => page(&shown),
        Err(shown) => page_with_errors(&shown),
    }
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

/// An account that is a member of the facility worked in.
fn member(tx: &mut Tx<'_>, uid: &str) -> Result<(AccountRow, accounts::MembershipRow), PageError> {
    let here = tx.scope()?.facility();
    accounts::list(tx.conn())?
        .into_iter()
        .filter(|(a, _)| a.uid == uid)
        .find_map(|(a, memberships)| memberships.into_iter().find(|m| m.facility == here).map(|m| (a, m)))
        .ok_or(PageError::NotFound)
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
    let shown = app
        .blocking(move |app| {
            app.db.read(|conn| {
                let now = app.db.clock.now();
                let desk = facility::desk(conn, app, &acting, now)?;
                let here = desk.facility.key;
                let (a, own) = accounts::list(conn)?
                    .into_iter()
                    .filter(|(a, _)| a.uid == *id)
                    .find_map(|(a, m)| m.into_iter().find(|m| m.facility == here).map(|m| (a, m)))
                    .ok_or(PageError::NotFound)?;
                let notice = match said.done.as_str() {
                    "" => None,
                    "refused" => Some(Notice::error(
                        "Not changed: nobody changes their own roles, and one administrator has to stay.",
                    )),
                    _ => Some(Notice::good("The account was changed. It applies from the next request on.")),
                };
                Ok::<_, PageError>(AccountOfPage {
                    layout: desk.layout.titled("Account").at(Place::Accounts).with_notice(notice),
                    status: status_of(&a, now.naive_utc()),
                    href: format!("/accounts/{}", a.uid),
                    own: acting.account() == Some(a.id),
                    disabled: a.state == "disabled",
                    waiting: a.throttled_until.is_some_and(|until| until > now.naive_utc()),
                    roles: Role::ALL
                        .into_iter()
                        .map(|r| (r.word(), r.label(), own.roles.contains(&r)))
                        .collect(),
                    name: a.name,
                    login: a.login,
                    email: a.email,
                    initials: own.initials,
                })
            })
        })
        .await?;
    page(&shown)
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
    let (id, what) = (id.into_inner(), form.0.what);
    let back = format!("/accounts/{id}");
    let done = app
        .blocking(move |app| {
            let token = app.db.chance.token();
            let done = app.db.write(&acting, |tx| {
                let (account, _) = member(tx, &id)?;
                let refuse = |why: AccountRefused| match why {
                    AccountRefused::Store(e) => PageError::from(e),
                    other => PageError::BadRequest(other.to_string()),
                };
                match what.as_str() {
                    "disable" => accounts::set_active(tx, &account, false).map_err(refuse)?,
                    "enable" => accounts::set_active(tx, &account, true).map_err(refuse)?,
                    "unlock" => accounts::unlock(tx, &account).map_err(refuse)?,
                    "reset" => {
                        return link_page(tx, app, &account, LinkKind::Reset, &token)
                            .map(Some)
                            .map_err(refuse);
                    }
                    other => {
                        return Err(PageError::BadRequest(format!(
                            "“{other}” cannot be done to an account."
                        )));
                    }
                }
                Ok(None)
            });
            match done {
                Err(PageError::BadRequest(_)) => Ok(Err(())),
                other => other.map(Ok),
            }
        })
        .await?;
    match done {
        Ok(Some(link)) => page(&link),
        Ok(None) => see_other(format!("{back}?done=changed")),
        Err(()) => see_other(format!("{back}?done=refused")),
    }
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
    let (id, words) = (id.into_inner(), form.0.role);
    let back = format!("/accounts/{id}");
    let done = app
        .blocking(move |app| {
            let done = app.db.write(&acting, |tx| {
                let (account, own) = member(tx, &id)?;
                let here = tx.scope()?.facility();
                let mut wanted = Vec::new();
                for word in &words {
                    wanted.push(
                        Role::parse(word).ok_or_else(|| PageError::BadRequest("no such role".to_owned()))?,
                    );
                }
                let refuse = |why: AccountRefused| match why {
                    AccountRefused::Store(e) => PageError::from(e),
                    other => PageError::BadRequest(other.to_string()),
                };
                for role in Role::ALL {
                    match (wanted.contains(&role), own.roles.contains(&role)) {
                        (true, false) => accounts::grant(tx, &account, here, role).map_err(refuse)?,
                        (false, true) => accounts::revoke(tx, &account, here, role).map_err(refuse)?,
                        _ => {}
                    }
                }
                tx.record(
                    crate::audit::Event::new(AuditAction::ChangeRole)
                        .detail(format!("roles of account {}", account.uid)),
                );
                Ok(())
            });
            match done {
                Err(PageError::BadRequest(_)) => Ok(false),
                other => other.map(|()| true),
            }
        })
        .await?;
    see_other(format!("{back}?done={}", if done { "changed" } else { "refused" }))
}
