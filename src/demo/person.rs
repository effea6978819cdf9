//! Who a patient is.

use chrono::{Datelike, Duration, NaiveDate};

use super::{
    dice::Dice,
    names::{Origin, Town, street, town},
};

/// Number of distinct social security numbers the practice registry can give: 100 areas from 900,
/// groups 00 to 49, serials 0001 to 9999.
const NUMBERS: u64 = 100 * 50 * 9999;

/// A patient's own facts.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) woman: bool,
    pub(super) family_name: String,
    pub(super) birth_name: String,
    pub(super) given_name: String,
    pub(super) middle_name: String,
    pub(super) born: NaiveDate,
    /// Only the year of birth is known.
    pub(super) born_year_only: bool,
    pub(super) race: &'static str,
    pub(super) hispanic: &'static str,
    pub(super) social_security_number: String,
    pub(super) street: String,
    pub(super) town: Town,
    /// Country of residence, ISO 3166.
    pub(super) country: &'static str,
    pub(super) telephone: String,
    pub(super) no_contact: bool,
}

impl Person {
    /// The person at a place of the registry, of an age on a day.
    pub(super) fn draw(dice: &Dice, place: u64, woman: bool, age: i32, on: NaiveDate) -> Self {
        let origin = Origin::draw(dice);
        let family_name = origin.family_name(dice);
        let changed_name = woman && dice.percent(45.0);
        Self {
            woman,
            birth_name: if changed_name { Origin::draw(dice).family_name(dice) } else { String::new() },
            family_name,
            given_name: origin.given_name(dice, woman),
            middle_name: if dice.percent(60.0) { origin.given_name(dice, woman) } else { String::new() },
            born: birth_date(dice, age, on),
            born_year_only: dice.percent(0.4),
            race: if dice.percent(2.0) { "99" } else { origin.race },
            hispanic: if dice.percent(3.0) { "9" } else { origin.hispanic },
            social_security_number: if dice.percent(7.0) {
                "999999999".to_owned()
            } else {
                social_security_number(place)
            },
            street: street(dice),
            town: town(dice),
            country: if dice.percent(0.6) { dice.word(&["CAN", "MEX", "IRL"]) } else { "USA" },
            telephone: format!("{}55501{:02}", dice.word(&["312", "773", "847", "630"]), dice.below(100)),
            no_contact: dice.percent(2.0),
        }
    }

    /// Full years on a day.
    pub(super) fn age_on(&self, day: NaiveDate) -> i32 {
        let before = (day.month(), day.day()) < (self.born.month(), self.born.day());
        day.year() - self.born.year() - i32::from(before)
    }
}

/// A birth date that gives this age in full years on the day.
fn birth_date(dice: &Dice, age: i32, on: NaiveDate) -> NaiveDate {
    let year = on.year() - age;
    let birthday = on
        .with_year(year)
        .or_else(|| NaiveDate::from_ymd_opt(year, 2, 28))
        .expect("years of living people are years of the calendar");
    birthday - Duration::days(dice.between(1, 363))
}

/// A number whose area (900 to 999) and group (00 to 49) are given neither to persons nor to
/// taxpayers; distinct for the first 49 million places.
fn social_security_number(place: u64) -> String {
    // The step shares no factor with the count, so that places do not collide.
    let n = place.wrapping_mul(7_368_787) % NUMBERS;
    let (area, rest) = (900 + n / (50 * 9999), n % (50 * 9999));
    format!("{area}{:02}{:04}", rest / 9999, rest % 9999 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn social_security_numbers_are_distinct_and_never_issued() {
        let seen: std::collections::HashSet<String> = (0..200_000).map(social_security_number).collect();
        assert_eq!(seen.len(), 200_000);
        assert!(seen.iter().all(|n| n.len() == 9 && n.starts_with('9') && n.get(3..5).unwrap() < "50"));
    }

    #[test]
    fn ages_come_out_as_asked() {
        let dice = Dice::of_patient(1, 1);
        let leap = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
        for age in 1..99 {
            let person = Person::draw(&dice, 5, true, age, leap);
            assert_eq!(person.age_on(leap), age);
        }
    }
}
