//! The parts of a report: which of them state the diagnosis, which only tell how it was come by.
//!
//! A heading stands at the beginning of a line, or in capitals behind the end of a sentence, and
//! ends with a colon or with its line. History, indication and what the clinic thought never
//! code. Gross and microscopic descriptions and imaging code only where no part states a
//! diagnosis: what they name is named again, and better, in the diagnosis. Specimens are told apart
//! by their letters.
//!
//! Source of the order of parts: STORE manual, pathology report priority (final diagnosis, addenda
//! and synoptic report before the rest).

use std::{collections::HashMap, sync::LazyLock};

/// What a part of a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The diagnosis, an impression, a synoptic table; also a text without headings.
    Diagnosis,
    /// What was added or amended later.
    Addendum,
    /// Remarks of the pathologist.
    Comment,
    /// What the microscope and the stains showed.
    Microscopic,
    /// What was seen with the naked eye or in frozen section.
    Gross,
    /// Imaging.
    Radiology,
    /// What was sent in.
    Specimen,
    /// History, indication, what the clinic thought.
    Clinical,
}

impl Part {
    fn named(kind: &str) -> Option<Self> {
        Some(match kind {
            "diagnosis" => Self::Diagnosis,
            "addendum" => Self::Addendum,
            "comment" => Self::Comment,
            "microscopic" => Self::Microscopic,
            "gross" => Self::Gross,
            "radiology" => Self::Radiology,
            "specimen" => Self::Specimen,
            "clinical" => Self::Clinical,
            _ => return None,
        })
    }

    /// As a registrar calls it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Diagnosis => "diagnosis",
            Self::Addendum => "addendum",
            Self::Comment => "comment",
            Self::Microscopic => "microscopic description",
            Self::Gross => "gross description",
            Self::Radiology => "imaging",
            Self::Specimen => "list of specimens",
            Self::Clinical => "clinical history or indication",
        }
    }

    /// Does it code, given whether another part states the diagnosis?
    fn codes(self, stated: bool) -> bool {
        match self {
            Self::Diagnosis | Self::Addendum | Self::Comment | Self::Specimen => true,
            Self::Microscopic | Self::Gross | Self::Radiology => !stated,
            Self::Clinical => false,
        }
    }
}

static HEADINGS: LazyLock<HashMap<&'static str, Part>> = LazyLock::new(|| {
    include_str!("data/sections.tsv")
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(heading, kind)| Some((heading, Part::named(kind)?)))
        .collect()
});

/// One part of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// What it is.
    pub part: Part,
    /// First byte of its heading.
    pub heading: usize,
    /// First byte of its text.
    pub start: usize,
    /// Byte behind its text.
    pub end: usize,
    /// Is it read for codes?
    pub codes: bool,
}

/// The parts of a text in order; a text without headings is one diagnosis.
pub(super) fn sections(text: &str) -> Vec<Section> {
    let mut found: Vec<Section> = Vec::new();
    let mut add = |part, heading: usize, start: usize| {
        if let Some(last) = found.last_mut() {
            last.end = heading;
        }
        found.push(Section { part, heading, start, end: text.len(), codes: true });
    };
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let mut at = 0;
        let mut first = true;
        while let Some(rest) = line.get(at..) {
            let lead = rest.len() - rest.trim_start().len();
            if let Some((part, length)) = heading(rest.get(lead..).unwrap_or(""), first) {
                add(part, line_start + at + lead, line_start + at + lead + length);
            } else if line_start + at == 0 {
                add(Part::Diagnosis, 0, 0);
            }
            first = false;
            match rest.find(". ") {
                Some(stop) => at += stop + 2,
                None => break,
            }
        }
        line_start += line.len();
    }
    let stated = found.iter().any(|s| {
        matches!(s.part, Part::Diagnosis | Part::Addendum)
            && text.get(s.start..s.end).is_some_and(|t| t.chars().any(char::is_alphabetic))
    });
    for section in &mut found {
        section.codes = section.part.codes(stated);
    }
    found
}

