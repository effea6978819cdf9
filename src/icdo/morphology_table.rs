//! The embedded tables of morphology codes, terms and group headings.

use std::{collections::HashMap, ops::Range, sync::LazyLock};

use super::{
    Edition, Morphology, MorphologyEntry, MorphologyTerm, TermKind,
    table::{cell, rows, year},
};

struct Table {
    entries: Vec<MorphologyEntry>,
    by_code: HashMap<Morphology, usize>,
    /// Sorted by code.
    terms: Vec<MorphologyTerm>,
    terms_of: HashMap<Morphology, Range<usize>>,
    /// First and last three digits, heading; narrow ranges before wide ones.
    groups: Vec<(u16, u16, &'static str)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let code = |row: &[&str], at| Morphology::parse(cell(row, at)).ok();
    let entries: Vec<MorphologyEntry> = rows(include_str!("data/morphology.tsv"))
        .filter_map(|row| {
            Some(MorphologyEntry {
                morphology: code(&row, 0)?,
                label: cell(&row, 1),
                active: cell(&row, 2) == "1",
                valid_from: year(&row, 3),
                valid_to: year(&row, 4),
                first_edition: edition(cell(&row, 5))?,
                newest_edition: newest(cell(&row, 6)),
                instead: code(&row, 7),
            })
        })
        .collect();
    let by_code = entries.iter().enumerate().map(|(i, e)| (e.morphology, i)).collect();
    let mut terms: Vec<MorphologyTerm> = rows(TERMS)
        .filter_map(|row| {
            Some(MorphologyTerm {
                morphology: code(&row, 0)?,
                term: cell(&row, 1),
                kind: kind(cell(&row, 2))?,
                obsolete: cell(&row, 3) == "1",
                valid_from: year(&row, 4),
                valid_to: year(&row, 5),
                use_after: code(&row, 6),
                use_before: code(&row, 7),
                usual_sites: cell(&row, 8),
            })
        })
        .collect();
    terms.sort_by_key(|t| (t.morphology, t.kind));
    let mut terms_of: HashMap<Morphology, Range<usize>> = HashMap::new();
    for (at, term) in terms.iter().enumerate() {
        terms_of.entry(term.morphology).and_modify(|r| r.end = at + 1).or_insert(at..at + 1);
    }
    let mut groups: Vec<(u16, u16, &'static str)> = rows(include_str!("data/morphology_groups.tsv"))
        .filter_map(|row| {
            let range = cell(&row, 0);
            let (low, high) = range.split_once('-').unwrap_or((range, range));
            Some((low.parse().ok()?, high.parse().ok()?, cell(&row, 1)))
        })
        .collect();
    groups.sort_by_key(|(low, high, _)| (high - low, *low));
    Table { entries, by_code, terms, terms_of, groups }
});

/// The synonyms are a pack of their own, which a build can leave out.
#[cfg(feature = "icdo-synonyms")]
const TERMS: &str = include_str!("data/morphology_terms.tsv");
#[cfg(not(feature = "icdo-synonyms"))]
const TERMS: &str = "";

fn edition(cell: &str) -> Option<Edition> {
    match cell {
        "3" => Some(Edition::Icdo3),
        "3.1" => Some(Edition::Icdo31),
        "3.2" => Some(Edition::Icdo32),
        "US" => Some(Edition::NorthAmerica),
        _ => None,
    }
}

/// The newest edition among the letters 0 (3.0), 1 (3.1), 2 (3.2), U (NAACCR 26).
fn newest(letters: &str) -> Edition {
    if letters.contains('2') {
        Edition::Icdo32
    } else if letters.contains('U') {
        Edition::NorthAmerica
    } else if letters.contains('1') {
        Edition::Icdo31
    } else {
        Edition::Icdo3
    }
}

fn kind(cell: &str) -> Option<TermKind> {
    match cell {
        "p" => Some(TermKind::Preferred),
        "s" => Some(TermKind::Synonym),
        "r" => Some(TermKind::Related),
        "a" => Some(TermKind::Abbreviation),
        _ => None,
    }
}

pub(super) fn entry(code: Morphology) -> Option<&'static MorphologyEntry> {
    TABLE.by_code.get(&code).and_then(|i| TABLE.entries.get(*i))
}

pub(super) fn entries() -> impl Iterator<Item = &'static MorphologyEntry> {
    TABLE.entries.iter()
}

pub(super) fn terms() -> impl Iterator<Item = &'static MorphologyTerm> {
    TABLE.terms.iter()
}

pub(super) fn terms_of(code: Morphology) -> impl Iterator<Item = &'static MorphologyTerm> {
    TABLE.terms_of.get(&code).and_then(|r| TABLE.terms.get(r.clone())).unwrap_or(&[]).iter()
}

pub(super) fn group(three_digits: u16) -> Option<&'static str> {
    TABLE
        .groups
        .iter()
        .find(|(low, high, _)| (*low..=*high).contains(&three_digits))
        .map(|(_, _, heading)| *heading)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icdo::PrimarySite;

    #[test]
    fn every_row_is_read() {
        assert_eq!(TABLE.entries.len(), 1418);
        assert_eq!(TABLE.entries.len(), include_str!("data/morphology.tsv").lines().count() - 1);
        assert_eq!(TABLE.entries.len(), TABLE.by_code.len());
        assert_eq!(TABLE.entries.iter().filter(|e| e.active).count(), 1328);
        assert_eq!(TABLE.groups.len(), include_str!("data/morphology_groups.tsv").lines().count() - 1);
        for e in &TABLE.entries {
            assert!(!e.label.is_empty(), "{}", e.morphology);
            assert!(e.instead.is_none_or(|i| entry(i).is_some()), "{}", e.morphology);
        }
    }

    #[test]
    #[cfg(feature = "icdo-synonyms")]
    fn every_term_is_read_and_means_a_listed_code() {
        assert_eq!(TABLE.terms.len(), TERMS.lines().count() - 1);
        for t in &TABLE.terms {
            assert!(entry(t.morphology).is_some(), "{} {}", t.morphology, t.term);
            assert!(!t.term.is_empty());
            for other in [t.use_after, t.use_before].into_iter().flatten() {
                assert!(entry(other).is_some(), "{} {}", t.morphology, t.term);
            }
            for usual in t.usual_sites.split(' ').filter(|s| !s.is_empty()) {
                let known = match usual.len() {
                    3 => PrimarySite::all().any(|e| e.site.stored().starts_with(usual)),
                    _ => PrimarySite::parse(usual).is_ok(),
                };
                assert!(known, "{} {}: {usual}", t.morphology, t.term);
            }
        }
        assert_eq!(TABLE.terms_of.values().map(ExactSizeIterator::len).sum::<usize>(), TABLE.terms.len());
    }

    #[test]
    fn groups_have_headings() {
        assert_eq!(group(850), Some("Ductal and lobular neoplasms"));
        assert_eq!(group(966), Some("Hodgkin lymphomas"));
        assert_eq!(group(700), None);
    }
}
