//! Two records of one person: invariant 8 of a case's life, the rule of two people, what leads to the person, parting.

use std::collections::BTreeSet;

use cancer_registry::{
    access::Actor,
    administration::backup,
    audit::AuditAction,
    chart::merging::store::NAMED,
    clock::SeededChance,
    db::{Conn, Db, StoreError},
    dictionary::{Items, Version},
    patient::{self, PatientRow},
    save::{self, Change, NewPatient, NewTumor, PatientChange, SetPatient, SetTumor, TumorChange, Why},
    seal::Sealer,
    tumor::{self, TumorRow},
};
use diesel::{QueryableByName, RunQueryDsl, sql_types::Text};
use scraper::Selector;

use crate::{
    exchange,
    support::{
        Backend, TestRegistry,
        app::{AUDREY, OLGA, QUINN, RAJ, ROSA, SAM, TestApp},
        backends,
        http::{Answer, Browser},
    },
};

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    w: String,
}

fn words(app: &TestApp, query: &str) -> Vec<String> {
    app.registry
        .look(|conn| Ok(diesel::sql_query(query).load::<Word>(conn)?.into_iter().map(|r| r.w).collect()))
}

fn items(words: &str) -> Items {
    let long = |short: &str| {
        match short {
            "number" => "patientIdNumber",
            "last" => "nameLast",
            "first" => "nameFirst",
            "born" => "dateOfBirth",
            "ssn" => "socialSecurityNumber",
            "sex" => "sexAssignedAtBirth",
            "vital" => "vitalStatus",
            "seen" => "dateOfLastContact",
            "acc" => "accessionNumberHosp",
            "seq" => "sequenceNumberHospital",
            "mrn" => "medicalRecordNumber",
            "site" => "primarySite",
            "dx" => "dateOfDiagnosis",
            other => other,
        }
        .to_owned()
    };
    words
        .split_whitespace()
        .map(|w| w.split_once('=').unwrap())
        .map(|(k, v)| (long(k), v.to_owned()))
        .collect()
}

/// A record with its cases; a case without a histology is an adenocarcinoma. Gives public ids.
fn record(app: &TestApp, person: &str, cases: &[&str]) -> (String, Vec<String>) {
    let why = Why { source: "form", reason: String::new(), event: Some(AuditAction::CreatePatient) };
    let case = |words: &&str| {
        let mut case =
            items("classOfCase=14 histologicTypeIcdO3=8140 behaviorCodeIcdO3=3 dateOf1stContact=20200101");
        for (id, value) in items(words).iter() {
            case.set(id.to_owned(), value.to_owned());
        }
        let state = case.remove("state").unwrap_or_else(|| "in_progress".to_owned());
        let owner = Some(app.account(ROSA).id);
        TumorChange::New(NewTumor { items: case, envelope: String::new(), state, owner })
    };
    let saved = app.registry.write(|tx| {
        let new = NewPatient {
            items: items(person),
            envelope: String::new(),
            version: Version::NEWEST,
            owner: None,
            batch: None,
        };
        let tumors = cases.iter().map(case).collect();
        save::apply(tx, Change { patient: PatientChange::New(new), tumors, why: why.clone() })
    });
    (saved.patient_uid, saved.tumors.into_iter().map(|(_, uid, _)| uid).collect())
}

const ANN: &str =
    "number=00000011 last=Merger first=Ann born=19510314 sex=2 vital=1 seen=20240101 ssn=123456789";
const ANNA: &str = "number=00000022 last=Mergers first=Anna born=1951 sex=9 vital=1 seen=20250203";
const BREAST: &str = "acc=201900001 seq=00 site=C504 dx=20190301 mrn=771";
const COLON: &str = "acc=202200002 seq=00 site=C187 dx=20220301 mrn=772";

fn person(app: &TestApp, uid: &str) -> (PatientRow, Items) {
    let scope = app.actor(ROSA).scope().unwrap();
    app.registry.look(|conn| {
        let row = patient::by_uid(conn, scope, uid)?.unwrap();
        let items = row.items()?;
        Ok((row, items))
    })
}

fn case(app: &TestApp, uid: &str) -> (TumorRow, Items) {
    let scope = app.actor(ROSA).scope().unwrap();
    app.registry.look(|conn| {
        let row = tumor::by_uid(conn, scope, uid)?.unwrap();
        let items = row.items()?;
        Ok((row, items))
    })
}

/// Sets what no page sets.
fn set(app: &TestApp, uid: &str, change: impl Fn(&mut SetTumor)) {
    let row = case(app, uid).0;
    let why = Why { source: "form", reason: "for the test".into(), event: Some(AuditAction::ChangeTumor) };
    app.registry.write(|tx| {
        let mut set = SetTumor { id: row.id, ..SetTumor::default() };
        change(&mut set);
        let patient = PatientChange::Keep { id: row.patient_id };
        save::apply(tx, Change { patient, tumors: vec![TumorChange::Set(set)], why: why.clone() })
    });
}

fn side_by_side(a: &str, b: &str) -> String {
    format!("/patients/{a}/merge/{b}")
}

/// What the form of the comparison sends, with a reason for each pair.
fn filled(page: &Answer, pairs: &str) -> Vec<(String, String)> {
    let html = page.html();
    let controls = Selector::parse("main form input[name], main form textarea[name]").unwrap();
    let mut all = Vec::new();
    for control in html.select(&controls) {
        let (name, value) = (control.attr("name").unwrap().to_owned(), control.attr("value").unwrap_or(""));
        let radio = control.attr("type") == Some("radio");
        if name == "two_people" || radio && control.attr("checked").is_none() {
            continue;
        }
        let value = match name.as_str() {
            "reason" => "the same social security number",
            _ if name.starts_with("pair-") => pairs,
            _ => value,
        };
        if !all.iter().any(|(n, _)| *n == name && name == "csrf") {
            all.push((name, value.to_owned()));
        }
    }
    all
}

