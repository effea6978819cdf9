//! The order of the work list and where a page of it begins.
//!
//! Order: delinquent, overdue, due, coming; inside each the patients who count in rate B first; then the
//! longest without contact. A list is a row of segments, each of which the store reads in the order of an
//! index, so that any page costs the same however long the list is.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::{
    followup_rules::{COMING_DAYS, Status, rate_b_from},
    partial_date::sub_months,
};

/// Which patients a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum View {
    /// Delinquent, overdue and due.
    #[default]
    Open,
    /// Due within 30 days.
    Coming,
    /// Marked lost.
    Lost,
    /// Everybody who is followed.
    Followed,
    /// One status of the open ones.
    Only(Group),
}

/// A part of the list with a heading of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Group {
    /// More than 15 months.
    Delinquent,
    /// More than 13 months.
    Overdue,
    /// Due.
    Due,
    /// Due within 30 days.
    Coming,
    /// Later.
    Later,
    /// Marked lost.
    Lost,
}

impl Group {
    /// All groups in the order of lists.
    pub const ALL: [Self; 6] =
        [Self::Delinquent, Self::Overdue, Self::Due, Self::Coming, Self::Later, Self::Lost];

    /// The status of its patients.
    pub fn status(self) -> Status {
        match self {
            Self::Delinquent => Status::Delinquent,
            Self::Overdue => Status::Overdue,
            Self::Due => Status::Due,
            Self::Coming | Self::Later => Status::Current,
            Self::Lost => Status::Lost,
        }
    }

    /// The heading.
    pub fn label(self) -> &'static str {
        match self {
            Self::Delinquent => "Delinquent",
            Self::Overdue => "Overdue",
            Self::Due => "Due",
            Self::Coming => "Coming",
            Self::Later => "Current",
            Self::Lost => "Lost",
        }
    }

    /// What puts a patient here.
    pub fn note(self) -> &'static str {
        match self {
            Self::Delinquent => "past 15 months",
            Self::Overdue => "past 13 months",
            Self::Due => "past 12 months",
            Self::Coming => "due within 30 days",
            Self::Later => "due later",
            Self::Lost => "every way tried",
        }
    }

    /// Shape of the status mark.
    pub fn shape(self) -> &'static str {
        match self {
            Self::Delinquent => "diamond",
            Self::Overdue => "triangle",
            Self::Due => "half",
            Self::Coming => "ring",
            Self::Later => "dot",
            Self::Lost => "cross",
        }
    }

    /// Tone of the status mark.
    pub fn tone(self) -> &'static str {
        match self {
            Self::Delinquent => "error",
            Self::Overdue => "warning",
            Self::Due => "active",
            Self::Later => "good",
            Self::Coming | Self::Lost => "quiet",
        }
    }
}

impl View {
    /// The word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Coming => "coming",
            Self::Lost => "lost",
            Self::Followed => "followed",
            Self::Only(Group::Delinquent) => "delinquent",
            Self::Only(Group::Overdue) => "overdue",
            Self::Only(Group::Due) => "due",
            Self::Only(Group::Coming) => "coming",
            Self::Only(Group::Later) => "current",
            Self::Only(Group::Lost) => "lost",
        }
    }

    /// Reads the word; nothing is the open ones.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "" | "open" => Self::Open,
            "coming" => Self::Coming,
            "lost" => Self::Lost,
            "followed" => Self::Followed,
            "delinquent" => Self::Only(Group::Delinquent),
            "overdue" => Self::Only(Group::Overdue),
            "due" => Self::Only(Group::Due),
            "current" => Self::Only(Group::Later),
            _ => return None,
        })
    }

    /// The groups it shows, in order.
    pub fn groups(self) -> &'static [Group] {
        match self {
            Self::Open => &[Group::Delinquent, Group::Overdue, Group::Due],
            Self::Coming | Self::Only(Group::Coming) => &[Group::Coming],
            Self::Lost | Self::Only(Group::Lost) => &[Group::Lost],
            Self::Followed => &Group::ALL,
            Self::Only(Group::Delinquent) => &[Group::Delinquent],
            Self::Only(Group::Overdue) => &[Group::Overdue],
            Self::Only(Group::Due) => &[Group::Due],
            Self::Only(Group::Later) => &[Group::Later],
        }
    }
}

/// A stretch of the list in the order of one index: by effective date, accession number, patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// The group.
    pub group: Group,
    /// Counts in rate B.
    pub rate_b: bool,
    /// Without any date; only in [`Group::Due`], before the dated ones.
    pub undated: bool,
}

