//! Lists of possible cases: read, judged line by line, taken in one transaction, and counted.
//!
//! Source: workflow rules of the registry, casefinding sources and reconciliation.

mod read;
mod store;
mod take;

pub(crate) use read::read;
pub(super) use read::{COLUMNS, LIST_BYTES, List, MOST_LINES};
pub(super) use store::{BatchRow, by_uid, page};
pub(crate) use take::take;
pub(super) use take::{Counts, Fate, LineReport, fates, first_taken, not_taken};
