//! One group of a file: decided, and saved in one transaction.

use std::{cell::RefCell, collections::HashMap};

use chrono::{DateTime, Utc};

use super::{
    groups::Group,
    import::{ImportError, goes_everywhere, made_before},
    ledger::{Fate, Ledger, RejectNote, Review},
    matching::{Difference, Kept},
    naaccr_xml::{Outcome, PatientRead},
    plan::{Keys, Known, KnownTumor, Pool, Younger},
    store::{self, BatchRow},
    store_people,
};
use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    db::{StoreError, Tx},
    dictionary::{Items, names},
    facility::Facility,
    patient, save,
    save::{Change, NewPatient, NewTumor, PatientChange, SetPatient, SetTumor, TumorChange, Why, body::Body},
    tumor,
};

/// What all groups of a run share.
pub(super) struct Context {
    actor: Actor,
    home: i64,
    facilities: Vec<Facility>,
    /// When the file was made.
    made: Option<DateTime<Utc>>,
    /// When the files of other batches were made, by public id.
    others: RefCell<HashMap<String, Option<DateTime<Utc>>>>,
    /// Accounts by staff code, by facility.
    staff: RefCell<HashMap<i64, HashMap<String, i64>>>,
}

/// Patients of a group that go to one facility.
pub(super) struct Part {
    pub(super) facility: i64,
    pub(super) group: Group,
}

impl Context {
    pub(super) fn new(actor: &Actor, facilities: Vec<Facility>, made: Option<DateTime<Utc>>) -> Self {
        Self {
            actor: actor.clone(),
            home: actor.scope().map_or(0, |s| s.facility()),
            facilities,
            made,
            others: RefCell::default(),
            staff: RefCell::default(),
        }
    }

    /// The actor in the facility of a part.
    pub(super) fn actor(&self, facility: i64) -> Actor {
        self.actor.at(facility)
    }

    /// The facility that a patient's own items name, if we have it.
    fn named(&self, read: &PatientRead) -> Option<(&Facility, String)> {
        let plain = |text: &str| text.trim().trim_start_matches('0').to_owned();
        read.record.tumors.iter().find_map(|tumor| {
            [names::NPI_REPORTING_FACILITY, names::REPORTING_FACILITY].iter().find_map(|id| {
                let said = plain(tumor.items.value(id));
                let found = self.facilities.iter().find(|f| {
                    let own = if *id == names::REPORTING_FACILITY { &f.fin } else { &f.npi };
                    !said.is_empty() && plain(own) == said
                });
                found.map(|f| (f, format!("{id} {}", tumor.items.value(id))))
            })
        })
    }

    fn facility_of(&self, outcome: &Outcome) -> i64 {
        match outcome {
            Outcome::Patient(read) if goes_everywhere(&self.actor) => {
                self.named(read).map_or(self.home, |(f, _)| f.key)
            }
            _ => self.home,
        }
    }

    /// Cuts a group where the facility changes.
    pub(super) fn split(&self, group: Group) -> Vec<Part> {
        let (upto, bytes, last) = (group.upto, group.bytes, group.last);
        let mut before = upto - u64::try_from(group.outcomes.len()).unwrap_or(0);
        let mut parts: Vec<Part> = Vec::new();
        for outcome in group.outcomes {
            before += 1;
            let facility = self.facility_of(&outcome);
            match parts.last_mut().filter(|p| p.facility == facility) {
                Some(part) => {
                    part.group.outcomes.push(outcome);
                    part.group.upto = before;
                }
                None => parts.push(Part {
                    facility,
                    group: Group { outcomes: vec![outcome], upto: before, bytes, last },
                }),
            }
        }
        parts
    }

    /// Account of a staff code in the facility of the transaction.
    fn owner(&self, tx: &mut Tx<'_>, code: &str) -> Result<Option<i64>, StoreError> {
        let code = code.trim().to_uppercase();
        if code.is_empty() {
            return Ok(None);
        }
        let scope = tx.scope()?;
        let mut staff = self.staff.borrow_mut();
        if let Some(codes) = staff.get(&scope.facility()) {
            return Ok(codes.get(&code).copied());
        }
        let codes: HashMap<String, i64> = store::staff_codes(tx.conn(), scope)?.into_iter().collect();
        let owner = codes.get(&code).copied();
        staff.insert(scope.facility(), codes);
        Ok(owner)
    }

