//! Which arrivals are possible cases, and which rule decided. Pure.
//!
//! A text is read by the coding engine, so that what is denied, doubted or past does not count, and
//! judged by the reportability table of the CoC profile. A code of ICD-10-CM is judged by a dated list.
//!
//! Sources: STORE 2026, reportability and ambiguous terms; workflow rules of the registry, casefinding sources
//! (C00 to C96, selected D and Z codes). The rows of `data/codes.tsv` are ours, after the idea of the
//! casefinding list of SEER; they were not compared row by row with a published edition.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::source::Source;
use crate::{
    coding::{Suggestion, suggest_phrase},
    icdo::{Morphology, PrimarySite},
    partial_date::PartialDate,
    recodes::{
        icd10cm,
        reportability::{Decision, Profile, Said, Verdict, reportability},
    },
};

/// Suggestions of a text that are judged.
const READ: usize = 8;

/// What screening found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screened {
    /// A possible case; otherwise screened out.
    pub candidate: bool,
    /// Id of the rule that decided: `code C50`, `text CoC-3`, `source`.
    pub rule: String,
    /// What the rule says, and what it was applied to.
    pub words: String,
    /// Site that text or code names, as stored; blank for none.
    #[serde(default)]
    pub site: String,
    /// Morphology the text names, `8500/3`; blank for none. A code of ICD-10-CM names one only roughly.
    #[serde(default)]
    pub morphology: String,
    /// Side that text or code names: 1 right, 2 left; blank for none.
    #[serde(default)]
    pub side: String,
}

struct Row {
    prefix: &'static str,
    from: Option<i32>,
    to: Option<i32>,
    yes: bool,
    words: &'static str,
}

static CODES: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let mut rows: Vec<Row> = include_str!("data/codes.tsv")
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&'static str> = line.split('\t').collect();
            let cell = |at: usize| cells.get(at).copied().unwrap_or("");
            Row {
                prefix: cell(0),
                from: cell(1).parse().ok(),
                to: cell(2).parse().ok(),
                yes: cell(3) == "yes",
                words: cell(4),
            }
        })
        .collect();
    // The longest beginning decides.
    rows.sort_by_key(|r| std::cmp::Reverse(r.prefix.len()));
    rows
});

/// A code of ICD-10-CM in its usual form, `C50.412`, or the reason why it is none.
///
/// # Errors
/// A sentence with what is allowed.
pub fn plain_code(typed: &str) -> Result<String, String> {
    let plain = typed.trim().to_uppercase().replace('.', "");
    let wrong = || format!("“{}” is no code of ICD-10-CM. Allowed: C50.412 or C50412.", typed.trim());
    let (head, tail) = plain.split_at_checked(3).ok_or_else(wrong)?;
    let mut first = head.chars();
    let fits = first.next().is_some_and(|c| c.is_ascii_uppercase())
        && first.next().is_some_and(|c| c.is_ascii_digit())
        && first.next().is_some_and(|c| c.is_ascii_alphanumeric())
        && tail.len() <= 4
        && tail.bytes().all(|b| b.is_ascii_alphanumeric());
    match (fits, tail.is_empty()) {
        (false, _) => Err(wrong()),
        (true, true) => Ok(head.to_owned()),
        (true, false) => Ok(format!("{head}.{tail}")),
    }
}

/// Judges an arrival. `code` is in the form of [`plain_code`]; both may be blank.
pub fn screen(source: Source, text: &str, code: &str, on: Option<PartialDate>) -> Screened {
    let by_code = Some(code).filter(|c| !c.is_empty()).map(|c| of_code(c, on));
    let by_text = Some(text.trim()).filter(|t| !t.is_empty()).map(|t| of_text(t, on));
    let first = |of: fn(&Screened) -> &String| {
        by_text.iter().chain(&by_code).map(of).find(|s| !s.is_empty()).cloned().unwrap_or_default()
    };
    let (site, morphology, side) = (first(|s| &s.site), first(|s| &s.morphology), first(|s| &s.side));
    let decided = match (by_code, by_text) {
        (Some(code), Some(text)) if text.candidate || !code.candidate => {
            Some(if text.candidate { text } else { code })
        }
        (Some(code), _) => Some(code),
        (None, text) => text,
    };
    let found = match decided {
        Some(found) if found.candidate || !source.takes_every_line() => found,
        other => Screened {
            candidate: source.takes_every_line(),
            rule: "source".to_owned(),
            words: match other {
                Some(found) => format!("every line of this source is looked at; by itself: {}", found.words),
                None if source.takes_every_line() => "every line of this source is looked at".to_owned(),
                None => "neither text nor code".to_owned(),
            },
            ..Screened::default()
        },
    };
    Screened { site, morphology, side, ..found }
}

