//! Edits: what must hold of a record, as data in a small closed language.
//!
//! A table of edits is read and checked as a whole ([`EditSet::parse`]): unknown items, functions and
//! names, and parts of the wrong kind, are refused with their place. What was accepted always ends,
//! within a bound of steps, and never panics, whatever the record holds. [`shipped`] has the edits of this
//! program; [`EditSet::judge`] says what they find in a record, and each [`Finding`] explains itself.
//!
//! `docs/edits.md` tells the language. Pure: days and reference dates are passed in.
//!
//! Sources: the rules restate in our words what the public standards ask of a hospital abstract: NAACCR
//! Data Standards and Data Dictionary; CoC STORE manual; SEER Program Coding and Staging Manual; ICD-O-3.
//! Ids, messages and logic are ours.

mod certain;
mod check;
mod conditions;
mod dates;
mod edit;
mod example;
mod explain;
mod finding;
mod functions;
mod fuzz;
mod judge;
#[cfg(test)]
mod judge_tests;
mod lists;
mod pack;
mod parser;
mod pattern;
mod problem;
mod run;
mod selftest;
mod slots;
mod syntax;
mod tables;

pub(crate) use problem::nearest;
pub(crate) use tables::is_npi;
mod token;
mod tree;

pub use edit::{Edit, EditLevel, Example, OverRide, Severity};
pub use example::ExampleRecord;
pub use explain::{Explanation, Fix};
pub use finding::{Finding, FindingOutcome};
pub use functions::FUNCTIONS;
pub use fuzz::{FuzzReport, fuzz};
pub use judge::{ExampleOutcome, Judgement, Parameters, Record};
pub use pack::{COLUMNS, EditSet, RULE_COLUMN, SHIPPED_TABLE, shipped};
pub use problem::{PackProblem, Problem};
pub use run::STEPS;
pub use selftest::{SelfTest, example_parameters, golden_records, selftest};
