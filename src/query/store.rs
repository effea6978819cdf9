//! Rows of questions to physicians.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::rules::State;
use crate::{
    access::Scope,
    db::{
        Conn, StoreError, Tx,
        schema::{patient, physician_query, tumor},
    },
};

/// A question.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = physician_query)]
pub(super) struct QueryRow {
    pub(super) id: i64,
    pub(super) uid: String,
    pub(super) facility_id: i64,
    pub(super) tumor_id: i64,
    pub(super) item: String,
    pub(super) question: String,
    pub(super) choices: String,
    pub(super) recipient_name: String,
    pub(super) recipient_email: String,
    pub(super) due_on: NaiveDate,
    pub(super) asked_at: NaiveDateTime,
    pub(super) asked_account_id: Option<i64>,
    pub(super) asked_by: String,
    pub(super) state: String,
    pub(super) salt: String,
    pub(super) link_until: NaiveDateTime,
    pub(super) codes: i32,
    pub(super) code_until: Option<NaiveDateTime>,
    pub(super) pass_hash: String,
    pub(super) pass_until: Option<NaiveDateTime>,
    pub(super) opened_at: Option<NaiveDateTime>,
    pub(super) answered_at: Option<NaiveDateTime>,
    pub(super) answer_value: String,
    pub(super) answer_text: String,
    pub(super) settled_at: Option<NaiveDateTime>,
    pub(super) settled_by: String,
    pub(super) settled_reason: String,
}

impl QueryRow {
    /// Where it stands; a word that no program of ours wrote counts as withdrawn, so that it opens nothing.
    pub(super) fn state(&self) -> State {
        State::parse(&self.state).unwrap_or(State::Withdrawn)
    }

    /// The choices offered.
    pub(super) fn choices(&self) -> Result<Vec<super::rules::Choice>, StoreError> {
        serde_json::from_str(&self.choices).map_err(|e| StoreError::Unreadable {
            what: "choices of a question",
            why: format!("{:?}", e.classify()),
        })
    }
}

/// A question to be asked.
#[derive(Clone, Debug)]
pub(super) struct NewQuery<'a> {
    pub(super) tumor: i64,
    pub(super) item: &'a str,
    pub(super) question: &'a str,
    /// JSON.
    pub(super) choices: &'a str,
    pub(super) name: &'a str,
    pub(super) email: &'a str,
    pub(super) due_on: NaiveDate,
    pub(super) salt: &'a str,
    pub(super) link_hash: &'a str,
    pub(super) link_until: DateTime<Utc>,
}

/// Keeps a question; gives its public id.
pub(super) fn insert(tx: &mut Tx<'_>, new: &NewQuery<'_>) -> Result<String, StoreError> {
    let (scope, uid, now) = (tx.scope()?, tx.new_id().to_string(), tx.now().naive_utc());
    let (account, by) = (tx.actor().account(), tx.actor().name.clone());
    diesel::insert_into(physician_query::table)
        .values((
            physician_query::uid.eq(&uid),
            physician_query::facility_id.eq(scope.facility()),
            physician_query::tumor_id.eq(new.tumor),
            physician_query::item.eq(new.item),
            physician_query::question.eq(new.question),
            physician_query::choices.eq(new.choices),
            physician_query::recipient_name.eq(new.name),
            physician_query::recipient_email.eq(new.email),
            physician_query::due_on.eq(new.due_on),
            physician_query::asked_at.eq(now),
            physician_query::asked_account_id.eq(account),
            physician_query::asked_by.eq(by),
            physician_query::state.eq(State::Open.word()),
            physician_query::salt.eq(new.salt),
            physician_query::link_hash.eq(new.link_hash),
            physician_query::link_until.eq(new.link_until.naive_utc()),
            physician_query::codes.eq(0),
            physician_query::code_tries.eq(0),
            physician_query::pass_hash.eq(""),
            physician_query::answer_value.eq(""),
            physician_query::answer_text.eq(""),
            physician_query::settled_by.eq(""),
            physician_query::settled_reason.eq(""),
        ))
        .execute(tx.conn())?;
    Ok(uid)
}

/// All questions about a case, the newest first.
pub(super) fn of_case(conn: &mut Conn, scope: Scope, tumor: i64) -> Result<Vec<QueryRow>, StoreError> {
    Ok(physician_query::table
        .filter(physician_query::facility_id.eq(scope.facility()).and(physician_query::tumor_id.eq(tumor)))
        .order(physician_query::id.desc())
        .select(QueryRow::as_select())
        .load(conn)?)
}

/// One question about a case.
pub(super) fn find(
    conn: &mut Conn,
    scope: Scope,
    tumor: i64,
    uid: &str,
) -> Result<Option<QueryRow>, StoreError> {
    Ok(physician_query::table
        .filter(physician_query::facility_id.eq(scope.facility()).and(physician_query::tumor_id.eq(tumor)))
        .filter(physician_query::uid.eq(uid))
        .select(QueryRow::as_select())
        .first(conn)
        .optional()?)
}

