//! One save of one page of the abstract: rights, comparison with what others saved, derived
//! items, accession number, state, draft, all in one transaction.

use super::{
    accession::{AccessionNumber, Accessioning, accessioning},
    compare::{Conflict, ThreeWay},
    derive, documents,
    drafts::{self, Typing},
    form::{self, Both, Page, Reading},
    form_row::{FormRow, left_over},
    judging::{self, Judging},
    propose,
    section::Section,
    state::{AbstractState, Event, NotPossible},
    store,
};
use crate::{
    access::accounts,
    audit::{AuditAction, Event as AuditEvent},
    checking,
    db::{StoreError, Tx},
    dictionary::{Items, Version, names},
    facility::Desk,
    patient::{self, PatientRow, VersionRow},
    provenance, quality_review,
    save::{self, Change, PatientChange, SaveRefused, SetPatient, SetTumor, TumorChange, Why, body::Body},
    tumor::{self, TumorRow},
    web::PageError,
};

/// A case with its patient, as stored now.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) patient: PatientRow,
    pub(super) tumor: TumorRow,
    pub(super) items: Both,
}

impl Stored {
    /// State of the abstract; a word that no program of ours wrote counts as in progress.
    pub(super) fn state(&self) -> AbstractState {
        AbstractState::parse(&self.tumor.state).unwrap_or(AbstractState::InProgress)
    }
}

/// The case with this public id, if it is in the actor's facility and neither it nor its patient is void.
pub(super) fn stored(tx: &mut Tx<'_>, uid: &str) -> Result<Stored, PageError> {
    let scope = tx.scope()?;
    let (patient, tumor) = tumor::in_use(tx.conn(), scope, uid)?.ok_or(PageError::NotFound)?;
    let items = Both { patient: patient.items()?, tumor: tumor.items()? };
    Ok(Stored { patient, tumor, items })
}

/// The patient's other cases that are not void.
pub(super) fn siblings(tx: &mut Tx<'_>, stored: &Stored) -> Result<Vec<TumorRow>, StoreError> {
    let scope = tx.scope()?;
    let mut rows = tumor::of_patient(tx.conn(), scope, stored.patient.id)?;
    rows.retain(|t| !t.voided && t.id != stored.tumor.id);
    Ok(rows)
}

/// How this person's typing is read at this facility.
pub(super) fn reading(desk: &Desk) -> Reading {
    Reading { today: desk.today, slashes: desk.facility.slash_order }
}

/// An item that two people changed, differently.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// `p.` or `t.` and the XML id.
    pub(super) name: String,
    pub(super) conflict: Conflict,
}

/// What was done.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// Saved (or nothing had changed).
    Saved(Done),
    /// Two people changed the same items; nothing was saved, the typing is kept.
    Compare { asked: Vec<Asked>, who: String, stored: Box<Stored> },
    /// The state does not allow it; the typing is kept.
    Refused(NotPossible),
}

/// A save.
#[derive(Clone, Debug, Default)]
pub(super) struct Done {
    /// A number was given.
    pub(super) accession: Option<AccessionNumber>,
    /// Fields that were not understood; they are in a draft.
    pub(super) not_taken: usize,
    /// Somebody else's changes to other items were kept beside these.
    pub(super) joined: bool,
    /// The case is complete now.
    pub(super) completed: bool,
    /// A second person looks at it before it is complete.
    pub(super) in_review: bool,
    /// The edits were run, and nothing stands in the way of completing.
    pub(super) ready: bool,
    /// Findings that stand in the way of completing, when that or a run of the edits was asked for.
    pub(super) in_the_way: usize,
}

pub(super) fn page_error(refused: SaveRefused) -> PageError {
    match refused {
        SaveRefused::NotFound => PageError::NotFound,
        SaveRefused::Store(e) => e.into(),
        SaveRefused::Stale { .. } => {
            PageError::BadRequest("Somebody else saved meanwhile. Save again.".to_owned())
        }
    }
}

