//! A person at one facility: the row, its projected columns, its names for searching.
//!
//! A row holds all patient-level items as JSON; the other columns are computed from it at
//! each save by the folder `save`, the only writer, and exist for search, sorting and counting.

mod index;
pub mod matching;
mod merged;
pub mod name_key;
mod store;

pub use index::{PatientIndex, SearchName, full_name};
pub use merged::{Changed, Former, MergeDone, MergedCase, MergedItem};
pub(crate) use store::ClassifyWord;
pub use store::{
    PatientRow, VersionRow, by_accession, by_former_accession, by_key, by_patient_id_number, by_uid, formers,
    survivor_of, survivors, versions,
};
