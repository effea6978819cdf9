//! Brings a file into the registry: group by group, each all or nothing, resumable.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    group::{Context, Decisions, decide_group, save_group},
    groups::{Group, Groups, Repeated},
    ledger::{Counts, FlagNote, Flags, Ledger, RejectNote},
    naaccr_xml::{
        Fault, Input, Limits, Outcome, Reader, UserDictionary, examine, input::ExamineError,
        reader::OpenError,
    },
    plan::Known,
    store::{self, BatchRow},
};
use crate::{
    access::{Actor, ActorKind},
    audit::{AuditAction, Event},
    db::{Db, HoldsStoreError, StoreError, Tx},
    facility,
    save::SaveRefused,
};

/// A file that can be opened more than once.
pub trait Source {
    /// Its name, as people know it.
    fn name(&self) -> String;
    /// Opens it at its beginning.
    fn open(&self) -> io::Result<Box<dyn Read + '_>>;
}

/// A file of the host.
#[derive(Clone, Debug)]
pub struct HostFile(pub PathBuf);

impl Source for HostFile {
    fn name(&self) -> String {
        self.0.display().to_string()
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(File::open(&self.0)?))
    }
}

/// How to import.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Decide everything, write nothing.
    pub dry_run: bool,
    /// Limits of reading.
    pub limits: Limits,
    /// User dictionaries given with the file.
    pub user: Vec<UserDictionary>,
    /// The batch row of an upload.
    pub batch: Option<String>,
}

/// How far an import is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Patients read.
    pub patients: u64,
    /// Tumors read.
    pub tumors: u64,
}

/// Most rejects that a report names; all are kept with the batch.
pub const MOST_REJECTS: usize = 1000;

/// What became of a file. `docs/exchange.md` describes the JSON.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The file.
    pub path: String,
    /// Why it was refused whole.
    pub refused: Option<String>,
    /// The very same file was imported before; nothing was done.
    pub again: bool,
    /// Nothing was written.
    pub dry_run: bool,
    /// It went on where an earlier run broke off.
    pub resumed: bool,
    /// Ledger of patients.
    pub patients: Counts,
    /// Ledger of tumors.
    pub tumors: Counts,
    /// What could not be kept, at most [`MOST_REJECTS`].
    pub rejects: Vec<RejectNote>,
    /// What a person should look at: how often, by kind.
    pub reviews: BTreeMap<String, u64>,
    /// What is unusual and was kept.
    pub flags: Vec<FlagNote>,
    /// Public id of the batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
}

impl Report {
    /// Anything refused or rejected?
    pub fn has_findings(&self) -> bool {
        self.refused.is_some() || !self.rejects.is_empty()
    }

    /// Both ledgers.
    pub fn ledger(&self) -> Ledger {
        Ledger { patients: self.patients, tumors: self.tumors }
    }

    fn refuse(&mut self, fault: &Fault) {
        self.refused = Some(fault.problem.to_string());
        self.rejects = vec![RejectNote::from(fault)];
    }
}

/// Why an import could not go on. What was saved before stands, and the same file goes on behind it.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The disk or network failed.
    #[error("the file could not be read: {0}")]
    Io(#[from] io::Error),
    /// Another run imports the same file.
    #[error("this file is being imported by another run; wait for it to end")]
    Busy,
    /// The writer refused.
    #[error(transparent)]
    Save(#[from] SaveRefused),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl HoldsStoreError for ImportError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            Self::Save(e) => e.store_error(),
            Self::Io(_) | Self::Busy => None,
        }
    }
}

