//! `/suspense/{item}`: what is known, who it may be, what can be done, what was done.

use actix_web::web;
use askama::Template;
use serde::Deserialize;

use super::{iso, name};
use crate::{
    abstracting::{LikelyPerson, Person, likely_here},
    access::{Action, Role, accounts, permits},
    audit::{AuditAction, Event},
    casefinding::{
        act::{self, Step, step},
        clocks,
        facts::Facts,
        state::{ItemState, LONGEST_WAIT, RejectReason, TARGET_AGE, TARGET_LAG},
        store::{self, ItemRow},
    },
    db::Tx,
    dictionary::{Items, names},
    facility::{Desk, desk_of},
    ids::SuspenseId,
    partial_date::PartialDate,
    tumor,
    web::{
        Acting, Answer, App, Control, Field, FieldState, FormAnswer, FormErrors, Layout, Notice, PageError,
        PageResult, Pairs, Place, Status, Width, page,
    },
};

/// A step as told in the history.
struct Told {
    at: String,
    by: String,
    what: String,
    reason: String,
}

/// Another item of perhaps the same person.
struct Other {
    uid: String,
    words: String,
    status: Status,
    /// It can be chosen as the one that stays.
    fits: bool,
}

#[derive(Template)]
#[template(path = "casefinding/item.html")]
struct ItemPage {
    layout: Layout,
    uid: String,
    name: String,
    status: Status,
    known: Vec<(&'static str, String)>,
    text: Vec<String>,
    lag_late: bool,
    age_late: bool,
    /// `In review, Rosa Registrar`; what became of it, with an address.
    standing: String,
    led_to: Option<(String, String)>,
    likely: Vec<LikelyPerson>,
    others: Vec<Other>,
    history: Vec<Told>,
    takes: bool,
    puts_back: bool,
    decides: bool,
    waits: bool,
    reopens: bool,
    held: bool,
    reasons: Field,
    comment: Field,
    recall: Field,
    wait_reason: Field,
    answer_reason: Field,
    reopen_reason: Field,
    link_reason: Field,
    merge_reason: Field,
    errors: FormErrors,
}

/// What just happened.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::casefinding) struct Happened {
    #[serde(default)]
    done: String,
}

impl Happened {
    fn notice(&self) -> Option<Notice> {
        Some(Notice::good(match self.done.as_str() {
            "kept" => "Kept. It is in the pool.",
            "take" => "You have this item.",
            "pool" => "It is in the pool again.",
            "reject" => "Rejected.",
            "merge" => "Merged into the other item. That is final.",
            "wait" => "It waits. It comes back by itself on its day.",
            "answer" => "It is in review again.",
            "link" => "Linked. Who works on the case finds a task there.",
            "reopen" => "Open again, and yours.",
            _ => return None,
        }))
    }
}

/// What was typed and refused: the step, and its fields.
#[derive(Default)]
struct Typed {
    pairs: Vec<(String, String)>,
    errors: FormErrors,
}

impl Typed {
    fn of(&self, name: &str) -> &str {
        self.pairs.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
    }

    /// A field of a form; it shows what was typed if that form was sent.
    fn field(&self, step: &str, name: &str, label: &str, control: Control, hint: &str) -> Field {
        let id = format!("{step}-{name}");
        Field::new(id.clone(), label, control).hint(hint).value(self.of(&id)).error(self.errors.of(&id))
    }
}

fn person_of(facts: &Facts, row: &ItemRow) -> Person {
    let items: Items = facts.person.iter().map(|(id, value)| (id.clone(), value.clone())).collect();
    Person { items, record_number: row.medical_record_number.clone() }
}

