//! Where an abstract stands, and what moves it.

use std::fmt;

use crate::web::{Shape, Status, Tone};

/// Days in which a registrar may reopen an own case; afterwards a supervisor does.
pub const OWN_REOPEN_DAYS: i64 = 30;

/// Shortest reason and comment, in characters.
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
    /// Edits judged it.
    EditsRun {
        /// Number of errors they found.
        errors: usize,
    },
    /// Somebody says it is complete; `errors` stand in the way. Completing judges the case in the same step.
    Completed {
        /// Number of findings that refuse completion.
        errors: usize,
        /// A second person looks at it first.
        chosen_for_review: bool,
    },
    /// The reviewer accepts it.
    ReviewAccepted {
        /// The reviewer abstracted it.
        by_abstractor: bool,
    },
    /// The reviewer gives it back.
    ReviewReturned {
        /// Characters of the comment.
        comment: usize,
    },
    /// It goes out in a batch.
    Submitted {
        /// Number of errors that the batch's set of edits found.
        errors: usize,
    },
    /// Opened again with a reason.
    Reopened {
        /// Characters of the reason.
        reason: usize,
    },
    /// Somebody asks to delete it.
    DeletionRequested {
        /// Characters of the reason.
        reason: usize,
    },
    /// A second person deletes it.
    DeletionApproved {
        /// Who decides is who asked.
        same_person: bool,
    },
    /// A second person leaves it as it was.
    DeletionRefused {
        /// Who decides is who asked.
        same_person: bool,
        /// The state when it was asked for.
        previous: AbstractState,
    },
    /// A supervisor undoes a deletion, as every other correction can be undone.
    BroughtBack {
        /// The state when its deletion was asked for.
        previous: AbstractState,
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
    #[error("{}", gone(*.0))]
    Gone(AbstractState),
    /// A reviewer has it; it is not changed meanwhile.
    #[error("A reviewer looks at this case. It can be changed when it comes back.")]
    InReview,
    /// No review to decide.
    #[error("This case is {0}; nobody waits for its review.")]
    NotInReview(AbstractState),
    /// Only complete cases go out.
    #[error("This case is {0}; only a complete case goes out.")]
    NotComplete(AbstractState),
    /// Nobody asked to delete it.
    #[error("This case is {0}; nobody asked to delete it.")]
    NotAskedFor(AbstractState),
    /// It is not deleted.
    #[error("This case is {0}; only a deleted case is brought back.")]
    NotDeleted(AbstractState),
    /// One person may not do both halves.
    #[error("A second person decides this.")]
    SamePerson,
    /// The state to go back to is none a case can be in.
    #[error("A case cannot go back to be {0}.")]
    NoWayBack(AbstractState),
}

fn gone(state: AbstractState) -> String {
    match state {
        AbstractState::DeleteRequested => {
            "Somebody asked to delete this case; a supervisor decides first.".to_owned()
        }
        state => format!("This case is {state}."),
    }
}

fn completing(errors: usize) -> String {
    match errors {
        1 => "One finding stands in the way of completing.".to_owned(),
        n => format!("{n} findings stand in the way of completing."),
    }
}

fn long_enough(characters: usize, then: AbstractState) -> Result<AbstractState, NotPossible> {
    if characters < SHORTEST_REASON { Err(NotPossible::ReasonTooShort(characters)) } else { Ok(then) }
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

    /// The state after an event. Total: each pair has an answer, and a refused event changes nothing.
    ///
    /// # Errors
    /// [`NotPossible`] says why the event cannot happen in this state.
    pub fn after(self, event: Event) -> Result<Self, NotPossible> {
        match event {
            Event::DeletionApproved { .. } | Event::DeletionRefused { .. } => self.decided(event),
            Event::BroughtBack { previous } if self == Self::Deleted => previous.returned_to(),
            Event::BroughtBack { .. } => Err(NotPossible::NotDeleted(self)),
            _ if self.is_leaving() => Err(NotPossible::Gone(self)),
            Event::DeletionRequested { reason } => long_enough(reason, Self::DeleteRequested),
            Event::Saved if self == Self::QaReview => Err(NotPossible::InReview),
            Event::Completed { .. } if self == Self::QaReview => Err(NotPossible::InReview),
            // A reopened case stays so until it is completed: lists show that it was complete once.
            Event::Saved if self == Self::Reopened => Ok(self),
            Event::Saved if self.is_open() => Ok(Self::InProgress),
            Event::Saved => Err(NotPossible::Closed(self)),
            Event::OutcomeUpdated if self == Self::Draft => Ok(Self::InProgress),
            Event::OutcomeUpdated => Ok(self),
            Event::EditsRun { errors } => Ok(self.judged(errors)),
            Event::Completed { .. } if !self.is_open() => Err(NotPossible::Closed(self)),
            Event::Completed { errors: 0, chosen_for_review } => {
                // What was reviewed, or complete, before goes back without another review.
                let review = chosen_for_review && self != Self::Reopened;
                Ok(if review { Self::QaReview } else { Self::Complete })
            }
            Event::Completed { errors, .. } => Err(NotPossible::Errors(errors)),
            Event::ReviewAccepted { .. } | Event::ReviewReturned { .. } if self != Self::QaReview => {
                Err(NotPossible::NotInReview(self))
            }
            Event::ReviewAccepted { by_abstractor: true } => Err(NotPossible::SamePerson),
            Event::ReviewAccepted { by_abstractor: false } => Ok(Self::Complete),
            Event::ReviewReturned { comment } => long_enough(comment, Self::Reopened),
            Event::Submitted { .. } if self != Self::Complete => Err(NotPossible::NotComplete(self)),
            Event::Submitted { errors: 0 } => Ok(Self::Submitted),
            Event::Submitted { errors } => Err(NotPossible::Errors(errors)),
            Event::Reopened { .. } if !self.is_closed() => Err(NotPossible::NotClosed(self)),
            Event::Reopened { reason } => long_enough(reason, Self::Reopened),
        }
    }

    /// Asked to be deleted, or deleted.
    pub fn is_leaving(self) -> bool {
        matches!(self, Self::DeleteRequested | Self::Deleted)
    }

    /// Edits move only a case that is worked on and was never complete.
    fn judged(self, errors: usize) -> Self {
        match self {
            Self::InProgress | Self::EditErrors | Self::Ready if errors > 0 => Self::EditErrors,
            Self::InProgress | Self::EditErrors | Self::Ready => Self::Ready,
            other => other,
        }
    }

    fn decided(self, event: Event) -> Result<Self, NotPossible> {
        match event {
            _ if self != Self::DeleteRequested => Err(NotPossible::NotAskedFor(self)),
            Event::DeletionApproved { same_person: false } => Ok(Self::Deleted),
            Event::DeletionRefused { same_person: false, previous } => previous.returned_to(),
            _ => Err(NotPossible::SamePerson),
        }
    }

    /// A case goes back only to where it can have been.
    fn returned_to(self) -> Result<Self, NotPossible> {
        if self.is_leaving() { Err(NotPossible::NoWayBack(self)) } else { Ok(self) }
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
#[path = "state_tests.rs"]
mod tests;
