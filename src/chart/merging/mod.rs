//! Two records of one person become one: the cases, contacts and notes of one go to the other, whose accession
//! number is the older. One person asks with a reason and answers what is open, a supervisor who is somebody else
//! merges or declines; so it is parted again, too.
//!
//! The merged record stays as a shell, void, that leads to the person: by its address, its accession number and when a
//! file names it again. Nothing is erased: what the merge did is kept with the request, with all versions.
//!
//! Source: life of a case, section 7, invariant 8, and the rule of two people.

mod act;
mod duplicates;
mod outlook;
mod pages;
mod parting;
mod requests;
mod rules;
mod shown;
pub mod store;

use actix_web::web::{get, post};

pub(super) use requests::waiting;

use crate::{
    access::Action,
    audit::AuditAction,
    db::{StoreError, Tx},
    web::Route,
};

/// The pages of merging.
pub(super) fn routes() -> Vec<Route> {
    use Action::{ApproveVoid, ProposeVoid};
    vec![
        Route::get("/patients/{id}/merge", ProposeVoid, || get().to(pages::begin))
            .audited(AuditAction::Search),
        Route::post("/patients/{id}/merge", ProposeVoid, || post().to(pages::search))
            .audited(AuditAction::Search),
        Route::get("/patients/{id}/merge/{other}", ProposeVoid, || get().to(pages::compare))
            .audited(AuditAction::ViewPatient),
        Route::post("/patients/{id}/merge/{other}", ProposeVoid, || post().to(pages::ask))
            .audited(AuditAction::Merge),
        Route::post("/patients/{id}/merge/{other}/two-people", ApproveVoid, || post().to(pages::two_people))
            .audited(AuditAction::Merge),
        Route::get("/merges", ApproveVoid, || get().to(requests::list)).audited(AuditAction::List),
        Route::get("/merges/{id}", ProposeVoid, || get().to(requests::show))
            .audited(AuditAction::ViewPatient),
        Route::post("/merges/{id}", ApproveVoid, || post().to(requests::decide)).audited(AuditAction::Merge),
        Route::post("/merges/{id}/undo", ProposeVoid, || post().to(requests::ask_undo))
            .audited(AuditAction::Merge),
        Route::get("/duplicates", ApproveVoid, || get().to(duplicates::list)).audited(AuditAction::List),
    ]
}

/// What the patient page tells of merges: words and address.
pub(super) fn told(tx: &mut Tx<'_>, patient: i64) -> Result<Vec<(&'static str, String)>, StoreError> {
    let scope = tx.scope()?;
    let rows = store::of_patient(tx.conn(), scope, patient, &["open", "merged", "undo_asked"])?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let words = match row.state.as_str() {
                "open" => "Somebody asked to merge this record with another; a second person decides.",
                "undo_asked" => "Somebody asked to part this record again; a second person decides.",
                _ if row.merged_id == patient => "This record was merged into another.",
                _ => "Another record of this person was merged into this one.",
            };
            (words, format!("/merges/{}", row.uid))
        })
        .collect())
}
