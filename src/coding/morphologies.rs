//! Morphologies that a phrase names.
//!
//! The behavior follows what is said: “in situ” and “noninvasive” give 2, “invasive” and
//! “metastatic” give 3 and win where both are said, “benign” gives 0. A metastasis never gives
//! behavior 6: the primary is coded.

use std::collections::HashMap;

use super::{
    context::{Read, Reading},
    cues::is_disease,
    index::{Target, Term, index},
    score::{Hit, Rules, hits},
    sites::doubtful,
};
use crate::icdo::{Behavior, Morphology, PrimarySite, TermKind, Validity, pairs};

/// A morphology that may be meant.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The code.
    pub morphology: Morphology,
    /// How well it fits.
    pub score: f32,
    /// Numbers of the words that led to it.
    pub used: Vec<usize>,
    /// The term they match.
    pub term: &'static Term,
    /// What changed the behavior of the term, if anything did.
    pub behavior_rule: Option<&'static str>,
    /// All words of the term are in the phrase.
    pub complete: bool,
    /// Whether the code may be used for the diagnosis year.
    pub validity: Validity,
    /// Id of the coding rule that changed behavior or histology, or of the index itself.
    pub law: &'static str,
}

impl Found {
    /// Does it rest on a word that was read as a misspelling?
    pub(super) fn doubtful(&self, reading: &Reading) -> bool {
        doubtful(reading, &self.used, &index().morphologies)
    }
}

/// What the phrase says of the behavior.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Said {
    in_situ: bool,
    invasive: bool,
    malignant: bool,
    spread: bool,
    benign: bool,
}

const RULES: Rules = Rules { missing: 0.7, covered: 0.55, between: 0.2, present_only: true };

/// The morphologies of a phrase, best first. `sites` are the likely sites, best first.
pub(super) fn find(reading: &Reading, dx_year: Option<i32>, sites: &[PrimarySite]) -> Vec<Found> {
    let said = said(reading);
    let mut best: HashMap<Morphology, Found> = HashMap::new();
    for hit in hits(&index().morphologies, reading, RULES) {
        let Target::Morphology(code) = hit.term.target else { continue };
        for (morphology, change, rule) in behaviors(code, said) {
            let Some(entry) = morphology.entry() else { continue };
            let validity = entry.validity(dx_year);
            let score = hit.score
                + change
                + if hit.complete { 0.5 } else { 0.0 }
                + of_term(hit.term, dx_year)
                + of_sites(hit.term, morphology, sites)
                + of_validity(validity);
            let found = Found {
                morphology,
                score,
                used: hit.used.clone(),
                term: hit.term,
                behavior_rule: rule,
                complete: hit.complete,
                validity,
                law: law(rule, hit.complete),
            };
            if is_word_of_disease(&hit, reading) && best.get(&morphology).is_none_or(|b| b.score < score) {
                best.insert(morphology, found);
            }
        }
    }
    let mut found: Vec<Found> = best.into_values().collect();
    let main = main_disease(&found, reading);
    for f in &mut found {
        if let Some((main, least)) = &main
            && main.iter().all(|i| !f.used.contains(i))
            && is_minor(f, sites)
        {
            f.score = (f.score - 3.0).min(least - 0.6);
        }
    }
    found.extend(of_rules(&found, reading, dx_year, sites));
    let mut found = one_each(found);
    found.retain(|f| f.score > 0.8);
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.morphology.cmp(&b.morphology)));
    found
}

