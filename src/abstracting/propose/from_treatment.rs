//! What treatment codes and dates say about other items.

use super::{
    super::{
        CaseItems, Condition,
        condition::{SYSTEMIC_DATES, TREATMENT_DATES, earliest, treated},
    },
    Proposal, proposal, same_as,
};
use crate::{dictionary::names, icdo::PrimarySite, partial_date::PartialDate};

pub(super) fn propose(case: CaseItems<'_>, id: &str) -> Option<Proposal> {
    use Condition::{AnySurgery, Radiation, Surgery, Systemic};
    let operated = Surgery.holds(case);
    // Treated here and nowhere else.
    let all_here = matches!(case.value(names::CLASS_OF_CASE), "12" | "14" | "22");
    let modality = case.value(names::PHASE_1_RADIATION_TREATMENT_MODALITY);
    match id {
        names::RX_SUMM_TREATMENT_STATUS if treated(case) => proposal("1", "treatment is coded below"),
        names::DATE_1ST_CRS_RX_COC => {
            earliest(case, &TREATMENT_DATES).and_then(|d| proposal(d.iso(), "the earliest treatment below"))
        }
        names::REASON_FOR_NO_SURGERY if operated => proposal("0", "the primary was operated on"),
        names::RX_SUMM_SURG_PRIM_SITE_2023 => no_surgery_possible(case),
        names::RX_HOSP_SURG_PRIM_SITE_2023 if all_here => {
            same_as(case, names::RX_SUMM_SURG_PRIM_SITE_2023, "all treatment was given here")
        }
        names::RX_HOSP_CHEMO if all_here => {
            same_as(case, names::RX_SUMM_CHEMO, "all treatment was given here")
        }
        names::RX_DATE_MOST_DEFIN_SURG => same_as(case, names::RX_DATE_SURGERY, "the first surgery"),
        names::RX_SUMM_SURGICAL_MARGINS if !operated && has_surgery_code(case) => {
            proposal("8", "no surgery of the primary")
        }
        names::RX_SUMM_SCOPE_REG_LN_SUR if !Condition::NodeSurgery.holds(case) => {
            proposal("9", "there are no regional nodes here")
        }
        names::REASON_FOR_NO_SURGERY if no_surgery_possible(case).is_some() => {
            proposal("1", "surgery does not apply here")
        }
        names::REASON_FOR_NO_RADIATION if Radiation.holds(case) => proposal("0", "radiation was given"),
        names::REASON_FOR_NO_RADIATION if modality == "00" => proposal("1", "not part of the plan"),
        names::NUMBER_PHASES_OF_RAD_TX_TO_VOLUME if Radiation.holds(case) => {
            proposal("01", "radiation was given")
        }
        names::NUMBER_PHASES_OF_RAD_TX_TO_VOLUME | names::RADIATION_TX_DISCONTINUED_EARLY
            if modality == "00" =>
        {
            proposal("00", "no radiation was given")
        }
        names::TOTAL_DOSE if modality == "00" => proposal("000000", "no radiation was given"),
        names::RX_HOSP_SURG_APP_2010 if !operated && has_surgery_code(case) => {
            proposal("0", "no surgery of the primary")
        }
        names::NEOADJUVANT_THERAPY
            if !Condition::TreatedBeforeSurgery.holds(case) && treatment_is_coded(case) =>
        {
            proposal("0", "no surgery with other treatment")
        }
        names::PHASE_1_TOTAL_DOSE => product(case),
        names::TOTAL_DOSE => total(case),
        names::RX_SUMM_SURG_RAD_SEQ => {
            let given = [AnySurgery.holds(case), Radiation.holds(case)];
            order(case, given, case.tumor.date(names::RX_DATE_RADIATION))
        }
        names::RX_SUMM_SYSTEMIC_SUR_SEQ => {
            let given = [AnySurgery.holds(case), Systemic.holds(case)];
            order(case, given, earliest(case, &SYSTEMIC_DATES))
        }
        names::RX_DATE_SYSTEMIC => {
            earliest(case, &SYSTEMIC_DATES).and_then(|d| proposal(d.iso(), "the earliest systemic treatment"))
        }
        _ => None,
    }
}

