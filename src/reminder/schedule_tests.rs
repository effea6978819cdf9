//! The calendar of the mails, day by day.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, Utc};
use chrono_tz::{America::New_York, Europe::Berlin};
use proptest::prelude::*;

use super::schedule::{Frequency, Kind, Make, Period, Person, Preferences, Runs, decide, new_since};
use crate::facility::calendar::{Calendar, Holidays, Week};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn calendar(holidays: &str) -> Calendar {
    Calendar::new(New_York, Holidays::parse(holidays).unwrap())
}

fn at(calendar: &Calendar, when: &str) -> DateTime<Utc> {
    let (date, time) = when.split_once(' ').unwrap();
    calendar.instant(day(date), NaiveTime::parse_from_str(time, "%H:%M").unwrap())
}

fn with_items(open_items: u64) -> Person {
    Person { preferences: Preferences::default(), last_mail: None, open_items, newest_due: None }
}

fn first_word(line: &str) -> &str {
    line.split_once(' ').unwrap().0
}

/// A registry with one person, run at a list of times; what was made.
struct Story {
    calendar: Calendar,
    runs: Option<Runs>,
    person: Person,
    made: BTreeSet<(Kind, String)>,
    log: Vec<String>,
}

impl Story {
    fn new(holidays: &str, person: Person) -> Self {
        Self { calendar: calendar(holidays), runs: None, person, made: BTreeSet::new(), log: Vec::new() }
    }

    fn run_at(&mut self, now: DateTime<Utc>) {
        let today = self.calendar.day(now);
        if !self.calendar.is_open(now) {
            return;
        }
        let runs = Runs::with(self.runs.as_ref(), &self.calendar, today);
        let make = decide(&self.calendar, &runs, now, &self.person);
        self.runs = Some(runs);
        let Some(Make { kind, period, covers }) = make else { return };
        if self.made.insert((kind, period.to_string())) {
            let covers = covers.map(|c| format!(" covers {c}")).unwrap_or_default();
            self.log.push(format!("{today} {} {period}{covers}", kind.code()));
            self.person.last_mail = Some(today);
        }
    }

    fn run(&mut self, when: &str) -> &mut Self {
        let now = at(&self.calendar, when);
        self.run_at(now);
        self
    }

    fn due(&mut self, newest: &str) -> &mut Self {
        self.person.newest_due = Some(day(newest));
        self
    }
}

#[test]
fn three_runs_on_monday_make_one_digest() {
    let mut s = Story::new("", with_items(12));
    s.run("2026-11-30 07:00").run("2026-11-30 07:10").run("2026-11-30 16:00").run("2026-12-01 08:00");
    assert_eq!(s.log, ["2026-11-30 M1 2026-W49"]);
}

#[test]
fn an_item_due_on_saturday_is_mailed_on_monday_in_one_mail_with_the_digest() {
    let mut s = Story::new("", with_items(3));
    s.run("2026-11-24 08:00").due("2026-11-28").run("2026-11-28 08:00").run("2026-11-30 08:00");
    assert_eq!(s.log, ["2026-11-30 M1 2026-W49 covers 2026-11-30"]);
    // Without the digest it is an M2 of its own.
    let mut s = Story::new("", with_items(3));
    s.person.preferences.weekly = Frequency::Off;
    s.run("2026-11-24 08:00").due("2026-11-28").run("2026-11-30 08:00").run("2026-12-01 08:00");
    assert_eq!(s.log, ["2026-11-30 M2 2026-11-30"]);
}

#[test]
fn a_holiday_on_monday_moves_the_digest_to_tuesday_under_the_same_week() {
    let mut s = Story::new("2026-11-30", with_items(3));
    s.run("2026-11-25 08:00").run("2026-11-30 08:00").run("2026-12-01 08:00").run("2026-12-02 08:00");
    assert_eq!(s.log, ["2026-12-01 M1 2026-W49"]);
}

#[test]
fn a_digest_missed_for_want_of_a_scheduler_is_made_up_once_old_ones_are_not() {
    let mut s = Story::new("", with_items(3));
    s.run("2026-11-02 08:00").run("2026-11-25 08:00").run("2026-11-25 12:00").run("2026-11-26 08:00");
    assert_eq!(s.log, ["2026-11-02 M1 2026-W45", "2026-11-25 M1 2026-W48"]);
}

#[test]
fn who_had_nothing_on_the_day_waits_for_next_week() {
    let mut s = Story::new("", with_items(0));
    s.run("2026-11-30 08:00");
    s.person.open_items = 4;
    s.run("2026-12-01 08:00").run("2026-12-04 08:00").run("2026-12-07 08:00");
    assert_eq!(s.log, ["2026-12-07 M1 2026-W50"]);
}

#[test]
fn the_first_run_ever_starts_the_count() {
    let mut s = Story::new("", with_items(9));
    // A Wednesday: neither the digest of Monday nor what became due on Tuesday was missed.
    s.due("2026-11-24").run("2026-11-25 08:00");
    assert!(s.log.is_empty(), "{:?}", s.log);
    s.due("2026-11-26").run("2026-11-26 08:00").run("2026-11-30 08:00");
    assert_eq!(s.log, ["2026-11-26 M2 2026-11-26", "2026-11-30 M1 2026-W49"]);
    // What becomes due on the day of the first run is new.
    let mut s = Story::new("", with_items(9));
    s.due("2026-11-25").run("2026-11-25 08:00");
    assert_eq!(s.log, ["2026-11-25 M2 2026-11-25"]);
}

