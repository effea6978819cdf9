//! A case judged: what the form itself sees, and what the edits find, with what people decided about it.

mod decide;
mod store;

pub(super) use decide::{Decision, NotDecided, decide};

use std::sync::Arc;

use super::{
    CaseItems, FormControl, FormRow, Section,
    complete::{self, Decided, EditNote, Finding, FindingKind, Severity},
    derive,
    form::Both,
    form_row::{form_rows, row_of},
    propose,
    saving::Stored,
};
use crate::{
    checking,
    db::{StoreError, Tx},
    dictionary::{Dictionary, Items, names},
    edits::{self, EditLevel, EditSet, FindingOutcome, Parameters, Record},
    facility::Desk,
    tumor::TumorRow,
};
use store::DecisionRow;

/// What a case is judged with besides its own items.
pub(super) struct Judging {
    set: Arc<EditSet>,
    parameters: Parameters,
    /// The patient's other cases.
    siblings: Vec<Items>,
    /// Cases of other patients with the same accession number; mostly none.
    others: Vec<Items>,
    decisions: Vec<DecisionRow>,
    zone: chrono_tz::Tz,
}

impl Judging {
    /// Reads what stands around a case; `siblings` are the patient's other cases.
    pub(super) fn of(
        tx: &mut Tx<'_>,
        desk: &Desk,
        stored: &Stored,
        siblings: &[TumorRow],
    ) -> Result<Self, StoreError> {
        let scope = tx.scope()?;
        let siblings: Vec<Items> = siblings.iter().map(TumorRow::items).collect::<Result<_, _>>()?;
        let numbers: Vec<String> = siblings
            .iter()
            .chain([&stored.items.tumor])
            .map(|items| items.value(names::ACCESSION_NUMBER_HOSP).to_owned())
            .filter(|number| !number.is_empty())
            .collect();
        let others = checking::others_of(tx.conn(), scope, stored.patient.id, &numbers)?;
        let decisions = store::of_case(tx.conn(), scope, stored.tumor.id)?;
        let parameters = checking::parameters(tx.conn(), &desk.facility, desk.today)?;
        let set = checking::set_of(tx.conn(), scope)?;
        Ok(Self { set, parameters, siblings, others, decisions, zone: desk.facility.zone })
    }

    /// What the edits say.
    fn judgement(&self, record: &Both) -> edits::Judgement<'_> {
        self.with_record(record, |record| self.set.judge(record, &self.parameters))
    }

    fn with_record<T>(&self, both: &Both, then: impl FnOnce(&Record<'_>) -> T) -> T {
        let mut tumors: Vec<&Items> = vec![&both.tumor];
        tumors.extend(&self.siblings);
        let others: Vec<&Items> = self.others.iter().collect();
        then(&Record { patient: &both.patient, tumor: &both.tumor, tumors: &tumors, others: &others })
    }

    /// All findings of a record as it stands: errors first, then in the order of the form. What the form and an
    /// edit both say of one item is told once.
    pub(super) fn findings(&self, record: &Both) -> Vec<Finding> {
        let mut found = complete::findings(record.case(), self.parameters.today);
        let own = found.len();
        let open = still_open(&found, record.case());
        for finding in &self.judgement(record).findings {
            let item = anchor(finding.edit);
            let said = found.iter_mut().take(own).find(|f| says(f, finding.edit, item, record.case()));
            match said {
                Some(said) => said.told.push(finding.edit.id.clone()),
                None => {
                    let mut told = self.finding(finding, item);
                    if finding.is_open() && told.kind == FindingKind::Edit {
                        told.waits_for = self.waits_for(finding.edit, record, &open);
                    }
                    found.push(told);
                }
            }
        }
        found.sort_by_key(|f| (f.severity, f.section));
        found
    }

    /// Labels of the open items that an edit waits for.
    fn waits_for(&self, edit: &edits::Edit, record: &Both, open: &[&str]) -> Vec<&'static str> {
        let waits =
            self.with_record(record, |record| self.set.waits_for(edit, record, &self.parameters, open));
        waits.into_iter().map(|id| row_of(id).map_or_else(|| Dictionary::label(id), |r| r.label)).collect()
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
            sentence: if missing { "is missing.".to_owned() } else { told.message },
            edit: (!missing).then(|| EditNote {
                id: edit.id.clone(),
                why: told.why,
                fixes: told.fixes.into_iter().map(|f| (f.item, f.label.to_owned(), f.words)).collect(),
                hash: finding.input_hash.clone(),
                over_ride: edit.over_ride.as_ref().map(|o| o.item),
                decided,
            }),
            told: vec![edit.id.clone()],
            waits_for: Vec::new(),
        }
    }

    fn decision(&self, edit: &str, kind: &str, hash: &str) -> Option<Decided> {
        let row = self.decisions.iter().find(|d| d.edit == edit && d.kind == kind && d.input_hash == hash)?;
        let at = row.at.and_utc().with_timezone(&self.zone).format("%Y-%m-%d %H:%M");
        let what = if kind == "override" { "Over-ridden" } else { "Acknowledged" };
        Some(Decided { words: format!("{what} by {}, {at}: {}", row.actor_name, row.reason) })
    }

    /// Blanks over-rides that rest on something that changed between two states of the record.
    ///
    /// An over-ride stands for what its edit read when it was set; when any of that changes, the failure is open again.
    pub(super) fn clear_stale(&self, before: &Both, after: &mut Both) {
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
        let were = overridden(before);
        if were.is_empty() {
            return;
        }
        let stand = overridden(after);
        for (item, ..) in were.iter().filter(|was| !stand.contains(was)) {
            after.tumor.remove(item);
        }
    }
}

