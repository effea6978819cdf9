//! Writes a drawn patient down as items of the NAACCR dictionary, version 26.

use chrono::{Datelike, NaiveDate};

use super::{
    dice::Dice,
    kind::Spread,
    outcome::{Course, LastKnown},
    paperwork::{Paperwork, Progress},
    patients::Plan,
    person::Person,
    primary::Primary,
    texts,
    treatment::Given,
};
use crate::dictionary::{Items, names};

/// `20240305`, or less of it.
fn date(day: NaiveDate, digits: usize) -> String {
    day.format("%Y%m%d").to_string().chars().take(digits).collect()
}

fn full(day: NaiveDate) -> String {
    date(day, 8)
}

/// The patient's own items.
pub(super) fn patient(plan: &Plan, person: &Person, last: &LastKnown, place: u64) -> Items {
    let mut items = Items::default();
    let mut put = |id: &'static str, value: &str| {
        if !value.is_empty() {
            items.set(id, value);
        }
    };
    put(names::PATIENT_ID_NUMBER, &format!("{:08}", plan.first_number + place));
    put(names::NAME_LAST, &person.family_name);
    put(names::NAME_FIRST, &person.given_name);
    put(names::NAME_MIDDLE, &person.middle_name);
    put(names::NAME_BIRTH_SURNAME, &person.birth_name);
    // Not known: every number that could be one may be somebody's.
    put(names::SOCIAL_SECURITY_NUMBER, "999999999");
    put(names::DATE_OF_BIRTH, &date(person.born, if person.born_year_only { 4 } else { 8 }));
    put(names::SEX_ASSIGNED_AT_BIRTH, if person.woman { "2" } else { "1" });
    put(names::RACE_1, person.race);
    for id in ["race2", "race3", "race4", "race5"] {
        put(id, if person.race == "99" { "99" } else { "88" });
    }
    put(names::SPANISH_HISPANIC_ORIGIN, person.hispanic);
    put(names::NO_PATIENT_CONTACT_FLAG, if person.no_contact { "1" } else { "0" });
    let home = person.country == "USA";
    put("addrCurrentNoStreet", &person.street);
    put("addrCurrentCity", if home { person.town.name } else { "UNKNOWN" });
    put("addrCurrentState", if home { person.town.state } else { "YY" });
    put("addrCurrentPostalCode", if home { person.town.postal_code } else { "888888888" });
    put(names::ADDR_CURRENT_COUNTRY, person.country);
    put("telephone", &person.telephone);
    put(names::DATE_OF_LAST_CONTACT, &date(last.on, last.digits_known));
    put(names::VITAL_STATUS, if last.dead { "0" } else { "1" });
    put(names::CAUSE_OF_DEATH, &last.cause);
    put(names::ICD_REVISION_NUMBER, if last.dead { "1" } else { "0" });
    put("autopsy", if last.dead { "2" } else { "0" });
    if last.dead {
        put(names::PLACE_OF_DEATH_STATE, if home { person.town.state } else { "ZZ" });
        put(names::PLACE_OF_DEATH_COUNTRY, if home { "USA" } else { "ZZU" });
    }
    items
}

/// All that was drawn about one case.
pub(super) struct Case<'a> {
    pub(super) person: &'a Person,
    pub(super) primary: &'a Primary,
    pub(super) given: &'a Given,
    pub(super) course: &'a Course,
    pub(super) paperwork: &'a Paperwork,
    pub(super) accession: &'a str,
    pub(super) sequence: &'a str,
    pub(super) record_number: &'a str,
    pub(super) system_id: &'a str,
    /// Place among the patient's tumors, from 1.
    pub(super) nth: usize,
}

/// The items of one tumor.
pub(super) fn tumor(dice: &Dice, plan: &Plan, case: &Case<'_>) -> Items {
    let mut items = Items::default();
    identification(&mut items, plan, case);
    residence(&mut items, case);
    diagnosis(dice, &mut items, case);
    // A draft has little more than what the casefinding list gave.
    if case.paperwork.progress != Progress::Draft {
        treatment(&mut items, case);
        words(dice, &mut items, case);
    }
    outcome(dice, &mut items, case);
    items
}

