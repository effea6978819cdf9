//! Follow-up in the store: the work list and the rates in SQL say what the rules say.

use cancer_registry::{
    access::Scope,
    analysis,
    audit::{AuditAction, Event},
    db::{StoreError, Tx},
    dictionary::{Items, Version},
    followup::{
        self, Group, Owner, View,
        report::{self, Computed, Rates},
    },
    followup_rules::{Centenarian, Settings, Status, rate_b_from},
    save::{self, Change, NewPatient, NewTumor, PatientChange, SaveRefused, SetPatient, TumorChange, Why},
};
use chrono::NaiveDate;

use crate::support::{TestRegistry, backends};

/// A repeatable sequence of numbers.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[usize::try_from(self.roll(from.len() as u64)).unwrap()]
    }

    /// A date of the last `years` years before 2027, sometimes only the month or year.
    fn date(&mut self, years: u64) -> String {
        let day =
            NaiveDate::from_ymd_opt(2027, 1, 1).unwrap() - chrono::Days::new(self.roll(years * 365) + 1);
        let digits = day.format("%Y%m%d").to_string();
        let most = [8, 8, 8, 8, 8, 6, 4][usize::try_from(self.roll(7)).unwrap()];
        digits.chars().take(most).collect()
    }
}

fn add_patient(tx: &mut Tx<'_>, dice: &mut Dice, number: u64) -> Result<i64, SaveRefused> {
    let mut patient = Items::default();
    patient.set("patientIdNumber", format!("{number:08}"));
    patient.set("vitalStatus", dice.pick(&["1", "1", "1", "1", "0"]));
    if dice.roll(20) > 0 {
        patient.set("dateOfLastContact", dice.date(4));
    }
    patient.set("dateOfBirth", dice.pick(&["19500101", "1926", "19251101", "19240301", ""]));
    patient.set("addrCurrentCountry", dice.pick(&["", "", "", "", "", "", "USA", "ZZU", "", "FRA"]));
    let mut tumors = Vec::new();
    for _ in 0..=dice.roll(3) {
        let mut items = Items::default();
        items.set("classOfCase", dice.pick(&["14", "14", "14", "22", "00", "32", "34", ""]));
        items.set("behaviorCodeIcdO3", dice.pick(&["3", "3", "3", "3", "3", "2", "1", "0"]));
        items.set("primarySite", dice.pick(&["C509", "C619", "C539", "C443", "C700"]));
        items.set("histologicTypeIcdO3", dice.pick(&["8500", "8140", "8070"]));
        items.set("dateOfDiagnosis", dice.date(9));
        items.set("accessionNumberHosp", format!("2022{:05}", dice.roll(40)));
        tumors.push(TumorChange::New(NewTumor {
            items,
            envelope: String::new(),
            state: dice.pick(&["complete", "in_progress"]).to_owned(),
            owner: None,
        }));
    }
    let saved = save::apply(
        tx,
        Change {
            patient: PatientChange::New(NewPatient {
                items: patient,
                envelope: String::new(),
                version: Version::NEWEST,
                owner: None,
                batch: None,
            }),
            tumors,
            why: why(AuditAction::CreatePatient),
        },
    )?;
    let short = (dice.roll(6) == 0).then(|| i32::try_from(3 + dice.roll(9)).unwrap());
    let lost = (dice.roll(5) == 0).then(|| "every step was tried".to_owned());
    if short.is_some() || lost.is_some() {
        let set = SetPatient {
            id: saved.patient,
            short_interval: Some(short),
            lost: Some(lost),
            ..SetPatient::default()
        };
        let change =
            Change { patient: PatientChange::Set(set), tumors: Vec::new(), why: why(AuditAction::MarkLost) };
        save::apply(tx, change)?;
    }
    Ok(saved.patient)
}

fn why(event: AuditAction) -> Why {
    Why { source: "form", reason: String::new(), event: Some(event) }
}

/// A registry of many different patients.
fn populated(backend: crate::support::Backend, patients: u64) -> TestRegistry {
    let registry = TestRegistry::new(backend);
    registry.write(|tx| {
        let mut dice = Dice(7);
        for number in 1..=patients {
            add_patient(tx, &mut dice, number)?;
        }
        Ok::<_, SaveRefused>(())
    });
    registry
}

fn days() -> [NaiveDate; 4] {
    ["2026-11-23", "2026-02-28", "2027-03-31", "2025-06-30"].map(|d| d.parse().unwrap())
}

fn computed(registry: &TestRegistry, settings: &Settings, as_of: NaiveDate) -> Vec<Computed> {
    registry
        .db
        .view(&registry.host(), |tx| {
            tx.record(Event::new(AuditAction::List));
            report::list(tx, settings, as_of, false)
        })
        .unwrap()
}

fn group_of(c: &Computed) -> Group {
    match c.status {
        Status::Delinquent => Group::Delinquent,
        Status::Overdue => Group::Overdue,
        Status::Due => Group::Due,
        Status::Current if c.line.coming => Group::Coming,
        Status::Current => Group::Later,
        Status::Lost => Group::Lost,
        other => panic!("{other:?} is not followed"),
    }
}

/// All pages of a list, put together.
fn paged(registry: &TestRegistry, scope: Scope, view: View, as_of: NaiveDate) -> Vec<(Group, String)> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = registry
            .look(|conn| followup::page(conn, scope, view, Owner::Everyone, as_of, after.as_ref(), 7));
        assert!(page.rows.len() <= 7);
        all.extend(page.rows.into_iter().map(|(group, row)| (group, row.uid)));
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

