//! What is sealed, and sealing it with another key.

use diesel::{
    QueryableByName, RunQueryDsl, sql_query,
    sql_types::{BigInt, Binary, Text},
};

use crate::{
    abstracting, chart,
    clock::Chance,
    db::{Conn, StoreError},
    exchange,
    seal::Sealer,
};

/// A column of sealed values.
#[derive(Clone, Copy, Debug)]
pub struct Sealed {
    /// `table.column`.
    pub column: &'static str,
    /// What it is sealed for.
    pub purpose: &'static str,
    /// What each value belongs to.
    all: &'static str,
    read: &'static str,
    write: &'static str,
}

/// Every column whose values are sealed with the registry key.
pub const SEALED: [Sealed; 4] = [
    Sealed {
        column: "draft.sealed",
        purpose: abstracting::DRAFT_PURPOSE,
        all: "SELECT uid AS belongs FROM draft ORDER BY id",
        read: "SELECT sealed FROM draft WHERE uid = $1",
        write: "UPDATE draft SET sealed = $1 WHERE uid = $2",
    },
    Sealed {
        column: "saved_search.sealed",
        purpose: chart::SEARCH_PURPOSE,
        all: "SELECT uid AS belongs FROM saved_search ORDER BY id",
        read: "SELECT sealed FROM saved_search WHERE uid = $1",
        write: "UPDATE saved_search SET sealed = $1 WHERE uid = $2",
    },
    Sealed {
        column: "import_upload.bytes",
        purpose: exchange::UPLOAD_PURPOSE,
        all: "SELECT b.uid || '/' || u.seq AS belongs FROM import_upload u JOIN import_batch b ON b.id = u.batch_id \
              ORDER BY u.batch_id, u.seq",
        read: "SELECT u.bytes AS sealed FROM import_upload u JOIN import_batch b ON b.id = u.batch_id \
               WHERE b.uid || '/' || u.seq = $1",
        write: "UPDATE import_upload SET bytes = $1 WHERE \
                (SELECT b.uid FROM import_batch b WHERE b.id = batch_id) || '/' || seq = $2",
    },
    Sealed {
        column: "submission_file.sealed",
        purpose: exchange::SUBMISSION_PURPOSE,
        all: "SELECT b.uid || '/' || f.name AS belongs FROM submission_file f \
              JOIN submission_batch b ON b.id = f.batch_id ORDER BY f.id",
        read: "SELECT f.sealed FROM submission_file f JOIN submission_batch b ON b.id = f.batch_id \
               WHERE b.uid || '/' || f.name = $1",
        write: "UPDATE submission_file SET sealed = $1 WHERE \
                (SELECT b.uid FROM submission_batch b WHERE b.id = batch_id) || '/' || name = $2",
    },
];

#[derive(QueryableByName)]
struct Belongs {
    #[diesel(sql_type = Text)]
    belongs: String,
}

#[derive(QueryableByName)]
struct Value {
    #[diesel(sql_type = Binary)]
    sealed: Vec<u8>,
}

/// Opens every sealed value with the old key and seals it with the new. Gives how many were sealed anew, and
/// how many the old key did not open; these stay as they are.
pub(super) fn reseal(
    conn: &mut Conn,
    chance: &dyn Chance,
    old: &Sealer,
    new: &Sealer,
) -> Result<(u64, u64), StoreError> {
    let (mut done, mut lost) = (0, 0);
    for kind in SEALED {
        for Belongs { belongs } in sql_query(kind.all).load::<Belongs>(conn)? {
            let values: Vec<Value> = sql_query(kind.read).bind::<Text, _>(&belongs).load(conn)?;
            for value in values {
                let Ok(plain) = old.open(kind.purpose, &belongs, &value.sealed) else {
                    lost += 1;
                    continue;
                };
                let sealed = new.seal(chance, kind.purpose, &belongs, &plain);
                sql_query(kind.write).bind::<Binary, _>(sealed).bind::<Text, _>(&belongs).execute(conn)?;
                done += 1;
            }
        }
    }
    Ok((done, lost))
}

/// Sealed values that a key does not open.
pub(super) fn unopened(conn: &mut Conn, key: &Sealer) -> Result<u64, StoreError> {
    let mut n = 0;
    for kind in SEALED {
        for Belongs { belongs } in sql_query(kind.all).load::<Belongs>(conn)? {
            let values: Vec<Value> = sql_query(kind.read).bind::<Text, _>(&belongs).load(conn)?;
            n += values
                .iter()
                .map(|v| u64::from(key.open(kind.purpose, &belongs, &v.sealed).is_err()))
                .sum::<u64>();
        }
    }
    Ok(n)
}

#[derive(QueryableByName)]
struct Others {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Connections of others to the database of a server; an embedded file has its own lock.
pub(super) fn others(conn: &mut Conn) -> Result<i64, StoreError> {
    if matches!(conn, Conn::Sqlite(_)) {
        return Ok(0);
    }
    let rows: Vec<Others> = sql_query(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() \
         AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
    )
    .load(conn)?;
    Ok(rows.into_iter().next().map_or(0, |row| row.n))
}
