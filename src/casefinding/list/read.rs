//! Reads a list: text with a header and one possible case a line. Pure.
//!
//! A fault of the header is told of the list, a fault of a line of the line: the others are still taken.

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::{
    abstracting::PERSON_FIELDS,
    casefinding::{
        facts::{self, FIELDS, NewItem},
        source::Source,
    },
    dictionary::names,
    partial_date::SlashOrder,
    seal::hex,
};

/// Most bytes of a list: what a page can carry between preview and taking.
pub(in crate::casefinding) const LIST_BYTES: usize = 256 * 1024;

/// Most lines of a list, so that the one transaction stays short.
pub(in crate::casefinding) const MOST_LINES: usize = 2_000;

/// Columns that a list may have, in any order, with what each holds.
pub(in crate::casefinding) const COLUMNS: [(&str, &str); 12] = [
    ("sourceId", "Number of report, visit or certificate. The same number never makes two items."),
    ("sourceSystem", "Laboratory or system, where there are several."),
    ("eventDate", "Day, month or year of specimen, visit or presentation. Needed."),
    ("text", "Diagnosis or text of the source."),
    ("code", "Code of ICD-10-CM, as C50.412 or C50412."),
    (names::NAME_LAST, "Last name; this or the medical record number is needed."),
    (names::NAME_FIRST, "First name."),
    (names::NAME_MIDDLE, "Middle name."),
    (names::DATE_OF_BIRTH, "Day, month or year."),
    (names::SEX_ASSIGNED_AT_BIRTH, "1 male, 2 female, 9 not known."),
    (names::SOCIAL_SECURITY_NUMBER, "Nine digits, with or without hyphens."),
    (names::MEDICAL_RECORD_NUMBER, "Of this hospital."),
];

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::casefinding) struct Complaint {
    /// Column; blank where the whole line is meant.
    pub(in crate::casefinding) column: String,
    /// What stands there; never a social security number.
    pub(in crate::casefinding) value: String,
    /// What is wrong and what is allowed.
    pub(in crate::casefinding) says: String,
}

/// One line that is not blank.
#[derive(Clone, Debug)]
pub(in crate::casefinding) struct Line {
    /// Where it begins in the text, from 1; the header has a number too.
    pub(in crate::casefinding) number: usize,
    pub(in crate::casefinding) read: Result<NewItem, Vec<Complaint>>,
}

/// A list that was read.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(in crate::casefinding) source: Source,
    pub(in crate::casefinding) lines: Vec<Line>,
    /// Fingerprint of the text, whatever its line ends.
    pub(in crate::casefinding) sha256: String,
}

/// A name of a column, as people may write it.
fn plain(typed: &str) -> String {
    typed.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The column of a heading: by its id, or by the label of its field.
fn column(typed: &str) -> Option<&'static str> {
    let wanted = plain(typed);
    let labels = FIELDS.into_iter().chain(PERSON_FIELDS.map(|(id, label, _)| (id, label)));
    let meant = labels.filter(|(_, label)| plain(label) == wanted).map(|(id, _)| id).next();
    COLUMNS.into_iter().map(|(id, _)| id).find(|id| plain(id) == wanted || Some(*id) == meant)
}

/// The sign between columns: of comma, semicolon and tab the one that is most in the header.
fn delimiter(text: &str) -> u8 {
    let header = text.trim_start().lines().next().unwrap_or_default();
    let signs = [b',', b';', b'\t'];
    // The last of equals wins, so the comma stands last.
    signs
        .into_iter()
        .rev()
        .max_by_key(|sign| header.bytes().filter(|byte| byte == sign).count())
        .unwrap_or(b',')
}

