//! “Why this code?”: one page an item of a case.

use actix_web::web::{self, get};
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

use super::{
    Note, Reasons,
    choice::{is_code, is_justified, is_text, stands_in},
    trace::{self, Came, Held, Way},
};
use crate::{
    access::{Action, permits},
    audit::{AuditAction, Event},
    coding::Rule,
    dictionary::{Dictionary, Items},
    facility,
    ids::TumorId,
    partial_date::in_words,
    schema, source_document, tumor,
    web::{Acting, Answer, App, Layout, Notice, PageError, PageResult, Place, Route, Width, page},
};

/// The pages of this folder.
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/abstracts/{tumor}/why/{item}", Action::ViewPatient, || get().to(why))
            .audited(AuditAction::ViewTumor),
        Route::get("/abstracts/{tumor}/derived", Action::ViewPatient, || {
            get().to(super::derived_page::derived)
        })
        .audited(AuditAction::ViewTumor),
    ]
}

/// Place, name and text of a source document.
type Document = (String, String, String);

/// One value the item had.
struct Line {
    value: String,
    meaning: String,
    day: String,
    who: String,
    source: &'static str,
}

#[derive(Template)]
#[template(path = "provenance/why.html")]
struct WhyPage {
    layout: Layout,
    uid: String,
    item: &'static str,
    /// The reader may ask a physician about it.
    asks: bool,
    label: &'static str,
    number: String,
    value: String,
    meaning: String,
    /// In one sentence.
    how: String,
    reasons: Option<Reasons>,
    /// The words given, those that led to the code strong.
    words: Vec<(String, bool)>,
    rules: Vec<&'static Rule>,
    derived: String,
    /// What to know of it: stale notes, notes of other registries.
    remarks: Vec<String>,
    /// What a text says for it: words, label of the text, whether they still stand there, who gave them.
    cited: Option<(String, String, bool, String)>,
    /// Texts that words can be given from: XML id and label; none where the reader gives none.
    texts: Vec<Answer>,
    lines: Vec<Line>,
}

/// What the address says besides case and item.
#[derive(Clone, Debug, Default, Deserialize)]
struct Said {
    #[serde(default)]
    said: String,
}

impl Said {
    fn notice(&self) -> Option<Notice> {
        match self.said.as_str() {
            "kept" => Some(Notice::good("Kept with the value.")),
            "not-there" => Some(Notice::error("Not kept: these words do not stand in that text.")),
            "nothing" => Some(Notice::error("Not kept: give up to 400 characters of the text.")),
            "closed" => Some(Notice::error("Not kept: the case is not open.")),
            "blank" => Some(Notice::error("Not kept: the item is blank; there is nothing to justify.")),
            _ => None,
        }
    }
}

/// `GET /abstracts/{tumor}/why/{item}`.
async fn why(
    app: web::Data<App>,
    acting: Acting,
    path: web::Path<(TumorId, String)>,
    said: web::Query<Said>,
) -> PageResult {
    let (id, item) = path.into_inner();
    let item =
        Dictionary::get(&item).filter(|d| is_code(d.id) || is_justified(d.id)).ok_or(PageError::NotFound)?;
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let scope = tx.scope()?;
                let (person, row) =
                    tumor::in_use(tx.conn(), scope, &id.to_string())?.ok_or(PageError::NotFound)?;
                let (patient, items) = (person.items()?, row.items()?);
                let documents: Vec<Document> = source_document::of_case(tx.conn(), scope, row.id)?
                    .into_iter()
                    .filter(|d| d.stands())
                    .map(|d| (format!("{}{}", source_document::PLACE, d.uid), d.name(), d.body))
                    .collect();
                let came = trace::trace(tx, &row, item.id)?;
                tx.record(
                    Event::new(AuditAction::ViewTumor)
                        .tumor(row.patient_id, row.id)
                        .fields([item.id])
                        .detail("how a code came"),
                );
                let layout = desk.layout.titled("Why this code?").at(Place::Abstracts).wide(Width::Reading);
                let layout = layout.with_notice(said.notice());
                let asks = permits(&acting, Action::AskPhysician);
                let mut page = shown(
                    layout,
                    asks,
                    &row.uid,
                    item.id,
                    (&patient, &items),
                    &documents,
                    came,
                    desk.facility.zone,
                );
                if permits(&acting, Action::EditAbstract) && is_justified(item.id) && !page.value.is_empty() {
                    page.texts = texts(&items);
                    page.texts.extend(
                        documents
                            .iter()
                            .map(|(place, name, _)| Answer { value: place.clone(), label: name.clone() }),
                    );
                }
                Ok::<_, PageError>(page)
            })
        })
        .await?;
    page(&shown)
}

fn source_words(source: &str) -> &'static str {
    match source {
        "form" => "typed or chosen in the abstract",
        "import" => "imported",
        "contact" => "recorded with a contact",
        "correction" => "corrected",
        "merge" => "given when two records were merged",
        "demo" => "made for practice",
        _ => "saved",
    }
}

