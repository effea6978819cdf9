//! A local edit as written, and whether it may stand: pure.

use sha2::{Digest, Sha256};

use super::lines;
use crate::edits::{
    COLUMNS, EditLevel, EditSet, ExampleOutcome, PackProblem, Problem, RULE_COLUMN, example_parameters,
};

/// One version of a local edit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// `LOCAL-001`; given by the program.
    pub id: String,
    /// From 1.
    pub version: u32,
    /// A few words.
    pub name: String,
    /// `single`, `inter-field` or `record-set`.
    pub level: String,
    /// XML ids it is about, joined by semicolons.
    pub items: String,
    /// Logic: run it only if true; blank for always.
    pub applies_when: String,
    /// Logic: it fails if true.
    pub fails_when: String,
    /// `error` or `warning`.
    pub severity: String,
    /// Shown beside the item.
    pub message: String,
    /// An over-ride item and the values that clear it; blank for none.
    pub over_ride: String,
    /// Where the rule comes from.
    pub rule: String,
    /// A record that passes, a line an item.
    pub pass_example: String,
    /// A record that fails.
    pub fail_example: String,
}

/// Most characters of logic, and of an example.
const MOST: usize = 4000;

/// A part of a rule: name in forms, label, text.
pub(super) type Part<'r> = (&'static str, &'static str, &'r str);

impl Rule {
    /// All that is written, in the order of the form.
    pub(super) fn parts(&self) -> [Part<'_>; 11] {
        [
            ("name", "Name", &self.name),
            ("severity", "Severity", &self.severity),
            ("level", "Looks at", &self.level),
            ("items", "Items it points at", &self.items),
            ("applies_when", "Applies when", &self.applies_when),
            ("fails_when", "Fails when", &self.fails_when),
            ("message", "Message", &self.message),
            ("rule", "Rule and source", &self.rule),
            ("over_ride", "Cleared by", &self.over_ride),
            ("pass_example", "Example that passes", &self.pass_example),
            ("fail_example", "Example that fails", &self.fail_example),
        ]
    }

    /// Hash of all that is written, id and version too: equal digests are the same edit.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        let version = self.version.to_string();
        let parts = self.parts();
        for text in [self.id.as_str(), &version].into_iter().chain(parts.iter().map(|(_, _, text)| *text)) {
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
            hash.update(text.as_bytes());
        }
        hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Parts that another version says otherwise: label, that version's text, this one's.
    pub fn differences<'r>(&'r self, before: &'r Self) -> Vec<(&'static str, &'r str, &'r str)> {
        let pairs = before.parts().into_iter().zip(self.parts());
        pairs.filter(|(a, b)| a.2 != b.2).map(|((_, label, a), (_, _, b))| (label, a, b)).collect()
    }

    /// The cells of a table of edits, each character where it was, so that positions stay.
    fn cells(&self, examples: [String; 2]) -> [String; COLUMNS.len() + 1] {
        let or = |text: &str, blank: &str| {
            let plain = text.replace(['\t', '\n', '\r'], " ");
            if plain.trim().is_empty() { blank.to_owned() } else { plain }
        };
        let tight: String =
            self.items.split([';', ',', ' ', '\n', '\r', '\t']).fold(String::new(), |all, id| {
                if id.is_empty() || all.is_empty() { all + id } else { all + ";" + id }
            });
        let [passes, fails] = examples;
        [
            self.id.clone(),
            self.version.to_string(),
            self.level.clone(),
            or(&self.name, " "),
            tight,
            or(&self.applies_when, "True"),
            or(&self.fails_when, " "),
            self.severity.clone(),
            or(&self.message, " "),
            or(self.over_ride.trim(), "-"),
            passes,
            fails,
            or(&self.rule, ""),
        ]
    }

    fn level(&self) -> EditLevel {
        EditLevel::parse(&self.level).unwrap_or(EditLevel::InterField)
    }
}

/// Rules as a table of edits. Examples that cannot be read stand there blank.
pub fn table(rules: &[Rule]) -> String {
    let rows = rules.iter().map(|rule| {
        let blank = |_| "{}".to_owned();
        let of = |text: &str| lines::to_json(text, rule.level()).unwrap_or_else(blank);
        rule.cells([of(&rule.pass_example), of(&rule.fail_example)])
    });
    written(rows)
}

fn written(rows: impl Iterator<Item = [String; COLUMNS.len() + 1]>) -> String {
    let mut out = format!("{}\t{RULE_COLUMN}\n", COLUMNS.join("\t"));
    for row in rows {
        out.push_str(&row.join("\t"));
        out.push('\n');
    }
    out
}

/// What checking a rule came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// What is wrong: name of the field and a sentence.
    pub problems: Vec<(&'static str, String)>,
    /// What each example did, where that could be found out.
    pub passes: Option<ExampleOutcome>,
    /// The other one.
    pub fails: Option<ExampleOutcome>,
}

