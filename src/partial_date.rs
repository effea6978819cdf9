//! Dates as registries store them: a year, a month or a day, never padded.
//!
//! Source: NAACCR Data Standards and Data Dictionary, date items (ISO 8601 basic
//! format, `YYYY`, `YYYYMM`, `YYYYMMDD`); flags and 99 for unknown parts left the
//! standard with version 23.

use std::fmt;

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// A date known to the year, the month or the day.
///
/// There is no `Ord`: of `202403` and `20240310` neither is before the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartialDate {
    /// Only the year is known.
    Year(i32),
    /// Year and month (1 to 12) are known.
    Month(i32, u32),
    /// The day is known.
    Day(NaiveDate),
}

/// Why a text is not a date of the registry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateProblem {
    /// Not `YYYY`, `YYYYMM` or `YYYYMMDD`, nor another spelling that is understood.
    #[error("“{0}” is not a date. Enter a year, a month or a day: 2024, 2024-03 or 2024-03-05.")]
    Unreadable(String),
    /// The digits do not name a day of the calendar.
    #[error("{0} is not on the calendar.")]
    NotOnCalendar(String),
    /// Before 1850 or after 2100.
    #[error("The year of {0} is outside 1850 to 2100.")]
    YearOutOfRange(String),
}

/// How `03/05/2024` is read. A facility's setting; month first is the trade's habit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlashOrder {
    /// `03/05/2024` is 5 March.
    #[default]
    MonthFirst,
    /// `03/05/2024` is 3 May.
    DayFirst,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Name of a month, 1 to 12.
fn month_name(month: u32) -> &'static str {
    usize::try_from(month).ok().and_then(|m| MONTHS.get(m.wrapping_sub(1))).copied().unwrap_or("")
}

/// `17 November 2026`: a day as sentences show it.
pub fn in_words(day: NaiveDate) -> String {
    format!("{} {} {}", day.day(), month_name(day.month()), day.year())
}

/// Calendar-month addition; a day that the target month lacks becomes its last day.
///
/// `None` only beyond the years chrono can hold.
pub fn add_months(day: NaiveDate, months: u32) -> Option<NaiveDate> {
    day.checked_add_months(Months::new(months))
}

/// Calendar-month subtraction, clamped like [`add_months`].
pub fn sub_months(day: NaiveDate, months: u32) -> Option<NaiveDate> {
    day.checked_sub_months(Months::new(months))
}

