//! Local edits: written by supervisors in the language of the shipped edits, tried over the registry, then
//! live for their facility only.
//!
//! A version never changes. An edit goes live in a version that came through a dry run, and results name
//! the set that judged them, so that what an edit said on a day can be found out later.

mod act;
mod history;
mod lines;
mod pages;
mod rule;
mod sets;
mod store;

pub use act::{NotDone, change, dry_run, go_live, make, retire};
pub use pages::routes;
pub use rule::{Checked, Rule, check, table};
pub use sets::{beside_shipped, live_rules, set_of, unreadable};
pub use store::Counted;
