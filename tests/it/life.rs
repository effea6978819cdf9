//! The life of an abstract: the ten rules that hold in every state, and deletion by two people.

use cancer_registry::{
    audit::AuditAction,
    dictionary::Items,
    edits, patient,
    patient::PatientRow,
    save::{self, Change, PatientChange, SaveRefused, SetTumor, TumorChange, Why},
    tumor::{self, TumorRow},
};
use diesel::{
    QueryableByName, RunQueryDsl,
    sql_types::{BigInt, Text},
};
use scraper::Selector;

use crate::{
    abstracting::{complete_case, make, record, save},
    support::{
        app::{OLGA, QUINN, RAJ, ROSA, SAM, TestApp},
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

fn number(app: &TestApp, query: &str) -> i64 {
    app.registry.look(|conn| Ok(diesel::sql_query(query).load::<Number>(conn)?[0].n))
}

fn words(app: &TestApp, query: &str) -> Vec<String> {
    let rows: Vec<Word> = app.registry.look(|conn| Ok(diesel::sql_query(query).load(conn)?));
    rows.into_iter().map(|row| row.w).collect()
}

/// The rows of a case and its patient.
fn rows(app: &TestApp, uid: &str) -> (PatientRow, TumorRow) {
    let scope = app.actor(ROSA).scope().unwrap();
    app.registry.look(|conn| {
        let case = tumor::by_uid(conn, scope, uid)?.unwrap();
        Ok((patient::by_key(conn, scope, case.patient_id)?.unwrap(), case))
    })
}

fn why(source: &'static str) -> Why {
    Why { source, reason: "for the test".into(), event: Some(AuditAction::ChangeTumor) }
}

/// Sets what no page sets yet.
fn set(app: &TestApp, uid: &str, set: impl Fn(&mut SetTumor)) {
    let (person, case) = rows(app, uid);
    let mut tumor = SetTumor { id: case.id, ..SetTumor::default() };
    set(&mut tumor);
    app.registry.write(|tx| {
        let patient = PatientChange::Keep { id: person.id };
        let tumors = vec![TumorChange::Set(tumor.clone())];
        save::apply(tx, Change { patient, tumors, why: why("form") })
    });
}

/// Another primary of the patient of a case, with behavior, sequence number and first contact.
fn further(browser: &mut Browser, app: &TestApp, uid: &str, sequence: &str) -> String {
    let person = rows(app, uid).0.uid;
    let made = browser.post("/abstracts", &[("patient", &person)]).expect(303).location().to_owned();
    let case = made.split('/').nth(2).unwrap().to_owned();
    let fields = [("dateOf1stContact", "2026-11-20"), ("sequenceNumberHospital", sequence)];
    save(browser, &case, "case", &fields).expect(303);
    let cancer =
        [("dateOfDiagnosis", "2026-11-18"), ("primarySite", "C619"), ("histologicTypeIcdO3", "8140/3")];
    save(browser, &case, "cancer", &cancer).expect(303);
    case
}

fn ask(browser: &mut Browser, uid: &str) {
    let reason = [("reason", "The slides belong to somebody else")];
    let to = browser.post(&format!("/abstracts/{uid}/deletion"), &reason).expect(303);
    assert!(to.location().ends_with("done=asked"), "{}", to.location());
}

/// Address of the only open request of a case.
fn waiting(app: &TestApp, uid: &str) -> String {
    let query = format!(
        "SELECT d.uid AS w FROM deletion_request d JOIN tumor t ON t.id = d.tumor_id \
         WHERE t.uid = '{uid}' AND d.outcome = 'open'"
    );
    let found = words(app, &query);
    assert_eq!(found.len(), 1, "open requests of one case");
    format!("/deletions/{}", found[0])
}

fn delete(asks: &mut Browser, decides: &mut Browser, app: &TestApp, uid: &str) {
    ask(asks, uid);
    let to = decides.post(&waiting(app, uid), &[("answer", "approve")]).expect(303).location().to_owned();
    assert_eq!(to, format!("/abstracts/{uid}/deletion?done=approved"));
}

// ---- The ten rules.

#[test]
fn a_complete_or_submitted_case_has_no_error_in_the_set_kept_with_it() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = complete_case(&mut rosa);
        let key = rows(&app, &uid).1.id;
        let kept = format!(
            "SELECT set_id || ' ' || CAST(errors AS TEXT) AS w FROM tumor_check WHERE tumor_id = {key}"
        );
        assert_eq!(words(&app, &kept), [format!("{} 0", edits::shipped().id())]);

        // With an error it is not completed, and the set that found it says how many.
        let reason = [("reason", "The side was wrong in the report")];
        rosa.post(&format!("/abstracts/{uid}/reopening"), &reason).expect(303);
        save(&mut rosa, &uid, "cancer", &[("laterality", "0")]).expect(303);
        let refused =
            save(&mut rosa, &uid, "case", &[("then", "complete")]).expect(303).location().to_owned();
        assert!(refused.ends_with("refused=way"), "{refused}");
        assert_eq!(record(&app, &uid).2, "reopened");
        let errors = number(
            &app,
            &format!("SELECT CAST(errors AS BIGINT) AS n FROM tumor_check WHERE tumor_id = {key}"),
        );
        assert!(errors > 0, "{backend:?}");
        save(&mut rosa, &uid, "cancer", &[("laterality", "2")]).expect(303);
        let done = save(&mut rosa, &uid, "case", &[("then", "complete")]).expect(303).location().to_owned();
        assert!(done.ends_with("saved=complete"), "{done}");
        assert_eq!(words(&app, &kept), [format!("{} 0", edits::shipped().id())]);
        let complete_with_errors = "SELECT count(*) AS n FROM tumor t JOIN tumor_check k ON k.tumor_id = t.id \
                                    WHERE t.state IN ('complete', 'submitted') AND k.errors > 0";
        assert_eq!(number(&app, complete_with_errors), 0);
    }
}

