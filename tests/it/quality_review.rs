//! Quality review: being chosen, the blind second abstraction, handing it on.

use cancer_registry::facility;
use scraper::Selector;

use crate::{
    abstracting::{complete_case, filled_case, record, save},
    support::{
        app::{QUINN, RAJ, ROSA, SAM, TestApp},
        backends,
        http::Browser,
    },
};

/// Codes and words of the case that a blind reviewer must not read, but for the example in the prompt of the histology.
fn holds_no_code(body: &str, place: &str) {
    let body = body.replace("Four digits, 8520/3 with behavior", "");
    for code in ["C504", "C50.4", "8520", "20260616", "2026-06-16", "B200", "Upper-outer"] {
        assert!(!body.contains(code), "{place} holds {code}");
    }
}

/// A facility that reviews.
pub(crate) fn reviewing(app: &TestApp) {
    app.registry.write(|tx| {
        let all = facility::all(tx.conn())?;
        for mut one in all {
            one.quality_review = true;
            facility::change(tx, &one)?;
        }
        Ok::<_, facility::FacilityRefused>(())
    });
}

pub(crate) fn complete(browser: &mut Browser, uid: &str) -> String {
    save(browser, uid, "case", &[("then", "complete")]).expect(303).location().to_owned()
}

/// Address of the only review that the list shows.
pub(crate) fn listed(browser: &mut Browser) -> Option<String> {
    let page = browser.get("/quality-review").expect(200).html();
    let link = Selector::parse("main h2 a[href^='/quality-review/']").unwrap();
    let mut links = page.select(&link).map(|a| a.attr("href").unwrap().to_owned());
    let first = links.next();
    assert!(links.next().is_none(), "one review");
    first
}

/// What a reviewer types who codes as the abstract does.
const CODING: [(&str, &str); 27] = [
    ("classOfCase", "14"),
    ("sexAssignedAtBirth", "2"),
    ("dateOfDiagnosis", "2026-06-16"),
    ("dateOf1stContact", "2026-06-10"),
    ("primarySite", "C504"),
    ("laterality", "2"),
    ("histologicTypeIcdO3", "8520"),
    ("behaviorCodeIcdO3", "3"),
    ("gradeClinical", "2"),
    ("gradePathological", "2"),
    ("ajccTnmClinStageGroup", "1A"),
    ("ajccTnmPathStageGroup", "1A"),
    ("summaryStage2018", "1"),
    ("regionalNodesExamined", "02"),
    ("regionalNodesPositive", "00"),
    ("metsAtDxBone", "0"),
    ("metsAtDxBrain", "0"),
    ("metsAtDxLiver", "0"),
    ("metsAtDxLung", "0"),
    ("metsAtDxDistantLn", "0"),
    ("metsAtDxOther", "0"),
    ("rxSummSurgPrimSite2023", "B200"),
    ("phase1RadiationTreatmentModality", "00"),
    ("rxSummChemo", "00"),
    ("rxSummHormone", "00"),
    ("rxSummBrm", "00"),
    ("rxSummTransplntEndocr", "00"),
];

pub(crate) fn lock(browser: &mut Browser, review: &str, support: &str) {
    let mut fields = CODING.to_vec();
    fields.extend([("textSupport", support), ("then", "lock")]);
    let answer = browser.post(review, &fields);
    assert_eq!(answer.status, 303, "{}", answer.text("main"));
}

/// A case of Rosa's that was completed and chosen for review.
fn chosen(app: &TestApp) -> (Browser, String) {
    reviewing(app);
    let mut rosa = app.sign_in(ROSA);
    let uid = filled_case(&mut rosa);
    complete(&mut rosa, &uid);
    (rosa, uid)
}

#[test]
fn without_the_setting_nothing_is_reviewed() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut rosa = app.sign_in(ROSA);
        let uid = complete_case(&mut rosa);
        assert_eq!(record(&app, &uid).2, "complete");
        rosa.get("/quality-review").expect(404);
        assert_eq!(listed(&mut app.sign_in(QUINN)), None);
    }
}

