//! Which tumors have to be reported: by profile, diagnosis year and behavior, with the row that decided.
//!
//! Sources: STORE manual (CoC), SEER Program Coding and Staging Manual, NPCR program standards (states),
//! Public Law 107-260 (nervous system, from 2004); lists of ambiguous terms of STORE and SEER. The law of a
//! state may ask for more: the rows of the state profile say where.

use std::sync::LazyLock;

use super::rows::{Criteria, behaviors, ranges};
use crate::icdo::{Morphology, PrimarySite};

/// Whose rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// A hospital accredited by the Commission on Cancer.
    Coc,
    /// A SEER registry.
    Seer,
    /// A state registry.
    State,
}

impl Profile {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Coc, Self::Seer, Self::State];

    fn key(self) -> &'static str {
        match self {
            Self::Coc => "coc",
            Self::Seer => "seer",
            Self::State => "state",
        }
    }

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Coc => "CoC hospital",
            Self::Seer => "SEER",
            Self::State => "State (NPCR)",
        }
    }
}

/// Must it be reported?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Reportable,
    /// No.
    NotReportable,
    /// Only where it was agreed, or the law of the state asks for it.
    ByAgreement,
}

impl Verdict {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Reportable => "reportable",
            Self::NotReportable => "not reportable",
            Self::ByAgreement => "by agreement or law of the state",
        }
    }
}

/// How sure the words of the report are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Said {
    /// As a diagnosis.
    #[default]
    Plainly,
    /// With an ambiguous term on the accepted list.
    Accepted,
    /// The same, and cytology is all there is.
    AcceptedInCytologyOnly,
    /// With an ambiguous term that is on no list of accepted ones.
    NotAccepted,
}

/// The answer, with the row that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The answer.
    pub verdict: Verdict,
    /// Id of the row.
    pub row: &'static str,
    /// What the row says.
    pub words: &'static str,
    /// Where it is laid down.
    pub source: &'static str,
}

struct Row {
    profile: &'static str,
    from: Option<i32>,
    to: Option<i32>,
    criteria: Criteria,
    decision: Decision,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    include_str!("data/reportability.tsv")
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&'static str> = line.split('\t').collect();
            let cell = |at: usize| cells.get(at).copied().unwrap_or("");
            Row {
                profile: cell(1),
                from: cell(2).parse().ok(),
                to: cell(3).parse().ok(),
                criteria: Criteria {
                    sites_in: ranges(cell(4)),
                    histologies_in: ranges(cell(5)),
                    behaviors: behaviors(cell(6)),
                    ..Criteria::default()
                },
                decision: Decision {
                    row: cell(0),
                    words: cell(8),
                    source: cell(9),
                    verdict: match cell(7) {
                        "yes" => Verdict::Reportable,
                        "no" => Verdict::NotReportable,
                        _ => Verdict::ByAgreement,
                    },
                },
            }
        })
        .collect()
});

const AMBIGUOUS: [Decision; 2] = [
    Decision {
        verdict: Verdict::NotReportable,
        row: "Terms-1",
        words: "Said only with an ambiguous term that is not on the accepted list",
        source: "STORE manual and SEER manual, ambiguous terms",
    },
    Decision {
        verdict: Verdict::NotReportable,
        row: "Terms-2",
        words: "Said with an accepted ambiguous term, but in cytology alone",
        source: "STORE manual and SEER manual, ambiguous terms",
    },
];

