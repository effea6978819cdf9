use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::LazyLock,
};

use chrono::NaiveDate;

use super::{Mistake, Plan, Practice, PracticePatient, Progress, kind::kinds};
use crate::{
    dictionary::{CodeLists, Dictionary, Items, Level, Version, names},
    followup_rules::{
        Extra, Facts, RATE_A_TARGET, RATE_B_TARGET, Rate, Settings, Status, rates, standing, status,
    },
    icdo::{Laterality, Morphology, PairCheck, PrimarySite, Validity, pairs},
    partial_date::PartialDate,
};

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 20).unwrap()
}

fn plan(seed: u64, cases: u64) -> Plan {
    Plan {
        seed,
        cases,
        today: today(),
        first_number: 0,
        facility_number: "0009990001".to_owned(),
        registrars: ["AMV", "JTB", "KLO"].map(str::to_owned).into(),
    }
}

fn patients(cases: u64) -> Vec<PracticePatient> {
    Practice::new(plan(20_260_101, cases)).collect()
}

/// One registry for all tests that only look at many patients.
fn many() -> &'static [PracticePatient] {
    static MANY: LazyLock<Vec<PracticePatient>> = LazyLock::new(|| patients(14_000));
    &MANY
}

/// Tumors without a mistake, with their patient.
fn sound(patients: &[PracticePatient]) -> impl Iterator<Item = (&Items, &Items)> {
    patients.iter().flat_map(|p| {
        let good = p.record.tumors.iter().zip(&p.cases).filter(|(_, c)| c.mistake.is_none());
        good.map(|(t, _)| (&p.record.patient, &t.items))
    })
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let text = |seed| -> String {
        Practice::new(plan(seed, 300))
            .map(|p| {
                let tumors: String = p.record.tumors.iter().map(|t| t.items.to_json()).collect();
                p.record.patient.to_json() + &tumors
            })
            .collect()
    };
    assert_eq!(text(7), text(7));
    assert_ne!(text(7), text(8));
}

#[test]
fn as_many_tumors_come_as_were_asked_for() {
    for cases in [0, 1, 2, 3, 50, 777] {
        let given: usize = patients(cases).iter().map(|p| p.record.tumors.len()).sum();
        assert_eq!(given as u64, cases);
    }
}

/// Items whose every value stands in a list.
const CODED: [&str; 26] = [
    names::SEX_ASSIGNED_AT_BIRTH,
    names::RACE_1,
    names::SPANISH_HISPANIC_ORIGIN,
    names::NO_PATIENT_CONTACT_FLAG,
    names::VITAL_STATUS,
    names::CLASS_OF_CASE,
    names::TYPE_OF_REPORTING_SOURCE,
    names::CASEFINDING_SOURCE,
    names::LATERALITY,
    names::BEHAVIOR_CODE_ICD_O_3,
    names::DIAGNOSTIC_CONFIRMATION,
    names::GRADE,
    names::SUMMARY_STAGE_2018,
    names::RX_SUMM_TREATMENT_STATUS,
    names::REASON_FOR_NO_SURGERY,
    names::PHASE_1_RADIATION_TREATMENT_MODALITY,
    names::RX_SUMM_CHEMO,
    names::RX_SUMM_HORMONE,
    names::RX_SUMM_BRM,
    names::CANCER_STATUS,
    names::RECURRENCE_TYPE_1ST,
    names::FOLLOW_UP_SOURCE,
    names::NEXT_FOLLOW_UP_SOURCE,
    "seerSummaryStage2000",
    "reasonForNoRadiation",
    "radRegionalRxModality",
];

#[test]
fn every_item_fits_the_dictionary() {
    let list = many();
    for (patient, tumor) in sound(list) {
        for (items, level) in [(patient, Level::Patient), (tumor, Level::Tumor)] {
            for (id, value) in items.iter() {
                assert_eq!(Dictionary::flags(id, value, level, Version::NEWEST), [], "{id} = {value}");
                if CODED.contains(&id) {
                    assert!(CodeLists::label(id, value).is_some(), "{id} = {value} is in no list");
                }
            }
        }
    }
}

