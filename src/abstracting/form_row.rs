//! The form as data: one row an item, in the order of data entry.

use std::sync::LazyLock;

use super::{CaseItems, Section};
use crate::dictionary::{Code, CodeKind, CodeLists, Dictionary, ItemDef, names};

/// How an item is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormControl {
    /// One line.
    Text,
    /// One line that is hidden until it is asked for.
    Masked,
    /// Several lines.
    Long,
    /// A partial date.
    Date,
    /// A code, with a list where the dictionary has one.
    Code,
    /// A primary site, found by words.
    Site,
    /// A histology, found by words; `8520/3` fills the behavior too.
    Histology,
    /// Written by the program at the save, shown only.
    Derived,
}

/// When something holds. Words of `form.tsv`, joined by blanks, all must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Never.
    Never,
    /// Diagnosed in this year or later; an unknown year counts as nowadays.
    DiagnosedFrom(i32),
    /// Diagnosed before this year; an unknown year counts as nowadays.
    DiagnosedBefore(i32),
    /// The patient is dead.
    Dead,
    /// Class of case 00 to 22.
    Analytic,
    /// Some first-course treatment was given, or the decision not to treat is dated by status 0 or 2.
    Treated,
    /// The primary was operated on.
    Surgery,
    /// Radiation was given.
    Radiation,
    /// Chemotherapy was given.
    Chemo,
    /// Hormone therapy was given.
    Hormone,
    /// Immunotherapy was given.
    Immuno,
    /// Confirmed under the microscope.
    Microscopic,
}

impl Condition {
    fn parse(word: &str) -> Option<Self> {
        if let Some(year) = word.strip_prefix("dx>=") {
            return year.parse().ok().map(Self::DiagnosedFrom);
        }
        if let Some(year) = word.strip_prefix("dx<") {
            return year.parse().ok().map(Self::DiagnosedBefore);
        }
        Some(match word {
            "never" => Self::Never,
            "dead" => Self::Dead,
            "analytic" => Self::Analytic,
            "treated" => Self::Treated,
            "surgery" => Self::Surgery,
            "radiation" => Self::Radiation,
            "chemo" => Self::Chemo,
            "hormone" => Self::Hormone,
            "immuno" => Self::Immuno,
            "microscopic" => Self::Microscopic,
            _ => return None,
        })
    }

    /// Does it hold for this case?
    pub fn holds(self, case: CaseItems<'_>) -> bool {
        match self {
            Self::Never => false,
            Self::DiagnosedFrom(year) => case.dx_year().is_none_or(|dx| dx >= year),
            Self::DiagnosedBefore(year) => case.dx_year().is_some_and(|dx| dx < year),
            Self::Dead => case.value(names::VITAL_STATUS) == "0",
            Self::Analytic => is_analytic(case.value(names::CLASS_OF_CASE)),
            Self::Treated => {
                matches!(case.value(names::RX_SUMM_TREATMENT_STATUS), "0" | "1" | "2")
                    || [Self::Surgery, Self::Radiation, Self::Chemo, Self::Hormone, Self::Immuno]
                        .into_iter()
                        .any(|c| c.holds(case))
            }
            Self::Surgery => surgery_given(case),
            Self::Radiation => given(case.value(names::PHASE_1_RADIATION_TREATMENT_MODALITY), &["00", "99"]),
            Self::Chemo => matches!(case.value(names::RX_SUMM_CHEMO), "01" | "02" | "03"),
            Self::Hormone => case.value(names::RX_SUMM_HORMONE) == "01",
            Self::Immuno => case.value(names::RX_SUMM_BRM) == "01",
            Self::Microscopic => {
                matches!(case.value(names::DIAGNOSTIC_CONFIRMATION), "1" | "2" | "3" | "4")
            }
        }
    }
}

/// Class of case 00 to 22: diagnosed or first treated here. Blank is not.
pub fn is_analytic(class_of_case: &str) -> bool {
    matches!(class_of_case, "00" | "10" | "11" | "12" | "13" | "14" | "20" | "21" | "22")
}

