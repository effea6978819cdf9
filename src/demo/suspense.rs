//! Possible cases in every state, for practice: lists go the way of every list, decisions that of every decision.

use anyhow::Context;
use chrono::{DateTime, Duration, NaiveDate};
use chrono_tz::Tz;

use super::patients::PracticePatient;
use crate::{
    access::{Actor, Role, accounts},
    casefinding::{
        Step, accessioned, of_source, read_list, source::Source, state::RejectReason, step, take_list,
    },
    db::{Db, Tx},
    dictionary::names,
    facility::Facility,
    partial_date::PartialDate,
    save::Saved,
};

/// A case saved last, of which items can tell.
#[derive(Clone, Debug)]
pub(super) struct Recent {
    case: String,
    last: String,
    first: String,
    born: String,
    record_number: String,
    contact: String,
}

fn iso(stored: &str) -> String {
    PartialDate::parse(stored).map(PartialDate::iso).unwrap_or_default()
}

impl Recent {
    /// What an item could tell of a patient's latest case.
    pub(super) fn of(patient: &PracticePatient, saved: &Saved) -> Option<Self> {
        let (_, case, _) = saved.tumors.last()?;
        let (person, tumor) = (&patient.record.patient, &patient.record.tumors.last()?.items);
        Some(Self {
            case: case.clone(),
            last: person.value(names::NAME_LAST).to_owned(),
            first: person.value(names::NAME_FIRST).to_owned(),
            born: iso(person.value(names::DATE_OF_BIRTH)),
            // Those of the second facility are longer than a source may send.
            record_number: Some(tumor.value(names::MEDICAL_RECORD_NUMBER))
                .filter(|number| number.len() <= 15)
                .unwrap_or_default()
                .to_owned(),
            contact: iso(tumor.value(names::DATE_OF_1ST_CONTACT)),
        })
    }

    fn line(&self, id: &str, text: &str) -> String {
        let Self { last, first, born, record_number, contact, .. } = self;
        format!("{id},{contact},{last},{first},{born},{record_number},\"{text}\"\n")
    }
}

/// Keeps the cases with the latest first contact: two are enough.
pub(super) fn remember(recent: &mut Vec<Recent>, saved: Vec<Recent>) {
    recent.extend(saved.into_iter().filter(|r| r.contact.len() == 10));
    recent.sort_by(|a, b| b.contact.cmp(&a.contact).then_with(|| a.record_number.cmp(&b.record_number)));
    recent.truncate(2);
}

const HEAD: &str = "sourceId,eventDate,nameLast,nameFirst,dateOfBirth,medicalRecordNumber";

/// Pathology: number, days ago, person, text. One number stands twice and one line has no day.
const REPORTS: [(&str, i64, &str, &str); 12] = [
    (
        "P-101",
        6,
        "Quillfen,Orla,1958-04-02,PRACTICE9000101",
        "Left breast, core biopsy: invasive ductal carcinoma, grade 2",
    ),
    (
        "P-102",
        9,
        "Brackwell,Tobin,1949-11-20,PRACTICE9000102",
        "Prostate, needle biopsies: adenocarcinoma in 4 of 12 cores",
    ),
    (
        "P-103",
        12,
        "Thistlemoor,Edda,1971-07-15,PRACTICE9000103",
        "Left lower lobe, biopsy: suspicious for adenocarcinoma",
    ),
    (
        "P-104",
        15,
        "Marrowby,Finn,1983-01-30,PRACTICE9000104",
        "Outside slides for review: invasive lobular carcinoma",
    ),
    (
        "P-105",
        8,
        "Brackwell,Tobin,1949-11-20,PRACTICE9000102",
        "Prostate, addendum: adenocarcinoma, perineural invasion",
    ),
    ("P-106", 45, "Hollowick,Mina,1966-09-09,PRACTICE9000106", "Skin of back, excision: malignant melanoma"),
    ("P-107", 5, "Ashcombe,Noor,1990-12-01,PRACTICE9000107", "Sigmoid colon, biopsy: tubular adenoma"),
    ("P-108", 5, "Fernhollow,Ivo,1955-05-05,PRACTICE9000108", "Skin of nose: basal cell carcinoma"),
    ("P-109", 4, "Saltmarsh,Lene,1978-03-22,PRACTICE9000109", "Tonsil: reactive lymphoid hyperplasia"),
    (
        "P-101",
        6,
        "Quillfen,Orla,1958-04-02,PRACTICE9000101",
        "Left breast, core biopsy: invasive ductal carcinoma, grade 2",
    ),
    ("P-110", -1, "Dunwater,Kell,1962-08-18,PRACTICE9000110", "Stomach, biopsy: adenocarcinoma"),
    ("P-111", 3, "Reedholm,Asta,1944-02-11,PRACTICE9000111", "Sigmoid colon, resection: adenocarcinoma"),
];

