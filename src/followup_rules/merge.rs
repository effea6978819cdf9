//! Last contact and vital status when a record that is already here arrives again from a file.
//!
//! The rules of recording a contact hold: the date never moves backward, and dead to alive is a conflict
//! for a person to settle. A death told for a day before the stored last contact is one, too.

use crate::{
    dictionary::{Items, names},
    partial_date::PartialDate,
};

/// What becomes of `dateOfLastContact`, `vitalStatus` and `causeOfDeath` of a stored patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The incoming outcome is taken: the three items, where they are not blank.
    Take,
    /// The stored outcome stays, nothing to report: the same, blank, or told less exactly.
    Same,
    /// The stored outcome stays, the incoming one is older; listed.
    Older,
    /// The stored outcome stays, and a person must settle the contradiction.
    Conflict(Conflict),
}

/// A contradiction between what is stored and what arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Stored as dead, reported alive.
    #[error("recorded as dead, reported alive")]
    DeadToAlive,
    /// Both dead, on different days.
    #[error("recorded with another date of death")]
    OtherDeath,
    /// Reported to have died before the day the patient was last known alive.
    #[error("reported to have died before the recorded last contact")]
    AliveAfterDeath,
}

/// Compares the stored patient with the incoming one.
pub fn outcome(stored: &Items, incoming: &Items) -> Outcome {
    let dead = |items: &Items| items.value(names::VITAL_STATUS) == "0";
    let (was, now) = (stored.date(names::DATE_OF_LAST_CONTACT), incoming.date(names::DATE_OF_LAST_CONTACT));
    let earlier = matches!((was, now), (Some(was), Some(now)) if now.definitely_before(was));
    let later = matches!((was, now), (Some(was), Some(now)) if now.definitely_after(was));
    let says_alive = incoming.value(names::VITAL_STATUS) == "1";
    match (dead(stored), dead(incoming)) {
        (true, true) if earlier || later => Outcome::Conflict(Conflict::OtherDeath),
        (true, false) if says_alive && !earlier => Outcome::Conflict(Conflict::DeadToAlive),
        // Alive on a day before the death: an older state of the same story.
        (true, false) => Outcome::Older,
        (false, true) if earlier => Outcome::Conflict(Conflict::AliveAfterDeath),
        (false, true) => Outcome::Take,
        (_, _) if earlier => Outcome::Older,
        (_, _) if was.zip(now).is_some_and(|(was, now)| was != now && covers(now, was)) => Outcome::Same,
        (_, _) if was == now && !changes(stored, incoming) => Outcome::Same,
        (_, _) if now.is_none() && was.is_some() => Outcome::Same,
        _ => Outcome::Take,
    }
}

/// Which of two records of one person tells the outcome that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// The first.
    First,
    /// The second.
    Second,
    /// Both say the same.
    Either,
}

impl Stands {
    fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
            Self::Either => Self::Either,
        }
    }
}

/// A contradiction about life and death between two records of one person, for somebody to settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// Known alive after the death that the other tells of.
    #[error("one record tells of a death before the other's last contact")]
    AliveAfterDeath,
    /// Two days of death.
    #[error("the records have two dates of death")]
    TwoDeaths,
    /// Dead without a day, and a last contact that may be before or after.
    #[error("one record says dead without a date, the other has a last contact")]
    DeathUndated,
}

/// Settles last contact and vital status of two records of one person, the same from either side: the later last
/// contact stands; dead stands where the death is not before the other's last contact. Else the later last contact
/// stands until a person settles the contradiction.
///
/// Source: life of a case, merge of two patients.
pub fn settle(a: &Items, b: &Items) -> (Stands, Option<Contradiction>) {
    let dead = |items: &Items| items.value(names::VITAL_STATUS) == "0";
    let (first, second) = (a.date(names::DATE_OF_LAST_CONTACT), b.date(names::DATE_OF_LAST_CONTACT));
    match (dead(a), dead(b)) {
        (true, false) => one_dead(first, second, Stands::First),
        (false, true) => one_dead(second, first, Stands::Second),
        (true, true) => {
            let two = first.zip(second).is_some_and(|(a, b)| !a.compatible(b));
            (later(first, second), two.then_some(Contradiction::TwoDeaths))
        }
        (false, false) => {
            // On one day, alive says more than what is no answer.
            let says = |items: &Items| {
                let status = items.value(names::VITAL_STATUS).to_owned();
                (status == "1", status)
            };
            let stands = match later(first, second) {
                Stands::Either if says(a) > says(b) => Stands::First,
                Stands::Either if says(a) < says(b) => Stands::Second,
                stands => stands,
            };
            (stands, None)
        }
    }
}

fn one_dead(
    death: Option<PartialDate>,
    contact: Option<PartialDate>,
    dead: Stands,
) -> (Stands, Option<Contradiction>) {
    match (death, contact) {
        (None, Some(_)) => (dead.other(), Some(Contradiction::DeathUndated)),
        (Some(death), Some(contact)) if death.definitely_before(contact) => {
            (dead.other(), Some(Contradiction::AliveAfterDeath))
        }
        _ => (dead, None),
    }
}

