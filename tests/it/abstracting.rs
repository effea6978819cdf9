//! An abstract in the browser: made, filled, compared, completed, opened again.

use cancer_registry::{
    audit::{AuditAction, Event},
    db::StoreError,
    dictionary::Items,
    icdo::PathChart,
    patient, recodes, tumor,
};

use crate::support::{
    Backend,
    a_case::{PERSON, SECTIONS},
    app::{OLGA, QUINN, RAJ, ROSA, SAM, TestApp, hidden},
    backends,
    http::{Answer, Browser},
};

/// The items of patient and case, as stored.
pub(crate) fn record(app: &TestApp, uid: &str) -> (Items, Items, String) {
    let scope = app.actor(ROSA).scope().unwrap();
    app.registry.look(|conn| {
        let case = tumor::by_uid(conn, scope, uid)?.unwrap();
        let person = patient::by_key(conn, scope, case.patient_id)?.unwrap();
        Ok((person.items()?, case.items()?, case.state.clone()))
    })
}

/// Searches for a person and makes a case: for somebody found, or for a new patient.
pub(crate) fn make(browser: &mut Browser, person: &[(&str, &str)], found: Option<&str>) -> String {
    let likely = browser.post("/abstracts/new", person).expect(303).location().to_owned();
    let page = browser.get(&likely).expect(200);
    let choice = match found {
        Some(name) => {
            assert!(page.body().contains(name), "{name} is not shown: {}", page.body());
            let html = page.html();
            let button = scraper::Selector::parse("button[name=patient]").unwrap();
            html.select(&button).next().unwrap().value().attr("value").unwrap().to_owned()
        }
        None => "new".to_owned(),
    };
    let made = browser.post(&likely, &[("patient", &choice)]).expect(303).location().to_owned();
    made.strip_prefix("/abstracts/").unwrap().split('/').next().unwrap().to_owned()
}

/// Saves fields of a section, as the page would: with the versions it shows.
pub(crate) fn save(browser: &mut Browser, uid: &str, section: &str, fields: &[(&str, &str)]) -> Answer {
    let page = browser.get(&format!("/abstracts/{uid}/{section}")).expect(200).body();
    send(browser, uid, section, &page, fields)
}

pub(crate) fn send(
    browser: &mut Browser,
    uid: &str,
    section: &str,
    page: &str,
    fields: &[(&str, &str)],
) -> Answer {
    let (patient, case) = (hidden(page, "patient_version"), hidden(page, "tumor_version"));
    let mut all = vec![("patient_version", patient.as_str()), ("tumor_version", case.as_str())];
    all.extend_from_slice(fields);
    browser.post(&format!("/abstracts/{uid}/{section}"), &all)
}

/// Takes what the form proposes for what is still blank.
pub(crate) fn take_proposals(browser: &mut Browser, uid: &str) {
    for (section, _) in SECTIONS {
        save(browser, uid, section, &[("then", "take")]).expect(303);
    }
}

/// A case with all that completing needs.
pub(crate) fn filled_case(browser: &mut Browser) -> String {
    let uid = make(browser, &PERSON, None);
    for (section, fields) in SECTIONS {
        let to = save(browser, &uid, section, fields).expect(303).location().to_owned();
        assert!(to.contains("saved="), "{section}: {to}");
    }
    take_proposals(browser, &uid);
    uid
}

pub(crate) fn complete_case(browser: &mut Browser) -> String {
    let uid = filled_case(browser);
    let done = save(browser, &uid, "case", &[("then", "complete")]).expect(303).location().to_owned();
    let page = browser.get(&format!("/abstracts/{uid}/case")).expect(200);
    assert!(done.ends_with("saved=complete"), "{done}: {}", page.text("#findings"));
    uid
}

