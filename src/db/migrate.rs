//! Bringing a database up to the program's schema. Forward only.

use std::path::PathBuf;

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

/// Versions of all migrations this program has.
pub fn known() -> Result<Vec<String>, StoreError> {
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

/// Where an embedded database needs an upgrade: copies it beside itself first (still encrypted), opens
/// the copy and lets SQLite check it. `None` when nothing is to be done.
pub fn copy_before_upgrade(target: &Target) -> Result<Option<PathBuf>, StoreError> {
    let Target::Embedded { file, key } = target else { return Ok(None) };
    let mut conn = conn::open(target)?;
    let Standing::Behind(missing) = standing(&mut conn)? else { return Ok(None) };
    let copy =
        file.with_file_name(format!("registry-before-{}.db", missing.first().map_or("", String::as_str)));
    if copy.exists() {
        std::fs::remove_file(&copy).map_err(|e| StoreError::Refused(format!("{}: {e}", copy.display())))?;
    }
    diesel::sql_query("VACUUM INTO $1")
        .bind::<diesel::sql_types::Text, _>(copy.to_string_lossy())
        .execute(&mut conn)?;
    let copied = Target::Embedded { file: copy.clone(), key: key.clone() };
    #[derive(diesel::QueryableByName)]
    struct Said {
        #[diesel(sql_type = diesel::sql_types::Text)]
        integrity_check: String,
    }
    let said: Vec<Said> = diesel::sql_query("PRAGMA integrity_check").load(&mut conn::open(&copied)?)?;
    if said.first().is_none_or(|s| s.integrity_check != "ok") {
        return Err(StoreError::Refused(
            "the copy before the upgrade is damaged; nothing was upgraded".to_owned(),
        ));
    }
    Ok(Some(copy))
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_migration_has_a_version_of_its_own_and_both_databases_have_the_same() {
        fn names<B: diesel::backend::Backend>(source: &EmbeddedMigrations) -> Vec<String> {
            let list = MigrationSource::<B>::migrations(source).unwrap();
            list.iter().map(|m| m.name().to_string()).collect()
        }
        let embedded = names::<diesel::sqlite::Sqlite>(&SQLITE);
        assert_eq!(embedded, names::<diesel::pg::Pg>(&POSTGRES));
        // Of two with one version only the first would ever run.
        let versions: BTreeSet<String> = known().unwrap().into_iter().collect();
        assert_eq!(versions.len(), embedded.len(), "{embedded:?}");
    }
}
