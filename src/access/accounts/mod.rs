//! Accounts: made, granted roles, disabled, reset, unlocked. No password is ever chosen by
//! anybody but its owner: a new account gets a link that works once.
//!
//! Sources: OWASP ASVS 5.0.0, 6.4; NIST SP 800-53 r5 AC-2, AC-6.

mod store;

use chrono::{DateTime, Duration, Utc};

use super::{
    actor::Role,
    password::{self, Cost, PasswordRefused},
    session::{normal_login, token_hash},
};
use crate::{
    audit::{AuditAction, Event},
    db::{Conn, Db, HoldsStoreError, StoreError, Tx},
};

pub use store::{AccountRow, MembershipRow};

/// Why an account could not be made or changed. Names the field, what was given and what is allowed.
#[derive(Debug, thiserror::Error)]
pub enum AccountRefused {
    /// The login is not usable.
    #[error("Login “{0}”: 2 to 64 letters, digits, dots, hyphens or underscores are allowed.")]
    Login(String),
    /// There is one already.
    #[error("Login “{0}” is taken. Choose another.")]
    LoginTaken(String),
    /// Name missing.
    #[error("Name is empty. Enter the person's name, up to 100 characters.")]
    Name,
    /// Not an address.
    #[error("E-mail “{0}” is not an address like name@hospital.example.")]
    Email(String),
    /// Not initials.
    #[error(
        "Initials “{0}”: exactly 3 letters or digits are needed; they fill abstractedBy (NAACCR item 570)."
    )]
    Initials(String),
    /// Somebody else there has them.
    #[error("Initials “{0}” belong to somebody else in this facility. Choose others.")]
    InitialsTaken(String),
    /// Nobody of that login.
    #[error("There is no account with login “{0}”.")]
    Unknown(String),
    /// Own roles.
    #[error("Nobody changes their own roles. Ask another administrator.")]
    OwnRoles,
    /// The last administrator.
    #[error("This is the last administrator. Grant the role to somebody else first.")]
    LastAdministrator,
    /// A link that does not work (any more).
    #[error("This link has been used, is too old, or was never made. Ask your administrator for a new one.")]
    Link,
    /// The present password was wrong.
    #[error("The present password is not right.")]
    PresentPassword,
    /// The new password was refused.
    #[error(transparent)]
    Password(#[from] PasswordRefused),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl HoldsStoreError for AccountRefused {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            _ => None,
        }
    }
}

impl From<diesel::result::Error> for AccountRefused {
    fn from(e: diesel::result::Error) -> Self {
        Self::Store(e.into())
    }
}

/// A person to be given an account.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Login, compared in lower case.
    pub login: String,
    /// Name of the person.
    pub name: String,
    /// Address for mails.
    pub email: String,
    /// Three characters, unique in the facility.
    pub initials: String,
}

/// What a link is for, and so how long it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// The first administrator, printed by `init`: 60 minutes.
    Setup,
    /// A new account: 72 hours.
    Invitation,
    /// A forgotten password: 30 minutes.
    Reset,
}

impl LinkKind {
    fn word(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }

    /// How long it works.
    pub fn lasts(self) -> Duration {
        match self {
            Self::Setup => Duration::minutes(60),
            Self::Invitation => Duration::hours(72),
            Self::Reset => Duration::minutes(30),
        }
    }
}

fn checked(new: &NewAccount) -> Result<NewAccount, AccountRefused> {
    let login = normal_login(&new.login);
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !(2..=64).contains(&login.len()) || !login.chars().all(good) {
        return Err(AccountRefused::Login(new.login.clone()));
    }
    let name = new.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(AccountRefused::Name);
    }
    let email = new.email.trim().to_owned();
    if email.parse::<lettre::Address>().is_err() {
        return Err(AccountRefused::Email(email));
    }
    let initials = checked_initials(&new.initials)?;
    Ok(NewAccount { login, name, email, initials })
}

fn checked_initials(initials: &str) -> Result<String, AccountRefused> {
    let initials = initials.trim().to_uppercase();
    if initials.len() != 3 || !initials.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(AccountRefused::Initials(initials));
    }
    Ok(initials)
}

/// Makes an account in a facility with roles there; it cannot sign in before its owner chose a password.
pub fn create(
    tx: &mut Tx<'_>,
    facility: i64,
    new: &NewAccount,
    roles: &[Role],
) -> Result<AccountRow, AccountRefused> {
    let new = checked(new)?;
    if store::by_login(tx.conn(), &new.login)?.is_some() {
        return Err(AccountRefused::LoginTaken(new.login));
    }
    let uid = tx.new_id().to_string();
    let row = store::insert(tx, &uid, &new)?;
    join(tx, &row, facility, &new.initials)?;
    tx.record(Event::new(AuditAction::ChangeAccount).detail(format!("made account {uid}")));
    for role in roles {
        grant(tx, &row, facility, *role)?;
    }
    Ok(row)
}