/// Asks to merge two records; gives the address of the request.
fn ask(browser: &mut Browser, a: &str, b: &str) -> String {
    let path = side_by_side(a, b);
    let page = browser.get(&path).expect(200);
    let fields = filled(&page, "different organs, both proven");
    let to = browser.post_pairs(&path, &fields).expect(303).location().to_owned();
    to.strip_suffix("?done=asked").unwrap_or_else(|| panic!("{to}")).to_owned()
}

fn seen(browser: &mut Browser, request: &str) -> String {
    crate::support::app::hidden(&browser.get(request).expect(200).body(), "seen")
}

/// A supervisor merges what was asked for.
fn decide(browser: &mut Browser, request: &str) -> Answer {
    let seen = seen(browser, request);
    browser.post(request, &[("answer", "merge"), ("seen", &seen)])
}

fn merge(app: &TestApp, a: &str, b: &str) -> String {
    let request = ask(&mut app.sign_in(ROSA), a, b);
    let to = decide(&mut app.sign_in(SAM), &request).expect(303).location().to_owned();
    assert!(to.ends_with("?done=merged"), "{to}");
    request
}

/// Invariant 8: tumors move to the survivor, the older accession stays, the later last contact holds.
#[test]
fn tumors_move_to_the_older_accession_and_the_later_contact_stands() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (anna, colon) = record(&app, ANNA, &[COLON]);
        let (ann, breast) = record(&app, ANN, &[BREAST]);
        merge(&app, &anna, &ann);
        let (stays, facts) = person(&app, &ann);
        let (shell, left) = person(&app, &anna);
        assert_eq!((stays.state.as_str(), shell.state.as_str()), ("active", "void"), "{backend:?}");
        let (colon_row, colon_items) = case(&app, &colon[0]);
        let (breast_row, _) = case(&app, &breast[0]);
        assert_eq!((colon_row.patient_id, breast_row.patient_id), (stays.id, stays.id));
        assert_eq!(
            (colon_row.accession_number.as_str(), colon_row.sequence_number.as_str()),
            ("201900001", "02")
        );
        assert_eq!(
            (breast_row.accession_number.as_str(), breast_row.sequence_number.as_str()),
            ("201900001", "01")
        );
        assert_eq!(colon_items.value("dateCaseLastChanged"), "20261123");
        // Known beats unknown, exact beats less exact; the last contact is the later.
        let told = ["nameLast", "dateOfBirth", "sexAssignedAtBirth", "dateOfLastContact", "patientIdNumber"];
        let wanted = ["Merger", "19510314", "2", "20250203", "00000011"];
        assert_eq!(told.map(|id| facts.value(id)), wanted);
        assert_eq!(left.value("nameLast"), "Mergers", "the shell stays as it was");
        assert!(stays.followed && !shell.followed && shell.due_on.is_none());
        // The values say where they came from, and both records have the event.
        let source =
            words(&app, "SELECT source || ' ' || reason AS w FROM patient_version ORDER BY at, patient_id");
        assert!(source.contains(&"merge the same social security number".to_owned()), "{source:?}");
        let events = words(
            &app,
            &format!(
                "SELECT DISTINCT CAST(s.patient_id AS TEXT) AS w FROM audit_subject s JOIN audit_event e ON e.id = s.event_id \
                 WHERE e.action = 'merge' AND e.outcome = 'done' AND e.detail LIKE 'merged%' AND s.patient_id IN ({}, {})",
                stays.id, shell.id
            ),
        );
        assert_eq!(events.len(), 2, "{backend:?}");
        // A note on each case says which number it had.
        for (uid, number) in
            [(&breast[0], "Sequence number 00 became 01"), (&colon[0], "2022-00002 became 2019-00001")]
        {
            let notes = app.sign_in(ROSA).get(&format!("/abstracts/{uid}/notes")).expect(200).body();
            assert!(notes.contains(number), "{backend:?} {notes}");
        }
    }
}

