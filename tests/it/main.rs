//! Integration tests: one crate, the real application, both databases.
//!
//! PostgreSQL tests run where `TEST_POSTGRES` holds the address of a server in which databases
//! may be made; `tests/run` starts one. Without it they are left out and named.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on stops"
)]

mod abstracting;
mod access;
mod backup;
mod browser;
mod casefinding;
mod casefinding_lists;
mod chart;
mod codes;
mod coding;
mod commands;
mod demo;
mod documents;
mod editing;
mod edits;
mod exchange;
mod followup;
mod followup_cases;
mod followup_pages;
mod kept_typing;
mod key;
mod life;
mod local_edits;
mod merging;
mod plans;
mod provenance;
mod quality_disputes;
mod quality_review;
mod queries;
mod ready;
mod reminder;
mod schema;
mod submission;
mod submission_pages;
mod support;
mod sweeps;
mod tidy;
