//! What editing keeps to: contacts only move forward, derived items agree on all cases, Enter saves,
//! requests read as requests, tasks and mails show on the first page.

use cancer_registry::patient;
use scraper::Selector;

use crate::{
    abstracting::{make, record, save, send, take_proposals},
    support::{
        TestApp,
        a_case::{PERSON, SECTIONS},
        app::{RAJ, ROSA, SAM, hidden},
        backends,
        http::{Answer, Browser},
    },
};

fn outcome(browser: &mut Browser, uid: &str, day: &str) -> Answer {
    save(browser, uid, "outcome", &[("dateOfLastContact", day), ("vitalStatus", "1")])
}

#[test]
fn a_last_contact_goes_back_only_on_the_contact_form_and_with_a_reason() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
        let uid = make(&mut rosa, &PERSON, None);
        outcome(&mut rosa, &uid, "2026-09-01").expect(303);
        let page = format!("/abstracts/{uid}/outcome");
        for browser in [&mut rosa, &mut sam] {
            let to = outcome(browser, &uid, "2026-03-01").expect(303).location().to_owned();
            assert_eq!(record(&app, &uid).0.value("dateOfLastContact"), "20260901", "{backend:?} {to}");
            let shown = browser.get(&page).expect(200);
            assert!(shown.body().contains("moves it back with a reason under Record a contact, Correction"));
            browser.post(&format!("{page}/draft/discard"), &[]).expect(303);
        }
        // Blank and alive again are no way round.
        save(&mut sam, &uid, "outcome", &[("dateOfLastContact", "")]).expect(303);
        save(&mut sam, &uid, "outcome", &[("dateOfLastContact", "2026-09-02"), ("vitalStatus", "0")])
            .expect(303);
        save(&mut sam, &uid, "outcome", &[("vitalStatus", "1")]).expect(303);
        let person = record(&app, &uid).0;
        let now = (person.value("dateOfLastContact"), person.value("vitalStatus"));
        assert_eq!(now, ("20260902", "0"), "{backend:?}");
        // The way that the page names leads to the form, and the form takes it with a reason.
        let shown = sam.get(&page).expect(200);
        let link = Selector::parse("#abstract a[href$='/contact']").unwrap();
        let href = shown.html().select(&link).next().unwrap().attr("href").unwrap().to_owned();
        let form = sam.get(&href).expect(200);
        assert!(form.html().select(&Selector::parse("#contact [name=correction]").unwrap()).next().is_some());
        let value = |name: &str| hidden(&form.body(), name);
        let corrected = |reason: &str| {
            [
                ("version", value("version")),
                ("tumor", value("tumor")),
                ("tumorVersion", value("tumorVersion")),
                ("followUpSource", "1".to_owned()),
                ("dateOfLastContact", "2026-03-01".to_owned()),
                ("vitalStatus", "1".to_owned()),
                ("cancerStatus", String::new()),
                ("dateOfLastCancerStatus", String::new()),
                ("recurrenceType1st", String::new()),
                ("recurrenceDate1st", String::new()),
                ("correction", reason.to_owned()),
            ]
        };
        let contacts = format!("{href}s");
        for (reason, status) in [("", 422), ("typed for the wrong patient", 303)] {
            let fields = corrected(reason);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            sam.post(&contacts, &fields).expect(status);
        }
        assert_eq!(record(&app, &uid).0.value("dateOfLastContact"), "20260301", "{backend:?}");
    }
}

#[test]
fn of_two_contacts_the_older_cannot_be_chosen() {
    let app = TestApp::new(backends()[0]);
    let (mut rosa, mut raj) = (app.sign_in(ROSA), app.sign_in(RAJ));
    let uid = make(&mut rosa, &PERSON, None);
    outcome(&mut rosa, &uid, "2026-09-01").expect(303);
    let opened = rosa.get(&format!("/abstracts/{uid}/outcome")).expect(200).body();
    outcome(&mut raj, &uid, "2026-09-20").expect(303);
    let older = ("dateOfLastContact", "2026-09-10");
    let compare = send(&mut rosa, &uid, "outcome", &opened, &[older]);
    assert_eq!(compare.status, 409, "{}", compare.body());
    let seen = hidden(&compare.body(), "seen");
    let chosen = [older, ("seen", seen.as_str()), ("choose.p.dateOfLastContact", "mine")];
    send(&mut rosa, &uid, "outcome", &opened, &chosen).expect(303);
    assert_eq!(record(&app, &uid).0.value("dateOfLastContact"), "20260920");
}

