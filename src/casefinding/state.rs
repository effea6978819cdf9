//! Where a possible case stands, and what moves it. Pure.
//!
//! Source: workflow rules of the registry, states of suspense.

use std::fmt;

use crate::web::{Shape, Status, Tone};

/// Days in which a registrar may reopen what was decided; afterwards a supervisor does.
pub const REOPEN_DAYS: i64 = 30;

/// Most days that an item may wait.
pub const LONGEST_WAIT: i64 = 90;

/// Shortest reason, in characters.
pub const SHORTEST_REASON: usize = 10;

/// Days in which a new item should be decided.
pub const TARGET_AGE: i64 = 60;

/// Days from specimen or visit in which an item should come in.
pub const TARGET_LAG: i64 = 30;

/// The states of a possible case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemState {
    /// Came in; in the pool.
    New,
    /// Somebody has it.
    InReview,
    /// Waits for information until a day.
    Waiting,
    /// Evidence of a case that is here.
    Linked,
    /// No case, with a reason.
    Rejected,
    /// The same as another item.
    Merged,
    /// A case was made of it.
    Accessioned,
    /// Screening found nothing reportable.
    ScreenedOut,
}

/// Why an item is no case: the closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectReason {
    /// Benign.
    Benign,
    /// Not cancer.
    NotCancer,
    /// History of cancer only, by policy.
    HistoryOnly,
    /// A case of it is here.
    AlreadyAccessioned,
    /// Not a patient of this hospital.
    NotOurPatient,
    /// Class of case or date does not ask for it.
    NotRequired,
    /// Too little is known, and nothing more can be.
    Insufficient,
    /// A test record.
    TestRecord,
}

impl RejectReason {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Benign,
        Self::NotCancer,
        Self::HistoryOnly,
        Self::AlreadyAccessioned,
        Self::NotOurPatient,
        Self::NotRequired,
        Self::Insufficient,
        Self::TestRecord,
    ];

    /// The word kept in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Benign => "benign",
            Self::NotCancer => "not_cancer",
            Self::HistoryOnly => "history_only",
            Self::AlreadyAccessioned => "already_accessioned",
            Self::NotOurPatient => "not_our_patient",
            Self::NotRequired => "not_required",
            Self::Insufficient => "insufficient",
            Self::TestRecord => "test_record",
        }
    }

    /// The words on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Benign => "Benign",
            Self::NotCancer => "Not cancer",
            Self::HistoryOnly => "History only (by policy)",
            Self::AlreadyAccessioned => "Already accessioned",
            Self::NotOurPatient => "Not our patient",
            Self::NotRequired => "Not required (class or date)",
            Self::Insufficient => "Insufficient information",
            Self::TestRecord => "Test record",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.word() == word)
    }

    /// Must a comment say more? A code alone leaves open what was looked at.
    pub fn needs_comment(self) -> bool {
        matches!(self, Self::HistoryOnly | Self::AlreadyAccessioned | Self::NotRequired | Self::Insufficient)
    }
}

/// Who does something, as far as the rules ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    /// The item has no owner, or this person is the owner.
    pub free: bool,
    /// A supervisor.
    pub supervisor: bool,
}

/// What happens to an item. Numbers of `reason` and `comment` are characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody takes it.
    Taken(Who),
    /// Back to the pool.
    PutBack(Who),
    /// Its recall date is here.
    RecallReached,
    /// What it waited for came.
    Answered(Who, usize),
    /// Not reportable.
    Rejected(Who, Option<RejectReason>, usize),
    /// The same as another item; `true` when a fitting one was chosen.
    Merged(Who, bool),
    /// Needs information: days until the recall date, and why.
    SetWaiting(Who, i64, usize),
    /// Evidence of a case that is here.
    Linked(Who, usize),
    /// Person, tumor and time fit one case that is here; nobody had to look.
    Matched,
    /// Decided anew: whole days since the decision, and why.
    Reopened(Who, i64, usize),
    /// A case was made of it.
    Accessioned(Who, Known),
}

/// What is known when a case is to be made of an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// An existing patient was chosen, or a new one confirmed.
    pub identity: bool,
    /// At least the year of diagnosis.
    pub year: bool,
    /// At least the organ.
    pub site: bool,
    /// Class of case.
    pub class: bool,
}

