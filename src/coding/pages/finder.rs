//! The code finder as a page of its own: a phrase in, ranked suggestions with reasons out.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::list::{Part, parts};
use crate::{
    coding::{CodeSuggestions, Offer, SetAside, Suggestion, suggest_phrase},
    facility,
    partial_date::PartialDate,
    web::{
        Acting, App, Control, Field, FieldState, Form, Layout, PageError, PageResult, page, page_with_errors,
    },
};

/// Suggestions of each kind.
const SHOWN: usize = 5;
/// Longest phrase that is read, in characters.
const LONGEST: usize = 20_000;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PhraseForm {
    phrase: String,
    dx: String,
}

/// The candidates of one item.
pub(crate) struct Group {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) rows: Vec<Suggestion>,
    /// Why the first is a default or not; blank where that is not judged.
    pub(crate) offer: String,
    pub(crate) bold: bool,
}

impl Group {
    fn new(id: &'static str, title: &'static str, rows: Vec<Suggestion>, offer: Option<&Offer>) -> Self {
        let judged = offer.filter(|_| !rows.is_empty());
        Self {
            id,
            title,
            rows,
            bold: judged.is_some_and(|o| o.bold),
            offer: judged.filter(|o| !o.bold).map(|o| o.why.clone()).unwrap_or_default(),
        }
    }

    /// The other candidates, as a registrar compares them.
    pub(crate) fn others(&self, code: &str) -> String {
        let other = |s: &&Suggestion| s.code != code;
        let shown: Vec<String> =
            self.rows.iter().filter(other).take(3).map(|s| format!("{} {}", s.code, s.label)).collect();
        shown.join("; ")
    }
}

/// What was read in words, with reasons.
pub(crate) struct CodesRead {
    pub(crate) edition: &'static str,
    pub(crate) year: String,
    /// The phrase, the words that led to a first suggestion strong.
    pub(crate) read: Vec<Part>,
    pub(crate) groups: Vec<Group>,
    pub(crate) tables: &'static str,
    pub(crate) set_aside: Vec<SetAside>,
    pub(crate) notes: Vec<String>,
}

#[derive(Template)]
#[template(path = "coding/finder.html")]
struct FinderPage {
    layout: Layout,
    phrase: Field,
    dx: Field,
    answer: Option<CodesRead>,
}

fn fields(form: &PhraseForm) -> (Field, Field) {
    let phrase = Field::new("phrase", "Words of the report", Control::Area { rows: 5 })
        .hint("A phrase, or a whole report with its headings. For instance: infiltrating ductal carcinoma, upper outer quadrant, left breast.")
        .value(form.phrase.clone())
        .most(LONGEST)
        .first();
    let dx = Field::new("dx", "Date of diagnosis", Control::Date)
        .hint("If known; decides which codes were in use.")
        .value(form.dx.clone());
    (phrase, dx)
}

/// `GET /codes`.
pub(super) async fn show(app: web::Data<App>, acting: Acting) -> PageResult {
    let layout = app.blocking(move |app| super::desk_layout(app, &acting)).await?;
    let (phrase, dx) = fields(&PhraseForm::default());
    page(&FinderPage { layout: layout.titled("Code finder"), phrase, dx, answer: None })
}

/// `POST /codes`. Answers at once: the words of a report belong in no address.
pub(super) async fn suggest(app: web::Data<App>, acting: Acting, form: Form<PhraseForm>) -> PageResult {
    let form = form.0;
    let (layout, order, today) = app
        .blocking(move |app| {
            let now = app.db.clock.now();
            let desk = app.db.read(|conn| facility::desk(conn, app, &acting, now))?;
            Ok::<_, PageError>((desk.layout, desk.facility.slash_order, desk.today))
        })
        .await?;
    let layout = layout.titled("Code finder");
    let (mut phrase, mut dx) = fields(&form);
    let given = form.phrase.chars().count();
    if form.phrase.trim().is_empty() {
        phrase = phrase.error("Enter some words of the diagnosis.");
    } else if given > LONGEST {
        phrase = phrase.error(format!("At most {LONGEST} characters are read; {given} were given."));
    }
    let date = PartialDate::parse_typed(&form.dx, today, order);
    if let Err(problem) = &date {
        dx = dx.error(problem.to_string());
    }
    if phrase.is_wrong() || dx.is_wrong() {
        return page_with_errors(&FinderPage { layout, phrase, dx, answer: None });
    }
    let date = date.ok().flatten();
    dx.meaning = date.map(PartialDate::words).unwrap_or_default();
    let answer = codes_read(suggest_phrase(&form.phrase, date, SHOWN), date);
    page(&FinderPage { layout, phrase, dx, answer: Some(answer) })
}

/// What was read in words, with reasons, as a page shows it.
pub(crate) fn codes_read(found: CodeSuggestions, date: Option<PartialDate>) -> CodesRead {
    let mut spans: Vec<(usize, usize)> = [&found.site, &found.morphology, &found.laterality, &found.grade]
        .iter()
        .filter_map(|group| group.first())
        .flat_map(|s| s.spans.iter().copied())
        .collect();
    spans.sort_unstable();
    spans.dedup();
    CodesRead {
        edition: found.edition,
        year: date.map(|d| d.year().to_string()).unwrap_or_default(),
        read: parts(&found.phrase, &spans),
        groups: vec![
            Group::new("site", "Primary site", found.site, Some(&found.offers.site)),
            Group::new(
                "morphology",
                "Morphology and behavior",
                found.morphology,
                Some(&found.offers.morphology),
            ),
            Group::new("laterality", "Laterality", found.laterality, None),
            Group::new("grade", "Grade", found.grade, None),
        ],
        tables: found.tables,
        set_aside: found.set_aside,
        notes: found.notes,
    }
}
