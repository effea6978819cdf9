//! Codes derived from site, histology and behavior: groups in which registries count, ICD-10-CM, what has to be
//! reported, what counts as one primary. Each is a pure function over a dated table and names its row.
//!
//! Sources stand in each file; the tables in `data/` hold the published definitions in our own form. The
//! `worked_*.tsv` are rows worked by hand for the tests.

pub mod groups;
pub mod iarc;
pub mod icd10cm;
pub mod reportability;
mod rows;
pub mod site_recode;
pub mod store;
pub mod validity;

pub use groups::{Group, GroupTable, group};
pub use icd10cm::Icd10Cm;
pub use reportability::{Profile, Said, Verdict, reportability};
pub use site_recode::{RecodeVersion, SiteRecode, site_recode};
pub use validity::{JudgedPair, PairVerdict, judge_pair};
