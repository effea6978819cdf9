//! What a save of the form computes: only items that the form shows as derived, and the days
//! of the case's own life. Import never comes here.

use chrono::NaiveDate;

use crate::{
    dictionary::{Items, names},
    icdo::{Behavior, Histology, Morphology, PrimarySite},
    partial_date::PartialDate,
};

/// Age at diagnosis, as far as two dates tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// The same whatever the unknown days are.
    Years(u32),
    /// Depends on unknown days: the smallest and the largest.
    Between(u32, u32),
    /// A date is missing, or birth is after diagnosis.
    Unknown,
}

/// Oldest age that the item can say; 999 is unknown.
const OLDEST: u32 = 120;

impl Age {
    /// Completed years from birth to diagnosis.
    pub fn at_diagnosis(born: Option<PartialDate>, diagnosed: Option<PartialDate>) -> Self {
        match born
            .zip(diagnosed)
            .and_then(|(b, d)| if b.definitely_after(d) { None } else { b.years_until(d) })
        {
            Some((least, most)) if least == most => Self::Years(least.min(OLDEST)),
            Some((least, most)) => Self::Between(least.min(OLDEST), most.min(OLDEST)),
            None => Self::Unknown,
        }
    }

    /// The item's value: a stored age that is possible stays; else the smaller of two; else 999.
    pub fn stored(self, now: &str) -> String {
        match self {
            Self::Years(age) => format!("{age:03}"),
            Self::Between(least, most) => match now.parse::<u32>() {
                Ok(age) if (least..=most).contains(&age) => format!("{age:03}"),
                _ => format!("{least:03}"),
            },
            Self::Unknown => "999".to_owned(),
        }
    }
}

/// Writes the derived items of a case.
pub fn derive(patient: &Items, tumor: &mut Items) {
    let diagnosed = tumor.date(names::DATE_OF_DIAGNOSIS);
    // Without a date of diagnosis there is no age yet; an age that came with the case stays.
    if diagnosed.is_some() {
        let age = Age::at_diagnosis(patient.date(names::DATE_OF_BIRTH), diagnosed);
        tumor.set(names::AGE_AT_DIAGNOSIS, age.stored(tumor.value(names::AGE_AT_DIAGNOSIS)));
    }
}

/// The case with its derived items written anew, changed today; `None` when they are as they were.
pub fn derived_again(patient: &Items, tumor: &Items, today: NaiveDate) -> Option<Items> {
    let mut items = tumor.clone();
    derive(patient, &mut items);
    (items != *tumor).then(|| {
        mark_changed(&mut items, today);
        items
    })
}

/// Says that the case changed today.
pub fn mark_changed(tumor: &mut Items, today: NaiveDate) {
    tumor.set(names::DATE_CASE_LAST_CHANGED, PartialDate::Day(today).to_string());
}

/// Says that the case is complete: by whom, and the day unless it was complete before.
///
/// Source: NAACCR item 2090; the date is set once and never moves.
pub fn mark_completed(tumor: &mut Items, today: NaiveDate, staff_code: &str) {
    if !tumor.has(names::DATE_CASE_COMPLETED) {
        tumor.set(names::DATE_CASE_COMPLETED, PartialDate::Day(today).to_string());
        if !staff_code.is_empty() {
            tumor.set(names::ABSTRACTED_BY, staff_code);
        }
    }
}

/// Writes a patient item; an older item that it replaced is retired in the same version.
///
/// Returns whether an older item was retired (the record is then one of the newest version).
pub fn set_modern(items: &mut Items, id: &'static str, value: &str) -> bool {
    let older = names::RENAMED.iter().find(|(_, newer)| *newer == id).map(|(older, _)| *older);
    let retired = older.is_some_and(|older| items.remove(older).is_some());
    if value.is_empty() && !retired {
        items.remove(id);
    } else {
        items.set(id, value);
    }
    retired
}

/// What was typed as histology: four digits, or with the behavior behind a slash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistologyTyped {
    /// The histology.
    pub histology: Histology,
    /// The behavior, if it was typed too.
    pub behavior: Option<Behavior>,
}