fn given(code: &str, not_given: &[&str]) -> bool {
    !code.is_empty() && !not_given.contains(&code)
}

/// Was the primary operated on, by the code of its year? 000, 980 and 990 (00, 98, 99) say no or unknown.
fn surgery_given(case: CaseItems<'_>) -> bool {
    let newer = case.value(names::RX_SUMM_SURG_PRIM_SITE_2023);
    let older = case.value(names::RX_SUMM_SURG_PRIM_SITE);
    let digits = newer.get(1..).unwrap_or("");
    given(digits, &["000", "980", "990"]) || given(older, &["00", "98", "99"])
}

/// One row of the form.
#[derive(Clone, Debug)]
pub struct FormRow {
    /// Where it stands.
    pub section: Section,
    /// The item.
    pub def: &'static ItemDef,
    /// Label on the screen.
    pub label: &'static str,
    /// How it is typed.
    pub control: FormControl,
    shown: Vec<Condition>,
    required: Vec<Condition>,
    /// Value proposed for a new case; empty for none.
    pub default: &'static str,
    /// One or two sentences beside the field.
    pub help: &'static str,
}

impl FormRow {
    /// XML id of the item.
    pub fn id(&self) -> &'static str {
        self.def.id
    }

    /// Is the row on the page? One that holds a value always is.
    pub fn is_shown(&self, case: CaseItems<'_>) -> bool {
        !case.value(self.id()).is_empty() || self.shown.iter().all(|c| c.holds(case))
    }

    /// Does completing need a value here?
    pub fn is_required(&self, case: CaseItems<'_>) -> bool {
        self.shown.iter().chain(&self.required).all(|c| c.holds(case))
    }

    /// Codes that can be chosen; empty where the dictionary has no list for the item.
    pub fn codes(&self) -> impl Iterator<Item = &'static Code> {
        let listed = matches!(self.control, FormControl::Code);
        CodeLists::of(self.id()).iter().filter(move |_| listed).filter(|c| c.kind == CodeKind::Code)
    }

    /// Is the value one that may stand here? Sites, histologies, texts and dates are judged elsewhere; a
    /// list that names intervals or placeholders (sequence `..`) allows what fits the item's length.
    pub fn allows(&self, value: &str) -> bool {
        if self.control != FormControl::Code {
            return true;
        }
        let rows = CodeLists::of(self.id());
        let open = rows.is_empty() || rows.iter().any(|r| r.kind == CodeKind::Range || r.code.contains('.'));
        open || rows.iter().any(|r| r.kind == CodeKind::Code && r.code == value)
    }
}

static ROWS: LazyLock<Vec<FormRow>> =
    LazyLock::new(|| read(include_str!("data/form.tsv")).expect("the embedded form is checked by a test"));

/// The form in order.
pub fn form_rows() -> &'static [FormRow] {
    &ROWS
}

/// The row of an item, if the form has it.
pub fn row_of(id: &str) -> Option<&'static FormRow> {
    ROWS.iter().find(|r| r.id() == id)
}

fn conditions(words: &'static str) -> Option<Vec<Condition>> {
    words.split_whitespace().filter(|w| *w != "always").map(Condition::parse).collect()
}

