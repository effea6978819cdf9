//! Chance for the practice registry: repeatable, one generator a patient.

use chrono::{Duration, NaiveDate};

use crate::clock::{Chance, SeededChance};

/// A repeatable source of choices.
#[derive(Debug)]
pub(super) struct Dice(SeededChance);

impl Dice {
    /// The generator of one patient: seed and place decide everything.
    pub(super) fn of_patient(seed: u64, place: u64) -> Self {
        // Two rounds apart, so that neighbours do not share a stream.
        let mixed = Self(SeededChance::new(seed ^ place.wrapping_mul(0xD1B5_4A32_D192_ED03)));
        Self(SeededChance::new(mixed.next()))
    }

    fn next(&self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// At least 0, below 1.
    pub(super) fn unit(&self) -> f64 {
        // 53 bits are what an f64 holds exactly.
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// One of 0 to `end - 1`; 0 for an `end` of 0.
    pub(super) fn below(&self, end: u32) -> u32 {
        let scaled = (u64::from(u32::try_from(self.next() >> 32).unwrap_or(u32::MAX)) * u64::from(end)) >> 32;
        u32::try_from(scaled).unwrap_or(0)
    }

    /// One of `first` to `last`, both included.
    pub(super) fn between(&self, first: i64, last: i64) -> i64 {
        let span = u32::try_from(last.saturating_sub(first).saturating_add(1)).unwrap_or(0);
        first + i64::from(self.below(span))
    }

    /// True in so many of a hundred.
    pub(super) fn percent(&self, percent: f64) -> bool {
        self.unit() * 100.0 < percent
    }

    /// One of several, each as likely.
    pub(super) fn pick<'a, T>(&self, from: &'a [T]) -> &'a T {
        let place = self.below(u32::try_from(from.len()).unwrap_or(u32::MAX));
        from.get(place as usize).expect("there is something to choose from")
    }

    /// One of several words, each as likely.
    pub(super) fn word(&self, from: &[&'static str]) -> &'static str {
        self.pick::<&'static str>(from)
    }

    /// About normal (sum of four even draws), cut at two and a half deviations.
    pub(super) fn around(&self, mean: f64, deviation: f64) -> f64 {
        let sum: f64 = (0..4).map(|_| self.unit()).sum();
        // The sum has mean 2 and variance 4/12.
        mean + deviation * ((sum - 2.0) * 3f64.sqrt()).clamp(-2.5, 2.5)
    }

    /// A day so many days after another, bounds included.
    pub(super) fn days_after(&self, day: NaiveDate, first: i64, last: i64) -> NaiveDate {
        day + Duration::days(self.between(first, last))
    }

    /// A day of an interval; the first when the interval is empty.
    pub(super) fn day_within(&self, first: NaiveDate, last: NaiveDate) -> NaiveDate {
        self.days_after(first, 0, (last - first).num_days().max(0))
    }
}

/// Choices with weights, read from a cell such as `C504:36 C502:12`.
#[derive(Clone, Debug)]
pub(super) struct Weighted<T> {
    choices: Vec<(u32, T)>,
    total: u32,
}

impl<T> Weighted<T> {
    /// Puts weighted choices together.
    pub(super) fn new(choices: Vec<(u32, T)>) -> Self {
        let total = choices.iter().map(|(weight, _)| weight).sum();
        Self { choices, total }
    }

    /// Reads a cell; `None` when a part has no weight or `read` does not know it.
    pub(super) fn parse(cell: &'static str, read: impl Fn(&'static str) -> Option<T>) -> Option<Self> {
        let part = |text: &'static str| {
            let (value, weight) = text.rsplit_once(':')?;
            Some((weight.parse().ok()?, read(value)?))
        };
        cell.split_whitespace().map(part).collect::<Option<Vec<_>>>().map(Self::new)
    }

    /// Nothing to choose from?
    pub(super) fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// One choice, as likely as its weight; there must be one.
    pub(super) fn draw(&self, dice: &Dice) -> &T {
        let mut left = dice.below(self.total);
        for (weight, choice) in &self.choices {
            if left < *weight {
                return choice;
            }
            left -= weight;
        }
        &self.choices.last().expect("a weighted choice has at least one entry").1
    }
}
