//! When a mail that could not be handed over is tried again.
//!
//! Pure. Source: house rules on mail retry: after 1, 5, 15 and 60 minutes, then hourly with jitter, up to
//! 72 hours; quiet hours and days pause the waiting and do not count.

use chrono::{DateTime, Duration, Utc};

use crate::facility::calendar::Calendar;

/// Waits after the first failures, in minutes; from then on the last one, with jitter.
const WAIT_MINUTES: [i64; 4] = [1, 5, 15, 60];
/// Open time after which the mail is given up.
const GIVE_UP: Duration = Duration::hours(72);
/// Greatest shift of an hourly attempt to either side, in seconds, so that many mails do not come at once.
const JITTER_SECONDS: i64 = 360;

/// What becomes of a mail after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Try again at that instant.
    At(DateTime<Utc>),
    /// Give up: failed, for the administrator to see.
    GiveUp,
}

/// Decides after an attempt that may be repeated.
///
/// `failed_attempts` counts this one. `made` is when the mail was made. `chance` is a random number that
/// spreads the hourly attempts. A mail is never given up before its four short waits are used, so that a
/// worker that was away for a week still tries.
pub fn after_failure(
    calendar: &Calendar,
    made: DateTime<Utc>,
    now: DateTime<Utc>,
    failed_attempts: u32,
    chance: u32,
) -> Next {
    let used = usize::try_from(failed_attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let wait = match WAIT_MINUTES.get(used) {
        Some(minutes) => Duration::minutes(*minutes),
        None if calendar.open_between(made, now) >= GIVE_UP => return Next::GiveUp,
        None => {
            let shift = i64::from(chance) % (2 * JITTER_SECONDS + 1) - JITTER_SECONDS;
            Duration::hours(1) + Duration::seconds(shift)
        }
    };
    Next::At(calendar.open_after(now, wait))
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::Chicago;
    use proptest::prelude::*;

    use super::*;
    use crate::facility::calendar::Holidays;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn calendar() -> Calendar {
        Calendar::new(Chicago, Holidays::parse("2026-11-26").unwrap())
    }

    #[test]
    fn the_waits_grow_from_a_minute_to_an_hour() {
        let made = at("2026-11-30T14:00:00Z");
        for (attempts, minutes) in [(1, 1), (2, 5), (3, 15), (4, 60)] {
            let next = after_failure(&calendar(), made, made, attempts, 12345);
            assert_eq!(next, Next::At(made + Duration::minutes(minutes)), "{attempts}");
        }
    }

    #[test]
    fn a_weekend_without_a_server_loses_nothing() {
        // Friday 17:55 in Chicago; the next hourly attempt is Monday 07:55.
        let friday = at("2026-11-27T23:55:00Z");
        let Next::At(next) = after_failure(&calendar(), friday, friday, 6, 360) else { panic!("gave up") };
        assert_eq!(next, at("2026-11-30T13:55:00Z"));
    }

    #[test]
    fn after_72_open_hours_it_is_given_up() {
        let made = at("2026-11-30T13:00:00Z");
        let late = calendar().open_after(made, Duration::hours(72));
        assert_eq!(after_failure(&calendar(), made, late, 70, 0), Next::GiveUp);
        assert!(matches!(after_failure(&calendar(), made, late - Duration::seconds(1), 70, 0), Next::At(_)));
        // A worker that was away still uses the short waits.
        assert!(matches!(after_failure(&calendar(), made, late, 4, 0), Next::At(_)));
    }

    proptest! {
        #[test]
        fn it_always_moves_on_into_open_time(start in 1_700_000_000i64..1_900_000_000, attempts in 1u32..90, chance: u32) {
            let now = DateTime::from_timestamp(start, 0).unwrap();
            let Next::At(next) = after_failure(&calendar(), now, now, attempts, chance) else {
                return Err(TestCaseError::fail("gave up at once"));
            };
            prop_assert!(next >= now + Duration::minutes(1));
            prop_assert!(calendar().is_open(next));
            let waited = calendar().open_between(now, next);
            prop_assert!(waited <= Duration::minutes(66));
            prop_assert!(attempts < 5 || waited >= Duration::minutes(54));
        }

        #[test]
        fn trying_for_ever_ends_within_73_open_hours(chance in prop::collection::vec(any::<u32>(), 120)) {
            let made = at("2026-11-30T13:00:00Z");
            let mut now = made;
            let mut attempts = 0;
            loop {
                attempts += 1;
                match after_failure(&calendar(), made, now, attempts, chance[attempts as usize]) {
                    Next::At(next) => now = next,
                    Next::GiveUp => break,
                }
            }
            let open = calendar().open_between(made, now);
            prop_assert!((Duration::hours(72)..Duration::hours(74)).contains(&open), "{open}");
            prop_assert!((68..90).contains(&attempts), "{attempts}");
        }
    }
}
