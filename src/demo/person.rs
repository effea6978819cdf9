//! Who a patient is.

use chrono::{Datelike, Duration, NaiveDate};

use super::{
    dice::Dice,
    names::{Origin, Town, street, town},
};

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
    pub(super) street: String,
    pub(super) town: Town,
    /// Country of residence, ISO 3166.
    pub(super) country: &'static str,
    pub(super) telephone: String,
    pub(super) no_contact: bool,
}

impl Person {
    /// The person at a place of the registry, of an age on a day.
    pub(super) fn draw(dice: &Dice, woman: bool, age: i32, on: NaiveDate) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_come_out_as_asked() {
        let dice = Dice::of_patient(1, 1);
        let leap = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
        for age in 1..99 {
            let person = Person::draw(&dice, true, age, leap);
            assert_eq!(person.age_on(leap), age);
        }
    }
}
