//! What somebody typed to find a patient, understood; and how well a patient fits. Pure.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    partial_date::{PartialDate, SlashOrder},
    patient::{matching::name_fit, name_key},
    tumor::record_number_key,
};

/// A search, understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wanted {
    /// As typed.
    pub(super) typed: String,
    /// Names, folded, in the order typed; with a comma the family name comes first.
    pub(super) names: Vec<String>,
    /// A comma said which name is the family name.
    pub(super) family_first: bool,
    /// Birth date, digits.
    pub(super) birth: String,
    /// Numbers as compared: accession, patient, record or social security number.
    pub(super) numbers: Vec<String>,
}

impl Wanted {
    /// Reads what was typed: names in any order, `last, first`, dates, numbers, together or alone.
    pub(super) fn read(typed: &str, today: NaiveDate, order: SlashOrder) -> Self {
        let mut wanted = Self { typed: typed.trim().to_owned(), ..Self::default() };
        let family = typed.split_once(',').map(|(family, _)| family.to_owned());
        for word in typed.split([' ', ',', ';']).filter(|w| !w.is_empty()) {
            let digits = word.chars().filter(char::is_ascii_digit).count();
            if digits == 0 {
                let key = name_key::fold(word);
                if !key.is_empty() {
                    wanted.names.push(key);
                }
                continue;
            }
            let date = PartialDate::parse_typed(word, today, order).ok().flatten();
            match date.filter(|d| d.earliest() <= today) {
                Some(date) if wanted.birth.is_empty() => {
                    wanted.birth = date.to_string();
                    // Eight digits may also be a number.
                    if word.len() == digits && digits == 8 {
                        wanted.numbers.push(word.to_owned());
                    }
                }
                _ => {
                    let key: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
                    if !key.is_empty() {
                        wanted.numbers.push(key);
                    }
                }
            }
        }
        if let Some(family) = family {
            let key = name_key::fold(&family);
            if !key.is_empty() {
                let given: Vec<String> = typed
                    .split_once(',')
                    .map(|(_, rest)| rest.split_whitespace().map(name_key::fold).collect())
                    .unwrap_or_default();
                wanted.names.retain(|n| given.contains(n));
                wanted.names.insert(0, key);
                wanted.family_first = true;
            }
        }
        wanted
    }

    /// Nothing to look for?
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty() && self.birth.is_empty() && self.numbers.is_empty()
    }

    /// Names of the fields searched by, for the audit.
    pub(super) fn fields(&self) -> Vec<&'static str> {
        let mut fields = Vec::new();
        if !self.names.is_empty() {
            fields.push("name");
        }
        if !self.birth.is_empty() {
            fields.push("dateOfBirth");
        }
        if !self.numbers.is_empty() {
            fields.push("number");
        }
        fields
    }

    /// Keys that the family name may have: each word, and all words together.
    pub(super) fn family_keys(&self) -> Vec<String> {
        if self.family_first {
            return self.names.iter().take(1).cloned().collect();
        }
        let mut keys = self.names.clone();
        if self.names.len() > 1 {
            keys.push(self.names.concat());
        }
        keys
    }

    /// Is one of these numbers the one typed? Then the patient is certain.
    pub(super) fn has_number(&self, numbers: &[&str]) -> bool {
        let key = |n: &str| record_number_key(n);
        self.numbers.iter().any(|n| numbers.iter().any(|m| !m.is_empty() && key(m) == key(n)))
    }

    /// How well a patient fits, 0 to 1, whose best name fits so well.
    pub(super) fn fit(&self, by_name: f64, birth: &str) -> f64 {
        match (self.names.is_empty(), birth_fit(&self.birth, birth)) {
            (true, None) => 0.0,
            (true, Some(fit)) => fit,
            (false, None) => by_name,
            (false, Some(fit)) => 0.7 * by_name + 0.3 * fit,
        }
    }

    /// How well a name fits, both parts folded, 0 to 1.
    pub(super) fn best_fit(&self, last_key: &str, first_key: &str, likeness: &mut Likeness) -> f64 {
        let mut both = |last: &str, first: &str| {
            let family = likeness.of(last, last_key);
            if first.is_empty() {
                return family;
            }
            // A given name that is nothing like it speaks against the person.
            let given = likeness.of(first, first_key);
            0.6 * family + if given < 0.7 { 0.0 } else { 0.4 * given }
        };
        match self.names.as_slice() {
            [] => 0.0,
            [one] if self.family_first => both(one, ""),
            [one] => both(one, "").max(0.95 * likeness.of(one, first_key)),
            [last, rest @ ..] if self.family_first => both(last, &rest.concat()),
            all => {
                let whole = both(&all.concat(), "");
                (1..all.len())
                    .map(|at| {
                        let (left, right) = all.split_at(at);
                        let (left, right) = (left.concat(), right.concat());
                        both(&left, &right).max(both(&right, &left))
                    })
                    .fold(whole, f64::max)
            }
        }
    }
}

