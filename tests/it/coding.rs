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

/// A text of the larger fixture: a phrase or a whole report, with what a registrar codes from it.
///
/// Several right answers are parted by `|`; `-` means that nothing may be suggested; an empty grade is not
/// checked. The source of a doubtful answer stands in the last cell.
struct Text {
    text: String,
    site: &'static str,
    morphology: &'static str,
    laterality: &'static str,
    grade: &'static str,
}

fn texts(table: &'static str) -> Vec<Text> {
    table
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&'static str> = line.split('\t').collect();
            assert_eq!(cells.len(), 6, "{line}");
            Text {
                text: cells[0].replace("\\n", "\n"),
                site: cells[1],
                morphology: cells[2],
                laterality: cells[3],
                grade: cells[4],
            }
        })
        .collect()
}

/// First and first-three hits of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct Kind {
    of: usize,
    first: usize,
    three: usize,
}

impl Kind {
    fn count(&mut self, rank: Option<usize>) -> bool {
        self.of += 1;
        self.first += usize::from(rank == Some(0));
        self.three += usize::from(rank.is_some_and(|r| r < 3));
        rank == Some(0)
    }

    fn per_mille(part: usize, of: usize) -> usize {
        part * 1000 / of.max(1)
    }
}

#[derive(Debug, Default)]
struct Measured {
    site: Kind,
    morphology: Kind,
    behavior: Kind,
    side: Kind,
    grade: Kind,
    /// Texts that deny cancer, and how many of them got a suggestion all the same.
    denied: usize,
    suggested: usize,
    /// Defaults offered for the site and the morphology, and how many of them are right.
    bold: usize,
    bold_right: usize,
}

/// Counts a table; `tell` prints what is wrong, which is not done for what is held out.
fn count(table: &'static str, tell: bool) -> Measured {
    let mut m = Measured::default();
    for t in texts(table) {
        let a = suggest_phrase(&t.text, None, 5);
        let shown = |v: &[Suggestion]| {
            v.iter()
                .take(4)
                .map(|s| format!("{} {} {:?}", s.code, s.score, s.words))
                .collect::<Vec<_>>()
                .join("; ")
        };
        if t.site == "-" {
            m.denied += 1;
            let any = [&a.site, &a.morphology, &a.laterality, &a.grade].iter().any(|v| !v.is_empty());
            m.suggested += usize::from(any);
            if any && tell {
                println!(
                    "\nDENIED {}\n  {} / {} / {} / {}",
                    t.text,
                    shown(&a.site),
                    shown(&a.morphology),
                    shown(&a.laterality),
                    shown(&a.grade)
                );
            }
            continue;
        }
        let behaviors: Vec<&str> = t.morphology.split('|').map(|c| &c[5..]).collect();
        let mut seen: Vec<&str> = Vec::new();
        for s in &a.morphology {
            if !seen.contains(&&s.code[5..]) {
                seen.push(&s.code[5..]);
            }
        }
        let behavior = seen.iter().position(|b| behaviors.contains(b));
        let site = m.site.count(rank(&a.site, t.site));
        let morphology = m.morphology.count(rank(&a.morphology, t.morphology));
        let behavior = m.behavior.count(behavior);
        let side = m.side.count(rank(&a.laterality, t.laterality));
        let grade = t.grade.is_empty()
            || if t.grade.ends_with('|') && a.grade.is_empty() {
                true
            } else {
                m.grade.count(rank(&a.grade, t.grade))
            };
        for (offer, right) in [(&a.offers.site, site), (&a.offers.morphology, morphology)] {
            m.bold += usize::from(offer.bold);
            m.bold_right += usize::from(offer.bold && right);
            if tell && offer.bold && !right {
                println!("\nBOLD AND WRONG {}", t.text);
            }
        }
        if tell && !(site && morphology && behavior && side && grade) {
            println!("\n{}\n  wanted {} {} {} {}", t.text, t.site, t.morphology, t.laterality, t.grade);
            if !site {
                println!("  site {}", shown(&a.site));
            }
            if !(morphology && behavior) {
                println!("  morphology {}", shown(&a.morphology));
            }
            if !side {
                println!("  side {}", shown(&a.laterality));
            }
            if !grade {
                println!("  grade {}", shown(&a.grade));
            }
        }
    }
    println!("\n{m:?}");
    m
}

impl Measured {
    /// Adds another table.
    fn with(mut self, other: &Self) -> Self {
        for (a, b) in [
            (&mut self.site, other.site),
            (&mut self.morphology, other.morphology),
            (&mut self.behavior, other.behavior),
            (&mut self.side, other.side),
            (&mut self.grade, other.grade),
        ] {
            a.of += b.of;
            a.first += b.first;
            a.three += b.three;
        }
        self.denied += other.denied;
        self.suggested += other.suggested;
        self.bold += other.bold;
        self.bold_right += other.bold_right;
        self
    }

    /// First of the list in 85 of 100, among the first three in 97 of 100, and nothing for what denies cancer.
    fn reaches_the_goal(&self) {
        println!("\nall: {self:?}");
        for kind in [self.site, self.morphology, self.behavior] {
            assert!(Kind::per_mille(kind.first, kind.of) >= 850, "{self:?}");
            assert!(Kind::per_mille(kind.three, kind.of) >= 970, "{self:?}");
        }
        assert!(Kind::per_mille(self.side.first, self.side.of) >= 950, "{self:?}");
        assert!(Kind::per_mille(self.grade.first, self.grade.of) >= 850, "{self:?}");
        assert_eq!(self.suggested, 0, "{self:?}");
        assert!(Kind::per_mille(self.bold_right, self.bold) >= 950, "a default must be right: {self:?}");
    }
}

