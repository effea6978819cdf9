//! Every page in a real browser, wide and narrow, light and dark: no violation that axe-core knows, nothing to
//! scroll sideways for, nothing in the console. With `PICTURES=FOLDER` the same walk takes the pictures of `docs`.

use std::path::{Path, PathBuf};

use fantoccini::key::Key;

use super::{Window, wanted};
use crate::support::TestApp;

/// Which pictures of a page are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pictured {
    No,
    Light,
    /// And a wide one in the dark.
    LightAndDark,
}

/// A page, how to come to it and what to do there before it is looked at.
struct Page {
    name: &'static str,
    /// Where it is, or where the link to it is.
    start: &'static str,
    /// The link to follow, where the address holds an id.
    link: &'static str,
    act: fn(&Window),
    /// Stands among the pictures of `docs/screenshots.md`.
    pictured: Pictured,
}

const fn page(name: &'static str, start: &'static str) -> Page {
    Page { name, start, link: "", act: |_| {}, pictured: Pictured::No }
}

const fn linked(name: &'static str, start: &'static str, link: &'static str) -> Page {
    Page { name, start, link, act: |_| {}, pictured: Pictured::No }
}

impl Page {
    const fn after(self, act: fn(&Window)) -> Self {
        Self { act, ..self }
    }

    const fn pictured(self) -> Self {
        Self { pictured: Pictured::Light, ..self }
    }

    const fn pictured_dark_too(self) -> Self {
        Self { pictured: Pictured::LightAndDark, ..self }
    }
}

/// Widths that are looked at: a small laptop and a phone.
const WIDTHS: [(u32, u32); 2] = [(1280, 900), (390, 844)];

fn sign_in(window: &Window, login: &str) {
    let person = cancer_registry::demo::STAFF.into_iter().find(|person| person.login == login).unwrap();
    window.go("/sign-in");
    window.tab_to("input[name=user]");
    window.write(login);
    window.press(Key::Tab);
    window.write(person.password);
    window.leave(|w| w.press(Key::Enter));
}

fn keep(window: &Window, page: &Page, width: u32, scheme: &str) {
    let name = match (page.pictured, scheme) {
        (Pictured::Light | Pictured::LightAndDark, "light") => format!("{}-{width}", page.name),
        (Pictured::LightAndDark, "dark") if width > 1000 => format!("{}-{width}-dark", page.name),
        _ => return,
    };
    if let Some(folder) = std::env::var_os("PICTURES").map(PathBuf::from) {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), window.picture(false)).unwrap();
    }
}

