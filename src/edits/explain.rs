//! What a failure says to a registrar: what clashes, why, and what would settle it.
//!
//! Fixes are read off the logic: each is a condition on an item that, if met, would make the edit pass or
//! not apply. A condition that already holds is left out. Nothing is said that the logic does not say.

use super::{
    dates::DateRelation,
    edit::{Edit, EditLevel, Severity},
    judge::{Parameters, Words},
    pack::EditSet,
    run::{Machine, Sheet},
    tree::{Number, Order, Parameter, Slot, Text, Truth},
};
use crate::dictionary::{Dictionary, Items, names};

/// One thing to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// XML id of the item to go to.
    pub item: &'static str,
    /// Its name on the screen.
    pub label: &'static str,
    /// What it holds now; blank when nothing.
    pub holds: String,
    /// What would settle it, or that it should be reviewed.
    pub words: String,
}

/// What a failure says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What clashes: the edit's message.
    pub message: String,
    /// Which rule says so, and for which years of diagnosis.
    pub why: String,
    /// Years of diagnosis the edit is for, first and last, where its guard says so.
    pub years: (Option<i64>, Option<i64>),
    /// What would settle it, the nearest first. Items that are read but not in any fix follow as “review”.
    pub fixes: Vec<Fix>,
}

/// Most alternatives told.
const MOST: usize = 8;

