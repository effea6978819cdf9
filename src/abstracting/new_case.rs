//! A new case: always begins with a search; likely same persons are shown before a patient is made.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::{
    accession,
    drafts::{self, Typing},
    form::pair,
    new_person::{self, FIELDS, Person},
    open_case::open_case,
    store,
};
use crate::{
    audit::{AuditAction, Event},
    casefinding,
    db::{StoreError, Tx},
    dictionary::{Items, names},
    facility::{Desk, desk, desk_of},
    icdo::PrimarySite,
    ids::DraftId,
    partial_date::PartialDate,
    patient::{PatientIndex, PatientRow, full_name, matching::Likeness, name_key},
    quality_review::{self, Hidden},
    tumor::{self, TumorRow, record_number_key},
    web::{
        Acting, App, Control, Field, FieldState, FormAnswer, FormErrors, Layout, PageError, PageResult,
        Pairs, Place, Width, page, see_other,
    },
};

/// Most likely persons shown.
const SHOWN: usize = 10;

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
    /// Public id of the possible case it is made of; blank for none.
    suspense: String,
    case_fields: Vec<Field>,
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

/// The possible case that a new case is made of; blank for none.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Of {
    #[serde(default)]
    suspense: String,
}

/// The search form; filled from a possible case where it is made of one.
pub(super) async fn begin(app: web::Data<App>, acting: Acting, of: web::Query<Of>) -> PageResult {
    let shown = app
        .blocking(move |app| {
            if of.suspense.is_empty() {
                let now = app.db.clock.now();
                let layout = app.db.read(|conn| desk(conn, app, &acting, now)).map(|d| d.layout)?;
                return Ok::<_, PageError>(new_page(layout, &[], FormErrors::default()));
            }
            app.db.view(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let pairs = casefinding::begun(tx, desk.today, &of.suspense)?;
                Ok::<_, PageError>(new_page(desk.layout, &pairs, FormErrors::default()))
            })
        })
        .await?;
    page(&shown)
}

/// Fields of the case itself, asked for where it is made of a possible case.
fn case_fields(pairs: &[(String, String)], errors: &FormErrors) -> Vec<Field> {
    casefinding::CASE_FIELDS
        .into_iter()
        .map(|(id, label, hint)| {
            let control = match id {
                names::PRIMARY_SITE => Control::CodeSearch { table: "site" },
                names::CLASS_OF_CASE => Control::Digits,
                _ => Control::Date,
            };
            let value = pair(pairs, id).unwrap_or("");
            Field::new(id, label, control).value(value).hint(hint).error(errors.of(id))
        })
        .collect()
}

fn new_page(layout: Layout, pairs: &[(String, String)], errors: FormErrors) -> NewPage {
    let title = if errors.is_empty() { "New case" } else { "Error: New case" };
    NewPage {
        layout: layout.titled(title).at(Place::Abstracts).wide(Width::Reading),
        fields: fields(pairs, &errors),
        suspense: pair(pairs, casefinding::FIELD).unwrap_or("").to_owned(),
        case_fields: match pair(pairs, casefinding::FIELD) {
            Some(_) => case_fields(pairs, &errors),
            None => Vec::new(),
        },
        errors,
    }
}

/// Takes the search, keeps it for its owner and goes on to the likely persons.
pub(super) async fn search(app: web::Data<App>, acting: Acting, Pairs(pairs): Pairs) -> PageResult {
    let answer = app
        .blocking(move |app| {
            let now = app.db.clock.now();
            let desk = app.db.read(|conn| desk(conn, app, &acting, now))?;
            let (today, order) = (desk.today, desk.facility.slash_order);
            let mut errors = new_person::read(&pairs, today, order).err().unwrap_or_default();
            if pair(&pairs, casefinding::FIELD).is_some()
                && let Err(more) = casefinding::read_case(&pairs, today, order)
            {
                more.iter().for_each(|e| errors.add(&e.field, &e.label, &e.sentence));
            }
            if !errors.is_empty() {
                return Ok::<_, PageError>(FormAnswer::Again(new_page(desk.layout, &pairs, errors)));
            }
            let uid = app.db.write(&acting, |tx| {
                let uid = drafts::keep_new(tx, pairs.clone())?;
                tx.record(Event::new(AuditAction::Draft).detail("new case"));
                Ok::<_, PageError>(uid)
            })?;
            Ok(FormAnswer::GoTo(format!("/abstracts/new/{uid}")))
        })
        .await?;
    answer.send()
}

fn wanted(tx: &mut Tx<'_>, desk: &Desk, uid: &str) -> Result<(drafts::Draft, Person), PageError> {
    let draft = drafts::by_uid(tx, uid)?.ok_or(PageError::NotFound)?;
    let Typing { pairs, .. } = &draft.typing;
    let person =
        new_person::read(pairs, desk.today, desk.facility.slash_order).map_err(|_| PageError::NotFound)?;
    Ok((draft, person))
}

