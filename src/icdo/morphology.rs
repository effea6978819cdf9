//! Histology and behavior, kept apart; together a morphology such as `8500/3`.
//!
//! Source: ICD-O-3, 3.1 and 3.2 (WHO/IARC) and the ICD-O-3 annotations of NAACCR 26: which code
//! is valid for diagnoses of which years, and what is used instead of a code that ended.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The four-digit histologic type, 8000 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Histology(u16);

/// The fifth digit: how the neoplasm behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Behavior {
    /// 0: benign.
    Benign,
    /// 1: uncertain whether benign or malignant, borderline.
    Borderline,
    /// 2: in situ.
    InSitu,
    /// 3: malignant, primary site.
    Malignant,
    /// 6: malignant, metastatic site. In ICD-O, never in a registry.
    Metastatic,
    /// 9: malignant, uncertain whether primary or metastatic. In ICD-O, never in a registry.
    UncertainPrimary,
}

/// Histology and behavior together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Morphology {
    /// Four digits.
    pub histology: Histology,
    /// The digit behind the slash.
    pub behavior: Behavior,
}

/// Why a text is no morphology.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MorphologyProblem {
    /// Not four digits from 8000 to 9999.
    #[error("Histology “{0}” cannot be read. Enter four digits from 8000 to 9999.")]
    Histology(String),
    /// Not a behavior of ICD-O.
    #[error("Behavior “{0}” cannot be read. Enter 0, 1, 2 or 3.")]
    Behavior(String),
    /// Not of the form `8500/3`.
    #[error("Morphology “{0}” cannot be read. Enter four digits, a slash and the behavior, such as 8500/3.")]
    Form(String),
}

/// The edition of ICD-O that has a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Edition {
    /// ICD-O-3 (2000), for diagnoses from 2001.
    Icdo3,
    /// ICD-O-3.1 (2011), in North America from 2010 (blood) and 2015 on.
    Icdo31,
    /// ICD-O-3.2 (2019), for diagnoses from 2021.
    Icdo32,
    /// In the North American lists only (NAACCR, SEER).
    NorthAmerica,
}

/// Whether a code may be used for a diagnosis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It may.
    Valid,
    /// The code begins later.
    NotYet {
        /// First diagnosis year.
        from: i32,
    },
    /// The code ended.
    NoLonger {
        /// Last diagnosis year, where the table knows it.
        last: Option<i32>,
        /// What is used instead, where the table knows it.
        instead: Option<Morphology>,
    },
}

/// What a term is to its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TermKind {
    /// The preferred term.
    Preferred,
    /// A synonym.
    Synonym,
    /// A related term: coded the same, not the same thing.
    Related,
    /// An abbreviation.
    Abbreviation,
}

/// What the morphology table says of a code.
#[derive(Clone, Copy, Debug)]
pub struct MorphologyEntry {
    /// The code.
    pub morphology: Morphology,
    /// Its preferred term.
    pub label: &'static str,
    /// In use today.
    pub active: bool,
    /// First diagnosis year, where known.
    pub valid_from: Option<i32>,
    /// Last diagnosis year, where known.
    pub valid_to: Option<i32>,
    /// The edition that brought it.
    pub first_edition: Edition,
    /// The newest edition that has it.
    pub newest_edition: Edition,
    /// The code used instead once it ended.
    pub instead: Option<Morphology>,
}

/// A term of the index. Years belong to the term: the same words can move between codes.
#[derive(Clone, Debug)]
pub struct MorphologyTerm {
    /// The code the words mean.
    pub morphology: Morphology,
    /// The words.
    pub term: &'static str,
    /// What they are to the code.
    pub kind: TermKind,
    /// The words are out of use; the code may not be.
    pub obsolete: bool,
    /// First diagnosis year in which the words mean this code.
    pub valid_from: Option<i32>,
    /// Last diagnosis year in which the words mean this code.
    pub valid_to: Option<i32>,
    /// The code the words mean in later years.
    pub use_after: Option<Morphology>,
    /// The code the words meant in earlier years.
    pub use_before: Option<Morphology>,
    /// Usual sites: three-character categories (`C50`) and sites (`C509`).
    pub usual_sites: &'static str,
}

impl Histology {
    /// Reads four digits; surrounding blanks are ignored.
    ///
    /// # Errors
    /// Anything but 8000 to 9999.
    pub fn parse(text: &str) -> Result<Self, MorphologyProblem> {
        let digits = text.trim();
        let number: Option<u16> = if digits.len() == 4 { digits.parse().ok() } else { None };
        number
            .filter(|n| (8000..=9999).contains(n))
            .map(Self)
            .ok_or_else(|| MorphologyProblem::Histology(digits.to_owned()))
    }

