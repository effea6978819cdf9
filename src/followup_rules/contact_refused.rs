//! Why a contact is not recorded.

use chrono::NaiveDate;

use super::{contact::CancerStatus, recurrence::RecurrenceProblem};
use crate::{dictionary::names, partial_date::PartialDate};

/// Why a contact is not recorded. Words are whole sentences for the page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContactRefused {
    /// After today.
    #[error("{} is in the future. Enter {}, or an earlier day.", on.iso(), PartialDate::from(*today).iso())]
    InFuture {
        /// As given.
        on: PartialDate,
        /// The latest day allowed.
        today: NaiveDate,
    },
    /// Before the diagnosis or the first contact of a tumor.
    #[error("{} is before the {what} of {}. Enter that day or a later one.", on.iso(), limit.iso())]
    BeforeCase {
        /// As given.
        on: PartialDate,
        /// "diagnosis" or "first contact".
        what: &'static str,
        /// The earliest allowed.
        limit: PartialDate,
    },
    /// Before the date of last contact.
    #[error(
        "{} is before the last known contact of {}. The date of last contact only moves forward; a supervisor \
         may correct it with a reason.",
        on.iso(),
        PartialDate::from(*known).iso()
    )]
    Backward {
        /// As given.
        on: PartialDate,
        /// The effective date of last contact.
        known: NaiveDate,
    },
    /// The patient is recorded as dead.
    #[error(
        "The patient is recorded as dead{}. A contact after death needs a supervisor, who may correct the \
         death with a reason.",
        died.map(|d| format!(" on {}", d.iso())).unwrap_or_default()
    )]
    AfterDeath {
        /// Stored date of death.
        died: Option<PartialDate>,
    },
    /// A correction without its reason.
    #[error("A correction needs a reason of at least 10 characters.")]
    ReasonMissing,
    /// Death certificate as source, but alive.
    #[error("Source 7, death certificate, is only for the dead. Choose another source or vital status 0.")]
    CertificateOfLiving,
    /// A cause of death of somebody alive.
    #[error(
        "“{given}” is a cause of death, but the patient is alive. Leave it empty or choose vital status 0."
    )]
    CauseOfLiving {
        /// As given.
        given: String,
    },
    /// Not a cause of death.
    #[error(
        "“{given}” is not a cause of death. Enter an ICD-10 code such as C509, 7777 (no certificate) or \
         7797 (certificate, not coded)."
    )]
    BadCause {
        /// As given.
        given: String,
    },
    /// Status 1 or 2 without its date.
    #[error("Cancer status {} needs the day it was told.", status.code())]
    StatusDateMissing {
        /// The tumor.
        tumor: usize,
        /// As given.
        status: CancerStatus,
    },
    /// A date of cancer status without a status.
    #[error("Choose the cancer status told on {}: 1, 2 or 9.", on.iso())]
    StatusMissing {
        /// The tumor.
        tumor: usize,
        /// As given.
        on: PartialDate,
    },
    /// Later than the last contact.
    #[error("{}", match last {
        Some(last) => format!(
            "{} is after the date of last contact. Enter {} or an earlier day.", on.iso(), last.iso()),
        None => "There is no date of last contact yet. Record a contact first.".to_owned(),
    })]
    StatusAfterContact {
        /// The tumor.
        tumor: usize,
        /// As given.
        on: PartialDate,
        /// The date of last contact after this save.
        last: Option<PartialDate>,
    },
    /// Before the diagnosis of that tumor.
    #[error("{} is before the diagnosis of {}.", on.iso(), diagnosed.iso())]
    StatusBeforeDiagnosis {
        /// The tumor.
        tumor: usize,
        /// As given.
        on: PartialDate,
        /// Date of diagnosis.
        diagnosed: PartialDate,
    },
    /// Before the status known already.
    #[error(
        "{} is before the cancer status of {} that is already recorded. A supervisor may correct it with a \
         reason.",
        on.iso(),
        known.iso()
    )]
    StatusBackward {
        /// The tumor.
        tumor: usize,
        /// As given.
        on: PartialDate,
        /// Stored date.
        known: PartialDate,
    },
    /// Never disease-free, and no evidence of tumor.
    #[error(
        "Status 1, no evidence, does not go with recurrence type 70, never disease-free. Correct the type in \
         the abstract first."
    )]
    NeverDiseaseFree {
        /// The tumor.
        tumor: usize,
    },
    /// The recurrence does not fit.
    #[error("{problem}")]
    Recurrence {
        /// The tumor.
        tumor: usize,
        /// Why.
        problem: RecurrenceProblem,
    },
    /// There is no such tumor.
    #[error("This patient has no tumor {}.", tumor + 1)]
    NoSuchTumor {
        /// Position as given.
        tumor: usize,
    },
}

impl ContactRefused {
    /// The item that the sentence is about.
    pub fn item(&self) -> &'static str {
        match self {
            Self::InFuture { .. } | Self::BeforeCase { .. } | Self::Backward { .. } | Self::ReasonMissing => {
                names::DATE_OF_LAST_CONTACT
            }
            Self::AfterDeath { .. } => names::VITAL_STATUS,
            Self::CertificateOfLiving => names::FOLLOW_UP_SOURCE,
            Self::CauseOfLiving { .. } | Self::BadCause { .. } => names::CAUSE_OF_DEATH,
            Self::StatusMissing { .. } | Self::NeverDiseaseFree { .. } | Self::NoSuchTumor { .. } => {
                names::CANCER_STATUS
            }
            Self::StatusDateMissing { .. }
            | Self::StatusAfterContact { .. }
            | Self::StatusBeforeDiagnosis { .. }
            | Self::StatusBackward { .. } => names::DATE_OF_LAST_CANCER_STATUS,
            Self::Recurrence { problem, .. } => problem.item(),
        }
    }

    /// The tumor it is about; `None` for the person.
    pub fn tumor(&self) -> Option<usize> {
        match self {
            Self::StatusDateMissing { tumor, .. }
            | Self::StatusMissing { tumor, .. }
            | Self::StatusAfterContact { tumor, .. }
            | Self::StatusBeforeDiagnosis { tumor, .. }
            | Self::StatusBackward { tumor, .. }
            | Self::NeverDiseaseFree { tumor }
            | Self::Recurrence { tumor, .. }
            | Self::NoSuchTumor { tumor } => Some(*tumor),
            _ => None,
        }
    }

    /// A supervisor may go on, with a reason.
    pub fn is_correctable(&self) -> bool {
        matches!(self, Self::Backward { .. } | Self::AfterDeath { .. } | Self::StatusBackward { .. })
    }
}
