//! Small changes around a case: typing kept while it is typed, typing thrown away, a case reopened.

use actix_web::{HttpResponse, web};

use super::{
    Section, drafts, editor,
    form::{self, Page},
    pages::page_of,
    save_page::typing,
    saving,
};
use crate::{
    audit::{AuditAction, Event},
    facility::desk_of,
    ids::TumorId,
    web::{Acting, App, PageError, PageResult, Pairs, see_other},
};

/// Keeps typing while it is typed.
pub(super) async fn keep_draft(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, String)>,
    Pairs(pairs): Pairs,
) -> PageResult {
    let (id, word) = path.into_inner();
    let (uid, which) = (id.to_string(), page_of(&word)?);
    let sent = typing(pairs)?;
    app.blocking(move |app| {
        app.db.write(&acting, |tx| {
            let stored = saving::stored(tx, &uid)?;
            drafts::keep(tx, &stored.tumor, which, &sent)?;
            tx.record(
                Event::new(AuditAction::Draft).tumor(stored.patient.id, stored.tumor.id).detail("kept"),
            );
            Ok::<_, PageError>(())
        })
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
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
                saving::reopen(tx, &desk, &uid, &reason)
            })
        })
        .await?;
    see_other(match done {
        Ok(()) => format!("{case}?saved=reopened"),
        Err(_) if short => format!("{case}?refused=reason"),
        Err(_) => format!("{case}?refused=right"),
    })
}
