//! Sweeps over the route inventory with real ids: the other facility finds nothing, every event is
//! left, and nothing is done where the event cannot be written.
//!
//! Each route is asked as [`World::ask`] says. A route that it does not know fails the sweep, so that
//! nobody adds one without saying how it is fenced and what it leaves.

use std::sync::atomic::{AtomicUsize, Ordering};

use cancer_registry::{
    access::{
        Action, Role,
        accounts::{self, AccountRefused, LinkKind, NewAccount},
        password::{self, Cost},
    },
    app,
    audit::AuditAction,
    db::{Conn, StoreError},
    dictionary::{Items, Version},
    patient::{self, PatientRow},
    reminder::queries,
    save::{self, Change, NewPatient, NewTumor, PatientChange, SetPatient, SetTumor, TumorChange, Why},
    tumor::{self, TumorRow},
    web::Route,
};
use diesel::{
    QueryableByName, RunQueryDsl,
    connection::SimpleConnection,
    sql_types::{BigInt, Text},
};

use crate::{
    abstracting::complete_case,
    support::{
        Backend,
        app::{PASSWORD, QUINN, RAJ, SAM, TestApp, hidden},
        backends,
        http::{Answer, Browser},
    },
};

type Pairs = Vec<(String, String)>;

fn pairs(fields: &[(&str, &str)]) -> Pairs {
    fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
}

/// A question as its form sends it.
const QUESTION: [(&str, &str); 7] = [
    ("item", "laterality"),
    ("choices", "1 = Right\n2 = Left"),
    ("name", "Dr. Dana Orr"),
    ("email", "dana@clinic.example"),
    ("question", "Which side was it on?"),
    ("due", "2026-12-07"),
    ("then", "send"),
];

/// A report as its form sends it.
const REPORT: [(&str, &str); 4] = [
    ("kind", "pathology"),
    ("dated", "2022-03-10"),
    ("title", ""),
    ("body", "FINAL DIAGNOSIS: left breast, upper outer quadrant: infiltrating duct carcinoma."),
];

/// A local edit as its form sends it.
const LOCAL_EDIT: [(&str, &str); 10] = [
    ("name", "Side of breast"),
    ("severity", "warning"),
    ("level", "inter-field"),
    ("items", "laterality"),
    ("fails_when", "sites(primarySite, 'C500-C509') and laterality == '4'"),
    ("message", "Breast with side 4."),
    ("rule", "Cancer committee."),
    ("pass_example", "primarySite = C504\nlaterality = 1"),
    ("fail_example", "primarySite = C504\nlaterality = 4"),
    ("then", "keep"),
];

/// One request that succeeds for whoever may send it at Practice General.
struct Ask {
    path: String,
    /// Names something of the facility: of a patient, an account, an import …
    bound: bool,
    send: Send,
    /// Somebody else than the one who holds all roles.
    who: Option<Browser>,
}

enum Send {
    Get,
    Form(Pairs),
    File(Vec<u8>),
}

impl Ask {
    fn get(path: impl Into<String>) -> Self {
        Self { path: path.into(), bound: false, send: Send::Get, who: None }
    }

    fn post(path: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        Self { send: Send::Form(pairs(fields)), ..Self::get(path) }
    }

    /// Its path holds a real id of the facility.
    fn bound(self) -> Self {
        Self { bound: true, ..self }
    }

    fn by(self, who: Browser) -> Self {
        Self { who: Some(who), ..self }
    }

    fn send(&self, browser: &mut Browser) -> Answer {
        match &self.send {
            Send::Get => browser.get(&self.path),
            Send::Form(fields) => {
                let mut all = vec![("csrf".to_owned(), browser.csrf.clone())];
                all.extend(fields.iter().cloned());
                browser.post_pairs(&self.path, &all)
            }
            Send::File(bytes) => {
                let head = "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n";
                let mut body = format!(
                    "{head}{}\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.xml\"\r\n\r\n",
                    browser.csrf
                )
                .into_bytes();
                body.extend_from_slice(bytes);
                body.extend_from_slice(b"\r\n--b--\r\n");
                let kind = [("Content-Type", "multipart/form-data; boundary=b")];
                browser.send("POST", &self.path, &kind, &body)
            }
        }
    }
}

/// What somebody disputes.
const DISPUTE: [(&str, &str); 2] = [("field", "grade"), ("reason", "the report says so")];

/// A possible case, as its form sends it.
const SUSPECT: [(&str, &str); 4] = [
    ("source", "pathology"),
    ("eventDate", "2026-11-02"),
    ("text", "carcinoma of the left breast"),
    ("nameLast", "Fictive"),
];

/// A list of one possible case.
const SUSPECTS: [(&str, &str); 2] =
    [("source", "tumor_board"), ("list", "eventDate,nameLast\n2026-11-02,Fictive\n")];

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    w: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// A registry with patients, and somebody with all roles in each of the two facilities.
struct World {
    app: TestApp,
    backend: Backend,
    home: Browser,
    away: Browser,
    made: AtomicUsize,
}

impl World {
    fn new(backend: Backend) -> Self {
        let app = TestApp::new(backend);
        let hash = password::hash(PASSWORD, Cost::QUICK);
        for (login, place) in [("home", app.registry.facility.key), ("away", app.other.key)] {
            app.registry.write(|tx| {
                let new = NewAccount {
                    login: login.into(),
                    name: format!("{login} with all roles"),
                    email: format!("{login}@hospital.example"),
                    initials: login[..3].to_uppercase(),
                };
                let account = accounts::create(tx, place, &new, &Role::ALL)?;
                accounts::set_practice_password(tx, &account, &hash)?;
                Ok::<_, AccountRefused>(())
            });
        }
        let (home, away) = (app.sign_in_as("home"), app.sign_in_as("away"));
        Self { app, backend, home, away, made: AtomicUsize::new(1) }
    }

    /// A document of a fresh case; its address.
    fn document(&mut self) -> String {
        let path = format!("/abstracts/{}/documents", self.person().1.uid);
        let to = self.home.post(&path, &REPORT).expect(303).location().to_owned();
        to.split('?').next().unwrap_or_default().to_owned()
    }

