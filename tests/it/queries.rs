//! Questions to physicians, from the field of a case over mail and code to the answer in the case.

use std::{sync::Arc, time::Duration};

use cancer_registry::{
    audit::AuditAction,
    reminder::{
        job::{Reminders, When},
        smtp::{Limits, Security, SmtpMailer, SmtpServer},
    },
};
use diesel::{
    QueryableByName, RunQueryDsl,
    connection::SimpleConnection,
    sql_types::{BigInt, Text},
};
use proptest::prelude::*;

use crate::{
    abstracting::{complete_case, make, record, save},
    support::{
        Backend,
        app::{OLGA, QUINN, RAJ, ROSA, SAM, TestApp, hidden},
        backends,
        http::{Answer, Browser},
        smtp::{Act, At, FakeSmtp, Offer, PASSWORD, Taken, USER},
    },
};

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

/// A registry, a mail server, an open case of Rosa's.
struct Room {
    app: TestApp,
    mail: FakeSmtp,
    rosa: Browser,
    uid: String,
}

const NAMES: [&str; 2] = ["Larkspurre", "Wilhelmina"];
const RECORD: &str = "MRN-551907";

/// The text of a mail, as its reader sees it.
fn plain(mail: &Taken) -> String {
    mail.data.replace("=\r\n", "").replace("=3D", "=")
}

impl Room {
    fn new(backend: Backend) -> Self {
        let app = TestApp::new(backend);
        let mail = FakeSmtp::start(Offer::StartTls);
        let mut rosa = app.sign_in(ROSA);
        let person = [("nameLast", NAMES[0]), ("nameFirst", NAMES[1]), ("dateOfBirth", "1951-03-04")];
        let uid = make(&mut rosa, &person, None);
        let cancer = [
            ("dateOfDiagnosis", "2026-11-10"),
            ("primarySite", "C504"),
            ("histologicTypeIcdO3", "8500/3"),
            ("laterality", "1"),
        ];
        save(&mut rosa, &uid, "case", &[("dateOf1stContact", "2026-11-10"), ("classOfCase", "14")])
            .expect(303);
        save(&mut rosa, &uid, "cancer", &cancer).expect(303);
        save(&mut rosa, &uid, "case", &[("medicalRecordNumber", RECORD)]).expect(303);
        Self { app, mail, rosa, uid }
    }

    fn reminders(&self) -> Reminders {
        let server = SmtpServer {
            host: "localhost".to_owned(),
            port: self.mail.port(),
            security: Security::StartTls,
            login: Some((USER.to_owned(), PASSWORD.to_owned())),
            authority: Some(self.mail.authority().as_bytes().to_vec()),
            limits: Limits {
                connect: Duration::from_secs(5),
                command: Duration::from_secs(5),
                message: Duration::from_secs(5),
            },
        };
        Reminders {
            db: self.app.registry.db.clone(),
            mailer: Arc::new(SmtpMailer::new(server).unwrap()),
            from: "registry@hospital.example".to_owned(),
            base_url: "https://registry.hospital.example".to_owned(),
        }
    }

    /// One round of the mail; the mails that the server took in it.
    fn round(&self) -> Vec<Taken> {
        let before = self.mail.taken().len();
        self.reminders().run(When::Now, None).unwrap();
        self.mail.taken().into_iter().skip(before).collect()
    }

    /// Asks about the side; address of the question.
    fn ask(&mut self, email: &str) -> String {
        let fields = asked(email, "Which side was it on?", "send");
        let to = self.rosa.post(&format!("/abstracts/{}/queries", self.uid), &fields).expect(303);
        to.location().split('?').next().unwrap().to_owned()
    }

    /// The link that a mail carries, without the host.
    fn link(mail: &Taken) -> String {
        let text = plain(mail);
        let at = text.find("https://registry.hospital.example/query/").unwrap_or_else(|| panic!("{text}"));
        let link: String = text[at..].chars().take_while(|c| !c.is_whitespace() && *c != '"').collect();
        link.strip_prefix("https://registry.hospital.example").unwrap().to_owned()
    }