#[test]
fn who_asks_does_not_decide_and_what_is_stale_is_refused() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (ann, breast) = record(&app, ANN, &[BREAST]);
        let (anna, _) = record(&app, ANNA, &[COLON]);
        let (mut sam, mut rosa) = (app.sign_in(SAM), app.sign_in(ROSA));
        let request = ask(&mut sam, &ann, &anna);
        // The supervisor who asked may not; a registrar never.
        let own = "";
        for answer in ["merge", "decline"] {
            let refused = sam.post(&request, &[("answer", answer), ("seen", own)]).expect(422);
            assert!(refused.body().contains("A second person decides"), "{}", refused.body());
            rosa.post(&request, &[("answer", answer), ("seen", own)]).expect(404);
        }
        assert_eq!(person(&app, &anna).0.state, "active");
        // Asked for once; the way there leads to the request.
        assert_eq!(rosa.get(&side_by_side(&anna, &ann)).expect(303).location(), request);
        assert!(rosa.get(&format!("/patients/{anna}")).expect(200).body().contains(&request));
        assert!(rosa.get(&format!("/patients/{ann}")).expect(200).body().contains(&request));

        // Another supervisor, whose page is older than a change.
        app.registry.write(|tx| {
            use cancer_registry::access::accounts;
            let raj = accounts::by_login(tx.conn(), "raj")?;
            accounts::grant(tx, &raj, app.registry.facility.key, cancer_registry::access::Role::Supervisor)
        });
        let mut raj = app.sign_in(RAJ);
        assert!(raj.get("/merges").expect(200).body().contains(&request));
        assert!(raj.get("/patients").expect(200).body().contains(&request));
        let before = seen(&mut raj, &request);
        set(&app, &breast[0], |t| {
            t.items =
                Some(items(&format!("{BREAST} histologicTypeIcdO3=8140 behaviorCodeIcdO3=3 laterality=1")))
        });
        let refused = raj.post(&request, &[("answer", "merge"), ("seen", &before)]).expect(422);
        assert!(refused.body().contains("Somebody changed one of the records"), "{}", refused.body());
        assert_eq!(person(&app, &anna).0.state, "active", "{backend:?} a stale page merged");
        assert!(raj.get(&request).expect(200).body().contains("changed since it was asked for"));
        // Seen anew, it is merged, once.
        decide(&mut raj, &request).expect(303);
        assert_eq!(person(&app, &anna).0.state, "void");
        raj.post(&request, &[("answer", "merge"), ("seen", &before)]).expect(404);
        raj.post(&request, &[("answer", "decline"), ("seen", "")]).expect(404);
    }
}

#[test]
fn a_declined_merge_changes_nothing_and_can_be_asked_for_again() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (ann, _) = record(&app, ANN, &[BREAST]);
        let (anna, colon) = record(&app, ANNA, &[COLON]);
        let versions = "SELECT CAST(count(*) AS TEXT) AS w FROM patient_version";
        let (mut rosa, before) = (app.sign_in(ROSA), words(&app, versions));
        let path = side_by_side(&ann, &anna);
        // A reason is needed, and versions that stand.
        let page = rosa.get(&path).expect(200);
        let mut fields = filled(&page, "");
        for (name, value, says) in [
            ("reason", "too short", "9 were given"),
            ("seen", "x.1;y.2", "Somebody changed one of the records"),
        ] {
            let kept = fields.clone();
            fields.iter_mut().filter(|(n, _)| n == name).for_each(|(_, v)| *v = value.to_owned());
            let refused = rosa.post_pairs(&path, &fields).expect(422).body();
            assert!(refused.contains(says), "{refused}");
            fields = kept;
        }
        let request = ask(&mut rosa, &ann, &anna);
        app.sign_in(SAM).post(&request, &[("answer", "decline"), ("seen", "")]).expect(303);
        assert_eq!((words(&app, versions), case(&app, &colon[0]).0.version), (before, 1), "{backend:?}");
        assert_ne!(ask(&mut rosa, &ann, &anna), request);
    }
}

#[test]
fn a_pair_that_may_be_one_primary_is_answered_first() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (ann, one) = record(&app, ANN, &[BREAST]);
        let (anna, other) = record(&app, ANNA, &["acc=202200002 seq=00 site=C509 dx=20220301"]);
        let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
        let path = side_by_side(&ann, &anna);
        let page = rosa.get(&path).expect(200);
        assert!(page.body().contains("May be one primary"), "{}", page.body());
        let refused = rosa.post_pairs(&path, &filled(&page, "")).expect(422).body();
        assert!(refused.contains("Two primaries: Say why"), "{refused}");

        // One primary: one of the two is deleted by two people; while that waits, nothing is merged.
        let reason = [("reason", "The same tumor as in the other record")];
        rosa.post(&format!("/abstracts/{}/deletion", other[0]), &reason).expect(303);
        let blocked = rosa.get(&path).expect(200);
        assert!(
            blocked.body().contains("waits for the decision whether it is deleted"),
            "{}",
            blocked.body()
        );
        assert!(!blocked.body().contains("Ask to merge</button>"));
        let mut fields = filled(&page, "two sides, both proven");
        fields.retain(|(n, _)| n != "seen");
        fields.push(("seen".to_owned(), crate::support::app::hidden(&blocked.body(), "seen")));
        rosa.post_pairs(&path, &fields).expect(422);
        let decide = words(&app, "SELECT uid AS w FROM deletion_request")[0].clone();
        sam.post(&format!("/deletions/{decide}"), &[("answer", "approve")]).expect(303);
        assert!(!rosa.get(&path).expect(200).body().contains("May be one primary"));
        merge(&app, &ann, &anna);
        assert_eq!(case(&app, &one[0]).0.sequence_number, "00", "{backend:?} one case alone");
        let (gone, _) = case(&app, &other[0]);
        assert!(gone.voided && gone.patient_id == person(&app, &ann).0.id, "the tombstone goes along");

        // Two primaries: the reason stays as a note of both.
        let app = TestApp::new(backend);
        let (ann, one) = record(&app, ANN, &[BREAST]);
        let (anna, other) = record(&app, ANNA, &["acc=202200002 seq=00 site=C509 dx=20220301"]);
        merge(&app, &ann, &anna);
        for uid in [&one[0], &other[0]] {
            let notes = app.sign_in(ROSA).get(&format!("/abstracts/{uid}/notes")).expect(200).body();
            assert!(notes.contains("two primaries: different organs, both proven"), "{backend:?} {notes}");
        }
    }
}

