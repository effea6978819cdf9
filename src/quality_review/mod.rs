//! Quality review: a second person abstracts a sample of complete cases again, from their texts.
//!
//! Choosing and scoring are pure. A chosen case waits in the state QA review: it has no day of completion until
//! somebody who did not abstract it accepts it.
//!
//! Sources: house rules of quality review and of visual-review accuracy; CoC Optimal Resources for Cancer Care (2020
//! Standards), Standard 6.1, cancer registry quality control.

pub mod disputes;
mod pages;
mod practice;
pub mod sampling;
pub mod score;
mod store;
pub mod summary;

pub use pages::routes;
pub use practice::practice;

use std::collections::BTreeSet;

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use self::{
    disputes::store::DisputeRow,
    sampling::{Before, Candidate, Reason},
    score::{Compared, ReviewedField, Tally, Weight},
    store::ReviewRow,
    summary::Reviewed,
};
use crate::{
    abstracting::AbstractState,
    access::{Action, permits},
    db::{StoreError, Tx},
    dictionary::{Items, names},
    facility::{self, Desk},
    followup_rules::is_analytic,
    tumor::TumorRow,
};

/// Why a case that is about to be complete goes to a second person first; `None` where it does not.
///
/// # Errors
/// When the store fails.
pub(crate) fn choose(
    tx: &mut Tx<'_>,
    desk: &Desk,
    case: &TumorRow,
    items: &Items,
    state: AbstractState,
) -> Result<Option<Reason>, StoreError> {
    // What was complete or reviewed before goes back without another review.
    let again = state == AbstractState::Reopened || items.has(names::DATE_CASE_COMPLETED);
    if !desk.facility.quality_review || again {
        return Ok(None);
    }
    let scope = tx.scope()?;
    let year = desk.today.year();
    let of_registrar = match tx.actor().account() {
        Some(account) => store::completed_by(tx.conn(), scope, account)?,
        None => 0,
    };
    let zone = desk.facility.zone;
    let (from, to) = (store::year_begins(zone, year), store::year_begins(zone, year + 1));
    let count = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    let before = Before {
        of_registrar: count(of_registrar),
        analytic: count(store::analytic_in(tx.conn(), scope, year)?),
        chosen: count(store::chosen_between(tx.conn(), scope, from, to)?),
    };
    let registrar = tx.actor().name.clone();
    let over_rides = items.iter().filter(|(id, v)| id.starts_with("overRide") && !v.is_empty()).count();
    let candidate = Candidate {
        facility: &desk.facility.id,
        registrar: &registrar,
        day: desk.today,
        case: &case.uid,
        class_of_case: items.value(names::CLASS_OF_CASE),
        over_rides,
    };
    Ok(sampling::chosen(&candidate, before))
}

/// Keeps that a case was chosen, and why; nothing where it was not.
///
/// # Errors
/// When the store fails.
pub(crate) fn keep_choice(
    tx: &mut Tx<'_>,
    case: &TumorRow,
    items: &Items,
    reason: Option<Reason>,
    staff_code: &str,
) -> Result<(), StoreError> {
    let Some(reason) = reason else { return Ok(()) };
    let analytic = is_analytic(items.value(names::CLASS_OF_CASE));
    store::insert(tx, case.id, reason.word(), analytic, staff_code)
}

/// What the page of a case says about its review.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// Sentences.
    pub(crate) words: String,
    /// Where the score stands field by field; empty where it is not for this reader.
    pub(crate) href: String,
    /// It waits for somebody.
    pub(crate) open: bool,
}

/// Why a case was chosen last and who has it, or what came of it; for the page of the case. The score is for whoever
/// abstracted it, and for supervisors.
///
/// # Errors
/// When the store fails.
pub(crate) fn told_of(tx: &mut Tx<'_>, case: &TumorRow) -> Result<Option<Told>, StoreError> {
    let scope = tx.scope()?;
    let Some(row) = store::of_case(tx.conn(), scope, case.id)? else { return Ok(None) };
    if let Some(at) = row.decided_at {
        let own = is_abstractor(tx, &row);
        if !own && !permits(tx.actor(), Action::DirectQuality) {
            return Ok(None);
        }
        let disputes = disputes::store::of_reviews(tx.conn(), &[row.id])?;
        let zone = facility::get(tx.conn(), scope.facility())?.zone;
        let day = at.and_utc().with_timezone(&zone).date_naive();
        let words = format!("Quality review, {} on {day}: {}.", row.state, score_words(&row, &disputes)?);
        // The own page is found by whoever completed it only, the other one by everybody else.
        let page = if own { "own/" } else { "" };
        let href = format!("/quality-review/{page}{}", row.uid);
        let href = if !own && is_own(tx, &row, case.owner_id) { String::new() } else { href };
        return Ok(Some(Told { words, href, open: false }));
    }
    if case.state != AbstractState::QaReview.word() {
        return Ok(None);
    }
    let why = Reason::parse(&row.reason).map(|r| r.to_string()).unwrap_or_default();
    let who = if row.reviewer.is_empty() { "Nobody" } else { row.reviewer.as_str() };
    let words =
        format!("Chosen for quality review: {why}. {who} has it; it cannot be changed until it comes back.");
    Ok(Some(Told { words, href: String::new(), open: true }))
}

