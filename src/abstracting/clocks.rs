//! The clocks of a case: when each part of the work began, by when it should be done, and when it was.
//!
//! Source: workflow rules of the registry, timeliness clocks; 180 days at the central registry are what most state
//! rules say.

use chrono::{Days, NaiveDate};

use crate::{
    dictionary::{Items, names},
    followup_rules::is_analytic,
    partial_date::{PartialDate, add_months},
    tumor::deadline::{ABSTRACT_MONTHS, next_batch, started},
    web::days_left,
};

/// Days from first contact in which a case should be at the central registry.
pub(super) const CENTRAL_DAYS: u64 = 180;

/// Which clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClockKind {
    /// First contact to `dateCaseCompleted`.
    Abstract,
    /// First contact to `dateCaseCompletedCoc`; analytic cases.
    CocCore,
    /// `dateCaseCompleted` to `dateCaseReportExported`.
    Submission,
    /// First contact to `dateCaseReportReceived`, else to the day it was sent.
    Central,
}

/// One clock of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    /// Which.
    pub(super) kind: ClockKind,
    /// What started it.
    pub(super) start: PartialDate,
    /// What that date is.
    pub(super) started_by: &'static str,
    /// Last day in time.
    pub(super) due: NaiveDate,
    /// When it stopped; `None` while it runs.
    pub(super) stopped: Option<PartialDate>,
}

impl ClockKind {
    /// A few words.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Abstract => "Abstract complete",
            Self::CocCore => "CoC core complete",
            Self::Submission => "Sent in a batch",
            Self::Central => "At the central registry",
        }
    }

    /// The limit in words.
    pub(super) fn limit(self) -> &'static str {
        match self {
            Self::Abstract | Self::CocCore => "6 months",
            Self::Submission => "the next monthly batch",
            Self::Central => "180 days",
        }
    }
}

impl Clock {
    /// Days from the start to the stop, or to today. A start that is known in part counts from its last day,
    /// so that lateness is never overstated.
    pub(super) fn days(&self, today: NaiveDate) -> i64 {
        let end = self.stopped.map_or(today, PartialDate::earliest);
        (end - self.start.latest()).num_days().max(0)
    }

    /// Certainly past its limit: stopped after it, or still running.
    pub(super) fn is_late(&self, today: NaiveDate) -> bool {
        self.stopped.map_or(today, PartialDate::earliest) > self.due
    }

    /// The start is no whole date, so that the days are the fewest possible.
    pub(super) fn is_rough(&self) -> bool {
        self.start.day().is_none()
    }
}

/// All clocks of a case that have begun, in the order of the work.
pub(super) fn clocks(patient: &Items, tumor: &Items) -> Vec<Clock> {
    let Some((start, started_by)) = started(patient, tumor) else { return Vec::new() };
    let stop = |id| tumor.date(id);
    let mut found = Vec::new();
    if let Some(due) = add_months(start.latest(), ABSTRACT_MONTHS) {
        let clock = |kind, stopped| Clock { kind, start, started_by, due, stopped };
        found.push(clock(ClockKind::Abstract, stop(names::DATE_CASE_COMPLETED)));
        if is_analytic(tumor.value(names::CLASS_OF_CASE)) {
            found.push(clock(ClockKind::CocCore, stop(names::DATE_CASE_COMPLETED_COC)));
        }
    }
    let sent = stop(names::DATE_CASE_REPORT_EXPORTED);
    if let Some(completed) = stop(names::DATE_CASE_COMPLETED)
        && let Some(due) = next_batch(completed.latest())
    {
        let (kind, started_by) = (ClockKind::Submission, "completion");
        found.push(Clock { kind, start: completed, started_by, due, stopped: sent });
    }
    if let Some(due) = start.latest().checked_add_days(Days::new(CENTRAL_DAYS)) {
        let stopped = stop(names::DATE_CASE_REPORT_RECEIVED).or(sent);
        found.push(Clock { kind: ClockKind::Central, start, started_by, due, stopped });
    }
    found
}

/// A clock in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClockLine {
    pub(super) label: &'static str,
    /// `in 131 days`, `runs, 12 days left`.
    pub(super) stands: String,
    pub(super) late: bool,
    /// `from first contact 2026-05-02; 6 months, to 2026-11-02`.
    pub(super) how: String,
}

