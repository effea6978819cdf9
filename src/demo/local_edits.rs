//! Two local edits of the first practice facility: one in force, one a draft that was tried.

use anyhow::Context;

use crate::{
    access::Actor,
    checking::local::{self, Rule},
    db::Db,
    facility::Facility,
};

/// Writes them; the registry is filled already.
pub(super) fn fill(db: &Db, facility: &Facility) -> anyhow::Result<()> {
    let actor = Actor::host(Some(facility.key));
    let melanoma = Rule {
        name: "Side of a melanoma".to_owned(),
        severity: "warning".to_owned(),
        level: "inter-field".to_owned(),
        items: "laterality primarySite".to_owned(),
        applies_when: "sites(primarySite, 'C440-C449') and hists(histologicTypeIcdO3, '8720-8790')".to_owned(),
        fails_when: "laterality == '9'".to_owned(),
        message: "The side of a melanoma is nearly always in the excision report. Look again before it stays unknown."
            .to_owned(),
        rule: "Cancer committee of Practice General, protocol of March.".to_owned(),
        pass_example: "primarySite = C445\nhistologicTypeIcdO3 = 8720\nlaterality = 2".to_owned(),
        fail_example: "primarySite = C446\nhistologicTypeIcdO3 = 8743\nlaterality = 9".to_owned(),
        ..Rule::default()
    };
    let waiting = Rule {
        name: "Months without follow-up of a young patient".to_owned(),
        severity: "warning".to_owned(),
        level: "inter-field".to_owned(),
        items: "dateOfLastContact dateOfDiagnosis".to_owned(),
        applies_when: "vitalStatus == '1' and age_max(dateOfBirth, dateOfDiagnosis) < 40".to_owned(),
        fails_when: "dlt(dateOfLastContact, plus_months(first(dateOfDiagnosis), 12))".to_owned(),
        message: "Diagnosed before 40 and last seen within a year of it. Ask the late effects clinic.".to_owned(),
        rule: "Proposal of the late effects clinic, not decided.".to_owned(),
        pass_example: "vitalStatus = 1\ndateOfBirth = 19900301\ndateOfDiagnosis = 20220110\ndateOfLastContact = 20240201"
            .to_owned(),
        fail_example: "vitalStatus = 1\ndateOfBirth = 19900301\ndateOfDiagnosis = 20220110\ndateOfLastContact = 20220601"
            .to_owned(),
        ..Rule::default()
    };
    for (rule, live) in [(melanoma, true), (waiting, false)] {
        let id = db.write(&actor, |tx| local::make(tx, rule.clone())).context("writing a local edit")?;
        local::dry_run(db, &actor, facility, &id, 1, i64::MAX).context("trying a local edit")?;
        if live {
            db.write(&actor, |tx| local::go_live(tx, &id, 1)).context("making a local edit live")?;
        }
    }
    Ok(())
}
