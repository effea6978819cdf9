//! A patient as the contact form works on one, and the saving of a contact.

use chrono::NaiveDate;

use super::{
    form::ContactForm,
    list_page::today,
    store::{self, Owner},
    work_list::{Group, Place, Segment, View},
};
use crate::{
    access::{Action, Actor, Role, permits},
    audit::AuditAction,
    db::{HoldsStoreError, StoreError, Tx},
    dictionary::{Items, names},
    facility::{self, Facility},
    followup_rules::{
        Extra, Facts, Settings, Standing, Status,
        contact::{Contact, record},
        is_coming, rate_b_from, standing, status,
    },
    icdo::PrimarySite,
    patient::{self, PatientRow},
    save::{self, Change, PatientChange, SaveRefused, SetPatient, SetTumor, TumorChange, Why},
    tumor,
    web::PageError,
};

/// A patient with the cases that are not voided.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) patient: PatientRow,
    pub(super) items: Items,
    pub(super) tumors: Vec<CaseTumor>,
}

/// One case of the patient.
#[derive(Clone, Debug)]
pub(super) struct CaseTumor {
    pub(super) key: i64,
    pub(super) uid: String,
    pub(super) version: i32,
    pub(super) items: Items,
}

impl CaseTumor {
    /// `01 Prostate gland`: sequence number and site.
    pub(super) fn title(&self) -> String {
        let code = self.items.value(names::PRIMARY_SITE);
        let site = PrimarySite::parse(code).ok().map(|s| s.label().to_owned());
        let site =
            site.unwrap_or_else(|| if code.is_empty() { "site not coded".into() } else { code.into() });
        format!("{} {site}", self.items.value(names::SEQUENCE_NUMBER_HOSPITAL)).trim().to_owned()
    }
}

impl Case {
    /// Reads an active patient of the actor's facility by public id.
    pub(super) fn of(tx: &mut Tx<'_>, uid: &str) -> Result<Option<Self>, StoreError> {
        let scope = tx.scope()?;
        let found = patient::by_uid(tx.conn(), scope, uid)?;
        let Some(patient) = found.filter(|p| p.state == "active") else { return Ok(None) };
        let mut tumors = Vec::new();
        for row in tumor::of_patient(tx.conn(), scope, patient.id)?.into_iter().filter(|t| !t.voided) {
            let items = row.items()?;
            tumors.push(CaseTumor { key: row.id, uid: row.uid, version: row.version, items });
        }
        Ok(Some(Self { items: patient.items()?, patient, tumors }))
    }

    pub(super) fn tumor_items(&self) -> Vec<&Items> {
        self.tumors.iter().map(|t| &t.items).collect()
    }

    pub(super) fn extra(&self) -> Extra {
        Extra {
            short_interval_months: self.patient.short_interval.and_then(|m| u32::try_from(m).ok()),
            lost: self.patient.lost_at.is_some(),
        }
    }

    pub(super) fn standing(&self, settings: &Settings, as_of: NaiveDate) -> (Standing, Status) {
        let stands = standing(&Facts::of(&self.items, &self.tumor_items(), self.extra()), settings);
        let now = status(&stands, stands.lost, as_of);
        (stands, now)
    }
}

/// The patient after this one on the actor's list of open follow-up.
pub(super) fn next_on_list(
    tx: &mut Tx<'_>,
    actor: &Actor,
    here: &Facility,
    case: &Case,
) -> Result<Option<String>, StoreError> {
    let (scope, as_of) = (tx.scope()?, today(tx, here));
    let owner = match actor.account() {
        Some(account) if !actor.is(Role::Supervisor) => Owner::Person(account),
        _ => Owner::Everyone,
    };
    let (stands, now) = case.standing(&super::settings_of(here), as_of);
    let after = place_of(&stands, now, case, as_of);
    let page = store::page(tx.conn(), scope, View::Open, owner, as_of, after.as_ref(), 2)?;
    let others = page.rows.into_iter().map(|(_, row)| row).filter(|row| row.id != case.patient.id);
    Ok(others.map(|row| row.uid).next())
}

