//! Local edits: written, tried, made live and retired over HTTP; the form, imports and the command line judge
//! with the same; nobody else's facility knows of them.

use std::collections::BTreeMap;

use cancer_registry::{
    access::{
        Role,
        accounts::{self, AccountRefused, NewAccount},
        password::{self, Cost},
    },
    checking::{self, RunOptions, check_of, local, run_registry, set_of},
    cli::edits::run_over,
    db::StoreError,
    edits::shipped,
    exchange::import::Options,
    tumor,
};
use diesel::RunQueryDsl;

use crate::{
    abstracting::{filled_case, record, save},
    exchange::{count, import_with, samples::SAMPLES},
    support::{
        TestRegistry,
        app::{OLGA, PASSWORD, RAJ, ROSA, SAM, TestApp},
        backends,
        http::Browser,
    },
};

const MESSAGE: &str = "Breast on this side is asked about by the committee.";

/// Fails on the case of the tests, a breast case with side 2.
const FORM: [(&str, &str); 10] = [
    ("name", "Side of breast"),
    ("severity", "error"),
    ("level", "inter-field"),
    ("items", "laterality"),
    ("applies_when", "sites(primarySite, 'C500-C509')"),
    ("fails_when", "laterality in ('1', '2')"),
    ("message", MESSAGE),
    ("rule", "Cancer committee, 3 March 2026."),
    ("pass_example", "primarySite = C504\nlaterality = 9"),
    ("fail_example", "primarySite = C504\nlaterality = 2"),
];

fn form<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = FORM.to_vec();
    for (name, value) in changes {
        match all.iter_mut().find(|(n, _)| n == name) {
            Some(pair) => pair.1 = value,
            None => all.push((name, value)),
        }
    }
    all
}

fn made(browser: &mut Browser, changes: &[(&str, &str)]) -> String {
    let mut fields = form(changes);
    fields.push(("then", "keep"));
    let to = browser.post("/edits", &fields).expect(303).location().to_owned();
    to.split('?').next().unwrap().to_owned()
}

fn live(browser: &mut Browser, path: &str, version: &str) {
    browser.post(&format!("{path}/dry-run"), &[("version", version)]).expect(303);
    browser.post(&format!("{path}/live"), &[("version", version)]).expect(303);
}

/// The set kept with a case, and its errors.
fn kept(app: &TestApp, uid: &str) -> (String, i32) {
    let scope = app.actor(ROSA).scope().unwrap();
    app.registry.look(|conn| {
        let key = tumor::by_uid(conn, scope, uid)?.unwrap().id;
        let check = check_of(conn, scope, key)?.unwrap();
        Ok((check.set_id, check.errors))
    })
}

