//! Rows of facilities and accession counters.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::Facility;
use crate::{
    db::{
        Conn, StoreError, Tx, each_backend,
        schema::{accession_counter, facility},
    },
    partial_date::SlashOrder,
};

/// A row as stored; see [`Facility`].
#[derive(Clone, Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = facility)]
pub struct FacilityRow {
    #[diesel(skip_insertion, skip_update)]
    id: i64,
    uid: String,
    name: String,
    short_name: String,
    npi: String,
    fin: String,
    zone: String,
    slash_order: String,
    #[diesel(treat_none_as_null = true)]
    reference_date: Option<NaiveDate>,
    floor_date: NaiveDate,
    home_countries: String,
    follow_cns_benign: bool,
    follow_by_agreement: bool,
    centenarian: String,
    holidays: String,
    reply_to: String,
    auto_assign: bool,
    created_at: NaiveDateTime,
    version: i32,
    quality_review: bool,
}

impl FacilityRow {
    fn of(f: &Facility, created_at: NaiveDateTime, version: i32) -> Self {
        Self {
            id: f.key,
            uid: f.id.clone(),
            name: f.name.clone(),
            short_name: f.short_name.clone(),
            npi: f.npi.clone(),
            fin: f.fin.clone(),
            zone: f.zone.name().to_owned(),
            slash_order: match f.slash_order {
                SlashOrder::MonthFirst => "month_first",
                SlashOrder::DayFirst => "day_first",
            }
            .to_owned(),
            reference_date: f.reference_date,
            floor_date: f.floor_date,
            home_countries: f.home_countries.join(" "),
            follow_cns_benign: f.follow_cns_benign,
            follow_by_agreement: f.follow_by_agreement,
            centenarian: f.centenarian.clone(),
            holidays: f.holidays.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            reply_to: f.reply_to.clone(),
            auto_assign: f.auto_assign,
            created_at,
            version,
            quality_review: f.quality_review,
        }
    }

    fn read(self) -> Result<Facility, StoreError> {
        let bad = |what: &'static str| move |why: String| StoreError::Unreadable { what, why };
        Ok(Facility {
            key: self.id,
            id: self.uid,
            name: self.name,
            short_name: self.short_name,
            npi: self.npi,
            fin: self.fin,
            zone: self.zone.parse().map_err(|e: chrono_tz::ParseError| bad("time zone")(e.to_string()))?,
            slash_order: if self.slash_order == "day_first" {
                SlashOrder::DayFirst
            } else {
                SlashOrder::MonthFirst
            },
            reference_date: self.reference_date,
            floor_date: self.floor_date,
            home_countries: self.home_countries.split_whitespace().map(str::to_owned).collect(),
            follow_cns_benign: self.follow_cns_benign,
            follow_by_agreement: self.follow_by_agreement,
            centenarian: self.centenarian,
            holidays: self
                .holidays
                .split_whitespace()
                .map(str::parse)
                .collect::<Result<_, chrono::ParseError>>()
                .map_err(|e| bad("holiday")(e.to_string()))?,
            reply_to: self.reply_to,
            auto_assign: self.auto_assign,
            quality_review: self.quality_review,
            version: self.version,
        })
    }
}

pub(super) fn insert(tx: &mut Tx<'_>, f: &Facility) -> Result<i64, StoreError> {
    let row = FacilityRow::of(f, tx.now().naive_utc(), 1);
    let conn = tx.conn();
    Ok(diesel::insert_into(facility::table).values(&row).returning(facility::id).get_result(conn)?)
}

pub(super) fn update(conn: &mut Conn, f: &Facility) -> Result<bool, StoreError> {
    let created: NaiveDateTime = facility::table.find(f.key).select(facility::created_at).first(conn)?;
    let row = FacilityRow::of(f, created, f.version + 1);
    let changed = diesel::update(facility::table.find(f.key).filter(facility::version.eq(f.version)))
        .set(&row)
        .execute(conn)?;
    Ok(changed == 1)
}

pub(super) fn get(conn: &mut Conn, key: i64) -> Result<Facility, StoreError> {
    facility::table.find(key).first::<FacilityRow>(conn)?.read()
}

pub(super) fn all(conn: &mut Conn) -> Result<Vec<Facility>, StoreError> {
    facility::table
        .order(facility::id)
        .load::<FacilityRow>(conn)?
        .into_iter()
        .map(FacilityRow::read)
        .collect()
}

pub(super) fn next_accession(conn: &mut Conn, of: i64, year: i32) -> Result<i32, StoreError> {
    let present: Option<i32> = accession_counter::table
        .find((of, year))
        .select(accession_counter::next_number)
        .first(conn)
        .optional()?;
    let given = present.unwrap_or(1);
    set_counter(conn, of, year, given + 1)?;
    Ok(given)
}

pub(super) fn start_accession(conn: &mut Conn, of: i64, year: i32, next: i32) -> Result<bool, StoreError> {
    let present: Option<i32> = accession_counter::table
        .find((of, year))
        .select(accession_counter::next_number)
        .first(conn)
        .optional()?;
    if next < 1 || present.is_some_and(|p| p > next) {
        return Ok(false);
    }
    set_counter(conn, of, year, next)?;
    Ok(true)
}

fn set_counter(conn: &mut Conn, of: i64, year: i32, next: i32) -> Result<(), StoreError> {
    let row = (
        accession_counter::facility_id.eq(of),
        accession_counter::year.eq(year),
        accession_counter::next_number.eq(next),
    );
    each_backend!(conn, |c| diesel::insert_into(accession_counter::table)
        .values(row)
        .on_conflict((accession_counter::facility_id, accession_counter::year))
        .do_update()
        .set(accession_counter::next_number.eq(next))
        .execute(c))?;
    Ok(())
}
