//! What a contact changes and what is refused.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use super::{
    contact::*,
    recurrence::{Recurrence, RecurrenceProblem},
    *,
};
use crate::{
    dictionary::{Items, names},
    partial_date::PartialDate,
};

fn day(text: &str) -> NaiveDate {
    date(text).day().unwrap()
}

fn date(text: &str) -> PartialDate {
    PartialDate::parse(text).unwrap()
}

fn today() -> NaiveDate {
    day("20261123")
}

/// Alive, last seen 3 September 2025.
fn karl() -> Items {
    [
        ("dateOfLastContact", "20250903"),
        ("vitalStatus", "1"),
        ("causeOfDeath", "0000"),
        ("icdRevisionNumber", "0"),
    ]
    .into_iter()
    .collect()
}

/// Invasive prostate, disease-free since treatment.
fn prostate() -> Items {
    [
        ("classOfCase", "14"),
        ("primarySite", "C619"),
        ("behaviorCodeIcdO3", "3"),
        ("dateOfDiagnosis", "20190311"),
        ("dateOf1stContact", "20190320"),
        ("date1stCrsRxCoc", "20190402"),
        ("cancerStatus", "1"),
        ("dateOfLastCancerStatus", "20250903"),
        ("recurrenceType1st", "00"),
        ("nextFollowUpSource", "1"),
    ]
    .into_iter()
    .collect()
}

fn seen(on: &str, vital: VitalStatus) -> Contact {
    Contact {
        seen: Some(Seen {
            on: date(on),
            vital,
            source: FollowUpSource::Physician,
            cause_of_death: None,
            next: None,
        }),
        ..Contact::default()
    }
}

fn said(contact: &Contact) -> Result<Recorded, Vec<ContactRefused>> {
    record(&karl(), &[&prostate()], contact, today())
}

