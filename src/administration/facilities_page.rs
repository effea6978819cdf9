//! Facilities and their settings, for administrators.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use crate::{
    access::{Action, Actor, Role, accounts},
    audit::{AuditAction, Event},
    db::{Conn, StoreError},
    facility::{self, Facility, FacilityForm, FacilityRefused},
    partial_date::SlashOrder,
    save,
    web::{
        Acting, Answer, App, Control, Field, FieldState, Form, FormAnswer, FormErrors, Layout, Notice,
        PageError, PageResult, Place, Route, page, see_other,
    },
};

pub(super) fn routes() -> Vec<Route> {
    let right = Action::ManageFacilities;
    vec![
        Route::get("/facilities", right, || web::get().to(list)),
        Route::post("/facilities", right, || web::post().to(add)).audited(AuditAction::ChangeSetting),
        Route::get("/facilities/{id}", right, || web::get().to(show)),
        Route::post("/facilities/{id}", right, || web::post().to(change)).audited(AuditAction::ChangeSetting),
        Route::post("/facilities/{id}/accession", right, || web::post().to(start))
            .audited(AuditAction::ChangeSetting),
    ]
}

struct Line {
    href: String,
    name: String,
    zone: String,
    reference_date: String,
    here: bool,
}

#[derive(Template)]
#[template(path = "administration/facilities.html")]
struct ListPage {
    layout: Layout,
    lines: Vec<Line>,
    errors: FormErrors,
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "administration/facility_of.html")]
struct FacilityPage {
    layout: Layout,
    errors: FormErrors,
    href: String,
    version: i32,
    fields: Vec<Field>,
    accession: Vec<Field>,
}

/// What the settings page sends, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SettingsForm {
    version: i32,
    name: String,
    short_name: String,
    npi: String,
    fin: String,
    zone: String,
    reference_date: String,
    home_countries: String,
    holidays: String,
    reply_to: String,
    slashes: String,
    cns_benign: String,
    by_agreement: String,
    centenarian: String,
    quality_review: String,
}

impl SettingsForm {
    fn of(f: &Facility) -> Self {
        let yes_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
        Self {
            version: f.version,
            name: f.name.clone(),
            short_name: f.short_name.clone(),
            npi: f.npi.clone(),
            fin: f.fin.clone(),
            zone: f.zone.name().to_owned(),
            reference_date: f.reference_date.map(|d| d.to_string()).unwrap_or_default(),
            home_countries: f.home_countries.join(" "),
            holidays: f.holidays.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            reply_to: f.reply_to.clone(),
            slashes: if f.slash_order == SlashOrder::DayFirst { "day" } else { "month" }.to_owned(),
            cns_benign: yes_no(f.follow_cns_benign),
            by_agreement: yes_no(f.follow_by_agreement),
            centenarian: f.centenarian.clone(),
            quality_review: yes_no(f.quality_review),
        }
    }

    fn parse(&self) -> Result<Facility, FacilityRefused> {
        let mut facility = FacilityForm {
            name: self.name.clone(),
            short_name: self.short_name.clone(),
            npi: self.npi.clone(),
            fin: self.fin.clone(),
            zone: self.zone.clone(),
            reference_date: self.reference_date.clone(),
            home_countries: self.home_countries.clone(),
            holidays: self.holidays.clone(),
            reply_to: self.reply_to.clone(),
            day_first: self.slashes == "day",
        }
        .parse()?;
        facility.follow_cns_benign = self.cns_benign != "no";
        facility.follow_by_agreement = self.by_agreement == "yes";
        facility.quality_review = self.quality_review == "yes";
        facility.centenarian =
            if self.centenarian == "count_as_followed" { "count_as_followed" } else { "exclude" }.to_owned();
        Ok(facility)
    }

