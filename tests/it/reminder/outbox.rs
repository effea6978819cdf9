//! Who gets which mail once: the outbox against both databases.

use std::sync::{Arc, Barrier};

use cancer_registry::reminder::{
    job::{Report, When, parse_at},
    mail::Mail,
    mailer::{Mailer, SendFailure, Verdict},
    worker::Tally,
};
use chrono::Duration;

use super::cast::{BASE, CANARY, MailRoom};
use crate::support::backends;

const MONDAY: &str = "2026-11-30T08:00";

fn sent(report: &Report) -> Vec<String> {
    report.created.iter().map(|m| format!("{} {} {}", m.recipient, m.kind.code(), m.period)).collect()
}

fn later() -> SendFailure {
    SendFailure { verdict: Verdict::Later, reason: "451 4.3.0 try later".to_owned() }
}

/// Ann: 1 delinquent, 1 overdue, 2 due. Bob: 1 due. Sue: nothing.
fn with_work(room: &MailRoom) -> Vec<i64> {
    vec![
        room.patient("ann", "20250101"),
        room.patient("ann", "20250915"),
        room.patient("ann", "20251110"),
        room.patient("ann", "20251128"),
        room.patient("bob", "20251115"),
        room.patient("bob", "20260301"),
    ]
}

#[test]
fn one_mail_for_each_registrar_with_work_and_none_the_second_time() {
    for backend in backends() {
        let room = MailRoom::new(backend);
        with_work(&room);
        let first = room.remind(MONDAY);
        assert_eq!(sent(&first), ["ann M1 2026-W49", "bob M1 2026-W49"]);
        assert_eq!(first.tally, Tally { sent: 2, ..Tally::default() });
        let second = room.remind(MONDAY);
        assert_eq!((second.created.len(), second.tally), (0, Tally::default()));
        assert_eq!(room.memory.taken().len(), 2);
        assert_eq!(room.told(), ["ann M1 2026-W49 sent", "bob M1 2026-W49 sent"]);
        let text = String::from_utf8(room.memory.taken()[0].bytes.clone()).unwrap();
        assert!(text.contains("Subject: Registry work list: 4 items"), "{text}");
        for line in ["   1  Delinquent", "   1  Overdue", "   2  Due", "has been open for 47 weeks"] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        // Each made and each sent mail left an event with its counts.
        let events = room.number("SELECT COUNT(*) AS n FROM audit_event WHERE action = 'mail'");
        assert_eq!(events, 4);
    }
}

#[test]
fn the_mail_links_to_the_list_and_holds_nothing_of_the_patients() {
    for backend in backends() {
        let room = MailRoom::new(backend);
        with_work(&room);
        room.remind(MONDAY);
        let secrets = [
            CANARY,
            "canary",
            "CANARY",
            "Wren",
            "1951",
            "900417733",
            "4711",
            "5550199871",
            "C504",
            "C50.4",
            "8500",
            "202204711",
            "1999999984",
            "2025",
            "20251110",
            "Nov 2025",
            "staff",
            "breast",
            "cancer",
        ];
        for mail in room.memory.taken() {
            let text = String::from_utf8(mail.bytes).unwrap();
            let plain = text.replace("=\r\n", "");
            assert!(plain.contains(&format!("{BASE}/lists/")), "{plain}");
            assert!(plain.contains(&format!("{BASE}/account")), "{plain}");
            assert!(plain.contains("Practice General"), "{plain}");
            let body = plain.split_once("\r\n\r\n").unwrap();
            // The opaque ids are hexadecimal digits; they are looked at apart from the words.
            let hex = |c: char| c.is_ascii_hexdigit() || c == '-';
            let words: String =
                body.1.split_whitespace().filter(|w| !w.contains("/lists/")).collect::<Vec<_>>().join(" ");
            for secret in secrets {
                assert!(!words.contains(secret), "{secret} in {words}");
                assert!(
                    !body.0.replace("cancer-registry", "").contains(secret) || secret == "2025",
                    "{secret}"
                );
            }
            let link = plain.split("/lists/").nth(1).unwrap();
            assert_eq!(link.chars().take_while(|c| hex(*c)).count(), 36);
        }
    }
}

