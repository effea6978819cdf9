//! What of a tumor's items becomes columns.

use chrono::NaiveDate;

use super::deadline;
use crate::dictionary::{Items, names};

/// The columns derived from the items of a tumor and its patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TumorIndex {
    /// `accessionNumberHosp`.
    pub accession_number: String,
    /// `sequenceNumberHospital`.
    pub sequence_number: String,
    /// `medicalRecordNumber` without leading zeros and blanks, as people type it.
    pub medical_record_number: String,
    /// `classOfCase`.
    pub class_of_case: String,
    /// `primarySite`, `C504`.
    pub primary_site: String,
    /// `histologicTypeIcdO3`.
    pub histology: String,
    /// `behaviorCodeIcdO3`.
    pub behavior: String,
    /// `dateOfDiagnosis` digits.
    pub dx_date: String,
    /// Its year.
    pub dx_year: Option<i32>,
    /// `dateOf1stContact` digits.
    pub first_contact: String,
    /// Six months after the last possible day of first contact, or of what the class says instead: the abstract
    /// should be complete.
    pub abstract_due: Option<NaiveDate>,
    /// `dateCaseCompleted` digits.
    pub completed: String,
    /// `summaryStage2018`.
    pub summary_stage: String,
}

/// A medical record number as it is compared: no leading zeros, no blanks or hyphens, capitals.
pub fn record_number_key(number: &str) -> String {
    let kept: String = number.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    kept.trim_start_matches('0').to_owned()
}

impl TumorIndex {
    /// Derives the columns.
    pub fn of(patient: &Items, items: &Items) -> Self {
        let text = |id: &str| items.value(id).to_owned();
        let digits = |id: &str| items.date(id).map(|d| d.to_string()).unwrap_or_default();
        Self {
            accession_number: text(names::ACCESSION_NUMBER_HOSP),
            sequence_number: text(names::SEQUENCE_NUMBER_HOSPITAL),
            medical_record_number: match items.value(names::MEDICAL_RECORD_NUMBER) {
                "UNK" | "RT" | "SU" => String::new(),
                number => record_number_key(number),
            },
            class_of_case: text(names::CLASS_OF_CASE),
            primary_site: items.value(names::PRIMARY_SITE).to_uppercase().replace('.', ""),
            histology: text(names::HISTOLOGIC_TYPE_ICD_O_3),
            behavior: text(names::BEHAVIOR_CODE_ICD_O_3),
            dx_date: digits(names::DATE_OF_DIAGNOSIS),
            dx_year: items.date(names::DATE_OF_DIAGNOSIS).map(|d| d.year()),
            first_contact: digits(names::DATE_OF_1ST_CONTACT),
            abstract_due: deadline::abstract_due(patient, items),
            completed: digits(names::DATE_CASE_COMPLETED),
            summary_stage: text(names::SUMMARY_STAGE_2018),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_abstract_is_due_six_months_after_the_last_possible_first_contact() {
        for (first, due) in [("20240831", "2025-02-28"), ("202408", "2025-02-28"), ("2024", "2025-06-30")] {
            let items: Items = [("dateOf1stContact", first)].into_iter().collect();
            assert_eq!(TumorIndex::of(&Items::default(), &items).abstract_due.unwrap().to_string(), due);
        }
        assert_eq!(TumorIndex::of(&Items::default(), &Items::default()).abstract_due, None);
    }

    #[test]
    fn record_numbers_compare_as_people_type_them() {
        assert_eq!(record_number_key("000-123 a"), "123A");
    }
}
