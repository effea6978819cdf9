//! A facility: its calendar.

pub mod calendar;
