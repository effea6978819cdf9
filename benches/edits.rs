//! Tumors a second that all shipped edits judge on one core: `cargo bench --bench edits`.
//!
//! Beside it stands what the same run takes to read the same records from their stored text, so that the
//! figures can be compared from one machine to another.

use std::{hint::black_box, time::Instant};

use cancer_registry::{
    dictionary::Items,
    edits::{EditSet, Record, SHIPPED_TABLE, example_parameters, golden_records, shipped},
};

const ROUNDS: usize = 4_000;

fn main() {
    let begun = Instant::now();
    let set = EditSet::parse(SHIPPED_TABLE).expect("the shipped edits are read by the program itself");
    println!("{} edits read and checked in {:.1} ms", set.edits().len(), seconds(begun) * 1000.0);
    let records = records();
    let stored: Vec<(String, String)> = records.iter().map(|(p, t)| (p.to_json(), t.to_json())).collect();
    let parameters = example_parameters();
    let judged = rate("judged with all edits", records.len(), || {
        let mut found = 0;
        for (patient, tumor) in &records {
            let record = Record { patient, tumor, tumors: &[tumor], others: &[] };
            found += shipped().judge(&record, &parameters).findings.len();
        }
        found
    });
    let explained = rate("judged and each finding explained", records.len(), || {
        let mut fixes = 0;
        for (patient, tumor) in &records {
            let record = Record { patient, tumor, tumors: &[tumor], others: &[] };
            let judgement = shipped().judge(&record, &parameters);
            fixes += judgement.findings.iter().map(|f| f.explanation().fixes.len()).sum::<usize>();
        }
        fixes
    });
    let read = rate("read from their stored text", records.len(), || {
        let read = |json: &str| Items::from_json(json).map_or(0, |items| items.len());
        stored.iter().map(|(patient, tumor)| read(patient) + read(tumor)).sum()
    });
    println!("judging takes {:.1} times reading, explaining {:.1} times", read / judged, read / explained);
}

/// The golden records, and each with one mistake: mostly clean cases, as a registry has them.
fn records() -> Vec<(Items, Items)> {
    let mut all = Vec::new();
    for (_, record) in golden_records() {
        let Some(tumor) = record.tumors.into_iter().next() else { continue };
        for (item, value) in
            [("laterality", "5"), ("summaryStage2018", ""), ("rxDateSurgery", "2019"), ("grade", "9")]
        {
            let mut wrong = tumor.clone();
            wrong.set(item, value);
            all.push((record.patient.clone(), wrong));
        }
        all.push((record.patient, tumor));
    }
    all
}

fn seconds(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64()
}

/// Runs over the records a number of times; prints and gives tumors a second.
fn rate(what: &str, tumors: usize, mut run: impl FnMut() -> usize) -> f64 {
    black_box(run());
    let begun = Instant::now();
    let mut found = 0;
    for _ in 0..ROUNDS / tumors.max(1) {
        found += black_box(run());
    }
    let count = u32::try_from(ROUNDS / tumors.max(1) * tumors).unwrap_or(u32::MAX);
    let rate = f64::from(count) / seconds(begun);
    println!("{what}: {rate:.0} tumors a second ({found} in {count})");
    rate
}