#[test]
fn a_case_is_made_filled_completed_and_its_due_date_told() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = make(&mut rosa, &PERSON, None);
        let early = save(&mut rosa, &uid, "case", &[("then", "complete")]).expect(303).location().to_owned();
        assert!(early.ends_with("refused=way"), "{early}");
        let page = rosa.get(&early).expect(200);
        assert!(page.text("#findings-title small").contains("missing"), "{}", page.body());
        assert!(page.text("main .notice").contains("not complete"));

        let mut given = String::new();
        for (section, fields) in SECTIONS {
            let to = save(&mut rosa, &uid, section, fields).expect(303).location().to_owned();
            if section == "case" {
                assert!(to.ends_with("saved=accession"), "{to}");
                given = record(&app, &uid).1.value("accessionNumberHosp").to_owned();
                assert_eq!(given, "202600001");
            }
        }
        take_proposals(&mut rosa, &uid);
        let saved = rosa.get(&format!("/abstracts/{uid}/outcome?saved=1")).expect(200);
        assert!(
            saved.text("main .notice").contains("Next follow-up due 1 September 2027"),
            "{}",
            saved.text("main .notice")
        );
        let done = save(&mut rosa, &uid, "case", &[("then", "complete")]).expect(303).location().to_owned();
        assert!(done.ends_with("saved=complete"), "{done}");
        let (person, case, state) = record(&app, &uid);
        assert_eq!(state, "complete");
        // What the edits found when it was completed stays with it, and nothing of it is an error.
        let stored = app.registry.write(|tx| {
            let scope = tx.scope()?;
            let tumor = cancer_registry::tumor::by_uid(tx.conn(), scope, &uid)?.expect("the case");
            let check = cancer_registry::checking::check_of(tx.conn(), scope, tumor.id)?;
            tx.record(cancer_registry::audit::Event::new(cancer_registry::audit::AuditAction::ViewTumor));
            Ok::<_, cancer_registry::db::StoreError>(check)
        });
        let check = stored.expect("a judgement is kept");
        assert_eq!((check.errors, check.set_id.as_str()), (0, cancer_registry::edits::shipped().id()));
        for (item, value) in [
            ("ageAtDiagnosis", "062"),
            ("primarySite", "C504"),
            ("histologicTypeIcdO3", "8520"),
            ("behaviorCodeIcdO3", "3"),
            ("addrAtDxState", "IL"),
            ("dateCaseInitiated", "20261123"),
            ("dateCaseCompleted", "20261123"),
            ("dateCaseCompletedCoc", "20261123"),
            ("dateCaseLastChanged", "20261123"),
            ("abstractedBy", "RQU"),
            ("tumorRecordNumber", "01"),
            ("accessionNumberHosp", given.as_str()),
        ] {
            assert_eq!(case.value(item), value, "{item}");
        }
        assert_eq!(person.value("dateOfBirth"), "19630801");
        assert_eq!(person.value("patientIdNumber"), "00000001");
        // The name is on the page, never in its title.
        let page = rosa.get(&format!("/abstracts/{uid}/case")).expect(200);
        assert!(page.text(".case h1").starts_with("Fictive, Karla"));
        assert!(!page.text("title").contains("Fictive"));
    }
}

#[test]
fn a_complete_case_changes_only_by_outcome_until_it_is_reopened_with_a_reason() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = complete_case(&mut rosa);
        let refused =
            save(&mut rosa, &uid, "cancer", &[("laterality", "1")]).expect(303).location().to_owned();
        assert!(refused.ends_with("refused=closed"), "{refused}");
        assert_eq!(record(&app, &uid).1.value("laterality"), "2");
        // What was typed waits for its owner.
        let page = rosa.get(&format!("/abstracts/{uid}/cancer")).expect(200).body();
        assert!(
            page.contains("id=\"laterality\" name=\"laterality\" data-width=\"code\" value=\"1\""),
            "{page}"
        );

        save(&mut rosa, &uid, "outcome", &[("dateOfLastContact", "t")]).expect(303);
        let (person, _, state) = record(&app, &uid);
        assert_eq!((person.value("dateOfLastContact"), state.as_str()), ("20261123", "complete"));

        let short = rosa.post(&format!("/abstracts/{uid}/reopening"), &[("reason", "typo")]).expect(303);
        assert!(short.location().ends_with("refused=reason"));
        let mut raj = app.sign_in(RAJ);
        let reason = [("reason", "The side was wrong in the report")];
        let not_his = raj.post(&format!("/abstracts/{uid}/reopening"), &reason).expect(303);
        assert!(not_his.location().ends_with("refused=right"));
        let open = rosa.post(&format!("/abstracts/{uid}/reopening"), &reason).expect(303);
        assert!(open.location().ends_with("saved=reopened"));
        let right = [("laterality", "1"), ("textPrimarySiteTitle", "Rt breast UOQ")];
        save(&mut rosa, &uid, "cancer", &right).expect(303);
        let again = save(&mut rosa, &uid, "case", &[("then", "complete")]).expect(303).location().to_owned();
        let page = rosa.get(&format!("/abstracts/{uid}/case")).expect(200);
        assert!(again.ends_with("saved=complete"), "{again}: {}", page.text("#findings-panel"));
        assert_eq!(record(&app, &uid).1.value("laterality"), "1");
    }
}

