use super::*;

/// `nameLast=Doe nameFirst=Jo`: items of a patient or tumor; `_` stands for a blank.
fn items(words: &str) -> Items {
    words
        .split_whitespace()
        .map(|word| word.split_once('=').unwrap())
        .map(|(id, value)| {
            let id = match id {
                "last" => "nameLast",
                "birth" => "nameBirthSurname",
                "maiden" => "nameMaiden",
                "first" => "nameFirst",
                "born" => "dateOfBirth",
                "ssn" => "socialSecurityNumber",
                "no" => "patientIdNumber",
                "mrn" => "medicalRecordNumber",
                "trn" => "tumorRecordNumber",
                "acc" => "accessionNumberHosp",
                "seq" => "sequenceNumberHospital",
                "site" => "primarySite",
                "hist" => "histologicTypeIcdO3",
                "beh" => "behaviorCodeIcdO3",
                "dx" => "dateOfDiagnosis",
                "vital" => "vitalStatus",
                "dlc" => "dateOfLastContact",
                other => other,
            };
            (id.to_owned(), value.replace('_', " "))
        })
        .collect()
}

fn tumor(words: &str) -> TumorRecord {
    TumorRecord { items: items(words), envelope: String::new() }
}

#[test]
fn a_patient_is_found_by_number_then_by_record_number_never_against_a_contradiction() {
    use PatientMatch::{New, Same};
    // Incoming patient, its tumor; stored patients each with the record numbers of their tumors.
    type Row = (&'static str, &'static str, Vec<(&'static str, &'static str)>, PatientMatch);
    let table: Vec<Row> = vec![
        ("no=10 last=Doe", "", vec![("no=00000010 last=Doe", "")], Same(0)),
        ("no=10 last=Doe", "", vec![("no=11 last=Doe", "")], New { contradicted: vec![] }),
        ("no=10 last=Doe", "", vec![("no=10 last=Roe", "")], New { contradicted: vec![0] }),
        // Two strangers have the number: the right one of them.
        ("no=10 last=Doe", "", vec![("no=10 last=Roe", ""), ("no=10 last=Doe", "")], Same(1)),
        // The number decides where nothing else is known.
        ("no=10", "", vec![("no=10 last=Roe", "")], Same(0)),
        // By record number where the number finds nobody.
        ("no=10 last=Doe", "mrn=77", vec![("no=3 last=Doe", "77")], Same(0)),
        ("last=Doe", "mrn=0077", vec![("no=3 last=Doe", "77")], Same(0)),
        ("last=Doe", "mrn=77", vec![("no=3 last=Roe", "77")], New { contradicted: vec![0] }),
        ("no=10 last=Doe", "mrn=77", vec![("no=10 last=Roe", ""), ("no=4 last=Doe", "77")], Same(1)),
        // The number goes before the record number.
        ("no=10 last=Doe", "mrn=77", vec![("no=4 last=Doe", "77"), ("no=10 last=Doe", "")], Same(1)),
        // Without any number only the very same.
        ("last=Doe first=Jo", "", vec![("last=Doe first=Jo", "")], Same(0)),
        ("last=Doe first=Jo", "", vec![("last=Doe first=Jo race1=01", "")], New { contradicted: vec![] }),
        ("no=0", "", vec![("no=00", "")], New { contradicted: vec![] }),
    ];
    for (patient, one_tumor, stored, expected) in table {
        let stored: Vec<(Items, Vec<String>)> =
            stored.iter().map(|(p, mrn)| (items(p), number(mrn).into_iter().collect())).collect();
        let candidates: Vec<Candidate<'_>> = stored
            .iter()
            .map(|(patient, numbers)| Candidate { patient, record_numbers: numbers.clone() })
            .collect();
        assert_eq!(
            find_patient(&items(patient), &[tumor(one_tumor)], &candidates),
            expected,
            "{patient} {one_tumor}"
        );
    }
}

