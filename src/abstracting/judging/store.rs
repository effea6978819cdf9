//! Rows of what people decided about findings.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::{
    access::Scope,
    db::{Conn, StoreError, Tx, schema::edit_decision},
};

/// A decision.
#[derive(Clone, Debug, Queryable)]
pub(super) struct DecisionRow {
    pub(super) edit: String,
    pub(super) kind: String,
    pub(super) input_hash: String,
    pub(super) reason: String,
    pub(super) actor_name: String,
    pub(super) at: NaiveDateTime,
}

/// All decisions of a case, the newest first.
pub(super) fn of_case(conn: &mut Conn, scope: Scope, tumor: i64) -> Result<Vec<DecisionRow>, StoreError> {
    Ok(edit_decision::table
        .filter(edit_decision::facility_id.eq(scope.facility()).and(edit_decision::tumor_id.eq(tumor)))
        .order(edit_decision::id.desc())
        .select((
            edit_decision::edit_id,
            edit_decision::kind,
            edit_decision::input_hash,
            edit_decision::reason,
            edit_decision::actor_name,
            edit_decision::at,
        ))
        .load(conn)?)
}

/// A decision to be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewDecision<'a> {
    pub(super) tumor: i64,
    pub(super) edit: &'a str,
    pub(super) version: u32,
    pub(super) kind: &'static str,
    pub(super) input_hash: &'a str,
    pub(super) reason: &'a str,
}

/// Keeps a decision with the person and the time.
pub(super) fn insert(tx: &mut Tx<'_>, new: &NewDecision<'_>) -> Result<(), StoreError> {
    let (scope, uid, now) = (tx.scope()?, tx.new_id().to_string(), tx.now().naive_utc());
    let (account, name) = (tx.actor().account(), tx.actor().name.clone());
    diesel::insert_into(edit_decision::table)
        .values((
            edit_decision::uid.eq(uid),
            edit_decision::facility_id.eq(scope.facility()),
            edit_decision::tumor_id.eq(new.tumor),
            edit_decision::edit_id.eq(new.edit),
            edit_decision::edit_version.eq(i32::try_from(new.version).unwrap_or(i32::MAX)),
            edit_decision::kind.eq(new.kind),
            edit_decision::input_hash.eq(new.input_hash),
            edit_decision::reason.eq(new.reason),
            edit_decision::account_id.eq(account),
            edit_decision::actor_name.eq(name),
            edit_decision::at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}