/// The part of the form a column stands for, and a cell that can always be read in its place.
const PLAIN: [(&str, &str, usize, &str); 10] = [
    ("id", "name", 0, "LOCAL-000"),
    ("level", "level", 2, "inter-field"),
    ("name", "name", 3, "-"),
    ("items", "items", 4, "primarySite"),
    ("applies_when", "applies_when", 5, "True"),
    ("fails_when", "fails_when", 6, "False"),
    ("severity", "severity", 7, "error"),
    ("message", "message", 8, "-"),
    ("override", "over_ride", 9, "-"),
    (RULE_COLUMN, "rule", 12, ""),
];

/// Checks a rule as it would be loaded beside a set: every part that cannot be read is told with its place
/// and what is allowed, and the examples must come out as they say.
pub fn check(rule: &Rule, beside: &EditSet) -> Checked {
    let mut out = Checked::default();
    for (name, label, text) in rule.parts() {
        let needed = !matches!(name, "applies_when" | "over_ride" | "level" | "severity");
        if needed && text.trim().is_empty() {
            out.problems.push((name, format!("{label} is missing.")));
        } else if text.chars().count() > MOST {
            out.problems.push((name, format!("{label} has at most {MOST} characters.")));
        }
    }
    let mut examples = [(); 2].map(|()| "{}".to_owned());
    let fields = [("pass_example", &rule.pass_example), ("fail_example", &rule.fail_example)];
    for ((name, text), into) in fields.into_iter().zip(&mut examples) {
        match lines::to_json(text, rule.level()) {
            Ok(json) => *into = json,
            Err(why) => tell(&mut out.problems, name, why),
        }
    }
    if rule.level() == EditLevel::RecordSet {
        for example in examples.iter_mut().filter(|e| *e == "{}") {
            *example = "{\"tumors\":[{}]}".to_owned();
        }
    }
    let mut cells = rule.cells(examples);
    // Each problem is told, its cell made harmless, and the rest read on.
    let mut spoilt = !out.problems.is_empty();
    let set = loop {
        match beside.with(&written(std::iter::once(cells.clone()))) {
            Ok(set) => break Some(set),
            Err(problem) => {
                spoilt = true;
                let (column, sentence) = told(rule, &problem);
                let Some((_, field, at, plain)) = PLAIN
                    .iter()
                    .find(|(c, _, at, plain)| *c == column && cells.get(*at).is_some_and(|now| now != plain))
                else {
                    tell(&mut out.problems, "name", sentence);
                    break None;
                };
                tell(&mut out.problems, field, sentence);
                if let Some(cell) = cells.get_mut(*at) {
                    (*plain).clone_into(cell);
                }
            }
        }
    };
    if spoilt {
        return out;
    }
    let Some(set) = set else { return out };
    let Some(edit) = set.get(&rule.id) else { return out };
    let parameters = example_parameters();
    let ran = |written: &str| set.judge_example(edit, written, &parameters);
    match ran(&edit.passes.written) {
        Ok(ExampleOutcome::Passes) => out.passes = Some(ExampleOutcome::Passes),
        Ok(other) => {
            out.passes = Some(other);
            let what = match other {
                ExampleOutcome::Fails => "The edit fails on it",
                ExampleOutcome::OutOfSteps => "The edit takes too many steps on it",
                _ => "The edit does not apply to it: “applies when” is not true of it, or a value is missing",
            };
            out.problems
                .push(("pass_example", format!("{what}. Give a record that it applies to and that passes.")));
        }
        Err(why) => out.problems.push(("pass_example", format!("Allowed: {why}."))),
    }
    match ran(&edit.fails.written) {
        Ok(ExampleOutcome::Fails) => out.fails = Some(ExampleOutcome::Fails),
        Ok(other) => {
            out.fails = Some(other);
            let what = match other {
                ExampleOutcome::Passes => "The edit passes on it",
                ExampleOutcome::OutOfSteps => "The edit takes too many steps on it",
                _ => "The edit does not apply to it: “applies when” is not true of it, or a value is missing",
            };
            out.problems.push(("fail_example", format!("{what}. Give a record that fails.")));
        }
        Err(why) => out.problems.push(("fail_example", format!("Allowed: {why}."))),
    }
    out
}

/// One sentence a field.
fn tell(problems: &mut Vec<(&'static str, String)>, field: &'static str, sentence: String) {
    if !problems.iter().any(|(f, _)| *f == field) {
        problems.push((field, sentence));
    }
}

/// The column a problem is in, and the problem as a sentence.
fn told(rule: &Rule, problem: &PackProblem) -> (&'static str, String) {
    match problem {
        PackProblem::Cell { column, given, allowed, .. } => {
            (column, format!("“{given}”. Allowed: {allowed}."))
        }
        PackProblem::Logic { column, problem, .. } => {
            let text = if *column == "applies_when" { &rule.applies_when } else { &rule.fails_when };
            (column, placed(text, problem))
        }
        PackProblem::Twice { edit, .. } => ("id", format!("The id {edit} is that of another edit.")),
        other => ("", other.to_string()),
    }
}

/// A problem with its place, by line where there is more than one.
fn placed(text: &str, problem: &Problem) -> String {
    let before: String = text.chars().take(problem.at).collect();
    let line = before.matches('\n').count();
    if !text.contains('\n') {
        return format!("Character {}: {}", problem.at + 1, problem.what);
    }
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count());
    format!("Line {}, character {}: {}", line + 1, column + 1, problem.what)
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
