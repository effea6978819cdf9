//! Which completed cases a second person looks at.
//!
//! Pure: what was completed and chosen before is passed in, and chance comes from a fingerprint of facility,
//! registrar, month and case, so that the same case is always chosen or not, whoever asks again.
//!
//! Source: house rules of quality review: at least 10 % of the year's analytic cases and at most 200 required, the
//! first 30 cases of a registrar, and cases with three or more over-rides (CoC Optimal Resources for Cancer Care,
//! 2020 Standards, Standard 6.1).

use std::fmt;

use chrono::{Datelike, NaiveDate};
use sha2::{Digest, Sha256};

use crate::followup_rules::is_analytic;

/// One of so many analytic cases is looked at.
pub const ONE_OF: u32 = 10;

/// Reviews that a year asks for at most; what is new or much over-ridden is looked at besides.
pub const MOST_A_YEAR: u32 = 200;

/// So many first cases of a registrar are all looked at.
pub const FIRST_CASES: u32 = 30;

/// From so many over-rides on a case is always looked at.
pub const MANY_OVER_RIDES: usize = 3;

/// Why a case was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// One of the first cases of its registrar.
    NewRegistrar,
    /// Many over-rides.
    OverRides,
    /// By chance.
    Chance,
    /// The year would fall behind one in ten.
    Quota,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 4] = [Self::NewRegistrar, Self::OverRides, Self::Chance, Self::Quota];

    /// The word kept in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::NewRegistrar => "new_registrar",
            Self::OverRides => "over_rides",
            Self::Chance => "chance",
            Self::Quota => "quota",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.word() == word)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NewRegistrar => "one of the registrar’s first 30 cases",
            Self::OverRides => "three or more over-rides",
            Self::Chance => "by chance, one in ten",
            Self::Quota => "needed for one in ten of the year’s analytic cases",
        })
    }
}

/// A case about to be complete.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Public id of the facility.
    pub facility: &'a str,
    /// Login of who completes it.
    pub registrar: &'a str,
    /// Day of completing, at the facility.
    pub day: NaiveDate,
    /// Public id of the case.
    pub case: &'a str,
    /// `classOfCase`.
    pub class_of_case: &'a str,
    /// Over-rides set in it.
    pub over_rides: usize,
}

/// What happened before it, in the facility.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// Cases that this registrar completed ever.
    pub of_registrar: u32,
    /// Analytic cases completed this calendar year.
    pub analytic: u32,
    /// Those of them that were chosen.
    pub chosen: u32,
}

/// Reviews that a year with so many analytic cases asks for.
pub fn required(analytic: u32) -> u32 {
    analytic.div_ceil(ONE_OF).min(MOST_A_YEAR)
}

/// Why this case is looked at; `None` when it is not.
pub fn chosen(case: &Candidate<'_>, before: Before) -> Option<Reason> {
    if before.of_registrar < FIRST_CASES {
        return Some(Reason::NewRegistrar);
    }
    if case.over_rides >= MANY_OVER_RIDES {
        return Some(Reason::OverRides);
    }
    if !is_analytic(case.class_of_case) || before.chosen >= MOST_A_YEAR {
        return None;
    }
    if by_chance(case) {
        return Some(Reason::Chance);
    }
    (before.chosen < required(before.analytic.saturating_add(1))).then_some(Reason::Quota)
}

