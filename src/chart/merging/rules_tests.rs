use proptest::prelude::*;

use super::*;
use crate::followup_rules::merge::settle;

fn items(pairs: &[(&str, &str)]) -> Items {
    pairs.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect()
}

/// `C504 8500/3 20240110`; `-` for blank.
fn case(words: &str) -> Items {
    let mut words = words.split(' ').map(|w| if w == "-" { "" } else { w });
    let (site, morphology, dx) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
    let (histology, behavior) = morphology.split_once('/').unwrap_or(("", ""));
    items(&[
        ("primarySite", site),
        ("histologicTypeIcdO3", histology),
        ("behaviorCodeIcdO3", behavior),
        ("dateOfDiagnosis", dx),
    ])
}

#[test]
fn the_older_accession_number_stays() {
    use Ordering::{Equal, Greater, Less};
    for (a, b, order) in [
        (&["201900001"][..], &["202000001"][..], Less),
        (&["202000002"], &["202000001"], Greater),
        (&["202000002", "201800001"], &["201900001"], Less),
        (&["202000001"], &[], Less),
        (&[""], &["202000001"], Greater),
        (&["202000001"], &["A-77"], Less),
        (&["202000001"], &["202000001"], Equal),
        (&[], &[], Equal),
    ] {
        let own = |numbers: &[&str]| numbers.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        assert_eq!(older(&own(a), &own(b)), order, "{a:?} {b:?}");
        assert_eq!(older(&own(b), &own(a)), order.reverse(), "{b:?} {a:?}");
    }
}

#[test]
fn known_beats_unknown_and_a_blank_never_stands_in_its_place() {
    use Side::{Merged, Stays};
    for (item, stays, merged, rule, asks) in [
        ("nameLast", "Doe", "Roe", Stays, true),
        ("nameLast", "UNKNOWN", "Roe", Merged, true),
        ("nameFirst", "", "Jo", Merged, false),
        ("nameFirst", "Jo", "", Stays, false),
        ("sexAssignedAtBirth", "9", "2", Merged, true),
        ("sexAssignedAtBirth", "1", "2", Stays, true),
        ("race1", "99", "01", Merged, true),
        ("race1", "01", "99", Stays, true),
        ("socialSecurityNumber", "999999999", "123456789", Merged, true),
        ("dateOfBirth", "1951", "19510314", Merged, true),
        ("dateOfBirth", "19510314", "1951", Stays, true),
        ("dateOfBirth", "19510314", "19510315", Stays, true),
        ("patientIdNumber", "", "00000007", Merged, false),
        ("addrCurrentState", "ZZ", "IL", Merged, true),
    ] {
        let found = compared(&items(&[(item, stays)]), &items(&[(item, merged)]));
        let found = found.first().unwrap_or_else(|| panic!("{item} {stays} {merged}"));
        assert_eq!((found.rule, found.asks), (rule, asks), "{item} {stays} {merged}");
    }
    for (item, stays, merged) in [
        ("nameLast", "DOE", "Doe"),
        ("patientIdNumber", "00000001", "00000007"),
        ("vitalStatus", "1", "0"),
        ("dateOfLastContact", "20200101", "20210101"),
    ] {
        let found = compared(&items(&[(item, stays)]), &items(&[(item, merged)]));
        assert_eq!(found, [], "{item} is no choice");
    }
}

#[test]
fn an_item_under_its_older_name_is_the_same_item() {
    assert_eq!(compared(&items(&[("sex", "2")]), &items(&[("sexAssignedAtBirth", "2")])), []);
    let (stays, merged) = (items(&[("sex", "9")]), items(&[("sexAssignedAtBirth", "2")]));
    let both = merged_items(&stays, &merged, Stands::Either, &|_| None);
    assert_eq!(both.value("sexAssignedAtBirth"), "2");
}

#[test]
fn a_choice_holds_where_there_is_one() {
    let stays = items(&[("nameLast", "Doe"), ("nameFirst", "Jo")]);
    let merged = items(&[("nameLast", "Roe"), ("nameMiddle", "Q")]);
    let take = |_: &str| Some(Side::Merged);
    let both = merged_items(&stays, &merged, Stands::Either, &take);
    assert_eq!(
        (both.value("nameLast"), both.value("nameFirst"), both.value("nameMiddle")),
        ("Roe", "Jo", "Q"),
        "a blank is no choice"
    );
    let keep = |_: &str| Some(Side::Stays);
    let both = merged_items(&stays, &merged, Stands::Either, &keep);
    assert_eq!((both.value("nameLast"), both.value("nameMiddle")), ("Doe", "Q"));
}

#[test]
fn the_outcome_goes_with_the_record_that_tells_it() {
    let alive = items(&[("vitalStatus", "1"), ("dateOfLastContact", "20250801"), ("causeOfDeath", "0000")]);
    let dead = items(&[("vitalStatus", "0"), ("dateOfLastContact", "20250903"), ("placeOfDeathState", "IL")]);
    for (stays, merged) in [(&alive, &dead), (&dead, &alive)] {
        let both = merged_items(stays, merged, settle(stays, merged).0, &|_| None);
        let told = ["vitalStatus", "dateOfLastContact", "causeOfDeath", "placeOfDeathState"];
        assert_eq!(told.map(|id| both.value(id)), ["0", "20250903", "", "IL"]);
    }
    // Two records of one death fill each other.
    let cause = items(&[("vitalStatus", "0"), ("dateOfLastContact", "202509"), ("causeOfDeath", "C509")]);
    let both = merged_items(&cause, &dead, settle(&cause, &dead).0, &|_| None);
    assert_eq!((both.value("dateOfLastContact"), both.value("causeOfDeath")), ("20250903", "C509"));
}

