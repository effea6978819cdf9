//! Disputes about reviews, what an abstractor reads, and the figures.

use std::collections::{BTreeMap, BTreeSet};

use cancer_registry::{
    access::{
        Role,
        accounts::{self, AccountRefused, NewAccount},
        password::{self, Cost},
    },
    db::StoreError,
};
use diesel::connection::SimpleConnection;
use scraper::Selector;

use crate::{
    abstracting::{complete_case, filled_case, record},
    quality_review::{complete, listed, lock, reviewing},
    support::{
        app::{PASSWORD, Person, QUINN, RAJ, ROSA, SAM, TestApp},
        backends,
        http::Browser,
    },
};

/// A second supervisor.
fn third(app: &TestApp) -> Browser {
    let hash = password::hash(PASSWORD, Cost::QUICK);
    app.registry.write(|tx| {
        let new = NewAccount {
            login: "thea".into(),
            name: "Thea Third".into(),
            email: "thea@hospital.example".into(),
            initials: "TTH".into(),
        };
        let account = accounts::create(tx, app.registry.facility.key, &new, &[Role::Supervisor])?;
        accounts::set_practice_password(tx, &account, &hash)?;
        Ok::<_, AccountRefused>(())
    });
    app.sign_in_as("thea")
}

fn execute(app: &TestApp, sql: &str) {
    app.registry.db.maintenance(|conn| conn.batch_execute(sql).map_err(StoreError::from)).unwrap();
}

/// A case of somebody, accepted by another with one minor difference: case and own page.
fn reviewed(app: &TestApp, by: Person, reviewer: &mut Browser) -> (String, String) {
    let mut abstractor = app.sign_in(by);
    let uid = filled_case(&mut abstractor);
    assert!(complete(&mut abstractor, &uid).ends_with("saved=review"));
    let review = listed(reviewer).unwrap();
    reviewer.post(&review, &[("then", "take")]).expect(303);
    let own = review.replace("/quality-review/", "/quality-review/own/");
    // Before the decision there is nothing to read.
    abstractor.get(&own).expect(404);
    lock(reviewer, &review, "no");
    abstractor.get(&own).expect(404);
    reviewer.post(&review, &[("then", "accept")]).expect(303);
    assert_eq!(record(app, &uid).2, "complete");
    (uid, own)
}

const GOOD: [(&str, &str); 2] = [("field", "text_support"), ("reason", "the operative note carries it")];

fn only_dispute(browser: &mut Browser) -> Option<String> {
    let page = browser.get("/quality-review/disputes").expect(200).html();
    let link = Selector::parse("main th a").unwrap();
    page.select(&link).next().map(|a| a.attr("href").unwrap().to_owned())
}

#[test]
fn the_abstractor_reads_the_score_and_a_third_person_decides_a_dispute() {
    for backend in backends() {
        let app = TestApp::new(backend);
        reviewing(&app);
        let (mut quinn, mut sam) = (app.sign_in(QUINN), app.sign_in(SAM));
        let (uid, own) = reviewed(&app, ROSA, &mut quinn);
        let mut rosa = app.sign_in(ROSA);
        // On the case, in the list, field by field.
        let told = rosa.get(&format!("/abstracts/{uid}/case")).expect(200);
        assert!(told.text("main .notice").contains("0 major, 1 minor"), "{}", told.text("main .notice"));
        assert!(told.body().contains(&own));
        assert!(rosa.get("/quality-review/own").expect(200).body().contains(&own));
        let page = rosa.get(&own).expect(200).text("main");
        assert!(page.contains("0 major, 1 minor") && page.contains("until 2026-12-07"), "{page}");
        // Nobody else's: not the page, not on the case.
        let mut raj = app.sign_in(RAJ);
        raj.get(&own).expect(404);
        raj.post(&own, &GOOD).expect(404);
        assert!(!raj.get(&format!("/abstracts/{uid}/case")).expect(200).body().contains("1 minor"));
        sam.get(&own).expect(404);
        // What is no difference, and what is no reason.
        for (field, reason, says) in [
            ("site", "a reason that is long enough", "no difference"),
            ("nonsense", "a reason that is long enough", "no difference"),
            ("text_support", "no", "at least 10 characters"),
        ] {
            let answer = rosa.post(&own, &[("field", field), ("reason", reason)]).expect(422);
            assert!(answer.text("main").contains(says), "{field}");
        }
        assert_eq!(only_dispute(&mut sam), None);
        rosa.post(&own, &GOOD).expect(303);
        assert!(rosa.post(&own, &GOOD).expect(422).text("main").contains("disputed before"));
        assert!(sam.get("/").expect(200).text("main").contains("disputed difference"));
        let dispute = only_dispute(&mut sam).unwrap();
        quinn.get(&dispute).expect(404);
        rosa.get(&dispute).expect(404);
        let short = [("outcome", "removed"), ("decision", "yes")];
        assert!(sam.post(&dispute, &short).expect(422).text("main").contains("at least 10 characters"));
        let decision = [("outcome", "removed"), ("decision", "The note of 2026-06-20 carries the codes")];
        sam.post(&dispute, &decision).expect(303);
        assert!(sam.post(&dispute, &decision).expect(422).text("main").contains("decided already"));
        // The difference is out of the score, everywhere; the words are a note on the case.
        let page = rosa.get(&own).expect(200).text("main");
        assert!(page.contains("100.0 %") && page.contains("0 major, 0 minor"), "{backend:?} {page}");
        assert!(page.contains("Taken back by sam"));
        let notes = rosa.get(&format!("/abstracts/{uid}/notes")).expect(200).text("main");
        assert!(
            notes.contains("The note of 2026-06-20 carries the codes") && notes.contains("taken back"),
            "{notes}"
        );
        let figures = sam.get("/quality-review/figures").expect(200).text("main");
        assert!(figures.contains("100.0 %") && !figures.contains("98."), "{figures}");
    }
}

