//! Backup, restore, check.
//!
//! A backup is one file: every table of a consistent snapshot, line by line, packed and sealed with the
//! recovery key. It holds no key and needs none but the recovery key, so it can be restored onto a bare
//! machine and into either kind of database. A restore reads the whole backup before it touches anything.
//!
//! Sources: 45 CFR 164.308(a)(7); NIST SP 800-53 r5 CP-9, CP-10.

mod sealed;
pub mod store;

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use sealed::NotABackup;
use sealed::{OpenReader, SealWriter};

use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    clock::Chance,
    db::{Conn, Db, HoldsStoreError, StoreError, migrate},
    seal::{Sealer, hex},
};

/// Why there is no backup, or why it was not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It cannot be read or written.
    #[error(transparent)]
    File(#[from] NotABackup),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<std::io::Error> for BackupError {
    fn from(e: std::io::Error) -> Self {
        Self::File(match e.kind() {
            // The readers below a line say so when a chunk does not open or the packing breaks.
            std::io::ErrorKind::InvalidData
            | std::io::ErrorKind::InvalidInput
            | std::io::ErrorKind::UnexpectedEof => NotABackup::Damaged,
            _ => NotABackup::Io(e),
        })
    }
}

impl From<diesel::result::Error> for BackupError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Store(e.into())
    }
}

impl HoldsStoreError for BackupError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            Self::File(_) => None,
        }
    }
}

/// First line of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Form of the lines.
    pub format: u32,
    /// Version of the program that made it.
    pub program: String,
    /// When, UTC.
    pub made_at: String,
    /// Migrations the tables have.
    pub schema: Vec<String>,
    /// Public ids of the facilities.
    pub facilities: Vec<String>,
    /// Mark of the registry key that sealed drafts; tells nothing of the key.
    pub registry_mark: String,
}

/// Last line of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Trailer {
    rows: BTreeMap<String, i64>,
    sha256: String,
}

/// Head of a table.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableHead {
    table: String,
    columns: Vec<String>,
}

/// What a backup holds, after all of it was read and found whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Its first line.
    pub manifest: Manifest,
    /// Rows of each table.
    pub rows: BTreeMap<String, i64>,
    /// Fingerprint of its lines.
    pub sha256: String,
}

const FORMAT: u32 = 1;

/// As [`crate::db::key::RegistryKey::mark`].
fn registry_mark(sealer: &Sealer) -> String {
    sealer.fingerprint("registry mark", b"").chars().take(16).collect()
}

/// Writes lines and counts them.
struct Lines<W: Write> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Lines<W> {
    fn line(&mut self, text: &str) -> Result<(), BackupError> {
        self.hash.update(text.as_bytes());
        self.hash.update(b"\n");
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(b"\n")?;
        Ok(())
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers are always JSON")
}

/// Makes a backup: a snapshot, sealed, read back and verified, then given its name. An existing file stays.
pub fn make(db: &Db, actor: &Actor, recovery: &Sealer, file: &Path) -> Result<Verified, BackupError> {
    if file.exists() {
        let said =
            format!("{} exists already; a backup never takes the place of another file", file.display());
        return Err(NotABackup::Content(said).into());
    }
    let unfinished = beside(file, "part");
    let made = write(db, recovery, &unfinished).and_then(|()| verify(recovery, &unfinished));
    let verified = match made {
        Ok(verified) => verified,
        Err(e) => {
            // What is left of a failed attempt; the attempt's own error is the one to tell.
            let _ = std::fs::remove_file(&unfinished);
            return Err(e);
        }
    };
    std::fs::rename(&unfinished, file)?;
    db.write(actor, |tx| {
        let rows: i64 = verified.rows.values().sum();
        tx.record(Event::new(AuditAction::Backup).detail(format!("{rows} rows, sha256 {}", verified.sha256)));
        Ok::<_, StoreError>(())
    })?;
    Ok(verified)
}

fn beside(file: &Path, word: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{word}"));
    file.with_file_name(name)
}

fn write(db: &Db, recovery: &Sealer, file: &Path) -> Result<(), BackupError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let out = BufWriter::new(options.open(file)?);
    let sealed = SealWriter::new(out, recovery, db.chance.as_ref() as &dyn Chance)?;
    let mut lines = Lines { out: GzEncoder::new(sealed, Compression::fast()), hash: Sha256::new() };
    db.read(|conn| dump_all(conn, db, &mut lines))?;
    let sealed = lines.out.finish()?;
    let out = sealed.finish()?;
    let file = out.into_inner().map_err(|e| BackupError::from(e.into_error()))?;
    file.sync_all()?;
    Ok(())
}

