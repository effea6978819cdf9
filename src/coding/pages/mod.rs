//! The code finder in the browser: lists for the combobox, the same list as a page for browsers
//! without script, and a page of its own for phrases. Nothing of patients is read or kept.

mod finder;
mod list;

use actix_web::web;
use askama::Template;

pub(crate) use finder::{CodesRead, codes_read};
pub use list::{OptionList, Question};

use crate::{
    access::{Action, Actor},
    dictionary::{CodeLists, names},
    facility,
    web::{Acting, App, Layout, PageError, PageResult, Route, page},
};

/// The pages of the code finder.
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/codes", Action::FindCodes, || web::get().to(finder::show)),
        Route::post("/codes", Action::FindCodes, || web::post().to(finder::suggest)),
        Route::get("/codes/find/{table}", Action::FindCodes, || web::get().to(find)),
        Route::get("/codes/list/{item}", Action::FindCodes, || web::get().to(listed)),
    ]
}

#[derive(Template)]
#[template(path = "coding/_options.html")]
struct OptionsPart {
    list: OptionList,
}

/// `GET /codes/find/site` or `/codes/find/histology`: options for what was typed.
async fn find(_: Acting, table: web::Path<String>, question: web::Query<Question>) -> PageResult {
    let list = match table.as_str() {
        "site" => list::sites(&question),
        "histology" => list::morphologies(&question),
        _ => return Err(PageError::NotFound),
    };
    page(&OptionsPart { list })
}

/// `GET /codes/list/{item}`: the codes of an item with a list.
async fn listed(_: Acting, item: web::Path<String>, question: web::Query<Question>) -> PageResult {
    let list = list::of_item(&item, &question).ok_or(PageError::NotFound)?;
    page(&OptionsPart { list })
}

/// What a form with code boxes was sent for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To see the list of a field; go on with [`choose`].
    List(Vec<(String, String)>),
    /// To be read; a choice made on the list stands in its fields already.
    Form(Vec<(String, String)>),
}

/// Names of the list page that are no fields of the form.
const OWN: [&str; 4] = ["find", "find_words", "find_back", "chosen"];

/// Tells whether a form was sent by the list button of a field, or comes back from the list.
pub fn asked(pairs: Vec<(String, String)>) -> Asked {
    let has = |name: &str| pairs.iter().any(|(n, _)| n == name);
    let chosen = pairs.iter().find(|(n, _)| n == "chosen").map(|(_, v)| v.clone());
    if let Some(chosen) = chosen {
        let values: Vec<(String, String)> = serde_html_form::from_str(&chosen).unwrap_or_default();
        let words = pairs.iter().find(|(n, _)| n == "find_words").map(|(_, v)| v.trim().to_owned());
        let mut pairs: Vec<_> = pairs.into_iter().filter(|(n, _)| !OWN.contains(&n.as_str())).collect();
        for (name, value) in values.into_iter().filter(|(name, _)| has_codes(name)) {
            match pairs.iter_mut().find(|(n, _)| *n == name) {
                Some((_, before)) => *before = value,
                None => pairs.push((name.clone(), value)),
            }
            // for the note of how the code came
            if let Some(words) = words.as_ref().filter(|w| !w.is_empty()) {
                pairs.push((format!("from.{name}"), words.clone()));
            }
        }
        return Asked::Form(pairs);
    }
    if has("find") && !has("find_back") {
        return Asked::List(pairs);
    }
    Asked::Form(pairs.into_iter().filter(|(n, _)| !OWN.contains(&n.as_str())).collect())
}

fn has_codes(item: &str) -> bool {
    [names::PRIMARY_SITE, names::HISTOLOGIC_TYPE_ICD_O_3].contains(&item) || !CodeLists::of(item).is_empty()
}

#[derive(Template)]
#[template(path = "coding/choose.html")]
struct ChoosePage {
    layout: Layout,
    list: OptionList,
    action: String,
    words: String,
    pairs: Vec<(String, String)>,
}

/// The list of a field as a page. Everything typed travels along; each option is a button that
/// sends the form back to `action` with the code in its field.
pub async fn choose(app: &App, actor: &Actor, action: String, pairs: Vec<(String, String)>) -> PageResult {
    let value = |name: &str| pairs.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str()).to_owned();
    let field = value("find");
    let words =
        if pairs.iter().any(|(n, _)| n == "find_words") { value("find_words") } else { value(&field) };
    // What the case has elsewhere, as the form carries it; what stands on this page counts more.
    let case: Question = serde_html_form::from_str(&value("context")).unwrap_or_default();
    let here = |item: &str, there: String| Some(value(item)).filter(|v| !v.is_empty()).unwrap_or(there);
    let question = Question {
        q: words.clone(),
        field: field.clone(),
        dx: here(names::DATE_OF_DIAGNOSIS, case.dx),
        site: here(names::PRIMARY_SITE, case.site),
        histology: here(names::HISTOLOGIC_TYPE_ICD_O_3, case.histology),
        behavior: here(names::BEHAVIOR_CODE_ICD_O_3, case.behavior),
        sex: here(names::SEX_ASSIGNED_AT_BIRTH, case.sex),
        d1: here(names::SCHEMA_DISCRIMINATOR_1, case.d1),
        d2: here(names::SCHEMA_DISCRIMINATOR_2, case.d2),
    };
    let list = match field.as_str() {
        names::PRIMARY_SITE => list::sites(&Question { site: String::new(), ..question }),
        names::HISTOLOGIC_TYPE_ICD_O_3 => {
            list::morphologies(&Question { histology: String::new(), ..question })
        }
        item => list::of_item(item, &Question { q: String::new(), ..question })
            .ok_or_else(|| PageError::BadRequest(format!("The field {item} has no list of codes.")))?,
    };
    let actor = actor.clone();
    let layout = app.blocking(move |app| desk_layout(app, &actor)).await?;
    let pairs = pairs.into_iter().filter(|(n, _)| !OWN.contains(&n.as_str())).collect();
    page(&ChoosePage { layout: layout.titled("Choose a code"), list, action, words, pairs })
}

/// The frame of a page for an actor.
fn desk_layout(app: &App, actor: &Actor) -> Result<Layout, PageError> {
    let now = app.db.clock.now();
    Ok(app.db.read(|conn| facility::desk(conn, app, actor, now))?.layout)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn the_list_button_asks_for_the_list() {
        let sent = pairs(&[("primarySite", "breast"), ("find", "primarySite")]);
        assert_eq!(asked(sent.clone()), Asked::List(sent));
    }

    #[test]
    fn a_choice_comes_back_in_its_fields() {
        let sent = pairs(&[
            ("histologicTypeIcdO3", "duct"),
            ("nameLast", "Doe"),
            ("find_words", "duct"),
            ("chosen", "histologicTypeIcdO3=8500&behaviorCodeIcdO3=3&nameLast=Roe"),
        ]);
        let Asked::Form(form) = asked(sent) else { panic!("a form") };
        let wanted = [
            ("histologicTypeIcdO3", "8500"),
            ("nameLast", "Doe"),
            ("from.histologicTypeIcdO3", "duct"),
            ("behaviorCodeIcdO3", "3"),
            ("from.behaviorCodeIcdO3", "duct"),
        ];
        assert_eq!(form, pairs(&wanted), "a code sets code fields only");
    }

    #[test]
    fn going_back_leaves_the_form_as_it_was() {
        let sent = pairs(&[("primarySite", "C50"), ("find", "primarySite"), ("find_back", "1")]);
        assert_eq!(asked(sent), Asked::Form(pairs(&[("primarySite", "C50")])));
    }
}