#[test]
fn who_abstracted_or_reviewed_does_not_decide_and_the_time_ends() {
    for backend in backends() {
        let app = TestApp::new(backend);
        reviewing(&app);
        let mut sam = app.sign_in(SAM);
        let mut thea = third(&app);
        let decision = [("outcome", "stands"), ("decision", "The texts say nothing of it")];
        // Sam reviewed it.
        let (_, own) = reviewed(&app, RAJ, &mut sam);
        let mut raj = app.sign_in(RAJ);
        raj.post(&own, &GOOD).expect(303);
        let dispute = only_dispute(&mut sam).unwrap();
        assert!(!sam.get("/").expect(200).text("main").contains("disputed difference"));
        assert!(sam.get(&dispute).expect(200).text("main").contains("another supervisor decides"));
        assert!(sam.post(&dispute, &decision).expect(422).text("main").contains("does not decide"));
        thea.post(&dispute, &decision).expect(303);
        let page = raj.get(&own).expect(200).text("main");
        assert!(page.contains("0 major, 1 minor") && page.contains("Stands, says thea"), "{page}");
        // Sam abstracted it.
        let mut quinn = app.sign_in(QUINN);
        let (_, own) = reviewed(&app, SAM, &mut quinn);
        sam.post(&own, &GOOD).expect(303);
        let dispute = only_dispute(&mut sam).unwrap();
        assert!(sam.post(&dispute, &decision).expect(422).text("main").contains("does not decide"));
        thea.post(&dispute, &decision).expect(303);
        // The tenth working day is the last: 9 and 6 November, a Monday and a Friday.
        let (_, own) = reviewed(&app, RAJ, &mut quinn);
        let on = |day: &str| {
            execute(
                &app,
                &format!(
                    "UPDATE quality_review SET decided_at = '{day} 18:00:00' WHERE id = (SELECT max(id) FROM quality_review)"
                ),
            );
        };
        on("2026-11-06");
        assert!(raj.post(&own, &GOOD).expect(422).text("main").contains("the last day was 2026-11-20"));
        on("2026-11-09");
        raj.post(&own, &GOOD).expect(303);
    }
}

const FIELDS: [&str; 5] = ["site", "histology", "stage_group", "sex", "text_support"];
const LABELS: [&str; 5] =
    ["Primary site", "Histology", "Stage group", "Sex assigned at birth", "Text support"];

/// A small generator: the same numbers every time.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

struct Made {
    by: &'static str,
    blind: bool,
    counts: bool,
    /// Field, both codes, halves of weight, taken back.
    fields: Vec<(usize, String, String, u32, bool)>,
}

