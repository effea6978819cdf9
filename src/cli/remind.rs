//! `remind`: reminders now, for cron jobs and people.

use chrono::NaiveDateTime;
use clap::Args;
use serde_json::json;

use super::{Global, Outcome, serve::open, user::chosen_facility};
use crate::reminder::{
    job::{Reminders, Report, When, parse_at},
    scheduler::Made,
};

/// Arguments of `remind`.
#[derive(Args, Debug)]
pub struct RemindArgs {
    /// As if it were this local time of the facility, like 2026-11-30T08:00.
    #[arg(long, value_parser = parse_at)]
    at: Option<NaiveDateTime>,
    /// Show which mails would be made; write and send nothing.
    #[arg(long)]
    dry_run: bool,
    /// Only this facility, by short name.
    #[arg(long)]
    facility: Option<String>,
}

/// Runs `remind`. Exit code 1 when a mail failed for good.
pub fn run(args: &RemindArgs, global: &Global) -> anyhow::Result<Outcome> {
    let app = open(global)?;
    let only = match &args.facility {
        None => None,
        Some(word) => Some(chosen_facility(&app, Some(word))?.key),
    };
    let reminders = Reminders::new(app.db.clone(), &app.config)?;
    let when = args.at.map_or(When::Now, When::At);
    let report = if args.dry_run {
        Report { created: reminders.preview(when, only)?, ..Report::default() }
    } else {
        reminders.run(when, only)?
    };
    if global.json {
        println!("{}", as_json(&report));
    } else {
        tell(&report, args.dry_run);
    }
    Ok(if report.tally.failed > 0 { Outcome::Findings } else { Outcome::Done })
}

fn as_json(report: &Report) -> serde_json::Value {
    let created: Vec<_> = report
        .created
        .iter()
        .map(|m| json!({ "kind": m.kind.code(), "recipient": m.recipient, "period": m.period, "covers": m.covers }))
        .collect();
    let t = report.tally;
    json!({
        "created": created,
        "sent": t.sent,
        "cancelled": t.cancelled,
        "failed": t.failed,
        "waiting": t.waiting,
    })
}

fn tell(report: &Report, dry_run: bool) {
    let verb = if dry_run { "Would make" } else { "Made" };
    for Made { kind, recipient, period, covers } in &report.created {
        let with = covers.as_ref().map(|c| format!(", with the new due items of {c}")).unwrap_or_default();
        println!("{verb} {} {period} for {recipient}{with}", kind.code());
    }
    if report.created.is_empty() {
        println!("No mail is to be made.");
    }
    if !dry_run {
        let t = report.tally;
        println!("Sent {}, cancelled {}, failed {}, waiting {}.", t.sent, t.cancelled, t.failed, t.waiting);
    }
}