/// The segments of a list in order.
pub fn segments(view: View) -> Vec<Segment> {
    let mut all = Vec::new();
    for &group in view.groups() {
        for rate_b in [true, false] {
            if group == Group::Due {
                all.push(Segment { group, rate_b, undated: true });
            }
            all.push(Segment { group, rate_b, undated: false });
        }
    }
    all
}

/// Days between which the effective date of last contact of a group lies, both inclusive.
///
/// Only a fence for the index: the projected dates decide. Month ends shift by up to three days, so
/// the fence stands four days outside; a short interval brings the due date forward to any day.
pub fn fence(group: Group, as_of: NaiveDate) -> (NaiveDate, NaiveDate) {
    let before = |months: u32| sub_months(as_of, months).unwrap_or(NaiveDate::MIN);
    let out = |day: NaiveDate| day.checked_add_days(Days::new(4)).unwrap_or(NaiveDate::MAX);
    let back = |day: NaiveDate| day.checked_sub_days(Days::new(4)).unwrap_or(NaiveDate::MIN);
    let oldest = NaiveDate::from_ymd_opt(1800, 1, 1).unwrap_or(NaiveDate::MIN);
    let newest = NaiveDate::from_ymd_opt(2200, 1, 1).unwrap_or(NaiveDate::MAX);
    match group {
        Group::Delinquent | Group::Lost => (oldest, out(before(15))),
        Group::Overdue => (back(before(15)), out(before(13))),
        Group::Due => (back(before(13)), newest),
        Group::Coming | Group::Later => (back(before(12)), newest),
    }
}

/// The days a list is measured by: the store compares and does not compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// The day the list is for.
    pub as_of: NaiveDate,
    /// Last day of "coming".
    pub soon: NaiveDate,
    /// First day of diagnosis in rate B.
    pub rate_b: NaiveDate,
}

impl Marks {
    /// For an as-of day.
    pub fn of(as_of: NaiveDate) -> Self {
        Self {
            as_of,
            soon: as_of.checked_add_days(Days::new(COMING_DAYS)).unwrap_or(NaiveDate::MAX),
            rate_b: rate_b_from(as_of),
        }
    }
}

/// The last row of a page: the next page begins after it. Sealed before it goes into an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Segment of the row.
    pub segment: Segment,
    /// Effective date of last contact.
    pub effective: Option<NaiveDate>,
    /// Accession number.
    pub accession: String,
    /// Row key; breaks ties.
    pub patient: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::followup_rules::{Extra, Facts, Settings, is_coming, standing, status};
    use crate::partial_date::PartialDate;
    use proptest::prelude::*;

    #[test]
    fn the_order_is_that_of_urgency_then_rate_b() {
        let order: Vec<(Group, bool)> =
            segments(View::Open).into_iter().filter(|s| !s.undated).map(|s| (s.group, s.rate_b)).collect();
        assert_eq!(
            order,
            [
                (Group::Delinquent, true),
                (Group::Delinquent, false),
                (Group::Overdue, true),
                (Group::Overdue, false),
                (Group::Due, true),
                (Group::Due, false)
            ]
        );
        for view in [
            View::Open,
            View::Coming,
            View::Lost,
            View::Followed,
            View::Only(Group::Due),
            View::Only(Group::Later),
        ] {
            assert_eq!(View::parse(view.word()), Some(view));
        }
        assert_eq!(View::parse("elsewhere"), None);
    }

    proptest! {
        #[test]
        fn nobody_stands_outside_the_fence_of_the_group(
            last in 0u64..4000, at in 0u64..4000, short in prop::option::of(3u32..12)
        ) {
            let day = |n| NaiveDate::from_ymd_opt(2015, 1, 1).unwrap() + Days::new(n);
            let patient = [
                ("dateOfLastContact", PartialDate::from(day(last)).to_string()),
                ("vitalStatus", "1".to_owned()),
            ].into_iter().collect();
            let tumor = [("classOfCase", "14"), ("behaviorCodeIcdO3", "3")].into_iter().collect();
            let extra = Extra { short_interval_months: short, lost: false };
            let stands = standing(&Facts::of(&patient, &[&tumor], extra), &Settings::default());
            let as_of = day(at);
            let group = match status(&stands, false, as_of) {
                Status::Delinquent => Group::Delinquent,
                Status::Overdue => Group::Overdue,
                Status::Due => Group::Due,
                _ if is_coming(&stands, as_of) => Group::Coming,
                _ => Group::Later,
            };
            let (from, to) = fence(group, as_of);
            prop_assert!((from..=to).contains(&day(last)), "{group:?} {from} {to}");
        }
    }
}
