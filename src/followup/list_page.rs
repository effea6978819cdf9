//! The work list page.

use actix_web::web;
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

use super::{
    store::{self, Counts, Owner, Row},
    work_list::{Group, View},
};
use crate::{
    abstracting::accession,
    access::{Action, Actor, Role, accounts, permits},
    audit::{AuditAction, Event},
    db::{Conn, StoreError, Tx},
    facility::{self, Facility},
    followup_rules::rate_b_from,
    partial_date::PartialDate,
    patient::full_name,
    web::{
        Acting, App, Layout, Notice, PageError, PageResult, Place as WebPlace, grouped, opened_place, page,
        sealed_place,
    },
};

/// Rows a page.
const PAGE_ROWS: usize = 50;

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    /// `me`, `all`, `pool` or the public id of an account.
    owner: String,
    /// Word of a [`View`].
    status: String,
    /// Sealed place after which the page begins.
    after: String,
    /// Rows before it.
    rows: usize,
    /// `saved` after a contact.
    done: String,
}

/// One choice of a select.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) here: bool,
}

struct Tab {
    href: String,
    label: &'static str,
    n: String,
    here: bool,
}

struct GroupView {
    label: &'static str,
    note: String,
    shape: &'static str,
    tone: &'static str,
    rows: Vec<RowView>,
}

struct RowView {
    href: String,
    name: String,
    accession: String,
    last: String,
    due: String,
    line: String,
    owner: String,
    counts: &'static str,
}

#[derive(Template)]
#[template(path = "followup/list.html")]
struct ListPage {
    layout: Layout,
    sub: String,
    no_reference_date: bool,
    reassign: Option<&'static str>,
    first: Option<String>,
    tabs: Vec<Tab>,
    owners: Vec<Choice>,
    statuses: Vec<Choice>,
    groups: Vec<GroupView>,
    caption: String,
    position: String,
    next: Option<String>,
    start: Option<String>,
    empty_title: &'static str,
    empty_text: &'static str,
}

/// `GET /followup`.
pub(super) async fn list(app: web::Data<App>, acting: Acting, query: web::Query<ListQuery>) -> PageResult {
    let query = query.into_inner();
    let shown = app.blocking(move |app| {
        app.db.view(&acting, |tx| {
            let layout = super::layout(tx, app)?;
            list_page(tx, &acting, &query, layout)
        })
    });
    page(&shown.await?)
}

fn list_page(
    tx: &mut Tx<'_>,
    actor: &Actor,
    query: &ListQuery,
    layout: Layout,
) -> Result<ListPage, PageError> {
    let scope = tx.scope()?;
    let here = facility::get(tx.conn(), scope.facility())?;
    let as_of = today(tx, &here);
    let view = View::parse(&query.status).ok_or_else(|| {
        PageError::BadRequest(format!(
            "“{}” is no follow-up list. There are open, delinquent, overdue, due, coming, current, lost, followed.",
            query.status
        ))
    })?;
    let word = owner_word(actor, &query.owner);
    let people = People::of(tx.conn(), scope.facility())?;
    let owner = people.owner(actor, &word).ok_or(PageError::NotFound)?;
    let after = opened_place(tx, PLACE, &query.after)?;
    let found = store::page(tx.conn(), scope, view, owner, as_of, after.as_ref(), PAGE_ROWS)?;
    let counts = super::figures(tx, owner, as_of)?;
    tx.record(
        Event::new(AuditAction::List)
            .patients(found.rows.iter().map(|(_, row)| row.id))
            .detail(format!("follow-up, {}", view.word())),
    );
    let before = if after.is_some() { query.rows } else { 0 };
    let next = found.next.as_ref().map(|place| {
        let place = sealed_place(tx, PLACE, place);
        format!("/followup?owner={word}&status={}&after={place}&rows={}", view.word(), before + PAGE_ROWS)
    });
    let start = (before > 0).then(|| format!("/followup?owner={word}&status={}", view.word()));
    let total = counts.view(view);
    let first = found.rows.first().map(|(_, row)| contact_href(&row.uid));
    let position = format!("Rows {} to {} of {}.", before + 1, before + found.rows.len(), grouped(total));
    let groups = groups_of(&found.rows, &counts, &people, as_of);
    let (empty_title, empty_text) = empty_words(view);
    let notice = (query.done == "saved")
        .then(|| Notice::good("Contact saved. That was the last open patient of this list."));
    Ok(ListPage {
        layout: layout.titled("Follow-up").at(WebPlace::FollowUp).with_notice(notice),
        sub: sub_line(&counts, as_of),
        no_reference_date: here.reference_date.is_none(),
        reassign: permits(actor, Action::DirectFollowUp).then_some("/followup/reassignment"),
        first,
        tabs: tabs(&word, view, &counts),
        owners: people.choices(actor, &word),
        statuses: statuses(view),
        groups,
        caption: format!("Follow-up, {}, most urgent first", view.word()),
        position,
        next,
        start,
        empty_title,
        empty_text,
    })
}

