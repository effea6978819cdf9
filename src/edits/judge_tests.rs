use chrono::NaiveDate;

use super::{
    EditSet, Finding, FindingOutcome, Judgement, Parameters, Record, Severity, golden_records, shipped,
};
use crate::dictionary::Items;

fn items(pairs: &[(&'static str, &'static str)]) -> Items {
    pairs.iter().copied().collect()
}

fn parameters() -> Parameters {
    super::example_parameters()
}

fn judged<'s>(set: &'s EditSet, patient: &Items, tumor: &Items) -> Judgement<'s> {
    set.judge(&Record { patient, tumor, tumors: &[tumor], others: &[] }, &parameters())
}

fn ids<'a>(judgement: &'a Judgement<'_>) -> Vec<&'a str> {
    judgement.findings.iter().map(|f| f.edit.id.as_str()).collect()
}

fn found<'a, 's>(judgement: &'a Judgement<'s>, id: &str) -> &'a Finding<'s> {
    judgement.findings.iter().find(|f| f.edit.id == id).unwrap_or_else(|| panic!("{id} is not found"))
}

/// The breast case of the golden records.
fn breast() -> (Items, Items) {
    let (_, record) = golden_records().into_iter().find(|(name, _)| name.contains("breast")).unwrap();
    (record.patient, record.tumors.into_iter().next().unwrap())
}

#[test]
fn an_item_wrong_by_itself_keeps_others_quiet_but_not_the_order_of_other_dates() {
    let (patient, mut tumor) = breast();
    tumor.set("primarySite", "C999");
    let judgement = judged(shipped(), &patient, &tumor);
    assert_eq!(ids(&judgement), vec!["ED-SF-053"]);
    assert!(judgement.suppressed.iter().any(|e| e.id == "ED-SX-001"));
    // The class of case is wrong: what rests on it is quiet, but dates are still compared.
    let (mut patient, mut tumor) = breast();
    tumor.set("classOfCase", "77");
    patient.set("dateOfLastContact", "20230101");
    let judgement = judged(shipped(), &patient, &tumor);
    assert!(ids(&judgement).contains(&"ED-SF-008") && ids(&judgement).contains(&"ED-DT-025"));
    assert!(judgement.suppressed.iter().any(|e| e.id == "ED-CC-008"));
    assert!(!judgement.suppressed.iter().any(|e| e.id == "ED-DT-025"));
}

#[test]
fn a_warning_about_one_item_keeps_nothing_quiet() {
    let (patient, mut tumor) = breast();
    tumor.set("classOfCase", "10");
    tumor.set("typeOfReportingSource", "6");
    let judgement = judged(shipped(), &patient, &tumor);
    assert_eq!(found(&judgement, "ED-CC-015").edit.severity, Severity::Warning);
    assert!(ids(&judgement).contains(&"ED-CC-009"));
    assert!(judgement.suppressed.is_empty());
}

#[test]
fn without_a_year_of_diagnosis_only_codes_and_dates_are_judged() {
    let (mut patient, mut tumor) = breast();
    tumor.set("dateOfDiagnosis", "");
    patient.set("sexAssignedAtBirth", "1");
    tumor.set("primarySite", "C569");
    let judgement = judged(shipped(), &patient, &tumor);
    assert!(
        judgement.findings.iter().all(|f| matches!(f.edit.family(), "SF" | "DT")),
        "{:?}",
        ids(&judgement)
    );
    assert!(ids(&judgement).contains(&"ED-DT-021"));
    let other = shipped().edits().iter().filter(|e| !matches!(e.family(), "SF" | "DT")).count();
    assert_eq!(judgement.without_year, other);
}

