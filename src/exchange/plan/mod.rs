//! Decides what an incoming patient means for the registry, in memory and without a database.
//!
//! A [`Pool`] holds the stored patients who may be meant, as they stand after everything
//! decided so far; the store fills it and saves what became different. Import and dry run take
//! exactly this way, so their counts are the same.

mod merged;
mod merging;

use std::collections::{BTreeMap, HashMap};

use super::{
    ledger::{Fate, Review},
    matching::{
        Candidate, Kept, PatientMatch, TumorMatch, find_patient, match_tumors, medical_record_numbers,
        patient_number,
    },
};
use crate::{
    dictionary::{Items, Record, Version},
    patient::Former,
};
use merging::{merge_asking, merge_envelopes, rooted};

/// Items younger than the file, and why they stay. The empty tumor key is the patient.
pub type Younger = BTreeMap<(Option<i64>, String), Kept>;

/// A tumor as it stands.
#[derive(Clone, Debug)]
pub struct KnownTumor {
    /// Row key; `None` for one that this import makes.
    pub key: Option<i64>,
    /// Items.
    pub items: Items,
    /// Text of a [`super::naaccr_xml::Envelope`].
    pub envelope: String,
    /// Taken out here: it stays out, whatever a file says.
    pub voided: bool,
    /// Changed or made since it was loaded.
    pub dirty: bool,
}

/// A patient as it stands.
#[derive(Clone, Debug)]
pub struct Known {
    /// Row key; `None` for one that this import makes.
    pub key: Option<i64>,
    /// Version of the standard.
    pub version: Version,
    /// Items.
    pub patient: Items,
    /// Text of a [`super::naaccr_xml::Envelope`].
    pub envelope: String,
    /// Tumors.
    pub tumors: Vec<KnownTumor>,
    /// Voided here: nothing is added to them, whatever a file says.
    pub void: bool,
    /// Patient items changed or made since it was loaded.
    pub dirty: bool,
    /// Records that were merged into this one; files may still name them.
    pub former: Vec<Former>,
}

impl Known {
    /// The keys by which the patient is found.
    pub fn keys(&self) -> Keys {
        Keys {
            number: patient_number(&self.patient),
            records: medical_record_numbers(self.tumors.iter().map(|t| &t.items)),
        }
    }

    /// Anything to save?
    pub fn is_changed(&self) -> bool {
        self.dirty || self.tumors.iter().any(|t| t.dirty)
    }
}

/// Keys by which an incoming patient is looked up, as they are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Keys {
    /// `patientIdNumber`.
    pub number: Option<String>,
    /// Medical record numbers.
    pub records: Vec<String>,
}

impl Keys {
    /// Of a record.
    pub fn of(record: &Record) -> Self {
        Self {
            number: patient_number(&record.patient),
            records: medical_record_numbers(record.tumors.iter().map(|t| &t.items)),
        }
    }

    /// No number at all?
    pub fn is_empty(&self) -> bool {
        self.number.is_none() && self.records.is_empty()
    }
}

/// Stored patients who may be meant, by their keys.
#[derive(Debug, Default)]
pub struct Pool {
    people: Vec<Known>,
    by_number: HashMap<String, Vec<usize>>,
    by_record: HashMap<String, Vec<usize>>,
    without: Vec<usize>,
    by_key: HashMap<i64, usize>,
}

/// What was decided for one incoming patient.
#[derive(Clone, Debug)]
pub struct Decided {
    /// Place in the pool.
    pub place: usize,
    /// Of the patient.
    pub patient: Fate,
    /// Of each tumor, in order.
    pub tumors: Vec<Fate>,
    /// What a person should look at: which tumor of the file (`None`: the patient), and what.
    pub reviews: Vec<(Option<usize>, Review)>,
}

