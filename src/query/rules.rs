//! What a question may say, what may be chosen, until when an answer is asked for, and how its age is told.

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::{
    dictionary::{Items, names},
    facility::Facility,
    facility::calendar::{Calendar, Holidays},
    partial_date::PartialDate,
    reminder::queries::{ESCALATE_DAYS, LINK_DAYS, REMIND_DAYS},
};

/// Fewest characters of a question, and of a reason for leaving an answer.
pub(super) const LEAST: usize = 10;
/// Most characters of a question.
pub(super) const LONGEST: usize = 1000;
/// Most characters of an answer in words.
pub(super) const LONGEST_ANSWER: usize = 2000;
/// Most choices of a question.
const MOST_CHOICES: usize = 30;
/// Most characters of a choice's label.
const LONGEST_LABEL: usize = 250;
/// Days until an answer is asked for, unless another day is chosen.
const DUE_DAYS: u64 = 14;

/// Where a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Waits for its answer.
    Open,
    /// Answered; nobody decided about the answer.
    Answered,
    /// The answer is in the case.
    Taken,
    /// The answer was read and not taken.
    Left,
    /// Not wanted any more.
    Withdrawn,
}

impl State {
    /// The word kept in the store.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Taken => "taken",
            Self::Left => "left",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads the stored word.
    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::Open, Self::Answered, Self::Taken, Self::Left, Self::Withdrawn]
            .into_iter()
            .find(|s| s.word() == word)
    }
}

/// One choice of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Choice {
    /// The code.
    pub(super) code: String,
    /// What it means.
    pub(super) label: String,
}

/// Choices as they are typed: `code = label`, one a line.
pub(super) fn choices_text(choices: &[(String, String)]) -> String {
    choices.iter().map(|(code, label)| format!("{code} = {label}")).collect::<Vec<_>>().join("\n")
}

/// Reads choices.
pub(super) fn read_choices(text: &str) -> Result<Vec<Choice>, String> {
    let mut out: Vec<Choice> = Vec::new();
    for (n, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let n = n + 1;
        let (code, label) = line
            .split_once('=')
            .map(|(code, label)| (code.trim(), label.trim()))
            .filter(|(code, label)| !code.is_empty() && !label.is_empty())
            .ok_or_else(|| {
                format!("Line {n} is “{line}”. Write a code, = and what it means, such as 2 = Left.")
            })?;
        if label.chars().count() > LONGEST_LABEL {
            return Err(format!("The label of line {n} is longer than {LONGEST_LABEL} characters."));
        }
        if out.iter().any(|c| c.code == code) {
            return Err(format!("The code {code} stands in two lines."));
        }
        out.push(Choice { code: code.to_owned(), label: label.to_owned() });
    }
    if out.len() > MOST_CHOICES {
        return Err(format!("{} choices are too many; {MOST_CHOICES} may be offered.", out.len()));
    }
    Ok(out)
}

/// The calendar of a facility.
pub(super) fn calendar(facility: &Facility) -> Calendar {
    let days: Vec<String> = facility.holidays.iter().map(NaiveDate::to_string).collect();
    Calendar::new(facility.zone, Holidays::parse(&days.join(" ")).unwrap_or_default())
}

/// The day proposed for an answer: the first working day in two weeks.
pub(super) fn due(calendar: &Calendar, today: NaiveDate) -> NaiveDate {
    let from = today + Days::new(DUE_DAYS);
    from.iter_days().take(30).find(|day| calendar.is_working_day(*day)).unwrap_or(from)
}

/// Is it a day by which an answer can be asked for?
pub(super) fn check_due(calendar: &Calendar, today: NaiveDate, day: NaiveDate) -> Result<(), String> {
    let last = today + chrono::Duration::days(LINK_DAYS);
    if day <= today || day > last {
        return Err(format!("{day} is not between tomorrow and {last}, the last day of the link."));
    }
    if !calendar.is_working_day(day) {
        return Err(format!("{day} is no working day here. Choose one."));
    }
    Ok(())
}

