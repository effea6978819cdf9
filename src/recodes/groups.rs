//! Groups of childhood, young adult, brain and lymphoid tumors.
//!
//! Sources: International Classification of Childhood Cancer, third edition (ICCC-3), as recoded by SEER for
//! ICD-O-3 / WHO 2008 and for IARC 2017; SEER AYA site recode 2020 revision; SEER brain and CNS recode 2020
//! revision; SEER lymphoid neoplasm recode 2021 revision. The first row that holds decides.

use std::{collections::HashMap, sync::LazyLock};

use super::rows::{Criteria, behaviors, ranges};
use crate::icdo::{Morphology, PrimarySite};

/// A published definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupTable {
    /// ICCC-3, IARC 2017.
    Iccc3,
    /// ICCC-3, WHO 2008, for comparison with older tables.
    Iccc3Who2008,
    /// Adolescents and young adults, 2020 revision.
    Aya2020,
    /// Brain and CNS, 2020 revision.
    BrainCns2020,
    /// Lymphoid neoplasms, 2021 revision.
    Lymphoma2021,
}

impl GroupTable {
    /// All of them, as they are shown.
    pub const ALL: [Self; 5] =
        [Self::Iccc3, Self::Iccc3Who2008, Self::Aya2020, Self::BrainCns2020, Self::Lymphoma2021];

    fn key(self) -> &'static str {
        match self {
            Self::Iccc3 => "iccc3-2017",
            Self::Iccc3Who2008 => "iccc3-2008",
            Self::Aya2020 => "aya-2020",
            Self::BrainCns2020 => "brain-2020",
            Self::Lymphoma2021 => "lymphoma-2021",
        }
    }

    /// Name and edition.
    pub fn title(self) -> &'static str {
        match self {
            Self::Iccc3 => "ICCC-3, IARC 2017",
            Self::Iccc3Who2008 => "ICCC-3, WHO 2008",
            Self::Aya2020 => "SEER AYA site recode, 2020 revision",
            Self::BrainCns2020 => "SEER brain and CNS recode, 2020 revision",
            Self::Lymphoma2021 => "SEER lymphoid neoplasm recode, 2021 revision",
        }
    }
}

/// A group of a definition.
#[derive(Debug)]
pub struct Group {
    /// Its code; with the extended code behind a stroke where the definition has one.
    pub code: String,
    /// Its name.
    pub name: &'static str,
    /// The heading it stands under; blank where it has none.
    pub heading: &'static str,
    /// Number of its row within the definition, from 1.
    pub row: usize,
    criteria: Criteria,
}

static TABLES: LazyLock<HashMap<&'static str, Vec<Group>>> = LazyLock::new(|| {
    let mut tables: HashMap<&'static str, Vec<Group>> = HashMap::new();
    for line in include_str!("data/groups.tsv").lines().skip(1) {
        let cells: Vec<&'static str> = line.split('\t').collect();
        let cell = |at: usize| cells.get(at).copied().unwrap_or("");
        let rows = tables.entry(cell(0)).or_default();
        let code = if cell(2).is_empty() { cell(1).to_owned() } else { format!("{}/{}", cell(1), cell(2)) };
        rows.push(Group {
            code,
            name: cell(3),
            heading: cell(4),
            row: rows.len() + 1,
            criteria: Criteria {
                sites_in: ranges(cell(5)),
                sites_out: ranges(cell(6)),
                histologies_in: ranges(cell(7)),
                histologies_out: ranges(cell(8)),
                behaviors: behaviors(cell(9)),
            },
        });
    }
    tables
});

/// The group of a tumor; `None` when no row of the definition holds.
pub fn group(table: GroupTable, site: PrimarySite, morphology: Morphology) -> Option<&'static Group> {
    TABLES
        .get(table.key())?
        .iter()
        .find(|row| row.criteria.hold(site, morphology.histology, morphology.behavior))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows worked by hand from the published definitions: table, site, morphology, code.
    #[test]
    fn worked_rows() {
        for line in include_str!("data/worked_groups.tsv").lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            let table = GroupTable::ALL.into_iter().find(|t| t.key() == cells[0]).unwrap();
            let (site, m) = (PrimarySite::parse(cells[1]).unwrap(), Morphology::parse(cells[2]).unwrap());
            let found = group(table, site, m).map_or("", |g| g.code.split('/').next().unwrap());
            assert_eq!(found, cells[3], "{line}: {:?}", group(table, site, m));
        }
    }

    #[test]
    fn every_row_is_read_and_takes_something_in() {
        let text = include_str!("data/groups.tsv");
        assert_eq!(TABLES.values().map(Vec::len).sum::<usize>(), text.lines().count() - 1);
        for table in GroupTable::ALL {
            let rows = TABLES.get(table.key()).unwrap();
            let open = rows
                .iter()
                .filter(|r| r.criteria.sites_in.is_empty() && r.criteria.histologies_in.is_empty());
            assert!(open.count() <= 2, "{table:?}: only what is left over takes in everything");
            assert!(rows.iter().all(|r| !r.name.is_empty() && !r.code.is_empty()));
        }
    }
}
