//! Another key for a registry: the old one opens nothing any more, the new one everything, and a stop at
//! any step leaves one usable pair.

use std::{fs, panic::AssertUnwindSafe, path::Path, sync::Arc};

use cancer_registry::{
    access::Actor,
    administration::rotation::{Rotated, Rotation, SEALED, Step},
    app,
    audit::AuditAction,
    clock::{SystemChance, SystemClock},
    config::{Config, effective},
    db::{Conn, Db, StoreError, Target, key::RegistryKey},
    dictionary::{Items, Version},
    save::{self, Change, NewPatient, PatientChange, Why},
    seal::Sealer,
};
use diesel::{
    QueryableByName, RunQueryDsl,
    sql_types::{BigInt, Binary, Text},
};

use crate::support::{Backend, Program, TestRegistry, backends};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Binary)]
    b: Vec<u8>,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn count(db: &Db, what: &str) -> i64 {
    let query = format!("SELECT count(*) AS n FROM {what}");
    db.read(|conn| Ok::<_, StoreError>(diesel::sql_query(query).load::<Number>(conn)?[0].n)).unwrap()
}

const DRAFT: &str = "01936f5e-0000-7000-8000-00000000000d";
const BATCH: &str = "01936f5e-0000-7000-8000-00000000000b";

/// A registry with a patient, unsaved typing, a search and a file that has arrived.
fn filled(backend: Backend) -> Program {
    let program = Program::new(backend);
    program.init();
    let db = program.db();
    let here = db.read(cancer_registry::facility::all).unwrap()[0].key;
    db.write(&Actor::host(Some(here)), |tx| {
        let items: Items = [("nameLast", "Keywell"), ("patientIdNumber", "00000001")].into_iter().collect();
        let patient =
            NewPatient { items, envelope: String::new(), version: Version::NEWEST, owner: None, batch: None };
        let why = Why { source: "form", reason: String::new(), event: Some(AuditAction::CreatePatient) };
        save::apply(tx, Change { patient: PatientChange::New(patient), tumors: Vec::new(), why })
    })
    .unwrap();
    let seal =
        |purpose, belongs: &str, plain: &[u8]| db.sealer.seal(db.chance.as_ref(), purpose, belongs, plain);
    let rows: [(&str, Vec<u8>); 4] = [
        (
            "INSERT INTO draft (uid, account_id, facility_id, about, base_version, sealed, created_at, changed_at) \
             SELECT '01936f5e-0000-7000-8000-00000000000d', a.id, f.id, 'case', 1, $1, a.created_at, a.created_at \
             FROM account a, facility f",
            seal("draft", DRAFT, b"typed"),
        ),
        (
            // Sealed with a key that nobody has any more.
            "INSERT INTO draft (uid, account_id, facility_id, about, base_version, sealed, created_at, changed_at) \
             SELECT 'gone', a.id, f.id, 'case', 1, $1, a.created_at, a.created_at FROM account a, facility f",
            Sealer::new([1; 32]).seal(db.chance.as_ref(), "draft", "gone", b"lost"),
        ),
        (
            "INSERT INTO import_batch (uid, facility_id, file_name, file_hash, file_bytes, naaccr_version, record_type, \
             root, state, patients_read, patients_accepted, patients_merged, patients_duplicate, patients_rejected, \
             tumors_read, tumors_accepted, tumors_merged, tumors_duplicate, tumors_rejected, checkpoint, read_bytes, started_at, \
             actor_name, message) SELECT '01936f5e-0000-7000-8000-00000000000b', f.id, 'f.xml', $1, 3, 0, '', '', \
             'arrived', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a.created_at, '', '' FROM account a, facility f",
            Vec::new(),
        ),
        (
            "INSERT INTO import_upload (batch_id, seq, bytes) SELECT id, 0, $1 FROM import_batch",
            seal("upload", &format!("{BATCH}/0"), b"abc"),
        ),
    ];
    db.keep(|conn| {
        for (statement, value) in &rows {
            if value.is_empty() {
                diesel::sql_query(*statement).bind::<Text, _>("h").execute(conn)?;
            } else {
                diesel::sql_query(*statement).bind::<Binary, _>(value).execute(conn)?;
            }
        }
        Ok::<_, StoreError>(())
    })
    .unwrap();
    program
}

