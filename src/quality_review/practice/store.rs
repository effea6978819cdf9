//! Rows of practice reviews.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::{
    access::Scope,
    db::{
        Conn, StoreError, Tx,
        schema::{quality_dispute as dispute, quality_review as review, tumor},
    },
    followup_rules::ANALYTIC,
};

/// Analytic cases that somebody completed here, the latest first: public id, owner, code of the abstractor.
pub(super) fn completed(conn: &mut Conn, scope: Scope, most: i64) -> Result<Vec<(String, i64)>, StoreError> {
    let rows: Vec<(String, Option<i64>)> = tumor::table
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::voided.eq(false)))
        .filter(tumor::state.eq("complete").and(tumor::class_of_case.eq_any(ANALYTIC)))
        .filter(tumor::owner_id.is_not_null())
        .order((tumor::completed.desc(), tumor::id.desc()))
        .limit(most)
        .select((tumor::uid, tumor::owner_id))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(uid, owner)| Some((uid, owner?))).collect())
}

/// A review as it stands.
pub(super) struct PracticeReview<'a> {
    pub(super) tumor: i64,
    pub(super) state: &'static str,
    pub(super) abstractor: (i64, &'a str),
    pub(super) staff_code: &'a str,
    pub(super) reviewer: Option<(i64, &'a str)>,
    pub(super) mode: &'static str,
    pub(super) typed: &'a str,
    pub(super) compared: &'a str,
    pub(super) comment: &'static str,
    pub(super) chosen_at: NaiveDateTime,
    pub(super) decided_at: Option<NaiveDateTime>,
}

/// Keeps a review; gives its row key.
pub(super) fn insert(tx: &mut Tx<'_>, new: &PracticeReview<'_>) -> Result<i64, StoreError> {
    let (scope, uid) = (tx.scope()?, tx.new_id().to_string());
    let taken = new.reviewer.map(|_| new.chosen_at);
    Ok(diesel::insert_into(review::table)
        .values((
            review::uid.eq(uid),
            review::facility_id.eq(scope.facility()),
            review::tumor_id.eq(new.tumor),
            review::state.eq(new.state),
            review::reason.eq("chance"),
            review::analytic.eq(1),
            review::chosen_at.eq(new.chosen_at),
            review::abstractor_account_id.eq(Some(new.abstractor.0)),
            review::abstractor.eq(new.abstractor.1),
            review::staff_code.eq(new.staff_code),
            review::reviewer_account_id.eq(new.reviewer.map(|(id, _)| id)),
            review::reviewer.eq(new.reviewer.map_or("", |(_, login)| login)),
            review::taken_at.eq(taken),
            review::locked_at.eq(taken.filter(|_| !new.compared.is_empty())),
            review::mode.eq(new.mode),
            review::typed.eq(new.typed),
            review::compared.eq(new.compared),
            review::decided_at.eq(new.decided_at),
            review::comment.eq(new.comment),
        ))
        .returning(review::id)
        .get_result(tx.conn())?)
}

/// Keeps a dispute; `decided` is outcome, words and login.
pub(super) fn insert_dispute(
    tx: &mut Tx<'_>,
    of: i64,
    field: &'static str,
    reason: &'static str,
    by: (i64, &str),
    decided: Option<(&'static str, &'static str, &str)>,
) -> Result<(), StoreError> {
    let (scope, uid, now) = (tx.scope()?, tx.new_id().to_string(), tx.now().naive_utc());
    diesel::insert_into(dispute::table)
        .values((
            dispute::uid.eq(uid),
            dispute::facility_id.eq(scope.facility()),
            dispute::review_id.eq(of),
            dispute::field.eq(field),
            dispute::reason.eq(reason),
            dispute::asked_at.eq(now),
            dispute::account_id.eq(Some(by.0)),
            dispute::asked_by.eq(by.1),
            dispute::outcome.eq(decided.map_or("open", |d| d.0)),
            dispute::decision.eq(decided.map_or("", |d| d.1)),
            dispute::decided_at.eq(decided.map(|_| now)),
            dispute::decided_by.eq(decided.map_or("", |d| d.2)),
        ))
        .execute(tx.conn())?;
    Ok(())
}
