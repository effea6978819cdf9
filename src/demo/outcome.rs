//! What became of the patient: death, last contact, recurrence, the next source of news.

use chrono::{Duration, NaiveDate};

use super::{dice::Dice, kind::Spread, person::Person, primary::Primary, treatment::Given};

/// Why somebody died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// Of the primary at this place.
    OfCancer(usize),
    /// Of something else.
    Otherwise,
}

/// Days from diagnosis to a death of this cancer. Weibull with a falling hazard (shape 0.7), set to
/// the five-year survival of the kind and spread.
pub(super) fn days_to_death(dice: &Dice, primary: &Primary) -> i64 {
    const SHAPE: f64 = 0.7;
    const FIVE_YEARS: f64 = 1826.0;
    let five = (primary.kind.five_years.of(primary.spread) / 100.0).clamp(0.01, 0.999);
    let scale = FIVE_YEARS / (-five.ln()).powf(1.0 / SHAPE);
    let days = scale * (-(1.0 - dice.unit()).ln()).powf(1.0 / SHAPE);
    days.min(40_000.0) as i64
}

/// Days to a death of any other cause (Gompertz, close to United States life tables).
pub(super) fn days_to_other_death(dice: &Dice, woman: bool, age: i32) -> i64 {
    const GROWTH: f64 = 0.088;
    let level = if woman { 0.000_04 } else { 0.000_06 };
    let now = level * (GROWTH * f64::from(age)).exp();
    let years = (1.0 - (1.0 - dice.unit()).ln() * GROWTH / now).ln() / GROWTH;
    (years.min(100.0) * 365.25) as i64
}

/// The last that is known of a patient.
#[derive(Debug)]
pub(super) struct LastKnown {
    pub(super) on: NaiveDate,
    /// Digits of the date that are known: 8, 6 or 4.
    pub(super) digits_known: usize,
    pub(super) dead: bool,
    /// Cause of death as coded; `0000` alive.
    pub(super) cause: String,
    /// Nobody heard of the patient for over 15 months.
    pub(super) lost_sight: bool,
}

/// Percent of living patients out of sight for over 15 months: those with a diagnosis of the last
/// five years, and the others. Chosen so that rate A comes out near 84, rate B near 91 percent.
const OUT_OF_SIGHT: (f64, f64) = (22.0, 50.0);

/// When a living patient was last heard of.
pub(super) fn living(
    dice: &Dice,
    known: NaiveDate,
    newest_diagnosis: NaiveDate,
    today: NaiveDate,
) -> LastKnown {
    let recent = (today - newest_diagnosis).num_days() <= 1826;
    let percent = if recent { OUT_OF_SIGHT.0 } else { OUT_OF_SIGHT.1 };
    let delinquent_before = today - Duration::days(460);
    let lost_sight = known <= delinquent_before && dice.percent(percent);
    let on = if lost_sight {
        dice.day_within(known.max(today - Duration::days(2200)), delinquent_before)
    } else {
        let days = match dice.below(100) {
            0..=3 => dice.between(366, 394),
            4..=7 => dice.between(398, 452),
            _ => dice.between(0, 360),
        };
        known.max(today - Duration::days(days))
    };
    let digits_known = if on > known + Duration::days(62) && dice.percent(1.5) { 6 } else { 8 };
    LastKnown { on, digits_known, dead: false, cause: "0000".to_owned(), lost_sight }
}

/// A death, with its cause as far as the certificate has come in.
pub(super) fn died(
    dice: &Dice,
    on: NaiveDate,
    of: Death,
    primaries: &[Primary],
    today: NaiveDate,
) -> LastKnown {
    let cause = match of {
        _ if (today - on).num_days() < dice.between(60, 240) => "7777".to_owned(),
        _ if dice.percent(2.0) => "7797".to_owned(),
        Death::OfCancer(place) => primaries.get(place).map_or_else(|| "7797".to_owned(), cause_of),
        Death::Otherwise => (dice
            .word(&["I251", "I219", "I64", "J449", "J189", "G309", "E119", "N189", "I500", "W19"]))
        .to_owned(),
    };
    LastKnown { on, digits_known: 8, dead: true, cause, lost_sight: false }
}

