//! Reading a phrase: its words, their sentences, and what is said about them.
//!
//! “No evidence of carcinoma”, “history of prostate cancer”, “metastatic to liver” and “margins
//! negative” name diseases and organs that are not the primary. Cues in `data/cues.tsv` start
//! such passages; a passage ends with the sentence, sometimes with the next comma.

use super::{
    blocks,
    cues::{CUES, Cue, REPORT_WORDS, is_disease},
    index::{CodeIndex, Target, index},
    report::{Section, sections, specimens},
    vocabulary::Match,
    words::{Gap, Word, fold, is_empty_word, words},
};

/// What is said about a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Role {
    /// Denied, or to be excluded.
    pub negated: bool,
    /// Of the past.
    pub history: bool,
    /// A place to which the disease has spread.
    pub spread: bool,
    /// A place that is invaded or lies beside, or was examined without being the primary.
    pub beside: bool,
    /// Named as the primary.
    pub origin: bool,
    /// Doubted by words that are not on the list of accepted ambiguous terms.
    pub doubted: bool,
    /// Said with words on the list of accepted ambiguous terms.
    pub ambiguous: bool,
    /// Examined, with a part of it named behind.
    pub outer: bool,
}

impl Role {
    /// Does the word say nothing about the present disease?
    pub(super) fn is_void(self) -> bool {
        self.negated || self.history || self.doubted
    }
}

/// A word of the phrase with all that is known of it.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// The word.
    pub word: Word,
    /// Words of the index it may mean.
    pub meanings: Vec<Match>,
    /// What is said about it.
    pub role: Role,
    /// Number of its sentence.
    pub sentence: usize,
    /// Place among the meaningful words; equal for the words of one abbreviation.
    pub place: usize,
    /// Before the colon of its sentence: what was examined.
    pub header: bool,
    /// Number of its part of the report.
    pub section: usize,
    /// Number of its specimen within the part; 0 where specimens are not told apart.
    pub specimen: usize,
}

/// A phrase, read.
#[derive(Debug)]
pub(super) struct Reading {
    /// Its words, empty ones included.
    pub all: Vec<Read>,
    /// “Metastatic carcinoma” is found somewhere, without a primary beside it.
    pub metastatic: bool,
    /// The primary is said to be unknown.
    pub unknown_primary: bool,
    /// Parts of the report that were not read for codes.
    pub left_out: Vec<Section>,
}

impl Reading {
    /// Reads a phrase.
    pub(super) fn of(phrase: &str) -> Self {
        let sections = sections(phrase);
        let mut all = cut(phrase, &sections);
        let (metastatic, unknown_primary) = mark(&mut all);
        blocks::mark(&mut all);
        let left_out = sections.into_iter().filter(|s| !s.codes).collect();
        Self { all, metastatic, unknown_primary, left_out }
    }

    /// Is there such a word that is not denied or of the past?
    pub(super) fn says(&self, forms: &[&str]) -> bool {
        self.all.iter().any(|r| !r.role.is_void() && forms.contains(&r.word.form.as_str()))
    }
}

/// Words, abbreviations written out, meanings looked up.
fn cut(phrase: &str, sections: &[Section]) -> Vec<Read> {
    let index = index();
    let marks: Vec<Vec<(usize, usize)>> = sections.iter().map(|s| specimens(phrase, s)).collect();
    let mixed = phrase.chars().any(char::is_lowercase);
    let cut = placed(words(phrase), sections, &marks);
    let short = cut.len() <= 4;
    let mut all: Vec<Read> = Vec::new();
    let (mut sentence, mut place) = (0, 0);
    let mut before = String::new();
    let followed_by_who: Vec<bool> =
        (1..=cut.len()).map(|n| cut.get(n).is_some_and(|(_, w)| w.form == "who")).collect();
    let mut hodgkin = false;
    for (n, ((section, specimen), mut word)) in cut.into_iter().enumerate() {
        if hodgkin && word.form == "disease" {
            "lymphoma".clone_into(&mut word.form);
        }
        hodgkin = word.form == "hodgkin";
        if n > 0 && word.gap == Gap::Stop {
            sentence += 1;
        }
        let raw = phrase.get(word.start..word.end).map(fold).unwrap_or_default();
        let capitals = word.capitals && (mixed || short);
        // “CNS WHO grade 3” names an edition, not an organ
        let edition = word.form == "cns" && followed_by_who.get(n) == Some(&true);
        let expanded = index.abbreviation(&raw, capitals).filter(|_| !edition).map(words);
        let forms: Vec<Word> = match expanded {
            Some(expanded) => expanded
                .into_iter()
                .enumerate()
                .map(|(i, w)| Word {
                    gap: if i == 0 { word.gap } else { Gap::Space },
                    start: word.start,
                    end: word.end,
                    capitals: true,
                    ..w
                })
                .collect(),
            None => vec![word],
        };
        for word in forms {
            let kept = !is_empty_word(&word.form) || (word.form == "a" && before == "type");
            let meanings = if kept { meanings(index, &word.form) } else { Vec::new() };
            before.clone_from(&word.form);
            all.push(Read {
                meanings,
                role: Role::default(),
                sentence,
                place,
                header: false,
                section,
                specimen,
                word,
            });
        }
        place += 1;
    }
    // what stands before the colon of a sentence is what was examined
    let mut colon: Option<usize> = None;
    for i in (0..all.len()).rev() {
        let Some(read) = all.get_mut(i) else { continue };
        read.header = colon == Some(read.sentence);
        if read.word.gap == Gap::Colon {
            colon = Some(read.sentence);
        }
    }
    all
}

