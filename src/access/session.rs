//! Signing in and staying signed in.
//!
//! A session is a row; the browser holds only a random token whose hash is stored. Failed
//! attempts are counted before the password is looked at, so that many at once get no more
//! tries than one after the other.
//!
//! Sources: OWASP ASVS 5.0.0, 6.3.1, 6.3.8, 7.2; NIST SP 800-63B-4; 45 CFR 164.312(a)(2)(iii).

use chrono::{DateTime, Duration, Utc};

use super::{
    actor::Actor,
    password::{self, Cost},
    store,
};
use crate::{
    audit::{AuditAction, Event},
    config::SessionConfig,
    db::{Db, StoreError},
    seal,
};

/// Failed attempts in a row after which the account waits for a reset.
pub const MOST_FAILURES: i32 = 100;
/// Sessions of one person at a time; the oldest ends.
pub const MOST_SESSIONS: usize = 5;

/// Why nobody was signed in. The page says the same for the first two.
#[derive(Debug, thiserror::Error)]
pub enum SignInRefused {
    /// Unknown login, wrong password, disabled, or no role anywhere.
    #[error("That login and password do not belong together.")]
    Wrong,
    /// Too many failed attempts; wait.
    #[error("Too many failed attempts. Wait until {0} and try again.")]
    Wait(DateTime<Utc>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl crate::db::HoldsStoreError for SignInRefused {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            _ => None,
        }
    }
}

/// How long to wait after so many failures in a row: nothing before the fifth, then one
/// minute doubled each time, a quarter of an hour at most.
pub fn wait_after(failures: i32) -> Option<Duration> {
    if failures < 5 {
        return None;
    }
    let doubled = u32::try_from(failures - 5).unwrap_or(0).min(4);
    Some(Duration::minutes((1i64 << doubled).min(15)))
}

/// The stored form of a token: its SHA-256.
pub fn token_hash(token: &str) -> String {
    use sha2::Digest;
    seal::hex(sha2::Sha256::digest(token.as_bytes()).as_ref())
}

/// A fresh session: the token goes into the cookie, nothing else does.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The token, shown once.
    pub token: String,
    /// Row key of the account.
    pub account: i64,
}

/// Checks login and password and opens a session in the person's first facility.
pub fn sign_in(
    db: &Db,
    login: &str,
    password: &str,
    source: &str,
    cost: Cost,
) -> Result<SignedIn, SignInRefused> {
    let now = db.clock.now();
    let login = normal_login(login);
    let attempt = db.keep(|conn| store::begin_attempt(conn, &login, source, now))?;
    let found = match attempt {
        store::Attempt::Wait(until) => return Err(SignInRefused::Wait(until)),
        store::Attempt::Go(found) => found,
    };
    let stored = found.as_ref().and_then(|f| f.password_hash.as_deref());
    let right = password::verify(password, stored, cost);
    let good = found.filter(|f| right && f.active && f.facility.is_some());
    let mut nobody = Actor::nobody();
    nobody.source = source.to_owned();
    let Some(found) = good else {
        db.write(&nobody, |tx| {
            tx.record(Event::new(AuditAction::SignInRefused).refused());
            Ok::<(), StoreError>(())
        })?;
        return Err(SignInRefused::Wrong);
    };
    let (token, csrf) = (db.chance.token(), db.chance.token());
    let rehash =
        stored_is_weaker(found.password_hash.as_deref(), cost).then(|| password::hash(password, cost));
    nobody.name = login;
    db.write(&nobody, |tx| {
        tx.record(Event::new(AuditAction::SignIn).detail(format!("account {}", found.uid)));
        store::open_session(tx, &found, &token_hash(&token), &csrf, source, rehash.as_deref())
    })?;
    Ok(SignedIn { token, account: found.account })
}

