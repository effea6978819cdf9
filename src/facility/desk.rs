//! Where a person sits down to work: the facility, its day, and the frame of its pages.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::{Facility, store};
use crate::{
    access::{Action, Actor, ActorKind, accounts, permits},
    db::{Conn, StoreError, Tx},
    web::{App, Layout, Place, Theme},
};

/// What handlers need of the place a request belongs to.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The facility worked in.
    pub facility: Facility,
    /// Its day.
    pub today: NaiveDate,
    /// Its wall time.
    pub now: DateTime<Tz>,
    /// Frame of its pages, without title.
    pub layout: Layout,
}

/// Right that opens each place of the bar and menu.
fn opens(place: Place) -> Action {
    match place {
        Place::MyWork | Place::OwnAccount => Action::OwnAccount,
        Place::Abstracts | Place::Patients => Action::ListPatients,
        Place::FollowUp => Action::ViewFollowUp,
        Place::Dashboards => Action::ViewDashboard,
        Place::Files => Action::ViewImports,
        Place::LocalEdits => Action::ManageEdits,
        Place::Outbox => Action::ViewOutbox,
        Place::Accounts => Action::ManageAccounts,
        Place::Facilities => Action::ManageFacilities,
        Place::Audit => Action::ViewAudit,
    }
}

/// The desk of whoever a transaction is for.
pub fn desk_of(tx: &mut Tx<'_>, app: &App) -> Result<Desk, StoreError> {
    let (actor, now) = (tx.actor(), tx.now());
    desk(tx.conn(), app, actor, now)
}

/// Reads the desk of an actor.
pub fn desk(conn: &mut Conn, app: &App, actor: &Actor, now: DateTime<Utc>) -> Result<Desk, StoreError> {
    let scope = actor.scope().ok_or_else(|| StoreError::Refused("no facility was chosen".to_owned()))?;
    let facility = store::get(conn, scope.facility())?;
    let now = now.with_timezone(&facility.zone);
    let today = now.date_naive();
    let (mut theme, mut letters_off, mut choice) = (Theme::System, false, false);
    if let Some(account) = actor.account() {
        let own = accounts::by_id(conn, account)?;
        theme = Theme::parse(&own.theme);
        letters_off = !own.single_keys;
        choice = accounts::facilities_of(conn, account)?.len() > 1;
    }
    let places = Place::BAR.into_iter().chain(Place::MENU).filter(|p| permits(actor, opens(*p))).collect();
    let layout = Layout {
        facility: facility.name.clone(),
        facility_short: facility.short_name.clone(),
        facility_choice: choice,
        person: actor.display.clone(),
        roles: actor.roles.iter().map(|r| r.label().to_lowercase()).collect::<Vec<_>>().join(", "),
        csrf: actor.csrf().to_owned(),
        today,
        time: now.format("%H:%M").to_string(),
        places,
        theme,
        letters_off,
        day_first: facility.slash_order == crate::partial_date::SlashOrder::DayFirst,
        practice: app.practice.is_some(),
        idle_minutes: match actor.kind {
            ActorKind::Person { .. } => u32::try_from(app.config.session.idle_minutes).unwrap_or(15),
            _ => 0,
        },
        ..Layout::default()
    };
    Ok(Desk { facility, today, now, layout })
}
