//! The codes derived from a case, each with its table, edition and row.

use actix_web::web;
use askama::Template;

use crate::{
    audit::{AuditAction, Event},
    db::Tx,
    dictionary::{Items, names},
    facility,
    icdo::{Morphology, PathChart, PrimarySite},
    ids::TumorId,
    recodes::{
        GroupTable, Profile, RecodeVersion, Said, group, iarc, icd10cm, reportability, site_recode, store,
        validity::judge_pair,
    },
    tumor,
    web::{Acting, App, Layout, PageError, PageResult, Place, Width, page},
};

/// One derived code.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) code: String,
    pub(super) name: String,
    /// Which row of which edition, or why there is none.
    pub(super) basis: String,
}

#[derive(Template)]
#[template(path = "provenance/derived.html")]
struct DerivedPage {
    layout: Layout,
    uid: String,
    /// What they are derived from; `None` while site and morphology are not both coded.
    from: Option<String>,
    codes: Vec<Row>,
    rules: Vec<Row>,
    others: Vec<Row>,
}

/// Site and morphology of a case, where both are coded.
fn coded(items: &Items) -> Option<(PrimarySite, Morphology)> {
    let site = PrimarySite::parse(items.value(names::PRIMARY_SITE)).ok()?;
    let (h, b) = (items.value(names::HISTOLOGIC_TYPE_ICD_O_3), items.value(names::BEHAVIOR_CODE_ICD_O_3));
    Some((site, Morphology::parse(&format!("{h}/{b}")).ok()?))
}

/// `GET /abstracts/{tumor}/derived`.
pub(super) async fn derived(app: web::Data<App>, acting: Acting, path: web::Path<TumorId>) -> PageResult {
    let id = path.into_inner();
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                let desk = facility::desk_of(tx, app)?;
                let scope = tx.scope()?;
                let (patient, row) =
                    tumor::in_use(tx.conn(), scope, &id.to_string())?.ok_or(PageError::NotFound)?;
                let items = row.items()?;
                let male = match patient.items()?.value(names::SEX_ASSIGNED_AT_BIRTH) {
                    "1" => Some(true),
                    "2" => Some(false),
                    _ => None,
                };
                let chart = store::pathchart(tx.conn())?;
                let others = match coded(&items) {
                    Some(own) => other_primaries(tx, row.patient_id, row.id, own)?,
                    None => Vec::new(),
                };
                tx.record(
                    Event::new(AuditAction::ViewTumor).tumor(row.patient_id, row.id).detail("derived codes"),
                );
                let layout = desk.layout.titled("Derived codes").at(Place::Abstracts).wide(Width::Reading);
                let (from, codes, rules) = match coded(&items) {
                    Some((site, m)) => (
                        Some(words_of(site, m, &items)),
                        codes(site, m, &items, male),
                        rules(site, m, year(&items), chart.as_deref()),
                    ),
                    None => (None, Vec::new(), Vec::new()),
                };
                Ok::<_, PageError>(DerivedPage { layout, uid: row.uid, from, codes, rules, others })
            })
        })
        .await?;
    page(&shown)
}

fn year(items: &Items) -> Option<i32> {
    items.date(names::DATE_OF_DIAGNOSIS).map(|d| d.year())
}

fn words_of(site: PrimarySite, m: Morphology, items: &Items) -> String {
    let label = m.entry().map_or("", |e| e.label_at(year(items)));
    let when = year(items).map_or_else(|| "unknown year".to_owned(), |y| y.to_string());
    format!("{site} {}, {m} {label}, diagnosis {when}", site.label())
}

