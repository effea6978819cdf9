//! Reading and writing, by example and by property.

mod broken;
mod round_trip;

use super::*;
use crate::dictionary::Record;

/// A file with this content between the root's tags.
fn file(content: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<NaaccrData baseDictionaryUri=\"http://naaccr.org/naaccrxml/naaccr-dictionary-250.xml\" \
         recordType=\"A\" timeGenerated=\"2024-08-23T09:11:35.435-04:00\" specificationVersion=\"1.7\" \
         xmlns=\"http://naaccr.org/naaccrxml\">\n{content}\n</NaaccrData>\n"
    )
}

fn patient(number: &str, rest: &str) -> String {
    format!("<Patient><Item naaccrId=\"patientIdNumber\">{number}</Item>{rest}</Patient>\n")
}

fn open(text: &[u8]) -> Reader<&[u8]> {
    Reader::open(text, Vec::new(), Limits::default()).unwrap()
}

fn all(text: &[u8]) -> Vec<Outcome> {
    let mut reader = open(text);
    let mut outcomes = Vec::new();
    while let Some(outcome) = reader.advance().unwrap() {
        outcomes.push(outcome);
    }
    outcomes
}

fn patients(text: &[u8]) -> Vec<PatientRead> {
    all(text)
        .into_iter()
        .map(|o| match o {
            Outcome::Patient(p) => *p,
            Outcome::Rejected(r) => panic!("{}", r.fault),
        })
        .collect()
}

fn write(root: &Root, records: &[Record], user: &[UserDictionary]) -> String {
    let mut writer = Writer::begin(Vec::new(), root, user.to_vec()).unwrap();
    for record in records {
        writer.patient(record).unwrap();
    }
    String::from_utf8(writer.end().unwrap()).unwrap()
}
