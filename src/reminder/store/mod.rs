//! All statements of the reminders.

mod lists;
mod people;
mod questions;
mod queue;

pub(super) use lists::{about, by_state, find, list, own};
pub(super) use people::{Staff, address_of, staff, work};
pub use people::{Workplace, workplaces};
pub(super) use questions::{Late, escalated, late, question, queue_mail, reminded};
pub(super) use queue::{
    Leased, Left, NewMail, Wanted, address_answered, insert, keep_runs, last_mails, last_run, lease, leave,
    retry, runs,
};