/// Asks who is signed in for the password once more, before something that a screen left alone must not
/// give away. A wrong one counts like one at the sign-in page.
///
/// # Errors
/// [`SignInRefused::Wrong`] when the password is not the person's, or nobody is signed in;
/// [`SignInRefused::Wait`] after too many.
///
/// Source: OWASP ASVS 5.0, 7.5.3.
pub fn confirm(db: &Db, actor: &Actor, password: &str, cost: Cost) -> Result<(), SignInRefused> {
    let now = db.clock.now();
    let account = actor.account().ok_or(SignInRefused::Wrong)?;
    let login = db.read(|conn| super::accounts::by_id(conn, account))?.login;
    let found = match db.keep(|conn| store::begin_attempt(conn, &login, &actor.source, now))? {
        store::Attempt::Wait(until) => return Err(SignInRefused::Wait(until)),
        store::Attempt::Go(found) => found,
    };
    let stored = found.as_ref().and_then(|f| f.password_hash.as_deref());
    if !password::verify(password, stored, cost) {
        db.write(actor, |tx| {
            tx.record(Event::new(AuditAction::SignInRefused).detail("asked once more").refused());
            Ok::<(), StoreError>(())
        })?;
        return Err(SignInRefused::Wrong);
    }
    Ok(db.keep(|conn| store::attempt_was_right(conn, account, &actor.source))?)
}

fn stored_is_weaker(stored: Option<&str>, cost: Cost) -> bool {
    stored.is_some_and(|s| password::is_weaker(s, cost))
}

/// A login as it is compared: no surrounding blanks, lower case.
pub fn normal_login(login: &str) -> String {
    login.trim().to_lowercase()
}

/// Who a token belongs to, if its session still runs. Also notes that the person was seen,
/// unless the request is one that the page makes by itself.
pub fn actor_of(
    db: &Db,
    token: &str,
    rules: SessionConfig,
    by_itself: bool,
) -> Result<Option<Actor>, StoreError> {
    let now = db.clock.now();
    let hash = token_hash(token);
    let Some(open) = db.read(|conn| store::open_session_of(conn, &hash))? else { return Ok(None) };
    let idle_out = now - open.seen_at >= Duration::minutes(rules.idle_minutes);
    // A clock that was set back does not make a session longer.
    let aged_out = now - open.created_at >= Duration::hours(rules.absolute_hours) || now < open.created_at;
    if idle_out || aged_out {
        db.keep(|conn| store::end_session(conn, open.session, "expired", now))?;
        return Ok(None);
    }
    if !by_itself && now - open.seen_at >= Duration::seconds(30) {
        db.keep(|conn| store::session_seen(conn, open.session, now))?;
    }
    Ok(Some(open.actor))
}

/// Until when a source must wait that tried too often, with passwords or with links.
pub fn source_waits(db: &Db, source: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
    let now = db.clock.now();
    Ok(db.read(|conn| store::source_waits(conn, source))?.filter(|until| *until > now))
}

/// Counts a link or code that was wrong against where it came from.
pub fn source_failed(db: &Db, source: &str) -> Result<(), StoreError> {
    let now = db.clock.now();
    db.keep(|conn| store::count_source(conn, source, now))
}

/// Ends the session of an actor.
pub fn sign_out(db: &Db, actor: &Actor) -> Result<(), StoreError> {
    db.write(actor, |tx| {
        tx.record(Event::new(AuditAction::SignOut));
        if let Some(session) = actor.session() {
            let now = tx.now();
            store::end_session(tx.conn(), session, "signed out", now)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_grows_from_the_fifth_failure_to_a_quarter_of_an_hour() {
        let minutes: Vec<_> = (3..12).map(|n| wait_after(n).map_or(0, |d| d.num_minutes())).collect();
        assert_eq!(minutes, vec![0, 0, 1, 2, 4, 8, 15, 15, 15]);
    }

    #[test]
    fn only_the_hash_of_a_token_is_kept() {
        assert_eq!(token_hash("abc").len(), 64);
        assert_ne!(token_hash("abc"), token_hash("abd"));
    }
}
