//! Primary sites that a phrase names, or that follow from what it names.
//!
//! Besides terms of ICD-O: regions of the body become skin, soft tissue, bone or lymph nodes by
//! the kind of neoplasm; hours of the clock become quadrants of the breast; two neighbouring
//! parts become the overlapping site; a neoplasm that arises in one organ only names it.

use std::collections::HashMap;

use super::{
    context::{Read, Reading},
    index::{Part, Region, Target, index},
    inferred_sites::{marrow, meninges, part_of_organ, unknown, usual, vestibular},
    morphologies::{Found, is_usual},
    score::{Hit, Rules, hits},
    words::Gap,
};
use crate::icdo::{Histology, PrimarySite, pairs};

/// A site that may be meant.
#[derive(Clone, Debug)]
pub(super) struct FoundSite {
    /// The site.
    pub site: PrimarySite,
    /// How well it fits.
    pub score: f32,
    /// Numbers of the words that led to it.
    pub used: Vec<usize>,
    /// How it was found.
    pub rule: String,
    /// The words speak of a metastasis, of another organ or of the past.
    pub aside: bool,
    /// Id of the coding rule.
    pub law: &'static str,
}

impl FoundSite {
    /// Does it rest on a word that was read as a misspelling?
    pub(super) fn doubtful(&self, reading: &Reading) -> bool {
        doubtful(reading, &self.used, &index().sites)
    }
}

/// Was any of the words read as a misspelling of words of this part?
pub(super) fn doubtful(reading: &Reading, used: &[usize], part: &Part) -> bool {
    used.iter().filter_map(|i| reading.all.get(*i)).any(|r| {
        let mut own = r.meanings.iter().filter(|m| part.has(m.id)).peekable();
        own.peek().is_some() && own.all(|m| m.strength < 1.0)
    })
}

/// The tissue in which a neoplasm arises, where the histology tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tissue {
    Skin,
    Soft,
    Bone,
    Node,
    Marrow,
    Any,
}

const RULES: Rules = Rules { missing: 1.5, covered: 0.5, between: 0.12, present_only: false };

/// The tissue of a histology.
pub(super) fn tissue(histology: Histology) -> Tissue {
    let h = |ranges: &[(u16, u16)]| histology.within(ranges);
    if h(&[
        (8090, 8110),
        (8247, 8247),
        (8390, 8420),
        (8720, 8799),
        (8832, 8833),
        (9700, 9700),
        (9709, 9709),
        (9718, 9718),
        (9140, 9140),
    ]) {
        Tissue::Skin
    } else if h(&[(9732, 9733), (9740, 9742), (9761, 9761), (9765, 9765), (9800, 9929), (9931, 9993)]) {
        Tissue::Marrow
    } else if h(&[(9590, 9731), (9734, 9739), (9762, 9764), (9766, 9769)]) {
        Tissue::Node
    } else if h(&[(9180, 9250), (9261, 9262), (9364, 9365), (9370, 9372)]) {
        Tissue::Bone
    } else if h(&[
        (8800, 8921),
        (8990, 8991),
        (9040, 9044),
        (9120, 9139),
        (9141, 9175),
        (9251, 9252),
        (9540, 9581),
    ]) {
        Tissue::Soft
    } else {
        Tissue::Any
    }
}

/// The sites of a phrase, best first, given its likely morphologies, best first.
pub(super) fn find(reading: &Reading, morphologies: &[Found]) -> Vec<FoundSite> {
    let top = morphologies.first();
    let kind = top.map_or(Tissue::Any, |m| tissue(m.morphology.histology));
    let mut found: Vec<FoundSite> = Vec::new();
    let hits = hits(&index().sites, reading, RULES);
    for hit in &hits {
        match hit.term.target {
            Target::Site(site) => found.push(direct(hit, site, reading, kind)),
            Target::Region(at) => {
                if let Some(region) = index().regions.get(at) {
                    found.extend(of_region(hit, region, reading, kind, top));
                }
            }
            Target::Morphology(_) => {}
        }
    }
    found.extend(clock(reading));
    found.extend(overlapping(&found, reading));
    found.extend(procedures(reading));
    let named = found.iter().any(|f| !f.aside && f.score >= 2.0);
    found.extend(meninges(&found, morphologies, reading));
    found.extend(vestibular(&found, top, reading));
    found.extend(usual(morphologies, named));
    found.extend(part_of_organ(&found, top));
    found.extend(marrow(reading, kind, top));
    found.extend(unknown(reading, named, top));

    for f in &mut found {
        f.score += of_pair(f, morphologies, reading);
    }
    merge(found)
}

