//! A difference that the abstractor does not accept, and what a third person decides about it.
//!
//! Sources: house rules of quality review: the abstractor disputes within 10 working days, a supervisor decides, the
//! decision stays as a note on the case; what is upheld leaves the score. Approval of a review needs two people: who
//! abstracted or reviewed does not decide.

pub(super) mod store;

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{compared, is_abstractor, is_own, is_taker, score::ReviewedField, store::ReviewRow};
use crate::{
    abstracting,
    audit::{AuditAction, Event},
    db::{StoreError, Tx},
    facility::{
        Desk,
        calendar::{Calendar, Holidays},
    },
    tumor::TumorRow,
};

/// Working days after the decision of a review in which a difference may be disputed.
pub const WORKING_DAYS: u32 = 10;

/// Fewest characters of a reason or a decision.
const SHORTEST: usize = 10;

/// Why a difference cannot be disputed, or a dispute not decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDisputed {
    /// There is nothing to dispute.
    #[error("This field has no difference that can be disputed.")]
    NoDifference,
    /// The time is over.
    #[error("A difference can be disputed within 10 working days; the last day was {0}.")]
    TooLate(NaiveDate),
    /// It was disputed before.
    #[error("This difference was disputed before; the decision stands.")]
    Twice,
    /// No reason worth the name.
    #[error("Say why, in at least 10 characters.")]
    TooShort,
    /// Abstractor and reviewer do not decide.
    #[error("Who abstracted or reviewed the case does not decide. Another supervisor does.")]
    NotThird,
    /// Decided by somebody else meanwhile.
    #[error("This dispute is decided already.")]
    Decided,
}

/// The last day on which a review decided on a day may be disputed.
pub fn last_day(calendar: &Calendar, decided: NaiveDate) -> NaiveDate {
    let working = decided.iter_days().skip(1).filter(|day| calendar.is_working_day(*day));
    // A calendar without working days ends the search after a year.
    let left = usize::try_from(WORKING_DAYS.saturating_sub(1)).unwrap_or(usize::MAX);
    working.take_while(|day| (*day - decided).num_days() < 366).nth(left).unwrap_or(decided)
}

/// What the days of a facility say about a review: the last day for disputes.
pub(super) fn until(desk: &Desk, row: &ReviewRow) -> Option<NaiveDate> {
    let zone = desk.facility.zone;
    let days: Vec<String> = desk.facility.holidays.iter().map(NaiveDate::to_string).collect();
    let calendar = Calendar::new(zone, Holidays::parse(&days.join(" ")).unwrap_or_default());
    row.decided_at.map(|at| last_day(&calendar, at.and_utc().with_timezone(&zone).date_naive()))
}

/// The abstractor disputes one difference of a decided review.
///
/// # Errors
/// When the store fails. What the rules forbid is the inner error.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    desk: &Desk,
    row: &ReviewRow,
    case: &TumorRow,
    field: &str,
    reason: &str,
) -> Result<Result<(), NotDisputed>, StoreError> {
    let audit = Event::new(AuditAction::Review).tumor(case.patient_id, case.id).detail("disputed");
    let field = ReviewedField::parse(field);
    let differs = compared(row)?.iter().any(|c| Some(c.field) == field && c.weight.is_some());
    let reason = reason.trim();
    let refused = match (field, until(desk, row)) {
        (Some(_), Some(_)) if !is_abstractor(tx, row) || !differs => Some(NotDisputed::NoDifference),
        (Some(_), Some(last)) if desk.today > last => Some(NotDisputed::TooLate(last)),
        (Some(_), Some(_)) if reason.chars().count() < SHORTEST => Some(NotDisputed::TooShort),
        (Some(field), Some(_)) => {
            let mut all = store::of_reviews(tx.conn(), &[row.id])?.into_iter();
            match all.any(|d| d.field == field.word()) {
                true => Some(NotDisputed::Twice),
                false => {
                    store::insert(tx, row.id, field.word(), reason)?;
                    None
                }
            }
        }
        _ => Some(NotDisputed::NoDifference),
    };
    tx.record(if refused.is_some() { audit.refused() } else { audit });
    Ok(refused.map_or(Ok(()), Err))
}

/// A third person decides: the difference leaves the score, or stands. The words become a note on the case.
///
/// # Errors
/// When the store fails. What the rules forbid is the inner error.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    dispute: &store::DisputeRow,
    row: &ReviewRow,
    case: &TumorRow,
    removed: bool,
    words: &str,
) -> Result<Result<(), NotDisputed>, StoreError> {
    let audit = Event::new(AuditAction::Review).tumor(case.patient_id, case.id);
    let (outcome, told) = if removed { ("removed", "dispute upheld") } else { ("stands", "dispute refused") };
    let words = words.trim();
    let refused = if !may_decide(tx, row, case) {
        Some(NotDisputed::NotThird)
    } else if words.chars().count() < SHORTEST {
        Some(NotDisputed::TooShort)
    } else if dispute.outcome != "open" || !store::decide(tx, dispute.id, outcome, words)? {
        Some(NotDisputed::Decided)
    } else {
        None
    };
    if refused.is_none() {
        let label = ReviewedField::parse(&dispute.field).map_or("a field", ReviewedField::label);
        let result = if removed { "the difference is taken back" } else { "the difference stands" };
        let body = format!(
            "Quality review, {label} disputed by {}: “{}” Decided: {result}. {words}",
            dispute.asked_by, dispute.reason
        );
        abstracting::leave_note(tx, case, body, None)?;
    }
    let audit = audit.detail(told);
    tx.record(if refused.is_some() { audit.refused() } else { audit });
    Ok(refused.map_or(Ok(()), Err))
}

/// Neither abstracted nor reviewed it?
pub(super) fn may_decide(tx: &Tx<'_>, row: &ReviewRow, case: &TumorRow) -> bool {
    !is_own(tx, row, case.owner_id) && !is_taker(tx, row)
}

/// Fields of a review that a dispute took out of the score.
pub(super) fn removed(of_review: &[store::DisputeRow]) -> BTreeSet<ReviewedField> {
    let taken_back = of_review.iter().filter(|d| d.outcome == "removed");
    taken_back.filter_map(|d| ReviewedField::parse(&d.field)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_working_days_leave_out_weekends_and_holidays() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (holidays, decided, last) in [
            ("", "2026-11-23", "2026-12-07"),
            ("", "2026-11-21", "2026-12-04"),
            ("", "2026-11-22", "2026-12-04"),
            ("11-26 2026-11-27", "2026-11-23", "2026-12-09"),
        ] {
            let calendar = Calendar::new(chrono_tz::UTC, Holidays::parse(holidays).unwrap());
            assert_eq!(last_day(&calendar, day(decided)), day(last), "{decided} {holidays}");
        }
    }
}
