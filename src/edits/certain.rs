//! Would an edit fail whatever is filled in yet? An edit of several items that fails only because some of
//! them are still blank is not wrong yet: it waits.
//!
//! Kleene's logic of three values: what rests on an item that is not known yet is itself not known, but
//! “no” and anything is “no”, “yes” or anything is “yes” (S. C. Kleene, Introduction to Metamathematics,
//! 1952, § 64).

use super::{
    edit::{Edit, EditLevel},
    judge::{Parameters, Record, Words},
    pack::EditSet,
    run::{Machine, Run, Stop},
    tree::{Each, Number, Over, Row, Slot, Text, Truth},
};

impl EditSet {
    /// The items among `blank` that a failing edit waits for, in the order it reads them; none when it fails
    /// whatever they turn out to be. Edits of one item and of several tumors never wait.
    pub fn waits_for(
        &self,
        edit: &Edit,
        record: &Record<'_>,
        parameters: &Parameters,
        blank: &[&str],
    ) -> Vec<&'static str> {
        if edit.level != EditLevel::InterField {
            return Vec::new();
        }
        let open: Vec<Slot> =
            edit.reads.iter().copied().filter(|slot| blank.contains(&self.slots.id(*slot))).collect();
        if open.is_empty() {
            return Vec::new();
        }
        let words = Words::of(parameters);
        let sheet = self.sheet(record, &words);
        let mut machine = Machine::new(&sheet, parameters.steps);
        let mut fails = |truth| machine.known(truth, &open);
        let certain = fails(&edit.applies) == Some(true) && fails(&edit.failing) == Some(true);
        if certain { Vec::new() } else { open.iter().map(|slot| self.slots.id(*slot)).collect() }
    }
}

impl<'r> Machine<'r, '_> {
    /// What a condition is while these items are open; `None` is “not known yet”.
    fn known(&mut self, truth: &'r Truth, open: &[Slot]) -> Option<bool> {
        match truth {
            Truth::Not(part) => self.known(part, open).map(|known| !known),
            Truth::And(parts) => self.among(parts, open, false),
            Truth::Or(parts) => self.among(parts, open, true),
            Truth::Same(a, b) => Some(self.known(a, open)? == self.known(b, open)?),
            Truth::Any(each) if in_texts(each).is_some() => self.turn_by_turn(each, open, true),
            Truth::All(each) if in_texts(each).is_some() => self.turn_by_turn(each, open, false),
            _ if truth.reads(open) => None,
            _ => settled(self.truth(truth)),
        }
    }

    /// One part that is `decides` settles it; else all must be known.
    fn among(&mut self, parts: &'r [Truth], open: &[Slot], decides: bool) -> Option<bool> {
        let mut all_known = true;
        for part in parts {
            match self.known(part, open) {
                Some(known) if known == decides => return Some(decides),
                Some(_) => {}
                None => all_known = false,
            }
        }
        all_known.then_some(!decides)
    }

    /// The same over the members of a list of texts, each known or not by itself.
    fn turn_by_turn(&mut self, each: &'r Each<Truth>, open: &[Slot], decides: bool) -> Option<bool> {
        let (member, texts, conditions) = in_texts(each)?;
        let mut all_known = true;
        for text in texts {
            let value = if text.reads(open) { Err(Stop::NoValue) } else { self.text(text) };
            let Ok(value) = value else {
                all_known = false;
                continue;
            };
            self.bind(member, super::run::Bound::Text(value));
            let counts = self.among(conditions, open, false);
            let element = if counts == Some(false) { continue } else { self.known(&each.element, open) };
            match (counts, element) {
                (Some(true), Some(known)) if known == decides => return Some(decides),
                (Some(true), Some(_)) => {}
                (None, Some(known)) if known != decides => {}
                _ => all_known = false,
            }
        }
        all_known.then_some(!decides)
    }
}

/// What cannot be computed is not known.
fn settled(found: Run<bool>) -> Option<bool> {
    found.ok()
}

