//! Rows of items, of what was done with them, and of lists.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::{dsl::sql, prelude::*, sql_types::Bool};

use super::{facts::Facts, source::Source, state::ItemState};
use crate::{
    access::Scope,
    db::{
        Conn, StoreError, Tx,
        schema::{account, suspense_event, suspense_item},
    },
};

/// An item.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = suspense_item)]
pub(super) struct ItemRow {
    pub(super) id: i64,
    pub(super) uid: String,
    pub(super) source: String,
    pub(super) source_system: String,
    pub(super) source_id: String,
    pub(super) state: String,
    pub(super) owner_id: Option<i64>,
    pub(super) event_date: String,
    pub(super) medical_record_number: String,
    pub(super) birth_date: String,
    pub(super) arrived_at: NaiveDateTime,
    pub(super) decided_at: Option<NaiveDateTime>,
    pub(super) recall_on: Option<NaiveDate>,
    pub(super) merged_into: Option<i64>,
    pub(super) tumor_id: Option<i64>,
    pub(super) version: i32,
    facts: String,
}

impl ItemRow {
    /// The stored state; a word that no program of ours wrote counts as new.
    pub(super) fn stored_state(&self) -> ItemState {
        ItemState::parse(&self.state).unwrap_or(ItemState::New)
    }

    /// The state on a day: a recall date that is here ends the waiting.
    pub(super) fn state_on(&self, today: NaiveDate) -> ItemState {
        match (self.stored_state(), self.recall_on) {
            (ItemState::Waiting, Some(on)) if on <= today => ItemState::InReview,
            (state, _) => state,
        }
    }

    pub(super) fn source(&self) -> Source {
        Source::parse(&self.source).unwrap_or(Source::Manual)
    }

    pub(super) fn facts(&self) -> Result<Facts, StoreError> {
        serde_json::from_str(&self.facts).map_err(|e| StoreError::Unreadable {
            what: "what is known of an item",
            why: format!("{:?}", e.classify()),
        })
    }
}

/// An item to be written.
#[derive(Clone, Debug)]
pub(super) struct NewRow<'a> {
    pub(super) uid: String,
    pub(super) source: Source,
    pub(super) source_system: &'a str,
    pub(super) source_id: &'a str,
    pub(super) state: ItemState,
    pub(super) event_date: String,
    pub(super) medical_record_number: String,
    pub(super) birth_date: &'a str,
    pub(super) month: String,
    pub(super) sampling: i64,
    pub(super) batch: Option<i64>,
    pub(super) facts: &'a Facts,
}

/// One step of an item.
#[derive(Clone, Debug, Queryable)]
pub(super) struct EventRow {
    pub(super) event: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) code: String,
    pub(super) reason: String,
    pub(super) at: NaiveDateTime,
    pub(super) by: String,
}

/// A step to be written.
#[derive(Clone, Debug)]
pub(super) struct NewEvent<'a> {
    pub(super) event: &'static str,
    pub(super) before: &'a str,
    pub(super) after: &'a str,
    pub(super) code: &'a str,
    pub(super) reason: &'a str,
    /// `None`: the actor.
    pub(super) by: Option<&'static str>,
}

/// What an item becomes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Becomes {
    pub(super) state: ItemState,
    pub(super) owner: Option<i64>,
    pub(super) recall_on: Option<NaiveDate>,
    pub(super) merged_into: Option<i64>,
    pub(super) tumor: Option<i64>,
}

/// Which items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Open,
    Mine(i64),
    Pool,
    InReview,
    Waiting,
    Decided,
    Are(ItemState),
}

impl Which {
    /// The newest first; open items go from the oldest.
    fn backwards(self) -> bool {
        matches!(self, Self::Decided | Self::Are(_))
    }
}

type Statement<'a> = suspense_item::BoxedQuery<'a, <Conn as diesel::Connection>::Backend>;

/// Keeps an item; its row key.
pub(super) fn insert(tx: &mut Tx<'_>, new: &NewRow<'_>) -> Result<i64, StoreError> {
    let (scope, now) = (tx.scope()?, tx.now().naive_utc());
    let facts = serde_json::to_string(new.facts).expect("texts and flags are always JSON");
    diesel::insert_into(suspense_item::table)
        .values((
            suspense_item::uid.eq(&new.uid),
            suspense_item::facility_id.eq(scope.facility()),
            suspense_item::source.eq(new.source.word()),
            suspense_item::source_system.eq(new.source_system),
            suspense_item::source_id.eq(new.source_id),
            suspense_item::state.eq(new.state.word()),
            suspense_item::phase.eq(new.state.phase()),
            suspense_item::event_date.eq(&new.event_date),
            suspense_item::medical_record_number.eq(&new.medical_record_number),
            suspense_item::birth_date.eq(new.birth_date),
            suspense_item::arrived_at.eq(now),
            suspense_item::arrived_month.eq(&new.month),
            suspense_item::sampling.eq(new.sampling),
            suspense_item::batch_id.eq(new.batch),
            suspense_item::version.eq(1),
            suspense_item::facts.eq(facts),
        ))
        .execute(tx.conn())?;
    Ok(suspense_item::table
        .filter(suspense_item::uid.eq(&new.uid))
        .select(suspense_item::id)
        .first(tx.conn())?)
}

