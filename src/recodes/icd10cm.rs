//! ICD-10-CM from a coded tumor, and the tumor an ICD-10-CM code stands for.
//!
//! One published table read both ways. From a tumor: the row of its site, behavior and histology, else of
//! its site and behavior alone; among the rows left the side decides, and in the breast the sex.
//! ICD-10-CM has been in use since October 2015; the table is of the release of April 2026.
//!
//! Source: SEER ICD-10-CM to ICD-O-3 conversion; labels of NCHS, ICD-10-CM April 2026.

use std::{collections::HashMap, sync::LazyLock};

use crate::icdo::{Behavior, Morphology, PrimarySite};

/// Edition of the table.
pub const EDITION: &str = "ICD-10-CM, April 2026";
/// First year in which the code set was in use all year long; before, ICD-9-CM.
pub const FIRST_YEAR: i32 = 2016;

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icd10Cm {
    /// The code: `C50.412`.
    pub code: &'static str,
    /// Its label.
    pub label: &'static str,
    /// May be billed; a heading may not.
    pub billable: bool,
    /// Site it stands for.
    pub site: PrimarySite,
    /// Histology it stands for; 8000 where it names none.
    pub histology: u16,
    /// Behavior it stands for.
    pub behavior: Behavior,
    /// Side it stands for: 0 none, 1 right, 2 left, 9 not stated.
    pub side: char,
    /// Number of its row, from 1.
    pub row: usize,
}

struct Table {
    rows: Vec<Icd10Cm>,
    by_code: HashMap<&'static str, usize>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { rows: Vec::new(), by_code: HashMap::new() };
    for (at, line) in include_str!("data/icd10cm.tsv").lines().skip(1).enumerate() {
        let cells: Vec<&'static str> = line.split('\t').collect();
        let cell = |n: usize| cells.get(n).copied().unwrap_or("");
        // the source has one site and one histology outside ICD-O-3: such rows stand for no tumor
        let (Ok(site), Ok(behavior), Ok(histology)) =
            (PrimarySite::parse(cell(3)), Behavior::parse(cell(5)), cell(4).parse())
        else {
            continue;
        };
        table.by_code.insert(cell(0), table.rows.len());
        table.rows.push(Icd10Cm {
            code: cell(0),
            label: cell(1),
            billable: cell(2) == "1",
            site,
            histology,
            behavior,
            side: cell(6).chars().next().unwrap_or('9'),
            row: at + 1,
        });
    }
    table
});

/// The tumor a code stands for, for disease indexes; with or without the point.
pub fn of_code(code: &str) -> Option<&'static Icd10Cm> {
    let plain = code.trim().to_uppercase().replace('.', "");
    let (head, tail) = plain.split_at_checked(3)?;
    let dotted = if tail.is_empty() { head.to_owned() } else { format!("{head}.{tail}") };
    TABLE.by_code.get(dotted.as_str()).and_then(|at| TABLE.rows.get(*at))
}

/// Histologies of the table that may stand for one of a tumor, nearest first.
fn histologies(morphology: Morphology, site: PrimarySite) -> Vec<u16> {
    let h = morphology.histology.number();
    let within = |ranges: &[(u16, u16)]| morphology.histology.within(ranges);
    let mut out = vec![h];
    let mut also = |list: &[u16]| out.extend(list.iter().copied().filter(|n| *n != h).collect::<Vec<_>>());
    if within(&[(8720, 8790)]) && site.category() == 44 {
        also(&[8720]);
    }
    if within(&[(9050, 9055)]) {
        also(&[9050]);
    }
    if site.category() == 22 {
        match h {
            8180 | 8171..=8175 => also(&[8170]),
            8800..=8936 | 8990..=8991 => also(&[8800]),
            8010..=8576 if h != 8160 && h != 8170 => also(&[8010]),
            _ => {}
        }
    }
    if within(&[(8240, 8245), (8249, 8249), (8150, 8156)]) {
        also(&[8240]);
    }
    if within(&[(8246, 8246), (8013, 8013)]) {
        also(&[8246]);
    }
    if site.category() == 50 && morphology.behavior == Behavior::InSitu {
        also(match h {
            8519..=8520 => &[8520],
            8201 | 8230 | 8500..=8509 => &[8500],
            _ => &[],
        });
    }
    also(heme(h));
    also(&[8010, 8000]);
    out
}