fn identification(items: &mut Items, plan: &Plan, case: &Case<'_>) {
    let (primary, papers) = (case.primary, case.paperwork);
    items.set(names::TUMOR_RECORD_NUMBER, format!("{:02}", case.nth));
    items.set(names::PATIENT_SYSTEM_ID_HOSP, case.system_id);
    items.set(names::ACCESSION_NUMBER_HOSP, case.accession);
    items.set(names::SEQUENCE_NUMBER_HOSPITAL, case.sequence);
    items.set(names::MEDICAL_RECORD_NUMBER, case.record_number);
    items.set(names::REPORTING_FACILITY, plan.facility_number.clone());
    items.set(names::CLASS_OF_CASE, primary.class);
    items.set(names::TYPE_OF_REPORTING_SOURCE, papers.reporting_source);
    items.set(names::CASEFINDING_SOURCE, papers.casefinding_source);
    items.set(names::DATE_OF_1ST_CONTACT, full(primary.first_contact));
    items.set(names::DATE_CASE_INITIATED, full(papers.initiated));
    if !papers.abstracted_by.is_empty() {
        items.set(names::ABSTRACTED_BY, papers.abstracted_by.clone());
    }
    if let Some(day) = papers.completed {
        items.set(names::DATE_CASE_COMPLETED, full(day));
    }
}

fn residence(items: &mut Items, case: &Case<'_>) {
    let person = case.person;
    let home = person.country == "USA";
    items.set(names::ADDR_AT_DX_NO_STREET, person.street.clone());
    items.set(names::ADDR_AT_DX_CITY, if home { person.town.name } else { "UNKNOWN" });
    items.set(names::ADDR_AT_DX_STATE, if home { person.town.state } else { "YY" });
    items.set(names::ADDR_AT_DX_POSTAL_CODE, if home { person.town.postal_code } else { "888888888" });
    items.set("countyAtDx", if home { person.town.county } else { "998" });
    items.set("addrAtDxCountry", person.country);
}

fn diagnosis(dice: &Dice, items: &mut Items, case: &Case<'_>) {
    let primary = case.primary;
    let year = primary.diagnosed.year();
    items.set(names::DATE_OF_DIAGNOSIS, date(primary.diagnosed, primary.digits_known));
    items.set(names::AGE_AT_DIAGNOSIS, format!("{:03}", case.person.age_on(primary.diagnosed)));
    items.set(names::PRIMARY_SITE, primary.site.stored());
    items.set(names::LATERALITY, primary.side.code());
    items.set(names::HISTOLOGIC_TYPE_ICD_O_3, primary.morphology.histology.to_string());
    items.set(names::BEHAVIOR_CODE_ICD_O_3, primary.morphology.behavior.code());
    items.set(names::DIAGNOSTIC_CONFIRMATION, primary.confirmation);
    if year < 2018 {
        items.set(names::GRADE, grade_before_2018(primary));
        items.set("seerSummaryStage2000", primary.stage);
    } else {
        let operated = case.given.surgery.is_some();
        items.set(names::GRADE_CLINICAL, primary.grade.to_string());
        let after = if operated || primary.grade == '8' { primary.grade } else { '9' };
        items.set(names::GRADE_PATHOLOGICAL, after.to_string());
        items.set(names::SUMMARY_STAGE_2018, primary.stage);
    }
    if year >= 2016 {
        items.set("tumorSizeSummary", primary.size.map_or_else(|| "999".to_owned(), |mm| format!("{mm:03}")));
    }
    if primary.kind.name == "breast" && year >= 2018 {
        let positive = dice.percent(82.0);
        items.set("estrogenReceptorSummary", if positive { "1" } else { "0" });
        items.set("progesteroneRecepSummary", if positive && dice.percent(85.0) { "1" } else { "0" });
        items.set("her2OverallSummary", if dice.percent(15.0) { "1" } else { "0" });
    }
    if primary.kind.name == "prostate" && year >= 2018 {
        let psa = dice.around(9.0, 4.5).max(0.8);
        items.set("psaLabValue", format!("{psa:.1}"));
    }
}

