//! Pages of quality review: what waits, one review from taking it to the decision, what an abstractor reads of it,
//! disputes, and the figures.

mod disputed;
mod figures;
mod handover;
mod one;
mod own;
mod steps;
mod waiting;

use actix_web::web::{get, post};
use serde::Deserialize;

use super::{disputes::store::DisputeRow, score::Weight, summary::Reviewed};
use crate::{
    access::Action,
    audit::AuditAction,
    facility::Desk,
    web::{Notice, Route},
};

/// Pages of quality review.
pub fn routes() -> Vec<Route> {
    use Action::{DirectQuality, EditAbstract, ReviewAbstracts};
    use AuditAction::{List, Review, ViewTumor};
    vec![
        Route::get("/quality-review", ReviewAbstracts, || get().to(waiting::list)).audited(List),
        Route::get("/quality-review/figures", DirectQuality, || get().to(figures::show)).audited(List),
        Route::get("/quality-review/own", EditAbstract, || get().to(own::list)).audited(List),
        Route::get("/quality-review/own/{id}", EditAbstract, || get().to(own::show)).audited(ViewTumor),
        Route::post("/quality-review/own/{id}", EditAbstract, || post().to(own::dispute)).audited(Review),
        Route::get("/quality-review/disputes", DirectQuality, || get().to(disputed::list)).audited(List),
        Route::get("/quality-review/disputes/{id}", DirectQuality, || get().to(disputed::show))
            .audited(ViewTumor),
        Route::post("/quality-review/disputes/{id}", DirectQuality, || post().to(disputed::decide))
            .audited(Review),
        Route::get("/quality-review/{id}", ReviewAbstracts, || get().to(one::show)).audited(ViewTumor),
        Route::post("/quality-review/{id}", ReviewAbstracts, || post().to(one::act)).audited(Review),
        Route::post("/quality-review/{id}/draft", ReviewAbstracts, || post().to(one::keep))
            .audited(Review)
            .by_itself(),
        Route::post("/quality-review/{id}/reviewer", DirectQuality, || post().to(handover::hand_on))
            .audited(Review),
    ]
}

/// What just happened.
#[derive(Clone, Debug, Default, Deserialize)]
struct Happened {
    #[serde(default)]
    done: String,
}

impl Happened {
    fn notice(&self) -> Option<Notice> {
        Some(match self.done.as_str() {
            "accepted" => Notice::good("Accepted. The case is complete."),
            "returned" => Notice::good("Given back. The comment is a task on the case."),
            "handed-back" => Notice::good("Handed back. Somebody else may take it."),
            "handed-on" => Notice::good("Handed on."),
            "disputed" => Notice::good("Disputed. A supervisor who did not review the case decides."),
            "decided" => Notice::good("Decided. The words are a note on the case."),
            "hidden" => Notice::warning(
                "You code a case of this patient again without its codes: the pages of the patient open after the lock.",
            ),
            _ => return None,
        })
    }
}

/// One compared field.
struct Line {
    label: &'static str,
    abstracted: String,
    reviewed: String,
    /// `major`, `minor`, or nothing where both agree.
    weight: &'static str,
    /// What was disputed and decided about it.
    disputed: String,
}

/// A review field by field, with what was disputed.
fn compared_lines(review: &Reviewed, disputes: &[DisputeRow]) -> Vec<Line> {
    review
        .fields
        .iter()
        .map(|(c, _)| Line {
            label: c.field.label(),
            abstracted: c.abstracted.clone(),
            reviewed: c.reviewed.clone(),
            weight: c.weight.map_or("", Weight::word),
            disputed: disputes.iter().find(|d| d.field == c.field.word()).map_or_else(String::new, told),
        })
        .collect()
}

fn told(dispute: &DisputeRow) -> String {
    let asked = format!("{}: “{}”", dispute.asked_by, dispute.reason);
    match dispute.outcome.as_str() {
        "removed" => format!("{asked} Taken back by {}: “{}”", dispute.decided_by, dispute.decision),
        "stands" => format!("{asked} Stands, says {}: “{}”", dispute.decided_by, dispute.decision),
        _ => format!("{asked} Not decided yet."),
    }
}

/// An instant in the wall time of the facility.
fn local(desk: &Desk, at: chrono::NaiveDateTime) -> String {
    at.and_utc().with_timezone(&desk.facility.zone).format("%Y-%m-%d %H:%M").to_string()
}

/// `2026-00001 seq 00`; never what is coded.
fn number(accession: &str, sequence: &str) -> String {
    let number = crate::abstracting::accession::shown(accession);
    if sequence.is_empty() { number } else { format!("{number} seq {sequence}") }
}
