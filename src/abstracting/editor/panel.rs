//! The panel of findings beside a form.

use std::collections::BTreeMap;

use super::{
    super::{
        Section,
        complete::{Finding, FindingKind, Severity},
        form::Page,
        form_row::row_of,
    },
    href,
};
use crate::web::{Shape, Status, Tone};

/// A finding with the address of its field.
#[derive(Clone, Debug)]
pub(in crate::abstracting) struct FindingLine {
    pub(in crate::abstracting) status: Status,
    pub(in crate::abstracting) kind: &'static str,
    pub(in crate::abstracting) label: &'static str,
    pub(in crate::abstracting) sentence: String,
    pub(in crate::abstracting) href: String,
    /// `In section 6.`, where it is not on this page.
    pub(in crate::abstracting) place: String,
    /// What an edit adds.
    pub(in crate::abstracting) edit: Option<EditLine>,
}

/// What an edit adds to a finding.
#[derive(Clone, Debug)]
pub(in crate::abstracting) struct EditLine {
    pub(in crate::abstracting) id: String,
    pub(in crate::abstracting) why: String,
    /// Label, address and what would settle it.
    pub(in crate::abstracting) fixes: Vec<(String, String, String)>,
    pub(in crate::abstracting) hash: String,
    /// `Over-ride`, `Acknowledge`, or blank where it has to be mended.
    pub(in crate::abstracting) decision: &'static str,
}

/// Findings of the panel.
#[derive(Clone, Debug, Default)]
pub(in crate::abstracting) struct Panel {
    pub(in crate::abstracting) lines: Vec<FindingLine>,
    /// Findings that somebody decided about: label, address, message, decision.
    pub(in crate::abstracting) decided: Vec<(&'static str, String, String, String)>,
    /// Required and blank on this page: words and address.
    pub(in crate::abstracting) missing_here: Vec<(&'static str, String)>,
    /// Required and blank elsewhere: section, how many, address.
    pub(in crate::abstracting) missing_elsewhere: Vec<(String, String)>,
    /// Edits that may settle themselves when blank items are filled in: label, address, message, labels of those items.
    pub(in crate::abstracting) waiting: Vec<(&'static str, String, String, String)>,
    pub(in crate::abstracting) errors: usize,
    pub(in crate::abstracting) warnings: usize,
    pub(in crate::abstracting) missing: usize,
}

impl Panel {
    /// `2 errors, 1 warning, 14 missing`.
    pub(in crate::abstracting) fn summary(&self) -> String {
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

/// The panel of findings: this page's first.
pub(in crate::abstracting) fn panel(uid: &str, here: Page, found: &[Finding]) -> Panel {
    let mut panel = Panel::default();
    let mut elsewhere: BTreeMap<Section, usize> = BTreeMap::new();
    let on_page = |f: &Finding| here == Page::Section(f.section);
    let place = |item: &str| match row_of(item).map(|r| r.section) {
        Some(section) if here == Page::Section(section) => format!("#{item}"),
        Some(section) => format!("{}#{item}", href(uid, Page::Section(section))),
        None => format!("{}#t.{item}", href(uid, Page::AllItems)),
    };
    let field = |f: &Finding| place(f.item);
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
        if let Some(decided) = finding.edit.as_ref().and_then(|e| e.decided.as_ref()) {
            let words = (finding.label, field(finding), finding.sentence.clone(), decided.words.clone());
            panel.decided.push(words);
            continue;
        }
        if !finding.waits_for.is_empty() {
            let items = finding.waits_for.join(", ");
            panel.waiting.push((finding.label, field(finding), finding.sentence.clone(), items));
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
                FindingKind::Edit => "edit",
            },
            label: finding.label,
            sentence: finding.sentence.clone(),
            href: field(finding),
            place: if on_page(finding) {
                String::new()
            } else {
                format!(" In section {}.", finding.section.number())
            },
            edit: finding.edit.as_ref().map(|edit| EditLine {
                id: edit.id.clone(),
                why: edit.why.clone(),
                fixes: edit
                    .fixes
                    .iter()
                    .map(|(item, label, words)| {
                        let label = row_of(item).map_or(label.as_str(), |r| r.label);
                        (label.to_owned(), place(item), words.clone())
                    })
                    .collect(),
                hash: edit.hash.clone(),
                decision: match (edit.over_ride, finding.severity) {
                    (Some(_), _) => "Over-ride",
                    (None, Severity::Warning) => "Acknowledge",
                    (None, Severity::Error) => "",
                },
            }),
        });
    }
    panel.missing_elsewhere = elsewhere
        .into_iter()
        .map(|(section, n)| (format!("{} {n}", section.short()), href(uid, Page::Section(section))))
        .collect();
    panel
}