#[test]
fn every_site_and_morphology_is_known_and_goes_together() {
    for kind in kinds().all() {
        assert!(!kind.name.is_empty() && kind.microscopic > 0.0);
    }
    let list = many();
    for (_, tumor) in sound(list) {
        let year = tumor.date(names::DATE_OF_DIAGNOSIS).unwrap().year();
        let site = PrimarySite::parse(tumor.value(names::PRIMARY_SITE)).unwrap();
        let code = format!(
            "{}/{}",
            tumor.value(names::HISTOLOGIC_TYPE_ICD_O_3),
            tumor.value(names::BEHAVIOR_CODE_ICD_O_3)
        );
        let morphology = Morphology::parse(&code).unwrap();
        let entry = morphology.entry().unwrap_or_else(|| panic!("{code} is unknown"));
        assert_eq!(entry.validity(Some(year)), Validity::Valid, "{code} in {year}");
        assert_ne!(
            pairs::check(site, morphology, Some(year)),
            PairCheck::NotListed,
            "{site:?} {code} {year}"
        );
        assert!(Laterality::parse(tumor.value(names::LATERALITY)).unwrap().fits(site, Some(year)));
    }
}

#[test]
fn dates_are_in_order_where_no_mistake_was_made() {
    let list = many();
    for (patient, tumor) in sound(list) {
        let at = |id: &str| tumor.date(id);
        let dx = at(names::DATE_OF_DIAGNOSIS).unwrap();
        let born = patient.date(names::DATE_OF_BIRTH).unwrap();
        let last = patient.date(names::DATE_OF_LAST_CONTACT).unwrap();
        assert!(!born.definitely_after(dx), "born {born:?}, diagnosed {dx:?}");
        assert!(last.earliest() <= today());
        for id in [
            names::RX_DATE_SURGERY,
            names::RX_DATE_RADIATION,
            names::RX_DATE_CHEMO,
            names::RX_DATE_HORMONE,
            names::RX_DATE_BRM,
            names::DATE_1ST_CRS_RX_COC,
            names::RECURRENCE_DATE_1ST,
            names::DATE_OF_LAST_CANCER_STATUS,
        ] {
            let Some(on) = at(id) else { continue };
            assert!(!on.definitely_before(dx), "{id} {on:?} before diagnosis {dx:?}");
            assert!(!on.definitely_after(last), "{id} {on:?} after last contact {last:?}");
        }
        for id in [names::DATE_OF_1ST_CONTACT, names::DATE_CASE_COMPLETED, names::DATE_CASE_INITIATED] {
            assert!(at(id).is_none_or(|d| d.latest() <= today()), "{id} lies ahead");
        }
        let (low, high) = born.years_until(dx).unwrap();
        let age: u32 = tumor.value(names::AGE_AT_DIAGNOSIS).parse().unwrap();
        assert!((low..=high).contains(&age), "{age} is not between {low} and {high}");
        let first = at(names::DATE_1ST_CRS_RX_COC);
        if let (Some(first), Some(surgery)) = (first, at(names::RX_DATE_SURGERY)) {
            assert!(!surgery.definitely_before(first));
        }
        assert_eq!(at(names::RX_DATE_SURGERY).is_some(), tumor.value(names::REASON_FOR_NO_SURGERY) == "0");
    }
}

#[test]
fn sites_come_in_plausible_proportions() {
    let list = many();
    let mut share: HashMap<(String, String), f64> = HashMap::new();
    let mut by_sex: HashMap<String, f64> = HashMap::new();
    for (patient, tumor) in sound(list) {
        let sex = patient.value(names::SEX_ASSIGNED_AT_BIRTH).to_owned();
        let site = tumor.value(names::PRIMARY_SITE).get(..3).unwrap().to_owned();
        assert!(!(sex == "1" && ("C51".."C59").contains(&site.as_str())), "{site} in a man");
        assert!(!(sex == "2" && ("C60".."C64").contains(&site.as_str())), "{site} in a woman");
        *share.entry((sex.clone(), site)).or_default() += 1.0;
        *by_sex.entry(sex).or_default() += 1.0;
    }
    // Percent of the new cases of each sex, SEER in round numbers.
    for (sex, site, low, high) in [
        ("2", "C50", 26.0, 40.0),
        ("1", "C61", 22.0, 34.0),
        ("1", "C34", 9.0, 16.0),
        ("2", "C34", 9.0, 16.0),
        ("1", "C18", 4.0, 9.0),
        ("2", "C54", 4.0, 9.0),
        ("1", "C67", 4.0, 9.0),
        ("2", "C73", 2.0, 6.0),
        ("2", "C70", 1.5, 5.0),
        ("1", "C80", 0.5, 3.0),
    ] {
        let percent = share[&(sex.to_owned(), site.to_owned())] * 100.0 / by_sex[sex];
        assert!((low..high).contains(&percent), "{site} of sex {sex}: {percent:.1} percent");
    }
}

