//! The abstract as its page shows it: head, sections, fields, findings, help, source.

use std::collections::BTreeMap;

use chrono::Datelike;
use chrono_tz::Tz;

use super::{
    CaseItems, FormControl, FormRow, Section, accession,
    complete::{Finding, FindingKind, Severity},
    form::{self, Both, NotTaken, Page},
    form_row::form_rows,
    propose::propose,
    saving::Stored,
    sequence::SequenceSuggestion,
};
use crate::{
    dictionary::{CodeLists, Dictionary, Items, Level, names},
    facility::Desk,
    icdo::{Histology, Morphology, PrimarySite},
    partial_date::PartialDate,
    web::{Control, Field, FieldState, Shape, Status, Tone},
};

/// What the head of a case says.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// Name of the patient; on the page only, never in its title.
    pub(super) name: String,
    pub(super) status: Status,
    pub(super) facts: Vec<(&'static str, String)>,
    /// Accession and sequence, or “new case”, for the title.
    pub(super) number: String,
    pub(super) patient_href: String,
    pub(super) is_open: bool,
    pub(super) is_closed: bool,
}

/// One line of the list of sections.
#[derive(Clone, Debug)]
pub(super) struct SectionLine {
    pub(super) section: Section,
    pub(super) href: String,
    pub(super) status: Status,
    /// For the eye: `8/10`, `2`, or nothing.
    pub(super) short: String,
    pub(super) here: bool,
}

/// A finding with the address of its field.
#[derive(Clone, Debug)]
pub(super) struct FindingLine {
    pub(super) status: Status,
    pub(super) kind: &'static str,
    pub(super) label: &'static str,
    pub(super) sentence: String,
    pub(super) href: String,
    /// `In section 6.`, where it is not on this page.
    pub(super) place: String,
}

