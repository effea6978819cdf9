//! Rows of accounts, roles and sessions.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::{
    actor::{Actor, Role},
    session::{MOST_FAILURES, MOST_SESSIONS, wait_after},
};
use crate::db::{
    Conn, StoreError, Tx,
    schema::{account, membership, role_grant, session, sign_in_source},
};

/// An account that may sign in, as found by its login.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) account: i64,
    pub(super) uid: String,
    pub(super) password_hash: Option<String>,
    pub(super) active: bool,
    pub(super) facility: Option<i64>,
}

/// May the password be looked at?
pub(super) enum Attempt {
    Wait(DateTime<Utc>),
    Go(Option<Found>),
}

fn far_future(now: DateTime<Utc>) -> NaiveDateTime {
    (now + chrono::Duration::days(36_500)).naive_utc()
}

/// Counts the attempt first, for the account and for the source; success takes it back.
pub(super) fn begin_attempt(
    conn: &mut Conn,
    login: &str,
    source: &str,
    now: DateTime<Utc>,
) -> Result<Attempt, StoreError> {
    let at = now.naive_utc();
    if let Some(until) = source_waits(conn, source)?.filter(|until| *until > now) {
        return Ok(Attempt::Wait(until));
    }
    type Row = (i64, String, Option<String>, String, i32, Option<NaiveDateTime>);
    let row: Option<Row> = account::table
        .filter(account::login.eq(login))
        .select((
            account::id,
            account::uid,
            account::password_hash,
            account::state,
            account::failed_attempts,
            account::throttled_until,
        ))
        .first(conn)
        .optional()?;
    if let Some((.., Some(until))) = row.as_ref().filter(|r| r.5.is_some_and(|u| u > at)) {
        return Ok(Attempt::Wait(until.and_utc()));
    }
    count_source(conn, source, now)?;
    let Some((id, uid, password_hash, state, failed, _)) = row else { return Ok(Attempt::Go(None)) };
    let failed = failed + 1;
    let until = if failed >= MOST_FAILURES {
        Some(far_future(now))
    } else {
        wait_after(failed).map(|w| (now + w).naive_utc())
    };
    diesel::update(account::table.find(id))
        .set((account::failed_attempts.eq(failed), account::throttled_until.eq(until)))
        .execute(conn)?;
    let facility: Option<i64> = membership::table
        .inner_join(role_grant::table)
        .filter(membership::account_id.eq(id))
        .order(membership::id)
        .select(membership::facility_id)
        .first(conn)
        .optional()?;
    Ok(Attempt::Go(Some(Found { account: id, uid, password_hash, active: state == "active", facility })))
}

/// Until when a source waits, past or to come.
pub(super) fn source_waits(conn: &mut Conn, source: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
    let until: Option<Option<NaiveDateTime>> =
        sign_in_source::table.find(source).select(sign_in_source::throttled_until).first(conn).optional()?;
    Ok(until.flatten().map(|until| until.and_utc()))
}

