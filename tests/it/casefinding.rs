//! Possible cases, through HTTP: by hand, the list, decisions, the way to a case.

use cancer_registry::audit::AuditAction;
use diesel::{
    QueryableByName, RunQueryDsl,
    sql_types::{BigInt, Text},
};

use crate::{
    abstracting::{complete_case, record},
    support::{
        app::{OLGA, RAJ, ROSA, SAM, TestApp},
        backends,
        http::Browser,
    },
};

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    w: String,
}

pub(crate) fn number(app: &TestApp, query: &str) -> i64 {
    app.registry.look(|conn| Ok(diesel::sql_query(query).load::<Number>(conn)?[0].n))
}

pub(crate) fn words(app: &TestApp, query: &str) -> Vec<String> {
    let rows: Vec<Word> = app.registry.look(|conn| Ok(diesel::sql_query(query).load(conn)?));
    rows.into_iter().map(|row| row.w).collect()
}

const REPORT: &str = "Left breast, core biopsy: invasive ductal carcinoma";

const ITEM: [(&str, &str); 9] = [
    ("source", "pathology"),
    ("sourceId", "S26-1044"),
    ("eventDate", "2026-09-01"),
    ("text", REPORT),
    ("nameLast", "Fictive"),
    ("nameFirst", "Karla"),
    ("dateOfBirth", "1963-08-01"),
    ("sexAssignedAtBirth", "2"),
    ("medicalRecordNumber", "887766"),
];

/// Keeps an item; its public id.
fn keep(browser: &mut Browser, more: &[(&str, &str)]) -> String {
    let mut fields: Vec<(&str, &str)> = ITEM.to_vec();
    for (name, value) in more {
        fields.retain(|(n, _)| n != name);
        fields.push((name, value));
    }
    let made = browser.post("/suspense/new", &fields).expect(303).location().to_owned();
    made.strip_prefix("/suspense/").unwrap().split('?').next().unwrap().to_owned()
}

fn act(browser: &mut Browser, uid: &str, what: &str, fields: &[(&str, &str)]) {
    let mut all = vec![("do", what)];
    all.extend_from_slice(fields);
    let to = browser.post(&format!("/suspense/{uid}"), &all).expect(303).location().to_owned();
    assert_eq!(to, format!("/suspense/{uid}?done={what}"));
}

/// A step that is refused; the page that says so.
fn refused(browser: &mut Browser, uid: &str, what: &str, fields: &[(&str, &str)]) -> String {
    let mut all = vec![("do", what)];
    all.extend_from_slice(fields);
    browser.post(&format!("/suspense/{uid}"), &all).expect(422).text("body")
}

fn state(app: &TestApp, uid: &str) -> String {
    words(app, &format!("SELECT state AS w FROM suspense_item WHERE uid = '{uid}'")).remove(0)
}

const REASON: &str = "The slides say so";

#[test]
fn an_item_by_hand_is_kept_once_and_shown() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = keep(&mut rosa, &[]);
        let page = rosa.get(&format!("/suspense/{uid}")).expect(200);
        let told = page.text("main");
        for part in ["Fictive", "887766", "1963-08-01", "invasive ductal carcinoma", "83 days", "New"] {
            assert!(told.contains(part), "{backend:?} {part}: {told}");
        }
        assert!(told.contains("Came in later than the target"), "{told}");

        // The same number of the same source: nothing is written, and the first is named.
        let again = rosa.post("/suspense/new", &ITEM).expect(422);
        assert!(
            again.body().contains(&format!("/suspense/{uid}")) && again.body().contains("came in before")
        );
        assert_eq!(number(&app, "SELECT count(*) AS n FROM suspense_item"), 1);
        // Of another source or laboratory it is another item; without a number each is one.
        keep(&mut rosa, &[("source", "imaging")]);
        keep(&mut rosa, &[("sourceSystem", "Lab B")]);
        keep(&mut rosa, &[("sourceId", "")]);
        keep(&mut rosa, &[("sourceId", "")]);
        assert_eq!(number(&app, "SELECT count(*) AS n FROM suspense_item"), 5);

        let wrong = [("source", "fax"), ("eventDate", "2027-01-01"), ("code", "50"), ("nameLast", "A")];
        let page = rosa.post("/suspense/new", &wrong).expect(422);
        for field in ["source", "eventDate", "code"] {
            assert!(!page.text(&format!("#{field}-message")).is_empty(), "{field}");
        }
        // Another facility sees nothing of it.
        let mut olga = app.sign_in(OLGA);
        olga.get(&format!("/suspense/{uid}")).expect(404);
        olga.post(&format!("/suspense/{uid}"), &[("do", "take")]).expect(404);
        olga.get(&format!("/abstracts/new?suspense={uid}")).expect(404);
        assert!(!olga.get("/suspense").expect(200).body().contains("Fictive"));
    }
}

