//! User dictionaries: kept once, and found again by the files that name them.

use std::io::Read;

use sha2::{Digest, Sha256};

use super::{ImportError, Run};
use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    db::Db,
    exchange::{
        naaccr_xml::{Reader, UserDictionary},
        store,
    },
    seal,
};

/// Keeps a user dictionary for the actor's facility; `false` when this very text is kept already.
///
/// # Errors
/// When the store fails.
pub fn keep_dictionary(db: &Db, actor: &Actor, dictionary: &UserDictionary) -> Result<bool, ImportError> {
    let hash = seal::hex(&Sha256::digest(dictionary.text.as_bytes()));
    db.write(actor, |tx| {
        let (scope, now) = (tx.scope()?, tx.now());
        let new = store::keep_dictionary(tx.conn(), scope, &dictionary.uri, &hash, &dictionary.text, now)?;
        tx.record(Event::new(AuditAction::Import).detail(format!("user dictionary {hash}")));
        Ok(new)
    })
}

/// The dictionaries given with the file, and those kept under the other names that the file gives.
pub(super) fn of_file<R: Read>(run: Run<'_>, reader: &Reader<R>) -> Result<Vec<UserDictionary>, ImportError> {
    let mut user = run.options.user.clone();
    let named: Vec<String> = reader
        .root()
        .user_dictionaries()
        .filter(|uri| !user.iter().any(|d| d.uri == *uri))
        .map(str::to_owned)
        .collect();
    if let (false, Some(scope)) = (named.is_empty(), run.actor.scope()) {
        user.extend(run.db.read(|conn| store::dictionaries(conn, scope, &named))?);
    }
    Ok(user)
}
