//! The worked cases, and what must hold for every patient.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use super::*;
use crate::{
    dictionary::{Items, names},
    partial_date::PartialDate,
};

/// One line of `data/worked_cases.tsv`.
struct Case {
    id: &'static str,
    as_of: NaiveDate,
    settings: Settings,
    patient: Items,
    tumors: Vec<Items>,
    lost: bool,
    /// Effective date, due date, status, exemption, rate A, rate B.
    expected: [&'static str; 6],
}

fn day(text: &str) -> NaiveDate {
    PartialDate::parse(text).unwrap().day().unwrap()
}

fn cases() -> Vec<Case> {
    include_str!("data/worked_cases.tsv").lines().skip(1).map(read).collect()
}

fn read(line: &'static str) -> Case {
    let cells: Vec<&str> = line.split('\t').collect();
    let mut settings = Settings::default();
    for (key, value) in words(cells[3]) {
        settings.set(key, value).unwrap();
    }
    let mut patient = Items::default();
    let mut lost = false;
    for (key, value) in words(cells[4]) {
        match key {
            "last" => patient.set(names::DATE_OF_LAST_CONTACT, value),
            "vital" => patient.set(names::VITAL_STATUS, value),
            "born" => patient.set(names::DATE_OF_BIRTH, value),
            "country" => patient.set(names::ADDR_CURRENT_COUNTRY, value),
            "lost" => lost = value == "yes",
            other => panic!("{other}"),
        }
    }
    let tumors = cells[5]
        .split(" + ")
        .map(|tumor| {
            let mut items = Items::default();
            for (key, value) in words(tumor) {
                items.set(
                    match key {
                        "class" => names::CLASS_OF_CASE,
                        "dx" => names::DATE_OF_DIAGNOSIS,
                        "behavior" => names::BEHAVIOR_CODE_ICD_O_3,
                        "site" => names::PRIMARY_SITE,
                        "histology" => names::HISTOLOGIC_TYPE_ICD_O_3,
                        "treated" => names::RX_DATE_SURGERY,
                        "first" => names::DATE_OF_1ST_CONTACT,
                        "status_on" => names::DATE_OF_LAST_CANCER_STATUS,
                        "next" => names::NEXT_FOLLOW_UP_SOURCE,
                        other => panic!("{other}"),
                    },
                    value,
                );
            }
            items
        })
        .collect();
    Case {
        id: cells[0],
        as_of: day(cells[2]),
        settings,
        patient,
        tumors,
        lost,
        expected: cells[6..12].try_into().unwrap(),
    }
}

fn words(cell: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    cell.split(' ').map(|word| word.split_once('=').unwrap())
}

#[test]
fn the_worked_cases_come_out_as_written() {
    let cases = cases();
    assert_eq!(cases.len(), 47);
    let digits = |d: NaiveDate| PartialDate::from(d).to_string();
    for case in cases {
        let extra = Extra { lost: case.lost, ..Extra::default() };
        let facts = Facts::of(&case.patient, &case.tumors.iter().collect::<Vec<_>>(), extra);
        let stands = standing(&facts, &case.settings);
        let now = status(&stands, stands.lost, case.as_of);
        let counted = rates(&stands, stands.lost, case.as_of);
        let due = if now.is_followed() { Some(stands.due.unwrap_or(case.as_of)) } else { None };
        let found = [
            stands.effective_dlc.map(digits).unwrap_or_default(),
            due.map(digits).unwrap_or_default(),
            now.code().to_owned(),
            now.exemption().map(|x| x.to_string()).unwrap_or_default(),
            format!("{}/{}", counted.a.num, counted.a.den),
            format!("{}/{}", counted.b.num, counted.b.den),
        ];
        assert_eq!(found, case.expected, "{}", case.id);
    }
}

#[test]
fn a_centenarian_may_count_as_followed() {
    let mut case = cases().into_iter().find(|c| c.id == "F35").unwrap();
    case.settings.centenarian = Centenarian::CountAsFollowed;
    let facts = Facts::of(&case.patient, &[&case.tumors[0]], Extra::default());
    let stands = standing(&facts, &case.settings);
    assert_eq!(status(&stands, false, case.as_of), Status::Exempt(Exemption::Centenarian));
    assert_eq!(rates(&stands, false, case.as_of).a, Rate { num: 1, den: 1 });
    let day_before = stands.centenarian_from.unwrap().pred_opt().unwrap();
    assert!(status(&stands, false, day_before).is_followed());
}

#[test]
fn a_birth_year_exempts_only_when_surely_over_100() {
    let patient: Items = [("dateOfBirth", "1926"), ("vitalStatus", "1"), ("dateOfLastContact", "20250401")]
        .into_iter()
        .collect();
    let tumor: Items = [("classOfCase", "14"), ("behaviorCodeIcdO3", "3")].into_iter().collect();
    let stands = standing(&Facts::of(&patient, &[&tumor], Extra::default()), &Settings::default());
    assert_eq!(stands.centenarian_from, NaiveDate::from_ymd_opt(2027, 1, 1));
}

#[test]
fn a_short_interval_moves_only_the_due_date() {
    let case = cases().into_iter().find(|c| c.id == "F01").unwrap();
    let of = |short_interval_months| {
        let extra = Extra { short_interval_months, lost: false };
        standing(&Facts::of(&case.patient, &[&case.tumors[0]], extra), &case.settings)
    };
    let (plain, short) = (of(None), of(Some(4)));
    assert_eq!(short.due, Some(day("20260515")));
    assert_eq!((short.overdue_from, short.delinquent_from), (plain.overdue_from, plain.delinquent_from));
    assert_eq!(status(&short, false, case.as_of), Status::Due);
}

#[test]
fn cases_by_agreement_are_followed_on_wish_but_never_counted() {
    let patient: Items = [("dateOfLastContact", "20250401"), ("vitalStatus", "1")].into_iter().collect();
    let tumor: Items =
        [("classOfCase", "34"), ("behaviorCodeIcdO3", "0"), ("primarySite", "C187")].into_iter().collect();
    let settings = Settings { follow_by_agreement: true, ..Settings::default() };
    let stands = standing(&Facts::of(&patient, &[&tumor], Extra::default()), &settings);
    assert_eq!(status(&stands, false, day("20260701")), Status::Overdue);
    assert_eq!(rates(&stands, false, day("20260701")), PatientRates::default());
}

#[test]
fn a_patient_without_tumors_is_exempt() {
    let stands = standing(&Facts::default(), &Settings::default());
    assert_eq!(status(&stands, false, day("20260701")), Status::Exempt(Exemption::NotAnalytic));
    assert!(!stands.followed);
}

#[test]
fn a_later_contact_clears_lost() {
    assert!(keeps_lost(Some(day("20230101")), Some(day("20230101"))));
    assert!(keeps_lost(Some(day("20230101")), Some(day("20220101"))));
    assert!(!keeps_lost(Some(day("20230101")), Some(day("20230102"))));
    assert!(!keeps_lost(None, Some(day("20230102"))));
    assert!(keeps_lost(None, None));
}

fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0u64..15_000).prop_map(|n| day("19900101") + Days::new(n))
}