impl Pool {
    /// Puts a patient in, in place of the same one if it is there.
    pub fn put(&mut self, known: Known) -> usize {
        if let Some(place) = known.key.and_then(|k| self.by_key.get(&k).copied()) {
            if let Some(here) = self.people.get_mut(place) {
                *here = known;
            }
            return place;
        }
        let place = self.people.len();
        if let Some(key) = known.key {
            self.by_key.insert(key, place);
        }
        match patient_number(&known.patient) {
            Some(number) => self.by_number.entry(number).or_default().push(place),
            None => self.without.push(place),
        }
        for number in known.former.iter().filter_map(|former| patient_number(&former.items)) {
            let places = self.by_number.entry(number).or_default();
            if !places.contains(&place) {
                places.push(place);
            }
        }
        for number in medical_record_numbers(known.tumors.iter().map(|t| &t.items)) {
            self.by_record.entry(number).or_default().push(place);
        }
        self.people.push(known);
        place
    }

    /// Is the stored patient in the pool?
    pub fn has(&self, key: i64) -> bool {
        self.by_key.contains_key(&key)
    }

    /// Everybody, in order of arrival.
    pub fn into_people(self) -> Vec<Known> {
        self.people
    }

    /// The patient at a place.
    pub fn get(&self, place: usize) -> Option<&Known> {
        self.people.get(place)
    }

    fn places(&self, keys: &Keys) -> Vec<usize> {
        let mut places: Vec<usize> = Vec::new();
        let found = keys.number.iter().filter_map(|n| self.by_number.get(n));
        let by_record = keys.records.iter().filter_map(|n| self.by_record.get(n));
        for place in found.chain(by_record).flatten() {
            if !places.contains(place) {
                places.push(*place);
            }
        }
        if keys.is_empty() {
            places.extend(&self.without);
        }
        places
    }

    /// Decides for one incoming patient and puts the result into the pool.
    ///
    /// `root` is the key of the file's root; `younger` is asked once for a stored patient in whom
    /// a value would be overwritten.
    ///
    /// # Errors
    /// Those of `younger`.
    pub fn decide<E>(
        &mut self,
        incoming: &Record,
        root: &str,
        younger: &mut dyn FnMut(&Known) -> Result<Younger, E>,
    ) -> Result<Decided, E> {
        let places = self.places(&Keys::of(incoming));
        let of_merged = places.iter().find_map(|place| {
            let known = self.people.get(*place).filter(|known| !known.void)?;
            Some((*place, merged::translated(incoming, known)?))
        });
        if let Some((place, told)) = of_merged {
            return self.merge_into(place, &told, root, younger);
        }
        let contradicted = match self.find(incoming, &places, false) {
            PatientMatch::Same(place) => return self.merge_into(place, incoming, root, younger),
            PatientMatch::New { contradicted } => contradicted,
        };
        if let PatientMatch::Same(place) = self.find(incoming, &places, true) {
            let tumors = vec![Fate::Duplicate; incoming.tumors.len()];
            let reviews = vec![(None, Review::VoidHere)];
            return Ok(Decided { place, patient: Fate::Duplicate, tumors, reviews });
        }
        let reviews =
            if contradicted.is_empty() { Vec::new() } else { vec![(None, Review::SameNumberOtherPerson)] };
        let place = self.put(newly(incoming));
        let tumors = vec![Fate::Accepted; incoming.tumors.len()];
        Ok(Decided { place, patient: Fate::Accepted, tumors, reviews })
    }

    /// Finds the incoming patient among active or among void ones; places are those of the pool.
    fn find(&self, incoming: &Record, places: &[usize], void: bool) -> PatientMatch {
        let candidates: Vec<(usize, &Known)> = places
            .iter()
            .filter_map(|p| self.people.get(*p).map(|k| (*p, k)))
            .filter(|(_, k)| k.void == void)
            .collect();
        let facts: Vec<Candidate<'_>> = candidates
            .iter()
            .map(|(_, known)| Candidate {
                patient: &known.patient,
                record_numbers: medical_record_numbers(known.tumors.iter().map(|t| &t.items)),
            })
            .collect();
        let place = |at: usize| candidates.get(at).map(|(p, _)| *p).unwrap_or_default();
        match find_patient(&incoming.patient, &incoming.tumors, &facts) {
            PatientMatch::Same(at) => PatientMatch::Same(place(at)),
            PatientMatch::New { contradicted } => {
                PatientMatch::New { contradicted: contradicted.into_iter().map(place).collect() }
            }
        }
    }

