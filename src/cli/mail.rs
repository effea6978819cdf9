//! `mail`: try the mail settings from the host.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Global, Outcome, serve::open};
use crate::{
    access::Actor,
    reminder::{desk, job},
};

/// Arguments of `mail`.
#[derive(Args, Debug)]
pub struct MailArgs {
    #[command(subcommand)]
    command: MailCommand,
}

#[derive(Subcommand, Debug)]
enum MailCommand {
    /// Send a test mail to an address, now.
    Test {
        /// Address, like name@hospital.example.
        address: String,
    },
}

/// Runs `mail`. Exit code 1 when the mail was not taken.
pub fn run(args: &MailArgs, global: &Global) -> anyhow::Result<Outcome> {
    let MailCommand::Test { address } = &args.command;
    let app = open(global)?;
    let mailer = job::mailer(&app.config.mail)?;
    let goes = job::describe(&app.config);
    let tried = desk::send_test_now(&app.db, &Actor::host(None), mailer.as_ref(), &app.config, address)?;
    if global.json {
        println!(
            "{}",
            json!({ "address": address, "through": goes, "sent": tried.is_ok(), "reason": tried.as_ref().err() })
        );
    } else {
        match &tried {
            Ok(()) => println!("Sent to {address} through {goes}."),
            Err(reason) => println!("Not sent to {address} through {goes}: {reason}"),
        }
    }
    Ok(if tried.is_ok() { Outcome::Done } else { Outcome::Findings })
}