#[test]
fn an_edit_is_written_tried_made_live_stands_in_the_way_and_is_retired() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (mut sam, mut rosa) = (app.sign_in(SAM), app.sign_in(ROSA));
        let uid = filled_case(&mut rosa);
        assert!(sam.get("/edits").expect(200).text("main").contains("There is no local edit"));

        // What cannot be read is told beside its field, and nothing is kept.
        let wrong = form(&[("fails_when", "laterality in ('1',"), ("items", "lateralty"), ("then", "check")]);
        let page = sam.post("/edits", &wrong).expect(422);
        assert!(
            page.text("#fails_when-message").contains("Character 20"),
            "{}",
            page.text("#fails_when-message")
        );
        assert!(page.text("#items-message").contains("laterality"));
        let wrong = form(&[("pass_example", "primarySite = C504\nlaterality = 1"), ("then", "keep")]);
        let page = sam.post("/edits", &wrong).expect(422);
        assert!(page.text("#pass_example-message").contains("The edit fails on it"));
        assert!(page.text("#pass_example-value").contains("fails"), "what the example did");
        assert_eq!(count(&app.registry, "local_edit_version"), 0);
        let page = sam.post("/edits", &form(&[("then", "check")])).expect(200);
        assert!(page.text("main .notice").contains("Nothing is wrong"));
        assert_eq!(count(&app.registry, "local_edit_version"), 0);

        // A draft judges nothing, and goes live only after a dry run of this version.
        let path = made(&mut sam, &[]);
        assert_eq!(path, "/edits/LOCAL-001");
        let findings = |browser: &mut Browser| {
            browser.get(&format!("/abstracts/{uid}/cancer")).expect(200).text("#findings-panel")
        };
        assert!(!findings(&mut rosa).contains(MESSAGE));
        let refused = sam.post(&format!("{path}/live"), &[("version", "1")]).expect(422);
        assert!(refused.text("main .notice").contains("dry run of this version first"));
        sam.post(&format!("{path}/dry-run"), &[("version", "1")]).expect(303);
        let page = sam.get(&path).expect(200);
        assert!(page.text("main").contains("Fails on 1 of 1 cases"), "{}", page.text("main"));
        assert!(page.body().contains(&format!("href=\"/abstracts/{uid}\"")));
        assert!(!findings(&mut rosa).contains(MESSAGE), "a dry run keeps nothing");
        sam.post(&format!("{path}/live"), &[("version", "1")]).expect(303);

        // Now the form tells it, also while typing, and the case is not completed.
        assert!(findings(&mut rosa).contains(MESSAGE));
        let (person, case) = {
            let scope = app.actor(ROSA).scope().unwrap();
            let case = app.registry.look(|conn| tumor::by_uid(conn, scope, &uid)).unwrap();
            let person =
                app.registry.look(|conn| cancer_registry::patient::by_key(conn, scope, case.patient_id));
            (person.unwrap().version.to_string(), case.version.to_string())
        };
        let typed = |side: &'static str| {
            vec![
                ("patient_version", person.clone()),
                ("tumor_version", case.clone()),
                ("laterality", side.to_owned()),
            ]
        };
        for (side, told) in [("9", false), ("2", true)] {
            let fields = typed(side);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let answer = rosa.post(&format!("/abstracts/{uid}/cancer/draft"), &fields).expect(200).body();
            assert_eq!(answer.contains(MESSAGE), told, "{side}: {answer}");
        }
        let refused =
            save(&mut rosa, &uid, "case", &[("then", "complete")]).expect(303).location().to_owned();
        assert!(refused.ends_with("refused=way"), "{refused}");
        let (set, errors) = kept(&app, &uid);
        assert!(set.starts_with(&format!("{}+", shipped().id())), "{set}");
        assert_eq!(errors, 1);

        // A version more needs a reason and its own dry run; the live one stays until then.
        let next = [("severity", "warning"), ("version", "1"), ("then", "keep")];
        let page = sam.post(&path, &form(&next)).expect(422);
        assert!(page.text("#reason-message").contains("10 characters"));
        let next = [
            ("severity", "warning"),
            ("version", "1"),
            ("reason", "The committee softened it"),
            ("then", "keep"),
        ];
        sam.post(&path, &form(&next)).expect(303);
        assert!(sam.post(&path, &form(&next)).expect(422).body().contains("newer version was written"));
        sam.post(&format!("{path}/live"), &[("version", "2")]).expect(422);
        sam.post(&format!("{path}/live"), &[("version", "1")]).expect(422);
        let page = sam.get(&path).expect(200);
        assert!(page.text("main").contains("while version 1 is live"));
        assert!(page.text("#history + ol").contains("The committee softened it"));
        assert_eq!(page.text("#history + ol del"), "error");
        live(&mut sam, &path, "2");
        let list = sam.get("/edits").expect(200);
        assert!(list.text("tbody").contains("Live") && list.text("tbody").contains("1 of 1 cases"));

        // Retired with a reason, it stands in nobody's way.
        assert!(
            sam.post(&format!("{path}/retirement"), &[("reason", "x")])
                .expect(422)
                .body()
                .contains("10 characters")
        );
        let why = [("reason", "The committee no longer asks")];
        sam.post(&format!("{path}/retirement"), &why).expect(303);
        sam.post(&format!("{path}/retirement"), &why).expect(422);
        assert!(!findings(&mut rosa).contains(MESSAGE));
        let done = save(&mut rosa, &uid, "case", &[("then", "complete")]).expect(303).location().to_owned();
        assert!(done.ends_with("saved=complete"), "{done}");
        assert_eq!(record(&app, &uid).2, "complete");
        assert_eq!(kept(&app, &uid), (shipped().id().to_owned(), 0));
    }
}

