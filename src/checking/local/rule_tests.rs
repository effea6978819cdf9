use super::*;
use crate::edits::shipped;

fn rule() -> Rule {
    Rule {
        id: "LOCAL-001".into(),
        version: 1,
        name: "Side of breast".into(),
        level: "inter-field".into(),
        items: "laterality primarySite".into(),
        applies_when: "sites(primarySite, 'C500-C509')".into(),
        fails_when: "laterality not in ('1',\n '2')".into(),
        severity: "error".into(),
        message: "Breast needs a side.".into(),
        over_ride: String::new(),
        rule: "Cancer committee, 3 March 2026.".into(),
        pass_example: "primarySite = C504\nlaterality = 1".into(),
        fail_example: "primarySite = C504\nlaterality = 9".into(),
    }
}

#[test]
fn a_good_rule_is_read_beside_the_shipped_edits_and_judges_its_examples() {
    let checked = check(&rule(), shipped());
    assert_eq!(checked.problems, []);
    assert_eq!((checked.passes, checked.fails), (Some(ExampleOutcome::Passes), Some(ExampleOutcome::Fails)));
    let set = shipped().with(&table(&[rule()])).unwrap();
    assert_eq!(set.edits().len(), shipped().edits().len() + 1);
    assert!(
        set.id().starts_with(&format!("{}+", shipped().id())),
        "the id names the local part: {}",
        set.id()
    );
    let edit = set.get("LOCAL-001").unwrap();
    assert_eq!(
        (edit.items.as_slice(), edit.rule.as_str()),
        (&["laterality", "primarySite"][..], rule().rule.as_str())
    );
    let other = shipped().with(&table(&[Rule { fails_when: "laterality == '9'".into(), ..rule() }])).unwrap();
    assert_ne!(set.id(), other.id());
    assert_eq!(set.id(), shipped().with(&table(&[rule()])).unwrap().id());
}

#[test]
fn no_shipped_edit_has_an_id_that_local_edits_get_and_none_can_be_taken() {
    assert!(shipped().edits().iter().all(|e| !e.id.starts_with("LOCAL-")));
    let taken = Rule { id: "ED-SX-001".into(), ..rule() };
    let checked = check(&taken, shipped());
    assert!(checked.problems[0].1.contains("ED-SX-001 is that of another edit"), "{checked:?}");
    assert!(shipped().with(&table(&[taken])).is_err());
}

#[test]
fn what_is_wrong_is_told_with_field_place_and_what_is_allowed() {
    let cases: [(fn(&mut Rule), &str, &str); 18] = [
        (|r| r.name.clear(), "name", "Name is missing"),
        (|r| r.message = "x".repeat(501), "message", "1 to 500 characters"),
        (|r| r.rule.clear(), "rule", "Rule and source is missing"),
        (|r| r.severity = "bad".into(), "severity", "error or warning"),
        (|r| r.level = "bad".into(), "level", "inter-field"),
        (|r| r.items = "primSite".into(), "items", "primarySite"),
        (|r| r.over_ride = "primarySite=1".into(), "over_ride", "overRideSiteType"),
        (|r| r.applies_when = "primSite == 'C504'".into(), "applies_when", "Character 1: "),
        (|r| r.applies_when = "nonsense(primarySite)".into(), "applies_when", "nonsense"),
        (|r| r.fails_when = "laterality not in ('1',\n '2'".into(), "fails_when", "Line 2, character"),
        (|r| r.fails_when = "laterality + 1".into(), "fails_when", "Character"),
        (|r| r.fails_when = "primarySite".into(), "fails_when", "Character"),
        (|r| r.fails_when = "x".repeat(4001), "fails_when", "at most 4000 characters"),
        (|r| r.pass_example = "primarySite".into(), "pass_example", "Line 1"),
        (|r| r.pass_example = "primSite = C504".into(), "pass_example", "primarySite"),
        (|r| r.fail_example.clear(), "fail_example", "missing"),
        (|r| r.pass_example = r.fail_example.clone(), "pass_example", "The edit fails on it"),
        (|r| r.fail_example = r.pass_example.clone(), "fail_example", "The edit passes on it"),
    ];
    for (spoil, field, says) in cases {
        let mut spoilt = rule();
        spoil(&mut spoilt);
        let checked = check(&spoilt, shipped());
        let fields: Vec<&str> = checked.problems.iter().map(|(f, _)| *f).collect();
        assert_eq!(fields, [field], "{checked:?}");
        assert!(checked.problems[0].1.contains(says), "{says}: {checked:?}");
    }
}

#[test]
fn an_example_that_the_edit_does_not_apply_to_shows_nothing() {
    let aside = "primarySite = C619\nlaterality = 0";
    let checked = check(&Rule { pass_example: aside.into(), ..rule() }, shipped());
    assert_eq!(checked.passes, Some(ExampleOutcome::DoesNotApply));
    assert!(checked.problems[0].1.contains("does not apply"), "{checked:?}");
    let checked = check(&Rule { fail_example: aside.into(), ..rule() }, shipped());
    assert_eq!(checked.fails, Some(ExampleOutcome::DoesNotApply));
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let spoilt = Rule {
        items: "nowhere".into(),
        applies_when: "what(x)".into(),
        fails_when: "(".into(),
        pass_example: "y = 1".into(),
        ..rule()
    };
    let mut fields: Vec<&str> = check(&spoilt, shipped()).problems.iter().map(|(f, _)| *f).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["applies_when", "fails_when", "items", "pass_example"]);
}

#[test]
fn an_edit_over_all_tumors_reads_examples_with_several() {
    let all = Rule {
        level: "record-set".into(),
        items: "sequenceNumberHospital".into(),
        applies_when: String::new(),
        fails_when: "len({t.sequenceNumberHospital for t in T}) < len(T)".into(),
        pass_example: "tumor\nsequenceNumberHospital = 01\ntumor\nsequenceNumberHospital = 02".into(),
        fail_example: "tumor\nsequenceNumberHospital = 01\ntumor\nsequenceNumberHospital = 01".into(),
        ..rule()
    };
    assert_eq!(check(&all, shipped()).problems, []);
}

#[test]
fn whatever_is_typed_is_refused_or_read_and_never_breaks_the_table() {
    for text in ["a\tb", "\n\n", "\"", "\\", "'", "\u{0}", "🎗", "{}", "- -", "True\r\n"] {
        for part in 0..11 {
            let mut odd = rule();
            *[
                &mut odd.name,
                &mut odd.severity,
                &mut odd.level,
                &mut odd.items,
                &mut odd.applies_when,
                &mut odd.fails_when,
                &mut odd.message,
                &mut odd.rule,
                &mut odd.over_ride,
                &mut odd.pass_example,
                &mut odd.fail_example,
            ][part] = text.to_owned();
            let checked = check(&odd, shipped());
            if checked.problems.is_empty() {
                assert!(shipped().with(&table(&[odd])).is_ok(), "{text:?} as part {part}");
            }
        }
    }
}

#[test]
fn differences_and_digest_see_every_part() {
    let before = rule();
    let after = Rule { message: "Another.".into(), version: 2, ..rule() };
    assert_eq!(after.differences(&before), [("Message", "Breast needs a side.", "Another.")]);
    assert!(before.differences(&before).is_empty());
    assert_ne!(before.digest(), after.digest());
    assert_ne!(before.digest(), Rule { version: 2, ..rule() }.digest());
    assert_eq!(before.digest(), rule().digest());
}