fn site(case: CaseItems<'_>) -> Option<PrimarySite> {
    PrimarySite::parse(case.value(names::PRIMARY_SITE)).ok()
}

fn has_surgery_code(case: CaseItems<'_>) -> bool {
    !case.value(names::RX_SUMM_SURG_PRIM_SITE_2023).is_empty()
        || !case.value(names::RX_SUMM_SURG_PRIM_SITE).is_empty()
}

/// Surgery, radiation and systemic treatment have codes, so that what is not coded as given was not given.
fn treatment_is_coded(case: CaseItems<'_>) -> bool {
    let coded = |item: &str| !case.value(item).is_empty();
    has_surgery_code(case)
        && coded(names::PHASE_1_RADIATION_TREATMENT_MODALITY)
        && [names::RX_SUMM_CHEMO, names::RX_SUMM_HORMONE, names::RX_SUMM_BRM].into_iter().all(coded)
}

/// The only code a site has, where surgery of the primary does not apply.
fn no_surgery_possible(case: CaseItems<'_>) -> Option<Proposal> {
    let site = site(case)?;
    match crate::schema::surgery(site, case.dx_year()) {
        [only] => proposal(only.code, format!("surgery does not apply to {}", site.shown())),
        _ => None,
    }
}

/// Dose per fraction times fractions, where both are known.
fn product(case: CaseItems<'_>) -> Option<Proposal> {
    let dose: u32 = case.value(names::PHASE_1_DOSE_PER_FRACTION).parse().ok().filter(|d| *d < 99_998)?;
    let fractions: u32 = case.value(names::PHASE_1_NUMBER_OF_FRACTIONS).parse().ok().filter(|n| *n < 999)?;
    let total = dose.checked_mul(fractions).filter(|t| *t < 999_998)?;
    proposal(format!("{total:06}"), "dose per fraction times fractions")
}

/// Sum of the phases, where their doses are known.
fn total(case: CaseItems<'_>) -> Option<Proposal> {
    let dose = |item| case.value(item).parse::<u32>().ok().filter(|d| *d < 999_998);
    let first = dose(names::PHASE_1_TOTAL_DOSE)?;
    let second = match case.value(names::PHASE_2_TOTAL_DOSE) {
        "" => 0,
        _ => dose(names::PHASE_2_TOTAL_DOSE)?,
    };
    proposal(format!("{:06}", first + second), "the sum of the phases")
}

/// Whether the other treatment came before (2) or after (3) surgery, by their dates; 0 unless both were given.
///
/// Source: NAACCR items 1380 and 1639.
fn order(case: CaseItems<'_>, given: [bool; 2], other: Option<PartialDate>) -> Option<Proposal> {
    if given != [true, true] {
        return if treatment_is_coded(case) { proposal("0", "not both were given") } else { None };
    }
    let surgery =
        case.tumor.date(names::RX_DATE_MOST_DEFIN_SURG).or(case.tumor.date(names::RX_DATE_SURGERY))?;
    let other = other?;
    if other.definitely_before(surgery) {
        proposal("2", "it began before surgery")
    } else if other.definitely_after(surgery) {
        proposal("3", "it began after surgery")
    } else {
        None
    }
}

/// The latest complete day of the case.
pub(super) fn latest(case: CaseItems<'_>) -> Option<PartialDate> {
    [names::DATE_OF_1ST_CONTACT, names::DATE_OF_DIAGNOSIS, names::DATE_1ST_CRS_RX_COC]
        .iter()
        .chain(&TREATMENT_DATES)
        .filter_map(|id| case.tumor.date(id))
        .filter(|d| d.day().is_some())
        .max_by_key(|d| d.earliest())
}
