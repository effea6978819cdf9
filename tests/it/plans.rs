//! How the embedded database finds the rows of a page: the one thing about speed that can be asserted
//! without a clock. Every statement of every list is heard on the connections, then explained.

use std::sync::{Arc, Mutex};

use cancer_registry::{
    audit::AuditAction,
    db::{Db, StoreError},
    dictionary::{Items, Version},
    save::{self, Change, NewPatient, NewTumor, PatientChange, TumorChange, Why},
};
use diesel::{Connection, QueryableByName, RunQueryDsl, connection::InstrumentationEvent, sql_types::Text};

use crate::support::{
    Backend,
    app::{ROSA, SAM, TestApp},
    backends,
};

type Heard = Arc<Mutex<Vec<String>>>;

/// Listens on some connections of the pool: each inner call finds the outer ones busy.
fn listen(db: &Db, connections: u32, heard: &Heard) {
    if connections == 0 {
        return;
    }
    let ear = heard.clone();
    db.maintenance(|conn| {
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                let text = query.to_string();
                ear.lock().unwrap().push(text.split(" -- binds:").next().unwrap().to_owned());
            }
        });
        listen(db, connections - 1, heard);
        Ok::<(), StoreError>(())
    })
    .unwrap();
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

fn plan(db: &Db, statement: &str) -> Vec<String> {
    let explained = format!("EXPLAIN QUERY PLAN {statement}");
    let steps: Vec<Step> =
        db.maintenance(|conn| diesel::sql_query(explained).load(conn).map_err(StoreError::from)).unwrap();
    steps.into_iter().map(|step| step.detail).collect()
}

/// A person with a case, both with the registrar.
fn add(app: &TestApp, n: u32, state: &str) -> String {
    let owner = Some(app.account(ROSA).id);
    let day = format!("2025{:02}{:02}", n % 12 + 1, n % 28 + 1);
    let patient: Items = [
        ("patientIdNumber", format!("{n:08}").as_str()),
        ("nameLast", ["Alder", "Birch", "Cedar"][n as usize % 3]),
        ("nameFirst", "Kim"),
        ("dateOfBirth", "19510314"),
        ("vitalStatus", "1"),
        ("dateOfLastContact", &day),
    ]
    .into_iter()
    .collect();
    let tumor: Items = [
        ("classOfCase", "14"),
        ("primarySite", "C619"),
        ("histologicTypeIcdO3", "8140"),
        ("behaviorCodeIcdO3", "3"),
        ("dateOfDiagnosis", &day),
        ("dateOf1stContact", &day),
        ("accessionNumberHosp", &format!("2025{n:05}")),
        ("sequenceNumberHospital", "00"),
    ]
    .into_iter()
    .collect();
    let why = || Why { source: "form", reason: String::new(), event: Some(AuditAction::CreatePatient) };
    let saved = app.registry.write(|tx| {
        let new = NewPatient {
            items: patient.clone(),
            envelope: String::new(),
            version: Version::NEWEST,
            owner,
            batch: None,
        };
        let case = NewTumor { items: tumor.clone(), envelope: String::new(), state: state.to_owned(), owner };
        let change =
            Change { patient: PatientChange::New(new), tumors: vec![TumorChange::New(case)], why: why() };
        save::apply(tx, change)
    });
    saved.patient_uid
}

/// Addresses of everything that is a list, beside the searches.
fn lists() -> Vec<String> {
    let mut all: Vec<String> = [
        "/",
        "/patients",
        "/merges",
        "/duplicates",
        "/submissions",
        "/dashboard",
        "/followup/reassignment",
        "/outbox",
        "/files",
    ]
    .map(str::to_owned)
    .into();
    for owner in ["all", "me", "pool"] {
        for status in ["open", "coming", "lost", "followed"] {
            all.push(format!("/followup?owner={owner}&status={status}"));
        }
    }
    for owner in ["mine", "pool", "all"] {
        for state in ["open", "reopened", "complete", "all"] {
            all.push(format!("/abstracts?owner={owner}&state={state}"));
            all.push(format!("/abstracts?owner={owner}&state={state}&after=2025-03-01.3"));
        }
    }
    all.push("/suspense/lists".to_owned());
    for show in [
        "open",
        "mine",
        "pool",
        "waiting",
        "decided",
        "screened_out",
        "sample",
        "in_review",
        "linked",
        "rejected",
        "merged",
        "accessioned",
    ] {
        all.push(format!("/suspense?show={show}"));
    }
    for figure in [
        "state=open",
        "state=open&age=7-9",
        "state=open&age=unknown",
        "state=complete",
        "site=&class=analytic",
        "site=&class=all",
        "year=2025&class=analytic",
        "class=none",
        "rate=a&part=eligible",
        "rate=a&part=dead",
        "rate=b&part=current",
        "rate=b&part=lost",
    ] {
        all.push(format!("/dashboard/cases?{figure}"));
    }
    all
}

