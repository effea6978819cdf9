//! Does an arrival belong to a case that is here? Automatic linking, which must never be wrong in silence:
//! it says yes only where person, tumor and time all fit, and only one case does.
//!
//! Source: workflow rules of the registry, states of suspense: same patient, same site group, within the
//! tumor's first year, a score at or above a threshold. The points of the score are those of
//! [`Likeness`](crate::patient::matching::Likeness); groups of sites and histologies are those of IARC/IACR 2004.

use chrono::Months;

use super::{facts::NewItem, screening::Screened};
use crate::{
    abstracting::{Person, likely_persons},
    db::{StoreError, Tx},
    dictionary::{Items, names},
    icdo::{Behavior, Histology, Morphology, PrimarySite},
    partial_date::PartialDate,
    patient::matching::contradict,
    quality_review,
    recodes::iarc::{self, Primaries},
    tumor::TumorRow,
};

/// Points from which a person is taken for the same: record number and birth date (9), social security number and
/// last name (9), or last name, first name and birth date (9) are just enough.
pub(super) const SAME_PERSON: u32 = 9;

/// A case that an arrival belongs to.
#[derive(Clone, Debug)]
pub(super) struct Match {
    pub(super) case: TumorRow,
    /// Why, in words.
    pub(super) why: String,
}

/// The one case that an arrival belongs to; `None` when none or several fit, or the actor may not know.
pub(super) fn find(tx: &mut Tx<'_>, item: &NewItem) -> Result<Option<Match>, StoreError> {
    if !item.facts.screened.candidate || item.facts.screened.site.is_empty() {
        return Ok(None);
    }
    let items: Items = item.facts.person.iter().map(|(id, value)| (id.clone(), value.clone())).collect();
    let person = Person { items, record_number: item.record_number.clone() };
    let hidden = quality_review::hidden(tx)?;
    let mut fitting: Vec<Match> = Vec::new();
    for (patient, cases, likeness) in likely_persons(tx, &person)? {
        let same = likeness.weight >= SAME_PERSON && !contradict(&person.items, &patient.items()?);
        if !same || patient.state != "active" {
            continue;
        }
        // Whose codes the actor must not know yet is matched by somebody, not by the way.
        if hidden.patient(patient.id) {
            return Ok(None);
        }
        for case in cases {
            if matches!(case.state.as_str(), "delete_requested" | "deleted") {
                continue;
            }
            if let Some(tumor) = same_tumor(&item.facts.screened, item.on, &case.items()?) {
                let why = format!("{}; {tumor}", likeness.shared.join(", "));
                fitting.push(Match { case, why });
            }
        }
    }
    Ok(match fitting.len() {
        1 => fitting.pop(),
        _ => None,
    })
}

/// Why an arrival tells of this tumor; `None` when it may tell of another.
fn same_tumor(screened: &Screened, on: Option<PartialDate>, tumor: &Items) -> Option<String> {
    let told = PrimarySite::parse(&screened.site).ok()?;
    let known = PrimarySite::parse(tumor.value(names::PRIMARY_SITE)).ok()?;
    let vague = |site: PrimarySite| matches!(site.category(), 76 | 80);
    if vague(told) || vague(known) || iarc::site_group(told) != iarc::site_group(known) {
        return None;
    }
    let (told_side, side) = (screened.side.as_str(), tumor.value(names::LATERALITY));
    let parted = |a, b| a == "1" && b == "2";
    if parted(told_side, side) || parted(side, told_side) {
        return None;
    }
    let histology = Histology::parse(tumor.value(names::HISTOLOGIC_TYPE_ICD_O_3)).ok();
    let behavior = Behavior::parse(tumor.value(names::BEHAVIOR_CODE_ICD_O_3)).ok();
    let known_morphology =
        histology.zip(behavior).map(|(histology, behavior)| Morphology { histology, behavior });
    // Where a disease of the blood is does not tell one from another.
    let systemic = |m: &Morphology| m.histology.is_hematopoietic();
    match (Morphology::parse(&screened.morphology).ok(), known_morphology) {
        (Some(a), Some(b)) => {
            let compared = iarc::compare((told, a), (known, b))?;
            if compared.primaries != Primaries::Same || systemic(&a) != systemic(&b) {
                return None;
            }
        }
        (None, Some(b)) if systemic(&b) => return None,
        (Some(a), None) if systemic(&a) => return None,
        _ => {}
    }
    let (on, diagnosed) = (on?, tumor.date(names::DATE_OF_DIAGNOSIS)?);
    // A date that is known in part only must lie in the year whatever day it was.
    let ends = diagnosed.earliest().checked_add_months(Months::new(12))?;
    if on.earliest() < diagnosed.earliest() || on.latest() > ends {
        return None;
    }
    Some(format!("the same group of sites, {}, in the first year after diagnosis", known.shown()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> Items {
        [
            ("primarySite", "C504"),
            ("histologicTypeIcdO3", "8500"),
            ("behaviorCodeIcdO3", "3"),
            ("laterality", "2"),
            ("dateOfDiagnosis", "20260301"),
        ]
        .into_iter()
        .collect()
    }

    fn told(words: &str) -> (Screened, Option<PartialDate>) {
        let mut parts = words.split(' ').map(|w| if w == "-" { "" } else { w }.to_owned());
        let mut next = || parts.next().unwrap();
        let (site, morphology, side) = (next(), next(), next());
        let on = PartialDate::parse(&next()).ok();
        (Screened { candidate: true, site, morphology, side, ..Screened::default() }, on)
    }

    /// Site, morphology, side and date of the arrival; `-` for what it does not say.
    #[test]
    fn only_what_cannot_be_another_tumor_fits() {
        for (words, fits) in [
            ("C504 85003 2 20260301", true),
            ("C509 - - 20260620", true),
            ("C509 80103 2 20270301", true),
            ("C509 - - 20260228", false),
            ("C509 - - 20270302", false),
            ("C509 - - 202606", true),
            ("C509 - - 202702", true),
            ("C509 - - 202602", false),
            ("C509 - - 2026", false),
            ("C509 - - -", false),
            ("C504 85003 1 20260301", false),
            ("C504 88903 2 20260301", false),
            ("C504 96803 2 20260301", false),
            ("C619 81403 - 20260301", false),
            ("C809 80103 - 20260301", false),
            ("- 85003 2 20260301", false),
        ] {
            let (screened, on) = told(words);
            assert_eq!(same_tumor(&screened, on, &case()).is_some(), fits, "{words}");
        }
    }

    #[test]
    fn a_lymphoma_is_matched_by_its_histology_only() {
        let mut lymphoma = case();
        lymphoma.set("primarySite", "C779");
        lymphoma.set("histologicTypeIcdO3", "9680");
        lymphoma.set("laterality", "0");
        let fits = |words: &str| {
            let (screened, on) = told(words);
            same_tumor(&screened, on, &lymphoma).is_some()
        };
        assert!(fits("C779 96803 - 20260401"));
        assert!(!fits("C779 - - 20260401"));
        assert!(!fits("C779 96503 - 20260401"));
    }

    #[test]
    fn a_case_that_is_not_coded_yet_or_has_no_date_is_left_to_people() {
        let (screened, on) = told("C504 85003 2 20260301");
        for item in ["primarySite", "dateOfDiagnosis"] {
            let mut bare = case();
            bare.remove(item);
            assert_eq!(same_tumor(&screened, on, &bare), None, "{item}");
        }
    }
}
