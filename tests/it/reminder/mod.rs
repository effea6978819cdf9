//! Mail to staff, from the decision to the mail server.

mod handing_over;
