//! Source documents of a case: the reports and notes that it is abstracted from, as text, word for word.
//!
//! A document is kept as it came and never changed. One that belongs to somebody else is withdrawn with a reason: it is
//! shown nowhere after that, and the store still knows that it was there. Documents stay here: no export has them.
//!
//! Sources: STORE 2026, text documentation; workflow rules of the registry (source text beside the fields).

mod store;

use chrono::NaiveDate;

use crate::partial_date::{PartialDate, SlashOrder};

pub use store::{DocumentRow, count, find, insert, of_case, withdraw};

/// Longest document, in characters.
pub const LONGEST: usize = 60_000;
/// Longest title, in characters.
pub const LONGEST_TITLE: usize = 120;
/// Most documents of a case.
pub const MOST: usize = 60;
/// What the place of words is called that stand in a document, before its public id; see `provenance::Cited`.
pub const PLACE: &str = "document:";

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Surgical pathology.
    Pathology,
    /// Cytology, flow cytometry, molecular and other laboratory reports.
    Laboratory,
    /// Diagnostic imaging.
    Imaging,
    /// Operative and endoscopy reports.
    Operative,
    /// Consultations, history and physical, discharge summaries.
    Clinical,
    /// Radiation and systemic treatment.
    Treatment,
    /// What came from another hospital or office.
    Elsewhere,
    /// Anything else.
    Other,
}

impl Kind {
    /// All kinds, in the order of a list.
    pub const ALL: [Self; 8] = [
        Self::Pathology,
        Self::Laboratory,
        Self::Imaging,
        Self::Operative,
        Self::Clinical,
        Self::Treatment,
        Self::Elsewhere,
        Self::Other,
    ];

    /// As stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pathology => "pathology",
            Self::Laboratory => "laboratory",
            Self::Imaging => "imaging",
            Self::Operative => "operative",
            Self::Clinical => "clinical",
            Self::Treatment => "treatment",
            Self::Elsewhere => "elsewhere",
            Self::Other => "other",
        }
    }

    /// As shown.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pathology => "Pathology report",
            Self::Laboratory => "Cytology or laboratory report",
            Self::Imaging => "Imaging report",
            Self::Operative => "Operative or endoscopy report",
            Self::Clinical => "Consultation or discharge summary",
            Self::Treatment => "Treatment summary",
            Self::Elsewhere => "Record from elsewhere",
            Self::Other => "Other document",
        }
    }

    /// Of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A document as typed or pasted.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// Word of its kind.
    pub kind: String,
    /// Day of the report, as typed; may be blank.
    pub dated: String,
    /// Title; may be blank.
    pub title: String,
    /// Its text.
    pub body: String,
}

/// A document that can be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDocument {
    /// What it is.
    pub kind: Kind,
    /// Its date, if it has one.
    pub dated: Option<PartialDate>,
    /// Title or blank.
    pub title: String,
    /// Its text; lines end in `\n`.
    pub body: String,
}

