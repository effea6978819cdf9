//! `import naaccr`: NAACCR XML into the registry.

use std::{
    fs::File,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::{Args, Subcommand};

use super::{Global, Outcome, serve::open, user::chosen_facility};
use crate::{
    access::Actor,
    exchange::{
        import::{self, HostFile, Options, Progress, Report, Source},
        ledger::{Counts, Review, flag_words},
        naaccr_xml::UserDictionary,
    },
    web::App,
};

/// Arguments of `import`.
#[derive(Args, Debug)]
pub struct ImportArgs {
    #[command(subcommand)]
    format: Format,
}

#[derive(Subcommand, Debug)]
enum Format {
    /// NAACCR XML, versions 21 to 26, plain or packed with gzip; user dictionaries may stand among the files.
    Naaccr {
        /// Files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Decide everything and count, but write nothing.
        #[arg(long)]
        dry_run: bool,
        /// Facility of records that name none we have; needed where there are several.
        #[arg(long)]
        facility: Option<String>,
    },
}

/// Runs `import`.
pub fn run(args: &ImportArgs, global: &Global) -> anyhow::Result<Outcome> {
    let Format::Naaccr { files, dry_run, facility } = &args.format;
    for file in files {
        File::open(file).with_context(|| format!("{} cannot be opened", file.display()))?;
    }
    let app = open(global)?;
    let place = chosen_facility(&app, facility.as_deref())?;
    let actor = Actor::host(Some(place.key));
    let mut options = Options { dry_run: *dry_run, ..Options::default() };
    let (mut dictionaries, mut records) = (Vec::new(), Vec::new());
    for file in files {
        let is_dictionary = import::is_dictionary(&HostFile(file.clone()))
            .with_context(|| format!("{} cannot be read", file.display()))?;
        if is_dictionary { dictionaries.push(file) } else { records.push(file) }
    }
    for file in dictionaries {
        let dictionary = UserDictionary::read(File::open(file)?)
            .with_context(|| format!("{} is no user dictionary", file.display()))?;
        if !dry_run {
            import::keep_dictionary(&app.db, &actor, &dictionary)?;
        }
        options.user.push(dictionary);
    }
    let mut reports = Vec::new();
    for file in records {
        reports.push(one(&app, &actor, file, &options, global.json)?);
    }
    if global.json {
        println!("{}", serde_json::json!({ "files": reports }));
    }
    let findings = reports.iter().any(Report::has_findings);
    Ok(if findings { Outcome::Findings } else { Outcome::Done })
}

fn one(app: &App, actor: &Actor, file: &Path, options: &Options, json: bool) -> anyhow::Result<Report> {
    let source = HostFile(file.to_path_buf());
    let mut shown = Shown::new(source.name());
    let report = import::import_file(&app.db, actor, &source, options, &mut |p| shown.step(p))
        .with_context(|| format!("importing {}", file.display()))?;
    shown.end();
    if !json {
        print!("{}", words(&report));
    }
    Ok(report)
}

/// Progress on standard error: one moving line on a terminal, a line now and then otherwise.
struct Shown {
    name: String,
    begun: Instant,
    last: Instant,
    terminal: bool,
    moved: bool,
}

impl Shown {
    fn new(name: String) -> Self {
        let now = Instant::now();
        Self { name, begun: now, last: now, terminal: io::stderr().is_terminal(), moved: false }
    }

    fn step(&mut self, progress: Progress) {
        let pause = if self.terminal { Duration::from_millis(200) } else { Duration::from_secs(10) };
        if self.last.elapsed() < pause {
            return;
        }
        self.last = Instant::now();
        let seconds = self.begun.elapsed().as_secs().max(1);
        let rate = progress.tumors / seconds;
        let line = format!(
            "{}: {} patients, {} tumors, {rate} a second",
            self.name, progress.patients, progress.tumors
        );
        if self.terminal {
            eprint!("\r{line}");
            let _ = io::stderr().flush();
            self.moved = true;
        } else {
            eprintln!("{line}");
        }
    }

    fn end(&self) {
        if self.moved {
            eprintln!();
        }
    }
}

/// The report as text.
fn words(report: &Report) -> String {
    let mut lines = vec![report.path.clone()];
    if let Some(refused) = &report.refused {
        lines.push(format!("  Refused, nothing was read: {refused}."));
        return lines.join("\n") + "\n";
    }
    if report.again {
        lines.push("  The very same file was imported before. Nothing was changed.".to_owned());
    }
    if report.dry_run {
        lines.push("  Dry run: nothing was written.".to_owned());
    }
    if report.resumed {
        lines.push("  Went on where an earlier run broke off.".to_owned());
    }
    let counts = |what: &str, c: &Counts| {
        format!(
            "  {what:<9} {} read = {} new + {} changed + {} unchanged + {} rejected",
            c.read, c.accepted, c.merged, c.duplicate, c.rejected
        )
    };
    lines.push(counts("Patients", &report.patients));
    lines.push(counts("Tumors", &report.tumors));
    for reject in &report.rejects {
        let item = reject.item.as_ref().map(|i| format!(", {i}")).unwrap_or_default();
        lines.push(format!("  Rejected, line {}{item}: {}.", reject.line, reject.reason));
    }
    for (kind, count) in &report.reviews {
        lines.push(format!("  To be looked at, {count}: {}", Review::words(kind)));
    }
    for flag in &report.flags {
        lines.push(format!(
            "  Kept though unusual, {}: {} ({}, first on line {}).",
            flag.count,
            flag.item,
            flag_words(&flag.flag),
            flag.line
        ));
    }
    let edits = &report.edits;
    if edits.errors + edits.warnings > 0 {
        lines.push(format!(
            "  Edits: {} errors and {} warnings in the records as they came; all were kept.",
            edits.errors, edits.warnings
        ));
    }
    for note in &edits.edits {
        let first = edits.lines.iter().find(|l| l.edit == note.edit);
        let first = first.map(|l| format!(", first on line {} ({})", l.line, l.items)).unwrap_or_default();
        lines.push(format!(
            "  {} {}, {} times{first}: {}",
            note.edit, note.severity, note.count, note.message
        ));
    }
    lines.join("\n") + "\n"
}
