//! Two people saved: what each changed, side by side, item by item. Nothing is lost.

use crate::dictionary::Items;

/// An item that both changed, differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// XML id.
    pub item: String,
    /// What both began with.
    pub base: String,
    /// What I typed.
    pub mine: String,
    /// What the other saved.
    pub theirs: String,
}

/// Outcome of comparing three states of one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreeWay {
    /// Theirs, with my changes put in where they did not change the item; conflicts stand as theirs.
    pub merged: Items,
    /// Items that both changed, differently.
    pub conflicts: Vec<Conflict>,
    /// Items only I changed.
    pub mine: Vec<String>,
    /// Items only they changed.
    pub theirs: Vec<String>,
    /// Items that both changed alike.
    pub alike: Vec<String>,
}

impl ThreeWay {
    /// Compares what I began with, what I typed and what stands there now. Blank and missing are the same.
    pub fn of(base: &Items, mine: &Items, theirs: &Items) -> Self {
        let mut result = Self { merged: theirs.clone(), ..Self::default() };
        let value = |items: &Items, id: &str| items.raw(id).unwrap_or("").to_owned();
        for (item, was, typed) in base.diff(mine) {
            let now = value(theirs, item);
            let conflict = |now| Conflict {
                item: item.to_owned(),
                base: was.to_owned(),
                mine: typed.to_owned(),
                theirs: now,
            };
            if now == typed {
                result.alike.push(item.to_owned());
            } else if now == was {
                result.put(item, typed);
                result.mine.push(item.to_owned());
            } else {
                result.conflicts.push(conflict(now));
            }
        }
        for (item, ..) in base.diff(theirs) {
            if value(base, item) == value(mine, item) {
                result.theirs.push(item.to_owned());
            }
        }
        result
    }

    fn put(&mut self, item: &str, value: &str) {
        if value.is_empty() {
            self.merged.remove(item);
        } else {
            self.merged.set(item.to_owned(), value);
        }
    }

    /// Decides conflicts: where `choose` says so, my value stands, else theirs.
    #[must_use]
    pub fn decided(mut self, choose_mine: impl Fn(&str) -> bool) -> Items {
        for conflict in std::mem::take(&mut self.conflicts) {
            if choose_mine(&conflict.item) {
                self.put(&conflict.item, &conflict.mine);
            }
        }
        self.merged
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn items(pairs: &[(&'static str, &'static str)]) -> Items {
        pairs.iter().copied().collect()
    }

    #[test]
    fn changes_to_different_items_both_stand() {
        let base = items(&[("laterality", "9"), ("grade", "2"), ("race1", "01")]);
        let mine = items(&[("laterality", "2"), ("grade", "2"), ("race1", "01")]);
        let theirs = items(&[("laterality", "9"), ("grade", "3"), ("race1", "01")]);
        let compared = ThreeWay::of(&base, &mine, &theirs);
        assert_eq!(compared.merged, items(&[("laterality", "2"), ("grade", "3"), ("race1", "01")]));
        assert_eq!(
            (compared.mine, compared.theirs),
            (vec!["laterality".to_owned()], vec!["grade".to_owned()])
        );
        assert!(compared.conflicts.is_empty());
    }

    #[test]
    fn the_same_item_changed_twice_asks() {
        let base = items(&[("laterality", "9")]);
        let mine = items(&[("laterality", "2")]);
        let theirs = items(&[("laterality", "1"), ("grade", "3")]);
        let compared = ThreeWay::of(&base, &mine, &theirs);
        assert_eq!(
            compared.conflicts,
            vec![Conflict {
                item: "laterality".to_owned(),
                base: "9".to_owned(),
                mine: "2".to_owned(),
                theirs: "1".to_owned()
            }]
        );
        assert_eq!(compared.clone().decided(|_| true).value("laterality"), "2");
        assert_eq!(compared.decided(|_| false).value("laterality"), "1");
    }

    #[test]
    fn a_value_taken_out_by_one_and_changed_by_the_other_asks() {
        let compared = ThreeWay::of(&items(&[("grade", "2")]), &items(&[]), &items(&[("grade", "3")]));
        assert_eq!(compared.conflicts.len(), 1);
        assert_eq!(compared.decided(|_| true).raw("grade"), None);
    }

    #[test]
    fn both_typed_the_same() {
        let compared = ThreeWay::of(&items(&[]), &items(&[("grade", "2")]), &items(&[("grade", "2")]));
        assert_eq!(compared.alike, ["grade"]);
        assert!(compared.conflicts.is_empty() && compared.theirs.is_empty());
    }

    proptest! {
        /// Whatever happened, each value typed by me or by them is in the result or in a conflict.
        #[test]
        fn nothing_is_lost(
            base in proptest::collection::vec(("[a-d]", "[xyz]?"), 0..5),
            mine in proptest::collection::vec(("[a-d]", "[xyz]?"), 0..5),
            theirs in proptest::collection::vec(("[a-d]", "[xyz]?"), 0..5),
        ) {
            let [base, mine, theirs]: [Items; 3] = [base, mine, theirs].map(|p| p.into_iter().collect());
            let compared = ThreeWay::of(&base, &mine, &theirs);
            let in_conflict = |id: &str| compared.conflicts.iter().any(|c| c.item == id);
            for (id, _, value) in base.diff(&mine) {
                prop_assert!(in_conflict(id) || compared.merged.raw(id).unwrap_or("") == value);
            }
            for (id, _, value) in base.diff(&theirs) {
                prop_assert!(in_conflict(id) || compared.merged.raw(id).unwrap_or("") == value);
            }
        }
    }
}
