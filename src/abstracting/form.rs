//! What was typed on a page of the abstract, put onto the items of patient and tumor.
//!
//! What cannot be understood (a date that is none, a site in words, a text that is too long) is
//! not stored: it stays on the page as typed, with its reason, and is kept as a draft. All else
//! is saved.

use chrono::NaiveDate;

use super::{CaseItems, FormControl, FormRow, Section, derive, form_row::form_rows, typed_value::read};
use crate::{
    dictionary::{Dictionary, Items, Level, names},
    partial_date::{PartialDate, SlashOrder},
};

/// Both levels of a record while it is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Both {
    /// Patient-level items.
    pub patient: Items,
    /// Tumor-level items.
    pub tumor: Items,
}

impl Both {
    /// For the rules.
    pub fn case(&self) -> CaseItems<'_> {
        CaseItems::of(&self.patient, &self.tumor)
    }
}

/// Something typed that is not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotTaken {
    /// Name of the field.
    pub field: String,
    /// As typed.
    pub typed: String,
    /// Why, and what is allowed.
    pub why: String,
}

/// Outcome of putting typing onto a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The record with what was understood.
    pub record: Both,
    /// What was not.
    pub not_taken: Vec<NotTaken>,
    /// An item of an older version was retired for its newer one.
    pub retired: bool,
}

/// How dates are read here.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The facility's day.
    pub today: NaiveDate,
    /// How `03/05/2024` is read.
    pub slashes: SlashOrder,
}

/// A page of the abstract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// A section of the form.
    Section(Section),
    /// Every item the record holds.
    AllItems,
}

impl Page {
    /// The word in addresses and drafts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Section(section) => section.word(),
            Self::AllItems => "all",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        if word == "all" { Some(Self::AllItems) } else { Section::parse(word).map(Self::Section) }
    }
}

/// First value of a name among the pairs of a form.
pub fn pair<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

/// Puts the typing of a page onto a record. Fields that the page did not send stay as they are.
pub fn apply(page: Page, record: &Both, pairs: &[(String, String)], reading: Reading) -> Applied {
    let mut applied = Applied { record: record.clone(), ..Applied::default() };
    match page {
        Page::Section(section) => {
            return apply_rows(form_rows().iter().filter(|r| r.section == section), record, pairs, reading);
        }
        Page::AllItems => all_items(record, pairs, &mut applied),
    }
    applied
}

/// Puts the typing of some rows onto a record, in the order of the rows.
pub(super) fn apply_rows(
    rows: impl Iterator<Item = &'static FormRow>,
    record: &Both,
    pairs: &[(String, String)],
    reading: Reading,
) -> Applied {
    let mut applied = Applied { record: record.clone(), ..Applied::default() };
    for row in rows.filter(|row| row.control != FormControl::Derived) {
        if let Some(typed) = pair(pairs, row.id()) {
            take(row, typed, record, reading, &mut applied);
        }
    }
    applied
}

fn take(row: &'static FormRow, typed: &str, before: &Both, reading: Reading, to: &mut Applied) {
    let id = row.id();
    let was = before.case().value(id);
    let typed = normal_lines(typed);
    if row.control == FormControl::Masked {
        // The box never shows what is stored: blank says nothing new, a dash takes it out.
        match typed.trim() {
            "" => return,
            "-" => {
                to.retired |= put(&mut to.record, id, "");
                return;
            }
            _ => {}
        }
    }
    if typed.trim() == shown(row, was).trim() {
        return;
    }
    let value = match read(row, typed.trim(), to.record.case(), reading) {
        Ok(value) => value,
        Err(why) => return to.not_taken.push(NotTaken { field: id.to_owned(), typed, why }),
    };
    if let Some(why) = against_contact_rules(id, was, &value) {
        return to.not_taken.push(NotTaken { field: id.to_owned(), typed, why });
    }
    if row.control == FormControl::Histology
        && let Some(read) = derive::read_histology(&value)
    {
        to.retired |= put(&mut to.record, names::HISTOLOGIC_TYPE_ICD_O_3, &read.histology.to_string());
        if let Some(behavior) = read.behavior {
            put(&mut to.record, names::BEHAVIOR_CODE_ICD_O_3, behavior.code());
        }
        return;
    }
    // 8520/3 typed as histology has filled the behavior; a blank behavior box does not take it back.
    if id == names::BEHAVIOR_CODE_ICD_O_3 && value.is_empty() && to.record.tumor.has(id) && was.is_empty() {
        return;
    }
    to.retired |= put(&mut to.record, id, &value);
}

