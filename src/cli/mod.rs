//! The command line: one file a command, calling the same functions as the pages.
//!
//! Exit codes: 0 done, 1 findings or refusals, 2 wrong use, 3 could not be done (file,
//! database, key, network). With `--json` standard output holds one JSON document and
//! nothing else.

pub mod backup;
pub mod code;
pub mod config;
pub mod demo;
pub mod edits;
pub mod export;
pub mod followup;
pub mod import;
pub mod init;
pub mod key;
pub mod mail;
pub mod migrate;
pub mod outbox;
pub mod remind;
pub mod serve;
pub mod submission;
pub mod tables;
pub mod user;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

/// What every command takes.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// Data directory of the registry; default ./registry-data, and ./registry-demo for `demo`.
    #[arg(long, global = true, env = "CANCER_REGISTRY_DATA")]
    pub data: Option<PathBuf>,
    /// Settings file; default `config.toml` in the data directory.
    #[arg(long, global = true, env = "CANCER_REGISTRY_CONFIG")]
    pub config: Option<PathBuf>,
    /// Print one JSON document on standard output.
    #[arg(long, global = true)]
    pub json: bool,
}

impl Global {
    /// Data directory of the registry; only `demo` has another one unless it is named.
    pub fn data(&self) -> &Path {
        self.data.as_deref().unwrap_or(Path::new("./registry-data"))
    }
}

/// Hospital cancer registry.
#[derive(Parser, Debug)]
#[command(name = "cancer-registry", version, about)]
pub struct Cli {
    /// Options of all commands.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands; each variant's fields are in the file of its name.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Suggest ICD-O-3 site, morphology and laterality for a phrase, with reasons.
    Code(code::CodeArgs),
    /// Make a registry: key, encrypted database, facility, one-time link for the first administrator.
    Init(init::InitArgs),
    /// Answer browsers and do the program's own jobs.
    Serve(serve::ServeArgs),
    /// Make a practice registry of invented patients and serve it.
    Demo(demo::DemoArgs),
    /// Show the settings in force.
    Config(config::ConfigArgs),
    /// Bring the database up to this program's schema.
    Migrate,
    /// Accounts and roles.
    User(user::UserArgs),
    /// Follow-up: lists, rates, one patient, lost.
    Followup(followup::FollowupArgs),
    /// Make the mails that are due, and send what waits.
    Remind(remind::RemindArgs),
    /// What became of each mail.
    Outbox(outbox::OutboxArgs),
    /// Make a sealed copy of everything in one file.
    Backup(backup::BackupArgs),
    /// Bring a backup back; the server must be stopped.
    Restore(backup::RestoreArgs),
    /// Check the database, or read a backup through.
    Check(backup::CheckArgs),
    /// The registry key.
    Key(key::KeyArgs),
    /// Try the mail settings.
    Mail(mail::MailArgs),
    /// Bring files in, with a ledger of what became of each record.
    Import(import::ImportArgs),
    /// Take records out, losing nothing.
    Export(export::ExportArgs),
    /// Batches for the central registry: look, freeze, send again, take answers.
    Submission(submission::SubmissionArgs),
    /// Reference tables that the registry brings in itself.
    Tables(tables::TablesArgs),
    /// Edits: test them, check a table of them, run them.
    Edits(edits::EditsArgs),
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Done,
    /// Exit code 1: it ran, and there are findings or refusals.
    Findings,
    /// Exit code 2: the command was not understood.
    WrongUse,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::SUCCESS,
            Outcome::Findings => Self::from(1),
            Outcome::WrongUse => Self::from(2),
        }
    }
}

/// Exit code of a command that failed with an error.
pub const COULD_NOT_BE_DONE: u8 = 3;

/// Runs a command.
pub fn run(cli: Cli) -> anyhow::Result<Outcome> {
    match cli.command {
        Command::Code(args) => code::run(&args, cli.global.json),
        Command::Init(args) => init::run(&args, &cli.global),
        Command::Serve(args) => serve::run(&args, &cli.global),
        Command::Demo(args) => demo::run(&args, &cli.global),
        Command::Config(args) => config::run(&args, &cli.global),
        Command::Migrate => migrate::run(&cli.global),
        Command::User(args) => user::run(&args, &cli.global),
        Command::Followup(args) => followup::run(&args, &serve::open(&cli.global)?.db, cli.global.json),
        Command::Remind(args) => remind::run(&args, &cli.global),
        Command::Outbox(args) => outbox::run(&args, &cli.global),
        Command::Backup(args) => backup::make(&args, &cli.global),
        Command::Restore(args) => backup::restore(&args, &cli.global),
        Command::Check(args) => backup::check(&args, &cli.global),
        Command::Key(args) => key::run(&args, &cli.global),
        Command::Mail(args) => mail::run(&args, &cli.global),
        Command::Import(args) => import::run(&args, &cli.global),
        Command::Export(args) => export::run(&args, &cli.global),
        Command::Submission(args) => submission::run(&args, &cli.global),
        Command::Tables(args) => tables::run(&args, &cli.global),
        Command::Edits(args) => edits::run(&args, &cli.global),
    }
}
