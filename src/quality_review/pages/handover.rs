//! A supervisor gives a review to somebody else, or back to the list.

use actix_web::web;
use serde::Deserialize;

use super::{
    super::store::{self, ReviewRow},
    one::{opened, review_page},
    steps::{event, mode_of},
};
use crate::{
    access::{
        Role,
        accounts::{self, AccountRow},
    },
    db::Tx,
    ids::ReviewId,
    web::{Acting, Answer, App, Control, Field, Form, FormAnswer, FormErrors, PageError, PageResult},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct HandOn {
    /// Public id of an account; empty for nobody.
    reviewer: String,
}

/// Who may review: everybody with the right who neither completed nor owns the case.
fn possible(tx: &mut Tx<'_>, row: &ReviewRow, owner: Option<i64>) -> Result<Vec<AccountRow>, PageError> {
    let facility = tx.scope()?.facility();
    let mut people: Vec<AccountRow> = Vec::new();
    for role in [Role::QualityReviewer, Role::Supervisor] {
        for (person, _) in accounts::members_with(tx.conn(), facility, role)? {
            let own = row.abstractor_account == Some(person.id)
                || row.abstractor == person.login
                || owner == Some(person.id);
            if !own && people.iter().all(|p| p.id != person.id) {
                people.push(person);
            }
        }
    }
    people.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(people)
}

/// Whom a review may be given to.
pub(super) fn choice(
    tx: &mut Tx<'_>,
    row: &ReviewRow,
    owner: Option<i64>,
    error: &str,
) -> Result<Field, PageError> {
    let people = possible(tx, row, owner)?;
    let now = people.iter().find(|p| row.reviewer_account == Some(p.id)).map(|p| p.uid.clone());
    let mut answers = vec![Answer { value: String::new(), label: "Nobody, back to the list".to_owned() }];
    answers.extend(people.into_iter().map(|p| Answer { value: p.uid, label: p.name }));
    Ok(Field::new("reviewer", "Reviewer", Control::Select(answers))
        .hint("What the reviewer has typed is thrown away: the next one codes alone.")
        .value(now.unwrap_or_default())
        .error(error))
}

/// `POST /quality-review/{id}/reviewer`.
pub(super) async fn hand_on(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<ReviewId>,
    form: Form<HandOn>,
) -> PageResult {
    let uid = id.to_string();
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let (row, case) = opened(tx, &uid)?;
                let wanted = form.0.reviewer.trim();
                let person = possible(tx, &row, case.tumor.owner_id)?.into_iter().find(|p| p.uid == wanted);
                let mut errors = FormErrors::default();
                let moved = match person {
                    None if !wanted.is_empty() => {
                        errors.add("reviewer", "Reviewer", "Choose somebody who may review this case.");
                        false
                    }
                    // Who has it keeps it, with what was typed.
                    Some(same) if row.reviewer_account == Some(same.id) => true,
                    Some(person) => {
                        let mode = mode_of(tx, &row, &case, Some(person.id))?;
                        store::hand_on(tx, row.id, Some((person.id, &person.login, mode)))?
                    }
                    None => store::hand_on(tx, row.id, None)?,
                };
                if !moved && errors.is_empty() {
                    errors.add("reviewer", "Reviewer", "This review is decided by now. Nothing was changed.");
                }
                let handed = event(&case, "handed on");
                tx.record(if moved { handed } else { handed.refused() });
                if errors.is_empty() {
                    return Ok::<_, PageError>(FormAnswer::GoTo("/quality-review?done=handed-on".to_owned()));
                }
                Ok(FormAnswer::Again(review_page(tx, app, &uid, errors, "")?))
            })
        })
        .await?;
    answer.send()
}
