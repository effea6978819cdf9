//! What an answer from outside the form (a physician's) would do to a case, and taking it over.

use super::{
    FormControl, FormRow,
    drafts::Typing,
    editor,
    form::{self, Both, Page},
    form_row::row_of,
    judging::{Judging, settled},
    saving::{self, Outcome, Stored, Then},
    section::Section,
};
use crate::{
    db::Tx,
    dictionary::{Dictionary, Items},
    facility::Desk,
    provenance::How,
    schema,
    web::PageError,
};

/// An item somebody can be asked about: what the form says of it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The row of the form.
    pub(crate) row: &'static FormRow,
    /// Value as the form shows it.
    pub(crate) value: String,
    /// What the value means.
    pub(crate) meaning: String,
    /// Codes with labels, where the item has a list short enough to choose from.
    pub(crate) choices: Vec<(String, String)>,
}

/// Longest list that is offered for choosing.
const MOST_CHOICES: usize = 30;

/// An item of a case as a question about it needs it; `None` where the form does not ask for it, or where it says
/// who the patient is.
pub(crate) fn question_of(patient: &Items, tumor: &Items, item: &str) -> Option<Asked> {
    let row = row_of(item).filter(|row| is_askable(row))?;
    let record = Both { patient: patient.clone(), tumor: tumor.clone() };
    let stored = record.case().value(item);
    let list = row.list(record.case());
    let choices = if list.len() > MOST_CHOICES { &[] } else { list };
    Some(Asked {
        row,
        value: form::shown(row, stored),
        meaning: schema::meaning(patient, tumor, item, stored),
        choices: choices
            .iter()
            .filter(|c| !c.code.is_empty() && c.kind == crate::dictionary::CodeKind::Code)
            .map(|c| (c.code.to_owned(), c.label.to_owned()))
            .collect(),
    })
}

/// Can somebody be asked about an item?
pub(super) fn may_ask_about(item: &str) -> bool {
    row_of(item).is_some_and(is_askable)
}

/// Address of the field of an item.
pub(crate) fn href_of(uid: &str, item: &str) -> String {
    row_of(item).map_or_else(|| editor::href(uid, Page::AllItems), |row| editor::field_href(uid, row))
}

/// Neither what the program derives nor what names the patient is a physician's to say.
fn is_askable(row: &FormRow) -> bool {
    let of_person = matches!(row.section, Section::Patient | Section::Residence | Section::Administration);
    let in_words = matches!(row.control, FormControl::Text | FormControl::Long | FormControl::Date);
    let never = matches!(row.control, FormControl::Derived | FormControl::Masked);
    !(never || (of_person && in_words))
}

/// What a value would do to a case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effect {
    /// Value and meaning now.
    pub(crate) now: (String, String),
    /// Value and meaning with the answer.
    pub(crate) then: (String, String),
    /// Other items that would change: label, from, to.
    pub(crate) changes: Vec<(String, String, String)>,
    /// Findings that would appear.
    pub(crate) appear: Vec<String>,
    /// Findings that would go.
    pub(crate) vanish: Vec<String>,
    /// Why the value cannot be taken: not understood, or the case is closed.
    pub(crate) refused: Option<String>,
}

/// Judges a case as it is and as it would be with a value for an item. Nothing is written.
pub(crate) fn effect(
    tx: &mut Tx<'_>,
    desk: &Desk,
    uid: &str,
    item: &str,
    value: &str,
) -> Result<Effect, PageError> {
    let stored = saving::stored(tx, uid)?;
    let row = row_of(item).ok_or(PageError::NotFound)?;
    let siblings = saving::siblings(tx, &stored)?;
    let judging = Judging::of(tx, desk, &stored, &siblings)?;
    let before = settled(&stored.items);
    let typed = vec![(item.to_owned(), value.to_owned())];
    let applied = form::apply(Page::Section(row.section), &stored.items, &typed, saving::reading(desk));
    let mut after = settled(&applied.record);
    judging.clear_stale(&before, &mut after);
    let told = |record: &Both| -> Vec<String> {
        judging.findings(record).iter().map(super::complete::Finding::words).collect()
    };
    let (were, are) = (told(&before), told(&after));
    let shown = |record: &Both| {
        let value = record.case().value(item);
        (form::shown(row, value), schema::meaning(&record.patient, &record.tumor, item, value))
    };
    let changed = |before: &Items, after: &Items| -> Vec<(String, String, String)> {
        let diff = before.diff(after).into_iter().filter(|(id, ..)| *id != item);
        diff.map(|(id, from, to)| (label(id), from.to_owned(), to.to_owned())).collect()
    };
    let refused = applied.not_taken.first().map(|n| n.why.clone()).or_else(|| closed(&stored, row));
    Ok(Effect {
        now: shown(&before),
        then: shown(&after),
        changes: [changed(&before.patient, &after.patient), changed(&before.tumor, &after.tumor)].concat(),
        appear: are.iter().filter(|f| !were.contains(f)).cloned().collect(),
        vanish: were.iter().filter(|f| !are.contains(f)).cloned().collect(),
        refused,
    })
}

fn label(id: &str) -> String {
    row_of(id).map_or(Dictionary::label(id), |r| r.label).to_owned()
}

/// Why nothing can be saved on the section of an item now.
fn closed(stored: &Stored, row: &FormRow) -> Option<String> {
    let state = stored.state();
    let writes = state.is_open() || (row.section == Section::Outcome && !state.is_leaving());
    (!writes).then(|| "The case is closed. Reopen it, then take the answer.".to_owned())
}

/// Saves a value for an item as the form would, with where it came from; `Err` says why nothing was saved.
pub(crate) fn take(
    tx: &mut Tx<'_>,
    desk: &Desk,
    uid: &str,
    item: &str,
    value: &str,
    how: &How,
) -> Result<Result<(), String>, PageError> {
    let told = effect(tx, desk, uid, item, value)?;
    if let Some(why) = told.refused {
        return Ok(Err(why));
    }
    let row = row_of(item).ok_or(PageError::NotFound)?;
    let pairs = vec![(item.to_owned(), value.to_owned())];
    take_all(tx, desk, uid, row.section, pairs, &[(row.id(), how.clone())])
}

/// Saves values of a section as its form would, with how each came; `Err` says why nothing was saved.
pub(super) fn take_all(
    tx: &mut Tx<'_>,
    desk: &Desk,
    uid: &str,
    section: Section,
    pairs: Vec<(String, String)>,
    given: &[(&'static str, How)],
) -> Result<Result<(), String>, PageError> {
    let stored = saving::stored(tx, uid)?;
    let (patient_version, tumor_version) = (stored.patient.version, stored.tumor.version);
    let typing = Typing { patient_version, tumor_version, pairs };
    Ok(match saving::save_from(tx, desk, uid, Page::Section(section), &typing, Then::Save, given)? {
        Outcome::Saved(done) if done.not_taken == 0 => Ok(()),
        Outcome::Saved(_) => Err("The value was not understood; nothing was changed.".to_owned()),
        Outcome::Refused(why) => Err(why.to_string()),
        Outcome::Compare { .. } => Err("Somebody else saved meanwhile. Try again.".to_owned()),
    })
}
