//! The steps under the reader: one event, one tag, one element to its end.

use std::io::{self, Read};

use quick_xml::{
    NsReader,
    errors::{IllFormedError, SyntaxError},
    events::{BytesRef, BytesStart, Event},
    name::{NamespaceError, PrefixDeclaration, ResolveResult},
};

use super::{
    NAMESPACE,
    builder::{Builder, Tag},
    envelope::Attribute,
    limits::Limits,
    problem::{Fault, Problem},
    root::Root,
    source::{Source, stopped},
    tags,
};

/// Why reading stops at once.
pub(super) enum Halt {
    Fault(Box<Fault>),
    Io(io::Error),
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Self::Fault(Box::new(fault))
    }
}

/// Reads the declaration and the root tag: root, its namespace, and whether it is empty.
pub(super) fn read_prolog<R: Read>(
    xml: &mut NsReader<Source<R>>,
    limits: &Limits,
) -> Result<(Root, Option<String>, bool), Halt> {
    loop {
        let (line, start) = (xml.get_ref().line(), xml.get_ref().offset());
        let mut buffer = Vec::new();
        let event = next(xml, &mut buffer, "the beginning")?;
        if let Some(patch) = xml.get_ref().first_patch(start) {
            return Err(Fault::at(patch.line, Problem::NotUtf8 { byte: patch.byte }).into());
        }
        let refuse = |problem: Problem| Err(Fault::at(line, problem).into());
        match event {
            Event::Decl(declaration) => {
                let version = declaration.version().map(|v| v.trim().to_owned()).unwrap_or_default();
                if version != "1.0" {
                    return refuse(Problem::XmlVersion { found: version });
                }
                if let Some(encoding) = declaration.encoding() {
                    let found = encoding.map(|e| e.trim().to_owned()).unwrap_or_default();
                    if !found.eq_ignore_ascii_case("utf-8") && !found.eq_ignore_ascii_case("us-ascii") {
                        return refuse(Problem::Encoding { found });
                    }
                }
            }
            Event::Comment(_) | Event::PI(_) => {}
            Event::Text(text) if text.trim().is_empty() => {}
            Event::DocType(_) => return refuse(Problem::Doctype),
            Event::Eof => return refuse(Problem::Empty),
            Event::Start(ref tag) | Event::Empty(ref tag) => {
                let found = tag.local_name().as_ref().to_owned();
                if found != "NaaccrData" {
                    return refuse(Problem::Root { found });
                }
                let namespace = match xml.resolver().resolve_element(tag.name()).0 {
                    ResolveResult::Bound(ns) => Some(ns.into_inner().to_owned()),
                    ResolveResult::Unbound => None,
                    ResolveResult::Unknown(prefix) => {
                        return refuse(Problem::Namespace {
                            found: format!("of the unknown prefix {prefix}"),
                        });
                    }
                };
                if let Some(found) = namespace.as_ref().filter(|n| *n != NAMESPACE) {
                    return refuse(Problem::Namespace { found: found.clone() });
                }
                let attributes = tags::attributes(tag, limits).map_err(|p| Fault::at(line, p))?;
                let root = Root::of(attributes)
                    .map_err(|(problem, item, value)| Fault::of(line, item, &value, problem))?;
                return Ok((root, namespace, matches!(event, Event::Empty(_))));
            }
            _ => return refuse(Problem::Malformed("text stands before the root element".into())),
        }
    }
}

/// The next event; faults that end the reading as [`Halt`].
pub(super) fn next<'b, R: Read>(
    xml: &mut NsReader<Source<R>>,
    buffer: &'b mut Vec<u8>,
    open: &str,
) -> Result<Event<'b>, Halt> {
    let line = xml.get_ref().line();
    xml.get_mut().begin_event();
    xml.read_event_into(buffer).map_err(|error| halt_of(error, line, open))
}

