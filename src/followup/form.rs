//! The contact form: what the browser sent, read into one contact.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::{
    dictionary::names,
    followup_rules::{
        contact::{
            CancerStatus, Contact, ContactRefused, FollowUpSource, NextSource, Seen, TumorOutcome,
            VitalStatus,
        },
        recurrence::Recurrence,
    },
    partial_date::{PartialDate, SlashOrder},
};

/// The fields as typed. The lists hold one entry for each tumor, in the order of `tumor`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ContactForm {
    /// Version of the patient that the form was made from.
    pub(super) version: i32,
    /// Who told us.
    pub(super) follow_up_source: String,
    /// Last seen or heard of, or died.
    pub(super) date_of_last_contact: String,
    /// 1 alive, 0 dead.
    pub(super) vital_status: String,
    /// Only of the dead.
    pub(super) cause_of_death: String,
    /// How to ask next.
    pub(super) next_follow_up_source: String,
    /// Where it is written; goes into the contact history.
    pub(super) evidence: String,
    /// A supervisor's reason for a correction.
    pub(super) correction: String,
    /// Public id of each tumor.
    pub(super) tumor: Vec<String>,
    /// Version of each tumor.
    pub(super) tumor_version: Vec<i32>,
    /// Cancer status; empty leaves it.
    pub(super) cancer_status: Vec<String>,
    /// Its day.
    pub(super) date_of_last_cancer_status: Vec<String>,
    /// First recurrence.
    pub(super) recurrence_type1st: Vec<String>,
    /// Its day.
    pub(super) recurrence_date1st: Vec<String>,
    /// Public id of the patient after this one on the list; empty when it was the last.
    pub(super) next_patient: String,
    /// `preview`, `next` or nothing: which button was pressed.
    pub(super) then: String,
}

/// A complaint tied to a field: the field's id on the page, and the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    /// Id of the control.
    pub(super) field: String,
    /// The sentence.
    pub(super) says: String,
}

/// Id of an item's control; tumors are numbered from 0.
pub(super) fn field_id(item: &str, tumor: Option<usize>) -> String {
    tumor.map_or_else(|| item.to_owned(), |n| format!("{item}-{n}"))
}

impl Complaint {
    fn new(item: &str, tumor: Option<usize>, says: impl Into<String>) -> Self {
        Self { field: field_id(item, tumor), says: says.into() }
    }

    /// A rule's refusal, at its field.
    pub(super) fn of(refused: &ContactRefused) -> Self {
        let field = match refused {
            ContactRefused::ReasonMissing => "correction".to_owned(),
            other => field_id(other.item(), other.tumor()),
        };
        Self { field, says: refused.to_string() }
    }
}

/// Reads one field after the other and keeps every complaint.
struct Reader {
    today: NaiveDate,
    order: SlashOrder,
    complaints: Vec<Complaint>,
}

impl Reader {
    fn complain(&mut self, item: &str, tumor: Option<usize>, says: impl Into<String>) {
        self.complaints.push(Complaint::new(item, tumor, says));
    }

    fn date(&mut self, item: &str, tumor: Option<usize>, typed: &str) -> Option<PartialDate> {
        match PartialDate::parse_typed(typed, self.today, self.order) {
            Ok(date) => date,
            Err(problem) => {
                self.complain(item, tumor, problem.to_string());
                None
            }
        }
    }

    /// A code, alone or followed by its label (`2 Physician`).
    fn code<T>(
        &mut self,
        item: &str,
        tumor: Option<usize>,
        typed: &str,
        read: fn(&str) -> Option<T>,
        allowed: &str,
    ) -> Option<T> {
        let code = typed.split_whitespace().next()?;
        let found = read(code);
        if found.is_none() {
            self.complain(item, tumor, format!("“{code}” is not one of the codes. Enter {allowed}."));
        }
        found
    }
}

impl ContactForm {
    /// Reads the form; every complaint at once.
    ///
    /// With neither source nor date it is a chart review that tells only of the cancer.
    pub(super) fn read(&self, today: NaiveDate, order: SlashOrder) -> Result<Contact, Vec<Complaint>> {
        let mut r = Reader { today, order, complaints: Vec::new() };
        let seen = self.read_person(&mut r);
        let mut tumors = Vec::new();
        for n in 0..self.tumor.len() {
            tumors.extend(self.read_tumor(&mut r, n));
        }
        if seen.is_none() && tumors.is_empty() && r.complaints.is_empty() {
            r.complain(
                names::DATE_OF_LAST_CONTACT,
                None,
                "Nothing was entered. Enter the day of the contact, or a cancer status.",
            );
        }
        if !r.complaints.is_empty() {
            return Err(r.complaints);
        }
        let correction = Some(self.correction.trim().to_owned()).filter(|reason| !reason.is_empty());
        Ok(Contact { seen, tumors, correction })
    }

