//! Reviews of the practice registry in every state: waiting, taken, locked, accepted, disputed.

mod store;

use chrono::Duration;

use self::store::PracticeReview;
use super::{
    packed,
    score::{Compared, ReviewedField, compare},
};
use crate::{
    abstracting::review::{self, Reviewed},
    access::accounts,
    audit::{AuditAction, Event},
    db::Tx,
    dictionary::names,
    save::{self, Change, PatientChange, SetTumor, TumorChange, Why},
    web::PageError,
};

/// Decided reviews: enough that agreement is told.
const DECIDED: usize = 34;
/// Those that wait, are taken, are locked.
const OPEN: usize = 4;

/// Reviews cases that were completed here last, as far as there are; `reviewer` and `decider` are logins.
///
/// # Errors
/// When the store fails or an account is not there.
pub fn practice(tx: &mut Tx<'_>, reviewer: &str, decider: &str) -> Result<(), PageError> {
    let scope = tx.scope()?;
    let internal = |e: accounts::AccountRefused| PageError::Internal(anyhow::anyhow!("{e}"));
    let reviewer = accounts::by_login(tx.conn(), reviewer).map_err(internal)?;
    let most = i64::try_from(DECIDED + OPEN).unwrap_or(i64::MAX);
    let cases = store::completed(tx.conn(), scope, most)?;
    tx.record(Event::new(AuditAction::Init).detail("reviews of the practice registry"));
    let mut disputed = 0;
    for (n, (uid, owner)) in cases.into_iter().enumerate() {
        let case = review::reviewed(tx, &uid)?;
        let abstractor = accounts::by_id(tx.conn(), owner)?;
        let code = case.items.tumor.value(names::ABSTRACTED_BY).to_owned();
        let found = if n == 0 || n == 1 || n == 3 { Vec::new() } else { second_coding(&case, n) };
        let compared = if found.is_empty() { String::new() } else { packed(&found)? };
        let ago = i64::try_from(n).unwrap_or(0);
        let state = match n {
            0 | 3 => "waiting",
            1 => "taken",
            2 => "locked",
            _ => "accepted",
        };
        if n < OPEN {
            into_review(tx, &case)?;
        }
        let now = tx.now().naive_utc();
        let new = PracticeReview {
            tumor: case.tumor.id,
            state,
            abstractor: (abstractor.id, &abstractor.login),
            staff_code: &code,
            reviewer: (state != "waiting").then_some((reviewer.id, reviewer.login.as_str())),
            mode: if n % 9 == 8 { "open" } else { "blind" },
            typed: if n == 1 { r#"[["primarySite","C50"],["behaviorCodeIcdO3","3"]]"# } else { "[]" },
            compared: &compared,
            comment: if n == OPEN { "Well told; one difference to look at." } else { "" },
            chosen_at: now - Duration::days(5 + ago * 2),
            decided_at: (n >= OPEN).then(|| now - Duration::days(ago * 2 - 7)),
        };
        let row = store::insert(tx, &new)?;
        if n >= OPEN
            && disputed < 3
            && let Some(c) = found.iter().find(|c| c.weight.is_some())
        {
            dispute(tx, (row, disputed), c.field, (abstractor.id, &abstractor.login), decider)?;
            disputed += 1;
        }
    }
    Ok(())
}

fn dispute(
    tx: &mut Tx<'_>,
    (row, n): (i64, usize),
    field: ReviewedField,
    by: (i64, &str),
    decider: &str,
) -> Result<(), PageError> {
    let (reason, decided) = match n {
        0 => ("The second report, under pathology, names it.", None),
        1 => (
            "The operative note says so in its last line.",
            Some(("removed", "The operative note does say so; the code of the abstract is right.", decider)),
        ),
        _ => (
            "This is how we have always coded it here.",
            Some(("stands", "The manual decides, and the text names nothing else.", decider)),
        ),
    };
    store::insert_dispute(tx, row, field.word(), reason, by, decided)?;
    Ok(())
}

/// How somebody else coded the case: as it is, but for a field now and then.
fn second_coding(case: &Reviewed, n: usize) -> Vec<Compared> {
    let mut other = case.items.clone();
    let mut change = |id: &'static str, code: &str| other.tumor.set(id, code);
    match n % 6 {
        0 | 4 => {
            let site = case.items.tumor.value(names::PRIMARY_SITE);
            let head: String = site.chars().take(3).collect();
            change(names::PRIMARY_SITE, &format!("{head}{}", if site.ends_with('9') { '8' } else { '9' }));
        }
        2 => change(names::HISTOLOGIC_TYPE_ICD_O_3, "8000"),
        _ if n == 7 => change(names::BEHAVIOR_CODE_ICD_O_3, "2"),
        _ => {}
    }
    compare(case.items.case(), other.case(), n % 6 != 5)
}

/// A case that was complete waits in review: without a day of completion.
fn into_review(tx: &mut Tx<'_>, case: &Reviewed) -> Result<(), PageError> {
    let mut items = case.items.tumor.clone();
    items.remove(names::DATE_CASE_COMPLETED);
    let tumor = SetTumor {
        id: case.tumor.id,
        expected: Some(case.tumor.version),
        items: Some(items),
        state: Some("qa_review".to_owned()),
        ..SetTumor::default()
    };
    let why = Why { source: "demo", reason: String::new(), event: None };
    let patient = PatientChange::Keep { id: case.tumor.patient_id };
    let change = Change { patient, tumors: vec![TumorChange::Set(tumor)], why };
    save::apply(tx, change).map_err(|e| PageError::Internal(anyhow::anyhow!("{e}")))?;
    Ok(())
}
