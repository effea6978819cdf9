//! Lists of codes as the page shows them.

use serde::Deserialize;

use crate::{
    coding::{CodeOption, CodeOptions, SearchContext, search_morphology, search_site},
    dictionary::{CodeKind, CodeLists, Dictionary, names},
    icdo::{Behavior, Histology, Morphology, PrimarySite},
    partial_date::PartialDate,
    schema,
};

/// Options of one answer.
const SHOWN: usize = 12;
/// Codes of one list of an item.
const LISTED: usize = 60;

/// What the page asks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Question {
    /// What was typed.
    pub q: String,
    /// Id of the box, for the ids of the list.
    #[serde(rename = "for")]
    pub field: String,
    /// Date of diagnosis as it stands in the form.
    pub dx: String,
    /// Primary site as it stands in the form.
    pub site: String,
    /// Histology as it stands in the form.
    pub histology: String,
    /// Behavior as it stands in the form.
    pub behavior: String,
    /// Sex assigned at birth, for the lists of schemas.
    pub sex: String,
    /// First schema discriminator.
    pub d1: String,
    /// Second schema discriminator.
    pub d2: String,
}

/// A piece of text, strong where it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The text.
    pub text: String,
    /// It matches.
    pub strong: bool,
}

/// One option.
#[derive(Clone, Debug)]
pub struct OptionRow {
    /// The code.
    pub code: String,
    /// Its label in pieces.
    pub label: Vec<Part>,
    /// Why it stands here; for impossible ones, why it may not be chosen.
    pub why: String,
    /// What it puts into which item, as a query string.
    pub values: String,
    /// What these values mean, as a query string.
    pub meanings: String,
    /// May not be chosen.
    pub impossible: bool,
    /// The first that may not be chosen.
    pub first_impossible: bool,
    /// Enter takes it.
    pub selected: bool,
    /// It is the code that was typed.
    pub exact: bool,
}

/// A list of codes for one box.
#[derive(Clone, Debug)]
pub struct OptionList {
    /// Id of the box.
    pub field: String,
    /// What was searched, in which table, for which diagnosis year.
    pub title: String,
    /// Shown of found.
    pub counted: String,
    /// Name of the list.
    pub label: String,
    /// What to do when there is none.
    pub nothing: String,
    /// The options.
    pub rows: Vec<OptionRow>,
}

impl Question {
    fn context(&self) -> SearchContext {
        let behavior = if self.behavior.trim().is_empty() { "3" } else { self.behavior.trim() };
        SearchContext {
            dx_date: PartialDate::parse(&self.dx.replace('-', "")).ok(),
            site: PrimarySite::parse(&self.site).ok(),
            morphology: Histology::parse(&self.histology)
                .ok()
                .and_then(|h| Morphology::parse(&format!("{h}/{behavior}")).ok()),
        }
    }

    /// What chooses the schema, if site and histology are known.
    fn facts(&self) -> Option<schema::Facts<'_>> {
        Some(schema::Facts {
            site: PrimarySite::parse(&self.site).ok()?,
            histology: Histology::parse(&self.histology).ok()?,
            year: self.context().dx_date.map(|d| d.year()),
            behavior: self.behavior.trim(),
            sex: &self.sex,
            discriminator_1: &self.d1,
            discriminator_2: &self.d2,
        })
    }

    /// The id of the box; anything that is no XML id is not echoed.
    fn field(&self, default: &str) -> String {
        let plain = !self.field.is_empty()
            && self.field.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
        if plain { self.field.clone() } else { default.to_owned() }
    }

    fn title(&self, table: &str) -> String {
        let year = self.context().dx_date.map(|d| format!(", diagnosis {}", d.year())).unwrap_or_default();
        match self.q.trim() {
            "" => format!("{table}{year}"),
            typed => format!("“{typed}” in {table}{year}"),
        }
    }
}

/// Sites for what was typed.
pub(super) fn sites(question: &Question) -> OptionList {
    let found = search_site(&question.q, &question.context(), SHOWN);
    let exact = PrimarySite::parse(&question.q).ok().map(PrimarySite::shown);
    options(question, names::PRIMARY_SITE, "Site codes", "topography", found, exact.as_deref())
}