#[test]
fn a_case_under_review_and_a_new_pair_since_block_a_merge() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (ann, breast) = record(&app, ANN, &[BREAST]);
        let (anna, _) = record(&app, ANNA, &[COLON]);
        let mut rosa = app.sign_in(ROSA);
        set(&app, &breast[0], |t| t.state = Some("qa_review".into()));
        let page = rosa.get(&side_by_side(&ann, &anna)).expect(200).body();
        assert!(page.contains("Case 2019-00001 00 is looked at by a reviewer"), "{page}");
        set(&app, &breast[0], |t| t.state = Some("complete".into()));
        let (row, execute) = (case(&app, &breast[0]).0, |statement: String| {
            let run = |conn: &mut Conn| {
                diesel::sql_query(statement.clone()).execute(conn).map_err(StoreError::from)
            };
            app.registry.db.maintenance(run).unwrap();
        });
        execute(format!(
            "INSERT INTO quality_review (uid, facility_id, tumor_id, state, reason, analytic, chosen_at, abstractor, staff_code, \
             reviewer, mode, typed, compared, comment) VALUES ('r', {}, {}, 'taken', 'chance', 1, '2026-11-20 12:00:00', \
             'somebody', '', '', 'blind', '[]', '', '')",
            row.facility_id, row.id
        ));
        let page = rosa.get(&side_by_side(&ann, &anna)).expect(200).body();
        assert!(page.contains("Case 2019-00001 00 is chosen for quality review"), "{page}");
        execute("UPDATE quality_review SET state = 'accepted'".to_owned());
        let request = ask(&mut rosa, &ann, &anna);
        // A second colon case of the other record, made after it was asked for.
        set(&app, &breast[0], |t| {
            t.items = Some(items(
                "acc=201900001 seq=00 site=C189 dx=20190301 classOfCase=14 histologicTypeIcdO3=8140 behaviorCodeIcdO3=3",
            ))
        });
        let refused = decide(&mut app.sign_in(SAM), &request).expect(422).body();
        assert!(refused.contains("nobody was asked about"), "{backend:?} {refused}");
        assert_eq!(person(&app, &anna).0.state, "active");
    }
}

#[test]
fn death_goes_before_life_where_it_may_and_else_leaves_a_task() {
    for backend in backends() {
        for (one, other, vital, last, task) in [
            ("vital=1 seen=20240101", "vital=0 seen=20240601", "0", "20240601", false),
            ("vital=0 seen=20240101", "vital=1 seen=20231231", "0", "20240101", false),
            ("vital=0 seen=20240101", "vital=1 seen=20240601", "1", "20240601", true),
            ("vital=0 seen=20240101", "vital=0 seen=20240601", "0", "20240601", true),
        ] {
            for (one, other) in [(one, other), (other, one)] {
                let app = TestApp::new(backend);
                let (ann, breast) = record(&app, &format!("last=Merger first=Ann {one}"), &[BREAST]);
                let (anna, _) = record(&app, &format!("last=Merger first=Ann {other}"), &[COLON]);
                merge(&app, &ann, &anna);
                let facts = person(&app, &ann).1;
                let told = (facts.value("vitalStatus"), facts.value("dateOfLastContact"));
                assert_eq!(told, (vital, last), "{backend:?} {one} / {other}");
                let tasks = words(&app, "SELECT body AS w FROM note WHERE kind = 'task' AND done_at IS NULL");
                assert_eq!(tasks.len(), usize::from(task), "{tasks:?}");
                let both = |task: &String| task.contains("2024-01-01") && task.contains("2024-06-01");
                assert!(tasks.iter().all(both), "what each record says: {tasks:?}");
                let notes =
                    app.sign_in(ROSA).get(&format!("/abstracts/{}/notes", breast[0])).expect(200).body();
                assert_eq!(notes.contains("Settle last contact and vital status"), task, "{one} / {other}");
            }
        }
    }
}

#[test]
fn numbers_follow_the_diagnoses_are_never_lowered_and_stay_single() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (ann, own) = record(
            &app,
            ANN,
            &[
                BREAST,
                "acc=201900001 seq=60 site=C700 dx=20200101 behaviorCodeIcdO3=0 histologicTypeIcdO3=9530",
            ],
        );
        let (anna, came) = record(
            &app,
            ANNA,
            &[
                "acc=202200002 seq=02 site=C187 dx=20170301",
                "acc=202200002 seq=60 site=C751 dx=20210101 behaviorCodeIcdO3=0 histologicTypeIcdO3=8272",
            ],
        );
        set(&app, &came[0], |t| t.state = Some("submitted".into()));
        let page = app.sign_in(ROSA).get(&side_by_side(&ann, &anna)).expect(200).body();
        assert!(page.contains("00 becomes 03") && page.contains("60 becomes 61"), "{page}");
        merge(&app, &ann, &anna);
        let number = |uid: &str| case(&app, uid).0.sequence_number;
        assert_eq!([&own[0], &own[1], &came[0], &came[1]].map(|uid| number(uid)), ["03", "61", "02", "62"]);
        assert_eq!(case(&app, &came[0]).0.state, "submitted", "{backend:?}");
        let notes = app.sign_in(ROSA).get(&format!("/abstracts/{}/notes", came[0])).expect(200).body();
        assert!(notes.contains("a correction has to be sent"), "{notes}");

        // Two cases that are not counted with others may have one number: that is settled first.
        let app = TestApp::new(backend);
        let (ann, _) = record(&app, ANN, &[BREAST]);
        let (anna, _) = record(
            &app,
            ANNA,
            &["acc=202200002 seq=00 site=C539 dx=20220301 behaviorCodeIcdO3=2 histologicTypeIcdO3=8010"],
        );
        let page = app.sign_in(ROSA).get(&side_by_side(&ann, &anna)).expect(200).body();
        assert!(page.contains("Two cases would have sequence number 00"), "{page}");
    }
}

