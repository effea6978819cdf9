//! A backup brings everything back, on either database, or says why not and touches nothing.

use std::{fs, path::PathBuf};

use cancer_registry::{
    access::Actor,
    administration::backup::{self, BackupError, NotABackup},
    audit::AuditAction,
    clock::SeededChance,
    db::Db,
    dictionary::{Items, Version},
    save::{self, Change, NewPatient, NewTumor, PatientChange, TumorChange, Why},
    seal::Sealer,
};
use diesel::{QueryableByName, RunQueryDsl, sql_types::Text};

use crate::support::{Backend, TestRegistry, backends};

fn recovery() -> Sealer {
    Sealer::new([0x42; 32])
}

fn items(pairs: &[(&'static str, &str)]) -> Items {
    pairs.iter().copied().collect()
}

/// 300 patients with awkward values, so that rows come in several batches and chunks.
fn filled(backend: Backend) -> TestRegistry {
    let registry = TestRegistry::new(backend);
    registry.write(|tx| {
        for n in 0..300 {
            let note =
                format!("line one\nline two \"quoted\" \\ back, ü, 漢, 🦀, {{\"a\":[{n}]}}, tab\t, 'x'");
            let change = Change {
                patient: PatientChange::New(NewPatient {
                    items: items(&[
                        ("nameLast", "Brightwater"),
                        ("dateOfLastContact", "20250701"),
                        ("oddItem", &note),
                    ]),
                    envelope: String::new(),
                    version: Version::NEWEST,
                    owner: None,
                    batch: None,
                }),
                tumors: vec![TumorChange::New(NewTumor {
                    items: items(&[
                        ("primarySite", "C504"),
                        ("classOfCase", "14"),
                        ("dateOfDiagnosis", "202203"),
                        ("textRemarks", &note),
                    ]),
                    envelope: String::new(),
                    state: "complete".to_owned(),
                    owner: None,
                })],
                why: Why { source: "form", reason: note.clone(), event: Some(AuditAction::CreatePatient) },
            };
            save::apply(tx, change)?;
        }
        Ok::<_, save::SaveRefused>(())
    });
    registry
}

/// An empty database of its own, migrated, without a facility.
fn empty(backend: Backend) -> (TestRegistry, Db) {
    let registry = TestRegistry::new(backend);
    let db = Db::open(
        registry.bare(),
        2,
        registry.db.clock.clone(),
        std::sync::Arc::new(SeededChance::new(77)),
        Sealer::new([9; 32]),
    )
    .unwrap();
    (registry, db)
}

#[derive(QueryableByName, Debug, PartialEq)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// What is kept of patients and of what happened, as text from SQL that both databases answer alike.
fn content(db: &Db) -> Vec<Line> {
    let queries = [
        "SELECT uid || '|' || items || '|' || state || '|' || last_contact || '|' || CAST(due_on AS TEXT) AS line \
         FROM patient ORDER BY id",
        "SELECT uid || '|' || items || '|' || dx_date || '|' || CAST(version AS TEXT) AS line FROM tumor ORDER BY id",
        "SELECT CAST(patient_id AS TEXT) || '|' || reason AS line FROM patient_version ORDER BY patient_id, version",
        "SELECT actor_name || '|' || action || '|' || detail AS line FROM audit_event \
         WHERE action NOT IN ('backup', 'restore') ORDER BY id",
    ];
    db.read(|conn| {
        let mut lines = Vec::new();
        for query in queries {
            lines.extend(diesel::sql_query(query).load::<Line>(conn)?);
        }
        Ok::<_, cancer_registry::db::StoreError>(lines)
    })
    .unwrap()
}

fn backup_of(registry: &TestRegistry) -> PathBuf {
    let file = registry.folder.path().join("copy.backup");
    backup::make(&registry.db, &Actor::host(None), &recovery(), &file).unwrap();
    file
}

#[test]
fn every_table_is_in_a_backup() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        assert_eq!(backup::left_out(&registry.db).unwrap(), Vec::<String>::new());
    }
}

