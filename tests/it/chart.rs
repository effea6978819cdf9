//! The patient's chart: found, read, printed, put right.

use crate::support::{
    app::{AUDREY, OLGA, QUINN, ROSA, SAM, TestApp},
    backends,
    http::Browser,
};

/// Makes a patient with one case through the pages; gives the patient's address and the case's id.
fn make(browser: &mut Browser, last: &str, first: &str, born: &str) -> (String, String) {
    let person =
        [("nameLast", last), ("nameFirst", first), ("dateOfBirth", born), ("sexAssignedAtBirth", "2")];
    let likely = browser.post("/abstracts/new", &person).expect(303).location().to_owned();
    let made = browser.post(&likely, &[("patient", "new")]).expect(303).location().to_owned();
    let case = made.strip_prefix("/abstracts/").unwrap().split('/').next().unwrap().to_owned();
    let address = first_link(browser, &format!("{last}, {first}"));
    (address, case)
}

/// The address of the first patient found for what is typed.
fn first_link(browser: &mut Browser, typed: &str) -> String {
    let to = browser.post("/find", &[("q", typed)]).expect(303).location().to_owned();
    assert!(!to.to_lowercase().contains(&typed.to_lowercase()), "no words in addresses: {to}");
    let list = browser.get(&to).expect(200);
    let html = list.html();
    let wanted = scraper::Selector::parse("tbody th a").unwrap();
    let found = html.select(&wanted).next().unwrap_or_else(|| panic!("nobody for {typed}: {}", list.body()));
    found.value().attr("href").unwrap().to_owned()
}

fn version_of(browser: &mut Browser, address: &str, form: &str) -> (String, String) {
    let page = browser.get(&format!("{address}/correction")).expect(200);
    let html = page.html();
    let value = |name: &str| {
        let wanted = scraper::Selector::parse(&format!("form[action$='{form}'] input[name={name}]")).unwrap();
        html.select(&wanted).next().map(|i| i.value().attr("value").unwrap().to_owned()).unwrap_or_default()
    };
    (value("version"), value("request"))
}

/// One asks to delete a case, the other does it.
fn delete(asks: &mut Browser, decides: &mut Browser, case: &str) {
    let reason = [("reason", "entered twice by mistake")];
    asks.post(&format!("/abstracts/{case}/deletion"), &reason).expect(303);
    let list = decides.get("/deletions").expect(200).html();
    let form = scraper::Selector::parse("form[action^='/deletions/']").unwrap();
    let action = list.select(&form).next().unwrap().attr("action").unwrap().to_owned();
    decides.post(&action, &[("answer", "approve")]).expect(303);
}

#[test]
fn a_patient_is_found_by_name_sound_typing_error_and_date() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let (schmidt, _) = make(&mut rosa, "Schmidt", "Catherine", "3/14/1951");
        let (jones, _) = make(&mut rosa, "Jones", "Ada", "1/2/1960");
        for typed in ["schmidt", "Schmitt, Katherine", "Schmdit Catherine", "1951-03-14", "schm 1951"] {
            assert_eq!(first_link(&mut rosa, typed), schmidt, "{typed}");
        }
        assert_eq!(first_link(&mut rosa, "jones"), jones);
        let to = rosa.post("/find", &[("q", "Nobody Atall")]).expect(303).location().to_owned();
        assert!(rosa.get(&to).expect(200).body().contains("Nobody fits"));
        // a search is its session's own, a patient the facility's own
        app.sign_in(SAM).get(&to).expect(404);
        app.sign_in(OLGA).get(&schmidt).expect(404);
        app.sign_in(AUDREY).get(&schmidt).expect(404);
        rosa.get("/patients/found/00000000-0000-7000-8000-000000000000").expect(404);
    }
}

#[test]
fn the_page_shows_primaries_history_and_prints_a_face_sheet() {
    let app = TestApp::new(backends()[0]);
    let mut rosa = app.sign_in(ROSA);
    let (address, case) = make(&mut rosa, "Fictive", "Nora", "8/1/1963");
    let page = rosa.get(&address).expect(200);
    assert_eq!(page.text("h1"), "Fictive, Nora");
    assert!(page.body().contains("1963-08-01, 63 years"));
    assert!(page.body().contains(&format!("/abstracts/{case}")));
    assert!(!page.text("title").contains("Fictive"), "titles never hold a name");
    let history = rosa.get(&format!("{address}/history")).expect(200);
    assert!(history.body().contains("Newest first"));
    let sheet = rosa.get(&format!("{address}/face-sheet")).expect(200);
    assert!(sheet.body().contains("Fictive, Nora"));
    app.sign_in(QUINN).get(&address).expect(200);
}

#[test]
fn a_void_needs_two_people_and_a_reason_and_can_be_undone() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let mut sam = app.sign_in(SAM);
        let (address, _) = make(&mut rosa, "Double", "Dora", "1950");
        let asked = format!("{address}/void-request");
        let short = rosa.post(&asked, &[("case", ""), ("reason", "twice")]).expect(422);
        assert!(short.body().contains("at least 10 characters"));
        rosa.post(&asked, &[("case", ""), ("reason", "entered twice by mistake")]).expect(303);
        rosa.post(&asked, &[("case", ""), ("reason", "entered twice by mistake")]).expect(422);
        let (version, request) = version_of(&mut sam, &address, "/void");
        let yes = [("request", request.as_str()), ("version", version.as_str()), ("answer", "yes")];
        rosa.post(&format!("{address}/void"), &yes).expect(404);
        assert!(sam.get("/patients").expect(200).body().contains("Double, Dora"));
        sam.post(&format!("{address}/void"), &yes).expect(303);
        sam.post(&format!("{address}/void"), &yes).expect(404);
        assert!(sam.get(&address).expect(200).body().contains("This patient is void"));
        let to = sam.post("/find", &[("q", "Double, Dora")]).expect(303).location().to_owned();
        assert!(sam.get(&to).expect(200).body().contains("Nobody fits"));
        let (version, _) = version_of(&mut sam, &address, "/restoration");
        let back =
            [("case", ""), ("version", version.as_str()), ("reason", "two different people after all")];
        sam.post(&format!("{address}/restoration"), &back).expect(303);
        assert_eq!(first_link(&mut sam, "Double, Dora"), address);
    }
}

