//! Judging a record with a set of edits.

use std::sync::Arc;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::{
    edit::{Edit, EditLevel, Severity, Verdict},
    example::ExampleRecord,
    finding::{Finding, FindingOutcome},
    pack::{EditSet, hex},
    run::{Machine, STEPS, Sheet},
    tree::Slot,
};
use crate::{
    dictionary::{Items, Level},
    icdo::PathChart,
    partial_date::PartialDate,
};

/// What is judged: one tumor, and what stands around it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Items of the patient.
    pub patient: &'a Items,
    /// The tumor under judgement.
    pub tumor: &'a Items,
    /// All tumors of the patient, this one among them.
    pub tumors: &'a [&'a Items],
    /// Tumors of other patients that share this patient's accession number; mostly none.
    pub others: &'a [&'a Items],
}

/// Given with a run, not by the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// `TODAY`.
    pub today: NaiveDate,
    /// `REFERENCE_DATE`, the facility's; blank when it has none.
    pub reference_date: Option<PartialDate>,
    /// The Cancer PathCHART table, if the registry has brought it in.
    pub pathchart: Option<Arc<PathChart>>,
    /// Most steps an edit may take.
    pub steps: u32,
}

impl Parameters {
    /// With the usual bound on steps.
    pub fn new(today: NaiveDate, reference_date: Option<PartialDate>) -> Self {
        Self { today, reference_date, pathchart: None, steps: STEPS }
    }
}

/// What a set of edits says of a record.
#[derive(Clone, Debug, Default)]
pub struct Judgement<'s> {
    /// Failures, cleared or not, in the order the edits run.
    pub findings: Vec<Finding<'s>>,
    /// Edits that were run and found what they need.
    pub ran: usize,
    /// Edits whose guard is false, or that lack a value they need.
    pub not_applied: usize,
    /// Edits of several items left out because one of those items is wrong by itself.
    pub suppressed: Vec<&'s Edit>,
    /// Edits left out because the tumor has no year of diagnosis.
    pub without_year: usize,
    /// Edits that would have taken too many steps; they do not count as run.
    pub out_of_steps: Vec<&'s Edit>,
    /// Most steps one edit took.
    pub most_steps: u32,
}

/// What one edit says of a record by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExampleOutcome {
    /// It ran and does not fail.
    Passes,
    /// It fails.
    Fails,
    /// Its guard is false, or something it computes with is blank or unreadable.
    DoesNotApply,
    /// It would take more steps than it may.
    OutOfSteps,
}

impl Judgement<'_> {
    /// Failures that are not cleared, of one severity.
    pub fn open(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.is_open() && f.edit.severity == severity).count()
    }

    /// Failures cleared by an over-ride.
    pub fn overridden(&self) -> usize {
        self.findings.iter().filter(|f| !f.is_open()).count()
    }
}

impl EditSet {
    /// Judges a tumor with all edits.
    ///
    /// Single items come first; an item that fails there with an error keeps the edits of several items
    /// that read it from running, but not the order of dates on other dates. A tumor without a year of
    /// diagnosis is judged by the edits of codes, formats and dates only.
    pub fn judge<'s>(&'s self, record: &Record<'_>, parameters: &Parameters) -> Judgement<'s> {
        let words = Words::of(parameters);
        let sheet = self.sheet(record, &words);
        let year_known = super::dates::year(sheet.own(self.diagnosed)) > 0;
        let mut judgement = Judgement::default();
        let mut broken: Vec<Slot> = Vec::new();
        let mut machine = Machine::new(&sheet, parameters.steps);
        for edit in self.edits() {
            if !year_known && !edit.any_year {
                judgement.without_year += 1;
                continue;
            }
            if edit.level == EditLevel::InterField && self.rests_on(edit, &broken) {
                judgement.suppressed.push(edit);
                continue;
            }
            let (verdict, steps) = edit.verdict(&mut machine, parameters.steps);
            judgement.most_steps = judgement.most_steps.max(steps);
            match verdict {
                Verdict::DoesNotApply => judgement.not_applied += 1,
                Verdict::OutOfSteps => judgement.out_of_steps.push(edit),
                Verdict::Passes => judgement.ran += 1,
                Verdict::Fails => {
                    judgement.ran += 1;
                    let finding = self.finding(edit, record, &sheet, parameters);
                    if edit.level == EditLevel::Single
                        && edit.severity == Severity::Error
                        && finding.is_open()
                    {
                        broken.extend(&edit.about);
                    }
                    judgement.findings.push(finding);
                }
            }
        }
        judgement
    }

    /// What one edit says of a record by itself, nothing suppressed: `None` when it does not apply, else
    /// whether it fails.
    pub fn judge_alone(&self, edit: &Edit, record: &Record<'_>, parameters: &Parameters) -> Option<bool> {
        match self.verdict_alone(edit, record, parameters) {
            ExampleOutcome::Fails => Some(true),
            ExampleOutcome::Passes => Some(false),
            ExampleOutcome::DoesNotApply | ExampleOutcome::OutOfSteps => None,
        }
    }

