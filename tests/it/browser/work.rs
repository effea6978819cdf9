//! A registrar's and a supervisor's main work, by keyboard alone: once with script and once without.

use fantoccini::key::Key;

use super::{Window, wanted};
use crate::support::{
    Backend, TestApp,
    a_case::{PERSON, SECTIONS},
    app::{OLGA, PASSWORD, Person, ROSA, SAM},
};

/// Somebody at a keyboard.
pub(super) struct Hands<'a> {
    pub(super) window: &'a Window,
    pub(super) script: bool,
}

impl Hands<'_> {
    pub(super) fn sign_in(&self, person: Person) {
        self.window.go("/");
        self.window.tab_to("input[name=user]");
        self.window.write(person.login);
        self.window.press(Key::Tab);
        self.window.write(PASSWORD);
        self.window.leave(|w| w.press(Key::Enter));
        self.window.see("h1");
        assert_eq!(self.window.path(), "/", "{} is signed in", person.login);
    }

    /// Goes on to a field and types into it, over what stands there.
    #[track_caller]
    fn fill(&self, name: &str, value: &str) {
        let forth = if self.script { Key::Enter } else { Key::Tab };
        for _ in 0..40 {
            if self.window.focus() == name {
                self.window.write(value);
                return;
            }
            // Enter is a new line in a text of several lines.
            let area = self.window.run("return document.activeElement.matches('textarea')") == true;
            self.window.press(if area { Key::Tab } else { forth });
        }
        panic!("{name} is not reached at {}", self.window.path());
    }

    /// Saves the section and opens the one after it.
    #[track_caller]
    fn next_section(&self) {
        self.window.tab_to("[data-last]");
        self.window.leave(|w| w.press(Key::Enter));
    }

    /// Finds a code by words and takes the first that is offered.
    #[track_caller]
    fn code(&self, name: &str, words: &str, code: &str) {
        self.fill(name, words);
        if self.script {
            self.window.see(&format!("#{name}-list [aria-selected=true]"));
            self.window.press(Key::Enter);
            // The box holds the code, and what it means stands beside it.
            let script = format!("return document.getElementById('{name}').value.startsWith('{code}')");
            self.window.until(code, &script);
        } else {
            self.window.tab_to(&format!("button[name=find][value={name}]"));
            self.window.leave(|w| w.press(Key::Enter));
            self.window.tab_to("button[name=chosen]");
            let offered = self.window.text("button[name=chosen]").replace('.', "");
            assert!(offered.starts_with(code), "{offered} is offered first, not {code}");
            self.window.leave(|w| w.press(Key::Enter));
        }
    }

    /// Saves and stays.
    fn save(&self) {
        if self.script {
            self.window.leave(|w| w.chord(Key::Control, 's'));
        } else {
            self.window.tab_to("button[form=abstract][value=save]");
            self.window.leave(|w| w.press(Key::Enter));
        }
    }

    /// Takes what is proposed for the blank boxes of the section.
    fn take_proposals(&self) {
        // With script Enter took each of them already.
        if self.window.run("return !document.querySelector('#abstract button[value=take]')") == true {
            return;
        }
        self.window.tab_to("#abstract button[value=take]");
        self.window.leave(|w| w.press(Key::Enter));
    }

    /// Enters a whole new case; its address.
    fn new_case(&self) -> String {
        self.window.tab_to("main a[href='/abstracts/new']");
        self.window.leave(|w| w.press(Key::Enter));
        for (name, value) in PERSON {
            self.fill(name, value);
        }
        self.window.leave(|w| {
            if self.script { w.chord(Key::Control, Key::Enter.into()) } else { w.press(Key::Enter) }
        });
        self.window.read("Nobody here is likely the same person");
        self.window.tab_to("button[value=new]");
        self.window.leave(|w| w.press(Key::Enter));

        let case = self.window.path();
        for (at, (section, fields)) in SECTIONS.into_iter().enumerate() {
            assert!(self.window.path().contains(&format!("/{section}")), "{section}: {}", self.window.path());
            for (name, value) in fields {
                match *name {
                    "primarySite" => self.code(name, "upper outer quadrant breast", "C504"),
                    "histologicTypeIcdO3" => self.code(name, "infiltrating lobular carcinoma", "8520"),
                    // Comes with the histology.
                    "behaviorCodeIcdO3" => {}
                    _ => self.fill(name, value),
                }
            }
            match SECTIONS.get(at + 1) {
                Some((next, _)) if next == &section => {
                    self.save();
                    // The hand stays where it was; what the answers call for may stand before it.
                    let path = self.window.path();
                    self.window.go(path.split('?').next().unwrap_or_default());
                }
                Some(_) => {
                    self.take_proposals();
                    self.next_section();
                }
                None => {}
            }
        }
        case
    }

    /// Signs out from the menu.
    fn sign_out(&self) {
        self.window.tab_to(".menu summary");
        self.window.press(Key::Enter);
        self.window.tab_to("form[action='/sign-out'] button");
        self.window.leave(|w| w.press(Key::Enter));
        assert_eq!(self.window.path(), "/sign-in");
    }
}

