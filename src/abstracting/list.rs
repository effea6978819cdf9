//! Lists of cases: by state and owner, the nearest deadline first.

use actix_web::web;
use askama::Template;
use chrono::NaiveDate;
use diesel::Queryable;
use serde::Deserialize;

use super::{AbstractState, accession, store};
use crate::{
    access::Scope,
    audit::{AuditAction, Event},
    db::{Conn, StoreError},
    facility::desk_of,
    icdo::PrimarySite,
    patient::full_name,
    quality_review::{self, Hidden},
    web::{Acting, App, Layout, PageResult, Pagination, Place, Status, days_left, page},
};

/// Rows of one page.
const ROWS: usize = 50;

/// Whose cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Everybody,
    Account(i64),
    /// Nobody's yet.
    Pool,
}

/// Which cases, and where the list goes on.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) states: Vec<AbstractState>,
    pub(super) owner: Owner,
    pub(super) after: Option<(Option<NaiveDate>, i64)>,
}

/// A row of the list.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Case {
    pub(super) id: i64,
    pub(super) uid: String,
    pub(super) patient: i64,
    pub(super) name_last: String,
    pub(super) name_first: String,
    pub(super) primary_site: String,
    pub(super) state: String,
    pub(super) due: Option<NaiveDate>,
    pub(super) accession_number: String,
    pub(super) owner: Option<String>,
}

/// The address of the list: codes only.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Query {
    #[serde(default)]
    state: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    after: String,
}

/// One tab: words, states behind it, count, address.
struct Tab {
    label: &'static str,
    count: i64,
    href: String,
    here: bool,
}

struct Line {
    href: String,
    name: String,
    number: String,
    site: String,
    status: Status,
    owner: String,
    due: String,
    left: String,
    late: bool,
}

#[derive(Template)]
#[template(path = "abstracting/list.html")]
struct ListPage {
    layout: Layout,
    tabs: Vec<Tab>,
    owners: Vec<Tab>,
    lines: Vec<Line>,
    pages: Pagination,
    writes: bool,
    /// The reader decides deletions.
    decides: bool,
    /// The reader reviews abstracts of others.
    reviews: bool,
}

const TABS: [(&str, &str, &[AbstractState]); 4] = [
    ("open", "Open", &OPEN),
    ("reopened", "Reopened", &[AbstractState::Reopened]),
    ("complete", "Complete", &[AbstractState::Complete, AbstractState::Submitted]),
    ("all", "All", &AbstractState::ALL),
];

const OPEN: [AbstractState; 6] = [
    AbstractState::Draft,
    AbstractState::InProgress,
    AbstractState::EditErrors,
    AbstractState::Ready,
    AbstractState::QaReview,
    AbstractState::Reopened,
];

/// Address of a state's list, for figures that link here.
fn address(state: &str, owner: &str) -> String {
    format!("/abstracts?state={state}&owner={owner}")
}

fn after(text: &str) -> Option<(Option<NaiveDate>, i64)> {
    let (due, id) = text.rsplit_once('.')?;
    Some((due.parse().ok(), id.parse().ok()?))
}

