//! The database: one code path for the embedded, encrypted file and for PostgreSQL.
//!
//! There are three ways in and no other: [`Db::read`] for what is not of patients,
//! [`Db::view`] for reading patients and [`Db::write`] for changing anything. The last two
//! refuse to answer or commit without an audit event.

mod blind;
mod conn;
pub mod key;
mod memory;
pub mod migrate;
pub mod rotate;
pub mod schema;
mod tx;

use std::{
    fmt,
    fs::File,
    path::PathBuf,
    sync::{Arc, Weak},
    time::Duration,
};

use diesel::{
    RunQueryDsl,
    connection::{AnsiTransactionManager, TransactionManager},
    r2d2::{Pool, PooledConnection},
    result::DatabaseErrorKind,
};

pub(crate) use conn::each_backend;
pub use conn::{Conn, Manager, Target};
pub use rotate::Alone;
pub use tx::Tx;

use crate::{
    access::Actor,
    audit,
    clock::{Chance, Clock},
    seal::Sealer,
};

/// What can go wrong with the store itself.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no.
    #[error("the database refused: {0}")]
    Diesel(#[from] diesel::result::Error),
    /// No connection became free, or the server cannot be reached.
    #[error("no database connection: {0}")]
    NoConnection(String),
    /// A transaction that touched patients left no audit event. A fault of the program.
    #[error("nothing was recorded in the audit log, so nothing was done")]
    NotAudited,
    /// A stored value cannot be read back. A fault of the program or a damaged database.
    #[error("a stored {what} cannot be read: {why}")]
    Unreadable {
        /// What was read.
        what: &'static str,
        /// Why it failed; never the value.
        why: String,
    },
    /// The database file is not what it should be.
    #[error("{0}")]
    Refused(String),
    /// The actor codes a case of this patient again blind, and would have seen its codes.
    #[error("a blind review hides this patient until its lock")]
    Blind {
        /// Public id of the review.
        review: String,
    },
}

impl StoreError {
    /// Another transaction got in between; trying again may work.
    fn may_retry(&self) -> bool {
        match self {
            Self::Diesel(diesel::result::Error::DatabaseError(
                DatabaseErrorKind::SerializationFailure,
                _,
            )) => true,
            Self::Diesel(diesel::result::Error::DatabaseError(_, info)) => {
                let m = info.message();
                m.contains("deadlock detected") || m.contains("could not serialize")
            }
            _ => false,
        }
    }