#[test]
fn the_day_of_completion_is_there_once_a_case_was_complete_and_never_moves() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let open = make(&mut rosa, &[("nameLast", "Placeholder"), ("nameFirst", "Flora")], None);
        save(&mut rosa, &open, "case", &[("dateOf1stContact", "2026-11-20")]).expect(303);
        save(&mut rosa, &open, "case", &[("then", "complete")]).expect(303);
        assert_eq!(record(&app, &open).1.value("dateCaseCompleted"), "", "refused, so never complete");

        let uid = complete_case(&mut rosa);
        let day = |app: &TestApp| record(app, &uid).1.value("dateCaseCompleted").to_owned();
        let first = day(&app);
        assert_eq!(first, "20261123");
        app.registry.clock.advance(chrono::Duration::days(5));
        let mut rosa = app.sign_in(ROSA);
        let reason = [("reason", "The side was wrong in the report")];
        rosa.post(&format!("/abstracts/{uid}/reopening"), &reason).expect(303);
        assert_eq!(day(&app), first);
        // Nor does typing move it.
        let typed = [("dateCaseCompleted", "2026-01-01")];
        save(&mut rosa, &uid, "admin", &typed).expect(303);
        let everywhere =
            [("t.dateCaseCompleted", "20260101"), ("add.id", "dateCaseCompleted"), ("add.value", "20260101")];
        save(&mut rosa, &uid, "all", &everywhere).expect(303);
        assert_eq!(day(&app), first, "{backend:?} a person moved it");
        rosa.post(&format!("/abstracts/{uid}/all/draft/discard"), &[]).expect(303);
        let done = save(&mut rosa, &uid, "case", &[("then", "complete")]).expect(303).location().to_owned();
        assert!(done.ends_with("saved=complete"), "{done}");
        assert_eq!(day(&app), first);
        assert_eq!(record(&app, &uid).1.value("dateCaseLastChanged"), "20261128");
    }
}

