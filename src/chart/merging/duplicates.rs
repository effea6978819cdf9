//! Records of a facility that may be of one person: they share a social security number, a record number, or a day
//! of birth with a name that is alike. Read from the indexes of these columns, a stretch at a time, so that no page
//! goes through all patients.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::web;
use askama::Template;
use serde::{Deserialize, Serialize};

use super::store;
use crate::{
    abstracting::accession,
    audit::{AuditAction, Event},
    chart::store::{self as chart_store, Candidate},
    db::{StoreError, Tx},
    facility,
    partial_date::PartialDate,
    patient::{full_name, matching::name_fit},
    web::{
        Acting, App, Layout, Notice, PageError, PageResult, Pagination, Place, opened_place, page,
        sealed_place,
    },
};

/// Pairs on a page.
const ROWS: usize = 30;
/// Values read at once.
const VALUES: i64 = 100;
/// Stretches looked through for one page.
const STRETCHES: usize = 40;
/// How alike given names are that may be one.
const ALIKE: f64 = 0.88;

/// What two records share, in the order in which the list shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Shared {
    SecurityNumber,
    RecordNumber,
    BirthDate,
}

impl Shared {
    fn next(self) -> Option<Self> {
        match self {
            Self::SecurityNumber => Some(Self::RecordNumber),
            Self::RecordNumber => Some(Self::BirthDate),
            Self::BirthDate => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::SecurityNumber => "same social security number",
            Self::RecordNumber => "same record number",
            Self::BirthDate => "same birth date, name alike",
        }
    }
}

/// Where the list goes on.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct At {
    kind: Shared,
    /// The last value that was gone through.
    after: String,
    /// A value behind it, and the last pair shown of it.
    pair: Option<(String, (i64, i64))>,
}

impl At {
    fn begin(kind: Shared) -> Self {
        Self { kind, after: String::new(), pair: None }
    }
}

/// What is known of a record, to see whether it is another's person.
#[derive(Clone)]
struct Known {
    who: Candidate,
    names: Vec<(String, String, String)>,
    records: BTreeSet<String>,
}

/// The first thing that two records share; `None` for nothing that counts.
fn shared(a: &Known, b: &Known) -> Option<Shared> {
    let same = |a: &str, b: &str| !a.is_empty() && a == b;
    if same(&a.who.social_security_number, &b.who.social_security_number) {
        return Some(Shared::SecurityNumber);
    }
    if a.records.intersection(&b.records).next().is_some() {
        return Some(Shared::RecordNumber);
    }
    let born = a.who.birth_date.len() == 8 && a.who.birth_date == b.who.birth_date;
    let alike = |(last, first, sound): &(String, String, String),
                 (other_last, other_first, other_sound): &(String, String, String)| {
        let family = last == other_last || same(sound, other_sound);
        let given = first.is_empty() || other_first.is_empty() || name_fit(first, other_first) > ALIKE;
        family && given
    };
    (born && a.names.iter().any(|a| b.names.iter().any(|b| alike(a, b)))).then_some(Shared::BirthDate)
}

/// Pairs among some records that share this and nothing that is shown before, by row key.
fn pairs_of(kind: Shared, known: &[Known]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (n, a) in known.iter().enumerate() {
        for (m, b) in known.iter().enumerate().skip(n + 1) {
            if shared(a, b) == Some(kind) {
                pairs.push((n, m));
            }
        }
    }
    pairs
}

fn known(tx: &mut Tx<'_>, keys: &[i64]) -> Result<Vec<Known>, StoreError> {
    let scope = tx.scope()?;
    let mut names: BTreeMap<i64, Vec<(String, String, String)>> = BTreeMap::new();
    for (key, last, first, sound) in chart_store::names_of(tx.conn(), scope, keys)? {
        names.entry(key).or_default().push((last, first, sound));
    }
    let mut records: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for case in chart_store::cases(tx.conn(), scope, keys)? {
        if !case.medical_record_number.is_empty() {
            records.entry(case.patient).or_default().insert(case.medical_record_number);
        }
    }
    let who = chart_store::candidates(tx.conn(), scope, keys)?;
    Ok(who
        .into_iter()
        .map(|who| Known {
            names: names.remove(&who.id).unwrap_or_default(),
            records: records.remove(&who.id).unwrap_or_default(),
            who,
        })
        .collect())
}