    /// Is it a unique value that is there already?
    pub fn is_unique_violation(&self) -> bool {
        matches!(
            self,
            Self::Diesel(diesel::result::Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
        )
    }
}

/// An error of a closure that may hold a store error, so that retrying can be decided.
pub trait HoldsStoreError: From<StoreError> {
    /// The store error inside, if it is one.
    fn store_error(&self) -> Option<&StoreError>;
}

impl HoldsStoreError for StoreError {
    fn store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

impl HoldsStoreError for anyhow::Error {
    fn store_error(&self) -> Option<&StoreError> {
        self.downcast_ref()
    }
}

/// How often a write that another one got in the way of is tried again.
const MOST_TRIES: u32 = 8;
/// From this try on a write has the registry's writing to itself, so that it cannot lose again to
/// whoever is quicker.
const ALONE_FROM: u32 = 3;

/// The database of a registry. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: Arc<Connections>,
    memory: Arc<memory::Memory>,
    /// Tells the time of events.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub chance: Arc<dyn Chance>,
    /// Seals what is kept outside the ordinary columns.
    pub sealer: Sealer,
    /// Says to other commands that this one works on an embedded file.
    _lease: Option<Arc<File>>,
}

/// The pool, which ends before the program does.
struct Connections {
    pool: Option<Pool<Manager>>,
    alive: Weak<()>,
}

impl Drop for Connections {
    /// Waits a moment for the pool's threads: one that closes a connection while the program is torn
    /// down crashes in the library's cleared keys.
    fn drop(&mut self) {
        drop(self.pool.take());
        for _ in 0..25 {
            if self.alive.strong_count() == 0 {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Db")
    }
}

type Tm = <Conn as diesel::Connection>::TransactionManager;

impl Db {
    /// Opens a migrated registry. Proves that an embedded file is encrypted with this key.
    pub fn open(
        target: Target,
        connections: u32,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
        sealer: Sealer,
    ) -> Result<Self, StoreError> {
        let lease = match &target {
            Target::Embedded { file, .. } => Some(Arc::new(rotate::lease(file)?)),
            Target::Postgres(_) => None,
        };
        conn::prove_encrypted(&target)?;
        let remote = matches!(target, Target::Postgres(_));
        let manager = Manager::new(target);
        let alive = manager.alive();
        let pool = Pool::builder()
            .max_size(connections)
            // None is opened ahead: a command that ends while a thread opens one for nobody is torn down
            // in the middle of the library's keys, and crashes.
            .min_idle(Some(0))
            .test_on_check_out(remote)
            .connection_timeout(Duration::from_secs(5))
            .build(manager)
            .map_err(|e| StoreError::NoConnection(e.to_string()))?;
        // A server that cannot be reached is told now, not at the first question.
        drop(pool.get().map_err(|e| StoreError::NoConnection(e.to_string()))?);
        let pool = Arc::new(Connections { pool: Some(pool), alive });
        Ok(Self { pool, memory: Arc::default(), clock, chance, sealer, _lease: lease })
    }

    fn connection(&self) -> Result<PooledConnection<Manager>, StoreError> {
        let pool = self.pool.pool.as_ref().expect("taken only when the last handle is dropped");
        pool.get().map_err(|e| StoreError::NoConnection(e.to_string()))
    }

    /// Reads what is not of patients: accounts, sessions, settings, jobs.
    pub fn read<T, E: From<StoreError>>(&self, f: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
        let mut conn = self.connection()?;
        in_transaction(&mut conn, Begin::Snapshot, f)
    }

    /// Reads patients' data. What was recorded is committed to the audit log before anything is answered.
    pub fn view<T, E: From<StoreError>>(
        &self,
        actor: &Actor,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.connection()?;
        let now = self.clock.now();
        let (mut events, mut blind) = (Vec::new(), None);
        let answer = in_transaction(&mut conn, Begin::Snapshot, |conn| {
            let mut tx = Tx::new(conn, actor, now, self);
            let answer = f(&mut tx)?;
            events = tx.into_events();
            blind = blind::seen(conn, actor, &events)?;
            Ok::<T, E>(answer)
        })?;
        if events.is_empty() {
            return Err(StoreError::NotAudited.into());
        }
        if blind.is_some() {
            events = blind::refused(&events);
        }
        let mut tries = 0;
        loop {
            tries += 1;
            match in_transaction(&mut conn, Begin::attempt(tries), |conn| {
                audit::store::append(conn, actor, now, &events)
            }) {
                Err(e) if e.may_retry() && tries < MOST_TRIES => {}
                Err(e) => return Err(e.into()),
                Ok(()) => return blind.map_or(Ok(answer), |review| Err(StoreError::Blind { review }.into())),
            }
        }
    }

    /// Changes something: all of it or nothing. The closure may run more than once, so it
    /// touches nothing but the transaction.
    pub fn write<T, E: HoldsStoreError>(
        &self,
        actor: &Actor,
        mut f: impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.connection()?;
        let mut tries = 0;
        loop {
            tries += 1;
            let now = self.clock.now();
            let mut not_shown = Vec::new();
            let done: Result<T, E> = in_transaction(&mut conn, Begin::attempt(tries), |conn| {
                let mut tx = Tx::new(conn, actor, now, self);
                let answer = f(&mut tx)?;
                let touched = tx.touched();
                let events = tx.into_events();
                if events.is_empty() {
                    return Err(StoreError::NotAudited.into());
                }
                if let Some(review) = blind::seen(conn, actor, &events)? {
                    not_shown = blind::refused(&events);
                    return Err(StoreError::Blind { review }.into());
                }
                if let Some(facility) = touched {
                    self.memory.count_up(conn, facility)?;
                }
                audit::store::append(conn, actor, now, &events)?;
                Ok(answer)
            });
            match done {
                Err(e) if tries < MOST_TRIES && e.store_error().is_some_and(StoreError::may_retry) => {
                    std::thread::sleep(Duration::from_millis(u64::from(tries) * 3));
                }
                done => {
                    if !not_shown.is_empty() {
                        in_transaction(&mut conn, Begin::attempt(ALONE_FROM), |conn| {
                            audit::store::append(conn, actor, now, &not_shown)
                        })?;
                    }
                    return done;
                }
            }
        }
    }

    /// Changes bookkeeping that is neither of patients nor worth an event: the last sight of
    /// a session, counters of failed sign-ins, leases of jobs.
    pub fn keep<T, E: HoldsStoreError>(&self, mut f: impl FnMut(&mut Conn) -> Result<T, E>) -> Result<T, E> {
        let mut conn = self.connection()?;
        let mut tries = 0;
        loop {
            tries += 1;
            match in_transaction(&mut conn, Begin::attempt(tries), &mut f) {
                Err(e) if tries < MOST_TRIES && e.store_error().is_some_and(StoreError::may_retry) => {
                    std::thread::sleep(Duration::from_millis(u64::from(tries) * 3));
                }
                done => return done,
            }
        }
    }

    /// A connection outside any transaction, for maintenance (backup, checks, query plans).
    pub fn maintenance<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.connection()?;
        f(&mut conn)
    }
}

#[derive(Clone, Copy)]
enum Begin {
    Snapshot,
    /// Beside other writers.
    Write,
    /// When all others have ended, and before any other begins.
    WriteAlone,
}

impl Begin {
    fn attempt(tries: u32) -> Self {
        if tries < ALONE_FROM { Self::Write } else { Self::WriteAlone }
    }

