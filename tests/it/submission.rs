//! Batches for the central registry: frozen, sent again byte for byte, answered, corrected, deleted.

use cancer_registry::{
    access::Actor,
    audit::AuditAction,
    dictionary::Items,
    exchange::submission::{self, Look, NotAnswered, NotFrozen, read_answers},
    facility::{self, Facility},
    save::{self as saving, Change, PatientChange, SetTumor, TumorChange, Why},
    seal::hex,
};
use sha2::{Digest, Sha256};

use crate::{
    abstracting::{complete_case, make, record, save},
    casefinding::{number, words},
    support::{
        Backend, Program,
        app::{ROSA, SAM, TestApp},
        backends,
        http::Browser,
    },
};

struct Room {
    app: TestApp,
    rosa: Browser,
    place: Facility,
    host: Actor,
}

impl Room {
    fn new(backend: Backend) -> Self {
        let app = TestApp::new(backend);
        let rosa = app.sign_in(ROSA);
        let scope = app.actor(ROSA).scope().unwrap();
        let place = app.registry.look(|conn| facility::get(conn, scope.facility()));
        let host = Actor::host(Some(place.key));
        Self { app, rosa, place, host }
    }

    fn look(&self) -> Look {
        submission::look(&self.app.registry.db, &self.host, &self.place, &[]).unwrap()
    }

    fn freeze(&self, left_out: &[String], seen: &str) -> Result<i64, NotFrozen> {
        submission::build(&self.app.registry.db, &self.host, &self.place, left_out, seen)
    }

    fn next(&self) -> i64 {
        self.freeze(&[], &self.look().fingerprint).unwrap()
    }

    fn files(&self, batch: i64) -> Vec<(String, Vec<u8>)> {
        submission::files_of(&self.app.registry.db, &self.host, batch).unwrap().unwrap()
    }

    fn answer(&self, batch: i64, list: &str) -> Result<submission::Taken, NotAnswered> {
        let list = read_answers(&format!("accession,sequence,answer,message\n{list}")).unwrap();
        submission::answer(&self.app.registry.db, &self.host, &self.place, batch, &list)
    }

    fn waits(&self) -> [i64; 3] {
        let look = self.look();
        [look.new, look.corrections, look.deletions]
    }

    fn case(&self, uid: &str) -> (Items, String) {
        let (_, case, state) = record(&self.app, uid);
        (case, state)
    }

    /// Accession and sequence as an answer names them.
    fn numbers(&self, uid: &str) -> String {
        let (case, _) = self.case(uid);
        format!("{},{}", case.value("accessionNumberHosp"), case.value("sequenceNumberHospital"))
    }

    fn reopen(&mut self, uid: &str) {
        let reason = [("reason", "The side was wrong in the report")];
        self.rosa.post(&format!("/abstracts/{uid}/reopening"), &reason).expect(303);
    }

    fn complete(&mut self, uid: &str) {
        let done = save(&mut self.rosa, uid, "case", &[("then", "complete")]).expect(303);
        assert!(done.location().ends_with("saved=complete"), "{}", done.location());
    }

    fn delete(&mut self, uid: &str) {
        let reason = [("reason", "Entered twice by mistake")];
        self.rosa.post(&format!("/abstracts/{uid}/deletion"), &reason).expect(303);
        let request =
            words(&self.app, "SELECT uid AS w FROM deletion_request WHERE outcome = 'open'").remove(0);
        let mut sam = self.app.sign_in(SAM);
        sam.post(&format!("/deletions/{request}"), &[("answer", "approve")]).expect(303);
    }
}

