//! Words of reports that say how other words are meant, from `data/cues.tsv`.

use std::sync::LazyLock;

use super::words::words;

/// What a cue says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cue {
    /// Looks like a cue, but says nothing.
    Nothing,
    /// What follows is denied.
    Negates,
    /// What stands before is denied.
    Negated,
    /// The organs just before were examined.
    Uninvolved,
    /// What follows is doubted with words that are not accepted.
    Doubts,
    /// What stands before is doubted with words that are not accepted.
    Doubted,
    /// What follows is said with an accepted ambiguous term.
    Ambiguous,
    /// What follows is past.
    History,
    /// What follows is a metastasis.
    Spread,
    /// What follows is invaded or lies beside.
    Involves,
    /// What stands around is the primary.
    Origin,
    /// The primary is not known.
    Unknown,
}

/// The cues, longest first.
pub(super) static CUES: LazyLock<Vec<(Cue, Vec<String>)>> = LazyLock::new(|| {
    let mut cues: Vec<(Cue, Vec<String>)> = include_str!("data/cues.tsv")
        .lines()
        .skip(1)
        .filter_map(|line| {
            let (kind, text) = line.split_once('\t')?;
            let cue = match kind {
                "nothing" => Cue::Nothing,
                "negates" => Cue::Negates,
                "negated" => Cue::Negated,
                "uninvolved" => Cue::Uninvolved,
                "doubts" => Cue::Doubts,
                "doubted" => Cue::Doubted,
                "ambiguous" => Cue::Ambiguous,
                "history" => Cue::History,
                "spread" => Cue::Spread,
                "involves" => Cue::Involves,
                "origin" => Cue::Origin,
                "unknown" => Cue::Unknown,
                _ => return None,
            };
            Some((cue, words(text).into_iter().map(|w| w.form).collect()))
        })
        .collect();
    cues.sort_by_key(|(_, words)| std::cmp::Reverse(words.len()));
    cues
});

/// Words that name a disease. A passage about spread ends before one of them.
const DISEASES: &[&str] = &[
    "carcinoma",
    "adenocarcinoma",
    "sarcoma",
    "melanoma",
    "lymphoma",
    "leukemia",
    "myeloma",
    "tumor",
    "neoplasm",
    "malignancy",
    "disease",
    "mesothelioma",
    "glioblastoma",
    "seminoma",
    "carcinoid",
    "adenoma",
    "blastoma",
];

/// Is the word the name of a disease?
pub(super) fn is_disease(form: &str) -> bool {
    DISEASES.contains(&form)
        || ["carcinoma", "sarcoma", "blastoma", "melanoma", "lymphoma"].iter().any(|e| form.ends_with(e))
}

/// Words of reports that are neither site nor morphology; they are not taken for misspellings.
pub(super) const REPORT_WORDS: &[&str] = &[
    "margin",
    "biopsy",
    "specimen",
    "excision",
    "resection",
    "positive",
    "negative",
    "invasion",
    "present",
    "absent",
    "involved",
    "core",
    "needle",
    "diagnosis",
    "final",
    "mass",
    "nodule",
    "score",
    "size",
    "stage",
    "section",
    "slide",
    "block",
    "consistent",
    "favor",
    "suspicious",
    "probable",
    "weight",
    "tissue",
    "partial",
    "total",
    "radical",
    "simple",
    "wide",
    "local",
    "level",
    "quadrant",
    "pattern",
    "focal",
    "extensive",
    "residual",
    "recurrent",
    "greatest",
    "dimension",
    "extent",
    "depth",
    "thickness",
    "mitotic",
    "rate",
    "index",
    "status",
    "receptor",
    "estrogen",
    "progesterone",
    "identified",
    "seen",
    "received",
    "fixed",
    "frozen",
    "wedge",
    "segment",
    "lobectomy",
    "marrow",
    "blast",
    "center",
    "second",
    "portion",
    "incidental",
    "conserving",
    "sparing",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cue_is_read() {
        assert_eq!(CUES.len(), include_str!("data/cues.tsv").lines().count() - 1);
    }
}
