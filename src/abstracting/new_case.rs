//! A new case: always begins with a search; likely same persons are shown before a patient is made.

use actix_web::web;
use askama::Template;
use chrono::NaiveDate;

use super::{
    accession,
    drafts::{self, Typing},
    form::pair,
    saving::page_error,
    state::AbstractState,
    store,
};
use crate::{
    access::accounts,
    audit::{AuditAction, Event},
    db::Tx,
    dictionary::{Items, Version, names},
    facility::{Desk, desk},
    icdo::PrimarySite,
    ids::DraftId,
    partial_date::{PartialDate, SlashOrder},
    patient::{self, PatientIndex, PatientRow, name_key},
    save::{self, Change, NewPatient, NewTumor, PatientChange, TumorChange, Why},
    tumor::{self, record_number_key},
    web::{
        Acting, App, Control, Field, FieldState, FormErrors, Layout, PageError, PageResult, Pairs, Place,
        Width, page, page_with_errors, see_other,
    },
};

/// Most likely persons shown.
const SHOWN: usize = 10;

/// Fields of the search: item, label, hint.
const FIELDS: [(&str, &str, &str); 7] = [
    (names::NAME_LAST, "Last name", ""),
    (names::NAME_FIRST, "First name", ""),
    (names::NAME_MIDDLE, "Middle name", "If known."),
    (names::DATE_OF_BIRTH, "Date of birth", "Year, month or day, as far as known."),
    (names::SEX_ASSIGNED_AT_BIRTH, "Sex assigned at birth", "1 male, 2 female, 9 not known."),
    (names::SOCIAL_SECURITY_NUMBER, "Social security number", "If known."),
    (names::MEDICAL_RECORD_NUMBER, "Medical record number", "Of this hospital."),
];

/// A person as typed, understood.
#[derive(Clone, Debug, Default)]
pub(super) struct Person {
    pub(super) items: Items,
    record_number: String,
}

/// Reads what was typed of a person.
fn person(pairs: &[(String, String)], today: NaiveDate, order: SlashOrder) -> Result<Person, FormErrors> {
    let mut errors = FormErrors::default();
    let value = |id| pair(pairs, id).unwrap_or("").trim().to_owned();
    let mut items = Items::default();
    for (id, label) in [
        (names::NAME_LAST, "Last name"),
        (names::NAME_FIRST, "First name"),
        (names::NAME_MIDDLE, "Middle name"),
    ] {
        let text = value(id);
        match text.chars().count() {
            0 => {}
            n if n > 40 => {
                errors.add(id, label, format!("{n} characters were typed; 40 fit. Nothing was cut off."))
            }
            _ => items.set(id, text),
        }
    }
    let born =
        PartialDate::parse_typed(&value(names::DATE_OF_BIRTH), today, order).map_err(|e| e.to_string());
    let born = born.and_then(|d| match d {
        Some(d) if d.definitely_after(today.into()) => {
            Err(format!("{} is in the future. Enter today or an earlier day.", d.iso()))
        }
        d => Ok(d),
    });
    if let Some(Some(born)) = errors.take(names::DATE_OF_BIRTH, "Date of birth", born) {
        items.set(names::DATE_OF_BIRTH, born.to_string());
    }
    match value(names::SEX_ASSIGNED_AT_BIRTH).as_str() {
        "" => {}
        sex @ ("1" | "2" | "9") => items.set(names::SEX_ASSIGNED_AT_BIRTH, sex),
        other => errors.add(
            names::SEX_ASSIGNED_AT_BIRTH,
            "Sex assigned at birth",
            format!("“{other}” is not one of its codes. Enter 1, 2 or 9."),
        ),
    }
    let ssn: String =
        value(names::SOCIAL_SECURITY_NUMBER).chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    match ssn.len() {
        0 => {}
        9 if ssn.bytes().all(|b| b.is_ascii_digit()) => items.set(names::SOCIAL_SECURITY_NUMBER, ssn),
        _ => errors.add(
            names::SOCIAL_SECURITY_NUMBER,
            "Social security number",
            "Nine digits are needed, or nothing.",
        ),
    }
    let record_number = value(names::MEDICAL_RECORD_NUMBER);
    if record_number.chars().count() > 15 {
        errors.add(names::MEDICAL_RECORD_NUMBER, "Medical record number", "At most 15 characters fit.");
    }
    if !items.has(names::NAME_LAST) && record_number.is_empty() && errors.is_empty() {
        errors.add(
            names::NAME_LAST,
            "Last name",
            "Enter a last name (UNKNOWN if there is none), or a record number.",
        );
    }
    errors.or(Some(Person { items, record_number }))
}

