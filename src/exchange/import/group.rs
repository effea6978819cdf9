//! One group of a file: decided, and saved in one transaction.

use chrono::{DateTime, Utc};

use super::{
    ImportError,
    context::{Context, made_before},
};
use crate::{
    audit::{AuditAction, Event},
    db::Tx,
    dictionary::{Items, names},
    exchange::{
        groups::Group,
        ledger::{Fate, Ledger, RejectNote, Review},
        matching::{Difference, Kept},
        naaccr_xml::{Outcome, PatientRead},
        plan::{Keys, Known, KnownTumor, Pool, Younger},
        store::{self, BatchRow},
    },
    patient,
    save::{
        self, Change, NewPatient, NewTumor, PatientChange, SetPatient, SetTumor, TumorChange, Why, body::Body,
    },
    tumor,
};

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
    let pool = stored_and_overlay(tx, group, overlay)?;
    let mut decisions = Decisions { pool, ledger: Ledger::default(), reviews: Vec::new() };
    for outcome in &group.outcomes {
        match outcome {
            Outcome::Patient(read) => decide_patient(tx, context, read, root, &mut decisions)?,
            Outcome::Rejected(reject) => {
                decisions.ledger.patients.add(Fate::Rejected, u64::from(reject.patients));
                decisions.ledger.tumors.add(Fate::Rejected, u64::from(reject.tumors));
            }
        }
    }
    Ok(decisions)
}

/// Everybody whom the patients of a group may mean, as they stand after `overlay`.
fn stored_and_overlay(tx: &mut Tx<'_>, group: &Group, overlay: Vec<Known>) -> Result<Pool, ImportError> {
    let patients = group.outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Patient(read) => Some(read),
        Outcome::Rejected(_) => None,
    });
    let (mut keys, mut nameless) = (Vec::new(), Vec::new());
    for read in patients {
        let own = Keys::of(&read.record);
        if own.is_empty() {
            nameless.push(read.record.patient.value(names::NAME_LAST).to_owned());
        }
        keys.push(own);
    }
    nameless.sort_unstable();
    nameless.dedup();
    let scope = tx.scope()?;
    let mut pool = Pool::default();
    for known in store::candidates(tx.conn(), scope, &keys, &nameless)?.into_iter().chain(overlay) {
        pool.put(known);
    }
    Ok(pool)
}

fn decide_patient(
    tx: &mut Tx<'_>,
    context: &Context,
    read: &PatientRead,
    root: &str,
    decisions: &mut Decisions,
) -> Result<(), ImportError> {
    let decided = decisions.pool.decide(&read.record, root, &mut |known| younger(tx, context, known))?;
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
        && named.key != tx.scope()?.facility()
    {
        decisions.reviews.push((decided.place, read.line, Review::OtherFacility { said }));
    }
    Ok(())
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
    let rest = save_rejects(tx, group, batch)?;
    let (rows, changed) = save_people(tx, context, pool, batch)?;
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

/// Keeps the rejects of a group; gives the key of the one that ends the reading.
fn save_rejects(tx: &mut Tx<'_>, group: &Group, batch: &BatchRow) -> Result<Option<i64>, ImportError> {
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
    Ok(rest)
}

/// Saves whoever changed. Gives the row keys by place in the pool, and the keys of those saved.
fn save_people(
    tx: &mut Tx<'_>,
    context: &Context,
    pool: Pool,
    batch: &BatchRow,
) -> Result<(Vec<Option<i64>>, Vec<i64>), ImportError> {
    let why = Why { source: "import", reason: batch.uid.clone(), event: None };
    let (mut rows, mut changed) = (Vec::new(), Vec::new());
    let settings = save::settings(tx)?;
    for known in pool.into_people() {
        if !known.is_changed() {
            rows.push(known.key);
            continue;
        }
        let change = change_of(tx, context, known, batch.id, &why)?;
        let saved = save::apply_with(tx, &settings, change)?;
        changed.push(saved.patient);
        rows.push(Some(saved.patient));
    }
    Ok((rows, changed))
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