#[test]
fn a_backup_brings_everything_back_into_either_database() {
    for from in backends() {
        let registry = filled(from);
        let file = backup_of(&registry);
        let clear = fs::read(&file).unwrap();
        assert!(!clear.windows(11).any(|w| w == b"Brightwater"));
        for to in backends() {
            let (_keep, db) = empty(to);
            let restored = backup::fill(&db, &recovery(), &file).unwrap();
            assert_eq!(restored.drafts_lost, 0);
            assert_eq!(restored.verified.rows["patient"], 300);
            assert_eq!(content(&db), content(&registry.db), "{from:?} to {to:?}");
            backup::record_restore(&db, &Actor::host(None), &restored).unwrap();
            assert!(backup::check(&db).unwrap().0.is_empty());
            // A backup of what was restored holds the same rows.
            let again = registry.folder.path().join(format!("{to:?}.backup"));
            let second = backup::make(&db, &Actor::host(None), &recovery(), &again).unwrap();
            assert_eq!(second.rows["tumor_version"], restored.verified.rows["tumor_version"]);
            // New rows get numbers after the old ones.
            db.write(&Actor::host(None), |tx| {
                cancer_registry::facility::create(
                    tx,
                    &cancer_registry::facility::FacilityForm {
                        name: "Another".into(),
                        zone: "UTC".into(),
                        ..Default::default()
                    },
                )
            })
            .unwrap();
        }
    }
}

#[test]
fn a_damaged_foreign_or_wrongly_keyed_backup_is_refused_and_nothing_is_written() {
    let registry = filled(Backend::Embedded);
    let file = backup_of(&registry);
    let whole = fs::read(&file).unwrap();
    let bad = registry.folder.path().join("bad.backup");
    let (_keep, db) = empty(Backend::Embedded);
    let refused = |bytes: &[u8]| {
        fs::write(&bad, bytes).unwrap();
        let verified = backup::verify(&recovery(), &bad).unwrap_err();
        let filled = backup::fill(&db, &recovery(), &bad).unwrap_err();
        assert_eq!(verified.to_string(), filled.to_string());
        assert_eq!(backup::facilities(&db).unwrap(), Vec::<String>::new());
        verified
    };
    for cut in [whole.len() / 3, whole.len() / 2, whole.len() - 1, 30] {
        assert!(matches!(refused(&whole[..cut]), BackupError::File(NotABackup::Damaged)), "cut at {cut}");
    }
    for at in (23..whole.len()).step_by(whole.len() / 13) {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        assert!(matches!(refused(&flipped), BackupError::File(NotABackup::Damaged)), "flipped at {at}");
    }
    assert!(matches!(refused(b"<?xml version=\"1.0\"?>"), BackupError::File(NotABackup::Foreign)));
    let said = backup::verify(&Sealer::new([1; 32]), &file).unwrap_err().to_string();
    assert!(said.contains("another recovery key"), "{said}");
}

#[test]
fn a_backup_of_another_registry_or_of_a_newer_program_does_not_fit() {
    let registry = filled(Backend::Embedded);
    let mut verified = backup::verify(&recovery(), &backup_of(&registry)).unwrap();
    backup::fits(&verified, &[]).unwrap();
    backup::fits(&verified, &backup::facilities(&registry.db).unwrap()).unwrap();
    let said = backup::fits(&verified, &["00000000-0000-7000-8000-000000000000".to_owned()]);
    let said = said.unwrap_err().to_string();
    assert!(said.contains("another registry"), "{said}");
    verified.manifest.schema.push("99999999999999".to_owned());
    let said = backup::fits(&verified, &[]).unwrap_err().to_string();
    assert!(said.contains("newer program"), "{said}");
}

#[test]
fn an_existing_file_and_a_filled_database_are_left_alone() {
    let registry = filled(Backend::Embedded);
    let file = backup_of(&registry);
    let before = fs::read(&file).unwrap();
    let said = backup::make(&registry.db, &Actor::host(None), &recovery(), &file).unwrap_err().to_string();
    assert!(said.contains("exists already"), "{said}");
    assert_eq!(fs::read(&file).unwrap(), before);
    let said = backup::fill(&registry.db, &recovery(), &file).unwrap_err().to_string();
    assert!(said.contains("not empty"), "{said}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
