//! What a stored value means in its case, in words.

use super::{Facts, choices};
use crate::{
    dictionary::{CodeLists, DataType, Dictionary, Items, names},
    icdo::{Histology, Morphology, PrimarySite},
    partial_date::PartialDate,
};

/// The words of a value: of the schema's or site's own list, else of the dictionary's; site and histology by ICD-O-3,
/// in the edition of the year of diagnosis; a date in full. Empty for blank, for texts and for what has no words.
pub fn meaning(patient: &Items, tumor: &Items, item: &str, value: &str) -> String {
    match item {
        _ if value.is_empty() => String::new(),
        names::PRIMARY_SITE => PrimarySite::parse(value).map(|s| s.label().to_owned()).unwrap_or_default(),
        names::HISTOLOGIC_TYPE_ICD_O_3 => histology(tumor, value),
        _ if Dictionary::get(item).is_some_and(|def| def.data_type == DataType::Date) => {
            PartialDate::parse(value).map(PartialDate::words).unwrap_or_default()
        }
        _ => {
            let own = Facts::of(patient, tumor).and_then(|facts| choices(item, facts)).unwrap_or_default();
            let label = own.iter().find(|code| code.fits(value)).map(|code| code.label);
            label.or_else(|| CodeLists::label(item, value)).unwrap_or_default().to_owned()
        }
    }
}

/// Words of a histology with the behavior of the case, malignant as long as there is none.
fn histology(tumor: &Items, value: &str) -> String {
    let behavior = match tumor.value(names::BEHAVIOR_CODE_ICD_O_3) {
        "" => "3",
        given => given,
    };
    let year = tumor.date(names::DATE_OF_DIAGNOSIS).map(|d| d.year());
    let code = Histology::parse(value).ok().and_then(|h| Morphology::parse(&format!("{h}/{behavior}")).ok());
    code.and_then(Morphology::entry).map_or_else(String::new, |e| e.label_at(year).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_means_what_its_schema_and_year_say() {
        let patient: Items = [(names::SEX_ASSIGNED_AT_BIRTH, "2")].into_iter().collect();
        let breast: Items = [
            (names::PRIMARY_SITE, "C504"),
            (names::HISTOLOGIC_TYPE_ICD_O_3, "8500"),
            (names::BEHAVIOR_CODE_ICD_O_3, "3"),
            (names::DATE_OF_DIAGNOSIS, "20240305"),
        ]
        .into_iter()
        .collect();
        let none = Items::default();
        let words = |tumor: &Items, item: &str, value: &str| meaning(&patient, tumor, item, value);
        for (item, value, has) in [
            (names::PRIMARY_SITE, "C504", "upper-outer"),
            (names::HISTOLOGIC_TYPE_ICD_O_3, "8500", "duct"),
            (names::DATE_OF_DIAGNOSIS, "20240305", "5 March 2024"),
            (names::GRADE_CLINICAL, "1", "G1"),
            (names::LATERALITY, "2", "left"),
        ] {
            let got = words(&breast, item, value);
            assert!(got.to_lowercase().contains(&has.to_lowercase()), "{item} {value}: {got}");
        }
        assert_ne!(words(&breast, names::GRADE_CLINICAL, "1"), words(&none, names::GRADE_CLINICAL, "1"));
        assert_eq!(words(&breast, names::LATERALITY, ""), "");
        assert_eq!(words(&breast, names::TEXT_REMARKS, "2"), "");
    }
}
