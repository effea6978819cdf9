//! What is typed into one box, as the standard stores it.

use super::{CaseItems, FormControl, FormRow, derive, form::Reading};
use crate::{dictionary::names, partial_date::PartialDate};

/// What a box's typing is stored as, or why it is not.
pub(super) fn read(
    row: &FormRow,
    typed: &str,
    case: CaseItems<'_>,
    reading: Reading,
) -> Result<String, String> {
    if typed.is_empty() {
        return Ok(String::new());
    }
    let value = match row.control {
        FormControl::Date => PartialDate::parse_typed(typed, reading.today, reading.slashes)
            .map(|d| d.map_or_else(String::new, |d| d.to_string()))
            .map_err(|e| e.to_string())?,
        FormControl::Site => derive::read_site(typed).ok_or_else(|| {
            format!("“{typed}” is not a site of ICD-O-3. Enter a code such as C50.4, or choose from the list.")
        })?,
        FormControl::Histology => derive::read_histology(typed).map(|_| typed.to_owned()).ok_or_else(|| {
            format!("“{typed}” is not a histology of ICD-O-3. Enter a code such as 8520 or 8520/3, or choose from the list.")
        })?,
        FormControl::Masked if row.id() == names::SOCIAL_SECURITY_NUMBER => social_security_number(typed)?,
        FormControl::Masked => medicare_number(typed)?,
        FormControl::Size => millimetres(typed)?,
        FormControl::Code | FormControl::SchemaCode => code(row, typed, case),
        FormControl::Text | FormControl::Long | FormControl::Derived => typed.to_owned(),
    };
    let given = value.chars().count();
    if row.control != FormControl::Histology && given > row.def.length {
        return Err(format!("{given} characters were typed; {} fit. Nothing was cut off.", row.def.length));
    }
    Ok(value)
}

fn social_security_number(typed: &str) -> Result<String, String> {
    let digits: String = typed.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    if digits.len() == 9 && digits.bytes().all(|b| b.is_ascii_digit()) {
        Ok(digits)
    } else {
        Err("A social security number has nine digits; enter 999999999 if it is not known.".to_owned())
    }
}

fn medicare_number(typed: &str) -> Result<String, String> {
    let plain: String = typed.chars().filter(|c| !matches!(c, '-' | ' ')).collect::<String>().to_uppercase();
    if plain.len() == 11 && plain.bytes().all(|b| b.is_ascii_alphanumeric()) {
        Ok(plain)
    } else {
        Err("A Medicare id has eleven letters and digits.".to_owned())
    }
}

/// A size as three digits of millimetres: `22`, `022`, `22 mm`, `2.2 cm`.
///
/// Source: NAACCR items 752, 754, 756; STORE rounds to the nearest millimetre.
fn millimetres(typed: &str) -> Result<String, String> {
    let lower = typed.to_lowercase();
    let (number, factor) = match (lower.strip_suffix("cm"), lower.strip_suffix("mm")) {
        (Some(number), _) => (number, 10.0),
        (_, Some(number)) => (number, 1.0),
        _ if lower.bytes().all(|b| b.is_ascii_digit()) => return Ok(format!("{lower:0>3}")),
        _ => (lower.as_str(), 0.0),
    };
    let size = number.trim().replace(',', ".").parse::<f64>().ok().map(|n| (n * factor).round());
    match size.filter(|mm| factor > 0.0 && (0.0..=988.0).contains(mm)) {
        Some(mm) => Ok(format!("{mm:03.0}")),
        None => Err(format!(
            "“{typed}” is not a size. Enter millimetres (22), or a number with its unit (2.2 cm); 999 if it is not known."
        )),
    }
}

/// A code as its list has it: letters in capitals, leading zeros where only so it is listed.
fn code(row: &FormRow, typed: &str, case: CaseItems<'_>) -> String {
    let list = row.list(case);
    let has = |code: &str| list.iter().any(|c| c.fits(code));
    let upper = typed.to_uppercase();
    let padded = format!("{upper:0>width$}", width = row.def.length);
    let wide =
        |code: &str| list.iter().any(|c| c.code.split('-').next().is_some_and(|c| c.len() == code.len()));
    if has(typed) && wide(typed) {
        typed.to_owned()
    } else if has(&upper) && wide(&upper) {
        upper
    } else if typed.bytes().all(|b| b.is_ascii_digit()) && has(&padded) && wide(&padded) {
        padded
    } else if list.is_empty() || has(&upper) {
        upper
    } else {
        typed.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_their_unit() {
        for (typed, stored) in
            [("22", "022"), ("2.2 cm", "022"), ("2,25cm", "023"), ("15 mm", "015"), ("999", "999")]
        {
            assert_eq!(millimetres(typed).as_deref(), Ok(stored), "{typed}");
        }
        for typed in ["2.2", "about 2 cm", "-3 mm", "150 cm"] {
            assert!(millimetres(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn numbers_of_people_lose_their_hyphens_and_nothing_else() {
        assert_eq!(social_security_number("900-11-2222").as_deref(), Ok("900112222"));
        assert!(social_security_number("90011222").is_err());
        assert_eq!(medicare_number("1eg4-te5-mk73").as_deref(), Ok("1EG4TE5MK73"));
        assert!(medicare_number("1EG4").is_err());
    }
}
