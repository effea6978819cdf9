//! What the standard says of an item.

use std::{collections::HashMap, sync::LazyLock};

use serde::{Deserialize, Serialize};

/// Element of a NAACCR XML file that an item belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Level {
    /// `NaaccrData`: said once a file.
    NaaccrData,
    /// `Patient`.
    Patient,
    /// `Tumor`.
    Tumor,
}

/// NAACCR data type of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataType {
    /// Letters only.
    Alpha,
    /// Digits only, leading zeros kept.
    Digits,
    /// Letters and digits.
    Mixed,
    /// A number, decimal point allowed.
    Numeric,
    /// Anything.
    Text,
    /// `YYYY`, `YYYYMM` or `YYYYMMDD`.
    Date,
    /// Date and time of ISO 8601.
    DateTime,
}

/// A version of the standard: 210, 220, …, 260.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u16);

impl Version {
    /// Versions this program reads and writes.
    pub const ALL: [Version; 6] =
        [Version(210), Version(220), Version(230), Version(240), Version(250), Version(260)];
    /// The version new records are made under.
    pub const NEWEST: Version = Version(260);

    /// Reads `260`; only versions in [`Version::ALL`].
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Version).filter(|v| Self::ALL.contains(v))
    }
}

/// One row of the dictionary.
#[derive(Clone, Debug)]
pub struct ItemDef {
    /// NAACCR item number.
    pub number: u32,
    /// NAACCR XML id, the name used throughout the program.
    pub id: &'static str,
    /// NAACCR name, shown on the screen.
    pub name: &'static str,
    /// Where the item stands.
    pub level: Level,
    /// Record types that carry the item, some of A, M, C, I.
    pub record_types: &'static str,
    /// Longest value in characters, in the newest version that has the item.
    pub length: usize,
    /// Data type.
    pub data_type: DataType,
    /// Values are filled up with zeros on the left.
    pub zero_padded: bool,
    /// First version (from 21) with the item.
    pub first: Version,
    /// Last version with the item; [`Version::NEWEST`] for current items.
    pub last: Version,
    /// Section of the standard; `Retired` for items that left it.
    pub section: &'static str,
}

impl ItemDef {
    /// Does this version carry the item?
    pub fn in_version(&self, version: Version) -> bool {
        self.first <= version && version <= self.last
    }

    /// Longest value under a version.
    pub fn length_in(&self, version: Version) -> usize {
        TABLE.lengths.get(self.id).map_or(self.length, |changes| {
            // Changes are sorted by version: the first one later than `version` tells the old length.
            changes.iter().find(|(since, _)| *since > version).map_or(self.length, |(_, old)| *old)
        })
    }
}

/// What does not fit the dictionary; the value itself is kept verbatim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ItemFlag {
    /// No dictionary knows the id.
    Unknown,
    /// Known, but not in the version of the record.
    NotInVersion,
    /// Stands in the wrong element.
    WrongLevel,
    /// Longer than the item may be.
    TooLong {
        /// Characters allowed.
        allowed: usize,
        /// Characters given.
        given: usize,
    },
    /// Characters that the data type does not allow.
    WrongType,
}

/// The dictionary. All data is embedded, so there is one and it cannot fail after tests ran.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dictionary;

struct Table {
    items: Vec<ItemDef>,
    by_id: HashMap<&'static str, usize>,
    by_number: HashMap<u32, usize>,
    lengths: HashMap<&'static str, Vec<(Version, usize)>>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| read_table().expect("embedded dictionary is checked by a test"));

fn read_table() -> Option<Table> {
    let mut items = Vec::new();
    for line in include_str!("data/items.tsv").lines().skip(1) {
        let mut cells = line.split('\t');
        let number = cells.next()?.parse().ok()?;
        let (id, name) = (cells.next()?, cells.next()?);
        let level = match cells.next()? {
            "NaaccrData" => Level::NaaccrData,
            "Patient" => Level::Patient,
            "Tumor" => Level::Tumor,
            _ => return None,
        };
        let record_types = cells.next()?;
        let length = cells.next()?.parse().ok()?;
        let data_type = match cells.next()? {
            "alpha" => DataType::Alpha,
            "digits" => DataType::Digits,
            "mixed" => DataType::Mixed,
            "numeric" => DataType::Numeric,
            "text" => DataType::Text,
            "date" => DataType::Date,
            "dateTime" => DataType::DateTime,
            _ => return None,
        };
        let zero_padded = cells.next()? == "leftZero";
        let (first, last) = (Version::parse(cells.next()?)?, Version::parse(cells.next()?)?);
        let section = cells.next()?;
        items.push(ItemDef {
            number,
            id,
            name,
            level,
            record_types,
            length,
            data_type,
            zero_padded,
            first,
            last,
            section,
        });
    }
    let by_id = items.iter().enumerate().map(|(i, d)| (d.id, i)).collect();
    let by_number = items.iter().enumerate().map(|(i, d)| (d.number, i)).collect();
    let mut lengths: HashMap<&'static str, Vec<(Version, usize)>> = HashMap::new();
    for line in include_str!("data/lengths.tsv").lines().skip(1) {
        let mut cells = line.split('\t');
        let version = Version::parse(cells.next()?)?;
        let id = cells.next()?;
        lengths.entry(id).or_default().push((version, cells.next()?.parse().ok()?));
    }
    for changes in lengths.values_mut() {
        changes.sort_unstable();
    }
    Some(Table { items, by_id, by_number, lengths })
}

impl Dictionary {
    /// The item with this XML id.
    pub fn get(id: &str) -> Option<&'static ItemDef> {
        TABLE.by_id.get(id).and_then(|i| TABLE.items.get(*i))
    }