#[test]
fn what_named_the_merged_record_leads_to_the_person() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (ann, _) = record(&app, ANN, &[BREAST]);
        let (anna, _) = record(&app, ANNA, &[COLON]);
        merge(&app, &ann, &anna);
        let mut rosa = app.sign_in(ROSA);
        let to = format!("/patients/{ann}");
        let led = rosa.get(&format!("/patients/{anna}")).expect(303).location().to_owned();
        assert_eq!(led, format!("{to}?done=led"));
        assert!(rosa.get(&led).expect(200).body().contains("was merged into this one"));
        // So does its name, which the person does not have.
        let list = rosa.post("/find", &[("q", "Mergers, Anna")]).expect(303).location().to_owned();
        assert!(rosa.get(&list).expect(200).body().contains(&to), "{backend:?}");
        for number in ["2022-00002", "202200002", "00000022", "22", "772", "2019-00001"] {
            assert_eq!(
                rosa.post("/find", &[("q", number)]).expect(303).location(),
                to,
                "{backend:?} {number}"
            );
        }
        // It cannot be brought back beside the person, nor be merged again; its course can still be read.
        let version = person(&app, &anna).0.version.to_string();
        let back = [("case", ""), ("version", version.as_str()), ("reason", "it should be there")];
        let mut sam = app.sign_in(SAM);
        let refused = sam.post(&format!("/patients/{anna}/restoration"), &back).expect(422).body();
        assert!(refused.contains("merged into another"), "{refused}");
        rosa.get(&format!("/patients/{anna}/merge")).expect(404);
        assert_eq!(rosa.get(&side_by_side(&ann, &anna)).expect(303).location(), format!("{to}?done=led"));
        rosa.get(&format!("/patients/{anna}/history")).expect(200);
        // A third record merged into it later takes the whole chain along.
        let (older, _) = record(
            &app,
            "number=00000033 last=Merger first=Ann born=19510314",
            &["acc=201500003 seq=00 site=C619 dx=20150301"],
        );
        merge(&app, &older, &ann);
        for number in ["2022-00002", "00000022", "00000011", "2019-00001"] {
            let found = rosa.post("/find", &[("q", number)]).expect(303).location().to_owned();
            assert_eq!(found, format!("/patients/{older}"), "{backend:?} {number}");
        }
        assert_eq!(
            rosa.get(&format!("/patients/{anna}")).expect(303).location(),
            format!("/patients/{older}?done=led")
        );
    }
}

#[test]
fn a_file_that_names_the_merged_record_finds_the_person() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (ann, breast) = record(&app, ANN, &[&format!("{BREAST} tumorRecordNumber=01")]);
        let (anna, colon) = record(&app, ANNA, &[&format!("{COLON} tumorRecordNumber=01")]);
        let patients = |app: &TestApp| exchange::count(&app.registry, "patient");
        merge(&app, &ann, &anna);
        assert_eq!(case(&app, &colon[0]).1.value("tumorRecordNumber"), "02");
        let (before, cases) = (patients(&app), exchange::count(&app.registry, "tumor"));
        let tumor = "tumorRecordNumber=01 accessionNumberHosp=202200002 sequenceNumberHospital=00 medicalRecordNumber=772 \
                     primarySite=C187 dateOfDiagnosis=20220301 histologicTypeIcdO3=8140 behaviorCodeIcdO3=3 laterality=0";
        let own = "patientIdNumber=00000022 nameLast=Mergers nameFirst=Anna dateOfBirth=1951 race1=01";
        let text = exchange::file(&exchange::patient(own, &[tumor])).replace("2024-08-23", "2026-12-01");
        let report = exchange::import(&app.registry, text.as_bytes());
        assert_eq!(report.patients, exchange::counts(1, 0, 1, 0, 0), "{backend:?} {:?}", report.reviews);
        assert_eq!(report.tumors, exchange::counts(1, 0, 1, 0, 0));
        assert_eq!((patients(&app), exchange::count(&app.registry, "tumor")), (before, cases));
        let facts = person(&app, &ann).1;
        let told = ["race1", "nameLast", "patientIdNumber", "dateOfBirth"].map(|id| facts.value(id));
        assert_eq!(told, ["01", "Merger", "00000011", "19510314"], "{backend:?}");
        let (row, now) = case(&app, &colon[0]);
        assert_eq!((row.accession_number.as_str(), row.sequence_number.as_str()), ("201900001", "02"));
        assert_eq!((now.value("tumorRecordNumber"), now.value("laterality")), ("02", "0"));
        // The record that stayed, from a file made before: its case is found under the number it had.
        let tumor = "accessionNumberHosp=201900001 sequenceNumberHospital=00 primarySite=C504 dateOfDiagnosis=20190301";
        let own = "patientIdNumber=00000011 nameLast=Merger nameFirst=Ann dateOfBirth=19510314";
        let report =
            exchange::import(&app.registry, exchange::file(&exchange::patient(own, &[tumor])).as_bytes());
        assert_eq!(report.tumors, exchange::counts(1, 0, 0, 1, 0), "{backend:?} {:?}", report.reviews);
        assert_eq!(case(&app, &breast[0]).0.sequence_number, "01");
        assert_eq!(exchange::count(&app.registry, "tumor"), cases);
    }
}

