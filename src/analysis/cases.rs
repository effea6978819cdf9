//! Which cases a figure of the dashboard counts. The figure and its list are made from the same
//! definition, so that a number always opens exactly its cases.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::{
    abstracting::AbstractState,
    partial_date::{PartialDate, add_months, sub_months},
    recodes::RecodeVersion,
};

/// Classes of case counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Class {
    /// 00, 10 to 14, 20 to 22.
    #[default]
    Analytic,
    /// Every class, blank included.
    All,
}

impl Class {
    /// The word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Analytic => "analytic",
            Self::All => "all",
        }
    }

    /// Reads the word; anything but `all` is analytic.
    pub fn parse(word: &str) -> Self {
        if word == "all" { Self::All } else { Self::Analytic }
    }

    /// In front of "cases".
    pub fn words(self) -> &'static str {
        match self {
            Self::Analytic => "Analytic",
            Self::All => "All",
        }
    }
}

/// Months since first contact, in the bands of the backlog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Age {
    /// Up to 3 months.
    To3,
    /// Over 3, up to 6.
    To6,
    /// Over 6, up to 9.
    To9,
    /// Over 9, up to 12.
    To12,
    /// Over 12.
    Over12,
    /// No date of first contact.
    Unknown,
}

impl Age {
    /// In order; the number of a band is its place.
    pub const ALL: [Self; 6] = [Self::To3, Self::To6, Self::To9, Self::To12, Self::Over12, Self::Unknown];

    /// The word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::To3 => "0-3",
            Self::To6 => "4-6",
            Self::To9 => "7-9",
            Self::To12 => "10-12",
            Self::Over12 => "over-12",
            Self::Unknown => "unknown",
        }
    }

    /// The words of the figure.
    pub fn label(self) -> &'static str {
        match self {
            Self::To3 => "up to 3",
            Self::To6 => "over 3, up to 6",
            Self::To9 => "over 6, up to 9",
            Self::To12 => "over 9, up to 12",
            Self::Over12 => "over 12",
            Self::Unknown => "no first contact",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|age| age.word() == word)
    }

    /// Past the six months in which an abstract should be complete.
    pub fn is_late(self) -> bool {
        matches!(self, Self::To9 | Self::To12 | Self::Over12)
    }

    /// Days between which the abstract is due (six months after first contact): from, to before.
    pub fn due_between(self, as_of: NaiveDate) -> (Option<NaiveDate>, Option<NaiveDate>) {
        let later = add_months(as_of, 3);
        let (three, six) = (sub_months(as_of, 3), sub_months(as_of, 6));
        match self {
            Self::To3 => (later, None),
            Self::To6 => (Some(as_of), later),
            Self::To9 => (three, Some(as_of)),
            Self::To12 => (six, three),
            Self::Over12 => (None, six),
            Self::Unknown => (None, None),
        }
    }
}

/// A part of a follow-up rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// A: eligible.
    Eligible,
    /// B: dead.
    Dead,
    /// C: living.
    Living,
    /// D: current.
    Current,
    /// E: lost to follow-up.
    Lost,
}

impl Part {
    /// In the order of the worksheet.
    pub const ALL: [Self; 5] = [Self::Eligible, Self::Dead, Self::Living, Self::Current, Self::Lost];

    /// The word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Eligible => "eligible",
            Self::Dead => "dead",
            Self::Living => "living",
            Self::Current => "current",
            Self::Lost => "lost",
        }
    }

    /// The line of the worksheet.
    pub fn label(self) -> &'static str {
        match self {
            Self::Eligible => "A. Eligible",
            Self::Dead => "B. Dead",
            Self::Living => "C. Living (A - B)",
            Self::Current => "D. Living and current",
            Self::Lost => "E. Not current (C - D)",
        }
    }
}