/// A term of a site found in the words.
fn direct(hit: &Hit, site: PrimarySite, reading: &Reading, kind: Tissue) -> FoundSite {
    let (mut score, mut aside) = by_role(hit, reading, kind);
    let node = site.category() == 77;
    if node && !matches!(kind, Tissue::Node | Tissue::Marrow) {
        score *= 0.15;
        aside = true;
    }
    // vessels, nerves, muscle and the like stand in reports of every organ
    if [479, 499, 419].contains(&site.number()) && !matches!(kind, Tissue::Soft | Tissue::Bone) {
        score *= 0.35;
    }
    // skin and body regions without more say less than an organ
    if site.category() == 76 {
        score *= 0.7;
    }
    // “central nervous system” says less than a part of it; “adenoid cystic” is no adenoid
    if site.number() == 729 {
        score *= 0.5;
    }
    let adenoid = |i: &usize| {
        let is = |at: usize, forms: &[&str]| {
            reading.all.get(at).is_some_and(|r| forms.contains(&r.word.form.as_str()))
        };
        is(*i, &["adenoid"]) && is(i + 1, &["cystic", "basal", "squamous"])
    };
    if hit.used.iter().any(adenoid) {
        score *= 0.1;
    }
    let origin = hit.used.iter().filter_map(|i| reading.all.get(*i)).any(|r| r.role.origin);
    let law = match (aside, origin, kind) {
        (true, ..) => "site-aside",
        (_, true, _) => "site-origin",
        (_, _, Tissue::Node) => "site-lymphoma",
        _ => "site-term",
    };
    let law = if law == "site-lymphoma" && site.category() != 77 { "site-term" } else { law };
    FoundSite {
        site, score, used: hit.used.clone(), rule: format!("term “{}”", hit.term.text), aside, law
    }
}

/// The score by what is said of the words.
fn by_role(hit: &Hit, reading: &Reading, kind: Tissue) -> (f32, bool) {
    let reads: Vec<&Read> = hit.used.iter().filter_map(|i| reading.all.get(*i)).collect();
    let any = |f: fn(&Read) -> bool| reads.iter().any(|r| f(r));
    let complete = if hit.complete { 0.4 } else { 0.0 };
    let mut score = hit.score + complete;
    if any(|r| r.role.spread) && !any(|r| r.role.origin) {
        return (score * 0.1, true);
    }
    if any(|r| r.role.beside) {
        return (score * 0.3, true);
    }
    if reads.iter().all(|r| r.role.outer) {
        score *= 0.5;
    }
    // “cervical lymph node”: no place where a carcinoma arises
    let node = |i: &usize| {
        reading
            .all
            .get(i + 1)
            .is_some_and(|r| r.word.gap < Gap::Comma && matches!(r.word.form.as_str(), "lymph" | "node"))
    };
    if !matches!(kind, Tissue::Node | Tissue::Marrow) && hit.used.iter().any(node) {
        return (score * 0.15, true);
    }
    if any(|r| r.role.origin) {
        score = score * 1.3 + 2.0;
    }
    if any(|r| r.header) {
        score += 0.5;
    }
    (score, false)
}

