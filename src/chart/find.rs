//! Finding a patient: the words go in by POST, are kept sealed, and the list has an address of its own.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::{
    search::{SHOWN_FROM, Wanted},
    store,
};
use crate::{
    abstracting::accession,
    access::{Action, permits},
    audit::{AuditAction, Event},
    db::Tx,
    facility::{self, Desk},
    icdo::PrimarySite,
    ids::SearchId,
    partial_date::PartialDate,
    patient::{PatientIndex, PatientRow, full_name},
    tumor::{self, TumorRow},
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
}

struct Line {
    href: String,
    name: String,
    born: String,
    sex: &'static str,
    accession: String,
    cases: String,
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
                event = event.patients(requests.iter().map(|(id, _)| *id));
                tx.record(event);
                Ok::<_, PageError>(FindPage {
                    layout: desk.layout.titled("Find a patient").at(Place::Patients),
                    field: field(""),
                    searched: false,
                    lines: Vec::new(),
                    more: false,
                    requests: requests.into_iter().map(|(_, r)| r).collect(),
                })
            })
        })
        .await?;
    page(&shown)
}

fn waiting(tx: &mut Tx<'_>) -> Result<Vec<(i64, Request)>, PageError> {
    let scope = tx.scope()?;
    let mut out = Vec::new();
    for request in store::requests(tx.conn(), scope, None)? {
        if let Some(row) = crate::patient::by_key(tx.conn(), scope, request.patient_id)? {
            out.push((
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
    Ok(out)
}

/// `POST /find`: keeps the search and goes on to its list; a number that only one patient has opens that patient.
pub(super) async fn search(app: web::Data<App>, acting: Acting, form: Form<FindForm>) -> PageResult {
    let to = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let wanted = Wanted::read(&form.0.q, desk.today, desk.facility.slash_order);
                if wanted.is_empty() {
                    tx.record(Event::new(AuditAction::Search).detail("nothing typed"));
                    return Ok::<_, PageError>("/patients".to_owned());
                }
                let found = ranked(tx, &wanted)?;
                let event = Event::new(AuditAction::Search).fields(wanted.fields());
                tx.record(event.patients(found.iter().take(SHOWN).map(|(_, row, _)| row.id)));
                if let [(fit, only, _)] = found.as_slice()
                    && *fit >= 1.0
                    && wanted.names.is_empty()
                    && wanted.birth.is_empty()
                {
                    return Ok(format!("/patients/{}", only.uid));
                }
                Ok(format!("/patients/found/{}", store::keep_search(tx, &wanted)?))
            })
        })
        .await?;
    see_other(to)
}

/// Patients that fit, best first, with their cases.
fn ranked(tx: &mut Tx<'_>, wanted: &Wanted) -> Result<Vec<(f64, PatientRow, Vec<TumorRow>)>, PageError> {
    let scope = tx.scope()?;
    let rows = store::candidates(tx.conn(), scope, wanted)?;
    let keys: Vec<i64> = rows.iter().map(|r| r.id).collect();
    let mut tumors = Vec::new();
    for some in keys.chunks(500) {
        tumors.extend(tumor::of_patients(tx.conn(), scope, some)?);
    }
    let mut found = Vec::new();
    for row in rows {
        let own: Vec<TumorRow> =
            tumors.iter().filter(|t| t.patient_id == row.id && !t.voided).cloned().collect();
        let index = PatientIndex::of(&row.items()?);
        let mut numbers = vec![row.patient_id_number.clone(), row.social_security_number.clone()];
        for t in &own {
            numbers.extend([t.accession_number.clone(), t.medical_record_number.clone()]);
        }
        let fit = wanted.fit(&index.names, &index.birth_date, &numbers);
        if fit >= SHOWN_FROM {
            found.push((fit, row, own));
        }
    }
    found.sort_by(|a, b| {
        b.0.total_cmp(&a.0).then(a.1.name_last.cmp(&b.1.name_last)).then(a.1.id.cmp(&b.1.id))
    });
    Ok(found)
}

/// `GET /patients/found/{search}`: the list of a kept search.
pub(super) async fn found(app: web::Data<App>, acting: Acting, id: web::Path<SearchId>) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let wanted = store::kept_search(tx, &id.to_string())?.ok_or(PageError::NotFound)?;
                let found = ranked(tx, &wanted)?;
                let event = Event::new(AuditAction::Search).fields(wanted.fields());
                tx.record(event.patients(found.iter().take(SHOWN).map(|(_, row, _)| row.id)));
                Ok::<_, PageError>(list(desk, &wanted, &found))
            })
        })
        .await?;
    page(&shown)
}

fn list(desk: Desk, wanted: &Wanted, found: &[(f64, PatientRow, Vec<TumorRow>)]) -> FindPage {
    FindPage {
        layout: desk.layout.titled("Patients found").at(Place::Patients),
        field: field(&wanted.typed),
        searched: true,
        lines: found.iter().take(SHOWN).map(|(_, row, own)| line(row, own)).collect(),
        more: found.len() > SHOWN,
        requests: Vec::new(),
    }
}

fn line(row: &PatientRow, own: &[TumorRow]) -> Line {
    let site = |t: &TumorRow| {
        let label = PrimarySite::parse(&t.primary_site).map_or("site not coded", |s| s.entry().group);
        match t.dx_year {
            Some(year) => format!("{label} {year}"),
            None => label.to_owned(),
        }
    };
    Line {
        href: format!("/patients/{}", row.uid),
        name: full_name(&row.name_last, &row.name_first),
        born: PartialDate::parse(&row.birth_date).map(PartialDate::iso).unwrap_or_default(),
        sex: sex(&row.sex),
        accession: accession::shown(&row.accession_number),
        cases: own.iter().map(site).collect::<Vec<_>>().join("; "),
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