    /// Lets a code be sent for a link and reads it from the mail.
    fn code(&self, browser: &mut Browser, link: &str) -> String {
        let to = browser.post_pairs(&format!("{link}/code"), &[]).expect(303);
        assert!(to.location().ends_with("?sent=1"), "{}", to.location());
        let mails = self.round();
        let [mail] = mails.as_slice() else { panic!("{mails:?}") };
        assert!(!mail.data.contains("/query/"), "code and link come apart");
        let text = plain(mail);
        let code = text.lines().find(|l| l.len() == 6 && l.bytes().all(|b| b.is_ascii_digit()));
        code.unwrap_or_else(|| panic!("{text}")).to_owned()
    }

    fn open(&self, browser: &mut Browser, link: &str) -> Answer {
        let code = self.code(browser, link);
        browser.post_pairs(&format!("{link}/question"), &[("code".into(), code)])
    }

    fn words(&self, query: &str) -> Vec<String> {
        let rows: Vec<Word> = self.app.registry.look(|conn| Ok(diesel::sql_query(query).load(conn)?));
        rows.into_iter().map(|row| row.w).collect()
    }

    fn events(&self, like: &str) -> i64 {
        let query = format!(
            "SELECT count(*) AS n FROM audit_event WHERE action = '{}' AND outcome = 'done' AND detail LIKE '{like}%'",
            AuditAction::Query.word()
        );
        self.app.registry.look(|conn| Ok(diesel::sql_query(&query).load::<Number>(conn)?[0].n))
    }
}

fn asked<'a>(email: &'a str, question: &'a str, then: &'a str) -> [(&'a str, &'a str); 7] {
    [
        ("item", "laterality"),
        ("name", "Dr. Dana Orr"),
        ("email", email),
        ("question", question),
        ("choices", "1 = Right\n2 = Left\n9 = Not known"),
        ("due", "2026-12-07"),
        ("then", then),
    ]
}

fn answer(browser: &mut Browser, link: &str, pass: &str, choice: &str, text: &str) -> Answer {
    let pairs =
        [("pass", pass), ("choice", choice), ("text", text)].map(|(n, v)| (n.to_owned(), v.to_owned()));
    browser.post_pairs(&format!("{link}/answer"), &pairs)
}

