//! `demo`: makes a practice registry of invented patients and serves it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use anyhow::Context;
use clap::Args;

use super::{Global, Outcome, init, serve};
use crate::{
    app,
    clock::{SystemChance, SystemClock},
    config::Config,
    db::key::{private_folder, write_private},
    demo::{Filled, Filling, STAFF, fill},
};

/// Arguments of `demo`.
#[derive(Args, Debug)]
pub struct DemoArgs {
    /// Port on this machine.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Tumors to fill in; patients are some nine for ten of them.
    #[arg(long, default_value_t = 2200, value_parser = clap::value_parser!(u64).range(1..=5_000_000))]
    pub cases: u64,
    /// Same seed and day, same patients.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Fill in and end.
    #[arg(long)]
    pub no_serve: bool,
}

/// Where the practice registry is unless `--data` says otherwise: not where real data are by default.
const DIRECTORY: &str = "./registry-demo";
/// Stands in the directory while it is being filled.
const UNFINISHED: &str = "filling-not-finished";

/// Runs `demo`.
pub fn run(args: &DemoArgs, global: &Global) -> anyhow::Result<Outcome> {
    let data = global.data.clone().unwrap_or_else(|| PathBuf::from(DIRECTORY));
    let mut config = Config::load(&data, global.config.as_deref())?;
    config.server.address = ([127, 0, 0, 1], args.port).into();
    match state_of(&data)? {
        State::Practice if args.no_serve => {
            anyhow::bail!("{} holds a practice registry already. Nothing was changed.", data.display())
        }
        State::Practice => println!("Serving the practice registry in {}.", data.display()),
        State::Free => {
            let started = Instant::now();
            let filled = make(&config, args)?;
            report(&filled, &data, started.elapsed().as_secs_f64(), global.json);
        }
    }
    if args.no_serve {
        return Ok(Outcome::Done);
    }
    print_logins();
    serve::serve(app::open(config, Arc::new(SystemClock), Arc::new(SystemChance))?)
}

enum State {
    Free,
    Practice,
}

/// A directory that `demo` made, or one that is free; anything else is refused.
fn state_of(data: &Path) -> anyhow::Result<State> {
    if data.join(UNFINISHED).exists() {
        anyhow::bail!(
            "Filling {} did not come to its end. Delete that directory and run `demo` again.",
            data.display()
        );
    }
    if data.join(app::PRACTICE_FILE).exists() {
        return Ok(State::Practice);
    }
    let mut inside = match fs::read_dir(data) {
        Ok(inside) => inside,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(State::Free),
        Err(e) => return Err(e).with_context(|| format!("looking into {}", data.display())),
    };
    if inside.next().is_some() {
        anyhow::bail!(
            "{} was not made by `demo` and is not empty. Name another directory with --data.",
            data.display()
        );
    }
    Ok(State::Free)
}

fn make(config: &Config, args: &DemoArgs) -> anyhow::Result<Filled> {
    private_folder(&config.data).with_context(|| format!("making {}", config.data.display()))?;
    // The marks come first: whatever happens, this is known as a practice directory.
    write_private(&config.data.join(UNFINISHED), b"")?;
    let logins: Vec<_> =
        STAFF.iter().map(|p| (p.title(), p.login.to_owned(), p.password.to_owned())).collect();
    write_private(&config.data.join(app::PRACTICE_FILE), serde_json::to_string_pretty(&logins)?.as_bytes())?;
    let db = init::make(config, Arc::new(SystemClock), Arc::new(SystemChance))?;
    if !db.read(crate::facility::all)?.is_empty() {
        anyhow::bail!("The database holds a registry already. Nothing was filled in.");
    }
    eprintln!("Filling in {} tumors of invented patients …", args.cases);
    let mut next = 10_000;
    let filling = Filling { cases: args.cases, seed: args.seed };
    let filled = fill(&db, filling, |tumors| {
        if tumors >= next {
            eprintln!("  {tumors} of {}", args.cases);
            next = tumors - tumors % 10_000 + 10_000;
        }
    })?;
    fs::remove_file(config.data.join(UNFINISHED))?;
    Ok(filled)
}

fn report(filled: &Filled, data: &Path, seconds: f64, json: bool) {
    if json {
        let logins: Vec<_> = STAFF
            .iter()
            .map(|p| serde_json::json!({ "role": p.title(), "login": p.login, "password": p.password }))
            .collect();
        println!(
            "{}",
            serde_json::json!({
                "data": data.display().to_string(),
                "patients": filled.patients,
                "tumors": filled.tumors,
                "seconds": seconds,
                "logins": logins,
            })
        );
    } else {
        println!(
            "Made a practice registry in {}: {} patients with {} tumors, all invented ({seconds:.1} s).",
            data.display(),
            filled.patients,
            filled.tumors
        );
    }
}

fn print_logins() {
    println!("\nPractice logins (login, password, role):");
    for person in &STAFF {
        println!("  {:<8} {:<30} {}", person.login, person.password, person.title());
    }
    println!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_free_or_own_directory_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("demo");
        assert!(matches!(state_of(&data).unwrap(), State::Free));
        fs::create_dir(&data).unwrap();
        assert!(matches!(state_of(&data).unwrap(), State::Free));
        fs::write(data.join("letter.txt"), "x").unwrap();
        let refusal = state_of(&data).err().unwrap().to_string();
        assert!(refusal.contains("was not made by `demo`"), "{refusal}");
        fs::write(data.join(app::PRACTICE_FILE), "[]").unwrap();
        assert!(matches!(state_of(&data).unwrap(), State::Practice));
        fs::write(data.join(UNFINISHED), "").unwrap();
        assert!(state_of(&data).err().unwrap().to_string().contains("did not come to its end"));
    }
}
