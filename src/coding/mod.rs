//! Finding codes: from a phrase of a report, or from what is typed into the code finder.
//!
//! Everything here is a pure function of the words, the diagnosis year and the tables of
//! `icdo`. An answer always says why: the words that led to it, the term they match, the rule.
//! Suggestions are ranked, never taken by themselves.
//!
//! Source: ICD-O-3 terms; the tables in `data/` (word forms, abbreviations, cues, body regions,
//! procedures) hold common knowledge of pathology reports in our own form.

mod blocks;
mod context;
mod cues;
mod grades;
mod index;
mod inferred_sites;
mod lateralities;
mod morphologies;
mod offer;
pub mod pages;
mod phrase;
mod report;
mod rules;
mod score;
mod search;
mod set_aside;
mod sites;
mod vocabulary;
mod words;

pub use offer::Offer;
pub use pages::routes;
pub use phrase::{CodeSuggestions, Offers, Suggestion, TABLES, TableRow, suggest_phrase};
pub use rules::Rule;
pub use search::{CodeOption, CodeOptions, SearchContext, search_morphology, search_site};
pub use set_aside::SetAside;

/// Builds the index now instead of at the first question.
pub fn prepare() {
    let _ = index::index();
}