#[test]
fn an_over_ride_clears_but_does_not_pass() {
    let (mut patient, mut tumor) = breast();
    tumor.set("histologicTypeIcdO3", "8170");
    let open = judged(shipped(), &patient, &tumor);
    assert_eq!(found(&open, "ED-SM-012").outcome, FindingOutcome::Fails);
    let hash = found(&open, "ED-SM-012").input_hash.clone();
    tumor.set("overRideSiteType", "1");
    let cleared = judged(shipped(), &patient, &tumor);
    let finding = found(&cleared, "ED-SM-012");
    assert_eq!(finding.outcome, FindingOutcome::Overridden);
    assert_eq!(finding.input_hash, hash, "the over-ride is no input");
    assert_eq!(open.overridden(), 0);
    assert_eq!(cleared.overridden(), 1);
    assert_eq!(cleared.open(Severity::Error) + 1, open.open(Severity::Error));
    // Something the edit does not read changes nothing; what it reads does.
    patient.set("nameFirst", "EVA");
    assert_eq!(found(&judged(shipped(), &patient, &tumor), "ED-SM-012").input_hash, hash);
    tumor.set("primarySite", "C505");
    assert_ne!(found(&judged(shipped(), &patient, &tumor), "ED-SM-012").input_hash, hash);
}

#[test]
fn all_tumors_of_a_patient_are_seen_from_each() {
    let (patient, tumor) = breast();
    let mut second = tumor.clone();
    second.set("laterality", "2");
    second.set("dateOfDiagnosis", "20250301");
    let both = [&tumor, &second];
    for tumor in both {
        let record = Record { patient: &patient, tumor, tumors: &both, others: &[] };
        let judgement = shipped().judge(&record, &parameters());
        assert!(ids(&judgement).contains(&"ED-IR-003"), "{:?}", ids(&judgement));
        assert!(!ids(&judgement).contains(&"ED-IR-008"));
    }
    // The other tumor is an input too.
    let hash = |second: &Items| {
        let both = [&tumor, second];
        let record = Record { patient: &patient, tumor: &tumor, tumors: &both, others: &[] };
        found(&shipped().judge(&record, &parameters()), "ED-IR-003").input_hash.clone()
    };
    let mut third = second.clone();
    assert_eq!(hash(&second), hash(&third));
    third.set("sequenceNumberHospital", "00");
    third.set("classOfCase", "00");
    assert_eq!(hash(&second), hash(&third), "the same sequence number, and nothing else is read");
}

#[test]
fn an_accession_number_of_somebody_else_is_seen_where_others_are_given() {
    let (patient, tumor) = breast();
    let other = items(&[("accessionNumberHosp", "202400017")]);
    let with = |others: &[&Items]| {
        let record = Record { patient: &patient, tumor: &tumor, tumors: &[&tumor], others };
        shipped().judge(&record, &parameters()).findings.len()
    };
    assert_eq!((with(&[]), with(&[&other])), (0, 1));
}

#[test]
fn a_finding_says_what_clashes_why_and_what_settles_it() {
    let (mut patient, mut tumor) = breast();
    patient.set("sexAssignedAtBirth", "1");
    tumor.set("primarySite", "C569");
    let judgement = judged(shipped(), &patient, &tumor);
    let told = found(&judgement, "ED-SX-001").explanation();
    assert_eq!(told.message, "Female genital site in a male.");
    assert!(
        told.why.contains("ED-SX-001 version 1") && told.why.contains("sex against site"),
        "{}",
        told.why
    );
    let shown: Vec<(&str, &str, &str)> =
        told.fixes.iter().map(|f| (f.item, f.holds.as_str(), f.words.as_str())).collect();
    assert_eq!(
        shown,
        vec![("sexAssignedAtBirth", "1", "not 1"), ("primarySite", "C569", "not one of C510-C589")]
    );
    let (patient, mut tumor) = breast();
    tumor.set("summaryStage2018", "");
    let judgement = judged(shipped(), &patient, &tumor);
    let told = found(&judgement, "ED-ST-020").explanation();
    assert_eq!(told.years, (Some(2018), None));
    assert!(told.why.contains("for diagnoses from 2018"), "{}", told.why);
    assert_eq!(told.fixes[0].words, "not blank");
    tumor.set("rxSummSurgPrimSite", "99");
    tumor.set("overRideSiteType", "");
    tumor.set("histologicTypeIcdO3", "8170");
    let judgement = judged(shipped(), &patient, &tumor);
    assert!(found(&judgement, "ED-SM-012").explanation().why.contains("Over-ride"), "names what clears it");
    assert!(judgement.findings.iter().all(|f| !f.explanation().fixes.is_empty()));
}

