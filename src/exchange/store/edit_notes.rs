//! What edits found in a file, kept with its batch.

use diesel::prelude::*;

use super::{signed, unsigned};
use crate::{
    db::{
        Conn, StoreError, each_backend,
        schema::{import_edit, import_edit_line},
    },
    exchange::edit_notes::{EditLine, EditNote, EditNotes},
};

#[derive(Insertable)]
#[diesel(table_name = import_edit)]
struct NoteRow<'a> {
    batch_id: i64,
    edit_id: &'a str,
    edit_version: i32,
    severity: &'a str,
    message: &'a str,
    count: i64,
}

#[derive(Insertable)]
#[diesel(table_name = import_edit_line)]
struct LineRow<'a> {
    batch_id: i64,
    seq: i64,
    line: i64,
    edit_id: &'a str,
    items: &'a str,
}

/// Keeps what was found, in place of what a run that broke off kept.
pub(in crate::exchange) fn set_edits(
    conn: &mut Conn,
    batch: i64,
    found: &EditNotes,
) -> Result<(), StoreError> {
    diesel::delete(import_edit::table.filter(import_edit::batch_id.eq(batch))).execute(conn)?;
    diesel::delete(import_edit_line::table.filter(import_edit_line::batch_id.eq(batch))).execute(conn)?;
    let notes: Vec<NoteRow<'_>> = found
        .edits
        .iter()
        .map(|note| NoteRow {
            batch_id: batch,
            edit_id: &note.edit,
            edit_version: i32::try_from(note.version).unwrap_or(i32::MAX),
            severity: &note.severity,
            message: &note.message,
            count: signed(note.count),
        })
        .collect();
    let lines: Vec<LineRow<'_>> = found
        .lines
        .iter()
        .zip(0..)
        .map(|(line, seq)| LineRow {
            batch_id: batch,
            seq,
            line: signed(line.line),
            edit_id: &line.edit,
            items: &line.items,
        })
        .collect();
    for rows in notes.chunks(500) {
        each_backend!(conn, |c| diesel::insert_into(import_edit::table).values(rows).execute(c))?;
    }
    for rows in lines.chunks(500) {
        each_backend!(conn, |c| diesel::insert_into(import_edit_line::table).values(rows).execute(c))?;
    }
    Ok(())
}

/// What edits found in a file.
pub(in crate::exchange) fn edits(conn: &mut Conn, batch: i64) -> Result<EditNotes, StoreError> {
    let notes: Vec<(String, i32, String, String, i64)> = import_edit::table
        .filter(import_edit::batch_id.eq(batch))
        .order(import_edit::edit_id)
        .select((
            import_edit::edit_id,
            import_edit::edit_version,
            import_edit::severity,
            import_edit::message,
            import_edit::count,
        ))
        .load(conn)?;
    let lines: Vec<(i64, String, String)> = import_edit_line::table
        .filter(import_edit_line::batch_id.eq(batch))
        .order(import_edit_line::seq)
        .select((import_edit_line::line, import_edit_line::edit_id, import_edit_line::items))
        .load(conn)?;
    let mut found = EditNotes::default();
    for (edit, version, severity, message, count) in notes {
        let count = unsigned(count);
        *(if severity == "error" { &mut found.errors } else { &mut found.warnings }) += count;
        let version = u32::try_from(version).unwrap_or(0);
        found.edits.push(EditNote { edit, version, severity, message, count });
    }
    found.lines =
        lines.into_iter().map(|(line, edit, items)| EditLine { line: unsigned(line), edit, items }).collect();
    Ok(found)
}
