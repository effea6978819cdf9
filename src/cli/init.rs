//! `init`: makes a registry: key, encrypted database, first facility, one-time link for the
//! first administrator. There is no default password.

use std::{fs, net::IpAddr, path::Path, sync::Arc};

use anyhow::Context;
use chrono::Utc;
use clap::Args;

use super::{Global, Outcome, backup};
use crate::{
    access::{
        Actor, Role,
        accounts::{self, LinkKind, NewAccount},
    },
    app,
    audit::{AuditAction, Event},
    clock::{Chance, Clock, SystemChance, SystemClock},
    config::Config,
    db::{
        Db, Target,
        key::{RegistryKey, private_folder, write_private},
        migrate,
    },
    facility::{self, FacilityForm},
};

/// Arguments of `init`.
#[derive(Args, Debug)]
pub struct InitArgs {
    /// Name of the hospital.
    #[arg(long)]
    pub facility: String,
    /// Short name for the bar and mails; default is the name.
    #[arg(long, default_value = "")]
    pub short_name: String,
    /// IANA time zone; default is this machine's.
    #[arg(long)]
    pub zone: Option<String>,
    /// First day from which cases are registered, a 1 January, like 2010-01-01.
    #[arg(long, default_value = "")]
    pub reference_date: String,
    /// National provider identifier of the facility, 10 digits.
    #[arg(long, default_value = "")]
    pub npi: String,
    /// Facility identification number, 10 digits.
    #[arg(long, default_value = "")]
    pub fin: String,
    /// User name of the first administrator.
    #[arg(long, default_value = "admin")]
    pub admin: String,
    /// Name of the first administrator.
    #[arg(long, default_value = "First administrator")]
    pub admin_name: String,
    /// Address of the first administrator.
    #[arg(long)]
    pub admin_email: String,
    /// Initials of the first administrator, 3 letters or digits.
    #[arg(long, default_value = "ADM")]
    pub admin_initials: String,
    /// Make a self-signed certificate for these names or addresses and use it.
    #[arg(long, num_args = 1.., value_name = "NAME")]
    pub self_signed: Vec<String>,
}

/// This machine's time, for messages.
pub fn now_here() -> String {
    SystemClock.now().with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M").to_string()
}

/// The zone of this machine by its IANA name, from TZ or the system's link.
fn machine_zone() -> String {
    let named = std::env::var("TZ").ok().map(|t| t.trim_start_matches(':').to_owned());
    let linked = || {
        let link = fs::read_link("/etc/localtime").ok()?;
        let text = link.to_string_lossy().into_owned();
        text.split_once("zoneinfo/").map(|(_, zone)| zone.to_owned())
    };
    let written = || fs::read_to_string("/etc/timezone").ok().map(|t| t.trim().to_owned());
    [named, linked(), written()]
        .into_iter()
        .flatten()
        .find(|z| z.parse::<chrono_tz::Tz>().is_ok())
        .unwrap_or_else(|| "UTC".to_owned())
}

