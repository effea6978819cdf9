//! Saving one patient's worth of changes.

use super::{
    Change, NewPatient, PatientChange, SaveRefused, Saved, SetPatient, SetTumor, TumorChange, Why,
    body::Body,
    projection::{TumorFollowUp, follow_up_settings, project_patient, project_tumor, smaller, stand},
    store,
};
use crate::{
    audit::{AuditAction, Event},
    db::Tx,
    dictionary::Items,
    facility,
    followup_rules::{Settings, keeps_lost},
    patient::{self, PatientIndex, PatientRow},
    tumor::{self, TumorIndex, TumorRow},
};

/// A case before and after.
struct Case {
    row: TumorRow,
    items: Items,
    before: Option<(TumorRow, Items)>,
    /// Place in the change, when the change names it.
    named: Option<usize>,
}

impl Case {
    fn differs(&self) -> bool {
        match &self.before {
            None => true,
            Some((row, items)) => {
                *items != self.items
                    || !items.iter().eq(self.items.iter())
                    || row.envelope != self.row.envelope
                    || row.state != self.row.state
                    || row.voided != self.row.voided
                    || row.owner_id != self.row.owner_id
                    || row.patient_id != self.row.patient_id
            }
        }
    }
}

/// Saves a change: rows, versions, projected columns, audit event. Nothing is written that did
/// not change; a version is made only for what did.
pub fn apply(tx: &mut Tx<'_>, change: Change) -> Result<Saved, SaveRefused> {
    let settings = settings(tx)?;
    apply_with(tx, &settings, change)
}

/// The same under settings read before, for many changes in one transaction.
pub fn apply_with(tx: &mut Tx<'_>, settings: &Settings, change: Change) -> Result<Saved, SaveRefused> {
    let scope = tx.scope()?;
    tx.touch()?;
    let Change { patient: patient_change, tumors, why } = change;
    let (mut row, before) = match &patient_change {
        PatientChange::New(new) => (new_row(tx, new)?, None),
        PatientChange::Keep { id } | PatientChange::Set(SetPatient { id, .. }) => {
            let row = patient::by_key(tx.conn(), scope, *id)?.ok_or(SaveRefused::NotFound)?;
            (row.clone(), Some(row))
        }
    };
    let before_items = before.as_ref().map(PatientRow::items).transpose()?;
    let items = match &patient_change {
        PatientChange::New(new) => new.items.clone(),
        PatientChange::Set(set) => {
            set_patient(tx, &mut row, set)?;
            set.items.clone().or(before_items.clone()).unwrap_or_default()
        }
        PatientChange::Keep { .. } => before_items.clone().unwrap_or_default(),
    };
    let mut cases = cases_of(tx, before.as_ref(), &row, tumors)?;

    // Where the patient stands follows from all cases together.
    // Cases of a void patient count nowhere.
    let void = row.state == "void";
    let living: Vec<&Items> = cases.iter().filter(|c| !void && !c.row.voided).map(|c| &c.items).collect();
    let mut stand_now = stand(settings, &row, &items, &living);
    if row.lost_at.is_some()
        && !keeps_lost(before.as_ref().and_then(|b| b.effective_dlc), stand_now.effective_dlc)
    {
        row.lost_at = None;
        row.lost_reason.clear();
        stand_now = stand(settings, &row, &items, &living);
    }
    let mut accession = None;
    let mut nth = 0;
    for case in &mut cases {
        let index = TumorIndex::of(&items, &case.items);
        project_tumor(&mut case.row, &index);
        let own = (!void && !case.row.voided).then_some(nth);
        if own.is_some() {
            nth += 1;
            accession = smaller(accession, &index.accession_number);
        }
        TumorFollowUp::of(&stand_now, own).put(&mut case.row);
    }
    let index = PatientIndex::of(&items);
    project_patient(&mut row, &index, &stand_now, accession);

    let mut saved = Saved::default();
    write_patient(tx, &mut row, before.as_ref(), before_items.as_ref(), &items, &index, &why, &mut saved)?;
    write_cases(tx, &row, cases, &why, &mut saved)?;
    saved.fields.sort_unstable();
    saved.fields.dedup();
    if let Some(action) = why.event {
        let mut event = Event::new(action).fields(saved.fields.iter().cloned()).detail(why.source);
        event = if saved.tumors.is_empty() { event.patient(saved.patient) } else { event };
        for (id, ..) in &saved.tumors {
            event = event.tumor(saved.patient, *id);
        }
        tx.record(event);
    }
    Ok(saved)
}

/// The follow-up settings of the facility worked in.
pub fn settings(tx: &mut Tx<'_>) -> Result<Settings, SaveRefused> {
    let scope = tx.scope()?;
    Ok(follow_up_settings(&facility::get(tx.conn(), scope.facility())?))
}

