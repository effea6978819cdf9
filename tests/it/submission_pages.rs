//! Batches for the central registry in the browser of a supervisor, and in a backup.

use cancer_registry::{
    access::Actor,
    administration::backup,
    clock::SeededChance,
    db::Db,
    exchange::submission,
    facility::{self, Facility},
    seal::Sealer,
};

use crate::{
    abstracting::{complete_case, record},
    casefinding::{number, words},
    submission::spoil,
    support::{
        TestRegistry,
        app::{PASSWORD, ROSA, SAM, TestApp, hidden},
        backends,
        http::{Answer, Browser},
    },
};

fn place(app: &TestApp) -> (Facility, Actor) {
    let key = app.actor(ROSA).scope().unwrap().facility();
    (app.registry.look(|conn| facility::get(conn, key)), Actor::host(Some(key)))
}

/// The accession number as an answer names it, with the sequence number.
fn numbers(app: &TestApp, uid: &str) -> String {
    let (_, case, _) = record(app, uid);
    format!("{},{}", case.value("accessionNumberHosp"), case.value("sequenceNumberHospital"))
}

/// Looks, and freezes what was seen; where the batch stands.
fn freeze(sam: &mut Browser) -> String {
    let seen = hidden(&sam.get("/submissions").expect(200).body(), "seen");
    let to = sam.post("/submissions", &[("seen", &seen)]).expect(303).location().to_owned();
    assert!(to.ends_with("?done=frozen"), "{to}");
    to.split('?').next().unwrap().to_owned()
}

fn take_out(sam: &mut Browser, batch: &str, file: &str, password: &str) -> Answer {
    sam.post(&format!("{batch}/file"), &[("file", file), ("password", password)])
}

#[test]
fn a_supervisor_freezes_takes_the_file_out_and_brings_the_answers_in() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
        let empty = sam.get("/submissions").expect(200);
        assert!(empty.text("main").contains("Nothing waits."), "{}", empty.text("main"));
        assert!(sam.get("/imports").expect(200).body().contains("/submissions"));
        let (uid, other) = (complete_case(&mut rosa), complete_case(&mut rosa));
        let shown = sam.get("/submissions").expect(200);
        assert!(shown.text("main").contains("Freeze these 2 records"), "{}", shown.text("main"));
        assert!(shown.text("main").contains("Due 2026-12-31"), "{}", shown.text("main"));
        let batch = freeze(&mut sam);
        assert_eq!(record(&app, &uid).2, "submitted");
        let page = sam.get(&format!("{batch}?done=frozen")).expect(200);
        assert!(page.text("main .notice").contains("frozen"), "{}", page.text("main"));
        assert!(page.text("main").contains("Waits for answers"));

        // The file comes only with the password, and then as it was frozen.
        let refused = take_out(&mut sam, &batch, "batch-0001-A.xml", "not my password").expect(422);
        assert!(refused.text(".error-summary").contains("not your password"), "{}", refused.body());
        assert!(!refused.body().contains("naaccrId"));
        let wrong =
            "SELECT count(*) AS n FROM audit_event WHERE action = 'sign in refused' AND outcome = 'refused'";
        assert_eq!(number(&app, wrong), 1, "{backend:?}");
        let out = take_out(&mut sam, &batch, "batch-0001-A.xml", PASSWORD).expect(200);
        let (here, host) = place(&app);
        let files = submission::files_of(&app.registry.db, &host, 1).unwrap().unwrap();
        assert_eq!(out.bytes, files[0].1, "{backend:?} byte for byte");
        assert_eq!(out.header("content-disposition"), Some("attachment; filename=\"batch-0001-A.xml\""));
        let taken =
            "SELECT detail AS w FROM audit_event WHERE action = 'export' AND detail LIKE 'batch-0001-A.xml%'";
        assert!(words(&app, taken)[0].contains("SHA-256"));
        take_out(&mut sam, &batch, "batch-0002-A.xml", PASSWORD).expect(404);

        // Answers: all of the list, or nothing.
        let answers = format!("{batch}/answers");
        let head = "accession,sequence,answer,message";
        let list = format!("{head}\n{},accepted,\n201900001,00,accepted,\n", numbers(&app, &other));
        let again = sam.post(&answers, &[("answers", &list)]).expect(422);
        assert!(again.text(".error-summary").contains("201900001"), "{}", again.body());
        assert!(again.text("textarea").contains("201900001"), "what was typed stands there");
        assert_eq!(submission::look(&app.registry.db, &host, &here, &[]).unwrap().batches[0].unanswered, 2);
        let refused = "rejected,County <b>does not fit</b>";
        let list =
            format!("{head}\n{},accepted,\n{},{refused}\n", numbers(&app, &other), numbers(&app, &uid));
        let to = sam.post(&answers, &[("answers", &list)]).expect(303).location().to_owned();
        let page = sam.get(&to).expect(200);
        assert!(page.body().contains("County &#60;b&#62;does not fit"), "{}", page.body());
        assert!(page.text("main .head").contains("1 refused"), "{}", page.text("main .head"));
        assert_eq!((record(&app, &uid).2, record(&app, &other).2), ("reopened".into(), "submitted".into()));
        let to = sam.post(&answers, &[("answers", &list)]).expect(303).location().to_owned();
        assert!(to.ends_with("done=known"), "{to}");
    }
}

