//! What comes out of a condition.

use super::{
    dates,
    run::{Bound, ENOUGH, GO_ON, Machine, Run, Stop, digits},
    tables,
    tree::{Row, Truth},
};

impl<'r> Machine<'r, '_> {
    pub(super) fn truth(&mut self, truth: &'r Truth) -> Run<bool> {
        self.spend(1)?;
        match truth {
            Truth::Literal(truth) => Ok(*truth),
            Truth::Not(truth) => Ok(!self.truth(truth)?),
            Truth::And(parts) => {
                for part in parts {
                    if !self.truth(part)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Truth::Or(parts) => {
                for part in parts {
                    if self.truth(part)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Truth::Texts(first, rest) => {
                let mut left = self.text(first)?;
                for (order, right) in rest {
                    let right = self.text(right)?;
                    if !order.holds(left.as_ref().cmp(right.as_ref())) {
                        return Ok(false);
                    }
                    left = right;
                }
                Ok(true)
            }
            Truth::Numbers(first, rest) => {
                let mut left = self.number(first)?;
                for (order, right) in rest {
                    let right = self.number(right)?;
                    if !order.holds(left.cmp(&right)) {
                        return Ok(false);
                    }
                    left = right;
                }
                Ok(true)
            }
            Truth::Same(a, b) => Ok(self.truth(a)? == self.truth(b)?),
            Truth::TextIn(text, members, among) => {
                let text = self.text(text)?;
                for member in members {
                    if self.text(member)? == text {
                        return Ok(*among);
                    }
                }
                Ok(!*among)
            }
            Truth::NumberIn(number, members, among) => {
                let number = self.number(number)?;
                for member in members {
                    if self.number(member)? == number {
                        return Ok(*among);
                    }
                }
                Ok(!*among)
            }
            Truth::SameRow(a, b) => Ok(match (a, b) {
                (Row::Patient, Row::Patient) => true,
                (Row::Local(a), Row::Local(b)) => match (self.local(*a), self.local(*b)) {
                    (Bound::Row(a, i), Bound::Row(b, j)) => (a, i) == (b, j),
                    _ => false,
                },
                _ => false,
            }),
            Truth::HasText(text) => has(self.text(text)),
            Truth::HasNumber(number) => has(self.number(number)),
            Truth::Blank(text) => Ok(self.text(text)?.is_empty()),
            Truth::Listed(text, list) => Ok(list.has(&self.text(text)?)),
            Truth::Range(text, low, high) => {
                let text = self.text(text)?;
                let (low, high) = (self.number(low)?, self.number(high)?);
                Ok(digits(&text).is_some_and(|n| low <= n && n <= high))
            }
            Truth::ValidDate(date) => Ok(dates::is_valid(&self.text(date)?)),
            Truth::Dates(relation, a, b) => {
                let (a, b) = (self.text(a)?, self.text(b)?);
                Ok(relation.holds(&a, &b))
            }
            Truth::Sites(text, list) => Ok(list.has(&self.text(text)?)),
            Truth::Histologies(text, list) => Ok(list.has(&self.text(text)?)),
            Truth::Match(text, pattern) => {
                let text = self.text(text)?;
                self.spend_on(&text)?;
                Ok(pattern.is_match(&text))
            }
            Truth::InTopography(text) => Ok(tables::is_site(&self.text(text)?)),
            Truth::InHistologies(text, date) => {
                let (text, date) = (self.text(text)?, self.text(date)?);
                Ok(tables::is_histology(&text, dates::year(&date)))
            }
            Truth::Pair(verdict, pair) => {
                let [site, histology, behavior, date] = &**pair;
                let (site, histology) = (self.text(site)?, self.text(histology)?);
                let (behavior, date) = (self.text(behavior)?, self.text(date)?);
                let year = dates::year(&date);
                let said = tables::pair(self.sheet.pathchart, [&site, &histology, &behavior], year);
                Ok(said == Some(*verdict))
            }
            Truth::Npi(text) => Ok(tables::is_npi(&self.text(text)?)),
            Truth::Any(each) => {
                let ended =
                    self.turns(each, |m, element| Ok(if m.truth(element)? { ENOUGH } else { GO_ON }))?;
                Ok(ended.is_break())
            }
            Truth::All(each) => {
                let ended =
                    self.turns(each, |m, element| Ok(if m.truth(element)? { GO_ON } else { ENOUGH }))?;
                Ok(ended.is_continue())
            }
        }
    }
}

fn has<T>(found: Run<T>) -> Run<bool> {
    match found {
        Ok(_) => Ok(true),
        Err(Stop::NoValue) => Ok(false),
        Err(stop) => Err(stop),
    }
}
