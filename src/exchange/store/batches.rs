//! Imported files, one row each.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::{signed, unsigned};
use crate::{
    access::{Actor, Scope},
    db::{Conn, StoreError, schema::import_batch},
    exchange::{
        ledger::{Counts, Ledger},
        naaccr_xml::Root,
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
    /// `uploading`, `arrived`, `running`, `finished`, `again` (the very same file, nothing done),
    /// `dictionary` (a user dictionary, kept) or `refused`.
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

impl BatchRow {
    pub(in crate::exchange) fn new(
        uid: String,
        scope: Scope,
        actor: &Actor,
        file_name: &str,
        now: DateTime<Utc>,
    ) -> Self {
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

    pub(in crate::exchange) fn set_ledger(&mut self, ledger: &Ledger) {
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

    /// Keeps the root of the file.
    pub(in crate::exchange) fn set_root(&mut self, root: &Root) {
        self.root = serde_json::to_string(root).expect("texts and numbers are always JSON");
    }

    /// The root of the file, where it was readable.
    pub fn root_element(&self) -> Option<Root> {
        serde_json::from_str(&self.root).ok()
    }
}

pub(in crate::exchange) fn insert_batch(conn: &mut Conn, row: &BatchRow) -> Result<i64, StoreError> {
    Ok(diesel::insert_into(import_batch::table).values(row).returning(import_batch::id).get_result(conn)?)
}

/// Saves a batch whose checkpoint is still `before`; `false` when another run went on meanwhile.
pub(in crate::exchange) fn update_batch(
    conn: &mut Conn,
    row: &BatchRow,
    before: i64,
) -> Result<bool, StoreError> {
    let done = diesel::update(
        import_batch::table.filter(import_batch::id.eq(row.id).and(import_batch::checkpoint.eq(before))),
    )
    .set(row)
    .execute(conn)?;
    Ok(done == 1)
}

pub(in crate::exchange) fn batch_by_uid(
    conn: &mut Conn,
    scope: Scope,
    uid: &str,
) -> Result<Option<BatchRow>, StoreError> {
    Ok(import_batch::table
        .filter(import_batch::uid.eq(uid).and(import_batch::facility_id.eq(scope.facility())))
        .first(conn)
        .optional()?)
}

/// The batch in which the very same file was begun or finished, newest first.
pub(in crate::exchange) fn same_file(
    conn: &mut Conn,
    scope: Scope,
    hash: &str,
) -> Result<Option<BatchRow>, StoreError> {
    Ok(import_batch::table
        .filter(import_batch::facility_id.eq(scope.facility()).and(import_batch::file_hash.eq(hash)))
        .filter(import_batch::state.eq_any(["finished", "running"]))
        .order(import_batch::id.desc())
        .first(conn)
        .optional()?)
}

/// The newest batches of a facility.
pub(in crate::exchange) fn batches(
    conn: &mut Conn,
    scope: Scope,
    most: i64,
) -> Result<Vec<BatchRow>, StoreError> {
    Ok(import_batch::table
        .filter(import_batch::facility_id.eq(scope.facility()))
        .order(import_batch::id.desc())
        .limit(most)
        .load(conn)?)
}

/// Batches by row key.
pub(in crate::exchange) fn batches_by_key(
    conn: &mut Conn,
    scope: Scope,
    keys: &[i64],
) -> Result<Vec<BatchRow>, StoreError> {
    Ok(import_batch::table
        .filter(import_batch::facility_id.eq(scope.facility()).and(import_batch::id.eq_any(keys.to_vec())))
        .load(conn)?)
}