/// Where a patient stands on the list of open follow-up; `None` when not on it.
fn place_of(stands: &Standing, now: Status, case: &Case, as_of: NaiveDate) -> Option<Place> {
    let group = match now {
        Status::Delinquent => Group::Delinquent,
        Status::Overdue => Group::Overdue,
        Status::Due => Group::Due,
        Status::Current if is_coming(stands, as_of) => return None,
        _ => return None,
    };
    let rate_b = stands.rate_dx_latest.is_some_and(|dx| dx >= rate_b_from(as_of));
    let undated = stands.effective_dlc.is_none();
    Some(Place {
        segment: Segment { group, rate_b, undated },
        effective: stands.effective_dlc,
        accession: case.patient.accession_number.clone(),
        patient: case.patient.id,
    })
}

/// Why a contact was not saved.
#[derive(Debug)]
pub(super) enum NotSaved {
    /// The rules refuse it; judging the form again tells why.
    Refused,
    /// Somebody saved in between.
    Stale,
    /// Not there, or the store failed.
    Page(PageError),
}

impl From<StoreError> for NotSaved {
    fn from(e: StoreError) -> Self {
        Self::Page(e.into())
    }
}

impl From<SaveRefused> for NotSaved {
    fn from(e: SaveRefused) -> Self {
        match e {
            SaveRefused::Stale { .. } => Self::Stale,
            SaveRefused::NotFound => Self::Page(PageError::NotFound),
            SaveRefused::Store(e) => e.into(),
        }
    }
}

impl HoldsStoreError for NotSaved {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Page(e) => e.store_error(),
            Self::Refused | Self::Stale => None,
        }
    }
}

/// Reads, judges and saves a contact in one transaction.
pub(super) fn save(tx: &mut Tx<'_>, actor: &Actor, uid: &str, form: &ContactForm) -> Result<(), NotSaved> {
    let scope = tx.scope()?;
    let here = facility::get(tx.conn(), scope.facility())?;
    let case = Case::of(tx, uid)?.ok_or(NotSaved::Page(PageError::NotFound))?;
    let day = today(tx, &here);
    if form.version != case.patient.version || !same_tumors(&case, form) {
        return Err(NotSaved::Stale);
    }
    let mut contact = form.read(day, here.slash_order).map_err(|_| NotSaved::Refused)?;
    if !permits(actor, Action::DirectFollowUp) {
        contact.correction = None;
    }
    save_contact(tx, &case, &contact, form.evidence.trim(), day)
}

/// The form was made from the tumors as they are now.
fn same_tumors(case: &Case, form: &ContactForm) -> bool {
    form.tumor.len() == case.tumors.len()
        && form.tumor_version.len() == case.tumors.len()
        && case
            .tumors
            .iter()
            .zip(form.tumor.iter().zip(&form.tumor_version))
            .all(|(t, (uid, version))| t.uid == *uid && t.version == *version)
}

/// Saves a contact through the one writer and keeps it in the contact history.
pub(super) fn save_contact(
    tx: &mut Tx<'_>,
    case: &Case,
    contact: &Contact,
    evidence: &str,
    today: NaiveDate,
) -> Result<(), NotSaved> {
    let recorded = record(&case.items, &case.tumor_items(), contact, today).map_err(|_| NotSaved::Refused)?;
    let tumors = case
        .tumors
        .iter()
        .zip(recorded.tumors)
        .filter(|(was, now)| was.items != *now)
        .map(|(was, now)| {
            TumorChange::Set(SetTumor {
                id: was.key,
                expected: Some(was.version),
                items: Some(now),
                ..SetTumor::default()
            })
        })
        .collect();
    let change = Change {
        patient: PatientChange::Set(SetPatient {
            id: case.patient.id,
            expected: Some(case.patient.version),
            items: Some(recorded.patient),
            ..SetPatient::default()
        }),
        tumors,
        why: Why {
            source: if contact.correction.is_some() { "correction" } else { "contact" },
            reason: contact.correction.clone().unwrap_or_default(),
            event: Some(AuditAction::RecordContact),
        },
    };
    save::apply(tx, change)?;
    let seen = contact.seen.as_ref();
    let reason = contact.correction.as_ref().map(|reason| format!("corrected: {reason}"));
    let detail: Vec<&str> =
        [reason.as_deref().unwrap_or(""), evidence].into_iter().filter(|t| !t.is_empty()).collect();
    store::add_contact(
        tx,
        case.patient.id,
        &seen.map(|s| s.on.to_string()).unwrap_or_default(),
        seen.map_or("", |s| s.source.code()),
        seen.map_or("", |s| s.vital.code()),
        &detail.join("; "),
    )?;
    Ok(())
}