/// One in ten, by the fingerprint of facility, registrar, month and case.
fn by_chance(case: &Candidate<'_>) -> bool {
    let mut hash = Sha256::new();
    let month = format!("{:04}-{:02}", case.day.year(), case.day.month());
    for part in [case.facility, case.registrar, &month, case.case] {
        hash.update(part.as_bytes());
        // A separator that no part holds: two neighbors cannot run together.
        hash.update([0]);
    }
    let digest = hash.finalize();
    let first = digest.iter().take(8).fold(0u64, |n, byte| (n << 8) | u64::from(*byte));
    first % u64::from(ONE_OF) == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn case<'a>(uid: &'a str, class: &'a str, over_rides: usize) -> Candidate<'a> {
        Candidate {
            facility: "f",
            registrar: "rosa",
            day: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(),
            case: uid,
            class_of_case: class,
            over_rides,
        }
    }

    const OLD_HAND: Before = Before { of_registrar: FIRST_CASES, analytic: 0, chosen: 0 };

    #[test]
    fn first_cases_and_many_over_rides_are_always_looked_at() {
        let full = Before { analytic: 5_000, chosen: MOST_A_YEAR, ..OLD_HAND };
        for (over_rides, of_registrar, expected) in [
            (0, 0, Some(Reason::NewRegistrar)),
            (0, 29, Some(Reason::NewRegistrar)),
            (0, 30, None),
            (2, 30, None),
            (3, 30, Some(Reason::OverRides)),
            (3, 29, Some(Reason::NewRegistrar)),
        ] {
            let before = Before { of_registrar, ..full };
            assert_eq!(chosen(&case("a", "10", over_rides), before), expected, "{over_rides} {of_registrar}");
        }
        // What is not analytic is looked at for these two reasons only.
        for class in ["30", "43", "99", "", "2", "023"] {
            assert_eq!(chosen(&case("a", class, 0), OLD_HAND), None, "{class}");
            assert_eq!(chosen(&case("a", class, 3), OLD_HAND), Some(Reason::OverRides), "{class}");
        }
    }

    #[test]
    fn a_year_asks_for_one_in_ten_and_two_hundred_at_most() {
        for (analytic, wanted) in
            [(0, 0), (1, 1), (10, 1), (11, 2), (1_999, 200), (2_000, 200), (2_001, 200), (9_999, 200)]
        {
            assert_eq!(required(analytic), wanted, "{analytic}");
        }
    }

    #[test]
    fn chance_is_one_in_ten_and_depends_on_every_part() {
        let uids: Vec<String> = (0..4_000).map(|n| format!("case {n}")).collect();
        let hits = |change: &dyn Fn(&mut Candidate<'_>)| -> Vec<usize> {
            (0..uids.len())
                .filter(|n| {
                    let mut one = case(&uids[*n], "10", 0);
                    change(&mut one);
                    by_chance(&one)
                })
                .collect()
        };
        let plain = hits(&|_| {});
        assert!((320..480).contains(&plain.len()), "{}", plain.len());
        assert_ne!(plain, hits(&|c| c.facility = "g"));
        assert_ne!(plain, hits(&|c| c.registrar = "raj"));
        assert_ne!(plain, hits(&|c| c.day = NaiveDate::from_ymd_opt(2026, 12, 1).unwrap()));
        // The day within a month does not matter: asking again tomorrow draws no new lot.
        assert_eq!(plain, hits(&|c| c.day = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap()));
    }

    proptest! {
        /// Whatever is completed, at every moment of a year one in ten was chosen, or two hundred.
        #[test]
        fn the_share_holds_at_every_moment(seed in any::<u64>(), classes in prop::collection::vec(0u8..40, 0..400)) {
            let mut before = OLD_HAND;
            for (n, class) in classes.iter().enumerate() {
                let (uid, class) = (format!("{seed} {n}"), format!("{class:02}"));
                let why = chosen(&case(&uid, &class, 0), before);
                if is_analytic(&class) {
                    before.analytic += 1;
                    before.chosen += u32::from(why.is_some());
                } else {
                    prop_assert_eq!(why, None);
                }
                prop_assert!(before.chosen >= required(before.analytic), "{:?}", before);
            }
            prop_assert!(before.chosen <= before.analytic);
        }

        /// Chance never asks for more than two hundred.
        #[test]
        fn no_more_than_two_hundred_are_required(uid in "[a-z0-9]{1,12}", more in 0u32..1_000) {
            let before = Before { chosen: MOST_A_YEAR + more, analytic: 100_000, ..OLD_HAND };
            prop_assert_eq!(chosen(&case(&uid, "10", 2), before), None);
        }
    }
}
