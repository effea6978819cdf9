//! Edits on stored cases: one patient, or the whole registry, with results that stay.
//!
//! What stands for a case is kept with the versions and the edit set it was found with, so that a result
//! that is out of date shows as such. Only the newest results of a case are kept: older ones follow from
//! its versions and the set, which are.

mod case;
pub mod local;
mod registry;
mod store;

pub use case::{CaseCheck, check_patient, look_at_patient, others_of, parameters, run_case};
pub use local::{routes, set_of};
pub use registry::{EditCount, RunOptions, RunReport, run_registry};
pub use store::{CheckRow, ResultRow, check_of};