fn halt_of(error: quick_xml::Error, line: u64, open: &str) -> Halt {
    let problem = match error {
        quick_xml::Error::Io(error) => match stopped(&error) {
            Some(problem) => problem.clone(),
            None => return Halt::Io(io::Error::new(error.kind(), error.to_string())),
        },
        quick_xml::Error::Syntax(SyntaxError::InvalidBangMarkup) => {
            Problem::Malformed("“<!” begins nothing that XML knows".into())
        }
        quick_xml::Error::Syntax(_) => Problem::Cut { open: open.to_owned() },
        quick_xml::Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
            Problem::Mismatched { expected, found }
        }
        quick_xml::Error::IllFormed(IllFormedError::UnmatchedEndTag(_)) => Problem::AfterEnd,
        quick_xml::Error::Namespace(NamespaceError::TooManyBindings(limit)) => {
            Problem::Limit { what: "the number of namespaces", allowed: limit.to_string() }
        }
        other => Problem::Malformed(other.to_string()),
    };
    Fault::at(line, problem).into()
}

pub(super) fn tag_of<R: Read>(
    xml: &NsReader<Source<R>>,
    tag: &BytesStart<'_>,
    namespace: Option<&str>,
    limits: &Limits,
    (offset, line): (u64, u64),
) -> Result<Tag, Fault> {
    let at = |problem| Fault::at(line, problem);
    let attributes = tags::attributes(tag, limits).map_err(at)?;
    let unknown =
        |prefix: String| at(Problem::Malformed(format!("the namespace prefix {prefix} is not declared")));
    let ours = match xml.resolver().resolve_element(tag.name()).0 {
        ResolveResult::Bound(ns) => Some(ns.into_inner()) == namespace,
        ResolveResult::Unbound => namespace.is_none(),
        ResolveResult::Unknown(prefix) => return Err(unknown(prefix)),
    };
    for attribute in tag.attributes().flatten() {
        if attribute.key.as_namespace_binding().is_none()
            && let ResolveResult::Unknown(prefix) = xml.resolver().resolve_attribute(attribute.key).0
        {
            return Err(unknown(prefix));
        }
    }
    let scope = if ours { Vec::new() } else { scope(xml, &attributes) };
    Ok(Tag { local: tag.local_name().as_ref().to_owned(), ours, attributes, scope, offset, line })
}

/// Prefixes declared around a tag, not by itself.
fn scope<R: Read>(xml: &NsReader<Source<R>>, own: &[Attribute]) -> Vec<Attribute> {
    xml.resolver()
        .bindings()
        .filter_map(|(declaration, namespace)| match declaration {
            PrefixDeclaration::Named(prefix) => Some((prefix.to_owned(), namespace.into_inner().to_owned())),
            PrefixDeclaration::Default => None,
        })
        .filter(|(prefix, _)| !own.iter().any(|(name, _)| name.strip_prefix("xmlns:") == Some(prefix)))
        .collect()
}

/// Where [`consume`] begins.
pub(super) struct Consume {
    pub(super) fault: Option<Fault>,
    /// Elements open below the root.
    pub(super) depth: usize,
}

