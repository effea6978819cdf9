//! Values that the form proposes for blank items, each with its reason. A proposal is shown,
//! never saved by itself.

use super::{CaseItems, Condition, FormRow, form_row::row_of};
use crate::{
    dictionary::names,
    icdo::{Behavior, Laterality, Morphology, PrimarySite, laterality::SideNeeded, morphology::Histology},
    partial_date::PartialDate,
};

/// A proposed value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The value.
    pub value: String,
    /// Why, as part of a sentence: “C18.7 is not a paired site”.
    pub why: String,
}

fn proposal(value: impl Into<String>, why: impl Into<String>) -> Option<Proposal> {
    Some(Proposal { value: value.into(), why: why.into() })
}

/// Tumor items with the dates on which treatment began.
const TREATMENT_DATES: [&str; 5] = [
    names::RX_DATE_SURGERY,
    names::RX_DATE_RADIATION,
    names::RX_DATE_CHEMO,
    names::RX_DATE_HORMONE,
    names::RX_DATE_BRM,
];

/// What is proposed for an item; `None` when it has a value or nothing can be said.
pub fn propose(case: CaseItems<'_>, row: &FormRow) -> Option<Proposal> {
    let id = row.id();
    if !case.value(id).is_empty() {
        return None;
    }
    let own = match id {
        names::LATERALITY => laterality(case),
        names::BEHAVIOR_CODE_ICD_O_3 => behavior(case),
        names::TYPE_OF_REPORTING_SOURCE => match case.value(names::CLASS_OF_CASE) {
            "38" => proposal("6", "class 38 is autopsy only"),
            "43" => proposal("3", "class 43 is a specimen only"),
            "49" => proposal("7", "class 49 is a death certificate only"),
            _ => None,
        },
        names::SEX_ASSIGNED_AT_BIRTH => sex(case),
        names::REASON_FOR_NO_SURGERY if Condition::Surgery.holds(case) => {
            proposal("0", "the primary was operated on")
        }
        names::RX_SUMM_TREATMENT_STATUS if treated(case) => proposal("1", "treatment is coded below"),
        names::DATE_1ST_CRS_RX_COC => {
            earliest(case).and_then(|d| proposal(d.iso(), "the earliest treatment below"))
        }
        names::SUMMARY_STAGE_2018 if case.value(names::BEHAVIOR_CODE_ICD_O_3) == "2" => {
            proposal("0", "behavior 2 is in situ")
        }
        names::NEXT_FOLLOW_UP_SOURCE if Condition::Dead.holds(case) => proposal("9", "the patient is dead"),
        names::DATE_OF_LAST_CONTACT => {
            latest(case).and_then(|d| proposal(d.iso(), "the latest day in this case"))
        }
        _ => None,
    };
    own.or_else(|| if row.default.is_empty() { None } else { proposal(row.default, "the usual value") })
}

/// The same by XML id.
pub fn propose_for(case: CaseItems<'_>, id: &str) -> Option<Proposal> {
    row_of(id).and_then(|row| propose(case, row))
}

fn treated(case: CaseItems<'_>) -> bool {
    use Condition::{Chemo, Hormone, Immuno, Radiation, Surgery};
    [Surgery, Radiation, Chemo, Hormone, Immuno].into_iter().any(|c| c.holds(case))
}

fn laterality(case: CaseItems<'_>) -> Option<Proposal> {
    let site = PrimarySite::parse(case.value(names::PRIMARY_SITE)).ok()?;
    if site.number() == 342 {
        return proposal("1", "only the right lung has a middle lobe");
    }
    match Laterality::needed(site, case.dx_year()) {
        SideNeeded::No => proposal("0", format!("{} is not a paired site", site.shown())),
        SideNeeded::Yes | SideNeeded::Unless(_) => None,
    }
}

fn behavior(case: CaseItems<'_>) -> Option<Proposal> {
    let histology = Histology::parse(case.value(names::HISTOLOGIC_TYPE_ICD_O_3)).ok()?;
    let listed: Vec<Behavior> = Behavior::STORED
        .into_iter()
        .filter(|b| Morphology { histology, behavior: *b }.entry().is_some())
        .collect();
    match listed.as_slice() {
        [only] => proposal(only.code(), format!("{histology} is listed with this behavior only")),
        _ if listed.contains(&Behavior::Malignant) => {
            proposal("3", format!("{histology}/3, the usual behavior"))
        }
        _ => None,
    }
}