/// Reads a list of one source.
///
/// # Errors
/// What is wrong with the list as a whole; nothing of it can be taken then.
pub(crate) fn read(source: Source, typed: &str, today: NaiveDate, order: SlashOrder) -> Result<List, String> {
    if typed.len() > LIST_BYTES {
        return Err(format!(
            "The list has {} KiB; at most {} KiB are taken at once. Divide it; each part needs the header.",
            typed.len().div_ceil(1024),
            LIST_BYTES / 1024
        ));
    }
    let text = typed.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    if text.trim().is_empty() {
        return Err("Paste the list, or choose its file.".to_owned());
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(&text))
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let (mut counted, mut number) = (0, 1);
    let (mut columns, mut lines): (Option<Vec<&'static str>>, Vec<Line>) = (None, Vec::new());
    loop {
        let more = reader.read_record(&mut record).map_err(|e| format!("The list cannot be read: {e}."))?;
        let Some(begin) = record.position().filter(|_| more).and_then(|p| usize::try_from(p.byte()).ok())
        else {
            break;
        };
        // A record is said to begin where the one before ended: blank lines lie between.
        let begin = begin + text.get(begin..).map_or(0, |t| t.len() - t.trim_start_matches('\n').len());
        number += breaks(text.get(counted..begin));
        counted = begin;
        let end = usize::try_from(reader.position().byte()).unwrap_or(text.len());
        let raw = text.get(begin..end).unwrap_or_default();
        if raw.trim_end().contains('\n') && !raw.matches('"').count().is_multiple_of(2) {
            return Err(format!(
                "Line {number}: a quotation mark is opened and never closed, so the lines behind it would be lost. Close it, or write it twice where it is part of the text."
            ));
        }
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        match &columns {
            None => columns = Some(header(source, &record)?),
            Some(columns) => {
                let read = line(source, columns, &record, today, order);
                lines.push(Line { number, read });
            }
        }
        if lines.len() > MOST_LINES {
            return Err(format!(
                "The list has more than {MOST_LINES} lines. Divide it; each part needs the header."
            ));
        }
    }
    if lines.is_empty() {
        return Err("The list has a header and no line.".to_owned());
    }
    Ok(List { source, lines, sha256: hex(&Sha256::digest(text.as_bytes())) })
}

fn breaks(text: Option<&str>) -> usize {
    text.map_or(0, |t| t.bytes().filter(|b| *b == b'\n').count())
}

/// The columns of the header.
fn header(source: Source, record: &csv::StringRecord) -> Result<Vec<&'static str>, String> {
    let allowed = || COLUMNS.map(|(id, _)| id).join(", ");
    let mut columns = Vec::new();
    for cell in record {
        let Some(found) = column(cell) else {
            let shown: String = cell.trim().chars().take(60).collect();
            return Err(match shown.is_empty() {
                true => format!("A column of the first line has no name. Allowed: {}.", allowed()),
                false => {
                    format!("“{shown}” in the first line is not one of the columns. Allowed: {}.", allowed())
                }
            });
        };
        if columns.contains(&found) {
            return Err(format!("The column {found} stands twice in the first line."));
        }
        columns.push(found);
    }
    let has = |id: &str| columns.contains(&id);
    if !has("eventDate") {
        return Err(
            "The column eventDate is missing: the time from specimen or visit is measured.".to_owned()
        );
    }
    if !has(names::NAME_LAST) && !has(names::MEDICAL_RECORD_NUMBER) {
        return Err("The list needs the column nameLast or medicalRecordNumber.".to_owned());
    }
    if !has("text") && !has("code") && !source.takes_every_line() {
        return Err("The list needs the column text or code: screening reads them.".to_owned());
    }
    Ok(columns)
}

