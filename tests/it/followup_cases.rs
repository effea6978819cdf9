//! The worked cases of follow-up, from a NAACCR XML file to the command line: each in a facility of its
//! own, with its own as-of day and settings, on both databases.

use std::{fmt::Write, fs};

use cancer_registry::{
    cli::followup::{At, FollowupArgs, What, answer},
    exchange::import::{HostFile, Options, import_file},
    facility::{self, Facility, FacilityForm},
};
use serde_json::{Value, json};

use crate::support::{TestRegistry, backends};

/// One line of the worked cases.
struct Case {
    id: &'static str,
    as_of: &'static str,
    settings: Vec<(String, String)>,
    patient: Vec<(&'static str, &'static str)>,
    tumors: Vec<Vec<(&'static str, &'static str)>>,
    lost: bool,
    effective: &'static str,
    due: &'static str,
    status: &'static str,
    exemption: &'static str,
    rate_a: &'static str,
    rate_b: &'static str,
}

fn words(cell: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    cell.split(' ').map(|word| word.split_once('=').unwrap())
}

/// The XML id a word of the table stands for.
fn item(word: &'static str) -> &'static str {
    match word {
        "last" => "dateOfLastContact",
        "vital" => "vitalStatus",
        "born" => "dateOfBirth",
        "country" => "addrCurrentCountry",
        "class" => "classOfCase",
        "dx" => "dateOfDiagnosis",
        "behavior" => "behaviorCodeIcdO3",
        "site" => "primarySite",
        "histology" => "histologicTypeIcdO3",
        "treated" => "rxDateSurgery",
        "first" => "dateOf1stContact",
        "status_on" => "dateOfLastCancerStatus",
        "next" => "nextFollowUpSource",
        other => panic!("{other}"),
    }
}

fn cases() -> Vec<Case> {
    include_str!("../../src/followup_rules/data/worked_cases.tsv")
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&'static str> = line.split('\t').collect();
            Case {
                id: cells[0],
                as_of: cells[2],
                settings: words(cells[3]).map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
                patient: words(cells[4])
                    .filter(|(word, _)| *word != "lost")
                    .map(|(word, value)| (item(word), value))
                    .collect(),
                tumors: cells[5]
                    .split(" + ")
                    .map(|tumor| words(tumor).map(|(word, value)| (item(word), value)).collect())
                    .collect(),
                lost: cells[4].contains("lost=yes"),
                effective: cells[6],
                due: cells[7],
                status: cells[8],
                exemption: cells[9],
                rate_a: cells[10],
                rate_b: cells[11],
            }
        })
        .collect()
}

/// A NAACCR XML file with the one patient of a case.
fn file(case: &Case) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<NaaccrData \
         baseDictionaryUri=\"http://naaccr.org/naaccrxml/naaccr-dictionary-260.xml\" recordType=\"A\" \
         specificationVersion=\"1.7\" xmlns=\"http://naaccr.org/naaccrxml\">\n  <Patient>\n",
    );
    let number = format!("{:0>8}", &case.id[1..]);
    let _ = writeln!(xml, "    <Item naaccrId=\"patientIdNumber\">{number}</Item>");
    for (id, value) in &case.patient {
        let _ = writeln!(xml, "    <Item naaccrId=\"{id}\">{value}</Item>");
    }
    for (n, tumor) in case.tumors.iter().enumerate() {
        let _ = writeln!(xml, "    <Tumor>\n      <Item naaccrId=\"tumorRecordNumber\">{:02}</Item>", n + 1);
        for (id, value) in tumor {
            let _ = writeln!(xml, "      <Item naaccrId=\"{id}\">{value}</Item>");
        }
        xml.push_str("    </Tumor>\n");
    }
    xml.push_str("  </Patient>\n</NaaccrData>\n");
    xml
}

