//! The state of a patient or case as a version keeps it: JSON, compressed.

use std::{cell::RefCell, io::Read};

use flate2::{Compress, Compression, FlushCompress, Status};
use serde::{Deserialize, Serialize};

use crate::{db::StoreError, dictionary::Items};

/// Everything a person or file can set on a patient or case, beside the projected columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The items.
    pub items: Items,
    /// What the source said beside them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub envelope: String,
    /// Record state of a patient, abstract state of a case.
    pub state: String,
    /// A case taken out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voided: bool,
    /// Owner's account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<i64>,
    /// A patient's mark LOST: the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<String>,
    /// A patient's short interval in months.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_interval: Option<i32>,
    /// NAACCR version of a patient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub naaccr_version: Option<i32>,
}

thread_local! {
    /// The state of a compressor is large; making a new one for each version took a fifth of an import.
    static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
}

/// What of the input is not yet compressed.
fn rest<'a>(input: &'a [u8], deflate: &Compress) -> &'a [u8] {
    usize::try_from(deflate.total_in()).ok().and_then(|done| input.get(done..)).unwrap_or_default()
}

impl Body {
    /// Compresses.
    pub fn pack(&self) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("texts and numbers are always JSON");
        DEFLATE.with_borrow_mut(|deflate| {
            deflate.reset();
            // Enough for what cannot be compressed: five bytes a block and some.
            let mut out = Vec::with_capacity(json.len() + json.len() / 1000 + 100);
            loop {
                match deflate.compress_vec(rest(&json, deflate), &mut out, FlushCompress::Finish) {
                    Ok(Status::StreamEnd) => return out,
                    _ => out.reserve(1024),
                }
            }
        })
    }

    /// Reads back.
    pub fn unpack(bytes: &[u8]) -> Result<Self, StoreError> {
        let bad = |why: String| StoreError::Unreadable { what: "version", why };
        let mut json = Vec::new();
        flate2::read::DeflateDecoder::new(bytes).read_to_end(&mut json).map_err(|e| bad(e.to_string()))?;
        serde_json::from_slice(&json).map_err(|e| bad(format!("{:?}", e.classify())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_reads_back() {
        let body = Body {
            items: [("primarySite", "C509"), ("odd", " kept ")].into_iter().collect(),
            state: "complete".into(),
            lost: Some("moved away".into()),
            ..Body::default()
        };
        assert_eq!(Body::unpack(&body.pack()).unwrap(), body);
        assert!(Body::unpack(b"nonsense").is_err());
        // What cannot be compressed grows; what follows it is whole again.
        let mut state = 1u32;
        let noise: String = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from_u32(0x4E00 + state % 20_000).unwrap()
        })
        .take(100_000)
        .collect();
        for text in [noise.as_str(), "", "short"] {
            let body = Body { envelope: text.to_owned(), ..Body::default() };
            assert_eq!(Body::unpack(&body.pack()).unwrap(), body);
        }
    }
}