/// Likely same persons with their cases, best first.
pub(crate) fn likely_persons(
    tx: &mut Tx<'_>,
    person: &Person,
) -> Result<Vec<(PatientRow, Vec<TumorRow>, Likeness)>, StoreError> {
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
    let mut tumors = tumor::of_patients(tx.conn(), scope, &keys)?;
    tumors.retain(|t| !t.voided);
    let mut found = Vec::new();
    for row in rows {
        let own: Vec<TumorRow> = tumors.iter().filter(|t| t.patient_id == row.id).cloned().collect();
        let same_number =
            !record_number.is_empty() && own.iter().any(|t| t.medical_record_number == record_number);
        let likeness = Likeness::of(&index, &PatientIndex::of(&row.items()?), same_number);
        if likeness.is_likely() {
            found.push((row, own, likeness));
        }
    }
    found.sort_by_key(|(row, _, likeness)| (std::cmp::Reverse(likeness.weight), row.id));
    found.truncate(SHOWN);
    Ok(found)
}

/// A person of this facility who may be the same, with the cases that are here.
pub(crate) struct LikelyPerson {
    /// Row key.
    pub(crate) key: i64,
    /// Public id.
    pub(crate) uid: String,
    /// Name.
    pub(crate) name: String,
    /// Day of birth; blank if not known.
    pub(crate) born: String,
    /// What is shared.
    pub(crate) why: String,
    /// Public id of each case, and what it is.
    pub(crate) cases: Vec<(String, String)>,
}

/// Persons who may be the one meant, best first.
pub(crate) fn likely_here(tx: &mut Tx<'_>, person: &Person) -> Result<Vec<LikelyPerson>, PageError> {
    let found = likely_persons(tx, person)?;
    let hidden = quality_review::hidden(tx)?;
    Ok(found
        .into_iter()
        .map(|(row, cases, likeness)| LikelyPerson {
            key: row.id,
            cases: cases.iter().map(|c| (c.uid.clone(), case_words(c, &hidden))).collect(),
            name: full_name(&row.name_last, &row.name_first),
            born: PartialDate::parse(&row.birth_date).map(PartialDate::iso).unwrap_or_default(),
            why: likeness.shared.join(", "),
            uid: row.uid,
        })
        .collect())
}

/// Shows likely same persons.
pub(super) async fn likely(app: web::Data<App>, acting: Acting, id: web::Path<DraftId>) -> PageResult {
    let uid = id.to_string();
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let (_, person) = wanted(tx, &desk, &uid)?;
                let found = likely_persons(tx, &person)?;
                tx.record(
                    Event::new(AuditAction::Search)
                        .patients(found.iter().map(|(p, ..)| p.id))
                        .fields(person.items.iter().map(|(id, _)| id.to_owned()))
                        .detail("new case"),
                );
                let hidden = quality_review::hidden(tx)?;
                let layout = desk.layout.titled("New case: who is it?").at(Place::Abstracts);
                Ok::<_, PageError>(LikelyPage {
                    layout: layout.wide(Width::Reading),
                    action: format!("/abstracts/new/{uid}"),
                    typed: typed(&person),
                    candidates: found.into_iter().map(|one| candidate(one, &hidden)).collect(),
                })
            })
        })
        .await?;
    page(&shown)
}

fn candidate((row, cases, likeness): (PatientRow, Vec<TumorRow>, Likeness), hidden: &Hidden) -> Candidate {
    Candidate {
        name: full_name(&row.name_last, &row.name_first),
        born: PartialDate::parse(&row.birth_date).map(PartialDate::iso).unwrap_or_default(),
        why: likeness.shared.join(", "),
        cases: cases.iter().map(|case| case_words(case, hidden)).collect(),
        uid: row.uid,
    }
}

/// What was typed, for comparing; a social security number is not spelled out.
fn typed(person: &Person) -> Vec<(&'static str, String)> {
    let shown = |id| match id {
        names::MEDICAL_RECORD_NUMBER => person.record_number.clone(),
        names::DATE_OF_BIRTH => person.items.date(id).map(PartialDate::iso).unwrap_or_default(),
        names::SOCIAL_SECURITY_NUMBER if person.items.has(id) => "given".to_owned(),
        _ => person.items.value(id).to_owned(),
    };
    FIELDS.into_iter().map(|(id, label, _)| (label, shown(id))).collect()
}

pub(crate) fn case_words(tumor: &TumorRow, hidden: &Hidden) -> String {
    if hidden.case(tumor.id) {
        return format!("{}, {}", Hidden::WORDS, accession::shown(&tumor.accession_number));
    }
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
                let desk = desk_of(tx, app)?;
                let (draft, person) = wanted(tx, &desk, &uid)?;
                let pairs = &draft.typing.pairs;
                let made = match pair(pairs, casefinding::FIELD) {
                    None => open_case(tx, &desk, &person, &chosen, &Items::default())?,
                    Some(item) => {
                        // The item and the case are written together, or neither is.
                        let known = casefinding::case_items(tx, &desk, item, pairs)?;
                        let made = open_case(tx, &desk, &person, &chosen, &known)?;
                        casefinding::accessioned(tx, desk.today, item, &made)?;
                        made
                    }
                };
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
                let desk = desk_of(tx, app)?;
                if chosen == "new" {
                    return Err(PageError::BadRequest("A new patient begins with a search.".to_owned()));
                }
                open_case(tx, &desk, &Person::default(), &chosen, &Items::default())
            })
        })
        .await?;
    see_other(format!("/abstracts/{made}/case?saved=made"))
}
