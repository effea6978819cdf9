//! Proof that no mail holds anything of a patient: each rendered mail, with subject, headers, text and
//! HTML, is taken apart, what is allowed is removed, and nothing may be left.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use super::{
    digest::{Counts, Digest, Rendered, test_mail},
    mail::Letterhead,
    schedule::{Frequency, Kind},
};

const LIST: &str = "https://registry.hospital.example/lists/0192f0c1-7a00-7000-8000-000000000001";
const SETTINGS: &str = "https://registry.hospital.example/account/mail";
const OFFICE: &str = "office@hospital.example";

/// Every word a mail may use besides numbers, the facility's name and the addresses.
const WORDS: &str = "as one address colleague's enter new refused supervisor twice \
    a about administrator after an and anybody april are asked at august be became because been by \
    can contact daily days december delinquent due every fall falls february for further get goes \
    has if in interval is it item items january july june last less list mail march may monday \
    months next no nothing november october of off office oldest on once open or over overdue own \
    read registry registry's reply says september set settings shorter sign signing since start \
    test than that the them this to was week weekly weeks when which will work working works you \
    your yours day";

fn allowed() -> BTreeSet<&'static str> {
    WORDS.split_whitespace().collect()
}

/// What is left of a visible text once everything allowed is taken out.
fn left_over(text: &str, facility: &str) -> Vec<String> {
    let allowed = allowed();
    let mut text = text.to_owned();
    for known in [LIST, SETTINGS, OFFICE, "https://registry.hospital.example", facility] {
        text = text.replace(known, " ");
    }
    text.split(|c: char| c.is_whitespace() || ".,:;()-—".contains(c))
        .map(str::to_lowercase)
        .filter(|w| !w.is_empty() && !w.chars().all(|c| c.is_ascii_digit()) && !allowed.contains(w.as_str()))
        .collect()
}

/// The visible words of an HTML mail, and all of its attributes.
fn take_apart(html: &str) -> (String, Vec<(String, String)>) {
    let page = scraper::Html::parse_document(html);
    let mut attributes = Vec::new();
    let mut visible = Vec::new();
    for node in page.tree.nodes() {
        match node.value() {
            scraper::Node::Element(e) => {
                attributes.extend(e.attrs().map(|(k, v)| (k.to_owned(), v.to_owned())));
            }
            scraper::Node::Text(t) => {
                let parent = node.parent().and_then(|p| p.value().as_element().map(|e| e.name().to_owned()));
                if parent.as_deref() != Some("style") {
                    visible.push(t.to_string());
                }
            }
            scraper::Node::Comment(c) => visible.push(c.to_string()),
            _ => {}
        }
    }
    (visible.join(" "), attributes)
}

/// Numbers of the text that are neither a count, an age nor part of the week.
fn numbers(text: &str) -> BTreeSet<String> {
    let digits = text.split(|c: char| !c.is_ascii_digit()).filter(|w| !w.is_empty());
    digits.map(str::to_owned).collect()
}

fn digest(counts: Counts, kind: Kind, frequency: Frequency, facility: &str, today: NaiveDate) -> Digest {
    Digest {
        kind,
        frequency,
        facility: facility.to_owned(),
        today,
        counts,
        list_url: LIST.to_owned(),
        settings_url: SETTINGS.to_owned(),
        office: OFFICE.to_owned(),
        on_behalf: false,
    }
}