/// Typing as a save would leave it: with all that follows from other items.
pub(super) fn settled(record: &Both) -> Both {
    let mut after = record.clone();
    derive::derive_patient(&mut after.patient);
    derive::derive(&after.patient, &mut after.tumor);
    propose::settle(record.case(), &mut after.patient, &mut after.tumor);
    after
}

/// What most derived items follow from.
const SOURCES: [&str; 5] = [
    names::PRIMARY_SITE,
    names::HISTOLOGIC_TYPE_ICD_O_3,
    names::BEHAVIOR_CODE_ICD_O_3,
    names::DATE_OF_DIAGNOSIS,
    names::DATE_OF_BIRTH,
];

/// Items that are blank and will be filled in: what the form misses, and what is derived while one of its
/// sources is missing.
fn still_open(found: &[Finding], case: CaseItems<'_>) -> Vec<&'static str> {
    let mut open: Vec<&'static str> =
        found.iter().filter(|f| f.kind == FindingKind::Missing).map(|f| f.item).collect();
    if open.iter().any(|id| SOURCES.contains(id)) {
        let derived = form_rows().iter().filter(|r| r.control == FormControl::Derived);
        open.extend(derived.map(FormRow::id).filter(|id| case.value(id).is_empty()));
    }
    open
}

/// The item to go to: the first of the edit's that the form has, else the first.
fn anchor(edit: &edits::Edit) -> &'static str {
    let on_form = |item: &&&'static str| row_of(item).is_some();
    edit.items.iter().find(on_form).or(edit.items.first()).copied().unwrap_or("")
}

/// Does a finding of the form say what the edit says? Only errors count, so that nothing stops standing in the way.
fn says(found: &Finding, edit: &edits::Edit, item: &str, case: CaseItems<'_>) -> bool {
    if found.item != item || found.severity != Severity::Error {
        return false;
    }
    match found.kind {
        FindingKind::Missing => case.value(item).is_empty(),
        FindingKind::NotAllowed | FindingKind::Dates => edit.level == EditLevel::Single,
        FindingKind::Coding | FindingKind::Edit => false,
    }
}

