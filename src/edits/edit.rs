//! An edit: what it reads, when it applies, when it fails, what clears it.

use super::{
    run::{Machine, Stop},
    slots::Slots,
    tree::{Slot, Truth},
};

/// How much of a patient an edit looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EditLevel {
    /// One item by itself. Its failure keeps edits of several items that read it from running.
    Single,
    /// Items of one tumor and its patient, against each other.
    InterField,
    /// All tumors of a patient.
    RecordSet,
}

impl EditLevel {
    /// As written in a table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::InterField => "inter-field",
            Self::RecordSet => "record-set",
        }
    }

    /// Reads what [`EditLevel::word`] writes.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Single, Self::InterField, Self::RecordSet].into_iter().find(|l| l.word() == word)
    }
}

/// What a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Keeps the case from being completed.
    Error,
    /// Must be acknowledged.
    Warning,
}

impl Severity {
    /// As written in a table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }

    /// Reads what [`Severity::word`] writes.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Error, Self::Warning].into_iter().find(|s| s.word() == word)
    }
}

/// What shipped edits are about, by the letters in their ids.
const FAMILIES: [(&str, &str); 18] = [
    ("SF", "codes and formats"),
    ("DT", "validity and order of dates"),
    ("AG", "age, with site and histology"),
    ("SX", "sex against site and histology"),
    ("SL", "laterality"),
    ("SM", "site, behavior, morphology and reportability"),
    ("DC", "diagnostic confirmation"),
    ("GR", "grade"),
    ("ST", "nodes, metastases, size and stage"),
    ("SD", "site-specific items"),
    ("CC", "class of case"),
    ("SQ", "accession and sequence numbers"),
    ("TX", "treatment"),
    ("FU", "vital status, follow-up, recurrence and cause of death"),
    ("AD", "residence and race"),
    ("CV", "COVID-19 items"),
    ("TT", "supporting text"),
    ("IR", "the tumors of a patient among each other"),
];

/// The item and the values of it that clear a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverRide {
    /// XML id of the over-ride item.
    pub item: &'static str,
    /// Values that clear the failure.
    pub values: Vec<String>,
    pub(super) slot: Slot,
}

/// An example an edit must judge as told: the items that matter, everything else blank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Example {
    /// As written, one JSON object.
    pub written: String,
}

/// One edit.
#[derive(Clone, Debug)]
pub struct Edit {
    /// `ED-family-number`; never used for another rule.
    pub id: String,
    /// From 1; a changed rule gets the next.
    pub version: u32,
    /// How much of a patient it looks at.
    pub level: EditLevel,
    /// A few words.
    pub name: String,
    /// XML ids the edit is about, groups written out.
    pub items: Vec<&'static str>,
    /// Logic: run the edit only if true.
    pub applies_when: String,
    /// Logic: the edit fails if true.
    pub fails_when: String,
    /// What a failure means.
    pub severity: Severity,
    /// Shown beside the items.
    pub message: String,
    /// Where the rule comes from; blank for shipped edits.
    pub rule: String,
    /// What clears a failure.
    pub over_ride: Option<OverRide>,
    /// A record that must pass.
    pub passes: Example,
    /// A record that must fail.
    pub fails: Example,
    pub(super) applies: Truth,
    pub(super) failing: Truth,
    /// Items the logic reads, the over-ride left out.
    pub(super) reads: Vec<Slot>,
    /// Places of `items`.
    pub(super) about: Vec<Slot>,
    /// All it is about are dates, so that it is read whatever else is wrong.
    pub(super) dates_only: bool,
    /// Runs on a tumor without a year of diagnosis.
    pub(super) any_year: bool,
}

/// What an edit says of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its guard is false, or something it needs is blank or unreadable.
    DoesNotApply,
    Passes,
    Fails,
    OutOfSteps,
}

impl Edit {
    /// The letters of its family: `SX` of `ED-SX-001`.
    pub fn family(&self) -> &str {
        self.id.split('-').nth(1).unwrap_or("")
    }

    /// What it is about, in words.
    pub fn subject(&self) -> &str {
        let family = self.family();
        FAMILIES
            .iter()
            .find(|(letters, _)| *letters == family)
            .map_or("a rule of this registry", |(_, words)| words)
    }

    /// XML ids its logic reads, beyond those it is about.
    pub(super) fn ids_read(&self, slots: &Slots) -> Vec<&'static str> {
        self.reads.iter().map(|s| slots.id(*s)).collect()
    }

    /// Judges a record, over-rides left aside. The second number is of steps.
    pub(super) fn verdict<'r>(&'r self, machine: &mut Machine<'r, '_>, steps: u32) -> (Verdict, u32) {
        machine.refill(steps);
        let found = match machine.truth(&self.applies) {
            Ok(true) => machine.truth(&self.failing),
            Ok(false) => return (Verdict::DoesNotApply, machine.taken()),
            Err(stop) => Err(stop),
        };
        let verdict = match found {
            Ok(true) => Verdict::Fails,
            Ok(false) => Verdict::Passes,
            Err(Stop::NoValue) => Verdict::DoesNotApply,
            Err(Stop::OutOfSteps) => Verdict::OutOfSteps,
        };
        (verdict, machine.taken())
    }
}