/// The histology of the table for a lymphoma, leukemia or its kin that the table does not name.
fn heme(h: u16) -> &'static [u16] {
    match h {
        9654..=9655 => &[9653],
        9661..=9667 => &[9663],
        9670 => &[9823],
        9678 | 9684 | 9688 | 9712 | 9735 | 9737 | 9738 => &[9680],
        9671 | 9675 => &[9591],
        9689 | 9699 | 9760 => &[9699],
        9715 => &[9714],
        9727..=9729 => &[9590, 9591],
        9733 => &[9732],
        9812..=9819 | 9835..=9837 => &[9811],
        9865 | 9869 | 9871 | 9873 | 9874 | 9877..=9879 | 9861 | 9896 | 9898 | 9911 | 9912 | 9920 => {
            &[9872, 9840]
        }
        9863 => &[9875],
        9741 => &[9740],
        9963 | 9964 | 9960 => &[9975],
        9981 | 9984 | 9987 | 9991..=9993 => &[9989],
        9590..=9729 => &[9591],
        9800..=9948 => &[9800],
        _ => &[],
    }
}

/// The code of a tumor. `side` is the laterality code, `male` the sex where the breast asks for it.
pub fn of_tumor(
    site: PrimarySite,
    morphology: Morphology,
    side: Option<char>,
    male: Option<bool>,
) -> Option<&'static Icd10Cm> {
    let blood = morphology.histology.within(&[(9590, 9993)]);
    for histology in histologies(morphology, site) {
        let rows = || {
            TABLE
                .rows
                .iter()
                .filter(|r| r.billable && !is_secondary(r.code))
                .filter(move |r| r.histology == histology && r.behavior == morphology.behavior)
        };
        let here: Vec<&Icd10Cm> = rows().filter(|r| r.site == site).collect();
        if !here.is_empty() {
            return best(&here, side, male);
        }
        // a disease of the blood has its code wherever it is; a carcinoid, Merkel or Kaposi tumor elsewhere
        // has its own code for “other”
        let anywhere: Vec<&Icd10Cm> = rows().collect();
        let own = histology >= 9590 && blood || [8247, 9140, 8240, 8246, 9050].contains(&histology);
        if own && !anywhere.is_empty() {
            return best(&elsewhere(&anywhere), side, male);
        }
    }
    None
}

/// Codes of metastases: a registry codes the primary.
fn is_secondary(code: &str) -> bool {
    ["C77", "C78", "C79", "C7B", "C80.0", "C80.2"].iter().any(|c| code.starts_with(c))
}

/// Of rows of other sites those that name none.
fn elsewhere<'a>(rows: &[&'a Icd10Cm]) -> Vec<&'a Icd10Cm> {
    let unknown: Vec<&Icd10Cm> = rows
        .iter()
        .copied()
        .filter(|r| r.site.number() == 809 || r.site.number() == 449 || r.site.number() == 779)
        .collect();
    let mut unknown = if unknown.is_empty() { rows.to_vec() } else { unknown };
    // “unspecified” before “other” before a single region
    unknown.sort_by_key(|r| {
        let label = r.label.to_lowercase();
        (
            !label.contains("other sites") && !label.contains("extranodal"),
            !label.contains("unspecified"),
            r.row,
        )
    });
    unknown.into_iter().take(1).collect()
}

