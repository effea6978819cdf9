//! Signing in, staying signed in, and who may open what.

use cancer_registry::{access::Action, app, web::Route};
use chrono::Duration;

use crate::support::{
    TestApp,
    app::{ADA, AUDREY, CAST, PASSWORD, Person, QUINN, RILEY, ROSA, SAM, hidden},
    backends,
    http::Browser,
};

fn try_sign_in(app: &TestApp, browser: &mut Browser, user: &str, password: &str) -> u16 {
    let token = hidden(&browser.get("/sign-in").expect(200).body(), "csrf");
    let pairs = [("csrf", token.as_str()), ("user", user), ("password", password)];
    let pairs: Vec<_> = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let _ = app;
    browser.post_pairs("/sign-in", &pairs).status
}

#[test]
fn everybody_of_the_cast_signs_in_and_out() {
    for backend in backends() {
        let app = TestApp::new(backend);
        for person in CAST {
            let mut browser = app.sign_in(person);
            assert!(browser.get("/").expect(200).text("h1").contains("My work"));
            browser.post("/sign-out", &[]).expect(303);
            assert_eq!(browser.get("/").expect(303).location(), "/sign-in");
        }
    }
}

#[test]
fn wrong_and_unknown_look_alike_and_too_many_tries_must_wait() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let mut browser = app.browser();
        assert_eq!(try_sign_in(&app, &mut browser, "nobody-here", "wrong wrong wrong wrong"), 422);
        for _ in 0..5 {
            assert_eq!(try_sign_in(&app, &mut browser, "rosa", "wrong wrong wrong wrong"), 422);
        }
        assert_eq!(try_sign_in(&app, &mut browser, "rosa", PASSWORD), 422, "even the right one has to wait");
        app.registry.clock.advance(Duration::minutes(3));
        assert_eq!(try_sign_in(&app, &mut browser, " Rosa ", PASSWORD), 303);
    }
}

#[test]
fn a_session_ends_after_fifteen_idle_minutes_and_after_twelve_hours() {
    let app = TestApp::new(backends()[0]);
    let mut browser = app.sign_in(ROSA);
    app.registry.clock.advance(Duration::minutes(14) + Duration::seconds(59));
    browser.get("/").expect(200);
    app.registry.clock.advance(Duration::minutes(15));
    browser.get("/").expect(303);
    let mut browser = app.sign_in(ROSA);
    for _ in 0..51 {
        app.registry.clock.advance(Duration::minutes(14));
        browser.get("/").expect(200);
    }
    app.registry.clock.advance(Duration::minutes(7));
    browser.get("/").expect(303);
}