#[test]
fn what_has_errors_is_left_out_with_one_press_and_put_back() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
        let (bad, good) = (complete_case(&mut rosa), complete_case(&mut rosa));
        spoil(&app, &bad);
        let shown = sam.get("/submissions").expect(200);
        assert!(shown.text("main .notice").contains("One case has errors"), "{}", shown.text("main"));
        assert!(!shown.text("main").contains("Freeze"), "nothing can be frozen with an error");
        // Frozen all the same, it is refused with the reason.
        let seen = hidden(&shown.body(), "seen");
        let refused = sam.post("/submissions", &[("seen", &seen)]).expect(422);
        assert!(refused.text("main .notice").contains("nothing was frozen"), "{}", refused.text("main"));
        let without = sam.post("/submissions/look", &[("then", "all")]).expect(200);
        assert!(without.text("main").contains("Left out"), "{}", without.text("main"));
        assert!(without.text("main").contains("Freeze this record"), "{}", without.text("main"));
        // Put back, it stands among those with errors again.
        let back = sam.post("/submissions/look", &[("then", "some")]).expect(200);
        assert!(!back.text("main").contains("Freeze this"), "{}", back.text("main"));
        let seen = hidden(&without.body(), "seen");
        sam.post("/submissions", &[("seen", &seen), ("leave", &bad)]).expect(303);
        assert_eq!((record(&app, &bad).2, record(&app, &good).2), ("complete".into(), "submitted".into()));
        // What changed since it was looked at is not frozen, and the page says so.
        let stale = sam.post("/submissions", &[("seen", &seen), ("leave", &bad)]).expect(422);
        assert!(stale.text("main .notice").contains("changed"), "{}", stale.text("main"));
        assert_eq!(number(&app, "SELECT count(*) AS n FROM submission_batch"), 1, "{backend:?}");
    }
}

#[test]
fn only_a_supervisor_of_the_facility_sees_batches() {
    let app = TestApp::new(backends()[0]);
    let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
    complete_case(&mut rosa);
    let batch = freeze(&mut sam);
    for path in ["/submissions", &batch] {
        rosa.get(path).expect(404);
    }
    take_out(&mut rosa, &batch, "batch-0001-A.xml", PASSWORD).expect(404);
    assert!(!rosa.get("/imports").expect(200).body().contains("/submissions"));
}

#[test]
fn after_five_wrong_passwords_the_files_wait_too() {
    let app = TestApp::new(backends()[0]);
    let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
    complete_case(&mut rosa);
    let batch = freeze(&mut sam);
    for _ in 0..5 {
        take_out(&mut sam, &batch, "batch-0001-A.xml", "guess").expect(422);
    }
    let waits = take_out(&mut sam, &batch, "batch-0001-A.xml", PASSWORD).expect(422);
    assert!(waits.text(".error-summary").contains("Try again in 1 min"), "{}", waits.text("main"));
}

#[test]
fn a_backup_holds_a_frozen_batch_byte_for_byte() {
    for from in backends() {
        let app = TestApp::new(from);
        let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
        let uid = complete_case(&mut rosa);
        let batch = freeze(&mut sam);
        let list = format!("accession,sequence,answer\n{},accepted\n", numbers(&app, &uid));
        sam.post(&format!("{batch}/answers"), &[("answers", &list)]).expect(303);
        let (here, host) = place(&app);
        let content = |db: &Db| {
            let look = submission::look(db, &host, &here, &[]).unwrap();
            (
                serde_json::to_string(&look.batches).unwrap(),
                submission::files_of(db, &host, 1).unwrap().unwrap(),
            )
        };
        let (key, file) = (Sealer::new([0x42; 32]), app.registry.folder.path().join("copy.backup"));
        backup::make(&app.registry.db, &Actor::host(None), &key, &file).unwrap();
        for to in backends() {
            let empty = TestRegistry::new(to);
            let (clock, chance) = (empty.db.clock.clone(), std::sync::Arc::new(SeededChance::new(78)));
            let db = Db::open(empty.bare(), 2, clock, chance, Sealer::new([9; 32])).unwrap();
            backup::fill(&db, &key, &file).unwrap();
            let (told, files) = content(&db);
            assert!(told.contains("\"accepted\":1") && files[0].1.len() > 1000, "{told}");
            assert_eq!((told, files), content(&app.registry.db), "{from:?} to {to:?}");
        }
    }
}
