//! Patterns of whole texts.

use regex::{Regex, RegexBuilder};

/// A pattern the whole text must match. A dot means any character, a line break too: notes have several
/// lines. Matching takes time in proportion to the text, whatever the pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Regex);

/// Most memory a compiled pattern may take, in bytes.
const LARGEST: usize = 64 * 1024;

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Why it cannot be read, in one sentence.
    pub(super) fn read(pattern: &str) -> Result<Self, String> {
        // Read by itself first, so that brackets are balanced within it.
        Regex::new(pattern).map_err(|e| why(&e))?;
        RegexBuilder::new(&format!(r"\A(?:{pattern})\z"))
            .dot_matches_new_line(true)
            .size_limit(LARGEST)
            .nest_limit(32)
            .build()
            .map(Self)
            .map_err(|e| why(&e))
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

fn why(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "The pattern is too large.".to_owned(),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            format!("The pattern cannot be read: {last}.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_must_match() {
        let fits = |pattern, text| Pattern::read(pattern).unwrap().is_match(text);
        assert!(fits("[0-9]{3}", "031"));
        assert!(!fits("[0-9]{3}", "0311"));
        assert!(!fits("[0-9]{3}", "031\n"));
        assert!(fits("[0-9]{5}|[0-9]{9}", "606110000"), "both sides of | are whole");
        assert!(fits(r".*\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b.*", "first line\nSSN 123-45-6789"));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for pattern in ["[0-9", "a)(b", "(?:", "a{1,1000}{1,1000}", r"(a)\1"] {
            assert!(Pattern::read(pattern).is_err(), "{pattern}");
        }
    }
}
