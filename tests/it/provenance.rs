//! How each code came, and that it stays known: through edits, out with an export, into another registry.

use cancer_registry::{
    audit::{AuditAction, Event},
    db::{Conn, StoreError},
};
use diesel::{QueryableByName, RunQueryDsl, sql_types::Text};

use crate::{
    exchange::{export_to, file, import, patient},
    support::{
        TestRegistry,
        app::{OLGA, RAJ, ROSA, TestApp, hidden},
        backends,
        http::{Answer, Browser},
    },
};

#[derive(QueryableByName)]
struct Uid {
    #[diesel(sql_type = Text)]
    uid: String,
}

/// Public ids of all cases, oldest first.
fn cases(registry: &TestRegistry) -> Vec<String> {
    registry.look(|conn: &mut Conn| -> Result<Vec<String>, StoreError> {
        let rows: Vec<Uid> = diesel::sql_query("SELECT uid FROM tumor ORDER BY id").load(conn)?;
        Ok(rows.into_iter().map(|r| r.uid).collect())
    })
}

fn new_case(browser: &mut Browser) -> String {
    let person = [
        ("nameLast", "Fictive"),
        ("nameFirst", "Nora"),
        ("dateOfBirth", "1960"),
        ("sexAssignedAtBirth", "2"),
    ];
    let likely = browser.post("/abstracts/new", &person).expect(303).location().to_owned();
    let made = browser.post(&likely, &[("patient", "new")]).expect(303).location().to_owned();
    made.strip_prefix("/abstracts/").unwrap().split('/').next().unwrap().to_owned()
}

fn save(browser: &mut Browser, uid: &str, section: &str, fields: &[(&str, &str)]) {
    let address = format!("/abstracts/{uid}/{section}");
    let page = browser.get(&address).expect(200).body();
    let (patient, case) = (hidden(&page, "patient_version"), hidden(&page, "tumor_version"));
    let mut form = vec![("patient_version", patient.as_str()), ("tumor_version", case.as_str())];
    form.extend_from_slice(fields);
    browser.post(&address, &form).expect(303);
}

fn why(browser: &mut Browser, uid: &str, item: &str) -> Answer {
    browser.get(&format!("/abstracts/{uid}/why/{item}")).expect(200)
}

const WORDS: &str = "infiltrating ductal ca, upper outer quadrant, left breast";

/// A breast case whose site and histology were chosen from suggestions, whose side was typed.
fn coded(browser: &mut Browser) -> String {
    let uid = new_case(browser);
    save(
        browser,
        &uid,
        "cancer",
        &[
            ("dateOfDiagnosis", "6/16/2024"),
            ("primarySite", "C504"),
            ("from.primarySite", WORDS),
            ("histologicTypeIcdO3", "8500"),
            ("behaviorCodeIcdO3", "3"),
            ("from.histologicTypeIcdO3", WORDS),
            ("from.behaviorCodeIcdO3", WORDS),
            ("laterality", "2"),
        ],
    );
    uid
}

fn is_coded_with_reasons(browser: &mut Browser, uid: &str) {
    let site = why(browser, uid, "primarySite");
    assert!(site.text("#how").contains("C504"), "{}", site.text("main"));
    let all = site.text("main");
    assert!(all.contains("Chosen by Rosa Quill on 23 November 2026"), "{all}");
    assert!(all.contains("upper outer quadrant") && all.contains("ICD-O-3 topography"), "{all}");
    assert!(all.contains("index term of this site") && all.contains("Also considered"), "{all}");
    assert_eq!(site.text(".codes__phrase mark"), "upper");
    let histology = why(browser, uid, "histologicTypeIcdO3").text("main");
    assert!(
        histology.contains("Chosen by Rosa Quill") && histology.contains("ICD-O-3 morphology"),
        "{histology}"
    );
    let side = why(browser, uid, "laterality").text("main");
    assert!(side.contains("Typed as a code by Rosa Quill"), "{side}");
}

