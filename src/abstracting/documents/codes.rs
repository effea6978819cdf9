//! Codes read in a document, for the items of a case. Pure.

use crate::{
    abstracting::{CaseItems, form_row::row_of},
    coding::{CodeSuggestions, Suggestion},
    dictionary::names,
    icdo::PrimarySite,
    provenance::{self, CITED, How},
    source_document::PLACE,
};

/// A code that may be taken: the site, the morphology with its behavior, or the side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// Name of the field: `take_site`, `take_morphology`, `take_laterality`.
    pub(super) name: &'static str,
    /// Label of its item.
    pub(super) label: &'static str,
    /// Code and meaning in the case now; blank codes for none.
    pub(super) now: (String, String),
    /// Code and label of each candidate, best first.
    pub(super) candidates: Vec<(String, String)>,
    /// Code chosen unless somebody chooses otherwise; blank leaves the case as it is.
    pub(super) chosen: String,
}

/// A value that is taken: items with values, and the suggestion behind them.
pub(super) struct Taken<'a> {
    values: Vec<(&'static str, String)>,
    found: &'a [Suggestion],
    code: String,
}

fn morphology_now(case: CaseItems<'_>) -> String {
    match (case.value(names::HISTOLOGIC_TYPE_ICD_O_3), case.value(names::BEHAVIOR_CODE_ICD_O_3)) {
        ("", _) => String::new(),
        (histology, behavior) => format!("{histology}/{behavior}"),
    }
}

/// What may be chosen. A code is chosen beforehand only where the engine is sure, or where there is but one side, and
/// the case has none.
pub(super) fn choices(case: CaseItems<'_>, read: &CodeSuggestions) -> Vec<Choice> {
    let of = |name, item: &'static str, now: String, found: &[Suggestion], sure: bool| {
        let candidates: Vec<(String, String)> =
            found.iter().filter(|s| s.valid).map(|s| (s.code.clone(), s.label.clone())).collect();
        let first = candidates.first().filter(|_| sure && now.is_empty()).map(|(code, _)| code.clone());
        let meaning = case.meaning(item, case.value(item));
        Choice {
            name,
            label: if name == "take_morphology" {
                "Histology and behavior"
            } else {
                row_of(item).map_or(item, |r| r.label)
            },
            chosen: first.unwrap_or_default(),
            now: (now, meaning),
            candidates,
        }
    };
    let site = case.value(names::PRIMARY_SITE);
    let site = PrimarySite::parse(site).map_or_else(|_| site.to_owned(), PrimarySite::shown);
    let side = case.value(names::LATERALITY).to_owned();
    let one_side = read.laterality.len() == 1 && read.offers.site.bold;
    let all = [
        of("take_site", names::PRIMARY_SITE, site, &read.site, read.offers.site.bold),
        of(
            "take_morphology",
            names::HISTOLOGIC_TYPE_ICD_O_3,
            morphology_now(case),
            &read.morphology,
            read.offers.morphology.bold,
        ),
        of("take_laterality", names::LATERALITY, side, &read.laterality, one_side),
    ];
    all.into_iter().filter(|c| !c.candidates.is_empty()).collect()
}

/// What was chosen, if it is among the candidates; otherwise what was given.
pub(super) fn taken<'a>(
    read: &'a CodeSuggestions,
    chosen: impl Fn(&str) -> String,
) -> Result<Vec<Taken<'a>>, String> {
    let mut out = Vec::new();
    for (name, found) in [
        ("take_site", &read.site),
        ("take_morphology", &read.morphology),
        ("take_laterality", &read.laterality),
    ] {
        let code = chosen(name);
        if code.is_empty() {
            continue;
        }
        if !found.iter().any(|s| s.valid && s.code == code) {
            return Err(format!("“{code}” was not read in this document."));
        }
        let values = match (name, code.split_once('/')) {
            ("take_morphology", Some((histology, behavior))) => vec![
                (names::HISTOLOGIC_TYPE_ICD_O_3, histology.to_owned()),
                (names::BEHAVIOR_CODE_ICD_O_3, behavior.to_owned()),
            ],
            ("take_site", _) => vec![(names::PRIMARY_SITE, code.clone())],
            _ => vec![(names::LATERALITY, code.clone())],
        };
        out.push(Taken { values, found, code });
    }
    Ok(out)
}