    /// When the file of a batch was made.
    fn made_of(&self, tx: &mut Tx<'_>, uid: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
        if let Some(made) = self.others.borrow().get(uid) {
            return Ok(*made);
        }
        let scope = tx.scope()?;
        let batch = store::batch_by_uid(tx.conn(), scope, uid)?;
        let made = batch.and_then(|b| {
            let begun = b.started_at.and_utc();
            made_before(b.root_element().and_then(|r| r.made()), begun).or(Some(begun))
        });
        self.others.borrow_mut().insert(uid.to_owned(), made);
        Ok(made)
    }
}

/// What was decided for a group.
pub(super) struct Decisions {
    pub(super) pool: Pool,
    pub(super) ledger: Ledger,
    /// Place in the pool, line of the file, what.
    pub(super) reviews: Vec<(usize, u64, Review)>,
}

/// Decides for all patients of a group on what is stored, as it stands after `overlay`.
pub(super) fn decide_group(
    tx: &mut Tx<'_>,
    context: &Context,
    group: &Group,
    root: &str,
    overlay: Vec<Known>,
) -> Result<Decisions, ImportError> {
    let scope = tx.scope()?;
    let patients: Vec<&PatientRead> = group
        .outcomes
        .iter()
        .filter_map(|o| match o {
            Outcome::Patient(read) => Some(&**read),
            Outcome::Rejected(_) => None,
        })
        .collect();
    let keys: Vec<Keys> = patients.iter().map(|p| Keys::of(&p.record)).collect();
    let mut nameless: Vec<String> = patients
        .iter()
        .zip(&keys)
        .filter(|(_, k)| k.number.is_none() && k.records.is_empty())
        .map(|(p, _)| p.record.patient.value(names::NAME_LAST).to_owned())
        .collect();
    nameless.sort_unstable();
    nameless.dedup();
    let mut decisions = Decisions { pool: Pool::default(), ledger: Ledger::default(), reviews: Vec::new() };
    for known in store_people::candidates(tx.conn(), scope, &keys, &nameless)?.into_iter().chain(overlay) {
        decisions.pool.put(known);
    }
    for outcome in &group.outcomes {
        match outcome {
            Outcome::Patient(read) => {
                let decided =
                    decisions.pool.decide(&read.record, root, &mut |known| younger(tx, context, known))?;
                decisions.ledger.patients.add(decided.patient, 1);
                for fate in decided.tumors {
                    decisions.ledger.tumors.add(fate, 1);
                }
                for (tumor, review) in decided.reviews {
                    let line = tumor.and_then(|t| read.tumor_lines.get(t).copied()).unwrap_or(read.line);
                    decisions.reviews.push((decided.place, line, review));
                }
                if decided.patient == Fate::Accepted
                    && let Some((named, said)) = context.named(read)
                    && named.key != scope.facility()
                {
                    decisions.reviews.push((decided.place, read.line, Review::OtherFacility { said }));
                }
            }
            Outcome::Rejected(reject) => {
                decisions.ledger.patients.add(Fate::Rejected, u64::from(reject.patients));
                decisions.ledger.tumors.add(Fate::Rejected, u64::from(reject.tumors));
            }
        }
    }
    Ok(decisions)
}

/// Items of a stored patient whose value is younger than the file, by the history of versions.
fn younger(tx: &mut Tx<'_>, context: &Context, known: &Known) -> Result<Younger, ImportError> {
    let mut found = Younger::new();
    let (Some(made), Some(key)) = (made_before(context.made, tx.now()), known.key) else { return Ok(found) };
    let scope = tx.scope()?;
    let versions = patient::versions(tx.conn(), scope, key)?;
    younger_of(tx, context, made, None, versions, &mut found)?;
    for key in known.tumors.iter().filter_map(|t| t.key) {
        let versions = tumor::versions(tx.conn(), scope, key)?;
        younger_of(tx, context, made, Some(key), versions, &mut found)?;
    }
    Ok(found)
}

fn younger_of(
    tx: &mut Tx<'_>,
    context: &Context,
    made: DateTime<Utc>,
    tumor: Option<i64>,
    versions: Vec<patient::VersionRow>,
    found: &mut Younger,
) -> Result<(), ImportError> {
    let mut before = Items::default();
    // Oldest first: the last change of an item says where its value came from.
    for version in versions.into_iter().rev() {
        let now = Body::unpack(&version.body)?.items;
        let why = if version.source == "import" {
            let other = context.made_of(tx, &version.reason)?;
            (other.is_some_and(|other| other > made)).then_some(Kept::NewerFile)
        } else {
            (version.at.and_utc() > made).then_some(Kept::TypedHere)
        };
        for (id, ..) in before.diff(&now) {
            match why {
                Some(why) => found.insert((tumor, id.to_owned()), why),
                None => found.remove(&(tumor, id.to_owned())),
            };
        }
        before = now;
    }
    Ok(())
}

