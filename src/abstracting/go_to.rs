//! The command box on a case: words for a field, and the field they mean.

use super::{FormRow, form_row::form_rows};

/// Begins words that can only mean a field: `.lat`.
pub const FIELD_MARK: char = '.';

/// The field that is meant: its label or XML id, `#` and its item number, or after a full stop the beginning of its
/// label or of a word in it, the first of the form that fits. `None` where no field is meant.
pub fn field_named(words: &str) -> Option<&'static FormRow> {
    let words = words.trim();
    if let Some(number) = words.strip_prefix('#') {
        let number: u32 = number.trim().parse().ok()?;
        return form_rows().iter().find(|r| r.def.number == number);
    }
    let marked = words.strip_prefix(FIELD_MARK);
    let wanted = marked.unwrap_or(words).trim().to_lowercase();
    if wanted.is_empty() {
        return None;
    }
    let label = |row: &&FormRow| row.label.to_lowercase();
    let mut rows = form_rows().iter();
    rows.clone()
        .find(|r| label(r) == wanted || r.id() == words)
        .or_else(|| marked.and_then(|_| rows.clone().find(|r| label(r).starts_with(&wanted))))
        .or_else(|| {
            // At the beginning of a word: behind a blank or a bracket.
            let inside = |r: &&FormRow| {
                let label = label(r);
                [' ', '(', '/'].iter().any(|before| label.contains(&format!("{before}{wanted}")))
            };
            marked.and_then(|_| rows.find(inside))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_named_by_label_id_number_or_beginning() {
        let id = |words: &str| field_named(words).map(FormRow::id);
        for words in ["Laterality", "laterality ", "#410", ".lat", ". Later"] {
            assert_eq!(id(words), Some("laterality"), "{words}");
        }
        assert_eq!(id(".histology"), Some("histologicTypeIcdO3"));
        assert_eq!(id(".birth"), Some("nameBirthSurname"), "the beginning of a label before a word in it");
        assert_eq!(id(".last contact"), Some("dateOfLastContact"));
        assert_eq!(id("dateOfBirth"), Some("dateOfBirth"));
        // What may be the name or number of a patient means no field.
        for words in ["lat", "410", "Rosa", ".", "", "#", ".nothing of the kind"] {
            assert_eq!(id(words), None, "{words}");
        }
    }
}
