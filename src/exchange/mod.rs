//! Files in and out: NAACCR XML read into the registry and written from it.
//!
//! Reading never judges by edits and never derives: what cannot be kept whole is rejected with
//! its bytes, everything else is kept verbatim and flagged. `docs/exchange.md` has the rules
//! for those who use it.

pub mod edit_notes;
pub mod export;
pub mod groups;
pub mod import;
pub mod ledger;
pub mod matching;
pub mod naaccr_xml;
mod pages;
pub mod plan;
mod store;
pub mod submission;
mod upload;

/// Routes of files in and out.
pub fn routes() -> Vec<crate::web::Route> {
    let mut routes = pages::routes();
    routes.extend(submission::routes());
    routes
}

pub(crate) use submission::PURPOSE as SUBMISSION_PURPOSE;
pub(crate) use upload::PURPOSE as UPLOAD_PURPOSE;