    /// Locks of a PostgreSQL session, waited for in the order of asking, that writers pass: taken before
    /// the snapshot, so that who had to wait sees what the others did. By schema: a server may hold
    /// several registries in one database.
    fn gate(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Snapshot => None,
            Self::Write => Some((
                "SELECT pg_advisory_lock_shared(20200103, hashtext(current_schema()))",
                "SELECT pg_advisory_unlock_shared(20200103, hashtext(current_schema()))",
            )),
            Self::WriteAlone => Some((
                "SELECT pg_advisory_lock(20200103, hashtext(current_schema()))",
                "SELECT pg_advisory_unlock(20200103, hashtext(current_schema()))",
            )),
        }
    }
}

/// Begins and ends a transaction, through the gate of writers where there is one.
fn in_transaction<T, E: From<StoreError>>(
    conn: &mut Conn,
    begin: Begin,
    f: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    let Some((enter, leave)) = begin.gate().filter(|_| matches!(conn, Conn::Pg(_))) else {
        return between_begin_and_end(conn, begin, f);
    };
    diesel::sql_query(enter).execute(conn).map_err(StoreError::from)?;
    let ran =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| between_begin_and_end(conn, begin, f)));
    // A connection that cannot say so is broken, and its locks end with it.
    let _ = diesel::sql_query(leave).execute(conn);
    ran.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The only place that begins and ends transactions; rolls back on errors and panics.
fn between_begin_and_end<T, E: From<StoreError>>(
    conn: &mut Conn,
    begin: Begin,
    f: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    match (&mut *conn, begin) {
        // A deferred transaction that has read cannot become a writer; so writers begin as such.
        (Conn::Sqlite(c), Begin::Write | Begin::WriteAlone) => {
            AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")
        }
        (Conn::Sqlite(c), Begin::Snapshot) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN"),
        (Conn::Pg(c), Begin::Write | Begin::WriteAlone) => {
            AnsiTransactionManager::begin_transaction_sql(c, "BEGIN ISOLATION LEVEL REPEATABLE READ")
        }
        (Conn::Pg(c), Begin::Snapshot) => AnsiTransactionManager::begin_transaction_sql(
            c,
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        ),
    }
    .map_err(StoreError::from)?;
    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| f(conn)));
    match ran {
        Ok(Ok(answer)) => match Tm::commit_transaction(conn) {
            Ok(()) => Ok(answer),
            Err(e) => {
                let _ = Tm::rollback_transaction(conn);
                Err(StoreError::from(e).into())
            }
        },
        Ok(Err(e)) => {
            Tm::rollback_transaction(conn).map_err(StoreError::from)?;
            Err(e)
        }
        Err(panic) => {
            let _ = Tm::rollback_transaction(conn);
            std::panic::resume_unwind(panic)
        }
    }
}

/// Where the embedded file of a data directory is.
pub fn embedded_file(data: &std::path::Path) -> PathBuf {
    data.join("registry.db")
}