/// The clocks of a case as a page shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Clocks {
    pub(super) lines: Vec<ClockLine>,
    /// How many are past their limit.
    pub(super) late: usize,
}

impl Clocks {
    /// As they stand on a day.
    pub(super) fn of(patient: &Items, tumor: &Items, today: NaiveDate) -> Self {
        let lines: Vec<ClockLine> = clocks(patient, tumor).iter().map(|clock| line(clock, today)).collect();
        Self { late: lines.iter().filter(|l| l.late).count(), lines }
    }
}

fn line(clock: &Clock, today: NaiveDate) -> ClockLine {
    let days = clock.days(today);
    let unit = if days == 1 { "day" } else { "days" };
    let rough = if clock.is_rough() { "at least " } else { "" };
    let stands = match clock.stopped {
        Some(on) => format!("{}, after {rough}{days} {unit}", on.iso()),
        None => format!("runs, {}", left((clock.due - today).num_days())),
    };
    let (from, limit) = (clock.start.iso(), clock.kind.limit());
    ClockLine {
        label: clock.kind.label(),
        stands,
        late: clock.is_late(today),
        how: format!("From {} {from}; limit {limit}, {}.", clock.started_by, clock.due),
    }
}

fn left(days: i64) -> String {
    if days < 0 { days_left(days) } else { format!("{} left", days_left(days)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(pairs: &[(&'static str, &str)]) -> Items {
        pairs.iter().map(|(id, value)| (*id, (*value).to_owned())).collect()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn clocks_run_stop_and_are_late_the_day_after_their_limit() {
        let patient = items(&[]);
        let mut tumor = items(&[("classOfCase", "14"), ("dateOf1stContact", "20260131")]);
        let kinds = |tumor: &Items| clocks(&patient, tumor).iter().map(|c| c.kind).collect::<Vec<_>>();
        assert_eq!(kinds(&tumor), [ClockKind::Abstract, ClockKind::CocCore, ClockKind::Central]);
        let running = clocks(&patient, &tumor)[0];
        assert!(!running.is_late(day("2026-07-31")) && running.is_late(day("2026-08-01")));
        assert_eq!(running.days(day("2026-02-10")), 10);
        tumor.set("classOfCase", "37");
        tumor.set("dateCaseCompleted", "20260801");
        assert_eq!(kinds(&tumor), [ClockKind::Abstract, ClockKind::Submission, ClockKind::Central]);
        let [done, sent, central] = clocks(&patient, &tumor)[..] else { panic!("three") };
        assert!(done.is_late(day("2027-01-01")), "a day over");
        assert_eq!((sent.due, central.due), (day("2026-09-30"), day("2026-07-30")));
        tumor.set("dateCaseReportExported", "20260930");
        let sent = clocks(&patient, &tumor)[1];
        assert!(!sent.is_late(day("2027-01-01")));
        assert_eq!(sent.days(day("2027-01-01")), 60);
    }

    #[test]
    fn a_clock_says_how_it_stands_and_why() {
        let mut tumor = items(&[("classOfCase", "37"), ("dateOf1stContact", "20260131")]);
        let told = |tumor: &Items, today: &str| {
            let line = Clocks::of(&items(&[]), tumor, day(today)).lines.remove(0);
            format!("{} | {} | {}", line.stands, line.how, line.late)
        };
        let how = "From first contact 2026-01-31; limit 6 months, 2026-07-31.";
        assert_eq!(told(&tumor, "2026-07-30"), format!("runs, 1 day left | {how} | false"));
        assert_eq!(told(&tumor, "2026-08-02"), format!("runs, 2 days late | {how} | true"));
        tumor.set("dateCaseCompleted", "20260201");
        assert_eq!(told(&tumor, "2026-08-02"), format!("2026-02-01, after 1 day | {how} | false"));
    }

    #[test]
    fn a_start_known_in_part_never_makes_a_case_later_than_it_is() {
        let tumor = items(&[("classOfCase", "14"), ("dateOf1stContact", "202601")]);
        let clock = clocks(&items(&[]), &tumor)[0];
        assert!(clock.is_rough());
        assert_eq!((clock.days(day("2026-02-10")), clock.days(day("2026-01-10"))), (10, 0));
    }
}
