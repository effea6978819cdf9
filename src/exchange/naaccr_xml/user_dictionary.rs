//! User dictionaries: what a registry or program calls its own items.
//!
//! Source: NAACCR XML Data Exchange Standard, user dictionaries (`NaaccrDictionary`, `ItemDef`);
//! base numbers are not allowed in them, own ones run from 9500 to 99999.

use std::io::Read;

use quick_xml::events::Event;
use serde::{Deserialize, Serialize};

use super::{
    NAMESPACE,
    limits::Limits,
    problem::{Fault, Problem},
    tags, text,
};
use crate::{
    dictionary::{DataType, ItemFlag, Level},
    partial_date::PartialDate,
};

/// First number of a registry's own items.
pub const FIRST_NUMBER: u32 = 9500;

/// Largest dictionary read, in bytes.
const MOST_BYTES: u64 = 16 << 20;

/// An item of a user dictionary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserItem {
    /// `naaccrId`.
    pub id: String,
    /// `naaccrNum`, where it has one.
    pub number: Option<u32>,
    /// `naaccrName`.
    pub name: String,
    /// `parentXmlElement`.
    pub level: String,
    /// `length` in characters; `None`: any.
    pub length: Option<usize>,
    /// `dataType` as the dictionary says it.
    pub data_type: String,
    /// `recordTypes`; the empty text means all.
    pub record_types: String,
}

impl UserItem {
    /// What does not fit this definition.
    pub fn flags(&self, value: &str, level: Level) -> Vec<ItemFlag> {
        let mut flags = Vec::new();
        if self.level != level_name(level) {
            flags.push(ItemFlag::WrongLevel);
        }
        let trimmed = value.trim();
        let given = trimmed.chars().count();
        if let Some(allowed) = self.length.filter(|l| given > *l) {
            flags.push(ItemFlag::TooLong { allowed, given });
        }
        let fits = match self.data_type.as_str() {
            "alpha" => trimmed.chars().all(char::is_alphabetic),
            "digits" => trimmed.bytes().all(|b| b.is_ascii_digit()),
            "mixed" => trimmed.chars().all(char::is_alphanumeric),
            "numeric" => trimmed.is_empty() || trimmed.parse::<f64>().is_ok(),
            "date" => trimmed.is_empty() || PartialDate::parse(trimmed).is_ok(),
            _ => true,
        };
        if !fits {
            flags.push(ItemFlag::WrongType);
        }
        flags
    }
}

/// Name of the element of a level.
pub(super) fn level_name(level: Level) -> &'static str {
    match level {
        Level::NaaccrData => "NaaccrData",
        Level::Patient => "Patient",
        Level::Tumor => "Tumor",
    }
}

/// Name of a data type in dictionaries.
pub(super) fn type_name(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Alpha => "alpha",
        DataType::Digits => "digits",
        DataType::Mixed => "mixed",
        DataType::Numeric => "numeric",
        DataType::Text => "text",
        DataType::Date => "date",
        DataType::DateTime => "dateTime",
    }
}

/// A user dictionary: understood, and the text as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserDictionary {
    /// `dictionaryUri`, the name by which files refer to it.
    pub uri: String,
    /// Its items.
    pub items: Vec<UserItem>,
    /// The file, verbatim.
    pub text: String,
}

impl UserDictionary {
    /// Reads a dictionary file.
    pub fn read(input: impl Read) -> Result<Self, Fault> {
        let mut bytes = Vec::new();
        input
            .take(MOST_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| Fault::at(1, Problem::Malformed(e.to_string())))?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MOST_BYTES {
            let allowed = format!("{MOST_BYTES} bytes");
            return Err(Fault::at(1, Problem::Limit { what: "a user dictionary", allowed }));
        }
        let text = String::from_utf8(bytes).map_err(|e| {
            let byte = e.as_bytes().get(e.utf8_error().valid_up_to()).copied().unwrap_or(0);
            Fault::at(1, Problem::NotUtf8 { byte })
        })?;
        Self::parse(text)
    }

