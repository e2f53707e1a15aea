//! The one writer: a thread that commits whatever waits as one transaction (group commit), so that
//! one `fsync` serves every session that wrote in the same moment.

use std::sync::mpsc;
use std::time::Instant;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::StorageError;

/// Jobs in one transaction at most: bounds how long the first of them waits.
const GROUP: usize = 1024;

/// Does its work inside the group's transaction, and returns how to tell its caller once the
/// group's fate is known.
type Job = Box<dyn FnOnce(&Transaction<'_>) -> Verdict + Send>;

/// Tells the caller: `None` when the group was committed, the reason when it was not.
type Verdict = Box<dyn FnOnce(Option<&str>) + Send>;

/// The way to the writer's thread. The thread ends when the last clone is gone and its queue is empty.
#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        std::thread::Builder::new()
            .name("storage-writer".to_owned())
            .spawn(move || serve(connection, &queue))?;
        Ok(Self { jobs })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Transaction<'_>) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |transaction| {
            let result = in_savepoint(transaction, job);
            Box::new(move |failure| {
                let result = match failure {
                    None => result,
                    Some(reason) => Err(StorageError::Commit(reason.to_owned())),
                };
                // A caller that went away has no use for the answer.
                let _ = answer.send(result);
            })
        });
        self.jobs.send(job).map_err(|_| StorageError::Closed)?;
        answered.await.map_err(|_| StorageError::Closed)?
    }
}

/// Runs one job so that its failure undoes it alone.
fn in_savepoint<T>(
    transaction: &Transaction<'_>,
    job: impl FnOnce(&Transaction<'_>) -> Result<T, StorageError>,
) -> Result<T, StorageError> {
    transaction.prepare_cached("SAVEPOINT job")?.execute([])?;
    let result = job(transaction);
    if result.is_err() {
        transaction.prepare_cached("ROLLBACK TO job")?.execute([])?;
    }
    transaction.prepare_cached("RELEASE job")?.execute([])?;
    result
}

fn serve(mut connection: Connection, queue: &mpsc::Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let started = Instant::now();
        let mut verdicts = Vec::new();
        let committed = commit_group(&mut connection, first, queue, &mut verdicts);
        metrics::histogram!("storage_group_jobs").record(verdicts.len() as f64);
        metrics::histogram!("storage_group_seconds").record(started.elapsed().as_secs_f64());
        let failure = committed.err().map(|error| {
            tracing::error!(%error, jobs = verdicts.len(), "a group of writes was not committed");
            error.to_string()
        });
        for verdict in verdicts {
            verdict(failure.as_deref());
        }
    }
    // Leaves a tidy file behind; a failure costs nothing, since the next start does the same.
    if let Err(error) = connection.pragma_update(None, "wal_checkpoint", "TRUNCATE") {
        tracing::debug!(%error, "the write-ahead log was not folded in");
    }
}

fn commit_group(
    connection: &mut Connection,
    first: Job,
    queue: &mpsc::Receiver<Job>,
    verdicts: &mut Vec<Verdict>,
) -> rusqlite::Result<()> {
    let transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => {
            // The job has not run: dropping it tells its caller that the database is closed.
            drop(first);
            return Err(error);
        }
    };
    verdicts.push(first(&transaction));
    while verdicts.len() < GROUP {
        match queue.try_recv() {
            Ok(job) => verdicts.push(job(&transaction)),
            Err(_) => break,
        }
    }
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> (Writer, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let connection = crate::storage::connect(&folder.path().join("test.db")).unwrap();
        connection
            .execute_batch("CREATE TABLE numbers (n INTEGER PRIMARY KEY)")
            .unwrap();
        (Writer::start(connection).unwrap(), folder)
    }

    #[tokio::test]
    async fn a_failed_job_does_not_undo_its_neighbours() {
        let (writer, folder) = writer();
        let jobs = (0..100).map(|n| {
            let writer = writer.clone();
            tokio::spawn(async move {
                writer
                    .run(move |transaction| {
                        transaction.execute("INSERT INTO numbers VALUES (?)", [n])?;
                        if n % 10 == 0 {
                            Err(StorageError::Superseded)
                        } else {
                            Ok(())
                        }
                    })
                    .await
                    .is_ok()
            })
        });
        let mut done = 0;
        for job in jobs.collect::<Vec<_>>() {
            done += usize::from(job.await.unwrap());
        }
        assert_eq!(done, 90);
        let connection = crate::storage::connect(&folder.path().join("test.db")).unwrap();
        let count: i64 = connection
            .query_row("SELECT count(*) FROM numbers", [], |row| row.get(0))
            .unwrap();
        assert_eq!(count, 90);
    }
}
