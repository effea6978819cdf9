//! Mails about questions to physicians: the link, a reminder, a code, and the word to supervisors.
//!
//! Neither link nor code is kept. Both follow from a random salt of the question and the registry's key, so that
//! each attempt to send a mail says the same and a copy of the tables opens nothing; of the link the hash is kept,
//! by which it is found.
//! Source: workflow rules of the registry, timeliness clocks (reminder after 14 days, escalation after 28).

mod words;

use chrono::{DateTime, Duration, Utc};

use super::{
    digest::Rendered,
    mail::Letterhead,
    outbox::{MOST_REFUSALS, OutboxRow},
    schedule::Kind,
    scheduler::ReminderError,
    store::{self, Leased, Workplace},
};
use crate::{
    access::{Actor, session::token_hash},
    audit::{AuditAction, Event},
    db::{Conn, Db, StoreError, Tx},
    seal::Sealer,
};
pub use words::{QueryWords, Says};

/// Days without an answer after which the physician is reminded.
pub const REMIND_DAYS: i64 = 14;
/// Days without an answer after which supervisors are told.
pub const ESCALATE_DAYS: i64 = 28;
/// Days a link works.
pub const LINK_DAYS: i64 = 42;
/// Minutes a code works.
pub const CODE_MINUTES: i64 = 15;

/// The token of a question's link: 64 hexadecimal digits, 256 bits.
pub fn link_token(sealer: &Sealer, salt: &str) -> String {
    sealer.fingerprint("query link", salt.as_bytes())
}

/// The code of a question that was asked for as the `serial`-th: six digits.
pub fn code(sealer: &Sealer, salt: &str, serial: i32) -> String {
    let digits = sealer.fingerprint("query code", format!("{salt}|{serial}").as_bytes());
    let number = digits.get(..15).and_then(|d| u64::from_str_radix(d, 16).ok()).unwrap_or_default();
    // 2^60 is so far above a million that no code is more likely than another by anything one could use.
    format!("{:06}", number % 1_000_000)
}

/// Address of a question's page.
pub fn link(base_url: &str, token: &str) -> String {
    format!("{base_url}/query/{token}")
}

/// Queues the mail with the link of a question, for the account that asked it.
pub fn queue_link(tx: &mut Tx<'_>, account: i64, query: &str) -> Result<(), StoreError> {
    let (scope, id, now) = (tx.scope()?, tx.new_id().to_string(), tx.now());
    // A link that is sent again is another mail.
    let period = format!("{query} {id}");
    store::queue_mail(tx.conn(), &id, scope.facility(), account, Kind::Query, &period, now)?;
    tx.record(Event::new(AuditAction::Mail).detail(format!("queued Q1 for query {query}")));
    Ok(())
}

/// Queues the mail with the `serial`-th code of a question.
pub fn queue_code(tx: &mut Tx<'_>, account: i64, query: &str, serial: i32) -> Result<(), StoreError> {
    let (scope, id, now) = (tx.scope()?, tx.new_id().to_string(), tx.now());
    let period = format!("{query} {serial} {id}");
    store::queue_mail(tx.conn(), &id, scope.facility(), account, Kind::QueryCode, &period, now)?;
    tx.record(Event::new(AuditAction::Mail).detail(format!("queued QC for query {query}")));
    Ok(())
}

/// Makes the reminders and escalations of a facility that are due. In quiet hours it does nothing.
pub(super) fn make(db: &Db, place: &Workplace, now: DateTime<Utc>) -> Result<usize, ReminderError> {
    let before = now - Duration::days(REMIND_DAYS);
    if !place.calendar.is_open(now)
        || !db
            .read(|conn| due(conn, place.key, before, now))?
            .iter()
            .any(|(_, remind, tell)| *remind || *tell)
    {
        return Ok(0);
    }
    let actor = Actor::job("reminders", Some(place.key));
    let made = db.write(&actor, |tx| {
        let supervisors: Vec<i64> = store::staff(tx.conn(), place.key)?
            .into_iter()
            .filter(|s| s.supervisor)
            .map(|s| s.account)
            .collect();
        let mut made = 0;
        for (query, remind, tell) in due(tx.conn(), place.key, before, now)? {
            let event =
                |what: String| Event::new(AuditAction::Mail).tumor(query.patient, query.tumor).detail(what);
            if let Some(account) = query.asked_account.filter(|_| remind)
                && store::reminded(tx.conn(), query.key, now)?
            {
                let id = tx.new_id().to_string();
                store::queue_mail(tx.conn(), &id, place.key, account, Kind::QueryAgain, &query.uid, now)?;
                tx.record(event(format!("queued Q2 for query {}", query.uid)));
                made += 1;
            }
            if tell && store::escalated(tx.conn(), query.key, now)? {
                for account in &supervisors {
                    let id = tx.new_id().to_string();
                    store::queue_mail(tx.conn(), &id, place.key, *account, Kind::QueryLate, &query.uid, now)?;
                    made += 1;
                }
                tx.record(event(format!("queued Q3 for query {}", query.uid)));
            }
        }
        Ok::<_, ReminderError>(made)
    });
    match made {
        // Another server made them in between.
        Err(ReminderError::Store(StoreError::NotAudited)) => Ok(0),
        made => made,
    }
}