fn sex(case: CaseItems<'_>) -> Option<Proposal> {
    let site = PrimarySite::parse(case.value(names::PRIMARY_SITE)).ok()?;
    match site.category() {
        51..=58 => proposal("2", format!("{} is an organ of women", site.shown())),
        60..=63 => proposal("1", format!("{} is an organ of men", site.shown())),
        _ => None,
    }
}

fn earliest(case: CaseItems<'_>) -> Option<PartialDate> {
    TREATMENT_DATES.iter().filter_map(|id| case.tumor.date(id)).min_by_key(|d| d.earliest())
}

fn latest(case: CaseItems<'_>) -> Option<PartialDate> {
    [names::DATE_OF_1ST_CONTACT, names::DATE_OF_DIAGNOSIS, names::DATE_1ST_CRS_RX_COC]
        .iter()
        .chain(&TREATMENT_DATES)
        .filter_map(|id| case.tumor.date(id))
        .filter(|d| d.day().is_some())
        .max_by_key(|d| d.earliest())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary::Items;

    fn of(
        id: &str,
        patient: &[(&'static str, &'static str)],
        tumor: &[(&'static str, &'static str)],
    ) -> Option<String> {
        let patient: Items = patient.iter().copied().collect();
        let tumor: Items = tumor.iter().copied().collect();
        propose_for(CaseItems { patient: &patient, tumor: &tumor }, id).map(|p| p.value)
    }

    #[test]
    fn the_side_is_proposed_only_where_it_is_sure() {
        assert_eq!(of("laterality", &[], &[("primarySite", "C187")]), Some("0".to_owned()));
        assert_eq!(of("laterality", &[], &[("primarySite", "C342")]), Some("1".to_owned()));
        assert_eq!(of("laterality", &[], &[("primarySite", "C504")]), None);
        assert_eq!(of("laterality", &[], &[("primarySite", "C187"), ("laterality", "9")]), None);
    }

    #[test]
    fn the_behavior_follows_the_histology() {
        assert_eq!(of("behaviorCodeIcdO3", &[], &[("histologicTypeIcdO3", "8500")]), Some("3".to_owned()));
        assert_eq!(of("behaviorCodeIcdO3", &[], &[("histologicTypeIcdO3", "none")]), None);
    }

    #[test]
    fn treatment_tells_status_first_date_and_reason() {
        let tumor = [
            ("dateOfDiagnosis", "20240105"),
            ("rxSummSurgPrimSite2023", "A220"),
            ("rxDateSurgery", "20240301"),
            ("rxSummChemo", "03"),
            ("rxDateChemo", "202402"),
        ];
        assert_eq!(of("rxSummTreatmentStatus", &[], &tumor), Some("1".to_owned()));
        assert_eq!(of("reasonForNoSurgery", &[], &tumor), Some("0".to_owned()));
        assert_eq!(of("date1stCrsRxCoc", &[], &tumor), Some("2024-02".to_owned()));
        assert_eq!(of("dateOfLastContact", &[], &tumor), Some("2024-03-01".to_owned()));
        assert_eq!(of("rxSummTreatmentStatus", &[], &[("rxSummChemo", "00")]), None);
    }

    #[test]
    fn usual_values_and_those_of_the_class() {
        assert_eq!(of("typeOfReportingSource", &[], &[("classOfCase", "14")]), Some("1".to_owned()));
        assert_eq!(of("typeOfReportingSource", &[], &[("classOfCase", "49")]), Some("7".to_owned()));
        assert_eq!(of("nextFollowUpSource", &[("vitalStatus", "0")], &[]), Some("9".to_owned()));
        assert_eq!(of("sexAssignedAtBirth", &[], &[("primarySite", "C619")]), Some("1".to_owned()));
        assert_eq!(of("sexAssignedAtBirth", &[("sex", "1")], &[("primarySite", "C619")]), None);
        assert_eq!(of("nameLast", &[], &[]), None);
    }
}