    /// The same, told apart.
    pub fn verdict_alone(&self, edit: &Edit, record: &Record<'_>, parameters: &Parameters) -> ExampleOutcome {
        let words = Words::of(parameters);
        let sheet = self.sheet(record, &words);
        let (verdict, _) = edit.verdict(&mut Machine::new(&sheet, parameters.steps), parameters.steps);
        match verdict {
            Verdict::Fails => ExampleOutcome::Fails,
            Verdict::Passes => ExampleOutcome::Passes,
            Verdict::DoesNotApply => ExampleOutcome::DoesNotApply,
            Verdict::OutOfSteps => ExampleOutcome::OutOfSteps,
        }
    }

    /// What an edit of this set says of an example, written as JSON.
    ///
    /// # Errors
    /// The example cannot be read.
    pub fn judge_example(
        &self,
        edit: &Edit,
        written: &str,
        parameters: &Parameters,
    ) -> Result<ExampleOutcome, String> {
        let example = ExampleRecord::read(written, edit.level)?;
        let mut parameters = parameters.clone();
        if let Some(day) = example.today.as_deref() {
            parameters.today =
                PartialDate::parse(day).ok().and_then(PartialDate::day).ok_or("TODAY is no day")?;
        }
        if let Some(date) = example.reference_date.as_deref() {
            parameters.reference_date = PartialDate::parse(date).ok();
        }
        let (tumors, others): (Vec<&Items>, Vec<&Items>) =
            (example.tumors.iter().collect(), example.others.iter().collect());
        let record = example.judged(&tumors, &others).ok_or("no tumor")?;
        Ok(self.verdict_alone(edit, &record, &parameters))
    }

    /// Does an edit of this set judge its example as it must: not failing the one, failing the other?
    ///
    /// # Errors
    /// The example cannot be read.
    pub fn judges_examples(&self, edit: &Edit, parameters: &Parameters) -> Result<(bool, bool), String> {
        let fails = |written: &str| {
            Ok::<_, String>(self.judge_example(edit, written, parameters)? == ExampleOutcome::Fails)
        };
        Ok((!fails(&edit.passes.written)?, fails(&edit.fails.written)?))
    }

    pub(super) fn sheet<'r>(&'r self, record: &Record<'r>, words: &'r Words) -> Sheet<'r> {
        Sheet {
            own: self.slots.values(record.patient, record.tumor),
            ids: self.slots.ids(),
            patient: record.patient,
            tumors: record.tumors,
            others: record.others,
            today: &words.today,
            reference_date: &words.reference_date,
            pathchart: words.pathchart.as_deref(),
        }
    }

    /// Does an edit rest on an item that is wrong by itself?
    fn rests_on(&self, edit: &Edit, broken: &[Slot]) -> bool {
        if broken.is_empty() {
            return false;
        }
        let read = if edit.dates_only { &edit.about } else { &edit.reads };
        broken.iter().any(|slot| read.contains(slot) || edit.about.contains(slot))
    }

    fn finding<'s>(
        &'s self,
        edit: &'s Edit,
        record: &Record<'_>,
        sheet: &Sheet<'_>,
        parameters: &Parameters,
    ) -> Finding<'s> {
        let cleared =
            edit.over_ride.as_ref().is_some_and(|o| o.values.iter().any(|v| v == sheet.own(o.slot)));
        let mut hash = Sha256::new();
        let mut take = |text: &str| {
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
            hash.update(text.as_bytes());
        };
        take(&edit.id);
        take(&edit.version.to_string());
        let mut values = Vec::with_capacity(edit.reads.len());
        for slot in &edit.reads {
            let id = self.slots.id(*slot);
            take(id);
            take(sheet.own(*slot));
            if edit.level == EditLevel::RecordSet
                && self.slots.item(*slot).is_some_and(|d| d.level == Level::Tumor)
            {
                for tumor in record.tumors {
                    take(tumor.value(id));
                }
            }
            values.push((id, sheet.own(*slot).to_owned()));
        }
        Finding {
            edit,
            outcome: if cleared { FindingOutcome::Overridden } else { FindingOutcome::Fails },
            values,
            input_hash: hex(&hash.finalize()),
            set: self,
            parameters: parameters.clone(),
        }
    }
}

/// Parameters as logic reads them.
pub(super) struct Words {
    pub(super) today: String,
    pub(super) reference_date: String,
    pub(super) pathchart: Option<Arc<PathChart>>,
}

impl Words {
    pub(super) fn of(parameters: &Parameters) -> Self {
        Self {
            today: PartialDate::from(parameters.today).to_string(),
            reference_date: parameters.reference_date.map(|d| d.to_string()).unwrap_or_default(),
            pathchart: parameters.pathchart.clone(),
        }
    }
}