/// The later date; of two that may be the same, the more exact one; any before none.
fn later(a: Option<PartialDate>, b: Option<PartialDate>) -> Stands {
    match (a, b) {
        (Some(a), Some(b)) if a == b => Stands::Either,
        (Some(a), Some(b)) if a.definitely_after(b) => Stands::First,
        (Some(a), Some(b)) if b.definitely_after(a) => Stands::Second,
        (Some(a), Some(b)) if covers(a, b) => Stands::Second,
        (Some(_), _) => Stands::First,
        (None, Some(_)) => Stands::Second,
        (None, None) => Stands::Either,
    }
}

/// The stored, more exact date lies inside the incoming one.
fn covers(wide: PartialDate, exact: PartialDate) -> bool {
    wide.earliest() <= exact.earliest() && exact.latest() <= wide.latest()
}

fn changes(stored: &Items, incoming: &Items) -> bool {
    [names::VITAL_STATUS, names::CAUSE_OF_DEATH]
        .iter()
        .any(|id| incoming.has(id) && incoming.value(id) != stored.value(id))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `1 20250903`: vital status and date of last contact, `-` for blank.
    fn patient(words: &str) -> Items {
        let (vital, last) = words.split_once(' ').unwrap();
        let blank = |w: &str| if w == "-" { String::new() } else { w.to_owned() };
        [("vitalStatus", blank(vital)), ("dateOfLastContact", blank(last))].into_iter().collect()
    }

    #[test]
    fn what_arrives_never_moves_a_date_back_nor_wakes_the_dead() {
        use super::Conflict::{AliveAfterDeath, DeadToAlive, OtherDeath};
        use Outcome::{Conflict, Older, Same, Take};
        for (stored, incoming, expected) in [
            ("1 20250903", "1 20261117", Take),
            ("1 20250903", "0 20261117", Take),
            ("1 20250903", "1 20250903", Same),
            ("1 20250903", "1 202509", Same),
            ("1 202509", "1 20250903", Take),
            ("1 20250903", "1 -", Same),
            ("1 -", "1 20250903", Take),
            ("- -", "- -", Same),
            ("- 20250903", "1 20250903", Take),
            ("1 20250903", "1 20240101", Older),
            ("1 20250903", "0 20240101", Conflict(AliveAfterDeath)),
            ("0 20250903", "1 20260101", Conflict(DeadToAlive)),
            ("0 20250903", "1 -", Conflict(DeadToAlive)),
            ("0 20250903", "1 20240101", Older),
            ("0 20250903", "0 20250904", Conflict(OtherDeath)),
            ("0 20250903", "0 20250903", Same),
            ("0 202509", "0 20250903", Take),
            ("0 20250903", "0 -", Same),
        ] {
            assert_eq!(outcome(&patient(stored), &patient(incoming)), expected, "{stored} / {incoming}");
        }
    }

    #[test]
    fn two_records_settle_on_the_later_contact_or_the_death() {
        use super::Contradiction::{AliveAfterDeath, DeathUndated, TwoDeaths};
        use Stands::{Either, First, Second};
        for (first, second, expected) in [
            ("1 20250903", "1 20261117", (Second, None)),
            ("1 20250903", "1 202509", (First, None)),
            ("1 20250903", "1 20250903", (Either, None)),
            ("- 20250903", "1 20250903", (Second, None)),
            ("1 -", "1 2024", (Second, None)),
            ("- -", "- -", (Either, None)),
            ("0 20250903", "1 20250801", (First, None)),
            ("0 20250903", "1 20250903", (First, None)),
            ("0 202509", "1 20250920", (First, None)),
            ("0 20250903", "- -", (First, None)),
            ("0 20250903", "1 20250904", (Second, Some(AliveAfterDeath))),
            ("0 -", "1 20250904", (Second, Some(DeathUndated))),
            ("0 -", "1 -", (First, None)),
            ("0 20250903", "0 20250903", (Either, None)),
            ("0 20250903", "0 202509", (First, None)),
            ("0 20250903", "0 -", (First, None)),
            ("0 20250903", "0 20250904", (Second, Some(TwoDeaths))),
        ] {
            assert_eq!(settle(&patient(first), &patient(second)), expected, "{first} / {second}");
        }
    }

    proptest! {
        #[test]
        fn it_is_the_same_from_either_side(
            a in "[-019] (-|202[45]|20250[1-3]|2025010[1-3])",
            b in "[-019] (-|202[45]|20250[1-3]|2025010[1-3])",
        ) {
            let (a, b) = (patient(&a), patient(&b));
            let (stands, contradiction) = settle(&a, &b);
            prop_assert_eq!(settle(&b, &a), (stands.other(), contradiction));
        }
    }
}