/// Number of the part of the report, and of the specimen within it.
type Where = (usize, usize);

/// Words of the parts that are read, each with its part and specimen; headings and letters left out.
fn placed(words: Vec<Word>, sections: &[Section], marks: &[Vec<(usize, usize)>]) -> Vec<(Where, Word)> {
    let mut before: Option<Where> = None;
    let mut out = Vec::new();
    for mut word in words {
        let section = sections.partition_point(|s| s.heading <= word.start).saturating_sub(1);
        let read = sections.get(section).is_some_and(|s| s.codes && word.start >= s.start);
        let marks = marks.get(section).map_or(&[][..], Vec::as_slice);
        let letter = marks.iter().any(|(from, to)| (*from..*to).contains(&word.start));
        if !read || letter {
            continue;
        }
        let here = (section, marks.partition_point(|(from, _)| *from <= word.start));
        if before != Some(here) {
            word.gap = Gap::Stop;
        }
        before = Some(here);
        out.push((here, word));
    }
    out
}

fn meanings(index: &CodeIndex, form: &str) -> Vec<Match> {
    if index.vocabulary.id(form).is_none()
        && (REPORT_WORDS.contains(&form)
            || index.procedure(form).is_some()
            || form.bytes().any(|b| b.is_ascii_digit()))
    {
        return Vec::new();
    }
    index.meanings(form)
}

/// Marks the passages; says whether a metastasis is described and whether the primary is unknown.
fn mark(all: &mut [Read]) -> (bool, bool) {
    let forms: Vec<String> = all.iter().map(|r| r.word.form.clone()).collect();
    let (mut metastatic, mut unknown) = (false, false);
    let mut origins: Vec<usize> = Vec::new();
    let mut i = 0;
    while i < all.len() {
        let hit = CUES.iter().find(|(_, cue)| {
            forms.get(i..i + cue.len()).is_some_and(|f| f == cue.as_slice()) && unbroken(all, i, cue.len())
        });
        let Some((cue, found)) = hit else {
            if forms.get(i).is_some_and(|f| f == "metastatic") {
                metastatic |= metastatic_disease(all, i);
            } else if forms.get(i).is_some_and(|f| f == "metastasis") {
                back(all, i, 3, |r, _| !is_disease(&r.word.form), |role| role.spread = true);
            }
            i += 1;
            continue;
        };
        let behind = i + found.len();
        match cue {
            Cue::Nothing => {}
            Cue::Negates => forward(all, behind, Until::CommaUnlessOr, |role| role.negated = true),
            Cue::Negated => back(all, i, 5, |_, gap| gap < Gap::Comma, |role| role.negated = true),
            Cue::Uninvolved => uninvolved(all, i, found.first().is_some_and(|w| w == "negative")),
            Cue::Doubts => forward(all, behind, Until::Comma, |role| role.doubted = true),
            Cue::Doubted => back(all, i, 5, |_, gap| gap < Gap::Comma, |role| role.doubted = true),
            Cue::Ambiguous => forward(all, behind, Until::Comma, |role| role.ambiguous = true),
            Cue::History => forward(all, behind, Until::Comma, |role| role.history = true),
            Cue::Spread => {
                metastatic = true;
                forward(all, behind, Until::Disease, |role| role.spread = true);
            }
            Cue::Involves => forward(all, behind, Until::Comma, |role| role.beside = true),
            Cue::Origin => origins.push(i),
            Cue::Unknown => {}
        }
        i = behind;
    }
    for at in origins {
        let near = forms.get(at.saturating_sub(2)..(at + 4).min(forms.len())).unwrap_or(&[]);
        let is_unknown = CUES
            .iter()
            .any(|(cue, words)| *cue == Cue::Unknown && words.first().is_some_and(|w| near.contains(w)));
        if is_unknown {
            unknown = true;
        } else {
            origin(all, at);
        }
    }
    (metastatic, unknown)
}

