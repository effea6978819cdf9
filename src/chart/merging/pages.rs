//! Pages of merging: finding the other record, both side by side, asking.

use actix_web::web;
use askama::Template;

use super::{
    act::{self, Plan},
    outlook::{Both, both, outlook},
    rules::Side,
    shown::{Shown, shown},
    store,
};
use crate::{
    abstracting::{self, LikelyPerson},
    access::{Action, permits},
    audit::{AuditAction, Event},
    chart::{
        find::{Line, lines},
        person::{Person, person},
        ranking::ranked,
        search::Wanted,
    },
    db::Tx,
    facility::{self, Desk},
    ids::PatientId,
    patient,
    web::{
        Acting, App, Control, Field, FieldState, FormAnswer, FormErrors, Layout, PageError, PageResult,
        Pairs, Place, page, see_other,
    },
};

/// Patients shown.
const SHOWN: usize = 30;

#[derive(Template)]
#[template(path = "chart/merge_find.html")]
struct FindPage {
    layout: Layout,
    uid: String,
    name: String,
    field: Field,
    likely: Vec<LikelyPerson>,
    searched: bool,
    lines: Vec<Line>,
}

fn find_page(desk: Desk, person: &Person, typed: &str) -> FindPage {
    FindPage {
        layout: desk.layout.titled("Merge with another record").at(Place::Patients),
        uid: person.row.uid.clone(),
        name: person.name(),
        field: Field::text("q", "The other record: name, birth date or number")
            .hint("An accession, record or patient number finds it at once.")
            .value(typed)
            .first(),
        likely: Vec::new(),
        searched: false,
        lines: Vec::new(),
    }
}

/// The record of a page on which something can be done: not void.
fn active(tx: &mut Tx<'_>, uid: &str) -> Result<Person, PageError> {
    let found = person(tx, uid)?;
    if found.row.state == "active" { Ok(found) } else { Err(PageError::NotFound) }
}

/// `GET /patients/{id}/merge`: which other record; those that look alike are offered.
pub(super) async fn begin(app: web::Data<App>, acting: Acting, id: web::Path<PatientId>) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let person = active(tx, &id.to_string())?;
                let number = person.tumors.iter().find(|t| !t.medical_record_number.is_empty());
                let typed = abstracting::Person {
                    items: person.items.clone(),
                    record_number: number.map(|t| t.medical_record_number.clone()).unwrap_or_default(),
                };
                let mut likely = abstracting::likely_here(tx, &typed)?;
                likely.retain(|other| other.key != person.row.id);
                let keys = likely.iter().map(|other| other.key);
                // A look at this one, so that whoever codes a case of it again blind is led away.
                tx.record(Event::new(AuditAction::ViewPatient).patient(person.row.id).detail("merge"));
                tx.record(Event::new(AuditAction::Search).patients(keys).detail("merge"));
                Ok::<_, PageError>(FindPage { likely, ..find_page(desk, &person, "") })
            })
        })
        .await?;
    page(&shown)
}

/// `POST /patients/{id}/merge`: the other record by words; a number that only one has leads to both side by side.
pub(super) async fn search(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<PatientId>,
    Pairs(pairs): Pairs,
) -> PageResult {
    let typed = pairs.iter().find(|(name, _)| name == "q").map(|(_, v)| v.clone()).unwrap_or_default();
    let found = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let person = active(tx, &id.to_string())?;
                let wanted = Wanted::read(&typed, desk.today, desk.facility.slash_order);
                let scope = tx.scope()?;
                let mut found =
                    if wanted.is_empty() { Vec::new() } else { ranked(tx.conn(), scope, &wanted)? };
                found.retain(|f| f.patient.id != person.row.id);
                found.truncate(SHOWN);
                let keys: Vec<i64> = found.iter().map(|f| f.patient.id).collect();
                tx.record(Event::new(AuditAction::ViewPatient).patient(person.row.id).detail("merge"));
                tx.record(
                    Event::new(AuditAction::Search)
                        .fields(wanted.fields())
                        .patients(keys.iter().copied())
                        .detail("merge"),
                );
                // Only a number leads on at once; of a name there may be others.
                if let [one] = found.as_slice()
                    && one.fit >= 1.0
                    && wanted.names.is_empty()
                    && wanted.birth.is_empty()
                {
                    return Ok::<_, PageError>(Err(compare_href(&person.row.uid, &one.patient.uid)));
                }
                let mut lines = lines(tx, &found)?;
                for (line, other) in lines.iter_mut().zip(&found) {
                    line.href = compare_href(&person.row.uid, &other.patient.uid);
                }
                let shown = find_page(desk, &person, &wanted.typed);
                Ok(Ok(FindPage { searched: true, lines, ..shown }))
            })
        })
        .await?;
    match found {
        Ok(shown) => page(&shown),
        Err(to) => see_other(to),
    }
}

