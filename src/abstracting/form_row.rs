//! The form as data: one row an item, in the order of data entry.

use std::sync::LazyLock;

use super::{CaseItems, Condition, Section, propose};
use crate::{
    dictionary::{Code, CodeKind, CodeLists, Dictionary, ItemDef, Level},
    schema::{Schema, SchemaItem, Standard},
};

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
    /// A code whose list depends on schema or site.
    SchemaCode,
    /// A size in millimetres; `2.2 cm` is read too.
    Size,
    /// A primary site, found by words.
    Site,
    /// A histology, found by words; `8520/3` fills the behavior too.
    Histology,
    /// Written by the program at the save, shown only.
    Derived,
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
    /// Where it is not shown, its value follows from other items and is written at the save.
    pub(super) determined: bool,
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

    /// The value of the item in this case; blank if missing.
    pub fn value<'a>(&self, case: CaseItems<'a>) -> &'a str {
        match self.def.level {
            Level::Patient => case.patient.value(self.id()),
            _ => case.tumor.value(self.id()),
        }
    }

    /// Is the row on the page? One that holds a value always is, unless the value follows from other items.
    pub fn is_shown(&self, case: CaseItems<'_>) -> bool {
        if self.applies(case) {
            return true;
        }
        let value = self.value(case);
        let follows = || propose::follows(case, self).is_some_and(|p| self.stored(p.value) == value);
        !(value.is_empty() || (self.determined && follows()))
    }

    fn applies(&self, case: CaseItems<'_>) -> bool {
        self.shown.iter().all(|c| c.holds(case))
    }

    /// Does it hold a value that the schema of the case, as it is coded now, has no place for?
    pub(super) fn is_left_over(&self, case: CaseItems<'_>) -> bool {
        let of_schema = |c: &&Condition| {
            matches!(
                c,
                Condition::Schema(_)
                    | Condition::SchemaCoc(_)
                    | Condition::Breast
                    | Condition::Sentinel
                    | Condition::Tnm
                    | Condition::Discriminator1
                    | Condition::Discriminator2
            )
        };
        !self.value(case).is_empty()
            && self.control != FormControl::Derived
            && !self.is_determined(case)
            && self.shown.iter().filter(of_schema).any(|c| !c.holds(case))
    }

    /// Does its value follow from other items now, so that it is not asked for?
    pub(super) fn is_determined(&self, case: CaseItems<'_>) -> bool {
        self.determined && !self.applies(case)
    }

    /// Is it asked for, or does its value follow from other items?
    pub(super) fn is_wanted(&self, case: CaseItems<'_>) -> bool {
        if self.applies(case) { self.required.iter().all(|c| c.holds(case)) } else { self.determined }
    }

    /// A value as shown in a box, as it is stored: dates without their hyphens.
    pub(super) fn stored(&self, value: String) -> String {
        if self.control == FormControl::Date { value.replace('-', "") } else { value }
    }

    /// May an answer of its own section make it appear? Items of schemas depend on another page.
    pub fn may_appear(&self, section: Section) -> bool {
        section != Section::SiteSpecific
            && self.control != FormControl::Derived
            && !self.shown.iter().any(|c| {
                matches!(
                    c,
                    Condition::Never
                        | Condition::More
                        | Condition::Schema(_)
                        | Condition::Sentinel
                        | Condition::Breast
                        | Condition::Scoped
                )
            })
    }

    /// Does completing need a value here?
    pub fn is_required(&self, case: CaseItems<'_>) -> bool {
        self.shown.iter().chain(&self.required).all(|c| c.holds(case))
    }

    /// The list of the item for this case: of its schema or site where they have one, else of the dictionary;
    /// empty where nobody has one.
    pub fn list(&self, case: CaseItems<'_>) -> &'static [Code] {
        match self.control {
            FormControl::Code | FormControl::SchemaCode | FormControl::Size => {
                case.choices(self.id()).unwrap_or_else(|| CodeLists::of(self.id()))
            }
            _ => &[],
        }
    }

    /// Is the value one that may stand here? Sites, histologies, texts and dates are judged elsewhere; a
    /// list that names placeholders (sequence `..`) or nothing at all allows what fits the item's length.
    pub fn allows(&self, value: &str, case: CaseItems<'_>) -> bool {
        let rows = self.list(case);
        rows.is_empty() || rows.iter().any(|r| r.code.contains('.') && r.code.starts_with('.')) || {
            let open = rows.iter().any(|r| r.kind == CodeKind::Range && !is_numeric_range(r.code));
            open || rows.iter().any(|r| r.fits(value))
        }
    }
}