#[test]
fn contacts_notes_and_typing_go_along() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (ann, _) = record(&app, ANN, &[BREAST]);
        let (anna, colon) = record(&app, ANNA, &[COLON]);
        let mut rosa = app.sign_in(ROSA);
        let notes = format!("/abstracts/{}/notes", colon[0]);
        rosa.post(&notes, &[("body", "Ask the clinic."), ("who", "RIN"), ("due", "")]).expect(303);
        let row = case(&app, &colon[0]).0;
        let (p, t) = (person(&app, &anna).0.version.to_string(), row.version.to_string());
        let typing = [
            ("patient_version", p.as_str()),
            ("tumor_version", t.as_str()),
            ("textPrimarySiteTitle", "Colon"),
        ];
        rosa.post(&format!("/abstracts/{}/cancer/draft", colon[0]), &typing).expect(200);
        let shell = person(&app, &anna).0.id;
        let contact = format!(
            "INSERT INTO contact (uid, patient_id, facility_id, contact_date, follow_up_source, vital_status, detail, recorded_at, \
             actor_name) SELECT uid || '-c', id, facility_id, '20250203', '2', '1', '', changed_at, 'rosa' FROM patient WHERE id = {shell}"
        );
        app.registry
            .db
            .maintenance(|conn| diesel::sql_query(contact.clone()).execute(conn).map_err(StoreError::from))
            .unwrap();
        merge(&app, &ann, &anna);
        let stays = person(&app, &ann).0.id;
        for table in ["contact", "note", "draft", "tumor"] {
            let left = exchange::count(&app.registry, &format!("{table} WHERE patient_id = {shell}"));
            let here = exchange::count(&app.registry, &format!("{table} WHERE patient_id = {stays}"));
            assert!(left == 0 && here > 0, "{backend:?} {table}: {left} left, {here} here");
        }
        assert!(rosa.get(&format!("/patients/{ann}")).expect(200).body().contains("Ask the clinic."));
    }
}

#[test]
fn two_records_are_parted_again_as_far_as_nobody_changed_them() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (ann, breast) = record(&app, ANN, &[BREAST]);
        let (anna, colon) = record(&app, ANNA, &[COLON]);
        let (before, others) = (person(&app, &ann).1, person(&app, &anna).1);
        let request = merge(&app, &ann, &anna);
        let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
        rosa.post(&format!("{request}/undo"), &[("reason", "short")]).expect(422);
        sam.post(&format!("{request}/undo"), &[("reason", "two people after all")]).expect(303);
        sam.post(&request, &[("answer", "part"), ("seen", "")]).expect(422);
        rosa.post(&request, &[("answer", "part"), ("seen", "")]).expect(404);
        assert_eq!(person(&app, &anna).0.state, "void", "{backend:?} who asked may not part them");
        let key = person(&app, &ann).0.id;
        // Somebody changes the name of the person meanwhile.
        let mut changed = person(&app, &ann).1;
        changed.set("dateOfLastContact", "20260101");
        app.registry.write(|tx| {
            let set = SetPatient { id: key, items: Some(changed.clone()), ..SetPatient::default() };
            let why =
                Why { source: "contact", reason: String::new(), event: Some(AuditAction::RecordContact) };
            save::apply(tx, Change { patient: PatientChange::Set(set), tumors: vec![], why })
        });
        let account = app.account(RAJ);
        app.registry.write(|tx| {
            use cancer_registry::access::accounts;
            accounts::grant(
                tx,
                &account,
                app.registry.facility.key,
                cancer_registry::access::Role::Supervisor,
            )
        });
        let to = app.sign_in(RAJ).post(&request, &[("answer", "part"), ("seen", "")]).expect(303);
        assert!(to.location().ends_with("?done=parted"), "{}", to.location());
        let (row, now) = person(&app, &anna);
        assert_eq!((row.state.as_str(), &now), ("active", &others), "{backend:?}");
        let (colon_row, _) = case(&app, &colon[0]);
        assert_eq!(colon_row.patient_id, row.id);
        assert_eq!(
            (colon_row.accession_number.as_str(), colon_row.sequence_number.as_str()),
            ("202200002", "00")
        );
        assert_eq!(case(&app, &breast[0]).0.sequence_number, "00");
        let now = person(&app, &ann).1;
        assert_eq!(now.value("nameLast"), before.value("nameLast"));
        assert_eq!(now.value("dateOfLastContact"), "20260101", "changed since, so it stays");
        let told = rosa.get(&request).expect(200).body();
        assert!(told.contains("was changed since and stays as it is"), "{told}");
        assert_eq!(
            rosa.post("/find", &[("q", "2022-00002")]).expect(303).location(),
            format!("/patients/{anna}")
        );
        rosa.get(&format!("/patients/{anna}")).expect(200);
        // And they can be merged once more.
        merge(&app, &ann, &anna);
    }
}

