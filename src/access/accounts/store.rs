//! Rows of accounts, memberships, role grants and links.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::{super::actor::Role, NewAccount};
use crate::db::{
    Conn, StoreError, Tx, each_backend,
    schema::{account, facility, membership, role_grant, sign_in_link},
};

/// An account, without its secrets.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = account)]
pub struct AccountRow {
    /// Row key.
    pub id: i64,
    /// Public id.
    pub uid: String,
    /// Login.
    pub login: String,
    /// Name of the person.
    pub name: String,
    /// Address for mails.
    pub email: String,
    /// `active`, `disabled` or `invited` (no password yet).
    pub state: String,
    /// Failed attempts in a row.
    pub failed_attempts: i32,
    /// Waits until then.
    pub throttled_until: Option<NaiveDateTime>,
    /// Last sign-in.
    pub last_sign_in_at: Option<NaiveDateTime>,
    /// `auto`, `light` or `dark`.
    pub theme: String,
    /// Are single letters keys?
    pub single_keys: bool,
    /// Weekly digest: `weekly`, `daily` or `off`.
    pub mail_weekly: String,
    /// New items: `daily`, `weekly` or `off`.
    pub mail_new_due: String,
    /// Hard bounces in a row.
    pub mail_refused: i32,
}

/// Where an account is a member, and what it may do there.
#[derive(Clone, Debug)]
pub struct MembershipRow {
    /// Row key of the facility.
    pub facility: i64,
    /// Its short name.
    pub short_name: String,
    /// Initials there.
    pub initials: String,
    /// Roles there.
    pub roles: Vec<Role>,
}

pub(super) fn by_login(conn: &mut Conn, login: &str) -> Result<Option<AccountRow>, StoreError> {
    Ok(account::table
        .filter(account::login.eq(login))
        .select(AccountRow::as_select())
        .first(conn)
        .optional()?)
}

pub(super) fn by_uid(conn: &mut Conn, uid: &str) -> Result<Option<AccountRow>, StoreError> {
    Ok(account::table.filter(account::uid.eq(uid)).select(AccountRow::as_select()).first(conn).optional()?)
}

pub(super) fn by_id(conn: &mut Conn, id: i64) -> Result<AccountRow, StoreError> {
    Ok(account::table.find(id).select(AccountRow::as_select()).first(conn)?)
}

pub(super) fn password_hash(conn: &mut Conn, id: i64) -> Result<Option<String>, StoreError> {
    Ok(account::table.find(id).select(account::password_hash).first(conn)?)
}

pub(super) fn insert(tx: &mut Tx<'_>, uid: &str, new: &NewAccount) -> Result<AccountRow, StoreError> {
    let now = tx.now().naive_utc();
    let conn = tx.conn();
    let id: i64 = diesel::insert_into(account::table)
        .values((
            account::uid.eq(uid),
            account::login.eq(&new.login),
            account::name.eq(&new.name),
            account::email.eq(&new.email),
            account::state.eq("invited"),
            account::failed_attempts.eq(0),
            account::theme.eq("auto"),
            account::single_keys.eq(true),
            account::mail_weekly.eq("weekly"),
            account::mail_new_due.eq("daily"),
            account::mail_refused.eq(0),
            account::created_at.eq(now),
            account::version.eq(1),
        ))
        .returning(account::id)
        .get_result(conn)?;
    by_id(conn, id)
}

pub(super) fn initials_taken(conn: &mut Conn, facility: i64, initials: &str) -> Result<bool, StoreError> {
    Ok(by_initials(conn, facility, initials)?.is_some())
}

pub(super) fn by_initials(conn: &mut Conn, facility: i64, initials: &str) -> Result<Option<i64>, StoreError> {
    Ok(membership::table
        .filter(membership::facility_id.eq(facility).and(membership::initials.eq(initials)))
        .select(membership::account_id)
        .first(conn)
        .optional()?)
}

pub(super) fn initials_of(
    conn: &mut Conn,
    account: i64,
    facility: i64,
) -> Result<Option<String>, StoreError> {
    Ok(membership::table
        .filter(membership::facility_id.eq(facility).and(membership::account_id.eq(account)))
        .select(membership::initials)
        .first(conn)
        .optional()?)
}