fn new_row(tx: &mut Tx<'_>, new: &NewPatient) -> Result<PatientRow, SaveRefused> {
    Ok(PatientRow {
        id: 0,
        uid: tx.new_id().to_string(),
        facility_id: tx.scope()?.facility(),
        version: 0,
        state: "active".to_owned(),
        patient_id_number: String::new(),
        name_last: String::new(),
        name_first: String::new(),
        birth_date: String::new(),
        sex: String::new(),
        social_security_number: String::new(),
        vital_status: String::new(),
        last_contact: String::new(),
        effective_dlc: None,
        due_on: None,
        overdue_from: None,
        delinquent_from: None,
        centenarian_from: None,
        followed: false,
        newest_dx: None,
        accession_number: String::new(),
        lost_at: None,
        lost_reason: String::new(),
        short_interval: None,
        owner_id: new.owner,
        naaccr_version: i32::from(new.version.0),
        batch_id: new.batch,
        changed_at: tx.now().naive_utc(),
        items: String::new(),
        envelope: new.envelope.clone(),
    })
}

fn set_patient(tx: &Tx<'_>, row: &mut PatientRow, set: &SetPatient) -> Result<(), SaveRefused> {
    if set.expected.is_some_and(|e| e != row.version) {
        return Err(SaveRefused::Stale { what: "patient", now: row.version });
    }
    if let Some(envelope) = &set.envelope {
        row.envelope.clone_from(envelope);
    }
    if let Some(version) = set.version {
        row.naaccr_version = i32::from(version.0);
    }
    if let Some(state) = set.state {
        row.state = state.to_owned();
    }
    if let Some(lost) = &set.lost {
        row.lost_at = lost.as_ref().map(|_| tx.now().naive_utc());
        row.lost_reason = lost.clone().unwrap_or_default();
    }
    if let Some(short) = set.short_interval {
        row.short_interval = short;
    }
    if let Some(owner) = set.owner {
        row.owner_id = owner;
    }
    Ok(())
}

fn cases_of(
    tx: &mut Tx<'_>,
    before: Option<&PatientRow>,
    patient: &PatientRow,
    changes: Vec<TumorChange>,
) -> Result<Vec<Case>, SaveRefused> {
    let scope = tx.scope()?;
    let mut cases: Vec<Case> = Vec::new();
    if let Some(before) = before {
        for row in tumor::of_patient(tx.conn(), scope, before.id)? {
            let items = row.items()?;
            cases.push(Case { items: items.clone(), before: Some((row.clone(), items)), row, named: None });
        }
    }
    for (place, change) in changes.into_iter().enumerate() {
        match change {
            TumorChange::New(new) => cases.push(Case {
                row: TumorRow {
                    id: 0,
                    uid: tx.new_id().to_string(),
                    patient_id: patient.id,
                    facility_id: patient.facility_id,
                    version: 0,
                    state: new.state,
                    voided: false,
                    accession_number: String::new(),
                    sequence_number: String::new(),
                    medical_record_number: String::new(),
                    class_of_case: String::new(),
                    primary_site: String::new(),
                    histology: String::new(),
                    behavior: String::new(),
                    site_group: String::new(),
                    dx_date: String::new(),
                    dx_year: None,
                    first_contact: String::new(),
                    abstract_due: None,
                    completed: String::new(),
                    summary_stage: String::new(),
                    exemption: String::new(),
                    in_rate: false,
                    dead: false,
                    dx_latest: None,
                    delinquent_from: None,
                    centenarian_from: None,
                    owner_id: new.owner,
                    changed_at: tx.now().naive_utc(),
                    items: String::new(),
                    envelope: new.envelope,
                },
                items: new.items,
                before: None,
                named: Some(place),
            }),
            TumorChange::Set(set) => {
                // A case of another patient is not found, whatever the caller says.
                let case = cases.iter_mut().find(|c| c.row.id == set.id).ok_or(SaveRefused::NotFound)?;
                set_tumor(case, set, place)?;
            }
        }
    }
    Ok(cases)
}

fn set_tumor(case: &mut Case, set: SetTumor, place: usize) -> Result<(), SaveRefused> {
    if set.expected.is_some_and(|e| e != case.row.version) {
        return Err(SaveRefused::Stale { what: "tumor", now: case.row.version });
    }
    case.named = Some(place);
    if let Some(items) = set.items {
        case.items = items;
    }
    if let Some(envelope) = set.envelope {
        case.row.envelope = envelope;
    }
    if let Some(state) = set.state {
        case.row.state = state;
    }
    if let Some(voided) = set.voided {
        case.row.voided = voided;
    }
    if let Some(owner) = set.owner {
        case.row.owner_id = owner;
    }
    Ok(())
}

