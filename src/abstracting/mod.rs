//! Abstracting: making a case, filling its form, completing it.
//!
//! What the form shows is data (`data/form.tsv`, one row an item); what it may do is pure
//! functions over the items of patient and tumor. A partial abstract can always be saved; only
//! completing can be refused.
//!
//! Sources: CoC STORE 2026 (accession and sequence numbers, class of case, first course), NAACCR
//! Data Standards and Data Dictionary 26.

pub mod accession;
pub mod compare;
pub mod complete;
pub mod derive;
pub mod form_row;
pub mod propose;
pub mod section;
pub mod sequence;
pub mod state;

pub use form_row::{Condition, FormControl, FormRow, form_rows};
pub use section::Section;
pub use state::{AbstractState, Event, NotPossible};

use crate::dictionary::{Dictionary, Items, Level, names};

/// The items of one case and of its patient, as the rules of this folder see them.
#[derive(Clone, Copy, Debug)]
pub struct CaseItems<'a> {
    /// Patient-level items.
    pub patient: &'a Items,
    /// Tumor-level items.
    pub tumor: &'a Items,
}

impl<'a> CaseItems<'a> {
    /// The value of an item, from where the dictionary has it; blank if missing.
    pub fn value(&self, id: &str) -> &'a str {
        match Dictionary::get(id).map(|d| d.level) {
            Some(Level::Patient) => self.patient.value(id),
            _ => self.tumor.value(id),
        }
    }

    /// Year of diagnosis, if it is known.
    pub fn dx_year(&self) -> Option<i32> {
        self.tumor.date(names::DATE_OF_DIAGNOSIS).map(|d| d.year())
    }
}