#[test]
fn likely_the_same_person_is_shown_and_keeps_the_accession_number() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let first = complete_case(&mut rosa);
        let second = make(
            &mut rosa,
            &[("nameLast", "Fiktive"), ("dateOfBirth", "1963-08-01")],
            Some("Fictive, Karla"),
        );
        save(&mut rosa, &second, "case", &[("dateOf1stContact", "2026-11-20")]).expect(303);
        save(
            &mut rosa,
            &second,
            "cancer",
            &[("dateOfDiagnosis", "2026-11-18"), ("histologicTypeIcdO3", "8140/3")],
        )
        .expect(303);
        let (_, case, _) = record(&app, &second);
        assert_eq!(case.value("accessionNumberHosp"), record(&app, &first).1.value("accessionNumberHosp"));
        assert_eq!(case.value("tumorRecordNumber"), "02");
        let page = rosa.get(&format!("/abstracts/{second}/case")).expect(200);
        assert!(page.body().contains("data-proposed=\"02\""), "{}", page.body());
        assert!(
            page.text("#findings").contains("sequence of the 2026 case from 00 to 01"),
            "{}",
            page.text("#findings")
        );
        // A stranger gets the next number.
        let other = make(&mut rosa, &[("nameLast", "Different"), ("nameFirst", "Otto")], None);
        save(&mut rosa, &other, "case", &[("dateOf1stContact", "2026")]).expect(303);
        assert_eq!(record(&app, &other).1.value("accessionNumberHosp"), "202600002");
    }
}

#[test]
fn two_people_on_one_case_lose_nothing() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut rosa, mut raj) = (app.sign_in(ROSA), app.sign_in(RAJ));
        let uid = make(&mut rosa, &PERSON, None);
        let address = format!("/abstracts/{uid}/cancer");
        let both_saw = rosa.get(&address).expect(200).body();
        send(&mut raj, &uid, "cancer", &both_saw, &[("laterality", "1"), ("gradeClinical", "3")]).expect(303);

        // Other items: both stand, and it is said.
        let joined =
            send(&mut rosa, &uid, "cancer", &both_saw, &[("diagnosticConfirmation", "1")]).expect(303);
        assert!(joined.location().ends_with("saved=joined"), "{}", joined.location());
        let (_, case, _) = record(&app, &uid);
        assert_eq!((case.value("gradeClinical"), case.value("diagnosticConfirmation")), ("3", "1"));

        // The same item: both values, side by side; nothing was saved.
        let mine = [("laterality", "2"), ("textHistologyTitle", "lobular")];
        let asked = send(&mut rosa, &uid, "cancer", &both_saw, &mine).expect(409);
        assert!(asked.text("legend").starts_with("Laterality"), "{}", asked.body());
        assert!(asked.text(".choices").contains("Mine: 2") && asked.text(".choices").contains("raj’s: 1"));
        assert_eq!(record(&app, &uid).1.value("textHistologyTitle"), "");

        let seen = hidden(&asked.body(), "seen");
        let chosen = [mine[0], mine[1], ("seen", seen.as_str()), ("choose.t.laterality", "mine")];
        send(&mut rosa, &uid, "cancer", &both_saw, &chosen).expect(303);
        let (_, case, _) = record(&app, &uid);
        assert_eq!((case.value("laterality"), case.value("textHistologyTitle")), ("2", "lobular"));

        // A choice made on what no longer stands there is asked again.
        save(&mut raj, &uid, "cancer", &[("laterality", "3")]).expect(303);
        send(&mut rosa, &uid, "cancer", &both_saw, &[("laterality", "9"), chosen[2], chosen[3]]).expect(409);
    }
}

#[test]
fn typing_is_kept_for_its_owner_only_until_saved_or_thrown_away() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut rosa, mut raj) = (app.sign_in(ROSA), app.sign_in(RAJ));
        let uid = make(&mut rosa, &PERSON, None);
        let address = format!("/abstracts/{uid}/admin");
        let page = rosa.get(&address).expect(200).body();
        let (patient, case) = (hidden(&page, "patient_version"), hidden(&page, "tumor_version"));
        let versions = [("patient_version", patient.as_str()), ("tumor_version", case.as_str())];
        let typed = [versions[0], versions[1], ("textRemarks", "half a thought")];
        rosa.post(&format!("{address}/draft"), &typed).expect(200);
        rosa.post(
            &format!("{address}/draft"),
            &[versions[0], versions[1], ("textRemarks", "half a thought, more")],
        )
        .expect(200);
        let shown = rosa.get(&address).expect(200);
        assert!(shown.text("#textRemarks").contains("half a thought, more"));
        assert!(shown.body().contains("is not all saved yet"));
        assert_eq!(raj.get(&address).expect(200).text("#textRemarks"), "");
        assert_eq!(record(&app, &uid).1.value("textRemarks"), "");
        rosa.post(&format!("{address}/draft/discard"), &[]).expect(303);
        assert_eq!(rosa.get(&address).expect(200).text("#textRemarks"), "");

        // Typing that arrives after the same typing was saved is no draft.
        let saved = [typed[0], typed[1], ("textRemarks", "a whole thought")];
        rosa.post(&address, &saved).expect(303);
        rosa.post(&format!("{address}/draft"), &saved).expect(200);
        assert!(!rosa.get(&address).expect(200).body().contains("is not all saved yet"));

        // What is not understood is not stored, stays as typed with its reason, and the rest is saved.
        save(&mut rosa, &uid, "cancer", &[("dateOfDiagnosis", "last June"), ("primarySite", "C504")])
            .expect(303);
        let page = rosa.get(&format!("/abstracts/{uid}/cancer")).expect(200);
        assert!(page.body().contains("value=\"last June\""), "{}", page.body());
        assert!(page.text("#dateOfDiagnosis-message").contains("is not a date"));
        let (_, case, _) = record(&app, &uid);
        assert_eq!((case.value("primarySite"), case.value("dateOfDiagnosis")), ("C504", ""));
    }
}

