//! Lists of possible cases, through HTTP: shown first, taken whole, counted, sampled.

use cancer_registry::audit::AuditAction;

use crate::{
    abstracting::{complete_case, record},
    casefinding::{number, words},
    support::{
        app::{OLGA, ROSA, SAM, TestApp, hidden},
        backends,
        http::{Answer, Browser},
    },
};

const HEAD: &str = "sourceId,eventDate,nameLast,nameFirst,dateOfBirth,medicalRecordNumber,text\n";

/// Two candidates, one screened out, two duplicates of the list itself and of each other, three bad lines.
fn list() -> String {
    [
        HEAD,
        "S1,2026-11-02,Fictive,Karla,1963-08-01,887766,\"Left breast, core biopsy: invasive ductal carcinoma\"\n",
        "S2,2026-11-03,Invented,Ben,1951-03-14,887767,Sigmoid colon: tubular adenoma\n",
        "S3,2027-01-01,Future,Ida,,887768,carcinoma\n",
        "S1,2026-11-02,Fictive,Karla,1963-08-01,887766,the same number again\n",
        "S4,2026-11-05,\"Made <b>up</b>\",Olaf,,887769,Skin of back: malignant melanoma\n",
        "S5,2026-11-05,Short\n",
        "S6,someday,Unclear,Una,31/31/1950,,carcinoma\n",
    ]
    .concat()
}

fn show(browser: &mut Browser, source: &str, list: &str) -> Answer {
    browser.post("/suspense/import", &[("source", source), ("list", list), ("listName", "November.csv")])
}

/// Takes what a preview carries; the address of the list.
fn take(browser: &mut Browser, preview: &Answer) -> String {
    let page = preview.body();
    let fields: Vec<(&str, String)> =
        ["source", "listName", "list"].iter().map(|name| (*name, hidden(&page, name))).collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let to = browser.post("/suspense/import/take", &fields).expect(303).location().to_owned();
    to.strip_suffix("?done=taken").expect("the list that was taken").to_owned()
}

fn counts(app: &TestApp) -> Vec<String> {
    let columns = ["received", "candidates", "screened_out", "duplicates", "rejected"];
    let text = columns.map(|c| format!("CAST({c} AS TEXT)")).join(" || ' ' || ");
    words(app, &format!("SELECT {text} AS w FROM suspense_batch ORDER BY id"))
}

fn written(app: &TestApp) -> [i64; 3] {
    ["suspense_batch", "suspense_item", "suspense_event"]
        .map(|table| number(app, &format!("SELECT count(*) AS n FROM {table}")))
}

#[test]
fn a_list_is_shown_line_by_line_and_then_taken_whole_and_only_once() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let preview = show(&mut rosa, "pathology", &list()).expect(200);
        let told = preview.text("main");
        for part in [
            "3 lines are rejected",
            "Fictive, Karla",
            "Candidate",
            "Screened out",
            "rule text CoC-",
            "the same as line 2",
            "Line 4eventDate2027-01-012027-01-01 is in the future",
            "Line 7whole lineS5The line has 3 columns, the first line 7.",
            "Line 8eventDatesomeday“someday” is not a date",
            "Line 8dateOfBirth31/31/1950",
            "Made <b>up</b>",
        ] {
            assert!(told.contains(part), "{backend:?} {part}: {told}");
        }
        assert_eq!(written(&app), [0, 0, 0], "{backend:?} a preview writes nothing");

        let address = take(&mut rosa, &preview);
        assert_eq!(counts(&app), ["7 2 1 1 3"], "{backend:?}");
        let states =
            words(&app, "SELECT source_id || ' ' || state AS w FROM suspense_item ORDER BY source_id");
        assert_eq!(states, ["S1 new", "S2 screened_out", "S4 new"]);
        let of = "SELECT count(*) AS n FROM suspense_item i JOIN suspense_batch b ON b.id = i.batch_id";
        assert_eq!(number(&app, of), 3);
        let page = rosa.get(&address).expect(200).text("main");
        for part in ["November.csv", "Pathology", "Line 4eventDate", "Line 5: the same as line 2"] {
            assert!(page.contains(part), "{backend:?} {part}: {page}");
        }
        assert!(rosa.get("/suspense/lists").expect(200).text("tbody").contains("November.csv"));
        let pool = rosa.get("/suspense?show=pool").expect(200).text("tbody");
        assert!(pool.contains("Fictive") && pool.contains("Made <b>up</b>") && !pool.contains("Invented"));

        // The same list again, with other line ends: told before, and nothing new.
        let again = show(&mut rosa, "pathology", &list().replace('\n', "\r\n")).expect(200);
        assert!(again.text("main").contains("The same list was taken on"), "{}", again.text("main"));
        take(&mut rosa, &again);
        assert_eq!(counts(&app), ["7 2 1 1 3", "7 0 0 4 3"], "{backend:?}");
        assert_eq!(written(&app), [2, 3, 3]);
        // Of another source the same numbers are other items.
        let other = show(&mut rosa, "imaging", &list()).expect(200);
        assert!(!other.text("main").contains("The same list was taken"));
        take(&mut rosa, &other);
        assert_eq!(counts(&app)[2], "7 3 0 1 3", "every line of imaging is looked at");
        let events = format!(
            "SELECT count(*) AS n FROM audit_event WHERE action = '{}' AND detail LIKE 'list % taken: 7 lines%'",
            AuditAction::ChangeSuspense.word()
        );
        assert_eq!(number(&app, &events), 3);
    }
}