fn dump_all<W: Write>(conn: &mut Conn, db: &Db, lines: &mut Lines<W>) -> Result<(), BackupError> {
    let manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: db.clock.now().to_rfc3339(),
        schema: migrate::known()?,
        facilities: store::facilities(conn)?,
        registry_mark: registry_mark(&db.sealer),
    };
    lines.line(&json(&manifest))?;
    let mut rows = BTreeMap::new();
    for table in store::TABLES {
        let columns = store::columns(conn, table)?;
        let names = columns.iter().map(|c| c.name.clone()).collect();
        lines.line(&json(&TableHead { table: (*table).to_owned(), columns: names }))?;
        let mut n = 0;
        store::dump(conn, table, &columns, |line| {
            n += 1;
            lines.line(line)
        })?;
        rows.insert((*table).to_owned(), n);
    }
    let sha256 = hex(lines.hash.clone().finalize().as_slice());
    lines.line(&json(&Trailer { rows, sha256 }))
}

/// A line of a backup as it is read.
enum Piece {
    Manifest,
    Table(TableHead),
    Row(String),
    End(Verified),
}

/// Reads a backup piece by piece; the end comes only when everything before it was whole.
fn read<E: From<BackupError>>(
    recovery: &Sealer,
    file: &Path,
    mut take: impl FnMut(Piece) -> Result<(), E>,
) -> Result<(), E> {
    let bad = |why: &str| E::from(BackupError::from(NotABackup::Content(format!("this backup {why}"))));
    let damaged = || E::from(BackupError::from(NotABackup::Damaged));
    let io = |e: std::io::Error| E::from(BackupError::from(e));
    let opened = OpenReader::new(BufReader::new(File::open(file).map_err(io)?), recovery)
        .map_err(|e| E::from(BackupError::from(e)))?;
    let mut lines = BufReader::new(GzDecoder::new(opened));
    let (mut hash, mut rows) = (Sha256::new(), BTreeMap::new());
    let (mut manifest, mut table): (Option<Manifest>, Option<String>) = (None, None);
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).map_err(io)? == 0 {
            return Err(damaged());
        }
        let text = line.trim_end_matches('\n');
        if manifest.is_some() && text.starts_with('{') {
            if let Ok(trailer) = serde_json::from_str::<Trailer>(text) {
                let whole = trailer.rows == rows && trailer.sha256 == hex(hash.finalize().as_slice());
                // Reading to the end proves the last chunk and the checksum of the packing.
                let mut rest = Vec::new();
                std::io::Read::read_to_end(&mut lines, &mut rest).map_err(io)?;
                let manifest = manifest.filter(|_| whole && rest.is_empty()).ok_or_else(damaged)?;
                return take(Piece::End(Verified { manifest, rows, sha256: trailer.sha256 }));
            }
            let head: TableHead = serde_json::from_str(text).map_err(|_| damaged())?;
            rows.insert(head.table.clone(), 0);
            table = Some(head.table.clone());
            take(Piece::Table(head))?;
        } else if manifest.is_none() {
            let first: Manifest = serde_json::from_str(text).map_err(|_| damaged())?;
            if first.format != FORMAT {
                return Err(bad(&format!(
                    "was made by program {} in a form ({}) that this one does not read",
                    first.program, first.format
                )));
            }
            take(Piece::Manifest)?;
            manifest = Some(first);
        } else {
            let counted = table.as_ref().and_then(|t| rows.get_mut(t)).ok_or_else(damaged)?;
            *counted += 1;
            take(Piece::Row(text.to_owned()))?;
        }
        hash.update(line.as_bytes());
    }
}

/// Reads all of a backup and checks that it is whole; changes nothing.
pub fn verify(recovery: &Sealer, file: &Path) -> Result<Verified, BackupError> {
    let mut verified = None;
    read(recovery, file, |piece| {
        if let Piece::End(end) = piece {
            verified = Some(end);
        }
        Ok::<_, BackupError>(())
    })?;
    verified.ok_or_else(|| NotABackup::Damaged.into())
}

