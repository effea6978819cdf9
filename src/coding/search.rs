//! The code finder's search: what is typed, code or words, against all codes.
//!
//! Every word typed must be found in a term, as a word, the beginning of one or a misspelling.
//! Exact codes come first, then beginnings of codes, then terms: the shorter and the closer the
//! better. Codes that cannot be used for the diagnosis come last, each with its reason.

use std::collections::HashMap;

use serde::Serialize;

use super::{
    index::{Part, Target, Term, index},
    phrase::{suggest_phrase, why_not},
    vocabulary::Match,
    words::{Word, fold, is_empty_word, words},
};
use crate::{
    dictionary::names,
    icdo::{Behavior, Morphology, PairCheck, PrimarySite, TermKind, pairs},
    partial_date::PartialDate,
};

/// What is known of the case for which a code is sought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchContext {
    /// Date of diagnosis.
    pub dx_date: Option<PartialDate>,
    /// Primary site already coded; used when a morphology is sought.
    pub site: Option<PrimarySite>,
    /// Morphology already coded; used when a site is sought.
    pub morphology: Option<Morphology>,
}

/// A code that may be chosen, or not, with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CodeOption {
    /// As shown: `C50.4`, `8500/3`.
    pub code: String,
    /// What it puts into which item: XML id and value.
    pub values: Vec<(&'static str, String)>,
    /// The label for the diagnosis year.
    pub label: String,
    /// Parts of the label that match what was typed: first byte and the byte behind.
    pub matched: Vec<(usize, usize)>,
    /// Why it was found.
    pub why: String,
    /// It may be chosen, but should be looked at twice.
    pub caution: Option<String>,
    /// Why it may not be chosen here.
    pub impossible: Option<String>,
}

/// The answer to a search.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CodeOptions {
    /// Best first; those that may not be chosen last.
    pub options: Vec<CodeOption>,
    /// How many codes were found in all.
    pub found: usize,
}

/// Sites for what was typed.
pub fn search_site(query: &str, context: &SearchContext, limit: usize) -> CodeOptions {
    let plain = query.trim().to_ascii_uppercase().replace('.', "");
    let coded = is_code(&plain, Some('C')).then(|| {
        let hit = |site: PrimarySite| Scored {
            key: site,
            score: if site.stored() == plain { 100.0 } else { 50.0 },
            why: by_code(&site.stored(), &plain),
        };
        PrimarySite::all()
            .map(|e| e.site)
            .filter(|s| s.stored().starts_with(&plain))
            .map(hit)
            .collect::<Vec<_>>()
    });
    let hits = coded.filter(|c| !c.is_empty()).unwrap_or_else(|| {
        by_words(&index().sites, query, |term| match term.target {
            Target::Site(site) => vec![(site, format!("term “{}”", term.text))],
            Target::Region(at) => index().regions.get(at).map_or_else(Vec::new, |r| {
                let of = |site, tissue: &str| (site, format!("{tissue} “{}”", r.name));
                vec![
                    of(r.skin, "skin of"),
                    of(r.soft, "soft tissue of"),
                    of(r.bone, "bone of"),
                    of(r.other, "region"),
                ]
            }),
            Target::Morphology(_) => Vec::new(),
        })
    });
    let hits = if hits.is_empty() {
        from_phrase(query, context, |s| PrimarySite::parse(s).ok(), true)
    } else {
        hits
    };
    let year = context.dx_date.map(PartialDate::year);
    let listed =
        |site| context.morphology.filter(|m| pairs::known(*m)).is_none_or(|m| pairs::listed(site, m));
    finish(hits, limit, |hit| {
        let site = hit.key;
        let caution = context
            .morphology
            .filter(|m| pairs::check(site, *m, year) == PairCheck::NotListed)
            .map(|m| format!("{m} is not listed at this site; an over-ride will be asked for"));
        let option = CodeOption {
            code: site.shown(),
            values: vec![(names::PRIMARY_SITE, site.stored())],
            label: site.label().to_owned(),
            matched: marks(site.label(), query),
            why: hit.why.clone(),
            caution,
            impossible: None,
        };
        (option, if listed(site) { 0.0 } else { -1.0 })
    })
}

