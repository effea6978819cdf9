//! Follow-up at work: who is due, what was heard of them, who is lost.
//!
//! The rules are in [`crate::followup_rules`]; here are the list, the contact form and their pages.
//! Sources: CoC Standard 6.5; the order of the list, owners and groups are house rules.

mod contact_page;
mod direct;
pub mod effect;
mod form;
mod list_page;
mod record;
pub mod report;
mod store;
pub mod work_list;

pub(crate) use list_page::{People, accession, full_name, grouped, today};
pub(crate) use store::statement;
pub use store::{Counts, Owner, Page, Row, counts, page};
pub use work_list::{Group, View};

use actix_web::web;

use crate::{
    access::Action,
    audit::AuditAction,
    db::{StoreError, Tx},
    facility,
    web::{App, Layout, Route},
};

pub(crate) use crate::save::follow_up_settings as settings_of;

/// The page around the content, for whom it is made.
pub(crate) fn layout(tx: &mut Tx<'_>, app: &App) -> Result<Layout, StoreError> {
    let (now, actor) = (tx.now(), tx.actor());
    Ok(facility::desk(tx.conn(), app, actor, now)?.layout)
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
