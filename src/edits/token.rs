//! Characters of an edit's logic to words.

use super::problem::Problem;

/// One word of the language, with the character it begins at (from 0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) what: Word,
}

/// What a word is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// A name: item, function, local name or keyword.
    Name(String),
    /// Digits.
    Number(i64),
    /// A text between quotes.
    Text(String),
    /// An operator or bracket.
    Mark(&'static str),
    /// After the last word.
    End,
}

impl Word {
    /// As problems show it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Name(name) => format!("“{name}”"),
            Self::Number(number) => format!("“{number}”"),
            Self::Text(text) => format!("the text “{text}”"),
            Self::Mark(mark) => format!("“{mark}”"),
            Self::End => "the end".to_owned(),
        }
    }
}

/// Longest logic in characters. The longest of ours has some 400.
pub(super) const LONGEST: usize = 4_000;

const MARKS: [&str; 18] =
    ["==", "!=", "<=", ">=", "<", ">", "(", ")", "{", "}", "[", "]", ",", ":", ".", "+", "-", "*"];

/// Splits logic into words; the last is [`Word::End`].
///
/// # Errors
/// A character that begins no word, a text or number that does not end, logic that is too long.
pub(super) fn words(logic: &str) -> Result<Vec<Token>, Problem> {
    let letters: Vec<char> = logic.chars().collect();
    if letters.len() > LONGEST {
        let what = format!("This is {} characters long. Allowed: {LONGEST}.", letters.len());
        return Err(Problem::new(LONGEST, what));
    }
    let mut reader = Reader { letters: &letters, at: 0 };
    let mut found = Vec::new();
    loop {
        while reader.peek().is_some_and(char::is_whitespace) {
            reader.at += 1;
        }
        let at = reader.at;
        let what = reader.word()?;
        let end = what == Word::End;
        found.push(Token { at, what });
        if end {
            return Ok(found);
        }
    }
}

struct Reader<'a> {
    letters: &'a [char],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn second(&self) -> Option<char> {
        self.letters.get(self.at + 1).copied()
    }

    fn word(&mut self) -> Result<Word, Problem> {
        match self.peek() {
            None => Ok(Word::End),
            Some('r') if matches!(self.second(), Some('\'' | '"')) => {
                self.at += 1;
                self.text(true)
            }
            Some('\'' | '"') => self.text(false),
            Some(c) if c.is_ascii_digit() => self.number(),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                Ok(Word::Name(self.take(|c| c.is_ascii_alphanumeric() || c == '_')))
            }
            Some(c) => self.mark(c),
        }
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let mut word = String::new();
        while let Some(c) = self.peek().filter(|c| belongs(*c)) {
            word.push(c);
            self.at += 1;
        }
        word
    }

    fn number(&mut self) -> Result<Word, Problem> {
        let at = self.at;
        let digits = self.take(|c| c.is_ascii_digit());
        if digits.len() > 9 {
            return Err(Problem::new(at, format!("The number {digits} is too long. Allowed: 9 digits.")));
        }
        digits.parse().map(Word::Number).map_err(|_| Problem::new(at, format!("{digits} is no number.")))
    }

    /// A text between quotes. In a raw one a backslash is a backslash; elsewhere it must stand before
    /// a quote or a backslash.
    fn text(&mut self, raw: bool) -> Result<Word, Problem> {
        let begun = self.at;
        let quote = self.peek();
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(c) = self.peek() else {
                return Err(Problem::new(begun, "This text has no closing quote."));
            };
            self.at += 1;
            if Some(c) == quote {
                return Ok(Word::Text(text));
            }
            if c == '\\' && !raw {
                match self.peek() {
                    Some(next @ ('\\' | '\'' | '"')) => text.push(next),
                    _ => {
                        let what =
                            "A backslash may stand before a quote or a backslash; write r'…' for a pattern.";
                        return Err(Problem::new(self.at - 1, what));
                    }
                }
                self.at += 1;
            } else {
                text.push(c);
            }
        }
    }

    fn mark(&mut self, first: char) -> Result<Word, Problem> {
        let fits = |mark: &&&str| {
            let mut letters = mark.chars();
            letters.next() == Some(first) && letters.next().is_none_or(|second| self.second() == Some(second))
        };
        match MARKS.iter().find(fits) {
            Some(mark) => {
                self.at += mark.chars().count();
                Ok(Word::Mark(mark))
            }
            None => Err(Problem::new(self.at, format!("“{first}” means nothing here."))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_know_where_they_begin() {
        let found = words("inl(x, '0-3') != r'\\b'").unwrap();
        let shown: Vec<(usize, String)> = found.iter().map(|t| (t.at, t.what.shown())).collect();
        assert_eq!(shown[0], (0, "“inl”".into()));
        assert_eq!(shown[4], (7, "the text “0-3”".into()));
        assert_eq!(shown[6], (14, "“!=”".into()));
        assert_eq!(shown[7], (17, "the text “\\b”".into()));
        assert_eq!(shown[8], (22, "the end".into()));
    }

    #[test]
    fn what_is_no_word_is_refused_where_it_stands() {
        for (logic, at) in [
            ("a = b", 2),
            ("a | b", 2),
            ("'open", 0),
            ("a == '\\d'", 6),
            ("x > 12345678901", 4),
            ("é", 0),
            ("a ! b", 2),
        ] {
            assert_eq!(words(logic).unwrap_err().at, at, "{logic}");
        }
        assert!(words(&"a ".repeat(LONGEST)).is_err());
    }
}