/// Makes key and schema where there are none; gives the open database. Used by `demo` too.
pub fn make(config: &Config, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> anyhow::Result<Db> {
    private_folder(&config.data).with_context(|| format!("making {}", config.data.display()))?;
    let key = if config.key.is_some() || config.key_file.exists() {
        RegistryKey::of(config)?
    } else {
        let key = RegistryKey::random(chance.as_ref());
        key.write_new(&config.key_file)?;
        key
    };
    let target = app::target(config, &key);
    if let Target::Embedded { file, .. } = &target
        && file.exists()
    {
        anyhow::bail!("{} holds a registry already. Nothing was changed.", config.data.display());
    }
    migrate::upgrade(&target)?;
    Ok(Db::open(target, config.database.connections, clock, chance, key.sealer())?)
}

fn self_signed(config: &Config, names: &[String]) -> anyhow::Result<()> {
    let folder = config.data.join("keys");
    private_folder(&folder)?;
    // The set-up link names this machine by its loopback address.
    let mut all = names.to_vec();
    all.extend(
        ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into_iter().filter(|n| !names.contains(n)),
    );
    let made = rcgen::generate_simple_self_signed(all).context("making a certificate")?;
    let (certificate, key) = (folder.join("tls-certificate.pem"), folder.join("tls-key.pem"));
    write_private(&certificate, made.cert.pem().as_bytes())?;
    write_private(&key, made.signing_key.serialize_pem().as_bytes())?;
    let absolute = |p: &Path| p.canonicalize().map(|p| p.display().to_string());
    let text = format!(
        "[server]\ncertificate = {:?}\nprivate_key = {:?}\n",
        absolute(&certificate)?,
        absolute(&key)?
    );
    write_private(&config.data.join("config.toml"), text.as_bytes())
        .context("config.toml exists already; add server.certificate and server.private_key yourself")
}

/// Runs `init`.
pub fn run(args: &InitArgs, global: &Global) -> anyhow::Result<Outcome> {
    let config = Config::load(global.data(), global.config.as_deref())?;
    for name in &args.self_signed {
        let bad = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '*' | ':'));
        if name.is_empty() || (name.contains(bad) && name.parse::<IpAddr>().is_err()) {
            anyhow::bail!("--self-signed “{name}” is not a host name or address.");
        }
    }
    let form = FacilityForm {
        name: args.facility.clone(),
        short_name: args.short_name.clone(),
        npi: args.npi.clone(),
        fin: args.fin.clone(),
        zone: args.zone.clone().unwrap_or_else(machine_zone),
        reference_date: args.reference_date.clone(),
        ..FacilityForm::default()
    };
    // Everything typed is checked before anything is made.
    let checked = form.parse()?;
    let db = make(&config, Arc::new(SystemClock), Arc::new(SystemChance))?;
    let token = db.chance.token();
    let new = NewAccount {
        login: args.admin.clone(),
        name: args.admin_name.clone(),
        email: args.admin_email.clone(),
        initials: args.admin_initials.clone(),
    };
    db.write(&Actor::host(None), |tx| {
        tx.record(Event::new(AuditAction::Init));
        if !facility::all(tx.conn())?.is_empty() {
            return Err(anyhow::anyhow!("The database holds a registry already. Nothing was changed."));
        }
        let facility = facility::create(tx, &form)?;
        let account = accounts::create(tx, facility.key, &new, &[Role::Administrator])?;
        accounts::issue_link(tx, &account, LinkKind::Setup, &token)?;
        Ok(())
    })?;
    // Made now, so that both keys can be put away on the first day.
    let recovery = backup::recovery_file(&config, None);
    backup::make_recovery_key(&recovery)?;
    if !args.self_signed.is_empty() {
        self_signed(&config, &args.self_signed)?;
    }
    let base = Config::load(global.data(), global.config.as_deref())?.base_url();
    let link = format!("{base}/password/{token}");
    if global.json {
        println!(
            "{}",
            serde_json::json!({
                "facility": checked.short_name,
                "zone": checked.zone.name(),
                "link": link,
                "keyFile": config.key_file,
                "recoveryKeyFile": recovery,
            })
        );
    } else {
        println!(
            "Made a registry for {} in {} (time zone {}).",
            checked.name,
            config.data.display(),
            checked.zone.name()
        );
        println!(
            "Put copies of two keys away today, apart from this machine and from the backups:\n  {}  opens the data; \
             without it they cannot be read\n  {}  opens the backups; without it none can be restored",
            config.key_file.display(),
            recovery.display()
        );
        println!(
            "Start it with `serve`, then open this link within 60 minutes; it works once:\n\n  {link}\n"
        );
        if checked.reference_date.is_none() {
            println!(
                "No reference date is set: only the floor date {} limits the follow-up rates.",
                checked.floor_date
            );
        }
    }
    Ok(Outcome::Done)
}

/// The instant a link ends, in words of this machine.
pub fn until_here(instant: chrono::DateTime<Utc>) -> String {
    instant.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M").to_string()
}
