//! One primary: what it is, when and how it was found, how far it had spread.

use chrono::{Datelike, Duration, NaiveDate};

use super::{
    dice::{Dice, Weighted},
    kind::{Form, Kind, Spread},
};
use crate::icdo::{Laterality, Morphology, PairCheck, PrimarySite, Validity, laterality::SideNeeded, pairs};

/// A primary neoplasm before anything was done about it.
#[derive(Debug)]
pub(super) struct Primary {
    pub(super) kind: &'static Kind,
    pub(super) site: PrimarySite,
    pub(super) morphology: Morphology,
    pub(super) spread: Spread,
    pub(super) diagnosed: NaiveDate,
    /// How many digits of the diagnosis date are known: 8, 6 or 4.
    pub(super) digits_known: usize,
    pub(super) side: Laterality,
    /// Diagnostic confirmation \[490\].
    pub(super) confirmation: &'static str,
    /// Grade as coded since 2018; 9 not known, 8 not applicable.
    pub(super) grade: char,
    /// Summary stage.
    pub(super) stage: &'static str,
    /// Greatest extent in millimetres; `None` where a size has no meaning or is not known.
    pub(super) size: Option<u32>,
    /// Class of case \[610\].
    pub(super) class: &'static str,
    /// First contact of this facility with the tumor.
    pub(super) first_contact: NaiveDate,
}

impl Primary {
    /// A primary of a kind, diagnosed on a day; nothing is later than `limit`, which is today or the
    /// day of death of an earlier primary.
    pub(super) fn draw(
        dice: &Dice,
        kind: &'static Kind,
        diagnosed: NaiveDate,
        limit: NaiveDate,
        class: &'static str,
    ) -> Self {
        let year = diagnosed.year();
        let (site, morphology) = what(dice, kind, year);
        let spread = match morphology.behavior.code() {
            "2" => Spread::InSitu,
            "0" | "1" => Spread::Benign,
            _ => *kind.spreads.draw(dice),
        };
        let microscopic = matches!(spread, Spread::InSitu) || dice.percent(kind.microscopic);
        let solid = !morphology.histology.is_hematopoietic();
        let grade = match (*kind.grades.draw(dice), microscopic) {
            ('8', _) => '8',
            (_, false) => '9',
            (grade, true) => grade,
        };
        let elsewhere = matches!(class, "20" | "21" | "22" | "30" | "31" | "32" | "33");
        Self {
            side: side(dice, site, year),
            confirmation: confirmation(dice, microscopic, solid),
            grade,
            stage: stage(dice, kind, spread),
            size: (solid && kind.name != "unknown primary" && dice.percent(82.0)).then(|| size(dice, spread)),
            digits_known: if elsewhere && dice.percent(12.0) { *dice.pick(&[6, 6, 4]) } else { 8 },
            first_contact: first_contact(dice, class, diagnosed).min(limit),
            kind,
            site,
            morphology,
            spread,
            diagnosed,
            class,
        }
    }

    /// Diagnosed under microscope?
    pub(super) fn is_microscopic(&self) -> bool {
        matches!(self.confirmation, "1" | "2" | "3" | "4")
    }

    /// Analytic?
    pub(super) fn is_analytic(&self) -> bool {
        self.class < "30"
    }

    /// Malignant or in situ: counted in the sequence from 00, the others from 60.
    pub(super) fn is_malignant(&self) -> bool {
        matches!(self.morphology.behavior.code(), "2" | "3")
    }
}

/// Class of case, as a hospital sees them.
pub(super) fn class_of_case(dice: &Dice) -> &'static str {
    static CLASSES: [(u32, &str); 15] = [
        (5, "00"),
        (2, "10"),
        (2, "11"),
        (2, "12"),
        (15, "13"),
        (38, "14"),
        (1, "20"),
        (10, "21"),
        (15, "22"),
        (2, "30"),
        (1, "31"),
        (4, "32"),
        (1, "33"),
        (1, "38"),
        (1, "43"),
    ];
    Weighted::new(CLASSES.to_vec()).draw(dice)
}

/// Site and morphology; drawn again until the code is in use in the year.
fn what(dice: &Dice, kind: &'static Kind, year: i32) -> (PrimarySite, Morphology) {
    let draw = || {
        let Form { sites, morphologies } = kind.forms.draw(dice);
        (*sites.draw(dice), *morphologies.draw(dice))
    };
    let fits = |(site, morphology): &(PrimarySite, Morphology)| {
        morphology.entry().is_some_and(|e| e.validity(Some(year)) == Validity::Valid)
            && pairs::check(*site, *morphology, Some(year)) != PairCheck::NotListed
    };
    // Every kind has common morphologies that hold in all years, so this ends after a few draws.
    (0..200).map(|_| draw()).find(fits).unwrap_or_else(draw)
}

fn side(dice: &Dice, site: PrimarySite, year: i32) -> Laterality {
    match Laterality::needed(site, Some(year)) {
        SideNeeded::No => Laterality::NotPaired,
        _ if dice.percent(1.0) => Laterality::Unknown,
        _ if dice.percent(51.0) => Laterality::Left,
        _ => Laterality::Right,
    }
}

fn confirmation(dice: &Dice, microscopic: bool, solid: bool) -> &'static str {
    match (microscopic, solid) {
        (true, true) if dice.percent(5.0) => "2",
        (true, true) => "1",
        (true, false) if dice.percent(62.0) => "3",
        (true, false) => "1",
        (false, _) if dice.percent(84.0) => "7",
        (false, _) => "8",
    }
}

/// Summary stage: 2 direct extension, 3 nodes, 4 both.
fn stage(dice: &Dice, kind: &Kind, spread: Spread) -> &'static str {
    match spread {
        Spread::InSitu => "0",
        Spread::Benign => "8",
        Spread::Local => "1",
        Spread::Regional if matches!(kind.name, "lymphoma" | "hodgkin" | "brain" | "myeloma") => "2",
        Spread::Regional => dice.word(&["2", "2", "3", "3", "3", "3", "3", "4", "4", "4"]),
        Spread::Distant => "7",
        Spread::Unknown => "9",
    }
}

fn size(dice: &Dice, spread: Spread) -> u32 {
    let mean = match spread {
        Spread::InSitu => 14.0,
        Spread::Benign | Spread::Local => 24.0,
        Spread::Regional | Spread::Unknown => 38.0,
        Spread::Distant => 52.0,
    };
    let size = dice.around(mean, mean * 0.45).round().clamp(2.0, 180.0);
    // Whole millimetres between 2 and 180.
    size as u32
}

fn first_contact(dice: &Dice, class: &str, diagnosed: NaiveDate) -> NaiveDate {
    let days = match class {
        "20" | "21" | "22" => dice.between(4, 60),
        "30" | "31" => dice.between(3, 40),
        "32" => dice.between(200, 2000),
        "33" => dice.between(300, 3000),
        "38" | "43" => 0,
        _ if dice.percent(60.0) => 0,
        _ => -dice.between(1, 14),
    };
    diagnosed + Duration::days(days)
}
