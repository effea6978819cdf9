//! The statements of the one writer.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{Why, body::Body};
use crate::{
    access::{Actor, Scope},
    db::{
        Conn, StoreError,
        schema::{patient, patient_name, patient_version, submission_item, tumor, tumor_version},
    },
    patient::{PatientRow, SearchName},
    tumor::TumorRow,
};

pub(super) fn insert_patient(conn: &mut Conn, row: &PatientRow) -> Result<i64, StoreError> {
    Ok(diesel::insert_into(patient::table).values(row).returning(patient::id).get_result(conn)?)
}

pub(super) fn update_patient(conn: &mut Conn, row: &PatientRow) -> Result<(), StoreError> {
    diesel::update(patient::table.find(row.id)).set(row).execute(conn)?;
    Ok(())
}

pub(super) fn insert_tumor(conn: &mut Conn, row: &TumorRow) -> Result<i64, StoreError> {
    Ok(diesel::insert_into(tumor::table).values(row).returning(tumor::id).get_result(conn)?)
}

pub(super) fn update_tumor(conn: &mut Conn, row: &TumorRow) -> Result<(), StoreError> {
    diesel::update(tumor::table.find(row.id)).set(row).execute(conn)?;
    Ok(())
}

/// Replaces the names a patient is found by.
pub(super) fn set_names(
    conn: &mut Conn,
    id: i64,
    facility: i64,
    names: &[SearchName],
) -> Result<(), StoreError> {
    diesel::delete(patient_name::table.filter(patient_name::patient_id.eq(id))).execute(conn)?;
    add_names(conn, id, facility, names)
}

/// Adds the names of a new patient.
pub(super) fn add_names(
    conn: &mut Conn,
    id: i64,
    facility: i64,
    names: &[SearchName],
) -> Result<(), StoreError> {
    for name in names {
        diesel::insert_into(patient_name::table)
            .values((
                patient_name::patient_id.eq(id),
                patient_name::facility_id.eq(facility),
                patient_name::kind.eq(name.kind),
                patient_name::last_key.eq(&name.last_key),
                patient_name::first_key.eq(&name.first_key),
                patient_name::sound.eq(&name.sound),
            ))
            .execute(conn)?;
    }
    Ok(())
}

pub(super) fn add_patient_version(
    conn: &mut Conn,
    row: &PatientRow,
    body: &Body,
    actor: &Actor,
    at: DateTime<Utc>,
    why: &Why,
) -> Result<(), StoreError> {
    diesel::insert_into(patient_version::table)
        .values((
            patient_version::patient_id.eq(row.id),
            patient_version::version.eq(row.version),
            patient_version::at.eq(at.naive_utc()),
            patient_version::actor_name.eq(&actor.name),
            patient_version::account_id.eq(actor.account()),
            patient_version::source.eq(why.source),
            patient_version::reason.eq(&why.reason),
            patient_version::body.eq(body.pack()),
        ))
        .execute(conn)?;
    flag_patient_sent(conn, row.id)
}

pub(super) fn add_tumor_version(
    conn: &mut Conn,
    row: &TumorRow,
    body: &Body,
    actor: &Actor,
    at: DateTime<Utc>,
    why: &Why,
) -> Result<(), StoreError> {
    diesel::insert_into(tumor_version::table)
        .values((
            tumor_version::tumor_id.eq(row.id),
            tumor_version::version.eq(row.version),
            tumor_version::patient_id.eq(row.patient_id),
            tumor_version::at.eq(at.naive_utc()),
            tumor_version::actor_name.eq(&actor.name),
            tumor_version::account_id.eq(actor.account()),
            tumor_version::source.eq(why.source),
            tumor_version::reason.eq(&why.reason),
            tumor_version::body.eq(body.pack()),
        ))
        .execute(conn)?;
    flag_case_sent(conn, row.id)
}

/// Patients of a facility in key order, for going through all of them.
pub(super) fn patients_after(
    conn: &mut Conn,
    scope: Scope,
    after: i64,
    most: i64,
) -> Result<Vec<PatientRow>, StoreError> {
    Ok(patient::table
        .filter(patient::facility_id.eq(scope.facility()).and(patient::id.gt(after)))
        .order(patient::id)
        .limit(most)
        .load(conn)?)
}

/// Notes that a case was changed since it was sent to the central registry.
fn flag_case_sent(conn: &mut Conn, tumor_id: i64) -> Result<(), StoreError> {
    let sent = submission_item::tumor_id.eq(tumor_id).and(submission_item::standing.eq("sent"));
    diesel::update(submission_item::table.filter(sent))
        .set(submission_item::standing.eq("changed"))
        .execute(conn)?;
    Ok(())
}

/// The same for all cases of a patient who changed.
fn flag_patient_sent(conn: &mut Conn, patient_id: i64) -> Result<(), StoreError> {
    let cases = tumor::table.filter(tumor::patient_id.eq(patient_id)).select(tumor::id);
    let sent = submission_item::tumor_id.eq_any(cases).and(submission_item::standing.eq("sent"));
    diesel::update(submission_item::table.filter(sent))
        .set(submission_item::standing.eq("changed"))
        .execute(conn)?;
    Ok(())
}
