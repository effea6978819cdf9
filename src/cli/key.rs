//! `key`: the registry key.

use std::sync::Arc;

use clap::{Args, Subcommand};

use super::{Global, Outcome, backup::server_stopped};
use crate::{
    administration::rotation::Rotation,
    app,
    clock::{SystemChance, SystemClock},
    config::{Config, variable},
    db::key::RegistryKey,
};

/// Arguments of `key`.
#[derive(Args, Debug)]
pub struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Subcommand, Debug)]
enum KeyCommand {
    /// Give the registry a new key; the server must be stopped. Database and key from before stay.
    Rotate,
}

/// Runs `key`.
pub fn run(args: &KeyArgs, global: &Global) -> anyhow::Result<Outcome> {
    let KeyCommand::Rotate = args.command;
    let config = Config::load(global.data(), global.config.as_deref())?;
    if config.key.is_some() {
        anyhow::bail!(
            "The registry key stands in {}, where it cannot be changed from here. Put it into a file and set keys.file \
             to it first.",
            variable("keys.registry")
        );
    }
    let old = RegistryKey::of(&config)?;
    let _stopped = server_stopped(&config)?;
    let mut rotation = Rotation {
        target: &app::target(&config, &old),
        key_file: &config.key_file,
        old: &old,
        clock: Arc::new(SystemClock),
        chance: Arc::new(SystemChance),
        watch: &mut |_| {},
    };
    let done = rotation.run()?;
    if global.json {
        println!(
            "{}",
            serde_json::json!({
                "keyFile": config.key_file,
                "keyBefore": done.key_before,
                "databaseBefore": done.database_before,
                "resealed": done.resealed,
                "unopened": done.unopened,
            })
        );
        return Ok(Outcome::Done);
    }
    println!("The registry has a new key: {}. Put a copy of it away today.", config.key_file.display());
    if let Some(before) = &done.key_before {
        println!("The key from before is {}.", before.display());
    }
    if let Some(before) = &done.database_before {
        println!("The database from before is {}; the key from before opens it.", before.display());
    }
    println!("Delete what is from before once you have seen that the registry opens.");
    if done.unopened > 0 {
        println!("{} sealed values had not opened with the old key either.", done.unopened);
    }
    Ok(Outcome::Done)
}