fn of_code(code: &str, on: Option<PartialDate>) -> Screened {
    let year = on.map(PartialDate::year);
    let row = CODES
        .iter()
        .filter(|r| r.from.is_none_or(|from| year.is_none_or(|y| y >= from)))
        .filter(|r| r.to.is_none_or(|to| year.is_none_or(|y| y <= to)))
        .find(|r| code.starts_with(r.prefix) && (r.prefix != "C" || in_cancer(code)));
    let meant = icd10cm::of_code(code);
    let label = meant.map(|m| format!(" ({})", m.label)).unwrap_or_default();
    // Codes of a metastasis name no primary.
    let site = meant
        .filter(|_| !["C77", "C78", "C79", "C7B"].iter().any(|p| code.starts_with(p)))
        .map(|m| m.site.stored())
        .unwrap_or_default();
    let side = meant.map(|m| m.side).filter(|side| matches!(side, '1' | '2'));
    let side = side.map(String::from).unwrap_or_default();
    match row {
        Some(row) => Screened {
            candidate: row.yes,
            rule: format!("code {}", row.prefix),
            words: format!("{code}{label}: {}", row.words),
            site,
            side,
            ..Screened::default()
        },
        None => Screened {
            candidate: false,
            rule: "code".to_owned(),
            words: format!("{code}{label}: not on the casefinding list"),
            ..Screened::default()
        },
    }
}

/// C00 to C96, with letters in the third place (C4A, C7A, C7B).
fn in_cancer(code: &str) -> bool {
    code.get(1..3).is_some_and(|two| two <= "96" || two.ends_with(|c: char| c.is_ascii_alphabetic()))
}

fn of_text(text: &str, on: Option<PartialDate>) -> Screened {
    let read = suggest_phrase(text, on, READ);
    let site = read.site.first().and_then(|s| PrimarySite::parse(&s.code).ok());
    let stored = site.map(PrimarySite::stored).unwrap_or_default();
    let year = on.map(PartialDate::year);
    let side = read.laterality.first().map(|s| s.code.clone()).filter(|s| matches!(s.as_str(), "1" | "2"));
    let side = side.unwrap_or_default();
    let Some(top) = read.morphology.first() else {
        let words = read.notes.first().cloned();
        let set_aside = || read.set_aside.first().map(|s| format!("“{}” was set aside: {}", s.words, s.why));
        return Screened {
            candidate: false,
            rule: "text".to_owned(),
            words: words.or_else(set_aside).unwrap_or_else(|| "no reportable term was found".to_owned()),
            ..Screened::default()
        };
    };
    let doubtful = read.notes.iter().any(|n| n.to_lowercase().contains("ambiguous"));
    // What stands elsewhere in the text is a diagnosis of its own; what rests on the same words is another reading.
    let apart = |s: &&Suggestion| s.spans.iter().all(|a| top.spans.iter().all(|b| a.1 <= b.0 || b.1 <= a.0));
    let judged: Vec<(&Suggestion, Decision)> = std::iter::once(top)
        .chain(read.morphology.iter().skip(1).filter(apart))
        .filter_map(|s| {
            let said = if doubtful && std::ptr::eq(s, top) { ambiguous(text) } else { Said::Plainly };
            let place = site.or_else(|| PrimarySite::parse("C809").ok())?;
            Some((s, reportability(Profile::Coc, place, Morphology::parse(&s.code).ok()?, year, said)?))
        })
        .collect();
    let deciding = judged.iter().find(|(_, d)| d.verdict == Verdict::Reportable).or_else(|| judged.first());
    match deciding {
        Some((said, decision)) => Screened {
            candidate: decision.verdict == Verdict::Reportable,
            rule: format!("text {}", decision.row),
            words: format!("{} {}: {}", said.code, said.label, decision.words),
            site: stored,
            morphology: said.code.clone(),
            side,
        },
        None => Screened {
            candidate: true,
            rule: "text".to_owned(),
            words: format!("{} {}: no rule covers it, so somebody looks", top.code, top.label),
            site: stored,
            morphology: top.code.clone(),
            side,
        },
    }
}