/// How long a question has waited, in words, with what the clock did.
pub(super) fn clock(asked: NaiveDate, due: NaiveDate, today: NaiveDate) -> (String, bool) {
    let days = (today - asked).num_days().max(0);
    let waited = match days {
        0 => "sent today".to_owned(),
        1 => "waits for 1 day".to_owned(),
        n => format!("waits for {n} days"),
    };
    let late = today > due || days >= REMIND_DAYS;
    let more = match days {
        n if n >= ESCALATE_DAYS => ", supervisors were told",
        n if n >= REMIND_DAYS => ", the physician was reminded",
        _ if today > due => ", past its day",
        _ => "",
    };
    (format!("{waited}{more}"), late)
}

/// The least by which a patient can be found: initials, and the record number or else the year of birth.
pub(super) fn minimum_facts(patient: &Items, tumor: &Items) -> Vec<(&'static str, String)> {
    let initial = |id: &str| patient.value(id).chars().next().map(|c| format!("{}.", c.to_uppercase()));
    let initials: Vec<String> =
        [names::NAME_FIRST, names::NAME_LAST].into_iter().filter_map(initial).collect();
    let mut facts = vec![("Patient", initials.join(" "))];
    let record = tumor.value(names::MEDICAL_RECORD_NUMBER);
    // UNK and nines say that there is none.
    let unknown = record.eq_ignore_ascii_case("UNK") || record.chars().all(|c| c == '9');
    if record.is_empty() || unknown {
        if let Some(born) = patient.date(names::DATE_OF_BIRTH) {
            facts.push(("Born in", born.year().to_string()));
        }
    } else {
        facts.push(("Record number", record.to_owned()));
    }
    facts
}

/// What names a patient, to be looked for in what somebody typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Identifiers {
    names: Vec<String>,
    numbers: Vec<(&'static str, String)>,
    born: Option<PartialDate>,
}

/// Lower-case words of letters and digits.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
}

impl Identifiers {
    /// Of a patient and one of the patient's cases.
    pub(super) fn of(patient: &Items, tumor: &Items) -> Self {
        let named = [
            names::NAME_LAST,
            names::NAME_FIRST,
            "nameMiddle",
            "nameBirthSurname",
            "nameMaiden",
            "nameAlias",
        ];
        let names = named.iter().flat_map(|id| words(patient.value(id))).filter(|w| w.chars().count() > 1);
        let numbered = [
            ("the record number", tumor.value(names::MEDICAL_RECORD_NUMBER)),
            ("the record number", patient.value(names::MEDICAL_RECORD_NUMBER)),
            ("the social security number", patient.value(names::SOCIAL_SECURITY_NUMBER)),
            ("the Medicare number", patient.value(names::MEDICARE_BENEFICIARY_IDENTIFIER)),
            ("the patient number", patient.value(names::PATIENT_ID_NUMBER)),
            ("the accession number", tumor.value(names::ACCESSION_NUMBER_HOSP)),
            ("the telephone number", patient.value("telephone")),
            ("the address", tumor.value("addrAtDxNoStreet")),
            ("the address", patient.value("addrCurrentNoStreet")),
        ];
        // The digits alone tell as much as with their letters, once there are some of them.
        let digits = |value: &str| value.chars().filter(char::is_ascii_digit).collect::<String>();
        let mut numbers: Vec<(&'static str, String)> = Vec::new();
        for (what, value) in numbered {
            let forms = [(words(value).concat(), 4), (digits(value), 5)];
            numbers.extend(
                forms.into_iter().filter(|(n, least)| n.chars().count() >= *least).map(|(n, _)| (what, n)),
            );
        }
        Self { names: names.collect(), numbers, born: patient.date(names::DATE_OF_BIRTH) }
    }

    /// What of it stands in a text, in words.
    pub(super) fn found(&self, text: &str) -> Vec<&'static str> {
        let words = words(text);
        let joined = words.concat();
        let mut found = Vec::new();
        if words.iter().any(|w| self.names.contains(w)) {
            found.push("a name of the patient");
        }
        for (what, value) in &self.numbers {
            if joined.contains(value.as_str()) && !found.contains(what) {
                found.push(what);
            }
        }
        if self.born.and_then(PartialDate::day).is_some_and(|born| says_day(&words, born)) {
            found.push("the birth date");
        }
        if has_nine_digits(text) {
            found.push("a number like a social security number");
        }
        found
    }
}

