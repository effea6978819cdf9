//! Small changes around a case: typing kept while it is typed, typing thrown away, a case reopened.

use actix_web::{HttpResponse, web};

use super::{
    Section,
    drafts::{self, Typing},
    editor,
    form::{self, Page},
    judging::{self, Decision, NotDecided},
    live,
    pages::page_of,
    reopening,
    save_page::typing,
    saving,
};
use crate::{
    audit::{AuditAction, Event},
    facility::desk_of,
    ids::TumorId,
    web::{Acting, App, PageError, PageResult, Pairs, see_other},
};

/// Keeps typing while it is typed, and tells what the page should say of it.
pub(super) async fn keep_draft(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, String)>,
    Pairs(pairs): Pairs,
) -> PageResult {
    let (id, word) = path.into_inner();
    let (uid, which) = (id.to_string(), page_of(&word)?);
    let judged = keep(&app, acting, uid, which, typing(pairs)?).await?;
    Ok(HttpResponse::Ok().json(judged))
}

/// Keeps what a page sent as a draft and judges it; nothing of it is saved.
pub(super) async fn keep(
    app: &App,
    acting: Acting,
    uid: String,
    which: Page,
    sent: Typing,
) -> Result<live::Judged, PageError> {
    app.blocking(move |app| {
        app.db.write(&acting, |tx| {
            let stored = saving::stored(tx, &uid)?;
            drafts::keep(tx, &stored.tumor, which, &sent)?;
            tx.record(
                Event::new(AuditAction::Draft).tumor(stored.patient.id, stored.tumor.id).detail("kept"),
            );
            live::judged(tx, app, &acting, &uid, which)
        })
    })
    .await
}

/// Throws typing away that was not saved.
pub(super) async fn discard_draft(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, String)>,
    Pairs(_): Pairs,
) -> PageResult {
    let (id, word) = path.into_inner();
    let (uid, which) = (id.to_string(), page_of(&word)?);
    let to = format!("{}?saved=discarded", editor::href(&uid, which));
    app.blocking(move |app| {
        app.db.write(&acting, |tx| {
            let stored = saving::stored(tx, &uid)?;
            drafts::discard(tx, stored.tumor.id, which)?;
            tx.record(
                Event::new(AuditAction::Draft)
                    .tumor(stored.patient.id, stored.tumor.id)
                    .detail("thrown away"),
            );
            Ok::<_, PageError>(())
        })
    })
    .await?;
    see_other(to)
}

/// Decides about a finding: over-rides it, or acknowledges a warning.
pub(super) async fn decide(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, String)>,
    Pairs(pairs): Pairs,
) -> PageResult {
    let (id, edit) = path.into_inner();
    let uid = id.to_string();
    let value = |name| form::pair(&pairs, name).unwrap_or("").to_owned();
    let page = page_of(&value("page"))?;
    let decision = Decision { edit, hash: value("hash"), reason: value("reason") };
    let back = editor::href(&uid, page);
    let done = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                judging::decide(tx, &desk, &uid, &decision)
            })
        })
        .await?;
    see_other(match done {
        Ok(()) => format!("{back}?saved=decided#findings"),
        Err(NotDecided::Reason) => format!("{back}?refused=decision-reason#findings"),
        Err(NotDecided::Changed) => format!("{back}?refused=decision-changed#findings"),
        Err(NotDecided::Closed) => format!("{back}?refused=closed"),
        Err(NotDecided::NotClearable) => format!("{back}?refused=decision-none#findings"),
    })
}

/// Opens a complete case again.
pub(super) async fn reopen(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<TumorId>,
    Pairs(pairs): Pairs,
) -> PageResult {
    let uid = id.to_string();
    let reason = form::pair(&pairs, "reason").unwrap_or("").to_owned();
    let short = reason.trim().chars().count() < super::state::SHORTEST_REASON;
    let case = editor::href(&uid, Page::Section(Section::Case));
    let done = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                reopening::reopen(tx, &desk, &uid, &reason)
            })
        })
        .await?;
    see_other(match done {
        Ok(()) => format!("{case}?saved=reopened"),
        Err(_) if short => format!("{case}?refused=reason"),
        Err(_) => format!("{case}?refused=right"),
    })
}