fn compare_href(uid: &str, other: &str) -> String {
    format!("/patients/{uid}/merge/{other}")
}

#[derive(Template)]
#[template(path = "chart/merge.html")]
struct MergePage {
    layout: Layout,
    action: String,
    o: Shown,
    asks: bool,
    /// Who said that they are two people, and why; blank for nobody.
    two_people: String,
    /// The reader may say that they are two people.
    marks: bool,
    reason: Field,
    mark_reason: Field,
    errors: FormErrors,
}

fn merge_page(
    tx: &mut Tx<'_>,
    app: &App,
    acting: &Acting,
    records: &Both,
    typed: (&Plan, &str, &str),
    errors: FormErrors,
) -> Result<MergePage, PageError> {
    let desk = facility::desk_of(tx, app)?;
    let outlook = outlook(tx, records)?;
    let (plan, reason, mark_reason) = typed;
    let scope = tx.scope()?;
    let (stays, merged) = (&records.stays.row, &records.merged.row);
    let two_people = store::two_people_mark(tx.conn(), scope, stays.id, merged.id)?
        .map(|(reason, by, at)| format!("{by} said on {}: “{reason}”", desk.facility.clock_words(at)))
        .unwrap_or_default();
    let title =
        if errors.is_empty() { "Two records of one person?" } else { "Error: Two records of one person?" };
    Ok(MergePage {
        action: compare_href(&stays.uid, &merged.uid),
        o: shown(&desk, records, &outlook, plan, &errors)?,
        asks: outlook.blocks.is_empty(),
        marks: permits(acting, Action::ApproveVoid) && two_people.is_empty(),
        two_people,
        reason: Field::new("reason", "Why are they one person?", Control::Area { rows: 3 })
            .hint("At least 10 characters; the person who decides reads it.")
            .value(reason)
            .error(errors.of("reason")),
        mark_reason: Field::new("two_people", "Why are they two people?", Control::Area { rows: 2 })
            .hint("They are not shown as possible duplicates again.")
            .value(mark_reason)
            .error(errors.of("two_people")),
        errors,
        layout: desk.layout.titled(title).at(Place::Patients),
    })
}

/// Where a pair leads that is merged, or waits to be.
fn elsewhere(tx: &mut Tx<'_>, records: &Both) -> Result<Option<String>, PageError> {
    let scope = tx.scope()?;
    let (stays, merged) = (&records.stays.row, &records.merged.row);
    for row in store::of_patient(tx.conn(), scope, merged.id, &["open"])? {
        if row.survivor_id == stays.id || row.merged_id == stays.id {
            return Ok(Some(format!("/merges/{}", row.uid)));
        }
    }
    let of = |tx: &mut Tx<'_>, person: &Person| -> Result<String, PageError> {
        if person.row.state == "active" {
            return Ok(person.row.uid.clone());
        }
        let led = patient::survivor_of(tx.conn(), scope, person.row.id)?.ok_or(PageError::NotFound)?;
        Ok(led.uid)
    };
    let (a, b) = (of(tx, &records.stays)?, of(tx, &records.merged)?);
    Ok(match (a == stays.uid, b == merged.uid) {
        (true, true) => None,
        _ if a == b => Some(format!("/patients/{a}?done=led")),
        _ => Some(compare_href(&a, &b)),
    })
}

/// `GET /patients/{id}/merge/{other}`: both side by side.
pub(super) async fn compare(
    app: web::Data<App>,
    acting: Acting,
    ids: web::Path<(PatientId, PatientId)>,
) -> PageResult {
    let (id, other) = ids.into_inner();
    let found = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let records = both(tx, &id.to_string(), &other.to_string())?;
                let keys = [records.stays.row.id, records.merged.row.id];
                tx.record(Event::new(AuditAction::ViewPatient).patients(keys).detail("merge"));
                if let Some(to) = elsewhere(tx, &records)? {
                    return Ok::<_, PageError>(Err(to));
                }
                let nothing = (&Plan::default(), "", "");
                merge_page(tx, app, &acting, &records, nothing, FormErrors::default()).map(Ok)
            })
        })
        .await?;
    match found {
        Ok(shown) => page(&shown),
        Err(to) => see_other(to),
    }
}