#[test]
fn a_clock_set_back_still_makes_the_digest_of_a_monday_once() {
    let mut s = Story::new("", with_items(9));
    s.run("2026-12-02 08:00").run("2026-11-30 08:00").run("2026-11-30 08:00").run("2026-12-02 09:00");
    assert_eq!(s.log, ["2026-11-30 M1 2026-W49"]);
}

#[test]
fn nothing_leaves_in_quiet_hours_on_weekends_or_for_an_empty_list() {
    let mut s = Story::new("", with_items(5));
    s.run("2026-11-30 06:59").run("2026-11-30 18:00").run("2026-11-28 10:00").run("2026-11-29 10:00");
    assert!(s.log.is_empty());
    let mut s = Story::new("", with_items(0));
    s.due("2026-11-30").run("2026-11-30 08:00");
    assert!(s.log.is_empty());
}

#[test]
fn new_items_are_looked_for_since_the_last_mail_at_most_a_week() {
    let runs = Runs { first: day("2026-01-05"), last: day("2026-11-30"), late_on: None };
    let today = day("2026-11-30");
    assert_eq!(new_since(&runs, None, today), day("2026-11-23"));
    assert_eq!(new_since(&runs, Some(day("2026-11-27")), today), day("2026-11-27"));
    assert_eq!(new_since(&runs, Some(day("2026-10-01")), today), day("2026-11-23"));
    let young = Runs { first: today, last: today, late_on: None };
    assert_eq!(new_since(&young, None, today), day("2026-11-29"));
}

#[test]
fn preferences_decide_how_often() {
    let week: Vec<String> = (30..=34)
        .map(|d| format!("{} 08:00", day("2026-11-01").checked_add_days(Days::new(d - 1)).unwrap()))
        .collect();
    let made = |weekly, new_due| {
        let mut s = Story::new("", with_items(5));
        s.runs = Some(Runs { first: day("2026-01-05"), last: day("2026-11-27"), late_on: None });
        s.person.preferences = Preferences { weekly, new_due };
        for when in &week {
            s.person.newest_due = Some(day(when.split_once(' ').unwrap().0));
            s.run(when);
        }
        s.log.iter().map(|l| l.chars().skip(5).take(8).collect::<String>()).collect::<Vec<_>>().join(",")
    };
    use Frequency::{Daily, Off, Weekly};
    assert_eq!(made(Off, Off), "");
    assert_eq!(made(Weekly, Off), "11-30 M1");
    assert_eq!(made(Daily, Off), "11-30 M1,12-01 M1,12-02 M1,12-03 M1,12-04 M1");
    assert_eq!(made(Off, Weekly), "11-30 M2");
    assert_eq!(made(Weekly, Daily), "11-30 M1,12-01 M2,12-02 M2,12-03 M2,12-04 M2");
    assert_eq!(made(Daily, Daily), "11-30 M1,12-01 M1,12-02 M1,12-03 M1,12-04 M1");
}

#[test]
fn words_of_kinds_and_frequencies_read_back() {
    for kind in [Kind::Weekly, Kind::NewDue, Kind::Test] {
        assert_eq!(kind.code().parse(), Ok(kind));
    }
    for f in Frequency::ALL {
        assert_eq!(f.code().parse(), Ok(f));
    }
    assert!("hourly".parse::<Frequency>().unwrap_err().to_string().contains("daily"));
    assert!("M9".parse::<Kind>().unwrap_err().to_string().contains("M9"));
}

/// A year of ten-minute runs, over both changes of the clocks: one digest a week, on its first working day.
#[test]
fn a_year_of_runs_makes_every_digest_once_by_wall_time() {
    let calendar = Calendar::new(Berlin, Holidays::parse("01-01 12-25 2026-04-06").unwrap());
    let mut s = Story::new("", with_items(2));
    s.calendar = calendar.clone();
    let mut now = at(&calendar, "2026-01-05 00:00");
    let end = at(&calendar, "2027-01-04 00:00");
    while now < end {
        let before = s.log.len();
        s.run_at(now);
        if s.log.len() > before {
            assert_eq!(now.with_timezone(&Berlin).format("%H:%M").to_string(), "07:00");
        }
        now += Duration::minutes(10);
    }
    let expected: Vec<String> = (0..52)
        .map(|w| {
            let week = Week::of(day("2026-01-05").checked_add_days(Days::new(7 * w)).unwrap());
            format!("{} M1 {week}", calendar.first_working_day(week).unwrap())
        })
        .collect();
    assert_eq!(s.log, expected);
}

proptest! {
    /// However often, late or backwards the clock runs: never two mails on a day, never two of a week.
    #[test]
    fn never_two_mails_a_day_or_two_digests_a_week(
        hours in prop::collection::vec(-30i64..200, 1..60),
        due in prop::collection::vec(any::<bool>(), 60),
    ) {
        let mut s = Story::new("12-25 2026-11-26", with_items(4));
        let mut now = at(&s.calendar, "2026-11-02 07:30");
        for (step, due) in hours.iter().zip(due) {
            now += Duration::hours(*step);
            if due {
                s.person.newest_due = Some(s.calendar.day(now));
            }
            // A store only sees mails that are not in the future of its clock.
            s.person.last_mail = s.log.iter().map(|l| day(first_word(l))).filter(|d| *d <= s.calendar.day(now)).max();
            s.run_at(now);
        }
        let days: BTreeSet<&str> = s.log.iter().map(|l| first_word(l)).collect();
        prop_assert_eq!(days.len(), s.log.len(), "{:?}", &s.log);
        for l in &s.log {
            let week = Week::of(day(first_word(l)));
            if let Some(period) = l.split("M1 ").nth(1) {
                prop_assert!(period.starts_with(&week.to_string()));
                prop_assert!(s.made.contains(&(Kind::Weekly, Period::Week(week).to_string())));
            }
        }
    }
}
