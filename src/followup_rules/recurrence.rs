//! First recurrence: recorded once, only after the patient was free of that tumor.
//!
//! Source: CoC STORE, Type of First Recurrence \[1880\] and Date of First Recurrence \[1860\]; NAACCR edits
//! between them and the other outcome items.

use crate::{
    dictionary::{CodeLists, Items, names},
    partial_date::PartialDate,
};

/// A first recurrence as reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// Type, 04 to 62 or 88.
    pub kind: String,
    /// When it was diagnosed.
    pub on: Option<PartialDate>,
}

/// Why a first recurrence is not recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecurrenceProblem {
    /// Not a type of recurrence.
    #[error("“{given}” is not a type of recurrence. Enter 04 to 62, or 88.")]
    BadType {
        /// As given.
        given: String,
    },
    /// The tumor never was disease-free, already recurred, or its type is unknown.
    #[error("{}", match stored.as_str() {
        "70" => "Type 70, never disease-free, stays; there is no first recurrence to record.".to_owned(),
        "" | "99" => "It is not recorded that the patient was disease-free. Set type 00 in the abstract first."
            .to_owned(),
        code => format!("A first recurrence (type {code}) is already recorded; a later one does not replace it."),
    })]
    NotDiseaseFree {
        /// Stored type.
        stored: String,
    },
    /// No date.
    #[error("A recurrence needs its date, at least the year.")]
    DateMissing,
    /// Before diagnosis or first treatment.
    #[error("{} is before {what} of {}.", on.iso(), limit.iso())]
    TooEarly {
        /// As given.
        on: PartialDate,
        /// "the diagnosis" or "the first treatment".
        what: &'static str,
        /// Earliest allowed.
        limit: PartialDate,
    },
    /// After the last contact.
    #[error("{} is after the date of last contact{}.", on.iso(), last.map(|l| format!(", {}", l.iso())).unwrap_or_default())]
    AfterContact {
        /// As given.
        on: PartialDate,
        /// Date of last contact after this save.
        last: Option<PartialDate>,
    },
    /// A type for in situ primaries on an invasive one, or the other way round.
    #[error("Type {kind} is for {} primaries; this one has behavior {behavior}.", if *in_situ { "in situ" } else { "invasive" })]
    OtherBehavior {
        /// As given.
        kind: String,
        /// The type is for in situ primaries.
        in_situ: bool,
        /// Behavior of the tumor.
        behavior: String,
    },
}

impl RecurrenceProblem {
    /// The item that the sentence is about.
    pub fn item(&self) -> &'static str {
        match self {
            Self::BadType { .. } | Self::NotDiseaseFree { .. } | Self::OtherBehavior { .. } => {
                names::RECURRENCE_TYPE_1ST
            }
            Self::DateMissing | Self::TooEarly { .. } | Self::AfterContact { .. } => {
                names::RECURRENCE_DATE_1ST
            }
        }
    }
}

/// The tumor is recorded as disease-free, so that a first recurrence can be reported.
pub fn may_recur(tumor: &Items) -> bool {
    tumor.value(names::RECURRENCE_TYPE_1ST) == "00"
}

/// The types that tell a recurrence, with their labels.
pub fn types() -> impl Iterator<Item = (&'static str, &'static str)> {
    CodeLists::of(names::RECURRENCE_TYPE_1ST)
        .iter()
        .filter(|row| row.code == "88" || ("04"..="62").contains(&row.code))
        .map(|row| (row.code, row.label))
}

impl Recurrence {
    /// Writes type and date into a tumor's items; `last` is its date of last contact after the save.
    pub(super) fn record(
        &self,
        items: &mut Items,
        last: Option<PartialDate>,
    ) -> Result<(), RecurrenceProblem> {
        let kind = self.kind.as_str();
        if !types().any(|(code, _)| code == kind) {
            return Err(RecurrenceProblem::BadType { given: self.kind.clone() });
        }
        if !may_recur(items) {
            let stored = items.value(names::RECURRENCE_TYPE_1ST).to_owned();
            return Err(RecurrenceProblem::NotDiseaseFree { stored });
        }
        let behavior = items.value(names::BEHAVIOR_CODE_ICD_O_3);
        let for_in_situ = matches!(kind, "06" | "16" | "17" | "26" | "27" | "36" | "46");
        let for_any = matches!(kind, "10" | "20" | "40" | "88");
        if !for_any && !behavior.is_empty() && for_in_situ != (behavior == "2") {
            return Err(RecurrenceProblem::OtherBehavior {
                kind: self.kind.clone(),
                in_situ: for_in_situ,
                behavior: behavior.to_owned(),
            });
        }
        let on = self.on.ok_or(RecurrenceProblem::DateMissing)?;
        for (what, id) in
            [("the diagnosis", names::DATE_OF_DIAGNOSIS), ("the first treatment", names::DATE_1ST_CRS_RX_COC)]
        {
            if let Some(limit) = items.date(id).filter(|limit| on.definitely_before(*limit)) {
                return Err(RecurrenceProblem::TooEarly { on, what, limit });
            }
        }
        if last.is_none_or(|last| on.definitely_after(last)) {
            return Err(RecurrenceProblem::AfterContact { on, last });
        }
        items.set(names::RECURRENCE_TYPE_1ST, kind.to_owned());
        items.set(names::RECURRENCE_DATE_1ST, on.to_string());
        Ok(())
    }
}
