//! The functions of the language. There are no others, and a pack cannot make one.

use super::{
    check::{Checker, Value},
    dates::DateRelation,
    lists::{CodeList, HistologyList, SiteList},
    pattern::Pattern,
    problem::{Problem, nearest},
    syntax::{Each as Source, Node, Syntax},
    tree::{Each, Edge, Number, Rows, Text, Truth},
};
use crate::recodes::PairVerdict;

/// Name and use of each function, as refusals and the manual show them.
pub const FUNCTIONS: [(&str, &str); 32] = [
    ("abs", "abs(number)"),
    ("age_max", "age_max(birth, date)"),
    ("age_min", "age_min(birth, date)"),
    ("all", "all(condition for x in list)"),
    ("any", "any(condition for x in list)"),
    ("blank", "blank(x)"),
    ("days", "days(from, to)"),
    ("dgt", "dgt(date, date)"),
    ("dlt", "dlt(date, date)"),
    ("dne", "dne(date, date)"),
    ("first", "first(date)"),
    ("hists", "hists(histology, '8010-8046 9140')"),
    ("in_hist", "in_hist(histology) or in_hist(histology, date of diagnosis)"),
    ("in_topo", "in_topo(site)"),
    ("inl", "inl(x, '00 10-14 99')"),
    ("int", "int(x)"),
    ("last", "last(date)"),
    ("len", "len(x), len(T), len({x for …}) or len(x for …)"),
    ("match", "match(x, 'pattern')"),
    ("max", "max(x for x in list)"),
    ("min", "min(x for x in list)"),
    ("npi_ok", "npi_ok(x)"),
    ("num", "num(x)"),
    ("pair_impossible", "pair_impossible(site, histology, behavior, date of diagnosis)"),
    ("pair_unlikely", "pair_unlikely(site, histology, behavior, date of diagnosis)"),
    ("plus_months", "plus_months(date, number)"),
    ("rng", "rng(x, low, high)"),
    ("sites", "sites(site, 'C180-C189 C199')"),
    ("sum", "sum(number or condition for x in list)"),
    ("valid_date", "valid_date(date)"),
    ("words", "words(x)"),
    ("yr", "yr(date)"),
];

/// Checks a call.
///
/// # Errors
/// A function that is not in the table, the wrong number or kind of arguments, a list or pattern that
/// cannot be read.
pub(super) fn call(c: &mut Checker<'_>, at: usize, name: &str, given: &[Node]) -> Result<Value, Problem> {
    let number = |n| Ok(Value::Number(n));
    let truth = |t| Ok(Value::Truth(t));
    match (name, given) {
        ("blank", [x]) => truth(Truth::Blank(c.text(x)?)),
        ("inl", [x, list]) => truth(Truth::Listed(c.text(x)?, read(list, CodeList::read)?)),
        ("sites", [x, list]) => truth(Truth::Sites(c.text(x)?, read(list, SiteList::read)?)),
        ("hists", [x, list]) => truth(Truth::Histologies(c.text(x)?, read(list, HistologyList::read)?)),
        ("match", [x, pattern]) => truth(Truth::Match(c.text(x)?, read(pattern, Pattern::read)?)),
        ("rng", [x, low, high]) => truth(Truth::Range(c.text(x)?, c.number(low)?, c.number(high)?)),
        ("num" | "int", [x]) => number(Number::Read(Box::new(c.text(x)?))),
        ("yr", [d]) => number(Number::Year(Box::new(c.text(d)?))),
        ("words", [x]) => number(Number::Words(Box::new(c.text(x)?))),
        ("abs", [n]) => number(Number::Abs(Box::new(c.number(n)?))),
        ("valid_date", [d]) => truth(Truth::ValidDate(c.text(d)?)),
        ("dlt", [a, b]) => truth(Truth::Dates(DateRelation::Before, c.text(a)?, c.text(b)?)),
        ("dgt", [a, b]) => truth(Truth::Dates(DateRelation::After, c.text(a)?, c.text(b)?)),
        ("dne", [a, b]) => truth(Truth::Dates(DateRelation::Different, c.text(a)?, c.text(b)?)),
        ("first", [d]) => Ok(Value::Text(Text::Day(Edge::Least, Box::new(c.text(d)?)))),
        ("last", [d]) => Ok(Value::Text(Text::Day(Edge::Most, Box::new(c.text(d)?)))),
        ("age_min", [b, d]) => number(Number::Age(Edge::Least, Box::new(c.text(b)?), Box::new(c.text(d)?))),
        ("age_max", [b, d]) => number(Number::Age(Edge::Most, Box::new(c.text(b)?), Box::new(c.text(d)?))),
        ("days", [a, b]) => number(Number::Days(Box::new(c.text(a)?), Box::new(c.text(b)?))),
        ("plus_months", [d, n]) => {
            Ok(Value::Text(Text::PlusMonths(Box::new(c.text(d)?), Box::new(c.number(n)?))))
        }
        ("in_topo", [x]) => truth(Truth::InTopography(c.text(x)?)),
        ("in_hist", [x]) => {
            let histology = c.text(x)?;
            let diagnosed = c.diagnosis_of(x, &histology)?;
            truth(Truth::InHistologies(histology, diagnosed))
        }
        ("in_hist", [x, d]) => truth(Truth::InHistologies(c.text(x)?, c.text(d)?)),
        ("pair_unlikely" | "pair_impossible", [site, histology, behavior, date]) => {
            let verdict =
                if name == "pair_unlikely" { PairVerdict::NeedsOverRide } else { PairVerdict::Impossible };
            let pair = [c.text(site)?, c.text(histology)?, c.text(behavior)?, c.text(date)?];
            truth(Truth::Pair(verdict, Box::new(pair)))
        }
        ("npi_ok", [x]) => truth(Truth::Npi(c.text(x)?)),
        ("any" | "all", [one]) => {
            let each = c.each(source(name, one)?, Checker::truth)?;
            truth(if name == "any" { Truth::Any(Box::new(each)) } else { Truth::All(Box::new(each)) })
        }
        ("sum", [one]) => {
            let each = c.each(source(name, one)?, Checker::value)?;
            match each.element {
                Value::Number(element) => number(Number::Total(with(each.loops, element))),
                Value::Truth(element) => number(Number::Times(with(each.loops, element))),
                _ => Err(Problem::new(one.at, "“sum” adds numbers, or counts how often a condition holds.")),
            }
        }
        ("min" | "max", [one]) => {
            let edge = if name == "min" { Edge::Least } else { Edge::Most };
            let each = c.each(source(name, one)?, Checker::value)?;
            match each.element {
                Value::Number(element) => number(Number::Edge(edge, with(each.loops, element))),
                Value::Text(element) => Ok(Value::Text(Text::Edge(edge, with(each.loops, element)))),
                _ => Err(Problem::new(one.at, format!("“{name}” compares texts or numbers."))),
            }
        }
        ("len", [one]) => length(c, one),
        _ => Err(refused(at, name, given.len())),
    }
}

