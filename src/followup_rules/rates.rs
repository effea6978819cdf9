//! The two follow-up rates of Standard 6.5, counted in cases; patients beside, for information.

use std::ops::AddAssign;

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    Standing, Status,
    status::{rate_b_from, status},
};

/// Percent of all cases from the reference date on. Source: CoC Standard 6.5.
pub const RATE_A_TARGET: u32 = 80;
/// Percent of the cases diagnosed in the last five years. Source: CoC Standard 6.5.
pub const RATE_B_TARGET: u32 = 90;

/// A fraction of counted cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// Followed cases.
    pub num: u64,
    /// Eligible cases.
    pub den: u64,
}

impl Rate {
    /// Is a target of whole percents reached? Judged on the integers; without cases there is no verdict.
    pub fn passes(self, target: u32) -> Option<bool> {
        (self.den > 0).then(|| self.num * 100 >= u64::from(target) * self.den)
    }

    /// `90.8`: one decimal, half up, but never up to a target that is missed. `None` without cases, where
    /// pages say "no cases".
    pub fn percent(self, target: u32) -> Option<String> {
        let passes = self.passes(target)?;
        let half_up = (self.num * 2000 + self.den) / (self.den * 2);
        let tenths =
            if !passes && half_up >= u64::from(target) * 10 { self.num * 1000 / self.den } else { half_up };
        Some(format!("{}.{}", tenths / 10, tenths % 10))
    }

    /// Further cases that must be followed to reach the target.
    pub fn needed_to_pass(self, target: u32) -> u64 {
        (self.den * u64::from(target)).div_ceil(100).saturating_sub(self.num)
    }

    /// Cases not followed: delinquent, lost, or without any date.
    pub fn lost(self) -> u64 {
        self.den.saturating_sub(self.num)
    }
}

impl AddAssign for Rate {
    fn add_assign(&mut self, other: Self) {
        self.num += other.num;
        self.den += other.den;
    }
}

/// What one patient adds to both rates, in cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PatientRates {
    /// All eligible cases.
    pub a: Rate,
    /// Those diagnosed in the last 60 months.
    pub b: Rate,
    /// The patient is dead (or a centenarian that counts as followed): both numerators are full.
    pub closed: bool,
}

/// What a patient adds to the rates on a day. The mark LOST changes nothing: only delinquents can be
/// lost, and both stay in the denominators.
pub fn rates(standing: &Standing, lost: bool, as_of: NaiveDate) -> PatientRates {
    let now = status(standing, lost, as_of);
    let centenarian = !standing.dead && matches!(now, Status::Exempt(_)) && standing.exemption.is_none();
    if standing.exemption.is_some() || (centenarian && !standing.centenarian_counts) {
        return PatientRates::default();
    }
    let closed = standing.dead || centenarian;
    let followed = closed || standing.delinquent_from.is_some_and(|from| as_of < from);
    let since = rate_b_from(as_of);
    let count = |in_rate_b: bool| {
        let cases =
            standing.tumors.iter().filter(|t| t.in_rate && (!in_rate_b || t.dx_latest >= since)).count();
        let den = u64::try_from(cases).unwrap_or(u64::MAX);
        Rate { num: if followed { den } else { 0 }, den }
    };
    PatientRates { a: count(false), b: count(true), closed }
}

/// The lines of the worksheet: A all eligible, B dead, C = A - B living, D current, E = C - D lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Worksheet {
    /// A: eligible.
    pub eligible: u64,
    /// B: dead.
    pub dead: u64,
    /// D: living and current.
    pub current: u64,
}

impl Worksheet {
    /// C: living.
    pub fn living(self) -> u64 {
        self.eligible - self.dead
    }

    /// E: lost to follow-up; holds the delinquent, the lost and those without any date.
    pub fn lost(self) -> u64 {
        self.living() - self.current
    }

    /// B and D of A.
    pub fn rate(self) -> Rate {
        Rate { num: self.dead + self.current, den: self.eligible }
    }

    /// D of C, for information.
    pub fn living_rate(self) -> Rate {
        Rate { num: self.current, den: self.living() }
    }

    fn add(&mut self, rate: Rate, closed: bool) {
        self.eligible += rate.den;
        if closed {
            self.dead += rate.num;
        } else {
            self.current += rate.num;
        }
    }
}

impl AddAssign for Worksheet {
    fn add_assign(&mut self, other: Self) {
        self.eligible += other.eligible;
        self.dead += other.dead;
        self.current += other.current;
    }
}

/// Both rates of a registry, in cases and in patients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Cases of rate A.
    pub cases_a: Worksheet,
    /// Cases of rate B.
    pub cases_b: Worksheet,
    /// Patients with a case in rate A.
    pub patients_a: Worksheet,
    /// Patients with a case in rate B.
    pub patients_b: Worksheet,
}

impl Tally {
    /// Counts one patient in.
    pub fn add(&mut self, patient: PatientRates) {
        let once = |rate: Rate| Rate { num: rate.num.min(1), den: rate.den.min(1) };
        self.cases_a.add(patient.a, patient.closed);
        self.cases_b.add(patient.b, patient.closed);
        self.patients_a.add(once(patient.a), patient.closed);
        self.patients_b.add(once(patient.b), patient.closed);
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.cases_a += other.cases_a;
        self.cases_b += other.cases_b;
        self.patients_a += other.patients_a;
        self.patients_b += other.patients_b;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_missed_target_never_reads_as_reached() {
        let percent = |num, den| Rate { num, den }.percent(80).unwrap();
        assert_eq!(percent(799, 1000), "79.9");
        assert_eq!(percent(7996, 10000), "79.9");
        assert_eq!(percent(7994, 10000), "79.9");
        assert_eq!(percent(8, 10), "80.0");
        assert_eq!(percent(1, 3), "33.3");
        assert_eq!(percent(2, 3), "66.7");
        assert_eq!(percent(1378, 1517), "90.8");
        assert_eq!(Rate { num: 799, den: 1000 }.passes(80), Some(false));
        assert_eq!(Rate { num: 4, den: 5 }.passes(80), Some(true));
        assert_eq!(Rate::default().passes(80), None);
        assert_eq!(Rate::default().percent(80), None);
    }

    proptest! {
        #[test]
        fn what_is_needed_is_the_least_that_passes(den in 1u64..5000, part in 0u64..=100, target in 1u32..=100) {
            let rate = Rate { num: den * part / 100, den };
            let needed = rate.needed_to_pass(target);
            let more = |n: u64| Rate { num: rate.num + n, den };
            prop_assert_eq!(more(needed).passes(target), Some(true));
            if needed > 0 {
                prop_assert_eq!(more(needed - 1).passes(target), Some(false));
            }
        }

        #[test]
        fn the_shown_percent_and_the_verdict_agree(den in 1u64..20000, num in 0u64..20000, target in 1u32..=99) {
            let rate = Rate { num: num.min(den), den };
            let shown: f64 = rate.percent(target).unwrap().parse().unwrap();
            if shown >= f64::from(target) {
                prop_assert_eq!(rate.passes(target), Some(true));
            }
        }
    }
}
