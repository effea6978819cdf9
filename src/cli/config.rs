//! `config show`: every setting, the value in force and where it came from; secrets masked.

use clap::{Args, Subcommand};

use super::{Global, Outcome};
use crate::config::{Config, Origin, variable};

/// Arguments of `config`.
#[derive(Args, Debug)]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Subcommand, Debug)]
enum ConfigCommand {
    /// Print every setting with its value and origin.
    Show,
}

/// Runs `config`.
pub fn run(args: &ConfigArgs, global: &Global) -> anyhow::Result<Outcome> {
    let ConfigCommand::Show = args.command;
    let settings = Config::read(global.data(), global.config.as_deref())?;
    let shown = |value: &str, secret: bool| match (secret, value.is_empty()) {
        (true, false) => "********".to_owned(),
        _ => value.to_owned(),
    };
    let origin = |o: &Origin| match o {
        Origin::Default => "default",
        Origin::File => "file",
        Origin::Environment => "environment",
    };
    if global.json {
        let list: Vec<_> = settings
            .iter()
            .map(|s| {
                serde_json::json!({
                    "key": s.known.key,
                    "value": shown(&s.value, s.known.secret),
                    "origin": origin(&s.origin),
                    "variable": variable(s.known.key),
                    "meaning": s.known.meaning,
                })
            })
            .collect();
        println!("{}", serde_json::json!({ "settings": list }));
    } else {
        for s in &settings {
            println!(
                "# {}\n{} = {:?}  # {}",
                s.known.meaning,
                s.known.key,
                shown(&s.value, s.known.secret),
                origin(&s.origin)
            );
        }
    }
    // Problems are told even when only looking.
    Config::check(global.data(), &settings)?;
    Ok(Outcome::Done)
}
