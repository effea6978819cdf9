//! What a facility may set about follow-up.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::partial_date::{PartialDate, SlashOrder};

/// What becomes of patients over 100 years old who were not heard of for a year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Centenarian {
    /// They leave both rates: the reading of Standard 6.5.
    #[default]
    Exclude,
    /// They count as followed, as the SEER training worksheet does.
    CountAsFollowed,
}

/// A facility's follow-up settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// First day from which the program registers cases; a 1 January. None yet: only the floor counts.
    pub reference_date: Option<NaiveDate>,
    /// Cases diagnosed before this day need no follow-up whatever the reference date.
    pub floor_date: NaiveDate,
    /// Countries whose residents are followed, as ISO 3166 three-letter codes.
    pub home_countries: Vec<String>,
    /// Follow benign and borderline tumors of the brain and central nervous system from 2004 on.
    pub follow_cns_benign: bool,
    /// Follow cases collected by local agreement (class 34 and 36); they never enter a rate.
    pub follow_by_agreement: bool,
    /// Patients over 100 without contact.
    pub centenarian: Centenarian,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            reference_date: None,
            floor_date: NaiveDate::from_ymd_opt(2004, 1, 1).expect("a day of the calendar"),
            home_countries: ["USA", "ASM", "GUM", "MNP", "PRI", "UMI", "VIR"].map(str::to_owned).into(),
            follow_cns_benign: true,
            follow_by_agreement: false,
            centenarian: Centenarian::Exclude,
        }
    }
}

/// Why a setting was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingProblem {
    /// No such setting.
    #[error("“{given}” is no follow-up setting. There are: {}.", Settings::KEYS.join(", "))]
    UnknownKey {
        /// The key as typed.
        given: String,
    },
    /// The value does not fit.
    #[error("{key} cannot be “{given}”. Allowed: {allowed}.")]
    BadValue {
        /// The setting.
        key: &'static str,
        /// The value as typed.
        given: String,
        /// What is allowed, in words.
        allowed: &'static str,
    },
}

impl Settings {
    /// The keys of [`Settings::set`].
    pub const KEYS: [&'static str; 6] = [
        "reference_date",
        "floor_date",
        "home_country",
        "follow_cns_benign",
        "follow_by_agreement",
        "centenarian",
    ];

    /// Sets one key from text: a day as `20100101` or `2010-01-01`, a switch as `on` or `off`, countries
    /// as `USA` or `USA,PRI`. An empty `reference_date` means none yet.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingProblem> {
        let value = value.trim();
        let bad = |key: &'static str, allowed: &'static str| SettingProblem::BadValue {
            key,
            given: value.to_owned(),
            allowed,
        };
        match key {
            "reference_date" if value.is_empty() => self.reference_date = None,
            "reference_date" => {
                let allowed = "a 1 January, such as 20100101";
                let day = whole_day(value).filter(|d| d.ordinal() == 1);
                self.reference_date = Some(day.ok_or_else(|| bad("reference_date", allowed))?);
            }
            "floor_date" => {
                let allowed = "a day, such as 20040101";
                self.floor_date = whole_day(value).ok_or_else(|| bad("floor_date", allowed))?;
            }
            "home_country" => {
                let allowed = "three-letter country codes with commas between, such as USA,PRI";
                let codes: Vec<String> = value.split(',').map(|c| c.trim().to_uppercase()).collect();
                let good = |c: &String| c.len() == 3 && c.bytes().all(|b| b.is_ascii_uppercase());
                if !codes.iter().all(good) {
                    return Err(bad("home_country", allowed));
                }
                self.home_countries = codes;
            }
            "follow_cns_benign" => {
                self.follow_cns_benign = switch(value).ok_or_else(|| bad("follow_cns_benign", ON_OFF))?;
            }
            "follow_by_agreement" => {
                self.follow_by_agreement = switch(value).ok_or_else(|| bad("follow_by_agreement", ON_OFF))?;
            }
            "centenarian" => {
                self.centenarian = match value {
                    "exclude" => Centenarian::Exclude,
                    "count_as_followed" => Centenarian::CountAsFollowed,
                    _ => return Err(bad("centenarian", "exclude or count_as_followed")),
                };
            }
            other => return Err(SettingProblem::UnknownKey { given: other.to_owned() }),
        }
        Ok(())
    }
}

const ON_OFF: &str = "on or off";

fn switch(value: &str) -> Option<bool> {
    match value {
        "on" | "true" | "yes" => Some(true),
        "off" | "false" | "no" => Some(false),
        _ => None,
    }
}

/// A complete day in the stored or the ISO form.
fn whole_day(value: &str) -> Option<NaiveDate> {
    // The reference day is only used by `t` spellings, which these settings do not take.
    if value.starts_with(['t', 'T']) {
        return None;
    }
    let read = PartialDate::parse_typed(value, NaiveDate::MIN, SlashOrder::MonthFirst);
    read.ok().flatten().and_then(PartialDate::day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_can_be_set_and_wrong_values_say_what_is_allowed() {
        let mut s = Settings::default();
        s.set("reference_date", "20100101").unwrap();
        s.set("floor_date", "1988-01-01").unwrap();
        s.set("home_country", "can, usa").unwrap();
        s.set("follow_cns_benign", "off").unwrap();
        s.set("follow_by_agreement", "on").unwrap();
        s.set("centenarian", "count_as_followed").unwrap();
        assert_eq!(s.reference_date, NaiveDate::from_ymd_opt(2010, 1, 1));
        assert_eq!(s.home_countries, ["CAN", "USA"]);
        assert!(!s.follow_cns_benign && s.follow_by_agreement);
        assert_eq!(s.centenarian, Centenarian::CountAsFollowed);
        for (key, value, says) in [
            ("reference_date", "20100201", "1 January"),
            ("reference_date", "2010", "1 January"),
            ("floor_date", "t", "a day"),
            ("home_country", "US", "three-letter"),
            ("home_country", "", "three-letter"),
            ("follow_cns_benign", "maybe", "on or off"),
            ("centenarian", "drop", "count_as_followed"),
            ("colour", "red", "follow_by_agreement"),
        ] {
            let before = s.clone();
            let said = s.set(key, value).unwrap_err().to_string();
            assert!(said.contains(says), "{said}");
            assert_eq!(s, before);
        }
        assert!(Settings::KEYS.iter().all(|k| !matches!(
            Settings::default().set(k, "?"),
            Err(SettingProblem::UnknownKey { .. }) | Ok(())
        )));
    }

    #[test]
    fn settings_survive_json() {
        let mut s = Settings::default();
        s.set("reference_date", "19980101").unwrap();
        let text = serde_json::to_string(&s).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), s);
        assert_eq!(serde_json::from_str::<Settings>("{}").unwrap(), Settings::default());
    }
}
