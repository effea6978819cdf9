//! What an import says of itself when it has ended.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::exchange::{
    edit_notes::EditNotes,
    groups::Group,
    ledger::{Counts, FlagNote, Flags, Ledger, RejectNote},
    naaccr_xml::{Fault, Outcome},
};

/// Most rejects that a report names; all are kept with the batch.
pub const MOST_REJECTS: usize = 1000;

/// What became of a file. `docs/exchange.md` describes the JSON.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The file.
    pub path: String,
    /// Why it was refused whole.
    pub refused: Option<String>,
    /// The very same file was imported before; nothing was done.
    pub again: bool,
    /// Nothing was written.
    pub dry_run: bool,
    /// It went on where an earlier run broke off.
    pub resumed: bool,
    /// Ledger of patients.
    pub patients: Counts,
    /// Ledger of tumors.
    pub tumors: Counts,
    /// What could not be kept, at most [`MOST_REJECTS`].
    pub rejects: Vec<RejectNote>,
    /// What a person should look at: how often, by kind.
    pub reviews: BTreeMap<String, u64>,
    /// What is unusual and was kept.
    pub flags: Vec<FlagNote>,
    /// What edits found in the records as they came.
    pub edits: EditNotes,
    /// Public id of the batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
}

impl Report {
    /// Anything refused or rejected?
    pub fn has_findings(&self) -> bool {
        self.refused.is_some() || !self.rejects.is_empty()
    }

    /// Both ledgers.
    pub fn ledger(&self) -> Ledger {
        Ledger { patients: self.patients, tumors: self.tumors }
    }

    pub(super) fn refuse(&mut self, fault: &Fault) {
        self.refused = Some(fault.problem.to_string());
        self.rejects = vec![RejectNote::from(fault)];
    }

    pub(super) fn set_ledger(&mut self, ledger: Ledger) {
        self.patients = ledger.patients;
        self.tumors = ledger.tumors;
    }

    pub(super) fn set_flags(&mut self, flags: &Flags) {
        self.flags = flags.iter().cloned().collect();
    }

    /// Notes what a group holds that was not read without complaint.
    pub(super) fn note(&mut self, group: &Group, flags: &mut Flags) {
        for outcome in &group.outcomes {
            match outcome {
                Outcome::Patient(read) => flags.note(read),
                Outcome::Rejected(reject) if self.rejects.len() < MOST_REJECTS => {
                    self.rejects.push(RejectNote::from(&reject.fault));
                }
                Outcome::Rejected(_) => {}
            }
        }
    }
}
