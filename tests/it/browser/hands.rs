//! Small moves of the hand on a case: words of the source for a field, why a code stands there, straight to a field.

use fantoccini::key::Key;

use super::{Window, wanted};
use crate::{
    abstracting::{make, save},
    support::{
        Backend, TestApp,
        a_case::PERSON,
        app::{PASSWORD, ROSA},
    },
};

const REPORT: &str = "7/14/26 lumpectomy here: invasive lobular carcinoma of the left breast, 22 mm";

#[test]
fn words_why_and_fields_are_a_key_away_and_nothing_asks_before_a_page_is_left() {
    if !wanted() {
        return;
    }
    let app = TestApp::new(Backend::Embedded);
    let mut rosa = app.sign_in(ROSA);
    let uid = make(&mut rosa, &PERSON, None);
    save(&mut rosa, &uid, "workup", &[("textDxProcPath", REPORT)]).expect(303);
    save(&mut rosa, &uid, "cancer", &[("laterality", "2"), ("primarySite", "C504")]).expect(303);

    let window = Window::open(app.address);
    window.go("/");
    window.tab_to("input[name=user]");
    window.write(ROSA.login);
    window.press(Key::Tab);
    window.write(PASSWORD);
    window.leave(|w| w.press(Key::Enter));

    // Straight to a field of this section, by its beginning; the box on top takes no page for it.
    window.go(&format!("/abstracts/{uid}/cancer"));
    window.chord(Key::Control, 'k');
    window.write("laterality");
    window.press(Key::Enter);
    window.until("the hand is in the field", "return document.activeElement.id === 'laterality'");

    // Words chosen in the report justify it, with one key.
    window.run(
        "const text = document.querySelector('#source [data-text] p').firstChild; \
         const at = text.data.indexOf('left breast'); \
         getSelection().setBaseAndExtent(text, at, text, at + 'left breast'.length)",
    );
    window.until("the button", "return !document.querySelector('[data-cite]').hidden");
    assert!(window.text("[data-cite] button").starts_with("These words justify Laterality"));
    window.chord(Key::Alt, 'j');
    assert_eq!(window.focus(), "laterality");
    window.until(
        "typing is kept",
        "return document.querySelector('[data-autosave-state]').innerText.startsWith('Typing kept')",
    );

    // Another section by a link: nothing asks, since what was typed is kept; and back by the field's name.
    window.chord(Key::Control, 'k');
    window.write(".last contact");
    window.leave(|w| w.press(Key::Enter));
    assert!(window.path().starts_with(&format!("/abstracts/{uid}/outcome")), "{}", window.path());
    assert_eq!(window.focus(), "dateOfLastContact");
    window.chord(Key::Control, 'k');
    window.write(".lat");
    window.leave(|w| w.press(Key::Enter));
    assert_eq!(window.focus(), "laterality");
    let carried = "return document.querySelector('[name=\"cited.laterality\"]').value";
    assert_eq!(window.run(carried), "textDxProcPath|left breast");
    window.leave(|w| w.chord(Key::Control, 's'));
    assert_eq!(window.focus(), "laterality", "saved, and the hand stays");
    window.until("the words are marked in the report", "return CSS.highlights.has('cited')");

    // Why it stands there, and back.
    window.leave(|w| w.chord(Key::Alt, 'w'));
    assert!(window.text("main").contains("“left breast”"), "{}", window.text("main"));
    window.leave(|w| w.chord(Key::Alt, 'w'));
    assert_eq!(window.focus(), "laterality");
    assert_eq!(window.console(), Vec::<String>::new());
}
