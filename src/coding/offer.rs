//! Whether the first candidate is offered as a default, or all of them as options without one.
//!
//! A default is offered only where the words decide: every word of the term is there, it stands well
//! before the second, and the field is not one where reports are known to mislead (head and neck,
//! lymphoma, ill-defined sites, unknown primary).

use serde::Serialize;

use super::{context::Reading, morphologies::Found, sites::FoundSite};

/// How the candidates of one item are offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// The first candidate is the default.
    pub bold: bool,
    /// Why it is, or is not.
    pub why: String,
}

impl Offer {
    fn shy(why: impl Into<String>) -> Self {
        Self { bold: false, why: why.into() }
    }

    fn bold() -> Self {
        Self { bold: true, why: "the words name it and nothing comes close".to_owned() }
    }

    /// Nothing to offer.
    pub(super) fn nothing() -> Self {
        Self::shy("nothing is suggested")
    }
}

/// How far the first must stand before the second.
const AHEAD: f32 = 0.8;

/// What keeps every item shy, if anything does.
fn whole(reading: &Reading, sites: &[FoundSite], morphologies: &[Found]) -> Option<String> {
    if reading.unknown_primary {
        return Some("the primary is said to be unknown".to_owned());
    }
    let first = sites.first()?;
    let c = first.site.category();
    if c <= 14 || (30..=32).contains(&c) {
        return Some("head and neck: parts of the mouth, pharynx and larynx are easily mistaken".to_owned());
    }
    if morphologies.first().is_some_and(|m| m.morphology.histology.within(&[(9590, 9738)])) {
        return Some("lymphoma: site and type need the whole work-up".to_owned());
    }
    if [26, 39, 48, 55, 57, 63, 68, 75, 76, 80].contains(&c) && first.site.subsite() >= 8
        || c == 76
        || c == 80
    {
        return Some("ill-defined site".to_owned());
    }
    None
}

/// The offer for the site.
pub(super) fn site(reading: &Reading, sites: &[FoundSite], morphologies: &[Found]) -> Offer {
    let Some(first) = sites.first() else { return Offer::nothing() };
    if let Some(why) = whole(reading, sites, morphologies) {
        return Offer::shy(why);
    }
    if first.aside {
        return Offer::shy("the place may be one the tumor spread to, not where it began");
    }
    if !matches!(
        first.law,
        "site-term" | "site-clock" | "site-origin" | "site-marrow" | "site-region" | "site-meninges"
    ) {
        return Offer::shy("the site is inferred, not named");
    }
    if reading.metastatic && first.law != "site-origin" && first.law != "site-marrow" {
        return Offer::shy("a metastasis is described: make sure which place is the primary");
    }
    if first.doubtful(reading) {
        return Offer::shy("a word was read as a misspelling");
    }
    let second = sites.get(1).map_or(0.0, |s| s.score);
    if first.score < 3.0 || first.score - second < AHEAD {
        return Offer::shy("another site comes close");
    }
    Offer::bold()
}

/// The offer for the morphology.
pub(super) fn morphology(reading: &Reading, sites: &[FoundSite], morphologies: &[Found]) -> Offer {
    let Some(first) = morphologies.first() else { return Offer::nothing() };
    if let Some(why) = whole(reading, sites, morphologies) {
        return Offer::shy(why);
    }
    if !first.complete {
        return Offer::shy("no term is there with all its words");
    }
    if first.used.iter().filter_map(|i| reading.all.get(*i)).any(|r| r.role.ambiguous) {
        return Offer::shy("the diagnosis is said with an ambiguous term");
    }
    if first.doubtful(reading) {
        return Offer::shy("a word was read as a misspelling");
    }
    let second = morphologies.get(1).map_or(0.0, |m| m.score);
    if first.score - second < AHEAD * 0.75 {
        return Offer::shy("another morphology comes close");
    }
    Offer::bold()
}
