//! A status as pages show it: shape and word first, colour last.
//!
//! Features turn their own enums into a [`Status`]; templates hand it to the `status` component.

use std::borrow::Cow;

/// The shape before the word. Shapes print, and are told apart without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Not begun, coming, queued.
    Ring,
    /// Partly done, due, sending.
    Half,
    /// Current, ready.
    Dot,
    /// Done, complete, sent.
    Check,
    /// Overdue, reopened, warning.
    Triangle,
    /// Delinquent, errors, failed.
    Diamond,
    /// Lost, deletion requested, undeliverable.
    Cross,
    /// Closed, submitted.
    Square,
    /// Exempt, deleted, not needed.
    Dash,
}

impl Shape {
    /// Value of `data-shape`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::Half => "half",
            Self::Dot => "dot",
            Self::Check => "check",
            Self::Triangle => "triangle",
            Self::Diamond => "diamond",
            Self::Cross => "cross",
            Self::Square => "square",
            Self::Dash => "dash",
        }
    }
}

/// What a colour means. Colours never carry a meaning alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to do.
    Quiet,
    /// Being worked on.
    Active,
    /// As it should be.
    Good,
    /// Late, or to be looked at.
    Warning,
    /// Wrong, or much too late.
    Error,
    /// Proposed by the program, not yet confirmed.
    Proposed,
}

impl Tone {
    /// Value of `data-tone`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Active => "active",
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Proposed => "proposed",
        }
    }
}

/// Shape, tone and word of a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Shape before the word.
    pub shape: Shape,
    /// Colour.
    pub tone: Tone,
    /// The word, in sentence case.
    pub word: Cow<'static, str>,
}

impl Status {
    /// A status with a word.
    pub fn new(shape: Shape, tone: Tone, word: impl Into<Cow<'static, str>>) -> Self {
        Self { shape, tone, word: word.into() }
    }
}

/// Where a case, a follow-up or a mail stands, by the shapes that all pages share.
///
/// Features whose enum has no own look use these.
pub mod known {
    use super::{Shape, Status, Tone};

    macro_rules! statuses {
        ($($(#[$doc:meta])* $name:ident = $shape:ident $tone:ident $word:literal;)+) => {
            $($(#[$doc])* pub fn $name() -> Status { Status::new(Shape::$shape, Tone::$tone, $word) })+
            /// All of them, for the page of components and its test.
            pub fn all() -> Vec<Status> { vec![$($name()),+] }
        };
    }

    statuses! {
        /// Follow-up: due in the future, within the horizon.
        coming = Ring Quiet "Coming";
        /// Follow-up: due now.
        due = Half Active "Due";
        /// Follow-up: contact is recent enough.
        current = Dot Good "Current";
        /// Follow-up: late.
        overdue = Triangle Warning "Overdue";
        /// Follow-up: so late that it counts against the rate.
        delinquent = Diamond Error "Delinquent";
        /// Follow-up: given up, with a reason.
        lost = Cross Error "Lost";
        /// Follow-up: closed by death.
        dead = Square Quiet "Closed, dead";
        /// Follow-up: not needed.
        exempt = Dash Quiet "Exempt";
        /// Mail: waits.
        queued = Ring Quiet "Queued";
        /// Mail: under way.
        sending = Half Active "Sending";
        /// Mail: accepted by the server.
        sent = Check Good "Sent";
        /// Mail: given up.
        failed = Diamond Error "Failed";
        /// Mail: no longer needed.
        cancelled = Dash Quiet "Cancelled";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_statuses_of_one_kind_share_shape_and_tone() {
        let all = known::all();
        let followup = &all[..8];
        for (i, a) in followup.iter().enumerate() {
            for b in &followup[i + 1..] {
                assert_ne!(a.shape, b.shape, "{} and {}", a.word, b.word);
            }
        }
    }
}
