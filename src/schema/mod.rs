//! Schemas: which staging schema a tumor belongs to, and what that schema asks for.
//!
//! A schema is chosen by site, histology and year of diagnosis, for some also by behavior, sex or one or two
//! discriminators that the registrar answers. It decides the codes of grade, extent and the site-specific items.
//!
//! Source: EOD Public 3.3 (SEER), diagnoses from 2018; what is shipped are codes, ranges and short labels.

mod codes;
mod items;
mod meaning;
mod select;
mod surgery;

pub use codes::codes;
pub use items::{SchemaItem, Standard};
pub use meaning::meaning;
pub use select::{FIRST_YEAR, Facts, Found, find};
pub use surgery::{SURGERY_FROM, surgery};

use std::sync::LazyLock;

use crate::dictionary::{Code, names};

/// A schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Schema {
    /// `schemaId` [3800], five digits.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
}

static SCHEMAS: LazyLock<Vec<Schema>> = LazyLock::new(|| {
    rows(include_str!("data/schemas.tsv"))
        .map(|row| Schema { id: cell(&row, 0), title: cell(&row, 1) })
        .collect()
});

impl Schema {
    /// All schemas in the order of their ids.
    pub fn all() -> &'static [Self] {
        &SCHEMAS
    }

    /// The schema with an id.
    pub fn get(id: &str) -> Option<&'static Self> {
        SCHEMAS.binary_search_by(|s| s.id.cmp(id)).ok().and_then(|at| SCHEMAS.get(at))
    }

    /// What it asks for, in the order of the table.
    pub fn items(&self) -> &'static [SchemaItem] {
        items::of(self.id)
    }

    /// What it says about an item.
    pub fn item(&self, id: &str) -> Option<&'static SchemaItem> {
        self.items().iter().find(|i| i.id == id)
    }
}

/// The codes that an item of this tumor may have, where its schema or its site has a list of its own.
pub fn choices(item: &str, facts: Facts<'_>) -> Option<&'static [Code]> {
    let own = match item {
        names::RX_SUMM_SURG_PRIM_SITE_2023 | names::RX_HOSP_SURG_PRIM_SITE_2023 => {
            surgery(facts.site, facts.year)
        }
        _ => codes(find(facts).nearest()?.item(item)?.codes),
    };
    (!own.is_empty()).then_some(own)
}

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).map(|line| line.split('\t').collect())
}

fn cell<'a>(row: &[&'a str], at: usize) -> &'a str {
    row.get(at).copied().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_fit_together() {
        assert_eq!(Schema::all().len(), 141);
        assert!(Schema::all().is_sorted_by(|a, b| a.id < b.id));
        for schema in Schema::all() {
            assert!(schema.id.len() == 5 && !schema.title.is_empty(), "{schema:?}");
            assert!(!schema.items().is_empty(), "{schema:?}");
            for item in schema.items() {
                let known = crate::dictionary::Dictionary::get(item.id);
                assert!(known.is_some(), "{}", item.id);
                assert!(!codes(item.codes).is_empty(), "{} {}", schema.id, item.id);
            }
        }
        assert_eq!(Schema::get("00480").map(|s| s.title), Some("Breast"));
        assert_eq!(Schema::get("00481"), None);
    }
}
