//! Accession numbers.
//!
//! Year of the patient's first contact here, then a five-digit counter of facility and year. A
//! patient has one; a returning patient keeps it; a number is never used again; gaps are allowed.
//!
//! Source: NAACCR item 550, CoC STORE 2026 “Accession Number”.

use std::{fmt, str::FromStr};

use crate::{
    dictionary::{Items, names},
    partial_date::PartialDate,
};

/// Largest number of a year.
pub const LAST_IN_YEAR: u32 = 99_999;

/// `202600412`: the 412th patient of 2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessionNumber {
    /// Year of first contact of the patient's first case here.
    pub year: i32,
    /// Counter, 1 to 99999.
    pub order: u32,
}

/// Why a text is no accession number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not an accession number: a year and up to five digits, 2026-412 or 202600412.")]
pub struct NotAnAccessionNumber(String);

impl AccessionNumber {
    /// The number with the counter of its year.
    ///
    /// # Errors
    /// The year's numbers are used up, or the year has no four digits.
    pub fn new(year: i32, order: u32) -> Result<Self, NotAnAccessionNumber> {
        if (1850..=9999).contains(&year) && (1..=LAST_IN_YEAR).contains(&order) {
            Ok(Self { year, order })
        } else {
            Err(NotAnAccessionNumber(format!("{year}-{order}")))
        }
    }

    /// As people read it: `2026-00412`.
    pub fn shown(self) -> String {
        format!("{:04}-{:05}", self.year, self.order)
    }
}

impl fmt::Display for AccessionNumber {
    /// As stored.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}{:05}", self.year, self.order)
    }
}

impl FromStr for AccessionNumber {
    type Err = NotAnAccessionNumber;

    /// Reads `202600412`, `2026-00412` and `2026-412`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let typed = text.trim();
        let no = || NotAnAccessionNumber(typed.to_owned());
        let (year, order) = match typed.split_once('-') {
            Some(parts) => parts,
            None if typed.len() == 9 => typed.split_at_checked(4).ok_or_else(no)?,
            None => return Err(no()),
        };
        let digits =
            |s: &str, most: usize| !s.is_empty() && s.len() <= most && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || year.len() != 4 || !digits(order, 5) {
            return Err(no());
        }
        Self::new(year.parse().map_err(|_| no())?, order.parse().map_err(|_| no())?)
    }
}

/// What a number that is kept says, or the text as it stands where it is none of ours.
pub fn shown(stored: &str) -> String {
    stored.parse::<AccessionNumber>().map_or_else(|_| stored.to_owned(), AccessionNumber::shown)
}

/// Whether a case gets an accession number at this save, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accessioning {
    /// It has one.
    Has,
    /// The patient has one from an earlier case.
    Keeps(String),
    /// The next one of this year.
    Next {
        /// Year of the counter.
        year: i32,
    },
    /// Not before the year of first contact is known.
    NotYet,
}

/// Decides for one case among the patient's others (voided ones left out by the caller).
///
/// The year is that of the earliest first contact of all the patient's cases here.
pub fn accessioning(case: &Items, others: &[&Items]) -> Accessioning {
    if case.has(names::ACCESSION_NUMBER_HOSP) {
        return Accessioning::Has;
    }
    let kept = others.iter().map(|o| o.value(names::ACCESSION_NUMBER_HOSP)).filter(|a| !a.is_empty()).min();
    if let Some(number) = kept {
        return Accessioning::Keeps(number.to_owned());
    }
    let Some(own) = case.date(names::DATE_OF_1ST_CONTACT) else { return Accessioning::NotYet };
    let year = others
        .iter()
        .filter_map(|o| o.date(names::DATE_OF_1ST_CONTACT))
        .map(PartialDate::year)
        .fold(own.year(), i32::min);
    Accessioning::Next { year }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn case(pairs: &[(&'static str, &'static str)]) -> Items {
        pairs.iter().copied().collect()
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for text in ["202600412", "2026-00412", "2026-412", " 2026-412 "] {
            let number: AccessionNumber = text.parse().unwrap();
            assert_eq!((number.year, number.order), (2026, 412), "{text}");
            assert_eq!(number.to_string(), "202600412");
            assert_eq!(number.shown(), "2026-00412");
        }
        for text in ["", "2026", "20260041", "2026-0", "2026-123456", "26-12", "2026/12", "２０２６-1"] {
            assert!(text.parse::<AccessionNumber>().is_err(), "{text}");
        }
        assert_eq!(shown("12A"), "12A");
    }

    #[test]
    fn a_returning_patient_keeps_the_number() {
        let old = case(&[("accessionNumberHosp", "201900164"), ("dateOf1stContact", "20190203")]);
        let new = case(&[("dateOf1stContact", "20260701")]);
        assert_eq!(accessioning(&new, &[&old]), Accessioning::Keeps("201900164".to_owned()));
        assert_eq!(accessioning(&old, &[&new]), Accessioning::Has);
    }

    #[test]
    fn the_number_waits_for_the_year_of_first_contact() {
        assert_eq!(accessioning(&case(&[]), &[]), Accessioning::NotYet);
        assert_eq!(
            accessioning(&case(&[("dateOf1stContact", "2026")]), &[]),
            Accessioning::Next { year: 2026 }
        );
        let earlier = case(&[("dateOf1stContact", "202512")]);
        let later = case(&[("dateOf1stContact", "20260103")]);
        assert_eq!(accessioning(&later, &[&earlier]), Accessioning::Next { year: 2025 });
    }

    proptest! {
        #[test]
        fn every_number_reads_back(year in 1850i32..=9999, order in 1u32..=99_999) {
            let number = AccessionNumber::new(year, order).unwrap();
            prop_assert_eq!(number.to_string().parse::<AccessionNumber>(), Ok(number));
            prop_assert_eq!(number.shown().parse::<AccessionNumber>(), Ok(number));
        }
    }
}