/// What two records of persons share, in words, and how much it weighs.
fn likeness(typed: &Person, other: &PatientIndex, same_record_number: bool) -> (u32, Vec<&'static str>) {
    let mine = PatientIndex::of(&typed.items);
    let mut weight = 0;
    let mut shared = Vec::new();
    let mut add = |same: bool, points: u32, words: &'static str| {
        if same {
            weight += points;
            shared.push(words);
        }
        same
    };
    let both = |a: &str, b: &str| !a.is_empty() && a == b;
    add(both(&mine.social_security_number, &other.social_security_number), 6, "same social security number");
    add(same_record_number, 5, "same record number");
    let born = both(&mine.birth_date, &other.birth_date);
    if !add(born, 4, "same birth date") {
        let year = |d: &str| d.get(..4).unwrap_or("").to_owned();
        add(both(&year(&mine.birth_date), &year(&other.birth_date)), 1, "same birth year");
    }
    let names_of = |index: &PatientIndex| index.names.clone();
    let (ours, theirs) = (names_of(&mine), names_of(other));
    let any = |f: &dyn Fn(&patient::SearchName, &patient::SearchName) -> bool| {
        ours.iter().any(|a| theirs.iter().any(|b| f(a, b)))
    };
    if !add(any(&|a, b| a.last_key == b.last_key), 3, "same last name") {
        add(any(&|a, b| both(&a.sound, &b.sound)), 1, "last name sounds alike");
    }
    if !add(any(&|a, b| both(&a.first_key, &b.first_key)), 2, "same first name") {
        let near = |a: &str, b: &str| !a.is_empty() && !b.is_empty() && strsim::jaro_winkler(a, b) > 0.88;
        add(any(&|a, b| near(&a.first_key, &b.first_key)), 1, "first name alike");
    }
    (weight, shared)
}

/// From this weight on a person is shown: the last name and a little more, or any number.
const LIKELY: u32 = 4;

struct Candidate {
    uid: String,
    name: String,
    born: String,
    why: String,
    cases: Vec<String>,
}

#[derive(Template)]
#[template(path = "abstracting/new.html")]
struct NewPage {
    layout: Layout,
    fields: Vec<Field>,
    errors: FormErrors,
}

