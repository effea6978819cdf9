//! The registrar's side of a case: source, who abstracted it, from when to when.

use chrono::{Duration, NaiveDate};

use super::{
    dice::{Dice, Weighted},
    primary::Primary,
};

/// How far the abstract has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Begun, little more than identification.
    Draft,
    /// Being written.
    InProgress,
    /// Done.
    Complete,
}

/// Dates and codes of the abstract itself.
#[derive(Debug)]
pub(super) struct Paperwork {
    pub(super) progress: Progress,
    /// Type of reporting source \[500\].
    pub(super) reporting_source: &'static str,
    /// Casefinding source \[501\].
    pub(super) casefinding_source: &'static str,
    pub(super) abstracted_by: String,
    pub(super) initiated: NaiveDate,
    pub(super) completed: Option<NaiveDate>,
}

/// Percent of abstracts finished within 180 days of the first contact.
const ON_TIME: f64 = 88.0;
/// Percent of the abstracts of the last years that should be finished and are not.
const LEFT: f64 = 3.0;
/// Days after which the last of those was finished too.
const FORGOTTEN: i64 = 900;

impl Paperwork {
    /// The paperwork of a primary; `registrars` are the initials of those who abstract here.
    pub(super) fn draw(dice: &Dice, primary: &Primary, registrars: &[String], today: NaiveDate) -> Self {
        let first = primary.first_contact.max(primary.diagnosed);
        let initiated = dice.days_after(first, 7, 45);
        let days = if dice.percent(ON_TIME) { dice.between(50, 176) } else { dice.between(184, 430) };
        let completed = first + Duration::days(days);
        let left = dice.percent(LEFT) && (today - first).num_days() < FORGOTTEN;
        let done = completed <= today && !left;
        let progress = if done {
            Progress::Complete
        } else if initiated > today || (today - first).num_days() < dice.between(20, 75) {
            Progress::Draft
        } else {
            Progress::InProgress
        };
        Self {
            progress,
            reporting_source: match primary.class {
                "38" => "6",
                "43" => "3",
                _ => Weighted::new(vec![(78, "1"), (18, "8"), (3, "2"), (1, "4")]).draw(dice),
            },
            casefinding_source: casefinding_source(dice, primary),
            abstracted_by: if registrars.is_empty() { String::new() } else { dice.pick(registrars).clone() },
            initiated: initiated.min(today),
            completed: done.then_some(completed),
        }
    }
}

fn casefinding_source(dice: &Dice, primary: &Primary) -> &'static str {
    if !primary.is_microscopic() {
        return dice.word(&["26", "21", "22", "29"]);
    }
    let sources =
        vec![(72, "20"), (8, "21"), (5, "22"), (4, "23"), (4, "25"), (2, "26"), (2, "27"), (3, "30")];
    Weighted::new(sources).draw(dice)
}
