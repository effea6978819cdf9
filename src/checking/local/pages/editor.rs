//! The form of a local edit, new or changed, with the language beside it.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::refusal;
use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    checking::local::{
        act::{self, NotDone},
        rule::{self, Checked, Rule},
    },
    db::Tx,
    dictionary::{Dictionary, Level},
    edits::{ExampleOutcome, FUNCTIONS},
    facility::desk_of,
    web::{
        Acting, Answer, App, Control, Field, FieldState, Form, FormErrors, Layout, Notice, PageError,
        PageResult, Place, Width, page, page_with_errors, see_other,
    },
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EditForm {
    /// The version it was made from; 0 for a new edit.
    version: u32,
    name: String,
    severity: String,
    level: String,
    items: String,
    applies_when: String,
    fails_when: String,
    message: String,
    rule: String,
    over_ride: String,
    pass_example: String,
    fail_example: String,
    reason: String,
    /// `check` or `keep`.
    then: String,
}

impl EditForm {
    fn of(rule: Rule) -> Self {
        Self {
            version: rule.version,
            name: rule.name,
            severity: rule.severity,
            level: rule.level,
            items: rule.items,
            applies_when: rule.applies_when,
            fails_when: rule.fails_when,
            message: rule.message,
            rule: rule.rule,
            over_ride: rule.over_ride,
            pass_example: rule.pass_example,
            fail_example: rule.fail_example,
            ..Self::default()
        }
    }

    /// What was typed, with the line ends of forms made plain.
    fn rule(&self, id: &str) -> Rule {
        let plain = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
        Rule {
            id: id.to_owned(),
            version: self.version,
            name: plain(&self.name),
            level: plain(&self.level),
            items: plain(&self.items),
            applies_when: plain(&self.applies_when),
            fails_when: plain(&self.fails_when),
            severity: plain(&self.severity),
            message: plain(&self.message),
            over_ride: plain(&self.over_ride),
            rule: plain(&self.rule),
            pass_example: plain(&self.pass_example),
            fail_example: plain(&self.fail_example),
        }
    }
}

/// An item edits can name.
struct ItemLine {
    id: &'static str,
    label: &'static str,
    /// Of the patient, not of the tumor.
    of_patient: bool,
}

#[derive(Template)]
#[template(path = "checking/edit_form.html")]
struct EditorPage {
    layout: Layout,
    /// Blank for a new one.
    id: String,
    version: u32,
    about: Vec<Field>,
    logic: Vec<Field>,
    words: Vec<Field>,
    examples: Vec<Field>,
    reason: Option<Field>,
    errors: FormErrors,
    functions: &'static [(&'static str, &'static str)],
    items: Vec<ItemLine>,
}

fn answers<const N: usize>(pairs: [(&str, &str); N]) -> Vec<Answer> {
    pairs.map(|(value, label)| Answer { value: value.to_owned(), label: label.to_owned() }).into()
}

/// What an example did, in words.
fn did(outcome: Option<ExampleOutcome>) -> &'static str {
    match outcome {
        None => "",
        Some(ExampleOutcome::Passes) => "Checked: passes.",
        Some(ExampleOutcome::Fails) => "Checked: fails.",
        Some(ExampleOutcome::DoesNotApply) => "Checked: the edit does not apply.",
        Some(ExampleOutcome::OutOfSteps) => "Checked: too many steps.",
    }
}

fn editor_page(
    tx: &mut Tx<'_>,
    app: &App,
    id: &str,
    form: &EditForm,
    checked: &Checked,
    refused: Option<&NotDone>,
) -> Result<EditorPage, PageError> {
    let desk = desk_of(tx, app)?;
    let labels = Rule::default();
    let mut errors = FormErrors::default();
    for (name, label, _) in labels.parts() {
        for (_, sentence) in checked.problems.iter().filter(|(field, _)| *field == name) {
            errors.add(name, label, sentence);
        }
    }
    match refused {
        None | Some(NotDone::Wrong(_)) => {}
        Some(NotDone::Reason) => errors.add("reason", "Reason", NotDone::Reason),
        Some(other) => errors.add("name", "Edit", other),
    }
    let field = |name: &str, label: &str, control: Control, value: &str, hint: &str| {
        Field::new(name, label, control).value(value).hint(hint).error(errors.of(name))
    };
    let severities = answers([
        ("error", "Error: a case is not completed with it"),
        ("warning", "Warning: must be acknowledged"),
    ]);
    let levels = answers([
        ("inter-field", "One case, items against each other"),
        ("single", "One item by itself"),
        ("record-set", "All tumors of the patient"),
    ]);
    let area = |rows| Control::Area { rows };
    let about = vec![
        field("name", "Name", Control::Text, &form.name, "A few words.").required(),
        field("severity", "Severity", Control::Select(severities), &form.severity, ""),
        field(
            "level",
            "Looks at",
            Control::Select(levels),
            &form.level,
            "Of all tumors, items are written t.item and P.item.",
        ),
        field(
            "items",
            "Items it points at",
            Control::Text,
            &form.items,
            "XML ids, parted by blanks; the message stands beside the first that the form has.",
        )
        .required(),
    ];
    let logic = vec![
        field(
            "applies_when",
            "Applies when, if not always",
            area(3),
            &form.applies_when,
            "The edit is run only where this is true.",
        ),
        field("fails_when", "Fails when", area(4), &form.fails_when, "It fails where this is true.")
            .required(),
    ];
    let words = vec![
        field(
            "message",
            "Message",
            area(2),
            &form.message,
            "What clashes and what is allowed. Shown beside the item.",
        )
        .required(),
        field(
            "rule",
            "Rule and source",
            area(2),
            &form.rule,
            "Who decided it, where it stands. Shown with the message.",
        )
        .required(),
        field(
            "over_ride",
            "Cleared by, if by anything",
            Control::Text,
            &form.over_ride,
            "An over-ride item and its values, such as overRideSiteType=1. A warning needs none: it is acknowledged.",
        ),
    ];
    let mut examples = vec![
        field(
            "pass_example",
            "Example that passes",
            area(6),
            &form.pass_example,
            "Only the items that matter, a line each: primarySite = C504.",
        )
        .required(),
        field("fail_example", "Example that fails", area(6), &form.fail_example, "").required(),
    ];
    for (field, outcome) in examples.iter_mut().zip([checked.passes, checked.fails]) {
        field.meaning = did(outcome).to_owned();
    }
    let reason = (form.version > 0).then(|| {
        field(
            "reason",
            "Why is it changed?",
            area(2),
            &form.reason,
            "At least 10 characters; stands in the history.",
        )
        .required()
    });
    let what = if id.is_empty() { "New local edit".to_owned() } else { format!("Change {id}") };
    let title = if errors.is_empty() { what } else { format!("Error: {what}") };
    let items = Dictionary::all().iter().filter(|d| d.level != Level::NaaccrData).map(|d| ItemLine {
        id: d.id,
        label: Dictionary::label(d.id),
        of_patient: d.level == Level::Patient,
    });
    tx.record(Event::new(AuditAction::ViewEdits).detail(if id.is_empty() { "new" } else { id }));
    Ok(EditorPage {
        layout: desk.layout.titled(title).at(Place::LocalEdits).wide(Width::Reading),
        id: id.to_owned(),
        version: form.version,
        about,
        logic,
        words,
        examples,
        reason,
        errors,
        functions: &FUNCTIONS,
        items: items.collect(),
    })
}

