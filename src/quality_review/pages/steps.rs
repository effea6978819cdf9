//! Steps of one review: taken, typed, locked, decided, handed back.

use super::{
    super::{
        is_own, is_taker, packed,
        score::{TEXT_SUPPORT, compare},
        store::{self, ReviewRow},
        unreadable,
    },
    one::{coded, items},
};
use crate::{
    abstracting::{
        form::pair,
        review::{self, Reviewed},
    },
    audit::{AuditAction, Event},
    db::Tx,
    facility::Desk,
    web::{FormErrors, PageError},
};

pub(super) fn event(case: &Reviewed, detail: &'static str) -> Event {
    Event::new(AuditAction::Review).tumor(case.patient.id, case.tumor.id).detail(detail).blindly()
}

fn here(row: &ReviewRow) -> String {
    format!("/quality-review/{}", row.uid)
}

const GONE: &str = "Somebody was faster, or the review is in another state by now. Nothing was changed.";

/// Keeps the event of a step, refused where the row did not move.
fn stepped(
    tx: &mut Tx<'_>,
    case: &Reviewed,
    row: &ReviewRow,
    detail: &'static str,
    moved: bool,
    errors: &mut FormErrors,
) -> String {
    if moved {
        tx.record(event(case, detail));
    } else {
        tx.record(event(case, detail).refused());
        errors.add("comment", "Review", GONE);
    }
    here(row)
}

pub(super) fn take(
    tx: &mut Tx<'_>,
    row: &ReviewRow,
    case: &Reviewed,
    errors: &mut FormErrors,
) -> Result<String, PageError> {
    let mode = mode_of(tx, row, case, tx.actor().account())?;
    let moved = case.tumor.state == "qa_review" && store::take(tx, row.id, mode)?;
    Ok(stepped(tx, case, row, "taken", moved, errors))
}

/// `open` where an account saw the codes before, `blind` where it did not.
pub(super) fn mode_of(
    tx: &mut Tx<'_>,
    row: &ReviewRow,
    case: &Reviewed,
    account: Option<i64>,
) -> Result<&'static str, PageError> {
    let seen = match account {
        Some(account) => store::saw_codes(tx.conn(), account, case.tumor.id, case.patient.id, row.chosen_at)?,
        None => true,
    };
    Ok(if seen { "open" } else { "blind" })
}

/// The reviewer wants to see the codes: from now on it is an open review.
pub(super) fn open_up(
    tx: &mut Tx<'_>,
    row: &ReviewRow,
    case: &Reviewed,
    errors: &mut FormErrors,
) -> Result<String, PageError> {
    let moved = is_taker(tx, row) && store::open_up(tx, row.id)?;
    Ok(stepped(tx, case, row, "opened", moved, errors))
}

/// The reviewer gives a review back that is not locked; what was typed is thrown away.
pub(super) fn hand_back(
    tx: &mut Tx<'_>,
    row: &ReviewRow,
    case: &Reviewed,
    errors: &mut FormErrors,
) -> Result<String, PageError> {
    let moved = row.state == "taken" && is_taker(tx, row) && store::hand_on(tx, row.id, None)?;
    stepped(tx, case, row, "handed back", moved, errors);
    Ok("/quality-review?done=handed-back".to_owned())
}

pub(super) fn draft(
    tx: &mut Tx<'_>,
    row: &ReviewRow,
    case: &Reviewed,
    pairs: &[(String, String)],
    errors: &mut FormErrors,
) -> Result<String, PageError> {
    let kept = keep(tx, row, pairs)?;
    Ok(stepped(tx, case, row, "draft kept", kept, errors))
}

fn keep(tx: &mut Tx<'_>, row: &ReviewRow, pairs: &[(String, String)]) -> Result<bool, PageError> {
    let (items, mine) = (items(), is_taker(tx, row));
    let own = pairs.iter().filter(|(name, _)| items.contains(&name.as_str()) || name == TEXT_SUPPORT);
    let own: Vec<_> = own.collect();
    let text = serde_json::to_string(&own).map_err(|e| unreadable(&e))?;
    Ok(mine && store::keep(tx, row.id, &text)?)
}

pub(super) fn lock(
    tx: &mut Tx<'_>,
    desk: &Desk,
    row: &ReviewRow,
    case: &Reviewed,
    pairs: &[(String, String)],
    errors: &mut FormErrors,
) -> Result<String, PageError> {
    if case.tumor.state != "qa_review" || !keep(tx, row, pairs)? {
        return Ok(stepped(tx, case, row, "locked", false, errors));
    }
    let (record, not_taken) = coded(desk, pairs);
    for n in &not_taken {
        errors.add(&n.field, "Field", &n.why);
    }
    for (id, label) in review::missing(&items(), &record) {
        errors.add(id, label, "Enter a code; the one for unknown where the texts do not say.");
    }
    let supports = pair(pairs, TEXT_SUPPORT).unwrap_or_default();
    if !matches!(supports, "yes" | "no") {
        errors.add(TEXT_SUPPORT, "Text carries the codes", "Choose yes or no.");
    }
    if !errors.is_empty() {
        tx.record(event(case, "draft kept"));
        return Ok(here(row));
    }
    let found = compare(case.items.case(), record.case(), supports == "yes");
    let mode = match row.mode.as_str() {
        "blind" => mode_of(tx, row, case, tx.actor().account())?,
        _ => "open",
    };
    let locked = store::lock(tx, row.id, mode, &packed(&found)?)?;
    Ok(stepped(tx, case, row, "locked", locked, errors))
}

pub(super) fn accept(
    tx: &mut Tx<'_>,
    desk: &Desk,
    row: &ReviewRow,
    case: &Reviewed,
    comment: &str,
    errors: &mut FormErrors,
) -> Result<String, PageError> {
    if row.state != "locked" || !is_taker(tx, row) {
        return Ok(stepped(tx, case, row, "accepted", false, errors));
    }
    let own = is_own(tx, row, case.tumor.owner_id);
    if let Err(refused) = review::accept(tx, desk, &case.tumor.uid, own, &row.staff_code)? {
        errors.add("comment", "Accept", refused);
        return Ok(here(row));
    }
    let moved = store::decide(tx, row.id, "accepted", comment)?;
    stepped(tx, case, row, "accepted", moved, errors);
    Ok("/quality-review?done=accepted".to_owned())
}

pub(super) fn give_back(
    tx: &mut Tx<'_>,
    desk: &Desk,
    row: &ReviewRow,
    case: &Reviewed,
    comment: &str,
    errors: &mut FormErrors,
) -> Result<String, PageError> {
    if row.state != "locked" || !is_taker(tx, row) {
        return Ok(stepped(tx, case, row, "returned", false, errors));
    }
    if let Err(refused) = review::give_back(tx, desk, &case.tumor.uid, comment, row.abstractor_account)? {
        errors.add("comment", "Comment", refused);
        return Ok(here(row));
    }
    let moved = store::decide(tx, row.id, "returned", comment)?;
    stepped(tx, case, row, "returned", moved, errors);
    Ok("/quality-review?done=returned".to_owned())
}
