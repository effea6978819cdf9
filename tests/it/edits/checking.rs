//! Edits over stored cases, on both databases: what form, import and command line find is the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
};

use cancer_registry::{
    checking::{self, RunOptions, check_of, others_of, run_case, run_registry},
    cli::{Outcome, edits::run_over},
    db::{Conn, StoreError},
    dictionary::{Items, Version},
    edits::{FindingOutcome, Record, Severity, shipped},
    exchange::import::Options,
    facility, patient,
    save::{Change, NewPatient, NewTumor, PatientChange, SetTumor, TumorChange, Why, apply},
    tumor,
};
use diesel::{
    QueryableByName, RunQueryDsl,
    sql_types::{BigInt, Text},
};

use crate::{
    exchange::{import_with, samples::SAMPLES},
    support::{TestRegistry, backends},
};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    word: String,
}

fn rows(registry: &TestRegistry, sql: &str) -> Vec<(i64, String)> {
    let rows: Vec<Row> = registry.look(|conn| Ok(diesel::sql_query(sql).load(conn)?));
    rows.into_iter().map(|r| (r.id, r.word)).collect()
}

fn place(conn: &mut Conn) -> Result<facility::Facility, StoreError> {
    Ok(facility::all(conn)?.remove(0))
}

fn run(registry: &TestRegistry, keep: bool) -> checking::RunReport {
    let place = registry.look(place);
    let as_of = registry.db.clock.today(place.zone);
    let options = RunOptions { as_of, keep };
    run_registry(&registry.db, &registry.host(), &place, shipped(), options, &mut |_| {}).unwrap()
}

/// What the form finds: the stored items, judged by the function it calls.
fn as_a_form_judges(registry: &TestRegistry) -> BTreeMap<i64, BTreeSet<(String, &'static str)>> {
    let host = registry.host();
    registry.look(|conn| {
        let scope = host.scope().unwrap();
        let place = place(conn)?;
        let parameters = checking::parameters(conn, &place, registry.db.clock.today(place.zone)).unwrap();
        let patients: Vec<Row> =
            diesel::sql_query("SELECT id, uid AS word FROM patient WHERE state = 'active'").load(conn)?;
        let mut found = BTreeMap::new();
        for row in patients {
            let person = patient::by_key(conn, scope, row.id)?.unwrap().items()?;
            let tumors = tumor::of_patient(conn, scope, row.id)?;
            let accessions: Vec<String> = tumors.iter().map(|t| t.accession_number.clone()).collect();
            let others = others_of(conn, scope, row.id, &accessions)?;
            let items: Vec<Items> = tumors.iter().map(|t| t.items().unwrap()).collect();
            let (all, others): (Vec<&Items>, Vec<&Items>) = (items.iter().collect(), others.iter().collect());
            for (tumor, items) in tumors.iter().zip(&items) {
                let record = Record { patient: &person, tumor: items, tumors: &all, others: &others };
                let judged = shipped().judge(&record, &parameters);
                let told = judged.findings.iter().map(|f| {
                    let word = match (f.outcome, f.edit.severity) {
                        (FindingOutcome::Overridden, _) => "overridden",
                        (_, Severity::Error) => "fail",
                        (_, Severity::Warning) => "warn",
                    };
                    (f.edit.id.clone(), word)
                });
                found.insert(tumor.id, told.collect());
            }
        }
        Ok(found)
    })
}

