//! One patient after the other.

use std::collections::BTreeMap;

use chrono::{Datelike, Duration, NaiveDate};

use super::{
    dice::Dice,
    kind::{Kind, Spread, kinds},
    mistake::Mistake,
    outcome::{self, Course, Death, LastKnown},
    paperwork::{Paperwork, Progress},
    person::Person,
    primary::{Primary, class_of_case},
    treatment::Given,
    write,
};
use crate::{
    abstracting,
    dictionary::{Items, Record, TumorRecord, Version},
};

/// What a practice registry is made from.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Same seed, same patients.
    pub seed: u64,
    /// Number of tumors; patients are some nine for ten of them.
    pub cases: u64,
    /// The day it is; nothing happens after it.
    pub today: NaiveDate,
    /// Patient numbers count from here plus one.
    pub first_number: u64,
    /// Facility identification number \[540\], up to 10 digits.
    pub facility_number: String,
    /// Initials (up to 3 characters) of those who abstract.
    pub registrars: Vec<String>,
}

/// A case of the practice registry, beside its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PracticeCase {
    /// How far the abstract has come.
    pub progress: Progress,
    /// What was made wrong on purpose.
    pub mistake: Option<Mistake>,
}

/// A patient of the practice registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PracticePatient {
    /// The items, version 26.
    pub record: Record,
    /// What belongs to each tumor of the record, in the same order.
    pub cases: Vec<PracticeCase>,
    /// Nobody heard of the patient for over 15 months.
    pub lost_sight: bool,
}

/// Yields the patients of a plan until all its tumors are given.
#[derive(Debug)]
pub struct Practice {
    plan: Plan,
    place: u64,
    left: u64,
    /// Last accession number given, by year.
    accessions: BTreeMap<i32, u32>,
}

/// Years back from today in which tumors were diagnosed.
const YEARS: i32 = 12;
/// Growth of new cases from year to year, percent.
const GROWTH: f64 = 2.5;
/// Percent of cases with a mistake.
const MISTAKES: f64 = 3.0;
/// Primaries of one patient at most.
const MOST_PRIMARIES: usize = 4;

impl Practice {
    /// Begins a practice registry.
    pub fn new(plan: Plan) -> Self {
        Self { place: 0, left: plan.cases, plan, accessions: BTreeMap::new() }
    }

    /// The first day from which cases are in the registry: a 1 January.
    pub fn reference_date(today: NaiveDate) -> NaiveDate {
        NaiveDate::from_ymd_opt(today.year() - YEARS, 1, 1).expect("a year of the calendar has a 1 January")
    }

    #[cfg(test)]
    pub(super) fn accession_years(&self) -> usize {
        self.accessions.len()
    }

    /// The next free accession number of a year: the year and five digits.
    fn accession(&mut self, first_contact: NaiveDate) -> String {
        let last = self.accessions.entry(first_contact.year()).or_default();
        *last += 1;
        format!("{}{:05}", first_contact.year(), last)
    }
}

impl Iterator for Practice {
    type Item = PracticePatient;

    fn next(&mut self) -> Option<PracticePatient> {
        if self.left == 0 {
            return None;
        }
        self.place += 1;
        let dice = Dice::of_patient(self.plan.seed, self.place);
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(MOST_PRIMARIES);
        let life = Life::draw(&dice, &self.plan, most);
        self.left -= life.primaries.len() as u64;
        let accession = self.accession(life.first_contact());
        Some(life.record(&dice, &self.plan, self.place, &accession))
    }
}

/// Everything drawn about one patient.
struct Life {
    person: Person,
    primaries: Vec<Primary>,
    given: Vec<Given>,
    last: LastKnown,
    death: Option<Death>,
}

impl Life {
    fn draw(dice: &Dice, plan: &Plan, most: usize) -> Self {
        let today = plan.today;
        let woman = dice.percent(52.0);
        let kind = kinds().draw(dice, woman);
        let age = age(dice, kind);
        let diagnosed = diagnosis_day(dice, today);
        let person = Person::draw(dice, woman, age, diagnosed);

        let other = diagnosed + Duration::days(outcome::days_to_other_death(dice, woman, age));
        let mut end = (other, Death::Otherwise);
        let wanted = match dice.below(1000) {
            0..=14 => 3,
            15..=124 => 2,
            _ => 1,
        }
        .min(most);
        let mut primaries: Vec<Primary> = Vec::with_capacity(wanted);
        let (mut kind, mut on, mut class) = (kind, diagnosed, class_of_case(dice));
        loop {
            // Found at autopsy: the only primary, and the day of death.
            if class == "38" && wanted > 1 {
                class = "14";
            }
            let limit = today.min(end.0).max(on);
            let mut primary = Primary::draw(dice, kind, on, limit, class);
            if primary.spread == Spread::InSitu
                && matches!(kind.name, "vulva" | "anus")
                && primary.is_analytic()
            {
                // Intraepithelial neoplasia grade III need not be accessioned (STORE, class 34).
                primary.class = if matches!(class, "20" | "21" | "22") { "36" } else { "34" };
            }
            let died = match class {
                "38" => on,
                _ => on + Duration::days(outcome::days_to_death(dice, &primary)),
            };
            if died < end.0 || class == "38" {
                end = (died, Death::OfCancer(primaries.len()));
            }
            primaries.push(primary);
            if primaries.len() >= wanted {
                break;
            }
            let last = on;
            (kind, class) = (another_kind(dice, woman, kind), class_of_case(dice));
            // Sooner is likelier than later: a second look at the same patient finds more.
            let room = (today.min(end.0) - last).num_days().max(0) as f64;
            on = last + Duration::days((room * dice.unit().powf(1.4)) as i64);
        }
        let death = (end.0 <= today).then_some(end.1);
        // News of a death takes time; until then the patient counts as living.
        let limit = today.min(end.0);
        for primary in &mut primaries {
            primary.first_contact =
                primary.first_contact.min(limit).max(primary.diagnosed.min(primary.first_contact));
        }
        let given: Vec<Given> = primaries
            .iter()
            .map(|p| Given::draw(dice, p, person.age_on(p.diagnosed), limit, death.is_some()))
            .collect();
        let last = if death.is_some() {
            outcome::died(dice, limit, end.1, &primaries, today)
        } else {
            let newest = primaries.iter().map(|p| p.diagnosed).max().unwrap_or(diagnosed);
            outcome::living(dice, known(&primaries, &given, limit), newest, today)
        };
        Self { person, primaries, given, last, death }
    }