#[test]
fn a_line_without_number_makes_one_item_too() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let text = "nameLast;eventDate\nFictive;2026-11-02\nInvented;2026-11-02\n";
        for _ in 0..2 {
            let preview = show(&mut rosa, "tumor_board", text).expect(200);
            take(&mut rosa, &preview);
        }
        assert_eq!(counts(&app), ["2 2 0 0 0", "2 0 0 2 0"], "{backend:?}");
        // What a form by hand brought before is a duplicate of a list.
        let by_hand = [
            ("source", "disease_index"),
            ("sourceId", "V1"),
            ("eventDate", "2026-11"),
            ("code", "C61"),
            ("nameLast", "A"),
        ];
        let first = rosa.post("/suspense/new", &by_hand).expect(303).location().to_owned();
        let first = first.split('?').next().unwrap();
        let text = "sourceId,eventDate,code,medicalRecordNumber\nV1,2026-11,C61,1\nV2,2026-11,J45.909,2\n";
        let preview = show(&mut rosa, "disease_index", text).expect(200);
        assert!(
            preview.body().contains(first) && preview.text("main").contains("not on the casefinding list")
        );
        take(&mut rosa, &preview);
        assert_eq!(counts(&app)[2], "2 0 1 1 0");
    }
}

#[test]
fn a_list_that_cannot_be_trusted_is_told_of_and_never_taken() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let long = format!("{HEAD}{}", "x".repeat(256 * 1024));
        let longer = format!("{HEAD}{}", "\n".repeat(1024 * 1024));
        for (source, text, says) in [
            ("", list(), "Choose the source"),
            ("fax", list(), "“fax” is not one of the sources"),
            ("pathology", String::new(), "Paste the list"),
            ("pathology", HEAD.to_owned(), "no line"),
            ("pathology", "nameLast,diagnosis\nA,b\n".to_owned(), "“diagnosis” in the first line"),
            ("pathology", format!("{HEAD}S1,2026,\"A,B,,,c\nS2,2026,A,,,,c\n"), "never closed"),
            ("pathology", long, "at most 256 KiB"),
            ("pathology", longer, "at most 256 KiB"),
        ] {
            let fields = [("source", source), ("list", text.as_str())];
            for path in ["/suspense/import", "/suspense/import/take"] {
                let told = rosa.post(path, &fields).expect(422);
                let said = told.text(".error-summary");
                assert!(said.contains(says), "{backend:?} {path} {says}: {said}");
                // What was pasted is still there, unless the page would be too long.
                assert_eq!(told.text("textarea").is_empty(), text.trim().is_empty() || text.len() > 262_144);
            }
        }
        assert_eq!(written(&app), [0, 0, 0]);
        // “Change the list” goes back with the text.
        let fields = [("source", "pathology"), ("list", HEAD), ("change", "1")];
        let back = rosa.post("/suspense/import", &fields).expect(200);
        assert!(back.text("textarea").contains("sourceId") && !back.body().contains("error-summary"));
    }
}

