//! Puts the events of one patient (or of the root) together to a record and its envelope.

use super::{
    envelope::{Attribute, Envelope, Node},
    limits::Limits,
    problem::{Fault, Problem, shortened},
    text,
    user_dictionary::UserDictionary,
};
use crate::dictionary::{Dictionary, ItemFlag, Items, Level, TumorRecord, Version};

/// What is unusual about something that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flag {
    /// The dictionary's objection to a value.
    Item(ItemFlag),
    /// `naaccrNum` is the number of another item.
    NumberDiffers,
    /// An element of the standard's namespace that it does not know, an item without id and number,
    /// or text between the elements; kept as it came.
    NotAnItem,
}

/// A flag and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flagged {
    /// Line of the unpacked file.
    pub line: u64,
    /// The item, or the name of the element.
    pub item: String,
    /// The value, shortened to 200 characters.
    pub value: String,
    /// What is unusual.
    pub flag: Flag,
}

/// A tag that begins an element.
pub(super) struct Tag {
    pub(super) local: String,
    /// It is of the standard's namespace.
    pub(super) ours: bool,
    pub(super) attributes: Vec<Attribute>,
    /// Prefixes in force around it, for extensions only.
    pub(super) scope: Vec<Attribute>,
    /// Place and line of the tag.
    pub(super) offset: u64,
    pub(super) line: u64,
}

#[derive(Default)]
pub(super) struct Element {
    pub(super) items: Items,
    lines: Vec<u64>,
    numbers: Vec<(String, Option<String>)>,
    pub(super) envelope: Envelope,
}

impl Element {
    /// Items and the text of the envelope.
    pub(super) fn done(mut self, user: &[UserDictionary]) -> (Items, String) {
        if self.numbers.iter().any(|(_, n)| n.is_some()) {
            self.envelope.note_numbers(std::mem::take(&mut self.numbers), user);
        }
        (self.items, self.envelope.to_text())
    }
}

struct OpenItem {
    key: String,
    value: String,
    line: u64,
}

struct Verbatim {
    from: u64,
    depth: usize,
    scope: Vec<Attribute>,
}

/// Collects one patient, or the root's own content.
pub(super) struct Builder<'a> {
    user: &'a [UserDictionary],
    limits: Limits,
    version: Version,
    /// The patient, or the root.
    pub(super) outer: Element,
    outer_level: Level,
    tumor: Option<Element>,
    pub(super) tumors: Vec<TumorRecord>,
    pub(super) tumor_lines: Vec<u64>,
    item: Option<OpenItem>,
    verbatim: Option<Verbatim>,
    pub(super) flagged: Vec<Flagged>,
    /// Tumor elements seen, faulty ones included.
    pub(super) tumors_seen: u32,
}

impl<'a> Builder<'a> {
    pub(super) fn new(level: Level, version: Version, user: &'a [UserDictionary], limits: Limits) -> Self {
        Self {
            user,
            limits,
            version,
            outer: Element::default(),
            outer_level: level,
            tumor: None,
            tumors: Vec::new(),
            tumor_lines: Vec::new(),
            item: None,
            verbatim: None,
            flagged: Vec::new(),
            tumors_seen: 0,
        }
    }

