//! The abstract as its page shows it: head, sections, fields, findings, help, source.

mod fields;
mod head;
mod panel;
mod prompt;

use super::{
    CaseItems, FormControl, FormRow, Section,
    complete::{Finding, FindingKind, Severity},
    form::Page,
    form_row::{self, form_rows},
};
use crate::{
    dictionary::{Dictionary, Items, Level, names},
    provenance,
    web::{Shape, Status, Tone},
};
pub(super) use fields::{Typed, context, fields, without_proposal};
pub(super) use head::{Head, head};
pub(super) use panel::{Panel, panel};

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

/// Help of one field.
#[derive(Clone, Debug)]
pub(super) struct Help {
    pub(super) item: &'static str,
    pub(super) label: &'static str,
    pub(super) number: u32,
    pub(super) text: &'static str,
    pub(super) facts: Vec<(&'static str, String)>,
    /// XML id of the text and the words of it that justify the value.
    pub(super) cited: Option<(String, String)>,
}

impl Help {
    /// Can questions decide its value?
    pub(super) fn is_class(&self) -> bool {
        self.item == names::CLASS_OF_CASE
    }

    /// Can words of a text be given as its justification?
    pub(super) fn is_justified(&self) -> bool {
        provenance::is_justified(self.item)
    }

    /// Does its item hold a code, so that “why this code?” has an answer?
    pub(super) fn is_code(&self) -> bool {
        provenance::is_code(self.item) || self.is_justified()
    }

    /// Can a physician be asked about it?
    pub(super) fn is_askable(&self) -> bool {
        super::answered::may_ask_about(self.item)
    }
}

/// A text of the case, shown beside the fields.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// XML id of its item, or the place of its document.
    pub(super) id: String,
    pub(super) label: String,
    /// Page of its document.
    pub(super) href: Option<String>,
    pub(super) paragraphs: Vec<String>,
}

/// Address of a page of a case.
pub(super) fn href(uid: &str, page: Page) -> String {
    format!("/abstracts/{uid}/{}", page.word())
}

/// The address of a field of a case, which begins with the hand in it.
pub(super) fn field_href(uid: &str, row: &FormRow) -> String {
    format!("{}?at={}", href(uid, Page::Section(row.section)), row.id())
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
                    f.section == section
                        && f.severity == Severity::Error
                        && f.kind != FindingKind::Missing
                        && f.waits_for.is_empty()
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

/// Help of the fields of a section.
pub(super) fn help(section: Section, case: CaseItems<'_>, notes: &[provenance::Note]) -> Vec<Help> {
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
            let note = notes.iter().find(|n| n.item == row.id() && n.value == case.value(row.id()));
            let cited = note.and_then(|n| n.cited.as_ref()).map(|c| (c.text.clone(), c.words.clone()));
            if let Some((_, words)) = &cited {
                facts.push(("Justified by", format!("“{words}”")));
            }
            Help { item: row.id(), label: row.label, number: row.def.number, text: row.help, facts, cited }
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
            id: id.to_owned(),
            label: form_row::row_of(id).map_or(Dictionary::label(id), |r| r.label).to_owned(),
            href: None,
            paragraphs: value.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abstracting::{complete, form::Both};

    fn items(pairs: &[(&'static str, &'static str)]) -> Items {
        pairs.iter().copied().collect()
    }

    #[test]
    fn sections_count_what_is_required() {
        let record = Both {
            patient: Items::default(),
            tumor: items(&[("classOfCase", "00"), ("laterality", "7"), ("primarySite", "C504")]),
        };
        let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        let found = complete::findings(record.case(), today);
        let lines = sections("u", Page::Section(Section::Case), record.case(), &found);
        let of = |s: Section| lines.iter().find(|l| l.section == s).unwrap();
        assert_eq!(of(Section::Case).short, "1/7");
        assert_eq!((of(Section::Cancer).short.as_str(), of(Section::Cancer).status.tone), ("1", Tone::Error));
        assert_eq!(of(Section::Workup).short, "0/3");
        let panel = panel("u", Page::Section(Section::Cancer), &found);
        assert_eq!((panel.errors, panel.lines[0].href.as_str()), (1, "#laterality"));
        assert!(panel.missing_elsewhere.iter().any(|(words, _)| words == "Work-up 3"));
    }
}