/// Morphologies for what was typed; four digits mean the behavior of the form, else malignant.
pub(super) fn morphologies(question: &Question) -> OptionList {
    let mut found = search_morphology(&question.q, &question.context(), SHOWN);
    let behavior = Behavior::parse(&question.behavior).unwrap_or(Behavior::Malignant);
    let exact = Morphology::parse(&question.q)
        .ok()
        .or_else(|| Histology::parse(&question.q).ok().map(|histology| Morphology { histology, behavior }))
        .map(|m| m.to_string());
    if let Some(at) =
        found.options.iter().position(|o| Some(&o.code) == exact.as_ref() && o.impossible.is_none())
    {
        let first = found.options.remove(at);
        found.options.insert(0, first);
    }
    options(
        question,
        names::HISTOLOGIC_TYPE_ICD_O_3,
        "Histology codes",
        "morphology",
        found,
        exact.as_deref(),
    )
}

fn options(
    question: &Question,
    item: &str,
    label: &str,
    table: &str,
    found: CodeOptions,
    exact: Option<&str>,
) -> OptionList {
    let weak = found.options.first().is_some_and(|o| exact != Some(o.code.as_str()) && is_weak(&o.code));
    let shown = found.options.len();
    let mut rows: Vec<OptionRow> = found.options.into_iter().map(|option| row(option, exact)).collect();
    if let Some(first) = rows.iter_mut().find(|r| r.impossible) {
        first.first_impossible = true;
    }
    if let Some(first) = rows.iter_mut().find(|r| !r.impossible).filter(|_| !weak) {
        first.selected = true;
    }
    let nothing = match question.q.trim() {
        "" => "Type a word of the diagnosis, or the first digits.".to_owned(),
        typed => format!("Nothing for “{typed}”. Try a word of the diagnosis, or the first digits."),
    };
    OptionList {
        field: question.field(item),
        title: question.title(table),
        counted: if found.found > 0 { format!("{shown} of {}", found.found) } else { String::new() },
        label: label.to_owned(),
        nothing,
        rows,
    }
}

/// Areas where a proposal must not be bold: head and neck, lymphoma, unknown primary.
fn is_weak(code: &str) -> bool {
    let site = PrimarySite::parse(code)
        .is_ok_and(|s| s.category() <= 14 || (30..=32).contains(&s.category()) || s.category() == 80);
    site || Morphology::parse(code).is_ok_and(|m| m.histology.within(&[(9590, 9729)]))
}

fn row(option: CodeOption, exact: Option<&str>) -> OptionRow {
    let impossible = option.impossible.is_some();
    let why = option
        .impossible
        .or(option.caution.map(|c| format!("{c}. Found by {}", option.why)))
        .unwrap_or(option.why);
    let meaning = |(item, value): &(&'static str, String)| {
        let words = match *item {
            names::BEHAVIOR_CODE_ICD_O_3 => CodeLists::label(item, value)
                .or_else(|| Behavior::parse(value).ok().map(Behavior::label))
                .unwrap_or_default()
                .to_owned(),
            _ => option.label.clone(),
        };
        (*item, words)
    };
    let meanings: Vec<(&str, String)> = option.values.iter().map(meaning).collect();
    OptionRow {
        exact: exact == Some(option.code.as_str()),
        label: parts(&option.label, &option.matched),
        why,
        values: serde_html_form::to_string(&option.values).unwrap_or_default(),
        meanings: serde_html_form::to_string(&meanings).unwrap_or_default(),
        impossible,
        first_impossible: false,
        selected: false,
        code: option.code,
    }
}

/// A text cut at the marked places.
pub(super) fn parts(text: &str, marked: &[(usize, usize)]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = 0;
    let mut add = |from: usize, to: usize, strong| {
        if let Some(piece) = text.get(from..to).filter(|p| !p.is_empty()) {
            parts.push(Part { text: piece.to_owned(), strong });
        }
    };
    for (from, to) in marked {
        if *from >= at && to > from {
            add(at, *from, false);
            add(*from, *to, true);
            at = *to;
        }
    }
    add(at, text.len(), false);
    parts
}