fn config(program: &Program) -> Config {
    Config::check(&program.data(), &effective(None, &program.settings()).unwrap()).unwrap()
}

/// The registry as the next command finds it: everything is there, and only one key is the right one.
fn check_all(program: &Program) -> RegistryKey {
    let config = config(program);
    let app = app::open(config.clone(), Arc::new(SystemClock), Arc::new(SystemChance)).unwrap();
    let db = &app.db;
    assert_eq!((count(db, "patient WHERE name_last = 'Keywell'"), count(db, "patient_version")), (1, 1));
    let read = |query: &str| -> Vec<u8> {
        db.read(|conn| Ok::<_, StoreError>(diesel::sql_query(query).load::<Row>(conn)?.pop().unwrap().b))
            .unwrap()
    };
    let draft = read(&format!("SELECT sealed AS b FROM draft WHERE uid = '{DRAFT}'"));
    assert_eq!(db.sealer.open("draft", DRAFT, &draft).unwrap(), b"typed");
    let piece = read("SELECT bytes AS b FROM import_upload");
    assert_eq!(db.sealer.open("upload", &format!("{BATCH}/0"), &piece).unwrap(), b"abc");
    RegistryKey::of(&config).unwrap()
}

fn opens(file: &Path, key: &RegistryKey) -> bool {
    let target = Target::Embedded { file: file.to_owned(), key: key.secret() };
    Db::open(target, 1, Arc::new(SystemClock), Arc::new(SystemChance), key.sealer()).is_ok()
}

#[test]
fn the_old_key_opens_nothing_any_more_and_the_new_one_everything() {
    for backend in backends() {
        let program = filled(backend);
        let old = check_all(&program);
        let folder = program.data().join("keys");
        let told = program.json(["key", "rotate"]);
        assert_eq!((&told["resealed"], &told["unopened"]), (&2.into(), &1.into()), "{told}");
        let new = check_all(&program);
        assert_ne!(old.secret(), new.secret());
        assert_eq!(RegistryKey::read(&folder.join("registry.key.before-1")).unwrap().secret(), old.secret());
        assert!(!folder.join("registry.key.next").exists());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.join("registry.key")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        {
            let db = program.db();
            assert_eq!(count(&db, "audit_event WHERE action = 'rotate key'"), 1);
            let draft: Vec<Row> = db
                .read(|conn| {
                    let query = format!("SELECT sealed AS b FROM draft WHERE uid = '{DRAFT}'");
                    Ok::<_, StoreError>(diesel::sql_query(query).load(conn)?)
                })
                .unwrap();
            assert!(old.sealer().open("draft", DRAFT, &draft[0].b).is_err());
        }
        if backend == Backend::Embedded {
            let file = program.data().join("registry.db");
            assert!(opens(&file, &new) && !opens(&file, &old));
            let before = told["databaseBefore"].as_str().unwrap();
            assert!(opens(Path::new(before), &old) && !opens(Path::new(before), &new));
            assert!(!program.data().join("registry.rotating").exists());
            let bytes = fs::read(&file).unwrap();
            assert!(!bytes.windows(7).any(|w| w == b"Keywell") && !bytes.starts_with(b"SQLite"));
        }
        // Once more, and what the registry is for still works.
        program.json(["key", "rotate"]);
        assert!(folder.join("registry.key.before-2").exists());
        check_all(&program);
        assert_eq!(program.json(["check"])["ok"], true);
    }
}

#[test]
fn nobody_else_may_work_on_the_registry_meanwhile() {
    for backend in backends() {
        let program = filled(backend);
        let old = check_all(&program);
        let other = program.db();
        let refused = program.run(["key", "rotate"]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(3), "{said}");
        assert!(said.contains("another command works") || said.contains("other connections"), "{said}");
        drop(other);
        assert_eq!(check_all(&program).secret(), old.secret());
        assert!(!program.data().join("keys/registry.key.next").exists());
    }
    // A key in the environment cannot be changed from here.
    let program = filled(Backend::Embedded);
    let key = fs::read_to_string(program.data().join("keys/registry.key")).unwrap();
    let mut command = program.command(["key", "rotate"]);
    let refused = command.env("CANCER_REGISTRY_KEYS_REGISTRY", key.trim()).output().unwrap();
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("CANCER_REGISTRY_KEYS_REGISTRY"));
}

