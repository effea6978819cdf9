//! The batch of an import: begun, ended, refused, or the same file once more.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    path::Path,
};

use super::{ImportError, MOST_REJECTS, Report, Run};
use crate::{
    audit::{AuditAction, Event},
    db::{Db, Tx},
    exchange::{
        edit_notes::EditNotes,
        ledger::{Counts, Flags, Ledger, RejectNote},
        naaccr_xml::{Examined, Fault, Reader},
        store::{self, BatchRow},
    },
};

impl Run<'_> {
    /// The batch of an earlier import of the same bytes, finished or broken off.
    pub(super) fn earlier(self, fingerprint: &str) -> Result<Option<BatchRow>, ImportError> {
        let Some(scope) = self.actor.scope() else { return Ok(None) };
        let found = self.db.read(|conn| store::same_file(conn, scope, fingerprint))?;
        Ok(found.filter(|batch| self.options.batch.as_ref() != Some(&batch.uid)))
    }

    /// The batch row to work with: that of the upload, of the broken-off run, or a new one.
    pub(super) fn begin<R: Read>(
        self,
        examined: &Examined,
        reader: &Reader<R>,
    ) -> Result<BatchRow, ImportError> {
        let root = reader.root();
        self.db.write(self.actor, |tx| {
            let mut row = self.row(tx)?;
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
            row.set_root(root);
            put(tx, &mut row)?;
            tx.record(Event::new(AuditAction::Import).detail(format!("batch {} begun", row.uid)));
            Ok(row)
        })
    }

    /// The row of the upload, or a new one that is not yet in the table (its key is 0).
    fn row(self, tx: &mut Tx<'_>) -> Result<BatchRow, ImportError> {
        let scope = tx.scope()?;
        if let Some(uid) = &self.options.batch
            && let Some(row) = store::batch_by_uid(tx.conn(), scope, uid)?
        {
            return Ok(row);
        }
        let name = self.source.name();
        let short = Path::new(&name).file_name().map(|n| n.to_string_lossy().into_owned());
        let uid = tx.new_id().to_string();
        Ok(BatchRow::new(uid, scope, tx.actor(), &short.unwrap_or(name), tx.now()))
    }

    /// Writes the row of an import that ends here; gives its public id.
    fn end(
        self,
        fill: impl Fn(&mut BatchRow),
        event: impl Fn(&BatchRow) -> Event,
    ) -> Result<String, ImportError> {
        self.db.write(self.actor, |tx| {
            let mut row = self.row(tx)?;
            row.finished_at = Some(tx.now().naive_utc());
            fill(&mut row);
            put(tx, &mut row)?;
            store::forget_upload(tx.conn(), row.id)?;
            tx.record(event(&row));
            Ok(row.uid)
        })
    }

    /// A file of which nothing can be read.
    pub(super) fn refused(self, mut report: Report, fault: &Fault) -> Result<Report, ImportError> {
        report.refuse(fault);
        if !self.options.dry_run {
            let fill = |row: &mut BatchRow| {
                row.state = "refused".to_owned();
                row.message = fault.to_string();
            };
            let event = |row: &BatchRow| {
                Event::new(AuditAction::Import).refused().detail(format!("batch {} refused", row.uid))
            };
            report.batch = Some(self.end(fill, event)?);
        }
        Ok(report)
    }

    /// The very same file once more: everything in it is a duplicate.
    pub(super) fn again(self, mut report: Report, earlier: &BatchRow) -> Result<Report, ImportError> {
        let before = earlier.ledger();
        let ledger = Ledger { patients: once_more(before.patients), tumors: once_more(before.tumors) };
        report.again = true;
        report.set_ledger(ledger);
        report.rejects = rejects_of(self.db, earlier)?;
        report.edits = self.db.read(|conn| store::edits(conn, earlier.id))?;
        if !self.options.dry_run {
            let fill = |row: &mut BatchRow| {
                row.state = "again".to_owned();
                row.file_hash.clone_from(&earlier.file_hash);
                row.file_bytes = earlier.file_bytes;
                row.naaccr_version = earlier.naaccr_version;
                row.record_type.clone_from(&earlier.record_type);
                row.message.clone_from(&earlier.uid);
                row.set_ledger(&ledger);
            };
            let event = |row: &BatchRow| {
                let detail =
                    format!("batch {}: the file of batch {} again, nothing changed", row.uid, earlier.uid);
                Event::new(AuditAction::Import).detail(detail)
            };
            report.batch = Some(self.end(fill, event)?);
        }
        Ok(report)
    }

    /// Marks the batch finished, with its flags and what edits found.
    pub(super) fn finish(
        self,
        batch: &BatchRow,
        flags: &Flags,
        edits: &EditNotes,
    ) -> Result<(), ImportError> {
        self.db.write(self.actor, |tx| {
            let mut row = batch.clone();
            row.state = "finished".to_owned();
            row.finished_at = Some(tx.now().naive_utc());
            store::set_flags(tx.conn(), row.id, flags)?;
            store::set_edits(tx.conn(), row.id, edits)?;
            store::forget_upload(tx.conn(), row.id)?;
            put(tx, &mut row)?;
            let patients = row.ledger().patients;
            let detail = format!(
                "batch {} finished: patients {} new, {} changed, {} unchanged, {} rejected",
                row.uid, patients.accepted, patients.merged, patients.duplicate, patients.rejected
            );
            tx.record(Event::new(AuditAction::Import).detail(detail));
            Ok(())
        })
    }
}

