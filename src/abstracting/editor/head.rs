//! The head of a case: whose it is, its number, its state, what is due.

use super::super::{accession, form::Both, saving::Stored};
use chrono::Datelike;

use crate::{
    dictionary::names,
    facility::Desk,
    icdo::PrimarySite,
    patient::full_name,
    web::{Status, days_left},
};

/// What the head of a case says.
#[derive(Clone, Debug)]
pub(in crate::abstracting) struct Head {
    /// Name of the patient; on the page only, never in its title.
    pub(in crate::abstracting) name: String,
    pub(in crate::abstracting) status: Status,
    pub(in crate::abstracting) facts: Vec<(&'static str, String)>,
    /// Accession and sequence, or “new case”, for the title.
    pub(in crate::abstracting) number: String,
    pub(in crate::abstracting) patient_href: String,
    pub(in crate::abstracting) is_open: bool,
    pub(in crate::abstracting) is_closed: bool,
}

/// The head.
pub(in crate::abstracting) fn head(stored: &Stored, items: &Both, desk: &Desk) -> Head {
    let value = |id| items.case().value(id);
    let (patient, tumor) = (&items.patient, &items.tumor);
    let number = value(names::ACCESSION_NUMBER_HOSP);
    let accession = if number.is_empty() {
        "not given yet".to_owned()
    } else {
        format!("{}, seq {}", accession::shown(number), or_dash(value(names::SEQUENCE_NUMBER_HOSPITAL)))
    };
    let mut facts = vec![("Accession", accession.clone())];
    let age = tumor.value(names::AGE_AT_DIAGNOSIS).trim_start_matches('0');
    match patient.value(names::SEX_ASSIGNED_AT_BIRTH) {
        "1" => facts.push(("Male", age.to_owned())),
        "2" => facts.push(("Female", age.to_owned())),
        _ if !age.is_empty() && age != "999" => facts.push(("Age", age.to_owned())),
        _ => {}
    }
    facts.push(("Class", or_dash(value(names::CLASS_OF_CASE))));
    if let Ok(site) = PrimarySite::parse(value(names::PRIMARY_SITE)) {
        facts.push(("Site", site.label().to_owned()));
    }
    let state = stored.state();
    match stored.tumor.abstract_due {
        Some(due) if state.is_open() => {
            let left = days_left((due - desk.today).num_days());
            let day = if due.year() == desk.today.year() { "%-d %b" } else { "%-d %b %Y" };
            facts.push(("Complete by", format!("{}, {left}", due.format(day))));
        }
        _ => {}
    }
    let saved = desk.facility.wall(stored.tumor.changed_at.max(stored.patient.changed_at));
    let when = if saved.date_naive() == desk.today { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    facts.push(("Saved", saved.format(when).to_string()));
    Head {
        name: full_name(patient.value(names::NAME_LAST), patient.value(names::NAME_FIRST)),
        status: state.status(),
        facts,
        number: if number.is_empty() { "New case".to_owned() } else { accession },
        patient_href: format!("/patients/{}", stored.patient.uid),
        is_open: state.is_open(),
        is_closed: state.is_closed(),
    }
}

fn or_dash(value: &str) -> String {
    if value.is_empty() { "–".to_owned() } else { value.to_owned() }
}
