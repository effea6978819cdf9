//! Abstracting: making a case, filling its form, completing it.
//!
//! What the form shows is data (`data/form.tsv`, one row an item); what it may do is pure
//! functions over the items of patient and tumor. A partial abstract can always be saved; only
//! completing can be refused.
//!
//! Sources: CoC STORE 2026 (accession and sequence numbers, class of case, first course), NAACCR
//! Data Standards and Data Dictionary 26.

pub mod accession;
pub mod compare;
mod comparison;
pub mod complete;
pub mod derive;
mod draft_pages;
mod drafts;
mod editor;
pub mod form;
pub mod form_row;
mod list;
mod new_case;
mod new_person;
mod notes;
mod open_case;
mod pages;
pub mod propose;
mod save_page;
mod saving;
pub mod section;
pub mod sequence;
pub mod state;
mod store;

pub(crate) use drafts::PURPOSE as DRAFT_PURPOSE;
pub(crate) use notes::close as close_note;
pub(crate) use saving::derive_moved;
pub(crate) use store::open_states;

pub use form_row::{Condition, FormControl, FormRow, form_rows};
pub use section::Section;
pub use state::{AbstractState, Event, NotPossible};

use actix_web::web::{get, post};

use crate::{
    access::Action,
    audit::AuditAction,
    dictionary::{Dictionary, Items, Level, names},
    web::Route,
};

/// Pages of abstracting.
pub fn routes() -> Vec<Route> {
    use Action::{EditAbstract, ListPatients, ViewPatient, WriteNotes};
    vec![
        Route::get("/abstracts", ListPatients, || get().to(list::show)).audited(AuditAction::List),
        Route::post("/abstracts", EditAbstract, || post().to(new_case::further))
            .audited(AuditAction::CreateTumor),
        Route::get("/abstracts/new", EditAbstract, || get().to(new_case::begin)),
        Route::post("/abstracts/new", EditAbstract, || post().to(new_case::search))
            .audited(AuditAction::Draft),
        Route::get("/abstracts/new/{draft}", EditAbstract, || get().to(new_case::likely))
            .audited(AuditAction::Search),
        Route::post("/abstracts/new/{draft}", EditAbstract, || post().to(new_case::make))
            .audited(AuditAction::CreateTumor),
        Route::get("/abstracts/{tumor}", ViewPatient, || get().to(pages::first))
            .audited(AuditAction::ViewTumor),
        Route::get("/abstracts/{tumor}/notes", ViewPatient, || get().to(notes::show))
            .audited(AuditAction::ViewTumor),
        Route::post("/abstracts/{tumor}/notes", WriteNotes, || post().to(notes::write))
            .audited(AuditAction::Note),
        Route::post("/abstracts/{tumor}/notes/{note}/done", WriteNotes, || post().to(notes::done))
            .audited(AuditAction::Note),
        Route::post("/abstracts/{tumor}/reopening", EditAbstract, || post().to(draft_pages::reopen))
            .audited(AuditAction::Reopen),
        Route::get("/abstracts/{tumor}/{page}", ViewPatient, || get().to(pages::show))
            .audited(AuditAction::ViewTumor),
        Route::post("/abstracts/{tumor}/{page}", EditAbstract, || post().to(save_page::save))
            .audited(AuditAction::ChangeTumor),
        Route::post("/abstracts/{tumor}/{page}/draft", EditAbstract, || post().to(draft_pages::keep_draft))
            .audited(AuditAction::Draft)
            .by_itself(),
        Route::post("/abstracts/{tumor}/{page}/draft/discard", EditAbstract, || {
            post().to(draft_pages::discard_draft)
        })
        .audited(AuditAction::Draft),
    ]
}

/// The items of one case and of its patient, as the rules of this folder see them.
#[derive(Clone, Copy, Debug)]
pub struct CaseItems<'a> {
    /// Patient-level items.
    pub patient: &'a Items,
    /// Tumor-level items.
    pub tumor: &'a Items,
}

impl<'a> CaseItems<'a> {
    /// The value of an item, from where the dictionary has it; blank if missing.
    pub fn value(&self, id: &str) -> &'a str {
        match Dictionary::get(id).map(|d| d.level) {
            Some(Level::Patient) => self.patient.value(id),
            _ => self.tumor.value(id),
        }
    }

    /// Year of diagnosis, if it is known.
    pub fn dx_year(&self) -> Option<i32> {
        self.tumor.date(names::DATE_OF_DIAGNOSIS).map(|d| d.year())
    }
}
