//! Chance, and what it picks from.

use crate::{dictionary::Items, edits::pack::shipped};

/// Numbers that look like chance (SplitMix64, Steele, Lea and Flood 2014).
pub(super) struct Dice(u64);

pub(super) const ITEMS: [&str; 16] = [
    "primarySite",
    "histologicTypeIcdO3",
    "behaviorCodeIcdO3",
    "laterality",
    "dateOfDiagnosis",
    "dateOf1stContact",
    "rxDateSurgery",
    "regionalNodesPositive",
    "sequenceNumberHospital",
    "accessionNumberHosp",
    "rxSummSurgPrimSite2023",
    "textRemarks",
    "ageAtDiagnosis",
    "vitalStatus",
    "dateOfBirth",
    "nameLast",
];

pub(super) const VALUES: [&str; 24] = [
    "",
    "0",
    "1",
    "3",
    "9",
    "00",
    "98",
    "99",
    "060",
    "C504",
    "C809",
    "c504",
    "8500",
    "9861",
    "2024",
    "202402",
    "20240229",
    "20230229",
    "19600412",
    "202400017",
    "B200",
    "é９",
    " two words ",
    "123-45-6789",
];

pub(super) const PATTERNS: [&str; 8] =
    ["[0-9]{4}", ".*", "[A-Z]?[0-9]+", "(left|rt)", r"\b", "(a*)*b", "[^0-9]*", ".*[0-9]{3}-[0-9]{2}.*"];

const WORDS: [&str; 44] = [
    "and",
    "or",
    "not",
    "in",
    "is",
    "for",
    "if",
    "None",
    "True",
    "False",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    ".",
    "+",
    "-",
    "*",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "T",
    "P",
    "OTHERS",
    "TODAY",
    "x",
    "t",
    "0",
    "12",
    "999999999",
    "''",
    "'1'",
    "len",
    "any",
    "primarySite",
    "enumerate",
    "'\u{1F600}'",
];

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n.max(1)).unwrap_or(1);
        usize::try_from(self.next() % n).unwrap_or(0)
    }

    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(super) fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        let at = self.below(from.len());
        from.get(at).copied().unwrap_or_default()
    }

    pub(super) fn items(&mut self) -> Items {
        let mut items = Items::default();
        for _ in 0..self.below(7) {
            let (id, mut value) = (self.pick(&ITEMS), self.pick(&VALUES).to_owned());
            if self.one_in(50) {
                value = value.repeat(1_000);
            }
            items.set(id, value);
        }
        items
    }

    /// Shipped logic with some characters changed.
    pub(super) fn changed(&mut self) -> String {
        let at = self.below(shipped().edits().len());
        let Some(edit) = shipped().edits().get(at) else { return String::new() };
        let logic = if self.one_in(2) { &edit.applies_when } else { &edit.fails_when };
        let mut letters: Vec<char> = logic.chars().collect();
        for _ in 0..=self.below(3) {
            let at = self.below(letters.len() + 1);
            match self.below(3) {
                0 if at < letters.len() => {
                    letters.remove(at);
                }
                1 => letters.insert(at, self.letter()),
                _ => {
                    let new = self.letter();
                    if let Some(letter) = letters.get_mut(at) {
                        *letter = new;
                    }
                }
            }
        }
        letters.into_iter().collect()
    }

    fn letter(&mut self) -> char {
        self.pick(&[
            '(', ')', '\'', '"', '\\', '0', '9', 'a', 'T', ' ', ',', ':', '[', ']', '{', '}', '-', 'é',
            '\u{0}', '٣',
        ])
    }

    /// Words in no order.
    pub(super) fn heap(&mut self) -> String {
        let words: Vec<&str> = (0..self.below(24)).map(|_| self.pick(&WORDS)).collect();
        words.join(if self.one_in(4) { "" } else { " " })
    }
}
