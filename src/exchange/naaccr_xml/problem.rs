//! What is wrong with a file, in words for the person who has it.

use thiserror::Error;

/// Why a file, a patient or the rest of a file cannot be kept whole.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Starts like a zip archive.
    #[error("this is a zip archive; unpack it first, or pack the XML file with gzip")]
    Zip,
    /// Packed twice.
    #[error("the file is packed twice; only XML packed once with gzip is read")]
    PackedTwice,
    /// Another encoding is declared or visible.
    #[error("the file is encoded as {found}; only UTF-8 is read, so save it as UTF-8")]
    Encoding {
        /// As the file says.
        found: String,
    },
    /// XML 1.1 or something else.
    #[error("the file says XML version {found}; NAACCR XML is XML version 1.0")]
    XmlVersion {
        /// As the file says.
        found: String,
    },
    /// A document type declaration.
    #[error(
        "document type declarations (DOCTYPE) are refused, since they can name other files and multiply text"
    )]
    Doctype,
    /// Not a NAACCR file.
    #[error("the file begins with the element {found}; NAACCR XML begins with NaaccrData")]
    Root {
        /// Name of the element.
        found: String,
    },
    /// A NaaccrData of somebody else.
    #[error("NaaccrData stands in the namespace {found}; expected is http://naaccr.org/naaccrxml")]
    Namespace {
        /// The namespace.
        found: String,
    },
    /// No version can be known.
    #[error("NaaccrData has no attribute {0}, which the standard requires")]
    AttributeMissing(&'static str),
    /// A version this program does not read.
    #[error("the base dictionary {given} is not known; versions 210, 220, 230, 240, 250 and 260 are read")]
    Version {
        /// Value of baseDictionaryUri.
        given: String,
    },
    /// Not A, M, C or I.
    #[error("the record type {given} is not known; A, M, C and I are read")]
    RecordType {
        /// Value of recordType.
        given: String,
    },
    /// A limit of [`super::Limits`].
    #[error("{what} is over the limit of {allowed}")]
    Limit {
        /// What was measured.
        what: &'static str,
        /// The limit, with its unit.
        allowed: String,
    },
    /// A gzip bomb, or what looks like one.
    #[error(
        "the file unpacks to more than {allowed} times its size, as files made to fill a disk do; \
         unpack it yourself and import the XML file"
    )]
    Ratio {
        /// Unpacked bytes allowed for each packed one.
        allowed: u64,
    },
    /// The packing is damaged.
    #[error("the gzip packing is damaged or cut off: {0}")]
    Gzip(String),
    /// The end is missing.
    #[error("the file ends inside {open}; it was cut off")]
    Cut {
        /// Innermost element still open.
        open: String,
    },
    /// Not well-formed.
    #[error("not well-formed XML: {0}")]
    Malformed(String),
    /// Another element is closed than was opened.
    #[error("wrong nesting: </{found}> closes the file's <{expected}>")]
    Mismatched {
        /// Element that is open.
        expected: String,
        /// Element that is closed.
        found: String,
    },
    /// Something after the end of the root element.
    #[error("there is more after the end of NaaccrData")]
    AfterEnd,
    /// Bytes of another encoding.
    #[error("the byte 0x{byte:02X} is not UTF-8, so the text came in another encoding such as Latin-1")]
    NotUtf8 {
        /// The byte.
        byte: u8,
    },
    /// A character that XML has no place for.
    #[error("the character U+{0:04X} is not allowed in XML")]
    Character(u32),
    /// `&name;` that nobody declared.
    #[error("the entity &{0}; is not known; XML has lt, gt, amp, apos and quot")]
    Entity(String),
    /// The same item two times in one element.
    #[error(
        "the item stands twice in one {element}, first on line {first_line}; which value holds is unknown"
    )]
    Twice {
        /// Element that holds it.
        element: &'static str,
        /// Line of the first.
        first_line: u64,
    },
    /// An element in the wrong place.
    #[error("wrong nesting: {element} cannot stand in {parent}")]
    Nesting {
        /// The element.
        element: String,
        /// Where it stands.
        parent: String,
    },
    /// The registry refused it.
    #[error("{0}")]
    Refused(String),
}

/// A problem and its place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}{}: {problem}", .item.as_ref().map(|i| format!(", item {i}")).unwrap_or_default())]
pub struct Fault {
    /// Line of the unpacked file, from 1.
    pub line: u64,
    /// Item or attribute concerned.
    pub item: Option<String>,
    /// Its value, shortened to 200 characters; bytes that are not UTF-8 as U+FFFD.
    pub value: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

impl Fault {
    /// A problem of a line.
    pub fn at(line: u64, problem: Problem) -> Self {
        Self { line, item: None, value: None, problem }
    }

    /// With the item and value concerned.
    pub fn of(line: u64, item: &str, value: &str, problem: Problem) -> Self {
        Self { line, item: Some(item.to_owned()), value: Some(shortened(value)), problem }
    }
}

/// At most 200 characters of a value.
pub(super) fn shortened(value: &str) -> String {
    let mut short: String = value.chars().take(200).collect();
    if short.len() < value.len() {
        short.push('…');
    }
    short
}
