//! Rows of imports, and the stored patients that an import or export reads.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::{
    ledger::{Counts, FlagNote, Flags, Ledger, RejectNote},
    naaccr_xml::Root,
};
use crate::{
    access::{Actor, Scope},
    db::{
        Conn, StoreError,
        schema::{
            import_batch, import_flag, import_reject, import_reject_part, import_review, import_upload,
            membership, patient, user_dictionary,
        },
    },
};

/// One imported file.
#[derive(Clone, Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = import_batch, treat_none_as_null = true)]
pub struct BatchRow {
    /// Row key.
    #[diesel(skip_insertion, skip_update)]
    pub id: i64,
    /// Public id; the `reason` of the versions it makes.
    pub uid: String,
    /// Facility its records go to.
    pub facility_id: i64,
    /// Name of the file as it came.
    pub file_name: String,
    /// SHA-256 of the file; empty while it arrives.
    pub file_hash: String,
    /// Bytes of the file.
    pub file_bytes: i64,
    /// `uploading`, `running`, `finished`, `again` (the very same file, nothing done) or `refused`.
    pub state: String,
    /// NAACCR version; 0 when unknown.
    pub naaccr_version: i32,
    /// A, M, C, I or empty.
    pub record_type: String,
    /// JSON of [`Root`]; empty when unknown.
    pub root: String,
    /// Begun.
    pub started_at: NaiveDateTime,
    /// Ended.
    pub finished_at: Option<NaiveDateTime>,
    /// Account of the person.
    pub account_id: Option<i64>,
    /// Who.
    pub actor_name: String,
    /// Unpacked bytes read so far.
    pub read_bytes: i64,
    /// Patients and rejects saved so far.
    pub checkpoint: i64,
    /// Ledger of patients.
    pub patients_read: i64,
    /// New.
    pub patients_accepted: i64,
    /// Changed.
    pub patients_merged: i64,
    /// Unchanged.
    pub patients_duplicate: i64,
    /// Rejected.
    pub patients_rejected: i64,
    /// Ledger of tumors.
    pub tumors_read: i64,
    /// New.
    pub tumors_accepted: i64,
    /// Changed.
    pub tumors_merged: i64,
    /// Unchanged.
    pub tumors_duplicate: i64,
    /// Rejected.
    pub tumors_rejected: i64,
    /// Why it was refused, or which batch had the same file (public id).
    pub message: String,
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

pub(super) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

impl BatchRow {
    pub(super) fn new(uid: String, scope: Scope, actor: &Actor, file_name: &str, now: DateTime<Utc>) -> Self {
        Self {
            id: 0,
            uid,
            facility_id: scope.facility(),
            file_name: file_name.to_owned(),
            file_hash: String::new(),
            file_bytes: 0,
            state: "running".to_owned(),
            naaccr_version: 0,
            record_type: String::new(),
            root: String::new(),
            started_at: now.naive_utc(),
            finished_at: None,
            account_id: actor.account(),
            actor_name: actor.name.clone(),
            read_bytes: 0,
            checkpoint: 0,
            patients_read: 0,
            patients_accepted: 0,
            patients_merged: 0,
            patients_duplicate: 0,
            patients_rejected: 0,
            tumors_read: 0,
            tumors_accepted: 0,
            tumors_merged: 0,
            tumors_duplicate: 0,
            tumors_rejected: 0,
            message: String::new(),
        }
    }

    /// The ledger so far.
    pub fn ledger(&self) -> Ledger {
        Ledger {
            patients: Counts {
                read: unsigned(self.patients_read),
                accepted: unsigned(self.patients_accepted),
                merged: unsigned(self.patients_merged),
                duplicate: unsigned(self.patients_duplicate),
                rejected: unsigned(self.patients_rejected),
            },
            tumors: Counts {
                read: unsigned(self.tumors_read),
                accepted: unsigned(self.tumors_accepted),
                merged: unsigned(self.tumors_merged),
                duplicate: unsigned(self.tumors_duplicate),
                rejected: unsigned(self.tumors_rejected),
            },
        }
    }

