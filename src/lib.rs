//! Hospital cancer registry: abstracting, ICD-O-3 coding, lifetime follow-up, reminders, dashboards.
//!
//! An abstract is a NAACCR record; everything else is derived from it by pure functions.
//! ARCHITECTURE.md has the map; folders are listed here lowest first, and a folder uses
//! only what stands above it (`tests/it/tidy.rs` checks).

// values
pub mod clock;
pub mod config;
pub mod ids;
pub mod partial_date;
// vocabulary
pub mod dictionary;
pub mod icdo;
pub mod schema;
// ground
pub mod access;
pub mod audit;
pub mod db;
pub mod seal;
pub mod web;
// record
pub mod facility;
pub mod patient;
pub mod source_document;
pub mod tumor;
// judgement
pub mod coding;
pub mod edits;
pub mod followup_rules;
pub mod recodes;
// writer
pub mod provenance;
pub mod save;
// work
pub mod abstracting;
pub mod casefinding;
pub mod chart;
pub mod checking;
pub mod followup;
pub mod quality_review;
// outward
pub mod administration;
pub mod analysis;
pub mod exchange;
pub mod query;
pub mod reminder;
// shell
pub mod app;
pub mod cli;
pub mod demo;