/// Imports a file for an actor into the facility the actor works in.
///
/// # Errors
/// Only what keeps the program from going on; everything wrong with the file is in the report.
pub fn import_file(
    db: &Db,
    actor: &Actor,
    source: &dyn Source,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, ImportError> {
    let mut report = Report { path: source.name(), dry_run: options.dry_run, ..Report::default() };
    let examined = match examine(source.open()?, options.limits) {
        Ok(examined) => examined,
        Err(ExamineError::Io(e)) => return Err(e.into()),
        Err(ExamineError::Refused(fault)) => return refused(db, actor, options, report, &fault),
    };
    if let Some(earlier) = earlier_run(db, actor, &examined.fingerprint, options)?
        && earlier.state == "finished"
    {
        return again(db, actor, options, report, &earlier);
    }
    let mut reader = match open(source, options) {
        Ok(reader) => reader,
        Err(OpenError::Io(e)) => return Err(e.into()),
        Err(OpenError::Refused(fault)) => return refused(db, actor, options, report, &fault),
    };
    let made = reader.root().made();
    let facilities = db.read(facility::all)?;
    let context = Context::new(actor, facilities, made);
    let user = dictionaries(db, actor, options, &reader)?;
    reader.know(user);
    if options.dry_run {
        dry_run(db, source, options, &context, reader, &mut report, progress)?;
        return Ok(report);
    }
    let mut batch = begin(db, actor, source, options, &examined, &reader)?;
    report.resumed = batch.checkpoint > 0;
    report.batch = Some(batch.uid.clone());
    if report.resumed {
        report.rejects = rejects_of(db, &batch)?;
    }
    let mut flags = Flags::default();
    let done = u64::try_from(batch.checkpoint).unwrap_or(0);
    let mut rest = None;
    let mut groups = Groups::after(reader, done, &mut |outcome| match outcome {
        Outcome::Patient(read) => flags.note(read),
        Outcome::Rejected(reject) if reject.ends_reading => rest = Some(None),
        Outcome::Rejected(_) => {}
    })?;
    loop {
        let group = groups.read()?;
        let last = group.last;
        note(&group, &mut report, &mut flags);
        for part in context.split(group) {
            let saved =
                db.write(&context.actor(part.facility), |tx| save_group(tx, &context, &part.group, &batch))?;
            if saved.rest.is_some() {
                rest = Some(saved.rest);
            }
            batch = saved.batch;
        }
        let ledger = batch.ledger();
        progress(Progress { patients: ledger.patients.read, tumors: ledger.tumors.read });
        if last {
            break;
        }
    }
    if let Some(reject) = rest {
        keep_rest(db, &batch, reject, groups.reader())?;
    }
    batch.root = root_json(groups.reader());
    finish(db, actor, &mut batch, &flags)?;
    let ledger = batch.ledger();
    report.patients = ledger.patients;
    report.tumors = ledger.tumors;
    report.flags = flags.iter().cloned().collect();
    report.reviews = review_counts(db, &batch)?;
    Ok(report)
}

fn open<'a>(
    source: &'a dyn Source,
    options: &Options,
) -> Result<Reader<Input<Box<dyn Read + 'a>>>, OpenError> {
    let input = Input::new(source.open()?, options.limits)?;
    Reader::open(input, Vec::new(), options.limits)
}

/// The dictionaries given with the file, else those that were kept under the names the file gives.
fn dictionaries<R: Read>(
    db: &Db,
    actor: &Actor,
    options: &Options,
    reader: &Reader<R>,
) -> Result<Vec<UserDictionary>, ImportError> {
    let mut user = options.user.clone();
    let named: Vec<String> = reader
        .root()
        .user_dictionaries()
        .filter(|uri| !user.iter().any(|d| d.uri == *uri))
        .map(str::to_owned)
        .collect();
    if let (false, Some(scope)) = (named.is_empty(), actor.scope()) {
        for body in db.read(|conn| store::dictionaries(conn, scope, &named))? {
            user.extend(UserDictionary::read(body.as_bytes()).ok());
        }
    }
    Ok(user)
}

/// Is this a user dictionary and no file of records? Looks at the beginning only.
///
/// # Errors
/// When the file cannot be read.
pub fn is_dictionary(source: &dyn Source) -> io::Result<bool> {
    let mut start = Vec::new();
    source.open()?.take(8192).read_to_end(&mut start)?;
    let text = String::from_utf8_lossy(&start);
    let first = text.find("<NaaccrDictionary");
    Ok(first.is_some_and(|at| text.find("<NaaccrData").is_none_or(|data| at < data)))
}

