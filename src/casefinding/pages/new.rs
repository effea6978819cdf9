//! `/suspense/new`: an item by hand.

use actix_web::web;
use askama::Template;

use crate::{
    abstracting::PERSON_FIELDS,
    audit::{AuditAction, Event},
    casefinding::{
        arrive::{Arrived, Way, arrive},
        facts::{self, FIELDS},
        source::Source,
    },
    dictionary::names,
    facility::{Desk, desk, desk_of},
    web::{
        Acting, Answer, App, Control, Field, FieldState, FormAnswer, FormErrors, Layout, Notice, PageError,
        PageResult, Pairs, Place, Width, page,
    },
};

#[derive(Template)]
#[template(path = "casefinding/new.html")]
struct NewPage {
    layout: Layout,
    source: Vec<Field>,
    person: Vec<Field>,
    errors: FormErrors,
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
}

fn new_page(desk: Desk, pairs: &[(String, String)], errors: FormErrors, told: Option<Notice>) -> NewPage {
    let source = FIELDS
        .into_iter()
        .map(|(id, label)| {
            let (control, hint) = match id {
                "source" => {
                    let mut answers = vec![Answer { value: String::new(), label: "Choose".to_owned() }];
                    answers.extend(
                        Source::ALL.map(|s| Answer { value: s.word().to_owned(), label: s.label().to_owned() }),
                    );
                    (Control::Select(answers), "")
                }
                "sourceSystem" => (Control::Text, "If there are several."),
                "sourceId" => (Control::Text, "Report, visit or certificate number, if there is one. The same number never makes two items."),
                "eventDate" => (Control::Date, "As far as known."),
                "text" => (Control::Area { rows: 6 }, "As the source says it."),
                _ => (Control::Text, "If there is one: C50.412."),
            };
            let mut field = Field::new(id, label, control).value(value(pairs, id)).hint(hint).error(errors.of(id));
            field.first = id == "source";
            field
        })
        .collect();
    let person = PERSON_FIELDS
        .into_iter()
        .map(|(id, label, hint)| {
            let control = match id {
                names::DATE_OF_BIRTH => Control::Date,
                names::SEX_ASSIGNED_AT_BIRTH => Control::Digits,
                _ => Control::Text,
            };
            Field::new(id, label, control).value(value(pairs, id)).hint(hint).error(errors.of(id))
        })
        .collect();
    let title = if errors.is_empty() && told.is_none() { "New item" } else { "Error: New item" };
    let layout = desk.layout.titled(title).at(Place::Abstracts).wide(Width::Reading).with_notice(told);
    NewPage { layout, source, person, errors }
}

/// The form.
pub(in crate::casefinding) async fn begin(app: web::Data<App>, acting: Acting) -> PageResult {
    let desk = app
        .blocking(move |app| {
            let now = app.db.clock.now();
            app.db.read(|conn| desk(conn, app, &acting, now))
        })
        .await?;
    page(&new_page(desk, &[], FormErrors::default(), None))
}

/// Keeps the item, or says what is in the way.
pub(in crate::casefinding) async fn keep(
    app: web::Data<App>,
    acting: Acting,
    Pairs(pairs): Pairs,
) -> PageResult {
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let read = facts::read(&pairs, desk.today, desk.facility.slash_order);
                let refused = Event::new(AuditAction::ChangeSuspense).refused();
                let new = match read {
                    Ok(new) => new,
                    Err(errors) => {
                        tx.record(refused.detail("by hand, not understood"));
                        return Ok::<_, PageError>(FormAnswer::Again(new_page(desk, &pairs, errors, None)));
                    }
                };
                Ok(match arrive(tx, desk.today, &new, Way::ByHand)? {
                    Arrived::Kept(uid) => FormAnswer::GoTo(format!("/suspense/{uid}?done=kept")),
                    Arrived::Before(first) => {
                        tx.record(refused.detail(format!("by hand, the same as {first}")));
                        let says = "Nothing was kept: this source and number came in before.";
                        let told =
                            Notice::error(says).link("Open the first item", format!("/suspense/{first}"));
                        FormAnswer::Again(new_page(desk, &pairs, FormErrors::default(), Some(told)))
                    }
                })
            })
        })
        .await?;
    answer.send()
}
