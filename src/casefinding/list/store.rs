//! Rows of lists that were taken.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::take::Counts;
use crate::{
    access::Scope,
    casefinding::source::Source,
    db::{Conn, StoreError, Tx, schema::suspense_batch},
};

/// A list that was taken.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = suspense_batch)]
pub(in crate::casefinding) struct BatchRow {
    pub(in crate::casefinding) id: i64,
    pub(in crate::casefinding) uid: String,
    source: String,
    pub(in crate::casefinding) file_name: String,
    pub(in crate::casefinding) month: String,
    received: i64,
    candidates: i64,
    screened_out: i64,
    duplicates: i64,
    rejected: i64,
    pub(in crate::casefinding) taken_at: NaiveDateTime,
    pub(in crate::casefinding) taken_by: String,
    pub(in crate::casefinding) report: String,
}

impl BatchRow {
    pub(in crate::casefinding) fn source(&self) -> Source {
        Source::parse(&self.source).unwrap_or(Source::Manual)
    }

    pub(in crate::casefinding) fn counts(&self) -> Counts {
        Counts {
            received: self.received,
            candidates: self.candidates,
            screened_out: self.screened_out,
            duplicates: self.duplicates,
            rejected: self.rejected,
        }
    }
}

/// A list to be written.
pub(super) struct NewBatch<'a> {
    pub(super) source: Source,
    pub(super) file_name: &'a str,
    pub(super) sha256: &'a str,
    pub(super) month: &'a str,
    pub(super) counts: Counts,
    pub(super) report: &'a str,
}

/// Keeps a list; its row key and public id. The table refuses counts that do not add up.
pub(super) fn insert(tx: &mut Tx<'_>, new: &NewBatch<'_>) -> Result<(i64, String), StoreError> {
    let (scope, now, uid) = (tx.scope()?, tx.now().naive_utc(), tx.new_id().to_string());
    let by = tx.actor().name.clone();
    diesel::insert_into(suspense_batch::table)
        .values((
            suspense_batch::uid.eq(&uid),
            suspense_batch::facility_id.eq(scope.facility()),
            suspense_batch::source.eq(new.source.word()),
            suspense_batch::file_name.eq(new.file_name),
            suspense_batch::sha256.eq(new.sha256),
            suspense_batch::month.eq(new.month),
            suspense_batch::received.eq(new.counts.received),
            suspense_batch::candidates.eq(new.counts.candidates),
            suspense_batch::screened_out.eq(new.counts.screened_out),
            suspense_batch::duplicates.eq(new.counts.duplicates),
            suspense_batch::rejected.eq(new.counts.rejected),
            suspense_batch::taken_at.eq(now),
            suspense_batch::taken_by.eq(by),
            suspense_batch::report.eq(new.report),
        ))
        .execute(tx.conn())?;
    let key = suspense_batch::table
        .filter(suspense_batch::uid.eq(&uid))
        .select(suspense_batch::id)
        .first(tx.conn())?;
    Ok((key, uid))
}

/// The list with this public id.
pub(in crate::casefinding) fn by_uid(
    conn: &mut Conn,
    scope: Scope,
    uid: &str,
) -> Result<Option<BatchRow>, StoreError> {
    Ok(suspense_batch::table
        .filter(suspense_batch::facility_id.eq(scope.facility()).and(suspense_batch::uid.eq(uid)))
        .select(BatchRow::as_select())
        .first(conn)
        .optional()?)
}

/// When a list of the same text was taken, and its public id: the newest.
pub(super) fn same(
    conn: &mut Conn,
    scope: Scope,
    source: Source,
    sha256: &str,
) -> Result<Option<(String, NaiveDateTime)>, StoreError> {
    Ok(suspense_batch::table
        .filter(suspense_batch::facility_id.eq(scope.facility()))
        .filter(suspense_batch::source.eq(source.word()).and(suspense_batch::sha256.eq(sha256)))
        .order(suspense_batch::id.desc())
        .select((suspense_batch::uid, suspense_batch::taken_at))
        .first(conn)
        .optional()?)
}

/// A page of lists, the newest first: from behind a row key, at most `limit`.
pub(in crate::casefinding) fn page(
    conn: &mut Conn,
    scope: Scope,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<BatchRow>, StoreError> {
    let mut rows =
        suspense_batch::table.filter(suspense_batch::facility_id.eq(scope.facility())).into_boxed();
    if let Some(after) = after {
        rows = rows.filter(suspense_batch::id.lt(after));
    }
    Ok(rows.order(suspense_batch::id.desc()).limit(limit).select(BatchRow::as_select()).load(conn)?)
}
