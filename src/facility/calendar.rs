//! When a facility works: working days, holidays, the hours in which mail may leave, and weeks.
//!
//! Pure: the instant is passed in. Times of day are wall times of the facility's zone, so that 07:00
//! stays 07:00 over a change of the clocks.
//! Source of the hours: house rule, follow-up mail (quiet from 18:00 to 07:00, Saturdays, Sundays and
//! the facility's holidays).

use std::{collections::BTreeSet, fmt, str::FromStr};

use chrono::{
    DateTime, Datelike, Days, Duration, LocalResult, NaiveDate, NaiveTime, TimeZone, Timelike, Utc, Weekday,
};
use chrono_tz::Tz;

/// Local time from which mail may leave.
pub const OPENS: NaiveTime = NaiveTime::from_hms_opt(7, 0, 0).expect("a time of day");
/// Local time from which it is quiet again.
pub const CLOSES: NaiveTime = NaiveTime::from_hms_opt(18, 0, 0).expect("a time of day");

/// Days on which a facility does not work, besides Saturdays and Sundays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holidays {
    days: BTreeSet<NaiveDate>,
    /// Month and day, every year.
    yearly: BTreeSet<(u32, u32)>,
}

/// A word in a list of holidays that is no day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("holidays: “{given}” is not a day. Write 2026-12-25 for one day, 12-25 for every year.")]
pub struct NotAHoliday {
    /// The word as typed.
    pub given: String,
}

impl Holidays {
    /// Reads days such as `2026-11-26` (once) and `12-25` (every year), separated by blanks, commas,
    /// semicolons or line ends.
    pub fn parse(text: &str) -> Result<Self, NotAHoliday> {
        let mut holidays = Self::default();
        for word in text.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|w| !w.is_empty())
        {
            let bad = || NotAHoliday { given: word.chars().take(40).collect() };
            if let Ok(day) = NaiveDate::parse_from_str(word, "%Y-%m-%d") {
                holidays.days.insert(day);
                continue;
            }
            // 2024 is a leap year, so that 02-29 can be named.
            let leap = NaiveDate::parse_from_str(&format!("2024-{word}"), "%Y-%m-%d").map_err(|_| bad())?;
            holidays.yearly.insert((leap.month(), leap.day()));
        }
        Ok(holidays)
    }

    /// Is it a holiday?
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.days.contains(&day) || self.yearly.contains(&(day.month(), day.day()))
    }
}

impl fmt::Display for Holidays {
    /// As [`Holidays::parse`] reads it: yearly days first, one blank between.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let yearly = self.yearly.iter().map(|(month, day)| format!("{month:02}-{day:02}"));
        let words: Vec<String> = yearly.chain(self.days.iter().map(ToString::to_string)).collect();
        f.write_str(&words.join(" "))
    }
}

/// A week by ISO 8601: Monday to Sunday, `2026-W48`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Week {
    year: i32,
    week: u32,
}

impl Week {
    /// The week a day lies in.
    pub fn of(day: NaiveDate) -> Self {
        let week = day.iso_week();
        Self { year: week.year(), week: week.week() }
    }

    /// Its Monday.
    pub fn monday(self) -> NaiveDate {
        NaiveDate::from_isoywd_opt(self.year, self.week, Weekday::Mon)
            .expect("a week is only made from a day or after a check")
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year, self.week)
    }
}

/// A text that is no week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a week such as 2026-W48 is expected")]
pub struct NotAWeek;

impl FromStr for Week {
    type Err = NotAWeek;

    fn from_str(text: &str) -> Result<Self, NotAWeek> {
        let (year, week) = text.split_once("-W").ok_or(NotAWeek)?;
        let (year, week) = (year.parse().map_err(|_| NotAWeek)?, week.parse().map_err(|_| NotAWeek)?);
        NaiveDate::from_isoywd_opt(year, week, Weekday::Mon).ok_or(NotAWeek)?;
        let read = Self { year, week };
        if read.to_string() == text { Ok(read) } else { Err(NotAWeek) }
    }
}

/// A facility's zone and holidays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// The facility's zone.
    pub zone: Tz,
    /// Its holidays.
    pub holidays: Holidays,
}

/// No search for a working day goes further; a list of holidays that leaves none cannot hang a job.
const FURTHEST_DAYS: u64 = 800;

impl Calendar {
    /// A calendar.
    pub fn new(zone: Tz, holidays: Holidays) -> Self {
        Self { zone, holidays }
    }