#[test]
fn the_second_who_takes_an_item_is_told_who_has_it() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut rosa, mut raj, mut sam) = (app.sign_in(ROSA), app.sign_in(RAJ), app.sign_in(SAM));
        let uid = keep(&mut rosa, &[]);
        // Nobody decides what nobody has.
        refused(&mut rosa, &uid, "reject", &[("reject-code", "benign")]);
        act(&mut rosa, &uid, "take", &[]);
        let owner =
            words(&app, "SELECT a.name AS w FROM suspense_item i JOIN account a ON a.id = i.owner_id");
        for what in ["take", "pool", "reject"] {
            let told = refused(&mut raj, &uid, what, &[("reject-code", "benign")]);
            assert!(told.contains(&owner[0]), "{backend:?} {what}: {told}");
        }
        assert!(refused(&mut sam, &uid, "take", &[]).contains(&owner[0]));
        let list = raj.get("/suspense").expect(200).text("table");
        assert!(list.contains(&owner[0]) && list.contains("In review"), "{list}");
        assert!(!raj.get("/suspense?show=mine").expect(200).body().contains("Fictive"));
        assert!(rosa.get("/suspense?show=mine").expect(200).body().contains("Fictive"));
        act(&mut rosa, &uid, "pool", &[]);
        assert_eq!(
            number(&app, "SELECT count(*) AS n FROM suspense_item WHERE owner_id IS NULL AND state = 'new'"),
            1
        );
        act(&mut raj, &uid, "take", &[]);
    }
}

#[test]
fn an_item_waits_until_its_day_and_comes_back_by_itself() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = keep(&mut rosa, &[]);
        act(&mut rosa, &uid, "take", &[]);
        let why = ("wait-reason", "Outside slides were asked for");
        for (until, says) in [("2027-02-22", "90 days"), ("2026-11-23", "90 days"), ("2026-12", "whole day")]
        {
            let told = refused(&mut rosa, &uid, "wait", &[("wait-until", until), why]);
            assert!(told.contains(says), "{until}: {told}");
        }
        refused(&mut rosa, &uid, "wait", &[("wait-until", "2026-12-01"), ("wait-reason", "slides")]);
        act(&mut rosa, &uid, "wait", &[("wait-until", "2026-12-01"), why]);
        assert_eq!(state(&app, &uid), "waiting");
        refused(&mut rosa, &uid, "reject", &[("reject-code", "benign")]);
        assert!(rosa.get("/suspense?show=waiting").expect(200).body().contains("Fictive"));
        assert!(!rosa.get("/suspense?show=in_review").expect(200).body().contains("Fictive"));

        app.registry.clock.advance(chrono::Duration::days(8));
        let mut rosa = app.sign_in(ROSA);
        assert!(!rosa.get("/suspense?show=waiting").expect(200).body().contains("Fictive"));
        assert!(rosa.get("/suspense?show=in_review").expect(200).body().contains("Fictive"));
        let page = rosa.get(&format!("/suspense/{uid}")).expect(200).text("main");
        assert!(page.contains("the day is here"), "{page}");
        // The next step writes down that the day came, then itself.
        act(&mut rosa, &uid, "wait", &[("wait-until", "2026-12-31"), why]);
        act(&mut rosa, &uid, "answer", &[("answer-reason", "The slides came today")]);
        act(&mut rosa, &uid, "reject", &[("reject-code", "benign")]);
        let told = words(&app, "SELECT event || ' ' || actor_name AS w FROM suspense_event ORDER BY id");
        let steps = ["arrived rosa", "taken rosa", "waiting rosa", "recall date recall date", "waiting rosa"];
        assert_eq!(told[..5], steps);
        assert_eq!(told[5..], ["answered rosa", "rejected rosa"], "{backend:?}");
    }
}