#[test]
fn a_complete_case_goes_out_once_and_its_file_is_the_same_for_ever() {
    for backend in backends() {
        let mut room = Room::new(backend);
        assert!(matches!(room.freeze(&[], &room.look().fingerprint), Err(NotFrozen::Nothing)));
        let uid = complete_case(&mut room.rosa);
        let open = make(&mut room.rosa, &[("nameLast", "Placeholder"), ("nameFirst", "Flora")], None);
        let look = room.look();
        assert_eq!((look.new, look.with_errors, look.waiting.len()), (1, 0, 1), "{backend:?}");
        assert_eq!(look.due.map(|d| d.to_string()).as_deref(), Some("2026-12-31"));
        assert_eq!(look.by_year.get("2026"), Some(&1));
        assert_eq!(
            number(&room.app, "SELECT count(*) AS n FROM submission_batch"),
            0,
            "looking writes nothing"
        );

        let batch = room.next();
        assert_eq!(batch, 1);
        let (case, state) = room.case(&uid);
        assert_eq!((state.as_str(), case.value("dateCaseReportExported")), ("submitted", "20261123"));
        assert_ne!(room.case(&open).1, "submitted");
        assert_eq!(room.waits(), [0, 0, 0], "{backend:?} nothing goes out twice");
        assert!(matches!(room.freeze(&[], &room.look().fingerprint), Err(NotFrozen::Nothing)));

        let files = room.files(batch);
        assert_eq!(files.len(), 1);
        let (name, body) = &files[0];
        let text = String::from_utf8(body.clone()).unwrap();
        assert_eq!(name, "batch-0001-A.xml");
        assert!(text.contains("recordType=\"A\"") && text.contains("naaccr-dictionary-260"), "{text:.400}");
        assert_eq!(text.matches("<Tumor>").count(), 1);
        assert!(text.contains("<Item naaccrId=\"dateCaseReportExported\">20261123</Item>"));
        let told = &room.look().batches[0];
        assert_eq!((told.new, told.unanswered, told.files[0].kind.as_str()), (1, 1, "A"));
        assert_eq!(told.files[0].sha256, hex(&Sha256::digest(body)));
        assert_eq!(told.files[0].bytes, i64::try_from(body.len()).unwrap());
        // It is kept sealed, and is the same whatever becomes of the case.
        let sealed: i64 =
            number(&room.app, "SELECT CAST(length(sealed) AS BIGINT) AS n FROM submission_file");
        assert!(sealed > 0 && sealed < told.files[0].bytes, "packed");
        room.reopen(&uid);
        save(&mut room.rosa, &uid, "cancer", &[("gradeClinical", "3")]).expect(303);
        assert_eq!(room.files(batch), files, "{backend:?}");
        for change in ["UPDATE submission_batch SET number = 7", "DELETE FROM submission_item"] {
            let done = room.app.registry.db.maintenance(|conn| {
                use diesel::RunQueryDsl;
                diesel::sql_query(change).execute(conn).map_err(cancer_registry::db::StoreError::from)
            });
            assert!(done.is_err(), "{backend:?} {change}");
        }
        let frozen = "SELECT count(*) AS n FROM audit_event WHERE action = 'export' AND detail LIKE 'batch 1 frozen: 1 new%'";
        assert_eq!(number(&room.app, frozen), 1);
    }
}

#[test]
fn what_changed_since_it_was_looked_at_is_not_frozen() {
    for backend in backends() {
        let mut room = Room::new(backend);
        let uid = complete_case(&mut room.rosa);
        let seen = room.look().fingerprint;
        save(&mut room.rosa, &uid, "outcome", &[("cancerStatus", "2")]).expect(303);
        assert!(matches!(room.freeze(&[], &seen), Err(NotFrozen::Changed)), "{backend:?}");
        assert_eq!(room.case(&uid).1, "complete");
        // Two at once: one batch, and nothing for the other.
        let seen = room.look().fingerprint;
        assert_eq!(room.freeze(&[], &seen).unwrap(), 1);
        assert!(room.freeze(&[], &seen).is_err());
        assert_eq!(number(&room.app, "SELECT count(*) AS n FROM submission_batch"), 1);
    }
}

