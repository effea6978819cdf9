//! Running checked logic over a record, with a bound on the steps it may take.

use std::{borrow::Cow, collections::BTreeSet, ops::ControlFlow};

use super::{
    dates,
    tree::{Each, Edge, LOCALS, Local, Loop, Number, Over, Parameter, Row, Rows, Slot, Text},
};
use crate::{dictionary::Items, icdo::PathChart};

/// Most steps an edit may take on one record. An edit of one tumor takes some 20; one that compares each
/// of twenty tumors with each other some 8,000.
pub const STEPS: u32 = 100_000;

/// Why logic gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Something it needs is blank or is no number or date: the edit does not apply.
    NoValue,
    /// It would take more steps than it may.
    OutOfSteps,
}

pub(super) type Run<T> = Result<T, Stop>;

/// What logic reads.
pub(super) struct Sheet<'r> {
    /// Values of the patient and tumor under judgement, by place.
    pub(super) own: Vec<&'r str>,
    /// XML ids, by place.
    pub(super) ids: &'r [&'static str],
    pub(super) patient: &'r Items,
    pub(super) tumors: &'r [&'r Items],
    pub(super) others: &'r [&'r Items],
    pub(super) today: &'r str,
    pub(super) reference_date: &'r str,
    pub(super) pathchart: Option<&'r PathChart>,
}

impl<'r> Sheet<'r> {
    fn rows(&self, rows: Rows) -> &'r [&'r Items] {
        match rows {
            Rows::Tumors => self.tumors,
            Rows::Others => self.others,
        }
    }

    pub(super) fn own(&self, slot: Slot) -> &'r str {
        self.own.get(usize::from(slot.0)).copied().unwrap_or("")
    }
}

#[derive(Clone, Default)]
pub(super) enum Bound<'r> {
    #[default]
    Nothing,
    Text(Cow<'r, str>),
    Number(i64),
    Row(Rows, usize),
}

/// Runs one edit on one record.
pub(super) struct Machine<'r, 's> {
    pub(super) sheet: &'s Sheet<'r>,
    left: u32,
    allowed: u32,
    locals: [Bound<'r>; LOCALS],
}

pub(super) const GO_ON: ControlFlow<()> = ControlFlow::Continue(());
pub(super) const ENOUGH: ControlFlow<()> = ControlFlow::Break(());

impl<'r, 's> Machine<'r, 's> {
    pub(super) fn new(sheet: &'s Sheet<'r>, steps: u32) -> Self {
        Self { sheet, left: steps, allowed: steps, locals: Default::default() }
    }

    /// Begins anew, with this many steps.
    pub(super) fn refill(&mut self, steps: u32) {
        (self.left, self.allowed) = (steps, steps);
    }

    /// Steps taken so far; never more than allowed.
    pub(super) fn taken(&self) -> u32 {
        self.allowed - self.left
    }

