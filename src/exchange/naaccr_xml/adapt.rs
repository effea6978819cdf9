//! A record under another version or record type, with account of every item that changes.
//!
//! Items that the version calls otherwise go under its name; what it does not know goes to a
//! user dictionary beside the file; what the record type does not carry is left out. All of it
//! is counted, nothing is dropped in silence.

use std::collections::BTreeMap;

use super::{
    envelope::Envelope,
    root::RecordType,
    user_dictionary::{FIRST_NUMBER, UserDictionary, UserItem, level_name, type_name},
};
use crate::dictionary::{Dictionary, Items, Level, Record, Version, names};

/// What became of an item on the way out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Written under the name that the version has for it.
    Renamed {
        /// The name.
        to: String,
    },
    /// Defined in the user dictionary written beside the file.
    UserDictionary {
        /// Its number there.
        number: u32,
    },
    /// Written as it stands; a user dictionary that the source names, and that we do not have, may define it.
    DefinedElsewhere,
    /// Written as it stands, in an element that the standard does not put it in.
    WrongLevel,
    /// Not written: the record type does not carry it.
    LeftOut,
}

/// Counts by item.
pub type Account = BTreeMap<(String, Fate), u64>;

/// How records are written to one file.
#[derive(Clone, Debug)]
pub struct Adaption {
    /// Version of the file.
    pub version: Version,
    /// Record type of the file.
    pub record_type: RecordType,
    /// User dictionaries that we have and the file will name.
    pub user: Vec<UserDictionary>,
    /// The sources name a user dictionary that we do not have.
    pub unknown_dictionaries: bool,
    own: BTreeMap<String, UserItem>,
    /// What became of items, counted by [`Adaption::apply`].
    pub account: Account,
}

