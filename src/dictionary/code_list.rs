//! Codes and their labels, for pick lists and for saying what a stored code means.

use std::{collections::HashMap, sync::LazyLock};

/// What a row of a code list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// A code.
    Code,
    /// An interval of allowed values, written `001-989`.
    Range,
    /// What blank means.
    Blank,
}

/// One row of a code list.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// The code as stored.
    pub code: &'static str,
    /// What the row is.
    pub kind: CodeKind,
    /// Short label.
    pub label: &'static str,
}

impl Code {
    /// Is it the code of the row, or inside its interval? As EOD reads intervals: by number, with a decimal point
    /// only where the interval has one.
    pub fn fits(&self, value: &str) -> bool {
        match self.kind {
            CodeKind::Code => self.code == value,
            CodeKind::Blank => false,
            CodeKind::Range => {
                let Some((low, high)) = self.code.split_once('-') else { return false };
                let (Ok(from), Ok(to), Ok(given)) =
                    (low.parse::<f64>(), high.parse::<f64>(), value.parse::<f64>())
                else {
                    return false;
                };
                let digits = value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                digits && (from..=to).contains(&given) && (self.code.contains('.') || !value.contains('.'))
            }
        }
    }
}

static LISTS: LazyLock<HashMap<&'static str, Vec<Code>>> = LazyLock::new(|| {
    let mut lists: HashMap<&'static str, Vec<Code>> = HashMap::new();
    for line in include_str!("data/code_lists.tsv").lines().skip(1) {
        let mut cells = line.split('\t');
        if let (Some(id), Some(code), Some(kind), Some(label)) =
            (cells.next(), cells.next(), cells.next(), cells.next())
        {
            let kind = match kind {
                "range" => CodeKind::Range,
                "blank" => CodeKind::Blank,
                _ => CodeKind::Code,
            };
            lists.entry(id).or_default().push(Code { code, kind, label });
        }
    }
    lists
});

/// The code lists of the dictionary (NAACCR 26 and SEER look-ups).
#[derive(Clone, Copy, Debug, Default)]
pub struct CodeLists;

impl CodeLists {
    /// All rows for an item; empty where it has no list.
    pub fn of(id: &str) -> &'static [Code] {
        LISTS.get(id).map_or(&[], Vec::as_slice)
    }

    /// The label of a code; for a value inside a listed interval, that interval's label.
    pub fn label(id: &str, code: &str) -> Option<&'static str> {
        let rows = Self::of(id);
        rows.iter().find(|r| r.kind == CodeKind::Code && r.code == code).map(|r| r.label).or_else(|| {
            rows.iter()
                .filter(|r| r.kind == CodeKind::Range)
                .find(|r| in_range(r.code, code))
                .map(|r| r.label)
        })
    }
}

fn in_range(range: &str, code: &str) -> bool {
    let Some((low, high)) = range.split_once('-') else { return false };
    low.len() == code.len() && high.len() == code.len() && low <= code && code <= high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_labels() {
        assert!(CodeLists::label("vitalStatus", "1").is_some());
        assert!(CodeLists::of("laterality").len() > 5);
        assert_eq!(CodeLists::label("vitalStatus", "7"), None);
    }

    #[test]
    fn every_row_is_read() {
        let rows: usize = LISTS.values().map(Vec::len).sum();
        assert_eq!(rows, include_str!("data/code_lists.tsv").lines().count() - 1);
    }
}