#[test]
fn a_changed_birth_date_changes_the_age_of_every_case() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
        let first = make(&mut rosa, &PERSON, None);
        let second = make(&mut rosa, &PERSON, Some("Fictive, Karla"));
        save(&mut rosa, &first, "cancer", &[("dateOfDiagnosis", "2026-06-16")]).expect(303);
        save(&mut rosa, &second, "cancer", &[("dateOfDiagnosis", "2020-09-01")]).expect(303);
        let ages = |app: &TestApp| {
            [&first, &second].map(|uid| record(app, uid).1.value("ageAtDiagnosis").to_owned())
        };
        assert_eq!(ages(&app), ["062", "057"]);
        let before = record(&app, &second);
        save(&mut rosa, &first, "patient", &[("dateOfBirth", "1953-08-01")]).expect(303);
        assert_eq!(ages(&app), ["072", "067"], "{backend:?}");
        let after = record(&app, &second);
        assert_eq!(after.2, before.2, "the state of the other case stays");
        assert_eq!(after.1.value("dateCaseLastChanged"), "20261123");
        // A change that tells nothing of the age leaves the other case alone.
        let version = |uid: &str| {
            let page = app.sign_in(ROSA).get(&format!("/abstracts/{uid}/case")).expect(200).body();
            hidden(&page, "tumor_version")
        };
        let was = version(&second);
        save(&mut rosa, &first, "patient", &[("race1", "01")]).expect(303);
        assert_eq!(version(&second), was);

        // A case that is given to another patient gets the age of that one.
        let other = [("nameLast", "Rightly"), ("dateOfBirth", "1973-08-01"), ("sexAssignedAtBirth", "2")];
        let third = make(&mut rosa, &other, None);
        let scope = app.actor(ROSA).scope().unwrap();
        let patient_of = |uid: &str| {
            app.registry.look(|conn| {
                let case = cancer_registry::tumor::by_uid(conn, scope, uid)?.unwrap();
                Ok(patient::by_key(conn, scope, case.patient_id)?.unwrap().uid)
            })
        };
        let fields = [
            ("case", second.as_str()),
            ("version", was.as_str()),
            ("to", &patient_of(&third)),
            ("reason", "it is the other patient's case"),
        ];
        sam.post(&format!("/patients/{}/moved-case", patient_of(&second)), &fields).expect(303);
        assert_eq!(patient_of(&second), patient_of(&third));
        assert_eq!(ages(&app), ["072", "047"], "{backend:?}");
    }
}

/// The button that Enter presses in a form: the first submit button of the document that belongs to it.
fn default_button(page: &Answer, form: &str) -> (String, String, Option<String>) {
    let html = page.html();
    let form = html.select(&Selector::parse(form).unwrap()).next().unwrap();
    let id = form.value().attr("id");
    let buttons = Selector::parse("button, input[type=submit], input[type=image]").unwrap();
    let first = html
        .select(&buttons)
        .filter(|b| !matches!(b.value().attr("type"), Some("button" | "reset")))
        .find(|button| match button.value().attr("form") {
            Some(owner) => Some(owner) == id,
            None => button.ancestors().any(|node| node.id() == form.id()),
        })
        .unwrap();
    let value = |name: &str| first.value().attr(name).map(str::to_owned);
    (value("name").unwrap_or_default(), value("value").unwrap_or_default(), value("formaction"))
}