fn any_date() -> impl Strategy<Value = Option<PartialDate>> {
    (any_day(), 0..5).prop_map(|(d, kind)| {
        use chrono::Datelike;
        match kind {
            0 => None,
            1 => Some(PartialDate::Year(d.year())),
            2 => Some(PartialDate::Month(d.year(), d.month())),
            _ => Some(PartialDate::Day(d)),
        }
    })
}

prop_compose! {
    fn any_tumor()(
        class in prop::sample::select(vec!["", "00", "14", "22", "32", "34", "38"]),
        behavior in prop::sample::select(vec!["", "0", "1", "2", "3"]),
        site in prop::sample::select(vec!["", "C509", "C539", "C443", "C700", "C619"]),
        histology in prop::sample::select(vec![None, Some(8070), Some(8148), Some(8500)]),
        diagnosed in any_date(),
        known_days in prop::collection::vec(any_day(), 0..3),
        next_source in prop::sample::select(vec!["", "0", "1", "1", "1", "8", "9"]),
    ) -> TumorFacts {
        TumorFacts {
            class_of_case: class.into(), behavior: behavior.into(), site: site.into(), histology, diagnosed,
            known_days, next_source: next_source.into(),
        }
    }
}

prop_compose! {
    fn any_facts()(
        last_contact in any_date(),
        dead in prop::bool::weighted(0.2),
        born in prop::option::of((0u64..40_000).prop_map(|n| PartialDate::Day(day("19000101") + Days::new(n)))),
        country in prop::sample::select(vec![None, None, None, Some("USA"), Some("FRA")]),
        short_interval_months in prop::option::of(3u32..12),
        lost in any::<bool>(),
        tumors in prop::collection::vec(any_tumor(), 0..4),
    ) -> Facts {
        Facts {
            patient: PatientFacts {
                last_contact, dead, born, country: country.map(str::to_owned),
                extra: Extra { short_interval_months, lost },
            },
            tumors,
        }
    }
}

