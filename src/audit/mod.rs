//! What happened: who did what to whom, when. Only ever added to.
//!
//! Every transaction that touches patients leaves an event; [`crate::db::Db`] refuses to
//! commit or answer without one. Database triggers refuse changes and deletions. The
//! columns for a hash chain are laid and empty.
//!
//! Sources: 45 CFR 164.312(b); 45 CFR 170.315(d)(2); ASTM E2147 as cited there.

mod event;
pub mod store;

pub use event::{AuditAction, Event, Outcome};
