//! Is this the person, is this the tumor, and which value holds: the identity rules of import.
//!
//! Pure: facts in, verdict out. Nothing is ever merged against a contradiction, and nothing that
//! stands in the registry is lost by a merge; what stays different is listed for a person to see.
//!
//! Source: decisions on record and exchange (same patient, same tumor, import of a changed record).

use crate::{
    dictionary::{Items, TumorRecord, names},
    followup_rules::merge::{self as outcome_rules, Conflict, Outcome},
    patient::matching::contradict,
    tumor::record_number_key,
};

/// A number without leading zeros and blanks; `None` when it is blank or all zeros.
pub fn number(value: &str) -> Option<String> {
    let plain = value.trim().trim_start_matches('0');
    (!plain.is_empty()).then(|| plain.to_owned())
}

/// `patientIdNumber` as it is compared.
pub fn patient_number(patient: &Items) -> Option<String> {
    number(patient.value(names::PATIENT_ID_NUMBER))
}

/// Medical record numbers of the tumors, as they are compared.
pub fn medical_record_numbers<'a>(tumors: impl IntoIterator<Item = &'a Items>) -> Vec<String> {
    let mut numbers: Vec<String> = tumors
        .into_iter()
        .map(|t| record_number(t.value(names::MEDICAL_RECORD_NUMBER)))
        .filter(|n| !n.is_empty())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// A medical record number as the store compares it; UNK, RT and SU say that there is none.
fn record_number(value: &str) -> String {
    match value {
        "UNK" | "RT" | "SU" => String::new(),
        number => record_number_key(number),
    }
}

/// A stored patient who may be the incoming one.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    /// Patient-level items.
    pub patient: &'a Items,
    /// Medical record numbers as [`medical_record_numbers`] gives them.
    pub record_numbers: Vec<String>,
}

/// Whether the incoming patient is here already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatientMatch {
    /// The candidate at this place.
    Same(usize),
    /// Not here. The candidates listed have the same number and are other people.
    New {
        /// Places of those who have the number.
        contradicted: Vec<usize>,
    },
}

/// Finds the incoming patient among stored patients of the same facility.
///
/// First by `patientIdNumber`, then by medical record number; never against a contradiction. A
/// patient without any number is only found where everything said of the person is the same.
pub fn find_patient(patient: &Items, tumors: &[TumorRecord], candidates: &[Candidate<'_>]) -> PatientMatch {
    let own_number = patient_number(patient);
    let own_records = medical_record_numbers(tumors.iter().map(|t| &t.items));
    let mut contradicted = Vec::new();
    let mut look = |is_candidate: &dyn Fn(&Candidate<'_>) -> bool| {
        let mut found: Option<usize> = None;
        for (at, candidate) in candidates.iter().enumerate().filter(|(_, c)| is_candidate(c)) {
            if contradict(patient, candidate.patient) {
                if !contradicted.contains(&at) {
                    contradicted.push(at);
                }
            } else if found.is_none() || candidate.patient == patient {
                // Of several that fit, one who is the same to the letter goes first.
                found = Some(at);
            }
        }
        found
    };
    let mut found = None;
    if own_number.is_some() {
        found = look(&|c| patient_number(c.patient) == own_number);
    }
    if found.is_none() && !own_records.is_empty() {
        found = look(&|c| c.record_numbers.iter().any(|n| own_records.contains(n)));
    }
    if found.is_none() && own_number.is_none() && own_records.is_empty() {
        found = candidates.iter().position(|c| {
            !patient.is_empty() && c.record_numbers.is_empty() && same_content(c.patient, patient)
        });
    }
    match found {
        Some(at) => PatientMatch::Same(at),
        None => PatientMatch::New { contradicted },
    }
}

fn same_content(a: &Items, b: &Items) -> bool {
    a.len() == b.len() && a.iter().all(|(id, value)| b.raw(id) == Some(value))
}

/// Whether the incoming tumor is here already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TumorMatch {
    /// The stored tumor at this place.
    Same(usize),
    /// Not here. A stored tumor with the same key is another one, if named.
    New {
        /// Place of the tumor that has the key.
        contradicted: Option<usize>,
    },
}