#[test]
fn screened_out_items_and_their_sample_are_for_supervisors_of_the_facility() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut rosa, mut sam, mut olga) = (app.sign_in(ROSA), app.sign_in(SAM), app.sign_in(OLGA));
        let lines: String = (0..41)
            .map(|n| format!("S{n},2026-11-02,Benign{n:02}x,Kim,,,Sigmoid colon: tubular adenoma\n"))
            .collect();
        let preview = show(&mut rosa, "pathology", &format!("{HEAD}{lines}")).expect(200);
        let address = take(&mut rosa, &preview);
        assert_eq!(counts(&app), ["41 0 41 0 0"], "{backend:?}");
        let drawn = |browser: &mut Browser, show: &str| -> Vec<String> {
            let page = browser.get(&format!("/suspense?show={show}")).expect(200).body();
            (0..41).map(|n| format!("Benign{n:02}x")).filter(|name| page.contains(name)).collect()
        };
        assert_eq!(drawn(&mut sam, "screened_out").len(), 41);
        let sample = drawn(&mut sam, "sample");
        assert_eq!(sample.len(), 3, "one in twenty, rounded up");
        assert_eq!(sample, drawn(&mut sam, "sample"), "the same whenever somebody looks");
        for show in ["screened_out", "sample", "open", "pool"] {
            assert!(drawn(&mut rosa, show).is_empty(), "{show}");
        }
        // A supervisor takes one up; a registrar does not.
        let uid = words(&app, "SELECT uid AS w FROM suspense_item WHERE source_id = 'S7'").remove(0);
        let item = format!("/suspense/{uid}");
        rosa.post(&item, &[("do", "take")]).expect(422);
        sam.post(&item, &[("do", "take")]).expect(303);

        // Another facility: neither the list, nor its items, nor a duplicate of it.
        olga.get(&address).expect(404);
        assert!(!olga.get("/suspense/lists").expect(200).body().contains("November.csv"));
        let preview = show(&mut olga, "pathology", &format!("{HEAD}{lines}")).expect(200);
        assert!(!preview.text("main").contains("The same list was taken"));
        take(&mut olga, &preview);
        assert_eq!(counts(&app), ["41 0 41 0 0", "41 0 41 0 0"], "{backend:?}");
    }
}

#[test]
fn counts_that_do_not_add_up_are_refused_by_the_table() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let preview = show(&mut rosa, "pathology", &list()).expect(200);
        take(&mut rosa, &preview);
        let done = app.registry.db.maintenance(|conn| {
            diesel::RunQueryDsl::execute(
                diesel::sql_query("UPDATE suspense_batch SET duplicates = duplicates + 1"),
                conn,
            )
            .map_err(cancer_registry::db::StoreError::from)
        });
        assert!(done.is_err(), "{backend:?}");
    }
}

/// The same person and tumor within the year goes to the case; all else waits for somebody.
#[test]
fn a_line_that_belongs_to_a_case_is_linked_and_told_to_who_works_on_it() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let case = complete_case(&mut rosa);
        let (patient, tumor, _) = record(&app, &case);
        let (born, dx) = (patient.value("dateOfBirth"), tumor.value("dateOfDiagnosis"));
        let (last, first) = (patient.value("nameLast"), patient.value("nameFirst"));
        assert_eq!((tumor.value("primarySite"), tumor.value("laterality")), ("C504", "2"));
        let line = |id: &str, on: &str, first: &str, text: &str| {
            format!("{id},{on},{last},{first},{born},,\"{text}\"\n")
        };
        let list = [
            HEAD.to_owned(),
            line("M1", dx, first, "Left breast, upper outer quadrant: invasive ductal carcinoma"),
            line("M2", dx, first, "Right breast: invasive ductal carcinoma"),
            line("M3", "2019-05-05", first, "Left breast: invasive ductal carcinoma"),
            line("M4", dx, "Somebody", "Left breast: invasive ductal carcinoma"),
            line("M5", dx, first, "Prostate: adenocarcinoma"),
        ]
        .concat();
        let preview = show(&mut rosa, "pathology", &list).expect(200);
        let kept = preview.text("main");
        assert_eq!(kept.matches("belongs to").count(), 1, "{backend:?} {kept}");
        assert!(kept.contains("same birth date") && kept.contains("in the first year"), "{kept}");
        assert_eq!(written(&app), [0, 0, 0]);
        take(&mut rosa, &preview);
        assert_eq!(counts(&app), ["5 5 0 0 0"]);
        let states = "SELECT source_id || ' ' || state AS w FROM suspense_item ORDER BY source_id";
        assert_eq!(words(&app, states), ["M1 linked", "M2 new", "M3 new", "M4 new", "M5 new"], "{backend:?}");
        let notes = rosa.get(&format!("/abstracts/{case}/notes")).expect(200).text("main");
        assert!(notes.contains("was linked to this case as evidence"), "{notes}");
        assert!(notes.contains("automatic match"), "{notes}");

        // A wrong match is undone like any decision.
        let uid = words(&app, "SELECT uid AS w FROM suspense_item WHERE source_id = 'M1'").remove(0);
        let item = rosa.get(&format!("/suspense/{uid}")).expect(200).text("main");
        assert!(item.contains("automatic match") && item.contains("Linked"), "{item}");
        let reopen = [("do", "reopen"), ("reopen-reason", "It tells of another tumor")];
        rosa.post(&format!("/suspense/{uid}"), &reopen).expect(303);
        assert_eq!(words(&app, states)[0], "M1 in_review");
    }
}