/// Morphologies for what was typed.
pub fn search_morphology(query: &str, context: &SearchContext, limit: usize) -> CodeOptions {
    let plain = query.trim().replace('/', "");
    let year = context.dx_date.map(PartialDate::year);
    let digits = |m: Morphology| m.to_string().replace('/', "");
    let coded = is_code(&plain, None).then(|| {
        let hit = |m: Morphology| Scored {
            key: m,
            score: if digits(m) == plain { 100.0 } else { 50.0 },
            why: by_code(&m.to_string(), query.trim()),
        };
        Morphology::all()
            .map(|e| e.morphology)
            .filter(|m| digits(*m).starts_with(&plain))
            .map(hit)
            .collect::<Vec<_>>()
    });
    let hits = coded.filter(|c| !c.is_empty()).unwrap_or_else(|| {
        by_words(&index().morphologies, query, |term| match term.target {
            Target::Morphology(m) if term.row.is_none_or(|r| r.holds(year)) => {
                vec![(m, format!("{} “{}”", kind(term), term.text))]
            }
            _ => Vec::new(),
        })
    });
    let hits = if hits.is_empty() {
        from_phrase(query, context, |s| Morphology::parse(s).ok(), false)
    } else {
        hits
    };
    finish(hits, limit, |hit| {
        let m = hit.key;
        let entry = m.entry();
        let label = entry.map_or("", |e| e.label_at(year));
        let impossible = if m.behavior.is_stored() {
            entry.and_then(|e| why_not(e.validity(year)).0)
        } else {
            Some("a registry codes the primary, not the place of a metastasis".to_owned())
        };
        let caution = context
            .site
            .filter(|s| pairs::check(*s, m, year) == PairCheck::NotListed)
            .map(|s| format!("not listed at {s}; an over-ride will be asked for"));
        let fits = context.site.filter(|_| pairs::known(m)).is_none_or(|s| pairs::listed(s, m));
        let behavior = match m.behavior {
            Behavior::Malignant => 0.3,
            Behavior::InSitu => 0.1,
            _ => 0.0,
        };
        let option = CodeOption {
            code: m.to_string(),
            values: vec![
                (names::HISTOLOGIC_TYPE_ICD_O_3, m.histology.to_string()),
                (names::BEHAVIOR_CODE_ICD_O_3, m.behavior.to_string()),
            ],
            label: label.to_owned(),
            matched: marks(label, query),
            why: hit.why.clone(),
            caution,
            impossible,
        };
        (option, behavior + if fits { 0.0 } else { -1.0 })
    })
}

/// A code with its score and reason.
struct Scored<K> {
    key: K,
    score: f32,
    why: String,
}

