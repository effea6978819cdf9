//! Complaints about a form: all at once, each tied to its field. Summary, field and print say
//! the same sentence.

use std::fmt::Display;

/// One complaint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Name of the field, which is also its id on the page.
    pub field: String,
    /// Label of the field.
    pub label: String,
    /// What is wrong and what is allowed, as a sentence.
    pub sentence: String,
}

/// All complaints about one form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormErrors(Vec<FieldError>);

impl FormErrors {
    /// Adds a complaint.
    pub fn add(&mut self, field: &str, label: &str, sentence: impl Display) {
        self.0.push(FieldError {
            field: field.to_owned(),
            label: label.to_owned(),
            sentence: sentence.to_string(),
        });
    }

    /// The value, or `None` with the complaint kept.
    pub fn take<T, E: Display>(&mut self, field: &str, label: &str, read: Result<T, E>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(why) => {
                self.add(field, label, why);
                None
            }
        }
    }

    /// First complaint about a field; empty if there is none.
    pub fn of(&self, field: &str) -> &str {
        self.0.iter().find(|e| e.field == field).map_or("", |e| e.sentence.as_str())
    }

    /// No complaints?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of complaints.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The complaints, in order.
    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }

    /// `Ok` with the command when nothing was complained about.
    pub fn or<T>(self, command: Option<T>) -> Result<T, Self> {
        match command {
            Some(command) if self.is_empty() => Ok(command),
            _ => Err(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_complaints_come_at_once() {
        let mut errors = FormErrors::default();
        assert_eq!(errors.take("age", "Age", "41".parse::<u8>()), Some(41));
        assert_eq!(errors.take("age", "Age", "x".parse::<u8>()), None);
        errors.add("name", "Name", "Enter a name.");
        assert_eq!(errors.len(), 2);
        assert_eq!(errors.of("name"), "Enter a name.");
        assert_eq!(errors.of("other"), "");
        assert!(errors.or(Some(1)).is_err());
        assert_eq!(FormErrors::default().or(Some(1)), Ok(1));
    }
}
