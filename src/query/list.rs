//! Questions of a facility that wait: answers for the registrar, silence for the supervisor.

use actix_web::web;
use askama::Template;

use super::{
    ask::label,
    case::clock,
    rules::State,
    store::{self, Listed},
};
use crate::{
    access::Role,
    audit::{AuditAction, Event},
    facility::{Desk, desk_of},
    patient::full_name,
    web::{Acting, App, Layout, PageError, PageResult, Place, page},
};

struct Line {
    href: String,
    name: String,
    about: &'static str,
    to: String,
    by: String,
    when: String,
    late: bool,
    due: String,
}

#[derive(Template)]
#[template(path = "query/list.html")]
struct ListPage {
    layout: Layout,
    /// All of the facility; else own questions and those about own cases.
    all: bool,
    /// There are more than are shown: these are the oldest.
    more: bool,
    answered: Vec<Line>,
    open: Vec<Line>,
}

fn line(desk: &Desk, (row, (uid, _), (_, last, first)): &Listed) -> Line {
    let (clock, late) = clock(desk, row);
    Line {
        href: format!("/abstracts/{uid}/queries/{}", row.uid),
        name: full_name(last, first),
        about: label(&row.item),
        to: row.recipient_name.clone(),
        by: row.asked_by.clone(),
        when: row.answered_at.map_or(clock, |at| format!("answered {}", desk.facility.clock_words(at))),
        late,
        due: row.due_on.to_string(),
    }
}

/// `GET /queries`.
pub(super) async fn show(app: web::Data<App>, acting: Acting) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let scope = tx.scope()?;
                let all = acting.is(Role::Supervisor);
                let of_whom = if all { None } else { Some(acting.account().ok_or(PageError::NotFound)?) };
                let mut more = false;
                let mut event = Event::new(AuditAction::List).detail("queries");
                let mut of = |tx: &mut crate::db::Tx<'_>, state| -> Result<Vec<Line>, PageError> {
                    let mut rows = store::in_state(tx.conn(), scope, state, of_whom)?;
                    more |= rows.len() > store::SHOWN;
                    rows.truncate(store::SHOWN);
                    for (row, _, (patient, ..)) in &rows {
                        event.subjects.push((*patient, Some(row.tumor_id)));
                    }
                    Ok(rows.iter().map(|row| line(&desk, row)).collect())
                };
                let (answered, open) = (of(tx, State::Answered)?, of(tx, State::Open)?);
                tx.record(event);
                let layout = desk.layout.clone().titled("Queries").at(Place::Abstracts);
                Ok::<_, PageError>(ListPage { all, more, answered, open, layout })
            })
        })
        .await?;
    page(&shown)
}