#[test]
fn an_over_ride_has_person_time_edit_and_hash_and_is_blank_when_an_input_changes() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = complete_case(&mut rosa);
        let reason = [("reason", "The birth date was wrong")];
        rosa.post(&format!("/abstracts/{uid}/reopening"), &reason).expect(303);
        save(&mut rosa, &uid, "patient", &[("dateOfBirth", "20120801")]).expect(303);
        let page = rosa.get(&format!("/abstracts/{uid}/patient")).expect(200).html();
        let offered = Selector::parse("details[data-edit]:has(form)").unwrap();
        let details = page
            .select(&offered)
            .find(|d| d.text().collect::<String>().contains("Over-ride"))
            .expect("an over-ride is offered");
        let edit = details.attr("data-edit").unwrap().to_owned();
        let hash = Selector::parse("input[name=hash]").unwrap();
        let hash = details.select(&hash).next().unwrap().attr("value").unwrap().to_owned();
        let fields = [("page", "patient"), ("hash", hash.as_str()), ("reason", "Confirmed by the clinic")];
        rosa.post(&format!("/abstracts/{uid}/findings/{edit}"), &fields).expect(303);

        let over_rides = |app: &TestApp| -> Vec<String> {
            let (_, case, _) = record(app, &uid);
            let set = case.iter().filter(|(id, v)| id.starts_with("overRide") && !v.is_empty());
            set.map(|(id, _)| id.to_owned()).collect()
        };
        assert_eq!(over_rides(&app).len(), 1, "{backend:?}");
        let account = app.account(ROSA).id;
        let decisions = words(
            &app,
            &format!(
                "SELECT edit_id || ' ' || input_hash || ' ' || actor_name AS w FROM edit_decision \
                 WHERE kind = 'override' AND account_id = {account} AND at IS NOT NULL"
            ),
        );
        assert_eq!(decisions, [format!("{edit} {hash} rosa")]);
        // Another item leaves it; an input blanks it.
        save(&mut rosa, &uid, "admin", &[("textRemarks", "asked twice")]).expect(303);
        assert_eq!(over_rides(&app).len(), 1);
        save(&mut rosa, &uid, "patient", &[("dateOfBirth", "20130801")]).expect(303);
        assert_eq!(over_rides(&app), Vec::<String>::new(), "{backend:?}");
    }
}

#[test]
fn a_patient_has_one_accession_number_and_each_case_its_own_sequence_number() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let first = complete_case(&mut rosa);
        let second = further(&mut rosa, &app, &first, "02");
        let given = |uid: &str| record(&app, uid).1.value("accessionNumberHosp").to_owned();
        assert!(!given(&first).is_empty());
        assert_eq!(given(&first), given(&second), "{backend:?}");
        let other = make(&mut rosa, &[("nameLast", "Different"), ("nameFirst", "Otto")], None);
        save(&mut rosa, &other, "case", &[("dateOf1stContact", "2026-11-20")]).expect(303);
        assert_ne!(given(&first), given(&other), "{backend:?}");

        // The number of another case can be typed, and then stands in the way of completing.
        let says = |browser: &mut Browser| {
            browser.get(&format!("/abstracts/{second}/case")).expect(200).text("#findings")
        };
        let clash = |told: &str| told.to_lowercase().contains("sequence number");
        let calm = says(&mut rosa);
        save(&mut rosa, &second, "case", &[("sequenceNumberHospital", "00")]).expect(303);
        let told = says(&mut rosa);
        assert!(clash(&told), "{backend:?} {told}\nbefore: {calm}");
        let to = save(&mut rosa, &second, "case", &[("then", "complete")]).expect(303).location().to_owned();
        assert!(to.ends_with("refused=way"), "{to}");
    }
}

#[test]
fn last_contact_and_vital_status_are_the_patients_alone() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let first = complete_case(&mut rosa);
        let second = further(&mut rosa, &app, &first, "02");
        // Said on the form of one case, it holds for both; nothing of it stands on a case.
        let told = [("dateOfLastContact", "2026-11-22"), ("vitalStatus", "0")];
        save(&mut rosa, &second, "outcome", &told).expect(303);
        let everywhere = [("add.id", "vitalStatus"), ("add.value", "0")];
        save(&mut rosa, &second, "all", &everywhere).expect(303);
        for uid in [&first, &second] {
            let (person, case, _) = record(&app, uid);
            assert_eq!((person.value("dateOfLastContact"), person.value("vitalStatus")), ("20261122", "0"));
            assert!(rows(&app, uid).1.dead, "{backend:?} both cases know");
            for item in ["dateOfLastContact", "vitalStatus"] {
                assert_eq!(case.raw(item), None, "{backend:?} {item} stands on a case");
            }
        }
    }
}

