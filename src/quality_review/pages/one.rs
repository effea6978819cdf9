//! One review: taken, coded from the texts, locked, compared, decided.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::{
    super::{
        disputes, is_own, is_taker, reviewed,
        sampling::Reason,
        score::{ReviewedField, TEXT_SUPPORT},
        score_words,
        store::{self, ReviewRow},
        unreadable,
    },
    Happened, Line, compared_lines, handover, local, number, steps,
};
use crate::{
    abstracting::{
        form::{Both, NotTaken, pair},
        review::{self, Reviewed},
    },
    access::{Action, permits},
    audit::{AuditAction, Event},
    coding,
    db::Tx,
    facility::{Desk, desk_of},
    ids::ReviewId,
    patient::full_name,
    tumor,
    web::{
        Acting, Answer, App, Control, Field, FieldState, FormAnswer, FormErrors, Layout, Notice, PageError,
        PageResult, Pairs, Place, Width, page,
    },
};

#[derive(Template)]
#[template(path = "quality_review/one.html")]
pub(super) struct ReviewPage {
    layout: Layout,
    href: String,
    name: String,
    number: String,
    reason: String,
    chosen: String,
    /// `waiting`, `taken`, `locked`, `accepted` or `returned`.
    state: String,
    /// The reader has it.
    mine: bool,
    reviewer: String,
    texts: Vec<(String, Vec<String>)>,
    fields: Vec<Field>,
    context: String,
    errors: FormErrors,
    open: bool,
    lines: Vec<Line>,
    /// Whom a supervisor may give it to; `None` for everybody else.
    hand_on: Option<Field>,
    score: String,
    locked: String,
    decided: String,
    case: String,
    comment: Field,
}

/// Items that the reviewer codes.
pub(super) fn items() -> Vec<&'static str> {
    ReviewedField::ALL.iter().flat_map(|f| f.items().iter().copied()).collect()
}

fn support(value: &str, error: &str) -> Field {
    let answers = [("", "Choose"), ("yes", "Yes"), ("no", "No")]
        .map(|(value, label)| Answer { value: value.to_owned(), label: label.to_owned() });
    Field::new(TEXT_SUPPORT, "Text carries the codes", Control::Select(answers.to_vec()))
        .value(value)
        .error(error)
}

/// The review, its case, and what was typed: not found for whoever abstracted the case.
pub(super) fn opened(tx: &mut Tx<'_>, uid: &str) -> Result<(ReviewRow, Reviewed), PageError> {
    let scope = tx.scope()?;
    let row = store::by_uid(tx.conn(), scope, uid)?.ok_or(PageError::NotFound)?;
    let case = tumor::by_key(tx.conn(), scope, row.tumor)?.ok_or(PageError::NotFound)?;
    let case = review::reviewed(tx, &case.uid)?;
    if is_own(tx, &row, case.tumor.owner_id) {
        return Err(PageError::NotFound);
    }
    Ok((row, case))
}

fn typed(row: &ReviewRow) -> Result<Vec<(String, String)>, PageError> {
    Ok(serde_json::from_str(&row.typed).map_err(|e| unreadable(&e))?)
}

/// What was typed as a record of its own: nothing of the abstract is in it.
pub(super) fn coded(desk: &Desk, pairs: &[(String, String)]) -> (Both, Vec<NotTaken>) {
    let applied = review::read_boxes(&items(), &Both::default(), pairs, desk);
    (applied.record, applied.not_taken)
}

