//! What edits look up: sites, histologies, check digits.

use std::{collections::HashMap, sync::LazyLock};

use crate::{
    icdo::{Morphology, MorphologyEntry, PathChart, PrimarySite, Validity},
    recodes::{PairVerdict, judge_pair},
};

static HISTOLOGIES: LazyLock<HashMap<u16, Vec<&'static MorphologyEntry>>> = LazyLock::new(|| {
    let mut found: HashMap<u16, Vec<&'static MorphologyEntry>> = HashMap::new();
    for entry in Morphology::all() {
        found.entry(entry.morphology.histology.number()).or_default().push(entry);
    }
    found
});

/// A site of the table in its stored form, `C504`.
pub(super) fn is_site(text: &str) -> bool {
    text.len() == 4 && text.starts_with('C') && PrimarySite::parse(text).is_ok()
}

/// A histology, with any behavior, that a diagnosis of the year may have; of an unknown year (0), one of
/// any year.
pub(super) fn is_histology(text: &str, year: i64) -> bool {
    let number =
        if text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None };
    let Some(entries) = number.and_then(|n: u16| HISTOLOGIES.get(&n)) else { return false };
    match i32::try_from(year) {
        Ok(year) if year > 0 => entries.iter().any(|e| matches!(e.validity(Some(year)), Validity::Valid)),
        _ => true,
    }
}

/// What the tables say of site, histology and behavior in a year of diagnosis; `None` of what is none.
pub(super) fn pair(
    chart: Option<&PathChart>,
    [site, histology, behavior]: [&str; 3],
    year: i64,
) -> Option<PairVerdict> {
    let site = PrimarySite::parse(site).ok()?;
    let morphology = Morphology::parse(&format!("{histology}/{behavior}")).ok()?;
    let year = i32::try_from(year).ok().filter(|y| *y > 0);
    Some(judge_pair(chart, site, morphology, year).verdict)
}

/// Ten digits whose check digit fits, with the prefix 80840.
///
/// Source: CMS, requirements for the National Provider Identifier and its check digit.
pub(crate) fn is_npi(text: &str) -> bool {
    if text.len() != 10 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    // The prefix 80840 always adds 24.
    let sum: u32 = text
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0') * if at % 2 == 1 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    (sum + 24).is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_stand_in_their_stored_form() {
        assert!(is_site("C504"));
        for text in ["c504", "C50.4", "C50", "", "C999", " C504", "Cé4"] {
            assert!(!is_site(text), "{text}");
        }
    }

    #[test]
    fn histologies_follow_the_year() {
        assert!(is_histology("8500", 2024) && is_histology("8500", 0) && is_histology("8500", 1950));
        assert!(!is_histology("8499", 2024) && !is_histology("850", 0) && !is_histology("", 0));
    }

    #[test]
    fn check_digits_are_counted_with_the_prefix() {
        assert!(is_npi("1234567893"));
        for text in ["1234567890", "123456789", "", "12345678933", "123456789x"] {
            assert!(!is_npi(text), "{text}");
        }
    }
}
