//! `edits`: test the shipped edits, check a table of edits, run edits over the registry.

use std::{fs, path::PathBuf, time::Instant};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Global, Outcome};
use crate::edits::{EditSet, SelfTest, fuzz, selftest, shipped};

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
        EditsCommand::Selftest { fuzz, seed } => tested(shipped(), (*fuzz, *seed), global.json),
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
            figures["fuzz"] = json!({
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