/// Makes an account a member of another facility, with initials of its own there.
pub fn join(
    tx: &mut Tx<'_>,
    account: &AccountRow,
    facility: i64,
    initials: &str,
) -> Result<(), AccountRefused> {
    let initials = checked_initials(initials)?;
    if store::initials_taken(tx.conn(), facility, &initials)? {
        return Err(AccountRefused::InitialsTaken(initials));
    }
    store::join(tx.conn(), account.id, facility, &initials)?;
    Ok(())
}

/// Grants a role. Over HTTP nobody changes their own.
pub fn grant(tx: &mut Tx<'_>, account: &AccountRow, facility: i64, role: Role) -> Result<(), AccountRefused> {
    if tx.actor().account() == Some(account.id) {
        return Err(AccountRefused::OwnRoles);
    }
    let (now, by) = (tx.now(), tx.actor().name.clone());
    if store::grant(tx.conn(), account.id, facility, role, now, &by)? {
        tx.record(Event::new(AuditAction::ChangeRole).detail(format!(
            "granted {} to account {}",
            role.word(),
            account.uid
        )));
    }
    Ok(())
}

/// Takes a role away and ends the person's sessions. The last administrator stays.
pub fn revoke(
    tx: &mut Tx<'_>,
    account: &AccountRow,
    facility: i64,
    role: Role,
) -> Result<(), AccountRefused> {
    if tx.actor().account() == Some(account.id) {
        return Err(AccountRefused::OwnRoles);
    }
    if role == Role::Administrator && store::is_last_administrator(tx.conn(), account.id)? {
        return Err(AccountRefused::LastAdministrator);
    }
    if store::revoke(tx.conn(), account.id, facility, role)? {
        let now = tx.now();
        super::store::end_sessions_of(tx.conn(), account.id, None, "role changed", now)?;
        tx.record(Event::new(AuditAction::ChangeRole).detail(format!(
            "took {} from account {}",
            role.word(),
            account.uid
        )));
    }
    Ok(())
}

/// Lets an account in or keeps it out, from the next request on.
pub fn set_active(tx: &mut Tx<'_>, account: &AccountRow, active: bool) -> Result<(), AccountRefused> {
    if !active && tx.actor().account() == Some(account.id) {
        return Err(AccountRefused::OwnRoles);
    }
    if !active && store::is_last_administrator(tx.conn(), account.id)? {
        return Err(AccountRefused::LastAdministrator);
    }
    let now = tx.now();
    store::set_state(tx.conn(), account.id, if active { "active" } else { "disabled" })?;
    if !active {
        super::store::end_sessions_of(tx.conn(), account.id, None, "disabled", now)?;
    }
    let word = if active { "enabled" } else { "disabled" };
    tx.record(Event::new(AuditAction::ChangeAccount).detail(format!("{word} account {}", account.uid)));
    Ok(())
}

/// Takes back the wait after failed attempts.
pub fn unlock(tx: &mut Tx<'_>, account: &AccountRow) -> Result<(), AccountRefused> {
    store::unlock(tx.conn(), account.id)?;
    tx.record(Event::new(AuditAction::ChangeAccount).detail(format!("unlocked account {}", account.uid)));
    Ok(())
}

/// Makes a link with which the owner chooses a password; earlier links stop working.
pub fn issue_link(
    tx: &mut Tx<'_>,
    account: &AccountRow,
    kind: LinkKind,
    token: &str,
) -> Result<DateTime<Utc>, AccountRefused> {
    let now = tx.now();
    let expires = now + kind.lasts();
    store::issue_link(tx.conn(), account.id, &token_hash(token), kind.word(), now, expires)?;
    tx.record(Event::new(AuditAction::ChangeAccount).detail(format!(
        "{} link for account {}",
        kind.word(),
        account.uid
    )));
    Ok(expires)
}

/// The account a link belongs to, while it works.
pub fn link_owner(conn: &mut Conn, token: &str, now: DateTime<Utc>) -> Result<AccountRow, AccountRefused> {
    store::link_owner(conn, &token_hash(token), now)?.ok_or(AccountRefused::Link)
}

/// Chooses a password with a link: checks it, uses the link up, ends all sessions.
pub fn choose_password(
    db: &Db,
    token: &str,
    password: &str,
    least: usize,
    cost: Cost,
    source: &str,
) -> Result<AccountRow, AccountRefused> {
    let owner = db.read(|conn| link_owner(conn, token, db.clock.now()))?;
    password::check_new(password, least, &[&owner.login, &owner.name, &owner.email])?;
    let hash = password::hash(password, cost);
    let mut nobody = super::Actor::nobody();
    nobody.name.clone_from(&owner.login);
    nobody.source = source.to_owned();
    db.write(&nobody, |tx| {
        let now = tx.now();
        if !store::use_link(tx.conn(), &token_hash(token), now)? {
            return Err(AccountRefused::Link);
        }
        store::set_password(tx.conn(), owner.id, &hash, now)?;
        super::store::end_sessions_of(tx.conn(), owner.id, None, "password changed", now)?;
        tx.record(
            Event::new(AuditAction::ChangeAccount)
                .detail(format!("password chosen by link, account {}", owner.uid)),
        );
        Ok(())
    })?;
    Ok(owner)
}