/// Visits: number, days ago, person, code.
const VISITS: [(&str, i64, &str, &str); 4] = [
    ("V-2201", 20, "Wickmere,Jonas,1953-06-27,PRACTICE9000201", "C34.12"),
    ("V-2202", 18, "Oldbarrow,Tess,1969-10-03,PRACTICE9000202", "Z85.3"),
    ("V-2203", 17, "Greyford,Malo,1987-04-14,PRACTICE9000203", "J45.909"),
    ("V-2204", 16, "Lindenrow,Ada,1946-12-08,PRACTICE9000204", "D32.0"),
];

fn lines(today: NaiveDate, last: &str, rows: &[(&str, i64, &str, &str)]) -> String {
    let mut text = format!("{HEAD},{last}\n");
    for (id, ago, person, words) in rows {
        let on = match ago {
            0.. => (today - Duration::days(*ago)).to_string(),
            _ => String::new(),
        };
        text.push_str(&format!("{id},{on},{person},\"{words}\"\n"));
    }
    text
}

/// Makes items in every state, worked by the registrars with these accounts.
pub(super) fn fill(
    db: &Db,
    facility: &Facility,
    registrars: &[i64],
    recent: &[Recent],
) -> anyhow::Result<()> {
    let (Some(first), Some(second)) = (registrars.first(), registrars.last()) else { return Ok(()) };
    let now = db.clock.now().with_timezone(&facility.zone);
    let today = now.date_naive();
    let mut reports = lines(today, "text", &REPORTS);
    for (recent, id) in recent.iter().zip(["P-121", "P-122"]) {
        reports.push_str(&recent.line(id, "Addendum: further sections show carcinoma, as reported"));
    }
    let visits = lines(today, "code", &VISITS);
    let board = format!("{HEAD}\n,{today},Coldharrow,Petra,1960-02-29,PRACTICE9000301\n");
    let lists = [
        (Source::Pathology, "practice-pathology.csv", reports),
        (Source::DiseaseIndex, "practice-disease-index.csv", visits),
        (Source::TumorBoard, "practice-tumor-board.csv", board),
    ];
    db.write(&person(db, facility, *first)?, |tx| {
        for (source, name, text) in &lists {
            let list = read_list(*source, text, today, facility.slash_order).map_err(anyhow::Error::msg)?;
            take_list(tx, today, &list, name)?;
        }
        decide(tx, now, recent)
    })?;
    // A colleague has one too.
    db.write(&person(db, facility, *second)?, |tx| work(tx, now, "P-111", Step::Take, ""))
}

fn person(db: &Db, facility: &Facility, account: i64) -> anyhow::Result<Actor> {
    let row = db.read(|conn| accounts::by_id(conn, account))?;
    let roles = [Role::Registrar].into();
    Ok(Actor::person(row.id, 0, String::new(), &row.login, &row.name, facility.key, roles))
}

fn decide(tx: &mut Tx<'_>, now: DateTime<Tz>, recent: &[Recent]) -> anyhow::Result<()> {
    let numbers = ["P-102", "P-103", "P-104", "P-105", "P-106", "P-121", "P-122"];
    for id in numbers.into_iter().take(5 + recent.len()) {
        work(tx, now, id, Step::Take, "")?;
    }
    let until = now.date_naive() + Duration::days(21);
    work(tx, now, "P-103", Step::Wait(until), "Outside slides were asked for")?;
    let why = "Slides were read here, the patient was never seen";
    work(tx, now, "P-104", Step::Reject(Some(RejectReason::NotRequired)), why)?;
    let stays = uid(tx, "P-102")?;
    work(tx, now, "P-105", Step::Merge(stays), "")?;
    if let [linked, others @ ..] = recent {
        let why = "Addendum to the report of this case";
        work(tx, now, "P-121", Step::Link(linked.case.clone()), why)?;
        if let Some(made) = others.first() {
            let item = uid(tx, "P-122")?;
            accessioned(tx, now.date_naive(), &item, &made.case)
                .map_err(|e| anyhow::anyhow!("{e}"))
                .context("a case of a practice item")?;
        }
    }
    Ok(())
}

/// The public id of a report.
fn uid(tx: &mut Tx<'_>, id: &str) -> anyhow::Result<String> {
    let scope = tx.scope()?;
    of_source(tx.conn(), scope, Source::Pathology, "", id)?.with_context(|| format!("no item {id}"))
}

fn work(tx: &mut Tx<'_>, now: DateTime<Tz>, id: &str, what: Step, reason: &str) -> anyhow::Result<()> {
    let uid = uid(tx, id)?;
    match step(tx, now, &uid, &what, reason).map_err(|e| anyhow::anyhow!("{e}"))? {
        Ok(()) => Ok(()),
        Err(refused) => Err(anyhow::anyhow!("{id}: {refused}")),
    }
}
