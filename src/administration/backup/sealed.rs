//! A file of sealed chunks: written and read as a stream, whole or not at all.
//!
//! 64 KiB of clear text a chunk, AES-256-GCM. The nonce is 7 random bytes of the file, the number of the
//! chunk, and a byte that is 1 for the last one: chunks cannot be changed, moved, left out or cut off
//! without the reader noticing. This is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015).

use std::io::{self, Read, Write};

use ring::aead;

use crate::{
    clock::Chance,
    seal::{Sealer, hex},
};

/// First bytes of every backup.
const MAGIC: &[u8; 8] = b"CRBKUP01";
/// Clear bytes a chunk.
const CHUNK: usize = 64 * 1024;
const RANDOM: usize = 7;
const PRINT: usize = 8;

/// Why a backup cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum NotABackup {
    /// Does not begin like one.
    #[error("this is not a backup of a registry")]
    Foreign,
    /// Another key.
    #[error(
        "this backup was sealed with another recovery key (its mark is {file}, that of the key given {given})"
    )]
    OtherKey {
        /// Mark in the file.
        file: String,
        /// Mark of the key given.
        given: String,
    },
    /// Changed, or not all of it.
    #[error("this backup is damaged or cut off; nothing was restored from it")]
    Damaged,
    /// What it says is not what this program expects.
    #[error("{0}")]
    Content(String),
    /// The file system said no.
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn cipher(key: &Sealer) -> aead::LessSafeKey {
    let key = aead::UnboundKey::new(&aead::AES_256_GCM, &key.derive("backup")).expect("the key is 32 bytes");
    aead::LessSafeKey::new(key)
}

fn nonce(random: [u8; RANDOM], number: u32, last: bool) -> aead::Nonce {
    let mut bytes = [0u8; aead::NONCE_LEN];
    let parts = random.into_iter().chain(number.to_be_bytes()).chain([u8::from(last)]);
    for (to, from) in bytes.iter_mut().zip(parts) {
        *to = from;
    }
    aead::Nonce::assume_unique_for_key(bytes)
}

/// A mark of a key that tells which key is needed and nothing of it.
fn mark(key: &Sealer) -> Vec<u8> {
    key.fingerprint("backup mark", b"").into_bytes().into_iter().take(PRINT).collect()
}

/// Seals what is written to it. [`SealWriter::finish`] must be called.
pub(super) struct SealWriter<W: Write> {
    out: W,
    cipher: aead::LessSafeKey,
    random: [u8; RANDOM],
    number: u32,
    clear: Vec<u8>,
}

impl<W: Write> SealWriter<W> {
    pub(super) fn new(mut out: W, key: &Sealer, chance: &dyn Chance) -> io::Result<Self> {
        let mut random = [0u8; RANDOM];
        chance.fill(&mut random);
        out.write_all(MAGIC)?;
        out.write_all(&mark(key))?;
        out.write_all(&random)?;
        Ok(Self { out, cipher: cipher(key), random, number: 0, clear: Vec::with_capacity(CHUNK) })
    }

    fn chunk(&mut self, mut clear: Vec<u8>, last: bool) -> io::Result<()> {
        let nonce = nonce(self.random, self.number, last);
        self.cipher
            .seal_in_place_append_tag(nonce, aead::Aad::from(MAGIC), &mut clear)
            .map_err(|_| io::Error::other("a chunk could not be sealed"))?;
        self.number =
            self.number.checked_add(1).ok_or_else(|| io::Error::other("the backup is too large"))?;
        self.out.write_all(&clear)
    }