/// The site that a region of the body is for this kind of neoplasm, and where the kind is not known.
fn of_region(
    hit: &Hit,
    region: &'static Region,
    reading: &Reading,
    kind: Tissue,
    top: Option<&Found>,
) -> Vec<FoundSite> {
    let (score, aside) = by_role(hit, reading, kind);
    let said = |words: &[&str]| {
        reading.all.iter().position(|r| !r.role.is_void() && words.contains(&r.word.form.as_str()))
    };
    let squamous = top.is_some_and(|m| m.morphology.histology.within(&[(8050, 8084)]));
    let deep = [
        "neck",
        "head",
        "jaw",
        "axilla",
        "pelvis",
        "pelvic",
        "abdomen",
        "groin",
        "inguinal",
        "nose",
        "supraclavicular",
    ];
    let node = said(&["node"]);
    let choice = if let (Some(at), Tissue::Node) = (node, kind) {
        (region.node, "lymph nodes of the region", Some(at))
    } else if let Some(at) = said(&["skin", "epidermis", "dermis", "shave", "punch"]) {
        (region.skin, "skin of the region", Some(at))
    } else if let Some(at) =
        said(&["soft", "subcutaneous", "muscle", "subcutis"]).filter(|_| kind != Tissue::Skin)
    {
        (region.soft, "soft tissue of the region", Some(at))
    } else if let Some(at) = said(&["bone"]).filter(|_| kind != Tissue::Skin) {
        (region.bone, "bone of the region", Some(at))
    } else {
        match kind {
            Tissue::Skin => (region.skin, "skin of the region, by the histology", None),
            Tissue::Soft => (region.soft, "soft tissue of the region, by the histology", None),
            Tissue::Bone => (region.bone, "bone of the region, by the histology", None),
            Tissue::Node => (region.node, "lymph nodes of the region, by the histology", None),
            _ if squamous && !deep.contains(&region.name) => {
                (region.skin, "skin of the region, by the histology", None)
            }
            _ => (region.other, "region of the body", None),
        }
    };
    let (site, why, with) = choice;
    let mut used = hit.used.clone();
    let mut main = score;
    if let Some(with) = with {
        used.push(with);
        used.sort_unstable();
        used.dedup();
        main += if aside { 0.0 } else { weight_at(reading, with) };
    }
    let rule = |why: &str| format!("{why} “{}”", region.name);
    let mut found =
        vec![FoundSite { site, score: main, used: used.clone(), rule: rule(why), aside, law: "site-region" }];
    if site != region.other {
        let other = FoundSite {
            site: region.other,
            score: score * 0.5,
            used,
            rule: rule("region of the body"),
            aside,
            law: "site-region",
        };
        found.push(other);
    }
    found
}

/// What a word and those written as one with it or next to it in one term weigh among sites.
fn weight_at(reading: &Reading, at: usize) -> f32 {
    let place = reading.all.get(at).map(|r| r.place);
    let together = |r: &&Read| Some(r.place) == place || r.word.form == "lymph";
    let weight = |r: &Read| r.meanings.iter().map(|m| index().sites.weight(m.id)).fold(0.0, f32::max);
    let words: HashMap<&str, f32> =
        reading.all.iter().filter(together).map(|r| (r.word.form.as_str(), weight(r))).collect();
    words.values().sum()
}

/// `10 o'clock` in a breast is a quadrant.
fn clock(reading: &Reading) -> Vec<FoundSite> {
    if !reading.says(&["breast"]) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (i, read) in reading.all.iter().enumerate() {
        let next = reading.all.get(i + 1).map_or("", |r| r.word.form.as_str());
        let hour: Option<u16> = read.word.form.parse().ok();
        let (Some(hour @ 1..=12), true, false) =
            (hour, matches!(next, "oclock" | "o" | "00"), read.role.is_void())
        else {
            continue;
        };
        let side = reading
            .all
            .iter()
            .enumerate()
            .filter(|(_, r)| !r.role.is_void() && matches!(r.word.form.as_str(), "left" | "right"))
            .min_by_key(|(at, r)| (r.sentence != read.sentence, at.abs_diff(i)));
        let Some((at, side)) = side else { continue };
        let left = side.word.form == "left";
        let code = match (hour, left) {
            (3 | 6 | 9 | 12, _) => "C508",
            (10 | 11, false) | (1 | 2, true) => "C504",
            (1 | 2, false) | (10 | 11, true) => "C502",
            (4 | 5, false) | (7 | 8, true) => "C503",
            _ => "C505",
        };
        if let Ok(site) = PrimarySite::parse(code) {
            let rule = format!("{hour} o’clock in the {} breast", side.word.form);
            found.push(FoundSite {
                site,
                score: 9.0,
                used: vec![at.min(i), at.max(i), i + 1],
                rule,
                aside: false,
                law: "site-clock",
            });
        }
    }
    found
}