fn a_day(script: bool) {
    let app = TestApp::new(Backend::Embedded);
    let window = Window::open(app.address);
    if !script {
        window.without_script();
    }
    let hands = Hands { window: &window, script };

    // The registrar enters a case, codes it from words, completes it and sees when follow-up is due.
    hands.sign_in(ROSA);
    hands.new_case();
    if script {
        window.leave(|w| w.chord(Key::Control, Key::Enter.into()));
    } else {
        window.tab_to("button[value=complete]");
        window.leave(|w| w.press(Key::Enter));
    }
    assert_eq!(window.text(".case h1"), "Fictive, Karla Complete", "{}", window.text("#findings"));
    window.tab_to(".sections a[href^='/patients/']");
    window.leave(|w| w.press(Key::Enter));
    let patient = window.path();
    assert!(window.text("#followup").contains("due 1 September 2027"), "{}", window.text("#followup"));
    assert!(window.text("main").contains("C50.4"));

    // A contact moves the due date.
    window.tab_to("main a[href$='/contact']");
    window.leave(|w| w.press(Key::Enter));
    window.tab_to("[name=followUpSource]");
    window.write("1");
    window.tab_to("[name=dateOfLastContact]");
    window.write("11/2/2026");
    if script {
        window.press(Key::Tab);
        window.until(
            "what saving does",
            "return document.getElementById('effect').innerText.includes('2027-11-02')",
        );
    }
    window.tab_to("button[value=stay]");
    window.leave(|w| w.press(Key::Enter));
    window.go(&patient);
    assert!(window.text("#followup").contains("due 2 November 2027"), "{}", window.text("#followup"));
    hands.sign_out();

    // The supervisor opens the dashboard and goes into a number.
    hands.sign_in(SAM);
    window.tab_to(".bar a[href='/dashboard']");
    window.leave(|w| w.press(Key::Enter));
    window.tab_to("main a[href^='/dashboard/cases']");
    let number = window.run("return document.activeElement.innerText");
    window.leave(|w| w.press(Key::Enter));
    window.read("Fictive, Karla");
    assert_eq!(number, "1");
    hands.sign_out();

    // For somebody of another hospital there is no such patient.
    hands.sign_in(OLGA);
    window.go(&patient);
    assert!(!window.text("main").contains("Fictive"));
    assert!(window.text("h1").contains("Nothing here"));
    let status = "return performance.getEntriesByType('navigation')[0].responseStatus";
    assert_eq!(window.run(status), 404);
}

#[test]
fn a_day_of_work_by_keyboard() {
    if wanted() {
        a_day(true);
    }
}

#[test]
fn the_same_day_without_script() {
    if wanted() {
        a_day(false);
    }
}
