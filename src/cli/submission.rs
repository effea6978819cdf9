//! `submission`: batches for the central registry.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Global, Outcome, serve::open, user::chosen_facility};
use crate::{
    access::Actor,
    db::Db,
    exchange::submission::{self, Look, NotAnswered, NotFrozen, read_answers},
    facility::Facility,
};

/// What the command takes.
#[derive(Args, Debug)]
pub struct SubmissionArgs {
    /// Facility; needed where there are several.
    #[arg(long, global = true)]
    facility: Option<String>,
    /// What to do.
    #[command(subcommand)]
    what: SubmissionCommand,
}

#[derive(Subcommand, Debug)]
enum SubmissionCommand {
    /// What the next batch would hold, judged by the edits, and the batches before. Writes nothing.
    Status,
    /// Freeze the next batch and write its files; refused while a case has errors.
    Build {
        /// Folder for the files.
        #[arg(long)]
        out: PathBuf,
        /// Public id of a case to leave out; may be given several times.
        #[arg(long, value_name = "CASE")]
        leave_out: Vec<String>,
        /// Leave every case with errors out; they wait for the next batch.
        #[arg(long)]
        leave_out_errors: bool,
    },
    /// Write the files of a batch again, byte for byte.
    Files {
        /// Number of the batch.
        #[arg(long)]
        batch: i64,
        /// Folder for the files.
        #[arg(long)]
        out: PathBuf,
    },
    /// Take the receiver's answers: a CSV with accession, sequence, answer (accepted or rejected) and message.
    Answer {
        /// Number of the batch.
        #[arg(long)]
        batch: i64,
        /// The list.
        file: PathBuf,
    },
}

/// Runs the command.
///
/// # Errors
/// When the registry cannot be opened, or a file not be read or written.
pub fn run(args: &SubmissionArgs, global: &Global) -> anyhow::Result<Outcome> {
    let app = open(global)?;
    let place = chosen_facility(&app, args.facility.as_deref())?;
    let actor = Actor::host(Some(place.key));
    match &args.what {
        SubmissionCommand::Status => {
            let look = submission::look(&app.db, &actor, &place, &[])?;
            tell(&look, global.json)?;
            Ok(if look.with_errors == 0 { Outcome::Done } else { Outcome::Findings })
        }
        SubmissionCommand::Build { out, leave_out, leave_out_errors } => {
            let mut left_out = leave_out.clone();
            if *leave_out_errors {
                left_out.extend(with_errors(&app.db, &actor, &place, leave_out)?);
            }
            build(&app.db, &actor, &place, &left_out, out, global.json)
        }
        SubmissionCommand::Files { batch, out } => {
            let written = write_files(&app.db, &actor, *batch, out)?;
            say(global.json, &json!({ "batch": batch, "files": written }), &written.join("\n"));
            Ok(Outcome::Done)
        }
        SubmissionCommand::Answer { batch, file } => {
            let text =
                fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
            let list = match read_answers(&text) {
                Ok(list) => list,
                Err(wrong) => return Ok(refused(&wrong, global.json)),
            };
            match submission::answer(&app.db, &actor, &place, *batch, &list) {
                Ok(taken) => {
                    let words = format!(
                        "{} accepted, {} rejected, {} of them opened again; {} known already",
                        taken.accepted, taken.rejected, taken.reopened, taken.known
                    );
                    say(global.json, &serde_json::to_value(taken)?, &words);
                    Ok(Outcome::Done)
                }
                Err(NotAnswered::Store(e)) => Err(e.into()),
                Err(other) => Ok(refused(&[other.to_string()], global.json)),
            }
        }
    }
}

/// Public ids of the cases with errors.
fn with_errors(
    db: &Db,
    actor: &Actor,
    place: &Facility,
    leave_out: &[String],
) -> anyhow::Result<Vec<String>> {
    let look = submission::look(db, actor, place, leave_out)?;
    Ok(look.waiting.into_iter().filter(|w| !w.errors.is_empty()).map(|w| w.case).collect())
}

