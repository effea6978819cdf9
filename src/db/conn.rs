//! Connections to either database.

use std::{
    io::Read,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
};

use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection, connection::SimpleConnection, r2d2};

use super::StoreError;
use crate::config::Secret;

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// A PostgreSQL server.
    Pg(PgConnection),
    /// The embedded, encrypted file.
    Sqlite(SqliteConnection),
}

/// Runs the same text on whichever connection it is, where the common interface lacks something.
macro_rules! each_backend {
    ($conn:expr, |$c:ident| $body:expr) => {
        match &mut *$conn {
            $crate::db::Conn::Pg($c) => $body,
            $crate::db::Conn::Sqlite($c) => $body,
        }
    };
}
pub(crate) use each_backend;

/// Which database.
#[derive(Clone, Debug)]
pub enum Target {
    /// An embedded file and its 256-bit key as 64 hexadecimal digits.
    Embedded {
        /// The file.
        file: PathBuf,
        /// The key.
        key: Secret,
    },
    /// A PostgreSQL server.
    Postgres(Secret),
}

/// Opens connections for the pool.
#[derive(Debug)]
pub struct Manager {
    target: Target,
    /// Held as long as the pool is.
    alive: Arc<()>,
}

impl Manager {
    /// Opens connections to a target.
    pub fn new(target: Target) -> Self {
        Self { target, alive: Arc::default() }
    }

    /// Is nothing any more when the pool has ended.
    pub(super) fn alive(&self) -> Weak<()> {
        Arc::downgrade(&self.alive)
    }
}

/// Opens one connection, keyed and configured.
pub(super) fn open(target: &Target) -> Result<Conn, StoreError> {
    let no = |e: &dyn std::fmt::Display| StoreError::NoConnection(e.to_string());
    match target {
        Target::Embedded { file, key } => {
            // A new file is its owner's only; the log beside it takes over its rights.
            match super::key::write_private(file, b"") {
                Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return Err(no(&e)),
                _ => {}
            }
            let mut c = SqliteConnection::establish(&file.to_string_lossy()).map_err(|e| no(&e))?;
            if key.reveal().len() != 64 || !key.reveal().bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(StoreError::Refused("the registry key is not 64 hexadecimal digits".to_owned()));
            }
            // The key comes first; anything before it would touch the file without it.
            c.batch_execute(&format!(
                "PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'{}'\"; PRAGMA busy_timeout = 15000;",
                key.reveal()
            ))
            .map_err(|e| no(&e))?;
            // Write-ahead log with full syncing: what was acknowledged survives a power cut.
            c.batch_execute(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                 PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; \
                 PRAGMA wal_autocheckpoint = 16000;",
            )
            .map_err(|e| {
                if e.to_string().contains("not a database") {
                    StoreError::Refused(
                        "the database file cannot be read with this key: either the key is another registry's, \
                         or the file is not a registry"
                            .to_owned(),
                    )
                } else {
                    no(&e)
                }
            })?;
            Ok(Conn::Sqlite(c))
        }
        Target::Postgres(url) => {
            // The address may hold a password, so the library's message is not passed on whole.
            let mut c = PgConnection::establish(url.reveal()).map_err(|_| {
                StoreError::NoConnection("the PostgreSQL server did not let us in".to_owned())
            })?;
            c.batch_execute("SET TIME ZONE 'UTC'; SET synchronous_commit = on").map_err(|e| no(&e))?;
            Ok(Conn::Pg(c))
        }
    }
}

impl r2d2::ManageConnection for Manager {
    type Connection = Conn;
    type Error = StoreError;

    fn connect(&self) -> Result<Conn, StoreError> {
        open(&self.target)
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), StoreError> {
        diesel::sql_query("SELECT 1").execute(conn)?;
        Ok(())
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        std::thread::panicking() || r2d2::R2D2Connection::is_broken(conn)
    }
}

#[derive(diesel::QueryableByName)]
struct CipherVersion {
    #[diesel(sql_type = diesel::sql_types::Text)]
    cipher_version: String,
}

/// Proves that the embedded file is really encrypted, with the key at hand.
///
/// Plain SQLite ignores the key without a word and writes clear text, so the library is
/// asked for its cipher, the file's first bytes are looked at, and a page is read.
pub(super) fn prove_encrypted(target: &Target) -> Result<(), StoreError> {
    let Target::Embedded { file, .. } = target else { return Ok(()) };
    refuse_plain_file(file)?;
    let mut conn = open(target)?;
    let versions: Vec<CipherVersion> = diesel::sql_query("PRAGMA cipher_version").load(&mut conn)?;
    if versions.first().is_none_or(|v| v.cipher_version.is_empty()) {
        return Err(StoreError::Refused(
            "this program was built without encryption of the database".to_owned(),
        ));
    }
    diesel::sql_query("SELECT count(*) FROM sqlite_master")
        .execute(&mut conn)
        .map_err(|_| StoreError::Refused("the database file cannot be read with this key".to_owned()))?;
    refuse_plain_file(file)
}

fn refuse_plain_file(file: &Path) -> Result<(), StoreError> {
    let mut head = [0u8; 16];
    let read = std::fs::File::open(file).and_then(|mut f| f.read(&mut head)).unwrap_or(0);
    if read == 16 && head.starts_with(b"SQLite format 3") {
        return Err(StoreError::Refused(format!("{} is not encrypted", file.display())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(file: PathBuf, digit: char) -> Target {
        Target::Embedded { file, key: Secret::new(digit.to_string().repeat(64)) }
    }

    #[test]
    fn the_file_is_ciphertext_and_opens_only_with_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("r.db");
        let right = target(file.clone(), 'a');
        open(&right).unwrap().batch_execute("CREATE TABLE canary_table (x TEXT) STRICT").unwrap();
        prove_encrypted(&right).unwrap();
        #[cfg(unix)]
        for file in std::fs::read_dir(folder.path()).unwrap() {
            use std::os::unix::fs::PermissionsExt;
            let file = file.unwrap();
            let mode = file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{:?}", file.file_name());
        }
        let mut bytes = std::fs::read(&file).unwrap();
        bytes.extend(std::fs::read(folder.path().join("r.db-wal")).unwrap_or_default());
        assert!(!bytes.windows(6).any(|w| w == b"canary") && !bytes.starts_with(b"SQLite"));
        let refusal = prove_encrypted(&target(file, 'b')).unwrap_err().to_string();
        assert!(refusal.contains("key"), "{refusal}");
    }

    #[test]
    fn a_plain_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plain.db");
        let mut plain = SqliteConnection::establish(&file.to_string_lossy()).unwrap();
        plain.batch_execute("CREATE TABLE t (x TEXT)").unwrap();
        let refusal = prove_encrypted(&target(file, 'a')).unwrap_err().to_string();
        assert!(refusal.contains("not encrypted"), "{refusal}");
    }
}
