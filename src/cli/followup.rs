//! `followup list|rates|patient|lost`: due dates, statuses and rates for any day and any settings.

use std::fmt::Write;

use chrono::NaiveDate;
use chrono_tz::Tz;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Outcome;
use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    db::{Db, StoreError, Tx},
    facility::{self, Facility},
    followup::{
        self,
        report::{self, Computed, Line, Rates},
    },
    followup_rules::{RATE_A_TARGET, RATE_B_TARGET, Rate, Settings, Worksheet},
    partial_date::PartialDate,
    save,
};

/// What the command takes.
#[derive(Args, Debug)]
pub struct FollowupArgs {
    /// What to do.
    #[command(subcommand)]
    pub what: What,
}

/// The parts of the command.
#[derive(Subcommand, Debug)]
pub enum What {
    /// Followed patients in the order of the work list.
    List {
        /// Day and settings.
        #[command(flatten)]
        at: At,
        /// Also exempt and closed patients.
        #[arg(long)]
        all: bool,
    },
    /// Both follow-up rates with their worksheets, and patients by status.
    Rates {
        /// Day and settings.
        #[command(flatten)]
        at: At,
    },
    /// One patient: status, due date, each case with its exemption.
    Patient {
        /// patientIdNumber, accession number or public id.
        id: String,
        /// Day and settings.
        #[command(flatten)]
        at: At,
    },
    /// Marks a delinquent patient lost, or takes the mark away.
    Lost {
        /// patientIdNumber, accession number or public id.
        id: String,
        /// What was tried, in at least 10 characters.
        #[arg(long, required_unless_present = "undo")]
        reason: Option<String>,
        /// Takes the mark away.
        #[arg(long, conflicts_with = "reason")]
        undo: bool,
        /// Facility; default all.
        #[arg(long, value_name = "NAME")]
        facility: Option<String>,
    },
}

/// The day to look from, and settings tried out for once.
#[derive(Args, Clone, Debug, Default)]
pub struct At {
    /// The day the rules look from, on the data as they are now; default today at the facility.
    #[arg(long, value_name = "D", value_parser = day)]
    pub as_of: Option<NaiveDate>,
    /// A setting for this run: reference_date floor_date home_country zone follow_cns_benign
    /// follow_by_agreement centenarian.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// Facility; default all.
    #[arg(long, value_name = "NAME")]
    pub facility: Option<String>,
}

fn day(text: &str) -> Result<NaiveDate, String> {
    let date = PartialDate::parse(&text.replace('-', "")).map_err(|e| e.to_string())?;
    date.day().ok_or_else(|| format!("“{text}” is no day. Enter one like 2026-07-01."))
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| format!("“{text}” is not KEY=VALUE."))?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

/// What a run gives: how it ended, the document of `--json`, and the text without.
#[derive(Clone, Debug)]
pub struct Answer {
    /// How it ended.
    pub outcome: Outcome,
    /// For `--json`.
    pub json: Value,
    /// For people.
    pub text: String,
}

impl Answer {
    fn refused(outcome: Outcome, sentence: impl Into<String>) -> Self {
        let text: String = sentence.into();
        Self { outcome, json: json!({ "refused": text }), text: format!("{text}\n") }
    }
}

/// Runs the command and prints its answer.
pub(super) fn run(args: &FollowupArgs, db: &Db, json: bool) -> anyhow::Result<Outcome> {
    let answer = answer(args, db)?;
    if json {
        println!("{}", answer.json);
    } else if answer.outcome == Outcome::Done {
        print!("{}", answer.text);
    } else {
        eprint!("{}", answer.text);
    }
    Ok(answer.outcome)
}

