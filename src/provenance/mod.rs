//! How each stored code came: typed, chosen from a suggestion, derived, or imported.
//!
//! A note goes with the case itself, in what a NAACCR XML file may say beside the items: an extension
//! element of our own in the tumor's envelope. So it is versioned with every save, goes out with an export
//! and comes back with an import, here or into another registry, without a table of its own. Files for a
//! central registry (record types C and I) leave extensions out, and these notes with them.
//!
//! What has no note is told from the versions of the case: the save or the import that brought the value.
//! A note for another value than the one that stands is stale and says so.
//!
//! Sources: NAACCR XML specification 1.6, extensions; versions kept by `save`.

mod choice;
mod derived_page;
mod note;
mod pages;
mod store;
mod trace;

use serde::{Deserialize, Serialize};

pub use choice::{CITED, FROM, LONGEST, cite, is_code, is_justified, is_text, of_save, stands_in, suggested};
pub use note::{NAMESPACE, is_ours, merged, noted, notes};
pub use pages::routes;
pub use trace::{Came, Way, imported};

/// How a value came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "how")]
pub enum How {
    /// Typed as a code.
    Typed,
    /// Chosen from what was suggested for words.
    Suggested(Reasons),
    /// Worked out from other items.
    Derived {
        /// By which rule, in words.
        rule: String,
    },
    /// Taken from the answer to a physician query.
    Answered {
        /// Name of the physician.
        physician: String,
        /// Day of the answer, ISO.
        on: String,
    },
    /// Imported; noted when a case is first edited here, so that it stays known elsewhere.
    Imported {
        /// Name of the file.
        file: String,
    },
}

/// Why a suggestion was made, as it stood on that day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasons {
    /// The words given.
    pub words: String,
    /// Which of them led to the code: first byte and the byte behind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<(usize, usize)>,
    /// What was matched, in one line.
    pub why: String,
    /// Ids of the coding rules; see `coding::Rule`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// The row of the table: table, term, kind, edition.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub row: String,
    /// Version of the tables.
    pub tables: String,
    /// Other candidates of that moment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

/// A note on one code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// XML id of the item.
    pub item: String,
    /// The value it was made for.
    pub value: String,
    /// How it came.
    #[serde(flatten)]
    pub how: How,
    /// Name of the person.
    pub by: String,
    /// When, as RFC 3339 in UTC.
    pub at: String,
    /// Short name of the facility where.
    pub place: String,
    /// Words of a text of the case that somebody gave as its justification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cited: Option<Cited>,
}

/// Words of a text that justify a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cited {
    /// As they stood in the text.
    pub words: String,
    /// XML id of the text, or `document:` and the public id of a source document.
    pub text: String,
    /// Name of the person.
    pub by: String,
    /// When, as RFC 3339 in UTC.
    pub at: String,
}
