//! What edits find in the records of a file, as they came: told, and nothing is kept out for it.
//!
//! A record is judged with the other tumors the file gives the patient. Whether another patient has the
//! same accession number is seen by a run over the registry, not here.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::naaccr_xml::PatientRead;
use crate::{
    access::Actor,
    checking,
    db::{Conn, Db, StoreError},
    dictionary::Items,
    edits::{EditSet, Parameters, Record, Severity},
    facility::Facility,
};

/// Most findings told with their lines; all are counted.
pub const MOST_EDIT_LINES: usize = 1000;

/// How often an edit failed on the records of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditNote {
    /// Id of the edit.
    pub edit: String,
    /// Its version.
    pub version: u32,
    /// `error` or `warning`.
    pub severity: String,
    /// What it says.
    pub message: String,
    /// Tumors on which it fails and nothing clears it.
    pub count: u64,
}

/// One failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditLine {
    /// Line of the `Tumor` tag.
    pub line: u64,
    /// Id of the edit.
    pub edit: String,
    /// The items it is about, joined by blanks.
    pub items: String,
}

/// What edits found in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EditNotes {
    /// Errors that stand.
    pub errors: u64,
    /// Warnings that stand.
    pub warnings: u64,
    /// By edit.
    pub edits: Vec<EditNote>,
    /// The first findings, at most [`MOST_EDIT_LINES`], in the order of the file.
    pub lines: Vec<EditLine>,
}

/// A line of the table on the page of a file.
pub(super) struct EditRow {
    pub(super) edit: String,
    pub(super) message: String,
    pub(super) severity: String,
    pub(super) count: u64,
    /// The first lines of the file on which it stands.
    pub(super) lines: String,
}

impl EditNotes {
    /// All in a sentence; empty when nothing was found.
    pub(super) fn sentence(&self) -> String {
        if self.errors + self.warnings == 0 {
            return String::new();
        }
        let some = |n: u64, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
        format!(
            "{} and {} in the records as they came. All records were kept; the form of each case shows its findings.",
            some(self.errors, "error"),
            some(self.warnings, "warning")
        )
    }

    /// By edit, errors first, the most frequent first.
    pub(super) fn rows(&self) -> Vec<EditRow> {
        let mut notes: Vec<&EditNote> = self.edits.iter().collect();
        notes.sort_by(|a, b| {
            a.severity.cmp(&b.severity).then(b.count.cmp(&a.count)).then_with(|| a.edit.cmp(&b.edit))
        });
        let first = |edit: &str| {
            let lines = self.lines.iter().filter(|l| l.edit == edit).take(3);
            lines.map(|l| l.line.to_string()).collect::<Vec<_>>().join(", ")
        };
        notes
            .into_iter()
            .map(|note| EditRow {
                edit: note.edit.clone(),
                message: note.message.clone(),
                severity: note.severity.clone(),
                count: note.count,
                lines: first(&note.edit),
            })
            .collect()
    }
}

/// Judges the records of a file.
pub(super) struct Judging {
    /// By facility.
    with: HashMap<i64, (Arc<EditSet>, Parameters)>,
    counts: BTreeMap<String, EditNote>,
    found: EditNotes,
}

impl Judging {
    pub(super) fn new(db: &Db, facilities: &[Facility]) -> Result<Self, StoreError> {
        let of = |conn: &mut Conn, f: &Facility| {
            let here = Actor::host(Some(f.key)).scope();
            let here = here.ok_or_else(|| StoreError::Refused("no facility was chosen".to_owned()))?;
            let set = checking::set_of(conn, here)?;
            Ok((f.key, (set, checking::parameters(conn, f, db.clock.today(f.zone))?)))
        };
        let with =
            db.read(|conn| facilities.iter().map(|f| of(conn, f)).collect::<Result<_, StoreError>>())?;
        Ok(Self { with, counts: BTreeMap::new(), found: EditNotes::default() })
    }

    /// Judges the tumors of a patient who goes to a facility.
    pub(super) fn note(&mut self, read: &PatientRead, facility: i64) {
        let Some((set, parameters)) = self.with.get(&facility) else { return };
        let tumors: Vec<&Items> = read.record.tumors.iter().map(|t| &t.items).collect();
        for (nth, tumor) in tumors.iter().enumerate() {
            let record = Record { patient: &read.record.patient, tumor, tumors: &tumors, others: &[] };
            let line = read.tumor_lines.get(nth).copied().unwrap_or(read.line);
            for finding in set.judge(&record, parameters).findings.iter().filter(|f| f.is_open()) {
                let edit = finding.edit;
                *(if edit.severity == Severity::Error {
                    &mut self.found.errors
                } else {
                    &mut self.found.warnings
                }) += 1;
                if let Some(note) = self.counts.get_mut(&edit.id) {
                    note.count += 1;
                } else {
                    let note = EditNote {
                        edit: edit.id.clone(),
                        version: edit.version,
                        severity: edit.severity.word().to_owned(),
                        message: edit.message.clone(),
                        count: 1,
                    };
                    self.counts.insert(edit.id.clone(), note);
                }
                if self.found.lines.len() < MOST_EDIT_LINES {
                    self.found.lines.push(EditLine {
                        line,
                        edit: edit.id.clone(),
                        items: edit.items.join(" "),
                    });
                }
            }
        }
    }

    /// What was found.
    pub(super) fn end(mut self) -> EditNotes {
        self.found.edits = self.counts.into_values().collect();
        self.found
    }
}
