//! Follow-up at work: who is due, what was heard of them, who is lost.
//!
//! The rules are in [`crate::followup_rules`]; here are the list, the contact form and their pages.
//! Sources: CoC Standard 6.5; the order of the list, owners and groups are house rules.

mod contact_page;
mod contact_view;
mod direct;
pub mod effect;
mod form;
mod list_page;
mod record;
pub mod report;
mod store;
pub mod work_list;

pub(crate) use contact_view::mark;
pub(crate) use list_page::{People, today};
pub(crate) use store::statement;
pub use store::{Counts, Owner, Page, Row, counts, page};
pub use work_list::{Group, View};

use actix_web::web;

use crate::{
    access::{Action, Actor},
    audit::AuditAction,
    db::{Db, StoreError, Tx},
    facility,
    patient::{self, PatientRow},
    web::{App, Layout, PageError, Route},
};

pub(crate) use crate::save::follow_up_settings as settings_of;

/// The page around the content, for whom it is made.
pub(crate) fn layout(tx: &mut Tx<'_>, app: &App) -> Result<Layout, StoreError> {
    Ok(facility::desk_of(tx, app)?.layout)
}

/// Followed patients by group, as [`counts`] counts them; counted again only after something changed.
pub(crate) fn figures(tx: &mut Tx<'_>, owner: Owner, as_of: chrono::NaiveDate) -> Result<Counts, StoreError> {
    let scope = tx.scope()?;
    tx.figure(&format!("follow-up {owner:?} {as_of}"), |conn| counts(conn, scope, owner, as_of))
}

/// Active patients of the actor's facility with this patientIdNumber, accession number or public id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Vec<PatientRow>, StoreError> {
    let scope = tx.scope()?;
    let id = id.trim();
    let mut rows = patient::by_patient_id_number(tx.conn(), scope, id)?;
    if rows.is_empty() && id.len() < 8 && !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) {
        rows = patient::by_patient_id_number(tx.conn(), scope, &format!("{id:0>8}"))?;
    }
    for row in patient::by_accession(tx.conn(), scope, &id.replace('-', ""))? {
        if rows.iter().all(|known| known.id != row.id) {
            rows.push(row);
        }
    }
    rows.extend(patient::by_uid(tx.conn(), scope, id)?.filter(|row| row.state == "active"));
    Ok(rows)
}

/// Marks a delinquent patient lost with the reason, or takes the mark away (no reason). A refusal is a
/// sentence.
pub fn mark_lost(
    db: &Db,
    actor: &Actor,
    uid: &str,
    reason: Option<&str>,
) -> anyhow::Result<Result<(), String>> {
    match db.write(actor, |tx| direct::mark_lost(tx, uid, None, reason)) {
        Ok(()) => Ok(Ok(())),
        Err(direct::DirectRefused::Page(PageError::Internal(e))) => Err(e),
        Err(direct::DirectRefused::Page(e)) => anyhow::bail!("{e}"),
        Err(said) => Ok(Err(said.to_string())),
    }
}

/// The pages of follow-up.
pub fn routes() -> Vec<Route> {
    let (see, edit, direct_) = (Action::ViewFollowUp, Action::EditFollowUp, Action::DirectFollowUp);
    vec![
        Route::get("/followup", see, || web::get().to(list_page::list)).audited(AuditAction::List),
        Route::get("/followup/reassignment", direct_, || web::get().to(direct::reassignment))
            .audited(AuditAction::List),
        Route::post("/followup/reassignment", direct_, || web::post().to(direct::reassign))
            .audited(AuditAction::Reassign),
        Route::get("/patients/{id}/contact", edit, || web::get().to(contact_page::show))
            .audited(AuditAction::ViewPatient),
        Route::post("/patients/{id}/contacts", edit, || web::post().to(contact_page::save))
            .audited(AuditAction::RecordContact),
        Route::post("/patients/{id}/contact-effect", edit, || web::post().to(contact_page::preview))
            .audited(AuditAction::ViewPatient),
        Route::post("/patients/{id}/lost", direct_, || web::post().to(direct::lost))
            .audited(AuditAction::MarkLost),
        Route::post("/patients/{id}/follow-up-interval", direct_, || web::post().to(direct::interval))
            .audited(AuditAction::ChangePatient),
        Route::post("/patients/{id}/follow-up-owner", direct_, || web::post().to(direct::owner))
            .audited(AuditAction::Reassign),
    ]
}
