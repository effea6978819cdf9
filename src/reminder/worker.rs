//! Sending: take a mail, look again whether it is still wanted, hand it over, write what became of it.
//!
//! A worker holds a mail by a lease of ten minutes and a token; without the token nothing can be written
//! about the mail. The right to receive and the counts are looked up at the moment of sending, so what was
//! resolved or revoked meanwhile is not told. A mail may reach its reader twice only if the program
//! stopped between the server's acceptance and our note of it; both then carry the same Message-ID.

use chrono::{DateTime, Duration, Utc};

use super::{
    digest::{Counts, Digest, Rendered, test_mail},
    mail::{Letterhead, Mail, MessageId},
    mailer::{Mailer, SendFailure, Verdict},
    outbox::{MOST_REFUSALS, SentCounts, State},
    queries::{self, Due},
    retry::{self, Next},
    schedule::{Frequency, Kind},
    scheduler::{self, ReminderError},
    store::{self, Leased, Left, Staff, Wanted, Workplace},
};
use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    clock::Clock,
    db::{Db, StoreError},
};

/// What a pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Handed over.
    pub sent: u64,
    /// Not wanted any more.
    pub cancelled: u64,
    /// Given up or refused for good.
    pub failed: u64,
    /// Failed for now; they are tried again.
    pub waiting: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.cancelled += other.cancelled;
        self.failed += other.failed;
        self.waiting += other.waiting;
    }
}

/// Which waiting mails a pass tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those whose next attempt has come: the server's own pace.
    Due,
    /// All that wait: whoever runs `remind` sets the pace.
    All,
}

/// Failures in a row after which a pass ends: the server is away, the rest waits for the next pass.
const MOST_FAILURES: u32 = 5;

/// Everything a worker needs.
pub struct Worker<'a> {
    /// The store.
    pub db: &'a Db,
    /// How mails leave.
    pub mailer: &'a dyn Mailer,
    /// The time; stands still under `--at`.
    pub clock: &'a dyn Clock,
    /// `mail.from`.
    pub from: &'a str,
    /// Address people use, without a slash at the end.
    pub base_url: &'a str,
}

/// What is to be done with a mail at the moment of sending.
enum Decision {
    Send(Box<Mail>, Option<SentCounts>, bool),
    Cancel(&'static str),
    Fail(String),
}

/// How a mail ended, for the tally.
enum Fate {
    Sent,
    Cancelled,
    Failed,
    Waiting,
}

impl Worker<'_> {
    /// Tries the waiting mails of a facility, each once.
    pub fn pass(&self, place: &Workplace, which: Which) -> Result<Tally, ReminderError> {
        let letterhead = Letterhead::new(self.from, &place.reply_to)?;
        let (mut tally, mut after, mut failures) = (Tally::default(), 0, 0);
        loop {
            let now = self.clock.now();
            let wanted = Wanted {
                facility: place.key,
                after,
                due_by: if which == Which::All { now + Duration::days(3_650) } else { now },
                waited_for: !place.calendar.is_open(now),
            };
            let token = self.db.chance.token();
            let Some(mail) = self.db.keep(|conn| store::lease(conn, wanted, now, &token))? else { break };
            after = mail.key;
            match self.settle(place, &letterhead, &mail)? {
                Some(Fate::Sent) => (tally.sent, failures) = (tally.sent + 1, 0),
                Some(Fate::Cancelled) => tally.cancelled += 1,
                Some(Fate::Failed) => tally.failed += 1,
                Some(Fate::Waiting) => (tally.waiting, failures) = (tally.waiting + 1, failures + 1),
                None => {}
            }
            if failures >= MOST_FAILURES {
                break;
            }
        }
        Ok(tally)
    }

    /// Decides about a leased mail, sends it, writes what became of it. `None`: another worker has it now.
    fn settle(
        &self,
        place: &Workplace,
        letterhead: &Letterhead,
        mail: &Leased,
    ) -> Result<Option<Fate>, ReminderError> {
        match self.decide(place, letterhead, mail)? {
            Decision::Cancel(why) => self.finish(place, mail, State::Cancelled, why, None),
            Decision::Fail(why) => self.finish(place, mail, State::Failed, &why, None),
            Decision::Send(words, counts, own_address) => {
                // A worker that was stopped for longer than its lease sends nothing.
                if self.clock.now() >= mail.leased_until {
                    return Ok(None);
                }
                let outcome = self.mailer.send(&words);
                self.after_sending(place, mail, counts, own_address, outcome)
            }
        }
    }

