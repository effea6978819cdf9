//! Follow-up at work: who is due, what was heard of them, who is lost.
//!
//! The rules are in [`crate::followup_rules`]; here are the list, the contact form and their pages.
//! Sources: CoC Standard 6.5; the order of the list, owners and groups are house rules.

pub mod effect;
pub mod form;
pub mod work_list;
