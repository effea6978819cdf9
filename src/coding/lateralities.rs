//! The side that a phrase names for a site.

use super::{
    context::Reading,
    sites::FoundSite,
    words::{is_empty_word, words},
};
use crate::icdo::{Laterality, laterality::SideNeeded};

/// A side that may be meant.
#[derive(Clone, Debug)]
pub(super) struct FoundSide {
    /// The code.
    pub laterality: Laterality,
    /// How well it fits.
    pub score: f32,
    /// Numbers of the words that led to it.
    pub used: Vec<usize>,
    /// How it was found.
    pub rule: String,
    /// Id of the coding rule.
    pub law: &'static str,
}

/// The sides for the most likely site, best first.
pub(super) fn find(reading: &Reading, dx_year: Option<i32>, sites: &[FoundSite]) -> Vec<FoundSide> {
    let Some(site) = sites.first() else { return Vec::new() };
    let needed = Laterality::needed(site.site, dx_year);
    if needed == SideNeeded::No {
        let rule = format!("{} is not a paired site", site.site);
        return vec![FoundSide {
            laterality: Laterality::NotPaired,
            score: 8.0,
            used: Vec::new(),
            rule,
            law: "side-not-paired",
        }];
    }
    let mut found: Vec<FoundSide> = Vec::new();
    for (i, read) in reading.all.iter().enumerate() {
        let side = match read.word.form.as_str() {
            "right" => Laterality::Right,
            "left" => Laterality::Left,
            "bilateral" | "both" => Laterality::Bilateral,
            "midline" => Laterality::Midline,
            "unilateral" => Laterality::OneSide,
            _ => continue,
        };
        let aside = read.role.spread || read.role.beside;
        if read.role.is_void() || aside && !site.used.contains(&i) {
            continue;
        }
        let near = site.used.iter().map(|u| u.abs_diff(i)).min().unwrap_or(20);
        let same =
            site.used.first().and_then(|u| reading.all.get(*u)).is_some_and(|r| r.sentence == read.sentence);
        #[expect(clippy::cast_precision_loss, reason = "a few words")]
        let score = 8.0 - 0.3 * near.min(15) as f32 - if same { 0.0 } else { 2.5 };
        let rule = format!("side named for {}", site.site);
        match found.iter_mut().find(|f| f.laterality == side) {
            Some(before) if before.score < score => {
                *before = FoundSide { laterality: side, score, used: vec![i], rule, law: "side-named" }
            }
            Some(_) => {}
            None => found.push(FoundSide { laterality: side, score, used: vec![i], rule, law: "side-named" }),
        }
    }
    let lingula = site.used.iter().any(|i| reading.all.get(*i).is_some_and(|r| r.word.form == "lingula"));
    if found.is_empty() && (site.site.stored() == "C342" || lingula) {
        let (laterality, rule) = if lingula {
            (Laterality::Left, "only the left lung has a lingula")
        } else {
            (Laterality::Right, "only the right lung has a middle lobe")
        };
        let (used, rule) = (site.used.clone(), rule.to_owned());
        found.push(FoundSide { laterality, score: 7.0, used, rule, law: "side-middle-lobe" });
    }
    if found.is_empty() {
        let rule = format!("{} is a paired site and no side is named", site.site);
        let law = "side-unknown";
        found.push(FoundSide { laterality: Laterality::Unknown, score: 3.0, used: Vec::new(), rule, law });
    }
    if let SideNeeded::Unless(part) = needed {
        // the part without a side may be the one that is named
        let parts: Vec<String> =
            words(part).into_iter().map(|w| w.form).filter(|f| !is_empty_word(f) && f != "nasal").collect();
        let is_part = |i: &usize| reading.all.get(*i).is_some_and(|r| parts.contains(&r.word.form));
        let named: Vec<usize> = site.used.iter().copied().filter(is_part).collect();
        let score = if named.is_empty() { 1.0 } else { 8.5 };
        let rule = format!("for {part}");
        let law = "side-not-paired";
        found.push(FoundSide { laterality: Laterality::NotPaired, score, used: named, rule, law });
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.laterality.cmp(&b.laterality)));
    found
}