/// Reads up to the end of the open element. The first fault, if any; after one only the
/// structure is followed.
pub(super) fn consume<R: Read>(
    xml: &mut NsReader<Source<R>>,
    builder: &mut Builder<'_>,
    limits: &Limits,
    namespace: Option<&str>,
    Consume { mut fault, mut depth }: Consume,
) -> Result<Option<Fault>, Halt> {
    let mut buffer = Vec::new();
    while depth > 0 {
        buffer.clear();
        let (line, start) = (xml.get_ref().line(), xml.get_ref().offset());
        xml.get_mut().begin_event();
        let read = xml.read_event_into(&mut buffer);
        if fault.is_none()
            && let Some(patch) = xml.get_ref().first_patch(start)
        {
            let text = String::from_utf8_lossy(&xml.get_ref().kept_bytes(start)).into_owned();
            let problem = Problem::NotUtf8 { byte: patch.byte };
            fault = Some(match builder.open_item() {
                Some((item, value)) => Fault::of(patch.line, item, &format!("{value}{text}"), problem),
                None => Fault::at(patch.line, problem),
            });
        }
        let event = match read {
            Ok(event) => event,
            // Such a reader goes on after these; the patient is rejected, the next one is not.
            Err(quick_xml::Error::IllFormed(
                e @ (IllFormedError::UnclosedReference | IllFormedError::DoubleHyphenInComment),
            )) => {
                let problem = Problem::Malformed(match e {
                    IllFormedError::UnclosedReference => "“&” stands alone; write it as &amp;".to_owned(),
                    other => other.to_string(),
                });
                fault.get_or_insert_with(|| match builder.open_item() {
                    Some((item, value)) => Fault::of(line, item, value, problem),
                    None => Fault::at(line, problem),
                });
                continue;
            }
            Err(error) => return Err(halt_of(error, line, builder.open_element())),
        };
        let handled = match event {
            Event::Start(ref tag) | Event::Empty(ref tag) => {
                let empty = matches!(event, Event::Empty(_));
                let tag = tag_of(xml, tag, namespace, limits, (start, line));
                if matches!(&tag, Ok(tag) if tag.ours && tag.local == "Tumor") {
                    builder.tumors_seen += 1;
                }
                if !empty {
                    depth += 1;
                }
                // The root itself is one more.
                if depth + 1 > limits.depth {
                    let allowed = limits.depth.to_string();
                    return Err(
                        Fault::at(line, Problem::Limit { what: "the depth of elements", allowed }).into()
                    );
                }
                if fault.is_some() {
                    Ok(())
                } else {
                    let source = xml.get_ref();
                    tag.and_then(|tag| builder.start(tag)).and_then(|()| {
                        if empty {
                            builder.end(|from| source.kept_text(from, source.offset()))
                        } else {
                            Ok(())
                        }
                    })
                }
            }
            Event::End(_) => {
                depth -= 1;
                if fault.is_some() {
                    Ok(())
                } else {
                    let source = xml.get_ref();
                    builder.end(|from| source.kept_text(from, source.offset()))
                }
            }
            _ if fault.is_some() && !matches!(event, Event::Eof | Event::DocType(_)) => Ok(()),
            Event::Text(text) => builder.text(line, &text.xml10_content()),
            Event::CData(text) => builder.text(line, &text.xml10_content()),
            Event::GeneralRef(reference) => match resolve(&reference) {
                Ok(text) => builder.text(line, &text),
                Err(problem) => Err(match builder.open_item() {
                    Some((item, value)) => {
                        Fault::of(line, item, &format!("{value}&{};", &*reference), problem)
                    }
                    None => Fault::at(line, problem),
                }),
            },
            Event::Comment(_) | Event::PI(_) => {
                let source = xml.get_ref();
                builder.aside(source.kept_text(start, source.offset()));
                Ok(())
            }
            Event::Decl(_) => {
                Err(Fault::at(line, Problem::Malformed("an XML declaration stands inside the file".into())))
            }
            Event::DocType(_) => return Err(Fault::at(line, Problem::Doctype).into()),
            Event::Eof => {
                let open = builder.open_element().to_owned();
                let item = builder.open_item().map(|(i, v)| (i.to_owned(), v.to_owned()));
                let problem = Problem::Cut { open };
                return Err(match item {
                    Some((item, value)) => Fault::of(line, &item, &value, problem),
                    None => Fault::at(line, problem),
                }
                .into());
            }
        };
        if let Err(found) = handled {
            fault.get_or_insert(found);
        }
    }
    Ok(fault)
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, Problem> {
    if reference.is_char_ref() {
        return match reference.resolve_char_ref() {
            Ok(Some(c)) => Ok(c.to_string()),
            _ => Err(Problem::Malformed(format!("&{}; is no character", &**reference))),
        };
    }
    quick_xml::escape::resolve_xml_entity(reference)
        .map(str::to_owned)
        .ok_or_else(|| Problem::Entity(reference.to_string()))
}
