//! The follow-up rates in words, and their worksheet.

use super::super::{
    cases::{Cases, Part},
    store::Sheets,
};
use crate::{
    followup_rules::{Rate, Worksheet},
    web::grouped,
};

/// One line of the worksheet, for both rates.
pub(super) struct SheetLine {
    pub(super) label: &'static str,
    pub(super) a: SheetCell,
    pub(super) b: SheetCell,
}

pub(super) struct SheetCell {
    pub(super) n: String,
    pub(super) percent: String,
    pub(super) href: String,
}

/// `1 case`, `1,284 cases`.
pub(super) fn many(n: i64, thing: &str) -> String {
    if n == 1 { format!("1 {thing}") } else { format!("{} {thing}s", grouped(n)) }
}

pub(super) fn plural(n: i64, one: &str, more: &str) -> String {
    if n == 1 { one.to_owned() } else { more.to_owned() }
}

pub(super) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// `90.8 %, 1,378 of 1,517`, or `no cases`.
pub(super) fn share(rate: Rate, target: u32) -> String {
    rate.percent(target).map_or_else(
        || "no cases".to_owned(),
        |percent| format!("{percent} %, {} of {}", grouped(signed(rate.num)), grouped(signed(rate.den))),
    )
}

pub(super) fn verdict(name: &str, rate: Rate, target: u32) -> String {
    match rate.passes(target) {
        None => format!("{name}: no cases."),
        Some(true) => {
            let spare = signed(rate.num) - signed((rate.den * u64::from(target)).div_ceil(100));
            format!(
                "{name}: {}; the target of {target} % is reached, {} above it.",
                share(rate, target),
                many(spare, "case")
            )
        }
        Some(false) => format!(
            "{name}: {}; the target of {target} % is missed. {} more must be followed.",
            share(rate, target),
            many(signed(rate.needed_to_pass(target)), "case")
        ),
    }
}

pub(super) fn sheet_line(part: Part, sheets: Sheets, on: &str) -> SheetLine {
    let cell = |sheet: Worksheet, five_years| {
        let n = match part {
            Part::Eligible => sheet.eligible,
            Part::Dead => sheet.dead,
            Part::Living => sheet.living(),
            Part::Current => sheet.current,
            Part::Lost => sheet.lost(),
        };
        // A share of all; no target to compare with.
        let percent = Rate { num: n, den: sheet.eligible }.percent(0);
        SheetCell {
            n: grouped(signed(n)),
            percent: percent.map_or_else(|| "no cases".to_owned(), |p| format!("{p} %")),
            href: Cases::Rate { five_years, part }.href(on),
        }
    };
    SheetLine { label: part.label(), a: cell(sheets.a, false), b: cell(sheets.b, true) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_says_what_is_missing() {
        assert_eq!(
            verdict("All", Rate { num: 799, den: 1000 }, 80),
            "All: 79.9 %, 799 of 1,000; the target of 80 % is missed. 1 case more must be followed."
        );
        assert_eq!(
            verdict("All", Rate { num: 1378, den: 1517 }, 90),
            "All: 90.8 %, 1,378 of 1,517; the target of 90 % is reached, 12 cases above it."
        );
        assert_eq!(verdict("All", Rate::default(), 80), "All: no cases.");
    }
}