fn at(case: &Case, place: &Facility) -> At {
    At {
        as_of: Some(chrono::NaiveDate::parse_from_str(case.as_of, "%Y%m%d").unwrap()),
        set: case.settings.clone(),
        facility: Some(place.short_name.clone()),
    }
}

fn fraction(text: &str) -> Value {
    let (num, den) = text.split_once('/').unwrap();
    json!({ "num": num.parse::<u64>().unwrap(), "den": den.parse::<u64>().unwrap() })
}

fn none_if_empty(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { json!(text) }
}

fn only(json: &Value, keys: &[&str]) -> Value {
    keys.iter().map(|key| ((*key).to_owned(), json[key].clone())).collect::<serde_json::Map<_, _>>().into()
}

/// Imports a file as `import naaccr --facility` does.
fn bring_in(registry: &TestRegistry, place: &Facility, path: &std::path::Path) {
    let actor = registry.host().at(place.key);
    let file = HostFile(path.to_owned());
    let report = import_file(&registry.db, &actor, &file, &Options::default(), &mut |_| {}).unwrap();
    assert!(!report.has_findings(), "{report:?}");
    assert_eq!(report.patients.accepted, 1, "{report:?}");
}

#[test]
fn every_worked_case_comes_out_of_import_store_and_command_line() {
    let cases = cases();
    assert_eq!(cases.len(), 47);
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        for case in &cases {
            let place = registry.write(|tx| {
                let form = FacilityForm {
                    name: format!("Case {}", case.id),
                    zone: "America/Chicago".into(),
                    ..FacilityForm::default()
                };
                facility::create(tx, &form)
            });
            let path = registry.folder.path().join(format!("{}.xml", case.id));
            fs::write(&path, file(case)).unwrap();
            bring_in(&registry, &place, &path);

            let run = |what| answer(&FollowupArgs { what }, &registry.db).unwrap();
            if case.lost {
                let marked = run(What::Lost {
                    id: format!("{:0>8}", &case.id[1..]),
                    reason: Some("every step of the ladder was tried".into()),
                    undo: false,
                    facility: Some(place.short_name.clone()),
                });
                assert_eq!(marked.json["lost"], json!(true), "{}: {}", case.id, marked.text);
            }
            let listed = run(What::List { at: at(case, &place), all: true }).json;
            assert_eq!(listed.as_array().unwrap().len(), 1, "{backend:?} {}: {listed}", case.id);
            let keys = ["status", "exemption", "effectiveDlc", "dueDate", "rateA", "rateB"];
            let expected = json!({
                "status": case.status,
                "exemption": none_if_empty(case.exemption.split(' ').next().unwrap()),
                "effectiveDlc": none_if_empty(case.effective),
                "dueDate": none_if_empty(case.due),
                "rateA": fraction(case.rate_a),
                "rateB": fraction(case.rate_b),
            });
            assert_eq!(only(&listed[0], &keys), expected, "{backend:?} {}", case.id);
            if let Some((code, reason)) = case.exemption.split_once(' ') {
                assert_eq!(listed[0]["exemption"], json!(code));
                assert_eq!(listed[0]["exemptionReason"], json!(reason), "{}", case.id);
            }
            // Without --all exempt and closed patients are left out.
            let followed = run(What::List { at: at(case, &place), all: false }).json;
            let closed = matches!(case.status, "EXEMPT" | "CLOSED-DEAD");
            assert_eq!(followed.as_array().unwrap().is_empty(), closed, "{}", case.id);

            let rates = run(What::Rates { at: at(case, &place) }).json;
            assert_eq!(only(&rates["rateA"], &["num", "den"]), fraction(case.rate_a), "{}", case.id);
            assert_eq!(only(&rates["rateB"], &["num", "den"]), fraction(case.rate_b), "{}", case.id);
            assert_eq!(rates["byStatus"][case.status], json!(1), "{}", case.id);
            let iso = at(case, &place).as_of.unwrap().to_string();
            assert_eq!(rates["asOf"], json!(iso));
        }
    }
}
