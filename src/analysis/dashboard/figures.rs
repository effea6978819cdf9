//! The figures of the dashboard: counts drawn as bars, each with the cases it counts.

use std::collections::BTreeMap;

use super::{
    super::{
        cases::{Age, Cases, Class, site_label, state_label},
        store::StateCount,
    },
    counted::Registered,
    rates::many,
};
use crate::{
    abstracting::AbstractState,
    followup::{Counts, Group, View},
    web::grouped,
};

/// One bar of a figure.
pub(super) struct Bar {
    pub(super) label: String,
    /// Length of 100.
    pub(super) length: String,
    pub(super) late: bool,
    pub(super) n: String,
    pub(super) href: String,
}

/// A figure of bars.
pub(super) struct Figure {
    pub(super) title: String,
    pub(super) note: String,
    pub(super) head: &'static str,
    pub(super) unit: &'static str,
    pub(super) bars: Vec<Bar>,
}

/// Draws counts as bars, the longest 100.
fn bars(rows: impl IntoIterator<Item = (String, i64, bool, String)>) -> Vec<Bar> {
    let rows: Vec<_> = rows.into_iter().collect();
    let most = rows.iter().map(|(_, n, ..)| *n).max().unwrap_or(0).max(1);
    rows.into_iter()
        .map(|(label, n, late, href)| {
            let tenths = (n * 2000 + most) / (most * 2);
            Bar { label, length: format!("{}.{}", tenths / 10, tenths % 10), late, n: grouped(n), href }
        })
        .collect()
}

pub(super) fn by_age(ages: &[i64; 6], on: &str) -> Figure {
    let open: i64 = ages.iter().sum();
    let late: i64 = Age::ALL.iter().zip(ages).filter(|(age, _)| age.is_late()).map(|(_, n)| n).sum();
    let rows = Age::ALL.into_iter().zip(*ages).map(|(age, n)| {
        let href = Cases::State { state: None, age: Some(age) }.href(on);
        (age.label().to_owned(), n, age.is_late(), href)
    });
    Figure {
        title: match (late, open) {
            (_, 0) => "No case is open".to_owned(),
            (0, _) => "No open case is past six months".to_owned(),
            _ => format!("{} of {} are past six months", grouped(late), many(open, "open case")),
        },
        note: "Cases that are not complete, by months since first contact".to_owned(),
        head: "Months",
        unit: "Cases",
        bars: bars(rows),
    }
}

pub(super) fn by_state(states: &[StateCount], on: &str) -> Figure {
    let all: i64 = states.iter().map(|s| s.n).sum();
    let open: i64 = states
        .iter()
        .filter(|s| AbstractState::parse(&s.state).is_some_and(AbstractState::is_open))
        .map(|s| s.n)
        .sum();
    let rows = states.iter().map(|s| {
        let href = Cases::State { state: Some(s.state.clone()), age: None }.href(on);
        (state_label(&s.state), s.n, false, href)
    });
    Figure {
        title: format!("{} of {} are open", grouped(open), many(all, "case")),
        note: "All cases by state of the abstract".to_owned(),
        head: "State",
        unit: "Cases",
        bars: bars(rows),
    }
}

pub(super) fn by_status(counts: &Counts) -> Figure {
    let rows = Group::ALL.into_iter().map(|group| {
        let label = if group == Group::Later { "Current, due later" } else { group.label() };
        let href = format!("/followup?owner=all&status={}", View::Only(group).word());
        (label.to_owned(), counts.of(group), matches!(group, Group::Delinquent | Group::Overdue), href)
    });
    let late = counts.of(Group::Delinquent) + counts.of(Group::Overdue);
    Figure {
        title: match late {
            0 => "No patient is overdue".to_owned(),
            late => format!(
                "{} of {} {} overdue or delinquent",
                grouped(late),
                many(counts.view(View::Followed), "followed patient"),
                if late == 1 { "is" } else { "are" }
            ),
        },
        note: "Followed patients by status".to_owned(),
        head: "Status",
        unit: "Patients",
        bars: bars(rows),
    }
}