/// The value by which records are put together before they are compared.
fn value_of(kind: Shared, known: &Known) -> Vec<String> {
    match kind {
        Shared::SecurityNumber => vec![known.who.social_security_number.clone()],
        Shared::RecordNumber => known.records.iter().cloned().collect(),
        Shared::BirthDate => vec![known.who.birth_date.clone()],
    }
}

/// One pair on the list.
struct Line {
    href: String,
    names: [String; 2],
    born: [String; 2],
    numbers: [String; 2],
    shares: &'static str,
    asked: bool,
}

fn line(a: &Known, b: &Known, kind: Shared, asked: bool) -> Line {
    let both = [a, b];
    let born = |k: &Known| PartialDate::parse(&k.who.birth_date).map(PartialDate::iso).unwrap_or_default();
    let number = |k: &Known| accession::shown(&k.who.accession_number);
    Line {
        href: format!("/patients/{}/merge/{}", a.who.uid, b.who.uid),
        names: both.map(|k| full_name(&k.who.name_last, &k.who.name_first)),
        born: both.map(born),
        numbers: both.map(number),
        shares: kind.words(),
        asked,
    }
}

/// Where the list goes on behind a pair of a value.
fn behind(at: &At, value: &str, pair: (i64, i64)) -> At {
    At { pair: Some((value.to_owned(), pair)), ..at.clone() }
}

/// The pairs of one value, by row key, in an order that stays; those up to a pair are left out.
fn pairs_from<'a>(
    at: &At,
    value: &str,
    group: &'a [Known],
    resumed: Option<(i64, i64)>,
) -> Vec<((i64, i64), &'a Known, &'a Known)> {
    let mut pairs: Vec<_> = pairs_of(at.kind, group)
        .into_iter()
        .filter_map(|(a, b)| Some((group.get(a)?, group.get(b)?)))
        // Who shares two record numbers is told once.
        .filter(|(a, b)| {
            at.kind != Shared::RecordNumber
                || a.records.intersection(&b.records).next().is_some_and(|first| first == value)
        })
        .map(|(a, b)| ((a.who.id.min(b.who.id), a.who.id.max(b.who.id)), a, b))
        .filter(|(key, ..)| resumed.is_none_or(|shown| *key > shown))
        .collect();
    pairs.sort_by_key(|(key, ..)| *key);
    pairs
}

/// The records that have one of these values, by value.
fn grouped(
    tx: &mut Tx<'_>,
    kind: Shared,
    values: &[String],
) -> Result<BTreeMap<String, Vec<Known>>, StoreError> {
    let scope = tx.scope()?;
    let keys = store::holders(tx.conn(), scope, kind, values)?;
    let mut groups: BTreeMap<String, Vec<Known>> = BTreeMap::new();
    for one in known(tx, &keys)? {
        for value in value_of(kind, &one) {
            if values.contains(&value) {
                groups.entry(value).or_default().push(one.clone());
            }
        }
    }
    Ok(groups)
}

/// Pairs from a place on, the keys of all patients told, and where it goes on.
fn read(tx: &mut Tx<'_>, from: Option<At>) -> Result<(Vec<Line>, Vec<i64>, Option<At>), StoreError> {
    let scope = tx.scope()?;
    let waiting: BTreeSet<(i64, i64)> = store::in_state(tx.conn(), scope, "open")?
        .into_iter()
        .map(|row| (row.survivor_id.min(row.merged_id), row.survivor_id.max(row.merged_id)))
        .collect();
    let mut at = from.unwrap_or_else(|| At::begin(Shared::SecurityNumber));
    let (mut lines, mut told, mut last) = (Vec::new(), Vec::new(), None);
    for _ in 0..STRETCHES {
        let values = match at.kind {
            Shared::SecurityNumber => store::shared_security_numbers(tx.conn(), scope, &at.after, VALUES)?,
            Shared::RecordNumber => store::shared_record_numbers(tx.conn(), scope, &at.after, VALUES)?,
            Shared::BirthDate => store::shared_birth_dates(tx.conn(), scope, &at.after, VALUES)?,
        };
        if values.is_empty() {
            match at.kind.next() {
                Some(kind) => at = At::begin(kind),
                None => return Ok((lines, told, None)),
            }
            continue;
        }
        let groups = grouped(tx, at.kind, &values)?;
        let keys: Vec<i64> = groups.values().flatten().map(|known| known.who.id).collect();
        let apart: BTreeSet<(i64, i64)> =
            store::two_people_among(tx.conn(), scope, &keys)?.into_iter().collect();
        for value in values {
            let resumed = at.pair.take().filter(|(of, _)| *of == value).map(|(_, pair)| pair);
            let group = groups.get(&value).map_or(&[][..], Vec::as_slice);
            for (key, a, b) in pairs_from(&at, &value, group, resumed) {
                if apart.contains(&key) {
                    continue;
                }
                if lines.len() == ROWS {
                    return Ok((lines, told, last));
                }
                told.extend([a.who.id, b.who.id]);
                lines.push(line(a, b, at.kind, waiting.contains(&key)));
                last = Some(behind(&at, &value, key));
            }
            at.after = value;
        }
    }
    Ok((lines, told, Some(at)))
}

