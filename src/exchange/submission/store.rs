//! Rows of batches, of what they hold, and of what waits for the next.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::rules::{Kind, Sent};
use crate::{
    access::Scope,
    db::{
        Conn, StoreError, Tx,
        schema::{patient, submission_batch, submission_file, submission_item, tumor},
    },
    patient::PatientRow,
    tumor::TumorRow,
};

/// A batch.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = submission_batch)]
pub(super) struct BatchRow {
    pub(super) id: i64,
    pub(super) uid: String,
    pub(super) number: i64,
    pub(super) frozen_at: NaiveDateTime,
    pub(super) actor_name: String,
    pub(super) software: String,
    pub(super) set_id: String,
    pub(super) full_records: i64,
    pub(super) modified: i64,
    pub(super) deleted: i64,
    pub(super) left_out: i64,
}

/// What is told of a file; its bytes are read apart.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = submission_file)]
pub(super) struct FileRow {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) sha256: String,
    pub(super) bytes: i64,
}

/// What was sent of a case.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = submission_item)]
pub(super) struct ItemRow {
    pub(super) id: i64,
    pub(super) tumor_id: i64,
    pub(super) record_type: String,
    pub(super) accession_number: String,
    pub(super) sequence_number: String,
    pub(super) standing: String,
    pub(super) answer: String,
    pub(super) message: String,
}

impl ItemRow {
    pub(super) fn kind(&self) -> Kind {
        Kind::parse(&self.record_type).unwrap_or(Kind::Full)
    }

    pub(super) fn sent(&self) -> Sent {
        let (rejected, changed) = (self.answer == "rejected", self.standing == "changed");
        Sent { kind: self.kind(), rejected, changed }
    }
}

/// A file to be kept: kind, name, hash and length as it is sent, and what is kept of it.
pub(super) struct NewFile<'a> {
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    pub(super) sha256: String,
    pub(super) bytes: i64,
    pub(super) sealed: Vec<u8>,
}

/// An item to be kept.
pub(super) struct NewItem {
    pub(super) tumor: i64,
    pub(super) kind: Kind,
    pub(super) tumor_version: i32,
    pub(super) patient_version: i32,
    pub(super) accession: String,
    pub(super) sequence: String,
    pub(super) reason: String,
}

/// Complete cases that stand, the oldest deadline first; and sent ones that changed.
pub(super) fn may_go(conn: &mut Conn, scope: Scope, most: i64) -> Result<Vec<TumorRow>, StoreError> {
    let complete: Vec<TumorRow> = tumor::table
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::voided.eq(false)))
        .filter(tumor::state.eq("complete"))
        .order((tumor::abstract_due, tumor::id))
        .limit(most)
        .load(conn)?;
    let changed: Vec<TumorRow> = submission_item::table
        .inner_join(tumor::table)
        .filter(
            submission_item::facility_id.eq(scope.facility()).and(submission_item::standing.eq("changed")),
        )
        .filter(tumor::state.ne("complete").or(tumor::voided.eq(true)))
        .order(submission_item::tumor_id)
        .limit(most)
        .select(tumor::all_columns)
        .load(conn)?;
    Ok(complete.into_iter().chain(changed).collect())
}

/// What was last sent of each of these cases.
pub(super) fn last_sent(conn: &mut Conn, tumors: &[i64]) -> Result<Vec<ItemRow>, StoreError> {
    Ok(submission_item::table
        .filter(submission_item::tumor_id.eq_any(tumors.to_vec()).and(submission_item::standing.ne("past")))
        .select(ItemRow::as_select())
        .load(conn)?)
}

/// These patients, void ones included.
pub(super) fn patients(conn: &mut Conn, scope: Scope, keys: &[i64]) -> Result<Vec<PatientRow>, StoreError> {
    Ok(patient::table
        .filter(patient::facility_id.eq(scope.facility()).and(patient::id.eq_any(keys.to_vec())))
        .order(patient::id)
        .load(conn)?)
}

/// The next number of a batch.
pub(super) fn next_number(conn: &mut Conn, scope: Scope) -> Result<i64, StoreError> {
    let last: Option<i64> = submission_batch::table
        .filter(submission_batch::facility_id.eq(scope.facility()))
        .select(diesel::dsl::max(submission_batch::number))
        .first(conn)?;
    Ok(last.unwrap_or(0) + 1)
}