#[test]
fn an_item_that_becomes_due_is_told_on_the_day_and_by_the_digest_on_monday() {
    for backend in backends() {
        let room = MailRoom::new(backend);
        room.patient("ann", "20251120");
        assert_eq!(sent(&room.remind("2026-11-23T07:00")), ["ann M1 2026-W48"]);
        room.patient("ann", "20251125");
        assert!(room.remind("2026-11-24T07:00").created.is_empty());
        assert_eq!(sent(&room.remind("2026-11-25T07:00")), ["ann M2 2026-11-25"]);
        assert!(room.remind("2026-11-25T12:00").created.is_empty());
        room.patient("ann", "20251128");
        // Saturday and Sunday are quiet; on Monday the digest carries it.
        assert!(room.remind("2026-11-28T09:00").created.is_empty());
        assert_eq!(sent(&room.remind(MONDAY)), ["ann M1 2026-W49"]);
        assert_eq!(
            room.told(),
            [
                "ann M1 2026-W48 sent",
                "ann M2 2026-11-25 sent",
                "ann M1 2026-W49 sent",
                "ann M2 2026-11-30 covered"
            ]
        );
        assert_eq!(room.rows()[3].covered_by, "M1 2026-W49");
        let texts: Vec<String> =
            room.memory.taken().iter().map(|m| String::from_utf8(m.bytes.clone()).unwrap()).collect();
        assert_eq!(texts.len(), 3);
        assert!(texts[1].contains("1 of them became due since your last mail"), "{}", texts[1]);
        assert!(texts[2].contains("1 of them became due since your last mail"), "{}", texts[2]);
    }
}

#[test]
fn what_was_resolved_or_revoked_before_sending_is_not_told() {
    for backend in backends() {
        let room = MailRoom::new(backend);
        let patients = with_work(&room);
        room.hire("cal", "CAL", &[cancer_registry::access::Role::Registrar]);
        room.patient("cal", "20251110");
        for _ in 0..3 {
            room.memory.fail_next(later());
        }
        let first = room.remind(MONDAY);
        assert_eq!(first.tally, Tally { waiting: 3, ..Tally::default() });
        // Bob's only open patient was heard of, Cal left, Ann resolved one of four.
        room.heard_of(patients[4], "20261129");
        room.heard_of(patients[2], "20261129");
        room.sql("UPDATE account SET state = 'disabled' WHERE login = 'cal'");
        let second = room.remind("2026-11-30T08:10");
        assert_eq!(second.tally, Tally { sent: 1, cancelled: 2, ..Tally::default() });
        assert_eq!(
            room.told(),
            ["ann M1 2026-W49 sent", "bob M1 2026-W49 cancelled", "cal M1 2026-W49 cancelled"]
        );
        let text = String::from_utf8(room.memory.taken()[0].bytes.clone()).unwrap();
        assert!(text.contains("Registry work list: 3 items"), "{text}");
        assert!(room.rows()[1].last_error.contains("resolved"));
        assert!(room.rows()[2].last_error.contains("no longer"));
    }
}

#[test]
fn preferences_are_asked_when_making_and_when_sending() {
    for backend in backends() {
        let room = MailRoom::new(backend);
        with_work(&room);
        room.sql("UPDATE account SET mail_weekly = 'off' WHERE login = 'ann'");
        assert!(room.remind("2026-11-27T08:00").created.is_empty());
        room.memory.fail_next(later());
        let report = room.remind(MONDAY);
        // Ann's patient that became due on Saturday is told as M2.
        assert_eq!(sent(&report), ["ann M2 2026-11-30", "bob M1 2026-W49"]);
        room.sql("UPDATE account SET mail_new_due = 'off' WHERE login = 'ann'");
        assert_eq!(room.remind("2026-11-30T09:00").tally.cancelled, 1);
    }
}

