//! Files that are not as they should be, and runs that are broken off.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::*;
use crate::support::{Program, TestRegistry, backends};

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn three(middle: &str) -> String {
    file(&format!(
        "{}{middle}{}",
        patient("patientIdNumber=1 nameLast=Ayeone", &["tumorRecordNumber=01 primarySite=C509"]),
        patient("patientIdNumber=3 nameLast=Seethree", &["tumorRecordNumber=01 primarySite=C619"]),
    ))
}

#[derive(diesel::QueryableByName)]
struct Kept {
    #[diesel(sql_type = diesel::sql_types::Binary)]
    bytes: Vec<u8>,
}

/// All bytes kept of rejects, in order.
fn rejected_bytes(registry: &TestRegistry) -> Vec<u8> {
    registry.look(|conn| {
        let whole: Vec<Kept> = diesel::sql_query("SELECT bytes FROM import_reject ORDER BY id").load(conn)?;
        let parts: Vec<Kept> =
            diesel::sql_query("SELECT bytes FROM import_reject_part ORDER BY reject_id, seq").load(conn)?;
        Ok(whole.into_iter().chain(parts).flat_map(|k| k.bytes).collect())
    })
}

#[test]
fn a_refused_file_changes_nothing_and_says_why() {
    let table: Vec<(Vec<u8>, &str)> = vec![
        (b"<!DOCTYPE NaaccrData><NaaccrData/>".to_vec(), "DOCTYPE"),
        (gz(&[three("").into_bytes(), vec![b' '; 30 << 20]].concat()), "unpacks to more than 100 times"),
        (
            three("").replace("version=\"1.0\"", "version=\"1.0\" encoding=\"ISO-8859-1\"").into_bytes(),
            "only UTF-8",
        ),
        (three("").replace("250.xml", "180.xml").into_bytes(), "versions 210, 220, 230, 240, 250 and 260"),
        (three("").replace("NaaccrData", "Registry").into_bytes(), "begins with the element Registry"),
        (b"PK\x03\x04".to_vec(), "zip archive"),
        (Vec::new(), "empty"),
    ];
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        for (bytes, words) in &table {
            let report = import(&registry, bytes);
            assert!(report.refused.as_ref().is_some_and(|r| r.contains(words)), "{words}: {report:?}");
            assert_eq!(report.rejects.len(), 1);
            assert_eq!((report.patients.read, report.tumors.read), (0, 0));
        }
        assert_eq!(count(&registry, "patient"), 0);
        assert_eq!(count(&registry, "import_batch WHERE state = 'refused'"), 7);
    }
}

#[test]
fn what_cannot_be_kept_is_rejected_with_its_bytes_and_the_rest_stands() {
    let second = |content: &str| format!("<Patient>{}{content}</Patient>", items("patientIdNumber=2"));
    let twice = second(&format!("<Tumor>{}</Tumor>", items("primarySite=C500 primarySite=C501")));
    let nested = second("<Tumor><Tumor/></Tumor>");
    for backend in backends() {
        for (middle, item, words, tumors) in
            [(twice.as_str(), Some("primarySite"), "twice", 1), (nested.as_str(), None, "wrong nesting", 2)]
        {
            let registry = TestRegistry::new(backend);
            let report = import(&registry, three(middle).as_bytes());
            assert_eq!(report.patients, counts(3, 2, 0, 0, 1));
            assert_eq!(report.tumors, counts(2 + tumors, 2, 0, 0, tumors));
            assert_eq!(report.rejects[0].item.as_deref(), item);
            assert!(report.rejects[0].reason.contains(words), "{}", report.rejects[0].reason);
            assert_eq!(rejected_bytes(&registry), middle.as_bytes());
        }
        // Bytes of another encoding: only that patient.
        let registry = TestRegistry::new(backend);
        let middle = second(&items("nameLast=M#ller"));
        let mut bytes = three(&middle).into_bytes();
        let at = bytes.iter().position(|b| *b == b'#').unwrap();
        bytes[at] = 0xfc;
        let report = import(&registry, &bytes);
        assert_eq!(report.patients, counts(3, 2, 0, 0, 1));
        assert_eq!((report.rejects[0].item.as_deref(), report.rejects[0].line), (Some("nameLast"), 4));
        assert!(report.rejects[0].reason.contains("0xFC"));
        let mut expected = middle.into_bytes();
        let at = expected.iter().position(|b| *b == b'#').unwrap();
        expected[at] = 0xfc;
        assert_eq!(rejected_bytes(&registry), expected);
    }
}

