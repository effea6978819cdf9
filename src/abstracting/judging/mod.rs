//! A case judged: what the form itself sees, and what the edits find, with what people decided about it.

mod decide;
mod store;

pub(super) use decide::{Decision, NotDecided, decide};

use super::{
    CaseItems, Section,
    complete::{self, Decided, EditNote, Finding, FindingKind, Severity},
    derive,
    form::Both,
    form_row::row_of,
    propose,
    saving::Stored,
};
use crate::{
    checking,
    db::{StoreError, Tx},
    dictionary::{Dictionary, Items, names},
    edits::{self, EditLevel, FindingOutcome, Parameters, Record},
    facility::Desk,
    tumor,
};
use store::DecisionRow;

/// What a case is judged with besides its own items.
pub(super) struct Judging {
    parameters: Parameters,
    /// The patient's other cases.
    siblings: Vec<Items>,
    /// Cases of other patients with the same accession number; mostly none.
    others: Vec<Items>,
    decisions: Vec<DecisionRow>,
    zone: chrono_tz::Tz,
}

impl Judging {
    /// Reads what stands around a case.
    pub(super) fn of(tx: &mut Tx<'_>, desk: &Desk, stored: &Stored) -> Result<Self, StoreError> {
        let scope = tx.scope()?;
        let siblings: Vec<Items> = tumor::of_patient(tx.conn(), scope, stored.patient.id)?
            .iter()
            .filter(|t| !t.voided && t.id != stored.tumor.id)
            .map(|t| t.items())
            .collect::<Result<_, _>>()?;
        let numbers: Vec<String> = siblings
            .iter()
            .chain([&stored.items.tumor])
            .map(|items| items.value(names::ACCESSION_NUMBER_HOSP).to_owned())
            .filter(|number| !number.is_empty())
            .collect();
        let others = checking::others_of(tx.conn(), scope, stored.patient.id, &numbers)?;
        let decisions = store::of_case(tx.conn(), scope, stored.tumor.id)?;
        let parameters = checking::parameters(&desk.facility, desk.today);
        Ok(Self { parameters, siblings, others, decisions, zone: desk.facility.zone })
    }

