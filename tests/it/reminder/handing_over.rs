//! Mails against a mail server: encrypted and signed in, or not at all.

use std::time::{Duration, Instant};

use cancer_registry::reminder::{
    digest::test_mail,
    mail::{Letterhead, Mail},
    mailer::{Mailer, Verdict},
    smtp::{BadServer, Limits, Security, SmtpMailer, SmtpServer},
};

use crate::support::smtp::{Act, At, FakeSmtp, Offer, PASSWORD, USER};

fn mail() -> Mail {
    let letterhead =
        Letterhead::new("Registry <registry@hospital.example>", "office@hospital.example").unwrap();
    let words = test_mail("https://registry.hospital.example", &letterhead.office()).unwrap();
    let at = "2026-11-30T13:00:00Z".parse().unwrap();
    letterhead.compose("ann@hospital.example", &letterhead.message_id("0a1b"), at, &words).unwrap()
}

fn settings(server: &FakeSmtp, security: Security) -> SmtpServer {
    SmtpServer {
        host: "localhost".to_owned(),
        port: server.port(),
        security,
        login: Some((USER.to_owned(), PASSWORD.to_owned())),
        authority: Some(server.authority().as_bytes().to_vec()),
        limits: Limits {
            connect: Duration::from_secs(5),
            command: Duration::from_millis(700),
            message: Duration::from_millis(900),
        },
    }
}

fn mailer(server: &FakeSmtp) -> SmtpMailer {
    SmtpMailer::new(settings(server, Security::StartTls)).unwrap()
}

#[test]
fn a_mail_is_taken_under_starttls_after_signing_in() {
    let server = FakeSmtp::start(Offer::StartTls);
    mailer(&server).send(&mail()).unwrap();
    let taken = server.taken();
    let [one] = taken.as_slice() else { panic!("{taken:?}") };
    assert!(one.encrypted && one.answered);
    assert_eq!(one.user.as_deref(), Some(USER));
    assert_eq!(one.from, "<registry@hospital.example>");
    assert_eq!(one.to, ["<ann@hospital.example>"]);
    assert_eq!(one.header("Message-ID").as_deref(), Some("<0a1b@hospital.example>"));
    assert_eq!(one.header("Reply-To").as_deref(), Some("office@hospital.example"));
    assert_eq!(
        one.data.trim_end(),
        String::from_utf8(mail().bytes).map(|b| same_boundary(&b, &one.data)).unwrap()
    );
    // Nothing but greetings went over the line in the clear.
    let clear = server.said_in_the_clear();
    assert!(clear.lines().all(|l| l.starts_with("EHLO") || l == "STARTTLS"), "{clear}");
}

/// Two renderings differ in the random boundary between their parts only.
fn same_boundary(mail: &str, like: &str) -> String {
    let boundary =
        |text: &str| text.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    mail.replace(&boundary(mail), &boundary(like)).trim_end().to_owned()
}

#[test]
fn tls_from_the_first_byte_works_too() {
    let server = FakeSmtp::start(Offer::Tls);
    SmtpMailer::new(settings(&server, Security::Tls)).unwrap().send(&mail()).unwrap();
    assert!(server.taken()[0].encrypted);
    assert_eq!(server.said_in_the_clear(), "");
}

#[test]
fn a_server_that_cannot_be_trusted_gets_no_password_and_no_mail() {
    let refused = |server: &FakeSmtp, settings: SmtpServer| {
        let failure = SmtpMailer::new(settings).unwrap().send(&mail()).unwrap_err();
        assert_eq!(failure.verdict, Verdict::Later, "{}", failure.reason);
        assert!(server.taken().is_empty());
        let clear = server.said_in_the_clear();
        assert!(!clear.contains("AUTH") && !clear.contains("MAIL"), "{clear}");
        failure.reason
    };
    let stripped = FakeSmtp::start(Offer::Stripped);
    let said = refused(&stripped, settings(&stripped, Security::StartTls));
    assert!(said.contains("STARTTLS"), "{said}");
    let injected = FakeSmtp::start(Offer::Injected);
    refused(&injected, settings(&injected, Security::StartTls));
    let other_name = FakeSmtp::start_as(Offer::StartTls, "mail.elsewhere.example");
    let said = refused(&other_name, settings(&other_name, Security::StartTls));
    assert!(said.contains("certificate"), "{said}");
    // A certificate by an authority nobody named: public ones only, or another private one.
    let unknown = FakeSmtp::start(Offer::StartTls);
    let public = SmtpServer { authority: None, ..settings(&unknown, Security::StartTls) };
    refused(&unknown, public);
    let another = FakeSmtp::start(Offer::StartTls).authority().as_bytes().to_vec();
    refused(&unknown, SmtpServer { authority: Some(another), ..settings(&unknown, Security::StartTls) });
    let tls = FakeSmtp::start_as(Offer::Tls, "mail.elsewhere.example");
    refused(&tls, settings(&tls, Security::Tls));
}

