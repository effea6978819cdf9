//! Files while they are written, and what they are called.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};

use super::ExportError;

/// Files under the names they have while they are written. Dropped before [`Parts::publish`],
/// nothing of them stays.
#[derive(Default)]
pub(super) struct Parts(Vec<PathBuf>);

impl Parts {
    /// Begins a file, plain or packed by its name.
    pub(super) fn create(&mut self, path: &Path) -> Result<Out, ExportError> {
        self.0.push(path.to_owned());
        create(path)
    }

    /// Writes a small file at once.
    pub(super) fn put(&mut self, path: &Path, bytes: &[u8]) -> Result<(), ExportError> {
        self.0.push(path.to_owned());
        fs::write(part_of(path), bytes).map_err(|e| failed(path, e))
    }

    /// Gives all files their names.
    pub(super) fn publish(mut self) -> Result<(), ExportError> {
        while let Some(path) = self.0.last() {
            fs::rename(part_of(path), path).map_err(|e| failed(path, e))?;
            self.0.pop();
        }
        Ok(())
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        for path in &self.0 {
            // A file that could not be begun is not there to be removed.
            if let Err(error) = fs::remove_file(part_of(path))
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(path = %part_of(path).display(), %error, "an unfinished file stays");
            }
        }
    }
}

/// Name of a file while it is written.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

pub(super) fn failed(path: &Path, error: io::Error) -> ExportError {
    ExportError::Io { path: path.display().to_string(), error }
}

/// Plain or packed, by the name.
pub(super) enum Out {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(to) => to.write(bytes),
            Self::Gzip(to) => to.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(to) => to.flush(),
            Self::Gzip(to) => to.flush(),
        }
    }
}

impl Out {
    pub(super) fn end(self) -> io::Result<()> {
        let file = match self {
            Self::Plain(to) => to,
            Self::Gzip(to) => to.finish()?,
        };
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}

fn create(path: &Path) -> Result<Out, ExportError> {
    let file = File::create(part_of(path)).map_err(|e| failed(path, e))?;
    let to = BufWriter::with_capacity(1 << 18, file);
    Ok(if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz")) {
        Out::Gzip(Box::new(GzEncoder::new(to, Compression::default())))
    } else {
        Out::Plain(to)
    })
}

/// `out.xml.gz` and `v230` give `out.v230.xml.gz`.
pub(super) fn with_suffix(name: &str, suffix: &str) -> String {
    let split = name.len().checked_sub(3).and_then(|at| name.split_at_checked(at));
    let (stem, gz) = split.filter(|(_, end)| end.eq_ignore_ascii_case(".gz")).unwrap_or((name, ""));
    match stem.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}.{suffix}.{extension}{gz}"),
        None => format!("{stem}.{suffix}{gz}"),
    }
}

/// Name of what stands beside a file: `out.xml.gz` gives `out-dictionary.xml`.
pub(super) fn beside(name: &str, what: &str) -> String {
    let stem = name.strip_suffix(".gz").unwrap_or(name);
    let stem = stem.strip_suffix(".xml").unwrap_or(stem);
    format!("{stem}-{what}.xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_several_files_keep_their_endings() {
        assert_eq!(with_suffix("out.xml", "v230"), "out.v230.xml");
        assert_eq!(with_suffix("out.xml.gz", "v230"), "out.v230.xml.gz");
        assert_eq!(with_suffix("out", "v230"), "out.v230");
        assert_eq!(beside("out.v230.xml.gz", "dictionary"), "out.v230-dictionary.xml");
    }

    #[test]
    fn files_have_their_names_only_when_published_and_else_leave_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let names = || {
            let mut names: Vec<_> = fs::read_dir(dir.path())
                .unwrap()
                .map(|e| e.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        let write = |parts: &mut Parts| {
            parts.put(&dir.path().join("a.xml"), b"a").unwrap();
            parts.create(&dir.path().join("b.xml.gz")).unwrap().end().unwrap();
            assert_eq!(names(), ["a.xml.part", "b.xml.gz.part"]);
        };
        let mut dropped = Parts::default();
        write(&mut dropped);
        drop(dropped);
        assert!(names().is_empty());
        let mut published = Parts::default();
        write(&mut published);
        published.publish().unwrap();
        assert_eq!(names(), ["a.xml", "b.xml.gz"]);
    }
}
