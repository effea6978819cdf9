//! What of a patient's items becomes columns.

use super::{
    matching::security_number,
    name_key::{fold, sound},
};
use crate::dictionary::{Items, names};

/// A name under which the patient can be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchName {
    /// `name`, `birth` or `alias`.
    pub kind: &'static str,
    /// Folded family name.
    pub last_key: String,
    /// Folded given name.
    pub first_key: String,
    /// How the family name sounds.
    pub sound: String,
}

/// `Example, Harriet`, as pages and lists show a patient; what is missing is said.
pub fn full_name(last: &str, first: &str) -> String {
    match (last.trim(), first.trim()) {
        ("", "") => "No name yet".to_owned(),
        (last, "") => last.to_owned(),
        ("", first) => first.to_owned(),
        (last, first) => format!("{last}, {first}"),
    }
}

/// The columns derived from a patient's items alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientIndex {
    /// `patientIdNumber` as it stands.
    pub patient_id_number: String,
    /// Family name as it stands.
    pub name_last: String,
    /// Given name as it stands.
    pub name_first: String,
    /// `dateOfBirth` digits.
    pub birth_date: String,
    /// 1 male, 2 female, 9 otherwise. Codes 5 and 6 (transsexual, natal sex known) of the older item
    /// count as natal sex.
    pub sex: String,
    /// As [`security_number`] reads it; empty when it is not known.
    pub social_security_number: String,
    /// `vitalStatus`.
    pub vital_status: String,
    /// `dateOfLastContact` digits.
    pub last_contact: String,
    /// Names to find the patient by.
    pub names: Vec<SearchName>,
}

impl PatientIndex {
    /// Derives the columns.
    pub fn of(items: &Items) -> Self {
        let text = |id: &str| items.value(id).to_owned();
        let mut found = Vec::new();
        let mut add = |kind: &'static str, last: &str, first: &str| {
            let last_key = fold(last);
            if !last_key.is_empty() && last_key != "unknown" {
                found.push(SearchName { kind, sound: sound(&last_key), last_key, first_key: fold(first) });
            }
        };
        let first = items.value(names::NAME_FIRST);
        add("name", items.value(names::NAME_LAST), first);
        add("birth", items.value(names::NAME_BIRTH_SURNAME), first);
        add("alias", items.value(names::NAME_ALIAS), first);
        Self {
            patient_id_number: text(names::PATIENT_ID_NUMBER),
            name_last: text(names::NAME_LAST),
            name_first: text(names::NAME_FIRST),
            birth_date: items.date(names::DATE_OF_BIRTH).map(|d| d.to_string()).unwrap_or_default(),
            sex: match items.value(names::SEX_ASSIGNED_AT_BIRTH) {
                "1" | "5" => "1",
                "2" | "6" => "2",
                _ => "9",
            }
            .to_owned(),
            social_security_number: security_number(items.value(names::SOCIAL_SECURITY_NUMBER))
                .unwrap_or_default(),
            vital_status: text(names::VITAL_STATUS),
            last_contact: items.date(names::DATE_OF_LAST_CONTACT).map(|d| d.to_string()).unwrap_or_default(),
            names: found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_as_far_as_it_is_known() {
        for (last, first, shown) in [
            ("Example", "Harriet", "Example, Harriet"),
            ("Example", "", "Example"),
            ("", "Harriet", "Harriet"),
            ("", " ", "No name yet"),
        ] {
            assert_eq!(full_name(last, first), shown);
        }
    }

    #[test]
    fn a_patient_is_found_under_every_name() {
        let items: Items = [
            ("nameLast", "O'Neill-Müller"),
            ("nameFirst", "Zoë"),
            ("nameBirthSurname", "Lindqvist"),
            ("socialSecurityNumber", "999999999"),
            ("sex", "6"),
            ("dateOfBirth", "1950"),
        ]
        .into_iter()
        .collect();
        let index = PatientIndex::of(&items);
        let keys: Vec<_> =
            index.names.iter().map(|n| (n.kind, n.last_key.as_str(), n.first_key.as_str())).collect();
        assert_eq!(keys, vec![("name", "oneillmuller", "zoe"), ("birth", "lindqvist", "zoe")]);
        assert_eq!(
            (index.social_security_number.as_str(), index.sex.as_str(), index.birth_date.as_str()),
            ("", "2", "1950")
        );
    }
}
