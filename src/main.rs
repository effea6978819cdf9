//! The program `cancer-registry`; everything is in the library.

use std::process::ExitCode;

use cancer_registry::cli;
use clap::Parser;

/// Ends without a word of its own when nobody reads what is printed any more, as in `user list | head`.
fn end_with_the_reader() {
    let ordinary = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let said = info.payload_as_str().unwrap_or_default();
        if said.starts_with("failed printing to std") && said.contains("Broken pipe") {
            std::process::exit(i32::from(cli::COULD_NOT_BE_DONE));
        }
        ordinary(info);
    }));
}

fn main() -> ExitCode {
    end_with_the_reader();
    match cli::run(cli::Cli::parse()) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(cli::COULD_NOT_BE_DONE)
        }
    }
}
