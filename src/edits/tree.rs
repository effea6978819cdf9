//! Logic as run: names are places, lists and patterns are ready, and each part has one kind of value.
//!
//! A part that gives a text cannot stand where a number is wanted; that is settled when an edit is loaded.

use super::{
    dates::DateRelation,
    lists::{CodeList, HistologyList, SiteList},
    pattern::Pattern,
};
use crate::recodes::PairVerdict;

/// Place of an item among those a pack reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Slot(pub(super) u16);

/// Place of a local name.
pub(super) type Local = u8;

/// Most local names that are open at once.
pub(super) const LOCALS: usize = 8;

/// Given with a run, not by the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    Today,
    ReferenceDate,
}

/// A patient or a tumor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    Patient,
    Local(Local),
}

/// The smallest or the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Least,
    Most,
}

/// Order of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    pub(super) fn holds(self, found: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => found.is_eq(),
            Self::Unequal => found.is_ne(),
            Self::Less => found.is_lt(),
            Self::LessOrEqual => found.is_le(),
            Self::Greater => found.is_gt(),
            Self::GreaterOrEqual => found.is_ge(),
        }
    }
}

/// Gives a text.
#[derive(Clone, Debug)]
pub(super) enum Text {
    Literal(Box<str>),
    /// Of the patient and tumor under judgement.
    Item(Slot),
    Of(Row, Slot),
    Parameter(Parameter),
    Local(Local),
    /// Characters from, to before; cut off at the end of the text.
    Slice(Box<Text>, usize, Option<usize>),
    Lower(Box<Text>),
    Strip(Box<Text>),
    Join(Vec<Text>),
    /// The first that is not blank, else the last.
    FirstFilled(Vec<Text>),
    /// First or last possible day.
    Day(Edge, Box<Text>),
    PlusMonths(Box<Text>, Box<Number>),
    Edge(Edge, Box<Each<Text>>),
}

/// Gives a whole number.
#[derive(Clone, Debug)]
pub(super) enum Number {
    Literal(i64),
    Local(Local),
    /// The number a text of digits is; without value for another text.
    Read(Box<Text>),
    Year(Box<Text>),
    /// Characters.
    Length(Box<Text>),
    Words(Box<Text>),
    /// Tumors, of the patient or of others.
    Rows(Rows),
    /// Smallest or largest age at the second date of somebody born at the first.
    Age(Edge, Box<Text>, Box<Text>),
    Days(Box<Text>, Box<Text>),
    Abs(Box<Number>),
    /// `true` for a term that is taken away.
    Sum(Vec<(bool, Number)>),
    Product(Vec<Number>),
    /// How often a condition holds.
    Times(Box<Each<Truth>>),
    Total(Box<Each<Number>>),
    Count(Box<Each<Truth>>),
    DistinctTexts(Box<Each<Text>>),
    DistinctNumbers(Box<Each<Number>>),
    Edge(Edge, Box<Each<Number>>),
}

/// Gives true or false.
#[derive(Clone, Debug)]
pub(super) enum Truth {
    Literal(bool),
    Not(Box<Truth>),
    And(Vec<Truth>),
    Or(Vec<Truth>),
    /// `a < b <= c`; each neighbouring pair must hold.
    Texts(Text, Vec<(Order, Text)>),
    Numbers(Number, Vec<(Order, Number)>),
    Same(Box<Truth>, Box<Truth>),
    /// `true`: one of them; `false`: none of them.
    TextIn(Text, Box<[Text]>, bool),
    NumberIn(Number, Box<[Number]>, bool),
    /// Both are the same tumor.
    SameRow(Row, Row),
    /// `is not None`.
    HasText(Text),
    HasNumber(Number),
    Blank(Text),
    Listed(Text, CodeList),
    Range(Text, Number, Number),
    ValidDate(Text),
    Dates(DateRelation, Text, Text),
    Sites(Text, SiteList),
    Histologies(Text, HistologyList),
    Match(Text, Pattern),
    InTopography(Text),
    /// Histology, and the date of diagnosis whose year counts.
    InHistologies(Text, Text),
    /// Site, histology, behavior and date of diagnosis: is this what the tables say of them?
    Pair(PairVerdict, Box<[Text; 4]>),
    Npi(Text),
    Any(Box<Each<Truth>>),
    All(Box<Each<Truth>>),
}

/// Which tumors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// `T`: of the patient.
    Tumors,
    /// `OTHERS`: of other patients.
    Others,
}

/// What a loop goes over.
#[derive(Clone, Debug)]
pub(super) enum Over {
    Rows(Rows),
    Texts(Vec<Text>),
    Numbers(Vec<Number>),
}

/// One `for … in … if …`.
#[derive(Clone, Debug)]
pub(super) struct Loop {
    pub(super) over: Over,
    /// Where the running number goes, from 0 (`enumerate`).
    pub(super) position: Option<Local>,
    pub(super) member: Local,
    pub(super) conditions: Vec<Truth>,
}

/// An element for each turn of the loops.
#[derive(Clone, Debug)]
pub(super) struct Each<T> {
    pub(super) loops: Vec<Loop>,
    pub(super) element: T,
}
