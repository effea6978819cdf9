//! A practice registry is filled through the one writer and can be used like any other.

use cancer_registry::{
    access::{Actor, password},
    audit::{AuditAction, Event},
    demo::{Filling, STAFF, fill},
    facility,
};
use diesel::RunQueryDsl;

use crate::support::{TestRegistry, backends};

#[derive(diesel::QueryableByName)]
struct Counted {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

#[derive(diesel::QueryableByName)]
struct Word {
    #[diesel(sql_type = diesel::sql_types::Text)]
    word: String,
}

#[test]
fn filling_makes_facilities_staff_and_patients_and_no_mail() {
    for backend in backends() {
        let registry = TestRegistry::new(backend);
        let db = &registry.db;
        let mut heard = Vec::new();
        let filled = fill(db, Filling { cases: 150, seed: 4 }, |tumors| heard.push(tumors)).unwrap();
        assert_eq!((filled.tumors, heard.last()), (150, Some(&150)));

        let count =
            |sql: &str| registry.look(|conn| Ok(diesel::sql_query(sql).get_result::<Counted>(conn)?)).n;
        assert_eq!(count("SELECT count(*) AS n FROM tumor"), 150);
        assert_eq!(count("SELECT count(*) AS n FROM patient"), i64::try_from(filled.patients).unwrap());
        assert_eq!(count("SELECT count(*) AS n FROM outbox"), 0, "filling sends no mail");
        let places = db.read(facility::all).unwrap();
        let lakeside = places.iter().find(|f| f.short_name == "Lakeside Practice").unwrap();
        let here = format!("SELECT count(*) AS n FROM tumor WHERE facility_id = {}", lakeside.key);
        assert_eq!(count(&here), 20);

        // Owners are the registrars whose initials the abstracts carry.
        let without = "SELECT count(*) AS n FROM tumor WHERE owner_id IS NULL";
        assert_eq!(count(without), 0);

        // Numbers given by hand go on after the last one filled in.
        let general = places.iter().find(|f| f.fin == "0009990001").unwrap();
        let year = db.clock.today(general.zone).format("%Y").to_string();
        let highest = format!(
            "SELECT count(*) AS n FROM patient WHERE facility_id = {} AND accession_number LIKE '{year}%'",
            general.key
        );
        let given = count(&highest);
        let next = db
            .write(&Actor::host(Some(general.key)), |tx| {
                tx.record(Event::new(AuditAction::ChangeSetting));
                facility::next_accession(tx, general.key, year.parse().unwrap())
            })
            .unwrap();
        assert_eq!(i64::from(next), given + 1);

        // Possible cases in every state, in lists whose counts add up.
        let states =
            ["new", "in_review", "waiting", "linked", "rejected", "merged", "accessioned", "screened_out"];
        for state in states {
            for place in [general, lakeside] {
                let sql = format!(
                    "SELECT count(*) AS n FROM suspense_item WHERE state = '{state}' AND facility_id = {}",
                    place.key
                );
                assert!(count(&sql) > 0, "{backend:?} {state} at {}", place.short_name);
            }
        }
        assert_eq!(
            count("SELECT count(*) AS n FROM suspense_batch WHERE duplicates = 1 AND rejected = 1"),
            2
        );

        // Everybody has a password that works: the hash of the one on the sign-in page.
        for person in STAFF.iter().take(2) {
            let sql = format!("SELECT password_hash AS word FROM account WHERE login = '{}'", person.login);
            let stored: Word = registry.look(|conn| Ok(diesel::sql_query(sql.as_str()).get_result(conn)?));
            assert!(password::verify(person.password, Some(&stored.word), password::Cost::STANDARD));
        }
    }
}
