//! The prompt line of a field: its format and its codes, in one line; and when a code is full.

use super::super::{CaseItems, FormControl, FormRow};
use crate::{
    dictionary::{Code, CodeKind},
    web::Field,
};

/// Most codes that are told with their labels.
const TOLD: usize = 9;
/// Most codes that the browser knows, so that only a code of the list goes on by itself.
const KNOWN: usize = 80;
/// Most characters of a label in the line.
const LABEL: usize = 24;

/// Gives a field its prompt line, and the length after which the next field comes by itself.
pub(super) fn give(row: &FormRow, case: CaseItems<'_>, field: &mut Field) {
    let list = row.list(case);
    let length = row.def.length;
    field.prompt = match row.control {
        FormControl::Date => "Day 20240305, month 202403 or year 2024; t is today, t-7 a week ago".to_owned(),
        FormControl::Site => "C and three digits, or words of the place".to_owned(),
        FormControl::Histology => "Four digits, 8520/3 with behavior, or words of the diagnosis".to_owned(),
        FormControl::Size => {
            "Millimetres: 22, 15 mm or 2.2 cm; 000 none, 990 microscopic, 999 not known".to_owned()
        }
        FormControl::Masked | FormControl::Text | FormControl::Long => format!("Up to {length} characters"),
        FormControl::Derived => String::new(),
        FormControl::Code | FormControl::SchemaCode => codes(list, length),
    };
    field.full = match row.control {
        FormControl::Date => 8,
        FormControl::Code | FormControl::SchemaCode => full(list),
        _ => 0,
    };
    if field.full > 0 && list.len() <= KNOWN && list.iter().all(|c| c.kind != CodeKind::Range) {
        let codes: Vec<&str> = list.iter().filter(|c| c.kind == CodeKind::Code).map(|c| c.code).collect();
        field.codes = codes.join(" ");
    }
}

/// `1 Right, 2 Left, 9 Unknown`; of a long list its format and how many.
fn codes(list: &[Code], length: usize) -> String {
    let known: Vec<&Code> = list.iter().filter(|c| c.kind != CodeKind::Blank).collect();
    match known.len() {
        0 => format!("{length} characters"),
        n if n > TOLD => format!("One of {n} codes; F2 shows them"),
        _ => known.iter().map(|c| format!("{} {}", c.code, brief(c.label))).collect::<Vec<_>>().join(", "),
    }
}

fn brief(label: &str) -> String {
    if label.chars().count() <= LABEL {
        return label.to_owned();
    }
    let cut: String = label.chars().take(LABEL).collect();
    let words = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{} …", words.trim_end_matches([',', ';', ':']))
}

/// Length of all codes of a list, if they have one and the same.
fn full(list: &[Code]) -> usize {
    let mut lengths = list
        .iter()
        .filter(|c| c.kind != CodeKind::Blank)
        .flat_map(|c| c.code.split('-'))
        .map(|code| code.chars().count());
    let Some(first) = lengths.next() else { return 0 };
    if lengths.all(|n| n == first) { first } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{abstracting::form_row::row_of, dictionary::Items, web::Control};

    fn of(id: &str) -> Field {
        let (patient, tumor) = (Items::default(), Items::default());
        let mut field = Field::new(id, id, Control::Text);
        give(row_of(id).unwrap(), CaseItems::of(&patient, &tumor), &mut field);
        field
    }

    #[test]
    fn short_lists_are_told_and_full_codes_known() {
        let side = of("laterality");
        assert!(side.prompt.starts_with("0 "), "{}", side.prompt);
        assert_eq!((side.full, side.codes.as_str()), (1, "0 1 2 3 4 5 9"));
        assert_eq!(of("classOfCase").full, 2);
        assert_eq!(of("dateOfDiagnosis").full, 8);
        assert_eq!((of("nameLast").full, of("nameLast").prompt.as_str()), (0, "Up to 40 characters"));
    }
}