#[test]
fn enter_saves_in_every_form_of_the_editor_and_searches_on_a_new_case() {
    let app = TestApp::new(backends()[0]);
    let mut rosa = app.sign_in(ROSA);
    let uid = make(&mut rosa, &PERSON, None);
    let saves = ("then".to_owned(), "save".to_owned(), None);
    for (page, field) in [
        ("case", "medicalRecordNumber"),
        ("patient", "race1"),
        ("residence", "addrAtDxCity"),
        ("cancer", "primarySite"),
        ("treatment", "rxSummChemo"),
        ("workup", "textDxProcPe"),
        ("outcome", "dateOfLastContact"),
        ("all", "add.id"),
    ] {
        let path = format!("/abstracts/{uid}/{page}");
        let shown = rosa.get(&path).expect(200);
        assert_eq!(default_button(&shown, "#abstract"), saves, "{page}");
        // Also where unsaved typing is shown, with its own button.
        let versions = ["patient_version", "tumor_version"].map(|name| hidden(&shown.body(), name));
        let typed = [
            ("patient_version", versions[0].as_str()),
            ("tumor_version", versions[1].as_str()),
            (field, "not saved"),
        ];
        rosa.post(&format!("{path}/draft"), &typed).expect(200);
        let shown = rosa.get(&path).expect(200);
        assert!(shown.body().contains("draft/discard"), "{page}");
        assert_eq!(default_button(&shown, "#abstract"), saves, "{page} with a draft");
    }
    let nothing = (String::new(), String::new(), None);
    let new = rosa.get("/abstracts/new").expect(200);
    assert_eq!(default_button(&new, "form[action='/abstracts/new']"), nothing);
    assert_eq!(new.text("form[action='/abstracts/new'] button"), "Search");
    let notes = rosa.get(&format!("/abstracts/{uid}/notes")).expect(200);
    assert_eq!(default_button(&notes, "form.form"), nothing);
    // The button that is there for Enter alone is out of the way of eyes and of the Tab key.
    let cancer = rosa.get(&format!("/abstracts/{uid}/cancer")).expect(200).html();
    let hidden = Selector::parse("#abstract > button.visually-hidden[tabindex='-1']").unwrap();
    assert_eq!(cancer.select(&hidden).count(), 1);
}

#[test]
fn the_first_page_tells_tasks_and_mails() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut rosa, mut raj) = (app.sign_in(ROSA), app.sign_in(RAJ));
        let uid = make(&mut rosa, &PERSON, None);
        let empty = raj.get("/").expect(200);
        assert_eq!(
            empty.text("section[aria-labelledby=messages] p"),
            "No mail to you in the last two weeks."
        );
        assert!(!empty.body().contains("Tasks for you"));
        let task = [("body", "Ask the clinic for the margin."), ("who", "RIN"), ("due", "2026-11-20")];
        rosa.post(&format!("/abstracts/{uid}/notes"), &task).expect(303);
        rosa.post(&format!("/abstracts/{uid}/notes"), &[("body", "Only a note."), ("who", ""), ("due", "")])
            .expect(303);
        let account = app.account(RAJ).id;
        app.registry.write(|tx| {
            let (here, now) = (tx.scope()?.facility(), tx.now().naive_utc());
            diesel::RunQueryDsl::execute(
                diesel::sql_query(
                    "INSERT INTO outbox (uid, facility_id, account_id, kind, period, state, message_id, attempts, \
                     next_attempt_at, lease_token, created_at, last_error, covered_by, counts) VALUES \
                     ('01936f5e-0000-7000-8000-00000000aaaa', $1, $2, 'M1', '2026-W48', 'sent', 'x', 1, $3, '', $4, \
                     '', '', '{\"due\":3,\"overdue\":2,\"delinquent\":1,\"newlyDue\":0}')",
                )
                .bind::<diesel::sql_types::BigInt, _>(here)
                .bind::<diesel::sql_types::BigInt, _>(account)
                .bind::<diesel::sql_types::Timestamp, _>(now)
                .bind::<diesel::sql_types::Timestamp, _>(now),
                tx.conn(),
            )?;
            tx.record(cancer_registry::audit::Event::new(cancer_registry::audit::AuditAction::Mail));
            Ok::<_, cancer_registry::db::StoreError>(())
        });
        let page = raj.get("/").expect(200);
        let tasks = page.text("section[aria-labelledby=tasks] tbody");
        assert_eq!(tasks, "Ask the clinic for the margin. from rosa 20 Nov 2026");
        let link = Selector::parse("section[aria-labelledby=tasks] a").unwrap();
        let href = page.html().select(&link).next().unwrap().attr("href").unwrap().to_owned();
        assert_eq!(href, format!("/abstracts/{uid}/notes"));
        let mail = page.text("section[aria-labelledby=messages] tbody");
        assert!(mail.contains("2026-11-23") && mail.contains("6 open") && mail.ends_with("Sent"), "{mail}");
        // Somebody else's page has neither.
        let other = rosa.get("/").expect(200);
        assert!(!other.body().contains("Tasks for you") && !other.body().contains("6 open"));
        // Done is gone.
        let notes = raj.get(&href).expect(200);
        let done = Selector::parse("form[action$='/done']").unwrap();
        let action = notes.html().select(&done).next().unwrap().attr("action").unwrap().to_owned();
        raj.post(&action, &[]).expect(303);
        assert!(!raj.get("/").expect(200).body().contains("Tasks for you"));
    }
}

