//! Rows of source documents.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::{NewDocument, name};
use crate::{
    access::Scope,
    db::{Conn, StoreError, Tx, schema::source_document},
    seal,
};

/// A document of a case.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = source_document)]
pub struct DocumentRow {
    /// Public id.
    pub uid: String,
    /// Word of its kind.
    pub kind: String,
    /// Date of the document as stored; may be blank.
    pub dated: String,
    /// Title; may be blank.
    pub title: String,
    /// Its text.
    pub body: String,
    /// When it was added.
    pub created_at: NaiveDateTime,
    /// By whom.
    pub created_by: String,
    /// When it was withdrawn.
    pub withdrawn_at: Option<NaiveDateTime>,
    /// By whom.
    pub withdrawn_by: String,
    /// Why.
    pub withdrawn_reason: String,
}

impl DocumentRow {
    /// What it is called.
    pub fn name(&self) -> String {
        name(&self.kind, &self.dated, &self.title)
    }

    /// It is shown and may be read.
    pub fn stands(&self) -> bool {
        self.withdrawn_at.is_none()
    }
}

/// Documents of a case, the newest first; also those withdrawn.
pub fn of_case(conn: &mut Conn, scope: Scope, tumor: i64) -> Result<Vec<DocumentRow>, StoreError> {
    Ok(source_document::table
        .filter(source_document::facility_id.eq(scope.facility()).and(source_document::tumor_id.eq(tumor)))
        .order(source_document::id.desc())
        .select(DocumentRow::as_select())
        .load(conn)?)
}

/// One document of a case.
pub fn find(conn: &mut Conn, scope: Scope, tumor: i64, uid: &str) -> Result<Option<DocumentRow>, StoreError> {
    Ok(source_document::table
        .filter(source_document::facility_id.eq(scope.facility()).and(source_document::tumor_id.eq(tumor)))
        .filter(source_document::uid.eq(uid))
        .select(DocumentRow::as_select())
        .first(conn)
        .optional()?)
}

/// Number of documents of a case, with those withdrawn.
pub fn count(conn: &mut Conn, scope: Scope, tumor: i64) -> Result<i64, StoreError> {
    Ok(source_document::table
        .filter(source_document::facility_id.eq(scope.facility()).and(source_document::tumor_id.eq(tumor)))
        .count()
        .get_result(conn)?)
}

/// Keeps a document with a case; its public id. The same text once: `Err` is the document that has it already.
pub fn insert(tx: &mut Tx<'_>, tumor: i64, new: &NewDocument) -> Result<Result<String, String>, StoreError> {
    let scope = tx.scope()?;
    let sha256 = seal::hex(Sha256::digest(new.body.as_bytes()).as_ref());
    let same: Option<String> = source_document::table
        .filter(source_document::facility_id.eq(scope.facility()).and(source_document::tumor_id.eq(tumor)))
        .filter(source_document::sha256.eq(&sha256).and(source_document::withdrawn_at.is_null()))
        .select(source_document::uid)
        .first(tx.conn())
        .optional()?;
    if let Some(uid) = same {
        return Ok(Err(uid));
    }
    let (uid, now, by) = (tx.new_id().to_string(), tx.now().naive_utc(), tx.actor().name.clone());
    diesel::insert_into(source_document::table)
        .values((
            source_document::uid.eq(&uid),
            source_document::facility_id.eq(scope.facility()),
            source_document::tumor_id.eq(tumor),
            source_document::kind.eq(new.kind.word()),
            source_document::dated.eq(new.dated.map(|d| d.to_string()).unwrap_or_default()),
            source_document::title.eq(&new.title),
            source_document::body.eq(&new.body),
            source_document::sha256.eq(sha256),
            source_document::created_at.eq(now),
            source_document::created_by.eq(by),
            source_document::withdrawn_by.eq(""),
            source_document::withdrawn_reason.eq(""),
        ))
        .execute(tx.conn())?;
    Ok(Ok(uid))
}

/// Withdraws a document; `false` when it was withdrawn before.
pub fn withdraw(tx: &mut Tx<'_>, tumor: i64, uid: &str, reason: &str) -> Result<bool, StoreError> {
    let (scope, now, by) = (tx.scope()?, tx.now().naive_utc(), tx.actor().name.clone());
    let there = source_document::facility_id
        .eq(scope.facility())
        .and(source_document::tumor_id.eq(tumor))
        .and(source_document::uid.eq(uid))
        .and(source_document::withdrawn_at.is_null());
    let rows = diesel::update(source_document::table.filter(there))
        .set((
            source_document::withdrawn_at.eq(Some(now)),
            source_document::withdrawn_by.eq(by),
            source_document::withdrawn_reason.eq(reason),
        ))
        .execute(tx.conn())?;
    Ok(rows == 1)
}
