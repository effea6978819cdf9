//! What all groups of one import share: the file's age, facilities, staff codes.

use std::{cell::RefCell, collections::HashMap};

use chrono::{DateTime, Utc};

use crate::{
    access::{Actor, ActorKind},
    db::{StoreError, Tx},
    dictionary::names,
    exchange::{
        edit_notes::Judging,
        groups::Group,
        naaccr_xml::{Outcome, PatientRead},
        store,
    },
    facility::Facility,
};

/// What all groups of a run share.
pub(super) struct Context {
    actor: Actor,
    home: i64,
    facilities: Vec<Facility>,
    /// When the file was made.
    pub(super) made: Option<DateTime<Utc>>,
    /// When the files of other batches were made, by public id.
    others: RefCell<HashMap<String, Option<DateTime<Utc>>>>,
    /// Accounts by staff code, by facility.
    staff: RefCell<HashMap<i64, HashMap<String, i64>>>,
}

/// Patients of a group that go to one facility.
pub(super) struct Part {
    pub(super) facility: i64,
    pub(super) group: Group,
}

impl Context {
    pub(super) fn new(actor: &Actor, facilities: Vec<Facility>, made: Option<DateTime<Utc>>) -> Self {
        Self {
            actor: actor.clone(),
            home: actor.scope().map_or(0, |s| s.facility()),
            facilities,
            made,
            others: RefCell::default(),
            staff: RefCell::default(),
        }
    }

    /// All facilities.
    pub(super) fn facilities(&self) -> &[Facility] {
        &self.facilities
    }

    /// The actor in the facility of a part.
    pub(super) fn actor(&self, facility: i64) -> Actor {
        self.actor.at(facility)
    }

    /// The facility that a patient's own items name, if we have it.
    pub(super) fn named(&self, read: &PatientRead) -> Option<(&Facility, String)> {
        let plain = |text: &str| text.trim().trim_start_matches('0').to_owned();
        read.record.tumors.iter().find_map(|tumor| {
            [names::NPI_REPORTING_FACILITY, names::REPORTING_FACILITY].iter().find_map(|id| {
                let said = plain(tumor.items.value(id));
                let found = self.facilities.iter().find(|f| {
                    let own = if *id == names::REPORTING_FACILITY { &f.fin } else { &f.npi };
                    !said.is_empty() && plain(own) == said
                });
                found.map(|f| (f, format!("{id} {}", tumor.items.value(id))))
            })
        })
    }

    /// Judges the records of some outcomes, each for the facility it goes to.
    pub(super) fn judge<'a>(&self, outcomes: impl IntoIterator<Item = &'a Outcome>, judging: &mut Judging) {
        for outcome in outcomes {
            if let Outcome::Patient(read) = outcome {
                judging.note(read, self.facility_of(outcome));
            }
        }
    }

    fn facility_of(&self, outcome: &Outcome) -> i64 {
        match outcome {
            Outcome::Patient(read) if matches!(self.actor.kind, ActorKind::Host) => {
                self.named(read).map_or(self.home, |(f, _)| f.key)
            }
            _ => self.home,
        }
    }

    /// Cuts a group where the facility changes.
    pub(super) fn split(&self, group: Group) -> Vec<Part> {
        let (upto, bytes, last) = (group.upto, group.bytes, group.last);
        let mut before = upto - u64::try_from(group.outcomes.len()).unwrap_or(0);
        let mut parts: Vec<Part> = Vec::new();
        for outcome in group.outcomes {
            before += 1;
            let facility = self.facility_of(&outcome);
            match parts.last_mut().filter(|p| p.facility == facility) {
                Some(part) => {
                    part.group.outcomes.push(outcome);
                    part.group.upto = before;
                }
                None => parts.push(Part {
                    facility,
                    group: Group { outcomes: vec![outcome], upto: before, bytes, last },
                }),
            }
        }
        parts
    }

    /// Account of a staff code in the facility of the transaction.
    pub(super) fn owner(&self, tx: &mut Tx<'_>, code: &str) -> Result<Option<i64>, StoreError> {
        let code = code.trim().to_uppercase();
        if code.is_empty() {
            return Ok(None);
        }
        let scope = tx.scope()?;
        let mut staff = self.staff.borrow_mut();
        if let Some(codes) = staff.get(&scope.facility()) {
            return Ok(codes.get(&code).copied());
        }
        let codes: HashMap<String, i64> = store::staff_codes(tx.conn(), scope)?.into_iter().collect();
        let owner = codes.get(&code).copied();
        staff.insert(scope.facility(), codes);
        Ok(owner)
    }

    /// When the file of a batch was made.
    pub(super) fn made_of(&self, tx: &mut Tx<'_>, uid: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
        if let Some(made) = self.others.borrow().get(uid) {
            return Ok(*made);
        }
        let scope = tx.scope()?;
        let batch = store::batch_by_uid(tx.conn(), scope, uid)?;
        let made = batch.and_then(|b| {
            let begun = b.started_at.and_utc();
            made_before(b.root_element().and_then(|r| r.made()), begun).or(Some(begun))
        });
        self.others.borrow_mut().insert(uid.to_owned(), made);
        Ok(made)
    }
}

/// When a file was made: what the file says, unless it says a day to come.
pub(super) fn made_before(made: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    made.filter(|m| *m <= now)
}
