//! A field as pages show it. One component makes all fields, so that label, hint, message,
//! limit and their ties for screen readers cannot be forgotten.

/// One answer of a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Value sent.
    pub value: String,
    /// Words shown.
    pub label: String,
}

/// What is typed or chosen in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Control {
    /// One line.
    #[default]
    Text,
    /// One line, hidden.
    Password,
    /// Digits; a phone shows its number keys.
    Digits,
    /// A partial date in one box.
    Date,
    /// A code with its meaning beside; the button lists the codes.
    Code {
        /// Address that answers with the list; empty where there is none.
        list: String,
    },
    /// A code of ICD-O, found by words; the button searches without script.
    CodeSearch {
        /// What is searched: `site` or `histology`.
        table: &'static str,
    },
    /// Several lines.
    Area {
        /// Lines shown.
        rows: u8,
    },
    /// A list that drops down.
    Select(Vec<Answer>),
    /// Radio buttons.
    Radio(Vec<Answer>),
    /// A check box; its value is `1`.
    Check,
}

/// What is to be said about a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FieldState {
    /// Nothing.
    #[default]
    Plain,
    /// Proposed by the program; the reason is shown. Not confirmed before the field is left.
    Proposed(String),
    /// Computed by the program; not typed.
    Derived,
    /// Wrong; the sentence says what and what is allowed.
    Error(String),
    /// To be looked at.
    Warning(String),
}

/// A field with all that belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// Name, also the id on the page.
    pub name: String,
    /// Label.
    pub label: String,
    /// Value as typed or shown.
    pub value: String,
    /// What the program proposes for a blank box; Enter takes it, nothing else does.
    pub proposal: String,
    /// What the value means, in words; beside the box.
    pub meaning: String,
    /// What to enter, where the label does not say it.
    pub hint: String,
    /// Control.
    pub control: Control,
    /// State.
    pub state: FieldState,
    /// Most characters; 0 for no limit.
    pub most: usize,
    /// Value of `autocomplete`.
    pub autocomplete: &'static str,
    /// Has the focus when the page opens.
    pub first: bool,
    /// Must be filled (marked for screen readers; what need not be says “if known”).
    pub required: bool,
    /// Shown, not to be changed.
    pub read_only: bool,
    /// Format and valid codes in one line, for the prompt line; blank for none.
    pub prompt: String,
    /// Characters of a full code, after which the next field comes by itself; 0 for none.
    pub full: usize,
    /// The codes of a short list, joined by blanks; blank where any may stand here.
    pub codes: String,
    /// On the page, not shown: another answer may call for it.
    pub hidden: bool,
    /// Something going on about the field elsewhere: address and words.
    pub remark: Option<(String, String)>,
}

impl Field {
    /// A field with name, label and control.
    pub fn new(name: impl Into<String>, label: impl Into<String>, control: Control) -> Self {
        Self { name: name.into(), label: label.into(), control, autocomplete: "off", ..Self::default() }
    }

    /// One line of text.
    pub fn text(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(name, label, Control::Text)
    }

    /// Sets the value.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// Sets the words beside the box.
    #[must_use]
    pub fn meaning(mut self, meaning: impl Into<String>) -> Self {
        self.meaning = meaning.into();
        self
    }

    /// Sets the hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Sets an error; an empty sentence sets none, so that [`super::FormErrors::of`] fits.
    #[must_use]
    pub fn error(mut self, sentence: impl Into<String>) -> Self {
        let sentence = sentence.into();
        if !sentence.is_empty() {
            self.state = FieldState::Error(sentence);
        }
        self
    }

    /// Sets the limit.
    #[must_use]
    pub fn most(mut self, characters: usize) -> Self {
        self.most = characters;
        self
    }

    /// Sets `autocomplete`.
    #[must_use]
    pub fn autocomplete(mut self, word: &'static str) -> Self {
        self.autocomplete = word;
        self
    }

    /// Puts the focus here when the page opens.
    #[must_use]
    pub fn first(mut self) -> Self {
        self.first = true;
        self
    }

    /// Must be filled.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Ids that describe the box, meaning first.
    pub fn described_by(&self) -> String {
        let mut ids = Vec::new();
        if self.has_value_words() {
            ids.push(format!("{}-value", self.name));
        }
        if !self.hint.is_empty() {
            ids.push(format!("{}-hint", self.name));
        }
        if !self.sentence().is_empty() {
            ids.push(format!("{}-message", self.name));
        }
        ids.join(" ")
    }

    /// Does the field have a place for the meaning of its value?
    pub fn has_value_words(&self) -> bool {
        !self.meaning.is_empty()
            || matches!(self.control, Control::Date | Control::Code { .. } | Control::CodeSearch { .. })
            || matches!(self.state, FieldState::Proposed(_) | FieldState::Derived)
    }

    /// Value of `data-state`; empty for none.
    pub fn state_word(&self) -> &'static str {
        match self.state {
            FieldState::Plain => "",
            FieldState::Proposed(_) => "proposed",
            FieldState::Derived => "derived",
            FieldState::Error(_) => "error",
            FieldState::Warning(_) => "warning",
        }
    }

    /// The message under the box; empty for none.
    pub fn sentence(&self) -> &str {
        match &self.state {
            FieldState::Error(s) | FieldState::Warning(s) => s,
            _ => "",
        }
    }

    /// Is the message an error?
    pub fn is_wrong(&self) -> bool {
        matches!(self.state, FieldState::Error(_))
    }

    /// Not to be typed in?
    pub fn is_fixed(&self) -> bool {
        self.read_only || matches!(self.state, FieldState::Derived)
    }

    /// Width of the box: all codes alike, all dates alike.
    pub fn width(&self) -> &'static str {
        match self.control {
            Control::Date | Control::CodeSearch { .. } => "date",
            Control::Digits if self.most > 5 => "date",
            Control::Code { .. } | Control::Digits => "code",
            _ => "",
        }
    }

    /// Takes the whole row, without a column for the meaning?
    pub fn is_wide(&self) -> bool {
        matches!(
            self.control,
            Control::Text | Control::Password | Control::Area { .. } | Control::Select(_) | Control::Radio(_)
        ) && !matches!(self.state, FieldState::Derived)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn box_meaning_hint_and_message_are_tied_meaning_first() {
        let field = Field::new("laterality", "Laterality", Control::Code { list: String::new() })
            .hint("One digit.")
            .error("0 means not paired, but breast is paired. Enter 1 to 3 or 9.");
        assert_eq!(field.described_by(), "laterality-value laterality-hint laterality-message");
        assert!(field.is_wrong());
        assert_eq!(Field::text("a", "A").error("").described_by(), "");
    }
}