/// The cases behind one figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cases {
    /// In one state of the abstract, or in all open ones; of one age, or of all.
    State {
        /// The stored word; all open states when none.
        state: Option<String>,
        /// The band.
        age: Option<Age>,
    },
    /// Of one site group.
    Site {
        /// SEER site recode, empty for cases that fit none.
        group: String,
        /// Classes counted.
        class: Class,
    },
    /// Diagnosed in one year.
    Year {
        /// None: unknown.
        year: Option<i32>,
        /// Classes counted.
        class: Class,
    },
    /// In a follow-up rate.
    Rate {
        /// Rate B; else rate A.
        five_years: bool,
        /// Which line.
        part: Part,
    },
    /// Without a class of case: in no rate and no analytic figure.
    Unclassed,
}

/// The word of a state on the screen.
pub fn state_label(state: &str) -> String {
    AbstractState::parse(state).map_or_else(|| state.to_owned(), |known| known.label().to_owned())
}

/// What the address of a list says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CasesQuery {
    pub(super) state: String,
    pub(super) age: String,
    pub(super) site: Option<String>,
    pub(super) year: String,
    pub(super) class: String,
    pub(super) rate: String,
    pub(super) part: String,
    pub(super) on: String,
    pub(super) after: String,
    pub(super) rows: usize,
}

impl CasesQuery {
    /// The definition asked for; `None` when the address names no list.
    pub(super) fn cases(&self) -> Option<Cases> {
        let class = Class::parse(&self.class);
        if !self.rate.is_empty() {
            let part = Part::ALL.into_iter().find(|p| p.word() == self.part)?;
            let five_years = match self.rate.as_str() {
                "a" => false,
                "b" => true,
                _ => return None,
            };
            return Some(Cases::Rate { five_years, part });
        }
        if let Some(group) = &self.site {
            let known = group.is_empty() || RecodeVersion::V2023.group(group).is_some();
            return known.then(|| Cases::Site { group: group.clone(), class });
        }
        if !self.year.is_empty() {
            let year = if self.year == "unknown" { None } else { Some(self.year.parse().ok()?) };
            return Some(Cases::Year { year, class });
        }
        if self.class == "none" {
            return Some(Cases::Unclassed);
        }
        let age = if self.age.is_empty() { None } else { Some(Age::parse(&self.age)?) };
        let state = Some(self.state.clone()).filter(|s| !s.is_empty());
        let plain = |s: &String| s.len() < 30 && s.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        (state.as_ref().is_none_or(plain) && (state.is_some() || age.is_some() || self.state == "open"))
            .then_some(Cases::State { state: state.filter(|s| s != "open"), age })
    }
}

/// Name of a site group.
pub fn site_label(group: &str) -> &'static str {
    if group.is_empty() {
        return "site not coded";
    }
    RecodeVersion::V2023.group(group).map_or("unknown group", |g| g.name)
}

impl Cases {
    /// The address of the list, for the as-of day shown.
    pub fn href(&self, on: &str) -> String {
        let mut href = match self {
            Self::State { state, age } => format!(
                "/dashboard/cases?state={}{}",
                state.as_deref().unwrap_or("open"),
                age.map(|a| format!("&age={}", a.word())).unwrap_or_default()
            ),
            Self::Site { group, class } => format!("/dashboard/cases?site={group}&class={}", class.word()),
            Self::Year { year, class } => format!(
                "/dashboard/cases?year={}&class={}",
                year.map_or_else(|| "unknown".to_owned(), |y| y.to_string()),
                class.word()
            ),
            Self::Rate { five_years, part } => {
                format!("/dashboard/cases?rate={}&part={}", if *five_years { "b" } else { "a" }, part.word())
            }
            Self::Unclassed => "/dashboard/cases?class=none".to_owned(),
        };
        if !on.is_empty() {
            href.push_str("&on=");
            href.push_str(on);
        }
        href
    }

    /// The section of the dashboard it belongs to.
    pub fn section(&self) -> (&'static str, &'static str) {
        match self {
            Self::State { .. } => ("work", "Work"),
            Self::Rate { .. } => ("followup", "Follow-up"),
            Self::Site { .. } | Self::Year { .. } | Self::Unclassed => ("cases", "Cases"),
        }
    }