fn person_facts(facts: &Facts, row: &ItemRow) -> Vec<(&'static str, String)> {
    let number = |id| if facts.of(id).is_empty() { String::new() } else { "given".to_owned() };
    let sex = match facts.of(names::SEX_ASSIGNED_AT_BIRTH) {
        "1" => "male".to_owned(),
        "2" => "female".to_owned(),
        _ => String::new(),
    };
    vec![
        ("Born", iso(facts.of(names::DATE_OF_BIRTH))),
        ("Sex assigned at birth", sex),
        ("Medical record number", row.medical_record_number.clone()),
        ("Social security number", number(names::SOCIAL_SECURITY_NUMBER)),
    ]
}

fn history(tx: &mut Tx<'_>, desk: &Desk, row: &ItemRow) -> Result<Vec<Told>, PageError> {
    let scope = tx.scope()?;
    let state = |word: &str| ItemState::parse(word).map_or("", ItemState::label).to_owned();
    let mut told = Vec::new();
    for e in store::events(tx.conn(), scope, row.id)? {
        let what = match (e.event.as_str(), e.before.as_str()) {
            ("arrived", _) => format!("Came in: {}", state(&e.after)),
            ("rejected", _) => {
                let why = RejectReason::parse(&e.code).map_or("", RejectReason::label);
                format!("{} to {}: {why}", state(&e.before), state(&e.after))
            }
            ("waiting", _) => format!("{} to {}, until {}", state(&e.before), state(&e.after), e.code),
            _ => format!("{} to {}", state(&e.before), state(&e.after)),
        };
        told.push(Told { at: desk.facility.clock_words(e.at), by: e.by, what, reason: e.reason });
    }
    if row.stored_state() == ItemState::Waiting
        && let (ItemState::InReview, Some(on)) = (row.state_on(desk.today), row.recall_on)
    {
        let what = format!("{} to {}", ItemState::Waiting, ItemState::InReview);
        told.push(Told {
            at: on.to_string(),
            by: "recall date".to_owned(),
            what,
            reason: "the day is here".to_owned(),
        });
    }
    Ok(told)
}

fn led_to(tx: &mut Tx<'_>, row: &ItemRow) -> Result<Option<(String, String)>, PageError> {
    let scope = tx.scope()?;
    if let Some(key) = row.tumor_id {
        return Ok(tumor::by_key(tx.conn(), scope, key)?
            .filter(|t| !t.voided)
            .map(|t| ("Open the case".to_owned(), format!("/abstracts/{}", t.uid))));
    }
    let Some(key) = row.merged_into else { return Ok(None) };
    let other = store::by_key(tx.conn(), scope, key)?;
    Ok(other.map(|o| ("Open the other item".to_owned(), format!("/suspense/{}", o.uid))))
}

fn others(tx: &mut Tx<'_>, desk: &Desk, row: &ItemRow) -> Result<Vec<Other>, PageError> {
    let scope = tx.scope()?;
    let rows = store::others(tx.conn(), scope, row)?;
    rows.into_iter()
        .map(|o| {
            let (facts, state) = (o.facts()?, o.state_on(desk.today));
            Ok(Other {
                words: format!(
                    "{}, {}, {}: {}",
                    name(&facts, &o),
                    o.source().label(),
                    iso(&o.event_date),
                    facts.screened.words
                ),
                status: state.status(),
                fits: state != ItemState::Merged,
                uid: o.uid,
            })
        })
        .collect()
}

