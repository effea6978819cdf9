//! Invented logic on invented records: nothing may panic, and no run may take more steps than it may.

mod dice;
mod maker;

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{
    check::{View, check},
    parser::parse,
    run::{Machine, Sheet},
    selftest::example_parameters,
    slots::Slots,
};
use crate::dictionary::Items;
use dice::Dice;
use maker::Maker;

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
    let mut dice = Dice::new(seed);
    let mut report = FuzzReport::default();
    for _ in 0..cases {
        let view = if dice.one_in(3) { View::AllTumors } else { View::OneTumor };
        let logic = match dice.below(6) {
            0 => dice.changed(),
            1 => dice.heap(),
            _ => {
                let mut maker = Maker::new(&mut dice, view);
                maker.truth(0);
                maker.end()
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
    let parameters = example_parameters();
    let sheet = Sheet {
        own: slots.values(&patient, tumor),
        ids: slots.ids(),
        patient: &patient,
        tumors: &tumors,
        others,
        today: "20260701",
        reference_date: if dice.one_in(2) { "20100101" } else { "" },
        pathchart: parameters.pathchart.as_deref().filter(|_| dice.one_in(2)),
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
