//! `edits`: test the shipped edits, check a table of edits, run edits over the registry.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Global, Outcome};
use crate::edits::{EditSet, SelfTest, selftest, shipped};

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
    Selftest,
    /// Read a table of edits and judge its examples; refused with the place and what is allowed.
    Check {
        /// The table: columns parted by tabs, see docs/edits.md.
        file: PathBuf,
    },
}

/// Runs the command.
pub(super) fn run(args: &EditsArgs, global: &Global) -> anyhow::Result<Outcome> {
    match &args.what {
        EditsCommand::Selftest => tested(shipped(), global.json),
        EditsCommand::Check { file } => {
            let table =
                fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
            match EditSet::parse(&table) {
                Ok(set) => tested(&set, global.json),
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

fn tested(set: &EditSet, json: bool) -> anyhow::Result<Outcome> {
    let SelfTest { edits, passing, failing, golden, golden_clean, problems } = selftest(set);
    if json {
        let figures = json!({
            "editSet": set.id(),
            "edits": edits,
            "passingExamples": passing,
            "failingExamples": failing,
            "goldenRecords": golden,
            "goldenRecordsClean": golden_clean,
            "problems": problems,
        });
        println!("{figures}");
    } else {
        println!("edit set {}", set.id());
        println!("{passing} of {edits} passing examples pass");
        println!("{failing} of {edits} failing examples fail");
        println!("{golden_clean} of {golden} golden records raise nothing");
        for problem in &problems {
            println!("  {problem}");
        }
    }
    Ok(if problems.is_empty() { Outcome::Done } else { Outcome::Findings })
}
