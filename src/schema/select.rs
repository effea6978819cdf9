//! Choosing the schema of a tumor.

use std::sync::LazyLock;

use super::{Schema, cell, rows};
use crate::{
    dictionary::{Items, names},
    icdo::{Histology, PrimarySite},
};

/// First year of diagnosis that has schemas.
pub const FIRST_YEAR: i32 = 2018;

/// What chooses a schema. Texts are item values; blank is not known.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Primary site.
    pub site: PrimarySite,
    /// Histology.
    pub histology: Histology,
    /// Year of diagnosis, if it is known.
    pub year: Option<i32>,
    /// `behaviorCodeIcdO3`.
    pub behavior: &'a str,
    /// `sexAssignedAtBirth`.
    pub sex: &'a str,
    /// `schemaDiscriminator1`.
    pub discriminator_1: &'a str,
    /// `schemaDiscriminator2`.
    pub discriminator_2: &'a str,
}

impl<'a> Facts<'a> {
    /// Of the items of a patient and of one of the patient's tumors; `None` without site and histology.
    pub fn of(patient: &'a Items, tumor: &'a Items) -> Option<Self> {
        Some(Self {
            site: PrimarySite::parse(tumor.value(names::PRIMARY_SITE)).ok()?,
            histology: Histology::parse(tumor.value(names::HISTOLOGIC_TYPE_ICD_O_3)).ok()?,
            year: tumor.date(names::DATE_OF_DIAGNOSIS).map(|d| d.year()),
            behavior: tumor.value(names::BEHAVIOR_CODE_ICD_O_3),
            sex: patient.value(names::SEX_ASSIGNED_AT_BIRTH),
            discriminator_1: tumor.value(names::SCHEMA_DISCRIMINATOR_1),
            discriminator_2: tumor.value(names::SCHEMA_DISCRIMINATOR_2),
        })
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// One schema; whether a discriminator was needed, 1 and 2.
    One {
        /// The schema.
        schema: &'static Schema,
        /// Which discriminators decide among schemas of this site and histology.
        needs: [bool; 2],
    },
    /// A discriminator has still to be answered.
    Open {
        /// The schemas that are possible.
        among: Vec<&'static Schema>,
        /// Which discriminators decide.
        needs: [bool; 2],
    },
    /// No schema: diagnosed before 2018, or the table has no row.
    None,
}

impl Found {
    /// The schema, if there is one.
    pub fn schema(&self) -> Option<&'static Schema> {
        match self {
            Self::One { schema, .. } => Some(schema),
            _ => None,
        }
    }

    /// Is discriminator `n` (1 or 2) asked for?
    pub fn needs(&self, n: usize) -> bool {
        match self {
            Self::One { needs, .. } | Self::Open { needs, .. } => {
                n.checked_sub(1).and_then(|at| needs.get(at)).copied().unwrap_or(false)
            }
            Self::None => false,
        }
    }

    /// A schema that knows the codes of the items in question: the one found, or the first possible.
    pub fn nearest(&self) -> Option<&'static Schema> {
        match self {
            Self::One { schema, .. } => Some(schema),
            Self::Open { among, .. } => among.first().copied(),
            Self::None => None,
        }
    }
}

struct Row {
    schema: &'static Schema,
    sites: Vec<(PrimarySite, PrimarySite)>,
    histologies: Vec<(u16, u16)>,
    from: i32,
    to: i32,
    behaviors: Allowed,
    sexes: Allowed,
    discriminators: [Allowed; 2],
}

/// Values of one item; `None` is any.
struct Allowed(Option<Vec<&'static str>>);

impl Allowed {
    fn read(cell: &'static str) -> Self {
        Self((cell != "*").then(|| cell.split(' ').collect()))
    }

    fn fits(&self, value: &str) -> bool {
        self.0.as_ref().is_none_or(|values| values.contains(&value))
    }

    fn decides(&self) -> bool {
        self.0.is_some()
    }
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    rows(include_str!("data/selection.tsv"))
        .map(|row| read(&row).expect("the embedded table is checked by a test"))
        .collect()
});

fn read(row: &[&'static str]) -> Option<Row> {
    let ends = |part: &'static str| part.split_once('-').unwrap_or((part, part));
    let (from, to) = cell(row, 3).split_once('-')?;
    let sites: Option<Vec<_>> = cell(row, 1)
        .split(' ')
        .map(ends)
        .map(|(a, b)| Some((PrimarySite::parse(a).ok()?, PrimarySite::parse(b).ok()?)))
        .collect();
    let histologies: Option<Vec<_>> = match cell(row, 2) {
        "*" => Some(vec![(0, u16::MAX)]),
        list => list.split(' ').map(ends).map(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?))).collect(),
    };
    Some(Row {
        schema: Schema::get(cell(row, 0))?,
        sites: sites?,
        histologies: histologies?,
        from: from.parse().ok()?,
        // “unknown” behind a closed interval says that an unknown year falls here; see [`fits_year`].
        to: to.split(' ').next().and_then(|y| y.parse().ok()).unwrap_or(i32::MAX),
        behaviors: Allowed::read(cell(row, 4)),
        sexes: Allowed::read(cell(row, 5)),
        discriminators: [Allowed::read(cell(row, 6)), Allowed::read(cell(row, 7))],
    })
}