/// A change that no page makes: a woman with a prostate.
pub(crate) fn spoil(app: &TestApp, uid: &str) {
    let scope = app.actor(ROSA).scope().unwrap();
    let case = app.registry.look(|conn| Ok(cancer_registry::tumor::by_uid(conn, scope, uid)?.unwrap()));
    let mut items = case.items().unwrap();
    items.set("primarySite", "C619");
    let set = SetTumor { id: case.id, items: Some(items), ..SetTumor::default() };
    let why = Why { source: "form", reason: "for the test".into(), event: Some(AuditAction::ChangeTumor) };
    app.registry.write(|tx| {
        let patient = PatientChange::Keep { id: case.patient_id };
        saving::apply(tx, Change { patient, tumors: vec![TumorChange::Set(set.clone())], why: why.clone() })
    });
}

#[test]
fn a_case_with_an_error_stops_the_batch_until_it_is_left_out() {
    for backend in backends() {
        let mut room = Room::new(backend);
        let uid = complete_case(&mut room.rosa);
        spoil(&room.app, &uid);
        let look = room.look();
        assert_eq!(look.with_errors, 1, "{backend:?}");
        assert!(look.waiting[0].errors.iter().any(|e| e.starts_with("ED-SX-002")), "{:?}", look.waiting[0]);
        assert!(matches!(room.freeze(&[], &look.fingerprint), Err(NotFrozen::Errors(1))));
        let left_out = vec![uid.clone()];
        let look = submission::look(&room.app.registry.db, &room.host, &room.place, &left_out).unwrap();
        assert_eq!(look.waiting.len(), 0);
        assert!(matches!(room.freeze(&left_out, &look.fingerprint), Err(NotFrozen::Nothing)));
        assert_eq!(room.case(&uid).1, "complete");
    }
}

#[test]
fn the_answer_reopens_what_was_refused_and_it_goes_out_again() {
    for backend in backends() {
        let mut room = Room::new(backend);
        let uid = complete_case(&mut room.rosa);
        room.next();
        let numbers = room.numbers(&uid);
        // Lines that the batch does not hold: nothing is taken.
        let wrong = room.answer(1, &format!("{numbers},accepted,\n201900001,00,accepted,\n"));
        assert!(matches!(&wrong, Err(NotAnswered::Unknown(lines)) if lines.len() == 1), "{wrong:?}");
        assert!(matches!(room.answer(9, &format!("{numbers},accepted,")), Err(NotAnswered::NoBatch(9))));
        assert_eq!(room.look().batches[0].unanswered, 1);

        let taken = room.answer(1, &format!("{numbers},rejected,County does not fit the ZIP code")).unwrap();
        assert_eq!((taken.rejected, taken.reopened), (1, 1), "{backend:?}");
        assert_eq!(room.case(&uid).1, "reopened");
        let notes = room.rosa.get(&format!("/abstracts/{uid}/notes")).expect(200).text("main");
        assert!(notes.contains("County does not fit the ZIP code"), "{notes}");
        assert_eq!(room.waits(), [0, 0, 0], "open cases do not go out");
        // What never came there goes out as new again.
        room.complete(&uid);
        assert_eq!(room.waits(), [1, 0, 0], "{backend:?}");
        assert_eq!(room.next(), 2);
        let taken = room.answer(2, &format!("{numbers},accepted,")).unwrap();
        assert_eq!((taken.accepted, taken.known), (1, 0));
        assert_eq!(room.answer(2, &format!("{numbers},accepted,")).unwrap().known, 1);
        assert_eq!(room.case(&uid).1, "submitted");
    }
}

