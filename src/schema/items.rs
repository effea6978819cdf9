//! What each schema asks for.

use std::{collections::HashMap, sync::LazyLock};

use super::{cell, rows};

/// Who asks for an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// It is one of the site-specific data items.
    SiteSpecific,
    /// Commission on Cancer.
    Coc,
    /// SEER.
    Seer,
    /// SEER, of analytic cases of the Commission on Cancer only.
    SeerAnalytic,
    /// National Program of Cancer Registries.
    Npcr,
    /// Canadian Council of Cancer Registries.
    Cccr,
}

/// An item of a schema.
#[derive(Clone, Debug)]
pub struct SchemaItem {
    /// XML id.
    pub id: &'static str,
    /// Its code list, for [`super::codes`].
    pub codes: &'static str,
    /// The value that says nothing is known; blank if there is none.
    pub unknown: &'static str,
    asked: Vec<(Standard, i32, i32)>,
}

impl SchemaItem {
    /// Does somebody ask for it for diagnoses of this year? An unknown year counts as nowadays.
    pub fn asked_by(&self, who: Standard, year: Option<i32>) -> bool {
        let year = year.unwrap_or(i32::MAX);
        self.asked.iter().any(|(standard, from, to)| *standard == who && (*from..=*to).contains(&year))
    }
}

static ITEMS: LazyLock<HashMap<&'static str, Vec<SchemaItem>>> = LazyLock::new(|| {
    let mut items: HashMap<&'static str, Vec<SchemaItem>> = HashMap::new();
    for row in rows(include_str!("data/items.tsv")) {
        let asked = cell(&row, 4).split(' ').filter_map(asked).collect();
        let item = SchemaItem { id: cell(&row, 1), codes: cell(&row, 2), unknown: cell(&row, 3), asked };
        items.entry(cell(&row, 0)).or_default().push(item);
    }
    items
});

/// `coc`, `seer:2021-`, `ssdi:2018-2025`.
fn asked(word: &str) -> Option<(Standard, i32, i32)> {
    let (who, years) = word.split_once(':').unwrap_or((word, "-"));
    let standard = match who {
        "ssdi" => Standard::SiteSpecific,
        "coc" => Standard::Coc,
        "seer" => Standard::Seer,
        "seer-analytic" => Standard::SeerAnalytic,
        "npcr" => Standard::Npcr,
        "cccr" => Standard::Cccr,
        _ => return None,
    };
    let (from, to) = years.split_once('-')?;
    Some((standard, from.parse().unwrap_or(0), to.parse().unwrap_or(i32::MAX)))
}

/// The items of a schema in the order of the table.
pub(super) fn of(schema: &str) -> &'static [SchemaItem] {
    ITEMS.get(schema).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;

    #[test]
    fn breast_asks_for_its_receptors_and_prostate_for_its_psa() {
        let breast = Schema::get("00480").unwrap();
        let er = breast.item("estrogenReceptorSummary").unwrap();
        assert!(er.asked_by(Standard::Coc, Some(2024)) && er.asked_by(Standard::SiteSpecific, None));
        assert_eq!(er.unknown, "9");
        assert!(breast.item("psaLabValue").is_none());
        assert!(Schema::get("00580").unwrap().item("psaLabValue").is_some());
    }

    #[test]
    fn the_years_of_a_standard_are_kept() {
        assert_eq!(asked("seer:2018-2023"), Some((Standard::Seer, 2018, 2023)));
        assert_eq!(asked("coc"), Some((Standard::Coc, 0, i32::MAX)));
        assert_eq!(asked("other"), None);
        let every_word_is_known = include_str!("data/items.tsv")
            .lines()
            .skip(1)
            .flat_map(|line| line.split('\t').nth(4).unwrap().split_whitespace())
            .all(|word| asked(word).is_some());
        assert!(every_word_is_known);
    }
}