    fn parse(text: String) -> Result<Self, Fault> {
        let limits = Limits::default();
        let mut xml = quick_xml::Reader::from_str(&text);
        let (mut uri, mut items, mut rooted) = (None, Vec::new(), false);
        loop {
            let before = usize::try_from(xml.buffer_position()).unwrap_or(usize::MAX);
            let line = || {
                let read = text.get(..before).unwrap_or(&text);
                u64::try_from(read.matches('\n').count()).unwrap_or(0) + 1
            };
            let malformed = |what: String| Fault::at(line(), Problem::Malformed(what));
            match xml.read_event().map_err(|e| malformed(e.to_string()))? {
                Event::DocType(_) => return Err(Fault::at(line(), Problem::Doctype)),
                Event::Start(tag) | Event::Empty(tag) => {
                    let attributes = tags::attributes(&tag, &limits).map_err(|p| Fault::at(line(), p))?;
                    let value = |name: &str| {
                        attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.trim().to_owned())
                    };
                    let local = tag.local_name();
                    match local.as_ref() {
                        "NaaccrDictionary" if !rooted => {
                            rooted = true;
                            uri = value("dictionaryUri");
                        }
                        other if !rooted => {
                            return Err(Fault::at(line(), Problem::Root { found: other.to_owned() }));
                        }
                        "ItemDef" => {
                            let id = value("naaccrId")
                                .filter(|id| !id.is_empty())
                                .ok_or_else(|| Fault::at(line(), Problem::AttributeMissing("naaccrId")))?;
                            items.push(UserItem {
                                number: value("naaccrNum").and_then(|n| n.parse().ok()),
                                name: value("naaccrName").unwrap_or_else(|| id.clone()),
                                level: value("parentXmlElement").unwrap_or_default(),
                                length: value("length").and_then(|n| n.parse().ok()),
                                data_type: value("dataType").unwrap_or_else(|| "text".to_owned()),
                                record_types: value("recordTypes").unwrap_or_default(),
                                id,
                            });
                        }
                        _ => {}
                    }
                }
                Event::Eof if rooted => break,
                Event::Eof => return Err(Fault::at(1, Problem::Empty)),
                _ => {}
            }
        }
        let uri = uri
            .filter(|u| !u.is_empty())
            .ok_or_else(|| Fault::at(1, Problem::AttributeMissing("dictionaryUri")))?;
        Ok(Self { uri, items, text })
    }

    /// Writes a dictionary for items that the base dictionary of a version does not have.
    pub fn compose(uri: &str, version: u16, items: Vec<UserItem>) -> Self {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<NaaccrDictionary");
        text::push_attribute(&mut xml, "dictionaryUri", uri);
        text::push_attribute(&mut xml, "naaccrVersion", &version.to_string());
        text::push_attribute(&mut xml, "specificationVersion", "1.7");
        text::push_attribute(&mut xml, "description", "Items that the base dictionary does not have");
        text::push_attribute(&mut xml, "xmlns", NAMESPACE);
        xml.push_str(">\n    <ItemDefs>\n");
        for item in &items {
            xml.push_str("        <ItemDef");
            text::push_attribute(&mut xml, "naaccrId", &item.id);
            if let Some(number) = item.number {
                text::push_attribute(&mut xml, "naaccrNum", &number.to_string());
            }
            text::push_attribute(&mut xml, "naaccrName", &item.name);
            text::push_attribute(&mut xml, "parentXmlElement", &item.level);
            if let Some(length) = item.length {
                text::push_attribute(&mut xml, "length", &length.to_string());
            }
            if !item.record_types.is_empty() {
                text::push_attribute(&mut xml, "recordTypes", &item.record_types);
            }
            text::push_attribute(&mut xml, "dataType", &item.data_type);
            xml.push_str("/>\n");
        }
        xml.push_str("    </ItemDefs>\n</NaaccrDictionary>\n");
        Self { uri: uri.to_owned(), items, text: xml }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str, number: u32) -> UserItem {
        UserItem {
            id: id.into(),
            number: Some(number),
            name: format!("Name of {id} & more"),
            level: "Tumor".into(),
            length: Some(3),
            data_type: "digits".into(),
            record_types: "A,M".into(),
        }
    }

    #[test]
    fn what_is_composed_reads_back() {
        let made = UserDictionary::compose(
            "http://example.org/own.xml",
            250,
            vec![item("a", 9500), item("b", 9501)],
        );
        let read = UserDictionary::read(made.text.as_bytes()).unwrap();
        assert_eq!(read, made);
    }

    #[test]
    fn values_are_measured_against_the_definition() {
        let item = item("a", 9500);
        assert_eq!(item.flags("12", Level::Tumor), vec![]);
        assert_eq!(item.flags("x", Level::Patient), vec![ItemFlag::WrongLevel, ItemFlag::WrongType]);
        assert_eq!(item.flags("1234", Level::Tumor), vec![ItemFlag::TooLong { allowed: 3, given: 4 }]);
    }

    #[test]
    fn what_is_no_dictionary_is_refused() {
        for (text, problem) in [
            ("<NaaccrData/>", Problem::Root { found: "NaaccrData".into() }),
            ("", Problem::Empty),
            ("<!DOCTYPE x><NaaccrDictionary/>", Problem::Doctype),
            ("<NaaccrDictionary/>", Problem::AttributeMissing("dictionaryUri")),
            (
                "<NaaccrDictionary dictionaryUri=\"u\"><ItemDef length=\"1\"/></NaaccrDictionary>",
                Problem::AttributeMissing("naaccrId"),
            ),
        ] {
            assert_eq!(UserDictionary::read(text.as_bytes()).unwrap_err().problem, problem, "{text}");
        }
    }
}