    /// The number, for ranges.
    pub fn number(self) -> u16 {
        self.0
    }

    /// Does it lie in one of the closed ranges?
    pub fn within(self, ranges: &[(u16, u16)]) -> bool {
        ranges.iter().any(|(low, high)| (*low..=*high).contains(&self.0))
    }

    /// Blood, lymph and related neoplasms: 9590 to 9993.
    pub fn is_hematopoietic(self) -> bool {
        self.within(&[(9590, 9993)])
    }

    /// The heading of the group of ICD-O in which it stands, such as “Ductal and lobular neoplasms”.
    pub fn group(self) -> Option<&'static str> {
        super::morphology_table::group(self.0 / 10)
    }
}

impl fmt::Display for Histology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

impl Behavior {
    /// The behaviors a registry stores.
    pub const STORED: [Self; 4] = [Self::Benign, Self::Borderline, Self::InSitu, Self::Malignant];

    /// Reads the digit.
    ///
    /// # Errors
    /// Anything but a behavior of ICD-O.
    pub fn parse(text: &str) -> Result<Self, MorphologyProblem> {
        match text.trim() {
            "0" => Ok(Self::Benign),
            "1" => Ok(Self::Borderline),
            "2" => Ok(Self::InSitu),
            "3" => Ok(Self::Malignant),
            "6" => Ok(Self::Metastatic),
            "9" => Ok(Self::UncertainPrimary),
            other => Err(MorphologyProblem::Behavior(other.to_owned())),
        }
    }

    /// The digit.
    pub fn code(self) -> &'static str {
        match self {
            Self::Benign => "0",
            Self::Borderline => "1",
            Self::InSitu => "2",
            Self::Malignant => "3",
            Self::Metastatic => "6",
            Self::UncertainPrimary => "9",
        }
    }

    /// A short label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Benign => "Benign",
            Self::Borderline => "Borderline malignancy",
            Self::InSitu => "In situ",
            Self::Malignant => "Malignant, primary",
            Self::Metastatic => "Malignant, metastatic site",
            Self::UncertainPrimary => "Malignant, uncertain whether primary",
        }
    }

    /// May a registry store it? It codes the primary, never the place of a metastasis.
    pub fn is_stored(self) -> bool {
        Self::STORED.contains(&self)
    }
}

impl fmt::Display for Behavior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Edition {
    /// The edition in use in North America for a diagnosis year; `None`: the newest.
    pub fn in_use(dx_year: Option<i32>) -> Self {
        match dx_year {
            Some(..=2009) => Self::Icdo3,
            Some(2010..=2020) => Self::Icdo31,
            Some(_) | None => Self::Icdo32,
        }
    }

    /// How it is cited.
    pub fn label(self) -> &'static str {
        match self {
            Self::Icdo3 => "ICD-O-3",
            Self::Icdo31 => "ICD-O-3.1",
            Self::Icdo32 => "ICD-O-3.2",
            Self::NorthAmerica => "ICD-O-3 (NAACCR 26)",
        }
    }
}

impl Morphology {
    /// Reads `8500/3`, also `85003`; surrounding blanks are ignored.
    ///
    /// # Errors
    /// [`MorphologyProblem`] names what was given and what is allowed.
    pub fn parse(text: &str) -> Result<Self, MorphologyProblem> {
        let typed = text.trim();
        let form = || MorphologyProblem::Form(typed.to_owned());
        let (histology, behavior) = match typed.split_once('/') {
            Some(parts) => parts,
            None if typed.len() == 5 => typed.split_at_checked(4).ok_or_else(form)?,
            None => return Err(form()),
        };
        Ok(Self { histology: Histology::parse(histology)?, behavior: Behavior::parse(behavior)? })
    }

    /// The same histology with another behavior.
    pub fn with(self, behavior: Behavior) -> Self {
        Self { behavior, ..self }
    }

    /// The row of the table; `None` for a pair that no edition lists.
    pub fn entry(self) -> Option<&'static MorphologyEntry> {
        super::morphology_table::entry(self)
    }

    /// All codes of all editions, in order.
    pub fn all() -> impl Iterator<Item = &'static MorphologyEntry> {
        super::morphology_table::entries()
    }

    /// All terms with their years; a preferred term without years of its own is only in the entry.
    pub fn terms() -> impl Iterator<Item = &'static MorphologyTerm> {
        super::morphology_table::terms()
    }
}

