//! Rows of disputes.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::super::store::ReviewRow;
use crate::{
    access::Scope,
    db::{
        Conn, StoreError, Tx,
        schema::{quality_dispute as dispute, quality_review as review},
    },
};

/// Disputes read at most.
const MOST: i64 = 300;

/// A dispute about one field of a review.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = dispute)]
pub(in crate::quality_review) struct DisputeRow {
    pub(in crate::quality_review) id: i64,
    pub(in crate::quality_review) uid: String,
    #[diesel(column_name = review_id)]
    pub(in crate::quality_review) review: i64,
    /// A word of [`super::ReviewedField`].
    pub(in crate::quality_review) field: String,
    pub(in crate::quality_review) reason: String,
    pub(in crate::quality_review) asked_at: NaiveDateTime,
    /// Login of the abstractor.
    pub(in crate::quality_review) asked_by: String,
    /// `open`, `removed` or `stands`.
    pub(in crate::quality_review) outcome: String,
    pub(in crate::quality_review) decision: String,
    pub(in crate::quality_review) decided_by: String,
}

/// Disputes about some reviews of the scope they were read in, oldest first.
pub(in crate::quality_review) fn of_reviews(
    conn: &mut Conn,
    reviews: &[i64],
) -> Result<Vec<DisputeRow>, StoreError> {
    let mut rows = Vec::new();
    for some in reviews.chunks(500) {
        rows.extend(
            dispute::table
                .filter(dispute::review_id.eq_any(some.to_vec()))
                .order(dispute::id)
                .select(DisputeRow::as_select())
                .load::<DisputeRow>(conn)?,
        );
    }
    Ok(rows)
}

/// Disputes that wait for a decision, oldest first.
pub(in crate::quality_review) fn open(
    conn: &mut Conn,
    scope: Scope,
) -> Result<Vec<(DisputeRow, ReviewRow)>, StoreError> {
    Ok(dispute::table
        .inner_join(review::table)
        .filter(dispute::facility_id.eq(scope.facility()).and(dispute::outcome.eq("open")))
        .order(dispute::id)
        .limit(MOST)
        .select((DisputeRow::as_select(), ReviewRow::as_select()))
        .load(conn)?)
}

/// The dispute of this public id, with its review.
pub(in crate::quality_review) fn by_uid(
    conn: &mut Conn,
    scope: Scope,
    uid: &str,
) -> Result<Option<(DisputeRow, ReviewRow)>, StoreError> {
    Ok(dispute::table
        .inner_join(review::table)
        .filter(dispute::facility_id.eq(scope.facility()).and(dispute::uid.eq(uid)))
        .select((DisputeRow::as_select(), ReviewRow::as_select()))
        .first(conn)
        .optional()?)
}

/// Keeps that the actor disputes a field.
pub(super) fn insert(tx: &mut Tx<'_>, of: i64, field: &str, reason: &str) -> Result<(), StoreError> {
    let (scope, uid, now) = (tx.scope()?, tx.new_id().to_string(), tx.now().naive_utc());
    let (account, by) = (tx.actor().account(), tx.actor().name.clone());
    diesel::insert_into(dispute::table)
        .values((
            dispute::uid.eq(uid),
            dispute::facility_id.eq(scope.facility()),
            dispute::review_id.eq(of),
            dispute::field.eq(field),
            dispute::reason.eq(reason),
            dispute::asked_at.eq(now),
            dispute::account_id.eq(account),
            dispute::asked_by.eq(by),
            dispute::outcome.eq("open"),
            dispute::decision.eq(""),
            dispute::decided_by.eq(""),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Decides an open dispute; `false` when somebody was faster.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    id: i64,
    outcome: &'static str,
    words: &str,
) -> Result<bool, StoreError> {
    let (now, by) = (tx.now().naive_utc(), tx.actor().name.clone());
    let rows = diesel::update(dispute::table.filter(dispute::id.eq(id).and(dispute::outcome.eq("open"))))
        .set((
            dispute::outcome.eq(outcome),
            dispute::decision.eq(words),
            dispute::decided_at.eq(Some(now)),
            dispute::decided_by.eq(by),
        ))
        .execute(tx.conn())?;
    Ok(rows == 1)
}
