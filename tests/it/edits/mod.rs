//! Edits as a pack brings them, and over stored cases.

mod checking;

use cancer_registry::edits::{COLUMNS, EditSet, SHIPPED_TABLE, shipped};

const GOOD: [&str; 12] = [
    "LE-X-001",
    "1",
    "inter-field",
    "A rule",
    "primarySite;laterality",
    "primarySite=='C342'",
    "laterality!='1'",
    "error",
    "The middle lobe is right.",
    "-",
    r#"{"primarySite": "C342", "laterality": "1"}"#,
    r#"{"primarySite": "C342", "laterality": "2"}"#,
];

fn pack(rows: &[[&str; 12]]) -> String {
    let mut lines = vec![COLUMNS.join("\t")];
    lines.extend(rows.iter().map(|r| r.join("\t")));
    lines.join("\n")
}

/// The good edit with one cell changed.
fn with(column: &str, cell: &str) -> String {
    let mut row = GOOD;
    row[COLUMNS.iter().position(|c| *c == column).unwrap()] = cell;
    pack(&[row])
}

fn refused(column: &str, cell: &str) -> String {
    match EditSet::parse(&with(column, cell)) {
        Ok(_) => panic!("{column} {cell} is accepted"),
        Err(problem) => problem.to_string(),
    }
}

#[test]
fn all_edits_are_there() {
    let set = shipped();
    let of = |level: &str| set.edits().iter().filter(|e| e.level.word() == level).count();
    assert_eq!((set.edits().len(), of("single"), of("inter-field"), of("record-set")), (382, 97, 271, 14));
    let of = |severity: &str| set.edits().iter().filter(|e| e.severity.word() == severity).count();
    assert_eq!((of("error"), of("warning")), (326, 56));
    assert_eq!(set.edits().iter().filter(|e| e.over_ride.is_some()).count(), 57);
    let mets = set.get("ED-ST-015").unwrap();
    assert!(mets.items.contains(&"metsAtDxBone") && mets.items.len() == 8, "a group is written out");
    assert!(set.get("ED-ZZ-001").is_none());
}

#[test]
fn logic_that_names_what_is_not_there_is_refused_with_its_place_and_what_is_allowed() {
    for (logic, place, says) in [
        ("latterality=='1'", "character 1", "laterality"),
        ("laterality=='1' and blnk(primarySite)", "character 21", "blank"),
        ("laterality==unknown", "character 13", "no item"),
        ("laterality==1", "character 13", "a text is needed"),
        ("yr(dateOfDiagnosis)=='2018'", "character 22", "a number is needed"),
        ("laterality", "character 1", "true or false is needed"),
        ("inl(laterality)", "character 1", "inl(x, '00 10-14 99')"),
        ("inl(laterality,primarySite)", "character 16", "between quotes"),
        ("inl(laterality,'9-1')", "character 16", "no range of codes"),
        ("sites(primarySite,'C18')", "character 19", "C180-C189"),
        ("match(laterality,'[0-9')", "character 18", "cannot be read"),
        ("laterality in '1'", "character 15", "('1',)"),
        ("any(t.laterality=='1' for t in T)", "character 32", "record-set"),
        ("P.vitalStatus=='1'", "character 1", "record-set"),
        ("laterality.upper()=='A'", "character 1", ".lower()"),
        ("None==laterality", "character 1", "None"),
        ("laterality=='1", "character 13", "closing quote"),
        ("laterality=='1' or", "character 19", "expected"),
        ("import os", "character 8", "not expected"),
        ("__import__('os').system('x')", "character 25", "expected"),
        ("eval('1')", "character 1", "no function"),
        ("lambda: True", "character 7", "not expected"),
        ("any(x=='1' for laterality in ('1','2'))", "character 30", "already means"),
        ("len(x for x in (1,2) for y in (1,2) for z in (1,2))>1", "character 46", "One or two"),
    ] {
        for column in ["applies_when", "fails_when"] {
            let problem = refused(column, logic);
            for part in ["line 2", "LE-X-001", column, place, says] {
                assert!(problem.contains(part), "{logic}\n{problem}\nlacks {part}");
            }
        }
    }
}

#[test]
fn a_cell_that_cannot_be_read_is_refused() {
    for (column, cell, says) in [
        ("id", "nonsense", "capital letters"),
        ("version", "0", "whole number"),
        ("version", "new", "whole number"),
        ("level", "double", "record-set"),
        ("severity", "fatal", "error or warning"),
        ("message", " ", "1 to 500"),
        ("items", "primarySite;primSite", "primarySite"),
        ("items", "metsDx*", "metsAtDx*"),
        ("override", "primarySite=1", "overRideSiteType"),
        ("override", "overRideSiteType", "overRideSiteType=1|2"),
        ("override", "overRideSiteType=", "overRideSiteType=1|2"),
        ("pass_example", "laterality=1", "JSON"),
        ("fail_example", r#"{"primSite": "C509"}"#, "primarySite"),
        ("fail_example", r#"{"primarySite": 509}"#, "a text"),
    ] {
        let problem = refused(column, cell);
        assert!(problem.contains(says) && problem.contains(column), "{column} {cell}: {problem}");
    }
}

#[test]
fn a_table_is_refused_as_a_whole() {
    assert!(EditSet::parse(&pack(&[GOOD])).is_ok());
    let refused = |table: &str| EditSet::parse(table).unwrap_err().to_string();
    assert!(refused("").contains("columns id"));
    assert!(refused(&pack(&[GOOD, GOOD])).contains("line 3: the id LE-X-001 stands twice"));
    assert!(refused(&format!("{}\nLE-X-002\t1", pack(&[GOOD]))).contains("line 3: 2 cells. Allowed: 12"));
    let twice = EditSet::parse_all(&[SHIPPED_TABLE, SHIPPED_TABLE]).unwrap_err().to_string();
    assert!(twice.contains("stands twice"));
    let both = EditSet::parse_all(&[SHIPPED_TABLE, &pack(&[GOOD])]).unwrap();
    assert_eq!(both.edits().len(), 383);
    assert_ne!(both.id(), shipped().id());
}

#[test]
fn a_record_set_edit_says_whose_item_it_means() {
    let mut row = GOOD;
    row[2] = "record-set";
    row[10] = r#"{"tumors": [{"laterality": "1"}]}"#;
    row[11] = r#"{"tumors": [{"laterality": "2"}]}"#;
    row[5] = "len(T)>0";
    for (logic, says) in [
        ("laterality!='1'", "t.laterality, where t is a tumor of T"),
        ("vitalStatus!='1'", "P.vitalStatus"),
        ("any(t.vitalStatus=='1' for t in T)", "Write P.vitalStatus"),
        ("P.laterality!='1'", "Write t.laterality"),
        ("any(t=='1' for t in T)", "“is”"),
        ("any(t.laterality=='1' for t in P)", "T, OTHERS or a list"),
        ("any(not in_hist(x) for x in ('8500','8140'))", "t.dateOfDiagnosis"),
    ] {
        row[6] = logic;
        let problem = EditSet::parse(&pack(&[row])).map(|_| ()).unwrap_err().to_string();
        assert!(problem.contains(says), "{logic}: {problem}");
    }
    row[6] = "any(t.laterality!='1' and not in_hist(t.histologicTypeIcdO3) for t in T)";
    let set = EditSet::parse(&pack(&[row])).unwrap();
    let parameters = cancer_registry::edits::example_parameters();
    assert_eq!(set.judges_examples(&set.edits()[0], &parameters), Ok((true, true)));
}
