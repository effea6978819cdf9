//! Words to a tree, by recursive descent. Nothing is looked up here.

use super::{
    problem::Problem,
    syntax::{DEEPEST, Each, Loop, Node, Relation, Syntax},
    token::{Token, Word, words},
};

/// Words that are no names.
const KEYWORDS: [&str; 10] = ["and", "or", "not", "in", "is", "for", "if", "True", "False", "None"];

/// Reads logic.
///
/// # Errors
/// The first place that cannot be read, with what may stand there.
pub(super) fn parse(logic: &str) -> Result<Node, Problem> {
    let words = words(logic)?;
    let mut parser = Parser { words: &words, at: 0, open: 0 };
    let node = parser.expression()?;
    match parser.peek() {
        Word::End => Ok(node),
        other => Err(parser.here(format!("{} is not expected here; the logic could end.", other.shown()))),
    }
}

struct Parser<'a> {
    words: &'a [Token],
    at: usize,
    /// Calls of [`Parser::expression`] and prefixes that are open, so that brackets are no way around the depth.
    open: usize,
}

type Read = Result<Node, Problem>;

fn node(at: usize, is: Syntax) -> Read {
    let depth = is.depth();
    if depth > DEEPEST {
        return Err(too_deep(at));
    }
    Ok(Node { at, depth, is })
}

fn too_deep(at: usize) -> Problem {
    Problem::new(at, format!("The logic is nested too deeply. Allowed: {DEEPEST} levels."))
}

