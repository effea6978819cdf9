//! A registry with staff, patients and a mail room.

use std::sync::Arc;

use cancer_registry::{
    access::{
        Role,
        accounts::{self, LinkKind, NewAccount},
        password::Cost,
    },
    audit::AuditAction,
    dictionary::{Items, Version},
    reminder::{
        job::{Reminders, Report, When, parse_at},
        mailer::{Mailer, MemoryMailer},
    },
    save::{self, Change, NewPatient, NewTumor, PatientChange, SetPatient, Why},
};
use diesel::{
    QueryableByName, RunQueryDsl,
    sql_types::{BigInt, Integer, Text},
};

use crate::support::{Backend, TestRegistry};

pub(crate) const BASE: &str = "https://registry.hospital.example";

/// Text that stands in every item of every patient; none of it may reach a mail.
pub(crate) const CANARY: &str = "Canarybird";

pub(crate) struct MailRoom {
    pub(crate) registry: TestRegistry,
    pub(crate) memory: Arc<MemoryMailer>,
}

#[derive(QueryableByName, Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    #[diesel(sql_type = Text)]
    pub(crate) login: String,
    #[diesel(sql_type = Text)]
    pub(crate) kind: String,
    #[diesel(sql_type = Text)]
    pub(crate) period: String,
    #[diesel(sql_type = Text)]
    pub(crate) state: String,
    #[diesel(sql_type = Integer)]
    pub(crate) attempts: i32,
    #[diesel(sql_type = Text)]
    pub(crate) last_error: String,
    #[diesel(sql_type = Text)]
    pub(crate) covered_by: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

impl MailRoom {
    /// "ann" and "bob" are registrars, "sue" supervises; nobody has work yet.
    pub(crate) fn new(backend: Backend) -> Self {
        let room = Self { registry: TestRegistry::new(backend), memory: Arc::default() };
        room.hire("ann", "ANN", &[Role::Registrar]);
        room.hire("bob", "BOB", &[Role::Registrar]);
        room.hire("sue", "SUE", &[Role::Supervisor]);
        room
    }

    pub(crate) fn hire(&self, login: &str, initials: &str, roles: &[Role]) -> i64 {
        let (db, facility) = (&self.registry.db, self.registry.facility.key);
        let new = NewAccount {
            login: login.to_owned(),
            name: format!("{login} of the staff"),
            email: format!("{login}@hospital.example"),
            initials: initials.to_owned(),
        };
        let token = db.chance.token();
        let row = self.registry.write(|tx| {
            let row = accounts::create(tx, facility, &new, roles)?;
            accounts::issue_link(tx, &row, LinkKind::Invitation, &token)?;
            Ok::<_, accounts::AccountRefused>(row)
        });
        let password = "seven quiet herons wade upstream";
        accounts::choose_password(db, &token, password, 15, Cost::QUICK, "test").unwrap();
        row.id
    }

    pub(crate) fn account(&self, login: &str) -> i64 {
        self.number(&format!("SELECT id AS n FROM account WHERE login = '{login}'"))
    }

    /// A patient of `owner` last heard of on `contact` (NAACCR digits), so due a year later.
    pub(crate) fn patient(&self, owner: &str, contact: &str) -> i64 {
        let owner = self.account(owner);
        let change = Change {
            patient: PatientChange::New(NewPatient {
                items: items(&[
                    ("nameLast", CANARY),
                    ("nameFirst", "Wren-Canarybird"),
                    ("dateOfBirth", "19511213"),
                    ("socialSecurityNumber", "900417733"),
                    ("medicalRecordNumber", "CANARY-4711"),
                    ("telephone", "5550199871"),
                    ("addrCurrentCity", "Canarytown"),
                    ("dateOfLastContact", contact),
                    ("vitalStatus", "1"),
                ]),
                envelope: String::new(),
                version: Version::NEWEST,
                owner: Some(owner),
                batch: None,
            }),
            tumors: vec![save::TumorChange::New(NewTumor {
                items: items(&[
                    ("primarySite", "C504"),
                    ("histologicTypeIcdO3", "8500"),
                    ("behaviorCodeIcdO3", "3"),
                    ("classOfCase", "14"),
                    ("dateOfDiagnosis", "20220310"),
                    ("accessionNumberHosp", "202204711"),
                    ("npiPhysicianFollowUp", "1999999984"),
                    ("textRemarks", "Canarybird mass, Dr. Canarybird"),
                ]),
                envelope: String::new(),
                state: "complete".to_owned(),
                owner: Some(owner),
            })],
            why: Why { source: "form", reason: String::new(), event: Some(AuditAction::CreatePatient) },
        };
        self.registry.write(|tx| save::apply(tx, change.clone())).patient
    }

    /// A contact is recorded.
    pub(crate) fn heard_of(&self, patient: i64, contact: &str) {
        let change = Change {
            patient: PatientChange::Set(SetPatient {
                id: patient,
                items: Some(items(&[
                    ("nameLast", CANARY),
                    ("dateOfLastContact", contact),
                    ("vitalStatus", "1"),
                ])),
                ..SetPatient::default()
            }),
            tumors: Vec::new(),
            why: Why { source: "contact", reason: String::new(), event: Some(AuditAction::RecordContact) },
        };
        self.registry.write(|tx| save::apply(tx, change.clone()));
    }

    pub(crate) fn sql(&self, statement: &str) {
        self.registry
            .db
            .keep(|conn| {
                diesel::sql_query(statement).execute(conn)?;
                Ok::<_, cancer_registry::db::StoreError>(())
            })
            .unwrap();
    }

    pub(crate) fn number(&self, query: &str) -> i64 {
        let rows: Vec<Count> = self.registry.look(|conn| Ok(diesel::sql_query(query).load(conn)?));
        rows.first().map_or(0, |row| row.n)
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        self.registry.look(|conn| {
            Ok(diesel::sql_query(
                "SELECT a.login, o.kind, o.period, o.state, o.attempts, o.last_error, o.covered_by \
                 FROM outbox o JOIN account a ON a.id = o.account_id ORDER BY o.id",
            )
            .load(conn)?)
        })
    }

    /// `ann M1 2026-W49 sent` and so on.
    pub(crate) fn told(&self) -> Vec<String> {
        self.rows().iter().map(|r| format!("{} {} {} {}", r.login, r.kind, r.period, r.state)).collect()
    }

    pub(crate) fn reminders(&self) -> Reminders {
        self.reminders_by(self.memory.clone())
    }

    pub(crate) fn reminders_by(&self, mailer: Arc<dyn Mailer>) -> Reminders {
        Reminders {
            db: self.registry.db.clone(),
            mailer,
            from: "Registry <registry@hospital.example>".to_owned(),
            base_url: BASE.to_owned(),
        }
    }

    pub(crate) fn remind(&self, at: &str) -> Report {
        self.reminders().run(When::At(parse_at(at).unwrap()), None).unwrap()
    }
}

fn items(pairs: &[(&'static str, &str)]) -> Items {
    pairs.iter().copied().collect()
}
