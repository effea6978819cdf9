//! The two schemas agree; the store keeps its promises on both databases.

use std::collections::BTreeMap;

use cancer_registry::{
    access::Actor,
    audit::{AuditAction, Event},
    db::{Conn, StoreError, migrate},
    dictionary::{Items, Version},
    save::{
        self, Change, NewPatient, NewTumor, PatientChange, SaveRefused, SetPatient, SetTumor, TumorChange,
        Why,
    },
};
use diesel::{
    QueryableByName, RunQueryDsl,
    sql_types::{BigInt, Text},
};

use crate::support::{Backend, TestRegistry, backends};

#[derive(QueryableByName, Debug)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    nullable: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn count(conn: &mut Conn, what: &str) -> i64 {
    let rows: Vec<Count> = diesel::sql_query(format!("SELECT count(*) AS n FROM {what}")).load(conn).unwrap();
    rows[0].n
}

/// Columns as the migration files of a database say: (table, column) to (kind, nullable).
fn columns(backend: Backend) -> BTreeMap<String, (String, i64)> {
    let registry = TestRegistry::new(backend);
    let query = match backend {
        Backend::Embedded => {
            "SELECT m.name || '.' || c.name AS name, c.type AS kind, CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN 0 ELSE 1 END AS nullable \
             FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'"
        }
        Backend::Postgres => {
            "SELECT table_name || '.' || column_name AS name, data_type::text AS kind, CASE WHEN is_nullable = 'YES' THEN 1::bigint ELSE 0::bigint END AS nullable \
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'"
        }
    };
    let rows: Vec<Column> = registry.look(|conn| Ok(diesel::sql_query(query).load(conn)?));
    rows.into_iter()
        .map(|c| {
            let kind = match c.kind.to_lowercase().as_str() {
                "integer" | "bigint" | "boolean" => "number",
                "text" | "date" | "timestamp without time zone" => "text",
                "blob" | "bytea" => "bytes",
                other => panic!("{}: {other}", c.name),
            };
            (c.name, (kind.to_owned(), c.nullable))
        })
        .collect()
}

#[test]
fn both_schemas_agree() {
    let embedded = columns(Backend::Embedded);
    assert!(embedded.len() > 200);
    if backends().contains(&Backend::Postgres) {
        assert_eq!(embedded, columns(Backend::Postgres));
    }
}

#[test]
fn a_migrated_database_is_current_and_upgrading_again_does_nothing() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let standing = registry.db.maintenance(migrate::standing).unwrap();
        assert_eq!(standing, migrate::Standing::Current);
        assert!(migrate::upgrade(&registry.target).unwrap().is_empty());
    }
}

fn items(pairs: &[(&'static str, &str)]) -> Items {
    pairs.iter().copied().collect()
}

fn why(event: AuditAction) -> Why {
    Why { source: "form", reason: String::new(), event: Some(event) }
}

fn breast_case() -> Change {
    Change {
        patient: PatientChange::New(NewPatient {
            items: items(&[
                ("nameLast", "Brightwater-Sample"),
                ("nameFirst", "Adeline"),
                ("dateOfLastContact", "20250701"),
                ("vitalStatus", "1"),
                ("oddItem", " kept as it is "),
            ]),
            envelope: String::new(),
            version: Version::NEWEST,
            owner: None,
            batch: None,
        }),
        tumors: vec![TumorChange::New(NewTumor {
            items: items(&[
                ("primarySite", "C504"),
                ("histologicTypeIcdO3", "8500"),
                ("behaviorCodeIcdO3", "3"),
                ("classOfCase", "14"),
                ("dateOfDiagnosis", "20220310"),
                ("accessionNumberHosp", "202200001"),
            ]),
            envelope: String::new(),
            state: "in_progress".into(),
            owner: None,
        })],
        why: why(AuditAction::CreatePatient),
    }
}

#[test]
fn a_saved_case_has_its_due_date_its_version_and_its_event() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let saved = registry.write(|tx| save::apply(tx, breast_case()));
        let scope = registry.host().scope().unwrap();
        registry.look(|conn| {
            let patient = cancer_registry::patient::by_key(conn, scope, saved.patient)?.unwrap();
            assert_eq!(patient.due_on.unwrap().to_string(), "2026-07-01");
            assert_eq!(patient.overdue_from.unwrap().to_string(), "2026-08-02");
            assert_eq!(patient.delinquent_from.unwrap().to_string(), "2026-10-02");
            assert_eq!(patient.accession_number, "202200001");
            assert_eq!(patient.items()?.raw("oddItem"), Some(" kept as it is "));
            let tumors = cancer_registry::tumor::of_patient(conn, scope, patient.id)?;
            assert!(tumors[0].in_rate && !tumors[0].site_group.is_empty());
            assert_eq!(cancer_registry::patient::versions(conn, scope, patient.id)?.len(), 1);
            assert_eq!(count(conn, "audit_event WHERE action = 'create patient'"), 1);
            assert_eq!(count(conn, "audit_subject"), 1);
            Ok(())
        });
        let differs = registry.db.read(|conn| save::reproject_facility(conn, scope, true)).unwrap();
        assert_eq!(differs, (1, 0), "what is projected equals what is recomputed");
    }
}

#[test]
fn a_stale_save_changes_nothing_and_says_what_is_there() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let saved = registry.write(|tx| save::apply(tx, breast_case()));
        let change = |expected| Change {
            patient: PatientChange::Set(SetPatient {
                id: saved.patient,
                expected: Some(expected),
                items: Some(items(&[("nameLast", "Other")])),
                ..SetPatient::default()
            }),
            tumors: vec![],
            why: why(AuditAction::ChangePatient),
        };
        registry.write(|tx| save::apply(tx, change(1)));
        let refused = registry.db.write(&registry.host(), |tx| save::apply(tx, change(1))).unwrap_err();
        assert!(matches!(refused, SaveRefused::Stale { what: "patient", now: 2 }), "{refused:?}");
    }
}

