//! What a merge would do, in words, as the pages show it.

use super::{
    act::Plan,
    outlook::{Block, Both, CaseOutlook, Outlook, called, capital},
    rules::{Compared, Side},
};
use crate::{
    abstracting::{accession, form_rows},
    chart::person::{Fact, Person, coded, date, facts, primary},
    dictionary::{Dictionary, Items, names},
    facility::Desk,
    followup_rules::merge::Stands,
    web::{Control, Field, FormErrors, PageError, Status},
};

/// One of the records at the head of the page.
pub(super) struct Head {
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) facts: Vec<Fact>,
}

/// An item in which the records differ.
pub(super) struct ItemLine {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) stays: String,
    pub(super) merged: String,
    /// A person may choose.
    pub(super) asks: bool,
    /// The value of the other record is taken.
    pub(super) takes: bool,
}

/// A case in the merged record.
pub(super) struct CaseLine {
    pub(super) href: String,
    pub(super) title: String,
    pub(super) histology: String,
    pub(super) diagnosed: String,
    pub(super) status: Status,
    pub(super) comes: bool,
    /// `2022-00002`, or `2022-00002 becomes 2022-00001`.
    pub(super) accession: String,
    pub(super) sequence: String,
    /// What follows for a complete or submitted case; blank for nothing.
    pub(super) flag: &'static str,
}

/// Two cases that may be one primary.
pub(super) struct PairLine {
    pub(super) stays: String,
    pub(super) merged: String,
    pub(super) why: &'static str,
    /// The cases, where one of them can be deleted.
    pub(super) hrefs: [String; 2],
    /// The answer as a field, or as given.
    pub(super) reason: Field,
    /// Ids of the two cases, as the form sends them.
    pub(super) ids: String,
}

/// What a merge would do, in words.
pub(super) struct Shown {
    pub(super) stays: Head,
    pub(super) merged: Head,
    pub(super) items: Vec<ItemLine>,
    pub(super) cases: Vec<CaseLine>,
    pub(super) pairs: Vec<PairLine>,
    pub(super) outcome: String,
    /// Blank for none.
    pub(super) contradiction: String,
    pub(super) unordered: bool,
    pub(super) blocks: Vec<Block>,
    pub(super) seen: String,
}

/// What the abstract calls an item; the dictionary's name for others.
pub(super) fn label_of(item: &str) -> String {
    let row = form_rows().iter().find(|row| row.id() == item);
    row.map_or_else(|| Dictionary::label(item), |row| row.label).to_owned()
}

fn value_words(items: &Items, id: &str) -> String {
    match items.value(id) {
        "" => String::new(),
        _ if id.starts_with("date") => date(items, id),
        _ => coded(items, id),
    }
}

fn item_line(found: &Compared, both: &Both, plan: &Plan) -> ItemLine {
    let side = plan.chosen(&found.item).filter(|_| found.asks).unwrap_or(found.rule);
    ItemLine {
        label: label_of(&found.item),
        stays: value_words(&both.stays.items, &found.item),
        merged: value_words(&both.merged.items, &found.item),
        asks: found.asks,
        takes: side == Side::Merged,
        id: found.item.clone(),
    }
}

fn becomes(from: &str, to: &str) -> String {
    match (from, to) {
        (from, to) if from == to => if from.is_empty() { "none" } else { from }.to_owned(),
        ("", to) => format!("{to}, new"),
        (from, to) => format!("{from} becomes {to}"),
    }
}

fn case_line(case: &CaseOutlook) -> Result<CaseLine, PageError> {
    let shown = primary(&case.row)?;
    let flag = match (case.change_words(), case.row.state.as_str()) {
        (Some(_), "submitted") => "was sent; a correction has to be sent",
        (Some(_), "complete") => "stays complete, corrected",
        _ => "",
    };
    Ok(CaseLine {
        href: format!("/abstracts/{}", case.row.uid),
        title: shown.title,
        histology: shown.histology,
        diagnosed: shown.diagnosed,
        status: shown.status,
        comes: case.side == Side::Merged,
        accession: becomes(&accession::shown(&case.accession.from), &accession::shown(&case.accession.to)),
        sequence: becomes(&case.sequence.from, &case.sequence.to),
        flag: if case.row.voided { "" } else { flag },
    })
}

fn head(desk: &Desk, person: &Person) -> Head {
    Head { uid: person.row.uid.clone(), name: person.name(), facts: facts(desk, person) }
}

fn pair_words(case: &CaseOutlook) -> Result<String, PageError> {
    let shown = primary(&case.row)?;
    let words = [shown.title, shown.histology, shown.diagnosed].into_iter().filter(|w| !w.is_empty());
    Ok(words.collect::<Vec<_>>().join(", "))
}

fn outcome_words(both: &Both, stands: Stands) -> String {
    let tells = match stands {
        Stands::Second => &both.merged,
        Stands::First | Stands::Either => &both.stays,
    };
    let facts = outcome_facts(tells);
    match stands {
        Stands::Either => format!("Both records say the same: {facts}."),
        _ => format!("{}, as {} tells.", capital(&facts), called(tells)),
    }
}

/// `last contact 2025-02-03, vital status 1 Alive`.
pub(super) fn outcome_facts(person: &Person) -> String {
    let last = date(&person.items, names::DATE_OF_LAST_CONTACT);
    let last = if last.is_empty() { "without a date".to_owned() } else { last };
    let status = coded(&person.items, names::VITAL_STATUS);
    let status = if status.is_empty() { "not told".to_owned() } else { status };
    format!("last contact {last}, vital status {status}")
}

/// All of it, with what somebody chose and answered so far.
pub(super) fn shown(
    desk: &Desk,
    both: &Both,
    outlook: &Outlook,
    plan: &Plan,
    errors: &FormErrors,
) -> Result<Shown, PageError> {
    let mut pairs = Vec::new();
    for (n, pair) in outlook.pairs.iter().enumerate() {
        let of = |uid: &str| outlook.cases.iter().find(|c| c.row.uid == uid);
        let (Some(own), Some(other)) = (of(&pair.stays), of(&pair.merged)) else { continue };
        let name = format!("pair-{n}");
        let reason = Field::new(name.clone(), "Why they are two primaries", Control::Area { rows: 2 })
            .hint("Kept as a note of both cases.")
            .value(plan.reason_of(&pair.stays, &pair.merged))
            .error(errors.of(&name));
        pairs.push(PairLine {
            stays: pair_words(own)?,
            merged: pair_words(other)?,
            why: pair.why,
            hrefs: [&pair.stays, &pair.merged].map(|uid| format!("/abstracts/{uid}/deletion")),
            reason,
            ids: format!("{},{}", pair.stays, pair.merged),
        });
    }
    Ok(Shown {
        stays: head(desk, &both.stays),
        merged: head(desk, &both.merged),
        items: outlook.items.iter().map(|found| item_line(found, both, plan)).collect(),
        cases: outlook.cases.iter().map(case_line).collect::<Result<_, _>>()?,
        pairs,
        outcome: outcome_words(both, outlook.contact.0),
        contradiction: outlook.contact.1.map(|c| capital(&c.to_string())).unwrap_or_default(),
        unordered: outlook.unordered,
        blocks: outlook.blocks.clone(),
        seen: outlook.seen.clone(),
    })
}
