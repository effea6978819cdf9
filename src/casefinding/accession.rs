//! A case is made of an item on the way of every new case: the search is filled from it, and what a case
//! needs at least is asked for.

use chrono::NaiveDate;

use super::{
    act,
    source::Source,
    state::{Event, Known, NotPossible},
};
use crate::{
    abstracting::leave_note,
    audit::{AuditAction, Event as AuditEvent},
    db::Tx,
    dictionary::{CodeLists, Items, names},
    facility::Desk,
    icdo::PrimarySite,
    partial_date::{PartialDate, SlashOrder},
    source_document::{self, Kind, NewDocument},
    tumor::{self, TumorRow},
    web::{FormErrors, PageError},
};

/// Name of the field that carries the item through the steps of a new case.
pub(crate) const FIELD: &str = "suspense";

/// What is asked for besides the person: item, label, hint.
pub(crate) const CASE_FIELDS: [(&str, &str, &str); 4] = [
    (names::DATE_OF_DIAGNOSIS, "Date of diagnosis", "At least the year."),
    (names::PRIMARY_SITE, "Primary site", "At least the organ: C50 or C50.4."),
    (names::CLASS_OF_CASE, "Class of case", "Two digits: 00 to 22 analytic, 30 to 49 and 99 not."),
    (names::DATE_OF_1ST_CONTACT, "Date of first contact", "With this hospital, as far as known."),
];

/// What a new case is filled with from an item that may become one.
pub(crate) fn begun(
    tx: &mut Tx<'_>,
    today: NaiveDate,
    uid: &str,
) -> Result<Vec<(String, String)>, PageError> {
    let scope = tx.scope()?;
    let row = super::store::by_uid(tx.conn(), scope, uid)?.ok_or(PageError::NotFound)?;
    let whole = Known { identity: true, year: true, site: true, class: true };
    if let Err(why) = row.state_on(today).after(Event::Accessioned(act::who(tx, &row), whole)) {
        return Err(PageError::BadRequest(match why {
            NotPossible::NotNow(state) if !state.is_final() => {
                format!("{why} Then a case can be made of it.")
            }
            other => other.to_string(),
        }));
    }
    tx.record(AuditEvent::new(AuditAction::ViewSuspense).detail(format!("{uid} for a new case")));
    let facts = row.facts()?;
    let mut pairs = vec![(FIELD.to_owned(), row.uid.clone())];
    for (id, value) in &facts.person {
        let date = id == names::DATE_OF_BIRTH;
        pairs.push((id.clone(), if date { iso(value) } else { value.clone() }));
    }
    pairs.push((names::MEDICAL_RECORD_NUMBER.to_owned(), row.medical_record_number.clone()));
    pairs.push((names::DATE_OF_1ST_CONTACT.to_owned(), iso(&row.event_date)));
    pairs.push((names::PRIMARY_SITE.to_owned(), facts.screened.site));
    Ok(pairs)
}

fn iso(stored: &str) -> String {
    PartialDate::parse(stored).map(PartialDate::iso).unwrap_or_default()
}

/// Reads what a case needs at least; all complaints at once.
pub(crate) fn read_case(
    pairs: &[(String, String)],
    today: NaiveDate,
    order: SlashOrder,
) -> Result<Items, FormErrors> {
    let mut errors = FormErrors::default();
    let mut items = Items::default();
    for (id, label, _) in CASE_FIELDS {
        let typed = pairs.iter().find(|(n, _)| n == id).map_or("", |(_, v)| v.trim());
        let value = match id {
            names::PRIMARY_SITE => site(typed),
            names::CLASS_OF_CASE => class(typed),
            names::DATE_OF_DIAGNOSIS => date(typed, today, order).and_then(|d| match d.is_empty() {
                true => Err("Enter at least the year of diagnosis.".to_owned()),
                false => Ok(d),
            }),
            _ => date(typed, today, order),
        };
        match errors.take(id, label, value) {
            Some(value) if !value.is_empty() => items.set(id, value),
            _ => {}
        }
    }
    errors.or(Some(items))
}

