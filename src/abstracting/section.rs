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
    /// Where the patient lives now, who else can be asked, and the physicians.
    Contacts,
    /// What was diagnosed.
    Cancer,
    /// The words behind the codes: findings before treatment.
    Workup,
    /// How far it had spread.
    Stage,
    /// What the schema asks beyond that.
    SiteSpecific,
    /// First course of treatment.
    Treatment,
    /// Last contact and status.
    Outcome,
    /// Remarks, over-rides and days of the case's own life.
    Administration,
}

impl Section {
    /// All sections in order.
    pub const ALL: [Self; 11] = [
        Self::Case,
        Self::Patient,
        Self::Residence,
        Self::Contacts,
        Self::Cancer,
        Self::Workup,
        Self::Stage,
        Self::SiteSpecific,
        Self::Treatment,
        Self::Outcome,
        Self::Administration,
    ];

    /// The word in addresses and in `form.tsv`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Patient => "patient",
            Self::Residence => "residence",
            Self::Contacts => "contacts",
            Self::Cancer => "cancer",
            Self::Workup => "workup",
            Self::Stage => "stage",
            Self::SiteSpecific => "specific",
            Self::Treatment => "treatment",
            Self::Outcome => "outcome",
            Self::Administration => "admin",
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
            Self::Contacts => "Contacts",
            Self::Cancer => "Cancer",
            Self::Workup => "Work-up",
            Self::Stage => "Stage",
            Self::SiteSpecific => "Site-specific",
            Self::Treatment => "Treatment",
            Self::Outcome => "Outcome",
            Self::Administration => "Remarks",
        }
    }

    /// Heading of the page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Case => "Case identification",
            Self::Patient => "Patient",
            Self::Residence => "Residence at diagnosis",
            Self::Contacts => "Current address and contacts",
            Self::Cancer => "Cancer identification",
            Self::Workup => "Diagnostic work-up",
            Self::Stage => "Stage and extent",
            Self::SiteSpecific => "Site-specific items",
            Self::Treatment => "First course of treatment",
            Self::Outcome => "Outcome and follow-up",
            Self::Administration => "Remarks and administration",
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
        assert_eq!(Section::Administration.next(), None);
        assert_eq!(Section::Outcome.previous(), Some(Section::Treatment));
        for section in Section::ALL {
            assert_eq!(Section::parse(section.word()), Some(section));
        }
    }
}
