//! Values that the form proposes for blank items, each with its reason. A proposal is shown,
//! never saved by itself.

mod from_diagnosis;
mod from_treatment;

use super::{CaseItems, Condition, FormControl, FormRow, Section, form_row::row_of};
use crate::{
    dictionary::{Items, Level, names},
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

/// The value of another item of the case, where it has one.
fn same_as(case: CaseItems<'_>, item: &str, why: &str) -> Option<Proposal> {
    let value = case.value(item);
    if value.is_empty() {
        return None;
    }
    let date = PartialDate::parse(value)
        .ok()
        .filter(|_| row_of(item).is_some_and(|r| r.control == FormControl::Date));
    proposal(date.map_or_else(|| value.to_owned(), PartialDate::iso), why)
}

/// What is proposed for an item; `None` when it has a value or nothing can be said.
pub fn propose(case: CaseItems<'_>, row: &FormRow) -> Option<Proposal> {
    if !case.value(row.id()).is_empty() {
        return None;
    }
    follows(case, row)
        .or_else(|| unknown_of_schema(case, row))
        .or_else(|| if row.default.is_empty() { None } else { proposal(row.default, "the usual value") })
}

/// What the rest of the case says about an item, whatever stands there now.
pub(super) fn follows(case: CaseItems<'_>, row: &FormRow) -> Option<Proposal> {
    let id = row.id();
    of_person(case, id)
        .or_else(|| from_diagnosis::propose(case, id))
        .or_else(|| from_treatment::propose(case, id))
        .or_else(|| of_outcome(case, id))
}

fn of_person(case: CaseItems<'_>, id: &str) -> Option<Proposal> {
    match id {
        names::TYPE_OF_REPORTING_SOURCE => match case.value(names::CLASS_OF_CASE) {
            "38" => proposal("6", "class 38 is autopsy only"),
            "43" => proposal("3", "class 43 is a specimen only"),
            "49" => proposal("7", "class 49 is a death certificate only"),
            _ => None,
        },
        "race2" | "race3" | "race4" | "race5" if case.value(names::RACE_1) == "99" => {
            proposal("99", "race 1 is not known")
        }
        "race3" | "race4" | "race5" if case.value("race2") == "88" => {
            proposal("88", "there is no second race")
        }
        names::MARITAL_STATUS_AT_DX => {
            let age: u32 = case.value(names::AGE_AT_DIAGNOSIS).parse().ok()?;
            if age < 15 { proposal("1", "a child under 15") } else { None }
        }
        names::BIRTHPLACE_STATE => state_of(case.value(names::BIRTHPLACE_COUNTRY)),
        names::ADDR_AT_DX_COUNTRY => country_of(case.value(names::ADDR_AT_DX_STATE)),
        names::PLACE_OF_DEATH_COUNTRY => country_of(case.value(names::PLACE_OF_DEATH_STATE)),
        names::ADDR_CURRENT_NO_STREET => same_as(case, names::ADDR_AT_DX_NO_STREET, "as at diagnosis"),
        names::ADDR_CURRENT_CITY => same_as(case, names::ADDR_AT_DX_CITY, "as at diagnosis"),
        names::ADDR_CURRENT_STATE => same_as(case, names::ADDR_AT_DX_STATE, "as at diagnosis"),
        names::ADDR_CURRENT_POSTAL_CODE => same_as(case, names::ADDR_AT_DX_POSTAL_CODE, "as at diagnosis"),
        names::ADDR_CURRENT_COUNTRY => same_as(case, names::ADDR_AT_DX_COUNTRY, "as at diagnosis"),
        names::NPI_PHYSICIAN_FOLLOW_UP => {
            same_as(case, names::NPI_PHYSICIAN_MANAGING, "the managing physician")
        }
        _ => None,
    }
}

/// Two letters for a country without states of its own.
fn state_of(country: &str) -> Option<Proposal> {
    match country {
        "" => None,
        "ZZU" => proposal("ZZ", "the country is not known"),
        "USA" | "CAN" => None,
        _ => proposal("YY", "a country without states in the list"),
    }
}

/// The country of a state or province of two letters.
fn country_of(state: &str) -> Option<Proposal> {
    const CANADA: [&str; 13] = ["AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT"];
    match state {
        "" | "XX" => None,
        "YY" | "ZZ" => proposal("ZZU", "the state is not known"),
        "CD" => proposal("CAN", "a province of Canada"),
        code if CANADA.contains(&code) => proposal("CAN", "a province of Canada"),
        code if code.len() == 2 => proposal("USA", format!("{code} is in the United States")),
        _ => None,
    }
}

fn of_outcome(case: CaseItems<'_>, id: &str) -> Option<Proposal> {
    match id {
        names::NEXT_FOLLOW_UP_SOURCE if Condition::Dead.holds(case) => proposal("9", "the patient is dead"),
        names::DATE_OF_LAST_CONTACT => {
            from_treatment::latest(case).and_then(|d| proposal(d.iso(), "the latest day in this case"))
        }
        names::DATE_OF_LAST_CANCER_STATUS => same_as(case, names::DATE_OF_LAST_CONTACT, "the last contact"),
        names::RECURRENCE_TYPE_1ST if case.value(names::SUMMARY_STAGE_2018) == "7" => {
            proposal("70", "distant at diagnosis, never disease-free")
        }
        _ => None,
    }
}

/// The schema's own word for “not known”, for items the form has no usual value for.
fn unknown_of_schema(case: CaseItems<'_>, row: &FormRow) -> Option<Proposal> {
    if row.control != FormControl::SchemaCode || !row.default.is_empty() || !row.is_required(case) {
        return None;
    }
    let unknown = case.schema()?.item(row.id())?.unknown;
    if unknown.is_empty() { None } else { proposal(unknown, "not known, unless the record says") }
}

/// The same by XML id.
pub fn propose_for(case: CaseItems<'_>, id: &str) -> Option<Proposal> {
    row_of(id).and_then(|row| propose(case, row))
}

/// Takes every proposal for blank items that completing needs, until nothing is left to take; `section` limits it
/// to the items of one section.
pub fn take_all(patient: &mut Items, tumor: &mut Items, section: Option<Section>) {
    let case = CaseItems::of(patient, tumor);
    let mut blank: Vec<&'static FormRow> = super::form_rows()
        .iter()
        .filter(|row| section.is_none_or(|s| s == row.section) && row.value(case).is_empty())
        // Nothing that is proposed changes the schema.
        .filter(|row| row.section != Section::SiteSpecific || row.is_shown(case))
        .collect();
    loop {
        let case = CaseItems::of(patient, tumor);
        blank.retain(|row| row.value(case).is_empty());
        let taken: Vec<(&'static FormRow, String)> = blank
            .iter()
            .copied()
            .filter(|row| row.is_wanted(case))
            .filter_map(|row| Some((row, row.stored(propose(case, row)?.value))))
            .collect();
        if taken.is_empty() {
            return;
        }
        for (row, value) in taken {
            let items = if row.def.level == Level::Patient { &mut *patient } else { &mut *tumor };
            items.set(row.id(), value);
        }
    }
}

/// Metastases at diagnosis by place. Source: NAACCR items 1112 to 1117.
pub(super) const METS_AT_DX: [&str; 6] =
    ["metsAtDxBone", "metsAtDxBrain", "metsAtDxLiver", "metsAtDxLung", "metsAtDxDistantLn", "metsAtDxOther"];

/// Says no to each place of metastases that is blank.
pub(super) fn no_spread(tumor: &mut Items) {
    for item in METS_AT_DX {
        if !tumor.has(item) {
            tumor.set(item, "0");
        }
    }
}

/// Writes the items that follow from others and are not asked for. One that somebody typed stays; one that
/// followed before and follows no longer is taken out, so that it is asked for.
pub(super) fn settle(before: CaseItems<'_>, patient: &mut Items, tumor: &mut Items) {
    for row in super::form_rows().iter().filter(|row| row.determined) {
        let case = CaseItems::of(patient, tumor);
        let (was, now) = (before.value(row.id()), case.value(row.id()));
        if now != was {
            continue;
        }
        let followed =
            row.is_determined(before) && follows(before, row).is_some_and(|p| row.stored(p.value) == was);
        let value =
            if row.is_determined(case) { follows(case, row).map(|p| row.stored(p.value)) } else { None };
        let items = if row.def.level == Level::Patient { &mut *patient } else { &mut *tumor };
        match value {
            Some(value) if was.is_empty() || followed => items.set(row.id(), value),
            None if followed && !was.is_empty() => {
                items.remove(row.id());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(
        id: &str,
        patient: &[(&'static str, &'static str)],
        tumor: &[(&'static str, &'static str)],
    ) -> Option<String> {
        let patient: Items = patient.iter().copied().collect();
        let tumor: Items = tumor.iter().copied().collect();
        propose_for(CaseItems::of(&patient, &tumor), id).map(|p| p.value)
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
    fn what_does_not_apply_to_a_site_is_said_and_not_asked() {
        let of_marrow = [
            ("dateOfDiagnosis", "20260505"),
            ("primarySite", "C421"),
            ("histologicTypeIcdO3", "9861"),
            ("behaviorCodeIcdO3", "3"),
        ];
        for (item, value) in [
            ("regionalNodesExamined", "99"),
            ("regionalNodesPositive", "99"),
            ("tumorSizeClinical", "999"),
            ("tumorSizeSummary", "999"),
            ("metsAtDxBone", "8"),
            ("summaryStage2018", "7"),
            ("ajccTnmClinT", "88"),
            ("ajccTnmPathStageGroup", "88"),
            ("rxSummScopeRegLnSur", "9"),
            ("rxSummSurgPrimSite2023", "A980"),
            ("reasonForNoSurgery", "1"),
            ("lymphVascularInvasion", "8"),
        ] {
            assert_eq!(of(item, &[], &of_marrow).as_deref(), Some(value), "{item}");
        }
        let (patient, tumor): (Items, Items) = (Items::default(), of_marrow.into_iter().collect());
        let case = CaseItems::of(&patient, &tumor);
        for item in ["regionalNodesExamined", "tumorSizeSummary", "metsAtDxOther", "ajccTnmClinM"] {
            assert!(!row_of(item).unwrap().is_shown(case), "{item} is not asked for");
        }

        let nodal =
            [("dateOfDiagnosis", "20260309"), ("primarySite", "C778"), ("histologicTypeIcdO3", "9680")];
        assert_eq!(of("ajccTnmClinT", &[], &nodal).as_deref(), Some("88"));
        assert_eq!(of("ajccTnmClinStageGroup", &[], &nodal).as_deref(), Some("99"), "lymphomas have groups");

        let benign = [
            ("dateOfDiagnosis", "20260504"),
            ("primarySite", "C700"),
            ("histologicTypeIcdO3", "9530"),
            ("behaviorCodeIcdO3", "0"),
            ("classOfCase", "14"),
        ];
        for (item, value) in [
            ("summaryStage2018", "8"),
            ("gradeClinical", "1"),
            ("lymphVascularInvasion", "8"),
            ("chromosome1pLossHeterozygosity", "6"),
            ("regionalNodesPositive", "99"),
        ] {
            assert_eq!(of(item, &[], &benign).as_deref(), Some(value), "{item}");
        }

        let unknown =
            [("dateOfDiagnosis", "20260605"), ("primarySite", "C809"), ("histologicTypeIcdO3", "8140")];
        assert_eq!(of("summaryStage2018", &[], &unknown).as_deref(), Some("9"));
        let breast =
            [("dateOfDiagnosis", "20260605"), ("primarySite", "C504"), ("histologicTypeIcdO3", "8500")];
        assert_eq!(of("ajccTnmClinT", &[], &breast), None);
        assert_eq!(of("metsAtDxBone", &[], &breast).as_deref(), Some("9"));
    }

    #[test]
    fn usual_values_and_those_of_the_class() {
        assert_eq!(of("typeOfReportingSource", &[], &[("classOfCase", "14")]), Some("1".to_owned()));
        assert_eq!(of("typeOfReportingSource", &[], &[("classOfCase", "49")]), Some("7".to_owned()));
        assert_eq!(of("nextFollowUpSource", &[("vitalStatus", "0")], &[]), Some("9".to_owned()));
        assert_eq!(of("sexAssignedAtBirth", &[], &[("primarySite", "C619")]), Some("1".to_owned()));
        assert_eq!(of("sexAssignedAtBirth", &[("sex", "1")], &[("primarySite", "C619")]), None);
        assert_eq!(of("nameLast", &[], &[]), Some("UNKNOWN".to_owned()));
        assert_eq!(of("dateOfBirth", &[], &[]), None);
    }
}