/// Four fifths of 336 phrases, 60 reports and 42 texts that deny cancer, all written before the engine was
/// tuned to them. As counted first: site 286, morphology 287, behavior 304 of 311 at the top; 33 of the 40
/// denying texts got a suggestion. See `docs/coding.md`.
#[test]
fn phrases_reports_and_denials() {
    let all = count(include_str!("data/coding/phrases.tsv"), true)
        .with(&count(include_str!("data/coding/reports.tsv"), true))
        .with(&count(include_str!("data/coding/denied.tsv"), true));
    assert!(all.denied >= 40, "{all:?}");
    all.reaches_the_goal();
}

/// The fifth that was held out: counted, never looked at one by one.
#[test]
fn phrases_reports_and_denials_held_out() {
    count(include_str!("data/coding/phrases_held_out.tsv"), false)
        .with(&count(include_str!("data/coding/reports_held_out.tsv"), false))
        .with(&count(include_str!("data/coding/denied_held_out.tsv"), false))
        .reaches_the_goal();
}

/// The fixture is our own: no text of it is a term of the tables.
#[test]
fn no_text_of_the_fixture_is_a_term() {
    use cancer_registry::icdo::{Morphology, PrimarySite};
    let terms: std::collections::HashSet<String> = Morphology::terms()
        .map(|t| t.term.to_lowercase())
        .chain(Morphology::all().map(|e| e.label.to_lowercase()))
        .chain(PrimarySite::terms().map(|t| t.term.to_lowercase()))
        .chain(PrimarySite::all().map(|e| e.label.to_lowercase()))
        .collect();
    let mut seen = std::collections::HashSet::new();
    let tables = [
        include_str!("data/coding/phrases.tsv"),
        include_str!("data/coding/phrases_held_out.tsv"),
        include_str!("data/coding/reports.tsv"),
        include_str!("data/coding/reports_held_out.tsv"),
        include_str!("data/coding/denied.tsv"),
        include_str!("data/coding/denied_held_out.tsv"),
    ];
    let mut counted = Vec::new();
    for table in tables {
        for t in texts(table) {
            assert!(!terms.contains(&t.text.to_lowercase()), "{}", t.text);
            assert!(seen.insert(t.text.to_lowercase()), "twice: {}", t.text);
            for site in t.site.split('|').filter(|s| *s != "-") {
                assert!(PrimarySite::parse(site).is_ok(), "{site} of {}", t.text);
            }
            for code in t.morphology.split('|').filter(|m| *m != "-") {
                assert!(Morphology::parse(code).unwrap().entry().is_some(), "{code} of {}", t.text);
            }
        }
        counted.push(texts(table).len());
    }
    assert!(counted[0] + counted[1] >= 300 && counted[2] + counted[3] >= 60 && counted[4] + counted[5] >= 40);
}

#[test]
fn each_suggestion_names_its_words_its_row_and_its_rule() {
    let text = "CLINICAL HISTORY: history of breast cancer\nFINAL DIAGNOSIS: Lung, left upper lobe: adenocarcinoma, \
                invading the pleura. No lymphoma.";
    let a = suggest_phrase(text, None, 5);
    assert_eq!((a.site[0].code.as_str(), a.morphology[0].code.as_str()), ("C34.1", "8140/3"));
    for s in a.site.iter().chain(&a.morphology).chain(&a.laterality) {
        assert!(!s.rules.is_empty(), "{s:?}");
        assert!(s.rules.iter().all(|r| !r.source.is_empty()));
    }
    let row = a.morphology[0].table.as_ref().unwrap();
    assert_eq!((row.term.as_str(), row.kind), ("Adenocarcinoma, NOS", "preferred term"));
    assert!(a.offers.site.bold, "{:?}", a.offers);
    let why: Vec<&str> = a.set_aside.iter().map(|s| s.why.as_str()).collect();
    assert!(why.iter().any(|w| w.contains("clinical history")), "{:?}", a.set_aside);
    assert!(why.iter().any(|w| w.contains("invaded")), "{:?}", a.set_aside);
    assert!(why.contains(&"denied"), "{:?}", a.set_aside);
    for s in &a.set_aside {
        assert_eq!(text.get(s.span.0..s.span.1), Some(s.words.as_str()));
    }
}

#[test]
fn no_default_is_offered_where_reports_mislead() {
    for text in [
        "squamous cell carcinoma of left tonsil",
        "diffuse large B-cell lymphoma of the stomach",
        "metastatic carcinoma, unknown primary",
        "carcinoma of the abdomen",
    ] {
        let a = suggest_phrase(text, None, 5);
        assert!(!a.site.is_empty() && !a.offers.site.bold, "{text}: {:?}", a.offers);
        assert!(!a.offers.site.why.is_empty());
    }
    let doubted = suggest_phrase("suspicious for adenocarcinoma of the pancreas", None, 5);
    assert!(
        !doubted.offers.morphology.bold && doubted.notes.iter().any(|n| n.contains("ambiguous")),
        "{doubted:?}"
    );
    let denied = suggest_phrase("cannot rule out adenocarcinoma of the pancreas", None, 5);
    assert!(denied.site.is_empty() && denied.notes.iter().any(|n| n.contains("no diagnosis")), "{denied:?}");
}