/// Runs the command.
pub fn answer(args: &FollowupArgs, db: &Db) -> anyhow::Result<Answer> {
    let (FollowupArgs { what }, actor) = (args, Actor::host(None));
    let wanted = match what {
        What::List { at, .. } | What::Rates { at } | What::Patient { at, .. } => &at.facility,
        What::Lost { facility, .. } => facility,
    };
    let places = match places(db, wanted.as_deref())? {
        Ok(places) => places,
        Err(refusal) => return Ok(refusal),
    };
    match what {
        What::List { at, all } => {
            let mut lines = Vec::new();
            for place in &places {
                let (settings, as_of) = match place_at(db, place, at) {
                    Ok(found) => found,
                    Err(refusal) => return Ok(refusal),
                };
                lines.extend(db.view(&actor.at(place.key), |tx| list(tx, &settings, as_of, *all))?);
            }
            Ok(Answer {
                outcome: Outcome::Done,
                text: list_text(&lines),
                json: serde_json::to_value(&lines)?,
            })
        }
        What::Rates { at } => rates(db, &actor, &places, at),
        What::Patient { id, at } => patient(db, &actor, &places, id, at),
        What::Lost { id, reason, .. } => lost(db, &actor, &places, id, reason.as_deref()),
    }
}

/// The facilities meant: the one named, else all.
fn places(db: &Db, name: Option<&str>) -> Result<Result<Vec<Facility>, Answer>, StoreError> {
    db.read(|conn| {
        Ok(match name {
            None => Ok(facility::all(conn)?),
            Some(name) => facility::find(conn, name)?.map(|found| vec![found]).ok_or_else(|| {
                Answer::refused(
                    Outcome::WrongUse,
                    format!("“{name}” is no facility here. Give its short name, NPI or public id."),
                )
            }),
        })
    })
}

/// Settings and day at a facility.
fn place_at(db: &Db, place: &Facility, at: &At) -> Result<(Settings, NaiveDate), Answer> {
    let mut settings = save::follow_up_settings(place);
    let mut zone = place.zone;
    for (key, value) in &at.set {
        if key == "zone" {
            zone = value.parse::<Tz>().map_err(|_| {
                Answer::refused(
                    Outcome::WrongUse,
                    format!("zone cannot be “{value}”. Allowed: an IANA name such as America/Chicago."),
                )
            })?;
        } else {
            settings
                .set(key, value)
                .map_err(|problem| Answer::refused(Outcome::WrongUse, problem.to_string()))?;
        }
    }
    let as_of = at.as_of.unwrap_or_else(|| db.clock.today(zone));
    Ok((settings, as_of))
}

fn list(tx: &mut Tx<'_>, settings: &Settings, as_of: NaiveDate, all: bool) -> Result<Vec<Line>, StoreError> {
    let found = report::list(tx, settings, as_of, all)?;
    tx.record(
        Event::new(AuditAction::List)
            .patients(found.iter().map(|c| c.key))
            .detail(format!("follow-up as of {as_of}")),
    );
    Ok(found.into_iter().map(|c| c.line).collect())
}

fn list_text(lines: &[Line]) -> String {
    let mut out = format!(
        "{:<12} {:<10} {:<12} {:<10} {:<10} {:>6} {:>6}\n",
        "patient", "accession", "status", "contact", "due", "A", "B"
    );
    for line in lines {
        let status = line.exemption.map_or_else(|| line.status.to_owned(), |x| format!("EXEMPT {x}"));
        let _ = writeln!(
            out,
            "{:<12} {:<10} {:<12} {:<10} {:<10} {:>6} {:>6}",
            line.patient_id_number,
            line.accession_number_hosp,
            status,
            line.effective_dlc.as_deref().unwrap_or("none"),
            line.due_date.as_deref().unwrap_or("-"),
            format!("{}/{}", line.rate_a.num, line.rate_a.den),
            format!("{}/{}", line.rate_b.num, line.rate_b.den),
        );
    }
    let _ = writeln!(out, "{} patients", lines.len());
    out
}