/// A list of possible cases: enough for a second page of those found and of those screened out.
fn suspects() -> String {
    let mut text = "sourceId,eventDate,nameLast,dateOfBirth,medicalRecordNumber,text\n".to_owned();
    for n in 0..120 {
        let found = ["carcinoma of the left breast", "tubular adenoma"][n % 2];
        text.push_str(&format!("S{n},2026-11-02,Alder,1951-03-14,{},{found}\n", 1000 + n));
    }
    text
}

const SEARCHES: [&str; 7] = ["Alder, Kim", "birhc", "kim", "xq", "1951-03-14", "Cedar 1951", "2025-00004"];

#[test]
fn no_page_reads_all_patients_or_tumors() {
    // Plans of the server depend on how many rows it has counted; `docs/performance.md` shows them.
    assert!(backends().contains(&Backend::Embedded));
    let app = TestApp::new(Backend::Embedded);
    let db = app.registry.db.clone();
    let mut uid = String::new();
    for n in 0..70 {
        uid = add(&app, n, ["draft", "in_progress", "complete"][n as usize % 3]);
    }
    let suspects = suspects();
    let list = [("source", "pathology"), ("list", suspects.as_str())];
    app.sign_in(ROSA).post("/suspense/import/take", &list).expect(303);
    let heard = Heard::default();
    listen(&db, 4, &heard);
    let (mut rosa, mut sam) = (app.sign_in(ROSA), app.sign_in(SAM));
    let mut asked: Vec<(String, Vec<String>)> = Vec::new();
    let mut note = |what: String, heard: &Heard| {
        asked.push((what, std::mem::take(&mut *heard.lock().unwrap())));
    };
    note("signing in".to_owned(), &heard);
    for path in lists() {
        for browser in [&mut rosa, &mut sam] {
            let status = browser.get(&path).status;
            assert!(status == 200 || status == 404, "{path}: {status}");
        }
        note(path, &heard);
    }
    let next = scraper::Selector::parse("a[rel=next]").unwrap();
    for path in [
        "/followup?owner=all&status=followed",
        "/suspense?show=pool",
        "/suspense?show=screened_out",
        "/duplicates",
    ] {
        let first = sam.get(path).expect(200);
        let next = first.html().select(&next).next().unwrap().value().attr("href").unwrap().to_owned();
        sam.get(&next).expect(200);
        note(format!("next page of {path}"), &heard);
    }
    let item = rosa.get("/suspense?show=pool").expect(200);
    let links = scraper::Selector::parse("tbody th a").unwrap();
    let item = item.html().select(&links).next().unwrap().value().attr("href").unwrap().to_owned();
    rosa.get(&item).expect(200);
    rosa.post("/suspense/import", &list).expect(200);
    note("a possible case and a list".to_owned(), &heard);
    for typed in SEARCHES {
        let to = rosa.post("/find", &[("q", typed)]).expect(303).location().to_owned();
        rosa.get(&to).expect(200);
        note(format!("find {typed}"), &heard);
    }
    for page in ["", "/contact", "/history", "/face-sheet", "/merge"] {
        rosa.get(&format!("/patients/{uid}{page}")).expect(200);
        note(format!("/patients/{{id}}{page}"), &heard);
    }

    let names = scraper::Selector::parse("main tbody th a").unwrap();
    let pairs = sam.get("/duplicates").expect(200).html();
    let pairs: Vec<&str> = pairs.select(&names).map(|a| a.value().attr("href").unwrap()).collect();
    assert_eq!(pairs.len(), 30, "a page of them");
    let side_by_side = rosa.get(pairs[0]).expect(200).body();
    assert!(side_by_side.contains("Two records of one person?"));
    note("two records side by side".to_owned(), &heard);

    let (mut seen, mut wrong) = (std::collections::BTreeSet::new(), Vec::new());
    for (what, statements) in asked {
        for statement in statements {
            let of_people = ["patient", "tumor", "suspense"].iter().any(|t| statement.contains(t));
            if !of_people || !(statement.starts_with("SELECT") || statement.starts_with("WITH")) {
                continue;
            }
            if !seen.insert(statement.clone()) {
                continue;
            }
            let steps = plan(&db, &statement);
            let is_list = statement.contains("LIMIT");
            for step in &steps {
                let table = |alias: &str| step.starts_with(&format!("SCAN {alias}"));
                let whole = ["patient", "tumor", "p", "t", "contact", "note", "audit_", "suspense_"]
                    .iter()
                    .any(|a| table(a));
                // A list that knows no more than the facility reads all of it to sort it.
                let sorted = steps.iter().any(|s| s.contains("TEMP B-TREE FOR ORDER BY"));
                // The patients taken out are few and have an index of their own.
                let all_here = is_list
                    && sorted
                    && step.ends_with("(facility_id=?)")
                    && !step.contains("INDEX patient_out ");
                // Figures read an index and nothing else.
                let figure = statement.to_lowercase().contains("count(*)") && !is_list;
                let rows = figure
                    && step.starts_with("SEARCH")
                    && !step.contains("COVERING")
                    && !step.contains("INTEGER PRIMARY KEY");
                // One item by the number of its source: a list asks so for each of its lines.
                let by_number =
                    statement.contains("source_id` = ?") && !step.contains("suspense_item_of_source");
                if whole || all_here || rows || by_number {
                    wrong.push(format!("{what}\n  {statement}\n  {}", steps.join("\n  ")));
                    break;
                }
            }
        }
    }
    assert!(seen.len() > 40, "only {} statements were heard", seen.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), seen.len(), wrong.join("\n\n"));
}