fn line(
    source: Source,
    columns: &[&'static str],
    record: &csv::StringRecord,
    today: NaiveDate,
    order: SlashOrder,
) -> Result<NewItem, Vec<Complaint>> {
    let spare = record.iter().skip(columns.len()).any(|cell| !cell.trim().is_empty());
    if record.len() < columns.len() || spare {
        return Err(vec![Complaint {
            column: String::new(),
            value: record.iter().next().unwrap_or_default().chars().take(60).collect(),
            says: format!(
                "The line has {} columns, the first line {}. Put text with commas in quotation marks.",
                record.len(),
                columns.len()
            ),
        }]);
    }
    let mut pairs = vec![("source".to_owned(), source.word().to_owned())];
    let cells = columns.iter().zip(record).filter(|(_, cell)| !cell.trim().is_empty());
    pairs.extend(cells.map(|(id, cell)| ((*id).to_owned(), cell.trim().to_owned())));
    match facts::read(&pairs, today, order) {
        Ok(mut item) => {
            if item.id.is_empty() {
                item.id = own_number(&pairs);
            }
            Ok(item)
        }
        Err(errors) => Err(errors
            .iter()
            .map(|e| {
                let value = pairs.iter().find(|(n, _)| *n == e.field).map_or("", |(_, v)| v.as_str());
                let secret = e.field == names::SOCIAL_SECURITY_NUMBER;
                Complaint {
                    column: e.field.clone(),
                    value: if secret { "not shown" } else { value }.chars().take(60).collect(),
                    says: e.sentence.clone(),
                }
            })
            .collect()),
    }
}

/// A number for a line that has none, from what it says, so that the same line never makes two items. The
/// order of the columns does not matter.
fn own_number(pairs: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = pairs.iter().collect();
    sorted.sort();
    let mut digest = Sha256::new();
    for (name, value) in sorted {
        digest.update(name.as_bytes());
        digest.update([0]);
        digest.update(value.as_bytes());
        digest.update([0]);
    }
    format!("line-{}", hex(digest.finalize().get(..8).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: Source, text: &str) -> Result<List, String> {
        read(source, text, NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(), SlashOrder::MonthFirst)
    }

    fn path(text: &str) -> Result<List, String> {
        of(Source::Pathology, text)
    }

    fn numbers(list: &List) -> Vec<usize> {
        list.lines.iter().map(|l| l.number).collect()
    }

    const HEAD: &str = "sourceId,eventDate,nameLast,text\n";

    #[test]
    fn a_list_of_a_spreadsheet_is_read_with_the_numbers_of_its_lines() {
        let text = format!(
            "\u{feff}\n{HEAD}\nS1,2026-11-02,Fictive,\"Breast, left:\ninvasive ductal carcinoma\"\n,,,\n\nS2,11/3/2026,Other,Tubular \"adenoma\"\n"
        );
        for text in [text.clone(), text.replace('\n', "\r\n"), text.replace('\n', "\r")] {
            let list = path(&text).unwrap();
            assert_eq!(numbers(&list), [4, 8], "{text:?}");
            let first = list.lines[0].read.as_ref().unwrap();
            assert_eq!(first.facts.text, "Breast, left:\ninvasive ductal carcinoma");
            assert!(first.facts.screened.candidate);
            assert!(!list.lines[1].read.as_ref().unwrap().facts.screened.candidate);
        }
        let (a, b) = (path(&text).unwrap(), path(&text.replace('\n', "\r\n")).unwrap());
        assert_eq!(a.sha256, b.sha256);
    }

    #[test]
    fn semicolons_tabs_and_labels_are_understood() {
        for sign in [";", "\t", ","] {
            let text = "Number at the source,DATE OF SPECIMEN OR VISIT,Last name,ICD-10-CM code\nV1,2026-11,Fictive,C50.412"
                .replace(',', sign);
            let list = of(Source::DiseaseIndex, &text).unwrap();
            assert_eq!(list.lines[0].read.as_ref().unwrap().facts.code, "C50.412", "{sign:?}");
        }
    }

    #[test]
    fn a_bad_line_says_column_value_and_what_is_allowed_and_the_others_are_read() {
        let text = format!(
            "{HEAD}S1,2026-11-02,Fictive,carcinoma\nS2,2027-01-01,Fictive,carcinoma\nS3,2026-11-02,Fictive\nS4,2026-11-02,Fictive,a,b\nS5,,,\n"
        );
        let list = path(&text).unwrap();
        let complaints: Vec<(usize, String, String)> = list
            .lines
            .iter()
            .filter_map(|l| l.read.as_ref().err().map(|c| (l.number, c)))
            .flat_map(|(n, c)| c.iter().map(move |c| (n, c.column.clone(), c.value.clone())))
            .collect();
        let found: Vec<(usize, &str, &str)> =
            complaints.iter().map(|(n, c, v)| (*n, c.as_str(), v.as_str())).collect();
        assert_eq!(
            found,
            [
                (3, "eventDate", "2027-01-01"),
                (4, "", "S3"),
                (5, "", "S4"),
                (6, "eventDate", ""),
                (6, "nameLast", ""),
            ]
        );
        assert!(list.lines[0].read.is_ok());
        let secret = path("eventDate,nameLast,text,socialSecurityNumber\n2026,A,carcinoma,123-45\n").unwrap();
        assert!(!format!("{secret:?}").contains("123-45"));
    }

    #[test]
    fn a_list_that_cannot_be_trusted_is_refused_whole() {
        for (text, says) in [
            ("", "Paste the list"),
            (" \n ", "Paste the list"),
            (HEAD, "no line"),
            ("eventDate,nameLast,diagnosis\n", "“diagnosis”"),
            ("eventDate,nameLast,text,Text\n", "stands twice"),
            ("nameLast,text\n", "eventDate is missing"),
            ("eventDate,text\n", "nameLast or medicalRecordNumber"),
            ("eventDate,nameLast\n", "text or code"),
            ("eventDate,nameLast,text,\n", "has no name"),
            ("eventDate,nameLast,text\n2026,A,\"carcinoma\n2026,B,carcinoma\n", "Line 2: a quotation mark"),
        ] {
            let refused = path(text).unwrap_err();
            assert!(refused.contains(says), "{text:?}: {refused}");
        }
        assert!(of(Source::TumorBoard, "eventDate,nameLast\n2026-11,A\n").is_ok());
        assert!(path(&"x".repeat(LIST_BYTES + 1)).unwrap_err().contains("257 KiB"));
        let many = format!("eventDate,nameLast\n{}", "2026,A\n".repeat(MOST_LINES + 1));
        assert!(of(Source::TumorBoard, &many).unwrap_err().contains("2000 lines"));
    }

    #[test]
    fn a_line_without_number_gets_the_same_one_each_time() {
        let id =
            |text: &str| of(Source::TumorBoard, text).unwrap().lines[0].read.as_ref().unwrap().id.clone();
        let first = id("eventDate,nameLast\n2026-11,Fictive\n");
        assert_eq!(first, id("nameLast;eventDate\nFictive;2026-11\n"));
        assert_ne!(first, id("nameLast,eventDate\nFictive,2026-10\n"));
        assert!(first.starts_with("line-") && first.len() == 21);
    }
}
