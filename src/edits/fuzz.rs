//! Invented logic on invented records: nothing may panic, and no run may take more steps than it may.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{
    check::{View, check},
    pack::shipped,
    parser::parse,
    run::{Machine, Sheet},
    slots::Slots,
};
use crate::dictionary::Items;

/// What became of invented logic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FuzzReport {
    /// Pieces of logic, each with a record of its own.
    pub cases: u64,
    /// Refused when read or checked.
    pub refused: u64,
    /// Ran and said true or false.
    pub answered: u64,
    /// Ran and did not apply.
    pub not_applied: u64,
    /// Ran and was stopped at its bound of steps.
    pub out_of_steps: u64,
    /// Took more steps than allowed; must be 0.
    pub over_budget: u64,
    /// Logic that panicked; must be empty.
    pub panicked: Vec<String>,
}

impl FuzzReport {
    /// Neither a panic nor a step too many.
    pub fn is_clean(&self) -> bool {
        self.panicked.is_empty() && self.over_budget == 0
    }
}

/// Reads and runs `cases` pieces of invented logic; the same seed invents the same.
///
/// Two thirds are made by the grammar, so that most of them run; the rest are shipped logic with
/// characters changed, and heaps of words.
pub fn fuzz(cases: u64, seed: u64) -> FuzzReport {
    let mut dice = Dice(seed);
    let mut report = FuzzReport::default();
    for _ in 0..cases {
        let view = if dice.one_in(3) { View::AllTumors } else { View::OneTumor };
        let logic = match dice.below(6) {
            0 => dice.changed(),
            1 => dice.heap(),
            _ => {
                let mut maker = Maker { dice: &mut dice, out: String::new(), view, locals: Vec::new() };
                maker.truth(0);
                maker.out
            }
        };
        report.cases += 1;
        let ran = catch_unwind(AssertUnwindSafe(|| run(&logic, view, &mut dice)));
        match ran {
            Ok(Ran::Refused) => report.refused += 1,
            Ok(Ran::Answered) => report.answered += 1,
            Ok(Ran::NotApplied) => report.not_applied += 1,
            Ok(Ran::OutOfSteps) => report.out_of_steps += 1,
            Ok(Ran::OverBudget) => report.over_budget += 1,
            Err(_) => report.panicked.push(logic),
        }
    }
    report
}

enum Ran {
    Refused,
    Answered,
    NotApplied,
    OutOfSteps,
    OverBudget,
}

fn run(logic: &str, view: View, dice: &mut Dice) -> Ran {
    let mut slots = Slots::default();
    let Ok(node) = parse(logic) else { return Ran::Refused };
    // What is shown reads back as the same.
    if parse(&node.to_string()).as_ref() != Ok(&node) {
        panic!("{logic} is shown as {node}");
    }
    let Ok((truth, _)) = check(&node, view, &mut slots) else { return Ran::Refused };
    let patient = dice.items();
    let tumors: Vec<Items> = (0..=dice.below(4)).map(|_| dice.items()).collect();
    let tumors: Vec<&Items> = tumors.iter().collect();
    let (Some(tumor), others) = (tumors.first(), tumors.get(1..).unwrap_or_default()) else {
        return Ran::Refused;
    };
    let sheet = Sheet {
        own: slots.values(&patient, tumor),
        ids: slots.ids(),
        patient: &patient,
        tumors: &tumors,
        others,
        today: "20260701",
        reference_date: if dice.one_in(2) { "20100101" } else { "" },
    };
    let allowed = dice.pick(&[0, 1, 7, 100, 5_000]);
    let mut machine = Machine::new(&sheet, allowed);
    let answer = machine.truth(&truth);
    if machine.taken() > allowed {
        return Ran::OverBudget;
    }
    match answer {
        Ok(_) => Ran::Answered,
        Err(super::run::Stop::NoValue) => Ran::NotApplied,
        Err(super::run::Stop::OutOfSteps) => Ran::OutOfSteps,
    }
}

/// Numbers that look like chance (SplitMix64, Steele, Lea and Flood 2014).
struct Dice(u64);

