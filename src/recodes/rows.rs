//! Rows of published definitions: which sites, histologies and behaviors a group takes in.

use crate::icdo::{Behavior, Histology, PrimarySite};

/// Closed ranges of numbers: `C500-C506,C508` or `9050-9055,9140`.
pub(super) fn ranges(cell: &str) -> Vec<(u16, u16)> {
    let number = |text: &str| text.trim().trim_start_matches('C').parse::<u16>().ok();
    cell.split(',')
        .filter_map(|part| {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            Some((number(low)?, number(high)?))
        })
        .collect()
}

/// Behaviors: `0,1`; blank means any.
pub(super) fn behaviors(cell: &str) -> Vec<Behavior> {
    cell.split(',').filter_map(|b| Behavior::parse(b).ok()).collect()
}

/// What a row takes in and leaves out. An empty list takes in everything.
#[derive(Debug, Default)]
pub(super) struct Criteria {
    pub(super) sites_in: Vec<(u16, u16)>,
    pub(super) sites_out: Vec<(u16, u16)>,
    pub(super) histologies_in: Vec<(u16, u16)>,
    pub(super) histologies_out: Vec<(u16, u16)>,
    pub(super) behaviors: Vec<Behavior>,
}

impl Criteria {
    /// Does a tumor fall under the row?
    pub(super) fn hold(&self, site: PrimarySite, histology: Histology, behavior: Behavior) -> bool {
        let at = |ranges: &[(u16, u16)], n: u16| ranges.iter().any(|(low, high)| (*low..=*high).contains(&n));
        let (s, h) = (site.number(), histology.number());
        (self.sites_in.is_empty() || at(&self.sites_in, s))
            && !at(&self.sites_out, s)
            && (self.histologies_in.is_empty() || at(&self.histologies_in, h))
            && !at(&self.histologies_out, h)
            && (self.behaviors.is_empty() || self.behaviors.contains(&behavior))
    }
}
