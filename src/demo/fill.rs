//! Fills an empty registry with practice facilities, staff and patients.
//!
//! Patients go through the one writer like any others, many in a transaction. No mail is made:
//! what falls due before the first run of the scheduler is not announced.

use std::{collections::HashMap, sync::mpsc, thread};

use anyhow::Context;
use chrono::{Datelike, NaiveDate};

use super::{
    local_edits,
    paperwork::Progress,
    patients::{Plan, Practice, PracticePatient},
    staff::{FACILITIES, STAFF},
    store, suspense,
};
use crate::{
    access::{
        Actor, Role,
        accounts::{self, AccountRefused, NewAccount},
        password::{self, Cost},
    },
    audit::{AuditAction, Event},
    db::{Db, Tx},
    dictionary::names,
    facility::{self, Facility, FacilityForm},
    quality_review, query,
    save::{self, Change, NewPatient, NewTumor, PatientChange, SaveRefused, SetPatient, TumorChange, Why},
};

/// How much to fill in.
#[derive(Clone, Copy, Debug)]
pub struct Filling {
    /// Tumors in both facilities together.
    pub cases: u64,
    /// Same seed and day, same patients.
    pub seed: u64,
}

/// What was filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Patients.
    pub patients: u64,
    /// Tumors.
    pub tumors: u64,
}

/// Patients saved in one transaction.
const GROUP: usize = 500;

/// Fills a registry that has no facility yet. `told` hears of the tumors saved so far.
pub fn fill(db: &Db, filling: Filling, mut told: impl FnMut(u64)) -> anyhow::Result<Filled> {
    let zone = FACILITIES.first().and_then(|f| f.zone.parse().ok()).unwrap_or(chrono_tz::UTC);
    let today = db.clock.today(zone);
    let mut sum = Filled::default();
    // The second facility is small: enough for a list of its own.
    let small = (filling.cases / 20).max(filling.cases.min(20));
    for (place, (practice, cases)) in
        FACILITIES.iter().zip([filling.cases - small.min(filling.cases), small]).enumerate()
    {
        let elsewhere = place > 0;
        let facility = make_facility(db, practice, elsewhere, today)?;
        let registrars = STAFF
            .iter()
            .filter(|p| p.elsewhere == elsewhere && p.role == Role::Registrar)
            .map(|p| p.initials);
        let plan = Plan {
            seed: filling.seed.wrapping_add(place as u64),
            cases,
            today,
            // Numbers of two facilities overlap in real life; here they do not, so that a number names one.
            first_number: if elsewhere { 50_000_000 } else { 0 },
            facility_number: practice.number.to_owned(),
            registrars: registrars.map(str::to_owned).collect(),
        };
        let salts = [db.chance.token(), db.chance.token()];
        let so_far = sum;
        let one = fill_facility(db, &facility, plan, |tumors| told(so_far.tumors + tumors))?;
        if !elsewhere {
            db.write(&Actor::host(Some(facility.key)), |tx| query::practice(tx, salts.clone()))
                .map_err(|e| anyhow::anyhow!("making practice questions: {e}"))?;
            db.write(&Actor::host(Some(facility.key)), |tx| quality_review::practice(tx, "quentin", "sofia"))
                .map_err(|e| anyhow::anyhow!("making practice reviews: {e}"))?;
            local_edits::fill(db, &facility)?;
        }
        sum.patients += one.patients;
        sum.tumors += one.tumors;
    }
    db.maintenance(store::count_values)?;
    Ok(sum)
}

fn make_facility(
    db: &Db,
    practice: &super::staff::PracticeFacility,
    elsewhere: bool,
    today: NaiveDate,
) -> anyhow::Result<Facility> {
    let form = FacilityForm {
        name: practice.name.to_owned(),
        short_name: practice.short_name.to_owned(),
        fin: practice.number.to_owned(),
        zone: practice.zone.to_owned(),
        reference_date: Practice::reference_date(today).to_string(),
        reply_to: "registry@practice.example".to_owned(),
        ..FacilityForm::default()
    };
    let facility = db
        .write(&Actor::host(None), |tx| facility::create(tx, &form).map_err(anyhow::Error::from))
        .context("making a practice facility")?;
    for person in STAFF.iter().filter(|p| p.elsewhere == elsewhere) {
        // Outside the transaction: hashing is slow on purpose.
        let hash = password::hash(person.password, Cost::STANDARD);
        let new = NewAccount {
            login: person.login.to_owned(),
            name: person.name.to_owned(),
            email: format!("{}@practice.example", person.login),
            initials: person.initials.to_owned(),
        };
        db.write(&Actor::host(None), |tx| {
            let account = accounts::create(tx, facility.key, &new, &[person.role])?;
            accounts::set_practice_password(tx, &account, &hash)?;
            Ok::<_, AccountRefused>(())
        })
        .with_context(|| format!("making the practice account {}", person.login))?;
    }
    Ok(facility)
}