/// How well names fit. Remembers, since thousands of people share a few names.
#[derive(Debug, Default)]
pub(super) struct Likeness {
    known: HashMap<String, HashMap<String, f64>>,
}

impl Likeness {
    fn of(&mut self, typed: &str, name: &str) -> f64 {
        if let Some(known) = self.known.get(typed).and_then(|by_name| by_name.get(name)) {
            return *known;
        }
        let fit = name_fit(typed, name);
        self.known.entry(typed.to_owned()).or_default().insert(name.to_owned(), fit);
        fit
    }
}

/// How well a birth date fits; `None` when none was asked for.
fn birth_fit(wanted: &str, birth: &str) -> Option<f64> {
    if wanted.is_empty() {
        return None;
    }
    if birth.is_empty() {
        return Some(0.3);
    }
    if birth.starts_with(wanted) || wanted.starts_with(birth) {
        return Some(1.0);
    }
    let same_length = wanted.len() == birth.len();
    let differ = wanted.bytes().zip(birth.bytes()).filter(|(a, b)| a != b).count();
    let swapped = same_length && birth.len() == 8 && {
        let (y, m, d) = (birth.get(..4), birth.get(4..6), birth.get(6..8));
        wanted.get(..4) == y && wanted.get(4..6) == d && wanted.get(6..8) == m
    };
    Some(if swapped || (same_length && differ == 1) { 0.7 } else { 0.0 })
}

/// Shown from this fit on.
pub(super) const SHOWN_FROM: f64 = 0.78;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Wanted {
        Wanted::read(typed, NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(), SlashOrder::MonthFirst)
    }

    /// How well somebody of this name fits what is typed.
    fn fit(typed: &str, (last, first): (&str, &str), birth: &str) -> f64 {
        let wanted = read(typed);
        let (last, first) = (name_key::fold(last), name_key::fold(first));
        wanted.fit(wanted.best_fit(&last, &first, &mut Likeness::default()), birth)
    }

    #[test]
    fn names_dates_and_numbers_are_told_apart() {
        let w = read("Fictive, Karl 3/14/1951");
        assert_eq!(
            (w.names.as_slice(), w.family_first),
            (&["fictive".to_owned(), "karl".to_owned()][..], true)
        );
        assert_eq!(w.birth, "19510314");
        let w = read("2019-00164");
        assert_eq!((w.numbers.as_slice(), w.birth.as_str()), (&["201900164".to_owned()][..], ""));
        let w = read("19510314");
        assert_eq!((w.birth.as_str(), w.numbers.len()), ("19510314", 1));
        assert_eq!(read("van der Berg, Anna").names, ["vanderberg", "anna"]);
        assert!(read(" , ").is_empty());
    }

    #[test]
    fn spelling_sound_and_order_are_forgiven() {
        let person = ("Schmidt", "Catherine");
        for typed in ["schmidt", "Schmitt, Katherine", "catherine schmidt", "Schmdit Catherine", "schm"] {
            assert!(fit(typed, person, "") >= SHOWN_FROM, "{typed}");
        }
        for typed in ["jones", "Schmidt, Robert William", "xy"] {
            assert!(fit(typed, person, "") < SHOWN_FROM, "{typed}");
        }
    }

    #[test]
    fn birth_dates_help_and_hinder() {
        let person = ("Doe", "Jo");
        let right = fit("doe 1951-03-14", person, "19510314");
        let swapped = fit("doe 1951-03-12", person, "19511203");
        let wrong = fit("doe 1980-01-01", person, "19510314");
        assert!(right > swapped && swapped > wrong && wrong < SHOWN_FROM);
        assert!(fit("1951", person, "19510314") >= SHOWN_FROM);
    }

    #[test]
    fn a_number_is_certain_with_or_without_zeros() {
        assert!(read("00004417").has_number(&["4417"]));
        assert!(!read("4418").has_number(&["4417", ""]));
    }
}
