//! Is this the same person? Pure: what is known of two people in, a verdict or a weight out.
//!
//! A new case shows likely persons, a search ranks who fits what was typed, an import never merges
//! people who contradict each other. Source: decisions on record and exchange (same patient); the
//! weights are house rules.

use super::{PatientIndex, SearchName, name_key};
use crate::dictionary::{Items, names};

/// Nine digits of a social security number, blanks and hyphens taken out; `None` when it is not
/// known (all nines or all zeros) or is no such number.
pub fn security_number(value: &str) -> Option<String> {
    let plain: String = value.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    let digits = plain.len() == 9 && plain.bytes().all(|b| b.is_ascii_digit());
    (digits && plain != "999999999" && plain != "000000000").then_some(plain)
}

/// Do the two contradict each other as persons?
///
/// Of family or birth name, given name, birth date and social security number known on both sides
/// two must agree; if only one is known, that one; if none, there is no contradiction.
pub fn contradict(a: &Items, b: &Items) -> bool {
    let verdicts = [family_names(a, b), given_names(a, b), birth_dates(a, b), security_numbers(a, b)];
    let known = verdicts.iter().flatten().count();
    let agreeing = verdicts.iter().flatten().filter(|agrees| **agrees).count();
    agreeing < known.min(2)
}

/// Names that say that there is none.
const NO_NAME: [&str; 4] = ["", "unknown", "unk", "none"];

fn names_of(items: &Items, ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| name_key::fold(items.value(id))).filter(|n| !NO_NAME.contains(&n.as_str())).collect()
}

fn family_names(a: &Items, b: &Items) -> Option<bool> {
    let ids = [names::NAME_LAST, names::NAME_BIRTH_SURNAME];
    let (a, b) = (names_of(a, &ids), names_of(b, &ids));
    (!a.is_empty() && !b.is_empty()).then(|| a.iter().any(|name| b.contains(name)))
}

fn given_names(a: &Items, b: &Items) -> Option<bool> {
    let (a, b) = (names_of(a, &[names::NAME_FIRST]), names_of(b, &[names::NAME_FIRST]));
    Some(a.first()? == b.first()?)
}

fn birth_dates(a: &Items, b: &Items) -> Option<bool> {
    Some(a.date(names::DATE_OF_BIRTH)?.compatible(b.date(names::DATE_OF_BIRTH)?))
}

fn security_numbers(a: &Items, b: &Items) -> Option<bool> {
    let of = |items: &Items| security_number(items.value(names::SOCIAL_SECURITY_NUMBER));
    Some(of(a)? == of(b)?)
}

/// What two people share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Likeness {
    /// The more, the likelier they are one person.
    pub weight: u32,
    /// What they share, in words.
    pub shared: Vec<&'static str>,
}

impl Likeness {
    /// From this weight on a person is worth a look: the last name and a little more, or any number.
    const LIKELY: u32 = 4;

    /// Weighs what two people share; record numbers belong to cases, so the caller compares them.
    pub fn of(mine: &PatientIndex, other: &PatientIndex, same_record_number: bool) -> Self {
        let mut found = Self::default();
        let same = |a: &str, b: &str| !a.is_empty() && a == b;
        let ssn = same(&mine.social_security_number, &other.social_security_number);
        found.add(ssn, 6, "same social security number");
        found.add(same_record_number, 5, "same record number");
        if !found.add(same(&mine.birth_date, &other.birth_date), 4, "same birth date") {
            let year = |date: &str| date.get(..4).unwrap_or("").to_owned();
            found.add(same(&year(&mine.birth_date), &year(&other.birth_date)), 1, "same birth year");
        }
        let any = |alike: &dyn Fn(&SearchName, &SearchName) -> bool| {
            mine.names.iter().any(|a| other.names.iter().any(|b| alike(a, b)))
        };
        if !found.add(any(&|a, b| a.last_key == b.last_key), 3, "same last name") {
            found.add(any(&|a, b| same(&a.sound, &b.sound)), 1, "last name sounds alike");
        }
        if !found.add(any(&|a, b| same(&a.first_key, &b.first_key)), 2, "same first name") {
            let near = |a: &str, b: &str| !a.is_empty() && !b.is_empty() && spelling(a, b) > 0.88;
            found.add(any(&|a, b| near(&a.first_key, &b.first_key)), 1, "first name alike");
        }
        found
    }

    fn add(&mut self, holds: bool, points: u32, words: &'static str) -> bool {
        if holds {
            self.weight += points;
            self.shared.push(words);
        }
        holds
    }

    /// Is the other worth a look before a patient is made?
    pub fn is_likely(&self) -> bool {
        self.weight >= Self::LIKELY
    }
}

/// How alike two folded names are spelled, 0 to 1 (Jaro and Winkler).
fn spelling(a: &str, b: &str) -> f64 {
    strsim::jaro_winkler(a, b)
}

