//! Unpacks while counting, and looks at a file before anything is done with it.

use std::io::{self, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::{
    limits::Limits,
    problem::{Fault, Problem},
    source::{stop, stopped},
};

/// A file, unpacked where it is packed.
pub struct Input<R: Read>(Inner<R>);

type Head<R> = io::Chain<Cursor<Vec<u8>>, R>;

enum Inner<R: Read> {
    Plain { from: Head<R>, read: u64, limits: Limits },
    Gzip { from: Box<MultiGzDecoder<BufReader<Counted<Head<R>>>>>, unpacked: u64, limits: Limits },
}

/// Counts what was read.
struct Counted<R> {
    from: R,
    read: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(out)?;
        self.read += u64::try_from(n).unwrap_or(0);
        Ok(n)
    }
}

impl<R: Read> Input<R> {
    /// Looks at the first bytes and unpacks if they are those of gzip.
    pub fn new(mut from: R, limits: Limits) -> io::Result<Self> {
        let mut head = Vec::new();
        from.by_ref().take(4).read_to_end(&mut head)?;
        let packed = head.starts_with(&[0x1f, 0x8b]);
        let from = Cursor::new(head).chain(from);
        Ok(Self(if packed {
            let from = BufReader::with_capacity(64 * 1024, Counted { from, read: 0 });
            Inner::Gzip { from: Box::new(MultiGzDecoder::new(from)), unpacked: 0, limits }
        } else {
            Inner::Plain { from, read: 0, limits }
        }))
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Inner::Plain { from, read, limits } => {
                let n = from.read(out)?;
                *read += u64::try_from(n).unwrap_or(0);
                if *read > limits.unpacked_bytes {
                    return Err(stop(unpacked_limit(limits)));
                }
                Ok(n)
            }
            Inner::Gzip { from, unpacked, limits } => {
                let n = from.read(out).map_err(|e| match e.kind() {
                    // What the unpacker itself says of damaged data; disks have other words.
                    io::ErrorKind::InvalidData
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::UnexpectedEof
                        if stopped(&e).is_none() =>
                    {
                        stop(Problem::Gzip(e.to_string()))
                    }
                    _ => e,
                })?;
                *unpacked += u64::try_from(n).unwrap_or(0);
                if *unpacked > limits.unpacked_bytes {
                    return Err(stop(unpacked_limit(limits)));
                }
                let packed = from.get_ref().get_ref().read.max(1);
                if *unpacked > limits.ratio_floor_bytes && *unpacked / packed >= limits.ratio {
                    return Err(stop(Problem::Ratio { allowed: limits.ratio }));
                }
                Ok(n)
            }
        }
    }
}

fn unpacked_limit(limits: &Limits) -> Problem {
    Problem::Limit { what: "the unpacked file", allowed: format!("{} bytes", limits.unpacked_bytes) }
}

/// What a first look at a file tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// SHA-256 of the file as it arrived, in hexadecimal digits.
    pub fingerprint: String,
    /// Bytes as it arrived.
    pub bytes: u64,
}