/// May this verified backup be restored by this program, in the place of a registry with `present`
/// facilities (none on a bare machine)?
pub fn fits(verified: &Verified, present: &[String]) -> Result<(), BackupError> {
    let known = migrate::known()?;
    let manifest = &verified.manifest;
    let refuse = |why: String| Err(NotABackup::Content(why).into());
    let newer: Vec<&str> =
        manifest.schema.iter().filter(|v| !known.contains(v)).map(String::as_str).collect();
    if !newer.is_empty() {
        return refuse(format!(
            "this backup was made by a newer program (schema {}); this one is too old for it",
            newer.join(", ")
        ));
    }
    if !present.is_empty() && !manifest.facilities.iter().any(|f| present.contains(f)) {
        return refuse(
            "this backup is of another registry: none of its facilities is in the present one. Restore it into a \
             data directory of its own"
                .to_owned(),
        );
    }
    Ok(())
}

/// What was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What the backup held.
    pub verified: Verified,
    /// Unsaved drafts that could not be taken over, since they were sealed with another registry key.
    pub drafts_lost: i64,
}

/// Rows handed to the database at once.
const BATCH: usize = 200;

/// Fills an empty, migrated database from a backup that was verified, in one transaction.
pub fn fill(db: &Db, recovery: &Sealer, file: &Path) -> Result<Restored, BackupError> {
    db.keep(|conn| {
        for table in store::TABLES {
            if store::count(conn, table)? > 0 {
                let why =
                    format!("the database is not empty ({table}); a backup is restored into an empty one");
                return Err(NotABackup::Content(why).into());
            }
        }
        let mut end = None;
        let mut filling: Option<(TableHead, Vec<store::Column>)> = None;
        let mut batch: Vec<String> = Vec::new();
        read(recovery, file, |piece| {
            let flush = !matches!(piece, Piece::Row(_)) || batch.len() >= BATCH;
            if flush && !batch.is_empty() {
                let (head, columns) = filling.as_ref().ok_or(NotABackup::Damaged)?;
                let rows = format!("[{}]", batch.join(","));
                store::insert(conn, &head.table, columns, &head.columns, &rows)?;
                batch.clear();
            }
            match piece {
                Piece::Manifest => {}
                Piece::Table(head) => {
                    if !store::TABLES.contains(&head.table.as_str()) {
                        let why =
                            format!("this backup has a table {} that this program does not know", head.table);
                        return Err(BackupError::from(NotABackup::Content(why)));
                    }
                    let columns = store::columns(conn, &head.table)?;
                    filling = Some((head, columns));
                }
                Piece::Row(row) => batch.push(row),
                Piece::End(verified) => end = Some(verified),
            }
            Ok::<_, BackupError>(())
        })?;
        let verified = end.ok_or(NotABackup::Damaged)?;
        for (table, rows) in &verified.rows {
            if store::count(conn, table)? != *rows {
                return Err(StoreError::Refused(format!("not all rows of {table} arrived")).into());
            }
        }
        let drafts_lost = store::settle(conn, verified.manifest.registry_mark == registry_mark(&db.sealer))?;
        Ok(Restored { verified, drafts_lost })
    })
}

/// Records a restore in the restored registry.
pub fn record_restore(db: &Db, actor: &Actor, restored: &Restored) -> Result<(), StoreError> {
    db.write(actor, |tx| {
        let manifest = &restored.verified.manifest;
        tx.record(
            Event::new(AuditAction::Restore)
                .detail(format!("backup of {}, sha256 {}", manifest.made_at, restored.verified.sha256)),
        );
        Ok(())
    })
}

/// Brings an embedded database into one file, so that it can be moved.
pub fn into_one_file(db: &Db) -> Result<(), StoreError> {
    db.maintenance(store::into_one_file)
}

/// The facilities of an open registry, by public id.
pub fn facilities(db: &Db) -> Result<Vec<String>, StoreError> {
    db.read(store::facilities)
}

/// What is wrong with the database itself; empty when all is well. Gives the rows of each table too.
pub fn check(db: &Db) -> Result<(Vec<String>, BTreeMap<String, i64>), StoreError> {
    db.read(|conn| {
        let complaints = store::complaints(conn)?;
        let mut rows = BTreeMap::new();
        for table in store::TABLES {
            rows.insert((*table).to_owned(), store::count(conn, table)?);
        }
        Ok((complaints, rows))
    })
}

/// The tables of the database that no backup would hold; for the test that there are none.
pub fn left_out(db: &Db) -> Result<Vec<String>, StoreError> {
    let all = db.read(store::tables)?;
    Ok(all.into_iter().filter(|t| !store::TABLES.contains(&t.as_str())).collect())
}
