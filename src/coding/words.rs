//! Cutting text into words that compare well: American spelling, singular, one form a word.

use std::{collections::HashMap, sync::LazyLock};

use unicode_normalization::UnicodeNormalization;

/// What stands between a word and the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// Nothing, a blank, a hyphen.
    Space,
    /// A slash or an ampersand.
    Slash,
    /// A comma or a bracket.
    Comma,
    /// A colon or a dash between blanks: what was examined on the left, what was found on the right.
    Colon,
    /// The end of a sentence, a semicolon, a new line.
    Stop,
}

/// A word of a text.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// The word in the form that compares.
    pub form: String,
    /// First byte of the word in the text.
    pub start: usize,
    /// Byte behind the word.
    pub end: usize,
    /// What separates it from the word before.
    pub gap: Gap,
    /// Written in capitals only.
    pub capitals: bool,
}

static FORMS: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(|| {
    include_str!("data/word_forms.tsv")
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'))
        .map(|(form, means)| (fold(form), means.split(' ').map(fold).collect()))
        .collect()
});

/// Words that carry no meaning for a search; they are cut away.
const EMPTY: &[&str] = &[
    "nos",
    "of",
    "the",
    "in",
    "and",
    "or",
    "with",
    "a",
    "an",
    "by",
    "to",
    "for",
    "on",
    "at",
    "from",
    "as",
    "is",
    "are",
    "this",
    "that",
    "its",
    "type",
    "otherwise",
    "specified",
    "otherwise",
    "specified",
];

/// Is the word without meaning for a search?
pub(super) fn is_empty_word(form: &str) -> bool {
    EMPTY.contains(&form)
}

/// Endings after which a full stop is part of the word.
const SHORTENED: &[&str] = &[
    "rt", "lt", "dx", "mod", "diff", "approx", "vs", "ca", "adenoca", "inv", "infilt", "st", "trans", "carc",
    "hx",
];

/// Lower case without accents, American spelling, singular.
pub(super) fn fold(word: &str) -> String {
    let mut w: String = word
        .nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect();
    if w.chars().count() >= 6 {
        w = w.replace("ae", "e").replace("oe", "e");
        for (british, american) in [
            ("ising", "izing"),
            ("ised", "ized"),
            ("isation", "ization"),
            ("centre", "center"),
            ("fibre", "fiber"),
        ] {
            if let Some(stem) = w.strip_suffix(british) {
                w = format!("{stem}{american}");
            }
        }
        if w.starts_with("fibre") {
            w = w.replacen("fibre", "fiber", 1);
        }
    }
    singular(&mut w);
    if w.len() >= 5
        && let Some(stem) = w.strip_suffix("our")
    {
        w = format!("{stem}or");
    }
    w
}

/// Takes a plural ending off.
fn singular(w: &mut String) {
    let ends = |w: &str, e: &str| w.len() > e.len() + 2 && w.ends_with(e);
    let cut = |w: &mut String, e: &str, put: &str| {
        w.truncate(w.len() - e.len());
        w.push_str(put);
    };
    if ends(w, "omata") {
        cut(w, "ta", "");
    } else if ends(w, "ies") {
        cut(w, "ies", "y");
    } else if ends(w, "stases") {
        cut(w, "es", "is");
    } else if ["uses", "xes", "ches", "shes", "sses"].iter().any(|e| ends(w, e)) {
        cut(w, "es", "");
    } else if ends(w, "s") && !["ss", "us", "is"].iter().any(|e| w.ends_with(e)) {
        cut(w, "s", "");
    }
}

/// The forms a folded word stands for: itself, or what `word_forms.tsv` says.
fn forms(folded: &str) -> Vec<String> {
    match FORMS.get(folded) {
        Some(means) => means.clone(),
        None => vec![folded.to_owned()],
    }
}

/// A run of letters and digits with its place.
struct Run {
    start: usize,
    end: usize,
    gap: Gap,
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut gap = Gap::Stop;
    let mut open: Option<usize> = None;
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let at = |i: usize| chars.get(i).map(|(_, c)| *c);
    for (i, (pos, c)) in chars.iter().enumerate() {
        let inside = c.is_alphanumeric()
            || (open.is_some()
                && match c {
                    '\'' | '’' => at(i + 1).is_some_and(char::is_alphabetic),
                    '.' => {
                        i > 0
                            && at(i - 1).is_some_and(|p| p.is_ascii_digit())
                            && at(i + 1).is_some_and(|n| n.is_ascii_digit())
                    }
                    _ => false,
                });
        if inside {
            if open.is_none() {
                open = Some(*pos);
            }
            continue;
        }
        if let Some(start) = open.take() {
            runs.push(Run { start, end: *pos, gap });
            gap = Gap::Space;
            // “p16+”
            let ends = at(i + 1).is_none_or(|n| n.is_whitespace() || matches!(n, ',' | ';' | '.' | ')'));
            if *c == '+' && ends {
                runs.push(Run { start: *pos, end: pos + 1, gap });
                continue;
            }
        }
        let blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
        let before = if i > 0 { at(i - 1) } else { None };
        let here = match c {
            // what stands on the line below a colon was found there
            '\n' if gap == Gap::Colon => Gap::Colon,
            '\n' | ';' => Gap::Stop,
            '.' | '!' | '?' => full_stop(text, runs.last(), at(i + 1), at(i + 2)),
            ':' if before.is_some_and(|c| c.is_ascii_digit())
                && at(i + 1).is_some_and(|c| c.is_ascii_digit()) =>
            {
                Gap::Space
            }
            ':' => Gap::Colon,
            '–' | '—' => Gap::Colon,
            '-' if blank(before) && blank(at(i + 1)) => Gap::Colon,
            ',' | '(' | ')' | '[' | ']' => Gap::Comma,
            '/' | '&' | '+' => Gap::Slash,
            _ => Gap::Space,
        };
        gap = gap.max(here);
    }
    if let Some(start) = open {
        runs.push(Run { start, end: text.len(), gap });
    }
    runs
}