    fn merge_into<E>(
        &mut self,
        place: usize,
        incoming: &Record,
        root: &str,
        younger: &mut dyn FnMut(&Known) -> Result<Younger, E>,
    ) -> Result<Decided, E> {
        let known = self.people.get_mut(place).expect("the place was just found in the pool");
        let now = merged::numbered_now(incoming, known);
        let incoming = now.as_ref().unwrap_or(incoming);
        let mut asked: Option<Younger> = None;
        let mut reviews = Vec::new();
        let merged = merge_asking(known, None, &incoming.patient, &mut asked, younger)?;
        let (envelope, more) = merge_envelopes(&known.envelope, &incoming.envelope, &merged.changed);
        let changed = !merged.changed.is_empty() || more;
        reviews.extend(merged.kept.into_iter().map(|d| (None, Review::Difference(d))));
        if changed {
            known.patient = merged.items;
            known.envelope = envelope;
            known.dirty = true;
        }
        let stored: Vec<&Items> = known.tumors.iter().map(|t| &t.items).collect();
        let matches = match_tumors(&incoming.tumors, &stored);
        let mut tumors = Vec::new();
        for (at, (tumor, found)) in incoming.tumors.iter().zip(matches).enumerate() {
            match found {
                TumorMatch::New { contradicted } => {
                    if contradicted.is_some() {
                        reviews.push((Some(at), Review::SameKeyOtherTumor));
                    }
                    for number in medical_record_numbers([&tumor.items]) {
                        let places = self.by_record.entry(number).or_default();
                        if !places.contains(&place) {
                            places.push(place);
                        }
                    }
                    known.tumors.push(new_tumor(&tumor.items, &tumor.envelope));
                    tumors.push(Fate::Accepted);
                }
                TumorMatch::Same(which) if known.tumors.get(which).is_some_and(|t| t.voided) => {
                    reviews.push((Some(at), Review::VoidHere));
                    tumors.push(Fate::Duplicate);
                }
                TumorMatch::Same(which) => {
                    let merged = merge_asking(known, Some(which), &tumor.items, &mut asked, younger)?;
                    let stands = known.tumors.get_mut(which).expect("matching gives places of known tumors");
                    let (envelope, more) =
                        merge_envelopes(&stands.envelope, &tumor.envelope, &merged.changed);
                    reviews.extend(merged.kept.into_iter().map(|d| (Some(at), Review::Difference(d))));
                    if merged.changed.is_empty() && !more {
                        tumors.push(Fate::Duplicate);
                    } else {
                        stands.items = merged.items;
                        stands.envelope = envelope;
                        stands.dirty = true;
                        tumors.push(Fate::Merged);
                    }
                }
            }
        }
        let any = changed || tumors.iter().any(|f| *f != Fate::Duplicate);
        if (changed && incoming.version == known.version) || (any && incoming.version > known.version) {
            known.version = incoming.version;
            // A patient made by this very file needs no note: the batch is kept with the row.
            if known.key.is_some() {
                known.envelope = rooted(&known.envelope, root);
            }
            known.dirty = true;
        }
        let patient = if any { Fate::Merged } else { Fate::Duplicate };
        Ok(Decided { place, patient, tumors, reviews })
    }
}

fn newly(incoming: &Record) -> Known {
    Known {
        key: None,
        version: incoming.version,
        patient: incoming.patient.clone(),
        envelope: incoming.envelope.clone(),
        tumors: incoming.tumors.iter().map(|tumor| new_tumor(&tumor.items, &tumor.envelope)).collect(),
        void: false,
        dirty: true,
        former: Vec::new(),
    }
}