/// The open question behind a link that still works and whose case is in use, with the rows of its patient and case.
pub(super) fn by_link(
    conn: &mut Conn,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<(QueryRow, i64)>, StoreError> {
    Ok(physician_query::table
        .inner_join(tumor::table.inner_join(patient::table))
        .filter(physician_query::link_hash.eq(hash))
        .filter(physician_query::state.eq(State::Open.word()))
        .filter(physician_query::link_until.gt(now.naive_utc()))
        .filter(tumor::voided.eq(false).and(patient::state.eq("active")))
        .select((QueryRow::as_select(), patient::id))
        .first(conn)
        .optional()?)
}

/// Addressees of a facility so far, the newest first: name and address.
pub(super) fn addressees(conn: &mut Conn, scope: Scope) -> Result<Vec<(String, String)>, StoreError> {
    let rows: Vec<(String, String)> = physician_query::table
        .filter(physician_query::facility_id.eq(scope.facility()))
        .order(physician_query::id.desc())
        .limit(200)
        .select((physician_query::recipient_name, physician_query::recipient_email))
        .load(conn)?;
    let mut out: Vec<(String, String)> = Vec::new();
    for (name, email) in rows {
        if !out.iter().any(|(_, known)| *known == email) {
            out.push((name, email));
        }
    }
    Ok(out)
}

/// A line of the list: the question, public id of its case, row key and names of its patient, owner of the case.
pub(super) type Listed = (QueryRow, (String, Option<i64>), (i64, String, String));

/// Most questions of one state that the list shows.
pub(super) const SHOWN: usize = 200;

/// Questions of a facility in a state, the oldest first: all, or those that an account asked or whose case it owns.
/// At most one more than are [`SHOWN`].
pub(super) fn in_state(
    conn: &mut Conn,
    scope: Scope,
    state: State,
    of: Option<i64>,
) -> Result<Vec<Listed>, StoreError> {
    let mut rows = physician_query::table.inner_join(tumor::table.inner_join(patient::table)).into_boxed();
    if let Some(account) = of {
        rows = rows.filter(physician_query::asked_account_id.eq(account).or(tumor::owner_id.eq(account)));
    }
    Ok(rows
        .filter(
            physician_query::facility_id.eq(scope.facility()).and(physician_query::state.eq(state.word())),
        )
        .filter(tumor::voided.eq(false).and(patient::state.eq("active")))
        .order(physician_query::id)
        .limit(i64::try_from(SHOWN + 1).unwrap_or(i64::MAX))
        .select((
            QueryRow::as_select(),
            (tumor::uid, tumor::owner_id),
            (patient::id, patient::name_last, patient::name_first),
        ))
        .load(conn)?)
}

/// How many questions wait for somebody at the desk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Answers to own questions, or about own cases, that nobody decided about.
    pub answers: i64,
    /// Questions of the facility without an answer for four weeks.
    pub late: i64,
}

/// What of questions waits for a person.
pub fn waiting(conn: &mut Conn, scope: Scope, account: i64) -> Result<Waiting, StoreError> {
    let here = || {
        physician_query::table
            .inner_join(tumor::table.inner_join(patient::table))
            .filter(physician_query::facility_id.eq(scope.facility()))
            .filter(tumor::voided.eq(false).and(patient::state.eq("active")))
    };
    // Open questions are few: they are read, at most so many, where a count would need an index of its own.
    const MOST: i64 = 1000;
    let answers: Vec<i64> = here()
        .filter(physician_query::state.eq(State::Answered.word()))
        .filter(physician_query::asked_account_id.eq(account).or(tumor::owner_id.eq(account)))
        .select(physician_query::id)
        .limit(MOST)
        .load(conn)?;
    let late: Vec<i64> = here()
        .filter(physician_query::state.eq(State::Open.word()))
        .filter(physician_query::escalated_at.is_not_null())
        .select(physician_query::id)
        .limit(MOST)
        .load(conn)?;
    let count = |rows: Vec<i64>| i64::try_from(rows.len()).unwrap_or(MOST);
    let (answers, late) = (count(answers), count(late));
    Ok(Waiting { answers, late })
}

/// Gives an open question a fresh link; `false` when it is not open.
pub(super) fn renew(
    conn: &mut Conn,
    id: i64,
    salt: &str,
    link_hash: &str,
    until: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let open = physician_query::id.eq(id).and(physician_query::state.eq(State::Open.word()));
    let rows = diesel::update(physician_query::table.filter(open))
        .set((
            physician_query::salt.eq(salt),
            physician_query::link_hash.eq(link_hash),
            physician_query::link_until.eq(until.naive_utc()),
            physician_query::codes.eq(0),
            physician_query::code_until.eq(None::<NaiveDateTime>),
            physician_query::pass_hash.eq(""),
            physician_query::pass_until.eq(None::<NaiveDateTime>),
        ))
        .execute(conn)?;
    Ok(rows == 1)
}

