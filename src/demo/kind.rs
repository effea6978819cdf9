//! What kinds of cancer there are, and how they behave. The figures are data in `data/*.tsv`.

use std::{collections::HashMap, sync::LazyLock};

use super::dice::{Dice, Weighted};
use crate::icdo::{Morphology, PrimarySite};

/// How far a tumor had spread at diagnosis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spread {
    /// Behavior 2.
    InSitu,
    /// Behavior 0 or 1.
    Benign,
    /// Confined to the organ.
    Local,
    /// Into neighbours or regional nodes.
    Regional,
    /// Further, or a disease of the whole body.
    Distant,
    /// Not known.
    Unknown,
}

/// A figure for each spread.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BySpread {
    in_situ: f64,
    local: f64,
    regional: f64,
    distant: f64,
}

impl BySpread {
    /// The figure for a spread; an unknown one is taken as between local and regional.
    pub(super) fn of(self, spread: Spread) -> f64 {
        match spread {
            Spread::InSitu => self.in_situ,
            Spread::Benign | Spread::Local => self.local,
            Spread::Regional => self.regional,
            Spread::Distant => self.distant,
            Spread::Unknown => f64::midpoint(self.local, self.regional),
        }
    }
}

/// Site and morphologies that go together.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) sites: Weighted<PrimarySite>,
    pub(super) morphologies: Weighted<Morphology>,
}

/// How often and with what a kind is treated, in percent.
#[derive(Debug)]
pub(super) struct Treatment {
    pub(super) surgery: BySpread,
    /// Surgery codes of diagnoses before 2023.
    pub(super) two_digits: Weighted<&'static str>,
    /// Surgery codes of the letter revision in force from `letter_from`.
    pub(super) with_letter: Weighted<&'static str>,
    /// First diagnosis year of `with_letter`; from 2023 to then the letter A and a final 0 stand
    /// around the two digits.
    pub(super) letter_from: i32,
    pub(super) radiation: BySpread,
    pub(super) modalities: Weighted<&'static str>,
    pub(super) chemotherapy: BySpread,
    pub(super) hormone: BySpread,
    pub(super) immunotherapy: BySpread,
}

/// A kind of cancer.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) age: f64,
    pub(super) age_spread: f64,
    pub(super) spreads: Weighted<Spread>,
    /// Percent alive after five years, other causes of death aside.
    pub(super) five_years: BySpread,
    pub(super) grades: Weighted<char>,
    /// Percent with microscopic confirmation.
    pub(super) microscopic: f64,
    /// How tissue is usually won: the family of texts.
    pub(super) sample: &'static str,
    /// ICD-10 of a death from it, where it is not that of the site.
    pub(super) cause: &'static str,
    pub(super) forms: Weighted<Form>,
    pub(super) treatment: Treatment,
}

/// All kinds, and how often each occurs.
#[derive(Debug)]
pub(super) struct Kinds {
    men: Weighted<usize>,
    women: Weighted<usize>,
    all: Vec<Kind>,
}

static KINDS: LazyLock<Kinds> = LazyLock::new(|| read().expect("the embedded tables are checked by a test"));

/// The kinds of cancer.
pub(super) fn kinds() -> &'static Kinds {
    &KINDS
}

impl Kinds {
    /// A kind for a woman or a man.
    pub(super) fn draw(&self, dice: &Dice, woman: bool) -> &Kind {
        let place = *(if woman { &self.women } else { &self.men }).draw(dice);
        self.all.get(place).expect("the weights were made from this list")
    }

    /// All, in the order of the table.
    #[cfg(test)]
    pub(super) fn all(&self) -> &[Kind] {
        &self.all
    }
}

/// The rows of an embedded table, without its heading.
pub(super) fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).map(|line| line.split('\t').collect())
}

fn read() -> Option<Kinds> {
    let mut forms: HashMap<&str, Vec<(u32, Form)>> = HashMap::new();
    for row in rows(include_str!("data/forms.tsv")) {
        let [kind, weight, sites, morphologies] = row.try_into().ok()?;
        let form = Form {
            sites: Weighted::parse(sites, |s| PrimarySite::parse(s).ok())?,
            morphologies: Weighted::parse(morphologies, |m| Morphology::parse(m).ok())?,
        };
        forms.entry(kind).or_default().push((weight.parse().ok()?, form));
    }
    let mut treatments: HashMap<&str, Treatment> = HashMap::new();
    for row in rows(include_str!("data/treatment.tsv")) {
        let [kind, surgery, digits, letter, from, radiation, modalities, chemo, hormone, immuno] =
            row.try_into().ok()?;
        let treatment = Treatment {
            surgery: four(surgery)?,
            two_digits: Weighted::parse(digits, Some)?,
            with_letter: Weighted::parse(letter, Some)?,
            letter_from: if from.is_empty() { 2023 } else { from.parse().ok()? },
            radiation: four(radiation)?,
            modalities: Weighted::parse(modalities, Some)?,
            chemotherapy: four(chemo)?,
            hormone: four(hormone)?,
            immunotherapy: four(immuno)?,
        };
        treatments.insert(kind, treatment);
    }
    let (mut men, mut women, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows(include_str!("data/kinds.tsv")) {
        let [name, m, w, age, age_spread, spreads, five_years, grades, microscopic, sample, cause] =
            row.try_into().ok()?;
        men.push((m.parse().ok()?, all.len()));
        women.push((w.parse().ok()?, all.len()));
        all.push(Kind {
            name,
            age: age.parse().ok()?,
            age_spread: age_spread.parse().ok()?,
            spreads: Weighted::parse(spreads, spread)?,
            five_years: three(five_years)?,
            grades: Weighted::parse(grades, |g| g.chars().next())?,
            microscopic: microscopic.parse().ok()?,
            sample,
            cause,
            forms: Weighted::new(forms.remove(name)?),
            treatment: treatments.remove(name)?,
        });
    }
    (forms.is_empty() && treatments.is_empty()).then_some(Kinds {
        men: Weighted::new(men),
        women: Weighted::new(women),
        all,
    })
}

fn spread(letter: &str) -> Option<Spread> {
    match letter {
        "B" => Some(Spread::Benign),
        "L" => Some(Spread::Local),
        "R" => Some(Spread::Regional),
        "D" => Some(Spread::Distant),
        "U" => Some(Spread::Unknown),
        _ => None,
    }
}

/// `97/95/90/25`: in situ, local, regional, distant.
fn four(cell: &str) -> Option<BySpread> {
    let figures: Vec<f64> = cell.split('/').map(|f| f.parse().ok()).collect::<Option<_>>()?;
    let [in_situ, local, regional, distant] = figures.try_into().ok()?;
    Some(BySpread { in_situ, local, regional, distant })
}

/// `99/87/32`: local, regional, distant; in situ hardly ever kills.
fn three(cell: &str) -> Option<BySpread> {
    let figures: Vec<f64> = cell.split('/').map(|f| f.parse().ok()).collect::<Option<_>>()?;
    let [local, regional, distant] = figures.try_into().ok()?;
    Some(BySpread { in_situ: 99.7, local, regional, distant })
}
