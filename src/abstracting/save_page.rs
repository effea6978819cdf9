//! Saving a page of a case, and what is answered.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::{
    comparison::compare_page,
    draft_pages,
    drafts::Typing,
    editor,
    form::{self, Page},
    form_row::row_of,
    pages::page_of,
    saving::{self, Outcome, Then},
    state::NotPossible,
};
use crate::{
    coding,
    facility::desk_of,
    ids::TumorId,
    web::{Acting, App, PageError, PageResult, Pairs, see_other},
};

/// Reads the versions that a page carried.
pub(super) fn typing(pairs: Vec<(String, String)>) -> Result<Typing, PageError> {
    let version = |name: &str| {
        form::pair(&pairs, name).and_then(|v| v.parse().ok()).ok_or_else(|| {
            PageError::BadRequest(format!("The form lacks the field {name}. Open the page again."))
        })
    };
    let (patient_version, tumor_version) = (version("patient_version")?, version("tumor_version")?);
    let pairs = pairs
        .into_iter()
        .filter(|(n, _)| !matches!(n.as_str(), "patient_version" | "tumor_version" | "then" | "find"))
        .collect();
    Ok(Typing { patient_version, tumor_version, pairs })
}

/// Saves what a page sent; somebody's change meanwhile is shown beside it.
pub(super) async fn save(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, String)>,
    Pairs(pairs): Pairs,
) -> PageResult {
    let (id, word) = path.into_inner();
    let (uid, which) = (id.to_string(), page_of(&word)?);
    let pairs = match coding::pages::asked(pairs) {
        coding::pages::Asked::Form(pairs) => pairs,
        coding::pages::Asked::List(pairs) => {
            return coding::pages::choose(&app, &acting, editor::href(&uid, which), pairs).await;
        }
    };
    let then = form::pair(&pairs, "then").unwrap_or("save").to_owned();
    let sent = typing(pairs)?;
    if then == "check" {
        draft_pages::keep(&app, acting, uid.clone(), which, sent).await?;
        return see_other(format!("{}?saved=checked", editor::href(&uid, which)));
    }
    let what = match then.as_str() {
        "complete" => Then::Complete,
        "run-edits" => Then::RunEdits,
        "take" => Then::Take,
        "no-spread" => Then::NoSpread,
        "clear" => Then::Clear,
        _ => Then::Save,
    };
    let answer = app
        .blocking(move |app| {
            let me = acting.name.clone();
            let (outcome, layout) = app.db.write(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let outcome = saving::save(tx, &desk, &uid, which, &sent, what)?;
                Ok::<_, PageError>((outcome, desk.layout))
            })?;
            let here = editor::href(&uid, which);
            match outcome {
                Outcome::Saved(done) => {
                    let next = match which {
                        Page::Section(section) if then == "next" && done.not_taken == 0 => section.next(),
                        _ => None,
                    };
                    // Whoever stays goes on where the hand was, unless something there has to be mended first.
                    let stays = next.is_none() && done.not_taken == 0 && done.in_the_way == 0;
                    let at =
                        form::pair(&sent.pairs, "at").and_then(row_of).filter(|_| stays && !done.completed);
                    let at = at.map_or_else(String::new, |row| format!("&at={}", row.id()));
                    let to = next.map_or(here, |s| editor::href(&uid, Page::Section(s)));
                    Ok::<_, PageError>(Answer::To(format!("{to}?{}{at}", done_words(&done))))
                }
                Outcome::Refused(NotPossible::Gone(_)) => Ok(Answer::To(format!("{here}?refused=gone"))),
                Outcome::Refused(NotPossible::InReview) => Ok(Answer::To(format!("{here}?refused=review"))),
                Outcome::Refused(_) => Ok(Answer::To(format!("{here}?refused=closed"))),
                Outcome::Compare { asked, who, stored } => {
                    let shown = compare_page(layout, here, (who == me, who), asked, &stored, &sent);
                    Ok(Answer::Compare(shown.render()?))
                }
            }
        })
        .await?;
    match answer {
        Answer::To(address) => see_other(address),
        Answer::Compare(html) => {
            Ok(HttpResponse::Conflict().content_type("text/html; charset=utf-8").body(html))
        }
    }
}

/// How a save is answered.
enum Answer {
    /// With another page.
    To(String),
    /// With both values side by side.
    Compare(String),
}

fn done_words(done: &saving::Done) -> &'static str {
    match done {
        _ if done.completed => "saved=complete",
        _ if done.in_review => "saved=review",
        _ if done.ready => "saved=ready",
        _ if done.in_the_way > 0 => "refused=way",
        _ if done.accession.is_some() => "saved=accession",
        _ if done.joined => "saved=joined",
        _ => "saved=1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_without_its_versions_is_refused() {
        let pairs =
            |names: &[&str]| names.iter().map(|n| ((*n).to_owned(), "3".to_owned())).collect::<Vec<_>>();
        assert!(typing(pairs(&["laterality"])).is_err());
        let read = typing(pairs(&["patient_version", "tumor_version", "laterality", "then"])).unwrap();
        assert_eq!((read.patient_version, read.tumor_version), (3, 3));
        assert_eq!(read.pairs, [("laterality".to_owned(), "3".to_owned())]);
    }
}
