//! What is read is written back.

use std::io::Read;

use flate2::read::GzDecoder;
use proptest::prelude::*;

use super::*;
use crate::dictionary::{Dictionary, Items, Level, TumorRecord, Version};

const SAMPLES: [(&str, &[u8], usize); 3] = [
    (
        "230",
        include_bytes!("../../../../tests/it/data/samples/naaccr-xml-sample-v230-abstract-100.xml.gz"),
        94,
    ),
    (
        "240",
        include_bytes!("../../../../tests/it/data/samples/naaccr-xml-sample-v240-abstract-100.xml.gz"),
        93,
    ),
    (
        "250",
        include_bytes!("../../../../tests/it/data/samples/naaccr-xml-sample-v250-abstract-100.xml.gz"),
        90,
    ),
];

#[test]
fn the_samples_come_back_item_by_item() {
    for (version, packed, expected) in SAMPLES {
        let mut text = Vec::new();
        Input::new(packed, Limits::default()).unwrap().read_to_end(&mut text).unwrap();
        let root = open(&text).root().clone();
        assert_eq!(root.version.0.to_string(), version);
        let read = patients(&text);
        assert_eq!(read.len(), expected);
        assert_eq!(read.iter().map(|p| p.record.tumors.len()).sum::<usize>(), 100);
        assert_eq!(
            read.iter()
                .flat_map(|p| &p.flagged)
                .filter(|f| f.flag == Flag::Item(crate::dictionary::ItemFlag::Unknown))
                .count(),
            0
        );
        let records: Vec<Record> = read.iter().map(|p| p.record.clone()).collect();
        let written = write(&root, &records, &[]);
        let again = patients(written.as_bytes());
        assert_eq!(open(written.as_bytes()).root(), &root);
        assert!(again.iter().map(|p| &p.record).eq(records.iter()), "{version}");
        // Every value of the source text is there: compared without our reader.
        let plain = |text: &str| -> Vec<String> {
            text.split("<Item ").skip(1).map(|i| i.split("</Item>").next().unwrap().to_owned()).collect()
        };
        assert_eq!(plain(&written), plain(std::str::from_utf8(&text).unwrap()));
        // The bytes and places given for each patient are those of the file.
        for p in &read {
            let at = usize::try_from(p.offset).unwrap();
            assert_eq!(&text[at..at + p.bytes.len()], p.bytes.as_slice());
            assert!(p.bytes.starts_with(b"<Patient>") && p.bytes.ends_with(b"</Patient>"));
            let line = 1 + text[..at].iter().filter(|b| **b == b'\n').count() as u64;
            assert_eq!(p.line, line);
        }
    }
}

#[test]
fn the_packed_sample_reads_like_the_plain_one() {
    let packed = SAMPLES[0].1;
    let mut plain = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut plain).unwrap();
    let input = Input::new(packed, Limits::default()).unwrap();
    let mut reader = Reader::open(input, Vec::new(), Limits::default()).unwrap();
    for expected in patients(&plain) {
        let Some(Outcome::Patient(read)) = reader.advance().unwrap() else { panic!() };
        assert_eq!(read.record, expected.record);
    }
    assert!(reader.advance().unwrap().is_none());
}

#[test]
fn blanks_and_signs_of_values_survive() {
    let values = [
        "",
        " ",
        "  padded  ",
        "a\tb",
        "line\nfeed",
        "carriage\r\nreturn\r",
        "<&>\"'",
        "]]>",
        "ümläut 𝄞",
        "0012",
    ];
    let mut record = Record {
        version: Version(250),
        patient: Items::default(),
        envelope: String::new(),
        tumors: vec![TumorRecord::default()],
    };
    for (i, value) in values.iter().enumerate() {
        record.patient.set(format!("own{i}"), *value);
        record.tumors[0].items.set(format!("own{i}"), *value);
    }
    let text = write(&Root::new(Version(250), RecordType::A), std::slice::from_ref(&record), &[]);
    assert_eq!(patients(text.as_bytes())[0].record, record);
}

#[test]
fn ends_of_lines_in_values_are_read_as_xml_says() {
    let text =
        file(&patient("1", "<Item naaccrId=\"nameLast\">a\r\nb\rc&#13;&#10;d<![CDATA[ <e> ]]>f&lt;</Item>"));
    assert_eq!(patients(text.as_bytes())[0].record.patient.raw("nameLast"), Some("a\nb\nc\r\nd <e> f<"));
}

