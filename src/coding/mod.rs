//! Finding codes: from a phrase of a report, or from what is typed into the code finder.
//!
//! Everything here is a pure function of the words, the diagnosis year and the tables of
//! `icdo`. An answer always says why: the words that led to it, the term they match, the rule.
//! Suggestions are ranked, never taken by themselves.
//!
//! Source: ICD-O-3 terms; the tables in `data/` (word forms, abbreviations, cues, body regions,
//! procedures) hold common knowledge of pathology reports in our own form.

mod context;
mod cues;
mod index;
mod lateralities;
mod morphologies;
pub mod pages;
mod phrase;
mod score;
mod search;
mod sites;
mod vocabulary;
mod words;

pub use pages::routes;
pub use phrase::{CodeSuggestions, Suggestion, suggest_phrase};
pub use search::{CodeOption, CodeOptions, SearchContext, search_morphology, search_site};

/// Builds the index now instead of at the first question.
pub fn prepare() {
    let _ = index::index();
}