#[derive(Template)]
#[template(path = "abstracting/likely.html")]
struct LikelyPage {
    layout: Layout,
    action: String,
    typed: Vec<(&'static str, String)>,
    candidates: Vec<Candidate>,
}

fn fields(pairs: &[(String, String)], errors: &FormErrors) -> Vec<Field> {
    FIELDS
        .into_iter()
        .map(|(id, label, hint)| {
            let control = match id {
                names::DATE_OF_BIRTH => Control::Date,
                names::SEX_ASSIGNED_AT_BIRTH => Control::Digits,
                _ => Control::Text,
            };
            let mut field = Field::new(id, label, control)
                .value(pair(pairs, id).unwrap_or(""))
                .hint(hint)
                .error(errors.of(id));
            field.first = id == names::NAME_LAST;
            field
        })
        .collect()
}

/// The search form.
pub(super) async fn begin(app: web::Data<App>, acting: Acting) -> PageResult {
    let layout = app
        .blocking(move |app| {
            let now = app.db.clock.now();
            app.db.read(|conn| desk(conn, app, &acting, now)).map(|d| d.layout)
        })
        .await?;
    page(&new_page(layout, &[], FormErrors::default()))
}

fn new_page(layout: Layout, pairs: &[(String, String)], errors: FormErrors) -> NewPage {
    let title = if errors.is_empty() { "New case" } else { "Error: New case" };
    NewPage {
        layout: layout.titled(title).at(Place::Abstracts).wide(Width::Reading),
        fields: fields(pairs, &errors),
        errors,
    }
}

/// Takes the search, keeps it for its owner and goes on to the likely persons.
pub(super) async fn search(app: web::Data<App>, acting: Acting, Pairs(pairs): Pairs) -> PageResult {
    let outcome = app
        .blocking(move |app| {
            let now = app.db.clock.now();
            let desk = app.db.read(|conn| desk(conn, app, &acting, now))?;
            if let Err(errors) = person(&pairs, desk.today, desk.facility.slash_order) {
                return Ok::<_, PageError>(Err(new_page(desk.layout, &pairs, errors)));
            }
            let uid = app.db.write(&acting, |tx| {
                let uid = drafts::keep_new(tx, pairs.clone())?;
                tx.record(Event::new(AuditAction::Draft).detail("new case"));
                Ok::<_, PageError>(uid)
            })?;
            Ok(Ok(uid))
        })
        .await?;
    match outcome {
        Ok(uid) => see_other(format!("/abstracts/new/{uid}")),
        Err(shown) => page_with_errors(&shown),
    }
}

fn wanted(tx: &mut Tx<'_>, desk: &Desk, uid: &str) -> Result<(drafts::Draft, Person), PageError> {
    let draft = drafts::by_uid(tx, uid)?.ok_or(PageError::NotFound)?;
    let Typing { pairs, .. } = &draft.typing;
    let person = person(pairs, desk.today, desk.facility.slash_order).map_err(|_| PageError::NotFound)?;
    Ok((draft, person))
}

/// Likely same persons, best first.
fn candidates(tx: &mut Tx<'_>, person: &Person) -> Result<Vec<(PatientRow, Vec<&'static str>)>, PageError> {
    let scope = tx.scope()?;
    let index = PatientIndex::of(&person.items);
    let last_key = name_key::fold(person.items.value(names::NAME_LAST));
    let record_number = record_number_key(&person.record_number);
    let likely = store::Likely {
        sound: &name_key::sound(&last_key),
        last_key: &last_key,
        birth_date: &index.birth_date,
        social_security_number: &index.social_security_number,
        record_number: &record_number,
    };
    let rows = store::likely(tx.conn(), scope, &likely, 50)?;
    let keys: Vec<i64> = rows.iter().map(|r| r.id).collect();
    let tumors = tumor::of_patients(tx.conn(), scope, &keys)?;
    let mut found = Vec::new();
    for row in rows {
        let same_number = !record_number.is_empty()
            && tumors
                .iter()
                .any(|t| t.patient_id == row.id && !t.voided && t.medical_record_number == record_number);
        let (weight, shared) = likeness(person, &PatientIndex::of(&row.items()?), same_number);
        if weight >= LIKELY {
            found.push((weight, row, shared));
        }
    }
    found.sort_by_key(|(weight, row, _)| (std::cmp::Reverse(*weight), row.id));
    Ok(found.into_iter().take(SHOWN).map(|(_, row, shared)| (row, shared)).collect())
}

/// Shows likely same persons.
pub(super) async fn likely(app: web::Data<App>, acting: Acting, id: web::Path<DraftId>) -> PageResult {
    let uid = id.to_string();
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let now = tx.now();
                let desk = desk(tx.conn(), app, &acting, now)?;
                let scope = tx.scope()?;
                let (_, person) = wanted(tx, &desk, &uid)?;
                let found = candidates(tx, &person)?;
                tx.record(
                    Event::new(AuditAction::Search)
                        .patients(found.iter().map(|(p, _)| p.id))
                        .fields(person.items.iter().map(|(id, _)| id.to_owned()))
                        .detail("new case"),
                );
                let mut shown = Vec::new();
                for (row, shared) in found {
                    let cases = tumor::of_patient(tx.conn(), scope, row.id)?;
                    shown.push(Candidate {
                        name: format!("{}, {}", row.name_last, row.name_first),
                        born: PartialDate::parse(&row.birth_date).map(PartialDate::iso).unwrap_or_default(),
                        why: shared.join(", "),
                        cases: cases.iter().filter(|t| !t.voided).map(case_words).collect(),
                        uid: row.uid,
                    });
                }
                let typed = FIELDS
                    .into_iter()
                    .map(|(id, label, _)| match id {
                        names::MEDICAL_RECORD_NUMBER => (label, person.record_number.clone()),
                        names::DATE_OF_BIRTH => {
                            (label, person.items.date(id).map(PartialDate::iso).unwrap_or_default())
                        }
                        names::SOCIAL_SECURITY_NUMBER if person.items.has(id) => (label, "given".to_owned()),
                        _ => (label, person.items.value(id).to_owned()),
                    })
                    .collect();
                Ok::<_, PageError>(LikelyPage {
                    layout: desk
                        .layout
                        .titled("New case: who is it?")
                        .at(Place::Abstracts)
                        .wide(Width::Reading),
                    action: format!("/abstracts/new/{uid}"),
                    typed,
                    candidates: shown,
                })
            })
        })
        .await?;
    page(&shown)
}