#[test]
fn a_break_ends_the_reading_and_what_stood_before_it_stands() {
    for backend in backends() {
        let whole = three(&patient("patientIdNumber=2 nameLast=Beetwo", &["primarySite=C341"]));
        let cut = whole.find("C341").unwrap();
        let after_first = whole.find("</Patient>").unwrap() + "</Patient>".len();
        let registry = TestRegistry::new(backend);
        let report = import(&registry, &whole.as_bytes()[..cut]);
        assert_eq!(report.patients, counts(2, 1, 0, 0, 1));
        assert_eq!(report.tumors, counts(2, 1, 0, 0, 1));
        assert!(report.rejects[0].reason.contains("cut off"), "{}", report.rejects[0].reason);
        assert_eq!(rejected_bytes(&registry), whole[after_first..cut].trim_start().as_bytes());
        // The mended file completes it.
        let report = import(&registry, whole.as_bytes());
        assert_eq!(report.patients, counts(3, 2, 0, 1, 0));

        // Wrong nesting: the rest of the file is one reject, to the last byte, however long.
        let registry = TestRegistry::new(backend);
        let long: String = (10..9000)
            .map(|n| patient(&format!("patientIdNumber={n} nameLast=Long{n}"), &["primarySite=C341"]))
            .collect();
        let broken = whole
            .replace("C341</Item></Tumor>", "C341</Item></Patient>")
            .replace("</NaaccrData>", &format!("{long}</NaaccrData>"));
        let report = import(&registry, broken.as_bytes());
        assert_eq!(report.patients, counts(2, 1, 0, 0, 1));
        assert!(report.rejects[0].reason.contains("wrong nesting"), "{}", report.rejects[0].reason);
        assert_eq!(rejected_bytes(&registry), broken[after_first..].trim_start().as_bytes());
        assert!(count(&registry, "import_reject_part") > 0);
    }
}

#[test]
fn unusual_items_are_kept_and_flagged() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let odd = patient("patientIdNumber=2 noSuchItem=x", &["laterality=123 nameLast=Doe"]);
        let report = import(&registry, three(&odd).as_bytes());
        assert_eq!(report.patients, counts(3, 3, 0, 0, 0));
        let flags: Vec<_> =
            report.flags.iter().map(|f| (f.item.as_str(), f.flag.as_str(), f.count)).collect();
        assert_eq!(
            flags,
            [("laterality", "tooLong", 1), ("nameLast", "wrongLevel", 1), ("noSuchItem", "unknown", 1)]
        );
        let out = registry.folder.path().join("out.xml");
        let written = export_to(&registry, &out);
        let text = std::fs::read_to_string(&out).unwrap();
        for part in ["noSuchItem\">x<", "laterality\">123<", "userDictionaryUri="] {
            assert!(text.contains(part), "{part}");
        }
        assert_eq!(written.files[0].dictionaries.len(), 1);
        let second = TestRegistry::new(backend);
        let report = import(&second, text.as_bytes());
        assert_eq!(report.patients, counts(3, 3, 0, 0, 0));
        let again = second.folder.path().join("again.xml");
        export_to(&second, &again);
        let (first, then) = (read(text.as_bytes()).1, read(&std::fs::read(&again).unwrap()).1);
        assert_eq!(first.len(), 3);
        assert_eq!(first, then, "{backend:?}");
    }
}

