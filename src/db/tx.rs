//! A transaction that knows who acts and collects what happened.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Conn, Db, StoreError};
use crate::{
    access::{Actor, Scope},
    audit::Event,
    seal::Sealer,
};

/// What the closures of [`Db::view`] and [`Db::write`] get.
pub struct Tx<'a> {
    conn: &'a mut Conn,
    actor: &'a Actor,
    now: DateTime<Utc>,
    db: &'a Db,
    events: Vec<Event>,
    touched: Option<i64>,
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("actor", &self.actor.name).finish_non_exhaustive()
    }
}

impl<'a> Tx<'a> {
    pub(super) fn new(conn: &'a mut Conn, actor: &'a Actor, now: DateTime<Utc>, db: &'a Db) -> Self {
        Self { conn, actor, now, db, events: Vec::new(), touched: None }
    }

    /// The connection, for stores.
    pub fn conn(&mut self) -> &mut Conn {
        self.conn
    }

    /// Who acts.
    pub fn actor(&self) -> &'a Actor {
        self.actor
    }

    /// The patients this transaction may touch. An actor without a facility has none.
    pub fn scope(&self) -> Result<Scope, StoreError> {
        self.actor.scope().ok_or_else(|| StoreError::Refused("no facility was chosen".to_owned()))
    }

    /// When the transaction began; all its rows carry this time.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// A fresh public id.
    pub fn new_id(&self) -> Uuid {
        self.db.chance.uuid(self.now)
    }

    /// Seals and opens drafts and searches.
    pub fn sealer(&self) -> &'a Sealer {
        &self.db.sealer
    }

    /// Seals bytes for a purpose, bound to what they belong to.
    pub fn seal(&self, purpose: &str, belongs_to: &str, plain: &[u8]) -> Vec<u8> {
        self.db.sealer.seal(self.db.chance.as_ref(), purpose, belongs_to, plain)
    }

    /// Notes what happened; committed with the transaction.
    pub fn record(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Notes that patients or cases of the facility change in this transaction, so that no figure
    /// counted before is given again.
    pub fn touch(&mut self) -> Result<(), StoreError> {
        self.touched = Some(self.scope()?.facility());
        Ok(())
    }

    pub(super) fn touched(&self) -> Option<i64> {
        self.touched
    }

    /// A figure of the facility's patients and cases: as it was counted last where nothing was written
    /// since, else counted. The question names the figure and everything it depends on but the records.
    pub fn figure<T: Clone + Send + Sync + 'static>(
        &mut self,
        question: &str,
        count: impl FnOnce(&mut Conn) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let facility = self.scope()?.facility();
        if self.touched.is_some() {
            return count(self.conn);
        }
        self.db.memory.figure(self.conn, facility, question, count)
    }

    pub(super) fn into_events(self) -> Vec<Event> {
        self.events
    }
}