pub(super) fn review_page(
    tx: &mut Tx<'_>,
    app: &App,
    uid: &str,
    errors: FormErrors,
    comment: &str,
) -> Result<ReviewPage, PageError> {
    let desk = desk_of(tx, app)?;
    let (row, case) = opened(tx, uid)?;
    let mine = is_taker(tx, &row);
    let locked = !row.compared.is_empty();
    let works = mine && row.state == "taken";
    let texts = if works { review::texts(tx, &case)? } else { Vec::new() };
    let (mut fields, mut context) = (Vec::new(), String::new());
    if works {
        let pairs = typed(&row)?;
        let (record, not_taken) = coded(&desk, &pairs);
        fields = review::boxes(&items(), &record, &not_taken);
        for field in &mut fields {
            let said = errors.of(&field.name).to_owned();
            if !said.is_empty() {
                field.state = FieldState::Error(said);
            }
        }
        fields.push(support(pair(&pairs, TEXT_SUPPORT).unwrap_or_default(), errors.of(TEXT_SUPPORT)));
        context = review::context(&record);
    }
    let disputed = disputes::store::of_reviews(tx.conn(), &[row.id])?;
    // Before the lock nothing of the codes is read into the page.
    let lines = if locked && mine || matches!(row.state.as_str(), "accepted" | "returned") {
        compared_lines(&reviewed(&row, &disputed)?, &disputed)
    } else {
        Vec::new()
    };
    let score = score_words(&row, &disputed)?;
    let open = row.decided_at.is_none();
    let hand_on = match open && permits(tx.actor(), Action::DirectQuality) {
        true => Some(handover::choice(tx, &row, case.tumor.owner_id, errors.of("reviewer"))?),
        false => None,
    };
    let seen = Event::new(AuditAction::ViewTumor).tumor(case.patient.id, case.tumor.id);
    // Whoever is not its reviewer sees no code before the decision either.
    tx.record(if lines.is_empty() {
        seen.detail("blind review").blindly()
    } else {
        seen.detail("quality review")
    });
    let title = if errors.is_empty() { "Quality review" } else { "Error: Quality review" };
    Ok(ReviewPage {
        href: format!("/quality-review/{}", row.uid),
        name: full_name(&case.patient.name_last, &case.patient.name_first),
        number: number(&case.tumor.accession_number, &case.tumor.sequence_number),
        reason: Reason::parse(&row.reason).map(|r| r.to_string()).unwrap_or_default(),
        chosen: local(&desk, row.chosen_at),
        mine,
        texts,
        fields,
        context,
        lines,
        hand_on,
        score: if locked { score } else { String::new() },
        locked: row.locked_at.map_or_else(String::new, |at| local(&desk, at)),
        decided: row.decided_at.map_or_else(String::new, |at| format!("{}, {}", row.state, local(&desk, at))),
        open: row.mode == "open",
        case: format!("/abstracts/{}", case.tumor.uid),
        comment: Field::new("comment", "Comment", Control::Area { rows: 3 })
            .hint("To give it back: at least 10 characters. It becomes a task on the case.")
            .value(if comment.is_empty() { &row.comment } else { comment })
            .error(errors.of("comment")),
        errors,
        state: row.state,
        reviewer: row.reviewer,
        layout: desk.layout.titled(title).at(Place::Abstracts).wide(Width::Wide),
    })
}

/// `GET /quality-review/{id}`.
pub(super) async fn show(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<ReviewId>,
    happened: web::Query<Happened>,
) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let mut shown = review_page(tx, app, &id.to_string(), FormErrors::default(), "")?;
                shown.layout = shown.layout.with_notice(happened.notice());
                Ok::<_, PageError>(shown)
            })
        })
        .await?;
    page(&shown)
}

/// `POST /quality-review/{id}`: takes it, keeps what was typed, locks it, decides it.
pub(super) async fn act(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<ReviewId>,
    Pairs(pairs): Pairs,
) -> PageResult {
    let uid = id.to_string();
    let here = format!("/quality-review/{uid}");
    let pairs = match coding::pages::asked(pairs) {
        coding::pages::Asked::Form(pairs) => pairs,
        coding::pages::Asked::List(pairs) => {
            return coding::pages::choose(&app, &acting, here, pairs).await;
        }
    };
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let (row, case) = opened(tx, &uid)?;
                let comment = pair(&pairs, "comment").unwrap_or_default().trim().to_owned();
                let mut errors = FormErrors::default();
                let to = match pair(&pairs, "then").unwrap_or("draft") {
                    "take" => steps::take(tx, &row, &case, &mut errors)?,
                    "open" => steps::open_up(tx, &row, &case, &mut errors)?,
                    "hand-back" => steps::hand_back(tx, &row, &case, &mut errors)?,
                    "lock" => steps::lock(tx, &desk, &row, &case, &pairs, &mut errors)?,
                    "accept" => steps::accept(tx, &desk, &row, &case, &comment, &mut errors)?,
                    "return" => steps::give_back(tx, &desk, &row, &case, &comment, &mut errors)?,
                    _ => steps::draft(tx, &row, &case, &pairs, &mut errors)?,
                };
                if errors.is_empty() {
                    return Ok::<_, PageError>(FormAnswer::GoTo(to));
                }
                let mut shown = review_page(tx, app, &uid, errors, &comment)?;
                let first = shown.errors.iter().next().map(|e| e.sentence.clone()).unwrap_or_default();
                shown.layout = shown.layout.with_notice(Some(Notice::error(first)));
                Ok(FormAnswer::Again(shown))
            })
        })
        .await?;
    answer.send()
}

/// `POST /quality-review/{id}/draft`: keeps what is typed while it is typed; not found for whoever has no such review
/// in hand.
pub(super) async fn keep(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<ReviewId>,
    Pairs(pairs): Pairs,
) -> PageResult {
    let uid = id.to_string();
    app.blocking(move |app| {
        app.db.write(&acting, |tx| {
            let (row, case) = opened(tx, &uid)?;
            let mut errors = FormErrors::default();
            steps::draft(tx, &row, &case, &pairs, &mut errors)?;
            if errors.is_empty() { Ok(()) } else { Err(PageError::NotFound) }
        })
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}