/// Keeps a user dictionary for the actor's facility; `false` when this very text is kept already.
///
/// # Errors
/// When the store fails.
pub fn keep_dictionary(db: &Db, actor: &Actor, dictionary: &UserDictionary) -> Result<bool, ImportError> {
    let hash = crate::seal::hex(&Sha256::digest(dictionary.text.as_bytes()));
    db.write(actor, |tx| {
        let (scope, now) = (tx.scope()?, tx.now());
        let new = store::keep_dictionary(tx.conn(), scope, &dictionary.uri, &hash, &dictionary.text, now)?;
        tx.record(Event::new(AuditAction::Import).detail(format!("user dictionary {hash}")));
        Ok(new)
    })
}

/// The same bytes imported before, or begun.
fn earlier_run(
    db: &Db,
    actor: &Actor,
    fingerprint: &str,
    options: &Options,
) -> Result<Option<BatchRow>, ImportError> {
    let Some(scope) = actor.scope() else { return Ok(None) };
    let found = db.read(|conn| store::same_file(conn, scope, fingerprint))?;
    Ok(found.filter(|batch| options.batch.as_ref() != Some(&batch.uid)))
}

fn root_json<R: Read>(reader: &Reader<R>) -> String {
    serde_json::to_string(reader.root()).expect("texts and numbers are always JSON")
}

/// The batch row to work with: that of the upload, of the broken-off run, or a new one.
fn begin<R: Read>(
    db: &Db,
    actor: &Actor,
    source: &dyn Source,
    options: &Options,
    examined: &super::naaccr_xml::Examined,
    reader: &Reader<R>,
) -> Result<BatchRow, ImportError> {
    let root = reader.root();
    db.write(actor, |tx| {
        let mut row = row_of(tx, options, &source.name())?;
        let scope = tx.scope()?;
        let begun = store::same_file(tx.conn(), scope, &examined.fingerprint)?
            .filter(|earlier| earlier.state == "running" && earlier.id != row.id);
        if let Some(earlier) = begun {
            // A run at the host takes over what broke off; an upload does not.
            if row.id != 0 {
                return Err(ImportError::Busy);
            }
            row = earlier;
        }
        row.file_hash.clone_from(&examined.fingerprint);
        row.file_bytes = store::signed(examined.bytes);
        row.state = "running".to_owned();
        row.naaccr_version = i32::from(root.version.0);
        row.record_type = root.record_type.letter().to_owned();
        row.root = root_json(reader);
        put(tx, &mut row)?;
        tx.record(Event::new(AuditAction::Import).detail(format!("batch {} begun", row.uid)));
        Ok(row)
    })
}

/// The row of the upload, or a new one that is not yet in the table (its key is 0).
fn row_of(tx: &mut Tx<'_>, options: &Options, name: &str) -> Result<BatchRow, ImportError> {
    let scope = tx.scope()?;
    if let Some(uid) = &options.batch
        && let Some(row) = store::batch_by_uid(tx.conn(), scope, uid)?
    {
        return Ok(row);
    }
    let short =
        Path::new(name).file_name().map_or_else(|| name.to_owned(), |n| n.to_string_lossy().into_owned());
    Ok(BatchRow::new(tx.new_id().to_string(), scope, tx.actor(), &short, tx.now()))
}

fn put(tx: &mut Tx<'_>, row: &mut BatchRow) -> Result<(), ImportError> {
    if row.id == 0 {
        row.id = store::insert_batch(tx.conn(), row)?;
    } else if !store::update_batch(tx.conn(), row, row.checkpoint)? {
        return Err(ImportError::Busy);
    }
    Ok(())
}

fn note(group: &Group, report: &mut Report, flags: &mut Flags) {
    for outcome in &group.outcomes {
        match outcome {
            Outcome::Patient(read) => flags.note(read),
            Outcome::Rejected(reject) if report.rejects.len() < MOST_REJECTS => {
                report.rejects.push(RejectNote::from(&reject.fault));
            }
            Outcome::Rejected(_) => {}
        }
    }
}

