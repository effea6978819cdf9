//! Giving a registry another key.
//!
//! Database and key file cannot change at one stroke. So the new key stands beside the present one, as
//! `registry.key.next`, before the database has it, and takes its place afterwards; what was broken off in
//! between is settled by whoever asks for the key next. An embedded file is not changed in place: a copy
//! under the new key is made and proven, and then takes the file's name in one step.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use diesel::{RunQueryDsl, connection::SimpleConnection, sql_types::Text};

use super::{
    Conn, StoreError,
    conn::{self, Target},
    key::{KeyProblem, RegistryKey},
};
use crate::config::{Config, Secret};

/// Setting that holds the mark of the key that sealed what is sealed, after a rotation.
pub const SEALED_WITH: &str = "sealed_with";

/// A file of the same name with something behind it.
pub fn with_tail(file: &Path, tail: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(tail);
    PathBuf::from(name)
}

/// Where a new key stands until the database has it.
pub fn next_file(key_file: &Path) -> PathBuf {
    with_tail(key_file, ".next")
}

fn lock_file(file: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(with_tail(file, ".lock"))
}

/// Says that this process works on an embedded file; as long as it is held, nobody puts another in its place.
pub(super) fn lease(file: &Path) -> Result<File, StoreError> {
    let lock =
        lock_file(file).map_err(|e| StoreError::NoConnection(format!("{}.lock: {e}", file.display())))?;
    match lock.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Err(StoreError::Refused(
            "the database is just being put in place by another command. Try again when it has ended"
                .to_owned(),
        )),
        // A file system without locks has no second opinion.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(lock),
    }
}

/// Proof that no other command or server works on an embedded file; none begins while it is held.
#[derive(Debug)]
pub struct Alone {
    _lock: File,
}

impl Alone {
    /// Refuses while anybody else works on the file.
    pub fn take(file: &Path) -> Result<Self, StoreError> {
        let said = |e: &dyn std::fmt::Display| StoreError::Refused(format!("{}.lock: {e}", file.display()));
        let lock = lock_file(file).map_err(|e| said(&e))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Refused(
                "another command works on this registry. Wait until it has ended".to_owned(),
            )),
            Err(TryLockError::Error(e)) => Err(said(&e)),
        }
    }
}

/// Copies an embedded database as it is, under the same key, into one file.
pub fn copy(present: &Target, to: &Path) -> Result<Target, StoreError> {
    let Target::Embedded { key, .. } = present else { return Err(not_embedded()) };
    let mut conn = conn::open(present)?;
    conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
    diesel::sql_query("VACUUM INTO $1").bind::<Text, _>(to.to_string_lossy()).execute(&mut conn)?;
    Ok(Target::Embedded { file: to.to_owned(), key: key.clone() })
}

fn not_embedded() -> StoreError {
    StoreError::Refused("only an embedded file has a key of its own".to_owned())
}

/// Writes every page of a copy anew under another key. Only for copies: the file is changed in place.
pub fn rekey(copy: &Target, new: &RegistryKey) -> Result<Target, StoreError> {
    let Target::Embedded { file, .. } = copy else { return Err(not_embedded()) };
    let mut conn = conn::open(copy)?;
    // With a rollback journal nothing stays beside the file.
    conn.batch_execute("PRAGMA journal_mode = DELETE")?;
    conn.batch_execute(&format!("PRAGMA rekey = \"x'{}'\"", new.secret().reveal()))?;
    drop(conn);
    File::open(file)
        .and_then(|f| f.sync_all())
        .map_err(|e| StoreError::Refused(format!("{}: {e}", file.display())))?;
    Ok(Target::Embedded { file: file.clone(), key: new.secret() })
}

/// Does this key open this file? Never makes one.
fn opens(file: &Path, key: &Secret) -> bool {
    let target = Target::Embedded { file: file.to_owned(), key: key.clone() };
    file.exists()
        && conn::open(&target).is_ok_and(|mut conn| {
            diesel::sql_query("SELECT count(*) FROM sqlite_master").execute(&mut conn).is_ok()
        })
}

#[derive(diesel::QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

/// The mark of the key that sealed what is sealed; empty when it was never changed.
pub fn sealed_with(conn: &mut Conn) -> Result<String, StoreError> {
    let rows: Vec<Setting> = diesel::sql_query("SELECT value FROM registry_setting WHERE key = $1")
        .bind::<Text, _>(SEALED_WITH)
        .load(conn)?;
    Ok(rows.into_iter().next().map(|row| row.value).unwrap_or_default())
}

/// Notes by which key all is sealed from now on.
pub fn set_sealed_with(conn: &mut Conn, mark: &str) -> Result<(), StoreError> {
    diesel::sql_query(
        "INSERT INTO registry_setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )
    .bind::<Text, _>(SEALED_WITH)
    .bind::<Text, _>(mark)
    .execute(conn)?;
    Ok(())
}

/// Brings a rotation to its end that was broken off after the database had its new key. One that was broken
/// off before changes nothing: the present key is still the right one.
pub fn settle(config: &Config) -> Result<(), KeyProblem> {
    let next = next_file(&config.key_file);
    if config.key.is_some() || !next.exists() {
        return Ok(());
    }
    // Half a key file was never the database's key.
    let Ok(key) = RegistryKey::read(&next) else { return Ok(()) };
    let done = match &config.database.url {
        None => opens(&super::embedded_file(&config.data), &key.secret()),
        Some(url) => conn::open(&Target::Postgres(url.clone()))
            .and_then(|mut conn| sealed_with(&mut conn))
            .is_ok_and(|mark| mark == key.mark()),
    };
    if done { put_in_place(&config.key_file).map(|_| ()) } else { Ok(()) }
}

/// Gives the new key the name of the present one, which stays beside it; says where.
pub fn put_in_place(key_file: &Path) -> Result<Option<PathBuf>, KeyProblem> {
    let problem = |source| KeyProblem::Io { file: key_file.display().to_string(), source };
    if !next_file(key_file).exists() {
        // Another command has settled it already.
        return Ok(None);
    }
    let kept = key_file.exists().then(|| keep(key_file)).transpose().map_err(problem)?;
    match fs::rename(next_file(key_file), key_file) {
        // Settled in between.
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        ended => ended.map_err(problem)?,
    }
    sync_folder(key_file).map_err(problem)?;
    Ok(kept)
}

/// Gives a file a second name that stays when another takes its first one: `registry.key.before-1`, or the
/// next that is free.
pub fn keep(file: &Path) -> io::Result<PathBuf> {
    let mut names = (1u32..).map(|n| with_tail(file, &format!(".before-{n}")));
    let kept = names.find(|name| !name.exists()).unwrap_or_else(|| with_tail(file, ".before"));
    fs::hard_link(file, &kept)?;
    Ok(kept)
}

/// Makes sure that the names in a file's folder are on the disk.
pub fn sync_folder(file: &Path) -> io::Result<()> {
    match file.parent().filter(|p| !p.as_os_str().is_empty()) {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