/// The facility's day.
pub(crate) fn today(tx: &Tx<'_>, here: &Facility) -> NaiveDate {
    here.day_of(tx.now().naive_utc())
}

/// Where a contact of a patient is recorded.
pub(super) fn contact_href(uid: &str) -> String {
    format!("/patients/{uid}/contact")
}

/// Registrars begin with their own patients, supervisors with everybody's.
fn owner_word(actor: &Actor, given: &str) -> String {
    match given {
        "" if actor.is(Role::Supervisor) => "all".to_owned(),
        "" => "me".to_owned(),
        word => word.to_owned(),
    }
}

/// The people who may own patients here.
pub(crate) struct People(Vec<(i64, String, String)>);

impl People {
    /// Active registrars and supervisors of a facility, by name.
    pub(crate) fn of(conn: &mut Conn, facility: i64) -> Result<Self, StoreError> {
        let mut people: Vec<(i64, String, String)> = Vec::new();
        for role in [Role::Registrar, Role::Supervisor] {
            for (account, _) in accounts::members_with(conn, facility, role)? {
                if !people.iter().any(|(id, ..)| *id == account.id) {
                    people.push((account.id, account.uid, account.name));
                }
            }
        }
        people.sort_by(|a, b| a.2.cmp(&b.2).then(a.0.cmp(&b.0)));
        Ok(Self(people))
    }

    /// Whose list a word of the address means.
    pub(super) fn owner(&self, actor: &Actor, word: &str) -> Option<Owner> {
        match word {
            "all" => Some(Owner::Everyone),
            "pool" => Some(Owner::Pool),
            "me" => actor.account().map(Owner::Person),
            uid => self.by_uid(uid).map(Owner::Person),
        }
    }

    /// The account of a public id.
    pub(super) fn by_uid(&self, uid: &str) -> Option<i64> {
        self.0.iter().find(|(_, known, _)| known == uid).map(|(id, ..)| *id)
    }

    /// The name of an owner; `pool` without, `somebody else` for one who no longer works here.
    pub(crate) fn name(&self, owner: Option<i64>) -> String {
        let Some(owner) = owner else { return "pool".to_owned() };
        let found = self.0.iter().find(|(id, ..)| *id == owner);
        found.map_or_else(|| "somebody who left".to_owned(), |(_, _, name)| name.clone())
    }

    /// For a select of one person, the pool first.
    pub(super) fn assignees(&self, owner: Option<i64>) -> Vec<Choice> {
        let pool = Choice { value: "pool".to_owned(), label: "Pool".to_owned(), here: owner.is_none() };
        let people = self.0.iter().map(|(id, uid, name)| Choice {
            value: uid.clone(),
            label: name.clone(),
            here: owner == Some(*id),
        });
        std::iter::once(pool).chain(people).collect()
    }

    fn choices(&self, actor: &Actor, word: &str) -> Vec<Choice> {
        let fixed = [
            ("me", format!("{} (me)", actor.display)),
            ("all", "Everyone".to_owned()),
            ("pool", "Pool".to_owned()),
        ];
        let fixed = fixed.into_iter().filter(|(value, _)| *value != "me" || actor.account().is_some());
        let others = self.0.iter().filter(|(id, ..)| Some(*id) != actor.account());
        fixed
            .map(|(value, label)| (value.to_owned(), label))
            .chain(others.map(|(_, uid, name)| (uid.clone(), name.clone())))
            .map(|(value, label)| Choice { here: value == word, value, label })
            .collect()
    }
}

fn tabs(owner: &str, view: View, counts: &Counts) -> Vec<Tab> {
    let here = |tab: View| match view {
        View::Only(Group::Later) => tab == View::Followed,
        View::Only(_) => tab == View::Open,
        view => tab == view,
    };
    [(View::Open, "Open"), (View::Coming, "Coming"), (View::Lost, "Lost"), (View::Followed, "All followed")]
        .into_iter()
        .map(|(tab, label)| Tab {
            href: format!("/followup?owner={owner}&status={}", tab.word()),
            label,
            n: grouped(counts.view(tab)),
            here: here(tab),
        })
        .collect()
}

