//! Brings a file into the registry: group by group, each all or nothing, resumable.

mod batch;
mod context;
mod dictionaries;
mod dry_run;
mod group;
mod report;
mod source;

use std::io::{self, Read};

use super::{
    edit_notes::Judging,
    groups::Groups,
    ledger::{Flags, Ledger},
    naaccr_xml::{
        Examined, Input, Limits, Outcome, Reader, UserDictionary, examine, input::ExamineError,
        reader::OpenError,
    },
    store,
};
use crate::{
    access::Actor,
    db::{Db, HoldsStoreError, StoreError},
    facility,
    save::SaveRefused,
};
use context::Context;
pub use dictionaries::keep_dictionary;
pub use report::{MOST_REJECTS, Report};
pub use source::{HostFile, Source, is_dictionary};

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

impl Progress {
    fn of(ledger: &Ledger) -> Self {
        Self { patients: ledger.patients.read, tumors: ledger.tumors.read }
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

/// What every step of one import needs.
#[derive(Clone, Copy)]
struct Run<'a> {
    db: &'a Db,
    actor: &'a Actor,
    source: &'a dyn Source,
    options: &'a Options,
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
    let run = Run { db, actor, source, options };
    let mut report = Report { path: source.name(), dry_run: options.dry_run, ..Report::default() };
    let examined = match examine(source.open()?, options.limits) {
        Ok(examined) => examined,
        Err(ExamineError::Io(e)) => return Err(e.into()),
        Err(ExamineError::Refused(fault)) => return run.refused(report, &fault),
    };
    if let Some(earlier) = run.earlier(&examined.fingerprint)?
        && earlier.state == "finished"
    {
        return run.again(report, &earlier);
    }
    let mut reader = match open(source, options) {
        Ok(reader) => reader,
        Err(OpenError::Io(e)) => return Err(e.into()),
        Err(OpenError::Refused(fault)) => return run.refused(report, &fault),
    };
    let context = Context::new(actor, db.read(facility::all)?, reader.root().made());
    reader.know(dictionaries::of_file(run, &reader)?);
    if options.dry_run {
        dry_run::run(run, &context, reader, &mut report, progress)?;
    } else {
        save(run, &context, &examined, reader, &mut report, progress)?;
    }
    Ok(report)
}

fn open<'a>(
    source: &'a dyn Source,
    options: &Options,
) -> Result<Reader<Input<Box<dyn Read + Send + 'a>>>, OpenError> {
    let input = Input::new(source.open()?, options.limits)?;
    Reader::open(input, Vec::new(), options.limits)
}

/// The reject that ended the reading, after which the rest of the file must be kept.
#[derive(Clone, Copy)]
enum Break {
    /// Saved by this run, under this key.
    Now(i64),
    /// Saved by the run that broke off.
    Before,
}

/// Saves a file group by group, from where an earlier run broke off.
fn save<R: Read + Send>(
    run: Run<'_>,
    context: &Context,
    examined: &Examined,
    reader: Reader<R>,
    report: &mut Report,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), ImportError> {
    let db = run.db;
    let mut batch = run.begin(examined, &reader)?;
    report.resumed = batch.checkpoint > 0;
    report.batch = Some(batch.uid.clone());
    if report.resumed {
        report.rejects = batch::rejects_of(db, &batch)?;
    }
    let mut flags = Flags::default();
    let mut judging = Judging::new(db, context.facilities())?;
    let mut broken = None;
    let groups = Groups::after(reader, store::unsigned(batch.checkpoint), &mut |outcome| match outcome {
        Outcome::Patient(read) => {
            flags.note(read);
            context.judge([outcome], &mut judging);
        }
        Outcome::Rejected(reject) if reject.ends_reading => broken = Some(Break::Before),
        Outcome::Rejected(_) => {}
    })?;
    // The next group is read while this one is saved.
    let mut groups = groups.read_ahead(&mut |group| {
        report.note(&group, &mut flags);
        context.judge(&group.outcomes, &mut judging);
        for part in context.split(group) {
            let actor = context.actor(part.facility);
            let saved = db.write(&actor, |tx| group::save_group(tx, context, &part.group, &batch))?;
            broken = saved.rest.map(Break::Now).or(broken);
            batch = saved.batch;
        }
        progress(Progress::of(&batch.ledger()));
        Ok::<(), ImportError>(())
    })?;
    match broken {
        Some(Break::Now(reject)) => batch::keep_rest(db, &batch, Some(reject), groups.reader())?,
        Some(Break::Before) => batch::keep_rest(db, &batch, None, groups.reader())?,
        None => {}
    }
    batch.set_root(groups.reader().root());
    report.edits = judging.end();
    run.finish(&batch, &flags, &report.edits)?;
    report.set_ledger(batch.ledger());
    report.set_flags(&flags);
    report.reviews = batch::review_counts(db, &batch)?;
    Ok(())
}
