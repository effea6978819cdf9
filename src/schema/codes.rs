//! Code lists of schemas. Many schemas share a list.

use std::{collections::HashMap, sync::LazyLock};

use super::{cell, rows};
use crate::dictionary::{Code, CodeKind};

static LISTS: LazyLock<HashMap<&'static str, Vec<Code>>> = LazyLock::new(|| {
    let mut lists: HashMap<&'static str, Vec<Code>> = HashMap::new();
    for row in rows(include_str!("data/codes.tsv")) {
        let list = lists.entry(cell(&row, 0)).or_default();
        for code in cell(&row, 1).split(' ') {
            let kind = if is_interval(code) { CodeKind::Range } else { CodeKind::Code };
            list.push(Code { code, kind, label: cell(&row, 2) });
        }
    }
    lists
});

/// `001-988`, `0.1-999.9`: numbers on both sides.
fn is_interval(code: &str) -> bool {
    code.split_once('-').is_some_and(|(low, high)| low.parse::<f32>().is_ok() && high.parse::<f32>().is_ok())
}

/// The codes of a list; empty if there is no such list.
pub fn codes(list: &str) -> &'static [Code] {
    LISTS.get(list).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_told_from_codes() {
        let psa = codes("psaLabValue.1");
        assert_eq!(psa.iter().find(|c| c.code == "0.2-999.9").map(|c| c.kind), Some(CodeKind::Range));
        assert_eq!(psa.iter().find(|c| c.code == "XXX.9").map(|c| c.kind), Some(CodeKind::Code));
        assert!(codes("none").is_empty());
    }
}