/// Findings of the panel.
#[derive(Clone, Debug, Default)]
pub(super) struct Panel {
    pub(super) lines: Vec<FindingLine>,
    /// Required and blank on this page: words and address.
    pub(super) missing_here: Vec<(&'static str, String)>,
    /// Required and blank elsewhere: section, how many, address.
    pub(super) missing_elsewhere: Vec<(String, String)>,
    pub(super) errors: usize,
    pub(super) warnings: usize,
    pub(super) missing: usize,
}

impl Panel {
    /// `2 errors, 1 warning, 14 missing`.
    pub(super) fn summary(&self) -> String {
        let count = |n: usize, one: &str, many: &str| match n {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {many}")),
        };
        let parts: Vec<String> = [
            count(self.errors, "error", "errors"),
            count(self.warnings, "warning", "warnings"),
            count(self.missing, "missing", "missing"),
        ]
        .into_iter()
        .flatten()
        .collect();
        if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
    }
}

/// Help of one field.
#[derive(Clone, Debug)]
pub(super) struct Help {
    pub(super) item: &'static str,
    pub(super) label: &'static str,
    pub(super) number: u32,
    pub(super) text: &'static str,
    pub(super) facts: Vec<(&'static str, String)>,
}

/// A text of the case, shown beside the fields.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) label: String,
    pub(super) paragraphs: Vec<String>,
}

/// Address of a page of a case.
pub(super) fn href(uid: &str, page: Page) -> String {
    format!("/abstracts/{uid}/{}", page.word())
}

/// The head.
pub(super) fn head(stored: &Stored, items: &Both, desk: &Desk, zone: Tz) -> Head {
    let value = |id| items.case().value(id);
    let (patient, tumor) = (&items.patient, &items.tumor);
    let last = patient.value(names::NAME_LAST);
    let first = patient.value(names::NAME_FIRST);
    let name = match (last, first) {
        ("", "") => "No name yet".to_owned(),
        (last, "") => last.to_owned(),
        ("", first) => first.to_owned(),
        (last, first) => format!("{last}, {first}"),
    };
    let number = value(names::ACCESSION_NUMBER_HOSP);
    let accession = if number.is_empty() {
        "not given yet".to_owned()
    } else {
        format!("{}, seq {}", accession::shown(number), or_dash(value(names::SEQUENCE_NUMBER_HOSPITAL)))
    };
    let mut facts = vec![("Accession", accession.clone())];
    let age = tumor.value(names::AGE_AT_DIAGNOSIS).trim_start_matches('0');
    match patient.value(names::SEX_ASSIGNED_AT_BIRTH) {
        "1" => facts.push(("Male", age.to_owned())),
        "2" => facts.push(("Female", age.to_owned())),
        _ if !age.is_empty() && age != "999" => facts.push(("Age", age.to_owned())),
        _ => {}
    }
    facts.push(("Class", or_dash(value(names::CLASS_OF_CASE))));
    if let Ok(site) = PrimarySite::parse(value(names::PRIMARY_SITE)) {
        facts.push(("Site", site.label().to_owned()));
    }
    let state = stored.state();
    match stored.tumor.abstract_due {
        Some(due) if state.is_open() => {
            let days = (due - desk.today).num_days();
            let left = if days < 0 { format!("{} days late", -days) } else { format!("{days} days") };
            let day = if due.year() == desk.today.year() { "%-d %b" } else { "%-d %b %Y" };
            facts.push(("Complete by", format!("{}, {left}", due.format(day))));
        }
        _ => {}
    }
    let saved = stored.tumor.changed_at.max(stored.patient.changed_at).and_utc().with_timezone(&zone);
    let when = if saved.date_naive() == desk.today { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    facts.push(("Saved", saved.format(when).to_string()));
    Head {
        name,
        status: state.status(),
        facts,
        number: if number.is_empty() { "New case".to_owned() } else { accession },
        patient_href: format!("/patients/{}", stored.patient.uid),
        is_open: state.is_open(),
        is_closed: state.is_closed(),
    }
}

fn or_dash(value: &str) -> String {
    if value.is_empty() { "–".to_owned() } else { value.to_owned() }
}

/// The list of sections with their states.
pub(super) fn sections(uid: &str, here: Page, case: CaseItems<'_>, found: &[Finding]) -> Vec<SectionLine> {
    Section::ALL
        .into_iter()
        .map(|section| {
            let required: Vec<&FormRow> =
                form_rows().iter().filter(|r| r.section == section && r.is_required(case)).collect();
            let done = required.iter().filter(|r| !case.value(r.id()).is_empty()).count();
            let errors = found
                .iter()
                .filter(|f| {
                    f.section == section && f.severity == Severity::Error && f.kind != FindingKind::Missing
                })
                .count();
            let (status, short) = section_status(done, required.len(), errors);
            SectionLine {
                section,
                href: href(uid, Page::Section(section)),
                status,
                short,
                here: here == Page::Section(section),
            }
        })
        .collect()
}

fn section_status(done: usize, all: usize, errors: usize) -> (Status, String) {
    match (done, all, errors) {
        (_, _, 1..) => {
            let words = if errors == 1 { "1 error".to_owned() } else { format!("{errors} errors") };
            (Status::new(Shape::Diamond, Tone::Error, words), errors.to_string())
        }
        (done, all, 0) if done == all => (Status::new(Shape::Check, Tone::Good, "complete"), String::new()),
        (0, all, 0) => {
            (Status::new(Shape::Ring, Tone::Quiet, format!("0 of {all} done")), format!("0/{all}"))
        }
        (done, all, 0) => {
            (Status::new(Shape::Half, Tone::Active, format!("{done} of {all} done")), format!("{done}/{all}"))
        }
    }
}

/// What the fields of a section need besides the record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Typed<'a> {
    /// Typing not yet saved, shown in place of what is stored.
    pub(super) pairs: &'a [(String, String)],
    /// What of it was not understood.
    pub(super) not_taken: &'a [NotTaken],
    /// Suggested sequence number.
    pub(super) sequence: Option<&'a SequenceSuggestion>,
    /// Mark what is missing at the fields too (after completing was asked for).
    pub(super) mark_missing: bool,
    /// Nothing on this page can be changed.
    pub(super) closed: bool,
}

/// The fields of a section.
pub(super) fn fields(
    section: Section,
    case: CaseItems<'_>,
    found: &[Finding],
    typed: Typed<'_>,
) -> Vec<Field> {
    form_rows()
        .iter()
        .filter(|r| r.section == section && (r.is_shown(case) || form::pair(typed.pairs, r.id()).is_some()))
        .map(|row| field(row, case, found, typed))
        .collect()
}

fn field(row: &'static FormRow, case: CaseItems<'_>, found: &[Finding], typed: Typed<'_>) -> Field {
    let id = row.id();
    let stored = case.value(id);
    let control = match row.control {
        FormControl::Date => Control::Date,
        FormControl::Site => Control::CodeSearch { table: "site" },
        FormControl::Histology => Control::CodeSearch { table: "histology" },
        FormControl::Code => {
            let list = if row.codes().next().is_some() { format!("/codes/list/{id}") } else { String::new() };
            Control::Code { list }
        }
        FormControl::Derived => Control::Digits,
        FormControl::Long => Control::Area { rows: 10 },
        FormControl::Text | FormControl::Masked => Control::Text,
    };
    let mut field = Field::new(id, row.label, control).most(row.def.length);
    field.read_only = typed.closed;
    let kept = typed.not_taken.iter().find(|n| n.field == id);
    field.value = match kept {
        Some(kept) => kept.typed.clone(),
        None if row.control == FormControl::Masked => String::new(),
        None => form::shown(row, stored),
    };
    field.meaning = if kept.is_some() { String::new() } else { meaning(row, case) };
    let finding = found
        .iter()
        .find(|f| f.item == id && (typed.mark_missing || f.kind != FindingKind::Missing))
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
    let stored = form::read(
        row,
        &value,
        form::Reading { today: chrono::NaiveDate::default(), slashes: Default::default() },
    );
    field.meaning = stored.map(|v| code_meaning(row, &v)).unwrap_or_default();
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
        names::HISTOLOGIC_TYPE_ICD_O_3 => histology_meaning(case),
        names::SOCIAL_SECURITY_NUMBER if stored == "999999999" => "not known".to_owned(),
        names::SOCIAL_SECURITY_NUMBER => {
            let last: String = stored.chars().skip(stored.chars().count().saturating_sub(4)).collect();
            format!("ends in {last}; type to replace")
        }
        _ => code_meaning(row, stored),
    }
}

