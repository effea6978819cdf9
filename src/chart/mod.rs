//! The patient's chart: found by name, birth date or number, read with its course and history,
//! printed as a face sheet, and put right: wrong patients and cases are voided, cases moved to the
//! right patient, each with a reason and each reversible. Two records of one person are merged in `merging`.
//!
//! Words searched for are kept encrypted with the session under a random id; the audit holds the
//! names of the fields and the patients found. A void is asked for by one person and done by a second.

mod correct;
mod correction;
mod face_sheet;
mod find;
mod history;
pub mod merging;
mod patient_page;
mod person;
mod ranking;
mod search;
mod store;

use actix_web::web::{get, post};

pub(crate) use store::PURPOSE as SEARCH_PURPOSE;

use crate::{access::Action, audit::AuditAction, web::Route};

/// The pages of the chart.
pub fn routes() -> Vec<Route> {
    use Action::{ApproveVoid, ListPatients, ProposeVoid, ViewPatient};
    let mut routes = vec![
        Route::get("/patients", ListPatients, || get().to(find::begin)).audited(AuditAction::List),
        Route::post("/find", ListPatients, || post().to(find::search)).audited(AuditAction::Search),
        Route::get("/patients/found/{search}", ListPatients, || get().to(find::found))
            .audited(AuditAction::Search),
        Route::get("/patients/{id}", ViewPatient, || get().to(patient_page::show))
            .audited(AuditAction::ViewPatient),
        Route::get("/patients/{id}/history", ViewPatient, || get().to(history::history))
            .audited(AuditAction::ViewPatient),
        Route::get("/patients/{id}/face-sheet", ViewPatient, || get().to(face_sheet::face_sheet))
            .audited(AuditAction::Print),
        Route::get("/patients/{id}/correction", ProposeVoid, || get().to(correct::show))
            .audited(AuditAction::ViewPatient),
        Route::post("/patients/{id}/void-request", ProposeVoid, || post().to(correct::propose))
            .audited(AuditAction::Void),
        Route::post("/patients/{id}/void", ApproveVoid, || post().to(correct::decide))
            .audited(AuditAction::Void),
        Route::post("/patients/{id}/restoration", ApproveVoid, || post().to(correct::restore))
            .audited(AuditAction::Void),
        Route::post("/patients/{id}/moved-case", ApproveVoid, || post().to(correct::move_case))
            .audited(AuditAction::MoveTumor),
    ];
    routes.extend(merging::routes());
    routes
}
