//! The person of a new case, as typed into its search. Pure.

use chrono::NaiveDate;

use super::form::pair;
use crate::{
    dictionary::{Items, names},
    partial_date::{PartialDate, SlashOrder},
    web::FormErrors,
};

/// Fields of the search: item, label, hint.
pub(crate) const FIELDS: [(&str, &str, &str); 7] = [
    (names::NAME_LAST, "Last name", ""),
    (names::NAME_FIRST, "First name", ""),
    (names::NAME_MIDDLE, "Middle name", "If known."),
    (names::DATE_OF_BIRTH, "Date of birth", "Year, month or day, as far as known."),
    (names::SEX_ASSIGNED_AT_BIRTH, "Sex assigned at birth", "1 male, 2 female, 9 not known."),
    (names::SOCIAL_SECURITY_NUMBER, "Social security number", "If known."),
    (names::MEDICAL_RECORD_NUMBER, "Medical record number", "Of this hospital."),
];

/// A person as typed, understood.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub(crate) items: Items,
    /// Of the hospital, as typed.
    pub(crate) record_number: String,
}

/// Reads what was typed of a person; all complaints at once.
pub(crate) fn read(
    pairs: &[(String, String)],
    today: NaiveDate,
    order: SlashOrder,
) -> Result<Person, FormErrors> {
    let mut errors = FormErrors::default();
    let mut items = Items::default();
    for (id, label, _) in FIELDS {
        let typed = pair(pairs, id).unwrap_or("").trim();
        if typed.is_empty() || id == names::MEDICAL_RECORD_NUMBER {
            continue;
        }
        let value = match id {
            names::DATE_OF_BIRTH => birth_date(typed, today, order),
            names::SEX_ASSIGNED_AT_BIRTH => sex(typed),
            names::SOCIAL_SECURITY_NUMBER => nine_digits(typed),
            _ => at_most(typed, 40),
        };
        if let Some(value) = errors.take(id, label, value) {
            items.set(id, value);
        }
    }
    let typed = pair(pairs, names::MEDICAL_RECORD_NUMBER).unwrap_or("").trim();
    let record_number =
        errors.take(names::MEDICAL_RECORD_NUMBER, "Medical record number", at_most(typed, 15));
    let record_number = record_number.unwrap_or_default();
    if !items.has(names::NAME_LAST) && record_number.is_empty() && errors.is_empty() {
        errors.add(
            names::NAME_LAST,
            "Last name",
            "Enter a last name (UNKNOWN if there is none), or a record number.",
        );
    }
    errors.or(Some(Person { items, record_number }))
}

fn at_most(typed: &str, most: usize) -> Result<String, String> {
    match typed.chars().count() {
        n if n > most => Err(format!("{n} characters were typed; {most} fit. Nothing was cut off.")),
        _ => Ok(typed.to_owned()),
    }
}

fn birth_date(typed: &str, today: NaiveDate, order: SlashOrder) -> Result<String, String> {
    match PartialDate::parse_typed(typed, today, order).map_err(|e| e.to_string())? {
        Some(date) if date.definitely_after(today.into()) => {
            Err(format!("{} is in the future. Enter today or an earlier day.", date.iso()))
        }
        date => Ok(date.map(|d| d.to_string()).unwrap_or_default()),
    }
}

fn sex(typed: &str) -> Result<String, String> {
    match typed {
        "1" | "2" | "9" => Ok(typed.to_owned()),
        other => Err(format!("“{other}” is not one of its codes. Enter 1, 2 or 9.")),
    }
}

/// The complaint does not repeat the number.
fn nine_digits(typed: &str) -> Result<String, String> {
    let plain: String = typed.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    if plain.len() == 9 && plain.bytes().all(|b| b.is_ascii_digit()) {
        Ok(plain)
    } else {
        Err("Nine digits are needed, or nothing.".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Result<Person, FormErrors> {
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        read(&pairs, NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(), SlashOrder::MonthFirst)
    }

    #[test]
    fn a_person_is_read_with_all_complaints_at_once() {
        let read = typed(&[
            ("nameLast", " Fictive "),
            ("dateOfBirth", "3/14/1951"),
            ("socialSecurityNumber", "900-11-2222"),
        ])
        .unwrap();
        assert_eq!(read.items.value("nameLast"), "Fictive");
        assert_eq!(read.items.value("dateOfBirth"), "19510314");
        assert_eq!(read.items.value("socialSecurityNumber"), "900112222");
        let wrong =
            typed(&[("dateOfBirth", "2027"), ("sexAssignedAtBirth", "m"), ("socialSecurityNumber", "12")])
                .unwrap_err();
        assert_eq!(wrong.len(), 3);
        assert_eq!(typed(&[]).unwrap_err().len(), 1);
        assert!(typed(&[("medicalRecordNumber", "12345")]).is_ok());
    }
}