fn rates(db: &Db, actor: &Actor, places: &[Facility], at: &At) -> anyhow::Result<Answer> {
    let mut all = Rates::default();
    let mut day = None;
    let mut each = Vec::new();
    for place in places {
        let (settings, as_of) = match place_at(db, place, at) {
            Ok(found) => found,
            Err(refusal) => return Ok(refusal),
        };
        let found: Rates = db.view(&actor.at(place.key), |tx| {
            tx.record(Event::new(AuditAction::ViewDashboard).detail(format!("rates as of {as_of}")));
            Rates::of(tx, &settings, as_of)
        })?;
        let mut own = found.json(as_of);
        if let Some(own) = own.as_object_mut() {
            own.insert("facility".to_owned(), json!(place.short_name));
        }
        each.push(own);
        all.add(&found);
        day = day.max(Some(as_of));
    }
    let Some(as_of) = day else {
        return Ok(Answer::refused(Outcome::Findings, "There is no facility in this registry."));
    };
    let mut document = all.json(as_of);
    if let (true, Some(document)) = (each.len() > 1, document.as_object_mut()) {
        document.insert("facilities".to_owned(), Value::Array(each));
    }
    Ok(Answer { outcome: Outcome::Done, text: rates_text(&all, as_of), json: document })
}

fn rates_text(rates: &Rates, as_of: NaiveDate) -> String {
    let mut out = format!("Follow-up rates as of {as_of}, cases\n\n");
    let (a, b) = (rates.tally.cases_a, rates.tally.cases_b);
    let _ = writeln!(out, "{:<28} {:>8} {:>16}", "", "all", "last five years");
    let lines: [(&str, fn(Worksheet) -> u64); 5] = [
        ("A  eligible", |s| s.eligible),
        ("B  dead", |s| s.dead),
        ("C  living (A - B)", Worksheet::living),
        ("D  living and current", |s| s.current),
        ("E  not current (C - D)", Worksheet::lost),
    ];
    for (label, of) in lines {
        let _ = writeln!(out, "{label:<28} {:>8} {:>16}", of(a), of(b));
    }
    let percent =
        |rate: Rate, target| rate.percent(target).map_or_else(|| "no cases".into(), |p| format!("{p} %"));
    let _ = writeln!(
        out,
        "{:<28} {:>8} {:>16}",
        "(B + D) of A",
        percent(a.rate(), RATE_A_TARGET),
        percent(b.rate(), RATE_B_TARGET)
    );
    let target = |percent: u32| format!("{percent} %");
    let _ = writeln!(out, "{:<28} {:>8} {:>16}", "target", target(RATE_A_TARGET), target(RATE_B_TARGET));
    let _ = writeln!(
        out,
        "{:<28} {:>8} {:>16}\n",
        "cases needed to reach it",
        a.rate().needed_to_pass(RATE_A_TARGET),
        b.rate().needed_to_pass(RATE_B_TARGET)
    );
    for (status, n) in &rates.by_status {
        let _ = writeln!(out, "{status:<28} {n:>8}");
    }
    out
}

/// The patients an id means: (facility, row key, public id, patientIdNumber).
fn matches(
    db: &Db,
    actor: &Actor,
    places: &[Facility],
    id: &str,
) -> Result<Vec<(usize, i64, String, String)>, StoreError> {
    let mut found = Vec::new();
    for (n, place) in places.iter().enumerate() {
        let rows: Vec<(i64, String, String)> = db.view(&actor.at(place.key), |tx| {
            let rows = followup::find(tx, id)?;
            tx.record(
                Event::new(AuditAction::Search)
                    .patients(rows.iter().map(|row| row.id))
                    .fields(["patientIdNumber", "accessionNumberHosp"]),
            );
            Ok::<_, StoreError>(rows.into_iter().map(|r| (r.id, r.uid, r.patient_id_number)).collect())
        })?;
        found.extend(rows.into_iter().map(|(key, uid, number)| (n, key, uid, number)));
    }
    Ok(found)
}

