//! One primary neoplasm of a patient: the row and its projected columns.

pub mod deadline;
mod index;
mod store;

pub use index::{TumorIndex, record_number_key};
pub use store::{TumorRow, by_key, by_uid, in_use, of_patient, of_patients, versions};