/// The rule behind a change of behavior, else how the index was met.
fn law(rule: Option<&'static str>, complete: bool) -> &'static str {
    match rule {
        Some(r) if r.starts_with("behavior 2") => "behavior-in-situ",
        Some(r) if r.starts_with("behavior 0") => "behavior-benign",
        Some(r) if r.starts_with("behavior 3: invasion") => "behavior-invasive",
        Some(r) if r.starts_with("behavior 3: malignancy") => "behavior-malignant",
        Some(r) if r.starts_with("behavior 3: the primary") => "histology-secondary",
        _ if complete => "histology-term",
        _ => "histology-near",
    }
}

/// Cancers of the skin that registries do not collect.
fn is_plain_skin(found: &Found, reading: &Reading) -> bool {
    found.morphology.histology.within(&[(8090, 8110)])
        || found.morphology.histology.within(&[(8050, 8084)]) && reading.says(&["skin"])
}

/// Words and score of the best malignant diagnosis that is said in full.
fn main_disease(found: &[Found], reading: &Reading) -> Option<(Vec<usize>, f32)> {
    found
        .iter()
        .filter(|f| {
            f.morphology.behavior == Behavior::Malignant && f.complete && f.term.words.len() <= f.used.len()
        })
        .filter(|f| matches!(f.term.target, Target::Morphology(m) if m.behavior == Behavior::Malignant))
        .filter(|f| f.behavior_rule.is_none() && !is_plain_skin(f, reading))
        .max_by(|a, b| a.score.total_cmp(&b.score))
        .map(|f| (f.used.clone(), f.score))
}

/// May another diagnosis of the text stand back behind an invasive one?
fn is_minor(found: &Found, sites: &[PrimarySite]) -> bool {
    let nervous = sites.first().is_some_and(|s| s.in_categories(&[70, 71, 72]));
    let behavior = found.morphology.behavior;
    matches!(behavior, Behavior::Benign | Behavior::InSitu)
        || behavior == Behavior::Borderline && !nervous
        || matches!(found.term.target, Target::Morphology(m) if m.behavior != Behavior::Malignant)
}

/// What single rules of histology add.
fn of_rules(found: &[Found], reading: &Reading, dx_year: Option<i32>, sites: &[PrimarySite]) -> Vec<Found> {
    let mut out = Vec::new();
    let from = |year: i32| dx_year.is_none_or(|y| y >= year);
    let Some(first) = found.iter().max_by(|a, b| a.score.total_cmp(&b.score)) else { return out };
    let code = |text: &str| Morphology::parse(text).ok().and_then(Morphology::entry).map(|e| e.morphology);
    let site = sites.first();
    if site.is_some_and(|s| s.in_categories(&[18, 19, 20]))
        && from(2018)
        && first.morphology.behavior == Behavior::Malignant
        && first.morphology.histology.within(&[(8210, 8210), (8261, 8263)])
        && reading.says(&["adenoma", "polyp"])
    {
        out.extend(code("8140/3").map(|morphology| Found {
            morphology,
            score: first.score + 0.7,
            law: "histology-polyp",
            ..first.clone()
        }));
    }
    let oropharynx = site.is_some_and(|s| s.in_categories(&[1, 9, 10]) || [24, 51, 52].contains(&s.number()));
    let squamous = found
        .iter()
        .filter(|f| {
            f.morphology.histology.within(&[(8070, 8073), (8083, 8083)])
                && f.morphology.behavior == Behavior::Malignant
        })
        .max_by(|a, b| a.score.total_cmp(&b.score));
    if let (true, true, Some(squamous)) =
        (oropharynx, from(2022), squamous.filter(|s| s.score >= first.score - 1.5))
    {
        const SAID: [&str; 4] = ["positive", "associated", "related", "mediated"];
        let near = |at: usize| {
            let said = |r: &Read| SAID.contains(&r.word.form.as_str()) && !r.role.is_void();
            (at + 1..at + 4).any(|j| reading.all.get(j).is_some_and(said))
        };
        let marker = reading
            .all
            .iter()
            .enumerate()
            .find(|(i, r)| ["p16", "hpv"].contains(&r.word.form.as_str()) && near(*i))
            .map(|(i, _)| i);
        if let Some(marker) = marker {
            let mut used = squamous.used.clone();
            used.push(marker);
            out.extend(code("8085/3").map(|morphology| Found {
                morphology,
                score: first.score + 0.7,
                used,
                law: "histology-p16",
                ..squamous.clone()
            }));
        }
    }
    out
}

/// Each code once, with its best score.
fn one_each(found: Vec<Found>) -> Vec<Found> {
    let mut best: HashMap<Morphology, Found> = HashMap::new();
    for f in found {
        if best.get(&f.morphology).is_none_or(|b| b.score < f.score) {
            best.insert(f.morphology, f);
        }
    }
    best.into_values().collect()
}

/// Grades and general words alone name no disease.
fn is_word_of_disease(hit: &Hit, reading: &Reading) -> bool {
    let weight = |i: &usize| {
        let meanings = reading.all.get(*i).map_or(&[][..], |r| r.meanings.as_slice());
        meanings.iter().map(|m| index().morphologies.weight(m.id)).fold(0.0, f32::max)
    };
    let names = |i: &usize| reading.all.get(*i).is_some_and(|r| names_a_disease(&r.word.form));
    hit.used.iter().map(weight).fold(0.0, f32::max) >= 1.25 && (hit.complete || hit.used.iter().any(names))
}

/// Is the word the noun of a disease, so that a term that lacks other words may still be meant?
fn names_a_disease(form: &str) -> bool {
    const ENDINGS: [&str; 7] = ["oma", "emia", "osis", "plasia", "plasm", "cytoma", "blast"];
    const NOUNS: [&str; 7] = ["tumor", "lesion", "nevus", "syndrome", "disease", "disorder", "carcinoid"];
    is_disease(form) || NOUNS.contains(&form) || ENDINGS.iter().any(|e| form.ends_with(e))
}

/// What the phrase says of the behavior of the main disease.
fn said(reading: &Reading) -> Said {
    let mut said = Said::default();
    let present = |i: usize| reading.all.get(i).filter(|r| !r.role.is_void());
    let mut bound: Vec<usize> = Vec::new();
    for i in 0..reading.all.len() {
        let Some(read) = present(i) else { continue };
        match read.word.form.as_str() {
            "insitu" | "noninfiltrating" => {
                said.in_situ = true;
                let near = |j: &usize| {
                    present(*j).is_some_and(|r| is_disease(&r.word.form) && r.sentence == read.sentence)
                };
                let before = (i.saturating_sub(4)..i).rev().find(near);
                let behind = (i + 1..i + 5).find(near);
                let nearest = if read.word.form == "insitu" { before.or(behind) } else { behind.or(before) };
                bound.extend(nearest);
            }
            "infiltrating" | "microinvasive" | "invasion" | "invading" | "invade" => said.invasive = true,
            "malignant" | "malignancy" => said.malignant = true,
            "metastatic" | "metastasis" => said.spread = true,
            "benign" => {
                said.benign |= (i.saturating_sub(3)..i + 4).any(|j| {
                    present(j).is_some_and(|r| is_disease(&r.word.form) || r.word.form.ends_with("oma"))
                })
            }
            _ => {}
        }
    }
    // another malignant disease named before the one in situ: that one is the main disease
    if let Some(first) = bound.iter().min() {
        let main = reading.all.iter().take(*first).any(|r| {
            !r.role.is_void()
                && is_disease(&r.word.form)
                && !["tumor", "neoplasm", "adenoma", "disease"].contains(&r.word.form.as_str())
        });
        said.invasive |= main;
    }
    said
}

/// The codes a term's code becomes by what is said: code, change of the score, rule.
fn behaviors(code: Morphology, said: Said) -> Vec<(Morphology, f32, Option<&'static str>)> {
    use Behavior::{Benign, Borderline, InSitu, Malignant};
    let with = |behavior: Behavior, change, rule| {
        code.with(behavior).entry().map(|e| (e.morphology, change, Some(rule)))
    };
    // “malignant melanoma in situ” is in situ
    let malignant = said.invasive || said.spread || said.malignant && !said.in_situ;
    let own = |change| (code, change, None);
    match code.behavior {
        // a term that always stands for a metastasis from elsewhere
        Behavior::Metastatic if code.histology.within(&[(8490, 8490)]) => {
            with(Malignant, 0.5, "behavior 3: the primary is coded, not its metastasis").into_iter().collect()
        }
        Behavior::Metastatic | Behavior::UncertainPrimary => Vec::new(),
        Malignant if said.in_situ && !malignant => {
            let other = with(InSitu, 0.6, "behavior 2: in situ is said");
            let change = if other.is_some() { -1.4 } else { -0.4 };
            other.into_iter().chain([own(change)]).collect()
        }
        Malignant if said.benign && !malignant => {
            with(Benign, 0.3, "behavior 0: benign is said").into_iter().chain([own(-1.2)]).collect()
        }
        Malignant => vec![own(0.3)],
        InSitu if malignant => {
            let change = if said.in_situ { -1.0 } else { -1.6 };
            with(Malignant, -0.2, "behavior 3: invasion or spread is said")
                .into_iter()
                .chain([own(change)])
                .collect()
        }
        InSitu => vec![own(if said.in_situ { 0.6 } else { 0.0 })],
        Benign | Borderline if said.malignant || said.spread => {
            with(Malignant, -0.3, "behavior 3: malignancy is said").into_iter().chain([own(-0.8)]).collect()
        }
        Benign => vec![own(if said.benign { 0.7 } else { 0.0 })],
        Borderline => vec![own(0.0)],
    }
}

/// What the standing of the term adds.
fn of_term(term: &Term, dx_year: Option<i32>) -> f32 {
    let kind = match term.kind {
        TermKind::Preferred => 0.2,
        TermKind::Synonym | TermKind::Abbreviation => 0.15,
        TermKind::Related => 0.0,
    };
    let year = if term.row.is_some_and(|r| !r.holds(dx_year)) { -2.0 } else { 0.0 };
    let obsolete = if term.row.is_some_and(|r| r.obsolete) { -0.3 } else { 0.0 };
    kind + year + obsolete
}

fn of_validity(validity: Validity) -> f32 {
    match validity {
        Validity::Valid => 0.0,
        Validity::NotYet { .. } | Validity::NoLonger { .. } => -2.5,
    }
}

/// What the likely sites add: the usual sites of the term, else the list of valid pairs.
fn of_sites(term: &Term, morphology: Morphology, sites: &[PrimarySite]) -> f32 {
    if sites.is_empty() {
        return 0.0;
    }
    let usual = term.row.map_or("", |r| r.usual_sites);
    if !usual.is_empty() {
        return if sites.iter().any(|s| is_usual(usual, *s)) { 0.6 } else { -1.0 };
    }
    if !pairs::known(morphology) {
        0.0
    } else if sites.iter().any(|s| pairs::listed(*s, morphology)) {
        0.4
    } else {
        -0.8
    }
}

/// Is the site among the usual ones, written as categories and sites?
pub(super) fn is_usual(usual: &str, site: PrimarySite) -> bool {
    let stored = site.stored();
    usual.split(' ').any(|u| !u.is_empty() && stored.starts_with(u))
}