    /// The fields of the page; the complaint of a refusal stands beside the setting it names.
    fn fields(&self, errors: &FormErrors) -> Vec<Field> {
        let text = |name: &'static str, label: &'static str, value: &str, hint: &str| {
            Field::text(name, label).value(value).hint(hint).error(errors.of(label))
        };
        let choice = |name: &'static str, label: &'static str, value: &str, answers: &[(&str, &str)]| {
            let answers = answers
                .iter()
                .map(|(v, l)| Answer { value: (*v).to_owned(), label: (*l).to_owned() })
                .collect();
            Field::new(name, label, Control::Select(answers)).value(value)
        };
        let yes_no = [("yes", "Yes"), ("no", "No")];
        vec![
            text("name", "Name", &self.name, "").required(),
            text("short_name", "Short name", &self.short_name, "In the bar and in mails."),
            text("npi", "NPI", &self.npi, "National provider identifier, 10 digits, if known."),
            text("fin", "FIN", &self.fin, "Facility identification number, 10 digits, if known."),
            text("zone", "Time zone", &self.zone, "IANA name, like America/Chicago.").required(),
            text(
                "reference_date",
                "Reference date",
                &self.reference_date,
                "First day of registration, a 1 January, if set.",
            ),
            text(
                "home_countries",
                "Home countries",
                &self.home_countries,
                "Residents of others are not followed.",
            ),
            text(
                "holidays",
                "Holidays",
                &self.holidays,
                "Days without mail besides weekends, like 2026-12-25.",
            ),
            text("reply_to", "Reply address", &self.reply_to, "Where answers to mails go, if set."),
            choice("slashes", "03/05/2024 is", &self.slashes, &[("month", "5 March"), ("day", "3 May")]),
            choice("cns_benign", "Follow benign brain tumors", &self.cns_benign, &yes_no),
            choice("by_agreement", "Follow cases by agreement", &self.by_agreement, &yes_no),
            choice(
                "centenarian",
                "Over 100 without contact",
                &self.centenarian,
                &[("exclude", "Out of the rates"), ("count_as_followed", "Count as followed")],
            ),
            choice("quality_review", "Quality review of a sample", &self.quality_review, &yes_no),
        ]
    }
}

fn complaint(why: &FacilityRefused) -> FormErrors {
    let mut errors = FormErrors::default();
    match why {
        FacilityRefused::Setting { setting, given, allowed } => {
            errors.add(setting, setting, format!("“{given}”: {allowed}"));
        }
        other => errors.add("name", "Facility", other),
    }
    errors
}

/// The facilities that the actor administers; for anybody else a facility is not there.
fn administered(conn: &mut Conn, actor: &Actor) -> Result<Vec<Facility>, StoreError> {
    let account = actor.account().unwrap_or_default();
    let keys = accounts::facilities_with(conn, account, Role::Administrator)?;
    Ok(facility::all(conn)?.into_iter().filter(|f| keys.contains(&f.key)).collect())
}

fn administered_one(conn: &mut Conn, actor: &Actor, id: &str) -> Result<Facility, PageError> {
    administered(conn, actor)?.into_iter().find(|f| f.id == id).ok_or(PageError::NotFound)
}

fn read_list(
    app: &App,
    actor: &Actor,
    form: &SettingsForm,
    errors: FormErrors,
) -> Result<ListPage, PageError> {
    app.db.read(|conn| {
        let desk = facility::desk(conn, app, actor, app.db.clock.now())?;
        let here = desk.facility.key;
        let lines = administered(conn, actor)?
            .into_iter()
            .map(|f| Line {
                href: format!("/facilities/{}", f.id),
                zone: f.zone.name().to_owned(),
                reference_date: f.reference_date.map_or_else(|| "not set".to_owned(), |d| d.to_string()),
                here: f.key == here,
                name: f.name,
            })
            .collect();
        let mut fields = form.fields(&errors);
        fields.retain(|f| ["name", "short_name", "zone", "reference_date"].contains(&f.name.as_str()));
        let title = if errors.is_empty() { "Facilities" } else { "Error: Facilities" };
        Ok(ListPage { layout: desk.layout.titled(title).at(Place::Facilities), lines, errors, fields })
    })
}

async fn list(app: web::Data<App>, acting: Acting, said: web::Query<Said>) -> PageResult {
    let mut shown = app
        .blocking(move |app| read_list(app, &acting, &SettingsForm::default(), FormErrors::default()))
        .await?;
    let made = (said.done == "made").then(|| {
        Notice::good(
            "The facility was made. Give somebody the role of administrator there with `user grant` on the host.",
        )
    });
    shown.layout = shown.layout.with_notice(made);
    page(&shown)
}

async fn add(app: web::Data<App>, acting: Acting, form: Form<SettingsForm>) -> PageResult {
    let form = form.0;
    let answer = app
        .blocking(move |app| {
            let new = FacilityForm {
                name: form.name.clone(),
                short_name: form.short_name.clone(),
                zone: form.zone.clone(),
                reference_date: form.reference_date.clone(),
                ..FacilityForm::default()
            };
            match app.db.write(&acting, |tx| facility::create(tx, &new)) {
                Ok(_) => Ok(FormAnswer::GoTo("/facilities?done=made".to_owned())),
                Err(FacilityRefused::Store(e)) => Err(e.into()),
                Err(why) => read_list(app, &acting, &form, complaint(&why)).map(FormAnswer::Again),
            }
        })
        .await?;
    answer.send()
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    done: String,
}

