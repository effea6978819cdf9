//! Signing in and out; choosing a password with a link; choosing a facility.

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite},
    http::header,
    web,
};
use askama::Template;
use serde::Deserialize;
use subtle::ConstantTimeEq;

use crate::{
    access::{
        Action, Actor,
        accounts::{self, AccountRefused},
        session::{self, SignInRefused},
    },
    audit::AuditAction,
    facility,
    web::{
        Acting, App, Control, Field, FieldState, Form, FormErrors, Layout, Notice, PageError, PageResult,
        Route,
        guard::{COOKIE, no_cookie, session_cookie},
        page, page_with_errors, see_other,
    },
};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/sign-in", Action::Public, || web::get().to(show)),
        Route::post("/sign-in", Action::Public, || web::post().to(sign_in)).audited(AuditAction::SignIn),
        Route::get("/sign-in/check", Action::Public, || web::get().to(check_cookie)),
        Route::post("/sign-out", Action::OwnAccount, || web::post().to(sign_out))
            .audited(AuditAction::SignOut),
        Route::get("/password/{token}", Action::Public, || web::get().to(show_choice)),
        Route::post("/password/{token}", Action::Public, || web::post().to(choose))
            .audited(AuditAction::ChangeAccount),
        Route::get("/facility", Action::OwnAccount, || web::get().to(show_facilities)),
        Route::post("/facility", Action::OwnAccount, || web::post().to(choose_facility))
            .audited(AuditAction::SignIn),
    ]
}

/// Cookie of somebody not signed in yet; forms before signing in carry its keyed fingerprint.
const BEFORE: &str = "__Host-registry-before";

#[derive(Template)]
#[template(path = "administration/sign_in.html")]
struct SignInPage {
    layout: Layout,
    user: String,
    message: String,
    next: String,
    logins: Vec<(String, String, String)>,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
    /// `password` when one was chosen just before.
    #[serde(default)]
    kept: String,
}

/// Where to go afterwards: an address of our own without a host, else the first page.
fn own_address(next: &str) -> String {
    let good = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\r', '\n', '\t'])
        && !next.starts_with("/sign-");
    if good { next.to_owned() } else { "/".to_owned() }
}

fn before(app: &App, req: &HttpRequest) -> (String, Option<Cookie<'static>>) {
    if let Some(cookie) = req.cookie(BEFORE).filter(|c| c.value().len() == 64) {
        return (cookie.value().to_owned(), None);
    }
    let token = app.db.chance.token();
    let cookie = Cookie::build(BEFORE, token.clone())
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .finish();
    (token, Some(cookie))
}

fn token_of(app: &App, before: &str) -> String {
    app.db.sealer.fingerprint("before signing in", before.as_bytes())
}

/// Reads a form of somebody not signed in: token first, then the fields.
fn checked<T: serde::de::DeserializeOwned>(
    app: &App,
    req: &HttpRequest,
    body: &web::Bytes,
) -> Result<T, PageError> {
    let pairs: Vec<(String, String)> = serde_html_form::from_bytes(body)
        .map_err(|_| PageError::BadRequest("The form cannot be read; it must be UTF-8.".to_owned()))?;
    let expected = req.cookie(BEFORE).map(|c| token_of(app, c.value())).ok_or(PageError::Forged)?;
    let given: Vec<_> = pairs.iter().filter(|(n, _)| n == "csrf").collect();
    let fits = matches!(given.as_slice(), [(_, v)] if bool::from(v.as_bytes().ct_eq(expected.as_bytes())));
    if !fits {
        return Err(PageError::Forged);
    }
    let rest: Vec<_> = pairs.into_iter().filter(|(n, _)| n != "csrf").collect();
    crate::web::form::read(&rest)
}

fn door(app: &App, csrf: String, title: &str) -> Layout {
    let facility = app.db.read(facility::all).ok().and_then(|all| all.into_iter().next());
    Layout {
        title: title.to_owned(),
        facility: facility.map(|f| f.name).unwrap_or_default(),
        csrf,
        today: app.db.clock.now().date_naive(),
        practice: app.practice.is_some(),
        ..Layout::default()
    }
}

fn with_cookie(mut answer: HttpResponse, cookie: Option<Cookie<'static>>) -> PageResult {
    if let Some(cookie) = cookie {
        answer.add_cookie(&cookie).map_err(|e| PageError::Internal(anyhow::anyhow!(e)))?;
    }
    Ok(answer)
}

fn sign_in_page(app: &App, token: &str, user: &str, message: &str, next: &str) -> SignInPage {
    SignInPage {
        layout: door(app, token_of(app, token), "Sign in"),
        user: user.to_owned(),
        message: message.to_owned(),
        next: own_address(next),
        logins: app.practice.as_ref().map(|p| p.logins.clone()).unwrap_or_default(),
    }
}

