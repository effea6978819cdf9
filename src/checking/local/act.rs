//! What supervisors do with local edits.

use super::{
    history::History,
    rule::{self, Checked, Rule},
    sets,
    store::{self, Counted, VersionRow},
};
use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    checking::{
        case::{self, Others},
        store as cases,
    },
    db::{Db, HoldsStoreError, StoreError, Tx},
    dictionary::Items,
    edits::{EditSet, ExampleOutcome, Parameters, Record},
    facility::Facility,
};

/// Live local edits of a facility at most: each is run at every touch of a case.
const MOST_LIVE: usize = 100;
/// Shortest reason.
const SHORTEST_REASON: usize = 10;
/// Patients of a page: what is in memory at once.
const PAGE: i64 = 250;
/// Patients one dry run looks at before it stops and asks whether to go on.
pub(super) const PATIENTS: i64 = 20_000;
/// Cases shown.
pub(super) const SHOWN: usize = 50;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// No such edit at this facility.
    #[error("There is no such local edit.")]
    Missing,
    /// What is wrong with what was written.
    #[error("The edit cannot be kept as it is.")]
    Wrong(Checked),
    /// Somebody wrote a newer version.
    #[error("A newer version was written meanwhile. Look at it first.")]
    Stale,
    /// Nothing changed.
    #[error("Nothing differs from the version before.")]
    Same,
    /// The version is live.
    #[error("This version is live already.")]
    IsLive,
    /// The edit is not live.
    #[error("The edit is not live, so it cannot be retired.")]
    IsNotLive,
    /// This version never was tried.
    #[error("Make a dry run of this version first.")]
    NoDryRun,
    /// The dry run stopped on the way.
    #[error("The dry run did not come to the end of the registry. Go on with it first.")]
    NotToTheEnd,
    /// It takes too long.
    #[error("It takes too many steps on {0} cases. Make it simpler.")]
    TooManySteps(i64),
    /// As many as there may be.
    #[error("{MOST_LIVE} local edits are live already. Retire one first.")]
    TooMany,
    /// Too short a reason.
    #[error("A reason of at least {SHORTEST_REASON} characters is needed.")]
    Reason,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl HoldsStoreError for NotDone {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl PartialEq for NotDone {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

/// All of one edit of the facility.
pub(super) fn history(tx: &mut Tx<'_>, edit: &str) -> Result<Option<History>, StoreError> {
    let scope = tx.scope()?;
    let versions = store::versions(tx.conn(), scope, Some(edit))?;
    if versions.is_empty() {
        return Ok(None);
    }
    let keys: Vec<i64> = versions.iter().map(|v| v.key).collect();
    let events = store::events(tx.conn(), scope, &keys)?;
    Ok(Some(History { versions, events }))
}

/// The edits in force besides one local edit: what a version of it is checked and tried beside.
pub(super) fn beside(tx: &mut Tx<'_>, edit: &str) -> Result<EditSet, StoreError> {
    let scope = tx.scope()?;
    let mut rules = sets::live_rules(tx.conn(), scope)?;
    rules.retain(|r| r.id != edit);
    Ok(sets::beside_shipped(&rules))
}

fn keep(tx: &mut Tx<'_>, rule: &Rule, reason: &str) -> Result<(), NotDone> {
    let beside = beside(tx, &rule.id)?;
    let checked = rule::check(rule, &beside);
    if !checked.problems.is_empty() {
        return Err(NotDone::Wrong(checked));
    }
    store::insert_version(tx, rule, reason)?;
    tx.record(
        Event::new(AuditAction::ChangeEdit).detail(format!("{} version {} written", rule.id, rule.version)),
    );
    Ok(())
}

/// Keeps a new edit as a draft; gives its id.
///
/// # Errors
/// [`NotDone::Wrong`] with what is wrong with it.
pub fn make(tx: &mut Tx<'_>, mut rule: Rule) -> Result<String, NotDone> {
    rule.id = store::next_id(tx.conn())?;
    rule.version = 1;
    keep(tx, &rule, "")?;
    Ok(rule.id)
}

/// Keeps the next version of an edit as a draft; `rule.version` is the version it was made from.
///
/// # Errors
/// [`NotDone`] when it is not of this facility, out of date, the same, without reason, or wrong.
pub fn change(tx: &mut Tx<'_>, mut rule: Rule, reason: &str) -> Result<(), NotDone> {
    let history = history(tx, &rule.id)?.ok_or(NotDone::Missing)?;
    let newest = history.newest().ok_or(NotDone::Missing)?;
    if newest.rule.version != rule.version {
        return Err(NotDone::Stale);
    }
    if rule.differences(&newest.rule).is_empty() {
        return Err(NotDone::Same);
    }
    if reason.trim().chars().count() < SHORTEST_REASON {
        return Err(NotDone::Reason);
    }
    rule.version += 1;
    keep(tx, &rule, reason.trim())
}

/// Puts a version in force.
///
/// # Errors
/// [`NotDone`] when it did not come through a dry run, or cannot be read any more.
pub fn go_live(tx: &mut Tx<'_>, edit: &str, version: u32) -> Result<(), NotDone> {
    let scope = tx.scope()?;
    let history = history(tx, edit)?.ok_or(NotDone::Missing)?;
    let row = history.version(version).ok_or(NotDone::Missing)?;
    history.may_go_live(row)?;
    let beside = beside(tx, edit)?;
    // The program may have changed since it was written.
    let checked = rule::check(&row.rule, &beside);
    if !checked.problems.is_empty() {
        return Err(NotDone::Wrong(checked));
    }
    if history.live().is_none() && store::live(tx.conn(), scope)?.len() >= MOST_LIVE {
        return Err(NotDone::TooMany);
    }
    store::insert_event(tx, row.key, "live", "", &Counted::default())?;
    let detail = format!("{edit} version {version} live");
    tx.record(Event::new(AuditAction::ChangeEdit).detail(detail));
    Ok(())
}

/// Takes an edit out of force.
///
/// # Errors
/// [`NotDone`] when it is not live, or without a reason.
pub fn retire(tx: &mut Tx<'_>, edit: &str, reason: &str) -> Result<(), NotDone> {
    let history = history(tx, edit)?.ok_or(NotDone::Missing)?;
    let live = history.live().ok_or(NotDone::IsNotLive)?;
    if reason.trim().chars().count() < SHORTEST_REASON {
        return Err(NotDone::Reason);
    }
    store::insert_event(tx, live.key, "retired", reason.trim(), &Counted::default())?;
    let detail = format!("{edit} version {} retired", live.rule.version);
    tx.record(Event::new(AuditAction::ChangeEdit).detail(detail));
    Ok(())
}

/// Runs a version over the cases of its facility, keeping nothing with them. It reads one snapshot, which
/// keeps nobody from working, and stops after a bounded number of patients; asked again it goes on from there.
/// A case counts as failing when a run with this version in force would tell it.
///
/// # Errors
/// [`NotDone`] when there is no such version, or the store fails.
pub fn dry_run(
    db: &Db,
    actor: &Actor,
    place: &Facility,
    edit: &str,
    version: u32,
    most: i64,
) -> Result<Counted, NotDone> {
    let counted = db.view(actor, |tx| {
        let history = history(tx, edit)?.ok_or(NotDone::Missing)?;
        let row = history.version(version).ok_or(NotDone::Missing)?;
        if history.newest().is_some_and(|newest| newest.key != row.key) {
            return Err(NotDone::Stale);
        }
        let before = history.dry_run(row).filter(|run| run.reached.is_some());
        let before = before.map(|run| Counted {
            tumors: run.tumors,
            fails: run.fails,
            out_of_steps: run.out_of_steps,
            reached: run.reached,
            cases: run.cases.lines().map(str::to_owned).collect(),
        });
        let set = with(&beside(tx, edit)?, row)?;
        let counted = count(tx, &set, row, place, before.unwrap_or_default(), most)?;
        let detail = format!("dry run of {edit} version {version}: {} cases", counted.tumors);
        tx.record(Event::new(AuditAction::RunEdits).detail(detail));
        Ok((row.key, counted))
    })?;
    let (key, counted) = counted;
    db.write(actor, |tx| {
        store::insert_event(tx, key, "dry_run", "", &counted)?;
        let detail = format!("dry run of {edit} version {version}: fails on {}", counted.fails);
        tx.record(Event::new(AuditAction::RunEdits).detail(detail));
        Ok::<_, NotDone>(())
    })?;
    Ok(counted)
}

fn with(beside: &EditSet, row: &VersionRow) -> Result<EditSet, NotDone> {
    beside.with(&rule::table(std::slice::from_ref(&row.rule))).map_err(|why| {
        let problems = vec![("name", why.to_string())];
        NotDone::Wrong(Checked { problems, ..Checked::default() })
    })
}

fn count(
    tx: &mut Tx<'_>,
    set: &EditSet,
    row: &VersionRow,
    place: &Facility,
    mut counted: Counted,
    most: i64,
) -> Result<Counted, StoreError> {
    let (scope, today) = (tx.scope()?, tx.now().with_timezone(&place.zone).date_naive());
    let parameters = case::parameters(tx.conn(), place, today)?;
    let Some(edit) = set.get(&row.rule.id) else { return Ok(counted) };
    let (mut after, mut patients) = (counted.reached.take().unwrap_or(0), 0);
    loop {
        let page = cases::page(tx.conn(), scope, after, PAGE.min(most - patients))?;
        let Some(last) = page.last().map(|p| p.key) else { return Ok(counted) };
        let numbers = page.iter().flat_map(|p| &p.tumors).map(|t| t.accession.clone()).collect();
        let others = Others::of(tx.conn(), scope, numbers)?;
        for patient in &page {
            let tumors: Vec<&Items> = patient.tumors.iter().map(|t| &t.items).collect();
            let beside = others.beside_all(patient);
            for tumor in &patient.tumors {
                let record =
                    Record { patient: &patient.items, tumor: &tumor.items, tumors: &tumors, others: &beside };
                counted.tumors += 1;
                match set.verdict_alone(edit, &record, &parameters) {
                    ExampleOutcome::Fails if stands(set, row, &record, &parameters) => {
                        counted.fails += 1;
                        if counted.cases.len() < SHOWN {
                            counted.cases.push(tumor.uid.clone());
                        }
                    }
                    ExampleOutcome::OutOfSteps => counted.out_of_steps += 1,
                    _ => {}
                }
            }
        }
        patients += i64::try_from(page.len()).unwrap_or(PAGE);
        after = last;
        if patients >= most {
            // Is there anybody after the last?
            if !cases::page(tx.conn(), scope, after, 1)?.is_empty() {
                counted.reached = Some(after);
            }
            return Ok(counted);
        }
    }
}

/// Would the failure be told? Not where an item it rests on is wrong by itself, or an over-ride clears it.
fn stands(set: &EditSet, row: &VersionRow, record: &Record<'_>, parameters: &Parameters) -> bool {
    set.judge(record, parameters).findings.iter().any(|f| f.edit.id == row.rule.id && f.is_open())
}