/// The parts of a loop over a list of texts that has no running number and nothing within.
fn in_texts(each: &Each<Truth>) -> Option<(super::tree::Local, &[Text], &[Truth])> {
    match each.loops.as_slice() {
        [one] if one.position.is_none() => match &one.over {
            Over::Texts(texts) => Some((one.member, texts, &one.conditions)),
            Over::Rows(_) | Over::Numbers(_) => None,
        },
        _ => None,
    }
}

/// Does a part read one of these items of the patient or tumor under judgement?
trait Reads {
    fn reads(&self, open: &[Slot]) -> bool;
}

impl<T: Reads> Reads for [T] {
    fn reads(&self, open: &[Slot]) -> bool {
        self.iter().any(|part| part.reads(open))
    }
}

impl<T: Reads> Reads for Each<T> {
    fn reads(&self, open: &[Slot]) -> bool {
        let in_loop = |one: &super::tree::Loop| {
            one.conditions.reads(open)
                || match &one.over {
                    Over::Rows(_) => false,
                    Over::Texts(texts) => texts.reads(open),
                    Over::Numbers(numbers) => numbers.reads(open),
                }
        };
        self.element.reads(open) || self.loops.iter().any(in_loop)
    }
}

impl Reads for Text {
    fn reads(&self, open: &[Slot]) -> bool {
        match self {
            Self::Item(slot) => open.contains(slot),
            // Tumors of a loop hold the one under judgement, too.
            Self::Of(Row::Patient | Row::Local(_), slot) => open.contains(slot),
            Self::Literal(_) | Self::Parameter(_) | Self::Local(_) => false,
            Self::Slice(of, ..) | Self::Lower(of) | Self::Strip(of) | Self::Day(_, of) => of.reads(open),
            Self::Join(parts) | Self::FirstFilled(parts) => parts.reads(open),
            Self::PlusMonths(of, months) => of.reads(open) || months.reads(open),
            Self::Edge(_, each) => each.reads(open),
        }
    }
}

impl Reads for Number {
    fn reads(&self, open: &[Slot]) -> bool {
        match self {
            Self::Literal(_) | Self::Local(_) | Self::Rows(_) => false,
            Self::Read(of) | Self::Year(of) | Self::Length(of) | Self::Words(of) => of.reads(open),
            Self::Age(_, a, b) | Self::Days(a, b) => a.reads(open) || b.reads(open),
            Self::Abs(of) => of.reads(open),
            Self::Sum(terms) => terms.iter().any(|(_, term)| term.reads(open)),
            Self::Product(parts) => parts.reads(open),
            Self::Times(each) | Self::Count(each) => each.reads(open),
            Self::Total(each) | Self::DistinctNumbers(each) | Self::Edge(_, each) => each.reads(open),
            Self::DistinctTexts(each) => each.reads(open),
        }
    }
}