/// One decimal, half up, but never up to a target that is missed.
fn percent(part: f64, whole: f64, target: f64) -> String {
    let exact = 100.0 * part / whole;
    let rounded = (exact * 10.0 + 0.5 + 1e-9).floor() / 10.0;
    let told =
        if exact < target - 1e-9 && rounded >= target { (exact * 10.0).floor() / 10.0 } else { rounded };
    format!("{told:.1} %")
}

fn cells(browser: &mut Browser, section: &str) -> BTreeMap<String, Vec<String>> {
    let page = browser.get("/quality-review/figures?from=2026-10-01&to=2026-11-20").expect(200).html();
    let rows = Selector::parse(&format!("section[aria-labelledby={section}] tbody tr")).unwrap();
    let cell = Selector::parse("th, td").unwrap();
    page.select(&rows)
        .map(|row| {
            // On a phone a word before the figure says which accuracy it is.
            let figure = |text: String| {
                let text = text.trim();
                text.trim_start_matches("fields ").trim_start_matches("cases ").to_owned()
            };
            let mut words = row.select(&cell).map(|c| figure(c.text().collect()));
            (words.next().unwrap(), words.collect())
        })
        .collect()
}

#[test]
fn the_figures_are_those_of_a_plain_count() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let uid = complete_case(&mut app.sign_in(ROSA));
        let mut sam = app.sign_in(SAM);
        let empty = sam.get("/quality-review/figures").expect(200).text("main");
        assert!(empty.contains("No review was decided"), "{empty}");
        let (mut state, mut made, mut sql) = (7u64, Vec::new(), String::new());
        for n in 0..70u32 {
            let by = if next(&mut state).is_multiple_of(3) { "raj" } else { "rosa" };
            let blind = !next(&mut state).is_multiple_of(5);
            // Both ends of the period, and just outside; the facility is in New York or so: midday is the same day.
            let day = ["2026-09-30", "2026-10-01", "2026-11-20", "2026-11-21", "2026-10-17", "2026-11-02"]
                [usize::try_from(next(&mut state) % 6).unwrap()];
            let mut fields = Vec::new();
            for (field, word) in FIELDS.iter().enumerate() {
                // Sometimes the case is not asked for it.
                if next(&mut state).is_multiple_of(7) {
                    continue;
                }
                let a = format!("{word}{}", next(&mut state) % 3);
                let same = !next(&mut state).is_multiple_of(4);
                let b = if same { a.clone() } else { format!("{word}x{}", next(&mut state) % 2) };
                let halves = if same { 0 } else { u32::try_from(next(&mut state) % 2).unwrap() + 1 };
                let back = !same && next(&mut state).is_multiple_of(3);
                fields.push((field, a, b, halves, back));
            }
            let compared: Vec<String> = fields
                .iter()
                .map(|(f, a, b, halves, _)| {
                    let weight = ["", "minor", "major"][usize::try_from(*halves).unwrap()];
                    format!(
                        r#"{{"field":"{}","abstracted":"{a}","reviewed":"{b}","weight":"{weight}"}}"#,
                        FIELDS[*f]
                    )
                })
                .collect();
            let review = format!("00000000-0000-4000-8000-{n:012}");
            sql += &format!(
                "INSERT INTO quality_review (uid, facility_id, tumor_id, state, reason, analytic, chosen_at, abstractor, \
                 staff_code, reviewer, mode, typed, compared, decided_at, comment) SELECT '{review}', facility_id, id, \
                 '{}', 'chance', 1, '2026-09-20 12:00:00', '{by}', '', 'quinn', '{}', '[]', '[{}]', '{day} 17:00:00', '' \
                 FROM tumor WHERE uid = '{uid}';\n",
                if n % 2 == 0 { "accepted" } else { "returned" },
                if blind { "blind" } else { "open" },
                compared.join(","),
            );
            for (i, (f, _, _, halves, back)) in fields.iter().enumerate() {
                if *halves > 0 {
                    // One that stands or waits changes nothing.
                    let outcome = if *back { "removed" } else { ["stands", "open"][i % 2] };
                    sql += &format!(
                        "INSERT INTO quality_dispute (uid, facility_id, review_id, field, reason, asked_at, asked_by, \
                         outcome, decision, decided_by) SELECT '00000000-0000-4000-9000-{n:06}{i:06}', facility_id, id, \
                         '{}', 'because', '2026-11-20 12:00:00', '{by}', '{outcome}', '', '' FROM quality_review \
                         WHERE uid = '{review}';\n",
                        FIELDS[*f]
                    );
                }
            }
            let counts = ("2026-10-01"..="2026-11-20").contains(&day);
            made.push(Made { by, blind, counts, fields });
        }
        execute(&app, &sql);

        let people = cells(&mut sam, "by-abstractor");
        let counted: Vec<&Made> = made.iter().filter(|m| m.counts).collect();
        assert!(counted.len() > 30 && counted.len() < made.len());
        for by in ["rosa", "raj"] {
            let (mut cases, mut clean, mut fields, mut major, mut minor) = (0, 0, 0, 0, 0);
            for m in counted.iter().filter(|m| m.by == by) {
                cases += 1;
                let mut bad = false;
                for (_, _, _, halves, back) in &m.fields {
                    fields += 1;
                    if *halves == 2 && !back {
                        major += 1;
                        bad = true;
                    }
                    if *halves == 1 && !back {
                        minor += 1;
                    }
                }
                clean += u32::from(!bad);
            }
            let good = f64::from(fields) - f64::from(major) - 0.5 * f64::from(minor);
            let expected = vec![
                cases.to_string(),
                fields.to_string(),
                major.to_string(),
                minor.to_string(),
                percent(good, f64::from(fields), 97.0),
                percent(f64::from(clean), f64::from(cases), 90.0),
            ];
            assert_eq!(people[by], expected, "{backend:?} {by}");
        }
        let by_field = cells(&mut sam, "by-field");
        for (field, label) in LABELS.iter().enumerate() {
            let all: Vec<_> = counted.iter().flat_map(|m| &m.fields).filter(|f| f.0 == field).collect();
            let of = |halves| all.iter().filter(|f| f.3 == halves && !f.4).count();
            let lost = u32::try_from(of(2) * 2 + of(1)).unwrap();
            let whole = f64::from(u32::try_from(all.len()).unwrap());
            let expected = vec![
                all.len().to_string(),
                of(2).to_string(),
                of(1).to_string(),
                percent(whole - 0.5 * f64::from(lost), whole, 97.0),
            ];
            assert_eq!(by_field[*label], expected, "{backend:?} {label}");
        }
        assert_eq!(by_field.len(), LABELS.len());
        let agreement = cells(&mut sam, "agreement");
        let mut shown = 0;
        for (field, label) in LABELS.iter().enumerate().take(3) {
            let pairs: Vec<_> =
                counted.iter().filter(|m| m.blind).flat_map(|m| &m.fields).filter(|f| f.0 == field).collect();
            assert_eq!(agreement[*label][0], pairs.len().to_string(), "{label}");
            if pairs.len() < 30 {
                assert!(agreement[*label][1].contains("30"), "{label}");
                continue;
            }
            shown += 1;
            let whole = f64::from(u32::try_from(pairs.len()).unwrap());
            let count = |n: usize| f64::from(u32::try_from(n).unwrap());
            let codes: BTreeSet<&String> = pairs.iter().flat_map(|p| [&p.1, &p.2]).collect();
            let po = count(pairs.iter().filter(|p| p.1 == p.2).count()) / whole;
            let mut pe = 0.0;
            for code in codes {
                pe += count(pairs.iter().filter(|p| p.1 == *code).count()) / whole
                    * (count(pairs.iter().filter(|p| p.2 == *code).count()) / whole);
            }
            assert_eq!(agreement[*label][1], format!("{:.2}", (po - pe) / (1.0 - pe)), "{label}");
        }
        println!("{backend:?}: {} counted, {shown} kappas", counted.len());
        // One person's, and words for what is no day.
        let one = sam.get("/quality-review/figures?from=2026-10-01&to=2026-11-20&by=raj").expect(200);
        assert!(one.text("main").contains("abstracts of raj") && !one.text("section").contains("rosa"));
        let bad = sam.get("/quality-review/figures?from=yesterday").expect(200);
        assert!(bad.text("main").contains("“yesterday” is not a day"));
        let turned = sam.get("/quality-review/figures?from=2026-11-02&to=2026-11-01").expect(200);
        assert!(turned.text("main").contains("ends before it begins"));
        app.sign_in(QUINN).get("/quality-review/figures").expect(404);
        app.sign_in(ROSA).get("/quality-review/figures").expect(404);
    }
}