#[test]
fn a_number_that_its_box_does_not_show_outlives_other_saves() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = make(&mut rosa, &PERSON, None);
        let number = |app: &TestApp| record(app, &uid).0.value("socialSecurityNumber").to_owned();
        save(&mut rosa, &uid, "patient", &[("socialSecurityNumber", "123-45-6789")]).expect(303);
        assert_eq!(number(&app), "123456789");
        let page = rosa.get(&format!("/abstracts/{uid}/patient")).expect(200);
        assert!(!page.body().contains("123456789"), "the box does not show it");
        save(&mut rosa, &uid, "patient", &[("socialSecurityNumber", ""), ("race1", "01")]).expect(303);
        assert_eq!(number(&app), "123456789", "a blank box takes nothing out");
        save(&mut rosa, &uid, "patient", &[("socialSecurityNumber", "-")]).expect(303);
        assert_eq!(number(&app), "");
    }
}

#[test]
fn a_check_without_script_tells_the_findings_and_saves_nothing() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = make(&mut rosa, &PERSON, None);
        save(&mut rosa, &uid, "case", &[("classOfCase", "14"), ("dateOf1stContact", "2026-06-10")])
            .expect(303);
        let before = record(&app, &uid);
        let wrong = [
            ("dateOfDiagnosis", "2026-06-16"),
            ("primarySite", "C504"),
            ("laterality", "0"),
            ("then", "check"),
        ];
        let to = save(&mut rosa, &uid, "cancer", &wrong).expect(303).location().to_owned();
        assert!(to.ends_with("/cancer?saved=checked"), "{to}");
        let page = rosa.get(&to).expect(200);
        assert!(page.text("main .notice").contains("Checked, not saved"), "{}", page.text("main .notice"));
        assert!(
            page.text("#findings-panel").contains("Primary site is paired"),
            "{}",
            page.text("#findings-panel")
        );
        assert!(page.body().contains("name=\"laterality\"") && page.body().contains("value=\"0\""));
        assert_eq!(record(&app, &uid), before, "nothing is saved");
        // Blank numbers of the draft travel on, though their boxes hide what is stored.
        let typed = [("socialSecurityNumber", "123456789"), ("then", "check")];
        let to = save(&mut rosa, &uid, "patient", &typed).expect(303).location().to_owned();
        let page = rosa.get(&to).expect(200).body();
        assert!(page.contains("123456789"), "what is not saved yet stays in its box");
    }
}

#[test]
fn a_case_that_is_late_is_told_so_and_can_be_completed() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = make(&mut rosa, &PERSON, None);
        // First seen two years before: the six months are over on any day.
        let early =
            [("classOfCase", "14"), ("dateOf1stContact", "2024-06-10"), ("sequenceNumberHospital", "00")];
        for (section, fields) in SECTIONS {
            let fields = if section == "case" { &early } else { fields };
            save(&mut rosa, &uid, section, fields).expect(303);
        }
        take_proposals(&mut rosa, &uid);
        let done = save(&mut rosa, &uid, "case", &[("then", "complete")]).expect(303).location().to_owned();
        let page = rosa.get(&format!("/abstracts/{uid}/case")).expect(200);
        assert!(done.ends_with("saved=complete"), "{done}: {}", page.text("#findings"));
        assert!(page.text("#findings").contains("more than 6 months after first contact"));
    }
}
