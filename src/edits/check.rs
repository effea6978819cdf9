//! From words to logic that can run: names are looked up and kinds settled, once, when an edit is loaded.

use super::{
    functions,
    problem::{Problem, nearest},
    slots::Slots,
    syntax::{self, Node, Relation, Syntax},
    tree::{Each, LOCALS, Local, Loop, Number, Order, Over, Parameter, Row, Rows, Slot, Text, Truth},
};
use crate::dictionary::{ItemDef, Level, names};

/// How much of a patient an edit looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// One tumor with its patient: items are written by their names.
    OneTumor,
    /// All tumors of a patient: `t.item` for a tumor of `T` or `OTHERS`, `P.item` for the patient.
    AllTumors,
}

/// Checks logic that says yes or no.
///
/// # Errors
/// The first place where something unknown or of the wrong kind stands, with what is allowed.
pub(super) fn check(logic: &Node, view: View, slots: &mut Slots) -> Result<(Truth, Vec<Slot>), Problem> {
    let mut checker = Checker { slots, view, locals: Vec::new(), reads: Vec::new() };
    let truth = checker.truth(logic)?;
    Ok((truth, checker.reads))
}

/// A checked part, by kind.
pub(super) enum Value {
    Text(Text),
    Number(Number),
    Truth(Truth),
    Row(Row),
    Rows(Rows),
    Nothing,
}

impl Value {
    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Number(_) => "a number",
            Self::Truth(_) => "true or false",
            Self::Row(_) => "a patient or tumor",
            Self::Rows(_) => "a list of tumors",
            Self::Nothing => "None",
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Row,
}

pub(super) struct Checker<'a> {
    slots: &'a mut Slots,
    view: View,
    locals: Vec<(String, Kind)>,
    reads: Vec<Slot>,
}

type Checked<T> = Result<T, Problem>;

fn wrong(node: &Node, found: &Value, wanted: &str) -> Problem {
    Problem::new(node.at, format!("This is {}; {wanted} is needed here.", found.kind()))
}