/// Pairs incoming tumors with the stored tumors of the same patient, each at most once.
///
/// By `tumorRecordNumber` if both have it, else by accession and sequence number, else by site,
/// histology, behavior and date of diagnosis.
pub fn match_tumors(incoming: &[TumorRecord], stored: &[&Items]) -> Vec<TumorMatch> {
    let mut taken = vec![false; stored.len()];
    let mut matches: Vec<Option<TumorMatch>> = vec![None; incoming.len()];
    // The same to the letter goes first, so that twins in a file find their twins.
    for exactly in [true, false] {
        for (tumor, found) in incoming.iter().zip(matches.iter_mut()).filter(|(_, m)| m.is_none()) {
            let mut contradicted = None;
            for (at, items) in stored.iter().enumerate() {
                if taken.get(at).copied().unwrap_or(true) || !same_key(&tumor.items, items) {
                    continue;
                }
                if exactly && !same_content(&tumor.items, items) {
                    continue;
                }
                if tumors_contradict(&tumor.items, items) {
                    contradicted.get_or_insert(at);
                    continue;
                }
                if let Some(place) = taken.get_mut(at) {
                    *place = true;
                }
                *found = Some(TumorMatch::Same(at));
                break;
            }
            if !exactly && found.is_none() {
                *found = Some(TumorMatch::New { contradicted });
            }
        }
    }
    matches.into_iter().map(|m| m.unwrap_or(TumorMatch::New { contradicted: None })).collect()
}

fn same_key(a: &Items, b: &Items) -> bool {
    let both = |id: &str| {
        let (a, b) = (number_or_zero(a.value(id)), number_or_zero(b.value(id)));
        a.zip(b).map(|(a, b)| a == b)
    };
    if let Some(same) = both(names::TUMOR_RECORD_NUMBER) {
        return same;
    }
    let accession = both(names::ACCESSION_NUMBER_HOSP).zip(both(names::SEQUENCE_NUMBER_HOSPITAL));
    if let Some((accession, sequence)) = accession {
        return accession && sequence;
    }
    let same = |id: &str| !a.value(id).is_empty() && a.value(id).eq_ignore_ascii_case(b.value(id));
    same(names::PRIMARY_SITE)
        && same(names::HISTOLOGIC_TYPE_ICD_O_3)
        && same(names::BEHAVIOR_CODE_ICD_O_3)
        && same(names::DATE_OF_DIAGNOSIS)
}

/// Like [`number`], but zeros are a number: sequence 00 is one.
fn number_or_zero(value: &str) -> Option<String> {
    let value = value.trim();
    (!value.is_empty()).then(|| number(value).unwrap_or_else(|| "0".to_owned()))
}

/// Neither the three-character site nor the year of diagnosis agrees, of those known on both sides.
pub fn tumors_contradict(a: &Items, b: &Items) -> bool {
    let site = |items: &Items| -> Option<String> {
        let code: String = items.value(names::PRIMARY_SITE).chars().take(3).collect();
        (code.chars().count() == 3).then(|| code.to_ascii_uppercase())
    };
    let sites = site(a).zip(site(b)).map(|(a, b)| a == b);
    let year = |items: &Items| items.date(names::DATE_OF_DIAGNOSIS).map(|d| d.year());
    let years = year(a).zip(year(b)).map(|(a, b)| a == b);
    match (sites, years) {
        (None, None) => false,
        (sites, years) => !sites.unwrap_or(false) && !years.unwrap_or(false),
    }
}

/// Why a stored value stayed although the file says something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It was typed here after the file was made.
    TypedHere,
    /// It came with a file that was made later.
    NewerFile,
    /// It names the record: numbers are not overwritten.
    Identity,
    /// A newer item holds what the file says under its older name.
    NewerItem,
    /// The file's last contact is before the stored one.
    OlderContact,
    /// A contradiction about life and death.
    Conflict(Conflict),
}