#[test]
fn only_supervisors_of_the_facility_know_of_its_edits() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let hash = password::hash(PASSWORD, Cost::QUICK);
        app.registry.write(|tx| {
            let new = NewAccount {
                login: "opal".into(),
                name: "Opal Elsewhere".into(),
                email: "opal@hospital.example".into(),
                initials: "OPE".into(),
            };
            let account = accounts::create(tx, app.other.key, &new, &[Role::Supervisor])?;
            accounts::set_practice_password(tx, &account, &hash)?;
            Ok::<_, AccountRefused>(())
        });
        let (mut sam, mut opal) = (app.sign_in(SAM), app.sign_in_as("opal"));
        let path = made(&mut sam, &[]);
        live(&mut sam, &path, "1");
        for mut other in [app.sign_in(ROSA), app.sign_in(RAJ), app.sign_in(OLGA)] {
            other.get("/edits").expect(404);
            other.get(&path).expect(404);
        }
        assert!(!opal.get("/edits").expect(200).body().contains("LOCAL-001"));
        for tail in ["", "/change"] {
            opal.get(&format!("{path}{tail}")).expect(404);
        }
        let reason = ("reason", "a reason for the test");
        for (tail, fields) in [
            ("/dry-run", vec![("version", "1")]),
            ("/live", vec![("version", "1")]),
            ("/retirement", vec![reason]),
            ("", form(&[("version", "1"), reason, ("then", "keep"), ("name", "Mine")])),
            ("", form(&[("version", "1"), reason, ("then", "check")])),
        ] {
            opal.post(&format!("{path}{tail}"), &fields).expect(404);
        }
        // Their cases are judged by the shipped edits; their first edit has another id.
        let mut olga = app.sign_in(OLGA);
        let uid = filled_case(&mut olga);
        assert!(!olga.get(&format!("/abstracts/{uid}/cancer")).expect(200).body().contains(MESSAGE));
        assert_eq!(made(&mut opal, &[]), "/edits/LOCAL-002");
        assert!(!sam.get("/edits").expect(200).body().contains("LOCAL-002"));
    }
}

fn rule() -> local::Rule {
    local::Rule {
        name: "Side of a paired site".into(),
        level: "inter-field".into(),
        items: "laterality".into(),
        applies_when: "yr(dateOfDiagnosis) > 0".into(),
        fails_when: "laterality != '2'".into(),
        severity: "warning".into(),
        message: "Right side.".into(),
        rule: "For the test.".into(),
        pass_example: "dateOfDiagnosis = 2024\nlaterality = 2".into(),
        fail_example: "dateOfDiagnosis = 2024\nlaterality = 1".into(),
        ..local::Rule::default()
    }
}

fn place(registry: &TestRegistry) -> cancer_registry::facility::Facility {
    registry.look(|conn| Ok::<_, StoreError>(cancer_registry::facility::all(conn)?.remove(0)))
}

