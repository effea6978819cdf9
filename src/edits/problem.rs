//! What is wrong with an edit, said when it is loaded.

use std::fmt;

/// A problem in the logic of an edit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problem {
    /// The character where it stands, from 0.
    pub at: usize,
    /// What is wrong and what is allowed, one or two sentences.
    pub what: String,
}

impl Problem {
    pub(super) fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {}: {}", self.at + 1, self.what)
    }
}

/// Why a table of edits is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackProblem {
    /// A line has too few or too many cells.
    #[error("line {line}: {given} cells. Allowed: {allowed}.")]
    Cells {
        /// Line of the table, from 1.
        line: usize,
        /// Cells it has.
        given: usize,
        /// Cells it must have.
        allowed: usize,
    },
    /// The first line does not name the columns.
    #[error("line 1: “{given}”. Allowed: the columns {allowed}, parted by tabs.")]
    Heading {
        /// The line, cut off when long.
        given: String,
        /// The columns.
        allowed: String,
    },
    /// An id stands twice.
    #[error("line {line}: the id {edit} stands twice. Each edit needs its own.")]
    Twice {
        /// Line of the table, from 1.
        line: usize,
        /// The id.
        edit: String,
    },
    /// Too much for one set.
    #[error("{given} {of}. Allowed: {allowed}.")]
    TooLarge {
        /// How much there is.
        given: usize,
        /// How much there may be.
        allowed: usize,
        /// Of what.
        of: &'static str,
    },
    /// A cell that is not logic cannot be read.
    #[error("line {line}, {edit}, {column}: “{given}”. Allowed: {allowed}.")]
    Cell {
        /// Line of the table, from 1.
        line: usize,
        /// Id of the edit.
        edit: String,
        /// The column.
        column: &'static str,
        /// What stands there.
        given: String,
        /// What may stand there.
        allowed: String,
    },
    /// The logic cannot be read.
    #[error("line {line}, {edit}, {column}, {problem}")]
    Logic {
        /// Line of the table, from 1.
        line: usize,
        /// Id of the edit.
        edit: String,
        /// The column.
        column: &'static str,
        /// What is wrong.
        problem: Problem,
    },
}

/// The three words nearest to one that is unknown, for "did you mean".
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> String {
    let given = given.to_lowercase();
    let mut all: Vec<(f64, &str)> =
        known.map(|word| (strsim::jaro_winkler(&given, &word.to_lowercase()), word)).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let words: Vec<&str> = all.iter().take(3).map(|(_, word)| *word).collect();
    words.join(", ")
}
