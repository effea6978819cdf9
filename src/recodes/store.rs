//! Tables that a registry brought in itself.

use std::{
    io::{Read, Write},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use sha2::{Digest, Sha256};

use crate::{
    db::{Conn, StoreError, schema::reference_table},
    icdo::PathChart,
};

const PATHCHART: &str = "pathchart";

/// What is known of a table.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct TableNote {
    /// SHA-256 of its text.
    pub version: String,
    /// Name of the file it came with.
    pub file_name: String,
    /// When.
    pub loaded_at: NaiveDateTime,
    /// Who brought it in.
    pub loaded_by: String,
}

/// The table read last: it is large, and read at every completion.
static LAST: Mutex<Option<(String, Arc<PathChart>)>> = Mutex::new(None);

fn unreadable(why: impl ToString) -> StoreError {
    StoreError::Unreadable { what: "Cancer PathCHART table", why: why.to_string() }
}

/// Puts the Cancer PathCHART table in place of the one before.
pub fn put_pathchart(
    conn: &mut Conn,
    chart: &PathChart,
    file: &str,
    by: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let text = chart.to_text();
    let version: String = Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).map_err(unreadable)?;
    let body = packed.finish().map_err(unreadable)?;
    diesel::delete(reference_table::table.find(PATHCHART)).execute(conn)?;
    diesel::insert_into(reference_table::table)
        .values((
            reference_table::name.eq(PATHCHART),
            reference_table::version.eq(version),
            reference_table::file_name.eq(file),
            reference_table::loaded_at.eq(at.naive_utc()),
            reference_table::loaded_by.eq(by),
            reference_table::body.eq(body),
        ))
        .execute(conn)?;
    Ok(())
}

/// What is known of the Cancer PathCHART table; `None` where there is none yet.
pub fn pathchart_note(conn: &mut Conn) -> Result<Option<TableNote>, StoreError> {
    Ok(reference_table::table
        .find(PATHCHART)
        .select((
            reference_table::version,
            reference_table::file_name,
            reference_table::loaded_at,
            reference_table::loaded_by,
        ))
        .first(conn)
        .optional()?)
}

/// The Cancer PathCHART table; `None` where there is none yet.
pub fn pathchart(conn: &mut Conn) -> Result<Option<Arc<PathChart>>, StoreError> {
    let Some(note) = pathchart_note(conn)? else { return Ok(None) };
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((version, chart)) = &*last
        && *version == note.version
    {
        return Ok(Some(chart.clone()));
    }
    let body: Vec<u8> = reference_table::table.find(PATHCHART).select(reference_table::body).first(conn)?;
    let mut text = String::new();
    DeflateDecoder::new(body.as_slice()).read_to_string(&mut text).map_err(unreadable)?;
    let chart = PathChart::from_text(&text).ok_or_else(|| unreadable("a line of it is none"))?;
    let chart = Arc::new(chart);
    *last = Some((note.version, chart.clone()));
    Ok(Some(chart))
}
