//! `export naaccr`: the registry's records as NAACCR XML.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Global, Outcome, serve::open, user::chosen_facility};
use crate::{
    access::Actor,
    dictionary::Version,
    exchange::{
        export::{self, Options, Report},
        naaccr_xml::RecordType,
    },
};

/// Arguments of `export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    #[command(subcommand)]
    format: Format,
}

#[derive(Subcommand, Debug)]
enum Format {
    /// NAACCR XML; each record under the version it came with, unless one is named.
    Naaccr {
        /// File to write; packed when it ends in .gz. Several versions go beside it.
        #[arg(long)]
        out: PathBuf,
        /// Version for all records: 210, 220, 230, 240, 250 or 260.
        #[arg(long, value_parser = version)]
        naaccr_version: Option<Version>,
        /// Record type for all records: A, M, C or I.
        #[arg(long, value_parser = record_type)]
        record_type: Option<RecordType>,
        /// Facility; needed where there are several.
        #[arg(long)]
        facility: Option<String>,
    },
}

fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).ok_or_else(|| "there are 210, 220, 230, 240, 250 and 260".to_owned())
}

fn record_type(text: &str) -> Result<RecordType, String> {
    RecordType::parse(&text.to_uppercase()).ok_or_else(|| "there are A, M, C and I".to_owned())
}

/// Runs `export`.
pub fn run(args: &ExportArgs, global: &Global) -> anyhow::Result<Outcome> {
    let Format::Naaccr { out, naaccr_version, record_type, facility } = &args.format;
    let app = open(global)?;
    let place = chosen_facility(&app, facility.as_deref())?;
    let options = Options { out: out.clone(), version: *naaccr_version, record_type: *record_type };
    let actor = Actor::host(Some(place.key));
    let report = export::export(&app.db, &actor, &options, &mut |_| {})?;
    if global.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{}", words(&report));
    }
    Ok(Outcome::Done)
}

fn words(report: &Report) -> String {
    let mut lines = Vec::new();
    for file in &report.files {
        lines.push(format!(
            "{}: {} patients, {} tumors, NAACCR version {}, record type {}",
            file.path, file.patients, file.tumors, file.naaccr_version, file.record_type
        ));
        for dictionary in &file.dictionaries {
            lines.push(format!("{dictionary}: user dictionary"));
        }
    }
    for line in &report.ledger {
        let to = line.to.as_deref().unwrap_or_default();
        let what = match line.what {
            "renamed" => format!("written as {to}"),
            "userDictionary" => format!("defined in the user dictionary, number {to}"),
            "definedElsewhere" => "written as it stands; a dictionary we do not have defines it".to_owned(),
            "wrongLevel" => "written where it stood, which the standard does not foresee".to_owned(),
            "leftOut" => "left out: the record type does not carry it".to_owned(),
            _ => "left out: the imported files differ in it".to_owned(),
        };
        lines.push(format!("  {}, {} times: {what}", line.item, line.count));
    }
    lines.join("\n") + "\n"
}
