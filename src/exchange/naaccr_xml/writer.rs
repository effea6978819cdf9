//! Writes patients as they came.

use std::io::{self, Write};

use super::{
    NAMESPACE,
    envelope::{Envelope, Node},
    root::Root,
    text::{push_attribute, push_text},
    user_dictionary::UserDictionary,
};
use crate::dictionary::{Items, Record};

/// Writes one file; patients are given one at a time.
pub struct Writer<W: Write> {
    to: W,
    user: Vec<UserDictionary>,
    declared: Vec<(String, String)>,
    line: String,
}

impl<W: Write> Writer<W> {
    /// Writes the root tag with its attributes, and the root's items.
    ///
    /// # Errors
    /// What the target says.
    pub fn begin(to: W, root: &Root, user: Vec<UserDictionary>) -> io::Result<Self> {
        let mut root = root.clone();
        root.set_attribute("xmlns", NAMESPACE.to_owned());
        let declared = root.namespaces().map(|(p, n)| (p.to_owned(), n.to_owned())).collect();
        let mut writer = Self { to, user, declared, line: String::new() };
        writer.line.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\n<NaaccrData");
        let envelope = Envelope::parse(&root.envelope).unwrap_or_default();
        for (name, value) in &root.attributes {
            push_attribute(&mut writer.line, name, value);
        }
        writer.undeclared(&envelope);
        writer.line.push_str(">\n");
        writer.content(&root.items, &envelope, 1, |_, _| {});
        writer.flush_line()?;
        Ok(writer)
    }

    /// Writes a patient with all tumors.
    ///
    /// # Errors
    /// What the target says.
    pub fn patient(&mut self, record: &Record) -> io::Result<()> {
        let envelope = Envelope::parse(&record.envelope).unwrap_or_default();
        self.open("Patient", &envelope, 1);
        self.content(&record.patient, &envelope, 2, |writer, nodes| {
            for (i, tumor) in record.tumors.iter().enumerate() {
                let own = Envelope::parse(&tumor.envelope).unwrap_or_default();
                writer.open("Tumor", &own, 2);
                writer.content(&tumor.items, &own, 3, |_, _| {});
                writer.indent(2);
                writer.line.push_str("</Tumor>\n");
                for node in nodes.iter().filter(|n| n.after_tumors == i + 1) {
                    writer.node(node, 2);
                }
            }
            for node in nodes.iter().filter(|n| n.after_tumors > record.tumors.len()) {
                writer.node(node, 2);
            }
        });
        self.indent(1);
        self.line.push_str("</Patient>\n");
        self.flush_line()
    }

    /// Closes the root and gives the target back.
    ///
    /// # Errors
    /// What the target says.
    pub fn end(mut self) -> io::Result<W> {
        self.line.push_str("</NaaccrData>\n");
        self.flush_line()?;
        self.to.flush()?;
        Ok(self.to)
    }

    fn open(&mut self, name: &str, envelope: &Envelope, depth: usize) {
        self.indent(depth);
        self.line.push('<');
        self.line.push_str(name);
        for (name, value) in &envelope.attributes {
            push_attribute(&mut self.line, name, value);
        }
        self.undeclared(envelope);
        self.line.push_str(">\n");
    }

    /// Declares the prefixes that extensions need and nothing around them declares.
    fn undeclared(&mut self, envelope: &Envelope) {
        for (prefix, namespace) in &envelope.namespaces {
            let name = format!("xmlns:{prefix}");
            let here = envelope.attributes.iter().any(|(n, _)| *n == name);
            if !here && !self.declared.iter().any(|(p, n)| p == prefix && n == namespace) {
                push_attribute(&mut self.line, &name, namespace);
            }
        }
    }

    /// Items, with what stood between them; `tumors` writes what stands between the nodes after them.
    fn content(
        &mut self,
        items: &Items,
        envelope: &Envelope,
        depth: usize,
        tumors: impl FnOnce(&mut Self, &[Node]),
    ) {
        let nodes = &envelope.nodes;
        let mut written = 0;
        for (id, value) in items.iter() {
            for node in nodes.iter().filter(|n| n.after_tumors == 0 && n.after_items == written) {
                self.node(node, depth);
            }
            self.item(id, value, envelope, depth);
            written += 1;
        }
        for node in nodes.iter().filter(|n| n.after_tumors == 0 && n.after_items >= written) {
            self.node(node, depth);
        }
        tumors(self, nodes);
    }

    fn item(&mut self, id: &str, value: &str, envelope: &Envelope, depth: usize) {
        self.indent(depth);
        self.line.push_str("<Item");
        if !envelope.number_only.iter().any(|n| n == id) {
            push_attribute(&mut self.line, "naaccrId", id);
        }
        if let Some(number) = envelope.number(id, &self.user) {
            push_attribute(&mut self.line, "naaccrNum", &number);
        }
        for (name, value) in envelope.item_attributes.get(id).into_iter().flatten() {
            push_attribute(&mut self.line, name, value);
        }
        if value.is_empty() {
            self.line.push_str("/>\n");
        } else {
            self.line.push('>');
            push_text(&mut self.line, value);
            self.line.push_str("</Item>\n");
        }
    }

    fn node(&mut self, node: &Node, depth: usize) {
        // Extensions are never re-indented inside, so that they stay as they came.
        self.indent(depth);
        self.line.push_str(&node.xml);
        self.line.push('\n');
    }

    fn indent(&mut self, depth: usize) {
        for _ in 0..depth {
            self.line.push_str("    ");
        }
    }

    fn flush_line(&mut self) -> io::Result<()> {
        self.to.write_all(self.line.as_bytes())?;
        self.line.clear();
        Ok(())
    }
}
