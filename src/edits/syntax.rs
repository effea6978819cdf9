//! Logic as read: a tree of operators and names, not yet checked against the dictionary.

use std::fmt;

/// Deepest nesting. Reading, checking and running go as deep as the tree, so this bounds the stack.
pub(super) const DEEPEST: usize = 48;

/// A part of the logic.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Character where it begins, from 0.
    pub(super) at: usize,
    /// 1 for a leaf, else one more than the deepest part.
    pub(super) depth: usize,
    pub(super) is: Syntax,
}

/// Where a node stands does not matter for what it says.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.is == other.is
    }
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Is,
    IsNot,
}

impl Relation {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Is => "is",
            Self::IsNot => "is not",
        }
    }
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Syntax {
    Text(String),
    Number(i64),
    Truth(bool),
    /// `None`.
    Nothing,
    Name(String),
    /// `t.primarySite`.
    Field(Box<Node>, String),
    /// `x.lower()`.
    Method(Box<Node>, String),
    Call(String, Vec<Node>),
    Tuple(Vec<Node>),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Compare(Box<Node>, Vec<(Relation, Node)>),
    /// Terms; `true` for one that is taken away. The first is never taken away.
    Sum(Vec<(bool, Node)>),
    Product(Vec<Node>),
    Index(Box<Node>, usize),
    Slice(Box<Node>, Option<usize>, Option<usize>),
    /// `f(x) for x in … if …`.
    Each(Box<Each>),
    /// `{f(x) for x in …}`.
    Distinct(Box<Each>),
}

/// The part of a loop expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Each {
    pub(super) element: Node,
    /// One or more.
    pub(super) loops: Vec<Loop>,
}

/// `for names in over if condition …`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Loop {
    pub(super) names: Vec<String>,
    pub(super) over: Node,
    pub(super) conditions: Vec<Node>,
}

impl Each {
    fn depth(&self) -> usize {
        self.loops
            .iter()
            .flat_map(|l| std::iter::once(&l.over).chain(&l.conditions))
            .chain([&self.element])
            .map(|n| n.depth)
            .max()
            .unwrap_or(0)
    }
}

impl Syntax {
    /// Depth of a node of this kind.
    pub(super) fn depth(&self) -> usize {
        let deepest = |nodes: &[Node]| nodes.iter().map(|n| n.depth).max().unwrap_or(0);
        1 + match self {
            Self::Text(_) | Self::Number(_) | Self::Truth(_) | Self::Nothing | Self::Name(_) => 0,
            Self::Field(n, _) | Self::Method(n, _) | Self::Not(n) => n.depth,
            Self::Index(n, _) | Self::Slice(n, _, _) => n.depth,
            Self::Call(_, nodes)
            | Self::Tuple(nodes)
            | Self::And(nodes)
            | Self::Or(nodes)
            | Self::Product(nodes) => deepest(nodes),
            Self::Compare(first, rest) => {
                rest.iter().map(|(_, n)| n.depth).fold(first.depth, |a, b| a.max(b))
            }
            Self::Sum(terms) => terms.iter().map(|(_, n)| n.depth).max().unwrap_or(0),
            Self::Each(each) | Self::Distinct(each) => each.depth(),
        }
    }
}

/// Prints logic that reads back as the same tree. Every compound operand stands in brackets.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.is {
            Syntax::Text(text) => quoted(text, f),
            Syntax::Number(number) => write!(f, "{number}"),
            Syntax::Truth(true) => f.write_str("True"),
            Syntax::Truth(false) => f.write_str("False"),
            Syntax::Nothing => f.write_str("None"),
            Syntax::Name(name) => f.write_str(name),
            Syntax::Field(of, name) => write!(f, "{}.{name}", Operand(of)),
            Syntax::Method(of, name) => write!(f, "{}.{name}()", Operand(of)),
            Syntax::Call(name, arguments) => {
                write!(f, "{name}(")?;
                list(arguments, f)?;
                f.write_str(")")
            }
            Syntax::Tuple(members) => {
                f.write_str("(")?;
                list(members, f)?;
                f.write_str(if members.len() == 1 { ",)" } else { ")" })
            }
            Syntax::Not(n) => write!(f, "not {}", Operand(n)),
            Syntax::And(parts) => joined(parts, " and ", f),
            Syntax::Or(parts) => joined(parts, " or ", f),
            Syntax::Compare(first, rest) => {
                write!(f, "{}", Operand(first))?;
                rest.iter().try_for_each(|(r, n)| write!(f, " {} {}", r.words(), Operand(n)))
            }
            Syntax::Sum(terms) => terms.iter().enumerate().try_for_each(|(nth, (minus, n))| {
                let sign = if *minus { " - " } else { " + " };
                write!(f, "{}{}", if nth == 0 { "" } else { sign }, Operand(n))
            }),
            Syntax::Product(parts) => joined(parts, " * ", f),
            Syntax::Index(of, at) => write!(f, "{}[{at}]", Operand(of)),
            Syntax::Slice(of, from, to) => {
                let end = |n: &Option<usize>| n.map(|n| n.to_string()).unwrap_or_default();
                write!(f, "{}[{}:{}]", Operand(of), end(from), end(to))
            }
            Syntax::Each(each) => write!(f, "{each}"),
            Syntax::Distinct(each) => write!(f, "{{{each}}}"),
        }
    }
}

impl fmt::Display for Each {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Operand(&self.element))?;
        for l in &self.loops {
            write!(f, " for {} in {}", l.names.join(", "), Operand(&l.over))?;
            l.conditions.iter().try_for_each(|c| write!(f, " if {}", Operand(c)))?;
        }
        Ok(())
    }
}

/// A node as part of another.
struct Operand<'a>(&'a Node);

impl fmt::Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let compound = matches!(
            self.0.is,
            Syntax::Not(_)
                | Syntax::And(_)
                | Syntax::Or(_)
                | Syntax::Compare(..)
                | Syntax::Sum(_)
                | Syntax::Product(_)
        );
        if compound { write!(f, "({})", self.0) } else { write!(f, "{}", self.0) }
    }
}

fn list(nodes: &[Node], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    nodes.iter().enumerate().try_for_each(|(nth, n)| write!(f, "{}{n}", if nth == 0 { "" } else { ", " }))
}

fn joined(nodes: &[Node], between: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    nodes
        .iter()
        .enumerate()
        .try_for_each(|(nth, n)| write!(f, "{}{}", if nth == 0 { "" } else { between }, Operand(n)))
}

fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("'")?;
    for c in text.chars() {
        if matches!(c, '\\' | '\'') {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    f.write_str("'")
}