#[test]
fn a_refused_mail_fails_at_once_and_two_hard_bounces_turn_to_the_supervisor() {
    for backend in backends() {
        let room = MailRoom::new(backend);
        room.patient("ann", "20250101");
        for (monday, week) in [("2026-11-23T08:00", "W48"), ("2026-11-30T08:00", "W49")] {
            room.memory.fail_next(SendFailure {
                verdict: Verdict::AddressRefused,
                reason: "550 5.1.1 no such person".to_owned(),
            });
            assert_eq!(room.remind(monday).tally.failed, 1, "{week}");
        }
        assert!(room.rows().iter().all(|r| r.state == "failed" && r.last_error.contains("550")));
        assert_eq!(room.remind("2026-12-07T08:00").tally.sent, 1);
        let taken = room.memory.taken();
        assert_eq!(taken[0].to.to_string(), "sue@hospital.example");
        assert!(String::from_utf8_lossy(&taken[0].bytes).contains("on a colleague's work list"));
        assert_eq!(
            room.number("SELECT CAST(mail_refused AS BIGINT) AS n FROM account WHERE login = 'ann'"),
            2
        );
    }
}

#[test]
fn a_mail_waits_by_the_schedule_of_the_server_and_leaves_once() {
    for backend in backends() {
        let room = MailRoom::new(backend);
        room.patient("ann", "20250101");
        let reminders = room.reminders();
        let clock = &room.registry.clock;
        // Monday 23 November, 9:00 in Chicago.
        for _ in 0..4 {
            room.memory.fail_next(later());
        }
        assert_eq!(reminders.schedule().unwrap().len(), 1);
        assert_eq!(reminders.send_due().unwrap().waiting, 1);
        let mut waits = Vec::new();
        let mut minutes = 0;
        while room.memory.taken().is_empty() && minutes < 200 {
            clock.advance(Duration::minutes(1));
            minutes += 1;
            let tally = reminders.send_due().unwrap();
            if tally != Tally::default() {
                waits.push(minutes);
            }
        }
        assert_eq!(waits, [1, 6, 21, 81]);
        assert_eq!(room.told(), ["ann M1 2026-W48 sent"]);
        assert_eq!(room.rows()[0].attempts, 5);
    }
}

#[test]
fn quiet_hours_pause_a_waiting_mail() {
    for backend in backends() {
        let room = MailRoom::new(backend);
        room.patient("ann", "20250101");
        let reminders = room.reminders();
        reminders.schedule().unwrap();
        room.memory.fail_next(later());
        room.registry.clock.advance(Duration::minutes(8 * 60 + 59)); // 17:59
        assert_eq!(reminders.send_due().unwrap().waiting, 1);
        for _ in 0..(13 * 6) {
            room.registry.clock.advance(Duration::minutes(10)); // until 06:59
            assert_eq!(reminders.send_due().unwrap(), Tally::default());
        }
        room.registry.clock.advance(Duration::minutes(10));
        assert_eq!(reminders.send_due().unwrap().sent, 1);
    }
}

#[test]
fn after_72_open_hours_a_mail_has_failed_and_can_be_tried_again() {
    for backend in backends() {
        let room = MailRoom::new(backend);
        room.patient("ann", "20250101");
        let reminders = room.reminders();
        reminders.schedule().unwrap();
        let mut hours = 0;
        while room.rows()[0].state != "failed" {
            room.memory.fail_next(later());
            reminders.send_due().unwrap();
            room.registry.clock.advance(Duration::minutes(30));
            hours += 1;
            assert!(hours < 24 * 2 * 14, "never given up");
        }
        assert!(room.rows()[0].last_error.contains("Given up"), "{:?}", room.rows());
        assert!(room.rows()[0].attempts > 40);
    }
}