impl Parser<'_> {
    fn peek(&self) -> &Word {
        self.words.get(self.at).map_or(&Word::End, |t| &t.what)
    }

    fn peek_next(&self) -> &Word {
        self.words.get(self.at + 1).map_or(&Word::End, |t| &t.what)
    }

    /// Character of the next word.
    fn place(&self) -> usize {
        self.words.get(self.at).or(self.words.last()).map_or(0, |t| t.at)
    }

    fn here(&self, what: impl Into<String>) -> Problem {
        Problem::new(self.place(), what)
    }

    fn is_mark(&self, mark: &str) -> bool {
        matches!(self.peek(), Word::Mark(m) if *m == mark)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Word::Name(w) if w == word)
    }

    fn takes_mark(&mut self, mark: &str) -> bool {
        let is = self.is_mark(mark);
        self.at += usize::from(is);
        is
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is = self.is_word(word);
        self.at += usize::from(is);
        is
    }

    fn expect(&mut self, mark: &str) -> Result<(), Problem> {
        if self.takes_mark(mark) {
            return Ok(());
        }
        Err(self.here(format!("“{mark}” is expected here, not {}.", self.peek().shown())))
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Read) -> Read {
        if self.open >= DEEPEST {
            return Err(too_deep(self.place()));
        }
        self.open += 1;
        let found = read(self);
        self.open -= 1;
        found
    }

    fn expression(&mut self) -> Read {
        self.deeper(Self::or)
    }

    fn or(&mut self) -> Read {
        self.series("or", Self::and, Syntax::Or)
    }

    fn and(&mut self) -> Read {
        self.series("and", Self::not, Syntax::And)
    }

    fn series(
        &mut self,
        word: &str,
        part: impl Fn(&mut Self) -> Read,
        join: impl Fn(Vec<Node>) -> Syntax,
    ) -> Read {
        let at = self.place();
        let first = part(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.takes_word(word) {
            parts.push(part(self)?);
        }
        node(at, join(parts))
    }

    fn not(&mut self) -> Read {
        let at = self.place();
        if self.takes_word("not") {
            let negated = self.deeper(Self::not)?;
            return node(at, Syntax::Not(Box::new(negated)));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Read {
        let at = self.place();
        let first = self.sum()?;
        let mut rest = Vec::new();
        while let Some(relation) = self.relation() {
            rest.push((relation, self.sum()?));
        }
        if rest.is_empty() { Ok(first) } else { node(at, Syntax::Compare(Box::new(first), rest)) }
    }

    fn relation(&mut self) -> Option<Relation> {
        let (relation, length) = match (self.peek(), self.peek_next()) {
            (Word::Mark("=="), _) => (Relation::Equal, 1),
            (Word::Mark("!="), _) => (Relation::Unequal, 1),
            (Word::Mark("<"), _) => (Relation::Less, 1),
            (Word::Mark("<="), _) => (Relation::LessOrEqual, 1),
            (Word::Mark(">"), _) => (Relation::Greater, 1),
            (Word::Mark(">="), _) => (Relation::GreaterOrEqual, 1),
            (Word::Name(a), Word::Name(b)) if a == "not" && b == "in" => (Relation::NotIn, 2),
            (Word::Name(a), Word::Name(b)) if a == "is" && b == "not" => (Relation::IsNot, 2),
            (Word::Name(a), _) if a == "in" => (Relation::In, 1),
            (Word::Name(a), _) if a == "is" => (Relation::Is, 1),
            _ => return None,
        };
        self.at += length;
        Some(relation)
    }

    fn sum(&mut self) -> Read {
        let at = self.place();
        let mut terms = vec![(false, self.product()?)];
        loop {
            let minus = self.is_mark("-");
            if !minus && !self.is_mark("+") {
                break;
            }
            self.at += 1;
            terms.push((minus, self.product()?));
        }
        match terms.len() {
            1 => terms.pop().map(|(_, only)| only).ok_or_else(|| self.here("Something is missing here.")),
            _ => node(at, Syntax::Sum(terms)),
        }
    }

    fn product(&mut self) -> Read {
        let at = self.place();
        let first = self.postfix()?;
        if !self.is_mark("*") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.takes_mark("*") {
            parts.push(self.postfix()?);
        }
        node(at, Syntax::Product(parts))
    }

    fn postfix(&mut self) -> Read {
        let at = self.place();
        let mut of = self.primary()?;
        loop {
            if self.takes_mark(".") {
                let name = self.name("the name of an item or a method")?;
                let is = if self.takes_mark("(") {
                    self.expect(")")?;
                    Syntax::Method(Box::new(of), name)
                } else {
                    Syntax::Field(Box::new(of), name)
                };
                of = node(at, is)?;
            } else if self.takes_mark("[") {
                of = self.cut(at, of)?;
            } else {
                return Ok(of);
            }
        }
    }

    /// What stands between square brackets: one character, or from and to.
    fn cut(&mut self, at: usize, of: Node) -> Read {
        let from = self.whole_number();
        let is = if self.takes_mark(":") {
            let to = self.whole_number();
            Syntax::Slice(Box::new(of), from, to)
        } else {
            let from = from.ok_or_else(|| self.here("A whole number or “:” is expected here."))?;
            Syntax::Index(Box::new(of), from)
        };
        self.expect("]")?;
        node(at, is)
    }

    fn whole_number(&mut self) -> Option<usize> {
        let Word::Number(number) = self.peek() else { return None };
        let number = usize::try_from(*number).ok()?;
        self.at += 1;
        Some(number)
    }

    fn name(&mut self, wanted: &str) -> Result<String, Problem> {
        match self.peek() {
            Word::Name(name) if !KEYWORDS.contains(&name.as_str()) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            other => Err(self.here(format!("{wanted} is expected here, not {}.", other.shown()))),
        }
    }

    fn primary(&mut self) -> Read {
        let at = self.place();
        if self.takes_mark("(") {
            return self.bracket(at);
        }
        if self.takes_mark("{") {
            let element = self.expression()?;
            let each = self.each(element)?;
            self.expect("}")?;
            return node(at, Syntax::Distinct(Box::new(each)));
        }
        let is = match self.peek().clone() {
            Word::Text(text) => Syntax::Text(text),
            Word::Number(number) => Syntax::Number(number),
            Word::Name(name) => match name.as_str() {
                "True" => Syntax::Truth(true),
                "False" => Syntax::Truth(false),
                "None" => Syntax::Nothing,
                _ => {
                    let name = self.name("A value")?;
                    if self.takes_mark("(") {
                        let arguments = self.arguments()?;
                        return node(at, Syntax::Call(name, arguments));
                    }
                    return node(at, Syntax::Name(name));
                }
            },
            other => return Err(self.here(format!("A value is expected here, not {}.", other.shown()))),
        };
        self.at += 1;
        node(at, is)
    }

    /// After an opening bracket: a tuple, or something in brackets.
    fn bracket(&mut self, at: usize) -> Read {
        let first = self.expression()?;
        if self.is_word("for") {
            return Err(
                self.here("“for” stands only in any, all, sum, min, max or len, as the one argument.")
            );
        }
        if self.takes_mark(")") {
            return Ok(first);
        }
        let mut members = vec![first];
        while self.takes_mark(",") {
            if self.is_mark(")") {
                break;
            }
            members.push(self.expression()?);
        }
        self.expect(")")?;
        node(at, Syntax::Tuple(members))
    }

    /// After the opening bracket of a call.
    fn arguments(&mut self) -> Result<Vec<Node>, Problem> {
        if self.takes_mark(")") {
            return Ok(Vec::new());
        }
        let at = self.place();
        let first = self.expression()?;
        if self.is_word("for") {
            let each = self.each(first)?;
            self.expect(")")?;
            return Ok(vec![node(at, Syntax::Each(Box::new(each)))?]);
        }
        let mut arguments = vec![first];
        while self.takes_mark(",") {
            arguments.push(self.expression()?);
        }
        self.expect(")")?;
        Ok(arguments)
    }

    fn each(&mut self, element: Node) -> Result<Each, Problem> {
        let mut loops = Vec::new();
        while self.takes_word("for") {
            let mut names = vec![self.name("A name")?];
            while self.takes_mark(",") {
                names.push(self.name("A name")?);
            }
            if !self.takes_word("in") {
                return Err(self.here(format!("“in” is expected here, not {}.", self.peek().shown())));
            }
            let over = self.sum()?;
            let mut conditions = Vec::new();
            while self.takes_word("if") {
                conditions.push(self.deeper(Self::or)?);
            }
            loops.push(Loop { names, over, conditions });
        }
        if loops.is_empty() {
            return Err(self.here(format!("“for” is expected here, not {}.", self.peek().shown())));
        }
        Ok(Each { element, loops })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_bind_as_people_expect() {
        for (logic, as_if) in [
            ("a or b and not c == d", "a or (b and (not (c == d)))"),
            ("a + b * 2 - c < 3", "((a + (b * 2)) - c) < 3"),
            ("not a in (b,)", "not (a in (b,))"),
            ("x[:4] != y[1:3]", "(x[:4]) != (y[1:3])"),
            ("any(x == 1 for x in (a, b) if c or d)", "any((x == 1) for x in (a, b) if (c or d))"),
            ("0 < yr(d) <= 2022", "0 < (yr(d)) <= 2022"),
        ] {
            let (read, bracketed) = (parse(logic).unwrap(), parse(as_if).unwrap());
            let flat = |n: &Node| n.to_string();
            assert_eq!(parse(&flat(&read)).unwrap(), read, "{logic}");
            if !as_if.contains("- c)") {
                assert_eq!(read, bracketed, "{logic}");
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_where_it_stands() {
        for (logic, at) in [
            ("", 0),
            ("a b", 2),
            ("f(a", 3),
            ("(a for a in T)", 3),
            ("a ==", 4),
            ("x[", 2),
            ("x[y]", 2),
            ("{a}", 2),
            ("any(a for 1 in T)", 10),
            ("a.b(c)", 4),
        ] {
            assert_eq!(parse(logic).unwrap_err().at, at, "{logic}");
        }
    }

    #[test]
    fn nesting_has_a_bound_however_it_is_written() {
        let n = 2 * DEEPEST;
        for logic in [
            format!("{}a{}", "(".repeat(n), ")".repeat(n)),
            format!("{}a", "not ".repeat(n)),
            format!("a{}", "[1:]".repeat(n)),
            format!("{}a{}", "f(".repeat(n), ")".repeat(n)),
            format!("{}1{}", "any(x for x in ".repeat(n), ")".repeat(n)),
        ] {
            assert!(parse(&logic).unwrap_err().what.contains("nested too deeply"), "{logic}");
        }
        assert!(parse(&vec!["a"; 400].join(" and ")).is_ok(), "length is not depth");
        assert!(parse(&vec!["a"; 400].join("+")).is_ok());
    }
}