    pub(super) fn spend(&mut self, steps: usize) -> Run<()> {
        match u32::try_from(steps).ok().and_then(|n| self.left.checked_sub(n)) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Stop::OutOfSteps),
        }
    }

    /// A step, and more for a long text.
    pub(super) fn spend_on(&mut self, text: &str) -> Run<()> {
        self.spend(text.len() / 32)
    }

    pub(super) fn local(&self, local: Local) -> Bound<'r> {
        self.locals.get(usize::from(local)).cloned().unwrap_or_default()
    }

    pub(super) fn bind(&mut self, local: Local, value: Bound<'r>) {
        if let Some(place) = self.locals.get_mut(usize::from(local)) {
            *place = value;
        }
    }

    fn of(&self, row: Row, slot: Slot) -> &'r str {
        let Some(id) = self.sheet.ids.get(usize::from(slot.0)) else { return "" };
        let items = match row {
            Row::Patient => Some(self.sheet.patient),
            Row::Local(local) => match self.local(local) {
                Bound::Row(rows, at) => self.sheet.rows(rows).get(at).copied(),
                _ => None,
            },
        };
        items.map_or("", |items| items.value(id))
    }

    pub(super) fn text(&mut self, text: &'r Text) -> Run<Cow<'r, str>> {
        self.spend(1)?;
        let found: Cow<'r, str> = match text {
            Text::Literal(text) => return Ok(Cow::Borrowed(text)),
            Text::Item(slot) => Cow::Borrowed(self.sheet.own(*slot)),
            Text::Of(row, slot) => Cow::Borrowed(self.of(*row, *slot)),
            Text::Parameter(Parameter::Today) => return Ok(Cow::Borrowed(self.sheet.today)),
            Text::Parameter(Parameter::ReferenceDate) => return Ok(Cow::Borrowed(self.sheet.reference_date)),
            Text::Local(local) => match self.local(*local) {
                Bound::Text(text) => text,
                _ => Cow::Borrowed(""),
            },
            Text::Slice(of, from, to) => match self.text(of)? {
                Cow::Borrowed(text) => Cow::Borrowed(cut(text, *from, *to)),
                Cow::Owned(text) => Cow::Owned(cut(&text, *from, *to).to_owned()),
            },
            Text::Lower(of) => {
                let text = self.text(of)?;
                if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
                    text
                } else {
                    Cow::Owned(text.to_lowercase())
                }
            }
            Text::Strip(of) => match self.text(of)? {
                Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
                Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
            },
            Text::Join(parts) => self.join(parts)?,
            Text::FirstFilled(parts) => {
                let mut found = Cow::Borrowed("");
                for part in parts {
                    found = self.text(part)?;
                    if !found.is_empty() {
                        break;
                    }
                }
                found
            }
            Text::Day(edge, of) => {
                let date = self.text(of)?;
                Cow::Owned(dates::day(*edge, &date).ok_or(Stop::NoValue)?)
            }
            Text::PlusMonths(of, months) => {
                let date = self.text(of)?;
                let months = self.number(months)?;
                Cow::Owned(dates::plus_months(&date, months).ok_or(Stop::NoValue)?)
            }
            Text::Edge(edge, each) => {
                let mut best: Option<Cow<'r, str>> = None;
                self.through(each, |m, element| {
                    let text = m.text(element)?;
                    if best.as_ref().is_none_or(|best| closer(*edge, &text, best)) {
                        best = Some(text);
                    }
                    Ok(())
                })?;
                best.ok_or(Stop::NoValue)?
            }
        };
        self.spend_on(&found)?;
        Ok(found)
    }

    fn join(&mut self, parts: &'r [Text]) -> Run<Cow<'r, str>> {
        let mut joined = String::new();
        for part in parts {
            let part = self.text(part)?;
            self.spend_on(&part)?;
            joined.push_str(&part);
        }
        Ok(Cow::Owned(joined))
    }

    pub(super) fn number(&mut self, number: &'r Number) -> Run<i64> {
        self.spend(1)?;
        match number {
            Number::Literal(number) => Ok(*number),
            Number::Local(local) => match self.local(*local) {
                Bound::Number(number) => Ok(number),
                _ => Err(Stop::NoValue),
            },
            Number::Read(text) => digits(&self.text(text)?).ok_or(Stop::NoValue),
            Number::Year(date) => Ok(dates::year(&self.text(date)?)),
            Number::Length(text) => Ok(count(self.text(text)?.chars().count())),
            Number::Words(text) => Ok(count(self.text(text)?.split_whitespace().count())),
            Number::Rows(rows) => Ok(count(self.sheet.rows(*rows).len())),
            Number::Age(edge, born, then) => {
                let (born, then) = (self.text(born)?, self.text(then)?);
                dates::age(*edge, &born, &then).ok_or(Stop::NoValue)
            }
            Number::Days(from, to) => {
                let (from, to) = (self.text(from)?, self.text(to)?);
                dates::days(&from, &to).ok_or(Stop::NoValue)
            }
            Number::Abs(number) => self.number(number)?.checked_abs().ok_or(Stop::NoValue),
            Number::Sum(terms) => {
                let mut sum = 0_i64;
                for (minus, term) in terms {
                    let term = self.number(term)?;
                    sum = if *minus { sum.checked_sub(term) } else { sum.checked_add(term) }
                        .ok_or(Stop::NoValue)?;
                }
                Ok(sum)
            }
            Number::Product(parts) => {
                let mut product = 1_i64;
                for part in parts {
                    product = product.checked_mul(self.number(part)?).ok_or(Stop::NoValue)?;
                }
                Ok(product)
            }
            Number::Times(each) => {
                let mut times = 0;
                self.through(each, |m, element| {
                    times += i64::from(m.truth(element)?);
                    Ok(())
                })?;
                Ok(times)
            }
            Number::Total(each) => {
                let mut total = 0_i64;
                self.through(each, |m, element| {
                    total = total.checked_add(m.number(element)?).ok_or(Stop::NoValue)?;
                    Ok(())
                })?;
                Ok(total)
            }
            Number::Count(each) => {
                let mut turns = 0;
                self.through(each, |_, _| {
                    turns += 1;
                    Ok(())
                })?;
                Ok(turns)
            }
            Number::DistinctTexts(each) => {
                let mut known = BTreeSet::new();
                self.through(each, |m, element| {
                    known.insert(m.text(element)?);
                    Ok(())
                })?;
                Ok(count(known.len()))
            }
            Number::DistinctNumbers(each) => {
                let mut known = BTreeSet::new();
                self.through(each, |m, element| {
                    known.insert(m.number(element)?);
                    Ok(())
                })?;
                Ok(count(known.len()))
            }
            Number::Edge(edge, each) => {
                let mut best: Option<i64> = None;
                self.through(each, |m, element| {
                    let number = m.number(element)?;
                    if best.is_none_or(|best| closer(*edge, &number, &best)) {
                        best = Some(number);
                    }
                    Ok(())
                })?;
                best.ok_or(Stop::NoValue)
            }
        }
    }

    /// Goes through all turns of a loop expression.
    fn through<T>(
        &mut self,
        each: &'r Each<T>,
        mut turn: impl FnMut(&mut Self, &'r T) -> Run<()>,
    ) -> Run<()> {
        self.turns(each, |m, element| turn(m, element).map(|()| GO_ON)).map(|_| ())
    }

    /// Goes through the turns of a loop expression until one is enough.
    pub(super) fn turns<T>(
        &mut self,
        each: &'r Each<T>,
        mut turn: impl FnMut(&mut Self, &'r T) -> Run<ControlFlow<()>>,
    ) -> Run<ControlFlow<()>> {
        self.nested(&each.loops, &mut |m| turn(m, &each.element))
    }

    fn nested(
        &mut self,
        loops: &'r [Loop],
        turn: &mut dyn FnMut(&mut Self) -> Run<ControlFlow<()>>,
    ) -> Run<ControlFlow<()>> {
        let Some((l, inner)) = loops.split_first() else { return turn(self) };
        let members = match &l.over {
            Over::Rows(rows) => self.sheet.rows(*rows).len(),
            Over::Texts(texts) => texts.len(),
            Over::Numbers(numbers) => numbers.len(),
        };
        for at in 0..members {
            self.spend(1)?;
            let member = match &l.over {
                Over::Rows(rows) => Bound::Row(*rows, at),
                Over::Texts(texts) => {
                    texts.get(at).map(|t| self.text(t)).transpose()?.map_or_else(Bound::default, Bound::Text)
                }
                Over::Numbers(numbers) => numbers
                    .get(at)
                    .map(|n| self.number(n))
                    .transpose()?
                    .map_or_else(Bound::default, Bound::Number),
            };
            self.bind(l.member, member);
            if let Some(place) = l.position {
                self.bind(place, Bound::Number(count(at)));
            }
            let mut holds = true;
            for condition in &l.conditions {
                holds = self.truth(condition)?;
                if !holds {
                    break;
                }
            }
            if holds && self.nested(inner, turn)?.is_break() {
                return Ok(ENOUGH);
            }
        }
        Ok(GO_ON)
    }
}

fn closer<T: Ord + ?Sized>(edge: Edge, new: &T, best: &T) -> bool {
    match edge {
        Edge::Least => new < best,
        Edge::Most => new > best,
    }
}

/// Counts are of what is in memory, far below the largest number.
fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The number a text of digits is.
pub(super) fn digits(text: &str) -> Option<i64> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// Characters from, to before.
fn cut(text: &str, from: usize, to: Option<usize>) -> &str {
    let place = |nth: usize| text.char_indices().nth(nth).map_or(text.len(), |(at, _)| at);
    let (begin, end) = (place(from), to.map_or(text.len(), place));
    text.get(begin..end).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_count_characters_and_never_fail() {
        assert_eq!((cut("B200", 1, None), cut("B200", 0, Some(1))), ("200", "B"));
        assert_eq!((cut("", 1, None), cut("ab", 5, Some(9)), cut("abc", 2, Some(1))), ("", "", ""));
        assert_eq!((cut("né12", 1, Some(2)), cut("né12", 2, None)), ("é", "12"));
    }

    #[test]
    fn only_digits_are_numbers() {
        assert_eq!((digits("007"), digits("0")), (Some(7), Some(0)));
        for text in ["", " 7", "+7", "-7", "7.0", "٣", "99999999999999999999"] {
            assert_eq!(digits(text), None, "{text}");
        }
    }
}
