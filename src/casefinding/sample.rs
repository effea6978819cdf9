//! The monthly sample of what was screened out: one in twenty, drawn once and for all. Pure.

use sha2::{Digest, Sha256};

/// One of this many is shown.
pub(super) const ONE_OF: i64 = 20;

/// The lot of an item: items of a month are drawn in the order of their lots. It follows from the month and
/// the random id of the item alone, so that the same items are drawn whenever somebody looks.
pub(super) fn lot(month: &str, uid: &str) -> i64 {
    let digest = Sha256::digest(format!("{month}/{uid}").as_bytes());
    digest.iter().take(7).fold(0, |n, byte| n << 8 | i64::from(*byte))
}

/// How many of a month's items are shown: one in twenty, rounded up.
pub(super) fn size(of: i64) -> i64 {
    of.max(0).saturating_add(ONE_OF - 1) / ONE_OF
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_twenty_rounded_up() {
        assert_eq!([0, 1, 20, 21, 40, 400].map(size), [0, 1, 1, 2, 2, 20]);
    }

    #[test]
    fn lots_follow_from_month_and_id_alone_and_are_spread() {
        assert_eq!(lot("2026-11", "a"), lot("2026-11", "a"));
        assert_ne!(lot("2026-11", "a"), lot("2026-12", "a"));
        let half = 1_i64 << 55;
        let low = (0..1000).filter(|n| lot("2026-11", &n.to_string()) < half).count();
        assert!((400..600).contains(&low), "{low}");
    }
}
