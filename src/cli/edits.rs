//! `edits`: test the shipped edits, check a table of edits, run edits over the registry.

use std::{
    fs,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Global, Outcome, serve::open};
use crate::edits::{EditSet, SelfTest, example_parameters, fuzz, selftest, shipped};
use crate::{
    access::Actor,
    checking::{self, RunOptions, RunReport, run_registry, set_of},
    db::{Db, StoreError},
    facility::{self, Facility},
    partial_date::PartialDate,
};

/// What the command takes.
#[derive(Args, Debug)]
pub struct EditsArgs {
    /// What to do.
    #[command(subcommand)]
    pub what: EditsCommand,
}

/// What can be done with edits.
#[derive(Subcommand, Debug)]
pub enum EditsCommand {
    /// Judge the passing and the failing example of every shipped edit, and the golden records.
    Selftest {
        /// Also read and run this many pieces of invented logic on invented records.
        #[arg(long, value_name = "N", default_value_t = 0)]
        fuzz: u64,
        /// Where the inventing begins; the same seed invents the same.
        #[arg(long, value_name = "N", default_value_t = 1)]
        seed: u64,
        /// Judge the examples of the live local edits of each facility of the registry instead.
        #[arg(long)]
        local: bool,
    },
    /// Run the edits in force at each facility over all its cases; the results stay with the cases.
    Run {
        /// Facility; default all.
        #[arg(long, value_name = "NAME")]
        facility: Option<String>,
        /// The day the edits take for today; default today at the facility.
        #[arg(long, value_name = "D", value_parser = day)]
        as_of: Option<NaiveDate>,
        /// Only count; keep nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Read a table of edits and judge its examples; refused with the place and what is allowed.
    Check {
        /// The table: columns parted by tabs, see docs/edits.md.
        file: PathBuf,
    },
}

/// Runs the command.
pub(super) fn run(args: &EditsArgs, global: &Global) -> anyhow::Result<Outcome> {
    match &args.what {
        EditsCommand::Selftest { local: true, .. } => tested_local(&open(global)?.db, global.json),
        EditsCommand::Selftest { fuzz, seed, local: false } => tested(shipped(), (*fuzz, *seed), global.json),
        EditsCommand::Run { facility, as_of, dry_run } => {
            let app = open(global)?;
            run_over(&app.db, facility.as_deref(), *as_of, *dry_run, global.json)
        }
        EditsCommand::Check { file } => {
            let table =
                fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
            match EditSet::parse(&table) {
                Ok(set) => tested(&set, (0, 0), global.json),
                Err(problem) => {
                    if global.json {
                        println!("{}", json!({ "refused": problem.to_string() }));
                    } else {
                        eprintln!("{} is refused: {problem}", file.display());
                    }
                    Ok(Outcome::Findings)
                }
            }
        }
    }
}

fn day(text: &str) -> Result<NaiveDate, String> {
    let date = PartialDate::parse(&text.replace('-', "")).map_err(|e| e.to_string())?;
    date.day().ok_or_else(|| format!("“{text}” is no day. Enter one like 2026-07-01."))
}

/// Runs the edits in force over facilities; findings when an error stands.
pub fn run_over(
    db: &Db,
    facility: Option<&str>,
    as_of: Option<NaiveDate>,
    dry_run: bool,
    json: bool,
) -> anyhow::Result<Outcome> {
    let places = db.read(|conn| match facility {
        None => facility::all(conn).map_err(anyhow::Error::from),
        Some(name) => facility::find(conn, name)?.map(|found| vec![found]).ok_or_else(|| {
            anyhow::anyhow!("“{name}” is no facility here. Give its short name, NPI or public id.")
        }),
    })?;
    let (mut reports, mut open) = (Vec::new(), 0);
    for place in &places {
        let as_of = as_of.unwrap_or_else(|| db.clock.today(place.zone));
        let options = RunOptions { as_of, keep: !dry_run };
        let begun = Instant::now();
        let mut told = begun;
        let set = set_at(db, place)?;
        let report = run_registry(db, &Actor::host(None), place, &set, options, &mut |so_far| {
            if told.elapsed() > Duration::from_secs(10) {
                told = Instant::now();
                eprintln!("{}: {} cases", place.short_name, so_far.tumors);
            }
        })?;
        let seconds = begun.elapsed().as_secs_f64();
        open += report.errors;
        if json {
            let mut figures = serde_json::to_value(&report)?;
            if let Some(figures) = figures.as_object_mut() {
                figures.insert("seconds".to_owned(), json!(seconds));
                figures.insert("tumorsPerSecond".to_owned(), json!(rate(report.tumors, seconds)));
            }
            reports.push(figures);
        } else {
            print!("{}", words(&report, seconds));
        }
    }
    if json {
        println!("{}", json!({ "facilities": reports }));
    }
    Ok(if open == 0 { Outcome::Done } else { Outcome::Findings })
}

/// The edits in force at a facility.
fn set_at(db: &Db, place: &Facility) -> Result<Arc<EditSet>, StoreError> {
    let here = Actor::host(Some(place.key)).scope();
    let here = here.ok_or_else(|| StoreError::Refused("no facility was chosen".to_owned()))?;
    db.read(|conn| set_of(conn, here))
}

/// Judges the examples of the live local edits of all facilities beside the shipped edits.
fn tested_local(db: &Db, json: bool) -> anyhow::Result<Outcome> {
    let parameters = example_parameters();
    let (mut told, mut wrong) = (Vec::new(), 0);
    for place in db.read(facility::all)? {
        let here = Actor::host(Some(place.key)).scope().context("no facility was chosen")?;
        let (set, rules) = db.read(|conn| {
            Ok::<_, StoreError>((set_of(conn, here)?, checking::local::live_rules(conn, here)?))
        })?;
        let (mut passing, mut failing, mut problems) = (0, 0, Vec::new());
        for rule in &rules {
            let Some(edit) = set.get(&rule.id) else {
                let why = checking::local::unreadable(rule).unwrap_or_default();
                problems.push(format!("{}: this program cannot read it: {why}", rule.id));
                continue;
            };
            match set.judges_examples(edit, &parameters) {
                Ok((passes, fails)) => {
                    passing += usize::from(passes);
                    failing += usize::from(fails);
                    if !passes {
                        problems.push(format!("{}: fails its passing example", rule.id));
                    }
                    if !fails {
                        problems.push(format!("{}: does not fail its failing example", rule.id));
                    }
                }
                Err(why) => problems.push(format!("{}: {why}", rule.id)),
            }
        }
        wrong += problems.len();
        if json {
            told.push(json!({
                "facility": place.short_name,
                "editSet": set.id(),
                "localEdits": rules.len(),
                "passingExamples": passing,
                "failingExamples": failing,
                "problems": problems,
            }));
        } else {
            println!("{}: edit set {}", place.short_name, set.id());
            println!(
                "{passing} of {0} passing and {failing} of {0} failing examples of live local edits come out right",
                rules.len()
            );
            for problem in problems {
                println!("  {problem}");
            }
        }
    }
    if json {
        println!("{}", json!({ "facilities": told }));
    }
    Ok(if wrong == 0 { Outcome::Done } else { Outcome::Findings })
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate to read"
)]
fn rate(tumors: u64, seconds: f64) -> u64 {
    (tumors as f64 / seconds.max(0.001)) as u64
}

