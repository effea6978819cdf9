//! Asking for a merge, doing or declining it, parting the records again. Whoever asked does not decide.

use serde::{Deserialize, Serialize};

use super::{
    outlook::{Both, CaseOutlook, Outlook, called},
    rules::{self, Side},
    shown::outcome_facts,
    store::{self, MergeRow},
};
use crate::{
    abstracting::{self, AbstractState, accession, derive},
    audit::{AuditAction, Event},
    db::{StoreError, Tx},
    dictionary::{Items, names},
    facility::Desk,
    patient::{Changed, ClassifyWord as _, MergeDone, MergedCase, MergedItem},
    save::{self, Change, PatientChange, SaveRefused, SetPatient, SetTumor, TumorChange, Why},
    tumor::TumorRow,
    web::{FormErrors, PageError},
};

/// Shortest reason, in characters.
const SHORTEST_REASON: usize = 10;

/// What the person who asks decided: kept with the request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plan {
    /// Items and whose value stands, where somebody chose.
    pub(super) choices: Vec<(String, Side)>,
    /// Public ids of two cases that may be one primary, and why they are two.
    pub(super) pairs: Vec<(String, String, String)>,
    /// The versions that were seen; see [`Outlook::seen`].
    pub(super) seen: String,
}

impl Plan {
    /// Whose value of an item stands, where somebody chose.
    pub(super) fn chosen(&self, item: &str) -> Option<Side> {
        self.choices.iter().find(|(id, _)| id == item).map(|(_, side)| *side)
    }

    /// Why two cases are two primaries; the ids in either order. Blank where nobody said.
    pub(super) fn reason_of(&self, a: &str, b: &str) -> &str {
        let found = self.pairs.iter().find(|(x, y, _)| (x == a && y == b) || (x == b && y == a));
        found.map_or("", |(.., reason)| reason.as_str())
    }

    /// Reads what the store keeps.
    pub(super) fn read(row: &MergeRow) -> Result<Self, StoreError> {
        serde_json::from_str(&row.plan).map_err(|e| StoreError::Unreadable {
            what: "plan of a merge",
            why: e.classify_word().to_owned(),
        })
    }
}

/// What a merge did, as the store keeps it.
pub(super) fn done_of(row: &MergeRow) -> Result<MergeDone, StoreError> {
    serde_json::from_str(&row.done)
        .map_err(|e| StoreError::Unreadable { what: "merge", why: e.classify_word().to_owned() })
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers are always JSON")
}

/// Complains about a reason that says too little.
pub(super) fn check_reason(field: &str, label: &str, reason: &str, errors: &mut FormErrors) {
    let given = reason.trim().chars().count();
    if given < SHORTEST_REASON {
        let says = format!("Say why in at least {SHORTEST_REASON} characters; {given} were given.");
        errors.add(field, label, &says);
    }
}

/// Words for versions that are not those on the page.
pub(super) const STALE: &str = "Somebody changed one of the records meanwhile. They are shown as they are now; look at them and decide again.";

/// Words where the other record has the older accession number by now.
pub(super) const TURNED: &str = "The accession numbers changed since it was asked for: the other record would stay now. Decline, and ask again.";

/// Asks for a merge; gives the public id of the request, or leaves complaints.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    both: &Both,
    outlook: &Outlook,
    plan: &Plan,
    reason: &str,
    errors: &mut FormErrors,
) -> Result<Option<String>, PageError> {
    check_reason("reason", "Reason", reason, errors);
    for (n, pair) in outlook.pairs.iter().enumerate() {
        let said = plan.reason_of(&pair.stays, &pair.merged);
        check_reason(&format!("pair-{n}"), "Two primaries", said, errors);
    }
    if plan.seen != outlook.seen {
        errors.add("reason", "Reason", STALE);
    }
    for block in &outlook.blocks {
        errors.add("blocks", "In the way", &block.words);
    }
    let event = Event::new(AuditAction::Merge).patients([both.stays.row.id, both.merged.row.id]);
    if !errors.is_empty() {
        tx.record(event.refused().detail("merge asked for"));
        return Ok(None);
    }
    let uid = store::insert(tx, both.stays.row.id, both.merged.row.id, reason.trim(), &json(plan))?;
    tx.record(event.detail("merge asked for"));
    Ok(Some(uid))
}

/// Did the actor ask? Somebody else decides.
pub(super) fn asked(tx: &Tx<'_>, by: &str, account: Option<i64>) -> bool {
    let actor = tx.actor();
    by == actor.name || (account.is_some() && account == actor.account())
}

/// Why a merge is not done: a sentence.
pub(super) type Refused = String;

/// How the task begins that a contradiction about life and death leaves.
pub(super) const CONTRADICTED: &str = "Two records of this person were merged, and ";

/// Words for whoever asked and would decide.
pub(super) const SECOND_PERSON: &str = "You asked for this yourself. A second person decides.";