impl PartialDate {
    /// Reads the stored form: exactly `YYYY`, `YYYYMM` or `YYYYMMDD`, surrounding blanks ignored.
    pub fn parse(text: &str) -> Result<Self, DateProblem> {
        let digits = text.trim();
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DateProblem::Unreadable(text.to_owned()));
        }
        let part = |from: usize, to: usize| digits.get(from..to).and_then(|d| d.parse::<u32>().ok());
        let bad = || DateProblem::NotOnCalendar(digits.to_owned());
        let year = || {
            let year = part(0, 4).and_then(|y| i32::try_from(y).ok()).ok_or_else(bad)?;
            if (1850..=2100).contains(&year) {
                Ok(year)
            } else {
                Err(DateProblem::YearOutOfRange(digits.to_owned()))
            }
        };
        match digits.len() {
            4 => Ok(Self::Year(year()?)),
            6 => {
                let month = part(4, 6).filter(|m| (1..=12).contains(m)).ok_or_else(bad)?;
                Ok(Self::Month(year()?, month))
            }
            8 => {
                let (year, month, day) = (year()?, part(4, 6).ok_or_else(bad)?, part(6, 8).ok_or_else(bad)?);
                NaiveDate::from_ymd_opt(year, month, day).map(Self::Day).ok_or_else(bad)
            }
            _ => Err(DateProblem::Unreadable(text.to_owned())),
        }
    }

    /// Reads what a person types: the stored form, ISO, slashes or dots, month names
    /// (`5 Mar 2024`, `March 2024`), `t` for today and `t-7`, `t+3`.
    ///
    /// `Ok(None)` for nothing typed. Nothing is guessed: what has two readings follows `order`.
    pub fn parse_typed(text: &str, today: NaiveDate, order: SlashOrder) -> Result<Option<Self>, DateProblem> {
        let typed = text.trim();
        if typed.is_empty() {
            return Ok(None);
        }
        let unreadable = || DateProblem::Unreadable(typed.to_owned());
        if let Some(rest) = typed.strip_prefix(['t', 'T']) {
            if rest.is_empty() {
                return Ok(Some(Self::Day(today)));
            }
            if let Some(n) = rest.strip_prefix('-').and_then(|n| n.trim().parse::<u64>().ok()) {
                return today
                    .checked_sub_days(Days::new(n))
                    .map(|d| Some(Self::Day(d)))
                    .ok_or_else(unreadable);
            }
            if let Some(n) = rest.strip_prefix('+').and_then(|n| n.trim().parse::<u64>().ok()) {
                return today
                    .checked_add_days(Days::new(n))
                    .map(|d| Some(Self::Day(d)))
                    .ok_or_else(unreadable);
            }
        }
        if typed.bytes().all(|b| b.is_ascii_digit()) {
            return Self::parse(typed).map(Some);
        }
        let parts: Vec<&str> = typed.split(['-', '/', '.', ',', ' ']).filter(|p| !p.is_empty()).collect();
        let month_of = |word: &str| {
            let word = word.to_lowercase();
            if word.chars().count() < 3 {
                return None;
            }
            (1..=12).find(|m| month_name(*m).to_lowercase().starts_with(&word))
        };
        let four = |s: &str| s.len() == 4 && s.bytes().all(|b| b.is_ascii_digit());
        let small = |s: &str| -> Option<u32> {
            if s.len() <= 2 && s.bytes().all(|b| b.is_ascii_digit()) { s.parse().ok() } else { None }
        };
        let (year, month, day) = match parts.as_slice() {
            [y, m, d] if four(y) => {
                (*y, small(m).or_else(|| month_of(m)), Some(small(d).ok_or_else(unreadable)?))
            }
            [a, b, y] if four(y) => match (small(a), small(b)) {
                (Some(a), Some(b)) => match order {
                    SlashOrder::MonthFirst => (*y, Some(a), Some(b)),
                    SlashOrder::DayFirst => (*y, Some(b), Some(a)),
                },
                (Some(d), None) => (*y, month_of(b), Some(d)),
                (None, Some(d)) => (*y, month_of(a), Some(d)),
                (None, None) => return Err(unreadable()),
            },
            [y, m] if four(y) => (*y, small(m).or_else(|| month_of(m)), None),
            [m, y] if four(y) => (*y, small(m).or_else(|| month_of(m)), None),
            _ => return Err(unreadable()),
        };
        let month = month.ok_or_else(unreadable)?;
        let digits = match day {
            Some(day) => format!("{year}{month:02}{day:02}"),
            None => format!("{year}{month:02}"),
        };
        match Self::parse(&digits) {
            Err(DateProblem::NotOnCalendar(_)) => Err(DateProblem::NotOnCalendar(typed.to_owned())),
            other => other.map(Some),
        }
    }

    /// The year, always known.
    pub fn year(self) -> i32 {
        match self {
            Self::Year(y) | Self::Month(y, _) => y,
            Self::Day(d) => d.year(),
        }
    }

    /// The day, when it is known.
    pub fn day(self) -> Option<NaiveDate> {
        match self {
            Self::Day(d) => Some(d),
            _ => None,
        }
    }

    /// First possible day: 2024 is 2024-01-01.
    pub fn earliest(self) -> NaiveDate {
        let (y, m) = match self {
            Self::Day(d) => return d,
            Self::Month(y, m) => (y, m),
            Self::Year(y) => (y, 1),
        };
        NaiveDate::from_ymd_opt(y, m, 1).unwrap_or(NaiveDate::MIN)
    }

    /// Last possible day: 202402 is 2024-02-29.
    pub fn latest(self) -> NaiveDate {
        let months = match self {
            Self::Day(d) => return d,
            Self::Month(..) => 1,
            Self::Year(_) => 12,
        };
        add_months(self.earliest(), months).and_then(|d| d.pred_opt()).unwrap_or(NaiveDate::MAX)
    }

    /// Before, judged only on the digits both have.
    pub fn definitely_before(self, other: Self) -> bool {
        self.latest() < other.earliest()
    }

    /// After, judged only on the digits both have.
    pub fn definitely_after(self, other: Self) -> bool {
        other.definitely_before(self)
    }

    /// Same digits on the length both have: `2024` and `20240305` are compatible.
    pub fn compatible(self, other: Self) -> bool {
        !self.definitely_before(other) && !self.definitely_after(other)
    }

    /// `2026-11-17`, `2026-11` or `2026`: as tables and fields show it.
    pub fn iso(self) -> String {
        match self {
            Self::Year(y) => format!("{y:04}"),
            Self::Month(y, m) => format!("{y:04}-{m:02}"),
            Self::Day(d) => d.format("%Y-%m-%d").to_string(),
        }
    }

    /// `17 November 2026`; `July 2026, day unknown`; `2026, month and day unknown`.
    pub fn words(self) -> String {
        match self {
            Self::Year(y) => format!("{y}, month and day unknown"),
            Self::Month(y, m) => format!("{} {y}, day unknown", month_name(m)),
            Self::Day(d) => in_words(d),
        }
    }

    /// Smallest and largest number of completed years from `self` to `then`.
    ///
    /// `None` when `then` can only lie before `self`.
    pub fn years_until(self, then: Self) -> Option<(u32, u32)> {
        let most = then.latest().years_since(self.earliest())?;
        let least = then.earliest().years_since(self.latest()).unwrap_or(0);
        Some((least, most))
    }

    /// Days from `self` to `then`; `None` unless both are complete.
    pub fn days_until(self, then: Self) -> Option<i64> {
        Some((then.day()? - self.day()?).num_days())
    }
}

