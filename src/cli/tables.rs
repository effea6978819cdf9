//! `tables`: reference tables that the registry brings in itself.

use std::{fs::File, path::PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};

use super::{Global, Outcome, serve::open};
use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    db::StoreError,
    icdo::PathChart,
    recodes::store,
};

/// Arguments of `tables`.
#[derive(Args, Debug)]
pub struct TablesArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Bring in the Cancer PathCHART table of SEER (CSV): validity of site and histology, diagnoses from 2024.
    ImportPathchart {
        /// The file.
        file: PathBuf,
    },
    /// Show which tables were brought in.
    List,
}

/// Runs `tables`.
pub fn run(args: &TablesArgs, global: &Global) -> anyhow::Result<Outcome> {
    match &args.what {
        What::ImportPathchart { file } => {
            let from = File::open(file).with_context(|| format!("{} cannot be opened", file.display()))?;
            let chart = match PathChart::read(from) {
                Ok(chart) => chart,
                Err(problem) if global.json => {
                    println!("{}", serde_json::json!({ "refused": problem.to_string() }));
                    return Ok(Outcome::Findings);
                }
                Err(problem) => {
                    eprintln!("{}: {problem}. Nothing was taken.", file.display());
                    return Ok(Outcome::Findings);
                }
            };
            let app = open(global)?;
            let actor = Actor::host(None);
            let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            app.db.write(&actor, |tx| {
                let (by, at) = (tx.actor().name.clone(), tx.now());
                store::put_pathchart(tx.conn(), &chart, &name, &by, at)?;
                let detail = format!("Cancer PathCHART table, {} pairs", chart.pairs());
                tx.record(Event::new(AuditAction::ChangeSetting).detail(detail));
                Ok::<_, StoreError>(())
            })?;
            let (first, last) = chart.years().unwrap_or_default();
            if global.json {
                println!(
                    "{}",
                    serde_json::json!({ "pairs": chart.pairs(), "firstYear": first, "lastYear": last })
                );
            } else {
                println!("{} pairs of site and morphology, lists of {first} to {last}.", chart.pairs());
            }
        }
        What::List => {
            let note = open(global)?.db.read(store::pathchart_note)?;
            match (note, global.json) {
                (Some(n), true) => println!(
                    "{}",
                    serde_json::json!({ "pathchart": { "file": n.file_name, "version": n.version, "by": n.loaded_by,
                        "at": n.loaded_at.and_utc().to_rfc3339() } })
                ),
                (None, true) => println!("{}", serde_json::json!({ "pathchart": null })),
                (Some(n), false) => println!(
                    "Cancer PathCHART: {}, brought in on {} by {}.",
                    n.file_name,
                    n.loaded_at.date(),
                    n.loaded_by
                ),
                (None, false) => println!("Cancer PathCHART: not brought in."),
            }
        }
    }
    Ok(Outcome::Done)
}