#[test]
fn the_cookie_is_opaque_and_only_its_hash_is_stored() {
    let app = TestApp::new(backends()[0]);
    let browser = app.sign_in(ROSA);
    let token = browser.cookies.get("__Host-registry").unwrap();
    assert_eq!(token.len(), 64);
    let mut planted = app.browser();
    planted.cookies.insert("__Host-registry".into(), "0".repeat(64));
    planted.get("/").expect(303);
    let mut door = app.browser();
    let shown = door.get("/sign-in").expect(200);
    let cookie = shown.header("set-cookie").unwrap();
    for part in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

#[test]
fn a_form_without_the_right_token_changes_nothing() {
    let app = TestApp::new(backends()[0]);
    let mut rosa = app.sign_in(ROSA);
    let other = app.sign_in(SAM);
    for token in ["", "x", other.csrf.as_str()] {
        let pairs = vec![
            ("csrf".to_owned(), token.to_owned()),
            ("theme".to_owned(), "dark".to_owned()),
            ("keys".to_owned(), "on".to_owned()),
            ("weekly".to_owned(), "weekly".to_owned()),
            ("new_due".to_owned(), "daily".to_owned()),
        ];
        rosa.post_pairs("/account/preferences", &pairs).expect(403);
    }
    let body = format!("csrf={}&theme=dark&keys=on&weekly=weekly&new_due=daily", rosa.csrf);
    for (name, value) in [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")] {
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        rosa.send("POST", "/account/preferences", &[kind, (name, value)], body.as_bytes()).expect(403);
    }
    assert_eq!(app.account(ROSA).theme, "auto");
    let fields = [("theme", "dark"), ("keys", "on"), ("weekly", "weekly"), ("new_due", "daily")];
    rosa.post("/account/preferences", &fields).expect(303);
    assert_eq!(app.account(ROSA).theme, "dark");
}

#[test]
fn the_own_password_is_changed_with_the_present_one_only() {
    let app = TestApp::new(backends()[0]);
    let mut rosa = app.sign_in(ROSA);
    let mut elsewhere = app.sign_in(ROSA);
    let new = "seven kettles on a shelf";
    let wrong = [("present", "not the present one"), ("password", new), ("again", new)];
    assert!(
        rosa.post("/account/password", &wrong)
            .expect(422)
            .body()
            .contains("The present password is not right")
    );
    let short = [("present", PASSWORD), ("password", "too short"), ("again", "too short")];
    assert!(rosa.post("/account/password", &short).expect(422).body().contains("at least 15"));
    rosa.post("/account/password", &[("present", PASSWORD), ("password", new), ("again", new)]).expect(303);
    rosa.get("/").expect(200);
    elsewhere.get("/").expect(303);
}

/// Routes with a path that can be asked without an id, and with ids that nobody has.
fn path_of(route: &Route) -> String {
    let mut path = String::new();
    for part in route.path.split('/').skip(1) {
        path.push('/');
        path.push_str(if part.starts_with('{') { "01936f5e-0000-7000-8000-000000000000" } else { part });
    }
    path
}

#[test]
fn nobody_opens_anything_but_the_public_pages() {
    let app = TestApp::new(backends()[0]);
    for route in app::inventory() {
        let mut browser = app.browser();
        let answer = match route.method.as_str() {
            "GET" => browser.get(&path_of(&route)),
            _ => browser.post(&path_of(&route), &[]),
        };
        if route.action == Action::Public {
            assert_ne!(answer.status, 500, "{route:?}");
        } else {
            assert_eq!(answer.status, 303, "{route:?}");
            assert!(answer.location().starts_with("/sign-in"), "{route:?}");
        }
    }
}

#[test]
fn a_role_opens_only_its_pages_and_the_rest_looks_absent() {
    let app = TestApp::new(backends()[0]);
    for person in [ROSA, SAM, QUINN, RILEY, AUDREY, ADA] {
        let mut browser = app.sign_in(person);
        for route in app::inventory() {
            if matches!(route.action, Action::Public) || route.path == "/sign-out" {
                continue;
            }
            let may = route.action.roles().contains(&role_of(person));
            let answer = match route.method.as_str() {
                "GET" => browser.get(&path_of(&route)),
                _ => browser.post(&path_of(&route), &[]),
            };
            assert_ne!(answer.status, 500, "{} {route:?} {}", person.login, answer.body());
            if !may {
                assert_eq!(answer.status, 404, "{} {route:?}", person.login);
            }
        }
    }
}

fn role_of(person: Person) -> cancer_registry::access::Role {
    use cancer_registry::access::Role;
    match person.login {
        "rosa" | "raj" | "olga" => Role::Registrar,
        "sam" => Role::Supervisor,
        "quinn" => Role::QualityReviewer,
        "riley" => Role::Researcher,
        "audrey" => Role::Auditor,
        _ => Role::Administrator,
    }
}

#[test]
fn every_answer_carries_the_headers() {
    let app = TestApp::new(backends()[0]);
    let mut rosa = app.sign_in(ROSA);
    for route in app::inventory() {
        let answer = match route.method.as_str() {
            "GET" => rosa.get(&path_of(&route)),
            _ => rosa.send("POST", &path_of(&route), &[], b""),
        };
        let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{route:?}"));
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{route:?}");
        for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")] {
            assert_eq!(answer.header(name), Some(value), "{route:?}");
        }
        let cached = answer.header("cache-control").unwrap_or("");
        assert!(cached == "no-store" || route.path.starts_with("/static/"), "{route:?} {cached}");
        if route.path == "/sign-out" {
            rosa = app.sign_in(ROSA);
        }
    }
    assert_eq!(rosa.get("/no-such-page").expect(404).header("x-frame-options"), Some("DENY"));
}

#[test]
fn a_password_is_chosen_with_the_form_as_it_stands_and_the_door_says_so() {
    let app = TestApp::new(backends()[0]);
    let mut ada = app.sign_in(ADA);
    let account = app.account(ROSA);
    let made = ada.post(&format!("/accounts/{}", account.uid), &[("do", "reset")]).expect(200);
    let page = made.body();
    let at = page.find("/password/").unwrap_or_else(|| panic!("no link: {page}"));
    let link: String = page[at..].chars().take_while(|c| !c.is_whitespace() && !"<\"".contains(*c)).collect();
    let mut rosa = app.browser();
    let form = rosa.get(&link).expect(200).html();
    let boxes = scraper::Selector::parse("form input[name]").unwrap();
    let fields: Vec<(String, String)> = form
        .select(&boxes)
        .map(|field| {
            let name = field.value().attr("name").unwrap().to_owned();
            let typed =
                if name == "csrf" { field.value().attr("value").unwrap() } else { "four herons by the weir" };
            (name, typed.to_owned())
        })
        .collect();
    let door = rosa.post_pairs(&link, &fields).expect(303).location().to_owned();
    assert!(rosa.get(&door).expect(200).text(".notice").contains("The password is kept"));
    assert_eq!(try_sign_in(&app, &mut rosa, "rosa", "four herons by the weir"), 303);
}
