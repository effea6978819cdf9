//! The people and places of a practice registry.

use crate::access::Role;

/// A member of staff of the practice registry, with a plain password that is shown on the sign-in
/// page. Such accounts exist only in a directory that `demo` made.
#[derive(Clone, Copy, Debug)]
pub struct PracticePerson {
    /// Login.
    pub login: &'static str,
    /// Name.
    pub name: &'static str,
    /// Initials, three characters.
    pub initials: &'static str,
    /// Role.
    pub role: Role,
    /// Works at the small second facility, not at the first.
    pub elsewhere: bool,
    /// Practice password.
    pub password: &'static str,
}

const fn person(
    login: &'static str,
    name: &'static str,
    initials: &'static str,
    role: Role,
    password: &'static str,
) -> PracticePerson {
    PracticePerson { login, name, initials, role, elsewhere: false, password }
}

/// Everybody, one or more for each role.
pub const STAFF: [PracticePerson; 10] = [
    person("ana", "Ana Marvell", "AMV", Role::Registrar, "practice ana registrar"),
    person("joel", "Joel Tarbuck", "JTB", Role::Registrar, "practice joel registrar"),
    person("kim", "Kim Lofgren", "KLO", Role::Registrar, "practice kim registrar"),
    person("sofia", "Sofia Verdane", "SVE", Role::Supervisor, "practice sofia supervisor"),
    person("quentin", "Quentin Asher", "QAS", Role::QualityReviewer, "practice quentin reviewer"),
    person("rhea", "Rhea Dunmore", "RDU", Role::Researcher, "practice rhea researcher"),
    person("august", "August Penn", "APE", Role::Auditor, "practice august auditor"),
    person("adele", "Adele Kirk", "AKI", Role::Administrator, "practice adele administrator"),
    PracticePerson {
        elsewhere: true,
        ..person("nils", "Nils Overby", "NOV", Role::Registrar, "practice nils lakeside")
    },
    PracticePerson {
        elsewhere: true,
        ..person("greta", "Greta Holt", "GHO", Role::Supervisor, "practice greta lakeside")
    },
];

/// A facility of the practice registry.
#[derive(Clone, Copy, Debug)]
pub(super) struct PracticeFacility {
    /// Name.
    pub(super) name: &'static str,
    /// Short name.
    pub(super) short_name: &'static str,
    /// Facility identification number; of this form none is given out.
    pub(super) number: &'static str,
    /// Time zone.
    pub(super) zone: &'static str,
}

/// The large facility and the small one.
pub(super) const FACILITIES: [PracticeFacility; 2] = [
    PracticeFacility {
        name: "Practice General Hospital",
        short_name: "Practice General",
        number: "0009990001",
        zone: "America/Chicago",
    },
    PracticeFacility {
        name: "Lakeside Practice Clinic",
        short_name: "Lakeside Practice",
        number: "0009990002",
        zone: "America/Chicago",
    },
];

impl PracticePerson {
    /// Role and place in words, as the sign-in page shows them.
    pub fn title(&self) -> String {
        if self.elsewhere {
            format!("{} at Lakeside Practice", self.role.label())
        } else {
            self.role.label().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_somebody_with_a_long_password() {
        for role in Role::ALL {
            assert!(STAFF.iter().any(|p| p.role == role && !p.elsewhere), "{role:?}");
        }
        for person in STAFF {
            assert!(person.password.chars().count() >= 15 && person.initials.len() == 3);
            let others = STAFF.iter().filter(|p| p.login == person.login || p.initials == person.initials);
            assert_eq!(others.count(), 1, "{}", person.login);
        }
    }
}
