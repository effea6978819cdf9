//! What was read and not coded, with the reason; and texts that name no present tumor at all.

use serde::Serialize;

use super::{
    context::{Read, Reading},
    cues::is_disease,
    index::index,
    morphologies::Found,
    sites::FoundSite,
    words::Gap,
};
use crate::icdo::Behavior;

/// A passage that names a disease or an organ and was not coded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetAside {
    /// The words as they stand.
    pub words: String,
    /// First byte and the byte behind.
    pub span: (usize, usize),
    /// Why they were not coded.
    pub why: String,
}

/// Why a word is not coded; `None`: it is.
fn why(read: &Read) -> Option<&'static str> {
    let role = read.role;
    Some(if role.negated {
        "denied"
    } else if role.doubted {
        "doubted, with a term that is not on the accepted list"
    } else if role.history {
        "history, of the person or the family"
    } else if role.spread && !role.origin {
        "a place the tumor spread to"
    } else if role.beside {
        "invaded, beside, or examined without a tumor"
    } else {
        return None;
    })
}

/// Words that tell something: diseases, organs.
fn tells(read: &Read) -> bool {
    let index = index();
    is_disease(&read.word.form)
        || read
            .meanings
            .iter()
            .any(|m| m.strength >= 1.0 && (index.sites.has(m.id) || index.morphologies.weight(m.id) > 2.5))
}

/// Everything of a text that was not coded, in order.
pub(super) fn of(text: &str, reading: &Reading) -> Vec<SetAside> {
    let mut out: Vec<SetAside> = Vec::new();
    let mut at = 0;
    while let Some(read) = reading.all.get(at) {
        let Some(reason) = why(read) else {
            at += 1;
            continue;
        };
        let goes_on = |r: &&Read| why(r) == Some(reason) && r.word.gap < Gap::Stop;
        let run = 1 + reading.all.iter().skip(at + 1).take_while(goes_on).count();
        let passage = reading.all.get(at..at + run).unwrap_or(&[]);
        if passage.iter().any(tells)
            && let Some(last) = passage.last()
        {
            let span = (read.word.start, last.word.end);
            let words = text.get(span.0..span.1).unwrap_or("").to_owned();
            out.push(SetAside { words, span, why: reason.to_owned() });
        }
        at += run;
    }
    for section in &reading.left_out {
        let body = text.get(section.start..section.end).unwrap_or("");
        let lead = body.len() - body.trim_start().len();
        let words = body.trim().to_owned();
        if !words.is_empty() {
            let start = section.start + lead;
            let span = (start, start + words.len());
            out.push(SetAside { words, span, why: format!("part of the report: {}", section.part.words()) });
        }
    }
    out.sort_by_key(|s| s.span);
    out
}

/// Words that say a tumor was looked for.
const TUMOR_WORDS: [&str; 12] = [
    "malignant",
    "malignancy",
    "neoplasia",
    "dysplasia",
    "mass",
    "cell",
    "tumor",
    "metastasis",
    "metastatic",
    "carcinoma",
    "insitu",
    "infiltrating",
];

/// The reason why nothing is suggested: the text denies, doubts or calls past every tumor it names.
///
/// A benign tumor found beside a denial of cancer is no cancer either, except in the nervous system.
pub(super) fn denied(reading: &Reading, found: &[Found], sites: &[FoundSite]) -> Option<String> {
    let names = |r: &Read| is_disease(&r.word.form) || TUMOR_WORDS.contains(&r.word.form.as_str());
    let void = reading.all.iter().find(|r| r.role.is_void() && names(r));
    let harmless = |r: &&Read| {
        ["benign", "reactive", "inflammation", "normal", "unremarkable", "hyperplasia", "scar"]
            .contains(&r.word.form.as_str())
    };
    let plain = reading.all.iter().find(harmless);
    let out = !reading.left_out.is_empty();
    let nervous = sites
        .first()
        .is_some_and(|s| s.site.in_categories(&[70, 71, 72]) || (751..=753).contains(&s.site.number()));
    let present = found.first().is_some_and(|f| f.morphology.behavior != Behavior::Benign || nervous);
    if present {
        return None;
    }
    let why = match void {
        Some(r) if r.role.negated => "the text denies a tumor",
        Some(r) if r.role.doubted => "the text only doubts, with terms that are no diagnosis",
        Some(_) => "the tumor named is of the past, or of a relative",
        None if plain.is_some() && found.is_empty() => "the text describes benign findings only",
        None if out && found.is_empty() => "the parts of the report that state a diagnosis name no tumor",
        None => return None,
    };
    Some(format!("Nothing is suggested: {why}."))
}
