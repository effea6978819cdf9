//! The SEER site recode: one group a tumor, for tables such as “top ten sites”.
//!
//! The definition is an ordered list; the first row that holds decides. A benign tumor outside
//! the brain, or a code no row holds for, belongs to no group.
//!
//! Source: SEER site recode ICD-O-3, definitions of 2003 and 2008 and the 2023 revision.

use std::sync::LazyLock;

use super::rows::{Criteria, behaviors, ranges};
use crate::icdo::{Behavior, Histology, Morphology, PrimarySite};

/// Which definition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecodeVersion {
    /// The definition of 2003, ICD-O-3.
    V2003,
    /// The definition of 2008, for comparison with older tables.
    V2008,
    /// The revision of 2023.
    #[default]
    V2023,
}

/// A group of the recode.
#[derive(Debug, PartialEq, Eq)]
pub struct SiteRecode {
    /// Its code: two digits in 2023, five in 2003 and 2008.
    pub code: &'static str,
    /// Its name, such as “Lung and Bronchus”.
    pub name: &'static str,
    /// The heading under which tables print it; blank where it stands alone.
    pub heading: &'static str,
}

struct Row {
    group: SiteRecode,
    criteria: Criteria,
    from: Option<i32>,
    to: Option<i32>,
}

struct Definitions {
    v2003: Vec<Row>,
    v2008: Vec<Row>,
    v2023: Vec<Row>,
}

static DEFINITIONS: LazyLock<Definitions> = LazyLock::new(|| {
    let mut all = Definitions { v2003: Vec::new(), v2008: Vec::new(), v2023: Vec::new() };
    for line in include_str!("data/site_recode.tsv").lines().skip(1) {
        let cells: Vec<&'static str> = line.split('\t').collect();
        let cell = |at: usize| cells.get(at).copied().unwrap_or("");
        if cell(1).is_empty() {
            continue; // a heading, it groups nothing itself
        }
        let row = Row {
            group: SiteRecode { code: cell(1), name: cell(2), heading: cell(4) },
            criteria: Criteria {
                sites_in: ranges(cell(5)),
                sites_out: ranges(cell(6)),
                histologies_in: ranges(cell(7)),
                histologies_out: ranges(cell(8)),
                behaviors: behaviors(cell(9)),
            },
            from: cell(10).parse().ok(),
            to: cell(11).parse().ok(),
        };
        match cell(0) {
            "2003" => all.v2003.push(row),
            "2008" => all.v2008.push(row),
            _ => all.v2023.push(row),
        }
    }
    all
});

impl Row {
    fn holds(&self, site: PrimarySite, histology: Histology, behavior: Behavior, year: Option<i32>) -> bool {
        self.criteria.hold(site, histology, behavior)
            && self.from.is_none_or(|from| year.is_none_or(|y| y >= from))
            && self.to.is_none_or(|to| year.is_some_and(|y| y <= to))
    }
}

impl RecodeVersion {
    fn rows(self) -> &'static [Row] {
        match self {
            Self::V2003 => &DEFINITIONS.v2003,
            Self::V2008 => &DEFINITIONS.v2008,
            Self::V2023 => &DEFINITIONS.v2023,
        }
    }

    /// All of them, newest first.
    pub const ALL: [Self; 3] = [Self::V2023, Self::V2008, Self::V2003];

    /// Name and edition.
    pub fn title(self) -> &'static str {
        match self {
            Self::V2003 => "SEER site recode, 2003 definition",
            Self::V2008 => "SEER site recode, 2008 definition",
            Self::V2023 => "SEER site recode, 2023 revision",
        }
    }

    /// Its groups, each once, in the order of the definition.
    pub fn groups(self) -> Vec<&'static SiteRecode> {
        let mut groups: Vec<&'static SiteRecode> = Vec::new();
        for row in self.rows() {
            if groups.iter().all(|g| g.code != row.group.code) {
                groups.push(&row.group);
            }
        }
        groups
    }

    /// The group with this code.
    pub fn group(self, code: &str) -> Option<&'static SiteRecode> {
        self.rows().iter().map(|r| &r.group).find(|g| g.code == code)
    }
}