fn words(report: &RunReport, seconds: f64) -> String {
    let mut out = format!(
        "{}: {} cases of {} patients judged with {} edits in {seconds:.1} s ({} a second)\n",
        report.facility,
        report.tumors,
        report.patients,
        report.edits_in_set,
        rate(report.tumors, seconds)
    );
    out.push_str(&format!(
        "{} errors in {} cases, {} warnings, {} cleared by over-rides\n",
        report.errors, report.tumors_with_errors, report.warnings, report.overridden
    ));
    let mut edits: Vec<_> = report.edits.iter().collect();
    edits.sort_by(|a, b| b.1.fails.cmp(&a.1.fails).then(a.0.cmp(b.0)));
    for (id, count) in edits {
        out.push_str(&format!("  {id:<11} {:<7} {:>7}  {}\n", count.severity, count.fails, count.message));
    }
    out
}

fn tested(set: &EditSet, (cases, seed): (u64, u64), json: bool) -> anyhow::Result<Outcome> {
    let SelfTest { edits, passing, failing, golden, golden_clean, problems } = selftest(set);
    let begun = Instant::now();
    let fuzzed = fuzz(cases, seed);
    let seconds = begun.elapsed().as_secs_f64();
    if json {
        let mut figures = json!({
            "editSet": set.id(),
            "edits": edits,
            "passingExamples": passing,
            "failingExamples": failing,
            "goldenRecords": golden,
            "goldenRecordsClean": golden_clean,
            "problems": problems,
        });
        if cases > 0 {
            let fuzz = json!({
                "cases": fuzzed.cases,
                "seed": seed,
                "refused": fuzzed.refused,
                "answered": fuzzed.answered,
                "notApplied": fuzzed.not_applied,
                "outOfSteps": fuzzed.out_of_steps,
                "overBudget": fuzzed.over_budget,
                "panicked": fuzzed.panicked,
                "seconds": seconds,
            });
            if let Some(figures) = figures.as_object_mut() {
                figures.insert("fuzz".to_owned(), fuzz);
            }
        }
        println!("{figures}");
    } else {
        println!("edit set {}", set.id());
        println!("{passing} of {edits} passing examples pass");
        println!("{failing} of {edits} failing examples fail");
        println!("{golden_clean} of {golden} golden records raise nothing");
        for problem in &problems {
            println!("  {problem}");
        }
        if cases > 0 {
            println!(
                "{} pieces of invented logic in {seconds:.0} s: {} refused, {} answered, {} did not apply, {} \
                 stopped at their bound; {} over it, {} panics",
                fuzzed.cases,
                fuzzed.refused,
                fuzzed.answered,
                fuzzed.not_applied,
                fuzzed.out_of_steps,
                fuzzed.over_budget,
                fuzzed.panicked.len()
            );
            for logic in &fuzzed.panicked {
                println!("  panicked: {logic}");
            }
        }
    }
    Ok(if problems.is_empty() && fuzzed.is_clean() { Outcome::Done } else { Outcome::Findings })
}