impl Checker<'_> {
    pub(super) fn text(&mut self, node: &Node) -> Checked<Text> {
        match self.value(node)? {
            Value::Text(text) => Ok(text),
            other => Err(wrong(node, &other, "a text")),
        }
    }

    pub(super) fn number(&mut self, node: &Node) -> Checked<Number> {
        match self.value(node)? {
            Value::Number(number) => Ok(number),
            other => Err(wrong(node, &other, "a number")),
        }
    }

    pub(super) fn truth(&mut self, node: &Node) -> Checked<Truth> {
        match self.value(node)? {
            Value::Truth(truth) => Ok(truth),
            other => Err(wrong(node, &other, "true or false")),
        }
    }

    fn truths(&mut self, nodes: &[Node]) -> Checked<Vec<Truth>> {
        nodes.iter().map(|n| self.truth(n)).collect()
    }

    /// Any part but a list, a loop or a set, which stand only where they are asked for.
    pub(super) fn value(&mut self, node: &Node) -> Checked<Value> {
        Ok(match &node.is {
            Syntax::Text(text) => Value::Text(Text::Literal(text.as_str().into())),
            Syntax::Number(number) => Value::Number(Number::Literal(*number)),
            Syntax::Truth(truth) => Value::Truth(Truth::Literal(*truth)),
            Syntax::Nothing => Value::Nothing,
            Syntax::Name(name) => self.name(node.at, name)?,
            Syntax::Field(of, name) => Value::Text(self.field(of, node.at, name)?),
            Syntax::Method(of, name) => match name.as_str() {
                "lower" => Value::Text(Text::Lower(Box::new(self.text(of)?))),
                "strip" => Value::Text(Text::Strip(Box::new(self.text(of)?))),
                _ => {
                    let what = format!("There is no “.{name}()”. Allowed: .lower() and .strip().");
                    return Err(Problem::new(node.at, what));
                }
            },
            Syntax::Call(name, arguments) => functions::call(self, node.at, name, arguments)?,
            Syntax::Tuple(_) => {
                let what = "A list of values stands only after “in”, “not in” or “for … in”.";
                return Err(Problem::new(node.at, what));
            }
            Syntax::Not(n) => Value::Truth(Truth::Not(Box::new(self.truth(n)?))),
            Syntax::And(parts) => Value::Truth(Truth::And(self.truths(parts)?)),
            Syntax::Or(parts) => self.either(parts)?,
            Syntax::Compare(first, rest) => Value::Truth(self.comparison(first, rest)?),
            Syntax::Sum(terms) => self.sum(terms)?,
            Syntax::Product(parts) => Value::Number(Number::Product(
                parts.iter().map(|n| self.number(n)).collect::<Result<_, _>>()?,
            )),
            Syntax::Index(of, at) => {
                Value::Text(Text::Slice(Box::new(self.text(of)?), *at, Some(at.saturating_add(1))))
            }
            Syntax::Slice(of, from, to) => {
                Value::Text(Text::Slice(Box::new(self.text(of)?), from.unwrap_or(0), *to))
            }
            Syntax::Each(_) | Syntax::Distinct(_) => {
                let what = "“for” stands only in any, all, sum, min, max or len, as the one argument; {…} only in len.";
                return Err(Problem::new(node.at, what));
            }
        })
    }

    fn name(&mut self, at: usize, name: &str) -> Checked<Value> {
        if let Some(place) = self.locals.iter().position(|(known, _)| known == name) {
            let local = local(place);
            return Ok(match self.locals.get(place).map(|(_, kind)| *kind) {
                Some(Kind::Number) => Value::Number(Number::Local(local)),
                Some(Kind::Row) => Value::Row(Row::Local(local)),
                _ => Value::Text(Text::Local(local)),
            });
        }
        match (name, self.view) {
            ("TODAY", _) => return Ok(Value::Text(Text::Parameter(Parameter::Today))),
            ("REFERENCE_DATE", _) => return Ok(Value::Text(Text::Parameter(Parameter::ReferenceDate))),
            ("T", View::AllTumors) => return Ok(Value::Rows(Rows::Tumors)),
            ("OTHERS", View::AllTumors) => return Ok(Value::Rows(Rows::Others)),
            ("P", View::AllTumors) => return Ok(Value::Row(Row::Patient)),
            ("T" | "OTHERS" | "P", View::OneTumor) => {
                let what = format!("{name} is known only to edits of level record-set.");
                return Err(Problem::new(at, what));
            }
            _ => {}
        }
        let (slot, def) = self.item(at, name)?;
        if self.view == View::AllTumors {
            let of = if def.level == Level::Patient { "P" } else { "t" };
            let what = format!(
                "An edit of level record-set says whose item it means: {of}.{name}{}.",
                if of == "t" { ", where t is a tumor of T" } else { "" }
            );
            return Err(Problem::new(at, what));
        }
        self.read(slot);
        Ok(Value::Text(Text::Item(slot)))
    }

    /// The item of a name.
    fn item(&mut self, at: usize, name: &str) -> Checked<(Slot, &'static ItemDef)> {
        let unknown = |slots: &Slots, locals: &[(String, Kind)]| {
            let own = locals.iter().map(|(name, _)| name.as_str());
            let near = nearest(name, slots.known().chain(own));
            Problem::new(at, format!("There is no item “{name}”. The nearest names: {near}."))
        };
        let Some((slot, def)) = self.slots.slot(name) else {
            return Err(unknown(self.slots, &self.locals));
        };
        Ok((slot, def))
    }

    fn read(&mut self, slot: Slot) {
        if !self.reads.contains(&slot) {
            self.reads.push(slot);
        }
    }

    fn field(&mut self, of: &Node, at: usize, name: &str) -> Checked<Text> {
        let row = match self.value(of)? {
            Value::Row(row) => row,
            other => return Err(wrong(of, &other, "P, or a tumor named by “for t in T”,")),
        };
        let (slot, def) = self.item(at, name)?;
        let patient = def.level == Level::Patient;
        if patient != (row == Row::Patient) {
            let what = if patient {
                format!("“{name}” is an item of the patient. Write P.{name}.")
            } else {
                format!("“{name}” is an item of a tumor. Write t.{name}, where t is a tumor of T.")
            };
            return Err(Problem::new(at, what));
        }
        self.read(slot);
        Ok(Text::Of(row, slot))
    }

    /// The date of diagnosis that belongs to a text: of the same tumor.
    pub(super) fn diagnosis_of(&mut self, node: &Node, text: &Text) -> Checked<Text> {
        let (slot, _) = self.item(node.at, names::DATE_OF_DIAGNOSIS)?;
        match (text, self.view) {
            (Text::Of(row @ Row::Local(_), _), _) => Ok(Text::Of(*row, slot)),
            (_, View::OneTumor) => Ok(Text::Item(slot)),
            (_, View::AllTumors) => {
                let what =
                    "Write the date of diagnosis as the second argument: in_hist(h, t.dateOfDiagnosis).";
                Err(Problem::new(node.at, what))
            }
        }
    }

    /// `or`: of conditions, or the first of some texts that is not blank.
    fn either(&mut self, parts: &[Node]) -> Checked<Value> {
        let Some((first, rest)) = parts.split_first() else { return Ok(Value::Truth(Truth::Literal(false))) };
        match self.value(first)? {
            Value::Text(text) => {
                let mut texts = vec![text];
                for part in rest {
                    texts.push(self.text(part)?);
                }
                Ok(Value::Text(Text::FirstFilled(texts)))
            }
            Value::Truth(truth) => {
                let mut truths = vec![truth];
                truths.extend(self.truths(rest)?);
                Ok(Value::Truth(Truth::Or(truths)))
            }
            other => Err(wrong(first, &other, "true or false, or a text,")),
        }
    }

    fn sum(&mut self, terms: &[(bool, Node)]) -> Checked<Value> {
        let Some(((_, first), rest)) = terms.split_first() else {
            return Ok(Value::Number(Number::Literal(0)));
        };
        match self.value(first)? {
            Value::Text(text) => {
                let mut texts = vec![text];
                for (minus, node) in rest {
                    if *minus {
                        return Err(Problem::new(node.at, "A text cannot be taken away. Allowed: +."));
                    }
                    texts.push(self.text(node)?);
                }
                Ok(Value::Text(Text::Join(texts)))
            }
            Value::Number(number) => {
                let mut numbers = vec![(false, number)];
                for (minus, node) in rest {
                    numbers.push((*minus, self.number(node)?));
                }
                Ok(Value::Number(Number::Sum(numbers)))
            }
            other => Err(wrong(first, &other, "a text or a number")),
        }
    }

    fn comparison(&mut self, first: &Node, rest: &[(Relation, Node)]) -> Checked<Truth> {
        if let [(relation, with)] = rest {
            match relation {
                Relation::In => return self.member(first, with, true),
                Relation::NotIn => return self.member(first, with, false),
                Relation::Is => return self.same(first, with),
                Relation::IsNot => return Ok(Truth::Not(Box::new(self.same(first, with)?))),
                _ => {}
            }
        }
        let mut orders = Vec::new();
        for (relation, with) in rest {
            let order = match relation {
                Relation::Equal => Order::Equal,
                Relation::Unequal => Order::Unequal,
                Relation::Less => Order::Less,
                Relation::LessOrEqual => Order::LessOrEqual,
                Relation::Greater => Order::Greater,
                Relation::GreaterOrEqual => Order::GreaterOrEqual,
                Relation::In | Relation::NotIn | Relation::Is | Relation::IsNot => {
                    let what = format!("“{}” cannot be part of a chain; put brackets.", relation.words());
                    return Err(Problem::new(with.at, what));
                }
            };
            orders.push((order, with));
        }
        match self.value(first)? {
            Value::Text(text) => {
                let rest =
                    orders.into_iter().map(|(o, n)| Ok((o, self.text(n)?))).collect::<Result<_, _>>()?;
                Ok(Truth::Texts(text, rest))
            }
            Value::Number(number) => {
                let rest =
                    orders.into_iter().map(|(o, n)| Ok((o, self.number(n)?))).collect::<Result<_, _>>()?;
                Ok(Truth::Numbers(number, rest))
            }
            Value::Truth(truth) => match orders.as_slice() {
                [(order @ (Order::Equal | Order::Unequal), with)] => {
                    let same = Truth::Same(Box::new(truth), Box::new(self.truth(with)?));
                    Ok(if *order == Order::Equal { same } else { Truth::Not(Box::new(same)) })
                }
                _ => Err(Problem::new(first.at, "True and false are compared by one == or != only.")),
            },
            Value::Row(_) => Err(Problem::new(first.at, "Tumors are compared by “is” and “is not”.")),
            other => Err(wrong(first, &other, "a text or a number")),
        }
    }

    /// `in (…)` and `not in (…)`.
    fn member(&mut self, first: &Node, list: &Node, among: bool) -> Checked<Truth> {
        let Syntax::Tuple(members) = &list.is else {
            let what = "A list is needed after “in”, such as ('1', '2'); of one value: ('1',).";
            return Err(Problem::new(list.at, what));
        };
        match self.value(first)? {
            Value::Text(text) => {
                let members: Vec<Text> = members.iter().map(|n| self.text(n)).collect::<Result<_, _>>()?;
                Ok(Truth::TextIn(text, members.into(), among))
            }
            Value::Number(number) => {
                let members: Vec<Number> =
                    members.iter().map(|n| self.number(n)).collect::<Result<_, _>>()?;
                Ok(Truth::NumberIn(number, members.into(), among))
            }
            other => Err(wrong(first, &other, "a text or a number")),
        }
    }

    /// `is`: the same tumor, or None.
    fn same(&mut self, first: &Node, with: &Node) -> Checked<Truth> {
        match (self.value(first)?, self.value(with)?) {
            (Value::Row(a), Value::Row(b)) => Ok(Truth::SameRow(a, b)),
            (Value::Text(text), Value::Nothing) => Ok(Truth::Not(Box::new(Truth::HasText(text)))),
            (Value::Number(number), Value::Nothing) => Ok(Truth::Not(Box::new(Truth::HasNumber(number)))),
            _ => Err(Problem::new(first.at, "“is” compares two tumors, or a text or number with None.")),
        }
    }

    /// A loop expression; the element is checked by the caller, who knows what it may be.
    pub(super) fn each<T>(
        &mut self,
        each: &syntax::Each,
        element: impl FnOnce(&mut Self, &Node) -> Checked<T>,
    ) -> Checked<Each<T>> {
        if let Some(third) = each.loops.get(2) {
            return Err(Problem::new(third.over.at, "One or two “for” are allowed."));
        }
        let open = self.locals.len();
        let loops = each.loops.iter().map(|l| self.one_loop(l)).collect::<Result<_, _>>()?;
        let element = element(self, &each.element)?;
        self.locals.truncate(open);
        Ok(Each { loops, element })
    }

    fn one_loop(&mut self, l: &syntax::Loop) -> Checked<Loop> {
        let (over, numbered) = match &l.over.is {
            Syntax::Call(name, arguments) if name == "enumerate" => match arguments.as_slice() {
                [over] => (over, true),
                _ => return Err(Problem::new(l.over.at, "“enumerate” takes one list.")),
            },
            _ => (&l.over, false),
        };
        let (over, kind) = match &over.is {
            Syntax::Tuple(members) => self.list(members)?,
            _ => match self.value(over)? {
                Value::Rows(rows) => (Over::Rows(rows), Kind::Row),
                other => return Err(wrong(over, &other, "T, OTHERS or a list of values")),
            },
        };
        let at = l.over.at;
        let (position, member) = match (l.names.as_slice(), numbered) {
            ([name], false) => (None, self.bind(at, name, kind)?),
            ([place, name], true) => (Some(self.bind(at, place, Kind::Number)?), self.bind(at, name, kind)?),
            _ => {
                let what = "One name is needed before “in”, or two with enumerate: for i, t in enumerate(T).";
                return Err(Problem::new(at, what));
            }
        };
        let conditions = self.truths(&l.conditions)?;
        Ok(Loop { over, position, member, conditions })
    }

    fn list(&mut self, members: &[Node]) -> Checked<(Over, Kind)> {
        let Some((first, rest)) = members.split_first() else {
            return Ok((Over::Texts(Vec::new()), Kind::Text));
        };
        match self.value(first)? {
            Value::Text(text) => {
                let mut texts = vec![text];
                for node in rest {
                    texts.push(self.text(node)?);
                }
                Ok((Over::Texts(texts), Kind::Text))
            }
            Value::Number(number) => {
                let mut numbers = vec![number];
                for node in rest {
                    numbers.push(self.number(node)?);
                }
                Ok((Over::Numbers(numbers), Kind::Number))
            }
            other => Err(wrong(first, &other, "a text or a number")),
        }
    }

    fn bind(&mut self, at: usize, name: &str, kind: Kind) -> Checked<Local> {
        let taken = matches!(name, "T" | "P" | "OTHERS" | "TODAY" | "REFERENCE_DATE")
            || self.locals.iter().any(|(known, _)| known == name)
            || self.slots.knows(name);
        if taken {
            return Err(Problem::new(at, format!("“{name}” already means something; take another name.")));
        }
        let place = self.locals.len();
        if place >= LOCALS {
            return Err(Problem::new(at, format!("Too many names are open here. Allowed: {LOCALS}.")));
        }
        self.locals.push((name.to_owned(), kind));
        Ok(local(place))
    }
}

/// Places of local names are counted up to [`LOCALS`].
fn local(place: usize) -> Local {
    Local::try_from(place).unwrap_or(Local::MAX)
}