    /// The local day of an instant.
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// Monday to Friday, and no holiday.
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !self.holidays.contains(day)
    }

    /// First working day of a week; `None` when the whole week is off.
    pub fn first_working_day(&self, week: Week) -> Option<NaiveDate> {
        week.monday().iter_days().take(7).find(|day| self.is_working_day(*day))
    }

    /// The instant of a local wall time. A time that the clocks skip is the first instant after the
    /// gap; one that they show twice is the first of the two.
    pub fn instant(&self, day: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
        let mut local = day.and_time(time);
        // The longest gap known is a whole day (a zone that crossed the date line).
        for _ in 0..=(26 * 60) {
            match self.zone.from_local_datetime(&local) {
                LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => return at.with_timezone(&Utc),
                LocalResult::None => {
                    let Some(later) =
                        local.with_second(0).and_then(|l| l.checked_add_signed(Duration::minutes(1)))
                    else {
                        break;
                    };
                    local = later;
                }
            }
        }
        local.and_utc()
    }

    /// May mail leave now? A working day from 07:00 to before 18:00 local time.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        let local = now.with_timezone(&self.zone);
        self.is_working_day(local.date_naive()) && (OPENS..CLOSES).contains(&local.time())
    }

    /// Now if mail may leave now, else the next opening.
    pub fn next_open(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.open_after(now, Duration::zero())
    }

    /// The instant at which `wait` of open time has passed since `from`. Quiet hours and days do not
    /// count; the answer always lies in open time.
    pub fn open_after(&self, from: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
        let mut left = wait.max(Duration::zero());
        for (opens, closes) in self.windows(from).take_while_within(FURTHEST_DAYS) {
            let start = opens.max(from);
            if start >= closes {
                continue;
            }
            if start + left < closes {
                return start + left;
            }
            left -= closes - start;
        }
        from + wait
    }

    /// Open time between two instants; zero when the second is not after the first.
    pub fn open_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
        let mut open = Duration::zero();
        for (opens, closes) in self.windows(from).take_while_within(FURTHEST_DAYS) {
            if opens >= to {
                break;
            }
            open += (closes.min(to) - opens.max(from)).max(Duration::zero());
        }
        open
    }

    /// The open hours of the working days from the local day of `from` on.
    fn windows(&self, from: DateTime<Utc>) -> Windows<'_> {
        Windows { calendar: self, next: Some(self.day(from)), last: None }
    }
}

struct Windows<'a> {
    calendar: &'a Calendar,
    next: Option<NaiveDate>,
    last: Option<NaiveDate>,
}

impl Windows<'_> {
    fn take_while_within(mut self, days: u64) -> Self {
        self.last = self.next.and_then(|day| day.checked_add_days(Days::new(days)));
        self
    }
}

