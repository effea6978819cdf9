//! Reads a file one patient at a time.

use std::io::{self, Read};

use quick_xml::{NsReader, events::Event};

pub use super::builder::{Flag, Flagged};
use super::{
    builder::{Builder, Tag},
    events::{Consume, Halt, consume, next, read_prolog, tag_of},
    limits::Limits,
    problem::{Fault, Problem},
    root::Root,
    source::Source,
    user_dictionary::UserDictionary,
};
use crate::dictionary::{Level, Record};

/// A patient as read.
#[derive(Clone, Debug)]
pub struct PatientRead {
    /// Patient and tumors; the envelopes are texts of [`super::Envelope`].
    pub record: Record,
    /// Line of the `Patient` tag.
    pub line: u64,
    /// Lines of the `Tumor` tags.
    pub tumor_lines: Vec<u64>,
    /// First byte in the unpacked file.
    pub offset: u64,
    /// The bytes as they came.
    pub bytes: Vec<u8>,
    /// What is unusual and was kept.
    pub flagged: Vec<Flagged>,
}

/// Something that cannot be kept whole.
#[derive(Clone, Debug)]
pub struct Reject {
    /// What is wrong and where.
    pub fault: Fault,
    /// Line where the bytes begin.
    pub line: u64,
    /// First byte in the unpacked file.
    pub offset: u64,
    /// The bytes as they came; when `ends_reading`, [`Reader::drain_rest`] has what follows.
    pub bytes: Vec<u8>,
    /// Patients begun in these bytes.
    pub patients: u32,
    /// Tumors begun in these bytes.
    pub tumors: u32,
    /// Nothing after it can be read.
    pub ends_reading: bool,
}

/// What comes next in a file.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A patient, complete.
    Patient(Box<PatientRead>),
    /// Something that cannot be kept.
    Rejected(Box<Reject>),
}