#[test]
fn a_tumor_is_found_by_its_number_by_accession_or_by_what_it_is() {
    use TumorMatch::{New, Same};
    let none = New { contradicted: None };
    let table: Vec<(Vec<&str>, Vec<&str>, Vec<TumorMatch>)> = vec![
        (vec!["trn=01 site=C509 dx=2020"], vec!["trn=1 site=C501 dx=2021"], vec![Same(0)]),
        (vec!["trn=01 site=C509 dx=2020"], vec!["trn=01 site=C619 dx=20200103"], vec![Same(0)]),
        (
            vec!["trn=01 site=C509 dx=2020"],
            vec!["trn=01 site=C619 dx=2021"],
            vec![New { contradicted: Some(0) }],
        ),
        (vec!["trn=01 site=C509"], vec!["trn=01 site=C619"], vec![New { contradicted: Some(0) }]),
        (vec!["trn=01"], vec!["trn=01 site=C619 dx=2021"], vec![Same(0)]),
        // Numbers that differ are different tumors, whatever else agrees.
        (vec!["trn=02 acc=202000001 seq=00"], vec!["trn=01 acc=202000001 seq=00"], vec![none.clone()]),
        // Without a number on one side: accession and sequence.
        (vec!["acc=202000001 seq=00"], vec!["trn=01 acc=202000001 seq=00"], vec![Same(0)]),
        (vec!["acc=202000001 seq=01"], vec!["acc=202000001 seq=02"], vec![none.clone()]),
        // Else what it is.
        (
            vec!["site=C509 hist=8500 beh=3 dx=20200101"],
            vec!["trn=01 site=c509 hist=8500 beh=3 dx=20200101"],
            vec![Same(0)],
        ),
        (
            vec!["site=C509 hist=8500 beh=3 dx=2020"],
            vec!["site=C509 hist=8500 beh=3 dx=20200101"],
            vec![none.clone()],
        ),
        (vec!["hist=8500 beh=3"], vec!["hist=8500 beh=3"], vec![none.clone()]),
        // Each stored tumor is found once.
        (vec!["trn=01 site=C509", "trn=01 site=C509"], vec!["trn=01 site=C509"], vec![Same(0), none.clone()]),
        // Twins under one number find their own.
        (
            vec!["trn=01 site=C619 dx=2020", "trn=01 site=C509 dx=2020"],
            vec!["trn=01 site=C509 dx=2020", "trn=01 site=C619 dx=2020"],
            vec![Same(1), Same(0)],
        ),
        (vec![], vec!["trn=01"], vec![]),
    ];
    for (incoming, stored, expected) in table {
        let tumors: Vec<TumorRecord> = incoming.iter().map(|t| tumor(t)).collect();
        let stored: Vec<Items> = stored.iter().map(|t| items(t)).collect();
        assert_eq!(match_tumors(&tumors, &stored.iter().collect::<Vec<_>>()), expected, "{incoming:?}");
    }
}

#[test]
fn the_files_values_win_but_for_blanks_and_what_is_younger_here() {
    let stored = items("last=Doe first=Jo race1=01 race2=__ addrAtDxCity=Bonn");
    let incoming = items("last=Roe first=__ race1=_01_ race2=88 addrAtDxCity=Köln own=x");
    let protected = |id: &str| (id == "addrAtDxCity").then_some(Kept::TypedHere);
    let merged = merge(&stored, &incoming, &protected);
    assert_eq!(merged.changed, ["nameLast", "race2", "own"]);
    assert_eq!(merged.items, items("last=Roe first=Jo race1=01 race2=88 addrAtDxCity=Bonn own=x"));
    assert_eq!(
        merged.kept,
        [Difference {
            item: "addrAtDxCity".into(),
            stored: "Bonn".into(),
            incoming: "Köln".into(),
            why: Kept::TypedHere
        }]
    );
    // The same file again changes nothing.
    let again = merge(&merged.items, &incoming, &protected);
    assert_eq!((again.changed, again.items), (vec![], merged.items));
}