    /// The heading of the list.
    pub fn title(&self) -> String {
        match self {
            Self::State { state, age } => {
                let state = state.as_deref().map_or_else(|| "Open cases".to_owned(), state_label);
                age.map_or(state.clone(), |age| match age {
                    Age::Unknown => format!("{state}, no first contact"),
                    age => format!("{state}, {} months since first contact", age.label()),
                })
            }
            Self::Site { group, .. } => site_label(group).to_owned(),
            Self::Year { year: Some(year), .. } => format!("Diagnosed {year}"),
            Self::Year { year: None, .. } => "Diagnosed in an unknown year".to_owned(),
            Self::Rate { five_years, part } => {
                let rate = if *five_years { "Follow-up, last five years" } else { "Follow-up, all" };
                let part = part.label().split_once(". ").map_or("", |(_, words)| words);
                format!("{rate}: {}", part.split(" (").next().unwrap_or(part).to_lowercase())
            }
            Self::Unclassed => "Cases without class of case".to_owned(),
        }
    }

    /// How it is counted.
    pub fn definition(&self, as_of: NaiveDate) -> String {
        let day = PartialDate::from(as_of).iso();
        let kept = "Voided cases are not counted.";
        match self {
            Self::State { .. } => format!(
                "Cases by the state of their abstract. Open are draft, in progress and reopened. The months run \
                 from the last possible day of first contact to {day}. {kept}"
            ),
            Self::Site { class, .. } => format!(
                "{} cases by SEER site recode 2023 (ICD-O-3), computed from site, histology, behavior and year of \
                 diagnosis. {kept}",
                class.words()
            ),
            Self::Year { class, .. } => {
                format!("{} cases by year of diagnosis. {kept}", class.words())
            }
            Self::Rate { five_years, .. } => format!(
                "Eligible cases under CoC Standard 6.5{}, as of {day}. Current: last contact at most 15 months \
                 before. Residents abroad and, by the facility's setting, patients over 100 without contact are not \
                 eligible. {kept}",
                if *five_years { " whose diagnosis may lie in the last 60 months" } else { "" }
            ),
            Self::Unclassed => format!(
                "Cases whose class of case is blank. They are followed by nobody and stand in no rate. {kept}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_reads_back_to_its_definition() {
        let mut all = vec![
            Cases::Unclassed,
            Cases::State { state: None, age: None },
            Cases::State { state: Some("complete".into()), age: None },
            Cases::Site { group: String::new(), class: Class::All },
            Cases::Site { group: RecodeVersion::V2023.groups()[0].code.to_owned(), class: Class::Analytic },
            Cases::Year { year: Some(2024), class: Class::Analytic },
            Cases::Year { year: None, class: Class::All },
        ];
        all.extend(Age::ALL.map(|age| Cases::State { state: None, age: Some(age) }));
        all.extend(Part::ALL.map(|part| Cases::Rate { five_years: true, part }));
        for cases in all {
            let href = cases.href("2026-11-23");
            let query: CasesQuery = serde_html_form::from_str(href.split_once('?').unwrap().1).unwrap();
            assert_eq!(query.cases(), Some(cases), "{href}");
            assert_eq!(query.on, "2026-11-23");
        }
        for bad in ["", "age=2", "rate=c&part=lost", "rate=a&part=x", "site=nope", "year=x", "state=a'b"] {
            let query: CasesQuery = serde_html_form::from_str(bad).unwrap();
            assert_eq!(query.cases(), None, "{bad}");
        }
    }

    #[test]
    fn the_bands_of_age_leave_no_gap() {
        let as_of = NaiveDate::from_ymd_opt(2026, 11, 30).unwrap();
        let bands: Vec<_> = Age::ALL.into_iter().take(5).map(|a| a.due_between(as_of)).collect();
        for pair in bands.windows(2) {
            assert_eq!(pair[0].0, pair[1].1);
        }
        assert!(bands[0].1.is_none() && bands[4].0.is_none());
        assert!(Age::ALL.into_iter().filter(|a| a.is_late()).all(|a| a.due_between(as_of).1 <= Some(as_of)));
    }
}
