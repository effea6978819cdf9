//! Sequence numbers that should change on other cases of a patient because of one.

use super::{editor, form::Page, section::Section, sequence::SequenceSuggestion};
use crate::tumor::TumorRow;

/// Numbers that should change on the patient's other cases: words and address. They are proposed,
/// never changed from here.
pub(super) fn of(suggestion: Option<&SequenceSuggestion>, others: &[TumorRow]) -> Vec<(String, String)> {
    let Some(suggestion) = suggestion else { return Vec::new() };
    suggestion
        .others
        .iter()
        .filter_map(|change| {
            let other = others.get(change.other)?;
            let year = other.dx_year.map_or_else(|| "other".to_owned(), |y| y.to_string());
            let from = if change.from.is_empty() { "blank" } else { change.from.as_str() };
            let words = format!("sequence of the {year} case from {from} to {}", change.to);
            let to =
                format!("{}#sequenceNumberHospital", editor::href(&other.uid, Page::Section(Section::Case)));
            Some((words, to))
        })
        .collect()
}
