//! The class of case by questions, for whoever does not know it by heart.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::{
    class_of_case::{Answers, CameFor, Diagnosed, Treated, class_of_case},
    saving,
};
use crate::{
    audit::{AuditAction, Event},
    dictionary::{CodeLists, names},
    facility::desk_of,
    ids::TumorId,
    partial_date::PartialDate,
    web::{
        Acting, Answer, App, Control, Field, FieldState, Layout, PageError, PageResult, Place, Width, page,
    },
};

/// The answers, as the address has them: nothing of a patient.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    diagnosed: String,
    treated: String,
    came: String,
    before: String,
    required: String,
}

impl Asked {
    /// All answers, or nothing while one that matters is missing.
    fn answers(&self) -> Option<Answers> {
        let diagnosed = match self.diagnosed.as_str() {
            "here" => Diagnosed::Here,
            "office" => Diagnosed::StaffOffice,
            "elsewhere" => Diagnosed::Elsewhere,
            "autopsy" => Diagnosed::Autopsy,
            "specimen" => Diagnosed::Specimen,
            "certificate" => Diagnosed::Certificate,
            _ => return None,
        };
        let asks = matches!(diagnosed, Diagnosed::Here | Diagnosed::StaffOffice | Diagnosed::Elsewhere);
        let treated = match self.treated.as_str() {
            "all" => Treated::All,
            "part" => Treated::Part,
            "some" => Treated::Some,
            "none" => Treated::None,
            _ if asks => return None,
            _ => Treated::None,
        };
        let came_for = match self.came.as_str() {
            "workup" => CameFor::WorkUp,
            "transient" => CameFor::Transient,
            "recurrence" => CameFor::Recurrence,
            "history" => CameFor::History,
            _ if diagnosed == Diagnosed::Elsewhere && treated == Treated::None => return None,
            _ => CameFor::WorkUp,
        };
        Some(Answers {
            diagnosed,
            treated,
            came_for,
            before_reference: self.before == "yes",
            required: self.required != "no",
        })
    }

    fn questions(&self) -> Vec<Field> {
        let radio = |name: &str, label: &str, chosen: &str, answers: &[(&str, &str)]| {
            let answers = answers
                .iter()
                .map(|(value, label)| Answer { value: (*value).to_owned(), label: (*label).to_owned() })
                .collect();
            Field::new(name, label, Control::Radio(answers)).value(chosen)
        };
        let yes_no = [("no", "No"), ("yes", "Yes")];
        vec![
            radio(
                "diagnosed",
                "Where was it diagnosed?",
                &self.diagnosed,
                &[
                    ("here", "Here"),
                    ("office", "In the office of a staff physician"),
                    ("elsewhere", "Elsewhere"),
                    ("autopsy", "At autopsy here, not suspected before"),
                    ("specimen", "On a specimen only; the patient was never here"),
                    ("certificate", "On a death certificate only"),
                ],
            ),
            radio(
                "treated",
                "How much of the first course was given here?",
                &self.treated,
                &[
                    ("all", "All, or it was decided here to give none"),
                    ("part", "A part"),
                    ("some", "Some, its part is not known"),
                    ("none", "None"),
                ],
            ),
            radio(
                "came",
                "If elsewhere and none here: what did the patient come for?",
                &self.came,
                &[
                    ("workup", "Work-up or consultation"),
                    ("transient", "Transient care"),
                    ("recurrence", "Recurrence or persistence"),
                    ("history", "Something else; the cancer is history"),
                ],
            ),
            radio("before", "Diagnosed before the reference date?", &self.before, &yes_no),
            radio(
                "required",
                "Has a tumor of this kind to be reported?",
                if self.required.is_empty() { "yes" } else { &self.required },
                &[("yes", "Yes"), ("no", "No, it is kept by agreement")],
            ),
        ]
    }
}

#[derive(Template)]
#[template(path = "abstracting/class_of_case.html")]
struct ClassPage {
    layout: Layout,
    uid: String,
    questions: Vec<Field>,
    /// Code, label and why.
    found: Option<(&'static str, String, &'static str)>,
    /// Something was asked and an answer is missing.
    lacks: bool,
    patient_version: i32,
    tumor_version: i32,
}

/// `GET /abstracts/{tumor}/class-of-case`.
pub(super) async fn show(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<TumorId>,
    asked: web::Query<Asked>,
) -> PageResult {
    let uid = id.to_string();
    let mut asked = asked.into_inner();
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let stored = saving::stored(tx, &uid)?;
                tx.record(
                    Event::new(AuditAction::ViewTumor)
                        .tumor(stored.patient.id, stored.tumor.id)
                        .detail("class of case"),
                );
                if asked.before.is_empty()
                    && let Some(reference) = desk.facility.reference_date.map(PartialDate::from)
                    && let Some(diagnosed) = stored.items.tumor.date(names::DATE_OF_DIAGNOSIS)
                {
                    let before = reference.definitely_after(diagnosed);
                    asked.before = if before { "yes" } else { "no" }.to_owned();
                }
                let found = asked.answers().map(|answers| {
                    let (code, why) = class_of_case(answers);
                    (code, CodeLists::label(names::CLASS_OF_CASE, code).unwrap_or_default().to_owned(), why)
                });
                Ok::<_, PageError>(ClassPage {
                    layout: desk
                        .layout
                        .titled("Class of case")
                        .at(Place::Abstracts)
                        .wide(Width::Reading)
                        .of_case(&uid),
                    questions: asked.questions(),
                    lacks: found.is_none() && !(asked.diagnosed.is_empty() && asked.treated.is_empty()),
                    found,
                    patient_version: stored.patient.version,
                    tumor_version: stored.tumor.version,
                    uid,
                })
            })
        })
        .await?;
    page(&shown)
}