impl Iterator for Windows<'_> {
    type Item = (DateTime<Utc>, DateTime<Utc>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let day = self.next.filter(|day| self.last.is_none_or(|last| *day <= last))?;
            self.next = day.succ_opt();
            if self.calendar.is_working_day(day) {
                return Some((self.calendar.instant(day, OPENS), self.calendar.instant(day, CLOSES)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America::New_York, Europe::Berlin, Pacific::Apia};
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn calendar(zone: Tz, holidays: &str) -> Calendar {
        Calendar::new(zone, Holidays::parse(holidays).unwrap())
    }

    #[test]
    fn holidays_are_read_once_or_every_year_and_written_back() {
        let h = Holidays::parse("2026-11-26, 12-25\n01-01;02-29").unwrap();
        assert!(h.contains(day("2026-11-26")) && !h.contains(day("2027-11-26")));
        assert!(h.contains(day("2026-12-25")) && h.contains(day("2031-12-25")));
        assert!(h.contains(day("2028-02-29")));
        assert_eq!(Holidays::parse(&h.to_string()).unwrap(), h);
        assert_eq!(Holidays::parse("  ").unwrap(), Holidays::default());
        for wrong in ["Christmas", "13-01", "2026-02-29", "2026-11", "25.12."] {
            let said = Holidays::parse(wrong).unwrap_err().to_string();
            assert!(said.contains(wrong) && said.contains("12-25"), "{said}");
        }
    }

    #[test]
    fn weeks_are_those_of_iso_8601() {
        for (of, name, monday) in [
            ("2026-11-30", "2026-W49", "2026-11-30"),
            ("2026-11-29", "2026-W48", "2026-11-23"),
            ("2027-01-01", "2026-W53", "2026-12-28"),
            ("2024-12-31", "2025-W01", "2024-12-30"),
        ] {
            let week = Week::of(day(of));
            assert_eq!((week.to_string().as_str(), week.monday()), (name, day(monday)));
            assert_eq!(name.parse(), Ok(week));
        }
        for wrong in ["2026-W54", "2026-48", "2026-W1", "W48", "2025-W53", "+2026-W48", ""] {
            assert_eq!(wrong.parse::<Week>(), Err(NotAWeek), "{wrong}");
        }
    }

    #[test]
    fn the_first_working_day_skips_holidays() {
        let c = calendar(New_York, "2026-11-23 2026-11-24");
        assert_eq!(c.first_working_day(Week::of(day("2026-11-26"))), Some(day("2026-11-25")));
        let off = calendar(New_York, "2026-12-21 2026-12-22 2026-12-23 2026-12-24 12-25");
        assert_eq!(off.first_working_day(Week::of(day("2026-12-21"))), None);
    }

    #[test]
    fn wall_time_holds_over_the_change_of_the_clocks() {
        let c = calendar(Berlin, "");
        // Clocks went forward on 29 March 2026 and back on 25 October.
        assert_eq!(c.instant(day("2026-03-27"), OPENS), at("2026-03-27T06:00:00Z"));
        assert_eq!(c.instant(day("2026-03-30"), OPENS), at("2026-03-30T05:00:00Z"));
        assert_eq!(c.instant(day("2026-10-26"), OPENS), at("2026-10-26T06:00:00Z"));
        let half_past_two = NaiveTime::from_hms_opt(2, 30, 0).unwrap();
        assert_eq!(c.instant(day("2026-03-29"), half_past_two), at("2026-03-29T01:00:00Z"));
        assert_eq!(c.instant(day("2026-10-25"), half_past_two), at("2026-10-25T00:30:00Z"));
        // Samoa had no 30 December 2011.
        assert_eq!(calendar(Apia, "").instant(day("2011-12-30"), OPENS), at("2011-12-30T10:00:00Z"));
    }

    #[test]
    fn mail_may_leave_from_seven_to_six_on_working_days() {
        let c = calendar(New_York, "2026-11-26");
        for (now, open) in [
            ("2026-11-30T11:59:59Z", false),
            ("2026-11-30T12:00:00Z", true),
            ("2026-11-30T22:59:59Z", true),
            ("2026-11-30T23:00:00Z", false),
            ("2026-11-28T15:00:00Z", false),
            ("2026-11-26T15:00:00Z", false),
            ("2026-07-01T11:00:00Z", true),
        ] {
            assert_eq!(c.is_open(at(now)), open, "{now}");
        }
        // Friday evening waits for Monday morning; Wednesday evening skips the holiday.
        assert_eq!(c.next_open(at("2026-11-27T23:30:00Z")), at("2026-11-30T12:00:00Z"));
        assert_eq!(c.next_open(at("2026-11-25T23:30:00Z")), at("2026-11-27T12:00:00Z"));
        assert_eq!(c.next_open(at("2026-11-25T15:30:00Z")), at("2026-11-25T15:30:00Z"));
    }

    #[test]
    fn quiet_time_does_not_count() {
        let c = calendar(New_York, "");
        // Friday 17:59:30 and one minute: Monday 07:00:30.
        assert_eq!(
            c.open_after(at("2026-11-27T22:59:30Z"), Duration::minutes(1)),
            at("2026-11-30T12:00:30Z")
        );
        // 72 hours of 11 a day are six days and a half.
        assert_eq!(c.open_after(at("2026-11-30T12:00:00Z"), Duration::hours(72)), at("2026-12-08T18:00:00Z"));
        assert_eq!(
            c.open_between(at("2026-11-30T12:00:00Z"), at("2026-12-08T18:00:00Z")),
            Duration::hours(72)
        );
        assert_eq!(c.open_between(at("2026-11-28T00:00:00Z"), at("2026-11-29T23:00:00Z")), Duration::zero());
        assert_eq!(c.open_between(at("2026-12-01T15:00:00Z"), at("2026-12-01T14:00:00Z")), Duration::zero());
    }

    #[test]
    fn a_facility_without_any_working_day_does_not_hang() {
        let all: String = (1..=12).flat_map(|m| (1..=31).map(move |d| format!("{m:02}-{d:02} "))).collect();
        let real: Vec<&str> = all.split(' ').filter(|w| Holidays::parse(w).is_ok()).collect();
        let c = calendar(New_York, &real.join(" "));
        let now = at("2026-11-30T12:00:00Z");
        assert_eq!(c.open_after(now, Duration::hours(1)), now + Duration::hours(1));
    }

    proptest! {
        #[test]
        fn open_time_and_its_inverse_agree(
            start in 1_700_000_000i64..2_000_000_000,
            minutes in 0i64..6_000,
            zone in prop::sample::select(vec![New_York, Berlin, Apia, Tz::Australia__Lord_Howe]),
        ) {
            let c = calendar(zone, "12-25 01-01");
            let from = DateTime::from_timestamp(start, 0).unwrap();
            let to = c.open_after(from, Duration::minutes(minutes));
            prop_assert!(c.is_open(to));
            prop_assert_eq!(c.open_between(from, to), Duration::minutes(minutes));
        }
    }
}
