//! What was examined and what was found there: the blocks of a diagnosis.
//!
//! “Endometrium: carcinoma. Cervix: no tumor.” has two blocks. A block that names no present disease,
//! beside another that does, was examined only: its organs are no primary.

use super::{context::Read, cues::is_disease, index::index, words::Gap};

/// Numbers of the first and behind the last word of each block: one begins with each sentence that has
/// something before a colon, with each specimen and with each part of the report.
fn blocks(all: &[Read]) -> Vec<(usize, usize)> {
    let mut starts: Vec<usize> = Vec::new();
    let mut before: Option<&Read> = None;
    for (i, read) in all.iter().enumerate() {
        let fresh = before.is_none_or(|b| {
            b.section != read.section
                || b.specimen != read.specimen
                || b.sentence != read.sentence && read.header
        });
        if fresh {
            starts.push(i);
        }
        before = Some(read);
    }
    let ends = starts.iter().skip(1).copied().chain([all.len()]).collect::<Vec<_>>();
    starts.into_iter().zip(ends).collect()
}

/// Words that name a present disease when nothing denies them.
fn present(read: &Read) -> bool {
    const MORE: [&str; 8] = [
        "dysplasia",
        "neoplasia",
        "hodgkin",
        "melanosis",
        "mastocytosis",
        "polycythemia",
        "mole",
        "histiocytosis",
    ];
    let form = read.word.form.as_str();
    let disease = is_disease(form) && form != "disease" || MORE.contains(&form);
    let benign = form.ends_with("adenoma") || form == "adenoma";
    disease && !benign && !read.role.is_void() && !read.role.beside
}

/// Marks blocks that name no present disease as lying beside, where another block names one; and the outer
/// organ of “Uterus: endometrium: carcinoma”.
pub(super) fn mark(all: &mut [Read]) {
    let blocks = blocks(all);
    let live: Vec<bool> =
        blocks.iter().map(|(from, to)| all.get(*from..*to).is_some_and(|b| b.iter().any(present))).collect();
    let any = live.iter().any(|l| *l);
    for ((from, to), live) in blocks.iter().zip(live) {
        let Some(block) = all.get_mut(*from..*to) else { continue };
        let headed = block.iter().any(|r| r.header || r.specimen > 0);
        if any && !live && headed {
            for read in block.iter_mut().filter(|r| !r.role.origin) {
                read.role.beside = true;
            }
        }
        outer(block);
    }
}

/// Of two headings one behind the other, the inner one says where the disease is.
fn outer(block: &mut [Read]) {
    let index = index();
    let organ = |r: &Read| r.meanings.iter().any(|m| index.sites.has(m.id)) && !r.role.is_void();
    let colons: Vec<usize> = block
        .iter()
        .enumerate()
        .filter(|(i, r)| *i > 0 && r.word.gap == Gap::Colon)
        .map(|(i, _)| i)
        .collect();
    let (Some(first), Some(last)) = (colons.first().copied(), colons.last().copied()) else { return };
    if first < last && block.get(first..last).is_some_and(|inner| inner.iter().any(organ)) {
        for read in block.iter_mut().take(first).filter(|r| r.header) {
            read.role.outer = true;
        }
    }
}
