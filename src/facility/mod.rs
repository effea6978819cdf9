//! A facility: its name, day, reference date and follow-up settings. Every patient and
//! every member of staff belongs to one.

pub mod calendar;
mod desk;
mod store;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    db::{Conn, StoreError, Tx},
    partial_date::SlashOrder,
};

pub use desk::{Desk, desk, desk_of};
pub use store::FacilityRow;

/// A facility as the program uses one.
#[derive(Clone, Debug)]
pub struct Facility {
    /// Row key.
    pub key: i64,
    /// Public id.
    pub id: String,
    /// Full name.
    pub name: String,
    /// Short name, shown in the bar and in mails.
    pub short_name: String,
    /// National provider identifier, 10 digits, or empty (NAACCR item 545).
    pub npi: String,
    /// Facility identification number, 10 digits, or empty (NAACCR item 540).
    pub fin: String,
    /// Its days and its mail follow this zone.
    pub zone: Tz,
    /// How `03/05/2024` is read.
    pub slash_order: SlashOrder,
    /// First day from which cases are registered, a 1 January; none yet.
    pub reference_date: Option<NaiveDate>,
    /// Cases diagnosed before it need no follow-up (2021 change to CoC Standard 6.5).
    pub floor_date: NaiveDate,
    /// Countries that are not abroad, ISO 3166 three letters.
    pub home_countries: Vec<String>,
    /// Follow benign tumors of brain and nervous system diagnosed 2004 or later.
    pub follow_cns_benign: bool,
    /// Follow cases that are reportable by agreement.
    pub follow_by_agreement: bool,
    /// `exclude` or `count_as_followed`.
    pub centenarian: String,
    /// Days without mail besides weekends.
    pub holidays: Vec<NaiveDate>,
    /// Address of the registry office for answers to mails; may be empty.
    pub reply_to: String,
    /// Share out items without owner by themselves.
    pub auto_assign: bool,
    /// A second person looks at a sample of abstracts before they are complete.
    pub quality_review: bool,
    /// For optimistic locking.
    pub version: i32,
}

impl Facility {
    /// The wall time here of a stored instant, which is UTC.
    pub fn wall(&self, at: NaiveDateTime) -> DateTime<Tz> {
        at.and_utc().with_timezone(&self.zone)
    }

    /// The day here of a stored instant, which is UTC.
    pub fn day_of(&self, at: NaiveDateTime) -> NaiveDate {
        self.wall(at).date_naive()
    }

    /// A stored instant as people read it here, `2026-11-23 14:05`.
    pub fn clock_words(&self, at: NaiveDateTime) -> String {
        self.wall(at).format("%Y-%m-%d %H:%M").to_string()
    }
}

/// Why a facility could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum FacilityRefused {
    /// A field is wrong: name of the setting, what was given, what is allowed.
    #[error("{setting} “{given}”: {allowed}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What was given.
        given: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Somebody changed it in between.
    #[error("Somebody else changed this facility meanwhile. Look at it again and repeat the change.")]
    Stale,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl crate::db::HoldsStoreError for FacilityRefused {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(e) => Some(e),
            _ => None,
        }
    }
}

/// What `init` and the settings page ask for, as typed.
#[derive(Clone, Debug, Default)]
pub struct FacilityForm {
    /// Full name.
    pub name: String,
    /// Short name; the full name when empty.
    pub short_name: String,
    /// 10 digits or empty.
    pub npi: String,
    /// 10 digits or empty.
    pub fin: String,
    /// IANA name.
    pub zone: String,
    /// A 1 January, or empty.
    pub reference_date: String,
    /// Countries separated by blanks; the default when empty.
    pub home_countries: String,
    /// Holidays, ISO days separated by blanks.
    pub holidays: String,
    /// Address or empty.
    pub reply_to: String,
    /// Read `03/05/2024` as 3 May.
    pub day_first: bool,
}

/// The United States and its territories.
pub const HOME_COUNTRIES: &str = "USA ASM GUM MNP PRI UMI VIR";