#[test]
fn form_import_and_command_line_find_the_same() {
    for (backend, (_, packed, patients)) in backends().into_iter().flat_map(|b| SAMPLES.map(|s| (b, s))) {
        let registry = TestRegistry::new(backend);
        let imported = import_with(&registry, packed, &Options::default());
        let report = run(&registry, true);
        assert_eq!((report.patients, report.tumors, report.edits_in_set), (patients, 100, 382));
        assert!(report.errors > 100 && report.warnings > 0, "{report:?}");

        // The command line and the form.
        let form = as_a_form_judges(&registry);
        let scope = registry.host().scope().unwrap();
        let kept: BTreeMap<i64, BTreeSet<(String, &'static str)>> = form
            .keys()
            .map(|key| {
                let check = registry.look(|conn| check_of(conn, scope, *key)).unwrap();
                let results = check.results().into_iter().map(|r| {
                    let outcome = ["fail", "warn", "overridden"].into_iter().find(|w| **w == r.outcome);
                    (r.edit_id, outcome.unwrap())
                });
                (*key, results.collect())
            })
            .collect();
        assert_eq!(kept, form);
        let open = |word: &str| form.values().flatten().filter(|(_, w)| *w == word).count() as u64;
        assert_eq!((open("fail"), open("warn")), (report.errors, report.warnings));

        // The import, which sees no other patients.
        let of_import: BTreeMap<String, u64> =
            imported.edits.edits.iter().map(|note| (note.edit.clone(), note.count)).collect();
        let of_run: BTreeMap<String, u64> = report
            .edits
            .iter()
            .filter(|(id, count)| id.as_str() != "ED-IR-002" && count.fails > 0)
            .map(|(id, count)| (id.clone(), count.fails))
            .collect();
        assert_eq!(of_import, of_run);

        // Each case alone.
        let uids = rows(&registry, "SELECT id, uid AS word FROM tumor ORDER BY id LIMIT 5");
        for (key, uid) in uids {
            let found: BTreeSet<String> = registry.write(|tx| {
                let place = place(tx.conn())?;
                let today = registry.db.clock.today(place.zone);
                let parameters = checking::parameters(tx.conn(), &place, today)?;
                let check = run_case(tx, shipped(), &parameters, &uid)?.unwrap();
                tx.record(cancer_registry::audit::Event::new(cancer_registry::audit::AuditAction::RunEdits));
                Ok::<_, StoreError>(check.judgement.findings.iter().map(|f| f.edit.id.clone()).collect())
            });
            let expected: BTreeSet<String> = form[&key].iter().map(|(id, _)| id.clone()).collect();
            assert_eq!(found, expected);
        }
    }
}

#[test]
fn an_import_tells_its_findings_with_line_and_items_and_keeps_every_record() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let (_, packed, patients) = SAMPLES[2];
        let report = import_with(&registry, packed, &Options::default());
        assert_eq!((report.patients.accepted, report.patients.rejected), (patients, 0));
        let mut text = String::new();
        flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(!report.edits.lines.is_empty() && report.edits.lines.len() <= 1000);
        for line in &report.edits.lines {
            let at = usize::try_from(line.line).unwrap() - 1;
            assert!(lines[at].contains("<Tumor"), "line {} is {}", line.line, lines[at]);
            let edit = shipped().get(&line.edit).unwrap();
            assert_eq!(line.items, edit.items.join(" "));
        }
        let counted: u64 = report.edits.edits.iter().map(|e| e.count).sum();
        assert_eq!(counted, report.edits.errors + report.edits.warnings);
        // The same file again tells what was found the first time.
        let again = import_with(&registry, packed, &Options::default());
        assert!(again.again);
        assert_eq!(again.edits, report.edits);
    }
}

fn one_case(registry: &TestRegistry, tumor: &[(&'static str, &'static str)]) -> (i64, i64) {
    let host = registry.host();
    registry.write(|tx| {
        let saved = apply(
            tx,
            Change {
                patient: PatientChange::New(NewPatient {
                    items: [("nameLast", "Doe"), ("sexAssignedAtBirth", "1")].into_iter().collect(),
                    envelope: String::new(),
                    version: Version::NEWEST,
                    owner: None,
                    batch: None,
                }),
                tumors: vec![TumorChange::New(NewTumor {
                    items: tumor.iter().copied().collect(),
                    envelope: String::new(),
                    state: "in_progress".to_owned(),
                    owner: None,
                })],
                why: why(),
            },
        )?;
        let tumor = tumor::of_patient(tx.conn(), host.scope().unwrap(), saved.patient)?;
        Ok::<_, cancer_registry::save::SaveRefused>((saved.patient, tumor[0].id))
    })
}

fn why() -> Why {
    Why {
        source: "test",
        reason: String::new(),
        event: Some(cancer_registry::audit::AuditAction::CreatePatient),
    }
}

