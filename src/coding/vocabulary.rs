//! All words of the index, and which of them a misspelt word may mean.

use std::collections::HashMap;

/// Number of a word in the vocabulary.
pub(super) type WordId = u32;

/// The words of the index; each has a number.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    ids: HashMap<String, WordId>,
    words: Vec<Entry>,
    /// Numbers in alphabetical order, for prefixes.
    sorted: Vec<WordId>,
}

#[derive(Debug)]
struct Entry {
    text: String,
    letters: u32,
}

/// A word of the vocabulary that stands for a word of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Match {
    /// The word.
    pub id: WordId,
    /// 1 for the word itself, less for a beginning or a misspelling.
    pub strength: f32,
}

/// One bit a letter or digit: two words that differ in many bits differ in many letters.
fn letters(text: &str) -> u32 {
    text.bytes().fold(0, |bits, b| match b {
        b'a'..=b'z' => bits | 1 << (b - b'a'),
        b'0'..=b'9' => bits | 1 << (26 + (b - b'0') % 6),
        _ => bits,
    })
}

impl Vocabulary {
    /// The number of a word, given anew if it has none.
    pub(super) fn intern(&mut self, text: &str) -> WordId {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = WordId::try_from(self.words.len()).expect("fewer than four billion words");
        self.words.push(Entry { text: text.to_owned(), letters: letters(text) });
        self.ids.insert(text.to_owned(), id);
        id
    }

    /// Sorts the words; to be called once all are in.
    pub(super) fn finish(&mut self) {
        self.sorted = (0..).take(self.words.len()).collect();
        let words = &self.words;
        self.sorted.sort_by(|a, b| text_of(words, *a).cmp(text_of(words, *b)));
    }

    /// The number of a word.
    pub(super) fn id(&self, text: &str) -> Option<WordId> {
        self.ids.get(text).copied()
    }

    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// Words that begin with the text, without the text itself.
    pub(super) fn beginning_with(&self, text: &str) -> Vec<Match> {
        let from = self.sorted.partition_point(|id| text_of(&self.words, *id) < text);
        self.sorted
            .iter()
            .skip(from)
            .take_while(|id| text_of(&self.words, **id).starts_with(text))
            .filter(|id| text_of(&self.words, **id) != text)
            .map(|id| Match { id: *id, strength: 0.8 })
            .collect()
    }

    /// Words that the text may be a misspelling of: one error from 5 letters on, two from 9 on.
    ///
    /// The first letter is taken to be right. Only the nearest words are given.
    pub(super) fn misspelt(&self, text: &str) -> Vec<Match> {
        let length = text.len();
        let errors = match length {
            0..=4 => return Vec::new(),
            5..=8 => 1,
            _ => 2,
        };
        let bits = letters(text);
        let mut found: Vec<(usize, WordId)> = Vec::new();
        for (id, entry) in (0..).zip(&self.words) {
            if entry.text.len().abs_diff(length) > errors
                || (entry.letters ^ bits).count_ones() > 2 * u32::try_from(errors).unwrap_or(2)
                || entry.text.as_bytes().first() != text.as_bytes().first()
                || entry.text.bytes().any(|b| b.is_ascii_digit())
            {
                continue;
            }
            let distance = strsim::osa_distance(&entry.text, text);
            if distance <= errors {
                found.push((distance, id));
            }
        }
        let nearest = found.iter().map(|(d, _)| *d).min().unwrap_or(0);
        found
            .into_iter()
            .filter(|(d, _)| *d == nearest)
            .map(|(d, id)| Match { id, strength: if d <= 1 { 0.8 } else { 0.7 } })
            .collect()
    }
}

fn text_of(words: &[Entry], id: WordId) -> &str {
    usize::try_from(id).ok().and_then(|i| words.get(i)).map_or("", |e| e.text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        let mut v = Vocabulary::default();
        for w in ["carcinoma", "adenocarcinoma", "carcinoid", "infiltrating", "lobular", "globular", "duct"] {
            v.intern(w);
        }
        v.finish();
        v
    }

    #[test]
    fn a_word_has_one_number() {
        let mut v = vocabulary();
        let n = v.len();
        assert_eq!(v.intern("duct"), v.id("duct").unwrap());
        assert_eq!(v.len(), n);
        assert_eq!(v.id("ducts"), None);
    }

    #[test]
    fn misspellings_find_the_nearest_word() {
        let v = vocabulary();
        let means = |t: &str| v.misspelt(t).iter().map(|m| m.id).collect::<Vec<_>>();
        assert_eq!(means("carcinmoa"), [v.id("carcinoma").unwrap()]);
        assert_eq!(means("infiltating"), [v.id("infiltrating").unwrap()]);
        assert_eq!(means("lobuler"), [v.id("lobular").unwrap()]);
        assert_eq!(means("dcut"), Vec::<WordId>::new());
        assert_eq!(means("melanoma"), Vec::<WordId>::new());
    }

    #[test]
    fn beginnings_are_found() {
        let v = vocabulary();
        assert_eq!(v.beginning_with("carci").len(), 2);
        assert!(v.beginning_with("x").is_empty());
    }
}
