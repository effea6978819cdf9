//! Finding a patient: the words go in by POST, are kept sealed, and the list has an address of its own.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::{
    merging,
    ranking::{Found, ranked},
    search::Wanted,
    store::{self, Candidate, CaseLine},
};
use crate::{
    abstracting::{self, accession},
    access::{Action, permits},
    audit::{AuditAction, Event},
    db::Tx,
    facility::{self, Desk},
    icdo::PrimarySite,
    ids::{SearchId, TumorId},
    partial_date::PartialDate,
    patient::full_name,
    quality_review::{self, Hidden},
    web::{
        Acting, App, Control, Field, FieldState, Form, Layout, PageError, PageResult, Place, page, see_other,
    },
};

/// Patients shown.
const SHOWN: usize = 50;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FindForm {
    q: String,
    /// Given by the command box: the words may also be a command.
    command: String,
    /// The case on the page where the command was given.
    case: String,
}

/// One patient on a list of those found.
pub(super) struct Line {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) born: String,
    pub(super) sex: &'static str,
    pub(super) accession: String,
    pub(super) cases: String,
}

struct Request {
    href: String,
    name: String,
    by: String,
    on: String,
}

#[derive(Template)]
#[template(path = "chart/find.html")]
struct FindPage {
    layout: Layout,
    field: Field,
    searched: bool,
    lines: Vec<Line>,
    more: bool,
    requests: Vec<Request>,
}

fn field(value: &str) -> Field {
    Field::text("q", "Name, birth date or number")
        .hint("Last, first; part of a name; a date of birth; an accession, record or patient number. Together or alone.")
        .value(value)
        .first()
}

/// `GET /patients`: the search, and the voids that wait for a second person.
pub(super) async fn begin(app: web::Data<App>, acting: Acting) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let requests = if permits(&acting, Action::ApproveVoid) { waiting(tx)? } else { Vec::new() };
                let mut event = Event::new(AuditAction::List).detail("find a patient");
                event = event.patients(requests.iter().flat_map(|(one, other, _)| [*one, *other]));
                tx.record(event);
                Ok::<_, PageError>(FindPage {
                    layout: desk.layout.titled("Find a patient").at(Place::Patients),
                    field: field(""),
                    searched: false,
                    lines: Vec::new(),
                    more: false,
                    requests: requests.into_iter().map(|(.., r)| r).collect(),
                })
            })
        })
        .await?;
    page(&shown)
}

fn waiting(tx: &mut Tx<'_>) -> Result<Vec<(i64, i64, Request)>, PageError> {
    let scope = tx.scope()?;
    let mut out = Vec::new();
    for request in store::requests(tx.conn(), scope, None)? {
        if let Some(row) = crate::patient::by_key(tx.conn(), scope, request.patient_id)? {
            out.push((
                row.id,
                row.id,
                Request {
                    href: format!("/patients/{}/correction", row.uid),
                    name: full_name(&row.name_last, &row.name_first),
                    by: request.by,
                    on: request.at.date().to_string(),
                },
            ));
        }
    }
    for waiting in abstracting::waiting_deletions(tx)? {
        out.push((
            waiting.patient,
            waiting.patient,
            Request {
                href: format!("/abstracts/{}/deletion", waiting.case),
                name: waiting.name,
                by: waiting.by,
                on: waiting.at.date().to_string(),
            },
        ));
    }
    for waiting in merging::waiting(tx)? {
        let [stays, merged] = waiting.patients;
        let request = Request {
            href: waiting.href,
            name: waiting.name,
            by: waiting.by,
            on: waiting.at.date().to_string(),
        };
        out.push((stays, merged, request));
    }
    Ok(out)
}

/// Where a command leads: a list by its name, a field of the case on the page. `None`: a patient is looked for.
fn commanded(layout: &Layout, form: &FindForm) -> Option<String> {
    if form.command.is_empty() {
        return None;
    }
    let words = form.q.trim();
    if let Ok(case) = form.case.parse::<TumorId>() {
        if let Some(row) = abstracting::field_named(words) {
            return Some(format!("/abstracts/{case}?item={}", row.id()));
        }
        if words.starts_with(abstracting::FIELD_MARK) {
            return Some(format!("/abstracts/{case}/case?refused=field"));
        }
    }
    let named = |label: &str| label.eq_ignore_ascii_case(words);
    let place = layout.bar().chain(layout.menu()).find(|place| named(place.label()));
    place.map(Place::href).or_else(|| named("code finder").then_some("/codes")).map(str::to_owned)
}

