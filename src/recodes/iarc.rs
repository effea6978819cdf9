//! Multiple primaries by the international rules: for tables between countries, never for the hospital's own
//! counting, which follows the solid tumor rules and the hematopoietic database.
//!
//! Source: IARC/IACR international rules for multiple primary cancers, third edition (2004), groups of
//! topography and morphology.

use std::sync::LazyLock;

use super::rows::ranges;
use crate::icdo::{Morphology, PrimarySite};

/// Edition of the groups.
pub const EDITION: &str = "IARC/IACR 2004";

/// A group of histologies that count as the same.
#[derive(Debug, PartialEq, Eq)]
pub struct HistologyGroup {
    /// 1 to 17.
    pub number: u8,
    /// Its name.
    pub name: &'static str,
    ranges: Vec<(u16, u16)>,
}

static GROUPS: LazyLock<Vec<HistologyGroup>> = LazyLock::new(|| {
    include_str!("data/iarc_groups.tsv")
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut cells = line.split('\t');
            let (number, name, cell) = (cells.next()?.parse().ok()?, cells.next()?, cells.next()?);
            Some(HistologyGroup { number, name, ranges: ranges(cell) })
        })
        .collect()
});

const CARCINOMA_NOS: u8 = 5;
const MESOTHELIOMA: u8 = 7;
const HEME: std::ops::RangeInclusive<u8> = 8..=14;
const HEME_NOS: u8 = 14;
const KAPOSI: u8 = 15;
const UNSPECIFIED: u8 = 17;

/// The group of a histology; `None` outside ICD-O's ranges.
pub fn histology_group(morphology: Morphology) -> Option<&'static HistologyGroup> {
    GROUPS.iter().find(|g| morphology.histology.within(&g.ranges))
}

/// Is it a group of diseases that are one wherever they show: mesothelioma, hematopoietic, Kaposi sarcoma?
pub fn is_systemic(group: u8) -> bool {
    group == MESOTHELIOMA || group == KAPOSI || HEME.contains(&group)
}

/// The group of a site, by the category that stands for it: C01 and C02 are one, C19 and C20, and so on.
pub fn site_group(site: PrimarySite) -> u16 {
    match site.category() {
        1 | 2 => 2,
        0 | 3..=6 => 6,
        9 | 10 | 12..=14 => 14,
        19 | 20 => 20,
        23 | 24 => 24,
        33 | 34 => 34,
        40 | 41 => 41,
        65..=68 => 68,
        other => other,
    }
}

/// What two tumors of one person are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Primaries {
    /// One primary.
    Same,
    /// Two.
    Multiple,
    /// One of the sites is unknown: a person decides.
    Review,
}

/// The answer with the step of the rules that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The answer.
    pub primaries: Primaries,
    /// The step, in words.
    pub step: &'static str,
}

/// Compares two tumors; `None` when a histology belongs to no group.
pub fn compare(a: (PrimarySite, Morphology), b: (PrimarySite, Morphology)) -> Option<Decided> {
    let (ga, gb) = (histology_group(a.1)?.number, histology_group(b.1)?.number);
    let either = |n: u8| ga == n || gb == n;
    let both = |range: std::ops::RangeInclusive<u8>| range.contains(&ga) && range.contains(&gb);
    let same = |step| Some(Decided { primaries: Primaries::Same, step });
    if both(HEME) && either(HEME_NOS) {
        return same("both hematopoietic, one of unspecified type");
    }
    if ga == gb && is_systemic(ga) {
        return same("the same systemic group: one, wherever it is");
    }
    let by_site = ga == gb || either(UNSPECIFIED) || both(1..=CARCINOMA_NOS) && either(CARCINOMA_NOS);
    if !by_site {
        return Some(Decided { primaries: Primaries::Multiple, step: "different groups of histology" });
    }
    let unknown = |s: PrimarySite| s.category() == 80;
    Some(match (unknown(a.0), unknown(b.0)) {
        (true, true) => {
            Decided { primaries: Primaries::Same, step: "histology does not part them, both sites unknown" }
        }
        (true, false) | (false, true) => {
            Decided { primaries: Primaries::Review, step: "histology does not part them, one site unknown" }
        }
        _ if site_group(a.0) == site_group(b.0) => Decided {
            primaries: Primaries::Same,
            step: "histology does not part them, the same group of sites",
        },
        _ => Decided {
            primaries: Primaries::Multiple,
            step: "histology does not part them, different groups of sites",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tumor(site: &str, morphology: &str) -> (PrimarySite, Morphology) {
        (PrimarySite::parse(site).unwrap(), Morphology::parse(morphology).unwrap())
    }

    #[test]
    fn every_group_is_read() {
        assert_eq!(GROUPS.len(), 17);
        assert!(GROUPS.iter().all(|g| !g.name.is_empty() && !g.ranges.is_empty()));
    }

    /// Each line of the table of decisions, worked by hand, and both ways round.
    #[test]
    fn worked_pairs() {
        use Primaries::{Multiple, Review, Same};
        for (a, b, wanted) in [
            (("C50.4", "8500/3"), ("C50.9", "8520/3"), Same),
            (("C50.4", "8500/3"), ("C34.1", "8140/3"), Multiple),
            (("C34.1", "8070/3"), ("C34.3", "8140/3"), Multiple),
            (("C34.1", "8010/3"), ("C34.3", "8140/3"), Same),
            (("C34.1", "8010/3"), ("C18.7", "8140/3"), Multiple),
            (("C34.1", "8000/3"), ("C34.9", "8890/3"), Same),
            (("C34.1", "8000/3"), ("C18.7", "8140/3"), Multiple),
            (("C01.9", "8070/3"), ("C02.1", "8070/3"), Same),
            (("C00.1", "8070/3"), ("C06.0", "8070/3"), Same),
            (("C09.9", "8070/3"), ("C13.0", "8070/3"), Same),
            (("C19.9", "8140/3"), ("C20.9", "8140/3"), Same),
            (("C18.7", "8140/3"), ("C20.9", "8140/3"), Multiple),
            (("C65.9", "8120/3"), ("C67.9", "8130/3"), Same),
            (("C33.9", "8070/3"), ("C34.1", "8070/3"), Same),
            (("C42.1", "9861/3"), ("C42.1", "9800/3"), Same),
            (("C42.1", "9861/3"), ("C42.1", "9823/3"), Multiple),
            (("C77.0", "9680/3"), ("C16.9", "9699/3"), Same),
            (("C77.0", "9663/3"), ("C77.0", "9680/3"), Multiple),
            (("C38.4", "9050/3"), ("C48.2", "9052/3"), Same),
            (("C44.7", "9140/3"), ("C16.9", "9140/3"), Same),
            (("C80.9", "8140/3"), ("C80.9", "8140/3"), Same),
            (("C80.9", "8140/3"), ("C18.9", "8140/3"), Review),
            (("C40.2", "9180/3"), ("C41.4", "9180/3"), Same),
            (("C44.5", "8720/3"), ("C44.5", "8090/3"), Multiple),
        ] {
            let (a, b) = (tumor(a.0, a.1), tumor(b.0, b.1));
            assert_eq!(compare(a, b).unwrap().primaries, wanted, "{a:?} {b:?}");
            assert_eq!(compare(a, b), compare(b, a), "the order does not matter");
            let own = compare(a, a).unwrap().primaries;
            assert_eq!(own, Same, "a tumor is itself");
        }
    }
}