fn sentence(came: &Came, zone: Tz) -> String {
    let day = came.at.map(|at| in_words(at.with_timezone(&zone).date_naive())).unwrap_or_default();
    let by = &came.by;
    match &came.way {
        None => "The item is blank.".to_owned(),
        Some(Way::Typed) => format!("Typed as a code by {by} on {day}."),
        Some(Way::Suggested(_)) => {
            format!("Chosen by {by} on {day} from what was suggested for these words.")
        }
        Some(Way::Derived(_)) => format!("Derived from other items at the save by {by} on {day}."),
        Some(Way::Answered { physician, on }) => {
            format!("Physician query answered by {physician} on {on}; taken over by {by} on {day}.")
        }
        Some(Way::Imported { file }) if file.is_empty() => format!("Imported on {day} by {by}."),
        Some(Way::Imported { file }) => format!("Imported on {day} by {by}, from the file {file}."),
        Some(Way::Other(source)) => format!("{} on {day}, by {by}.", capital(source_words(source))),
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What is said of a note that does not fit the value any more.
fn stale_words(note: &Note) -> String {
    let how = match &note.how {
        super::How::Typed => "typed".to_owned(),
        super::How::Suggested(r) => format!("chosen for “{}”", r.words),
        super::How::Derived { .. } => "derived".to_owned(),
        super::How::Answered { physician, .. } => format!("answered by {physician} and taken over"),
        super::How::Imported { file } => format!("imported from {file}"),
    };
    format!(
        "There is a note for another value: {} was {how} by {} on {}. It was changed elsewhere since, and the note no \
         longer holds.",
        note.value,
        note.by,
        note.at.get(..10).unwrap_or(&note.at)
    )
}

fn shown(
    layout: Layout,
    asks: bool,
    uid: &str,
    item: &'static str,
    (patient, items): (&Items, &Items),
    documents: &[Document],
    came: Came,
    zone: Tz,
) -> WhyPage {
    let how = sentence(&came, zone);
    let mut remarks: Vec<String> = came.stale.iter().map(stale_words).collect();
    if let Some((file, at)) = &came.through {
        let day = in_words(at.and_utc().with_timezone(&zone).date_naive());
        remarks.push(format!(
            "The note was made at {} and came here with the file {file}, imported on {day}.",
            came.place
        ));
    }
    let cited = came.cited.map(|c| {
        let day = c.at.get(..10).unwrap_or(&c.at);
        let own = documents.iter().find(|(place, ..)| *place == c.text);
        let stands = stands_in(own.map_or_else(|| items.value(&c.text), |(_, _, body)| body), &c.words);
        let label = match (own, Dictionary::get(&c.text)) {
            (Some((_, name, _)), _) => name.clone(),
            (None, Some(def)) => def.name.to_owned(),
            (None, None) => "a source document that is not here".to_owned(),
        };
        (c.words, label, stands, format!("given by {} on {day}", c.by))
    });
    let (mut reasons, mut derived) = (None, String::new());
    match came.way {
        Some(Way::Suggested(r)) => reasons = Some(r),
        Some(Way::Derived(rule)) => derived = rule,
        _ => {}
    }
    let rules = reasons.iter().flat_map(|r| &r.rules).filter_map(|id| Rule::with_id(id)).collect();
    let words = reasons.as_ref().map(|r| marked(&r.words, &r.spans)).unwrap_or_default();
    let line = |h: &Held| Line {
        meaning: schema::meaning(patient, items, item, &h.value),
        day: in_words(h.at.and_utc().with_timezone(&zone).date_naive()),
        who: h.by.clone(),
        source: source_words(&h.source),
        value: if h.value.is_empty() { "blank".to_owned() } else { h.value.clone() },
    };
    WhyPage {
        layout,
        uid: uid.to_owned(),
        item,
        asks: asks && derived.is_empty(),
        label: Dictionary::label(item),
        number: Dictionary::get(item).map(|d| d.number.to_string()).unwrap_or_default(),
        meaning: schema::meaning(patient, items, item, &came.value),
        lines: came.held.iter().map(line).collect(),
        value: came.value,
        how,
        reasons,
        words,
        rules,
        derived,
        remarks,
        cited,
        texts: Vec::new(),
    }
}

/// The texts of a case.
fn texts(items: &Items) -> Vec<Answer> {
    let texts = items.iter().filter(|(id, value)| is_text(id) && !value.trim().is_empty());
    texts.map(|(id, _)| Answer { value: id.to_owned(), label: Dictionary::label(id).to_owned() }).collect()
}

/// A text cut at its marked places.
fn marked(text: &str, spans: &[(usize, usize)]) -> Vec<(String, bool)> {
    let mut out = Vec::new();
    let mut at = 0;
    for (from, to) in spans {
        if let (Some(before), Some(strong)) = (text.get(at..*from), text.get(*from..*to)) {
            out.push((before.to_owned(), false));
            out.push((strong.to_owned(), true));
            at = *to;
        }
    }
    out.push((text.get(at..).unwrap_or("").to_owned(), false));
    out.retain(|(piece, _)| !piece.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_marked_where_the_spans_fit() {
        let strong = |text: &str, spans: &[(usize, usize)]| marked(text, spans);
        assert_eq!(
            strong("left breast", &[(5, 11)]),
            [("left ".to_owned(), false), ("breast".to_owned(), true)]
        );
        assert_eq!(strong("ä", &[(1, 9)]), [("ä".to_owned(), false)]);
    }
}
