//! What saving a contact will do, shown before it is saved.

use chrono::NaiveDate;

use crate::{
    dictionary::{Items, names},
    followup_rules::{
        Extra, Facts, Settings, Standing, Status,
        contact::{CancerStatus, Recorded, VitalStatus},
        keeps_lost, standing, status,
    },
    partial_date::PartialDate,
};

/// One line of "Saving will".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What changes.
    pub what: String,
    /// As it is.
    pub before: String,
    /// As it will be; the same text when it stays.
    pub after: String,
}

impl Line {
    fn new(what: impl Into<String>, before: impl Into<String>, after: impl Into<String>) -> Self {
        Self { what: what.into(), before: before.into(), after: after.into() }
    }

    /// Stays as it is.
    pub fn is_same(&self) -> bool {
        self.before == self.after
    }
}

/// The consequences of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Status before.
    pub before: Status,
    /// Status after.
    pub after: Status,
    /// The lines, the person first.
    pub lines: Vec<Line>,
    /// A mark LOST goes.
    pub clears_lost: bool,
}

/// Compares a patient's state with what a contact would make of it.
pub fn effect(
    patient: &Items,
    tumors: &[&Items],
    recorded: &Recorded,
    extra: Extra,
    settings: &Settings,
    as_of: NaiveDate,
) -> Effect {
    let after_tumors: Vec<&Items> = recorded.tumors.iter().collect();
    let before = standing(&Facts::of(patient, tumors, extra), settings);
    let after = standing(&Facts::of(&recorded.patient, &after_tumors, extra), settings);
    let clears_lost = extra.lost && !keeps_lost(before.effective_dlc, after.effective_dlc);
    let (was, will) = (status(&before, extra.lost, as_of), status(&after, extra.lost && !clears_lost, as_of));
    let mut lines = vec![
        Line::new(
            if will == Status::ClosedDead { "Date of death" } else { "Last contact" },
            shown(patient.value(names::DATE_OF_LAST_CONTACT)),
            shown(recorded.patient.value(names::DATE_OF_LAST_CONTACT)),
        ),
        Line::new("Vital status", vital(patient), vital(&recorded.patient)),
        Line::new("Next due", due(&before, was, as_of), due(&after, will, as_of)),
    ];
    for (n, (old, new)) in tumors.iter().zip(&recorded.tumors).enumerate() {
        let line = Line::new(format!("Primary {}", n + 1), cancer(old), cancer(new));
        if !line.is_same() {
            lines.push(line);
        }
    }
    lines.retain(|line| !line.is_same() || matches!(line.what.as_str(), "Last contact" | "Next due"));
    Effect { before: was, after: will, lines, clears_lost }
}

/// A stored date as tables show it; what cannot be read stands as it is.
fn shown(value: &str) -> String {
    match PartialDate::parse(value) {
        Ok(date) => date.iso(),
        Err(_) if value.is_empty() => "none".to_owned(),
        Err(_) => value.to_owned(),
    }
}

fn vital(items: &Items) -> String {
    let code = items.value(names::VITAL_STATUS);
    VitalStatus::parse(code).map_or_else(|| "not recorded".to_owned(), |v| v.label().to_owned())
}

fn due(standing: &Standing, status: Status, as_of: NaiveDate) -> String {
    if status.is_followed() {
        PartialDate::from(standing.due.unwrap_or(as_of)).iso()
    } else {
        "no follow-up".to_owned()
    }
}

/// `No evidence of this tumor, 2026-11-17; recurrence 55, 2026-03`.
pub fn cancer(tumor: &Items) -> String {
    let code = tumor.value(names::CANCER_STATUS);
    let mut words =
        CancerStatus::parse(code).map_or_else(|| "not recorded".to_owned(), |s| s.label().to_owned());
    if let Some(on) = tumor.date(names::DATE_OF_LAST_CANCER_STATUS) {
        words.push_str(", ");
        words.push_str(&on.iso());
    }
    let kind = tumor.value(names::RECURRENCE_TYPE_1ST);
    if !matches!(kind, "" | "00" | "99") {
        words.push_str(&format!("; recurrence {kind}"));
        if let Some(on) = tumor.date(names::RECURRENCE_DATE_1ST) {
            words.push_str(&format!(", {}", on.iso()));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::followup_rules::contact::{Contact, FollowUpSource, Seen, record};

    fn day(text: &str) -> NaiveDate {
        PartialDate::parse(text).unwrap().day().unwrap()
    }

    fn of(vital: VitalStatus, lost: bool) -> Effect {
        let patient: Items = [("dateOfLastContact", "20250701"), ("vitalStatus", "1")].into_iter().collect();
        let tumor: Items =
            [("classOfCase", "14"), ("behaviorCodeIcdO3", "3"), ("dateOfDiagnosis", "20220310")]
                .into_iter()
                .collect();
        let seen = Seen {
            on: PartialDate::parse("20261117").unwrap(),
            vital,
            source: FollowUpSource::Physician,
            cause_of_death: None,
            next: None,
        };
        let contact = Contact { seen: Some(seen), ..Contact::default() };
        let after = record(&patient, &[&tumor], &contact, day("20261123")).unwrap();
        let extra = Extra { lost, ..Extra::default() };
        effect(&patient, &[&tumor], &after, extra, &Settings::default(), day("20261123"))
    }

    #[test]
    fn a_contact_shows_the_new_due_date_and_status() {
        let effect = of(VitalStatus::Alive, true);
        assert_eq!((effect.before, effect.after), (Status::Lost, Status::Current));
        assert!(effect.clears_lost);
        assert!(effect.lines.contains(&Line::new("Last contact", "2025-07-01", "2026-11-17")));
        assert!(effect.lines.contains(&Line::new("Next due", "2026-07-01", "2027-11-17")));
    }

    #[test]
    fn a_death_shows_that_follow_up_ends() {
        let effect = of(VitalStatus::Dead, false);
        assert_eq!(effect.after, Status::ClosedDead);
        assert!(effect.lines.contains(&Line::new("Date of death", "2025-07-01", "2026-11-17")));
        assert!(effect.lines.contains(&Line::new("Vital status", "Alive", "Dead")));
        assert!(effect.lines.contains(&Line::new("Next due", "2026-07-01", "no follow-up")));
    }
}
