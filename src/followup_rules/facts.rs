//! What the follow-up rules read of a record.

use chrono::NaiveDate;

use crate::{
    dictionary::{Items, names},
    partial_date::PartialDate,
};

/// Tumor items whose complete days prove that the patient was known at that time: diagnosis, first
/// contact, treatment, last cancer status.
pub const KNOWN_DATES: [&str; 19] = [
    names::DATE_OF_DIAGNOSIS,
    names::DATE_OF_1ST_CONTACT,
    names::DATE_1ST_CRS_RX_COC,
    names::DATE_INITIAL_RX_SEER,
    names::RX_DATE_SURGERY,
    names::RX_DATE_MOST_DEFIN_SURG,
    names::RX_DATE_SURGICAL_DISCH,
    names::RX_DATE_DX_STG_PROC,
    names::RX_DATE_RADIATION,
    names::RX_DATE_RADIATION_ENDED,
    names::RX_DATE_SYSTEMIC,
    names::RX_DATE_CHEMO,
    names::RX_DATE_HORMONE,
    names::RX_DATE_BRM,
    names::RX_DATE_OTHER,
    names::SUBSQ_RX_2ND_COURSE_DATE,
    names::SUBSQ_RX_3RD_COURSE_DATE,
    names::SUBSQ_RX_4TH_COURSE_DATE,
    names::DATE_OF_LAST_CANCER_STATUS,
];

/// What the record does not say: marks that supervisors set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// Months from the last contact to the due date, 3 to 11, instead of 12.
    pub short_interval_months: Option<u32>,
    /// Every way was tried, and a supervisor marked the patient lost.
    pub lost: bool,
}

/// A patient as the follow-up rules see one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Said once a patient.
    pub patient: PatientFacts,
    /// The primaries, in order.
    pub tumors: Vec<TumorFacts>,
}

/// Patient-level facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatientFacts {
    /// `dateOfLastContact`; `None` when blank or unreadable.
    pub last_contact: Option<PartialDate>,
    /// `vitalStatus` is 0. Anything else, blank included, is followed as living.
    pub dead: bool,
    /// `dateOfBirth`.
    pub born: Option<PartialDate>,
    /// `addrCurrentCountry` where it names a country; `None` for blank, ZZU and what is no country code.
    pub country: Option<String>,
    /// Marks of supervisors.
    pub extra: Extra,
}

/// Facts of one primary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TumorFacts {
    /// `classOfCase`, empty when blank.
    pub class_of_case: String,
    /// `behaviorCodeIcdO3`, empty when blank.
    pub behavior: String,
    /// `primarySite` in capitals without dot, empty when blank.
    pub site: String,
    /// `histologicTypeIcdO3`; `None` when blank or no number.
    pub histology: Option<u32>,
    /// `dateOfDiagnosis`.
    pub diagnosed: Option<PartialDate>,
    /// The complete days among [`KNOWN_DATES`].
    pub known_days: Vec<NaiveDate>,
    /// `nextFollowUpSource`, empty when blank.
    pub next_source: String,
}

impl Facts {
    /// Reads the items of a patient and of all tumors that are not deleted.
    ///
    /// Values that cannot be read count as blank: they never exempt a case and never prove a contact.
    pub fn of(patient: &Items, tumors: &[&Items], extra: Extra) -> Self {
        Self {
            patient: PatientFacts {
                last_contact: patient.date(names::DATE_OF_LAST_CONTACT),
                dead: patient.value(names::VITAL_STATUS) == "0",
                born: patient.date(names::DATE_OF_BIRTH),
                country: known_country(patient.value(names::ADDR_CURRENT_COUNTRY)),
                extra,
            },
            tumors: tumors.iter().map(|items| TumorFacts::of(items)).collect(),
        }
    }
}

impl TumorFacts {
    /// Reads the items of one tumor.
    pub fn of(items: &Items) -> Self {
        Self {
            class_of_case: items.value(names::CLASS_OF_CASE).to_owned(),
            behavior: items.value(names::BEHAVIOR_CODE_ICD_O_3).to_owned(),
            site: items.value(names::PRIMARY_SITE).to_uppercase().replace('.', ""),
            histology: items.value(names::HISTOLOGIC_TYPE_ICD_O_3).parse().ok(),
            diagnosed: items.date(names::DATE_OF_DIAGNOSIS),
            known_days: KNOWN_DATES.iter().filter_map(|id| items.date(id)?.day()).collect(),
            next_source: items.value(names::NEXT_FOLLOW_UP_SOURCE).to_owned(),
        }
    }
}

/// A country code that names a country. NAACCR writes ZZU for an unknown one.
fn known_country(value: &str) -> Option<String> {
    let code = value.to_uppercase();
    let is_code = code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
    (is_code && code != "ZZU").then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_counts_as_blank() {
        let patient: Items =
            [("dateOfLastContact", "99999999"), ("vitalStatus", "9"), ("addrCurrentCountry", "?1")]
                .into_iter()
                .collect();
        let tumor: Items =
            [("dateOfDiagnosis", "20240230"), ("rxDateSurgery", "20240301"), ("rxDateChemo", "202405")]
                .into_iter()
                .collect();
        let facts = Facts::of(&patient, &[&tumor], Extra::default());
        assert_eq!(facts.patient, PatientFacts::default());
        assert_eq!(facts.tumors[0].diagnosed, None);
        assert_eq!(facts.tumors[0].known_days, [NaiveDate::from_ymd_opt(2024, 3, 1).unwrap()]);
    }
}