prop_compose! {
    fn any_settings()(
        year in prop::option::of(1990i32..2020),
        follow_cns_benign in any::<bool>(),
        follow_by_agreement in any::<bool>(),
        count in any::<bool>(),
    ) -> Settings {
        Settings {
            reference_date: year.and_then(|y| NaiveDate::from_ymd_opt(y, 1, 1)),
            follow_cns_benign,
            follow_by_agreement,
            centenarian: if count { Centenarian::CountAsFollowed } else { Centenarian::Exclude },
            ..Settings::default()
        }
    }
}

/// The status told from month arithmetic, as the rule is written, without projected dates.
fn status_as_written(facts: &Facts, settings: &Settings, as_of: NaiveDate) -> &'static str {
    let stands = standing(facts, settings);
    if stands.exemption.is_some() {
        return "EXEMPT";
    }
    if facts.patient.dead {
        return "CLOSED-DEAD";
    }
    let Some(last) = stands.effective_dlc else { return "DUE" };
    let plus = |d: NaiveDate, n| crate::partial_date::add_months(d, n).unwrap();
    if facts.patient.born.is_some_and(|b| as_of > plus(b.latest(), 1200)) && as_of > plus(last, 12) {
        return "EXEMPT";
    }
    if as_of > plus(last, 15) {
        return if facts.patient.extra.lost { "LOST" } else { "DELINQUENT" };
    }
    if as_of > plus(last, 13) {
        return "OVERDUE";
    }
    let due = plus(last, facts.patient.extra.short_interval_months.unwrap_or(12));
    if as_of >= due { "DUE" } else { "CURRENT" }
}

proptest! {
    #[test]
    fn the_status_from_projected_dates_is_the_status_as_written(
        facts in any_facts(), settings in any_settings(), as_of in any_day()
    ) {
        let stands = standing(&facts, &settings);
        prop_assert_eq!(status(&stands, stands.lost, as_of).code(), status_as_written(&facts, &settings, as_of));
        prop_assert_eq!(&stands, &standing(&facts, &settings), "same input, same output");
    }

    #[test]
    fn every_denominator_is_dead_and_current_and_lost(
        all in prop::collection::vec(any_facts(), 0..12), settings in any_settings(), as_of in any_day()
    ) {
        let mut tally = Tally::default();
        for facts in &all {
            let stands = standing(facts, &settings);
            let one = rates(&stands, stands.lost, as_of);
            prop_assert!(one.b.den <= one.a.den && one.a.num <= one.a.den && one.b.num <= one.b.den);
            if matches!(status(&stands, stands.lost, as_of), Status::Delinquent | Status::Lost) {
                prop_assert_eq!(one.a.num, 0);
            }
            tally.add(one);
        }
        for sheet in [tally.cases_a, tally.cases_b, tally.patients_a, tally.patients_b] {
            prop_assert_eq!(sheet.eligible, sheet.dead + sheet.current + sheet.lost());
            prop_assert_eq!(sheet.lost(), sheet.rate().lost());
        }
        prop_assert!(tally.patients_a.eligible <= tally.cases_a.eligible);
    }

    #[test]
    fn a_later_contact_never_brings_the_due_date_forward(
        facts in any_facts(), settings in any_settings(), days in 0u64..800
    ) {
        let Some(PartialDate::Day(first)) = facts.patient.last_contact else { return Ok(()) };
        let mut later = facts.clone();
        later.patient.last_contact = Some(PartialDate::Day(first + Days::new(days)));
        let (before, after) = (standing(&facts, &settings), standing(&later, &settings));
        prop_assert!(before.due <= after.due);
        prop_assert!(before.delinquent_from <= after.delinquent_from);
        prop_assert!(before.centenarian_from <= after.centenarian_from);
    }

    #[test]
    fn a_status_only_ages_as_days_pass(facts in any_facts(), settings in any_settings(), as_of in any_day()) {
        let stands = standing(&facts, &settings);
        let age = |d| match status(&stands, stands.lost, d) {
            Status::Current => 0, Status::Due => 1, Status::Overdue => 2,
            Status::Delinquent | Status::Lost => 3, Status::Exempt(_) | Status::ClosedDead => 4,
        };
        prop_assert!(age(as_of) <= age(as_of + Days::new(1)));
    }

    #[test]
    fn the_patient_date_of_rate_b_tells_whether_a_case_is_inside(
        facts in any_facts(), settings in any_settings(), as_of in any_day()
    ) {
        let stands = standing(&facts, &settings);
        let one = rates(&stands, stands.lost, as_of);
        if one.a.den > 0 {
            let inside = stands.rate_dx_latest.is_some_and(|d| d >= rate_b_from(as_of));
            prop_assert_eq!(inside, one.b.den > 0);
        }
    }
}
