//! Example records as supervisors write them, a line an item: `primarySite = C504`.
//!
//! Whether an item is of the patient or of the tumor is the dictionary's to say. For an edit over all
//! tumors of a patient, a line `tumor` begins one of the patient's tumors and a line `other` a tumor of
//! another patient.

use serde_json::{Map, Value, json};

use crate::{
    dictionary::{Dictionary, Level},
    edits::{EditLevel, nearest},
};

/// Parameters that may stand among the items.
const PARAMETERS: [&str; 2] = ["TODAY", "REFERENCE_DATE"];

/// Most lines of an example.
const MOST: usize = 200;

/// Lines as the JSON that tables of edits hold.
///
/// # Errors
/// The first line that cannot be read, and what is allowed there.
pub(super) fn to_json(lines: &str, level: EditLevel) -> Result<String, String> {
    let all = level == EditLevel::RecordSet;
    let mut patient = Map::new();
    let mut tumors: Vec<Map<String, Value>> = Vec::new();
    let mut others: Vec<Map<String, Value>> = Vec::new();
    let mut of_others = false;
    let mut any = false;
    for (nth, line) in lines.lines().map(str::trim).enumerate().filter(|(_, l)| !l.is_empty()) {
        let refused = |what: String| format!("Line {}: {what}", nth + 1);
        if nth >= MOST {
            return Err(refused(format!("an example has at most {MOST} lines.")));
        }
        any = true;
        if line == "tumor" || line == "other" {
            if !all {
                return Err(refused(format!(
                    "“{line}” begins a tumor only where an edit looks at all tumors of a patient."
                )));
            }
            of_others = line == "other";
            if of_others { &mut others } else { &mut tumors }.push(Map::new());
            continue;
        }
        let Some((item, value)) = line.split_once('=') else {
            return Err(refused(format!("“{line}”. Write item = value, such as primarySite = C504.")));
        };
        let (item, value) = (item.trim(), value.trim());
        let level = if PARAMETERS.contains(&item) {
            Level::Patient
        } else {
            match Dictionary::get(item).map(|d| d.level) {
                Some(level @ (Level::Patient | Level::Tumor)) => level,
                _ => {
                    let near = nearest(
                        item,
                        Dictionary::all().iter().filter(|d| d.level != Level::NaaccrData).map(|d| d.id),
                    );
                    return Err(refused(format!("“{item}” is no item. The nearest are {near}.")));
                }
            }
        };
        let into = if level == Level::Patient {
            &mut patient
        } else {
            let rows = if of_others { &mut others } else { &mut tumors };
            if rows.is_empty() {
                rows.push(Map::new());
            }
            rows.last_mut().expect("one was just pushed where there was none")
        };
        if into.insert(item.to_owned(), json!(value)).is_some() {
            return Err(refused(format!("{item} stands here twice.")));
        }
    }
    if !any {
        return Err("Write the items that matter, a line each, such as primarySite = C504.".to_owned());
    }
    if all {
        if tumors.is_empty() {
            return Err("At least one item of a tumor is needed.".to_owned());
        }
        return Ok(json!({ "patient": patient, "tumors": tumors, "others": others }).to_string());
    }
    patient.extend(tumors.into_iter().flatten());
    Ok(Value::Object(patient).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edits::ExampleRecord;

    #[test]
    fn lines_become_a_record_with_each_item_where_it_belongs() {
        let written = "vitalStatus = 0\nTODAY=20260701\n\n primarySite =C504 \nlaterality=\n";
        let json = to_json(written, EditLevel::InterField).unwrap();
        let record = ExampleRecord::read(&json, EditLevel::InterField).unwrap();
        assert_eq!(record.patient.value("vitalStatus"), "0");
        assert_eq!(record.tumors[0].value("primarySite"), "C504");
        assert_eq!(record.today.as_deref(), Some("20260701"));
        let all = "dateOfBirth = 19500101\ntumor\nprimarySite = C504\ntumor\nprimarySite = C619\nother\nprimarySite = C349";
        let json = to_json(all, EditLevel::RecordSet).unwrap();
        let record = ExampleRecord::read(&json, EditLevel::RecordSet).unwrap();
        assert_eq!((record.tumors.len(), record.others.len()), (2, 1));
        assert_eq!(record.tumors[1].value("primarySite"), "C619");
        assert_eq!(record.others[0].value("primarySite"), "C349");
    }

    #[test]
    fn a_line_that_cannot_be_read_is_told_with_its_number() {
        for (lines, says) in [
            ("", "a line each"),
            ("primarySite C504", "Line 1: “primarySite C504”. Write item = value"),
            ("\nprimSite = C504", "Line 2: “primSite” is no item. The nearest are primarySite"),
            ("laterality = 1\nlaterality = 2", "Line 2: laterality stands here twice"),
            ("tumor\nlaterality = 1", "Line 1: “tumor” begins"),
            ("naaccrRecordVersion = 250", "Line 1: “naaccrRecordVersion” is no item"),
        ] {
            let said = to_json(lines, EditLevel::InterField).unwrap_err();
            assert!(said.contains(says), "{lines}: {said}");
        }
        assert!(to_json("vitalStatus = 1", EditLevel::RecordSet).unwrap_err().contains("of a tumor"));
        assert!(to_json(&"\n".repeat(300), EditLevel::InterField).is_err());
        assert!(to_json(&format!("{}laterality=1", "\n".repeat(300)), EditLevel::InterField).is_err());
    }
}