/// The counts of a file that comes again: nothing is new, and what was rejected still is.
fn once_more(counts: Counts) -> Counts {
    Counts {
        read: counts.read,
        duplicate: counts.read - counts.rejected,
        rejected: counts.rejected,
        ..Counts::default()
    }
}

fn put(tx: &mut Tx<'_>, row: &mut BatchRow) -> Result<(), ImportError> {
    if row.id == 0 {
        row.id = store::insert_batch(tx.conn(), row)?;
    } else if !store::update_batch(tx.conn(), row, row.checkpoint)? {
        return Err(ImportError::Busy);
    }
    Ok(())
}

/// The rejects kept with a batch, at most [`MOST_REJECTS`].
pub(super) fn rejects_of(db: &Db, batch: &BatchRow) -> Result<Vec<RejectNote>, ImportError> {
    let most = i64::try_from(MOST_REJECTS).unwrap_or(i64::MAX);
    let rows = db.read(|conn| store::rejects(conn, batch.id, most))?;
    Ok(rows.iter().map(store::RejectRow::note).collect())
}

/// What a person should look at after a batch: how often, by kind.
pub(super) fn review_counts(db: &Db, batch: &BatchRow) -> Result<BTreeMap<String, u64>, ImportError> {
    let counts = db.read(|conn| store::review_counts(conn, batch.id))?;
    Ok(counts.into_iter().map(|(kind, n)| (kind, store::unsigned(n))).collect())
}

/// Bytes of what follows a break that are kept in one piece.
const PIECE: usize = 1 << 20;

/// Keeps what follows a break, piece by piece, with the reject that ended the reading. `reject` is
/// its key; without one, it is the last of the batch: the run broke off while the rest was kept.
pub(super) fn keep_rest<R: Read>(
    db: &Db,
    batch: &BatchRow,
    reject: Option<i64>,
    reader: &mut Reader<R>,
) -> Result<(), ImportError> {
    let reject = match reject {
        Some(reject) => Some(reject),
        None => db.read(|conn| store::last_reject(conn, batch.id))?,
    };
    let Some(reject) = reject else { return Ok(()) };
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
        let again = once_more(counts);
        assert!(counts.holds() && again.holds());
        assert_eq!(
            (again.read, again.accepted, again.merged, again.duplicate, again.rejected),
            (11, 0, 0, 8, 3)
        );
    }
}