/// The malformed files that a registrar meets, as a person at the host meets them: what the built
/// program says, how it ends, and what stands in the registry after each.
#[test]
fn each_malformed_file_gives_a_clear_reason_and_nothing_is_half_done() {
    struct Bad {
        name: &'static str,
        bytes: Vec<u8>,
        says: &'static str,
        code: i32,
        kept: i64,
    }
    // Numbers of one file stand in no other, so that every kept patient is a row.
    let good = |n: u32| {
        let own = format!("patientIdNumber={n} nameLast=Name{n}");
        patient(&own, &["tumorRecordNumber=01 primarySite=C509"])
    };
    let with = |n: u32, middle: &str| file(&format!("{}{middle}{}", good(n), good(n + 2)));
    let cut = with(10, &good(11));
    let cut = &cut.as_bytes()[..cut.find("Name11").unwrap()];
    let crossed = good(21).replace("</Tumor>", "</Patient>");
    let odd = patient("patientIdNumber=31 noSuchItem=x", &["tumorRecordNumber=01 primarySite=C341"]);
    let long = patient("patientIdNumber=41", &["tumorRecordNumber=01 laterality=123"]);
    let latin = patient("patientIdNumber=71 nameLast=M#ller", &[]);
    let latin = with(70, &latin).into_bytes().into_iter().map(|b| if b == b'#' { 0xfc } else { b }).collect();
    let table = [
        Bad { name: "cut.xml", bytes: cut.to_vec(), says: "cut off", code: 1, kept: 1 },
        Bad {
            name: "nesting.xml",
            bytes: with(20, &crossed).into_bytes(),
            says: "wrong nesting",
            code: 1,
            kept: 1,
        },
        Bad {
            name: "unknown.xml",
            bytes: with(30, &odd).into_bytes(),
            says: "Kept though unusual, 1: noSuchItem",
            code: 0,
            kept: 3,
        },
        Bad {
            name: "long.xml",
            bytes: with(40, &long).into_bytes(),
            says: "Kept though unusual, 1: laterality",
            code: 0,
            kept: 3,
        },
        Bad {
            name: "doctype.xml",
            bytes: with(50, "").replacen("\n<Naaccr", "\n<!DOCTYPE NaaccrData>\n<Naaccr", 1).into_bytes(),
            says: "DOCTYPE",
            code: 1,
            kept: 0,
        },
        Bad {
            name: "bomb.xml.gz",
            bytes: gz(&[with(60, "").into_bytes(), vec![b' '; 30 << 20]].concat()),
            says: "unpacks to more than 100 times",
            code: 1,
            kept: 0,
        },
        Bad { name: "latin.xml", bytes: latin, says: "0xFC", code: 1, kept: 2 },
    ];
    for backend in backends() {
        let program = Program::new(backend);
        program.init();
        let db = program.db();
        let rows = |what: &str| -> i64 {
            db.read(|conn| {
                let query = format!("SELECT count(*) AS n FROM {what}");
                Ok::<_, StoreError>(diesel::sql_query(query).load::<Count>(conn)?[0].n)
            })
            .unwrap()
        };
        let mut there = 0;
        for bad in &table {
            let path = program.folder().join(bad.name);
            std::fs::write(&path, &bad.bytes).unwrap();
            let foretold = program.run(["import", "naaccr", "--dry-run", path.to_str().unwrap()]);
            assert_eq!((foretold.status.code(), rows("patient")), (Some(bad.code), there), "{}", bad.name);
            let ended = program.run(["import", "naaccr", path.to_str().unwrap()]);
            let said = String::from_utf8(ended.stdout).unwrap();
            assert_eq!(ended.status.code(), Some(bad.code), "{} {said}", bad.name);
            assert!(said.contains(bad.says), "{}: {said}", bad.name);
            there += bad.kept;
            assert_eq!((rows("patient"), rows("tumor")), (there, there), "{backend:?} {}", bad.name);
        }
        assert_eq!(rows("import_batch WHERE state NOT IN ('finished', 'refused')"), 0);
    }
}

#[test]
fn a_run_that_was_broken_off_goes_on_where_it_stopped() {
    struct Stop;
    let many: String = (0..1200)
        .map(|n| {
            patient(
                &format!("patientIdNumber={n} nameLast=Many{n} noSuchItem=x"),
                &["tumorRecordNumber=01 primarySite=C341"],
            )
        })
        .collect();
    let bytes = file(&many).into_bytes();
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let source = Bytes("many.xml", bytes.clone());
        // The process dies between two groups: the panic stands for it.
        let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            import::import_file(&registry.db, &registry.host(), &source, &Options::default(), &mut |p| {
                if p.patients >= 600 {
                    std::panic::panic_any(Stop);
                }
            })
        }));
        assert!(broken.is_err_and(|e| e.is::<Stop>()));
        assert_eq!(count(&registry, "patient"), 1000);
        let report = import_with(&registry, &bytes, &Options::default());
        assert!(report.resumed);
        assert_eq!(report.patients, counts(1200, 1200, 0, 0, 0));
        assert_eq!(report.tumors, counts(1200, 1200, 0, 0, 0));
        assert_eq!(report.flags[0].count, 1200);
        let whole = TestRegistry::new(backend);
        let straight = import_with(&whole, &bytes, &Options::default());
        assert_eq!(
            (straight.patients, straight.tumors, &straight.flags),
            (report.patients, report.tumors, &report.flags)
        );
        assert_eq!(contents(&whole), contents(&registry));
        assert!(import_with(&registry, &bytes, &Options::default()).again);
    }
}

#[test]
fn rejects_and_their_rest_are_kept_once_when_a_run_goes_on() {
    let many: String =
        (0..300).map(|n| patient(&format!("patientIdNumber={n} nameLast=Many{n}"), &[])).collect();
    let text = file(&format!("{many}<Patient><Tumor></Patient>{}", "x".repeat(3 << 20)));
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let source = Bytes("many.xml", text.clone().into_bytes());
        let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            import::import_file(&registry.db, &registry.host(), &source, &Options::default(), &mut |p| {
                assert!(p.patients < 300, "stop before the rest is kept");
            })
        }));
        assert!(broken.is_err());
        let report = import_with(&registry, text.as_bytes(), &Options::default());
        assert_eq!((report.patients, report.rejects.len()), (counts(301, 300, 0, 0, 1), 1));
        let start = text.find("<Patient><Tumor>").unwrap();
        assert_eq!(rejected_bytes(&registry), &text.as_bytes()[start..]);
    }
}
