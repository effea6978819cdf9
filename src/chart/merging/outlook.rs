//! Two records side by side: what a merge would do, and what stands in its way.

use super::{
    rules::{self, Compared, Side},
    store,
};
use crate::{
    abstracting::{
        AbstractState, accession,
        sequence::{LifetimeTumor, together},
    },
    chart::{
        person::{Person, person},
        store as chart_store,
    },
    db::{StoreError, Tx},
    dictionary::{Items, names},
    followup_rules::merge::{Contradiction, Stands, settle},
    patient::Changed,
    tumor::TumorRow,
    web::PageError,
};

/// Two records that may be of one person.
pub(super) struct Both {
    /// The one with the older accession number.
    pub(super) stays: Person,
    /// The one that would be merged into it.
    pub(super) merged: Person,
}

/// A case in the merged record.
pub(super) struct CaseOutlook {
    pub(super) row: TumorRow,
    pub(super) items: Items,
    /// Whose it is now.
    pub(super) side: Side,
    pub(super) accession: Changed,
    pub(super) sequence: Changed,
    pub(super) record_number: Changed,
}

/// Two cases that may be one primary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    /// Public id of the case of the record that stays.
    pub(super) stays: String,
    /// Of the other's.
    pub(super) merged: String,
    pub(super) why: &'static str,
}

/// Something that stands in the way, with where to settle it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) words: String,
    /// Blank for none.
    pub(super) href: String,
}

/// What a merge would do.
pub(super) struct Outlook {
    /// Items in which the records differ.
    pub(super) items: Vec<Compared>,
    /// The cases of both, those of the record that stays first; deleted ones too.
    pub(super) cases: Vec<CaseOutlook>,
    /// Cases that may be one primary.
    pub(super) pairs: Vec<Pair>,
    /// Numbers whose order the dates do not tell, as public ids of the cases.
    pub(super) unordered: bool,
    /// Which record tells the outcome, and whether they contradict each other.
    pub(super) contact: (Stands, Option<Contradiction>),
    /// What stands in the way.
    pub(super) blocks: Vec<Block>,
    /// Accession numbers that will lead to the person.
    pub(super) former: Vec<String>,
    /// Versions of all that is shown: a merge of anything else is refused.
    pub(super) seen: String,
}

/// Reads two records of the facility; the one that stays by the older accession number, else by the one made first.
pub(super) fn both(tx: &mut Tx<'_>, one: &str, other: &str) -> Result<Both, PageError> {
    let (a, b) = (person(tx, one)?, person(tx, other)?);
    if a.row.id == b.row.id {
        return Err(PageError::BadRequest("These are not two records: it is the same one twice.".to_owned()));
    }
    let older = rules::older(&numbers(&a), &numbers(&b)).then(a.row.id.cmp(&b.row.id));
    Ok(if older.is_le() { Both { stays: a, merged: b } } else { Both { stays: b, merged: a } })
}

