//! Primary sites: `C504` in the store, `C50.4` on the screen.

use std::{collections::HashMap, fmt, str::FromStr, sync::LazyLock};

use serde::{Deserialize, Serialize};

use super::table::{cell, rows, year};

/// A topography code of ICD-O-3. Only listed codes exist as values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PrimarySite(u16);

/// Why a text is no primary site.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteProblem {
    /// Not of the form `C504` or `C50.4`.
    #[error("Primary site “{0}” cannot be read. Enter C and three digits, such as C504 or C50.4.")]
    Unreadable(String),
    /// Well formed, but not in ICD-O-3.
    #[error("Primary site {0} is not in ICD-O-3 topography.")]
    NotListed(String),
}

/// What the topography table says of a site.
#[derive(Clone, Copy, Debug)]
pub struct SiteEntry {
    /// The code.
    pub site: PrimarySite,
    /// Its label.
    pub label: &'static str,
    /// Name of its three-character category, such as “Breast”.
    pub group: &'static str,
    /// A paired organ: laterality is asked for.
    pub paired: bool,
    /// Paired for diagnoses from this year on; `None`: always.
    pub paired_from: Option<i32>,
    /// Parts of the site that are not paired, such as “carina”; blank where there are none.
    pub paired_except: &'static str,
}

/// A term that means a site.
#[derive(Clone, Copy, Debug)]
pub struct SiteTerm {
    /// The site.
    pub site: PrimarySite,
    /// The words as ICD-O lists them.
    pub term: &'static str,
}

struct Table {
    entries: Vec<SiteEntry>,
    by_code: HashMap<u16, usize>,
    terms: Vec<SiteTerm>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let entries: Vec<SiteEntry> = rows(include_str!("data/topography.tsv"))
        .filter_map(|row| {
            Some(SiteEntry {
                site: PrimarySite(digits(cell(&row, 0))?),
                label: cell(&row, 1),
                group: cell(&row, 2),
                paired: cell(&row, 3) == "1",
                paired_from: year(&row, 4),
                paired_except: cell(&row, 5),
            })
        })
        .collect();
    let by_code = entries.iter().enumerate().map(|(i, e)| (e.site.0, i)).collect();
    let terms = rows(include_str!("data/topography_terms.tsv"))
        .filter_map(|row| Some(SiteTerm { site: PrimarySite(digits(cell(&row, 0))?), term: cell(&row, 1) }))
        .collect();
    Table { entries, by_code, terms }
});

/// The three digits of `C504`, as a number.
fn digits(code: &str) -> Option<u16> {
    let digits = code.strip_prefix('C')?;
    if digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
}

impl PrimarySite {
    /// Reads `C504` or `C50.4`, in capitals or not; surrounding blanks are ignored.
    ///
    /// # Errors
    /// [`SiteProblem`] names what was given and what is allowed.
    pub fn parse(text: &str) -> Result<Self, SiteProblem> {
        let typed = text.trim();
        let plain = match typed.split_once('.') {
            Some((category, sub)) if category.len() == 3 => format!("{category}{sub}"),
            Some(_) => return Err(SiteProblem::Unreadable(typed.to_owned())),
            None => typed.to_owned(),
        };
        let number =
            digits(&plain.to_ascii_uppercase()).ok_or_else(|| SiteProblem::Unreadable(typed.to_owned()))?;
        if TABLE.by_code.contains_key(&number) {
            Ok(Self(number))
        } else {
            Err(SiteProblem::NotListed(Self(number).shown()))
        }
    }

    /// The stored form: `C504`.
    pub fn stored(self) -> String {
        format!("C{:03}", self.0)
    }

    /// The form on the screen: `C50.4`.
    pub fn shown(self) -> String {
        format!("C{:02}.{}", self.0 / 10, self.0 % 10)
    }

    /// The digits behind the C as a number, for ranges: 504.
    pub fn number(self) -> u16 {
        self.0
    }

    /// The digits of the three-character category: 50 of `C50.4`.
    pub fn category(self) -> u16 {
        self.0 / 10
    }

    /// The fourth digit: 4 of `C50.4`; 8 is an overlapping lesion, 9 mostly “NOS”.
    pub fn subsite(self) -> u16 {
        self.0 % 10
    }

    /// The row of the table.
    pub fn entry(self) -> &'static SiteEntry {
        TABLE
            .by_code
            .get(&self.0)
            .and_then(|i| TABLE.entries.get(*i))
            .expect("only listed sites can be made, see parse")
    }

    /// The label of ICD-O.
    pub fn label(self) -> &'static str {
        self.entry().label
    }

    /// All sites in the order of their codes.
    pub fn all() -> impl Iterator<Item = &'static SiteEntry> {
        TABLE.entries.iter()
    }

    /// Further terms of ICD-O that mean a site; labels are not among them.
    pub fn terms() -> impl Iterator<Item = &'static SiteTerm> {
        TABLE.terms.iter()
    }

    /// Does the site lie in one of the three-character categories?
    pub fn in_categories(self, categories: &[u16]) -> bool {
        categories.contains(&self.category())
    }
}

impl fmt::Display for PrimarySite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl FromStr for PrimarySite {
    type Err = SiteProblem;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for PrimarySite {
    type Error = SiteProblem;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<PrimarySite> for String {
    fn from(site: PrimarySite) -> Self {
        site.stored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_table_is_whole() {
        assert_eq!(TABLE.entries.len(), 330);
        assert_eq!(TABLE.entries.len(), include_str!("data/topography.tsv").lines().count() - 1);
        assert_eq!(TABLE.terms.len(), include_str!("data/topography_terms.tsv").lines().count() - 1);
        assert_eq!(TABLE.entries.iter().filter(|e| e.paired).count(), 76);
        for entry in &TABLE.entries {
            assert!(!entry.label.is_empty() && !entry.group.is_empty(), "{}", entry.site);
            assert_eq!(PrimarySite::parse(&entry.site.stored()), Ok(entry.site));
            assert_eq!(PrimarySite::parse(&entry.site.shown()), Ok(entry.site));
        }
        for term in &TABLE.terms {
            assert!(TABLE.by_code.contains_key(&term.site.0), "{} {}", term.site, term.term);
            assert!(!term.term.is_empty());
        }
    }

    #[test]
    fn both_spellings_are_read_and_one_is_shown() {
        let site = PrimarySite::parse(" c50.4 ").unwrap();
        assert_eq!(
            (site.stored(), site.shown(), site.label()),
            ("C504".into(), "C50.4".into(), "Upper-outer quadrant of breast")
        );
        assert_eq!((site.category(), site.subsite()), (50, 4));
    }

    #[test]
    fn what_is_no_site_says_why() {
        assert_eq!(PrimarySite::parse("C99.9"), Err(SiteProblem::NotListed("C99.9".into())));
        for bad in ["", "504", "C50", "C5.04", "C50.44", "D504", "C50.", "C5O4"] {
            assert_eq!(PrimarySite::parse(bad), Err(SiteProblem::Unreadable(bad.into())), "{bad}");
        }
        assert!(SiteProblem::NotListed("C99.9".into()).to_string().contains("C99.9"));
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "\\PC{0,8}") {
            if let Ok(site) = PrimarySite::parse(&text) {
                prop_assert_eq!(PrimarySite::parse(&site.shown()), Ok(site));
            }
        }
    }
}
