//! Brings the file up to date: forward only, embedded at build from `migrations/`, and a file that a
//! newer version has written is refused rather than guessed at.

use rusqlite::Connection;

use super::OpenError;

mod embedded {
    refinery::embed_migrations!("../migrations");
}

/// Applies what is missing.
pub(super) fn run(connection: &mut Connection) -> Result<(), OpenError> {
    let runner = embedded::migrations::runner()
        .set_abort_missing(true)
        .set_abort_divergent(true);
    let newest = runner
        .get_migrations()
        .iter()
        .map(refinery::Migration::version)
        .max()
        .unwrap_or(0);
    let applied = runner
        .get_last_applied_migration(connection)
        .map_err(|error| OpenError::Migration(format!("cannot read the database's history: {error}")))?
        .map_or(0, |migration| migration.version());
    if applied > newest {
        return Err(OpenError::Migration(format!(
            "the database is at version {applied} and this Roundhouse knows only {newest}: \
             start the newer Roundhouse that wrote it, or restore an older backup"
        )));
    }
    runner
        .run(connection)
        .map_err(|error| OpenError::Migration(format!("cannot bring the database up to date: {error}")))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_file_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection).unwrap();
        run(&mut connection).unwrap();
        connection
            .execute(
                "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
                 VALUES (9999, 'from_the_future', '2030-01-01T00:00:00Z', '1')",
                [],
            )
            .unwrap();
        let error = run(&mut connection).unwrap_err().to_string();
        assert!(error.contains("9999") && error.contains("newer"), "{error}");
    }
}
