//! The index: every term of every code as a set of words, built once in memory.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use super::{
    vocabulary::{Match, Vocabulary, WordId},
    words::{fold, is_empty_word, words},
};
use crate::icdo::{Morphology, MorphologyTerm, PrimarySite, TermKind};

/// What a term of the index means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Target {
    /// A site.
    Site(PrimarySite),
    /// A region of the body: which site it is depends on the tissue. Number of the row.
    Region(usize),
    /// A morphology.
    Morphology(Morphology),
}

/// A term as a set of words.
#[derive(Debug)]
pub(super) struct Term {
    /// What it means.
    pub target: Target,
    /// The words as listed.
    pub text: &'static str,
    /// Its words, each once.
    pub words: Vec<WordId>,
    /// What it is to the code.
    pub kind: TermKind,
    /// The row of the morphology index; `None` for labels, sites and regions.
    pub row: Option<&'static MorphologyTerm>,
}

/// Terms of one kind with the weights of words among them.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// The terms.
    pub terms: Vec<Term>,
    /// By word: the terms that have it.
    postings: Vec<Vec<usize>>,
    /// By word: how much it tells codes apart.
    weights: Vec<f32>,
}

/// A region of the body and the site it is in each tissue.
#[derive(Debug)]
pub(super) struct Region {
    /// The words.
    pub name: &'static str,
    /// Its skin.
    pub skin: PrimarySite,
    /// Its soft tissue.
    pub soft: PrimarySite,
    /// Its bones.
    pub bone: PrimarySite,
    /// Its lymph nodes.
    pub node: PrimarySite,
    /// Where the tissue is not known.
    pub other: PrimarySite,
}

/// A short form and the words it stands for.
#[derive(Debug)]
pub(super) struct Abbreviation {
    /// Words in full.
    pub words: &'static str,
    /// Only when written in capitals.
    pub capitals: bool,
}

/// Everything that is searched.
#[derive(Debug)]
pub(super) struct CodeIndex {
    /// All words.
    pub vocabulary: Vocabulary,
    /// Sites and regions.
    pub sites: Part,
    /// Morphologies.
    pub morphologies: Part,
    /// Regions of the body.
    pub regions: Vec<Region>,
    abbreviations: HashMap<String, Abbreviation>,
    procedures: HashMap<&'static str, PrimarySite>,
}

/// Words that say little about which code is meant: grades, general words.
const LIGHT: &[(&str, f32)] = &[
    ("malignant", 0.5),
    ("grade", 0.4),
    ("high", 1.2),
    ("low", 1.2),
    ("well", 0.6),
    ("poorly", 0.5),
    ("moderately", 0.3),
    ("differentiated", 0.7),
    ("cell", 1.0),
    ("tumor", 1.6),
    ("neoplasm", 1.6),
    ("feature", 0.4),
    ("classic", 0.5),
    ("classical", 0.5),
    ("conventional", 0.5),
    ("usual", 0.5),
    ("primary", 0.5),
    ("infiltrating", 1.5),
    ("variant", 0.3),
    ("pattern", 0.4),
    ("predominant", 0.5),
    ("associated", 0.5),
    ("other", 0.4),
    ("not", 0.2),
    ("unspecified", 0.4),
    ("part", 0.6),
    ("lesion", 0.8),
    ("overlapping", 3.0),
    ("region", 0.4),
    ("surface", 1.0),
    ("wall", 1.4),
    ("gland", 1.0),
    ("tissue", 1.0),
    ("1", 1.2),
    ("2", 1.2),
    ("3", 1.2),
    ("4", 1.2),
    ("left", 0.4),
    ("right", 0.4),
];

/// The most that the name of an organ weighs within the name of a disease.
const ORGAN: f32 = 1.2;

static INDEX: LazyLock<CodeIndex> = LazyLock::new(CodeIndex::build);

/// The index over the embedded tables.
pub(super) fn index() -> &'static CodeIndex {
    &INDEX
}

impl Part {
    /// Adds a term unless the same words already mean the same code.
    fn add(&mut self, seen: &mut HashSet<(Target, Vec<WordId>)>, term: Term) {
        let mut key = term.words.clone();
        key.sort_unstable();
        if !term.words.is_empty() && seen.insert((term.target, key)) {
            self.terms.push(term);
        }
    }

