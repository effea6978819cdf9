//! The list of reviews that are not decided.

use actix_web::web;
use askama::Template;

use super::{
    super::{disputes, is_own, is_taker, sampling::Reason, store},
    Happened, local, number,
};
use crate::{
    access::{Action, permits},
    audit::{AuditAction, Event},
    db::Tx,
    facility::desk_of,
    patient::full_name,
    tumor,
    web::{Acting, App, Layout, Notice, PageError, PageResult, Place, page},
};

/// One review on the list; nothing of what is coded.
struct Line {
    href: String,
    name: String,
    number: String,
    reason: String,
    on: String,
    /// `waits`, `quinn has it`, `to decide`.
    stands: String,
    button: &'static str,
}

#[derive(Template)]
#[template(path = "quality_review/list.html")]
struct ListPage {
    layout: Layout,
    on: bool,
    own: usize,
    /// The reader directs: disputes, figures.
    directs: bool,
    /// The reader abstracts as well.
    abstracts: bool,
    disputes: usize,
    lines: Vec<Line>,
}

fn list_page(tx: &mut Tx<'_>, app: &App, told: Option<Notice>) -> Result<ListPage, PageError> {
    let desk = desk_of(tx, app)?;
    let scope = tx.scope()?;
    let mut own = 0;
    let directs = permits(tx.actor(), Action::DirectQuality);
    let (mut lines, mut patients) = (Vec::new(), Vec::new());
    for (row, (case, accession, sequence, patient, last, first)) in store::open(tx.conn(), scope)? {
        let owner = tumor::by_uid(tx.conn(), scope, &case)?.and_then(|t| t.owner_id);
        if is_own(tx, &row, owner) {
            own += 1;
            continue;
        }
        patients.push(patient);
        let mine = is_taker(tx, &row);
        lines.push(Line {
            href: format!("/quality-review/{}", row.uid),
            name: full_name(&last, &first),
            number: number(&accession, &sequence),
            reason: Reason::parse(&row.reason).map(|r| r.to_string()).unwrap_or_default(),
            on: local(&desk, row.chosen_at),
            stands: match row.state.as_str() {
                "waiting" => "waits".to_owned(),
                "taken" if mine => "you have it".to_owned(),
                "locked" if mine => "locked; decide".to_owned(),
                "locked" => format!("{} has locked it", row.reviewer),
                _ => format!("{} has it", row.reviewer),
            },
            button: match row.state.as_str() {
                "waiting" => "Open",
                _ if mine => "Go on",
                _ if directs => "Hand on",
                _ => "",
            },
        });
    }
    tx.record(Event::new(AuditAction::List).patients(patients).detail("quality review"));
    let layout = desk.layout.titled("Quality review").at(Place::Abstracts).with_notice(told);
    Ok(ListPage {
        on: desk.facility.quality_review,
        own,
        directs,
        abstracts: permits(tx.actor(), Action::EditAbstract),
        disputes: if directs { disputes::store::open(tx.conn(), scope)?.len() } else { 0 },
        lines,
        layout,
    })
}

/// `GET /quality-review`.
pub(super) async fn list(app: web::Data<App>, acting: Acting, happened: web::Query<Happened>) -> PageResult {
    let shown =
        app.blocking(move |app| app.db.view(&acting, |tx| list_page(tx, app, happened.notice()))).await?;
    page(&shown)
}