/// Does a full stop end the sentence, or only shorten a word or number a specimen?
fn full_stop(text: &str, before: Option<&Run>, next: Option<char>, after: Option<char>) -> Gap {
    let word = before.and_then(|r| text.get(r.start..r.end)).unwrap_or("").to_lowercase();
    let shortened = SHORTENED.contains(&word.as_str()) || word.chars().count() == 1;
    let goes_on = next.is_some_and(|c| !c.is_whitespace()) || after.is_some_and(char::is_lowercase);
    if shortened || (goes_on && word.chars().count() <= 4) { Gap::Space } else { Gap::Stop }
}

/// The words of a text in order.
///
/// `non-small` becomes one word, as does `in situ`; `o'clock` loses its apostrophe, `Paget's` its ending.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut out: Vec<Word> = Vec::new();
    let mut non: Option<(usize, Gap)> = None;
    for run in runs(text) {
        let raw = text.get(run.start..run.end).unwrap_or("");
        let plain = raw.replace(['\'', '’'], "'");
        let plain =
            plain.strip_suffix("'s").or_else(|| plain.strip_suffix("'S")).unwrap_or(&plain).replace('\'', "");
        let mut folded = fold(&plain);
        let capitals = raw.chars().any(char::is_alphabetic) && !raw.chars().any(char::is_lowercase);
        let (mut start, mut gap) = (run.start, run.gap);
        if folded == "non" && non.is_none() {
            non = Some((run.start, run.gap));
            continue;
        }
        if let Some((from, before)) = non.take() {
            folded = format!("non{folded}");
            (start, gap) = (from, before);
        }
        if folded == "situ"
            && let Some(last) = out.last_mut()
            && last.form == "in"
            && run.gap == Gap::Space
        {
            "insitu".clone_into(&mut last.form);
            last.end = run.end;
            continue;
        }
        let forms = forms(&folded);
        for (n, form) in forms.into_iter().enumerate() {
            let gap = if n == 0 { gap } else { Gap::Space };
            out.push(Word { form, start, end: run.end, gap, capitals });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn forms_of(text: &str) -> Vec<String> {
        words(text).into_iter().map(|w| w.form).collect()
    }

    #[test]
    fn spelling_and_number_fall_together() {
        for (a, b) in [
            ("tumours", "tumor"),
            ("oesophagus", "esophagus"),
            ("leukaemia", "leukemia"),
            ("caecum", "cecum"),
            ("haemangiosarcoma", "hemangiosarcoma"),
            ("keratinising", "keratinizing"),
            ("germinal centre", "germinal center"),
            ("Metastases", "metastasis"),
            ("Carcinomata", "carcinoma"),
            ("ovaries", "ovary"),
            ("ductal", "duct"),
            ("Paget's", "Paget"),
            ("non-invasive", "noninfiltrating"),
            ("non small cell", "nonsmall cell"),
            ("in-situ", "in situ"),
            ("naïve", "naive"),
        ] {
            assert_eq!(forms_of(a), forms_of(b), "{a} {b}");
        }
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = "A. Breast, left - DCIS; 3.2 cm, rt. side. No more";
        let found = words(text);
        let raw: Vec<&str> = found.iter().map(|w| text.get(w.start..w.end).unwrap()).collect();
        assert_eq!(raw, ["A", "Breast", "left", "DCIS", "3.2", "cm", "rt", "side", "No", "more"]);
        let gaps: Vec<Gap> = found.iter().map(|w| w.gap).collect();
        use Gap::{Colon, Comma, Space, Stop};
        assert_eq!(gaps, [Stop, Space, Comma, Colon, Stop, Space, Comma, Space, Stop, Space]);
    }

    #[test]
    fn clock_and_numbers_stay_whole() {
        assert_eq!(forms_of("10 o'clock 3+4=7 1p/19q"), ["10", "oclock", "3", "4", "7", "1p", "19q"]);
    }

    proptest! {
        #[test]
        fn cutting_never_panics_and_places_are_valid(text in "\\PC{0,60}") {
            for w in words(&text) {
                prop_assert!(text.get(w.start..w.end).is_some());
                prop_assert!(w.start < w.end);
            }
        }
    }
}
