//! A patient as all pages of the chart show one: facts, primaries, where follow-up stands.

use super::find::sex;
use crate::{
    abstracting::{AbstractState, accession},
    db::Tx,
    dictionary::{CodeLists, Items, names},
    facility::Desk,
    followup,
    followup_rules::{self, Extra, Facts},
    icdo::{Laterality, Morphology, PrimarySite},
    partial_date::PartialDate,
    patient::{self, PatientRow, full_name},
    save::follow_up_settings,
    tumor::{self, TumorRow},
    web::{PageError, Shape, Status, Tone},
};

/// A patient as the chart's pages show one.
pub(super) struct Person {
    pub(super) row: PatientRow,
    pub(super) items: Items,
    pub(super) tumors: Vec<TumorRow>,
}

/// Label and value of a fact.
pub(super) type Fact = (&'static str, String);

/// One primary.
pub(super) struct Primary {
    pub(super) uid: String,
    pub(super) version: i32,
    pub(super) title: String,
    pub(super) site: String,
    pub(super) histology: String,
    pub(super) diagnosed: String,
    pub(super) laterality: String,
    pub(super) class: String,
    pub(super) stage: String,
    pub(super) cancer_status: String,
    pub(super) status: Status,
}

/// Reads a patient of the scope with all cases.
pub(super) fn person(tx: &mut Tx<'_>, uid: &str) -> Result<Person, PageError> {
    let scope = tx.scope()?;
    let row = patient::by_uid(tx.conn(), scope, uid)?.ok_or(PageError::NotFound)?;
    let items = row.items()?;
    let tumors = tumor::of_patient(tx.conn(), scope, row.id)?;
    Ok(Person { row, items, tumors })
}

impl Person {
    pub(super) fn name(&self) -> String {
        full_name(&self.row.name_last, &self.row.name_first)
    }

    pub(super) fn primaries(&self, voided: bool) -> Result<Vec<Primary>, PageError> {
        self.tumors.iter().filter(|t| t.voided == voided).map(primary).collect()
    }
}

pub(super) fn date(items: &Items, id: &str) -> String {
    items.date(id).map_or_else(|| items.value(id).to_owned(), PartialDate::iso)
}

pub(super) fn coded(items: &Items, id: &str) -> String {
    let code = items.value(id);
    match CodeLists::label(id, code) {
        Some(label) => format!("{code} {label}"),
        None => code.to_owned(),
    }
}

pub(super) fn primary(row: &TumorRow) -> Result<Primary, PageError> {
    let items = row.items()?;
    let site = PrimarySite::parse(&row.primary_site).ok();
    let morphology = format!("{}/{}", row.histology, row.behavior);
    let term =
        Morphology::parse(&morphology).ok().and_then(Morphology::entry).map(|e| e.label_at(row.dx_year));
    let state = AbstractState::parse(&row.state).unwrap_or(AbstractState::InProgress);
    let group = site.map_or("Site not coded", |s| s.entry().group);
    Ok(Primary {
        uid: row.uid.clone(),
        version: row.version,
        title: format!("{} {group}", row.sequence_number).trim().to_owned(),
        site: site.map_or_else(|| row.primary_site.clone(), |s| format!("{s} {}", s.label())),
        histology: if row.histology.is_empty() {
            String::new()
        } else {
            format!("{morphology} {}", term.unwrap_or_default()).trim().to_owned()
        },
        diagnosed: date(&items, names::DATE_OF_DIAGNOSIS),
        laterality: Laterality::parse(items.value(names::LATERALITY))
            .map_or("", Laterality::label)
            .to_owned(),
        class: row.class_of_case.clone(),
        stage: coded(&items, names::SUMMARY_STAGE_2018),
        cancer_status: coded(&items, names::CANCER_STATUS),
        status: if row.voided { Status::new(Shape::Dash, Tone::Quiet, "Voided") } else { state.status() },
    })
}

/// Where follow-up stands today.
pub(super) fn standing(
    desk: &Desk,
    person: &Person,
) -> Result<(followup_rules::Standing, Status), PageError> {
    let living: Vec<Items> =
        person.tumors.iter().filter(|t| !t.voided).map(TumorRow::items).collect::<Result<_, _>>()?;
    let extra = Extra {
        short_interval_months: person.row.short_interval.and_then(|m| u32::try_from(m).ok()),
        lost: person.row.lost_at.is_some(),
    };
    let facts = Facts::of(&person.items, &living.iter().collect::<Vec<_>>(), extra);
    let standing = followup_rules::standing(&facts, &follow_up_settings(&desk.facility));
    let shown = followup::mark(followup_rules::status(&standing, standing.lost, desk.today));
    Ok((standing, shown))
}

pub(super) fn facts(desk: &Desk, person: &Person) -> Vec<Fact> {
    let born = person.items.date(names::DATE_OF_BIRTH);
    let age = born.and_then(|b| b.years_until(desk.today.into()));
    let dead = person.row.vital_status == "0";
    let years = match age.filter(|_| !dead) {
        Some((least, most)) if least == most => format!(", {least} years"),
        _ => String::new(),
    };
    let number = |n: &str| if n.is_empty() { "–".to_owned() } else { n.to_owned() };
    let record = person.tumors.iter().find(|t| !t.medical_record_number.is_empty());
    vec![
        ("Accession", number(&accession::shown(&person.row.accession_number))),
        ("Record number", number(record.map_or("", |t| t.medical_record_number.as_str()))),
        ("Patient number", number(&person.row.patient_id_number)),
        ("Born", born.map_or_else(|| "not known".to_owned(), |b| format!("{}{years}", b.iso()))),
        ("Sex", sex(&person.row.sex).to_owned()),
        (
            if dead { "Died" } else { "Last contact" },
            number(&date(&person.items, names::DATE_OF_LAST_CONTACT)),
        ),
    ]
}

pub(super) fn follow(person: &Person) -> Vec<Fact> {
    let items = &person.items;
    [
        ("Vital status", coded(items, names::VITAL_STATUS)),
        ("Last contact", date(items, names::DATE_OF_LAST_CONTACT)),
        ("Told by", coded(items, names::FOLLOW_UP_SOURCE)),
        ("Ask next", coded(items, names::NEXT_FOLLOW_UP_SOURCE)),
        ("Lost because", person.row.lost_reason.clone()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}
