//! Sealing: authenticated encryption of small things kept outside the ordinary columns
//! (typing not yet saved, searches with names, uploads, backups) and keyed fingerprints.
//!
//! AES-256-GCM with a fresh 96-bit nonce; keys are derived from the registry key by
//! HKDF-SHA-256 for one purpose each, and what a sealed text belongs to is bound to it,
//! so that it opens nowhere else.

use std::sync::Arc;

use ring::{aead, hkdf, hmac};

use crate::clock::Chance;

/// What sealed bytes could not be opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed text is damaged, belongs elsewhere, or was sealed with another key")]
pub struct NotOpened;

/// Seals and opens for one registry.
#[derive(Clone)]
pub struct Sealer {
    key: Arc<[u8; 32]>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer([redacted])")
    }
}

struct Bytes32;

impl hkdf::KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

impl Sealer {
    /// Derives everything from a 256-bit key.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key: Arc::new(key) }
    }

    /// A key of its own for a purpose.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"cancer-registry");
        let mut out = [0u8; 32];
        salt.extract(self.key.as_slice())
            .expand(&[purpose.as_bytes()], Bytes32)
            .and_then(|okm| okm.fill(&mut out))
            .expect("32 bytes are within what HKDF gives");
        out
    }

    fn cipher(&self, purpose: &str) -> aead::LessSafeKey {
        let key =
            aead::UnboundKey::new(&aead::AES_256_GCM, &self.derive(purpose)).expect("the key is 32 bytes");
        aead::LessSafeKey::new(key)
    }

    /// Seals `plain` for a purpose; `belongs_to` (an id) must be given again to open it.
    pub fn seal(&self, chance: &dyn Chance, purpose: &str, belongs_to: &str, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0u8; aead::NONCE_LEN];
        chance.fill(&mut nonce);
        let mut body = plain.to_vec();
        self.cipher(purpose)
            .seal_in_place_append_tag(
                aead::Nonce::assume_unique_for_key(nonce),
                aead::Aad::from(belongs_to.as_bytes()),
                &mut body,
            )
            .expect("bodies are far below the limit of the cipher");
        let mut sealed = nonce.to_vec();
        sealed.append(&mut body);
        sealed
    }

    /// Opens what [`Sealer::seal`] made.
    pub fn open(&self, purpose: &str, belongs_to: &str, sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let (nonce, body) = sealed.split_at_checked(aead::NONCE_LEN).ok_or(NotOpened)?;
        let nonce = aead::Nonce::try_assume_unique_for_key(nonce).map_err(|_| NotOpened)?;
        let mut body = body.to_vec();
        let plain = self
            .cipher(purpose)
            .open_in_place(nonce, aead::Aad::from(belongs_to.as_bytes()), &mut body)
            .map_err(|_| NotOpened)?;
        Ok(plain.to_vec())
    }

    /// A keyed fingerprint (HMAC-SHA-256) as 64 hexadecimal digits.
    pub fn fingerprint(&self, purpose: &str, text: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.derive(purpose));
        hex(hmac::sign(&key, text).as_ref())
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Reads hexadecimal digits.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len() / 2)
        .map(|i| text.get(2 * i..2 * i + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededChance;

    #[test]
    fn what_is_sealed_opens_only_where_it_belongs() {
        let sealer = Sealer::new([7; 32]);
        let chance = SeededChance::new(1);
        let sealed = sealer.seal(&chance, "draft", "42", b"Doe");
        assert_eq!(sealer.open("draft", "42", &sealed).unwrap(), b"Doe");
        assert!(!sealed.windows(3).any(|w| w == b"Doe"));
        assert_eq!(sealer.open("draft", "43", &sealed), Err(NotOpened));
        assert_eq!(sealer.open("search", "42", &sealed), Err(NotOpened));
        assert_eq!(Sealer::new([8; 32]).open("draft", "42", &sealed), Err(NotOpened));
        for i in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[i] ^= 1;
            assert_eq!(sealer.open("draft", "42", &damaged), Err(NotOpened));
        }
        assert_eq!(sealer.open("draft", "42", b""), Err(NotOpened));
    }

    #[test]
    fn hexadecimal_reads_back() {
        assert_eq!(unhex(&hex(&[0, 15, 255])).unwrap(), vec![0, 15, 255]);
        assert_eq!(unhex("0g"), None);
        assert_eq!(unhex("é"), None);
    }
}
