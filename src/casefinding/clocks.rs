//! The two clocks of an item. Pure.
//!
//! Source: workflow rules of the registry, timeliness clocks.

use chrono::NaiveDate;

use super::state::{TARGET_AGE, TARGET_LAG};
use crate::partial_date::PartialDate;

/// Days, and how they stand to their target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Days {
    pub(super) days: i64,
    pub(super) late: bool,
    /// Reckoned from the last day of a month or year.
    pub(super) rough: bool,
}

/// From specimen or visit to the day the item came in. A month or year counts from its last day, so that
/// lateness is never overstated.
pub(super) fn lag(on: PartialDate, arrived: NaiveDate) -> Days {
    let days = (arrived - on.latest()).num_days().max(0);
    Days { days, late: days > TARGET_LAG, rough: on.day().is_none() }
}

/// From the day the item came in to its decision, or to today.
pub(super) fn age(arrived: NaiveDate, decided: Option<NaiveDate>, today: NaiveDate) -> Days {
    let days = (decided.unwrap_or(today) - arrived).num_days().max(0);
    Days { days, late: days > TARGET_AGE, rough: false }
}

impl Days {
    /// `12 days`.
    pub(super) fn words(self) -> String {
        let unit = if self.days == 1 { "day" } else { "days" };
        let rough = if self.rough { "at least " } else { "" };
        format!("{rough}{} {unit}", self.days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_at_their_limits() {
        let day = |m, d| NaiveDate::from_ymd_opt(2026, m, d).unwrap();
        let on = |text| PartialDate::parse(text).unwrap();
        assert_eq!(lag(on("20261001"), day(10, 31)), Days { days: 30, late: false, rough: false });
        assert_eq!(lag(on("20261001"), day(11, 1)), Days { days: 31, late: true, rough: false });
        assert_eq!(lag(on("202610"), day(11, 2)), Days { days: 2, late: false, rough: true });
        assert_eq!(lag(on("2026"), day(11, 2)).days, 0);
        assert_eq!(age(day(9, 1), None, day(10, 31)), Days { days: 60, late: false, rough: false });
        assert!(age(day(9, 1), None, day(11, 1)).late);
        assert_eq!(age(day(9, 1), Some(day(9, 2)), day(11, 1)).words(), "1 day");
    }
}
