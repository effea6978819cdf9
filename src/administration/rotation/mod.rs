//! Giving a registry another key, with everything that the old one sealed.
//!
//! The order keeps one usable pair of database and key at every moment: the new key is on the disk before
//! anything is encrypted with it; the copy under the new key is proven before it takes the file's name; that
//! one step decides; then the key file follows, and whoever comes in between finishes it
//! ([`rotate::settle`]). Database and key from before stay until somebody deletes them.
//!
//! Sources: NIST SP 800-57 part 1, 5.3.6; OWASP ASVS 5.0, 13.3.4.

mod store;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;

pub use store::{SEALED, Sealed};

use super::backup;
use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    clock::{Chance, Clock},
    db::{
        Alone, Db, Target,
        key::RegistryKey,
        rotate::{self, with_tail},
    },
};

/// Where a rotation stands; told before each step is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The new key is written beside the present one.
    WriteKey,
    /// The database is copied beside itself (embedded only).
    Copy,
    /// What is sealed is sealed anew.
    Reseal,
    /// The copy is encrypted anew (embedded only).
    Rekey,
    /// The copy is checked (embedded only).
    Prove,
    /// The copy takes the name of the database (embedded only). From here on the new key is the right one.
    Replace,
    /// The new key takes the name of the present one.
    ReplaceKey,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [Self; 7] =
        [Self::WriteKey, Self::Copy, Self::Reseal, Self::Rekey, Self::Prove, Self::Replace, Self::ReplaceKey];
}

/// What is needed for a rotation.
#[expect(missing_debug_implementations, reason = "holds the keys and a function")]
pub struct Rotation<'a> {
    /// The registry with its present key.
    pub target: &'a Target,
    /// The present key's file.
    pub key_file: &'a Path,
    /// The present key.
    pub old: &'a RegistryKey,
    /// For the event.
    pub clock: Arc<dyn Clock>,
    /// For the new key.
    pub chance: Arc<dyn Chance>,
    /// Told before each step.
    pub watch: &'a mut dyn FnMut(Step),
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The database from before, under the old key; `None` on a server.
    pub database_before: Option<PathBuf>,
    /// The key from before.
    pub key_before: Option<PathBuf>,
    /// Sealed values that are sealed with the new key now.
    pub resealed: u64,
    /// Sealed values that the old key did not open; they are as lost as before.
    pub unopened: u64,
}

