//! What the filling asks of the database beside saving.

use diesel::RunQueryDsl;

use crate::db::{Conn, StoreError};

/// Lets the server count its values anew, so that it plans queries for the size it has now. The embedded
/// database plans by what the migrations say of its indexes.
pub(super) fn count_values(conn: &mut Conn) -> Result<(), StoreError> {
    if let Conn::Pg(server) = conn {
        diesel::sql_query("ANALYZE").execute(server)?;
    }
    Ok(())
}
