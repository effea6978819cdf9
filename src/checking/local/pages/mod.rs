//! Pages of local edits, for supervisors.

mod editor;
mod list;
mod one;

use actix_web::web::{get, post};
use chrono::NaiveDateTime;

use super::{act::NotDone, rule::Rule};
use crate::{
    access::Action,
    audit::AuditAction,
    facility::Desk,
    web::{PageError, Route},
};

/// Pages of local edits.
pub fn routes() -> Vec<Route> {
    use Action::ManageEdits;
    vec![
        Route::get("/edits", ManageEdits, || get().to(list::show)).audited(AuditAction::ViewEdits),
        Route::get("/edits/new", ManageEdits, || get().to(editor::blank)).audited(AuditAction::ViewEdits),
        Route::post("/edits", ManageEdits, || post().to(editor::make)).audited(AuditAction::ChangeEdit),
        Route::get("/edits/{edit}", ManageEdits, || get().to(one::show)).audited(AuditAction::ViewEdits),
        Route::get("/edits/{edit}/change", ManageEdits, || get().to(editor::open))
            .audited(AuditAction::ViewEdits),
        Route::post("/edits/{edit}", ManageEdits, || post().to(editor::change))
            .audited(AuditAction::ChangeEdit),
        Route::post("/edits/{edit}/dry-run", ManageEdits, || post().to(one::dry_run))
            .audited(AuditAction::RunEdits),
        Route::post("/edits/{edit}/live", ManageEdits, || post().to(one::go_live))
            .audited(AuditAction::ChangeEdit),
        Route::post("/edits/{edit}/retirement", ManageEdits, || post().to(one::retire))
            .audited(AuditAction::ChangeEdit),
    ]
}

fn local(desk: &Desk, at: NaiveDateTime) -> String {
    at.and_utc().with_timezone(&desk.facility.zone).format("%Y-%m-%d %H:%M").to_string()
}

/// What an edit looks at, in words.
fn level_words(level: &str) -> &'static str {
    match level {
        "single" => "One item by itself",
        "record-set" => "All tumors of the patient",
        _ => "One case",
    }
}

/// A part of a rule as people read it.
fn shown(rule: &Rule, name: &str, text: &str) -> String {
    match name {
        "level" => level_words(&rule.level).to_owned(),
        "applies_when" if text.trim().is_empty() => "always".to_owned(),
        "over_ride" if text.trim().is_empty() => "nothing".to_owned(),
        _ => text.to_owned(),
    }
}

/// What refuses the page; else the refusal is told on it.
fn refusal(error: NotDone) -> Result<NotDone, PageError> {
    match error {
        NotDone::Missing => Err(PageError::NotFound),
        // Two wrote the same version at once.
        NotDone::Store(error) if error.is_unique_violation() => Ok(NotDone::Stale),
        NotDone::Store(error) => Err(error.into()),
        told => Ok(told),
    }
}