impl fmt::Display for Morphology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.histology, self.behavior)
    }
}

impl FromStr for Morphology {
    type Err = MorphologyProblem;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Morphology {
    type Error = MorphologyProblem;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Morphology> for String {
    fn from(m: Morphology) -> Self {
        m.to_string()
    }
}

impl MorphologyEntry {
    /// May the code be used for a diagnosis of this year? `None`: nowadays.
    ///
    /// Codes of ICD-O-3 itself also hold older cases, which were converted to it. A code
    /// that ended at an unknown year ended with the edition that no longer has it.
    pub fn validity(&self, dx_year: Option<i32>) -> Validity {
        if let (Some(from), Some(year)) = (self.valid_from, dx_year)
            && from > 2001
            && year < from
        {
            return Validity::NotYet { from };
        }
        if self.active {
            return Validity::Valid;
        }
        let last = self.valid_to.or(match self.newest_edition {
            Edition::Icdo3 => Some(2009),
            Edition::Icdo31 => Some(2020),
            Edition::Icdo32 | Edition::NorthAmerica => None,
        });
        match (last, dx_year) {
            (Some(last), Some(year)) if year <= last => Validity::Valid,
            _ => Validity::NoLonger { last, instead: self.instead },
        }
    }

    /// The term to show for a diagnosis of this year: the preferred one, or, where those words
    /// mean another code in that year, the first synonym that means this one.
    pub fn label_at(&self, dx_year: Option<i32>) -> &'static str {
        let own = || super::morphology_table::terms_of(self.morphology);
        if own().any(|t| t.kind == TermKind::Preferred && !t.holds(dx_year)) {
            own()
                .find(|t| t.kind == TermKind::Synonym && !t.obsolete && t.holds(dx_year))
                .map_or(self.label, |t| t.term)
        } else {
            self.label
        }
    }
}

impl MorphologyTerm {
    /// Do the words mean this code for a diagnosis of this year? `None`: nowadays.
    pub fn holds(&self, dx_year: Option<i32>) -> bool {
        match dx_year {
            Some(year) => {
                self.valid_from.is_none_or(|from| from <= year) && self.valid_to.is_none_or(|to| year <= to)
            }
            None => self.valid_to.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn m(code: &str) -> Morphology {
        Morphology::parse(code).unwrap()
    }

    #[test]
    fn histology_and_behavior_stay_apart() {
        let code = m(" 8500/3 ");
        assert_eq!((code.histology.to_string(), code.behavior), ("8500".into(), Behavior::Malignant));
        assert_eq!(m("85002"), m("8500/2"));
        assert_eq!(code.with(Behavior::InSitu).to_string(), "8500/2");
        for bad in ["", "8500", "8500/", "8500/4", "850/3", "7999/3", "abcd/3", "8500/33", "é500/3"] {
            assert!(Morphology::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_code_is_valid_in_its_years() {
        let pancreas = m("8150/1").entry().unwrap();
        assert_eq!(pancreas.validity(Some(2019)), Validity::Valid);
        let ended = Validity::NoLonger { last: Some(2020), instead: Some(m("8150/3")) };
        assert_eq!(pancreas.validity(Some(2021)), ended);
        assert_eq!(pancreas.validity(None), ended);
        assert_eq!(m("8085/3").entry().unwrap().validity(Some(2019)), Validity::NotYet { from: 2021 });
        assert_eq!(m("8500/3").entry().unwrap().validity(Some(1995)), Validity::Valid);
    }

    #[test]
    fn a_code_without_end_year_ended_with_its_last_edition() {
        let unknown = m("8120/1").entry().unwrap();
        assert!(!unknown.active && unknown.valid_to.is_none());
        assert!(matches!(unknown.validity(None), Validity::NoLonger { .. }));
    }

    #[test]
    fn the_label_follows_the_year() {
        let insulinoma = m("8151/3").entry().unwrap();
        assert_eq!(insulinoma.label_at(Some(2022)), "Insulinoma, NOS");
        assert_ne!(insulinoma.label_at(Some(2018)), "Insulinoma, NOS");
    }

    #[test]
    fn the_edition_follows_the_year() {
        assert_eq!(Edition::in_use(Some(2005)).label(), "ICD-O-3");
        assert_eq!(Edition::in_use(Some(2015)).label(), "ICD-O-3.1");
        assert_eq!(Edition::in_use(None).label(), "ICD-O-3.2");
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "\\PC{0,8}") {
            if let Ok(code) = Morphology::parse(&text) {
                prop_assert_eq!(Morphology::parse(&code.to_string()), Ok(code));
            }
        }
    }
}