#[test]
fn several_schedulers_and_workers_make_and_send_each_mail_once() {
    for backend in backends() {
        let room = MailRoom::new(backend);
        with_work(&room);
        let barrier = Arc::new(Barrier::new(3));
        let workers: Vec<_> = (0..3)
            .map(|_| {
                let (reminders, barrier) = (room.reminders(), barrier.clone());
                std::thread::spawn(move || {
                    barrier.wait();
                    let report = reminders.run(When::At(parse_at(MONDAY).unwrap()), None).unwrap();
                    (report.created.len(), report.tally.sent)
                })
            })
            .collect();
        let done: Vec<(usize, u64)> = workers.into_iter().map(|w| w.join().unwrap()).collect();
        assert_eq!(done.iter().map(|d| d.0).sum::<usize>(), 2, "{done:?}");
        assert_eq!(done.iter().map(|d| d.1).sum::<u64>(), 2, "{done:?}");
        assert_eq!(room.told(), ["ann M1 2026-W49 sent", "bob M1 2026-W49 sent"]);
        assert_eq!(room.memory.taken().len(), 2);
    }
}

/// A mail server that takes the mail, after which the program stops before it can note that.
struct StopsAfter(Arc<dyn Mailer>);

impl Mailer for StopsAfter {
    fn send(&self, mail: &Mail) -> Result<(), SendFailure> {
        self.0.send(mail)?;
        panic!("the program stops here");
    }

    fn describe(&self) -> String {
        "stops".to_owned()
    }
}

#[test]
fn a_stop_between_acceptance_and_note_repeats_once_under_the_same_id() {
    for backend in backends() {
        let room = MailRoom::new(backend);
        room.patient("ann", "20250101");
        let stops = room.reminders_by(Arc::new(StopsAfter(room.memory.clone())));
        let at = When::At(parse_at(MONDAY).unwrap());
        let stopped = std::thread::spawn(move || stops.run(at, None).map(|_| ())).join();
        assert!(stopped.is_err());
        assert_eq!(room.told(), ["ann M1 2026-W49 sending"]);
        // Its lease holds for ten minutes, then the mail is taken up again.
        assert_eq!(room.remind("2026-11-30T08:09").tally, Tally::default());
        assert_eq!(room.remind("2026-11-30T08:11").tally.sent, 1);
        let taken = room.memory.taken();
        assert_eq!(taken.len(), 2);
        assert_eq!(taken[0].id, taken[1].id);
        assert!(room.rows()[0].last_error.contains("may have arrived twice"), "{:?}", room.rows());
        assert_eq!(room.remind("2026-11-30T08:30").tally, Tally::default());
    }
}

/// A worker that is paused while it hands a mail over, until another one has taken the mail up.
struct Paused {
    inner: Arc<dyn Mailer>,
    room: cancer_registry::reminder::job::Reminders,
}

impl Mailer for Paused {
    fn send(&self, mail: &Mail) -> Result<(), SendFailure> {
        let at = When::At(parse_at("2026-11-30T08:11").unwrap());
        assert_eq!(self.room.run(at, None).unwrap().tally.sent, 1);
        self.inner.send(mail)
    }

    fn describe(&self) -> String {
        "paused".to_owned()
    }
}

#[test]
fn a_worker_that_lost_its_lease_writes_nothing() {
    for backend in backends() {
        let room = MailRoom::new(backend);
        room.patient("ann", "20250101");
        let paused = Paused { inner: room.memory.clone(), room: room.reminders() };
        let report =
            room.reminders_by(Arc::new(paused)).run(When::At(parse_at(MONDAY).unwrap()), None).unwrap();
        assert_eq!(report.tally, Tally::default());
        assert_eq!(room.told(), ["ann M1 2026-W49 sent"]);
        let events = room.number("SELECT COUNT(*) AS n FROM audit_event WHERE detail LIKE 'sent M1%'");
        assert_eq!(events, 1);
    }
}

