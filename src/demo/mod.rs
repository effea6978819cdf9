//! The practice registry: patients who never lived, in plausible proportions.
//!
//! [`Practice`] yields one patient after the other, with all tumors, so that a million need no
//! more memory than one. Every patient is drawn from a generator of its own, begun from the
//! seed and the patient's place: same seed, same day, same patients, byte by byte.
//!
//! Nothing here can be mistaken for a real person: family names are put together from
//! beginnings and endings, streets and towns are invented, social security numbers have an area
//! that is never issued, telephone numbers are of the block kept for fiction, record numbers
//! begin with `PRACTICE`.
//!
//! Proportions follow published figures for the United States in round numbers: new cases by
//! site, sex and age, stage at diagnosis and five-year survival as in SEER Cancer Statistics
//! Review. They are for practice, not for study.

mod dice;
mod fill;
mod kind;
mod local_edits;
mod mistake;
mod names;
mod outcome;
mod paperwork;
mod patients;
mod person;
mod primary;
mod staff;
mod store;
mod suspense;
mod texts;
mod treatment;
mod write;

#[cfg(test)]
mod tests;

pub use fill::{Filled, Filling, fill};
pub use mistake::Mistake;
pub use paperwork::Progress;
pub use patients::{Plan, Practice, PracticeCase, PracticePatient};
pub use staff::{PracticePerson, STAFF};