#[test]
fn a_chosen_case_is_coded_again_blind_and_accepted_by_somebody_else() {
    for backend in backends() {
        let app = TestApp::new(backend);
        reviewing(&app);
        let mut rosa = app.sign_in(ROSA);
        let uid = filled_case(&mut rosa);
        assert!(complete(&mut rosa, &uid).ends_with("saved=review"), "{backend:?}");
        let (_, case, state) = record(&app, &uid);
        assert_eq!((state.as_str(), case.value("dateCaseCompleted")), ("qa_review", ""));

        // Its abstractor reads why, and cannot change it.
        let page = rosa.get(&format!("/abstracts/{uid}/case")).expect(200);
        assert!(page.text("main .notice").contains("first 30 cases"), "{}", page.text("main .notice"));
        let typed = [("textRemarks", "one more word")];
        let to = save(&mut rosa, &uid, "admin", &typed).expect(303).location().to_owned();
        assert!(to.ends_with("refused=review"), "{to}");

        let mut quinn = app.sign_in(QUINN);
        let list = quinn.get("/quality-review").expect(200);
        assert!(list.text("main").contains("first 30 cases"), "the reason is shown");
        let review = listed(&mut quinn).expect("it waits");
        rosa.get(&review).expect(404);
        quinn.post(&review, &[("then", "take")]).expect(303);
        let page = quinn.get(&review).expect(200);
        assert!(page.text("main").contains("mammogram, mass of 1.6 cm"), "the texts are there");
        // Nothing of the abstract stands in a box, and no code of three characters or more anywhere.
        let html = page.html();
        let boxes = Selector::parse(".fields input, .fields select option[selected]").unwrap();
        assert!(html.select(&boxes).all(|b| b.attr("value").unwrap_or_default().is_empty()));
        holds_no_code(&page.body(), &review);
        // A draft stays; a lock without all codes is refused.
        let draft = [("primarySite", "C504"), ("then", "draft")];
        quinn.post(&review, &draft).expect(303);
        assert!(quinn.get(&review).expect(200).body().contains("C504"));
        // Typing is kept by itself too, for who has the review only.
        let keep = format!("{review}/draft");
        quinn.post(&keep, &[("primarySite", "C504"), ("histologicTypeIcdO3", "8")]).expect(204);
        assert!(quinn.get(&review).expect(200).body().contains("value=\"8\""));
        app.sign_in(SAM).post(&keep, &[("primarySite", "C619")]).expect(404);
        rosa.post(&keep, &[("primarySite", "C619")]).expect(404);
        let page = quinn.get(&review).expect(200).body();
        assert!(page.contains("value=\"C504\"") && !page.contains("C619"), "{backend:?}");
        let refused = quinn.post(&review, &[("primarySite", "C504"), ("then", "lock")]);
        assert!(refused.status != 303 && refused.text("main").contains("Enter a code"));
        // Somebody else cannot take over, nor is anything decided before the lock.
        let mut sam = app.sign_in(SAM);
        for then in ["take", "accept", "return", "lock"] {
            assert_ne!(
                sam.post(&review, &[("then", then), ("comment", "long enough a comment")]).status,
                303
            );
        }
        lock(&mut quinn, &review, "yes");
        let told = quinn.get(&review).expect(200).text("main");
        assert!(told.contains("A blind review") && told.contains("Score:"), "{told}");
        assert_eq!(record(&app, &uid).2, "qa_review");
        let to = quinn.post(&review, &[("then", "accept")]).expect(303).location().to_owned();
        assert!(to.ends_with("done=accepted"), "{to}");
        let (_, case, state) = record(&app, &uid);
        assert_eq!(state, "complete");
        assert_eq!((case.value("dateCaseCompleted"), case.value("abstractedBy")), ("20261123", "RQU"));
    }
}

