//! What goes to the central registry, as what, and what its answer means. Pure.
//!
//! Source: workflow rules of the registry, submission, correction, deletion; NAACCR Data Standards, record
//! types A (full abstract) and M (record modified since it was sent).

use std::collections::BTreeMap;

use crate::abstracting::AbstractState;

/// As what a case goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// For the first time: record type A.
    Full,
    /// Changed since it was sent: record type M.
    Modified,
    /// A line of the list of deletions.
    Deletion,
}

impl Kind {
    /// The letter kept and sent: A, M or D.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Full => "A",
            Self::Modified => "M",
            Self::Deletion => "D",
        }
    }

    /// Reads [`Kind::letter`].
    pub fn parse(letter: &str) -> Option<Self> {
        [Self::Full, Self::Modified, Self::Deletion].into_iter().find(|k| k.letter() == letter)
    }

    /// A few words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Full => "New",
            Self::Modified => "Correction",
            Self::Deletion => "Deletion",
        }
    }
}

/// What was last sent of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// As what.
    pub kind: Kind,
    /// The receiver refused it.
    pub rejected: bool,
    /// Case or patient changed since.
    pub changed: bool,
}

impl Sent {
    /// Does the receiver hold the case, as far as we know? What was refused at first never came there; of a
    /// correction or deletion that was refused the older record stays.
    fn is_there(self) -> bool {
        match self.kind {
            Kind::Full => !self.rejected,
            Kind::Modified => true,
            Kind::Deletion => self.rejected,
        }
    }
}

/// As what a case is to go out now; `None` when there is nothing to send.
///
/// `gone`: the case, or its patient, is taken out.
pub fn wanted(state: AbstractState, gone: bool, sent: Option<Sent>) -> Option<Kind> {
    let there = sent.is_some_and(Sent::is_there);
    let again = if there { Kind::Modified } else { Kind::Full };
    match state {
        _ if gone => there.then_some(Kind::Deletion),
        AbstractState::Complete => Some(again),
        AbstractState::Submitted => sent.filter(|s| s.changed || s.kind == Kind::Deletion).map(|_| again),
        _ => None,
    }
}

/// What the receiver says of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Line of the list, from 2.
    pub line: u64,
    /// Accession number, nine digits.
    pub accession: String,
    /// Sequence number, two digits.
    pub sequence: String,
    /// Taken, or refused.
    pub accepted: bool,
    /// Why, in the receiver's words.
    pub message: String,
}

/// Longest list of answers, in bytes.
pub(super) const ANSWER_BYTES: usize = 1024 * 1024;
/// Longest message kept, in characters.
const LONGEST_MESSAGE: usize = 500;

