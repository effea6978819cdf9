//! Recording that somebody heard of a patient: what it changes, or why it may not.
//!
//! Rules: only evidence moves the date of last contact, and only forward; a supervisor may correct it
//! downward with a reason. Death closes the follow-up; a contact after death is blocked. Date and vital
//! status are said once a patient; cancer status, its date, first recurrence and the sources once a tumor.
//!
//! Sources: CoC STORE, Date of Last Contact or Death \[1750\], Vital Status \[1760\], Cancer Status
//! \[1770\], Date of Last Cancer Status \[1772\], Follow-up Source \[1790\], Next Follow-up Source \[1800\].

use chrono::NaiveDate;

pub use super::contact_refused::ContactRefused;
use super::{Extra, Facts, Settings, recurrence::Recurrence, standing};
use crate::{
    dictionary::{Items, names},
    followup_rules::is_analytic,
    partial_date::PartialDate,
};

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $code:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $(#[doc = $label] $variant,)+ }

        impl $name {
            /// All codes in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The NAACCR code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// What the code means.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            /// Reads the NAACCR code; `None` for any other text.
            pub fn parse(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

coded! {
    /// `vitalStatus` \[1760\].
    VitalStatus {
        Dead = "0", "Dead";
        Alive = "1", "Alive";
    }
}

coded! {
    /// `cancerStatus` \[1770\].
    CancerStatus {
        NoEvidence = "1", "No evidence of this tumor";
        Evidence = "2", "Evidence of this tumor";
        Unknown = "9", "Unknown";
    }
}

coded! {
    /// `followUpSource` \[1790\]: who told us. There is no code 6.
    FollowUpSource {
        Hospitalization = "0", "Reported hospitalization";
        Readmission = "1", "Readmission, inpatient or outpatient";
        Physician = "2", "Physician";
        Patient = "3", "Patient";
        MotorVehicles = "4", "Department of motor vehicles";
        Medicare = "5", "Medicare or Medicaid file";
        DeathCertificate = "7", "Death certificate";
        Other = "8", "Other";
        Unknown = "9", "Unknown";
    }
}

coded! {
    /// `nextFollowUpSource` \[1800\]: how the next contact will be sought. 8 and 9 stop the work.
    NextSource {
        Chart = "0", "Chart requisition";
        PhysicianLetter = "1", "Physician letter";
        ContactLetter = "2", "Contact letter";
        Phone = "3", "Phone call";
        OtherHospital = "4", "Other hospital contact";
        Other = "5", "Other";
        Foreign = "8", "Foreign resident, not followed";
        NotFollowed = "9", "Not followed";
    }
}

/// What somebody reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// The person; `None` for a chart review that only tells the state of a cancer.
    pub seen: Option<Seen>,
    /// The tumors that something was said of.
    pub tumors: Vec<TumorOutcome>,
    /// A supervisor's reason for moving a date downward or changing a death.
    pub correction: Option<String>,
}

/// What was reported of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Last day known alive, or day of death: from the visit, the signature of the reply, else its
    /// postmark; never the day a letter was sent.
    pub on: PartialDate,
    /// Alive or dead on that day.
    pub vital: VitalStatus,
    /// Who told us.
    pub source: FollowUpSource,
    /// `causeOfDeath`, only of the dead; `None` leaves it open.
    pub cause_of_death: Option<String>,
    /// How to seek the next contact; `None` keeps a plan that is there. Of the dead it is always 9.
    pub next: Option<NextSource>,
}

/// What was reported of one tumor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TumorOutcome {
    /// Position among the tumors given to [`record`].
    pub tumor: usize,
    /// New cancer status; `None` leaves status and date as they are.
    pub status: Option<CancerStatus>,
    /// The day the status was told.
    pub status_on: Option<PartialDate>,
    /// First recurrence.
    pub recurrence: Option<Recurrence>,
}

/// The items after the contact, for the one writer to save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Patient items.
    pub patient: Items,
    /// Items of each tumor, in the order given.
    pub tumors: Vec<Items>,
}

