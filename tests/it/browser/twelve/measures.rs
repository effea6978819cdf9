//! What entering an abstract took.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::browser::{Window, window::keys_of};

/// What was seen and counted while one abstract was entered.
#[derive(Default)]
pub(super) struct Measures {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) script: bool,
    /// Keys pressed for the abstract itself.
    pub(super) keys: u64,
    /// Of these, keys of written texts, and of codes, dates, names and words for codes.
    pub(super) keys_text: u64,
    pub(super) keys_values: u64,
    /// Errors planted in it.
    pub(super) planted: usize,
    /// Keys pressed for the planted errors: typing them, and going back.
    pub(super) keys_planted: u64,
    /// Pages loaded.
    pub(super) loads: u64,
    /// Boxes that could be typed into, with what stood there in the end.
    pub(super) shown: BTreeMap<String, String>,
    /// Boxes typed into.
    pub(super) typed: BTreeSet<String>,
    /// Address of the case.
    pub(super) case: String,
    /// Every item of the complete record.
    pub(super) items: BTreeMap<String, String>,
    /// Milliseconds of the server: saves, pages, checks while typing, lists of codes.
    pub(super) saves: Vec<f64>,
    pub(super) pages: Vec<f64>,
    pub(super) checks: Vec<f64>,
    pub(super) lists: Vec<f64>,
    /// Planted errors that were told: box, what was typed, what was said.
    pub(super) told: Vec<(String, String, String)>,
    pub(super) failures: Vec<String>,
    /// How long it took the hands of the test.
    pub(super) seconds: f64,
}

/// Boxes that are shown, and how long the server took for this page and for what it asked meanwhile.
const PAGE: &str = "
    const boxes = [...document.querySelectorAll('#abstract .field :is(input, select, textarea)')]
        .filter((e) => e.name && !e.readOnly && e.getClientRects().length);
    const took = (entry) => entry.responseStart - entry.requestStart;
    const [page] = performance.getEntriesByType('navigation');
    const asked = (part) => performance.getEntriesByType('resource')
        .filter((e) => e.name.includes(part) && e.responseStart > 0).map(took);
    return {
        shown: boxes.map((e) => [e.name, e.value]), page: took(page), save: page.redirectEnd - page.redirectStart,
        checks: asked('/draft'), lists: asked('/codes/'),
    }";

impl Measures {
    /// Notes a page of the abstract before it is left.
    pub(super) fn page(&mut self, window: &Window) {
        let page = window.run(PAGE);
        let pairs = page["shown"].as_array().cloned().unwrap_or_default();
        for pair in pairs {
            let (name, value) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
            self.shown.insert(name.to_owned(), value.to_owned());
        }
        let numbers = |value: &Value| -> Vec<f64> {
            value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
        };
        self.pages.extend(page["page"].as_f64());
        self.saves.extend(page["save"].as_f64().filter(|took| *took > 0.0));
        self.checks.extend(numbers(&page["checks"]));
        self.lists.extend(numbers(&page["lists"]));
    }

    /// Boxes that were shown, hold a value, and were not typed into.
    pub(super) fn proposed(&self) -> usize {
        self.shown.iter().filter(|(name, value)| !value.is_empty() && !self.typed.contains(*name)).count()
    }

    /// Items of the record that no box was shown for.
    pub(super) fn by_program(&self) -> usize {
        self.items.keys().filter(|id| !self.shown.contains_key(*id)).count()
    }

    /// Keys if every box that was shown were typed in full and left by Tab, and each section saved by two keys.
    pub(super) fn keys_of_boxes(&self) -> u64 {
        22 + self.shown.values().map(|value| keys_of(value) + 1).sum::<u64>()
    }

    /// The same with the items that the program wrote by itself.
    pub(super) fn keys_of_items(&self) -> u64 {
        let others = self.items.iter().filter(|(id, _)| !self.shown.contains_key(*id));
        self.keys_of_boxes() + others.map(|(_, value)| keys_of(value) + 1).sum::<u64>()
    }
}

/// The value at a part of all that were measured, 0.5 the median; 0 of nothing.
pub(super) fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let at = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(at.saturating_sub(1)).copied().unwrap_or_default()
}