impl Typed {
    /// Reads it; otherwise what is wrong: field, label, sentence. Nothing is cut or guessed.
    pub fn read(
        &self,
        today: NaiveDate,
        order: SlashOrder,
    ) -> Result<NewDocument, Vec<(&'static str, &'static str, String)>> {
        let mut wrong = Vec::new();
        let kind = Kind::parse(&self.kind);
        if kind.is_none() {
            let allowed: Vec<&str> = Kind::ALL.into_iter().map(Kind::word).collect();
            wrong.push(match self.kind.as_str() {
                "" => ("kind", "Kind", "Choose what the document is.".to_owned()),
                given => ("kind", "Kind", format!("“{given}” is no kind. Allowed: {}.", allowed.join(", "))),
            });
        }
        let dated = match PartialDate::parse_typed(&self.dated, today, order) {
            Err(problem) => {
                wrong.push(("dated", "Date of the document", problem.to_string()));
                None
            }
            Ok(Some(date)) if date.definitely_after(today.into()) => {
                let sentence = format!("{} is in the future. Enter today or an earlier day.", date.iso());
                wrong.push(("dated", "Date of the document", sentence));
                None
            }
            Ok(date) => date,
        };
        let title = self.title.trim();
        let given = title.chars().count();
        if given > LONGEST_TITLE {
            let sentence =
                format!("{given} characters were typed; {LONGEST_TITLE} fit. Nothing was cut off.");
            wrong.push(("title", "Title", sentence));
        }
        // A form feed parts the pages of a printed report.
        let body = self.body.replace("\r\n", "\n").replace(['\r', '\u{c}'], "\n");
        let body = body.trim_matches('\n').trim_end();
        let given = body.chars().count();
        if body.trim().is_empty() {
            wrong.push(("body", "Text", "Paste the text of the document, or choose its file.".to_owned()));
        } else if given > LONGEST {
            let sentence = format!(
                "{given} characters were given; {LONGEST} fit. Nothing was cut off: split the document in two."
            );
            wrong.push(("body", "Text", sentence));
        } else if body.starts_with("%PDF-") || body.contains(|c: char| c.is_control() && !"\n\t".contains(c))
        {
            let sentence = "This is not plain text. Open the document where it came from, copy its words and paste them.";
            wrong.push(("body", "Text", sentence.to_owned()));
        }
        match kind {
            Some(kind) if wrong.is_empty() => {
                Ok(NewDocument { kind, dated, title: title.to_owned(), body: body.to_owned() })
            }
            _ => Err(wrong),
        }
    }
}

/// What a document is called: `Pathology report, 2026-03-05: core biopsy`.
pub fn name(kind: &str, dated: &str, title: &str) -> String {
    let mut name = Kind::parse(kind).unwrap_or(Kind::Other).label().to_owned();
    if let Ok(date) = PartialDate::parse(dated) {
        name.push_str(&format!(", {}", date.iso()));
    }
    if !title.is_empty() {
        name.push_str(&format!(": {title}"));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &str, dated: &str, body: &str) -> Result<NewDocument, Vec<&'static str>> {
        let typed =
            Typed { kind: kind.into(), dated: dated.into(), title: " core ".into(), body: body.into() };
        let today = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        typed.read(today, SlashOrder::MonthFirst).map_err(|w| w.into_iter().map(|(f, ..)| f).collect())
    }

    #[test]
    fn a_document_is_kept_word_for_word() {
        let kept = read("pathology", "5 Mar 2026", "\r\nFINAL\r\n  a) breast\u{c}page 2\n\n").unwrap();
        assert_eq!(kept.body, "FINAL\n  a) breast\npage 2");
        assert_eq!((kept.title.as_str(), kept.kind), ("core", Kind::Pathology));
        let dated = kept.dated.map(|d| d.to_string()).unwrap_or_default();
        assert_eq!(name("pathology", &dated, "core"), "Pathology report, 2026-03-05: core");
        assert_eq!(name("imaging", "", ""), "Imaging report");
    }

    #[test]
    fn what_cannot_be_kept_is_told_field_by_field() {
        for (kind, dated, body, wrong) in [
            ("", "", "words", vec!["kind"]),
            ("fax", "", "words", vec!["kind"]),
            ("imaging", "2027", "words", vec!["dated"]),
            ("imaging", "32.1.2026", " \n ", vec!["dated", "body"]),
            ("imaging", "", "%PDF-1.7 stream", vec!["body"]),
            ("imaging", "", "a\u{0}b", vec!["body"]),
        ] {
            assert_eq!(read(kind, dated, body).unwrap_err(), wrong, "{kind} {dated} {body}");
        }
        assert_eq!(read("other", "", &"é".repeat(LONGEST + 1)).unwrap_err(), ["body"]);
        assert!(read("other", "", &"é".repeat(LONGEST)).is_ok());
    }

    #[test]
    fn every_kind_is_read_as_it_is_stored() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.word()), Some(kind));
        }
    }
}
