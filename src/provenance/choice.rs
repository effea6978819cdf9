//! What a save notes: which codes it changed, and how each came.

use super::{Cited, How, Note, Reasons};
use crate::{
    coding::{
        CodeSuggestions, SearchContext, Suggestion, TABLES, search_morphology, search_site, suggest_phrase,
    },
    dictionary::{CodeLists, DataType, Dictionary, Items, Level, names},
    icdo::{Morphology, PrimarySite},
};

/// Fields `from.<item>` of a form carry the words from whose suggestions the value was chosen.
pub const FROM: &str = "from.";
/// Fields `cited.<item>` carry the XML id of a text or the place of a document, `|`, and the words that justify the value.
pub const CITED: &str = "cited.";
/// Longest words kept, in characters.
pub const LONGEST: usize = 400;

/// Notes for the codes of a case that a save changed: `typed` is the case with what was typed, `after` with
/// what the program derived from it. `pairs` is what the page sent; `signed` is who (name), when (RFC 3339) and
/// where (short name of the facility).
pub fn of_save(
    before: &Items,
    typed: &Items,
    after: &Items,
    pairs: &[(String, String)],
    signed: &(String, String, String),
) -> Vec<Note> {
    let derived: Vec<&str> = typed.diff(after).into_iter().map(|(id, ..)| id).collect();
    let (by, at, place) = signed;
    let mut notes = Vec::new();
    for (id, _, new) in before.diff(after) {
        if !is_code(id) || new.is_empty() {
            continue;
        }
        let how = if derived.contains(&id) {
            How::Derived {
                rule: format!(
                    "worked out at the save from other items of the case ({})",
                    Dictionary::label(id)
                ),
            }
        } else {
            let name = format!("{FROM}{id}");
            let words = pairs.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| v.trim());
            chosen(id, new, words, after).map_or(How::Typed, How::Suggested)
        };
        let (by, at, place) = (by.clone(), at.clone(), place.clone());
        notes.push(Note { item: id.to_owned(), value: new.to_owned(), how, by, at, place, cited: None });
    }
    notes
}

/// Adds the words that a page gave as justifications to the notes of a save: to the note it makes, to the one that
/// stands (`standing`) where the value stayed as it was, or to one of its own. `documents` are the places of the source
/// documents that the case has.
pub fn cite(
    mut notes: Vec<Note>,
    standing: &[Note],
    after: &Items,
    pairs: &[(String, String)],
    documents: &[String],
    signed: &(String, String, String),
) -> Vec<Note> {
    let (by, at, place) = signed;
    for (name, given) in pairs {
        let Some(def) = name.strip_prefix(CITED).and_then(Dictionary::get) else { continue };
        let Some((text, words)) = given.split_once('|') else { continue };
        let (words, value) = (words.trim(), after.value(def.id));
        let known =
            Dictionary::get(text).is_some_and(|t| is_text(t.id)) || documents.iter().any(|d| d == text);
        if !is_justified(def.id)
            || value.is_empty()
            || !known
            || words.is_empty()
            || words.chars().count() > LONGEST
        {
            continue;
        }
        let cited = Cited { words: words.to_owned(), text: text.to_owned(), by: by.clone(), at: at.clone() };
        let fits = |n: &&Note| n.item == def.id && n.value == value;
        if let Some(note) = notes.iter_mut().find(|n| n.item == def.id) {
            note.cited = Some(cited);
        } else {
            let own = || Note {
                item: def.id.to_owned(),
                value: value.to_owned(),
                how: How::Typed,
                by: by.clone(),
                at: at.clone(),
                place: place.clone(),
                cited: None,
            };
            let stands = standing.iter().find(fits).cloned().unwrap_or_else(own);
            notes.push(Note { cited: Some(cited), ..stands });
        }
    }
    notes
}

/// Do the words stand in a text, whatever white space parts them?
pub fn stands_in(text: &str, words: &str) -> bool {
    let plain = |t: &str| t.split_whitespace().collect::<String>();
    !words.trim().is_empty() && plain(text).contains(&plain(words))
}

/// Is the item a text of the case, whose words can justify others?
pub fn is_text(id: &str) -> bool {
    id.starts_with("text") || id.starts_with("rxText")
}

/// Can words of a text justify the item? Codes, dates and measures of a case.
pub fn is_justified(id: &str) -> bool {
    Dictionary::get(id).is_some_and(|d| {
        d.level == Level::Tumor && !is_text(d.id) && (is_code(d.id) || d.data_type != DataType::Text)
    })
}

/// Does the item hold a code?
pub fn is_code(id: &str) -> bool {
    [names::PRIMARY_SITE, names::HISTOLOGIC_TYPE_ICD_O_3].contains(&id) || !CodeLists::of(id).is_empty()
}

