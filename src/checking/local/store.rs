//! Rows of local edits: versions, and what was done with them.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::rule::Rule;
use crate::{
    access::Scope,
    db::{
        Conn, StoreError, Tx,
        schema::{local_edit_event, local_edit_version, tumor},
    },
};

/// A version as it was written.
#[derive(Clone, Debug)]
pub(super) struct VersionRow {
    pub(super) key: i64,
    pub(super) rule: Rule,
    /// Why it was written; blank for a first version.
    pub(super) reason: String,
    pub(super) at: NaiveDateTime,
    pub(super) by: String,
}

/// What was done with a version.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = local_edit_event)]
pub(super) struct EventRow {
    pub(super) id: i64,
    pub(super) version_id: i64,
    /// `dry_run`, `live` or `retired`.
    pub(super) what: String,
    pub(super) reason: String,
    pub(super) tumors: i64,
    pub(super) fails: i64,
    pub(super) out_of_steps: i64,
    /// The patient a dry run stopped at; none when it came to the end.
    pub(super) reached: Option<i64>,
    /// Public ids of the first cases it fails on, a line each.
    pub(super) cases: String,
    pub(super) at: NaiveDateTime,
    pub(super) actor_name: String,
}

/// A live version.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) version: i64,
    pub(super) digest: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = local_edit_version)]
struct Cells {
    id: i64,
    edit_id: String,
    version: i32,
    name: String,
    level: String,
    items: String,
    applies_when: String,
    fails_when: String,
    severity: String,
    message: String,
    over_ride: String,
    rule: String,
    pass_example: String,
    fail_example: String,
    reason: String,
    made_at: NaiveDateTime,
    actor_name: String,
}

impl From<Cells> for VersionRow {
    fn from(c: Cells) -> Self {
        Self {
            key: c.id,
            rule: Rule {
                id: c.edit_id,
                version: u32::try_from(c.version).unwrap_or(0),
                name: c.name,
                level: c.level,
                items: c.items,
                applies_when: c.applies_when,
                fails_when: c.fails_when,
                severity: c.severity,
                message: c.message,
                over_ride: c.over_ride,
                rule: c.rule,
                pass_example: c.pass_example,
                fail_example: c.fail_example,
            },
            reason: c.reason,
            at: c.made_at,
            by: c.actor_name,
        }
    }
}

/// Live versions of a facility, in the order of their ids.
pub(super) fn live(conn: &mut Conn, scope: Scope) -> Result<Vec<Live>, StoreError> {
    let rows: Vec<(String, String, i64, String)> = local_edit_event::table
        .inner_join(local_edit_version::table)
        .filter(local_edit_event::facility_id.eq(scope.facility()))
        .filter(local_edit_event::what.eq_any(["live", "retired"]))
        .order(local_edit_event::id)
        .select((
            local_edit_version::edit_id,
            local_edit_event::what,
            local_edit_version::id,
            local_edit_version::digest,
        ))
        .load(conn)?;
    let mut newest = BTreeMap::new();
    for (edit, what, version, digest) in rows {
        newest.insert(edit, (what == "live").then_some(Live { version, digest }));
    }
    Ok(newest.into_values().flatten().collect())
}

