//! Which file an import brought.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::{
    access::Scope,
    db::{Conn, StoreError, schema::import_batch},
};

/// Name and day of the import with this public id, if it went to this facility.
pub(super) fn import(
    conn: &mut Conn,
    scope: Scope,
    uid: &str,
) -> Result<Option<(String, NaiveDateTime)>, StoreError> {
    Ok(import_batch::table
        .filter(import_batch::uid.eq(uid).and(import_batch::facility_id.eq(scope.facility())))
        .select((import_batch::file_name, import_batch::started_at))
        .first(conn)
        .optional()?)
}
