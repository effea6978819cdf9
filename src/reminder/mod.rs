//! Mail to staff: who is told that work waits, when, in which words, and how the mail leaves.
//!
//! [`schedule`] decides which keys may be made, [`digest`] what a mail says, [`retry`] when a failed one
//! is tried again; all three are pure. [`mail`] is the typed envelope, [`mailer`] and [`smtp`] hand it
//! over. No mail holds anything of a patient: a digest has no field that could.
//!
//! Sources: house rules on follow-up mail; RFC 5322 (messages), RFC 6409 (submission), RFC 3207
//! (STARTTLS), RFC 3834 (automatic messages), RFC 2919 (list id).

pub mod desk;
pub mod digest;
pub mod job;
#[cfg(test)]
mod leak_tests;
mod line_wise;
pub mod mail;
pub mod mailer;
pub mod outbox;
mod pages;
pub mod queries;
pub mod retry;
pub mod schedule;
#[cfg(test)]
mod schedule_tests;
pub mod scheduler;
pub mod smtp;
mod store;
pub mod worker;

pub use mail::check_address;
pub use pages::{Message, own_messages, routes};
pub use store::{Workplace, workplaces};
