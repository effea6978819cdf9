//! A mail that can be handed over: addresses and headers checked, words already rendered.
//!
//! Nothing reaches a header but through a type: addresses are parsed, the Message-ID is made of
//! hexadecimal digits, the subject must be one line. A text that would begin a header of its own is
//! refused, never cut.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::{
    Address, Message,
    message::{Mailbox, MultiPart, header},
};

use super::digest::Rendered;

/// A text that cannot stand where it was meant to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMail {
    /// Not an address.
    #[error("{what}: “{given}” is not a mail address")]
    Address {
        /// Whose address.
        what: &'static str,
        /// The text, control characters shown as blanks, at most 80 characters.
        given: String,
    },
    /// A control character in a header.
    #[error("{what} has a line break or another control character")]
    ControlCharacter {
        /// The header.
        what: &'static str,
    },
    /// The mail could not be put together.
    #[error("the mail could not be put together: {0}")]
    Build(String),
}

/// Is it one bare mail address, such as an envelope takes?
pub fn check_address(what: &'static str, text: &str) -> Result<(), BadMail> {
    address(what, text).map(|_| ())
}

/// What all mails of a facility have in common.
#[derive(Clone, Debug)]
pub struct Letterhead {
    from: Mailbox,
    reply_to: Mailbox,
}

impl Letterhead {
    /// `from` as set for the program, `reply_to` as set for the facility; an empty one is the sender.
    pub fn new(from: &str, reply_to: &str) -> Result<Self, BadMail> {
        let from = mailbox("mail.from", from)?;
        let reply_to =
            if reply_to.trim().is_empty() { from.clone() } else { mailbox("reply-to address", reply_to)? };
        Ok(Self { from, reply_to })
    }

    /// The office's bare address, as mails show it.
    pub fn office(&self) -> String {
        self.reply_to.email.to_string()
    }

    /// What stands after the @ of the sender.
    pub fn domain(&self) -> &str {
        self.from.email.domain()
    }

    /// The Message-ID of a key: `fingerprint` is a keyed hash, so that the id is the same on every
    /// attempt and tells nothing.
    pub fn message_id(&self, fingerprint: &str) -> MessageId {
        let digits: String = fingerprint.chars().filter(char::is_ascii_hexdigit).take(40).collect();
        MessageId(format!("<{digits}@{}>", self.domain()))
    }

    /// Puts a mail together.
    pub fn compose(
        &self,
        to: &str,
        id: &MessageId,
        at: DateTime<Utc>,
        words: &Rendered,
    ) -> Result<Mail, BadMail> {
        let to = address("recipient", to)?;
        if words.subject.chars().any(char::is_control) {
            return Err(BadMail::ControlCharacter { what: "the subject" });
        }
        let message = Message::builder()
            .from(self.from.clone())
            .reply_to(self.reply_to.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(words.subject.clone())
            .date(SystemTime::from(at))
            .message_id(Some(id.0.clone()))
            .header(AutoSubmitted)
            .header(ListId(format!("<registry-work-list.{}>", self.domain())))
            .multipart(MultiPart::alternative_plain_html(words.text.clone(), words.html.clone()))
            .map_err(|e| BadMail::Build(e.to_string()))?;
        Ok(Mail { id: id.clone(), to, from: self.from.email.clone(), bytes: message.formatted() })
    }
}

/// A Message-ID with its angle brackets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(String);

impl MessageId {
    /// As kept in the outbox: `<hex@domain>`. Anything else is refused.
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, domain) = text.strip_prefix('<')?.strip_suffix('>')?.split_once('@')?;
        let fits = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit());
        let host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '[' | ']' | ':');
        (fits && !domain.is_empty() && domain.chars().all(host)).then(|| Self(text.to_owned()))
    }

    /// `<hex@domain>`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the @: a name for a file.
    pub fn digits(&self) -> &str {
        self.0.trim_start_matches('<').split('@').next().unwrap_or_default()
    }
}

/// A mail ready to be handed over.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Same on every attempt.
    pub id: MessageId,
    /// The one recipient.
    pub to: Address,
    /// Return path.
    pub from: Address,
    /// Headers and body as they go over the wire, ASCII, CRLF.
    pub bytes: Vec<u8>,
}

/// Reads a bare address such as `ann@hospital.example`.
pub fn address(what: &'static str, text: &str) -> Result<Address, BadMail> {
    let text = text.trim_matches(' ');
    let bad = || BadMail::Address { what, given: shown(text) };
    if text.chars().any(|c| c.is_control() || !c.is_ascii()) {
        return Err(bad());
    }
    text.parse().map_err(|_| bad())
}

fn mailbox(what: &'static str, text: &str) -> Result<Mailbox, BadMail> {
    let bad = || BadMail::Address { what, given: shown(text) };
    if text.chars().any(char::is_control) {
        return Err(bad());
    }
    let mailbox: Mailbox = text.trim_matches(' ').parse().map_err(|_| bad())?;
    if mailbox.email.to_string().is_ascii() { Ok(mailbox) } else { Err(bad()) }
}

fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect()
}

