//! What becomes of two records of one person. Pure: items in, an outlook out.
//!
//! Sources: life of a case, merge of two patients (the older accession number stays, duplicates of one primary are
//! resolved first, the later last contact, death where it is not before it); consolidation (known beats unknown);
//! IARC/IACR rules for what may be one primary.

use std::cmp::Ordering;

use crate::{
    abstracting::accession::AccessionNumber,
    dictionary::{CodeLists, Items, names},
    followup_rules::merge::Stands,
    icdo::{Morphology, PrimarySite},
    partial_date::PartialDate,
    recodes::iarc::{self, Primaries},
};

/// One of the two records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Side {
    /// The record that stays.
    Stays,
    /// The record that is merged into it.
    Merged,
}

impl Side {
    /// The word that a form sends.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Stays => "stays",
            Self::Merged => "merged",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::Stays, Self::Merged].into_iter().find(|side| side.word() == word)
    }
}

/// Which record has the older accession number: `Less` for the first. A number beats none; a number of ours beats
/// one that came in another form.
pub(super) fn older(first: &[String], second: &[String]) -> Ordering {
    let oldest = |numbers: &[String]| {
        let read = |n: &String| n.parse::<AccessionNumber>().map_err(|_| n.clone());
        let mut all: Vec<Result<AccessionNumber, String>> =
            numbers.iter().filter(|n| !n.is_empty()).map(read).collect();
        all.sort();
        all.into_iter().next()
    };
    match (oldest(first), oldest(second)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

/// Items that go together: last contact, vital status, and what belongs to a death.
pub(super) const OUTCOME: [&str; 6] = [
    names::DATE_OF_LAST_CONTACT,
    names::VITAL_STATUS,
    names::CAUSE_OF_DEATH,
    names::PLACE_OF_DEATH_STATE,
    names::PLACE_OF_DEATH_COUNTRY,
    names::FOLLOW_UP_SOURCE,
];

/// An item in which the records differ, or which only one of them has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Compared {
    /// XML id, the newer where an item was renamed.
    pub(super) item: String,
    /// In the record that stays.
    pub(super) stays: String,
    /// In the other.
    pub(super) merged: String,
    /// Which one the rules take.
    pub(super) rule: Side,
    /// Both say something, and a person may choose.
    pub(super) asks: bool,
}

/// The items in which two records differ, in the order of the record that stays. What goes with the outcome and the
/// number by which the record is known are not among them.
pub(super) fn compared(stays: &Items, merged: &Items) -> Vec<Compared> {
    let newest = |id: &str| {
        let renamed = names::RENAMED.iter().find(|(older, _)| *older == id);
        renamed.map_or(id, |(_, newer)| *newer).to_owned()
    };
    let mut ids: Vec<String> = Vec::new();
    for (id, _) in stays.iter().chain(merged.iter()) {
        let id = newest(id);
        let apart = OUTCOME.contains(&id.as_str()) || id == names::ICD_REVISION_NUMBER;
        if !apart && !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids.into_iter().filter_map(|id| compare(id, stays, merged)).collect()
}

fn compare(item: String, stays: &Items, merged: &Items) -> Option<Compared> {
    let (a, b) = (stays.value(&item).to_owned(), merged.value(&item).to_owned());
    // The number of the record that stays is its own, unless it has none.
    let own = item == names::PATIENT_ID_NUMBER && !a.is_empty();
    if own || same(&item, &a, &b) {
        return None;
    }
    let (nothing, nothing_there) = (says_nothing(&item, &a), says_nothing(&item, &b));
    let rule = match (nothing, nothing_there) {
        (true, false) => Side::Merged,
        (true, true) if a.is_empty() => Side::Merged,
        (false, false) if more_exact(stays.date(&item), merged.date(&item)) => Side::Merged,
        _ => Side::Stays,
    };
    Some(Compared { asks: !a.is_empty() && !b.is_empty(), item, stays: a, merged: b, rule })
}

/// Names and addresses differ in more than capitals.
fn same(item: &str, a: &str, b: &str) -> bool {
    let folds = item.starts_with("name") || item.starts_with("addr");
    a == b || (folds && a.to_lowercase() == b.to_lowercase())
}

/// The second date lies within the first.
fn more_exact(a: Option<PartialDate>, b: Option<PartialDate>) -> bool {
    a.zip(b).is_some_and(|(a, b)| a != b && a.earliest() <= b.earliest() && b.latest() <= a.latest())
}

/// Blank, or a code that says that it is not known. “None” is an answer, and so is a date of nines no date.
pub(super) fn says_nothing(item: &str, value: &str) -> bool {
    let plain: String = value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if plain.is_empty() || ["unknown", "unk", "unkn", "zz", "zzu"].contains(&plain.as_str()) {
        return true;
    }
    let nines = plain.len() > 1 && plain.bytes().all(|b| b == b'9');
    match CodeLists::label(item, value) {
        Some(label) => {
            let label = label.to_lowercase();
            ["unknown", "not stated", "not known"].iter().any(|word| label.starts_with(word))
                || (nines && label.contains("unknown"))
        }
        None => nines || (item == names::SEX_ASSIGNED_AT_BIRTH && value == "9"),
    }
}

/// The items of the person: as the rules take them, or as `chosen`; the outcome of the record that tells it. A blank
/// never stands in the place of a value.
pub(super) fn merged_items(
    stays: &Items,
    merged: &Items,
    outcome: Stands,
    chosen: &dyn Fn(&str) -> Option<Side>,
) -> Items {
    let mut items = stays.clone();
    for found in compared(stays, merged) {
        let side = if found.asks { chosen(&found.item).unwrap_or(found.rule) } else { found.rule };
        if side == Side::Merged {
            items.set(found.item, found.merged);
        }
    }
    let (tells, other) = match outcome {
        Stands::Second => (merged, stays),
        Stands::First | Stands::Either => (stays, merged),
    };
    let agree = tells.value(names::VITAL_STATUS) == other.value(names::VITAL_STATUS);
    for id in OUTCOME {
        let alive = id == names::VITAL_STATUS && other.value(id) != "0";
        match (tells.value(id), other.value(id)) {
            ("", "") => {}
            // What belongs to a death goes only with the death.
            ("", theirs) if agree || alive => items.set(id, theirs),
            ("", _) => {
                items.remove(id);
            }
            (own, _) => items.set(id, own),
        }
    }
    items
}

/// Pairs of categories of sites that people draw the border between differently, or one of which takes in the other.
const NEIGHBOURS: [&[u16]; 12] = [
    &[15, 16],
    &[18, 19, 20, 21, 26],
    &[22, 23, 24, 25],
    &[10, 13, 32],
    &[30, 31, 39],
    &[34, 38, 39],
    &[40, 41, 49],
    &[48, 56, 57],
    &[53, 54, 55],
    &[51, 52, 44],
    &[64, 65, 68],
    &[70, 71, 72, 75],
];

/// Days between diagnoses within which one tumor may have been given two histologies.
const SOON: i64 = 60;

/// Unspecified neoplasm, or carcinoma without more.
fn is_unspecified(morphology: Morphology) -> bool {
    morphology.histology.within(&[(8000, 8005), (8010, 8010)])
}

/// Why two cases of one person may be one primary; `None` when they are two for certain. Wider than the rules for
/// counting: who coded them did not see each other's case. The same both ways round.
pub(super) fn may_be_one(a: &Items, b: &Items) -> Option<&'static str> {
    let read = |items: &Items| {
        let site = PrimarySite::parse(items.value(names::PRIMARY_SITE)).ok()?;
        let code = format!(
            "{}/{}",
            items.value(names::HISTOLOGIC_TYPE_ICD_O_3),
            items.value(names::BEHAVIOR_CODE_ICD_O_3)
        );
        Some((site, Morphology::parse(&code).ok()?))
    };
    let (Some(one), Some(other)) = (read(a), read(b)) else {
        return Some("the site or histology of one is not coded yet");
    };
    let verdict = iarc::compare(one, other);
    match verdict.map(|d| (d.primaries, d.step)) {
        Some((Primaries::Same | Primaries::Review, step)) => return Some(step),
        Some((Primaries::Multiple, _)) => {}
        None => return Some("one histology belongs to no group"),
    }
    if is_unspecified(one.1) || is_unspecified(other.1) {
        return Some("one histology is unspecified");
    }
    let groups = (iarc::histology_group(one.1)?.number, iarc::histology_group(other.1)?.number);
    let systemic = |group: u8| iarc::is_systemic(group);
    if systemic(groups.0) && systemic(groups.1) {
        return Some("both are systemic diseases");
    }
    let categories = (one.0.category(), other.0.category());
    let ill_defined = |category: u16| matches!(category, 76 | 80);
    let near = iarc::site_group(one.0) == iarc::site_group(other.0)
        || NEIGHBOURS.iter().any(|some| some.contains(&categories.0) && some.contains(&categories.1))
        || ill_defined(categories.0)
        || ill_defined(categories.1);
    if near && groups.0 == groups.1 {
        return Some("the same group of histology, at sites next to each other");
    }
    let soon = match (a.date(names::DATE_OF_DIAGNOSIS), b.date(names::DATE_OF_DIAGNOSIS)) {
        (Some(a), Some(b)) => {
            let apart = (a.earliest() - b.latest()).num_days().max((b.earliest() - a.latest()).num_days());
            apart <= SOON
        }
        _ => true,
    };
    (near && soon).then_some("sites next to each other, diagnosed within two months")
}

/// The number of a case within its patient for a case that comes in: its own where it is free, else the next.
pub(super) fn record_number(own: &str, taken: &[String]) -> String {
    let number = |text: &str| text.trim().parse::<u32>().ok();
    let clash = number(own).is_some_and(|own| taken.iter().any(|t| number(t) == Some(own)));
    if !clash {
        return own.to_owned();
    }
    let next = taken.iter().filter_map(|t| number(t)).max().unwrap_or(0) + 1;
    format!("{next:02}")
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
