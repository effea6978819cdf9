//! Drafts, the accession counter and lists of cases.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::{
    accession::{AccessionNumber, LAST_IN_YEAR},
    list::{Case, Filter, Owner},
    state::AbstractState,
};
use crate::{
    access::Scope,
    db::{
        Conn, StoreError,
        schema::{accession_counter, draft, facility, membership, patient, patient_name, tumor},
    },
    facility::Facility,
    patient::PatientRow,
};

/// Typing not yet saved. The content is sealed.
#[derive(Clone, Debug, Queryable)]
pub(super) struct DraftRow {
    pub(super) id: i64,
    pub(super) uid: String,
    pub(super) sealed: Vec<u8>,
    pub(super) changed_at: NaiveDateTime,
}

/// Whose draft, of what.
#[derive(Clone, Copy, Debug)]
pub(super) struct DraftKey<'a> {
    pub(super) account: i64,
    pub(super) tumor: Option<i64>,
    pub(super) about: &'a str,
}

/// The owner's draft of a page.
pub(super) fn draft_of(
    conn: &mut Conn,
    scope: Scope,
    key: DraftKey<'_>,
) -> Result<Option<DraftRow>, StoreError> {
    let Some(tumor) = key.tumor else { return Ok(None) };
    Ok(draft::table
        .filter(draft::account_id.eq(key.account).and(draft::facility_id.eq(scope.facility())))
        .filter(draft::tumor_id.eq(tumor).and(draft::about.eq(key.about)))
        .select((draft::id, draft::uid, draft::sealed, draft::changed_at))
        .first(conn)
        .optional()?)
}

/// The owner's draft with this public id.
pub(super) fn draft_by_uid(
    conn: &mut Conn,
    scope: Scope,
    account: i64,
    uid: &str,
) -> Result<Option<DraftRow>, StoreError> {
    Ok(draft::table
        .filter(draft::account_id.eq(account).and(draft::facility_id.eq(scope.facility())))
        .filter(draft::uid.eq(uid))
        .select((draft::id, draft::uid, draft::sealed, draft::changed_at))
        .first(conn)
        .optional()?)
}

/// A draft to be kept.
pub(super) struct NewDraft<'a> {
    pub(super) uid: &'a str,
    pub(super) patient: Option<i64>,
    pub(super) base_version: i32,
    pub(super) sealed: Vec<u8>,
    pub(super) at: DateTime<Utc>,
}