pub(super) fn explain(
    set: &EditSet,
    edit: &Edit,
    values: &[(&'static str, String)],
    parameters: &Parameters,
) -> Explanation {
    let years = years(set, &edit.applies);
    let kind = if edit.severity == Severity::Error { "error" } else { "warning" };
    let when = match years {
        (Some(from), Some(until)) if from == until => format!(", for diagnoses of {from}"),
        (Some(from), Some(until)) => format!(", for diagnoses from {from} to {until}"),
        (Some(from), None) => format!(", for diagnoses from {from}"),
        (None, Some(until)) => format!(", for diagnoses to {until}"),
        (None, None) => String::new(),
    };
    let mut why = format!(
        "{}: rule {} version {} on {}{when} ({kind}).",
        edit.name,
        edit.id,
        edit.version,
        edit.subject()
    );
    if !edit.rule.is_empty() {
        why = format!(
            "{}: local rule {} version {}{when} ({kind}). {}",
            edit.name, edit.id, edit.version, edit.rule
        );
    }
    if let Some(o) = &edit.over_ride {
        let label = Dictionary::label(o.item);
        why.push_str(&format!(" If the record is right, {label} {} clears it.", o.values.join(" or ")));
    }
    let words = Words::of(parameters);
    let nobody = Items::default();
    let sheet = Sheet {
        own: set
            .slots
            .ids()
            .iter()
            .map(|id| values.iter().find(|(v, _)| v == id).map_or("", |(_, t)| t))
            .collect(),
        ids: set.slots.ids(),
        patient: &nobody,
        tumors: &[],
        others: &[],
        today: &words.today,
        reference_date: &words.reference_date,
        pathchart: words.pathchart.as_deref(),
    };
    let mut fixes = Fixes { set, sheet: &sheet, steps: parameters.steps, found: Vec::new() };
    if edit.level != EditLevel::RecordSet {
        fixes.wish(&edit.failing, false);
        fixes.wish(&edit.applies, false);
    }
    fixes.found.truncate(MOST);
    for slot in edit.about.iter().chain(&edit.reads) {
        if !fixes.found.iter().any(|f| f.item == set.slots.id(*slot)) {
            fixes.add(*slot, "review".to_owned());
        }
    }
    Explanation { message: edit.message.clone(), why, years, fixes: fixes.found }
}

/// Years of diagnosis a guard asks for.
fn years(set: &EditSet, guard: &Truth) -> (Option<i64>, Option<i64>) {
    let is_year = |n: &Number| match n {
        Number::Year(date) => {
            matches!(**date, Text::Item(slot) if set.slots.id(slot) == names::DATE_OF_DIAGNOSIS)
        }
        _ => false,
    };
    let (mut from, mut until): (Option<i64>, Option<i64>) = (None, None);
    let parts = match guard {
        Truth::And(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    for part in parts {
        let Truth::Numbers(first, rest) = part else { continue };
        let mut left = first;
        for (order, right) in rest {
            let (order, bound) = match (left, right) {
                (year, Number::Literal(bound)) if is_year(year) => (*order, *bound),
                (Number::Literal(bound), year) if is_year(year) => (flipped(*order), *bound),
                _ => {
                    left = right;
                    continue;
                }
            };
            match order {
                Order::Equal => (from, until) = (Some(bound), Some(bound)),
                Order::Greater if bound > 0 => from = Some(bound + 1),
                Order::GreaterOrEqual if bound > 1 => from = Some(bound),
                Order::Less => until = Some(bound - 1),
                Order::LessOrEqual => until = Some(bound),
                _ => {}
            }
            left = right;
        }
    }
    (from, until)
}

fn flipped(order: Order) -> Order {
    match order {
        Order::Less => Order::Greater,
        Order::LessOrEqual => Order::GreaterOrEqual,
        Order::Greater => Order::Less,
        Order::GreaterOrEqual => Order::LessOrEqual,
        same => same,
    }
}

struct Fixes<'a> {
    set: &'a EditSet,
    sheet: &'a Sheet<'a>,
    steps: u32,
    found: Vec<Fix>,
}

impl<'a> Fixes<'a> {
    fn label(&self, slot: Slot) -> &'static str {
        Dictionary::label(self.set.slots.id(slot))
    }

    fn add(&mut self, slot: Slot, words: String) {
        let item = self.set.slots.id(slot);
        let fix = Fix { item, label: Dictionary::label(item), holds: self.sheet.own(slot).to_owned(), words };
        if !self.found.contains(&fix) {
            self.found.push(fix);
        }
    }

    /// Tells what would make a condition come out as wanted.
    fn wish(&mut self, truth: &'a Truth, wanted: bool) {
        if Machine::new(self.sheet, self.steps).truth(truth) == Ok(wanted) {
            return;
        }
        match truth {
            Truth::Not(inner) => self.wish(inner, !wanted),
            Truth::And(parts) | Truth::Or(parts) => parts.iter().for_each(|p| self.wish(p, wanted)),
            other => {
                if let Some((slot, words)) = self.leaf(other, wanted) {
                    self.add(slot, words);
                }
            }
        }
    }

    fn leaf(&self, truth: &Truth, wanted: bool) -> Option<(Slot, String)> {
        let other = if wanted { "" } else { "not " };
        match truth {
            Truth::Listed(text, list) => {
                place(text, |what| format!("{what}{other}one of {}", list.written()))
            }
            Truth::Sites(text, list) => place(text, |what| format!("{what}{other}one of {}", list.written())),
            Truth::Histologies(text, list) => {
                place(text, |what| format!("{what}{other}one of {}", list.written()))
            }
            Truth::TextIn(text, members, among) => {
                let members: Vec<String> = members.iter().map(shown).collect::<Option<_>>()?;
                let other = if wanted == *among { "" } else { "not " };
                place(text, |what| match members.as_slice() {
                    [one] => format!("{what}{other}{one}"),
                    _ => format!("{what}{other}one of {}", members.join(", ")),
                })
            }
            Truth::Texts(first, rest) => {
                let [(order @ (Order::Equal | Order::Unequal), second)] = rest.as_slice() else {
                    return None;
                };
                let other = if wanted == (*order == Order::Equal) { "" } else { "not " };
                match second {
                    Text::Literal(value) => place(first, |what| {
                        format!("{what}{other}{}", if value.is_empty() { "blank" } else { value })
                    }),
                    Text::Item(slot) => {
                        place(first, |what| format!("{what}{other}the same as {}", self.label(*slot)))
                    }
                    _ => None,
                }
            }
            Truth::Blank(text) => {
                place(text, |what| format!("{what}{}", if wanted { "blank" } else { "not blank" }))
            }
            Truth::Range(text, Number::Literal(low), Number::Literal(high)) => {
                place(text, |what| format!("{what}{other}a number from {low} to {high}"))
            }
            Truth::ValidDate(text) if wanted => place(text, |what| format!("{what}a date of the calendar")),
            Truth::InTopography(text) if wanted => place(text, |what| format!("{what}a site of ICD-O-3")),
            Truth::InHistologies(text, _) if wanted => {
                place(text, |what| format!("{what}a histology of ICD-O-3 for the year of diagnosis"))
            }
            Truth::Dates(relation, first, second) if !wanted => {
                let second = match second {
                    Text::Item(slot) => self.label(*slot).to_owned(),
                    Text::Parameter(Parameter::Today) => "today".to_owned(),
                    Text::Parameter(Parameter::ReferenceDate) => "the reference date".to_owned(),
                    Text::Literal(day) => day.to_string(),
                    _ => return None,
                };
                place(first, |what| match relation {
                    DateRelation::Before => format!("{what}not before {second}"),
                    DateRelation::After => format!("{what}not after {second}"),
                    DateRelation::Different => format!("{what}the same as {second}"),
                })
            }
            _ => None,
        }
    }
}

/// The item a text is, or is part of, with the words for it.
fn place(text: &Text, words: impl Fn(&str) -> String) -> Option<(Slot, String)> {
    match text {
        Text::Item(slot) => Some((*slot, words(""))),
        Text::Slice(of, from, to) => match (&**of, to) {
            (Text::Item(slot), Some(to)) if *to == from + 1 => {
                Some((*slot, words(&format!("character {}: ", from + 1))))
            }
            (Text::Item(slot), Some(to)) => {
                Some((*slot, words(&format!("characters {} to {to}: ", from + 1))))
            }
            (Text::Item(slot), None) => Some((*slot, words(&format!("from character {}: ", from + 1)))),
            _ => None,
        },
        _ => None,
    }
}

fn shown(text: &Text) -> Option<String> {
    match text {
        Text::Literal(value) if value.is_empty() => Some("blank".to_owned()),
        Text::Literal(value) => Some(value.to_string()),
        _ => None,
    }
}