/// Changes the own password; other sessions of the person end.
pub fn change_password(
    db: &Db,
    actor: &super::Actor,
    present: &str,
    new: &str,
    least: usize,
    cost: Cost,
) -> Result<(), AccountRefused> {
    let account = actor.account().ok_or(AccountRefused::PresentPassword)?;
    let owner = db.read(|conn| store::by_id(conn, account))?;
    let stored = db.read(|conn| store::password_hash(conn, account))?;
    if !password::verify(present, stored.as_deref(), cost) {
        return Err(AccountRefused::PresentPassword);
    }
    password::check_new(new, least, &[&owner.login, &owner.name, &owner.email])?;
    let hash = password::hash(new, cost);
    db.write(actor, |tx| {
        let now = tx.now();
        store::set_password(tx.conn(), account, &hash, now)?;
        let here = tx.actor().session();
        super::store::end_sessions_of(tx.conn(), account, here, "password changed", now)?;
        tx.record(
            Event::new(AuditAction::ChangeAccount)
                .detail(format!("changed own password, account {}", owner.uid)),
        );
        Ok(())
    })
}

/// Works in another facility where the person holds a role.
pub fn choose_facility(tx: &mut Tx<'_>, facility: i64) -> Result<bool, StoreError> {
    let (Some(account), Some(session)) = (tx.actor().account(), tx.actor().session()) else {
        return Ok(false);
    };
    if super::store::roles_at(tx.conn(), account, facility)?.is_empty() {
        return Ok(false);
    }
    super::store::choose_facility(tx.conn(), session, facility)?;
    tx.record(Event::new(AuditAction::SignIn).detail("chose another facility"));
    Ok(true)
}

/// Sets a password directly; for the practice registry only, whose directory is marked as such.
pub fn set_practice_password(
    tx: &mut Tx<'_>,
    account: &AccountRow,
    hash: &str,
) -> Result<(), AccountRefused> {
    let now = tx.now();
    store::set_password(tx.conn(), account.id, hash, now)?;
    Ok(())
}

/// Own settings that pages read: theme and whether single letters are keys.
pub fn set_preferences(
    tx: &mut Tx<'_>,
    theme: &str,
    single_keys: bool,
    weekly: &str,
    new_due: &str,
) -> Result<(), StoreError> {
    if let Some(account) = tx.actor().account() {
        store::set_preferences(tx.conn(), account, theme, single_keys, weekly, new_due)?;
        tx.record(Event::new(AuditAction::ChangeAccount).detail("changed own preferences"));
    }
    Ok(())
}

/// Finds an account by its login.
pub fn by_login(conn: &mut Conn, login: &str) -> Result<AccountRow, AccountRefused> {
    let login = normal_login(login);
    store::by_login(conn, &login)?.ok_or(AccountRefused::Unknown(login))
}

/// Finds an account by its public id.
pub fn by_uid(conn: &mut Conn, uid: &str) -> Result<Option<AccountRow>, StoreError> {
    store::by_uid(conn, uid)
}

/// Finds an account by its row key.
pub fn by_id(conn: &mut Conn, id: i64) -> Result<AccountRow, StoreError> {
    store::by_id(conn, id)
}

/// All accounts with their memberships and roles, by name.
pub fn list(conn: &mut Conn) -> Result<Vec<(AccountRow, Vec<MembershipRow>)>, StoreError> {
    store::list(conn)
}

/// Members of a facility who hold a role there and are active: (account, initials).
pub fn members_with(
    conn: &mut Conn,
    facility: i64,
    role: Role,
) -> Result<Vec<(AccountRow, String)>, StoreError> {
    store::members_with(conn, facility, role)
}

/// Initials of an account at a facility.
pub fn initials_of(conn: &mut Conn, account: i64, facility: i64) -> Result<Option<String>, StoreError> {
    store::initials_of(conn, account, facility)
}

/// The account behind initials at a facility; finds owners of imported cases.
pub fn by_initials(conn: &mut Conn, facility: i64, initials: &str) -> Result<Option<i64>, StoreError> {
    store::by_initials(conn, facility, &initials.trim().to_uppercase())
}

/// Facilities where an account holds a role: (row key, public id, short name).
pub fn facilities_of(conn: &mut Conn, account: i64) -> Result<Vec<(i64, String, String)>, StoreError> {
    store::facilities_of(conn, account)
}

/// Row keys of the facilities in which an account holds a role.
pub fn facilities_with(conn: &mut Conn, account: i64, role: Role) -> Result<Vec<i64>, StoreError> {
    store::facilities_with(conn, account, role)
}
