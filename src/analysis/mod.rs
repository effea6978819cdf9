//! The supervisor's dashboard: what is open, whether follow-up reaches its targets, what is registered.
//!
//! Every number is a link to the cases it counts, and both are made from one definition
//! ([`cases::Cases`]). Sources: CoC Standard 6.5 (rates and targets), CoC timeliness of six months for
//! abstracts, SEER site recode 2023 (site groups).

pub mod cases;
mod dashboard;
mod list;
mod store;

pub use store::{Sheets, case_rates, patient_rates};

use actix_web::web;

use crate::{access::Action, audit::AuditAction, web::Route};

/// The pages of the dashboard.
pub fn routes() -> Vec<Route> {
    let see = Action::ViewDashboard;
    vec![
        Route::get("/dashboard", see, || web::get().to(dashboard::show)).audited(AuditAction::ViewDashboard),
        Route::get("/dashboard/cases", see, || web::get().to(list::show)).audited(AuditAction::List),
    ]
}
