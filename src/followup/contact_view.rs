//! What the contact form shows: its fields, its tumors, what saving will do, what was recorded before.

use chrono::NaiveDate;

use super::{
    effect::{Effect, cancer},
    form::{Complaint, ContactForm, field_id},
    list_page::Choice,
    record::{self, Case},
    store,
};
use crate::{
    dictionary::{CodeLists, names},
    facility::Facility,
    followup_rules::{
        self,
        contact::{CancerStatus, FollowUpSource, NextSource, VitalStatus},
        recurrence,
    },
    partial_date::PartialDate,
    web::{Answer, Control, Field, FormErrors, Status, status::known},
};

/// One control of a tumor.
pub(super) struct TumorControl {
    pub(super) id: String,
    pub(super) value: String,
    pub(super) options: Vec<Choice>,
    pub(super) message: bool,
}

pub(super) struct TumorView {
    pub(super) uid: String,
    pub(super) version: i32,
    pub(super) title: String,
    pub(super) was: String,
    pub(super) status: TumorControl,
    pub(super) on: TumorControl,
    pub(super) kind: TumorControl,
    pub(super) kind_on: TumorControl,
    pub(super) may_recur: bool,
    pub(super) recurrence: String,
    pub(super) messages: Vec<Complaint>,
}

pub(super) struct HistoryView {
    pub(super) on: String,
    pub(super) says: String,
    pub(super) by: String,
}

/// What saving will do, or why it cannot be said yet.
pub(super) struct Saving {
    pub(super) effect: Option<Effect>,
    pub(super) before: Status,
    pub(super) after: Status,
    pub(super) waiting: Vec<String>,
}

impl Saving {
    pub(super) fn of(effect: Effect) -> Self {
        Self {
            before: mark(effect.before),
            after: mark(effect.after),
            effect: Some(effect),
            waiting: Vec::new(),
        }
    }

    pub(super) fn because(waiting: Vec<String>) -> Self {
        // The marks are shown only with an effect.
        Self { effect: None, before: known::coming(), after: known::coming(), waiting }
    }

    pub(super) fn waiting(sentence: &str) -> Self {
        Self::because(vec![sentence.to_owned()])
    }

    pub(super) fn refused(complaints: &[Complaint]) -> Self {
        Self::because(complaints.iter().map(|c| c.says.clone()).collect())
    }
}

pub(super) fn born_words(born: PartialDate, day: NaiveDate) -> String {
    match born.years_until(day.into()) {
        Some((least, most)) if least == most => format!("{}, {least} years", born.iso()),
        Some((least, most)) => format!("{}, {least} to {most} years", born.iso()),
        None => born.iso(),
    }
}

/// A choice list with an empty first line.
pub(super) fn choices<'a>(
    none: &str,
    codes: impl IntoIterator<Item = (&'a str, &'a str)>,
    typed: &str,
) -> Vec<Choice> {
    let code = typed.split_whitespace().next().unwrap_or("");
    let empty = Choice { value: String::new(), label: none.to_owned(), here: code.is_empty() };
    let rest = codes.into_iter().map(|(value, label)| Choice {
        value: value.to_owned(),
        label: format!("{value} {label}"),
        here: value == code,
    });
    std::iter::once(empty).chain(rest).collect()
}

/// A select of codes.
pub(super) fn select(name: &str, label: &str, choices: Vec<Choice>) -> Field {
    let here = choices.iter().find(|c| c.here).map(|c| c.value.clone()).unwrap_or_default();
    let answers = choices.into_iter().map(|c| Answer { value: c.value, label: c.label }).collect();
    Field::new(name, label, Control::Select(answers)).value(here)
}

const PERSON_LABELS: [(&str, &str); 5] = [
    (names::FOLLOW_UP_SOURCE, "Who told us"),
    (names::DATE_OF_LAST_CONTACT, "Last seen, or died"),
    (names::VITAL_STATUS, "Vital status"),
    (names::CAUSE_OF_DEATH, "Cause of death"),
    (names::NEXT_FOLLOW_UP_SOURCE, "Ask next by"),
];

const TUMOR_LABELS: [(&str, &str); 4] = [
    (names::CANCER_STATUS, "Cancer status"),
    (names::DATE_OF_LAST_CANCER_STATUS, "Day of the cancer status"),
    (names::RECURRENCE_TYPE_1ST, "First recurrence"),
    (names::RECURRENCE_DATE_1ST, "Day of first recurrence"),
];

pub(super) fn person_label(item: &str) -> &'static str {
    PERSON_LABELS.iter().find(|(id, _)| *id == item).map_or("Reason", |(_, label)| label)
}

/// The label of a control, with the tumor it belongs to.
pub(super) fn label_of(field: &str, case: &Case) -> String {
    let Some((item, tumor)) = field.rsplit_once('-') else { return person_label(field).to_owned() };
    let label = TUMOR_LABELS.iter().find(|(id, _)| *id == item).map_or("Answer", |(_, label)| label);
    let tumor = tumor.parse().ok().and_then(|n: usize| case.tumors.get(n));
    tumor.map_or_else(|| label.to_owned(), |t| format!("{label}, {}", t.title()))
}

