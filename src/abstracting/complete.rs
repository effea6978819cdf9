//! What stands in the way of completing a case: required items, values that cannot be read,
//! dates in an impossible order. Saving is never refused by these.

use chrono::NaiveDate;

use super::{
    CaseItems, FormControl, FormRow, Section,
    form_row::{form_rows, row_of},
};
use crate::{
    dictionary::names,
    icdo::{Histology, Morphology, PrimarySite, morphology::Validity},
    partial_date::{PartialDate, in_words},
};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Completing is refused.
    Error,
    /// To be looked at; completing is possible.
    Warning,
}

/// What kind of finding it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// A required item is blank.
    Missing,
    /// A value is not one of the item's.
    NotAllowed,
    /// A date cannot be read, is in the future, or stands before one it must follow.
    Dates,
    /// Site, side and morphology do not go together.
    Coding,
    /// An edit fails.
    Edit,
}

/// What an edit says beside its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditNote {
    /// `ED-family-number`.
    pub id: String,
    /// Rule, version and years.
    pub why: String,
    /// What would settle it: item, label and words, the nearest first.
    pub fixes: Vec<(&'static str, String, String)>,
    /// Hash of what the edit read; a decision holds only while it stays the same.
    pub hash: String,
    /// The over-ride item that clears it, if there is one.
    pub over_ride: Option<&'static str>,
    /// What somebody decided about it.
    pub decided: Option<Decided>,
}

/// A decision about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Who, when and why.
    pub words: String,
}

/// One finding, worded to follow the label of its field: “Laterality” “is 0, but …”.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What kind.
    pub kind: FindingKind,
    /// The item to mend.
    pub item: &'static str,
    /// Its label.
    pub label: &'static str,
    /// Where it stands.
    pub section: Section,
    /// The rest of the sentence; the whole message of an edit.
    pub sentence: String,
    /// What an edit adds.
    pub edit: Option<EditNote>,
    /// Ids of the edits that this finding tells.
    pub told: Vec<String>,
    /// Labels of blank items that an edit of several items waits for: while they are blank it fails, and what
    /// they become may settle it. It is told apart; the blank items themselves stand in the way.
    pub waits_for: Vec<&'static str>,
}

impl Finding {
    fn new(
        row: &'static FormRow,
        severity: Severity,
        kind: FindingKind,
        sentence: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            kind,
            item: row.id(),
            label: row.label,
            section: row.section,
            sentence: sentence.into(),
            edit: None,
            told: Vec::new(),
            waits_for: Vec::new(),
        }
    }

    /// The whole sentence.
    pub fn words(&self) -> String {
        if self.edit.is_some() { self.sentence.clone() } else { format!("{} {}", self.label, self.sentence) }
    }

    /// Does it keep the case from being completed? Errors do, and warnings of edits that nobody acknowledged.
    ///
    /// A warning about the day of completing, which the program writes itself, is told and keeps nobody waiting: there
    /// is nothing to mend.
    pub fn is_in_the_way(&self) -> bool {
        match &self.edit {
            Some(_) if self.severity == Severity::Warning && self.item == names::DATE_CASE_COMPLETED => false,
            Some(edit) => edit.decided.is_none(),
            None => self.severity == Severity::Error,
        }
    }
}

/// All findings of a case: errors first, then in the order of the form.
pub fn findings(case: CaseItems<'_>, today: NaiveDate) -> Vec<Finding> {
    let mut found = Vec::new();
    for row in form_rows().iter().filter(|r| r.is_shown(case)) {
        let value = case.value(row.id());
        if value.is_empty() {
            if row.is_required(case) {
                found.push(Finding::new(row, Severity::Error, FindingKind::Missing, "is missing."));
            }
        } else {
            found.extend(not_allowed(row, value, case));
            found.extend(mistyped_npi(row, value));
        }
    }
    found.extend(dates(case, today));
    found.extend(coding(case));
    found.sort_by_key(|f| f.severity);
    found
}

/// Number of findings that refuse completion.
pub fn errors(findings: &[Finding]) -> usize {
    findings.iter().filter(|f| f.severity == Severity::Error).count()
}

fn not_allowed(row: &'static FormRow, value: &str, case: CaseItems<'_>) -> Option<Finding> {
    let sentence = match row.control {
        FormControl::Site => PrimarySite::parse(value).err().map(|e| lower_first(&e.to_string())),
        FormControl::Histology => Histology::parse(value).err().map(|e| lower_first(&e.to_string())),
        FormControl::Date => PartialDate::parse(value).err().map(|e| format!("cannot be read: {e}")),
        _ if !row.allows(value, case) => Some(format!("is {value}, which is not one of its codes.")),
        _ => {
            let given = value.chars().count();
            (given > row.def.length)
                .then(|| format!("has {given} characters; the item holds {}.", row.def.length))
        }
    };
    let kind = if row.control == FormControl::Date { FindingKind::Dates } else { FindingKind::NotAllowed };
    sentence.map(|s| Finding::new(row, Severity::Error, kind, s))
}

