//! What mails about questions to physicians say: that a question waits, of which registry, until when.
//!
//! The fields of [`QueryWords`] are all that can reach such a mail. None could hold anything of a patient, and none
//! tells what the question is about.

use askama::Template;
use chrono::NaiveDate;

use crate::reminder::digest::{Rendered, one_line};

/// What a mail is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// A question waits.
    Question,
    /// It still waits.
    Again,
    /// This code opens it.
    Code(String),
    /// To supervisors: a question had no answer for four weeks.
    Late,
}

/// A mail about a question, to be rendered.
#[derive(Clone, Debug)]
pub struct QueryWords {
    /// What it is for.
    pub says: Says,
    /// Short name of the facility.
    pub facility: String,
    /// Day by which an answer is asked for.
    pub due_on: NaiveDate,
    /// Last day on which the link works.
    pub until: NaiveDate,
    /// Address of the question's page; for supervisors, of the list behind sign-in.
    pub link: String,
    /// The registry office's address.
    pub office: String,
}

struct View {
    subject: String,
    heading: String,
    facility: String,
    paragraphs: Vec<String>,
    code: String,
    button: &'static str,
    link: String,
    after: Vec<String>,
    foot: Vec<String>,
}

#[derive(Template)]
#[template(path = "mail/query/body.txt")]
struct Text<'a> {
    mail: &'a View,
}

#[derive(Template)]
#[template(path = "mail/query/body.html")]
struct Html<'a> {
    mail: &'a View,
}

