//! One row a mail: who, what, which period, and what became of it. Never the words.

use chrono::{DateTime, Duration, Utc};

use super::{
    digest::Counts,
    schedule::{Kind, UnknownWord},
};

/// How long one worker may hold a mail.
pub const LEASE: Duration = Duration::minutes(10);

/// Hard bounces after which an address counts as bad.
pub const MOST_REFUSALS: i32 = 2;

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Waits for its (next) attempt.
    Queued,
    /// A worker has it.
    Sending,
    /// Handed over.
    Sent,
    /// Given up or refused for good.
    Failed,
    /// Not wanted any more when its time came.
    Cancelled,
    /// Another mail of the same day said it.
    Covered,
}

impl State {
    /// All of them, in the order a filter offers them.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Sending, Self::Sent, Self::Failed, Self::Cancelled, Self::Covered];

    /// The word kept in the store and used in `--json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Covered => "covered",
        }
    }

    /// The word on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Sending => "Sending",
            Self::Sent => "Sent",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
            Self::Covered => "In another mail",
        }
    }
}

impl std::str::FromStr for State {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|s| s.word() == text).ok_or_else(|| UnknownWord {
            given: text.to_owned(),
            allowed: "queued, sending, sent, failed, cancelled, covered",
        })
    }
}

/// A mail as lists and `outbox show` tell it.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// Row key.
    pub key: i64,
    /// Public id.
    pub id: String,
    /// Row key of the recipient's account.
    pub account: i64,
    /// Kind; `None` for one that a later program made.
    pub kind: Option<Kind>,
    /// Kind as stored.
    pub kind_word: String,
    /// `2026-W49` or `2026-11-30`.
    pub period: String,
    /// What became of it.
    pub state: State,
    /// Login of the recipient.
    pub recipient: String,
    /// Name of the recipient.
    pub recipient_name: String,
    /// Short name of the facility.
    pub facility: String,
    /// The fixed Message-ID.
    pub message_id: String,
    /// Attempts so far.
    pub attempts: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it is tried next, while it waits.
    pub next_attempt_at: DateTime<Utc>,
    /// When it was handed over.
    pub sent_at: Option<DateTime<Utc>>,
    /// Why the last attempt failed, or why it was cancelled; nothing of a patient.
    pub remark: String,
    /// Kind and period of the mail that said it too.
    pub covered_by: String,
    /// Counts it held when it left.
    pub counts: Option<SentCounts>,
}

/// The counts a mail held, as kept with its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SentCounts {
    /// DUE.
    pub due: u64,
    /// OVERDUE.
    pub overdue: u64,
    /// DELINQUENT.
    pub delinquent: u64,
    /// Became due since the mail before.
    pub newly_due: u64,
}

impl From<&Counts> for SentCounts {
    fn from(counts: &Counts) -> Self {
        Self {
            due: counts.due,
            overdue: counts.overdue,
            delinquent: counts.delinquent,
            newly_due: counts.newly_due,
        }
    }
}

impl SentCounts {
    /// As kept in the store.
    pub fn to_json(self) -> String {
        serde_json::to_string(&self).expect("four numbers are always JSON")
    }

    /// As kept in the store; `None` for a mail without counts.
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}