fn read(table: &'static str) -> Result<Vec<FormRow>, String> {
    table
        .lines()
        .skip(1)
        .map(|line| {
            let mut cells = line.split('\t');
            let mut cell = || cells.next().ok_or_else(|| format!("a cell is missing: {line}"));
            let (section, id, label, control) = (cell()?, cell()?, cell()?, cell()?);
            let (shown, required, default, help) = (cell()?, cell()?, cell()?, cell()?);
            let unknown = |what: &str| format!("{id}: {what} is not known");
            Ok(FormRow {
                section: Section::parse(section).ok_or_else(|| unknown(section))?,
                def: Dictionary::get(id).ok_or_else(|| unknown("the item"))?,
                label,
                control: match control {
                    "text" => FormControl::Text,
                    "masked" => FormControl::Masked,
                    "long" => FormControl::Long,
                    "date" => FormControl::Date,
                    "code" => FormControl::Code,
                    "site" => FormControl::Site,
                    "histology" => FormControl::Histology,
                    "derived" => FormControl::Derived,
                    other => return Err(unknown(other)),
                },
                shown: conditions(shown).ok_or_else(|| unknown(shown))?,
                required: conditions(required).ok_or_else(|| unknown(required))?,
                default,
                help,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary::{DataType, Items, Version};

    fn items(pairs: &[(&'static str, &'static str)]) -> Items {
        pairs.iter().copied().collect()
    }

    fn required(tumor: &Items) -> Vec<&'static str> {
        let patient = Items::default();
        let case = CaseItems { patient: &patient, tumor };
        form_rows().iter().filter(|r| r.is_required(case)).map(FormRow::id).collect()
    }

    #[test]
    fn every_row_names_an_item_of_the_newest_version_once() {
        read(include_str!("data/form.tsv")).unwrap();
        let mut ids: Vec<_> = form_rows().iter().map(FormRow::id).collect();
        for row in form_rows() {
            assert!(row.def.in_version(Version::NEWEST), "{}", row.id());
            assert!(!row.label.is_empty() && row.help.ends_with('.'), "{}", row.id());
            assert_eq!(row.control == FormControl::Date, row.def.data_type == DataType::Date, "{}", row.id());
            assert!(row.default.is_empty() || row.allows(row.default), "{}", row.id());
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), form_rows().len());
        assert!((45..=60).contains(&ids.len()), "{}", ids.len());
    }

    #[test]
    fn rows_of_a_section_stand_together_in_the_order_of_sections() {
        let order: Vec<usize> = form_rows().iter().map(|r| r.section.number()).collect();
        assert!(order.is_sorted());
        for section in Section::ALL {
            assert!(order.contains(&section.number()));
        }
    }

    #[test]
    fn a_diagnosis_before_2018_asks_for_one_grade_and_no_summary_stage_2018() {
        let old = items(&[("dateOfDiagnosis", "201712")]);
        let asked = required(&old);
        assert!(asked.contains(&"grade") && !asked.contains(&"gradeClinical"));
        assert!(!asked.contains(&"summaryStage2018"));
        let new = required(&items(&[("dateOfDiagnosis", "2018")]));
        assert!(!new.contains(&"grade") && new.contains(&"summaryStage2018"));
        assert!(required(&Items::default()).contains(&"gradeClinical"), "no date yet: as nowadays");
    }

    #[test]
    fn treatment_is_asked_for_in_analytic_cases_and_its_date_when_given() {
        let case = |class, chemo| {
            items(&[("dateOfDiagnosis", "2024"), ("classOfCase", class), ("rxSummChemo", chemo)])
        };
        assert!(required(&case("14", "")).contains(&"rxSummChemo"));
        assert!(!required(&case("32", "")).contains(&"rxSummChemo"));
        assert!(required(&case("14", "02")).contains(&"rxDateChemo"));
        assert!(!required(&case("14", "00")).contains(&"rxDateChemo"));
        let surgery = |code| items(&[("dateOfDiagnosis", "2024"), ("rxSummSurgPrimSite2023", code)]);
        for (code, needs) in [("A220", true), ("B000", false), ("A980", false), ("A990", false), ("", false)]
        {
            assert_eq!(required(&surgery(code)).contains(&"rxDateSurgery"), needs, "{code}");
        }
    }

    #[test]
    fn codes_outside_their_list_are_not_allowed_unless_the_list_is_open() {
        assert!(row_of("laterality").unwrap().allows("2"));
        assert!(!row_of("laterality").unwrap().allows("7"));
        assert!(row_of("sequenceNumberHospital").unwrap().allows("17"));
        assert!(row_of("rxSummSurgPrimSite").unwrap().allows("41"));
        assert!(row_of("gradeClinical").unwrap().allows("2"), "no list: the schema decides");
        assert!(row_of("addrAtDxState").unwrap().allows("IL"));
    }
}
