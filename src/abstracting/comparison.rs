//! The page that shows what two people typed into the same items, side by side.

use askama::Template;

use super::{
    drafts::Typing,
    saving::{Asked, Stored},
};
use crate::{
    dictionary::Dictionary,
    web::{Layout, Place, Width},
};

#[derive(Template)]
#[template(path = "abstracting/compare.html")]
pub(super) struct ComparePage {
    layout: Layout,
    action: String,
    who: String,
    /// The other save was this person's own, in another window.
    own: bool,
    rows: Vec<CompareRow>,
    pairs: Vec<(String, String)>,
    seen: String,
    back: String,
}

struct CompareRow {
    name: String,
    label: String,
    base: String,
    mine: String,
    theirs: String,
}

/// Both values of each item in question; everything typed travels along.
pub(super) fn compare_page(
    layout: Layout,
    action: String,
    (own, who): (bool, String),
    asked: Vec<Asked>,
    stored: &Stored,
    sent: &Typing,
) -> ComparePage {
    let or_blank = |v: &str| if v.is_empty() { "blank".to_owned() } else { v.to_owned() };
    let rows = asked
        .into_iter()
        .map(|a| CompareRow {
            label: super::form_row::row_of(&a.conflict.item)
                .map_or_else(|| Dictionary::label(&a.conflict.item).to_owned(), |r| r.label.to_owned()),
            name: format!("choose.{}", a.name),
            base: or_blank(&a.conflict.base),
            mine: or_blank(&a.conflict.mine),
            theirs: or_blank(&a.conflict.theirs),
        })
        .collect();
    let mut pairs: Vec<(String, String)> =
        sent.pairs.iter().filter(|(n, _)| !n.starts_with("choose.") && n != "seen").cloned().collect();
    pairs.push(("patient_version".to_owned(), sent.patient_version.to_string()));
    pairs.push(("tumor_version".to_owned(), sent.tumor_version.to_string()));
    ComparePage {
        layout: layout.titled("Compare – Abstract").at(Place::Abstracts).wide(Width::Reading),
        back: action.clone(),
        action,
        own,
        who,
        rows,
        pairs,
        seen: format!("{}.{}", stored.patient.version, stored.tumor.version),
    }
}
