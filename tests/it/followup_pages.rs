//! Follow-up and dashboard as people use them: through the browser, by role and facility.

use cancer_registry::{
    access::accounts,
    audit::AuditAction,
    dictionary::{Items, Version},
    patient,
    save::{self, Change, NewPatient, NewTumor, PatientChange, Why},
};
use scraper::Selector;

use crate::support::{
    app::{OLGA, Person, QUINN, RAJ, ROSA, SAM, TestApp},
    backends,
    http::{Answer, Browser},
};

/// A patient seen last on a day, owned by somebody.
struct Patient<'a> {
    name: &'a str,
    last: &'a str,
    owner: Option<Person>,
    diagnosed: &'a str,
    accession: &'a str,
}

const KARL: Patient<'_> = Patient {
    name: "Fictive-Test",
    last: "20250903",
    owner: Some(ROSA),
    diagnosed: "20240310",
    accession: "202400164",
};

fn add(app: &TestApp, p: &Patient<'_>) -> String {
    let owner = p.owner.map(|person| app.account(person).id);
    let patient: Items = [
        ("nameLast", p.name),
        ("nameFirst", "Karl"),
        ("dateOfBirth", "19510314"),
        ("vitalStatus", "1"),
        ("dateOfLastContact", p.last),
    ]
    .into_iter()
    .collect();
    let tumor: Items = [
        ("classOfCase", "14"),
        ("primarySite", "C619"),
        ("histologicTypeIcdO3", "8140"),
        ("behaviorCodeIcdO3", "3"),
        ("dateOfDiagnosis", p.diagnosed),
        ("dateOf1stContact", p.diagnosed),
        ("accessionNumberHosp", p.accession),
        ("sequenceNumberHospital", "00"),
        ("cancerStatus", "1"),
        ("dateOfLastCancerStatus", p.last),
        ("recurrenceType1st", "00"),
    ]
    .into_iter()
    .collect();
    let saved = app.registry.write(|tx| {
        save::apply(
            tx,
            Change {
                patient: PatientChange::New(NewPatient {
                    items: patient.clone(),
                    envelope: String::new(),
                    version: Version::NEWEST,
                    owner,
                    batch: None,
                }),
                tumors: vec![save::TumorChange::New(NewTumor {
                    items: tumor.clone(),
                    envelope: String::new(),
                    state: "in_progress".into(),
                    owner,
                })],
                why: Why { source: "form", reason: String::new(), event: Some(AuditAction::CreatePatient) },
            },
        )
    });
    saved.patient_uid
}

fn items(app: &TestApp, uid: &str) -> Items {
    let scope = app.registry.host().scope().unwrap();
    app.registry.look(|conn| patient::by_uid(conn, scope, uid)).unwrap().items().unwrap()
}

/// The fields of the contact form as the page holds them, some of them changed.
fn filled(page: &Answer, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let html = page.html();
    let form = html.select(&Selector::parse("form#contact").unwrap()).next().unwrap();
    let mut pairs: Vec<(String, String)> = Vec::new();
    for control in form.select(&Selector::parse("input[name], select[name]").unwrap()) {
        let name = control.value().attr("name").unwrap();
        let value = if control.value().name() == "select" {
            let chosen = Selector::parse("option[selected]").unwrap();
            control.select(&chosen).next().and_then(|o| o.value().attr("value")).unwrap_or("")
        } else {
            control.value().attr("value").unwrap_or("")
        };
        pairs.push((name.to_owned(), value.to_owned()));
    }
    for (name, value) in changes {
        match pairs.iter_mut().find(|(n, _)| n == name) {
            Some(pair) => (*value).clone_into(&mut pair.1),
            None => pairs.push(((*name).to_owned(), (*value).to_owned())),
        }
    }
    pairs
}

fn names(page: &Answer) -> Vec<String> {
    let html = page.html();
    let links = Selector::parse("tbody th[scope=row] a").unwrap();
    html.select(&links).map(|a| a.text().collect()).collect()
}

fn contact(browser: &mut Browser, uid: &str, changes: &[(&str, &str)]) -> Answer {
    let page = browser.get(&format!("/patients/{uid}/contact")).expect(200);
    browser.post_pairs(&format!("/patients/{uid}/contacts"), &filled(&page, changes))
}

const SEEN: [(&str, &str); 3] =
    [("followUpSource", "2"), ("dateOfLastContact", "11/17/2026"), ("vitalStatus", "1")];

