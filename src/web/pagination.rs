//! Where a list goes on. Paging keeps its place by key, never by offset, so that rows neither
//! repeat nor vanish while others work.

use serde::{Serialize, de::DeserializeOwned};

use super::PageError;
use crate::{db::Tx, seal};

/// Where a list goes on, as a word of an address. It tells nothing and opens only for the same person and list.
pub fn sealed_place(tx: &Tx<'_>, list: &str, place: &impl Serialize) -> String {
    let json = serde_json::to_vec(place).expect("a place is plain data");
    seal::hex(&tx.seal(list, &tx.actor().name, &json))
}

/// Opens what [`sealed_place`] made; the empty text is the beginning of the list.
///
/// # Errors
/// A sentence when the text is of another person or list, or was made up.
pub fn opened_place<T: DeserializeOwned>(
    tx: &Tx<'_>,
    list: &str,
    text: &str,
) -> Result<Option<T>, PageError> {
    if text.is_empty() {
        return Ok(None);
    }
    let bad =
        || PageError::BadRequest("This page of the list cannot be opened. Start from the first.".to_owned());
    let bytes = seal::unhex(text).ok_or_else(bad)?;
    let plain = tx.sealer().open(list, &tx.actor().name, &bytes).map_err(|_| bad())?;
    serde_json::from_slice(&plain).map(Some).map_err(|_| bad())
}

/// Links under a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pagination {
    /// How many rows there are in all, as a sentence: `1,284 cases`.
    pub total: String,
    /// Address of the first page, when this is not the first.
    pub first: Option<String>,
    /// Address of the next page, when there is one.
    pub next: Option<String>,
}