/// `GET /edits/new`.
pub(super) async fn blank(app: web::Data<App>, acting: Acting) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db
                .view(&acting, |tx| editor_page(tx, app, "", &EditForm::default(), &Checked::default(), None))
        })
        .await?;
    page(&shown)
}

/// `GET /edits/{edit}/change`: the newest version, to be changed.
pub(super) async fn open(app: web::Data<App>, acting: Acting, id: web::Path<String>) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let history = act::history(tx, &id)?.ok_or(PageError::NotFound)?;
                let newest = history.newest().ok_or(PageError::NotFound)?.rule.clone();
                editor_page(tx, app, &id, &EditForm::of(newest), &Checked::default(), None)
            })
        })
        .await?;
    page(&shown)
}

enum Sent {
    Kept(String),
    Checked(EditorPage),
    Refused(EditorPage),
}

/// Checks what was typed, and keeps it if that was asked for.
fn send(app: &App, acting: &Actor, id: &str, form: &EditForm) -> Result<Sent, PageError> {
    let rule = form.rule(id);
    if !matches!(form.then.as_str(), "check" | "keep") {
        return Err(PageError::BadRequest(format!("“{}” is neither “check” nor “keep”.", form.then)));
    }
    if form.then == "keep" {
        let kept = app.db.write(acting, |tx| {
            if id.is_empty() {
                return act::make(tx, rule.clone());
            }
            act::change(tx, rule.clone(), &form.reason)?;
            Ok(id.to_owned())
        });
        let refused = match kept {
            Ok(id) => return Ok(Sent::Kept(format!("/edits/{id}?done=kept"))),
            Err(error) => refusal(error)?,
        };
        let none = Checked::default();
        let checked = if let NotDone::Wrong(checked) = &refused { checked } else { &none };
        let shown = app.db.view(acting, |tx| editor_page(tx, app, id, form, checked, Some(&refused)))?;
        return Ok(Sent::Refused(shown));
    }
    app.db.view(acting, |tx| {
        if !id.is_empty() && act::history(tx, id)?.is_none() {
            return Err(PageError::NotFound);
        }
        let beside = act::beside(tx, id)?;
        // The id it will have does not matter for what is wrong with it.
        let rule = Rule { id: "LOCAL-000".to_owned(), version: rule.version + 1, ..rule.clone() };
        let checked = rule::check(&rule, &beside);
        let mut shown = editor_page(tx, app, id, form, &checked, None)?;
        if !checked.problems.is_empty() {
            return Ok(Sent::Refused(shown));
        }
        let says = "Nothing is wrong: the one example passes, the other fails. It is not kept yet.";
        shown.layout = shown.layout.with_notice(Some(Notice::good(says)));
        Ok(Sent::Checked(shown))
    })
}

fn answer(sent: Sent) -> PageResult {
    match sent {
        Sent::Kept(to) => see_other(to),
        Sent::Checked(shown) => page(&shown),
        Sent::Refused(shown) => page_with_errors(&shown),
    }
}

/// `POST /edits`: a new edit.
pub(super) async fn make(app: web::Data<App>, acting: Acting, form: Form<EditForm>) -> PageResult {
    answer(
        app.blocking(move |app| {
            let form = EditForm { version: 0, ..form.0 };
            send(app, &acting, "", &form)
        })
        .await?,
    )
}

/// `POST /edits/{edit}`: the next version of one.
pub(super) async fn change(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<String>,
    form: Form<EditForm>,
) -> PageResult {
    answer(app.blocking(move |app| send(app, &acting, &id, &form.0)).await?)
}