#[test]
fn results_name_the_versions_they_are_of_and_are_replaced() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let (_, key) = one_case(&registry, &[("primarySite", "C569"), ("dateOfDiagnosis", "20240110")]);
        let scope = registry.host().scope().unwrap();
        let counted = run(&registry, false);
        assert!(counted.run.is_none() && counted.errors > 0);
        assert!(registry.look(|conn| check_of(conn, scope, key)).is_none(), "counting keeps nothing");
        let report = run(&registry, true);
        assert_eq!((report.errors, report.edits.len()), (counted.errors, counted.edits.len()));
        let first = registry.look(|conn| check_of(conn, scope, key)).unwrap();
        assert_eq!((first.tumor_version, first.set_id.as_str()), (1, shipped().id()));
        assert_eq!(u64::try_from(first.errors).unwrap(), report.errors);
        let female = |results: &[checking::ResultRow]| {
            results.iter().find(|r| r.edit_id == "ED-SX-001").map(|r| (r.outcome.clone(), r.edit_version))
        };
        let results = registry.look(|conn| check_of(conn, scope, key)).unwrap().results();
        assert_eq!(female(&results), Some(("fail".into(), 1)));
        // The site is put right: the next run says so, and nothing of the old stays.
        registry.write(|tx| {
            let row = tumor::by_key(tx.conn(), scope, key)?.unwrap();
            let mut items = row.items()?;
            items.set("primarySite", "C619");
            let set = SetTumor { id: key, items: Some(items), ..SetTumor::default() };
            apply(
                tx,
                Change {
                    patient: PatientChange::Keep { id: row.patient_id },
                    tumors: vec![TumorChange::Set(set)],
                    why: why(),
                },
            )
        });
        run(&registry, true);
        let second = registry.look(|conn| check_of(conn, scope, key)).unwrap();
        assert_eq!(second.tumor_version, 2);
        assert_ne!(second.run_id, first.run_id);
        assert_eq!(female(&registry.look(|conn| check_of(conn, scope, key)).unwrap().results()), None);
        // Both runs stay, with their figures; the set is noted once.
        let runs =
            rows(&registry, "SELECT errors AS id, actor_name AS word FROM edit_run ORDER BY edit_run.id");
        assert_eq!(runs.len(), 2);
        assert_eq!(runs[0].0, i64::try_from(report.errors).unwrap());
        let sets = rows(&registry, "SELECT count(*) AS id, min(edits) AS word FROM edit_set");
        assert_eq!(sets[0].0, 1);
        assert!(sets[0].1.lines().count() == 382 && sets[0].1.contains("ED-SX-001 1"));
    }
}

#[test]
fn two_patients_with_one_accession_number_are_seen_from_each() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let items = [("accessionNumberHosp", "202400017"), ("dateOfDiagnosis", "2024")];
        let (_, one) = one_case(&registry, &items);
        let (_, two) = one_case(&registry, &items);
        let (_, other) =
            one_case(&registry, &[("accessionNumberHosp", "202400018"), ("dateOfDiagnosis", "2024")]);
        run(&registry, true);
        let scope = registry.host().scope().unwrap();
        for (key, shared) in [(one, true), (two, true), (other, false)] {
            let results = registry.look(|conn| check_of(conn, scope, key)).unwrap().results();
            assert_eq!(results.iter().any(|r| r.edit_id == "ED-IR-002"), shared);
        }
    }
}

#[test]
fn a_run_is_in_the_audit_log_and_holds_nothing_of_a_patient() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        one_case(
            &registry,
            &[("primarySite", "C569"), ("dateOfDiagnosis", "20240110"), ("classOfCase", "77")],
        );
        let outcome = run_over(&registry.db, None, None, false, true).unwrap();
        assert_eq!(outcome, Outcome::Findings);
        let events = rows(
            &registry,
            "SELECT id, detail AS word FROM audit_event WHERE action = 'run edits' ORDER BY id",
        );
        assert!(events.len() >= 3, "begun, a page, ended: {events:?}");
        let kept = rows(&registry, "SELECT tumor_id AS id, found AS word FROM tumor_check");
        for (_, text) in events.iter().chain(&kept) {
            assert!(!text.contains("C569") && !text.contains("Doe"), "{text}");
        }
        assert!(run_over(&registry.db, Some("nowhere"), None, true, false).is_err());
    }
}
