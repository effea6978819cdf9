//! Which tumors need no follow-up, and why.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Settings, TumorFacts};
use crate::partial_date::PartialDate;

/// Why a tumor or a patient needs no follow-up.
///
/// Source: CoC Standard 6.5 and STORE, "Case eligibility"; the order is that of the tests, first match wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Exemption {
    /// Class of case is not analytic (30 to 49, 99) or blank.
    NotAnalytic,
    /// Class 00 diagnosed 2006 or later.
    ClassZero,
    /// Behavior 0 or 1 outside the brain and central nervous system.
    Benign,
    /// In situ of the cervix.
    InSituCervix,
    /// Basal or squamous cell carcinoma of the skin.
    Skin,
    /// Intraepithelial neoplasia grade III of prostate, vulva, vagina or anus.
    Intraepithelial,
    /// Diagnosed before the reference date.
    BeforeReference,
    /// Diagnosed before the floor date.
    BeforeFloor,
    /// The patient lives abroad.
    Foreign,
    /// Over 100 years old and not heard of for more than 12 months.
    Centenarian,
}

impl Exemption {
    /// All, in the order of the tests.
    pub const ALL: [Self; 10] = [
        Self::NotAnalytic,
        Self::ClassZero,
        Self::Benign,
        Self::InSituCervix,
        Self::Skin,
        Self::Intraepithelial,
        Self::BeforeReference,
        Self::BeforeFloor,
        Self::Foreign,
        Self::Centenarian,
    ];

    /// `X1` to `X8`.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnalytic => "X1",
            Self::ClassZero => "X2",
            Self::Benign => "X3",
            Self::InSituCervix => "X4",
            Self::Skin | Self::Intraepithelial => "X5",
            Self::BeforeReference | Self::BeforeFloor => "X6",
            Self::Foreign => "X7",
            Self::Centenarian => "X8",
        }
    }

    /// A few words, as lists show them.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotAnalytic => "nonanalytic",
            Self::ClassZero => "class 00 dx 2006+",
            Self::Benign => "benign/borderline",
            Self::InSituCervix => "in situ cervix",
            Self::Skin => "skin BCC/SCC",
            Self::Intraepithelial => "intraepithelial grade III",
            Self::BeforeReference => "before reference date",
            Self::BeforeFloor => "before floor",
            Self::Foreign => "foreign resident",
            Self::Centenarian => "over 100, no contact >12 m",
        }
    }
}

impl fmt::Display for Exemption {
    /// `X1 nonanalytic`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code(), self.reason())
    }
}

/// Analytic classes of case: 00, 10 to 14, 20 to 22. Source: CoC STORE, Class of Case \[610\].
pub const ANALYTIC: [&str; 9] = ["00", "10", "11", "12", "13", "14", "20", "21", "22"];

/// Is it one of [`ANALYTIC`]?
pub fn is_analytic(class_of_case: &str) -> bool {
    ANALYTIC.contains(&class_of_case)
}

/// Collected by local agreement only (STORE: class 34 and 36).
pub(super) fn is_by_agreement(tumor: &TumorFacts) -> bool {
    matches!(tumor.class_of_case.as_str(), "34" | "36")
}

/// Why this tumor needs no follow-up; `None` when it must be followed.
///
/// An unknown diagnosis date never exempts. With `follow_by_agreement` a case of class 34 or 36 is
/// measured against the reference and floor dates only: the agreement is about just those cases that
/// the other rules would take out.
pub(super) fn tumor_exemption(tumor: &TumorFacts, settings: &Settings) -> Option<Exemption> {
    let wished = settings.follow_by_agreement && is_by_agreement(tumor);
    if !wished && let Some(exempt) = by_kind(tumor, settings) {
        return Some(exempt);
    }
    if diagnosed_before(tumor.diagnosed, settings.reference_date) {
        return Some(Exemption::BeforeReference);
    }
    diagnosed_before(tumor.diagnosed, Some(settings.floor_date)).then_some(Exemption::BeforeFloor)
}

/// X1 to X5: by what the case is.
fn by_kind(tumor: &TumorFacts, settings: &Settings) -> Option<Exemption> {
    let behavior = tumor.behavior.as_str();
    if !is_analytic(&tumor.class_of_case) {
        return Some(Exemption::NotAnalytic);
    }
    if tumor.class_of_case == "00" && tumor.diagnosed.is_some_and(|d| d.year() >= 2006) {
        return Some(Exemption::ClassZero);
    }
    if matches!(behavior, "0" | "1") {
        // The older SEER worksheet takes every benign case out; the current list of exemptions does not
        // name them, and those of the central nervous system are reportable since 2004.
        let since_2004 = tumor.diagnosed.is_none_or(|d| d.year() >= 2004);
        if !(settings.follow_cns_benign && since_2004 && is_central_nervous(&tumor.site)) {
            return Some(Exemption::Benign);
        }
    }
    if behavior == "2" && tumor.site.starts_with("C53") {
        return Some(Exemption::InSituCervix);
    }
    let histology = tumor.histology.unwrap_or(0);
    if tumor.site.starts_with("C44")
        && matches!(histology, 8000..=8005 | 8010..=8046 | 8050..=8084 | 8090..=8110)
    {
        return Some(Exemption::Skin);
    }
    let vulva_vagina_anus = ["C51", "C52", "C21"].iter().any(|site| tumor.site.starts_with(site));
    let grade_three = match histology {
        8148 => vulva_vagina_anus || tumor.site == "C619",
        8077 => vulva_vagina_anus,
        _ => false,
    };
    (behavior == "2" && grade_three).then_some(Exemption::Intraepithelial)
}