/// Two parts of one organ joined by “and”: the overlapping site.
fn overlapping(found: &[FoundSite], reading: &Reading) -> Vec<FoundSite> {
    let parts: Vec<&FoundSite> =
        found.iter().filter(|f| !f.aside && f.site.subsite() < 8 && f.rule.starts_with("term")).collect();
    let mut out = Vec::new();
    for (n, a) in parts.iter().enumerate() {
        for b in parts.iter().skip(n + 1) {
            if a.site == b.site || a.site.category() != b.site.category() {
                continue;
            }
            let own = |x: &FoundSite, y: &FoundSite| x.used.iter().copied().find(|i| !y.used.contains(i));
            let (Some(i), Some(j)) = (own(a, b), own(b, a)) else { continue };
            let (first, last) = (i.min(j), i.max(j));
            let joined = reading
                .all
                .iter()
                .take(last + 1)
                .skip(first + 1)
                .any(|r| matches!(r.word.form.as_str(), "and" | "to") || r.word.gap == Gap::Slash);
            let whole = format!("C{:02}8", a.site.category());
            if joined
                && last - first <= 5
                && let Ok(site) = PrimarySite::parse(&whole)
            {
                let used: Vec<usize> = a.used.iter().chain(&b.used).copied().collect();
                let rule = format!("{} and {} together", a.site, b.site);
                out.push(FoundSite {
                    site,
                    score: a.score.min(b.score) + 2.5,
                    used,
                    rule,
                    aside: false,
                    law: "site-overlap",
                });
            }
        }
    }
    out
}

/// The organ of an operation, where the organ itself is not named.
fn procedures(reading: &Reading) -> Vec<FoundSite> {
    let mut found = Vec::new();
    for (i, read) in reading.all.iter().enumerate() {
        if let Some(site) = index().procedure(&read.word.form).filter(|_| !read.role.history) {
            let rule = format!("operation on {}", site.label());
            found.push(FoundSite {
                site,
                score: 1.8,
                used: vec![i],
                rule,
                aside: false,
                law: "site-operation",
            });
        }
    }
    found
}

/// What the list of valid pairs and the usual sites of the likely histologies add.
fn of_pair(found: &FoundSite, morphologies: &[Found], reading: &Reading) -> f32 {
    if found.aside {
        return 0.0;
    }
    let best = morphologies.first().map_or(0.0, |m| m.score);
    let likely = || morphologies.iter().take(3).filter(|m| m.score > 0.8 * best);
    let sentence = |used: &[usize]| used.first().and_then(|i| reading.all.get(*i)).map(|r| r.sentence);
    let together = likely().any(|m| sentence(&m.used) == sentence(&found.used));
    let main = morphologies.first().is_some_and(|m| sentence(&m.used) == sentence(&found.used));
    let mut add = match (main, together) {
        (true, _) => 0.7,
        (false, true) => 0.4,
        _ => 0.0,
    };
    let usual = likely().any(|m| m.term.row.is_some_and(|r| is_usual(r.usual_sites, found.site)));
    let known = likely().any(|m| pairs::known(m.morphology));
    let listed = likely().any(|m| pairs::listed(found.site, m.morphology));
    add += match (usual, known, listed) {
        (true, _, _) => 1.0,
        (_, true, true) => 0.4,
        (_, true, false) => -1.0,
        _ => 0.0,
    };
    add
}

/// One entry a site, the best one, best first.
fn merge(found: Vec<FoundSite>) -> Vec<FoundSite> {
    let mut best: HashMap<PrimarySite, FoundSite> = HashMap::new();
    for f in found {
        if best.get(&f.site).is_none_or(|b| b.score < f.score) {
            best.insert(f.site, f);
        }
    }
    let mut found: Vec<FoundSite> = best.into_values().filter(|f| f.score > 0.5).collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.site.cmp(&b.site)));
    found
}