/// The reasons for a value among the suggestions for words; `None` where no suggestion has it. Worked out here
/// again: what a page sends is words, never reasons.
fn chosen(id: &str, value: &str, words: &str, items: &Items) -> Option<Reasons> {
    let plain = |t: &str| t.replace(['.', '/'], "").to_uppercase();
    if words.is_empty() || plain(words) == plain(value) || words.chars().count() > LONGEST {
        return None;
    }
    let dx_date = items.date(names::DATE_OF_DIAGNOSIS);
    let answer = suggest_phrase(words, dx_date, 8);
    match id {
        names::PRIMARY_SITE => {
            let site = PrimarySite::parse(value).ok()?;
            from_answer(&answer, &answer.site, &site.shown()).or_else(|| {
                let found = search_site(words, &SearchContext { dx_date, ..SearchContext::default() }, 40);
                let option = found.options.into_iter().find(|o| o.code == site.shown())?;
                Some(plain_reasons(words, option.why))
            })
        }
        names::HISTOLOGIC_TYPE_ICD_O_3 | names::BEHAVIOR_CODE_ICD_O_3 => {
            let (h, b) =
                (items.value(names::HISTOLOGIC_TYPE_ICD_O_3), items.value(names::BEHAVIOR_CODE_ICD_O_3));
            let code = Morphology::parse(&format!("{h}/{b}")).ok()?.to_string();
            from_answer(&answer, &answer.morphology, &code).or_else(|| {
                let found =
                    search_morphology(words, &SearchContext { dx_date, ..SearchContext::default() }, 40);
                let option = found.options.into_iter().find(|o| o.code == code)?;
                Some(plain_reasons(words, option.why))
            })
        }
        names::LATERALITY => {
            from_answer(&answer, &answer.laterality, value).or_else(|| listed(id, value, words))
        }
        _ => from_answer(&answer, &answer.grade, value)
            .filter(|_| id.starts_with("grade"))
            .or_else(|| listed(id, value, words)),
    }
}

/// Chosen from the list of the item by a word of its label.
fn listed(id: &str, value: &str, words: &str) -> Option<Reasons> {
    let label = CodeLists::label(id, value)?;
    let hit = label.to_lowercase().contains(&words.to_lowercase());
    hit.then(|| plain_reasons(words, format!("code list of the item: “{label}”")))
}

fn plain_reasons(words: &str, why: String) -> Reasons {
    Reasons { words: words.to_owned(), why, tables: TABLES.to_owned(), ..Reasons::default() }
}

/// The reasons for a code that was chosen from what was read in a text; of a long text the part that led to it.
pub fn suggested(answer: &CodeSuggestions, found: &[Suggestion], code: &str) -> Option<Reasons> {
    let mut reasons = from_answer(answer, found, code)?;
    let text = &answer.phrase;
    if text.chars().count() > LONGEST {
        let (from, to) = part(text, &reasons.spans);
        let inside = |(a, b): &(usize, usize)| *a >= from && *b <= to;
        let moved = reasons.spans.iter().filter(|s| inside(s)).map(|(a, b)| (a - from, b - from)).collect();
        reasons.words = text.get(from..to).unwrap_or_default().to_owned();
        reasons.spans = moved;
    }
    Some(reasons)
}

/// The part of a long text around marked places: whole words, at most [`LONGEST`] characters.
fn part(text: &str, spans: &[(usize, usize)]) -> (usize, usize) {
    let first = spans.iter().map(|s| s.0).min().unwrap_or(0);
    let before: Vec<usize> = text.get(..first).unwrap_or_default().char_indices().map(|(at, _)| at).collect();
    let mut from = before.len().checked_sub(80).and_then(|at| before.get(at).copied()).unwrap_or(0);
    if from > 0 {
        let gap = text.get(from..first).and_then(|t| t.find(char::is_whitespace));
        from = gap.map_or(first, |gap| from + gap);
    }
    let rest = text.get(from..).unwrap_or_default();
    let cut = rest.char_indices().nth(LONGEST).map_or(rest.len(), |(at, _)| at);
    let to = match rest.get(..cut).filter(|_| cut < rest.len()).and_then(|t| t.rfind(char::is_whitespace)) {
        Some(gap) => from + gap,
        None => from + cut,
    };
    (from, to)
}

