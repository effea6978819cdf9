//! Files that are not as they should be: what is refused, what is rejected, what stands.

use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::dictionary::ItemFlag;

fn refusal(text: &[u8]) -> Fault {
    match Reader::open(text, Vec::new(), Limits::default()) {
        Err(reader::OpenError::Refused(fault)) => fault,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("not refused: {}", String::from_utf8_lossy(text)),
    }
}

#[test]
fn a_wrong_start_refuses_the_whole_file() {
    let uri = "http://naaccr.org/naaccrxml/naaccr-dictionary-250.xml";
    let ns = "xmlns=\"http://naaccr.org/naaccrxml\"";
    let table: Vec<(String, Problem)> = vec![
        (String::new(), Problem::Empty),
        ("<?xml version=\"1.0\"?>\n".into(), Problem::Empty),
        ("<!DOCTYPE NaaccrData SYSTEM \"x.dtd\"><NaaccrData/>".into(), Problem::Doctype),
        (
            "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]><NaaccrData/>".into(),
            Problem::Doctype,
        ),
        ("<html/>".into(), Problem::Root { found: "html".into() }),
        ("<Patient/>".into(), Problem::Root { found: "Patient".into() }),
        ("hello".into(), Problem::Malformed("text stands before the root element".into())),
        (
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><NaaccrData/>".into(),
            Problem::Encoding { found: "ISO-8859-1".into() },
        ),
        ("<?xml version=\"1.1\"?><NaaccrData/>".into(), Problem::XmlVersion { found: "1.1".into() }),
        (
            "<NaaccrData xmlns=\"http://example.org\"/>".into(),
            Problem::Namespace { found: "http://example.org".into() },
        ),
        (format!("<NaaccrData {ns} recordType=\"A\"/>"), Problem::AttributeMissing("baseDictionaryUri")),
        (format!("<NaaccrData {ns} baseDictionaryUri=\"{uri}\"/>"), Problem::AttributeMissing("recordType")),
        (
            format!("<NaaccrData {ns} baseDictionaryUri=\"{uri}\" recordType=\"X\"/>"),
            Problem::RecordType { given: "X".into() },
        ),
        (
            format!(
                "<NaaccrData {ns} baseDictionaryUri=\"{}\" recordType=\"A\"/>",
                uri.replace("250", "180")
            ),
            Problem::Version { given: uri.replace("250", "180") },
        ),
    ];
    for (text, problem) in table {
        assert_eq!(refusal(text.as_bytes()).problem, problem, "{text}");
    }
}

#[test]
fn all_versions_and_record_types_are_read() {
    for version in ["210", "220", "230", "240", "250", "260"] {
        for record_type in ["A", "M", "C", "I"] {
            let text = file(&patient("1", ""))
                .replace("250.xml", &format!("{version}.xml"))
                .replace("recordType=\"A\"", &format!("recordType=\"{record_type}\""));
            let mut reader = open(text.as_bytes());
            assert_eq!(reader.root().version.0.to_string(), version);
            assert_eq!(reader.root().record_type.letter(), record_type);
            assert!(matches!(reader.advance().unwrap(), Some(Outcome::Patient(_))));
        }
    }
}

