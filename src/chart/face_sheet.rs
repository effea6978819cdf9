//! The face sheet: one patient on one page, to be printed.

use actix_web::web;
use askama::Template;

use super::person::{Fact, Primary, coded, date, facts, follow, person, primary, standing};
use crate::{
    audit::{AuditAction, Event},
    dictionary::{Items, names},
    facility,
    ids::PatientId,
    partial_date::in_words,
    tumor::TumorRow,
    web::{Acting, App, Layout, PageError, PageResult, Place, Status, Width, page},
};

#[derive(Template)]
#[template(path = "chart/face_sheet.html")]
struct FaceSheet {
    layout: Layout,
    name: String,
    facts: Vec<Fact>,
    address: Vec<Fact>,
    standing: Status,
    due: String,
    follow: Vec<Fact>,
    primaries: Vec<(Primary, Vec<Fact>)>,
    uid: String,
}

/// `GET /patients/{id}/face-sheet`: one page to be printed.
pub(super) async fn face_sheet(app: web::Data<App>, acting: Acting, id: web::Path<PatientId>) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let person = person(tx, &id.to_string())?;
                tx.record(Event::new(AuditAction::Print).patient(person.row.id).detail("face sheet"));
                let (standing, shown) = standing(&desk, &person)?;
                let mut primaries = Vec::new();
                for row in person.tumors.iter().filter(|t| !t.voided) {
                    primaries.push((primary(row)?, treatment(&row.items()?)));
                }
                let first = person.tumors.iter().find(|t| !t.voided).map(TumorRow::items).transpose()?;
                Ok::<_, PageError>(FaceSheet {
                    name: person.name(),
                    facts: facts(&desk, &person),
                    address: first.as_ref().map(address).unwrap_or_default(),
                    standing: shown,
                    due: standing.due.filter(|_| standing.followed).map(in_words).unwrap_or_default(),
                    follow: follow(&person),
                    primaries,
                    uid: person.row.uid.clone(),
                    layout: desk.layout.titled("Face sheet").at(Place::Patients).wide(Width::Reading),
                })
            })
        })
        .await?;
    page(&shown)
}

fn address(items: &Items) -> Vec<Fact> {
    let place = [names::ADDR_AT_DX_CITY, names::ADDR_AT_DX_STATE, names::ADDR_AT_DX_POSTAL_CODE]
        .map(|id| items.value(id))
        .join(" ");
    [("Street", items.value(names::ADDR_AT_DX_NO_STREET).to_owned()), ("Place", place.trim().to_owned())]
        .into_iter()
        .filter(|(_, v)| !v.is_empty())
        .collect()
}

fn treatment(items: &Items) -> Vec<Fact> {
    let dated = |on: &str, what: &str| {
        let (on, what) = (date(items, on), coded(items, what));
        [on, what].into_iter().filter(|v| !v.is_empty()).collect::<Vec<_>>().join(": ")
    };
    [
        ("First contact", date(items, names::DATE_OF_1ST_CONTACT)),
        ("Confirmed by", coded(items, names::DIAGNOSTIC_CONFIRMATION)),
        ("Surgery", dated(names::RX_DATE_SURGERY, names::RX_SUMM_SURG_PRIM_SITE_2023)),
        ("Radiation", dated(names::RX_DATE_RADIATION, names::PHASE_1_RADIATION_TREATMENT_MODALITY)),
        ("Chemotherapy", dated(names::RX_DATE_CHEMO, names::RX_SUMM_CHEMO)),
        ("Hormone therapy", dated(names::RX_DATE_HORMONE, names::RX_SUMM_HORMONE)),
        ("Immunotherapy", dated(names::RX_DATE_BRM, names::RX_SUMM_BRM)),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}