/// Begins another code, if so many were asked for before; `false` when somebody was faster.
pub(super) fn next_code(
    conn: &mut Conn,
    id: i64,
    before: i32,
    until: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let open = physician_query::id
        .eq(id)
        .and(physician_query::state.eq(State::Open.word()))
        .and(physician_query::codes.eq(before));
    let rows = diesel::update(physician_query::table.filter(open))
        .set((
            physician_query::codes.eq(before + 1),
            physician_query::code_until.eq(Some(until.naive_utc())),
            physician_query::code_tries.eq(0),
        ))
        .execute(conn)?;
    Ok(rows == 1)
}

/// Counts a try of a code before the code is looked at; `false` when there is no code to try any more.
pub(super) fn count_try(conn: &mut Conn, id: i64, most: i32, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let may = physician_query::id
        .eq(id)
        .and(physician_query::state.eq(State::Open.word()))
        .and(physician_query::code_until.gt(Some(now.naive_utc())))
        .and(physician_query::code_tries.lt(most));
    let rows = diesel::update(physician_query::table.filter(may))
        .set(physician_query::code_tries.eq(physician_query::code_tries + 1))
        .execute(conn)?;
    Ok(rows == 1)
}

/// The code was right: it is spent, and the page that shows the question carries a pass.
pub(super) fn opened(
    conn: &mut Conn,
    row: &QueryRow,
    pass_hash: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<(), StoreError> {
    diesel::update(physician_query::table.find(row.id))
        .set((
            physician_query::code_until.eq(None::<NaiveDateTime>),
            physician_query::pass_hash.eq(pass_hash),
            physician_query::pass_until.eq(Some(until.naive_utc())),
            physician_query::opened_at.eq(Some(row.opened_at.unwrap_or(now.naive_utc()))),
        ))
        .execute(conn)?;
    Ok(())
}

/// Keeps the answer of whoever holds the pass; `false` when the question is not open any more.
pub(super) fn answered(
    conn: &mut Conn,
    id: i64,
    pass_hash: &str,
    value: &str,
    text: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let open = physician_query::id
        .eq(id)
        .and(physician_query::state.eq(State::Open.word()))
        .and(physician_query::pass_hash.eq(pass_hash))
        .and(physician_query::pass_until.gt(Some(now.naive_utc())));
    let rows = diesel::update(physician_query::table.filter(open))
        .set((
            physician_query::state.eq(State::Answered.word()),
            physician_query::answered_at.eq(Some(now.naive_utc())),
            physician_query::answer_value.eq(value),
            physician_query::answer_text.eq(text),
            physician_query::pass_hash.eq(""),
            physician_query::pass_until.eq(None::<NaiveDateTime>),
        ))
        .execute(conn)?;
    Ok(rows == 1)
}

/// Ends a question; `false` when it does not stand where it is thought to.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    id: i64,
    from: State,
    to: State,
    reason: &str,
) -> Result<bool, StoreError> {
    let (now, by) = (tx.now().naive_utc(), tx.actor().name.clone());
    let there = physician_query::id.eq(id).and(physician_query::state.eq(from.word()));
    let rows = diesel::update(physician_query::table.filter(there))
        .set((
            physician_query::state.eq(to.word()),
            physician_query::settled_at.eq(Some(now)),
            physician_query::settled_by.eq(by),
            physician_query::settled_reason.eq(reason),
        ))
        .execute(tx.conn())?;
    Ok(rows == 1)
}

/// Cases in progress of a facility with their owners, the newest first.
pub(super) fn cases_in_progress(conn: &mut Conn, scope: Scope) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(tumor::table
        .inner_join(patient::table)
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::state.eq("in_progress")))
        .filter(tumor::voided.eq(false).and(patient::state.eq("active")).and(tumor::owner_id.is_not_null()))
        .order(tumor::id.desc())
        .limit(200)
        .select((tumor::uid, tumor::owner_id.assume_not_null()))
        .load(conn)?)
}

/// Makes a question one that somebody asked some days ago, and answered if `answer` says so.
pub(super) fn set_back(
    conn: &mut Conn,
    uid: &str,
    account: i64,
    login: &str,
    at: NaiveDateTime,
    answer: Option<(&str, &str, NaiveDateTime)>,
) -> Result<(), StoreError> {
    let there = physician_query::uid.eq(uid);
    diesel::update(physician_query::table.filter(there))
        .set((
            physician_query::asked_at.eq(at),
            physician_query::asked_account_id.eq(Some(account)),
            physician_query::asked_by.eq(login),
        ))
        .execute(conn)?;
    if let Some((value, text, on)) = answer {
        diesel::update(physician_query::table.filter(there))
            .set((
                physician_query::state.eq(State::Answered.word()),
                physician_query::opened_at.eq(Some(on)),
                physician_query::answered_at.eq(Some(on)),
                physician_query::answer_value.eq(value),
                physician_query::answer_text.eq(text),
            ))
            .execute(conn)?;
    }
    Ok(())
}
