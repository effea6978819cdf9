//! Where a possible case comes from: a closed list, each with its code of Casefinding Source [501].
//!
//! Source: NAACCR Data Dictionary 26, item 501; STORE 2026, “Casefinding Source”.

/// A source of possible cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Pathology and cytology reports.
    Pathology,
    /// Visits with ICD-10-CM codes.
    DiseaseIndex,
    /// Courses of radiation.
    RadiationLog,
    /// Courses of drugs by vein.
    InfusionLog,
    /// Diagnostic imaging.
    Imaging,
    /// Patients presented at a tumor board.
    TumorBoard,
    /// Death certificates, as a central registry sends them.
    DeathCertificate,
    /// Records of another registry.
    OtherRegistry,
    /// Noted by somebody.
    Manual,
}

impl Source {
    /// All of them, as lists show them.
    pub const ALL: [Self; 9] = [
        Self::Pathology,
        Self::DiseaseIndex,
        Self::RadiationLog,
        Self::InfusionLog,
        Self::Imaging,
        Self::TumorBoard,
        Self::DeathCertificate,
        Self::OtherRegistry,
        Self::Manual,
    ];

    /// The word kept in the store and used in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pathology => "pathology",
            Self::DiseaseIndex => "disease_index",
            Self::RadiationLog => "radiation_log",
            Self::InfusionLog => "infusion_log",
            Self::Imaging => "imaging",
            Self::TumorBoard => "tumor_board",
            Self::DeathCertificate => "death_certificate",
            Self::OtherRegistry => "other_registry",
            Self::Manual => "manual",
        }
    }

    /// The word on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pathology => "Pathology",
            Self::DiseaseIndex => "Disease index",
            Self::RadiationLog => "Radiation log",
            Self::InfusionLog => "Infusion log",
            Self::Imaging => "Imaging",
            Self::TumorBoard => "Tumor board",
            Self::DeathCertificate => "Death certificate",
            Self::OtherRegistry => "Other registry",
            Self::Manual => "Manual",
        }
    }

    /// Reads the word, also with blanks or hyphens and in any case.
    pub fn parse(word: &str) -> Option<Self> {
        let plain = word.trim().to_lowercase().replace([' ', '-'], "_");
        Self::ALL.into_iter().find(|s| s.word() == plain)
    }

    /// All words, for messages.
    pub fn words() -> String {
        Self::ALL.map(Self::word).join(", ")
    }

    /// Code of Casefinding Source \[501\].
    pub fn naaccr(self) -> &'static str {
        match self {
            Self::Pathology => "20",
            Self::DiseaseIndex => "22",
            Self::RadiationLog => "23",
            Self::InfusionLog => "25",
            Self::Imaging => "26",
            Self::TumorBoard => "27",
            Self::DeathCertificate => "80",
            Self::OtherRegistry => "90",
            Self::Manual => "10",
        }
    }

    /// Is every line a possible case, whatever it says?
    pub fn takes_every_line(self) -> bool {
        matches!(
            self,
            Self::RadiationLog
                | Self::InfusionLog
                | Self::Imaging
                | Self::TumorBoard
                | Self::OtherRegistry
                | Self::Manual
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary::CodeLists;

    #[test]
    fn every_source_has_a_word_of_its_own_and_a_code_of_item_501() {
        for source in Source::ALL {
            assert_eq!(Source::parse(source.word()), Some(source));
            assert_eq!(Source::parse(source.label()), Some(source));
            assert!(CodeLists::label("casefindingSource", source.naaccr()).is_some(), "{source:?}");
        }
        assert_eq!(Source::parse("x"), None);
    }
}