/// `Auto-Submitted: auto-generated`, so that vacation notices do not answer. Source: RFC 3834.
#[derive(Clone)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// `List-Id`, for filters of mail readers. Source: RFC 2919.
#[derive(Clone)]
struct ListId(String);

impl header::Header for ListId {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("List-Id")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(subject: &str) -> Rendered {
        Rendered { subject: subject.to_owned(), text: "text".to_owned(), html: "<p>text</p>".to_owned() }
    }

    fn now() -> DateTime<Utc> {
        "2026-11-30T13:00:00Z".parse().unwrap()
    }

    fn head(mail: &Mail) -> String {
        let text = String::from_utf8(mail.bytes.clone()).unwrap();
        text.split("\r\n\r\n").next().unwrap().to_owned()
    }

    const NAMES: [&str; 10] = [
        "Message-ID",
        "Auto-Submitted",
        "List-Id",
        "From",
        "Reply-To",
        "To",
        "Subject",
        "Date",
        "MIME-Version",
        "Content-Type",
    ];

    fn names(head: &str) -> Vec<String> {
        let fresh = head.lines().filter(|l| !l.starts_with([' ', '\t']));
        fresh.map(|l| l.split(':').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_mail_has_exactly_its_headers() {
        let letterhead =
            Letterhead::new("Registry <registry@hospital.example>", "Büro <office@hospital.example>")
                .unwrap();
        let id = letterhead.message_id("0a1b2c");
        let mail =
            letterhead.compose("ann@hospital.example", &id, now(), &words("Registry work list: 2 items"));
        let mail = mail.unwrap();
        let head = head(&mail);
        let mut found = names(&head);
        found.sort();
        let mut all = NAMES.map(str::to_owned);
        all.sort();
        assert_eq!(found, all);
        for line in [
            "Message-ID: <0a1b2c@hospital.example>",
            "Auto-Submitted: auto-generated",
            "List-Id: <registry-work-list.hospital.example>",
            "To: ann@hospital.example",
            "Subject: Registry work list: 2 items",
            "Date: Mon, 30 Nov 2026 13:00:00 +0000",
        ] {
            assert!(head.lines().any(|l| l == line), "{line}\n{head}");
        }
        assert!(mail.bytes.is_ascii());
    }

    #[test]
    fn the_same_key_gives_the_same_id_and_only_digits_pass() {
        let letterhead = Letterhead::new("registry@hospital.example", "").unwrap();
        let id = letterhead.message_id("00ff\r\nX-Tra: <7>");
        assert_eq!(id.as_str(), "<00ffa7@hospital.example>");
        assert_eq!(MessageId::parse(id.as_str()), Some(id.clone()));
        for wrong in ["", "<>", "<@x>", "<ab@x y>", "<ab@x>\r\n", "ab@x", "<zz@x>"] {
            assert_eq!(MessageId::parse(wrong), None, "{wrong:?}");
        }
        assert_eq!(letterhead.office(), "registry@hospital.example");
    }

    #[test]
    fn addresses_that_are_none_are_refused_with_what_was_given() {
        for wrong in [
            "",
            "ann",
            "ann@",
            "ann@hospital.example\r\nBcc: eve@evil.example",
            "ann@hospital.example, eve@evil.example",
            "ann@hospital.example\0",
            "Ann <ann@hospital.example>",
            "änn@hospital.example",
        ] {
            let said = address("recipient", wrong).unwrap_err().to_string();
            assert!(said.starts_with("recipient: “"), "{said}");
            assert!(!said.contains('\r') && !said.contains('\n'));
        }
        assert!(Letterhead::new("nobody", "").is_err());
        assert!(Letterhead::new("registry@hospital.example", "office\n@x.example").is_err());
        assert!(Letterhead::new("Reg\r\nBcc: x@y.example <registry@hospital.example>", "").is_err());
    }

    proptest! {
        /// Whatever stands in a subject, name or address: refused, or exactly the known headers and one
        /// recipient.
        #[test]
        fn no_text_adds_a_header_or_a_recipient(
            subject in "(\\PC|[\r\n\0\t]|Bcc: |@|<|>){0,24}",
            name in "(\\PC|[\r\n\0\t\"\\\\,;:]|Bcc: ){0,16}",
            to in "([a-z]|[\r\n\0 ,;<>\"]|@|Bcc:){0,20}",
        ) {
            let from = format!("{name} <registry@hospital.example>");
            let Ok(letterhead) = Letterhead::new(&from, "office@hospital.example") else { return Ok(()) };
            let id = letterhead.message_id("ab");
            for to in [to.as_str(), "ann@hospital.example"] {
                let Ok(mail) = letterhead.compose(to, &id, now(), &words(&subject)) else { continue };
                let head = head(&mail);
                let found = names(&head);
                prop_assert_eq!(found.len(), NAMES.len(), "{}", &head);
                prop_assert!(found.iter().all(|n| NAMES.contains(&n.as_str())), "{}", &head);
                prop_assert_eq!(mail.to.to_string(), to.trim_matches(' '));
                prop_assert!(mail.bytes.is_ascii());
            }
        }
    }
}