    /// A patient with one case, last seen long ago: delinquent.
    fn person(&self) -> (PatientRow, TumorRow) {
        let n = self.made.fetch_add(1, Ordering::Relaxed);
        let number = format!("{n:08}");
        let accession = format!("2022{n:05}");
        let patient: Items = [
            ("patientIdNumber", number.as_str()),
            ("nameLast", "Sweepwell"),
            ("nameFirst", "Paula"),
            ("dateOfBirth", "19510314"),
            ("vitalStatus", "1"),
            ("dateOfLastContact", "20230103"),
        ]
        .into_iter()
        .collect();
        let case: Items = [
            ("classOfCase", "14"),
            ("primarySite", "C619"),
            ("textRemarks", "Adenocarcinoma of the prostate"),
            ("histologicTypeIcdO3", "8140"),
            ("behaviorCodeIcdO3", "3"),
            ("dateOfDiagnosis", "20220310"),
            ("dateOf1stContact", "20220310"),
            ("accessionNumberHosp", accession.as_str()),
            ("sequenceNumberHospital", "00"),
            ("cancerStatus", "1"),
            ("dateOfLastCancerStatus", "20230103"),
        ]
        .into_iter()
        .collect();
        let owner = Some(self.account("home").0);
        let saved = self.app.registry.write(|tx| {
            let new = NewPatient {
                items: patient.clone(),
                envelope: String::new(),
                version: Version::NEWEST,
                owner,
                batch: None,
            };
            let tumor =
                NewTumor { items: case.clone(), envelope: String::new(), state: "in_progress".into(), owner };
            let why = Why { source: "form", reason: String::new(), event: Some(AuditAction::CreatePatient) };
            let (patient, tumors) = (PatientChange::New(new), vec![TumorChange::New(tumor)]);
            save::apply(tx, Change { patient, tumors, why })
        });
        self.rows(saved.patient, saved.tumors[0].0)
    }

    fn rows(&self, person: i64, case: i64) -> (PatientRow, TumorRow) {
        let scope = self.app.registry.host().scope().unwrap();
        self.app.registry.look(|conn| {
            let person = patient::by_key(conn, scope, person)?.unwrap();
            Ok((person, tumor::by_key(conn, scope, case)?.unwrap()))
        })
    }

    fn set(&self, patient: PatientChange, tumors: Vec<TumorChange>) {
        let why = Why {
            source: "correction",
            reason: "a reason for the test".into(),
            event: Some(AuditAction::Void),
        };
        let change = Change { patient, tumors, why };
        self.app.registry.write(|tx| save::apply(tx, change.clone()));
    }

    /// Row key and public id of an account.
    fn account(&self, login: &str) -> (i64, String) {
        let row = self.app.registry.db.read(|conn| accounts::by_login(conn, login)).unwrap();
        (row.id, row.uid)
    }

    /// A review that waits for somebody.
    fn review(&self) -> String {
        let case = self.person().1;
        let uid = format!("00000000-0000-4000-8000-{:012}", case.id);
        self.execute(&format!(
            "UPDATE tumor SET state = 'qa_review', owner_id = NULL WHERE id = {id};
             INSERT INTO quality_review (uid, facility_id, tumor_id, state, reason, analytic, chosen_at, abstractor, \
             staff_code, reviewer, mode, typed, compared, comment) VALUES ('{uid}', {facility}, {id}, 'waiting', \
             'chance', 1, '2026-11-20 12:00:00', 'somebody', '', '', 'blind', '[]', '', '');",
            id = case.id,
            facility = case.facility_id,
        ));
        uid
    }

    /// A decided review, with one difference, of what somebody abstracted.
    fn decided(&self, login: &str) -> String {
        let (uid, account) = (self.review(), self.account(login).0);
        self.execute(&format!(
            "UPDATE quality_review SET state = 'accepted', abstractor_account_id = {account}, abstractor = '{login}', \
             reviewer = 'nobody', compared = '[{{\"field\":\"grade\",\"abstracted\":\"2\",\"reviewed\":\"3\",\
             \"weight\":\"minor\"}}]', decided_at = '2026-11-22 12:00:00' WHERE uid = '{uid}'; \
             UPDATE tumor SET state = 'complete' WHERE id = (SELECT tumor_id FROM quality_review WHERE uid = '{uid}');"
        ));
        uid
    }

    /// A difference that somebody disputes.
    fn dispute(&self) -> String {
        let review = self.decided("raj");
        self.app.sign_in(RAJ).post(&format!("/quality-review/own/{review}"), &DISPUTE).expect(303);
        self.word("SELECT uid AS w FROM quality_dispute ORDER BY id DESC LIMIT 1")
    }

    fn word(&self, query: &str) -> String {
        self.app.registry.look(|conn| -> Result<String, StoreError> {
            Ok(diesel::sql_query(query).load::<Word>(conn)?.pop().unwrap_or_else(|| panic!("{query}")).w)
        })
    }

    fn number(&self, query: &str) -> i64 {
        self.app.registry.look(|conn| -> Result<i64, StoreError> {
            Ok(diesel::sql_query(query).load::<Number>(conn)?[0].n)
        })
    }

    /// What freezes a batch of a case that was just completed, and nothing with errors.
    fn next_batch(&mut self) -> Ask {
        complete_case(&mut self.home);
        let all = self.home.post("/submissions/look", &[("then", "all")]).expect(200);
        let seen = hidden(&all.body(), "seen");
        let leave = scraper::Selector::parse("input[name=leave]").unwrap();
        let html = all.html();
        let mut fields = vec![("seen", seen.as_str())];
        fields.extend(html.select(&leave).filter_map(|i| i.attr("value")).map(|uid| ("leave", uid)));
        Ask::post("/submissions", &fields)
    }

    /// A batch with one case, frozen: its address.
    fn submission(&mut self) -> String {
        let ask = self.next_batch();
        let to = ask.send(&mut self.home).expect(303).location().to_owned();
        to.split('?').next().unwrap().to_owned()
    }

    fn execute(&self, statements: &str) {
        let run = |conn: &mut Conn| conn.batch_execute(statements).map_err(StoreError::from);
        self.app.registry.db.maintenance(run).unwrap();
    }

