//! Coding of phrases as pathology reports have them.

use cancer_registry::coding::{Suggestion, suggest_phrase};

/// A phrase and what a registrar codes from it.
struct Phrase {
    text: &'static str,
    site: &'static str,
    morphology: &'static str,
    laterality: &'static str,
}

fn phrases(table: &'static str) -> Vec<Phrase> {
    table
        .lines()
        .skip(1)
        .map(|line| {
            let mut cells = line.split('\t');
            let mut cell = || cells.next().expect("four cells a line");
            Phrase { text: cell(), site: cell(), morphology: cell(), laterality: cell() }
        })
        .collect()
}

/// How many phrases have the right answer among the first three (site, morphology) or first (side).
#[derive(Debug, Default)]
struct Counts {
    phrases: usize,
    site: usize,
    site_first: usize,
    morphology: usize,
    morphology_first: usize,
    side_first: usize,
}

fn rank(found: &[Suggestion], expected: &str) -> Option<usize> {
    found.iter().position(|s| expected.split('|').any(|e| e == s.code))
}

fn measure(table: &'static str) -> Counts {
    let mut counts = Counts::default();
    for phrase in phrases(table) {
        let answer = suggest_phrase(phrase.text, None, 5);
        let (site, morphology, side) = (
            rank(&answer.site, phrase.site),
            rank(&answer.morphology, phrase.morphology),
            rank(&answer.laterality, phrase.laterality),
        );
        counts.phrases += 1;
        counts.site += usize::from(site.is_some_and(|r| r < 3));
        counts.site_first += usize::from(site == Some(0));
        counts.morphology += usize::from(morphology.is_some_and(|r| r < 3));
        counts.morphology_first += usize::from(morphology == Some(0));
        counts.side_first += usize::from(side == Some(0));
        if site != Some(0) || morphology != Some(0) || side != Some(0) {
            let shown = |v: &[Suggestion]| {
                v.iter()
                    .take(4)
                    .map(|s| format!("{} {} {:?}", s.code, s.score, s.words))
                    .collect::<Vec<_>>()
                    .join("; ")
            };
            println!(
                "\n{}\n  wanted {} {} {}",
                phrase.text, phrase.site, phrase.morphology, phrase.laterality
            );
            println!(
                "  site {}\n  morphology {}\n  side {}",
                shown(&answer.site),
                shown(&answer.morphology),
                shown(&answer.laterality)
            );
        }
    }
    println!("\n{counts:?}");
    counts
}

#[test]
fn a_hundred_report_phrases() {
    let counts = measure(include_str!("data/code_phrases.tsv"));
    assert_eq!(counts.phrases, 100);
    assert!(counts.site >= 95, "{counts:?}");
    assert!(counts.morphology >= 90, "{counts:?}");
}

/// Thirty more phrases, written before the engine and kept apart from the hundred.
///
/// They are not wholly unseen: this set was looked at once, after the hundred had first been measured
/// (site 99, morphology 98), and the engine was tuned afterwards (the hundred then at 100 and 100). It stands
/// at 29 for the site and 29 for the morphology.
#[test]
fn thirty_phrases_held_out() {
    let counts = measure(include_str!("data/code_phrases_held_out.tsv"));
    assert_eq!(counts.phrases, 30);
    assert!(counts.site >= 27, "{counts:?}");
    assert!(counts.morphology >= 26, "{counts:?}");
}