/// `POST /find`: keeps the search and goes on to its list; a number that only one patient has opens that patient.
pub(super) async fn search(app: web::Data<App>, acting: Acting, form: Form<FindForm>) -> PageResult {
    let to = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                if let Some(to) = commanded(&desk.layout, &form.0) {
                    tx.record(Event::new(AuditAction::Search).detail("a place of the program"));
                    return Ok::<_, PageError>(to);
                }
                let wanted = Wanted::read(&form.0.q, desk.today, desk.facility.slash_order);
                if wanted.is_empty() {
                    tx.record(Event::new(AuditAction::Search).detail("nothing typed"));
                    return Ok::<_, PageError>("/patients".to_owned());
                }
                let event = Event::new(AuditAction::Search).fields(wanted.fields());
                // Only a number opens a patient at once; the list of a name is made when it is shown.
                let mut only = None;
                if wanted.names.is_empty() && wanted.birth.is_empty() {
                    let scope = tx.scope()?;
                    let found = ranked(tx.conn(), scope, &wanted)?;
                    if let [one] = found.as_slice()
                        && one.fit >= 1.0
                    {
                        only = Some(one.patient.clone());
                    }
                }
                tx.record(event.patients(only.iter().map(|patient| patient.id)));
                if let Some(patient) = only {
                    return Ok(format!("/patients/{}", patient.uid));
                }
                Ok(format!("/patients/found/{}", store::keep_search(tx, &wanted)?))
            })
        })
        .await?;
    see_other(to)
}

/// `GET /patients/found/{search}`: the list of a kept search.
pub(super) async fn found(app: web::Data<App>, acting: Acting, id: web::Path<SearchId>) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let wanted = store::kept_search(tx, &id.to_string())?.ok_or(PageError::NotFound)?;
                let scope = tx.scope()?;
                let mut found = ranked(tx.conn(), scope, &wanted)?;
                let more = found.len() > SHOWN;
                found.truncate(SHOWN);
                let keys: Vec<i64> = found.iter().map(|f| f.patient.id).collect();
                let lines = lines(tx, &found)?;
                tx.record(Event::new(AuditAction::Search).fields(wanted.fields()).patients(keys));
                Ok::<_, PageError>(list(desk, &wanted, lines, more))
            })
        })
        .await?;
    page(&shown)
}

fn list(desk: Desk, wanted: &Wanted, lines: Vec<Line>, more: bool) -> FindPage {
    FindPage {
        layout: desk.layout.titled("Patients found").at(Place::Patients),
        field: field(&wanted.typed),
        searched: true,
        lines,
        more,
        requests: Vec::new(),
    }
}

/// Patients as a list shows them, best match first.
pub(super) fn lines(tx: &mut Tx<'_>, found: &[Found]) -> Result<Vec<Line>, PageError> {
    let scope = tx.scope()?;
    let keys: Vec<i64> = found.iter().map(|f| f.patient.id).collect();
    let cases = store::cases(tx.conn(), scope, &keys)?;
    let hidden = quality_review::hidden(tx)?;
    Ok(found.iter().map(|found| line(&found.patient, (&cases, &hidden))).collect())
}

fn line(patient: &Candidate, (cases, hidden): (&[CaseLine], &Hidden)) -> Line {
    let hidden = hidden.patient(patient.id);
    let site = |case: &CaseLine| {
        let label = PrimarySite::parse(&case.primary_site).map_or("site not coded", |s| s.entry().group);
        match case.dx_year {
            Some(year) => format!("{label} {year}"),
            None => label.to_owned(),
        }
    };
    let own = cases.iter().filter(|case| case.patient == patient.id);
    Line {
        href: format!("/patients/{}", patient.uid),
        name: full_name(&patient.name_last, &patient.name_first),
        born: PartialDate::parse(&patient.birth_date).map(PartialDate::iso).unwrap_or_default(),
        sex: if hidden { "Hidden" } else { sex(&patient.sex) },
        accession: accession::shown(&patient.accession_number),
        cases: if hidden { Hidden::WORDS.to_owned() } else { own.map(site).collect::<Vec<_>>().join("; ") },
    }
}

/// Sex in a word.
pub(super) fn sex(code: &str) -> &'static str {
    match code {
        "1" => "Male",
        "2" => "Female",
        _ => "Not known",
    }
}
