//! A file names a person by a record that was merged into another here. What it says is put into the words of the
//! record that stays: its number, the numbers of the cases; and what the merged record said already, it says no more.

use super::Known;
use crate::{
    dictionary::{Items, Record, TumorRecord, names},
    exchange::matching::{number, patient_number, tumors_contradict},
    patient::{Former, matching::contradict},
};

/// The record as the person stands here now; `None` when the file does not name one that was merged.
pub(super) fn translated(incoming: &Record, known: &Known) -> Option<Record> {
    let own = patient_number(&incoming.patient);
    let former = known.former.iter().find(|former| {
        let theirs = patient_number(&former.items);
        let by_number = own.is_some() && own == theirs;
        let by_accession = (own.is_none() || theirs.is_none())
            && incoming.tumors.iter().any(|t| is_former(former, t.items.value(names::ACCESSION_NUMBER_HOSP)));
        (by_number || by_accession) && !contradict(&incoming.patient, &former.items)
    })?;
    let mut record = incoming.clone();
    record.patient = patient(&incoming.patient, former, known);
    for tumor in &mut record.tumors {
        translate(tumor, former, known);
    }
    Some(record)
}

/// The record with its cases under the numbers that they have since other records were merged into this one; `None`
/// when none was.
pub(super) fn numbered_now(incoming: &Record, known: &Known) -> Option<Record> {
    let mut record = (!known.former.is_empty()).then(|| incoming.clone())?;
    for tumor in &mut record.tumors {
        known.former.iter().for_each(|former| translate(tumor, former, known));
    }
    Some(record)
}

fn is_former(former: &Former, accession: &str) -> bool {
    !accession.is_empty() && former.cases.iter().any(|case| case.moved && case.accession.from == accession)
}

/// What the file says of the patient beyond the merged record, under the number of the one that stays.
fn patient(incoming: &Items, former: &Former, known: &Known) -> Items {
    let mut items = incoming.clone();
    for (id, value) in incoming.iter() {
        if value.trim() == former.items.value(id) {
            items.remove(id);
        }
    }
    if known.patient.has(names::PATIENT_ID_NUMBER) {
        items.remove(names::PATIENT_ID_NUMBER);
    }
    items
}

/// A number as it is compared; zeros are one.
fn plain(value: &str) -> String {
    number(value).unwrap_or_else(|| if value.trim().is_empty() { String::new() } else { "0".to_owned() })
}

