//! What putting a chart right does: asking for a void, deciding it, bringing back, moving a case.
//!
//! Each step takes what a form said and gives the address that follows, or leaves its complaints in
//! the errors and changes nothing.

use serde::Deserialize;

use super::{
    person::Person,
    store::{self, Candidate},
};
use crate::{
    abstracting::{self, accession},
    audit::{AuditAction, Event},
    db::Tx,
    ids::PatientId,
    patient::{self, full_name},
    save::{self, Change, PatientChange, SaveRefused, SetPatient, SetTumor, TumorChange, Why},
    tumor::TumorRow,
    web::{FormErrors, PageError},
};

/// Shortest reason, in characters.
const SHORTEST_REASON: usize = 10;

/// What the forms of the page send; each uses its part.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CorrectionForm {
    /// Public id of a case; empty for the patient.
    pub(super) case: String,
    /// Version of what is changed, as the page showed it.
    pub(super) version: i32,
    pub(super) reason: String,
    /// A request: its public id.
    pub(super) request: String,
    /// `yes` or `no`.
    pub(super) answer: String,
    /// Accession, record or patient number of the right patient.
    pub(super) to: String,
}

/// The address that follows; `None` when there are complaints.
pub(super) type Step = Result<Option<String>, PageError>;

fn reason_of(form: &CorrectionForm, errors: &mut FormErrors) -> String {
    let reason = form.reason.trim().to_owned();
    let given = reason.chars().count();
    if given < SHORTEST_REASON {
        let says = format!("Say why in at least {SHORTEST_REASON} characters; {given} were given.");
        errors.add("reason", "Reason", &says);
    }
    reason
}

/// The case a form names; `None` for the patient itself.
fn case_key(person: &Person, form: &CorrectionForm) -> Result<Option<i64>, PageError> {
    if form.case.is_empty() {
        return Ok(None);
    }
    person.tumors.iter().find(|t| t.uid == form.case).map(|t| Some(t.id)).ok_or(PageError::NotFound)
}

/// Asks for a void of the patient with all cases; a second person decides. One case is deleted from its own
/// page, see `abstracting::deletion`.
pub(super) fn ask(tx: &mut Tx<'_>, person: &Person, form: &CorrectionForm, errors: &mut FormErrors) -> Step {
    if !form.case.is_empty() {
        let says = "This page voids a patient. Ask for the deletion of one case on the page of the case.";
        return Err(PageError::BadRequest(says.to_owned()));
    }
    let reason = reason_of(form, errors);
    let scope = tx.scope()?;
    let open = store::requests(tx.conn(), scope, Some(person.row.id))?;
    if !open.is_empty() {
        errors.add("reason", "Reason", "This is asked for already and waits for a second person.");
    }
    if !errors.is_empty() {
        return Ok(None);
    }
    store::add_request(tx, person.row.id, &reason)?;
    tx.record(Event::new(AuditAction::Void).patient(person.row.id).detail("asked for"));
    Ok(Some(back(&person.row.uid, "asked")))
}

/// Decides a request: `yes` voids, by somebody else than who asked; anything else declines.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    person: &Person,
    form: &CorrectionForm,
    errors: &mut FormErrors,
) -> Step {
    let scope = tx.scope()?;
    let open = store::requests(tx.conn(), scope, Some(person.row.id))?;
    let request = open.into_iter().find(|r| r.uid == form.request).ok_or(PageError::NotFound)?;
    let word = if form.answer == "yes" {
        if request.by == tx.actor().name {
            errors.add("reason", "Reason", "You asked for this yourself. A second person decides.");
            return Ok(None);
        }
        let done = set_void(tx, person, form.version, true, request.reason.clone());
        if let Err(error) = done {
            return refused(error, errors);
        }
        "voided"
    } else {
        let event = Event::new(AuditAction::Void).patient(person.row.id);
        tx.record(event.refused().detail("declined"));
        "declined"
    };
    if !store::close_request(tx, &request.uid)? {
        return Err(PageError::NotFound);
    }
    Ok(Some(back(&person.row.uid, word)))
}

/// Brings the patient or a case back.
pub(super) fn restore(
    tx: &mut Tx<'_>,
    person: &Person,
    form: &CorrectionForm,
    errors: &mut FormErrors,
) -> Step {
    let case = case_key(person, form)?;
    let reason = reason_of(form, errors);
    let scope = tx.scope()?;
    if patient::survivor_of(tx.conn(), scope, person.row.id)?.is_some() {
        let says = "This record was merged into another. Ask to part them again on the page of the merge.";
        errors.add("reason", "Reason", says);
    }
    if !errors.is_empty() {
        return Ok(None);
    }
    let done = match case {
        Some(case) => bring_back(tx, person, case, form.version, reason),
        None => set_void(tx, person, form.version, false, reason),
    };
    match done {
        Ok(()) => Ok(Some(back(&person.row.uid, "restored"))),
        Err(error) => refused(error, errors),
    }
}