fn check(words: &Rendered, facility: &str) -> Result<(), TestCaseError> {
    let (visible, attributes) = take_apart(&words.html);
    for text in [&words.subject, &words.text, &visible] {
        let left = left_over(text, facility);
        prop_assert!(left.is_empty(), "not allowed in a mail: {:?}\n{}", left, text);
    }
    for (name, value) in attributes {
        let fixed = matches!(
            (name.as_str(), value.as_str()),
            ("lang", "en")
                | ("charset", "utf-8")
                | ("scope", "row")
                | ("class", "quiet" | "open" | "colon")
                | ("name", "viewport" | "color-scheme")
                | ("content", "width=device-width, initial-scale=1" | "light dark")
        );
        let link =
            name == "href" && [LIST, SETTINGS, "https://registry.hospital.example"].contains(&value.as_str());
        prop_assert!(fixed || link, "attribute {}={}", name, value);
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_digest_holds_counts_and_fixed_words_only(
        due in 0u64..5_000, overdue in 0u64..5_000, delinquent in 0u64..5_000,
        coming in 0u64..900, newly_due in 0u64..90, age in prop::option::of(0u64..2_000),
        frequency in prop::sample::select(Frequency::ALL.to_vec()),
        kind in prop::sample::select(vec![Kind::Weekly, Kind::NewDue]),
        day in 0u64..4_000,
        on_behalf: bool,
    ) {
        let facility = "St. Ägidius & Söhne";
        let today: NaiveDate = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(day);
        let oldest_due = age.map(|age| today - Days::new(age));
        let counts = Counts { due, overdue, delinquent, coming, newly_due, oldest_due };
        let words = Digest { on_behalf, ..digest(counts, kind, frequency, facility, today) }.render().unwrap();
        check(&words, facility)?;

        // Each number is one of those that may be there. The day the oldest item became due is not.
        let monday = crate::facility::calendar::Week::of(today).monday();
        let mut may: BTreeSet<String> = [due, overdue, delinquent, counts.open(), coming, newly_due, 12, 13, 15, 30, 1]
            .iter().map(ToString::to_string).collect();
        may.extend(numbers(&monday.format("%-d %Y").to_string()));
        may.extend(counts.oldest_weeks(today).map(|w| w.to_string()));
        let (visible, _) = take_apart(&words.html);
        for text in [&words.subject, &words.text, &visible] {
            let text = text.replace(LIST, " ").replace(SETTINGS, " ");
            let extra: Vec<String> = numbers(&text).difference(&may).cloned().collect();
            prop_assert!(extra.is_empty(), "numbers not allowed in a mail: {:?}\n{}", extra, text);
        }

        // The headers add the addresses, the date, the opaque id and the names of the parts.
        let letterhead = Letterhead::new("registry@hospital.example", OFFICE).unwrap();
        let id = letterhead.message_id("0123456789abcdef");
        let at = "2026-11-30T13:00:00Z".parse().unwrap();
        let mail = letterhead.compose("ann@hospital.example", &id, at, &words).unwrap();
        let text = String::from_utf8(mail.bytes).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap();
        let boundary = head.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
        let expected = format!(
            "Message-ID: <0123456789abcdef@hospital.example>\r\n\
             From: registry@hospital.example\r\nReply-To: {OFFICE}\r\nTo: ann@hospital.example\r\n\
             Subject: {}\r\nDate: Mon, 30 Nov 2026 13:00:00 +0000\r\n\
             Auto-Submitted: auto-generated\r\nList-Id: <registry-work-list.hospital.example>\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary=\"{boundary}\"",
            words.subject
        );
        let lines = |text: &str| text.split("\r\n").map(str::to_owned).collect::<BTreeSet<_>>();
        prop_assert_eq!(lines(head), lines(&expected));
    }
}

#[test]
fn a_test_mail_holds_fixed_words_only() {
    let words = test_mail("https://registry.hospital.example", OFFICE).unwrap();
    check(&words, "-").unwrap();
}

#[test]
fn the_check_finds_what_must_not_be_there() {
    for leak in ["Doe", "C50.9", "CANARY", "Mrs", "cancer", "2026-01-05T"] {
        assert!(!left_over(&format!("2 items {leak} are due"), "-").is_empty(), "{leak}");
    }
    assert!(left_over("2 items became due", "-").is_empty());
    let (visible, attributes) =
        take_apart("<p title=\"Doe\">x<!-- note --><img src=\"https://t.example/p\"></p>");
    assert!(visible.contains("note"));
    assert!(attributes.contains(&("title".to_owned(), "Doe".to_owned())));
    assert!(attributes.iter().any(|(name, _)| name == "src"));
}