impl From<NaiveDate> for PartialDate {
    fn from(day: NaiveDate) -> Self {
        Self::Day(day)
    }
}

impl fmt::Display for PartialDate {
    /// The digits as stored.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(y) => write!(f, "{y:04}"),
            Self::Month(y, m) => write!(f, "{y:04}{m:02}"),
            Self::Day(d) => write!(f, "{}", d.format("%Y%m%d")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn p(s: &str) -> PartialDate {
        PartialDate::parse(s).unwrap()
    }

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()
    }

    #[test]
    fn stored_forms_are_read_and_others_refused() {
        for good in ["2024", "202402", "20240229", "18500101"] {
            assert_eq!(p(good).to_string(), good);
        }
        for bad in ["", "24", "2024022", "20230229", "202413", "20240500", "99999999", "2024-02"] {
            assert!(PartialDate::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_spelling_a_registrar_types_is_understood() {
        for (typed, stored) in [
            ("20240305", "20240305"),
            ("2024-03-05", "20240305"),
            ("03/05/2024", "20240305"),
            ("3/5/2024", "20240305"),
            ("5 Mar 2024", "20240305"),
            ("March 5, 2024", "20240305"),
            ("202403", "202403"),
            ("2024-03", "202403"),
            ("3/2024", "202403"),
            ("march 2024", "202403"),
            ("2024", "2024"),
            ("t", "20261123"),
            ("t-7", "20261116"),
            ("T+1", "20261124"),
        ] {
            let read = PartialDate::parse_typed(typed, today(), SlashOrder::MonthFirst).unwrap().unwrap();
            assert_eq!(read.to_string(), stored, "{typed}");
        }
        let day_first =
            PartialDate::parse_typed("03/05/2024", today(), SlashOrder::DayFirst).unwrap().unwrap();
        assert_eq!(day_first.to_string(), "20240503");
        assert_eq!(PartialDate::parse_typed("  ", today(), SlashOrder::MonthFirst), Ok(None));
        for bad in ["x", "13/13/2024", "2024-02-30", "5/2", "t-", "March", "99/2024"] {
            assert!(PartialDate::parse_typed(bad, today(), SlashOrder::MonthFirst).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_month_is_neither_before_nor_after_its_days() {
        assert!(!p("202403").definitely_before(p("20240310")));
        assert!(!p("202403").definitely_after(p("20240310")));
        assert!(p("202403").compatible(p("20240310")));
        assert!(p("2023").definitely_before(p("202401")));
        assert_eq!(p("202402").latest().to_string(), "2024-02-29");
        assert_eq!(p("2024").earliest().to_string(), "2024-01-01");
    }

    #[test]
    fn ages_with_partial_dates_are_a_range() {
        assert_eq!(p("1950").years_until(p("20240701")), Some((73, 74)));
        assert_eq!(p("19500701").years_until(p("20240630")), Some((73, 73)));
        assert_eq!(p("2024").years_until(p("2024")), Some((0, 0)));
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_digits_round_trip(s in ".{0,12}") {
            if let Ok(d) = PartialDate::parse(&s) {
                prop_assert_eq!(d.to_string(), s.trim());
            }
            let _ = PartialDate::parse_typed(&s, today(), SlashOrder::MonthFirst);
        }

        #[test]
        fn the_iso_form_reads_back(y in 1850i32..=2100, m in 1u32..=12, d in 1u32..=28, kind in 0..3) {
            let date = match kind {
                0 => PartialDate::Year(y),
                1 => PartialDate::Month(y, m),
                _ => PartialDate::Day(NaiveDate::from_ymd_opt(y, m, d).unwrap()),
            };
            prop_assert_eq!(PartialDate::parse_typed(&date.iso(), today(), SlashOrder::DayFirst), Ok(Some(date)));
            prop_assert!(date.earliest() <= date.latest());
        }
    }
}
