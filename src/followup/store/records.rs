//! Records as the rules read them, for computing a whole facility anew.

use chrono::NaiveDateTime;
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Integer, Nullable, Text, Timestamp},
};

use super::statement::{Statement, Value};
use crate::{
    access::Scope,
    db::{Conn, StoreError},
    dictionary::Items,
};

/// A patient's record as the rules need it.
#[derive(Clone, Debug)]
pub(crate) struct RecordRow {
    /// Row key.
    pub(crate) id: i64,
    /// Public id.
    pub(crate) uid: String,
    /// `patientIdNumber`.
    pub(crate) patient_id_number: String,
    /// Smallest accession number.
    pub(crate) accession_number: String,
    /// Marked lost.
    pub(crate) lost: bool,
    /// Months instead of 12.
    pub(crate) short_interval: Option<i32>,
    /// Patient items.
    pub(crate) items: Items,
    /// Items of the cases that are not voided, in order of entry.
    pub(crate) tumors: Vec<Items>,
}

#[derive(QueryableByName)]
struct PatientRecord {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    uid: String,
    #[diesel(sql_type = Text)]
    patient_id_number: String,
    #[diesel(sql_type = Text)]
    accession_number: String,
    #[diesel(sql_type = Nullable<Timestamp>)]
    lost_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Integer>)]
    short_interval: Option<i32>,
    #[diesel(sql_type = Text)]
    items: String,
}

#[derive(QueryableByName)]
struct TumorRecord {
    #[diesel(sql_type = BigInt)]
    patient_id: i64,
    #[diesel(sql_type = Text)]
    items: String,
}

/// The records of some active patients, those after a row key.
pub(crate) fn records(
    conn: &mut Conn,
    scope: Scope,
    after: i64,
    most: i64,
) -> Result<Vec<RecordRow>, StoreError> {
    let mut s = Statement::new(
        "SELECT id, uid, patient_id_number, accession_number, lost_at, short_interval, items FROM patient WHERE ",
    );
    s.with(
        "facility_id = ? AND id > ? AND state = 'active' ORDER BY id LIMIT ?",
        [Value::Key(scope.facility()), Value::Key(after), Value::Key(most)],
    );
    let patients: Vec<PatientRecord> = s.load(conn)?;
    let (Some(first), Some(last)) = (patients.first(), patients.last()) else { return Ok(Vec::new()) };
    let mut s = Statement::new("SELECT patient_id, items FROM tumor WHERE ");
    s.with(
        "facility_id = ? AND patient_id >= ? AND patient_id <= ? AND voided = FALSE ORDER BY patient_id, id",
        [Value::Key(scope.facility()), Value::Key(first.id), Value::Key(last.id)],
    );
    let mut tumors = s.load::<TumorRecord>(conn)?.into_iter().peekable();
    let mut records = Vec::with_capacity(patients.len());
    for p in patients {
        let mut own = Vec::new();
        while let Some(tumor) = tumors.next_if(|t| t.patient_id <= p.id) {
            if tumor.patient_id == p.id {
                own.push(read_items(&tumor.items)?);
            }
        }
        records.push(RecordRow {
            id: p.id,
            uid: p.uid,
            patient_id_number: p.patient_id_number,
            accession_number: p.accession_number,
            lost: p.lost_at.is_some(),
            short_interval: p.short_interval,
            items: read_items(&p.items)?,
            tumors: own,
        });
    }
    Ok(records)
}

fn read_items(json: &str) -> Result<Items, StoreError> {
    Items::from_json(json)
        .map_err(|e| StoreError::Unreadable { what: "record", why: format!("{:?}", e.classify()) })
}
