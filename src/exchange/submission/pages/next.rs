//! `/submissions`: the next batch, judged once more, what is left out of it, and the batches before.

use std::collections::BTreeSet;

use actix_web::web;
use askama::Template;

use super::{numbers, status};
use crate::{
    db::Tx,
    exchange::submission::{Batch, Look, NotFrozen, Waiting, freeze, look_in, store},
    facility::{self, Desk},
    web::{
        Acting, App, FormAnswer, Layout, Notice, PageError, PageResult, Pairs, Place, Status, grouped, page,
    },
};

/// Cases of each list that are shown.
const SHOWN: usize = 50;
/// Errors of a case that are told here; the case tells all.
const ERRORS: usize = 3;

#[derive(Template)]
#[template(path = "exchange/submissions.html")]
struct NextPage {
    layout: Layout,
    sentence: String,
    facts: Vec<(&'static str, String)>,
    with_errors: usize,
    may_freeze: bool,
    total: String,
    columns: [(&'static str, bool); 4],
    left_columns: [(&'static str, bool); 3],
    wrong: Vec<Line>,
    more_wrong: usize,
    left_out: Vec<Line>,
    /// Public ids of those left out that are not shown.
    more_left_out: Vec<String>,
    good: Vec<Line>,
    more: String,
    fingerprint: String,
    batch_columns: [(&'static str, bool); 7],
    batches: Vec<BatchLine>,
}

/// A case that waits.
struct Line {
    uid: String,
    href: String,
    numbers: String,
    kind: &'static str,
    errors: Vec<String>,
    more_errors: usize,
}

struct BatchLine {
    href: String,
    number: i64,
    frozen: String,
    by: String,
    new: String,
    corrections: String,
    deletions: String,
    status: Status,
}

fn line(mut waiting: Waiting) -> Line {
    let more_errors = waiting.errors.len().saturating_sub(ERRORS);
    waiting.errors.truncate(ERRORS);
    Line {
        more_errors,
        href: format!("/abstracts/{}/case", waiting.case),
        numbers: numbers(&waiting.accession, &waiting.sequence),
        kind: waiting.kind,
        errors: waiting.errors,
        uid: waiting.case,
    }
}

fn batch_line(batch: &Batch, desk: &Desk) -> BatchLine {
    BatchLine {
        href: format!("/submissions/{}", batch.id),
        number: batch.number,
        frozen: super::when(batch.frozen, desk.facility.zone),
        by: batch.by.clone(),
        new: grouped(batch.new),
        corrections: grouped(batch.corrections),
        deletions: grouped(batch.deletions),
        status: status(batch),
    }
}

fn next_page(desk: Desk, look: Look, refused: Option<String>) -> NextPage {
    let counted = |counts: &std::collections::BTreeMap<String, usize>| {
        counts.iter().map(|(what, n)| format!("{what}: {n}")).collect::<Vec<_>>().join(", ")
    };
    let total = look.new + look.corrections + look.deletions;
    let mut facts = vec![
        ("New", grouped(look.new)),
        ("Corrections", grouped(look.corrections)),
        ("Deletions", grouped(look.deletions)),
    ];
    if !look.by_class.is_empty() {
        facts.push(("By class of case", counted(&look.by_class)));
        facts.push(("By year of diagnosis", counted(&look.by_year)));
    }
    let sentence = match look.due {
        Some(day) => format!("Due {day}, with the monthly batch after the oldest completion."),
        None if total > 0 => String::new(),
        None => "Nothing waits. What is completed, or changes after it was sent, will stand here.".to_owned(),
    };
    let batches = look.batches.iter().map(|b| batch_line(b, &desk)).collect();
    let mut left_out = look.left_out;
    let more_left_out = left_out.split_off(left_out.len().min(SHOWN)).into_iter().map(|w| w.case).collect();
    let (mut wrong, mut good): (Vec<_>, Vec<_>) =
        look.waiting.into_iter().partition(|w| !w.errors.is_empty());
    let more_wrong = wrong.len().saturating_sub(SHOWN);
    wrong.truncate(SHOWN);
    let hidden = good.len().saturating_sub(SHOWN);
    good.truncate(SHOWN);
    let more = match (hidden, look.more) {
        (0, false) => String::new(),
        (0, true) => "There are more; they wait for the batch after this one.".to_owned(),
        (n, false) => format!("{n} more without errors are not shown."),
        (n, true) => format!("{n} more without errors are not shown, and others wait for the batch after."),
    };
    let title = if refused.is_some() { "Error: Batches" } else { "Batches" };
    NextPage {
        layout: desk.layout.titled(title).at(Place::Files).with_notice(refused.map(Notice::error)),
        sentence,
        facts,
        may_freeze: total > 0 && look.with_errors == 0,
        with_errors: look.with_errors,
        total: grouped(total),
        columns: [("Case", false), ("Goes out as", false), ("Errors", false), ("Leave out", false)],
        left_columns: [("Case", false), ("Goes out as", false), ("Leave out", false)],
        wrong: wrong.into_iter().map(line).collect(),
        more_wrong,
        left_out: left_out.into_iter().map(line).collect(),
        more_left_out,
        good: good.into_iter().map(line).collect(),
        more,
        fingerprint: look.fingerprint,
        batch_columns: [
            ("Batch", false),
            ("Frozen", false),
            ("By", false),
            ("New", true),
            ("Corrections", true),
            ("Deletions", true),
            ("State", false),
        ],
        batches,
    }
}

/// Public ids of the cases whose box is ticked.
fn left_out(pairs: &Pairs) -> BTreeSet<String> {
    pairs.0.iter().filter(|(name, _)| name == "leave").map(|(_, uid)| uid.clone()).collect()
}

fn shown(
    tx: &mut Tx<'_>,
    app: &App,
    left_out: BTreeSet<String>,
    refused: Option<String>,
) -> Result<NextPage, PageError> {
    let desk = facility::desk_of(tx, app)?;
    let look = look_in(tx, &desk, left_out)?;
    Ok(next_page(desk, look, refused))
}

/// `GET /submissions`.
pub(super) async fn show(app: web::Data<App>, acting: Acting) -> PageResult {
    let seen =
        app.blocking(move |app| app.db.view(&acting, |tx| shown(tx, app, BTreeSet::new(), None))).await?;
    page(&seen)
}

/// `POST /submissions/look`: the same without what is left out; nothing is kept of it.
pub(super) async fn look_again(app: web::Data<App>, acting: Acting, pairs: Pairs) -> PageResult {
    let seen = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let mut left_out = left_out(&pairs);
                if pairs.get("then") == Some("all") {
                    let desk = facility::desk_of(tx, app)?;
                    let look = look_in(tx, &desk, left_out.clone())?;
                    let wrong = look.waiting.into_iter().filter(|w| !w.errors.is_empty());
                    left_out.extend(wrong.map(|w| w.case));
                }
                shown(tx, app, left_out, None)
            })
        })
        .await?;
    page(&seen)
}

/// `POST /submissions`: freezes what was looked at.
pub(super) async fn freeze(app: web::Data<App>, acting: Acting, pairs: Pairs) -> PageResult {
    let answer = app
        .blocking(move |app| {
            let left_out = left_out(&pairs);
            let seen = pairs.get("seen").unwrap_or_default();
            let done = app.db.write(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let number = freeze::freeze(tx, &desk, left_out.clone(), seen)?;
                let scope = tx.scope()?;
                let batch = store::by_number(tx.conn(), scope, number)?;
                Ok::<_, NotFrozen>(batch.map(|b| b.uid).unwrap_or_default())
            });
            match done {
                Ok(uid) => Ok(FormAnswer::GoTo(format!("/submissions/{uid}?done=frozen"))),
                Err(NotFrozen::Store(e)) => Err(PageError::from(e)),
                Err(why) => app.db.view(&acting, |tx| {
                    shown(tx, app, left_out.clone(), Some(why.to_string())).map(FormAnswer::Again)
                }),
            }
        })
        .await?;
    answer.send()
}