#[test]
fn parting_ends_the_task_that_a_contradiction_left() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (ann, _) = record(&app, "last=Merger first=Ann vital=0 seen=20240101", &[BREAST]);
        let (anna, _) = record(&app, "last=Merger first=Ann vital=1 seen=20240601", &[COLON]);
        let request = merge(&app, &ann, &anna);
        let open = "note WHERE kind = 'task' AND done_at IS NULL";
        assert_eq!(exchange::count(&app.registry, open), 1, "{backend:?}");
        let undo = format!("{request}/undo");
        let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
        // Left merged first, then asked for again.
        for (answer, word) in [("keep", "kept"), ("part", "parted")] {
            rosa.post(&undo, &[("reason", "two people after all")]).expect(303);
            rosa.post(&undo, &[("reason", "two people after all")]).expect(404);
            let to =
                sam.post(&request, &[("answer", answer), ("seen", "")]).expect(303).location().to_owned();
            assert_eq!(to, format!("{request}?done={word}"));
            sam.get(&to).expect(200);
        }
        assert_eq!(exchange::count(&app.registry, open), 0, "{backend:?}");
        let told = |uid: &str| {
            let facts = person(&app, uid).1;
            (facts.value("vitalStatus").to_owned(), facts.value("dateOfLastContact").to_owned())
        };
        assert_eq!(told(&ann), ("0".to_owned(), "20240101".to_owned()), "{backend:?}");
        assert_eq!(told(&anna), ("1".to_owned(), "20240601".to_owned()));
    }
}

#[test]
fn the_list_of_possible_duplicates_goes_on() {
    for backend in backends() {
        let app = TestApp::new(backend);
        for n in 0..35 {
            for last in ["One", "Other"] {
                record(&app, &format!("last={last}{n} born=19600101 ssn=1234567{n:02}"), &[]);
            }
        }
        let mut sam = app.sign_in(SAM);
        let (mut path, mut found, mut pages) = ("/duplicates".to_owned(), BTreeSet::new(), Vec::new());
        loop {
            let page = sam.get(&path).expect(200).html();
            let links = Selector::parse("main tbody th a").unwrap();
            let here: Vec<String> = page.select(&links).map(|a| a.attr("href").unwrap().to_owned()).collect();
            pages.push(here.len());
            found.extend(here);
            let next = Selector::parse("main a[rel=next]").unwrap();
            let Some(next) = page.select(&next).next() else { break };
            path = next.attr("href").unwrap().to_owned();
        }
        // One of each number; and all of them have one birth date, with names that sound alike.
        let all = 35 + 2 * (35 * 34 / 2);
        assert_eq!((found.len(), pages.iter().sum::<usize>()), (all, all), "{backend:?}");
        assert!(pages.iter().rev().skip(1).all(|n| *n == 30) && pages.last() > Some(&0), "{pages:?}");
        // The place of one person's list is nobody else's.
        sam.get("/duplicates?after=00").expect(400);
    }
}

#[test]
fn possible_duplicates_are_listed_until_they_are_two_people() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (ann, _) = record(&app, ANN, &[BREAST]);
        let (twin, _) = record(&app, "last=Other first=Name born=19600101 ssn=123456789", &[COLON]);
        let (sound, _) = record(&app, "last=Schmidt first=Catherine born=19440505", &[]);
        let (alike, _) = record(&app, "last=Schmitt first=Katherine born=19440505", &["mrn=900 site=C619"]);
        let (number, _) = record(&app, "last=Else first=Who born=19700101", &["mrn=900 site=C509"]);
        record(&app, "last=Schmidt first=Otto born=19440505", &[]);
        let mut sam = app.sign_in(SAM);
        let listed = |sam: &mut Browser| -> BTreeSet<String> {
            let page = sam.get("/duplicates").expect(200);
            let links = Selector::parse("main tbody th a").unwrap();
            page.html().select(&links).map(|a| a.attr("href").unwrap().to_owned()).collect()
        };
        let found = listed(&mut sam);
        let pair =
            |a: &str, b: &str| found.contains(&side_by_side(a, b)) || found.contains(&side_by_side(b, a));
        assert!(pair(&ann, &twin) && pair(&sound, &alike) && pair(&alike, &number), "{backend:?} {found:?}");
        assert_eq!(found.len(), 3, "{backend:?} {found:?}");

        // Said to be two people, with a reason: not shown again, and told where they stand side by side.
        let path = side_by_side(&ann, &twin);
        sam.post(&format!("{path}/two-people"), &[("two_people", "short")]).expect(422);
        app.sign_in(ROSA)
            .post(&format!("{path}/two-people"), &[("two_people", "twins of one household")])
            .expect(404);
        sam.post(&format!("{path}/two-people"), &[("two_people", "twins of one household")]).expect(303);
        assert_eq!(listed(&mut sam).len(), 2, "{backend:?}");
        assert!(sam.get(&path).expect(200).body().contains("twins of one household"));
        // Who is merged takes the mark along and is no duplicate any more.
        merge(&app, &alike, &sound);
        assert_eq!(listed(&mut sam).len(), 1, "{backend:?}");
    }
}

#[test]
fn nobody_merges_across_facilities_or_without_the_right() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (ann, _) = record(&app, ANN, &[BREAST]);
        let (anna, _) = record(&app, ANNA, &[COLON]);
        let elsewhere = {
            let actor = app.actor(OLGA);
            let done = app.registry.db.write(&actor, |tx| {
                let new = NewPatient {
                    items: items(ANN),
                    envelope: String::new(),
                    version: Version::NEWEST,
                    owner: None,
                    batch: None,
                };
                let why =
                    Why { source: "form", reason: String::new(), event: Some(AuditAction::CreatePatient) };
                save::apply(tx, Change { patient: PatientChange::New(new), tumors: vec![], why })
            });
            done.unwrap().patient_uid
        };
        let mut rosa = app.sign_in(ROSA);
        rosa.get(&side_by_side(&ann, &elsewhere)).expect(404);
        rosa.post(&side_by_side(&ann, &elsewhere), &[("reason", "the same person")]).expect(404);
        rosa.get(&side_by_side(&ann, &ann)).expect(400);
        for who in [OLGA, QUINN, AUDREY] {
            app.sign_in(who).get(&side_by_side(&ann, &anna)).expect(404);
        }
        rosa.get("/duplicates").expect(404);
        rosa.get("/merges").expect(404);
        // The way there: from the patient page, by number or by words.
        assert!(
            rosa.get(&format!("/patients/{ann}")).expect(200).body().contains("Merge with another record")
        );
        let begin = format!("/patients/{ann}/merge");
        rosa.get(&begin).expect(200);
        assert_eq!(
            rosa.post(&begin, &[("q", "2022-00002")]).expect(303).location(),
            side_by_side(&ann, &anna)
        );
        assert!(
            rosa.post(&begin, &[("q", "Mergers")]).expect(200).body().contains(&side_by_side(&ann, &anna))
        );
        assert!(rosa.post(&begin, &[("q", "Nobody Atall")]).expect(200).body().contains("Nobody else fits"));
    }
}