/// Cases whose codes a list does not tell the reader.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hidden(BTreeSet<(i64, i64)>);

impl Hidden {
    /// Words in the place of what is hidden.
    pub(crate) const WORDS: &'static str = "hidden, quality review";

    /// Is this case hidden, by row key?
    pub(crate) fn case(&self, tumor: i64) -> bool {
        self.0.iter().any(|(_, case)| *case == tumor)
    }

    /// Has this patient a hidden case, by row key?
    pub(crate) fn patient(&self, patient: i64) -> bool {
        self.0.iter().any(|(of, _)| *of == patient)
    }
}

/// Cases that the reader codes again blind, or may take to do so.
///
/// # Errors
/// When the store fails.
pub(crate) fn hidden(tx: &mut Tx<'_>) -> Result<Hidden, StoreError> {
    let (actor, scope) = (tx.actor(), tx.scope()?);
    let Some(account) = actor.account().filter(|_| permits(actor, Action::ReviewAbstracts)) else {
        return Ok(Hidden::default());
    };
    Ok(Hidden(store::hidden_from(tx.conn(), scope, account)?.into_iter().collect()))
}

/// Disputes that wait for the reader, who neither abstracted nor reviewed the case.
///
/// # Errors
/// When the store fails.
pub(crate) fn disputes_waiting(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    if !permits(tx.actor(), Action::DirectQuality) {
        return Ok(0);
    }
    let scope = tx.scope()?;
    let open = disputes::store::open(tx.conn(), scope)?;
    let own = open.iter().filter(|(_, row)| !is_taker(tx, row) && !is_abstractor(tx, row)).count();
    Ok(i64::try_from(own).unwrap_or(i64::MAX))
}

/// One field of a kept comparison.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct KeptField {
    field: String,
    abstracted: String,
    reviewed: String,
    /// `major`, `minor`, or nothing.
    weight: String,
}

fn unreadable(e: &serde_json::Error) -> StoreError {
    StoreError::Unreadable { what: "quality review", why: format!("{:?}", e.classify()) }
}

/// A comparison as it is kept.
fn packed(compared: &[Compared]) -> Result<String, StoreError> {
    let kept: Vec<KeptField> = compared
        .iter()
        .map(|c| KeptField {
            field: c.field.word().to_owned(),
            abstracted: c.abstracted.clone(),
            reviewed: c.reviewed.clone(),
            weight: c.weight.map_or("", Weight::word).to_owned(),
        })
        .collect();
    serde_json::to_string(&kept).map_err(|e| unreadable(&e))
}

/// What the comparison of a review found; nothing before its lock.
fn compared(row: &ReviewRow) -> Result<Vec<Compared>, StoreError> {
    if row.compared.is_empty() {
        return Ok(Vec::new());
    }
    let kept: Vec<KeptField> = serde_json::from_str(&row.compared).map_err(|e| unreadable(&e))?;
    Ok(kept
        .into_iter()
        .filter_map(|k| {
            let weight = [Weight::Major, Weight::Minor].into_iter().find(|w| w.word() == k.weight);
            let field = ReviewedField::parse(&k.field)?;
            Some(Compared { field, abstracted: k.abstracted, reviewed: k.reviewed, weight })
        })
        .collect())
}

/// A review as it counts: upheld disputes are out of its score.
fn reviewed(row: &ReviewRow, of_review: &[DisputeRow]) -> Result<Reviewed, StoreError> {
    let removed = disputes::removed(of_review);
    let fields = compared(row)?.into_iter().map(|c| (removed.contains(&c.field), c)).map(|(r, c)| (c, r));
    Ok(Reviewed { abstractor: row.abstractor.clone(), blind: row.mode == "blind", fields: fields.collect() })
}

/// `97.1 % of 17 fields; 0 major, 1 minor`.
fn score_words(row: &ReviewRow, of_review: &[DisputeRow]) -> Result<String, StoreError> {
    let Tally { fields, major, minor } = reviewed(row, of_review)?.tally();
    let percent = Tally { fields, major, minor }.percent();
    Ok(format!("{percent} % of {fields} fields; {major} major, {minor} minor"))
}

/// Did the actor complete the abstract?
fn is_abstractor(tx: &Tx<'_>, row: &ReviewRow) -> bool {
    let account = tx.actor().account();
    account.is_some() && row.abstractor_account == account
}

/// Did the actor abstract the case? By account, or by login where an account is gone; who owns the case now counts
/// as well.
fn is_own(tx: &Tx<'_>, row: &ReviewRow, owner: Option<i64>) -> bool {
    let actor = tx.actor();
    let account = actor.account();
    row.abstractor == actor.name
        || (account.is_some() && (row.abstractor_account == account || owner == account))
}

/// Did the actor take it?
fn is_taker(tx: &Tx<'_>, row: &ReviewRow) -> bool {
    let actor = tx.actor();
    row.reviewer == actor.name || (row.reviewer_account.is_some() && row.reviewer_account == actor.account())
}
