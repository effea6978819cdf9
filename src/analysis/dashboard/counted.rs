//! What a dashboard counts, in the shape in which it is kept until something changes.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::super::{
    cases::Class,
    store::{self, Sheets, SiteYear},
};
use crate::{
    access::Scope,
    db::{Conn, StoreError},
    followup_rules::{Centenarian, is_analytic},
};

/// What is counted for a dashboard, all registrars together.
pub(super) struct Counted {
    pub(super) states: Vec<store::StateCount>,
    pub(super) ages: [i64; 6],
    pub(super) sheets: Sheets,
    pub(super) patients: Sheets,
    pub(super) registered: Registered,
}

impl Counted {
    pub(super) fn of(
        conn: &mut Conn,
        scope: Scope,
        day: NaiveDate,
        centenarian: Centenarian,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            states: store::by_state(conn, scope)?,
            ages: store::by_age(conn, scope, day)?,
            sheets: store::case_rates(conn, scope, day, centenarian)?,
            patients: store::patient_rates(conn, scope, day, centenarian)?,
            registered: Registered::of(&store::by_site_and_year(conn, scope)?),
        })
    }
}

/// Registered cases, all and the analytic ones, by site group and by year of diagnosis.
#[derive(Default)]
pub(super) struct Registered {
    pub(super) sites: BTreeMap<String, Both>,
    pub(super) years: BTreeMap<Option<i32>, Both>,
    /// Without class of case.
    pub(super) unclassed: i64,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Both {
    pub(super) all: i64,
    pub(super) analytic: i64,
}

impl Both {
    fn add(&mut self, row: &SiteYear) {
        self.all += row.n;
        if is_analytic(&row.class_of_case) {
            self.analytic += row.n;
        }
    }

    pub(super) fn of(self, class: Class) -> i64 {
        match class {
            Class::All => self.all,
            Class::Analytic => self.analytic,
        }
    }
}

impl Registered {
    fn of(rows: &[SiteYear]) -> Self {
        let mut registered = Self::default();
        for row in rows {
            match registered.sites.get_mut(&row.site_group) {
                Some(site) => site.add(row),
                None => registered.sites.entry(row.site_group.clone()).or_default().add(row),
            }
            registered.years.entry(row.dx_year).or_default().add(row);
            if row.class_of_case.is_empty() {
                registered.unclassed += row.n;
            }
        }
        registered
    }
}
