//! Codes of surgery of the primary site by site.
//!
//! Source: STORE and SEER surgery codes for diagnoses from 2024 (items 1291 and 671), letter and three digits.

use std::sync::LazyLock;

use super::{cell, rows};
use crate::{
    dictionary::{Code, CodeKind},
    icdo::PrimarySite,
};

/// First year of diagnosis of the table.
pub const SURGERY_FROM: i32 = 2024;

struct Table {
    sites: Vec<(PrimarySite, PrimarySite)>,
    codes: Vec<Code>,
}

static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    let mut tables: Vec<Table> = Vec::new();
    for row in rows(include_str!("data/surgery.tsv")) {
        let code = Code { code: cell(&row, 1), kind: CodeKind::Code, label: cell(&row, 2) };
        let sites = cell(&row, 0);
        match tables.last_mut() {
            Some(table) if sites.is_empty() => table.codes.push(code),
            _ => {
                tables.push(Table { sites: sites.split(' ').filter_map(range).collect(), codes: vec![code] })
            }
        }
    }
    tables
});

fn range(part: &'static str) -> Option<(PrimarySite, PrimarySite)> {
    let (low, high) = part.split_once('-').unwrap_or((part, part));
    Some((PrimarySite::parse(low).ok()?, PrimarySite::parse(high).ok()?))
}

/// The surgery codes of a site; empty where the table has none for the year.
pub fn surgery(site: PrimarySite, year: Option<i32>) -> &'static [Code] {
    if year.is_some_and(|year| year < SURGERY_FROM) {
        return &[];
    }
    TABLES
        .iter()
        .find(|table| table.sites.iter().any(|(low, high)| (*low..=*high).contains(&site)))
        .map_or(&[], |table| table.codes.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(code: &str) -> PrimarySite {
        PrimarySite::parse(code).unwrap()
    }

    #[test]
    fn every_site_has_codes() {
        assert_eq!(TABLES.len(), 30);
        for entry in PrimarySite::all() {
            assert!(!surgery(entry.site, None).is_empty(), "{}", entry.site.shown());
        }
    }

    #[test]
    fn breast_has_its_b_codes_from_2024_on() {
        let codes: Vec<_> = surgery(site("C504"), Some(2024)).iter().map(|c| c.code).collect();
        assert!(codes.contains(&"B000") && codes.contains(&"B200"), "{codes:?}");
        assert!(surgery(site("C504"), Some(2022)).is_empty());
        assert_eq!(surgery(site("C421"), Some(2025)).len(), 1);
    }
}
