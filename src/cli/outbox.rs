//! `outbox`: what became of each mail.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Global, Outcome, serve::open, user::chosen_facility};
use crate::{
    access::Actor,
    reminder::{
        desk::{self, Again},
        outbox::{OutboxRow, State},
    },
};

/// Arguments of `outbox`.
#[derive(Args, Debug)]
pub struct OutboxArgs {
    #[command(subcommand)]
    command: OutboxCommand,
    /// Facility, by short name; needed where there are several.
    #[arg(long, global = true)]
    facility: Option<String>,
}

#[derive(Subcommand, Debug)]
enum OutboxCommand {
    /// List mails, newest first.
    List {
        /// Only those in this state: queued, sending, sent, failed, cancelled, covered.
        #[arg(long)]
        state: Option<State>,
        /// At most this many.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Let a failed mail wait for another attempt; without an id all failed ones.
    Retry {
        /// Id of the mail, as `list` shows it.
        id: Option<String>,
    },
    /// Show one mail.
    Show {
        /// Id of the mail, as `list` shows it.
        id: String,
    },
}

/// Runs `outbox`. Exit code 1 when a mail does not exist or has not failed.
pub fn run(args: &OutboxArgs, global: &Global) -> anyhow::Result<Outcome> {
    let app = open(global)?;
    let place = chosen_facility(&app, args.facility.as_deref())?;
    match &args.command {
        OutboxCommand::List { state, limit } => {
            let rows = desk::list(&app.db, place.key, *state, *limit)?;
            if global.json {
                println!("{}", Value::from(rows.iter().map(as_json).collect::<Vec<_>>()));
            } else if rows.is_empty() {
                println!("No mail here.");
            } else {
                for row in &rows {
                    println!(
                        "{}  {:<9}  {:<4}  {:<10}  {:<20}  {}",
                        row.id,
                        row.state.word(),
                        row.kind_word,
                        row.period.split(' ').next().unwrap_or_default(),
                        row.recipient,
                        row.remark
                    );
                }
            }
            Ok(Outcome::Done)
        }
        OutboxCommand::Show { id } => {
            let Some(row) = desk::find(&app.db, place.key, id)? else { return Ok(unknown(id)) };
            if global.json {
                println!("{}", as_json(&row));
            } else if let Value::Object(facts) = as_json(&row) {
                for (name, value) in facts {
                    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    println!("{name:<16} {shown}");
                }
            }
            Ok(Outcome::Done)
        }
        OutboxCommand::Retry { id } => {
            let ids = match id {
                Some(id) => vec![id.clone()],
                None => {
                    let failed = desk::list(&app.db, place.key, Some(State::Failed), usize::MAX)?;
                    failed.into_iter().map(|row| row.id).collect()
                }
            };
            let (mut again, mut refused) = (Vec::new(), false);
            for id in ids {
                match desk::try_again(&app.db, &Actor::host(Some(place.key)), place.key, &id)? {
                    Again::Waits => again.push(id),
                    Again::NotFailed => {
                        eprintln!("Mail {id} has not failed; only a failed mail can be tried again.");
                        refused = true;
                    }
                    Again::Unknown => {
                        unknown(&id);
                        refused = true;
                    }
                }
            }
            if global.json {
                println!("{}", json!({ "retried": again }));
            } else {
                println!("{} to be tried again.", again.len());
            }
            Ok(if refused { Outcome::Findings } else { Outcome::Done })
        }
    }
}

fn unknown(id: &str) -> Outcome {
    eprintln!("There is no mail “{id}” in this facility. `outbox list` shows the ids.");
    Outcome::Findings
}

fn as_json(row: &OutboxRow) -> Value {
    let counts = row.counts.map(|c| {
        json!({ "due": c.due, "overdue": c.overdue, "delinquent": c.delinquent, "newlyDue": c.newly_due })
    });
    json!({
        "id": row.id,
        "facility": row.facility,
        "recipient": row.recipient,
        "kind": row.kind_word,
        "period": row.period,
        "state": row.state.word(),
        "attempts": row.attempts,
        "createdAt": row.created_at.to_rfc3339(),
        "nextAttemptAt": (row.state == State::Queued).then(|| row.next_attempt_at.to_rfc3339()),
        "sentAt": row.sent_at.map(|at| at.to_rfc3339()),
        "messageId": row.message_id,
        "remark": row.remark,
        "coveredBy": row.covered_by,
        "counts": counts,
    })
}
