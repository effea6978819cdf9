//! `backup`, `restore`, `check`: a sealed copy of everything, and back.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::{Global, Outcome, serve::open};
use crate::{
    access::Actor,
    administration::backup::{self, Restored, Verified},
    app,
    clock::{Clock, SystemChance, SystemClock},
    config::Config,
    db::{
        Alone, Db, Target,
        key::{RegistryKey, private_folder},
        migrate,
    },
    seal::Sealer,
};

/// Arguments of `backup`.
#[derive(Args, Debug)]
pub struct BackupArgs {
    /// File to make; an existing one is never replaced.
    file: PathBuf,
    /// File with the recovery key. Default: recovery.key beside the registry key, made when there is none.
    #[arg(long)]
    recovery_key: Option<PathBuf>,
}

/// Arguments of `restore`.
#[derive(Args, Debug)]
pub struct RestoreArgs {
    /// The backup.
    file: PathBuf,
    /// File with the recovery key. Default: recovery.key beside the registry key.
    #[arg(long)]
    recovery_key: Option<PathBuf>,
}

/// Arguments of `check`.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// A backup to read through; without one the database is checked.
    file: Option<PathBuf>,
    /// File with the recovery key. Default: recovery.key beside the registry key.
    #[arg(long)]
    recovery_key: Option<PathBuf>,
}

/// Where the recovery key is unless it is named.
pub(super) fn recovery_file(config: &Config, given: Option<&PathBuf>) -> PathBuf {
    given.cloned().unwrap_or_else(|| config.key_file.with_file_name("recovery.key"))
}

/// Makes a recovery key where there is none; says whether it did.
pub(super) fn make_recovery_key(file: &Path) -> anyhow::Result<bool> {
    let fresh = !file.exists();
    if fresh {
        RegistryKey::random(&SystemChance)
            .write_new(file)
            .with_context(|| format!("the recovery key {}", file.display()))?;
    }
    Ok(fresh)
}

fn recovery_key(file: &Path) -> anyhow::Result<Sealer> {
    let key = RegistryKey::read(file).with_context(|| format!("the recovery key {}", file.display()))?;
    Ok(key.sealer())
}

/// Runs `backup`. The server may run beside it.
pub fn make(args: &BackupArgs, global: &Global) -> anyhow::Result<Outcome> {
    let app = open(global)?;
    let key_file = recovery_file(&app.config, args.recovery_key.as_ref());
    let fresh = make_recovery_key(&key_file)?;
    let recovery = recovery_key(&key_file)?;
    let made = backup::make(&app.db, &Actor::host(None), &recovery, &args.file)?;
    if fresh {
        eprintln!(
            "Made the recovery key {}. Keep a copy of it away from this machine: without it no backup opens.",
            key_file.display()
        );
    }
    tell(global, "Made and verified", &args.file, &made, 0);
    Ok(Outcome::Done)
}

/// Runs `check`. Exit code 1 when something is wrong.
pub fn check(args: &CheckArgs, global: &Global) -> anyhow::Result<Outcome> {
    if let Some(file) = &args.file {
        let config = Config::load(global.data(), global.config.as_deref())?;
        let recovery = recovery_key(&recovery_file(&config, args.recovery_key.as_ref()))?;
        return match backup::verify(&recovery, file) {
            Ok(verified) => {
                tell(global, "Whole and readable", file, &verified, 0);
                Ok(Outcome::Done)
            }
            Err(backup::BackupError::File(backup::NotABackup::Io(e))) => {
                Err(e).with_context(|| file.display().to_string())
            }
            Err(e) => {
                if global.json {
                    println!("{}", json!({ "file": file, "ok": false, "reason": e.to_string() }));
                } else {
                    println!("{}: {e}", file.display());
                }
                Ok(Outcome::Findings)
            }
        };
    }
    let app = open(global)?;
    let (complaints, rows) = backup::check(&app.db)?;
    if global.json {
        println!("{}", json!({ "ok": complaints.is_empty(), "complaints": complaints, "rows": rows }));
    } else if complaints.is_empty() {
        println!("The database is whole: {} rows.", rows.values().sum::<i64>());
    } else {
        println!("{}", complaints.join("\n"));
    }
    Ok(if complaints.is_empty() { Outcome::Done } else { Outcome::Findings })
}

/// Runs `restore`. Nothing present is touched before the whole backup was read and found good.
pub fn restore(args: &RestoreArgs, global: &Global) -> anyhow::Result<Outcome> {
    let config = Config::load(global.data(), global.config.as_deref())?;
    let recovery = recovery_key(&recovery_file(&config, args.recovery_key.as_ref()))?;
    let verified = backup::verify(&recovery, &args.file).with_context(|| args.file.display().to_string())?;
    private_folder(&config.data).with_context(|| format!("making {}", config.data.display()))?;
    let _stopped = server_stopped(&config)?;
    let key_there = config.key.is_some() || config.key_file.exists();
    let key = if key_there { RegistryKey::of(&config)? } else { RegistryKey::random(&SystemChance) };
    let target = app::target(&config, &key);
    backup::fits(&verified, &present(&config, &target, &key)?)?;
    if !key_there {
        key.write_new(&config.key_file)?;
    }
    let (restored, aside) = match &target {
        Target::Postgres(_) => (fill(&target, &key, &recovery, &args.file)?.0, None),
        Target::Embedded { file, .. } => {
            let fresh = Target::Embedded { file: file.with_extension("restoring"), key: key.secret() };
            let _alone = Alone::take(file)?;
            in_place(file, &fresh, &key, &recovery, &args.file)?
        }
    };
    if let Some(aside) = aside {
        eprintln!("The registry from before is {}.", aside.display());
    }
    tell(global, "Restored", &args.file, &restored.verified, restored.drafts_lost);
    Ok(Outcome::Done)
}