/// An accepted ambiguous term counts, but not in cytology alone.
fn ambiguous(text: &str) -> Said {
    let lower = text.to_lowercase();
    let cytology =
        ["cytolog", "washing", "brushing", "fine needle", "smear"].iter().any(|w| lower.contains(w));
    let tissue = ["biops", "resect", "excision", "ectomy", "histolog"].iter().any(|w| lower.contains(w));
    if cytology && !tissue { Said::AcceptedInCytologyOnly } else { Said::Accepted }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on() -> Option<PartialDate> {
        PartialDate::parse("20261101").ok()
    }

    /// Worked by hand from the reportability rules.
    #[test]
    fn texts() {
        for (text, candidate) in [
            ("Left breast, core biopsy: invasive ductal carcinoma", true),
            ("Sigmoid colon, biopsy: tubular adenoma. No evidence of malignancy.", false),
            ("Skin of nose: basal cell carcinoma", false),
            ("Skin of back: malignant melanoma", true),
            ("Cervix, biopsy: carcinoma in situ", false),
            ("Breast, biopsy: ductal carcinoma in situ", true),
            ("Dura, resection: meningioma", true),
            ("Lung, biopsy: suspicious for adenocarcinoma", true),
            ("Bronchial brushing, cytology: suspicious for adenocarcinoma", false),
            ("Lung: rule out carcinoma", false),
            ("Lung: adenocarcinoma cannot be ruled out", false),
            ("Tonsil: reactive lymphoid hyperplasia", false),
            ("Negative for carcinoma", false),
            ("Appendix with acute inflammation", false),
        ] {
            let found = screen(Source::Pathology, text, "", on());
            assert_eq!(found.candidate, candidate, "{text}: {found:?}");
            assert!(!found.rule.is_empty() && !found.words.is_empty(), "{text}");
        }
    }

    #[test]
    fn codes() {
        for (code, candidate) in [
            ("C50.412", true),
            ("c61", true),
            ("C4A.4", true),
            ("C96.9", true),
            ("C79.51", true),
            ("C44.319", false),
            ("C44.02", false),
            ("C44.1221", false),
            ("C44.99", true),
            ("C44.40", true),
            ("C44.1391", true),
            ("D05.11", true),
            ("D06.9", false),
            ("D04.30", false),
            ("D32.0", true),
            ("D35.2", true),
            ("D35.00", false),
            ("D12.6", false),
            ("D45", true),
            ("Z51.11", true),
            ("Z85.3", false),
            ("J45.909", false),
        ] {
            let found = screen(Source::DiseaseIndex, "", &plain_code(code).unwrap(), on());
            assert_eq!(found.candidate, candidate, "{code}: {found:?}");
        }
        assert_eq!(plain_code("c50412").unwrap(), "C50.412");
        for wrong in ["", "C5", "50.4", "C50.41234", "C50.é", "Krebs"] {
            assert!(plain_code(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_text_saves_what_the_code_leaves_out_and_logs_take_every_line() {
        let both = screen(Source::DiseaseIndex, "malignant melanoma of the back", "C44.519", on());
        assert!(both.candidate && both.rule.starts_with("text"), "{both:?}");
        let log = screen(Source::RadiationLog, "keloid, left ear", "", on());
        assert!(log.candidate && log.rule == "source", "{log:?}");
        assert!(!screen(Source::Pathology, "", "", on()).candidate);
        assert_eq!(screen(Source::DiseaseIndex, "", "C50.412", on()).site, "C504");
    }
}