#[test]
fn a_registrar_records_a_contact_and_the_patient_leaves_the_list() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let uid = add(&app, &KARL);
        let mut rosa = app.sign_in(ROSA);
        let list = rosa.get("/followup").expect(200);
        assert_eq!(names(&list), ["Fictive-Test, Karl"]);
        assert!(list.text("tbody").contains("Overdue"), "{}", list.text("tbody"));
        assert!(list.body().contains(&format!("/patients/{uid}/contact")));

        let shown = contact(&mut rosa, &uid, &[SEEN.as_slice(), &[("then", "preview")]].concat()).expect(200);
        let effect = shown.text("#effect");
        assert!(effect.contains("2025-09-03 → 2026-11-17"), "{effect}");
        assert!(effect.contains("2026-09-03 → 2027-11-17"), "{effect}");
        assert!(effect.contains("Overdue → Current"), "{effect}");
        assert_eq!(items(&app, &uid).value("dateOfLastContact"), "20250903", "a preview saves nothing");

        let told = [
            SEEN.as_slice(),
            &[("evidence", "Reply signed 17 November"), ("cancerStatus", "2"), ("then", "stay")],
            &[("dateOfLastCancerStatus", "20261117")],
        ]
        .concat();
        let saved = contact(&mut rosa, &uid, &told).expect(303);
        let after = rosa.get(saved.location()).expect(200);
        assert!(after.text("[role=status]").contains("Contact saved"));
        assert!(after.text(".log").contains("2026-11-17 Alive, Physician, Reply signed 17 November"));
        assert!(after.text(".facts").contains("Current"), "{}", after.text(".facts"));
        assert_eq!(items(&app, &uid).value("dateOfLastContact"), "20261117");
        assert!(names(&rosa.get("/followup").expect(200)).is_empty());
        let all = rosa.get("/followup?status=followed").expect(200);
        assert!(all.text("tbody").contains("2027-11-17"));
    }
}

#[test]
fn a_death_closes_and_a_later_contact_is_refused() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let uid = add(&app, &KARL);
        let mut rosa = app.sign_in(ROSA);
        let died = [
            ("followUpSource", "7"),
            ("dateOfLastContact", "20261101"),
            ("vitalStatus", "0"),
            ("causeOfDeath", "c61"),
            ("then", "next"),
        ];
        let saved = contact(&mut rosa, &uid, &died).expect(303);
        assert!(saved.location().starts_with("/followup?done=saved"));
        assert!(rosa.get(saved.location()).expect(200).text("[role=status]").contains("last open patient"));
        assert_eq!(items(&app, &uid).value("causeOfDeath"), "C61");
        assert!(names(&rosa.get("/followup?status=followed").expect(200)).is_empty());
        let refused = contact(&mut rosa, &uid, &SEEN).expect(422);
        assert!(refused.text(".error-summary").contains("recorded as dead on 2026-11-01"));

        let mut sam = app.sign_in(SAM);
        let corrected = [SEEN.as_slice(), &[("correction", "Death matched to the wrong person")]].concat();
        contact(&mut sam, &uid, &corrected).expect(303);
        assert_eq!(items(&app, &uid).value("vitalStatus"), "1");
        // The same correction typed by a registrar is only a contact, and so refused again.
        contact(&mut sam, &uid, &[&corrected[..], &[("vitalStatus", "0")]].concat()).expect(303);
        contact(&mut rosa, &uid, &corrected).expect(422);
    }
}

#[test]
fn what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost() {
    let app = TestApp::new(backends()[0]);
    let uid = add(&app, &KARL);
    let mut rosa = app.sign_in(ROSA);
    let wrong = [
        ("followUpSource", "2"),
        ("dateOfLastContact", "2026-12-01"),
        ("vitalStatus", "1"),
        ("evidence", "Reply of <the> doctor"),
    ];
    let refused = contact(&mut rosa, &uid, &wrong).expect(422);
    assert!(refused.text("title").starts_with("Error: "));
    let said = refused.text(".error-summary a");
    assert!(said.contains("2026-12-01 is in the future. Enter 2026-11-23, or an earlier day."), "{said}");
    assert!(refused.text("#dateOfLastContact-message").contains("in the future"));
    assert_eq!(crate::support::app::hidden(&refused.body(), "evidence"), "Reply of <the> doctor");
    assert_eq!(items(&app, &uid).value("dateOfLastContact"), "20250903");

    let back = [("followUpSource", "2"), ("dateOfLastContact", "20250801"), ("vitalStatus", "1")];
    let refused = contact(&mut rosa, &uid, &back).expect(422);
    assert!(refused.text(".error-summary").contains("only moves forward"));
    let mut sam = app.sign_in(SAM);
    let refused = contact(&mut sam, &uid, &[&back[..], &[("correction", "typo")]].concat()).expect(422);
    assert!(refused.text("#correction-message").contains("at least 10 characters"));
    contact(&mut sam, &uid, &[&back[..], &[("correction", "The reply was of another patient")]].concat())
        .expect(303);
    assert_eq!(items(&app, &uid).value("dateOfLastContact"), "20250801");
}

