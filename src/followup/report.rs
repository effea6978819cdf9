//! The follow-up of a whole facility, computed from the records: lists, statuses and rates as the
//! command line gives them, for any day and any settings.
//!
//! The pages read projected dates; this reads the items again, so that a setting can be tried out for
//! once without touching what is stored. With the facility's own settings both say the same.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::store;
use crate::{
    db::{StoreError, Tx},
    followup_rules::{
        Extra, Facts, PatientRates, RATE_A_TARGET, RATE_B_TARGET, Rate, Settings, Standing, Status, Tally,
        Worksheet, is_coming, rate_b_from, rates, standing, status,
    },
    partial_date::PartialDate,
};

/// One patient of `followup list`. Registry dates are NAACCR digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Public id.
    pub id: String,
    /// `patientIdNumber`.
    pub patient_id_number: String,
    /// Smallest accession number.
    pub accession_number_hosp: String,
    /// `CURRENT` to `CLOSED-DEAD`.
    pub status: &'static str,
    /// Due within 30 days.
    pub coming: bool,
    /// `X1` to `X8`.
    pub exemption: Option<&'static str>,
    /// The exemption in words.
    pub exemption_reason: Option<&'static str>,
    /// Effective date of last contact.
    pub effective_dlc: Option<String>,
    /// First day due; the as-of day itself when there is no date at all.
    pub due_date: Option<String>,
    /// No complete date anywhere, so due at once.
    pub no_date: bool,
    /// Cases in rate A.
    pub rate_a: Rate,
    /// Cases in rate B.
    pub rate_b: Rate,
}

/// A patient with everything computed.
#[derive(Clone, Debug)]
pub struct Computed {
    /// Row key, for the audit event.
    pub key: i64,
    /// Where the patient stands.
    pub standing: Standing,
    /// The status on the day.
    pub status: Status,
    /// What is added to the rates.
    pub rates: PatientRates,
    /// The line.
    pub line: Line,
}

impl Computed {
    fn of(row: &store::RecordRow, settings: &Settings, as_of: NaiveDate) -> Result<Self, StoreError> {
        let extra = Extra {
            short_interval_months: row.short_interval.and_then(|m| u32::try_from(m).ok()),
            lost: row.lost,
        };
        let tumors: Vec<_> = row.tumors.iter().collect();
        let standing = standing(&Facts::of(&row.items, &tumors, extra), settings);
        let status = status(&standing, standing.lost, as_of);
        let rates = rates(&standing, standing.lost, as_of);
        let digits = |day: NaiveDate| PartialDate::from(day).to_string();
        let exemption = status.exemption();
        let line = Line {
            id: row.uid.clone(),
            patient_id_number: row.patient_id_number.clone(),
            accession_number_hosp: row.accession_number.clone(),
            status: status.code(),
            coming: is_coming(&standing, as_of),
            exemption: exemption.map(|e| e.code()),
            exemption_reason: exemption.map(|e| e.reason()),
            effective_dlc: standing.effective_dlc.map(digits),
            due_date: status.is_followed().then(|| digits(standing.due.unwrap_or(as_of))),
            no_date: standing.effective_dlc.is_none(),
            rate_a: rates.a,
            rate_b: rates.b,
        };
        Ok(Self { key: row.id, standing, status, rates, line })
    }

    /// The order of the work list; exempt and closed patients last.
    fn order(&self, as_of: NaiveDate) -> impl Ord + use<> {
        let group = match self.status {
            Status::Delinquent => 0,
            Status::Overdue => 1,
            Status::Due => 2,
            Status::Current if self.line.coming => 3,
            Status::Current => 4,
            Status::Lost => 5,
            Status::Exempt(_) => 6,
            Status::ClosedDead => 7,
        };
        let since = rate_b_from(as_of);
        let outside_b = self.standing.rate_dx_latest.is_none_or(|dx| dx < since);
        (group, outside_b, self.standing.effective_dlc, self.line.accession_number_hosp.clone(), self.key)
    }
}