/// Site groups shown.
const TOP: usize = 10;

pub(super) fn top_sites(registered: &Registered, class: Class, on: &str) -> Figure {
    let counted = registered.sites.iter().map(|(group, n)| (group.as_str(), n.of(class)));
    let mut groups: Vec<(&str, i64)> = counted.filter(|(_, n)| *n > 0).collect();
    let all: i64 = groups.iter().map(|(_, n)| n).sum();
    groups.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    // What fits no group is always shown, last.
    let unknown = groups.iter().position(|(group, _)| group.is_empty()).map(|at| groups.remove(at));
    groups.truncate(TOP);
    let top: i64 = groups.iter().map(|(_, n)| n).sum();
    let of_all = format!("{} of {}", grouped(top), many(all, "case"));
    let title = match (all, groups.len()) {
        (0, _) => "No case is registered yet".to_owned(),
        (_, 0) => "No case has a site yet".to_owned(),
        (_, 1) => format!("One site group holds {of_all}"),
        (_, TOP) => format!("The ten largest site groups hold {of_all}"),
        (_, n) => format!("{n} site groups hold {of_all}"),
    };
    groups.extend(unknown);
    let rows = groups.iter().map(|(group, n)| {
        let href = Cases::Site { group: (*group).to_owned(), class }.href(on);
        (site_label(group).to_owned(), *n, false, href)
    });
    Figure {
        title,
        note: format!("{} cases by SEER site group", class.words()),
        head: "Site group",
        unit: "Cases",
        bars: bars(rows),
    }
}

/// Years of diagnosis shown.
const YEARS: i32 = 12;

pub(super) fn by_year(registered: &Registered, class: Class, on: &str) -> Figure {
    let counted = registered.years.iter().map(|(year, n)| (*year, n.of(class)));
    let mut years: BTreeMap<Option<i32>, i64> = counted.filter(|(_, n)| *n > 0).collect();
    let newest = years.keys().flatten().max().copied();
    let first = newest.map_or(0, |newest| newest - YEARS + 1);
    let unknown = years.remove(&None);
    let earlier: i64 = years.iter().filter(|(year, _)| year.is_some_and(|y| y < first)).map(|(_, n)| n).sum();
    let mut rows: Vec<(String, i64, bool, String)> = Vec::new();
    if let Some(newest) = newest {
        for year in (first..=newest).rev() {
            let n = years.get(&Some(year)).copied().unwrap_or(0);
            rows.push((year.to_string(), n, false, Cases::Year { year: Some(year), class }.href(on)));
        }
    }
    if let Some(n) = unknown {
        rows.push(("unknown".to_owned(), n, false, Cases::Year { year: None, class }.href(on)));
    }
    let busiest = rows.iter().filter(|(label, ..)| label != "unknown").max_by_key(|(_, n, ..)| *n);
    Figure {
        title: busiest.map_or_else(
            || "No case is registered yet".to_owned(),
            |(year, n, ..)| format!("Most cases were diagnosed in {year}: {}", grouped(*n)),
        ),
        note: if earlier > 0 {
            format!("{} cases by year of diagnosis; {} earlier", class.words(), grouped(earlier))
        } else {
            format!("{} cases by year of diagnosis", class.words())
        },
        head: "Year",
        unit: "Cases",
        bars: bars(rows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_is_the_whole_width() {
        let drawn =
            bars([("a".to_owned(), 118, false, String::new()), ("b".to_owned(), 64, false, String::new())]);
        assert_eq!(drawn.iter().map(|b| b.length.as_str()).collect::<Vec<_>>(), ["100.0", "54.2"]);
        assert_eq!(bars([("a".to_owned(), 0, false, String::new())])[0].length, "0.0");
    }
}
