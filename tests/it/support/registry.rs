//! A registry of its own for each test, on either database, with a clock that stands still.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use cancer_registry::{
    access::Actor,
    clock::{SeededChance, SetClock},
    config::Secret,
    db::{Db, HoldsStoreError, StoreError, Target, migrate},
    facility::{self, Facility, FacilityForm},
    seal::Sealer,
};
use chrono::{DateTime, TimeZone, Utc};
use diesel::{Connection, PgConnection, RunQueryDsl};

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Embedded,
    Postgres,
}

/// The databases to run on: always the embedded one, PostgreSQL where a server is given.
pub(crate) fn backends() -> Vec<Backend> {
    if std::env::var("TEST_POSTGRES").is_ok() {
        vec![Backend::Embedded, Backend::Postgres]
    } else {
        assert!(std::env::var("CI").is_err(), "CI runs everything on PostgreSQL too: set TEST_POSTGRES");
        eprintln!("left out on PostgreSQL: no TEST_POSTGRES");
        vec![Backend::Embedded]
    }
}

/// A migrated, empty registry with one facility, "Practice General", in Chicago.
pub(crate) struct TestRegistry {
    pub(crate) db: Db,
    pub(crate) clock: SetClock,
    pub(crate) facility: Facility,
    pub(crate) target: Target,
    pub(crate) folder: tempfile::TempDir,
    database: Option<String>,
}

/// Monday 23 November 2026, 9 in the morning in Chicago.
pub(crate) fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 15, 0, 0).unwrap()
}

pub(super) fn server() -> String {
    std::env::var("TEST_POSTGRES").unwrap()
}

pub(super) fn address_of(database: &str) -> String {
    match server().split_once("?host=") {
        Some((base, host)) => format!("{}/{database}?host={host}", base.rsplit_once('/').unwrap().0),
        None => format!("{}/{database}", server().rsplit_once('/').unwrap().0),
    }
}

impl TestRegistry {
    /// A second database on the same server: migrated, without a row.
    pub(crate) fn bare(&self) -> Target {
        let target = match (&self.target, &self.database) {
            (Target::Embedded { key, .. }, _) => {
                Target::Embedded { file: self.folder.path().join("bare.db"), key: key.clone() }
            }
            (Target::Postgres(_), database) => {
                let name = format!("{}_bare", database.as_ref().unwrap());
                let mut admin = PgConnection::establish(&server()).unwrap();
                diesel::sql_query(format!("CREATE DATABASE {name}")).execute(&mut admin).unwrap();
                Target::Postgres(Secret::new(address_of(&name)))
            }
        };
        migrate::upgrade(&target).unwrap();
        target
    }

    pub(crate) fn new(backend: Backend) -> Self {
        let form = FacilityForm {
            name: "Practice General Hospital".into(),
            short_name: "Practice General".into(),
            zone: "America/Chicago".into(),
            reference_date: "2010-01-01".into(),
            ..FacilityForm::default()
        };
        Self::with(backend, |db| db.write(&Actor::host(None), |tx| facility::create(tx, &form)).unwrap())
    }

    /// A registry that holds what `make` puts into it; `make` gives the facility tests work in.
    pub(crate) fn with(backend: Backend, make: impl FnOnce(&Db) -> Facility) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let folder = tempfile::tempdir().unwrap();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let (target, database) = match backend {
            Backend::Embedded => {
                let key = Secret::new("5e".repeat(32));
                (Target::Embedded { file: folder.path().join("registry.db"), key }, None)
            }
            Backend::Postgres => {
                let name = format!("registry_test_{}_{number}", std::process::id());
                let mut admin = PgConnection::establish(&server()).unwrap();
                diesel::sql_query(format!("CREATE DATABASE {name}")).execute(&mut admin).unwrap();
                let url = address_of(&name);
                (Target::Postgres(Secret::new(url)), Some(name))
            }
        };
        migrate::upgrade(&target).unwrap();
        let clock = SetClock::at(now());
        let db = Db::open(
            target.clone(),
            4,
            Arc::new(clock.clone()),
            Arc::new(SeededChance::new(u64::from(number) + 1)),
            Sealer::new([9; 32]),
        )
        .unwrap();
        let facility = make(&db);
        Self { db, clock, facility, target, folder, database }
    }

    /// Somebody at the host, working in the facility.
    pub(crate) fn host(&self) -> Actor {
        Actor::host(Some(self.facility.key))
    }

    /// A write by the host.
    pub(crate) fn write<T, E: HoldsStoreError + std::fmt::Debug>(
        &self,
        f: impl FnMut(&mut cancer_registry::db::Tx<'_>) -> Result<T, E>,
    ) -> T {
        self.db.write(&self.host(), f).unwrap()
    }

    /// A read outside the audit, for looking into tables.
    pub(crate) fn look<T>(
        &self,
        f: impl FnOnce(&mut cancer_registry::db::Conn) -> Result<T, StoreError>,
    ) -> T {
        self.db.read(f).unwrap()
    }
}

impl Drop for TestRegistry {
    fn drop(&mut self) {
        if let Some(name) = self.database.take() {
            let mut admin = PgConnection::establish(&server()).unwrap();
            for name in [format!("{name}_bare"), name] {
                let _ = diesel::sql_query(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
                    .execute(&mut admin);
            }
        }
    }
}
