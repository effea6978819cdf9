//! Files in and out, on both databases.

mod browser;
mod changed;
mod faults;
pub(crate) mod samples;

use std::{
    io::{self, Read},
    path::Path,
};

use cancer_registry::{
    db::{Conn, StoreError},
    dictionary::Record,
    exchange::{
        export,
        import::{self, Options, Report, Source},
        ledger::Counts,
        naaccr_xml::{Input, Limits, Outcome, Reader, Root},
    },
};
use diesel::{QueryableByName, RunQueryDsl, sql_types::BigInt};

use crate::support::TestRegistry;

/// A file held in memory.
pub(crate) struct Bytes<'a>(pub(crate) &'a str, pub(crate) Vec<u8>);

impl Source for Bytes<'_> {
    fn name(&self) -> String {
        self.0.to_owned()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(self.1.as_slice()))
    }
}

pub(crate) fn import_with(registry: &TestRegistry, bytes: &[u8], options: &Options) -> Report {
    let source = Bytes("file.xml", bytes.to_vec());
    let report = import::import_file(&registry.db, &registry.host(), &source, options, &mut |_| {}).unwrap();
    assert!(report.patients.holds() && report.tumors.holds(), "{report:?}");
    report
}

/// Imports; before that a dry run, which must foretell the counts and write nothing.
pub(crate) fn import(registry: &TestRegistry, bytes: &[u8]) -> Report {
    let before = contents(registry);
    let dry = import_with(registry, bytes, &Options { dry_run: true, ..Options::default() });
    assert_eq!(contents(registry), before, "a dry run wrote something");
    let report = import_with(registry, bytes, &Options::default());
    assert_eq!((dry.patients, dry.tumors), (report.patients, report.tumors));
    assert_eq!((&dry.rejects, &dry.refused, dry.again), (&report.rejects, &report.refused, report.again));
    if !report.again {
        assert_eq!((&dry.reviews, &dry.flags), (&report.reviews, &report.flags));
        assert_eq!(dry.edits, report.edits);
    }
    report
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

pub(crate) fn count(registry: &TestRegistry, what: &str) -> i64 {
    let query = format!("SELECT count(*) AS n FROM {what}");
    registry.look(|conn: &mut Conn| -> Result<i64, StoreError> {
        let rows: Vec<Count> = diesel::sql_query(query).load(conn)?;
        Ok(rows[0].n)
    })
}

/// Rows of everything that an import may write.
pub(crate) fn contents(registry: &TestRegistry) -> Vec<i64> {
    ["patient", "patient_version", "tumor", "tumor_version", "import_batch", "import_reject", "import_review"]
        .iter()
        .map(|table| count(registry, table))
        .collect()
}

pub(crate) fn export_to(registry: &TestRegistry, out: &Path) -> export::Report {
    let options = export::Options { out: out.to_owned(), version: None, record_type: None };
    export::export(&registry.db, &registry.host(), &options, &mut |_| {}).unwrap()
}

/// Root and records of a file, plain or packed.
pub(crate) fn read(bytes: &[u8]) -> (Root, Vec<Record>) {
    let input = Input::new(bytes, Limits::default()).unwrap();
    let mut reader = Reader::open(input, Vec::new(), Limits::default()).unwrap();
    let mut records = Vec::new();
    while let Some(outcome) = reader.advance().unwrap() {
        match outcome {
            Outcome::Patient(read) => records.push(read.record),
            Outcome::Rejected(reject) => panic!("{}", reject.fault),
        }
    }
    (reader.root().clone(), records)
}

pub(crate) fn counts(read: u64, accepted: u64, merged: u64, duplicate: u64, rejected: u64) -> Counts {
    Counts { read, accepted, merged, duplicate, rejected }
}

/// A file of version 25 with this content.
pub(crate) fn file(content: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<NaaccrData baseDictionaryUri=\"http://naaccr.org/naaccrxml/naaccr-dictionary-250.xml\" \
         recordType=\"A\" timeGenerated=\"2024-08-23T09:11:35-04:00\" specificationVersion=\"1.7\" \
         xmlns=\"http://naaccr.org/naaccrxml\">\n{content}\n</NaaccrData>\n"
    )
}

/// Items of an element: `nameLast=Doe primarySite=C509`.
pub(crate) fn items(words: &str) -> String {
    words
        .split_whitespace()
        .map(|w| w.split_once('=').unwrap())
        .map(|(id, value)| format!("<Item naaccrId=\"{id}\">{value}</Item>"))
        .collect()
}

/// A patient with tumors.
pub(crate) fn patient(own: &str, tumors: &[&str]) -> String {
    let tumors: String = tumors.iter().map(|t| format!("<Tumor>{}</Tumor>", items(t))).collect();
    format!("<Patient>{}{tumors}</Patient>\n", items(own))
}