/// No comma or more between the words of a cue?
fn unbroken(all: &[Read], at: usize, length: usize) -> bool {
    all.get(at + 1..at + length).is_some_and(|rest| rest.iter().all(|r| r.word.gap <= Gap::Slash))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// The next comma or more.
    Comma,
    /// The next comma, unless the list goes on with “or”.
    CommaUnlessOr,
    /// The end of the sentence, or a clause that names a disease.
    Disease,
}

fn forward(all: &mut [Read], from: usize, until: Until, set: impl Fn(&mut Role)) {
    let mut i = from;
    while i < all.len() {
        let Some(gap) = all.get(i).map(|r| r.word.gap) else { return };
        if i > from || gap == Gap::Stop {
            let clause =
                || all.iter().skip(i).enumerate().take_while(|(n, r)| *n == 0 || r.word.gap < Gap::Comma);
            let ends = match until {
                _ if gap >= Gap::Colon => true,
                _ if gap < Gap::Comma => false,
                Until::Comma => true,
                Until::CommaUnlessOr => {
                    !all.iter().skip(i).take(4).any(|r| ["or", "nor"].contains(&r.word.form.as_str()))
                }
                Until::Disease => clause().any(|(_, r)| {
                    is_disease(&r.word.form) || r.word.form == "primary" || r.word.form == "origin"
                }),
            };
            let but = all.get(i).is_some_and(|r| ["but", "however"].contains(&r.word.form.as_str()));
            if ends || but {
                return;
            }
        }
        if let Some(read) = all.get_mut(i) {
            set(&mut read.role);
        }
        i += 1;
    }
}

/// Marks up to `most` words before `at`, as long as `goes_on` holds for the word and the gap behind it.
fn back(
    all: &mut [Read],
    at: usize,
    most: usize,
    goes_on: impl Fn(&Read, Gap) -> bool,
    set: impl Fn(&mut Role),
) {
    let mut gap = all.get(at).map_or(Gap::Stop, |r| r.word.gap);
    let mut counted = 0;
    for i in (0..at).rev() {
        if gap >= Gap::Comma || counted == most {
            return;
        }
        let Some(read) = all.get_mut(i) else { return };
        if ["with", "without", "no", "but", "shows", "in"].contains(&read.word.form.as_str())
            || !goes_on(read, gap)
        {
            return;
        }
        set(&mut read.role);
        if !is_empty_word(&read.word.form) {
            counted += 1;
        }
        gap = read.word.gap;
    }
}

/// “Lymph nodes negative”, “margins involved”: the organs just before are examined, not primary.
/// “BCR::ABL1 negative”: the marker is `denied`.
fn uninvolved(all: &mut [Read], at: usize, denied: bool) {
    let index = index();
    let is_site = |r: &Read| {
        r.meanings.iter().any(|m| index.sites.has(m.id))
            || ["margin", "sentinel", "wall"].contains(&r.word.form.as_str())
    };
    let skip = ["is", "are", "all"];
    let mut near = at;
    while near > 0 && all.get(near - 1).is_some_and(|r| skip.contains(&r.word.form.as_str())) {
        near -= 1;
    }
    let marker = |r: &Read| r.word.capitals && !is_site(r) && !is_disease(&r.word.form);
    if near > 0 && all.get(near - 1).is_some_and(marker) && denied {
        back(all, near, 3, |r, _| marker(r), |role| role.negated = true);
        return;
    }
    back(
        all,
        near,
        6,
        |r, _| is_site(r) || is_empty_word(&r.word.form) || r.word.form.bytes().all(|b| b.is_ascii_digit()),
        |role| role.beside = true,
    );
}