impl Rotation<'_> {
    /// Gives the registry a new key. The server must be stopped; an error before the decisive step leaves
    /// all as it was.
    pub fn run(&mut self) -> anyhow::Result<Rotated> {
        let _alone = match self.target {
            Target::Embedded { file, .. } => Some(Alone::take(file)?),
            Target::Postgres(_) => None,
        };
        let next = rotate::next_file(self.key_file);
        self.sweep(&next)?;
        let new = RegistryKey::random(self.chance.as_ref());
        (self.watch)(Step::WriteKey);
        new.write_new(&next)?;
        rotate::sync_folder(&next)?;
        let done = match self.target {
            Target::Embedded { file, .. } => self.embedded(file, &new),
            Target::Postgres(_) => self.server(&new),
        };
        let mut rotated = match done {
            Ok(rotated) => rotated,
            Err(e) => {
                // Nothing has the new key yet; what is left of the attempt would only confuse.
                let _ = self.sweep(&next);
                return Err(e);
            }
        };
        (self.watch)(Step::ReplaceKey);
        rotated.key_before = rotate::put_in_place(self.key_file).with_context(|| {
            format!("the registry has its new key; it stands in {} until the next command", next.display())
        })?;
        Ok(rotated)
    }

    /// Removes what an attempt left that was broken off before the decisive step.
    fn sweep(&self, next: &Path) -> anyhow::Result<()> {
        let mut left = vec![next.to_owned()];
        if let Target::Embedded { file, .. } = self.target {
            let copy = copy_of(file);
            left.extend(["", "-wal", "-shm", "-journal", ".lock"].map(|tail| with_tail(&copy, tail)));
        }
        for file in left {
            match fs::remove_file(&file) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    return Err(e).context(file.display().to_string());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn open(&self, target: &Target, key: &RegistryKey) -> anyhow::Result<Db> {
        Ok(Db::open(target.clone(), 1, self.clock.clone(), self.chance.clone(), key.sealer())?)
    }

    fn reseal(&mut self, db: &Db, new: &RegistryKey) -> anyhow::Result<Rotated> {
        (self.watch)(Step::Reseal);
        let (old, sealer, mark) = (self.old.sealer(), new.sealer(), new.mark());
        db.write(&Actor::host(None), |tx| {
            let others = store::others(tx.conn())?;
            if others > 0 {
                anyhow::bail!(
                    "{others} other connections work on this database. Stop all servers and commands first."
                );
            }
            let chance = db.chance.as_ref();
            let (resealed, unopened) = store::reseal(tx.conn(), chance, &old, &sealer)?;
            rotate::set_sealed_with(tx.conn(), &mark)?;
            let detail = format!("{resealed} values sealed anew, {unopened} not opened");
            tx.record(Event::new(AuditAction::RotateKey).detail(detail));
            Ok(Rotated { database_before: None, key_before: None, resealed, unopened })
        })
    }

    /// A server keeps its own files; the key seals what is sealed, all of it in one transaction.
    fn server(&mut self, new: &RegistryKey) -> anyhow::Result<Rotated> {
        let db = self.open(self.target, self.old)?;
        // A connection that was just closed is counted a moment longer.
        for _ in 0..20 {
            if db.read(store::others)? == 0 {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        self.reseal(&db, new)
    }

    fn embedded(&mut self, file: &Path, new: &RegistryKey) -> anyhow::Result<Rotated> {
        let copy = copy_of(file);
        (self.watch)(Step::Copy);
        let copied = rotate::copy(self.target, &copy)?;
        let db = self.open(&copied, self.old)?;
        let mut rotated = self.reseal(&db, new)?;
        let (_, rows) = backup::check(&db)?;
        drop(db);
        (self.watch)(Step::Rekey);
        let fresh = rotate::rekey(&copied, new)?;
        (self.watch)(Step::Prove);
        {
            let db = self.open(&fresh, new)?;
            let (complaints, now) = backup::check(&db)?;
            if let Some(first) = complaints.first() {
                anyhow::bail!("The copy under the new key is not whole: {first}. Nothing was changed.");
            }
            let unopened = db.read(|conn| store::unopened(conn, &new.sealer()))?;
            if now != rows || unopened != rotated.unopened {
                anyhow::bail!("Not everything arrived under the new key. Nothing was changed.");
            }
            backup::into_one_file(&db)?;
        }
        // What stands in the log beside the present file belongs to it, not to the new one.
        for of in [file, copy.as_path()] {
            let log = with_tail(of, "-wal");
            if fs::metadata(&log).is_ok_and(|m| m.len() > 0) {
                anyhow::bail!("Somebody else works on {}. Nothing was changed.", of.display());
            }
            remove_if_there(&log)?;
            remove_if_there(&with_tail(of, "-shm"))?;
        }
        let aside = rotate::keep(file).with_context(|| format!("keeping {}", file.display()))?;
        (self.watch)(Step::Replace);
        fs::rename(&copy, file).with_context(|| file.display().to_string())?;
        rotate::sync_folder(file)?;
        remove_if_there(&with_tail(&copy, ".lock"))?;
        rotated.database_before = Some(aside);
        Ok(rotated)
    }
}

fn copy_of(file: &Path) -> PathBuf {
    file.with_extension("rotating")
}

fn remove_if_there(file: &Path) -> anyhow::Result<()> {
    match fs::remove_file(file) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e).context(file.display().to_string()),
        _ => Ok(()),
    }
}