#[test]
fn the_check_for_likely_persons_leads_to_a_merge_where_somebody_is_here_twice() {
    let app = TestApp::new(Backend::Embedded);
    let (ann, _) = record(&app, ANN, &[BREAST]);
    let mut rosa = app.sign_in(ROSA);
    let who = [("nameLast", "Merger"), ("nameFirst", "Ann"), ("dateOfBirth", "1951-03-14")];
    let likely = rosa.post("/abstracts/new", &who).expect(303).location().to_owned();
    assert!(!rosa.get(&likely).expect(200).body().contains("/merge"), "one is not two");
    let (again, _) = record(&app, "last=Merger first=Anne born=19510314", &[]);
    let page = rosa.get(&likely).expect(200).body();
    for uid in [&ann, &again] {
        assert!(page.contains(&format!("/patients/{uid}/merge")), "{page}");
    }
}

#[test]
fn a_backup_holds_merges_and_what_leads_to_the_person() {
    for from in backends() {
        let app = TestApp::new(from);
        let (ann, _) = record(&app, ANN, &[BREAST]);
        let (anna, _) = record(&app, ANNA, &[COLON]);
        let (other, _) = record(&app, "last=Other first=Al born=19600101", &[]);
        merge(&app, &ann, &anna);
        let apart = format!("{}/two-people", side_by_side(&ann, &other));
        app.sign_in(SAM).post(&apart, &[("two_people", "twins of one household")]).expect(303);
        let (key, file) = (Sealer::new([0x42; 32]), app.registry.folder.path().join("copy.backup"));
        backup::make(&app.registry.db, &Actor::host(None), &key, &file).unwrap();
        for to in backends() {
            let empty = TestRegistry::new(to);
            let db = Db::open(
                empty.bare(),
                2,
                empty.db.clock.clone(),
                std::sync::Arc::new(SeededChance::new(77)),
                Sealer::new([9; 32]),
            )
            .unwrap();
            backup::fill(&db, &key, &file).unwrap();
            let scope = app.actor(ROSA).scope().unwrap();
            let content = |db: &Db| {
                db.read(|conn| {
                    let rows: Vec<Word> = diesel::sql_query(
                        "SELECT state || reason || plan || done || asked_by || decided_by AS w FROM patient_merge \
                         UNION ALL SELECT number AS w FROM former_accession UNION ALL SELECT reason AS w FROM two_people",
                    )
                    .load(conn)?;
                    let led = patient::by_former_accession(conn, scope, "202200002")?;
                    Ok::<_, StoreError>((rows.into_iter().map(|r| r.w).collect::<BTreeSet<_>>(), led))
                })
                .unwrap()
            };
            let (rows, led) = content(&app.registry.db);
            assert_eq!((rows.len(), led.as_slice()), (3, &[person(&app, &ann).0.id][..]), "{from:?}");
            assert_eq!(content(&db), (rows, led), "{from:?} to {to:?}");
        }
    }
}

/// A table made later that names a patient or a case fails here until somebody says what a merge does with it.
#[test]
fn every_table_that_names_a_patient_is_thought_of() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let query = match backend {
            Backend::Embedded => {
                "SELECT m.name || '.' || c.name AS w FROM sqlite_master m, pragma_table_info(m.name) c \
                 WHERE m.type = 'table' AND c.name IN ('patient_id', 'tumor_id') UNION \
                 SELECT m.name || '.' || f.\"from\" AS w FROM sqlite_master m, pragma_foreign_key_list(m.name) f \
                 WHERE m.type = 'table' AND f.\"table\" IN ('patient', 'tumor')"
            }
            Backend::Postgres => {
                "SELECT table_name || '.' || column_name AS w FROM information_schema.columns \
                 WHERE table_schema = 'public' AND column_name IN ('patient_id', 'tumor_id') UNION \
                 SELECT k.table_name || '.' || k.column_name AS w FROM information_schema.key_column_usage k \
                 JOIN information_schema.referential_constraints r ON r.constraint_name = k.constraint_name \
                 JOIN information_schema.table_constraints t ON t.constraint_name = r.unique_constraint_name \
                 WHERE t.table_name IN ('patient', 'tumor')"
            }
        };
        let found: BTreeSet<String> = app.registry.look(|conn: &mut Conn| {
            Ok(diesel::sql_query(query).load::<Word>(conn)?.into_iter().map(|row| row.w).collect())
        });
        let known: BTreeSet<String> =
            NAMED.iter().map(|(table, column, _)| format!("{table}.{column}")).collect();
        assert_eq!(found, known, "{backend:?}");
    }
}
