//! The components are rendered with awkward values.

use askama::Template;
use scraper::{Html, Selector};

use super::{Answer, Control, Field, FieldState, FormErrors, Layout, Notice, Pagination, Place, status};

#[derive(Template)]
#[template(path = "components/sample.html")]
struct Sample {
    layout: Layout,
    errors: FormErrors,
    fields: Vec<Field>,
    statuses: Vec<super::Status>,
    facts: Vec<(&'static str, String)>,
    columns: Vec<(&'static str, bool)>,
    pages: Pagination,
}

fn sample() -> Sample {
    let mut errors = FormErrors::default();
    errors.add("laterality", "Laterality", "0 means not paired, but breast is paired. Enter 1 to 3 or 9.");
    let list = || Control::Code { list: "/abstracts/codes/laterality".to_owned() };
    let answers = || {
        vec![
            Answer { value: "1".to_owned(), label: "Alive <b>".to_owned() },
            Answer { value: "0".to_owned(), label: "Dead".to_owned() },
        ]
    };
    let mut derived =
        Field::new("ageAtDiagnosis", "Age at diagnosis", Control::Digits).value("063").meaning("years");
    derived.state = FieldState::Derived;
    let mut proposed = Field::new("behavior", "Behavior", list()).value("3").meaning("Malignant");
    proposed.state = FieldState::Proposed("from 8520/3".to_owned());
    Sample {
        layout: Layout {
            title: "Components".to_owned(),
            facility: "Practice General Hospital".to_owned(),
            person: "R. Quill".to_owned(),
            csrf: "token".to_owned(),
            places: vec![Place::MyWork, Place::Patients, Place::OwnAccount],
            notice: Some(Notice::good("Contact saved.").link("Undo", "/undo?a=1&b=2")),
            idle_minutes: 15,
            ..Layout::default()
        }
        .at(Place::Patients),
        fields: vec![
            Field::text("nameLast", "Last name").value("O'Hara \"<x>\"").most(40),
            Field::new("laterality", "Laterality", list())
                .value("0")
                .meaning("Not paired")
                .error(errors.of("laterality")),
            Field::new("primarySite", "Primary site", Control::CodeSearch { table: "site" }).value("C504"),
            Field::new("seen", "Last seen", Control::Date).value("2026-07").hint("Year, month or day"),
            Field::new("text", "Text", Control::Area { rows: 4 }).value("<first line>\nsecond"),
            Field::new("vital", "Vital status", Control::Select(answers())).value("0"),
            Field::new("state", "State", Control::Radio(answers())).value("1"),
            Field::new("flag", "Do not contact", Control::Check).value("1"),
            Field::new("password", "Password", Control::Password).value("secret"),
            derived,
            proposed,
        ],
        errors,
        statuses: status::known::all(),
        facts: vec![("Accession", "2026-00412".to_owned()), ("Born", String::new())],
        columns: vec![("Patient", false), ("Days", true)],
        pages: Pagination {
            total: "1,284 cases".to_owned(),
            first: None,
            next: Some("/x?after=9&s=1".to_owned()),
        },
    }
}

fn page() -> Html {
    Html::parse_document(&sample().render().unwrap())
}

fn all<'a>(page: &'a Html, selector: &str) -> Vec<scraper::ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

#[test]
fn every_box_has_a_label_and_its_descriptions_exist() {
    let page = page();
    let ids: Vec<&str> = all(&page, "[id]").iter().filter_map(|e| e.value().attr("id")).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), ids.len(), "an id stands twice");
    for field in all(&page, ".fields :is(input, select, textarea)") {
        let e = field.value();
        if matches!(e.attr("type"), Some("radio" | "checkbox")) {
            continue;
        }
        let id = e.attr("id").unwrap();
        assert_eq!(all(&page, &format!("label[for={id}]")).len(), 1, "{id}");
        for described in e.attr("aria-describedby").unwrap_or("").split_whitespace() {
            assert!(ids.contains(&described), "{id}: {described}");
        }
    }
}

#[test]
fn values_are_escaped_and_kept_whole() {
    let page = page();
    assert_eq!(all(&page, "#nameLast")[0].value().attr("value"), Some("O'Hara \"<x>\""));
    // A parser drops the first line break after the tag; the component writes one for it.
    assert_eq!(all(&page, "#text")[0].text().collect::<String>(), "<first line>\nsecond");
    assert_eq!(all(&page, "#password")[0].value().attr("value"), Some(""));
    assert_eq!(all(&page, "#vital option[selected]")[0].value().attr("value"), Some("0"));
    assert_eq!(all(&page, "[name=state][checked]").len(), 1);
}

#[test]
fn errors_stand_in_the_summary_and_at_the_field_in_the_same_words() {
    let page = page();
    let link = all(&page, ".error-summary a")[0];
    assert_eq!(link.value().attr("href"), Some("#laterality"));
    let message = all(&page, "#laterality-message")[0].text().collect::<String>();
    assert!(link.text().collect::<String>().ends_with(message.trim()), "{message}");
    assert_eq!(all(&page, "#laterality")[0].value().attr("aria-invalid"), Some("true"));
}

#[test]
fn the_bar_shows_only_what_the_person_may_use() {
    let page = page();
    let entries: Vec<String> = all(&page, ".bar__nav a").iter().map(|a| a.text().collect()).collect();
    assert_eq!(entries, ["My work", "Patients"]);
    assert_eq!(all(&page, "[aria-current=page]")[0].value().attr("href"), Some("/patients"));
    assert_eq!(all(&page, "main").len(), 1);
    assert_eq!(all(&page, "form[method=post] input[name=csrf][value=token]").len(), 2);
}

#[test]
fn nothing_is_inline() {
    let html = sample().render().unwrap();
    assert!(!html.contains("style=") && !html.contains("onclick") && !html.contains("javascript:"));
    let page = page();
    for script in all(&page, "script") {
        assert!(script.value().attr("src").is_some_and(|s| s.starts_with("/static/js/main.")));
    }
}

/// Each static file that a template names is there.
#[test]
fn static_files_that_pages_name_exist() {
    let page = page();
    for element in all(&page, "[src], link[href]") {
        let to = element.value().attr("src").or(element.value().attr("href")).unwrap();
        assert!(super::assets::find(to.strip_prefix("/static/").unwrap()).is_some(), "{to}");
    }
}
