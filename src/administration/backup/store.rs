//! Every table as lines of text, the same from either database, and back.
//!
//! A row is a JSON array of texts in the order of the columns: numbers and switches as digits, days and
//! instants in the ISO form, bytes as hexadecimal digits.

use diesel::{
    QueryableByName, RunQueryDsl,
    sql_types::{BigInt, Text},
};

use crate::db::{Conn, StoreError};

/// All tables, parents before children. A test compares the list with the schema.
pub const TABLES: &[&str] = &[
    "registry_setting",
    "facility",
    "accession_counter",
    "facility_change",
    "account",
    "membership",
    "role_grant",
    "session",
    "sign_in_link",
    "sign_in_source",
    "saved_search",
    "audit_event",
    "audit_subject",
    "patient",
    "patient_name",
    "tumor",
    "patient_version",
    "tumor_version",
    "edit_set",
    "edit_run",
    "tumor_check",
    "local_edit_version",
    "local_edit_event",
    "contact",
    "note",
    "edit_decision",
    "deletion_request",
    "physician_query",
    "source_document",
    "quality_review",
    "quality_dispute",
    "draft",
    "outbox",
    "job",
    "import_batch",
    "import_upload",
    "import_reject",
    "import_reject_part",
    "import_flag",
    "import_edit",
    "import_edit_line",
    "import_review",
    "user_dictionary",
    "reference_table",
    "suspense_batch",
    "suspense_item",
    "suspense_event",
    "submission_batch",
    "submission_file",
    "submission_item",
    "patient_merge",
    "former_accession",
    "two_people",
];

/// A column and how it is written.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub(super) struct Column {
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Tables of the database besides the migrations' own.
pub(super) fn tables(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let sql = match conn {
        Conn::Sqlite(_) => {
            "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
             AND name <> '__diesel_schema_migrations' ORDER BY name"
        }
        Conn::Pg(_) => {
            "SELECT table_name::text AS line FROM information_schema.tables WHERE table_schema = 'public' \
             AND table_type = 'BASE TABLE' AND table_name <> '__diesel_schema_migrations' ORDER BY table_name"
        }
    };
    let lines: Vec<Line> = diesel::sql_query(sql).load(conn)?;
    Ok(lines.into_iter().map(|l| l.line).collect())
}

/// Columns of a table, in order.
pub(super) fn columns(conn: &mut Conn, table: &str) -> Result<Vec<Column>, StoreError> {
    let sql = match conn {
        Conn::Sqlite(_) => "SELECT name, lower(type) AS kind FROM pragma_table_info($1) ORDER BY cid",
        Conn::Pg(_) => {
            "SELECT column_name::text AS name, data_type::text AS kind FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position"
        }
    };
    Ok(diesel::sql_query(sql).bind::<Text, _>(table).load(conn)?)
}

/// Number of rows of a table.
pub(super) fn count(conn: &mut Conn, table: &str) -> Result<i64, StoreError> {
    let rows: Vec<Count> = diesel::sql_query(format!("SELECT COUNT(*) AS n FROM \"{table}\"")).load(conn)?;
    Ok(rows.first().map_or(0, |row| row.n))
}

/// Public ids of the facilities.
pub(super) fn facilities(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let lines: Vec<Line> = diesel::sql_query("SELECT uid AS line FROM facility ORDER BY uid").load(conn)?;
    Ok(lines.into_iter().map(|l| l.line).collect())
}

/// What SQL writes for a column.
fn written(conn: &Conn, column: &Column) -> String {
    let c = format!("\"{}\"", column.name);
    let embedded = matches!(conn, Conn::Sqlite(_));
    match column.kind.as_str() {
        "blob" => format!("CASE WHEN {c} IS NULL THEN NULL ELSE lower(hex({c})) END"),
        "bytea" => format!("encode({c}, 'hex')"),
        "boolean" => format!("CASE WHEN {c} THEN '1' WHEN NOT {c} THEN '0' END"),
        // As the embedded database holds instants: no fraction, three digits or six.
        "timestamp without time zone" => format!(
            "CASE WHEN extract(microseconds FROM {c})::bigint % 1000000 = 0 THEN to_char({c}, 'YYYY-MM-DD HH24:MI:SS') \
             WHEN extract(microseconds FROM {c})::bigint % 1000 = 0 THEN to_char({c}, 'YYYY-MM-DD HH24:MI:SS.MS') \
             ELSE to_char({c}, 'YYYY-MM-DD HH24:MI:SS.US') END"
        ),
        "text" if embedded => c,
        _ if embedded => format!("CAST({c} AS TEXT)"),
        _ => format!("{c}::text"),
    }
}