/// How well a folded name that was typed fits one that stands here, 0 to 1: by its spelling, its
/// sound, or as the beginning.
pub fn name_fit(typed: &str, name: &str) -> f64 {
    let begins = if typed.chars().count() >= 2 && name.starts_with(typed) { 0.93 } else { 0.0 };
    let sounds = if !typed.is_empty() && name_key::sound(typed) == name_key::sound(name) { 0.9 } else { 0.0 };
    spelling(typed, name).max(begins).max(sounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `last=Doe first=Jo`; `_` stands for a blank.
    fn items(words: &str) -> Items {
        let id = |short: &str| match short {
            "last" => names::NAME_LAST.to_owned(),
            "birth" => names::NAME_BIRTH_SURNAME.to_owned(),
            "maiden" => "nameMaiden".to_owned(),
            "first" => names::NAME_FIRST.to_owned(),
            "born" => names::DATE_OF_BIRTH.to_owned(),
            "ssn" => names::SOCIAL_SECURITY_NUMBER.to_owned(),
            other => panic!("{other} has no item here"),
        };
        let pairs = words.split_whitespace().map(|word| word.split_once('=').unwrap());
        pairs.map(|(short, value)| (id(short), value.replace('_', " "))).collect()
    }

    #[test]
    fn two_known_facts_must_agree_or_the_only_one() {
        for (a, b, verdict) in [
            // none known on both sides: the number decides
            ("", "", false),
            ("last=Doe", "first=Jo", false),
            ("last=UNKNOWN", "last=Doe", false),
            ("ssn=999999999", "ssn=123456789", false),
            ("born=99999999", "born=19500101", false),
            // one known: that one
            ("last=Doe", "last=DOE", false),
            ("last=Doe", "last=Roe", true),
            ("born=1950", "born=19500101", false),
            ("born=1950", "born=19510101", true),
            ("ssn=123-45-6789", "ssn=123456789", false),
            ("ssn=123456788", "ssn=123456789", true),
            // two known: both
            ("last=Doe first=Jo", "last=Doe first=Jo", false),
            ("last=Doe first=Jo", "last=Doe first=Al", true),
            // three known: two of them
            ("last=Doe first=Jo born=19500101", "last=Doe first=Jo born=19600101", false),
            ("last=Doe first=Jo born=19500101", "last=Roe first=Al born=19500101", true),
            // four known: two of them
            ("last=Doe first=Jo born=1950 ssn=123456789", "last=Roe first=Jo born=1950 ssn=987654321", false),
            ("last=Doe first=Jo born=1950 ssn=123456789", "last=Roe first=Al born=1950 ssn=987654321", true),
            // a birth name counts as family name, under its older name too
            ("last=Smith birth=Doe", "last=Doe", false),
            ("last=Smith maiden=Doe first=Jo", "last=Doe first=Jo", false),
            // spelling
            ("last=Müller-Lüdenscheid first=JOSÉ", "last=MULLERLUDENSCHEID first=Jose", false),
            ("last=O'Brien first=Jo", "last=OBRIEN first=jo", false),
        ] {
            assert_eq!(contradict(&items(a), &items(b)), verdict, "{a} / {b}");
            assert_eq!(contradict(&items(b), &items(a)), verdict, "{b} / {a}");
        }
    }

    #[test]
    fn security_numbers_are_nine_digits_that_say_something() {
        for (typed, number) in [
            ("123-45-6789", Some("123456789")),
            ("123 45 6789", Some("123456789")),
            ("999999999", None),
            ("000-00-0000", None),
            ("12345678", None),
            ("12345678a", None),
            ("", None),
        ] {
            assert_eq!(security_number(typed).as_deref(), number, "{typed}");
        }
    }

    #[test]
    fn likeness_tells_what_is_shared() {
        let known = PatientIndex::of(&items("last=Smith first=Katherine born=19510314 birth=Jones"));
        let with = |words: &str| Likeness::of(&PatientIndex::of(&items(words)), &known, false);
        let found = with("last=Smyth first=Catherine born=19510314");
        assert!(found.is_likely());
        assert_eq!(found.shared, ["same birth date", "last name sounds alike", "first name alike"]);
        assert!(with("last=Jones first=Katherine").is_likely(), "found under the birth name");
        assert!(!with("last=Smith first=Otto born=1990").is_likely());
        let number = Likeness::of(&PatientIndex::of(&items("")), &known, true);
        assert_eq!((number.is_likely(), number.shared.as_slice()), (true, &["same record number"][..]));
    }

    #[test]
    fn a_typed_name_fits_by_spelling_sound_or_beginning() {
        for (typed, name, least) in
            [("schmidt", "schmidt", 1.0), ("schmitt", "schmidt", 0.9), ("schm", "schmidt", 0.93)]
        {
            assert!(name_fit(typed, name) >= least, "{typed} {name}");
        }
        assert!(name_fit("jones", "schmidt") < 0.6);
        assert!(name_fit("", "schmidt") < 0.1);
    }
}
