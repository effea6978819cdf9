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
}
