//! Abstracting: making a case, filling its form, completing it.
//!
//! What the form shows is data (`data/form.tsv`, one row an item); what it may do is pure
//! functions over the items of patient and tumor. A partial abstract can always be saved; only
//! completing can be refused.
//!
//! Sources: CoC STORE 2026 (accession and sequence numbers, class of case, first course), NAACCR
//! Data Standards and Data Dictionary 26.

pub mod accession;
mod answered;
mod class_of_case;
mod class_page;
mod clocks;
pub mod compare;
mod comparison;
pub mod complete;
mod condition;
mod deletion;
pub mod derive;
mod documents;
mod draft_pages;
mod drafts;
mod editor;
pub mod form;
pub mod form_row;
mod go_to;
mod happened;
mod judging;
mod justify;
mod list;
mod live;
mod moved;
mod new_case;
mod new_person;
mod notes;
mod open_case;
mod pages;
pub mod propose;
mod reopening;
mod resequence;
pub(crate) mod review;
mod save_page;
mod saving;
pub mod section;
pub mod sequence;
pub mod state;
mod store;
mod typed_value;

pub(crate) use answered::{Effect, effect, href_of, question_of, take};
pub(crate) use deletion::{state_to_bring_back, waiting as waiting_deletions};
pub(crate) use drafts::PURPOSE as DRAFT_PURPOSE;
pub(crate) use moved::{clear_over_rides, derive_moved};
pub(crate) use new_case::{LikelyPerson, case_words, likely_here, likely_persons};
pub(crate) use new_person::{FIELDS as PERSON_FIELDS, Person, read as read_person};
pub(crate) use notes::{close as close_note, leave as leave_note};
pub(crate) use store::open_states;

pub use condition::Condition;
pub use form_row::{FormControl, FormRow, form_rows};
pub use section::Section;
pub use state::{AbstractState, Event, NotPossible};

use actix_web::web::{get, post};

use crate::{
    access::Action,
    audit::AuditAction,
    dictionary::{Code, Dictionary, Items, Level, names},
    schema::{self, Schema},
    web::Route,
};

pub use class_of_case::{Answers, CameFor, Diagnosed, Treated, class_of_case};
pub use go_to::{FIELD_MARK, field_named};

/// Pages of abstracting.
pub fn routes() -> Vec<Route> {
    use Action::{ApproveVoid, EditAbstract, ListPatients, ProposeVoid, ViewPatient, WriteNotes};
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
        Route::get("/abstracts/{tumor}/class-of-case", EditAbstract, || get().to(class_page::show))
            .audited(AuditAction::ViewTumor),
        Route::get("/abstracts/{tumor}/notes", ViewPatient, || get().to(notes::show))
            .audited(AuditAction::ViewTumor),
        Route::post("/abstracts/{tumor}/notes", WriteNotes, || post().to(notes::write))
            .audited(AuditAction::Note),
        Route::post("/abstracts/{tumor}/notes/{note}/done", WriteNotes, || post().to(notes::done))
            .audited(AuditAction::Note),
        Route::get("/abstracts/{tumor}/documents", ViewPatient, || get().to(documents::list))
            .audited(AuditAction::ViewTumor),
        Route::post("/abstracts/{tumor}/documents", EditAbstract, || post().to(documents::add))
            .audited(AuditAction::SourceDocument),
        Route::get("/abstracts/{tumor}/documents/{document}", ViewPatient, || get().to(documents::show))
            .audited(AuditAction::ViewTumor),
        Route::post("/abstracts/{tumor}/documents/{document}/codes", EditAbstract, || {
            post().to(documents::take)
        })
        .audited(AuditAction::ChangeTumor),
        Route::post("/abstracts/{tumor}/documents/{document}/withdrawal", EditAbstract, || {
            post().to(documents::withdraw)
        })
        .audited(AuditAction::SourceDocument),
        Route::get("/abstracts/{tumor}/deletion", ProposeVoid, || get().to(deletion::show))
            .audited(AuditAction::ViewTumor),
        Route::post("/abstracts/{tumor}/deletion", ProposeVoid, || post().to(deletion::ask))
            .audited(AuditAction::Void),
        Route::get("/deletions", ApproveVoid, || get().to(deletion::list)).audited(AuditAction::List),
        Route::post("/deletions/{id}", ApproveVoid, || post().to(deletion::decide_page))
            .audited(AuditAction::Void),
        Route::post("/abstracts/{tumor}/reopening", EditAbstract, || post().to(draft_pages::reopen))
            .audited(AuditAction::Reopen),
        Route::post("/abstracts/{tumor}/findings/{edit}", EditAbstract, || post().to(draft_pages::decide))
            .audited(AuditAction::ChangeTumor),
        Route::post("/abstracts/{tumor}/why/{item}", EditAbstract, || post().to(justify::justify))
            .audited(AuditAction::ChangeTumor),
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

/// The items of one case and of its patient, as the rules of this folder see them, with the schema they lead to.
#[derive(Clone, Copy, Debug)]
pub struct CaseItems<'a> {
    /// Patient-level items.
    pub patient: &'a Items,
    /// Tumor-level items.
    pub tumor: &'a Items,
    schema: Option<&'static Schema>,
    /// A discriminator is asked for, and the schema is only the first of those that are possible.
    open: bool,
    discriminators: [bool; 2],
}

impl<'a> CaseItems<'a> {
    /// Items of a patient and of one of the patient's tumors.
    pub fn of(patient: &'a Items, tumor: &'a Items) -> Self {
        let found = schema::Facts::of(patient, tumor).map_or(schema::Found::None, schema::find);
        Self {
            patient,
            tumor,
            schema: found.nearest(),
            open: matches!(found, schema::Found::Open { .. }),
            discriminators: [found.needs(1), found.needs(2)],
        }
    }

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

    /// The schema whose lists and items the form shows; while a discriminator is open, the first that is possible.
    pub fn schema(&self) -> Option<&'static Schema> {
        self.schema
    }

    /// The schema when nothing is open any more.
    pub fn decided_schema(&self) -> Option<&'static Schema> {
        self.schema.filter(|_| !self.open)
    }

    /// Does a discriminator (1 or 2) decide among schemas of this site and histology?
    pub fn needs_discriminator(&self, n: usize) -> bool {
        n.checked_sub(1).and_then(|at| self.discriminators.get(at)).copied().unwrap_or(false)
    }

    /// What a value of an item means in this case, in words.
    pub fn meaning(&self, item: &str, value: &str) -> String {
        schema::meaning(self.patient, self.tumor, item, value)
    }

    /// The codes an item may have by schema or site, where they have a list of their own.
    pub fn choices(&self, item: &str) -> Option<&'static [Code]> {
        schema::choices(item, schema::Facts::of(self.patient, self.tumor)?)
    }
}
