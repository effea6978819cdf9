//! All cases of a facility, page by page.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    case::{self, CaseCheck, Others},
    store::{self, RunRow},
};
use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    db::{Db, StoreError, Tx},
    edits::{EditSet, Parameters, Severity},
    facility::Facility,
};

/// Patients of a page: what is in memory at once, and how long others wait to write.
const PAGE: i64 = 250;

/// How to run.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions {
    /// The day the edits take for today.
    pub as_of: NaiveDate,
    /// Keep the results with the cases; else only count.
    pub keep: bool,
}

/// How often an edit failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EditCount {
    /// Version of the edit.
    pub version: u32,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What it says.
    pub message: String,
    /// Cases on which it fails and nothing clears it.
    pub fails: u64,
    /// Cases on which an over-ride clears it.
    pub overridden: u64,
    /// Cases on which it would have taken too many steps, and so did not apply.
    pub out_of_steps: u64,
}

/// What a run came to. `docs/edits.md` describes the JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunReport {
    /// Short name of the facility.
    pub facility: String,
    /// Id of the edit set.
    pub edit_set: String,
    /// Edits of the set.
    pub edits_in_set: usize,
    /// The day taken for today.
    pub as_of: NaiveDate,
    /// Public id of the run; none where nothing was kept.
    pub run: Option<String>,
    /// Patients with a case.
    pub patients: u64,
    /// Cases judged.
    pub tumors: u64,
    /// Cases with an error that stands.
    pub tumors_with_errors: u64,
    /// Cases with a warning that stands, and no error.
    pub tumors_with_warnings: u64,
    /// Errors that stand.
    pub errors: u64,
    /// Warnings that stand.
    pub warnings: u64,
    /// Failures cleared by an over-ride.
    pub overridden: u64,
    /// Edits left out because an item they read is wrong by itself.
    pub suppressed: u64,
    /// Most steps one edit took.
    pub most_steps: u32,
    /// By id of the edit, those that found something.
    pub edits: BTreeMap<String, EditCount>,
}

impl RunReport {
    fn new(set: &EditSet, place: &Facility, as_of: NaiveDate) -> Self {
        Self {
            facility: place.short_name.clone(),
            edit_set: set.id().to_owned(),
            edits_in_set: set.edits().len(),
            as_of,
            run: None,
            patients: 0,
            tumors: 0,
            tumors_with_errors: 0,
            tumors_with_warnings: 0,
            errors: 0,
            warnings: 0,
            overridden: 0,
            suppressed: 0,
            most_steps: 0,
            edits: BTreeMap::new(),
        }
    }