fn date(typed: &str, today: NaiveDate, order: SlashOrder) -> Result<String, String> {
    match PartialDate::parse_typed(typed, today, order).map_err(|e| e.to_string())? {
        Some(date) if date.definitely_after(today.into()) => {
            Err(format!("{} is in the future. Enter today or an earlier day.", date.iso()))
        }
        date => Ok(date.map(|d| d.to_string()).unwrap_or_default()),
    }
}

/// A site, or an organ alone: its subsite is then not otherwise specified.
fn site(typed: &str) -> Result<String, String> {
    let whole = if typed.len() == 3 { format!("{typed}9") } else { typed.to_owned() };
    PrimarySite::parse(&whole).map(PrimarySite::stored).map_err(|_| {
        format!("“{typed}” is no site. Enter at least the organ, C50 or C50.4; C80.9 if not known.")
    })
}

fn class(typed: &str) -> Result<String, String> {
    match CodeLists::label(names::CLASS_OF_CASE, typed) {
        Some(_) if typed.len() == 2 => Ok(typed.to_owned()),
        _ => Err(format!(
            "“{typed}” is no class of case. Enter two digits: 00, 10 to 14, 20 to 22, 30 to 49 or 99."
        )),
    }
}

/// The items a case made of an item begins with.
pub(crate) fn case_items(
    tx: &mut Tx<'_>,
    desk: &Desk,
    uid: &str,
    pairs: &[(String, String)],
) -> Result<Items, PageError> {
    let scope = tx.scope()?;
    let row = super::store::by_uid(tx.conn(), scope, uid)?.ok_or(PageError::NotFound)?;
    let mut items = read_case(pairs, desk.today, desk.facility.slash_order)
        .map_err(|_| PageError::BadRequest(NotPossible::Unknown(Known::default()).to_string()))?;
    items.set(names::CASEFINDING_SOURCE, row.source().naaccr());
    Ok(items)
}

/// Closes the item with the case that was made of it; the words of the source stay with the case.
pub(crate) fn accessioned(tx: &mut Tx<'_>, today: NaiveDate, uid: &str, case: &str) -> Result<(), PageError> {
    let scope = tx.scope()?;
    let tumor = tumor::by_uid(tx.conn(), scope, case)?.ok_or(PageError::NotFound)?;
    let items = tumor.items()?;
    let known = Known {
        // Who made the case chose the person, or confirmed a new one.
        identity: true,
        year: items.date(names::DATE_OF_DIAGNOSIS).is_some(),
        site: PrimarySite::parse(items.value(names::PRIMARY_SITE)).is_ok(),
        class: items.has(names::CLASS_OF_CASE),
    };
    let row = act::made(tx, today, uid, known, &tumor)?;
    let facts = row.facts()?;
    if !facts.code.is_empty() {
        let source = row.source().label().to_lowercase();
        let body = format!("Possible case from {source}, {}: ICD-10-CM {}", iso(&row.event_date), facts.code);
        leave_note(tx, &tumor, body, None)?;
    }
    keep_text(tx, &tumor, row.source(), &row.event_date, facts.text)
}

/// The words of the source become a document of the case.
fn keep_text(
    tx: &mut Tx<'_>,
    tumor: &TumorRow,
    source: Source,
    on: &str,
    body: String,
) -> Result<(), PageError> {
    if body.trim().is_empty() {
        return Ok(());
    }
    let kind = match source {
        Source::Pathology => Kind::Pathology,
        Source::Imaging => Kind::Imaging,
        Source::RadiationLog | Source::InfusionLog => Kind::Treatment,
        Source::TumorBoard => Kind::Clinical,
        _ => Kind::Other,
    };
    let dated = PartialDate::parse(on).ok();
    let new = NewDocument { kind, dated, title: "from casefinding".to_owned(), body };
    if source_document::insert(tx, tumor.id, &new)?.is_ok() {
        tx.record(
            AuditEvent::new(AuditAction::SourceDocument)
                .tumor(tumor.patient_id, tumor.id)
                .detail("document from casefinding"),
        );
    }
    Ok(())
}