/// The rows whose values the schema of a case has no place for, after its site, histology, behavior, sex or date of
/// diagnosis changed. Nothing is taken out before somebody says so.
pub(super) fn left_over(case: CaseItems<'_>) -> impl Iterator<Item = &'static FormRow> {
    form_rows().iter().filter(move |row| row.is_left_over(case))
}

/// `001-989` or `0.1-999.9`.
fn is_numeric_range(range: &str) -> bool {
    range.split_once('-').is_some_and(|(low, high)| low.parse::<f64>().is_ok() && high.parse::<f64>().is_ok())
}

static ROWS: LazyLock<Vec<FormRow>> = LazyLock::new(|| {
    let mut rows = read(include_str!("data/form.tsv")).expect("the embedded form is checked by a test");
    rows.extend(site_specific(&rows));
    // Sorting is stable: within a section the order of the table stays.
    rows.sort_by_key(|row| row.section);
    rows
});

/// Rows for what schemas ask beyond the table: shown only where the schema lists the item.
fn site_specific(table: &[FormRow]) -> Vec<FormRow> {
    let mut made: Vec<FormRow> = Vec::new();
    let asked = |item: &SchemaItem| item.asked_by(Standard::SiteSpecific, None);
    for item in Schema::all().iter().flat_map(|s| s.items()).filter(|i| asked(i)) {
        let known = table.iter().chain(&made).any(|row| row.id() == item.id);
        let Some(def) = Dictionary::get(item.id).filter(|_| !known) else { continue };
        made.push(FormRow {
            section: Section::SiteSpecific,
            def,
            label: def.name,
            control: FormControl::SchemaCode,
            shown: std::iter::once(Condition::Schema(item.id)).chain(when(item.id)).collect(),
            determined: false,
            required: vec![Condition::SchemaCoc(item.id)],
            default: "",
            help: "Site-specific item of the schema; the list says what each code means.",
        });
    }
    made
}

/// The form in order.
pub fn form_rows() -> &'static [FormRow] {
    &ROWS
}

/// The row of an item, if the form has it.
pub fn row_of(id: &str) -> Option<&'static FormRow> {
    ROWS.iter().find(|r| r.id() == id)
}

/// Site-specific items that depend on more than the schema: response only after neoadjuvant treatment.
fn when(item: &str) -> Option<Condition> {
    match item {
        "responseToNeoadjuvantTherapy" | "residualCancerBurdenRCB" | "residualCancerBurdenClass" => {
            Some(Condition::Neoadjuvant)
        }
        "neoadjuvTherapyClinicalResponse" | "neoadjuvTherapyTreatmentEffect" => Some(Condition::Neoadjuvant),
        _ => None,
    }
}