fn put(record: &mut Both, id: &'static str, value: &str) -> bool {
    let items = match Dictionary::get(id).map(|d| d.level) {
        Some(Level::Patient) => &mut record.patient,
        _ => &mut record.tumor,
    };
    derive::set_modern(items, id, value)
}

fn normal_lines(typed: &str) -> String {
    typed.replace("\r\n", "\n")
}

/// A stored value as its box shows it.
pub fn shown(row: &FormRow, value: &str) -> String {
    match row.control {
        FormControl::Date => PartialDate::parse(value).map_or_else(|_| value.to_owned(), PartialDate::iso),
        _ => value.to_owned(),
    }
}

/// Takes back what breaks the rules of contacts, whoever's change it is: of two changes of one item the
/// older may have been chosen. Gives what was taken back.
pub fn hold_to_contact_rules(before: &Items, after: &mut Items) -> Vec<NotTaken> {
    let mut taken_back = Vec::new();
    for id in [names::DATE_OF_LAST_CONTACT, names::VITAL_STATUS] {
        let (was, now) = (before.value(id).to_owned(), after.value(id).to_owned());
        if let Some(why) = against_contact_rules(id, &was, &now) {
            after.set(id, before.raw(id).unwrap_or_default());
            taken_back.push(NotTaken { field: id.to_owned(), typed: now, why });
        }
    }
    taken_back
}

/// Last contact and vital status follow the rules of contacts: forward only, and nobody rises from the
/// dead. A supervisor corrects them where a reason is asked for, on the contact form.
fn against_contact_rules(id: &str, was: &str, now: &str) -> Option<String> {
    match id {
        names::DATE_OF_LAST_CONTACT => {
            let (old, new) = (PartialDate::parse(was).ok()?, PartialDate::parse(now).ok());
            match new {
                Some(new) if !new.definitely_before(old) => None,
                Some(new) => Some(format!(
                    "{} is before the last known contact of {}. The date of last contact only moves forward here; a \
                     supervisor moves it back with a reason under Record a contact, Correction.",
                    new.iso(),
                    old.iso()
                )),
                None => Some(format!("The last known contact of {} cannot be taken out.", old.iso())),
            }
        }
        names::VITAL_STATUS if was == "0" && now != "0" => {
            Some(
                "The patient is recorded as dead; a supervisor corrects that with a reason under Record a contact, \
                 Correction."
                    .to_owned(),
            )
        }
        _ => None,
    }
}

/// Fields of the page of all items: `p.<id>` for the patient's, `t.<id>` for the case's, and one more
/// to add (`add.id`, `add.value`).
fn all_items(before: &Both, pairs: &[(String, String)], to: &mut Applied) {
    for (name, typed) in pairs {
        let (level, id) = match name.split_once('.') {
            Some(("p", id)) => (Level::Patient, id),
            Some(("t", id)) => (Level::Tumor, id),
            _ => continue,
        };
        let old = match level {
            Level::Patient => &before.patient,
            _ => &before.tumor,
        };
        // Only what the record holds stands on the page; anything else was not typed there.
        let Some(was) = old.raw(id) else { continue };
        let typed = normal_lines(typed);
        if typed == normal_lines(was) {
            continue;
        }
        store_any(level, id, &typed, name, to);
    }
    let id = pair(pairs, "add.id").unwrap_or("").trim();
    let value = normal_lines(pair(pairs, "add.value").unwrap_or(""));
    if id.is_empty() {
        return;
    }
    let found = Dictionary::get(id)
        .or_else(|| id.parse().ok().and_then(Dictionary::by_number))
        .or_else(|| Dictionary::all().iter().find(|d| d.name.eq_ignore_ascii_case(id)));
    match found {
        Some(def) if def.level == Level::NaaccrData => {
            refuse(to, "add.id", id, "This item is said once a file, not in a case.")
        }
        Some(def) => store_any(def.level, def.id, &value, "add.value", to),
        None => refuse(
            to,
            "add.id",
            id,
            "No item has this id, number or name. Enter for instance primaryPayerAtDx or 630.",
        ),
    }
}