    fn decide(
        &self,
        place: &Workplace,
        letterhead: &Letterhead,
        mail: &Leased,
    ) -> Result<Decision, ReminderError> {
        let now = self.clock.now();
        let today = place.calendar.day(now);
        let Ok(kind) = mail.kind_word.parse::<Kind>() else {
            return Ok(Decision::Fail(format!("This program knows no mail of kind {}.", mail.kind_word)));
        };
        if kind.is_about_question() {
            return self.about_a_question(place, letterhead, mail, kind);
        }
        let Some(id) = MessageId::parse(&mail.message_id) else {
            return Ok(Decision::Fail("The Message-ID kept for this mail cannot be read.".to_owned()));
        };
        if kind == Kind::Test {
            let email = self.db.read(|conn| store::address_of(conn, mail.account))?;
            let words = test_mail(self.base_url, &letterhead.office())?;
            return Ok(composed(letterhead, &email, &id, now, &words, None, true));
        }
        let (staff, counts) = self.db.read(|conn| {
            let since = scheduler::since(conn, place, mail.account, mail.created_at)?;
            let work = store::work(conn, place.key, today, since)?;
            let counts = work.get(&mail.account).map(|w| w.counts).unwrap_or_default();
            Ok::<_, StoreError>((store::staff(conn, place.key)?, counts))
        })?;
        let Some(person) = staff.iter().find(|s| s.account == mail.account) else {
            return Ok(Decision::Cancel("The recipient may no longer receive it."));
        };
        let frequency = match kind {
            Kind::NewDue => person.preferences.new_due,
            _ => person.preferences.weekly,
        };
        if frequency == Frequency::Off {
            return Ok(Decision::Cancel("The recipient switched this mail off."));
        }
        if counts.open() == 0 || (kind == Kind::NewDue && counts.newly_due == 0) {
            return Ok(Decision::Cancel("All items were resolved before it was sent."));
        }
        let own_address = person.refusals < MOST_REFUSALS;
        let Some(email) = address_for(person, &staff) else {
            return Ok(Decision::Fail(
                "The recipient's address was refused twice, and no supervisor has an address that works."
                    .to_owned(),
            ));
        };
        let words = self.words(place, letterhead, mail, kind, frequency, counts, !own_address)?;
        let sent = Some(SentCounts::from(&counts));
        Ok(composed(letterhead, email, &id, now, &words, sent, own_address))
    }

    /// A mail about a question to a physician. Its id is made here, the same at each attempt: what queues it knows
    /// no sender.
    fn about_a_question(
        &self,
        place: &Workplace,
        letterhead: &Letterhead,
        mail: &Leased,
        kind: Kind,
    ) -> Result<Decision, ReminderError> {
        let now = self.clock.now();
        let print = self.db.sealer.fingerprint("message id", queries::name_of(mail).as_bytes());
        let id = letterhead.message_id(&print);
        Ok(match queries::words(self.db, place, letterhead, mail, kind, self.base_url, now)? {
            Due::Send(email, words) => {
                // Only a supervisor's own address counts its refusals: the physician has no account.
                composed(letterhead, &email, &id, now, &words, None, kind == Kind::QueryLate)
            }
            Due::Cancel(why) => Decision::Cancel(why),
            Due::Fail(why) => Decision::Fail(why),
        })
    }

    fn words(
        &self,
        place: &Workplace,
        letterhead: &Letterhead,
        mail: &Leased,
        kind: Kind,
        frequency: Frequency,
        counts: Counts,
        on_behalf: bool,
    ) -> Result<Rendered, askama::Error> {
        Digest {
            kind,
            frequency,
            facility: place.short_name.clone(),
            today: place.calendar.day(self.clock.now()),
            counts,
            list_url: format!("{}/lists/{}", self.base_url, mail.id),
            settings_url: format!("{}/account", self.base_url),
            office: letterhead.office(),
            on_behalf,
        }
        .render()
    }

