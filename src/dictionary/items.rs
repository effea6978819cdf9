//! What a record holds: items by XML id, verbatim, in the order of arrival.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{item::Version, names};
use crate::partial_date::PartialDate;

/// Values by NAACCR XML id, in the order they came. Kept as JSON text in the store.
///
/// Values stand as given, not trimmed or padded; [`Items::value`] is what rules read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Items(IndexMap<Cow<'static, str>, String>);

impl Items {
    /// The value as it stands, blanks included; `None` when the record has no such item.
    pub fn raw(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }

    /// The value without surrounding blanks; the empty text when it is missing or blank.
    ///
    /// An item that replaced an older one is read from the older where the record lacks it.
    pub fn value(&self, id: &str) -> &str {
        if let Some(value) = self.0.get(id) {
            return value.trim();
        }
        names::RENAMED
            .iter()
            .find(|(_, newer)| *newer == id)
            .and_then(|(older, _)| self.0.get(*older))
            .map_or("", |v| v.trim())
    }

    /// The value as a date; `None` when it is blank or not readable as one.
    pub fn date(&self, id: &str) -> Option<PartialDate> {
        PartialDate::parse(self.value(id)).ok()
    }

    /// Has a value that is not blank?
    pub fn has(&self, id: &str) -> bool {
        !self.value(id).is_empty()
    }

    /// Puts a value in place of the present one, or at the end.
    pub fn set(&mut self, id: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        self.0.insert(id.into(), value.into());
    }

    /// Takes an item out; what it held is returned.
    pub fn remove(&mut self, id: &str) -> Option<String> {
        self.0.shift_remove(id)
    }

    /// Items in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_ref(), v.as_str()))
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// No items at all?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What differs between two states: (id, before, after), blank values as the empty text.
    pub fn diff<'a>(&'a self, after: &'a Items) -> Vec<(&'a str, &'a str, &'a str)> {
        let mut changes = Vec::new();
        for (id, old) in self.iter() {
            let new = after.raw(id).unwrap_or("");
            if new != old {
                changes.push((id, old, new));
            }
        }
        for (id, new) in after.iter() {
            if self.raw(id).is_none() && !new.is_empty() {
                changes.push((id, "", new));
            }
        }
        changes
    }

    /// The JSON text kept in the store.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).expect("a map of texts is always JSON")
    }

    /// Reads the JSON text kept in the store.
    pub fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }
}

impl<K: Into<Cow<'static, str>>, V: Into<String>> FromIterator<(K, V)> for Items {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(pairs: T) -> Self {
        Self(pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }
}

/// One primary of a patient, as a file or form gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TumorRecord {
    /// Tumor-level items.
    pub items: Items,
    /// What the source said beside the items (numbers, extensions); opaque here, see `exchange`.
    pub envelope: String,
}

/// A patient with all tumors, as a file or form gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The version of the standard it came under.
    pub version: Version,
    /// Patient-level items.
    pub patient: Items,
    /// What the source said beside the items; opaque here, see `exchange`.
    pub envelope: String,
    /// The tumors in order.
    pub tumors: Vec<TumorRecord>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn older_items_stand_in_for_newer_ones() {
        let items: Items = [("sex", "2")].into_iter().collect();
        assert_eq!(items.value(names::SEX_ASSIGNED_AT_BIRTH), "2");
        assert_eq!(items.raw(names::SEX_ASSIGNED_AT_BIRTH), None);
    }

    #[test]
    fn a_difference_names_what_came_went_and_changed() {
        let a: Items = [("nameLast", "Doe"), ("nameFirst", "Jo"), ("race1", "01")].into_iter().collect();
        let b: Items = [("nameLast", "Roe"), ("nameFirst", "Jo"), ("race2", "88")].into_iter().collect();
        assert_eq!(a.diff(&b), vec![("nameLast", "Doe", "Roe"), ("race1", "01", ""), ("race2", "", "88")]);
    }

    proptest! {
        #[test]
        fn json_keeps_values_and_order(pairs in proptest::collection::vec(("[a-z]{1,6}", ".{0,12}"), 0..12)) {
            let items: Items = pairs.into_iter().collect();
            let back = Items::from_json(&items.to_json()).unwrap();
            prop_assert!(items.iter().eq(back.iter()));
        }
    }
}