#[test]
fn a_submitted_version_stays_and_a_later_change_makes_a_new_one() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = complete_case(&mut rosa);
        set(&app, &uid, |t| t.state = Some("submitted".into()));
        let (_, sent) = rows(&app, &uid);
        let scope = app.actor(ROSA).scope().unwrap();
        let body = |version: i32| {
            let all = app.registry.look(|conn| tumor::versions(conn, scope, sent.id));
            all.into_iter().find(|v| v.version == version).unwrap().body
        };
        let frozen = body(sent.version);
        let refused = save(&mut rosa, &uid, "cancer", &[("laterality", "1")]).expect(303);
        assert!(refused.location().ends_with("refused=closed"), "{}", refused.location());
        assert_eq!(rows(&app, &uid).1.version, sent.version);

        // An outcome goes into a new version, and the case stays submitted.
        save(&mut rosa, &uid, "outcome", &[("cancerStatus", "2")]).expect(303);
        let (_, now) = rows(&app, &uid);
        assert_eq!((now.version, now.state.as_str()), (sent.version + 1, "submitted"));
        assert_eq!(body(sent.version), frozen, "{backend:?}");
        assert_ne!(body(now.version), frozen);
        // Reopening does as well.
        let reason = [("reason", "The side was wrong in the report")];
        rosa.post(&format!("/abstracts/{uid}/reopening"), &reason).expect(303);
        save(&mut rosa, &uid, "cancer", &[("gradeClinical", "3")]).expect(303);
        assert_eq!(body(sent.version), frozen, "{backend:?}");
        // The store itself refuses to change it.
        let change = format!("UPDATE tumor_version SET reason = 'x' WHERE tumor_id = {}", sent.id);
        let done = app.registry.db.maintenance(|conn| {
            diesel::sql_query(change.clone()).execute(conn).map_err(cancer_registry::db::StoreError::from)
        });
        assert!(done.is_err(), "{backend:?} a version was changed");
    }
}

#[test]
fn deleting_the_last_case_keeps_the_patient_the_events_and_the_number() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
        let uid = complete_case(&mut rosa);
        let (person, case) = rows(&app, &uid);
        assert!(person.followed && person.due_on.is_some());
        let events = format!("SELECT count(*) AS n FROM audit_subject WHERE patient_id = {}", person.id);
        let before = number(&app, &events);
        delete(&mut rosa, &mut sam, &app, &uid);

        let (person, gone) = rows(&app, &uid);
        assert_eq!((gone.state.as_str(), gone.voided, person.state.as_str()), ("deleted", true, "active"));
        assert!(!person.followed && person.due_on.is_none(), "{backend:?} still followed");
        assert!(!gone.in_rate);
        assert_eq!(gone.accession_number, case.accession_number);
        assert!(number(&app, &events) >= before + 2, "{backend:?} events are missing");
        let page = sam.get(&format!("/patients/{}", person.uid)).expect(200);
        assert!(page.body().contains("No case is counted"), "{}", page.text("main"));
        let stone = sam.get(&format!("/abstracts/{uid}/deletion")).expect(200);
        assert!(
            stone.text("main").contains("It was the last case of this patient"),
            "{}",
            stone.text("main")
        );
        rosa.get(&format!("/abstracts/{uid}/case")).expect(404);

        // Its number goes to nobody else.
        let other = make(&mut rosa, &[("nameLast", "Different"), ("nameFirst", "Otto")], None);
        save(&mut rosa, &other, "case", &[("dateOf1stContact", "2026-11-20")]).expect(303);
        let next = record(&app, &other).1.value("accessionNumberHosp").to_owned();
        assert!(!next.is_empty() && next != case.accession_number, "{backend:?} {next}");
    }
}

#[test]
fn a_case_given_to_the_right_patient_leaves_number_and_last_contact_right() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
        let right = complete_case(&mut rosa);
        let wrong = make(&mut rosa, &[("nameLast", "Fictiv"), ("nameFirst", "Carla")], None);
        save(&mut rosa, &wrong, "case", &[("dateOf1stContact", "2026-11-20")]).expect(303);
        let told = [("dateOfLastContact", "2026-11-20"), ("vitalStatus", "1")];
        save(&mut rosa, &wrong, "outcome", &told).expect(303);
        let ((to, first), (from, moved)) = (rows(&app, &right), rows(&app, &wrong));
        assert!(first.accession_number < moved.accession_number);
        let version = moved.version.to_string();
        let fields = [
            ("case", wrong.as_str()),
            ("version", version.as_str()),
            ("to", to.uid.as_str()),
            ("reason", "one person, spelled in two ways"),
        ];
        let path = format!("/patients/{}/moved-case", from.uid);
        rosa.post(&path, &fields).expect(404);
        sam.post(&path, &fields).expect(303);
        let (now, _) = rows(&app, &wrong);
        assert_eq!(now.id, to.id, "{backend:?}");
        assert_eq!(now.accession_number, first.accession_number, "the older number is the patient's");
        let number = |uid: &str| record(&app, uid).1.value("accessionNumberHosp").to_owned();
        assert_eq!(number(&wrong), number(&right), "the case says so too");
        assert_eq!(
            record(&app, &wrong).1.value("patientSystemIdHosp"),
            record(&app, &right).1.value("patientSystemIdHosp")
        );
        let items = |row: &PatientRow| row.items().unwrap();
        for item in ["dateOfLastContact", "vitalStatus"] {
            assert_eq!(items(&now).value(item), items(&to).value(item), "{backend:?} {item}");
        }
        let shell = app.registry.look(|conn| {
            let scope = app.actor(ROSA).scope().unwrap();
            Ok(patient::by_key(conn, scope, from.id)?.unwrap())
        });
        assert_eq!((shell.state.as_str(), shell.followed), ("active", false), "{backend:?}");
    }
}