/// Hands every row of a table on as a line. Reads as a stream: memory stays flat.
pub(super) fn dump<E: From<StoreError>>(
    conn: &mut Conn,
    table: &str,
    columns: &[Column],
    mut take: impl FnMut(&str) -> Result<(), E>,
) -> Result<(), E> {
    let list: Vec<String> = columns.iter().map(|column| written(conn, column)).collect();
    let list = list.join(", ");
    let failed = |e: diesel::result::Error| E::from(StoreError::from(e));
    match conn {
        Conn::Sqlite(c) => {
            let sql = format!("SELECT json_array({list}) AS line FROM \"{table}\" ORDER BY rowid");
            let rows = diesel::RunQueryDsl::load_iter::<Line, diesel::connection::DefaultLoadingMode>(
                diesel::sql_query(sql),
                c,
            )
            .map_err(failed)?;
            for row in rows {
                take(&row.map_err(failed)?.line)?;
            }
        }
        Conn::Pg(c) => {
            let order: Vec<String> = columns.iter().take(2).map(|c| format!("\"{}\"", c.name)).collect();
            let sql = format!(
                "DECLARE lines NO SCROLL CURSOR FOR \
                 SELECT json_build_array({list})::text AS line FROM \"{table}\" ORDER BY {}",
                order.join(", ")
            );
            diesel::sql_query(sql).execute(c).map_err(failed)?;
            loop {
                let rows: Vec<Line> = diesel::sql_query("FETCH 500 FROM lines").load(c).map_err(failed)?;
                for row in &rows {
                    take(&row.line)?;
                }
                if rows.is_empty() {
                    break;
                }
            }
            diesel::sql_query("CLOSE lines").execute(c).map_err(failed)?;
        }
    }
    Ok(())
}

/// Inserts rows of a table: a JSON array of rows, each an array of texts for `names`.
pub(super) fn insert(
    conn: &mut Conn,
    table: &str,
    columns: &[Column],
    names: &[String],
    rows: &str,
) -> Result<usize, StoreError> {
    let mut values = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let kind = columns.iter().find(|c| c.name == *name).map(|c| c.kind.as_str()).ok_or_else(|| {
            StoreError::Refused(format!(
                "the backup has a column {table}.{name} that this program does not know"
            ))
        })?;
        values.push(match (&*conn, kind) {
            (Conn::Sqlite(_), "blob") => format!("unhex(json_extract(value, '$[{i}]'))"),
            (Conn::Sqlite(_), "integer") => format!("CAST(json_extract(value, '$[{i}]') AS INTEGER)"),
            (Conn::Sqlite(_), _) => format!("json_extract(value, '$[{i}]')"),
            (Conn::Pg(_), "bytea") => format!("decode(value->>{i}, 'hex')"),
            (Conn::Pg(_), kind) => format!("(value->>{i})::{kind}"),
        });
    }
    let names: Vec<String> = names.iter().map(|n| format!("\"{n}\"")).collect();
    let from = match conn {
        Conn::Sqlite(_) => "json_each($1)",
        Conn::Pg(_) => "json_array_elements($1::json)",
    };
    let sql =
        format!("INSERT INTO \"{table}\" ({}) SELECT {} FROM {from}", names.join(", "), values.join(", "));
    Ok(diesel::sql_query(sql).bind::<Text, _>(rows).execute(conn)?)
}

/// After a restore: numbers go on where they were, nobody is signed in by an old session, no old link
/// works, and what was sealed with another registry's key is taken out. Gives the number of drafts lost.
pub(super) fn settle(conn: &mut Conn, same_key: bool) -> Result<i64, StoreError> {
    let lost = if same_key { 0 } else { count(conn, "draft")? };
    if !same_key {
        diesel::sql_query("DELETE FROM draft").execute(conn)?;
        diesel::sql_query("DELETE FROM saved_search").execute(conn)?;
        // A file that was arriving is brought in again from where it came.
        diesel::sql_query("DELETE FROM import_upload").execute(conn)?;
        diesel::sql_query(
            "UPDATE import_batch SET state = 'refused', message = 'it had arrived before a restore with another key; \
             bring it in again' WHERE state IN ('uploading', 'arrived')",
        )
        .execute(conn)?;
    }
    diesel::sql_query(
        "UPDATE session SET ended_at = seen_at, end_reason = 'restored' WHERE ended_at IS NULL",
    )
    .execute(conn)?;
    diesel::sql_query("UPDATE sign_in_link SET used_at = expires_at WHERE used_at IS NULL").execute(conn)?;
    if matches!(conn, Conn::Pg(_)) {
        for table in TABLES {
            // Some tables have a text for their id; it counts nothing.
            if columns(conn, table)?.iter().any(|c| c.name == "id" && c.kind == "bigint") {
                diesel::sql_query(format!(
                    "SELECT setval(pg_get_serial_sequence('{table}', 'id'), COALESCE(MAX(id), 1), MAX(id) IS NOT NULL) \
                     FROM \"{table}\""
                ))
                .execute(conn)?;
            }
        }
    }
    Ok(lost)
}

/// What the database says about itself: empty when all is well.
pub(super) fn complaints(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let mut said = Vec::new();
    if matches!(conn, Conn::Sqlite(_)) {
        #[derive(QueryableByName)]
        struct Integrity {
            #[diesel(sql_type = Text)]
            integrity_check: String,
        }
        #[derive(QueryableByName)]
        struct Orphan {
            #[diesel(sql_type = Text)]
            line: String,
        }
        let rows: Vec<Integrity> = diesel::sql_query("PRAGMA integrity_check").load(conn)?;
        said.extend(rows.into_iter().map(|r| r.integrity_check).filter(|r| r != "ok"));
        let rows: Vec<Orphan> = diesel::sql_query(
            "SELECT \"table\" || ' row ' || COALESCE(rowid, 0) || ' points to a missing row of ' || parent AS line \
             FROM pragma_foreign_key_check",
        )
        .load(conn)?;
        said.extend(rows.into_iter().map(|r| r.line));
    }
    Ok(said)
}

/// Brings everything into the one file of an embedded database, so that it can be moved.
pub(super) fn into_one_file(conn: &mut Conn) -> Result<(), StoreError> {
    if matches!(conn, Conn::Sqlite(_)) {
        diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").execute(conn)?;
    }
    Ok(())
}