    /// Innermost element of the standard that is open.
    pub(super) fn open_element(&self) -> &'static str {
        if self.item.is_some() {
            "Item"
        } else if self.tumor.is_some() {
            "Tumor"
        } else if self.outer_level == Level::Patient {
            "Patient"
        } else {
            "NaaccrData"
        }
    }

    /// The item being read and its value so far.
    pub(super) fn open_item(&self) -> Option<(&str, &str)> {
        self.item.as_ref().map(|i| (i.key.as_str(), i.value.as_str()))
    }

    fn level(&self) -> Level {
        if self.tumor.is_some() { Level::Tumor } else { self.outer_level }
    }

    fn element(&mut self) -> &mut Element {
        self.tumor.as_mut().unwrap_or(&mut self.outer)
    }

    /// An element begins.
    pub(super) fn start(&mut self, tag: Tag) -> Result<(), Fault> {
        if let Some(verbatim) = &mut self.verbatim {
            verbatim.depth += 1;
            return Ok(());
        }
        if self.item.is_some() {
            let problem = Problem::Nesting { element: tag.local, parent: "Item".into() };
            let (item, value) =
                self.open_item().map(|(i, v)| (i.to_owned(), v.to_owned())).unwrap_or_default();
            return Err(Fault::of(tag.line, &item, &value, problem));
        }
        if !tag.ours {
            self.verbatim = Some(Verbatim { from: tag.offset, depth: 1, scope: tag.scope });
            return Ok(());
        }
        match (self.level(), tag.local.as_str()) {
            (_, "Item") => self.start_item(tag),
            (Level::Patient, "Tumor") => {
                let mut element = Element::default();
                element.envelope.attributes = tag.attributes;
                self.tumor = Some(element);
                self.tumor_lines.push(tag.line);
                Ok(())
            }
            (_, "NaaccrData" | "Patient" | "Tumor") => {
                let parent = self.open_element().to_owned();
                Err(Fault::at(tag.line, Problem::Nesting { element: tag.local, parent }))
            }
            _ => {
                self.note(tag.line, &tag.local, "", Flag::NotAnItem);
                self.verbatim = Some(Verbatim { from: tag.offset, depth: 1, scope: tag.scope });
                Ok(())
            }
        }
    }

    fn start_item(&mut self, tag: Tag) -> Result<(), Fault> {
        let (mut id, mut number, mut others) = (None, None, Vec::new());
        for (name, value) in tag.attributes {
            match name.as_str() {
                "naaccrId" if !value.is_empty() => id = Some(value),
                "naaccrNum" => number = Some(value),
                _ => others.push((name, value)),
            }
        }
        let user = self.user;
        let parsed = number.as_deref().and_then(|n| n.trim().parse::<u32>().ok());
        let by_number = parsed.and_then(|n| {
            Dictionary::by_number(n).map(|d| d.id.to_owned()).or_else(|| {
                user.iter().flat_map(|d| &d.items).find(|i| i.number == Some(n)).map(|i| i.id.clone())
            })
        });
        let only = id.is_none();
        let key = match (id, &number, by_number) {
            (Some(id), None, _) => id,
            (Some(id), Some(given), by_number) => {
                let known = super::envelope::number_of(&id, user);
                if by_number.is_some_and(|other| other != id) || known.is_some_and(|n| Some(n) != parsed) {
                    self.note(tag.line, &id, given, Flag::NumberDiffers);
                }
                id
            }
            (None, Some(_), Some(resolved)) => resolved,
            (None, Some(given), None) => format!("#{}", given.trim()),
            (None, None, _) => {
                self.note(tag.line, "Item", "", Flag::NotAnItem);
                self.verbatim = Some(Verbatim { from: tag.offset, depth: 1, scope: tag.scope });
                return Ok(());
            }
        };
        let element = self.element();
        element.numbers.push((key.clone(), number));
        if only {
            element.envelope.number_only.push(key.clone());
        }
        if !others.is_empty() {
            element.envelope.item_attributes.insert(key.clone(), others);
        }
        self.item = Some(OpenItem { key, value: String::new(), line: tag.line });
        Ok(())
    }

    /// Text, resolved. Between elements only blanks are nothing.
    pub(super) fn text(&mut self, line: u64, value: &str) -> Result<(), Fault> {
        if self.verbatim.is_some() {
            return Ok(());
        }
        let limit = self.limits.text_bytes;
        if let Some(item) = &mut self.item {
            if item.value.len() + value.len() > limit {
                let problem = Problem::Limit { what: "one value", allowed: format!("{limit} bytes") };
                return Err(Fault::of(line, &item.key, &item.value, problem));
            }
            item.value.push_str(value);
        } else if !value.chars().all(|c| matches!(c, ' ' | '\t' | '\n' | '\r')) {
            if let Some(code) = text::forbidden(value) {
                return Err(Fault::at(line, Problem::Character(code)));
            }
            let value = value.trim_matches([' ', '\t', '\n', '\r']);
            self.note(line, "text", value, Flag::NotAnItem);
            let mut xml = String::new();
            text::push_text(&mut xml, value);
            self.node(xml, Vec::new());
        }
        Ok(())
    }

    /// A comment or processing instruction.
    pub(super) fn aside(&mut self, xml: String) {
        if self.item.is_none() && self.verbatim.is_none() {
            self.node(xml, Vec::new());
        }
    }

    fn node(&mut self, xml: String, scope: Vec<Attribute>) {
        let after_tumors = if self.tumor.is_some() { 0 } else { self.tumors.len() };
        let element = self.element();
        for (prefix, namespace) in scope {
            let used = xml.contains(&format!("{prefix}:"));
            if used && !element.envelope.namespaces.iter().any(|(p, _)| *p == prefix) {
                element.envelope.namespaces.push((prefix, namespace));
            }
        }
        let node = Node { after_items: element.items.len(), after_tumors, xml };
        element.envelope.nodes.push(node);
    }

    /// An element ends; `kept` gives the source text from a place on.
    pub(super) fn end(&mut self, kept: impl FnOnce(u64) -> String) -> Result<(), Fault> {
        if let Some(verbatim) = &mut self.verbatim {
            verbatim.depth -= 1;
            if verbatim.depth == 0
                && let Some(done) = self.verbatim.take()
            {
                self.node(kept(done.from), done.scope);
            }
            return Ok(());
        }
        if let Some(item) = self.item.take() {
            return self.end_item(item);
        }
        if let Some(tumor) = self.tumor.take() {
            let (items, envelope) = tumor.done(self.user);
            self.tumors.push(TumorRecord { items, envelope });
        }
        Ok(())
    }

    fn end_item(&mut self, item: OpenItem) -> Result<(), Fault> {
        let OpenItem { key, value, line } = item;
        if let Some(code) = text::forbidden(&value) {
            return Err(Fault::of(line, &key, &value, Problem::Character(code)));
        }
        let element_name = self.open_element();
        let level = self.level();
        let element = self.element();
        if element.items.raw(&key).is_some() {
            let at = element.items.iter().position(|(id, _)| id == key);
            let first_line = at.and_then(|at| element.lines.get(at).copied()).unwrap_or(line);
            return Err(Fault::of(line, &key, &value, Problem::Twice { element: element_name, first_line }));
        }
        for flag in item_flags(&key, &value, level, self.version, self.user) {
            self.note(line, &key, &value, Flag::Item(flag));
        }
        let element = self.element();
        element.lines.push(line);
        match Dictionary::get(&key) {
            Some(def) => element.items.set(def.id, value),
            None => element.items.set(key, value),
        }
        Ok(())
    }

    fn note(&mut self, line: u64, item: &str, value: &str, flag: Flag) {
        self.flagged.push(Flagged { line, item: item.to_owned(), value: shortened(value), flag });
    }
}

/// Flags of a value by the base dictionary, or else by a user dictionary.
pub(super) fn item_flags(
    id: &str,
    value: &str,
    level: Level,
    version: Version,
    user: &[UserDictionary],
) -> Vec<ItemFlag> {
    if Dictionary::get(id).is_none()
        && let Some(item) = user.iter().flat_map(|d| &d.items).find(|i| i.id == id)
    {
        return item.flags(value, level);
    }
    Dictionary::flags(id, value, level, version)
}
