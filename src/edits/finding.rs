//! A failure of an edit on a record, and what it says to a registrar.

use super::{
    edit::Edit,
    explain::{self, Explanation},
    judge::Parameters,
    pack::EditSet,
};

/// What became of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FindingOutcome {
    /// It stands.
    Fails,
    /// The over-ride item holds a value that clears it.
    Overridden,
}

impl FindingOutcome {
    /// As stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::Overridden => "overridden",
        }
    }
}

/// An edit that failed.
#[derive(Clone, Debug)]
pub struct Finding<'s> {
    /// The edit: id, version, family, severity, message, items, over-ride.
    pub edit: &'s Edit,
    /// What became of it.
    pub outcome: FindingOutcome,
    /// Items the edit reads, with the values of this tumor and its patient.
    pub values: Vec<(&'static str, String)>,
    /// Hash of what the edit read. An over-ride or acknowledgement holds only while this stays the same.
    pub input_hash: String,
    pub(super) set: &'s EditSet,
    pub(super) parameters: Parameters,
}

impl Finding<'_> {
    /// Does it stand?
    pub fn is_open(&self) -> bool {
        self.outcome == FindingOutcome::Fails
    }

    /// What clashes, why, and what would settle it, derived from the logic and the values.
    pub fn explanation(&self) -> Explanation {
        explain::explain(self.set, self.edit, &self.values, &self.parameters)
    }
}