#[test]
fn a_code_says_how_it_came_whatever_happens_to_the_case() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = coded(&mut rosa);
        is_coded_with_reasons(&mut rosa, &uid);

        // somebody else edits other items
        let mut raj = app.sign_in(RAJ);
        save(&mut raj, &uid, "case", &[("classOfCase", "14"), ("dateOf1stContact", "2024-06-10")]);
        save(&mut raj, &uid, "cancer", &[("diagnosticConfirmation", "1")]);
        is_coded_with_reasons(&mut raj, &uid);
        assert!(why(&mut raj, &uid, "classOfCase").text("main").contains("Typed as a code by Raj Inkwell"));

        // derived at the save
        let age = why(&mut rosa, &uid, "ageAtDiagnosis").text("main");
        assert!(age.contains("Derived from other items at the save by Rosa Quill"), "{age}");

        // out, and into another registry
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.xml");
        export_to(&app.registry, &out);
        let bytes = std::fs::read(&out).unwrap();
        let there = TestApp::new(backend);
        import(&there.registry, &bytes);
        let mut rosa_there = there.sign_in(ROSA);
        let moved = cases(&there.registry).remove(0);
        is_coded_with_reasons(&mut rosa_there, &moved);
        let site = why(&mut rosa_there, &moved, "primarySite").text("main");
        assert!(
            site.contains("The note was made at Practice General and came here with the file file.xml"),
            "{site}"
        );
        let age = why(&mut rosa_there, &moved, "ageAtDiagnosis").text("main");
        assert!(age.contains("Derived from other items"), "{age}");

        // the same file again changes nothing; a further export is the same
        let before = crate::exchange::contents(&there.registry);
        let again = folder.path().join("again.xml");
        export_to(&there.registry, &again);
        import(&app.registry, &std::fs::read(&again).unwrap());
        is_coded_with_reasons(&mut rosa, &uid);
        assert_eq!(crate::exchange::contents(&there.registry), before);

        // edited there: the note of the site is stale no more, it is replaced; the others stay
        save(&mut rosa_there, &moved, "cancer", &[("primarySite", "C509")]);
        let site = why(&mut rosa_there, &moved, "primarySite").text("main");
        assert!(site.contains("Typed as a code by Rosa Quill") && !site.contains("another value"), "{site}");
        assert!(why(&mut rosa_there, &moved, "histologicTypeIcdO3").text("main").contains("Chosen by"));
    }
}

#[test]
fn imported_codes_name_their_file_and_a_value_changed_elsewhere_makes_a_note_stale() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let words = "nameLast=Doe nameFirst=Ann dateOfBirth=19500101 sex=2 patientIdNumber=00000007";
        let tumor = "primarySite=C504 histologicTypeIcdO3=8500 behaviorCodeIcdO3=3 laterality=1 dateOfDiagnosis=20200102";
        import(&app.registry, file(&patient(words, &[tumor])).as_bytes());
        let uid = cases(&app.registry).remove(0);
        let mut rosa = app.sign_in(ROSA);
        let site = why(&mut rosa, &uid, "primarySite").text("main");
        assert!(
            site.contains("Imported on 23 November 2026") && site.contains("from the file file.xml"),
            "{site}"
        );

        save(&mut rosa, &uid, "cancer", &[("laterality", "2"), ("from.laterality", "left")]);
        let side = why(&mut rosa, &uid, "laterality").text("main");
        assert!(side.contains("Chosen by Rosa Quill") && side.contains("Left"), "{side}");
        assert!(side.contains("imported"), "the value before stands in the history: {side}");

        // the imported codes stay known in another registry too
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.xml");
        export_to(&app.registry, &out);
        let there = TestApp::new(backend);
        import(&there.registry, &std::fs::read(&out).unwrap());
        let mut rosa_there = there.sign_in(ROSA);
        let moved = cases(&there.registry).remove(0);
        let site = why(&mut rosa_there, &moved, "primarySite").text("main");
        assert!(
            site.contains("Imported on 23 November 2026") && site.contains("from the file file.xml"),
            "{site}"
        );
        assert!(site.contains("The note was made at Practice General"), "{site}");
        assert!(why(&mut rosa_there, &moved, "laterality").text("main").contains("Chosen by Rosa Quill"));

        // a later file brings another side: the note is stale
        app.registry.clock.advance(chrono::Duration::days(3));
        let newer = file(&patient(words, &[&tumor.replace("laterality=1", "laterality=4")]))
            .replace("2024-08-23T09:11:35-04:00", "2026-11-25T09:11:35-04:00");
        import(&app.registry, newer.as_bytes());
        let mut rosa = app.sign_in(ROSA);
        let side = why(&mut rosa, &uid, "laterality").text("main");
        assert!(side.contains("Imported on 26 November 2026"), "{side}");
        assert!(side.contains("another value: 2 was chosen for “left” by Rosa Quill"), "{side}");
    }
}