/// Why a file is not even looked into.
#[derive(Debug, thiserror::Error)]
pub enum ExamineError {
    /// The file is refused whole.
    #[error(transparent)]
    Refused(#[from] Fault),
    /// The disk or network failed.
    #[error("the file could not be read: {0}")]
    Io(#[from] io::Error),
}

/// Takes the fingerprint of a file and refuses what would fill the disk or is no XML at all,
/// before anything is read into the registry. A gzip file is unpacked once for this.
pub fn examine(from: impl Read, limits: Limits) -> Result<Examined, ExamineError> {
    let mut hashed = Hashed { from, hash: Sha256::new(), bytes: 0, most: limits.file_bytes };
    let refused = |problem: Problem| ExamineError::Refused(Fault::at(1, problem));
    let outcome = look_through(&mut hashed, limits);
    // The rest of a damaged file belongs to the fingerprint too.
    let drained = io::copy(&mut hashed, &mut io::sink());
    if let Some(error) = outcome.err().or(drained.err()) {
        return Err(match stopped(&error) {
            Some(problem) => refused(problem.clone()),
            None => ExamineError::Io(error),
        });
    }
    let digest = hashed.hash.finalize();
    let fingerprint = digest.iter().map(|b| format!("{b:02x}")).collect();
    Ok(Examined { fingerprint, bytes: hashed.bytes })
}

fn look_through(hashed: &mut impl Read, limits: Limits) -> io::Result<()> {
    let mut input = Input::new(hashed, limits)?;
    let packed = matches!(input.0, Inner::Gzip { .. });
    let mut start = Vec::new();
    let result = input.by_ref().take(4).read_to_end(&mut start);
    first_bytes(&start, packed).map_err(stop)?;
    match result.and_then(|_| if packed { io::copy(&mut input, &mut io::sink()) } else { Ok(0) }) {
        Ok(_) => Ok(()),
        // Damaged packing is met again while reading: what unpacks before it can be kept.
        Err(e) if matches!(stopped(&e), Some(Problem::Gzip(_))) && !start.is_empty() => Ok(()),
        Err(e) => Err(e),
    }
}

/// What the first bytes rule out.
fn first_bytes(start: &[u8], packed: bool) -> Result<(), Problem> {
    let encoding = |found: &str| Err(Problem::Encoding { found: found.to_owned() });
    match start {
        [] => Err(Problem::Empty),
        [b'P', b'K', 3 | 5, ..] => Err(Problem::Zip),
        [0x1f, 0x8b, ..] if packed => Err(Problem::PackedTwice),
        [0xff, 0xfe, 0, 0] | [0, 0, 0xfe, 0xff] | [0, 0, 0, b'<'] | [b'<', 0, 0, 0] => encoding("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, b'<', ..] | [b'<', 0, ..] => encoding("UTF-16"),
        _ => Ok(()),
    }
}

struct Hashed<R> {
    from: R,
    hash: Sha256,
    bytes: u64,
    most: u64,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(out)?;
        self.hash.update(out.get(..n).unwrap_or_default());
        self.bytes += u64::try_from(n).unwrap_or(0);
        if self.bytes > self.most {
            let allowed = format!("{} bytes", self.most);
            return Err(stop(Problem::Limit { what: "the file", allowed }));
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    fn refusal(bytes: &[u8]) -> Problem {
        match examine(bytes, Limits::default()) {
            Err(ExamineError::Refused(fault)) => fault.problem,
            other => panic!("not refused: {other:?}"),
        }
    }

    #[test]
    fn files_that_are_something_else_are_refused() {
        assert_eq!(refusal(b""), Problem::Empty);
        assert_eq!(refusal(&gz(b"")), Problem::Empty);
        assert_eq!(refusal(b"PK\x03\x04rest"), Problem::Zip);
        assert_eq!(refusal(&gz(&gz(b"<NaaccrData/>"))), Problem::PackedTwice);
        assert_eq!(refusal(b"\xff\xfe<\0"), Problem::Encoding { found: "UTF-16".into() });
        assert_eq!(refusal(b"\0<\0?"), Problem::Encoding { found: "UTF-16".into() });
    }

    #[test]
    fn a_bomb_is_refused_before_anything_is_read() {
        let bomb = gz(&vec![b' '; 20 << 20]);
        assert_eq!(refusal(&bomb), Problem::Ratio { allowed: 100 });
        assert!(examine(gz(&vec![b' '; 900_000]).as_slice(), Limits::default()).is_ok(), "below the floor");
    }

    #[test]
    fn sizes_are_limited() {
        let limits = Limits { file_bytes: 10, ..Limits::default() };
        let limit = |what| Problem::Limit { what, allowed: "10 bytes".into() };
        match examine(&b"<NaaccrData/>"[..], limits) {
            Err(ExamineError::Refused(fault)) => assert_eq!(fault.problem, limit("the file")),
            other => panic!("{other:?}"),
        }
        let limits = Limits { unpacked_bytes: 10, ..Limits::default() };
        match examine(gz(b"<NaaccrData/>").as_slice(), limits) {
            Err(ExamineError::Refused(fault)) => assert_eq!(fault.problem, limit("the unpacked file")),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn packed_and_plain_read_alike_and_the_fingerprint_is_of_the_file() {
        let text = b"<NaaccrData/>\n".repeat(50);
        for bytes in [text.clone(), gz(&text), [gz(&text[..100]), gz(&text[100..])].concat()] {
            let mut read = Vec::new();
            Input::new(bytes.as_slice(), Limits::default()).unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(read, text);
            let examined = examine(bytes.as_slice(), Limits::default()).unwrap();
            assert_eq!(examined.bytes, bytes.len() as u64);
            let digest: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(examined.fingerprint, digest);
        }
    }

    #[test]
    fn a_cut_gzip_file_says_so_where_it_is_cut() {
        let text: Vec<u8> = (0..60_000u32).flat_map(|i| i.to_string().into_bytes()).collect();
        let whole = gz(&text);
        let cut = &whole[..whole.len() / 2];
        assert!(examine(cut, Limits::default()).is_ok(), "what unpacks is read");
        let mut read = Vec::new();
        let error = Input::new(cut, Limits::default()).unwrap().read_to_end(&mut read).unwrap_err();
        assert!(matches!(stopped(&error), Some(Problem::Gzip(_))), "{error}");
        assert!(!read.is_empty());
    }
}