/// What is asked for with a save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing else.
    Save,
    /// The proposals for blank items of this section that completing needs.
    Take,
    /// No distant spread: the blank items of metastases at diagnosis say no.
    NoSpread,
    /// Values that the schema has no place for are taken out: the person saw them listed.
    Clear,
    /// The edits judge the case; it is ready when nothing stands in the way of completing.
    RunEdits,
    /// The case is complete.
    Complete,
}

/// Saves what a page sent, and does what was asked for with it.
pub(super) fn save(
    tx: &mut Tx<'_>,
    desk: &Desk,
    uid: &str,
    page: Page,
    typing: &Typing,
    then: Then,
) -> Result<Outcome, PageError> {
    save_from(tx, desk, uid, page, typing, then, &[])
}

/// Saves what a page sent, or, with `given`, values that came from elsewhere: these then carry how they came, and the rest
/// as their provenance, and typing that the person keeps on the page stays.
pub(super) fn save_from(
    tx: &mut Tx<'_>,
    desk: &Desk,
    uid: &str,
    page: Page,
    typing: &Typing,
    then: Then,
    given: &[(&'static str, provenance::How)],
) -> Result<Outcome, PageError> {
    let now = stored(tx, uid)?;
    let event = match page {
        Page::Section(Section::Outcome) => Event::OutcomeUpdated,
        _ => Event::Saved,
    };
    let state = match now.state().after(event) {
        Ok(state) => state,
        Err(refused) => {
            keep(tx, &now, page, typing)?;
            return Ok(Outcome::Refused(refused));
        }
    };
    let base = base(tx, &now, typing)?;
    let mine = form::apply(page, &base, &typing.pairs, reading(desk));
    let patient = ThreeWay::of(&base.patient, &mine.record.patient, &now.items.patient);
    let tumor = ThreeWay::of(&base.tumor, &mine.record.tumor, &now.items.tumor);
    let asked = undecided(&now, typing, &patient, &tumor);
    if !asked.is_empty() {
        let who = who_saved_last(tx, &now, typing)?;
        keep(tx, &now, page, typing)?;
        return Ok(Outcome::Compare { asked, who, stored: Box::new(now) });
    }
    let joined = !(patient.theirs.is_empty() && tumor.theirs.is_empty());
    let mine_wins = |level: &str, item: &str| {
        form::pair(&typing.pairs, &format!("choose.{level}.{item}")) == Some("mine")
    };
    let mut record =
        Both { patient: patient.decided(|i| mine_wins("p", i)), tumor: tumor.decided(|i| mine_wins("t", i)) };

    let mut not_taken = mine.not_taken;
    not_taken.extend(form::hold_to_contact_rules(&now.items.patient, &mut record.patient));
    match (then, page) {
        (Then::Take, Page::Section(section)) => {
            propose::take_all(&mut record.patient, &mut record.tumor, Some(section));
        }
        (Then::NoSpread, _) => propose::no_spread(&mut record.tumor),
        (Then::Clear, _) => {
            let left: Vec<&str> = left_over(record.case()).map(FormRow::id).collect();
            for item in left {
                record.tumor.remove(item);
            }
        }
        _ => {}
    }
    let mut done = Done { not_taken: not_taken.len(), joined, ..Done::default() };
    // Completing writes what follows from other items, also where nothing was typed.
    let changed = record != now.items || then == Then::Complete;
    let siblings = siblings(tx, &now)?;
    let judging = Judging::of(tx, desk, &now, &siblings)?;
    let typed = record.tumor.clone();
    if changed {
        derive::derive_patient(&mut record.patient);
        derive::derive(&record.patient, &mut record.tumor);
        propose::settle(now.items.case(), &mut record.patient, &mut record.tumor);
        derive::stamp(&record.patient, &mut record.tumor, &desk.facility.npi, &desk.facility.fin);
        done.accession = accession(tx, &siblings, &mut record.tumor)?;
        judging.clear_stale(&now.items, &mut record);
        let found = judging.findings(&record);
        derive::mark_core_completed(&mut record.tumor, desk.today, &found);
        derive::mark_changed(&mut record.tumor, desk.today);
    }
    // A run of the edits takes a case out of the state in which nothing was saved yet.
    let mut state = if changed || then == Then::RunEdits { state } else { now.state() };
    if matches!(then, Then::Complete | Then::RunEdits) {
        // Judged as it would be complete: edits look at the day of completion too.
        let staff = staff_code(tx)?;
        let mut finished = record.clone();
        derive::mark_completed(&mut finished.tumor, desk.today, &staff);
        derive::mark_changed(&mut finished.tumor, desk.today);
        let found = judging.findings(&finished);
        // What was not understood stands in the way as well: it is not in the record yet.
        let errors = judging::in_the_way(&found) + done.not_taken;
        let chosen = match then {
            Then::Complete => quality_review::choose(tx, desk, &now.tumor, &record.tumor, state)?,
            _ => None,
        };
        let event = match then {
            Then::RunEdits => Event::EditsRun { errors },
            _ => Event::Completed { errors, chosen_for_review: chosen.is_some() },
        };
        match state.after(event) {
            Ok(judged) if then == Then::RunEdits => {
                state = judged;
                done.in_the_way = errors;
                done.ready = errors == 0;
            }
            Ok(AbstractState::QaReview) => {
                // Its day of completion stays blank until somebody accepts it.
                state = AbstractState::QaReview;
                done.in_review = true;
                quality_review::keep_choice(tx, &now.tumor, &record.tumor, chosen, &staff)?;
            }
            Ok(complete) => {
                record = finished;
                state = complete;
                done.completed = true;
            }
            Err(NotPossible::Errors(n)) => {
                done.in_the_way = n;
                if state == AbstractState::InProgress {
                    state = AbstractState::EditErrors;
                }
            }
            Err(refused) => return Ok(Outcome::Refused(refused)),
        }
    }
    let signed = (tx.actor().display.clone(), tx.now().to_rfc3339(), desk.facility.short_name.clone());
    let mut notes = provenance::of_save(&now.items.tumor, &typed, &record.tumor, &typing.pairs, &signed);
    for note in &mut notes {
        if let Some((_, how)) = given.iter().find(|(item, _)| *item == note.item) {
            note.how = how.clone();
        }
    }
    let cites = typing.pairs.iter().any(|(name, _)| name.starts_with(provenance::CITED));
    if !notes.is_empty() || cites {
        let mut standing = provenance::notes(&now.tumor.envelope);
        let imported = provenance::imported(tx, &now.tumor, &signed.2)?;
        standing.extend(imported.iter().cloned());
        let documents = documents::places(tx, now.tumor.id)?;
        notes = provenance::cite(notes, &standing, &record.tumor, &typing.pairs, &documents, &signed);
        if !notes.is_empty() {
            // the note of a changed code stands behind and replaces that of its import
            notes.splice(0..0, imported);
        }
    }
    write(tx, desk, &now, record, notes, state, mine.retired, done.completed)?;
    if matches!(then, Then::Complete | Then::RunEdits) {
        // What was found stays with the case, with the set of edits that judged it.
        let parameters = checking::parameters(tx.conn(), &desk.facility, desk.today)?;
        let scope = tx.scope()?;
        let set = checking::set_of(tx.conn(), scope)?;
        checking::run_case(tx, &set, &parameters, uid)?;
    }
    if given.is_empty() {
        keep_rest(tx, &now, page, &not_taken)?;
    }
    Ok(Outcome::Saved(done))
}

/// What the page showed when it was opened.
pub(super) fn base(tx: &mut Tx<'_>, now: &Stored, typing: &Typing) -> Result<Both, PageError> {
    let scope = tx.scope()?;
    let mut base = now.items.clone();
    if typing.tumor_version != now.tumor.version {
        let versions = tumor::versions(tx.conn(), scope, now.tumor.id)?;
        base.tumor = body_of(&versions, typing.tumor_version)?;
    }
    if typing.patient_version != now.patient.version {
        let versions = patient::versions(tx.conn(), scope, now.patient.id)?;
        base.patient = body_of(&versions, typing.patient_version)?;
    }
    Ok(base)
}

fn body_of(versions: &[VersionRow], wanted: i32) -> Result<Items, PageError> {
    let row = versions.iter().find(|v| v.version == wanted).ok_or_else(|| {
        PageError::BadRequest(
            "The page names a version that this case never had. Open the case again.".to_owned(),
        )
    })?;
    Ok(Body::unpack(&row.body)?.items)
}

/// Conflicts that the person has not decided on what stands there now.
fn undecided(now: &Stored, typing: &Typing, patient: &ThreeWay, tumor: &ThreeWay) -> Vec<Asked> {
    let seen = format!("{}.{}", now.patient.version, now.tumor.version);
    let fresh = form::pair(&typing.pairs, "seen") == Some(seen.as_str());
    let levels = [("p", patient), ("t", tumor)];
    levels
        .into_iter()
        .flat_map(|(level, compared)| {
            compared.conflicts.iter().map(move |c| (format!("{level}.{}", c.item), c))
        })
        .filter(|(name, _)| {
            !fresh || !matches!(form::pair(&typing.pairs, &format!("choose.{name}")), Some("mine" | "theirs"))
        })
        .map(|(name, conflict)| Asked { name, conflict: conflict.clone() })
        .collect()
}

/// Who else saved after the page was opened; the newest save where nobody else did.
fn who_saved_last(tx: &mut Tx<'_>, now: &Stored, typing: &Typing) -> Result<String, StoreError> {
    let scope = tx.scope()?;
    let me = tx.actor().name.clone();
    let mut later: Vec<VersionRow> = tumor::versions(tx.conn(), scope, now.tumor.id)?
        .into_iter()
        .filter(|v| v.version > typing.tumor_version)
        .collect();
    later.extend(
        patient::versions(tx.conn(), scope, now.patient.id)?
            .into_iter()
            .filter(|v| v.version > typing.patient_version),
    );
    later.sort_by_key(|v| (v.actor_name != me, v.at));
    Ok(later.pop().map(|v| v.actor_name).unwrap_or_default())
}

/// Gives the case its accession number where the year of first contact is known.
pub(super) fn accession(
    tx: &mut Tx<'_>,
    siblings: &[TumorRow],
    tumor: &mut Items,
) -> Result<Option<AccessionNumber>, PageError> {
    let scope = tx.scope()?;
    let others: Vec<Items> = siblings.iter().map(TumorRow::items).collect::<Result<_, _>>()?;
    let others: Vec<&Items> = others.iter().collect();
    match accessioning(tumor, &others) {
        Accessioning::Has | Accessioning::NotYet => Ok(None),
        Accessioning::Keeps(number) => {
            let kept = number.parse().ok();
            tumor.set(names::ACCESSION_NUMBER_HOSP, number);
            Ok(kept)
        }
        Accessioning::Next { year } => {
            let number = store::next_accession(tx.conn(), scope, year)?;
            tumor.set(names::ACCESSION_NUMBER_HOSP, number.to_string());
            Ok(Some(number))
        }
    }
}

/// The three characters that sign an abstract (NAACCR item 570).
fn staff_code(tx: &mut Tx<'_>) -> Result<String, StoreError> {
    let (Some(account), scope) = (tx.actor().account(), tx.scope()?) else { return Ok(String::new()) };
    Ok(accounts::initials_of(tx.conn(), account, scope.facility())?.unwrap_or_default())
}

fn write(
    tx: &mut Tx<'_>,
    desk: &Desk,
    now: &Stored,
    record: Both,
    notes: Vec<provenance::Note>,
    state: AbstractState,
    retired: bool,
    completed: bool,
) -> Result<(), PageError> {
    let patient_changed = record.patient != now.items.patient;
    let tumor_changed = record.tumor != now.items.tumor || state != now.state() || !notes.is_empty();
    if !patient_changed && !tumor_changed {
        let (patient, tumor) = (now.patient.id, now.tumor.id);
        tx.record(AuditEvent::new(AuditAction::ViewTumor).tumor(patient, tumor).detail("nothing to save"));
        return Ok(());
    }
    let mut tumors =
        if patient_changed { derived_again(tx, now, &record.patient, desk)? } else { Vec::new() };
    let patient = if patient_changed {
        PatientChange::Set(SetPatient {
            id: now.patient.id,
            expected: Some(now.patient.version),
            items: Some(record.patient),
            version: retired.then_some(Version::NEWEST),
            ..SetPatient::default()
        })
    } else {
        PatientChange::Keep { id: now.patient.id }
    };
    let owner = match (now.tumor.owner_id, tx.actor().account()) {
        // A case of the pool belongs to whoever begins to work on it.
        (None, Some(account)) => Some(Some(account)),
        _ => None,
    };
    let tumor = SetTumor {
        id: now.tumor.id,
        expected: Some(now.tumor.version),
        items: Some(record.tumor),
        envelope: Some(provenance::noted(&now.tumor.envelope, notes)),
        state: Some(state.word().to_owned()),
        owner,
        ..SetTumor::default()
    };
    let action = if completed { AuditAction::Complete } else { AuditAction::ChangeTumor };
    let why = Why { source: "form", reason: String::new(), event: Some(action) };
    tumors.insert(0, TumorChange::Set(tumor));
    save::apply(tx, Change { patient, tumors, why }).map_err(page_error)?;
    Ok(())
}

/// The patient's other cases whose derived items follow from the changed patient, those taken out too:
/// they may come back.
fn derived_again(
    tx: &mut Tx<'_>,
    now: &Stored,
    patient: &Items,
    desk: &Desk,
) -> Result<Vec<TumorChange>, StoreError> {
    let scope = tx.scope()?;
    let mut changes = Vec::new();
    for row in tumor::of_patient(tx.conn(), scope, now.patient.id)?.iter().filter(|t| t.id != now.tumor.id) {
        if let Some(items) = derive::derived_again(patient, &row.items()?, desk.today) {
            changes.push(TumorChange::Set(SetTumor {
                id: row.id,
                items: Some(items),
                ..SetTumor::default()
            }));
        }
    }
    Ok(changes)
}

/// Keeps the whole typing, when nothing could be saved.
fn keep(tx: &mut Tx<'_>, now: &Stored, page: Page, typing: &Typing) -> Result<(), StoreError> {
    drafts::keep(tx, &now.tumor, page, typing)?;
    tx.record(
        AuditEvent::new(AuditAction::Draft).tumor(now.patient.id, now.tumor.id).detail("kept, not saved"),
    );
    Ok(())
}

/// Keeps only what was not understood; the rest is saved now.
fn keep_rest(
    tx: &mut Tx<'_>,
    before: &Stored,
    page: Page,
    not_taken: &[form::NotTaken],
) -> Result<(), PageError> {
    if not_taken.is_empty() {
        drafts::discard(tx, before.tumor.id, page)?;
        return Ok(());
    }
    let scope = tx.scope()?;
    let tumor = tumor::by_key(tx.conn(), scope, before.tumor.id)?.ok_or(PageError::NotFound)?;
    let patient = patient::by_key(tx.conn(), scope, before.patient.id)?.ok_or(PageError::NotFound)?;
    let typing = Typing {
        patient_version: patient.version,
        tumor_version: tumor.version,
        pairs: not_taken.iter().map(|n| (n.field.clone(), n.typed.clone())).collect(),
    };
    drafts::keep(tx, &tumor, page, &typing)?;
    Ok(())
}
