//! The built program itself, run as a person at the host runs it, on a data directory of its own.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use cancer_registry::{
    app,
    clock::{SystemChance, SystemClock},
    config::Config,
    db::Db,
};
use diesel::{Connection, PgConnection, RunQueryDsl};
use serde_json::Value;

use super::{
    Backend,
    registry::{address_of, server},
};

/// A data directory, and with PostgreSQL a database, in which the program is run.
pub(crate) struct Program {
    folder: tempfile::TempDir,
    database: Option<String>,
}

impl Program {
    /// Nothing made yet: `init` comes first.
    pub(crate) fn new(backend: Backend) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let database = (backend == Backend::Postgres).then(|| {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("registry_program_{}_{number}", std::process::id());
            let mut admin = PgConnection::establish(&server()).unwrap();
            diesel::sql_query(format!("CREATE DATABASE {name}")).execute(&mut admin).unwrap();
            name
        });
        Self { folder: tempfile::tempdir().unwrap(), database }
    }

    /// Where files for the program can be put.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The program with these arguments, its environment free of settings but those of the test.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cancer-registry"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CANCER_REGISTRY_")) {
            command.env_remove(name);
        }
        command.args(arguments).env("CANCER_REGISTRY_DATA", self.data()).current_dir(self.folder.path());
        if let Some(name) = &self.database {
            command.env("CANCER_REGISTRY_DATABASE_URL", address_of(name));
        }
        command
    }

    /// What its environment sets.
    pub(crate) fn settings(&self) -> BTreeMap<String, String> {
        let url = self.database.as_ref().map(|name| address_of(name));
        url.into_iter().map(|url| ("CANCER_REGISTRY_DATABASE_URL".to_owned(), url)).collect()
    }

    /// Runs it to its end.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs it with `--json`, which must end well, and reads the one document it prints.
    #[track_caller]
    pub(crate) fn json<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Value {
        let mut command = self.command(arguments);
        let output = command.arg("--json").output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{command:?}\n{out}\n{err}");
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}"))
    }

    /// `init` with one facility, "Practice General", in Chicago.
    pub(crate) fn init(&self) -> Value {
        self.json([
            "init",
            "--facility",
            "Practice General Hospital",
            "--short-name",
            "Practice General",
            "--zone",
            "America/Chicago",
            "--admin-email",
            "ada@hospital.example",
        ])
    }

    /// The same registry, opened in the test's own process beside the program.
    pub(crate) fn db(&self) -> Db {
        let settings = cancer_registry::config::effective(None, &self.settings()).unwrap();
        let config = Config::check(&self.data(), &settings).unwrap();
        app::open(config, Arc::new(SystemClock), Arc::new(SystemChance)).unwrap().db
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(name) = self.database.take() {
            let mut admin = PgConnection::establish(&server()).unwrap();
            let _ =
                diesel::sql_query(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).execute(&mut admin);
        }
    }
}