fn fill_facility(
    db: &Db,
    facility: &Facility,
    plan: Plan,
    mut told: impl FnMut(u64),
) -> anyhow::Result<Filled> {
    let actor = Actor::host(Some(facility.key));
    let mut owners: HashMap<String, i64> = HashMap::new();
    for initials in &plan.registrars {
        let owner = db.read(|conn| accounts::by_initials(conn, facility.key, initials))?;
        owners.extend(owner.map(|account| (initials.clone(), account)));
    }
    let registrars: Vec<i64> = plan.registrars.iter().filter_map(|i| owners.get(i).copied()).collect();
    let mut filled = Filled::default();
    let mut last_accession: HashMap<i32, i32> = HashMap::new();
    let mut recent: Vec<suspense::Recent> = Vec::new();
    // One thread draws while this one saves; two groups wait at most, so memory stays flat.
    let (give, take) = mpsc::sync_channel::<Vec<PracticePatient>>(2);
    thread::scope(|scope| -> anyhow::Result<()> {
        scope.spawn(move || {
            let mut practice = Practice::new(plan);
            loop {
                let group: Vec<PracticePatient> = practice.by_ref().take(GROUP).collect();
                if group.is_empty() || give.send(group).is_err() {
                    break;
                }
            }
        });
        for group in take {
            let saved = db.write(&actor, |tx| save_group(tx, &group, &owners));
            suspense::remember(&mut recent, saved.context("saving practice patients")?);
            filled.patients += group.len() as u64;
            filled.tumors += group.iter().map(|p| p.record.tumors.len() as u64).sum::<u64>();
            for patient in &group {
                remember_accession(patient, &mut last_accession);
            }
            told(filled.tumors);
        }
        Ok(())
    })?;
    db.write(&actor, |tx| {
        tx.record(Event::new(AuditAction::Init).detail("accession numbers of the practice registry"));
        for (year, last) in &last_accession {
            facility::start_accession(tx, facility.key, *year, last + 1)?;
        }
        Ok::<_, anyhow::Error>(())
    })?;
    suspense::fill(db, facility, &registrars, &recent).context("making practice suspense items")?;
    Ok(filled)
}

/// Accession numbers given by hand later go on after those filled in.
fn remember_accession(patient: &PracticePatient, last: &mut HashMap<i32, i32>) {
    let Some(tumor) = patient.record.tumors.first() else { return };
    let number = tumor.items.value(names::ACCESSION_NUMBER_HOSP);
    if let (Some(Ok(year)), Some(Ok(count))) =
        (number.get(..4).map(str::parse), number.get(4..).map(str::parse))
    {
        let entry = last.entry(year).or_default();
        *entry = (*entry).max(count);
    }
}

fn save_group(
    tx: &mut Tx<'_>,
    group: &[PracticePatient],
    owners: &HashMap<String, i64>,
) -> Result<Vec<suspense::Recent>, SaveRefused> {
    let today = tx.now().date_naive();
    let settings = save::settings(tx)?;
    let (mut keys, mut recent) = (Vec::with_capacity(group.len()), Vec::new());
    for patient in group {
        let saved = save::apply_with(tx, &settings, change(patient, owners))?;
        keys.push(saved.patient);
        recent.extend(suspense::Recent::of(patient, &saved));
        if let Some(reason) = lost(patient, today) {
            let set = SetPatient {
                id: saved.patient,
                lost: Some(Some(reason.to_owned())),
                ..SetPatient::default()
            };
            let change = Change { patient: PatientChange::Set(set), tumors: Vec::new(), why: why() };
            save::apply_with(tx, &settings, change)?;
        }
    }
    tx.record(Event::new(AuditAction::CreatePatient).patients(keys).detail("practice registry"));
    Ok(recent)
}

fn why() -> Why {
    Why { source: "demo", reason: String::new(), event: None }
}

fn change(patient: &PracticePatient, owners: &HashMap<String, i64>) -> Change {
    let owner_of = |items: &crate::dictionary::Items| owners.get(items.value(names::ABSTRACTED_BY)).copied();
    let tumors = patient.record.tumors.iter().zip(&patient.cases);
    let new = NewPatient {
        items: patient.record.patient.clone(),
        envelope: String::new(),
        version: patient.record.version,
        // Who abstracted the latest tumor follows the patient.
        owner: patient.record.tumors.last().and_then(|t| owner_of(&t.items)),
        batch: None,
    };
    Change {
        patient: PatientChange::New(new),
        tumors: tumors
            .map(|(tumor, case)| {
                TumorChange::New(NewTumor {
                    items: tumor.items.clone(),
                    envelope: String::new(),
                    state: match case.progress {
                        Progress::Draft => "draft",
                        Progress::InProgress => "in_progress",
                        Progress::Complete => "complete",
                    }
                    .to_owned(),
                    owner: owner_of(&tumor.items),
                })
            })
            .collect(),
        why: why(),
    }
}

/// Some of those out of sight for three years were given up, with a reason.
fn lost(patient: &PracticePatient, today: NaiveDate) -> Option<&'static str> {
    let last = patient.record.patient.date(names::DATE_OF_LAST_CONTACT)?;
    let number: u64 = patient.record.patient.value(names::PATIENT_ID_NUMBER).parse().ok()?;
    let long = patient.lost_sight && last.year() + 3 <= today.year();
    (long && number.is_multiple_of(4))
        .then_some("All steps tried; letters came back, no answer by telephone.")
}