#[test]
fn last_contact_and_vital_status_follow_the_contact_rules() {
    let table = [
        ("vital=1 dlc=20200101", "vital=1 dlc=20210101", "vital=1 dlc=20210101", ""),
        ("vital=1 dlc=20200101", "vital=1 dlc=20190101", "vital=1 dlc=20200101", "older_contact"),
        ("vital=1 dlc=20200101", "vital=1 dlc=2020", "vital=1 dlc=20200101", ""),
        ("vital=1 dlc=2020", "vital=1 dlc=20200101", "vital=1 dlc=20200101", ""),
        ("vital=1 dlc=20200101", "vital=0 dlc=20210101", "vital=0 dlc=20210101", ""),
        ("vital=0 dlc=20200101", "vital=1 dlc=20210101", "vital=0 dlc=20200101", "dead_to_alive"),
        ("vital=1 dlc=20200101", "vital=0 dlc=20190101", "vital=1 dlc=20200101", "alive_after_death"),
        ("vital=0 dlc=20200101", "vital=0 dlc=20200105", "vital=0 dlc=20200101", "other_death"),
        ("vital=0 dlc=20200101", "vital=1 dlc=20190101", "vital=0 dlc=20200101", "older_contact"),
        ("", "vital=1 dlc=20210101", "vital=1 dlc=20210101", ""),
    ];
    for (stored, incoming, after, why) in table {
        let merged = merge(&items(stored), &items(incoming), &|_| None);
        assert_eq!(merged.items, items(after), "{stored} / {incoming}");
        let whys: Vec<&str> = merged.kept.iter().map(|d| d.why.code()).collect();
        assert!(whys.iter().all(|w| *w == why), "{stored} / {incoming}: {whys:?}");
        assert_eq!(whys.is_empty(), why.is_empty(), "{stored} / {incoming}: {whys:?}");
    }
}

#[test]
fn a_number_is_not_overwritten_and_an_older_name_adds_nothing() {
    let merged = merge(&items("no=3 last=Doe"), &items("no=10 last=Doe"), &|_| None);
    assert_eq!((merged.changed.len(), merged.kept[0].why), (0, Kept::Identity));
    let stored = items("sexAssignedAtBirth=1");
    assert_eq!(merge(&stored, &items("sex=5"), &|_| None).kept, []);
    assert_eq!(merge(&stored, &items("sex=5"), &|_| None).changed, Vec::<String>::new());
    assert_eq!(merge(&stored, &items("sex=2"), &|_| None).kept[0].why, Kept::NewerItem);
    assert_eq!(
        merge(&items("sex=2"), &items("sexAssignedAtBirth=2"), &|_| None).changed,
        ["sexAssignedAtBirth"]
    );
}

#[test]
fn the_samples_hold_no_person_twice() {
    use crate::exchange::naaccr_xml::{Input, Limits, Outcome, Reader};
    let samples: [&[u8]; 3] = [
        include_bytes!("../../tests/it/data/samples/naaccr-xml-sample-v230-abstract-100.xml.gz"),
        include_bytes!("../../tests/it/data/samples/naaccr-xml-sample-v240-abstract-100.xml.gz"),
        include_bytes!("../../tests/it/data/samples/naaccr-xml-sample-v250-abstract-100.xml.gz"),
    ];
    let mut people = Vec::new();
    for bytes in samples {
        let input = Input::new(bytes, Limits::default()).unwrap();
        let mut reader = Reader::open(input, Vec::new(), Limits::default()).unwrap();
        while let Some(Outcome::Patient(read)) = reader.advance().unwrap() {
            people.push(read.record);
        }
    }
    assert_eq!(people.len(), 277);
    let mut same_number = 0;
    for (at, person) in people.iter().enumerate() {
        for other in &people[..at] {
            same_number += usize::from(patient_number(&person.patient) == patient_number(&other.patient));
            let candidate = Candidate { patient: &other.patient, record_numbers: vec![] };
            let verdict = find_patient(&person.patient, &person.tumors, &[candidate]);
            assert!(matches!(verdict, PatientMatch::New { .. }));
        }
    }
    assert!(same_number > 200, "{same_number} pairs share a number");
}
