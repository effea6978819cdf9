//! Where an abstract stands, and what moves it.

use std::fmt;

use crate::web::{Shape, Status, Tone};

/// Days in which a registrar may reopen an own case; afterwards a supervisor does.
pub const OWN_REOPEN_DAYS: i64 = 30;

/// Shortest reason for opening a complete case again, in characters.
pub const SHORTEST_REASON: usize = 10;

/// The states of an abstract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AbstractState {
    /// Made, nothing saved on its form yet.
    Draft,
    /// Worked on.
    InProgress,
    /// Edits found errors.
    EditErrors,
    /// Edits found none.
    Ready,
    /// A second person looks at it.
    QaReview,
    /// Complete.
    Complete,
    /// Sent to a central registry.
    Submitted,
    /// Opened again.
    Reopened,
    /// Somebody asked to delete it.
    DeleteRequested,
    /// Deleted; the shell stays.
    Deleted,
}

/// What happens to an abstract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Its form was saved with a change.
    Saved,
    /// Only outcome items changed (follow-up).
    OutcomeUpdated,
    /// Somebody says it is complete; `errors` stand in the way.
    Completed {
        /// Number of findings that refuse completion.
        errors: usize,
    },
    /// Opened again with a reason.
    Reopened {
        /// Characters of the reason.
        reason: usize,
    },
}

/// Why an event is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPossible {
    /// Complete cases change only by follow-up.
    #[error("This case is {0}. Reopen it, with a reason, before you change it.")]
    Closed(AbstractState),
    /// Findings stand in the way.
    #[error("{}", completing(*.0))]
    Errors(usize),
    /// It is open already, or gone.
    #[error("This case is {0}; only a complete or submitted case can be reopened.")]
    NotClosed(AbstractState),
    /// The reason says too little.
    #[error("Say why in at least {SHORTEST_REASON} characters; {0} were given.")]
    ReasonTooShort(usize),
    /// Asked to be deleted, or deleted.
    #[error("This case is {0}.")]
    Gone(AbstractState),
}

fn completing(errors: usize) -> String {
    match errors {
        1 => "One finding stands in the way of completing.".to_owned(),
        n => format!("{n} findings stand in the way of completing."),
    }
}

impl AbstractState {
    /// All states in the order of a case's life.
    pub const ALL: [Self; 10] = [
        Self::Draft,
        Self::InProgress,
        Self::EditErrors,
        Self::Ready,
        Self::QaReview,
        Self::Complete,
        Self::Submitted,
        Self::Reopened,
        Self::DeleteRequested,
        Self::Deleted,
    ];

    /// Those in which the form may be changed.
    pub const OPEN: [Self; 5] =
        [Self::Draft, Self::InProgress, Self::EditErrors, Self::Ready, Self::Reopened];

    /// The word kept in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InProgress => "in_progress",
            Self::EditErrors => "edit_errors",
            Self::Ready => "ready",
            Self::QaReview => "qa_review",
            Self::Complete => "complete",
            Self::Submitted => "submitted",
            Self::Reopened => "reopened",
            Self::DeleteRequested => "delete_requested",
            Self::Deleted => "deleted",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }

    /// The word on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::InProgress => "In progress",
            Self::EditErrors => "Edit errors",
            Self::Ready => "Ready",
            Self::QaReview => "QA review",
            Self::Complete => "Complete",
            Self::Submitted => "Submitted",
            Self::Reopened => "Reopened",
            Self::DeleteRequested => "Delete requested",
            Self::Deleted => "Deleted",
        }
    }

    /// May its form be changed?
    pub fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }

    /// Complete, and perhaps sent on.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Complete | Self::Submitted)
    }

    /// The state after an event.
    ///
    /// # Errors
    /// [`NotPossible`] says why the event cannot happen in this state.
    pub fn after(self, event: Event) -> Result<Self, NotPossible> {
        if matches!(self, Self::DeleteRequested | Self::Deleted) {
            return Err(NotPossible::Gone(self));
        }
        match event {
            // A reopened case stays so until it is completed: lists show that it was complete once.
            Event::Saved if self == Self::Reopened => Ok(self),
            Event::Saved if self.is_open() => Ok(Self::InProgress),
            Event::Saved => Err(NotPossible::Closed(self)),
            Event::OutcomeUpdated if self == Self::Draft => Ok(Self::InProgress),
            Event::OutcomeUpdated => Ok(self),
            Event::Completed { .. } if !self.is_open() => Err(NotPossible::Closed(self)),
            Event::Completed { errors: 0 } => Ok(Self::Complete),
            Event::Completed { errors } => Err(NotPossible::Errors(errors)),
            Event::Reopened { .. } if !self.is_closed() => Err(NotPossible::NotClosed(self)),
            Event::Reopened { reason } if reason < SHORTEST_REASON => {
                Err(NotPossible::ReasonTooShort(reason))
            }
            Event::Reopened { .. } => Ok(Self::Reopened),
        }
    }

    /// As pages show it.
    pub fn status(self) -> Status {
        let (shape, tone) = match self {
            Self::Draft => (Shape::Ring, Tone::Quiet),
            Self::InProgress => (Shape::Half, Tone::Active),
            Self::EditErrors => (Shape::Diamond, Tone::Error),
            Self::Ready => (Shape::Dot, Tone::Active),
            Self::QaReview => (Shape::Ring, Tone::Proposed),
            Self::Complete => (Shape::Check, Tone::Good),
            Self::Submitted => (Shape::Square, Tone::Good),
            Self::Reopened => (Shape::Triangle, Tone::Warning),
            Self::DeleteRequested => (Shape::Cross, Tone::Error),
            Self::Deleted => (Shape::Dash, Tone::Quiet),
        };
        Status::new(shape, tone, self.label())
    }
}

impl fmt::Display for AbstractState {
    /// The word as it stands inside a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label().to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use AbstractState::*;

    use super::*;

    #[test]
    fn a_case_goes_from_draft_to_complete_and_back() {
        let mut state = Draft;
        for (event, then) in [
            (Event::Saved, InProgress),
            (Event::Saved, InProgress),
            (Event::Completed { errors: 0 }, Complete),
            (Event::OutcomeUpdated, Complete),
            (Event::Reopened { reason: 30 }, Reopened),
            (Event::Saved, Reopened),
            (Event::Completed { errors: 0 }, Complete),
        ] {
            state = state.after(event).unwrap();
            assert_eq!(state, then);
        }
    }

    #[test]
    fn what_is_not_possible_says_why() {
        assert_eq!(Complete.after(Event::Saved), Err(NotPossible::Closed(Complete)));
        assert_eq!(InProgress.after(Event::Completed { errors: 2 }), Err(NotPossible::Errors(2)));
        assert_eq!(Draft.after(Event::Reopened { reason: 30 }), Err(NotPossible::NotClosed(Draft)));
        assert_eq!(Submitted.after(Event::Reopened { reason: 3 }), Err(NotPossible::ReasonTooShort(3)));
        assert_eq!(Deleted.after(Event::Saved), Err(NotPossible::Gone(Deleted)));
        assert!(Complete.after(Event::Saved).unwrap_err().to_string().contains("complete"));
    }

    #[test]
    fn states_keep_their_words() {
        for state in AbstractState::ALL {
            assert_eq!(AbstractState::parse(state.word()), Some(state));
            assert!(!(state.is_open() && state.is_closed()));
        }
    }
}