    fn read_person(&self, r: &mut Reader) -> Option<Seen> {
        let (typed_on, typed_source) = (self.date_of_last_contact.trim(), self.follow_up_source.trim());
        let died = self.vital_status.trim().starts_with('0') || !self.cause_of_death.trim().is_empty();
        if typed_on.is_empty() && typed_source.is_empty() && !died {
            return None;
        }
        if typed_on.is_empty() {
            let says = "Enter the day the patient was last seen or heard of, or died; at least the year.";
            r.complain(names::DATE_OF_LAST_CONTACT, None, says);
        }
        if typed_source.is_empty() {
            let says = "Enter who told us: 0 to 5, 7, 8 or 9.";
            r.complain(names::FOLLOW_UP_SOURCE, None, says);
        }
        let on = r.date(names::DATE_OF_LAST_CONTACT, None, typed_on);
        let source =
            r.code(names::FOLLOW_UP_SOURCE, None, typed_source, FollowUpSource::parse, "0 to 5, 7, 8 or 9");
        let vital = match self.vital_status.trim() {
            "" => {
                r.complain(names::VITAL_STATUS, None, "Enter 1 for alive or 0 for dead.");
                None
            }
            typed => {
                r.code(names::VITAL_STATUS, None, typed, VitalStatus::parse, "1 for alive or 0 for dead")
            }
        };
        let next = r.code(
            names::NEXT_FOLLOW_UP_SOURCE,
            None,
            &self.next_follow_up_source,
            NextSource::parse,
            "0 to 5, 8 or 9",
        );
        let cause = self.cause_of_death.trim().to_uppercase().replace('.', "");
        Some(Seen {
            on: on?,
            vital: vital?,
            source: source?,
            cause_of_death: Some(cause).filter(|c| !c.is_empty()),
            next,
        })
    }

    fn read_tumor(&self, r: &mut Reader, n: usize) -> Option<TumorOutcome> {
        let typed = |list: &'_ Vec<String>| list.get(n).map_or(String::new(), |t| t.trim().to_owned());
        let status = r.code(
            names::CANCER_STATUS,
            Some(n),
            &typed(&self.cancer_status),
            CancerStatus::parse,
            "1, 2 or 9",
        );
        let status_on =
            r.date(names::DATE_OF_LAST_CANCER_STATUS, Some(n), &typed(&self.date_of_last_cancer_status));
        let kind = typed(&self.recurrence_type1st);
        let on = r.date(names::RECURRENCE_DATE_1ST, Some(n), &typed(&self.recurrence_date1st));
        let recurrence = match kind.split_whitespace().next() {
            Some(code) => Some(Recurrence { kind: code.to_owned(), on }),
            None if on.is_some() => {
                r.complain(names::RECURRENCE_TYPE_1ST, Some(n), "Choose the type of recurrence of that day.");
                None
            }
            None => None,
        };
        // A day that stands in the form for convenience says nothing without a status.
        status.is_some().then_some(()).or(recurrence.is_some().then_some(())).map(|()| TumorOutcome {
            tumor: n,
            status,
            status_on: status_on.filter(|_| status.is_some()),
            recurrence,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()
    }

    fn form(pairs: &str) -> ContactForm {
        serde_html_form::from_str(pairs).unwrap()
    }

    fn read(pairs: &str) -> Result<Contact, Vec<Complaint>> {
        form(pairs).read(today(), SlashOrder::MonthFirst)
    }

    #[test]
    fn a_whole_form_becomes_one_contact() {
        let contact = read(
            "followUpSource=2+Physician&dateOfLastContact=11/17/2026&vitalStatus=1&tumor=a&tumor=b\
             &cancerStatus=1&cancerStatus=&dateOfLastCancerStatus=t-6&dateOfLastCancerStatus=2026-11-17\
             &recurrenceType1st=&recurrenceType1st=55&recurrenceDate1st=&recurrenceDate1st=202606",
        )
        .unwrap();
        let seen = contact.seen.unwrap();
        assert_eq!((seen.on.to_string().as_str(), seen.source), ("20261117", FollowUpSource::Physician));
        assert_eq!(contact.tumors.len(), 2);
        assert_eq!(contact.tumors[0].status_on.map(|d| d.to_string()).as_deref(), Some("20261117"));
        assert_eq!((contact.tumors[1].status, contact.tumors[1].status_on), (None, None));
        assert_eq!(contact.tumors[1].recurrence.as_ref().map(|r| r.kind.as_str()), Some("55"));
    }

    #[test]
    fn without_source_and_date_it_is_a_chart_review() {
        let contact = read("vitalStatus=1&tumor=a&cancerStatus=2&dateOfLastCancerStatus=20261001").unwrap();
        assert_eq!(contact.seen, None);
        assert_eq!(contact.tumors[0].status, Some(CancerStatus::Evidence));
        let nothing = read("vitalStatus=1&tumor=a&cancerStatus=&dateOfLastCancerStatus=").unwrap_err();
        assert_eq!(nothing[0].field, "dateOfLastContact");
    }

    #[test]
    fn every_complaint_comes_at_once_and_names_its_field() {
        let complaints = read(
            "followUpSource=6&dateOfLastContact=yesterday&vitalStatus=2&tumor=a&cancerStatus=3\
             &dateOfLastCancerStatus=20269999&recurrenceType1st=&recurrenceDate1st=2026",
        )
        .unwrap_err();
        let fields: Vec<&str> = complaints.iter().map(|c| c.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "dateOfLastContact",
                "followUpSource",
                "vitalStatus",
                "cancerStatus-0",
                "dateOfLastCancerStatus-0",
                "recurrenceType1st-0"
            ]
        );
        let dead = read("followUpSource=&dateOfLastContact=&vitalStatus=0").unwrap_err();
        assert_eq!(dead.len(), 2, "a death needs its day and its source: {dead:?}");
    }

    #[test]
    fn a_cause_of_death_may_be_typed_with_dot_and_small() {
        let contact =
            read("followUpSource=7&dateOfLastContact=20261101&vitalStatus=0&causeOfDeath=c50.9").unwrap();
        assert_eq!(contact.seen.unwrap().cause_of_death.as_deref(), Some("C509"));
    }
}
