//! One event.

macro_rules! audit_actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)+) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AuditAction { $($(#[$doc])* $name),+ }

        impl AuditAction {
            /// All actions.
            pub const ALL: &'static [AuditAction] = &[$(AuditAction::$name),+];

            /// The word kept in the store.
            pub fn word(self) -> &'static str {
                match self { $(AuditAction::$name => $word),+ }
            }
        }
    };
}

audit_actions! {
    /// Signed in.
    SignIn = "sign in";
    /// Signed out.
    SignOut = "sign out";
    /// A wrong password or link.
    SignInRefused = "sign in refused";
    /// Something asked for without the right to it.
    Denied = "denied";
    /// A search for patients.
    Search = "search";
    /// A list of patients or cases was shown.
    List = "list";
    /// A patient was shown.
    ViewPatient = "view patient";
    /// A case was shown.
    ViewTumor = "view tumor";
    /// A face sheet or list was printed.
    Print = "print";
    /// A patient was made.
    CreatePatient = "create patient";
    /// A patient's items were changed.
    ChangePatient = "change patient";
    /// A case was made.
    CreateTumor = "create tumor";
    /// A case's items were changed.
    ChangeTumor = "change tumor";
    /// A case was completed.
    Complete = "complete";
    /// A case was reviewed by a second person: a step of it.
    Review = "review";
    /// A case was opened again.
    Reopen = "reopen";
    /// Unsaved typing was kept, opened or thrown away.
    Draft = "draft";
    /// A contact was recorded.
    RecordContact = "record contact";
    /// Marked lost, or no longer.
    MarkLost = "mark lost";
    /// A patient or case was voided, or brought back.
    Void = "void";
    /// A case was moved to another patient.
    MoveTumor = "move tumor";
    /// Two records of one person were merged, or parted again: a step of it.
    Merge = "merge";
    /// Items of work were given to another person.
    Reassign = "reassign";
    /// A note or task was written or done.
    Note = "note";
    /// A source document was added, or withdrawn.
    SourceDocument = "source document";
    /// A question to a physician was asked, opened, answered, taken, left or withdrawn.
    Query = "query";
    /// A possible case was shown.
    ViewSuspense = "view suspense";
    /// A possible case came in, or something was done with it.
    ChangeSuspense = "change suspense";
    /// Records were brought in.
    Import = "import";
    /// Edits were run over stored cases.
    RunEdits = "run edits";
    /// A local edit was written, made live or retired.
    ChangeEdit = "change edit";
    /// Local edits were looked at.
    ViewEdits = "view edits";
    /// Records were taken out.
    Export = "export";
    /// A dashboard was shown.
    ViewDashboard = "view dashboard";
    /// A mail was queued, sent, cancelled or failed.
    Mail = "mail";
    /// An account was made, changed, disabled or reset.
    ChangeAccount = "change account";
    /// A role was granted or taken.
    ChangeRole = "change role";
    /// A facility or setting was changed.
    ChangeSetting = "change setting";
    /// The audit log was read.
    ViewAudit = "view audit";
    /// The registry was made.
    Init = "init";
    /// The server started or stopped.
    Server = "server";
    /// A backup was made or checked.
    Backup = "backup";
    /// A backup was restored.
    Restore = "restore";
    /// The registry was given another key.
    RotateKey = "rotate key";
    /// Projected columns were computed anew.
    RebuildProjection = "rebuild projection";
}

/// How it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    #[default]
    Done,
    /// Refused.
    Refused,
}

/// What happened, before it has an actor and a time; the transaction adds these.
#[derive(Clone, Debug)]
pub struct Event {
    /// What was done.
    pub action: AuditAction,
    /// How it ended.
    pub outcome: Outcome,
    /// Patients and cases concerned, by row key: (patient, case).
    pub subjects: Vec<(i64, Option<i64>)>,
    /// Items touched or searched by, never their values.
    pub fields: Vec<String>,
    /// Anything else that is no patient data: counts, reasons, codes of states.
    pub detail: String,
    /// Nothing that is coded of the patients was shown; not kept.
    pub blind: bool,
}

impl Event {
    /// An event of an action.
    pub fn new(action: AuditAction) -> Self {
        Self {
            action,
            outcome: Outcome::Done,
            subjects: Vec::new(),
            fields: Vec::new(),
            detail: String::new(),
            blind: false,
        }
    }

    /// Concerns a patient.
    #[must_use]
    pub fn patient(mut self, patient: i64) -> Self {
        self.subjects.push((patient, None));
        self
    }

    /// Concerns a case of a patient.
    #[must_use]
    pub fn tumor(mut self, patient: i64, tumor: i64) -> Self {
        self.subjects.push((patient, Some(tumor)));
        self
    }

    /// Concerns several patients.
    #[must_use]
    pub fn patients(mut self, patients: impl IntoIterator<Item = i64>) -> Self {
        self.subjects.extend(patients.into_iter().map(|p| (p, None)));
        self
    }

    /// Names of items touched.
    #[must_use]
    pub fn fields<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.fields.extend(fields.into_iter().map(Into::into));
        self
    }

    /// Anything else, never patient data.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Nothing that is coded was shown: a blind review may see it.
    #[must_use]
    pub fn blindly(mut self) -> Self {
        self.blind = true;
        self
    }

    /// It was refused.
    #[must_use]
    pub fn refused(mut self) -> Self {
        self.outcome = Outcome::Refused;
        self
    }
}