/// Keeps what follows a break, piece by piece.
fn keep_rest<R: Read>(
    db: &Db,
    batch: &BatchRow,
    reject: Option<i64>,
    reader: &mut Reader<R>,
) -> Result<(), ImportError> {
    const PIECE: usize = 1 << 20;
    let reject = match reject {
        Some(reject) => reject,
        // Broken off while the rest was kept: the last reject of the batch is the one.
        None => match db.read(|conn| store::last_reject(conn, batch.id))? {
            Some(reject) => reject,
            None => return Ok(()),
        },
    };
    let (mut piece, mut seq) = (Vec::with_capacity(PIECE), 1);
    let mut keep = |piece: &mut Vec<u8>| -> io::Result<()> {
        db.keep(|conn| store::put_reject_part(conn, reject, seq, piece)).map_err(io::Error::other)?;
        seq += 1;
        piece.clear();
        Ok(())
    };
    reader.drain_rest(&mut |bytes| {
        piece.extend_from_slice(bytes);
        if piece.len() >= PIECE { keep(&mut piece) } else { Ok(()) }
    })?;
    if !piece.is_empty() {
        keep(&mut piece)?;
    }
    Ok(())
}

fn finish(db: &Db, actor: &Actor, batch: &mut BatchRow, flags: &Flags) -> Result<(), ImportError> {
    *batch = db.write(actor, |tx| {
        let mut row = batch.clone();
        row.state = "finished".to_owned();
        row.finished_at = Some(tx.now().naive_utc());
        store::set_flags(tx.conn(), row.id, flags)?;
        store::forget_upload(tx.conn(), row.id)?;
        put(tx, &mut row)?;
        let ledger = row.ledger();
        let detail = format!(
            "batch {} finished: patients {} new, {} changed, {} unchanged, {} rejected",
            row.uid,
            ledger.patients.accepted,
            ledger.patients.merged,
            ledger.patients.duplicate,
            ledger.patients.rejected
        );
        tx.record(Event::new(AuditAction::Import).detail(detail));
        Ok::<_, ImportError>(row)
    })?;
    Ok(())
}

fn refused(
    db: &Db,
    actor: &Actor,
    options: &Options,
    mut report: Report,
    fault: &Fault,
) -> Result<Report, ImportError> {
    report.refuse(fault);
    if !options.dry_run {
        let uid = db.write(actor, |tx| {
            let mut row = row_of(tx, options, &report.path)?;
            row.state = "refused".to_owned();
            row.message = fault.to_string();
            row.finished_at = Some(tx.now().naive_utc());
            put(tx, &mut row)?;
            store::forget_upload(tx.conn(), row.id)?;
            tx.record(Event::new(AuditAction::Import).refused().detail(format!("batch {} refused", row.uid)));
            Ok::<_, ImportError>(row.uid)
        })?;
        report.batch = Some(uid);
    }
    Ok(report)
}

/// The very same file once more: everything in it is a duplicate.
fn again(
    db: &Db,
    actor: &Actor,
    options: &Options,
    mut report: Report,
    earlier: &BatchRow,
) -> Result<Report, ImportError> {
    let all = |counts: Counts| Counts {
        read: counts.read,
        duplicate: counts.read - counts.rejected,
        rejected: counts.rejected,
        ..Counts::default()
    };
    let before = earlier.ledger();
    let ledger = Ledger { patients: all(before.patients), tumors: all(before.tumors) };
    report.again = true;
    report.patients = ledger.patients;
    report.tumors = ledger.tumors;
    report.rejects = rejects_of(db, earlier)?;
    if !options.dry_run {
        let uid = db.write(actor, |tx| {
            let mut row = row_of(tx, options, &report.path)?;
            row.state = "again".to_owned();
            row.file_hash.clone_from(&earlier.file_hash);
            row.file_bytes = earlier.file_bytes;
            row.naaccr_version = earlier.naaccr_version;
            row.record_type.clone_from(&earlier.record_type);
            row.message.clone_from(&earlier.uid);
            row.finished_at = Some(tx.now().naive_utc());
            row.set_ledger(&ledger);
            put(tx, &mut row)?;
            store::forget_upload(tx.conn(), row.id)?;
            let detail =
                format!("batch {}: the file of batch {} again, nothing changed", row.uid, earlier.uid);
            tx.record(Event::new(AuditAction::Import).detail(detail));
            Ok::<_, ImportError>(row.uid)
        })?;
        report.batch = Some(uid);
    }
    Ok(report)
}

