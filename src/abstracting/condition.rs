//! When a row of the form is shown, and when it is asked for.

use super::CaseItems;
use crate::{
    dictionary::names,
    followup_rules::is_analytic,
    icdo::{Histology, PrimarySite},
    partial_date::PartialDate,
    schema::Standard,
};

/// When something holds. Words of `form.tsv`, joined by blanks, all must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Never.
    Never,
    /// Diagnosed in this year or later; an unknown year counts as nowadays.
    DiagnosedFrom(i32),
    /// Diagnosed before this year; an unknown year counts as nowadays.
    DiagnosedBefore(i32),
    /// The patient is dead.
    Dead,
    /// Class of case 00 to 22.
    Analytic,
    /// Class 00 to 22 of a living patient: followed for life.
    Followed,
    /// Diagnosed elsewhere: class 20 to 22 and 30 to 37.
    Elsewhere,
    /// Treated elsewhere as well, or only: class 00, 10, 11, 13, 21.
    SentOn,
    /// Some first-course treatment was given, or the decision not to treat is dated by status 0 or 2.
    Treated,
    /// A diagnostic or staging procedure was made.
    Procedure,
    /// The primary was operated on.
    Surgery,
    /// Primary, nodes or another site were operated on.
    AnySurgery,
    /// Radiation was given.
    Radiation,
    /// By external beam.
    ExternalBeam,
    /// In two phases or more.
    SecondPhase,
    /// Chemotherapy was given.
    Chemo,
    /// Hormone therapy was given.
    Hormone,
    /// Immunotherapy was given.
    Immuno,
    /// Chemotherapy, hormone therapy, immunotherapy, or transplant or endocrine procedures were given.
    Systemic,
    /// Other treatment was given.
    OtherTreatment,
    /// Treatment came before the surgery that was meant to cure.
    Neoadjuvant,
    /// Confirmed under the microscope.
    Microscopic,
    /// The tumor came back, at a place or an unknown place.
    Recurred,
    /// Medicare pays.
    Medicare,
    /// A primary of the breast.
    Breast,
    /// The schema lists sentinel nodes.
    Sentinel,
    /// Stage by AJCC TNM is coded: diagnosed 2018 or later, malignant or in situ.
    Tnm,
    /// The first discriminator decides the schema.
    Discriminator1,
    /// The second discriminator decides the schema.
    Discriminator2,
    /// The schema lists the item.
    Schema(&'static str),
    /// The Commission on Cancer asks for the item in this schema, of analytic cases.
    SchemaCoc(&'static str),
    /// Rarely needed: shown on request, or with a value.
    More,
    /// The second race is one.
    MoreRaces,
    /// The country of birth has states in the list, or is not said yet.
    States,
    /// The state of residence does not tell the country.
    NoState,
    /// The state of death does not tell the country.
    NoDeathState,
    /// The primary was not operated on.
    NoSurgery,
    /// No radiation was given.
    NoRadiation,
    /// Not all of the first course was given here: any class but 12, 14 and 22.
    PartlyHere,
    /// Surgery and radiation were given.
    SurgeryAndRadiation,
    /// Surgery and systemic treatment were given.
    SurgeryAndSystemic,
    /// Nodes were examined, or it is not known whether.
    NodesExamined,
    /// Not benign, borderline or in situ, and no hematopoietic neoplasm.
    Invasive,
    /// Systemic treatment without a date of its own.
    TwoSystemic,
    /// Surgery and another treatment were given, or it is not known yet.
    TreatedBeforeSurgery,
    /// Fifteen years or older, or of unknown age.
    Adult,
    /// No address at diagnosis is typed from which the current one could follow.
    NoAddress,
    /// No managing physician is named, who would follow the patient too.
    NoManaging,
    /// No treatment is coded as given.
    Untreated,
    /// No treatment has a date.
    NoTreatmentDate,
    /// Neither the clinical nor the pathologic size is known.
    SizesUnknown,
    /// A primary of organs that are looked into: digestive, respiratory, urinary.
    Scoped,
    /// Sentinel nodes were examined.
    SentinelsExamined,
    /// Regional nodes are counted: a solid tumor of a known place outside brain, blood and nodes themselves.
    NodesApply,
    /// Regional nodes can be operated on: the place is known and outside brain, blood and nodes themselves.
    NodeSurgery,
    /// Tumor size is measured: no leukemia, myeloma and the like, and not of an unknown primary.
    SizeApplies,
    /// Places of metastases are told apart: not of blood, marrow and spleen-like systems.
    SpreadApplies,
    /// AJCC has categories T, N and M for the schema.
    Categories,
    /// AJCC has stage groups for the schema.
    Staged,
}

impl Condition {
    /// Reads a word of the row of `item`.
    pub(super) fn parse(word: &str, item: &'static str) -> Option<Self> {
        if let Some(year) = word.strip_prefix("dx>=") {
            return year.parse().ok().map(Self::DiagnosedFrom);
        }
        if let Some(year) = word.strip_prefix("dx<") {
            return year.parse().ok().map(Self::DiagnosedBefore);
        }
        Some(match word {
            "never" => Self::Never,
            "dead" => Self::Dead,
            "analytic" => Self::Analytic,
            "followed" => Self::Followed,
            "elsewhere" => Self::Elsewhere,
            "sent-on" => Self::SentOn,
            "treated" => Self::Treated,
            "procedure" => Self::Procedure,
            "surgery" => Self::Surgery,
            "any-surgery" => Self::AnySurgery,
            "radiation" => Self::Radiation,
            "external-beam" => Self::ExternalBeam,
            "phase2" => Self::SecondPhase,
            "chemo" => Self::Chemo,
            "hormone" => Self::Hormone,
            "immuno" => Self::Immuno,
            "systemic" => Self::Systemic,
            "other-treatment" => Self::OtherTreatment,
            "neoadjuvant" => Self::Neoadjuvant,
            "microscopic" => Self::Microscopic,
            "recurred" => Self::Recurred,
            "medicare" => Self::Medicare,
            "breast" => Self::Breast,
            "sentinel" => Self::Sentinel,
            "tnm" => Self::Tnm,
            "discriminator1" => Self::Discriminator1,
            "discriminator2" => Self::Discriminator2,
            "more" => Self::More,
            "more-races" => Self::MoreRaces,
            "states" => Self::States,
            "no-state" => Self::NoState,
            "no-death-state" => Self::NoDeathState,
            "no-surgery" => Self::NoSurgery,
            "no-radiation" => Self::NoRadiation,
            "partly-here" => Self::PartlyHere,
            "surgery-and-radiation" => Self::SurgeryAndRadiation,
            "surgery-and-systemic" => Self::SurgeryAndSystemic,
            "nodes-examined" => Self::NodesExamined,
            "invasive" => Self::Invasive,
            "two-systemic" => Self::TwoSystemic,
            "treated-before-surgery" => Self::TreatedBeforeSurgery,
            "adult" => Self::Adult,
            "no-address" => Self::NoAddress,
            "no-managing" => Self::NoManaging,
            "untreated" => Self::Untreated,
            "no-treatment-date" => Self::NoTreatmentDate,
            "sizes-unknown" => Self::SizesUnknown,
            "scoped" => Self::Scoped,
            "sentinels-examined" => Self::SentinelsExamined,
            "nodes-apply" => Self::NodesApply,
            "node-surgery" => Self::NodeSurgery,
            "size-applies" => Self::SizeApplies,
            "spread-applies" => Self::SpreadApplies,
            "categories" => Self::Categories,
            "staged" => Self::Staged,
            "schema" => Self::Schema(item),
            "schema-coc" => Self::SchemaCoc(item),
            _ => return None,
        })
    }

    /// Does it hold for this case?
    pub fn holds(self, case: CaseItems<'_>) -> bool {
        let class = case.value(names::CLASS_OF_CASE);
        match self {
            Self::Never => false,
            Self::DiagnosedFrom(year) => case.dx_year().is_none_or(|dx| dx >= year),
            Self::DiagnosedBefore(year) => case.dx_year().is_some_and(|dx| dx < year),
            Self::Dead => case.value(names::VITAL_STATUS) == "0",
            Self::Analytic => is_analytic(class),
            Self::Followed => is_analytic(class) && !Self::Dead.holds(case),
            Self::Elsewhere => {
                matches!(class, "20" | "21" | "22" | "30" | "31" | "32" | "33" | "36" | "37")
            }
            Self::SentOn => matches!(class, "00" | "10" | "11" | "13" | "21"),
            Self::Treated => {
                matches!(case.value(names::RX_SUMM_TREATMENT_STATUS), "0" | "1" | "2") || treated(case)
            }
            Self::Procedure => given(case.value(names::RX_SUMM_DX_STG_PROC), &["00", "09"]),
            Self::Surgery => surgery_given(case),
            Self::AnySurgery => {
                surgery_given(case)
                    || given(case.value(names::RX_SUMM_SCOPE_REG_LN_SUR), &["0", "9"])
                    || given(case.value(names::RX_SUMM_SURG_OTH_REG_DIS), &["0", "9"])
            }
            Self::Radiation => given(case.value(names::PHASE_1_RADIATION_TREATMENT_MODALITY), &["00", "99"]),
            Self::ExternalBeam => matches!(
                case.value(names::PHASE_1_RADIATION_TREATMENT_MODALITY),
                "01" | "02" | "03" | "04" | "05" | "06"
            ),
            Self::SecondPhase => {
                matches!(case.value(names::NUMBER_PHASES_OF_RAD_TX_TO_VOLUME), "02" | "03" | "04")
            }
            Self::Chemo => matches!(case.value(names::RX_SUMM_CHEMO), "01" | "02" | "03"),
            Self::Hormone => case.value(names::RX_SUMM_HORMONE) == "01",
            Self::Immuno => case.value(names::RX_SUMM_BRM) == "01",
            Self::Systemic => {
                [Self::Chemo, Self::Hormone, Self::Immuno].into_iter().any(|c| c.holds(case))
                    || transplant(case)
            }
            Self::OtherTreatment => given(case.value(names::RX_SUMM_OTHER), &["0", "7", "8", "9"]),
            Self::Neoadjuvant => {
                matches!(case.value(names::NEOADJUVANT_THERAPY), "1" | "2" | "3")
                    || (case.value(names::NEOADJUVANT_THERAPY).is_empty()
                        && (matches!(case.value(names::RX_SUMM_SYSTEMIC_SUR_SEQ), "2" | "4")
                            || matches!(case.value(names::RX_SUMM_SURG_RAD_SEQ), "2" | "4")))
            }
            Self::Microscopic => {
                matches!(case.value(names::DIAGNOSTIC_CONFIRMATION), "1" | "2" | "3" | "4")
            }
            Self::Recurred => given(case.value(names::RECURRENCE_TYPE_1ST), &["00", "70", "99"]),
            Self::Medicare => {
                matches!(case.value(names::PRIMARY_PAYER_AT_DX), "60" | "61" | "62" | "63" | "64")
            }
            Self::Breast => case.value(names::PRIMARY_SITE).starts_with("C50"),
            Self::Sentinel => {
                Self::DiagnosedFrom(2018).holds(case)
                    && case.schema().is_some_and(|s| s.item(names::SENTINEL_LYMPH_NODES_EXAMINED).is_some())
            }
            Self::Tnm => {
                Self::DiagnosedFrom(2018).holds(case)
                    && !matches!(case.value(names::BEHAVIOR_CODE_ICD_O_3), "0" | "1")
            }
            Self::Discriminator1 => case.needs_discriminator(1),
            Self::Discriminator2 => case.needs_discriminator(2),
            Self::Schema(item) => case.schema().is_some_and(|s| s.item(item).is_some()),
            Self::More => false,
            Self::MoreRaces => given(case.value("race2"), &["88", "99"]),
            Self::States => matches!(case.value(names::BIRTHPLACE_COUNTRY), "" | "USA" | "CAN"),
            Self::NoState => matches!(case.value(names::ADDR_AT_DX_STATE), "" | "XX" | "YY"),
            Self::NoDeathState => matches!(case.value(names::PLACE_OF_DEATH_STATE), "" | "XX" | "YY"),
            Self::NoSurgery => !surgery_given(case),
            Self::NoRadiation => !Self::Radiation.holds(case),
            Self::PartlyHere => !matches!(class, "12" | "14" | "22"),
            Self::SurgeryAndRadiation => Self::AnySurgery.holds(case) && Self::Radiation.holds(case),
            Self::SurgeryAndSystemic => Self::AnySurgery.holds(case) && Self::Systemic.holds(case),
            Self::NodesExamined => case.value(names::REGIONAL_NODES_EXAMINED) != "00",
            Self::Invasive => {
                !matches!(case.value(names::BEHAVIOR_CODE_ICD_O_3), "0" | "1" | "2") && !hematopoietic(case)
            }
            Self::TwoSystemic => Self::Systemic.holds(case) && earliest(case, &SYSTEMIC_DATES).is_none(),
            Self::TreatedBeforeSurgery => {
                Self::AnySurgery.holds(case) && (Self::Systemic.holds(case) || Self::Radiation.holds(case))
            }
            Self::Adult => case.value(names::AGE_AT_DIAGNOSIS).parse::<u32>().map_or(true, |age| age >= 15),
            Self::NoAddress => case.value(names::ADDR_AT_DX_STATE).is_empty(),
            Self::NoManaging => case.value(names::NPI_PHYSICIAN_MANAGING).is_empty(),
            Self::Untreated => !treated(case),
            Self::NoTreatmentDate => earliest(case, &TREATMENT_DATES).is_none(),
            Self::SizesUnknown => {
                let unknown = |item: &str| matches!(case.value(item), "" | "999");
                unknown(names::TUMOR_SIZE_PATHOLOGIC) && unknown(names::TUMOR_SIZE_CLINICAL)
            }
            Self::Scoped => PrimarySite::parse(case.value(names::PRIMARY_SITE))
                .is_ok_and(|s| matches!(s.category(), 1..=34 | 64..=68)),
            Self::SentinelsExamined => {
                given(case.value(names::SENTINEL_LYMPH_NODES_EXAMINED), &["00", "98", "99"])
            }
            Self::NodesApply => Self::NodeSurgery.holds(case) && !without_nodes(case),
            Self::NodeSurgery => !site_of(case).is_some_and(|s| {
                matches!(s.category(), 70..=72 | 76 | 77 | 80) || matches!(s.number(), 420..=424 | 751..=753)
            }),
            Self::SizeApplies => {
                case.value(names::PRIMARY_SITE) != "C809"
                    && !Histology::parse(case.value(names::HISTOLOGIC_TYPE_ICD_O_3))
                        .is_ok_and(|h| h.within(&[(9727, 9993)]))
            }
            Self::SpreadApplies => {
                !site_of(case).is_some_and(|s| matches!(s.number(), 420 | 421 | 423 | 424))
            }
            Self::Categories => {
                Self::Staged.holds(case) && !case.schema().is_some_and(|s| GROUPS_ONLY.contains(&s.id))
            }
            Self::Staged => !case.schema().is_some_and(|s| UNSTAGED.contains(&s.id)),
            Self::SchemaCoc(item) => {
                is_analytic(class)
                    && case
                        .schema()
                        .and_then(|s| s.item(item))
                        .is_some_and(|i| i.asked_by(Standard::Coc, case.dx_year()))
            }
        }
    }
}

/// Was any first-course treatment given?
pub(super) fn treated(case: CaseItems<'_>) -> bool {
    use Condition::{AnySurgery, OtherTreatment, Radiation, Systemic};
    [AnySurgery, Radiation, Systemic, OtherTreatment].into_iter().any(|c| c.holds(case))
}

/// Schemas that AJCC gives no stage: brain, other central nervous system, intracranial glands, plasma cell disorders
/// besides myeloma, leukemias and the like, ill-defined and unknown primaries.
///
/// Source: AJCC 8th edition, chapters 72, 82 and 83; NAACCR items 1001 to 1014, code 88.
const UNSTAGED: [&str; 9] = ["00721", "00722", "00723", "09721", "09722", "09723", "00822", "00830", "99999"];

/// Schemas staged by groups alone, without T, N and M: lymphomas and myeloma.
///
/// Source: AJCC 8th edition, chapters 79, 80 and 82.
const GROUPS_ONLY: [&str; 3] = ["00790", "00795", "00821"];

fn site_of(case: CaseItems<'_>) -> Option<PrimarySite> {
    PrimarySite::parse(case.value(names::PRIMARY_SITE)).ok()
}

/// Hematopoietic neoplasms whose nodes are not counted: all but mycosis fungoides and those of the eye.
///
/// Source: NAACCR items 820 and 830.
fn without_nodes(case: CaseItems<'_>) -> bool {
    Histology::parse(case.value(names::HISTOLOGIC_TYPE_ICD_O_3))
        .is_ok_and(|h| h.within(&[(9590, 9699), (9702, 9993)]))
        && site_of(case).is_none_or(|s| s.category() != 69)
}

fn transplant(case: CaseItems<'_>) -> bool {
    matches!(case.value(names::RX_SUMM_TRANSPLNT_ENDOCR), "10" | "11" | "12" | "20" | "30" | "40")
}

fn given(code: &str, not_given: &[&str]) -> bool {
    !code.is_empty() && !not_given.contains(&code)
}

/// Was the primary operated on, by the code of its year? 000, 980 and 990 (00, 98, 99) say no or unknown.
fn surgery_given(case: CaseItems<'_>) -> bool {
    let newer = case.value(names::RX_SUMM_SURG_PRIM_SITE_2023);
    let older = case.value(names::RX_SUMM_SURG_PRIM_SITE);
    let digits = newer.get(1..).unwrap_or("");
    given(digits, &["000", "980", "990"]) || given(older, &["00", "98", "99"])
}

/// Items with the dates on which treatment began, surgery first.
pub(super) const TREATMENT_DATES: [&str; 6] = [
    names::RX_DATE_SURGERY,
    names::RX_DATE_RADIATION,
    names::RX_DATE_CHEMO,
    names::RX_DATE_HORMONE,
    names::RX_DATE_BRM,
    "rxDateOther",
];

/// Dates on which systemic treatment began.
pub(super) const SYSTEMIC_DATES: [&str; 3] =
    [names::RX_DATE_CHEMO, names::RX_DATE_HORMONE, names::RX_DATE_BRM];

/// Lymphomas, leukemias and the like.
pub(super) fn hematopoietic(case: CaseItems<'_>) -> bool {
    Histology::parse(case.value(names::HISTOLOGIC_TYPE_ICD_O_3)).is_ok_and(|h| h.within(&[(9590, 9993)]))
}

/// The earliest of some dates of the case.
pub(super) fn earliest(case: CaseItems<'_>, dates: &[&str]) -> Option<PartialDate> {
    dates.iter().filter_map(|id| case.tumor.date(id)).min_by_key(|d| d.earliest())
}