#[test]
fn a_form_made_before_another_save_keeps_its_typing_and_says_so() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let uid = add(&app, &KARL);
        let (mut rosa, mut raj) = (app.sign_in(ROSA), app.sign_in(RAJ));
        let form = rosa.get(&format!("/patients/{uid}/contact")).expect(200);
        contact(&mut raj, &uid, &[("followUpSource", "3"), ("dateOfLastContact", "20261001")]).expect(303);
        let late = rosa.post_pairs(&format!("/patients/{uid}/contacts"), &filled(&form, &SEEN)).expect(422);
        assert!(late.text("[role=status]").contains("Somebody else saved"), "{}", late.body());
        assert_eq!(items(&app, &uid).value("dateOfLastContact"), "20261001");
        let again = filled(&late, &[]);
        rosa.post_pairs(&format!("/patients/{uid}/contacts"), &again).expect(303);
        assert_eq!(items(&app, &uid).value("dateOfLastContact"), "20261117");
    }
}

#[test]
fn save_and_next_goes_down_the_list() {
    let app = TestApp::new(backends()[0]);
    let first = add(&app, &Patient { last: "20250701", accession: "202400001", ..KARL });
    let second = add(&app, &Patient { last: "20250702", accession: "202400002", ..KARL });
    let third = add(&app, &Patient { last: "20250801", accession: "202400003", ..KARL });
    let mut rosa = app.sign_in(ROSA);
    let next = [SEEN.as_slice(), &[("then", "next")]].concat();
    let saved = contact(&mut rosa, &first, &next).expect(303);
    assert_eq!(saved.location(), format!("/patients/{second}/contact?done=next"));
    let saved = contact(&mut rosa, &second, &next).expect(303);
    assert_eq!(saved.location(), format!("/patients/{third}/contact?done=next"));
    let saved = contact(&mut rosa, &third, &next).expect(303);
    assert_eq!(saved.location(), "/followup?done=saved");
}

#[test]
fn the_supervisor_marks_lost_shortens_and_assigns() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let uid = add(&app, &Patient { last: "20250301", ..KARL });
        let mut sam = app.sign_in(SAM);
        let version = |app: &TestApp| {
            let scope = app.registry.host().scope().unwrap();
            let row = app.registry.look(|conn| patient::by_uid(conn, scope, &uid)).unwrap();
            row.version.to_string()
        };
        let path = |what: &str| format!("/patients/{uid}/{what}");
        let now = version(&app);
        sam.post(&path("lost"), &[("version", &now), ("lost", "yes"), ("reason", "gone")]).expect(400);
        let reason = ("reason", "physician, patient and contact did not answer");
        sam.post(&path("lost"), &[("version", &now), ("lost", "yes"), reason]).expect(303);
        assert_eq!(names(&sam.get("/followup?status=lost").expect(200)).len(), 1);
        assert!(names(&sam.get("/followup").expect(200)).is_empty());
        // An older form does nothing.
        sam.post(&path("lost"), &[("version", &now), ("lost", "no")]).expect(400);
        sam.post(&path("lost"), &[("version", &version(&app)), ("lost", "no")]).expect(303);
        assert_eq!(names(&sam.get("/followup?status=delinquent").expect(200)).len(), 1);

        sam.post(&path("follow-up-interval"), &[("version", &version(&app)), ("months", "2")]).expect(400);
        sam.post(&path("follow-up-interval"), &[("version", &version(&app)), ("months", "6")]).expect(303);
        assert!(sam.get("/followup").expect(200).text("tbody").contains("2025-09-01"));

        let raj = app.account(RAJ).uid;
        sam.post(&path("follow-up-owner"), &[("version", &version(&app)), ("owner", &raj)]).expect(303);
        let mut his = app.sign_in(RAJ);
        assert_eq!(names(&his.get("/followup").expect(200)).len(), 1);
        his.post(&path("lost"), &[("version", &version(&app)), ("lost", "yes"), reason]).expect(404);
    }
}