fn item_page(
    tx: &mut Tx<'_>,
    app: &App,
    acting: &Acting,
    uid: &str,
    typed: &Typed,
    notice: Option<Notice>,
) -> Result<ItemPage, PageError> {
    let desk = desk_of(tx, app)?;
    let scope = tx.scope()?;
    let row = store::by_uid(tx.conn(), scope, uid)?.ok_or(PageError::NotFound)?;
    let (facts, state) = (row.facts()?, row.state_on(desk.today));
    let likely = match state.phase() {
        "decided" => Vec::new(),
        _ => likely_here(tx, &person_of(&facts, &row))?,
    };
    tx.record(
        Event::new(AuditAction::ViewSuspense).patients(likely.iter().map(|p| p.key)).detail(uid.to_owned()),
    );
    let writes = permits(acting, Action::EditAbstract);
    let who = act::who(tx, &row);
    let may = writes && (who.free || who.supervisor);
    let arrived = desk.facility.day_of(row.arrived_at);
    let decided = row.decided_at.map(|at| desk.facility.day_of(at));
    let age = clocks::age(arrived, decided, desk.today);
    let lag = PartialDate::parse(&row.event_date).ok().map(|on| clocks::lag(on, arrived));
    let owner = row.owner_id.map(|id| accounts::by_id(tx.conn(), id).map(|a| a.name)).transpose()?;
    let standing = match (&owner, state) {
        (Some(owner), ItemState::Waiting) => {
            format!("{owner}, until {}", row.recall_on.map(|d| d.to_string()).unwrap_or_default())
        }
        (Some(owner), _) => owner.clone(),
        (None, ItemState::New) => "in the pool".to_owned(),
        (None, _) => String::new(),
    };
    let mut source = vec![
        ("Source", row.source().label().to_owned()),
        ("Number at the source", row.source_id.clone()),
        ("Specimen or visit", iso(&row.event_date)),
        ("ICD-10-CM", facts.code.clone()),
        (
            "Screening",
            format!(
                "{}. {}",
                if facts.screened.candidate { "Candidate" } else { "Not a candidate" },
                facts.screened.words
            ),
        ),
        ("Rule", facts.screened.rule.clone()),
        (
            "Came in",
            format!(
                "{arrived}, {} after specimen or visit (target {TARGET_LAG} days)",
                lag.map(clocks::Days::words).unwrap_or_default()
            ),
        ),
        ("Age", format!("{} (target {TARGET_AGE} days)", age.words())),
    ];
    if !row.source_system.is_empty() {
        source.insert(1, ("Laboratory or system", row.source_system.clone()));
    }
    let days = decided.map_or(0, |d| (desk.today - d).num_days());
    let supervisor = acting.is(Role::Supervisor);
    let reasons =
        RejectReason::ALL.map(|r| Answer { value: r.word().to_owned(), label: r.label().to_owned() });
    let area = |step: &str, label: &str| {
        typed.field(step, "reason", label, Control::Area { rows: 2 }, "At least 10 characters.")
    };
    let title = if typed.errors.is_empty() { "Possible case" } else { "Error: Possible case" };
    Ok(ItemPage {
        uid: row.uid.clone(),
        name: name(&facts, &row),
        status: state.status(),
        known: person_facts(&facts, &row).into_iter().chain(source).collect(),
        text: facts.text.lines().map(str::to_owned).collect(),
        lag_late: lag.is_some_and(|l| l.late),
        age_late: age.late,
        standing,
        led_to: led_to(tx, &row)?,
        likely,
        others: others(tx, &desk, &row)?,
        history: history(tx, &desk, &row)?,
        takes: writes && (state == ItemState::New || (state == ItemState::ScreenedOut && supervisor)),
        puts_back: may && matches!(state, ItemState::InReview | ItemState::Waiting),
        decides: may && state == ItemState::InReview,
        waits: may && state == ItemState::Waiting,
        reopens: writes
            && matches!(state, ItemState::Rejected | ItemState::Linked)
            && (supervisor || days <= crate::casefinding::state::REOPEN_DAYS),
        held: writes && !may && matches!(state, ItemState::InReview | ItemState::Waiting),
        reasons: typed.field("reject", "code", "Why it is no case", Control::Radio(reasons.into()), ""),
        comment: typed.field(
            "reject",
            "reason",
            "Comment",
            Control::Area { rows: 2 },
            "At least 10 characters for history, already accessioned, not required and insufficient.",
        ),
        recall: typed.field(
            "wait",
            "until",
            "Look again on",
            Control::Date,
            &format!("At most {LONGEST_WAIT} days ahead."),
        ),
        wait_reason: area("wait", "What it waits for"),
        answer_reason: area("answer", "What came"),
        reopen_reason: area("reopen", "Why it is opened again"),
        link_reason: area("link", "Why it belongs there"),
        merge_reason: typed.field("merge", "reason", "Remark", Control::Text, "If there is one."),
        errors: typed.errors.clone(),
        layout: desk.layout.titled(title).at(Place::Abstracts).wide(Width::Wide).with_notice(notice),
    })
}