#[test]
fn who_opens_the_codes_reviews_openly_and_a_case_given_back_carries_a_task() {
    for backend in backends() {
        let app = TestApp::new(backend);
        reviewing(&app);
        let mut raj = app.sign_in(RAJ);
        let uid = filled_case(&mut raj);
        assert!(complete(&mut raj, &uid).ends_with("saved=review"), "{backend:?}");
        let mut sam = app.sign_in(SAM);
        let review = listed(&mut sam).expect("it waits");
        sam.get(&format!("/abstracts/{uid}/cancer")).expect(200);
        sam.post(&review, &[("then", "take")]).expect(303);
        assert!(sam.get(&review).expect(200).text("main").contains("This is an open review"));
        lock(&mut sam, &review, "no");
        let told = sam.get(&review).expect(200).text("main");
        assert!(told.contains("open review") && told.contains("minor"), "{told}");
        // A comment that says nothing gives nothing back.
        assert_ne!(sam.post(&review, &[("then", "return"), ("comment", "no")]).status, 303);
        let comment = "The grade is not in the texts";
        sam.post(&review, &[("then", "return"), ("comment", comment)]).expect(303);
        assert_eq!(record(&app, &uid).2, "reopened");
        assert!(raj.get(&format!("/abstracts/{uid}/notes")).expect(200).text("main").contains(comment));
        assert!(complete(&mut raj, &uid).ends_with("saved=complete"), "no second review");
        assert_eq!(record(&app, &uid).1.value("dateCaseCompleted"), "20261123");
    }
}

#[test]
fn nobody_reviews_their_own_abstract() {
    for backend in backends() {
        let app = TestApp::new(backend);
        reviewing(&app);
        let mut sam = app.sign_in(SAM);
        let uid = filled_case(&mut sam);
        assert!(complete(&mut sam, &uid).ends_with("saved=review"));
        assert_eq!(listed(&mut sam), None, "{backend:?}");
        let review = listed(&mut app.sign_in(QUINN)).expect("somebody else may");
        sam.get(&review).expect(404);
        for then in ["take", "draft", "lock", "accept", "return"] {
            sam.post(&review, &[("then", then), ("comment", "long enough a comment")]).expect(404);
        }
        assert_eq!(record(&app, &uid).2, "qa_review");
    }
}

#[test]
fn no_page_shows_the_codes_to_whoever_codes_the_case_blind() {
    for backend in backends() {
        let app = TestApp::new(backend);
        reviewing(&app);
        let mut rosa = app.sign_in(ROSA);
        let uid = filled_case(&mut rosa);
        let kept = rosa.get(&format!("/abstracts/{uid}/case")).expect(200);
        let link = Selector::parse("a[href^='/patients/']").unwrap();
        let patient = kept.html().select(&link).next().unwrap().attr("href").unwrap().to_owned();
        let patient = patient.trim_start_matches("/patients/").split('/').next().unwrap().to_owned();
        assert!(complete(&mut rosa, &uid).ends_with("saved=review"));
        let mut sam = app.sign_in(SAM);
        let review = listed(&mut sam).unwrap();
        // While it waits, lists tell whoever may take it no code.
        for list in ["/abstracts?state=all&owner=all", "/quality-review", review.as_str()] {
            holds_no_code(&sam.get(list).expect(200).body(), list);
        }
        assert!(rosa.get("/abstracts?state=all&owner=all").expect(200).body().contains("Upper-outer"));
        sam.post(&review, &[("then", "take")]).expect(303);
        // Every page there is, the case or the patient put into its address.
        let mut hidden = 0;
        for route in cancer_registry::app::inventory() {
            let path = route.path.replace("{tumor}", &uid);
            let path = if path.starts_with("/patients/{id}") { path.replace("{id}", &patient) } else { path };
            let path = path.replace("{section}", "cancer");
            // The forms of possible cases and of a local edit have examples in their hints, and nothing of a case.
            if path.contains('{')
                || ["/sign-out", "/suspense/new", "/suspense/import", "/edits/new"].contains(&path.as_str())
            {
                continue;
            }
            let answer = match route.method.as_str() {
                "GET" => sam.get(&path),
                _ if path.contains(uid.as_str()) || path.contains(patient.as_str()) => sam.post(&path, &[]),
                _ => continue,
            };
            let led = answer.header("location").is_some_and(|to| to.ends_with("done=hidden"));
            if led {
                assert!(answer.location().starts_with(&review), "{path}");
                hidden += 1;
            }
            holds_no_code(&answer.body(), &path);
            let shows = path.contains(uid.as_str()) || path.contains(patient.as_str());
            assert!(led || !shows || answer.status >= 300, "{backend:?} {path} {}", answer.status);
        }
        assert!(hidden > 12, "{hidden}");
        // By search neither.
        let found = sam.post("/find", &[("q", "Fictive")]).expect(303).location().to_owned();
        let shown = sam.get(&found);
        if shown.status == 200 {
            holds_no_code(&shown.body(), "the search");
            assert!(shown.text("main").contains("hidden, quality review"), "{}", shown.text("main"));
        }
        assert!(
            sam.get(&review).expect(200).text("main").contains("Your coding"),
            "the review itself is open"
        );
        // Others are not hindered, and neither is the reviewer after the lock.
        app.sign_in(QUINN).get(&format!("/abstracts/{uid}/cancer")).expect(200);
        lock(&mut sam, &review, "yes");
        assert!(
            sam.get(&review).expect(200).text("main").contains("A blind review"),
            "the refused looks were none"
        );
        assert!(sam.get(&format!("/abstracts/{uid}/cancer")).expect(200).body().contains("C504"));
    }
}