/// First diagnosis day that needs follow-up whatever the reference date.
///
/// Source: CoC Optimal Resources for Cancer Care (2020 Standards), Standard 6.5, 2021 change.
pub fn floor_date() -> NaiveDate {
    NaiveDate::from_ymd_opt(2004, 1, 1).expect("a day of the calendar")
}

impl FacilityForm {
    fn refuse(setting: &'static str, given: &str, allowed: &'static str) -> FacilityRefused {
        FacilityRefused::Setting { setting, given: given.to_owned(), allowed }
    }

    /// Checks what was typed.
    pub fn parse(&self) -> Result<Facility, FacilityRefused> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            return Err(Self::refuse("Name", name, "1 to 100 characters are needed."));
        }
        let short = match self.short_name.trim() {
            "" => name,
            s => s,
        };
        if short.chars().count() > 40 || short.chars().any(char::is_control) {
            return Err(Self::refuse("Short name", short, "at most 40 characters are allowed."));
        }
        for (setting, text) in [("NPI", &self.npi), ("FIN", &self.fin)] {
            let t = text.trim();
            if !t.is_empty() && (t.len() != 10 || !t.bytes().all(|b| b.is_ascii_digit())) {
                return Err(Self::refuse(setting, t, "exactly 10 digits are needed, or nothing."));
            }
        }
        let zone: Tz = self.zone.trim().parse().map_err(|_| {
            Self::refuse("Time zone", &self.zone, "an IANA name like America/Chicago is needed.")
        })?;
        let reference_date = match self.reference_date.trim() {
            "" => None,
            t => {
                let day = t
                    .parse::<NaiveDate>()
                    .or_else(|_| NaiveDate::parse_from_str(t, "%Y%m%d"))
                    .or_else(|_| NaiveDate::parse_from_str(&format!("{t}-01-01"), "%Y-%m-%d"))
                    .ok()
                    .filter(|d| d.format("%m-%d").to_string() == "01-01");
                Some(day.ok_or_else(|| {
                    Self::refuse("Reference date", t, "a 1 January is needed, like 2010-01-01.")
                })?)
            }
        };
        let countries = match self.home_countries.trim() {
            "" => HOME_COUNTRIES.to_owned(),
            t => t.to_uppercase(),
        };
        let home_countries: Vec<String> = countries.split_whitespace().map(str::to_owned).collect();
        if home_countries.iter().any(|c| c.len() != 3 || !c.bytes().all(|b| b.is_ascii_uppercase())) {
            return Err(Self::refuse(
                "Home countries",
                &countries,
                "three-letter codes like USA are needed.",
            ));
        }
        let mut holidays = Vec::new();
        for word in self.holidays.split_whitespace() {
            holidays.push(
                word.parse()
                    .map_err(|_| Self::refuse("Holidays", word, "days like 2026-12-25 are needed."))?,
            );
        }
        let reply_to = self.reply_to.trim().to_owned();
        if !reply_to.is_empty() && reply_to.parse::<lettre::Address>().is_err() {
            return Err(Self::refuse(
                "Reply address",
                &reply_to,
                "an address like registry@hospital.example is needed.",
            ));
        }
        Ok(Facility {
            key: 0,
            id: String::new(),
            name: name.to_owned(),
            short_name: short.to_owned(),
            npi: self.npi.trim().to_owned(),
            fin: self.fin.trim().to_owned(),
            zone,
            slash_order: if self.day_first { SlashOrder::DayFirst } else { SlashOrder::MonthFirst },
            reference_date,
            floor_date: floor_date(),
            home_countries,
            follow_cns_benign: true,
            follow_by_agreement: false,
            centenarian: "exclude".to_owned(),
            holidays,
            reply_to,
            auto_assign: false,
            quality_review: false,
            version: 1,
        })
    }
}