pub(super) fn person_fields(form: &ContactForm, errors: &FormErrors, here: &Facility) -> Vec<Field> {
    let on = PartialDate::parse_typed(&form.date_of_last_contact, NaiveDate::MIN, here.slash_order);
    let words = on.ok().flatten().map(PartialDate::words).unwrap_or_default();
    let sources = FollowUpSource::ALL.iter().map(|s| (s.code(), s.label()));
    let vitals = VitalStatus::ALL.iter().rev().map(|v| (v.code(), v.label()));
    let nexts = NextSource::ALL.iter().map(|s| (s.code(), s.label()));
    let codes =
        |item: &'static str, choices| select(item, person_label(item), choices).error(errors.of(item));
    vec![
        codes(names::FOLLOW_UP_SOURCE, choices("Choose", sources, &form.follow_up_source)).first(),
        Field::new(names::DATE_OF_LAST_CONTACT, person_label(names::DATE_OF_LAST_CONTACT), Control::Date)
            .value(form.date_of_last_contact.clone())
            .meaning(words)
            .error(errors.of(names::DATE_OF_LAST_CONTACT)),
        codes(names::VITAL_STATUS, choices("Choose", vitals, &form.vital_status)),
        Field::new(
            names::CAUSE_OF_DEATH,
            person_label(names::CAUSE_OF_DEATH),
            Control::Code { list: String::new() },
        )
        .value(form.cause_of_death.clone())
        .meaning("only of the dead, if known: ICD-10, 7777 or 7797")
        .error(errors.of(names::CAUSE_OF_DEATH)),
        codes(names::NEXT_FOLLOW_UP_SOURCE, choices("As planned", nexts, &form.next_follow_up_source)),
        Field::text("evidence", "Evidence").value(form.evidence.clone()).most(200),
    ]
}

/// A status as pages show it.
pub(crate) fn mark(status: followup_rules::Status) -> Status {
    use followup_rules::Status as S;
    match status {
        S::Current => known::current(),
        S::Due => known::due(),
        S::Overdue => known::overdue(),
        S::Delinquent => known::delinquent(),
        S::Lost => known::lost(),
        S::ClosedDead => known::dead(),
        S::Exempt(why) => Status { word: format!("Exempt ({why})").into(), ..known::exempt() },
    }
}

pub(super) fn tumor_view(
    n: usize,
    tumor: &record::CaseTumor,
    form: &ContactForm,
    complaints: &[Complaint],
) -> TumorView {
    let typed = |list: &[String]| list.get(n).cloned().unwrap_or_default();
    let control = |item: &str, value: String, options: Vec<Choice>| {
        let id = field_id(item, Some(n));
        TumorControl { message: complaints.iter().any(|c| c.field == id), id, value, options }
    };
    let status = typed(&form.cancer_status);
    let kind = typed(&form.recurrence_type1st);
    let stored = tumor.items.value(names::RECURRENCE_TYPE_1ST);
    let suffix = format!("-{n}");
    TumorView {
        uid: tumor.uid.clone(),
        version: tumor.version,
        title: tumor.title(),
        was: format!("was: {}", cancer(&tumor.items)),
        status: control(
            names::CANCER_STATUS,
            String::new(),
            choices("As it is", CancerStatus::ALL.iter().map(|s| (s.code(), s.label())), &status),
        ),
        on: control(names::DATE_OF_LAST_CANCER_STATUS, typed(&form.date_of_last_cancer_status), Vec::new()),
        kind: control(
            names::RECURRENCE_TYPE_1ST,
            String::new(),
            choices("00 None", recurrence::types(), &kind),
        ),
        kind_on: control(names::RECURRENCE_DATE_1ST, typed(&form.recurrence_date1st), Vec::new()),
        may_recur: recurrence::may_recur(&tumor.items),
        recurrence: match CodeLists::label(names::RECURRENCE_TYPE_1ST, stored) {
            Some(label) => format!("{stored} {label}"),
            None => "not recorded".to_owned(),
        },
        messages: complaints.iter().filter(|c| c.field.ends_with(&suffix)).cloned().collect(),
    }
}

pub(super) fn history_view(row: &store::HistoryRow) -> HistoryView {
    let source = FollowUpSource::parse(&row.follow_up_source).map_or("", FollowUpSource::label);
    let vital = VitalStatus::parse(&row.vital_status).map_or("", VitalStatus::label);
    let on =
        PartialDate::parse(&row.contact_date).map_or_else(|_| "chart review".to_owned(), PartialDate::iso);
    let mut says: Vec<&str> =
        [vital, source, row.detail.as_str()].into_iter().filter(|s| !s.is_empty()).collect();
    if says.is_empty() {
        says.push("cancer status");
    }
    HistoryView {
        on,
        says: says.join(", "),
        by: format!("{}, {}", row.actor_name, row.recorded_at.format("%Y-%m-%d")),
    }
}