/// Why reading cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file is refused whole.
    #[error(transparent)]
    Refused(#[from] Fault),
    /// The disk or network failed.
    #[error("the file could not be read: {0}")]
    Io(#[from] io::Error),
}

/// A tag of the root's children, read and not yet acted upon.
struct Child {
    tag: Tag,
    empty: bool,
}

/// What one reading step at the root gives.
enum Step {
    Patient(Child),
    Rejected(Box<Reject>),
    Nothing,
    End,
}

/// Reads NAACCR XML; see the module.
pub struct Reader<R: Read> {
    xml: NsReader<Source<R>>,
    limits: Limits,
    user: Vec<UserDictionary>,
    root: Root,
    root_content: super::builder::Element,
    namespace: Option<String>,
    first: Option<Step>,
    done: bool,
}

impl<R: Read> Reader<R> {
    /// Reads the root and its items, up to the first patient.
    ///
    /// `input` is already unpacked, see [`super::Input`].
    ///
    /// # Errors
    /// What refuses a file whole: no UTF-8 declared, DOCTYPE, another root, an unknown version
    /// or record type, nothing readable before the first patient.
    pub fn open(input: R, user: Vec<UserDictionary>, limits: Limits) -> Result<Self, OpenError> {
        let mut xml = NsReader::from_reader(Source::new(input, limits));
        xml.config_mut().check_comments = true;
        xml.resolver_mut().set_max_namespace_bindings(limits.namespaces);
        let (root, namespace, empty) = match read_prolog(&mut xml, &limits) {
            Ok(found) => found,
            Err(Halt::Fault(fault)) => return Err(OpenError::Refused(*fault)),
            Err(Halt::Io(error)) => return Err(OpenError::Io(error)),
        };
        let mut reader = Self {
            xml,
            limits,
            user,
            root,
            root_content: Default::default(),
            namespace,
            first: None,
            done: false,
        };
        if empty {
            reader.first = Some(Step::End);
        }
        while reader.first.is_none() {
            match reader.step()? {
                Step::Nothing => {}
                other => reader.first = Some(other),
            }
        }
        reader.refresh_root();
        Ok(reader)
    }

    /// The root. Items that stand after patients are added as they are met.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Gives the user dictionaries by which what follows is read and judged.
    pub fn know(&mut self, user: Vec<UserDictionary>) {
        self.user = user;
    }

    /// Line of the next byte.
    pub fn line(&self) -> u64 {
        self.xml.get_ref().line()
    }

    /// Bytes read of the unpacked file.
    pub fn offset(&self) -> u64 {
        self.xml.get_ref().offset()
    }

    /// The next patient or reject; `None` at the end.
    ///
    /// # Errors
    /// Only when the disk or network fails.
    pub fn advance(&mut self) -> io::Result<Option<Outcome>> {
        while !self.done {
            let step = match self.first.take() {
                Some(step) => step,
                None => self.step()?,
            };
            match step {
                Step::Patient(child) => return self.patient(child).map(Some),
                Step::Rejected(reject) => {
                    self.done = reject.ends_reading;
                    return Ok(Some(Outcome::Rejected(reject)));
                }
                Step::Nothing => {}
                Step::End => {
                    self.done = true;
                    self.refresh_root();
                    return self.epilog();
                }
            }
        }
        Ok(None)
    }

    /// After a reject that ends the reading: hands over all bytes that follow it.
    pub fn drain_rest(&mut self, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<u64> {
        self.xml.get_mut().drain(sink)
    }

    fn refresh_root(&mut self) {
        self.root.items = self.root_content.items.clone();
        self.root.envelope = self.root_content.envelope.to_text();
    }

    /// One child of the root.
    fn step(&mut self) -> io::Result<Step> {
        let start = self.offset();
        let line = self.line();
        self.xml.get_mut().keep_from(start);
        let mut buffer = Vec::new();
        let event = match next(&mut self.xml, &mut buffer, "NaaccrData") {
            Ok(event) => event,
            Err(halt) => return self.broken(halt, (line, start), (0, 0)).map(Step::Rejected),
        };
        let reject = |this: &mut Self, problem: Problem| {
            Box::new(Reject {
                fault: Fault::at(line, problem),
                line,
                offset: start,
                bytes: this.xml.get_mut().take_kept(),
                patients: 0,
                tumors: 0,
                ends_reading: false,
            })
        };
        let child = match event {
            Event::End(_) => return Ok(Step::End),
            Event::Eof => {
                let halt = Fault::at(line, Problem::Cut { open: "NaaccrData".into() }).into();
                return self.broken(halt, (line, start), (0, 0)).map(Step::Rejected);
            }
            Event::DocType(_) => {
                let halt = Fault::at(line, Problem::Doctype).into();
                return self.broken(halt, (line, start), (0, 0)).map(Step::Rejected);
            }
            Event::Text(text) if text.trim_matches([' ', '\t', '\n', '\r']).is_empty() => {
                return Ok(match self.xml.get_ref().first_patch(start) {
                    Some(patch) => Step::Rejected(reject(self, Problem::NotUtf8 { byte: patch.byte })),
                    None => Step::Nothing,
                });
            }
            Event::Comment(_) | Event::PI(_) => return Ok(Step::Nothing),
            Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) | Event::Decl(_) => {
                let problem = Problem::Nesting { element: "text".into(), parent: "NaaccrData".into() };
                return Ok(Step::Rejected(reject(self, problem)));
            }
            Event::Start(ref tag) => {
                tag_of(&self.xml, tag, self.namespace.as_deref(), &self.limits, (start, line))
                    .map(|tag| Child { tag, empty: false })
            }
            Event::Empty(ref tag) => {
                tag_of(&self.xml, tag, self.namespace.as_deref(), &self.limits, (start, line))
                    .map(|tag| Child { tag, empty: true })
            }
        };
        let opened = matches!(event, Event::Start(_));
        drop(event);
        match child {
            Ok(child) if child.tag.ours && child.tag.local == "Patient" => Ok(Step::Patient(child)),
            Ok(child) => self.root_child(child),
            Err(fault) => {
                // The tag itself is faulty: its element is read over and rejected.
                let mut builder = Builder::new(Level::Patient, self.root.version, &[], self.limits);
                let read = consume(
                    &mut self.xml,
                    &mut builder,
                    &self.limits,
                    self.namespace.as_deref(),
                    Consume { fault: Some(fault), depth: usize::from(opened) },
                );
                self.rejected_or_broken(read, (line, start), (1, 0)).map(Step::Rejected)
            }
        }
    }

    /// An item or extension of the root.
    fn root_child(&mut self, child: Child) -> io::Result<Step> {
        let (line, start, empty) = (child.tag.line, child.tag.offset, child.empty);
        let user = std::mem::take(&mut self.user);
        let mut builder = Builder::new(Level::NaaccrData, self.root.version, &user, self.limits);
        builder.outer = std::mem::take(&mut self.root_content);
        builder.tumors_seen = u32::from(child.tag.ours && child.tag.local == "Tumor");
        let mut fault = builder.start(child.tag).err();
        if empty && fault.is_none() {
            let source = self.xml.get_ref();
            fault = builder.end(|from| source.kept_text(from, source.offset())).err();
        }
        let depth = usize::from(!empty);
        let consume_from = Consume { fault, depth };
        let read =
            consume(&mut self.xml, &mut builder, &self.limits, self.namespace.as_deref(), consume_from);
        let tumors = builder.tumors_seen;
        let whole = matches!(read, Ok(None));
        let outer = builder.outer;
        self.user = user;
        self.root_content = outer;
        if whole {
            self.refresh_root();
            return Ok(Step::Nothing);
        }
        self.rejected_or_broken(read, (line, start), (0, tumors)).map(Step::Rejected)
    }

    fn patient(&mut self, child: Child) -> io::Result<Outcome> {
        let (line, offset) = (child.tag.line, child.tag.offset);
        let user = std::mem::take(&mut self.user);
        let mut builder = Builder::new(Level::Patient, self.root.version, &user, self.limits);
        builder.outer.envelope.attributes = child.tag.attributes;
        let start = Consume { fault: None, depth: usize::from(!child.empty) };
        let read = consume(&mut self.xml, &mut builder, &self.limits, self.namespace.as_deref(), start);
        let tumors_seen = builder.tumors_seen;
        let Builder { outer, tumors, tumor_lines, flagged, .. } = builder;
        let outcome = match read {
            Ok(None) => {
                let (patient, envelope) = outer.done(&user);
                let record = Record { version: self.root.version, patient, envelope, tumors };
                let bytes = self.xml.get_mut().take_kept();
                let read = PatientRead { record, line, tumor_lines, offset, bytes, flagged };
                Ok(Outcome::Patient(Box::new(read)))
            }
            other => self.rejected_or_broken(other, (line, offset), (1, tumors_seen)).map(Outcome::Rejected),
        };
        self.user = user;
        if let Ok(Outcome::Rejected(reject)) = &outcome {
            self.done = reject.ends_reading;
        }
        outcome
    }

    fn rejected_or_broken(
        &mut self,
        read: Result<Option<Fault>, Halt>,
        place: (u64, u64),
        counts: (u32, u32),
    ) -> io::Result<Box<Reject>> {
        match read {
            Ok(fault) => {
                let fault =
                    fault.unwrap_or_else(|| Fault::at(place.0, Problem::Malformed("not readable".into())));
                Ok(Box::new(Reject {
                    fault,
                    line: place.0,
                    offset: place.1,
                    bytes: self.xml.get_mut().take_kept(),
                    patients: counts.0,
                    tumors: counts.1,
                    ends_reading: false,
                }))
            }
            Err(halt) => self.broken(halt, place, counts),
        }
    }

    fn broken(&mut self, halt: Halt, place: (u64, u64), counts: (u32, u32)) -> io::Result<Box<Reject>> {
        match halt {
            Halt::Io(error) => Err(error),
            Halt::Fault(fault) => Ok(Box::new(Reject {
                fault: *fault,
                line: place.0,
                offset: place.1,
                bytes: self.xml.get_mut().take_kept(),
                patients: counts.0,
                tumors: counts.1,
                ends_reading: true,
            })),
        }
    }

    /// After the root only blanks and comments may stand.
    fn epilog(&mut self) -> io::Result<Option<Outcome>> {
        loop {
            let (line, start) = (self.line(), self.offset());
            self.xml.get_mut().keep_from(start);
            let mut buffer = Vec::new();
            let halt = match next(&mut self.xml, &mut buffer, "NaaccrData") {
                Ok(Event::Eof) => return Ok(None),
                Ok(Event::Comment(_) | Event::PI(_)) => continue,
                Ok(Event::Text(text)) if text.trim().is_empty() => continue,
                Ok(_) => Fault::at(line, Problem::AfterEnd).into(),
                Err(Halt::Fault(mut fault)) => {
                    if matches!(fault.problem, Problem::Malformed(_) | Problem::Cut { .. }) {
                        fault.problem = Problem::AfterEnd;
                    }
                    Halt::Fault(fault)
                }
                Err(io) => io,
            };
            drop(buffer);
            return self.broken(halt, (line, start), (0, 0)).map(|r| Some(Outcome::Rejected(r)));
        }
    }
}
