//! The worked cases of follow-up, from a NAACCR XML file through `import`, the store, `followup list` and
//! `followup rates` of the built program: each in a facility of its own, with its own as-of day and
//! settings, on both databases.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
};

use cancer_registry::{
    access::Actor,
    facility::{self, FacilityForm},
};
use serde_json::{Value, json};

use crate::support::{Backend, Program, backends};

/// One line of the worked cases.
struct Case {
    id: &'static str,
    as_of: &'static str,
    settings: Vec<&'static str>,
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
                settings: cells[3].split(' ').collect(),
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

impl Case {
    /// `patientIdNumber` in the file.
    fn number(&self) -> String {
        format!("{:0>8}", &self.id[1..])
    }

    /// `reportingFacility` in the file, and the FIN of its facility.
    fn fin(&self) -> String {
        format!("{:0>10}", &self.id[1..])
    }

    /// `--as-of` and `--set` of its commands.
    fn arguments(&self) -> Vec<String> {
        let day = chrono::NaiveDate::parse_from_str(self.as_of, "%Y%m%d").unwrap();
        let sets = self.settings.iter().map(|pair| format!("--set={pair}"));
        std::iter::once(format!("--as-of={day}")).chain(sets).collect()
    }
}

/// A NAACCR XML file with the patients of all cases, each naming its own facility.
fn file(cases: &[Case]) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<NaaccrData \
         baseDictionaryUri=\"http://naaccr.org/naaccrxml/naaccr-dictionary-260.xml\" recordType=\"A\" \
         specificationVersion=\"1.7\" xmlns=\"http://naaccr.org/naaccrxml\">\n",
    );
    for case in cases {
        let number = case.number();
        let _ = writeln!(xml, "  <Patient>\n    <Item naaccrId=\"patientIdNumber\">{number}</Item>");
        for (id, value) in &case.patient {
            let _ = writeln!(xml, "    <Item naaccrId=\"{id}\">{value}</Item>");
        }
        for (n, tumor) in case.tumors.iter().enumerate() {
            let (n, fin) = (n + 1, case.fin());
            let _ = writeln!(xml, "    <Tumor>\n      <Item naaccrId=\"tumorRecordNumber\">{n:02}</Item>");
            let _ = writeln!(xml, "      <Item naaccrId=\"reportingFacility\">{fin}</Item>");
            for (id, value) in tumor {
                let _ = writeln!(xml, "      <Item naaccrId=\"{id}\">{value}</Item>");
            }
            xml.push_str("    </Tumor>\n");
        }
        xml.push_str("  </Patient>\n");
    }
    xml.push_str("</NaaccrData>\n");
    xml
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

/// A registry with the cases in it, made and filled by the program.
fn filled(backend: Backend, cases: &[Case]) -> Program {
    let program = Program::new(backend);
    program.init();
    let db = program.db();
    db.write(&Actor::host(None), |tx| {
        for case in cases {
            let form = FacilityForm {
                name: format!("Case {}", case.id),
                fin: case.fin(),
                zone: "America/Chicago".into(),
                ..FacilityForm::default()
            };
            facility::create(tx, &form)?;
        }
        Ok::<_, anyhow::Error>(())
    })
    .unwrap();
    let path = program.folder().join("cases.xml");
    fs::write(&path, file(cases)).unwrap();
    let imported =
        program.json(["import", "naaccr", path.to_str().unwrap(), "--facility", "Practice General"]);
    let patients = &imported["files"][0]["patients"];
    assert_eq!((&patients["read"], &patients["accepted"]), (&json!(47), &json!(47)), "{imported}");
    for case in cases.iter().filter(|case| case.lost) {
        let reason = "every step of the ladder was tried";
        let marked = program.json(["followup", "lost", &case.number(), "--reason", reason]);
        assert_eq!(marked["lost"], json!(true), "{}: {marked}", case.id);
    }
    program
}

