//! What a mail to staff says: counts, and nothing of a patient.
//!
//! The fields of [`Digest`] are all that can reach a mail: numbers, the facility's short name, the week,
//! two addresses and the office to answer to. There is no field that could hold a patient's data.

use askama::Template;
use chrono::NaiveDate;

use super::schedule::{Frequency, Kind};
use crate::facility::calendar::Week;

/// Open items of one person at one facility.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// DUE.
    pub due: u64,
    /// OVERDUE.
    pub overdue: u64,
    /// DELINQUENT.
    pub delinquent: u64,
    /// Not open yet: due within the next 30 days.
    pub coming: u64,
    /// Of the open ones: became due since the last mail.
    pub newly_due: u64,
    /// Day on which the oldest open item became due; `None` without open items or dates.
    pub oldest_due: Option<NaiveDate>,
}

impl Counts {
    /// Open items: DUE, OVERDUE and DELINQUENT.
    pub fn open(&self) -> u64 {
        self.due + self.overdue + self.delinquent
    }

    /// Whole weeks the oldest item has been open.
    pub fn oldest_weeks(&self, today: NaiveDate) -> Option<i64> {
        self.oldest_due.map(|due| ((today - due).num_days() / 7).max(0))
    }
}

/// A digest to be rendered.
#[derive(Clone, Debug)]
pub struct Digest {
    /// M1 or M2.
    pub kind: Kind,
    /// How often the person wants this kind.
    pub frequency: Frequency,
    /// Short name of the facility.
    pub facility: String,
    /// Local day of sending.
    pub today: NaiveDate,
    /// The counts at that moment.
    pub counts: Counts,
    /// Address of the work list, behind sign-in.
    pub list_url: String,
    /// Address of the person's mail settings, behind sign-in.
    pub settings_url: String,
    /// The registry office's address.
    pub office: String,
    /// Goes to a supervisor, because the owner's address was refused twice.
    pub on_behalf: bool,
}

/// A mail's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Subject, one line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML that says the same.
    pub html: String,
}

/// What the three templates read.
struct View {
    open: u64,
    heading: String,
    facility: String,
    week_of: String,
    rows: Vec<Row>,
    remarks: Vec<String>,
    coming: Option<String>,
    why: String,
    list_url: String,
    settings_url: String,
    office: String,
}

struct Row {
    count: u64,
    padded: String,
    name: &'static str,
    meaning: &'static str,
}

#[derive(Template)]
#[template(path = "mail/digest/subject.txt")]
struct Subject<'a> {
    mail: &'a View,
}

#[derive(Template)]
#[template(path = "mail/digest/body.txt")]
struct Text<'a> {
    mail: &'a View,
}

#[derive(Template)]
#[template(path = "mail/digest/body.html")]
struct Html<'a> {
    mail: &'a View,
}

impl Digest {
    /// Subject, text and HTML.
    pub fn render(&self) -> Result<Rendered, askama::Error> {
        let view = self.view();
        Ok(Rendered {
            subject: Subject { mail: &view }.render()?.trim_end().to_owned(),
            text: Text { mail: &view }.render()?,
            html: Html { mail: &view }.render()?,
        })
    }

    fn view(&self) -> View {
        let counts = &self.counts;
        let open = counts.open();
        let width = open.to_string().len().max(4);
        let row =
            |count: u64, name, meaning| Row { count, padded: format!("{count:>width$}"), name, meaning };
        let facility = one_line(&self.facility);
        View {
            open,
            heading: format!(
                "{} on {} work list",
                if open == 1 { "1 item is".to_owned() } else { format!("{open} items are") },
                if self.on_behalf { "a colleague's" } else { "your" }
            ),
            week_of: Week::of(self.today).monday().format("%A %-d %B %Y").to_string(),
            rows: vec![
                row(counts.delinquent, "Delinquent", "no contact for over 15 months"),
                row(counts.overdue, "Overdue", "over 13 months"),
                row(counts.due, "Due", "over 12 months, or the shorter interval that was set"),
            ],
            remarks: [self.newly_due(), self.oldest()].into_iter().flatten().collect(),
            coming: match counts.coming {
                0 => None,
                1 => Some("1 further item falls due in the next 30 days.".to_owned()),
                n => Some(format!("{n} further items fall due in the next 30 days.")),
            },
            why: self.why(&facility),
            facility,
            list_url: self.list_url.clone(),
            settings_url: self.settings_url.clone(),
            office: one_line(&self.office),
        }
    }