    /// What the edits say.
    fn judgement(&self, record: &Both) -> edits::Judgement<'static> {
        let mut tumors: Vec<&Items> = vec![&record.tumor];
        tumors.extend(&self.siblings);
        let others: Vec<&Items> = self.others.iter().collect();
        let record =
            Record { patient: &record.patient, tumor: &record.tumor, tumors: &tumors, others: &others };
        edits::shipped().judge(&record, &self.parameters)
    }

    /// All findings: errors first, then in the order of the form. What follows from other items and is written at the
    /// save counts as written.
    pub(super) fn findings(&self, record: &Both) -> Vec<Finding> {
        let record = &settled(record);
        let mut found = complete::findings(record.case(), self.parameters.today);
        let own: Vec<(&'static str, FindingKind)> = found.iter().map(|f| (f.item, f.kind)).collect();
        for finding in &self.judgement(record).findings {
            let item = anchor(finding.edit);
            if !said_already(&own, finding.edit, item, record.case()) {
                found.push(self.finding(finding, item));
            }
        }
        found.sort_by_key(|f| (f.severity, f.section));
        found
    }

    fn finding(&self, finding: &edits::Finding<'_>, item: &'static str) -> Finding {
        let edit = finding.edit;
        let told = finding.explanation();
        let row = row_of(item);
        // An edit of the codes of one item that is blank says that it is missing.
        let blank = finding.values.iter().any(|(id, value)| *id == item && value.is_empty());
        let missing = blank && edit.level == EditLevel::Single && edit.severity == edits::Severity::Error;
        let overridden = finding.outcome == FindingOutcome::Overridden;
        let kind = if overridden { "override" } else { "acknowledged" };
        let decided = self.decision(&edit.id, kind, &finding.input_hash);
        let decided = match decided {
            None if overridden => Some(Decided { words: "Over-ridden before it came here.".to_owned() }),
            other => other,
        };
        Finding {
            severity: match edit.severity {
                edits::Severity::Error => Severity::Error,
                edits::Severity::Warning => Severity::Warning,
            },
            kind: if missing { FindingKind::Missing } else { FindingKind::Edit },
            item,
            label: row.map_or_else(|| Dictionary::label(item), |r| r.label),
            section: row.map_or(Section::Administration, |r| r.section),
            sentence: if missing { "is missing.".to_owned() } else { told.message.clone() },
            edit: (!missing).then(|| EditNote {
                id: edit.id.clone(),
                why: told.why,
                fixes: told.fixes.into_iter().map(|f| (f.item, f.label.to_owned(), f.words)).collect(),
                hash: finding.input_hash.clone(),
                over_ride: edit.over_ride.as_ref().map(|o| o.item),
                decided,
            }),
        }
    }

    fn decision(&self, edit: &str, kind: &str, hash: &str) -> Option<Decided> {
        let row = self.decisions.iter().find(|d| d.edit == edit && d.kind == kind && d.input_hash == hash)?;
        let at = row.at.and_utc().with_timezone(&self.zone).format("%Y-%m-%d %H:%M");
        let what = if kind == "override" { "Over-ridden" } else { "Acknowledged" };
        Some(Decided { words: format!("{what} by {}, {at}: {}", row.actor_name, row.reason) })
    }

    /// Blanks over-rides that rest on something that changed. Gives their items.
    ///
    /// An over-ride stands for what its edit read when it was set; when any of that changes, the failure is open again.
    pub(super) fn clear_stale(&self, before: &Both, after: &mut Both) -> Vec<&'static str> {
        let overridden = |record: &Both| -> Vec<(&'static str, String, String)> {
            self.judgement(record)
                .findings
                .iter()
                .filter(|f| !f.is_open())
                .filter_map(|f| {
                    Some((f.edit.over_ride.as_ref()?.item, f.edit.id.clone(), f.input_hash.clone()))
                })
                .collect()
        };
        let stands = overridden(after);
        let mut cleared: Vec<&'static str> = overridden(before)
            .into_iter()
            .filter(|was| !stands.contains(was))
            .map(|(item, ..)| item)
            .collect();
        cleared.sort_unstable();
        cleared.dedup();
        for item in &cleared {
            after.tumor.remove(item);
        }
        cleared
    }
}

/// The record as a save leaves it: with all that follows from other items.
pub(super) fn settled(record: &Both) -> Both {
    let mut after = record.clone();
    derive::derive_patient(&mut after.patient);
    derive::derive(&after.patient, &mut after.tumor);
    propose::settle(record.case(), &mut after.patient, &mut after.tumor);
    after
}

/// The item to go to: the first of the edit's that the form has, else the first.
fn anchor(edit: &edits::Edit) -> &'static str {
    let on_form = |item: &&&'static str| row_of(item).is_some();
    edit.items.iter().find(on_form).or(edit.items.first()).copied().unwrap_or("")
}

/// Does the form say it already? A value that cannot be read or a missing one is not told twice.
fn said_already(
    own: &[(&'static str, FindingKind)],
    edit: &edits::Edit,
    item: &str,
    case: CaseItems<'_>,
) -> bool {
    let about = |kinds: &[FindingKind]| own.iter().any(|(i, k)| *i == item && kinds.contains(k));
    match edit.id.split('-').nth(1).unwrap_or_default() {
        _ if case.value(item).is_empty() && about(&[FindingKind::Missing]) => true,
        "SF" => edit.level == EditLevel::Single && about(&[FindingKind::NotAllowed, FindingKind::Dates]),
        "DT" => about(&[FindingKind::Dates]),
        "SL" | "SM" => about(&[FindingKind::Coding]),
        _ => false,
    }
}

/// Findings that stand in the way of completing: errors, and warnings of edits that nobody acknowledged.
pub(super) fn in_the_way(found: &[Finding]) -> usize {
    found.iter().filter(|f| f.is_in_the_way()).count()
}