#[test]
fn replies_decide_whether_a_mail_waits() {
    use At::{Auth, Data, From, Greeting, Message, To};
    let server = FakeSmtp::start(Offer::StartTls);
    let mailer = mailer(&server);
    for (at, reply, verdict) in [
        (Greeting, "421 4.3.2 busy", Verdict::Later),
        (Greeting, "554 5.3.2 closed", Verdict::Later),
        (Auth, "454 4.7.0 try again", Verdict::Later),
        (Auth, "535 5.7.8 no", Verdict::Later),
        (From, "451 4.3.0 later", Verdict::Later),
        (From, "550 5.7.1 not from you", Verdict::Never),
        (To, "450 4.2.1 greylisted", Verdict::Later),
        (To, "550 5.1.1 no such person", Verdict::AddressRefused),
        (Data, "451 4.3.0 later", Verdict::Later),
        (Data, "554 5.5.1 no", Verdict::Never),
        (Message, "452 4.3.1 full", Verdict::Later),
        (Message, "554 5.7.1 refused", Verdict::Never),
    ] {
        server.script([Act::Say(at, reply)]);
        let failure = mailer.send(&mail()).unwrap_err();
        assert_eq!(failure.verdict, verdict, "{at:?} {reply}: {}", failure.reason);
        assert!(failure.reason.contains(&reply[..3]), "{}", failure.reason);
        assert!(failure.reason.contains(&reply[10..]), "{}", failure.reason);
    }
    assert!(server.taken().is_empty());
    mailer.send(&mail()).unwrap();
    assert_eq!(server.taken().len(), 1);
}

#[test]
fn silence_ends_at_the_limit_and_the_mail_waits() {
    let server = FakeSmtp::start(Offer::StartTls);
    let mailer = mailer(&server);
    for at in [At::Greeting, At::Auth, At::From, At::To, At::Data, At::Message] {
        server.script([Act::Stall(at)]);
        let begun = Instant::now();
        let failure = mailer.send(&mail()).unwrap_err();
        assert_eq!(failure.verdict, Verdict::Later);
        assert!(failure.reason.starts_with("No answer to"), "{at:?}: {}", failure.reason);
        assert!(begun.elapsed() < Duration::from_secs(10), "{at:?}: {:?}", begun.elapsed());
    }
}

#[test]
fn a_line_that_drops_after_the_message_waits_and_repeats_under_the_same_id() {
    let server = FakeSmtp::start(Offer::StartTls);
    let mailer = mailer(&server);
    server.script([Act::DropAfterMessage]);
    assert_eq!(mailer.send(&mail()).unwrap_err().verdict, Verdict::Later);
    mailer.send(&mail()).unwrap();
    let taken = server.taken();
    assert_eq!(taken.iter().map(|t| t.answered).collect::<Vec<_>>(), [false, true]);
    assert_eq!(taken[0].header("Message-ID"), taken[1].header("Message-ID"));
}

#[test]
fn a_stopped_server_is_a_failure_that_waits() {
    let mut server = FakeSmtp::start(Offer::StartTls);
    let mailer = mailer(&server);
    server.stop();
    let failure = mailer.send(&mail()).unwrap_err();
    assert_eq!(failure.verdict, Verdict::Later);
    assert!(failure.reason.contains("connecting"), "{}", failure.reason);
    server.resume();
    mailer.send(&mail()).unwrap();
    assert_eq!((server.taken().len(), server.connections()), (1, 1));
}

#[test]
fn a_file_without_a_certificate_is_told_at_once() {
    let server = FakeSmtp::start(Offer::StartTls);
    let wrong = SmtpServer { authority: Some(b"nothing".to_vec()), ..settings(&server, Security::StartTls) };
    assert!(matches!(SmtpMailer::new(wrong), Err(BadServer::NoAuthority)));
    assert!(!format!("{:?}", settings(&server, Security::StartTls)).contains(PASSWORD));
}

/// The library writes the body and its end apart; without `nodelay` the end would wait for a delayed
/// acknowledgement, about 40 ms a mail.
#[test]
fn a_mail_takes_no_delayed_acknowledgement() {
    let server = FakeSmtp::start(Offer::StartTls);
    let mailer = mailer(&server);
    mailer.send(&mail()).unwrap();
    let mut times: Vec<Duration> = (0..9)
        .map(|_| {
            let begun = Instant::now();
            mailer.send(&mail()).unwrap();
            begun.elapsed()
        })
        .collect();
    times.sort();
    println!("handing over one mail: {:?} (median of 9), {:?} to {:?}", times[4], times[0], times[8]);
    assert!(times[0] < Duration::from_millis(38), "{times:?}");
}