/// Diagnosed in these years; an unknown year counts as nowadays.
fn fits_year(row: &Row, year: Option<i32>) -> bool {
    (row.from..=row.to).contains(&year.unwrap_or(i32::MAX))
}

/// The schema of a tumor.
pub fn find(facts: Facts<'_>) -> Found {
    if facts.year.is_some_and(|year| year < FIRST_YEAR) {
        return Found::None;
    }
    let histology = facts.histology.number();
    let possible: Vec<&Row> = ROWS
        .iter()
        .filter(|row| row.sites.iter().any(|(a, b)| (*a..=*b).contains(&facts.site)))
        .filter(|row| row.histologies.iter().any(|(a, b)| (*a..=*b).contains(&histology)))
        .filter(|row| fits_year(row, facts.year))
        .filter(|row| row.behaviors.fits(facts.behavior) || facts.behavior.is_empty())
        .filter(|row| row.sexes.fits(facts.sex) || facts.sex.is_empty())
        .collect();
    let first = possible.iter().any(|r| r.discriminators[0].decides());
    // The second question is asked only where the first one's answer leads to it.
    let left: Vec<&&Row> = possible
        .iter()
        .filter(|r| r.discriminators[0].fits(facts.discriminator_1) || facts.discriminator_1.is_empty())
        .collect();
    let second = left.iter().any(|r| r.discriminators[1].decides());
    let needs = [first, second];
    let mut among: Vec<&'static Schema> = left
        .iter()
        .filter(|r| r.discriminators[1].fits(facts.discriminator_2) || facts.discriminator_2.is_empty())
        .map(|r| r.schema)
        .collect();
    among.sort_by_key(|s| s.id);
    among.dedup();
    match among.as_slice() {
        [] => Found::None,
        [schema] => Found::One { schema, needs },
        _ => Found::Open { among, needs },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts<'a>(site: &str, histology: &str, behavior: &'a str, year: i32) -> Facts<'a> {
        Facts {
            site: PrimarySite::parse(site).unwrap(),
            histology: Histology::parse(histology).unwrap(),
            year: Some(year),
            behavior,
            sex: "",
            discriminator_1: "",
            discriminator_2: "",
        }
    }

    #[test]
    fn every_row_can_be_read() {
        for line in rows(include_str!("data/selection.tsv")) {
            assert!(read(&line).is_some(), "{line:?}");
        }
        assert_eq!(ROWS.len(), 265);
    }

    #[test]
    fn common_tumors_have_the_schema_the_standard_gives_them() {
        for (site, histology, behavior, year, schema) in [
            ("C504", "8500", "3", 2024, "00480"),
            ("C619", "8140", "3", 2024, "00580"),
            ("C187", "8140", "3", 2024, "00200"),
            ("C341", "8140", "3", 2024, "00360"),
            ("C341", "8140", "3", 2025, "09360"),
            ("C739", "8260", "3", 2024, "00730"),
            ("C421", "9861", "3", 2024, "00830"),
            ("C421", "9732", "3", 2024, "00821"),
            ("C445", "8720", "3", 2024, "00470"),
            ("C679", "8120", "3", 2024, "00620"),
            ("C809", "8000", "3", 2024, "99999"),
        ] {
            let found = find(facts(site, histology, behavior, year));
            assert_eq!(found.nearest().map(|s| s.id), Some(schema), "{site} {histology} {year}: {found:?}");
        }
    }

    #[test]
    fn a_discriminator_decides_where_site_and_histology_do_not() {
        let mut bile = facts("C240", "8140", "3", 2024);
        let open = find(bile);
        assert!(open.schema().is_none() && open.needs(1), "{open:?}");
        bile.discriminator_1 = "4";
        assert_eq!(find(bile).schema().map(|s| s.title), Some("Bile Duct Distal"));
        assert!(find(bile).needs(1) && !find(bile).needs(2));
    }

    #[test]
    fn diagnoses_before_2018_have_no_schema_and_an_unknown_year_counts_as_nowadays() {
        assert_eq!(find(facts("C504", "8500", "3", 2017)), Found::None);
        let unknown = Facts { year: None, ..facts("C341", "8140", "3", 2024) };
        assert_eq!(find(unknown).schema().map(|s| s.id), Some("09360"));
    }
}