async fn show(app: web::Data<App>, req: HttpRequest, query: web::Query<Next>) -> PageResult {
    let (token, cookie) = before(&app, &req);
    let Next { next, kept } = query.into_inner();
    let answer = app
        .blocking(move |app| {
            let mut shown = sign_in_page(app, &token, "", "", &next);
            if kept == "password" {
                shown.layout.notice = Some(Notice::good("The password is kept. Sign in with it."));
            }
            page(&shown).map(Body::of)
        })
        .await?;
    with_cookie(answer.into(), cookie)
}

/// A rendered page on its way between threads.
struct Body(actix_web::http::StatusCode, web::Bytes);

impl Body {
    fn of(answer: HttpResponse) -> Self {
        use actix_web::body::MessageBody;
        let status = answer.status();
        Self(status, answer.into_body().try_into_bytes().unwrap_or_default())
    }
}

impl From<Body> for HttpResponse {
    fn from(body: Body) -> Self {
        HttpResponse::build(body.0).content_type("text/html; charset=utf-8").body(body.1)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignInForm {
    user: String,
    password: String,
    #[serde(default)]
    next: String,
}

fn source(req: &HttpRequest) -> String {
    req.extensions().get::<Actor>().map(|a| a.source.clone()).unwrap_or_default()
}

async fn sign_in(app: web::Data<App>, req: HttpRequest, body: web::Bytes) -> PageResult {
    let form: SignInForm = checked(&app, &req, &body)?;
    let (token, _) = before(&app, &req);
    let (source, next) = (source(&req), own_address(&form.next));
    let user = form.user.clone();
    let done = app
        .blocking(move |app| {
            Ok::<_, PageError>(session::sign_in(&app.db, &form.user, &form.password, &source, app.cost))
        })
        .await?;
    let message = match done {
        Ok(signed_in) => {
            let to = format!(
                "/sign-in/check?{}",
                serde_html_form::to_string([("next", &next)]).unwrap_or_default()
            );
            let answer = HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish();
            return with_cookie(answer, Some(session_cookie(&signed_in.token)));
        }
        Err(SignInRefused::Store(e)) => return Err(e.into()),
        Err(SignInRefused::Wait(until)) => {
            let minutes = ((until - app.db.clock.now()).num_seconds() + 59) / 60;
            if minutes > 60 {
                "Too many failed attempts. Ask your administrator to unlock the account.".to_owned()
            } else {
                format!(
                    "Too many failed attempts. Try again in {minutes} min, or ask your administrator to unlock the account."
                )
            }
        }
        Err(SignInRefused::Wrong) => {
            "User name and password do not belong together. Check both and try again.".to_owned()
        }
    };
    let answer = app
        .blocking(move |app| {
            page_with_errors(&sign_in_page(app, &token, &user, &message, &next)).map(Body::of)
        })
        .await?;
    Ok(answer.into())
}

#[derive(Template)]
#[template(path = "administration/plain.html")]
struct PlainPage {
    layout: Layout,
    heading: &'static str,
    sentence: String,
}

/// Did the browser keep the cookie? Some drop secure cookies on plain loopback addresses.
async fn check_cookie(app: web::Data<App>, req: HttpRequest, query: web::Query<Next>) -> PageResult {
    if req.cookie(COOKIE).is_some() {
        return see_other(own_address(&query.next));
    }
    let sentence = "You were signed in, but this browser did not keep the cookie that says so. On this computer use another \
                    browser, or let your administrator serve the registry over TLS."
        .to_owned();
    let answer = app
        .blocking(move |app| {
            page(&PlainPage {
                layout: door(app, String::new(), "Cookie not kept"),
                heading: "The browser kept no cookie",
                sentence,
            })
            .map(Body::of)
        })
        .await?;
    Ok(answer.into())
}

async fn sign_out(app: web::Data<App>, acting: Acting, _form: Form<Nothing>) -> PageResult {
    app.blocking(move |app| session::sign_out(&app.db, &acting)).await?;
    let mut answer = HttpResponse::SeeOther()
        .insert_header((header::LOCATION, "/sign-in"))
        .insert_header(("Clear-Site-Data", "\"cache\", \"storage\""))
        .finish();
    answer.add_cookie(&no_cookie()).map_err(|e| PageError::Internal(anyhow::anyhow!(e)))?;
    Ok(answer)
}

/// A form with nothing but its token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

#[derive(Template)]
#[template(path = "administration/choose_password.html")]
struct ChoicePage {
    layout: Layout,
    errors: FormErrors,
    token: String,
    login: String,
    fields: Vec<Field>,
}

fn choice_page(app: &App, before: &str, token: &str, login: &str, errors: FormErrors) -> ChoicePage {
    let least = app.config.password_minimum;
    let fields = vec![
        Field::new("password", "New password", Control::Password)
            .hint(format!("At least {least} characters. A sentence of four or five words is easy to keep."))
            .autocomplete("new-password")
            .error(errors.of("password"))
            .first()
            .required(),
        Field::new("again", "The same again", Control::Password)
            .autocomplete("new-password")
            .error(errors.of("again"))
            .required(),
    ];
    let title = if errors.is_empty() { "Choose a password" } else { "Error: Choose a password" };
    ChoicePage {
        layout: door(app, token_of(app, before), title),
        errors,
        token: token.to_owned(),
        login: login.to_owned(),
        fields,
    }
}

async fn show_choice(app: web::Data<App>, req: HttpRequest, token: web::Path<String>) -> PageResult {
    let (cookie_token, cookie) = before(&app, &req);
    let token = token.into_inner();
    let answer = app
        .blocking(move |app| {
            let owner = app.db.read(|conn| accounts::link_owner(conn, &token, app.db.clock.now()));
            match owner {
                Ok(owner) => {
                    page(&choice_page(app, &cookie_token, &token, &owner.login, FormErrors::default()))
                        .map(Body::of)
                }
                Err(AccountRefused::Store(e)) => Err(e.into()),
                Err(why) => link_refused(app, &why),
            }
        })
        .await?;
    with_cookie(answer.into(), cookie)
}

fn link_refused(app: &App, why: &AccountRefused) -> Result<Body, PageError> {
    page_with_errors(&PlainPage {
        layout: door(app, String::new(), "Link not usable"),
        heading: "This link does not work",
        sentence: why.to_string(),
    })
    .map(Body::of)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoiceForm {
    password: String,
    again: String,
}

async fn choose(
    app: web::Data<App>,
    req: HttpRequest,
    token: web::Path<String>,
    body: web::Bytes,
) -> PageResult {
    let form: ChoiceForm = checked(&app, &req, &body)?;
    let (cookie_token, _) = before(&app, &req);
    let (token, source) = (token.into_inner(), source(&req));
    let answer = app
        .blocking(move |app| {
            let owner = match app.db.read(|conn| accounts::link_owner(conn, &token, app.db.clock.now())) {
                Ok(owner) => owner,
                Err(AccountRefused::Store(e)) => return Err(e.into()),
                Err(why) => return link_refused(app, &why).map(Err),
            };
            let mut errors = FormErrors::default();
            if form.password != form.again {
                errors.add("again", "The same again", "The two passwords differ. Type the same one twice.");
            } else {
                let least = app.config.password_minimum;
                match accounts::choose_password(&app.db, &token, &form.password, least, app.cost, &source) {
                    Ok(_) => return Ok(Ok(())),
                    Err(AccountRefused::Store(e)) => return Err(e.into()),
                    Err(AccountRefused::Link) => return link_refused(app, &AccountRefused::Link).map(Err),
                    Err(why) => errors.add("password", "New password", why),
                }
            }
            page_with_errors(&choice_page(app, &cookie_token, &token, &owner.login, errors))
                .map(|p| Err(Body::of(p)))
        })
        .await?;
    match answer {
        Ok(()) => see_other("/sign-in?kept=password"),
        Err(body) => Ok(body.into()),
    }
}

#[derive(Template)]
#[template(path = "administration/facility_choice.html")]
struct FacilitiesPage {
    layout: Layout,
    facilities: Vec<(String, String, bool)>,
}

async fn show_facilities(app: web::Data<App>, acting: Acting) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.read(|conn| {
                let desk = facility::desk(conn, app, &acting, app.db.clock.now())?;
                let account = acting.account().unwrap_or_default();
                let facilities = accounts::facilities_of(conn, account)?
                    .into_iter()
                    .map(|(key, uid, name)| (uid, name, key == desk.facility.key))
                    .collect();
                Ok::<_, PageError>(FacilitiesPage {
                    layout: desk.layout.titled("Change facility"),
                    facilities,
                })
            })
        })
        .await?;
    page(&shown)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FacilityChoice {
    facility: String,
}

async fn choose_facility(app: web::Data<App>, acting: Acting, form: Form<FacilityChoice>) -> PageResult {
    let uid = form.0.facility;
    let done = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let Some(chosen) = facility::find(tx.conn(), &uid)? else { return Err(PageError::NotFound) };
                if accounts::choose_facility(tx, chosen.key)? { Ok(()) } else { Err(PageError::NotFound) }
            })
        })
        .await;
    done?;
    see_other("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_addresses_are_gone_to_afterwards() {
        for good in ["/", "/followup?status=due", "/patients/1"] {
            assert_eq!(own_address(good), good);
        }
        for bad in
            ["", "//evil.example", "https://evil.example", "/\\evil.example", "javascript:1", "/sign-out"]
        {
            assert_eq!(own_address(bad), "/", "{bad}");
        }
    }
}