    /// The item with this NAACCR number.
    pub fn by_number(number: u32) -> Option<&'static ItemDef> {
        TABLE.by_number.get(&number).and_then(|i| TABLE.items.get(*i))
    }

    /// All items of versions 21 to 26, by number.
    pub fn all() -> &'static [ItemDef] {
        &TABLE.items
    }

    /// The item's NAACCR name, or its id where the dictionary has none.
    pub fn label(id: &str) -> &str {
        Self::get(id).map_or(id, |d| d.name)
    }

    /// What is unusual about a value of an item at a level, under a version. The value is never changed.
    pub fn flags(id: &str, value: &str, level: Level, version: Version) -> Vec<ItemFlag> {
        let Some(def) = Self::get(id) else { return vec![ItemFlag::Unknown] };
        let mut flags = Vec::new();
        if !def.in_version(version) {
            flags.push(ItemFlag::NotInVersion);
        }
        if def.level != level {
            flags.push(ItemFlag::WrongLevel);
        }
        let trimmed = value.trim();
        let (allowed, given) = (def.length_in(version), trimmed.chars().count());
        if given > allowed {
            flags.push(ItemFlag::TooLong { allowed, given });
        }
        let fits = match def.data_type {
            DataType::Alpha => trimmed.chars().all(char::is_alphabetic),
            DataType::Digits => trimmed.bytes().all(|b| b.is_ascii_digit()),
            DataType::Mixed => trimmed.chars().all(char::is_alphanumeric),
            DataType::Numeric => trimmed.is_empty() || trimmed.parse::<f64>().is_ok(),
            DataType::Text | DataType::DateTime => true,
            DataType::Date => trimmed.is_empty() || crate::partial_date::PartialDate::parse(trimmed).is_ok(),
        };
        if !fits {
            flags.push(ItemFlag::WrongType);
        }
        flags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_dictionary_is_there() {
        assert_eq!(Dictionary::all().len(), 857);
        assert_eq!(Dictionary::all().iter().filter(|d| d.in_version(Version::NEWEST)).count(), 771);
        assert_eq!(Dictionary::by_number(400).map(|d| d.id), Some("primarySite"));
    }

    #[test]
    fn every_item_the_rules_name_is_in_the_dictionary() {
        for id in super::super::names::ALL {
            assert!(Dictionary::get(id).is_some(), "{id}");
        }
    }

    #[test]
    fn what_does_not_fit_is_flagged() {
        let v = Version::NEWEST;
        assert_eq!(Dictionary::flags("primarySite", "C509", Level::Tumor, v), vec![]);
        assert_eq!(Dictionary::flags("noSuchItem", "x", Level::Tumor, v), vec![ItemFlag::Unknown]);
        assert_eq!(Dictionary::flags("sex", "1", Level::Patient, v), vec![ItemFlag::NotInVersion]);
        assert_eq!(Dictionary::flags("sex", "1", Level::Patient, Version(250)), vec![]);
        assert_eq!(Dictionary::flags("nameLast", "Doe", Level::Tumor, v), vec![ItemFlag::WrongLevel]);
        assert_eq!(
            Dictionary::flags("laterality", "12", Level::Tumor, v),
            vec![ItemFlag::TooLong { allowed: 1, given: 2 }]
        );
        assert_eq!(
            Dictionary::flags("dateOfBirth", "99999999", Level::Patient, v),
            vec![ItemFlag::WrongType]
        );
    }
}