/// What a saved group leaves behind.
pub(super) struct Saved {
    pub(super) batch: BatchRow,
    /// Key of the reject that ends the reading.
    pub(super) rest: Option<i64>,
}

/// Decides for a group and saves it with the checkpoint, all or nothing.
pub(super) fn save_group(
    tx: &mut Tx<'_>,
    context: &Context,
    group: &Group,
    batch: &BatchRow,
) -> Result<Saved, ImportError> {
    let Decisions { pool, ledger, reviews } = decide_group(tx, context, group, &batch.uid, Vec::new())?;
    let mut rest = None;
    for outcome in &group.outcomes {
        if let Outcome::Rejected(reject) = outcome {
            let note = RejectNote::from(&reject.fault);
            let key = store::add_reject(tx.conn(), batch.id, &note, &reject.bytes)?;
            if reject.ends_reading {
                rest = Some(key);
            }
        }
    }
    let why = Why { source: "import", reason: batch.uid.clone(), event: None };
    let mut rows: Vec<Option<i64>> = Vec::new();
    let mut changed = Vec::new();
    for known in pool.into_people() {
        let stored = known.key;
        if !known.is_changed() {
            rows.push(stored);
            continue;
        }
        let change = change_of(tx, context, known, batch.id, &why)?;
        let saved = save::apply(tx, change)?;
        changed.push(saved.patient);
        rows.push(Some(saved.patient));
    }
    for (place, line, review) in &reviews {
        let patient = rows.get(*place).copied().flatten();
        store::add_review(tx.conn(), batch.id, (patient, None), review.code(), &detail(*line, review))?;
    }
    let mut row = batch.clone();
    let mut total = batch.ledger();
    total.add(&ledger);
    row.set_ledger(&total);
    row.checkpoint = store::signed(group.upto);
    row.read_bytes = store::signed(group.bytes);
    if !store::update_batch(tx.conn(), &row, batch.checkpoint)? {
        return Err(ImportError::Busy);
    }
    let detail = format!("batch {} up to {}", batch.uid, group.upto);
    tx.record(Event::new(AuditAction::Import).patients(changed).detail(detail));
    Ok(Saved { batch: row, rest })
}

/// What a review keeps beside its kind, as JSON.
fn detail(line: u64, review: &Review) -> String {
    let value = match review {
        Review::Difference(Difference { item, stored, incoming, .. }) => {
            serde_json::json!({ "line": line, "item": item, "stored": stored, "incoming": incoming })
        }
        Review::OtherFacility { said } => serde_json::json!({ "line": line, "incoming": said }),
        _ => serde_json::json!({ "line": line }),
    };
    value.to_string()
}

fn change_of(
    tx: &mut Tx<'_>,
    context: &Context,
    known: Known,
    batch: i64,
    why: &Why,
) -> Result<Change, ImportError> {
    let mut tumors = Vec::new();
    let mut owner = None;
    for tumor in known.tumors.into_iter().filter(|t| t.dirty) {
        let change = tumor_change(tx, context, tumor)?;
        if let TumorChange::New(new) = &change {
            owner = owner.or(new.owner);
        }
        tumors.push(change);
    }
    let patient = match known.key {
        None => PatientChange::New(NewPatient {
            items: known.patient,
            envelope: known.envelope,
            version: known.version,
            owner,
            batch: Some(batch),
        }),
        Some(id) if known.dirty => PatientChange::Set(SetPatient {
            id,
            items: Some(known.patient),
            envelope: Some(known.envelope),
            version: Some(known.version),
            ..SetPatient::default()
        }),
        Some(id) => PatientChange::Keep { id },
    };
    Ok(Change { patient, tumors, why: why.clone() })
}

fn tumor_change(tx: &mut Tx<'_>, context: &Context, tumor: KnownTumor) -> Result<TumorChange, ImportError> {
    Ok(match tumor.key {
        Some(id) => TumorChange::Set(SetTumor {
            id,
            items: Some(tumor.items),
            envelope: Some(tumor.envelope),
            ..SetTumor::default()
        }),
        None => {
            let completed = tumor.items.has(names::DATE_CASE_COMPLETED);
            TumorChange::New(NewTumor {
                owner: context.owner(tx, tumor.items.value(names::ABSTRACTED_BY))?,
                state: if completed { "complete" } else { "in_progress" }.to_owned(),
                envelope: tumor.envelope,
                items: tumor.items,
            })
        }
    })
}
