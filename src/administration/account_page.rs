//! Own settings: password, colours, keys, how often mails come.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use crate::{
    access::{
        Action,
        accounts::{self, AccountRefused},
    },
    audit::AuditAction,
    facility,
    web::{
        Acting, Answer, App, Control, Field, FieldState, Form, FormAnswer, FormErrors, Layout, Notice,
        PageError, PageResult, Place, Route, page, see_other,
    },
};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/account", Action::OwnAccount, || web::get().to(show)),
        Route::post("/account/preferences", Action::OwnAccount, || web::post().to(keep))
            .audited(AuditAction::ChangeAccount),
        Route::post("/account/password", Action::OwnAccount, || web::post().to(change))
            .audited(AuditAction::ChangeAccount),
    ]
}

#[derive(Template)]
#[template(path = "administration/account.html")]
struct AccountPage {
    layout: Layout,
    login: String,
    email: String,
    errors: FormErrors,
    preferences: Vec<Field>,
    password: Vec<Field>,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    done: String,
}

fn answers(list: &[(&str, &str)]) -> Vec<Answer> {
    list.iter()
        .map(|(value, label)| Answer { value: (*value).to_owned(), label: (*label).to_owned() })
        .collect()
}

fn read(app: &App, acting: &Acting, errors: FormErrors, done: &str) -> Result<AccountPage, PageError> {
    app.db.read(|conn| {
        let desk = facility::desk(conn, app, acting, app.db.clock.now())?;
        let own = accounts::by_id(conn, acting.account().ok_or(PageError::NotFound)?)?;
        let often = [("weekly", "Weekly"), ("daily", "Daily"), ("off", "Off")];
        let preferences = vec![
            Field::new(
                "theme",
                "Colours",
                Control::Select(answers(&[
                    ("auto", "As this computer"),
                    ("light", "Light"),
                    ("dark", "Dark"),
                ])),
            )
            .value(&own.theme),
            Field::new(
                "keys",
                "Keys of a single letter",
                Control::Select(answers(&[("on", "On"), ("off", "Off: only keys with Ctrl, Alt or F")])),
            )
            .value(if own.single_keys { "on" } else { "off" }),
            Field::new("weekly", "Mail about your work list", Control::Select(answers(&often)))
                .value(&own.mail_weekly),
            Field::new("new_due", "Mail about newly due follow-up", Control::Select(answers(&often)))
                .value(&own.mail_new_due),
        ];
        let password = vec![
            Field::new("present", "Present password", Control::Password)
                .autocomplete("current-password")
                .error(errors.of("present"))
                .required(),
            Field::new("password", "New password", Control::Password)
                .hint(format!("At least {} characters.", app.config.password_minimum))
                .autocomplete("new-password")
                .error(errors.of("password"))
                .required(),
            Field::new("again", "The same again", Control::Password)
                .autocomplete("new-password")
                .error(errors.of("again"))
                .required(),
        ];
        let notice = match done {
            "preferences" => Some(Notice::good("Your settings are kept.")),
            "password" => Some(Notice::good("Your password was changed. Your other sessions have ended.")),
            _ => None,
        };
        let title = if errors.is_empty() { "Settings" } else { "Error: Settings" };
        Ok(AccountPage {
            layout: desk.layout.titled(title).at(Place::OwnAccount).with_notice(notice),
            login: own.login,
            email: own.email,
            errors,
            preferences,
            password,
        })
    })
}

async fn show(app: web::Data<App>, acting: Acting, said: web::Query<Said>) -> PageResult {
    let shown = app.blocking(move |app| read(app, &acting, FormErrors::default(), &said.done)).await?;
    page(&shown)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Preferences {
    theme: String,
    keys: String,
    weekly: String,
    new_due: String,
}

async fn keep(app: web::Data<App>, acting: Acting, form: Form<Preferences>) -> PageResult {
    let Preferences { theme, keys, weekly, new_due } = form.0;
    let allowed = [
        ("Colours", &theme, &["auto", "light", "dark"][..]),
        ("Keys of a single letter", &keys, &["on", "off"]),
        ("Mail about your work list", &weekly, &["weekly", "daily", "off"]),
        ("Mail about newly due follow-up", &new_due, &["weekly", "daily", "off"]),
    ];
    for (label, given, words) in allowed {
        if !words.contains(&given.as_str()) {
            return Err(PageError::BadRequest(format!(
                "{label}: “{given}” is not one of {}.",
                words.join(", ")
            )));
        }
    }
    app.blocking(move |app| {
        app.db.write(&acting, |tx| {
            accounts::set_preferences(tx, &theme, keys == "on", &weekly, &new_due)?;
            Ok::<_, PageError>(())
        })
    })
    .await?;
    see_other("/account?done=preferences")
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    present: String,
    password: String,
    again: String,
}

async fn change(app: web::Data<App>, acting: Acting, form: Form<NewPassword>) -> PageResult {
    let form = form.0;
    let answer = app
        .blocking(move |app| {
            let mut errors = FormErrors::default();
            if form.password != form.again {
                errors.add("again", "The same again", "The two passwords differ. Type the same one twice.");
            } else {
                let least = app.config.password_minimum;
                match accounts::change_password(
                    &app.db,
                    &acting,
                    &form.present,
                    &form.password,
                    least,
                    app.cost,
                ) {
                    Ok(()) => return Ok(FormAnswer::GoTo("/account?done=password".to_owned())),
                    Err(AccountRefused::Store(e)) => return Err(e.into()),
                    Err(why @ AccountRefused::PresentPassword) => {
                        errors.add("present", "Present password", why)
                    }
                    Err(why) => errors.add("password", "New password", why),
                }
            }
            read(app, &acting, errors, "").map(FormAnswer::Again)
        })
        .await?;
    answer.send()
}
