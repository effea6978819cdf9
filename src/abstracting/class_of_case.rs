//! Class of case from four questions: what a registrar knows of the visit, and the class that follows.
//!
//! Source: CoC STORE manual, class of case (NAACCR item 610).

/// Where the diagnosis was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diagnosed {
    /// At this facility.
    Here,
    /// In the office of a physician on its staff.
    StaffOffice,
    /// At another facility.
    Elsewhere,
    /// At an autopsy here; not suspected before.
    Autopsy,
    /// On a specimen only; the patient was never here.
    Specimen,
    /// On a death certificate only.
    Certificate,
}

/// First-course treatment at this facility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treated {
    /// All of it, or the decision here to give none.
    All,
    /// A part.
    Part,
    /// Some; how much of it is not known.
    Some,
    /// None.
    None,
}

/// What a patient who was diagnosed and treated elsewhere came for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameFor {
    /// Work-up or consultation.
    WorkUp,
    /// Transient care.
    Transient,
    /// Recurrence or persistence.
    Recurrence,
    /// Something else; the cancer is history.
    History,
}

/// The answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers {
    /// Where it was diagnosed.
    pub diagnosed: Diagnosed,
    /// What was given here.
    pub treated: Treated,
    /// What the patient came for, where nothing else was done here.
    pub came_for: CameFor,
    /// The diagnosis lies before the reference date of the facility.
    pub before_reference: bool,
    /// Tumors of this kind have to be reported.
    pub required: bool,
}

/// The class, and why in words.
pub fn class_of_case(answers: Answers) -> (&'static str, &'static str) {
    use Diagnosed::{Autopsy, Certificate, Elsewhere, Here, Specimen, StaffOffice};
    let Answers { diagnosed, treated, came_for, before_reference, required } = answers;
    match (diagnosed, treated) {
        (Autopsy, _) => ("38", "found at autopsy here, not suspected before"),
        (Specimen, _) => ("43", "a specimen was read here; the patient never was"),
        (Certificate, _) => ("49", "known from a death certificate only; of central registries"),
        (Elsewhere, Treated::None) => match came_for {
            CameFor::WorkUp => ("30", "diagnosed and treated elsewhere; work-up or consultation here"),
            CameFor::Transient => ("31", "diagnosed and treated elsewhere; transient care here"),
            CameFor::Recurrence => {
                ("32", "diagnosed and treated elsewhere; recurrence or persistence treated here")
            }
            CameFor::History => ("33", "diagnosed and treated elsewhere; only history here"),
        },
        (Here | StaffOffice, _) if !required => {
            ("34", "of a type that has not to be reported, diagnosed here")
        }
        (Elsewhere, _) if !required => {
            ("36", "of a type that has not to be reported, diagnosed elsewhere and treated here")
        }
        (Here | StaffOffice, _) if before_reference => ("35", "diagnosed here before the reference date"),
        (Elsewhere, _) if before_reference => {
            ("37", "diagnosed elsewhere before the reference date, treated here")
        }
        (Here, Treated::None) => {
            ("00", "diagnosed here, treated elsewhere, and no decision here to give none")
        }
        (Here, Treated::All) => ("14", "diagnosed here; all treatment, or the decision to give none, here"),
        (Here, Treated::Part) => ("13", "diagnosed here, a part of the treatment here"),
        (Here, Treated::Some) => ("10", "diagnosed here, some treatment here, its part not known"),
        (StaffOffice, Treated::All) => (
            "12",
            "diagnosed in a staff physician's office; all treatment, or the decision to give none, here",
        ),
        (StaffOffice, Treated::Part | Treated::Some) => {
            ("11", "diagnosed in a staff physician's office, a part of the treatment here")
        }
        (StaffOffice, Treated::None) => {
            ("40", "diagnosed and treated in a staff physician's office; 41 if in offices of two or more")
        }
        (Elsewhere, Treated::All) => {
            ("22", "diagnosed elsewhere; all treatment, or the decision to give none, here")
        }
        (Elsewhere, Treated::Part) => ("21", "diagnosed elsewhere, a part of the treatment here"),
        (Elsewhere, Treated::Some) => ("20", "diagnosed elsewhere, some treatment here, its part not known"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary::{CodeLists, names};

    fn class(
        diagnosed: Diagnosed,
        treated: Treated,
        came_for: CameFor,
        before: bool,
        required: bool,
    ) -> &'static str {
        class_of_case(Answers { diagnosed, treated, came_for, before_reference: before, required }).0
    }

    #[test]
    fn worked_rows() {
        use CameFor::{History, Recurrence, Transient, WorkUp};
        use Diagnosed::{Autopsy, Certificate, Elsewhere, Here, Specimen, StaffOffice};
        use Treated::{All, Part};
        for (wanted, given) in [
            ("00", (Here, Treated::None, WorkUp, false, true)),
            ("13", (Here, Part, WorkUp, false, true)),
            ("14", (Here, All, WorkUp, false, true)),
            ("11", (StaffOffice, Part, WorkUp, false, true)),
            ("12", (StaffOffice, All, WorkUp, false, true)),
            ("21", (Elsewhere, Part, WorkUp, false, true)),
            ("22", (Elsewhere, All, WorkUp, false, true)),
            ("10", (Here, Treated::Some, WorkUp, false, true)),
            ("20", (Elsewhere, Treated::Some, WorkUp, false, true)),
            ("35", (Here, Part, WorkUp, true, true)),
            ("37", (Elsewhere, All, WorkUp, true, true)),
            ("30", (Elsewhere, Treated::None, WorkUp, true, true)),
            ("31", (Elsewhere, Treated::None, Transient, false, true)),
            ("32", (Elsewhere, Treated::None, Recurrence, false, true)),
            ("33", (Elsewhere, Treated::None, History, false, true)),
            ("34", (Here, All, WorkUp, true, false)),
            ("36", (Elsewhere, Part, WorkUp, false, false)),
            ("38", (Autopsy, Treated::None, WorkUp, true, false)),
            ("43", (Specimen, Treated::None, WorkUp, false, true)),
            ("49", (Certificate, Treated::None, WorkUp, false, true)),
            ("40", (StaffOffice, Treated::None, WorkUp, false, true)),
        ] {
            let (diagnosed, treated, came_for, before, required) = given;
            assert_eq!(class(diagnosed, treated, came_for, before, required), wanted, "{given:?}");
            assert!(CodeLists::label(names::CLASS_OF_CASE, wanted).is_some(), "{wanted} is a class");
        }
    }
}
