//! One sentence about what happened or what is the matter, with at most one link.

use super::status::Tone;

/// A notice. It stays until the page is left; nothing leaves by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Good, warning, error; `Active` for plain news.
    pub tone: Tone,
    /// The sentence. Never the name of a patient: notices may come with a redirect.
    pub sentence: String,
    /// Words and address of the link.
    pub link: Option<(String, String)>,
}

impl Notice {
    /// Something was done.
    pub fn good(sentence: impl Into<String>) -> Self {
        Self { tone: Tone::Good, sentence: sentence.into(), link: None }
    }

    /// News.
    pub fn news(sentence: impl Into<String>) -> Self {
        Self { tone: Tone::Active, sentence: sentence.into(), link: None }
    }

    /// Something to look at.
    pub fn warning(sentence: impl Into<String>) -> Self {
        Self { tone: Tone::Warning, sentence: sentence.into(), link: None }
    }

    /// Something was not done.
    pub fn error(sentence: impl Into<String>) -> Self {
        Self { tone: Tone::Error, sentence: sentence.into(), link: None }
    }

    /// Adds the one link.
    #[must_use]
    pub fn link(mut self, words: impl Into<String>, href: impl Into<String>) -> Self {
        self.link = Some((words.into(), href.into()));
        self
    }
}
