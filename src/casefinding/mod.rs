//! Casefinding: possible cases that wait for a decision (suspense).
//!
//! An item arrives by hand or in a list, is screened, and is decided by somebody: a case is made of it,
//! it belongs to a case that is here, to another item, or it is no case. Nothing is deleted; every step
//! has person, time and reason.
//!
//! Source: workflow rules of the registry, casefinding sources, states of suspense, timeliness clocks.

mod accession;
mod act;
mod arrive;
mod clocks;
mod facts;
mod list;
mod matching;
mod pages;
mod sample;
pub mod screening;
pub mod source;
pub mod state;
mod store;

pub(crate) use accession::{CASE_FIELDS, FIELD, accessioned, begun, case_items, read_case};
pub(crate) use act::{Step, step};
pub use arrive::{Arrived, Way, arrive};
pub use facts::{Facts, NewItem, read};
pub(crate) use list::{read as read_list, take as take_list};
pub(crate) use store::{of_source, open_count};

use actix_web::web::{get, post};

use crate::{access::Action, audit::AuditAction, web::Route};

/// Most bytes of a form with a list: more than a list may have, so that one that is too long is told so on its page.
const LIST_FORM_BYTES: usize = 8 * 1024 * 1024;

/// Pages of casefinding.
pub fn routes() -> Vec<Route> {
    use Action::{EditAbstract, ListPatients, ViewPatient};
    vec![
        Route::get("/suspense", ListPatients, || get().to(pages::list::show)).audited(AuditAction::List),
        Route::get("/suspense/new", EditAbstract, || get().to(pages::new::begin)),
        Route::post("/suspense/new", EditAbstract, || post().to(pages::new::keep))
            .audited(AuditAction::ChangeSuspense),
        Route::get("/suspense/import", EditAbstract, || get().to(pages::import::begin)),
        Route::post("/suspense/import", EditAbstract, || post().to(pages::import::preview))
            .taking(LIST_FORM_BYTES)
            .audited(AuditAction::ViewSuspense),
        Route::post("/suspense/import/take", EditAbstract, || post().to(pages::import::take))
            .taking(LIST_FORM_BYTES)
            .audited(AuditAction::ChangeSuspense),
        Route::get("/suspense/lists", ListPatients, || get().to(pages::batches::show))
            .audited(AuditAction::List),
        Route::get("/suspense/lists/{list}", ListPatients, || get().to(pages::batches::one))
            .audited(AuditAction::ViewSuspense),
        Route::get("/suspense/{item}", ViewPatient, || get().to(pages::item::show))
            .audited(AuditAction::ViewSuspense),
        Route::post("/suspense/{item}", EditAbstract, || post().to(pages::item::act))
            .audited(AuditAction::ChangeSuspense),
    ]
}
