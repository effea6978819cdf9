//! Pages of casefinding: the list, an item by hand, one item.

pub(super) mod batches;
pub(super) mod import;
pub(super) mod item;
pub(super) mod list;
pub(super) mod new;

use super::{facts::Facts, store::ItemRow};
use crate::{dictionary::names, partial_date::PartialDate, patient::full_name, tumor::record_number_key};

/// A date as people read it; blank if not known.
fn iso(stored: &str) -> String {
    PartialDate::parse(stored).map(PartialDate::iso).unwrap_or_default()
}

/// The name of the person, or the record number where there is no name.
fn name(facts: &Facts, row: &ItemRow) -> String {
    person(facts, &row.medical_record_number)
}

fn person(facts: &Facts, record_number: &str) -> String {
    match (facts.of(names::NAME_LAST), facts.of(names::NAME_FIRST)) {
        ("", "") if record_number.is_empty() => "No name".to_owned(),
        ("", "") => format!("Record {}", record_number_key(record_number)),
        (last, first) => full_name(last, first),
    }
}
