//! The one writer of patients and tumors.
//!
//! Forms, contacts, imports and corrections hand it a typed [`Change`]; it writes current
//! rows, versions, projected columns and the audit event, all in the caller's transaction.
//! No other code inserts or updates these tables.

mod apply;
pub mod body;
mod projection;
mod store;

pub use apply::{apply, apply_with, move_tumor, settings};
pub use projection::{follow_up_settings, reproject_facility};

use crate::{
    audit::AuditAction,
    db::{HoldsStoreError, StoreError},
    dictionary::{Items, Version},
};

/// Why something is saved; kept with each version.
#[derive(Clone, Debug)]
pub struct Why {
    /// `form`, `contact`, `import`, `demo`, `correction`, …
    pub source: &'static str,
    /// In a person's words, where one is asked for; the import's id for imports.
    pub reason: String,
    /// Event to record; `None` when the caller records one for many.
    pub event: Option<AuditAction>,
}

/// One patient's worth of changes.
#[derive(Clone, Debug)]
pub struct Change {
    /// The patient.
    pub patient: PatientChange,
    /// Cases made or changed.
    pub tumors: Vec<TumorChange>,
    /// Why.
    pub why: Why,
}

/// What happens to the patient.
#[derive(Clone, Debug)]
pub enum PatientChange {
    /// Made.
    New(NewPatient),
    /// Changed.
    Set(SetPatient),
    /// Only its cases change.
    Keep {
        /// Row key.
        id: i64,
    },
}

/// A patient to be made.
#[derive(Clone, Debug)]
pub struct NewPatient {
    /// Patient-level items.
    pub items: Items,
    /// What the source said beside the items.
    pub envelope: String,
    /// NAACCR version.
    pub version: Version,
    /// Owner of the follow-up.
    pub owner: Option<i64>,
    /// Import that brings it.
    pub batch: Option<i64>,
}

/// A patient to be changed; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct SetPatient {
    /// Row key.
    pub id: i64,
    /// Version the person saw; `None` for the program's own changes inside one transaction.
    pub expected: Option<i32>,
    /// All items, after the change.
    pub items: Option<Items>,
    /// What the source said beside the items.
    pub envelope: Option<String>,
    /// NAACCR version.
    pub version: Option<Version>,
    /// `active` or `void`.
    pub state: Option<&'static str>,
    /// Marked lost with a reason, or (`Some(None)`) no longer.
    pub lost: Option<Option<String>>,
    /// Months instead of 12, or (`Some(None)`) 12 again.
    pub short_interval: Option<Option<i32>>,
    /// Owner of the follow-up, or (`Some(None)`) the pool.
    pub owner: Option<Option<i64>>,
}

/// What happens to a case.
#[derive(Clone, Debug)]
pub enum TumorChange {
    /// Made.
    New(NewTumor),
    /// Changed.
    Set(SetTumor),
}

/// A case to be made.
#[derive(Clone, Debug)]
pub struct NewTumor {
    /// Tumor-level items.
    pub items: Items,
    /// What the source said beside the items.
    pub envelope: String,
    /// State of the abstract.
    pub state: String,
    /// Who abstracts.
    pub owner: Option<i64>,
}

/// A case to be changed; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct SetTumor {
    /// Row key.
    pub id: i64,
    /// Version the person saw.
    pub expected: Option<i32>,
    /// All items, after the change.
    pub items: Option<Items>,
    /// What the source said beside the items.
    pub envelope: Option<String>,
    /// State of the abstract.
    pub state: Option<String>,
    /// Taken out or brought back.
    pub voided: Option<bool>,
    /// Who abstracts, or (`Some(None)`) the pool.
    pub owner: Option<Option<i64>>,
}

/// What was saved.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    /// Row key of the patient.
    pub patient: i64,
    /// Public id of the patient.
    pub patient_uid: String,
    /// Version of the patient now.
    pub patient_version: i32,
    /// (row key, public id, version) of each changed case, in the order of the change.
    pub tumors: Vec<(i64, String, i32)>,
    /// Items that changed, without values.
    pub fields: Vec<String>,
    /// Did anything change?
    pub changed: bool,
}

/// Why nothing was saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveRefused {
    /// Somebody saved in between; read again, compare, repeat.
    #[error("somebody else saved meanwhile")]
    Stale {
        /// `patient` or `tumor`.
        what: &'static str,
        /// Its version now.
        now: i32,
    },
    /// Not in this facility, or not at all.
    #[error("not found")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<diesel::result::Error> for SaveRefused {
    fn from(e: diesel::result::Error) -> Self {
        Self::Store(e.into())
    }
}

impl HoldsStoreError for SaveRefused {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            _ => None,
        }
    }
}
