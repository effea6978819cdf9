//! What just happened to a case, as the address of a page says it, and in words.

use serde::Deserialize;

use super::pages::Opened;
use crate::{partial_date::in_words, web::Notice};

/// What the address of a page says besides the case: what just happened.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Happened {
    #[serde(default)]
    pub(super) saved: String,
    #[serde(default)]
    pub(super) refused: String,
    /// The field to go to.
    #[serde(default)]
    pub(super) at: String,
}

/// What a save did, in one or two sentences, with the next follow-up.
pub(super) fn notice(happened: &Happened, opened: &Opened) -> Option<Notice> {
    let due = match (opened.stored.patient.due_on, opened.stored.patient.followed) {
        (Some(due), true) => format!("Next follow-up due {}.", in_words(due)),
        _ if opened.stored.tumor.dead => "No follow-up: the patient is dead.".to_owned(),
        _ if !opened.stored.tumor.exemption.is_empty() => {
            format!("No follow-up needed ({}).", opened.stored.tumor.exemption)
        }
        _ => "No follow-up date yet.".to_owned(),
    };
    Some(match (happened.saved.as_str(), happened.refused.as_str()) {
        ("1", _) => Notice::good(format!("Saved. {due}")),
        ("accession", _) => Notice::good(format!("Saved; the case has its accession number. {due}")),
        ("joined", _) => Notice::good(format!(
            "Saved. Somebody else had saved other items meanwhile; both changes are in. {due}"
        )),
        ("ready", _) => {
            Notice::good(format!("Saved. The edits found nothing in the way of completing. {due}"))
        }
        ("review", _) => Notice::good(
            "Saved and sent to quality review. It is complete when somebody else has looked at it.",
        ),
        ("complete", _) => Notice::good(format!("Complete. {due}")),
        ("made", _) => {
            Notice::good("The case is made. Nothing else is needed now: save as often as you like.")
        }
        ("decided", _) => {
            Notice::good("Kept with your reason. It is asked again when what it rests on changes.")
        }
        (_, "decision-reason") => Notice::error("Nothing decided: say why in at least 10 characters."),
        (_, "decision-changed") => Notice::error(
            "Nothing decided: what the finding rests on is not saved yet, or has changed. Save, then decide.",
        ),
        (_, "decision-none") => Notice::error("This error has no over-ride: one of its items has to change."),
        ("reopened", _) => Notice::warning("The case is open again."),
        ("checked", _) => {
            Notice::warning("Checked, not saved: the findings say what stands in the way by now.")
        }
        ("discarded", _) => Notice::good("What you had typed and not saved is thrown away."),
        (_, "way") => Notice::warning("Saved, but not complete: the findings say what is missing."),
        (_, "closed") => Notice::error(
            "Not saved: the case is complete. What you typed is kept for you; reopen the case, then save.",
        ),
        (_, "review") => Notice::error(
            "Not saved: the case is in quality review. What you typed is kept for you until it comes back.",
        ),
        (_, "field") => Notice::warning("No field of the abstract has such a name. Nothing was changed."),
        (_, "gone") => {
            Notice::error("Not saved: somebody asked to delete this case. What you typed is kept for you.")
        }
        (_, "reason") => Notice::error("Not reopened: say why in at least 10 characters."),
        (_, "right") => Notice::error(
            "Not reopened: only a supervisor opens a case again that is not yours or was completed more than 30 days ago.",
        ),
        _ => return None,
    })
}