/// Questions of a facility with what is due for each: a reminder, a word to supervisors.
fn due(
    conn: &mut Conn,
    facility: i64,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<(store::Late, bool, bool)>, StoreError> {
    let late = store::late(conn, facility, before)?;
    let long = (now - Duration::days(ESCALATE_DAYS)).naive_utc();
    Ok(late
        .into_iter()
        .map(|q| {
            let remind = q.reminded_at.is_none() && q.asked_account.is_some();
            let tell = q.escalated_at.is_none() && q.asked_at <= long;
            (q, remind, tell)
        })
        .collect())
}

/// What becomes of a mail about a question when its time has come.
pub(super) enum Due {
    /// These words to this address.
    Send(String, Rendered),
    /// Not wanted any more.
    Cancel(&'static str),
    /// Cannot be sent.
    Fail(String),
}

/// Looks again whether a mail about a question is wanted, and words it.
pub(super) fn words(
    db: &Db,
    place: &Workplace,
    letterhead: &Letterhead,
    mail: &Leased,
    kind: Kind,
    base_url: &str,
    now: DateTime<Utc>,
) -> Result<Due, ReminderError> {
    let mut parts = mail.period.split(' ');
    let uid = parts.next().unwrap_or_default();
    let Some(query) = db.read(|conn| store::question(conn, place.key, uid))?.filter(|q| q.state == "open")
    else {
        return Ok(Due::Cancel("The question is closed."));
    };
    let mut says = QueryWords {
        says: Says::Question,
        facility: place.short_name.clone(),
        due_on: query.due_on,
        until: place.calendar.day(query.link_until.and_utc()),
        link: format!("{base_url}/queries"),
        office: letterhead.office(),
    };
    if kind == Kind::QueryLate {
        let staff = db.read(|conn| store::staff(conn, place.key))?;
        let Some(person) = staff.iter().find(|s| s.account == mail.account && s.supervisor) else {
            return Ok(Due::Cancel("The recipient may no longer receive it."));
        };
        if person.refusals >= MOST_REFUSALS {
            return Ok(Due::Fail("The recipient's address was refused twice.".to_owned()));
        }
        says.says = Says::Late;
        return Ok(Due::Send(person.email.clone(), says.render()?));
    }
    if query.link_until.and_utc() <= now {
        return Ok(Due::Cancel("The link of the question has ended."));
    }
    if kind == Kind::QueryCode {
        let serial = parts.next().and_then(|n| n.parse::<i32>().ok()).unwrap_or_default();
        if query.codes != serial || query.code_until.is_none_or(|until| until.and_utc() <= now) {
            return Ok(Due::Cancel("The code is no longer the one that is waited for."));
        }
        says.says = Says::Code(code(&db.sealer, &query.salt, serial));
        return Ok(Due::Send(query.email, says.render()?));
    }
    let token = link_token(&db.sealer, &query.salt);
    if token_hash(&token) != query.link_hash {
        return Ok(Due::Fail(
            "The registry has another key since the question was asked. Send the link again from its page."
                .to_owned(),
        ));
    }
    says.link = link(base_url, &token);
    if kind == Kind::QueryAgain {
        says.says = Says::Again;
    }
    Ok(Due::Send(query.email, says.render()?))
}

/// Text that names a mail about a question for its Message-ID: the same at each attempt.
pub(super) fn name_of(mail: &Leased) -> String {
    format!("{}|{}|{}", mail.id, mail.kind_word, mail.period)
}

/// Mails about one question that went to the physician, newest first: kind, state, when.
pub fn mails_of(conn: &mut Conn, facility: i64, query: &str) -> Result<Vec<OutboxRow>, StoreError> {
    store::about(conn, facility, query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_and_code_follow_from_key_salt_and_serial_only() {
        let (one, other) = (Sealer::new([1; 32]), Sealer::new([2; 32]));
        let token = link_token(&one, "salt");
        assert_eq!((token.len(), &token), (64, &link_token(&one, "salt")));
        assert!(token != link_token(&other, "salt") && token != link_token(&one, "salt2"));
        let codes: std::collections::BTreeSet<String> = (0..1000).map(|n| code(&one, "salt", n)).collect();
        assert!(codes.len() > 990 && codes.iter().all(|c| c.len() == 6 && c.parse::<u32>().is_ok()));
        assert_eq!(code(&one, "salt", 1), code(&one, "salt", 1));
        assert_ne!(code(&one, "salt", 1), code(&other, "salt", 1));
    }
}
