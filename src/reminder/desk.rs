//! What administrators do with mails, from the page and from the host alike.

use super::{
    digest::test_mail,
    mail::Letterhead,
    mailer::Mailer,
    outbox::{OutboxRow, State},
    scheduler::ReminderError,
    store,
};
use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    config::Config,
    db::{Db, StoreError},
};

/// Mails of a facility, newest first.
pub fn list(
    db: &Db,
    facility: i64,
    state: Option<State>,
    limit: usize,
) -> Result<Vec<OutboxRow>, StoreError> {
    db.read(|conn| store::list(conn, facility, state, None, limit))
}

/// One mail of a facility.
pub fn find(db: &Db, facility: i64, id: &str) -> Result<Option<OutboxRow>, StoreError> {
    db.read(|conn| store::find(conn, facility, id))
}

/// What became of the wish to try a mail again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It waits for its next attempt.
    Waits,
    /// It has not failed.
    NotFailed,
    /// There is no such mail in the facility.
    Unknown,
}

/// Lets a failed mail wait for another attempt.
pub fn try_again(db: &Db, actor: &Actor, facility: i64, id: &str) -> Result<Again, StoreError> {
    let Some(row) = find(db, facility, id)? else { return Ok(Again::Unknown) };
    db.write(actor, |tx| {
        let now = tx.now();
        let again = store::retry(tx.conn(), row.key, now)?;
        let what = format!("{} {} to account {} tried again", row.kind_word, row.period, row.account);
        let event = Event::new(AuditAction::Mail).detail(what);
        tx.record(if again { event } else { event.refused() });
        Ok(if again { Again::Waits } else { Again::NotFailed })
    })
}

/// Sends a test mail at once and says what came of it. For the host: nobody waits for a page.
pub fn send_test_now(
    db: &Db,
    actor: &Actor,
    mailer: &dyn Mailer,
    config: &Config,
    address: &str,
) -> Result<Result<(), String>, ReminderError> {
    let letterhead = Letterhead::new(&config.mail.from, "")?;
    let words = test_mail(&config.base_url(), &letterhead.office())?;
    let id = letterhead.message_id(&db.chance.token());
    let mail = letterhead.compose(address, &id, db.clock.now(), &words)?;
    let tried = mailer.send(&mail).map_err(|failure| failure.reason);
    db.write(actor, |tx| {
        let event = Event::new(AuditAction::Mail).detail("test mail from the host");
        tx.record(if tried.is_ok() { event } else { event.refused() });
        Ok::<_, StoreError>(())
    })?;
    Ok(tried)
}
