//! Sequence numbers: the order of a patient's primaries over the whole life.
//!
//! Two series that do not know each other: 00 to 59 for in situ and malignant tumors, 60 to 87
//! for the others. Carcinoma in situ of the cervix, basal and squamous cell carcinoma of the skin
//! and PIN III are not counted.
//!
//! Source: NAACCR item 560, CoC STORE 2026 “Sequence Number”.

mod together;

use std::cmp::Ordering;

use crate::{
    dictionary::{Items, names},
    icdo::{Behavior, Histology, PrimarySite},
    partial_date::PartialDate,
};

pub use together::{Together, together};

/// A primary as the order sees it, diagnosed here or elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifetimeTumor {
    /// `None` when blank or not readable.
    pub behavior: Option<Behavior>,
    /// Site, if known.
    pub site: Option<PrimarySite>,
    /// Histology, if known.
    pub histology: Option<Histology>,
    /// Diagnosis, if known.
    pub diagnosed: Option<PartialDate>,
    /// The number it has; empty for none.
    pub sequence: String,
}

impl LifetimeTumor {
    /// Reads a case.
    pub fn of(tumor: &Items) -> Self {
        Self {
            behavior: Behavior::parse(tumor.value(names::BEHAVIOR_CODE_ICD_O_3)).ok(),
            site: PrimarySite::parse(tumor.value(names::PRIMARY_SITE)).ok(),
            histology: Histology::parse(tumor.value(names::HISTOLOGIC_TYPE_ICD_O_3)).ok(),
            diagnosed: tumor.date(names::DATE_OF_DIAGNOSIS),
            sequence: tumor.value(names::SEQUENCE_NUMBER_HOSPITAL).to_owned(),
        }
    }

    /// The series, by behavior; by the number where the behavior is not known.
    fn series(&self) -> Option<Series> {
        match self.behavior {
            Some(Behavior::InSitu | Behavior::Malignant) => Some(Series::Malignant),
            Some(_) => Some(Series::Other),
            None => match self.sequence.parse::<u32>().ok()? {
                0..=59 | 99 => Some(Series::Malignant),
                60..=88 => Some(Series::Other),
                _ => None,
            },
        }
    }

    /// Does it count at all?
    fn counts(&self) -> bool {
        let in_situ = self.behavior == Some(Behavior::InSitu);
        let within = |ranges| self.histology.is_some_and(|h| h.within(ranges));
        let at = |categories: &[u16]| self.site.is_some_and(|s| s.in_categories(categories));
        let cervix = in_situ && at(&[53]);
        let skin = at(&[44]) && within(&[(8000, 8005), (8010, 8046), (8050, 8084), (8090, 8110)]);
        let pin = in_situ && at(&[61]) && within(&[(8148, 8148)]);
        !(cervix || skin || pin)
    }

    /// Place in its series, 1 for the first; 00 and 60 (“only one”) are the first.
    fn place(&self) -> Option<u32> {
        match self.sequence.parse::<u32>().ok()? {
            0 | 60 => Some(1),
            n @ 1..=59 => Some(n),
            n @ 61..=87 => Some(n - 60),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Series {
    Malignant,
    Other,
}

impl Series {
    fn code(self, place: u32, only: bool) -> String {
        let first = match self {
            Self::Malignant => 0,
            Self::Other => 60,
        };
        let last = match self {
            Self::Malignant => 59,
            Self::Other => 87,
        };
        let number = if only { first } else { (first + place).min(last) };
        format!("{number:02}")
    }

    fn words(self) -> &'static str {
        match self {
            Self::Malignant => "in situ or malignant tumor",
            Self::Other => "non-malignant tumor",
        }
    }
}

/// A number that should change on another case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resequence {
    /// Index among the others.
    pub other: usize,
    /// The number now.
    pub from: String,
    /// The number then.
    pub to: String,
}

/// What is suggested for a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceSuggestion {
    /// The number.
    pub code: String,
    /// Why, as part of a sentence.
    pub why: String,
    /// Changes that follow on other cases; proposed there, never made by themselves.
    pub others: Vec<Resequence>,
    /// The dates do not tell the order: the registrar decides (the worse prognosis comes first).
    pub ask: bool,
}