fn check_list(program: &Program, arguments: &[String], cases: &[&Case], everybody: usize) {
    let run = |more: &[&str]| {
        let words = ["followup", "list"].iter().chain(more).map(|w| (*w).to_owned());
        let listed = program.json(words.chain(arguments.iter().cloned()));
        let lines = listed.as_array().unwrap().clone();
        lines
            .into_iter()
            .map(|line| (line["patientIdNumber"].as_str().unwrap().to_owned(), line))
            .collect::<BTreeMap<_, _>>()
    };
    let listed = run(&["--all"]);
    assert_eq!(listed.len(), everybody, "{arguments:?}");
    let followed: BTreeSet<String> = run(&[]).into_keys().collect();
    for case in cases {
        let line = &listed[&case.number()];
        let keys = ["status", "exemption", "effectiveDlc", "dueDate", "rateA", "rateB"];
        let expected = json!({
            "status": case.status,
            "exemption": none_if_empty(case.exemption.split(' ').next().unwrap()),
            "effectiveDlc": none_if_empty(case.effective),
            "dueDate": none_if_empty(case.due),
            "rateA": fraction(case.rate_a),
            "rateB": fraction(case.rate_b),
        });
        assert_eq!(only(line, &keys), expected, "{}", case.id);
        if let Some((code, reason)) = case.exemption.split_once(' ') {
            assert_eq!(line["exemption"], json!(code));
            assert_eq!(line["exemptionReason"], json!(reason), "{}", case.id);
        }
        // Without --all exempt and closed patients are left out.
        let closed = matches!(case.status, "EXEMPT" | "CLOSED-DEAD");
        assert_eq!(followed.contains(&case.number()), !closed, "{}", case.id);
    }
}

fn check_rates(program: &Program, arguments: &[String], cases: &[&Case]) {
    let words = ["followup", "rates"].map(str::to_owned).into_iter();
    let rates = program.json(words.chain(arguments.iter().cloned()));
    assert_eq!(arguments[0], format!("--as-of={}", rates["asOf"].as_str().unwrap()));
    let places = rates["facilities"].as_array().unwrap();
    for case in cases {
        let name = json!(format!("Case {}", case.id));
        let own = places.iter().find(|place| place["facility"] == name).unwrap();
        assert_eq!(only(&own["rateA"], &["num", "den"]), fraction(case.rate_a), "{}", case.id);
        assert_eq!(only(&own["rateB"], &["num", "den"]), fraction(case.rate_b), "{}", case.id);
        let by_status = own["byStatus"].as_object().unwrap();
        let patients: u64 = by_status.values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!((&by_status[case.status], patients), (&json!(1), 1), "{}", case.id);
    }
    // The registry's own rate is the sum of its facilities'.
    for (rate, part) in [("rateA", "num"), ("rateA", "den"), ("rateB", "num"), ("rateB", "den")] {
        let sum: u64 = places.iter().map(|place| place[rate][part].as_u64().unwrap()).sum();
        assert_eq!(rates[rate][part], json!(sum), "{rate} {part}");
    }
}

#[test]
fn every_worked_case_comes_out_of_the_program() {
    let cases = cases();
    assert_eq!(cases.len(), 47);
    let mut together: BTreeMap<Vec<String>, Vec<&Case>> = BTreeMap::new();
    for case in &cases {
        together.entry(case.arguments()).or_default().push(case);
    }
    std::thread::scope(|threads| {
        for backend in backends() {
            let (cases, together) = (&cases, &together);
            threads.spawn(move || {
                let program = filled(backend, cases);
                for (arguments, group) in together {
                    check_list(&program, arguments, group, cases.len());
                    check_rates(&program, arguments, group);
                }
            });
        }
    });
}

#[test]
fn a_setting_or_day_that_cannot_be_is_wrong_use() {
    let program = Program::new(Backend::Embedded);
    program.init();
    for (wrong, words) in [
        ("--set=reference_date=20100615", "a 1 January"),
        ("--set=no_such_setting=1", "no_such_setting"),
        ("--as-of=2026-02-30", "2026-02-30"),
        ("--facility=Nowhere", "Nowhere"),
    ] {
        for what in ["list", "rates"] {
            let output = program.run(["followup", what, wrong]);
            assert_eq!(output.status.code(), Some(2), "{what} {wrong}");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains(words) && output.stdout.is_empty(), "{what} {wrong}: {said}");
        }
    }
}
