//! Typing not yet saved: kept encrypted beside the record, opened by its owner only, until it is
//! saved or thrown away. Never part of a list, count or record.

use serde::{Deserialize, Serialize};

use super::{
    form::Page,
    store::{self, DraftKey, DraftRow, NewDraft},
};
use crate::{
    db::{StoreError, Tx},
    tumor::TumorRow,
};

/// Purpose under which drafts are sealed.
pub(crate) const PURPOSE: &str = "draft";

/// What a page sent, and the versions it was typed on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Typing {
    /// Version of the patient that the page showed.
    pub(super) patient_version: i32,
    /// Version of the case that the page showed.
    pub(super) tumor_version: i32,
    /// Fields in order.
    pub(super) pairs: Vec<(String, String)>,
}

/// A draft, opened.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) row: DraftRow,
    pub(super) typing: Typing,
}

fn open(tx: &Tx<'_>, row: DraftRow) -> Result<Draft, StoreError> {
    let unreadable = |why: String| StoreError::Unreadable { what: "draft", why };
    let plain = tx.sealer().open(PURPOSE, &row.uid, &row.sealed).map_err(|e| unreadable(e.to_string()))?;
    let typing = serde_json::from_slice(&plain).map_err(|e| unreadable(format!("{:?}", e.classify())))?;
    Ok(Draft { row, typing })
}

/// The actor's own draft of a page; nobody else's can be asked for.
pub(super) fn of_page(tx: &mut Tx<'_>, tumor: i64, page: Page) -> Result<Option<Draft>, StoreError> {
    let Some(account) = tx.actor().account() else { return Ok(None) };
    let scope = tx.scope()?;
    let key = DraftKey { account, tumor: Some(tumor), about: page.word() };
    store::draft_of(tx.conn(), scope, key)?.map(|row| open(tx, row)).transpose()
}

/// The actor's own draft of a person for whom a case is to be made.
pub(super) fn by_uid(tx: &mut Tx<'_>, uid: &str) -> Result<Option<Draft>, StoreError> {
    let Some(account) = tx.actor().account() else { return Ok(None) };
    let scope = tx.scope()?;
    store::draft_by_uid(tx.conn(), scope, account, uid)?.map(|row| open(tx, row)).transpose()
}

/// Keeps typing on a page of a case, in place of what was kept before.
pub(super) fn keep(tx: &mut Tx<'_>, tumor: &TumorRow, page: Page, typing: &Typing) -> Result<(), StoreError> {
    let Some(account) = tx.actor().account() else { return Ok(()) };
    let scope = tx.scope()?;
    let key = DraftKey { account, tumor: Some(tumor.id), about: page.word() };
    let (plain, at) = (to_bytes(typing), tx.now());
    if let Some(row) = store::draft_of(tx.conn(), scope, key)? {
        let sealed = tx.seal(PURPOSE, &row.uid, &plain);
        return store::update_draft(tx.conn(), row.id, typing.tumor_version, &sealed, at);
    }
    let uid = tx.new_id().to_string();
    let sealed = tx.seal(PURPOSE, &uid, &plain);
    let new = NewDraft {
        uid: &uid,
        patient: Some(tumor.patient_id),
        base_version: typing.tumor_version,
        sealed,
        at,
    };
    store::insert_draft(tx.conn(), scope, key, &new)
}

/// Keeps what is known of a person for whom a case is to be made; gives its public id.
pub(super) fn keep_new(tx: &mut Tx<'_>, pairs: Vec<(String, String)>) -> Result<String, StoreError> {
    let account =
        tx.actor().account().ok_or_else(|| StoreError::Refused("only people keep drafts".to_owned()))?;
    let scope = tx.scope()?;
    let uid = tx.new_id().to_string();
    let sealed = tx.seal(PURPOSE, &uid, &to_bytes(&Typing { pairs, ..Typing::default() }));
    let new = NewDraft { uid: &uid, patient: None, base_version: 0, sealed, at: tx.now() };
    store::insert_draft(tx.conn(), scope, DraftKey { account, tumor: None, about: "new" }, &new)?;
    Ok(uid)
}

/// Throws the actor's draft of a page away, if there is one.
pub(super) fn discard(tx: &mut Tx<'_>, tumor: i64, page: Page) -> Result<bool, StoreError> {
    let Some(account) = tx.actor().account() else { return Ok(false) };
    let scope = tx.scope()?;
    let key = DraftKey { account, tumor: Some(tumor), about: page.word() };
    match store::draft_of(tx.conn(), scope, key)? {
        Some(row) => store::delete_draft(tx.conn(), row.id).map(|()| true),
        None => Ok(false),
    }
}

/// Throws a draft away.
pub(super) fn remove(tx: &mut Tx<'_>, draft: &Draft) -> Result<(), StoreError> {
    store::delete_draft(tx.conn(), draft.row.id)
}

fn to_bytes(typing: &Typing) -> Vec<u8> {
    serde_json::to_vec(typing).expect("texts and numbers are always JSON")
}
