//! Where a patient stands, independent of the day one looks: the dates every status follows from.

use chrono::NaiveDate;

use super::{
    Centenarian, Exemption, Facts, Settings,
    eligibility::{is_by_agreement, tumor_exemption},
};
use crate::partial_date::{PartialDate, add_months};

/// Stands for "never" in projected dates: later than every date of the registry.
pub const FAR: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("a day of the calendar");

/// Where one primary stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TumorStanding {
    /// Why it needs no follow-up, by the tumor's own rules.
    pub exemption: Option<Exemption>,
    /// Counts in rate A as long as no patient rule (X7, X8) takes it out.
    pub in_rate: bool,
    /// Latest possible day of diagnosis, which decides about rate B; [`FAR`] when it is unknown, so that
    /// a case is never left out of a rate for want of a date.
    pub dx_latest: NaiveDate,
}

/// What follows from a patient's facts and the settings alone. The store projects these dates into
/// columns; a status or a count for a day is a comparison with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// One for each tumor, in the order given.
    pub tumors: Vec<TumorStanding>,
    /// X7: lives abroad.
    pub foreign: bool,
    /// `vitalStatus` is 0.
    pub dead: bool,
    /// Exempt whatever the day: every tumor is exempt (the reason of the first is shown), or X7.
    pub exemption: Option<Exemption>,
    /// Living, not abroad, with at least one tumor to follow. X8 may still end it, see `centenarian_from`.
    pub followed: bool,
    /// Effective date of last contact; `None` when the record has no complete date at all.
    pub effective_dlc: Option<NaiveDate>,
    /// First day the status is DUE. `None` when not followed, or when there is no date: then the patient
    /// is due at once.
    pub due: Option<NaiveDate>,
    /// First day the status is OVERDUE: the day after the last contact plus 13 months.
    pub overdue_from: Option<NaiveDate>,
    /// First day the status is DELINQUENT and the cases leave the numerators: the day after the last
    /// contact plus 15 months.
    pub delinquent_from: Option<NaiveDate>,
    /// First day X8 holds: over 100 years old and more than 12 months after the last contact. Only for
    /// followed patients.
    pub centenarian_from: Option<NaiveDate>,
    /// From that day on a centenarian's cases count as followed instead of leaving the rates.
    pub centenarian_counts: bool,
    /// Latest `dx_latest` of the cases in rate A; decides whether the patient counts in rate B.
    pub rate_dx_latest: Option<NaiveDate>,
    /// A supervisor marked the patient lost.
    pub lost: bool,
}

/// Months after the last contact by which the next is due. Source: CoC Standard 6.5, "at least annually".
const DUE_MONTHS: u32 = 12;
/// Months after which a due follow-up is overdue (house rule).
const OVERDUE_MONTHS: u32 = 13;
/// Months after which a patient is delinquent. Source: CoC Standard 6.5, follow-up calculation.
const DELINQUENT_MONTHS: u32 = 15;

/// Where a patient stands under a facility's settings.
pub fn standing(facts: &Facts, settings: &Settings) -> Standing {
    let tumors: Vec<TumorStanding> = facts
        .tumors
        .iter()
        .map(|tumor| {
            let exemption = tumor_exemption(tumor, settings);
            TumorStanding {
                exemption,
                in_rate: exemption.is_none() && !is_by_agreement(tumor),
                dx_latest: tumor.diagnosed.map_or(FAR, PartialDate::latest),
            }
        })
        .collect();
    let foreign = facts.tumors.iter().any(|t| t.next_source == "8")
        || facts.patient.country.as_ref().is_some_and(|c| !settings.home_countries.contains(c));
    let exemption = if tumors.iter().any(|t| t.exemption.is_none()) {
        foreign.then_some(Exemption::Foreign)
    } else {
        // A patient without any tumor has no analytic case.
        Some(tumors.first().and_then(|t| t.exemption).unwrap_or(Exemption::NotAnalytic))
    };
    let dead = facts.patient.dead;
    let followed = exemption.is_none() && !dead;
    let effective_dlc = effective_dlc(facts);
    let from = effective_dlc.filter(|_| followed);
    let due_months = facts.patient.extra.short_interval_months.map_or(DUE_MONTHS, |m| m.clamp(1, DUE_MONTHS));
    let over_100 = facts.patient.born.map(|born| day_after(plus_months(born.latest(), 1200)));
    Standing {
        foreign,
        dead,
        exemption,
        followed,
        effective_dlc,
        due: from.map(|l| plus_months(l, due_months)),
        overdue_from: from.map(|l| day_after(plus_months(l, OVERDUE_MONTHS))),
        delinquent_from: from.map(|l| day_after(plus_months(l, DELINQUENT_MONTHS))),
        centenarian_from: from
            .zip(over_100)
            .map(|(l, over_100)| over_100.max(day_after(plus_months(l, DUE_MONTHS)))),
        centenarian_counts: settings.centenarian == Centenarian::CountAsFollowed,
        rate_dx_latest: if exemption.is_none() {
            tumors.iter().filter(|t| t.in_rate).map(|t| t.dx_latest).max()
        } else {
            None
        },
        tumors,
        lost: facts.patient.extra.lost,
    }
}

/// The day from which the waiting is counted.
///
/// A complete last contact is that day. A partial one is its first day, raised to the latest complete
/// known date inside it; a blank one is the latest complete known date of all. The earliest possible day
/// never postpones a reminder and never overstates a rate (house rule; the stored value is not altered).
fn effective_dlc(facts: &Facts) -> Option<NaiveDate> {
    let known = || facts.tumors.iter().flat_map(|t| t.known_days.iter().copied());
    match facts.patient.last_contact {
        None => known().max(),
        Some(PartialDate::Day(day)) => Some(day),
        Some(partial) => {
            let inside = known().filter(|d| (partial.earliest()..=partial.latest()).contains(d)).max();
            Some(inside.unwrap_or(partial.earliest()))
        }
    }
}

/// Does the mark LOST outlive a save? A later effective date of last contact clears it.
pub fn keeps_lost(before: Option<NaiveDate>, after: Option<NaiveDate>) -> bool {
    // `None` is before every day: the first date ever found is news of the patient.
    after <= before
}

fn plus_months(day: NaiveDate, months: u32) -> NaiveDate {
    add_months(day, months).unwrap_or(FAR)
}

fn day_after(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(FAR)
}