/// Suggests the number of a case among the patient's others. `None` before its behavior is known.
pub fn suggest(own: &LifetimeTumor, others: &[LifetimeTumor]) -> Option<SequenceSuggestion> {
    let series = own.behavior.and(own.series())?;
    let counted: Vec<(usize, &LifetimeTumor)> =
        others.iter().enumerate().filter(|(_, o)| o.counts() && o.series() == Some(series)).collect();
    if counted.is_empty() || !own.counts() {
        let why = if own.counts() {
            format!("the only {} known", series.words())
        } else {
            "this kind is not counted with others".to_owned()
        };
        return Some(SequenceSuggestion { code: series.code(1, true), why, others: Vec::new(), ask: false });
    }
    let order = |other: &LifetimeTumor| match (own.diagnosed, other.diagnosed) {
        (Some(a), Some(b)) if b.definitely_before(a) => Ordering::Less,
        (Some(a), Some(b)) if b.definitely_after(a) => Ordering::Greater,
        _ => Ordering::Equal,
    };
    // What cannot be ordered is taken as earlier: the new case is usually the later one.
    let before: Vec<_> = counted.iter().filter(|(_, o)| order(o) != Ordering::Greater).collect();
    let ask = counted.iter().any(|(_, o)| order(o) == Ordering::Equal);
    let highest = before.iter().filter_map(|(_, o)| o.place()).max().unwrap_or(0);
    let count = u32::try_from(before.len()).unwrap_or(u32::MAX);
    let place = highest.max(count) + 1;
    let mut changes = Vec::new();
    for (at, other) in &counted {
        let Some(now) = other.place() else { continue };
        let then = if order(other) == Ordering::Greater && now >= place { now + 1 } else { now };
        let code = series.code(then, false);
        if code != other.sequence {
            changes.push(Resequence { other: *at, from: other.sequence.clone(), to: code });
        }
    }
    let why = format!("{} {} of this life", ordinal(place), series.words());
    Some(SequenceSuggestion { code: series.code(place, false), why, others: changes, ask })
}

/// Numbers that should change on the patient's other cases when one is taken out: those behind it in its
/// series move up, and what is left alone becomes the only one. Numbers that tell of tumors elsewhere are
/// believed, as in [`suggest`].
pub fn after_removal(gone: &LifetimeTumor, others: &[LifetimeTumor]) -> Vec<Resequence> {
    let (Some(series), Some(place), true) = (gone.series(), gone.place(), gone.counts()) else {
        return Vec::new();
    };
    let counted: Vec<(usize, &LifetimeTumor, u32)> = others
        .iter()
        .enumerate()
        .filter(|(_, o)| o.counts() && o.series() == Some(series))
        .filter_map(|(at, o)| Some((at, o, o.place()?)))
        .collect();
    // A number that two cases have leaves no gap.
    if counted.iter().any(|(_, _, p)| *p == place) {
        return Vec::new();
    }
    let left = counted.iter().map(|(_, _, p)| *p).max().unwrap_or(0).max(place) - 1;
    let moved = counted.into_iter().map(|(at, other, p)| {
        let then = if p > place { p - 1 } else { p };
        Resequence { other: at, from: other.sequence.clone(), to: series.code(then, left == 1) }
    });
    moved.filter(|r| r.from != r.to).collect()
}