/// Writes one step of an item.
pub(super) fn insert_event(tx: &mut Tx<'_>, item: i64, new: &NewEvent<'_>) -> Result<(), StoreError> {
    let (scope, now) = (tx.scope()?, tx.now().naive_utc());
    let (account, by) = match new.by {
        Some(by) => (None, by.to_owned()),
        None => (tx.actor().account(), tx.actor().name.clone()),
    };
    diesel::insert_into(suspense_event::table)
        .values((
            suspense_event::facility_id.eq(scope.facility()),
            suspense_event::item_id.eq(item),
            suspense_event::event.eq(new.event),
            suspense_event::state_before.eq(new.before),
            suspense_event::state_after.eq(new.after),
            suspense_event::code.eq(new.code),
            suspense_event::reason.eq(new.reason),
            suspense_event::at.eq(now),
            suspense_event::account_id.eq(account),
            suspense_event::actor_name.eq(by),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// What was done with an item, in order.
pub(super) fn events(conn: &mut Conn, scope: Scope, item: i64) -> Result<Vec<EventRow>, StoreError> {
    Ok(suspense_event::table
        .filter(suspense_event::facility_id.eq(scope.facility()).and(suspense_event::item_id.eq(item)))
        .order(suspense_event::id)
        .select((
            suspense_event::event,
            suspense_event::state_before,
            suspense_event::state_after,
            suspense_event::code,
            suspense_event::reason,
            suspense_event::at,
            suspense_event::actor_name,
        ))
        .load(conn)?)
}

/// Writes what an item becomes; `false` when somebody was faster.
pub(super) fn set(tx: &mut Tx<'_>, row: &ItemRow, then: Becomes) -> Result<bool, StoreError> {
    let (scope, now) = (tx.scope()?, tx.now().naive_utc());
    let decided = (then.state.phase() == "decided").then_some(now);
    let found = suspense_item::table.filter(
        suspense_item::facility_id
            .eq(scope.facility())
            .and(suspense_item::id.eq(row.id))
            .and(suspense_item::version.eq(row.version)),
    );
    let rows = diesel::update(found)
        .set((
            suspense_item::state.eq(then.state.word()),
            suspense_item::phase.eq(then.state.phase()),
            suspense_item::owner_id.eq(then.owner),
            suspense_item::decided_at.eq(decided),
            suspense_item::recall_on.eq(then.recall_on),
            suspense_item::merged_into.eq(then.merged_into),
            suspense_item::tumor_id.eq(then.tumor),
            suspense_item::version.eq(row.version + 1),
        ))
        .execute(tx.conn())?;
    Ok(rows == 1)
}

/// The item with this public id.
pub(super) fn by_uid(conn: &mut Conn, scope: Scope, uid: &str) -> Result<Option<ItemRow>, StoreError> {
    Ok(suspense_item::table
        .filter(suspense_item::facility_id.eq(scope.facility()).and(suspense_item::uid.eq(uid)))
        .select(ItemRow::as_select())
        .first(conn)
        .optional()?)
}

/// The item with this row key.
pub(super) fn by_key(conn: &mut Conn, scope: Scope, id: i64) -> Result<Option<ItemRow>, StoreError> {
    Ok(suspense_item::table
        .filter(suspense_item::facility_id.eq(scope.facility()).and(suspense_item::id.eq(id)))
        .select(ItemRow::as_select())
        .first(conn)
        .optional()?)
}

/// The item that a source's own id made; `None` for a blank id.
pub(crate) fn of_source(
    conn: &mut Conn,
    scope: Scope,
    source: Source,
    system: &str,
    id: &str,
) -> Result<Option<String>, StoreError> {
    if id.is_empty() {
        return Ok(None);
    }
    Ok(suspense_item::table
        .filter(suspense_item::facility_id.eq(scope.facility()).and(suspense_item::source.eq(source.word())))
        .filter(suspense_item::source_system.eq(system).and(suspense_item::source_id.eq(id)))
        // As the index says it: a bound value would not let the database see that the index serves.
        .filter(sql::<Bool>("source_id <> ''"))
        .select(suspense_item::uid)
        .first(conn)
        .optional()?)
}

/// Other items of perhaps the same person: same record number or same birth date; newest first.
pub(super) fn others(conn: &mut Conn, scope: Scope, row: &ItemRow) -> Result<Vec<ItemRow>, StoreError> {
    const MOST: i64 = 20;
    let here = || {
        suspense_item::table
            .filter(suspense_item::facility_id.eq(scope.facility()).and(suspense_item::id.ne(row.id)))
            .select(ItemRow::as_select())
            .order(suspense_item::id.desc())
            .limit(MOST)
    };
    let mut found: Vec<ItemRow> = Vec::new();
    if !row.medical_record_number.is_empty() {
        let same = suspense_item::medical_record_number.eq(&row.medical_record_number);
        found.extend(here().filter(same).load(conn)?);
    }
    if !row.birth_date.is_empty() {
        let same = suspense_item::birth_date.eq(&row.birth_date);
        found.extend(here().filter(same).load(conn)?);
    }
    found.sort_by_key(|r| std::cmp::Reverse(r.id));
    found.dedup_by_key(|r| r.id);
    Ok(found)
}

fn those<'a>(scope: Scope, which: Which, today: NaiveDate) -> Statement<'a> {
    let all = suspense_item::table.filter(suspense_item::facility_id.eq(scope.facility())).into_boxed();
    let due = suspense_item::recall_on.le(today);
    let waits = ItemState::Waiting.word();
    match which {
        Which::Open => all.filter(suspense_item::phase.eq("open")),
        Which::Mine(account) => {
            all.filter(suspense_item::owner_id.eq(account)).filter(suspense_item::phase.eq("open"))
        }
        Which::Pool => all.filter(suspense_item::state.eq(ItemState::New.word())),
        Which::InReview => all.filter(suspense_item::phase.eq("open")).filter(
            suspense_item::state.eq(ItemState::InReview.word()).or(suspense_item::state.eq(waits).and(due)),
        ),
        Which::Waiting => {
            all.filter(suspense_item::state.eq(waits)).filter(suspense_item::recall_on.gt(today))
        }
        Which::Decided => all.filter(suspense_item::phase.eq("decided")),
        Which::Are(state) => all.filter(suspense_item::state.eq(state.word())),
    }
}

/// A page of items with the names of their owners: from behind a row key, at most `limit`.
pub(super) fn page(
    conn: &mut Conn,
    scope: Scope,
    which: Which,
    today: NaiveDate,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<(ItemRow, Option<String>)>, StoreError> {
    let mut rows = those(scope, which, today);
    rows = match (which.backwards(), after) {
        (true, Some(after)) => rows.filter(suspense_item::id.lt(after)),
        (false, Some(after)) => rows.filter(suspense_item::id.gt(after)),
        (_, None) => rows,
    };
    rows = match which.backwards() {
        true => rows.order(suspense_item::id.desc()),
        false => rows.order(suspense_item::id),
    };
    let rows: Vec<ItemRow> = rows.limit(limit).select(ItemRow::as_select()).load(conn)?;
    with_owners(conn, rows)
}

fn with_owners(conn: &mut Conn, rows: Vec<ItemRow>) -> Result<Vec<(ItemRow, Option<String>)>, StoreError> {
    let keys: Vec<i64> = rows.iter().filter_map(|r| r.owner_id).collect();
    let names: Vec<(i64, String)> =
        account::table.filter(account::id.eq_any(keys)).select((account::id, account::name)).load(conn)?;
    let name = |key: Option<i64>| names.iter().find(|(id, _)| Some(*id) == key).map(|(_, n)| n.clone());
    Ok(rows.into_iter().map(|row| (name(row.owner_id), row)).map(|(n, r)| (r, n)).collect())
}

/// How many there are of a list.
pub(super) fn count(
    conn: &mut Conn,
    scope: Scope,
    which: Which,
    today: NaiveDate,
) -> Result<i64, StoreError> {
    Ok(those(scope, which, today).count().get_result(conn)?)
}

/// Open items of the actor's facility: of the pool, and of one account.
pub(crate) fn open_count(tx: &mut Tx<'_>, account: i64, today: NaiveDate) -> Result<(i64, i64), StoreError> {
    let scope = tx.scope()?;
    let pool = count(tx.conn(), scope, Which::Pool, today)?;
    Ok((pool, count(tx.conn(), scope, Which::Mine(account), today)?))
}

/// The sample of what was screened out in a month, and how many were.
pub(super) fn sample(
    conn: &mut Conn,
    scope: Scope,
    month: &str,
    size: impl Fn(i64) -> i64,
) -> Result<(Vec<(ItemRow, Option<String>)>, i64), StoreError> {
    let all = || {
        suspense_item::table
            .filter(suspense_item::facility_id.eq(scope.facility()).and(suspense_item::phase.eq("screened")))
            .filter(suspense_item::arrived_month.eq(month))
    };
    let of: i64 = all().count().get_result(conn)?;
    let rows = all()
        .order((suspense_item::sampling, suspense_item::id))
        .limit(size(of))
        .select(ItemRow::as_select())
        .load(conn)?;
    Ok((with_owners(conn, rows)?, of))
}