    fn finish(&mut self, vocabulary: &Vocabulary, light: &[(&str, f32)]) {
        self.postings = vec![Vec::new(); vocabulary.len()];
        let mut codes: Vec<HashSet<Target>> = vec![HashSet::new(); vocabulary.len()];
        let mut all: HashSet<Target> = HashSet::new();
        for (at, term) in self.terms.iter().enumerate() {
            all.insert(term.target);
            for word in &term.words {
                let word = usize::try_from(*word).unwrap_or(usize::MAX);
                if let (Some(postings), Some(codes)) = (self.postings.get_mut(word), codes.get_mut(word)) {
                    postings.push(at);
                    codes.insert(term.target);
                }
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a few thousand codes")]
        let weight = |found: usize| (1.0 + all.len() as f32 / found.max(1) as f32).ln();
        self.weights = codes.iter().map(|c| if c.is_empty() { 0.0 } else { weight(c.len()) }).collect();
        for (word, light) in light {
            let id = vocabulary.id(word).and_then(|id| usize::try_from(id).ok());
            if let Some(weight) = id.and_then(|id| self.weights.get_mut(id)) {
                *weight = weight.min(*light);
            }
        }
    }

    /// Words that alone mean a site: “breast”, “thyroid”.
    fn organs(&self) -> Vec<WordId> {
        let alone = |t: &&Term| t.words.len() == 1 && matches!(t.target, Target::Site(_));
        self.terms.iter().filter(alone).filter_map(|t| t.words.first().copied()).collect()
    }

    /// The name of an organ within the name of a disease tells less than the rest of it.
    fn weigh_down(&mut self, organs: &[WordId]) {
        for organ in organs {
            let at = usize::try_from(*organ).unwrap_or(usize::MAX);
            if let Some(weight) = self.weights.get_mut(at) {
                *weight = weight.min(ORGAN);
            }
        }
    }

    /// The terms that have a word.
    pub(super) fn with(&self, word: WordId) -> &[usize] {
        usize::try_from(word).ok().and_then(|w| self.postings.get(w)).map_or(&[], Vec::as_slice)
    }

    /// How much a word tells codes apart; 0 where no term has it.
    pub(super) fn weight(&self, word: WordId) -> f32 {
        usize::try_from(word).ok().and_then(|w| self.weights.get(w)).copied().unwrap_or(0.0)
    }

    /// Is the word in any term?
    pub(super) fn has(&self, word: WordId) -> bool {
        !self.with(word).is_empty()
    }

    /// The term with this number.
    pub(super) fn term(&self, at: usize) -> Option<&Term> {
        self.terms.get(at)
    }
}

/// The meaningful words of a term, each once, as numbers.
fn term_words(vocabulary: &mut Vocabulary, text: &str) -> Vec<WordId> {
    let mut ids = Vec::new();
    let mut before = String::new();
    for word in words(text) {
        let kept = !is_empty_word(&word.form) || (word.form == "a" && before == "type");
        if kept {
            let id = vocabulary.intern(&word.form);
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        before = word.form;
    }
    ids
}

impl CodeIndex {
    fn build() -> Self {
        let mut vocabulary = Vocabulary::default();
        let regions = regions();
        let mut sites = Part::default();
        let mut seen = HashSet::new();
        let labels = PrimarySite::all().map(|e| (e.site, e.label, TermKind::Preferred));
        let terms = PrimarySite::terms().map(|t| (t.site, t.term, TermKind::Synonym));
        for (site, text, kind) in labels.chain(terms).chain(site_words()) {
            let words = term_words(&mut vocabulary, text);
            sites.add(&mut seen, Term { target: Target::Site(site), text, words, kind, row: None });
        }
        for (at, region) in regions.iter().enumerate() {
            let words = term_words(&mut vocabulary, region.name);
            let target = Target::Region(at);
            sites.add(
                &mut seen,
                Term { target, text: region.name, words, kind: TermKind::Synonym, row: None },
            );
        }
        let mut morphologies = Part::default();
        let mut seen = HashSet::new();
        for row in Morphology::terms().filter(|t| t.kind == TermKind::Preferred) {
            let words = term_words(&mut vocabulary, row.term);
            let target = Target::Morphology(row.morphology);
            morphologies
                .add(&mut seen, Term { target, text: row.term, words, kind: row.kind, row: Some(row) });
        }
        for entry in Morphology::all() {
            let words = term_words(&mut vocabulary, entry.label);
            let target = Target::Morphology(entry.morphology);
            let kind = TermKind::Preferred;
            morphologies.add(&mut seen, Term { target, text: entry.label, words, kind, row: None });
        }
        let mut rows: Vec<&'static MorphologyTerm> =
            Morphology::terms().filter(|t| t.kind != TermKind::Preferred).collect();
        rows.sort_by_key(|t| (t.obsolete, t.kind));
        for row in rows {
            let words = term_words(&mut vocabulary, row.term);
            let target = Target::Morphology(row.morphology);
            morphologies
                .add(&mut seen, Term { target, text: row.term, words, kind: row.kind, row: Some(row) });
        }
        let abbreviations = abbreviations();
        for abbreviation in abbreviations.values() {
            term_words(&mut vocabulary, abbreviation.words);
        }
        vocabulary.finish();
        sites.finish(&vocabulary, LIGHT);
        morphologies.finish(&vocabulary, LIGHT);
        morphologies.weigh_down(&sites.organs());
        Self { vocabulary, sites, morphologies, regions, abbreviations, procedures: procedures() }
    }

    /// What a short form stands for, as written.
    pub(super) fn abbreviation(&self, folded: &str, capitals: bool) -> Option<&'static str> {
        self.abbreviations.get(folded).filter(|a| capitals || !a.capitals).map(|a| a.words)
    }

    /// The organ a procedure is done on.
    pub(super) fn procedure(&self, folded: &str) -> Option<PrimarySite> {
        self.procedures.get(folded).copied()
    }

    /// The words of the index that a word of a text may mean: itself, or else a misspelling.
    pub(super) fn meanings(&self, folded: &str) -> Vec<Match> {
        match self.vocabulary.id(folded) {
            Some(id) => vec![Match { id, strength: 1.0 }],
            None => self.vocabulary.misspelt(folded),
        }
    }
}

/// The rows of a table as pairs of cells.
fn pairs(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.lines().skip(1).filter_map(|line| line.split_once('\t'))
}

fn site_words() -> impl Iterator<Item = (PrimarySite, &'static str, TermKind)> {
    pairs(include_str!("data/site_words.tsv"))
        .filter_map(|(code, term)| Some((PrimarySite::parse(code).ok()?, term, TermKind::Synonym)))
}

fn abbreviations() -> HashMap<String, Abbreviation> {
    pairs(include_str!("data/abbreviations.tsv"))
        .filter_map(|(short, rest)| {
            let (words, capitals) = rest.split_once('\t')?;
            Some((fold(short), Abbreviation { words, capitals: capitals == "1" }))
        })
        .collect()
}

fn procedures() -> HashMap<&'static str, PrimarySite> {
    pairs(include_str!("data/procedures.tsv"))
        .filter_map(|(procedure, code)| Some((procedure, PrimarySite::parse(code).ok()?)))
        .collect()
}

fn regions() -> Vec<Region> {
    include_str!("data/regions.tsv")
        .lines()
        .skip(1)
        .filter_map(|line| {
            let cells: Vec<&'static str> = line.split('\t').collect();
            let site = |at: usize| cells.get(at).and_then(|c| PrimarySite::parse(c).ok());
            Some(Region {
                name: cells.first().copied()?,
                skin: site(1)?,
                soft: site(2)?,
                bone: site(3)?,
                node: site(4)?,
                other: site(5)?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_read() {
        let rows = |text: &str| text.lines().count() - 1;
        assert_eq!(regions().len(), rows(include_str!("data/regions.tsv")));
        assert_eq!(site_words().count(), rows(include_str!("data/site_words.tsv")));
        assert_eq!(abbreviations().len(), rows(include_str!("data/abbreviations.tsv")));
        assert_eq!(procedures().len(), rows(include_str!("data/procedures.tsv")));
    }

    #[test]
    fn procedures_stand_as_they_are_looked_up() {
        for key in procedures().into_keys() {
            assert_eq!(fold(key), key);
        }
    }

    #[test]
    fn the_index_knows_words_of_both_kinds() {
        let index = index();
        let breast = index.vocabulary.id("breast").unwrap();
        assert!(index.sites.has(breast));
        assert!(index.morphologies.has(breast));
        let carcinoma = index.vocabulary.id("carcinoma").unwrap();
        assert!(!index.sites.has(carcinoma));
        assert!(index.sites.weight(breast) > index.morphologies.weight(breast));
        assert!(index.morphologies.terms.len() > 3000);
    }
}