/// A National Provider Identifier whose check digit does not fit; ten zeros say none, ten nines not known. That of the
/// reporting facility is judged by edit ED-SF-061.
fn mistyped_npi(row: &'static FormRow, value: &str) -> Option<Finding> {
    let fits = crate::edits::is_npi(value) || matches!(value, "0000000000" | "9999999999");
    if !row.id().starts_with("npi") || row.id() == names::NPI_REPORTING_FACILITY || fits {
        return None;
    }
    let sentence = format!(
        "is {value}, which is no NPI: ten digits, the last a check digit. Compare it with the source."
    );
    Some(Finding::new(row, Severity::Warning, FindingKind::NotAllowed, sentence))
}

fn lower_first(sentence: &str) -> String {
    format!("cannot be read: {sentence}")
}

/// Pairs of dates of which the first may not lie after the second, where no edit says so.
const ORDER: [(&str, &str); 7] = [
    (names::DATE_OF_DIAGNOSIS, names::DATE_1ST_CRS_RX_COC),
    (names::DATE_1ST_CRS_RX_COC, names::DATE_OF_LAST_CONTACT),
    (names::DATE_1ST_CRS_RX_COC, names::RX_DATE_SURGERY),
    (names::DATE_1ST_CRS_RX_COC, names::RX_DATE_RADIATION),
    (names::DATE_1ST_CRS_RX_COC, names::RX_DATE_CHEMO),
    (names::DATE_1ST_CRS_RX_COC, names::RX_DATE_HORMONE),
    (names::DATE_1ST_CRS_RX_COC, names::RX_DATE_BRM),
];

fn date(case: CaseItems<'_>, id: &str) -> Option<PartialDate> {
    PartialDate::parse(case.value(id)).ok()
}

fn dates(case: CaseItems<'_>, today: NaiveDate) -> Vec<Finding> {
    let mut found = Vec::new();
    for row in form_rows().iter().filter(|r| r.control == FormControl::Date) {
        if let Some(given) = date(case, row.id())
            && given.definitely_after(today.into())
        {
            let sentence = format!("is {}, in the future. Today is {}.", given.iso(), in_words(today));
            found.push(Finding::new(row, Severity::Error, FindingKind::Dates, sentence));
        }
    }
    for (first, then) in ORDER {
        let (Some(a), Some(b)) = (date(case, first), date(case, then)) else { continue };
        let (Some(row), Some(earlier)) = (row_of(then), row_of(first)) else { continue };
        if a.definitely_after(b) {
            let sentence = format!("is {}, before {} ({}).", b.iso(), lower(earlier.label), a.iso());
            found.push(Finding::new(row, Severity::Error, FindingKind::Dates, sentence));
        }
    }
    found
}