fn with<T>(loops: Vec<super::tree::Loop>, element: T) -> Box<Each<T>> {
    Box::new(Each { loops, element })
}

fn length(c: &mut Checker<'_>, one: &Node) -> Result<Value, Problem> {
    let is = match &one.is {
        Syntax::Each(each) => {
            let each = c.each(each, Checker::value)?;
            Number::Count(with(each.loops, Truth::Literal(true)))
        }
        Syntax::Distinct(each) => {
            let each = c.each(each, Checker::value)?;
            match each.element {
                Value::Number(element) => Number::DistinctNumbers(with(each.loops, element)),
                Value::Text(element) => Number::DistinctTexts(with(each.loops, element)),
                _ => return Err(Problem::new(one.at, "A set holds texts or numbers.")),
            }
        }
        _ => match c.value(one)? {
            Value::Text(text) => Number::Length(Box::new(text)),
            Value::Rows(rows @ (Rows::Tumors | Rows::Others)) => Number::Rows(rows),
            _ => {
                return Err(Problem::new(one.at, "“len” counts characters, tumors or the turns of a “for”."));
            }
        },
    };
    Ok(Value::Number(is))
}

/// Reads a list or pattern, which must stand there as a text.
fn read<T>(node: &Node, read: impl Fn(&str) -> Result<T, String>) -> Result<T, Problem> {
    let Syntax::Text(text) = &node.is else {
        let what = "A text between quotes is needed here, since it is read when the edit is loaded.";
        return Err(Problem::new(node.at, what));
    };
    read(text).map_err(|what| Problem::new(node.at, what))
}

fn source<'n>(name: &str, node: &'n Node) -> Result<&'n Source, Problem> {
    match &node.is {
        Syntax::Each(each) => Ok(each),
        _ => Err(Problem::new(node.at, format!("“{name}” takes “… for x in …”."))),
    }
}

fn refused(at: usize, name: &str, given: usize) -> Problem {
    let known = || FUNCTIONS.iter();
    match known().find(|(known, _)| *known == name) {
        Some((_, written)) => {
            Problem::new(at, format!("“{name}” is given {given} arguments. It is written {written}."))
        }
        None if name == "enumerate" => {
            Problem::new(at, "“enumerate” stands only in “for i, t in enumerate(T)”.")
        }
        None => {
            let near = nearest(name, known().map(|(known, _)| *known));
            Problem::new(at, format!("There is no function “{name}”. The nearest names: {near}."))
        }
    }
}