#[test]
fn corrections_and_outcomes_go_out_as_modified_under_the_same_numbers() {
    for backend in backends() {
        let mut room = Room::new(backend);
        let uid = complete_case(&mut room.rosa);
        room.next();
        let numbers = room.numbers(&uid);
        // An outcome alone: the case stays submitted and waits.
        save(&mut room.rosa, &uid, "outcome", &[("cancerStatus", "2")]).expect(303);
        assert_eq!((room.waits(), room.case(&uid).1.as_str()), ([0, 1, 0], "submitted"), "{backend:?}");
        assert_eq!(room.next(), 2);
        let files = room.files(2);
        let text = String::from_utf8(files[0].1.clone()).unwrap();
        assert_eq!((files.len(), files[0].0.as_str()), (1, "batch-0002-M.xml"));
        assert!(
            text.contains("recordType=\"M\"") && text.contains("<Item naaccrId=\"cancerStatus\">2</Item>")
        );
        assert_eq!(room.waits(), [0, 0, 0]);
        // Opened again and completed: a correction.
        room.reopen(&uid);
        assert_eq!(room.waits(), [0, 0, 0]);
        save(&mut room.rosa, &uid, "cancer", &[("textPrimarySiteTitle", "Left breast, looked at again")])
            .expect(303);
        room.complete(&uid);
        assert_eq!(room.waits(), [0, 1, 0], "{backend:?}");
        assert_eq!(room.next(), 3);
        assert_eq!(room.numbers(&uid), numbers);
        let standings =
            words(&room.app, "SELECT record_type || ' ' || standing AS w FROM submission_item ORDER BY id");
        assert_eq!(standings, ["A past", "M past", "M sent"]);
    }
}

#[test]
fn a_deleted_case_is_told_under_the_numbers_that_were_sent_and_may_come_back() {
    for backend in backends() {
        let mut room = Room::new(backend);
        let uid = complete_case(&mut room.rosa);
        room.next();
        let numbers = room.numbers(&uid);
        room.delete(&uid);
        assert_eq!(room.waits(), [0, 0, 1], "{backend:?}");
        assert_eq!(room.next(), 2);
        let files = room.files(2);
        assert_eq!(files[0].0, "batch-0002-D.csv");
        let text = String::from_utf8(files[0].1.clone()).unwrap();
        let line = text.lines().nth(1).unwrap();
        assert!(line.starts_with(&numbers) && line.contains("Entered twice by mistake"), "{text}");
        assert_eq!(room.waits(), [0, 0, 0]);
        let taken = room.answer(2, &format!("{numbers},accepted,")).unwrap();
        assert_eq!(taken.accepted, 1);
        // A case that was never sent is deleted without a word.
        let never = complete_case(&mut room.rosa);
        room.delete(&never);
        assert_eq!(room.waits(), [0, 0, 0], "{backend:?}");
    }
}

#[test]
fn other_facilities_have_batches_of_their_own() {
    for backend in backends() {
        let mut room = Room::new(backend);
        complete_case(&mut room.rosa);
        room.next();
        let (db, other) = (&room.app.registry.db, &room.app.other);
        let host = Actor::host(Some(other.key));
        let look = submission::look(db, &host, other, &[]).unwrap();
        assert_eq!((look.waiting.len(), look.batches.len()), (0, 0), "{backend:?}");
        assert!(submission::files_of(db, &host, 1).unwrap().is_none());
        let list = read_answers("accession,sequence,answer\n202600001,00,accepted\n").unwrap();
        assert!(matches!(submission::answer(db, &host, other, 1, &list), Err(NotAnswered::NoBatch(1))));
    }
}

#[test]
fn the_program_looks_refuses_and_says_why() {
    let program = Program::new(Backend::Embedded);
    program.init();
    let told = program.json(["submission", "status"]);
    assert_eq!((told["new"].as_i64(), told["withErrors"].as_i64()), (Some(0), Some(0)));
    let out = program.folder().join("out");
    let out = out.to_str().unwrap();
    let code = |arguments: &[&str]| {
        let output = program.run(arguments);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (ended, said) = code(&["submission", "build", "--out", out]);
    assert_eq!(ended, Some(1), "{said}");
    assert!(said.contains("Nothing waits to be sent."), "{said}");
    let (ended, said) = code(&["submission", "files", "--batch", "3", "--out", out]);
    assert_eq!(ended, Some(3), "{said}");
    assert!(said.contains("There is no batch 3"), "{said}");
    let list = program.folder().join("answers.csv");
    std::fs::write(&list, "accession,sequence,answer\n1,0,perhaps\n").unwrap();
    let (ended, said) = code(&["submission", "answer", "--batch", "1", list.to_str().unwrap()]);
    assert_eq!(ended, Some(1), "{said}");
    assert!(
        said.contains("Line 2, accession: “1” is not nine digits.") && said.contains("Nothing was written.")
    );
}