fn case_words(tumor: &tumor::TumorRow) -> String {
    let site = PrimarySite::parse(&tumor.primary_site)
        .map_or_else(|_| "site not coded".to_owned(), |s| s.label().to_owned());
    let year = tumor.dx_year.map_or_else(String::new, |y| format!(", {y}"));
    let number = match tumor.accession_number.as_str() {
        "" => String::new(),
        n => format!(", {}", accession::shown(n)),
    };
    format!("{site}{year}{number}")
}

/// Makes the case: for the person chosen, or for a new one.
pub(super) async fn make(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<DraftId>,
    Pairs(pairs): Pairs,
) -> PageResult {
    let uid = id.to_string();
    let chosen = pair(&pairs, "patient").unwrap_or("").to_owned();
    let made = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let now = tx.now();
                let desk = desk(tx.conn(), app, &acting, now)?;
                let (draft, person) = wanted(tx, &desk, &uid)?;
                let made = case_for(tx, &desk, &person, &chosen)?;
                drafts::remove(tx, &draft)?;
                Ok::<_, PageError>(made)
            })
        })
        .await?;
    see_other(format!("/abstracts/{made}/case?saved=made"))
}

/// A further case of a patient who is known already.
pub(super) async fn further(app: web::Data<App>, acting: Acting, Pairs(pairs): Pairs) -> PageResult {
    let chosen = pair(&pairs, "patient").unwrap_or("").to_owned();
    let made = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let now = tx.now();
                let desk = desk(tx.conn(), app, &acting, now)?;
                if chosen == "new" {
                    return Err(PageError::BadRequest("A new patient begins with a search.".to_owned()));
                }
                case_for(tx, &desk, &Person::default(), &chosen)
            })
        })
        .await?;
    see_other(format!("/abstracts/{made}/case?saved=made"))
}