/// Gives a case of this patient to the right one.
pub(super) fn move_case(
    tx: &mut Tx<'_>,
    person: &Person,
    form: &CorrectionForm,
    errors: &mut FormErrors,
) -> Step {
    let case = case_key(person, form)?.ok_or(PageError::NotFound)?;
    let reason = reason_of(form, errors);
    let to = right_patient(tx, person, &form.to, errors)?;
    let Some(to) = to.filter(|_| errors.is_empty()) else { return Ok(None) };
    let why = Why { source: "correction", reason, event: None };
    let moved = save::move_tumor(tx, case, form.version, to.id, &why);
    match moved.and_then(|()| abstracting::derive_moved(tx, case)) {
        Ok(()) => Ok(Some(back(&to.uid, "moved"))),
        Err(error) => refused(error, errors),
    }
}

/// The patient's page, saying what was done.
fn back(uid: &str, done: &str) -> String {
    format!("/patients/{uid}?done={done}")
}

/// Brings back one case, in the state in which its deletion was asked for.
fn bring_back(
    tx: &mut Tx<'_>,
    person: &Person,
    case: i64,
    version: i32,
    reason: String,
) -> Result<(), SaveRefused> {
    let row = person.tumors.iter().find(|t| t.id == case).ok_or(SaveRefused::NotFound)?;
    let state = abstracting::state_to_bring_back(tx, row)?.map(str::to_owned);
    let set =
        SetTumor { id: case, expected: Some(version), voided: Some(false), state, ..SetTumor::default() };
    let why = Why { source: "correction", reason, event: Some(AuditAction::Void) };
    let patient = PatientChange::Keep { id: person.row.id };
    save::apply(tx, Change { patient, tumors: vec![TumorChange::Set(set)], why }).map(|_| ())
}

/// Voids or brings back the patient with the cases.
fn set_void(
    tx: &mut Tx<'_>,
    person: &Person,
    version: i32,
    void: bool,
    reason: String,
) -> Result<(), SaveRefused> {
    let why = Why { source: "correction", reason, event: Some(AuditAction::Void) };
    let change = Change {
        patient: PatientChange::Set(SetPatient {
            id: person.row.id,
            expected: Some(version),
            state: Some(if void { "void" } else { "active" }),
            ..SetPatient::default()
        }),
        tumors: person
            .tumors
            .iter()
            .filter(|t| goes_along(person, t, void))
            .map(|t| TumorChange::Set(SetTumor { id: t.id, voided: Some(void), ..SetTumor::default() }))
            .collect(),
        why,
    };
    save::apply(tx, change).map(|_| ())
}

/// Cases of a void patient are void too, so that no list and no figure has to ask for the patient.
/// Those voided with the patient, in one saving, come back with the patient; others stay as they were.
fn goes_along(person: &Person, case: &TumorRow, void: bool) -> bool {
    if void { !case.voided } else { case.voided && case.changed_at == person.row.changed_at }
}

/// Somebody saved meanwhile: said on the page; anything else is an error of the page.
fn refused(error: SaveRefused, errors: &mut FormErrors) -> Step {
    match error {
        SaveRefused::Stale { .. } => {
            let says =
                "Somebody changed it meanwhile. It is shown as it is now; look at it and decide again.";
            errors.add("reason", "Reason", says);
            Ok(None)
        }
        SaveRefused::NotFound => Err(PageError::NotFound),
        SaveRefused::Store(e) => Err(e.into()),
    }
}

/// The one other patient of a number; complaints otherwise.
fn right_patient(
    tx: &mut Tx<'_>,
    person: &Person,
    typed: &str,
    errors: &mut FormErrors,
) -> Result<Option<Candidate>, PageError> {
    let scope = tx.scope()?;
    let number: String = typed.chars().filter(|c| c.is_alphanumeric()).collect();
    if number.is_empty() {
        errors.add(
            "to",
            "Right patient",
            "Enter the accession, record or patient number of the right patient.",
        );
        return Ok(None);
    }
    let by_id = match typed.trim().parse::<PatientId>() {
        Ok(uid) => patient::by_uid(tx.conn(), scope, &uid.to_string())?.filter(|p| p.state == "active"),
        Err(_) => None,
    };
    let mut keys = match by_id {
        Some(row) => vec![row.id],
        None => {
            let (own, led) = store::numbered(tx.conn(), scope, &number)?;
            own.into_iter().chain(led).collect()
        }
    };
    keys.sort_unstable();
    keys.dedup();
    let mut found = store::candidates(tx.conn(), scope, &keys)?;
    found.retain(|p| p.id != person.row.id);
    match found.as_slice() {
        [_] => Ok(found.pop()),
        [] => {
            errors.add("to", "Right patient", "No other patient has this number.");
            Ok(None)
        }
        several => {
            let names: Vec<String> = several
                .iter()
                .take(5)
                .map(|p| {
                    format!(
                        "{} ({})",
                        full_name(&p.name_last, &p.name_first),
                        accession::shown(&p.accession_number)
                    )
                })
                .collect();
            let says =
                format!("{} patients have this number: {}. Enter another.", several.len(), names.join("; "));
            errors.add("to", "Right patient", &says);
            Ok(None)
        }
    }
}