#[test]
fn every_item_of_an_imported_record_can_be_seen_and_changed() {
    use cancer_registry::{
        audit::AuditAction,
        dictionary::Version,
        save::{self, Change, NewPatient, NewTumor, PatientChange, TumorChange, Why},
    };
    for backend in backends() {
        let app = TestApp::new(backend);
        let saved = app.registry.write(|tx| {
            let change = Change {
                patient: PatientChange::New(NewPatient {
                    items: [("nameLast", "Testcase"), ("sex", "1"), ("race2", "88")].into_iter().collect(),
                    envelope: String::new(),
                    version: Version(230),
                    owner: None,
                    batch: None,
                }),
                tumors: vec![TumorChange::New(NewTumor {
                    items: [
                        ("primarySite", "C619"),
                        ("localItem9501", " kept "),
                        ("textUsualOccupation", "smith"),
                    ]
                    .into_iter()
                    .collect(),
                    envelope: String::new(),
                    state: "in_progress".to_owned(),
                    owner: None,
                })],
                why: Why { source: "import", reason: String::new(), event: Some(AuditAction::Import) },
            };
            save::apply(tx, change)
        });
        let uid = saved.tumors[0].1.clone();
        let mut rosa = app.sign_in(ROSA);
        let page = rosa.get(&format!("/abstracts/{uid}/all")).expect(200).body();
        for name in ["p.sex", "t.localItem9501", "t.textUsualOccupation"] {
            assert!(page.contains(&format!("name=\"{name}\"")), "{name}");
        }
        let fields = [
            ("t.localItem9501", " kept "),
            ("t.textUsualOccupation", "clerk"),
            ("add.id", "Text--Usual Industry"),
            ("add.value", "bank"),
        ];
        send(&mut rosa, &uid, "all", &page, &fields).expect(303);
        let (person, case, _) = record(&app, &uid);
        assert_eq!(case.raw("localItem9501"), Some(" kept "));
        assert_eq!((case.value("textUsualOccupation"), case.value("textUsualIndustry")), ("clerk", "bank"));
        assert_eq!(person.raw("sex"), Some("1"), "untouched as it came");
        // The newer item retires the older when a person changes it, and not before.
        save(&mut rosa, &uid, "patient", &[("sexAssignedAtBirth", "1"), ("race1", "01")]).expect(303);
        assert_eq!(record(&app, &uid).0.raw("sex"), Some("1"));
        save(&mut rosa, &uid, "patient", &[("sexAssignedAtBirth", "2")]).expect(303);
        let (person, ..) = record(&app, &uid);
        assert_eq!((person.raw("sex"), person.raw("sexAssignedAtBirth")), (None, Some("2")));
    }
}

#[test]
fn only_those_of_the_facility_who_may_write_do() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = make(&mut rosa, &PERSON, None);
        let section = format!("/abstracts/{uid}/case");
        let mut olga = app.sign_in(OLGA);
        for address in [section.clone(), format!("/abstracts/{uid}"), format!("/abstracts/{uid}/notes")] {
            olga.get(&address).expect(404);
        }
        let mut quinn = app.sign_in(QUINN);
        let page = quinn.get(&section).expect(200).body();
        assert!(!page.contains("value=\"complete\""), "no button to complete");
        send(&mut quinn, &uid, "case", &page, &[("classOfCase", "14")]).expect(404);
        quinn.get("/abstracts/new").expect(404);
        rosa.get("/abstracts/not-an-id/case").expect(404);
        rosa.get(&format!("/abstracts/{uid}/nowhere")).expect(404);
    }
}