impl Kept {
    /// The word under which the review list keeps it.
    pub fn code(self) -> &'static str {
        match self {
            Self::TypedHere => "typed_here",
            Self::NewerFile => "newer_file",
            Self::Identity => "identity",
            Self::NewerItem => "newer_item",
            Self::OlderContact => "older_contact",
            Self::Conflict(Conflict::DeadToAlive) => "dead_to_alive",
            Self::Conflict(Conflict::OtherDeath) => "other_death",
            Self::Conflict(Conflict::AliveAfterDeath) => "alive_after_death",
        }
    }
}

/// A difference that stayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The item.
    pub item: String,
    /// What stands here.
    pub stored: String,
    /// What the file says.
    pub incoming: String,
    /// Why it stayed.
    pub why: Kept,
}

/// What a merge gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// The items afterwards.
    pub items: Items,
    /// Items that are new or have another value now.
    pub changed: Vec<String>,
    /// Differences that stayed, for the review list.
    pub kept: Vec<Difference>,
}

/// Merges item by item: the file's value wins, but a blank never does, and `protected` tells of
/// items whose stored value is younger than the file.
pub fn merge(stored: &Items, incoming: &Items, protected: &dyn Fn(&str) -> Option<Kept>) -> Merge {
    let mut merged = Merge { items: stored.clone(), changed: Vec::new(), kept: Vec::new() };
    let outcome = outcome_rules::outcome(stored, incoming);
    for (id, value) in incoming.iter() {
        let now = stored.raw(id).unwrap_or("");
        if value.trim().is_empty() || value.trim() == now.trim() {
            continue;
        }
        let why = match (stays(id, now), rule_of_outcome(id, outcome)) {
            (Some(why), _) | (None, Rule::Keep(why)) => Some(why),
            (None, Rule::KeepQuietly) => continue,
            (None, Rule::Free) if now.trim().is_empty() => newer_item(stored, id, value),
            (None, Rule::Free) => protected(id),
        };
        match why {
            Some(why) => merged.kept.push(Difference {
                item: id.to_owned(),
                stored: stored.value(id).to_owned(),
                incoming: value.to_owned(),
                why,
            }),
            None if now.trim().is_empty() && stands_in(stored, id) => {}
            None => {
                match crate::dictionary::Dictionary::get(id) {
                    Some(def) => merged.items.set(def.id, value),
                    None => merged.items.set(id.to_owned(), value),
                }
                merged.changed.push(id.to_owned());
            }
        }
    }
    merged
}

/// Numbers by which the record is known are not overwritten.
fn stays(id: &str, now: &str) -> Option<Kept> {
    (id == names::PATIENT_ID_NUMBER && !now.trim().is_empty()).then_some(Kept::Identity)
}

enum Rule {
    Free,
    Keep(Kept),
    KeepQuietly,
}

fn rule_of_outcome(id: &str, outcome: Outcome) -> Rule {
    if ![names::DATE_OF_LAST_CONTACT, names::VITAL_STATUS, names::CAUSE_OF_DEATH].contains(&id) {
        return Rule::Free;
    }
    match outcome {
        Outcome::Take => Rule::Free,
        Outcome::Same => Rule::KeepQuietly,
        Outcome::Older => Rule::Keep(Kept::OlderContact),
        Outcome::Conflict(conflict) => Rule::Keep(Kept::Conflict(conflict)),
    }
}

/// The stored item that took the place of this older one, if it has a value.
fn stands_in(stored: &Items, id: &str) -> bool {
    names::RENAMED
        .iter()
        .any(|(older, newer)| *older == id && stored.raw(newer).is_some_and(|v| !v.trim().is_empty()))
}

/// The file uses an item's older name, the record the newer one, and they differ.
fn newer_item(stored: &Items, id: &str, value: &str) -> Option<Kept> {
    names::RENAMED
        .iter()
        .filter(|(older, newer)| *older == id && stored.raw(newer).is_some())
        .any(|(older, newer)| {
            let said = match (*older == names::SEX, value.trim()) {
                (true, "1" | "5") => "1",
                (true, "2" | "6") => "2",
                (true, _) => "9",
                (false, other) => other,
            };
            let stands = stored.value(newer);
            !stands.is_empty() && stands != said
        })
        .then_some(Kept::NewerItem)
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