fn lower(label: &str) -> String {
    let mut letters = label.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn coding(case: CaseItems<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut say = |id, severity, sentence: String| {
        if let Some(row) = row_of(id) {
            found.push(Finding::new(row, severity, FindingKind::Coding, sentence));
        }
    };
    let year = case.dx_year();
    let both = format!(
        "{}/{}",
        case.value(names::HISTOLOGIC_TYPE_ICD_O_3),
        case.value(names::BEHAVIOR_CODE_ICD_O_3)
    );
    let Ok(morphology) = Morphology::parse(&both) else { return found };
    match morphology.entry().map(|e| e.validity(year)) {
        Some(Validity::NotYet { from }) => {
            say(
                names::HISTOLOGIC_TYPE_ICD_O_3,
                Severity::Warning,
                format!("{morphology} is used from {from} on."),
            );
        }
        Some(Validity::NoLonger { instead, .. }) => {
            let use_now = instead.map_or_else(String::new, |m| format!(" Use {m}."));
            let sentence = format!("{morphology} is no longer used for this diagnosis year.{use_now}");
            say(names::HISTOLOGIC_TYPE_ICD_O_3, Severity::Warning, sentence);
        }
        None => {
            let sentence = format!("{morphology} is in no edition of ICD-O-3 with this behavior.");
            say(names::HISTOLOGIC_TYPE_ICD_O_3, Severity::Warning, sentence);
        }
        Some(Validity::Valid) => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary::{Dictionary, Items, Level};

    const PATIENT: &[(&str, &str)] = &[
        ("nameLast", "Fictive"),
        ("nameFirst", "Karla"),
        ("dateOfBirth", "19630801"),
        ("sexAssignedAtBirth", "2"),
        ("race1", "01"),
        ("spanishHispanicOrigin", "0"),
        ("dateOfLastContact", "20260901"),
        ("vitalStatus", "1"),
    ];
    const TUMOR: &[(&str, &str)] = &[
        ("sequenceNumberHospital", "00"),
        ("medicalRecordNumber", "UNK"),
        ("classOfCase", "14"),
        ("typeOfReportingSource", "1"),
        ("casefindingSource", "20"),
        ("dateOf1stContact", "20260610"),
        ("addrAtDxNoStreet", "12 Invented Lane"),
        ("addrAtDxCity", "Sampleton"),
        ("addrAtDxState", "IL"),
        ("addrAtDxPostalCode", "62701"),
        ("dateOfDiagnosis", "20260616"),
        ("ageAtDiagnosis", "062"),
        ("primarySite", "C504"),
        ("laterality", "2"),
        ("histologicTypeIcdO3", "8520"),
        ("behaviorCodeIcdO3", "3"),
        ("diagnosticConfirmation", "1"),
        ("gradeClinical", "2"),
        ("gradePathological", "2"),
        ("summaryStage2018", "3"),
        ("rxSummTreatmentStatus", "1"),
        ("date1stCrsRxCoc", "20260714"),
        ("rxDateSurgery", "20260714"),
        ("rxSummSurgPrimSite2023", "B200"),
        ("npiPhysicianManaging", "9999999999"),
        ("npiPhysicianPrimarySurg", "9999999999"),
        ("textDxProcPe", "6/10/26 lump of the left breast"),
        ("textDxProcXRayScan", "6/11/26 mammogram"),
        ("textDxProcOp", "7/14/26 lumpectomy"),
        ("textStaging", "15 mm, nodes negative"),
        ("rxTextSurgery", "7/14/26 lumpectomy here"),
        ("rxDateSurgicalDisch", "20260715"),
        ("rxSummSurgicalMargins", "0"),
        ("rxSummDxStgProc", "02"),
        ("rxDateDxStgProc", "20260616"),
        ("ajccTnmClinT", "cT1c"),
        ("ajccTnmClinN", "cN0"),
        ("ajccTnmClinM", "cM0"),
        ("ajccTnmPathT", "pT1c"),
        ("estrogenReceptorSummary", "1"),
        ("progesteroneRecepSummary", "1"),
        ("her2OverallSummary", "0"),
        ("ki67", "010.0"),
        ("followUpSource", "2"),
        ("reasonForNoSurgery", "0"),
        ("phase1RadiationTreatmentModality", "00"),
        ("rxSummChemo", "00"),
        ("rxSummHormone", "00"),
        ("rxSummBrm", "00"),
        ("textPrimarySiteTitle", "Lt breast UOQ"),
        ("textHistologyTitle", "Invasive lobular carcinoma"),
        ("textDxProcPath", "7/14/26 lumpectomy"),
        ("cancerStatus", "1"),
    ];

    fn with(changes: &[(&'static str, &'static str)]) -> Vec<String> {
        let mut patient: Items = PATIENT.iter().copied().collect();
        let mut tumor: Items = TUMOR.iter().copied().collect();
        crate::abstracting::propose::take_all(&mut patient, &mut tumor, None);
        for (id, value) in changes {
            let items = if Dictionary::get(id).is_some_and(|d| d.level == Level::Patient) {
                &mut patient
            } else {
                &mut tumor
            };
            items.set(*id, *value);
        }
        let today = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        findings(CaseItems::of(&patient, &tumor), today)
            .iter()
            .map(|f| format!("{:?}: {}", f.severity, f.words()))
            .collect()
    }

    #[test]
    fn a_whole_case_has_nothing_in_its_way() {
        assert_eq!(with(&[]), Vec::<String>::new());
    }

    #[test]
    fn each_missing_item_is_named() {
        assert_eq!(with(&[("laterality", "")]), ["Error: Laterality is missing."]);
        assert!(with(&[("vitalStatus", "0")]).contains(&"Error: Cause of death is missing.".to_owned()));
        let chemo = with(&[("rxSummChemo", "02")]);
        assert!(chemo.contains(&"Error: Date of chemotherapy is missing.".to_owned()), "{chemo:?}");
    }

    #[test]
    fn unreadable_values_are_told_and_kept() {
        assert_eq!(with(&[("race1", "77")]), ["Error: Race 1 is 77, which is not one of its codes."]);
        assert!(with(&[("primarySite", "breast")])[0].starts_with("Error: Primary site cannot be read"));
        assert!(
            with(&[("dateOfDiagnosis", "99999999")])
                .iter()
                .any(|f| f.contains("Date of diagnosis cannot be read"))
        );
    }

    #[test]
    fn an_npi_is_looked_at_for_its_check_digit() {
        let wrong = with(&[("npiPhysicianManaging", "1234567890")]);
        assert!(
            wrong.len() == 1 && wrong[0].starts_with("Warning: Managing physician is 1234567890"),
            "{wrong:?}"
        );
        assert_eq!(with(&[("npiPhysicianManaging", "9999999999")]), Vec::<String>::new());
    }

    #[test]
    fn dates_stand_in_the_order_of_life() {
        assert_eq!(
            with(&[("date1stCrsRxCoc", "20260501")]),
            ["Error: Date of first course is 2026-05-01, before date of diagnosis (2026-06-16)."]
        );
        assert_eq!(
            with(&[("dateOfLastContact", "20270101")]),
            ["Error: Date of last contact is 2027-01-01, in the future. Today is 23 November 2026."]
        );
        assert_eq!(with(&[("date1stCrsRxCoc", "202606")]), Vec::<String>::new(), "neither before nor after");
    }

    #[test]
    fn odd_codings_warn_and_do_not_block() {
        let odd = with(&[("behaviorCodeIcdO3", "0")]);
        assert!(odd.iter().all(|f| f.starts_with("Warning: Histology 8520/0")), "{odd:?}");
    }
}