#[test]
fn the_list_in_sql_is_the_list_of_the_rules_page_by_page() {
    for backend in backends() {
        let registry = populated(backend, 260);
        let scope = registry.host().scope().unwrap();
        let settings = save::follow_up_settings(&registry.facility);
        for as_of in days() {
            let all = computed(&registry, &settings, as_of);
            assert!(all.len() > 30);
            for view in [View::Open, View::Coming, View::Lost, View::Followed, View::Only(Group::Overdue)] {
                let expected: Vec<(Group, String)> = view
                    .groups()
                    .iter()
                    .flat_map(|g| all.iter().filter(move |c| group_of(c) == *g))
                    .map(|c| (group_of(c), c.line.id.clone()))
                    .collect();
                assert_eq!(paged(&registry, scope, view, as_of), expected, "{backend:?} {as_of} {view:?}");
            }
            let counts = registry.look(|conn| followup::counts(conn, scope, Owner::Everyone, as_of));
            for group in Group::ALL {
                let expected = all.iter().filter(|c| group_of(c) == group).count();
                assert_eq!(
                    counts.of(group),
                    i64::try_from(expected).unwrap(),
                    "{backend:?} {as_of} {group:?}"
                );
            }
        }
    }
}

#[test]
fn inside_a_group_the_five_year_cases_come_first_then_the_longest_silence() {
    let registry = populated(backends()[0], 200);
    let settings = save::follow_up_settings(&registry.facility);
    let as_of = days()[0];
    let all = computed(&registry, &settings, as_of);
    for pair in all.windows(2).filter(|p| group_of(&p[0]) == group_of(&p[1])) {
        let b = |c: &Computed| c.standing.rate_dx_latest.is_some_and(|dx| dx >= rate_b_from(as_of));
        assert!(b(&pair[0]) >= b(&pair[1]));
        if b(&pair[0]) == b(&pair[1]) {
            assert!(pair[0].standing.effective_dlc <= pair[1].standing.effective_dlc);
        }
    }
}

#[test]
fn the_rates_in_sql_are_the_rates_of_the_rules() {
    for backend in backends() {
        let registry = populated(backend, 260);
        let scope = registry.host().scope().unwrap();
        for centenarian in [Centenarian::Exclude, Centenarian::CountAsFollowed] {
            let settings = Settings { centenarian, ..save::follow_up_settings(&registry.facility) };
            for as_of in days() {
                let rates = registry
                    .db
                    .view(&registry.host(), |tx| {
                        tx.record(Event::new(AuditAction::List));
                        Rates::of(tx, &settings, as_of)
                    })
                    .unwrap();
                assert!(rates.tally.cases_a.eligible > 40 && rates.tally.cases_a.lost() > 5);
                let cases = registry.look(|conn| analysis::case_rates(conn, scope, as_of, centenarian));
                let people = registry.look(|conn| analysis::patient_rates(conn, scope, as_of, centenarian));
                assert_eq!(
                    (cases.a, cases.b),
                    (rates.tally.cases_a, rates.tally.cases_b),
                    "{backend:?} {as_of}"
                );
                assert_eq!(
                    (people.a, people.b),
                    (rates.tally.patients_a, rates.tally.patients_b),
                    "{backend:?} {as_of}"
                );
            }
        }
    }
}

#[test]
fn a_list_of_one_owner_or_of_the_pool_holds_only_theirs() {
    for backend in backends() {
        let registry = populated(backend, 40);
        let scope = registry.host().scope().unwrap();
        let as_of = days()[0];
        let page = |owner| {
            registry
                .look(|conn| followup::page(conn, scope, View::Followed, owner, as_of, None, 100))
                .rows
                .len()
        };
        assert_eq!(page(Owner::Pool), page(Owner::Everyone));
        assert_eq!(page(Owner::Person(999)), 0);
        let counts = registry.look(|conn| followup::counts(conn, scope, Owner::Person(999), as_of));
        assert_eq!(counts.view(View::Followed), 0);
    }
}

#[test]
fn no_list_shows_patients_of_another_facility() {
    for backend in backends() {
        let registry = populated(backend, 40);
        let other = registry.write(|tx| {
            let form = cancer_registry::facility::FacilityForm {
                name: "Elsewhere".into(),
                zone: "America/New_York".into(),
                ..Default::default()
            };
            cancer_registry::facility::create(tx, &form)
        });
        let scope = registry.host().at(other.key).scope().unwrap();
        let as_of = days()[0];
        let page = registry
            .look(|conn| followup::page(conn, scope, View::Followed, Owner::Everyone, as_of, None, 100));
        assert!(page.rows.is_empty());
        let counts = registry.look(|conn| followup::counts(conn, scope, Owner::Everyone, as_of));
        assert_eq!(counts.view(View::Followed), 0);
        let sheets = registry.look(|conn| analysis::case_rates(conn, scope, as_of, Centenarian::Exclude));
        assert_eq!(sheets.a.eligible, 0);
        let listed: Result<Vec<_>, StoreError> = registry.db.view(&registry.host().at(other.key), |tx| {
            tx.record(Event::new(AuditAction::List));
            report::list(tx, &Settings::default(), as_of, true)
        });
        assert!(listed.unwrap().is_empty());
    }
}
