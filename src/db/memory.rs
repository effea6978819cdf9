//! Figures kept in memory as long as they are exact.
//!
//! A write that touches patients or cases of a facility counts up the facility's change number in the
//! same transaction. A figure is kept with the number it was counted at, read in the same snapshot, and
//! given again only while the number stands: another instance, an import or a command of the host
//! counts it up like anybody else. Figures only: nothing of a patient is kept.

use std::{
    any::Any,
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use diesel::{QueryableByName, RunQueryDsl, sql_types::BigInt};

use super::{Conn, StoreError};

/// Questions kept at most; beyond it all figures are forgotten.
const MOST: usize = 500;
/// A facility's number is the sum of so many rows, so that two writers seldom meet on one.
const SHARDS: i64 = 8;

/// A figure with the change number it was counted at; locked while it is counted, so that many who ask
/// the same at once count it once.
type Slot = Arc<Mutex<Option<(i64, Arc<dyn Any + Send + Sync>)>>>;

/// What is kept, by facility and question.
#[derive(Default)]
pub(super) struct Memory {
    slots: Mutex<HashMap<(i64, String), Slot>>,
    shard: AtomicI64,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Whoever panicked with the lock held had only looked, or put all or nothing.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    fn slot(&self, facility: i64, question: &str) -> Slot {
        let mut slots = locked(&self.slots);
        if slots.len() >= MOST {
            slots.clear();
        }
        slots.entry((facility, question.to_owned())).or_default().clone()
    }

    /// Gives what was counted for a question, or counts. The connection is in a snapshot.
    pub(super) fn figure<T: Clone + Send + Sync + 'static>(
        &self,
        conn: &mut Conn,
        facility: i64,
        question: &str,
        count: impl FnOnce(&mut Conn) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let now = change_number(conn, facility)?;
        let slot = self.slot(facility, question);
        let mut kept = locked(&slot);
        if let Some((at, figure)) = &*kept
            && *at == now
            && let Some(figure) = figure.downcast_ref::<T>()
        {
            return Ok(figure.clone());
        }
        let figure = count(conn)?;
        // A snapshot from before the last change does not push out what is newer.
        if kept.as_ref().is_none_or(|(at, _)| *at < now) {
            *kept = Some((now, Arc::new(figure.clone())));
        }
        Ok(figure)
    }

    /// Counts a facility's change number up, in the transaction that changes it.
    pub(super) fn count_up(&self, conn: &mut Conn, facility: i64) -> Result<(), StoreError> {
        let shard = self.shard.fetch_add(1, Ordering::Relaxed).rem_euclid(SHARDS);
        diesel::sql_query(
            "INSERT INTO facility_change (facility_id, shard, n) VALUES ($1, $2, 1) \
             ON CONFLICT (facility_id, shard) DO UPDATE SET n = facility_change.n + 1",
        )
        .bind::<BigInt, _>(facility)
        .bind::<BigInt, _>(shard)
        .execute(conn)?;
        Ok(())
    }
}

fn change_number(conn: &mut Conn, facility: i64) -> Result<i64, StoreError> {
    let rows: Vec<Number> = diesel::sql_query(
        "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) AS n FROM facility_change WHERE facility_id = $1",
    )
    .bind::<BigInt, _>(facility)
    .load(conn)?;
    Ok(rows.first().map_or(0, |row| row.n))
}
