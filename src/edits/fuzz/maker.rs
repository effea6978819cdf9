//! Logic made by the grammar.

use super::{
    super::check::View,
    dice::{Dice, ITEMS, PATTERNS, VALUES},
};

/// Makes logic by the grammar.
pub(super) struct Maker<'a> {
    dice: &'a mut Dice,
    out: String,
    view: View,
    /// Open names and what they are: text, number or tumor.
    locals: Vec<(String, char)>,
}

const DEEP: usize = 5;

impl<'a> Maker<'a> {
    pub(super) fn new(dice: &'a mut Dice, view: View) -> Self {
        Self { dice, out: String::new(), view, locals: Vec::new() }
    }

    /// What was made.
    pub(super) fn end(self) -> String {
        self.out
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn quoted(&mut self, text: &str) {
        self.out.push('\'');
        for c in text.chars() {
            if matches!(c, '\\' | '\'') {
                self.out.push('\\');
            }
            self.out.push(c);
        }
        self.out.push('\'');
    }

    fn call(&mut self, name: &str, arguments: &[fn(&mut Self, usize)], depth: usize) {
        self.put(name);
        self.put("(");
        for (nth, argument) in arguments.iter().enumerate() {
            if nth > 0 {
                self.put(",");
            }
            argument(self, depth);
        }
        self.put(")");
    }

    fn local(&mut self, kind: char) -> Option<String> {
        let open: Vec<String> =
            self.locals.iter().filter(|(_, k)| *k == kind).map(|(n, _)| n.clone()).collect();
        let at = self.dice.below(open.len());
        open.into_iter().nth(at)
    }

    fn item(&mut self, _: usize) {
        let name = self.dice.pick(&ITEMS);
        let patient = matches!(name, "vitalStatus" | "dateOfBirth" | "nameLast");
        match (self.view, patient) {
            (View::OneTumor, _) => self.put(name),
            (View::AllTumors, true) => self.put(&format!("P.{name}")),
            (View::AllTumors, false) => match self.local('t') {
                Some(tumor) => self.put(&format!("{tumor}.{name}")),
                None => self.put("TODAY"),
            },
        }
    }

    fn text(&mut self, depth: usize) {
        let deep = depth >= DEEP;
        match self.dice.below(if deep { 5 } else { 11 }) {
            0..=2 => self.item(depth),
            3 => {
                let value = self.dice.pick(&VALUES);
                self.quoted(value);
            }
            4 => match self.local('x') {
                Some(name) => self.put(&name),
                None => self.put("REFERENCE_DATE"),
            },
            5 => {
                let (from, to) = (self.dice.below(6), self.dice.below(9));
                self.text(depth + 1);
                match self.dice.below(3) {
                    0 => self.put(&format!("[{from}]")),
                    1 => self.put(&format!("[{from}:{to}]")),
                    _ => self.put("[2:]"),
                }
            }
            6 => {
                self.put("(");
                self.text(depth + 1);
                self.put(" + ");
                self.text(depth + 1);
                self.put(")");
            }
            7 => {
                self.put("(");
                self.text(depth + 1);
                self.put(" or ");
                self.text(depth + 1);
                self.put(")");
            }
            8 => {
                self.text(depth + 1);
                let method = self.dice.pick(&[".lower()", ".strip()"]);
                self.put(method);
            }
            9 => {
                let name = self.dice.pick(&["first", "last"]);
                self.call(name, &[Self::text], depth + 1);
            }
            _ if self.dice.one_in(2) => self.call("plus_months", &[Self::text, Self::number], depth + 1),
            _ => {
                let name = self.dice.pick(&["min", "max"]);
                self.each(name, Self::text, depth);
            }
        }
    }

    fn number(&mut self, depth: usize) {
        let deep = depth >= DEEP;
        match self.dice.below(if deep { 2 } else { 12 }) {
            0 => {
                let n = self.dice.pick(&["0", "1", "2", "12", "2018", "999999999"]);
                self.put(n);
            }
            1 => match self.local('n') {
                Some(name) => self.put(&name),
                None => self.put("7"),
            },
            2 | 3 => {
                let name = self.dice.pick(&["num", "int", "yr", "words", "len"]);
                self.call(name, &[Self::text], depth + 1);
            }
            4 => {
                let name = self.dice.pick(&["days", "age_min", "age_max"]);
                self.call(name, &[Self::text, Self::text], depth + 1);
            }
            5 => self.call("abs", &[Self::number], depth + 1),
            6 | 7 => {
                let sign = self.dice.pick(&[" + ", " - ", " * "]);
                self.put("(");
                self.number(depth + 1);
                self.put(sign);
                self.number(depth + 1);
                self.put(")");
            }
            8 => self.each("sum", Self::truth, depth),
            9 => self.each("sum", Self::number, depth),
            10 => {
                let name = self.dice.pick(&["min", "max", "len"]);
                self.each(name, Self::number, depth);
            }
            _ if self.view == View::AllTumors && self.dice.one_in(2) => self.put("len(T)"),
            _ => {
                self.put("len");
                self.put("(");
                self.loops("{", Self::text, depth);
                self.put("})");
            }
        }
    }

    pub(super) fn truth(&mut self, depth: usize) {
        let deep = depth >= DEEP;
        match self.dice.below(if deep { 3 } else { 16 }) {
            0 => self.call("blank", &[Self::text], depth + 1),
            1 => self.compared(Self::text, depth),
            2 => {
                let name = self.dice.pick(&["valid_date", "in_topo", "npi_ok"]);
                self.call(name, &[Self::text], depth + 1);
            }
            3 => self.compared(Self::number, depth),
            4 | 5 => {
                let word = self.dice.pick(&[" and ", " or "]);
                self.put("(");
                self.truth(depth + 1);
                self.put(word);
                self.truth(depth + 1);
                self.put(")");
            }
            6 => {
                self.put("not ");
                self.truth(depth + 1);
            }
            7 => {
                let name = self.dice.pick(&["dlt", "dgt", "dne", "in_hist"]);
                self.call(name, &[Self::text, Self::text], depth + 1);
            }
            8 if self.dice.one_in(3) => {
                let name = self.dice.pick(&["pair_unlikely", "pair_impossible"]);
                self.call(name, &[Self::text, Self::text, Self::text, Self::text], depth + 1);
            }
            8 => self.listed("inl", &["00 10-14 99", "1", "0-9"], depth),
            9 => self.listed("sites", &["C500-C509", "C180-C189 C809"], depth),
            10 => self.listed("hists", &["8000-9589", "9590-9993"], depth),
            11 => self.call("rng", &[Self::text, Self::number, Self::number], depth + 1),
            12 if self.dice.one_in(6) => self.listed("match", &PATTERNS, depth),
            12 | 13 => {
                self.text(depth + 1);
                let word = self.dice.pick(&[" in ", " not in "]);
                self.put(word);
                self.put("(");
                self.text(depth + 1);
                self.put(",");
                self.text(depth + 1);
                self.put(")");
            }
            14 => {
                let name = self.dice.pick(&["any", "all"]);
                self.each(name, Self::truth, depth);
            }
            _ => {
                self.put("(");
                self.number(depth + 1);
                self.put(") is not None");
            }
        }
    }

    fn compared(&mut self, part: fn(&mut Self, usize), depth: usize) {
        part(self, depth + 1);
        for _ in 0..=usize::from(self.dice.one_in(4)) {
            let order = self.dice.pick(&["==", "!=", "<", "<=", ">", ">="]);
            self.put(order);
            part(self, depth + 1);
        }
    }

    fn listed(&mut self, name: &str, lists: &[&str], depth: usize) {
        let list = self.dice.pick(lists);
        self.put(name);
        self.put("(");
        self.text(depth + 1);
        self.put(",");
        self.quoted(list);
        self.put(")");
    }

    fn each(&mut self, name: &str, element: fn(&mut Self, usize), depth: usize) {
        self.put(name);
        self.loops("(", element, depth);
        self.put(")");
    }

    /// An element and its loops. The element is made last, when its names are known, and put first.
    fn loops(&mut self, bracket: &str, element: fn(&mut Self, usize), depth: usize) {
        let outer = std::mem::take(&mut self.out);
        let open = self.locals.len();
        for _ in 0..=usize::from(self.dice.one_in(2)) {
            let name = format!("v{}", self.locals.len());
            let tumors = self.view == View::AllTumors && !self.dice.one_in(3);
            let numbered = tumors && self.dice.one_in(3);
            self.put(" for ");
            if numbered {
                self.put(&format!("i{name},{name} in enumerate(T)"));
                self.locals.push((format!("i{name}"), 'n'));
                self.locals.push((name, 't'));
            } else if tumors {
                let rows = self.dice.pick(&["T", "OTHERS"]);
                self.put(&format!("{name} in {rows}"));
                self.locals.push((name, 't'));
            } else {
                let kind = self.dice.pick(&['x', 'n']);
                self.put(&format!("{name} in ("));
                for _ in 0..=self.dice.below(4) {
                    if kind == 'x' {
                        self.text(depth + 2)
                    } else {
                        self.number(depth + 2)
                    }
                    self.put(",");
                }
                self.put(")");
                self.locals.push((name, kind));
            }
            if self.dice.one_in(3) {
                self.put(" if ");
                self.truth(depth + 2);
            }
        }
        let loops = std::mem::replace(&mut self.out, outer);
        self.put(bracket);
        element(self, depth + 1);
        self.locals.truncate(open);
        self.put(&loops);
    }
}
