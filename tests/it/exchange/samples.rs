//! The three samples: in, out, in again, and all together.

use std::fs;

use super::*;
use crate::support::{TestRegistry, backends};

pub(crate) const SAMPLES: [(&str, &[u8], u64); 3] = [
    ("230", include_bytes!("../data/samples/naaccr-xml-sample-v230-abstract-100.xml.gz"), 94),
    ("240", include_bytes!("../data/samples/naaccr-xml-sample-v240-abstract-100.xml.gz"), 93),
    ("250", include_bytes!("../data/samples/naaccr-xml-sample-v250-abstract-100.xml.gz"), 90),
];

/// All values of all items: (patient, tumor or none, item, value), in order.
fn values(records: &[Record]) -> Vec<(usize, Option<usize>, String, String)> {
    let mut all = Vec::new();
    for (p, record) in records.iter().enumerate() {
        all.extend(record.patient.iter().map(|(id, v)| (p, None, id.to_owned(), v.to_owned())));
        for (t, tumor) in record.tumors.iter().enumerate() {
            all.extend(tumor.items.iter().map(|(id, v)| (p, Some(t), id.to_owned(), v.to_owned())));
        }
    }
    all
}

#[test]
fn each_sample_comes_in_whole_and_goes_out_item_by_item() {
    for backend in backends() {
        for (version, packed, patients) in SAMPLES {
            let registry = TestRegistry::new(backend);
            let report = import(&registry, packed);
            assert_eq!(report.patients, counts(patients, patients, 0, 0, 0));
            assert_eq!(report.tumors, counts(100, 100, 0, 0, 0));
            assert!(report.rejects.is_empty() && report.reviews.is_empty());
            assert_eq!(count(&registry, "tumor WHERE state = 'in_progress'"), 100);

            let before = contents(&registry);
            let again = import(&registry, packed);
            assert!(again.again);
            assert_eq!(again.patients, counts(patients, 0, 0, patients, 0));
            assert_eq!(again.tumors, counts(100, 0, 0, 100, 0));
            assert_eq!(contents(&registry)[..4], before[..4], "something changed");

            // The same records in other bytes are found again one by one.
            let (root, records) = read(packed);
            let mut writer =
                cancer_registry::exchange::naaccr_xml::Writer::begin(Vec::new(), &root, Vec::new()).unwrap();
            for record in &records {
                writer.patient(record).unwrap();
            }
            let other = import(&registry, &writer.end().unwrap());
            assert!(!other.again);
            assert_eq!(other.patients, counts(patients, 0, 0, patients, 0));
            assert_eq!(other.tumors, counts(100, 0, 0, 100, 0));
            assert_eq!(contents(&registry)[..4], before[..4], "something changed");

            let out = registry.folder.path().join("out.xml.gz");
            let written = export_to(&registry, &out);
            assert_eq!((written.files.len(), written.files[0].tumors), (1, 100));
            assert_eq!(written.files[0].naaccr_version, version);
            assert!(written.ledger.is_empty());
            let second = TestRegistry::new(backend);
            let bytes = fs::read(&out).unwrap();
            assert_eq!(import(&second, &bytes).tumors, counts(100, 100, 0, 0, 0));
            let out_again = second.folder.path().join("again.xml");
            export_to(&second, &out_again);
            let (root_again, again) = read(&fs::read(&out_again).unwrap());
            assert_eq!(again, records);
            assert_eq!(values(&again), values(&records));
            assert_eq!(
                values(&again).len(),
                if version == "230" {
                    9653
                } else if version == "240" {
                    9771
                } else {
                    9463
                }
            );
            assert_eq!((root_again.version, root_again.items), (root.version, root.items));
        }
    }
}

#[test]
fn the_three_together_merge_no_strangers() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        for (_, packed, patients) in SAMPLES {
            let report = import(&registry, packed);
            assert_eq!(report.patients, counts(patients, patients, 0, 0, 0));
            assert_eq!(report.tumors, counts(100, 100, 0, 0, 0));
        }
        assert_eq!(count(&registry, "patient"), 277);
        assert_eq!(count(&registry, "tumor"), 300);
        let listed = count(&registry, "import_review WHERE kind = 'same_number_other_person'");
        assert!(listed > 90, "{listed} strangers with a known number are listed");

        // Out again: one file a version, each equal to the original.
        let out = registry.folder.path().join("all.xml");
        let written = export_to(&registry, &out);
        let names: Vec<&str> = written.files.iter().map(|f| f.naaccr_version.as_str()).collect();
        assert_eq!(names, ["230", "240", "250"]);
        for ((version, packed, _), file) in SAMPLES.iter().zip(&written.files) {
            assert!(file.path.ends_with(&format!("all.v{version}.xml")), "{}", file.path);
            assert_eq!(read(&fs::read(&file.path).unwrap()).1, read(packed).1);
        }
    }
}

#[test]
fn under_one_version_renamed_items_change_their_name_and_nothing_is_lost() {
    let registry = TestRegistry::new(backends()[0]);
    for (_, packed, _) in SAMPLES {
        import_with(&registry, packed, &Options::default());
    }
    let out = registry.folder.path().join("all.xml");
    let options = export::Options {
        out: out.clone(),
        version: cancer_registry::dictionary::Version::parse("260"),
        record_type: None,
    };
    let report = export::export(&registry.db, &registry.host(), &options, &mut |_| {}).unwrap();
    assert_eq!(report.files.len(), 1);
    let (root, records) = read(&fs::read(&out).unwrap());
    assert_eq!(root.version.0, 260);
    assert_eq!(records.len(), 277);
    let mut originals: Vec<_> = SAMPLES.iter().flat_map(|(_, packed, _)| read(packed).1).collect();
    for (before, after) in originals.iter_mut().zip(&records) {
        assert_eq!(after.patient.raw("sexAssignedAtBirth"), before.patient.raw("sex"));
        assert_eq!(before.tumors.len(), after.tumors.len());
        for (b, a) in before.tumors.iter().zip(&after.tumors) {
            assert!(b.items.iter().eq(a.items.iter()));
        }
    }
    let renamed = report.ledger.iter().find(|l| l.item == "sex").unwrap();
    assert_eq!(
        (renamed.what, renamed.to.as_deref(), renamed.count),
        ("renamed", Some("sexAssignedAtBirth"), 277)
    );
    // What version 26 does not know has a definition beside the file.
    let own: Vec<_> = report.ledger.iter().filter(|l| l.what == "userDictionary").collect();
    if !own.is_empty() {
        let dictionary = fs::read(&report.files[0].dictionaries[0]).unwrap();
        let dictionary =
            cancer_registry::exchange::naaccr_xml::UserDictionary::read(dictionary.as_slice()).unwrap();
        for line in own {
            let item = dictionary.items.iter().find(|i| i.id == line.item).unwrap();
            assert!(item.number.unwrap() >= 9500);
        }
    }
}
