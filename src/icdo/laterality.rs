//! The side of a paired organ on which the primary began.
//!
//! Source: NAACCR item 410 and the SEER list of paired organ sites.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::PrimarySite;

/// A laterality code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Laterality {
    /// 0: the site is not paired.
    NotPaired,
    /// 1: right.
    Right,
    /// 2: left.
    Left,
    /// 3: one side, not said which.
    OneSide,
    /// 4: both sides, one primary.
    Bilateral,
    /// 5: midline.
    Midline,
    /// 9: paired, nothing known of the side.
    Unknown,
}

/// Whether a site asks for a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SideNeeded {
    /// Code 0.
    No,
    /// A side is asked for.
    Yes,
    /// A side is asked for unless the primary lies in the part named.
    Unless(&'static str),
}

impl Laterality {
    /// All codes in order.
    pub const ALL: [Self; 7] = [
        Self::NotPaired,
        Self::Right,
        Self::Left,
        Self::OneSide,
        Self::Bilateral,
        Self::Midline,
        Self::Unknown,
    ];

    /// Reads the one-digit code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.code() == code.trim())
    }

    /// The code as stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotPaired => "0",
            Self::Right => "1",
            Self::Left => "2",
            Self::OneSide => "3",
            Self::Bilateral => "4",
            Self::Midline => "5",
            Self::Unknown => "9",
        }
    }

    /// A short label.
    pub fn label(self) -> &'static str {
        match self {
            Self::NotPaired => "Not a paired site",
            Self::Right => "Right: origin of primary",
            Self::Left => "Left: origin of primary",
            Self::OneSide => "One side only, not said which",
            Self::Bilateral => "Both sides, single primary",
            Self::Midline => "Paired site, midline",
            Self::Unknown => "Paired site, side not known",
        }
    }

    /// Does a site ask for a side, for a diagnosis in this year (`None`: nowadays)?
    pub fn needed(site: PrimarySite, dx_year: Option<i32>) -> SideNeeded {
        let entry = site.entry();
        let in_force = entry.paired_from.is_none_or(|from| dx_year.is_none_or(|year| year >= from));
        match (entry.paired && in_force, entry.paired_except) {
            (false, _) => SideNeeded::No,
            (true, "") => SideNeeded::Yes,
            (true, part) => SideNeeded::Unless(part),
        }
    }

    /// May this code stand with the site? Exceptions inside a paired site allow 0 beside the sides.
    pub fn fits(self, site: PrimarySite, dx_year: Option<i32>) -> bool {
        match Self::needed(site, dx_year) {
            SideNeeded::No => self == Self::NotPaired,
            SideNeeded::Yes => self != Self::NotPaired,
            SideNeeded::Unless(_) => true,
        }
    }
}

impl fmt::Display for Laterality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary::{CodeLists, names};

    fn site(code: &str) -> PrimarySite {
        PrimarySite::parse(code).unwrap()
    }

    #[test]
    fn the_codes_are_those_of_the_dictionary() {
        let mut listed: Vec<&str> = CodeLists::of(names::LATERALITY).iter().map(|c| c.code).collect();
        listed.sort_unstable();
        assert_eq!(listed, Laterality::ALL.map(Laterality::code).to_vec());
        for side in Laterality::ALL {
            assert_eq!(Laterality::parse(side.code()), Some(side));
        }
        assert_eq!(Laterality::parse("7"), None);
    }

    #[test]
    fn brain_is_paired_from_2004_on() {
        assert_eq!(Laterality::needed(site("C71.1"), Some(2003)), SideNeeded::No);
        assert_eq!(Laterality::needed(site("C71.1"), Some(2004)), SideNeeded::Yes);
        assert_eq!(Laterality::needed(site("C71.1"), None), SideNeeded::Yes);
        assert_eq!(Laterality::needed(site("C71.6"), None), SideNeeded::No);
    }

    #[test]
    fn parts_that_are_not_paired_are_named() {
        assert_eq!(Laterality::needed(site("C34.0"), None), SideNeeded::Unless("carina"));
        assert!(Laterality::NotPaired.fits(site("C34.0"), None));
        assert!(Laterality::Left.fits(site("C34.0"), None));
        assert!(!Laterality::NotPaired.fits(site("C50.9"), None));
        assert!(!Laterality::Left.fits(site("C18.9"), None));
    }

    #[test]
    fn every_site_gives_an_answer() {
        let paired =
            PrimarySite::all().filter(|e| Laterality::needed(e.site, None) != SideNeeded::No).count();
        assert_eq!(paired, 76);
    }
}