#[test]
fn classes_38_and_49_are_never_followed() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        for class in ["38", "49"] {
            let name = format!("Autopsy{class}");
            let uid = make(&mut rosa, &[("nameLast", &name), ("nameFirst", "Otto")], None);
            let case = [("classOfCase", "14"), ("dateOf1stContact", "2024-06-10")];
            save(&mut rosa, &uid, "case", &case).expect(303);
            let cancer = [
                ("dateOfDiagnosis", "2024-06-10"),
                ("primarySite", "C619"),
                ("histologicTypeIcdO3", "8140/3"),
            ];
            save(&mut rosa, &uid, "cancer", &cancer).expect(303);
            let told = [("dateOfLastContact", "2024-06-10"), ("vitalStatus", "1")];
            save(&mut rosa, &uid, "outcome", &told).expect(303);
            assert!(rows(&app, &uid).0.followed, "class 14 is followed");
            assert!(rosa.get("/followup").expect(200).body().contains(&name));

            // Whatever vital status says.
            save(&mut rosa, &uid, "case", &[("classOfCase", class)]).expect(303);
            let (person, case) = rows(&app, &uid);
            assert_eq!((person.followed, person.due_on, case.in_rate), (false, None, false), "{class}");
            assert!(!rosa.get("/followup").expect(200).body().contains(&name), "{backend:?} {class}");
        }
    }
}

#[test]
fn every_look_at_a_patient_and_every_write_leaves_an_event() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
        let uid = complete_case(&mut rosa);
        let person = rows(&app, &uid).0;
        let count = || {
            number(
                &app,
                &format!(
                    "SELECT count(DISTINCT event_id) AS n FROM audit_subject WHERE patient_id = {}",
                    person.id
                ),
            )
        };
        let of_patient = ["", "/history", "/face-sheet", "/correction", "/contact"];
        let mut pages: Vec<String> = of_patient.map(|p| format!("/patients/{}{p}", person.uid)).into();
        let of_case = ["", "/case", "/cancer", "/all", "/notes", "/deletion", "/why/primarySite", "/derived"];
        pages.extend(of_case.map(|p| format!("/abstracts/{uid}{p}")));
        for page in pages {
            let before = count();
            let status = sam.get(&page).status;
            assert!(matches!(status, 200 | 303), "{page}: {status}");
            assert_eq!(count(), before + 1, "{backend:?} {page}");
        }
        let version = |app: &TestApp| (rows(app, &uid).0.version, rows(app, &uid).1.version);
        let (before, was) = (count(), version(&app));
        save(&mut rosa, &uid, "outcome", &[("cancerStatus", "2")]).expect(303);
        assert_ne!(version(&app), was);
        assert!(count() >= before + 2, "the page and the save");
        let before = count();
        ask(&mut rosa, &uid);
        sam.post(&waiting(&app, &uid), &[("answer", "refuse")]).expect(303);
        assert_eq!(count(), before + 2, "{backend:?}");
        // A refused try leaves one too.
        ask(&mut sam, &uid);
        let before = count();
        sam.post(&waiting(&app, &uid), &[("answer", "approve")]).expect(422);
        assert!(count() > before, "{backend:?}");
    }
}

// ---- Deletion by two people.