/// Proof that no server works on this data directory; none starts while it is held.
pub(super) fn server_stopped(config: &Config) -> anyhow::Result<fs::File> {
    let lock = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(config.data.join("serve.lock"))?;
    if lock.try_lock().is_err() {
        anyhow::bail!("A server works on {}. Stop it first.", config.data.display());
    }
    Ok(lock)
}

/// Facilities of the registry that is there now; none where there is none.
fn present(config: &Config, target: &Target, key: &RegistryKey) -> anyhow::Result<Vec<String>> {
    match target {
        Target::Embedded { file, .. } if !file.exists() => return Ok(Vec::new()),
        Target::Embedded { .. } | Target::Postgres(_) => {}
    }
    let db = open_db(target, key)?;
    match db.maintenance(migrate::standing)? {
        migrate::Standing::Empty => Ok(Vec::new()),
        _ => backup::facilities(&db).with_context(|| format!("the registry in {}", config.data.display())),
    }
}

fn open_db(target: &Target, key: &RegistryKey) -> anyhow::Result<Db> {
    Ok(Db::open(target.clone(), 2, Arc::new(SystemClock), Arc::new(SystemChance), key.sealer())?)
}

fn fill(
    target: &Target,
    key: &RegistryKey,
    recovery: &Sealer,
    file: &Path,
) -> anyhow::Result<(Restored, Db)> {
    migrate::upgrade(target)?;
    let db = open_db(target, key)?;
    let restored = backup::fill(&db, recovery, file)?;
    let (complaints, _) = backup::check(&db)?;
    if let Some(first) = complaints.first() {
        anyhow::bail!("The restored database is not whole: {first}. The present one was not touched.");
    }
    backup::record_restore(&db, &Actor::host(None), &restored)?;
    Ok((restored, db))
}

/// Fills a new file beside the present one, then lets them change places.
fn in_place(
    file: &Path,
    fresh: &Target,
    key: &RegistryKey,
    recovery: &Sealer,
    from: &Path,
) -> anyhow::Result<(Restored, Option<PathBuf>)> {
    let Target::Embedded { file: new, .. } = fresh else { anyhow::bail!("an embedded registry is expected") };
    remove_database(new)?;
    let filled = fill(fresh, key, recovery, from).and_then(|(restored, db)| {
        backup::into_one_file(&db)?;
        Ok(restored)
    });
    let restored = match filled {
        Ok(restored) => restored,
        Err(e) => {
            remove_database(new)?;
            return Err(e);
        }
    };
    for tail in ["-wal", "-shm", ".lock"] {
        remove(&with_tail(new, tail))?;
    }
    let aside = file.exists().then(|| {
        let stamp = SystemClock.now().format("%Y%m%d-%H%M%S");
        file.with_file_name(format!("registry-before-restore-{stamp}.db"))
    });
    if let Some(aside) = &aside {
        for tail in ["", "-wal", "-shm"] {
            let (present, kept) = (with_tail(file, tail), with_tail(aside, tail));
            if present.exists() {
                fs::rename(&present, &kept).with_context(|| present.display().to_string())?;
            }
        }
    }
    fs::rename(new, file).with_context(|| format!("{} holds the restored registry", new.display()))?;
    Ok((restored, aside))
}

fn with_tail(file: &Path, tail: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(tail);
    PathBuf::from(name)
}

fn remove_database(file: &Path) -> anyhow::Result<()> {
    for tail in ["", "-wal", "-shm"] {
        remove(&with_tail(file, tail))?;
    }
    Ok(())
}

fn remove(file: &Path) -> anyhow::Result<()> {
    match fs::remove_file(file) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e).context(file.display().to_string()),
        _ => Ok(()),
    }
}

fn tell(global: &Global, verb: &str, file: &Path, verified: &Verified, drafts_lost: i64) {
    let Verified { manifest, rows, sha256 } = verified;
    if global.json {
        println!(
            "{}",
            json!({
                "file": file, "ok": true, "madeAt": manifest.made_at, "program": manifest.program,
                "schema": manifest.schema, "rows": rows, "sha256": sha256, "draftsLost": drafts_lost,
            })
        );
        return;
    }
    let n = |table: &str| rows.get(table).copied().unwrap_or(0);
    println!(
        "{verb}: {}, {} patients, {} tumors, {} rows in all, made {}.",
        file.display(),
        n("patient"),
        n("tumor"),
        rows.values().sum::<i64>(),
        manifest.made_at
    );
    if drafts_lost > 0 {
        println!("{drafts_lost} unsaved drafts were sealed with another registry key and are lost.");
    }
}