#[test]
fn a_rejected_item_is_reopened_by_its_registrar_for_thirty_days_and_by_a_supervisor_always() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = keep(&mut rosa, &[]);
        act(&mut rosa, &uid, "take", &[]);
        refused(&mut rosa, &uid, "reject", &[("reject-code", "because")]);
        let told = refused(&mut rosa, &uid, "reject", &[("reject-code", "not_required")]);
        assert!(told.contains("at least 10 characters"), "{told}");
        act(
            &mut rosa,
            &uid,
            "reject",
            &[("reject-code", "not_required"), ("reject-reason", "Class 30, by policy")],
        );
        refused(&mut rosa, &uid, "take", &[]);
        app.registry.clock.advance(chrono::Duration::days(30));
        let mut rosa = app.sign_in(ROSA);
        refused(&mut rosa, &uid, "reopen", &[("reopen-reason", "short")]);
        act(&mut rosa, &uid, "reopen", &[("reopen-reason", REASON)]);
        act(&mut rosa, &uid, "reject", &[("reject-code", "benign")]);
        app.registry.clock.advance(chrono::Duration::days(31));
        let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
        let told = refused(&mut rosa, &uid, "reopen", &[("reopen-reason", REASON)]);
        assert!(told.contains("31 days ago"), "{told}");
        act(&mut sam, &uid, "reopen", &[("reopen-reason", REASON)]);
        assert_eq!(state(&app, &uid), "in_review", "{backend:?}");
    }
}

#[test]
fn duplicates_are_merged_for_good_and_evidence_is_linked_with_a_task() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut rosa, mut raj) = (app.sign_in(ROSA), app.sign_in(RAJ));
        let case = complete_case(&mut rosa);
        let first = keep(&mut raj, &[]);
        let second = keep(&mut raj, &[("sourceId", "S26-1045")]);
        for uid in [&first, &second] {
            act(&mut raj, uid, "take", &[]);
        }
        let page = raj.get(&format!("/suspense/{second}")).expect(200).body();
        assert!(page.contains(&first), "the other item is offered");
        refused(&mut raj, &second, "merge", &[("other", second.as_str())]);
        refused(&mut raj, &second, "merge", &[("other", "")]);
        act(&mut raj, &second, "merge", &[("other", first.as_str())]);
        refused(&mut raj, &first, "merge", &[("other", second.as_str())]);
        for (what, fields) in [
            ("reopen", [("reopen-reason", REASON)]),
            ("reject", [("reject-code", "benign")]),
            ("take", [("x", "")]),
        ] {
            refused(&mut raj, &second, what, &fields);
        }
        assert_eq!(state(&app, &second), "merged");

        refused(&mut raj, &first, "link", &[("case", ""), ("link-reason", REASON)]);
        act(&mut raj, &first, "link", &[("case", case.as_str()), ("link-reason", REASON)]);
        let task = words(
            &app,
            "SELECT a.login AS w FROM note n JOIN account a ON a.id = n.assigned_to WHERE n.kind = 'task'",
        );
        assert_eq!(task, ["rosa"], "{backend:?} the owner of the case has a task");
        let notes = rosa.get(&format!("/abstracts/{case}/notes")).expect(200).text("main");
        assert!(notes.contains("linked to this case as evidence"), "{notes}");
        // A wrong link is undone as a rejection is.
        act(&mut raj, &first, "reopen", &[("reopen-reason", REASON)]);
        assert_eq!(number(&app, "SELECT count(*) AS n FROM suspense_item WHERE tumor_id IS NOT NULL"), 0);
    }
}

