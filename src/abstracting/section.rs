//! Sections of the abstract, each a page of its own, in the order of data entry.

/// A section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// Numbers, class and source of the case.
    Case,
    /// Who the patient is.
    Patient,
    /// Where the patient lived at diagnosis.
    Residence,
    /// What was diagnosed, and how far it had spread.
    Cancer,
    /// First course of treatment.
    Treatment,
    /// The words behind the codes.
    Text,
    /// Last contact and status.
    Outcome,
}

impl Section {
    /// All sections in order.
    pub const ALL: [Self; 7] = [
        Self::Case,
        Self::Patient,
        Self::Residence,
        Self::Cancer,
        Self::Treatment,
        Self::Text,
        Self::Outcome,
    ];

    /// The word in addresses and in `form.tsv`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Patient => "patient",
            Self::Residence => "residence",
            Self::Cancer => "cancer",
            Self::Treatment => "treatment",
            Self::Text => "text",
            Self::Outcome => "outcome",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }

    /// Short name, for the list of sections.
    pub fn short(self) -> &'static str {
        match self {
            Self::Case => "Case",
            Self::Patient => "Patient",
            Self::Residence => "Residence",
            Self::Cancer => "Cancer",
            Self::Treatment => "Treatment",
            Self::Text => "Text",
            Self::Outcome => "Outcome",
        }
    }

    /// Heading of the page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Case => "Case identification",
            Self::Patient => "Patient",
            Self::Residence => "Residence at diagnosis",
            Self::Cancer => "Cancer identification",
            Self::Treatment => "First course of treatment",
            Self::Text => "Supporting text",
            Self::Outcome => "Outcome and follow-up",
        }
    }

    /// Number shown before the name, from 1.
    pub fn number(self) -> usize {
        Self::ALL.iter().position(|s| *s == self).map_or(0, |at| at + 1)
    }

    /// The section after this one.
    pub fn next(self) -> Option<Self> {
        Self::ALL.get(self.number()).copied()
    }

    /// The section before this one.
    pub fn previous(self) -> Option<Self> {
        self.number().checked_sub(2).and_then(|at| Self::ALL.get(at)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_follow_one_another() {
        assert_eq!(Section::Case.next(), Some(Section::Patient));
        assert_eq!(Section::Case.previous(), None);
        assert_eq!(Section::Outcome.next(), None);
        assert_eq!(Section::Outcome.previous(), Some(Section::Text));
        for section in Section::ALL {
            assert_eq!(Section::parse(section.word()), Some(section));
        }
    }
}