/// Keeps a draft.
pub(super) fn insert_draft(
    conn: &mut Conn,
    scope: Scope,
    key: DraftKey<'_>,
    new: &NewDraft<'_>,
) -> Result<(), StoreError> {
    diesel::insert_into(draft::table)
        .values((
            draft::uid.eq(new.uid),
            draft::account_id.eq(key.account),
            draft::facility_id.eq(scope.facility()),
            draft::patient_id.eq(new.patient),
            draft::tumor_id.eq(key.tumor),
            draft::about.eq(key.about),
            draft::base_version.eq(new.base_version),
            draft::sealed.eq(&new.sealed),
            draft::created_at.eq(new.at.naive_utc()),
            draft::changed_at.eq(new.at.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Keeps newer typing in place of older.
pub(super) fn update_draft(
    conn: &mut Conn,
    id: i64,
    base_version: i32,
    sealed: &[u8],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    diesel::update(draft::table.find(id))
        .set((
            draft::base_version.eq(base_version),
            draft::sealed.eq(sealed),
            draft::changed_at.eq(at.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Throws a draft away.
pub(super) fn delete_draft(conn: &mut Conn, id: i64) -> Result<(), StoreError> {
    diesel::delete(draft::table.find(id)).execute(conn)?;
    Ok(())
}

/// Takes the next accession number of a facility and year; never one that a case has already.
///
/// A counter that does not exist begins after the highest number that came by import.
pub(super) fn next_accession(
    conn: &mut Conn,
    scope: Scope,
    year: i32,
) -> Result<AccessionNumber, StoreError> {
    let here = accession_counter::facility_id.eq(scope.facility()).and(accession_counter::year.eq(year));
    let kept: Option<i32> = accession_counter::table
        .filter(here)
        .select(accession_counter::next_number)
        .first(conn)
        .optional()?;
    let mut order = match kept {
        Some(next) => u32::try_from(next).unwrap_or(1),
        None => highest_of_year(conn, scope, year)? + 1,
    };
    let full = || StoreError::Refused(format!("all accession numbers of {year} are used up"));
    let number = loop {
        let number = AccessionNumber::new(year, order.max(1)).map_err(|_| full())?;
        let taken: i64 = tumor::table
            .filter(
                tumor::facility_id.eq(scope.facility()).and(tumor::accession_number.eq(number.to_string())),
            )
            .count()
            .get_result(conn)?;
        if taken == 0 {
            break number;
        }
        order = number.order + 1;
    };
    let next = i32::try_from(number.order.min(LAST_IN_YEAR)).unwrap_or(i32::MAX) + 1;
    if kept.is_some() {
        diesel::update(accession_counter::table.filter(here))
            .set(accession_counter::next_number.eq(next))
            .execute(conn)?;
    } else {
        diesel::insert_into(accession_counter::table)
            .values((
                accession_counter::facility_id.eq(scope.facility()),
                accession_counter::year.eq(year),
                accession_counter::next_number.eq(next),
            ))
            .execute(conn)?;
    }
    Ok(number)
}

fn highest_of_year(conn: &mut Conn, scope: Scope, year: i32) -> Result<u32, StoreError> {
    let highest: Option<String> = tumor::table
        .filter(tumor::facility_id.eq(scope.facility()))
        .filter(tumor::accession_number.ge(format!("{year:04}00000")))
        .filter(tumor::accession_number.le(format!("{year:04}99999")))
        .select(diesel::dsl::max(tumor::accession_number))
        .first(conn)?;
    Ok(highest.and_then(|a| a.parse::<AccessionNumber>().ok()).map_or(0, |a| a.order))
}

/// Number of cases by state; voided ones are left out.
pub(super) fn count_by_state(
    conn: &mut Conn,
    scope: Scope,
    owner: Owner,
) -> Result<Vec<(String, i64)>, StoreError> {
    let here = tumor::table
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::voided.eq(false)))
        .group_by(tumor::state)
        .select((tumor::state, diesel::dsl::count_star()));
    Ok(match owner {
        Owner::Everybody => here.load(conn)?,
        Owner::Account(id) => here.filter(tumor::owner_id.eq(id)).load(conn)?,
        Owner::Pool => here.filter(tumor::owner_id.is_null()).load(conn)?,
    })
}

/// Cases of a filter, the nearest deadline first, those without one last.
pub(super) fn cases(
    conn: &mut Conn,
    scope: Scope,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Case>, StoreError> {
    let places = places(conn, scope, filter, limit)?;
    let ids: Vec<i64> = places.iter().map(|(_, id)| *id).collect();
    let mut cases: Vec<Case> = tumor::table
        .inner_join(patient::table.on(patient::id.eq(tumor::patient_id)))
        .left_join(
            membership::table.on(membership::account_id
                .nullable()
                .eq(tumor::owner_id)
                .and(membership::facility_id.eq(tumor::facility_id))),
        )
        .filter(tumor::facility_id.eq(scope.facility()).and(tumor::id.eq_any(ids)))
        .select((
            tumor::id,
            tumor::uid,
            tumor::patient_id,
            patient::name_last,
            patient::name_first,
            tumor::primary_site,
            tumor::state,
            tumor::abstract_due,
            tumor::accession_number,
            membership::initials.nullable(),
        ))
        .load(conn)?;
    cases.sort_by_key(|case| (case.due.is_none(), case.due, case.id));
    Ok(cases)
}

/// Days and keys of the cases of a page. Each state is read in the order of an index, and the first of
/// all states are taken, so that no page sorts more than it shows.
fn places(
    conn: &mut Conn,
    scope: Scope,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<(Option<NaiveDate>, i64)>, StoreError> {
    let of_state = |state: &'static str| {
        let here = tumor::table
            .filter(tumor::facility_id.eq(scope.facility()).and(tumor::voided.eq(false)))
            .filter(tumor::state.eq(state))
            .select((tumor::abstract_due, tumor::id))
            .limit(limit)
            .into_boxed();
        match filter.owner {
            Owner::Everybody => here,
            Owner::Account(id) => here.filter(tumor::owner_id.eq(id)),
            Owner::Pool => here.filter(tumor::owner_id.is_null()),
        }
    };
    let most = usize::try_from(limit).unwrap_or(0);
    let mut places: Vec<(Option<NaiveDate>, i64)> = Vec::new();
    if !matches!(filter.after, Some((None, _))) {
        for state in &filter.states {
            let mut dated = of_state(state.word())
                .filter(tumor::abstract_due.is_not_null())
                .order((tumor::abstract_due, tumor::id));
            if let Some((Some(due), id)) = filter.after {
                dated = dated
                    .filter(tumor::abstract_due.ge(due))
                    .filter(tumor::abstract_due.gt(due).or(tumor::id.gt(id)));
            }
            places.extend(dated.load::<(Option<NaiveDate>, i64)>(conn)?);
        }
        places.sort_unstable();
        places.truncate(most);
    }
    if places.len() < most {
        let mut undated = Vec::new();
        for state in &filter.states {
            let mut rest = of_state(state.word()).filter(tumor::abstract_due.is_null()).order(tumor::id);
            if let Some((None, id)) = filter.after {
                rest = rest.filter(tumor::id.gt(id));
            }
            undated.extend(rest.load::<(Option<NaiveDate>, i64)>(conn)?);
        }
        undated.sort_unstable();
        places.extend(undated);
        places.truncate(most);
    }
    Ok(places)
}

/// What is known of a person before a case is made.
#[derive(Clone, Debug, Default)]
pub(super) struct Likely<'a> {
    pub(super) last_key: &'a str,
    pub(super) sound: &'a str,
    pub(super) birth_date: &'a str,
    pub(super) social_security_number: &'a str,
    pub(super) record_number: &'a str,
}

/// Active patients who share the family name, how it sounds, the birth date or a number.
pub(super) fn likely(
    conn: &mut Conn,
    scope: Scope,
    person: &Likely<'_>,
    limit: i64,
) -> Result<Vec<PatientRow>, StoreError> {
    let here = scope.facility();
    let mut keys: Vec<i64> = Vec::new();
    if !person.social_security_number.is_empty() {
        keys.extend(
            patient::table
                .filter(patient::facility_id.eq(here))
                .filter(patient::social_security_number.eq(person.social_security_number))
                .select(patient::id)
                .limit(limit)
                .load::<i64>(conn)?,
        );
    }
    if !person.record_number.is_empty() {
        keys.extend(
            tumor::table
                .filter(tumor::facility_id.eq(here).and(tumor::voided.eq(false)))
                .filter(tumor::medical_record_number.eq(person.record_number))
                .select(tumor::patient_id)
                .limit(limit)
                .load::<i64>(conn)?,
        );
    }
    if !person.birth_date.is_empty() {
        keys.extend(
            patient::table
                .filter(patient::facility_id.eq(here).and(patient::birth_date.eq(person.birth_date)))
                .select(patient::id)
                .limit(limit * 4)
                .load::<i64>(conn)?,
        );
    }
    if !person.last_key.is_empty() {
        let named = patient_name::table.filter(patient_name::facility_id.eq(here));
        keys.extend(
            named
                .filter(patient_name::last_key.eq(person.last_key))
                .select(patient_name::patient_id)
                .limit(limit * 4)
                .load::<i64>(conn)?,
        );
        if !person.sound.is_empty() {
            keys.extend(
                named
                    .filter(patient_name::sound.eq(person.sound))
                    .select(patient_name::patient_id)
                    .limit(limit * 4)
                    .load::<i64>(conn)?,
            );
        }
    }
    keys.sort_unstable();
    keys.dedup();
    Ok(patient::table
        .filter(patient::facility_id.eq(here).and(patient::id.eq_any(keys)))
        .filter(patient::state.eq("active"))
        .order(patient::id)
        .load(conn)?)
}

/// A `patientIdNumber` [20] that no patient of the facility has: eight digits, the highest given so far and one.
/// `None` if no number is left. Two who ask at once wait for each other.
pub(super) fn next_patient_number(conn: &mut Conn, scope: Scope) -> Result<Option<String>, StoreError> {
    // The row is only held: on PostgreSQL the second of two writers then starts over and sees the first one's patient.
    diesel::update(facility::table.find(scope.facility()))
        .set(facility::version.eq(facility::version))
        .execute(conn)?;
    let numbers = patient::table.filter(patient::facility_id.eq(scope.facility()));
    let highest: Option<String> = numbers
        .filter(patient::patient_id_number.ge("00000000").and(patient::patient_id_number.le("99999999")))
        .select(diesel::dsl::max(patient::patient_id_number))
        .first(conn)?;
    // What stands highest may come from elsewhere and hold letters: then the free number is looked for.
    let highest = highest.filter(|n| n.len() == 8).and_then(|n| n.parse::<u32>().ok()).unwrap_or(0);
    for next in highest + 1..=99_999_999 {
        let number = format!("{next:08}");
        let taken = numbers.filter(patient::patient_id_number.eq(&number));
        if !diesel::select(diesel::dsl::exists(taken)).get_result::<bool>(conn)? {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// The words of the states in which a case is worked on, as a list in SQL.
pub(crate) fn open_states() -> String {
    AbstractState::OPEN.map(|state| format!("'{}'", state.word())).join(", ")
}

/// A question to a physician about an item of a case that is not settled.
#[derive(Clone, Debug, Queryable)]
pub(super) struct OpenQuestion {
    pub(super) uid: String,
    pub(super) item: String,
    /// `open` or `answered`.
    pub(super) state: String,
    pub(super) physician: String,
    pub(super) asked_at: chrono::NaiveDateTime,
}

impl OpenQuestion {
    /// Address and words of a question, beside its field.
    pub(super) fn remark(&self, here: &Facility, case: &str) -> (String, String) {
        let words = match self.state.as_str() {
            "answered" => format!("{} answered a question about this", self.physician),
            _ => format!("{} was asked about this on {}", self.physician, here.day_of(self.asked_at)),
        };
        (format!("/abstracts/{case}/queries/{}", self.uid), words)
    }
}

/// Questions about a case that wait for an answer or for a decision about one.
pub(super) fn open_questions(
    conn: &mut Conn,
    scope: Scope,
    tumor: i64,
) -> Result<Vec<OpenQuestion>, StoreError> {
    use crate::db::schema::physician_query as q;
    Ok(q::table
        .filter(q::facility_id.eq(scope.facility()).and(q::tumor_id.eq(tumor)))
        .filter(q::state.eq("open").or(q::state.eq("answered")))
        .order(q::id)
        .select((q::uid, q::item, q::state, q::recipient_name, q::asked_at))
        .load(conn)?)
}