#[test]
fn lists_tell_state_owner_and_deadline() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let done = complete_case(&mut rosa);
        let open = make(&mut rosa, &[("nameLast", "Placeholder"), ("nameFirst", "Flora")], None);
        save(&mut rosa, &open, "case", &[("dateOf1stContact", "2026-05-26")]).expect(303);
        let list = rosa.get("/abstracts").expect(200);
        assert!(list.text("tbody").contains("Placeholder, Flora"));
        assert!(list.text("tbody").contains("2026-11-26 3 days"), "{}", list.text("tbody"));
        // The case tells what its clocks run from and how they stand.
        let clocks = rosa.get(&format!("/abstracts/{open}/case")).expect(200).text("#clocks");
        assert!(clocks.contains("runs, 3 days left"), "{clocks}");
        assert!(clocks.contains("From first contact 2026-05-26; limit 6 months, 2026-11-26."), "{clocks}");
        assert!(clocks.starts_with("Clocks, 1 late"), "{clocks}");
        let clocks = rosa.get(&format!("/abstracts/{done}/case")).expect(200).text("#clocks");
        assert!(
            clocks.contains("Sent in a batch") && clocks.contains("the next monthly batch, 2026-12-31"),
            "{clocks}"
        );
        assert!(!list.body().contains(&done));
        let complete = rosa.get("/abstracts?state=complete&owner=all").expect(200);
        assert!(complete.body().contains(&done) && !complete.body().contains(&open));
        let mut raj = app.sign_in(RAJ);
        assert!(raj.get("/abstracts").expect(200).body().contains("No cases here."));
        let mut sam = app.sign_in(SAM);
        assert!(sam.get("/abstracts").expect(200).body().contains(&open), "a supervisor sees everybody's");
    }
}

#[test]
fn notes_and_tasks_stay_with_the_case() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = make(&mut rosa, &PERSON, None);
        let notes = format!("/abstracts/{uid}/notes");
        let empty = rosa.post(&notes, &[("body", " "), ("who", ""), ("due", "")]).expect(422);
        assert!(empty.text(".error-summary").contains("Nothing was written"));
        rosa.post(&notes, &[("body", "Ask for the outside slides"), ("who", "RIN"), ("due", "t+7")])
            .expect(303);
        let page = rosa.get(&notes).expect(200);
        assert!(page.text(".log").contains("Task for RIN, due 2026-11-30"), "{}", page.text(".log"));
        assert!(rosa.get(&format!("/abstracts/{uid}/case")).expect(200).text(".sections").contains("1 open"));
        let html = page.html();
        let done = scraper::Selector::parse("form[action$='/done']").unwrap();
        let action = html.select(&done).next().unwrap().value().attr("action").unwrap().to_owned();
        let mut raj = app.sign_in(RAJ);
        raj.post(&action, &[]).expect(303);
        assert!(rosa.get(&notes).expect(200).text(".log").contains("done by raj"));
    }
}

#[test]
fn a_further_primary_begins_on_the_patient_page() {
    let app = TestApp::new(backends()[0]);
    let mut rosa = app.sign_in(ROSA);
    let first = complete_case(&mut rosa);
    let href = rosa.get(&format!("/abstracts/{first}/case")).expect(200);
    let selector = scraper::Selector::parse(".sections a[href^='/patients/']").unwrap();
    let html = href.html();
    let patient = html.select(&selector).next().unwrap().value().attr("href").unwrap().to_owned();
    assert_eq!(rosa.get(&patient).expect(200).text("form[action='/abstracts'] button"), "New primary");
    let uid = patient.strip_prefix("/patients/").unwrap();
    let made = rosa.post("/abstracts", &[("patient", uid)]).expect(303).location().to_owned();
    let second = made.strip_prefix("/abstracts/").unwrap().split('/').next().unwrap();
    let (person, case, _) = record(&app, second);
    assert_eq!(person.value("nameLast"), "Fictive", "the patient's items need no typing");
    assert_eq!(case.value("tumorRecordNumber"), "02");
}

#[test]
fn patients_made_at_the_same_time_get_numbers_of_their_own() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        // A number from elsewhere that stands above all digits must not start the count again.
        let one = make(&mut rosa, &PERSON, None);
        let before = record(&app, &one).0.value("patientIdNumber").to_owned();
        assert_eq!(before, "00000001");
        save(&mut rosa, &one, "all", &[("p.patientIdNumber", "9999999A")]).expect(303);
        assert_eq!(record(&app, &one).0.value("patientIdNumber"), "9999999A");
        make(&mut rosa, &[("nameLast", "Second")], None);
        let makers = ["Alpha", "Beta", "Gamma", "Delta"].map(|last| {
            let mut browser = app.sign_in(if last < "C" { RAJ } else { ROSA });
            std::thread::spawn({
                let last = last.to_owned();
                move || {
                    (0..3)
                        .map(|n| make(&mut browser, &[("nameLast", &format!("{last}{n}"))], None))
                        .collect::<Vec<_>>()
                }
            })
        });
        let made: Vec<_> = makers.into_iter().flat_map(|maker| maker.join().unwrap()).collect();
        let numbers: std::collections::BTreeSet<_> =
            made.iter().map(|uid| record(&app, uid).0.value("patientIdNumber").to_owned()).collect();
        assert_eq!(numbers.len(), 12, "{numbers:?}");
    }
}

