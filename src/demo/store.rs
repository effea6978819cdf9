//! What the filling asks of the database beside saving.

use diesel::RunQueryDsl;

use crate::db::{Conn, StoreError};

/// Lets the database count its values anew, so that it plans queries for the size it has now.
pub(super) fn count_values(conn: &mut Conn) -> Result<(), StoreError> {
    diesel::sql_query("ANALYZE").execute(conn)?;
    Ok(())
}