/// Versions of a facility by row key, in the order of their ids.
pub(super) fn versions_by_key(
    conn: &mut Conn,
    scope: Scope,
    keys: &[i64],
) -> Result<Vec<VersionRow>, StoreError> {
    let rows: Vec<Cells> = local_edit_version::table
        .filter(local_edit_version::facility_id.eq(scope.facility()))
        .filter(local_edit_version::id.eq_any(keys.to_vec()))
        .order(local_edit_version::edit_id)
        .select(Cells::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// All versions of a facility, or of one edit of it, oldest first.
pub(super) fn versions(
    conn: &mut Conn,
    scope: Scope,
    edit: Option<&str>,
) -> Result<Vec<VersionRow>, StoreError> {
    let mut query = local_edit_version::table
        .filter(local_edit_version::facility_id.eq(scope.facility()))
        .order((local_edit_version::edit_id, local_edit_version::version))
        .select(Cells::as_select())
        .into_boxed();
    if let Some(edit) = edit {
        query = query.filter(local_edit_version::edit_id.eq(edit.to_owned()));
    }
    let rows: Vec<Cells> = query.load(conn)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What was done with some versions, oldest first.
pub(super) fn events(conn: &mut Conn, scope: Scope, versions: &[i64]) -> Result<Vec<EventRow>, StoreError> {
    Ok(local_edit_event::table
        .filter(local_edit_event::facility_id.eq(scope.facility()))
        .filter(local_edit_event::version_id.eq_any(versions.to_vec()))
        .order(local_edit_event::id)
        .select(EventRow::as_select())
        .load(conn)?)
}

/// The next free id of the registry. Ids go on over all facilities, so that one never names two rules.
pub(super) fn next_id(conn: &mut Conn) -> Result<String, StoreError> {
    let firsts: i64 =
        local_edit_version::table.filter(local_edit_version::version.eq(1)).count().get_result(conn)?;
    Ok(format!("LOCAL-{:03}", firsts + 1))
}

/// Keeps a version.
pub(super) fn insert_version(tx: &mut Tx<'_>, rule: &Rule, reason: &str) -> Result<i64, StoreError> {
    let (scope, uid, now) = (tx.scope()?, tx.new_id().to_string(), tx.now().naive_utc());
    let (account, by) = (tx.actor().account(), tx.actor().name.clone());
    Ok(diesel::insert_into(local_edit_version::table)
        .values((
            local_edit_version::uid.eq(uid),
            local_edit_version::facility_id.eq(scope.facility()),
            local_edit_version::edit_id.eq(&rule.id),
            local_edit_version::version.eq(i32::try_from(rule.version).unwrap_or(i32::MAX)),
            local_edit_version::name.eq(&rule.name),
            local_edit_version::level.eq(&rule.level),
            local_edit_version::items.eq(&rule.items),
            local_edit_version::applies_when.eq(&rule.applies_when),
            local_edit_version::fails_when.eq(&rule.fails_when),
            local_edit_version::severity.eq(&rule.severity),
            local_edit_version::message.eq(&rule.message),
            local_edit_version::over_ride.eq(&rule.over_ride),
            local_edit_version::rule.eq(&rule.rule),
            local_edit_version::pass_example.eq(&rule.pass_example),
            local_edit_version::fail_example.eq(&rule.fail_example),
            local_edit_version::reason.eq(reason),
            local_edit_version::digest.eq(rule.digest()),
            local_edit_version::made_at.eq(now),
            local_edit_version::account_id.eq(account),
            local_edit_version::actor_name.eq(by),
        ))
        .returning(local_edit_version::id)
        .get_result(tx.conn())?)
}

/// What a dry run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Cases looked at.
    pub tumors: i64,
    /// Cases it fails on.
    pub fails: i64,
    /// Cases on which it would take more steps than it may.
    pub out_of_steps: i64,
    /// The patient it stopped at; none when it came to the end.
    pub reached: Option<i64>,
    /// Public ids of the first cases it fails on.
    pub cases: Vec<String>,
}

/// Keeps what was done with a version.
pub(super) fn insert_event(
    tx: &mut Tx<'_>,
    version: i64,
    what: &'static str,
    reason: &str,
    counted: &Counted,
) -> Result<(), StoreError> {
    let (scope, uid, now) = (tx.scope()?, tx.new_id().to_string(), tx.now().naive_utc());
    let (account, by) = (tx.actor().account(), tx.actor().name.clone());
    diesel::insert_into(local_edit_event::table)
        .values((
            local_edit_event::uid.eq(uid),
            local_edit_event::facility_id.eq(scope.facility()),
            local_edit_event::version_id.eq(version),
            local_edit_event::what.eq(what),
            local_edit_event::reason.eq(reason),
            local_edit_event::tumors.eq(counted.tumors),
            local_edit_event::fails.eq(counted.fails),
            local_edit_event::out_of_steps.eq(counted.out_of_steps),
            local_edit_event::reached.eq(counted.reached),
            local_edit_event::cases.eq(counted.cases.join("\n")),
            local_edit_event::at.eq(now),
            local_edit_event::account_id.eq(account),
            local_edit_event::actor_name.eq(by),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Cases of the facility by public id that are not voided: (patient, case, public id, accession number,
/// sequence number, site).
pub(super) fn cases(
    conn: &mut Conn,
    scope: Scope,
    uids: &[String],
) -> Result<Vec<(i64, i64, String, String, String, String)>, StoreError> {
    Ok(tumor::table
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::uid.eq_any(uids.to_vec())))
        .filter(tumor::voided.eq(false))
        .order(tumor::id)
        .select((
            tumor::patient_id,
            tumor::id,
            tumor::uid,
            tumor::accession_number,
            tumor::sequence_number,
            tumor::primary_site,
        ))
        .load(conn)?)
}