/// Leaves two records as they are.
pub(super) fn decline(tx: &mut Tx<'_>, row: &MergeRow) -> Result<Result<(), Refused>, PageError> {
    let event = Event::new(AuditAction::Merge).patients([row.survivor_id, row.merged_id]);
    if asked(tx, &row.asked_by, row.asked_account_id) {
        tx.record(event.refused().detail("merge declined"));
        return Ok(Err(SECOND_PERSON.to_owned()));
    }
    if !store::decide(tx, row.id, "declined", "{}")? {
        return Err(PageError::NotFound);
    }
    tx.record(event.detail("merge declined"));
    Ok(Ok(()))
}

pub(super) fn page_error(refused: SaveRefused) -> PageError {
    match refused {
        SaveRefused::NotFound => PageError::NotFound,
        SaveRefused::Store(e) => e.into(),
        SaveRefused::Stale { .. } => PageError::BadRequest(STALE.to_owned()),
    }
}

fn why(reason: &str) -> Why {
    Why { source: "merge", reason: reason.to_owned(), event: None }
}

/// Merges two records: cases, contacts and notes go to the record that stays; the other is a shell that leads to it.
pub(super) fn merge(
    tx: &mut Tx<'_>,
    desk: &Desk,
    row: &MergeRow,
    both: &Both,
    outlook: &Outlook,
    seen: &str,
) -> Result<Result<(), Refused>, PageError> {
    let plan = Plan::read(row)?;
    let (stays, merged) = (&both.stays.row, &both.merged.row);
    let event = Event::new(AuditAction::Merge).patients([stays.id, merged.id]);
    let open = outlook.pairs.iter().filter(|p| plan.reason_of(&p.stays, &p.merged).is_empty()).count();
    let refused = if asked(tx, &row.asked_by, row.asked_account_id) {
        Some(SECOND_PERSON.to_owned())
    } else if seen != outlook.seen {
        Some(STALE.to_owned())
    } else if let Some(block) = outlook.blocks.first() {
        Some(block.words.clone())
    } else {
        (open > 0).then(|| {
            "There are cases now that may be one primary, and that nobody was asked about. Decline, and ask again."
                .to_owned()
        })
    };
    if let Some(refused) = refused {
        tx.record(event.refused().detail("merged"));
        return Ok(Err(refused));
    }
    let scope = tx.scope()?;
    let (contacts, notes) = store::beside_cases(tx.conn(), scope, merged.id)?;
    let moved: Vec<i64> = both.merged.tumors.iter().map(|t| t.id).collect();
    for case in &both.merged.tumors {
        save::move_tumor(tx, case.id, case.version, stays.id, &why(&row.reason)).map_err(page_error)?;
    }
    let mut items = rules::merged_items(&both.stays.items, &both.merged.items, outlook.contact.0, &|item| {
        plan.chosen(item)
    });
    derive::derive_patient(&mut items);
    let done = MergeDone {
        items: both
            .stays
            .items
            .diff(&items)
            .into_iter()
            .map(|(id, from, to)| MergedItem { item: id.to_owned(), value: Changed::new(from, to) })
            .collect(),
        cases: outlook.cases.iter().map(CaseOutlook::kept).collect(),
        contacts,
        notes,
        conflict: outlook.contact.1.map(|c| c.to_string()).unwrap_or_default(),
        left: Vec::new(),
    };
    let tumors = numbered(tx, desk, both, outlook, &items)?;
    let short = [stays.short_interval, merged.short_interval].into_iter().flatten().min();
    let patient = PatientChange::Set(SetPatient {
        id: stays.id,
        items: Some(items),
        short_interval: Some(short),
        ..SetPatient::default()
    });
    let saved = save::apply(tx, Change { patient, tumors, why: why(&row.reason) }).map_err(page_error)?;
    let shell = SetPatient { id: merged.id, state: Some("void"), ..SetPatient::default() };
    let shell = Change { patient: PatientChange::Set(shell), tumors: Vec::new(), why: why(&row.reason) };
    save::apply(tx, shell).map_err(page_error)?;
    store::give(tx, &done.contacts, &done.notes, stays.id)?;
    store::follow_cases(tx, &moved, stays.id)?;
    store::give_drafts(tx, merged.id, stays.id)?;
    store::keep_numbers(tx, row.id, &outlook.former)?;
    for (other, reason) in store::others_than(tx.conn(), scope, merged.id)? {
        if other != stays.id {
            store::mark_two_people(tx, stays.id, other, &reason)?;
        }
    }
    leave_notes(tx, row, both, outlook, &plan)?;
    if !store::decide(tx, row.id, "merged", &json(&done))? {
        return Err(PageError::NotFound);
    }
    let event = moved.iter().fold(event, |event, case| event.tumor(stays.id, *case));
    tx.record(event.fields(saved.fields).detail("merged"));
    Ok(Ok(()))
}

