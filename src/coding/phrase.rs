//! From a phrase or a report to ranked suggestions for site, morphology, laterality and grade.

use serde::Serialize;

use super::{
    context::Reading,
    grades, lateralities, morphologies,
    offer::{self, Offer},
    rules::Rule,
    set_aside::{self, SetAside},
    sites,
};
use crate::{
    icdo::{Edition, PrimarySite, TermKind, Validity},
    partial_date::PartialDate,
};

/// The tables a suggestion is made from; stored with a code that was chosen from one.
pub const TABLES: &str = "ICD-O-3.2, NAACCR 26 annotations, 2026-11-22";

/// The row of a table that a suggestion rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableRow {
    /// Which table.
    pub table: &'static str,
    /// The term that was met, as listed.
    pub term: String,
    /// What the term is to the code: preferred term, synonym, related term, abbreviation.
    pub kind: &'static str,
    /// The newest edition of ICD-O that has the code.
    pub edition: &'static str,
}

/// One suggestion with all its reasons.
#[derive(Clone, Debug, Serialize)]
pub struct Suggestion {
    /// The code as shown: `C50.4`, `8500/3`, `2`.
    pub code: String,
    /// Its label for the diagnosis year.
    pub label: String,
    /// 0 to 100; higher fits better. Comparable within one answer.
    pub score: u8,
    /// The words of the phrase that led to it, as they stand there.
    pub words: Vec<String>,
    /// Where these words stand: first byte and the byte behind, in order.
    pub spans: Vec<(usize, usize)>,
    /// What was matched and which rules were applied, in one line.
    pub rule: String,
    /// The coding rules behind it, each with its source.
    pub rules: Vec<&'static Rule>,
    /// The row of a table behind it; none where a rule alone decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<TableRow>,
    /// The newest edition that has the code.
    pub edition: &'static str,
    /// May the code be used for the diagnosis year?
    pub valid: bool,
    /// Why it may not, where it may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The code to use instead, where the table knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

/// How the candidates of each item are offered.
#[derive(Clone, Debug, Serialize)]
pub struct Offers {
    /// The site.
    pub site: Offer,
    /// The morphology.
    pub morphology: Offer,
}

/// The answer to a phrase.
#[derive(Clone, Debug, Serialize)]
pub struct CodeSuggestions {
    /// The phrase as given.
    pub phrase: String,
    /// The edition of ICD-O in use for the diagnosis year.
    pub edition: &'static str,
    /// The tables used.
    pub tables: &'static str,
    /// Sites, best first.
    pub site: Vec<Suggestion>,
    /// Morphologies, best first; the digit behind the slash is the behavior.
    pub morphology: Vec<Suggestion>,
    /// Lateralities for the first site, best first.
    pub laterality: Vec<Suggestion>,
    /// Grades, best first.
    pub grade: Vec<Suggestion>,
    /// Which of them are a default, which only options.
    pub offers: Offers,
    /// Words that name a disease or an organ and were not coded, with the reason.
    pub set_aside: Vec<SetAside>,
    /// What a registrar must know besides: a diagnosis that is denied, said with ambiguous terms, and the like.
    pub notes: Vec<String>,
}

/// Suggests codes for a phrase or a report, at most `limit` of each kind.
///
/// `dx_date` decides the edition, the validity of codes and the meaning of terms that moved;
/// without it, nowadays. Nothing is suggested for what the text denies or calls past, and nothing at all
/// where it names no present tumor besides.
pub fn suggest_phrase(phrase: &str, dx_date: Option<PartialDate>, limit: usize) -> CodeSuggestions {
    let year = dx_date.map(PartialDate::year);
    let reading = Reading::of(phrase);
    let first = morphologies::find(&reading, year, &[]);
    let rough = sites::find(&reading, &first);
    let best = rough.first().map_or(0.0, |s| s.score);
    let likely: Vec<PrimarySite> =
        rough.iter().filter(|s| !s.aside && s.score >= 0.7 * best).take(3).map(|s| s.site).collect();
    let mut found = morphologies::find(&reading, year, &likely);
    let mut placed = sites::find(&reading, &found);
    let mut notes = Vec::new();
    if let Some(why) = set_aside::denied(&reading, &found, &placed) {
        notes.push(why);
        found.clear();
        placed.clear();
    }
    let sides = lateralities::find(&reading, year, &placed);
    let top = found.first();
    let grades = grades::find(
        &reading,
        year,
        placed.first().map(|s| s.site),
        top.map(|f| f.morphology),
        top.map_or(&[], |f| f.used.as_slice()),
    );
    notes.extend(ambiguous(&reading, top));
    let edition = Edition::in_use(year).label();
    let quote = |used: &[usize]| quote(phrase, &reading, used);
    let suggestion =
        |code: String, label: &str, score: f32, (words, spans): Quoted, rule: &str, law: &str| Suggestion {
            code,
            label: label.to_owned(),
            score: shown_score(score),
            words,
            spans,
            rule: rule.to_owned(),
            rules: Rule::with_id(law).into_iter().collect(),
            table: None,
            edition,
            valid: true,
            reason: None,
            instead: None,
        };
    CodeSuggestions {
        phrase: phrase.to_owned(),
        edition,
        tables: TABLES,
        offers: Offers {
            site: offer::site(&reading, &placed, &found),
            morphology: offer::morphology(&reading, &placed, &found),
        },
        site: placed
            .iter()
            .take(limit)
            .map(|s| {
                let table = s.rule.strip_prefix("term “").map(|term| TableRow {
                    table: "ICD-O-3 topography",
                    term: term.trim_end_matches('”').to_owned(),
                    kind: "index term",
                    edition: Edition::Icdo32.label(),
                });
                let words = quote(&s.used);
                Suggestion {
                    table,
                    ..suggestion(s.site.shown(), s.site.label(), s.score, words, &s.rule, s.law)
                }
            })
            .collect(),
        morphology: found.iter().take(limit).map(|f| of_morphology(f, year, quote(&f.used))).collect(),
        laterality: sides
            .iter()
            .take(limit)
            .map(|s| {
                let (code, label) = (s.laterality.code().to_owned(), s.laterality.label());
                suggestion(code, label, s.score, quote(&s.used), &s.rule, s.law)
            })
            .collect(),
        grade: grades
            .iter()
            .take(limit)
            .map(|g| {
                let rule = Rule::with_id(g.law).map_or("", |r| r.words);
                suggestion(g.code.to_string(), &g.label, g.score, quote(&g.used), rule, g.law)
            })
            .collect(),
        set_aside: set_aside::of(phrase, &reading),
        notes,
    }
}

/// Says when the first morphology rests on an accepted ambiguous term.
fn ambiguous(reading: &Reading, top: Option<&morphologies::Found>) -> Option<String> {
    let top = top?;
    let said = top.used.iter().filter_map(|i| reading.all.get(*i)).any(|r| r.role.ambiguous);
    let rule = Rule::with_id("doubt-accepted").filter(|_| said)?;
    Some(format!("{} ({})", rule.words, rule.source))
}

type Quoted = (Vec<String>, Vec<(usize, usize)>);

fn of_morphology(found: &morphologies::Found, year: Option<i32>, (words, spans): Quoted) -> Suggestion {
    let entry = found.morphology.entry();
    let label = entry.map_or(found.term.text, |e| e.label_at(year));
    let mut rule = format!("term “{}”", found.term.text);
    if let Some(more) = found.behavior_rule {
        rule = format!("{rule}; {more}");
    }
    let edition = entry.map_or(Edition::Icdo32, |e| e.newest_edition).label();
    let index = if found.complete { "histology-term" } else { "histology-near" };
    let mut rules: Vec<&'static Rule> = Rule::with_id(index).into_iter().collect();
    rules.extend(Rule::with_id(found.law).filter(|r| r.id != index));
    let (reason, instead) = why_not(found.validity);
    let kind = match found.term.kind {
        TermKind::Preferred => "preferred term",
        TermKind::Synonym => "synonym",
        TermKind::Related => "related term",
        TermKind::Abbreviation => "abbreviation",
    };
    Suggestion {
        code: found.morphology.to_string(),
        label: label.to_owned(),
        score: shown_score(found.score),
        words,
        spans,
        rule,
        rules,
        table: Some(TableRow {
            table: "ICD-O-3 morphology",
            term: found.term.text.to_owned(),
            kind,
            edition,
        }),
        edition,
        valid: reason.is_none(),
        reason,
        instead,
    }
}

/// Why a code may not be used, in words, and what is used instead.
pub(super) fn why_not(validity: Validity) -> (Option<String>, Option<String>) {
    match validity {
        Validity::Valid => (None, None),
        Validity::NotYet { from } => (Some(format!("for diagnoses from {from} on")), None),
        Validity::NoLonger { last, instead } => {
            let mut reason = match last {
                Some(last) => format!("for diagnoses to {last} only"),
                None => "no longer in use".to_owned(),
            };
            if let Some(instead) = instead {
                reason = format!("{reason}; use {instead}");
            }
            (Some(reason), instead.map(|m| m.to_string()))
        }
    }
}

/// 0 to 100, growing with the score and never quite full.
fn shown_score(score: f32) -> u8 {
    let part = 100.0 * (1.0 - (-score.max(0.0) / 5.0).exp());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
    let whole = part.round().clamp(0.0, 100.0) as u8;
    whole
}

/// The used words as they stand in the phrase, each once, in order.
fn quote(phrase: &str, reading: &Reading, used: &[usize]) -> Quoted {
    let mut spans: Vec<(usize, usize)> =
        used.iter().filter_map(|i| reading.all.get(*i)).map(|r| (r.word.start, r.word.end)).collect();
    spans.sort_unstable();
    spans.dedup();
    let words = spans.iter().filter_map(|(from, to)| phrase.get(*from..*to)).map(str::to_owned).collect();
    (words, spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn first(phrase: &str) -> (String, String, String) {
        let s = suggest_phrase(phrase, None, 5);
        let code = |v: &[Suggestion]| v.first().map_or(String::new(), |s| s.code.clone());
        (code(&s.site), code(&s.morphology), code(&s.laterality))
    }

    fn is(phrase: &str, site: &str, morphology: &str, side: &str) {
        assert_eq!(first(phrase), (site.into(), morphology.into(), side.into()), "{phrase}");
    }

    #[test]
    fn the_words_that_led_to_a_code_are_given_as_they_stand() {
        let phrase = "infiltrating ductal carcinoma, upper outer quadrant, left breast";
        let s = suggest_phrase(phrase, None, 5);
        assert_eq!(s.site[0].code, "C50.4");
        assert_eq!(s.site[0].words, ["upper", "outer", "quadrant", "breast"]);
        assert_eq!(s.morphology[0].code, "8500/3");
        assert_eq!(s.morphology[0].words, ["infiltrating", "ductal", "carcinoma"]);
        assert_eq!(s.laterality[0].code, "2");
        assert_eq!(s.laterality[0].words, ["left"]);
        assert_eq!(s.edition, "ICD-O-3.2");
    }

    #[test]
    fn behavior_follows_what_is_said() {
        is("ductal carcinoma in situ of right breast", "C50.9", "8500/2", "1");
        is("squamous cell carcinoma of cervix with adjacent carcinoma in situ", "C53.9", "8070/3", "0");
        is("bladder: papillary urothelial carcinoma, non-invasive", "C67.9", "8130/2", "0");
        is("urothelial carcinoma in situ of bladder", "C67.9", "8120/2", "0");
    }

    #[test]
    fn what_is_denied_or_past_is_not_coded() {
        let s = suggest_phrase("no evidence of malignancy; history of breast cancer", None, 5);
        assert!(s.morphology.is_empty() && s.site.is_empty(), "{s:?}");
        is("lung: negative for small cell carcinoma, adenocarcinoma present", "C34.9", "8140/3", "9");
    }

    #[test]
    fn words_that_only_look_like_denial_or_history_do_not_silence_a_diagnosis() {
        is("never smoker with adenocarcinoma of lung", "C34.9", "8140/3", "9");
        is("potentially curative resection, adenocarcinoma of cecum", "C18.0", "8140/3", "0");
        let s =
            suggest_phrase("Sister Mary Joseph nodule: metastatic adenocarcinoma of ovarian origin", None, 5);
        assert_eq!((s.site[0].code.as_str(), s.morphology[0].code.as_str()), ("C56.9", "8140/3"));
        is("Father had lung cancer. Breast, left: invasive lobular carcinoma", "C50.9", "8520/3", "2");
    }

    #[test]
    fn a_code_that_ended_is_shown_as_such() {
        let dx = |d: &str| Some(PartialDate::parse(d).unwrap());
        let now = suggest_phrase("insulinoma, tail of pancreas", dx("20230401"), 5);
        assert_eq!(now.morphology[0].code, "8151/3");
        assert!(now.morphology[0].valid);
        if let Some(old) = now.morphology.iter().find(|m| m.code == "8151/0") {
            assert!(!old.valid);
            assert_eq!(old.instead.as_deref(), Some("8151/3"));
        }
        let then = suggest_phrase("insulinoma, tail of pancreas", dx("2019"), 5);
        assert_eq!(then.morphology[0].code, "8151/0");
        assert_eq!(then.edition, "ICD-O-3.1");
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer(text in "\\PC{0,80}", limit in 0usize..6) {
            let s = suggest_phrase(&text, None, limit);
            prop_assert!(s.site.len() <= limit && s.morphology.len() <= limit && s.laterality.len() <= limit);
            for suggestion in s.site.iter().chain(&s.morphology) {
                for (from, to) in &suggestion.spans {
                    prop_assert!(text.get(*from..*to).is_some());
                }
            }
        }
    }
}
