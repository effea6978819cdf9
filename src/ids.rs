//! Public ids: random, meaningless, the only ids that leave the process.
//!
//! Row keys are `i64` and stay inside the stores.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! public_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

public_id! {
    /// A facility of the registry.
    FacilityId,
    /// A person at one facility.
    PatientId,
    /// One primary neoplasm of a patient.
    TumorId,
    /// An account.
    UserId,
    /// A note or task.
    NoteId,
    /// A report or note kept with a case.
    SourceDocumentId,
    /// One imported file.
    BatchId,
    /// A request to delete a case.
    DeletionId,
    /// A request to merge two records of one person.
    MergeId,
    /// A question to a physician.
    QueryId,
    /// A possible case that waits for a decision.
    SuspenseId,
    /// A list of possible cases, brought in.
    SuspenseBatchId,
    /// A review of an abstract by a second person.
    ReviewId,
    /// A difference that is disputed.
    DisputeId,
    /// A batch for the central registry.
    SubmissionId,
    /// One mail to a member of staff.
    MailId,
    /// A search kept with its session.
    SearchId,
    /// Typing not yet saved.
    DraftId,
    /// A recorded follow-up contact.
    ContactId,
}