#[test]
fn a_figure_is_counted_again_after_a_write_of_anybody_and_only_then() {
    for backend in backends() {
        let app = TestApp::new(backend);
        let (here, db) = (app.registry.host(), &app.registry.db);
        // Another instance on the same database, such as an import of the host.
        let other = Db::open(
            app.registry.target.clone(),
            2,
            Arc::new(app.registry.clock.clone()),
            Arc::new(cancer_registry::clock::SeededChance::new(77)),
            cancer_registry::seal::Sealer::new([9; 32]),
        )
        .unwrap();
        let mut counted = 0;
        let mut ask = |question: &str| {
            db.view(&here, |tx| {
                tx.record(cancer_registry::audit::Event::new(AuditAction::List));
                tx.figure(question, |_| {
                    counted += 1;
                    Ok(counted)
                })
            })
            .unwrap_or_else(|e: StoreError| panic!("{e}"))
        };
        assert_eq!((ask("a"), ask("a"), ask("b"), ask("a")), (1, 1, 2, 1));
        // What is no record changes no figure.
        let quiet = |tx: &mut cancer_registry::db::Tx<'_>| {
            tx.record(cancer_registry::audit::Event::new(AuditAction::ChangeSetting));
            Ok::<_, StoreError>(())
        };
        other.write(&here, quiet).unwrap();
        assert_eq!(ask("a"), 1);
        add(&app, 1, "draft");
        assert_eq!((ask("a"), ask("a"), ask("b")), (3, 3, 4));
        let touched = |tx: &mut cancer_registry::db::Tx<'_>| {
            tx.touch()?;
            quiet(tx)
        };
        other.write(&here, touched).unwrap();
        assert_eq!((ask("a"), ask("a")), (5, 5));
        // A write that came to nothing, and one of another facility.
        let failed = other.write(&here, |tx| {
            tx.touch()?;
            Err::<(), _>(StoreError::Refused("no".to_owned()))
        });
        assert!(failed.is_err());
        other.write(&here.at(app.other.key), touched).unwrap();
        assert_eq!(ask("a"), 5);
    }
}
