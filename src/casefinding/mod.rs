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
mod pages;
mod sample;
pub mod screening;
pub mod source;
pub mod state;
mod store;

pub(crate) use accession::{CASE_FIELDS, FIELD, accessioned, begun, case_items, read_case};
pub use arrive::{Arrived, Way, arrive};
pub use facts::{Facts, NewItem, read};
pub(crate) use store::open_count;

use actix_web::web::{get, post};

use crate::{access::Action, audit::AuditAction, web::Route};

/// Most bytes of a list.
pub const LIST_BYTES: usize = 8 * 1024 * 1024;

/// Pages of casefinding.
pub fn routes() -> Vec<Route> {
    use Action::{EditAbstract, ListPatients, ViewPatient};
    vec![
        Route::get("/suspense", ListPatients, || get().to(pages::list::show)).audited(AuditAction::List),
        Route::get("/suspense/new", EditAbstract, || get().to(pages::new::begin)),
        Route::post("/suspense/new", EditAbstract, || post().to(pages::new::keep))
            .audited(AuditAction::ChangeSuspense),
        Route::get("/suspense/{item}", ViewPatient, || get().to(pages::item::show))
            .audited(AuditAction::ViewSuspense),
        Route::post("/suspense/{item}", EditAbstract, || post().to(pages::item::act))
            .audited(AuditAction::ChangeSuspense),
    ]
}
