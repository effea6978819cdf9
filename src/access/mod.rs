//! Who may do what: people, roles held per facility, one policy, sessions, passwords.
//!
//! The policy denies by default and is one function, [`policy::permits`]. Every query for
//! patients takes a [`Scope`], which can only be had from an [`Actor`], and applies it in SQL.

pub mod accounts;
pub mod actor;
pub mod password;
pub mod policy;
pub mod session;
mod store;

pub use actor::{Actor, ActorKind, Role, Scope};
pub use policy::{Action, permits};
