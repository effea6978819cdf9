//! Questions to physicians about one item of a case: asked, announced by mail, answered once, taken or left.
//!
//! A mail says only that a question waits. Its link and a code that the page sends to the same address open the
//! question together; so neither a forwarded mail nor a mail scanner that opens links reads or spends anything.
//! What the recipient sees is the question, the choices, and the least by which the patient can be found.
//!
//! Sources: workflow rules of the registry (query recipient, timeliness clocks); OWASP ASVS 5.0, 6.4 and 6.6 (codes
//! and links), 45 CFR 164.502(b) (minimum necessary).

mod ask;
mod case;
mod door;
mod list;
mod practice;
mod rules;
mod settle;
mod store;

use actix_web::web::{get, post};

pub use practice::practice;
pub use store::{Waiting, waiting};

use crate::{access::Action, audit::AuditAction, web::Route};

/// Pages of questions.
pub fn routes() -> Vec<Route> {
    use Action::{AskPhysician, Public, ViewPatient};
    let audit = AuditAction::Query;
    vec![
        Route::get("/queries", AskPhysician, || get().to(list::show)).audited(AuditAction::List),
        Route::get("/abstracts/{tumor}/queries", ViewPatient, || get().to(case::list))
            .audited(AuditAction::ViewTumor),
        Route::post("/abstracts/{tumor}/queries", AskPhysician, || post().to(ask::send)).audited(audit),
        Route::get("/abstracts/{tumor}/queries/new", AskPhysician, || get().to(ask::form))
            .audited(AuditAction::ViewTumor),
        Route::get("/abstracts/{tumor}/queries/{query}", ViewPatient, || get().to(case::show))
            .audited(AuditAction::ViewTumor),
        Route::post("/abstracts/{tumor}/queries/{query}/answer", AskPhysician, || post().to(settle::take))
            .audited(audit),
        Route::post("/abstracts/{tumor}/queries/{query}/end", AskPhysician, || post().to(settle::end))
            .audited(audit),
        Route::post("/abstracts/{tumor}/queries/{query}/link", AskPhysician, || post().to(settle::link))
            .audited(audit),
        Route::get("/query/{token}", Public, || get().to(door::show)),
        Route::post("/query/{token}/code", Public, || post().to(door::send_code)).audited(AuditAction::Mail),
        Route::post("/query/{token}/question", Public, || post().to(door::open)).audited(audit),
        Route::post("/query/{token}/answer", Public, || post().to(door::answer)).audited(audit),
    ]
}
