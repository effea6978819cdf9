//! Who fits a search best. Names are compared as an index holds them; only of the best few is a row read.

use std::collections::HashMap;

use super::{
    search::{Likeness, SHOWN_FROM, Wanted},
    store::{self, Candidate, CaseLine, Named},
};
use crate::{
    access::Scope,
    db::{Conn, StoreError},
    patient::{self, name_key},
};

/// Beginnings are looked through when sound and spelling found fewer than this.
const FEW: usize = 8;
/// Patients whose rows are read, best names first.
const READ: usize = 120;
/// Patients of a birth date alone.
const BORN: i64 = 300;
/// Keys of a birth date, from an index alone, to be put before others of one name.
const BORN_KEYS: i64 = 30_000;

/// Somebody who fits.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// 1 is certain.
    pub(super) fit: f64,
    /// Who.
    pub(super) patient: Candidate,
}

/// Patients that fit, best first.
pub(super) fn ranked(conn: &mut Conn, scope: Scope, wanted: &Wanted) -> Result<Vec<Found>, StoreError> {
    let (mut numbered, mut led) = (Vec::new(), Vec::new());
    for number in &wanted.numbers {
        let (own, merged) = store::numbered(conn, scope, number)?;
        numbered.extend(own);
        led.extend(merged);
    }
    let mut by_name = HashMap::new();
    let mut keys = numbered.clone();
    keys.extend(&led);
    if wanted.names.is_empty() {
        if !wanted.birth.is_empty() {
            keys.extend(store::born(conn, scope, &wanted.birth, BORN)?);
        }
    } else {
        by_name = best_names(wanted, &names(conn, scope, wanted)?);
        let mut born = Vec::new();
        if !wanted.birth.is_empty() {
            born = store::born(conn, scope, &wanted.birth, BORN_KEYS)?;
            born.sort_unstable();
        }
        let promise = |key: i64, fit: f64| fit + if born.binary_search(&key).is_ok() { 0.3 } else { 0.0 };
        let mut best: Vec<(i64, f64)> =
            by_name.iter().map(|(key, fit)| (*key, promise(*key, *fit))).collect();
        best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        best.truncate(READ);
        // A name of a record that was merged leads to the person, as well as it fits.
        let named: Vec<i64> = best.iter().map(|(key, _)| *key).collect();
        for (merged, survivor) in patient::survivors(conn, scope, &named)? {
            let fit = by_name.get(&merged).copied().unwrap_or(0.0);
            let known: &mut f64 = by_name.entry(survivor).or_default();
            *known = known.max(fit);
            keys.push(survivor);
        }
        keys.extend(named);
    }
    keys.sort_unstable();
    keys.dedup();
    numbered.sort_unstable();
    let cases = store::cases(conn, scope, &numbered)?;
    let mut found: Vec<Found> = store::candidates(conn, scope, &keys)?
        .into_iter()
        .map(|patient| {
            let own =
                numbered.binary_search(&patient.id).is_ok() && wanted.has_number(&numbers(&patient, &cases));
            let certain = own || led.contains(&patient.id);
            let by_name = by_name.get(&patient.id).copied().unwrap_or(0.0);
            let fit = if certain { 1.0 } else { wanted.fit(by_name, &patient.birth_date) };
            Found { fit, patient }
        })
        .filter(|found| found.fit >= SHOWN_FROM)
        .collect();
    found.sort_by(|a, b| {
        let (left, right) = (&a.patient, &b.patient);
        b.fit.total_cmp(&a.fit).then(left.name_last.cmp(&right.name_last)).then(left.id.cmp(&right.id))
    });
    Ok(found)
}

fn numbers<'a>(patient: &'a Candidate, cases: &'a [CaseLine]) -> Vec<&'a str> {
    let own = cases.iter().filter(|case| case.patient == patient.id);
    own.flat_map(|case| [case.accession_number.as_str(), case.medical_record_number.as_str()])
        .chain([patient.patient_id_number.as_str(), patient.social_security_number.as_str()])
        .collect()
}

/// Names that may be the one typed: by spelling and sound, and when these find few, by beginning.
fn names(conn: &mut Conn, scope: Scope, wanted: &Wanted) -> Result<Vec<Named>, StoreError> {
    let mut found = Vec::new();
    let families = wanted.family_keys();
    for last in &families {
        // Of a name that thousands have, those with the given name come first.
        for first in wanted.names.iter().filter(|first| *first != last) {
            found.extend(store::named(conn, scope, last, Some(first))?);
        }
        found.extend(store::named(conn, scope, last, None)?);
        let sound = name_key::sound(last);
        if !sound.is_empty() {
            found.extend(store::sounding(conn, scope, &sound)?);
        }
    }
    if found.len() < FEW {
        // A misspelling beyond the sound: everybody with the same beginning is compared.
        for last in &families {
            let beginning: String = last.chars().take(2).collect();
            found.extend(store::named(conn, scope, &beginning, None)?);
        }
        for first in &wanted.names {
            found.extend(store::given(conn, scope, first)?);
        }
    }
    Ok(found)
}

/// How well the best name of each patient fits, where it fits at all.
fn best_names(wanted: &Wanted, names: &[Named]) -> HashMap<i64, f64> {
    let mut likeness = Likeness::default();
    let mut best: HashMap<i64, f64> = HashMap::new();
    // A birth date that fits makes up for some of a name that does not.
    let least = if wanted.birth.is_empty() { SHOWN_FROM } else { (SHOWN_FROM - 0.3) / 0.7 };
    for name in names {
        let fit = wanted.best_fit(&name.last_key, &name.first_key, &mut likeness);
        if fit >= least {
            let known = best.entry(name.patient).or_default();
            *known = known.max(fit);
        }
    }
    best
}
