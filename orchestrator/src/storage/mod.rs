//! The database: one SQLite file, one writer thread with group commit, a pool of readers.
//!
//! The only place with SQL. Each table has one file here; everybody else sees typed methods. A
//! write is durable (`synchronous=FULL`) when its future resolves, never before.

mod events;
mod id;
mod idempotency;
mod login_tokens;
mod migrations;
mod model_calls;
mod queue;
mod readers;
mod session_commit;
mod sessions;
mod transcript;
mod users;
mod writer;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, Transaction};

pub use events::{StoredEvent, Stretch};
pub use idempotency::Idempotency;
pub use model_calls::{ModelCall, Price};
pub use session_commit::{Committed, Header, NewSessionRow, SessionCommit};
pub use sessions::{ListSessions, Recovery, StoredSession};

use readers::Readers;
use writer::Writer;

/// How to open the database.
#[derive(Debug, Clone)]
pub struct Options {
    /// The file; its folder is made when it is missing.
    pub file: PathBuf,
    /// Connections that read at the same time.
    pub readers: usize,
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made.
    #[error("cannot make the data folder {}: {source}; choose another with DATA_DIR", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("cannot open the database {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The file was written by a newer version, or its history differs from ours.
    #[error("{0}")]
    Migration(String),
}

/// Why a read or a write did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// SQLite failed: a full disk, a broken file.
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A stored body is not what its column says: a bug, or a tampered file.
    #[error("the database holds a body that cannot be read: {0}")]
    Body(#[from] serde_json::Error),
    /// The group that this write was in could not be committed; nothing of it is there.
    #[error("the database could not commit: {0}")]
    Commit(String),
    /// Somebody else has written to this session since it was opened.
    #[error("another writer has taken over this session")]
    Superseded,
    /// An idempotency key came again with another request.
    #[error("this idempotency key was used for another request")]
    IdempotencyMismatch,
    /// The server goes down.
    #[error("the database is closed")]
    Closed,
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    writer: Writer,
    readers: Arc<Readers>,
}

impl Storage {
    /// Opens the file, brings it up to date, and starts the writer.
    pub fn open(options: &Options) -> Result<Self, OpenError> {
        if let Some(folder) = options.file.parent() {
            std::fs::create_dir_all(folder).map_err(|source| OpenError::Folder {
                path: folder.to_owned(),
                source,
            })?;
        }
        let opened = |source| OpenError::Open {
            path: options.file.clone(),
            source,
        };
        let mut connection = connect(&options.file).map_err(opened)?;
        migrations::run(&mut connection)?;
        let readers = Readers::open(&options.file, options.readers).map_err(opened)?;
        let writer = Writer::start(connection).map_err(|source| OpenError::Folder {
            path: options.file.clone(),
            source,
        })?;
        Ok(Self {
            writer,
            readers: Arc::new(readers),
        })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StorageError> {
        self.read(|connection| Ok(connection.query_row("SELECT 1", [], |_| Ok(()))?))
            .await
    }

    /// Runs `query` on a reader's thread.
    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        self.readers.run(query).await
    }

    /// Runs `job` on the writer's thread; resolves when it is durable. An error undoes this job
    /// alone, not the others of its group.
    async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Transaction<'_>) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        self.writer.run(job).await
    }
}

/// A connection with the settings that all of ours have.
fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -8 * 1024)?;
    // What a hot statement costs is its execution: none of them is parsed twice.
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}
