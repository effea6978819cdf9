//! What the root element says of the whole file.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{envelope::Attribute, problem::Problem};
use crate::dictionary::{Items, Version};

/// What a file carries of each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RecordType {
    /// Full case abstract.
    A,
    /// Modified record, full abstract.
    M,
    /// Confidential record: without text.
    C,
    /// Incidence only: without identifiers.
    I,
}

impl RecordType {
    /// All four.
    pub const ALL: [RecordType; 4] = [Self::A, Self::M, Self::C, Self::I];

    /// The letter.
    pub fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::M => "M",
            Self::C => "C",
            Self::I => "I",
        }
    }

    /// Reads the letter.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.letter() == text)
    }
}

const DICTIONARY: (&str, &str) = ("http://naaccr.org/naaccrxml/naaccr-dictionary-", ".xml");

/// Address of a version's base dictionary.
pub fn base_dictionary(version: Version) -> String {
    format!("{}{}{}", DICTIONARY.0, version.0, DICTIONARY.1)
}

/// The root element: attributes, items and what else stood there before the patients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// Version of the base dictionary.
    pub version: Version,
    /// Record type.
    pub record_type: RecordType,
    /// All attributes as given, namespaces included.
    pub attributes: Vec<Attribute>,
    /// Items of the root.
    pub items: Items,
    /// See [`super::Envelope`].
    #[serde(default)]
    pub envelope: String,
}

impl Root {
    /// A root for records made here.
    pub fn new(version: Version, record_type: RecordType) -> Self {
        Self {
            version,
            record_type,
            attributes: vec![
                ("baseDictionaryUri".into(), base_dictionary(version)),
                ("recordType".into(), record_type.letter().into()),
                ("specificationVersion".into(), "1.7".into()),
                ("xmlns".into(), super::NAMESPACE.into()),
            ],
            items: Items::default(),
            envelope: String::new(),
        }
    }

    /// Understands the attributes of a root element.
    pub(super) fn of(attributes: Vec<Attribute>) -> Result<Self, (Problem, &'static str, String)> {
        let value = |name: &'static str| {
            attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).ok_or((
                Problem::AttributeMissing(name),
                name,
                String::new(),
            ))
        };
        let uri = value("baseDictionaryUri")?;
        let version = uri
            .trim()
            .strip_prefix(DICTIONARY.0)
            .and_then(|rest| rest.strip_suffix(DICTIONARY.1))
            .and_then(Version::parse)
            .ok_or_else(|| (Problem::Version { given: uri.clone() }, "baseDictionaryUri", uri.clone()))?;
        let given = value("recordType")?;
        let record_type = RecordType::parse(given.trim())
            .ok_or_else(|| (Problem::RecordType { given: given.clone() }, "recordType", given.clone()))?;
        Ok(Self { version, record_type, attributes, items: Items::default(), envelope: String::new() })
    }

    /// An attribute's value.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Puts an attribute in place of the present one, or at the end.
    pub fn set_attribute(&mut self, name: &str, value: String) {
        match self.attributes.iter_mut().find(|(n, _)| n == name) {
            Some((_, v)) => *v = value,
            None => self.attributes.push((name.to_owned(), value)),
        }
    }

    /// Addresses of the user dictionaries that the file names.
    pub fn user_dictionaries(&self) -> impl Iterator<Item = &str> {
        self.attribute("userDictionaryUri").unwrap_or("").split_whitespace()
    }

    /// Namespaces declared with a prefix: (prefix, namespace).
    pub fn namespaces(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes
            .iter()
            .filter_map(|(n, v)| n.strip_prefix("xmlns:").map(|prefix| (prefix, v.as_str())))
    }

    /// When the file says it was made; `None` without a readable `timeGenerated`.
    pub fn made(&self) -> Option<DateTime<Utc>> {
        let text = self.attribute("timeGenerated")?.trim();
        DateTime::parse_from_rfc3339(text).map(|t| t.with_timezone(&Utc)).ok().or_else(|| {
            // Without a zone, as some programs write it.
            chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().map(|t| t.and_utc())
        })
    }
}