    fn add(&mut self, found: &[CaseCheck<'_>]) {
        self.patients += u64::from(!found.is_empty());
        for case in found {
            let judged = &case.judgement;
            let (errors, warnings) = (judged.open(Severity::Error), judged.open(Severity::Warning));
            self.tumors += 1;
            self.tumors_with_errors += u64::from(errors > 0);
            self.tumors_with_warnings += u64::from(errors == 0 && warnings > 0);
            self.errors += number(errors);
            self.warnings += number(warnings);
            self.overridden += number(judged.overridden());
            self.suppressed += number(judged.suppressed.len());
            self.most_steps = self.most_steps.max(judged.most_steps);
            for finding in &judged.findings {
                let count = self.count(finding.edit);
                if finding.is_open() { count.fails += 1 } else { count.overridden += 1 }
            }
            for edit in &judged.out_of_steps {
                self.count(edit).out_of_steps += 1;
            }
        }
    }

    fn count(&mut self, edit: &crate::edits::Edit) -> &mut EditCount {
        if !self.edits.contains_key(&edit.id) {
            let new = EditCount {
                version: edit.version,
                severity: edit.severity.word(),
                message: edit.message.clone(),
                fails: 0,
                overridden: 0,
                out_of_steps: 0,
            };
            self.edits.insert(edit.id.clone(), new);
        }
        self.edits.get_mut(&edit.id).expect("it was just put in")
    }
}

fn number(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Runs a set over all cases of a facility that are not voided. Each page is a transaction of its own, so
/// that people go on working; a count alone reads one snapshot.
///
/// # Errors
/// When the store fails. Pages kept before stay.
pub fn run_registry(
    db: &Db,
    actor: &Actor,
    place: &Facility,
    set: &EditSet,
    options: RunOptions,
    progress: &mut dyn FnMut(&RunReport),
) -> Result<RunReport, StoreError> {
    let actor = actor.at(place.key);
    let parameters = db.read(|conn| case::parameters(conn, place, options.as_of))?;
    let mut report = RunReport::new(set, place, options.as_of);
    let mut after = 0;
    if !options.keep {
        return db.view(&actor, |tx| {
            while let Some((found, last)) = next(tx, set, &parameters, after)? {
                after = last;
                found.iter().for_each(|f| report.add(f));
                progress(&report);
            }
            let detail = format!("counted: {} cases, edit set {}", report.tumors, set.id());
            tx.record(Event::new(AuditAction::RunEdits).detail(detail));
            Ok(report)
        });
    }
    let (run, uid) = db.write(&actor, |tx| begin(tx, set, options.as_of))?;
    report.run = Some(uid.clone());
    loop {
        let page = db.write(&actor, |tx| {
            let page = next(tx, set, &parameters, after)?;
            let detail = match &page {
                Some((found, last)) => {
                    let cases: Vec<CaseCheck<'_>> = found.iter().flatten().cloned().collect();
                    case::keep(tx, set, Some(run), &cases)?;
                    format!("run {uid}, {} cases, up to {last}", cases.len())
                }
                None => {
                    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
                    let figures =
                        [report.tumors, report.errors, report.warnings, report.overridden].map(count);
                    let now = tx.now().naive_utc();
                    store::end_run(tx.conn(), run, now, figures)?;
                    format!("run {uid} ended: {} cases", report.tumors)
                }
            };
            tx.record(Event::new(AuditAction::RunEdits).detail(detail));
            Ok::<_, StoreError>(page)
        })?;
        let Some((found, last)) = page else { return Ok(report) };
        after = last;
        found.iter().for_each(|f| report.add(f));
        progress(&report);
    }
}

fn begin(tx: &mut Tx<'_>, set: &EditSet, as_of: NaiveDate) -> Result<(i64, String), StoreError> {
    let (scope, now, uid) = (tx.scope()?, tx.now().naive_utc(), tx.new_id().to_string());
    store::know_set(tx.conn(), set, now)?;
    let row = RunRow {
        uid: uid.clone(),
        facility_id: scope.facility(),
        set_id: set.id().to_owned(),
        as_of,
        started_at: now,
        finished_at: None,
        actor_name: tx.actor().name.clone(),
        tumors: 0,
        errors: 0,
        warnings: 0,
        overridden: 0,
    };
    let run = store::begin_run(tx.conn(), &row)?;
    tx.record(Event::new(AuditAction::RunEdits).detail(format!("run {uid} begun, edit set {}", set.id())));
    Ok((run, uid))
}

/// Judged patients and the key of the last; none when there are no more.
type Page<'s> = Option<(Vec<Vec<CaseCheck<'s>>>, i64)>;

fn next<'s>(
    tx: &mut Tx<'_>,
    set: &'s EditSet,
    parameters: &Parameters,
    after: i64,
) -> Result<Page<'s>, StoreError> {
    let scope = tx.scope()?;
    let patients = store::page(tx.conn(), scope, after, PAGE)?;
    let Some(last) = patients.last().map(|p| p.key) else { return Ok(None) };
    let numbers = patients.iter().flat_map(|p| &p.tumors).map(|t| t.accession.clone()).collect();
    let others = Others::of(tx.conn(), scope, numbers)?;
    let found = patients.iter().map(|p| case::judge(set, parameters, p, &others)).collect();
    Ok(Some((found, last)))
}