#[test]
fn a_void_patient_is_followed_no_more_and_counts_in_no_rate() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let saved = registry.write(|tx| save::apply(tx, breast_case()));
        let scope = registry.host().scope().unwrap();
        for (state, counts) in [("void", false), ("active", true)] {
            registry.write(|tx| {
                let set = SetPatient { id: saved.patient, state: Some(state), ..SetPatient::default() };
                let why = why(AuditAction::Void);
                save::apply(tx, Change { patient: PatientChange::Set(set), tumors: vec![], why })
            });
            registry.look(|conn| {
                let patient = cancer_registry::patient::by_key(conn, scope, saved.patient)?.unwrap();
                let tumors = cancer_registry::tumor::of_patient(conn, scope, saved.patient)?;
                assert_eq!((patient.followed, tumors[0].in_rate), (counts, counts), "{state}");
                Ok(())
            });
            let differs = registry.db.read(|conn| save::reproject_facility(conn, scope, true)).unwrap();
            assert_eq!(differs.1, 0);
        }
    }
}

#[test]
fn saving_the_same_again_makes_no_version() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let saved = registry.write(|tx| save::apply(tx, breast_case()));
        let (tumor, _, version) = saved.tumors[0].clone();
        let same = registry.write(|tx| {
            save::apply(
                tx,
                Change {
                    patient: PatientChange::Keep { id: saved.patient },
                    tumors: vec![TumorChange::Set(SetTumor {
                        id: tumor,
                        expected: Some(version),
                        ..SetTumor::default()
                    })],
                    why: why(AuditAction::ChangeTumor),
                },
            )
        });
        assert!(!same.changed && same.fields.is_empty());
        assert_eq!(same.tumors[0].2, version);
    }
}

#[test]
fn without_an_event_nothing_is_committed_and_nothing_is_answered() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let mut quiet = breast_case();
        quiet.why.event = None;
        let refused = registry.db.write(&registry.host(), |tx| save::apply(tx, quiet.clone())).unwrap_err();
        assert!(matches!(refused, SaveRefused::Store(StoreError::NotAudited)), "{refused:?}");
        registry.look(|conn| {
            assert_eq!(count(conn, "patient"), 0);
            Ok(())
        });
        let unanswered = registry.db.view(&registry.host(), |_| Ok::<_, StoreError>("a name"));
        assert!(matches!(unanswered, Err(StoreError::NotAudited)));
    }
}

#[test]
fn events_and_versions_cannot_be_changed_or_deleted() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        registry.write(|tx| save::apply(tx, breast_case()));
        for table in ["audit_event", "audit_subject", "patient_version", "tumor_version"] {
            for statement in [
                format!("DELETE FROM {table}"),
                format!(
                    "UPDATE {table} SET {} = {}",
                    if table.starts_with("audit_s") {
                        "patient_id"
                    } else if table.starts_with("audit") {
                        "detail"
                    } else {
                        "reason"
                    },
                    if table.starts_with("audit_s") { "0" } else { "''" }
                ),
            ] {
                let done = registry.db.keep(|conn| {
                    diesel::sql_query(&statement).execute(conn)?;
                    Ok::<(), StoreError>(())
                });
                assert!(done.is_err(), "{statement}");
            }
        }
    }
}

#[test]
fn many_writers_at_once_lose_nothing() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let (db, actor, key) = (registry.db.clone(), registry.host(), registry.facility.key);
        // As many as there are connections, each long enough in its transaction to meet the others.
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (db, actor) = (db.clone(), actor.clone());
                std::thread::spawn(move || {
                    (0..5)
                        .map(|_| {
                            db.write(&actor, |tx| {
                                tx.record(Event::new(AuditAction::ChangeSetting));
                                count(tx.conn(), "facility");
                                std::thread::sleep(std::time::Duration::from_millis(5));
                                cancer_registry::facility::next_accession(tx, key, 2026)
                            })
                            .unwrap()
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let mut given: Vec<i32> = threads.into_iter().flat_map(|t| t.join().unwrap()).collect();
        given.sort_unstable();
        assert_eq!(given, (1..=40).collect::<Vec<_>>(), "each number once, none left out");
    }
}

#[test]
fn another_facility_sees_nothing() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let saved = registry.write(|tx| save::apply(tx, breast_case()));
        let other = registry.db.write(&Actor::host(None), |tx| {
            cancer_registry::facility::create(
                tx,
                &cancer_registry::facility::FacilityForm {
                    name: "Other".into(),
                    zone: "America/New_York".into(),
                    ..Default::default()
                },
            )
        });
        let elsewhere = Actor::host(Some(other.unwrap().key));
        registry.look(|conn| {
            let scope = elsewhere.scope().unwrap();
            assert!(cancer_registry::patient::by_key(conn, scope, saved.patient)?.is_none());
            assert!(cancer_registry::patient::by_uid(conn, scope, &saved.patient_uid)?.is_none());
            assert!(cancer_registry::tumor::of_patient(conn, scope, saved.patient)?.is_empty());
            Ok(())
        });
        let refused = registry.db.write(&elsewhere, |tx| {
            save::apply(
                tx,
                Change {
                    patient: PatientChange::Keep { id: saved.patient },
                    tumors: vec![],
                    why: why(AuditAction::ChangePatient),
                },
            )
        });
        assert!(matches!(refused, Err(SaveRefused::NotFound)));
    }
}
