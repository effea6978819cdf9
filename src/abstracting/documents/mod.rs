//! Source documents at work: beside the fields, read for codes, taken into the case.

mod codes;
mod pages;

pub(super) use pages::{add, list, show, take, withdraw};

use super::editor::Source;
use crate::{
    db::{StoreError, Tx},
    source_document::{self, PLACE},
};

/// Where words of each document of a case are said to stand; see `provenance::Cited`.
pub(super) fn places(tx: &mut Tx<'_>, tumor: i64) -> Result<Vec<String>, StoreError> {
    let scope = tx.scope()?;
    let rows = source_document::of_case(tx.conn(), scope, tumor)?;
    Ok(rows.into_iter().filter(|d| d.stands()).map(|d| format!("{PLACE}{}", d.uid)).collect())
}

/// The text of the document at such a place; blank where there is none.
pub(super) fn text_at(tx: &mut Tx<'_>, tumor: i64, place: &str) -> Result<String, StoreError> {
    let Some(uid) = place.strip_prefix(PLACE) else { return Ok(String::new()) };
    let scope = tx.scope()?;
    let row =
        source_document::find(tx.conn(), scope, tumor, uid)?.filter(source_document::DocumentRow::stands);
    Ok(row.map(|d| d.body).unwrap_or_default())
}

fn paragraphs(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect()
}

/// Name and paragraphs of every document of a case, the newest first.
pub(super) fn texts(tx: &mut Tx<'_>, tumor: i64) -> Result<Vec<(String, Vec<String>)>, StoreError> {
    let scope = tx.scope()?;
    let rows = source_document::of_case(tx.conn(), scope, tumor)?;
    Ok(rows.into_iter().filter(|d| d.stands()).map(|d| (d.name(), paragraphs(&d.body))).collect())
}

/// Most characters of documents that stand beside the fields at once; the rest is a link away.
const BESIDE: usize = 120_000;

/// The documents of a case as they stand beside its fields, the newest first; without paragraphs where only the name does.
pub(super) fn sources(tx: &mut Tx<'_>, tumor: i64, case: &str) -> Result<Vec<Source>, StoreError> {
    let scope = tx.scope()?;
    let rows = source_document::of_case(tx.conn(), scope, tumor)?;
    let mut room = BESIDE;
    let mut beside = |text: &str| {
        let fits = text.len() <= room;
        room -= if fits { text.len() } else { 0 };
        fits
    };
    Ok(rows
        .into_iter()
        .filter(|d| d.stands())
        .map(|d| Source {
            id: format!("{PLACE}{}", d.uid),
            label: d.name(),
            href: Some(format!("/abstracts/{case}/documents/{}", d.uid)),
            paragraphs: if beside(&d.body) { paragraphs(&d.body) } else { Vec::new() },
        })
        .collect())
}
