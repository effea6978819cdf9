//! NAACCR XML, versions 21 to 26, all record types, plain or packed with gzip.
//!
//! The reader gives one patient at a time and holds no more than that; the writer gives back
//! every item as it came. Between the two stands [`crate::dictionary::Record`] and, for what
//! a record has no word for (numbers, extensions of other namespaces), an [`Envelope`].
//!
//! Source: NAACCR XML Data Exchange Standard 1.3 to 1.7 (elements, attributes, user dictionaries).

pub mod adapt;
mod builder;
pub mod envelope;
mod events;
pub mod input;
pub mod limits;
pub mod problem;
pub mod reader;
pub mod root;
mod source;
mod tags;
mod text;
pub mod user_dictionary;
pub mod writer;

pub use envelope::Envelope;
pub use input::{Examined, Input, examine};
pub use limits::Limits;
pub use problem::{Fault, Problem};
pub use reader::{Flag, Flagged, Outcome, PatientRead, Reader, Reject};
pub use root::{RecordType, Root};
pub use user_dictionary::UserDictionary;
pub use writer::Writer;

/// Namespace of NAACCR XML.
pub const NAMESPACE: &str = "http://naaccr.org/naaccrxml";

#[cfg(test)]
mod tests;
