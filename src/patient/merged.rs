//! What a merge of two records of one person did, as it is kept: enough to find the person by what the merged
//! record was known by, and to part the records again.

use serde::{Deserialize, Serialize};

use crate::dictionary::Items;

/// A value before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Before; blank for none.
    pub from: String,
    /// After.
    pub to: String,
}

impl Changed {
    /// From one value to another.
    pub fn new(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { from: from.into(), to: to.into() }
    }

    /// Are both the same?
    pub fn is_none(&self) -> bool {
        self.from == self.to
    }
}

/// A case of either record, with the numbers by which files know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedCase {
    /// Row key.
    pub id: i64,
    /// It was the merged record's.
    pub moved: bool,
    /// `accessionNumberHosp`.
    pub accession: Changed,
    /// `sequenceNumberHospital`.
    pub sequence: Changed,
    /// `tumorRecordNumber`.
    pub record_number: Changed,
}

/// An item of the record that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedItem {
    /// XML id.
    pub item: String,
    /// Its value before and after.
    pub value: Changed,
}

/// All that a merge did. Kept as JSON; nothing before it is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MergeDone {
    /// Items of the record that stays, which became different.
    pub items: Vec<MergedItem>,
    /// The cases of both.
    pub cases: Vec<MergedCase>,
    /// Contacts that moved, by row key.
    pub contacts: Vec<i64>,
    /// Notes and tasks on the patient alone that moved, by row key.
    pub notes: Vec<i64>,
    /// What the records contradicted each other in about life and death; blank for nothing.
    pub conflict: String,
    /// What could not be put back when the records were parted again, as sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
}

/// A record that was merged into another, as files may still name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    /// The patient's items as they stood.
    pub items: Items,
    /// The cases of both records, with the numbers they had.
    pub cases: Vec<MergedCase>,
}
