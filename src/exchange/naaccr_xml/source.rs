//! The bytes under the XML reader: counted, kept for rejects, checked for UTF-8 and for limits.

use std::io::{self, BufRead, Read};

use super::{limits::Limits, problem::Problem};

/// An own problem on its way through [`io::Error`].
#[derive(Debug)]
pub(super) struct Stopped(pub(super) Problem);

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Stopped {}

/// Wraps a problem for the journey.
pub(super) fn stop(problem: Problem) -> io::Error {
    io::Error::other(Stopped(problem))
}

/// The problem inside, if it is one of ours.
pub(super) fn stopped(error: &io::Error) -> Option<&Problem> {
    error.get_ref().and_then(|e| e.downcast_ref::<Stopped>()).map(|s| &s.0)
}

const BUFFER: usize = 64 * 1024;
/// Stands for a byte that is not UTF-8: means nothing to XML, and may be part of a name.
const STAND_IN: u8 = b'_';

/// A byte that is not UTF-8, as it was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patch {
    pub(super) offset: u64,
    pub(super) line: u64,
    pub(super) byte: u8,
}

/// Hands bytes to the XML reader. Bytes that are not UTF-8 are handed on as `_`, so that reading
/// can go on, and remembered.
pub(super) struct Source<R> {
    inner: R,
    buffer: Vec<u8>,
    start: usize,
    valid: usize,
    ended: bool,
    /// Bytes consumed.
    offset: u64,
    /// Line of the next byte, from 1.
    line: u64,
    kept: Vec<u8>,
    mark: u64,
    patches: Vec<Patch>,
    event_start: u64,
    limits: Limits,
}

impl<R: Read> Source<R> {
    pub(super) fn new(inner: R, limits: Limits) -> Self {
        Self {
            inner,
            buffer: Vec::with_capacity(BUFFER),
            start: 0,
            valid: 0,
            ended: false,
            offset: 0,
            line: 1,
            kept: Vec::new(),
            mark: 0,
            patches: Vec::new(),
            event_start: 0,
            limits,
        }
    }

    pub(super) fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Begins a new reading step: the size of one tag or text is counted from here.
    pub(super) fn begin_event(&mut self) {
        self.event_start = self.offset;
    }

    /// Forgets what was kept before the place `mark` and keeps everything from there.
    pub(super) fn keep_from(&mut self, mark: u64) {
        let drop = usize::try_from(mark.saturating_sub(self.mark)).unwrap_or(usize::MAX).min(self.kept.len());
        self.kept.drain(..drop);
        self.mark = mark;
        self.patches.retain(|p| p.offset >= mark);
    }

    /// Bytes kept since the mark, as they came.
    pub(super) fn take_kept(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.kept);
        self.restore(&mut bytes, self.mark);
        self.mark = self.offset;
        self.patches.retain(|p| p.offset >= self.offset);
        bytes
    }

    /// Text kept between two places, as handed on.
    pub(super) fn kept_text(&self, from: u64, to: u64) -> String {
        let at = |place: u64| usize::try_from(place.saturating_sub(self.mark)).unwrap_or(usize::MAX);
        self.kept
            .get(at(from)..at(to))
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            .unwrap_or_default()
    }

    /// Bytes kept from a place on, as they came.
    pub(super) fn kept_bytes(&self, from: u64) -> Vec<u8> {
        let at = usize::try_from(from.saturating_sub(self.mark)).unwrap_or(usize::MAX);
        let mut bytes = self.kept.get(at..).unwrap_or_default().to_vec();
        self.restore(&mut bytes, from);
        bytes
    }

    /// First byte that is not UTF-8 among those already consumed since `from`.
    pub(super) fn first_patch(&self, from: u64) -> Option<Patch> {
        self.patches.iter().find(|p| p.offset >= from && p.offset < self.offset).copied()
    }

    /// Hands everything not yet consumed to `sink`, as it came; the number of bytes.
    pub(super) fn drain(&mut self, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<u64> {
        let mut waiting = self.buffer.get(self.start..).unwrap_or_default().to_vec();
        self.restore(&mut waiting, self.offset);
        self.start = 0;
        self.valid = 0;
        self.buffer.clear();
        self.ended = true;
        let mut total = u64::try_from(waiting.len()).unwrap_or(u64::MAX);
        if !waiting.is_empty() {
            sink(&waiting)?;
        }
        waiting.resize(BUFFER, 0);
        loop {
            match self.inner.read(&mut waiting) {
                Ok(0) => return Ok(total),
                Ok(n) => {
                    total += u64::try_from(n).unwrap_or(0);
                    sink(waiting.get(..n).unwrap_or_default())?;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // What cannot be unpacked cannot be kept; the file itself still has it.
                Err(e) if stopped(&e).is_some() => return Ok(total),
                Err(e) => return Err(e),
            }
        }
    }

    fn restore(&self, bytes: &mut [u8], from: u64) {
        for patch in &self.patches {
            let at = usize::try_from(patch.offset.saturating_sub(from)).unwrap_or(usize::MAX);
            if patch.offset >= from
                && let Some(byte) = bytes.get_mut(at)
            {
                *byte = patch.byte;
            }
        }
    }

    /// Reads more and checks it; at least one checked byte unless the end is reached.
    fn refill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.valid = 0;
        while self.valid == 0 && !(self.ended && self.buffer.is_empty()) {
            if !self.ended {
                let filled = self.buffer.len();
                self.buffer.resize(filled + BUFFER, 0);
                let read = loop {
                    match self.inner.read(self.buffer.get_mut(filled..).unwrap_or_default()) {
                        Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                        other => break other,
                    }
                };
                self.buffer.truncate(filled + *read.as_ref().unwrap_or(&0));
                self.ended = read? == 0;
            }
            self.check();
        }
        Ok(())
    }

    /// Finds how far the buffer is UTF-8, putting `_` for bytes that are not.
    fn check(&mut self) {
        let mut lines = None;
        loop {
            let rest = self.buffer.get(self.valid..).unwrap_or_default();
            let error = match std::str::from_utf8(rest) {
                Ok(_) => {
                    self.valid = self.buffer.len();
                    return;
                }
                Err(error) => error,
            };
            self.valid += error.valid_up_to();
            let bad = match error.error_len() {
                None if !self.ended => return,
                None => self.buffer.len() - self.valid,
                Some(len) => len,
            };
            // Lines are counted once up to here, then from patch to patch.
            let (counted, line) = lines.unwrap_or((0, self.line));
            let line = line + newlines(self.buffer.get(counted..self.valid).unwrap_or_default());
            lines = Some((self.valid, line));
            for _ in 0..bad {
                if let Some(byte) = self.buffer.get_mut(self.valid) {
                    let offset = self.offset + u64::try_from(self.valid).unwrap_or(0);
                    self.patches.push(Patch { offset, line, byte: *byte });
                    *byte = STAND_IN;
                }
                self.valid += 1;
            }
        }
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.iter().filter(|b| **b == b'\n').count()).unwrap_or(0)
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let n = available.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..n), available.get(..n)) {
            to.copy_from_slice(from);
        }
        self.consume(n);
        Ok(n)
    }
}