impl Taken<'_> {
    /// Pairs of a form that carry the values and the words that justify them, and how each came.
    pub(super) fn written(
        &self,
        read: &CodeSuggestions,
        document: &str,
    ) -> (Vec<(String, String)>, Vec<(&'static str, How)>) {
        let (mut pairs, mut given) = (Vec::new(), Vec::new());
        let reasons = provenance::suggested(read, self.found, &self.code);
        let words = self.found.iter().find(|s| s.code == self.code).and_then(|s| quoted(&read.phrase, s));
        for (item, value) in &self.values {
            pairs.push(((*item).to_owned(), value.clone()));
            if let Some(words) = &words {
                pairs.push((format!("{CITED}{item}"), format!("{PLACE}{document}|{words}")));
            }
            given.extend(reasons.clone().map(|r| (*item, How::Suggested(r))));
        }
        (pairs, given)
    }
}

/// The words from the first to the last that led to a code, where they stand close together; else the first of them.
fn quoted(text: &str, found: &Suggestion) -> Option<String> {
    let (first, last) = (found.spans.first()?, found.spans.last()?);
    let all = text.get(first.0..last.1)?;
    let near = all.chars().count() <= 160;
    Some(if near { all } else { text.get(first.0..first.1)? }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{coding::suggest_phrase, dictionary::Items};

    const REPORT: &str = "CLINICAL: lump.\nFINAL DIAGNOSIS: Left breast, upper outer quadrant, biopsy: infiltrating duct carcinoma, grade 2.";

    fn chosen(tumor: &Items) -> Vec<(&'static str, String)> {
        let (read, nobody) = (suggest_phrase(REPORT, None, 5), Items::default());
        let choices = choices(CaseItems::of(&nobody, tumor), &read);
        choices.into_iter().map(|c| (c.name, c.chosen)).collect()
    }

    #[test]
    fn what_the_engine_is_sure_of_is_chosen_where_the_case_has_nothing() {
        let of = |site: &str, morphology: &str, side: &str| {
            vec![
                ("take_site", site.to_owned()),
                ("take_morphology", morphology.to_owned()),
                ("take_laterality", side.to_owned()),
            ]
        };
        assert_eq!(chosen(&Items::default()), of("C50.4", "8500/3", "2"));
        let coded: Items = [
            (names::PRIMARY_SITE, "C509"),
            (names::HISTOLOGIC_TYPE_ICD_O_3, "8520"),
            (names::BEHAVIOR_CODE_ICD_O_3, "3"),
            (names::LATERALITY, "1"),
        ]
        .into_iter()
        .collect();
        assert_eq!(chosen(&coded), of("", "", ""), "what is coded stays unless somebody says so");
    }

    #[test]
    fn only_what_was_read_is_taken_with_its_words() {
        let read = suggest_phrase(REPORT, None, 5);
        assert!(
            taken(&read, |name| if name == "take_site" { "C61.9".into() } else { String::new() }).is_err()
        );
        let all = |name: &str| match name {
            "take_site" => "C50.4".to_owned(),
            "take_morphology" => "8500/3".to_owned(),
            _ => "2".to_owned(),
        };
        let all = taken(&read, all).unwrap();
        let written: Vec<_> = all.iter().map(|t| t.written(&read, "d1")).collect();
        let pairs: Vec<&str> = written.iter().flat_map(|(p, _)| p).map(|(n, _)| n.as_str()).collect();
        assert!(pairs.contains(&"behaviorCodeIcdO3") && pairs.contains(&"cited.primarySite"), "{pairs:?}");
        for (name, value) in written.iter().flat_map(|(p, _)| p).filter(|(n, _)| n.starts_with(CITED)) {
            let words = value.strip_prefix("document:d1|").unwrap();
            assert!(provenance::stands_in(REPORT, words), "{name}: {words}");
        }
        let hows = written.iter().flat_map(|(_, g)| g).count();
        assert_eq!(hows, 4, "site, histology, behavior, side");
    }
}
