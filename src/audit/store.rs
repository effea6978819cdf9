//! Writing and reading events.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::event::{Event, Outcome};
use crate::{
    access::{Actor, ActorKind},
    db::{
        Conn, StoreError, each_backend,
        schema::{audit_event, audit_subject},
    },
};

#[derive(Insertable)]
#[diesel(table_name = audit_event)]
struct NewEvent<'a> {
    at: NaiveDateTime,
    actor_kind: &'a str,
    account_id: Option<i64>,
    actor_name: &'a str,
    session_id: Option<i64>,
    source: &'a str,
    facility_id: Option<i64>,
    action: &'a str,
    outcome: &'a str,
    fields: String,
    detail: String,
    request: &'a str,
    program: &'a str,
}

#[derive(Insertable)]
#[diesel(table_name = audit_subject, treat_none_as_default_value = false)]
struct NewSubject {
    event_id: i64,
    patient_id: i64,
    tumor_id: Option<i64>,
}

/// Adds events; called by the database layer only, inside its transaction.
pub(crate) fn append(
    conn: &mut Conn,
    actor: &Actor,
    now: DateTime<Utc>,
    events: &[Event],
) -> Result<(), StoreError> {
    for event in events {
        let row = NewEvent {
            at: now.naive_utc(),
            actor_kind: match actor.kind {
                ActorKind::Person { .. } => "person",
                ActorKind::Host => "host",
                ActorKind::Job => "job",
                ActorKind::Nobody => "nobody",
            },
            account_id: actor.account(),
            actor_name: &actor.name,
            session_id: actor.session(),
            source: &actor.source,
            facility_id: actor.scope().map(|s| s.facility()),
            action: event.action.word(),
            outcome: match event.outcome {
                Outcome::Done => "done",
                Outcome::Refused => "refused",
            },
            fields: event.fields.join(" "),
            detail: match actor.role_words() {
                roles if roles.is_empty() || !matches!(actor.kind, ActorKind::Person { .. }) => {
                    event.detail.clone()
                }
                roles if event.detail.is_empty() => format!("as {roles}"),
                roles => format!("{}; as {roles}", event.detail),
            },
            request: &actor.request,
            program: env!("CARGO_PKG_VERSION"),
        };
        let id: i64 = diesel::insert_into(audit_event::table)
            .values(&row)
            .returning(audit_event::id)
            .get_result(conn)?;
        let subjects: Vec<NewSubject> = event
            .subjects
            .iter()
            .map(|(patient_id, tumor_id)| NewSubject {
                event_id: id,
                patient_id: *patient_id,
                tumor_id: *tumor_id,
            })
            .collect();
        for some in subjects.chunks(200) {
            each_backend!(conn, |c| diesel::insert_into(audit_subject::table).values(some).execute(c))?;
        }
    }
    Ok(())
}
