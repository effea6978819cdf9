//! What an export says of itself: the files, and every item that does not stand as it came.

use serde::Serialize;

use crate::exchange::naaccr_xml::adapt::{Account, Fate};

/// One file written.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileReport {
    /// Where.
    pub path: String,
    /// `250`.
    pub naaccr_version: String,
    /// A, M, C or I.
    pub record_type: String,
    /// Patients written.
    pub patients: u64,
    /// Tumors written.
    pub tumors: u64,
    /// User dictionaries written beside it.
    pub dictionaries: Vec<String>,
}

/// What became of an item that does not stand as it came.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The item.
    pub item: String,
    /// renamed, userDictionary, definedElsewhere, wrongLevel, leftOut or rootDiffers.
    pub what: &'static str,
    /// The new name or number, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// How often.
    pub count: u64,
}

/// What was written.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Files, by version.
    pub files: Vec<FileReport>,
    /// Every item that does not stand as it came.
    pub ledger: Vec<Line>,
}

/// The lines of what became of items in one file.
pub(super) fn lines(account: &Account) -> Vec<Line> {
    account
        .iter()
        .map(|((item, fate), count)| {
            let (what, to) = match fate {
                Fate::Renamed { to } => ("renamed", Some(to.clone())),
                Fate::UserDictionary { number } => ("userDictionary", Some(number.to_string())),
                Fate::DefinedElsewhere => ("definedElsewhere", None),
                Fate::WrongLevel => ("wrongLevel", None),
                Fate::LeftOut => ("leftOut", None),
            };
            Line { item: item.clone(), what, to, count: *count }
        })
        .collect()
}