    /// Writes the last chunk; gives the file back.
    pub(super) fn finish(mut self) -> io::Result<W> {
        let rest = std::mem::take(&mut self.clear);
        self.chunk(rest, true)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for SealWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.clear.len() == CHUNK {
            let full = std::mem::replace(&mut self.clear, Vec::with_capacity(CHUNK));
            self.chunk(full, false)?;
        }
        let take = bytes.len().min(CHUNK - self.clear.len());
        self.clear.extend(bytes.iter().take(take));
        Ok(take)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Opens what [`SealWriter`] sealed. An error of kind `InvalidData` means damaged or cut off.
pub(super) struct OpenReader<R: Read> {
    from: R,
    cipher: aead::LessSafeKey,
    random: [u8; RANDOM],
    number: u32,
    /// Sealed bytes read ahead: the chunk after the one handed out.
    ahead: Vec<u8>,
    clear: io::Cursor<Vec<u8>>,
    ended: bool,
}

impl<R: Read> OpenReader<R> {
    pub(super) fn new(mut from: R, key: &Sealer) -> Result<Self, NotABackup> {
        let mut magic = [0u8; MAGIC.len()];
        let mut print = [0u8; PRINT];
        let mut random = [0u8; RANDOM];
        if from.read_exact(&mut magic).is_err() || magic != *MAGIC {
            return Err(NotABackup::Foreign);
        }
        from.read_exact(&mut print)
            .and_then(|()| from.read_exact(&mut random))
            .map_err(|_| NotABackup::Damaged)?;
        let given = mark(key);
        if print.as_slice() != given.as_slice() {
            let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
                Ok(text) if text.bytes().all(|b| b.is_ascii_hexdigit()) => text.to_owned(),
                _ => hex(bytes),
            };
            return Err(NotABackup::OtherKey { file: text(&print), given: text(&given) });
        }
        let mut reader = Self {
            from,
            cipher: cipher(key),
            random,
            number: 0,
            ahead: Vec::new(),
            clear: io::Cursor::new(Vec::new()),
            ended: false,
        };
        reader.ahead = reader.sealed_chunk()?;
        Ok(reader)
    }

    fn sealed_chunk(&mut self) -> io::Result<Vec<u8>> {
        let mut chunk = Vec::new();
        let most = u64::try_from(CHUNK + aead::AES_256_GCM.tag_len()).unwrap_or(u64::MAX);
        self.from.by_ref().take(most).read_to_end(&mut chunk)?;
        Ok(chunk)
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        let next = self.sealed_chunk()?;
        let mut sealed = std::mem::replace(&mut self.ahead, next);
        let last = self.ahead.is_empty();
        let clear = self
            .cipher
            .open_in_place(nonce(self.random, self.number, last), aead::Aad::from(MAGIC), &mut sealed)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "damaged or cut off"))?;
        self.clear = io::Cursor::new(clear.to_vec());
        self.number = self.number.wrapping_add(1);
        self.ended = last;
        Ok(())
    }
}

impl<R: Read> Read for OpenReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.clear.read(out)?;
            if n > 0 || self.ended || out.is_empty() {
                return Ok(n);
            }
            self.next_chunk()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededChance;

    fn key(byte: u8) -> Sealer {
        Sealer::new([byte; 32])
    }

    fn sealed(clear: &[u8]) -> Vec<u8> {
        let mut writer = SealWriter::new(Vec::new(), &key(1), &SeededChance::new(3)).unwrap();
        writer.write_all(clear).unwrap();
        writer.finish().unwrap()
    }

    fn opened(sealed: &[u8], key: &Sealer) -> Result<Vec<u8>, NotABackup> {
        let mut clear = Vec::new();
        OpenReader::new(sealed, key)?.read_to_end(&mut clear)?;
        Ok(clear)
    }

    #[test]
    fn every_length_around_a_chunk_reads_back() {
        for n in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5] {
            let clear: Vec<u8> = (0..n).map(|i| u8::try_from(i % 251).unwrap()).collect();
            let sealed = sealed(&clear);
            assert_eq!(opened(&sealed, &key(1)).unwrap(), clear, "{n}");
            assert!(n < 9 || !sealed.windows(8).any(|w| w == &clear[..8]));
        }
    }

    #[test]
    fn cut_off_changed_moved_or_foreign_is_told() {
        let clear: Vec<u8> = (0..3 * CHUNK + 5).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let whole = sealed(&clear);
        let head = MAGIC.len() + PRINT + RANDOM;
        let chunk = CHUNK + 16;
        // Cut anywhere, at the seams too.
        for cut in [head, head + 1, head + chunk, head + 2 * chunk, head + 3 * chunk, whole.len() - 1] {
            assert!(opened(&whole[..cut], &key(1)).is_err(), "cut at {cut}");
        }
        for at in (8 + PRINT..whole.len()).step_by(7_919) {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            assert!(opened(&damaged, &key(1)).is_err(), "flipped at {at}");
        }
        let mut swapped = whole.clone();
        swapped[head..head + 2 * chunk].rotate_left(chunk);
        assert!(opened(&swapped, &key(1)).is_err());
        let mut longer = whole.clone();
        longer.extend_from_slice(b"more");
        assert!(opened(&longer, &key(1)).is_err());
        let said = opened(&whole, &key(2)).unwrap_err();
        assert!(matches!(said, NotABackup::OtherKey { .. }), "{said}");
        assert!(matches!(opened(b"PK\x03\x04 something else", &key(1)), Err(NotABackup::Foreign)));
        assert!(matches!(opened(b"", &key(1)), Err(NotABackup::Foreign)));
    }
}