#[test]
fn primaries_mistakes_and_progress_are_in_proportion() {
    let list = many();
    let tumors: usize = list.iter().map(|p| p.record.tumors.len()).sum();
    let several = list.iter().filter(|p| p.record.tumors.len() > 1).count();
    let percent = |part: usize, whole: usize| part as f64 * 100.0 / whole as f64;
    let many = percent(several, list.len());
    assert!((9.0..15.0).contains(&many), "{many:.1} percent with several primaries");
    let mistakes: Vec<Mistake> = list.iter().flat_map(|p| p.cases.iter().filter_map(|c| c.mistake)).collect();
    let wrong = percent(mistakes.len(), tumors);
    assert!((2.3..3.7).contains(&wrong), "{wrong:.1} percent with mistakes");
    assert_eq!(mistakes.iter().collect::<HashSet<_>>().len(), Mistake::ALL.len());
    let open = list.iter().flat_map(|p| &p.cases).filter(|c| c.progress != Progress::Complete).count();
    assert!((3.0..9.0).contains(&percent(open, tumors)), "{open} of {tumors} not complete");
    assert!(list.iter().flat_map(|p| &p.cases).any(|c| c.progress == Progress::Draft));
}

#[test]
fn cases_rise_from_year_to_year() {
    let mut years: BTreeMap<i32, u32> = BTreeMap::new();
    let list = patients(30_000);
    for (_, tumor) in sound(&list) {
        *years.entry(tumor.date(names::DATE_OF_DIAGNOSIS).unwrap().year()).or_default() += 1;
    }
    assert_eq!((years.len(), years.keys().next()), (13, Some(&2014)));
    assert!(years[&2025] > years[&2015] + years[&2015] / 10, "{years:?}");
    assert!(years[&2026] < years[&2025], "this year is not over: {years:?}");
}

#[test]
fn sequence_numbers_say_which_of_how_many() {
    for patient in patients(4000) {
        let sequences: Vec<&str> =
            patient.record.tumors.iter().map(|t| t.items.value(names::SEQUENCE_NUMBER_HOSPITAL)).collect();
        assert_eq!(sequences.iter().collect::<HashSet<_>>().len(), sequences.len(), "{sequences:?}");
        let malignant = sequences.iter().filter(|s| **s < "60").count();
        assert!(malignant < 2 || !sequences.contains(&"00"), "{sequences:?}");
        let accessions: HashSet<&str> =
            patient.record.tumors.iter().map(|t| t.items.value(names::ACCESSION_NUMBER_HOSP)).collect();
        assert_eq!(accessions.len(), 1);
    }
}

#[test]
fn follow_up_comes_out_near_the_rates_aimed_at() {
    let list = many();
    let settings =
        Settings { reference_date: Some(Practice::reference_date(today())), ..Settings::default() };
    let (mut a, mut b) = (Rate::default(), Rate::default());
    let mut seen: HashMap<String, u32> = HashMap::new();
    for patient in list {
        let tumors: Vec<&Items> = patient.record.tumors.iter().map(|t| &t.items).collect();
        let place = standing(&Facts::of(&patient.record.patient, &tumors, Extra::default()), &settings);
        let counted = rates(&place, false, today());
        a += counted.a;
        b += counted.b;
        let word = match status(&place, false, today()) {
            Status::Exempt(_) => "exempt".to_owned(),
            other => format!("{other:?}"),
        };
        *seen.entry(word).or_default() += 1;
    }
    let percent = |rate: Rate| rate.num as f64 * 100.0 / rate.den as f64;
    assert!((82.5..85.5).contains(&percent(a)), "rate A {:?}, {seen:?}", a.percent(RATE_A_TARGET));
    assert!((90.0..92.5).contains(&percent(b)), "rate B {:?}, {seen:?}", b.percent(RATE_B_TARGET));
    assert!(seen.len() >= 6 && seen.values().all(|n| *n > 60), "{seen:?}");
}

#[test]
fn nobody_is_real() {
    for patient in patients(2000) {
        let items = &patient.record.patient;
        assert!(items.value(names::SOCIAL_SECURITY_NUMBER).starts_with('9'));
        assert!(items.value("telephone").get(3..).unwrap().starts_with("55501"));
        assert!(
            patient
                .record
                .tumors
                .iter()
                .all(|t| { t.items.value(names::MEDICAL_RECORD_NUMBER).starts_with("PRACTICE") })
        );
        assert!(PartialDate::parse(items.value(names::DATE_OF_BIRTH)).unwrap().year() > 1900);
    }
}

#[test]
fn what_is_kept_between_patients_does_not_grow() {
    let mut practice = Practice::new(plan(3, 1_000_000));
    for _ in 0..20_000 {
        practice.next().unwrap();
    }
    // The counters of accession numbers, one a year, are all that is remembered.
    assert!(practice.accession_years() < 40);
}