/// Gives a case of a file the numbers that it has here now.
fn translate(tumor: &mut TumorRecord, former: &Former, known: &Known) {
    let said = |id: &str| tumor.items.value(id).to_owned();
    let (accession, sequence) = (said(names::ACCESSION_NUMBER_HOSP), said(names::SEQUENCE_NUMBER_HOSPITAL));
    let record_number = said(names::TUMOR_RECORD_NUMBER);
    let had = |key: i64| {
        former.cases.iter().any(|case| {
            case.id == key
                && case.accession.from == accession
                && plain(&case.sequence.from) == plain(&sequence)
                && (record_number.is_empty()
                    || case.record_number.from.is_empty()
                    || plain(&case.record_number.from) == plain(&record_number))
        })
    };
    let has = |items: &Items| {
        items.value(names::ACCESSION_NUMBER_HOSP) == accession
            && plain(items.value(names::SEQUENCE_NUMBER_HOSPITAL)) == plain(&sequence)
    };
    // Of the case that had the numbers and the one that has them now, the one that says more of the same is meant.
    let mut best: Option<(usize, &Items)> = None;
    for stored in known.tumors.iter().filter(|t| !tumors_contradict(&tumor.items, &t.items)) {
        if stored.key.is_some_and(had) || has(&stored.items) {
            let same = [names::PRIMARY_SITE, names::HISTOLOGIC_TYPE_ICD_O_3, names::DATE_OF_DIAGNOSIS]
                .iter()
                .filter(|id| tumor.items.value(id) == stored.items.value(id))
                .count();
            if best.is_none_or(|(most, _)| same > most) {
                best = Some((same, &stored.items));
            }
        }
    }
    let ids = [names::ACCESSION_NUMBER_HOSP, names::SEQUENCE_NUMBER_HOSPITAL, names::TUMOR_RECORD_NUMBER];
    if let Some((_, now)) = best {
        for id in ids {
            match now.value(id) {
                "" => {
                    tumor.items.remove(id);
                }
                value => tumor.items.set(id, value),
            }
        }
        return;
    }
    // A case that is new here belongs to the person's one accession number.
    if is_former(former, &accession) {
        let to = former.cases.iter().find(|case| case.moved).map(|case| case.accession.to.clone());
        tumor.items.set(names::ACCESSION_NUMBER_HOSP, to.unwrap_or(accession));
        tumor.items.remove(names::TUMOR_RECORD_NUMBER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dictionary::Version,
        exchange::plan::KnownTumor,
        patient::{Changed, MergedCase},
    };

    fn items(words: &str) -> Items {
        let id = |short: &str| match short {
            "number" => names::PATIENT_ID_NUMBER,
            "last" => names::NAME_LAST,
            "first" => names::NAME_FIRST,
            "acc" => names::ACCESSION_NUMBER_HOSP,
            "seq" => names::SEQUENCE_NUMBER_HOSPITAL,
            "rec" => names::TUMOR_RECORD_NUMBER,
            "site" => names::PRIMARY_SITE,
            "dx" => names::DATE_OF_DIAGNOSIS,
            "city" => names::ADDR_CURRENT_CITY,
            other => panic!("{other}"),
        };
        words.split_whitespace().map(|w| w.split_once('=').unwrap()).map(|(k, v)| (id(k), v)).collect()
    }

    /// Doe with a breast case, into whom Roe with a colon case was merged.
    fn known() -> Known {
        let tumor = |key: i64, words: &str| KnownTumor {
            key: Some(key),
            items: items(words),
            envelope: String::new(),
            voided: false,
            dirty: false,
        };
        let case =
            |id, moved, accession: (&str, &str), sequence: (&str, &str), record: (&str, &str)| MergedCase {
                id,
                moved,
                accession: Changed::new(accession.0, accession.1),
                sequence: Changed::new(sequence.0, sequence.1),
                record_number: Changed::new(record.0, record.1),
            };
        Known {
            key: Some(1),
            version: Version(250),
            patient: items("number=11 last=Doe first=Jo"),
            envelope: String::new(),
            tumors: vec![
                tumor(5, "acc=201900001 seq=01 rec=01 site=C504 dx=20190301"),
                tumor(6, "acc=201900001 seq=02 rec=02 site=C187 dx=20220301"),
            ],
            void: false,
            dirty: false,
            former: vec![Former {
                items: items("number=22 last=Roe first=Jo"),
                cases: vec![
                    case(5, false, ("201900001", "201900001"), ("00", "01"), ("01", "01")),
                    case(6, true, ("202200009", "201900001"), ("00", "02"), ("01", "02")),
                ],
            }],
        }
    }

    fn file(patient: &str, tumors: &[&str]) -> Record {
        let tumor = |words: &&str| TumorRecord { items: items(words), envelope: String::new() };
        Record {
            version: Version(250),
            patient: items(patient),
            envelope: String::new(),
            tumors: tumors.iter().map(tumor).collect(),
        }
    }

    #[test]
    fn the_merged_number_leads_to_the_person_and_the_case_to_its_numbers_now() {
        let known = known();
        let told =
            file("number=0022 last=Roe first=Jo", &["acc=202200009 seq=00 rec=01 site=C187 dx=20220301"]);
        let told = translated(&told, &known).unwrap();
        assert_eq!(told.patient, Items::default(), "it says nothing new of the person");
        assert_eq!(told.tumors[0].items, known.tumors[1].items);
        // Something new of the person, and a further case.
        let told =
            file("number=22 last=Roe first=Jo city=Ghent", &["acc=202200009 seq=02 site=C619 dx=20240301"]);
        let told = translated(&told, &known).unwrap();
        assert_eq!(told.patient, items("city=Ghent"));
        assert_eq!(told.tumors[0].items, items("acc=201900001 seq=02 site=C619 dx=20240301"));
    }

    #[test]
    fn a_stranger_with_the_number_and_the_person_itself_are_left_alone() {
        let known = known();
        for patient in ["number=22 last=Poe first=Al", "number=11 last=Doe first=Jo", "last=Doe first=Jo"] {
            assert!(
                translated(&file(patient, &["acc=201900001 seq=01 site=C504"]), &known).is_none(),
                "{patient}"
            );
        }
        assert!(
            translated(&file("last=Roe first=Jo", &["acc=202200009 seq=00 site=C187"]), &known).is_some()
        );
    }
}