/// The group of a tumor; `None` when no row of the definition holds.
///
/// A definition that changed with the diagnosis year is read in its newest form where the year
/// is not known.
pub fn site_recode(
    version: RecodeVersion,
    site: PrimarySite,
    morphology: Morphology,
    dx_year: Option<i32>,
) -> Option<&'static SiteRecode> {
    version
        .rows()
        .iter()
        .find(|row| row.holds(site, morphology.histology, morphology.behavior, dx_year))
        .map(|row| &row.group)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(version: RecodeVersion, site: &str, morphology: &str, year: Option<i32>) -> Option<&'static str> {
        let (site, morphology) = (PrimarySite::parse(site).unwrap(), Morphology::parse(morphology).unwrap());
        site_recode(version, site, morphology, year).map(|g| g.code)
    }

    #[test]
    fn every_row_is_read() {
        let text = include_str!("data/site_recode.tsv");
        let with_code =
            |v: &str| text.lines().filter(|l| l.starts_with(v) && l.split('\t').nth(1) != Some("")).count();
        assert_eq!(DEFINITIONS.v2003.len(), with_code("2003\t"));
        assert_eq!(DEFINITIONS.v2008.len(), with_code("2008\t"));
        assert_eq!(DEFINITIONS.v2023.len(), with_code("2023\t"));
        for row in DEFINITIONS.v2008.iter().chain(&DEFINITIONS.v2023) {
            assert!(!row.group.name.is_empty());
            let said = &row.criteria;
            assert!(
                !said.sites_in.is_empty() || !said.histologies_in.is_empty() || !said.sites_out.is_empty()
            );
        }
    }

    #[test]
    fn groups_of_2023() {
        use RecodeVersion::V2023;
        for (site, morphology, expected) in [
            ("C50.4", "8500/3", Some("39")),
            ("C34.1", "8140/3", Some("30")),
            ("C44.5", "8743/3", Some("37")),
            ("C44.5", "8090/3", Some("38")),
            ("C71.1", "9440/3", Some("60")),
            ("C70.0", "9530/0", Some("81")),
            ("C42.1", "9823/3", Some("68")),
            ("C16.9", "9680/3", Some("70")),
            ("C38.4", "9052/3", Some("77")),
            ("C80.9", "8140/3", Some("79")),
            ("C18.9", "8140/0", None),
        ] {
            assert_eq!(code(V2023, site, morphology, Some(2022)), expected, "{site} {morphology}");
        }
    }

    #[test]
    fn the_year_decides_where_the_definition_changed() {
        use RecodeVersion::V2023;
        assert_eq!(code(V2023, "C77.0", "9727/3", Some(2009)), Some("67"));
        assert_eq!(code(V2023, "C77.0", "9727/3", Some(2010)), Some("70"));
        assert_eq!(code(V2023, "C77.0", "9727/3", None), Some("70"));
    }

    #[test]
    fn groups_of_2003() {
        use RecodeVersion::V2003;
        for (site, morphology, expected) in [
            ("C50.4", "8500/3", Some("26000")),
            ("C18.7", "8140/3", Some("21048")),
            ("C34.1", "8140/3", Some("22030")),
            ("C61.9", "8140/3", Some("28010")),
            ("C77.0", "9663/3", Some("33011")),
            ("C77.0", "9680/3", Some("33041")),
            ("C42.1", "9732/3", Some("34000")),
            ("C42.1", "9861/3", Some("35021")),
        ] {
            assert_eq!(code(V2003, site, morphology, Some(2005)), expected, "{site} {morphology}");
        }
    }

    #[test]
    fn groups_of_2008() {
        use RecodeVersion::V2008;
        assert_eq!(code(V2008, "C18.7", "8140/3", None), Some("21048"));
        assert_eq!(code(V2008, "C77.0", "9680/3", None), Some("33041"));
        assert_eq!(code(V2008, "C16.9", "9680/3", None), Some("33042"));
        assert_eq!(V2008.group("26000").map(|g| g.name), Some("Breast"));
    }

    #[test]
    fn each_malignant_solid_tumor_has_a_group_at_every_site() {
        for version in [RecodeVersion::V2003, RecodeVersion::V2008, RecodeVersion::V2023] {
            for entry in PrimarySite::all() {
                let m = Morphology::parse("8140/3").unwrap();
                let group = site_recode(version, entry.site, m, Some(2022));
                assert!(group.is_some(), "{version:?} {}", entry.site);
            }
        }
    }

    #[test]
    fn groups_are_listed_once() {
        let groups = RecodeVersion::V2023.groups();
        assert_eq!(groups.iter().filter(|g| g.code == "67").count(), 1);
        assert!(groups.iter().any(|g| g.name == "Pancreas" && g.heading == "Digestive System"));
    }
}
