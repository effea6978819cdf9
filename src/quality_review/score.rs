//! How a blind second abstraction compares with the first, and what follows for accuracy.
//!
//! Pure. The unit is the reviewed field; only fields that the case is asked for count.
//!
//! Source: house rules of visual review: a major discrepancy weighs 1, a minor one 0.5; field accuracy is (fields −
//! weighted discrepancies) / fields, case accuracy the share of cases without a major discrepancy; targets 97 % and
//! 90 %. Kappa after J. Cohen, A coefficient of agreement for nominal scales (1960).

use std::collections::BTreeMap;

use crate::{
    abstracting::{CaseItems, Condition, form_rows},
    dictionary::names,
    followup_rules::Rate,
};

/// Kappa is shown from so many cases on.
pub const KAPPA_CASES: usize = 30;
/// Field accuracy to reach, in percent.
pub const FIELD_TARGET: u32 = 97;
/// Case accuracy to reach, in percent.
pub const CASE_TARGET: u32 = 90;

/// Name of the reviewer's answer whether the text carries the codes; no item of the standard.
pub const TEXT_SUPPORT: &str = "textSupport";

macro_rules! fields {
    ($($name:ident $word:literal $label:literal [$($item:expr),*];)+) => {
        /// A field that the reviewer codes again.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ReviewedField {
            $(#[doc = $label] $name,)+
        }

        impl ReviewedField {
            /// All fields, in the order of the page.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word kept in the store.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// The words on the screen.
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)+ }
            }

            /// XML ids of the items it is made of.
            pub fn items(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($item),*],)+ }
            }
        }
    };
}

fields! {
    ClassOfCase "class_of_case" "Class of case" [names::CLASS_OF_CASE];
    Sex "sex" "Sex assigned at birth" [names::SEX_ASSIGNED_AT_BIRTH];
    DateOfDiagnosis "date_of_diagnosis" "Date of diagnosis" [names::DATE_OF_DIAGNOSIS];
    DateOfFirstContact "date_of_first_contact" "Date of first contact" [names::DATE_OF_1ST_CONTACT];
    Site "site" "Primary site" [names::PRIMARY_SITE];
    Laterality "laterality" "Laterality" [names::LATERALITY];
    Histology "histology" "Histology" [names::HISTOLOGIC_TYPE_ICD_O_3];
    Behavior "behavior" "Behavior" [names::BEHAVIOR_CODE_ICD_O_3];
    Grade "grade" "Grade" ["gradeClinical", "gradePathological", "grade"];
    StageGroup "stage_group" "Stage group" ["ajccTnmClinStageGroup", "ajccTnmPathStageGroup"];
    SummaryStage "summary_stage" "Summary stage" [names::SUMMARY_STAGE_2018];
    Nodes "nodes" "Nodes" ["regionalNodesExamined", "regionalNodesPositive"];
    Mets "mets" "Metastases" [
        "metsAtDxBone", "metsAtDxBrain", "metsAtDxLiver", "metsAtDxLung", "metsAtDxDistantLn", "metsAtDxOther"
    ];
    Surgery "surgery" "Surgery" ["rxSummSurgPrimSite2023", "rxSummSurgPrimSite"];
    Radiation "radiation" "Radiation" [names::PHASE_1_RADIATION_TREATMENT_MODALITY];
    Systemic "systemic" "Systemic treatment" [
        names::RX_SUMM_CHEMO, "rxSummHormone", "rxSummBrm", "rxSummTransplntEndocr"
    ];
    TextSupport "text_support" "Text support" [];
}

impl ReviewedField {
    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|f| f.word() == word)
    }

    /// The code of a case for this field, as one word: items behind each other.
    pub fn code(self, case: CaseItems<'_>) -> String {
        let codes: Vec<&str> =
            self.items().iter().map(|id| case.value(id)).filter(|code| !code.is_empty()).collect();
        codes.join(" / ")
    }
}

/// How much a discrepancy weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// 0.5
    Minor,
    /// 1
    Major,
}

impl Weight {
    /// The word kept in the store and on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }

    /// In halves, so that sums are exact.
    pub fn halves(self) -> u32 {
        match self {
            Self::Minor => 1,
            Self::Major => 2,
        }
    }
}

/// One field of one review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Which.
    pub field: ReviewedField,
    /// The abstractor's codes.
    pub abstracted: String,
    /// The reviewer's codes.
    pub reviewed: String,
    /// How they differ; `None` where they agree.
    pub weight: Option<Weight>,
}

