//! Groups in which registries count their cases, derived from site, histology and behavior.
//!
//! Source: SEER site recode definitions of 2008 and 2023.

pub mod site_recode;

pub use site_recode::{RecodeVersion, SiteRecode, site_recode};
