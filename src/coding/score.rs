//! How well the terms of the index fit the words of a phrase.
//!
//! A term earns the weight of each of its words that the phrase has and pays for each it lacks,
//! and for other words that stand in between. Words that say little (“cell”, “grade”) weigh little.
//! So the longest term that the phrase really contains wins, in whatever order its words stand.

use std::collections::HashMap;

use super::{
    context::{Read, Reading},
    index::{Part, Term},
    vocabulary::WordId,
};

/// A term that the phrase contains, at least in the main.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    /// The term.
    pub term: &'static Term,
    /// How well it fits; comparable within one phrase and part.
    pub score: f32,
    /// Numbers of the words of the phrase that led to it.
    pub used: Vec<usize>,
    /// All words of the term are in the phrase.
    pub complete: bool,
}

/// How strictly a part is matched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// What a missing word costs, as a part of its weight.
    pub missing: f32,
    /// The part of a term's weight that must be found.
    pub covered: f32,
    /// What each meaningful word in between costs.
    pub between: f32,
    /// Words about organs that lie beside do not count.
    pub present_only: bool,
}

/// An organ that is invaded or was examined: “invading the bile duct” names no disease of the duct.
fn beside(read: &Read) -> bool {
    read.role.beside && read.meanings.iter().any(|m| super::index::index().sites.has(m.id))
}

/// At most this many terms are looked at closely.
const CLOSELY: usize = 400;

/// Where a word of the index stands in the phrase.
type Places = HashMap<WordId, Vec<(usize, f32)>>;

/// The terms of a part that fit, best first.
pub(super) fn hits(part: &'static Part, reading: &Reading, rules: Rules) -> Vec<Hit> {
    let mut places: Places = HashMap::new();
    for (at, read) in reading.all.iter().enumerate() {
        if read.role.is_void() || rules.present_only && beside(read) {
            continue;
        }
        for meaning in &read.meanings {
            if part.has(meaning.id) {
                places.entry(meaning.id).or_default().push((at, meaning.strength));
            }
        }
    }
    let mut found: HashMap<usize, f32> = HashMap::new();
    for (word, at) in &places {
        let strength = at.iter().map(|(_, s)| *s).fold(0.0, f32::max);
        for term in part.with(*word) {
            *found.entry(*term).or_insert(0.0) += part.weight(*word) * strength;
        }
    }
    let mut likely: Vec<(usize, f32)> = found
        .into_iter()
        .filter_map(|(at, matched)| {
            let whole: f32 = part.term(at)?.words.iter().map(|w| part.weight(*w)).sum();
            (matched >= rules.covered * whole).then_some((at, matched - rules.missing * (whole - matched)))
        })
        .filter(|(_, bound)| *bound > 0.0)
        .collect();
    likely.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    likely.truncate(CLOSELY);
    let mut hits: Vec<Hit> = likely
        .into_iter()
        .filter_map(|(at, _)| best_place(part, part.term(at)?, &places, reading, rules))
        .collect();
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.term.text.cmp(b.term.text)));
    hits
}

/// The place in the phrase where a term fits best.
fn best_place(
    part: &Part,
    term: &'static Term,
    places: &Places,
    reading: &Reading,
    rules: Rules,
) -> Option<Hit> {
    let rarest = term
        .words
        .iter()
        .filter(|w| places.contains_key(w))
        .max_by(|a, b| part.weight(**a).total_cmp(&part.weight(**b)))?;
    let mut best: Option<Hit> = None;
    for (anchor, _) in places.get(rarest)? {
        let Some(sentence) = reading.all.get(*anchor).map(|r| r.sentence) else { continue };
        let (mut matched, mut missing) = (0.0, 0.0);
        let mut used: Vec<usize> = Vec::new();
        for word in &term.words {
            let nearest = places.get(word).and_then(|at| {
                at.iter()
                    .filter(|(i, _)| reading.all.get(*i).is_some_and(|r| r.sentence == sentence))
                    .min_by_key(|(i, _)| i.abs_diff(*anchor))
            });
            match nearest {
                Some((i, strength)) => {
                    matched += part.weight(*word) * strength;
                    if !used.contains(i) {
                        used.push(*i);
                    }
                }
                None => missing += part.weight(*word),
            }
        }
        if matched < rules.covered * (matched + missing) {
            continue;
        }
        used.sort_unstable();
        let score = matched - rules.missing * missing - rules.between * between(part, &used, reading);
        if score > 0.0 && best.as_ref().is_none_or(|b| score > b.score) {
            best = Some(Hit { term, score, used, complete: missing == 0.0 });
        }
    }
    best
}

/// Number of places of the phrase between the words of a term that are words of the part themselves; at most 8.
fn between(part: &Part, used: &[usize], reading: &Reading) -> f32 {
    let (Some(first), Some(last)) = (used.first(), used.last()) else { return 0.0 };
    let place = |i: usize| reading.all.get(i).map(|r| r.place);
    let mine: Vec<Option<usize>> = used.iter().map(|i| place(*i)).collect();
    let counts = |r: &&Read| r.meanings.iter().any(|m| part.has(m.id)) && !mine.contains(&Some(r.place));
    let between =
        reading.all.iter().take(*last).skip(first + 1).filter(counts).map(|r| r.place).collect::<Vec<_>>();
    let mut distinct = between;
    distinct.dedup();
    f32::from(u8::try_from(distinct.len().min(8)).unwrap_or(8))
}