/// Is what was typed a code or the beginning of one?
fn is_code(plain: &str, letter: Option<char>) -> bool {
    let digits = match letter {
        Some(letter) => match plain.strip_prefix(letter) {
            Some(digits) => digits,
            None => return false,
        },
        None => plain,
    };
    (2..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

fn by_code(code: &str, typed: &str) -> String {
    if code.replace('/', "") == typed.replace('/', "") {
        "this code".to_owned()
    } else {
        format!("code begins with {typed}")
    }
}

fn kind(term: &Term) -> &'static str {
    match term.kind {
        TermKind::Preferred => "preferred term",
        TermKind::Synonym => "synonym",
        TermKind::Related => "related term",
        TermKind::Abbreviation => "abbreviation",
    }
}

/// The words typed, empty ones left out; abbreviations written out or left as they are.
fn typed_words(query: &str, written_out: bool) -> Vec<Word> {
    words(query)
        .into_iter()
        .flat_map(|word| {
            let raw = query.get(word.start..word.end).map(fold).unwrap_or_default();
            let capitals = word.capitals || raw.len() >= 3;
            match index().abbreviation(&raw, capitals).filter(|_| written_out) {
                Some(full) => words(full),
                None => vec![word],
            }
        })
        .filter(|w| !is_empty_word(&w.form))
        .collect()
}

/// What a typed word may be: itself, the beginning of a word, or else a misspelling.
fn may_be(part: &Part, form: &str) -> Vec<Match> {
    let vocabulary = &index().vocabulary;
    let own = vocabulary.id(form).map(|id| Match { id, strength: 1.0 });
    let mut found: Vec<Match> = own.into_iter().collect();
    if form.len() >= 2 {
        found.extend(vocabulary.beginning_with(form));
    }
    if !found.iter().any(|m| part.has(m.id)) {
        found
            .extend(vocabulary.misspelt(form).into_iter().map(|m| Match { strength: m.strength - 0.2, ..m }));
    }
    found.retain(|m| part.has(m.id));
    found
}

/// Codes of which a term has every word typed.
fn by_words<K: Copy + Eq + std::hash::Hash + Ord>(
    part: &Part,
    query: &str,
    keys: impl Fn(&Term) -> Vec<(K, String)>,
) -> Vec<Scored<K>> {
    let (plain, full) = (typed_words(query, false), typed_words(query, true));
    let same = plain.iter().map(|w| &w.form).eq(full.iter().map(|w| &w.form));
    let mut best: HashMap<K, Scored<K>> = HashMap::new();
    terms_with(part, &plain, &keys, &mut best);
    if !same {
        terms_with(part, &full, &keys, &mut best);
    }
    best.into_values().collect()
}

/// Keeps for each code the best term that has every word.
fn terms_with<K: Copy + Eq + std::hash::Hash>(
    part: &Part,
    typed: &[Word],
    keys: &impl Fn(&Term) -> Vec<(K, String)>,
    best: &mut HashMap<K, Scored<K>>,
) {
    let mut terms: Option<HashMap<usize, f32>> = None;
    for word in typed {
        let mut here: HashMap<usize, f32> = HashMap::new();
        for m in may_be(part, &word.form) {
            for term in part.with(m.id) {
                let best = here.entry(*term).or_insert(0.0);
                *best = best.max(m.strength);
            }
        }
        terms = Some(match terms {
            None => here,
            Some(before) => {
                before.into_iter().filter_map(|(t, s)| here.get(&t).map(|more| (t, s + more))).collect()
            }
        });
    }
    #[expect(clippy::cast_precision_loss, reason = "a few words")]
    for (at, strength) in terms.unwrap_or_default() {
        let Some(term) = part.term(at) else { continue };
        let surplus = term.words.len().saturating_sub(typed.len()) as f32;
        let of_kind = match term.kind {
            TermKind::Preferred => 0.3,
            TermKind::Synonym | TermKind::Abbreviation => 0.1,
            TermKind::Related => 0.0,
        };
        let score = 10.0 * strength / typed.len().max(1) as f32 - 0.8 * surplus + of_kind;
        for (key, why) in keys(term) {
            if best.get(&key).is_none_or(|b| b.score < score) {
                best.insert(key, Scored { key, score, why });
            }
        }
    }
}

/// Where not all words are found together: what the words suggest as a phrase.
fn from_phrase<K>(
    query: &str,
    context: &SearchContext,
    parse: impl Fn(&str) -> Option<K>,
    sites: bool,
) -> Vec<Scored<K>> {
    let answer = suggest_phrase(query, context.dx_date, 10);
    let found = if sites { answer.site } else { answer.morphology };
    found
        .into_iter()
        .filter_map(|s| {
            let why = format!("{}: {}", s.words.join(" "), s.rule);
            Some(Scored { key: parse(&s.code)?, score: f32::from(s.score) / 10.0, why })
        })
        .collect()
}

/// Options from hits, ranked, the impossible ones last.
fn finish<K: Ord + Copy>(
    hits: Vec<Scored<K>>,
    limit: usize,
    option: impl Fn(&Scored<K>) -> (CodeOption, f32),
) -> CodeOptions {
    let found = hits.len();
    let mut hits = hits;
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.key.cmp(&b.key)));
    // ranking by the case moves a code by little: a look at the best few times the limit is enough
    hits.truncate(limit.saturating_mul(4).max(40));
    let mut ranked: Vec<(bool, f32, K, CodeOption)> = hits
        .iter()
        .map(|hit| {
            let (option, change) = option(hit);
            (option.impossible.is_some(), hit.score + change, hit.key, option)
        })
        .collect();
    ranked.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
    let options = ranked.into_iter().take(limit).map(|(_, _, _, option)| option).collect();
    CodeOptions { options, found }
}

