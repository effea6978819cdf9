//! Words of a text kept as the justification of a value, from the page “Why this value?”.

use actix_web::web;

use super::{documents, form::pair, saving};
use crate::{
    audit::{AuditAction, Event},
    db::Tx,
    dictionary::Dictionary,
    facility::{Desk, desk_of},
    ids::TumorId,
    provenance::{self, CITED, LONGEST, stands_in},
    save::{self, Change, PatientChange, SetTumor, TumorChange, Why},
    web::{Acting, App, PageError, PageResult, Pairs, see_other},
};

/// `POST /abstracts/{tumor}/why/{item}`.
pub(super) async fn justify(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, String)>,
    Pairs(pairs): Pairs,
) -> PageResult {
    let (id, item) = path.into_inner();
    let uid = id.to_string();
    let item = Dictionary::get(&item)
        .map(|d| d.id)
        .filter(|id| provenance::is_justified(id))
        .ok_or(PageError::NotFound)?;
    let value = |name| pair(&pairs, name).unwrap_or("").to_owned();
    let (text, words) = (value("text"), value("words"));
    let to = format!("/abstracts/{uid}/why/{item}?said=");
    let said = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                keep(tx, &desk, &uid, item, &text, words.trim())
            })
        })
        .await?;
    see_other(format!("{to}{said}"))
}

/// Keeps the words; the word that says what became of them.
fn keep(
    tx: &mut Tx<'_>,
    desk: &Desk,
    uid: &str,
    item: &'static str,
    text: &str,
    words: &str,
) -> Result<&'static str, PageError> {
    let now = saving::stored(tx, uid)?;
    let (patient, tumor) = (now.patient.id, now.tumor.id);
    let tumor_items = &now.items.tumor;
    let source = match provenance::is_text(text) {
        true => tumor_items.value(text).to_owned(),
        false => documents::text_at(tx, tumor, text)?,
    };
    let refused = match () {
        () if !now.state().is_open() => Some("closed"),
        () if !tumor_items.has(item) => Some("blank"),
        () if words.is_empty() || words.chars().count() > LONGEST => Some("nothing"),
        () if !stands_in(&source, words) => Some("not-there"),
        () => None,
    };
    if let Some(why) = refused {
        tx.record(Event::new(AuditAction::ChangeTumor).tumor(patient, tumor).refused());
        return Ok(why);
    }
    let signed = (tx.actor().display.clone(), tx.now().to_rfc3339(), desk.facility.short_name.clone());
    let mut standing = provenance::notes(&now.tumor.envelope);
    let mut notes = provenance::imported(tx, &now.tumor, &signed.2)?;
    standing.extend(notes.iter().cloned());
    let given = [(format!("{CITED}{item}"), format!("{text}|{words}"))];
    notes.extend(provenance::cite(
        Vec::new(),
        &standing,
        tumor_items,
        &given,
        &documents::places(tx, tumor)?,
        &signed,
    ));
    let set = SetTumor {
        id: tumor,
        expected: Some(now.tumor.version),
        envelope: Some(provenance::noted(&now.tumor.envelope, notes)),
        ..SetTumor::default()
    };
    let why = Why { source: "form", reason: String::new(), event: Some(AuditAction::ChangeTumor) };
    let change =
        Change { patient: PatientChange::Keep { id: patient }, tumors: vec![TumorChange::Set(set)], why };
    save::apply(tx, change).map_err(saving::page_error)?;
    Ok("kept")
}
