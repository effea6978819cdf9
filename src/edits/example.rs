//! Examples of edits, and of whole records, as tables write them: JSON of the items that matter.
//!
//! `{"primarySite": "C619", "sexAssignedAtBirth": "2"}`; an edit of level record-set has
//! `{"patient": {…}, "tumors": [{…}, …], "others": [{…}, …]}`. `TODAY` and `REFERENCE_DATE` may stand
//! among the items.

use serde_json::{Map, Value};

use super::{edit::EditLevel, judge::Record, problem::nearest};
use crate::dictionary::{Dictionary, Items, Level};

/// A record that an example means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExampleRecord {
    /// Items of the patient.
    pub patient: Items,
    /// Tumors of the patient; never none.
    pub tumors: Vec<Items>,
    /// Tumors of other patients.
    pub others: Vec<Items>,
    /// `TODAY`, where the example says it.
    pub today: Option<String>,
    /// `REFERENCE_DATE`, where the example says it.
    pub reference_date: Option<String>,
}

impl ExampleRecord {
    /// Reads an example.
    ///
    /// # Errors
    /// What is allowed, in words.
    pub fn read(written: &str, level: EditLevel) -> Result<Self, String> {
        let Ok(Value::Object(object)) = serde_json::from_str(written) else {
            return Err("one JSON object of items and their values".to_owned());
        };
        let mut record = Self::default();
        if level != EditLevel::RecordSet {
            let mut tumor = Items::default();
            record.fill(&object, &mut tumor)?;
            record.tumors.push(tumor);
            return Ok(record);
        }
        for (name, value) in &object {
            match (name.as_str(), value) {
                ("patient", Value::Object(items)) => {
                    let mut rest = Items::default();
                    record.fill(items, &mut rest)?;
                    if !rest.is_empty() {
                        return Err("items of the patient under “patient”".to_owned());
                    }
                }
                ("tumors" | "others", Value::Array(rows)) => {
                    let mut read = Vec::new();
                    for row in rows {
                        let Value::Object(items) = row else {
                            return Err("a list of JSON objects under “tumors” and “others”".to_owned());
                        };
                        read.push(tumor(items)?);
                    }
                    if name == "tumors" { record.tumors = read } else { record.others = read }
                }
                _ => return Err("“patient”, “tumors” and “others”".to_owned()),
            }
        }
        if record.tumors.is_empty() {
            return Err("at least one tumor under “tumors”".to_owned());
        }
        Ok(record)
    }

    fn fill(&mut self, items: &Map<String, Value>, tumor: &mut Items) -> Result<(), String> {
        for (name, value) in items {
            let value = text(name, value)?;
            match name.as_str() {
                "TODAY" => self.today = Some(value),
                "REFERENCE_DATE" => self.reference_date = Some(value),
                _ => match level(name)? {
                    Level::Patient => self.patient.set(name.clone(), value),
                    _ => tumor.set(name.clone(), value),
                },
            }
        }
        Ok(())
    }

    /// The tumors, as a judgement wants them.
    pub fn judged<'a>(&'a self, tumors: &'a [&'a Items], others: &'a [&'a Items]) -> Option<Record<'a>> {
        Some(Record { patient: &self.patient, tumor: tumors.first()?, tumors, others })
    }
}

fn tumor(items: &Map<String, Value>) -> Result<Items, String> {
    let mut read = Items::default();
    for (name, value) in items {
        if level(name)? == Level::Patient {
            return Err(format!("items of a tumor under “tumors”; {name} is one of the patient"));
        }
        read.set(name.clone(), text(name, value)?);
    }
    Ok(read)
}

fn text(name: &str, value: &Value) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("a text as the value of {name}"))
}

fn level(name: &str) -> Result<Level, String> {
    match Dictionary::get(name).map(|d| d.level) {
        Some(level @ (Level::Patient | Level::Tumor)) => Ok(level),
        _ => {
            let near = nearest(name, Dictionary::all().iter().map(|d| d.id));
            Err(format!("known items; “{name}” is none, the nearest are {near}"))
        }
    }
}

/// Can an example be read?
///
/// # Errors
/// What is allowed.
pub(super) fn check(written: &str, level: EditLevel) -> Result<(), String> {
    ExampleRecord::read(written, level).map(|_| ())
}
