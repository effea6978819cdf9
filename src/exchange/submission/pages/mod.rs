//! Batches in the browser: what waits, freezing it, one batch with its files and answers.

mod next;
mod one;

use actix_web::web;
use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;

use super::Batch;
use crate::{
    abstracting::accession,
    access::Action,
    audit::AuditAction,
    web::{Route, Shape, Status, Tone},
};

/// Routes of batches.
pub(in crate::exchange) fn routes() -> Vec<Route> {
    vec![
        Route::get("/submissions", Action::Export, || web::get().to(next::show)).audited(AuditAction::List),
        Route::post("/submissions/look", Action::Export, || web::post().to(next::look_again))
            .audited(AuditAction::List),
        Route::post("/submissions", Action::Export, || web::post().to(next::freeze))
            .audited(AuditAction::Export),
        Route::get("/submissions/{id}", Action::Export, || web::get().to(one::show))
            .audited(AuditAction::List),
        Route::post("/submissions/{id}/file", Action::Export, || web::post().to(one::file))
            .audited(AuditAction::Export),
        Route::post("/submissions/{id}/answers", Action::Export, || web::post().to(one::answers))
            .audited(AuditAction::Export),
    ]
}

fn when(at: NaiveDateTime, zone: Tz) -> String {
    DateTime::<Utc>::from_naive_utc_and_offset(at, Utc)
        .with_timezone(&zone)
        .format("%Y-%m-%d %H:%M")
        .to_string()
}

/// Accession and sequence number as they are read.
fn numbers(accession: &str, sequence: &str) -> String {
    if accession.is_empty() {
        return "no number".to_owned();
    }
    format!("{}, seq {sequence}", accession::shown(accession))
}

/// How a batch stands with its receiver.
fn status(batch: &Batch) -> Status {
    if batch.rejected > 0 {
        Status::new(Shape::Diamond, Tone::Error, format!("{} refused", batch.rejected))
    } else if batch.unanswered > 0 {
        Status::new(Shape::Ring, Tone::Active, "Waits for answers")
    } else {
        Status::new(Shape::Check, Tone::Good, "Accepted")
    }
}
