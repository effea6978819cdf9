//! Notes and tasks on a case: what one registrar tells another, or oneself later.

mod pages;
mod store;

pub(super) use pages::{done, show, write};
pub(crate) use store::close;
pub(super) use store::{NoteRow, of_case, open_on};

use crate::{
    db::{StoreError, Tx},
    tumor::TumorRow,
};

/// Leaves a note on a case, or a task for somebody; what leaves it records the event.
pub(crate) fn leave(
    tx: &mut Tx<'_>,
    case: &TumorRow,
    body: String,
    task_for: Option<i64>,
) -> Result<(), StoreError> {
    let kind = if task_for.is_some() { "task" } else { "note" };
    let (patient, tumor) = (case.patient_id, case.id);
    store::insert(tx, &store::NewNote { patient, tumor, kind, body, due_on: None, assigned_to: task_for })
}