fn from_answer(answer: &CodeSuggestions, found: &[Suggestion], code: &str) -> Option<Reasons> {
    let s = found.iter().find(|s| s.code == code)?;
    let row = s.table.as_ref();
    Some(Reasons {
        words: answer.phrase.clone(),
        spans: s.spans.clone(),
        why: s.rule.clone(),
        rules: s.rules.iter().map(|r| r.id.to_owned()).collect(),
        row: row
            .map_or_else(String::new, |r| format!("{}: “{}”, {}, {}", r.table, r.term, r.kind, r.edition)),
        tables: answer.tables.to_owned(),
        others: found
            .iter()
            .filter(|o| o.code != code)
            .take(3)
            .map(|o| format!("{} {}", o.code, o.label))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(pairs: &[(&'static str, &'static str)]) -> Items {
        pairs.iter().copied().collect()
    }

    fn sent(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    fn who() -> (String, String, String) {
        ("rosa".to_owned(), "2026-11-23T10:00:00Z".to_owned(), "St. Example".to_owned())
    }

    #[test]
    fn typed_chosen_and_derived_are_told_apart() {
        let before = items(&[("laterality", "9")]);
        let typed = items(&[
            ("primarySite", "C504"),
            ("histologicTypeIcdO3", "8500"),
            ("behaviorCodeIcdO3", "3"),
            ("laterality", "2"),
            ("textHistologyTitle", "words"),
        ]);
        let mut after = typed.clone();
        after.set("grade", "3");
        let pairs = sent(&[
            ("from.primarySite", "upper outer quadrant of breast"),
            ("from.histologicTypeIcdO3", "invasive duct ca"),
            ("from.behaviorCodeIcdO3", "invasive duct ca"),
            ("from.laterality", "2"),
        ]);
        let notes = of_save(&before, &typed, &after, &pairs, &who());
        let how = |id: &str| &notes.iter().find(|n| n.item == id).unwrap().how;
        let How::Suggested(site) = how("primarySite") else { panic!("{:?}", how("primarySite")) };
        assert_eq!(site.rules, ["site-term"]);
        assert!(site.row.contains("topography") && !site.spans.is_empty());
        assert!(matches!(how("histologicTypeIcdO3"), How::Suggested(_)));
        assert!(matches!(how("behaviorCodeIcdO3"), How::Suggested(_)));
        assert_eq!(how("laterality"), &How::Typed, "a code typed is typed, whatever the page says");
        assert!(matches!(how("grade"), How::Derived { .. }));
        assert!(notes.iter().all(|n| n.item != "textHistologyTitle"), "a text is no code");
    }

    #[test]
    fn words_of_a_text_are_kept_with_the_value_they_justify() {
        let before = items(&[("laterality", "2"), ("regionalNodesExamined", "12")]);
        let mut after = before.clone();
        after.set("primarySite", "C504");
        after.set("textDxProcPath", "Lt breast UOQ, 0/12 nodes");
        let pairs = sent(&[
            ("cited.primarySite", "textDxProcPath|Lt breast UOQ"),
            ("cited.laterality", "textDxProcPath|Lt"),
            ("cited.regionalNodesExamined", "document:1|0/12 nodes"),
            ("cited.gradeClinical", "textDxProcPath|of a blank item"),
            ("cited.histologicTypeIcdO3", "nameLast|of no text"),
            ("cited.behaviorCodeIcdO3", "document:2|of no document of the case"),
            ("cited.textDxProcPath", "textDxProcPath|of a text"),
        ]);
        let signed = who();
        let notes = of_save(&before, &after, &after, &pairs, &signed);
        let mut stood = notes[0].clone();
        (stood.item, stood.value) = ("laterality".to_owned(), "2".to_owned());
        stood.by = "raj".to_owned();
        let documents = ["document:1".to_owned()];
        let notes = cite(notes, &[stood], &after, &pairs, &documents, &signed);
        let told: Vec<(&str, &str, &str)> = notes
            .iter()
            .filter_map(|n| Some((n.item.as_str(), n.by.as_str(), n.cited.as_ref()?.words.as_str())))
            .collect();
        assert_eq!(
            told,
            [
                ("primarySite", "rosa", "Lt breast UOQ"),
                ("laterality", "raj", "Lt"),
                ("regionalNodesExamined", "rosa", "0/12 nodes"),
            ]
        );
    }

    #[test]
    fn of_a_long_report_the_part_that_led_to_the_code_is_kept() {
        let filler = "Gross: received in formalin, labelled with name — größer als üblich. ".repeat(30);
        let report = format!(
            "{filler}FINAL DIAGNOSIS: left breast, upper outer quadrant: infiltrating duct carcinoma. {filler}"
        );
        let answer = suggest_phrase(&report, None, 4);
        let code = answer.site[0].code.clone();
        let reasons = suggested(&answer, &answer.site, &code).unwrap();
        assert!(reasons.words.chars().count() <= LONGEST, "{}", reasons.words.chars().count());
        assert!(!reasons.spans.is_empty());
        for (from, to) in &reasons.spans {
            let words = reasons.words.get(*from..*to).unwrap();
            assert!(answer.site[0].words.join(" ").contains(words), "{words}");
        }
        assert!(report.contains(&reasons.words));
    }

    #[test]
    fn reasons_that_no_suggestion_bears_out_are_not_taken() {
        let after = items(&[("primarySite", "C619")]);
        let pairs = sent(&[("from.primarySite", "upper outer quadrant of breast")]);
        let notes = of_save(&Items::default(), &after, &after, &pairs, &who());
        assert_eq!(notes[0].how, How::Typed);
    }
}