/// The ICD-10 code of a death of this primary.
fn cause_of(primary: &Primary) -> String {
    let own = primary.kind.cause;
    if !own.is_empty() {
        return own.to_owned();
    }
    let site = primary.site.stored();
    // Categories that ICD-10 does not divide further.
    const UNDIVIDED: [&str; 16] = [
        "C01", "C07", "C12", "C19", "C20", "C23", "C33", "C37", "C52", "C55", "C56", "C58", "C61", "C64",
        "C65", "C73",
    ];
    match site.get(..3) {
        Some(category) if UNDIVIDED.contains(&category) => category.to_owned(),
        _ => site,
    }
}

/// The course of one tumor.
#[derive(Debug)]
pub(super) struct Course {
    /// Cancer status \[1770\].
    pub(super) status: &'static str,
    pub(super) status_on: NaiveDate,
    /// Type of first recurrence \[1880\].
    pub(super) recurrence: &'static str,
    pub(super) recurred_on: Option<NaiveDate>,
    pub(super) source: &'static str,
    pub(super) next_source: &'static str,
}

impl Course {
    /// How it went with one primary until the last contact.
    pub(super) fn draw(
        dice: &Dice,
        person: &Person,
        primary: &Primary,
        given: &Given,
        last: &LastKnown,
        killed: bool,
    ) -> Self {
        let free_from = given.last_day().unwrap_or(primary.diagnosed) + Duration::days(60);
        let cleared = given.any()
            && free_from <= last.on
            && dice.percent(match primary.spread {
                Spread::InSitu => 99.0,
                Spread::Benign | Spread::Local => 94.0,
                Spread::Regional => 82.0,
                Spread::Unknown => 60.0,
                Spread::Distant if primary.morphology.histology.is_hematopoietic() => 62.0,
                Spread::Distant => 12.0,
            });
        let (status, recurrence, recurred_on) = if !primary.is_analytic() {
            (if killed { "2" } else { dice.word(&["9", "9", "1", "2"]) }, "99", None)
        } else if !cleared {
            let status = if !killed && last.lost_sight && dice.percent(20.0) { "9" } else { "2" };
            (status, "70", None)
        } else if killed || dice.percent(recurs(primary)) {
            let on = dice.day_within(free_from, last.on);
            let status = if killed || dice.percent(70.0) { "2" } else { "1" };
            (status, recurrence_type(dice, primary), Some(on))
        } else if dice.percent(3.0) {
            ("9", "99", None)
        } else {
            ("1", "00", None)
        };
        let back = if dice.percent(75.0) { 0 } else { dice.between(1, 90) };
        let mut status_on =
            (last.on - Duration::days(back)).max(given.last_day().unwrap_or(primary.diagnosed));
        if let Some(on) = recurred_on {
            status_on = status_on.max(on);
        }
        Self {
            status,
            status_on: status_on.max(primary.diagnosed).min(last.on),
            recurrence,
            recurred_on,
            source: source(dice, last),
            next_source: next_source(dice, person, primary, last),
        }
    }
}

/// Percent that come back.
fn recurs(primary: &Primary) -> f64 {
    match primary.spread {
        Spread::InSitu | Spread::Benign => 3.0,
        Spread::Local => 9.0,
        Spread::Regional | Spread::Unknown => 24.0,
        Spread::Distant => 40.0,
    }
}

fn recurrence_type(dice: &Dice, primary: &Primary) -> &'static str {
    if primary.morphology.histology.is_hematopoietic() {
        return "59";
    }
    match primary.spread {
        Spread::InSitu => dice.word(&["06", "16"]),
        Spread::Benign => "10",
        _ => dice.word(&["13", "13", "21", "22", "22", "30", "52", "54", "55", "56", "62", "88"]),
    }
}

fn source(dice: &Dice, last: &LastKnown) -> &'static str {
    match (last.dead, last.cause.as_str()) {
        (true, "7777") => dice.word(&["0", "2", "8"]),
        (true, _) => dice.word(&["7", "7", "0", "2"]),
        _ => dice.word(&["2", "2", "2", "1", "1", "0", "3", "5"]),
    }
}

fn next_source(dice: &Dice, person: &Person, primary: &Primary, last: &LastKnown) -> &'static str {
    if last.dead {
        "9"
    } else if person.country != "USA" {
        "8"
    } else if !primary.is_analytic() || primary.class == "00" {
        "9"
    } else {
        dice.word(&["1", "1", "1", "1", "0", "2", "3", "4"])
    }
}
