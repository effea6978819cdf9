//! The coding rules a suggestion may rest on, each in our words with its public source (`data/rules.tsv`).

use std::sync::LazyLock;

use serde::Serialize;

/// A coding rule.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its id; never changes, so that a stored code still finds its rule.
    pub id: &'static str,
    /// What it says.
    pub words: &'static str,
    /// Where it is laid down.
    pub source: &'static str,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    include_str!("data/rules.tsv")
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut cells = line.split('\t');
            Some(Rule { id: cells.next()?, words: cells.next()?, source: cells.next()? })
        })
        .collect()
});

impl Rule {
    /// The rule with this id.
    pub fn with_id(id: &str) -> Option<&'static Self> {
        RULES.iter().find(|r| r.id == id)
    }

    /// All rules.
    pub fn all() -> &'static [Self] {
        &RULES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_an_id_of_its_own_and_a_source() {
        assert_eq!(Rule::all().len(), include_str!("data/rules.tsv").lines().count() - 1);
        for (n, rule) in Rule::all().iter().enumerate() {
            assert!(!rule.words.is_empty() && !rule.source.is_empty(), "{}", rule.id);
            assert_eq!(Rule::all().iter().position(|r| r.id == rule.id), Some(n), "{}", rule.id);
        }
    }

    #[test]
    fn every_rule_named_in_the_engine_exists() {
        let sources = [
            include_str!("sites.rs"),
            include_str!("morphologies.rs"),
            include_str!("lateralities.rs"),
            include_str!("grades.rs"),
            include_str!("offer.rs"),
            include_str!("phrase.rs"),
        ];
        let kinds = ["\"site-", "\"histology-", "\"behavior-", "\"side-", "\"grade-", "\"doubt-"];
        let mut named = 0;
        for source in sources {
            for kind in kinds {
                for (at, _) in source.match_indices(kind) {
                    let id = source.get(at + 1..).unwrap().split('"').next().unwrap();
                    assert!(Rule::with_id(id).is_some(), "{id}");
                    named += 1;
                }
            }
        }
        assert!(named >= Rule::all().len());
    }
}
