//! Bringing a database up to the program's schema. Forward only.

use diesel::{RunQueryDsl, migration::MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{
    Conn, StoreError,
    conn::{self, Target},
    each_backend,
};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// How a database stands to the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing there yet.
    Empty,
    /// As the program wants it.
    Current,
    /// These versions are missing.
    Behind(Vec<String>),
    /// The database knows versions that the program does not: the program is too old.
    Ahead(Vec<String>),
}

fn failed(e: impl std::fmt::Display) -> StoreError {
    StoreError::Refused(format!("the schema could not be read or upgraded: {e}"))
}

fn known() -> Result<Vec<String>, StoreError> {
    let list = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE).map_err(failed)?;
    Ok(list.iter().map(|m| m.name().version().to_string()).collect())
}

/// Compares the database with the program.
pub fn standing(conn: &mut Conn) -> Result<Standing, StoreError> {
    let exists = match conn {
        Conn::Sqlite(c) => {
            diesel::sql_query("SELECT 1 FROM __diesel_schema_migrations LIMIT 1").execute(c).is_ok()
        }
        Conn::Pg(c) => {
            #[derive(diesel::QueryableByName)]
            struct There {
                #[diesel(sql_type = diesel::sql_types::Bool)]
                there: bool,
            }
            let found: Vec<There> =
                diesel::sql_query("SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS there")
                    .load(c)?;
            found.iter().any(|t| t.there)
        }
    };
    if !exists {
        return Ok(Standing::Empty);
    }
    let mut applied: Vec<String> = each_backend!(conn, |c| c.applied_migrations().map_err(failed))?
        .iter()
        .map(ToString::to_string)
        .collect();
    applied.sort();
    let known = known()?;
    let ahead: Vec<String> = applied.iter().filter(|v| !known.contains(v)).cloned().collect();
    if !ahead.is_empty() {
        return Ok(Standing::Ahead(ahead));
    }
    let behind: Vec<String> = known.iter().filter(|v| !applied.contains(v)).cloned().collect();
    Ok(if applied.is_empty() {
        Standing::Empty
    } else if behind.is_empty() {
        Standing::Current
    } else {
        Standing::Behind(behind)
    })
}

/// Runs what is missing; each migration in a transaction of its own. An older program refuses.
pub fn upgrade(target: &Target) -> Result<Vec<String>, StoreError> {
    let mut conn = conn::open(target)?;
    if let Standing::Ahead(versions) = standing(&mut conn)? {
        return Err(StoreError::Refused(format!(
            "the database was upgraded by a newer program (schema {}); this one is too old for it",
            versions.join(", ")
        )));
    }
    let done = match &mut conn {
        Conn::Sqlite(c) => {
            c.run_pending_migrations(SQLITE).map_err(failed)?.iter().map(ToString::to_string).collect()
        }
        Conn::Pg(c) => {
            c.run_pending_migrations(POSTGRES).map_err(failed)?.iter().map(ToString::to_string).collect()
        }
    };
    Ok(done)
}