#[test]
fn who_asked_does_not_decide_and_a_refusal_gives_the_state_back() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
        let uid = complete_case(&mut rosa);
        let page = rosa.get(&format!("/abstracts/{uid}/case")).expect(200);
        assert!(page.text(".sections").contains("Request deletion"));
        let path = format!("/abstracts/{uid}/deletion");
        let short = rosa.post(&path, &[("reason", "  typo     ")]).expect(422);
        assert!(short.text(".error-summary").contains("at least 10 characters; 4 were given"));
        assert!(short.text("title").starts_with("Error: ") && short.body().contains("typo"));
        assert_eq!(record(&app, &uid).2, "complete");

        // The supervisor asks, and is then one of those who may not decide; nobody else of the registrars may.
        ask(&mut sam, &uid);
        assert_eq!(record(&app, &uid).2, "delete_requested");
        let request = waiting(&app, &uid);
        let again = rosa.post(&path, &[("reason", "It is not a tumor at all")]).expect(422);
        assert!(again.text("main").contains("asked to delete this case"), "{}", again.text("main"));
        for answer in ["approve", "refuse"] {
            let own = sam.post(&request, &[("answer", answer)]).expect(422);
            assert!(own.text("main").contains("A second person decides"), "{}", own.text("main"));
            rosa.post(&request, &[("answer", answer)]).expect(404);
            app.sign_in(QUINN).post(&request, &[("answer", answer)]).expect(404);
            app.sign_in(OLGA).post(&request, &[("answer", answer)]).expect(404);
            assert_eq!(record(&app, &uid).2, "delete_requested", "{backend:?} {answer}");
        }
        let list = sam.get("/deletions").expect(200);
        assert!(list.text("main").contains("You asked; somebody else decides"), "{}", list.text("main"));
        assert!(!list.body().contains("value=\"approve\""));
        sam.post(&request, &[("answer", "perhaps")]).expect(400);

        // Meanwhile nothing is saved, and it is said.
        let gone = save(&mut rosa, &uid, "outcome", &[("cancerStatus", "2")]).expect(303);
        assert!(gone.location().ends_with("refused=gone"), "{}", gone.location());
        let page = rosa.get(&format!("/abstracts/{uid}/cancer")).expect(200);
        assert!(page.text("main").contains("it cannot be changed until a supervisor decides"));
        assert!(!page.body().contains("value=\"complete\""));

        // A second supervisor refuses: complete, as before.
        let second = second_supervisor(&app);
        let mut second = app.sign_in_as(&second);
        let list = second.get("/deletions").expect(200);
        assert!(list.text("main").contains("The slides belong to somebody else"), "{}", list.text("main"));
        second.post(&request, &[("answer", "refuse")]).expect(303);
        assert_eq!(record(&app, &uid).2, "complete");
        second.post(&request, &[("answer", "approve")]).expect(404);
        assert!(second.get("/deletions").expect(200).text("main").contains("Nothing waits for you"));
        assert!(rosa.get(&path).expect(200).text(".log").contains("refused by sue"));
        // It can be asked for again.
        ask(&mut rosa, &uid);
    }
}

/// Somebody else who is a supervisor of Practice General; the login.
fn second_supervisor(app: &TestApp) -> String {
    use cancer_registry::access::{
        Role,
        accounts::{self, AccountRefused, NewAccount},
        password::{self, Cost},
    };
    let hash = password::hash(crate::support::app::PASSWORD, Cost::QUICK);
    app.registry.write(|tx| {
        let new = NewAccount {
            login: "sue".into(),
            name: "Sue Second".into(),
            email: "sue@hospital.example".into(),
            initials: "SSE".into(),
        };
        let account = accounts::create(tx, app.registry.facility.key, &new, &[Role::Supervisor])?;
        accounts::set_practice_password(tx, &account, &hash)?;
        Ok::<_, AccountRefused>(())
    });
    "sue".to_owned()
}

