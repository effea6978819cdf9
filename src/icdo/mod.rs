//! ICD-O-3: topography, morphology, laterality and which of them go together.
//!
//! Tables are data (`data/*.tsv`): 330 sites, 1,418 morphology codes of ICD-O-3, 3.1, 3.2 and
//! the North American additions of NAACCR 26, their terms with years, and the SEER list of
//! valid site and morphology pairs of 29 April 2022 (diagnoses to 2023). A code is never
//! simply right or wrong: it is valid at a diagnosis year.
//!
//! Source: ICD-O-3 with updates 3.1 and 3.2 (WHO/IARC), NAACCR ICD-O-3 annotations (years,
//! replacements), SEER ICD-O-3 site/histology validation list, SEER paired organ list.
//! See NOTICE for the rights in the terms.

pub mod laterality;
pub mod morphology;
mod morphology_table;
pub mod pairs;
pub mod pathchart;
mod table;
pub mod topography;

pub use laterality::Laterality;
pub use morphology::{
    Behavior, Edition, Histology, Morphology, MorphologyEntry, MorphologyProblem, MorphologyTerm, TermKind,
    Validity,
};
pub use pairs::{PairCheck, WhyNoPair};
pub use pathchart::{Likelihood, PathChart};
pub use topography::{PrimarySite, SiteEntry, SiteProblem, SiteTerm};
