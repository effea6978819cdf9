//! A file that arrives in the browser goes the same way.

use super::*;
use crate::support::{
    Backend,
    app::{OLGA, QUINN, RILEY, ROSA, TestApp},
    backends,
    http::{Answer, Browser},
};

const BOUNDARY: &str = "----a-boundary";

fn upload(browser: &mut Browser, token: &str, name: &str, bytes: &[u8]) -> Answer {
    let mut body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--{BOUNDARY}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/xml\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    browser.send("POST", "/imports", &[("Content-Type", kind.as_str())], &body)
}

/// Waits for the import as the page does: by asking.
fn wait(browser: &mut Browser, batch: &str) -> Answer {
    for _ in 0..2000 {
        let answer = browser.get(&format!("{batch}/progress")).expect(200).body();
        if answer.contains("\"done\":true") {
            return browser.get(batch).expect(200);
        }
        std::thread::yield_now();
    }
    panic!("the import does not end");
}

#[test]
fn a_registrar_brings_a_file_in_and_sees_what_became_of_it() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let sample: &[u8] = include_bytes!("../data/samples/naaccr-xml-sample-v240-abstract-100.xml.gz");
        let token = rosa.csrf.clone();
        let batch = upload(&mut rosa, &token, "in/sample.xml.gz", sample).expect(303).location().to_owned();
        let page = wait(&mut rosa, &batch);
        assert_eq!(page.text("h1"), "sample.xml.gz");
        assert_eq!(page.text("tbody tr"), "Patients 93 93 0 0 0");
        assert_eq!(count(&app.registry, "tumor"), 100);
        assert_eq!(count(&app.registry, "import_upload"), 0, "the upload is forgotten after the import");
        assert!(rosa.get("/imports").expect(200).body().contains("sample.xml.gz"));

        // The same file again.
        let batch = upload(&mut rosa, &token, "again.xml.gz", sample).expect(303).location().to_owned();
        let page = wait(&mut rosa, &batch);
        assert!(page.body().contains("The very same file was imported before. Nothing was changed."));
        assert_eq!(page.text("tbody tr"), "Patients 93 0 0 93 0");

        // A reject: its bytes come back exactly, as an attachment.
        let bad = format!("<Patient>{}<Tumor><Tumor/></Tumor></Patient>", items("patientIdNumber=9"));
        let text = file(&format!("{}{bad}", patient("patientIdNumber=8 nameLast=Eight", &[])));
        let batch = upload(&mut rosa, &token, "bad.xml", text.as_bytes()).expect(303).location().to_owned();
        let page = wait(&mut rosa, &batch);
        assert!(page.body().contains("wrong nesting"));
        let html = page.html();
        let link = scraper::Selector::parse("a[download]").unwrap();
        let href = html.select(&link).next().unwrap().attr("href").unwrap().to_owned();
        let saved = rosa.get(&href).expect(200);
        assert_eq!(saved.bytes, bad.as_bytes());
        assert!(saved.header("content-disposition").unwrap().starts_with("attachment"));

        // A refused file says why.
        let batch = upload(&mut rosa, &token, "x.xml", b"<!DOCTYPE x><NaaccrData/>")
            .expect(303)
            .location()
            .to_owned();
        assert!(wait(&mut rosa, &batch).text("main [role=alert]").contains("DOCTYPE"));

        // Nobody else's: the other facility sees neither list nor batch nor reject.
        let mut olga = app.sign_in(OLGA);
        assert!(!olga.get("/imports").expect(200).body().contains("sample.xml.gz"));
        olga.get(&batch).expect(404);
        olga.get(&href).expect(404);
        // A reviewer looks and does not import; a researcher sees nothing.
        let mut quinn = app.sign_in(QUINN);
        assert!(!quinn.get("/imports").expect(200).body().contains("type=\"file\""));
        let token = quinn.csrf.clone();
        upload(&mut quinn, &token, "x.xml", b"x").expect(404);
        quinn.get(&href).expect(404);
        app.sign_in(RILEY).get("/imports").expect(404);
    }
}

#[test]
fn an_upload_without_its_token_is_not_taken() {
    let app = TestApp::new(Backend::Embedded);
    let mut rosa = app.sign_in(ROSA);
    upload(&mut rosa, "wrong", "x.xml", b"x").expect(403);
    assert_eq!(count(&app.registry, "import_batch"), 0);
    let token = rosa.csrf.clone();
    upload(&mut rosa, &token, "", b"").expect(422);
}

#[test]
fn an_import_that_stood_still_is_taken_up_again_from_its_page() {
    let app = TestApp::new(Backend::Embedded);
    let mut rosa = app.sign_in(ROSA);
    let token = rosa.csrf.clone();
    let text = file(&patient("patientIdNumber=1 nameLast=Doe", &["primarySite=C509"]));
    let batch = upload(&mut rosa, &token, "a.xml", text.as_bytes()).expect(303).location().to_owned();
    wait(&mut rosa, &batch);
    // What is finished stays finished.
    rosa.post(&format!("{batch}/run"), &[]).expect(400);
    assert_eq!(count(&app.registry, "patient"), 1);
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = diesel::sql_types::Binary)]
    bytes: Vec<u8>,
}

#[test]
fn what_arrives_is_sealed_and_forgotten_when_the_upload_breaks_off() {
    use std::io::Write;
    for backend in backends() {
        let app = TestApp::new(backend);
        let rosa = app.sign_in(ROSA);
        let people: String =
            (0..40_000).map(|n| patient(&format!("patientIdNumber={n} nameLast=Clearname"), &[])).collect();
        let text = file(&people);
        assert!(text.len() > 3 << 20);
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n--{BOUNDARY}\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"f.xml\"\r\n\r\n",
            rosa.csrf
        );
        let cookies: Vec<String> = rosa.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let mut stream = std::net::TcpStream::connect(app.address).unwrap();
        write!(
            stream,
            "POST /imports HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nContent-Type: multipart/form-data; \
             boundary={BOUNDARY}\r\nContent-Length: {}\r\n\r\n{head}",
            app.address,
            cookies.join("; "),
            head.len() + text.len() + 100
        )
        .unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while count(&app.registry, "import_upload") < 3 {
            assert!(std::time::Instant::now() < until, "the pieces do not arrive");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let stored: Vec<Stored> = app
            .registry
            .look(|conn| Ok(diesel::sql_query("SELECT bytes FROM import_upload ORDER BY seq").load(conn)?));
        for piece in &stored {
            assert!(piece.bytes.len() > 1 << 20, "sealed is longer than open");
            assert!(!piece.bytes.windows(9).any(|w| w == b"Clearname"), "{backend:?}");
            assert!(!piece.bytes.windows(7).any(|w| w == b"Patient"), "{backend:?}");
        }
        drop(stream);
        while count(&app.registry, "import_batch WHERE state = 'refused'") < 1 {
            assert!(std::time::Instant::now() < until, "a broken upload is not ended");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        assert_eq!((count(&app.registry, "import_upload"), count(&app.registry, "patient")), (0, 0));
    }
}