/// `GET /suspense/{item}`.
pub(in crate::casefinding) async fn show(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<SuspenseId>,
    happened: web::Query<Happened>,
) -> PageResult {
    let shown = app
        .blocking(move |app| {
            app.db.view(&acting, |tx| {
                item_page(tx, app, &acting, &id.to_string(), &Typed::default(), happened.notice())
            })
        })
        .await?;
    page(&shown)
}

/// The step that a form asks for, the field that names a refusal, and the reason given with it.
fn asked(desk: &Desk, typed: &Typed, what: &str) -> Result<(Step, &'static str, String), FormErrors> {
    let reason = typed.of(&format!("{what}-reason")).to_owned();
    Ok(match what {
        "take" => (Step::Take, "", reason),
        "pool" => (Step::PutBack, "", reason),
        "answer" => (Step::Answer, "answer-reason", reason),
        "reject" => {
            let code = RejectReason::parse(typed.of("reject-code"));
            let field = if code.is_some() { "reject-reason" } else { "reject-code" };
            (Step::Reject(code), field, reason)
        }
        "merge" => (Step::Merge(typed.of("other").to_owned()), "merge-reason", reason),
        "link" => (Step::Link(typed.of("case").to_owned()), "link-reason", reason),
        "reopen" => (Step::Reopen, "reopen-reason", reason),
        _ => {
            let mut errors = FormErrors::default();
            let read =
                PartialDate::parse_typed(typed.of("wait-until"), desk.today, desk.facility.slash_order)
                    .map_err(|e| e.to_string())
                    .and_then(|d| {
                        d.and_then(PartialDate::day)
                            .ok_or_else(|| "Enter a whole day, for instance 2026-12-01.".to_owned())
                    });
            let until = errors.take("wait-until", "Look again on", read);
            let until = errors.or(until)?;
            let far = !(1..=LONGEST_WAIT).contains(&(until - desk.today).num_days());
            (Step::Wait(until), if far { "wait-until" } else { "wait-reason" }, reason)
        }
    })
}

/// `POST /suspense/{item}`: one step.
pub(in crate::casefinding) async fn act(
    app: web::Data<App>,
    acting: Acting,
    id: web::Path<SuspenseId>,
    Pairs(pairs): Pairs,
) -> PageResult {
    const STEPS: [&str; 8] = ["take", "pool", "answer", "reject", "merge", "wait", "link", "reopen"];
    let asked_for = pairs.iter().find(|(n, _)| n == "do").map_or("", |(_, v)| v.as_str());
    let Some(what) = STEPS.into_iter().find(|s| *s == asked_for) else {
        return Err(PageError::BadRequest(format!("“{asked_for}” is not a step of an item.")));
    };
    let uid = id.to_string();
    let answer = app
        .blocking(move |app| {
            app.db.write(&acting, |tx| {
                let desk = desk_of(tx, app)?;
                let mut typed = Typed { pairs: pairs.clone(), errors: FormErrors::default() };
                let mut told = None;
                match asked(&desk, &typed, what) {
                    Err(errors) => typed.errors = errors,
                    Ok((wanted, field, reason)) => match step(tx, desk.now, &uid, &wanted, &reason)? {
                        Ok(()) => {
                            return Ok::<_, PageError>(FormAnswer::GoTo(format!(
                                "/suspense/{uid}?done={what}"
                            )));
                        }
                        Err(refused) if field.is_empty() => told = Some(Notice::error(refused.to_string())),
                        Err(refused) => typed.errors.add(field, "What is in the way", refused),
                    },
                }
                Ok(FormAnswer::Again(item_page(tx, app, &acting, &uid, &typed, told)?))
            })
        })
        .await?;
    answer.send()
}
