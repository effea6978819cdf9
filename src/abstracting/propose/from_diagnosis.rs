//! What site, histology and findings say about other items.

use super::{
    super::{CaseItems, condition::hematopoietic},
    Proposal, proposal,
};
use crate::{
    dictionary::names,
    icdo::{Behavior, Laterality, Morphology, PrimarySite, laterality::SideNeeded, morphology::Histology},
};

pub(super) fn propose(case: CaseItems<'_>, id: &str) -> Option<Proposal> {
    let in_situ = case.value(names::BEHAVIOR_CODE_ICD_O_3) == "2";
    match id {
        names::LATERALITY => laterality(case),
        names::BEHAVIOR_CODE_ICD_O_3 => behavior(case),
        names::SEX_ASSIGNED_AT_BIRTH => sex(case),
        names::SUMMARY_STAGE_2018 if in_situ => proposal("0", "behavior 2 is in situ"),
        names::LYMPH_VASCULAR_INVASION if in_situ => proposal("0", "behavior 2 is in situ"),
        names::LYMPH_VASCULAR_INVASION if hematopoietic(case) => proposal("8", "a hematopoietic neoplasm"),
        names::GRADE_CLINICAL | names::GRADE_PATHOLOGICAL if hematopoietic(case) => {
            let grades = case.schema()?.item(id)?.codes;
            let has_8 = crate::schema::codes(grades).iter().any(|c| c.code == "8");
            if has_8 { proposal("8", "a hematopoietic neoplasm has no grade") } else { None }
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
        names::REGIONAL_NODES_POSITIVE => match case.value(names::REGIONAL_NODES_EXAMINED) {
            "00" => proposal("98", "no node was examined"),
            _ => None,
        },
        _ => None,
    }
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
