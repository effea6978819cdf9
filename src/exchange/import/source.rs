//! Where the bytes of an import come from.

use std::{
    fs::File,
    io::{self, Read},
    path::PathBuf,
};

/// A file that can be opened more than once.
pub trait Source {
    /// Its name, as people know it.
    fn name(&self) -> String;
    /// Opens it at its beginning.
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>>;
}

/// A file of the host.
#[derive(Clone, Debug)]
pub struct HostFile(pub PathBuf);

impl Source for HostFile {
    fn name(&self) -> String {
        self.0.display().to_string()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(File::open(&self.0)?))
    }
}

/// Is this a user dictionary and no file of records? Looks at the beginning only.
///
/// # Errors
/// When the file cannot be read.
pub fn is_dictionary(source: &dyn Source) -> io::Result<bool> {
    let mut start = Vec::new();
    source.open()?.take(8192).read_to_end(&mut start)?;
    let text = String::from_utf8_lossy(&start);
    let first = text.find("<NaaccrDictionary");
    Ok(first.is_some_and(|at| text.find("<NaaccrData").is_none_or(|data| at < data)))
}