/// Is a day written in a text, in any order of year, month and day?
fn says_day(words: &[String], day: NaiveDate) -> bool {
    let text = format!(" {} ", words.join(" "));
    let (y, m, d) = (day.year(), day.month(), day.day());
    let short = y.rem_euclid(100);
    let month = day.format("%B").to_string().to_lowercase();
    let brief = day.format("%b").to_string().to_lowercase();
    let days = [
        d.to_string(),
        format!("{d:02}"),
        format!("{d}th"),
        format!("{d}st"),
        format!("{d}nd"),
        format!("{d}rd"),
    ];
    let months = [m.to_string(), format!("{m:02}"), month, brief];
    let years = [y.to_string(), format!("{short:02}")];
    let written = |parts: [&str; 3]| text.contains(&format!(" {} ", parts.join(" ")));
    let compact = [day.format("%Y%m%d"), day.format("%m%d%Y"), day.format("%d%m%Y")];
    compact.into_iter().any(|c| text.contains(&c.to_string()))
        || years.iter().any(|y| {
            months
                .iter()
                .any(|m| days.iter().any(|d| written([y, m, d]) || written([m, d, y]) || written([d, m, y])))
        })
}

/// Three, two and four digits in a row, with or without hyphens or blanks.
fn has_nine_digits(text: &str) -> bool {
    let plain: Vec<char> = text
        .chars()
        .map(|c| {
            if c.is_ascii_digit() {
                '9'
            } else if c == '-' {
                ' '
            } else {
                c
            }
        })
        .collect();
    let padded: String = std::iter::once('x').chain(plain).chain(std::iter::once('x')).collect();
    ["999 99 9999", "999999999"].iter().any(|form| {
        padded.match_indices(form).any(|(at, _)| {
            let before = padded.get(..at).and_then(|t| t.chars().next_back());
            let after = padded.get(at + form.len()..).and_then(|t| t.chars().next());
            before != Some('9') && after != Some('9')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn patient() -> (Items, Items) {
        let patient = [
            ("nameLast", "Ashgrove-Pell"),
            ("nameFirst", "Nora"),
            ("nameMiddle", "J"),
            ("dateOfBirth", "19510304"),
            ("socialSecurityNumber", "900112222"),
            ("patientIdNumber", "00000017"),
        ];
        let tumor = [("medicalRecordNumber", "PR-4711"), ("accessionNumberHosp", "202600012")];
        (patient.into_iter().collect(), tumor.into_iter().collect())
    }

    #[test]
    fn what_names_the_patient_is_found_however_it_is_written() {
        let (patient, tumor) = patient();
        let known = Identifiers::of(&patient, &tumor);
        for (text, what) in [
            ("Was it the left side for nora?", "a name of the patient"),
            ("Mrs. PELL, which side?", "a name of the patient"),
            ("pr 4711: which side?", "the record number"),
            ("PR4711?", "the record number"),
            ("Case 2026-00012", "the accession number"),
            ("born 1951-03-04", "the birth date"),
            ("born 3/4/1951", "the birth date"),
            ("born 4.3.51", "the birth date"),
            ("born March 4th, 1951", "the birth date"),
            ("born 4 Mar 1951", "the birth date"),
            ("19510304", "the birth date"),
            ("900-11-2222", "the social security number"),
            ("123-45-6789", "a number like a social security number"),
            ("123 45 6789", "a number like a social security number"),
        ] {
            assert!(known.found(text).contains(&what), "{text}: {:?}", known.found(text));
        }
        for text in [
            "Which side was the tumor on in the operation of May 2026?",
            "Is grade 3 of C50.4 right, 22 mm, 8500/3?",
            "J was not named. Pellet, Norah: no.",
        ] {
            assert!(known.found(text).is_empty(), "{text}: {:?}", known.found(text));
        }
    }

    #[test]
    fn the_least_is_initials_and_a_number_or_else_a_year() {
        let (patient, mut tumor) = patient();
        let facts = minimum_facts(&patient, &tumor);
        assert_eq!(facts, [("Patient", "N. A.".to_owned()), ("Record number", "PR-4711".to_owned())]);
        tumor.set("medicalRecordNumber", "UNK");
        assert_eq!(minimum_facts(&patient, &tumor)[1].0, "Born in");
        tumor.remove("medicalRecordNumber");
        let facts = minimum_facts(&patient, &tumor);
        assert_eq!(facts, [("Patient", "N. A.".to_owned()), ("Born in", "1951".to_owned())]);
    }

    #[test]
    fn choices_are_a_code_and_a_label_a_line() {
        let read = read_choices("1 = Right\n\n 2=Left: origin of primary \n").unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!((read[1].code.as_str(), read[1].label.as_str()), ("2", "Left: origin of primary"));
        for wrong in ["Left", "= Left", "2 =", "1 = a\n1 = b"] {
            assert!(read_choices(wrong).is_err(), "{wrong}");
        }
        assert!(read_choices(&(0..31).map(|n| format!("{n} = x\n")).collect::<String>()).is_err());
        let back = [("1".to_owned(), "Right".to_owned()), ("2".to_owned(), "Left".to_owned())];
        assert_eq!(choices_text(&back), "1 = Right\n2 = Left");
    }

    #[test]
    fn the_day_asked_for_is_a_working_day_within_the_life_of_the_link() {
        let calendar = Calendar::new(chrono_tz::UTC, Holidays::parse("2026-12-07").unwrap());
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(due(&calendar, day("2026-11-23")), day("2026-12-08"), "the 7th is a holiday");
        assert_eq!(due(&calendar, day("2026-11-28")), day("2026-12-14"), "a Saturday is none");
        for (asked, good) in [
            ("2026-11-23", false),
            ("2026-11-24", true),
            ("2026-11-28", false),
            ("2026-12-07", false),
            ("2027-01-04", true),
            ("2027-01-05", false),
        ] {
            assert_eq!(check_due(&calendar, day("2026-11-23"), day(asked)).is_ok(), good, "{asked}");
        }
    }

    #[test]
    fn the_clock_tells_when_it_rang() {
        let day = |n: u64| NaiveDate::from_ymd_opt(2026, 11, 23).unwrap() + Days::new(n);
        let at = |n| clock(day(0), day(14), day(n));
        assert_eq!(at(0), ("sent today".to_owned(), false));
        assert_eq!(at(13), ("waits for 13 days".to_owned(), false));
        assert_eq!(at(14), ("waits for 14 days, the physician was reminded".to_owned(), true));
        assert_eq!(at(28), ("waits for 28 days, supervisors were told".to_owned(), true));
        assert_eq!(clock(day(0), day(3), day(5)).0, "waits for 5 days, past its day");
    }

    proptest! {
        #[test]
        fn a_name_is_found_in_any_text(before in "[a-z ]{0,20}", after in "[ a-z.]{0,20}", upper: bool) {
            let (patient, tumor) = patient();
            let name = if upper { "ASHGROVE" } else { "Ashgrove" };
            let text = format!("{before} {name}, {after}");
            prop_assert!(Identifiers::of(&patient, &tumor).found(&text).contains(&"a name of the patient"));
        }

        #[test]
        fn no_text_breaks_the_search(text in ".{0,80}") {
            let (patient, tumor) = patient();
            let _ = Identifiers::of(&patient, &tumor).found(&text);
            let _ = read_choices(&text);
        }
    }
}