#[test]
fn one_key_says_no_to_every_place_of_metastases_that_is_blank() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = make(&mut rosa, &PERSON, None);
        save(&mut rosa, &uid, "stage", &[("metsAtDxLiver", "1"), ("then", "no-spread")]).expect(303);
        let (_, case, _) = record(&app, &uid);
        let said = [
            "metsAtDxBone",
            "metsAtDxBrain",
            "metsAtDxLiver",
            "metsAtDxLung",
            "metsAtDxDistantLn",
            "metsAtDxOther",
        ]
        .map(|item| case.value(item).to_owned());
        assert_eq!(said, ["0", "0", "1", "0", "0", "0"]);
    }
}

/// What the panel says of an edit: address of its decision and hash of what it read.
fn finding(page: &Answer, edit: &str) -> Option<String> {
    let form =
        scraper::Selector::parse(&format!("form[action$='/findings/{edit}'] input[name=hash]")).unwrap();
    page.html().select(&form).next().and_then(|i| i.attr("value").map(str::to_owned))
}

#[test]
fn edits_stand_beside_the_form_block_completion_and_are_decided_with_a_reason() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = complete_case(&mut rosa);
        let reason = [("reason", "The side was wrong in the report")];
        rosa.post(&format!("/abstracts/{uid}/reopening"), &reason).expect(303);

        // A child of the year 2012 with a carcinoma of the breast: found while it is typed, before any save.
        let page = rosa.get(&format!("/abstracts/{uid}/patient")).expect(200).body();
        let versions = ["patient_version", "tumor_version"].map(|name| hidden(&page, name));
        let typed = [
            ("patient_version", versions[0].as_str()),
            ("tumor_version", versions[1].as_str()),
            ("dateOfBirth", "20120801"),
        ];
        let live = rosa.post(&format!("/abstracts/{uid}/patient/draft"), &typed).expect(200).body();
        assert!(live.contains("findings-panel") && live.contains("\"name\":\"dateOfBirth\""), "{live}");
        save(&mut rosa, &uid, "patient", &[("dateOfBirth", "20120801")]).expect(303);
        let refused =
            save(&mut rosa, &uid, "case", &[("then", "complete")]).expect(303).location().to_owned();
        assert!(refused.ends_with("refused=way"), "{refused}");
        let page = rosa.get(&format!("/abstracts/{uid}/patient")).expect(200);
        let panel = page.text("#findings-panel");
        assert!(panel.contains("Over-ride") || panel.contains("error"), "{panel}");
        let edits = scraper::Selector::parse("details[data-edit]:has(form)").unwrap();
        let edit = page
            .html()
            .select(&edits)
            .find(|d| d.text().collect::<String>().contains("Over-ride"))
            .and_then(|d| d.attr("data-edit").map(str::to_owned))
            .unwrap_or_else(|| panic!("an over-ride is offered: {panel}"));
        let hash = finding(&page, &edit).unwrap();

        // Too short a reason, and one for what is no longer so, decide nothing.
        let address = format!("/abstracts/{uid}/findings/{edit}");
        let with = |reason: &'static str, hash: &str| {
            vec![("page", "patient".to_owned()), ("hash", hash.to_owned()), ("reason", reason.to_owned())]
        };
        let send = |browser: &mut Browser, fields: Vec<(&'static str, String)>| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            browser.post(&address, &fields).expect(303).location().to_owned()
        };
        assert!(send(&mut rosa, with("short", &hash)).contains("decision-reason"));
        assert!(send(&mut rosa, with("Confirmed with the pathologist", "0")).contains("decision-changed"));
        assert!(send(&mut rosa, with("Confirmed with the pathologist", &hash)).contains("saved=decided"));
        let page = rosa.get(&format!("/abstracts/{uid}/patient")).expect(200);
        assert!(finding(&page, &edit).is_none());
        assert!(page.text("#findings-panel").contains("Over-ridden by"), "{}", page.text("#findings-panel"));
        let set = |app: &TestApp| {
            record(app, &uid).1.iter().filter(|(id, v)| id.starts_with("overRide") && !v.is_empty()).count()
        };
        assert_eq!(set(&app), 1);

        // Its input changes: the over-ride is blank and the failure open again.
        save(&mut rosa, &uid, "patient", &[("dateOfBirth", "20130801")]).expect(303);
        assert_eq!(set(&app), 0);
        let page = rosa.get(&format!("/abstracts/{uid}/patient")).expect(200);
        assert!(finding(&page, &edit).is_some_and(|now| now != hash));
    }
}

