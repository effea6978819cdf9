//! The program `cancer-registry`; everything is in the library.

use std::process::ExitCode;

use cancer_registry::cli;
use clap::Parser;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(cli::COULD_NOT_BE_DONE)
        }
    }
}