/// Meninges, brain, spinal cord, cranial nerves (C700 to C729); pituitary, craniopharyngeal duct and
/// pineal gland (C751 to C753).
fn is_central_nervous(site: &str) -> bool {
    ("C700"..="C729").contains(&site) || ("C751"..="C753").contains(&site)
}

/// Surely diagnosed before a day: the latest possible day is.
fn diagnosed_before(diagnosed: Option<PartialDate>, day: Option<NaiveDate>) -> bool {
    matches!((diagnosed, day), (Some(d), Some(day)) if d.latest() < day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Class, behavior, site, histology, diagnosis.
    fn tumor(words: &str) -> TumorFacts {
        let w: Vec<&str> = words.split(' ').collect();
        TumorFacts {
            class_of_case: w[0].trim_matches('-').to_owned(),
            behavior: w[1].to_owned(),
            site: w[2].to_owned(),
            histology: w[3].parse().ok(),
            diagnosed: PartialDate::parse(w[4]).ok(),
            ..TumorFacts::default()
        }
    }

    #[test]
    fn each_rule_at_its_edges() {
        let settings =
            Settings { reference_date: NaiveDate::from_ymd_opt(2005, 1, 1), ..Settings::default() };
        for (words, expected) in [
            ("- 3 C509 8500 2020", "X1"),
            ("30 3 C509 8500 2020", "X1"),
            ("99 3 C509 8500 2020", "X1"),
            ("00 3 C509 8500 2006", "X2"),
            ("00 3 C509 8500 2005", ""),
            ("00 3 C509 8500 -", ""),
            ("22 1 C569 8442 2020", "X3"),
            ("22 1 C719 9400 2020", ""),
            ("22 0 C751 8272 2020", ""),
            ("22 0 C750 8140 2020", "X3"),
            ("22 0 C730 8330 2020", "X3"),
            ("22 0 C699 8720 2020", "X3"),
            ("22 0 C700 9530 2003", "X3"),
            ("22 0 C700 9530 -", ""),
            ("22 2 C530 8077 2020", "X4"),
            ("22 3 C530 8070 2020", ""),
            ("22 2 C541 8380 2020", ""),
            ("22 3 C449 8090 2020", "X5"),
            ("22 3 C440 8110 2020", "X5"),
            ("22 3 C440 8046 2020", "X5"),
            ("22 3 C440 8047 2020", ""),
            ("22 3 C440 8247 2020", ""),
            ("22 3 C449 8720 2020", ""),
            ("22 3 C510 8090 2020", ""),
            ("22 2 C619 8148 2020", "X5"),
            ("22 2 C619 8077 2020", ""),
            ("22 2 C529 8077 2020", "X5"),
            ("22 2 C211 8148 2020", "X5"),
            ("22 3 C211 8077 2020", ""),
            ("22 3 C509 8500 20041231", "X6"),
            ("22 3 C509 8500 2004", "X6"),
            ("22 3 C509 8500 20050101", ""),
            ("22 3 C509 8500 -", ""),
        ] {
            let found = tumor_exemption(&tumor(words), &settings).map_or("", Exemption::code);
            assert_eq!(found, expected, "{words}");
        }
    }

    #[test]
    fn the_switches_move_only_their_own_cases() {
        let strict = Settings { follow_cns_benign: false, ..Settings::default() };
        let meningioma = tumor("14 0 C700 9530 2022");
        assert_eq!(tumor_exemption(&meningioma, &strict), Some(Exemption::Benign));
        assert_eq!(tumor_exemption(&meningioma, &Settings::default()), None);

        let wished = Settings { follow_by_agreement: true, ..Settings::default() };
        let polyp = tumor("34 0 C187 8210 2022");
        assert_eq!(tumor_exemption(&polyp, &Settings::default()), Some(Exemption::NotAnalytic));
        assert_eq!(tumor_exemption(&polyp, &wished), None);
        let old = tumor("34 0 C187 8210 2001");
        assert_eq!(tumor_exemption(&old, &wished), Some(Exemption::BeforeFloor));
        let other = tumor("32 3 C187 8140 2022");
        assert_eq!(tumor_exemption(&other, &wished), Some(Exemption::NotAnalytic));
    }

    #[test]
    fn a_year_that_may_reach_the_reference_date_is_not_exempt() {
        let settings =
            Settings { reference_date: NaiveDate::from_ymd_opt(2010, 1, 1), ..Settings::default() };
        assert_eq!(tumor_exemption(&tumor("14 3 C509 8500 2010"), &settings), None);
        assert_eq!(
            tumor_exemption(&tumor("14 3 C509 8500 2009"), &settings),
            Some(Exemption::BeforeReference)
        );
    }
}