/// Compares two codings of a case. `text_supports` is what the reviewer says of the text.
pub fn compare(first: CaseItems<'_>, second: CaseItems<'_>, text_supports: bool) -> Vec<Compared> {
    ReviewedField::ALL
        .iter()
        .copied()
        .filter(|field| counts(*field, first, second))
        .map(|field| match field {
            ReviewedField::TextSupport => Compared {
                field,
                abstracted: "the text carries the codes".to_owned(),
                reviewed: if text_supports { "yes" } else { "no" }.to_owned(),
                weight: (!text_supports).then_some(Weight::Minor),
            },
            _ => Compared {
                field,
                abstracted: field.code(first),
                reviewed: field.code(second),
                weight: difference(field, first, second),
            },
        })
        .collect()
}

/// Is a field asked for in either coding? One alone that leaves it out differs.
fn counts(field: ReviewedField, first: CaseItems<'_>, second: CaseItems<'_>) -> bool {
    field == ReviewedField::TextSupport
        || field.items().iter().any(|id| asked(id, first) || asked(id, second))
}

/// Does completing a case need this item?
pub fn asked(item: &str, case: CaseItems<'_>) -> bool {
    form_rows().iter().any(|row| row.id() == item && row.is_required(case))
}

fn difference(field: ReviewedField, first: CaseItems<'_>, second: CaseItems<'_>) -> Option<Weight> {
    let differs = |id: &&&str| plain(first.value(id)) != plain(second.value(id));
    let differing: Vec<&str> = field.items().iter().filter(differs).copied().collect();
    if differing.is_empty() {
        return None;
    }
    let either = |group: &dyn Fn(CaseItems<'_>) -> String| group(first) != group(second);
    let head = |id: &'static str, n: usize| {
        move |case: CaseItems<'_>| plain(case.value(id)).chars().take(n).collect()
    };
    let given = |conditions: &'static [Condition]| {
        move |case: CaseItems<'_>| {
            conditions.iter().map(|c| if c.holds(case) { '1' } else { '0' }).collect::<String>()
        }
    };
    let major = match field {
        ReviewedField::Behavior | ReviewedField::StageGroup | ReviewedField::Sex => true,
        ReviewedField::Site => either(&head(names::PRIMARY_SITE, 3)),
        ReviewedField::DateOfDiagnosis => either(&head(names::DATE_OF_DIAGNOSIS, 4)),
        ReviewedField::ClassOfCase => {
            either(&|case| class_group(case.value(names::CLASS_OF_CASE)).to_string())
        }
        ReviewedField::Surgery => either(&given(&[Condition::Surgery])),
        ReviewedField::Radiation => either(&given(&[Condition::Radiation])),
        ReviewedField::Systemic => {
            either(&given(&[Condition::Chemo, Condition::Hormone, Condition::Immuno, Condition::Systemic]))
        }
        _ => false,
    };
    Some(if major { Weight::Major } else { Weight::Minor })
}

/// A code without dots and dashes, in capitals: written otherwise, the same.
pub(super) fn plain(code: &str) -> String {
    code.trim().to_uppercase().replace(['.', '-'], "")
}

/// The four groups of class of case: diagnosed here; treated here; seen here otherwise; never seen here.
///
/// Source: CoC STORE 2026, class of case.
fn class_group(class: &str) -> u8 {
    match class.parse::<u8>() {
        Ok(..=14) => 1,
        Ok(20..=22) => 2,
        Ok(30..=38) => 3,
        Ok(40..) => 4,
        _ => 0,
    }
}

/// Sums over reviews.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Reviewed fields.
    pub fields: u32,
    /// Major discrepancies.
    pub major: u32,
    /// Minor ones.
    pub minor: u32,
}