fn rejects_of(db: &Db, batch: &BatchRow) -> Result<Vec<RejectNote>, ImportError> {
    let most = i64::try_from(MOST_REJECTS).unwrap_or(i64::MAX);
    let rows = db.read(|conn| store::rejects(conn, batch.id, most))?;
    Ok(rows.iter().map(store::RejectRow::note).collect())
}

fn review_counts(db: &Db, batch: &BatchRow) -> Result<BTreeMap<String, u64>, ImportError> {
    let counts = db.read(|conn| store::review_counts(conn, batch.id))?;
    Ok(counts.into_iter().map(|(kind, n)| (kind, u64::try_from(n).unwrap_or(0))).collect())
}

/// Takes every decision of an import on what is stored now, and writes nothing but the audit event.
fn dry_run<R: Read>(
    db: &Db,
    source: &dyn Source,
    options: &Options,
    context: &Context,
    reader: Reader<R>,
    report: &mut Report,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), ImportError> {
    // Only patients who come more than once in the file must be remembered.
    let repeated = match open(source, options) {
        Ok(reader) => Repeated::of(reader)?,
        Err(OpenError::Io(e)) => return Err(e.into()),
        Err(OpenError::Refused(_)) => Repeated::default(),
    };
    let mut overlays: BTreeMap<i64, Vec<Known>> = BTreeMap::new();
    let mut flags = Flags::default();
    let mut ledger = Ledger::default();
    let mut groups = Groups::after(reader, 0, &mut |_| {})?;
    loop {
        let group = groups.read()?;
        let last = group.last;
        note(&group, report, &mut flags);
        for part in context.split(group) {
            let overlay = overlays.remove(&part.facility).unwrap_or_default();
            let decisions: Decisions = db.view(&context.actor(part.facility), |tx| {
                tx.record(Event::new(AuditAction::Import).detail("dry run"));
                decide_group(tx, context, &part.group, "", overlay)
            })?;
            ledger.add(&decisions.ledger);
            for (_, _, review) in &decisions.reviews {
                *report.reviews.entry(review.code().to_owned()).or_default() += 1;
            }
            let kept = decisions
                .pool
                .into_people()
                .into_iter()
                .filter(|k| k.is_changed() && repeated.may_come_again(&k.keys()))
                .collect();
            overlays.insert(part.facility, kept);
        }
        progress(Progress { patients: ledger.patients.read, tumors: ledger.tumors.read });
        if last {
            break;
        }
    }
    report.patients = ledger.patients;
    report.tumors = ledger.tumors;
    report.flags = flags.iter().cloned().collect();
    Ok(())
}

/// Is the actor one who may write to every facility?
pub(super) fn goes_everywhere(actor: &Actor) -> bool {
    matches!(actor.kind, ActorKind::Host)
}

/// When a file was made: what the file says, unless it says a day to come.
pub(super) fn made_before(made: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    made.filter(|m| *m <= now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::ledger::Fate;

    #[test]
    fn the_ledger_of_a_file_that_comes_again_still_holds() {
        let mut counts = Counts::default();
        for (fate, n) in [(Fate::Accepted, 5), (Fate::Merged, 2), (Fate::Duplicate, 1), (Fate::Rejected, 3)] {
            counts.add(fate, n);
        }
        assert!(counts.holds());
        assert_eq!(counts.read, 11);
    }
}