#[test]
fn pairs_that_may_be_one_primary_are_asked_about() {
    for (a, b, asked) in [
        // By the international groups.
        ("C504 8500/3 20200101", "C509 8520/3 20240101", true),
        ("C504 8500/3 20200101", "C341 8140/3 20240101", false),
        ("C809 8140/3 20200101", "C189 8140/3 20240101", true),
        ("C504 8500/3 20200101", "C619 8140/3 20240101", false),
        // Unspecified with any.
        ("C220 8000/3 20200101", "C187 8140/3 20240101", true),
        ("C341 8010/3 20200101", "C445 8720/3 20240101", true),
        // Systemic diseases, whatever their groups and sites.
        ("C421 9861/3 20200101", "C421 9823/3 20240101", true),
        ("C770 9663/3 20200101", "C421 9680/3 20240101", true),
        ("C421 9861/3 20200101", "C504 8500/3 20240101", false),
        // Borders of large bowel, stomach, womb, bile ducts.
        ("C199 8140/3 20200101", "C187 8140/3 20240101", true),
        ("C199 8140/3 20200101", "C209 8140/3 20240101", true),
        ("C187 8140/3 20200101", "C209 8140/3 20240101", true),
        ("C155 8140/3 20200101", "C160 8140/3 20240101", true),
        ("C549 8380/3 20200101", "C559 8380/3 20240101", true),
        ("C187 8140/3 20200101", "C619 8140/3 20240101", false),
        // Both sides of a pair.
        ("C509 8500/3 20200101", "C501 8500/3 20240101", true),
        // Two histologies at one site: one tumor read twice, if soon after each other.
        ("C341 8070/3 20240101", "C343 8140/3 20240120", true),
        ("C341 8070/3 20200101", "C343 8140/3 20240120", false),
        ("C341 8070/3 2024", "C343 8140/3 20240120", true),
        ("C341 8070/3 -", "C343 8140/3 20240120", true),
        // Not coded yet.
        ("- - 20240101", "C343 8140/3 20240120", true),
        ("C341 - 20240101", "C619 8140/3 20240120", true),
        ("C760 8140/3 20200101", "C187 8144/3 20240101", true),
    ] {
        assert_eq!(
            may_be_one(&case(a), &case(b)).is_some(),
            asked,
            "{a} / {b}: {:?}",
            may_be_one(&case(a), &case(b))
        );
        assert_eq!(may_be_one(&case(a), &case(b)), may_be_one(&case(b), &case(a)), "{a} / {b}");
    }
}

#[test]
fn a_case_that_comes_in_gets_a_free_number_within_the_patient() {
    let taken = ["01".to_owned(), "3".to_owned(), String::new()];
    assert_eq!(record_number("01", &taken), "04");
    assert_eq!(record_number("1", &taken), "04");
    assert_eq!(record_number("02", &taken), "02");
    assert_eq!(record_number("", &taken), "");
}

fn values() -> impl Strategy<Value = Items> {
    let ids = ["nameLast", "sexAssignedAtBirth", "dateOfBirth", "race1"];
    let value = prop_oneof![Just(""), Just("9"), Just("99"), Just("1"), Just("2020"), Just("20200101")];
    let vital = prop_oneof![Just(""), Just("0"), Just("1"), Just("9")];
    let last = prop_oneof![Just(""), Just("2020"), Just("20200101"), Just("202106"), Just("20210607")];
    (proptest::collection::vec((proptest::sample::select(ids.to_vec()), value), 0..8), vital, last).prop_map(
        |(mut pairs, vital, last)| {
            pairs.extend([("vitalStatus", vital), ("dateOfLastContact", last)]);
            items(&pairs)
        },
    )
}

fn coded() -> impl Strategy<Value = Items> {
    let site =
        proptest::sample::select(vec!["C504", "C187", "C199", "C209", "C421", "C809", "C760", "C341", "-"]);
    let morphology = proptest::sample::select(vec![
        "8500/3", "8000/3", "8010/3", "9861/3", "9823/3", "8720/2", "8070/3", "-",
    ]);
    let dx = proptest::sample::select(vec!["2020", "20240101", "20240215", "20240401", "-"]);
    (site, morphology, dx).prop_map(|(site, morphology, dx)| case(&format!("{site} {morphology} {dx}")))
}

proptest! {
    /// Nothing that either record says is lost but to a value of the other, and nothing is made up.
    #[test]
    fn a_merge_makes_nothing_up(stays in values(), merged in values()) {
        let both = merged_items(&stays, &merged, settle(&stays, &merged).0, &|_| None);
        for id in ["nameLast", "sexAssignedAtBirth", "dateOfBirth", "race1"] {
            let (a, b, value) = (stays.value(id), merged.value(id), both.value(id));
            prop_assert!(value == a || value == b);
            prop_assert!(!value.is_empty() || (a.is_empty() && b.is_empty()));
        }
        let outcome = |items: &Items| {
            (items.value("vitalStatus").to_owned(), items.value("dateOfLastContact").to_owned())
        };
        let (a, b, value) = (outcome(&stays), outcome(&merged), outcome(&both));
        prop_assert!(value.0.is_empty() || value.0 == a.0 || value.0 == b.0);
        prop_assert!(value.1.is_empty() || value.1 == a.1 || value.1 == b.1);
        // From either side, last contact and vital status are the same.
        let turned = outcome(&merged_items(&merged, &stays, settle(&merged, &stays).0, &|_| None));
        prop_assert_eq!(value, turned);
    }

    #[test]
    fn a_case_may_be_itself_and_pairs_are_asked_about_from_either_side(a in coded(), b in coded()) {
        prop_assert!(may_be_one(&a, &a).is_some());
        prop_assert_eq!(may_be_one(&a, &b), may_be_one(&b, &a));
    }
}