/// What the panel tells at once, and what it folds away as waiting.
fn told(page: &Answer) -> (String, String) {
    let all = page.text("#findings-panel");
    let waiting = scraper::Selector::parse("#findings-panel > details").unwrap();
    let waiting: String = page
        .html()
        .select(&waiting)
        .map(|d| d.text().collect::<String>())
        .filter(|text| text.contains("for what is missing"))
        .collect();
    (all, waiting)
}

#[test]
fn an_edit_that_fails_only_for_what_is_missing_waits_until_it_is_there() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = filled_case(&mut rosa);
        let (all, waiting) = told(&rosa.get(&format!("/abstracts/{uid}/stage")).expect(200));
        assert!(waiting.is_empty(), "{backend:?} {all}");
        // Metastases ask for summary stage 7, which is not typed yet.
        let blank = [("summaryStage2018", ""), ("metsAtDxLiver", "1")];
        save(&mut rosa, &uid, "stage", &blank).expect(303);
        let (all, waiting) = told(&rosa.get(&format!("/abstracts/{uid}/stage")).expect(200));
        assert!(
            waiting.contains("1 rule waits") && waiting.contains("Not judged before Summary stage"),
            "{waiting}"
        );
        assert!(all.contains("1 error, 1 missing"), "{backend:?} clinical M alone: {all}");
        // Typed wrongly, it is an error at once.
        save(&mut rosa, &uid, "stage", &[("summaryStage2018", "1")]).expect(303);
        let (all, waiting) = told(&rosa.get(&format!("/abstracts/{uid}/stage")).expect(200));
        assert!(waiting.is_empty() && all.contains("2 errors"), "{backend:?} {all}");
    }
}

/// Puts a Cancer PathCHART table into the registry that says this of lobular carcinoma of the breast in 2026.
fn pathchart_says(app: &TestApp, status: u8) {
    let rows = format!("site,histology,behavior,year,status\nC504,8520,3,2026,{status}\n");
    let chart = PathChart::read(rows.as_bytes()).unwrap();
    app.registry.write(|tx| {
        let at = tx.now();
        recodes::store::put_pathchart(tx.conn(), &chart, "chart.csv", "test", at)?;
        tx.record(Event::new(AuditAction::ChangeSetting));
        Ok::<_, StoreError>(())
    });
}

#[test]
fn an_impossible_pair_is_refused_at_completion_and_an_unlikely_one_needs_an_over_ride() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = complete_case(&mut rosa);
        let reason = [("reason", "Seen again by the pathologist")];
        rosa.post(&format!("/abstracts/{uid}/reopening"), &reason).expect(303);
        let complete = |rosa: &mut Browser| {
            save(rosa, &uid, "cancer", &[("then", "complete")]).expect(303).location().to_owned()
        };

        pathchart_says(&app, 3);
        assert!(complete(&mut rosa).ends_with("refused=way"));
        let page = rosa.get(&format!("/abstracts/{uid}/cancer")).expect(200);
        assert!(page.text("#findings").contains("cannot arise at this site"), "{}", page.text("#findings"));
        assert!(finding(&page, "ED-SM-025").is_none(), "nothing clears it");

        pathchart_says(&app, 2);
        assert!(complete(&mut rosa).ends_with("refused=way"));
        let page = rosa.get(&format!("/abstracts/{uid}/cancer")).expect(200);
        let hash = finding(&page, "ED-SM-024").expect("an over-ride is offered");
        let decided = [("page", "cancer"), ("hash", hash.as_str()), reason[0]];
        rosa.post(&format!("/abstracts/{uid}/findings/ED-SM-024"), &decided).expect(303);
        assert_eq!(record(&app, &uid).1.value("overRideSiteType"), "1");
        assert!(complete(&mut rosa).ends_with("saved=complete"));
    }
}

/// The field that a page begins at.
fn begins_at(page: &Answer) -> Vec<String> {
    let first = scraper::Selector::parse("[autofocus]").unwrap();
    page.html().select(&first).filter_map(|f| f.attr("name").map(str::to_owned)).collect()
}

