//! The answer to typing while it goes on: what the page should show by now.

use askama::Template;
use serde::Serialize;

use super::{
    form::Page,
    pages::{self, Beside},
};
use crate::{
    db::Tx,
    web::{Acting, App, Field, FieldState, PageError},
};

/// What a page says of typing that is kept, not saved: fields as they stand now, and the findings beside them.
pub(super) fn judged(
    tx: &mut Tx<'_>,
    app: &App,
    acting: &Acting,
    uid: &str,
    page: Page,
) -> Result<Judged, PageError> {
    let opened = pages::read(tx, app, uid, page)?;
    let found = opened.findings();
    let fields = match page {
        Page::Section(section) => {
            let writes = opened.writes(acting, page);
            opened.fields(section, &found, false, writes).iter().map(FieldNow::of).collect()
        }
        Page::AllItems => Vec::new(),
    };
    let findings = FindingsPart { beside: opened.beside(acting, page, &found) }.render()?;
    Ok(Judged { fields, findings })
}

/// The answer to typing that was kept.
#[derive(Serialize)]
pub(super) struct Judged {
    fields: Vec<FieldNow>,
    /// The panel of findings, as HTML.
    findings: String,
}

/// What a field of the page should show by now.
#[derive(Serialize)]
struct FieldNow {
    name: String,
    hidden: bool,
    /// `error`, `warning`, `proposed`, `derived` or blank.
    state: &'static str,
    /// What is wrong.
    sentence: String,
    meaning: String,
    proposal: String,
    /// Why it is proposed.
    why: String,
    /// Of derived fields only: others are typed.
    value: Option<String>,
}

impl FieldNow {
    fn of(field: &Field) -> Self {
        Self {
            name: field.name.clone(),
            hidden: field.hidden,
            state: field.state_word(),
            sentence: field.sentence().to_owned(),
            meaning: field.meaning.clone(),
            proposal: field.proposal.clone(),
            why: match &field.state {
                FieldState::Proposed(why) => why.clone(),
                _ => String::new(),
            },
            value: (field.state == FieldState::Derived).then(|| field.value.clone()),
        }
    }
}

#[derive(Template)]
#[template(path = "abstracting/_findings_part.html")]
struct FindingsPart {
    beside: Beside,
}
