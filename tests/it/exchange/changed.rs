//! Records that are here already and arrive again, changed.

use cancer_registry::{
    dictionary::Items,
    save::{self, Change, PatientChange, SetPatient, Why},
};

use super::*;
use crate::support::{TestRegistry, backends};

fn dated(content: &str, made: &str) -> Vec<u8> {
    file(content).replace("2024-08-23T09:11:35-04:00", made).into_bytes()
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    id: i64,
    #[diesel(sql_type = diesel::sql_types::Text)]
    items: String,
}

fn patients(registry: &TestRegistry) -> Vec<(i64, Items)> {
    registry.look(|conn| {
        let rows: Vec<Row> = diesel::sql_query("SELECT id, items FROM patient ORDER BY id").load(conn)?;
        Ok(rows.into_iter().map(|r| (r.id, Items::from_json(&r.items).unwrap())).collect())
    })
}

#[test]
fn newer_values_win_but_not_over_what_was_typed_since() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let own =
            "patientIdNumber=1 nameLast=Doe nameFirst=Jo dateOfBirth=19500101 addrCurrentCity=Bonn race1=01";
        let tumor = "tumorRecordNumber=01 primarySite=C509 dateOfDiagnosis=20200101";
        import(&registry, &dated(&patient(own, &[tumor]), "2024-01-01T00:00:00Z"));
        let (id, mut items) = patients(&registry).remove(0);
        items.set("addrCurrentCity", "Ghent");
        registry.write(|tx| {
            let why = Why {
                source: "form",
                reason: String::new(),
                event: Some(cancer_registry::audit::AuditAction::ChangePatient),
            };
            let set = SetPatient { id, items: Some(items.clone()), ..SetPatient::default() };
            save::apply(tx, Change { patient: PatientChange::Set(set), tumors: vec![], why })
        });
        // Made after the first file, before the typing: its values win, but not over the typed one.
        let newer = own.replace("Bonn", "Ulm").replace("race1=01", "race1=02 race2=88");
        let second =
            patient(&newer, &[&tumor.replace("C509", "C501"), "tumorRecordNumber=02 primarySite=C619"]);
        let report = import(&registry, &dated(&second, "2025-01-01T00:00:00Z"));
        assert_eq!(report.patients, counts(1, 0, 1, 0, 0));
        assert_eq!(report.tumors, counts(2, 1, 1, 0, 0));
        assert_eq!(report.reviews.get("typed_here"), Some(&1));
        let after = &patients(&registry)[0].1;
        assert_eq!(
            (after.value("addrCurrentCity"), after.value("race1"), after.value("race2")),
            ("Ghent", "02", "88")
        );
        // An older file comes late: nothing of it wins over the newer one.
        let report = import(
            &registry,
            &dated(&patient(&own.replace("race1=01", "race1=07"), &[tumor]), "2024-06-01T00:00:00Z"),
        );
        assert_eq!(report.patients, counts(1, 0, 0, 1, 0));
        assert_eq!(report.tumors, counts(1, 0, 0, 1, 0));
        assert!(report.reviews.get("newer_file").is_some_and(|n| *n >= 2), "{:?}", report.reviews);
        assert_eq!(patients(&registry)[0].1.value("race1"), "02");
    }
}

#[test]
fn a_patient_who_stands_twice_in_a_file_is_one_in_the_dry_run_too() {
    let registry = TestRegistry::new(backends()[0]);
    // More than a group lies between the two.
    let between: String =
        (10..500).map(|n| patient(&format!("patientIdNumber={n} nameLast=N{n}"), &[])).collect();
    let one = patient("patientIdNumber=1 nameLast=Doe", &["tumorRecordNumber=01 primarySite=C509"]);
    let more =
        patient("patientIdNumber=01 nameLast=Doe race1=01", &["tumorRecordNumber=02 primarySite=C619"]);
    let report = import(&registry, file(&format!("{one}{between}{more}{one}")).as_bytes());
    assert_eq!(report.patients, counts(493, 491, 1, 1, 0));
    assert_eq!(report.tumors, counts(3, 2, 0, 1, 0));
}

#[test]
fn death_and_life_are_left_to_a_person() {
    let registry = TestRegistry::new(backends()[0]);
    let dead = "patientIdNumber=1 nameLast=Doe vitalStatus=0 dateOfLastContact=20230101";
    import(&registry, file(&patient(dead, &[])).as_bytes());
    let alive = "patientIdNumber=1 nameLast=Doe vitalStatus=1 dateOfLastContact=20240101";
    let report = import(&registry, file(&patient(alive, &[])).as_bytes());
    assert_eq!(report.patients, counts(1, 0, 0, 1, 0));
    assert_eq!(report.reviews.get("dead_to_alive"), Some(&2));
    assert_eq!(patients(&registry)[0].1.value("vitalStatus"), "0");
}

#[test]
fn completed_cases_are_complete() {
    let registry = TestRegistry::new(backends()[0]);
    let text = file(&patient("patientIdNumber=1", &["dateCaseCompleted=20240101", "abstractedBy=XYZ"]));
    import(&registry, text.as_bytes());
    assert_eq!(count(&registry, "tumor WHERE state = 'complete'"), 1);
    assert_eq!(count(&registry, "tumor WHERE state = 'in_progress' AND owner_id IS NULL"), 1);
}