#[test]
fn a_case_is_made_of_an_item_on_the_way_of_every_new_case() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = keep(&mut rosa, &[]);
        // Only of an item that somebody has.
        rosa.get(&format!("/abstracts/new?suspense={uid}")).expect(400);
        act(&mut rosa, &uid, "take", &[]);
        let page = rosa.get(&format!("/abstracts/new?suspense={uid}")).expect(200).body();
        for value in ["Fictive", "887766", "1963-08-01", "2026-09-01", "C50"] {
            assert!(page.contains(value), "{value} is not filled in: {page}");
        }
        let mut fields = vec![("suspense", uid.as_str())];
        fields.extend(ITEM.iter().filter(|(n, _)| {
            n.starts_with("name") || n.starts_with("date") || n.ends_with("h") || n.starts_with("medical")
        }));
        let short = rosa.post("/abstracts/new", &fields).expect(422);
        for field in ["dateOfDiagnosis", "primarySite", "classOfCase"] {
            assert!(!short.text(&format!("#{field}-message")).is_empty(), "{field}");
        }
        fields.extend([
            ("dateOfDiagnosis", "2026"),
            ("primarySite", "C50"),
            ("classOfCase", "14"),
            ("dateOf1stContact", "2026-09-01"),
        ]);
        let likely = rosa.post("/abstracts/new", &fields).expect(303).location().to_owned();
        assert_eq!(state(&app, &uid), "in_review", "nothing is made before the person is chosen");
        let made = rosa.post(&likely, &[("patient", "new")]).expect(303).location().to_owned();
        let case = made.split('/').nth(2).unwrap().to_owned();
        let (patient, tumor, stands) = record(&app, &case);
        assert_eq!((patient.value("nameLast"), patient.value("dateOfBirth")), ("Fictive", "19630801"));
        assert_eq!(tumor.value("casefindingSource"), "20");
        assert_eq!((tumor.value("primarySite"), tumor.value("dateOfDiagnosis")), ("C509", "2026"));
        assert_eq!((tumor.value("classOfCase"), tumor.value("medicalRecordNumber")), ("14", "887766"));
        assert_eq!((tumor.value("accessionNumberHosp"), stands.as_str()), ("202600001", "draft"));
        let item = "SELECT t.uid AS w FROM suspense_item i JOIN tumor t ON t.id = i.tumor_id WHERE i.state = 'accessioned'";
        assert_eq!(words(&app, item), [case.as_str()], "{backend:?}");
        let beside = rosa.get(&format!("/abstracts/{case}/cancer")).expect(200).text("#source");
        assert!(beside.contains("from casefinding") && beside.contains(REPORT), "{beside}");
        // Final: neither a second case nor another decision.
        rosa.get(&format!("/abstracts/new?suspense={uid}")).expect(400);
        refused(&mut rosa, &uid, "reject", &[("reject-code", "benign")]);
        let events = number(
            &app,
            &format!(
                "SELECT count(*) AS n FROM audit_event WHERE action = '{}'",
                AuditAction::ChangeSuspense.word()
            ),
        );
        assert!(events >= 3, "{events}");
    }
}

#[test]
fn a_case_begun_twice_of_one_item_is_made_once_and_nothing_half() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = keep(&mut rosa, &[]);
        act(&mut rosa, &uid, "take", &[]);
        let fields = [
            ("suspense", uid.as_str()),
            ("nameLast", "Fictive"),
            ("dateOfDiagnosis", "2026-09"),
            ("primarySite", "C504"),
            ("classOfCase", "14"),
        ];
        let ways: Vec<String> =
            (0..2).map(|_| rosa.post("/abstracts/new", &fields).expect(303).location().to_owned()).collect();
        rosa.post(&ways[0], &[("patient", "new")]).expect(303);
        rosa.post(&ways[1], &[("patient", "new")]).expect(400);
        assert_eq!(number(&app, "SELECT count(*) AS n FROM patient"), 1, "{backend:?}");
        assert_eq!(number(&app, "SELECT count(*) AS n FROM tumor"), 1);
    }
}

#[test]
fn the_list_goes_on_without_repeating_for_the_same_person_only() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        for n in 0..53 {
            keep(&mut rosa, &[("sourceId", &n.to_string()), ("nameLast", &format!("Person{n:02}x"))]);
        }
        let first = rosa.get("/suspense?show=pool").expect(200);
        let next = scraper::Selector::parse("a[rel=next]").unwrap();
        let html = first.html();
        let next = html.select(&next).next().expect("a second page").attr("href").unwrap().to_owned();
        let second = rosa.get(&next).expect(200).body();
        for n in 0..53 {
            let name = format!("Person{n:02}x");
            assert_eq!(first.body().contains(&name), n < 50, "{name}");
            assert_eq!(second.contains(&name), n >= 50, "{backend:?} {name}");
        }
        // The place of one person does not open for another.
        app.sign_in(RAJ).get(&next).expect(400);
    }
}

#[test]
fn nothing_is_deleted_and_the_steps_never_change() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        keep(&mut rosa, &[]);
        for statement in [
            "DELETE FROM suspense_item",
            "DELETE FROM suspense_event",
            "UPDATE suspense_event SET reason = 'x'",
            "UPDATE suspense_item SET state = 'accessioned', phase = 'decided'",
            "UPDATE suspense_item SET owner_id = 1",
        ] {
            let done = app.registry.db.maintenance(|conn| {
                diesel::sql_query(statement).execute(conn).map_err(cancer_registry::db::StoreError::from)
            });
            assert!(done.is_err(), "{backend:?} {statement}");
        }
    }
}