/// Reads `8520`, `8520/3` and `85203`; `None` for anything else, which then stays as typed.
pub fn read_histology(typed: &str) -> Option<HistologyTyped> {
    if let Ok(histology) = Histology::parse(typed) {
        return Some(HistologyTyped { histology, behavior: None });
    }
    let both = Morphology::parse(typed).ok()?;
    Some(HistologyTyped { histology: both.histology, behavior: Some(both.behavior) })
}

/// Reads `C50.4`, `c504`; `None` for anything else, which then stays as typed.
pub fn read_site(typed: &str) -> Option<String> {
    PrimarySite::parse(typed).ok().map(PrimarySite::stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Option<PartialDate> {
        PartialDate::parse(text).ok()
    }

    fn items(pairs: &[(&'static str, &'static str)]) -> Items {
        pairs.iter().copied().collect()
    }

    #[test]
    fn the_age_is_exact_when_unknown_days_do_not_matter() {
        let age = |b, d| Age::at_diagnosis(date(b), date(d));
        assert_eq!(age("19630801", "20260731"), Age::Years(62));
        assert_eq!(age("19630801", "20260801"), Age::Years(63));
        assert_eq!(age("196308", "202609"), Age::Years(63));
        assert_eq!(age("1963", "2026"), Age::Between(62, 63));
        assert_eq!(age("2026", "2026"), Age::Years(0));
        assert_eq!(age("20260801", "20260101"), Age::Unknown);
        assert_eq!(age("", "2026"), Age::Unknown);
        assert_eq!(age("18500101", "20260101"), Age::Years(120));
    }

    #[test]
    fn a_possible_age_stays_and_else_the_smaller_is_taken() {
        assert_eq!(Age::Between(62, 63).stored("063"), "063");
        assert_eq!(Age::Between(62, 63).stored("064"), "062");
        assert_eq!(Age::Between(62, 63).stored(""), "062");
        assert_eq!(Age::Years(7).stored("999"), "007");
        assert_eq!(Age::Unknown.stored("063"), "999");
    }

    #[test]
    fn an_age_that_came_without_a_date_stays() {
        let mut tumor = items(&[("ageAtDiagnosis", "063")]);
        derive(&items(&[("dateOfBirth", "1963")]), &mut tumor);
        assert_eq!(tumor.value("ageAtDiagnosis"), "063");
        tumor.set("dateOfDiagnosis", "20260616");
        derive(&items(&[]), &mut tumor);
        assert_eq!(tumor.value("ageAtDiagnosis"), "999");
    }

    #[test]
    fn the_day_of_completion_never_moves() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
        let mut tumor = items(&[]);
        mark_completed(&mut tumor, day(3), "RQ1");
        mark_completed(&mut tumor, day(20), "XY2");
        assert_eq!(tumor.value("dateCaseCompleted"), "20261103");
        assert_eq!(tumor.value("abstractedBy"), "RQ1");
    }

    #[test]
    fn writing_the_newer_item_retires_the_older() {
        let mut patient = items(&[("sex", "1"), ("nameLast", "Fictive")]);
        assert!(set_modern(&mut patient, names::SEX_ASSIGNED_AT_BIRTH, "2"));
        assert_eq!(patient.raw("sex"), None);
        assert_eq!(patient.raw("sexAssignedAtBirth"), Some("2"));
        assert!(!set_modern(&mut patient, names::NAME_LAST, ""));
        assert_eq!(patient.raw("nameLast"), None);
    }

    #[test]
    fn histology_is_read_with_and_without_behavior() {
        let read = |t| read_histology(t).map(|h| (h.histology.to_string(), h.behavior.map(Behavior::code)));
        assert_eq!(read("8520"), Some(("8520".to_owned(), None)));
        assert_eq!(read("8520/3"), Some(("8520".to_owned(), Some("3"))));
        assert_eq!(read("85202"), Some(("8520".to_owned(), Some("2"))));
        assert_eq!(read("lobular"), None);
        assert_eq!(read_site("c50.4"), Some("C504".to_owned()));
    }
}
