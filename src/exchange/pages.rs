//! Files in the browser: bring one in, watch it, see what became of it.

use actix_multipart::Multipart;
use actix_web::{HttpResponse, http::header, web};
use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{
    edit_notes::EditRow,
    ledger::{Counts, Review, flag_words},
    naaccr_xml::Limits,
    store::{self, BatchRow, RejectRow, ReviewRow},
    upload::{self, Arrived},
};
use crate::{
    access::{Action, permits},
    audit::{AuditAction, Event},
    facility::{self, Desk},
    ids::BatchId,
    web::{
        self as pages, Acting, App, Layout, PageError, PageResult, Pairs, Place, Route, Shape, Status, Tone,
        Width, grouped, see_other,
    },
};

pub(super) fn routes() -> Vec<Route> {
    let most = usize::try_from(Limits::default().file_bytes).unwrap_or(usize::MAX);
    vec![
        Route::get("/imports", Action::ViewImports, || web::get().to(list)),
        Route::post("/imports", Action::Import, || web::post().to(bring_in))
            .taking(most)
            .audited(AuditAction::Import),
        Route::get("/imports/{id}", Action::ViewImports, || web::get().to(show)).audited(AuditAction::List),
        Route::get("/imports/{id}/progress", Action::ViewImports, || web::get().to(progress)).by_itself(),
        Route::post("/imports/{id}/run", Action::Import, || web::post().to(go_on))
            .audited(AuditAction::Import),
        Route::get("/imports/{id}/rejects/{reject}", Action::Import, || web::get().to(reject))
            .audited(AuditAction::List),
    ]
}

/// Files of the list.
const MOST_BATCHES: i64 = 100;
/// Rows of each list on a batch's page.
const MOST_ROWS: i64 = 200;