/// What a contact makes of a patient's items; every complaint at once when it may not be recorded.
///
/// `tumors` are all tumors that are not deleted. Whether the person acting may use
/// [`Contact::correction`] is the caller's question.
pub fn record(
    patient: &Items,
    tumors: &[&Items],
    contact: &Contact,
    today: NaiveDate,
) -> Result<Recorded, Vec<ContactRefused>> {
    let mut refused = Vec::new();
    if contact.correction.as_ref().is_some_and(|reason| reason.trim().chars().count() < 10) {
        refused.push(ContactRefused::ReasonMissing);
    }
    let mut after =
        Recorded { patient: patient.clone(), tumors: tumors.iter().map(|t| (*t).clone()).collect() };
    if let Some(seen) = &contact.seen {
        check_person(patient, tumors, seen, contact.correction.is_some(), today, &mut refused);
        write_person(&mut after, seen, contact.correction.is_some());
    }
    let last = after.patient.date(names::DATE_OF_LAST_CONTACT).or_else(|| {
        let facts = Facts::of(&after.patient, tumors, Extra::default());
        standing(&facts, &Settings::default()).effective_dlc.map(PartialDate::from)
    });
    for outcome in &contact.tumors {
        match after.tumors.get_mut(outcome.tumor) {
            Some(items) => record_tumor(items, outcome, last, contact.correction.is_some(), &mut refused),
            None => refused.push(ContactRefused::NoSuchTumor { tumor: outcome.tumor }),
        }
    }
    if refused.is_empty() { Ok(after) } else { Err(refused) }
}

fn check_person(
    patient: &Items,
    tumors: &[&Items],
    seen: &Seen,
    correcting: bool,
    today: NaiveDate,
    refused: &mut Vec<ContactRefused>,
) {
    let on = seen.on;
    if on.definitely_after(today.into()) {
        refused.push(ContactRefused::InFuture { on, today });
    }
    refused.extend(before_case(tumors, on));
    let stored = patient.date(names::DATE_OF_LAST_CONTACT);
    if patient.value(names::VITAL_STATUS) == VitalStatus::Dead.code() {
        let same_death = seen.vital == VitalStatus::Dead && stored.is_none_or(|died| refines(on, died));
        if !same_death && !correcting {
            refused.push(ContactRefused::AfterDeath { died: stored });
        }
    } else if !correcting {
        let facts = Facts::of(patient, tumors, Extra::default());
        let known = standing(&facts, &Settings::default()).effective_dlc;
        if let Some(known) = known.filter(|known| on.latest() < *known) {
            refused.push(ContactRefused::Backward { on, known });
        }
    }
    if seen.vital == VitalStatus::Alive && seen.source == FollowUpSource::DeathCertificate {
        refused.push(ContactRefused::CertificateOfLiving);
    }
    if let Some(given) = &seen.cause_of_death {
        if seen.vital == VitalStatus::Alive {
            refused.push(ContactRefused::CauseOfLiving { given: given.clone() });
        } else if !is_cause(given) {
            refused.push(ContactRefused::BadCause { given: given.clone() });
        }
    }
}

/// Diagnosis and first contact that the reported day precedes. Cases first known from an autopsy or a
/// death certificate (38, 49) are dated by the death, those of 43 were never patients here.
fn before_case(tumors: &[&Items], on: PartialDate) -> Option<ContactRefused> {
    tumors.iter().find_map(|items| {
        let class = items.value(names::CLASS_OF_CASE);
        if matches!(class, "38" | "49") {
            return None;
        }
        let limits = [("diagnosis", names::DATE_OF_DIAGNOSIS), ("first contact", names::DATE_OF_1ST_CONTACT)];
        limits.into_iter().filter(|(_, id)| !(class == "43" && *id == names::DATE_OF_1ST_CONTACT)).find_map(
            |(what, id)| {
                let limit = items.date(id).filter(|limit| on.definitely_before(*limit))?;
                Some(ContactRefused::BeforeCase { on, what, limit })
            },
        )
    })
}

/// The same date, or the same date told more exactly.
fn refines(new: PartialDate, stored: PartialDate) -> bool {
    stored.earliest() <= new.earliest() && new.latest() <= stored.latest()
}

/// ICD-10: a letter, two digits and an optional fourth digit, no dot; 7777 and 7797 for what is not
/// coded. Source: NAACCR, Cause of Death \[1910\].
fn is_cause(code: &str) -> bool {
    let mut letters = code.bytes();
    matches!(code, "7777" | "7797")
        || (matches!(code.len(), 3 | 4)
            && letters.next().is_some_and(|b| b.is_ascii_uppercase())
            && letters.all(|b| b.is_ascii_digit()))
}