/// Why an event is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPossible {
    /// Not in this state.
    #[error("{}", not_now(*.0))]
    NotNow(ItemState),
    /// Somebody else has it.
    #[error("Somebody else has this item.")]
    Held,
    /// Only a supervisor.
    #[error("Screening set this item aside; only a supervisor takes it up again.")]
    SupervisorOnly,
    /// No reason of the list.
    #[error("Choose one of the reasons.")]
    NoReason,
    /// The reason says too little.
    #[error("Say why in at least {SHORTEST_REASON} characters; {0} were given.")]
    TooShort(usize),
    /// No fitting other item.
    #[error("Choose the other item: one of this facility that is neither this one nor merged itself.")]
    NoOther,
    /// The recall date is not ahead, or too far ahead.
    #[error("The recall date must be 1 to {LONGEST_WAIT} days ahead; {0} days were given.")]
    NotAhead(i64),
    /// Decided too long ago.
    #[error(
        "It was decided {0} days ago. A registrar reopens within {REOPEN_DAYS} days, a supervisor always."
    )]
    TooLate(i64),
    /// Something is missing for a case.
    #[error("A case needs a confirmed person, the year of diagnosis, the organ and the class of case.")]
    Unknown(Known),
}

fn not_now(state: ItemState) -> String {
    let then = match state {
        ItemState::New | ItemState::Waiting => "Take it first.",
        ItemState::InReview => "It is being looked at already.",
        ItemState::Rejected | ItemState::Linked => "Reopen it first.",
        ItemState::Merged | ItemState::Accessioned => "That is final.",
        ItemState::ScreenedOut => "A supervisor can take it up.",
    };
    format!("This item is {}. {then}", state.label().to_lowercase())
}

impl ItemState {
    /// All states.
    pub const ALL: [Self; 8] = [
        Self::New,
        Self::InReview,
        Self::Waiting,
        Self::Linked,
        Self::Rejected,
        Self::Merged,
        Self::Accessioned,
        Self::ScreenedOut,
    ];

    /// The word kept in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InReview => "in_review",
            Self::Waiting => "waiting",
            Self::Linked => "linked",
            Self::Rejected => "rejected",
            Self::Merged => "merged",
            Self::Accessioned => "accessioned",
            Self::ScreenedOut => "screened_out",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }

    /// The word on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::InReview => "In review",
            Self::Waiting => "Waiting",
            Self::Linked => "Linked",
            Self::Rejected => "Rejected",
            Self::Merged => "Merged",
            Self::Accessioned => "Accessioned",
            Self::ScreenedOut => "Screened out",
        }
    }

    /// Shape, tone and word.
    pub fn status(self) -> Status {
        let (shape, tone) = match self {
            Self::New => (Shape::Ring, Tone::Active),
            Self::InReview => (Shape::Half, Tone::Active),
            Self::Waiting => (Shape::Triangle, Tone::Warning),
            Self::Linked => (Shape::Dot, Tone::Good),
            Self::Rejected => (Shape::Cross, Tone::Quiet),
            Self::Merged => (Shape::Square, Tone::Quiet),
            Self::Accessioned => (Shape::Check, Tone::Good),
            Self::ScreenedOut => (Shape::Dash, Tone::Quiet),
        };
        Status::new(shape, tone, self.label())
    }

    /// Which list it stands in: `open`, `decided` or `screened`.
    pub fn phase(self) -> &'static str {
        match self {
            Self::New | Self::InReview | Self::Waiting => "open",
            Self::ScreenedOut => "screened",
            _ => "decided",
        }
    }

    /// Nothing changes it any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Merged | Self::Accessioned)
    }

    /// May it have an owner?
    pub fn has_owner(self) -> bool {
        !matches!(self, Self::New | Self::ScreenedOut)
    }

    /// The state after an event. Total: each pair has an answer, and a refused event changes nothing.
    ///
    /// # Errors
    /// [`NotPossible`] says why the event cannot happen in this state.
    pub fn after(self, event: Event) -> Result<Self, NotPossible> {
        use ItemState::{InReview, Linked, Rejected, Waiting};
        match (self, event) {
            (Self::New, Event::Taken(_)) => Ok(InReview),
            (Self::New, Event::Matched) => Ok(Linked),
            (Self::ScreenedOut, Event::Taken(who)) if who.supervisor => Ok(InReview),
            (Self::ScreenedOut, Event::Taken(_)) => Err(NotPossible::SupervisorOnly),
            (InReview | Waiting, Event::Taken(who)) if !who.free => Err(NotPossible::Held),
            (Waiting, Event::RecallReached) => Ok(InReview),
            (InReview | Waiting, Event::PutBack(who)) => works(who).map(|()| Self::New),
            (Waiting, Event::Answered(who, reason)) => works(who).and(says(reason)).map(|()| InReview),
            (InReview, Event::Rejected(who, reason, comment)) => {
                works(who)?;
                match reason {
                    None => Err(NotPossible::NoReason),
                    Some(reason) if reason.needs_comment() => says(comment).map(|()| Rejected),
                    Some(_) => Ok(Rejected),
                }
            }
            (InReview, Event::Merged(who, other)) => {
                works(who)?;
                if other { Ok(Self::Merged) } else { Err(NotPossible::NoOther) }
            }
            (InReview, Event::SetWaiting(who, days, reason)) => {
                works(who)?;
                if !(1..=LONGEST_WAIT).contains(&days) {
                    return Err(NotPossible::NotAhead(days));
                }
                says(reason).map(|()| Waiting)
            }
            (InReview, Event::Linked(who, reason)) => works(who).and(says(reason)).map(|()| Linked),
            (Rejected | Linked, Event::Reopened(who, days, reason)) => {
                if !who.supervisor && days > REOPEN_DAYS {
                    return Err(NotPossible::TooLate(days));
                }
                says(reason).map(|()| InReview)
            }
            (InReview, Event::Accessioned(who, known)) => {
                works(who)?;
                let whole = Known { identity: true, year: true, site: true, class: true };
                if known == whole { Ok(Self::Accessioned) } else { Err(NotPossible::Unknown(known)) }
            }
            _ => Err(NotPossible::NotNow(self)),
        }
    }
}

