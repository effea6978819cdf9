//! By when the abstract of a case should be complete, and what that is reckoned from.
//!
//! Source: workflow rules of the registry, timeliness clocks; six months are standard practice (STORE; the older
//! CoC standard asked for them in 90 % of cases).

use chrono::NaiveDate;

use crate::{
    dictionary::{Items, names},
    partial_date::{PartialDate, add_months},
};

/// Months from first contact in which an abstract should be complete.
pub const ABSTRACT_MONTHS: u32 = 6;

/// What starts the clock of abstracting, and what that date is: death for cases found at autopsy or by death
/// certificate only (class 38, 49), the specimen for cases of pathology only (43), else first contact.
pub fn started(patient: &Items, tumor: &Items) -> Option<(PartialDate, &'static str)> {
    let first = tumor.date(names::DATE_OF_1ST_CONTACT).map(|d| (d, "first contact"));
    match tumor.value(names::CLASS_OF_CASE) {
        "38" | "49" if patient.value(names::VITAL_STATUS) == "0" => {
            patient.date(names::DATE_OF_LAST_CONTACT).map(|d| (d, "death")).or(first)
        }
        // The first contact of such a case is the day of its specimen (STORE, item 580).
        "43" => first
            .map(|(d, _)| (d, "specimen"))
            .or_else(|| tumor.date(names::DATE_OF_DIAGNOSIS).map(|d| (d, "specimen"))),
        _ => first,
    }
}

/// Last day on which the abstract is in time.
pub fn abstract_due(patient: &Items, tumor: &Items) -> Option<NaiveDate> {
    started(patient, tumor).and_then(|(start, _)| add_months(start.latest(), ABSTRACT_MONTHS))
}

/// Last day of the month after a day: the next monthly batch.
pub fn next_batch(completed: NaiveDate) -> Option<NaiveDate> {
    let first = chrono::Datelike::with_day(&completed, 1)?;
    add_months(first, 2)?.pred_opt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(pairs: &[(&'static str, &str)]) -> Items {
        pairs.iter().map(|(id, value)| (*id, (*value).to_owned())).collect()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Class, vital status, last contact, first contact, diagnosis: start, word and due.
    #[test]
    fn the_clock_of_abstracting_starts_as_the_class_says() {
        for (case, start, by, due) in [
            ("10 1 20260901 20260131 20260105", "20260131", "first contact", "2026-07-31"),
            ("10 1 20260901 202602 20260105", "202602", "first contact", "2026-08-28"),
            ("38 0 20260410 20260131 20260410", "20260410", "death", "2026-10-10"),
            ("49 0 2026 20260131 2026", "2026", "death", "2027-06-30"),
            ("38 1 20260410 20260131 20260410", "20260131", "first contact", "2026-07-31"),
            ("43 1 20260410 20260131 20260105", "20260131", "specimen", "2026-07-31"),
            ("43 1 20260410 - 20260105", "20260105", "specimen", "2026-07-05"),
        ] {
            let cells: Vec<&str> = case.split(' ').map(|c| if c == "-" { "" } else { c }).collect();
            let patient = items(&[("vitalStatus", cells[1]), ("dateOfLastContact", cells[2])]);
            let tumor = items(&[
                ("classOfCase", cells[0]),
                ("dateOf1stContact", cells[3]),
                ("dateOfDiagnosis", cells[4]),
            ]);
            let found = started(&patient, &tumor).unwrap();
            assert_eq!((found.0.to_string().as_str(), found.1), (start, by), "{case}");
            assert_eq!(abstract_due(&patient, &tumor), Some(day(due)), "{case}");
        }
        assert_eq!(started(&items(&[]), &items(&[("classOfCase", "10")])), None);
    }

    #[test]
    fn the_next_batch_ends_the_next_month_also_over_the_year() {
        for (on, ends) in
            [("2026-01-31", "2026-02-28"), ("2026-12-01", "2027-01-31"), ("2027-12-31", "2028-01-31")]
        {
            assert_eq!(next_batch(day(on)), Some(day(ends)));
        }
    }
}