/// The one refusal of a contact.
fn refusal(contact: &Contact) -> ContactRefused {
    let mut all = said(contact).unwrap_err();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

#[test]
fn a_contact_moves_the_date_and_the_due_date() {
    let after = said(&seen("20261117", VitalStatus::Alive)).unwrap();
    assert_eq!(after.patient.value(names::DATE_OF_LAST_CONTACT), "20261117");
    assert_eq!(after.tumors[0].value(names::FOLLOW_UP_SOURCE), "2");
    assert_eq!(after.tumors[0].value(names::NEXT_FOLLOW_UP_SOURCE), "1", "the plan that is there stays");
    assert_eq!(after.tumors[0].value(names::DATE_OF_LAST_CANCER_STATUS), "20250903");
    let stands =
        standing(&Facts::of(&after.patient, &[&after.tumors[0]], Extra::default()), &Settings::default());
    assert_eq!(stands.due, Some(day("20271117")));
}

#[test]
fn death_closes_and_ends_the_plan() {
    let mut contact = seen("20261101", VitalStatus::Dead);
    let after = said(&contact).unwrap();
    assert_eq!(after.patient.value(names::VITAL_STATUS), "0");
    assert_eq!(after.patient.value(names::CAUSE_OF_DEATH), "", "0000 means alive");
    assert_eq!(after.patient.value(names::ICD_REVISION_NUMBER), "");
    assert_eq!(after.tumors[0].value(names::NEXT_FOLLOW_UP_SOURCE), "9");
    let facts = Facts::of(&after.patient, &[&after.tumors[0]], Extra::default());
    assert_eq!(status(&standing(&facts, &Settings::default()), false, today()), Status::ClosedDead);

    contact.seen.as_mut().unwrap().cause_of_death = Some("C61".into());
    let after = said(&contact).unwrap();
    assert_eq!(after.patient.value(names::CAUSE_OF_DEATH), "C61");
    assert_eq!(after.patient.value(names::ICD_REVISION_NUMBER), "1");
}

#[test]
fn dates_that_cannot_be_are_refused_with_the_limit() {
    let future = refusal(&seen("20261124", VitalStatus::Alive));
    assert!(future.to_string().contains("2026-11-23"), "{future}");
    assert!(said(&seen("202611", VitalStatus::Alive)).is_ok(), "this month is not in the future");
    let back = refusal(&seen("20250902", VitalStatus::Alive));
    assert_eq!(back, ContactRefused::Backward { on: date("20250902"), known: day("20250903") });
    assert!(back.is_correctable());
    assert_eq!(back.item(), names::DATE_OF_LAST_CONTACT);
    let all = said(&seen("20190310", VitalStatus::Alive)).unwrap_err();
    assert!(all.iter().any(|r| matches!(r, ContactRefused::BeforeCase { what: "diagnosis", .. })), "{all:?}");
    let all = said(&seen("20190315", VitalStatus::Alive)).unwrap_err();
    assert!(all.iter().any(|r| matches!(r, ContactRefused::BeforeCase { what: "first contact", .. })));
}

#[test]
fn a_known_treatment_after_the_last_contact_holds_the_date_too() {
    let patient: Items = [("dateOfLastContact", "2026"), ("vitalStatus", "1")].into_iter().collect();
    let mut tumor = prostate();
    tumor.set(names::RX_DATE_RADIATION, "20260610");
    let early = record(&patient, &[&tumor], &seen("20260301", VitalStatus::Alive), today());
    assert_eq!(
        early.unwrap_err(),
        [ContactRefused::Backward { on: date("20260301"), known: day("20260610") }]
    );
}

#[test]
fn a_month_does_not_replace_a_day_inside_it_but_a_day_replaces_its_month() {
    let after = said(&seen("202509", VitalStatus::Alive)).unwrap();
    assert_eq!(after.patient.value(names::DATE_OF_LAST_CONTACT), "20250903");
    let patient: Items = [("dateOfLastContact", "202509"), ("vitalStatus", "1")].into_iter().collect();
    let exact = record(&patient, &[&prostate()], &seen("20250912", VitalStatus::Alive), today()).unwrap();
    assert_eq!(exact.patient.value(names::DATE_OF_LAST_CONTACT), "20250912");
    let died = said(&seen("202510", VitalStatus::Dead)).unwrap();
    assert_eq!(died.patient.value(names::DATE_OF_LAST_CONTACT), "202510", "a death in October stays one");
}

#[test]
fn a_supervisor_corrects_downward_with_a_reason() {
    let mut contact = seen("20250801", VitalStatus::Alive);
    contact.correction = Some("typo".into());
    assert_eq!(refusal(&contact), ContactRefused::ReasonMissing);
    contact.correction = Some("The reply was of another patient".into());
    let after = said(&contact).unwrap();
    assert_eq!(after.patient.value(names::DATE_OF_LAST_CONTACT), "20250801");
}

#[test]
fn after_death_only_a_correction_goes_on() {
    let mut dead = karl();
    dead.set(names::VITAL_STATUS, "0");
    dead.set(names::CAUSE_OF_DEATH, "C61");
    let mut tumor = prostate();
    tumor.set(names::NEXT_FOLLOW_UP_SOURCE, "9");
    let try_ = |contact: &Contact| record(&dead, &[&tumor], contact, today());
    for contact in [seen("20261117", VitalStatus::Alive), seen("20261117", VitalStatus::Dead)] {
        assert_eq!(
            try_(&contact).unwrap_err(),
            [ContactRefused::AfterDeath { died: Some(date("20250903")) }]
        );
    }
    let mut same_death = seen("20250903", VitalStatus::Dead);
    same_death.seen.as_mut().unwrap().cause_of_death = Some("7797".into());
    assert_eq!(try_(&same_death).unwrap().patient.value(names::CAUSE_OF_DEATH), "7797");
    let mut alive = seen("20261117", VitalStatus::Alive);
    alive.correction = Some("Death matched to the wrong person".into());
    let after = try_(&alive).unwrap();
    assert_eq!(after.patient.value(names::VITAL_STATUS), "1");
    assert_eq!(after.patient.value(names::CAUSE_OF_DEATH), "");
    assert_eq!(after.tumors[0].value(names::NEXT_FOLLOW_UP_SOURCE), "0");
}

#[test]
fn sources_and_causes_must_fit_the_vital_status() {
    let mut contact = seen("20261117", VitalStatus::Alive);
    contact.seen.as_mut().unwrap().source = FollowUpSource::DeathCertificate;
    assert_eq!(refusal(&contact), ContactRefused::CertificateOfLiving);
    let mut contact = seen("20261117", VitalStatus::Alive);
    contact.seen.as_mut().unwrap().cause_of_death = Some("C61".into());
    assert!(matches!(refusal(&contact), ContactRefused::CauseOfLiving { .. }));
    let mut contact = seen("20261117", VitalStatus::Dead);
    for bad in ["C61.9", "0000", "c61", "C6", "61", "C6199", ""] {
        contact.seen.as_mut().unwrap().cause_of_death = Some(bad.into());
        assert!(matches!(refusal(&contact), ContactRefused::BadCause { .. }), "{bad}");
    }
    assert_eq!(FollowUpSource::parse("6"), None);
    assert!(FollowUpSource::ALL.iter().all(|s| FollowUpSource::parse(s.code()) == Some(*s)));
}

fn outcome(status: Option<CancerStatus>, on: Option<&str>) -> Contact {
    let tumor = TumorOutcome { tumor: 0, status, status_on: on.map(date), recurrence: None };
    Contact { tumors: vec![tumor], ..Contact::default() }
}

#[test]
fn a_chart_review_tells_the_cancer_status_up_to_the_last_contact() {
    let mut patient = karl();
    patient.set(names::DATE_OF_LAST_CONTACT, "20260101");
    let told = outcome(Some(CancerStatus::Evidence), Some("20251201"));
    let after = record(&patient, &[&prostate()], &told, today()).unwrap();
    assert_eq!(after.tumors[0].value(names::CANCER_STATUS), "2");
    assert_eq!(after.tumors[0].value(names::DATE_OF_LAST_CANCER_STATUS), "20251201");
    assert_eq!(after.patient, patient);
    assert_eq!(after.tumors[0].raw(names::FOLLOW_UP_SOURCE), None);

    let of = |contact: &Contact| refusal(contact);
    assert!(matches!(
        of(&outcome(Some(CancerStatus::Evidence), Some("20250904"))),
        ContactRefused::StatusAfterContact { tumor: 0, .. }
    ));
    assert!(matches!(
        of(&outcome(Some(CancerStatus::Evidence), Some("20250902"))),
        ContactRefused::StatusBackward { .. }
    ));
    assert!(matches!(
        of(&outcome(Some(CancerStatus::NoEvidence), None)),
        ContactRefused::StatusDateMissing { .. }
    ));
    assert!(matches!(of(&outcome(None, Some("20250903"))), ContactRefused::StatusMissing { .. }));
    let unknown = said(&outcome(Some(CancerStatus::Unknown), None)).unwrap();
    assert_eq!(unknown.tumors[0].value(names::DATE_OF_LAST_CANCER_STATUS), "");
    let mut other = outcome(None, None);
    other.tumors[0].tumor = 4;
    assert_eq!(of(&other), ContactRefused::NoSuchTumor { tumor: 4 });
}

#[test]
fn the_status_date_may_reach_the_contact_of_the_same_form() {
    let mut contact = seen("20261117", VitalStatus::Alive);
    contact.tumors = outcome(Some(CancerStatus::NoEvidence), Some("20261117")).tumors;
    let after = said(&contact).unwrap();
    assert_eq!(after.tumors[0].value(names::DATE_OF_LAST_CANCER_STATUS), "20261117");
}

#[test]
fn a_tumor_never_gone_is_not_without_evidence() {
    let mut tumor = prostate();
    tumor.set(names::RECURRENCE_TYPE_1ST, "70");
    let told = outcome(Some(CancerStatus::NoEvidence), Some("20250903"));
    let refused = record(&karl(), &[&tumor], &told, today()).unwrap_err();
    assert_eq!(refused, [ContactRefused::NeverDiseaseFree { tumor: 0 }]);
}

fn recurs(tumor: &Items, kind: &str, on: Option<&str>) -> Result<Recorded, RecurrenceProblem> {
    let recurrence = Some(Recurrence { kind: kind.into(), on: on.map(date) });
    let told = Contact {
        tumors: vec![TumorOutcome { recurrence, ..TumorOutcome::default() }],
        ..Contact::default()
    };
    record(&karl(), &[tumor], &told, today()).map_err(|mut all| match all.remove(0) {
        ContactRefused::Recurrence { problem, .. } => problem,
        other => panic!("{other}"),
    })
}

#[test]
fn the_first_recurrence_is_recorded_once_and_only_from_disease_free() {
    use RecurrenceProblem::*;
    let after = recurs(&prostate(), "55", Some("202503")).unwrap();
    assert_eq!(after.tumors[0].value(names::RECURRENCE_TYPE_1ST), "55");
    assert_eq!(after.tumors[0].value(names::RECURRENCE_DATE_1ST), "202503");
    assert!(matches!(recurs(&after.tumors[0], "13", Some("202504")), Err(NotDiseaseFree { .. })));
    for stored in ["70", "99", ""] {
        let mut tumor = prostate();
        tumor.set(names::RECURRENCE_TYPE_1ST, stored);
        assert!(matches!(recurs(&tumor, "55", Some("202503")), Err(NotDiseaseFree { .. })), "{stored}");
    }
    for kind in ["00", "70", "99", "63", "05", ""] {
        assert!(matches!(recurs(&prostate(), kind, Some("202503")), Err(BadType { .. })), "{kind}");
    }
    assert!(matches!(recurs(&prostate(), "55", None), Err(DateMissing)));
    assert!(matches!(recurs(&prostate(), "55", Some("2018")), Err(TooEarly { what: "the diagnosis", .. })));
    assert!(matches!(
        recurs(&prostate(), "55", Some("20190401")),
        Err(TooEarly { what: "the first treatment", .. })
    ));
    assert!(matches!(recurs(&prostate(), "55", Some("20250904")), Err(AfterContact { .. })));
    assert!(matches!(recurs(&prostate(), "16", Some("202503")), Err(OtherBehavior { in_situ: true, .. })));
    let mut in_situ = prostate();
    in_situ.set(names::BEHAVIOR_CODE_ICD_O_3, "2");
    assert!(matches!(recurs(&in_situ, "55", Some("202503")), Err(OtherBehavior { in_situ: false, .. })));
    for kind in ["16", "10", "88"] {
        assert!(recurs(&in_situ, kind, Some("202503")).is_ok(), "{kind}");
    }
}

proptest! {
    #[test]
    fn without_a_correction_no_contact_moves_the_effective_date_back(
        stored in prop::option::of(0u64..4000), on in 0u64..4000, month in any::<bool>(), dead in any::<bool>()
    ) {
        let at = |n: u64| day("20160101") + Days::new(n);
        let mut patient = Items::default();
        patient.set(names::VITAL_STATUS, "1");
        if let Some(n) = stored {
            patient.set(names::DATE_OF_LAST_CONTACT, PartialDate::from(at(n)).to_string());
        }
        let tumor = prostate();
        let digits = PartialDate::from(at(on)).to_string();
        let given = if month { digits.get(..6).unwrap() } else { digits.as_str() };
        let vital = if dead { VitalStatus::Dead } else { VitalStatus::Alive };
        let of = |p: &Items| {
            standing(&Facts::of(p, &[&tumor], Extra::default()), &Settings::default()).effective_dlc
        };
        if let Ok(after) = record(&patient, &[&tumor], &seen(given, vital), today()) {
            // A death known to the month keeps its month; its first day may lie before a visit in it.
            if !(dead && month) {
                prop_assert!(of(&after.patient) >= of(&patient));
            }
        }
    }
}