#[test]
fn a_page_begins_where_the_hand_was_and_an_item_leads_to_its_field() {
    let app = TestApp::new(Backend::Embedded);
    let mut rosa = app.sign_in(ROSA);
    let uid = make(&mut rosa, &PERSON, None);
    let to = save(&mut rosa, &uid, "cancer", &[("laterality", "2"), ("at", "gradeClinical")]).expect(303);
    assert!(to.location().ends_with("saved=1&at=gradeClinical"), "{}", to.location());
    assert_eq!(begins_at(&rosa.get(to.location()).expect(200)), ["gradeClinical"]);
    // Where something has to be mended the page begins there.
    let wrong = [("dateOfDiagnosis", "yesterday or so"), ("at", "gradeClinical")];
    let to = save(&mut rosa, &uid, "cancer", &wrong).expect(303).location().to_owned();
    assert!(!to.contains("&at="), "{to}");
    assert_eq!(begins_at(&rosa.get(&to).expect(200)), ["dateOfDiagnosis"]);

    let to = rosa.get(&format!("/abstracts/{uid}?item=laterality")).expect(303).location().to_owned();
    assert_eq!(to, format!("/abstracts/{uid}/cancer?at=laterality"));
    assert_eq!(begins_at(&rosa.get(&to).expect(200)), ["laterality"]);
    let to = rosa.get(&format!("/abstracts/{uid}?item=noSuchItem")).expect(303).location().to_owned();
    assert_eq!(to, format!("/abstracts/{uid}/case"), "an item that the form has not");
}

#[test]
fn the_command_box_goes_to_fields_lists_and_patients() {
    let app = TestApp::new(Backend::Embedded);
    let mut rosa = app.sign_in(ROSA);
    let uid = make(&mut rosa, &PERSON, None);
    let mut command = |words: &str, case: &str| {
        let fields = [("command", "1"), ("case", case), ("q", words)];
        rosa.post("/find", &fields).expect(303).location().to_owned()
    };
    assert_eq!(command(".lat", &uid), format!("/abstracts/{uid}?item=laterality"));
    assert_eq!(command("Date of diagnosis", &uid), format!("/abstracts/{uid}?item=dateOfDiagnosis"));
    assert_eq!(command("#400", &uid), format!("/abstracts/{uid}?item=primarySite"));
    assert!(command(".no such thing", &uid).ends_with("/case?refused=field"));
    assert_eq!(command("follow-up", &uid), "/followup");
    assert_eq!(command("Code finder", ""), "/codes");
    for (words, case) in [("laterality", ""), (".lat", ""), ("Fictive", uid.as_str()), ("Audit", "")] {
        let to = command(words, case);
        assert!(to.starts_with("/patients"), "{words}: {to}");
    }
}

#[test]
fn what_the_schema_has_no_place_for_is_listed_and_goes_only_when_somebody_says_so() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = complete_case(&mut rosa);
        let listed = |rosa: &mut Browser| {
            rosa.get(&format!("/abstracts/{uid}/cancer")).expect(200).text("#findings-panel")
        };
        assert!(!listed(&mut rosa).contains("has no place for"));
        let reason = [("reason", "Read again: it is the colon")];
        rosa.post(&format!("/abstracts/{uid}/reopening"), &reason).expect(303);
        let colon = [("primarySite", "C187"), ("histologicTypeIcdO3", "8140"), ("laterality", "0")];
        save(&mut rosa, &uid, "cancer", &colon).expect(303);
        let panel = listed(&mut rosa);
        assert!(panel.contains("has no place for") && panel.contains("ER summary"), "{panel}");
        assert!(record(&app, &uid).1.has("estrogenReceptorSummary"), "nothing went by itself");

        save(&mut rosa, &uid, "cancer", &[("then", "clear")]).expect(303);
        assert!(!listed(&mut rosa).contains("has no place for"));
        let case = record(&app, &uid).1;
        assert!(!case.has("estrogenReceptorSummary") && !case.has("her2OverallSummary"));
        assert_eq!(case.value("primarySite"), "C187");
        assert!(case.has("ajccTnmClinT"), "TNM is of the colon as well");
    }
}

#[test]
fn questions_find_the_class_of_case_and_it_is_taken() {
    let app = TestApp::new(Backend::Embedded);
    let mut rosa = app.sign_in(ROSA);
    let uid = make(&mut rosa, &PERSON, None);
    let address = format!("/abstracts/{uid}/class-of-case");
    let page = rosa.get(&address).expect(200);
    assert!(!page.body().contains("Take "), "nothing is decided before an answer");
    let page = rosa.get(&format!("{address}?diagnosed=elsewhere&treated=none")).expect(200);
    assert!(page.text("main .notice").contains("what the patient came for"), "{}", page.text("main"));
    let page = rosa.get(&format!("{address}?diagnosed=elsewhere&treated=part")).expect(200);
    assert!(page.text("#found").starts_with("21"), "{}", page.text("main"));
    let (p, t) = (hidden(&page.body(), "patient_version"), hidden(&page.body(), "tumor_version"));
    let taken = [
        ("patient_version", p.as_str()),
        ("tumor_version", t.as_str()),
        ("classOfCase", "21"),
        ("at", "classOfCase"),
    ];
    let to = rosa.post(&format!("/abstracts/{uid}/case"), &taken).expect(303).location().to_owned();
    assert!(to.ends_with("at=classOfCase"), "{to}");
    assert_eq!(record(&app, &uid).1.value("classOfCase"), "21");
}