fn rotate(program: &Program, watch: &mut dyn FnMut(Step)) -> anyhow::Result<Rotated> {
    let config = config(program);
    let old = RegistryKey::of(&config)?;
    Rotation {
        target: &app::target(&config, &old),
        key_file: &config.key_file,
        old: &old,
        clock: Arc::new(SystemClock),
        chance: Arc::new(SystemChance),
        watch,
    }
    .run()
}

#[test]
fn a_stop_at_any_step_leaves_one_usable_pair() {
    struct Stop;
    for backend in backends() {
        for stop in Step::ALL {
            let on_a_server = matches!(stop, Step::WriteKey | Step::Reseal | Step::ReplaceKey);
            if backend == Backend::Postgres && !on_a_server {
                continue;
            }
            let program = filled(backend);
            let old = check_all(&program);
            let broken = std::panic::catch_unwind(AssertUnwindSafe(|| {
                rotate(&program, &mut |step| {
                    if step == stop {
                        std::panic::panic_any(Stop);
                    }
                })
            }));
            assert!(broken.is_err_and(|e| e.is::<Stop>()), "{backend:?} {stop:?}");
            let after = check_all(&program);
            // Only the last step is behind the decisive one.
            let changed = after.secret() != old.secret();
            assert_eq!(changed, stop == Step::ReplaceKey, "{backend:?} {stop:?}");
            assert_eq!(after.secret(), check_all(&program).secret());
            // And the next attempt finds its way.
            rotate(&program, &mut |_| {}).unwrap();
            assert_ne!(check_all(&program).secret(), after.secret());
            for left in ["registry.rotating", "keys/registry.key.next"] {
                assert!(!program.data().join(left).exists(), "{backend:?} {stop:?} {left}");
            }
        }
    }
}

#[test]
fn every_column_of_bytes_is_known_as_sealed_or_not() {
    let plain = [
        // Empty until there is a second factor.
        "account.totp_secret",
        "audit_event.hash",
        "audit_event.previous_hash",
        "import_reject.bytes",
        "import_reject_part.bytes",
        "patient_version.body",
        // A public table of codes: nothing of a patient.
        "reference_table.body",
        "tumor_version.body",
    ];
    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        w: String,
    }
    let registry = TestRegistry::new(Backend::Embedded);
    let all: Vec<Name> = registry.look(|conn: &mut Conn| {
        Ok(diesel::sql_query(
            "SELECT m.name || '.' || c.name AS w FROM sqlite_master m JOIN pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND c.type = 'BLOB' ORDER BY 1",
        )
        .load(conn)?)
    });
    let mut known: Vec<&str> = plain.into_iter().chain(SEALED.iter().map(|s| s.column)).collect();
    known.sort_unstable();
    let all: Vec<String> = all.into_iter().map(|n| n.w).collect();
    assert_eq!(all, known, "is it sealed? then a rotation of the key has to seal it anew");
}

#[test]
fn a_rotation_that_is_killed_leaves_one_usable_pair() {
    for (backend, kills) in backends().into_iter().zip([16, 6]) {
        let program = filled(backend);
        let started = std::time::Instant::now();
        program.json(["key", "rotate"]);
        let whole = started.elapsed();
        let mut changed = 0;
        for kill in 0..kills {
            let old = check_all(&program);
            let mut command = program.command(["key", "rotate"]);
            let quiet = std::process::Stdio::null;
            let mut child = command.stdout(quiet()).stderr(quiet()).spawn().unwrap();
            std::thread::sleep(whole * kill / kills);
            child.kill().unwrap();
            child.wait().unwrap();
            if backend == Backend::Postgres {
                // What the server had been told already it still does.
                std::thread::sleep(std::time::Duration::from_millis(200));
            }
            let after = check_all(&program);
            changed += u32::from(after.secret() != old.secret());
            assert_eq!(after.secret(), check_all(&program).secret(), "{backend:?} {kill}");
        }
        program.json(["key", "rotate"]);
        assert_eq!(
            program.json(["check"])["ok"],
            true,
            "{backend:?} after {kills} kills, {changed} new keys"
        );
    }
}