fn conditions(words: &'static str, item: &'static str) -> Option<Vec<Condition>> {
    words
        .split_whitespace()
        .filter(|w| !matches!(*w, "always" | "determined"))
        .map(|w| Condition::parse(w, item))
        .collect()
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
                    "schema-code" => FormControl::SchemaCode,
                    "size" => FormControl::Size,
                    "site" => FormControl::Site,
                    "histology" => FormControl::Histology,
                    "derived" => FormControl::Derived,
                    other => return Err(unknown(other)),
                },
                determined: shown.starts_with("determined"),
                shown: conditions(shown, id).ok_or_else(|| unknown(shown))?,
                required: conditions(required, id).ok_or_else(|| unknown(required))?,
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
        let case = CaseItems::of(&patient, tumor);
        form_rows().iter().filter(|r| r.is_required(case)).map(FormRow::id).collect()
    }

    #[test]
    fn every_row_names_an_item_of_the_newest_version_once() {
        read(include_str!("data/form.tsv")).unwrap();
        let mut ids: Vec<_> = form_rows().iter().map(FormRow::id).collect();
        for row in form_rows() {
            assert!(row.def.in_version(Version::NEWEST), "{}", row.id());
            assert!(!row.label.is_empty() && row.help.ends_with('.'), "{}", row.id());
            let date = matches!(row.control, FormControl::Date | FormControl::Derived);
            assert!(date || row.def.data_type != DataType::Date, "{}", row.id());
            assert!(row.control != FormControl::Date || row.def.data_type == DataType::Date, "{}", row.id());
            let (patient, tumor) = (Items::default(), Items::default());
            let nobody = CaseItems::of(&patient, &tumor);
            assert!(row.default.is_empty() || row.allows(row.default, nobody), "{}", row.id());
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), form_rows().len());
        let table = include_str!("data/form.tsv").lines().count() - 1;
        assert_eq!(table, 210, "the items of the abstract");
        assert!(ids.len() > table + 100, "and the items of schemas");
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
        let patient = Items::default();
        let breast = items(&[
            ("dateOfDiagnosis", "2024"),
            ("primarySite", "C504"),
            ("histologicTypeIcdO3", "8500"),
            ("behaviorCodeIcdO3", "3"),
        ]);
        let allows = |id: &str, value| row_of(id).unwrap().allows(value, CaseItems::of(&patient, &breast));
        assert!(allows("laterality", "2") && !allows("laterality", "7"));
        assert!(allows("sequenceNumberHospital", "17"));
        assert!(allows("rxSummSurgPrimSite", "41"));
        assert!(allows("gradeClinical", "2") && !allows("gradeClinical", "5"), "by the schema");
        assert!(allows("rxSummSurgPrimSite2023", "B200") && !allows("rxSummSurgPrimSite2023", "B999"));
        assert!(allows("regionalNodesExamined", "12") && !allows("regionalNodesExamined", "93"));
        assert!(allows("addrAtDxState", "IL"));
    }

    #[test]
    fn a_breast_case_shows_fewer_than_130_fields() {
        let patient = items(&[("vitalStatus", "1"), ("sexAssignedAtBirth", "2")]);
        let breast = items(&[
            ("dateOfDiagnosis", "20240105"),
            ("classOfCase", "14"),
            ("primarySite", "C504"),
            ("histologicTypeIcdO3", "8500"),
            ("behaviorCodeIcdO3", "3"),
            ("rxSummSurgPrimSite2023", "B200"),
            ("rxSummHormone", "01"),
            ("phase1RadiationTreatmentModality", "02"),
            ("addrAtDxState", "IL"),
            ("npiPhysicianManaging", "9999999999"),
            ("rxDateSurgery", "20240201"),
            ("tumorSizePathologic", "015"),
        ]);
        let case = CaseItems::of(&patient, &breast);
        let shown = |typed: bool| {
            form_rows()
                .iter()
                .filter(|r| r.is_shown(case) && (!typed || r.control != FormControl::Derived))
                .filter(|r| r.section != Section::SiteSpecific || r.is_required(case))
                .count()
        };
        let all = form_rows().iter().filter(|r| r.is_shown(case)).count();
        println!("{} typed, {} shown, {all} with what no standard asks for", shown(true), shown(false));
        assert!(all < 130 && shown(true) > 80, "{all}");
    }
}