/// What the form sent: choices, answers, versions; and the reason.
fn typed(pairs: &[(String, String)]) -> Result<(Plan, String), PageError> {
    let (mut plan, mut reason, mut ids) = (Plan::default(), String::new(), Vec::new());
    for (name, value) in pairs {
        let unreadable = || PageError::BadRequest(format!("The form has no field {name} with this value."));
        match name.as_str() {
            "reason" => reason.clone_from(value),
            "seen" => plan.seen.clone_from(value),
            "pair" => {
                let (a, b) = value.split_once(',').ok_or_else(unreadable)?;
                ids.push((a.to_owned(), b.to_owned()));
            }
            _ if name.starts_with("pair-") => {
                let (a, b) = ids.last().cloned().ok_or_else(unreadable)?;
                plan.pairs.push((a, b, value.trim().replace("\r\n", "\n")));
            }
            _ => {
                let item = name.strip_prefix("choose.").ok_or_else(unreadable)?;
                plan.choices.push((item.to_owned(), Side::parse(value).ok_or_else(unreadable)?));
            }
        }
    }
    Ok((plan, reason))
}

/// `POST /patients/{id}/merge/{other}`: asks for it.
pub(super) async fn ask(
    app: web::Data<App>,
    acting: Acting,
    ids: web::Path<(PatientId, PatientId)>,
    Pairs(pairs): Pairs,
) -> PageResult {
    let (id, other) = ids.into_inner();
    let answer = app
        .blocking(move |app| {
            let (plan, reason) = typed(&pairs)?;
            app.db.write(&acting, |tx| {
                let records = both(tx, &id.to_string(), &other.to_string())?;
                if let Some(to) = elsewhere(tx, &records)? {
                    let keys = [records.stays.row.id, records.merged.row.id];
                    tx.record(
                        Event::new(AuditAction::Merge).patients(keys).refused().detail("asked for already"),
                    );
                    return Ok::<_, PageError>(FormAnswer::GoTo(to));
                }
                let mut errors = FormErrors::default();
                let now = outlook(tx, &records)?;
                match act::ask(tx, &records, &now, &plan, &reason, &mut errors)? {
                    Some(uid) => Ok(FormAnswer::GoTo(format!("/merges/{uid}?done=asked"))),
                    None => merge_page(tx, app, &acting, &records, (&plan, &reason, ""), errors)
                        .map(FormAnswer::Again),
                }
            })
        })
        .await?;
    answer.send()
}

/// `POST /patients/{id}/merge/{other}/two-people`: they are two people; the pair is not shown again.
pub(super) async fn two_people(
    app: web::Data<App>,
    acting: Acting,
    ids: web::Path<(PatientId, PatientId)>,
    Pairs(pairs): Pairs,
) -> PageResult {
    let (id, other) = ids.into_inner();
    let reason =
        pairs.iter().find(|(name, _)| name == "two_people").map(|(_, v)| v.clone()).unwrap_or_default();
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let records = both(tx, &id.to_string(), &other.to_string())?;
                let keys = [records.stays.row.id, records.merged.row.id];
                let event = Event::new(AuditAction::Merge).patients(keys);
                if let Some(to) = elsewhere(tx, &records)? {
                    tx.record(event.refused().detail("two people"));
                    return Ok::<_, PageError>(FormAnswer::GoTo(to));
                }
                let mut errors = FormErrors::default();
                act::check_reason("two_people", "Two people", &reason, &mut errors);
                if errors.is_empty() {
                    store::mark_two_people(tx, keys[0], keys[1], reason.trim())?;
                    tx.record(event.detail("two people"));
                    return Ok(FormAnswer::GoTo("/duplicates?done=two_people".to_owned()));
                }
                tx.record(event.refused().detail("two people"));
                let typed = (&Plan::default(), "", reason.as_str());
                merge_page(tx, app, &acting, &records, typed, errors).map(FormAnswer::Again)
            })
        })
        .await?;
    answer.send()
}
