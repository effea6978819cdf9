//! What an import found: rejects with their bytes, what to look at, unusual items.

use diesel::prelude::*;

use super::{signed, unsigned};
use crate::{
    db::{
        Conn, StoreError,
        schema::{import_flag, import_reject, import_reject_part, import_review},
    },
    exchange::ledger::{FlagNote, Flags, RejectNote},
};

/// Keeps a reject with its first bytes; gives its key.
pub(in crate::exchange) fn add_reject(
    conn: &mut Conn,
    batch: i64,
    note: &RejectNote,
    bytes: &[u8],
) -> Result<i64, StoreError> {
    Ok(diesel::insert_into(import_reject::table)
        .values((
            import_reject::batch_id.eq(batch),
            import_reject::line.eq(signed(note.line)),
            import_reject::item.eq(note.item.clone().unwrap_or_default()),
            import_reject::value.eq(note.value.clone().unwrap_or_default().replace('\0', "\u{fffd}")),
            import_reject::reason.eq(&note.reason),
            import_reject::bytes.eq(bytes),
        ))
        .returning(import_reject::id)
        .get_result(conn)?)
}

/// Puts a further piece of a large reject; the same piece again is put once.
pub(in crate::exchange) fn put_reject_part(
    conn: &mut Conn,
    reject: i64,
    seq: i64,
    bytes: &[u8],
) -> Result<(), StoreError> {
    diesel::delete(import_reject_part::table.find((reject, seq))).execute(conn)?;
    diesel::insert_into(import_reject_part::table)
        .values((
            import_reject_part::reject_id.eq(reject),
            import_reject_part::seq.eq(seq),
            import_reject_part::bytes.eq(bytes),
        ))
        .execute(conn)?;
    Ok(())
}

/// A reject without its bytes.
#[derive(Clone, Debug, Queryable)]
pub(in crate::exchange) struct RejectRow {
    pub(in crate::exchange) id: i64,
    pub(in crate::exchange) line: i64,
    pub(in crate::exchange) item: String,
    pub(in crate::exchange) value: String,
    pub(in crate::exchange) reason: String,
}

impl RejectRow {
    pub(in crate::exchange) fn note(&self) -> RejectNote {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        RejectNote {
            line: unsigned(self.line),
            item: some(&self.item),
            value: some(&self.value),
            reason: self.reason.clone(),
        }
    }
}

pub(in crate::exchange) fn rejects(
    conn: &mut Conn,
    batch: i64,
    most: i64,
) -> Result<Vec<RejectRow>, StoreError> {
    Ok(import_reject::table
        .filter(import_reject::batch_id.eq(batch))
        .order(import_reject::id)
        .limit(most)
        .select((
            import_reject::id,
            import_reject::line,
            import_reject::item,
            import_reject::value,
            import_reject::reason,
        ))
        .load(conn)?)
}

/// The last reject of a batch.
pub(in crate::exchange) fn last_reject(conn: &mut Conn, batch: i64) -> Result<Option<i64>, StoreError> {
    Ok(import_reject::table
        .filter(import_reject::batch_id.eq(batch))
        .order(import_reject::id.desc())
        .select(import_reject::id)
        .first(conn)
        .optional()?)
}

/// The bytes of a reject of a batch, in pieces: the number counts from 0.
pub(in crate::exchange) fn reject_bytes(
    conn: &mut Conn,
    batch: i64,
    reject: i64,
    piece: i64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let own: Option<Vec<u8>> = import_reject::table
        .filter(import_reject::id.eq(reject).and(import_reject::batch_id.eq(batch)))
        .select(import_reject::bytes)
        .first(conn)
        .optional()?;
    if own.is_none() || piece == 0 {
        return Ok(own);
    }
    Ok(import_reject_part::table
        .find((reject, piece))
        .select(import_reject_part::bytes)
        .first(conn)
        .optional()?)
}

/// Something to look at, as kept: the detail is JSON.
#[derive(Clone, Debug, Queryable)]
pub(in crate::exchange) struct ReviewRow {
    pub(in crate::exchange) patient_id: Option<i64>,
    pub(in crate::exchange) kind: String,
    pub(in crate::exchange) detail: String,
}

pub(in crate::exchange) fn add_review(
    conn: &mut Conn,
    batch: i64,
    subject: (Option<i64>, Option<i64>),
    kind: &str,
    detail: &str,
) -> Result<(), StoreError> {
    diesel::insert_into(import_review::table)
        .values((
            import_review::batch_id.eq(batch),
            import_review::patient_id.eq(subject.0),
            import_review::tumor_id.eq(subject.1),
            import_review::kind.eq(kind),
            import_review::detail.eq(detail),
            import_review::resolved_by.eq(""),
        ))
        .execute(conn)?;
    Ok(())
}

pub(in crate::exchange) fn reviews(
    conn: &mut Conn,
    batch: i64,
    most: i64,
) -> Result<Vec<ReviewRow>, StoreError> {
    Ok(import_review::table
        .filter(import_review::batch_id.eq(batch))
        .order(import_review::id)
        .limit(most)
        .select((import_review::patient_id, import_review::kind, import_review::detail))
        .load(conn)?)
}

/// Reviews of a batch by kind.
pub(in crate::exchange) fn review_counts(
    conn: &mut Conn,
    batch: i64,
) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(import_review::table
        .filter(import_review::batch_id.eq(batch))
        .group_by(import_review::kind)
        .order(import_review::kind)
        .select((import_review::kind, diesel::dsl::count_star()))
        .load(conn)?)
}

pub(in crate::exchange) fn set_flags(conn: &mut Conn, batch: i64, flags: &Flags) -> Result<(), StoreError> {
    diesel::delete(import_flag::table.filter(import_flag::batch_id.eq(batch))).execute(conn)?;
    for note in flags.iter() {
        diesel::insert_into(import_flag::table)
            .values((
                import_flag::batch_id.eq(batch),
                import_flag::item.eq(&note.item),
                import_flag::flag.eq(&note.flag),
                import_flag::count.eq(signed(note.count)),
                import_flag::line.eq(signed(note.line)),
            ))
            .execute(conn)?;
    }
    Ok(())
}

pub(in crate::exchange) fn flags(conn: &mut Conn, batch: i64) -> Result<Vec<FlagNote>, StoreError> {
    let rows: Vec<(String, String, i64, i64)> = import_flag::table
        .filter(import_flag::batch_id.eq(batch))
        .order((import_flag::item, import_flag::flag))
        .select((import_flag::item, import_flag::flag, import_flag::count, import_flag::line))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(item, flag, count, line)| FlagNote {
            item,
            flag,
            count: unsigned(count),
            line: unsigned(line),
        })
        .collect())
}