/// Content of the middle one of three patients; the fault; whether reading goes on after it.
#[test]
fn a_faulty_patient_is_rejected_with_its_bytes_and_the_others_stand() {
    let item = |id: &str, value: &str| format!("<Item naaccrId=\"{id}\">{value}</Item>");
    let table: Vec<(String, Option<&str>, Problem, bool)> = vec![
        (
            format!("<Tumor>{}\n{}</Tumor>", item("primarySite", "C509"), item("primarySite", "C501")),
            Some("primarySite"),
            Problem::Twice { element: "Tumor", first_line: 4 },
            true,
        ),
        (
            "<Tumor><Tumor/></Tumor>".into(),
            None,
            Problem::Nesting { element: "Tumor".into(), parent: "Tumor".into() },
            true,
        ),
        (
            "<Patient/>".into(),
            None,
            Problem::Nesting { element: "Patient".into(), parent: "Patient".into() },
            true,
        ),
        (
            "<Item naaccrId=\"nameLast\">a<b/></Item>".into(),
            Some("nameLast"),
            Problem::Nesting { element: "b".into(), parent: "Item".into() },
            true,
        ),
        (item("nameLast", "A&nbsp;B"), Some("nameLast"), Problem::Entity("nbsp".into()), true),
        (
            item("nameLast", "Smith & Sons"),
            Some("nameLast"),
            Problem::Malformed("“&” stands alone; write it as &amp;".into()),
            true,
        ),
        (item("nameLast", "A&#1;B"), Some("nameLast"), Problem::Character(1), true),
        (item("nameLast", "A\u{1}B"), Some("nameLast"), Problem::Character(1), true),
        (
            "<Item naaccrId=\"a\" naaccrId=\"b\"/>".into(),
            None,
            Problem::Malformed("an attribute stands twice in one tag".into()),
            true,
        ),
        ("<x:ext/>".into(), None, Problem::Malformed("the namespace prefix x is not declared".into()), true),
        (
            "<Tumor></Patient>".into(),
            None,
            Problem::Mismatched { expected: "Tumor".into(), found: "Patient".into() },
            false,
        ),
        (
            "<Tumor>".into(),
            None,
            Problem::Mismatched { expected: "Tumor".into(), found: "Patient".into() },
            false,
        ),
        ("<!DOCTYPE x>".into(), None, Problem::Doctype, false),
    ];
    for (content, item, problem, goes_on) in table {
        let middle = patient("2", &content);
        let text = file(&format!("{}{middle}{}", patient("1", ""), patient("3", "")));
        let mut outcomes = all(text.as_bytes());
        assert_eq!(outcomes.len(), if goes_on { 3 } else { 2 }, "{content}");
        assert!(matches!(outcomes[0], Outcome::Patient(_)));
        let Outcome::Rejected(reject) = outcomes.remove(1) else { panic!("kept: {content}") };
        assert_eq!((reject.fault.item.as_deref(), &reject.fault.problem), (item, &problem), "{content}");
        assert_eq!(reject.ends_reading, !goes_on);
        assert_eq!(reject.patients, 1);
        let start = text.find(&middle).unwrap();
        assert_eq!(reject.offset, start as u64);
        assert_eq!(reject.line, 4);
        if goes_on {
            assert_eq!(reject.bytes, middle.trim_end().as_bytes(), "{content}");
        } else {
            // Bytes of the reject and the rest make the file whole again.
            let mut reader = open(text.as_bytes());
            let mut last = None;
            while let Some(outcome) = reader.advance().unwrap() {
                last = Some(outcome);
            }
            let Some(Outcome::Rejected(reject)) = last else { panic!() };
            let mut bytes = reject.bytes;
            reader
                .drain_rest(&mut |b| {
                    bytes.extend_from_slice(b);
                    Ok(())
                })
                .unwrap();
            assert_eq!(bytes, &text.as_bytes()[start..]);
        }
    }
}

#[test]
fn latin_1_bytes_reject_their_patient_and_no_other() {
    let mut text = file(&format!(
        "{}{}{}",
        patient("1", ""),
        patient("2", "\n<Item naaccrId=\"nameLast\">M#ller</Item>"),
        patient("3", "")
    ))
    .into_bytes();
    let at = text.iter().position(|b| *b == b'#').unwrap();
    text[at] = 0xfc;
    let outcomes = all(&text);
    assert_eq!(outcomes.len(), 3);
    let Outcome::Rejected(reject) = &outcomes[1] else { panic!() };
    assert_eq!(reject.fault.problem, Problem::NotUtf8 { byte: 0xfc });
    assert_eq!((reject.fault.line, reject.fault.item.as_deref()), (5, Some("nameLast")));
    assert_eq!(reject.fault.value.as_deref(), Some("M\u{fffd}ller"));
    assert!(reject.bytes.contains(&0xfc));
    assert!(matches!((&outcomes[0], &outcomes[2]), (Outcome::Patient(_), Outcome::Patient(_))));
}

