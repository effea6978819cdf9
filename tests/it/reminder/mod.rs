//! Mail to staff, from the decision to the mail server.

mod cast;
mod handing_over;
mod outbox;
mod pages;