fn write_patient(
    tx: &mut Tx<'_>,
    row: &mut PatientRow,
    before: Option<&PatientRow>,
    before_items: Option<&Items>,
    items: &Items,
    index: &PatientIndex,
    why: &Why,
    saved: &mut Saved,
) -> Result<(), SaveRefused> {
    let (now, actor) = (tx.now(), tx.actor());
    let changed = match (before, before_items) {
        (Some(b), Some(bi)) => {
            saved.fields.extend(bi.diff(items).into_iter().map(|(id, ..)| id.to_owned()));
            !bi.iter().eq(items.iter())
                || b.envelope != row.envelope
                || b.state != row.state
                || b.lost_at != row.lost_at
                || b.lost_reason != row.lost_reason
                || b.short_interval != row.short_interval
                || b.owner_id != row.owner_id
                || b.naaccr_version != row.naaccr_version
        }
        _ => {
            saved.fields.extend(items.iter().map(|(id, _)| id.to_owned()));
            true
        }
    };
    if changed {
        row.version += 1;
        row.changed_at = now.naive_utc();
        row.items = items.to_json();
    }
    match before {
        None => {
            row.id = store::insert_patient(tx.conn(), row)?;
            store::add_names(tx.conn(), row.id, row.facility_id, &index.names)?;
        }
        // The follow-up columns may move with the cases alone.
        Some(b) if changed || format!("{b:?}") != format!("{row:?}") => {
            store::update_patient(tx.conn(), row)?;
            if before_items.is_some_and(|bi| PatientIndex::of(bi).names != index.names) {
                store::set_names(tx.conn(), row.id, row.facility_id, &index.names)?;
            }
        }
        Some(_) => {}
    }
    if changed {
        let body = Body {
            items: items.clone(),
            envelope: row.envelope.clone(),
            state: row.state.clone(),
            owner: row.owner_id,
            lost: row.lost_at.map(|_| row.lost_reason.clone()),
            short_interval: row.short_interval,
            naaccr_version: Some(row.naaccr_version),
            ..Body::default()
        };
        store::add_patient_version(tx.conn(), row, &body, actor, now, why)?;
    }
    saved.patient = row.id;
    saved.patient_uid.clone_from(&row.uid);
    saved.patient_version = row.version;
    saved.changed |= changed;
    Ok(())
}

fn write_cases(
    tx: &mut Tx<'_>,
    patient: &PatientRow,
    cases: Vec<Case>,
    why: &Why,
    saved: &mut Saved,
) -> Result<(), SaveRefused> {
    let (now, actor) = (tx.now(), tx.actor());
    let mut named: Vec<(usize, (i64, String, i32))> = Vec::new();
    for mut case in cases {
        let changed = case.differs();
        case.row.patient_id = patient.id;
        if changed {
            case.row.version += 1;
            case.row.changed_at = now.naive_utc();
            case.row.items = case.items.to_json();
        }
        match &case.before {
            None => {
                saved.fields.extend(case.items.iter().map(|(id, _)| id.to_owned()));
                case.row.id = store::insert_tumor(tx.conn(), &case.row)?;
            }
            Some((before, items)) => {
                saved.fields.extend(items.diff(&case.items).into_iter().map(|(id, ..)| id.to_owned()));
                if changed || format!("{before:?}") != format!("{:?}", case.row) {
                    store::update_tumor(tx.conn(), &case.row)?;
                }
            }
        }
        if changed {
            let body = Body {
                envelope: case.row.envelope.clone(),
                state: case.row.state.clone(),
                voided: case.row.voided,
                owner: case.row.owner_id,
                items: case.items,
                ..Body::default()
            };
            store::add_tumor_version(tx.conn(), &case.row, &body, actor, now, why)?;
            saved.changed = true;
        }
        if let Some(place) = case.named {
            named.push((place, (case.row.id, case.row.uid, case.row.version)));
        }
    }
    named.sort_unstable_by_key(|(place, _)| *place);
    saved.tumors = named.into_iter().map(|(_, t)| t).collect();
    Ok(())
}

/// Moves a case to another patient of the same facility; both are projected anew.
pub fn move_tumor(
    tx: &mut Tx<'_>,
    tumor_id: i64,
    expected: i32,
    to_patient: i64,
    why: &Why,
) -> Result<(), SaveRefused> {
    let scope = tx.scope()?;
    tx.touch()?;
    let (now, actor) = (tx.now(), tx.actor());
    let mut row = tumor::by_key(tx.conn(), scope, tumor_id)?.ok_or(SaveRefused::NotFound)?;
    let to = patient::by_key(tx.conn(), scope, to_patient)?.ok_or(SaveRefused::NotFound)?;
    if row.version != expected {
        return Err(SaveRefused::Stale { what: "tumor", now: row.version });
    }
    if to.state != "active" || row.patient_id == to.id {
        return Err(SaveRefused::NotFound);
    }
    let from = row.patient_id;
    row.patient_id = to.id;
    row.version += 1;
    row.changed_at = now.naive_utc();
    store::update_tumor(tx.conn(), &row)?;
    let body = Body {
        items: row.items()?,
        envelope: row.envelope.clone(),
        state: row.state.clone(),
        voided: row.voided,
        owner: row.owner_id,
        ..Body::default()
    };
    store::add_tumor_version(tx.conn(), &row, &body, actor, now, why)?;
    for patient in [from, to.id] {
        let quiet = Why { event: None, ..why.clone() };
        apply(tx, Change { patient: PatientChange::Keep { id: patient }, tumors: Vec::new(), why: quiet })?;
    }
    tx.record(
        Event::new(AuditAction::MoveTumor).tumor(from, tumor_id).tumor(to.id, tumor_id).detail("moved"),
    );
    Ok(())
}