/// Accession numbers of all cases, deleted ones too.
fn numbers(person: &Person) -> Vec<String> {
    let mut all: Vec<String> =
        person.tumors.iter().map(|t| t.accession_number.clone()).filter(|n| !n.is_empty()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The number of the person: that of the record that stays, else none.
fn number_of(person: &Person) -> String {
    let mut all = numbers(person);
    all.sort_by(|a, b| rules::older(std::slice::from_ref(a), std::slice::from_ref(b)));
    all.into_iter().next().unwrap_or_default()
}

/// What a merge of the two would do now.
pub(super) fn outlook(tx: &mut Tx<'_>, both: &Both) -> Result<Outlook, PageError> {
    let cases = cases(both)?;
    let living =
        |side: Side| cases.iter().filter(move |c| c.side == side && !c.row.voided).collect::<Vec<_>>();
    let mut pairs = Vec::new();
    for own in living(Side::Stays) {
        for other in living(Side::Merged) {
            if let Some(why) = rules::may_be_one(&own.items, &other.items) {
                pairs.push(Pair { stays: own.row.uid.clone(), merged: other.row.uid.clone(), why });
            }
        }
    }
    let lives = |side| living(side).into_iter().map(|c| LifetimeTumor::of(&c.items)).collect::<Vec<_>>();
    let unordered = !together(&lives(Side::Stays), &lives(Side::Merged)).unordered.is_empty();
    let blocks = blocks(tx, both, &cases)?;
    Ok(Outlook {
        items: rules::compared(&both.stays.items, &both.merged.items),
        pairs,
        unordered,
        contact: settle(&both.stays.items, &both.merged.items),
        blocks,
        former: numbers(&both.merged),
        seen: seen(both),
        cases,
    })
}

/// Versions of both records and all their cases, as one word.
fn seen(both: &Both) -> String {
    let of = |person: &Person| {
        let mut all = vec![format!("{}.{}", person.row.uid, person.row.version)];
        all.extend(person.tumors.iter().map(|t| format!("{}.{}", t.uid, t.version)));
        all.join(",")
    };
    format!("{};{}", of(&both.stays), of(&both.merged))
}

fn cases(both: &Both) -> Result<Vec<CaseOutlook>, StoreError> {
    let number = number_of(&both.stays);
    let mut all = Vec::new();
    for (side, person) in [(Side::Stays, &both.stays), (Side::Merged, &both.merged)] {
        for row in &person.tumors {
            let items = row.items()?;
            let own = items.value(names::ACCESSION_NUMBER_HOSP).to_owned();
            let to = match side {
                Side::Merged if !number.is_empty() => number.clone(),
                _ => own.clone(),
            };
            let sequence = items.value(names::SEQUENCE_NUMBER_HOSPITAL).to_owned();
            let record = items.value(names::TUMOR_RECORD_NUMBER).to_owned();
            all.push(CaseOutlook {
                accession: Changed::new(own, to),
                sequence: Changed::new(sequence.clone(), sequence),
                record_number: Changed::new(record.clone(), record),
                row: row.clone(),
                items,
                side,
            });
        }
    }
    give_numbers(&mut all);
    Ok(all)
}

/// The sequence numbers and the numbers within the patient, in one person.
fn give_numbers(cases: &mut [CaseOutlook]) {
    let lives = |side: Side, cases: &[CaseOutlook]| -> Vec<LifetimeTumor> {
        cases
            .iter()
            .filter(|c| c.side == side && !c.row.voided)
            .map(|c| LifetimeTumor::of(&c.items))
            .collect()
    };
    let numbers = together(&lives(Side::Stays, cases), &lives(Side::Merged, cases));
    for (side, numbers) in [(Side::Stays, numbers.first), (Side::Merged, numbers.second)] {
        let own = cases.iter_mut().filter(|c| c.side == side && !c.row.voided);
        own.zip(numbers).for_each(|(case, number)| case.sequence.to = number);
    }
    let mut taken: Vec<String> =
        cases.iter().filter(|c| c.side == Side::Stays).map(|c| c.record_number.to.clone()).collect();
    for case in cases.iter_mut().filter(|c| c.side == Side::Merged) {
        case.record_number.to = rules::record_number(&case.record_number.from, &taken);
        taken.push(case.record_number.to.clone());
    }
}

/// Who a record is, as sentences name it: its accession number.
pub(super) fn called(person: &Person) -> String {
    match number_of(person).as_str() {
        "" => "the record without an accession number".to_owned(),
        number => format!("the record {}", accession::shown(number)),
    }
}

fn blocks(tx: &mut Tx<'_>, both: &Both, cases: &[CaseOutlook]) -> Result<Vec<Block>, PageError> {
    let scope = tx.scope()?;
    let mut blocks = Vec::new();
    let mut add = |words: String, href: String| blocks.push(Block { words, href });
    for person in [&both.stays, &both.merged] {
        if person.row.state != "active" {
            add(format!("{} is void.", capital(&called(person))), format!("/patients/{}", person.row.uid));
        }
        if !chart_store::requests(tx.conn(), scope, Some(person.row.id))?.is_empty() {
            let words = format!("Somebody asked to void {}; a supervisor decides first.", called(person));
            add(words, format!("/patients/{}/correction", person.row.uid));
        }
        for row in store::of_patient(tx.conn(), scope, person.row.id, &["open", "undo_asked"])? {
            let pair = [row.survivor_id, row.merged_id];
            if row.state == "open" && pair.contains(&both.stays.row.id) && pair.contains(&both.merged.row.id)
            {
                continue;
            }
            let words = format!("Somebody asked to merge or part {}; that is decided first.", called(person));
            add(words, format!("/merges/{}", row.uid));
        }
    }
    let living: Vec<&CaseOutlook> = cases.iter().filter(|c| !c.row.voided).collect();
    let keys: Vec<i64> = living.iter().map(|c| c.row.id).collect();
    let reviewed = store::in_review(tx.conn(), scope, &keys)?;
    for case in &living {
        let what = format!(
            "Case {} {}",
            accession::shown(&case.accession.from),
            if case.sequence.from.is_empty() { "without a sequence number" } else { &case.sequence.from }
        );
        match AbstractState::parse(&case.row.state) {
            Some(AbstractState::DeleteRequested) => add(
                format!("{what} waits for the decision whether it is deleted."),
                format!("/abstracts/{}/deletion", case.row.uid),
            ),
            Some(AbstractState::QaReview) => add(
                format!("{what} is looked at by a reviewer; it can be merged when it comes back."),
                format!("/abstracts/{}", case.row.uid),
            ),
            _ if reviewed.contains(&case.row.id) => add(
                format!("{what} is chosen for quality review; it can be merged when that is done."),
                format!("/abstracts/{}", case.row.uid),
            ),
            _ => {}
        }
    }
    for (n, case) in living.iter().enumerate() {
        let number = &case.sequence.to;
        let real = !number.is_empty() && number != "99" && number != "88";
        let clash = living.iter().take(n).any(|c| c.sequence.to == *number && c.side != case.side);
        if real && clash {
            let words = format!(
                "Two cases would have sequence number {number}. Give one of them another number, or ask for its deletion."
            );
            add(words, format!("/abstracts/{}/case#sequenceNumberHospital", case.row.uid));
        }
    }
    blocks.dedup();
    Ok(blocks)
}

/// With a capital at the beginning.
pub(super) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