fn write_person(after: &mut Recorded, seen: &Seen, correcting: bool) {
    let was_dead = after.patient.value(names::VITAL_STATUS) == VitalStatus::Dead.code();
    let dead = seen.vital == VitalStatus::Dead;
    let stored = after.patient.date(names::DATE_OF_LAST_CONTACT);
    // "Seen in September" says less than "seen on 3 September": the day that is known stays.
    let keeps_day = !dead && !correcting && stored.is_some_and(|s| s != seen.on && refines(s, seen.on));
    if !keeps_day {
        after.patient.set(names::DATE_OF_LAST_CONTACT, seen.on.to_string());
    }
    after.patient.set(names::VITAL_STATUS, seen.vital.code());
    if dead {
        if let Some(cause) = &seen.cause_of_death {
            after.patient.set(names::CAUSE_OF_DEATH, cause.clone());
            // Deaths from 1999 on are coded by ICD-10 (revision 1).
            if seen.on.year() >= 1999 {
                after.patient.set(names::ICD_REVISION_NUMBER, "1");
            }
        } else {
            clear_if(&mut after.patient, names::CAUSE_OF_DEATH, "0000");
            clear_if(&mut after.patient, names::ICD_REVISION_NUMBER, "0");
        }
    } else if was_dead {
        for id in [names::CAUSE_OF_DEATH, names::ICD_REVISION_NUMBER] {
            if after.patient.has(id) {
                after.patient.set(id, "");
            }
        }
    }
    for tumor in &mut after.tumors {
        tumor.set(names::FOLLOW_UP_SOURCE, seen.source.code());
        let planned = tumor.value(names::NEXT_FOLLOW_UP_SOURCE);
        let open = matches!(planned, "" | "9") && is_analytic(tumor.value(names::CLASS_OF_CASE));
        let next = match (dead, seen.next) {
            (true, _) => Some(NextSource::NotFollowed),
            (false, Some(next)) => Some(next),
            // The first step of the next round is a look into the facility's own charts.
            (false, None) => open.then_some(NextSource::Chart),
        };
        if let Some(next) = next {
            tumor.set(names::NEXT_FOLLOW_UP_SOURCE, next.code());
        }
    }
}

/// Blanks an item that holds the code for "alive".
fn clear_if(items: &mut Items, id: &'static str, code: &str) {
    if items.value(id) == code {
        items.set(id, "");
    }
}

fn record_tumor(
    items: &mut Items,
    outcome: &TumorOutcome,
    last: Option<PartialDate>,
    correcting: bool,
    refused: &mut Vec<ContactRefused>,
) {
    let tumor = outcome.tumor;
    if let Some(recurrence) = &outcome.recurrence {
        match recurrence.record(items, last) {
            Ok(()) => {}
            Err(problem) => refused.push(ContactRefused::Recurrence { tumor, problem }),
        }
    }
    let (status, on) = match (outcome.status, outcome.status_on) {
        (None, None) => return,
        (None, Some(on)) => return refused.push(ContactRefused::StatusMissing { tumor, on }),
        (Some(status), on) => (status, on),
    };
    if on.is_none() && status != CancerStatus::Unknown {
        refused.push(ContactRefused::StatusDateMissing { tumor, status });
    }
    if let Some(on) = on {
        if last.is_none_or(|last| on.definitely_after(last)) {
            refused.push(ContactRefused::StatusAfterContact { tumor, on, last });
        }
        if let Some(diagnosed) = items.date(names::DATE_OF_DIAGNOSIS).filter(|d| on.definitely_before(*d)) {
            refused.push(ContactRefused::StatusBeforeDiagnosis { tumor, on, diagnosed });
        }
        let known = items.date(names::DATE_OF_LAST_CANCER_STATUS);
        if let Some(known) = known.filter(|known| !correcting && on.definitely_before(*known)) {
            refused.push(ContactRefused::StatusBackward { tumor, on, known });
        }
    }
    if status == CancerStatus::NoEvidence && items.value(names::RECURRENCE_TYPE_1ST) == "70" {
        refused.push(ContactRefused::NeverDiseaseFree { tumor });
    }
    items.set(names::CANCER_STATUS, status.code());
    let told = on.map(|d| d.to_string()).unwrap_or_default();
    if on.is_some() || items.has(names::DATE_OF_LAST_CANCER_STATUS) {
        items.set(names::DATE_OF_LAST_CANCER_STATUS, told);
    }
}