#[test]
fn everything_of_one_person_goes_to_another() {
    for backend in backends() {
        let app = TestApp::new(backend);
        for n in 0..3 {
            add(&app, &Patient { accession: &format!("20240000{n}"), ..KARL });
        }
        add(&app, &Patient { owner: None, accession: "202400009", ..KARL });
        let mut sam = app.sign_in(SAM);
        let page = sam.get("/followup/reassignment").expect(200);
        assert!(page.text("tbody").contains("Rosa Quill333"), "{}", page.text("tbody"));
        let (rosa, raj) = (app.account(ROSA).uid, app.account(RAJ).uid);
        let done = sam.post("/followup/reassignment", &[("from", &rosa), ("to", &raj)]).expect(303);
        let after = sam.get(done.location()).expect(200);
        assert!(
            after.text("[role=status]").contains("6 items were given over"),
            "{}",
            after.text("[role=status]")
        );
        assert_eq!(names(&app.sign_in(RAJ).get("/followup").expect(200)).len(), 3);
        assert!(names(&app.sign_in(ROSA).get("/followup").expect(200)).is_empty());
        assert_eq!(names(&app.sign_in(ROSA).get("/followup?owner=pool").expect(200)).len(), 1);
        // Not to somebody who may not work cases, and not by a registrar.
        let quinn = app.account(QUINN).uid;
        sam.post("/followup/reassignment", &[("from", &raj), ("to", &quinn)]).expect(422);
        app.sign_in(RAJ).post("/followup/reassignment", &[("from", &rosa), ("to", &raj)]).expect(404);
        // Those who left keep what they own until it is given over.
        app.registry
            .db
            .write(&app.registry.host(), |tx| {
                let account = accounts::by_login(tx.conn(), RAJ.login)?;
                accounts::set_active(tx, &account, false)
            })
            .unwrap();
        assert!(sam.get("/followup/reassignment").expect(200).text("tbody").contains("Raj Inkwell333"));
    }
}

#[test]
fn a_long_list_is_paged_by_a_place_that_says_nothing() {
    for backend in backends() {
        let app = TestApp::new(backend);
        for n in 0..60 {
            add(&app, &Patient { accession: &format!("2024{n:05}"), ..KARL });
        }
        let mut rosa = app.sign_in(ROSA);
        let first = rosa.get("/followup").expect(200);
        assert_eq!(names(&first).len(), 50);
        let next = Selector::parse("a[rel=next]").unwrap();
        let href = first.html().select(&next).next().unwrap().value().attr("href").unwrap().to_owned();
        assert!(!href.contains("20250903") && !href.contains("202400"), "{href}");
        let second = rosa.get(&href).expect(200);
        assert_eq!(names(&second).len(), 10);
        assert!(second.text(".pagination").contains("Rows 51 to 60 of 60"));
        // The place opens for nobody else, and not when it was changed.
        app.sign_in(RAJ).get(&href).expect(400);
        rosa.get(&href.replace("after=", "after=00")).expect(400);
    }
}

#[test]
fn another_facility_and_other_roles_find_nothing() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let uid = add(&app, &KARL);
        let mut olga = app.sign_in(OLGA);
        olga.get(&format!("/patients/{uid}/contact")).expect(404);
        olga.post(&format!("/patients/{uid}/contacts"), &SEEN).expect(404);
        olga.post(&format!("/patients/{uid}/contact-effect"), &SEEN).expect(404);
        assert!(names(&olga.get("/followup?owner=all&status=followed").expect(200)).is_empty());
        app.sign_in(QUINN).get("/followup").expect(404);
        app.sign_in(ROSA).get("/dashboard").expect(404);
        app.sign_in(ROSA).get("/followup?owner=nobody").expect(404);
        app.sign_in(ROSA).get("/followup?status=somewhere").expect(400);
        assert_eq!(items(&app, &uid).value("dateOfLastContact"), "20250903");
    }
}

#[test]
fn every_number_of_the_dashboard_opens_as_many_cases() {
    for backend in backends() {
        let app = TestApp::new(backend);
        for (n, last) in ["20261001", "20250903", "20250701", "20240101", ""].into_iter().enumerate() {
            let diagnosed = ["20240310", "20240310", "20180310", "20230310", "2024"][n];
            add(&app, &Patient { last, diagnosed, accession: &format!("20240000{n}"), ..KARL });
        }
        let mut sam = app.sign_in(SAM);
        let page = sam.get("/dashboard").expect(200);
        let sheet = page.text("#followup ~ .grid table");
        assert!(sheet.contains("A. Eligible5100.0 %4100.0 %"), "{sheet}");
        assert!(sheet.contains("D. Living and current240.0 %250.0 %"), "{sheet}");
        let html = page.html();
        let links = Selector::parse("main a[href]").unwrap();
        let mut opened = 0;
        for link in html.select(&links) {
            let href = link.value().attr("href").unwrap();
            let number: String = link.text().collect::<String>().replace(',', "");
            let Ok(number) = number.trim().split(' ').next().unwrap().parse::<usize>() else { continue };
            let list = sam.get(href).expect(200);
            assert_eq!(names(&list).len(), number, "{backend:?} {href}");
            opened += 1;
        }
        assert!(opened > 30, "{opened}");
        sam.get("/dashboard/cases?rate=c&part=lost").expect(400);
        let earlier = sam.get("/dashboard?on=2025-07-01").expect(200);
        assert!(earlier.text(".head__sub").contains("1 July 2025"));
        sam.get("/dashboard?on=2025").expect(400);
    }
}