/// The address of the list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    after: String,
    done: String,
}

#[derive(Template)]
#[template(path = "chart/duplicates.html")]
struct ListPage {
    layout: Layout,
    lines: Vec<Line>,
    pages: Pagination,
}

/// `GET /duplicates`: records that may be of one person.
pub(super) async fn list(app: web::Data<App>, acting: Acting, query: web::Query<Query>) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let (lines, told, next) = read(tx, opened_place(tx, "duplicates", &query.after)?)?;
                tx.record(Event::new(AuditAction::List).patients(told).detail("possible duplicates"));
                let total = match (lines.len(), &next) {
                    (1, _) => "1 pair here".to_owned(),
                    (n, Some(_)) => format!("{n} pairs so far"),
                    (n, None) => format!("{n} pairs here"),
                };
                let pages = Pagination {
                    total,
                    first: (!query.after.is_empty()).then(|| "/duplicates".to_owned()),
                    next: next.map(|at| format!("/duplicates?after={}", sealed_place(tx, "duplicates", &at))),
                };
                let notice = (query.done == "two_people")
                    .then(|| Notice::good("Kept: they are two people. They are not shown here again."));
                let layout =
                    desk.layout.titled("Possible duplicates").at(Place::Abstracts).with_notice(notice);
                Ok::<_, PageError>(ListPage { layout, lines, pages })
            })
        })
        .await?;
    page(&shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ssn record born last first`; `-` for blank.
    fn one(words: &str) -> Known {
        let word = |n: usize| words.split(' ').nth(n).filter(|w| *w != "-").unwrap_or("").to_owned();
        Known {
            who: Candidate {
                id: 1,
                uid: String::new(),
                name_last: String::new(),
                name_first: String::new(),
                birth_date: word(2),
                sex: String::new(),
                accession_number: String::new(),
                patient_id_number: String::new(),
                social_security_number: word(0),
            },
            names: vec![(word(3), word(4), crate::patient::name_key::sound(&word(3)))],
            records: std::iter::once(word(1)).filter(|w| !w.is_empty()).collect(),
        }
    }

    #[test]
    fn what_two_records_share() {
        use Shared::{BirthDate, RecordNumber, SecurityNumber};
        for (a, b, found) in [
            ("123456789 - 19510314 doe jo", "123456789 - 19600101 roe al", Some(SecurityNumber)),
            ("123456789 7 19510314 doe jo", "123456789 7 19510314 doe jo", Some(SecurityNumber)),
            ("- 7 - doe jo", "- 7 - roe al", Some(RecordNumber)),
            ("- - 19510314 schmidt catherine", "- - 19510314 schmitt katherine", Some(BirthDate)),
            ("- - 19510314 doe -", "- - 19510314 doe jo", Some(BirthDate)),
            ("- - 19510314 doe jo", "- - 19510314 doe otto", None),
            ("- - 19510314 doe jo", "- - 19510315 doe jo", None),
            ("- - 1951 doe jo", "- - 1951 doe jo", None),
            ("- - 19510314 doe jo", "- - 19510314 roe jo", None),
            ("- - - doe jo", "- - - doe jo", None),
        ] {
            assert_eq!(shared(&one(a), &one(b)), found, "{a} / {b}");
            assert_eq!(shared(&one(b), &one(a)), found, "{b} / {a}");
        }
    }
}
