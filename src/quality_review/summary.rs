//! What the reviews of a period say: by abstractor, by field, and how far two codings agree beyond chance.
//!
//! Pure. Source: house rules of visual review: differences count for the abstractor at completion, upheld disputes are
//! taken out; kappa for site, histology and stage group, shown from 30 cases on.

use std::collections::BTreeMap;

use super::score::{self, Compared, ReviewedField, Tally, case_accuracy, kappa};
use crate::followup_rules::Rate;

/// One decided review.
#[derive(Clone, Debug)]
pub struct Reviewed {
    /// Login of who completed the abstract.
    pub abstractor: String,
    /// The reviewer had not seen the codes.
    pub blind: bool,
    /// Its fields; `true` where a dispute took the difference out.
    pub fields: Vec<(Compared, bool)>,
}

impl Reviewed {
    /// Its score.
    pub fn tally(&self) -> Tally {
        Tally::of(self.fields.iter().map(|(compared, removed)| (compared, *removed)))
    }
}

/// Sums of some reviews.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// A tally each.
    cases: Vec<Tally>,
}

impl Part {
    /// Reviews.
    pub fn cases(&self) -> usize {
        self.cases.len()
    }

    /// All fields.
    pub fn tally(&self) -> Tally {
        self.cases.iter().fold(Tally::default(), |sum, one| sum.and(*one))
    }

    /// Cases without a major difference, of all.
    pub fn case_accuracy(&self) -> Rate {
        case_accuracy(&self.cases)
    }
}

/// Agreement of one field beyond chance.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// Which.
    pub field: ReviewedField,
    /// Blind reviews in which both coded it.
    pub cases: usize,
    /// `None` below 30 cases, and where one code alone was given.
    pub kappa: Option<f64>,
}

/// The sums of a period.
#[derive(Clone, Debug)]
pub struct Sums {
    /// Everybody's.
    pub all: Part,
    /// By login of the abstractor.
    pub by_abstractor: BTreeMap<String, Part>,
    /// By field; only fields that were reviewed.
    pub by_field: BTreeMap<ReviewedField, Tally>,
    /// Site, histology, stage group.
    pub agreement: Vec<Agreement>,
}

/// Fields whose agreement is told.
const AGREEING: [ReviewedField; 3] =
    [ReviewedField::Site, ReviewedField::Histology, ReviewedField::StageGroup];

/// Adds reviews up. What two people coded does not change by a dispute, so agreement is of the codes; and only blind
/// reviews say anything about it.
pub fn sums(reviews: &[Reviewed]) -> Sums {
    let mut all = Part::default();
    let mut by_abstractor: BTreeMap<String, Part> = BTreeMap::new();
    let mut by_field: BTreeMap<ReviewedField, Tally> = BTreeMap::new();
    for review in reviews {
        let tally = review.tally();
        all.cases.push(tally);
        by_abstractor.entry(review.abstractor.clone()).or_default().cases.push(tally);
        for (compared, removed) in &review.fields {
            let one = Tally::of([(compared, *removed)]);
            let sum = by_field.entry(compared.field).or_default();
            *sum = sum.and(one);
        }
    }
    let agreement = AGREEING
        .into_iter()
        .map(|field| {
            let codes: Vec<(String, String)> = reviews
                .iter()
                .filter(|r| r.blind)
                .flat_map(|r| &r.fields)
                .filter(|(c, _)| c.field == field)
                .map(|(c, _)| (score::plain(&c.abstracted), score::plain(&c.reviewed)))
                .collect();
            Agreement { field, cases: codes.len(), kappa: kappa(&codes) }
        })
        .collect();
    Sums { all, by_abstractor, by_field, agreement }
}