fn look(window: &Window, pages: &[Page]) {
    let mut faults = Vec::new();
    for page in pages {
        window.size(1280, 900);
        window.go(page.start);
        if !page.link.is_empty() {
            window.see(page.link);
            let script = format!(
                "return document.querySelector({}).getAttribute('href')",
                serde_json::json!(page.link)
            );
            window.go(window.run(&script).as_str().unwrap());
        }
        (page.act)(window);
        for (width, height) in WIDTHS {
            window.size(width, height);
            for scheme in ["light", "dark"] {
                window.look("screen", scheme);
                let place = format!("{} {width} {scheme}", page.name);
                keep(window, page, width, scheme);
                faults.extend(window.violations().into_iter().map(|v| format!("{place}: {v}")));
            }
            let over = window.sideways();
            if over > 0 {
                faults.push(format!("{} {width}: {over} px too wide", page.name));
            }
        }
        let said = window.console().into_iter().filter(|line| !is_expected(page, line));
        faults.extend(said.map(|line| format!("{}: {line}", page.name)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The browser also reports that the page of a missing address is one, and that a form was refused.
fn is_expected(page: &Page, line: &str) -> bool {
    let failed = |status| line.contains("Failed to load resource") && line.contains(status);
    let missing = line.contains(&format!("{} - ", page.start)) && failed("404");
    missing || (page.name.ends_with("-refused") && failed("422"))
}

fn press(window: &Window, button: &str) {
    window.tab_to(button);
    window.leave(|w| w.press(Key::Enter));
}

fn walk(login: &str, pages: &[Page]) {
    if wanted() {
        let app = TestApp::practice(250);
        let window = Window::open(app.address);
        if !login.is_empty() {
            sign_in(&window, login);
        }
        look(&window, pages);
    }
}

fn type_person(window: &Window) {
    // The name of the first patient on the work list, so that somebody is likely.
    window.go("/followup");
    let name = window.text("main table th[scope=row] a");
    let (last, first) = name.split_once(", ").unwrap();
    window.go("/abstracts/new");
    window.tab_to("[name=nameLast]");
    window.write(last);
    window.press(Key::Enter);
    window.write(first);
    window.leave(|w| w.chord(Key::Control, Key::Enter.into()));
}

fn find(window: &Window) {
    window.tab_to("main [name=q]");
    window.write("ann");
    window.leave(|w| w.press(Key::Enter));
}

fn code_a_phrase(window: &Window) {
    window.tab_to("main textarea");
    window.write("infiltrating ductal carcinoma, upper outer quadrant, left breast");
    window.tab_to("main form button");
    window.leave(|w| w.press(Key::Enter));
}

fn code_a_report(window: &Window) {
    window.tab_to("main textarea");
    window.write("CLINICAL HISTORY: history of colon cancer. FINAL DIAGNOSIS: Left breast, UOQ: invasive ductal carcinoma, Nottingham grade 2. Nodes: negative for carcinoma.");
    window.tab_to("main form button");
    window.leave(|w| w.press(Key::Enter));
    window.tab_to("main details.why summary");
    window.press(Key::Enter);
}

fn open_the_finder(window: &Window) {
    window.tab_to("[name=histologicTypeIcdO3]");
    window.write("infil lob");
    window.see("#histologicTypeIcdO3-list [role=option]");
}

fn import(window: &Window) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/data/samples/naaccr-xml-sample-v240-abstract-100.xml.gz");
    window.attach("main input[type=file]", &sample);
    window.tab_to("main form button");
    window.leave(|w| w.press(Key::Enter));
    window.until("the end of the import", "return !document.querySelector('[data-module=import-progress]')");
}

const AN_ABSTRACT: &str = "main table th[scope=row] a[href^='/abstracts/']";

/// Chooses a site from the list of the code finder, saves, and asks why.
fn choose_a_site(window: &Window) {
    let path = window.path();
    let uid = path.strip_prefix("/abstracts/").unwrap().split('/').next().unwrap().to_owned();
    window.go(&format!("/abstracts/{uid}/cancer"));
    window.tab_to("[name=primarySite]");
    window.chord(Key::Control, 'a');
    window.write("lower outer quadrant of breast");
    window.see("#primarySite-list [role=option]");
    window.press(Key::Enter);
    window.leave(|w| w.chord(Key::Control, 's'));
    window.go(&format!("/abstracts/{uid}/why/primarySite"));
    assert!(window.text("main").contains("Chosen by"), "{}", window.text("main"));
}

/// A page of the case itself, beside its sections.
fn beside_the_case(window: &Window, page: &str) {
    let path = window.path();
    let uid = path.strip_prefix("/abstracts/").unwrap().split('/').next().unwrap();
    window.go(&format!("/abstracts/{uid}/{page}"));
}

/// The list of codes as a page, for browsers without script.
fn ask_for_codes(window: &Window) {
    to_section(window, 5);
    window.without_script();
    window.go(&window.path());
    window.tab_to("button[name=find][value=primarySite]");
    window.leave(|w| w.press(Key::Enter));
    window.see("button[name=chosen]");
    window.with_script();
}

/// A link with which somebody else chooses a password, as the administrator is shown it once.
fn ask_for_a_link(window: &Window) {
    window.tab_to("button[value=reset]");
    window.leave(|w| w.press(Key::Enter));
}

fn follow_the_link(window: &Window) {
    ask_for_a_link(window);
    let script = "return document.querySelector('main').innerText.match(/\\/password\\/\\w+/)[0]";
    window.go(window.run(script).as_str().unwrap());
}

/// A report pasted into the case that is open; its page, or the list of reports.
fn report(window: &Window, list: bool) {
    beside_the_case(window, "documents");
    let reports = window.path();
    window.run("document.getElementById('kind').value = 'pathology'");
    window.tab_to("[name=body]");
    window.write(&format!(
        "SURGICAL PATHOLOGY {}. Clinical: lump. FINAL DIAGNOSIS: Left breast, upper outer quadrant, core biopsy: \
         infiltrating duct carcinoma, grade 2.",
        u8::from(list)
    ));
    window.leave(|w| w.chord(Key::Control, 's'));
    if list {
        window.go(&reports);
    }
}

fn to_section(window: &Window, number: usize) {
    let script =
        format!("return document.querySelectorAll('.sections a')[{number} - 1].getAttribute('href')");
    window.go(window.run(&script).as_str().unwrap());
}

#[test]
fn pages_before_signing_in() {
    walk("", &[page("sign-in", "/sign-in").pictured(), page("no-such-page", "/no/such/page")]);
}

#[test]
fn pages_of_the_abstract() {
    walk(
        "ana",
        &[
            page("abstracts", "/abstracts").pictured(),
            page("new-case", "/abstracts/new"),
            page("likely-persons", "/abstracts/new").after(type_person).pictured(),
            linked("abstract-case", "/", AN_ABSTRACT).pictured(),
            linked("abstract-patient", "/", AN_ABSTRACT).after(|w| to_section(w, 2)),
            linked("abstract-residence", "/", AN_ABSTRACT).after(|w| to_section(w, 3)),
            linked("abstract-contacts", "/", AN_ABSTRACT).after(|w| to_section(w, 4)),
            linked("abstract-cancer", "/", AN_ABSTRACT).after(|w| to_section(w, 5)),
            linked("abstract-finder", "/", AN_ABSTRACT)
                .after(|w| {
                    to_section(w, 5);
                    open_the_finder(w);
                })
                .pictured(),
            linked("abstract-work-up", "/", AN_ABSTRACT).after(|w| to_section(w, 6)),
            linked("abstract-stage", "/", AN_ABSTRACT).after(|w| to_section(w, 7)),
            linked("abstract-site-specific", "/", AN_ABSTRACT).after(|w| to_section(w, 8)),
            linked("abstract-treatment", "/", AN_ABSTRACT).after(|w| to_section(w, 9)),
            linked("abstract-outcome", "/", AN_ABSTRACT).after(|w| to_section(w, 10)),
            linked("abstract-remarks", "/", AN_ABSTRACT).after(|w| to_section(w, 11)),
            linked("abstract-all-items", "/", AN_ABSTRACT).after(|w| to_section(w, 12)),
            linked("abstract-notes", "/", AN_ABSTRACT).after(|w| to_section(w, 13)),
            linked("abstract-reports", "/", AN_ABSTRACT).after(|w| report(w, true)),
            linked("abstract-report", "/", AN_ABSTRACT).after(|w| report(w, false)),
            linked("abstract-queries", "/", AN_ABSTRACT).after(|w| to_section(w, 14)),
            linked("code-list", "/", AN_ABSTRACT).after(ask_for_codes),
        ],
    );
}

/// A possible case by hand, taken, and on the way to a case.
#[test]
fn pages_of_casefinding() {
    fn fill(window: &Window) {
        window.go("/suspense/new");
        window.tab_to("select[name=source]");
        window.write("Pathology");
        window.tab_to("input[name=eventDate]");
        window.write("2020-03-01");
        window.tab_to("textarea[name=text]");
        window.write("Left breast, core biopsy: invasive ductal carcinoma");
        window.tab_to("input[name=nameLast]");
        window.write("Fictive");
        window.tab_to("main form button");
        window.leave(|w| w.press(Key::Enter));
    }
    fn take(window: &Window) {
        fill(window);
        window.tab_to("main button[value=take]");
        window.leave(|w| w.press(Key::Enter));
    }
    /// A file as a spreadsheet of old writes it, put into the box by the script.
    fn preview(window: &Window) {
        window.tab_to("select[name=source]");
        window.write("Pathology");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("January.csv");
        let rows = [
            "sourceId,eventDate,nameLast,nameFirst,dateOfBirth,medicalRecordNumber,text",
            "S-901,2026-01-02,Br\u{fc}cke,Karla,1963-08-01,887766,Left breast: invasive ductal carcinoma",
            "S-902,2026-01-03,Invented,Ben,1951-03-14,887767,Sigmoid colon: tubular adenoma",
            "S-903,someday,Unclear,Una,,887768,carcinoma",
            "S-904,2026-01-05,Short",
            "P-101,2026-01-05,Quillfen,Orla,,887769,carcinoma",
        ];
        let text = rows.join("\r\n");
        std::fs::write(&file, text.chars().map(|sign| u8::try_from(sign).unwrap()).collect::<Vec<_>>())
            .unwrap();
        window.attach("#list-file", &file);
        window.see("[data-module=list-file] [role=status]:not(:empty)");
        window.tab_to("main form button");
        window.leave(|w| w.press(Key::Enter));
        let told = window.text("main");
        assert!(told.contains("Brücke") && told.contains("January.csv"), "{told}");
    }
    walk(
        "ana",
        &[
            page("suspense-new", "/suspense/new"),
            page("suspense-item", "/suspense/new").after(fill),
            page("suspense-item-taken", "/suspense/new").after(take),
            page("suspense-case", "/suspense/new").after(|w| {
                take(w);
                w.tab_to("main .head__end a.button--primary");
                w.leave(|w| w.press(Key::Enter));
            }),
            page("suspense", "/suspense"),
            page("suspense-import", "/suspense/import"),
            page("suspense-import-refused", "/suspense/import").after(|w| {
                w.tab_to("main form button");
                w.leave(|w| w.press(Key::Enter));
                w.see(".error-summary");
            }),
            page("suspense-preview", "/suspense/import").after(preview),
            page("suspense-list", "/suspense/import").after(|w| {
                preview(w);
                w.tab_to("main form button.button--primary");
                w.leave(|w| w.press(Key::Enter));
            }),
            page("suspense-lists", "/suspense/lists"),
        ],
    );
}

/// One asks to delete a case, a supervisor sees it and deletes it.
#[test]
fn pages_of_deletion() {
    fn ask(window: &Window) {
        beside_the_case(window, "deletion");
        window.tab_to("main textarea");
        window.write("Entered twice: the same tumor as the other case of this patient");
        window.tab_to("main form button");
        window.leave(|w| w.press(Key::Enter));
    }
    fn too_short(window: &Window) {
        beside_the_case(window, "deletion");
        window.tab_to("main textarea");
        window.write("twice");
        window.tab_to("main form button");
        window.leave(|w| w.press(Key::Enter));
        window.see(".error-summary");
    }
    fn approve(window: &Window) {
        window.tab_to("main button[value=approve]");
        window.leave(|w| w.press(Key::Enter));
        assert!(window.text("main").contains("counts nowhere"), "{}", window.text("main"));
    }
    if wanted() {
        let app = TestApp::practice(250);
        let window = Window::open(app.address);
        sign_in(&window, "ana");
        look(
            &window,
            &[
                linked("deletion", "/", AN_ABSTRACT).after(|w| beside_the_case(w, "deletion")),
                linked("deletion-refused", "/", AN_ABSTRACT).after(too_short),
                linked("deletion-asked", "/", AN_ABSTRACT).after(|w| {
                    ask(w);
                    let case = w.path().replace("/deletion", "/case");
                    w.go(&case);
                }),
            ],
        );
        let window = Window::open(app.address);
        sign_in(&window, "sofia");
        look(
            &window,
            &[
                page("deletions", "/deletions"),
                page("deleted", "/deletions").after(approve),
                page("deletions-none", "/deletions"),
            ],
        );
    }
}

/// A second record of somebody who is here, under a name nobody else has: same birth date, same record number, a case
/// of the same site and another one, and a death before the other's last contact.
fn second_record(app: &TestApp) {
    use cancer_registry::{
        audit::AuditAction,
        dictionary::{Items, Version, names},
        patient,
        save::{self, Change, NewPatient, NewTumor, PatientChange, TumorChange, Why},
        tumor,
    };
    app.registry.write(|tx| {
        let scope = tx.scope()?;
        let alive = |key: i64, tx: &mut cancer_registry::db::Tx<'_>| {
            let row = patient::by_key(tx.conn(), scope, key).ok().flatten()?;
            let cases = tumor::of_patient(tx.conn(), scope, key).ok()?;
            let fits = row.vital_status == "1"
                && row.birth_date.len() == 8
                && cases.iter().any(|c| !c.medical_record_number.is_empty() && !c.site_group.is_empty());
            fits.then_some((row, cases))
        };
        let (row, cases) = (1..200).find_map(|key| alive(key, tx)).expect("somebody who lives");
        let coded = cases.iter().find(|c| !c.site_group.is_empty()).expect("one that is coded");
        let (person, case) = (row.items()?, coded.items()?);
        let mut twin: Items = person
            .iter()
            .filter(|(id, _)| *id != names::PATIENT_ID_NUMBER)
            .map(|(id, v)| (id.to_owned(), v))
            .collect();
        twin.set(names::NAME_LAST, "Twinwell");
        twin.set(names::VITAL_STATUS, "0");
        twin.set(names::DATE_OF_LAST_CONTACT, "20130101");
        twin.set(names::ADDR_CURRENT_CITY, "Ghent");
        let tumors = [("00", ""), ("60", "C700")]
            .into_iter()
            .map(|(sequence, site)| {
                let mut items = case.clone();
                items.set(names::ACCESSION_NUMBER_HOSP, "209900001");
                items.set(names::SEQUENCE_NUMBER_HOSPITAL, sequence);
                if !site.is_empty() {
                    items.set(names::PRIMARY_SITE, site);
                    items.set(names::BEHAVIOR_CODE_ICD_O_3, "0");
                    items.set(names::HISTOLOGIC_TYPE_ICD_O_3, "9530");
                }
                let state = "complete".to_owned();
                TumorChange::New(NewTumor { items, envelope: String::new(), state, owner: None })
            })
            .collect();
        let new = NewPatient {
            items: twin,
            envelope: String::new(),
            version: Version::NEWEST,
            owner: None,
            batch: None,
        };
        let why = Why { source: "form", reason: String::new(), event: Some(AuditAction::CreatePatient) };
        save::apply(tx, Change { patient: PatientChange::New(new), tumors, why })
    });
}

/// Two records side by side, asked for, merged by a supervisor, and the lists around them.
#[test]
fn pages_of_merging() {
    fn twin(window: &Window) {
        window.go("/patients");
        window.tab_to("main [name=q]");
        window.write("Twinwell");
        window.leave(|w| w.press(Key::Enter));
        follow(window, "main tbody th a");
    }
    fn follow(window: &Window, link: &str) {
        window.see(link);
        let to = format!("return document.querySelector(\"{link}\").getAttribute('href')");
        let to = window.run(&to).as_str().unwrap().to_owned();
        window.go(&to);
    }
    fn begin(window: &Window) {
        twin(window);
        follow(window, "main a[href$='/merge']");
    }
    fn compare(window: &Window) {
        begin(window);
        follow(window, "main tbody th a");
        window.see("#cases");
    }
    fn answer(window: &Window, reason: &str) {
        let fill = "for (const t of document.querySelectorAll('main textarea[name^=pair-]')) t.value = 'two sides, both proven'";
        window.run(fill);
        window.tab_to("main textarea[name=reason]");
        window.write(reason);
        window.tab_to("main form button.button--primary");
        window.leave(|w| w.press(Key::Enter));
    }
    if wanted() {
        let app = TestApp::practice(250);
        second_record(&app);
        let window = Window::open(app.address);
        sign_in(&window, "sofia");
        look(
            &window,
            &[
                page("duplicates", "/duplicates").pictured(),
                page("merges-none", "/merges"),
                page("two-people-refused", "/patients").after(|w| {
                    compare(w);
                    w.tab_to("main textarea[name=two_people]");
                    w.write("twins");
                    press(w, "main form[action$='two-people'] button");
                    w.see(".error-summary");
                }),
            ],
        );
        let window = Window::open(app.address);
        sign_in(&window, "ana");
        look(
            &window,
            &[
                page("merge-find", "/patients").after(begin),
                page("merge-found", "/patients").after(|w| {
                    begin(w);
                    w.tab_to("main [name=q]");
                    w.write("ann");
                    w.leave(|w| w.press(Key::Enter));
                }),
                page("merge", "/patients").after(compare).pictured(),
                page("merge-refused", "/patients").after(|w| {
                    compare(w);
                    answer(w, "short");
                    w.see(".error-summary");
                }),
                page("merge-asked", "/patients").after(|w| {
                    compare(w);
                    answer(w, "One person: the same record number and next of kin");
                    w.see(".log");
                }),
                page("patient-to-be-merged", "/patients").after(twin),
            ],
        );
        let window = Window::open(app.address);
        sign_in(&window, "sofia");
        look(
            &window,
            &[
                page("merges", "/merges"),
                linked("merge-decides", "/merges", "main tbody th a"),
                linked("merge-done", "/merges", "main tbody th a").after(|w| {
                    press(w, "main button[value=merge]");
                    assert!(w.text("main").contains("a shell that leads"), "{}", w.text("main"));
                }),
                page("patient-merged", "/patients").after(|w| {
                    w.tab_to("main [name=q]");
                    w.write("2099-00001");
                    w.leave(|w| w.press(Key::Enter));
                }),
            ],
        );
        let window = Window::open(app.address);
        sign_in(&window, "ana");
        look(
            &window,
            &[page("merge-parting-asked", "/patients").after(|w| {
                w.tab_to("main [name=q]");
                w.write("2099-00001");
                w.leave(|w| w.press(Key::Enter));
                follow(w, "main a[href^='/merges/']");
                w.tab_to("main textarea[name=reason]");
                w.write("Two people after all, as the clinic says");
                press(w, "main form button");
            })],
        );
        let window = Window::open(app.address);
        sign_in(&window, "sofia");
        look(
            &window,
            &[
                linked("merge-parts", "/merges", "main tbody th a"),
                linked("merge-parted", "/merges", "main tbody th a").after(|w| {
                    press(w, "main button[value=part]");
                    assert!(w.text("main").contains("parted again"), "{}", w.text("main"));
                }),
            ],
        );
    }
}

/// Local edits: the list, one in force, one tried, the form, what is wrong in it.
#[test]
fn pages_of_local_edits() {
    fn write(window: &Window, logic: &str) {
        for (field, text) in [
            ("[name=name]", "Side of breast"),
            ("[name=items]", "laterality"),
            ("[name=fails_when]", logic),
            ("[name=message]", "A breast case needs its side."),
            ("[name=rule]", "Cancer committee, March."),
            ("[name=pass_example]", "laterality = 1"),
            ("[name=fail_example]", "laterality = 9"),
        ] {
            window.tab_to(field);
            window.write(text);
        }
        window.tab_to("button[value=check]");
        window.leave(|w| w.press(Key::Enter));
    }
    walk(
        "sofia",
        &[
            page("local-edits", "/edits").pictured(),
            page("local-edit", "/edits/LOCAL-001").pictured(),
            page("local-edit-draft", "/edits/LOCAL-002").pictured(),
            page("local-edit-new", "/edits/new").pictured(),
            page("local-edit-change", "/edits/LOCAL-002/change"),
            page("local-edit-checked", "/edits/new").after(|w| write(w, "laterality == '9'")),
            page("local-edit-refused", "/edits/new")
                .after(|w| {
                    write(w, "lateralty == 9 and");
                    w.see(".error-summary");
                })
                .pictured(),
        ],
    );
}

/// Asking a physician, the physician's pages, and what the answer would do.
#[test]
fn pages_of_queries() {
    use cancer_registry::{db::StoreError, reminder::queries};
    use diesel::{QueryableByName, RunQueryDsl, sql_types::Text};

    #[derive(QueryableByName)]
    struct Salt {
        #[diesel(sql_type = Text)]
        salt: String,
    }

    const A_QUERY: &str = "main table th[scope=row] a[href*='/queries/']";
    fn ask(window: &Window) {
        let path = window.path();
        let uid = path.strip_prefix("/abstracts/").unwrap().split('/').next().unwrap();
        window.go(&format!("/abstracts/{uid}/queries/new?item=laterality"));
    }
    fn ask_and_look(window: &Window, question: &str) {
        ask(window);
        window.tab_to("[name=name]");
        window.write("Dr. Eli Moss");
        window.tab_to("[name=email]");
        window.write("eli.moss@practice.example");
        window.tab_to("[name=question]");
        window.write(question);
        window.tab_to("button[value=preview]");
        window.leave(|w| w.press(Key::Enter));
    }
    if !wanted() {
        return;
    }
    let app = TestApp::practice(250);
    let window = Window::open(app.address);
    sign_in(&window, "sofia");
    look(
        &window,
        &[
            page("queries", "/queries").pictured(),
            linked("query", "/queries", A_QUERY).pictured(),
            linked("query-ask", "/queries", A_QUERY).after(ask),
            linked("query-preview", "/queries", A_QUERY)
                .after(|w| ask_and_look(w, "Which side was the primary tumor on?"))
                .pictured(),
            linked("query-refused", "/queries", A_QUERY).after(|w| ask_and_look(w, "123-45-6789: side?")),
            linked("query-field", "/queries", A_QUERY).after(|w| {
                let path = w.path();
                w.go(&format!("{}/cancer", path.split("/queries").next().unwrap()));
                assert!(w.text("main").contains("Dr. Dana Orr"), "beside the field");
            }),
            linked("queries-of-case", "/queries", A_QUERY).after(|w| beside_the_case(w, "queries")),
        ],
    );
    let salt = app.registry.look(|conn| -> Result<String, StoreError> {
        let query = "SELECT salt FROM physician_query WHERE state = 'open'";
        Ok(diesel::sql_query(query).load::<Salt>(conn)?.remove(0).salt)
    });
    let sealer = &app.registry.db.sealer;
    let link = format!("/query/{}", queries::link_token(sealer, &salt));
    let code = queries::code(sealer, &salt, 1);
    let window = Window::open(app.address);
    let look_here = |name: &'static str| {
        let mut faults = Vec::new();
        for (width, height) in WIDTHS {
            window.size(width, height);
            for scheme in ["light", "dark"] {
                window.look("screen", scheme);
                keep(&window, &page(name, "").pictured(), width, scheme);
                faults.extend(window.violations());
            }
            assert_eq!(window.sideways(), 0, "{name} {width}");
        }
        assert!(faults.is_empty(), "{name}: {}", faults.join("\n"));
    };
    window.go(&link);
    look_here("query-door");
    window.tab_to("form[action$='/code'] button");
    window.leave(|w| w.press(Key::Enter));
    assert!(window.text("main").contains("on its way"));
    window.tab_to("[name=code]");
    window.write(&code);
    window.leave(|w| w.press(Key::Enter));
    look_here("query-question");
    window.tab_to("[name=choice]");
    window.press(Key::Space);
    window.tab_to("form[action$='/answer'] button");
    window.leave(|w| w.press(Key::Enter));
    look_here("query-thanks");
    window.go(&link);
    look_here("query-spent");
}

/// A reviewer's, an abstractor's and a supervisor's pages of quality review.
#[test]
fn pages_of_quality_review() {
    /// Opens the review that stands so on the list.
    fn standing(window: &Window, words: &str) {
        let section = |n: usize| format!("main section:nth-of-type({n})");
        let n = (1..=4)
            .find(|n| window.text(&section(*n)).contains(words))
            .unwrap_or_else(|| panic!("no {words}"));
        window.tab_to(&format!("{} h2 a", section(n)));
        window.leave(|w| w.press(Key::Enter));
    }
    fn lock_too_early(window: &Window) {
        standing(window, "you have it");
        window.tab_to("main button[value=lock]");
        window.leave(|w| w.press(Key::Enter));
        window.see(".error-summary");
    }
    if !wanted() {
        return;
    }
    let app = TestApp::practice(250);
    let window = Window::open(app.address);
    sign_in(&window, "quentin");
    look(
        &window,
        &[
            page("quality-reviews", "/quality-review").pictured(),
            page("quality-review-waiting", "/quality-review").after(|w| standing(w, "waits")),
            page("quality-review-blind", "/quality-review").after(|w| standing(w, "you have it")).pictured(),
            page("quality-review-refused", "/quality-review").after(lock_too_early),
            page("quality-review-locked", "/quality-review").after(|w| standing(w, "decide")).pictured(),
        ],
    );
    let window = Window::open(app.address);
    sign_in(&window, "sofia");
    look(
        &window,
        &[
            page("quality-figures", "/quality-review/figures").pictured(),
            page("quality-disputes", "/quality-review/disputes"),
            linked("quality-dispute", "/quality-review/disputes", "main table th a").pictured(),
            page("quality-review-hand-on", "/quality-review").after(|w| standing(w, "quentin has it")),
        ],
    );
    let login = app.registry.look(|conn| -> Result<String, cancer_registry::db::StoreError> {
        use diesel::{QueryableByName, RunQueryDsl, sql_types::Text};
        #[derive(QueryableByName)]
        struct By {
            #[diesel(sql_type = Text)]
            asked_by: String,
        }
        let query = "SELECT asked_by FROM quality_dispute ORDER BY id LIMIT 1";
        Ok(diesel::sql_query(query).load::<By>(conn)?.remove(0).asked_by)
    });
    let window = Window::open(app.address);
    sign_in(&window, &login);
    look(
        &window,
        &[
            page("quality-own", "/quality-review/own"),
            linked("quality-own-review", "/quality-review/own", "main table th a").pictured(),
        ],
    );
}

#[test]
fn pages_of_codes() {
    walk(
        "ana",
        &[
            linked("class-of-case", "/", AN_ABSTRACT).after(|w| {
                beside_the_case(w, "class-of-case?diagnosed=here&treated=part");
            }),
            page("code-finder-report", "/codes").after(code_a_report).pictured(),
            linked("why-code", "/", AN_ABSTRACT).after(|w| beside_the_case(w, "why/primarySite")).pictured(),
            linked("why-code-chosen", "/", AN_ABSTRACT).after(choose_a_site).pictured(),
            linked("derived-codes", "/", AN_ABSTRACT).after(|w| beside_the_case(w, "derived")).pictured(),
        ],
    );
}

#[test]
fn pages_of_patients_and_follow_up() {
    fn patient(window: &Window) {
        let path = window.path();
        window.go(path.strip_suffix("/contact").unwrap());
    }
    const A_CONTACT: &str = "main table th[scope=row] a[href$='/contact']";
    let on = |part: &'static str| linked(part, "/followup", A_CONTACT);
    walk(
        "ana",
        &[
            page("my-work", "/").pictured_dark_too(),
            page("find-a-patient", "/patients"),
            page("patients-found", "/patients").after(find).pictured(),
            on("patient").after(patient).pictured(),
            on("face-sheet").after(|w| {
                patient(w);
                w.go(&format!("{}/face-sheet", w.path()));
            }),
            on("history").after(|w| {
                patient(w);
                w.go(&format!("{}/history", w.path()));
            }),
            page("follow-up", "/followup").pictured(),
            on("contact").pictured(),
            page("code-finder", "/codes").after(code_a_phrase).pictured(),
            page("settings", "/account"),
        ],
    );
}

/// The next batch without what has errors.
fn leave_out(window: &Window) {
    if window.run("return document.querySelector('main button[value=all]') !== null") == true {
        press(window, "main button[value=all]");
    }
    window.see("main form button.button--primary");
}

fn freeze(window: &Window) {
    leave_out(window);
    press(window, "main form button.button--primary");
    assert!(window.text("main").contains("Waits for answers"), "{}", window.text("main"));
}

#[test]
fn pages_of_the_supervisor() {
    walk(
        "sofia",
        &[
            page("dashboard", "/dashboard").pictured_dark_too(),
            linked("dashboard-cases", "/dashboard", "main a[href^='/dashboard/cases']").pictured(),
            page("reassignment", "/followup/reassignment"),
            linked("supervisor-contact", "/followup", "main table th[scope=row] a[href$='/contact']"),
            linked("correction", "/followup", "main table th[scope=row] a[href$='/contact']").after(|w| {
                let path = w.path().replace("/contact", "/correction");
                w.go(&path);
            }),
            page("files", "/imports"),
            page("imported-file", "/imports").after(import).pictured(),
            page("submissions", "/submissions").pictured(),
            page("submissions-left-out", "/submissions").after(leave_out),
            page("submission", "/submissions").after(freeze).pictured(),
            linked("submission-password-refused", "/submissions", "main tbody th a[href^='/submissions/']")
                .after(|w| {
                    w.tab_to("main input[name=password]");
                    w.write("guess");
                    press(w, "main button[name=file]");
                    w.see(".error-summary");
                }),
            linked("submission-answers-refused", "/submissions", "main tbody th a[href^='/submissions/']")
                .after(|w| {
                    w.tab_to("main textarea[name=answers]");
                    w.write("accession,sequence,answer");
                    press(w, "main form[action$='/answers'] button");
                    w.see(".error-summary");
                }),
            page("submissions-before", "/submissions"),
        ],
    );
}

#[test]
fn pages_of_the_administrator() {
    walk(
        "adele",
        &[
            page("administrator", "/"),
            page("accounts", "/accounts").pictured(),
            linked("account", "/accounts", "main table a[href^='/accounts/']"),
            linked("password-link", "/accounts", "main table a[href^='/accounts/']").after(ask_for_a_link),
            linked("choose-password", "/accounts", "main table a[href^='/accounts/']").after(follow_the_link),
            page("facility-choice", "/facility"),
            page("facilities", "/facilities"),
            linked("facility", "/facilities", "main table a[href^='/facilities/']"),
            page("outbox", "/outbox").pictured(),
        ],
    );
}

#[test]
fn pages_of_the_auditor() {
    walk("august", &[page("auditor", "/"), page("audit", "/audit")]);
}
