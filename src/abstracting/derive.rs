//! What a save of the form computes: only items that the form shows as derived, and the days
//! of the case's own life. Import never comes here.

use chrono::NaiveDate;

use super::{
    CaseItems, Section,
    complete::{Finding, Severity},
    condition::{SYSTEMIC_DATES, earliest},
};
use crate::{
    dictionary::{Items, names},
    followup_rules::is_analytic,
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
    schema(patient, tumor);
    for (patterns, score) in [
        (names::GLEASON_PATTERNS_CLINICAL, names::GLEASON_SCORE_CLINICAL),
        (names::GLEASON_PATTERNS_PATHOLOGICAL, names::GLEASON_SCORE_PATHOLOGICAL),
    ] {
        if let Some(sum) = gleason_score(tumor.value(patterns)) {
            tumor.set(score, sum);
        }
    }
    let case = CaseItems::of(patient, tumor);
    let systemic = earliest(case, &SYSTEMIC_DATES);
    let coding = coding_systems(case);
    if let Some(day) = systemic {
        tumor.set(names::RX_DATE_SYSTEMIC, day.to_string());
    }
    for (item, value) in coding.into_iter().flatten() {
        tumor.set(item, value);
    }
}

/// Schema and what follows from it; a schema that no longer follows is taken out.
fn schema(patient: &Items, tumor: &mut Items) {
    let case = CaseItems::of(patient, tumor);
    let coded = tumor.has(names::PRIMARY_SITE) && tumor.has(names::HISTOLOGIC_TYPE_ICD_O_3);
    let decided = case.decided_schema().map(|s| s.id);
    match decided {
        Some(id) => tumor.set(names::SCHEMA_ID, id),
        None if coded && case.dx_year().is_some() => {
            tumor.remove(names::SCHEMA_ID);
        }
        None => {}
    }
}

/// Sum of the primary and secondary pattern; `X7` and `X9` stay what they say.
///
/// Source: NAACCR items 3838 to 3841.
fn gleason_score(patterns: &str) -> Option<String> {
    match patterns {
        "X6" => Some("X9".to_owned()),
        "X7" | "X8" | "X9" => Some(patterns.to_owned()),
        _ => {
            let digits: Vec<u32> = patterns.chars().filter_map(|c| c.to_digit(10)).collect();
            match digits.as_slice() {
                [a @ 1..=5, b @ 1..=5] => Some(format!("{:02}", a + b)),
                _ => None,
            }
        }
    }
}

/// In which systems site and morphology are coded here; what came with the record stays.
///
/// Source: NAACCR items 450 and 470: 5 is ICD-O-3 topography; 7 ICD-O-3, 8 from 2010, A from 2018, B from 2021,
/// C, D and E from 2022, 2023 and 2024.
fn coding_systems(case: CaseItems<'_>) -> [Option<(&'static str, &'static str)>; 2] {
    let blank = |item: &str| case.value(item).is_empty();
    let coded = |item: &str| !case.value(item).is_empty();
    let morphology = case.dx_year().map(|year| match year {
        ..2010 => "7",
        2010..2018 => "8",
        2018..2021 => "A",
        2021 => "B",
        2022 => "C",
        2023 => "D",
        _ => "E",
    });
    let site = coded(names::PRIMARY_SITE) && blank(names::SITE_CODING_SYS_CURRENT);
    let histology = coded(names::HISTOLOGIC_TYPE_ICD_O_3) && blank(names::MORPH_CODING_SYS_CURRENT);
    [
        site.then_some((names::SITE_CODING_SYS_CURRENT, "5")),
        morphology.filter(|_| histology).map(|code| (names::MORPH_CODING_SYS_CURRENT, code)),
    ]
}

/// Writes the derived items of a patient.
///
/// Source: NAACCR item 1920: 0 while alive, 1 (ICD-10) for deaths from 1999 on.
pub fn derive_patient(patient: &mut Items) {
    let revision = match patient.value(names::VITAL_STATUS) {
        "1" => "0",
        "0" if patient.date(names::DATE_OF_LAST_CONTACT).is_some_and(|d| d.year() >= 1999) => "1",
        _ => return,
    };
    if patient.value(names::ICD_REVISION_NUMBER) != revision {
        patient.set(names::ICD_REVISION_NUMBER, revision);
    }
}

/// Writes who reports and by which number the patient is known here, where the record has none.
pub fn stamp(patient: &Items, tumor: &mut Items, npi: &str, fin: &str) {
    for (item, number) in [
        (names::NPI_REPORTING_FACILITY, npi),
        (names::REPORTING_FACILITY, fin),
        (names::PATIENT_SYSTEM_ID_HOSP, patient.value(names::PATIENT_ID_NUMBER)),
    ] {
        if !tumor.has(item) && !number.is_empty() {
            tumor.set(item, number);
        }
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

/// Says that all that the class of case asks for is without errors, on the first day on which it is; it never moves.
///
/// Source: NAACCR item 2092. Class 00: identification, patient, residence and diagnosis; class 10 to 22: also stage,
/// site-specific items and first course. Follow-up is not needed.
pub fn mark_core_completed(tumor: &mut Items, today: NaiveDate, found: &[Finding]) {
    use Section::{Cancer, Case, Patient, Residence, SiteSpecific, Stage, Treatment};
    let class = tumor.value(names::CLASS_OF_CASE);
    if tumor.has(names::DATE_CASE_COMPLETED_COC) || !is_analytic(class) {
        return;
    }
    let core: &[Section] = match class {
        "00" => &[Case, Patient, Residence, Cancer],
        _ => &[Case, Patient, Residence, Cancer, Stage, SiteSpecific, Treatment],
    };
    let open = |f: &Finding| f.severity == Severity::Error && f.is_in_the_way() && core.contains(&f.section);
    if !found.iter().any(open) {
        tumor.set(names::DATE_CASE_COMPLETED_COC, PartialDate::Day(today).to_string());
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
    fn schema_scores_and_systems_follow() {
        let mut tumor = items(&[
            ("dateOfDiagnosis", "20240105"),
            ("primarySite", "C619"),
            ("histologicTypeIcdO3", "8140"),
            ("behaviorCodeIcdO3", "3"),
            ("gleasonPatternsClinical", "34"),
            ("rxSummHormone", "01"),
            ("rxDateHormone", "202403"),
            ("rxDateChemo", "20240401"),
        ]);
        derive(&items(&[("sexAssignedAtBirth", "1")]), &mut tumor);
        for (item, value) in [
            ("schemaId", "00580"),
            ("gleasonScoreClinical", "07"),
            ("rxDateSystemic", "202403"),
            ("siteCodingSysCurrent", "5"),
            ("morphCodingSysCurrent", "E"),
        ] {
            assert_eq!(tumor.value(item), value, "{item}");
        }
        tumor.set("primarySite", "C240");
        tumor.set("histologicTypeIcdO3", "8140");
        derive(&items(&[]), &mut tumor);
        assert_eq!(tumor.value("schemaId"), "", "bile ducts need a discriminator");
    }

    #[test]
    fn the_icd_revision_follows_vital_status() {
        let mut patient = items(&[("vitalStatus", "1")]);
        derive_patient(&mut patient);
        assert_eq!(patient.value("icdRevisionNumber"), "0");
        patient.set("vitalStatus", "0");
        patient.set("dateOfLastContact", "202401");
        derive_patient(&mut patient);
        assert_eq!(patient.value("icdRevisionNumber"), "1");
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