    fn newly_due(&self) -> Option<String> {
        match self.counts.newly_due {
            0 => None,
            1 => Some("1 of them became due since your last mail.".to_owned()),
            n => Some(format!("{n} of them became due since your last mail.")),
        }
    }

    fn oldest(&self) -> Option<String> {
        self.counts.oldest_weeks(self.today).map(|weeks| match weeks {
            0 => "The oldest item has been open for less than a week.".to_owned(),
            1 => "The oldest item has been open for 1 week.".to_owned(),
            n => format!("The oldest item has been open for {n} weeks."),
        })
    }

    fn why(&self, facility: &str) -> String {
        if self.on_behalf {
            return format!(
                "You get this as a supervisor at {facility} because a colleague's mail address was refused twice; \
                 an administrator can enter a new one."
            );
        }
        let when = match (self.kind, self.frequency) {
            (Kind::NewDue, Frequency::Weekly) => "once a week when items of yours became due",
            (Kind::NewDue, _) => "on working days on which items of yours became due",
            (_, Frequency::Daily) => "on every working day because you own open items",
            _ => "at the start of every week because you own open items",
        };
        format!("You get this {when} at {facility}.")
    }
}

/// A test of the mail settings: fixed words.
pub fn test_mail(base_url: &str, office: &str) -> Result<Rendered, askama::Error> {
    #[derive(Template)]
    #[template(path = "mail/test/body.txt")]
    struct Text<'a> {
        base_url: &'a str,
        office: &'a str,
    }
    #[derive(Template)]
    #[template(path = "mail/test/body.html")]
    struct Html<'a> {
        base_url: &'a str,
        office: &'a str,
    }
    let office = &one_line(office);
    Ok(Rendered {
        subject: "Registry test mail".to_owned(),
        text: Text { base_url, office }.render()?,
        html: Html { base_url, office }.render()?,
    })
}

