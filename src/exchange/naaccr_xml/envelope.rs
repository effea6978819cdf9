//! What a file says beside its items, so that it can be written back as it came.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::user_dictionary::UserDictionary;
use crate::dictionary::{Dictionary, Items};

fn no(value: &bool) -> bool {
    !value
}

/// Name and value of an XML attribute.
pub type Attribute = (String, String);

/// Content that is no item and no tumor: extensions of other namespaces, comments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Items of the same element that stand before it.
    #[serde(rename = "i")]
    pub after_items: usize,
    /// Tumors (or patients, at the root) that stand before it.
    #[serde(rename = "t", default)]
    pub after_tumors: usize,
    /// The XML as it came.
    #[serde(rename = "x")]
    pub xml: String,
}

/// What one element (`NaaccrData`, `Patient` or `Tumor`) said beside its items.
///
/// Kept as JSON text, the empty text when there is nothing: most files have nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Attributes of the element itself.
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// Prefixes that [`Node`]s use and that were declared further out: (prefix, namespace).
    #[serde(rename = "ns", default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<Attribute>,
    /// Every item carries the number of its dictionary, save those in `numbers`.
    #[serde(rename = "all", default, skip_serializing_if = "no")]
    pub numbered: bool,
    /// `naaccrNum` by item where it differs from the rule of `numbered`; `None`: it has none.
    #[serde(rename = "n", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<String, Option<String>>,
    /// Items given by number only.
    #[serde(rename = "only", default, skip_serializing_if = "Vec::is_empty")]
    pub number_only: Vec<String>,
    /// Other attributes of items.
    #[serde(rename = "ia", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub item_attributes: BTreeMap<String, Vec<Attribute>>,
    /// Other content, in order.
    #[serde(rename = "x", default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<Node>,
    /// Of a patient: key of the file's root (its attributes and items), see the import batch.
    #[serde(rename = "root", default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
}

impl Envelope {
    /// The JSON text; empty when there is nothing to say.
    pub fn to_text(&self) -> String {
        if *self == Self::default() {
            String::new()
        } else {
            serde_json::to_string(self).expect("texts and numbers are always JSON")
        }
    }

    /// Reads the text; the empty text is nothing to say.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        if text.is_empty() { Ok(Self::default()) } else { serde_json::from_str(text) }
    }

    /// Notes the `naaccrNum` of items in order: (item, number as given).
    pub(super) fn note_numbers(&mut self, given: Vec<(String, Option<String>)>, user: &[UserDictionary]) {
        let expected = |id: &str| number_of(id, user).map(|n| n.to_string());
        let regular = given.iter().filter(|(id, n)| n.is_some() && *n == expected(id)).count();
        self.numbered = regular > 0 && regular * 2 > given.len();
        for (id, number) in given {
            let rule = if self.numbered { expected(&id) } else { None };
            if number != rule {
                self.numbers.insert(id, number);
            }
        }
    }

    /// The `naaccrNum` to write for an item, if any.
    pub fn number(&self, id: &str, user: &[UserDictionary]) -> Option<String> {
        match self.numbers.get(id) {
            Some(given) => given.clone(),
            None if self.numbered => number_of(id, user).map(|n| n.to_string()),
            None => None,
        }
    }

    /// The same but for where the element's file began and how items were numbered: content
    /// that a newer file may change.
    pub fn content_differs(&self, newer: &Envelope) -> bool {
        // notes on codes are merged one by one; see `provenance::merged`
        let others = |of: &Envelope| -> Vec<Node> {
            of.nodes.iter().filter(|n| !crate::provenance::is_ours(&n.xml)).cloned().collect()
        };
        let theirs = others(newer);
        !theirs.is_empty() && theirs != others(self)
    }

    /// Forgets items that are no longer there.
    pub fn tidy(&mut self, items: &Items) {
        self.numbers.retain(|id, _| items.raw(id).is_some());
        self.number_only.retain(|id| items.raw(id).is_some());
        self.item_attributes.retain(|id, _| items.raw(id).is_some());
    }
}

/// Number of an item in the base or a user dictionary.
pub(super) fn number_of(id: &str, user: &[UserDictionary]) -> Option<u32> {
    Dictionary::get(id)
        .map(|d| d.number)
        .or_else(|| user.iter().flat_map(|d| &d.items).find(|i| i.id == id).and_then(|i| i.number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_the_dictionary_has_them_take_no_room() {
        let mut envelope = Envelope::default();
        let given = [("primarySite", "400"), ("laterality", "410"), ("nameLast", "2230")];
        envelope
            .note_numbers(given.iter().map(|(i, n)| ((*i).to_owned(), Some((*n).to_owned()))).collect(), &[]);
        assert_eq!(envelope.to_text(), r#"{"all":true}"#);
        assert_eq!(envelope.number("laterality", &[]), Some("410".to_owned()));
    }

    #[test]
    fn odd_numbers_are_kept_one_by_one() {
        let mut envelope = Envelope::default();
        let given =
            vec![("primarySite".to_owned(), Some("0400".to_owned())), ("laterality".to_owned(), None)];
        envelope.note_numbers(given, &[]);
        assert_eq!(envelope.number("primarySite", &[]), Some("0400".to_owned()));
        assert_eq!(envelope.number("laterality", &[]), None);
        let back = Envelope::parse(&envelope.to_text()).unwrap();
        assert_eq!(back, envelope);
    }

    #[test]
    fn nothing_to_say_is_the_empty_text() {
        assert_eq!(Envelope::default().to_text(), "");
        assert_eq!(Envelope::parse("").unwrap(), Envelope::default());
    }
}