fn read_one(
    app: &App,
    actor: &Actor,
    id: &str,
    form: Option<&SettingsForm>,
    errors: FormErrors,
    done: &str,
) -> Result<FacilityPage, PageError> {
    app.db.read(|conn| {
        let desk = facility::desk(conn, app, actor, app.db.clock.now())?;
        let found = administered_one(conn, actor, id)?;
        let present = SettingsForm::of(&found);
        let shown = form.unwrap_or(&present);
        let notice = match done {
            "changed" => Some(Notice::good("The settings are kept, and all due dates follow them.")),
            "started" => Some(Notice::good("The next accession number is set.")),
            "used" => Some(Notice::error(
                "Not set: that accession number or a later one of the year was given already.",
            )),
            _ => None,
        };
        let title = if errors.is_empty() { "Facility" } else { "Error: Facility" };
        let accession = vec![
            Field::new("year", "Year", Control::Digits).most(4).required(),
            Field::new("next", "Next number", Control::Digits).hint("1 to 99999.").most(5).required(),
        ];
        Ok(FacilityPage {
            layout: desk.layout.titled(title).at(Place::Facilities).with_notice(notice),
            href: format!("/facilities/{id}"),
            version: shown.version,
            fields: shown.fields(&errors),
            errors,
            accession,
        })
    })
}

async fn show(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    said: web::Query<Said>,
) -> PageResult {
    let shown =
        app.blocking(move |app| read_one(app, &acting, &id, None, FormErrors::default(), &said.done)).await?;
    page(&shown)
}

async fn change(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    form: Form<SettingsForm>,
) -> PageResult {
    let (id, form) = (id.into_inner(), form.0);
    let back = format!("/facilities/{id}?done=changed");
    let answer = app
        .blocking(move |app| {
            let found = app.db.read(|conn| administered_one(conn, &acting, &id))?;
            match form.parse().and_then(|settings| keep_settings(app, &acting, found, settings, form.version))
            {
                Ok(()) => Ok(FormAnswer::GoTo(back)),
                Err(FacilityRefused::Store(e)) => Err(e.into()),
                Err(why) => {
                    read_one(app, &acting, &id, Some(&form), complaint(&why), "").map(FormAnswer::Again)
                }
            }
        })
        .await?;
    answer.send()
}

/// Keeps what the page sets of a facility, and computes all due dates anew by it.
fn keep_settings(
    app: &App,
    actor: &Actor,
    found: Facility,
    settings: Facility,
    version: i32,
) -> Result<(), FacilityRefused> {
    let changed = Facility {
        key: found.key,
        id: found.id,
        version,
        auto_assign: found.auto_assign,
        floor_date: found.floor_date,
        ..settings
    };
    // Due dates belong to the facility that changed, which may not be the one worked in.
    app.db.write(&actor.at(changed.key), |tx| {
        facility::change(tx, &changed)?;
        let scope = tx.scope()?;
        tx.touch()?;
        let (seen, differed) = save::reproject_facility(tx.conn(), scope, false)?;
        let detail = format!("{seen} patients, {differed} rows");
        tx.record(Event::new(AuditAction::RebuildProjection).detail(detail));
        Ok(())
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StartForm {
    year: String,
    next: String,
}

async fn start(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    form: Form<StartForm>,
) -> PageResult {
    let (id, form) = (id.into_inner(), form.0);
    let back = format!("/facilities/{id}");
    let year: i32 = form.year.trim().parse().ok().filter(|y| (1950..=2100).contains(y)).ok_or_else(|| {
        PageError::BadRequest(format!("Year “{}”: a year from 1950 to 2100 is needed.", form.year))
    })?;
    let next: i32 = form.next.trim().parse().ok().filter(|n| (1..=99_999).contains(n)).ok_or_else(|| {
        PageError::BadRequest(format!("Next number “{}”: a number from 1 to 99999 is needed.", form.next))
    })?;
    let set = app
        .blocking(move |app| {
            let found = app.db.read(|conn| administered_one(conn, &acting, &id))?;
            app.db.write(&acting, |tx| {
                let set = facility::start_accession(tx, found.key, year, next)?;
                if !set {
                    tx.record(Event::new(AuditAction::ChangeSetting).refused().detail("accession start"));
                }
                Ok::<_, PageError>(set)
            })
        })
        .await?;
    see_other(format!("{back}?done={}", if set { "started" } else { "used" }))
}
