//! The one who acts.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

/// What a person does at a facility. One person may hold several roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works cases and follow-up.
    Registrar,
    /// All of registrar; reassigns, reopens, approves, reads dashboards.
    Supervisor,
    /// Reads abstracts to review them; never changes one.
    QualityReviewer,
    /// Nothing of patients; approved extracts come later.
    Researcher,
    /// Reads the audit log.
    Auditor,
    /// Accounts, facilities, mail; nothing of patients.
    Administrator,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 6] = [
        Role::Registrar,
        Role::Supervisor,
        Role::QualityReviewer,
        Role::Researcher,
        Role::Auditor,
        Role::Administrator,
    ];

    /// The word kept in the store and used on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Role::Registrar => "registrar",
            Role::Supervisor => "supervisor",
            Role::QualityReviewer => "quality_reviewer",
            Role::Researcher => "researcher",
            Role::Auditor => "auditor",
            Role::Administrator => "administrator",
        }
    }

    /// The word on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Role::Registrar => "Registrar",
            Role::Supervisor => "Supervisor",
            Role::QualityReviewer => "Quality reviewer",
            Role::Researcher => "Researcher",
            Role::Auditor => "Auditor",
            Role::Administrator => "Administrator",
        }
    }

    /// Reads the stored word; a hyphen stands for the underscore.
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.trim().to_lowercase().replace(['-', ' '], "_");
        Self::ALL.into_iter().find(|r| r.word() == word)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// The patients a query may touch: those of one facility. Made only by [`Actor::scope`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope(i64);

impl Scope {
    /// Row key of the facility, for SQL.
    pub fn facility(self) -> i64 {
        self.0
    }
}

/// What kind of actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// A signed-in person.
    Person {
        /// Row key of the account.
        account: i64,
        /// Row key of the session.
        session: i64,
        /// Token that forms carry.
        csrf: String,
    },
    /// Somebody at the command line of the host, who can read the key anyway.
    Host,
    /// A job of the program itself.
    Job,
    /// Nobody yet: signing in, setting up.
    Nobody,
}

/// Who acts, where, with which roles. Every read and write of patients takes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// What kind.
    pub kind: ActorKind,
    /// Login of a person; `host:` and the system user; `job:` and the job.
    pub name: String,
    /// What people call them; for pages.
    pub display: String,
    /// Facility worked in now.
    facility: Option<i64>,
    /// Roles held there.
    pub roles: BTreeSet<Role>,
    /// Where the request came from (an address), or `console`.
    pub source: String,
    /// Reference of the request, shown on error pages and kept in the log.
    pub request: String,
}

impl Actor {
    /// A signed-in person working in a facility.
    pub fn person(
        account: i64,
        session: i64,
        csrf: String,
        login: &str,
        name: &str,
        facility: i64,
        roles: BTreeSet<Role>,
    ) -> Self {
        Self {
            kind: ActorKind::Person { account, session, csrf },
            name: login.to_owned(),
            display: name.to_owned(),
            facility: Some(facility),
            roles,
            source: String::new(),
            request: String::new(),
        }
    }

    /// Somebody at the host's command line; `facility` chosen with `--facility`, or the only one.
    pub fn host(facility: Option<i64>) -> Self {
        let user = std::env::var("USER")
            .or_else(|_| std::env::var("LOGNAME"))
            .unwrap_or_else(|_| "unknown".to_owned());
        Self {
            kind: ActorKind::Host,
            name: format!("host:{user}"),
            display: format!("host:{user}"),
            facility,
            roles: Role::ALL.into_iter().collect(),
            source: "console".to_owned(),
            request: String::new(),
        }
    }

    /// A job of the program, working for one facility or for none.
    pub fn job(name: &str, facility: Option<i64>) -> Self {
        Self {
            kind: ActorKind::Job,
            name: format!("job:{name}"),
            display: format!("job:{name}"),
            facility,
            roles: BTreeSet::new(),
            source: "server".to_owned(),
            request: String::new(),
        }
    }

    /// Nobody known yet.
    pub fn nobody() -> Self {
        Self {
            kind: ActorKind::Nobody,
            name: "nobody".to_owned(),
            display: String::new(),
            facility: None,
            roles: BTreeSet::new(),
            source: String::new(),
            request: String::new(),
        }
    }

    /// The same actor in another facility; for commands that go through all of them.
    pub fn at(&self, facility: i64) -> Self {
        Self { facility: Some(facility), ..self.clone() }
    }

    /// The patients this actor may touch, or `None` without a facility.
    pub fn scope(&self) -> Option<Scope> {
        self.facility.map(Scope)
    }

    /// Row key of the account, for people.
    pub fn account(&self) -> Option<i64> {
        match self.kind {
            ActorKind::Person { account, .. } => Some(account),
            _ => None,
        }
    }

    /// Row key of the session, for people.
    pub fn session(&self) -> Option<i64> {
        match self.kind {
            ActorKind::Person { session, .. } => Some(session),
            _ => None,
        }
    }

    /// Token that this person's forms carry.
    pub fn csrf(&self) -> &str {
        match &self.kind {
            ActorKind::Person { csrf, .. } => csrf,
            _ => "",
        }
    }

    /// Holds the role in the facility worked in?
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// The roles as one word list, for the audit.
    pub fn role_words(&self) -> String {
        self.roles.iter().map(|r| r.word()).collect::<Vec<_>>().join(" ")
    }
}