/// Keeps a batch; its row key.
pub(super) fn insert_batch(
    tx: &mut Tx<'_>,
    uid: &str,
    number: i64,
    set_id: &str,
    [full, modified, deleted, left_out]: [i64; 4],
) -> Result<i64, StoreError> {
    let (scope, now) = (tx.scope()?, tx.now().naive_utc());
    let (account, by) = (tx.actor().account(), tx.actor().name.clone());
    diesel::insert_into(submission_batch::table)
        .values((
            submission_batch::uid.eq(uid),
            submission_batch::facility_id.eq(scope.facility()),
            submission_batch::number.eq(number),
            submission_batch::frozen_at.eq(now),
            submission_batch::account_id.eq(account),
            submission_batch::actor_name.eq(by),
            submission_batch::software.eq(concat!("cancer-registry ", env!("CARGO_PKG_VERSION"))),
            submission_batch::set_id.eq(set_id),
            submission_batch::full_records.eq(full),
            submission_batch::modified.eq(modified),
            submission_batch::deleted.eq(deleted),
            submission_batch::left_out.eq(left_out),
        ))
        .execute(tx.conn())?;
    Ok(submission_batch::table
        .filter(submission_batch::uid.eq(uid))
        .select(submission_batch::id)
        .first(tx.conn())?)
}

/// Keeps a file of a batch.
pub(super) fn insert_file(conn: &mut Conn, batch: i64, new: &NewFile<'_>) -> Result<(), StoreError> {
    diesel::insert_into(submission_file::table)
        .values((
            submission_file::batch_id.eq(batch),
            submission_file::kind.eq(new.kind),
            submission_file::name.eq(new.name),
            submission_file::sha256.eq(&new.sha256),
            submission_file::bytes.eq(new.bytes),
            submission_file::sealed.eq(&new.sealed),
        ))
        .execute(conn)?;
    Ok(())
}

/// Keeps what was sent of a case; what was sent of it before is past.
pub(super) fn insert_item(
    conn: &mut Conn,
    scope: Scope,
    batch: i64,
    new: &NewItem,
) -> Result<(), StoreError> {
    let before = submission_item::tumor_id.eq(new.tumor).and(submission_item::standing.ne("past"));
    diesel::update(submission_item::table.filter(before))
        .set(submission_item::standing.eq("past"))
        .execute(conn)?;
    diesel::insert_into(submission_item::table)
        .values((
            submission_item::batch_id.eq(batch),
            submission_item::facility_id.eq(scope.facility()),
            submission_item::tumor_id.eq(new.tumor),
            submission_item::record_type.eq(new.kind.letter()),
            submission_item::tumor_version.eq(new.tumor_version),
            submission_item::patient_version.eq(new.patient_version),
            submission_item::accession_number.eq(&new.accession),
            submission_item::sequence_number.eq(&new.sequence),
            submission_item::reason.eq(&new.reason),
            submission_item::standing.eq("sent"),
            submission_item::answer.eq(""),
            submission_item::message.eq(""),
            submission_item::answered_by.eq(""),
        ))
        .execute(conn)?;
    Ok(())
}

/// Batches of a facility, the newest first.
pub(super) fn batches(conn: &mut Conn, scope: Scope, limit: i64) -> Result<Vec<BatchRow>, StoreError> {
    Ok(submission_batch::table
        .filter(submission_batch::facility_id.eq(scope.facility()))
        .order(submission_batch::number.desc())
        .limit(limit)
        .select(BatchRow::as_select())
        .load(conn)?)
}

/// The batch with this number.
pub(super) fn by_number(conn: &mut Conn, scope: Scope, number: i64) -> Result<Option<BatchRow>, StoreError> {
    Ok(submission_batch::table
        .filter(submission_batch::facility_id.eq(scope.facility()).and(submission_batch::number.eq(number)))
        .select(BatchRow::as_select())
        .first(conn)
        .optional()?)
}