fn ordinal(n: u32) -> String {
    let ending = match (n % 10, n % 100) {
        (1, 1 | 21..) => "st",
        (2, 2 | 22..) => "nd",
        (3, 3 | 23..) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tumor(behavior: &str, dx: &str, sequence: &str) -> LifetimeTumor {
        at("C509", "8500", behavior, dx, sequence)
    }

    fn at(site: &str, histology: &str, behavior: &str, dx: &str, sequence: &str) -> LifetimeTumor {
        LifetimeTumor {
            behavior: Behavior::parse(behavior).ok(),
            site: PrimarySite::parse(site).ok(),
            histology: Histology::parse(histology).ok(),
            diagnosed: PartialDate::parse(dx).ok(),
            sequence: sequence.to_owned(),
        }
    }

    fn code(own: &LifetimeTumor, others: &[LifetimeTumor]) -> (String, Vec<(String, String)>, bool) {
        let s = suggest(own, others).unwrap();
        (s.code, s.others.into_iter().map(|r| (r.from, r.to)).collect(), s.ask)
    }

    fn moved(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    fn removed(gone: &str, others: &[&str]) -> Vec<(String, String)> {
        let behavior = |code: &str| if code < "60" { "3" } else { "0" };
        let of = |code: &&str| tumor(behavior(code), "20200101", code);
        let others: Vec<LifetimeTumor> = others.iter().map(of).collect();
        after_removal(&of(&gone), &others).into_iter().map(|r| (r.from, r.to)).collect()
    }

    #[test]
    fn a_case_taken_out_moves_those_behind_it() {
        assert_eq!(removed("02", &["01", "03", "04"]), [moved("03", "02"), moved("04", "03")]);
        assert_eq!(removed("02", &["01"]), [moved("01", "00")]);
        assert_eq!(removed("01", &["02"]), [moved("02", "00")]);
        assert_eq!(removed("61", &["62", "01", "02"]), [moved("62", "60")]);
        assert_eq!(removed("00", &["60"]), []);
        assert_eq!(removed("02", &[]), []);
    }

    #[test]
    fn a_case_taken_out_leaves_what_tells_of_tumors_elsewhere() {
        assert_eq!(removed("03", &["01"]), [], "the second was diagnosed elsewhere");
        assert_eq!(removed("01", &["03"]), [moved("03", "02")]);
        assert_eq!(removed("01", &["01", "02"]), [], "two cases had one number");
        let skin = at("C443", "8090", "3", "20200101", "01");
        assert_eq!(after_removal(&skin, &[tumor("3", "20240101", "02")]), []);
        assert_eq!(after_removal(&tumor("3", "20240101", ""), &[tumor("3", "20240101", "02")]), []);
        assert_eq!(after_removal(&tumor("3", "20240101", "99"), &[tumor("3", "20240101", "02")]), []);
    }

    #[test]
    fn a_single_tumor_is_00_or_60() {
        assert_eq!(code(&tumor("3", "20240101", ""), &[]).0, "00");
        assert_eq!(code(&tumor("2", "20240101", ""), &[]).0, "00");
        assert_eq!(code(&tumor("0", "20240101", ""), &[]).0, "60");
        assert!(suggest(&tumor("", "20240101", ""), &[]).is_none());
    }

    #[test]
    fn with_the_second_malignant_tumor_the_former_00_becomes_01() {
        let first = tumor("3", "20200101", "00");
        assert_eq!(
            code(&tumor("3", "20240101", ""), std::slice::from_ref(&first)),
            ("02".to_owned(), vec![moved("00", "01")], false)
        );
        assert_eq!(
            suggest(&tumor("3", "2024", ""), &[first]).unwrap().why,
            "2nd in situ or malignant tumor of this life"
        );
    }

    #[test]
    fn a_benign_sixty_and_a_malignant_zero_stand_together() {
        let benign = tumor("0", "20200101", "60");
        assert_eq!(
            code(&tumor("3", "20240101", ""), std::slice::from_ref(&benign)),
            ("00".to_owned(), vec![], false)
        );
        assert_eq!(
            code(&tumor("1", "20240101", ""), &[benign]),
            ("62".to_owned(), vec![moved("60", "61")], false)
        );
    }

    #[test]
    fn a_number_that_tells_of_tumors_elsewhere_is_believed() {
        let third = tumor("3", "20200101", "03");
        assert_eq!(code(&tumor("3", "20240101", ""), &[third]), ("04".to_owned(), vec![], false));
    }

    #[test]
    fn an_earlier_diagnosis_found_late_moves_the_later_ones() {
        let others = [tumor("3", "20180101", "01"), tumor("3", "20220101", "02")];
        assert_eq!(
            code(&tumor("3", "20200101", ""), &others),
            ("02".to_owned(), vec![moved("02", "03")], false)
        );
    }

    #[test]
    fn dates_that_do_not_tell_the_order_ask() {
        assert!(code(&tumor("3", "2024", ""), &[tumor("3", "20240301", "00")]).2);
        assert!(code(&tumor("3", "", ""), &[tumor("3", "20240301", "00")]).2);
        assert!(!code(&tumor("3", "2024", ""), &[tumor("3", "20230301", "00")]).2);
    }

    #[test]
    fn cervix_in_situ_skin_and_pin_are_not_counted() {
        let malignant = tumor("3", "20240101", "");
        for other in [
            at("C539", "8010", "2", "20200101", "00"),
            at("C443", "8090", "3", "20200101", "00"),
            at("C619", "8148", "2", "20200101", "00"),
        ] {
            assert_eq!(code(&malignant, &[other]), ("00".to_owned(), vec![], false));
        }
        let melanoma = at("C443", "8720", "3", "20200101", "00");
        assert_eq!(code(&malignant, &[melanoma]).0, "02");
    }

    #[test]
    fn the_series_end_where_the_standard_ends_them() {
        let sixtieth = tumor("3", "20200101", "59");
        assert_eq!(code(&tumor("3", "20240101", ""), &[sixtieth]).0, "59");
        assert_eq!(ordinal(11), "11th");
        assert_eq!(ordinal(23), "23rd");
    }
}