/// The one patient an id means.
fn one(
    db: &Db,
    actor: &Actor,
    places: &[Facility],
    id: &str,
) -> Result<Result<(usize, i64, String), Answer>, StoreError> {
    let mut found = matches(db, actor, places, id)?;
    match (found.pop(), found.is_empty()) {
        (Some((n, key, uid, _)), true) => Ok(Ok((n, key, uid))),
        (None, _) => Ok(Err(Answer::refused(
            Outcome::Findings,
            format!("“{id}” is no patient here. Give a patientIdNumber, accession number or public id."),
        ))),
        (Some(last), false) => {
            found.push(last);
            let ids: Vec<&str> = found.iter().map(|(_, _, uid, _)| uid.as_str()).collect();
            let sentence =
                format!("“{id}” means {} patients. Give one of these: {}", ids.len(), ids.join(", "));
            let json = json!({ "refused": sentence, "patients": ids });
            Ok(Err(Answer { outcome: Outcome::Findings, json, text: format!("{sentence}\n") }))
        }
    }
}

fn patient(db: &Db, actor: &Actor, places: &[Facility], id: &str, at: &At) -> anyhow::Result<Answer> {
    let (n, key, _) = match one(db, actor, places, id)? {
        Ok(found) => found,
        Err(refusal) => return Ok(refusal),
    };
    let Some(place) = places.get(n) else { anyhow::bail!("the facility of the patient is gone") };
    let (settings, as_of) = match place_at(db, place, at) {
        Ok(found) => found,
        Err(refusal) => return Ok(refusal),
    };
    let found: Option<Computed> = db.view(&actor.at(place.key), |tx| {
        tx.record(Event::new(AuditAction::ViewPatient).patient(key));
        report::one(tx, key, &settings, as_of)
    })?;
    let Some(found) = found else { anyhow::bail!("the patient is gone") };
    let mut document = serde_json::to_value(&found.line)?;
    let iso = |day: Option<NaiveDate>| day.map(|d| PartialDate::from(d).to_string());
    let stands = &found.standing;
    if let Some(document) = document.as_object_mut() {
        document.insert("asOf".to_owned(), json!(as_of.to_string()));
        document.insert("facility".to_owned(), json!(place.short_name));
        document.insert("overdueFrom".to_owned(), json!(iso(stands.overdue_from)));
        document.insert("delinquentFrom".to_owned(), json!(iso(stands.delinquent_from)));
        document.insert("centenarianFrom".to_owned(), json!(iso(stands.centenarian_from)));
        document.insert("lost".to_owned(), json!(stands.lost));
        let tumors: Vec<Value> = stands
            .tumors
            .iter()
            .map(|t| {
                json!({
                    "exemption": t.exemption.map(|e| e.code()),
                    "exemptionReason": t.exemption.map(|e| e.reason()),
                    "inRate": t.in_rate && stands.exemption.is_none(),
                })
            })
            .collect();
        document.insert("tumors".to_owned(), Value::Array(tumors));
    }
    let mut text = list_text(std::slice::from_ref(&found.line));
    for (n, t) in stands.tumors.iter().enumerate() {
        let words = t.exemption.map_or_else(|| "followed".to_owned(), |e| format!("exempt, {e}"));
        let _ = writeln!(text, "case {}: {words}", n + 1);
    }
    Ok(Answer { outcome: Outcome::Done, json: document, text })
}

fn lost(
    db: &Db,
    actor: &Actor,
    places: &[Facility],
    id: &str,
    reason: Option<&str>,
) -> anyhow::Result<Answer> {
    let (n, _, uid) = match one(db, actor, places, id)? {
        Ok(found) => found,
        Err(refusal) => return Ok(refusal),
    };
    let Some(place) = places.get(n) else { anyhow::bail!("the facility of the patient is gone") };
    Ok(match followup::mark_lost(db, &actor.at(place.key), &uid, reason)? {
        Ok(()) => Answer {
            outcome: Outcome::Done,
            json: json!({ "id": uid, "lost": reason.is_some() }),
            text: if reason.is_some() { "Marked lost.\n" } else { "The mark is taken away.\n" }.to_owned(),
        },
        Err(refused) => Answer::refused(Outcome::Findings, refused),
    })
}
