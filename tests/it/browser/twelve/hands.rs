//! Hands that enter an abstract: keys only, as a registrar who knows them.

use fantoccini::key::Key;
use serde_json::{Value, json};

use super::{
    measures::Measures,
    script::{Planted, Script, Step},
};
use crate::browser::{Window, window::keys_of};

const SECTIONS: [&str; 11] = [
    "case",
    "patient",
    "residence",
    "contacts",
    "cancer",
    "workup",
    "stage",
    "specific",
    "treatment",
    "outcome",
    "admin",
];

/// Hands at a keyboard, and what they did so far.
pub(super) struct Hands<'a> {
    pub(super) window: &'a Window,
    /// Pages run script.
    pub(super) script: bool,
    pub(super) measures: Measures,
}

impl Hands<'_> {
    /// Enters a whole case and completes it.
    pub(super) fn enter(&mut self, script: &Script) {
        self.new_case(script);
        for (at, section) in SECTIONS.into_iter().enumerate() {
            assert!(self.window.path().contains(&format!("/{section}")), "{section}: {}", self.window.path());
            for step in script.steps.iter().filter(|step| step.section == section) {
                self.step(step);
            }
            self.take_proposals();
            if at + 1 < SECTIONS.len() {
                self.leave(|hands| {
                    if hands.script {
                        hands.window.chord(Key::Alt, Key::PageDown.into());
                    } else {
                        hands.press_button("#abstract button[value=next]");
                    }
                });
            }
        }
        self.leave(|hands| {
            if hands.script {
                hands.window.chord(Key::Control, Key::Enter.into());
            } else {
                hands.press_button("button[value=complete]");
            }
        });
        let head = self.window.text(".case h1");
        if !head.ends_with("Complete") {
            let mut found = self.window.text("#findings-panel");
            let elsewhere = "const a = [...document.querySelectorAll('#findings-panel p a')].pop();
                return a?.getAttribute('href') ?? ''";
            let elsewhere = self.window.run(elsewhere).as_str().unwrap().to_owned();
            if elsewhere.starts_with('/') {
                self.window.go(&elsewhere);
                found = self.window.text("#findings-panel");
            }
            self.measures.failures.push(format!("{head} is not complete: {found}"));
        }
        self.measures.case = self.window.path().split('/').nth(2).unwrap().to_owned();
    }

    /// Makes the person and the case.
    fn new_case(&mut self, script: &Script) {
        self.window.go("/abstracts");
        if self.script {
            self.window.leave(|w| w.write("n"));
        } else {
            self.window.leave(|w| {
                w.tab_to("main a[href='/abstracts/new']");
                w.press(Key::Enter);
            });
        }
        for (name, keys) in &script.person {
            self.reach(name);
            self.window.write(keys);
            self.measures.keys_values += keys_of(keys);
        }
        let end = |window: &Window| {
            if self.script { window.chord(Key::Control, Key::Enter.into()) } else { window.press(Key::Enter) }
        };
        self.window.leave(end);
        self.window.see("button[value=new]");
        self.window.leave(|w| {
            if self.script {
                w.chord(Key::Control, Key::Enter.into());
            } else {
                w.tab_to("button[value=new]");
                w.press(Key::Enter);
            }
        });
    }

    fn press_button(&self, selector: &str) {
        self.window.tab_to(selector);
        self.window.press(Key::Enter);
    }

    /// Leaves a page of the abstract for another: what it showed and how long it took is noted before.
    fn leave(&mut self, act: impl FnOnce(&Self)) {
        self.measures.page(self.window);
        self.window.leave(|_| act(self));
    }

    /// Saves and stays.
    fn save(&mut self) {
        self.leave(|hands| {
            if hands.script {
                hands.window.chord(Key::Control, 's');
            } else {
                hands.press_button("button[form=abstract][value=save]");
            }
        });
    }

    fn shown(&self, item: &str) -> bool {
        let script = format!("return document.getElementById('{item}')?.getClientRects().length > 0");
        self.window.run(&script) == Value::Bool(true)
    }

    /// Goes on, or back, to a box.
    fn reach(&self, item: &str) {
        let script = format!(
            "const box = document.getElementById('{item}'), at = document.activeElement;
             if (at === box) return 'here';
             if (!box.form.contains(at)) return 'outside';
             if (at.compareDocumentPosition(box) & Node.DOCUMENT_POSITION_PRECEDING) return 'behind';
             return at.matches('input, select') ? 'before' : 'other'"
        );
        for _ in 0..120 {
            match self.window.run(&script).as_str().unwrap() {
                "here" => return,
                "behind" => self.window.chord(Key::Shift, Key::Tab.into()),
                "before" if self.script => self.window.press(Key::Enter),
                _ => self.window.press(Key::Tab),
            }
        }
        panic!("{item} is not reached at {}", self.window.path());
    }

    /// Types over what stands in the box: with script it is selected already.
    fn write_over(&self, keys: &str) {
        let stands = "const e = document.activeElement;
            return e.value !== '' && e.selectionEnd - e.selectionStart < e.value.length";
        if self.window.run(stands) == Value::Bool(true) {
            self.window.chord(Key::Control, 'a');
        }
        if keys.is_empty() {
            self.window.press(Key::Delete);
        } else {
            self.window.write(keys);
        }
    }

    fn step(&mut self, step: &Step) {
        if !self.shown(&step.item) {
            if self.script {
                // An answer above calls for it: the hands wait for the page to say so.
                self.window.see(&format!("#{}", step.item));
            } else {
                self.save();
            }
        }
        if let Some(planted) = &step.planted {
            let before = self.window.keys_pressed();
            self.plant(&step.item, planted);
            self.measures.keys_planted += self.window.keys_pressed() - before;
        }
        self.reach(&step.item);
        if !step.code.is_empty() {
            self.code(&step.item, &step.keys, &step.code);
        } else {
            self.write_over(&step.keys);
        }
        self.measures.typed.insert(step.item.clone());
        let keys = keys_of(&step.keys);
        if step.item.starts_with("text") || step.item.starts_with("rxText") {
            self.measures.keys_text += keys;
        } else {
            self.measures.keys_values += keys;
        }
        if let Some(planted) = &step.planted {
            self.settled(&step.item, planted);
        }
    }

    /// Finds a code by words and takes the first that is offered.
    fn code(&mut self, item: &str, words: &str, code: &str) {
        self.write_over(words);
        if self.script {
            self.window.see(&format!("#{item}-list [aria-selected=true]"));
            self.window.press(Key::Enter);
            let script = format!("return document.getElementById('{item}').value.startsWith('{code}')");
            self.window.until(&format!("{words} gives {code}"), &script);
        } else {
            self.leave(|hands| hands.press_button(&format!("button[name=find][value={item}]")));
            self.window.tab_to("button[name=chosen]");
            let offered = self.window.text("button[name=chosen]").replace('.', "");
            assert!(offered.starts_with(code), "{words}: {offered} is offered first, not {code}");
            self.window.leave(|w| w.press(Key::Enter));
        }
    }

    /// Takes what is proposed for the blank boxes of the section, if anything is left.
    fn take_proposals(&mut self) {
        if self.script {
            // What the last answer calls for stands there once the page has been told.
            self.window.until("the page is judged", "return !document.getElementById('abstract')?.judging");
        }
        let script = "return document.querySelector('#abstract button[value=take]') !== null
            && [...document.querySelectorAll('#abstract [data-proposed]')].some((e) => !e.value && e.getClientRects().length)";
        if self.window.run(script) != Value::Bool(true) {
            return;
        }
        self.leave(|hands| {
            if hands.script {
                hands.window.chord(Key::Alt, 'p');
            } else {
                hands.press_button("#abstract button[value=take]");
            }
        });
    }

    /// Types something wrong, and looks whether it is told before anything is saved.
    fn plant(&mut self, item: &str, planted: &Planted) {
        let said = |hands: &Self| hands.window.run(&told_script(item, &planted.told));
        let before = said(self);
        if before != "" {
            self.fail(item, planted, &format!("was told already: {before}"));
        }
        self.reach(item);
        self.write_over(&planted.keys);
        if self.script {
            self.go_on(item);
        } else {
            self.leave(|hands| hands.press_button("button[value=check]"));
        }
        let begun = std::time::Instant::now();
        let mut told = said(self);
        while told == "" && self.script && begun.elapsed().as_secs() < 15 {
            std::thread::sleep(std::time::Duration::from_millis(20));
            told = said(self);
        }
        match told.as_str().unwrap() {
            "" => {
                let script = format!(
                    "return (document.getElementById('{item}-message')?.innerText ?? '') + ' | ' +
                     document.getElementById('{item}').value + ' | ' +
                     document.getElementById('findings-panel').innerText"
                );
                let found = self.window.run(&script);
                self.fail(item, planted, &format!("is not told: {found}"));
            }
            words if words.len() < 20 => self.fail(item, planted, &format!("gives no reason: {words}")),
            words => {
                self.measures.told.push((item.to_owned(), planted.keys.clone(), words.to_owned()));
            }
        }
        self.reach(item);
    }

    /// Leaves a box, if it was not left by itself.
    fn go_on(&self, item: &str) {
        if self.window.focus() == item {
            self.window.press(Key::Tab);
        }
    }

    /// The right value is typed: what was told goes away.
    fn settled(&mut self, item: &str, planted: &Planted) {
        if self.script {
            self.go_on(item);
        } else {
            // It is seen with the next answer of the server.
            self.leave(|hands| hands.press_button("button[value=check]"));
        }
        let script = told_script(item, &planted.told);
        let begun = std::time::Instant::now();
        while self.window.run(&script) != "" {
            if !self.script || begun.elapsed().as_secs() > 15 {
                let said = self.window.run(&script);
                return self.fail(item, planted, &format!("stays when it is right: {said}"));
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    fn fail(&mut self, item: &str, planted: &Planted, why: &str) {
        self.measures.failures.push(format!("{item} “{}”, {}: {why}", planted.keys, planted.told));
    }
}

/// What the page says of a planted error, by the id of an edit or by words; blank when it says nothing.
fn told_script(item: &str, told: &str) -> String {
    format!(
        "const told = {}, panel = document.getElementById('findings-panel');
         const say = (place) => place?.textContent.replace(/\\s+/g, ' ').trim() ?? '';
         if (/^ED-/.test(told)) {{
             const more = panel.querySelector(`details[data-edit=\"${{told}}\"]`);
             return say(more?.closest('article')?.querySelector('.finding__text'));
         }}
         const places = [document.getElementById('{item}-message'), ...panel.querySelectorAll('.finding__text')];
         return places.map(say).find((words) => words.includes(told)) ?? ''",
        json!(told)
    )
}
