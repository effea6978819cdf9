//! Two questions of the practice registry: one that waits, one that was answered.

use chrono::Duration;

use super::{
    ask::case_of,
    rules::{self, Choice},
    store::{self, NewQuery},
};
use crate::{
    abstracting,
    access::{accounts, session::token_hash},
    audit::{AuditAction, Event},
    db::Tx,
    dictionary::names,
    facility,
    reminder::queries::{self, LINK_DAYS},
    web::PageError,
};

/// Asks about the side of two cases in progress, where there are such; `salts` are random.
pub fn practice(tx: &mut Tx<'_>, salts: [String; 2]) -> Result<(), PageError> {
    let scope = tx.scope()?;
    let here = facility::get(tx.conn(), scope.facility())?;
    let today = here.day_of(tx.now().naive_utc());
    let mut salts = salts.into_iter();
    tx.record(Event::new(AuditAction::Init).detail("questions of the practice registry"));
    for (uid, owner) in store::cases_in_progress(tx.conn(), scope)? {
        let case = case_of(tx, &uid)?;
        let side = case.tumor_items.value(names::LATERALITY).to_owned();
        let asked = abstracting::question_of(&case.patient_items, &case.tumor_items, names::LATERALITY);
        let (Some(asked), "1" | "2") = (asked, side.as_str()) else { continue };
        let Some(salt) = salts.next() else { break };
        let choices: Vec<Choice> =
            asked.choices.into_iter().map(|(code, label)| Choice { code, label }).collect();
        let choices = serde_json::to_string(&choices).map_err(|e| PageError::Internal(anyhow::anyhow!(e)))?;
        let now = tx.now();
        let new = NewQuery {
            tumor: case.tumor.id,
            item: names::LATERALITY,
            question: "The reports name two sides. On which side was the primary tumor?",
            choices: &choices,
            name: "Dr. Dana Orr",
            email: "dana.orr@practice.example",
            due_on: rules::due(&rules::calendar(&here), today),
            salt: &salt,
            link_hash: &token_hash(&queries::link_token(tx.sealer(), &salt)),
            link_until: now + Duration::days(LINK_DAYS),
        };
        let query = store::insert(tx, &new)?;
        let answered = salts.len() == 1;
        let at = (now - Duration::days(if answered { 6 } else { 3 })).naive_utc();
        let other = if side == "1" { "2" } else { "1" };
        let words = "The other side was a benign lesion.";
        let answer = answered.then(|| (other, words, (now - Duration::days(1)).naive_utc()));
        let login = accounts::by_id(tx.conn(), owner)?.login;
        store::set_back(tx.conn(), &query, owner, &login, at, answer)?;
    }
    Ok(())
}