impl Reads for Truth {
    fn reads(&self, open: &[Slot]) -> bool {
        match self {
            Self::Literal(_) | Self::SameRow(..) => false,
            Self::Not(part) => part.reads(open),
            Self::And(parts) | Self::Or(parts) => parts.reads(open),
            Self::Texts(first, rest) => first.reads(open) || rest.iter().any(|(_, t)| t.reads(open)),
            Self::Numbers(first, rest) => first.reads(open) || rest.iter().any(|(_, n)| n.reads(open)),
            Self::Same(a, b) => a.reads(open) || b.reads(open),
            Self::TextIn(text, members, _) => text.reads(open) || members.reads(open),
            Self::NumberIn(number, members, _) => number.reads(open) || members.reads(open),
            Self::HasText(text) | Self::Blank(text) | Self::ValidDate(text) => text.reads(open),
            Self::HasNumber(number) => number.reads(open),
            Self::Listed(text, _) | Self::Sites(text, _) | Self::Histologies(text, _) => text.reads(open),
            Self::Match(text, _) | Self::InTopography(text) | Self::Npi(text) => text.reads(open),
            Self::Range(text, low, high) => text.reads(open) || low.reads(open) || high.reads(open),
            Self::Dates(_, a, b) | Self::InHistologies(a, b) => a.reads(open) || b.reads(open),
            Self::Pair(_, texts) => texts.reads(open),
            Self::Any(each) | Self::All(each) => each.reads(open),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dictionary::Items,
        edits::{ExampleRecord, example_parameters, shipped},
    };

    fn record(words: &[(&'static str, &str)]) -> (Items, Items) {
        let (patient, tumor): (Vec<_>, Vec<_>) = words
            .iter()
            .map(|(id, v)| (*id, (*v).to_owned()))
            .partition(|(id, _)| *id == "sexAssignedAtBirth");
        (patient.into_iter().collect(), tumor.into_iter().collect())
    }

    fn waits(edit: &str, words: &[(&'static str, &str)], blank: &[&str]) -> (bool, Vec<&'static str>) {
        let edit = shipped().edits().iter().find(|e| e.id == edit).unwrap();
        let (patient, tumor) = record(words);
        let tumors = [&tumor];
        let record = Record { patient: &patient, tumor: &tumor, tumors: &tumors, others: &[] };
        let parameters = example_parameters();
        let fails = shipped().judge_alone(edit, &record, &parameters) == Some(true);
        (fails, shipped().waits_for(edit, &record, &parameters, blank))
    }

    #[test]
    fn what_clashes_whatever_is_typed_yet_does_not_wait() {
        let ovary = [("sexAssignedAtBirth", "1"), ("primarySite", "C569"), ("dateOfDiagnosis", "20240105")];
        let (fails, waits_for) = waits("ED-SX-001", &ovary, &["histologicTypeIcdO3", "laterality"]);
        assert!(fails && waits_for.is_empty(), "{waits_for:?}");
    }

    /// With nothing open nothing waits; with everything open that is blank and read, an edit that still
    /// fails keeps failing whatever those items become.
    #[test]
    fn an_edit_that_does_not_wait_fails_with_every_value_of_what_is_open() {
        let (mut waited, mut certain) = (0, 0);
        for edit in shipped().edits().iter().filter(|e| e.level == EditLevel::InterField) {
            let example = ExampleRecord::read(&edit.fails.written, edit.level).unwrap();
            let parameters = example_parameters();
            let tumors: Vec<&Items> = example.tumors.iter().collect();
            let others: Vec<&Items> = example.others.iter().collect();
            let Some(record) = example.judged(&tumors, &others) else { continue };
            assert!(shipped().waits_for(edit, &record, &parameters, &[]).is_empty(), "{}", edit.id);
            let open: Vec<&'static str> = edit
                .ids_read(&shipped().slots)
                .into_iter()
                .filter(|id| record.patient.value(id).is_empty() && record.tumor.value(id).is_empty())
                .collect();
            if shipped().judge_alone(edit, &record, &parameters) != Some(true) || open.is_empty() {
                continue;
            }
            if !shipped().waits_for(edit, &record, &parameters, &open).is_empty() {
                waited += 1;
                continue;
            }
            certain += 1;
            for value in ["0", "1", "9", "00", "99", "999", "C509", "8500", "20200101", "20260101", "x"] {
                let mut tumor = record.tumor.clone();
                let mut patient = record.patient.clone();
                for id in &open {
                    tumor.set(*id, value);
                    patient.set(*id, value);
                }
                let tumors = [&tumor];
                let filled = Record { patient: &patient, tumor: &tumor, tumors: &tumors, others: &others };
                let still = shipped().judge_alone(edit, &filled, &parameters);
                assert_eq!(still, Some(true), "{} with {value}", edit.id);
            }
        }
        assert!(waited > 20 && certain > 5, "{waited} waited, {certain} certain");
    }
}