#[test]
fn cases_of_a_void_patient_count_nowhere_and_come_back_with_the_patient() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let mut sam = app.sign_in(SAM);
        let (address, case) = make(&mut rosa, "Double", "Dora", "1950");
        let further = rosa.post("/abstracts", &[("patient", address.strip_prefix("/patients/").unwrap())]);
        let further = further.expect(303).location().split('/').nth(2).unwrap().to_owned();
        delete(&mut rosa, &mut sam, &further);
        app.registry.clock.advance(chrono::Duration::minutes(1));
        let asked = [("case", ""), ("reason", "entered twice by mistake")];
        rosa.post(&format!("{address}/void-request"), &asked).expect(303);
        let (version, request) = version_of(&mut sam, &address, "/void");
        let yes = [("request", request.as_str()), ("version", version.as_str()), ("answer", "yes")];
        sam.post(&format!("{address}/void"), &yes).expect(303);
        let dashboard = sam.get("/dashboard").expect(200);
        assert!(dashboard.body().contains("No case is open"), "{}", dashboard.body());
        assert!(rosa.get("/").expect(200).body().contains("No abstract of yours is open"));
        assert!(!rosa.get("/abstracts").expect(200).body().contains(&case));
        let (version, _) = version_of(&mut sam, &address, "/restoration");
        let back =
            [("case", ""), ("version", version.as_str()), ("reason", "two different people after all")];
        sam.post(&format!("{address}/restoration"), &back).expect(303);
        let home = rosa.get("/").expect(200);
        assert!(home.body().contains(&format!("/abstracts/{case}")));
        assert!(!home.body().contains(&further), "voided by itself, before the patient was");
    }
}

#[test]
fn nobody_decides_what_one_asked_for_oneself() {
    let app = TestApp::new(backends()[0]);
    let mut sam = app.sign_in(SAM);
    let (address, case) = make(&mut sam, "Self", "Sue", "1950");
    let asked = format!("{address}/void-request");
    // One case is deleted from its own page: there are not two ways.
    sam.post(&asked, &[("case", &case), ("reason", "this case is not a tumor")]).expect(400);
    sam.post(&asked, &[("case", ""), ("reason", "this person was never here")]).expect(303);
    let (version, request) = version_of(&mut sam, &address, "/void");
    let yes = [("request", request.as_str()), ("version", version.as_str()), ("answer", "yes")];
    let own = sam.post(&format!("{address}/void"), &yes).expect(422);
    assert!(own.body().contains("A second person decides"));
    let no = [("request", request.as_str()), ("version", version.as_str()), ("answer", "no")];
    sam.post(&format!("{address}/void"), &no).expect(303);
    assert!(sam.get(&address).expect(200).body().contains(&format!("/abstracts/{case}")));
}

#[test]
fn a_case_moves_to_the_right_patient_and_back() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let mut sam = app.sign_in(SAM);
        let (wrong, case) = make(&mut rosa, "Wrong", "Wilma", "1950");
        let (right, _) = make(&mut rosa, "Right", "Rita", "1971");
        let to = right.strip_prefix("/patients/").unwrap();
        let (version, _) = version_of(&mut sam, &wrong, "/moved-case");
        let lost = [
            ("case", case.as_str()),
            ("version", version.as_str()),
            ("to", "no such"),
            ("reason", "belongs to Rita"),
        ];
        let refused = sam.post(&format!("{wrong}/moved-case"), &lost).expect(422);
        assert!(refused.body().contains("No other patient has this number"));
        let give = [
            ("case", case.as_str()),
            ("version", version.as_str()),
            ("to", to),
            ("reason", "belongs to Rita"),
        ];
        rosa.post(&format!("{wrong}/moved-case"), &give).expect(404);
        sam.post(&format!("{wrong}/moved-case"), &give).expect(303);
        assert!(sam.get(&right).expect(200).body().contains(&case));
        assert!(!sam.get(&wrong).expect(200).body().contains(&case));
        let back_to = wrong.strip_prefix("/patients/").unwrap();
        let stale = [
            ("case", case.as_str()),
            ("version", version.as_str()),
            ("to", back_to),
            ("reason", "it was Wilma after all"),
        ];
        assert!(
            sam.post(&format!("{right}/moved-case"), &stale)
                .expect(422)
                .body()
                .contains("Somebody changed it")
        );
        // The case took what follows from its new patient, so its version is read from the page.
        let html = sam.get(&format!("{right}/correction")).expect(200).html();
        let shown =
            format!("form[action$='/moved-case']:has(input[name=case][value='{case}']) input[name=version]");
        let shown = scraper::Selector::parse(&shown).unwrap();
        let next = html.select(&shown).next().and_then(|i| i.attr("value")).unwrap().to_owned();
        let back = [
            ("case", case.as_str()),
            ("version", next.as_str()),
            ("to", back_to),
            ("reason", "it was Wilma after all"),
        ];
        sam.post(&format!("{right}/moved-case"), &back).expect(303);
        assert!(sam.get(&wrong).expect(200).body().contains(&case));
    }
}