/// Control characters become blanks: a name typed in the settings stays within its line.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(due: u64, overdue: u64, delinquent: u64) -> Digest {
        Digest {
            kind: Kind::Weekly,
            frequency: Frequency::Weekly,
            facility: "Practice General".to_owned(),
            today: "2026-11-24".parse().unwrap(),
            counts: Counts {
                due,
                overdue,
                delinquent,
                coming: 12,
                newly_due: 2,
                oldest_due: "2026-08-04".parse().ok(),
            },
            list_url: "https://registry.practice-general.example/lists/0192f0c1".to_owned(),
            settings_url: "https://registry.practice-general.example/account/mail".to_owned(),
            office: "registry-office@practice-general.example".to_owned(),
            on_behalf: false,
        }
    }

    #[test]
    fn a_digest_reads_like_this() {
        let r = digest(9, 5, 3).render().unwrap();
        assert_eq!(r.subject, "Registry work list: 17 items");
        insta::assert_snapshot!(r.text, @r"
        17 items are on your work list
        Practice General, week of Monday 23 November 2026

           3  Delinquent: no contact for over 15 months
           5  Overdue: over 13 months
           9  Due: over 12 months, or the shorter interval that was set

        2 of them became due since your last mail.
        The oldest item has been open for 16 weeks.

        Open your list (you will be asked to sign in):
        https://registry.practice-general.example/lists/0192f0c1

        12 further items fall due in the next 30 days.

        --
        You get this at the start of every week because you own open items at Practice General.
        Weekly, daily or off, after signing in:
        https://registry.practice-general.example/account/mail
        A reply goes to the registry office, registry-office@practice-general.example.
        ");
    }

    fn words(text: &str) -> Vec<String> {
        let bare =
            text.split_whitespace().map(|w| w.trim_matches(|c: char| "().:,-".contains(c)).to_lowercase());
        bare.filter(|w| !w.is_empty()).collect()
    }

    #[test]
    fn the_html_says_the_same_as_the_text() {
        let r = digest(9, 5, 3).render().unwrap();
        let page = scraper::Html::parse_document(&r.html);
        let body = page.select(&scraper::Selector::parse("body").unwrap()).next().unwrap();
        let mut said: Vec<String> = body.text().flat_map(words).collect();
        let a = scraper::Selector::parse("a").unwrap();
        let links = page.select(&a);
        said.extend(links.flat_map(|a| words(a.value().attr("href").unwrap())));
        for word in words(&r.text) {
            assert!(said.contains(&word), "the text says “{word}”, the HTML does not: {said:?}");
        }
        assert!(!r.html.contains("<img") && !r.html.contains("src=") && !r.html.contains("url("));
    }

    #[test]
    fn numbers_and_words_agree() {
        let mut one = digest(1, 0, 0);
        one.counts.coming = 1;
        one.counts.newly_due = 0;
        one.counts.oldest_due = Some(one.today);
        let r = one.render().unwrap();
        assert_eq!(r.subject, "Registry work list: 1 item");
        for said in ["1 item is on your work list", "1 further item falls due", "less than a week"] {
            assert!(r.text.contains(said) && r.html.contains(said), "{said}\n{}", r.text);
        }
        assert!(!r.text.contains("since your last mail"));
        let mut none = digest(0, 0, 1);
        none.counts.oldest_due = None;
        assert!(!none.render().unwrap().text.contains("oldest"));
        assert_eq!(digest(1, 1, 1).counts.oldest_weeks("2026-08-17".parse().unwrap()), Some(1));
        assert_eq!(digest(1, 1, 1).counts.oldest_weeks("2026-08-10".parse().unwrap()), Some(0));
    }

    #[test]
    fn each_kind_says_why() {
        for (kind, frequency, says) in [
            (Kind::Weekly, Frequency::Weekly, "at the start of every week"),
            (Kind::Weekly, Frequency::Daily, "on every working day"),
            (Kind::NewDue, Frequency::Daily, "became due at Practice General"),
            (Kind::NewDue, Frequency::Weekly, "once a week"),
        ] {
            let r = Digest { kind, frequency, ..digest(2, 0, 0) }.render().unwrap();
            assert!(r.text.contains(says) && r.html.contains(says), "{says}\n{}", r.text);
        }
    }

    #[test]
    fn a_supervisor_reads_whose_place_the_mail_takes() {
        let r = Digest { on_behalf: true, ..digest(2, 0, 0) }.render().unwrap();
        assert!(r.text.starts_with("2 items are on a colleague's work list"), "{}", r.text);
        assert!(r.text.contains("refused twice"));
    }

    #[test]
    fn a_test_mail_says_what_it_is() {
        let r = test_mail("https://registry.example", "office@hospital.example").unwrap();
        assert!(r.text.contains("https://registry.example") && r.html.contains("office@hospital.example"));
    }

    #[test]
    fn a_facility_name_cannot_break_out_of_its_line_or_element() {
        let mut d = digest(2, 0, 0);
        d.facility = "A & B\r\nBcc: x@y.example\n<script>alert(1)</script>".to_owned();
        let r = d.render().unwrap();
        assert!(!r.html.contains("<script>"));
        assert!(r.text.lines().all(|l| !l.starts_with("Bcc")));
    }
}