/// The cases with their numbers in the merged record and what follows from its items.
fn numbered(
    tx: &mut Tx<'_>,
    desk: &Desk,
    both: &Both,
    outlook: &Outlook,
    person: &Items,
) -> Result<Vec<TumorChange>, PageError> {
    let mut after: Vec<Items> = Vec::new();
    for case in &outlook.cases {
        let mut items = case.items.clone();
        for (id, number) in [
            (names::ACCESSION_NUMBER_HOSP, &case.accession),
            (names::SEQUENCE_NUMBER_HOSPITAL, &case.sequence),
            (names::TUMOR_RECORD_NUMBER, &case.record_number),
        ] {
            if !number.is_none() {
                items.set(id, number.to.clone());
            }
        }
        if case.side == Side::Merged && person.has(names::PATIENT_ID_NUMBER) {
            items.remove(names::PATIENT_SYSTEM_ID_HOSP);
        }
        derive::stamp(person, &mut items, &desk.facility.npi, &desk.facility.fin);
        derive::derive(person, &mut items);
        after.push(items);
    }
    let living: Vec<TumorRow> = outlook
        .cases
        .iter()
        .zip(&after)
        .filter(|(case, _)| !case.row.voided)
        .map(|(case, items)| TumorRow { items: items.to_json(), ..case.row.clone() })
        .collect();
    let mut changes = Vec::new();
    for (case, mut items) in outlook.cases.iter().zip(after) {
        let before = match case.side {
            Side::Stays => &both.stays.items,
            Side::Merged => &both.merged.items,
        };
        let others: Vec<TumorRow> = living.iter().filter(|t| t.id != case.row.id).cloned().collect();
        let was = TumorRow { patient_id: both.stays.row.id, ..case.row.clone() };
        abstracting::clear_over_rides(tx, desk, (before, &was), (person, &mut items), &others)?;
        if items != case.items {
            derive::mark_changed(&mut items, desk.today);
            let set = SetTumor { id: case.row.id, items: Some(items), ..SetTumor::default() };
            changes.push(TumorChange::Set(set));
        }
    }
    Ok(changes)
}

/// Why pairs are two primaries, and which numbers changed, as notes of the cases; a contradiction about life and
/// death as a task for whoever follows the patient.
fn leave_notes(
    tx: &mut Tx<'_>,
    row: &MergeRow,
    both: &Both,
    outlook: &Outlook,
    plan: &Plan,
) -> Result<(), StoreError> {
    let here = |case: &CaseOutlook| TumorRow { patient_id: both.stays.row.id, ..case.row.clone() };
    let of = |uid: &str| outlook.cases.iter().find(|c| c.row.uid == uid);
    for pair in &outlook.pairs {
        let said = plan.reason_of(&pair.stays, &pair.merged);
        for (own, other) in [(&pair.stays, &pair.merged), (&pair.merged, &pair.stays)] {
            let (Some(own), Some(other)) = (of(own), of(other)) else { continue };
            let body = format!(
                "Two records of this person were merged. This case and the one with sequence number {} are two primaries: \
                 {said}",
                other.sequence.to
            );
            abstracting::leave_note(tx, &here(own), body, None)?;
        }
    }
    for case in outlook.cases.iter().filter(|c| !c.row.voided) {
        if let Some(body) = case.change_words() {
            abstracting::leave_note(
                tx,
                &here(case),
                format!("Two records of this person were merged. {body}"),
                None,
            )?;
        }
    }
    let who = both.stays.row.owner_id.or(row.asked_account_id).or(tx.actor().account());
    let first = outlook.cases.iter().find(|c| !c.row.voided);
    if let (Some(contradiction), Some(case)) = (outlook.contact.1, first) {
        let told = [&both.stays, &both.merged].map(|p| format!("{} says {}", called(p), outcome_facts(p)));
        let body = format!(
            "{CONTRADICTED}{contradiction}: {}. Settle last contact and vital status: the later last contact stands until \
             then.",
            told.join(", ")
        );
        abstracting::leave_note(tx, &here(case), body, who)?;
    }
    Ok(())
}

impl CaseOutlook {
    /// What the store keeps of the case.
    fn kept(&self) -> MergedCase {
        MergedCase {
            id: self.row.id,
            moved: self.side == Side::Merged,
            accession: self.accession.clone(),
            sequence: self.sequence.clone(),
            record_number: self.record_number.clone(),
        }
    }

    /// Which numbers change, as sentences; `None` when none does.
    pub(super) fn change_words(&self) -> Option<String> {
        let mut words = Vec::new();
        if !self.accession.is_none() {
            let (from, to) = (accession::shown(&self.accession.from), accession::shown(&self.accession.to));
            words.push(match from.as_str() {
                "" => format!("The accession number is {to} now."),
                from => format!("Accession number {from} became {to}."),
            });
        }
        if !self.sequence.is_none() {
            words.push(format!("Sequence number {} became {}.", self.sequence.from, self.sequence.to));
        }
        if words.is_empty() {
            return None;
        }
        match AbstractState::parse(&self.row.state) {
            Some(AbstractState::Submitted) => {
                words.push("The case was sent with the old number: a correction has to be sent.".to_owned());
            }
            Some(AbstractState::Complete) => {
                words.push("The case stays complete; the number is a correction.".to_owned());
            }
            _ => {}
        }
        Some(words.join(" "))
    }
}
