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
        Acting, App, Control, Field, FieldState, Form, FormErrors, Layout, PageError, PageResult, Place,
        Route, Shape, Status, Tone, page, page_with_errors,
    },
};

pub(super) fn routes() -> Vec<Route> {
    let right = Action::ManageAccounts;
    vec![
        Route::get("/accounts", right, || web::get().to(list)),
        Route::post("/accounts", right, || web::post().to(add)).audited(AuditAction::ChangeAccount),
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

pub(super) fn status_of(account: &AccountRow, now: chrono::NaiveDateTime) -> Status {
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

/// A refusal beside the field it belongs to.
fn complaint(why: AccountRefused) -> FormErrors {
    let (field, label) = match why {
        AccountRefused::Name => ("name", "Name"),
        AccountRefused::Email(_) => ("email", "E-mail"),
        AccountRefused::Initials(_) | AccountRefused::InitialsTaken(_) => ("initials", "Initials"),
        _ => ("login", "User name"),
    };
    let mut errors = FormErrors::default();
    errors.add(field, label, why);
    errors
}

/// The roles that a form ticked.
pub(super) fn roles_of(words: &[String]) -> Result<Vec<Role>, PageError> {
    let role = |word: &String| {
        let words = Role::ALL.map(Role::word).join(", ");
        Role::parse(word).ok_or_else(|| PageError::BadRequest(format!("“{word}” is not one of {words}.")))
    };
    words.iter().map(role).collect()
}

#[derive(Template)]
#[template(path = "administration/link.html")]
pub(super) struct LinkPage {
    layout: Layout,
    name: String,
    link: String,
    until: String,
    back: String,
}

pub(super) fn link_page(
    tx: &mut Tx<'_>,
    app: &App,
    account: &AccountRow,
    kind: LinkKind,
    token: &str,
) -> Result<LinkPage, AccountRefused> {
    let until = accounts::issue_link(tx, account, kind, token)?;
    let desk = facility::desk_of(tx, app)?;
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
            let roles = roles_of(&form.role)?;
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
                Err(why) => read_list(app, &acting, &form, complaint(why)).map(Err),
            }
        })
        .await?;
    match made {
        Ok(shown) => page(&shown),
        Err(shown) => page_with_errors(&shown),
    }
}