/// Reads the receiver's list: columns `accession`, `sequence`, `answer` (accepted or rejected) and
/// `message`, in any order, with commas or semicolons. All that is wrong is told at once.
///
/// # Errors
/// Sentences that name line, column, what was given and what is allowed.
pub fn read_answers(text: &str) -> Result<Vec<Answer>, Vec<String>> {
    if text.len() > ANSWER_BYTES {
        return Err(vec![format!(
            "The list has {} KiB; at most {} KiB fit.",
            text.len() >> 10,
            ANSWER_BYTES >> 10
        )]);
    }
    let text = text.trim_start_matches('\u{feff}');
    let head = text.lines().next().unwrap_or_default();
    let delimiter = if head.matches(';').count() > head.matches(',').count() { b';' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let heads = reader.headers().map_err(|e| vec![format!("The first line cannot be read: {e}.")])?.clone();
    let place = |name: &str| heads.iter().position(|h| h.trim().eq_ignore_ascii_case(name));
    let (Some(accession), Some(sequence), Some(answer)) =
        (place("accession"), place("sequence"), place("answer"))
    else {
        return Err(vec![
            "The first line must name the columns accession, sequence and answer; message may stand too."
                .to_owned(),
        ]);
    };
    let message = place("message");
    let (mut answers, mut wrong) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<(String, String), u64> = BTreeMap::new();
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(e) => {
                wrong.push(format!("A line cannot be read: {e}."));
                continue;
            }
        };
        let line = row.position().map_or(0, csv::Position::line);
        let cell = |at: usize| row.get(at).unwrap_or("").trim().to_owned();
        let number: String = cell(accession).chars().filter(|c| *c != '-').collect();
        let (sequence, said) = (cell(sequence), cell(answer).to_lowercase());
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if number.len() != 9 || !number.bytes().all(|b| b.is_ascii_digit()) {
            wrong.push(format!("Line {line}, accession: “{}” is not nine digits.", cell(accession)));
        }
        if sequence.len() != 2 || !sequence.bytes().all(|b| b.is_ascii_digit()) {
            wrong.push(format!("Line {line}, sequence: “{sequence}” is not two digits."));
        }
        if !matches!(said.as_str(), "accepted" | "rejected") {
            wrong.push(format!("Line {line}, answer: “{said}” is neither accepted nor rejected."));
        }
        let words = message.map(cell).unwrap_or_default();
        if words.chars().count() > LONGEST_MESSAGE {
            wrong.push(format!("Line {line}, message: at most {LONGEST_MESSAGE} characters fit."));
        }
        if said == "rejected" && words.is_empty() {
            wrong.push(format!("Line {line}, message: a rejected record needs the receiver's reason."));
        }
        if let Some(first) = seen.insert((number.clone(), sequence.clone()), line) {
            wrong.push(format!("Line {line}: {number} sequence {sequence} stands in line {first} already."));
        }
        answers.push(Answer {
            line,
            accession: number,
            sequence,
            accepted: said == "accepted",
            message: words,
        });
    }
    if answers.is_empty() && wrong.is_empty() {
        wrong.push("The list has no line below its first.".to_owned());
    }
    if wrong.is_empty() { Ok(answers) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sent(kind: Kind, rejected: bool, changed: bool) -> Option<Sent> {
        Some(Sent { kind, rejected, changed })
    }

    #[test]
    fn what_goes_out_as_what() {
        use AbstractState::{Complete, InProgress, Reopened, Submitted};
        use Kind::{Deletion, Full, Modified};
        for (state, gone, was, goes) in [
            (Complete, false, None, Some(Full)),
            (Complete, false, sent(Full, false, true), Some(Modified)),
            (Complete, false, sent(Full, true, true), Some(Full)),
            (Complete, false, sent(Modified, true, true), Some(Modified)),
            (Complete, false, sent(Deletion, false, true), Some(Full)),
            (Complete, false, sent(Deletion, true, true), Some(Modified)),
            (Submitted, false, sent(Full, false, false), None),
            (Submitted, false, sent(Full, false, true), Some(Modified)),
            (Submitted, false, sent(Deletion, false, false), Some(Full)),
            (Reopened, false, sent(Full, false, true), None),
            (InProgress, false, None, None),
            (InProgress, true, None, None),
            (Submitted, true, sent(Full, false, true), Some(Deletion)),
            (Reopened, true, sent(Full, false, true), Some(Deletion)),
            (Submitted, true, sent(Full, true, true), None),
            (Submitted, true, sent(Deletion, false, false), None),
            (Submitted, true, sent(Deletion, true, true), Some(Deletion)),
        ] {
            assert_eq!(wanted(state, gone, was), goes, "{state} {gone} {was:?}");
        }
    }

    #[test]
    fn answers_are_read_with_all_complaints_at_once() {
        let text = "\u{feff}Sequence;Accession;Message;Answer\n00;2026-00001;;accepted\n01;202600002;no county;REJECTED\n;;;\n";
        let read = read_answers(text).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].accession.as_str(), read[0].accepted, read[0].line), ("202600001", true, 2));
        assert_eq!((read[1].message.as_str(), read[1].accepted), ("no county", false));
        let wrong = read_answers(
            "accession,sequence,answer,message\n1,0,maybe,\n202600001,00,rejected,\n202600001,00,accepted,\n",
        )
        .unwrap_err();
        assert_eq!(wrong.len(), 5, "{wrong:?}");
        assert!(wrong[0].starts_with("Line 2, accession: “1”"), "{wrong:?}");
        assert!(read_answers("a,b\n1,2\n").unwrap_err()[0].contains("must name the columns"));
        assert_eq!(read_answers("accession,sequence,answer\n").unwrap_err().len(), 1);
        assert!(read_answers("").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_complained_of(text in "\\PC{0,200}") {
            if let Err(wrong) = read_answers(&format!("accession,sequence,answer\n{text}")) {
                prop_assert!(!wrong.is_empty());
            }
        }

        /// Nothing is sent for nothing: once sent and accepted, a case goes out again only after a change.
        #[test]
        fn what_was_sent_rests_until_it_changes(state in 0usize..10, gone: bool, modified: bool) {
            let kind = if modified { Kind::Modified } else { Kind::Full };
            let state = AbstractState::ALL[state];
            let goes = wanted(state, gone, Some(Sent { kind, rejected: false, changed: false }));
            prop_assert!(goes.is_none() || gone || state == AbstractState::Complete);
            prop_assert!(goes != Some(Kind::Full), "the receiver has it");
        }
    }
}