#[derive(Template)]
#[template(path = "exchange/imports.html")]
struct ImportsPage {
    layout: Layout,
    message: String,
    may_import: bool,
    /// Batches for the central registry are theirs to send.
    may_send: bool,
    limit: String,
    columns: Vec<(&'static str, bool)>,
    batches: Vec<BatchLine>,
    more: bool,
}

struct BatchLine {
    href: String,
    name: String,
    when: String,
    who: String,
    patients: String,
    tumors: String,
    rejected: String,
    status: Status,
}

/// State of a batch in word and shape.
fn status(batch: &BatchRow) -> Status {
    match batch.state.as_str() {
        "uploading" => Status::new(Shape::Ring, Tone::Active, "Arriving"),
        "arrived" => Status::new(Shape::Ring, Tone::Active, "Waiting"),
        "running" => Status::new(Shape::Half, Tone::Active, "Running"),
        "again" => Status::new(Shape::Dash, Tone::Quiet, "Known file"),
        "refused" => Status::new(Shape::Diamond, Tone::Error, "Refused"),
        "dictionary" => Status::new(Shape::Check, Tone::Good, "Dictionary kept"),
        _ if batch.patients_rejected + batch.tumors_rejected > 0 => {
            Status::new(Shape::Triangle, Tone::Warning, "With rejects")
        }
        _ => Status::new(Shape::Check, Tone::Good, "Done"),
    }
}

fn when(at: chrono::NaiveDateTime, zone: Tz) -> String {
    DateTime::<Utc>::from_naive_utc_and_offset(at, Utc)
        .with_timezone(&zone)
        .format("%Y-%m-%d %H:%M")
        .to_string()
}

fn imports_page(app: &App, acting: &Acting, message: String) -> Result<ImportsPage, PageError> {
    let now = app.db.clock.now();
    app.db.read(|conn| {
        let Desk { facility, layout, .. } = facility::desk(conn, app, acting, now)?;
        let scope = acting.scope().ok_or(PageError::NotFound)?;
        let mut batches = store::batches(conn, scope, MOST_BATCHES + 1)?;
        let shown = usize::try_from(MOST_BATCHES).unwrap_or(usize::MAX);
        let more = batches.len() > shown;
        batches.truncate(shown);
        Ok(ImportsPage {
            layout: layout.titled("Files").at(Place::Files),
            message,
            may_import: permits(acting, Action::Import),
            may_send: permits(acting, Action::Export),
            limit: format!("{} GB", Limits::default().file_bytes >> 30),
            columns: vec![
                ("File", false),
                ("Imported", false),
                ("By", false),
                ("Patients", true),
                ("Tumors", true),
                ("Rejected", true),
                ("State", false),
            ],
            more,
            batches: batches
                .iter()
                .map(|b| BatchLine {
                    href: format!("/imports/{}", b.uid),
                    name: b.file_name.clone(),
                    when: when(b.started_at, facility.zone),
                    who: b.actor_name.clone(),
                    patients: grouped(b.patients_read),
                    tumors: grouped(b.tumors_read),
                    rejected: grouped(b.patients_rejected),
                    status: status(b),
                })
                .collect(),
        })
    })
}

async fn list(app: web::Data<App>, acting: Acting) -> PageResult {
    let page = app.blocking(move |app| imports_page(app, &acting, String::new())).await?;
    pages::page(&page)
}

async fn bring_in(app: web::Data<App>, acting: Acting, form: Multipart) -> PageResult {
    match upload::receive(&app, &acting, form).await? {
        Arrived::File(uid) => {
            upload::start(&app, &acting, &uid)?;
            see_other(format!("/imports/{uid}"))
        }
        Arrived::Nothing => {
            let sentence = "No file was chosen. Choose an .xml or .xml.gz file first.".to_owned();
            let page = app.blocking(move |app| imports_page(app, &acting, sentence)).await?;
            pages::page_with_errors(&page)
        }
    }
}

async fn go_on(app: web::Data<App>, acting: Acting, id: web::Path<BatchId>, _token: Pairs) -> PageResult {
    let uid = id.to_string();
    let (actor, wanted) = (acting.clone(), uid.clone());
    app.blocking(move |app| {
        app.db.write(&actor, |tx| {
            let scope = tx.scope()?;
            let batch = store::batch_by_uid(tx.conn(), scope, &wanted)?.ok_or(PageError::NotFound)?;
            if !store::has_upload(tx.conn(), batch.id)? {
                return Err(PageError::BadRequest(
                    "This import was begun at the host; it goes on when the same file is imported there again."
                        .to_owned(),
                ));
            }
            tx.record(Event::new(AuditAction::Import).detail(format!("batch {wanted} taken up again")));
            Ok(())
        })
    })
    .await?;
    upload::start(&app, &acting, &uid)?;
    see_other(format!("/imports/{uid}"))
}

#[derive(Template)]
#[template(path = "exchange/batch.html")]
struct BatchPage {
    layout: Layout,
    name: String,
    sub: String,
    here: String,
    status: Status,
    /// A sentence while it runs.
    progress: String,
    /// It may be taken up again from here.
    may_go_on: bool,
    refused: String,
    sentence: String,
    facts: Vec<(String, String)>,
    ledger_columns: Vec<(&'static str, bool)>,
    ledger: Vec<LedgerLine>,
    reject_columns: Vec<(&'static str, bool)>,
    rejects: Vec<RejectLine>,
    more_rejects: String,
    review_columns: Vec<(&'static str, bool)>,
    reviews: Vec<ReviewLine>,
    more_reviews: String,
    flag_columns: Vec<(&'static str, bool)>,
    flags: Vec<FlagLine>,
    edits_sentence: String,
    edit_columns: Vec<(&'static str, bool)>,
    edits: Vec<EditRow>,
}

struct LedgerLine {
    what: &'static str,
    counts: Counts,
}

struct RejectLine {
    href: String,
    line: i64,
    item: String,
    value: String,
    reason: String,
}

struct ReviewLine {
    href: String,
    patient: String,
    line: String,
    item: String,
    stored: String,
    incoming: String,
    words: &'static str,
}

struct FlagLine {
    item: String,
    words: &'static str,
    count: u64,
    line: u64,
}

/// What is going on, in a sentence; empty when it has ended.
fn progress_sentence(batch: &BatchRow) -> String {
    match batch.state.as_str() {
        "uploading" => "The file is arriving.".to_owned(),
        "arrived" => {
            format!("The file has arrived, {} bytes. It is being looked through.", grouped(batch.file_bytes))
        }
        "running" => format!(
            "{} patients and {} tumors so far. What is counted here is saved.",
            grouped(batch.patients_read),
            grouped(batch.tumors_read)
        ),
        _ => String::new(),
    }
}

async fn show(app: web::Data<App>, acting: Acting, id: web::Path<BatchId>) -> PageResult {
    let page = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let scope = tx.scope()?;
                let batch =
                    store::batch_by_uid(tx.conn(), scope, &id.to_string())?.ok_or(PageError::NotFound)?;
                // Of a file that came again, the rejects are those of the first time.
                let shown = match batch.state.as_str() {
                    "again" => store::batch_by_uid(tx.conn(), scope, &batch.message)?,
                    _ => None,
                };
                let key = shown.as_ref().map_or(batch.id, |b| b.id);
                let rejects = store::rejects(tx.conn(), key, MOST_ROWS)?;
                let reviews = store::reviews(tx.conn(), batch.id, MOST_ROWS)?;
                let mut patients: Vec<i64> = reviews.iter().filter_map(|r| r.patient_id).collect();
                patients.sort_unstable();
                patients.dedup();
                let uids = store::patient_uids(tx.conn(), scope, &patients)?;
                let flags = store::flags(tx.conn(), key)?;
                let edits = store::edits(tx.conn(), key)?;
                let all_reviews: i64 =
                    store::review_counts(tx.conn(), batch.id)?.iter().map(|(_, n)| n).sum();
                tx.record(
                    Event::new(AuditAction::List).patients(patients).detail(format!("batch {}", batch.uid)),
                );
                let may = permits(&acting, Action::Import);
                let reject_uid = shown.as_ref().map_or_else(|| batch.uid.clone(), |b| b.uid.clone());
                let mut page = batch_page(desk, &batch, may);
                page.rejects = rejects.into_iter().map(|r| reject_line(&reject_uid, r, may)).collect();
                page.reviews = reviews.into_iter().map(|r| review_line(r, &uids)).collect();
                page.edits_sentence = edits.sentence();
                page.edits = edits.rows();
                page.flags = flags
                    .into_iter()
                    .map(|f| FlagLine {
                        words: flag_words(&f.flag),
                        item: f.item,
                        count: f.count,
                        line: f.line,
                    })
                    .collect();
                if i64::try_from(page.reviews.len()).unwrap_or(0) < all_reviews {
                    page.more_reviews =
                        format!("The first {MOST_ROWS} of {} are shown.", grouped(all_reviews));
                }
                if i64::try_from(page.rejects.len()).unwrap_or(0) == MOST_ROWS {
                    page.more_rejects = format!("The first {MOST_ROWS} are shown.");
                }
                Ok::<_, PageError>(page)
            })
        })
        .await?;
    pages::page(&page)
}

fn batch_page(desk: Desk, batch: &BatchRow, may_import: bool) -> BatchPage {
    let zone = desk.facility.zone;
    let ledger = batch.ledger();
    let mut facts = vec![("Size".to_owned(), format!("{} bytes", grouped(batch.file_bytes)))];
    if batch.naaccr_version > 0 {
        facts.push(("NAACCR version".to_owned(), batch.naaccr_version.to_string()));
        facts.push(("Record type".to_owned(), batch.record_type.clone()));
    }
    if let Some(made) = batch.root_element().and_then(|r| r.attribute("timeGenerated").map(str::to_owned)) {
        facts.push(("Made".to_owned(), made));
    }
    if let Some(ended) = batch.finished_at {
        facts.push(("Ended".to_owned(), when(ended, zone)));
    }
    let sentence = match batch.state.as_str() {
        "again" => "The very same file was imported before. Nothing was changed.",
        "dictionary" => "The user dictionary is kept. Files that name it are read with it from now on.",
        "finished" if ledger.changed_nothing() => "Nothing in the registry was changed by this file.",
        _ => "",
    };
    BatchPage {
        layout: desk.layout.titled("Imported file").at(Place::Files).wide(Width::Wide),
        name: batch.file_name.clone(),
        sub: format!("{}, {}", when(batch.started_at, zone), batch.actor_name),
        here: format!("/imports/{}", batch.uid),
        status: status(batch),
        progress: progress_sentence(batch),
        may_go_on: may_import && ["arrived", "running"].contains(&batch.state.as_str()),
        refused: if batch.state == "refused" {
            format!("The file was refused, and nothing of it was read: {}.", batch.message)
        } else {
            String::new()
        },
        sentence: sentence.to_owned(),
        facts,
        ledger_columns: vec![
            ("Of the file", false),
            ("Read", true),
            ("New", true),
            ("Changed", true),
            ("Unchanged", true),
            ("Rejected", true),
        ],
        ledger: vec![
            LedgerLine { what: "Patients", counts: ledger.patients },
            LedgerLine { what: "Tumors", counts: ledger.tumors },
        ],
        reject_columns: vec![("Place", false), ("Item", false), ("Value", false), ("Reason", false)],
        rejects: Vec::new(),
        more_rejects: String::new(),
        review_columns: vec![
            ("Patient", false),
            ("Line", true),
            ("Item", false),
            ("Here", false),
            ("In the file", false),
            ("What happened", false),
        ],
        reviews: Vec::new(),
        more_reviews: String::new(),
        flag_columns: vec![
            ("Item", false),
            ("What is unusual", false),
            ("Times", true),
            ("First line", true),
        ],
        flags: Vec::new(),
        edits_sentence: String::new(),
        edit_columns: vec![
            ("Edit", false),
            ("What it says", false),
            ("Kind", false),
            ("Tumors", true),
            ("First lines", true),
        ],
        edits: Vec::new(),
    }
}

fn reject_line(batch: &str, row: RejectRow, may_save: bool) -> RejectLine {
    RejectLine {
        href: if may_save { format!("/imports/{batch}/rejects/{}", row.id) } else { String::new() },
        line: row.line,
        item: row.item,
        value: row.value,
        reason: row.reason,
    }
}

fn review_line(row: ReviewRow, uids: &[(i64, String)]) -> ReviewLine {
    let detail: serde_json::Value = serde_json::from_str(&row.detail).unwrap_or_default();
    let text = |name: &str| detail.get(name).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    let uid = row.patient_id.and_then(|id| uids.iter().find(|(key, _)| *key == id)).map(|(_, uid)| uid);
    ReviewLine {
        href: uid.map(|uid| format!("/patients/{uid}")).unwrap_or_default(),
        patient: "Open the patient".to_owned(),
        line: detail
            .get("line")
            .and_then(serde_json::Value::as_u64)
            .map(|n| n.to_string())
            .unwrap_or_default(),
        item: crate::dictionary::Dictionary::label(&text("item")).to_owned(),
        stored: text("stored"),
        incoming: text("incoming"),
        words: Review::words(&row.kind),
    }
}

/// How far an import is, for the page that shows it. Holds nothing of patients.
async fn progress(app: web::Data<App>, acting: Acting, id: web::Path<BatchId>) -> PageResult {
    let batch = app
        .blocking(move |app| {
            let scope = acting.scope().ok_or(PageError::NotFound)?;
            let found = app.db.read(|conn| store::batch_by_uid(conn, scope, &id.to_string()))?;
            found.ok_or(PageError::NotFound)
        })
        .await?;
    let sentence = progress_sentence(&batch);
    let body = serde_json::json!({ "done": sentence.is_empty(), "sentence": sentence });
    Ok(HttpResponse::Ok().content_type("application/json").body(body.to_string()))
}

/// The exact bytes of a reject, as an attachment.
async fn reject(app: web::Data<App>, acting: Acting, ids: web::Path<(BatchId, i64)>) -> PageResult {
    let (batch, number) = ids.into_inner();
    let (app, actor) = (app.get_ref().clone(), acting.0.clone());
    let first = {
        let wanted = batch.to_string();
        app.blocking(move |app| {
            app.db.view(&actor, |tx| {
                let scope = tx.scope()?;
                let row = store::batch_by_uid(tx.conn(), scope, &wanted)?.ok_or(PageError::NotFound)?;
                let bytes = store::reject_bytes(tx.conn(), row.id, number, 0)?.ok_or(PageError::NotFound)?;
                tx.record(Event::new(AuditAction::List).detail(format!("reject {number} of batch {wanted}")));
                Ok::<_, PageError>((row.id, bytes))
            })
        })
        .await?
    };
    let (key, bytes) = first;
    // Long rejects follow piece by piece.
    let rest = futures_util::stream::unfold(1, move |piece| {
        let app = app.clone();
        async move {
            let read = app
                .blocking(move |app| app.db.read(|conn| store::reject_bytes(conn, key, number, piece)))
                .await;
            match read {
                Ok(Some(bytes)) => Some((Ok(web::Bytes::from(bytes)), piece + 1)),
                Ok(None) => None,
                Err(error) => Some((Err(std::io::Error::other(error.to_string())), i64::MAX)),
            }
        }
    });
    let whole = futures_util::StreamExt::chain(
        futures_util::stream::once(async move { Ok(web::Bytes::from(bytes)) }),
        rest,
    );
    Ok(HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"reject-{number}.xml\"")))
        .streaming(Box::pin(whole)))
}
