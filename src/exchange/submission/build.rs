//! What the next batch would hold, judged once more, before anything is frozen.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use super::{
    rules::{Kind, wanted},
    store::{self, ItemRow},
};
use crate::{
    abstracting::AbstractState,
    checking,
    db::{StoreError, Tx},
    edits::{EditSet, Severity},
    facility::Desk,
    patient::PatientRow,
    seal::hex,
    tumor::TumorRow,
};

/// Most cases of a batch; what is over waits for the next.
pub(super) const MOST: usize = 2_000;

/// A case on its way.
pub(super) struct Candidate {
    pub(super) patient: PatientRow,
    pub(super) tumor: TumorRow,
    pub(super) kind: Kind,
    /// What was sent before.
    pub(super) before: Option<ItemRow>,
    /// Errors of edits that stand: id and message.
    pub(super) errors: Vec<(String, String)>,
}

impl Candidate {
    /// The numbers under which the receiver knows a case that now has others; to it the case is a new one, and the
    /// record under these numbers goes.
    pub(super) fn renumbered(&self) -> Option<(&str, &str)> {
        let before = self.before.as_ref()?;
        let same = before.accession_number == self.tumor.accession_number
            && before.sequence_number == self.tumor.sequence_number;
        (self.kind == Kind::Full && before.kind() != Kind::Deletion && before.answer != "rejected" && !same)
            .then_some((before.accession_number.as_str(), before.sequence_number.as_str()))
    }
}

/// The next batch as it stands.
pub(super) struct Preflight {
    pub(super) candidates: Vec<Candidate>,
    /// Cases left out by somebody.
    pub(super) left_out: Vec<Candidate>,
    /// There are more than fit.
    pub(super) more: bool,
    pub(super) set_id: String,
    /// Hash of all that was seen; freezing goes on only while it is the same.
    pub(super) fingerprint: String,
}

impl Preflight {
    /// How many go out as this.
    pub(super) fn count(&self, kind: Kind) -> i64 {
        i64::try_from(self.candidates.iter().filter(|c| c.kind == kind).count()).unwrap_or(i64::MAX)
    }

    /// How many cases have errors.
    pub(super) fn with_errors(&self) -> usize {
        self.candidates.iter().filter(|c| !c.errors.is_empty()).count()
    }

    /// Counts by class of case and by year of diagnosis, of what is not a deletion.
    pub(super) fn by(&self, of: impl Fn(&TumorRow) -> String) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for candidate in self.candidates.iter().filter(|c| c.kind != Kind::Deletion) {
            *counts.entry(of(&candidate.tumor)).or_default() += 1;
        }
        counts
    }
}

/// Selects and judges; the caller records who looked.
pub(super) fn preflight(
    tx: &mut Tx<'_>,
    desk: &Desk,
    left_out: BTreeSet<String>,
) -> Result<Preflight, StoreError> {
    let scope = tx.scope()?;
    let most = i64::try_from(MOST + left_out.len() + 1).unwrap_or(i64::MAX);
    let rows = store::may_go(tx.conn(), scope, most)?;
    let (left_out, mut candidates): (Vec<_>, Vec<_>) =
        select(tx, rows)?.into_iter().partition(|c| left_out.contains(&c.tumor.uid));
    let more = candidates.len() > MOST;
    candidates.truncate(MOST);
    let set = checking::set_of(tx.conn(), scope)?;
    judge(tx, desk, &set, &mut candidates)?;
    let mut hash = Sha256::new();
    hash.update(set.id().as_bytes());
    for c in &candidates {
        let seen = format!("\n{} {} {} {}", c.kind.letter(), c.tumor.uid, c.tumor.version, c.patient.version);
        hash.update(seen.as_bytes());
    }
    let (set_id, fingerprint) = (set.id().to_owned(), hex(&hash.finalize()));
    Ok(Preflight { candidates, left_out, more, set_id, fingerprint })
}

fn select(tx: &mut Tx<'_>, rows: Vec<TumorRow>) -> Result<Vec<Candidate>, StoreError> {
    let scope = tx.scope()?;
    let keys: Vec<i64> = rows.iter().map(|t| t.id).collect();
    let mut before: HashMap<i64, ItemRow> =
        store::last_sent(tx.conn(), &keys)?.into_iter().map(|item| (item.tumor_id, item)).collect();
    let keys: BTreeSet<i64> = rows.iter().map(|t| t.patient_id).collect();
    let keys: Vec<i64> = keys.into_iter().collect();
    let patients: HashMap<i64, PatientRow> =
        store::patients(tx.conn(), scope, &keys)?.into_iter().map(|p| (p.id, p)).collect();
    let mut candidates = Vec::new();
    for tumor in rows {
        let Some(patient) = patients.get(&tumor.patient_id).cloned() else { continue };
        let before = before.remove(&tumor.id);
        let state = AbstractState::parse(&tumor.state).unwrap_or(AbstractState::InProgress);
        let gone = tumor.voided || patient.state != "active";
        let Some(mut kind) = wanted(state, gone, before.as_ref().map(ItemRow::sent)) else { continue };
        let same = before.as_ref().is_none_or(|b| {
            b.accession_number == tumor.accession_number && b.sequence_number == tumor.sequence_number
        });
        if kind == Kind::Modified && !same {
            kind = Kind::Full;
        }
        candidates.push(Candidate { patient, tumor, kind, before, errors: Vec::new() });
    }
    Ok(candidates)
}

fn judge(
    tx: &mut Tx<'_>,
    desk: &Desk,
    set: &EditSet,
    candidates: &mut [Candidate],
) -> Result<(), StoreError> {
    let scope = tx.scope()?;
    let parameters = checking::parameters(tx.conn(), &desk.facility, desk.today)?;
    let keys: BTreeSet<i64> =
        candidates.iter().filter(|c| c.kind != Kind::Deletion).map(|c| c.patient.id).collect();
    let mut found: HashMap<i64, Vec<(String, String)>> = HashMap::new();
    for key in keys {
        for check in checking::look_at_patient(tx.conn(), scope, set, &parameters, key)? {
            let errors = check.judgement.findings.iter();
            let errors = errors.filter(|f| f.is_open() && f.edit.severity == Severity::Error);
            found.insert(check.tumor, errors.map(|f| (f.edit.id.clone(), f.edit.message.clone())).collect());
        }
    }
    for candidate in candidates.iter_mut().filter(|c| c.kind != Kind::Deletion) {
        candidate.errors = found.remove(&candidate.tumor.id).unwrap_or_default();
    }
    Ok(())
}