    pub(super) fn set_ledger(&mut self, ledger: &Ledger) {
        let Ledger { patients: p, tumors: t } = ledger;
        self.patients_read = signed(p.read);
        self.patients_accepted = signed(p.accepted);
        self.patients_merged = signed(p.merged);
        self.patients_duplicate = signed(p.duplicate);
        self.patients_rejected = signed(p.rejected);
        self.tumors_read = signed(t.read);
        self.tumors_accepted = signed(t.accepted);
        self.tumors_merged = signed(t.merged);
        self.tumors_duplicate = signed(t.duplicate);
        self.tumors_rejected = signed(t.rejected);
    }

    /// The root of the file, where it was readable.
    pub fn root_element(&self) -> Option<Root> {
        serde_json::from_str(&self.root).ok()
    }
}

pub(super) fn insert_batch(conn: &mut Conn, row: &BatchRow) -> Result<i64, StoreError> {
    Ok(diesel::insert_into(import_batch::table).values(row).returning(import_batch::id).get_result(conn)?)
}

/// Saves a batch whose checkpoint is still `before`; `false` when another run went on meanwhile.
pub(super) fn update_batch(conn: &mut Conn, row: &BatchRow, before: i64) -> Result<bool, StoreError> {
    let done = diesel::update(
        import_batch::table.filter(import_batch::id.eq(row.id).and(import_batch::checkpoint.eq(before))),
    )
    .set(row)
    .execute(conn)?;
    Ok(done == 1)
}

pub(super) fn batch_by_uid(conn: &mut Conn, scope: Scope, uid: &str) -> Result<Option<BatchRow>, StoreError> {
    Ok(import_batch::table
        .filter(import_batch::uid.eq(uid).and(import_batch::facility_id.eq(scope.facility())))
        .first(conn)
        .optional()?)
}

/// The batch in which the very same file was begun or finished, newest first.
pub(super) fn same_file(conn: &mut Conn, scope: Scope, hash: &str) -> Result<Option<BatchRow>, StoreError> {
    Ok(import_batch::table
        .filter(import_batch::facility_id.eq(scope.facility()).and(import_batch::file_hash.eq(hash)))
        .filter(import_batch::state.eq_any(["finished", "running"]))
        .order(import_batch::id.desc())
        .first(conn)
        .optional()?)
}

/// The newest batches of a facility.
pub(super) fn batches(conn: &mut Conn, scope: Scope, most: i64) -> Result<Vec<BatchRow>, StoreError> {
    Ok(import_batch::table
        .filter(import_batch::facility_id.eq(scope.facility()))
        .order(import_batch::id.desc())
        .limit(most)
        .load(conn)?)
}

/// Batches by row key.
pub(super) fn batches_by_key(
    conn: &mut Conn,
    scope: Scope,
    keys: &[i64],
) -> Result<Vec<BatchRow>, StoreError> {
    Ok(import_batch::table
        .filter(import_batch::facility_id.eq(scope.facility()).and(import_batch::id.eq_any(keys.to_vec())))
        .load(conn)?)
}

pub(super) fn add_reject(
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
pub(super) fn put_reject_part(
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
pub(super) struct RejectRow {
    pub(super) id: i64,
    pub(super) line: i64,
    pub(super) item: String,
    pub(super) value: String,
    pub(super) reason: String,
}

impl RejectRow {
    pub(super) fn note(&self) -> RejectNote {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        RejectNote {
            line: unsigned(self.line),
            item: some(&self.item),
            value: some(&self.value),
            reason: self.reason.clone(),
        }
    }
}

pub(super) fn rejects(conn: &mut Conn, batch: i64, most: i64) -> Result<Vec<RejectRow>, StoreError> {
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
pub(super) fn last_reject(conn: &mut Conn, batch: i64) -> Result<Option<i64>, StoreError> {
    Ok(import_reject::table
        .filter(import_reject::batch_id.eq(batch))
        .order(import_reject::id.desc())
        .select(import_reject::id)
        .first(conn)
        .optional()?)
}

/// The bytes of a reject of a batch, in pieces: the number counts from 0.
pub(super) fn reject_bytes(
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
pub(super) struct ReviewRow {
    pub(super) patient_id: Option<i64>,
    pub(super) kind: String,
    pub(super) detail: String,
}

pub(super) fn add_review(
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

pub(super) fn reviews(conn: &mut Conn, batch: i64, most: i64) -> Result<Vec<ReviewRow>, StoreError> {
    Ok(import_review::table
        .filter(import_review::batch_id.eq(batch))
        .order(import_review::id)
        .limit(most)
        .select((import_review::patient_id, import_review::kind, import_review::detail))
        .load(conn)?)
}

/// Reviews of a batch by kind.
pub(super) fn review_counts(conn: &mut Conn, batch: i64) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(import_review::table
        .filter(import_review::batch_id.eq(batch))
        .group_by(import_review::kind)
        .order(import_review::kind)
        .select((import_review::kind, diesel::dsl::count_star()))
        .load(conn)?)
}

/// Public ids of patients of the facility, by row key.
pub(super) fn patient_uids(
    conn: &mut Conn,
    scope: Scope,
    keys: &[i64],
) -> Result<Vec<(i64, String)>, StoreError> {
    Ok(patient::table
        .filter(patient::facility_id.eq(scope.facility()).and(patient::id.eq_any(keys.to_vec())))
        .select((patient::id, patient::uid))
        .load(conn)?)
}

pub(super) fn set_flags(conn: &mut Conn, batch: i64, flags: &Flags) -> Result<(), StoreError> {
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

pub(super) fn flags(conn: &mut Conn, batch: i64) -> Result<Vec<FlagNote>, StoreError> {
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

pub(super) fn put_upload(conn: &mut Conn, batch: i64, seq: i64, bytes: &[u8]) -> Result<(), StoreError> {
    diesel::insert_into(import_upload::table)
        .values((
            import_upload::batch_id.eq(batch),
            import_upload::seq.eq(seq),
            import_upload::bytes.eq(bytes),
        ))
        .execute(conn)?;
    Ok(())
}

pub(super) fn upload_piece(conn: &mut Conn, batch: i64, seq: i64) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(import_upload::table.find((batch, seq)).select(import_upload::bytes).first(conn).optional()?)
}

/// Bytes that arrived of an upload.
pub(super) fn has_upload(conn: &mut Conn, batch: i64) -> Result<bool, StoreError> {
    Ok(upload_piece(conn, batch, 0)?.is_some())
}

pub(super) fn forget_upload(conn: &mut Conn, batch: i64) -> Result<(), StoreError> {
    diesel::delete(import_upload::table.filter(import_upload::batch_id.eq(batch))).execute(conn)?;
    Ok(())
}

/// Staff codes of a facility: (code in capitals, account).
pub(super) fn staff_codes(conn: &mut Conn, scope: Scope) -> Result<Vec<(String, i64)>, StoreError> {
    let rows: Vec<(String, i64)> = membership::table
        .filter(membership::facility_id.eq(scope.facility()))
        .select((membership::initials, membership::account_id))
        .load(conn)?;
    Ok(rows.into_iter().map(|(code, account)| (code.trim().to_uppercase(), account)).collect())
}

/// Keeps a user dictionary; one that is there already is kept once.
pub(super) fn keep_dictionary(
    conn: &mut Conn,
    scope: Scope,
    uri: &str,
    hash: &str,
    body: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let there: i64 = user_dictionary::table
        .filter(user_dictionary::facility_id.eq(scope.facility()).and(user_dictionary::uri.eq(uri)))
        .filter(user_dictionary::file_hash.eq(hash))
        .count()
        .get_result(conn)?;
    if there > 0 {
        return Ok(false);
    }
    diesel::insert_into(user_dictionary::table)
        .values((
            user_dictionary::facility_id.eq(scope.facility()),
            user_dictionary::uri.eq(uri),
            user_dictionary::file_hash.eq(hash),
            user_dictionary::body.eq(body),
            user_dictionary::first_seen.eq(now.naive_utc()),
        ))
        .execute(conn)?;
    Ok(true)
}

/// Texts of the user dictionaries with these addresses; of several texts under one, the newest.
pub(super) fn dictionaries(
    conn: &mut Conn,
    scope: Scope,
    uris: &[String],
) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String, String)> = user_dictionary::table
        .filter(user_dictionary::facility_id.eq(scope.facility()))
        .filter(user_dictionary::uri.eq_any(uris.to_vec()))
        .order(user_dictionary::id.desc())
        .select((user_dictionary::uri, user_dictionary::body))
        .load(conn)?;
    let mut seen: Vec<String> = Vec::new();
    let mut bodies = Vec::new();
    for (uri, body) in rows {
        if !seen.contains(&uri) {
            seen.push(uri);
            bodies.push(body);
        }
    }
    Ok(bodies)
}
