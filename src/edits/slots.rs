//! The items a set of edits reads, each with a place, so that running looks up no names.

use std::collections::HashMap;

use super::tree::Slot;
use crate::dictionary::{Dictionary, ItemDef, Items, Level};

/// Items by place.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    items: Vec<&'static ItemDef>,
    ids: Vec<&'static str>,
    by_id: HashMap<&'static str, Slot>,
}

impl Slots {
    /// The place of an item of a patient or tumor; `None` when the dictionary has none of this id.
    pub(super) fn slot(&mut self, id: &str) -> Option<(Slot, &'static ItemDef)> {
        let def = Dictionary::get(id).filter(|d| d.level != Level::NaaccrData)?;
        if let Some(slot) = self.by_id.get(def.id) {
            return Some((*slot, def));
        }
        let slot = Slot(u16::try_from(self.items.len()).ok()?);
        self.items.push(def);
        self.ids.push(def.id);
        self.by_id.insert(def.id, slot);
        Some((slot, def))
    }

    /// Is there an item of this id, read or not?
    pub(super) fn knows(&self, id: &str) -> bool {
        Dictionary::get(id).is_some()
    }

    /// All ids that edits may name.
    pub(super) fn known<'a>(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        Dictionary::all().iter().filter(|d| d.level != Level::NaaccrData).map(|d| d.id)
    }

    /// The item of a place.
    pub(super) fn item(&self, slot: Slot) -> Option<&'static ItemDef> {
        self.items.get(usize::from(slot.0)).copied()
    }

    /// XML id of a place.
    pub(super) fn id(&self, slot: Slot) -> &'static str {
        self.item(slot).map_or("", |d| d.id)
    }

    /// XML ids by place.
    pub(super) fn ids(&self) -> &[&'static str] {
        &self.ids
    }

    /// What a patient with a tumor holds, by place.
    pub(super) fn values<'r>(&self, patient: &'r Items, tumor: &'r Items) -> Vec<&'r str> {
        self.items
            .iter()
            .map(|d| if d.level == Level::Patient { patient.value(d.id) } else { tumor.value(d.id) })
            .collect()
    }
}