/// Codes of other classifications.
pub(super) fn codes(site: PrimarySite, m: Morphology, items: &Items, male: Option<bool>) -> Vec<Row> {
    let dx_year = year(items);
    let mut rows = Vec::new();
    let none = |what: &str, why: &str| Row {
        what: what.to_owned(),
        code: "none".to_owned(),
        name: String::new(),
        basis: why.to_owned(),
    };
    let side = items.value(names::LATERALITY).chars().next();
    rows.push(match icd10cm::of_tumor(site, m, side, male) {
        _ if dx_year.is_some_and(|y| y < icd10cm::FIRST_YEAR) => {
            none("ICD-10-CM", "in use since October 2015; the diagnosis is earlier")
        }
        Some(r) => Row {
            what: "ICD-10-CM".to_owned(),
            code: r.code.to_owned(),
            name: r.label.to_owned(),
            basis: format!("{}, row {}", icd10cm::EDITION, r.row),
        },
        None => none("ICD-10-CM", "no row of the table for this site and behavior"),
    });
    for version in RecodeVersion::ALL {
        rows.push(match site_recode(version, site, m, dx_year) {
            Some(g) => Row {
                what: "Site recode".to_owned(),
                code: g.code.to_owned(),
                name: if g.heading.is_empty() {
                    g.name.to_owned()
                } else {
                    format!("{}: {}", g.heading, g.name)
                },
                basis: version.title().to_owned(),
            },
            None => none("Site recode", version.title()),
        });
    }
    for table in GroupTable::ALL {
        let what = match table {
            GroupTable::Iccc3 | GroupTable::Iccc3Who2008 => "Childhood (ages 0 to 19)",
            GroupTable::Aya2020 => "Young adults (ages 15 to 39)",
            GroupTable::BrainCns2020 => "Brain and CNS",
            GroupTable::Lymphoma2021 => "Lymphoid",
        };
        rows.push(match group(table, site, m) {
            Some(g) => Row {
                what: what.to_owned(),
                code: g.code.clone(),
                name: if g.heading.is_empty() {
                    g.name.to_owned()
                } else {
                    format!("{}: {}", g.heading, g.name)
                },
                basis: format!("{}, row {}", table.title(), g.row),
            },
            None => none(what, table.title()),
        });
    }
    rows.push(match iarc::histology_group(m) {
        Some(g) => Row {
            what: "IARC groups".to_owned(),
            code: format!("{}, C{:02}", g.number, iarc::site_group(site)),
            name: g.name.to_owned(),
            basis: iarc::EDITION.to_owned(),
        },
        None => none("IARC groups", iarc::EDITION),
    });
    rows
}

/// What has to be reported, and whether the pair is valid.
fn rules(site: PrimarySite, m: Morphology, dx_year: Option<i32>, chart: Option<&PathChart>) -> Vec<Row> {
    let mut rows: Vec<Row> = Profile::ALL
        .into_iter()
        .filter_map(|profile| {
            let d = reportability(profile, site, m, dx_year, Said::Plainly)?;
            Some(Row {
                what: profile.title().to_owned(),
                code: d.verdict.words().to_owned(),
                name: d.words.to_owned(),
                basis: format!("row {}; {}", d.row, d.source),
            })
        })
        .collect();
    let judged = judge_pair(chart, site, m, dx_year);
    rows.push(Row {
        what: "Site with histology".to_owned(),
        code: judged.why.to_owned(),
        name: String::new(),
        basis: judged.table.to_owned(),
    });
    rows
}

/// How the other primaries of the person count by the international rules.
fn other_primaries(
    tx: &mut Tx<'_>,
    patient: i64,
    own: i64,
    pair: (PrimarySite, Morphology),
) -> Result<Vec<Row>, PageError> {
    let scope = tx.scope()?;
    let mut rows = Vec::new();
    for other in tumor::of_patient(tx.conn(), scope, patient)?.iter().filter(|t| t.id != own && !t.voided) {
        let items = other.items()?;
        let Some(theirs) = coded(&items) else { continue };
        let Some(decided) = iarc::compare(pair, theirs) else { continue };
        let words = match decided.primaries {
            iarc::Primaries::Same => "one primary",
            iarc::Primaries::Multiple => "another primary",
            iarc::Primaries::Review => "to be reviewed",
        };
        rows.push(Row {
            what: words_of(theirs.0, theirs.1, &items),
            code: words.to_owned(),
            name: String::new(),
            basis: format!("{}: {}", iarc::EDITION, decided.step),
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_derived_code_names_its_edition() {
        let (site, m) = (PrimarySite::parse("C50.4").unwrap(), Morphology::parse("8500/3").unwrap());
        let items: Items = [("laterality", "2"), ("dateOfDiagnosis", "20240616")].into_iter().collect();
        let rows = codes(site, m, &items, Some(false));
        assert_eq!(rows[0].code, "C50.412");
        assert_eq!(rows.len(), 1 + 3 + 5 + 1);
        assert!(rows.iter().all(|r| !r.basis.is_empty()), "{rows:?}");
        let early: Items = [("dateOfDiagnosis", "2012")].into_iter().collect();
        assert_eq!(codes(site, m, &early, None)[0].code, "none");
        let rules = rules(site, m, Some(2024), None);
        assert!(rules[0].basis.contains("CoC-8"));
        assert!(rules.last().unwrap().code.contains("not been brought in"));
    }
}