fn best(rows: &[&'static Icd10Cm], side: Option<char>, male: Option<bool>) -> Option<&'static Icd10Cm> {
    let of_sex = |r: &Icd10Cm| {
        let label = r.label.to_lowercase();
        let men = label.contains(" male ");
        let women = label.contains("female");
        match male {
            Some(true) => u8::from(women),
            _ => u8::from(men),
        }
    };
    let of_side = |r: &Icd10Cm| match (side, r.side) {
        (Some(a), b) if a == b => 0_u8,
        (_, '9') => 1,
        (_, '0') => 2,
        _ => 3,
    };
    rows.iter().copied().min_by_key(|r| (of_sex(r), of_side(r), r.row))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(site: &str, morphology: &str, side: char, male: bool) -> &'static str {
        let (site, m) = (PrimarySite::parse(site).unwrap(), Morphology::parse(morphology).unwrap());
        of_tumor(site, m, Some(side), Some(male)).map_or("", |r| r.code)
    }

    /// Worked by hand from the tabular list of ICD-10-CM.
    #[test]
    fn worked_rows() {
        for (site, morphology, side, male, wanted) in [
            ("C50.4", "8500/3", '2', false, "C50.412"),
            ("C50.4", "8500/3", '1', true, "C50.421"),
            ("C50.9", "8520/3", '9', false, "C50.919"),
            ("C50.9", "8500/2", '1', false, "D05.11"),
            ("C50.9", "8520/2", '2', false, "D05.02"),
            ("C34.1", "8140/3", '1', false, "C34.11"),
            ("C34.3", "8041/3", '2', false, "C34.32"),
            ("C34.2", "8070/3", '1', false, "C34.2"),
            ("C18.7", "8140/3", '0', false, "C18.7"),
            ("C20.9", "8140/3", '0', false, "C20"),
            ("C22.0", "8170/3", '0', false, "C22.0"),
            ("C22.1", "8160/3", '0', false, "C22.1"),
            ("C22.0", "8970/3", '0', false, "C22.2"),
            ("C61.9", "8140/3", '0', true, "C61"),
            ("C64.9", "8310/3", '2', false, "C64.2"),
            ("C67.9", "8120/3", '0', false, "C67.9"),
            ("C67.9", "8130/2", '0', false, "D09.0"),
            ("C44.6", "8720/3", '1', false, "C43.61"),
            ("C44.6", "8720/2", '2', false, "D03.62"),
            ("C44.4", "8247/3", '0', false, "C4A.4"),
            ("C38.4", "9052/3", '1', false, "C45.0"),
            ("C73.9", "8260/3", '0', false, "C73"),
            ("C56.9", "8441/3", '1', false, "C56.1"),
            ("C71.1", "9440/3", '2', false, "C71.1"),
            ("C42.1", "9732/3", '0', false, "C90.00"),
            ("C42.1", "9823/3", '0', false, "C91.10"),
            ("C42.1", "9836/3", '0', false, "C91.00"),
            ("C42.1", "9950/3", '0', false, "D45"),
            ("C42.1", "9962/3", '0', false, "D47.3"),
            ("C77.0", "9680/3", '0', false, "C83.31"),
            ("C77.1", "9663/3", '0', false, "C81.12"),
            ("C80.9", "8010/3", '0', false, "C80.1"),
        ] {
            assert_eq!(code(site, morphology, side, male), wanted, "{site} {morphology} {side}");
        }
    }

    #[test]
    fn a_code_of_a_disease_index_gives_the_tumor() {
        for (code, site, histology, behavior, side) in [
            ("C50.412", "C50.4", 8000, "3", '2'),
            ("c50412", "C50.4", 8000, "3", '2'),
            ("C43.61", "C44.6", 8720, "3", '1'),
            ("D05.11", "C50.9", 8500, "2", '1'),
            ("C90.00", "C42.1", 9732, "3", '0'),
            ("D45", "C42.1", 9950, "3", '0'),
            ("C61", "C61.9", 8000, "3", '0'),
        ] {
            let row = of_code(code).unwrap();
            assert_eq!(
                (row.site.shown().as_str(), row.histology, row.behavior.code(), row.side),
                (site, histology, behavior, side),
                "{code}"
            );
        }
        assert!(of_code("J45").is_none() && of_code("").is_none() && of_code("é").is_none());
    }

    /// The way back and forth: a tumor as its code has it gets a code of the same site, behavior and side.
    #[test]
    fn every_billable_row_leads_back_to_its_own_site() {
        let mut wrong = Vec::new();
        for row in TABLE.rows.iter().filter(|r| r.billable && !is_secondary(r.code)) {
            let m = format!("{}/{}", row.histology, row.behavior);
            let Ok(m) = Morphology::parse(&m) else { continue };
            let back = of_tumor(row.site, m, Some(row.side), None);
            if back.is_none_or(|b| b.site != row.site || b.behavior != row.behavior || b.side != row.side) {
                wrong.push((row.code, back.map(|b| b.code)));
            }
        }
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