/// Decides on a tumor; an unknown year counts as nowadays. `None` for a behavior no row covers (6, 9).
pub fn reportability(
    profile: Profile,
    site: PrimarySite,
    morphology: Morphology,
    dx_year: Option<i32>,
    said: Said,
) -> Option<Decision> {
    let by_code = ROWS
        .iter()
        .filter(|r| r.profile == profile.key())
        .filter(|r| r.from.is_none_or(|from| dx_year.is_none_or(|y| y >= from)))
        .filter(|r| r.to.is_none_or(|to| dx_year.is_some_and(|y| y <= to)))
        .find(|r| r.criteria.hold(site, morphology.histology, morphology.behavior))
        .map(|r| r.decision)?;
    let [not_accepted, cytology] = AMBIGUOUS;
    Some(match (by_code.verdict, said) {
        (Verdict::NotReportable, _) | (_, Said::Plainly | Said::Accepted) => by_code,
        (_, Said::NotAccepted) => not_accepted,
        (_, Said::AcceptedInCytologyOnly) => cytology,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(profile: Profile, site: &str, m: &str, year: i32) -> (Verdict, &'static str) {
        let (site, m) = (PrimarySite::parse(site).unwrap(), Morphology::parse(m).unwrap());
        let d = reportability(profile, site, m, Some(year), Said::Plainly).unwrap();
        (d.verdict, d.row)
    }

    /// Worked by hand from the manuals.
    #[test]
    fn worked_rows() {
        use Profile::{Coc, Seer, State};
        use Verdict::{ByAgreement, NotReportable, Reportable};
        for (profile, site, m, year, verdict, row) in [
            (Coc, "C50.4", "8500/3", 2024, Reportable, "CoC-8"),
            (Coc, "C50.4", "8500/2", 2024, Reportable, "CoC-8"),
            (Coc, "C44.3", "8090/3", 2024, NotReportable, "CoC-1"),
            (Coc, "C44.3", "8070/2", 2024, NotReportable, "CoC-1"),
            (Coc, "C44.3", "8720/3", 2024, Reportable, "CoC-8"),
            (Coc, "C44.3", "8247/3", 2024, Reportable, "CoC-8"),
            (Coc, "C51.9", "8070/3", 2024, Reportable, "CoC-8"),
            (Coc, "C53.9", "8077/2", 2024, NotReportable, "CoC-2"),
            (Coc, "C53.9", "8070/2", 1995, Reportable, "CoC-8"),
            (Coc, "C53.9", "8070/3", 2024, Reportable, "CoC-8"),
            (Coc, "C61.9", "8148/2", 2024, NotReportable, "CoC-3"),
            (Coc, "C51.9", "8077/2", 2024, NotReportable, "CoC-4"),
            (Seer, "C51.9", "8077/2", 2024, Reportable, "SEER-8"),
            (Seer, "C51.9", "8077/2", 1999, NotReportable, "SEER-4"),
            (State, "C51.9", "8077/2", 2024, ByAgreement, "State-4"),
            (Coc, "C70.0", "9530/0", 2024, Reportable, "CoC-6"),
            (Coc, "C70.0", "9530/0", 2003, ByAgreement, "CoC-7"),
            (Seer, "C70.0", "9530/0", 2003, NotReportable, "SEER-7"),
            (Coc, "C75.1", "8272/0", 2020, Reportable, "CoC-6"),
            (Coc, "C71.6", "9421/1", 2002, Reportable, "CoC-5"),
            (Coc, "C56.9", "8442/1", 2024, ByAgreement, "CoC-7"),
            (Coc, "C18.7", "8140/0", 2024, ByAgreement, "CoC-7"),
            (State, "C18.7", "8140/0", 2024, NotReportable, "State-7"),
            (Coc, "C73.9", "8260/3", 2024, Reportable, "CoC-8"),
        ] {
            assert_eq!(decide(profile, site, m, year), (verdict, row), "{profile:?} {site} {m} {year}");
        }
    }

    #[test]
    fn ambiguous_terms_decide_what_the_codes_would_report() {
        let (site, m) = (PrimarySite::parse("C25.0").unwrap(), Morphology::parse("8140/3").unwrap());
        let of = |said| reportability(Profile::Coc, site, m, Some(2024), said).unwrap();
        assert_eq!(of(Said::Accepted).row, "CoC-8");
        assert_eq!(of(Said::NotAccepted).verdict, Verdict::NotReportable);
        assert_eq!(of(Said::AcceptedInCytologyOnly).row, "Terms-2");
    }

    #[test]
    fn each_row_has_an_id_of_its_own_and_each_profile_an_answer_for_every_behavior() {
        let mut ids: Vec<_> = ROWS.iter().map(|r| r.decision.row).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ROWS.len());
        for profile in Profile::ALL {
            for m in ["8000/0", "8000/1", "8010/2", "8000/3"] {
                for entry in PrimarySite::all() {
                    let m = Morphology::parse(m).unwrap();
                    assert!(reportability(profile, entry.site, m, None, Said::Plainly).is_some());
                }
            }
        }
    }
}
