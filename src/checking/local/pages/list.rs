//! `/edits`: all local edits of the facility.

use std::collections::HashMap;

use actix_web::web;
use askama::Template;

use super::local;
use crate::{
    audit::{AuditAction, Event},
    checking::local::{
        history::{History, State},
        sets,
        store::{self, EventRow, VersionRow},
    },
    db::{StoreError, Tx},
    edits,
    facility::desk_of,
    web::{Acting, App, Layout, PageError, PageResult, Place, Status, page},
};

struct Line {
    id: String,
    name: String,
    severity: String,
    status: Status,
    version: u32,
    /// Newest version, where another one is live.
    draft: String,
    /// `fails on 3 of 120 cases, 2026-11-23 12:00`; blank without a dry run.
    counted: String,
    /// Why this program cannot read it.
    unreadable: String,
    /// Retired edits come last.
    last: bool,
}

#[derive(Template)]
#[template(path = "checking/list.html")]
struct ListPage {
    layout: Layout,
    lines: Vec<Line>,
    shipped: usize,
    set: String,
}

/// All edits of the facility.
fn histories(tx: &mut Tx<'_>) -> Result<Vec<History>, StoreError> {
    let scope = tx.scope()?;
    let versions = store::versions(tx.conn(), scope, None)?;
    let keys: Vec<i64> = versions.iter().map(|v| v.key).collect();
    let mut events: HashMap<i64, Vec<EventRow>> = HashMap::new();
    for event in store::events(tx.conn(), scope, &keys)? {
        events.entry(event.version_id).or_default().push(event);
    }
    let mut all: Vec<History> = Vec::new();
    for version in versions {
        let own = events.remove(&version.key).unwrap_or_default();
        match all.last_mut() {
            Some(history) if history.newest().is_some_and(|v| v.rule.id == version.rule.id) => {
                history.versions.push(version);
                history.events.extend(own);
            }
            _ => all.push(History { versions: vec![version], events: own }),
        }
    }
    for history in &mut all {
        history.events.sort_by_key(|e| e.id);
    }
    Ok(all)
}

/// `GET /edits`.
pub(super) async fn show(app: web::Data<App>, acting: Acting) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let scope = tx.scope()?;
                let line = |history: &History, newest: &VersionRow| {
                    let told = history.live().unwrap_or(newest);
                    let state = history.state(told);
                    let counted = history.dry_run(told).map(|run| {
                        format!("{} of {} cases, {}", run.fails, run.tumors, local(&desk, run.at))
                    });
                    Line {
                        id: told.rule.id.clone(),
                        name: told.rule.name.clone(),
                        severity: told.rule.severity.clone(),
                        status: state.status(),
                        version: told.rule.version,
                        draft: if told.key == newest.key {
                            String::new()
                        } else {
                            format!("version {} is a draft", newest.rule.version)
                        },
                        counted: counted.unwrap_or_default(),
                        unreadable: sets::unreadable(&told.rule)
                            .filter(|_| state == State::Live)
                            .unwrap_or_default(),
                        last: state == State::Retired,
                    }
                };
                let all = histories(tx)?;
                let mut lines: Vec<Line> = all.iter().filter_map(|h| Some(line(h, h.newest()?))).collect();
                lines.sort_by_key(|l| l.last);
                tx.record(Event::new(AuditAction::ViewEdits).detail("list"));
                Ok::<_, PageError>(ListPage {
                    lines,
                    shipped: edits::shipped().edits().len(),
                    set: sets::set_of(tx.conn(), scope)?.id().to_owned(),
                    layout: desk.layout.titled("Local edits").at(Place::LocalEdits),
                })
            })
        })
        .await?;
    page(&shown)
}