pub(super) async fn show(app: web::Data<App>, acting: Acting, query: web::Query<Query>) -> PageResult {
    let query = query.into_inner();
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let scope = tx.scope()?;
                let account = acting.account();
                let (owner_word, owner) = match (query.owner.as_str(), account) {
                    ("pool", _) => ("pool", Owner::Pool),
                    ("mine", Some(account)) => ("mine", Owner::Account(account)),
                    ("", Some(account)) if acting.is(crate::access::Role::Registrar) => {
                        ("mine", Owner::Account(account))
                    }
                    _ => ("all", Owner::Everybody),
                };
                let (word, _, states) =
                    TABS.into_iter().find(|(word, ..)| *word == query.state).unwrap_or(TABS[0]);
                let filter = Filter { states: states.to_vec(), owner, after: after(&query.after) };
                let (cases, more) = one_more(tx.conn(), scope, &filter)?;
                tx.record(
                    Event::new(AuditAction::List)
                        .patients(cases.iter().map(|c| c.patient))
                        .detail(format!("abstracts {word} {owner_word}")),
                );
                let counts = tx.figure(&format!("abstracts {owner:?}"), |conn| {
                    store::count_by_state(conn, scope, owner)
                })?;
                let tabs = TABS
                    .into_iter()
                    .map(|(tab, label, states)| Tab {
                        label,
                        count: counts
                            .iter()
                            .filter(|(s, _)| states.iter().any(|state| state.word() == s))
                            .map(|(_, n)| n)
                            .sum(),
                        href: address(tab, owner_word),
                        here: tab == word,
                    })
                    .collect::<Vec<_>>();
                let owners = [("mine", "Mine"), ("pool", "Without owner"), ("all", "Everybody’s")]
                    .into_iter()
                    .map(|(o, label)| Tab { label, count: 0, href: address(word, o), here: o == owner_word })
                    .collect();
                let hidden = quality_review::hidden(tx)?;
                let total = tabs.iter().find(|t| t.here).map_or(0, |t| t.count);
                let pages = Pagination {
                    total: if total == 1 { "1 case".to_owned() } else { format!("{total} cases") },
                    first: filter.after.map(|_| address(word, owner_word)),
                    next: cases.last().filter(|_| more).map(|last| {
                        let due = last.due.map(|d| d.to_string()).unwrap_or_default();
                        format!("{}&after={due}.{}", address(word, owner_word), last.id)
                    }),
                };
                let writes = crate::access::permits(&acting, crate::access::Action::EditAbstract);
                Ok::<_, crate::web::PageError>(ListPage {
                    layout: desk.layout.titled("Abstracts").at(Place::Abstracts),
                    tabs,
                    owners,
                    lines: cases.into_iter().map(|c| line(c, desk.today, &hidden)).collect(),
                    pages,
                    writes,
                    reviews: crate::access::permits(&acting, crate::access::Action::ReviewAbstracts),
                    decides: crate::access::permits(&acting, crate::access::Action::ApproveVoid),
                })
            })
        })
        .await?;
    page(&shown)
}

fn one_more(conn: &mut Conn, scope: Scope, filter: &Filter) -> Result<(Vec<Case>, bool), StoreError> {
    let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    let mut cases = store::cases(conn, scope, filter, limit)?;
    let more = cases.len() > ROWS;
    cases.truncate(ROWS);
    Ok((cases, more))
}

fn line(case: Case, today: NaiveDate, hidden: &Hidden) -> Line {
    let state = AbstractState::parse(&case.state).unwrap_or(AbstractState::InProgress);
    let days = case.due.map(|d| (d - today).num_days()).filter(|_| state.is_open());
    Line {
        href: format!("/abstracts/{}", case.uid),
        name: full_name(&case.name_last, &case.name_first),
        number: if case.accession_number.is_empty() {
            "no number yet".to_owned()
        } else {
            accession::shown(&case.accession_number)
        },
        site: match PrimarySite::parse(&case.primary_site) {
            _ if hidden.case(case.id) => Hidden::WORDS.to_owned(),
            Ok(site) => site.label().to_owned(),
            Err(_) => "site not coded".to_owned(),
        },
        status: state.status(),
        owner: case.owner.unwrap_or_else(|| "–".to_owned()),
        due: case.due.filter(|_| state.is_open()).map(|d| d.to_string()).unwrap_or_default(),
        left: days.map(days_left).unwrap_or_default(),
        late: days.is_some_and(|d| d < 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_in_the_list_is_a_date_and_a_key() {
        assert_eq!(after("2026-12-01.17"), Some((NaiveDate::from_ymd_opt(2026, 12, 1), 17)));
        assert_eq!(after(".17"), Some((None, 17)));
        assert_eq!(after("x"), None);
        assert_eq!(after("2026-12-01.x"), None);
    }
}
