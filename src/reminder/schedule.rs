//! Which mails a person is to get now.
//!
//! Pure: the facility's calendar, the history of the scheduler, the person's last mail and open items
//! go in; the keys that may be written come out. The unique key in the outbox is the second guard: what
//! is decided twice is still made once.
//! Source: house rules on follow-up mail (M1 weekly digest, M2 new due).

use std::{fmt, str::FromStr};

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::facility::calendar::{Calendar, Week};

/// What a mail to staff is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// M1: the weekly digest of open items.
    Weekly,
    /// M2: items became due.
    NewDue,
    /// A test of the mail settings.
    Test,
    /// Q1: a question waits for a physician.
    Query,
    /// Q2: it still waits.
    QueryAgain,
    /// Q3: it had no answer for four weeks; to supervisors.
    QueryLate,
    /// QC: the code that opens a question.
    QueryCode,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Weekly,
        Self::NewDue,
        Self::Test,
        Self::Query,
        Self::QueryAgain,
        Self::QueryLate,
        Self::QueryCode,
    ];

    /// Is about one question to a physician.
    pub fn is_about_question(self) -> bool {
        self.is_to_physician() || self == Self::QueryLate
    }

    /// Goes to a physician, not to the account it is kept with.
    pub fn is_to_physician(self) -> bool {
        matches!(self, Self::Query | Self::QueryAgain | Self::QueryCode)
    }

    /// `M1`, `M2`, `TEST`, `Q1`, `Q2`, `Q3` or `QC`: as the outbox and `--json` name it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Weekly => "M1",
            Self::NewDue => "M2",
            Self::Test => "TEST",
            Self::Query => "Q1",
            Self::QueryAgain => "Q2",
            Self::QueryLate => "Q3",
            Self::QueryCode => "QC",
        }
    }

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Weekly => "Work list",
            Self::NewDue => "New due items",
            Self::Test => "Test mail",
            Self::Query => "Question to a physician",
            Self::QueryAgain => "Question, reminder",
            Self::QueryLate => "Question without an answer",
            Self::QueryCode => "Code for a question",
        }
    }
}

/// A word the program does not know where one of a few is expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{given}” is not known. Allowed: {allowed}.")]
pub struct UnknownWord {
    /// The word.
    pub given: String,
    /// The allowed ones.
    pub allowed: &'static str,
}

impl FromStr for Kind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.code() == text)
            .ok_or_else(|| UnknownWord { given: text.to_owned(), allowed: "M1, M2, TEST, Q1, Q2, Q3, QC" })
    }
}

/// How often a person wants a kind of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Frequency {
    /// Never.
    Off,
    /// On every working day.
    Daily,
    /// On the first working day of a week.
    Weekly,
}

impl Frequency {
    /// All of them, in the order a form offers them.
    pub const ALL: [Self; 3] = [Self::Weekly, Self::Daily, Self::Off];

    /// `off`, `daily` or `weekly`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
        }
    }

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Off => "Off",
            Self::Daily => "On every working day",
            Self::Weekly => "Once a week",
        }
    }
}

impl FromStr for Frequency {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|f| f.code() == text)
            .ok_or_else(|| UnknownWord { given: text.to_owned(), allowed: "off, daily, weekly" })
    }
}

/// What a person chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// Of M1.
    pub weekly: Frequency,
    /// Of M2.
    pub new_due: Frequency,
}

impl Default for Preferences {
    /// The digest once a week, new due items on the day.
    fn default() -> Self {
        Self { weekly: Frequency::Weekly, new_due: Frequency::Daily }
    }
}

/// What a key stands for in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// A week, `2026-W49`.
    Week(Week),
    /// A local day, `2026-11-30`.
    Day(NaiveDate),
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Week(week) => week.fmt(f),
            Self::Day(day) => day.fmt(f),
        }
    }
}

/// When the scheduler ran for a facility in hours in which mail may leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runs {
    /// Day of the first run ever. Nothing before it counts as missed.
    pub first: NaiveDate,
    /// Day of the last run.
    pub last: NaiveDate,
    /// The day that makes up for a first working day on which no scheduler ran.
    pub late_on: Option<NaiveDate>,
}

impl Runs {
    /// The history once a run on `today` is part of it.
    pub fn with(before: Option<&Self>, calendar: &Calendar, today: NaiveDate) -> Self {
        let Some(before) = before else { return Self { first: today, last: today, late_on: None } };
        let opening = calendar.first_working_day(Week::of(today));
        let missed = opening.is_some_and(|opening| before.last < opening && opening < today);
        Self {
            first: before.first,
            last: before.last.max(today),
            late_on: if missed { Some(today) } else { before.late_on },
        }
    }

    /// Is `today` the day of the week's digests: its first working day, or the first later day when no
    /// scheduler ran since the week began?
    fn is_digest_day(&self, calendar: &Calendar, today: NaiveDate) -> bool {
        calendar.first_working_day(Week::of(today)) == Some(today) || self.late_on == Some(today)
    }
}

/// One person's work at one facility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// What the person chose.
    pub preferences: Preferences,
    /// Local day of the last M1 or M2 that was made and not cancelled.
    pub last_mail: Option<NaiveDate>,
    /// Open items now.
    pub open_items: u64,
    /// Latest day on which one of the open items became due.
    pub newest_due: Option<NaiveDate>,
}

/// A mail to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Make {
    /// Its kind.
    pub kind: Kind,
    /// Its period.
    pub period: Period,
    /// The period of the M2 it takes the place of.
    pub covers: Option<Period>,
}

/// How far M2 looks back, in days.
const LOOK_BACK_DAYS: u64 = 7;

/// The day after which an item counts as new: the last mail, the eve of the first run ever, or a week ago,
/// whichever is latest.
pub fn new_since(runs: &Runs, last_mail: Option<NaiveDate>, today: NaiveDate) -> NaiveDate {
    let eve = runs.first.pred_opt().unwrap_or(NaiveDate::MIN);
    let week_ago = today.checked_sub_days(Days::new(LOOK_BACK_DAYS)).unwrap_or(NaiveDate::MIN);
    eve.max(week_ago).max(last_mail.unwrap_or(NaiveDate::MIN))
}

/// The mail a person is to get now, if any. At most one a person and day.
///
/// `runs` already holds this run (see [`Runs::with`]).
pub fn decide(calendar: &Calendar, runs: &Runs, now: DateTime<Utc>, person: &Person) -> Option<Make> {
    let today = calendar.day(now);
    if !calendar.is_open(now) || person.open_items == 0 || person.last_mail == Some(today) {
        return None;
    }
    let digest_day = runs.is_digest_day(calendar, today);
    let weekly = match person.preferences.weekly {
        Frequency::Off => None,
        Frequency::Weekly => digest_day.then(|| Period::Week(Week::of(today))),
        Frequency::Daily => Some(Period::Day(today)),
    };
    let has_new = person.newest_due.is_some_and(|d| d > new_since(runs, person.last_mail, today));
    let new_due = match person.preferences.new_due {
        Frequency::Off => false,
        Frequency::Weekly => digest_day && has_new,
        Frequency::Daily => has_new,
    };
    let new_due = new_due.then_some(Period::Day(today));
    match (weekly, new_due) {
        (Some(period), covers) => Some(Make { kind: Kind::Weekly, period, covers }),
        (None, Some(period)) => Some(Make { kind: Kind::NewDue, period, covers: None }),
        (None, None) => None,
    }
}
