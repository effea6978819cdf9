//! What each line of a list becomes, and taking them all in one transaction.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::{
    read::{Complaint, List},
    store::{self as batches, NewBatch},
};
use crate::{
    access::Scope,
    audit::{AuditAction, Event},
    casefinding::{
        arrive::{Arrived, Way, arrive},
        store,
    },
    db::{Conn, StoreError, Tx},
};

/// What a line becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::casefinding) enum Fate {
    /// An item of the pool.
    Candidate,
    /// An item that supervisors see.
    ScreenedOut,
    /// The item with this public id came before.
    Before(String),
    /// The same as a line above.
    Above(usize),
    /// Not understood.
    Rejected(Vec<Complaint>),
}

/// Lines of a list by what they became.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::casefinding) struct Counts {
    pub(in crate::casefinding) received: i64,
    pub(in crate::casefinding) candidates: i64,
    pub(in crate::casefinding) screened_out: i64,
    pub(in crate::casefinding) duplicates: i64,
    pub(in crate::casefinding) rejected: i64,
}

impl Counts {
    fn of<'a>(received: usize, fates: impl Iterator<Item = &'a Fate>) -> Self {
        let mut counts = Self { received: i64::try_from(received).unwrap_or(i64::MAX), ..Self::default() };
        for fate in fates {
            *match fate {
                Fate::Candidate => &mut counts.candidates,
                Fate::ScreenedOut => &mut counts.screened_out,
                Fate::Before(_) | Fate::Above(_) => &mut counts.duplicates,
                Fate::Rejected(_) => &mut counts.rejected,
            } += 1;
        }
        counts
    }

    /// Every line became one thing.
    pub(in crate::casefinding) fn holds(self) -> bool {
        self.received == self.candidates + self.screened_out + self.duplicates + self.rejected
    }
}

/// A line that made no item, as the list keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::casefinding) struct LineReport {
    pub(in crate::casefinding) line: usize,
    /// Public id of the item that came before; blank otherwise.
    pub(in crate::casefinding) first: String,
    /// The same as a line above.
    pub(in crate::casefinding) above: bool,
    pub(in crate::casefinding) column: String,
    pub(in crate::casefinding) value: String,
    pub(in crate::casefinding) says: String,
}

impl LineReport {
    /// Is it a duplicate? Otherwise it was not understood.
    pub(in crate::casefinding) fn duplicate(&self) -> bool {
        self.above || !self.first.is_empty()
    }
}

/// What each line would become now.
pub(in crate::casefinding) fn fates(
    conn: &mut Conn,
    scope: Scope,
    list: &List,
) -> Result<(Vec<Fate>, Counts), StoreError> {
    let mut above: HashMap<(&str, &str), usize> = HashMap::new();
    let mut fates = Vec::with_capacity(list.lines.len());
    for line in &list.lines {
        fates.push(match &line.read {
            Err(complaints) => Fate::Rejected(complaints.clone()),
            Ok(item) => {
                let key = (item.system.as_str(), item.id.as_str());
                if let Some(number) = above.get(&key) {
                    Fate::Above(*number)
                } else if let Some(first) =
                    store::of_source(conn, scope, item.source, &item.system, &item.id)?
                {
                    Fate::Before(first)
                } else {
                    above.insert(key, line.number);
                    match item.facts.screened.candidate {
                        true => Fate::Candidate,
                        false => Fate::ScreenedOut,
                    }
                }
            }
        });
    }
    let counts = Counts::of(list.lines.len(), fates.iter());
    Ok((fates, counts))
}

/// What is kept of the lines that make no item.
pub(in crate::casefinding) fn not_taken(list: &List, fates: &[Fate]) -> Vec<LineReport> {
    let mut told = Vec::new();
    for (line, fate) in list.lines.iter().zip(fates) {
        let of = LineReport { line: line.number, ..LineReport::default() };
        match fate {
            Fate::Candidate | Fate::ScreenedOut => {}
            Fate::Before(first) => told.push(LineReport { first: first.clone(), ..of }),
            Fate::Above(above) => {
                told.push(LineReport { says: format!("the same as line {above}"), above: true, ..of });
            }
            Fate::Rejected(complaints) => told.extend(complaints.iter().map(|c| LineReport {
                column: c.column.clone(),
                value: c.value.clone(),
                says: c.says.clone(),
                ..of.clone()
            })),
        }
    }
    told
}

/// When the same text was taken before, and the public id of that list.
pub(in crate::casefinding) fn first_taken(
    conn: &mut Conn,
    scope: Scope,
    list: &List,
) -> Result<Option<(String, NaiveDateTime)>, StoreError> {
    batches::same(conn, scope, list.source, &list.sha256)
}

/// Takes a list: its counts, its items and what was not taken, all or nothing. The public id of the list.
///
/// # Errors
/// Of the store; also when the counts would not add up, and then nothing is written.
pub(crate) fn take(
    tx: &mut Tx<'_>,
    today: NaiveDate,
    list: &List,
    file_name: &str,
) -> Result<String, StoreError> {
    let scope = tx.scope()?;
    let (fates, counts) = fates(tx.conn(), scope, list)?;
    let wrong = || StoreError::Refused("the counts of the list do not add up; nothing was taken".to_owned());
    if !counts.holds() {
        return Err(wrong());
    }
    let report = serde_json::to_string(&not_taken(list, &fates)).expect("texts are always JSON");
    let month = today.format("%Y-%m").to_string();
    let new = NewBatch {
        source: list.source,
        file_name,
        sha256: &list.sha256,
        month: &month,
        counts,
        report: &report,
    };
    let (batch, uid) = batches::insert(tx, &new)?;
    let mut kept = 0;
    for (line, fate) in list.lines.iter().zip(&fates) {
        if let (Ok(item), Fate::Candidate | Fate::ScreenedOut) = (&line.read, fate) {
            match arrive(tx, today, item, Way::List(batch))? {
                Arrived::Kept(_) => kept += 1,
                Arrived::Before(_) => return Err(wrong()),
            }
        }
    }
    if kept != counts.candidates + counts.screened_out {
        return Err(wrong());
    }
    tx.record(Event::new(AuditAction::ChangeSuspense).detail(format!(
        "list {uid} taken: {} lines, {} candidates, {} screened out, {} duplicates, {} rejected",
        counts.received, counts.candidates, counts.screened_out, counts.duplicates, counts.rejected
    )));
    Ok(uid)
}