fn refuse(to: &mut Applied, field: &str, typed: &str, why: &str) {
    to.not_taken.push(NotTaken { field: field.to_owned(), typed: typed.to_owned(), why: why.to_owned() });
}

fn store_any(level: Level, id: &str, value: &str, field: &str, to: &mut Applied) {
    if super::form_row::row_of(id).is_some() || names::RENAMED.iter().any(|(older, _)| *older == id) {
        return refuse(to, field, value, "This item has its own place on the form; change it there.");
    }
    if let Some(def) = Dictionary::get(id) {
        let given = value.trim().chars().count();
        if given > def.length {
            let why = format!("{given} characters were typed; {} fit. Nothing was cut off.", def.length);
            return refuse(to, field, value, &why);
        }
    }
    let items = match level {
        Level::Patient => &mut to.record.patient,
        _ => &mut to.record.tumor,
    };
    if value.is_empty() {
        items.remove(id);
    } else {
        items.set(id.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(pairs: &[(&'static str, &'static str)]) -> Items {
        pairs.iter().copied().collect()
    }

    fn reading() -> Reading {
        Reading { today: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(), slashes: SlashOrder::MonthFirst }
    }

    fn typed(section: Section, before: &Both, pairs: &[(&str, &str)]) -> Applied {
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        apply(Page::Section(section), before, &pairs, reading())
    }

    #[test]
    fn typing_is_stored_as_the_standard_writes_it() {
        let applied = typed(
            Section::Cancer,
            &Both::default(),
            &[
                ("dateOfDiagnosis", "6/16/2026"),
                ("primarySite", "c50.4"),
                ("histologicTypeIcdO3", "8520/3"),
                ("behaviorCodeIcdO3", ""),
                ("laterality", " 2 "),
                ("ageAtDiagnosis", "12"),
            ],
        );
        assert_eq!(
            applied.record.tumor,
            items(&[
                ("dateOfDiagnosis", "20260616"),
                ("primarySite", "C504"),
                ("laterality", "2"),
                ("histologicTypeIcdO3", "8520"),
                ("behaviorCodeIcdO3", "3"),
            ])
        );
        assert!(applied.not_taken.is_empty());
    }

    #[test]
    fn what_is_not_understood_is_not_stored_and_told() {
        let before =
            Both { tumor: items(&[("primarySite", "C509"), ("laterality", "1")]), ..Both::default() };
        let applied = typed(
            Section::Cancer,
            &before,
            &[
                ("primarySite", "breast"),
                ("dateOfDiagnosis", "June"),
                ("laterality", "2"),
                ("gradeClinical", "22"),
            ],
        );
        assert_eq!(applied.record.tumor, items(&[("primarySite", "C509"), ("laterality", "2")]));
        let fields: Vec<_> = applied.not_taken.iter().map(|n| n.field.as_str()).collect();
        assert_eq!(fields, ["dateOfDiagnosis", "primarySite", "gradeClinical"]);
    }

    #[test]
    fn unchanged_fields_change_nothing_even_when_stored_oddly() {
        let before = Both {
            patient: items(&[("sex", "1"), ("nameLast", " Fictive "), ("dateOfBirth", "1963")]),
            ..Both::default()
        };
        let same = [("sexAssignedAtBirth", "1"), ("nameLast", "Fictive"), ("dateOfBirth", "1963")];
        assert_eq!(typed(Section::Patient, &before, &same).record, before);
        let changed = typed(Section::Patient, &before, &[("sexAssignedAtBirth", "2")]);
        assert!(changed.retired);
        assert_eq!(changed.record.patient.raw("sex"), None);
        assert_eq!(changed.record.patient.raw("sexAssignedAtBirth"), Some("2"));
    }

    #[test]
    fn what_a_masked_box_does_not_show_is_not_lost() {
        let before = Both {
            patient: items(&[
                ("socialSecurityNumber", "123456789"),
                ("medicareBeneficiaryIdentifier", "1EG4TE5MK73"),
            ]),
            ..Both::default()
        };
        let blank = [("socialSecurityNumber", ""), ("medicareBeneficiaryIdentifier", "")];
        assert_eq!(typed(Section::Patient, &before, &blank).record, before);
        let out = typed(Section::Patient, &before, &[("socialSecurityNumber", "-")]);
        assert_eq!(out.record.patient, items(&[("medicareBeneficiaryIdentifier", "1EG4TE5MK73")]));
        let other = typed(Section::Patient, &before, &[("socialSecurityNumber", "987-65-4320")]);
        assert_eq!(other.record.patient.value("socialSecurityNumber"), "987654320");
    }

    #[test]
    fn short_codes_get_their_zero_and_letters_their_capitals() {
        let applied = typed(
            Section::Treatment,
            &Both::default(),
            &[("rxSummChemo", "2"), ("rxSummSurgPrimSite2023", "a220")],
        );
        assert_eq!(applied.record.tumor.value("rxSummChemo"), "02");
        assert_eq!(applied.record.tumor.value("rxSummSurgPrimSite2023"), "A220");
        let applied = typed(Section::Residence, &Both::default(), &[("addrAtDxState", "il")]);
        assert_eq!(applied.record.tumor.value("addrAtDxState"), "IL");
    }

    #[test]
    fn the_last_contact_only_moves_forward_and_the_dead_stay_dead() {
        let before = Both {
            patient: items(&[("dateOfLastContact", "20260901"), ("vitalStatus", "0")]),
            ..Both::default()
        };
        let applied =
            typed(Section::Outcome, &before, &[("dateOfLastContact", "2025-01-01"), ("vitalStatus", "1")]);
        assert_eq!(applied.record, before);
        assert_eq!(applied.not_taken.len(), 2);
        let forward = typed(Section::Outcome, &before, &[("dateOfLastContact", "t")]);
        assert_eq!(forward.record.patient.value("dateOfLastContact"), "20261123");
    }

    #[test]
    fn an_older_contact_that_was_chosen_of_two_is_taken_back() {
        let before = items(&[("dateOfLastContact", "20260901"), ("vitalStatus", "0"), ("race1", "01")]);
        let mut after = items(&[("dateOfLastContact", "20260301"), ("vitalStatus", "1"), ("race1", "02")]);
        let taken_back = hold_to_contact_rules(&before, &mut after);
        assert_eq!(after, items(&[("dateOfLastContact", "20260901"), ("vitalStatus", "0"), ("race1", "02")]));
        assert_eq!(taken_back.len(), 2);
        assert!(taken_back.iter().all(|n| n.why.contains("supervisor")), "{taken_back:?}");
        assert!(hold_to_contact_rules(&before, &mut after).is_empty());
        let mut later = items(&[("dateOfLastContact", "202609"), ("vitalStatus", "0")]);
        assert!(hold_to_contact_rules(&before, &mut later).is_empty(), "the same month is not before");
    }

    #[test]
    fn every_other_item_can_be_changed_and_added_and_nothing_else() {
        let before = Both {
            patient: items(&[("vendorItem", "88")]),
            tumor: items(&[("userItem", "a\r\nb"), ("textUsualOccupation", "clerk"), ("laterality", "1")]),
        };
        let pairs: Vec<_> = [
            ("p.vendorItem", "99"),
            ("t.userItem", "a\nb"),
            ("t.textUsualOccupation", ""),
            ("t.notHeld", "x"),
            ("t.laterality", "2"),
            ("add.id", "320"),
            ("add.value", "bank"),
        ]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .to_vec();
        let applied = apply(Page::AllItems, &before, &pairs, reading());
        assert_eq!(applied.record.patient, items(&[("vendorItem", "99")]));
        assert_eq!(
            applied.record.tumor,
            items(&[("userItem", "a\r\nb"), ("laterality", "1"), ("textUsualIndustry", "bank")])
        );
        assert_eq!(applied.not_taken.len(), 1, "laterality has its own place");
    }
}