fn build(
    db: &Db,
    actor: &Actor,
    place: &Facility,
    left_out: &[String],
    out: &Path,
    as_json: bool,
) -> anyhow::Result<Outcome> {
    // A folder that cannot be written is told before anything is frozen.
    fs::create_dir_all(out).with_context(|| format!("{} cannot be made", out.display()))?;
    let look = submission::look(db, actor, place, left_out)?;
    if look.with_errors > 0 {
        tell(&look, as_json)?;
        return Ok(Outcome::Findings);
    }
    match submission::build(db, actor, place, left_out, &look.fingerprint) {
        Ok(number) => {
            let written = write_files(db, actor, number, out)?;
            let words = format!(
                "Batch {number} is frozen: {} new, {} corrections, {} deletions, {} left out.\n{}",
                look.new,
                look.corrections,
                look.deletions,
                left_out.len(),
                written.join("\n")
            );
            let told = json!({
                "batch": number, "new": look.new, "corrections": look.corrections, "deletions": look.deletions,
                "leftOut": left_out.len(), "files": written,
            });
            say(as_json, &told, &words);
            Ok(Outcome::Done)
        }
        Err(NotFrozen::Store(e)) => Err(e.into()),
        Err(other) => Ok(refused(&[other.to_string()], as_json)),
    }
}

/// Writes the files of a batch; none has its name before it is whole.
fn write_files(db: &Db, actor: &Actor, number: i64, out: &Path) -> anyhow::Result<Vec<String>> {
    let files = submission::files_of(db, actor, number)?
        .with_context(|| format!("There is no batch {number} at this facility."))?;
    fs::create_dir_all(out).with_context(|| format!("{} cannot be made", out.display()))?;
    let mut written = Vec::new();
    for (name, body) in files {
        let (path, part) = (out.join(&name), out.join(format!("{name}.part")));
        fs::write(&part, &body).and_then(|()| fs::rename(&part, &path)).with_context(|| {
            format!("{} cannot be written; the batch is frozen, its files can be had again", path.display())
        })?;
        written.push(path.display().to_string());
    }
    Ok(written)
}

fn say(as_json: bool, told: &serde_json::Value, words: &str) {
    if as_json {
        println!("{told}");
    } else {
        println!("{words}");
    }
}

fn refused(why: &[String], as_json: bool) -> Outcome {
    if as_json {
        println!("{}", json!({ "refused": why }));
    } else {
        eprintln!("{}\nNothing was written.", why.join("\n"));
    }
    Outcome::Findings
}

fn tell(look: &Look, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        println!("{}", serde_json::to_string(look)?);
        return Ok(());
    }
    let due = look.due.map_or_else(|| "nothing waits".to_owned(), |day| format!("due {day}"));
    println!(
        "Next batch: {} new, {} corrections, {} deletions{}; {due}",
        look.new,
        look.corrections,
        look.deletions,
        if look.more { ", and more for the one after" } else { "" }
    );
    let counts = |counts: &std::collections::BTreeMap<String, usize>| {
        counts.iter().map(|(what, n)| format!("{what}: {n}")).collect::<Vec<_>>().join(", ")
    };
    println!("By class of case: {}\nBy year of diagnosis: {}", counts(&look.by_class), counts(&look.by_year));
    if look.with_errors > 0 {
        println!("{} cases have errors; nothing can be frozen with them:", look.with_errors);
    }
    for case in look.waiting.iter().filter(|w| !w.errors.is_empty()) {
        println!("  {} {}-{}: {}", case.case, case.accession, case.sequence, case.errors.join("; "));
    }
    for batch in &look.batches {
        println!(
            "Batch {} of {} UTC by {}: {} new, {} corrections, {} deletions; {} accepted, {} rejected, {} unanswered",
            batch.number,
            batch.frozen_at,
            batch.by,
            batch.new,
            batch.corrections,
            batch.deletions,
            batch.accepted,
            batch.rejected,
            batch.unanswered
        );
    }
    Ok(())
}
