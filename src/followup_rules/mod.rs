//! Who is followed, when the next contact is due, and how the two follow-up rates count.
//!
//! Everything here is a pure function of a patient's items, the facility's [`Settings`] and a day.
//! A status is never stored: [`standing`] gives the dates it follows from, which the store projects
//! into columns, and [`status`] reads them for a day. Only the mark LOST is kept, since nothing in the
//! record says it. [`contact`] tells what a reported contact changes, or why it may not.
//!
//! Sources: American College of Surgeons, Commission on Cancer, Optimal Resources for Cancer Care
//! (2020 Standards), Standard 6.5 Follow-Up of Patients, with the 2021 change of the reference date;
//! CoC STORE manual, class of case and follow-up items; NAACCR Data Standards and Data Dictionary,
//! items 1750 to 1880; SEER training, follow-up rate worksheet. Where the sources leave a choice, the
//! comment beside the rule names it.

pub mod contact;
mod contact_refused;
#[cfg(test)]
mod contact_tests;
mod eligibility;
mod facts;
pub mod merge;
mod rates;
pub mod recurrence;
mod settings;
mod standing;
mod status;
#[cfg(test)]
mod worked_cases;

pub use eligibility::{ANALYTIC, Exemption, is_analytic};
pub use facts::{Extra, Facts, KNOWN_DATES, PatientFacts, TumorFacts};
pub use rates::{PatientRates, RATE_A_TARGET, RATE_B_TARGET, Rate, Tally, Worksheet, rates};
pub use settings::{Centenarian, SettingProblem, Settings};
pub use standing::{FAR, Standing, TumorStanding, keeps_lost, standing};
pub use status::{COMING_DAYS, Status, is_coming, rate_b_from, status};
