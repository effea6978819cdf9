//! Notes and tasks on a case: what one registrar tells another, or oneself later.

mod pages;
mod store;

pub(super) use pages::{done, show, write};
pub(crate) use store::close;
pub(super) use store::{NoteRow, open_on};
