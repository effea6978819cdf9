//! Do a site and a morphology go together at this diagnosis year? To 2023 by the SEER list, from 2024 on by
//! the Cancer PathCHART table, if the registry has brought it in.

use crate::icdo::{Likelihood, Morphology, PairCheck, PathChart, PrimarySite, pairs, pathchart::FIRST_YEAR};

/// What may be done with the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairVerdict {
    /// It fits.
    Fits,
    /// Unlikely or not listed: an over-ride with a reason is needed.
    NeedsOverRide,
    /// Impossible: the case cannot be completed so.
    Impossible,
    /// No table speaks of it.
    NotJudged,
}

/// The answer with its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JudgedPair {
    /// What may be done.
    pub verdict: PairVerdict,
    /// Why, in words.
    pub why: &'static str,
    /// The table that decided.
    pub table: &'static str,
}

/// Judges a pair; an unknown year is taken as one of the SEER list.
pub fn judge_pair(
    chart: Option<&PathChart>,
    site: PrimarySite,
    morphology: Morphology,
    dx_year: Option<i32>,
) -> JudgedPair {
    use PairVerdict::{Fits, Impossible, NeedsOverRide, NotJudged};
    if let Some(year) = dx_year.filter(|y| *y >= FIRST_YEAR) {
        let table = "Cancer PathCHART";
        let (verdict, why) = match chart.map(|c| c.check(site, morphology, year)) {
            None => {
                (NotJudged, "the Cancer PathCHART table has not been brought in (tables import-pathchart)")
            }
            Some(None) => (NotJudged, "the table has no entry for this pair and year"),
            Some(Some(likelihood)) => {
                let verdict = match likelihood {
                    Likelihood::Valid => Fits,
                    Likelihood::Unlikely => NeedsOverRide,
                    Likelihood::Impossible => Impossible,
                };
                (verdict, likelihood.words())
            }
        };
        return JudgedPair { verdict, why, table };
    }
    let (verdict, why) = match pairs::check(site, morphology, dx_year) {
        PairCheck::Valid => (Fits, "valid"),
        PairCheck::NotListed => (NeedsOverRide, "not listed at this site: needs an over-ride with a reason"),
        PairCheck::NotApplicable { why } => (NotJudged, why.words()),
    };
    JudgedPair { verdict, why, table: "SEER site/histology validation list, 29 April 2022" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_decides_which_table_speaks() {
        use PairVerdict::{Fits, Impossible, NeedsOverRide, NotJudged};
        let file = "C_Site,Hist,Behavior,CPC2024B\nC504,8500,3,1\nC504,8070,3,2\nC504,9440,3,3\n";
        let chart = PathChart::read(file.as_bytes()).unwrap();
        let judge = |site: &str, m: &str, year, chart| {
            let (site, m) = (PrimarySite::parse(site).unwrap(), Morphology::parse(m).unwrap());
            judge_pair(chart, site, m, Some(year)).verdict
        };
        for (m, then, now) in
            [("8500/3", Fits, Fits), ("8070/3", Fits, NeedsOverRide), ("9440/3", NeedsOverRide, Impossible)]
        {
            assert_eq!(judge("C504", m, 2023, Some(&chart)), then, "{m} 2023");
            assert_eq!(judge("C504", m, 2024, Some(&chart)), now, "{m} 2024");
            assert_eq!(judge("C504", m, 2024, None), NotJudged, "{m} without the table");
        }
        assert_eq!(judge("C619", "8140/3", 2024, Some(&chart)), NotJudged);
    }
}