/// Counts a failure of a source. It may serve a whole department, so it waits only from ten times as many.
pub(super) fn count_source(conn: &mut Conn, source: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let from: Option<i32> =
        sign_in_source::table.find(source).select(sign_in_source::failures).first(conn).optional()?;
    let at = now.naive_utc();
    let failures = from.unwrap_or(0) + 1;
    let until = wait_after(failures / 10).map(|w| (now + w).naive_utc());
    if from.is_some() {
        diesel::update(sign_in_source::table.find(source))
            .set((
                sign_in_source::failures.eq(failures),
                sign_in_source::throttled_until.eq(until),
                sign_in_source::changed_at.eq(at),
            ))
            .execute(conn)?;
    } else {
        diesel::insert_into(sign_in_source::table)
            .values((
                sign_in_source::source.eq(source),
                sign_in_source::failures.eq(failures),
                sign_in_source::throttled_until.eq(until),
                sign_in_source::changed_at.eq(at),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Opens a session and ends the oldest beyond the limit.
pub(super) fn open_session(
    tx: &mut Tx<'_>,
    found: &Found,
    token_hash: &str,
    csrf: &str,
    source: &str,
    rehash: Option<&str>,
) -> Result<(), StoreError> {
    let now = tx.now();
    let at = now.naive_utc();
    let facility = found.facility.ok_or(StoreError::Refused("no facility".to_owned()))?;
    let conn = tx.conn();
    let running: Vec<i64> = session::table
        .filter(session::account_id.eq(found.account).and(session::ended_at.is_null()))
        .order(session::id.desc())
        .select(session::id)
        .load(conn)?;
    for old in running.iter().skip(MOST_SESSIONS - 1) {
        end_session(conn, *old, "too many sessions", now)?;
    }
    diesel::insert_into(session::table)
        .values((
            session::token_hash.eq(token_hash),
            session::account_id.eq(found.account),
            session::facility_id.eq(facility),
            session::csrf.eq(csrf),
            session::created_at.eq(at),
            session::seen_at.eq(at),
            session::end_reason.eq(""),
            session::source.eq(source),
        ))
        .execute(conn)?;
    attempt_was_right(conn, found.account, source)?;
    diesel::update(account::table.find(found.account))
        .set(account::last_sign_in_at.eq(Some(at)))
        .execute(conn)?;
    if let Some(hash) = rehash {
        diesel::update(account::table.find(found.account))
            .set(account::password_hash.eq(Some(hash)))
            .execute(conn)?;
    }
    Ok(())
}

/// Takes the counted attempt back.
pub(super) fn attempt_was_right(conn: &mut Conn, account: i64, source: &str) -> Result<(), StoreError> {
    diesel::update(account::table.find(account))
        .set((account::failed_attempts.eq(0), account::throttled_until.eq(None::<NaiveDateTime>)))
        .execute(conn)?;
    diesel::update(sign_in_source::table.find(source))
        .set((sign_in_source::failures.eq(0), sign_in_source::throttled_until.eq(None::<NaiveDateTime>)))
        .execute(conn)?;
    Ok(())
}

/// A running session and who it belongs to.
pub(super) struct OpenSession {
    pub(super) session: i64,
    pub(super) created_at: DateTime<Utc>,
    pub(super) seen_at: DateTime<Utc>,
    pub(super) actor: Actor,
}

/// The one query that turns a token into a person with rights: session running, account
/// active, roles held now in the facility worked in.
pub(super) fn open_session_of(conn: &mut Conn, token_hash: &str) -> Result<Option<OpenSession>, StoreError> {
    type Row = (i64, i64, i64, String, NaiveDateTime, NaiveDateTime, String, String);
    let row: Option<Row> = session::table
        .inner_join(account::table)
        .filter(session::token_hash.eq(token_hash))
        .filter(session::ended_at.is_null())
        .filter(account::state.eq("active"))
        .select((
            session::id,
            session::account_id,
            session::facility_id,
            session::csrf,
            session::created_at,
            session::seen_at,
            account::login,
            account::name,
        ))
        .first(conn)
        .optional()?;
    let Some((session, account, facility, csrf, created, seen, login, name)) = row else { return Ok(None) };
    let roles = roles_at(conn, account, facility)?;
    if roles.is_empty() {
        return Ok(None);
    }
    Ok(Some(OpenSession {
        session,
        created_at: created.and_utc(),
        seen_at: seen.and_utc(),
        actor: Actor::person(account, session, csrf, &login, &name, facility, roles),
    }))
}

/// Roles of an account at a facility.
pub(super) fn roles_at(conn: &mut Conn, account: i64, facility: i64) -> Result<BTreeSet<Role>, StoreError> {
    let words: Vec<String> = role_grant::table
        .inner_join(membership::table)
        .filter(membership::account_id.eq(account).and(membership::facility_id.eq(facility)))
        .select(role_grant::role)
        .load(conn)?;
    Ok(words.iter().filter_map(|w| Role::parse(w)).collect())
}

pub(super) fn end_session(conn: &mut Conn, id: i64, why: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    diesel::update(session::table.find(id).filter(session::ended_at.is_null()))
        .set((session::ended_at.eq(Some(now.naive_utc())), session::end_reason.eq(why)))
        .execute(conn)?;
    Ok(())
}

pub(super) fn end_sessions_of(
    conn: &mut Conn,
    account: i64,
    but: Option<i64>,
    why: &str,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    Ok(diesel::update(
        session::table
            .filter(session::account_id.eq(account))
            .filter(session::ended_at.is_null())
            .filter(session::id.ne(but.unwrap_or(0))),
    )
    .set((session::ended_at.eq(Some(now.naive_utc())), session::end_reason.eq(why)))
    .execute(conn)?)
}

pub(super) fn session_seen(conn: &mut Conn, id: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    diesel::update(session::table.find(id)).set(session::seen_at.eq(now.naive_utc())).execute(conn)?;
    Ok(())
}

/// Works in another facility from now on; only where roles are held.
pub(super) fn choose_facility(conn: &mut Conn, session_id: i64, facility: i64) -> Result<(), StoreError> {
    diesel::update(session::table.find(session_id)).set(session::facility_id.eq(facility)).execute(conn)?;
    Ok(())
}