#[test]
fn a_file_cut_anywhere_keeps_what_is_complete() {
    let text = file(&format!(
        "{}{}",
        patient("1", "<Tumor><Item naaccrId=\"primarySite\">C509</Item></Tumor>"),
        patient("2", "<Tumor/>")
    ));
    let root_end = text.find("<Patient>").unwrap();
    let first_end = text.find("</Patient>").unwrap() + "</Patient>".len();
    let last_end = text.rfind("</Patient>").unwrap() + "</Patient>".len();
    let whole = text.trim_end().len();
    for cut in root_end..whole {
        let mut reader = open(&text.as_bytes()[..cut]);
        let (mut complete, mut rejected, mut bytes) = (0, 0, Vec::new());
        while let Some(outcome) = reader.advance().unwrap() {
            match outcome {
                Outcome::Patient(_) => complete += 1,
                Outcome::Rejected(reject) => {
                    rejected += 1;
                    assert!(reject.ends_reading);
                    assert!(matches!(reject.fault.problem, Problem::Cut { .. }), "{}: {}", cut, reject.fault);
                    bytes = reject.bytes;
                }
            }
        }
        reader
            .drain_rest(&mut |b| {
                bytes.extend_from_slice(b);
                Ok(())
            })
            .unwrap();
        let expected = usize::from(cut >= first_end) + usize::from(cut >= last_end);
        assert_eq!((complete, rejected), (expected, 1), "cut at {cut}");
        assert!(text.as_bytes()[..cut].ends_with(&bytes));
    }
}

#[test]
fn what_does_not_fit_is_kept_and_flagged() {
    let text = file(&patient(
        "1",
        "<Item naaccrId=\"noSuchItem\">x</Item><Item naaccrId=\"dateOfBirth\">99/99</Item>\n\
         <Tumor><Item naaccrId=\"nameLast\">Doe</Item><Item naaccrId=\"laterality\">123</Item>\
         <Item naaccrId=\"primarySite\" naaccrNum=\"410\">C509</Item><Item>nameless</Item><Strange>s</Strange></Tumor>stray",
    ));
    let read = patients(text.as_bytes());
    let flags: Vec<_> = read[0].flagged.iter().map(|f| (f.item.as_str(), f.flag.clone(), f.line)).collect();
    assert_eq!(
        flags,
        vec![
            ("noSuchItem", Flag::Item(ItemFlag::Unknown), 3),
            ("dateOfBirth", Flag::Item(ItemFlag::WrongType), 3),
            ("nameLast", Flag::Item(ItemFlag::WrongLevel), 4),
            ("laterality", Flag::Item(ItemFlag::TooLong { allowed: 1, given: 3 }), 4),
            ("primarySite", Flag::NumberDiffers, 4),
            ("Item", Flag::NotAnItem, 4),
            ("Strange", Flag::NotAnItem, 4),
            ("text", Flag::NotAnItem, 4),
        ]
    );
    assert_eq!(read[0].record.tumors[0].items.raw("laterality"), Some("123"));
    let record = read[0].record.clone();
    let written = write(open(text.as_bytes()).root(), std::slice::from_ref(&record), &[]);
    assert_eq!(patients(written.as_bytes())[0].record, record);
    for kept in ["<Item>nameless</Item>", "<Strange>s</Strange>", "stray"] {
        assert!(written.contains(kept), "{kept}");
    }
}

#[test]
fn limits_end_the_reading_quickly() {
    let attributes: String = (0..1_000_000).map(|i| format!(" a{i}=\"\"")).collect();
    let few: String = (0..65).map(|i| format!(" a{i}=\"\"")).collect();
    let namespaces: String = (0..17).map(|i| format!(" xmlns:n{i}=\"u{i}\"")).collect();
    let table = [
        ("depth", format!("{}{}", "<x>".repeat(40), "</x>".repeat(40)), "the depth of elements"),
        ("attributes", format!("<Item{few}/>"), "the number of attributes"),
        ("a million attributes", format!("<Item{attributes}/>"), "one value or tag"),
        ("namespaces", format!("<x{namespaces}/>"), "the number of namespaces"),
        ("name", format!("<{}/>", "n".repeat(300)), "a name"),
        (
            "text",
            format!("<Item naaccrId=\"textRemarks\">{}</Item>", "x".repeat(3 << 20)),
            "one value or tag",
        ),
        (
            "text in pieces",
            format!("<Item naaccrId=\"textRemarks\">{}</Item>", "xxxxxxxx&amp;".repeat(150_000)),
            "one value",
        ),
    ];
    for (name, content, expected) in table {
        let text = file(&format!("{}{}", patient("1", ""), patient("2", &content)));
        let begun = Instant::now();
        let outcomes = all(text.as_bytes());
        assert!(begun.elapsed().as_secs() < 5, "{name} took {:?}", begun.elapsed());
        let Some(Outcome::Rejected(reject)) = outcomes.last() else { panic!("{name} was kept") };
        assert!(
            matches!(reject.fault.problem, Problem::Limit { what, .. } if what == expected),
            "{name}: {}",
            reject.fault
        );
        assert!(matches!(outcomes[0], Outcome::Patient(_)));
    }
    let limits = Limits { patient_bytes: 100_000, ..Limits::default() };
    let text = file(&patient("1", &"<Tumor></Tumor>\n".repeat(20_000)));
    let mut reader = Reader::open(text.as_bytes(), Vec::new(), limits).unwrap();
    let Some(Outcome::Rejected(reject)) = reader.advance().unwrap() else { panic!() };
    assert!(matches!(reject.fault.problem, Problem::Limit { what: "one patient", .. }));
    assert!(reject.bytes.len() < 300_000);
}

