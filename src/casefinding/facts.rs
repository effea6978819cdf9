//! What is known of a possible case, and how it is read from a form or a line of a list. Pure.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    screening::{Screened, plain_code, screen},
    source::Source,
};
use crate::{
    abstracting::{Person, read_person},
    dictionary::names,
    partial_date::{PartialDate, SlashOrder},
    web::FormErrors,
};

/// Longest text of a source, in characters.
const LONGEST_TEXT: usize = 20_000;

/// What is known of a possible case; kept as one text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Items of the person by XML id, in order.
    pub person: Vec<(String, String)>,
    /// What the source says.
    pub text: String,
    /// Code of ICD-10-CM; blank for none.
    pub code: String,
    /// What screening found.
    pub screened: Screened,
}

impl Facts {
    /// An item of the person; blank if not known.
    pub fn of(&self, id: &str) -> &str {
        self.person.iter().find(|(n, _)| n == id).map_or("", |(_, v)| v.as_str())
    }
}

/// A possible case, read and screened, not yet kept.
#[derive(Clone, Debug)]
pub struct NewItem {
    /// Where it comes from.
    pub source: Source,
    /// Which laboratory, department or registry; blank where there is only one.
    pub system: String,
    /// The source's own id; blank for none.
    pub id: String,
    /// Specimen, visit or presentation.
    pub on: Option<PartialDate>,
    /// Medical record number as typed.
    pub record_number: String,
    /// The rest.
    pub facts: Facts,
}

/// Name and label of each field beside those of the person, as forms and lists have them.
pub(super) const FIELDS: [(&str, &str); 6] = [
    ("source", "Source"),
    ("sourceSystem", "Laboratory or system"),
    ("sourceId", "Number at the source"),
    ("eventDate", "Date of specimen or visit"),
    ("text", "Text or diagnosis"),
    ("code", "ICD-10-CM code"),
];

fn label(name: &str) -> &'static str {
    FIELDS.iter().find(|(n, _)| *n == name).map_or("", |(_, label)| label)
}

fn pair<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.trim())
}

fn at_most(typed: &str, most: usize) -> Result<String, String> {
    match typed.chars().count() {
        n if n > most => Err(format!("{n} characters were given; {most} fit. Nothing was cut off.")),
        _ => Ok(typed.to_owned()),
    }
}

/// Reads an item; all complaints at once, each with what is allowed.
///
/// # Errors
/// What cannot be understood or is missing.
pub fn read(pairs: &[(String, String)], today: NaiveDate, order: SlashOrder) -> Result<NewItem, FormErrors> {
    let mut errors = FormErrors::default();
    let typed = pair(pairs, "source");
    let source = Source::parse(typed)
        .ok_or_else(|| format!("“{typed}” is not one of the sources. Allowed: {}.", Source::words()));
    let source = errors.take("source", label("source"), source);
    let text = |errors: &mut FormErrors, name: &'static str, most: usize| {
        errors.take(name, label(name), at_most(pair(pairs, name), most)).unwrap_or_default()
    };
    let system = text(&mut errors, "sourceSystem", 60);
    let id = text(&mut errors, "sourceId", 60);
    let body = text(&mut errors, "text", LONGEST_TEXT).replace("\r\n", "\n");
    let on = errors.take("eventDate", label("eventDate"), event_date(pair(pairs, "eventDate"), today, order));
    let typed = pair(pairs, "code");
    let code = if typed.is_empty() { Ok(String::new()) } else { plain_code(typed) };
    let code = errors.take("code", label("code"), code);
    let person = match read_person(pairs, today, order) {
        Ok(person) => Some(person),
        Err(more) => {
            more.iter().for_each(|e| errors.add(&e.field, &e.label, &e.sentence));
            None
        }
    };
    let command = match (source, on, code, person) {
        (Some(source), Some(on), Some(code), Some(person)) => {
            if body.is_empty() && code.is_empty() && !source.takes_every_line() {
                errors.add(
                    "text",
                    label("text"),
                    format!(
                        "Enter what {} says, or a code of ICD-10-CM: both are blank.",
                        source.label().to_lowercase()
                    ),
                );
            }
            Some(item(source, (system, id), on, body, code, person))
        }
        _ => None,
    };
    errors.or(command)
}

fn item(
    source: Source,
    (system, id): (String, String),
    on: Option<PartialDate>,
    text: String,
    code: String,
    person: Person,
) -> NewItem {
    let screened = screen(source, &text, &code, on);
    let items = person.items.iter().map(|(id, value)| (id.to_owned(), value.to_owned())).collect();
    let facts = Facts { person: items, text, code, screened };
    NewItem { source, system, id, on, record_number: person.record_number, facts }
}

fn event_date(typed: &str, today: NaiveDate, order: SlashOrder) -> Result<Option<PartialDate>, String> {
    let read = PartialDate::parse_typed(typed, today, order).map_err(|e| e.to_string())?;
    match read {
        Some(date) if date.definitely_after(today.into()) => {
            Err(format!("{} is in the future. Enter today or an earlier day.", date.iso()))
        }
        Some(date) => Ok(Some(date)),
        None => {
            Err("Enter the day, month or year of specimen or visit: the time from there is measured."
                .to_owned())
        }
    }
}

impl NewItem {
    /// Day of birth as stored; blank if not known.
    pub(super) fn birth_date(&self) -> &str {
        self.facts.of(names::DATE_OF_BIRTH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Result<NewItem, FormErrors> {
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        read(&pairs, NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(), SlashOrder::MonthFirst)
    }

    #[test]
    fn an_item_is_read_with_all_complaints_at_once() {
        let item = typed(&[
            ("source", "Disease index"),
            ("sourceId", " V-17 "),
            ("nameLast", "Fictive"),
            ("dateOfBirth", "1951-03"),
            ("medicalRecordNumber", "12345"),
            ("eventDate", "11/2/2026"),
            ("code", "c50412"),
        ])
        .unwrap();
        assert_eq!((item.source, item.id.as_str()), (Source::DiseaseIndex, "V-17"));
        assert_eq!((item.facts.code.as_str(), item.birth_date()), ("C50.412", "195103"));
        assert!(item.facts.screened.candidate && item.record_number == "12345");
        let wrong = typed(&[
            ("source", "fax"),
            ("eventDate", "2027"),
            ("code", "50"),
            ("dateOfBirth", "x"),
            ("nameLast", "A"),
        ])
        .unwrap_err();
        for field in ["source", "eventDate", "code", "dateOfBirth"] {
            assert!(!wrong.of(field).is_empty(), "{field}");
        }
        let blank = typed(&[("source", "pathology"), ("nameLast", "A"), ("eventDate", "2026")]).unwrap_err();
        assert!(blank.of("text").contains("both are blank"));
        assert!(typed(&[("source", "manual"), ("nameLast", "A"), ("eventDate", "2026")]).is_ok());
    }
}
