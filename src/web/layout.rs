//! What every page carries around its content: bar, notice, foot.

use chrono::NaiveDate;

use super::{assets, notice::Notice};

/// A place in the bar or under the name. An entry somebody may not use is absent, not grey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// What needs this person today.
    MyWork,
    /// Cases by state and owner; the editor.
    Abstracts,
    /// Whom to contact.
    FollowUp,
    /// Search and person pages.
    Patients,
    /// Figures.
    Dashboards,
    /// Files brought in and taken out.
    Files,
    /// Edits of the facility's own.
    LocalEdits,
    /// Mails and their fate.
    Outbox,
    /// Accounts and roles.
    Accounts,
    /// Facilities and their settings.
    Facilities,
    /// Who did what.
    Audit,
    /// Own password and settings.
    OwnAccount,
}

impl Place {
    /// Entries of the bar, in order.
    pub const BAR: [Self; 6] =
        [Self::MyWork, Self::Abstracts, Self::FollowUp, Self::Patients, Self::Dashboards, Self::Files];
    /// Entries under the name, in order.
    pub const MENU: [Self; 6] =
        [Self::OwnAccount, Self::LocalEdits, Self::Accounts, Self::Facilities, Self::Outbox, Self::Audit];

    /// Words on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::MyWork => "My work",
            Self::Abstracts => "Abstracts",
            Self::FollowUp => "Follow-up",
            Self::Patients => "Patients",
            Self::Dashboards => "Dashboards",
            Self::Files => "Files",
            Self::LocalEdits => "Local edits",
            Self::Outbox => "Outbox",
            Self::Accounts => "Accounts",
            Self::Facilities => "Facilities",
            Self::Audit => "Audit",
            Self::OwnAccount => "Settings",
        }
    }

    /// Address.
    pub fn href(self) -> &'static str {
        match self {
            Self::MyWork => "/",
            Self::Abstracts => "/abstracts",
            Self::FollowUp => "/followup",
            Self::Patients => "/patients",
            Self::Dashboards => "/dashboard",
            Self::Files => "/imports",
            Self::LocalEdits => "/edits",
            Self::Outbox => "/outbox",
            Self::Accounts => "/accounts",
            Self::Facilities => "/facilities",
            Self::Audit => "/audit",
            Self::OwnAccount => "/account",
        }
    }

    /// The letter after `g`; empty for places without one.
    pub fn go(self) -> &'static str {
        match self {
            Self::MyWork => "w",
            Self::Abstracts => "a",
            Self::FollowUp => "f",
            Self::Patients => "p",
            Self::Dashboards => "d",
            Self::Files => "i",
            Self::Outbox => "o",
            Self::LocalEdits | Self::Accounts | Self::Facilities | Self::Audit | Self::OwnAccount => "",
        }
    }
}

/// Colours a person chose; the machine's choice by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the machine says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Value of `data-theme`; empty leaves it to the machine.
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads the stored word; anything else is the machine's choice.
    pub fn parse(word: &str) -> Self {
        match word {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }
}

/// How wide the content may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Width {
    /// Lists and dashboards: 100 rem.
    #[default]
    Wide,
    /// Pages that are read: 64 rem.
    Reading,
    /// All there is: the abstract.
    Editor,
}

impl Width {
    /// Class of `main`.
    pub fn class(self) -> &'static str {
        match self {
            Self::Wide => "page page--wide",
            Self::Reading => "page page--reading",
            Self::Editor => "editor",
        }
    }
}

/// What a page needs besides its own content. Titles never hold the name of a patient:
/// task bars and browser histories are read by others.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// First part of the title; also said in the print head.
    pub title: String,
    /// Name of the facility, for the print head.
    pub facility: String,
    /// Its short name, for the bar.
    pub facility_short: String,
    /// Other facilities this person may change to; the bar then shows the choice.
    pub facility_choice: bool,
    /// The person signed in; empty on pages before signing in, which show no bar.
    pub person: String,
    /// Roles in words, for the foot.
    pub roles: String,
    /// Token of this person's forms.
    pub csrf: String,
    /// The facility's day.
    pub today: NaiveDate,
    /// Time of the day at the facility, `08:05`, for the print head.
    pub time: String,
    /// The place that is current.
    pub here: Option<Place>,
    /// Places this person may use, of bar and menu together.
    pub places: Vec<Place>,
    /// Colours.
    pub theme: Theme,
    /// Rows and fields close together (editor, contact form).
    pub compact: bool,
    /// Width of the content.
    pub width: Width,
    /// Keys of a single letter are switched off.
    pub letters_off: bool,
    /// `03/05/2024` is 3 May here.
    pub day_first: bool,
    /// A practice registry: said on every page.
    pub practice: bool,
    /// Idle minutes after which the session ends; 0 where there is none.
    pub idle_minutes: u32,
    /// Public id of the case on the page: the command box goes to its fields then.
    pub case: String,
    /// What happened, shown on top.
    pub notice: Option<Notice>,
}

impl Layout {
    /// Says which case is on the page.
    #[must_use]
    pub fn of_case(mut self, uid: impl Into<String>) -> Self {
        self.case = uid.into();
        self
    }

    /// Gives the page its title.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Says where the page belongs.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.here = Some(place);
        self
    }

    /// Sets the width of the content.
    #[must_use]
    pub fn wide(mut self, width: Width) -> Self {
        self.width = width;
        self
    }

    /// Sets rows and fields close together.
    #[must_use]
    pub fn compact(mut self) -> Self {
        self.compact = true;
        self
    }

    /// Shows a notice on top.
    #[must_use]
    pub fn with_notice(mut self, notice: Option<Notice>) -> Self {
        self.notice = notice.or(self.notice);
        self
    }

    /// Entries of the bar for this person.
    pub fn bar(&self) -> impl Iterator<Item = Place> {
        Place::BAR.into_iter().filter(|p| self.places.contains(p))
    }

    /// Entries under the name for this person.
    pub fn menu(&self) -> impl Iterator<Item = Place> {
        Place::MENU.into_iter().filter(|p| self.places.contains(p))
    }

    /// Is this the current place?
    pub fn is_here(&self, place: &Place) -> bool {
        self.here == Some(*place)
    }

    /// May this person find patients (shows the command box)?
    pub fn finds(&self) -> bool {
        self.places.contains(&Place::Patients)
    }

    /// Somebody is signed in?
    pub fn signed_in(&self) -> bool {
        !self.person.is_empty()
    }

    /// The day in the ISO form.
    pub fn day(&self) -> String {
        self.today.format("%Y-%m-%d").to_string()
    }

    /// Address of the style sheet.
    pub fn css(&self) -> String {
        assets::url("css/main.css")
    }

    /// Address of the script.
    pub fn js(&self) -> String {
        assets::url("js/main.js")
    }

    /// Address of another static file.
    pub fn asset(&self, name: &str) -> String {
        assets::url(name)
    }
}