/// Parts of a label that match the words typed.
fn marks(label: &str, query: &str) -> Vec<(usize, usize)> {
    let mut typed = typed_words(query, false);
    typed.extend(typed_words(query, true));
    let mut marks = Vec::new();
    for word in words(label) {
        let hit = typed.iter().find(|t| {
            word.form.starts_with(&t.form)
                || strsim::osa_distance(&word.form, &t.form) <= 1 && t.form.len() >= 5
        });
        let Some(t) = hit else { continue };
        let raw = label.get(word.start..word.end).unwrap_or("");
        let typed_raw = query.get(t.start..t.end).unwrap_or("");
        let beginning = raw.get(..typed_raw.len()).is_some_and(|b| b.eq_ignore_ascii_case(typed_raw));
        let end = if beginning && !typed_raw.is_empty() { word.start + typed_raw.len() } else { word.end };
        marks.push((word.start, end));
    }
    marks.dedup();
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn site(code: &str) -> PrimarySite {
        PrimarySite::parse(code).unwrap()
    }

    fn codes(answer: &CodeOptions) -> Vec<&str> {
        answer.options.iter().map(|o| o.code.as_str()).collect()
    }

    fn sites(query: &str) -> CodeOptions {
        search_site(query, &SearchContext::default(), 8)
    }

    fn morphologies(query: &str) -> CodeOptions {
        search_morphology(query, &SearchContext::default(), 8)
    }

    #[test]
    fn codes_and_their_beginnings() {
        assert_eq!(codes(&sites("c50.4"))[0], "C50.4");
        assert_eq!(sites("C50").found, 9);
        assert_eq!(codes(&morphologies("8140/3"))[0], "8140/3");
        assert!(codes(&morphologies("8140")).iter().all(|c| c.starts_with("8140/")));
        assert_eq!(morphologies("8140/3").options[0].why, "this code");
    }

    #[test]
    fn words_in_any_order_beginnings_typing_errors_and_abbreviations() {
        for query in ["upper outer breast", "breast outer upp", "UOQ", "quadrnat upper outer breast"] {
            assert_eq!(codes(&sites(query))[0], "C50.4", "{query}");
        }
        for query in
            ["infiltrating duct carcinoma", "carcinoma duct infil", "infiltating carcinmoa duct", "IDC"]
        {
            assert_eq!(codes(&morphologies(query))[0], "8500/3", "{query}");
        }
        assert_eq!(codes(&morphologies("DCIS"))[0], "8500/2");
        assert_eq!(codes(&morphologies("diff large b cel"))[0], "9680/3");
        assert_eq!(codes(&sites("oesophagus lower"))[0], "C15.5");
        assert_eq!(codes(&sites("zzzz")), Vec::<&str>::new());
        assert_eq!(codes(&sites("")), Vec::<&str>::new());
    }

    #[test]
    fn an_option_says_what_it_sets_and_why() {
        let answer = morphologies("superficial spreading mel");
        let first = &answer.options[0];
        assert_eq!(first.code, "8743/3");
        let values = vec![
            (names::HISTOLOGIC_TYPE_ICD_O_3, "8743".to_owned()),
            (names::BEHAVIOR_CODE_ICD_O_3, "3".to_owned()),
        ];
        assert_eq!(first.values, values);
        assert!(first.why.to_lowercase().contains("superficial spreading"), "{}", first.why);
    }

    #[test]
    fn the_letters_that_match_are_marked() {
        let answer = sites("asc col");
        let first = &answer.options[0];
        assert_eq!((first.code.as_str(), first.label.as_str()), ("C18.2", "Ascending colon"));
        assert_eq!(first.matched, [(0, 3), (10, 13)]);
    }

    #[test]
    fn codes_of_other_years_come_last_with_the_reason() {
        let context = SearchContext { dx_date: PartialDate::parse("2023").ok(), ..SearchContext::default() };
        let answer = search_morphology("8151", &context, 8);
        let old = answer.options.iter().find(|o| o.code == "8151/0").unwrap();
        assert_eq!(old.impossible.as_deref(), Some("for diagnoses to 2020 only; use 8151/3"));
        assert_eq!(answer.options[0].code, "8151/3");
        let metastatic = morphologies("8140/6");
        assert!(metastatic.options[0].impossible.is_some());
    }

    #[test]
    fn an_unlisted_pair_is_a_caution_not_a_wall() {
        let context = SearchContext {
            site: Some(site("C18.7")),
            dx_date: PartialDate::parse("2022").ok(),
            morphology: None,
        };
        let answer = search_morphology("8500/3", &context, 8);
        assert!(answer.options[0].caution.is_some() && answer.options[0].impossible.is_none());
        let context = SearchContext {
            morphology: Morphology::parse("8500/3").ok(),
            dx_date: PartialDate::parse("2022").ok(),
            site: None,
        };
        let answer = search_site("C18.7", &context, 8);
        assert!(answer.options[0].caution.is_some());
    }

    #[test]
    fn the_site_ranks_morphologies_that_occur_there() {
        let context = SearchContext { site: Some(site("C22.0")), ..SearchContext::default() };
        assert_eq!(codes(&search_morphology("hepatocell", &context, 5))[0], "8170/3");
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer(query in "\\PC{0,40}") {
            let context = SearchContext::default();
            for answer in [search_site(&query, &context, 8), search_morphology(&query, &context, 8)] {
                prop_assert!(answer.options.len() <= 8 && answer.options.len() <= answer.found);
                for option in &answer.options {
                    for (from, to) in &option.matched {
                        prop_assert!(option.label.get(*from..*to).is_some());
                    }
                }
            }
        }
    }
}
