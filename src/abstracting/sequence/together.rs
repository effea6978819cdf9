//! Sequence numbers when two records turn out to be of one person.
//!
//! A number may tell of tumors diagnosed elsewhere that have no case here: 02 on the only case says that there was
//! one before. Such a tumor may be one of the other record's, if its case lies there in time; else it goes on to
//! count. So no number becomes lower, and each is given once.
//!
//! Source: NAACCR item 560, CoC STORE 2026 “Sequence Number”: the order over the whole life, by date of diagnosis.

use super::{LifetimeTumor, Series};

/// What the cases of one record tell, as far as they were gone through.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    /// Tumors elsewhere that are no case of the other record.
    elsewhere: u32,
    /// Place of its last case.
    last: u32,
    /// Cases of the other record since that one.
    between: u32,
}

/// Where a case of two records is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct At {
    /// In the first record.
    first: bool,
    index: usize,
    place: u32,
}

/// The numbers of the cases of two records of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Together {
    /// Of the first record, in its order.
    pub first: Vec<String>,
    /// Of the second.
    pub second: Vec<String>,
    /// Cases of the first and second record whose dates do not tell which was earlier: the first stands before.
    pub unordered: Vec<(usize, usize)>,
}

/// Numbers the cases of two records as those of one person. Within a record the order stays as it was numbered;
/// between them the date of diagnosis decides. What is not counted, or has no number, keeps what it has.
pub fn together(first: &[LifetimeTumor], second: &[LifetimeTumor]) -> Together {
    let own = |record: &[LifetimeTumor]| record.iter().map(|t| t.sequence.clone()).collect();
    let mut done = Together { first: own(first), second: own(second), unordered: Vec::new() };
    for series in [Series::Malignant, Series::Other] {
        let order = order(series, first, second, &mut done.unordered);
        let both = order.iter().any(|at| at.first) && order.iter().any(|at| !at.first);
        if !both {
            continue;
        }
        for (at, place) in places(&order) {
            let record = if at.first { &mut done.first } else { &mut done.second };
            if let Some(number) = record.get_mut(at.index) {
                *number = series.code(place, false);
            }
        }
    }
    done
}

/// The cases of a series in the order in which they count.
fn order(
    series: Series,
    first: &[LifetimeTumor],
    second: &[LifetimeTumor],
    unordered: &mut Vec<(usize, usize)>,
) -> Vec<At> {
    let of = |record: &[LifetimeTumor], is_first: bool| {
        let mut found: Vec<At> = record
            .iter()
            .enumerate()
            .filter(|(_, t)| t.counts() && t.series() == Some(series))
            .filter_map(|(index, t)| Some(At { first: is_first, index, place: t.place()? }))
            .collect();
        found.sort_by_key(|at| (at.place, at.index));
        found.into_iter().peekable()
    };
    let (mut mine, mut theirs) = (of(first, true), of(second, false));
    let mut all = Vec::new();
    loop {
        let (a, b) = match (mine.peek(), theirs.peek()) {
            (Some(a), Some(b)) => (*a, *b),
            (None, None) => return all,
            _ => {
                all.extend(mine.next().or_else(|| theirs.next()));
                continue;
            }
        };
        let date = |record: &[LifetimeTumor], at: At| record.get(at.index).and_then(|t| t.diagnosed);
        let second_goes_first = match (date(first, a), date(second, b)) {
            (Some(mine), Some(theirs)) if theirs.definitely_before(mine) => true,
            (Some(mine), Some(theirs)) if theirs.definitely_after(mine) => false,
            _ => {
                unordered.push((a.index, b.index));
                false
            }
        };
        all.extend(if second_goes_first { theirs.next() } else { mine.next() });
    }
}