fn day(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

impl QueryWords {
    /// Subject, text and HTML.
    pub fn render(&self) -> Result<Rendered, askama::Error> {
        let view = self.view();
        Ok(Rendered {
            text: Text { mail: &view }.render()?,
            html: Html { mail: &view }.render()?,
            subject: view.subject,
        })
    }

    fn view(&self) -> View {
        let facility = one_line(&self.facility);
        let (due, until) = (day(self.due_on), day(self.until));
        let opens = "This mail says nothing of the question. Its page first sends a code to this address; both together \
                     open it.";
        let (heading, paragraphs, after) = match &self.says {
            Says::Question => (
                "A question from the registry waits for you",
                vec![format!("The registry of {facility} asks for an answer by {due}.")],
                vec![opens.to_owned(), format!("The link works until {until}, and for one answer.")],
            ),
            Says::Again => (
                "A question from the registry still waits for you",
                vec![format!("The registry of {facility} asked for an answer by {due}.")],
                vec![opens.to_owned(), format!("The link works until {until}, and for one answer.")],
            ),
            Says::Code(_) => (
                "Your code for the question of the registry",
                vec!["Enter it on the page that you opened with the link:".to_owned()],
                vec![
                    "It works for 15 minutes after it was asked for, and once. Whoever did not ask for it can delete this \
                     mail."
                        .to_owned(),
                ],
            ),
            Says::Late => (
                "A question to a physician has no answer",
                vec![format!("A question of the registry of {facility} has waited for 28 days.")],
                Vec::new(),
            ),
        };
        let button = match self.says {
            Says::Question | Says::Again => "Open the question",
            Says::Code(_) => "",
            Says::Late => "Open the list of questions",
        };
        let foot = match self.says {
            Says::Late => vec![format!("You get this as a supervisor at {facility}.")],
            _ => vec!["Do not write of a patient in a reply.".to_owned()],
        };
        let reply = format!("A reply goes to the registry office, {}.", one_line(&self.office));
        View {
            subject: heading.to_owned(),
            heading: heading.to_owned(),
            facility,
            paragraphs,
            code: if let Says::Code(code) = &self.says { code.clone() } else { String::new() },
            button,
            link: if button.is_empty() { String::new() } else { self.link.clone() },
            after,
            foot: [vec![reply], foot].concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(says: Says) -> QueryWords {
        QueryWords {
            says,
            facility: "Practice General".to_owned(),
            due_on: "2026-12-07".parse().unwrap(),
            until: "2027-01-04".parse().unwrap(),
            link: "https://registry.practice-general.example/query/0a1b".to_owned(),
            office: "registry-office@practice-general.example".to_owned(),
        }
    }

    #[test]
    fn a_question_is_announced_like_this() {
        let r = words(Says::Question).render().unwrap();
        assert_eq!(r.subject, "A question from the registry waits for you");
        insta::assert_snapshot!(r.text, @r"
        A question from the registry waits for you
        Practice General

        The registry of Practice General asks for an answer by 7 December 2026.

        Open the question:
        https://registry.practice-general.example/query/0a1b

        This mail says nothing of the question. Its page first sends a code to this address; both together open it.
        The link works until 4 January 2027, and for one answer.

        --
        A reply goes to the registry office, registry-office@practice-general.example.
        Do not write of a patient in a reply.
        ");
    }

    #[test]
    fn the_other_mails_read_like_this() {
        let all: Vec<String> = [Says::Again, Says::Code("048291".to_owned()), Says::Late]
            .map(|says| words(says).render().unwrap())
            .iter()
            .map(|r| format!("{}\n\n{}", r.subject, r.text))
            .collect();
        insta::assert_snapshot!(all.join("\n=====\n"), @r"
        A question from the registry still waits for you

        A question from the registry still waits for you
        Practice General

        The registry of Practice General asked for an answer by 7 December 2026.

        Open the question:
        https://registry.practice-general.example/query/0a1b

        This mail says nothing of the question. Its page first sends a code to this address; both together open it.
        The link works until 4 January 2027, and for one answer.

        --
        A reply goes to the registry office, registry-office@practice-general.example.
        Do not write of a patient in a reply.
        =====
        Your code for the question of the registry

        Your code for the question of the registry
        Practice General

        Enter it on the page that you opened with the link:

        048291

        It works for 15 minutes after it was asked for, and once. Whoever did not ask for it can delete this mail.

        --
        A reply goes to the registry office, registry-office@practice-general.example.
        Do not write of a patient in a reply.
        =====
        A question to a physician has no answer

        A question to a physician has no answer
        Practice General

        A question of the registry of Practice General has waited for 28 days.

        Open the list of questions:
        https://registry.practice-general.example/query/0a1b


        --
        A reply goes to the registry office, registry-office@practice-general.example.
        You get this as a supervisor at Practice General.
        ");
    }

    #[test]
    fn the_html_says_the_same_and_a_code_comes_without_the_link() {
        for says in [Says::Question, Says::Again, Says::Code("048291".to_owned()), Says::Late] {
            let has_link = !matches!(says, Says::Code(_));
            let r = words(says).render().unwrap();
            let page = scraper::Html::parse_document(&r.html);
            let body = page.select(&scraper::Selector::parse("body").unwrap()).next().unwrap();
            let mut said = body.text().collect::<String>();
            let a = scraper::Selector::parse("a").unwrap();
            for a in page.select(&a) {
                said.push_str(a.value().attr("href").unwrap());
            }
            for word in r.text.split_whitespace().map(|w| w.trim_end_matches(':')).filter(|w| *w != "--") {
                assert!(said.contains(word), "the text says “{word}”, the HTML does not");
            }
            assert_eq!(r.text.contains("/query/") || r.text.contains("https:"), has_link);
            assert!(!r.html.contains("<img") && !r.html.contains("src=") && !r.html.contains("url("));
        }
    }

    #[test]
    fn a_facility_name_stays_within_its_line_and_element() {
        let mut w = words(Says::Question);
        w.facility = "A & B\r\nBcc: x@y.example\n<script>alert(1)</script>".to_owned();
        let r = w.render().unwrap();
        assert!(!r.html.contains("<script>") && r.text.lines().all(|l| !l.starts_with("Bcc")));
    }
}