impl<R: Read> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.valid {
            let event = usize::try_from(self.offset - self.event_start).unwrap_or(usize::MAX);
            if event > self.limits.text_bytes {
                let allowed = format!("{} bytes", self.limits.text_bytes);
                return Err(stop(Problem::Limit { what: "one value or tag", allowed }));
            }
            if self.kept.len() > self.limits.patient_bytes {
                let allowed = format!("{} bytes", self.limits.patient_bytes);
                return Err(stop(Problem::Limit { what: "one patient", allowed }));
            }
            self.refill()?;
        }
        Ok(self.buffer.get(self.start..self.valid).unwrap_or_default())
    }

    fn consume(&mut self, n: usize) {
        let end = (self.start + n).min(self.valid);
        let bytes = self.buffer.get(self.start..end).unwrap_or_default();
        self.line += newlines(bytes);
        self.offset += u64::try_from(bytes.len()).unwrap_or(0);
        self.kept.extend_from_slice(bytes);
        self.start = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            match self.0.split_first() {
                Some((byte, rest)) => {
                    out[0] = *byte;
                    self.0 = rest;
                    Ok(1)
                }
                None => Ok(0),
            }
        }
    }

    fn all(source: &mut Source<impl Read>) -> Vec<u8> {
        let mut out = Vec::new();
        source.read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn characters_split_between_reads_stay_whole() {
        let text = "a\näöü\n𝄞 ende";
        let mut source = Source::new(Drip(text.as_bytes()), Limits::default());
        assert_eq!(all(&mut source), text.as_bytes());
        assert_eq!(source.line(), 3);
        assert!(source.first_patch(0).is_none());
    }

    #[test]
    fn bytes_of_another_encoding_are_found_and_given_back() {
        let bytes = b"one\ntwo M\xfcller\n\xff\xfe end \xc3";
        for drip in [false, true] {
            let inner: Box<dyn Read> = if drip { Box::new(Drip(bytes)) } else { Box::new(bytes.as_slice()) };
            let mut source = Source::new(inner, Limits::default());
            assert_eq!(all(&mut source), b"one\ntwo M_ller\n__ end _");
            let patch = source.first_patch(0).unwrap();
            assert_eq!((patch.offset, patch.line, patch.byte), (9, 2, 0xfc));
            assert_eq!(source.take_kept(), bytes);
        }
    }

    #[test]
    fn the_rest_is_handed_over_as_it_came() {
        let bytes = b"abc\xfcdef";
        let mut source = Source::new(bytes.as_slice(), Limits::default());
        source.fill_buf().unwrap();
        source.consume(2);
        let mut rest = Vec::new();
        let n = source.drain(&mut |b| {
            rest.extend_from_slice(b);
            Ok(())
        });
        assert_eq!((n.unwrap(), rest.as_slice()), (5, &b"c\xfcdef"[..]));
    }
}
