//! Attributes of a tag, checked.

use quick_xml::{
    XmlVersion,
    escape::EscapeError,
    events::{BytesStart, attributes::AttrError},
};

use super::{envelope::Attribute, limits::Limits, problem::Problem, text};

/// Attributes in order; any fault of the tag is a problem.
pub(super) fn attributes(tag: &BytesStart<'_>, limits: &Limits) -> Result<Vec<Attribute>, Problem> {
    let too_long = |bytes: usize| bytes > limits.name_bytes;
    let name_limit = || Problem::Limit { what: "a name", allowed: format!("{} bytes", limits.name_bytes) };
    check_name(tag.name().as_ref())?;
    if too_long(tag.name().as_ref().len()) {
        return Err(name_limit());
    }
    let mut found: Vec<Attribute> = Vec::new();
    for attribute in tag.attributes() {
        if found.len() == limits.attributes {
            let allowed = limits.attributes.to_string();
            return Err(Problem::Limit { what: "the number of attributes", allowed });
        }
        let attribute = attribute.map_err(|e| match e {
            AttrError::Duplicated(..) => Problem::Malformed("an attribute stands twice in one tag".into()),
            other => Problem::Malformed(other.to_string()),
        })?;
        let name = attribute.key.as_ref();
        if too_long(name.len()) {
            return Err(name_limit());
        }
        check_name(name)?;
        if attribute.value.contains('<') {
            return Err(Problem::Malformed(format!("the attribute {name} holds <")));
        }
        let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|e| match e {
            quick_xml::Error::Escape(EscapeError::UnrecognizedEntity(_, entity)) => Problem::Entity(entity),
            other => Problem::Malformed(other.to_string()),
        })?;
        if let Some(code) = text::forbidden(&value) {
            return Err(Problem::Character(code));
        }
        found.push((name.to_owned(), value.into_owned()));
    }
    Ok(found)
}

/// Names begin with a letter, `_` or `:` and hold no signs of the syntax.
fn check_name(name: &str) -> Result<(), Problem> {
    let good_start = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_' || c == ':');
    let good = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.' | '·'));
    if good_start && good {
        Ok(())
    } else {
        let shown: String = name.chars().take(40).collect();
        Err(Problem::Malformed(format!("“{shown}” is not a name")))
    }
}