    /// An import with one reject that has ended; its public id.
    fn import(&mut self) -> String {
        let n = self.made.fetch_add(1, Ordering::Relaxed);
        let bad = format!(
            "<?xml version=\"1.0\"?>\n<NaaccrData baseDictionaryUri=\"http://naaccr.org/naaccrxml/naaccr-dictionary-250.xml\" \
             recordType=\"A\" specificationVersion=\"1.7\" xmlns=\"http://naaccr.org/naaccrxml\">\n<Patient>\
             <Item naaccrId=\"patientIdNumber\">9{n:07}</Item><Tumor><Tumor/></Tumor></Patient>\n</NaaccrData>\n"
        );
        let ask = Ask { send: Send::File(bad.into_bytes()), ..Ask::get("/imports") };
        let batch = ask.send(&mut self.home).expect(303).location().to_owned();
        for _ in 0..2000 {
            let told = self.home.get(&format!("{batch}/progress")).expect(200).body();
            if told.contains("\"done\":true") {
                return batch.strip_prefix("/imports/").unwrap().to_owned();
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        panic!("the import does not end");
    }

    /// A test mail to the one with all roles that could not be sent; its public id.
    fn failed_mail(&mut self) -> String {
        self.home.post("/outbox/tests", &[]).expect(303);
        let uid = self.word("SELECT uid AS w FROM outbox ORDER BY id DESC LIMIT 1");
        self.execute(&format!("UPDATE outbox SET state = 'failed' WHERE uid = '{uid}'"));
        uid
    }

    /// A patient for whom somebody else asked that it be voided; the request's public id.
    fn void_request(&self) -> (PatientRow, String) {
        let (person, _) = self.person();
        let mut raj = self.app.sign_in(RAJ);
        let fields = [("case", ""), ("reason", "entered twice by mistake")];
        raj.post(&format!("/patients/{}/void-request", person.uid), &fields).expect(303);
        (person, self.word("SELECT uid AS w FROM note WHERE kind = 'void_request' ORDER BY id DESC LIMIT 1"))
    }

    /// The address of two records side by side.
    fn two_records(&self) -> String {
        format!("/patients/{}/merge/{}", self.person().0.uid, self.person().0.uid)
    }

    /// Asks to merge two records, whose cases are two primaries.
    fn merge_request(&mut self) -> Ask {
        let path = self.two_records();
        let mut fields = self.filled(&path, &format!("form[action='{path}']"));
        for (name, value) in &mut fields {
            if name == "reason" || name.starts_with("pair-") {
                "a reason for the test".clone_into(value);
            }
        }
        // Of two radio buttons the first is checked.
        let mut chosen = std::collections::BTreeSet::new();
        fields.retain(|(name, _)| !name.starts_with("choose.") || chosen.insert(name.clone()));
        Ask { send: Send::Form(fields), ..Ask::get(path) }
    }

    /// A question that waits for a physician: its address and public id.
    fn query(&mut self) -> (String, String) {
        let path = format!("/abstracts/{}/queries", self.person().1.uid);
        let to = self.home.post(&path, &QUESTION).expect(303).location().to_owned();
        let path = to.split('?').next().unwrap().to_owned();
        let uid = path.rsplit('/').next().unwrap().to_owned();
        (path, uid)
    }

    /// A local edit as a draft: its address.
    fn local_edit(&mut self) -> String {
        let to = self.home.post("/edits", &LOCAL_EDIT).expect(303).location().to_owned();
        to.split('?').next().unwrap().to_owned()
    }

    /// The token of a fresh question's link, as its mail would have it.
    fn link(&mut self) -> String {
        let uid = self.query().1;
        let salt = self.word(&format!("SELECT salt AS w FROM physician_query WHERE uid = '{uid}'"));
        queries::link_token(&self.app.registry.db.sealer, &salt)
    }

    /// A link and a code that was mailed for it.
    fn code(&mut self) -> (String, String) {
        let token = self.link();
        self.app.browser().post_pairs(&format!("/query/{token}/code"), &Pairs::new()).expect(303);
        let salt = self.word("SELECT salt AS w FROM physician_query ORDER BY id DESC LIMIT 1");
        (token, queries::code(&self.app.registry.db.sealer, &salt, 1))
    }

    /// The fields of a form on a page, as the page fills them.
    fn filled(&mut self, path: &str, form: &str) -> Pairs {
        let html = self.home.get(path).expect(200).html();
        let select = |text: &str| scraper::Selector::parse(text).unwrap();
        let form = html.select(&select(form)).next().unwrap_or_else(|| panic!("no {form} on {path}"));
        let mut all = Pairs::new();
        for control in form.select(&select("input[name], select[name], textarea[name]")) {
            let value = match control.value().name() {
                "select" => control
                    .select(&select("option[selected]"))
                    .next()
                    .and_then(|o| o.value().attr("value"))
                    .unwrap_or("")
                    .to_owned(),
                "textarea" => control.text().collect(),
                _ => control.value().attr("value").unwrap_or("").to_owned(),
            };
            let name = control.value().attr("name").unwrap();
            if name != "csrf" {
                all.push((name.to_owned(), value));
            }
        }
        all
    }

    fn contact(&mut self, more: &[(&str, &str)]) -> (String, Pairs) {
        let (person, _) = self.person();
        let mut fields = self.filled(&format!("/patients/{}/contact", person.uid), "form#contact");
        let told = [("followUpSource", "1"), ("dateOfLastContact", "2026-11-20"), ("vitalStatus", "1")];
        for (name, value) in told.iter().chain(more) {
            match fields.iter_mut().find(|(n, _)| n == name) {
                Some(pair) => pair.1 = (*value).to_owned(),
                None => fields.push(((*name).to_owned(), (*value).to_owned())),
            }
        }
        (person.uid, fields)
    }

    /// How a route is asked so that it answers well; `None` for pages before signing in that leave no
    /// event, which other sweeps look at.
    fn ask(&mut self, route: &Route) -> Option<Ask> {
        let reason = ("reason", "a reason for the test");
        let word = format!("{} {}", route.method, route.path);
        Some(match word.as_str() {
            "GET /sign-in"
            | "GET /sign-in/check"
            | "GET /password/{token}"
            | "GET /query/{token}"
            | "GET /static/{name:.*}"
            | "GET /health/live"
            | "GET /health/ready"
            | "POST /csp-report" => return None,
            // Pages that name nothing of a facility in their path.
            "GET /facility"
            | "GET /audit"
            | "GET /account"
            | "GET /facilities"
            | "GET /accounts"
            | "GET /"
            | "GET /outbox"
            | "GET /abstracts"
            | "GET /abstracts/new"
            | "GET /suspense"
            | "GET /suspense/new"
            | "GET /suspense/import"
            | "GET /suspense/lists"
            | "GET /deletions"
            | "GET /merges"
            | "GET /duplicates"
            | "GET /submissions"
            | "GET /edits"
            | "GET /edits/new"
            | "GET /queries"
            | "GET /quality-review"
            | "GET /quality-review/own"
            | "GET /quality-review/disputes"
            | "GET /quality-review/figures"
            | "GET /imports"
            | "GET /followup"
            | "GET /followup/reassignment"
            | "GET /dashboard"
            | "GET /codes"
            | "GET /patients" => Ask::get(route.path),
            "GET /dashboard/cases" => Ask::get("/dashboard/cases?year=2022&class=analytic"),
            "GET /codes/find/{table}" => Ask::get("/codes/find/site?q=breast"),
            "GET /codes/list/{item}" => Ask::get("/codes/list/vitalStatus"),
            "POST /codes" => Ask::post("/codes", &[("phrase", "carcinoma of the left breast")]),
            "POST /find" => Ask::post("/find", &[("q", "Sweepwell")]),
            "POST /sign-in" => {
                let mut browser = self.app.browser();
                browser.csrf = hidden(&browser.get("/sign-in").expect(200).body(), "csrf");
                Ask::post("/sign-in", &[("user", SAM.login), ("password", PASSWORD)]).by(browser)
            }
            "POST /password/{token}" => {
                let token = "a".repeat(64);
                let account = self.app.account(SAM);
                self.app.registry.write(|tx| accounts::issue_link(tx, &account, LinkKind::Reset, &token));
                let (mut browser, path) = (self.app.browser(), format!("/password/{token}"));
                browser.csrf = hidden(&browser.get(&path).expect(200).body(), "csrf");
                let chosen = "seven kettles on a shelf";
                Ask::post(path, &[("password", chosen), ("again", chosen)]).by(browser)
            }
            "POST /sign-out" => Ask::post("/sign-out", &[]).by(self.app.sign_in(RAJ)),
            "POST /facility" => {
                let id = self.app.registry.facility.id.clone();
                Ask::post("/facility", &[("facility", &id)])
            }
            "POST /account/preferences" => {
                let fields = [("theme", "dark"), ("keys", "on"), ("weekly", "weekly"), ("new_due", "daily")];
                Ask::post("/account/preferences", &fields)
            }
            "POST /account/password" => {
                let new = "nine lanterns by the gate";
                let fields = [("present", PASSWORD), ("password", new), ("again", new)];
                Ask::post("/account/password", &fields).by(self.app.sign_in(QUINN))
            }
            "POST /facilities" => {
                Ask::post("/facilities", &[("name", "Third Clinic"), ("zone", "America/Denver")])
            }
            "GET /facilities/{id}" => {
                Ask::get(format!("/facilities/{}", self.app.registry.facility.id)).bound()
            }
            "POST /facilities/{id}" => {
                let path = format!("/facilities/{}", self.app.registry.facility.id);
                let fields = self.filled(&path, &format!("form[action='{path}']"));
                Ask { send: Send::Form(fields), ..Ask::get(path) }.bound()
            }
            "POST /facilities/{id}/accession" => {
                let path = format!("/facilities/{}/accession", self.app.registry.facility.id);
                Ask::post(path, &[("year", "2031"), ("next", "5")]).bound()
            }
            "POST /accounts" => {
                let fields = [
                    ("login", "newcomer"),
                    ("name", "New Comer"),
                    ("email", "newcomer@hospital.example"),
                    ("initials", "NCO"),
                    ("role", "registrar"),
                ];
                Ask::post("/accounts", &fields)
            }
            "GET /accounts/{id}" => Ask::get(format!("/accounts/{}", self.account("raj").1)).bound(),
            "POST /accounts/{id}" => {
                Ask::post(format!("/accounts/{}", self.account("raj").1), &[("do", "unlock")]).bound()
            }
            "POST /accounts/{id}/roles" => {
                let path = format!("/accounts/{}/roles", self.account("raj").1);
                Ask::post(path, &[("role", "registrar"), ("role", "supervisor")]).bound()
            }
            "POST /outbox/tests" => {
                // One test mail an hour and person; the failed one of another route may be there.
                self.execute("DELETE FROM outbox");
                Ask::post("/outbox/tests", &[])
            }
            "POST /outbox/{id}/attempts" => {
                Ask::post(format!("/outbox/{}/attempts", self.failed_mail()), &[]).bound()
            }
            "GET /lists/{id}" => {
                self.execute("DELETE FROM outbox");
                Ask::get(format!("/lists/{}", self.failed_mail())).bound()
            }
            "POST /suspense/new" => Ask::post("/suspense/new", &SUSPECT),
            "POST /suspense/import" | "POST /suspense/import/take" => Ask::post(route.path, &SUSPECTS),
            "GET /suspense/lists/{list}" => {
                let made =
                    self.home.post("/suspense/import/take", &SUSPECTS).expect(303).location().to_owned();
                Ask::get(made.split('?').next().unwrap()).bound()
            }
            "GET /suspense/{item}" | "POST /suspense/{item}" => {
                let made = self.home.post("/suspense/new", &SUSPECT).expect(303).location().to_owned();
                let path = made.split('?').next().unwrap().to_owned();
                let fields: &[(&str, &str)] = &[("do", "take")];
                if route.method == "GET" { Ask::get(path).bound() } else { Ask::post(path, fields).bound() }
            }
            "POST /abstracts" => Ask::post("/abstracts", &[("patient", &self.person().0.uid)]),
            "POST /abstracts/new" => Ask::post("/abstracts/new", &[("nameLast", "Fictive")]),
            "GET /abstracts/new/{draft}" | "POST /abstracts/new/{draft}" => {
                let fields = [
                    ("nameLast", "Fictive"),
                    ("nameFirst", "Karla"),
                    ("dateOfBirth", "8/1/1963"),
                    ("sexAssignedAtBirth", "2"),
                ];
                let path = self.home.post("/abstracts/new", &fields).expect(303).location().to_owned();
                if route.method == "GET" {
                    Ask::get(path).bound()
                } else {
                    Ask::post(path, &[("patient", "new")]).bound()
                }
            }
            "GET /abstracts/{tumor}" => Ask::get(format!("/abstracts/{}", self.person().1.uid)).bound(),
            "GET /abstracts/{tumor}/why/{item}" => {
                Ask::get(format!("/abstracts/{}/why/primarySite", self.person().1.uid)).bound()
            }
            "GET /abstracts/{tumor}/class-of-case" => Ask::get(format!(
                "/abstracts/{}/class-of-case?diagnosed=here&treated=all",
                self.person().1.uid
            ))
            .bound(),
            "GET /abstracts/{tumor}/derived" => {
                Ask::get(format!("/abstracts/{}/derived", self.person().1.uid)).bound()
            }
            "GET /abstracts/{tumor}/{page}" => {
                Ask::get(format!("/abstracts/{}/cancer", self.person().1.uid)).bound()
            }
            "POST /abstracts/{tumor}/{page}" => {
                let (person, case) = self.person();
                let (p, t) = (person.version.to_string(), case.version.to_string());
                let fields = [
                    ("patient_version", p.as_str()),
                    ("tumor_version", t.as_str()),
                    ("textPrimarySiteTitle", "Prostate"),
                ];
                Ask::post(format!("/abstracts/{}/cancer", case.uid), &fields).bound()
            }
            "POST /abstracts/{tumor}/findings/{edit}" => {
                let (person, case) = self.person();
                let (p, t) = (person.version.to_string(), case.version.to_string());
                // A size that is told as a warning whatever else is blank.
                let fields = [
                    ("patient_version", p.as_str()),
                    ("tumor_version", t.as_str()),
                    ("tumorSizeSummary", "400"),
                ];
                self.home.post(&format!("/abstracts/{}/stage", case.uid), &fields).expect(303);
                let page = self.home.get(&format!("/abstracts/{}/cancer", case.uid)).expect(200);
                let form = scraper::Selector::parse("form[action*='/findings/']").unwrap();
                let html = page.html();
                let form = html.select(&form).next().expect("a finding that can be decided");
                let hash = scraper::Selector::parse("input[name=hash]").unwrap();
                let hash = form.select(&hash).next().and_then(|i| i.attr("value")).unwrap_or_default();
                let fields = [("page", "cancer"), ("hash", hash), ("reason", "As the report says it")];
                Ask::post(form.attr("action").unwrap_or_default(), &fields).bound()
            }
            "POST /abstracts/{tumor}/why/{item}" => {
                let uid = self.person().1.uid.clone();
                let fields = [("text", "textRemarks"), ("words", "of the prostate")];
                Ask::post(format!("/abstracts/{uid}/why/primarySite"), &fields).bound()
            }
            "POST /abstracts/{tumor}/{page}/draft" | "POST /abstracts/{tumor}/{page}/draft/discard" => {
                let (person, case) = self.person();
                let (p, t) = (person.version.to_string(), case.version.to_string());
                let fields = [
                    ("patient_version", p.as_str()),
                    ("tumor_version", t.as_str()),
                    ("textPrimarySiteTitle", "Prostate"),
                ];
                let path = format!("/abstracts/{}/cancer/draft", case.uid);
                if route.path.ends_with("discard") {
                    self.home.post(&path, &fields).expect(200);
                    Ask::post(format!("{path}/discard"), &[]).bound()
                } else {
                    Ask::post(path, &fields).bound()
                }
            }
            "GET /abstracts/{tumor}/notes" => {
                Ask::get(format!("/abstracts/{}/notes", self.person().1.uid)).bound()
            }
            "POST /abstracts/{tumor}/notes" => {
                let path = format!("/abstracts/{}/notes", self.person().1.uid);
                Ask::post(path, &[("body", "Ask the clinic."), ("who", ""), ("due", "")]).bound()
            }
            "POST /abstracts/{tumor}/notes/{note}/done" => {
                let path = format!("/abstracts/{}/notes", self.person().1.uid);
                self.home.post(&path, &[("body", "Ask."), ("who", "RIN"), ("due", "")]).expect(303);
                let note =
                    self.word("SELECT uid AS w FROM note WHERE kind = 'task' ORDER BY id DESC LIMIT 1");
                Ask::post(format!("{path}/{note}/done"), &[]).bound()
            }
            "GET /abstracts/{tumor}/documents" => {
                Ask::get(format!("/abstracts/{}/documents", self.person().1.uid)).bound()
            }
            "POST /abstracts/{tumor}/documents" => {
                Ask::post(format!("/abstracts/{}/documents", self.person().1.uid), &REPORT).bound()
            }
            "GET /abstracts/{tumor}/documents/{document}" => Ask::get(self.document()).bound(),
            "POST /abstracts/{tumor}/documents/{document}/codes" => {
                Ask::post(format!("{}/codes", self.document()), &[("take_site", "C50.4")]).bound()
            }
            "POST /abstracts/{tumor}/documents/{document}/withdrawal" => {
                Ask::post(format!("{}/withdrawal", self.document()), &[reason]).bound()
            }
            "GET /quality-review/{id}" => Ask::get(format!("/quality-review/{}", self.review())).bound(),
            "POST /quality-review/{id}" => {
                Ask::post(format!("/quality-review/{}", self.review()), &[("then", "take")]).bound()
            }
            "POST /quality-review/{id}/draft" => {
                let review = self.review();
                let (login, id) = ("home", self.account("home").0);
                self.execute(&format!(
                    "UPDATE quality_review SET state = 'taken', reviewer_account_id = {id}, reviewer = '{login}' \
                     WHERE uid = '{review}';"
                ));
                let typed = [("primarySite", "C504")];
                Ask::post(format!("/quality-review/{review}/draft"), &typed).bound()
            }
            "POST /quality-review/{id}/reviewer" => {
                Ask::post(format!("/quality-review/{}/reviewer", self.review()), &[("reviewer", "")]).bound()
            }
            "GET /quality-review/own/{id}" => {
                Ask::get(format!("/quality-review/own/{}", self.decided("home"))).bound()
            }
            "POST /quality-review/own/{id}" => {
                Ask::post(format!("/quality-review/own/{}", self.decided("home")), &DISPUTE).bound()
            }
            "GET /quality-review/disputes/{id}" => {
                Ask::get(format!("/quality-review/disputes/{}", self.dispute())).bound()
            }
            "POST /quality-review/disputes/{id}" => {
                let fields = [("outcome", "removed"), ("decision", "the report carries it")];
                Ask::post(format!("/quality-review/disputes/{}", self.dispute()), &fields).bound()
            }
            "GET /abstracts/{tumor}/deletion" => {
                Ask::get(format!("/abstracts/{}/deletion", self.person().1.uid)).bound()
            }
            "POST /abstracts/{tumor}/deletion" => {
                Ask::post(format!("/abstracts/{}/deletion", self.person().1.uid), &[reason]).bound()
            }
            "POST /deletions/{id}" => {
                let path = format!("/abstracts/{}/deletion", self.person().1.uid);
                self.app.sign_in(RAJ).post(&path, &[reason]).expect(303);
                let request = self.word("SELECT uid AS w FROM deletion_request ORDER BY id DESC LIMIT 1");
                Ask::post(format!("/deletions/{request}"), &[("answer", "approve")]).bound()
            }
            "GET /abstracts/{tumor}/queries" => {
                Ask::get(format!("/abstracts/{}/queries", self.person().1.uid)).bound()
            }
            "GET /abstracts/{tumor}/queries/new" => {
                let uid = self.person().1.uid;
                Ask::get(format!("/abstracts/{uid}/queries/new?item=laterality")).bound()
            }
            "POST /abstracts/{tumor}/queries" => {
                let path = format!("/abstracts/{}/queries", self.person().1.uid);
                Ask::post(path, &QUESTION).bound()
            }
            "GET /abstracts/{tumor}/queries/{query}" => Ask::get(self.query().0).bound(),
            "POST /abstracts/{tumor}/queries/{query}/answer" => {
                let (path, uid) = self.query();
                self.execute(&format!(
                    "UPDATE physician_query SET state = 'answered', answered_at = asked_at, answer_value = '0' \
                     WHERE uid = '{uid}'"
                ));
                Ask::post(format!("{path}/answer"), &[("value", "0")]).bound()
            }
            "POST /abstracts/{tumor}/queries/{query}/end" => {
                Ask::post(format!("{}/end", self.query().0), &[reason]).bound()
            }
            "POST /abstracts/{tumor}/queries/{query}/link" => {
                Ask::post(format!("{}/link", self.query().0), &[]).bound()
            }
            "POST /query/{token}/code" => {
                let token = self.link();
                Ask::post(format!("/query/{token}/code"), &[]).by(self.app.browser())
            }
            "POST /query/{token}/question" => {
                let (token, code) = self.code();
                Ask::post(format!("/query/{token}/question"), &[("code", &code)]).by(self.app.browser())
            }
            "POST /query/{token}/answer" => {
                let (token, code) = self.code();
                let mut browser = self.app.browser();
                let pairs = pairs(&[("code", &code)]);
                let shown =
                    browser.post_pairs(&format!("/query/{token}/question"), &pairs).expect(200).body();
                let fields =
                    [("pass", hidden(&shown, "pass")), ("choice", "1".into()), ("text", String::new())];
                let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
                Ask::post(format!("/query/{token}/answer"), &fields).by(browser)
            }
            "POST /abstracts/{tumor}/reopening" => {
                let (person, case) = self.person();
                let complete =
                    SetTumor { id: case.id, state: Some("complete".into()), ..SetTumor::default() };
                self.set(PatientChange::Keep { id: person.id }, vec![TumorChange::Set(complete)]);
                Ask::post(format!("/abstracts/{}/reopening", case.uid), &[reason]).bound()
            }
            "POST /edits" => Ask::post("/edits", &LOCAL_EDIT),
            "GET /edits/{edit}" => Ask::get(self.local_edit()).bound(),
            "GET /edits/{edit}/change" => Ask::get(format!("{}/change", self.local_edit())).bound(),
            "POST /edits/{edit}" => {
                let path = self.local_edit();
                let mut fields = pairs(&LOCAL_EDIT);
                fields.extend(pairs(&[("version", "1"), reason]));
                fields.iter_mut().filter(|(n, _)| n == "name").for_each(|(_, v)| v.push_str(", changed"));
                Ask { send: Send::Form(fields), ..Ask::get(path) }.bound()
            }
            "POST /edits/{edit}/dry-run" => {
                Ask::post(format!("{}/dry-run", self.local_edit()), &[("version", "1")]).bound()
            }
            "POST /edits/{edit}/live" => {
                let path = self.local_edit();
                self.home.post(&format!("{path}/dry-run"), &[("version", "1")]).expect(303);
                Ask::post(format!("{path}/live"), &[("version", "1")]).bound()
            }
            "POST /edits/{edit}/retirement" => {
                let path = self.local_edit();
                self.home.post(&format!("{path}/dry-run"), &[("version", "1")]).expect(303);
                self.home.post(&format!("{path}/live"), &[("version", "1")]).expect(303);
                Ask::post(format!("{path}/retirement"), &[reason]).bound()
            }
            "POST /imports" => Ask { send: Send::File(b"<NaaccrData/>".to_vec()), ..Ask::get("/imports") },
            "GET /imports/{id}" => Ask::get(format!("/imports/{}", self.import())).bound(),
            "GET /imports/{id}/progress" => Ask::get(format!("/imports/{}/progress", self.import())).bound(),
            "GET /imports/{id}/rejects/{reject}" => {
                let batch = self.import();
                let reject = self.number("SELECT max(id) AS n FROM import_reject");
                Ask::get(format!("/imports/{batch}/rejects/{reject}")).bound()
            }
            "POST /imports/{id}/run" => {
                // As after a stop of the server: the file is there, the import is not at its end.
                let batch = self.import();
                self.execute(&format!(
                    "UPDATE import_batch SET state = 'stopped' WHERE uid = '{batch}'; INSERT INTO import_upload \
                     (batch_id, seq, bytes) SELECT id, 0, {} FROM import_batch WHERE uid = '{batch}'",
                    if self.backend == Backend::Postgres { "'\\x3c'::bytea" } else { "x'3c'" }
                ));
                Ask::post(format!("/imports/{batch}/run"), &[]).bound()
            }
            "POST /followup/reassignment" => {
                let from = self.account("rosa").1;
                Ask::post("/followup/reassignment", &[("from", &from), ("to", "pool")])
            }
            "GET /patients/{id}/contact" => {
                Ask::get(format!("/patients/{}/contact", self.person().0.uid)).bound()
            }
            "POST /patients/{id}/contacts" => {
                let (uid, fields) = self.contact(&[]);
                Ask { send: Send::Form(fields), ..Ask::get(format!("/patients/{uid}/contacts")) }.bound()
            }
            "POST /patients/{id}/contact-effect" => {
                let (uid, fields) = self.contact(&[("then", "preview")]);
                Ask { send: Send::Form(fields), ..Ask::get(format!("/patients/{uid}/contact-effect")) }
                    .bound()
            }
            "POST /patients/{id}/lost" => {
                let (person, _) = self.person();
                let version = person.version.to_string();
                let fields = [("version", version.as_str()), ("lost", "yes"), reason];
                Ask::post(format!("/patients/{}/lost", person.uid), &fields).bound()
            }
            "POST /patients/{id}/follow-up-interval" => {
                let (person, _) = self.person();
                let version = person.version.to_string();
                let fields = [("version", version.as_str()), ("months", "6")];
                Ask::post(format!("/patients/{}/follow-up-interval", person.uid), &fields).bound()
            }
            "POST /patients/{id}/follow-up-owner" => {
                let (person, _) = self.person();
                let version = person.version.to_string();
                let fields = [("version", version.as_str()), ("owner", "pool")];
                Ask::post(format!("/patients/{}/follow-up-owner", person.uid), &fields).bound()
            }
            "GET /patients/found/{search}" => {
                let path = self.home.post("/find", &[("q", "Sweepwell")]).expect(303).location().to_owned();
                Ask::get(path).bound()
            }
            "GET /patients/{id}"
            | "GET /patients/{id}/history"
            | "GET /patients/{id}/face-sheet"
            | "GET /patients/{id}/correction" => {
                Ask::get(route.path.replace("{id}", &self.person().0.uid)).bound()
            }
            "POST /patients/{id}/void-request" => {
                let path = format!("/patients/{}/void-request", self.person().0.uid);
                Ask::post(path, &[("case", ""), reason]).bound()
            }
            "POST /patients/{id}/void" => {
                let (person, request) = self.void_request();
                let version = person.version.to_string();
                let fields = [("request", request.as_str()), ("version", &version), ("answer", "yes")];
                Ask::post(format!("/patients/{}/void", person.uid), &fields).bound()
            }
            "POST /patients/{id}/restoration" => {
                let (person, case) = self.person();
                let void = SetPatient { id: person.id, state: Some("void"), ..SetPatient::default() };
                self.set(PatientChange::Set(void), Vec::new());
                let version = self.rows(person.id, case.id).0.version.to_string();
                let fields = [("case", ""), ("version", version.as_str()), reason];
                Ask::post(format!("/patients/{}/restoration", person.uid), &fields).bound()
            }
            "POST /patients/{id}/moved-case" => {
                let ((person, case), (right, _)) = (self.person(), self.person());
                let version = case.version.to_string();
                let fields = [
                    ("case", case.uid.as_str()),
                    ("version", version.as_str()),
                    ("to", right.uid.as_str()),
                    reason,
                ];
                Ask::post(format!("/patients/{}/moved-case", person.uid), &fields).bound()
            }
            "GET /patients/{id}/merge" => {
                Ask::get(format!("/patients/{}/merge", self.person().0.uid)).bound()
            }
            "POST /patients/{id}/merge" => {
                let path = format!("/patients/{}/merge", self.person().0.uid);
                Ask::post(path, &[("q", "Sweepwell")]).bound()
            }
            "GET /patients/{id}/merge/{other}" => Ask::get(self.two_records()).bound(),
            "POST /patients/{id}/merge/{other}" => self.merge_request().bound(),
            "POST /patients/{id}/merge/{other}/two-people" => {
                let fields = [("two_people", "a reason for the test")];
                Ask::post(format!("{}/two-people", self.two_records()), &fields).bound()
            }
            "GET /merges/{id}" => {
                let ask = self.merge_request();
                let to = ask.send(&mut self.app.sign_in(RAJ)).expect(303).location().to_owned();
                Ask::get(to.split('?').next().unwrap()).bound()
            }
            "POST /merges/{id}" | "POST /merges/{id}/undo" => {
                let ask = self.merge_request();
                let to = ask.send(&mut self.app.sign_in(RAJ)).expect(303).location().to_owned();
                let path = to.split('?').next().unwrap().to_owned();
                let seen = hidden(&self.home.get(&path).expect(200).body(), "seen");
                let fields = [("answer", "merge"), ("seen", seen.as_str())];
                if route.path.ends_with("undo") {
                    self.home.post(&path, &fields).expect(303);
                    Ask::post(format!("{path}/undo"), &[reason]).bound()
                } else {
                    Ask::post(path, &fields).bound()
                }
            }
            "POST /submissions/look" => Ask::post(route.path, &[("then", "all")]),
            "POST /submissions" => self.next_batch(),
            "GET /submissions/{id}" => Ask::get(self.submission()).bound(),
            "POST /submissions/{id}/file" => {
                let path = self.submission();
                let number = self.number("SELECT max(number) AS n FROM submission_batch");
                let file = format!("batch-{number:04}-A.xml");
                let fields = [("file", file.as_str()), ("password", PASSWORD)];
                Ask::post(format!("{path}/file"), &fields).bound()
            }
            "POST /submissions/{id}/answers" => {
                let path = self.submission();
                let sent = "SELECT accession_number || ',' || sequence_number AS w FROM submission_item \
                            ORDER BY id DESC LIMIT 1";
                let list = format!("accession,sequence,answer\n{},accepted\n", self.word(sent));
                Ask::post(format!("{path}/answers"), &[("answers", list.as_str())]).bound()
            }
            _ => panic!("tests/it/sweeps.rs does not know {word}: say how it is asked with a real id"),
        })
    }

    /// Waits until no import works in the background any more.
    fn settle(&self) {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
        let working =
            "SELECT count(*) AS n FROM import_batch WHERE state IN ('uploading', 'arrived', 'running')";
        while self.number(working) > 0 {
            assert!(std::time::Instant::now() < until, "an import does not end");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// All that stands in the tables, but for bookkeeping that is no event.
    fn contents(&self) -> Vec<(String, String)> {
        let kept_by_itself = ["session", "sign_in_source", "audit_event", "audit_subject", "job"];
        let tables: Vec<String> = self.app.registry.look(|conn| {
            let query = match conn {
                Conn::Sqlite(_) => {
                    "SELECT name AS w FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
                     ORDER BY name"
                }
                Conn::Pg(_) => {
                    "SELECT table_name::text AS w FROM information_schema.tables \
                     WHERE table_schema = 'public' ORDER BY 1"
                }
            };
            Ok(diesel::sql_query(query).load::<Word>(conn)?.into_iter().map(|row| row.w).collect())
        });
        assert!(tables.len() > 20, "{tables:?}");
        let tables = tables.into_iter().filter(|t| !kept_by_itself.contains(&t.as_str()));
        tables.map(|table| (self.rows_of(&table), table)).map(|(rows, table)| (table, rows)).collect()
    }

    /// The tables that are not as they were.
    fn changed(&self, before: &[(String, String)]) -> impl Iterator<Item = String> {
        let now = self.contents();
        let pairs = before.iter().zip(now).filter(|(was, is)| *was != is);
        pairs.map(|(_, (table, _))| table).collect::<Vec<_>>().into_iter()
    }

    fn rows_of(&self, table: &str) -> String {
        if self.backend == Backend::Postgres {
            return self.word(&format!(
                "SELECT COALESCE(string_agg(t::text, '|' ORDER BY t::text), '') AS w FROM {table} t"
            ));
        }
        let columns = self.word(&format!(
            "SELECT group_concat('quote(\"' || name || '\")', '||'',''||') AS w \
             FROM pragma_table_info('{table}')"
        ));
        self.word(&format!("SELECT COALESCE(group_concat({columns}, '|'), '') AS w FROM {table}"))
    }

    /// From now on no event can be written.
    fn break_audit(&self) {
        self.execute(match self.backend {
            Backend::Embedded => {
                "CREATE TRIGGER no_audit BEFORE INSERT ON audit_event \
                 BEGIN SELECT RAISE(ABORT, 'no audit'); END"
            }
            Backend::Postgres => {
                "CREATE FUNCTION no_audit() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'no audit'; END $$; \
                 CREATE TRIGGER no_audit BEFORE INSERT ON audit_event \
                 FOR EACH ROW EXECUTE FUNCTION no_audit()"
            }
        });
    }

    fn mend_audit(&self) {
        self.execute(match self.backend {
            Backend::Embedded => "DROP TRIGGER no_audit",
            Backend::Postgres => "DROP TRIGGER no_audit ON audit_event; DROP FUNCTION no_audit()",
        });
    }
}

/// A route asked by the other facility, without the event log, and as it should be: what is wrong.
fn asked(world: &mut World, route: &Route, ask: &Ask) -> Vec<String> {
    let mut wrong = Vec::new();
    world.settle();
    let before = world.contents();
    if ask.bound {
        let answer = ask.send(&mut world.away);
        if answer.status != 404 {
            wrong.push(format!("the other facility gets {}: {}", answer.status, answer.body()));
        }
        wrong.extend(world.changed(&before).map(|table| format!("the other facility changed {table}")));
    }
    let mut who = ask.who.clone().unwrap_or_else(|| world.home.clone());
    if route.audit.is_some() {
        world.break_audit();
        let answer = ask.send(&mut who.clone());
        world.mend_audit();
        if answer.status < 500 {
            wrong.push(format!("without an event it answers {}", answer.status));
        }
        // The attempt is counted before the password is looked at.
        let counted = |table: &String| route.path == "/sign-in" && table == "account";
        let changed = world.changed(&before).filter(|table| !counted(table));
        wrong.extend(changed.map(|table| format!("without an event it changed {table}")));
    }
    let last = world.number("SELECT COALESCE(max(id), 0) AS n FROM audit_event");
    let answer = ask.send(&mut who);
    if !matches!(answer.status, 200 | 204 | 303) {
        wrong.push(format!("answered {} {}", answer.status, answer.body()));
    }
    match route.audit {
        Some(action) => {
            let left = world.number(&format!(
                "SELECT count(*) AS n FROM audit_event WHERE id > {last} AND outcome = 'done' \
                 AND action = '{}'",
                action.word()
            ));
            if left == 0 {
                wrong.push(format!("left no event “{}”", action.word()));
            }
        }
        None => {
            let touched = format!("SELECT count(*) AS n FROM audit_subject WHERE event_id > {last}");
            if world.number(&touched) > 0 {
                wrong.push("concerns patients but declares no event".to_owned());
            }
        }
    }
    wrong
}

#[test]
fn every_route_keeps_to_its_facility_and_leaves_its_event_or_does_nothing() {
    for backend in backends() {
        let mut world = World::new(backend);
        let mut wrong = Vec::new();
        for route in app::inventory() {
            let Some(ask) = world.ask(&route) else {
                assert!(route.audit.is_none(), "{route:?} is audited but not asked");
                continue;
            };
            let named = route.path.contains('{') && route.action != Action::Public;
            let tables = route.path.starts_with("/codes/");
            assert_eq!(ask.bound, named && !tables, "{route:?}: is its path's id one of a facility?");
            let found = asked(&mut world, &route, &ask);
            wrong.extend(found.into_iter().map(|what| format!("{backend:?} {route:?}: {what}")));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
