//! What stands first on the dashboard: what needs somebody, and four measures.

use super::{
    super::{
        cases::{Age, Cases, Part},
        store::Sheets,
    },
    rates::{plural, signed, verdict},
};
use crate::{
    followup::{Counts, Group, View},
    followup_rules::{RATE_A_TARGET, RATE_B_TARGET, Worksheet},
    web::grouped,
};

/// What needs somebody today.
pub(super) struct Need {
    pub(super) n: String,
    pub(super) tone: &'static str,
    pub(super) text: String,
    pub(super) more: String,
    pub(super) href: String,
    pub(super) button: &'static str,
}

pub(super) struct Measure {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) beside: String,
    pub(super) note: String,
    pub(super) n: String,
    pub(super) href: String,
    pub(super) after: String,
}

pub(super) fn needs(ages: &[i64; 6], counts: &Counts, pool: &Counts, sheets: Sheets, on: &str) -> Vec<Need> {
    let over_12 = ages.get(4).copied().unwrap_or(0);
    let delinquent = counts.of(Group::Delinquent);
    let unowned = pool.view(View::Open);
    let mut needs = Vec::new();
    if over_12 > 0 {
        needs.push(Need {
            n: grouped(over_12),
            tone: "error",
            text: plural(
                over_12,
                "case with first contact over a year ago is not complete",
                "cases with first contact over a year ago are not complete",
            ),
            more: "An abstract should be complete within six months.".to_owned(),
            href: Cases::State { state: None, age: Some(Age::Over12) }.href(on),
            button: "See the cases",
        });
    }
    if delinquent > 0 {
        needs.push(Need {
            n: grouped(delinquent),
            tone: "warning",
            text: plural(
                delinquent,
                "patient is past the 15-month line",
                "patients are past the 15-month line",
            ),
            more: verdict("Last five years", sheets.b.rate(), RATE_B_TARGET),
            href: "/followup?owner=all&status=delinquent".to_owned(),
            button: "See the patients",
        });
    }
    if unowned > 0 {
        needs.push(Need {
            n: grouped(unowned),
            tone: "quiet",
            text: plural(
                unowned,
                "patient is open in follow-up without a registrar",
                "patients are open in follow-up without a registrar",
            ),
            more: "They are in the pool until somebody gets them.".to_owned(),
            href: "/followup?owner=pool&status=open".to_owned(),
            button: "See the pool",
        });
    }
    needs
}

pub(super) fn measures(ages: &[i64; 6], counts: &Counts, sheets: Sheets, on: &str) -> Vec<Measure> {
    let rate = |name, sheet: Worksheet, target: u32, five_years| {
        let rate = sheet.rate();
        Measure {
            name,
            value: rate.percent(target).map_or_else(|| "no cases".to_owned(), |p| format!("{p} %")),
            beside: format!("target {target}"),
            note: format!("{} of", grouped(signed(rate.num))),
            n: grouped(signed(rate.den)),
            href: Cases::Rate { five_years, part: Part::Eligible }.href(on),
            after: match rate.passes(target) {
                Some(false) => format!("cases, {} short", grouped(signed(rate.needed_to_pass(target)))),
                _ => "cases".to_owned(),
            },
        }
    };
    let late: i64 = Age::ALL.iter().zip(ages).filter(|(age, _)| age.is_late()).map(|(_, n)| n).sum();
    let open: i64 = ages.iter().sum();
    vec![
        rate("Follow-up, last five years", sheets.b, RATE_B_TARGET, true),
        rate("Follow-up, all", sheets.a, RATE_A_TARGET, false),
        Measure {
            name: "Open follow-up",
            value: grouped(counts.view(View::Open)),
            beside: "patients".to_owned(),
            note: "of".to_owned(),
            n: grouped(counts.view(View::Followed)),
            href: "/followup?owner=all&status=followed".to_owned(),
            after: "followed".to_owned(),
        },
        Measure {
            name: "Backlog over six months",
            value: grouped(late),
            beside: "target 0".to_owned(),
            note: "of".to_owned(),
            n: grouped(open),
            href: Cases::State { state: None, age: None }.href(on),
            after: "open cases".to_owned(),
        },
    ]
}
