//! What became of everything a file holds: read = accepted + merged + duplicate + rejected.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    matching::Difference,
    naaccr_xml::{Fault, Flag, Flagged, PatientRead},
};
use crate::dictionary::ItemFlag;

/// What became of one patient or tumor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// New in the registry.
    Accepted,
    /// Was here and is different now. A patient is merged when anything of it, tumors included, changed.
    Merged,
    /// Was here and is unchanged.
    Duplicate,
    /// Could not be kept whole.
    Rejected,
}

/// Counts of patients or of tumors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Read from the file.
    pub read: u64,
    /// New.
    pub accepted: u64,
    /// Changed.
    pub merged: u64,
    /// Unchanged.
    pub duplicate: u64,
    /// Rejected.
    pub rejected: u64,
}

impl Counts {
    /// Counts `n` of one fate.
    pub fn add(&mut self, fate: Fate, n: u64) {
        self.read += n;
        *match fate {
            Fate::Accepted => &mut self.accepted,
            Fate::Merged => &mut self.merged,
            Fate::Duplicate => &mut self.duplicate,
            Fate::Rejected => &mut self.rejected,
        } += n;
    }

    /// The sum that must always hold.
    pub fn holds(&self) -> bool {
        self.read == self.accepted + self.merged + self.duplicate + self.rejected
    }
}

/// Both ledgers of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Patients.
    pub patients: Counts,
    /// Tumors.
    pub tumors: Counts,
}

impl Ledger {
    /// Adds what another part of the file gave.
    pub fn add(&mut self, more: &Ledger) {
        for (to, from) in [(&mut self.patients, &more.patients), (&mut self.tumors, &more.tumors)] {
            to.read += from.read;
            to.accepted += from.accepted;
            to.merged += from.merged;
            to.duplicate += from.duplicate;
            to.rejected += from.rejected;
        }
    }

    /// Nothing of the file changed anything, and nothing was rejected.
    pub fn changed_nothing(&self) -> bool {
        let quiet = |c: &Counts| c.accepted == 0 && c.merged == 0;
        quiet(&self.patients) && quiet(&self.tumors)
    }
}

/// A reject as reports show it; the bytes are kept with the batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectNote {
    /// Line of the fault in the unpacked file.
    pub line: u64,
    /// Item or attribute.
    pub item: Option<String>,
    /// Its value, shortened.
    pub value: Option<String>,
    /// Why, as a sentence.
    pub reason: String,
}

impl From<&Fault> for RejectNote {
    fn from(fault: &Fault) -> Self {
        Self {
            line: fault.line,
            item: fault.item.clone(),
            value: fault.value.clone(),
            reason: fault.problem.to_string(),
        }
    }
}

/// Something a person should look at; nothing was lost by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Review {
    /// A new patient has the number of a stored one, and they are different people.
    SameNumberOtherPerson,
    /// A new tumor has the key of a stored one, and they are different tumors.
    SameKeyOtherTumor,
    /// The file gives the record to another facility than the one it went to.
    OtherFacility {
        /// The item and its value.
        said: String,
    },
    /// The patient or tumor is voided here and stays so.
    VoidHere,
    /// A difference that stayed.
    Difference(Difference),
}

impl Review {
    /// The word under which it is kept.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SameNumberOtherPerson => "same_number_other_person",
            Self::SameKeyOtherTumor => "same_key_other_tumor",
            Self::OtherFacility { .. } => "other_facility",
            Self::VoidHere => "void_here",
            Self::Difference(difference) => difference.why.code(),
        }
    }

    /// The sentence for a code, as pages and reports show it.
    pub fn words(code: &str) -> &'static str {
        match code {
            "same_number_other_person" => {
                "Entered as a new patient: a patient here has the same number, but name, birth date or social \
                 security number contradict."
            }
            "same_key_other_tumor" => {
                "Entered as a second tumor: a tumor here has the same number, but site and year of diagnosis \
                 contradict."
            }
            "other_facility" => "The file names another facility.",
            "void_here" => "Voided here, and stays so. Bring it back if the file is right.",
            "typed_here" => "The value here was typed after the file was made, and stays.",
            "newer_file" => "The value here came with a newer file, and stays.",
            "identity" => "Numbers that name a record are not overwritten.",
            "newer_item" => "The file uses the older item; the newer one here says otherwise, and stays.",
            "older_contact" => "The file's last contact is before the one here, which stays.",
            "dead_to_alive" => "Recorded here as dead, alive in the file. Settle which is right.",
            "other_death" => "The file has another date of death. Settle which is right.",
            "alive_after_death" => {
                "The file tells a death before the last contact here. Settle which is right."
            }
            _ => "To be looked at.",
        }
    }
}

/// How many different flags of items a batch keeps.
const MOST_FLAGS: usize = 1000;

/// Unusual items that were kept, counted by item and kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Flags(BTreeMap<String, FlagNote>);

/// One kind of flag of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagNote {
    /// The item, or the name of the element.
    pub item: String,
    /// unknown, notInVersion, wrongLevel, tooLong, wrongType, numberDiffers or notAnItem.
    pub flag: String,
    /// How often.
    pub count: u64,
    /// Line of the first.
    pub line: u64,
}

impl Flags {
    /// Counts the flags of a patient.
    pub fn note(&mut self, read: &PatientRead) {
        for flagged in &read.flagged {
            let flag = code(flagged);
            let key = format!("{} {flag}", flagged.item);
            if let Some(note) = self.0.get_mut(&key) {
                note.count += 1;
            } else if self.0.len() < MOST_FLAGS {
                let note = FlagNote {
                    item: flagged.item.clone(),
                    flag: flag.to_owned(),
                    count: 1,
                    line: flagged.line,
                };
                self.0.insert(key, note);
            }
        }
    }

    /// By item and kind.
    pub fn iter(&self) -> impl Iterator<Item = &FlagNote> {
        self.0.values()
    }

    /// None at all?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text kept with the batch.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers are always JSON")
    }

    /// Reads the text kept with the batch.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

fn code(flagged: &Flagged) -> &'static str {
    match flagged.flag {
        Flag::Item(ItemFlag::Unknown) => "unknown",
        Flag::Item(ItemFlag::NotInVersion) => "notInVersion",
        Flag::Item(ItemFlag::WrongLevel) => "wrongLevel",
        Flag::Item(ItemFlag::TooLong { .. }) => "tooLong",
        Flag::Item(ItemFlag::WrongType) => "wrongType",
        Flag::NumberDiffers => "numberDiffers",
        Flag::NotAnItem => "notAnItem",
    }
}

/// What a flag's word says to a person.
pub fn flag_words(flag: &str) -> &'static str {
    match flag {
        "unknown" => "no dictionary knows the item",
        "notInVersion" => "not an item of the file's version",
        "wrongLevel" => "stands in an element that the standard does not put it in",
        "tooLong" => "longer than the item may be",
        "wrongType" => "characters that the item's type does not allow",
        "numberDiffers" => "the number given is that of another item",
        _ => "no item of the standard",
    }
}
