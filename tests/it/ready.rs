//! Running the edits on a case without completing it: ready, or its errors.

use crate::{
    abstracting::{complete_case, filled_case, make, record, save},
    support::{
        app::{ROSA, TestApp},
        backends,
        http::Browser,
    },
};

fn run_edits(browser: &mut Browser, uid: &str, fields: &[(&str, &str)]) -> String {
    let mut all = fields.to_vec();
    all.push(("then", "run-edits"));
    save(browser, uid, "case", &all).expect(303).location().to_owned()
}

#[test]
fn running_the_edits_makes_a_case_ready_or_shows_its_errors() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let open = make(&mut rosa, &[("nameLast", "Placeholder"), ("nameFirst", "Flora")], None);
        let to = run_edits(&mut rosa, &open, &[("dateOf1stContact", "2026-11-20")]);
        assert!(to.ends_with("refused=way"), "{to}");
        assert_eq!(record(&app, &open).2, "edit_errors", "{backend:?}");

        let uid = complete_case(&mut rosa);
        let kept = record(&app, &uid).1;
        // A complete case has no such button, and what is sent all the same changes nothing.
        let page = rosa.get(&format!("/abstracts/{uid}/case")).expect(200).body();
        assert!(!page.contains(r#"value="run-edits""#));
        let to = run_edits(&mut rosa, &uid, &[]);
        assert!(to.ends_with("refused=closed"), "{to}");
        assert_eq!((record(&app, &uid).2.as_str(), record(&app, &uid).1), ("complete", kept));

        let ready = filled_case(&mut rosa);
        let page = rosa.get(&format!("/abstracts/{ready}/case")).expect(200).body();
        assert!(page.contains(r#"value="run-edits""#));
        let to = run_edits(&mut rosa, &ready, &[]);
        assert!(to.contains("saved=ready"), "{backend:?} {to}");
        assert!(rosa.get(&to).expect(200).text("main .notice").contains("nothing in the way"));
        let (_, case, state) = record(&app, &ready);
        assert_eq!((state.as_str(), case.value("dateCaseCompleted")), ("ready", ""));
        // An error afterwards is found by the next run; saving alone says only that it is worked on.
        save(&mut rosa, &ready, "cancer", &[("laterality", "0")]).expect(303);
        assert_eq!(record(&app, &ready).2, "in_progress");
        assert!(run_edits(&mut rosa, &ready, &[]).ends_with("refused=way"));
        assert_eq!(record(&app, &ready).2, "edit_errors");
        save(&mut rosa, &ready, "cancer", &[("laterality", "2")]).expect(303);
        assert!(run_edits(&mut rosa, &ready, &[]).contains("saved=ready"));
        let done = save(&mut rosa, &ready, "case", &[("then", "complete")]).expect(303).location().to_owned();
        assert!(done.ends_with("saved=complete"), "{done}");
    }
}