/// The codes of an item that has a list; `None` where it has none.
pub(super) fn of_item(item: &str, question: &Question) -> Option<OptionList> {
    let all = question
        .facts()
        .and_then(|facts| schema::choices(item, facts))
        .unwrap_or_else(|| CodeLists::of(item));
    if all.is_empty() {
        return None;
    }
    let typed = question.q.trim().to_lowercase();
    let codes = || all.iter().filter(|c| c.kind != CodeKind::Blank);
    let exact = codes().any(|c| c.code == question.q.trim());
    let fits = |code: &str, label: &str| {
        exact
            || typed.is_empty()
            || code.to_lowercase().starts_with(&typed)
            || label.to_lowercase().contains(&typed)
    };
    let found: Vec<_> = codes().filter(|c| fits(c.code, c.label)).collect();
    let rows = found
        .iter()
        .take(LISTED)
        .map(|c| {
            let at = c.label.to_ascii_lowercase().find(&typed).filter(|_| !typed.is_empty() && !exact);
            let marked: Vec<(usize, usize)> = at.map(|at| (at, at + typed.len())).into_iter().collect();
            let range = c.kind == CodeKind::Range;
            OptionRow {
                code: c.code.to_owned(),
                label: parts(c.label, &marked),
                why: if range { "enter a value of this interval".to_owned() } else { String::new() },
                values: serde_html_form::to_string([(item, c.code)]).unwrap_or_default(),
                meanings: serde_html_form::to_string([(item, c.label)]).unwrap_or_default(),
                impossible: range,
                first_impossible: false,
                selected: exact && c.code == question.q.trim(),
                exact: c.code == question.q.trim(),
            }
        })
        .collect::<Vec<_>>();
    let mut rows = rows;
    if !rows.iter().any(|r| r.selected)
        && let Some(first) = rows.iter_mut().find(|r| !r.impossible)
    {
        first.selected = true;
    }
    let label = Dictionary::label(item);
    Some(OptionList {
        field: question.field(item),
        title: label.to_owned(),
        counted: format!("{} of {}", rows.len(), found.len()),
        label: label.to_owned(),
        nothing: format!("No code of {label} fits “{}”.", question.q.trim()),
        rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(q: &str) -> Question {
        Question { q: q.to_owned(), ..Question::default() }
    }

    #[test]
    fn a_choice_of_histology_brings_its_behavior() {
        let list = morphologies(&question("dcis"));
        let first = &list.rows[0];
        assert_eq!(first.values, "histologicTypeIcdO3=8500&behaviorCodeIcdO3=2");
        assert!(first.selected && !first.impossible);
        assert_eq!(list.field, "histologicTypeIcdO3");
    }

    #[test]
    fn four_digits_mean_the_behavior_of_the_form() {
        let list = morphologies(&Question { behavior: "2".into(), ..question("8500") });
        assert_eq!((list.rows[0].code.as_str(), list.rows[0].exact), ("8500/2", true));
        let list = morphologies(&question("8500"));
        assert_eq!(list.rows[0].code, "8500/3");
    }

    #[test]
    fn nothing_is_selected_where_proposals_are_weak() {
        assert!(sites(&question("tongue")).rows.iter().all(|r| !r.selected));
        assert!(sites(&question("C029")).rows[0].selected);
        assert!(sites(&question("breast")).rows[0].selected);
    }

    #[test]
    fn what_is_not_possible_comes_last_with_the_reason() {
        let list = morphologies(&Question { dx: "2023".into(), ..question("8151") });
        let off: Vec<_> = list.rows.iter().filter(|r| r.impossible).collect();
        assert!(off[0].first_impossible && off[0].why.contains("use 8151/3"));
        assert!(list.rows.iter().position(|r| r.impossible) > Some(0));
    }

    #[test]
    fn lists_of_items_are_filtered_by_code_or_word() {
        let all = of_item("laterality", &question("")).unwrap();
        assert_eq!(all.rows.len(), 7);
        assert_eq!(of_item("laterality", &question("left")).unwrap().rows.len(), 1);
        let exact = of_item("laterality", &question("2")).unwrap();
        assert!(exact.rows.iter().any(|r| r.code == "2" && r.exact && r.selected));
        assert!(of_item("nameLast", &question("")).is_none());
    }

    #[test]
    fn only_ids_are_echoed() {
        let list = sites(&Question { field: "\"><script>".into(), ..question("breast") });
        assert_eq!(list.field, "primarySite");
    }
}