#[test]
fn derived_codes_name_their_edition_and_row() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = coded(&mut rosa);
        let derived = |browser: &mut Browser| {
            browser.get(&format!("/abstracts/{uid}/derived")).expect(200).text("main")
        };
        let shown = derived(&mut rosa);
        for part in [
            "ICD-10-CMC50.412",
            "ICD-10-CM, April 2026, row",
            "39 Breast",
            "26000 Breast",
            "SEER AYA site recode, 2020 revision, row",
            "row CoC-8",
            "IARC/IACR 2004",
            "has not been brought in",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        // the table of the registry's own decides for 2024
        let file = "C_Site,Hist,Behavior,CPC2024B\nC504,8500,3,2\n";
        let chart = cancer_registry::icdo::PathChart::read(file.as_bytes()).unwrap();
        app.registry
            .db
            .write(&cancer_registry::access::Actor::host(None), |tx| {
                let at = tx.now();
                cancer_registry::recodes::store::put_pathchart(tx.conn(), &chart, "chart.csv", "host", at)?;
                tx.record(Event::new(AuditAction::ChangeSetting).detail("table"));
                Ok::<_, StoreError>(())
            })
            .unwrap();
        assert!(derived(&mut rosa).contains("unlikely: needs an over-ride"), "{}", derived(&mut rosa));
        // nothing to derive from
        let empty = new_case(&mut rosa);
        let blank = rosa.get(&format!("/abstracts/{empty}/derived")).expect(200).text("main");
        assert!(blank.contains("are not all coded yet"), "{blank}");
        app.sign_in(OLGA).get(&format!("/abstracts/{uid}/derived")).expect(404);
    }
}

#[test]
fn the_page_is_for_codes_of_this_facility() {
    let app = TestApp::new(backends()[0]);
    let mut rosa = app.sign_in(ROSA);
    let uid = new_case(&mut rosa);
    rosa.get(&format!("/abstracts/{uid}/why/nameLast")).expect(404);
    rosa.get(&format!("/abstracts/{uid}/why/nothing")).expect(404);
    assert!(why(&mut rosa, &uid, "primarySite").text("main").contains("The item is blank"));
    app.sign_in(OLGA).get(&format!("/abstracts/{uid}/why/primarySite")).expect(404);
    app.browser().get(&format!("/abstracts/{uid}/why/primarySite")).expect(303);
}

#[test]
fn words_of_a_text_justify_a_value_and_stay_with_it() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = coded(&mut rosa);
        save(
            &mut rosa,
            &uid,
            "workup",
            &[("textDxProcPath", "7/14/24 lumpectomy here:\nLt breast UOQ, 22 mm")],
        );
        save(
            &mut rosa,
            &uid,
            "cancer",
            &[("laterality", "2"), ("cited.laterality", "textDxProcPath|here: Lt breast")],
        );
        let side = why(&mut rosa, &uid, "laterality").text("main");
        assert!(side.contains("“here: Lt breast”") && side.contains("given by Rosa Quill"), "{side}");
        assert!(side.contains("Typed as a code by Rosa Quill"), "what was known stays: {side}");
        let page = rosa.get(&format!("/abstracts/{uid}/cancer")).expect(200);
        assert!(page.text("[data-help=laterality]").contains("“here: Lt breast”"));

        // Without script: from the page of the value; words that do not stand in the text are not kept.
        let address = format!("/abstracts/{uid}/why/tumorSizeSummary");
        save(&mut rosa, &uid, "stage", &[("tumorSizeSummary", "022")]);
        let mut say = |words: &str| {
            let fields = [("text", "textDxProcPath"), ("words", words)];
            rosa.post(&address, &fields).expect(303).location().to_owned()
        };
        assert!(say("23 mm").ends_with("said=not-there"));
        assert!(say("").ends_with("said=nothing"));
        assert!(say("22 mm").ends_with("said=kept"));
        assert!(why(&mut rosa, &uid, "tumorSizeSummary").text("main").contains("“22 mm”"));

        // Out, and into another registry.
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.xml");
        export_to(&app.registry, &out);
        let there = TestApp::new(backend);
        import(&there.registry, &std::fs::read(&out).unwrap());
        let mut rosa_there = there.sign_in(ROSA);
        let moved = cases(&there.registry).remove(0);
        assert!(why(&mut rosa_there, &moved, "laterality").text("main").contains("“here: Lt breast”"));

        // The text changes: it is said that the words are gone. Another value: they no longer hold.
        save(&mut rosa, &uid, "workup", &[("textDxProcPath", "revised")]);
        assert!(why(&mut rosa, &uid, "laterality").text("main").contains("no longer stand in that text"));
        save(&mut rosa, &uid, "cancer", &[("laterality", "1")]);
        assert!(!why(&mut rosa, &uid, "laterality").text("main").contains("Lt breast"));
    }
}
