//! The bytes of files that came through a browser, until their import has ended; and user dictionaries.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    access::Scope,
    db::{
        Conn, StoreError,
        schema::{import_upload, user_dictionary},
    },
    exchange::naaccr_xml::UserDictionary,
};

/// Keeps a piece of an upload; pieces count from 0.
pub(in crate::exchange) fn put_upload(
    conn: &mut Conn,
    batch: i64,
    seq: i64,
    bytes: &[u8],
) -> Result<(), StoreError> {
    diesel::insert_into(import_upload::table)
        .values((
            import_upload::batch_id.eq(batch),
            import_upload::seq.eq(seq),
            import_upload::bytes.eq(bytes),
        ))
        .execute(conn)?;
    Ok(())
}

pub(in crate::exchange) fn upload_piece(
    conn: &mut Conn,
    batch: i64,
    seq: i64,
) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(import_upload::table.find((batch, seq)).select(import_upload::bytes).first(conn).optional()?)
}

/// Did the file come through a browser, and are its bytes still here?
pub(in crate::exchange) fn has_upload(conn: &mut Conn, batch: i64) -> Result<bool, StoreError> {
    Ok(upload_piece(conn, batch, 0)?.is_some())
}

pub(in crate::exchange) fn forget_upload(conn: &mut Conn, batch: i64) -> Result<(), StoreError> {
    diesel::delete(import_upload::table.filter(import_upload::batch_id.eq(batch))).execute(conn)?;
    Ok(())
}

/// Keeps a user dictionary; one that is there already is kept once.
pub(in crate::exchange) fn keep_dictionary(
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

/// The kept user dictionaries with these addresses; of several under one, the newest.
pub(in crate::exchange) fn dictionaries(
    conn: &mut Conn,
    scope: Scope,
    uris: &[String],
) -> Result<Vec<UserDictionary>, StoreError> {
    let rows: Vec<(String, String)> = user_dictionary::table
        .filter(user_dictionary::facility_id.eq(scope.facility()))
        .filter(user_dictionary::uri.eq_any(uris.to_vec()))
        .order(user_dictionary::id.desc())
        .select((user_dictionary::uri, user_dictionary::body))
        .load(conn)?;
    let mut seen: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for (uri, body) in rows {
        if !seen.contains(&uri) {
            seen.push(uri);
            let read = UserDictionary::read(body.as_bytes());
            found.push(read.map_err(|fault| StoreError::Unreadable {
                what: "user dictionary",
                why: fault.problem.to_string(),
            })?);
        }
    }
    Ok(found)
}
