//! The fields of a section: what stands in each box, what it means, what is proposed.

use super::super::{
    CaseItems, FormControl, FormRow, Section, accession,
    complete::{Finding, FindingKind, Severity},
    form::{self, NotTaken},
    form_row::form_rows,
    propose::propose,
    sequence::SequenceSuggestion,
    typed_value,
};
use super::prompt;
use crate::{
    dictionary::names,
    schema::Schema,
    web::{Control, Field, FieldState},
};

/// What the fields of a section need besides the record.
#[derive(Clone, Copy, Debug)]
pub(in crate::abstracting) struct Typed<'a> {
    /// What of it was not understood.
    pub(in crate::abstracting) not_taken: &'a [NotTaken],
    /// Suggested sequence number.
    pub(in crate::abstracting) sequence: Option<&'a SequenceSuggestion>,
    /// Mark what is missing at the fields too (after completing was asked for).
    pub(in crate::abstracting) mark_missing: bool,
    /// Nothing on this page can be changed.
    pub(in crate::abstracting) closed: bool,
    /// The record as it is saved, where typing that is only kept so far is shown.
    pub(in crate::abstracting) stored: Option<CaseItems<'a>>,
}

/// The fields of a section.
pub(in crate::abstracting) fn fields(
    section: Section,
    case: CaseItems<'_>,
    found: &[Finding],
    typed: Typed<'_>,
) -> Vec<Field> {
    form_rows()
        .iter()
        .filter(|r| r.section == section)
        .filter_map(|row| {
            let shown = row.is_shown(case) || typed.not_taken.iter().any(|n| n.field == row.id());
            // What an answer on this page may call for stands ready, hidden; what only other pages decide does not.
            (shown || row.may_appear(section))
                .then(|| Field { hidden: !shown, ..field(row, case, found, typed) })
        })
        .collect()
}

/// The box of one row without what would be proposed for it.
pub(in crate::abstracting) fn without_proposal(
    row: &'static FormRow,
    case: CaseItems<'_>,
    typed: Typed<'_>,
) -> Field {
    let mut field = field(row, case, &[], typed);
    if matches!(field.state, FieldState::Proposed(_)) {
        field.state = FieldState::Plain;
        field.proposal = String::new();
        field.meaning = String::new();
    }
    field
}

fn field(row: &'static FormRow, case: CaseItems<'_>, found: &[Finding], typed: Typed<'_>) -> Field {
    let id = row.id();
    let stored = case.value(id);
    let control = match row.control {
        FormControl::Date => Control::Date,
        FormControl::Site => Control::CodeSearch { table: "site" },
        FormControl::Histology => Control::CodeSearch { table: "histology" },
        FormControl::Code | FormControl::SchemaCode => Control::Code { list: list_of(row, case) },
        FormControl::Size => Control::Code { list: list_of(row, case) },
        FormControl::Derived => Control::Digits,
        FormControl::Long => Control::Area { rows: 10 },
        FormControl::Text | FormControl::Masked => Control::Text,
    };
    let mut field = Field::new(id, row.label, control).most(row.def.length);
    field.read_only = typed.closed;
    prompt::give(row, case, &mut field);
    let kept = typed.not_taken.iter().find(|n| n.field == id);
    field.value = match kept {
        Some(kept) => kept.typed.clone(),
        // What is only kept so far was typed by this reader, and goes with the next save.
        None if row.control == FormControl::Masked && typed.stored.is_none_or(|s| s.value(id) == stored) => {
            String::new()
        }
        None => form::shown(row, stored),
    };
    field.meaning = if kept.is_some() { String::new() } else { meaning(row, case) };
    let finding = found
        .iter()
        // What is blank is not wrong before completing is asked for.
        .find(|f| {
            let blank = f.kind == FindingKind::Missing || (f.kind == FindingKind::Edit && stored.is_empty());
            f.item == id && f.waits_for.is_empty() && (typed.mark_missing || !blank)
        })
        .map(|f| (f.severity, f.words()));
    field.state = match (kept, finding) {
        (Some(kept), _) => FieldState::Error(kept.why.clone()),
        (None, Some((Severity::Error, words))) => FieldState::Error(words),
        (None, Some((Severity::Warning, words))) => FieldState::Warning(words),
        (None, None) if row.control == FormControl::Derived => FieldState::Derived,
        (None, None) => proposed(row, case, typed, &mut field),
    };
    field
}

/// Address of the list of an item, with what chooses a list of the schema or site; blank where there is none.
fn list_of(row: &FormRow, case: CaseItems<'_>) -> String {
    if row.list(case).is_empty() {
        return String::new();
    }
    let id = row.id();
    if case.choices(id).is_none() {
        return format!("/codes/list/{id}");
    }
    format!("/codes/list/{id}?{}", context(case))
}

/// What chooses schema and lists, as a query string: without names, numbers and dates of the patient but the day
/// of diagnosis.
pub(in crate::abstracting) fn context(case: CaseItems<'_>) -> String {
    let context = [
        ("dx", names::DATE_OF_DIAGNOSIS),
        ("site", names::PRIMARY_SITE),
        ("histology", names::HISTOLOGIC_TYPE_ICD_O_3),
        ("behavior", names::BEHAVIOR_CODE_ICD_O_3),
        ("sex", names::SEX_ASSIGNED_AT_BIRTH),
        ("d1", names::SCHEMA_DISCRIMINATOR_1),
        ("d2", names::SCHEMA_DISCRIMINATOR_2),
    ]
    .map(|(word, item)| (word, case.value(item)));
    let known: Vec<_> = context.iter().filter(|(_, value)| !value.is_empty()).collect();
    serde_html_form::to_string(known).unwrap_or_default()
}