#[test]
fn what_stands_after_the_root_is_an_objection_not_a_loss() {
    let text = format!("{}<NaaccrData/>", file(&patient("1", "")));
    let outcomes = all(text.as_bytes());
    assert!(matches!(outcomes[0], Outcome::Patient(_)));
    let Outcome::Rejected(reject) = &outcomes[1] else { panic!() };
    assert_eq!(reject.fault.problem, Problem::AfterEnd);
    assert_eq!((reject.patients, reject.bytes.as_slice()), (0, &b"<NaaccrData/>"[..]));
    assert_eq!(all(format!("{}\n<!-- made by x -->\n", file("")).as_bytes()).len(), 0);
}

#[test]
fn a_tumor_outside_a_patient_is_rejected() {
    let text =
        file(&format!("<Tumor><Item naaccrId=\"primarySite\">C509</Item></Tumor>\n{}", patient("1", "")));
    let outcomes = all(text.as_bytes());
    let Outcome::Rejected(reject) = &outcomes[0] else { panic!() };
    assert_eq!(
        reject.fault.problem,
        Problem::Nesting { element: "Tumor".into(), parent: "NaaccrData".into() }
    );
    assert_eq!((reject.patients, reject.tumors), (0, 1));
    assert!(matches!(outcomes[1], Outcome::Patient(_)));
}

fn read_to_the_end(bytes: &[u8]) {
    let limits = Limits { patient_bytes: 4096, text_bytes: 1024, ..Limits::default() };
    let Ok(input) = Input::new(bytes, limits) else { return };
    let Ok(mut reader) = Reader::open(input, Vec::new(), limits) else { return };
    let mut outcomes = 0;
    while let Ok(Some(outcome)) = reader.advance() {
        outcomes += 1;
        assert!(outcomes <= bytes.len(), "reading does not end");
        if let Outcome::Rejected(reject) = outcome {
            assert!(!reject.fault.to_string().is_empty());
        }
    }
    let _ = reader.drain_rest(&mut |_| Ok(()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        read_to_the_end(&bytes);
    }

    #[test]
    fn random_markup_never_panics(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("<Patient>"), Just("</Patient>"), Just("<Tumor>"), Just("</Tumor>"), Just("<Item naaccrId=\"a\">"),
                Just("<Item naaccrNum='400'>"), Just("</Item>"), Just("<Item naaccrId='b'/>"), Just("x"), Just("&amp;"),
                Just("&#13;"), Just("&x;"), Just("&"), Just("<!-- c -->"), Just("<![CDATA[d]]>"), Just("<?pi?>"),
                Just("<e:f xmlns:e='u'>"), Just("</e:f>"), Just("<"), Just(">"), Just("]]>"), Just("<!D"), Just("<!-- --- -->"),
                Just("<?xml version='1.0'?>"), Just(" "), Just("\r\n"), Just("</NaaccrData>"), Just("<Tumor/>"), Just("<Patient/>"),
            ],
            0..60,
        )
    ) {
        read_to_the_end(file(&pieces.concat()).as_bytes());
    }

    #[test]
    fn changed_files_never_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 1..12)
    ) {
        let mut bytes = file(&format!(
            "<Item naaccrId=\"registryId\">1</Item><!-- c -->{}{}",
            patient("1", "<Tumor><Item naaccrId=\"primarySite\" naaccrNum=\"400\">C&#53;09</Item></Tumor>"),
            patient("2", "<e:x xmlns:e=\"u\"><e:y a='1'>t</e:y></e:x><![CDATA[ ]]>"),
        )).into_bytes();
        for (at, byte, kind) in changes {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        read_to_the_end(&bytes);
    }
}