/// The heading a text begins with, and how many bytes it takes.
fn heading(text: &str, line_start: bool) -> Option<(Part, usize)> {
    const LONGEST: usize = 60;
    let stop = text.char_indices().take(LONGEST).find(|(_, c)| matches!(c, ':' | '\n'));
    let (end, whole_line) = match stop {
        Some((at, c)) => (at, c == '\n'),
        None if text.len() <= LONGEST => (text.len(), true),
        None => return None,
    };
    let title = text.get(..end)?;
    if !line_start && (whole_line || title.chars().any(char::is_lowercase)) {
        return None;
    }
    let plain = title.split(['(', '[']).next().unwrap_or("").trim().to_lowercase();
    let plain = plain.trim_end_matches("(s)").trim();
    let part = HEADINGS.get(plain).copied().or_else(|| {
        // “Final diagnosis, left breast:” and the like
        let head = plain.split([',', '-']).next().unwrap_or("").trim();
        HEADINGS.get(head).copied().filter(|_| !whole_line && head.contains("diagnosis"))
    })?;
    Some((part, if whole_line { end } else { end + 1 }))
}

/// Where specimens begin: byte of the letter, byte behind its mark. Only a run A, B, C… counts.
pub(super) fn specimens(text: &str, section: &Section) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let Some(body) = text.get(section.start..section.end) else { return found };
    let chars: Vec<(usize, char)> = body.char_indices().collect();
    let at = |i: usize| chars.get(i).map(|(_, c)| *c);
    let mut wanted = 'A';
    for (i, (pos, c)) in chars.iter().enumerate() {
        let fresh = chars
            .get(..i)
            .unwrap_or(&[])
            .iter()
            .rev()
            .map(|(_, c)| *c)
            .find(|c| *c == '\n' || !c.is_whitespace())
            .is_none_or(|c| matches!(c, '\n' | '.' | ';' | ':'));
        let marked = matches!(at(i + 1), Some('.' | ')' | ':')) && at(i + 2).is_none_or(char::is_whitespace);
        if *c == wanted && fresh && marked {
            found.push((section.start + pos, section.start + pos + 2));
            wanted = char::from_u32(u32::from(wanted) + 1).unwrap_or('A');
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(text: &str) -> Vec<(Part, bool, &str)> {
        sections(text).iter().map(|s| (s.part, s.codes, text.get(s.start..s.end).unwrap().trim())).collect()
    }

    #[test]
    fn parts_are_told_apart_and_history_does_not_code() {
        let text = "CLINICAL HISTORY: mass\nGross description: 3 cm\nFINAL DIAGNOSIS\nA. Breast: DCIS.\nComment: none";
        assert_eq!(
            parts(text),
            [
                (Part::Clinical, false, "mass"),
                (Part::Gross, false, "3 cm"),
                (Part::Diagnosis, true, "A. Breast: DCIS."),
                (Part::Comment, true, "none"),
            ]
        );
        assert_eq!(parts("Gross: a 3 cm mass, carcinoma"), [(Part::Gross, true, "a 3 cm mass, carcinoma")]);
    }

    #[test]
    fn a_phrase_is_one_diagnosis_and_a_word_alone_no_heading() {
        assert_eq!(parts("Breast, left: DCIS"), [(Part::Diagnosis, true, "Breast, left: DCIS")]);
        assert_eq!(
            parts("adenocarcinoma. History of polyps"),
            [(Part::Diagnosis, true, "adenocarcinoma. History of polyps")]
        );
        assert_eq!(parts("FINAL DIAGNOSIS: DCIS. HISTORY: LUMP").len(), 2);
    }

    #[test]
    fn specimens_are_numbered_by_a_run_of_letters() {
        let text = "A. Breast: DCIS. B. Node: negative. Type B. cell";
        let section = sections(text)[0];
        let found: Vec<&str> =
            specimens(text, &section).iter().map(|(a, b)| text.get(*a..*b).unwrap()).collect();
        assert_eq!(found, ["A.", "B."]);
    }

    #[test]
    fn every_heading_is_read() {
        assert_eq!(HEADINGS.len(), include_str!("data/sections.tsv").lines().count() - 1);
    }

    proptest! {
        #[test]
        fn sections_cover_valid_places(text in "[A-Za-z:. \\n]{0,200}\\PC{0,20}") {
            for s in sections(&text) {
                prop_assert!(text.get(s.start..s.end).is_some() && s.heading <= s.start);
                for (a, b) in specimens(&text, &s) {
                    prop_assert!(text.get(a..b).is_some());
                }
            }
        }
    }
}