#[test]
fn a_review_is_handed_back_and_on_without_what_was_typed() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (_, uid) = chosen(&app);
        let (mut quinn, mut sam) = (app.sign_in(QUINN), app.sign_in(SAM));
        let review = listed(&mut quinn).unwrap();
        let hand_on = format!("{review}/reviewer");
        // Nobody hands back what they do not have.
        quinn.post(&review, &[("then", "hand-back")]);
        quinn.post(&review, &[("then", "take")]).expect(303);
        quinn.post(&review, &[("then", "draft"), ("laterality", "2"), ("primarySite", "C341")]).expect(303);
        assert!(quinn.get(&review).expect(200).body().contains("C341"), "the draft is kept");
        quinn.post(&review, &[("then", "hand-back")]).expect(303);
        assert!(quinn.get(&review).expect(200).text("main").contains("Take this review"));
        quinn.post(&review, &[("then", "take")]).expect(303);
        assert!(!quinn.get(&review).expect(200).body().contains("C341"), "thrown away");
        // A supervisor hands it on; a reviewer does not, nor may the abstractor get it.
        let own = app.account(ROSA).uid;
        quinn.post(&hand_on, &[("reviewer", &app.account(SAM).uid)]).expect(404);
        assert_eq!(sam.post(&hand_on, &[("reviewer", &own)]).status, 422);
        sam.post(&hand_on, &[("reviewer", &app.account(SAM).uid)]).expect(303);
        assert!(sam.get(&review).expect(200).text("main").contains("Your coding"));
        assert_ne!(quinn.post(&review, &[("then", "draft"), ("primarySite", "C341")]).status, 303);
        lock(&mut sam, &review, "yes");
        // Also one that is locked: it is coded again, openly by whoever saw the codes.
        sam.post(&hand_on, &[("reviewer", "")]).expect(303);
        sam.get(&format!("/abstracts/{uid}/cancer")).expect(200);
        sam.post(&review, &[("then", "take")]).expect(303);
        assert!(sam.get(&review).expect(200).text("main").contains("This is an open review"));
        sam.post(&hand_on, &[("reviewer", &app.account(QUINN).uid)]).expect(303);
        lock(&mut quinn, &review, "yes");
        quinn.post(&review, &[("then", "accept")]).expect(303);
        assert_eq!(record(&app, &uid).2, "complete", "{backend:?}");
        assert_eq!(sam.post(&hand_on, &[("reviewer", "")]).status, 422, "decided");
    }
}

#[test]
fn the_list_of_deletions_tells_whoever_may_review_no_code() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut rosa, uid) = chosen(&app);
        let reason = [("reason", "It is a case of another hospital")];
        rosa.post(&format!("/abstracts/{uid}/deletion"), &reason).expect(303);
        let list = app.sign_in(SAM).get("/deletions").expect(200);
        assert!(list.text("main").contains("hidden, quality review"), "{backend:?} {}", list.text("main"));
        holds_no_code(&list.body(), "deletions");
    }
}
