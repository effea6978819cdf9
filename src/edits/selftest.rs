//! Every edit against its own examples, and the golden records against every edit.

use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::{edit::EditLevel, example::ExampleRecord, judge::Parameters, pack::EditSet};
use crate::{dictionary::Items, icdo::PathChart, partial_date::PartialDate};

/// Rows of the Cancer PathCHART table for the examples.
static EXAMPLE_PATHCHART: LazyLock<Option<Arc<PathChart>>> = LazyLock::new(|| {
    let rows =
        "site,histology,behavior,year,status\nC619,8140,3,2024,1\nC619,8520,3,2024,2\nC619,9500,3,2024,3\n";
    PathChart::read(rows.as_bytes()).ok().map(Arc::new)
});

const GOLDEN: &str = include_str!("data/golden_records.jsonl");

/// What a self test found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelfTest {
    /// Edits of the set.
    pub edits: usize,
    /// Edits that do not fail their passing example.
    pub passing: usize,
    /// Edits that fail their failing example.
    pub failing: usize,
    /// Golden records judged.
    pub golden: usize,
    /// Golden records that raise nothing.
    pub golden_clean: usize,
    /// What went wrong, a line each: edit or record, and what.
    pub problems: Vec<String>,
}

/// The day and reference date the examples are written for.
pub fn example_parameters() -> Parameters {
    let day = |text| PartialDate::parse(text).ok();
    let today = day("20260701").and_then(PartialDate::day).unwrap_or_default();
    let mut parameters = Parameters::new(today, day("20100101"));
    parameters.pathchart = EXAMPLE_PATHCHART.clone();
    parameters
}

/// Complete cases that no shipped edit objects to, by name.
pub fn golden_records() -> Vec<(String, ExampleRecord)> {
    let read = |line: &str| -> Option<(String, ExampleRecord)> {
        let row: Value = serde_json::from_str(line).ok()?;
        let record = ExampleRecord::read(&row.get("items")?.to_string(), EditLevel::InterField).ok()?;
        Some((row.get("name")?.as_str()?.to_owned(), record))
    };
    GOLDEN.lines().map(|line| read(line).expect("the golden records are checked by a test")).collect()
}

/// Judges the examples of a set and the golden records.
pub fn selftest(set: &EditSet) -> SelfTest {
    let parameters = example_parameters();
    let mut test = SelfTest { edits: set.edits().len(), ..SelfTest::default() };
    for edit in set.edits() {
        match set.judges_examples(edit, &parameters) {
            Ok((passes, fails)) => {
                test.passing += usize::from(passes);
                test.failing += usize::from(fails);
                if !passes {
                    test.problems.push(format!("{}: fails its passing example", edit.id));
                }
                if !fails {
                    test.problems.push(format!("{}: does not fail its failing example", edit.id));
                }
            }
            Err(why) => test.problems.push(format!("{}: {why}", edit.id)),
        }
    }
    for (name, record) in golden_records() {
        let tumors: Vec<&Items> = record.tumors.iter().collect();
        let Some(judged) = record.judged(&tumors, &[]) else { continue };
        let judgement = set.judge(&judged, &parameters);
        test.golden += 1;
        test.golden_clean += usize::from(judgement.findings.is_empty());
        for finding in &judgement.findings {
            test.problems.push(format!("golden record {name}: {} {}", finding.edit.id, finding.edit.message));
        }
    }
    test
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edits::shipped;

    #[test]
    fn every_shipped_edit_judges_its_examples_and_the_golden_records_raise_nothing() {
        let test = selftest(shipped());
        assert_eq!(test.problems, Vec::<String>::new());
        assert_eq!((test.edits, test.passing, test.failing), (382, 382, 382));
        assert_eq!((test.golden, test.golden_clean), (5, 5));
    }
}