#[test]
fn a_question_goes_from_the_field_to_the_answer_in_the_case() {
    for backend in backends() {
        let mut room = Room::new(backend);
        let uid = room.uid.clone();
        let form = room.rosa.get(&format!("/abstracts/{uid}/cancer")).expect(200).body();
        assert!(form.contains(&format!("/abstracts/{uid}/queries/new?item=laterality")));
        let why = room.rosa.get(&format!("/abstracts/{uid}/why/laterality")).expect(200).body();
        assert!(why.contains("queries/new?item=laterality"));
        let ask = room.rosa.get(&format!("/abstracts/{uid}/queries/new?item=laterality")).expect(200).body();
        assert!(ask.contains("Only one side involved") || ask.contains("2 = "), "{ask}");

        // Looked at first: what the recipient will see, and the mail; nothing is sent.
        let path = format!("/abstracts/{uid}/queries");
        let fields = asked("dana@clinic.example", "Which side was it on?", "preview");
        let preview = room.rosa.post(&path, &fields).expect(200).text("#preview");
        for said in
            ["W. L.", RECORD, "Which side was it on?", "Left", "A question from the registry waits for you"]
        {
            assert!(preview.contains(said), "{said}: {preview}");
        }
        assert!(!NAMES.iter().any(|name| preview.contains(name)), "{preview}");
        assert!(room.round().is_empty());

        let query = room.ask("dana@clinic.example");
        let mails = room.round();
        let [mail] = mails.as_slice() else { panic!("{mails:?}") };
        assert_eq!(mail.to, ["<dana@clinic.example>"]);
        assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
        for secret in [
            NAMES[0],
            NAMES[1],
            RECORD,
            "551907",
            "1951",
            "aterality",
            "Which side",
            "C50",
            "reast",
            "Orr",
            "2026-11-10",
        ] {
            assert!(!plain(mail).contains(secret), "{secret} in {}", plain(mail));
        }
        let form = room.rosa.get(&format!("/abstracts/{uid}/cancer")).expect(200).body();
        assert!(form.contains("Dr. Dana Orr was asked about this"), "beside the field");
        assert!(room.rosa.get(&path).expect(200).body().contains("sent today"));

        // A mail scanner opens the link, often; the recipient's browser has no cookie and gets none.
        let link = Room::link(mail);
        let mut dana = room.app.browser();
        for _ in 0..3 {
            let door = dana.get(&link).expect(200);
            assert_eq!(door.header("cache-control"), Some("no-store"));
            assert_eq!(door.header("referrer-policy"), Some("no-referrer"));
            assert!(door.header("x-robots-tag").unwrap().contains("noindex"));
            assert!(door.header("set-cookie").is_none());
            let said = door.body();
            assert!(!said.contains("side") && !said.contains("W. L.") && !said.contains(RECORD), "{said}");
            assert!(!said.contains("<nav") && !said.contains("dana@"), "{said}");
        }
        let code = room.code(&mut dana, &link);
        let shown =
            dana.post_pairs(&format!("{link}/question"), &[("code".into(), code.clone())]).expect(200);
        assert!(shown.header("set-cookie").is_none());
        let said = shown.body();
        for wanted in ["W. L.", RECORD, "Which side was it on?", "Left"] {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
        assert!(
            !NAMES.iter().any(|name| said.contains(name)) && !said.contains("1951") && !said.contains("<nav")
        );
        // The code is spent.
        dana.post_pairs(&format!("{link}/question"), &[("code".into(), code)]).expect(422);

        let pass = hidden(&said, "pass");
        answer(&mut dana, &link, &pass, "", "").expect(422);
        answer(&mut dana, &link, &pass, "7", "").expect(422);
        assert!(
            answer(&mut dana, &link, &pass, "2", "Seen in theatre.").expect(200).body().contains("Thank you")
        );
        // Spent: no second answer, and the link says what any wrong link says.
        let again = answer(&mut dana, &link, &pass, "1", "").expect(404);
        assert_eq!(again.body(), dana.get(&link).expect(404).body());
        assert_eq!(again.body(), dana.get(&format!("/query/{}", "0".repeat(64))).expect(404).body());

        // It lands with its owner, with what it would do.
        assert!(room.rosa.get("/").expect(200).body().contains("answer of a physician"));
        let page = room.rosa.get(&query).expect(200);
        let told = page.text("main");
        for said in ["Seen in theatre.", "What it would do", "1 Right", "2 Left", "Dr. Dana Orr"] {
            assert!(told.contains(said), "{said}: {told}");
        }
        assert_eq!(record(&room.app, &uid).1.value("laterality"), "1", "nothing is taken by itself");
        let other = room.rosa.get(&format!("{query}?value=0")).expect(200).text("main");
        assert!(other.contains("Findings that appear"), "breast is paired: {other}");
        room.rosa.post(&format!("{query}/answer"), &[("value", "2")]).expect(303);
        assert_eq!(record(&room.app, &uid).1.value("laterality"), "2");
        let why = room.rosa.get(&format!("/abstracts/{uid}/why/laterality")).expect(200).text("main");
        assert!(why.contains("Physician query answered by Dr. Dana Orr on 2026-11-23"), "{why}");
        room.rosa.post(&format!("{query}/answer"), &[("value", "1")]).expect(422);
        assert_eq!(record(&room.app, &uid).1.value("laterality"), "2");
        for what in ["asked, query", "opened by the recipient", "answered", "taken"] {
            assert_eq!(room.events(what), 1, "{what}");
        }
        assert!(!room.rosa.get("/").expect(200).body().contains("answer of a physician"));
    }
}

#[test]
fn a_question_that_names_the_patient_is_not_sent() {
    let mut room = Room::new(backends()[0]);
    let path = format!("/abstracts/{}/queries", room.uid);
    for (question, why) in [
        ("Which side was it in Wilhelmina?", "a name of the patient"),
        ("Which side, MRN 551907?", "the record number"),
        ("Born 03/04/1951: which side?", "the birth date"),
        ("123-45-6789: which side was it?", "like a social security number"),
        ("Short?", "at least 10"),
    ] {
        let told = room.rosa.post(&path, &asked("dana@clinic.example", question, "send")).expect(422).body();
        assert!(told.contains(why), "{question}: {told}");
    }
    for (field, value) in [
        ("email", "no address"),
        ("email", "a@b.example\r\nBcc: c@d.example"),
        ("due", "2026-11-23"),
        ("due", "2026-11-28"),
        ("name", ""),
        ("choices", "7 = Above"),
        ("choices", "2 = Larkspurre"),
    ] {
        let mut fields = asked("dana@clinic.example", "Which side was it on?", "send");
        fields.iter_mut().find(|(n, _)| *n == field).unwrap().1 = value;
        room.rosa.post(&path, &fields).expect(422);
    }
    assert!(room.words("SELECT uid AS w FROM physician_query").is_empty());
    assert!(room.round().is_empty());
    // Nor is there a question about what the program derives, or about the name.
    for (item, status) in
        [("ageAtDiagnosis", 400), ("nameLast", 400), ("socialSecurityNumber", 400), ("nothing", 404)]
    {
        room.rosa.get(&format!("/abstracts/{}/queries/new?item={item}", room.uid)).expect(status);
    }
}

#[test]
fn codes_are_guessed_five_times_and_sent_ten_times_at_most() {
    for backend in backends() {
        let mut room = Room::new(backend);
        room.ask("dana@clinic.example");
        let link = Room::link(&room.round()[0]);
        let mut dana = room.app.browser();
        // Before any code there is none to guess.
        dana.post_pairs(&format!("{link}/question"), &[("code".into(), "000000".into())]).expect(422);
        let code = room.code(&mut dana, &link);
        let wrong = if code == "123456" { "123457" } else { "123456" };
        for _ in 0..5 {
            dana.post_pairs(&format!("{link}/question"), &[("code".into(), wrong.into())]).expect(422);
        }
        let right = [("code".to_owned(), code)];
        dana.post_pairs(&format!("{link}/question"), &right).expect(422);
        // Another one, not at once, and good for a quarter of an hour.
        let soon = dana.post_pairs(&format!("{link}/code"), &[]).expect(303);
        assert!(soon.location().ends_with("sent=soon"));
        room.app.registry.clock.advance(chrono::Duration::seconds(61));
        let late = room.code(&mut dana, &link);
        room.app.registry.clock.advance(chrono::Duration::minutes(16));
        dana.post_pairs(&format!("{link}/question"), &[("code".into(), late)]).expect(422);
        for _ in 0..8 {
            room.app.registry.clock.advance(chrono::Duration::seconds(61));
            room.code(&mut dana, &link);
        }
        room.app.registry.clock.advance(chrono::Duration::seconds(61));
        let most = dana.post_pairs(&format!("{link}/code"), &[]).expect(303);
        assert!(most.location().ends_with("sent=most"), "{}", most.location());
        assert!(dana.get(most.location()).expect(200).body().contains("No more codes"));
    }
}

#[test]
fn links_that_open_nothing_are_counted_against_where_they_come_from() {
    let mut room = Room::new(backends()[0]);
    room.ask("dana@clinic.example");
    let link = Room::link(&room.round()[0]);
    let mut dana = room.app.browser();
    let mut guesses = 0;
    for n in 0..200 {
        if dana.get(&format!("/query/{n:064x}")).status == 429 {
            break;
        }
        guesses += 1;
    }
    assert!((40..=60).contains(&guesses), "{guesses}");
    dana.get(&link).expect(429);
    room.app.registry.clock.advance(chrono::Duration::minutes(20));
    dana.get(&link).expect(200);
}

#[test]
fn a_link_ends_with_its_time_a_fresh_one_and_the_question_and_a_pass_with_its_own() {
    for backend in backends() {
        let mut room = Room::new(backend);
        let query = room.ask("dana@clinic.example");
        let first = Room::link(&room.round()[0]);
        let mut dana = room.app.browser();
        let shown = room.open(&mut dana, &first).expect(200).body();
        let pass = hidden(&shown, "pass");
        room.app.registry.clock.advance(chrono::Duration::minutes(121));
        let over = answer(&mut dana, &first, &pass, "2", "").expect(422).body();
        assert!(over.contains("The time for answering is over"), "{over}");
        // A page opened anew takes the place of the one before.
        let one = hidden(&room.open(&mut dana, &first).expect(200).body(), "pass");
        room.app.registry.clock.advance(chrono::Duration::seconds(61));
        let two = hidden(&room.open(&mut dana, &first).expect(200).body(), "pass");
        answer(&mut dana, &first, &one, "2", "").expect(422);
        assert_ne!(one, two);

        room.rosa = room.app.sign_in(ROSA);
        room.rosa.post(&format!("{query}/link"), &[]).expect(303);
        let second = Room::link(&room.round()[0]);
        assert_ne!(first, second);
        dana.get(&first).expect(404);
        answer(&mut dana, &first, &two, "2", "").expect(404);
        answer(&mut dana, &second, &two, "2", "").expect(422);
        dana.get(&second).expect(200);
        room.app.registry.clock.advance(chrono::Duration::days(42));
        dana.get(&second).expect(404);

        room.rosa = room.app.sign_in(ROSA);
        room.rosa.post(&format!("{query}/link"), &[]).expect(303);
        let mails = room.round();
        let third = Room::link(mails.iter().find(|m| m.data.contains("/query/")).unwrap());
        room.rosa.post(&format!("{query}/end"), &[("reason", "short")]).expect(422);
        room.rosa.post(&format!("{query}/end"), &[("reason", "Found it in the report")]).expect(303);
        dana.get(&third).expect(404);
        assert_eq!(room.events("withdrawn"), 1);
        assert!(room.rosa.get(&query).expect(200).body().contains("Found it in the report"));
        // Nothing is stored that opens anything.
        let rows = room.words("SELECT salt || link_hash AS w FROM physician_query");
        for link in [&first, &second, &third] {
            let token = link.strip_prefix("/query/").unwrap();
            assert!(token.len() == 64 && !rows[0].contains(token));
        }
    }
}

#[test]
fn two_recipients_do_not_cross_and_other_facilities_see_nothing() {
    for backend in backends() {
        let mut room = Room::new(backend);
        let (one, two) = (room.ask("dana@clinic.example"), room.ask("eli@clinic.example"));
        let mails = room.round();
        let (dana_link, eli_link) = (Room::link(&mails[0]), Room::link(&mails[1]));
        let (mut dana, mut eli) = (room.app.browser(), room.app.browser());
        let dana_code = room.code(&mut dana, &dana_link);
        eli.post_pairs(&format!("{eli_link}/question"), &[("code".into(), dana_code.clone())]).expect(422);
        let shown =
            dana.post_pairs(&format!("{dana_link}/question"), &[("code".into(), dana_code)]).expect(200);
        let pass = hidden(&shown.body(), "pass");
        answer(&mut eli, &eli_link, &pass, "2", "").expect(422);
        answer(&mut dana, &dana_link, &pass, "2", "").expect(200);
        eli.get(&eli_link).expect(200);
        let states = room.words("SELECT state AS w FROM physician_query ORDER BY id");
        assert_eq!(states, ["answered", "open"]);

        let mut olga = room.app.sign_in(OLGA);
        for path in [one.clone(), two, format!("/abstracts/{}/queries", room.uid)] {
            olga.get(&path).expect(404);
        }
        olga.post(&format!("{one}/answer"), &[("value", "2")]).expect(404);
        assert!(!olga.get("/queries").expect(200).body().contains(NAMES[0]));
        // Reviewers read; they neither ask nor decide.
        let mut quinn = room.app.sign_in(QUINN);
        let page = quinn.get(&one).expect(200).body();
        assert!(page.contains("Dr. Dana Orr") && !page.contains("Take the answer"));
        quinn.post(&format!("{one}/answer"), &[("value", "2")]).expect(404);
        // Another registrar sees the case's questions, not in the own list; the supervisor sees all.
        assert!(!room.app.sign_in(RAJ).get("/queries").expect(200).body().contains(NAMES[0]));
        assert!(room.app.sign_in(SAM).get("/queries").expect(200).body().contains(NAMES[0]));
    }
}

#[test]
fn silence_is_reminded_of_after_14_days_and_told_after_28() {
    for backend in backends() {
        let mut room = Room::new(backend);
        let query = room.ask("dana@clinic.example");
        let link = Room::link(&room.round()[0]);
        let about = |mails: &[Taken]| -> Vec<(String, String)> {
            mails
                .iter()
                .filter(|m| plain(m).contains("question"))
                .map(|m| (m.to[0].clone(), m.header("Subject").unwrap()))
                .collect()
        };
        room.app.registry.clock.advance(chrono::Duration::days(13));
        assert!(about(&room.round()).is_empty());
        room.app.registry.clock.advance(chrono::Duration::days(1));
        let mails = room.round();
        let again = "A question from the registry still waits for you".to_owned();
        assert_eq!(about(&mails), [("<dana@clinic.example>".to_owned(), again)]);
        let reminder = mails.iter().find(|m| m.data.contains("/query/")).unwrap();
        assert_eq!(Room::link(reminder), link, "the reminder opens the same question");
        assert!(about(&room.round()).is_empty(), "once");
        room.app.registry.clock.advance(chrono::Duration::days(14));
        let mails = room.round();
        let late = "A question to a physician has no answer".to_owned();
        assert_eq!(about(&mails), [("<sam@hospital.example>".to_owned(), late)]);
        for mail in &mails {
            for secret in [NAMES[0], NAMES[1], RECORD, "Orr", "Which side"] {
                assert!(!plain(mail).contains(secret), "{secret}");
            }
        }
        let mut sam = room.app.sign_in(SAM);
        assert!(sam.get("/").expect(200).body().contains("question without an answer"));
        let list = sam.get("/queries").expect(200).body();
        assert!(list.contains("waits for 28 days, supervisors were told"), "{list}");
        assert!(!room.app.sign_in(RAJ).get("/").expect(200).body().contains("without an answer"));
        // The link still works; the answer can be left, with a reason.
        let mut dana = room.app.browser();
        let pass = hidden(&room.open(&mut dana, &link).expect(200).body(), "pass");
        answer(&mut dana, &link, &pass, "", "I do not remember.").expect(200);
        room.rosa = room.app.sign_in(ROSA);
        room.rosa.post(&format!("{query}/answer"), &[("value", "")]).expect(422);
        room.rosa.post(&format!("{query}/end"), &[("reason", "The report says so too")]).expect(303);
        assert_eq!(room.events("left"), 1);
        assert_eq!(record(&room.app, &room.uid).1.value("laterality"), "1");
        room.app.registry.clock.advance(chrono::Duration::days(30));
        assert!(about(&room.round()).is_empty(), "nothing more is said of a closed question");
    }
}

#[test]
fn a_complete_case_keeps_its_question_and_takes_an_answer_only_when_it_is_open_again() {
    let mut room = Room::new(backends()[0]);
    room.uid = complete_case(&mut room.rosa);
    let before = record(&room.app, &room.uid).1.value("laterality").to_owned();
    let query = room.ask("dana@clinic.example");
    let link = Room::link(&room.round()[0]);
    let mut dana = room.app.browser();
    let pass = hidden(&room.open(&mut dana, &link).expect(200).body(), "pass");
    let other = if before == "2" { "1" } else { "2" };
    answer(&mut dana, &link, &pass, other, "").expect(200);
    let told = room.rosa.post(&format!("{query}/answer"), &[("value", other)]).expect(422).body();
    assert!(told.contains("The case is closed"), "{told}");
    assert_eq!(record(&room.app, &room.uid).1.value("laterality"), before);
    let reason = [("reason", "The physician corrected the side")];
    room.rosa.post(&format!("/abstracts/{}/reopening", room.uid), &reason).expect(303);
    room.rosa.post(&format!("{query}/answer"), &[("value", other)]).expect(303);
    assert_eq!(record(&room.app, &room.uid).1.value("laterality"), other);
}

#[test]
fn a_deleted_case_opens_no_question_any_more() {
    let mut room = Room::new(backends()[0]);
    room.ask("dana@clinic.example");
    let link = Room::link(&room.round()[0]);
    room.app
        .registry
        .db
        .maintenance(|conn| {
            let voided = if matches!(conn, cancer_registry::db::Conn::Pg(_)) { "true" } else { "1" };
            Ok::<_, cancer_registry::db::StoreError>(
                conn.batch_execute(&format!("UPDATE tumor SET voided = {voided}"))?,
            )
        })
        .unwrap();
    room.app.browser().get(&link).expect(404);
    room.app.registry.clock.advance(chrono::Duration::days(28));
    assert!(room.round().iter().all(|m| !m.data.contains("/query/")));
}

#[test]
fn a_mail_server_that_fails_loses_no_question() {
    let mut room = Room::new(backends()[0]);
    room.mail.script([Act::Say(At::To, "450 4.2.1 greylisted")]);
    room.ask("dana@clinic.example");
    assert!(room.round().is_empty());
    let mails = room.round();
    assert_eq!(mails.len(), 1);
    room.app.browser().get(&Room::link(&mails[0])).expect(200);
    // A refused physician is no bad address of the person who asked.
    room.mail.script([Act::Say(At::To, "550 5.1.1 no such person")]);
    let query = room.ask("gone@clinic.example");
    assert!(room.round().is_empty());
    assert_eq!(room.app.account(ROSA).mail_refused, 0);
    let page = room.rosa.get(&query).expect(200).text(".log");
    assert!(page.contains("failed"), "{page}");
}

/// Whatever the patient and the question are, their words do not reach a mail.
#[test]
fn no_mail_holds_a_word_of_the_patients_of_the_practice_registry() {
    use cancer_registry::{
        demo::{Plan, Practice},
        reminder::queries::{QueryWords, Says},
    };
    let plan = Plan {
        seed: 11,
        cases: 300,
        today: "2026-11-23".parse().unwrap(),
        first_number: 0,
        facility_number: "0000000000".to_owned(),
        registrars: vec!["RQU".to_owned()],
    };
    let mails: Vec<String> = [Says::Question, Says::Again, Says::Late, Says::Code("480517".to_owned())]
        .into_iter()
        .map(|says| {
            let words = QueryWords {
                says,
                facility: "Practice General".to_owned(),
                due_on: "2026-12-07".parse().unwrap(),
                until: "2027-01-04".parse().unwrap(),
                link: format!("https://registry.example/query/{}", "a".repeat(64)),
                office: "office@hospital.example".to_owned(),
            };
            let r = words.render().unwrap();
            format!(" {} {} ", r.subject, r.text).to_lowercase()
        })
        .collect();
    let mut looked = 0;
    for patient in Practice::new(plan) {
        let identifying =
            ["nameLast", "nameFirst", "nameMiddle", "dateOfBirth", "socialSecurityNumber", "telephone"];
        let of_tumor = ["medicalRecordNumber", "accessionNumberHosp", "primarySite", "dateOfDiagnosis"];
        let words = identifying.iter().map(|id| patient.record.patient.value(id).to_owned());
        let more = patient.record.tumors.iter().flat_map(|t| of_tumor.map(|id| t.items.value(id).to_owned()));
        for word in words.chain(more).filter(|w| w.chars().count() > 2) {
            for mail in &mails {
                let parts: Vec<&str> = mail.split(|c: char| !c.is_alphanumeric()).collect();
                assert!(!parts.contains(&word.to_lowercase().as_str()), "{word} in {mail}");
            }
            looked += 1;
        }
    }
    assert!(looked > 1_000, "{looked}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_path_behind_a_link_answers_without_a_fault(token in "[a-zA-Z0-9%._-]{1,80}", word in "(code|question|answer)") {
        thread_local! {
            static APP: TestApp = TestApp::new(Backend::Embedded);
        }
        APP.with(|app| {
            app.registry.clock.advance(chrono::Duration::hours(1));
            let mut browser = app.browser();
            let status = browser.get(&format!("/query/{token}")).status;
            prop_assert!((400..500).contains(&status), "{status}");
            let status = browser.post_pairs(&format!("/query/{token}/{word}"), &[]).status;
            prop_assert!((400..500).contains(&status), "{status}");
            Ok(())
        })?;
    }
}
