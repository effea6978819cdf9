//! The code finder in the browser: lists, the list without script, phrases.

use crate::support::{
    app::{CAST, ROSA, TestApp, hidden},
    backends,
    http::Answer,
};

fn codes(answer: &Answer) -> Vec<String> {
    let html = answer.html();
    let wanted = scraper::Selector::parse("[role=option] .option__code").unwrap();
    html.select(&wanted).map(|e| e.text().collect()).collect()
}

#[test]
fn lists_are_ranked_explained_and_only_for_staff() {
    let app = TestApp::new(backends()[0]);
    let mut nobody = app.browser();
    let refused = nobody.get("/codes/find/site?q=breast").expect(303);
    assert!(refused.location().starts_with("/sign-in"));
    for person in CAST {
        app.sign_in(person).get("/codes/find/site?q=breast").expect(200);
    }
    let mut rosa = app.sign_in(ROSA);
    let answer = rosa.get("/codes/find/site?q=upper+outer+breast&for=primarySite").expect(200);
    assert_eq!(codes(&answer)[0], "C50.4");
    assert_eq!(answer.text("[role=option][aria-selected=true] .option__code"), "C50.4");
    assert!(answer.body().contains("data-values=\"primarySite=C504\""));
    let answer = rosa.get("/codes/find/histology?q=8151&dx=2023-05-01").expect(200);
    assert!(answer.text("[aria-disabled=true] .option__why").contains("use 8151/3"));
    let answer = rosa.get("/codes/list/laterality?q=").expect(200);
    assert_eq!(codes(&answer).len(), 7);
    rosa.get("/codes/list/nameLast").expect(404);
    rosa.get("/codes/find/people?q=x").expect(404);
}

#[test]
fn a_phrase_gives_codes_with_reasons_and_bad_dates_are_told() {
    let app = TestApp::new(backends()[0]);
    let mut rosa = app.sign_in(ROSA);
    rosa.get("/codes").expect(200);
    let phrase = "infiltrating ductal carcinoma, upper outer quadrant, left breast";
    let answer = rosa.post("/codes", &[("phrase", phrase), ("dx", "3/2024")]).expect(200);
    assert!(
        answer.text("section[aria-labelledby=site] li").starts_with("C50.4 Upper-outer quadrant of breast")
    );
    assert!(answer.text("section[aria-labelledby=morphology] li").contains("8500/3"));
    assert!(answer.text("section[aria-labelledby=laterality] li").starts_with("2 Left"));
    assert!(answer.body().contains("diagnosis 2024"));
    let bad = rosa.post("/codes", &[("phrase", phrase), ("dx", "soon")]).expect(422);
    assert!(bad.text(".field__message").contains("soon"));
    rosa.post("/codes", &[("phrase", " "), ("dx", "")]).expect(422);
    let marked = rosa.post("/codes", &[("phrase", "<b>melanoma</b>"), ("dx", "")]).expect(200);
    assert!(!marked.body().contains("<b>melanoma"));
}

#[test]
fn without_script_the_list_comes_as_a_page_and_the_choice_goes_back() {
    let app = TestApp::new(backends()[0]);
    let mut rosa = app.sign_in(ROSA);
    let person = [
        ("nameLast", "Fictive"),
        ("nameFirst", "Nora"),
        ("dateOfBirth", "1960"),
        ("sexAssignedAtBirth", "2"),
    ];
    let likely = rosa.post("/abstracts/new", &person).expect(303).location().to_owned();
    let made = rosa.post(&likely, &[("patient", "new")]).expect(303).location().to_owned();
    let uid = made.strip_prefix("/abstracts/").unwrap().split('/').next().unwrap().to_owned();
    let address = format!("/abstracts/{uid}/cancer");
    let page = rosa.get(&address).expect(200).body();
    let (patient, case) = (hidden(&page, "patient_version"), hidden(&page, "tumor_version"));
    let form = [
        ("patient_version", patient.as_str()),
        ("tumor_version", case.as_str()),
        ("dateOfDiagnosis", "6/16/2024"),
        ("primarySite", "lower outer breast"),
        ("find", "primarySite"),
    ];
    let list = rosa.post(&address, &form).expect(200);
    let html = list.html();
    let select = |s: &str| scraper::Selector::parse(s).unwrap();
    let action =
        html.select(&select("main form.form")).next().unwrap().value().attr("action").unwrap().to_owned();
    assert_eq!(action, address);
    let button = html.select(&select("button[name=chosen]")).next().unwrap();
    let chosen = button.value().attr("value").unwrap().to_owned();
    assert_eq!(chosen, "primarySite=C505");
    let back: Vec<(String, String)> = html
        .select(&select("main form.form input[type=hidden]"))
        .map(|i| (i.value().attr("name").unwrap().to_owned(), i.value().attr("value").unwrap().to_owned()))
        .chain([("find_words".to_owned(), "lower outer breast".to_owned()), ("chosen".to_owned(), chosen)])
        .collect();
    rosa.post_pairs(&address, &back).expect(303);
    let page = rosa.get(&address).expect(200);
    assert_eq!(hidden_value(&page, "primarySite"), "C505");
    assert!(hidden_value(&page, "dateOfDiagnosis").contains("2024"));
}

fn hidden_value(page: &Answer, name: &str) -> String {
    let html = page.html();
    let wanted = scraper::Selector::parse(&format!("input[name={name}]")).unwrap();
    html.select(&wanted).next().unwrap().value().attr("value").unwrap_or_default().to_owned()
}