#[test]
fn a_deleted_case_proposes_numbers_counts_nowhere_and_can_be_brought_back() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
        let first = complete_case(&mut rosa);
        let second = further(&mut rosa, &app, &first, "02");
        set(&app, &first, |t| {
            let mut items: Items = record(&app, &first).1;
            items.set("sequenceNumberHospital", "01");
            t.items = Some(items);
        });
        let person = rows(&app, &first).0.uid;
        ask(&mut rosa, &first);
        let told = sam.get(&format!("/patients/{person}")).expect(200).text("main");
        assert!(told.contains("a second person decides"), "{told}");
        assert!(sam.get("/patients").expect(200).body().contains(&format!("/abstracts/{first}/deletion")));
        let correction = sam.get(&format!("/patients/{person}/correction")).expect(200);
        assert!(
            correction.text("main").contains("rosa asked to delete case 01"),
            "{}",
            correction.text("main")
        );
        sam.post(&waiting(&app, &first), &[("answer", "approve")]).expect(303);

        let stone = format!("/abstracts/{first}/deletion");
        let page = rosa.get(&stone).expect(200);
        assert!(page.text("#renumber + ul").contains("sequence from 02 to 00"), "{}", page.text("main"));
        assert!(!page.text("#renumber + ul").contains("done"));
        let link = page
            .html()
            .select(&Selector::parse("#renumber + ul a").unwrap())
            .next()
            .map(|a| a.attr("href").unwrap().to_owned());
        assert_eq!(link.unwrap(), format!("/abstracts/{second}/case#sequenceNumberHospital"));
        save(&mut rosa, &second, "case", &[("sequenceNumberHospital", "00")]).expect(303);
        assert!(rosa.get(&stone).expect(200).text("#renumber + ul").contains("done"));
        rosa.get(&format!("/abstracts/{first}/case")).expect(404);
        rosa.post(&stone, &[("reason", "It is not a tumor at all")]).expect(404);
        assert!(!sam.get("/abstracts?state=all&owner=all").expect(200).body().contains(&first));
        app.sign_in(OLGA).get(&stone).expect(404);

        // A supervisor brings it back, complete as it was when its deletion was asked for.
        let version = rows(&app, &first).1.version.to_string();
        let back = [("case", first.as_str()), ("version", &version), ("reason", "it was a tumor after all")];
        rosa.post(&format!("/patients/{person}/restoration"), &back).expect(404);
        sam.post(&format!("/patients/{person}/restoration"), &back).expect(303);
        let (_, case) = rows(&app, &first);
        assert_eq!((case.state.as_str(), case.voided), ("complete", false), "{backend:?}");
        rosa.get(&format!("/abstracts/{first}/case")).expect(200);
    }
}

#[test]
fn two_who_ask_or_decide_at_once_do_it_once() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let uid = complete_case(&mut app.sign_in(ROSA));
        let at_once = |browsers: Vec<Browser>, path: &str, field: (&str, &str)| -> Vec<u16> {
            std::thread::scope(|all| {
                let sent: Vec<_> = browsers
                    .into_iter()
                    .map(|mut b| all.spawn(move || b.post(path, &[field]).status))
                    .collect();
                sent.into_iter().map(|s| s.join().unwrap()).collect()
            })
        };
        let reason = ("reason", "It is not a tumor at all");
        let asked = at_once(
            vec![app.sign_in(ROSA), app.sign_in(RAJ), app.sign_in(ROSA)],
            &format!("/abstracts/{uid}/deletion"),
            reason,
        );
        assert_eq!(asked.iter().filter(|s| **s == 303).count(), 1, "{backend:?} {asked:?}");
        let request = waiting(&app, &uid);
        let sue = second_supervisor(&app);
        let decided = at_once(vec![app.sign_in(SAM), app.sign_in_as(&sue)], &request, ("answer", "approve"));
        assert_eq!(decided.iter().filter(|s| **s == 303).count(), 1, "{backend:?} {decided:?}");
        let approved = "SELECT count(*) AS n FROM deletion_request WHERE outcome = 'approved'";
        assert_eq!(number(&app, approved), 1);
        assert_eq!(record(&app, &uid).2, "deleted");
    }
}

/// A change that names a stale version is refused, so a decision never lands on what nobody saw.
#[test]
fn a_stale_state_is_not_written_over() {
    let app = TestApp::new(backends()[0]);
    let uid = complete_case(&mut app.sign_in(ROSA));
    let (person, case) = rows(&app, &uid);
    let done: Result<_, SaveRefused> = app.registry.db.write(&app.registry.host(), |tx| {
        let tumor = SetTumor {
            id: case.id,
            expected: Some(case.version - 1),
            state: Some("deleted".into()),
            ..SetTumor::default()
        };
        let patient = PatientChange::Keep { id: person.id };
        save::apply(tx, Change { patient, tumors: vec![TumorChange::Set(tumor)], why: why("deletion") })
    });
    assert!(matches!(done, Err(SaveRefused::Stale { what: "tumor", .. })), "{done:?}");
    assert_eq!(record(&app, &uid).2, "complete");
}