#[test]
fn a_preview_tells_and_writes_nothing() {
    for backend in backends() {
        let room = MailRoom::new(backend);
        with_work(&room);
        let at = When::At(parse_at(MONDAY).unwrap());
        let made = room.reminders().preview(at, None).unwrap();
        assert_eq!(made.len(), 2);
        assert_eq!(room.number("SELECT COUNT(*) AS n FROM outbox"), 0);
        assert_eq!(room.number("SELECT COUNT(*) AS n FROM job"), 0);
        assert_eq!(room.remind(MONDAY).created, made);
        let night = When::At(parse_at("2026-12-07T19:00").unwrap());
        assert!(room.reminders().preview(night, None).unwrap().is_empty());
    }
}

mod against_a_server {
    use std::time::Duration;

    use cancer_registry::reminder::smtp::{Limits, Security, SmtpMailer, SmtpServer};

    use super::*;
    use crate::support::smtp::{Act, At, FakeSmtp, Offer, PASSWORD, USER};

    fn mailer(server: &FakeSmtp) -> Arc<dyn Mailer> {
        let mailer = SmtpMailer::new(SmtpServer {
            host: "localhost".to_owned(),
            port: server.port(),
            security: Security::StartTls,
            login: Some((USER.to_owned(), PASSWORD.to_owned())),
            authority: Some(server.authority().as_bytes().to_vec()),
            limits: Limits {
                connect: Duration::from_secs(5),
                command: Duration::from_secs(5),
                message: Duration::from_secs(5),
            },
        });
        Arc::new(mailer.unwrap())
    }

    #[test]
    fn mails_wait_while_the_server_is_away_and_leave_once_when_it_is_back() {
        for backend in backends() {
            let room = MailRoom::new(backend);
            with_work(&room);
            let mut server = FakeSmtp::start(Offer::StartTls);
            let reminders = room.reminders_by(mailer(&server));
            let run = |at: &str| reminders.run(When::At(parse_at(at).unwrap()), None).unwrap();
            server.stop();
            let away = run(MONDAY);
            assert_eq!((away.created.len(), away.tally), (2, Tally { waiting: 2, ..Tally::default() }));
            assert!(room.rows().iter().all(|r| r.state == "queued" && r.last_error.contains("connecting")));
            server.resume();
            // The same command again, as cron would: nothing new is made, what waited leaves.
            let back = run(MONDAY);
            assert_eq!((back.created.len(), back.tally.sent), (0, 2));
            assert_eq!(run("2026-11-30T08:10").tally, Tally::default());
            let taken = server.taken();
            assert_eq!(taken.len(), 2);
            assert!(taken.iter().all(|t| t.encrypted && t.user.as_deref() == Some(USER)));
            assert_eq!(taken[0].to, ["<ann@hospital.example>"]);
            assert_eq!(taken[1].to, ["<bob@hospital.example>"]);
            assert_eq!(taken[0].header("Auto-Submitted").as_deref(), Some("auto-generated"));
            assert_ne!(taken[0].header("Message-ID"), taken[1].header("Message-ID"));
            let said = server.said_in_the_clear();
            assert!(said.lines().all(|l| l.starts_with("EHLO") || l == "STARTTLS"), "{said}");
        }
    }

    #[test]
    fn each_recipient_has_an_outcome_of_its_own() {
        for backend in backends() {
            let room = MailRoom::new(backend);
            with_work(&room);
            let server = FakeSmtp::start(Offer::StartTls);
            let reminders = room.reminders_by(mailer(&server));
            let run = |at: &str| reminders.run(When::At(parse_at(at).unwrap()), None).unwrap().tally;
            server.script([Act::Say(At::To, "550 5.1.1 no such person"), Act::DropAfterMessage]);
            assert_eq!(run(MONDAY), Tally { failed: 1, waiting: 1, ..Tally::default() });
            assert_eq!(run("2026-11-30T08:05"), Tally { sent: 1, ..Tally::default() });
            assert_eq!(room.told(), ["ann M1 2026-W49 failed", "bob M1 2026-W49 sent"]);
            // Bob may have two; both carry one id.
            let taken = server.taken();
            assert_eq!(taken.iter().map(|t| t.answered).collect::<Vec<_>>(), [false, true]);
            assert_eq!(taken[0].header("Message-ID"), taken[1].header("Message-ID"));
        }
    }
}
