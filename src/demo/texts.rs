//! Short texts as registrars write them, from sentences in `data/texts.tsv`.

use std::{collections::HashMap, sync::LazyLock};

use chrono::{Datelike, Duration, NaiveDate};

use super::{dice::Dice, kind::rows, primary::Primary};
use crate::icdo::Laterality;

struct Sentences {
    diagnosis: HashMap<&'static str, Vec<&'static str>>,
    finding: HashMap<&'static str, Vec<&'static str>>,
}

static SENTENCES: LazyLock<Sentences> = LazyLock::new(|| {
    let mut sentences = Sentences { diagnosis: HashMap::new(), finding: HashMap::new() };
    for row in rows(include_str!("data/texts.tsv")) {
        if let [kind, used_as, text] = row.as_slice() {
            let list = if *used_as == "finding" { &mut sentences.finding } else { &mut sentences.diagnosis };
            list.entry(kind).or_default().push(text);
        }
    }
    sentences
});

/// Site with its side, as a title of at most 100 characters.
pub(super) fn site_title(primary: &Primary) -> String {
    let side = match primary.side {
        Laterality::Right => "Rt ",
        Laterality::Left => "Lt ",
        _ => "",
    };
    format!("{side}{}", primary.site.label()).chars().take(100).collect()
}

/// Histology as a title of at most 100 characters.
pub(super) fn histology_title(primary: &Primary) -> String {
    label(primary).chars().take(100).collect()
}

fn label(primary: &Primary) -> String {
    let year = primary.diagnosed.year();
    primary
        .morphology
        .entry()
        .map_or_else(|| primary.morphology.to_string(), |e| e.label_at(Some(year)).to_owned())
}

/// What pathology, or without tissue the imaging, said.
pub(super) fn finding(dice: &Dice, primary: &Primary) -> String {
    let family = if primary.is_microscopic() { primary.kind.sample } else { "imaging" };
    let Some(choices) = SENTENCES.diagnosis.get(family) else { return String::new() };
    let more =
        SENTENCES.finding.get(primary.kind.name).filter(|_| dice.percent(75.0)).map_or("", |f| dice.word(f));
    let grade = match primary.grade {
        '1'..='5' => format!(", grade {}", primary.grade),
        'L' => ", low grade".to_owned(),
        'H' => ", high grade".to_owned(),
        _ => String::new(),
    };
    let size = primary.size.unwrap_or(12);
    let few = dice.between(1, 6);
    dice.pick(choices)
        .replace("{finding}", more)
        .replace("{place}", &site_title(primary).to_lowercase())
        .replace("{date}", &slashed(primary.diagnosed))
        .replace("{histology}", &label(primary).to_lowercase())
        .replace("{grade}", &grade)
        .replace("{size}", &size.to_string())
        .replace("{few}", &few.to_string())
        .replace("{more}", &(few + dice.between(0, 6)).to_string())
        .replace("{margin}", dice.word(&["free", "free", "free", "involved", "close"]))
        .replace("{percent}", &dice.between(5, 90).to_string())
        .trim_end()
        .to_owned()
}

/// Why the stage is what it is.
pub(super) fn staging(primary: &Primary) -> &'static str {
    match primary.stage {
        "0" => "In situ only, no invasion seen.",
        "1" => "Confined to the organ of origin; nodes negative, no distant disease on imaging.",
        "2" => "Direct extension beyond the organ; nodes and distant sites clear.",
        "3" => "Regional nodes involved; no distant disease on imaging.",
        "4" => "Direct extension and regional nodes involved; no distant disease.",
        "7" => "Distant disease at diagnosis, or a disease of the whole system.",
        "8" => "Benign or borderline; stage does not apply.",
        _ => "Work-up does not tell the extent.",
    }
}

/// A line about an operation.
pub(super) fn surgery(on: NaiveDate, code: &str, primary: &Primary) -> String {
    format!("{} operation on {}, procedure code {code}.", slashed(on), site_title(primary).to_lowercase())
}

/// A remark on some cases.
pub(super) fn remark(dice: &Dice, primary: &Primary) -> Option<String> {
    dice.percent(6.0).then(|| {
        let day = slashed(primary.diagnosed + Duration::days(dice.between(0, 20)));
        dice.word(&[
            "Presented at tumor board {day}.",
            "Outside slides reviewed here {day}; in agreement.",
            "Physician asked about stage {day}, answer filed with the chart.",
            "Family history noted {day}; genetics visit offered.",
        ])
        .replace("{day}", &day)
    })
}

fn slashed(day: NaiveDate) -> String {
    day.format("%m/%d/%y").to_string()
}