fn new_tumor(items: &Items, envelope: &str) -> KnownTumor {
    KnownTumor { key: None, items: items.clone(), envelope: envelope.to_owned(), voided: false, dirty: true }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::dictionary::TumorRecord;

    fn record(number: &str, last: &str, tumors: &[(&str, &str)]) -> Record {
        Record {
            version: Version(250),
            patient: [("patientIdNumber", number), ("nameLast", last)].into_iter().collect(),
            envelope: String::new(),
            tumors: tumors
                .iter()
                .map(|(number, site)| TumorRecord {
                    items: [("tumorRecordNumber", *number), ("primarySite", *site)].into_iter().collect(),
                    envelope: String::new(),
                })
                .collect(),
        }
    }

    fn decide(pool: &mut Pool, record: &Record) -> Decided {
        pool.decide::<Infallible>(record, "root", &mut |_| Ok(Younger::new())).unwrap()
    }

    #[test]
    fn a_patient_who_comes_twice_in_one_file_is_one_patient() {
        let mut pool = Pool::default();
        let first = decide(&mut pool, &record("1", "Doe", &[("01", "C509")]));
        assert_eq!((first.patient, first.tumors), (Fate::Accepted, vec![Fate::Accepted]));
        let more = decide(&mut pool, &record("1", "Doe", &[("02", "C619")]));
        assert_eq!((more.patient, more.tumors), (Fate::Merged, vec![Fate::Accepted]));
        let again = decide(&mut pool, &record("1", "Doe", &[("01", "C509"), ("02", "C619")]));
        assert_eq!((again.patient, again.tumors), (Fate::Duplicate, vec![Fate::Duplicate; 2]));
        let people = pool.into_people();
        assert_eq!((people.len(), people[0].tumors.len()), (1, 2));
    }

    #[test]
    fn a_stranger_with_the_number_is_a_new_patient_and_listed() {
        let mut pool = Pool::default();
        decide(&mut pool, &record("1", "Doe", &[]));
        let stranger = decide(&mut pool, &record("1", "Roe", &[]));
        assert_eq!(stranger.patient, Fate::Accepted);
        assert_eq!(stranger.reviews, vec![(None, Review::SameNumberOtherPerson)]);
        assert_eq!(decide(&mut pool, &record("1", "Roe", &[])).patient, Fate::Duplicate);
    }

    #[test]
    fn what_is_void_here_stays_void_and_is_listed() {
        let mut pool = Pool::default();
        decide(&mut pool, &record("1", "Doe", &[("01", "C509")]));
        decide(&mut pool, &record("2", "Roe", &[("01", "C509")]));
        pool.people[0].void = true;
        pool.people[1].tumors[0].voided = true;
        for (number, last) in [("1", "Doe"), ("2", "Roe")] {
            let again = decide(&mut pool, &record(number, last, &[("01", "C501")]));
            assert_eq!((again.patient, again.tumors), (Fate::Duplicate, vec![Fate::Duplicate]));
            assert_eq!(again.reviews[0].1, Review::VoidHere);
        }
    }

    #[test]
    fn what_is_younger_here_is_asked_for_once_and_stays() {
        let mut pool = Pool::default();
        pool.put(Known {
            key: Some(7),
            version: Version(240),
            patient: record("1", "Doe", &[]).patient,
            envelope: String::new(),
            tumors: vec![KnownTumor {
                key: Some(9),
                dirty: false,
                ..new_tumor(&record("", "", &[("01", "C509")]).tumors[0].items, "")
            }],
            void: false,
            dirty: false,
            former: Vec::new(),
        });
        let mut asked = 0;
        let mut changed = record("1", "Doe", &[("01", "C501")]);
        changed.patient.set("race1", "01");
        let decided = pool
            .decide::<Infallible>(&changed, "root", &mut |known| {
                asked += 1;
                assert_eq!(known.key, Some(7));
                Ok([((Some(9), "primarySite".to_owned()), Kept::TypedHere)].into_iter().collect())
            })
            .unwrap();
        assert_eq!(asked, 1);
        assert_eq!((decided.patient, decided.tumors), (Fate::Merged, vec![Fate::Duplicate]));
        assert_eq!(decided.reviews[0].1.code(), "typed_here");
        let known = pool.get(0).unwrap();
        assert_eq!(known.tumors[0].items.value("primarySite"), "C509");
        assert_eq!((known.version, known.dirty, known.tumors[0].dirty), (Version(250), true, false));
    }
}