#[test]
fn form_import_and_command_line_find_the_same_of_a_local_edit() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let (_, packed, _) = SAMPLES[0];
        // In force before anything comes in.
        let id = registry.write(|tx| local::make(tx, rule()));
        let (place, host) = (place(&registry), registry.host());
        local::dry_run(&registry.db, &host, &place, &id, 1, i64::MAX).unwrap();
        registry.write(|tx| local::go_live(tx, &id, 1));
        let scope = host.scope().unwrap();
        let set = registry.look(|conn| set_of(conn, scope));
        assert!(std::sync::Arc::ptr_eq(&set, &registry.look(|conn| set_of(conn, scope))), "compiled once");

        let imported = import_with(&registry, packed, &Options::default());
        let of_import = imported.edits.edits.iter().find(|e| e.edit == id).map_or(0, |e| e.count);
        assert!(of_import > 0);
        let as_of = registry.db.clock.today(place.zone);
        let report =
            run_registry(&registry.db, &host, &place, &set, RunOptions { as_of, keep: true }, &mut |_| {})
                .unwrap();
        assert_eq!(report.edits[&id].fails, of_import);
        assert_eq!(report.edit_set, set.id());
        run_over(&registry.db, None, None, false, true).unwrap();

        // What the command line kept is what each case comes to by itself, as the form and its completion judge.
        let mut by_case = BTreeMap::new();
        let uids: Vec<(i64, String)> = registry.look(|conn| {
            let patients: Vec<i64> = (1..=count(&registry, "patient")).collect();
            let mut all = Vec::new();
            for patient in patients {
                all.extend(tumor::of_patient(conn, scope, patient)?.into_iter().map(|t| (t.id, t.uid)));
            }
            Ok::<_, StoreError>(all)
        });
        for (key, uid) in uids {
            let check = registry.look(|conn| check_of(conn, scope, key)).unwrap();
            assert_eq!(check.set_id, set.id());
            let stored = check.results().iter().any(|r| r.edit_id == id && r.outcome == "warn");
            let alone = registry.write(|tx| {
                let parameters = checking::parameters(tx.conn(), &place, as_of)?;
                let found = checking::run_case(tx, &set, &parameters, &uid)?.unwrap();
                tx.record(cancer_registry::audit::Event::new(cancer_registry::audit::AuditAction::RunEdits));
                Ok::<_, StoreError>(found.judgement.findings.iter().any(|f| f.edit.id == id && f.is_open()))
            });
            assert_eq!(stored, alone, "{uid}");
            by_case.insert(uid, alone);
        }
        assert_eq!(by_case.values().filter(|f| **f).count() as u64, of_import);

        // A dry run says the same, whole or in pieces, and keeps nothing with the cases.
        let next = local::Rule { id: id.clone(), version: 1, message: "Right.".into(), ..rule() };
        registry.write(|tx| local::change(tx, next.clone(), "for the test of it"));
        let whole = local::dry_run(&registry.db, &host, &place, &id, 2, i64::MAX).unwrap();
        assert_eq!(
            (whole.fails, whole.tumors, whole.reached),
            (i64::try_from(of_import).unwrap(), 100, None)
        );
        let mut pieces = local::dry_run(&registry.db, &host, &place, &id, 2, 7).unwrap();
        assert!(pieces.reached.is_some() && pieces.tumors < 100);
        let early = registry.db.write(&host, |tx| local::go_live(tx, &id, 2)).unwrap_err();
        assert!(early.to_string().contains("did not come to the end"), "{early}");
        for _ in 0..100 {
            if pieces.reached.is_none() {
                break;
            }
            pieces = local::dry_run(&registry.db, &host, &place, &id, 2, 7).unwrap();
        }
        assert_eq!(pieces, whole);
    }
}

#[test]
fn versions_and_what_was_done_with_them_are_never_changed() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let id = registry.write(|tx| local::make(tx, rule()));
        local::dry_run(&registry.db, &registry.host(), &place(&registry), &id, 1, i64::MAX).unwrap();
        for statement in [
            "UPDATE local_edit_version SET message = 'x'",
            "DELETE FROM local_edit_version",
            "UPDATE local_edit_event SET fails = 0",
            "DELETE FROM local_edit_event",
        ] {
            let done = registry.db.keep(|conn| {
                diesel::sql_query(statement).execute(conn)?;
                Ok::<(), StoreError>(())
            });
            assert!(done.is_err(), "{statement}");
        }
    }
}