impl Tally {
    /// Counts fields; those that a dispute removed count as agreed.
    pub fn of<'a>(fields: impl IntoIterator<Item = (&'a Compared, bool)>) -> Self {
        let mut tally = Self::default();
        for (compared, removed) in fields {
            tally.fields += 1;
            match compared.weight.filter(|_| !removed) {
                Some(Weight::Major) => tally.major += 1,
                Some(Weight::Minor) => tally.minor += 1,
                None => {}
            }
        }
        tally
    }

    /// The sum of two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            fields: self.fields + other.fields,
            major: self.major + other.major,
            minor: self.minor + other.minor,
        }
    }

    /// Fields that agree, discrepancies by their weight, of all fields; in halves, so that it is exact.
    pub fn accuracy(self) -> Rate {
        let halves = self.major * Weight::Major.halves() + self.minor * Weight::Minor.halves();
        let den = u64::from(self.fields) * 2;
        Rate { num: den.saturating_sub(u64::from(halves)), den }
    }

    /// `97.5`, or `–` without a field.
    pub fn percent(self) -> String {
        self.accuracy().percent(FIELD_TARGET).unwrap_or_else(|| "–".to_owned())
    }
}

/// Cases without a major discrepancy, of all cases.
pub fn case_accuracy(cases: &[Tally]) -> Rate {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    Rate { num: count(cases.iter().filter(|t| t.major == 0).count()), den: count(cases.len()) }
}