/// Makes a facility.
pub fn create(tx: &mut Tx<'_>, form: &FacilityForm) -> Result<Facility, FacilityRefused> {
    let mut facility = form.parse()?;
    facility.id = tx.new_id().to_string();
    facility.key = store::insert(tx, &facility)?;
    tx.record(Event::new(AuditAction::ChangeSetting).detail(format!("made facility {}", facility.id)));
    Ok(facility)
}

/// Changes a facility; `switches` are follow_cns_benign, follow_by_agreement, auto_assign, and how
/// centenarians count. The caller recomputes the projection when follow-up settings changed.
pub fn change(tx: &mut Tx<'_>, changed: &Facility) -> Result<(), FacilityRefused> {
    if !store::update(tx.conn(), changed)? {
        return Err(FacilityRefused::Stale);
    }
    tx.record(Event::new(AuditAction::ChangeSetting).detail(format!("changed facility {}", changed.id)));
    Ok(())
}

/// The facility with this row key.
pub fn get(conn: &mut Conn, key: i64) -> Result<Facility, StoreError> {
    store::get(conn, key)
}

/// The facility an actor works in.
pub fn of(conn: &mut Conn, actor: &Actor) -> Result<Facility, StoreError> {
    let scope = actor.scope().ok_or_else(|| StoreError::Refused("no facility was chosen".to_owned()))?;
    store::get(conn, scope.facility())
}

/// All facilities, by key.
pub fn all(conn: &mut Conn) -> Result<Vec<Facility>, StoreError> {
    store::all(conn)
}

/// The facility meant by a short name, name, NPI, FIN or public id; `None` when none or several fit.
pub fn find(conn: &mut Conn, word: &str) -> Result<Option<Facility>, StoreError> {
    let word = word.trim();
    let mut fits: Vec<Facility> = all(conn)?
        .into_iter()
        .filter(|f| {
            f.id == word
                || f.short_name.eq_ignore_ascii_case(word)
                || f.name.eq_ignore_ascii_case(word)
                || (!word.is_empty() && (f.npi == word || f.fin == word))
        })
        .collect();
    Ok(if fits.len() == 1 { fits.pop() } else { None })
}

/// The next accession order number of a year, counted up in the same transaction. Never given twice.
pub fn next_accession(tx: &mut Tx<'_>, facility: i64, year: i32) -> Result<i32, StoreError> {
    store::next_accession(tx.conn(), facility, year)
}

/// Lets the accession numbers of a year start at `next`, where a registry moves over from another program.
/// Refused (`false`) when that number or a later one was given already.
pub fn start_accession(tx: &mut Tx<'_>, facility: i64, year: i32, next: i32) -> Result<bool, StoreError> {
    let done = store::start_accession(tx.conn(), facility, year, next)?;
    if done {
        tx.record(
            Event::new(AuditAction::ChangeSetting)
                .detail(format!("accession numbers of {year} start at {next}")),
        );
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> FacilityForm {
        FacilityForm {
            name: "Practice General".into(),
            zone: "America/Chicago".into(),
            ..FacilityForm::default()
        }
    }

    #[test]
    fn a_facility_needs_a_name_and_a_zone() {
        let f = form().parse().unwrap();
        assert_eq!((f.short_name.as_str(), f.home_countries.len()), ("Practice General", 7));
        assert!(FacilityForm { name: " ".into(), ..form() }.parse().is_err());
        let zone = FacilityForm { zone: "Chicago".into(), ..form() }.parse().unwrap_err().to_string();
        assert!(zone.contains("Time zone") && zone.contains("Chicago"), "{zone}");
    }

    #[test]
    fn the_reference_date_is_a_first_of_january() {
        for good in ["2010-01-01", "20100101", "2010"] {
            let f = FacilityForm { reference_date: good.into(), ..form() }.parse().unwrap();
            assert_eq!(f.reference_date.unwrap().to_string(), "2010-01-01");
        }
        assert!(FacilityForm { reference_date: "2010-02-01".into(), ..form() }.parse().is_err());
    }
}