const ITEMS: [&str; 16] = [
    "primarySite",
    "histologicTypeIcdO3",
    "behaviorCodeIcdO3",
    "laterality",
    "dateOfDiagnosis",
    "dateOf1stContact",
    "rxDateSurgery",
    "regionalNodesPositive",
    "sequenceNumberHospital",
    "accessionNumberHosp",
    "rxSummSurgPrimSite2023",
    "textRemarks",
    "ageAtDiagnosis",
    "vitalStatus",
    "dateOfBirth",
    "nameLast",
];

const VALUES: [&str; 24] = [
    "",
    "0",
    "1",
    "3",
    "9",
    "00",
    "98",
    "99",
    "060",
    "C504",
    "C809",
    "c504",
    "8500",
    "9861",
    "2024",
    "202402",
    "20240229",
    "20230229",
    "19600412",
    "202400017",
    "B200",
    "é９",
    " two words ",
    "123-45-6789",
];

const PATTERNS: [&str; 8] =
    ["[0-9]{4}", ".*", "[A-Z]?[0-9]+", "(left|rt)", r"\b", "(a*)*b", "[^0-9]*", ".*[0-9]{3}-[0-9]{2}.*"];

const WORDS: [&str; 44] = [
    "and",
    "or",
    "not",
    "in",
    "is",
    "for",
    "if",
    "None",
    "True",
    "False",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    ".",
    "+",
    "-",
    "*",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "T",
    "P",
    "OTHERS",
    "TODAY",
    "x",
    "t",
    "0",
    "12",
    "999999999",
    "''",
    "'1'",
    "len",
    "any",
    "primarySite",
    "enumerate",
    "'\u{1F600}'",
];

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n.max(1)).unwrap_or(1);
        usize::try_from(self.next() % n).unwrap_or(0)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        let at = self.below(from.len());
        from.get(at).copied().unwrap_or_default()
    }

    fn items(&mut self) -> Items {
        let mut items = Items::default();
        for _ in 0..self.below(7) {
            let (id, mut value) = (self.pick(&ITEMS), self.pick(&VALUES).to_owned());
            if self.one_in(50) {
                value = value.repeat(1_000);
            }
            items.set(id, value);
        }
        items
    }

    /// Shipped logic with some characters changed.
    fn changed(&mut self) -> String {
        let at = self.below(shipped().edits().len());
        let Some(edit) = shipped().edits().get(at) else { return String::new() };
        let logic = if self.one_in(2) { &edit.applies_when } else { &edit.fails_when };
        let mut letters: Vec<char> = logic.chars().collect();
        for _ in 0..=self.below(3) {
            let at = self.below(letters.len() + 1);
            match self.below(3) {
                0 if at < letters.len() => {
                    letters.remove(at);
                }
                1 => letters.insert(at, self.letter()),
                _ => {
                    let new = self.letter();
                    if let Some(letter) = letters.get_mut(at) {
                        *letter = new;
                    }
                }
            }
        }
        letters.into_iter().collect()
    }

    fn letter(&mut self) -> char {
        self.pick(&[
            '(', ')', '\'', '"', '\\', '0', '9', 'a', 'T', ' ', ',', ':', '[', ']', '{', '}', '-', 'é',
            '\u{0}', '٣',
        ])
    }

    /// Words in no order.
    fn heap(&mut self) -> String {
        let words: Vec<&str> = (0..self.below(24)).map(|_| self.pick(&WORDS)).collect();
        words.join(if self.one_in(4) { "" } else { " " })
    }
}

/// Makes logic by the grammar.
struct Maker<'a> {
    dice: &'a mut Dice,
    out: String,
    view: View,
    /// Open names and what they are: text, number or tumor.
    locals: Vec<(String, char)>,
}

const DEEP: usize = 5;

impl Maker<'_> {
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

    fn truth(&mut self, depth: usize) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_logic_panics_or_takes_a_step_too_many() {
        let cases = std::env::var("EDITS_FUZZ_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(4_000);
        let report = fuzz(cases, 20_261_123);
        assert!(report.is_clean(), "{report:?}");
        assert!(report.answered > cases / 5, "{report:?}");
        assert!(
            report.refused > cases / 20 && report.not_applied > 0 && report.out_of_steps > 0,
            "{report:?}"
        );
    }
}