pub(super) fn join(conn: &mut Conn, account: i64, facility: i64, initials: &str) -> Result<(), StoreError> {
    diesel::insert_into(membership::table)
        .values((
            membership::account_id.eq(account),
            membership::facility_id.eq(facility),
            membership::initials.eq(initials),
        ))
        .execute(conn)?;
    Ok(())
}

fn membership_id(conn: &mut Conn, account: i64, facility: i64) -> Result<Option<i64>, StoreError> {
    Ok(membership::table
        .filter(membership::facility_id.eq(facility).and(membership::account_id.eq(account)))
        .select(membership::id)
        .first(conn)
        .optional()?)
}

pub(super) fn grant(
    conn: &mut Conn,
    account: i64,
    facility: i64,
    role: Role,
    now: DateTime<Utc>,
    by: &str,
) -> Result<bool, StoreError> {
    let id = membership_id(conn, account, facility)?
        .ok_or_else(|| StoreError::Refused("the account is no member of this facility".to_owned()))?;
    let row = (
        role_grant::membership_id.eq(id),
        role_grant::role.eq(role.word()),
        role_grant::granted_at.eq(now.naive_utc()),
        role_grant::granted_by.eq(by),
    );
    let added = each_backend!(conn, |c| diesel::insert_into(role_grant::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(added > 0)
}

pub(super) fn revoke(conn: &mut Conn, account: i64, facility: i64, role: Role) -> Result<bool, StoreError> {
    let Some(id) = membership_id(conn, account, facility)? else { return Ok(false) };
    Ok(diesel::delete(role_grant::table.find((id, role.word()))).execute(conn)? > 0)
}

pub(super) fn is_last_administrator(conn: &mut Conn, id: i64) -> Result<bool, StoreError> {
    let mut holders: Vec<i64> = role_grant::table
        .inner_join(membership::table.inner_join(account::table))
        .filter(role_grant::role.eq(Role::Administrator.word()))
        .filter(account::state.ne("disabled"))
        .select(membership::account_id)
        .load(conn)?;
    holders.sort_unstable();
    holders.dedup();
    Ok(holders == [id])
}

pub(super) fn set_state(conn: &mut Conn, id: i64, state: &str) -> Result<(), StoreError> {
    // An account that never had a password goes back to waiting for one.
    let has_password = password_hash(conn, id)?.is_some();
    let state = if state == "active" && !has_password { "invited" } else { state };
    diesel::update(account::table.find(id)).set(account::state.eq(state)).execute(conn)?;
    Ok(())
}

pub(super) fn unlock(conn: &mut Conn, id: i64) -> Result<(), StoreError> {
    diesel::update(account::table.find(id))
        .set((account::failed_attempts.eq(0), account::throttled_until.eq(None::<NaiveDateTime>)))
        .execute(conn)?;
    Ok(())
}

pub(super) fn issue_link(
    conn: &mut Conn,
    id: i64,
    hash: &str,
    kind: &str,
    now: DateTime<Utc>,
    expires: DateTime<Utc>,
) -> Result<(), StoreError> {
    diesel::update(
        sign_in_link::table.filter(sign_in_link::account_id.eq(id)).filter(sign_in_link::used_at.is_null()),
    )
    .set(sign_in_link::used_at.eq(Some(now.naive_utc())))
    .execute(conn)?;
    diesel::insert_into(sign_in_link::table)
        .values((
            sign_in_link::token_hash.eq(hash),
            sign_in_link::account_id.eq(id),
            sign_in_link::kind.eq(kind),
            sign_in_link::created_at.eq(now.naive_utc()),
            sign_in_link::expires_at.eq(expires.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

pub(super) fn link_owner(
    conn: &mut Conn,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<AccountRow>, StoreError> {
    let id: Option<i64> = sign_in_link::table
        .filter(sign_in_link::token_hash.eq(hash))
        .filter(sign_in_link::used_at.is_null())
        .filter(sign_in_link::expires_at.gt(now.naive_utc()))
        .select(sign_in_link::account_id)
        .first(conn)
        .optional()?;
    let Some(id) = id else { return Ok(None) };
    Ok(Some(by_id(conn, id)?).filter(|a| a.state != "disabled"))
}

pub(super) fn use_link(conn: &mut Conn, hash: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let used = diesel::update(
        sign_in_link::table
            .filter(sign_in_link::token_hash.eq(hash))
            .filter(sign_in_link::used_at.is_null())
            .filter(sign_in_link::expires_at.gt(now.naive_utc())),
    )
    .set(sign_in_link::used_at.eq(Some(now.naive_utc())))
    .execute(conn)?;
    Ok(used == 1)
}

pub(super) fn set_password(
    conn: &mut Conn,
    id: i64,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    diesel::update(account::table.find(id))
        .set((
            account::password_hash.eq(Some(hash)),
            account::password_changed_at.eq(Some(now.naive_utc())),
            account::state.eq("active"),
            account::failed_attempts.eq(0),
            account::throttled_until.eq(None::<NaiveDateTime>),
        ))
        .execute(conn)?;
    Ok(())
}

pub(super) fn set_preferences(
    conn: &mut Conn,
    id: i64,
    theme: &str,
    single_keys: bool,
    weekly: &str,
    new_due: &str,
) -> Result<(), StoreError> {
    diesel::update(account::table.find(id))
        .set((
            account::theme.eq(theme),
            account::single_keys.eq(single_keys),
            account::mail_weekly.eq(weekly),
            account::mail_new_due.eq(new_due),
        ))
        .execute(conn)?;
    Ok(())
}

pub(super) fn list(conn: &mut Conn) -> Result<Vec<(AccountRow, Vec<MembershipRow>)>, StoreError> {
    let accounts: Vec<AccountRow> =
        account::table.order((account::name, account::id)).select(AccountRow::as_select()).load(conn)?;
    let members: Vec<(i64, i64, i64, String, String)> = membership::table
        .inner_join(facility::table)
        .order(membership::id)
        .select((
            membership::id,
            membership::account_id,
            facility::id,
            facility::short_name,
            membership::initials,
        ))
        .load(conn)?;
    let grants: Vec<(i64, String)> = role_grant::table
        .order(role_grant::role)
        .select((role_grant::membership_id, role_grant::role))
        .load(conn)?;
    Ok(accounts
        .into_iter()
        .map(|a| {
            let memberships = members
                .iter()
                .filter(|(_, account, ..)| *account == a.id)
                .map(|(id, _, facility, short_name, initials)| MembershipRow {
                    facility: *facility,
                    short_name: short_name.clone(),
                    initials: initials.clone(),
                    // A role that a newer program granted gives no right here.
                    roles: grants
                        .iter()
                        .filter(|(m, _)| m == id)
                        .filter_map(|(_, r)| Role::parse(r))
                        .collect(),
                })
                .collect();
            (a, memberships)
        })
        .collect())
}

pub(super) fn members_with(
    conn: &mut Conn,
    at: i64,
    role: Role,
) -> Result<Vec<(AccountRow, String)>, StoreError> {
    Ok(membership::table
        .inner_join(role_grant::table)
        .inner_join(account::table)
        .filter(membership::facility_id.eq(at).and(role_grant::role.eq(role.word())))
        .filter(account::state.eq("active"))
        .order(account::id)
        .select((AccountRow::as_select(), membership::initials))
        .load(conn)?)
}

pub(super) fn facilities_of(conn: &mut Conn, id: i64) -> Result<Vec<(i64, String, String)>, StoreError> {
    let mut rows: Vec<(i64, String, String)> = membership::table
        .inner_join(facility::table)
        .inner_join(role_grant::table)
        .filter(membership::account_id.eq(id))
        .order((facility::short_name, facility::id))
        .select((facility::id, facility::uid, facility::short_name))
        .load(conn)?;
    rows.dedup();
    Ok(rows)
}

/// Facilities in which an account holds a role.
pub(super) fn facilities_with(conn: &mut Conn, id: i64, role: Role) -> Result<Vec<i64>, StoreError> {
    Ok(membership::table
        .inner_join(role_grant::table)
        .filter(membership::account_id.eq(id).and(role_grant::role.eq(role.word())))
        .select(membership::facility_id)
        .load(conn)?)
}
