//! Which histologies occur at which sites.
//!
//! Source: SEER ICD-O-3 site/histology validation list of 29 April 2022, diagnoses to 2023. Its
//! entry 9092/3 for vulva is read as 9020/3: no edition has a code 9092.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use super::{
    Morphology, PrimarySite,
    table::{cell, rows},
};

/// The last diagnosis year for which the list was made.
pub const LAST_YEAR: i32 = 2023;

/// The answer of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairCheck {
    /// The list has the pair.
    Valid,
    /// The list knows the histology, but not at this site: check both, or over-ride with a reason.
    NotListed,
    /// The list cannot say.
    NotApplicable {
        /// Why.
        why: WhyNoPair,
    },
}

/// Why the list cannot say whether a pair is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyNoPair {
    /// Diagnosed after the last year of the list.
    DiagnosedLater,
    /// The list is of in situ and malignant neoplasms, and of benign and borderline ones of the nervous system.
    BehaviorNotCovered,
    /// The list has this morphology at no site at all (codes added later).
    MorphologyNotInList,
}

impl WhyNoPair {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::DiagnosedLater => "the list of valid pairs covers diagnoses to 2023",
            Self::BehaviorNotCovered => "the list of valid pairs does not cover this behavior",
            Self::MorphologyNotInList => "the list of valid pairs does not have this morphology",
        }
    }
}

struct Table {
    /// Index of the site's group in `groups`.
    group_of: HashMap<PrimarySite, usize>,
    groups: Vec<HashSet<Morphology>>,
    anywhere: HashSet<Morphology>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { group_of: HashMap::new(), groups: Vec::new(), anywhere: HashSet::new() };
    for row in rows(include_str!("data/site_histology.tsv")) {
        for site in cell(&row, 0).split(' ').filter_map(|s| PrimarySite::parse(s).ok()) {
            table.group_of.insert(site, table.groups.len());
        }
        let codes: HashSet<Morphology> =
            cell(&row, 1).split(' ').filter_map(|m| Morphology::parse(m).ok()).collect();
        table.anywhere.extend(&codes);
        table.groups.push(codes);
    }
    table
});

/// Does the list have the pair? Said of any year; see [`check`] for a verdict on a case.
pub fn listed(site: PrimarySite, morphology: Morphology) -> bool {
    TABLE
        .group_of
        .get(&site)
        .and_then(|g| TABLE.groups.get(*g))
        .is_some_and(|codes| codes.contains(&morphology))
}

/// Does the list have the morphology at any site?
pub fn known(morphology: Morphology) -> bool {
    TABLE.anywhere.contains(&morphology)
}

/// Checks a pair for a diagnosis of a year; `None`: year not known, the list is taken to hold.
pub fn check(site: PrimarySite, morphology: Morphology, dx_year: Option<i32>) -> PairCheck {
    let not = |why| PairCheck::NotApplicable { why };
    if dx_year.is_some_and(|year| year > LAST_YEAR) {
        return not(WhyNoPair::DiagnosedLater);
    }
    if listed(site, morphology) {
        return PairCheck::Valid;
    }
    if known(morphology) {
        return PairCheck::NotListed;
    }
    use super::Behavior::{InSitu, Malignant};
    not(match morphology.behavior {
        InSitu | Malignant => WhyNoPair::MorphologyNotInList,
        _ => WhyNoPair::BehaviorNotCovered,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(site: &str, morphology: &str, year: Option<i32>) -> PairCheck {
        check(PrimarySite::parse(site).unwrap(), Morphology::parse(morphology).unwrap(), year)
    }

    #[test]
    fn every_site_is_in_exactly_one_group_and_every_code_is_known() {
        let text = include_str!("data/site_histology.tsv");
        assert_eq!(TABLE.groups.len(), 82);
        assert_eq!(TABLE.group_of.len(), 330);
        let sites: usize = rows(text).map(|r| cell(&r, 0).split(' ').count()).sum();
        assert_eq!(sites, 330);
        let codes: usize = rows(text).map(|r| cell(&r, 1).split(' ').count()).sum();
        assert_eq!(TABLE.groups.iter().map(HashSet::len).sum::<usize>(), codes);
        assert!(TABLE.anywhere.iter().all(|m| m.entry().is_some()));
    }

    #[test]
    fn the_four_answers() {
        assert_eq!(pair("C50.4", "8500/3", Some(2020)), PairCheck::Valid);
        assert_eq!(pair("C18.7", "8500/3", Some(2020)), PairCheck::NotListed);
        assert_eq!(
            pair("C18.7", "8500/3", Some(2024)),
            PairCheck::NotApplicable { why: WhyNoPair::DiagnosedLater }
        );
        assert_eq!(
            pair("C73.9", "8330/0", Some(2020)),
            PairCheck::NotApplicable { why: WhyNoPair::BehaviorNotCovered }
        );
        assert_eq!(pair("C70.0", "9530/0", None), PairCheck::Valid);
        assert_eq!(pair("C51.9", "9020/3", None), PairCheck::Valid);
    }
}