fn proposed(row: &FormRow, case: CaseItems<'_>, typed: Typed<'_>, field: &mut Field) -> FieldState {
    if !field.value.is_empty() || typed.closed {
        return FieldState::Plain;
    }
    let (value, why) = match (row.id(), typed.sequence) {
        (names::SEQUENCE_NUMBER_HOSPITAL, Some(s)) if case.value(row.id()).is_empty() => {
            (s.code.clone(), reason(s))
        }
        _ => match propose(case, row) {
            Some(p) => (p.value, p.why),
            None => return FieldState::Plain,
        },
    };
    let stored = typed_value::read(
        row,
        &value,
        case,
        form::Reading { today: chrono::NaiveDate::default(), slashes: Default::default() },
    );
    field.meaning = stored.map(|v| brief(&case.meaning(row.id(), &v))).unwrap_or_default();
    field.proposal = value;
    FieldState::Proposed(why)
}

/// Why a sequence number is suggested, and that the dates leave it open where they do.
fn reason(suggestion: &SequenceSuggestion) -> String {
    let open = if suggestion.ask { "; the dates do not tell the order, so you decide" } else { "" };
    format!("{}{open}", suggestion.why)
}

fn meaning(row: &FormRow, case: CaseItems<'_>) -> String {
    let stored = case.value(row.id());
    match row.id() {
        _ if stored.is_empty() => String::new(),
        names::ACCESSION_NUMBER_HOSP => accession::shown(stored),
        names::AGE_AT_DIAGNOSIS if stored == "999" => "not known".to_owned(),
        names::AGE_AT_DIAGNOSIS => "years".to_owned(),
        names::SOCIAL_SECURITY_NUMBER if stored == "999999999" => "not known".to_owned(),
        names::SOCIAL_SECURITY_NUMBER => {
            let last: String = stored.chars().skip(stored.chars().count().saturating_sub(4)).collect();
            format!("ends in {last}; type to replace")
        }
        names::SCHEMA_ID => Schema::get(stored).map_or_else(String::new, |s| s.title.to_owned()),
        names::MEDICARE_BENEFICIARY_IDENTIFIER => {
            let last: String = stored.chars().skip(stored.chars().count().saturating_sub(2)).collect();
            format!("ends in {last}; type to replace")
        }
        _ => brief(&case.meaning(row.id(), stored)),
    }
}

/// A label that fits beside a box: a long one ends where it begins to explain itself.
fn brief(label: &str) -> String {
    if label.chars().count() <= 56 {
        return label.to_owned();
    }
    let end = ["; ", " ("].into_iter().filter_map(|mark| label.find(mark)).filter(|at| *at > 8).min();
    end.and_then(|at| label.get(..at)).unwrap_or(label).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{abstracting::form::Both, dictionary::Items};

    fn items(pairs: &[(&'static str, &'static str)]) -> Items {
        pairs.iter().copied().collect()
    }

    fn typed<'a>() -> Typed<'a> {
        Typed { not_taken: &[], sequence: None, mark_missing: false, closed: false, stored: None }
    }

    #[test]
    fn boxes_show_dates_in_iso_and_codes_with_their_meaning() {
        let record = Both {
            patient: Items::default(),
            tumor: items(&[
                ("dateOfDiagnosis", "202606"),
                ("primarySite", "C504"),
                ("histologicTypeIcdO3", "8520"),
                ("behaviorCodeIcdO3", "3"),
                ("laterality", "2"),
            ]),
        };
        let fields = fields(Section::Cancer, record.case(), &[], typed());
        let of = |name: &str| fields.iter().find(|f| f.name == name).unwrap();
        assert_eq!(
            (of("dateOfDiagnosis").value.as_str(), of("dateOfDiagnosis").meaning.as_str()),
            ("2026-06", "June 2026, day unknown")
        );
        assert!(
            of("primarySite").meaning.to_lowercase().contains("upper-outer")
                || of("primarySite").meaning.to_lowercase().contains("upper outer")
        );
        assert!(of("histologicTypeIcdO3").meaning.contains("obular"));
        assert!(of("laterality").meaning.contains("Left"));
        let grade = of("grade");
        assert!(grade.hidden && !of("gradeClinical").hidden, "one grade only before 2018");
        assert!(of("schemaDiscriminator1").hidden);
    }

    #[test]
    fn proposals_stand_beside_an_empty_box() {
        let record = Both { patient: Items::default(), tumor: items(&[("primarySite", "C187")]) };
        let fields = fields(Section::Cancer, record.case(), &[], typed());
        let side = fields.iter().find(|f| f.name == "laterality").unwrap();
        assert_eq!((side.value.as_str(), side.proposal.as_str()), ("", "0"));
        assert_eq!(side.state, FieldState::Proposed("C18.7 is not a paired site".to_owned()));
    }

    #[test]
    fn the_social_security_number_is_not_spelled_out() {
        let record =
            Both { patient: items(&[("socialSecurityNumber", "900112222")]), tumor: Items::default() };
        let fields = fields(Section::Patient, record.case(), &[], typed());
        let field = fields.iter().find(|f| f.name == "socialSecurityNumber").unwrap();
        assert_eq!((field.value.as_str(), field.meaning.as_str()), ("", "ends in 2222; type to replace"));
    }
}
