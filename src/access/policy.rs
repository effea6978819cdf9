//! The policy: which role may do what. Deny by default; the only place that decides.
//!
//! Source: the role matrices of the security and workflow requirements, the stricter where
//! they differ (NIST SP 800-53 r5 AC-3, AC-6; 45 CFR 164.312(a)(1)).

use super::actor::{Actor, ActorKind, Role};

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident => [$($role:ident),*];)+) => {
        /// What a route does to what; each route declares exactly one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            /// Signing in, setting up, static files, health: before anybody is known.
            Public,
            /// Own account, own home page: everybody signed in.
            OwnAccount,
            $($(#[$doc])* $name,)+
        }

        impl Action {
            /// All actions, for the matrix.
            pub const ALL: &'static [Action] = &[Action::Public, Action::OwnAccount, $(Action::$name),+];

            /// Roles that may, besides everybody for the first two.
            pub fn roles(self) -> &'static [Role] {
                match self {
                    Action::Public | Action::OwnAccount => &Role::ALL,
                    $(Action::$name => &[$(Role::$role),*],)+
                }
            }
        }
    };
}

actions! {
    /// Find and list patients and cases.
    ListPatients => [Registrar, Supervisor, QualityReviewer];
    /// Open a patient or case.
    ViewPatient => [Registrar, Supervisor, QualityReviewer];
    /// Make or change an abstract.
    EditAbstract => [Registrar, Supervisor];
    /// Record contacts and work the follow-up list.
    EditFollowUp => [Registrar, Supervisor];
    /// See the follow-up list.
    ViewFollowUp => [Registrar, Supervisor];
    /// Mark lost, correct a date of last contact downward, reassign.
    DirectFollowUp => [Supervisor];
    /// Propose to void a patient or case, or to merge two records of one person.
    ProposeVoid => [Registrar, Supervisor];
    /// Void, restore and move cases; merge records.
    ApproveVoid => [Supervisor];
    /// Abstract cases of others again, and accept them or give them back.
    ReviewAbstracts => [Supervisor, QualityReviewer];
    /// Hand reviews on, decide what is disputed, and see the figures of quality.
    DirectQuality => [Supervisor];
    /// Write notes and tasks on a case.
    WriteNotes => [Registrar, Supervisor, QualityReviewer];
    /// Ask a physician about a case and decide about the answer.
    AskPhysician => [Registrar, Supervisor];
    /// Write local edits, try them over the registry, make them live and retire them.
    ManageEdits => [Supervisor];
    /// Use the code finder (tables, nothing of patients).
    FindCodes => [Registrar, Supervisor, QualityReviewer, Researcher, Auditor, Administrator];
    /// Bring files in.
    Import => [Registrar, Supervisor];
    /// See what imports did.
    ViewImports => [Registrar, Supervisor, QualityReviewer];
    /// Take identifiable data out.
    Export => [Supervisor];
    /// Dashboards and the lists behind their numbers.
    ViewDashboard => [Supervisor];
    /// See mails and their fate.
    ViewOutbox => [Administrator, Supervisor];
    /// Send test mails, retry failed ones.
    ManageMail => [Administrator];
    /// Accounts and roles.
    ManageAccounts => [Administrator];
    /// Facilities and their settings.
    ManageFacilities => [Administrator];
    /// The audit log.
    ViewAudit => [Auditor];
}

/// May this actor do that? The only function that answers.
pub fn permits(actor: &Actor, action: Action) -> bool {
    match (&actor.kind, action) {
        (_, Action::Public) => true,
        (ActorKind::Nobody, _) => false,
        // Who can read the key can read the data; audited like a person.
        (ActorKind::Host, _) => true,
        (ActorKind::Job, _) => false,
        (ActorKind::Person { .. }, Action::OwnAccount) => true,
        (ActorKind::Person { .. }, action) => action.roles().iter().any(|r| actor.is(*r)),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn person(roles: &[Role]) -> Actor {
        Actor::person(1, 1, String::new(), "x", "X", 1, roles.iter().copied().collect())
    }

    /// Every right that a change moves shows here.
    #[test]
    fn the_matrix_of_rights() {
        let mut matrix = String::new();
        for action in Action::ALL {
            let _ = write!(matrix, "{:<18}", format!("{action:?}"));
            for role in Role::ALL {
                let _ = write!(
                    matrix,
                    " {}",
                    if permits(&person(&[role]), *action) { role.word().get(..3).unwrap() } else { "  -" }
                );
            }
            matrix.push('\n');
        }
        insta::assert_snapshot!(matrix);
    }

    #[test]
    fn without_a_role_nothing_of_patients_is_allowed() {
        for action in Action::ALL {
            assert!(!permits(&Actor::nobody(), *action) || *action == Action::Public);
            let allowed = permits(&person(&[]), *action);
            assert_eq!(allowed, matches!(action, Action::Public | Action::OwnAccount), "{action:?}");
        }
    }

    #[test]
    fn administrators_researchers_and_auditors_never_reach_patients() {
        for role in [Role::Administrator, Role::Researcher, Role::Auditor] {
            for action in [
                Action::ListPatients,
                Action::ViewPatient,
                Action::EditAbstract,
                Action::Export,
                Action::Import,
            ] {
                assert!(!permits(&person(&[role]), action), "{role:?} {action:?}");
            }
        }
    }
}
