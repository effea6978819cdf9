//! The follow-up status of a patient on a day.

use std::fmt;

use chrono::{Days, NaiveDate};

use super::{Exemption, Standing};
use crate::partial_date::sub_months;

/// How a patient's follow-up stands on a day. Computed, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Not due yet.
    Current,
    /// From 12 to 13 months after the last contact (or the shorter interval that was set).
    Due,
    /// More than 13, at most 15 months.
    Overdue,
    /// More than 15 months.
    Delinquent,
    /// Delinquent, and a supervisor found every way exhausted.
    Lost,
    /// Needs no follow-up.
    Exempt(Exemption),
    /// Died.
    ClosedDead,
}

/// Days before the due date during which a patient is listed as coming.
pub const COMING_DAYS: u64 = 30;

impl Status {
    /// The seven kinds as `--json`, filters and counts name them.
    pub const CODES: [&str; 7] = ["CURRENT", "DUE", "OVERDUE", "DELINQUENT", "LOST", "EXEMPT", "CLOSED-DEAD"];

    /// One of [`Status::CODES`].
    pub fn code(self) -> &'static str {
        match self {
            Self::Current => "CURRENT",
            Self::Due => "DUE",
            Self::Overdue => "OVERDUE",
            Self::Delinquent => "DELINQUENT",
            Self::Lost => "LOST",
            Self::Exempt(_) => "EXEMPT",
            Self::ClosedDead => "CLOSED-DEAD",
        }
    }

    /// The reason of an exemption.
    pub fn exemption(self) -> Option<Exemption> {
        match self {
            Self::Exempt(reason) => Some(reason),
            _ => None,
        }
    }

    /// An open item of the work list: DUE, OVERDUE or DELINQUENT.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Due | Self::Overdue | Self::Delinquent)
    }

    /// Followed at all: CURRENT to LOST.
    pub fn is_followed(self) -> bool {
        !matches!(self, Self::Exempt(_) | Self::ClosedDead)
    }
}

impl fmt::Display for Status {
    /// `Due`, `Exempt (X1 nonanalytic)`: as pages show it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("Current"),
            Self::Due => f.write_str("Due"),
            Self::Overdue => f.write_str("Overdue"),
            Self::Delinquent => f.write_str("Delinquent"),
            Self::Lost => f.write_str("Lost"),
            Self::Exempt(reason) => write!(f, "Exempt ({reason})"),
            Self::ClosedDead => f.write_str("Closed, dead"),
        }
    }
}

/// The status on a day: a pure function of the projected dates, so that a list in SQL and this function
/// always agree.
pub fn status(standing: &Standing, lost: bool, as_of: NaiveDate) -> Status {
    if let Some(reason) = standing.exemption {
        return Status::Exempt(reason);
    }
    if standing.dead {
        return Status::ClosedDead;
    }
    if reached(standing.centenarian_from, as_of) {
        return Status::Exempt(Exemption::Centenarian);
    }
    if reached(standing.delinquent_from, as_of) {
        return if lost { Status::Lost } else { Status::Delinquent };
    }
    if reached(standing.overdue_from, as_of) {
        return Status::Overdue;
    }
    // Without any date the patient is due at once.
    if standing.due.is_none_or(|due| due <= as_of) { Status::Due } else { Status::Current }
}

/// CURRENT, and due within the next 30 days.
pub fn is_coming(standing: &Standing, as_of: NaiveDate) -> bool {
    status(standing, false, as_of) == Status::Current
        && as_of.checked_add_days(Days::new(COMING_DAYS)).is_some_and(|soon| reached(standing.due, soon))
}

/// First day of diagnosis that lies in rate B: 60 months before the as-of date.
/// Source: CoC Standard 6.5, cases diagnosed within the last five years.
pub fn rate_b_from(as_of: NaiveDate) -> NaiveDate {
    sub_months(as_of, 60).unwrap_or(NaiveDate::MIN)
}

fn reached(from: Option<NaiveDate>, as_of: NaiveDate) -> bool {
    from.is_some_and(|from| from <= as_of)
}
