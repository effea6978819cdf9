//! Notes in the envelope of a tumor: written, read back, merged.

use serde_json::{Map, Value, json};

use super::Note;

/// Namespace of the extension element.
pub const NAMESPACE: &str = "urn:cancer-registry:provenance:1";
const OPEN: &str = "<cr:provenance xmlns:cr=\"urn:cancer-registry:provenance:1\">";
const CLOSE: &str = "</cr:provenance>";
/// Behind all items, however many there are.
const LAST: u64 = 1_000_000;

/// Is the XML of an extension one of ours?
pub fn is_ours(xml: &str) -> bool {
    xml.contains(NAMESPACE)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

fn element(notes: &[Note]) -> String {
    let body = serde_json::to_string(notes).expect("texts are always JSON");
    format!("{OPEN}{}{CLOSE}", escaped(&body))
}

/// The notes within the XML of one of our extensions; none where another program made them unreadable.
fn read_element(xml: &str) -> Vec<Note> {
    let body = xml.find('>').and_then(|open| {
        let end = xml.rfind("</")?;
        xml.get(open + 1..end)
    });
    let Some(body) = body.map(str::trim) else { return Vec::new() };
    let plain = match body.strip_prefix("<![CDATA[").and_then(|b| b.strip_suffix("]]>")) {
        Some(plain) => plain.to_owned(),
        None => unescaped(body),
    };
    serde_json::from_str(&plain).unwrap_or_default()
}

fn parsed(envelope: &str) -> Map<String, Value> {
    serde_json::from_str(envelope).unwrap_or_default()
}

fn xml_of(node: &Value) -> &str {
    node.get("x").and_then(Value::as_str).unwrap_or("")
}

/// The notes kept in the envelope of a tumor, by item in the order they were made.
pub fn notes(envelope: &str) -> Vec<Note> {
    if !is_ours(envelope) {
        return Vec::new();
    }
    let parsed = parsed(envelope);
    let nodes = parsed.get("x").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    nodes.iter().map(xml_of).filter(|xml| is_ours(xml)).flat_map(read_element).collect()
}

/// The envelope with these notes added; a note replaces the one before of its item. Other content stays.
pub fn noted(envelope: &str, added: Vec<Note>) -> String {
    if added.is_empty() {
        return envelope.to_owned();
    }
    let mut all = notes(envelope);
    for note in added {
        all.retain(|n| n.item != note.item);
        all.push(note);
    }
    let mut parsed = parsed(envelope);
    let nodes = parsed.entry("x").or_insert_with(|| Value::Array(Vec::new()));
    if let Some(nodes) = nodes.as_array_mut() {
        let place = nodes.iter().find(|n| is_ours(xml_of(n))).and_then(|n| n.get("i").cloned());
        nodes.retain(|n| !is_ours(xml_of(n)));
        nodes.push(json!({ "i": place.unwrap_or(json!(LAST)), "t": 0, "x": element(&all) }));
    }
    Value::Object(parsed).to_string()
}

/// The stored envelope with the notes of an incoming one: for the items whose value was taken over, and for
/// those that had none.
pub fn merged(stored: &str, incoming: &str, changed: &[String]) -> String {
    let have = notes(stored);
    let news = notes(incoming)
        .into_iter()
        .filter(|n| changed.contains(&n.item) || have.iter().all(|h| h.item != n.item))
        .collect();
    noted(stored, news)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provenance::{How, Reasons};

    fn note(item: &str, value: &str, how: How) -> Note {
        Note {
            item: item.to_owned(),
            value: value.to_owned(),
            how,
            by: "rosa".to_owned(),
            at: "2026-11-23T10:00:00Z".to_owned(),
            place: "St. Example".to_owned(),
            cited: None,
        }
    }

    fn suggested() -> How {
        How::Suggested(Reasons {
            words: "duct <ca> & \"more\", ä".to_owned(),
            spans: vec![(0, 4)],
            why: "term “x”".to_owned(),
            rules: vec!["site-term".to_owned()],
            ..Reasons::default()
        })
    }

    #[test]
    fn notes_read_back_and_the_newest_of_an_item_stands() {
        let first =
            noted("", vec![note("primarySite", "C504", suggested()), note("laterality", "2", How::Typed)]);
        assert_eq!(notes(&first).len(), 2);
        let then = noted(&first, vec![note("primarySite", "C509", How::Typed)]);
        let found = notes(&then);
        assert_eq!(found.len(), 2);
        assert_eq!(found.iter().find(|n| n.item == "primarySite").unwrap().value, "C509");
        assert_eq!(notes(&first).iter().find(|n| n.item == "primarySite").unwrap().how, suggested());
    }

    #[test]
    fn what_else_the_envelope_says_stays() {
        let envelope = r#"{"all":true,"x":[{"i":2,"t":0,"x":"<o:a xmlns:o=\"urn:o\">1</o:a>"}]}"#;
        let with = noted(envelope, vec![note("grade", "2", How::Typed)]);
        assert!(with.contains("urn:o") && with.contains("\"all\":true"), "{with}");
        assert_eq!(notes(&with).len(), 1);
        assert_eq!(noted(envelope, Vec::new()), envelope);
        assert!(notes(envelope).is_empty() && notes("").is_empty() && notes("no json").is_empty());
    }

    #[test]
    fn a_merge_takes_notes_of_taken_values_and_of_items_without() {
        let stored = noted("", vec![note("primarySite", "C504", How::Typed)]);
        let incoming =
            noted("", vec![note("primarySite", "C509", suggested()), note("laterality", "1", suggested())]);
        let kept = notes(&merged(&stored, &incoming, &[]));
        assert_eq!(kept.iter().map(|n| n.value.as_str()).collect::<Vec<_>>(), ["C504", "1"]);
        let taken = notes(&merged(&stored, &incoming, &["primarySite".to_owned()]));
        assert_eq!(taken.iter().map(|n| n.value.as_str()).collect::<Vec<_>>(), ["C509", "1"]);
    }

    #[test]
    fn another_program_may_have_written_it_anew() {
        let xml = format!("<p:provenance xmlns:p=\"{NAMESPACE}\">\n<![CDATA[{}]]></p:provenance>", "[]");
        assert!(is_ours(&xml) && read_element(&xml).is_empty());
        assert!(read_element("<p:provenance>nonsense</p:provenance>").is_empty());
    }
}