/// Findings that stand in the way of completing: errors, and warnings of edits that nobody acknowledged.
pub(super) fn in_the_way(found: &[Finding]) -> usize {
    found.iter().filter(|f| f.is_in_the_way()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edits::{ExampleRecord, example_parameters, shipped};
    use crate::partial_date::PartialDate;

    fn judging(parameters: Parameters, siblings: Vec<Items>, others: Vec<Items>) -> Judging {
        let set = Arc::new(shipped().clone());
        Judging { set, parameters, siblings, others, decisions: Vec::new(), zone: chrono_tz::UTC }
    }

    /// The failing example of an edit, as the form has it.
    fn failing(edit: &edits::Edit) -> (Judging, Both) {
        let example = ExampleRecord::read(&edit.fails.written, edit.level).unwrap();
        let mut parameters = example_parameters();
        if let Some(today) = &example.today {
            parameters.today = PartialDate::parse(today).unwrap().day().unwrap();
        }
        if let Some(reference) = &example.reference_date {
            parameters.reference_date = PartialDate::parse(reference).ok();
        }
        let mut tumors = example.tumors.into_iter();
        let mut tumor = tumors.next().unwrap();
        // Without a year most edits do not run.
        if !tumor.has("dateOfDiagnosis") && edit.id != "ED-DT-021" {
            tumor.set("dateOfDiagnosis", "20240105");
        }
        let record = Both { patient: example.patient, tumor };
        (judging(parameters, tumors.collect(), example.others), record)
    }

    #[test]
    fn the_form_tells_whatever_the_edits_find_and_no_error_is_passed_over() {
        for edit in shipped().edits() {
            let (judging, record) = failing(edit);
            let found = judging.findings(&record);
            let judgement = judging.judgement(&record);
            let mut told: Vec<&str> = found.iter().flat_map(|f| &f.told).map(String::as_str).collect();
            let mut wanted: Vec<&str> = judgement.findings.iter().map(|f| f.edit.id.as_str()).collect();
            told.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(told, wanted, "{}", edit.id);
            let late = |edit: &edits::Edit| {
                anchor(edit) == names::DATE_CASE_COMPLETED && edit.severity == edits::Severity::Warning
            };
            for failure in judgement.findings.iter().filter(|f| f.is_open() && !late(f.edit)) {
                let stands = found.iter().any(|f| f.is_in_the_way() && f.told.contains(&failure.edit.id));
                assert!(stands, "{} of the example of {} stands in the way", failure.edit.id, edit.id);
            }
        }
    }

    #[test]
    fn a_warning_of_the_form_hides_no_error_of_an_edit() {
        // 9421/0 is in no edition, a warning of the form; that it is coded with /3 is an edit's to say.
        let tumor = [
            ("primarySite", "C716"),
            ("histologicTypeIcdO3", "9421"),
            ("behaviorCodeIcdO3", "0"),
            ("dateOfDiagnosis", "20230105"),
            ("classOfCase", "14"),
            ("laterality", "0"),
        ];
        let record = Both { patient: Items::default(), tumor: tumor.into_iter().collect() };
        let found = judging(example_parameters(), Vec::new(), Vec::new()).findings(&record);
        assert!(
            found.iter().any(|f| f.kind == FindingKind::Coding && f.item == names::HISTOLOGIC_TYPE_ICD_O_3)
        );
        assert!(found.iter().any(|f| f.told == ["ED-SM-005"] && f.is_in_the_way()), "{found:?}");
    }

    #[test]
    fn an_over_ride_is_blank_when_anything_it_rests_on_changed() {
        let mut cleared = 0;
        for edit in shipped().edits() {
            let Some(over_ride) = &edit.over_ride else { continue };
            let (judging, mut before) = failing(edit);
            before.tumor.set(over_ride.item, over_ride.values[0].clone());
            let judgement = judging.judgement(&before);
            let Some(finding) = judgement.findings.iter().find(|f| f.edit.id == edit.id && !f.is_open())
            else {
                continue;
            };
            let mut same = before.clone();
            same.tumor.set("textRemarks", "something else");
            judging.clear_stale(&before, &mut same);
            assert!(same.tumor.has(over_ride.item), "{}", edit.id);
            for (item, value) in &finding.values {
                if value.is_empty() || *item == over_ride.item {
                    continue;
                }
                let mut after = before.clone();
                if after.patient.remove(item).is_none() {
                    after.tumor.remove(item);
                }
                judging.clear_stale(&before, &mut after);
                assert!(!after.tumor.has(over_ride.item), "{} without {item}", edit.id);
                cleared += 1;
            }
        }
        assert!(cleared > 50, "{cleared}");
    }
}