/// The batch with this public id.
pub(super) fn by_uid(conn: &mut Conn, scope: Scope, uid: &str) -> Result<Option<BatchRow>, StoreError> {
    Ok(submission_batch::table
        .filter(submission_batch::facility_id.eq(scope.facility()).and(submission_batch::uid.eq(uid)))
        .select(BatchRow::as_select())
        .first(conn)
        .optional()?)
}

/// Files of a batch, without their bytes.
pub(super) fn files(conn: &mut Conn, batch: i64) -> Result<Vec<FileRow>, StoreError> {
    Ok(submission_file::table
        .filter(submission_file::batch_id.eq(batch))
        .order(submission_file::id)
        .select(FileRow::as_select())
        .load(conn)?)
}

/// What is kept of a file.
pub(super) fn sealed(conn: &mut Conn, file: i64) -> Result<Vec<u8>, StoreError> {
    Ok(submission_file::table.find(file).select(submission_file::sealed).first(conn)?)
}

/// All that a batch holds.
pub(super) fn items(conn: &mut Conn, scope: Scope, batch: i64) -> Result<Vec<ItemRow>, StoreError> {
    Ok(submission_item::table
        .filter(submission_item::facility_id.eq(scope.facility()).and(submission_item::batch_id.eq(batch)))
        .order(submission_item::id)
        .select(ItemRow::as_select())
        .load(conn)?)
}

/// Patients in the file of a kind; of a batch's dictionaries, nobody.
pub(super) fn patients_of(
    conn: &mut Conn,
    scope: Scope,
    batch: i64,
    kind: &str,
) -> Result<Vec<i64>, StoreError> {
    Ok(submission_item::table
        .inner_join(tumor::table)
        .filter(submission_item::facility_id.eq(scope.facility()).and(submission_item::batch_id.eq(batch)))
        .filter(submission_item::record_type.eq(kind))
        .select(tumor::patient_id)
        .distinct()
        .load(conn)?)
}

/// What a batch holds, with the public id and patient of each case: refused first, then what waits for an answer.
pub(super) fn items_shown(
    conn: &mut Conn,
    scope: Scope,
    batch: i64,
    limit: i64,
) -> Result<Vec<(ItemRow, String, i64)>, StoreError> {
    let of_batch = || {
        submission_item::table
            .inner_join(tumor::table)
            .filter(submission_item::facility_id.eq(scope.facility()))
            .filter(submission_item::batch_id.eq(batch))
            .select((ItemRow::as_select(), tumor::uid, tumor::patient_id))
    };
    let mut shown: Vec<(ItemRow, String, i64)> = of_batch()
        .filter(submission_item::answer.eq("rejected"))
        .order(submission_item::id)
        .limit(limit)
        .load(conn)?;
    let left = limit - i64::try_from(shown.len()).unwrap_or(limit);
    // No answer is a blank one, which comes first.
    shown.extend(
        of_batch()
            .filter(submission_item::answer.ne("rejected"))
            .order((submission_item::answer, submission_item::id))
            .limit(left)
            .load::<(ItemRow, String, i64)>(conn)?,
    );
    Ok(shown)
}

/// How many items of a batch have each answer.
pub(super) fn answers(conn: &mut Conn, batch: i64) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(submission_item::table
        .filter(submission_item::batch_id.eq(batch))
        .group_by(submission_item::answer)
        .select((submission_item::answer, diesel::dsl::count_star()))
        .load(conn)?)
}

/// Keeps an answer; an item that is the newest of its case and was refused is to be sent again.
pub(super) fn answer(
    tx: &mut Tx<'_>,
    item: &ItemRow,
    accepted: bool,
    message: &str,
) -> Result<(), StoreError> {
    let (now, by) = (tx.now().naive_utc(), tx.actor().name.clone());
    let word = if accepted { "accepted" } else { "rejected" };
    let standing = match (accepted, item.standing.as_str()) {
        (false, "sent") => "changed",
        (_, other) => other,
    };
    diesel::update(submission_item::table.filter(submission_item::id.eq(item.id)))
        .set((
            submission_item::answer.eq(word),
            submission_item::message.eq(message),
            submission_item::answered_at.eq(Some(now)),
            submission_item::answered_by.eq(by),
            submission_item::standing.eq(standing),
        ))
        .execute(tx.conn())?;
    Ok(())
}
