//! Sites that no word names: inferred from the tumor, from the blood, from a metastasis.

use super::{
    context::{Read, Reading},
    morphologies::Found,
    sites::{FoundSite, Tissue},
};
use crate::icdo::PrimarySite;

/// A meningioma named by the part of the brain or skull arises from the meninges there.
pub(super) fn meninges(found: &[FoundSite], morphologies: &[Found], reading: &Reading) -> Vec<FoundSite> {
    let Some(top) = morphologies.first().filter(|m| m.morphology.histology.within(&[(9530, 9539)])) else {
        return Vec::new();
    };
    let place = found
        .iter()
        .filter(|f| !f.aside && f.site.in_categories(&[41, 44, 70, 71, 72, 76]) && f.site.subsite() < 9)
        .max_by(|a, b| a.score.total_cmp(&b.score));
    let spinal = place.is_some_and(|f| f.site.in_categories(&[72]) || f.site.number() == 412)
        || reading.says(&["spinal", "spine", "cord", "intradural"]);
    let (code, score, mut used) = match place {
        Some(f) => (if spinal { "C701" } else { "C700" }, (f.score + 1.5).max(7.0), f.used.clone()),
        None => ("C700", 2.5, Vec::new()),
    };
    used.extend(&top.used);
    let rule = "a meningioma arises from the meninges".to_owned();
    PrimarySite::parse(code)
        .map(|site| FoundSite { site, score, used, rule, aside: false, law: "site-meninges" })
        .into_iter()
        .collect()
}

/// A schwannoma of the cerebellopontine angle that is called vestibular or acoustic: the eighth nerve.
pub(super) fn vestibular(found: &[FoundSite], top: Option<&Found>, reading: &Reading) -> Option<FoundSite> {
    top.filter(|m| m.morphology.histology.within(&[(9560, 9560)]))?;
    let angle = found.iter().filter(|f| f.site.number() == 716).max_by(|a, b| a.score.total_cmp(&b.score))?;
    let nerve = reading.all.iter().position(|r| matches!(r.word.form.as_str(), "vestibular" | "acoustic"))?;
    let rule = "the angle is where it lies, the nerve where it began".to_owned();
    let mut used = angle.used.clone();
    used.push(nerve);
    let site = PrimarySite::parse("C724").ok()?;
    Some(FoundSite { site, score: angle.score + 1.0, used, rule, aside: false, law: "site-usual" })
}

/// The usual site of the likely histologies: decides where no organ is named, else only adds to the list.
pub(super) fn usual(morphologies: &[Found], named: bool) -> Vec<FoundSite> {
    let best = morphologies.first().map_or(0.0, |m| m.score);
    let mut found = Vec::new();
    for (m, discount) in morphologies.iter().take(4).zip([1.0, 0.8, 0.7, 0.6]) {
        let Some(row) = m.term.row.filter(|r| !r.usual_sites.is_empty() && m.complete) else { continue };
        if m.score < 0.6 * best {
            continue;
        }
        let usual: Vec<&str> = row.usual_sites.split(' ').collect();
        let narrow = usual.len() == 1;
        for code in usual.iter().take(3) {
            let Some(site) = unspecified(code) else { continue };
            let score = match (named, narrow) {
                (false, true) => 5.0,
                (false, false) => 3.5,
                (true, true) => (0.45 * m.score).min(2.4),
                (true, false) => 0.8,
            };
            let rule = format!("usual site of “{}”", row.term);
            found.push(FoundSite {
                site,
                score: score * discount,
                used: m.used.clone(),
                rule,
                aside: false,
                law: "site-usual",
            });
        }
    }
    found
}

/// The organ is named without its part, and the histology arises in one part of it only.
pub(super) fn part_of_organ(found: &[FoundSite], top: Option<&Found>) -> Option<FoundSite> {
    let top = top.filter(|m| m.complete)?;
    let row = top.term.row?;
    let part = PrimarySite::parse(row.usual_sites).ok()?;
    let organ = found
        .iter()
        .filter(|f| !f.aside && f.site.category() == part.category() && f.site.subsite() == 9)
        .max_by(|a, b| a.score.total_cmp(&b.score))?;
    let rule = format!("usual part of the organ for “{}”", row.term);
    Some(FoundSite {
        site: part,
        score: organ.score + 0.8,
        used: organ.used.clone(),
        rule,
        aside: false,
        law: "site-usual",
    })
}

/// `C509` itself; for a category its unspecified site.
fn unspecified(code: &str) -> Option<PrimarySite> {
    if code.len() == 4 {
        return PrimarySite::parse(code).ok();
    }
    PrimarySite::parse(&format!("{code}9"))
        .ok()
        .or_else(|| PrimarySite::all().map(|e| e.site).find(|s| s.stored().starts_with(code)))
}

/// Leukemias and their kin are coded to the bone marrow wherever they were found; lymphomas without
/// a site to lymph nodes.
pub(super) fn marrow(reading: &Reading, kind: Tissue, top: Option<&Found>) -> Vec<FoundSite> {
    let Some(top) = top else { return Vec::new() };
    let (code, score, rule) = match kind {
        Tissue::Marrow => {
            let small = top.morphology.histology.within(&[(9823, 9823)]);
            let node = reading.says(&["node"]) && !reading.says(&["blood", "marrow", "leukemia"]);
            if small && node {
                return Vec::new();
            }
            ("C421", 12.0, "leukemias and related diseases are coded to the bone marrow")
        }
        Tissue::Node => ("C779", 1.5, "a lymphoma without a named site"),
        _ => return Vec::new(),
    };
    PrimarySite::parse(code)
        .map(|site| FoundSite {
            site,
            score,
            used: top.used.clone(),
            rule: rule.to_owned(),
            aside: false,
            law: "site-marrow",
        })
        .into_iter()
        .collect()
}

/// A metastasis without a named primary.
pub(super) fn unknown(reading: &Reading, named: bool, top: Option<&Found>) -> Vec<FoundSite> {
    let word = |forms: &[&str]| -> Vec<usize> {
        let is = |r: &Read| forms.contains(&r.word.form.as_str());
        reading.all.iter().enumerate().filter(|(_, r)| is(r)).map(|(i, _)| i).collect()
    };
    let (score, rule, used) = if reading.unknown_primary {
        (12.0, "the primary is said to be unknown", word(&["primary", "unknown", "occult"]))
    } else if reading.metastatic && !named {
        (6.0, "a metastasis, and no primary is named", word(&["metastatic", "metastasis"]))
    } else {
        return Vec::new();
    };
    let melanoma = top.is_some_and(|m| m.morphology.histology.within(&[(8720, 8790)]));
    let (code, rule) = if melanoma {
        ("C449", format!("{rule}; a melanoma is then coded to skin, NOS"))
    } else {
        ("C809", rule.to_owned())
    };
    PrimarySite::parse(code)
        .map(|site| FoundSite { site, score, used, rule, aside: false, law: "site-unknown" })
        .into_iter()
        .collect()
}
