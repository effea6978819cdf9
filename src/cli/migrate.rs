//! `migrate`: brings the database up to this program's schema. Stop the server first.

use super::{Global, Outcome};
use crate::{
    app,
    config::Config,
    db::{key::RegistryKey, migrate},
};

/// Runs `migrate`.
pub fn run(global: &Global) -> anyhow::Result<Outcome> {
    let config = Config::load(global.data(), global.config.as_deref())?;
    let target = app::target(&config, &RegistryKey::of(&config)?);
    let copy = migrate::copy_before_upgrade(&target)?;
    let done = migrate::upgrade(&target)?;
    if global.json {
        println!("{}", serde_json::json!({ "applied": done, "copy": copy }));
    } else if done.is_empty() {
        println!("The database is current.");
    } else {
        println!("Upgraded the database: {}.", done.join(", "));
        if let Some(copy) = copy {
            println!("The copy from before is {}.", copy.display());
        }
    }
    Ok(Outcome::Done)
}
