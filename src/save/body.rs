//! The state of a patient or case as a version keeps it: JSON, compressed.

use std::io::{Read, Write};

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

impl Body {
    /// Compresses.
    pub fn pack(&self) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("texts and numbers are always JSON");
        let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(&json).and_then(|()| out.finish()).expect("writing to memory")
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
    }
}