    fn after_sending(
        &self,
        place: &Workplace,
        mail: &Leased,
        counts: Option<SentCounts>,
        own_address: bool,
        outcome: Result<(), SendFailure>,
    ) -> Result<Option<Fate>, ReminderError> {
        let now = self.clock.now();
        let bounced = match outcome {
            Ok(()) => {
                let again = mail.attempts > 1 && mail.remark.is_empty();
                let remark = if again {
                    "An earlier attempt was not finished: the mail may have arrived twice."
                } else {
                    ""
                };
                let fate = self.finish(place, mail, State::Sent, remark, counts)?;
                if own_address {
                    self.db.keep(|conn| store::address_answered(conn, mail.account, false))?;
                }
                return Ok(fate);
            }
            Err(SendFailure { verdict: Verdict::Later, reason }) => {
                let mut random = [0u8; 4];
                self.db.chance.fill(&mut random);
                let attempts = u32::try_from(mail.attempts).unwrap_or(u32::MAX);
                let chance = u32::from_le_bytes(random);
                return match retry::after_failure(&place.calendar, mail.created_at, now, attempts, chance) {
                    Next::At(at) => self.wait(mail, at, &reason),
                    Next::GiveUp => {
                        let why = format!("Given up after {attempts} attempts. {reason}");
                        self.finish(place, mail, State::Failed, &why, None)
                    }
                };
            }
            Err(SendFailure { verdict, reason }) => (verdict == Verdict::AddressRefused, reason),
        };
        let (address_refused, reason) = bounced;
        if address_refused && own_address {
            self.db.keep(|conn| store::address_answered(conn, mail.account, true))?;
        }
        self.finish(place, mail, State::Failed, &reason, None)
    }

    fn wait(&self, mail: &Leased, at: DateTime<Utc>, reason: &str) -> Result<Option<Fate>, ReminderError> {
        let left = Left {
            state: State::Queued,
            next_attempt_at: Some(at),
            sent_at: None,
            remark: reason,
            counts: None,
        };
        let kept = self.db.keep(|conn| store::leave(conn, mail, &left))?;
        Ok(kept.then_some(Fate::Waiting))
    }

    /// Writes an end of a mail and its event, unless the lease was lost.
    fn finish(
        &self,
        place: &Workplace,
        mail: &Leased,
        state: State,
        remark: &str,
        counts: Option<SentCounts>,
    ) -> Result<Option<Fate>, ReminderError> {
        let now = self.clock.now();
        let left = Left {
            state,
            next_attempt_at: None,
            sent_at: (state == State::Sent).then_some(now),
            remark,
            counts,
        };
        let actor = Actor::job("mail", Some(place.key));
        let written = self.db.write(&actor, |tx| {
            if !store::leave(tx.conn(), mail, &left)? {
                return Ok(());
            }
            let said = counts
                .map(|c| format!(", due {}, overdue {}, delinquent {}", c.due, c.overdue, c.delinquent));
            let event = Event::new(AuditAction::Mail).detail(format!(
                "{} {} {} to account {}, attempt {}{}",
                state.word(),
                mail.kind_word,
                mail.period,
                mail.account,
                mail.attempts,
                said.unwrap_or_default()
            ));
            tx.record(if state == State::Failed { event.refused() } else { event });
            Ok::<_, StoreError>(())
        });
        match written {
            // The lease was lost: what the mail's new holder writes is what counts.
            Err(StoreError::NotAudited) => Ok(None),
            Err(e) => Err(e.into()),
            Ok(()) => Ok(Some(match state {
                State::Sent => Fate::Sent,
                State::Cancelled => Fate::Cancelled,
                _ => Fate::Failed,
            })),
        }
    }
}

/// The person's own address, or after two hard bounces that of a supervisor whose address works.
fn address_for<'a>(person: &'a Staff, staff: &'a [Staff]) -> Option<&'a str> {
    if person.refusals < MOST_REFUSALS {
        return Some(&person.email);
    }
    staff
        .iter()
        .find(|s| s.supervisor && s.refusals < MOST_REFUSALS && s.account != person.account)
        .map(|s| s.email.as_str())
}

fn composed(
    letterhead: &Letterhead,
    email: &str,
    id: &MessageId,
    now: DateTime<Utc>,
    words: &Rendered,
    counts: Option<SentCounts>,
    own_address: bool,
) -> Decision {
    match letterhead.compose(email, id, now, words) {
        Ok(mail) => Decision::Send(Box::new(mail), counts, own_address),
        Err(bad) => Decision::Fail(bad.to_string()),
    }
}