/// Patients read at a time.
const BATCH: i64 = 500;

/// Goes through all active patients of the actor's facility.
pub fn each(
    tx: &mut Tx<'_>,
    settings: &Settings,
    as_of: NaiveDate,
    mut take: impl FnMut(Computed),
) -> Result<(), StoreError> {
    let scope = tx.scope()?;
    let mut after = 0;
    loop {
        let rows = store::records(tx.conn(), scope, after, BATCH)?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        for row in &rows {
            take(Computed::of(row, settings, as_of)?);
        }
    }
}

/// One active patient, by row key.
pub fn one(
    tx: &mut Tx<'_>,
    key: i64,
    settings: &Settings,
    as_of: NaiveDate,
) -> Result<Option<Computed>, StoreError> {
    let scope = tx.scope()?;
    let rows = store::records(tx.conn(), scope, key - 1, 1)?;
    rows.iter().find(|row| row.id == key).map(|row| Computed::of(row, settings, as_of)).transpose()
}

/// The list in the order of the work list; `all` adds exempt and closed patients.
pub fn list(
    tx: &mut Tx<'_>,
    settings: &Settings,
    as_of: NaiveDate,
    all: bool,
) -> Result<Vec<Computed>, StoreError> {
    let mut found = Vec::new();
    each(tx, settings, as_of, |computed| {
        if all || computed.status.is_followed() {
            found.push(computed);
        }
    })?;
    found.sort_by_cached_key(|computed| computed.order(as_of));
    Ok(found)
}

/// Both rates with their worksheets, and the patients by status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// The counts.
    pub tally: Tally,
    /// Patients by status.
    pub by_status: BTreeMap<&'static str, u64>,
}

impl Rates {
    /// Counts a facility.
    pub fn of(tx: &mut Tx<'_>, settings: &Settings, as_of: NaiveDate) -> Result<Self, StoreError> {
        let mut rates = Self::default();
        rates.by_status.extend(Status::CODES.map(|code| (code, 0)));
        each(tx, settings, as_of, |computed| {
            rates.tally.add(computed.rates);
            *rates.by_status.entry(computed.status.code()).or_default() += 1;
        })?;
        Ok(rates)
    }

    /// Adds another facility.
    pub fn add(&mut self, other: &Self) {
        self.tally += other.tally;
        for (code, n) in &other.by_status {
            *self.by_status.entry(code).or_default() += n;
        }
    }

    /// The JSON of `followup rates`.
    pub fn json(&self, as_of: NaiveDate) -> serde_json::Value {
        serde_json::json!({
            "asOf": as_of.to_string(),
            "rateA": rate_json(self.tally.cases_a.rate(), RATE_A_TARGET),
            "rateB": rate_json(self.tally.cases_b.rate(), RATE_B_TARGET),
            "byStatus": self.by_status,
            "worksheetA": worksheet_json(self.tally.cases_a),
            "worksheetB": worksheet_json(self.tally.cases_b),
            "patients": {
                "rateA": rate_json(self.tally.patients_a.rate(), RATE_A_TARGET),
                "rateB": rate_json(self.tally.patients_b.rate(), RATE_B_TARGET),
            },
        })
    }
}

fn rate_json(rate: Rate, target: u32) -> serde_json::Value {
    serde_json::json!({
        "num": rate.num,
        "den": rate.den,
        "percent": rate.percent(target),
        "target": target,
        "passes": rate.passes(target),
        "neededToPass": rate.needed_to_pass(target),
    })
}

fn worksheet_json(sheet: Worksheet) -> serde_json::Value {
    serde_json::json!({
        "eligible": sheet.eligible,
        "dead": sheet.dead,
        "living": sheet.living(),
        "current": sheet.current,
        "lost": sheet.lost(),
    })
}