#[test]
fn numbers_extensions_comments_and_root_items_come_back() {
    let source = file(&format!(
        "<Item naaccrId=\"registryId\" naaccrNum=\"40\">0000000007</Item>\n<ext:program>made by x &amp; y</ext:program>\n{}",
        "<Patient><!-- first --><Item naaccrNum=\"20\">1</Item><Item naaccrId=\"nameLast\" naaccrNum=\"2230\">Doe</Item>\
         <Item naaccrNum=\"77777\">?</Item><Item naaccrId=\"empty\"/><ext:a ext:b=\"1\"><c xmlns=\"u\">\r\n  t</c></ext:a>\
         <Tumor><Item naaccrId=\"primarySite\" naaccrNum=\"400\">C509</Item>\
         <Item naaccrId=\"laterality\" naaccrNum=\"410\" xml:space=\"preserve\"> 1</Item><ext:d/></Tumor><ext:last/></Patient>"
    ))
    .replace(" xmlns=\"http://naaccr", " xmlns:ext=\"http://example.org/ext\" xmlns=\"http://naaccr");
    let root = open(source.as_bytes()).root().clone();
    assert_eq!(root.items.raw("registryId"), Some("0000000007"));
    let read = patients(source.as_bytes());
    let record = &read[0].record;
    assert_eq!(record.patient.raw("patientIdNumber"), Some("1"));
    assert_eq!(record.patient.raw("#77777"), Some("?"));
    let written = write(&root, std::slice::from_ref(record), &[]);
    assert_eq!(open(written.as_bytes()).root(), &root);
    assert_eq!(&patients(written.as_bytes())[0].record, record);
    for part in [
        "<Item naaccrNum=\"20\">1</Item>",
        "<Item naaccrNum=\"77777\">?</Item>",
        "<Item naaccrId=\"empty\"/>",
        "<ext:a ext:b=\"1\"><c xmlns=\"u\">\r\n  t</c></ext:a>",
        "<!-- first -->",
        "<ext:program>made by x &amp; y</ext:program>",
        "naaccrNum=\"410\" xml:space=\"preserve\"> 1</Item>",
        "<ext:last/>\n    </Patient>",
    ] {
        assert!(written.contains(part), "{part}\n{written}");
    }
    // Under a root that does not know the prefix, it is declared where it is needed.
    let bare = write(&Root::new(Version(250), RecordType::A), std::slice::from_ref(record), &[]);
    assert_eq!(
        &patients(bare.as_bytes())[0].record.tumors,
        &record
            .tumors
            .iter()
            .map(|t| {
                let mut envelope = Envelope::parse(&t.envelope).unwrap();
                envelope.attributes.push(("xmlns:ext".into(), "http://example.org/ext".into()));
                TumorRecord { items: t.items.clone(), envelope: envelope.to_text() }
            })
            .collect::<Vec<_>>()
    );
}

#[test]
fn a_prefixed_file_is_read_and_written_plain() {
    let source = file(&patient("1", "<Tumor/>"))
        .replace("</", "</n:")
        .replace("<Patient", "<n:Patient")
        .replace("<Tumor", "<n:Tumor")
        .replace("<Item", "<n:Item")
        .replace("<NaaccrData", "<n:NaaccrData")
        .replace(" xmlns=", " xmlns:n=");
    let read = patients(source.as_bytes());
    let written = write(open(source.as_bytes()).root(), std::slice::from_ref(&read[0].record), &[]);
    assert!(written.contains("<Patient>") && written.contains(" xmlns=\""));
    assert_eq!(patients(written.as_bytes())[0].record, read[0].record);
}

#[test]
fn a_user_dictionary_resolves_numbers_and_judges_values() {
    let own = user_dictionary::UserItem {
        id: "ownItem".into(),
        number: Some(9600),
        name: "Own".into(),
        level: "Tumor".into(),
        length: Some(2),
        data_type: "digits".into(),
        record_types: String::new(),
    };
    let dictionary = UserDictionary::compose("http://example.org/d.xml", 250, vec![own]);
    let text = file(&patient("1", "<Tumor><Item naaccrNum=\"9600\">123</Item></Tumor>"));
    let user = vec![dictionary];
    let mut reader = Reader::open(text.as_bytes(), user.clone(), Limits::default()).unwrap();
    let Some(Outcome::Patient(read)) = reader.advance().unwrap() else { panic!() };
    assert_eq!(read.record.tumors[0].items.raw("ownItem"), Some("123"));
    assert_eq!(read.flagged.len(), 1, "{:?}", read.flagged);
    let written = write(reader.root(), std::slice::from_ref(&read.record), &user);
    assert!(written.contains("<Item naaccrNum=\"9600\">123</Item>"));
}

fn any_items(level: Level) -> impl Strategy<Value = Items> {
    let known: Vec<&'static str> =
        Dictionary::all().iter().filter(|d| d.level == level).map(|d| d.id).collect();
    let value = "([ -~äß\\t\\n\\r&<>\"]|\\PC){0,20}";
    proptest::collection::vec((prop_oneof![4 => prop::sample::select(known).prop_map(str::to_owned), 1 => "[a-zA-Z][a-zA-Z0-9]{0,8}"], value), 0..15)
        .prop_map(|pairs| pairs.into_iter().collect())
}

fn any_tumor() -> impl Strategy<Value = TumorRecord> {
    (any_items(Level::Tumor), 0u8..3).prop_map(|(items, numbers)| {
        let envelope = Envelope { numbered: numbers == 1, ..Envelope::default() };
        let keep = items.iter().any(|(id, _)| Dictionary::get(id).is_some());
        // `numbered` is only ever set where most items have a number.
        let most = items.iter().filter(|(id, _)| Dictionary::get(id).is_some()).count() * 2 > items.len();
        TumorRecord { envelope: if keep && most { envelope.to_text() } else { String::new() }, items }
    })
}

proptest! {
    #[test]
    fn generated_records_come_back(
        patient in any_items(Level::Patient),
        tumors in proptest::collection::vec(any_tumor(), 0..4),
        version in prop::sample::select(Version::ALL.to_vec()),
        record_type in prop::sample::select(RecordType::ALL.to_vec()),
    ) {
        let record = Record { version, patient, envelope: String::new(), tumors };
        let root = Root::new(version, record_type);
        let text = write(&root, &[record.clone(), record.clone()], &[]);
        let back = patients(text.as_bytes());
        prop_assert_eq!(back.len(), 2);
        prop_assert_eq!(&back[0].record, &record);
        prop_assert_eq!(&back[1].record, &record);
        // Written again it is the same text.
        prop_assert_eq!(write(&root, &[record.clone(), record], &[]), text);
    }
}
