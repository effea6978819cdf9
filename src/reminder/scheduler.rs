//! Making the mails of a facility: key and row in one transaction, or nothing.
//!
//! Any number of servers, or a `remind` beside them, may do this at the same time. What is to be made is
//! decided and written in one transaction; of two that overlap the later one is repeated by the database
//! layer and then finds the keys.

use chrono::{DateTime, Duration, NaiveDate, Utc};

use super::{
    mail::{BadMail, Letterhead},
    outbox::State,
    schedule::{Kind, Make, Person, Runs, decide, new_since},
    store::{self, NewMail, Staff, Workplace},
};
use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    db::{Conn, Db, HoldsStoreError, StoreError},
    seal::Sealer,
};

/// A mail that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its kind.
    pub kind: Kind,
    /// Login of the recipient.
    pub recipient: String,
    /// Its period.
    pub period: String,
    /// Period of the M2 it takes the place of.
    pub covers: Option<String>,
}

/// Why mails could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReminderError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sender or reply address is wrong.
    #[error(transparent)]
    Mail(#[from] BadMail),
    /// Words could not be rendered. A fault of the program.
    #[error("a mail could not be rendered: {0}")]
    Words(#[from] askama::Error),
}

impl HoldsStoreError for ReminderError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            _ => None,
        }
    }
}

impl From<diesel::result::Error> for ReminderError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Store(e.into())
    }
}

/// A person to be reminded.
struct Planned {
    account: i64,
    open: u64,
    made: Made,
}

/// What a run decides.
struct Plan {
    runs: Runs,
    mails: Vec<Planned>,
}

/// The Message-ID of a key: always the same, and telling nothing.
pub(super) fn fingerprint(sealer: &Sealer, facility: i64, account: i64, kind: &str, period: &str) -> String {
    sealer.fingerprint("message id", format!("{facility}|{account}|{kind}|{period}").as_bytes())
}

fn plan(conn: &mut Conn, place: &Workplace, now: DateTime<Utc>) -> Result<Plan, StoreError> {
    let today = place.calendar.day(now);
    let runs = Runs::with(store::runs(conn, place.key)?.as_ref(), &place.calendar, today);
    // Mails made at this very instant count as last ones too.
    let last = store::last_mails(conn, place.key, now + Duration::microseconds(1))?;
    let work = store::work(conn, place.key, today, NaiveDate::MAX)?;
    let mails = store::staff(conn, place.key)?
        .into_iter()
        .filter_map(|Staff { account, login, preferences, .. }| {
            let work = work.get(&account).copied().unwrap_or_default();
            let person = Person {
                preferences,
                last_mail: last.get(&account).map(|at| place.calendar.day(*at)),
                open_items: work.counts.open(),
                newest_due: work.newest_due,
            };
            let Make { kind, period, covers } = decide(&place.calendar, &runs, now, &person)?;
            let covers = covers.map(|c| c.to_string());
            let made = Made { kind, recipient: login, period: period.to_string(), covers };
            Some(Planned { account, open: work.counts.open(), made })
        })
        .collect();
    Ok(Plan { runs, mails })
}

/// What would be made now; nothing is written.
pub fn preview(db: &Db, place: &Workplace, now: DateTime<Utc>) -> Result<Vec<Made>, StoreError> {
    if !place.calendar.is_open(now) {
        return Ok(Vec::new());
    }
    db.read(|conn| Ok(plan(conn, place, now)?.mails.into_iter().map(|p| p.made).collect()))
}

/// Makes the mails of a facility. In quiet hours it does nothing, not even count as a run.
pub fn make(
    db: &Db,
    place: &Workplace,
    letterhead: &Letterhead,
    now: DateTime<Utc>,
) -> Result<Vec<Made>, ReminderError> {
    if !place.calendar.is_open(now) {
        return Ok(Vec::new());
    }
    let holder = format!("process {}", std::process::id());
    // Most runs find nothing to do; they leave their day, and no event.
    let planned = db.read(|conn| plan(conn, place, now))?;
    if planned.mails.is_empty() {
        db.keep(|conn| store::keep_runs(conn, place.key, &planned.runs, &holder, now))?;
        return Ok(Vec::new());
    }
    let actor = Actor::job("reminders", Some(place.key));
    let made = db.write(&actor, |tx| {
        let Plan { runs, mails } = plan(tx.conn(), place, now)?;
        let mut made = Vec::new();
        for Planned { account, open, made: mail } in mails {
            let kind = mail.kind;
            let print = fingerprint(tx.sealer(), place.key, account, kind.code(), &mail.period);
            let message_id = letterhead.message_id(&print);
            let row = NewMail {
                id: tx.new_id().to_string(),
                facility: place.key,
                account,
                kind,
                period: mail.period.clone(),
                state: State::Queued,
                message_id: message_id.as_str(),
                covered_by: String::new(),
                now,
            };
            if !store::insert(tx.conn(), &row)? {
                continue;
            }
            if let Some(period) = &mail.covers {
                let covered = NewMail {
                    id: tx.new_id().to_string(),
                    kind: Kind::NewDue,
                    period: period.clone(),
                    state: State::Covered,
                    covered_by: format!("{} {}", kind.code(), mail.period),
                    ..row
                };
                store::insert(tx.conn(), &covered)?;
            }
            tx.record(Event::new(AuditAction::Mail).detail(format!(
                "queued {} {} for account {account}, open {open}",
                kind.code(),
                mail.period
            )));
            made.push(mail);
        }
        store::keep_runs(tx.conn(), place.key, &runs, &holder, now)?;
        Ok::<_, ReminderError>(made)
    });
    match made {
        // Somebody else made them in between: there is nothing to write, so nothing to record.
        Err(ReminderError::Store(StoreError::NotAudited)) => Ok(Vec::new()),
        made => made,
    }
}

/// Makes a test mail to one member of staff; it leaves with the next pass, in quiet hours too.
pub fn make_test(
    db: &Db,
    actor: &Actor,
    place: &Workplace,
    letterhead: &Letterhead,
    account: i64,
    now: DateTime<Utc>,
) -> Result<String, ReminderError> {
    db.write(actor, |tx| {
        let id = tx.new_id().to_string();
        let period = format!("{} {id}", place.calendar.day(now));
        let print = fingerprint(tx.sealer(), place.key, account, Kind::Test.code(), &period);
        let message_id = letterhead.message_id(&print);
        let row = NewMail {
            id: id.clone(),
            facility: place.key,
            account,
            kind: Kind::Test,
            period,
            state: State::Queued,
            message_id: message_id.as_str(),
            covered_by: String::new(),
            now,
        };
        store::insert(tx.conn(), &row)?;
        tx.record(Event::new(AuditAction::Mail).detail(format!("queued TEST for account {account}")));
        Ok(id)
    })
}

/// The day after which items count as new in a mail made at `made`.
pub(super) fn since(
    conn: &mut Conn,
    place: &Workplace,
    account: i64,
    made: DateTime<Utc>,
) -> Result<NaiveDate, StoreError> {
    let today = place.calendar.day(made);
    let runs = Runs::with(store::runs(conn, place.key)?.as_ref(), &place.calendar, today);
    let last = store::last_mails(conn, place.key, made)?;
    Ok(new_since(&runs, last.get(&account).map(|at| place.calendar.day(*at)), today))
}
