//! `serve`: answers browsers, and does the program's own jobs in the background.

use std::{fs, net::TcpListener, sync::Arc};

use anyhow::Context;
use clap::Args;

use super::{Global, Outcome, init::now_here};
use crate::{
    access::Actor,
    app,
    audit::{AuditAction, Event},
    clock::{SystemChance, SystemClock},
    config::Config,
    db::{StoreError, Target, key::RegistryKey, migrate},
    web::App,
};

/// Arguments of `serve`.
#[derive(Args, Debug, Default)]
pub struct ServeArgs {
    /// Address and port, instead of server.address of the settings.
    #[arg(long)]
    pub address: Option<std::net::SocketAddr>,
}

/// Opens a registry for a command of the host.
pub fn open(global: &Global) -> anyhow::Result<App> {
    let config = Config::load(global.data(), global.config.as_deref())?;
    app::open(config, Arc::new(SystemClock), Arc::new(SystemChance))
}

/// Runs `serve`.
pub fn run(args: &ServeArgs, global: &Global) -> anyhow::Result<Outcome> {
    let mut config = Config::load(global.data(), global.config.as_deref())?;
    if let Some(address) = args.address {
        config.server.address = address;
    }
    upgrade_embedded(&config)?;
    let app = app::open(config, Arc::new(SystemClock), Arc::new(SystemChance))?;
    serve(app)
}

/// An embedded registry of an older schema is upgraded after a verified copy; a server's is not,
/// since other instances may run.
fn upgrade_embedded(config: &Config) -> anyhow::Result<()> {
    let key = RegistryKey::of(config)?;
    let target = app::target(config, &key);
    let Target::Embedded { file, .. } = &target else { return Ok(()) };
    if !file.exists() {
        return Ok(());
    }
    if let Some(copy) = migrate::copy_before_upgrade(&target)? {
        let done = migrate::upgrade(&target)?;
        eprintln!("Upgraded the database ({}); the copy from before is {}.", done.join(", "), copy.display());
    }
    Ok(())
}

/// Listens until stopped. Only one server works on an embedded registry at a time.
pub fn serve(app: App) -> anyhow::Result<Outcome> {
    app::check_listening(&app)?;
    let lock = app.config.data.join("serve.lock");
    let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&lock)?;
    if app.config.database.url.is_none() && file.try_lock().is_err() {
        anyhow::bail!("Another server works on {} already. Stop it first.", app.config.data.display());
    }
    let address = app.config.server.address;
    let listener = TcpListener::bind(address).with_context(|| format!("listening on {address}"))?;
    let here = listener.local_addr()?;
    let scheme = if app.config.server.tls.is_some() { "https" } else { "http" };
    println!("The registry is open at {scheme}://{here}/ ({})", now_here());
    record(&app, "started")?;
    let stopped = app.clone();
    actix_web::rt::System::new().block_on(async move {
        let jobs = crate::app::jobs(&app)?;
        let server = app::server(app, listener)?;
        let ended = server.await;
        for job in jobs {
            job.abort();
        }
        ended.map_err(anyhow::Error::from)
    })?;
    record(&stopped, "stopped")?;
    drop(file);
    Ok(Outcome::Done)
}

fn record(app: &App, word: &str) -> Result<(), StoreError> {
    app.db.write(&Actor::job("server", None), |tx| {
        tx.record(Event::new(AuditAction::Server).detail(word));
        Ok(())
    })
}