/// Makes the case; gives its public id.
fn case_for(tx: &mut Tx<'_>, desk: &Desk, person: &Person, chosen: &str) -> Result<String, PageError> {
    let scope = tx.scope()?;
    let owner = tx.actor().account();
    let mut items = Items::default();
    let (patient, number) = if chosen == "new" {
        let number = store::next_patient_number(tx.conn(), scope)?.ok_or_else(|| {
            PageError::BadRequest(
                "Patient numbers have eight digits and 99999999 is given. Nothing was made.".to_owned(),
            )
        })?;
        let mut known: Items = [(names::PATIENT_ID_NUMBER, number)].into_iter().collect();
        for (id, value) in person.items.iter() {
            known.set(id.to_owned(), value);
        }
        let new = NewPatient {
            items: known,
            envelope: String::new(),
            version: Version::NEWEST,
            owner,
            batch: None,
        };
        (PatientChange::New(new), 1)
    } else {
        let row = patient::by_uid(tx.conn(), scope, chosen)?
            .filter(|p| p.state == "active")
            .ok_or(PageError::NotFound)?;
        let others = tumor::of_patient(tx.conn(), scope, row.id)?;
        let mut highest = 0;
        for other in &others {
            let other = other.items()?;
            highest = highest.max(other.value(names::TUMOR_RECORD_NUMBER).parse::<u32>().unwrap_or(0));
            let record = other.value(names::MEDICAL_RECORD_NUMBER);
            if !record.is_empty() {
                items.set(names::MEDICAL_RECORD_NUMBER, record);
            }
        }
        let many = u32::try_from(others.len()).unwrap_or(u32::MAX);
        (PatientChange::Keep { id: row.id }, highest.max(many) + 1)
    };
    items.set(names::TUMOR_RECORD_NUMBER, format!("{number:02}"));
    if !person.record_number.is_empty() {
        items.set(names::MEDICAL_RECORD_NUMBER, person.record_number.clone());
    }
    for (id, value) in
        [(names::REPORTING_FACILITY, &desk.facility.fin), (names::NPI_REPORTING_FACILITY, &desk.facility.npi)]
    {
        if !value.is_empty() {
            items.set(id, value.clone());
        }
    }
    items.set(names::DATE_CASE_INITIATED, PartialDate::Day(desk.today).to_string());
    if let Some(account) = owner
        && let Some(code) = accounts::initials_of(tx.conn(), account, scope.facility())?
    {
        items.set(names::ABSTRACTED_BY, code);
    }
    let is_new = matches!(patient, PatientChange::New(_));
    let new =
        NewTumor { items, envelope: String::new(), state: AbstractState::Draft.word().to_owned(), owner };
    let why = Why { source: "form", reason: String::new(), event: Some(AuditAction::CreateTumor) };
    let saved =
        save::apply(tx, Change { patient, tumors: vec![TumorChange::New(new)], why }).map_err(page_error)?;
    if is_new {
        tx.record(Event::new(AuditAction::CreatePatient).patient(saved.patient).detail("form"));
    }
    saved
        .tumors
        .into_iter()
        .next()
        .map(|(_, uid, _)| uid)
        .ok_or_else(|| PageError::Internal(anyhow::anyhow!("a case was made, but not named")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Result<Person, FormErrors> {
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        person(&pairs, NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(), SlashOrder::MonthFirst)
    }

    #[test]
    fn a_person_is_read_with_all_complaints_at_once() {
        let read = typed(&[
            ("nameLast", " Fictive "),
            ("dateOfBirth", "3/14/1951"),
            ("socialSecurityNumber", "900-11-2222"),
        ])
        .unwrap();
        assert_eq!(read.items.value("nameLast"), "Fictive");
        assert_eq!(read.items.value("dateOfBirth"), "19510314");
        assert_eq!(read.items.value("socialSecurityNumber"), "900112222");
        let wrong =
            typed(&[("dateOfBirth", "2027"), ("sexAssignedAtBirth", "m"), ("socialSecurityNumber", "12")])
                .unwrap_err();
        assert_eq!(wrong.len(), 3);
        assert_eq!(typed(&[]).unwrap_err().len(), 1);
        assert!(typed(&[("medicalRecordNumber", "12345")]).is_ok());
    }

    #[test]
    fn likeness_tells_what_is_shared() {
        let known = PatientIndex::of(
            &[
                ("nameLast", "Smith"),
                ("nameFirst", "Katherine"),
                ("dateOfBirth", "19510314"),
                ("nameBirthSurname", "Jones"),
            ]
            .into_iter()
            .collect(),
        );
        let same = |pairs: &[(&str, &str)]| likeness(&typed(pairs).unwrap(), &known, false);
        let (weight, shared) =
            same(&[("nameLast", "Smyth"), ("nameFirst", "Catherine"), ("dateOfBirth", "1951-03-14")]);
        assert!(weight >= LIKELY);
        assert_eq!(shared[0], "same birth date");
        assert!(shared.contains(&"last name sounds alike"));
        assert!(
            same(&[("nameLast", "Jones"), ("nameFirst", "Katherine")]).0 >= LIKELY,
            "found under the birth name"
        );
        assert!(same(&[("nameLast", "Smith"), ("nameFirst", "Otto"), ("dateOfBirth", "1990")]).0 < LIKELY);
    }
}