/// What to do with one item.
enum Way {
    Keep,
    KeepAnd(Fate),
    Rename(&'static str, String),
    /// Renamed with a loss, so that the older one is kept beside it.
    RenameAndKeep(&'static str, String),
    Own,
    LeaveOut,
}

impl Adaption {
    /// For a file.
    pub fn new(
        version: Version,
        record_type: RecordType,
        user: Vec<UserDictionary>,
        unknown_dictionaries: bool,
    ) -> Self {
        Self {
            version,
            record_type,
            user,
            unknown_dictionaries,
            own: BTreeMap::new(),
            account: Account::new(),
        }
    }

    /// First pass: notes the items that need a definition of our own. `came_as` is the record
    /// type the record arrived under.
    pub fn look(&mut self, record: &Record, came_as: Option<RecordType>) {
        self.look_at(&record.patient, Level::Patient, came_as);
        for tumor in &record.tumors {
            self.look_at(&tumor.items, Level::Tumor, came_as);
        }
    }

    fn look_at(&mut self, items: &Items, level: Level, came_as: Option<RecordType>) {
        for (id, value) in items.iter() {
            if !matches!(self.way(id, value, items, level, came_as), Way::Own | Way::RenameAndKeep(..)) {
                continue;
            }
            let given = value.chars().count().max(1);
            let known = Dictionary::get(id);
            let item = self.own.entry(id.to_owned()).or_insert_with(|| UserItem {
                id: id.to_owned(),
                number: None,
                name: Dictionary::label(id).to_owned(),
                level: level_name(level).to_owned(),
                length: known.map(|d| d.length),
                data_type: known.map_or("text", |d| type_name(d.data_type)).to_owned(),
                record_types: String::new(),
            });
            item.length = Some(item.length.unwrap_or(1).max(given));
        }
    }

    /// After the first pass: numbers the own items, from 9500 and beside those already taken.
    pub fn number_items(&mut self) {
        let taken: Vec<u32> = self.user.iter().flat_map(|d| &d.items).filter_map(|i| i.number).collect();
        let mut free = (FIRST_NUMBER..).filter(|n| !taken.contains(n));
        for item in self.own.values_mut() {
            item.number = free.next();
        }
    }

    /// The dictionary to write beside the file, if the file needs one.
    pub fn own_dictionary(&self, uri: &str) -> Option<UserDictionary> {
        (!self.own.is_empty())
            .then(|| UserDictionary::compose(uri, self.version.0, self.own.values().cloned().collect()))
    }

    /// Second pass: the record as the file has it.
    pub fn apply(&mut self, record: &Record, came_as: Option<RecordType>) -> Record {
        let mut out = record.clone();
        out.version = self.version;
        self.apply_to(&mut out.patient, &mut out.envelope, Level::Patient, came_as);
        for tumor in &mut out.tumors {
            self.apply_to(&mut tumor.items, &mut tumor.envelope, Level::Tumor, came_as);
        }
        out
    }

    fn apply_to(
        &mut self,
        items: &mut Items,
        envelope: &mut String,
        level: Level,
        came_as: Option<RecordType>,
    ) {
        let mut own_envelope: Option<Envelope> = None;
        let mut out = Items::default();
        let mut changed = false;
        let before = std::mem::take(items);
        for (id, value) in before.iter() {
            let way = self.way(id, value, &before, level, came_as);
            let mut fate = None;
            match way {
                Way::Keep => keep(&mut out, id, value),
                Way::KeepAnd(f) => {
                    keep(&mut out, id, value);
                    fate = Some(f);
                }
                Way::Rename(to, value) => {
                    out.set(to, value);
                    changed = true;
                    fate = Some(Fate::Renamed { to: to.to_owned() });
                }
                Way::RenameAndKeep(to, new) => {
                    out.set(to, new);
                    keep(&mut out, id, value);
                    changed = true;
                    self.count(id, Fate::Renamed { to: to.to_owned() });
                    fate = Some(Fate::UserDictionary { number: self.own_number(id) });
                }
                Way::Own => {
                    keep(&mut out, id, value);
                    fate = Some(Fate::UserDictionary { number: self.own_number(id) });
                }
                Way::LeaveOut => {
                    changed = true;
                    fate = Some(Fate::LeftOut);
                }
            }
            if let Some(fate @ Fate::UserDictionary { number }) = &fate {
                let own = own_envelope.get_or_insert_with(|| Envelope::parse(envelope).unwrap_or_default());
                if own.number(id, &self.user).is_some() {
                    own.numbers.insert(id.to_owned(), Some(number.to_string()));
                }
                let fate = fate.clone();
                self.count(id, fate);
            } else if let Some(fate) = fate {
                self.count(id, fate);
            }
        }
        if changed || own_envelope.is_some() || self.leaves_out_extensions(came_as) {
            let mut own = own_envelope.unwrap_or_else(|| Envelope::parse(envelope).unwrap_or_default());
            own.tidy(&out);
            if self.leaves_out_extensions(came_as) && !own.nodes.is_empty() {
                own.nodes.clear();
                self.count("extensions", Fate::LeftOut);
            }
            *envelope = own.to_text();
        }
        *items = out;
    }

    fn count(&mut self, id: &str, fate: Fate) {
        *self.account.entry((id.to_owned(), fate)).or_default() += 1;
    }

    fn own_number(&self, id: &str) -> u32 {
        self.own.get(id).and_then(|i| i.number).unwrap_or(0)
    }

    /// Extensions may hold anything, so a record type that leaves out identifiers or text leaves them out.
    fn leaves_out_extensions(&self, came_as: Option<RecordType>) -> bool {
        came_as != Some(self.record_type) && matches!(self.record_type, RecordType::C | RecordType::I)
    }

    fn way(&self, id: &str, value: &str, items: &Items, level: Level, came_as: Option<RecordType>) -> Way {
        let known = Dictionary::get(id);
        let user = self.user.iter().flat_map(|d| &d.items).find(|i| i.id == id);
        if came_as != Some(self.record_type) {
            let carried = match (known, user) {
                (Some(def), _) => def.record_types.contains(self.record_type.letter()),
                (None, Some(item)) if !item.record_types.is_empty() => {
                    item.record_types.contains(self.record_type.letter())
                }
                _ => !matches!(self.record_type, RecordType::C | RecordType::I),
            };
            if !carried {
                return Way::LeaveOut;
            }
        }
        if let Some(def) = known
            && def.in_version(self.version)
        {
            return if def.level == level { Way::Keep } else { Way::KeepAnd(Fate::WrongLevel) };
        }
        if let Some((to, new, exact)) = self.renamed(id, value)
            && items.raw(to).is_none()
        {
            return if exact { Way::Rename(to, new) } else { Way::RenameAndKeep(to, new) };
        }
        if user.is_some() {
            return Way::Keep;
        }
        if id.starts_with('#') || (known.is_none() && self.unknown_dictionaries) {
            return Way::KeepAnd(Fate::DefinedElsewhere);
        }
        Way::Own
    }

    /// The version's own name for an item, the value under it, and whether nothing is lost by that.
    fn renamed(&self, id: &str, value: &str) -> Option<(&'static str, String, bool)> {
        names::RENAMED.iter().find_map(|(older, newer)| {
            let to = if id == *older {
                *newer
            } else if id == *newer {
                *older
            } else {
                return None;
            };
            if !Dictionary::get(to)?.in_version(self.version) {
                return None;
            }
            if id != names::SEX {
                return Some((to, value.to_owned(), true));
            }
            // Codes 3 to 6 of the older item have no equal in the newer one.
            let (new, exact) = match value.trim() {
                "" | "1" | "2" | "9" => (value, true),
                "5" => ("1", false),
                "6" => ("2", false),
                _ => ("9", false),
            };
            Some((to, new.to_owned(), exact))
        })
    }
}

fn keep(items: &mut Items, id: &str, value: &str) {
    match Dictionary::get(id) {
        Some(def) => items.set(def.id, value),
        None => items.set(id.to_owned(), value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary::TumorRecord;

    fn record(version: u16, patient: &[(&'static str, &str)], tumor: &[(&'static str, &str)]) -> Record {
        Record {
            version: Version(version),
            patient: patient.iter().map(|(k, v)| (*k, *v)).collect(),
            envelope: String::new(),
            tumors: vec![TumorRecord {
                items: tumor.iter().map(|(k, v)| (*k, *v)).collect(),
                envelope: String::new(),
            }],
        }
    }

    fn adapted(record: &Record, version: u16, record_type: RecordType) -> (Record, Adaption) {
        let mut adaption = Adaption::new(Version(version), record_type, Vec::new(), false);
        adaption.look(record, Some(RecordType::A));
        adaption.number_items();
        (adaption.apply(record, Some(RecordType::A)), adaption)
    }

    fn pairs(items: &Items) -> Vec<(&str, &str)> {
        items.iter().collect()
    }

    #[test]
    fn under_its_own_version_a_record_stays_as_it_came() {
        let before = record(250, &[("sex", "5"), ("nameLast", " Doe ")], &[("primarySite", "C509")]);
        let (after, adaption) = adapted(&before, 250, RecordType::A);
        assert_eq!(after, before);
        assert!(adaption.account.is_empty() && adaption.own_dictionary("u").is_none());
    }

    #[test]
    fn items_go_under_the_versions_own_names() {
        let before = record(230, &[("sex", "2"), ("nameMaiden", "Roe")], &[]);
        let (after, adaption) = adapted(&before, 260, RecordType::A);
        assert_eq!(pairs(&after.patient), vec![("sexAssignedAtBirth", "2"), ("nameBirthSurname", "Roe")]);
        assert_eq!(after.version, Version(260));
        assert_eq!(adaption.account.len(), 2);
        let (back, _) = adapted(&after, 230, RecordType::A);
        // Version 23 has both surnames, and only the older item for sex.
        assert_eq!(pairs(&back.patient), vec![("sex", "2"), ("nameBirthSurname", "Roe")]);
    }

    #[test]
    fn a_code_without_an_equal_is_kept_beside_its_translation() {
        let before = record(250, &[("sex", "5")], &[]);
        let (after, adaption) = adapted(&before, 260, RecordType::A);
        assert_eq!(pairs(&after.patient), vec![("sexAssignedAtBirth", "1"), ("sex", "5")]);
        let own = adaption.own_dictionary("u").unwrap();
        assert_eq!(
            own.items.iter().map(|i| (i.id.as_str(), i.number)).collect::<Vec<_>>(),
            [("sex", Some(9500))]
        );
    }

    #[test]
    fn what_the_version_does_not_know_goes_to_a_user_dictionary() {
        let before =
            record(250, &[], &[("ownItem", "abc"), ("rxDateSurgeryFlag", "10"), ("primarySite", "C509")]);
        let (after, adaption) = adapted(&before, 260, RecordType::A);
        assert_eq!(pairs(&after.tumors[0].items), pairs(&before.tumors[0].items));
        let own = adaption.own_dictionary("u").unwrap();
        let items: Vec<_> = own.items.iter().map(|i| (i.id.as_str(), i.number, i.length)).collect();
        assert_eq!(items[0], ("ownItem", Some(9500), Some(3)));
        assert_eq!((items[1].0, items[1].1), ("rxDateSurgeryFlag", Some(9501)));
        assert_eq!(
            adaption.account.keys().cloned().collect::<Vec<_>>(),
            [
                ("ownItem".to_owned(), Fate::UserDictionary { number: 9500 }),
                ("rxDateSurgeryFlag".to_owned(), Fate::UserDictionary { number: 9501 }),
            ]
        );
    }

    #[test]
    fn an_incidence_record_leaves_out_who_it_is() {
        let before =
            record(260, &[("nameLast", "Doe"), ("race1", "01"), ("own", "Doe")], &[("textRemarks", "Doe")]);
        let (after, adaption) = adapted(&before, 260, RecordType::I);
        assert_eq!(pairs(&after.patient), vec![("race1", "01")]);
        assert_eq!(pairs(&after.tumors[0].items), vec![]);
        assert!(adaption.account.keys().all(|(_, fate)| *fate == Fate::LeftOut));
        assert_eq!(adaption.account.len(), 3);
    }

    #[test]
    fn numbers_of_known_user_items_are_not_given_twice() {
        let known = UserItem {
            id: "theirs".into(),
            number: Some(9500),
            name: "Theirs".into(),
            level: "Tumor".into(),
            length: None,
            data_type: "text".into(),
            record_types: String::new(),
        };
        let user = vec![UserDictionary::compose("u1", 260, vec![known])];
        let mut adaption = Adaption::new(Version(260), RecordType::A, user, false);
        let before = record(260, &[], &[("theirs", "1"), ("ours", "2")]);
        adaption.look(&before, Some(RecordType::A));
        adaption.number_items();
        assert_eq!(adaption.own_dictionary("u2").unwrap().items[0].number, Some(9501));
    }
}
