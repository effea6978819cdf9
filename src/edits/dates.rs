//! What edits ask of dates. Blank and unreadable dates are neither before nor after any other.

use crate::partial_date::{PartialDate, add_months};

use super::tree::Edge;

/// A comparison on the digits both dates have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateRelation {
    Before,
    After,
    Different,
}

/// Digits of a date of the registry, on the calendar or not.
fn digits(date: &str) -> Option<&str> {
    (matches!(date.len(), 4 | 6 | 8) && date.bytes().all(|b| b.is_ascii_digit())).then_some(date)
}

impl DateRelation {
    pub(super) fn holds(self, a: &str, b: &str) -> bool {
        let (Some(a), Some(b)) = (digits(a), digits(b)) else { return false };
        let common = a.len().min(b.len());
        let (a, b) = (a.get(..common), b.get(..common));
        match self {
            Self::Before => a < b,
            Self::After => a > b,
            Self::Different => a != b,
        }
    }
}

/// The year, 0 when there is none.
pub(super) fn year(date: &str) -> i64 {
    digits(date).and_then(|d| d.get(..4)).and_then(|y| y.parse().ok()).unwrap_or(0)
}

/// On the calendar, 1850 to 2100.
pub(super) fn is_valid(date: &str) -> bool {
    digits(date).is_some() && PartialDate::parse(date).is_ok()
}

fn read(date: &str) -> Option<PartialDate> {
    PartialDate::parse(date).ok()
}

/// First or last possible day, as digits.
pub(super) fn day(edge: Edge, date: &str) -> Option<String> {
    let date = read(date)?;
    let day = match edge {
        Edge::Least => date.earliest(),
        Edge::Most => date.latest(),
    };
    Some(PartialDate::from(day).to_string())
}

/// Smallest or largest possible number of completed years between two dates.
pub(super) fn age(edge: Edge, born: &str, then: &str) -> Option<i64> {
    let (least, most) = read(born)?.years_until(read(then)?)?;
    Some(i64::from(match edge {
        Edge::Least => least,
        Edge::Most => most,
    }))
}

/// Days between two complete dates.
pub(super) fn days(from: &str, to: &str) -> Option<i64> {
    read(from)?.days_until(read(to)?)
}

/// A complete date some months later; a day the month lacks becomes its last.
pub(super) fn plus_months(date: &str, months: i64) -> Option<String> {
    let months = u32::try_from(months).ok().filter(|m| *m <= 12_000)?;
    let day = add_months(read(date)?.day()?, months)?;
    Some(PartialDate::from(day).to_string()).filter(|d| d.len() == 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_compared_on_the_digits_both_have() {
        let before = |a, b| DateRelation::Before.holds(a, b);
        assert!(before("2023", "20240101") && before("20240309", "20240310"));
        assert!(!before("202403", "20240310") && !before("2024", "2024"));
        assert!(!before("", "2024") && !before("2023", "") && !before("unknown", "2024"));
        assert!(DateRelation::After.holds("20250101", "2024"));
        assert!(DateRelation::Different.holds("20250101", "2024"));
        assert!(!DateRelation::Different.holds("2024", "20240310"));
    }

    #[test]
    fn years_ages_days_and_months() {
        assert_eq!(
            (year("20240229"), year("2024"), year(""), year("24"), year("abcd")),
            (2024, 2024, 0, 0, 0)
        );
        assert!(is_valid("20240229") && is_valid("2024") && !is_valid("20230229") && !is_valid(" 2024"));
        assert_eq!(
            (age(Edge::Least, "1950", "20240601"), age(Edge::Most, "1950", "20240601")),
            (Some(73), Some(74))
        );
        assert_eq!(age(Edge::Least, "", "2024"), None);
        assert_eq!(days("20240101", "20240301"), Some(60));
        assert_eq!(days("202401", "20240301"), None);
        assert_eq!(plus_months("20240831", 6).as_deref(), Some("20250228"));
        assert_eq!(
            (plus_months("202408", 6), plus_months("20240831", -1), plus_months("20240831", i64::MAX)),
            (None, None, None)
        );
        assert_eq!(day(Edge::Most, "202402").as_deref(), Some("20240229"));
        assert_eq!(day(Edge::Least, ""), None);
    }
}