/// Four degrees of differentiation, or the lineage of blood cells.
fn grade_before_2018(primary: &Primary) -> &'static str {
    match (primary.grade, primary.kind.name) {
        ('8', "lymphoma" | "lymphocytic leukemia" | "myeloma") => "6",
        ('3' | '4' | '5', "prostate") => "3",
        (_, "prostate") if primary.grade != '9' => "2",
        ('1' | 'L', _) => "1",
        ('2', _) => "2",
        ('3', _) => "3",
        ('4' | 'H', _) => "4",
        _ => "9",
    }
}

fn treatment(items: &mut Items, case: &Case<'_>) {
    let given = case.given;
    let mut put_date = |id: &'static str, day: Option<NaiveDate>| {
        if let Some(day) = day {
            items.set(id, full(day));
        }
    };
    put_date(names::DATE_1ST_CRS_RX_COC, given.begun);
    put_date(names::RX_DATE_SURGERY, given.surgery);
    put_date(names::RX_DATE_RADIATION, given.radiation);
    put_date(names::RX_DATE_CHEMO, given.chemotherapy.on);
    put_date(names::RX_DATE_HORMONE, given.hormone.on);
    put_date(names::RX_DATE_BRM, given.immunotherapy.on);
    let systemic = [given.chemotherapy.on, given.hormone.on, given.immunotherapy.on];
    put_date(names::RX_DATE_SYSTEMIC, systemic.into_iter().flatten().min());
    items.set(names::RX_SUMM_TREATMENT_STATUS, given.status);
    let year = case.primary.diagnosed.year();
    let surgery =
        if year < 2023 { names::RX_SUMM_SURG_PRIM_SITE } else { names::RX_SUMM_SURG_PRIM_SITE_2023 };
    items.set(surgery, given.surgery_code.clone());
    items.set(names::REASON_FOR_NO_SURGERY, given.no_surgery);
    if year >= 2018 {
        items.set(names::PHASE_1_RADIATION_TREATMENT_MODALITY, given.modality);
    } else {
        items.set("radRegionalRxModality", old_modality(given.modality));
    }
    items.set("reasonForNoRadiation", if given.radiation.is_some() { "0" } else { "1" });
    items.set(names::RX_SUMM_CHEMO, given.chemotherapy.code);
    items.set(names::RX_SUMM_HORMONE, given.hormone.code);
    items.set(names::RX_SUMM_BRM, given.immunotherapy.code);
    items.set("rxSummOther", "0");
    around_surgery(items, case);
}

/// What else the first course asks for, as it follows from what was given.
fn around_surgery(items: &mut Items, case: &Case<'_>) {
    let (given, primary) = (case.given, case.primary);
    let site = primary.site.stored();
    // Sites without a removable primary or regional nodes.
    let without =
        matches!(site.as_str(), "C420" | "C421" | "C423" | "C424" | "C751" | "C752" | "C753" | "C809")
            || matches!(site.get(..3), Some("C70" | "C71" | "C72" | "C76"));
    let margins = match given.surgery {
        None if given.surgery_code.ends_with("98") || given.surgery_code.ends_with("980") => "9",
        None => "8",
        Some(on) if primary.spread == Spread::Regional && on.ordinal().is_multiple_of(6) => "2",
        Some(_) => "0",
    };
    items.set("rxSummSurgicalMargins", margins);
    items.set("rxSummScopeRegLnSur", if without { "9" } else { "0" });
    items.set("rxSummSurgRadSeq", sequence(given.surgery, &[given.radiation]));
    let systemic = [given.chemotherapy.on, given.hormone.on, given.immunotherapy.on];
    items.set("rxSummSystemicSurSeq", sequence(given.surgery, &systemic));
    for (id, none) in [
        ("rxSummSurgOthRegDis", "0"),
        ("rxSummTransplntEndocr", "00"),
        ("rxSummDxStgProc", "00"),
        ("rxSummPalliativeProc", "0"),
    ] {
        items.set(id, none);
    }
}

