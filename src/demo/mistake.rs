//! Mistakes put in on purpose, so that edits, lists of errors and searches have something to find.

use super::dice::Dice;
use crate::{
    dictionary::{Items, names},
    partial_date::PartialDate,
};

/// What is wrong with a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mistake {
    /// Operated before the diagnosis.
    SurgeryBeforeDiagnosis,
    /// A day that the calendar does not have.
    NoSuchDay,
    /// A site that ICD-O does not have.
    UnknownSite,
    /// A paired organ without a side.
    MissingSide,
    /// A histology that does not occur at the site.
    ImpossiblePair,
    /// Age at diagnosis does not follow from the dates.
    WrongAge,
    /// A code outside the list of its item.
    UnknownCode,
    /// More characters than the item has.
    OverLong,
}

impl Mistake {
    /// All.
    pub const ALL: [Self; 8] = [
        Self::SurgeryBeforeDiagnosis,
        Self::NoSuchDay,
        Self::UnknownSite,
        Self::MissingSide,
        Self::ImpossiblePair,
        Self::WrongAge,
        Self::UnknownCode,
        Self::OverLong,
    ];

    /// Puts one mistake that the case can have into its items, and says which.
    pub(super) fn put(dice: &Dice, items: &mut Items) -> Option<Self> {
        // Not every case can have every mistake: an unpaired organ has no side to miss.
        (0..8).map(|_| *dice.pick(&Self::ALL)).find(|mistake| mistake.try_put(items))
    }

    fn try_put(self, items: &mut Items) -> bool {
        let year_before = |date: Option<PartialDate>| {
            date.and_then(PartialDate::day).map(|d| d - chrono::Duration::days(40))
        };
        match self {
            Self::SurgeryBeforeDiagnosis => {
                let Some(day) = year_before(items.date(names::DATE_OF_DIAGNOSIS)) else { return false };
                if !items.has(names::RX_DATE_SURGERY) {
                    return false;
                }
                items.set(names::RX_DATE_SURGERY, day.format("%Y%m%d").to_string());
            }
            Self::NoSuchDay => {
                if !items.has(names::DATE_1ST_CRS_RX_COC) {
                    return false;
                }
                let year = items.value(names::DATE_1ST_CRS_RX_COC).chars().take(4).collect::<String>();
                items.set(names::DATE_1ST_CRS_RX_COC, format!("{year}0230"));
            }
            Self::UnknownSite => items.set(names::PRIMARY_SITE, "C99X"),
            Self::MissingSide => {
                if items.value(names::LATERALITY) == "0" {
                    return false;
                }
                items.remove(names::LATERALITY);
            }
            Self::ImpossiblePair => {
                let of_breast = items.value(names::PRIMARY_SITE).starts_with("C50");
                items.set(names::HISTOLOGIC_TYPE_ICD_O_3, if of_breast { "9440" } else { "8520" });
                items.set(names::BEHAVIOR_CODE_ICD_O_3, "3");
            }
            Self::WrongAge => {
                let Ok(age) = items.value(names::AGE_AT_DIAGNOSIS).parse::<u32>() else { return false };
                let wrong = if age > 50 { age - 10 } else { age + 10 };
                items.set(names::AGE_AT_DIAGNOSIS, format!("{wrong:03}"));
            }
            Self::UnknownCode => items.set(names::TYPE_OF_REPORTING_SOURCE, "9"),
            Self::OverLong => items.set(names::LATERALITY, "12"),
        }
        true
    }
}