#[test]
fn what_is_unreadable_makes_an_edit_not_apply() {
    let (mut patient, mut tumor) = breast();
    for (id, value) in [
        ("ageAtDiagnosis", "  é"),
        ("regionalNodesExamined", "９９"),
        ("rxDateSurgery", "2024021"),
        ("accessionNumberHosp", "2024"),
        ("dateOfDiagnosis", "20240230"),
        ("rxSummSurgPrimSite2023", "é"),
    ] {
        tumor.set(id, value);
    }
    patient.set("dateOfBirth", "nobody knows");
    let judgement = judged(shipped(), &patient, &tumor);
    assert!(judgement.out_of_steps.is_empty());
    assert!(ids(&judgement).contains(&"ED-DT-002"));
}

#[test]
fn what_takes_too_long_does_not_apply_and_is_told() {
    let (patient, tumor) = breast();
    let tumors: Vec<&Items> = std::iter::repeat_n(&tumor, 400).collect();
    let record = Record { patient: &patient, tumor: &tumor, tumors: &tumors, others: &[] };
    let judgement = shipped().judge(&record, &parameters());
    let told: Vec<&str> = judgement.out_of_steps.iter().map(|e| e.id.as_str()).collect();
    assert!(told.contains(&"ED-IR-010"), "{told:?}");
    assert!(judgement.most_steps <= super::STEPS);
    assert!(!ids(&judgement).contains(&"ED-IR-010"));
    let few = Parameters { steps: 3, ..parameters() };
    let judgement = shipped().judge(&record, &few);
    assert!(judgement.most_steps <= 3 && judgement.out_of_steps.len() > 100);
}

#[test]
fn equal_ids_mean_equal_rules() {
    let table = super::SHIPPED_TABLE;
    assert_eq!(EditSet::parse(table).unwrap().id(), shipped().id());
    let lines: Vec<&str> = table.lines().collect();
    let (heading, rest) = lines.split_first().unwrap();
    let turned: Vec<&str> = [*heading].into_iter().chain(rest.iter().rev().copied()).collect();
    assert_eq!(EditSet::parse(&turned.join("\n")).unwrap().id(), shipped().id(), "order does not matter");
    let reworded = table.replace("Female genital site in a male.", "A female site in a male.");
    assert_eq!(EditSet::parse(&reworded).unwrap().id(), shipped().id(), "messages do not judge");
    let changed = table.replace("sites(primarySite,'C510-C589')\tsex", "sites(primarySite,'C510-C588')\tsex");
    assert_ne!(changed, table);
    assert_ne!(EditSet::parse(&changed).unwrap().id(), shipped().id());
}

#[test]
fn today_and_the_reference_date_are_given() {
    let (patient, tumor) = breast();
    let record = Record { patient: &patient, tumor: &tumor, tumors: &[&tumor], others: &[] };
    let early = Parameters::new(NaiveDate::from_ymd_opt(2024, 1, 1).unwrap(), None);
    let told = shipped().judge(&record, &early);
    assert!(ids(&told).contains(&"ED-DT-014"), "{:?}", ids(&told));
    let late = Parameters {
        reference_date: "2025".parse::<i32>().ok().map(crate::partial_date::PartialDate::Year),
        ..parameters()
    };
    assert!(ids(&shipped().judge(&record, &late)).contains(&"ED-CC-001"));
}