/// Agreement of two codings beyond chance; `None` below 30 cases, and where both always give the same one code.
pub fn kappa(pairs: &[(String, String)]) -> Option<f64> {
    if pairs.len() < KAPPA_CASES {
        return None;
    }
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let all = count(pairs.len());
    let mut codes: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for (first, second) in pairs {
        codes.entry(first).or_default().0 += 1.0;
        codes.entry(second).or_default().1 += 1.0;
    }
    let observed = count(pairs.iter().filter(|(a, b)| a == b).count()) / all;
    let expected: f64 = codes.values().map(|(a, b)| (a / all) * (b / all)).sum();
    (expected < 1.0).then(|| (observed - expected) / (1.0 - expected))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{abstracting::form::Both, dictionary::Items};

    fn breast() -> Both {
        let tumor: Items = [
            ("classOfCase", "14"),
            ("dateOfDiagnosis", "20260601"),
            ("dateOf1stContact", "20260601"),
            ("primarySite", "C504"),
            ("laterality", "2"),
            ("histologicTypeIcdO3", "8500"),
            ("behaviorCodeIcdO3", "3"),
            ("gradeClinical", "2"),
            ("ajccTnmClinStageGroup", "2A"),
            ("summaryStage2018", "1"),
            ("regionalNodesExamined", "03"),
            ("regionalNodesPositive", "00"),
            ("metsAtDxBone", "0"),
            ("rxSummSurgPrimSite2023", "A200"),
            ("phase1RadiationTreatmentModality", "00"),
            ("rxSummChemo", "00"),
            ("rxSummHormone", "01"),
        ]
        .into_iter()
        .collect();
        Both { patient: [("sexAssignedAtBirth", "2")].into_iter().collect(), tumor }
    }

    /// Weight of a field when one item of the second coding is another.
    fn weight(item: &'static str, code: &str) -> Vec<(ReviewedField, Weight)> {
        let (first, mut second) = (breast(), breast());
        if item == "sexAssignedAtBirth" {
            second.patient.set(item, code);
        } else {
            second.tumor.set(item, code);
        }
        compare(first.case(), second.case(), true)
            .into_iter()
            .filter_map(|c| Some((c.field, c.weight?)))
            .collect()
    }

    #[test]
    fn discrepancies_weigh_as_the_rules_say() {
        use ReviewedField::*;
        use Weight::{Major, Minor};
        for (item, code, field, expected) in [
            ("primarySite", "C502", Site, Minor),
            ("primarySite", "C341", Site, Major),
            ("behaviorCodeIcdO3", "2", Behavior, Major),
            ("dateOfDiagnosis", "20260602", DateOfDiagnosis, Minor),
            ("dateOfDiagnosis", "20250601", DateOfDiagnosis, Major),
            ("dateOf1stContact", "20250601", DateOfFirstContact, Minor),
            ("classOfCase", "10", ClassOfCase, Minor),
            ("classOfCase", "22", ClassOfCase, Major),
            ("classOfCase", "34", ClassOfCase, Major),
            ("ajccTnmClinStageGroup", "2B", StageGroup, Major),
            ("sexAssignedAtBirth", "1", Sex, Major),
            ("laterality", "1", Laterality, Minor),
            ("histologicTypeIcdO3", "8520", Histology, Minor),
            ("gradeClinical", "3", Grade, Minor),
            ("summaryStage2018", "2", SummaryStage, Minor),
            ("regionalNodesPositive", "01", Nodes, Minor),
            ("metsAtDxBone", "1", Mets, Minor),
            ("rxSummSurgPrimSite2023", "A300", Surgery, Minor),
            ("rxSummSurgPrimSite2023", "A000", Surgery, Major),
            ("phase1RadiationTreatmentModality", "02", Radiation, Major),
            ("rxSummChemo", "82", Systemic, Minor),
            ("rxSummChemo", "02", Systemic, Major),
            ("rxSummHormone", "00", Systemic, Major),
        ] {
            let found = weight(item, code);
            assert!(found.contains(&(field, expected)), "{item} {code}: {found:?}");
        }
        assert_eq!(weight("primarySite", "c50.4"), [], "written otherwise, the same");
    }

    #[test]
    fn only_fields_that_a_case_is_asked_for_count() {
        let full = breast();
        let fields: Vec<_> = compare(full.case(), full.case(), true).iter().map(|c| c.field).collect();
        assert!(fields.contains(&ReviewedField::StageGroup) && fields.contains(&ReviewedField::TextSupport));
        let mut other = breast();
        other.tumor.set("classOfCase", "34");
        let fields: Vec<_> = compare(other.case(), other.case(), true).iter().map(|c| c.field).collect();
        assert!(!fields.contains(&ReviewedField::StageGroup), "not asked for where the case is not analytic");
    }

    #[test]
    fn text_that_does_not_carry_the_codes_is_a_minor_discrepancy() {
        let case = breast();
        let compared = compare(case.case(), case.case(), false);
        let found: Vec<_> = compared.iter().filter_map(|c| Some((c.field, c.weight?))).collect();
        assert_eq!(found, [(ReviewedField::TextSupport, Weight::Minor)]);
    }

    #[test]
    fn accuracy_follows_the_weights() {
        for (fields, major, minor, accuracy) in [
            (20, 0, 0, "100.0"),
            (20, 1, 0, "95.0"),
            (20, 0, 1, "97.5"),
            (17, 1, 2, "88.2"),
            // 96.97: a missed target is never rounded up to.
            (33, 1, 0, "96.9"),
        ] {
            assert_eq!(Tally { fields, major, minor }.percent(), accuracy);
        }
        assert_eq!(Tally::default().percent(), "–");
        let case = |major| Tally { fields: 10, major, minor: 3 };
        assert_eq!(case_accuracy(&[case(0), case(1), case(0), case(2)]), Rate { num: 2, den: 4 });
        assert_eq!(case_accuracy(&[]).percent(CASE_TARGET), None);
    }

    #[test]
    fn kappa_is_that_of_cohen_and_needs_thirty_cases() {
        // 20 both yes, 15 both no, 5 and 10 differ: po 0.7, pe 0.5, kappa 0.4 (a textbook's table).
        let pairs = |a: &str, b: &str, n: usize| vec![(a.to_owned(), b.to_owned()); n];
        let table =
            [pairs("y", "y", 20), pairs("y", "n", 5), pairs("n", "y", 10), pairs("n", "n", 15)].concat();
        assert!((kappa(&table).unwrap() - 0.4).abs() < 1e-12);
        assert_eq!(kappa(&table[..29]), None);
        assert!(kappa(&table[..30]).is_some());
        assert_eq!(kappa(&pairs("y", "y", 40)), None, "chance alone agrees always");
    }

    proptest! {
        #[test]
        fn accuracy_lies_between_nothing_and_all(fields in 100u32..150, major in 0u32..50, minor in 0u32..50) {
            let accuracy = Tally { fields, major, minor }.accuracy();
            prop_assert!(accuracy.num <= accuracy.den);
            if minor > 0 {
                let weighed = Tally { fields, major: major + 1, minor: minor - 1 }.accuracy();
                prop_assert!(weighed.num < accuracy.num);
            }
        }

        #[test]
        fn kappa_is_one_at_most_and_symmetric(codes in prop::collection::vec((0u8..4, 0u8..4), 30..80)) {
            let pairs: Vec<_> = codes.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
            let turned: Vec<_> = pairs.iter().map(|(a, b)| (b.clone(), a.clone())).collect();
            match (kappa(&pairs), kappa(&turned)) {
                (Some(k), Some(t)) => prop_assert!((k - t).abs() < 1e-9 && (-1.0..=1.0 + 1e-9).contains(&k)),
                (None, None) => prop_assert!(codes.iter().all(|c| *c == codes[0])),
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
