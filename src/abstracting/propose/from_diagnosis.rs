//! What site, histology and findings say about other items.

use super::{
    super::{CaseItems, Condition, condition::hematopoietic},
    METS_AT_DX, Proposal, proposal,
};
use crate::{
    dictionary::names,
    icdo::{Behavior, Laterality, Morphology, PrimarySite, laterality::SideNeeded, morphology::Histology},
};

pub(super) fn propose(case: CaseItems<'_>, id: &str) -> Option<Proposal> {
    use Condition::{Categories, NodesApply, SizeApplies, SpreadApplies, Staged};
    let in_situ = case.value(names::BEHAVIOR_CODE_ICD_O_3) == "2";
    match id {
        names::LATERALITY => laterality(case),
        names::BEHAVIOR_CODE_ICD_O_3 => behavior(case),
        names::SEX_ASSIGNED_AT_BIRTH => sex(case),
        names::SUMMARY_STAGE_2018 if in_situ => proposal("0", "behavior 2 is in situ"),
        names::LYMPH_VASCULAR_INVASION if in_situ => proposal("0", "behavior 2 is in situ"),
        names::LYMPH_VASCULAR_INVASION if hematopoietic(case) => proposal("8", "a hematopoietic neoplasm"),
        names::LYMPH_VASCULAR_INVASION if benign(case) => proposal("8", "not malignant"),
        names::SUMMARY_STAGE_2018 => summary_stage(case),
        names::GRADE_CLINICAL if case.value(names::BEHAVIOR_CODE_ICD_O_3) == "0" && of_brain(case) => {
            proposal("1", "a benign tumor is grade 1")
        }
        names::GRADE_CLINICAL | names::GRADE_PATHOLOGICAL if hematopoietic(case) => {
            let grades = case.schema()?.item(id)?.codes;
            let has_8 = crate::schema::codes(grades).iter().any(|c| c.code == "8");
            if has_8 { proposal("8", "a hematopoietic neoplasm has no grade") } else { None }
        }
        names::TUMOR_SIZE_CLINICAL | names::TUMOR_SIZE_PATHOLOGIC | names::TUMOR_SIZE_SUMMARY
            if !SizeApplies.holds(case) =>
        {
            proposal("999", "size does not apply here")
        }
        names::TUMOR_SIZE_SUMMARY => {
            let known = |item: &str| Some(case.value(item)).filter(|v| !v.is_empty() && *v != "999");
            match (known(names::TUMOR_SIZE_PATHOLOGIC), known(names::TUMOR_SIZE_CLINICAL)) {
                (Some(size), _) if !super::Condition::Neoadjuvant.holds(case) => {
                    proposal(size, "the pathologic size")
                }
                (_, Some(size)) => proposal(size, "the clinical size"),
                _ => None,
            }
        }
        names::REGIONAL_NODES_EXAMINED | names::REGIONAL_NODES_POSITIVE if !NodesApply.holds(case) => {
            proposal("99", "nodes do not apply here")
        }
        names::REGIONAL_NODES_POSITIVE => match case.value(names::REGIONAL_NODES_EXAMINED) {
            "00" => proposal("98", "no node was examined"),
            _ => None,
        },
        _ if METS_AT_DX.contains(&id) && !SpreadApplies.holds(case) => {
            proposal("8", "blood and marrow have no distant places")
        }
        _ if CATEGORIES.contains(&id) && staging_is_coded(case) && !Categories.holds(case) => {
            proposal("88", "AJCC has no T, N and M here")
        }
        _ if GROUPS.contains(&id) && staging_is_coded(case) && !Staged.holds(case) => {
            proposal("88", "AJCC has no stage here")
        }
        _ => of_benign(case, id),
    }
}

const CATEGORIES: [&str; 6] =
    ["ajccTnmClinT", "ajccTnmClinN", "ajccTnmClinM", "ajccTnmPathT", "ajccTnmPathN", "ajccTnmPathM"];
const GROUPS: [&str; 2] = ["ajccTnmClinStageGroup", "ajccTnmPathStageGroup"];

fn staging_is_coded(case: CaseItems<'_>) -> bool {
    Condition::DiagnosedFrom(2018).holds(case)
}

fn benign(case: CaseItems<'_>) -> bool {
    matches!(case.value(names::BEHAVIOR_CODE_ICD_O_3), "0" | "1")
}

fn of_brain(case: CaseItems<'_>) -> bool {
    PrimarySite::parse(case.value(names::PRIMARY_SITE))
        .is_ok_and(|s| (70..=72).contains(&s.category()) || matches!(s.number(), 751..=753))
}

/// Where site and behavior leave one stage only.
fn summary_stage(case: CaseItems<'_>) -> Option<Proposal> {
    let site = case.value(names::PRIMARY_SITE);
    let histology = Histology::parse(case.value(names::HISTOLOGIC_TYPE_ICD_O_3)).ok();
    if benign(case) && of_brain(case) {
        return proposal("8", "benign or borderline");
    }
    if site == "C421" && histology.is_some_and(|h| h.within(&[(9800, 9948)])) {
        return proposal("7", "leukemia of the marrow is distant");
    }
    if site == "C809" && !hematopoietic(case) {
        return proposal("9", "the primary is not known");
    }
    None
}

/// Code 6 where the list of a schema says that it is for benign and borderline tumors.
fn of_benign(case: CaseItems<'_>, id: &str) -> Option<Proposal> {
    if !benign(case) {
        return None;
    }
    let codes = crate::schema::codes(case.schema()?.item(id)?.codes);
    let fits = codes.iter().any(|c| c.code == "6" && c.label.starts_with("Benign or borderline"));
    if fits { proposal("6", "benign or borderline") } else { None }
}

fn laterality(case: CaseItems<'_>) -> Option<Proposal> {
    let site = PrimarySite::parse(case.value(names::PRIMARY_SITE)).ok()?;
    if site.number() == 342 {
        return proposal("1", "only the right lung has a middle lobe");
    }
    match Laterality::needed(site, case.dx_year()) {
        SideNeeded::No => proposal("0", format!("{} is not a paired site", site.shown())),
        SideNeeded::Yes | SideNeeded::Unless(_) => None,
    }
}

fn behavior(case: CaseItems<'_>) -> Option<Proposal> {
    let histology = Histology::parse(case.value(names::HISTOLOGIC_TYPE_ICD_O_3)).ok()?;
    let listed: Vec<Behavior> = Behavior::STORED
        .into_iter()
        .filter(|b| Morphology { histology, behavior: *b }.entry().is_some())
        .collect();
    match listed.as_slice() {
        [only] => proposal(only.code(), format!("{histology} is listed with this behavior only")),
        _ if listed.contains(&Behavior::Malignant) => {
            proposal("3", format!("{histology}/3, the usual behavior"))
        }
        _ => None,
    }
}

fn sex(case: CaseItems<'_>) -> Option<Proposal> {
    let site = PrimarySite::parse(case.value(names::PRIMARY_SITE)).ok()?;
    match site.category() {
        51..=58 => proposal("2", format!("{} is an organ of women", site.shown())),
        60..=63 => proposal("1", format!("{} is an organ of men", site.shown())),
        _ => None,
    }
}
