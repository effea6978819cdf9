//! Source documents of a case: kept word for word, read for codes, taken with their words, withdrawn for good.

use diesel::RunQueryDsl;

use crate::{
    abstracting::{complete_case, make, record, save},
    support::{
        app::{OLGA, QUINN, ROSA, TestApp},
        backends,
        http::Browser,
    },
};

const BODY: &str = "SURGICAL PATHOLOGY\nClinical history: family history of colon cancer.\n\nFINAL DIAGNOSIS:\n\
                    Left breast, upper outer quadrant, core biopsy: infiltrating duct carcinoma, grade 2.";

fn paste(browser: &mut Browser, uid: &str, body: &str) -> String {
    let fields = [("kind", "pathology"), ("dated", "2026-11-10"), ("title", "core biopsy"), ("body", body)];
    let to = browser.post(&format!("/abstracts/{uid}/documents"), &fields).expect(303);
    to.location().to_owned()
}

fn begun(browser: &mut Browser) -> String {
    let person = [("nameLast", "Larkspurre"), ("nameFirst", "Wilhelmina"), ("sexAssignedAtBirth", "2")];
    let uid = make(browser, &person, None);
    save(browser, &uid, "cancer", &[("dateOfDiagnosis", "2026-11-10")]).expect(303);
    uid
}

#[test]
fn codes_of_a_report_are_taken_with_its_words() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = begun(&mut rosa);
        let to = paste(&mut rosa, &uid, BODY);
        let (address, done) = to.split_once('?').unwrap();
        assert_eq!(done, "done=added");
        let shown = rosa.get(&to).expect(200);
        assert!(shown.text("main").contains("family history of colon cancer"));
        assert!(shown.text("main").contains("C50.4") && shown.text("main").contains("8500/3"));
        assert!(!shown.text("form").contains("C18"), "what the family had is no candidate");
        let wrong = rosa.post(&format!("{address}/codes"), &[("take_site", "C61.9")]).expect(422);
        assert!(wrong.text("main").contains("“C61.9” was not read in this document."));
        let chosen = [("take_site", "C50.4"), ("take_morphology", "8500/3"), ("take_laterality", "2")];
        rosa.post(&format!("{address}/codes"), &chosen).expect(303);
        let (_, tumor, _) = record(&app, &uid);
        for (item, value) in [
            ("primarySite", "C504"),
            ("histologicTypeIcdO3", "8500"),
            ("behaviorCodeIcdO3", "3"),
            ("laterality", "2"),
        ] {
            assert_eq!(tumor.value(item), value, "{item}");
            let why = rosa.get(&format!("/abstracts/{uid}/why/{item}")).expect(200).text("main");
            assert!(why.contains("Chosen by Rosa"), "{item}: {why}");
            assert!(why.contains("Justified by"), "{item}: {why}");
            assert!(why.contains("Pathology report, 2026-11-10: core biopsy"), "{item}: {why}");
            assert!(!why.contains("no longer stand"), "{item}: {why}");
        }
        let pane = rosa.get(&format!("/abstracts/{uid}/cancer")).expect(200);
        assert!(pane.text("#source").contains("infiltrating duct carcinoma"));
        assert!(pane.body().contains("data-text=\"document:"));

        // the same text once; words of it for another field; then it turns out to be another patient's
        assert!(paste(&mut rosa, &uid, BODY).ends_with("done=there"));
        let place = format!("document:{}", address.rsplit('/').next().unwrap());
        let nodes = [("text", place.as_str()), ("words", "core biopsy")];
        save(&mut rosa, &uid, "cancer", &[("diagnosticConfirmation", "1")]).expect(303);
        let said = rosa.post(&format!("/abstracts/{uid}/why/diagnosticConfirmation"), &nodes).expect(303);
        assert!(said.location().ends_with("said=kept"), "{}", said.location());
        let away = format!("{address}/withdrawal");
        rosa.post(&away, &[("reason", "wrong")]).expect(422);
        rosa.post(&away, &[("reason", "belongs to another patient")]).expect(303);
        rosa.get(address).expect(404);
        rosa.post(&away, &[("reason", "belongs to another patient")]).expect(404);
        let list = rosa.get(&format!("/abstracts/{uid}/documents")).expect(200);
        assert!(
            list.text("main").contains("belongs to another patient") && !list.body().contains("carcinoma")
        );
        let why = rosa.get(&format!("/abstracts/{uid}/why/primarySite")).expect(200).text("main");
        assert!(why.contains("no longer stand"), "{why}");
        assert!(
            !rosa.get(&format!("/abstracts/{uid}/cancer")).expect(200).text("#source").contains("carcinoma")
        );
    }
}

#[test]
fn what_is_wrong_is_told_and_nothing_is_lost() {
    let app = TestApp::new(backends()[0]);
    let mut rosa = app.sign_in(ROSA);
    let uid = begun(&mut rosa);
    let path = format!("/abstracts/{uid}/documents");
    let fields = [("kind", ""), ("dated", "2027-01-01"), ("title", "t"), ("body", "words <b>kept</b>")];
    let told = rosa.post(&path, &fields).expect(422);
    let main = told.text("main");
    assert!(main.contains("Choose what the document is.") && main.contains("2027-01-01 is in the future"));
    assert!(told.body().contains("words &#60;b&#62;kept&#60;/b&#62;"), "{}", told.body());
    let long = "x ".repeat(40_000);
    let told =
        rosa.post(&path, &[("kind", "other"), ("dated", ""), ("title", ""), ("body", &long)]).expect(422);
    assert!(told.text("main").contains("79999 characters were given; 60000 fit"), "{}", told.text("main"));
}

#[test]
fn a_closed_case_takes_documents_but_no_codes_and_readers_take_neither() {
    let app = TestApp::new(backends()[0]);
    let mut rosa = app.sign_in(ROSA);
    let uid = complete_case(&mut rosa);
    let to = paste(&mut rosa, &uid, BODY);
    let address = to.split('?').next().unwrap();
    assert!(!rosa.get(address).expect(200).body().contains("Take the codes"));
    let before = record(&app, &uid).1;
    rosa.post(&format!("{address}/codes"), &[("take_site", "C50.4")]).expect(422);
    assert_eq!(record(&app, &uid).1, before);
    let mut quinn = app.sign_in(QUINN);
    let shown = quinn.get(address).expect(200);
    assert!(!shown.body().contains("Withdraw") && shown.text("main").contains("infiltrating duct"));
    quinn.post(&format!("/abstracts/{uid}/documents"), &[("kind", "other"), ("body", "x")]).expect(404);
    app.sign_in(OLGA).get(address).expect(404);
}

#[test]
fn the_store_keeps_documents_as_they_came() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = begun(&mut rosa);
        paste(&mut rosa, &uid, BODY);
        for sql in [
            "UPDATE source_document SET body = 'other'",
            "UPDATE source_document SET tumor_id = tumor_id + 1",
            "DELETE FROM source_document",
        ] {
            let done = app.registry.db.maintenance(|conn| {
                diesel::sql_query(sql).execute(conn).map_err(cancer_registry::db::StoreError::from)
            });
            assert!(done.is_err(), "{backend:?} {sql}");
        }
    }
}