/// Order of a surgery and of what else was given: 0 not both, 2 before, 3 after, 4 before and after.
fn sequence(surgery: Option<NaiveDate>, others: &[Option<NaiveDate>]) -> &'static str {
    let Some(surgery) = surgery else { return "0" };
    let days: Vec<NaiveDate> = others.iter().copied().flatten().collect();
    match (days.iter().any(|day| *day < surgery), days.iter().any(|day| *day >= surgery)) {
        (false, false) => "0",
        (true, false) => "2",
        (false, true) => "3",
        (true, true) => "4",
    }
}

/// The regional modality of item 1570 that stands for a phase I modality.
fn old_modality(modality: &str) -> &'static str {
    match modality {
        "00" => "00",
        "02" => "24",
        "03" => "40",
        "04" => "28",
        "05" => "30",
        "09" | "10" | "11" => "50",
        "13" => "60",
        _ => "98",
    }
}

fn words(dice: &Dice, items: &mut Items, case: &Case<'_>) {
    let primary = case.primary;
    items.set(names::TEXT_PRIMARY_SITE_TITLE, texts::site_title(primary));
    items.set(names::TEXT_HISTOLOGY_TITLE, texts::histology_title(primary));
    let finding = if primary.is_microscopic() { names::TEXT_DX_PROC_PATH } else { "textDxProcXRayScan" };
    items.set(finding, texts::finding(dice, primary));
    items.set("textStaging", texts::staging(primary));
    if let Some(on) = case.given.surgery {
        items.set("rxTextSurgery", texts::surgery(on, &case.given.surgery_code, primary));
    }
    if let Some(remark) = texts::remark(dice, primary) {
        items.set(names::TEXT_REMARKS, remark);
    }
}

fn outcome(dice: &Dice, items: &mut Items, case: &Case<'_>) {
    let course = case.course;
    items.set(names::CANCER_STATUS, course.status);
    items.set(names::DATE_OF_LAST_CANCER_STATUS, full(course.status_on));
    items.set(names::RECURRENCE_TYPE_1ST, course.recurrence);
    if let Some(on) = course.recurred_on {
        items.set(names::RECURRENCE_DATE_1ST, full(on));
    }
    items.set(names::FOLLOW_UP_SOURCE, course.source);
    items.set(names::NEXT_FOLLOW_UP_SOURCE, course.next_source);
    // Physicians of the practice registry; numbers of this form are given to nobody.
    items.set(names::NPI_PHYSICIAN_FOLLOW_UP, npi(dice.between(1, 24)));
}

/// A number of a physician who does not exist: those given to somebody begin with 1 or 2. Its check digit fits.
fn npi(nth: i64) -> String {
    let body = format!("{nth:09}");
    // The prefix 80840 always adds 24.
    let sum: i64 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = i64::from(digit - b'0') * if at % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    format!("{body}{}", (10 - (sum + 24) % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_treatments_is_told_by_their_days() {
        let day = |d| NaiveDate::from_ymd_opt(2025, 3, d);
        for (surgery, others, code) in [
            (None, vec![day(1)], "0"),
            (day(5), vec![None], "0"),
            (day(5), vec![day(1)], "2"),
            (day(5), vec![day(5), None], "3"),
            (day(5), vec![day(1), day(9)], "4"),
        ] {
            assert_eq!(sequence(surgery, &others), code, "{surgery:?} {others:?}");
        }
    }

    #[test]
    fn numbers_of_physicians_have_a_check_digit_and_nobody_has_them() {
        assert_eq!(npi(123_456_789), "1234567893", "the example of the source");
        assert!(npi(7).starts_with("00000000") && npi(7).len() == 10);
    }
}