/// “Metastatic carcinoma”: what was examined is the metastasis; an organ named in between is the primary.
fn metastatic_disease(all: &mut [Read], at: usize) -> bool {
    let index = index();
    let Some(sentence) = all.get(at).map(|r| r.sentence) else { return false };
    if all.get(at).is_some_and(|r| r.role.is_void()) {
        return false;
    }
    let disease =
        all.iter().enumerate().skip(at + 1).take(6).find(|(_, r)| is_disease(&r.word.form)).map(|(i, _)| i);
    let Some(disease) = disease else { return false };
    for read in all.iter_mut().take(disease).skip(at + 1) {
        let organ = read
            .meanings
            .iter()
            .flat_map(|m| index.sites.with(m.id))
            .filter_map(|t| index.sites.term(*t))
            .any(|t| t.words.len() == 1 && matches!(t.target, Target::Site(_)));
        if organ {
            read.role.origin = true;
        }
    }
    for read in all.iter_mut().filter(|r| r.sentence == sentence && r.header) {
        read.role.spread = true;
    }
    let place = all
        .get(disease + 1)
        .is_some_and(|r| ["to", "in", "involving", "within"].contains(&r.word.form.as_str()));
    if place {
        forward(all, disease + 2, Until::Disease, |role| role.spread = true);
    }
    true
}

/// “Consistent with colonic primary”, “primary of lung”, “of ovarian origin”.
fn origin(all: &mut [Read], at: usize) {
    let mut gap = all.get(at).map_or(Gap::Stop, |r| r.word.gap);
    for i in (at.saturating_sub(3)..at).rev() {
        if gap >= Gap::Comma {
            break;
        }
        let Some(read) = all.get_mut(i) else { break };
        read.role.origin = true;
        read.role.spread = false;
        read.role.beside = false;
        gap = read.word.gap;
    }
    for read in all.iter_mut().skip(at + 1).take(4) {
        if read.word.gap >= Gap::Comma && read.word.gap != Gap::Colon {
            break;
        }
        read.role.origin = true;
        read.role.spread = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(phrase: &str, word: &str) -> Role {
        let reading = Reading::of(phrase);
        reading.all.iter().find(|r| phrase.get(r.word.start..r.word.end) == Some(word)).unwrap().role
    }

    #[test]
    fn denial_reaches_to_the_comma_or_along_an_or_list() {
        let phrase = "no evidence of lymphoma, sarcoma or melanoma; adenocarcinoma of colon";
        for word in ["lymphoma", "sarcoma", "melanoma"] {
            assert!(roles(phrase, word).negated, "{word}");
        }
        assert!(!roles(phrase, "adenocarcinoma").negated);
        assert!(roles("angiolymphatic invasion and carcinoma not identified", "carcinoma").negated);
        assert!(!roles("carcinoma of no special type", "type").negated);
        assert!(!roles("sarcoma, not otherwise specified", "specified").negated);
    }

    #[test]
    fn history_ends_with_the_clause() {
        let phrase = "History of breast cancer; lung, biopsy: adenocarcinoma";
        assert!(roles(phrase, "breast").history);
        assert!(!roles(phrase, "lung").history);
    }

    #[test]
    fn places_of_spread_are_not_the_primary() {
        let phrase = "Adenocarcinoma of lung metastatic to the brain, liver and right adrenal";
        for word in ["brain", "liver", "adrenal"] {
            assert!(roles(phrase, word).spread, "{word}");
        }
        assert!(!roles(phrase, "lung").spread);
        assert!(roles("small cell carcinoma of lung with liver metastases", "liver").spread);
        assert!(!roles("small cell carcinoma of lung with liver metastases", "lung").spread);
    }

    #[test]
    fn the_examined_organ_of_a_metastasis_is_not_the_primary() {
        let phrase = "Liver, biopsy: metastatic adenocarcinoma, consistent with colonic primary";
        assert!(roles(phrase, "Liver").spread);
        assert!(roles(phrase, "colonic").origin);
        assert!(roles("Bone: metastatic breast carcinoma", "breast").origin);
        assert!(Reading::of("Node: metastatic carcinoma, primary unknown").unknown_primary);
    }

    #[test]
    fn negative_organs_are_beside() {
        let phrase = "carcinoma of colon, 14 regional lymph nodes negative";
        assert!(roles(phrase, "nodes").beside);
        assert!(!roles(phrase, "colon").beside);
        assert!(!roles("squamous cell carcinoma of tonsil p16 positive", "tonsil").beside);
    }
}