/// Only the owner and supervisors work an item.
fn works(who: Who) -> Result<(), NotPossible> {
    if who.free || who.supervisor { Ok(()) } else { Err(NotPossible::Held) }
}

fn says(characters: usize) -> Result<(), NotPossible> {
    if characters < SHORTEST_REASON { Err(NotPossible::TooShort(characters)) } else { Ok(()) }
}

impl fmt::Display for ItemState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ME: Who = Who { free: true, supervisor: false };
    const OTHER: Who = Who { free: false, supervisor: false };
    const BOSS: Who = Who { free: false, supervisor: true };
    const WHOLE: Known = Known { identity: true, year: true, site: true, class: true };

    fn whole_list(who: Who) -> Vec<Event> {
        vec![
            Event::Taken(who),
            Event::PutBack(who),
            Event::RecallReached,
            Event::Answered(who, 10),
            Event::Rejected(who, Some(RejectReason::Benign), 0),
            Event::Merged(who, true),
            Event::SetWaiting(who, 90, 10),
            Event::Linked(who, 10),
            Event::Reopened(who, 30, 10),
            Event::Accessioned(who, WHOLE),
            Event::Matched,
        ]
    }

    /// Every pair of state and event; what is not named here is refused.
    #[test]
    fn every_pair_of_state_and_event() {
        use ItemState::*;
        let led = |state: ItemState, who| -> Vec<(usize, ItemState)> {
            let all = whole_list(who).into_iter().enumerate();
            all.filter_map(|(n, event)| state.after(event).ok().map(|then| (n, then))).collect()
        };
        assert_eq!(led(New, ME), [(0, InReview), (10, Linked)]);
        let review = [(1, New), (4, Rejected), (5, Merged), (6, Waiting), (7, Linked), (9, Accessioned)];
        assert_eq!(led(InReview, ME), review);
        assert_eq!(led(InReview, BOSS), review);
        assert_eq!(led(InReview, OTHER), []);
        assert_eq!(led(Waiting, ME), [(1, New), (2, InReview), (3, InReview)]);
        assert_eq!(led(Waiting, OTHER), [(2, InReview)]);
        for state in [Rejected, Linked] {
            assert_eq!(led(state, OTHER), [(8, InReview)]);
        }
        for state in [Merged, Accessioned] {
            assert_eq!(led(state, BOSS), []);
            assert!(state.is_final());
        }
        assert_eq!(led(ScreenedOut, ME), []);
        assert_eq!(led(ScreenedOut, BOSS), [(0, InReview)]);
        assert_eq!(InReview.after(Event::Taken(OTHER)), Err(NotPossible::Held));
    }

    #[test]
    fn each_guard_refuses_at_its_limit() {
        use ItemState::*;
        assert_eq!(InReview.after(Event::SetWaiting(ME, 91, 10)), Err(NotPossible::NotAhead(91)));
        assert_eq!(InReview.after(Event::SetWaiting(ME, 0, 10)), Err(NotPossible::NotAhead(0)));
        assert_eq!(InReview.after(Event::SetWaiting(ME, 1, 9)), Err(NotPossible::TooShort(9)));
        assert_eq!(InReview.after(Event::Rejected(ME, None, 50)), Err(NotPossible::NoReason));
        let insufficient = Some(RejectReason::Insufficient);
        assert_eq!(InReview.after(Event::Rejected(ME, insufficient, 9)), Err(NotPossible::TooShort(9)));
        assert_eq!(InReview.after(Event::Merged(ME, false)), Err(NotPossible::NoOther));
        assert_eq!(Rejected.after(Event::Reopened(ME, 31, 10)), Err(NotPossible::TooLate(31)));
        assert_eq!(Rejected.after(Event::Reopened(BOSS, 3000, 10)), Ok(InReview));
        for known in [
            Known { identity: false, ..WHOLE },
            Known { year: false, ..WHOLE },
            Known { site: false, ..WHOLE },
            Known { class: false, ..WHOLE },
        ] {
            assert_eq!(InReview.after(Event::Accessioned(ME, known)), Err(NotPossible::Unknown(known)));
        }
    }

    #[test]
    fn words_read_back() {
        for state in ItemState::ALL {
            assert_eq!(ItemState::parse(state.word()), Some(state));
        }
        for reason in RejectReason::ALL {
            assert_eq!(RejectReason::parse(reason.word()), Some(reason));
        }
    }

    fn events() -> impl Strategy<Value = Event> {
        let who = (any::<bool>(), any::<bool>()).prop_map(|(free, supervisor)| Who { free, supervisor });
        (who, 0usize..11, -5i64..120, 0usize..20, any::<[bool; 4]>()).prop_map(|(who, n, days, long, k)| {
            let known = Known { identity: k[0], year: k[1], site: k[2], class: k[3] };
            let reason = RejectReason::ALL.get(long).copied();
            match n {
                0 => Event::Taken(who),
                1 => Event::PutBack(who),
                2 => Event::RecallReached,
                3 => Event::Answered(who, long),
                4 => Event::Rejected(who, reason, long),
                5 => Event::Merged(who, k[0]),
                6 => Event::SetWaiting(who, days, long),
                7 => Event::Linked(who, long),
                8 => Event::Reopened(who, days, long),
                9 => Event::Matched,
                _ => Event::Accessioned(who, known),
            }
        })
    }

    proptest! {
        /// Whatever happens in whatever order: final states stay, a case is made only of what is known,
        /// nobody works what somebody else has, and nothing leads back to “screened out”.
        #[test]
        fn any_life(start in 0usize..8, events in proptest::collection::vec(events(), 0..40)) {
            let mut state = ItemState::ALL[start];
            for event in events {
                let Ok(then) = state.after(event) else { continue };
                prop_assert!(!state.is_final(), "{state} left by {event:?}");
                prop_assert!(then != ItemState::ScreenedOut);
                match event {
                    Event::Accessioned(who, known) => {
                        prop_assert_eq!(known, WHOLE);
                        prop_assert!(who.free || who.supervisor);
                    }
                    Event::Rejected(who, reason, _) => prop_assert!(reason.is_some() && (who.free || who.supervisor)),
                    Event::SetWaiting(_, days, _) => prop_assert!((1..=LONGEST_WAIT).contains(&days)),
                    _ => {}
                }
                state = then;
            }
        }
    }
}