fn code_meaning(row: &FormRow, stored: &str) -> String {
    match row.control {
        FormControl::Date => PartialDate::parse(stored).map(PartialDate::words).unwrap_or_default(),
        FormControl::Site => PrimarySite::parse(stored).map(|s| s.label().to_owned()).unwrap_or_default(),
        FormControl::Code => brief(CodeLists::label(row.id(), stored).unwrap_or_default()),
        _ => String::new(),
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

fn histology_meaning(case: CaseItems<'_>) -> String {
    let Ok(histology) = Histology::parse(case.value(names::HISTOLOGIC_TYPE_ICD_O_3)) else {
        return String::new();
    };
    let behavior = case.value(names::BEHAVIOR_CODE_ICD_O_3);
    let behavior = if behavior.is_empty() { "3" } else { behavior };
    Morphology::parse(&format!("{histology}/{behavior}"))
        .ok()
        .and_then(Morphology::entry)
        .map_or_else(String::new, |e| e.label_at(case.dx_year()).to_owned())
}

/// The panel of findings: this page's first.
pub(super) fn panel(uid: &str, here: Page, found: &[Finding]) -> Panel {
    let mut panel = Panel::default();
    let mut elsewhere: BTreeMap<Section, usize> = BTreeMap::new();
    let on_page = |f: &Finding| here == Page::Section(f.section);
    let field = |f: &Finding| {
        if on_page(f) {
            format!("#{}", f.item)
        } else {
            format!("{}#{}", href(uid, Page::Section(f.section)), f.item)
        }
    };
    let mut ordered: Vec<&Finding> = found.iter().collect();
    ordered.sort_by_key(|f| (f.severity, !on_page(f)));
    for finding in ordered {
        if finding.kind == FindingKind::Missing {
            panel.missing += 1;
            if on_page(finding) {
                panel.missing_here.push((finding.label, field(finding)));
            } else {
                *elsewhere.entry(finding.section).or_default() += 1;
            }
            continue;
        }
        let status = match finding.severity {
            Severity::Error => {
                panel.errors += 1;
                Status::new(Shape::Diamond, Tone::Error, "Error")
            }
            Severity::Warning => {
                panel.warnings += 1;
                Status::new(Shape::Triangle, Tone::Warning, "Warning")
            }
        };
        panel.lines.push(FindingLine {
            status,
            kind: match finding.kind {
                FindingKind::Dates => "dates",
                FindingKind::Coding => "coding",
                FindingKind::NotAllowed | FindingKind::Missing => "value",
            },
            label: finding.label,
            sentence: finding.sentence.clone(),
            href: field(finding),
            place: if on_page(finding) {
                String::new()
            } else {
                format!(" In section {}.", finding.section.number())
            },
        });
    }
    panel.missing_elsewhere = elsewhere
        .into_iter()
        .map(|(section, n)| (format!("{} {n}", section.short()), href(uid, Page::Section(section))))
        .collect();
    panel
}

/// Help of the fields of a section.
pub(super) fn help(section: Section, case: CaseItems<'_>) -> Vec<Help> {
    form_rows()
        .iter()
        .filter(|r| r.section == section && r.is_shown(case))
        .map(|row| {
            let mut facts = vec![("Length", row.def.length.to_string())];
            let level = if row.def.level == Level::Patient { "patient, all cases" } else { "this case" };
            facts.push(("Belongs to", level.to_owned()));
            if matches!(row.control, FormControl::Site | FormControl::Histology) {
                let edition = crate::icdo::Edition::in_use(case.dx_year()).label();
                facts.push(("Table", edition.to_owned()));
            }
            Help { item: row.id(), label: row.label, number: row.def.number, text: row.help, facts }
        })
        .collect()
}

/// The texts of the case in the order they stand in the record.
pub(super) fn sources(tumor: &Items) -> Vec<Source> {
    tumor
        .iter()
        .filter(|(id, _)| id.starts_with("text") || id.starts_with("rxText"))
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(id, value)| Source {
            label: super::form_row::row_of(id).map_or(Dictionary::label(id), |r| r.label).to_owned(),
            paragraphs: value.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abstracting::complete;

    fn items(pairs: &[(&'static str, &'static str)]) -> Items {
        pairs.iter().copied().collect()
    }

    fn typed<'a>() -> Typed<'a> {
        Typed { pairs: &[], not_taken: &[], sequence: None, mark_missing: false, closed: false }
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
        assert!(fields.iter().all(|f| f.name != "grade"), "one grade only before 2018");
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

    #[test]
    fn sections_count_what_is_required() {
        let record = Both {
            patient: Items::default(),
            tumor: items(&[("classOfCase", "00"), ("laterality", "0"), ("primarySite", "C504")]),
        };
        let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        let found = complete::findings(record.case(), today);
        let lines = sections("u", Page::Section(Section::Case), record.case(), &found);
        let of = |s: Section| lines.iter().find(|l| l.section == s).unwrap();
        assert_eq!(of(Section::Case).short, "1/6");
        assert_eq!((of(Section::Cancer).short.as_str(), of(Section::Cancer).status.tone), ("1", Tone::Error));
        assert_eq!(of(Section::Text).short, "0/2");
        let panel = panel("u", Page::Section(Section::Cancer), &found);
        assert_eq!((panel.errors, panel.lines[0].href.as_str()), (1, "#laterality"));
        assert!(panel.missing_elsewhere.iter().any(|(words, _)| words == "Text 2"));
    }
}