    fn first_contact(&self) -> NaiveDate {
        self.primaries.iter().map(|p| p.first_contact).min().unwrap_or(self.last.on)
    }

    fn record(self, dice: &Dice, plan: &Plan, place: u64, accession: &str) -> PracticePatient {
        let mut patient = write::patient(plan, &self.person, &self.last, place);
        let record_number = format!("PRACTICE{:07}", plan.first_number + place);
        let system_id = format!("{:08}", plan.first_number + place);
        let sequences = sequences(dice, &self.primaries);
        let (mut tumors, mut cases) = (Vec::new(), Vec::new());
        for (nth, ((primary, given), sequence)) in
            self.primaries.iter().zip(&self.given).zip(&sequences).enumerate()
        {
            let killed = self.death == Some(Death::OfCancer(nth));
            let course = Course::draw(dice, &self.person, primary, given, &self.last, killed);
            let paperwork = Paperwork::draw(dice, primary, &plan.registrars, plan.today);
            let case = write::Case {
                person: &self.person,
                primary,
                given,
                course: &course,
                paperwork: &paperwork,
                accession,
                sequence,
                record_number: &record_number,
                system_id: &system_id,
                nth: nth + 1,
            };
            let mut items = write::tumor(dice, plan, &case);
            abstracting::derive::derive(&patient, &mut items);
            if paperwork.progress == Progress::Complete {
                abstracting::propose::take_all(&mut patient, &mut items, None);
            }
            let mistake = mistake(dice, &mut items);
            tumors.push(TumorRecord { items, envelope: String::new() });
            cases.push(PracticeCase { progress: paperwork.progress, mistake });
        }
        let record = Record { version: Version::NEWEST, patient, envelope: String::new(), tumors };
        PracticePatient { record, cases, lost_sight: self.last.lost_sight }
    }
}

fn mistake(dice: &Dice, items: &mut Items) -> Option<Mistake> {
    if dice.percent(MISTAKES) { Mistake::put(dice, items) } else { None }
}

fn age(dice: &Dice, kind: &Kind) -> i32 {
    // Whole years between 1 and 98.
    dice.around(kind.age, kind.age_spread).round().clamp(1.0, 98.0) as i32
}

/// More from year to year, this year's until today; of the last month many are not known yet.
fn diagnosis_day(dice: &Dice, today: NaiveDate) -> NaiveDate {
    let first = Practice::reference_date(today);
    let span = (today - first).num_days() as f64;
    loop {
        let day = first + Duration::days((dice.unit() * span) as i64);
        let growth = (1.0 + GROWTH / 100.0).powf(f64::from(day.year() - today.year()));
        let known = if (today - day).num_days() < 30 { 0.35 } else { 1.0 };
        if dice.unit() < growth * known {
            return day;
        }
    }
}

/// A further primary is of another organ, but for organs that come in pairs or fields.
fn another_kind(dice: &Dice, woman: bool, before: &Kind) -> &'static Kind {
    loop {
        let kind = kinds().draw(dice, woman);
        if kind.name != before.name || matches!(kind.name, "breast" | "lung" | "colon" | "melanoma") {
            return kind;
        }
    }
}

/// The last day on which the patient was surely alive.
fn known(primaries: &[Primary], given: &[Given], limit: NaiveDate) -> NaiveDate {
    let days = primaries.iter().flat_map(|p| [p.diagnosed, p.first_contact]);
    days.chain(given.iter().filter_map(Given::last_day))
        .chain(given.iter().filter_map(|g| g.begun))
        .max()
        .unwrap_or(limit)
}

/// Sequence numbers in order of diagnosis: 00 alone, else 01, 02 …; benign 60 alone, else 61, 62 …
/// A few had an earlier malignancy elsewhere, before this registry.
fn sequences(dice: &Dice, primaries: &[Primary]) -> Vec<String> {
    let malignant = primaries.iter().filter(|p| p.is_malignant()).count();
    let benign = primaries.len() - malignant;
    let earlier = usize::from(malignant > 0 && dice.percent(1.5));
    let (mut nth_malignant, mut nth_benign) = (earlier, 0);
    primaries
        .iter()
        .map(|primary| {
            if primary.is_malignant() {
                nth_malignant += 1;
                if malignant + earlier == 1 { "00".to_owned() } else { format!("{nth_malignant:02}") }
            } else {
                nth_benign += 1;
                if benign == 1 { "60".to_owned() } else { format!("{}", 60 + nth_benign) }
            }
        })
        .collect()
}