/// The place of each case: those before it here, and those elsewhere that either record tells of and that are none
/// of the other's. Both records may tell of the same tumor elsewhere, so the larger number of them counts.
fn places(order: &[At]) -> Vec<(At, u32)> {
    let (mut first, mut second) = (Told::default(), Told::default());
    let mut placed = Vec::new();
    for (at, nth) in order.iter().zip(1u32..) {
        let (own, other) = if at.first { (&mut first, &mut second) } else { (&mut second, &mut first) };
        let told = at.place.saturating_sub(own.last + 1);
        own.elsewhere += told.saturating_sub(own.between);
        own.last = at.place.max(own.last);
        own.between = 0;
        other.between += 1;
        placed.push((*at, nth + first.elsewhere.max(second.elsewhere)));
    }
    placed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        icdo::{Behavior, Histology, PrimarySite},
        partial_date::PartialDate,
    };

    /// `2015 00` or `2015 60`; the series follows from the number.
    fn record(cases: &[&str]) -> Vec<LifetimeTumor> {
        let case = |words: &&str| {
            let (dx, sequence) = words.split_once(' ').unwrap();
            LifetimeTumor {
                behavior: Behavior::parse(if sequence < "60" || sequence == "99" { "3" } else { "0" }).ok(),
                site: PrimarySite::parse("C509").ok(),
                histology: Histology::parse("8500").ok(),
                diagnosed: PartialDate::parse(dx).ok(),
                sequence: sequence.to_owned(),
            }
        };
        cases.iter().map(case).collect()
    }

    #[test]
    fn worked_records() {
        for (first, second, numbers) in [
            // A lone 00 becomes 01 when there are two.
            (&["2015 00"][..], &["2020 00"][..], "01 | 02"),
            (&["2020 00"], &["2015 00"], "02 | 01"),
            // 02 on a lone case told of the other record's, or of one elsewhere; it is never lowered.
            (&["2015 00"], &["2020 02"], "01 | 02"),
            (&["2022 00"], &["2019 02"], "03 | 02"),
            (&["2015 01", "2020 03"], &["2018 00"], "01 03 | 02"),
            (&["2015 01", "2020 03"], &["2010 00"], "02 04 | 01"),
            (&["2015 01", "2020 03"], &["2022 00"], "01 03 | 04"),
            // Both may tell of the same tumor elsewhere.
            (&["2018 02"], &["2020 03"], "02 | 03"),
            (&["2018 02"], &["2020 02"], "02 | 03"),
            // The series do not know each other; one alone stays as it is.
            (&["2015 00"], &["2010 60"], "00 | 60"),
            (&["2015 00", "2012 60"], &["2010 60"], "00 62 | 61"),
            (&["2015 01", "2016 02"], &[], "01 02 |"),
            // What has no number here gets none.
            (&["2015 00"], &["2020 99"], "00 | 99"),
            (&["2015 00"], &["2020 "], "00 |"),
            // The order within a record stays, whatever the dates say.
            (&["2015 02", "2018 01"], &["2020 00"], "02 01 | 03"),
        ] {
            let done = together(&record(first), &record(second));
            let shown = format!("{} | {}", done.first.join(" "), done.second.join(" "));
            assert_eq!(shown.trim(), numbers, "{first:?} {second:?}");
        }
    }

    #[test]
    fn dates_that_do_not_tell_the_order_are_named() {
        assert_eq!(together(&record(&["2024 00"]), &record(&["20240301 00"])).unordered, [(0, 0)]);
        assert_eq!(together(&record(&["2023 00"]), &record(&["20240301 00"])).unordered, []);
    }

    proptest! {
        /// Each number is given once, none becomes lower, and it is the same from either side.
        #[test]
        fn no_number_becomes_lower_or_is_given_twice(
            mine in proptest::collection::btree_set((1u32..9, 1990i32..2025), 1..5),
            theirs in proptest::collection::btree_set((1u32..9, 1990i32..2025), 1..5),
        ) {
            // Within a record each number stands once, with dates in its order; no two dates are the same.
            let of = |cases: &std::collections::BTreeSet<(u32, i32)>, month: &str| {
                let mut places: Vec<u32> = cases.iter().map(|(p, _)| *p).collect();
                places.dedup();
                let mut years: Vec<i32> = cases.iter().map(|(_, y)| *y).collect();
                years.sort_unstable();
                let cases: Vec<String> =
                    places.iter().zip(years).map(|(p, y)| format!("{y}{month} {p:02}")).collect();
                record(&cases.iter().map(String::as_str).collect::<Vec<_>>())
            };
            let (mine, theirs) = (of(&mine, "03"), of(&theirs, "07"));
            let done = together(&mine, &theirs);
            let turned = together(&theirs, &mine);
            prop_assert_eq!((&done.first, &done.second), (&turned.second, &turned.first));
            let mut all: Vec<&String> = done.first.iter().chain(&done.second).collect();
            for (before, after) in mine.iter().zip(&done.first).chain(theirs.iter().zip(&done.second)) {
                prop_assert!(before.sequence <= *after, "{} {}", before.sequence, after);
            }
            all.sort();
            let given = all.len();
            all.dedup();
            prop_assert_eq!(all.len(), given);
        }
    }
}