fn statuses(view: View) -> Vec<Choice> {
    [
        (View::Open, "All open"),
        (View::Only(Group::Delinquent), "Delinquent"),
        (View::Only(Group::Overdue), "Overdue"),
        (View::Only(Group::Due), "Due"),
        (View::Coming, "Coming"),
        (View::Only(Group::Later), "Current, due later"),
        (View::Lost, "Lost"),
        (View::Followed, "All followed"),
    ]
    .into_iter()
    .map(|(choice, label)| Choice {
        value: choice.word().to_owned(),
        label: label.to_owned(),
        here: choice.word() == view.word(),
    })
    .collect()
}

fn groups_of(rows: &[(Group, Row)], counts: &Counts, people: &People, as_of: NaiveDate) -> Vec<GroupView> {
    let mut groups: Vec<(Group, GroupView)> = Vec::new();
    for (group, row) in rows {
        if groups.last().is_none_or(|(last, _)| last != group) {
            let n = counts.of(*group);
            let patients = if n == 1 { "patient" } else { "patients" };
            let view = GroupView {
                label: group.label(),
                note: format!("{} {patients}, {}", grouped(n), group.note()),
                shape: group.shape(),
                tone: group.tone(),
                rows: Vec::new(),
            };
            groups.push((*group, view));
        }
        if let Some((_, view)) = groups.last_mut() {
            view.rows.push(RowView::of(row, people, as_of));
        }
    }
    groups.into_iter().map(|(_, view)| view).collect()
}

impl RowView {
    fn of(row: &Row, people: &People, as_of: NaiveDate) -> Self {
        let iso = |day: NaiveDate| PartialDate::from(day).iso();
        Self {
            href: contact_href(&row.uid),
            name: full_name(&row.name_last, &row.name_first),
            accession: accession::shown(&row.accession_number),
            last: PartialDate::parse(&row.last_contact).map_or_else(|_| "none".to_owned(), PartialDate::iso),
            due: row.due_on.map_or_else(|| "now, no date".to_owned(), iso),
            line: row.delinquent_from.map_or_else(String::new, |from| days_to_line(from, as_of)),
            owner: people.name(row.owner_id),
            counts: match row.newest_dx {
                Some(dx) if dx >= rate_b_from(as_of) => "A, B",
                Some(_) => "A",
                None => "no rate",
            },
        }
    }
}

/// `24 days past`, `10 days left`: the 15-month line is the last day that counts as followed.
fn days_to_line(delinquent_from: NaiveDate, as_of: NaiveDate) -> String {
    let left = (delinquent_from - as_of).num_days() - 1;
    let days = |n: i64| if n == 1 { "1 day".to_owned() } else { format!("{n} days") };
    match left {
        0 => "today".to_owned(),
        1.. => format!("{} left", days(left)),
        _ => format!("{} past", days(-left)),
    }
}

fn sub_line(counts: &Counts, as_of: NaiveDate) -> String {
    let open = counts.view(View::Open);
    let delinquent = counts.of(Group::Delinquent);
    let mut line = format!("{} open, as of today, {}.", grouped(open), crate::partial_date::in_words(as_of));
    if delinquent > 0 {
        let them = if delinquent == 1 { "patient is" } else { "patients are" };
        line.push_str(&format!(" {} {them} past the 15-month line.", grouped(delinquent)));
    }
    line
}

fn empty_words(view: View) -> (&'static str, &'static str) {
    match view {
        View::Coming | View::Only(Group::Coming) => {
            ("Nobody comes due in the next 30 days", "Patients appear here a month before they are due.")
        }
        View::Lost | View::Only(Group::Lost) => (
            "Nobody is marked lost",
            "A supervisor marks a delinquent patient lost after every way was tried; a later contact takes the \
             mark away.",
        ),
        View::Followed | View::Only(Group::Later) => {
            ("Nobody is followed yet", "Living patients with an analytic case appear here.")
        }
        View::Open | View::Only(_) => (
            "Nobody is due",
            "Every patient of this list was heard of within the year. Choose another registrar, or look at who \
             comes next.",
        ),
    }
}

/// What sealed places of this list are for.
const PLACE: &str = "follow-up place";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_many_days_are_left() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(days_to_line(day("2026-12-04"), day("2026-11-23")), "10 days left");
        assert_eq!(days_to_line(day("2026-11-25"), day("2026-11-23")), "1 day left");
        assert_eq!(days_to_line(day("2026-11-24"), day("2026-11-23")), "today");
        assert_eq!(days_to_line(day("2026-11-23"), day("2026-11-23")), "1 day past");
        assert_eq!(days_to_line(day("2026-10-31"), day("2026-11-23")), "24 days past");
    }
}
